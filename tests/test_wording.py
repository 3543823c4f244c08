from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import wording
from pipeline.wording import (
    MINUS,
    MISSING,
    big,
    change,
    compare,
    join_names,
    number,
    number_against,
    percent,
    percent_against,
    punctuated,
    rank,
    rise_or_fall,
    settled,
)

FINITE = st.floats(-1e12, 1e12)
DECIMALS = st.integers(0, 4)
COMPARATORS = st.sampled_from([">=", "<=", ">", "<"])


def read(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace(MINUS, "-").rstrip("%"))


def meets(value: Decimal, comparator: str, threshold: Decimal) -> bool:
    return {
        ">=": value >= threshold,
        "<=": value <= threshold,
        ">": value > threshold,
        "<": value < threshold,
    }[comparator]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234567.891, 2, "1,234,567.89"),
        (1234567.891, None, "1,234,567.891"),
        (12.0, None, "12"),
        (1200, None, "1,200"),
        (1e22, None, "10,000,000,000,000,000,000,000"),
        (1e-7, None, "0.0000001"),
        (2.675, 2, "2.68"),  # round() gives 2.67
        (0.5, 0, "1"),  # half to even gives 0
        (2.5, 0, "3"),
        (-2.5, 0, "−3"),
        (-0.04, 1, "0.0"),
        (-0.0, None, "0"),
        (999.95, 1, "1,000.0"),
        (Decimal("1.005"), 2, "1.01"),
        (1e300, 0, "1" + ",000" * 100),
    ],
)
def test_number(value: float, decimals: int | None, text: str) -> None:
    assert number(value, decimals) == text


def test_signs() -> None:
    assert number(0.26, 1, sign=True) == "+0.3"
    assert number(-0.26, 1, sign=True) == "−0.3"
    assert number(0.04, 1, sign=True) == number(-0.04, 1, sign=True) == "0.0"


def test_percentages() -> None:
    assert percent(0.123) == "12.3%"
    assert percent(0.285, 0) == "29%"  # 0.285 * 100 is 28.499999999999996 by floats
    assert percent(-0.001) == "−0.1%"
    assert change(0.0834) == "+8.3%"
    assert change(-0.25) == "−25.0%"
    assert change(0.0001) == "0.0%"


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, -math.inf])
def test_what_is_missing_is_a_dash(missing: float | None) -> None:
    assert number(missing) == percent(missing) == change(missing) == big(missing, "个") == MISSING
    assert compare(missing, 1) == compare(1, missing) == MISSING
    assert rise_or_fall(missing, 1) == rise_or_fall(1, missing) == MISSING
    assert number_against(missing, 80, ">=") == percent_against(missing, 0.8, ">=") == MISSING


@given(value=FINITE, decimals=DECIMALS)
def test_what_is_printed_lies_within_half_a_digit(value: float, decimals: int) -> None:
    assert abs(read(number(value, decimals)) - Decimal(str(value))) <= Decimal("0.5").scaleb(-decimals)


@given(value=FINITE, decimals=DECIMALS)
def test_rounding_is_symmetric(value: float, decimals: int) -> None:
    assert read(number(-value, decimals)) == -read(number(value, decimals))
    assert "-" not in number(value, decimals)


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_without_decimals_nothing_is_lost(value: float) -> None:
    assert float(read(number(value))) == value


@given(one=FINITE, other=FINITE, decimals=DECIMALS)
def test_printing_keeps_the_order(one: float, other: float, decimals: int) -> None:
    low, high = sorted((one, other))
    assert read(number(low, decimals)) <= read(number(high, decimals))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (4838000, "个", "483.8 万个"),
        (1234, "个", "1,234 个"),
        (1234.56, "吨", "1,234.6 吨"),
        (0, "个", "0 个"),
        (9999, "个", "9,999 个"),
        (10000, "个", "1.0 万个"),
        (9999.96, "吨", "1.0 万吨"),
        (99_999_999, "元", "1.0 亿元"),
        (1.5e8, "千瓦时", "1.5 亿千瓦时"),
        (-2.25e8, "元", "−2.3 亿元"),
        (1.4e12, "元", "1.4 万亿元"),
        (1e17, "元", "100,000.0 万亿元"),
    ],
)
def test_big_numbers(value: float, unit: str, text: str) -> None:
    assert big(value, unit) == text


@given(value=FINITE, decimals=DECIMALS)
def test_scaling_keeps_the_size(value: float, decimals: int) -> None:
    text, scale = big(value, "", decimals).split(" ")
    factor = {"": 1, "万": 10**4, "亿": 10**8, "万亿": 10**12}[scale]
    assert abs(read(text)) < 10_000
    assert abs(read(text) * factor - Decimal(str(value))) <= Decimal("0.5").scaleb(-decimals) * factor


def test_ranks_and_names() -> None:
    assert rank(3, 31) == "第 3 位（共 31 个）"
    assert rank(None, 31) == MISSING
    assert join_names(["广东", "浙江"]) == "广东、浙江"
    assert join_names(["广东"]) == "广东"
    assert join_names([]) == MISSING


@pytest.mark.parametrize(
    ("read", "told"),
    [
        ("虚构案例:温室大棚,用于演示(示例)", "虚构案例：温室大棚，用于演示（示例）"),
        ("长三角生态绿色一体化发展示范区(苏州吴江)", "长三角生态绿色一体化发展示范区（苏州吴江）"),
        ("改造前PUE(1.62);改造后1.45", "改造前PUE(1.62)；改造后1.45"),
        ("用电12,000 kWh,见https://a.cn", "用电12,000 kWh，见https://a.cn"),
        ("运行(5G)正常;效果好!", "运行(5G)正常；效果好！"),
        ("", ""),
    ],
)
def test_punctuation_that_reading_narrowed(read: str, told: str) -> None:
    assert punctuated(read) == told


