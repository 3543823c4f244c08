from __future__ import annotations

import math
import shutil
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.given import reference, regions
from pipeline.indicators.scorecard import (
    BEHIND,
    COMPARED,
    MET,
    MET_SO_FAR,
    NOT_FILED,
    NOT_MET,
    NOT_MET_SO_FAR,
    ON_PATH,
    Judgement,
    _emission,
    action_statements,
    as_printed,
    scorecard,
    statements,
)
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.wording import MINUS

say = Words("zh").say

LAYOUT = Layout.current()
PLAN = reference.load_plan(LAYOUT)
PUBLISHED = reference.published(LAYOUT)
NATION = regions.NATION
GUANGDONG = regions.resolve("广东", LAYOUT)
TARGETS = {target.id: target for target in PLAN.targets}
WITH_BASE = [target.id for target in PLAN.targets if target.baseline_year is not None]
VALUES = st.dictionaries(st.sampled_from(list(TARGETS)), st.none() | st.floats(-5, 60), max_size=8)
YEARS = st.integers(2018, 2028)


def judge(target: str, value: float | None, year: int = 2025, region: regions.Region = NATION) -> Judgement:
    return next(one for one in scorecard(PLAN, {target: value}, year, region) if one.target.id == target)


def read(text: str) -> Decimal:
    """The number at the beginning of a printed value, as a plain ratio where it is a percentage."""
    number = text.split()[0].replace(",", "").replace(MINUS, "-")
    return Decimal(number.removesuffix("%")) / (100 if number.endswith("%") else 1)


# --- the status -------------------------------------------------------------------------------------------


def test_without_filings_every_target_is_not_filed_in_the_plans_order() -> None:
    found = scorecard(PLAN, {}, 2025, NATION)
    assert [one.target.no for one in found] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {(one.status, one.symbol, one.tone, one.printed) for one in found} == {("未报送", "○", "none", "未报送")}
    assert {(one.value, one.gap, one.needed_per_year, one.gap_printed, one.needed_printed) for one in found} == {
        (None, None, None, "", "")
    }


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_no_finite_number_is_not_filed(value: float | None) -> None:
    assert judge("dc.pue.new_large", value).status == NOT_FILED


@pytest.mark.parametrize(
    ("target", "short", "at", "beyond"),
    [
        ("sharing.new_5g_sites", 0.799999, 0.80, 0.81),
        ("dc.pue.new_large", 1.300001, 1.3, 1.29),
        ("room.pue.core_retrofit", 1.500001, 1.5, 1.49),
        ("bs.efficiency_gain_5g", 0.199999, 0.20, 0.21),
        ("energy.per_flow.change", -0.199999, -0.20, -0.21),
        ("energy.per_volume.change", -0.149999, -0.15, -0.16),
        ("cases.count", 29, 30, 31),
        ("standards.count", 29, 30, 31),
    ],
)
def test_every_comparator_includes_the_number_itself(target: str, short: float, at: float, beyond: float) -> None:
    for year in (2025, 2027):
        assert [judge(target, value, year).status for value in (short, at, beyond)] == [NOT_MET, MET, MET]
    assert judge(target, at).gap == 0
    assert say(judge(target, at).gap_printed) == "与目标持平"
    assert judge(target, short).gap > 0 > judge(target, beyond).gap  # type: ignore[operator]


@pytest.mark.parametrize(
    ("target", "short", "at"),
    [
        # three of five years gone: 20 % becomes 12 %, 15 % becomes 9 %
        ("bs.efficiency_gain_5g", 0.1199, 0.12),
        ("energy.per_flow.change", -0.1199, -0.12),
        ("energy.per_volume.change", -0.0899, -0.09),
    ],
)
def test_before_the_target_year_a_baseline_makes_a_straight_path(target: str, short: float, at: float) -> None:
    assert [judge(target, value, 2023).status for value in (short, at)] == [BEHIND, ON_PATH]
    assert judge(target, at, 2024).status == BEHIND
    assert judge(target, at, 2025).status == NOT_MET


