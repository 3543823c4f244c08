from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.units import DIMENSIONS, convert, parse_unit, ratio

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
