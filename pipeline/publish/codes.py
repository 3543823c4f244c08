"""What indicators, regions, parts and units are called in formats that know codes only: ids of letters, digits and `_`, with a
name in Chinese and in English. An id follows from the thing itself, so that it is the same in every edition."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import polars as pl

from pipeline.given import reference
from pipeline.given.regions import NATION
from pipeline.indicators.evaluate import ECONOMIC
from pipeline.indicators.model import DIMENSIONS, Catalogue, members
from pipeline.language.words import CHINESE, Words
from pipeline.layout import Layout

ENGLISH = Words("en")
TOTAL = "_T"
"""The part that is the whole, as SDMX calls it."""
Key = TypeVar("Key")
Part = tuple[str | None, str | None]
"""Dimension and member of a row of the values."""


@dataclass(frozen=True)
class Code:
    """also: the same thing in another system (ISO 3166-2); about: its definition; unit: the id of its unit."""

    id: str
    zh: str
    en: str
    also: str = ""
    about: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Codes:
    """Codes by what stands in the values: indicator_id, region_code, dimension and member, unit."""

    indicators: Mapping[str, Code]
    areas: Mapping[str, Code]
    parts: Mapping[Part, Code]
    units: Mapping[str, Code]


def codes(layout: Layout, catalogue: Catalogue, values: pl.DataFrame) -> Codes:
    """Of all that `values` (`whole.VALUES`) has, in the order of the catalogue, of GB/T 2260 and of DIMENSIONS."""
    has = {name: set(values[name].unique()) for name in ("indicator_id", "region_code", "unit")}
    own = {one.unit for one in catalogue if one.id in has["indicator_id"]}
    units = _apart({text: _unit(text) for text in sorted(own | has["unit"])})
    indicators = {
        one.id: Code(one.id.replace(".", "_"), one.title, ENGLISH.say(one.title), about=one.definition.text, unit=units[one.unit].id)
        for one in catalogue
        if one.id in has["indicator_id"]
    }  # fmt: skip
    areas = {code.id: code for code in _areas(layout) if code.id in has["region_code"]}
    parts: dict[Part, Code] = {(None, None): Code(TOTAL, CHINESE("site_total"), ENGLISH("site_total"))}
    found = values.select("dimension", "member", "indicator_id").unique().drop_nulls("dimension").sort(pl.all())
    for dimension in DIMENSIONS:
        for _, member, indicator in found.filter(dimension=dimension).iter_rows():
            parts.setdefault((dimension, member), _part(dimension, member, catalogue[indicator].table))
    return Codes(_apart(indicators), areas, _apart(parts), units)


def _areas(layout: Layout) -> Iterable[Code]:
    yield Code(NATION.code, NATION.name_zh, ENGLISH.say(NATION.name_zh), "CN")
    for name, id in ECONOMIC.items():
        yield Code(id, name, ENGLISH.say(name))
    for code, zh, en, letters in (
        reference.provinces(layout).select("code", "name_zh", "name_en", "letter_code").iter_rows()
    ):
        yield Code(code, zh, en, f"CN-{letters}")


def _part(dimension: str, member: str, table: str | None) -> Code:
    name = members(dimension, table).get(member, member)
    zh, en = (
        f"{words.say(DIMENSIONS[dimension])}{words('colon')}{words.say(name)}".strip() for words in (CHINESE, ENGLISH)
    )
    return Code(f"{dimension}__{_id(member, ENGLISH.say(name))}", zh, en)


def _unit(text: str) -> Code:
    """`kgce/万元` -> KGCE_PER_10_000_CNY; what is counted and has no unit in English is a NUMBER."""
    if text == "1":
        return Code("PURE_NUMB", text, text)
    en = ENGLISH.say(text)
    plain = _id("", (en or f"number {_sign(text)}").replace("/", " per ").replace("=", " is "))
    return Code(plain.upper(), text, en or ENGLISH("unit_number"))


def _id(text: str, en: str) -> str:
    """The text itself where it is an id, else made of its English, or of its hash where that has none."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", text):
        return text
    made = re.sub(r"[^A-Za-z0-9]+", "_", en).strip("_") if en.isascii() else ""
    return made or f"X{_sign(text or en)}"


def _sign(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _apart(listed: Mapping[Key, Code]) -> dict[Key, Code]:
    """The codes; those that have one id get their hashes behind it, which tell them apart."""
    n = Counter(code.id for code in listed.values())
    return {
        key: code if n[code.id] == 1 else replace(code, id=f"{code.id}_{_sign(repr(key))}")
        for key, code in listed.items()
    }
