"""What changed since the last edition: in every outcome, and from editions that were really made."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.build import history
from pipeline.chapters import since
from pipeline.chapters.chapter import Chapter, freeze, open_chapter
from pipeline.given import reference, regions
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.scorecard import Judgement, scorecard
from pipeline.indicators.view import View
from pipeline.layout import Layout
from tests.build import editions
from tests.build.editions import ENERGY, GUANGDONG

RATE, PUE, FLOW = "sharing.new_5g_sites", "dc.pue.new_large", "energy.per_flow.change"
NAME = "2024 年版"


def judged(layout: Layout, values: dict[str, float | None], year: int, region: str = "全国") -> list[Judgement]:
    return scorecard(reference.load_plan(layout), values, year, regions.resolve(region, layout))


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        ({RATE: 0.7, FLOW: -0.1}, {RATE: 0.9, FLOW: -0.2}, "两版都有数值的 2 项目标全部改善"),
        ({RATE: 0.7, FLOW: -0.1}, {RATE: 0.6, FLOW: -0.05}, "两版都有数值的 2 项目标全部变差"),
        ({RATE: 0.7, PUE: 1.3}, {RATE: 0.7, PUE: 1.3004}, "两版都有数值的 2 项目标中 1 项变差，1 项持平"),
        ({RATE: 0.7, PUE: 1.35}, {RATE: 0.7, PUE: 1.3501}, "两版都有数值的 2 项目标全部持平"),
        ({RATE: 0.7, PUE: 1.3, FLOW: 0.1}, {RATE: 0.8, PUE: 1.4, FLOW: 0.1}, "两版都有数值的 3 项目标中 1 项改善，1 项变差，1 项持平"),
        ({RATE: 0.7}, {RATE: 0.8}, "两版都有数值的 1 项目标改善"),
        ({RATE: 0.7}, {PUE: 1.2}, "没有一项目标两版都有数值"),
        ({}, {}, "没有一项目标两版都有数值"),
    ],
)  # fmt: skip
def test_towards_the_target_or_away(
    layout: Layout, then: dict[str, float | None], now: dict[str, float | None], said: str
) -> None:
    for region in ("全国", "广东"):
        text = since.moved(judged(layout, now, 2025, region), judged(layout, then, 2024, region), NAME)
        assert text == f"与 2024 年版相比，{said}"


def test_statuses_are_counted_by_what_became_of_them(layout: Layout) -> None:
    then, now = judged(layout, {RATE: 0.7, FLOW: -0.17}, 2024), judged(layout, {RATE: 0.9, FLOW: -0.21}, 2025)
    assert since.statuses(now, then) == (
        "目标的状态，1 项由“未达标（期中）”变为“已达标”，1 项由“按序时进度”变为“已达标”，其余 6 项没有变化。"
    )
    assert since.statuses(now, now) == "各项目标的状态都没有变化。"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    layout = editions.checkout(tmp_path / "house")
    monkeypatch.setenv("GREEN_REPORT_ROOT", str(layout.root))
    return layout


def chapter(region: str = "全国") -> Chapter:
    return open_chapter(year=2025, region=region, filings="data/raw/filings")


def test_without_a_last_edition_one_sentence_says_so(small: Layout) -> None:
    assert chapter().last is None
    assert since.none(2025, "filings") == "没有 2024 年版（2024-filings）的指标表，不与上一版相比。"


def test_what_the_last_edition_said_and_what_is_restated(small: Layout) -> None:
    editions.made(small, year=2024)
    opened = chapter()
    assert opened.last
    assert opened.last.name == NAME
    assert opened.last.view.value(FLOW) == opened.view.value(FLOW, year=2024)
    unchanged = opened.last.restated(opened.view)
    assert unchanged.is_empty()
    assert since.how_many(unchanged, NAME) == "2024 年版给出的各年指标值，本版没有改动。"
    assert since.revisions(unchanged, opened.view, NAME, "t-x") is None

    editions.file(small, ENERGY | {GUANGDONG: ENERGY[GUANGDONG] | {2024: 5.5e6}})
    opened = chapter()
    assert opened.last
    rows = opened.last.restated(opened.view)
    table = since.revisions(rows, opened.view, NAME, "t-x")
    assert table
    assert table.title == f"2024 年版的 {rows.height} 个指标值在本版中不同"
    line = table.data.filter(pl.col("指标") == "用电量（kWh）").row(0)
    assert line == ("用电量（kWh）", "2024", "8,500,000", "9,000,000", "+5.9%", "填报改动 能源消耗.csv")
    assert "有 " in since.how_many(rows, NAME)
    now = judged(small, {FLOW: opened.view.value(FLOW)}, 2025)
    shown = since.targets(now, opened.last.judged(opened.plan), opened.last, "t-y")
    assert shown.data.columns == ["目标", "目标值", "上一版（2024 年）", "本版（2025 年）", "变化"]
    assert len(shown.data) == 8
    assert shown.data["变化"].to_list().count("—") == 7


def test_a_province_reads_the_nations_edition_where_it_had_no_report(small: Layout) -> None:
    editions.made(small, year=2024)
    opened = chapter("广东")
    assert opened.last
    assert opened.last.view.region.short_zh == "广东"
    assert opened.last.view.value("energy.electricity") == 5e6


def test_the_last_edition_is_an_input_with_its_hash_and_a_rebuild_reads_the_same(small: Layout) -> None:
    [job] = editions.made(small)
    alone = freeze(small, job)
    editions.made(small, overrides=["natural_gas_kgce_per_m3=1.2"])
    editions.made(small)
    assert freeze(small, job)["inputs"] == alone["inputs"], "what this edition said before is no input of it"
    assert alone["editions"] == []
    editions.made(small, year=2024)
    read = freeze(small, job)["inputs"]
    assert [one["path"] for one in read[len(alone["inputs"]) :]] == [
        one["path"]
        for one in history.of_last_year(small, job).described()  # type: ignore[union-attr]
    ]
    assert all(len(one["sha256"]) == 64 for one in read)
    again = freeze(small, job)
    editions.made(small)
    assert freeze(small, job) == again


def test_a_view_of_a_province_lists_its_own_revisions_only(small: Layout, layout: Layout) -> None:
    editions.made(small, year=2024)
    editions.file(small, ENERGY | {GUANGDONG: ENERGY[GUANGDONG] | {2024: 5.5e6}})
    opened = chapter("浙江")
    assert opened.last
    rows = opened.last.restated(opened.view)
    assert set(rows["region_code"]) <= {"330000"}
    assert isinstance(opened.last.view, View)
    assert opened.last.view.catalogue == load_catalogue(layout)
