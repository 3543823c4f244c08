"""Both languages tell the same: numbers, directions, and who comes before whom."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import wording
from pipeline.findings import (
    Measure,
    RankingShown,
    SeriesShown,
    comparison,
    ends,
    extremes,
    largest,
    movement,
    path,
    place,
    since,
    trend,
)
from pipeline.language import en, zh

SCALES = {"万": 4, "亿": 8, "万亿": 12, "million": 6, "billion": 9, "trillion": 12}
NAMES = [f"<{letter}>" for letter in "ABCDEFGHIJKLMNOP"]  # in no dictionary, and alike in both languages
UP = r"上升|增至|升至|升幅|\brose\b|\bgrew\b|\brises?\b|\bup\b"
DOWN = r"下降|降至|降幅|\bfell\b|\bfalls?\b|\bdown\b"


def measures() -> st.SearchStrategy[Measure]:
    def made(scale: Literal["plain", "big", "percent"], decimals: int, moves: Any, is_change: bool) -> Measure:
        change = is_change and scale == "percent"
        return Measure("XQ变动" if change else "XQ", "" if scale == "percent" else "kWh", decimals, scale, moves, is_change=change)  # fmt: skip

    return st.builds(
        made, st.sampled_from(["plain", "big", "percent"]), st.integers(0, 3), st.sampled_from(["amount", "rate"]), st.booleans()
    )  # fmt: skip


VALUE = st.one_of(
    st.floats(-5, 5), st.floats(0, 1e13), st.sampled_from([0.0, 1.0, 9999.95, 1e8, 99_999_999.0]), st.none(), st.just(wording.WITHHELD)
)  # fmt: skip
VALUES = st.lists(VALUE, min_size=1, max_size=len(NAMES)).map(lambda some: dict(zip(NAMES, some, strict=False)))


def amounts(text: str) -> list[Decimal]:
    """Every number of a text, in ones, smallest first."""
    found = re.findall(r"(−?\d[\d,]*(?:\.\d+)?) ?(万亿|亿|万|million|billion|trillion)?", text)
    return sorted(
        Decimal(digits.replace(",", "").replace("−", "-")).scaleb(SCALES[scale] if scale else 0)
        for digits, scale in found
    )


def ways(text: str) -> tuple[int, int]:
    return min(1, len(re.findall(UP, text))), min(1, len(re.findall(DOWN, text)))


def alike(finding: Any, *, counted: bool = True) -> None:
    chinese, english = zh.say(finding), en.say(finding)
    if counted:
        assert amounts(chinese) == amounts(english), (chinese, english)
    names = [re.findall(r"<[A-P]>", text) for text in (chinese, english)]
    assert set(names[0]) == set(names[1]), (chinese, english)
    assert not re.search(r"  |\.\.|,,| ,|[\u3400-\u9fff]", english.replace("变动", "")), english


@given(measures(), st.lists(VALUE, min_size=1, max_size=6))
def test_how_a_value_lies_to_those_before_it(measure: Measure, values: list[float | None]) -> None:
    years = list(range(2020, 2020 + len(values)))
    one = since(measure, years, values, years_before=[2020, years[-1] - 1])
    if one is not None:
        alike(one)
        assert ways(zh.say(one).replace("增长", "上升")) == ways(en.say(one))


@given(measures(), st.lists(VALUE, min_size=1, max_size=6), st.booleans())
def test_a_trend(measure: Measure, values: list[float | None], change: bool) -> None:
    years = list(range(2020, 2020 + len(values)))
    one = trend(measure, years, values, subject="<A>", change=change)
    alike(one)
    assert ways(zh.say(one)) == ways(en.say(one))
    assert (zh.say(path(measure, years, values)) == "") is (en.say(path(measure, years, values)) == "")


@given(measures(), VALUES, st.booleans())
def test_a_place(measure: Measure, values: dict[str, float | None], descending: bool) -> None:
    one = place(measure, values, "<A>", descending=descending)
    alike(one, counted=False)  # 首位 is no number; the highest is none either
    value = values["<A>"]
    if one.value is not None:
        told = {amount for amount in amounts(zh.say(one)) if abs(amount) > len(NAMES)}
        assert told <= set(amounts(en.say(one))), (zh.say(one), en.say(one), value)


@given(measures(), VALUES)
def test_extremes_and_ends(measure: Measure, values: dict[str, float | None]) -> None:
    alike(extremes(measure, values))
    alike(ends(measure, values, "enterprises"))


@given(measures(), VALUES)
def test_a_comparison(measure: Measure, values: dict[str, float | None]) -> None:
    alike(comparison(measure, "<P>", values["<A>"], values))


@given(measures(), VALUES, VALUES)
def test_a_movement(measure: Measure, before: dict[str, float | None], after: dict[str, float | None]) -> None:
    one = movement(measure, before, after)
    alike(one, counted=False)
    assert ways(zh.say(one)) == ways(en.say(one))


@given(VALUES)
def test_the_largest(values: dict[str, float | None]) -> None:
    alike(largest("<P>", {name: value or 0.0 for name, value in values.items() if value == value}))


@given(measures(), VALUES, st.booleans())
def test_what_a_figure_shows(measure: Measure, values: dict[str, float | None], descending: bool) -> None:
    alike(RankingShown("bar_chart", "<P>", measure, values, "", descending))
    line = list(values.values())
    alike(SeriesShown("line_chart", "<P>", measure, list(range(2010, 2010 + len(line))), {"<A>": line, "<B>": line}))


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (4_838_000, "kWh", "4.838 million kWh"),
        (337_590_000_000, "GB", "337.59 billion GB"),
        (484_123, "kWh", "484,000 kWh"),
        (12, "kWh", "12 kWh"),
        (12.34, "kWh", "12.3 kWh"),
        (-41_300_000, "tce", "−41.300 million tce"),
        (0, "kWh", "0 kWh"),
        (None, "kWh", "—"),
        (wording.WITHHELD, "kWh", "[withheld]"),
    ],
)
def test_big_numbers_by_hand(value: float | None, unit: str, said: str) -> None:
    assert en.big(value, unit) == said


def test_sentences_by_hand() -> None:
    flow = Measure("信息流量", "GB", 1, "big", "amount")
    pue = Measure("PUE", "", 2, "plain", "rate")
    one = trend(flow, [2019, 2024], [1219.9e8, 3375.9e8], subject="全国", change=True)
    assert zh.say(one) == "全国信息流量由 2019 年的 1,219.9 亿GB 增至 2024 年的 3,375.9 亿GB，累计增长 176.7%"
    assert en.say(one).endswith("in China grew from 121.99 billion GB in 2019 to 337.59 billion GB in 2024, up 176.7%")
    values = dict.fromkeys(NAMES[:12], 1.5) | {"广东": 1.31, "浙江": 1.29}
    assert (
        en.say(place(pue, values, "浙江", descending=False))
        == "PUE in Zhejiang came to 1.29, the lowest of 14 provinces"
    )
    assert en.say(place(pue, values, "广东", descending=False)) == "PUE in Guangdong came to 1.31, the second lowest of 14 provinces"  # fmt: skip
    assert en.say(comparison(pue, "广东", 1.31, {"全国": 1.5, "浙江": 1.29})) == (
        "PUE in Guangdong came to 1.31, below China (1.50), above Zhejiang (1.29)"
    )
