from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.given.units import DIMENSIONS, convert, is_multiple, parse_unit, ratio, same

UNITS = {
    "electricity": ["kWh", "MWh", "GWh", "TWh", "千瓦时", "度", "万千瓦时", "万kWh", "亿千瓦时", "亿kWh"],
    "mass": ["kg", "t", "吨", "万吨", "千克"],
    "volume": ["L", "升", "m3", "m³", "立方米", "万立方米", "亿立方米"],
    "heat": ["MJ", "GJ", "百万千焦", "万GJ"],
    "data": ["MB", "GB", "TB", "PB", "EB", "亿GB", "万GB"],
    "money": ["元", "千元", "万元", "百万元", "亿元", "万亿元"],
    "standard_coal": ["kgce", "tce", "吨标准煤", "万吨标准煤", "万tce"],
    "co2": ["kgCO2", "tCO2", "万吨CO2", "万吨二氧化碳"],
}
FAMILIES = st.sampled_from(sorted(UNITS))


def of_one_dimension(n: int) -> st.SearchStrategy[tuple[str, ...]]:
    return FAMILIES.flatmap(lambda family: st.tuples(*[st.sampled_from(UNITS[family])] * n))


def test_every_unit_has_its_dimension() -> None:
    assert UNITS.keys() == DIMENSIONS.keys()
    for dimension, names in UNITS.items():
        assert {parse_unit(name).dimension for name in names} == {dimension}


@pytest.mark.parametrize("dimension", sorted(DIMENSIONS))
def test_the_canonical_unit_has_the_factor_one(dimension: str) -> None:
    assert parse_unit(DIMENSIONS[dimension][1]).factor == 1


# By definition: SI prefixes, decimal bytes.
SIZES = {
    "Wh": "0.001", "瓦时": "0.001", "kWh": "1", "度": "1", "MWh": "1000", "兆瓦时": "1000", "GWh": "1000000",
    "TWh": "1000000000", "g": "0.001", "克": "0.001", "kg": "1", "公斤": "1", "t": "1000", "公吨": "1000", "L": "0.001",
    "公升": "0.001", "m3": "1", "kJ": "0.001", "千焦": "0.001", "MJ": "1", "兆焦": "1", "GJ": "1000", "吉焦": "1000",
    "TJ": "1000000", "太焦": "1000000", "MB": "0.000001", "GB": "0.001", "TB": "1", "PB": "1000", "EB": "1000000",
    "ZB": "1000000000", "元": "0.0001", "CNY": "0.0001", "kgce": "0.001", "千克标煤": "0.001", "tce": "1", "吨标煤": "1",
    "kgCO2": "0.001", "公斤二氧化碳": "0.001", "tCO2": "1", "百千瓦时": "100", "千度": "1000", "万度": "10000",
    "百万度": "1000000", "千万度": "10000000", "亿度": "100000000", "万亿度": "1000000000000",
}  # fmt: skip


@pytest.mark.parametrize(("text", "size"), SIZES.items())
def test_every_unit_has_its_size(text: str, size: str) -> None:
    """In canonical units: kWh, kg, m3, MJ, TB, 万元, tce, tCO2."""
    assert parse_unit(text).factor == Fraction(size)


@pytest.mark.parametrize(
    ("text", "multiple"),
    [("万kWh", True), ("亿GB", True), ("百万千焦", True), ("千度", True), ("千瓦时", False), ("kWh", False), ("万架", True), ("架", False),
     ("千瓦", False), ("千伏安", False), ("万千瓦", True), ("千个", True)],
)  # fmt: skip
def test_whether_a_unit_begins_with_a_multiplier(text: str, multiple: bool) -> None:
    assert is_multiple(text) is multiple


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("kWh", "千瓦时", True), ("km", "ＫＭ", True), ("千度", "MWh", True), ("万kWh", "kWh", False), ("kWh", "MJ", False),
        ("km", "m", False), ("t", "kg", False),
    ],
)  # fmt: skip
def test_whether_two_texts_write_one_unit(one: str, other: str, alike: bool) -> None:
    assert same(one, other) is alike


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (1, "亿GB", "TB", 100_000),
        (1, "万GB", "TB", 10),
        (1, "EB", "亿GB", 10),
        (1, "万千瓦时", "kWh", 10_000),
        (1, "亿千瓦时", "GWh", 100),
        (1, "TWh", "亿kWh", 10),
        (1, "百万千焦", "GJ", 1),
        (1, "m3", "L", 1000),
        (1, "万吨标准煤", "kgce", 10_000_000),
        (1, "万亿元", "亿元", 10_000),
        (1, "千瓦时", "度", 1),
        (3, "万吨", "kg", 30_000_000),
        (4.35, "百元", "元", 435),  # 434.99999999999994 by floats
        (1.1, "亿kWh", "kWh", 110_000_000),
    ],
)
def test_worked_examples_are_exact(value: float, source: str, target: str, expected: float) -> None:
    assert convert(value, source, target) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("KWH", "kWh"),
        ("ｋＷｈ", "kWh"),
        ("kW·h", "kWh"),
        ("kw.h", "kWh"),
        (" 万 kWh ", "万kWh"),
        ("万 亿 元", "万亿元"),
        ("立方", "m3"),
        ("万千瓦时", "万kWh"),
        ("千千瓦时", "千kWh"),
        ("㎥", "m3"),
        ("M³", "m3"),
        ("gb", "GB"),
        ("tCO₂", "tCO2"),
        ("Tce", "tce"),
        ("L", "L"),
        ("T", "t"),
    ],
)
def test_spellings(text: str, name: str) -> None:
    assert parse_unit(text).name == name


