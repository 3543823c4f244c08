"""What numbers say, as data: what a series did, where a province stands, who is first and last, who rose and fell.

A finding has decided every case (too few, alike as printed, not published, missing) and holds no sentence: `language`
words it. Two values that print alike are alike, whatever their hidden decimals. Missing values (None, nan, inf) are left
out of every count and named where they matter; nothing is ever filled in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Literal

import polars as pl

from pipeline import wording

MIN_RANKED = 10  # fewer provinces than this make no ranking of the nation
NAMED = 4  # so many documents are named under a figure; all of them stand in the appendix
CLEAR = 0.10  # with a printed 超 or 约 at one end, a smaller relative change has no sure direction

Values = Mapping[str, float | None]


def _shows(text: str) -> bool:
    """Whether more than zero is printed."""
    return any(digit in "123456789" for digit in text)


@dataclass(frozen=True)
class Measure:
    """How a quantity is called and printed. scale: `big` counts in 万 and 亿, `percent` takes ratios.

    name, english: what it is called; english is empty where no edition but the Chinese tells it. rises, falls: the Chinese
    verbs for its change, e.g. 增至 for counts, 升至 for rates. counted_in: 万, 亿, 万亿 or "" for a `big` one that is told with
    others (`among`); None for its own. is_change: a relative change, whose direction is told in words: its name ends in 变动.
    """

    name: str
    unit: str = ""
    decimals: int = 1
    scale: Literal["plain", "big", "percent"] = "plain"
    rises: str = "增至"
    falls: str = "降至"
    counted_in: str | None = None
    is_change: bool = False
    english: str = ""

    def say(self, value: float | None) -> str:
        """`value` as printed in Chinese, with its unit: `3,375.9 亿GB`, `483.8 万个`, `43.1%`; `—` if missing, `〔保密〕` if
        withheld."""
        if not _is_there(value):
            return wording.absent(value)
        if self.scale == "percent":
            return wording.percent(value, self.decimals)
        if self.scale == "big":
            return wording.big(value, self.unit, self.decimals, self.counted_in)
        return f"{wording.number(value, self.decimals)} {self.unit}".rstrip()

    def exact(self, value: float) -> Decimal:
        """`value` rounded as every language prints it, in the measure's own unit; a percent measure in per cent."""
        if self.scale == "big":
            return wording.big_exact(value, self.decimals, self.counted_in)
        return wording.rounded(100 * Decimal(str(value)) if self.scale == "percent" else value, self.decimals)

    def among(self, values: Iterable[float | None]) -> Measure:
        """The measure with which all of `values` are told in one sentence, in one unit: that of the largest, or of the
        smallest where it would print as nothing (`由 7,374 tce 增至 41,300,000 tce`)."""
        sizes = sorted(abs(value) for value in values if value is not None and math.isfinite(value) and value)
        sizes = [
            size for size in sizes if _shows(wording.big(size, "", self.decimals))
        ]  # the others are nothing in any unit
        if self.scale != "big" or not sizes:
            return self
        together = replace(self, counted_in=wording.scale_of(sizes[-1], self.decimals))
        if not _shows(together.say(sizes[0]).removesuffix(self.unit)):
            return replace(self, counted_in=wording.scale_of(sizes[0], self.decimals))
        return together

    def of(self, subject: str) -> str:
        """The quantity with its owner before it, in Chinese: `广东流量`, `广东 5G 基站`."""
        return subject + (" " if subject and self.name[:1].isascii() else "") + self.name

    def gap(self, one: float, other: float) -> int:
        """1, 0 or -1: `one` above, like, or below `other`, as printed."""
        return 0 if self.say(one) == self.say(other) else (one > other) - (one < other)

    def way(self, change: float) -> int:
        """Of a change: 1 up, -1 down, 0 where it prints as none."""
        return self.gap(change, 0.0) if _shows(self.say(change)) else 0


@dataclass(frozen=True)
class Quantity:
    """A value with its measure, printed as this prints it: also where it is missing or not published."""

    measure: Measure
    value: float | None


# --- a series over the years -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """A value of a year. printed: words of its source that are told instead, such as 超13 万个."""

    year: int
    value: float
    printed: str = ""


@dataclass(frozen=True)
class Trend:
    """From the first to the last value of a series.

    case: `missing` without any, `single` with one, `same` where the values are, `alike` where they print alike, `unsure` where
    a source's words leave the direction open, `moved` else. with_change: the relative change is to be told (of a ratio, in
    points).
    """

    measure: Measure
    subject: str
    case: Literal["missing", "single", "same", "alike", "unsure", "moved"]
    first: Point | None = None
    last: Point | None = None
    with_change: bool = False


