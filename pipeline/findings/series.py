"""What a series did from its first value to its last, and on its way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Literal

from pipeline import wording
from pipeline.findings.measures import Measure

CLEAR = 0.10  # with a printed 超 or 约 at one end, a smaller relative change has no sure direction


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
    points). subject: whose quantity it is, as `language` says it.
    """

    measure: Measure
    subject: Any
    case: Literal["missing", "single", "same", "alike", "unsure", "moved"]
    first: Point | None = None
    last: Point | None = None
    with_change: bool = False


def trend(
    measure: Measure,
    years: Sequence[int],
    values: Sequence[float | None],
    *,
    subject: Any = "",
    printed: Sequence[str | None] = (),
    change: bool = False,
) -> Trend:
    """What a series did. printed: for values with words of their source, the text to print instead; a change is never
    computed from such words."""
    line = points(years, values, printed)
    if not line:
        return Trend(measure, subject, "missing")
    first, last = line[0], line[-1]
    if not any(printed):
        measure = measure.among((first.value, last.value))
    if len(line) == 1:
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
class Since:
    """How the last value of a series lies to some before it, the latest of these first. A ratio is compared in points, one that
    has no unit (a PUE) by its difference as printed, all else by its relative change."""

    measure: Measure
    last: Point
    before: tuple[Point, ...]

    def step(self, before: Point) -> tuple[int, str, bool]:
        """The way (1 up, -1 down, 0 where both print alike), its size as printed, and whether this is in points."""
        measure, old, new = self.measure, before.value, self.last.value
        way, in_points = measure.gap(new, old), measure.scale == "percent"
        if measure.scale == "plain" and not measure.unit:
            size = wording.rounded(new, measure.decimals) - wording.rounded(old, measure.decimals)
            return way, wording.number(abs(size), measure.decimals), False
        change = (new - old) if in_points else (new - old) / abs(old)
        size_printed = wording.number(abs(100 * change), measure.decimals if in_points else 1)
        return way, size_printed + ("" if in_points else "%"), in_points


def since(
    measure: Measure, years: Sequence[int], values: Sequence[float | None], *, years_before: Sequence[int]
) -> Since | None:
    """The last value beside those of `years_before`; None without any. Relative to nothing there is no change."""
    line = points(years, values)
    relative = measure.scale == "big" or (measure.scale == "plain" and measure.unit)
    before = tuple(point for point in line[-2::-1] if point.year in years_before and (point.value or not relative))
    return Since(measure, line[-1], before) if before else None


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
    line = points(years, values)
    if len(line) < 3:
        return Path(without=True)
    steps = [measure.gap(after.value, before.value) for before, after in pairwise(line)]
    moves = tuple(sign for sign, _ in groupby(step for step in steps if step))
    return Path(moves, all(steps), line[-1].year - line[0].year == len(line) - 1)


def points(years: Sequence[int], values: Sequence[float | None], printed: Sequence[str | None] = ()) -> list[Point]:
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
