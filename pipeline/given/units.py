"""Which unit is written there, and how much is that in another one. The one registry of units.

Factors are exact (`Fraction`), and a number counts as the decimal that is printed for it (`str`): 4.35 万kWh
are 43 500 kWh and nothing else. Data volumes are decimal: 1 TB = 10^12 B (design: filings, units).
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import overload

from pipeline.errors import DataError

# Dimensions: Chinese name and canonical unit (the one with factor 1).
DIMENSIONS = {
    "electricity": ("电量", "kWh"),
    "mass": ("质量", "kg"),
    "volume": ("体积", "m3"),
    "heat": ("热量", "MJ"),
    "data": ("数据量", "TB"),
    "money": ("金额", "万元"),
    "standard_coal": ("标准煤", "tce"),
    "co2": ("二氧化碳", "tCO2"),
}

# name, dimension, factor to the canonical unit, other spellings. Chinese multipliers come in front of any of
# them (万千瓦时, 亿GB, 百万千焦), so only units without one are listed.
_BASE: list[tuple[str, str, Fraction, tuple[str, ...]]] = [
    ("Wh", "electricity", Fraction(1, 1000), ("瓦时",)),
    ("kWh", "electricity", Fraction(1), ("千瓦时", "千瓦小时", "度")),
    ("MWh", "electricity", Fraction(10**3), ("兆瓦时",)),
    ("GWh", "electricity", Fraction(10**6), ("吉瓦时",)),
    ("TWh", "electricity", Fraction(10**9), ("太瓦时",)),
    ("g", "mass", Fraction(1, 1000), ("克",)),
    ("kg", "mass", Fraction(1), ("千克", "公斤")),
    ("t", "mass", Fraction(10**3), ("吨", "公吨")),
    ("L", "volume", Fraction(1, 1000), ("升", "公升")),
    ("m3", "volume", Fraction(1), ("立方米", "立方", "方")),
    ("kJ", "heat", Fraction(1, 1000), ("千焦", "千焦耳")),
    ("MJ", "heat", Fraction(1), ("兆焦", "兆焦耳")),
    ("GJ", "heat", Fraction(10**3), ("吉焦", "吉焦耳")),
    ("TJ", "heat", Fraction(10**6), ("太焦", "太焦耳")),
    ("MB", "data", Fraction(1, 10**6), ()),
    ("GB", "data", Fraction(1, 10**3), ()),
    ("TB", "data", Fraction(1), ()),
    ("PB", "data", Fraction(10**3), ()),
    ("EB", "data", Fraction(10**6), ()),
    ("ZB", "data", Fraction(10**9), ()),
    ("元", "money", Fraction(1, 10**4), ("人民币元", "CNY", "RMB")),
    ("kgce", "standard_coal", Fraction(1, 1000), ("千克标准煤", "公斤标准煤", "千克标煤")),
    ("tce", "standard_coal", Fraction(1), ("吨标准煤", "吨标煤")),
    ("kgCO2", "co2", Fraction(1, 1000), ("千克CO2", "千克二氧化碳", "公斤二氧化碳")),
    ("tCO2", "co2", Fraction(1), ("吨CO2", "吨二氧化碳")),
]
_MULTIPLIERS = {"百": 10**2, "千": 10**3, "万": 10**4, "亿": 10**8}
_MULTIPLIERS |= {"百万": 10**6, "千万": 10**7, "万亿": 10**12}


@dataclass(frozen=True)
class Unit:
    """A unit: its canonical name, its dimension (a key of DIMENSIONS), its exact size in canonical units."""

    name: str
    dimension: str
    factor: Fraction


def _plain(text: str) -> str:
    """Half-width, without blanks and multiplication dots: `ＫＷ·h` -> `KWh`, `m³` -> `m3`."""
    return re.sub(r"[\s·•⋅∙.]", "", unicodedata.normalize("NFKC", text))


_KNOWN = {
    spelling.casefold(): Unit(name, dimension, factor)
    for name, dimension, factor, others in _BASE
    for spelling in (name, *others)
}


def parse_unit(text: str) -> Unit:
    """The unit that `text` writes, in any case and width. Raises DataError (with the nearest names)."""
    plain = _plain(text)
    key = plain.casefold()
    if re.search("[MGTPEZ]b$", plain):  # bits by convention, an eighth of a byte: not to be tolerated
        raise DataError("unit.bits", f"计量单位“{plain}”表示比特；请换算为字节后用大写 B 填写（如 GB、TB）。")
    if key in _KNOWN:  # before the multipliers, for 千克 and 千瓦时 begin with one
        return _KNOWN[key]
    prefix = re.match("万亿|百万|千万|百|千|万|亿", key)
    base = _KNOWN.get(key[prefix.end() :]) if prefix else None
    if prefix and base:
        return Unit(prefix[0] + base.name, base.dimension, base.factor * _MULTIPLIERS[prefix[0]])
    spellings = [multiplier + unit for multiplier in ("", "万", "亿") for unit in _KNOWN]
    near = difflib.get_close_matches(key, spellings, n=8, cutoff=0.5)
    names = list(dict.fromkeys(parse_unit(one).name for one in near))[:3]
    hint = f"最接近的是 {'、'.join(names)}" if names else "可用的有 kWh、t、m3、MJ、TB、万元、tce、tCO2 等"
    raise DataError("unit.unknown", f"没有名为“{text.strip()[:20] or '（空）'}”的计量单位；{hint}。")


def spellings() -> tuple[str, ...]:
    """All spellings of units without a multiplier, in lower case."""
    return tuple(_KNOWN)


def is_multiple(text: str) -> bool:
    """Whether a unit, known or not, begins with a multiplier: 万kWh and 万架, but not 千瓦时, nor 千瓦."""
    try:
        return parse_unit(text).name[0] in "百千万亿"
    except DataError:
        return re.match("[百万亿]|千(?![瓦伏安米赫帕卡])", _plain(text)) is not None


def dimension(text: str) -> str | None:
    """The dimension of the unit that `text` writes; None where it is no known unit."""
    try:
        return parse_unit(text).dimension
    except DataError:
        return None


def ratio(source: str, target: str) -> Fraction:
    """How many `target` one `source` is, exactly. Raises DataError (unknown unit, different dimensions)."""
    one, other = parse_unit(source), parse_unit(target)
    if one.dimension == other.dimension:
        return one.factor / other.factor
    density = "，两者换算需要密度" if {one.dimension, other.dimension} == {"mass", "volume"} else ""
    raise DataError(
        "unit.dimension",
        f"“{source.strip()}”（{DIMENSIONS[one.dimension][0]}）不能换算为"
        f"“{target.strip()}”（{DIMENSIONS[other.dimension][0]}）{density}；"
        f"请填写{DIMENSIONS[other.dimension][0]}单位，如 {DIMENSIONS[other.dimension][1]}。",
    )


def same(one: str, other: str) -> bool:
    """Whether two texts write one unit, known or not: kWh and 千瓦时, km and ＫＭ."""
    if _plain(one).casefold() == _plain(other).casefold():
        return True
    try:
        return ratio(one, other) == 1
    except DataError:
        return False


@overload
def convert(value: Fraction, source: str, target: str) -> Fraction: ...
@overload
def convert(value: float, source: str, target: str) -> float: ...
def convert(value: float | Fraction, source: str, target: str) -> float | Fraction:
    """`value` in `source` expressed in `target`.

    A Fraction stays exact; an int or float is taken as its printed decimal and rounded once, to the nearest
    float; nan and inf stay what they are. Raises DataError like `ratio`.
    """
    factor = ratio(source, target)
    if isinstance(value, Fraction):
        return value * factor
    return float(Fraction(str(value)) * factor) if math.isfinite(value) else float(value)