def trend(
    measure: Measure,
    years: Sequence[int],
    values: Sequence[float | None],
    *,
    subject: str = "",
    printed: Sequence[str | None] = (),
    change: bool = False,
) -> Trend:
    """What a series did. printed: for values with words of their source, the text to print instead; a change is never
    computed from such words."""
    points = _points(years, values, printed)
    if not points:
        return Trend(measure, subject, "missing")
    first, last = points[0], points[-1]
    if not any(printed):
        measure = measure.among((first.value, last.value))
    if len(points) == 1:
        return Trend(measure, subject, "single", last=last)
    exact = not first.printed and not last.printed
    case: Literal["same", "alike", "unsure", "moved"] = "moved"
    if exact and first.value == last.value:
        case = "same"
    elif (first.printed or measure.say(first.value)) == (last.printed or measure.say(last.value)):
        case = "alike"
    elif not exact and abs(last.value - first.value) < CLEAR * abs(first.value):
        case = "unsure"
    return Trend(measure, subject, case, first, last, change and exact)


@dataclass(frozen=True)
class Path:
    """The way between the ends of a series: its moves in order (1 up, -1 down), whether every step is one, whether each step
    is a year. without: fewer than three values."""

    moves: tuple[int, ...] = ()
    every_step: bool = True
    yearly: bool = True
    without: bool = False

    @property
    def turns(self) -> bool:
        return len(self.moves) > 1


def path(measure: Measure, years: Sequence[int], values: Sequence[float | None]) -> Path:
    """The way of a series between its ends, as printed."""
    points = _points(years, values)
    if len(points) < 3:
        return Path(without=True)
    steps = [measure.gap(after.value, before.value) for before, after in pairwise(points)]
    moves = tuple(sign for sign, _ in groupby(step for step in steps if step))
    return Path(moves, all(steps), points[-1].year - points[0].year == len(points) - 1)


def _points(years: Sequence[int], values: Sequence[float | None], printed: Sequence[str | None] = ()) -> list[Point]:
    """The values that are there, by year."""
    words = [*printed, *[None] * (len(years) - len(printed))]
    return sorted(
        (
            Point(year, value, word or "")
            for year, value, word in zip(years, values, words, strict=True)
            if value is not None and math.isfinite(value)
        ),
        key=lambda point: (point.year, point.value),
    )


# --- provinces among each other --------------------------------------------------------------------------


@dataclass(frozen=True)
class Rank:
    """The place of one among `of` that have a value; None without a value. tied: the others at the same place."""

    place: int | None
    of: int
    tied: tuple[str, ...] = ()


def ranking(values: Values, name: str, *, descending: bool = True) -> Rank:
    """The place of `name`, the highest value first unless `descending` is False; equal values share a place."""
    known = there(values)
    own = known.get(name)
    if own is None:
        return Rank(None, len(known))
    ahead = sum(value > own if descending else value < own for value in known.values())
    tied = tuple(other for other, value in known.items() if value == own and other != name)
    return Rank(ahead + 1, len(known), tied)


@dataclass(frozen=True)
class Absent:
    """That one has no number; withheld: because it is not published."""

    measure: Measure
    name: str
    withheld: bool = False


def absent(measure: Measure, name: str, value: float | None) -> Absent:
    """That `name` has no number, which `value` is."""
    return Absent(measure, name, isinstance(value, wording.Withheld))


@dataclass(frozen=True)
class Place:
    """Where one stands among provinces; values that print alike are tied.

    case: `absent` without a value, `few` where too few have one, `alike` where all are, else `ranked`. some_withheld: the
    rank is among those that are published. every: 1 or -1 where all are changes up, or down; 0 else.
    """

    measure: Measure
    name: str
    case: Literal["absent", "few", "alike", "ranked"]
    value: float | None = None
    withheld: bool = False
    rank: Rank = Rank(None, 0)
    descending: bool = True
    some_withheld: bool = False
    every: int = 0

    @property
    def is_last(self) -> bool:
        return (self.rank.place or 0) + len(self.rank.tied) == self.rank.of


