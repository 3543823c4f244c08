"""What the chapters on energy and carbon find: an intensity against its target, energy beside activity, two ways to count
emissions, what made energy change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline import wording
from pipeline.findings.measures import Measure

INDEX = Measure("", moves="rate")


@dataclass(frozen=True)
class PrintedChange:
    """A relative change as it is printed (`−23.1%`), to be told in words."""

    printed: str

    @property
    def way(self) -> int:
        """1 up, -1 down, 0 where it prints as none."""
        if not any(sign in "123456789" for sign in self.printed):
            return 0
        return -1 if self.printed.startswith(wording.MINUS) else 1

    @property
    def size(self) -> str:
        return self.printed.removeprefix(wording.MINUS)


@dataclass(frozen=True)
class AgainstTarget:
    """How an intensity has changed since the baseline, and how that stands to the target of the nation.

    case: `withheld`, `missing`, `base` in the baseline year itself, `alone` where the plan sets no target, `short` where too few provinces
    can be compared, `judged` of the nation, `beside` of a province. printed: the change; reasons: why there is none; target,
    status and gap as they are printed elsewhere.
    """

    measure: Measure
    subject: str
    year: int
    base: int
    case: Literal["withheld", "missing", "base", "alone", "short", "judged", "beside"]
    printed: str = ""
    reasons: Any = ""
    target: str = ""
    status: str = ""
    gap: Any = ""


Relation = Literal["none", "absolute", "relative", "alike", "faster"]


@dataclass(frozen=True)
class Decoupling:
    """Whether energy grew with activity. relations: what became of the two, each with the activities of which it is so:
    `none` where activity did not grow, `absolute`, `relative`, `alike`, `faster`."""

    relations: tuple[tuple[Relation, tuple[Measure, ...]], ...]


def decoupling(energy: float | None, activity: Mapping[Measure, float | None]) -> Decoupling | None:
    """Whether energy grew more slowly than activity, from indices (baseline = 100) as printed. None without values."""
    there = {name: value for name, value in activity.items() if value is not None}
    if energy is None or not there:
        return None
    told: dict[Relation, list[Measure]] = {}
    for name, value in there.items():
        told.setdefault(_relation(energy, value), []).append(name)
    return Decoupling(tuple((relation, tuple(names)) for relation, names in told.items()))


def _relation(energy: float, activity: float) -> Relation:
    if INDEX.gap(activity, 100) <= 0:
        return "none"
    if INDEX.gap(energy, 100) <= 0:
        return "absolute"
    gap = INDEX.gap(energy, activity)
    return "relative" if gap < 0 else "faster" if gap > 0 else "alike"


@dataclass(frozen=True)
class TwoMethods:
    """Emissions by location and by market, None where there are none. gap: how far the latter are above (1) the former, as
    a share; 0 where that prints as none; None where they cannot be compared."""

    measure: Measure
    subject: str
    year: int
    location: float | None
    market: float | None
    gap: float | None


def two_methods(measure: Measure, subject: str, year: int, location: float | None, market: float | None) -> TwoMethods:
    """How the two ways to count the emissions of a year compare."""
    gap = market / location - 1 if location is not None and market is not None and location > 0 else None
    if gap is not None and not any(sign in "123456789" for sign in wording.percent(gap)):
        gap = 0.0
    return TwoMethods(measure.among((location, market)), subject, year, location, market, gap)


@dataclass(frozen=True)
class Drivers:
    """What made energy change between two years. steps: a term for each driver -> what it added, in the unit of the
    measure. whole: whether what is parted is all energy, not only that which can be compared."""

    measure: Measure
    subject: str
    base: int
    year: int
    change: float
    steps: Mapping[str, float]
    whole: bool
