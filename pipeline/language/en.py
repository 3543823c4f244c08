"""Findings in English. Those that are sentences begin with a capital and end without a full stop."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import singledispatch
from statistics import median
from typing import Any

from pipeline import wording
from pipeline.findings import (
    Absent,
    Clauses,
    Comparison,
    Counted,
    Ends,
    Extremes,
    GroupsShown,
    Largest,
    Measure,
    Movement,
    NotFiled,
    Path,
    Place,
    Point,
    Progress,
    Quantity,
    Quoted,
    RankingShown,
    SeriesShown,
    Since,
    Sources,
    Standing,
    StepsShown,
    Trend,
    is_there,
    path,
    place,
    there,
    withheld,
)
from pipeline.findings.series import points
from pipeline.language import dictionary
from pipeline.language.terms import Term, glossary

NOUNS = {
    "enterprises": "enterprises",
    "hub_clusters": "clusters",
    "provinces": "provinces",
    "reporting_units": "reporting units",
    "size_classes": "size classes",
}
"""What is counted, in the plural."""
HIDDEN, TAG, GAP = "[withheld]", "en-GB", " "
ENDS = 3  # so many of the highest and of the lowest are named
MAX_LINES = 6  # more lines than this are summed up by their ends
MAX_NAMES = 3  # so many tied names are told; more are counted
STEPS = {"": Decimal(1), "million": Decimal(10**6), "billion": Decimal(10**9), "trillion": Decimal(10**12)}
SCALES = tuple((float(step), f"{name} ") for name, step in reversed(STEPS.items()) if name)
"""In what an axis counts once a value reaches it, and how that is called: as `big` counts, digits and all."""
EDGE = 13  # px right of a picture: names at the ends of lines are long, and reach out farther than is made room for
COUNTABLE = re.compile(r"(PUE|Average|Sharing rate|Share|Green power share|Retrofit rate|Emission factor|Carbon dioxide emission factor|Energy efficiency gain)\b")  # fmt: skip
"""How the names begin that take an article."""
POWERS = {"": 0, "万": 4, "亿": 8, "万亿": 12}
"""The power of ten of what a number is counted in."""


# --- numbers ------------------------------------------------------------------------------------------------


def number(value: wording.Number, decimals: int | None = None, sign: bool = False) -> str:
    return wording.number(value, decimals, sign) if is_there(_float(value)) else absent(value)


def percent(ratio: wording.Number, decimals: int = 1, sign: bool = False) -> str:
    return wording.percent(ratio, decimals, sign) if is_there(_float(ratio)) else absent(ratio)


def change(ratio: wording.Number, decimals: int = 1) -> str:
    return percent(ratio, decimals, sign=True)


def big(value: wording.Number, unit: str = "", decimals: int = 1, scale: str | None = None) -> str:
    """(4838000, 个) -> `4.838 million`: rounded where `wording.big` rounds, so that both languages tell the same digits.
    unit: as it is called in Chinese. scale: 万, 亿, 万亿 or nothing, of `wording.scale_of`."""
    if not is_there(_float(value)):
        return absent(value)
    name = wording.scale_of(value, decimals) if scale is None else scale
    told = wording.big(value, "", decimals, scale).split()[0]
    if scale == "":  # asked for in full
        return f"{told} {text(unit)}".rstrip()
    return _amount(Decimal(told.replace(",", "").replace(wording.MINUS, "-")), name, unit, len(told.partition(".")[2]))


def _amount(value: Decimal, scale: str, unit: str, decimals: int) -> str:
    """`value`, counted in a Chinese `scale` and printed with so many decimals, in English."""
    power = POWERS[scale]
    whole, places = value.scaleb(power), decimals - power
    step = next(name for name in reversed(STEPS) if name == "" or abs(whole) >= STEPS[name])
    own = max(0, places + len(str(STEPS[step])) - 1)
    told = wording.number(whole / STEPS[step], own)
    return " ".join(filter(None, [told, step, text(unit)])).replace(" %", "%")


def rise_or_fall(old: wording.Number, new: wording.Number, decimals: int = 1, points: bool = False) -> str:
    """`up 8.3%`, `down 2.1 percentage points`, `unchanged`, `practically unchanged`."""
    said = wording.rise_or_fall(old, new, decimals, points)
    for zh, en in (("上升 ", "up "), ("下降 ", "down "), (" 个百分点", " percentage points")):
        said = said.replace(zh, en)
    return {"持平": "unchanged", "基本持平": "practically unchanged"}.get(said, said)


def absent(value: object) -> str:
    return HIDDEN if isinstance(value, wording.Withheld) else wording.MISSING


def _float(value: wording.Number) -> float | None:
    return None if value is None else float(value)


def told(measure: Measure, value: float | None) -> str:
    """A value as `measure` prints it."""
    if not is_there(value):
        return absent(value)
    if measure.unit[:1] in ("万", "亿"):  # it is counted so already
        return text(measure.say(value))
    if measure.scale == "percent":
        return percent(value, measure.decimals)
    if measure.scale == "big":
        return big(value, measure.unit, measure.decimals, measure.counted_in)
    if measure.unit[:1] in POWERS and measure.unit:  # 3,375.9 亿GB
        return text(measure.say(value))
    unit = text(measure.unit)
    if " per " in text(measure.name):  # tenants per site, of which 1.7 tenants
        unit = unit.partition(" per ")[0]
    return f"{number(value, measure.decimals)} {unit}".rstrip()


# --- names --------------------------------------------------------------------------------------------------


def text(chinese: str) -> str:
    """A name, several names or an amount in English; what is filed or quoted stays as it is."""
    return dictionary.english(chinese, _amount)


def names(some: Sequence[str]) -> str:
    """`Guangdong, Zhejiang and Hebei`."""
    if not some:
        return wording.MISSING
    return some[0] if len(some) == 1 else f"{', '.join(some[:-1])} and {some[-1]}"


def date(year: int, month: int, day: int) -> str:
    return f"{day} {calendar.month_name[month]} {year}"


_begins = re.compile(
    "^(?:Apply|Build|Coordinate|Deepen|Explore|Guide|Promote|Raise|Speed up|Support|Strengthen(?: the supply of)?|"
    "(?:Have enterprises e|E)stablish and improve) (?:the |a )?"
)
"""How the tasks of a plan begin, where there is no room for it."""


def brief(said: str) -> str:
    """`8.4 points better` for `8.4 percentage points better than the target`, and `Use of green power` for `Promote the use of
    green power`."""
    said = re.sub(r" (?:of|than) the target$", "", said).replace(" percentage points", " points")
    return cap(_begins.sub("", said)) if _begins.match(said) else said


def unpublished(said: str) -> str:
    """A sentence in which a value that is not published is told in words: `is [withheld]` is `is not published`."""
    return re.sub(r"\b(is|are|was|were) \\?\[withheld\\?\]", r"\1 not published", said)


def with_unit(title: str, unit: str) -> str:
    return title + (f" ({text(unit)})" if text(unit) else "")


def low(said: str) -> str:
    """With a small first letter, unless it begins with a name or an abbreviation."""
    proper = any(said.startswith(name) for name in dictionary.regions()) or said[1:2].isupper() or said[1:2].isdigit()
    return said if proper or said.startswith("I ") else said[:1].lower() + said[1:]


def cap(said: str) -> str:
    return said[:1].upper() + said[1:]


def _of(measure: Measure, subject: str) -> str:
    """`information flow in Guangdong`, `electricity use of China Mobile`."""
    name, whose = text(measure.name), text(subject)
    name, year = re.fullmatch(r"(.*?)(?:, (\d{4}))?", name).groups() if whose else (name, None)  # type: ignore[union-attr]
    return (f"{name} {'in' if whose in dictionary.regions() else 'of'} {whose}" if whose else name) + (f" in {year}" if year else "")  # fmt: skip


def _ordinal(n: int) -> str:
    words = {1: "", 2: "second ", 3: "third ", 4: "fourth ", 5: "fifth ", 6: "sixth ", 7: "seventh ", 8: "eighth ", 9: "ninth ", 10: "tenth "}  # fmt: skip
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return words.get(n, f"{n}{ending} ")


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _some(count: int, noun: str) -> str:
    """`1 province`, `3 provinces`."""
    return f"{wording.number(count)} {noun[:-1] if count == 1 else noun}"


def _tied(tied: Sequence[str]) -> str:
    shown = [text(one) for one in tied[:MAX_NAMES]]
    return names(shown) if len(tied) <= MAX_NAMES else f"{', '.join(shown)} and others ({len(tied)} in all)"


# --- findings -----------------------------------------------------------------------------------------------


@singledispatch
def say(finding: Any) -> str:
    """See `zh.say`."""
    raise TypeError(f"no words for {type(finding).__name__}")


def _low(said: Any) -> str:
    return low(say(said))


def _cap(said: Any) -> str:
    return cap(say(said))


def _the(said: Any) -> str:
    """`The PUE of new data centres stood at 1.28`: a sentence whose first name takes an article, which a title leaves out."""
    sentence = said if isinstance(said, str) else str(say(said))
    return f"The {low(sentence)}" if COUNTABLE.match(sentence) else sentence


PRINTED: dict[str, Callable[..., str]] = {
    "n": number,
    "pct": percent,
    "change": change,
    "moved_to": rise_or_fall,
    "grown_to": rise_or_fall,
    "big": big,
    "low": _low,
    "month": lambda n: calendar.month_name[n],
    "cap": _cap,
    "the": _the,
}
"""The filters of texts."""
PARTS = {"Title": "title", "Alt": "alt", "Method": "method", "Source": "source"}
"""What a text can say of a figure or table itself."""
JOINT = " "  # between two lines of a paragraph


@say.register(str)
def _text(one: str) -> str:
    return text(one)


@say.register(int)
def _year(one: int) -> str:
    return str(one)


@say.register(tuple)
@say.register(list)
def _several(some: Sequence[Any]) -> str:
    """What stands close in Chinese has a space between in English."""
    said = [one for one in map(say, some) if one]
    return "".join(
        one if not at or one[:1] in " ,.;:)" or said[at - 1][-1:] in " (" else f" {one}" for at, one in enumerate(said)
    )


@say.register
def _term(one: Term) -> str:
    said = {
        name: calendar.month_name[part] if name == "month" and part else say(part) for name, part in one.parts.items()
    }
    return glossary()[one.key]["en"].format(**said)


@say.register
def _measure(one: Measure) -> str:
    return text(one.name)


@say.register
def _quantity(one: Quantity) -> str:
    return told(one.measure, one.value)


def _point(measure: Measure, point: Point) -> str:
    return text(point.printed) if point.printed else told(measure, point.value)


@say.register
def _trend(one: Trend) -> str:
    """`Information flow in China grew from 121.99 billion GB in 2019 to 337.59 billion GB in 2024`."""
    name, first, last = cap(_of(one.measure, say(one.subject))), one.first, one.last
    if last is None:
        return f"There are no data on {low(name)}"
    said = _point(one.measure, last)
    if first is None:
        return f"{name} stood at {said} in {last.year}"
    if one.case == "same":
        return f"{name} stood at {said} in {last.year}, the same as in {first.year}"
    if one.case == "alike":
        return f"{name} stood at {said} in {last.year}, practically the same as in {first.year}"
    if one.case == "unsure":
        return f"{name} was put at {_point(one.measure, first)} in {first.year} and at {said} in {last.year}"
    grows = one.measure.moves == "amount"
    verb = ("grew" if grows else "rose") if last.value > first.value else "fell"
    sentence = f"{name} {verb} from {_point(one.measure, first)} in {first.year} to {said} in {last.year}"
    if one.with_change:
        amount = rise_or_fall(first.value, last.value, points=one.measure.scale == "percent")
        sentence += f", {amount}" if any(map(str.isdigit, amount)) else ""  # too little to be told as a share
    return sentence


@say.register
def _since(one: Since) -> str:
    """`up 1.9 percentage points from 2024 and up 13.2 percentage points from 2020`; `practically unchanged from 2024`."""
    told = []
    for point in one.before:
        way, size, in_points = one.step(point)
        level = "unchanged" if point.value == one.last.value else "practically unchanged"
        moved = f"{'up' if way > 0 else 'down'} {size}{' percentage points' if in_points else ''}"
        told.append(f"{moved if way else level} from {point.year}")
    return " and ".join(told)


@say.register
def _path(one: Path) -> str:
    if one.without:
        return ""
    if not one.moves:
        return "unchanged"
    if len(one.moves) == 1:
        word = "rising" if one.moves[0] > 0 else "falling"
        return f"{word} {('every year' if one.yearly else 'from each value to the next') if one.every_step else 'on the whole'}"
    if len(one.moves) == 2:
        return "rising first, then falling" if one.moves[0] > 0 else "falling first, then rising"
    return "with rises and falls"


@say.register
def _absent(one: Absent) -> str:
    name = low(_of(one.measure, one.name))
    if one.withheld:
        return f"No figure is published for {name} under the disclosure rules"
    return f"There are no data on {name}"


@say.register
def _place(one: Place) -> str:
    """`Information flow in Guangdong came to 38.69 billion GB, the highest of 31 provinces`."""
    measure = one.measure
    if one.value is None:
        return f"{say(Absent(measure, one.name, one.withheld))}, so no rank is given"
    value = _changed(measure, one.name, one.value) if measure.is_change else f"{cap(_of(measure, one.name))} came to {told(measure, one.value)}"  # fmt: skip
    value += "; " if one.case == "few" else ", "
    return (value if one.with_value else "") + _ranked(one)


def _ranked(one: Place) -> str:
    """`the highest of 31 provinces`."""
    measure, rank = one.measure, one.rank
    provinces = f"{'published ' if one.some_withheld else ''}provinces"
    if one.case == "few":
        have = "a published figure" if one.some_withheld else "this figure"
        return f"only {_some(rank.of, 'provinces')} {'has' if rank.of == 1 else 'have'} {have}, so no rank is given"
    if one.case == "alike":
        return f"the same in all {rank.of} {provinces}"
    nth, place_ = rank.place or 0, "highest" if one.descending else "lowest"
    if one.is_last and not measure.is_change:
        nth, place_ = 1, "lowest" if one.descending else "highest"
    if measure.is_change:
        size = "smallest" if (one.every < 0) == one.descending else "largest"
        place_ = f"{size} {'fall' if one.every < 0 else 'rise'}"
        if not one.every:
            place_ = "place from the largest rise to the largest fall" if one.descending else "place from the largest fall to the largest rise"  # fmt: skip
    where = f"the {_ordinal(nth) or ('first ' if 'place' in place_ else '')}{place_} of {rank.of} {provinces}"
    return where + (f", level with {_tied(rank.tied)}" if rank.tied else "")


@say.register
def _comparison(one: Comparison) -> str:
    """`Information flow in Guangdong came to 1.2, above China (1.0) and the East (1.1)`."""
    measure, own = one.measure, one.measure.way(one.value) if one.measure.is_change else 0
    said = [_changed(measure, one.name, one.value) if measure.is_change else f"{cap(_of(measure, one.name))} came to {told(measure, one.value)}"]  # fmt: skip
    said = [] if one.value_told else said
    kind = "rise" if own > 0 else "fall"
    above, below, like = (f"a larger {kind} than in ", f"a smaller {kind} than in ", f"a {kind} much like that in ") if measure.is_change else ("above ", "below ", "level with ")  # fmt: skip
    for gap, others in one.relations:
        values = {text(label): told(measure, abs(other) if measure.is_change else other) for label, other in others.items()}  # fmt: skip
        said.append(
            {1: above, -1: below, 0: like}[gap] + names([f"{label} ({value})" for label, value in values.items()])
        )
    return ", ".join([*said, *(f"while {text(label)} {_moved(measure, other)}" for label, other in one.others.items())])


def _changed(measure: Measure, name: str, change: float) -> str:
    """`Electricity use per station in Guangdong fell by 41.3%`."""
    plain, since, base = text(measure.name.removesuffix("变动")).partition(" since ")
    whose = text(name)
    of = f" {'in' if whose in dictionary.regions() else 'of'} {whose}" if whose else ""
    return cap(f"{plain}{of} {_moved(measure, change)}{since}{base}")


def _moved(measure: Measure, change: float) -> str:
    way = measure.way(change)
    return f"{'rose' if way > 0 else 'fell'} by {told(measure, abs(change))}" if way else "hardly changed"


@say.register
def _counted(one: Counted) -> str:
    return f"{one.n} {'published ' if one.published_only else ''}{'province' if one.n == 1 else 'provinces'}"


@say.register
def _extremes(one: Extremes) -> str:
    """`Guangdong had the highest, 38.69 billion GB, and Xizang the lowest, 1.06 billion GB`."""
    measure, among = one.measure, "Among published provinces, " if one.some_withheld else ""
    name = low(text(measure.name))
    if not one.highest:
        return f"No {'figures on ' if one.some_withheld else 'data on '}{name} by province{' are published' if one.some_withheld else ''}"
    high, low_ = told(measure, one.high), told(measure, one.low)
    if one.of == 1:
        return f"Only {text(one.highest[0])} {'publishes' if among else 'has'} a figure for {name}, {high}"
    if one.are_alike:
        return f"{among}{name} was {high} in all {one.of} provinces" if among else cap(f"{name} was {high} in all {one.of} provinces")  # fmt: skip
    top, bottom = _tied(one.highest), _tied(one.lowest)
    if one.every < 0:  # all fell: the lowest fell most
        most, least = (said.removeprefix(wording.MINUS) for said in (low_, high))
        return f"{among}{bottom} had the largest fall, {most}, and {top} the smallest, {least}"
    if measure.is_change and one.every > 0:
        return f"{among}{top} had the largest rise, {high}, and {bottom} the smallest, {low_}"
    if measure.is_change:
        return f"{among}{top} had the largest rise, {high}, and {bottom} the largest fall, {low_.removeprefix(wording.MINUS)}"
    return f"{among}{top} had the highest, {high}, and {bottom} the lowest, {low_}"


@say.register
def _ends(ends: Ends) -> str:
    """`PUE was highest for A (1.40) and lowest for B (1.30)`."""
    one, measure = ends.extremes, ends.extremes.measure
    high, low_, name = told(measure, one.high), told(measure, one.low), text(measure.name)
    published = "published " if one.some_withheld else ""
    if not one.of:
        return f"No figures on {low(name)} are published" if published else f"There are no data on {low(name)}"
    if one.of == 1:
        return f"Only {text(one.highest[0])} {'publishes' if published else 'has'} a figure for {low(name)}, {high}"
    if one.are_alike:
        return f"{cap(name)} was {high} for all {one.of} {published}{NOUNS[ends.noun]}"
    top, bottom = (names([text(one) for one in some]) for some in (one.highest, one.lowest))
    return f"{cap(published + (low(name) if published else name))} was highest for {top} ({high}) and lowest for {bottom} ({low_})"


@say.register
def _largest(one: Largest) -> str:
    """`Mobile base stations made up the most of comprehensive energy consumption, 53.0%, followed by data centres (20.9%)`."""
    whole = low(say(one.whole))
    if not one.parts:
        return f"There is no {whole}"
    if len(one.parts) == 1:
        return f"All {whole} is that of {low(text(one.parts[0][0]))}"
    (first, most), (second, next_most) = one.parts
    return f"{cap(text(first))} made up the largest part of {whole}, {percent(most)}, followed by {low(text(second))} ({percent(next_most)})"


@say.register
def _movement(one: Movement) -> str:
    """`the figure fell in 20 of 30 provinces and rose in 10`; `fell in all 30 provinces`; what nobody did is not told."""
    ways = {"fell": len(one.fell), "rose": len(one.rose), "did not change": len(one.same)}
    if not one.of:
        return f"there are no provinces whose {low(text(one.measure.name))} can be compared"
    among = say(Counted(one.of, one.some_withheld))
    there_ = [(word, count) for word, count in ways.items() if count]
    if len(there_) == 1:
        return f"the figure {there_[0][0]} in {'all ' if one.of > 1 else ''}{among}"
    (first, count), *rest = there_
    return f"the figure {first} in {count} of {among}" + "".join(
        f"{' and' if at == len(rest) else ','} {word} in {n}" for at, (word, n) in enumerate(rest, 1)
    )


@say.register
def _standing(one: Standing) -> str:
    if one.beside is not None:
        return f"In {one.year}, the {low(say(one.beside))}; beside the national target ({text(one.target)}): {low(say(one.gap))}"
    value = f"{cap(_of(one.measure, one.subject))} stood at {text(one.printed)} in {one.year}"
    said = ", ".join(filter(None, (low(say(part)) for part in (one.status, one.gap, one.needed))))
    return value + (f"; the target is {text(one.target)}" if one.target else "") + (f" ({said})" if said else "")


@say.register
def _quoted(one: Quoted) -> str:
    return (
        f"The plan says: “{text(one.quote)}” {text(one.note)}".rstrip()
        if one.quote
        else "The plan sets no target for the indicators of this chapter."
    )


@say.register
def _clauses(one: Clauses) -> str:
    said = [text for part in one.parts if (text := say(part))]
    return cap("; ".join([*said[:1], *map(low, said[1:])])) + "." if said else ""


@say.register
def _progress(one: Progress) -> str:
    """`120 completed, 30 in progress`; `not filed` without filed items."""
    counted = {"completed": one.done, "in progress": one.in_progress, "not started": one.not_started}
    return ", ".join(f"{wording.number(count)} {name}" for name, count in counted.items() if count) or "not filed"


@say.register
def _not_filed(one: NotFiled) -> str:
    whose = text(one.subject)
    if one.withheld:
        return f"The figures of {whose} for {one.year} are withheld under the disclosure rules ({HIDDEN}); they exist and are not zero."
    tables = names([f"“{text(name)}”" for name in one.tables])
    return (
        f"Nothing was filed for {one.year} in the table{'s' if len(one.tables) > 1 else ''} {tables} of {whose}, "
        "so this chapter gives no assessment; not filed does not mean zero."
    )


@say.register
def _sources(one: Sources) -> str:
    rest = f"; {one.of} documents in all, each listed in Appendix D" if one.of > len(one.named) else ""
    return "; ".join(map(text, one.named)) + rest


# --- what a figure shows: whole sentences, each with a full stop ----------------------------------------------------


@say.register
def _series_shown(one: SeriesShown) -> str:
    kind, what = glossary()[one.kind]["en"], low(say(one.what))
    there = {label: points(one.years, values) for label, values in one.lines.items()}
    known = sorted({point.year for line in there.values() for point in line})
    if not known:
        return f"{kind}: {what}, no data."
    span = f"{known[0]}" if len(known) == 1 else f"{known[0]} to {known[-1]}"
    said = [_line(one, say(one.names.get(label, label)), line, brief=len(there) > MAX_LINES) for label, line in there.items()]  # fmt: skip
    return f"{kind}: {what}, {span}. {'; '.join(said)}."


def _line(one: SeriesShown, label: str, line: Sequence[Point], *, brief: bool) -> str:
    label = label or "The value"
    if not line:
        return f"{label}: no data"

    def said(point: Point) -> str:
        return f"{text(one.printed[point.year]) if one.printed.get(point.year) else told(one.measure, point.value)} in {point.year}"

    if len(line) == 1:
        return f"{label}: {said(line[0])}"
    sentence = f"{label}: from {said(line[0])} to {said(line[-1])}"
    way = path(one.measure, [point.year for point in line], [point.value for point in line])
    sentence += f", {say(way)}" if say(way) else ""
    if brief or not way.turns:
        return sentence
    top, bottom = max(line, key=lambda point: point.value), min(line, key=lambda point: point.value)
    return sentence + f", highest at {said(top)}, lowest at {said(bottom)}"


@say.register
def _ranking_shown(one: RankingShown) -> str:
    kind, what, known, closed = glossary()[one.kind]["en"], low(say(one.what)), there(one.values), withheld(one.values)
    without = [text(name) for name in one.values if name not in known and name not in closed]
    shown = [f"{text(name)} {told(one.measure, known[name])}" for name in sorted(known, key=lambda name: -known[name])]
    missing = f" No data: {names(without)}." if without else ""
    missing += f" Withheld under the disclosure rules: {names([text(name) for name in closed])}." if closed else ""
    if len(shown) <= 2 * ENDS:
        return f"{kind}: {what}. {', '.join(shown) or 'No data'}.{missing if shown else ''}"
    said = [
        f"{kind}: {what}, {len(shown)} provinces with {'published ' if closed else ''}data.",
        f"The highest are {', '.join(shown[:ENDS])}; the lowest are {', '.join(shown[: -ENDS - 1 : -1])}.",
        f"The median is {told(one.measure, median(known.values()))}.",
    ]
    if one.own:
        said.append(f"{say(place(one.measure, one.values, one.own, descending=one.descending))}.")
    return " ".join(said) + missing


@say.register
def _groups_shown(one: GroupsShown) -> str:
    said = [f"{say(one.names.get(name, name))} {told(one.measure, value)}" for name, value in one.values.items()]
    return f"{glossary()[one.kind]['en']}: {low(say(one.what))}. {', '.join(said) or 'No data'}."


@say.register
def _steps_shown(one: StepsShown) -> str:
    measure = one.measure.among([one.start[1], *one.steps.values(), one.end[1]])
    said = [f"{text(name)} {pulled_by(measure, value) or 'made no difference'}" for name, value in one.steps.items()]
    ends = [f"{text(name)}: {told(measure, value)}" for name, value in (one.start, one.end)]
    return f"{glossary()[one.kind]['en']}: {low(say(one.what))}. {'; '.join([ends[0], *said, ends[1]])}."


def changed_by(measure: Measure, value: float) -> str:
    """`an increase of 800,000 tce`; empty where what is printed is zero."""
    return _sized(measure, value, "an increase of", "a decrease of")


def pulled_by(measure: Measure, value: float) -> str:
    """What a factor does to a total: `added 800,000 tce`; empty where what is printed is zero."""
    return _sized(measure, value, "added", "took off")


def _sized(measure: Measure, value: float, up: str, down: str) -> str:
    return f"{up if value > 0 else down} {told(measure, abs(value))}" if measure.way(value) else ""