def place(measure: Measure, values: Values, name: str, *, descending: bool = True) -> Place:
    """Where `name` stands; says so when there is no value or too few have one."""
    printed: dict[str, float | None] = {}
    alike = {
        one: printed.setdefault(measure.say(value), value) if _is_there(value) else value
        for one, value in values.items()
    }
    rank = ranking(alike, name, descending=descending)
    if rank.place is None:
        return Place(measure, name, "absent", withheld=isinstance(values.get(name), wording.Withheld))
    known = there(values)
    case: Literal["few", "alike", "ranked"] = "ranked"
    if rank.of < MIN_RANKED:
        case = "few"
    elif len(rank.tied) == rank.of - 1:
        case = "alike"
    every = (min(known.values()) > 0) - (max(known.values()) < 0)
    return Place(
        measure, name, case, known[name], False, rank, descending, bool(withheld(values)), every
    )  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """One beside others. relations: 1 above, 0 like, -1 below, with the names and values of those for which it is so, in the
    order in which they were given; of changes that went the same way, by their width. others: changes that went another."""

    measure: Measure
    name: str
    value: float
    relations: tuple[tuple[int, Mapping[str, float]], ...]
    others: Mapping[str, float]


def comparison(measure: Measure, name: str, value: float | None, references: Values) -> Comparison | Absent:
    """How `value` lies beside references; those without a value are passed over."""
    if value is None or not math.isfinite(value):
        return absent(measure, name, value)
    known = there(references)
    if not measure.is_change:
        measure = measure.among([value, *references.values()])
        return Comparison(measure, name, value, _related(measure, value, known), {})
    own = measure.way(value)
    alike = {label: other for label, other in known.items() if own and measure.way(other) == own}
    apart = {label: other for label, other in known.items() if label not in alike}
    return Comparison(measure, name, value, _related(measure, value, alike, own), apart)


def _related(
    measure: Measure, value: float, others: Mapping[str, float], sign: int = 1
) -> tuple[tuple[int, Mapping[str, float]], ...]:
    gaps = [(sign * measure.gap(value, other), label) for label, other in others.items()]
    grouped = groupby(gaps, key=lambda one: one[0])
    return tuple((gap, {label: others[label] for _, label in group}) for gap, group in grouped)


def withheld(values: Values) -> list[str]:
    """The names whose value is not published."""
    return [name for name, value in values.items() if isinstance(value, wording.Withheld)]


@dataclass(frozen=True)
class Counted:
    """So many provinces; published_only: those of which the values are published, for others' are not."""

    n: int
    published_only: bool


def counted(n: int, *values: Values) -> Counted:
    return Counted(n, any(withheld(one) for one in values))


@dataclass(frozen=True)
class Extremes:
    """Who is highest and lowest, ties together. of: how many have a value. every: 1 or -1 where all are above, or below, zero.
    some_withheld: others are not published. highest and lowest are empty where nobody has a value."""

    measure: Measure
    of: int
    some_withheld: bool
    highest: tuple[str, ...] = ()
    lowest: tuple[str, ...] = ()
    high: float = 0.0
    low: float = 0.0
    every: int = 0

    @property
    def are_alike(self) -> bool:
        return self.highest == self.lowest


def extremes(measure: Measure, values: Values) -> Extremes:
    """Who is highest and lowest, as printed."""
    known = there(values)
    if not known:
        return Extremes(measure, 0, bool(withheld(values)))
    high, low = max(known.values()), min(known.values())
    measure = measure.among((high, low))
    highest, lowest = (
        tuple(name for name, value in known.items() if measure.say(value) == measure.say(end)) for end in (high, low)
    )
    every = (low >= 0) - (high < 0)
    return Extremes(measure, len(known), bool(withheld(values)), highest, lowest, high, low, every)


@dataclass(frozen=True)
class Movement:
    """Who rose, fell and stayed between two times, among those with both values; some_withheld: others' are not published."""

    measure: Measure
    rose: tuple[str, ...]
    fell: tuple[str, ...]
    same: tuple[str, ...]
    some_withheld: bool = False

    @property
    def of(self) -> int:
        return len(self.rose) + len(self.fell) + len(self.same)


def movement(measure: Measure, before: Values, after: Values) -> Movement:
    """Compare, as printed, those who have a value both before and after."""
    old, new = there(before), there(after)
    gaps = {name: measure.gap(new[name], old[name]) for name in old if name in new}
    rose, fell, same = (tuple(name for name, gap in gaps.items() if gap == wanted) for wanted in (1, -1, 0))
    return Movement(measure, rose, fell, same, bool(withheld(before) or withheld(after)))


def _is_there(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def there(values: Values) -> dict[str, float]:
    """The values that are numbers."""
    return {name: value for name, value in values.items() if value is not None and math.isfinite(value)}


# --- where published values come from --------------------------------------------------------------------


@dataclass(frozen=True)
class Sources:
    """The documents behind published rows, each once, in their order: the first NAMED, and how many there are in all."""

    named: tuple[str, ...]
    of: int


def sources(rows: pl.DataFrame) -> Sources:
    documents = rows["source_title"].unique(maintain_order=True).to_list()
    return Sources(tuple(documents[:NAMED]), len(documents))