def test_at_the_baseline_and_before_nothing_is_asked_for() -> None:
    for year in (2018, 2020):
        assert judge("energy.per_flow.change", 0.0, year).status == ON_PATH
        assert judge("energy.per_flow.change", 0.001, year).status == BEHIND


def test_before_the_target_year_without_a_baseline_the_status_is_an_interim_one() -> None:
    assert judge("dc.pue.new_large", 1.3, 2024).status == MET_SO_FAR == "已达标（期中）"
    assert judge("dc.pue.new_large", 1.31, 2024).status == NOT_MET_SO_FAR == "未达标（期中）"


@given(st.sampled_from(list(TARGETS)), st.floats(-5, 60), YEARS)
def test_a_province_is_never_judged(target: str, value: float, year: int) -> None:
    found = judge(target, value, year, GUANGDONG)
    assert (found.status, found.symbol, found.tone) == (COMPARED, "◇", "none")
    assert (found.gap is None) == (TARGETS[target].unit != "1")  # a part of a total has no distance to it
    assert bool(found.gap_printed) == (found.gap is not None)


@pytest.mark.parametrize("target", ["cases.count", "standards.count"])
def test_a_part_of_the_nations_total_is_not_short_of_it(target: str) -> None:
    one = judge(target, 2, 2024, GUANGDONG)
    assert (one.status, one.printed.partition(" ")[0]) == ("对照全国目标", "2")
    assert (one.gap, one.gap_printed, one.needed_printed) == (None, "", "")


def test_a_province_without_data_is_not_filed_and_its_distance_is_told() -> None:
    assert judge("sharing.new_5g_sites", None, region=GUANGDONG).status == NOT_FILED
    assert say(judge("sharing.new_5g_sites", 0.7996, region=GUANGDONG).gap_printed) == "距目标还差 0.04 个百分点"


def test_the_signs_of_the_states_differ_where_their_tones_do() -> None:
    found = [
        judge("dc.pue.new_large", 1.2), judge("dc.pue.new_large", 1.4), judge("dc.pue.new_large", 1.4, 2024),
        judge("energy.per_flow.change", -0.2, 2023), judge("energy.per_flow.change", 0, 2023),
        judge("dc.pue.new_large", 1.2, region=GUANGDONG), judge("dc.pue.new_large", None),
    ]  # fmt: skip
    assert [(one.symbol, one.tone) for one in found] == [
        ("●", "good"), ("×", "bad"), ("△", "warn"), ("▲", "good"), ("▼", "warn"), ("◇", "none"), ("○", "none")
    ]  # fmt: skip


def test_the_noise_of_binary_fractions_decides_nothing() -> None:
    change = 0.8 / 1.0 - 1  # -0.19999999999999996
    assert change > -0.20
    assert judge("energy.per_flow.change", change).status == MET
    assert judge("energy.per_flow.change", -0.1999999).status == NOT_MET


# --- what is printed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "value", "printed", "gap"),
    [
        ("sharing.new_5g_sites", 0.7996, "79.96%", "距目标还差 0.04 个百分点"),
        ("sharing.new_5g_sites", 0.7994, "79.9%", "距目标还差 0.1 个百分点"),
        ("sharing.new_5g_sites", 0.8004, "80.0%", "优于目标不足 0.1 个百分点"),
        ("sharing.new_5g_sites", 0.832, "83.2%", "优于目标 3.2 个百分点"),
        ("dc.pue.new_large", 1.304, "1.304", "距目标还差 0.004"),
        ("dc.pue.new_large", 1.2275, "1.23", "优于目标 0.07"),
        ("energy.per_flow.change", -0.1999, "−19.99%", "距目标还差 0.01 个百分点"),
        ("energy.per_flow.change", -0.25, "−25.0%", "优于目标 5.0 个百分点"),
        ("cases.count", 29, "29 个", "距目标还差 1 个"),
        ("standards.count", 36, "36 项", "优于目标 6 项"),
    ],
)
def test_rounding_never_contradicts_the_status(target: str, value: float, printed: str, gap: str) -> None:
    found = judge(target, value)
    assert found.printed == printed
    assert say(found.gap_printed) == gap


