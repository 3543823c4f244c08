"""The bullet charts of the targets: where a bar ends, what stands beside it, and what the title says in every case."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipeline.chapters.bullets import CAP, bullets
from pipeline.given import reference, regions
from pipeline.indicators.evaluate import TABLE
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.scorecard import NOT_DEFINED, scorecard
from pipeline.indicators.view import View
from pipeline.layout import Layout
from pipeline.reports.blocks import Figure

RATE, PUE, GAIN, FLOW, CASES = (
    "sharing.new_5g_sites", "dc.pue.new_large", "bs.efficiency_gain_5g", "energy.per_flow.change", "cases.count",
)  # fmt: skip


def drawn(
    layout: Layout, values: dict[str, float | None], region: str = "全国", instead: dict[str, str] | None = None
) -> Figure | None:
    place = regions.resolve(region, layout)
    view = View(
        pl.DataFrame(schema=TABLE), load_catalogue(layout), place, 2025, reference.provinces(layout), {}
    )  # fmt: skip
    return bullets(scorecard(reference.load_plan(layout), values, 2025, place, instead), view, "f-x")


def bars(figure: Figure | None) -> list[dict[str, Any]]:
    assert figure
    return next(rows for rows in figure.payload()["spec"]["datasets"].values() if "end" in rows[0])  # type: ignore[no-any-return]


def test_a_bar_is_the_part_of_the_way_to_the_target(layout: Layout) -> None:
    figure = drawn(layout, {RATE: 0.6, PUE: 1.15, GAIN: 0.3, FLOW: -0.1, CASES: 30.0})
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
    assert "只有目标 2 是上限" in figure.method
    assert "新建5G基站站址共享率：60.0%，目标不低于80%，未达标；" in figure.alt
    assert figure.data["相当于目标的比例（%）"].to_list() == pytest.approx([75, 50, 150, 50, 100])


def test_a_rise_where_a_fall_is_asked_goes_the_other_way(layout: Layout) -> None:
    [bar] = bars(drawn(layout, {FLOW: 0.05}))
    assert bar["end"] == pytest.approx(-0.25)
    assert bar["beyond"] == 1.0, "what is said stands beyond the line of the target"
    assert "上升 5.0%" in bar["title"]


def test_far_beyond_is_cut_and_told(layout: Layout) -> None:
    figure = drawn(layout, {GAIN: 0.9})
    assert figure
    assert bars(figure)[0]["end"] == CAP
    assert "超过目标 2 倍的只画到 2 倍（5G基站能效提升）" in figure.method
    assert figure.data["相当于目标的比例（%）"].to_list() == pytest.approx([450])


@pytest.mark.parametrize(
    ("values", "region", "instead", "title"),
    [
        ({RATE: 0.9}, "全国", {}, "2025 年 1 项有数值的目标中，1 项已达标"),
        ({RATE: 0.9, PUE: 1.2}, "全国", {}, "2025 年 2 项有数值的目标全部已达标"),
        ({RATE: 0.9, PUE: 1.4}, "全国", {}, "2025 年 2 项有数值的目标中，1 项已达标，1 项未达标"),
        ({RATE: 0.9, GAIN: 0.4}, "全国", {GAIN: NOT_DEFINED}, "2025 年 2 项有数值的目标中，1 项已达标，1 项口径未定"),
        ({RATE: 0.9, PUE: 1.4}, "广东", {}, "2025 年广东 2 项数值对照全国目标，1 项符合，1 项不符合"),
        ({RATE: 0.8}, "广东", {}, "2025 年广东 1 项数值对照全国目标，1 项符合"),
        ({RATE: 0.8, CASES: 2.0}, "广东", {}, "2025 年广东 1 项数值对照全国目标，1 项符合"),
    ],
)
def test_titles(
    layout: Layout, values: dict[str, float | None], region: str, instead: dict[str, str], title: str
) -> None:
    figure = drawn(layout, values, region, instead)
    assert figure
    assert figure.title == title


def test_a_province_is_told_its_distance_and_never_judged(layout: Layout) -> None:
    figure = drawn(layout, {RATE: 0.7, PUE: 1.2}, "广东")
    assert [one["status"] for one in bars(figure)] == ["◇ 距目标还差 10.0 个百分点", "◇ 优于目标 0.10"]
    assert figure
    assert "达标" not in figure.alt


def test_without_any_value_there_is_no_figure(layout: Layout) -> None:
    assert drawn(layout, {}) is None
    assert drawn(layout, {RATE: None}, "广东") is None
