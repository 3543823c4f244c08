"""What has to be said beside a value: how it is computed, what it rests on, how much of the industry was filed, how far its
target is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.findings.measures import Quantity


@dataclass(frozen=True)
class Sentences:
    """Several things said, each a sentence of its own; what is empty is left out."""

    parts: tuple[Any, ...]

    def __bool__(self) -> bool:
        return any(self.parts)


@dataclass(frozen=True)
class Remarks:
    """What has to be said of values, each once, as one phrase; with a year it says of which year and region."""

    parts: tuple[Any, ...] = ()
    year: int | None = None
    region: str = ""

    def __bool__(self) -> bool:
        return bool(self.parts)


@dataclass(frozen=True)
class Formula:
    """How an indicator is computed."""

    title: str
    formula: str


@dataclass(frozen=True)
class RestsOnFew:
    """That a quotient stands on `n` things; things: `sites`, `data_centres` or `rooms`."""

    title: str
    n: int
    things: str


@dataclass(frozen=True)
class MeasuredAt:
    """By which measurement category (ISO/IEC 30134-2) how much of the electricity behind a PUE was metered: name, share."""

    title: str
    shares: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class FewIn:
    """The provinces where a quotient stands on fewer than `below` things."""

    below: int
    things: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Covered:
    """How much of the frame was filed. filed: None where the public does not read it. year: of a total of the industry; None
    where filers or provinces are counted. table: which one they filed, where not any."""

    title: str
    filed: Quantity | None
    frame: Quantity
    share: float
    year: int | None = None
    table: str = ""


@dataclass(frozen=True)
class NotCovered:
    """That this is less of the frame than a judgement needs."""

    covered: Covered
    needed: float


@dataclass(frozen=True)
class CoversBriefly:
    """How much of the industry values stand for: so many provinces of so many, and of each total (title, shares, year) the
    shares that were filed, as printed."""

    provinces: tuple[int, int] | None
    totals: tuple[tuple[str, tuple[str, ...], int], ...]


@dataclass(frozen=True)
class Covers:
    """How much of the industry the filings cover, measure by measure; without: the tables of which nobody knows the whole."""

    parts: tuple[Covered, ...]
    without: tuple[str, ...]


@dataclass(frozen=True)
class FiledFrom:
    """Of which of the 31 provinces the nation's values are, where some did not file."""

    year: int
    filed: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class ToTarget:
    """How far a value is from its target. way: 1 short of it, -1 beyond it, 0 level with it. under: less than the amount."""

    way: int
    amount: str = ""
    unit: str = ""
    under: bool = False


@dataclass(frozen=True)
class Distance(ToTarget):
    """The same as a value that stands alone, under a head that says what it is."""


@dataclass(frozen=True)
class Needed:
    """What is needed in each year to come. way: 1 up, -1 down. counted: of a number of things, not a rate."""

    way: int
    amount: str
    unit: str = ""
    counted: bool = False


@dataclass(frozen=True)
class Suppressed:
    """How many of the values of a year the public does not get. year: None where there were no values. by_rule: (what a rule
    says, n). alone: ratios of which only the value is told."""

    year: int | None
    whole: int
    hidden: int
    by_rule: tuple[tuple[str, int], ...]
    alone: int = 0
