"""The two pages before the report: what follows from findings, worked by hand; what is told of each case; how long they are."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pypdf import PdfReader

from pipeline.chapters import lead, targets
from pipeline.findings import Quantity
from pipeline.findings.weight import weightiest
from pipeline.given import reference, regions
from pipeline.indicators.evaluate import TABLE
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.view import View
from pipeline.language.facts import pack
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports.blocks import ENGLISH, FACTS, MIME, Cards
from pipeline.reports.text import told
from tests.chapters.spoken import syllables, whole
from tests.conftest import Run

RATE, PUE, ROOM, GAIN, FLOW = (
    "sharing.new_5g_sites", "dc.pue.new_large", "room.pue.core_retrofit", "bs.efficiency_gain_5g", "energy.per_flow.change",
)  # fmt: skip
GUANGDONG, JIANGSU, ZHEJIANG, NATION = "440000", "320000", "330000", "000000"


def row(id: str, code: str, year: int, value: float | None, sums: tuple[float, float] | None = None) -> dict[str, Any]:
    told = {"indicator_id": id, "year": year, "region_code": code, "value": value, "unit": "1"}
    told |= {"flag": "suppressed"} if value is None else {}
    return dict.fromkeys(TABLE) | told | (dict(zip(("numerator", "denominator"), sums, strict=True)) if sums else {})


ROWS = [
    *(row(RATE, GUANGDONG, year, value, (100 * value, 100.0)) for year, value in ((2023, 0.60), (2024, 0.70), (2025, 0.74))),
    *(row(RATE, code, year, value) for code, year, value in ((JIANGSU, 2024, 0.65), (JIANGSU, 2025, 0.75), (ZHEJIANG, 2025, 0.82))),
    row(PUE, GUANGDONG, 2025, 1.5, (150.0, 100.0)),
    row(GAIN, GUANGDONG, 2025, 0.3), row("bs.efficiency_5g", GUANGDONG, 2025, 6.0, (600.0, 100.0)),
    row(FLOW, GUANGDONG, 2025, -0.1), row("energy.per_flow", GUANGDONG, 2025, 9.0, (90_000.0, 10_000.0)),
    row(ROOM, GUANGDONG, 2025, None),
]  # fmt: skip


def seen(layout: Layout, region: str = "广东", year: int = 2025, rows: list[dict[str, Any]] = ROWS) -> View:
    table = pl.DataFrame(rows, schema=TABLE, orient="row").filter(pl.col("year") <= year)
    place = regions.resolve(region, layout)
    return View(table, load_catalogue(layout), place, year, reference.provinces(layout), {})


class TestWhatFollows:
    def test_more_sites_shared(self) -> None:
        assert lead.more_shared(35, 50, 0.8) == 5
        assert lead.more_shared(40, 50, 0.8) == 0  # 0.8 * 50 is 40, also in binary fractions
        assert lead.more_shared(78.2, 100, 0.8) == 2

    def test_electricity_at_the_target(self) -> None:
        assert lead.Row(150, 100).saved_at(1.3) == pytest.approx(20)
        assert lead.Row(120, 100).saved_at(1.3) == 0
        assert lead.saved(120, 1 / (1 + 0.0), 1 / (1 + 0.2)) == pytest.approx(20)

    def test_energy_at_the_target(self) -> None:
        assert lead.saved(90, 1 - 0.10, 1 - 0.20) == pytest.approx(10)

    def test_of_each_finding_the_amount_that_it_takes(self, layout: Layout) -> None:
        view, plan = seen(layout), reference.load_plan(layout)
        judged = view.judged(plan)
        of = {one.target.indicator: one for one in judged}
        found = {one.id: lead.finding(view, one, of, plan) for one in lead.candidates(view, judged, plan)}
        assert ROOM not in found  # not published
        assert found[RATE]["so"]["sites"] == 6
        assert found[PUE]["so"]["kwh"] == pytest.approx(20)
        assert found[GAIN]["kind"] == "success"
        assert found[GAIN]["so"]["kwh"] == pytest.approx(30)  # at the efficiency of the baseline 130 for 100
        assert found[FLOW]["so"]["tce"] == pytest.approx(10)  # 90 tce, of which 80 were used at 20 % less
        assert [found[id]["action"] for id in (RATE, PUE, FLOW)] == [
            "强化基础设施共建共享",
            "推进绿色数据中心建设",
            "提升基础设施整体能效",
        ]

    def test_places_are_counted_from_the_best_among_those_with_a_value(self, layout: Layout) -> None:
        view, plan = seen(layout), reference.load_plan(layout)
        [rate] = [one for one in lead.candidates(view, view.judged(plan), plan) if one.id == RATE]
        assert (rate.place, rate.of, rate.before) == (3, 3, 1)
        assert rate.way == pytest.approx(0.06 / 0.8)

    def test_places_are_those_of_the_chapters_where_values_that_print_alike_are_tied(self, layout: Layout) -> None:
        """74.01 % and 74.04 % are both printed as 74.0 %: second of three, and not third."""
        rates = [
            row(RATE, code, 2025, value) for code, value in ((GUANGDONG, 0.7401), (JIANGSU, 0.7404), (ZHEJIANG, 0.82))
        ]
        found = lead.rank(seen(layout, rows=rates), RATE, 2025)
        assert (found.place, found.of, found.tied) == (2, 3, ("江苏",))

    def test_misses_go_before_what_is_reached(self, layout: Layout) -> None:
        view, plan = seen(layout), reference.load_plan(layout)
        chosen = weightiest(lead.candidates(view, view.judged(plan), plan))
        assert [one.id for one in chosen] == [RATE, PUE, FLOW, GAIN]


class TestGlance:
    def cards(self, layout: Layout, year: int = 2025) -> list[tuple[str, str, str, str]]:
        view, plan = seen(layout, year=year), reference.load_plan(layout, "2022-2025")
        block = lead.glance(view.judged(plan), view, plan, "k-x").payload()
        return [(card["value"], card["detail"], card["symbol"], card["status"]) for card in block["cards"]]

    def test_of_a_province_sign_and_word_tell_on_which_side_it_is(self, layout: Layout) -> None:
        assert self.cards(layout) == [
            ("74.0%", "还差 6.0 个百分点", "×", "未达到"),
            ("1.50", "还差 0.20", "×", "未达到"),
            ("—", "", "◇", "不予公布"),
            ("30.0%", "优于 10.0 个百分点", "●", "达到"),
            ("下降 10.0%", "还差 10.0 个百分点", "×", "未达到"),
            ("—", "", "○", "未报送"),
            ("—", "", "○", "未报送"),
            ("—", "", "◇", "不分省统计"),
        ]

    def test_its_sides_leave_out_what_is_not_published(self, layout: Layout) -> None:
        view = seen(layout)
        on, short = targets.sides(view.judged(reference.load_plan(layout)), view)
        assert [one.target.no for one in on] == [4]
        assert [one.target.no for one in short] == [1, 2, 5]


class TestWatch:
    def test_of_the_nation_the_target_of_which_most_provinces_are_short(self, layout: Layout) -> None:
        rows = [*ROWS, row(RATE, NATION, 2025, 0.81), row(RATE, "110000", 2025, None)]
        view = seen(layout, "全国", rows=rows)
        found = lead.lagging(view.judged(reference.load_plan(layout)), view)
        assert found is not None
        assert (found["n"], found["of"], found["some_withheld"]) == (2, 3, True)
        assert Words("zh").say(found["worst"]) == "广东、江苏"

    def test_a_margin_of_a_tenth_of_the_way_is_none_to_watch(self, layout: Layout) -> None:
        plan = reference.load_plan(layout)
        for value, watched in ((1.28, True), (1.26, False)):  # of a way of 0.3
            view = seen(layout, rows=[row(PUE, GUANGDONG, 2025, value)])
            assert (lead.margin(view.judged(plan), view) is not None) == watched


# --- the text ------------------------------------------------------------------------------------------------

KNOWN: dict[str, Any] = {
    "now": 2025, "own": "广东", "nation": False, "public": False, "plan": {"start": 2022, "end": 2025}, "n_targets": 8, "on": 1,
    "short": 5, "comparable": 6, "n_withheld": 0, "nothing_filed": False, "base": 2020, "course": None,
    "findings": [], "outlook": None, "horizon": 2030, "filed": True, "scenario": "行动计划", "watched": [],
    "undefined": 0, "not_filed": [], "without_frame": None, "factor_until": None, "no_factor": False, "estimated": False,
}  # fmt: skip
BLOCKS = [Cards("k-highlights-numbers", [], form="numbers"), Cards("k-highlights-targets", [], form="glance")]


def lines(layout: Layout, language: str, **facts: Any) -> list[str]:
    path = layout.texts / language / "00_highlights.md"
    shown = [{MIME: one.payload(), ENGLISH: one.payload(Words("en"))} for one in BLOCKS]
    parts = told(path, Words(language), [{FACTS: pack(KNOWN | facts)}, *shown], "")
    text = "\n".join(part for part in parts if isinstance(part, str))
    return [re.sub(r"\\([^\w\s])", r"\1", line) for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("facts", "zh", "en"),
    [
        ({}, "对照 6 项可比的全国目标，广东有 5 项没有达到。", "Guangdong falls short of 5 of the 6 national targets with which it can be compared."),
        (
            {"short": 0, "on": 4, "comparable": 4, "n_withheld": 2},
            "对照 4 项可比的全国目标，广东全部达到。",
            "Guangdong reaches all 4 national targets with which it can be compared.",
        ),
        ({"nation": True, "own": "全国", "on": 8, "short": 0}, "8 项目标全部达标。", "All 8 targets are met."),
        (
            {"nation": True, "own": "全国", "on": 5, "short": 2, "course": "slower"},
            "8 项目标中，2 项没有达标，5 项达标；2020 年以来用能增长慢于信息流量。",
            "Of 8 targets, 2 are missed and 5 met; since 2020 energy use has grown more slowly than information flow.",
        ),
        (
            {"nation": True, "own": "全国", "now": 2023, "on": 7, "short": 1},
            "8 项目标中，1 项未达标或滞后，7 项达标或符合进度。",
            "Of 8 targets, 1 is not yet met or behind and 7 met or on course.",
        ),
        ({"comparable": 0, "on": 0, "short": 0, "n_withheld": 7}, "2025 年广东没有可与目标对照的数值，7 项不予公布。", "Guangdong has no value for 2025 to set beside a target; 7 are not published."),
        ({"nothing_filed": True}, "8 项目标尚无企业填报，还不能评价。", "None of the 8 targets can be assessed before enterprises file."),
    ],
)  # fmt: skip
def test_the_sentence_of_the_year(layout: Layout, facts: dict[str, Any], zh: str, en: str) -> None:
    for language, expected in (("zh", zh), ("en", en)):
        found = lines(layout, language, **facts)
        assert found[found.index("::: {.headline}") + 1] == expected


def test_a_finding_is_told_with_what_follows(layout: Layout) -> None:
    view, plan = seen(layout), reference.load_plan(layout)
    judged = view.judged(plan)
    [rate, *_] = weightiest(lead.candidates(view, judged, plan))
    finding = lead.finding(view, rate, {one.target.indicator: one for one in judged}, plan)
    said = lines(layout, "zh", findings=[finding])
    at = said.index("## 主要发现")
    assert said[at + 1 : at + 3] == [
        "1. **新建站址共享率 74.0%，距目标还差 6.0 个百分点**，各省末位。",
        "[→ 当年新建的再有 6 处共享，即可达到。]{.so}",
    ]
    said = lines(layout, "en", findings=[finding])
    at = said.index("## Main findings")
    assert said[at + 1 : at + 3] == [
        "1. **Sharing of new sites: 74.0%, 6.0 percentage points short of the target**, last of 3 provinces.",
        "[→ 6 more of the year’s new sites shared would reach it.]{.so}",
    ]


def test_what_is_not_known_is_never_that_nothing_was_found(layout: Layout) -> None:
    for language in ("zh", "en"):
        text = (layout.texts / language / "00_highlights.md").read_text("utf-8")
        assert "没有查到" not in text
        assert "none found" not in text.lower()


def test_statistics_tell_pace_share_and_place() -> None:
    billion = 10**9
    known = lead.Statistics(
        traffic={2023: 8.0 * billion, 2024: 10.0 * billion}, whole={2023: 100.0 * billion, 2024: 110.0 * billion},
        stations={}, volume={}, factor={2023: 0.44}, factor_of_nation={2023: 0.53}, place=3, of=31,
    )  # fmt: skip
    assert [one.id for one in lead.of_statistics(known)] == ["traffic"]  # of a single year nothing is told
    found = lead.statistic(known, "traffic")
    assert found["pace"] == pytest.approx(0.25)
    assert found["pace_of_nation"] == pytest.approx(0.1)
    assert found["share"] == pytest.approx(10 / 110)
    assert (found["relation"], found["place"]) == (1, 3)
    assert found["fall"] == pytest.approx(0.2)  # as much energy for 10 as for 8
    assert found["value"] == Quantity(lead.MEASURES["traffic"], 10.0 * billion)
    printed = [card["value"] for card in Cards("k-x", lead.numbers_of_statistics(known)).payload()["cards"]]
    assert printed == ["100.0 亿GB", "25.0%", "0.4400 kgCO2/kWh"]


def test_numbers_count_as_they_are_spoken() -> None:
    assert [whole(n) for n in (0, 7, 10, 12, 20, 31, 105, 2067, 10_000, 10_500)] == [1, 1, 1, 2, 2, 3, 4, 6, 2, 5]
    told = {"23.1%": 8, "2025 年": 5, "5G基站": 4, "2,067.3 万tce": 13, "距目标还差 0.02": 9, "改建机房PUE": 7}
    assert {text: syllables(text) for text in told} == told


@pytest.mark.slow
@pytest.mark.parametrize(("filings", "regions"), [("data/raw/sample", "全国,广东,西藏"), ("none", "全国,西藏")])
def test_two_pages_of_two_minutes(green_report: Run, tmp_path: Path, filings: str, regions: str) -> None:
    run = green_report("build", "--region", regions, "--filings", filings, "--part", "highlights", "--to", "html,pdf", "--out", str(tmp_path))  # fmt: skip
    assert run.returncode == 0, run.stderr
    for path in map(Path, run.stdout.splitlines()):
        if path.suffix == ".pdf":
            assert len(PdfReader(path).pages) == 2, path
            continue
        main = re.search(r'<main id="content">(.*?)<footer', path.read_text("utf-8"), re.S)
        assert main
        prose = re.sub(r'<(table|ul) class="(?:glance|numbers)".*?</\1>', "", main[1], flags=re.S)
        text = html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"<(svg|script|style)\b.*?</\1>", "", prose, flags=re.S)))
        assert 150 < syllables(text) <= 520, path
        assert "没有查到" not in main[1]
