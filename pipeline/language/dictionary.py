"""What names and short texts that stand in data in Chinese are called in English: `en/*.yml`, and the glossary by its Chinese.

Data speak Chinese: filings, the catalogue, the plan, published series. What is one name, several names, or a number with its
unit is turned into English where it is printed, and only there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from pipeline.language.terms import glossary

HAN = re.compile("[\u3400-\u9fff]")
_MARKS = {
    "、": ", ",
    "，": ", ",
    "；": "; ",
    "：": ": ",
    "（": " (",
    "）": ")",
    "。": ". ",
    "～": "–",
    "—": "–",
    "·": " · ",
}
_MARK = re.compile("([{}])".format("".join(_MARKS)))
_AMOUNT = re.compile(
    r"(约|超过|超|突破|近|不足)?\s*([+−-]?\d[\d,]*(?:\.\d+)?)\s*(万亿|亿|万)?\s*((?!年)(?:CO2|m[23]|[^\d、，；：（）。])*?)(以上|左右|以下|以内)?"
)
_YEARS = re.compile(r"(\d{4}) ?年(?:(?:至|—|-)(\d{4}) ?年)?")
_ABOUT = {None: "", "约": "about ", "左右": "about ", "超过": "more than ", "超": "more than ", "突破": "more than ", "以上": "at least ", "以下": "below ", "以内": "at most ", "近": "nearly ", "不足": "less than "}  # fmt: skip
_BASE = re.compile(r"(\d{4})年")
_GAP = re.compile(r"\\\{(\w+)\\\}")


def _read(path: Path) -> dict[str, str]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C ten times as fast
    return yaml.load(path.read_text("utf-8"), loader) or {}


@cache
def names() -> dict[str, str]:
    """Chinese -> English, of all files; a term of the glossary without gaps too."""
    found = {one["zh"]: one["en"] for one in glossary().values() if "{" not in one["zh"]}
    for path in sorted((Path(__file__).parent / "en").glob("*.yml")):
        found |= _read(path)
    return found


@cache
def regions() -> frozenset[str]:
    """What the names of regions are in English: proper names, in which something is."""
    return frozenset(_read(Path(__file__).parent / "en" / "regions.yml").values())


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Terms of the glossary with gaps, the longest first; those of which little is left without the gaps name nothing."""
    found = []
    for one in glossary().values():
        literal = re.sub(r"\{\w+\}", "", one["zh"])
        if "{" in one["zh"] and len(HAN.findall(literal)) >= 2:
            pattern = _GAP.sub(r"(?P<\1>.+?)", re.escape(one["zh"]))
            found.append((len(literal), re.compile(pattern), one["en"]))
    return [(pattern, en) for _, pattern, en in sorted(found, key=lambda one: -one[0])]


def _name(plain: str) -> str | None:
    """What one name or sentence is called; `{base}年` of a file is any year, the same throughout."""
    found = names().get(plain)
    if found is None and (year := _BASE.search(plain)):
        found = names().get(plain.replace(year[0], "{base}年"))
        return None if found is None else found.replace("{base}", year[1])
    return found


@cache
def english(text: str, amount: Callable[[Decimal, str, str, int], str]) -> str:
    """`text` in English; what has no English stays as it is. amount: (value, scale, unit, decimals) -> text."""
    plain = text.strip()
    if not HAN.search(plain):
        return plain if plain in ("", text) else text
    if (name := _name(plain)) is not None:
        return name
    if found := _YEARS.fullmatch(plain):
        return found[1] + (f"–{found[2]}" if found[2] else "")
    if (found := _AMOUNT.fullmatch(plain)) and (not found[4] or found[4] in names() or not HAN.search(found[4])):
        digits = found[2].replace(",", "").replace("−", "-")
        value, decimals = Decimal(digits), len(digits.partition(".")[2])
        if about := _ABOUT[found[1]] or _ABOUT[found[5]]:  # `more than 1 million`, not 1.00
            decimals = -int(value.normalize().as_tuple().exponent)
        return about + amount(value, found[3] or "", found[4], decimals)
    for pattern, en in _patterns():
        if found := pattern.fullmatch(plain):
            gaps = {name: english(part, amount) for name, part in found.groupdict().items()}
            if not any(map(HAN.search, gaps.values())):
                return en.format(**gaps)
    return _several(plain, amount) or text


def _several(plain: str, amount: Callable[[Decimal, str, str, int], str]) -> str:
    """Names and amounts in a row, each as long as can be, for a name may hold marks itself; empty where one is unknown."""
    pieces = _MARK.split(plain)
    said, at = "", 0
    while at < len(pieces):
        ends = range(len(pieces), at + 1, -2)
        end, found = next(
            ((end, name) for end in ends if (name := _name("".join(pieces[at:end]))) is not None),
            (at + 1, english(pieces[at], amount) if len(pieces) > 1 else plain),
        )
        if HAN.search(found):
            return ""
        said += found + (_MARKS[pieces[end]] if end < len(pieces) else "")
        at = end + 1
    return re.sub(r" +", " ", said).strip()
