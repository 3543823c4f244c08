"""The matrix of the plan's tasks, by hand: which sign a share has, what a cell prints, and which evidence comes first."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.chapters import actions
from pipeline.findings import Progress
from pipeline.given import reference
from pipeline.given.regions import resolve
from pipeline.layout import Layout
from pipeline.reports.blocks import frame
from tests.indicators.test_progress import measures

FIRST, SECOND = "统筹信息基础设施集约部署", "打造绿色低碳信息基础设施"


@pytest.mark.parametrize(
    ("filed", "state"),
    [
        (Progress(), "none_filed"),
        (Progress(4, 4), "all_done"),
        (Progress(4, 3, 1), "nearly_done"),
        (Progress(4, 2, 1, 1), "most_done"),
        (Progress(4, 1, 3), "under_way"),
        (Progress(4, 0, 1, 3), "under_way"),
        (Progress(4, 0, 0, 4), "not_begun"),
    ],
)
def test_how_far_a_task_is(filed: Progress, state: str) -> None:
    assert actions.state(filed) == state


def test_a_line_a_task_and_a_column_a_year(layout: Layout) -> None:
    filed = measures(
        (2024, "440000", "1", FIRST, "not_started"),
        (2025, "440000", "1", FIRST, "done"),
        (2025, "450000", "1", FIRST, "in_progress"),
        (2025, "440000", "S1", "加强统筹协调", "done"),
    )
    every = actions.tasks(reference.load_plan(layout), filed, resolve("全国", layout), [2024, 2025])
    assert [(one.no, one.title) for one in every[:2]] == [("1.1", FIRST), ("1.2", SECOND)]
    assert len(every) == 33 + 6
    found = actions.matrix(every, [2024, 2025], "f-x")
    assert found
    rows = {row[0]: row[2:] for row in frame(found).rows()}
    assert rows["1.1"] == ("□ 未开始 1", "◇ 已完成 1、进行中 1")
    assert rows["1.2"] == ("○ 未报送", "○ 未报送")
    assert rows["S1"] == ("○ 未报送", "● 已完成 1")
    assert actions.matrix(actions.tasks(reference.load_plan(layout), measures(), resolve("全国", layout), [2025]), [2025], "f-x") is None  # fmt: skip


def test_evidence_of_what_is_not_completed_comes_first(layout: Layout) -> None:
    region = resolve("广东", layout)
    filed = measures(
        (2025, "440000", "1", FIRST, "done"),
        (2025, "440000", "1", SECOND, "in_progress"),
        (2025, "450000", "1", SECOND, "done"),
    ).with_columns(evidence=pl.Series(["材料一", "材料二", "材料三"]))
    every = actions.tasks(reference.load_plan(layout), filed, region, [2025])
    found = actions.evidence(every, filed, region, 2025, "t-x")
    assert found
    assert frame(found).rows() == [("1.2", SECOND, "进行中", "材料二"), ("1.1", FIRST, "已完成", "材料一")]
