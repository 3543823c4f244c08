"""What is told of parameters that contradict the filings, a sentence each, by hand."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from pipeline.given import params, reference, regions
from pipeline.given.params import Resolved
from pipeline.given.regions import NATION as WHOLE
from pipeline.layout import Layout
from pipeline.scenarios import outlook
from tests.scenarios.conftest import NATION, PROVINCE, ROWS, Key, indicator_table

FILED: dict[Key, float] = {
    **{("green.share", 2022 + n): one for n, one in enumerate((0.10, 0.12, 0.15, 0.20))},
    **{("dc.it_electricity", 2022 + n): one for n, one in enumerate((100.0, 110.0, 132.0, 138.6))},  # 5 to 20 %
}


def told(layout: Layout, *overrides: str, of: Sequence[tuple[str, Sequence[str]]] = ()) -> list[str]:
    """The warnings of 广东, of the plan with these overrides, or of several scenarios with their own."""
    places = [WHOLE, regions.resolve("广东", layout)]
    resolved: dict[str, list[Resolved]] = {
        name: [params.resolve(layout, one, "plan", ["g_it=trend(3)", *more]) for one in places]
        for name, more in of or [("plan", overrides)]
    }
    table = indicator_table({PROVINCE: ROWS | FILED, NATION: ROWS | FILED})
    _, found = outlook.warnings(table, resolved, reference.grid_factors(layout))
    return found.filter(pl.col("region_code") == PROVINCE)["warning"].to_list()


def test_what_is_shipped_contradicts_nothing(layout: Layout, sample_table: pl.DataFrame) -> None:
    every = regions.all_regions(layout)
    resolved = {name: [params.resolve(layout, one, name) for one in every] for name, _ in params.scenarios(layout)}
    _, found = outlook.warnings(sample_table, resolved, reference.grid_factors(layout))
    assert found["warning"].to_list() == []


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("pue_retrofit=1.6", "pue_retrofit（改造后数据中心PUE）取 1.60，高于现有数据中心的平均 PUE 1.50（2025 年），改造不会降低能耗；应不高于该值。"),
        ("pue_new=1.55", "pue_new（新增数据中心PUE）取 1.55，高于现有数据中心的平均 PUE 1.50（2025 年），新增的会抬高平均 PUE；应不高于该值。"),
        ("green_share_2030=15%", "green_share_2030（2030年绿色电力占比）取 15.0%，低于已经填报的 20.0%（2025 年）；应不低于该值。"),
        ("pue_core_retrofit=1.7", "pue_core_retrofit（改造后核心机房PUE）取 1.70，不低于改造前的 1.70，改造不会降低能耗；应低于该值。"),
        ("g_it=0.3", "g_it（数据中心IT设备用电量年增长率）取 30.0%，超出本地区 2023—2025 年各年的增速（5.0% 至 20.0%）；应在其间，或写 trend(3)。"),
        ("green_share_2030=0.3", "green_share_2030（2030年绿色电力占比）取 30.0%，力度不及本地区绿色电力占比 2022—2025 年的趋势 36.7%；应不低于这一力度，或写 at_least: none。"),
    ],
)  # fmt: skip
def test_one_sentence_says_what_was_found_and_what_would_be_right(layout: Layout, override: str, sentence: str) -> None:
    assert told(layout, override) == [f"命令行 -p：广东·plan 的 {sentence}"]


@pytest.mark.parametrize(
    "override", ["pue_retrofit=1.5", "green_share_2030=0.4", "g_it=0.2", "g_it=0.05", "pue_core_retrofit=1.6"]
)
def test_what_is_within_what_was_filed_is_told_nothing(layout: Layout, override: str) -> None:
    assert told(layout, override) == []


def test_core_rooms_are_held_against_those_filed(layout: Layout) -> None:
    """All core rooms 320 kWh over 200 of equipment, none of them retrofitted: 1.60."""
    rows = indicator_table({PROVINCE: ROWS | {("room.pue.core", 2025): 1.6}, NATION: ROWS})
    rows = rows.with_columns(
        numerator=pl.when(pl.col("indicator_id") == "room.pue.core").then(320.0),
        denominator=pl.when(pl.col("indicator_id") == "room.pue.core").then(200.0),
    )
    places = [WHOLE, regions.resolve("广东", layout)]
    for value, expected in ((1.64, 0), (1.7, 1)):
        resolved = {"plan": [params.resolve(layout, one, "plan", [f"pue_core={value}", "g_it=0.1"]) for one in places]}
        _, found = outlook.warnings(rows, resolved, reference.grid_factors(layout))
        own = found.filter(pl.col("region_code") == PROVINCE)["warning"].to_list()
        assert len(own) == expected
    assert "填报的未改造核心机房 PUE 为 1.60（2025 年），相差超过 0.05" in own[0]


def test_conditions_are_alike_or_a_reason_is_given(layout: Layout) -> None:
    [sentence] = told(layout, of=[("baseline", []), ("plan", ["g_flow=0.1"])])
    assert sentence == (
        "命令行 -p：广东·plan 的 g_flow（信息流量年增长率）与其他情景不同（10.0%，baseline 为 14.0%），没有说明理由；"
        "应相同，或在情景文件的 reason: 之下写明 g_flow 的理由。"
    )
    assert told(layout, of=[("baseline", ["g_flow=0.1"]), ("plan", ["g_flow=0.1"])]) == []
