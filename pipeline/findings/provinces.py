"""Provinces, or other named ones, among each other: places, comparisons, extremes, who rose and fell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from pipeline import wording
from pipeline.findings.measures import Measure, Values, is_there, there, withheld

MIN_RANKED = 10  # fewer provinces than this make no ranking of the nation


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
    rank is among those that are published. every: 1 or -1 where all are changes up, or down; 0 else. with_value: whether
    the value is told too, or the sentence before has told it.
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
    with_value: bool = True

    @property
    def is_last(self) -> bool:
        return (self.rank.place or 0) + len(self.rank.tied) == self.rank.of


def place(measure: Measure, values: Values, name: str, *, descending: bool = True, with_value: bool = True) -> Place:
    """Where `name` stands; says so when there is no value or too few have one."""
    printed: dict[str, float | None] = {}
    alike = {
        one: printed.setdefault(measure.say(value), value) if is_there(value) else value
        for one, value in values.items()
    }
    rank = ranking(alike, name, descending=descending)
    if rank.place is None:
        return Place(
            measure, name, "absent", with_value=with_value, withheld=isinstance(values.get(name), wording.Withheld)
        )
    known = there(values)
    case: Literal["few", "alike", "ranked"] = "ranked"
    if rank.of < MIN_RANKED:
        case = "few"
    elif len(rank.tied) == rank.of - 1:
        case = "alike"
    every = (min(known.values()) > 0) - (max(known.values()) < 0)
    return Place(
        measure, name, case, known[name], False, rank, descending, bool(withheld(values)), every, with_value
    )  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """One beside others. relations: 1 above, 0 like, -1 below, with the names and values of those for which it is so, in the
    order in which they were given; of changes that went the same way, by their width. others: changes that went another.
    value_told: the value itself was told before."""

    measure: Measure
    name: str
    value: float
    relations: tuple[tuple[int, Mapping[str, float]], ...]
    others: Mapping[str, float]
    value_told: bool = False


def comparison(
    measure: Measure, name: str, value: float | None, references: Values, *, value_told: bool = False
) -> Comparison | Absent:
    """How `value` lies beside references; those without a value are passed over."""
    if value is None or not math.isfinite(value):
        return absent(measure, name, value)
    known = there(references)
    if not measure.is_change:
        measure = measure.among([value, *references.values()])
        return Comparison(measure, name, value, _related(measure, value, known), {}, value_told)
    own = measure.way(value)
    alike = {label: other for label, other in known.items() if own and measure.way(other) == own}
    apart = {label: other for label, other in known.items() if label not in alike}
    return Comparison(measure, name, value, _related(measure, value, alike, own), apart, value_told)


def _related(
    measure: Measure, value: float, others: Mapping[str, float], sign: int = 1
) -> tuple[tuple[int, Mapping[str, float]], ...]:
    gaps = [(sign * measure.gap(value, other), label) for label, other in others.items()]
    grouped = groupby(gaps, key=lambda one: one[0])
    return tuple((gap, {label: others[label] for _, label in group}) for gap, group in grouped)


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
class Ends:
    """Who of a few named ones is highest and lowest; noun: what they are, a key of the language's nouns."""

    extremes: Extremes
    noun: str


def ends(measure: Measure, values: Values, noun: str) -> Ends:
    return Ends(extremes(measure, values), noun)


@dataclass(frozen=True)
class Largest:
    """Which part of a whole is the largest and which comes next, with their shares (0 to 1). whole: what the parts make up, as
    `language` says it. parts: two, or as many as there are."""

    whole: Any
    parts: tuple[tuple[str, float], ...]


def largest(whole: Any, values: Mapping[str, float]) -> Largest:
    """Which of the parts of `whole` is the largest; parts of zero are none."""
    ordered = sorted(((value, name) for name, value in values.items() if value > 0), reverse=True)
    amount = sum(value for value, _ in ordered)
    return Largest(whole, tuple((name, value / amount) for value, name in ordered[:2]))


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
