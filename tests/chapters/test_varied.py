"""What the appendix says of disputed coefficients and factors."""

from __future__ import annotations

import polars as pl

from pipeline.chapters import varied
from pipeline.findings import Quantity
from pipeline.given import reference
from pipeline.indicators.view import View
from pipeline.language.words import Words
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
    own, line = table.data(Words("zh")).rows(named=True)
    assert own == {"taken": "本报告采用的", "energy.total": "1,000 tce", FLOW: "−25.0%", "carbon.market": "50 tCO2"}
    assert line == {"taken": "甲", "energy.total": "+10.00%", FLOW: "+1.00 个百分点", "carbon.market": "不变"}
    own, line = table.data(Words("en")).rows(named=True)
    assert own == {
        "taken": "As in this report",
        "energy.total": "1,000 tce",
        FLOW: "−25.0%",
        "carbon.market": "50 tCO2",
    }
    assert line == {
        "taken": "甲",
        "energy.total": "+10.00%",
        FLOW: "+1.00 percentage points",
        "carbon.market": "Unchanged",
    }
    assert varied.table(found.clear(), view, "t-x") is None


def test_a_verdict_that_turns_is_told(layout: Layout, view: View) -> None:
    plan = reference.load_plan(layout)
    kept = rows(
        ("甲", "energy.total", 1000.0, 990.0), ("乙", "energy.total", 1000.0, 1020.0), ("甲", FLOW, -0.25, -0.2)
    )
    assert varied.most(kept, view) == [{"of": view.measure("energy.total"), "variant": "乙", "effect": "+2.00%"}]
    assert varied.turned(kept, view, plan) == []
    turned = rows(("甲", "energy.total", 1000.0, 990.0), ("甲", FLOW, -0.21, -0.19))
    assert varied.most(turned, view)[0]["effect"] == "−1.00%"
    flow = view.measure(FLOW)
    assert varied.turned(turned, view, plan) == [{"of": flow, "variant": "甲", "value": Quantity(flow, -0.19)}]
    assert varied.most(kept.clear(), view) == []
    assert varied.turned(kept.clear(), view, plan) is None
