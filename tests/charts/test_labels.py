"""Line-end labels keep their order and their distance."""

from __future__ import annotations

import itertools

import altair as alt
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.charts import figures, theme
from pipeline.charts.labels import PLACE, apart, beside_rule, lines, shortened


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8), st.floats(0.001, 100))
def test_labels_are_apart_in_order_and_centred(values: list[float], gap: float) -> None:
    placed = apart(pl.DataFrame({"v": values}), "v", gap)
    at = placed[PLACE].to_list()
    assert placed["v"].to_list() == sorted(values)
    assert all(after - before >= gap * 0.99 - 1e-6 for before, after in itertools.pairwise(at))
    assert sum(at) == pytest.approx(sum(values), abs=1e-3)


def test_labels_with_room_stay_where_they_are() -> None:
    assert apart(pl.DataFrame({"v": [3.0, 1.0, 2.0]}), "v", 0.5)[PLACE].to_list() == [1.0, 2.0, 3.0]


def test_a_long_name_is_cut_between_two_characters() -> None:
    assert shortened("某省公司", 48) == "某省公司"
    assert shortened("某省分公司", 48) == "某省分…"
    assert shortened("𠮷" * 30, 60) == "𠮷𠮷𠮷𠮷…"
    stack = "e" + "\u0301" * 9
    assert shortened(stack * 10, 12 + 3 * 6.8) == stack * 3 + "…"
    family = "👨\u200d👩\u200d👧"
    assert shortened(family * 5, 36) == family * 2 + "…"


def test_a_name_stands_where_no_line_runs_through_it() -> None:
    ends, high = (0.0, 100.0), 100.0
    rising = [(0.0, 10.0), (1.0, 90.0)]
    assert beside_rule("目标 50", 50, [rising], ends, high) == {"x": 4, "align": "left", "dy": -8}
    falling = [(0.0, 60.0), (0.5, 50.0), (1.0, 20.0)]
    assert beside_rule("目标 50", 50, [falling], ends, high) == {"x": 4, "align": "left", "dy": 10}
    steep = [(0.0, 60.0), (0.1, 35.0), (1.0, 20.0)]
    assert beside_rule("目标 50", 50, [steep], ends, high) == {"x": "width", "dx": -4, "align": "right", "dy": -8}
    both = [(0.0, 55.0), (1.0, 55.0)]
    assert beside_rule("目标 50", 50, [both], ends, high) == {"x": 4, "align": "left", "dy": 10}
    assert beside_rule("目标 95", 95, [rising], ends, high)["dy"] == 10, "above it is no room"


def test_a_text_is_parted_at_blanks_and_before_brackets() -> None:
    assert lines("5 单位信息流量综合能耗：下降 23.1%（目标下降20%）", 320, 9.5) == [
        "5 单位信息流量综合能耗：下降 23.1%（目标下降20%）"
    ]
    assert lines("5 单位信息流量综合能耗：下降 23.1%（目标下降20%）", 200, 9.5) == [
        "5 单位信息流量综合能耗：下降 23.1%",
        "（目标下降20%）",
    ]
    assert lines("one two three", 50, 12) == ["one two", "three"]


@pytest.mark.parametrize(("width", "years"), [(640, 11), (300, 6)])
def test_years_without_room_give_way_to_every_second(width: int, years: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "WIDTH", width)
    rows = pl.DataFrame({"year": list(range(2020, 2031)), "value": [1.0] * 11})
    drawn = figures.svg(
        figures.specification(
            alt.Chart(rows).mark_line().encode(x=alt.X("year:O", axis=alt.Axis(labelAngle=0)), y="value:Q")
        ),
        "f-x",
    )
    assert sum(f">{year}<" in drawn for year in range(2020, 2031)) == years
