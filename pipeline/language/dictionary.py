"""What names and short texts that stand in data in Chinese are called in English: `en/*.yml`, and the glossary by its Chinese.

Data speak Chinese: filings, the catalogue, the plan, published series. What is one name, several names, or a number with its
unit is turned into English where it is printed, and only there.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from pipeline.language.terms import glossary

Amount = Callable[[Decimal, str, str, int], str]
"""How an amount is printed: (value, scale, unit, decimals) -> text."""
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
_YEARS = re.compile(r"(\d{4}) ?年(?:(?:至|—|-) ?(\d{4}) ?年)?")
_ABOUT = {None: "", "约": "about ", "左右": "about ", "超过": "more than ", "超": "more than ", "突破": "more than ", "以上": "at least ", "以下": "at most ", "以内": "at most ", "近": "nearly ", "不足": "less than "}  # fmt: skip
_MONTH = re.compile(r"(\d{4}) ?年 ?(1[0-2]|[1-9]) ?月")
_BASE = re.compile(r"(\d{4}) ?年")
_OF_YEAR = re.compile(r"(\d{4}) ?年(.+)")
_RANGE = re.compile(r"([+−-]?\d[^至、，；：（）。]*) 至 ([+−-]?\d.*)")
_VALUED = re.compile("(.*[\u3400-\u9fff）]) ([+−-]?[0-9].*|[!-~]+)")
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
def units() -> frozenset[str]:
    """The units of which an amount can be, in Chinese."""
    return frozenset(_read(Path(__file__).parent / "en" / "units.yml"))


@cache
def regions() -> frozenset[str]:
    """What the names of regions are in English: proper names, in which something is."""
    return frozenset(_read(Path(__file__).parent / "en" / "regions.yml").values())


@cache
def _places() -> list[str]:
    """Names of regions in Chinese, the longest first."""
    return sorted(_read(Path(__file__).parent / "en" / "regions.yml"), key=len, reverse=True)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Names with gaps, the longest first; those of which little is left without the gaps name nothing."""
    found = []
    of_files = [(zh, en) for zh, en in names().items() if "{" in zh and "{base}" not in zh]
    of_terms = [(one["zh"], one["en"]) for one in glossary().values() if "{" in one["zh"]]
    for zh, en in [*of_terms, *of_files]:
        literal = re.sub(r"\{\w+\}", "", zh)
        if len(HAN.findall(literal)) >= 2:
            gap = "[^、，；：（）。]+" if (zh, en) in of_files else ".+?"
            found.append((len(literal), re.compile(_with_gaps(re.escape(zh), gap)), en))
    return [(pattern, en) for _, pattern, en in sorted(found, key=lambda one: -one[0])]


def _with_gaps(escaped: str, gap: str) -> str:
    """A pattern in which every gap of a name is a group; one that comes again is the same there."""
    seen = set[str]()

    def group(found: re.Match[str]) -> str:
        again = found[1] in seen
        seen.add(found[1])
        return f"(?P={found[1]})" if again else f"(?P<{found[1]}>{gap})"

    return _GAP.sub(group, escaped)


def _name(plain: str) -> str | None:
    """What one name or sentence is called; `{base}年` of a file is any year, the same throughout."""
    found = names().get(plain)
    if found is None and (year := _BASE.search(plain)):
        found = names().get(plain.replace(year[0], "{base}年"))
        return None if found is None else found.replace("{base}", year[1])
    return found


@cache
def english(text: str, amount: Amount) -> str:
    """`text` in English; what has no English stays as it is."""
    plain = text.strip()
    if not HAN.search(plain):
        return (plain if plain in ("", text) else text).replace("、", ", ")
    ways = (_named, _years, _amounted, _patterned, _listed, _placed, _paired, _several)
    found = (way(plain, amount) for way in ways)
    return next((one for one in found if one is not None), text)


def _known(plain: str, amount: Amount) -> str | None:
    """`english`, or nothing where there is none."""
    found = english(plain, amount)
    return None if HAN.search(found) else found


def _named(plain: str, amount: Amount) -> str | None:
    return _name(plain)


def _years(plain: str, amount: Amount) -> str | None:
    if month := _MONTH.fullmatch(plain):
        return f"{calendar.month_name[int(month[2])]} {month[1]}"
    found = _YEARS.fullmatch(plain)
    return found and found[1] + (f"–{found[2]}" if found[2] else "")


def _amounted(plain: str, amount: Amount) -> str | None:
    """`483.8 万个`, `95%以上`, `+0.02 个百分点`."""
    found = _AMOUNT.fullmatch(plain)
    if not found or (found[4] not in units() and HAN.search(found[4])):
        return None
    digits = found[2].replace(",", "").replace("−", "-")
    value, decimals = Decimal(digits), len(digits.partition(".")[2])
    if about := _ABOUT[found[1]] or _ABOUT[found[5]]:  # `more than 1 million`, not 1.00
        decimals = -int(value.normalize().as_tuple().exponent)
    return about + ("+" if digits[0] == "+" else "") + amount(value, found[3] or "", found[4], decimals)


def _listed(plain: str, amount: Amount) -> str | None:
    """Several, each of which may be more than a name."""
    for mark in "；、":
        parts = [_known(part, amount) for part in plain.split(mark)] if mark in plain else [None]
        if None not in parts:
            return _MARKS[mark].join(filter(None, parts))
    return None


def _patterned(plain: str, amount: Amount, marked: bool = False) -> str | None:
    """A name whose gaps are filled. marked: only one that holds marks itself, and none in its gaps."""
    for pattern, en in _patterns():
        if marked and not _MARK.search(pattern.pattern):
            continue
        if (found := pattern.fullmatch(plain)) and not (marked and any(map(_MARK.search, found.groups()))):
            gaps = {name: _known(part, amount) for name, part in found.groupdict().items()}
            if None not in gaps.values():
                return en.format(**gaps)
    return None


def _placed(plain: str, amount: Amount) -> str | None:
    """What is told of a year or a place: `2025 年全国用电量`."""
    if found := _OF_YEAR.fullmatch(plain):
        what = _name(found[2]) or _placed(found[2], amount)
        return f"{what}, {found[1]}" if what else None
    place = next((name for name in _places() if plain.startswith(name)), "")
    what = _name(plain[len(place) :].strip()) if place else None
    return f"{what} in {names()[place]}" if what else None


def _paired(plain: str, amount: Amount) -> str | None:
    """A name and its value, or the ends of a range: `四川 1.50`, `1.6 至 2.4`."""
    for pattern, joint in ((_RANGE, " to "), (_VALUED, " ")):
        if found := pattern.fullmatch(plain):
            parts = [_known(part, amount) for part in found.groups()]
            if None not in parts:
                return joint.join(filter(None, parts))
    return None


def _several(plain: str, amount: Amount) -> str | None:
    """Names and amounts in a row, each as long as can be, for a name may hold marks itself."""
    pieces = _MARK.split(plain)
    said, at = "", 0
    while at < len(pieces):
        ends = [end for end in range(len(pieces), at, -2) if end - at < len(pieces)]
        texts = ((end, "".join(pieces[at:end])) for end in ends)
        known = (
            (end, _known(text, amount) if end == at + 1 else _name(text) or _patterned(text, amount, marked=True))
            for end, text in texts
        )
        end, found = next(((end, found) for end, found in known if found is not None), (0, ""))
        if not end:
            return None
        said += found + (_MARKS[pieces[end]] if end < len(pieces) else "")
        at = end + 1
    return re.sub(r" +", " ", said).strip()