@pytest.mark.parametrize("off", [-4e-10, -1e-12, 0.0, 1e-12, 4e-10])
@pytest.mark.parametrize(
    ("target", "goal", "printed"),
    [
        ("sharing.new_5g_sites", 0.8, "80.0%"),
        ("dc.pue.new_large", 1.3, "1.30"),
        ("bs.efficiency_gain_5g", 0.2, "20.0%"),
        ("energy.per_flow.change", -0.2, "−20.0%"),
    ],
)
def test_a_target_hit_exactly_is_met_from_both_sides(target: str, goal: float, printed: str, off: float) -> None:
    found = judge(target, goal * (1 + off))
    assert (found.status, found.printed, say(found.gap_printed)) == ("已达标", printed, "与目标持平")


def test_a_gap_that_rounds_to_nothing_is_still_told() -> None:
    assert say(judge("sharing.new_5g_sites", 0.8004).gap_printed) == "优于目标不足 0.1 个百分点"
    assert say(judge("sharing.new_5g_sites", 0.799999996).gap_printed) == "距目标还差不足 0.000001 个百分点"


def test_before_the_target_year_the_print_contradicts_neither_path_nor_target() -> None:
    assert judge("energy.per_flow.change", -0.1196, 2023).printed == "−11.96%"
    assert judge("energy.per_flow.change", -0.1996, 2023).printed == "−19.96%"


@given(st.sampled_from(list(TARGETS)), st.floats(-5, 60).map(lambda value: round(value, 9)), st.integers(2025, 2028))
def test_what_is_printed_stands_on_the_side_of_the_status(target: str, value: float, year: int) -> None:
    found = judge(target, value, year)
    goal = Decimal(str(TARGETS[target].value))
    shown = read(found.printed)
    meets = shown >= goal if TARGETS[target].comparator == ">=" else shown <= goal
    assert meets == (found.status == MET)


@given(st.sampled_from(WITH_BASE), st.floats(-0.9, 2).map(lambda value: round(value, 6)), st.integers(2021, 2024))
def test_so_it_does_against_the_path(target: str, value: float, year: int) -> None:
    found = judge(target, value, year)
    path = Decimal(str(TARGETS[target].value)) * (year - 2020) / 5
    shown = read(found.printed)
    meets = shown >= path if TARGETS[target].comparator == ">=" else shown <= path
    assert meets == (found.status == ON_PATH)


@given(VALUES, YEARS)
def test_gap_and_status_agree_and_nothing_is_lost(values: dict[str, float | None], year: int) -> None:
    found = scorecard(PLAN, values, year, NATION)
    assert [one.target.id for one in found] == list(TARGETS)
    for one in found:
        assert (one.status == NOT_FILED) == (values.get(one.target.id) is None)
        if one.gap is not None and one.status in (MET, MET_SO_FAR):
            assert one.gap <= 0
        if one.status in (NOT_MET, NOT_MET_SO_FAR):
            assert one.gap > 0  # type: ignore[operator]
        if year >= 2025 or (one.gap is not None and one.gap <= 0):
            assert one.needed_per_year is None


# --- what is still needed ---------------------------------------------------------------------------------


def test_with_a_baseline_the_yearly_rate_of_the_index_is_still_needed() -> None:
    # index 90 in 2023, 80 in 2025: the square root of 80 / 90
    found = judge("energy.per_flow.change", -0.10, 2023)
    assert found.needed_per_year == pytest.approx(math.sqrt(80 / 90) - 1)
    assert say(found.needed_printed) == "今后每年需下降 5.7%"
    assert say(judge("bs.efficiency_gain_5g", 0.10, 2024).needed_printed) == "今后每年需上升 9.1%"


