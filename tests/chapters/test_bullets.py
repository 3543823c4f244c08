"""The bullet charts of the targets: where a bar ends, what stands beside it, and what the title says in every case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.chapters.bullets import CAP, bullets, facts
from pipeline.given import reference, regions
from pipeline.indicators.evaluate import TABLE
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.scorecard import NOT_DEFINED, Judgement, scorecard
from pipeline.indicators.view import View
from pipeline.layout import Layout
from pipeline.reports.blocks import Figure, frame
from tests.chapters import texts

RATE, PUE, GAIN, FLOW, CASES = (
    "sharing.new_5g_sites", "dc.pue.new_large", "bs.efficiency_gain_5g", "energy.per_flow.change", "cases.count",
)  # fmt: skip


def judged(
    layout: Layout, values: dict[str, float | None], region: str = "全国", instead: dict[str, str] | None = None
) -> tuple[list[Judgement], View]:
    place = regions.resolve(region, layout)
    view = View(pl.DataFrame(schema=TABLE), load_catalogue(layout), place, 2025, reference.provinces(layout), {})
    return scorecard(reference.load_plan(layout), values, 2025, place, instead), view


def drawn(layout: Layout, values: dict[str, float | None], region: str = "全国") -> Figure | None:
    return bullets(*judged(layout, values, region), "f-x")


def said(
    layout: Layout,
    folder: Path,
    values: dict[str, float | None],
    region: str = "全国",
    language: str = "zh",
    instead: dict[str, str] | None = None,
) -> dict[str, str]:
    """Title, alt and method of the figure."""
    told = facts(*judged(layout, values, region, instead))
    place = {"now": 2025, "own": region, "nation": region == "全国"}
    return texts.caption(layout, folder, "01_overview", language, "f-overview-targets", place | {"bars": told})


def bars(figure: Figure | None) -> list[dict[str, Any]]:
    assert figure
    return next(rows for rows in figure.payload()["spec"]["datasets"].values() if "end" in rows[0])  # type: ignore[no-any-return]


def test_a_bar_is_the_part_of_the_way_to_the_target(layout: Layout, tmp_path: Path) -> None:
    values: dict[str, float | None] = {RATE: 0.6, PUE: 1.15, GAIN: 0.3, FLOW: -0.1, CASES: 30.0}
    figure = drawn(layout, values)
    assert [one["end"] for one in bars(figure)] == pytest.approx([0.75, 0.5, 1.5, 0.5, 1.0])
    assert [one["title"] for one in bars(figure)] == [
        "1 新建5G基站站址共享率：60.0%（目标不低于80%）",
        "2 新建大型、超大型数据中心PUE：1.15（目标1.3以下）",
        "4 5G基站能效提升：30.0%（目标提升20%以上）",
        "5 单位信息流量综合能耗：下降 10.0%（目标下降20%）",
        "7 赋能全社会降碳典型应用场景：30 个（目标30个）",
    ]
    assert [one["status"] for one in bars(figure)] == ["× 未达标", "● 已达标", "● 已达标", "× 未达标", "● 已达标"]
    assert figure
    told = said(layout, tmp_path, values)
    assert "目标 2 以横条不超过竖线为达到" in told["method"]
    assert "新建5G基站站址共享率：60.0%，目标不低于80%，未达标；" in told["alt"]
    english = said(layout, tmp_path, values, language="en")
    assert "target 2 is met where the bar does not pass the line" in english["method"]
    assert "Comprehensive energy consumption per unit of information flow: down 10.0%, target a reduction of 20%, not met" in english["alt"]  # fmt: skip
    assert frame(figure)["percent"].to_list() == pytest.approx([75, 50, 150, 50, 100])


def test_a_rise_where_a_fall_is_asked_goes_the_other_way(layout: Layout) -> None:
    [bar] = bars(drawn(layout, {FLOW: 0.05}))
    assert bar["end"] == pytest.approx(-0.25)
    assert bar["beyond"] == 1.0, "what is said stands beyond the line of the target"
    assert "上升 5.0%" in bar["title"]


def test_far_beyond_is_cut_and_told(layout: Layout, tmp_path: Path) -> None:
    figure = drawn(layout, {GAIN: 0.9})
    assert figure
    assert bars(figure)[0]["end"] == CAP
    assert "超过目标 2 倍的只画到 2 倍（5G基站能效提升）" in said(layout, tmp_path, {GAIN: 0.9})["method"]
    assert frame(figure)["percent"].to_list() == pytest.approx([450])


@pytest.mark.parametrize(
    ("values", "region", "instead", "title", "english"),
    [
        ({RATE: 0.9}, "全国", {}, "2025 年 1 项有数值的目标中，1 项已达标", "Of 1 target with a value in 2025: 1 met"),
        ({RATE: 0.9, PUE: 1.2}, "全国", {}, "2025 年 2 项有数值的目标均已达标", "All 2 targets with a value in 2025 are met"),
        ({RATE: 0.9, PUE: 1.4}, "全国", {}, "2025 年 2 项有数值的目标中，1 项已达标，1 项未达标", "Of 2 targets with a value in 2025: 1 met and 1 not met"),
        ({RATE: 0.9, GAIN: 0.4}, "全国", {GAIN: NOT_DEFINED}, "2025 年 2 项有数值的目标中，1 项已达标，1 项口径未定", "Of 2 targets with a value in 2025: 1 met and 1 undefined"),
        ({RATE: 0.9, PUE: 1.4}, "广东", {}, "2025 年广东 2 项数值对照全国目标，1 项达到，1 项没有达到", "2 values of Guangdong beside the national targets in 2025: 1 reaches the target level, 1 falls short"),
        ({RATE: 0.8}, "广东", {}, "2025 年广东 1 项数值对照全国目标，1 项达到", "1 value of Guangdong beside the national targets in 2025: 1 reaches the target level"),
        ({RATE: 0.8, CASES: 2.0}, "广东", {}, "2025 年广东 1 项数值对照全国目标，1 项达到", "1 value of Guangdong beside the national targets in 2025: 1 reaches the target level"),
        ({RATE: 0.7}, "广东", {}, "2025 年广东 1 项数值对照全国目标，1 项没有达到", "1 value of Guangdong beside the national targets in 2025: 1 falls short"),
    ],
)  # fmt: skip
def test_titles(
    layout: Layout, tmp_path: Path, values: dict[str, float | None], region: str, instead: dict[str, str], title: str, english: str
) -> None:  # fmt: skip
    told = [said(layout, tmp_path, values, region, language, instead)["title"] for language in ("zh", "en")]
    assert told == [title, english]


def test_a_province_is_told_its_distance_and_never_judged(layout: Layout, tmp_path: Path) -> None:
    figure = drawn(layout, {RATE: 0.7, PUE: 1.2}, "广东")
    assert [one["status"] for one in bars(figure)] == ["× 距目标还差 10.0 个百分点", "● 优于目标 0.10"]
    assert "达标" not in said(layout, tmp_path, {RATE: 0.7, PUE: 1.2}, "广东")["alt"]


def test_without_any_value_there_is_no_figure(layout: Layout) -> None:
    assert drawn(layout, {}) is None
    assert drawn(layout, {RATE: None}, "广东") is None
