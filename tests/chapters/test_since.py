"""What changed since the last edition: in every outcome, and from editions that were really made."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.build import history
from pipeline.chapters import since
from pipeline.chapters.chapter import Chapter, freeze, open_chapter
from pipeline.given import reference, regions
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.scorecard import Judgement, scorecard
from pipeline.indicators.view import View
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports.blocks import frame
from tests.build import editions
from tests.build.editions import ENERGY, GUANGDONG
from tests.chapters import texts

RATE, PUE, FLOW = "sharing.new_5g_sites", "dc.pue.new_large", "energy.per_flow.change"
ZH = Words("zh")


def judged(layout: Layout, values: dict[str, float | None], year: int, region: str = "全国") -> list[Judgement]:
    return scorecard(reference.load_plan(layout), values, year, regions.resolve(region, layout))


@pytest.mark.parametrize(
    ("then", "now", "ways"),
    [
        ({RATE: 0.7, FLOW: -0.1}, {RATE: 0.9, FLOW: -0.2}, {"better": 2}),
        ({RATE: 0.7, FLOW: -0.1}, {RATE: 0.6, FLOW: -0.05}, {"worse": 2}),
        ({RATE: 0.7, PUE: 1.3}, {RATE: 0.7, PUE: 1.3004}, {"worse": 1, "level": 1}),
        ({RATE: 0.7, PUE: 1.35}, {RATE: 0.7, PUE: 1.3501}, {"level": 2}),
        ({RATE: 0.7, PUE: 1.3, FLOW: 0.1}, {RATE: 0.8, PUE: 1.4, FLOW: 0.1}, {"better": 1, "worse": 1, "level": 1}),
        ({RATE: 0.7}, {RATE: 0.8}, {"better": 1}),
        ({RATE: 0.7}, {PUE: 1.2}, {}),
        ({}, {}, {}),
    ],
)
def test_towards_the_target_or_away(
    layout: Layout, then: dict[str, float | None], now: dict[str, float | None], ways: dict[str, int]
) -> None:
    for region in ("全国", "广东"):
        assert since.moved(judged(layout, now, 2025, region), judged(layout, then, 2024, region)) == ways


def test_statuses_are_counted_by_what_became_of_them(layout: Layout) -> None:
    then, now = judged(layout, {RATE: 0.7, FLOW: -0.17}, 2024), judged(layout, {RATE: 0.9, FLOW: -0.21}, 2025)
    assert since.statuses(now, then) == {("未达标（期中）", "已达标"): 1, ("按序时进度", "已达标"): 1}
    assert since.statuses(now, now) == {}


ALIKE: dict[str, Any] = {"name": term("edition_of", year=2024), "year": 2024, "plan": None, "n": 0, "indicators": 0}


@pytest.mark.parametrize(
    ("ways", "zh", "en"),
    [
        ({"better": 2}, "两版都有数值的 2 项目标全部改善", "of 2 targets with a value in both, 2 are closer to target"),
        ({"level": 1}, "两版都有数值的 1 项目标持平", "of 1 target with a value in both, 1 is unchanged"),
        ({"better": 6, "level": 2}, "两版都有数值的 8 项目标中 6 项改善，2 项持平", "of 8 targets with a value in both, 6 are closer to target and 2 unchanged"),
        ({"better": 1, "worse": 1, "level": 1}, "两版都有数值的 3 项目标中 1 项改善，1 项变差，1 项持平", "of 3 targets with a value in both, 1 is closer to target, 1 further from target and 1 unchanged"),
        ({}, "没有一项目标两版都有数值", "no target has a value in both"),
    ],
)  # fmt: skip
def test_the_title_says_how_many_moved_which_way(
    layout: Layout, tmp_path: Path, ways: dict[str, int], zh: str, en: str
) -> None:
    told = [{"said": term(way), "n": n} for way, n in ways.items()]
    facts = {"compared": ALIKE | {"ways": told, "both": sum(ways.values())}}
    titles = [
        texts.caption(layout, tmp_path, "01_overview", language, "t-overview-since", facts, "table")["title"]
        for language in ("zh", "en")
    ]
    assert titles == [f"与 2024 年版相比，{zh}", f"Compared with the 2024 edition, {en}"]


@pytest.mark.parametrize(
    ("compared", "zh", "en"),
    [
        (
            {"statuses": [{"old": "未达标（期中）", "new": "已达标", "n": 1}, {"old": "已达标（期中）", "new": "已达标", "n": 2}], "left": 5},
            "目标的状态，1 项由“未达标（期中）”变为“已达标”，2 项由“已达标（期中）”变为“已达标”，其余 5 项没有变化。2024 年版给出的各年指标值，本版没有改动。",
            "Status of the targets: 1 changed from “Not met (interim)” to “Met”, 2 changed from “Met (interim)” to “Met”, 5 did not change. This edition gives the same values for all years as the 2024 edition.",
        ),
        (
            {"statuses": [], "n": 3, "indicators": 1},
            "各项目标的状态都没有变化。2024 年版给出的指标值中，本版有 3 个不同，涉及 1 项指标，逐项列在[](#c-C)。",
            "No target changed its status. Of the values given by the 2024 edition, 3 are others in this edition, of 1 indicator; each is listed in [](#c-C).",
        ),
        (
            {"plan": {"title": "信息通信行业绿色低碳发展行动计划（2022-2025年）", "number": "1"}, "statuses": []},
            "2024 年版按上一个计划《信息通信行业绿色低碳发展行动计划（2022-2025年）》（1）编制，目标和基期与本计划不同，各项目标的状态不作比较。2024 年版给出的各年指标值，本版没有改动。",
            "The 2024 edition was made by the plan before, the Action Plan for Green and Low-Carbon Development of the ICT Industry (2022–2025) (1), whose targets and base year differ from those of this plan; the status of targets is not compared. This edition gives the same values for all years as the 2024 edition.",
        ),
    ],
)  # fmt: skip
def test_statuses_and_values_in_words(
    layout: Layout, tmp_path: Path, compared: dict[str, Any], zh: str, en: str
) -> None:
    facts = {"compared": ALIKE | compared, "unchanged": term("values_unchanged", name=ALIKE["name"]), "nation": True}
    ends = "{% if compared.plan %}", "{{ unchanged }}\n{% endif %}"
    said = [texts.piece(layout, tmp_path, "01_overview", language, ends, facts)[0] for language in ("zh", "en")]
    assert [re.sub(r"\\(.)", r"\1", text) for text in said] == [zh, en]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    layout = editions.checkout(tmp_path / "house")
    monkeypatch.setenv("GREEN_REPORT_ROOT", str(layout.root))
    return layout


def chapter(region: str = "全国") -> Chapter:
    return open_chapter(year=2025, region=region, filings="data/raw/filings")


def test_without_a_last_edition_one_sentence_says_so(small: Layout) -> None:
    assert chapter().last is None
    assert ZH.say(since.none(2025, "filings")) == "没有 2024 年版（2024-filings）的指标表，不与上一版相比。"


def test_what_the_last_edition_said_and_what_is_restated(small: Layout) -> None:
    editions.made(small, year=2024)
    opened = chapter()
    assert opened.last
    assert ZH.say(opened.last.name) == "2024 年版"
    assert opened.last.view.value(FLOW) == opened.view.value(FLOW, year=2024)
    unchanged = opened.last.restated(opened.view)
    assert unchanged.is_empty()
    assert since.revisions(opened.last, opened.view, "t-x") is None

    editions.file(small, ENERGY | {GUANGDONG: ENERGY[GUANGDONG] | {2024: 5.5e6}})
    opened = chapter()
    assert opened.last
    rows = opened.last.restated(opened.view)
    table = since.revisions(opened.last, opened.view, "t-x")
    assert table
    assert ZH.say(table.title) == f"2024 年版的 {rows.height} 个指标值在本版中不同"
    line = frame(table).filter(pl.col("name") == "用电量", pl.col("year") == "2024").row(0)
    assert line == ("用电量", "2024", "850.0 万kWh", "900.0 万kWh", "+5.9%", "填报改动 能源消耗.csv")
    line = frame(table, Words("en")).filter(pl.col("old") == "8.500 million kWh").row(0)
    assert line[2:] == ("8.500 million kWh", "9.000 million kWh", "+5.9%", "filing changed 能源消耗.csv")
    now = judged(small, {FLOW: opened.view.value(FLOW)}, 2025)
    shown = since.targets(now, opened.last.judged(opened.plan), opened.view, opened.last, "t-y").payload()["table"]
    assert shown["columns"] == ["目标", "目标值", "上一版（2024 年）", "本版（2025 年）", "变化"]
    assert [row[-1] for row in shown["rows"]].count("—") == 7
    assert len(shown["rows"]) == 8


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
    assert opened.last.view.catalogue == load_catalogue(layout).of_filed(())