def test_without_a_baseline_an_even_part_of_the_gap_is_still_needed() -> None:
    assert say(judge("sharing.new_5g_sites", 0.70, 2023).needed_printed) == "今后每年需上升 5.0 个百分点"
    assert say(judge("dc.pue.new_large", 1.4, 2023).needed_printed) == "今后每年需下降 0.05"
    assert say(judge("cases.count", 15, 2023).needed_printed) == "今后每年需增加 7.5 个"


def test_nothing_is_needed_where_the_target_is_met_or_the_time_is_over() -> None:
    assert judge("dc.pue.new_large", 1.25, 2023).needed_printed == ""
    assert judge("dc.pue.new_large", 1.3, 2023).needed_per_year is None
    assert judge("dc.pue.new_large", 1.4, 2025).needed_printed == ""
    assert judge("energy.per_flow.change", -1.0, 2023).needed_per_year is None


def test_from_nothing_no_yearly_rate_leads_to_a_target() -> None:
    assert judge("bs.efficiency_gain_5g", -1.0, 2023).needed_per_year is None
    assert judge("bs.efficiency_gain_5g", -1.5, 2023).needed_per_year is None


def test_the_ways_of_a_gap_and_of_what_is_needed_are_one_up_or_down() -> None:
    over, under = judge("dc.pue.new_large", 1.4, 2023), judge("sharing.new_5g_sites", 0.70, 2023)
    assert [getattr(one.gap_printed, "way", None) for one in (over, under)] == [1, 1]
    assert getattr(judge("dc.pue.new_large", 1.2, 2023).gap_printed, "way", None) == -1
    assert [getattr(one.needed_printed, "way", None) for one in (over, under)] == [-1, 1]
    assert getattr(judge("energy.per_flow.change", -0.10, 2023).needed_printed, "way", None) == -1


# --- what has been said -----------------------------------------------------------------------------------


def test_every_row_that_is_named_exists_and_every_target_has_a_place() -> None:
    path = LAYOUT.reference / "plans" / "2022-2025-statements.yml"
    named = yaml.safe_load(path.read_text("utf-8"))
    assert set(named["targets"]) == set(TARGETS)
    rows = {entry["row"] for part in named.values() for entries in part.values() for entry in entries}
    assert rows <= set(PUBLISHED["row_id"])
    assert sum(len(found) for found in statements(PLAN, PUBLISHED).values()) == sum(map(len, named["targets"].values()))
    assert sum(len(found) for found in action_statements(PLAN, PUBLISHED).values()) == sum(
        map(len, named["actions"].values())
    )


def test_the_three_sharing_rates_are_told_apart() -> None:
    found = {one.row_id: one for one in statements(PLAN, PUBLISHED)["sharing.new_5g_sites"]}
    assert found["T001"].printed == "超90%"
    assert "不是新建5G基站站址共享率" in found["T001"].remark
    assert found["T045"].printed == "83%"
    assert "铁塔" in found["T045"].remark
    assert all(one.remark.startswith("口径不同") for one in found.values())


def test_no_target_of_somebody_else_stands_beside_a_target_as_a_result() -> None:
    kinds = {one.kind for found in statements(PLAN, PUBLISHED).values() for one in found}
    assert kinds == {"公开值", "存疑"}
    assert {one.kind for one in action_statements(PLAN, PUBLISHED)[15]} == {"目标"}


def test_the_disputed_fall_of_energy_per_volume_comes_only_with_its_dispute() -> None:
    found = statements(PLAN, PUBLISHED)["energy.per_volume.change"][0]
    assert (found.row_id, found.printed, found.kind) == ("T057", "38.41%", "存疑")
    assert "27.8%不符" in found.remark


def test_rows_after_the_reports_year_are_left_out() -> None:
    found = statements(PLAN, PUBLISHED.filter(pl.col("year") <= 2022))["dc.pue.new_large"]
    assert [one.row_id for one in found] == ["T031"]


