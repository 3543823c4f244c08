"""What the appendix says of disputed coefficients and factors."""

from __future__ import annotations

import polars as pl

from pipeline.chapters import varied
from pipeline.given import reference
from pipeline.indicators.view import View
from pipeline.layout import Layout
from pipeline.scenarios.sensitivity import TABLE
from tests.chapters.test_shapes import view as view  # a fixture

FLOW = "energy.per_flow.change"


def rows(*changed: tuple[str, str, float, float]) -> pl.DataFrame:
    told = [(variant, id, "000000", value, other) for variant, id, value, other in changed]
    return pl.DataFrame(told, TABLE, orient="row")


def test_sums_change_by_percent_and_changes_by_points(view: View) -> None:
    found = rows(
        ("甲", "energy.total", 1000.0, 1100.0), ("甲", FLOW, -0.25, -0.24), ("甲", "carbon.market", 50.0, 50.0)
    )
    table = varied.table(found, view, "t-x")
    assert table is not None
    names = {id: view.measure(id).name for id in ("energy.total", FLOW, "carbon.market")}
    own, line = table.data.rows(named=True)
    assert own == {"取值": "本报告采用的", names["energy.total"]: "1,000 tce", names[FLOW]: "−25.0%", names["carbon.market"]: "50 tCO2"}  # fmt: skip
    assert line == {"取值": "甲", names["energy.total"]: "+10.00%", names[FLOW]: "+1.00 个百分点", names["carbon.market"]: "不变"}  # fmt: skip
    assert varied.table(found.clear(), view, "t-x") is None


def test_a_verdict_that_turns_is_told(layout: Layout, view: View) -> None:
    plan = reference.load_plan(layout)
    kept = rows(
        ("甲", "energy.total", 1000.0, 990.0), ("乙", "energy.total", 1000.0, 1020.0), ("甲", FLOW, -0.25, -0.2)
    )
    assert (
        varied.said(kept, view, plan) == "对综合能耗影响最大的是乙，为 +2.00%。各种取值都不改变两项强度是否达到目标值。"
    )
    turned = rows(("甲", "energy.total", 1000.0, 990.0), ("甲", FLOW, -0.21, -0.19))
    assert varied.said(turned, view, plan) == (
        "对综合能耗影响最大的是甲，为 −1.00%。会使强度是否达到目标值改变的有：甲时，单位信息流量综合能耗比2020年变动为 −19.0%。"
    )
    assert varied.said(kept.clear(), view, plan) == ""