@given(units=of_one_dimension(2), value=st.fractions())
def test_round_trips_are_exact_for_fractions(units: tuple[str, str], value: Fraction) -> None:
    source, target = units
    assert convert(convert(value, source, target), target, source) == value


@given(units=of_one_dimension(2), digits=st.integers(-(10**15), 10**15), places=st.integers(0, 9))
def test_round_trips_are_exact_for_floats_of_fifteen_digits(units: tuple[str, str], digits: int, places: int) -> None:
    source, target = units
    value = float(Fraction(digits, 10**places))
    assert convert(convert(value, source, target), target, source) == value


@given(units=of_one_dimension(3), value=st.fractions())
def test_the_way_over_a_third_unit_is_the_same(units: tuple[str, str, str], value: Fraction) -> None:
    a, b, c = units
    assert ratio(a, b) * ratio(b, c) == ratio(a, c)
    assert convert(convert(value, a, b), b, c) == convert(value, a, c)


@given(units=of_one_dimension(2), one=st.fractions(), other=st.fractions())
def test_sums_convert_to_sums(units: tuple[str, str], one: Fraction, other: Fraction) -> None:
    assert convert(one + other, *units) == convert(one, *units) + convert(other, *units)


def test_what_is_no_number_stays_so() -> None:
    assert math.isnan(convert(math.nan, "GB", "TB"))
    assert convert(-math.inf, "GB", "TB") == -math.inf


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("kWhh", "kWh"), ("万千瓦十", "kWh"), ("千瓦十", "kWh"), ("标准煤", "tce"), ("马力", None)],
)
def test_an_unknown_unit_names_the_nearest(text: str, nearest: str | None) -> None:
    with pytest.raises(DataError, match=f"没有名为“{text}”的计量单位；") as caught:
        parse_unit(text)
    assert caught.value.id == "unit.unknown"
    assert (nearest or "可用的有 kWh") in str(caught.value)


def test_a_long_text_that_is_no_unit_is_cut_and_three_near_ones_are_named() -> None:
    with pytest.raises(DataError, match=f"没有名为“{'x' * 20}”的计量单位；"):
        parse_unit("x" * 21)
    with pytest.raises(DataError) as caught:
        parse_unit("kWhh")
    assert str(caught.value).count("、") <= 2


@pytest.mark.parametrize("text", ["", " ", "万", "万万吨", "kWh/年", "1", "TiB", "²"])
def test_what_is_no_unit(text: str) -> None:
    with pytest.raises(DataError, match=r"没有名为“.+”的计量单位；"):
        parse_unit(text)


@pytest.mark.parametrize("text", ["Gb", "Tb", "万Gb", " 亿 Ｔｂ"])
def test_bits_are_not_bytes(text: str) -> None:
    with pytest.raises(DataError, match="表示比特") as caught:
        parse_unit(text)
    assert caught.value.id == "unit.bits"


def test_dimensions_do_not_mix() -> None:
    with pytest.raises(DataError, match="“GJ”（热量）不能换算为“kWh”（电量）；请填写电量单位") as caught:
        convert(1, "GJ", "kWh")
    assert caught.value.id == "unit.dimension"
    with pytest.raises(DataError, match="不能换算为“kg”（质量），两者换算需要密度"):
        convert(1, "升", "kg")
    with pytest.raises(DataError, match="吨"):
        convert(1, "吨", "吨标准煤")
