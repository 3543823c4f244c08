from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from pipeline import findings
from pipeline.chapters import contrasts
from pipeline.findings import Measure
from pipeline.given import reference, regions
from pipeline.indicators.evaluate import TABLE
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.scorecard import Judgement, Statement, scorecard
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.language.terms import term
from pipeline.layout import Layout
from pipeline.reports.blocks import frame

PUE = Measure("PUE", decimals=2)
RATE, NEW, ALL = "sharing.new_5g_sites", "dc.pue.new_large", "dc.pue.all"


def table(*cells: tuple[str, int, str, float]) -> pl.DataFrame:
    """The indicator table with values by indicator, year and region alone."""
    rows: list[dict[str, Any]] = [
        dict.fromkeys(TABLE) | {"indicator_id": id, "year": year, "region_code": code, "value": value}
        for id, year, code, value in cells
    ]
    return pl.DataFrame(rows, schema=TABLE)


@pytest.fixture
def nation(layout: Layout) -> View:
    return View(table(), load_catalogue(layout), regions.NATION, 2025, reference.provinces(layout), {})


def judged(view: View, layout: Layout, id: str) -> Judgement:
    plan = reference.load_plan(layout)
    found = scorecard(plan, {id: view.value(id)}, view.year, view.region)
    return next(one for one in found if one.target.indicator == id)


class TestStanding:
    @pytest.mark.parametrize(
        ("year", "value", "said"),
        [
            (2025, 0.845, "2025 年全国新建5G基站站址共享率为 84.5%，目标是不低于80%，已达标，优于目标 4.5 个百分点。"),
            (2025, 0.8, "2025 年全国新建5G基站站址共享率为 80.0%，目标是不低于80%，已达标，与目标持平。"),
            (
                2025,
                0.7996,
                "2025 年全国新建5G基站站址共享率为 79.96%，目标是不低于80%，未达标，距目标还差 0.04 个百分点。",
            ),
            (
                2023,
                0.7,
                "2023 年全国新建5G基站站址共享率为 70.0%，目标是不低于80%，未达标（期中），距目标还差 10.0 个百分点，今后每年需上升 5.0 个百分点。",
            ),
        ],
    )
    def test_judges_the_nation(self, nation: View, layout: Layout, year: int, value: float, said: str) -> None:
        view = replace(nation, table=table((RATE, year, "000000", value)), year=year)
        assert zh.say(contrasts.standing(judged(view, layout, RATE), view)) + "。" == said

    def test_only_compares_a_province(self, nation: View, layout: Layout) -> None:
        cells = table((NEW, 2025, "440000", 1.32), (NEW, 2025, "330000", 1.36), (NEW, 2025, "000000", 1.28), (NEW, 2025, "east", 1.35))  # fmt: skip
        view = replace(nation, table=cells, region=regions.resolve("广东", layout))
        said = zh.say(contrasts.standing(judged(view, layout, NEW), view)) + "。"
        assert said == (
            "2025 年广东新建大型、超大型数据中心PUE为 1.32，低于东部（1.35），高于全国（1.28）；"
            "对照全国目标（1.3以下），距目标还差 0.02。"
        )

    def test_does_not_compare_the_only_province_with_itself(self, nation: View, layout: Layout) -> None:
        cells = table((NEW, 2025, "440000", 1.32), (NEW, 2025, "000000", 1.32), (NEW, 2025, "east", 1.32))
        view = replace(nation, table=cells, region=regions.resolve("广东", layout))
        said = "2025 年广东新建大型、超大型数据中心PUE为 1.32；对照全国目标（1.3以下），距目标还差 0.02。"
        assert zh.say(contrasts.standing(judged(view, layout, NEW), view)) + "。" == said

    def test_is_empty_without_a_value(self, nation: View, layout: Layout) -> None:
        assert contrasts.standing(judged(nation, layout, NEW), nation) is None


