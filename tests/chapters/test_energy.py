"""Sentences and paths of the energy and carbon chapters, in every case that filings can bring."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.chapters import energy
from pipeline.given import reference
from pipeline.given.regions import NATION_CODE, Region, resolve
from pipeline.indicators import evaluate
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.scorecard import scorecard
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.layout import Layout

FLOW = "energy.per_flow.change"


def view(layout: Layout, region: Region, rows: list[tuple[str, int, str, float | None, str | None]]) -> View:
    """rows: indicator, year, region_code, value, flag."""
    named = pl.DataFrame(rows, ["indicator_id", "year", "region_code", "value", "flag"], orient="row")
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in evaluate.TABLE.items() if name not in named.columns]
    table = named.with_columns(empty).select(pl.col(name).cast(dtype) for name, dtype in evaluate.TABLE.items())
    return View(table, load_catalogue(layout), region, 2025, reference.provinces(layout), {})


def said(layout: Layout, region: str, value: float | None, flag: str | None = None, year: int = 2025) -> str:
    plan, place = reference.load_plan(layout), resolve(region, layout)
    seen = view(layout, place, [(FLOW, 2025, place.code, value, flag)])
    seen = View(seen.table.with_columns(year=pl.lit(year, pl.Int64)), seen.catalogue, place, year, seen.provinces, {})
    judged = {one.target.indicator: one for one in scorecard(plan, {FLOW: value}, year, place)}
    return zh.say(energy.against_target(judged[FLOW], seen, "energy.per_flow", 2020))


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-0.1997, "−19.97%"), (-0.2, "−20.0%"), (-0.2004, "−20.0%"), (0.013, "+1.3%"), (0.0, "0.0%"), (None, "—")],
)
def test_a_change_is_printed_on_its_side_of_the_target(layout: Layout, value: float | None, expected: str) -> None:
    target = next(one for one in reference.load_plan(layout).targets if one.indicator == "energy.per_flow.change")
    assert energy.change_against(value, target) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-0.2313, "比 2020 年下降 23.1%，已达标（目标下降20%，优于目标 3.1 个百分点）"),
        (-0.2, "比 2020 年下降 20.0%，已达标（目标下降20%，与目标持平）"),
        (-0.19996, "比 2020 年下降 19.996%，未达标（目标下降20%，距目标还差 0.004 个百分点）"),
        (0.05, "比 2020 年上升 5.0%，未达标（目标下降20%，距目标还差 25.0 个百分点）"),
    ],
)
def test_the_nation_is_judged(layout: Layout, value: float, expected: str) -> None:
    assert said(layout, "全国", value) == f"2025 年全国单位信息流量综合能耗{expected}"


def test_a_province_is_only_set_beside_the_target(layout: Layout) -> None:
    for value in (-0.3, -0.1):
        text = said(layout, "广东", value)
        assert text.endswith("仅作对照")
        assert "达标" not in text
        assert "滞后" not in text


def test_below_full_coverage_nothing_is_judged(layout: Layout) -> None:
    assert "不与目标（下降20%）对照" in said(layout, "全国", -0.3, "coverage")


def test_without_a_baseline_the_reason_is_told(layout: Layout) -> None:
    assert "没有基期年份的填报" in said(layout, "全国", None, "no_baseline")


def test_in_the_baseline_year_nothing_is_compared(layout: Layout) -> None:
    assert said(layout, "全国", 0.0, year=2020).startswith("2020 年是基期")


def test_the_path_is_straight_and_level_after_the_target(layout: Layout) -> None:
    target = next(one for one in reference.load_plan(layout).targets if one.indicator == FLOW)
    assert list(energy.goal_path(target, 2026).values()) == pytest.approx([100, 96, 92, 88, 84, 80, 80])
    assert max(energy.goal_path(target, 2022)) == 2025


def test_the_figure_needs_two_years(layout: Layout) -> None:
    target = next(one for one in reference.load_plan(layout).targets if one.indicator == FLOW)
    nation = resolve("全国", layout)
    rows: list[tuple[str, int, str, float | None, str | None]] = [(FLOW, 2020, NATION_CODE, 0.0, None)]
    assert energy.index_paths(view(layout, nation, rows), target, "f-x", "题") is None
    figure = energy.index_paths(
        view(layout, nation, [*rows, (FLOW, 2025, NATION_CODE, -0.25, None)]), target, "f-x", "题"
    )
    assert figure is not None
    table = figure.payload()["table"]
    assert table["columns"] == ["年份", "全国", "目标路径"]
    assert table["rows"][1] == ["2021", "—", "96.0"]
    assert table["rows"][-1] == ["2025", "75.0", "80.0"]


def test_what_only_one_side_filed_is_a_difference(layout: Layout) -> None:
    guangdong, hainan, nation = (resolve(name, layout) for name in ("广东", "海南", "全国"))
    rows: list[tuple[str, int, str, float | None, str | None]] = [
        ("energy.resold", 2025, guangdong.code, 100.0, None),
        ("energy.received", 2025, guangdong.code, 100.5, None),
        ("energy.resold", 2025, hainan.code, 10.0, None),
        ("energy.resold", 2025, NATION_CODE, 110.0, None),
        ("energy.received", 2025, NATION_CODE, 100.5, None),
        ("energy.received", 2024, NATION_CODE, 7.0, None),
    ]
    seen = view(layout, nation, rows)
    assert energy.provinces_apart(seen, 0.01) == ["海南"]
    assert energy.passed_on(seen).rows() == [(2024, 0.0, 7.0, -7.0), (2025, 110.0, 100.5, 9.5)]


def test_where_the_market_based_figure_may_be_higher() -> None:
    assert energy.break_even(0.5306, 0.6096) == pytest.approx(0.1296, abs=1e-4)
    nation = energy.may_be_higher(0.5306, 0.6096, 0.5)
    assert nation is not None
    assert nation["even"] == pytest.approx(0.1296, abs=1e-4)
    assert nation["by_use"] == {"factor": 0.5, "even": pytest.approx(0.1798, abs=1e-4)}
    inner_mongolia = energy.may_be_higher(0.6849, 0.6096)
    assert inner_mongolia == {"average": 0.6849, "residual": 0.6096, "even": None, "by_use": None}
    assert energy.may_be_higher(None, 0.6096) is None


def test_the_weighted_factor_leaves_out_provinces_without_one(layout: Layout) -> None:
    guangdong, tibet, nation = (resolve(name, layout) for name in ("广东", "西藏", "全国"))
    seen = view(
        layout,
        nation,
        [
            ("carbon.location", 2025, guangdong.code, 60.0, None),
            ("carbon.grid_electricity", 2025, guangdong.code, 100_000.0, None),
            ("carbon.grid_electricity", 2025, tibet.code, 900_000.0, None),
            ("carbon.location", 2025, NATION_CODE, 50.0, None),
        ],
    )
    scope = pl.when((pl.col("region_code") == NATION_CODE) & (pl.col("indicator_id") == "carbon.location"))
    table = seen.table.with_columns(dimension=scope.then(pl.lit("scope")), member=scope.then(pl.lit("scope_2")))
    seen = View(table, seen.catalogue, nation, 2025, seen.provinces, {})
    assert energy.weighted_factor(seen) == pytest.approx(0.5)