def test_rises_and_falls() -> None:
    assert rise_or_fall(5.0, 3.75) == "下降 25.0%"
    assert rise_or_fall(100, 108.34) == "上升 8.3%"
    assert rise_or_fall(100, 1200, 0) == "上升 1,100%"
    assert rise_or_fall(100, 100) == rise_or_fall(0, 0, points=True) == "持平"
    assert rise_or_fall(100, 100.01) == rise_or_fall(100, 99.99) == "基本持平"
    assert rise_or_fall(100, 100.01, 2) == "上升 0.01%"
    assert rise_or_fall(-10, -5) == "上升 50.0%"
    assert rise_or_fall(0, 5) == MISSING
    assert rise_or_fall(0.779, 0.8, points=True) == "上升 2.1 个百分点"
    assert rise_or_fall(0.8, 0.779, points=True) == "下降 2.1 个百分点"
    assert rise_or_fall(0, 0.05, points=True) == "上升 5.0 个百分点"


@given(old=st.floats(0.01, 1e9), new=st.floats(0.01, 1e9), decimals=DECIMALS)
def test_the_word_has_the_direction_of_the_change(old: float, new: float, decimals: int) -> None:
    word = rise_or_fall(old, new, decimals)
    assert ("上升" in word) <= (new > old)
    assert ("下降" in word) <= (new < old)
    assert MINUS not in word


def test_comparisons() -> None:
    assert compare(1.31, 1.3) == "高于"
    assert compare(1.29, 1.3) == "低于"
    assert compare(1.3, 1.3) == "相当于"
    assert compare(1.304, 1.3) == "高于"
    assert compare(1.304, 1.3, 2) == "相当于"


@pytest.mark.parametrize(
    ("value", "threshold", "comparator", "decimals", "text"),
    [
        (79.96, 80, ">=", 1, "79.96"),
        (80.0, 80, ">=", 1, "80.0"),
        (80.04, 80, ">=", 1, "80.0"),
        (79.996, 80, ">=", 0, "79.996"),
        (1.504, 1.5, "<=", 2, "1.504"),
        (1.5, 1.5, "<=", 2, "1.50"),
        (1.3, 1.3, "<", 2, "1.30"),
        (1.2996, 1.3, "<", 2, "1.2996"),
        (79.9999998, 80, ">=", 1, "79.999999"),
        (80.0000002, 80, "<=", 1, "80.000001"),
        (79.99999999, 80, ">=", 1, "80.0"),  # 1.25e-10 of 80 off: the noise of sums
        (80.00000001, 80, "<=", 1, "80.0"),
        (-0.1996, -0.2, "<=", 2, "−0.1996"),
    ],
)
def test_the_printed_number_agrees_with_the_judgement(
    value: float, threshold: float, comparator: str, decimals: int, text: str
) -> None:
    assert number_against(value, threshold, comparator, decimals) == text


@pytest.mark.parametrize(
    ("value", "threshold", "expected"),
    [
        (0.19999999999, 0.2, "0.2"),
        (0.20000000001, 0.2, "0.2"),
        (0.1 + 0.2, 0.3, "0.3"),
        (10.8 / 9, 1.2, "1.2"),
        (-0.2 * (1 + 9e-10), -0.2, "-0.2"),
        (0.1999999, 0.2, "0.1999999"),
        (1e-12, 0, "1e-12"),
    ],
)
def test_a_difference_of_a_billionth_is_none(value: float, threshold: float, expected: str) -> None:
    assert settled(value, threshold) == Decimal(expected)


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (7374, "万", "0.74 万tce"),
        (413000, "万", "41.3 万tce"),
        (9996, "万", "1.0 万tce"),
        (742, "万", "0.07 万tce"),
        (1.5e8, "", "150,000,000 tce"),
        (0, "万", "0.0 万tce"),
    ],
)
def test_a_number_on_the_scale_of_another_one(value: float, scale: str, text: str) -> None:
    assert big(value, "tce", scale=scale) == text


def test_percentages_against_a_threshold() -> None:
    assert percent_against(0.7996, 0.8, ">=") == "79.96%"
    assert percent_against(0.28, 0.28, "<=") == "28.0%"  # 0.28 * 100 > 28 by floats
    assert percent_against(-0.19996, -0.2, "<=") == "−19.996%"


@given(
    threshold=st.decimals(-100, 100, places=2),
    nudge=st.sampled_from([0, 2e-7, -2e-7, 4e-4, -4e-4, 0.04, -0.04, 3.0, -3.0]),
    comparator=COMPARATORS,
    decimals=DECIMALS,
)
def test_printing_never_contradicts_the_status(
    threshold: Decimal, nudge: float, comparator: str, decimals: int
) -> None:
    value = float(threshold) + nudge
    printed = read(number_against(value, threshold, comparator, decimals))
    assert meets(printed, comparator, threshold) == meets(Decimal(str(value)), comparator, threshold)
    assert abs(printed - Decimal(str(value))) <= Decimal("0.5").scaleb(-decimals)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kgCO2/kWh、万tCO2", "kgCO₂/kWh、万tCO₂"),
        ("tCO2e per m3, kgce/m3; 5 km2", "tCO₂e per m³, kgce/m³; 5 km²"),
        ("https://a.cn/CO2/m3?x=m2 CO2", "https://a.cn/CO2/m3?x=m2 CO₂"),
        ("CO20 m30 am3 f-m3 co2 CO2_kg datum.m3", "CO20 m30 am3 f-m3 co2 CO2_kg datum.m3"),
        ("CO₂", "CO₂"),
    ],
)
def test_gases_and_powers_have_real_scripts(text: str, said: str) -> None:
    assert wording.scripts(text) == said