class TestEnds:
    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({}, "没有PUE的数据"),
            ({"甲": None}, "没有PUE的数据"),
            ({"甲": 1.4, "乙": None}, "只有甲有PUE的数据，为 1.40"),
            ({"甲": 1.401, "乙": 1.399}, "2 家企业的PUE均为 1.40"),
            ({"甲": 1.401, "乙": 1.3, "丙": 1.399}, "PUE以甲、丙最高（1.40），乙最低（1.30）"),
        ],
    )
    def test_says_what_prints(self, values: dict[str, float | None], said: str) -> None:
        assert zh.say(findings.ends(PUE, values, "enterprises")) == said


class TestSharesByYear:
    def test_parts_follow_each_other_up_to_the_whole(self) -> None:
        rows = pl.DataFrame(
            {
                "year": [2024, 2024, 2025, 2025],
                "name": ["乙", "甲"] * 2,
                "share": [0.4, 0.6, 0.97, 0.03],
                "value": [4, 6, 97, 3],
            }
        )
        figure = contrasts.shares_by_year(
            rows, "f-x", {"甲": "#00634f", "乙": "#77bd9f"}, title="题", what="构成", amount=term("count"), method=""
        )
        assert figure is not None
        payload = figure.payload()
        assert payload["table"]["rows"] == [
            ["2024", "甲", "6", "60.0"], ["2024", "乙", "4", "40.0"], ["2025", "甲", "3", "3.0"], ["2025", "乙", "97", "97.0"],
        ]  # fmt: skip
        (drawn,) = payload["spec"]["datasets"].values()
        assert [(row["start"], row["end"]) for row in drawn] == [
            (0, 60), (pytest.approx(60), pytest.approx(100)), (0, 3), (pytest.approx(3), pytest.approx(100)),
        ]  # fmt: skip
        assert [row["printed"] for row in drawn] == ["60.0", "40.0", "", "97.0"]

    def test_is_none_without_rows(self) -> None:
        empty = pl.DataFrame(schema={"year": pl.Int64, "name": pl.String, "share": pl.Float64})
        assert contrasts.shares_by_year(empty, "f-x", {}, title="", what="", method="") is None


class TestThenAndNow:
    def test_shows_provinces_with_both_years_the_best_first(self, nation: View) -> None:
        cells = table(
            (ALL, 2020, "110000", 1.5), (ALL, 2025, "110000", 1.4), (ALL, 2020, "120000", 1.301), (ALL, 2025, "120000", 1.299),
            (ALL, 2020, "130000", 1.6), (ALL, 2025, "140000", 1.2), (ALL, 2020, "150000", 1.3), (ALL, 2025, "150000", 1.6),
        )  # fmt: skip
        figure = contrasts.then_and_now(replace(nation, table=cells), ALL, "f-x", 2020)
        assert figure is not None
        assert zh.say(figure.title) == "2020 年至 2025 年数据中心平均PUE：3 个省份中 1 个下降、1 个上升、1 个持平"
        assert frame(figure).rows() == [
            ("天津", 1.301, 1.299, "持平"), ("北京", 1.5, 1.4, "下降"), ("内蒙古", 1.3, 1.6, "上升"),
        ]  # fmt: skip
        assert "河北、山西" in zh.say(figure.method)

    def test_is_none_with_one_province_or_one_year(self, nation: View) -> None:
        cells = table((ALL, 2020, "110000", 1.5), (ALL, 2025, "110000", 1.4), (ALL, 2025, "120000", 1.4))
        view = replace(nation, table=cells)
        assert contrasts.then_and_now(view, ALL, "f-x", 2020) is None
        assert contrasts.then_and_now(view, ALL, "f-x", 2025) is None


class TestPublished:
    def test_names_who_speaks_and_what_differs(self) -> None:
        one = Statement("T1", "共享率", "83%", "2023 年", "中国铁塔", "公开值", "A", "演讲", "口径不同")
        table = contrasts.published([one, replace(one, who="全国", remark="")], "t-x", "题")
        assert table is not None
        assert table.payload()["table"]["columns"][::2] == ["公开表述", "时间", "与本章指标的口径差别"]
        assert frame(table).select("statement", "difference", "source").rows() == [
            ("共享率（中国铁塔）", "口径不同", "演讲（A）"), ("共享率", "—", "演讲（A）"),
        ]  # fmt: skip

    def test_is_none_without_any(self) -> None:
        assert contrasts.published([], "t-x", "题") is None
