from __future__ import annotations

from typing import Any

from pipeline.language.words import Words


def spec() -> dict[str, Any]:
    return {
        "datasets": {"data-1": [{"name": "自建自用", "type": "转供", "年": 2025}]},
        "data": {"name": "data-1"},
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "name", "type": "nominal", "sort": ["自建自用"], "title": None},
            "y": {"field": "用电量", "type": "quantitative"},
        },
        "transform": [{"calculate": "datum['年'] + '年末'", "as": "年末"}],
    }


class TestSpec:
    def test_chinese_stays(self) -> None:
        assert Words("zh").spec(spec()) == spec()

    def test_english_calls_texts_and_leaves_fields_and_code(self) -> None:
        told = Words("en").spec(spec())
        assert told["datasets"] == {"data-1": [{"name": "Self-generation", "type": "Passed on", "年": 2025}]}
        assert told["encoding"]["x"] == {"field": "name", "type": "nominal", "sort": ["Self-generation"], "title": None}
        assert told["encoding"]["y"] == {"field": "用电量", "type": "quantitative", "title": "Electricity use"}
        assert told["transform"] == [{"calculate": "datum['年'] + \"End of year\"", "as": "年末"}]
        assert (told["data"], told["mark"]) == ({"name": "data-1"}, {"type": "bar"})