def test_a_statement_says_who_when_and_from_where() -> None:
    one = statements(PLAN, PUBLISHED)["sharing.new_5g_sites"][0]
    assert (one.who, one.when, one.grade) == ("全国", "2023 年 10 月", "C")
    assert one.source == "人民日报，2023-11-23第1版（工业和信息化部数据）"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("超90", "%", "超90%"), ("20以上", "%", "20%以上"), ("90%以上", "%", "90%以上"), ("1.3以下", "", "1.3以下"),
        ("1.3左右", "", "1.3左右"), ("-21.5", "%", "−21.5%"), ("超100", "万个", "超100 万个"),
        ("150-200", "TWh", "150-200 TWh"), ("13以上", "百万tCO2e", "13 百万tCO2e以上"),
        ("5600", "万吨CO2以内", "5600 万吨CO2以内"),
    ],
)  # fmt: skip
def test_value_and_unit_in_one_text(value: str, unit: str, text: str) -> None:
    assert as_printed(value, unit) == text


def test_a_row_without_an_original_is_no_statement() -> None:
    assert [one.row_id for one in action_statements(PLAN, PUBLISHED)[13]] == ["E055", "E058", "E003"]
    lost = PUBLISHED.with_columns(
        row_type=pl.when(pl.col("row_id") == "E055").then(pl.lit("unverified")).otherwise("row_type")
    )
    assert [one.row_id for one in action_statements(PLAN, lost)[13]] == ["E058", "E003"]


def test_the_sense_of_a_limit_stands_with_its_number() -> None:
    found = action_statements(PLAN, PUBLISHED)
    standards = next(one for one in found[15] if one.row_id == "T028")
    assert (standards.indicator, standards.printed) == ("2025年完成制修订绿色低碳国标、行标、团标", "50 项以上")
    average = next(one for one in found[5] if one.row_id == "T022")
    assert (average.indicator, average.printed) == ("2025年全国数据中心平均PUE降至", "1.5以下")
    merits = next(one for one in found[4] if one.row_id == "E004")
    assert merits.indicator == "清洁能源装机（风光）"


def test_emissions_are_told_in_one_unit() -> None:
    found = {one.row_id: one.printed for part in action_statements(PLAN, PUBLISHED).values() for one in part}
    assert [found[row] for row in ("E055", "E058", "E033", "E003", "E022")] == [
        "1,577 万吨CO2e", "85.0 万吨CO2e", "1,300 万吨CO2e以上", "5,600 万吨CO2以内", "3.1 亿吨CO2e"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "printed"),
    [(9_999.0, "9,999 万吨CO2e"), (10_000.0, "1 亿吨CO2e"), (10_001.0, "1.0 亿吨CO2e"), (15_000.0, "1.5 亿吨CO2e")],
)
def test_ten_thousand_times_ten_thousand_tonnes_are_one_hundred_million(value: float, printed: str) -> None:
    assert _emission({"unit_printed": "tCO2e", "value": value, "qualifier": ""}) == printed


@pytest.fixture
def copy(tmp_path: Path) -> Layout:
    shutil.copytree(LAYOUT.reference, tmp_path / "data" / "raw" / "reference")
    return Layout(tmp_path)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("targets: [", "statements.unreadable"),
        ("targets: {}\nactions: {}\nmore: 1", "statements.invalid"),
        ("", "statements.invalid"),
        ("targets: {no.such: []}\nactions: {}", "statements.unknown"),
        ("targets: {}\nactions: {99: []}", "statements.unknown"),
    ],
)
def test_a_broken_list_is_told_in_chinese(copy: Layout, text: str, id: str) -> None:
    (copy.reference / "plans" / "2022-2025-statements.yml").write_text(text, "utf-8")
    with pytest.raises(DataError, match=r"2022-2025-statements\.yml") as raised:
        statements(PLAN, PUBLISHED, copy)
    assert raised.value.id == id


def test_a_plan_without_such_a_list_has_no_statements(copy: Layout) -> None:
    (copy.reference / "plans" / "2022-2025-statements.yml").unlink()
    assert set(statements(PLAN, PUBLISHED, copy)) == set(TARGETS)
    assert not any(statements(PLAN, PUBLISHED, copy).values())
