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
    r"(约|超过|超|近|不足)?\s*([+−-]?\d[\d,]*(?:\.\d+)?)\s*(万亿|亿|万)?\s*([^\d、，；：（）。]*?)(以上|左右)?"
)
_YEARS = re.compile(r"(\d{4}) ?年(?:(?:至|—|-)(\d{4}) ?年)?")
_SPAN = re.compile(r"([^（）\s]+) 至 ([^（）\s]+)")
_LABEL = re.compile(r"(.+?) ([+−]?\d.*)")
"""A name with its value, as at the end of a line."""
_ABOUT = {None: "", "约": "about ", "左右": "about ", "超过": "more than ", "超": "more than ", "以上": "at least ", "近": "nearly ", "不足": "less than "}  # fmt: skip
_GAP = re.compile(r"\\\{(\w+)\\\}")


@cache
def names() -> dict[str, str]:
    """Chinese -> English, of all files; a term of the glossary without gaps too."""
    found = {one["zh"]: one["en"] for one in glossary().values() if "{" not in one["zh"]}
    for path in sorted((Path(__file__).parent / "en").glob("*.yml")):
        found |= yaml.safe_load(path.read_text("utf-8")) or {}
    return found


@cache
def regions() -> frozenset[str]:
    """What the names of regions are in English: proper names, in which something is."""
    read: dict[str, str] = yaml.safe_load((Path(__file__).parent / "en" / "regions.yml").read_text("utf-8")) or {}
    return frozenset(read.values())


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


@cache
def english(text: str, amount: Callable[[Decimal, str, str, int], str]) -> str:
    """`text` in English; what has no English stays as it is. amount: (value, scale, unit, decimals) -> text."""
    plain = text.strip()
    if not HAN.search(plain):
        return plain if plain in ("", text) else text
    if plain in names():
        return names()[plain]
    if found := _YEARS.fullmatch(plain):
        return found[1] + (f"–{found[2]}" if found[2] else "")
    if (found := _AMOUNT.fullmatch(plain)) and (not found[4] or found[4] in names() or not HAN.search(found[4])):
        digits = found[2].replace(",", "").replace("−", "-")
        value, decimals = Decimal(digits), len(digits.partition(".")[2])
        about = _ABOUT[found[1]] or _ABOUT[found[5]]
        return about + amount(value, found[3] or "", found[4], decimals)
    for mark in "；、":  # several, each of which may be more than a name
        parts = [english(part, amount) for part in plain.split(mark)] if mark in plain else [plain]
        if not any(map(HAN.search, parts)):
            return _MARKS[mark].join(parts)
    for pattern, en in _patterns():
        if found := pattern.fullmatch(plain):
            gaps = {name: english(part, amount) for name, part in found.groupdict().items()}
            if not any(map(HAN.search, gaps.values())):
                return en.format(**gaps)
    for pattern, en in ((_SPAN, "{} to {}"), (_LABEL, "{} {}")):
        if found := pattern.fullmatch(plain):
            parts = [english(part, amount) for part in found.groups()]
            if not any(map(HAN.search, parts)):
                return en.format(*parts)
    if _MARK.search(plain):
        pieces = [piece if at % 2 else english(piece, amount) for at, piece in enumerate(_MARK.split(plain))]
        if not any(HAN.search(piece) for at, piece in enumerate(pieces) if not at % 2):
            return re.sub(r" +", " ", "".join(_MARKS[one] if at % 2 else one for at, one in enumerate(pieces))).strip()
    return text
