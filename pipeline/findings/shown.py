"""What a figure shows, for whoever cannot see it: its range, its extremes, its way, and the numbers instead of the colours.

kind: the kind of chart, a term of the glossary: line, column, dot. what: the quantity, as `language` says it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.findings.measures import Measure, Values


@dataclass(frozen=True)
class SeriesShown:
    """A time series of one or more lines; what: without years. printed: by year, the text to tell instead of the value of a
    single line, such as 超13 万个. names: what lines are called whose key is not their name."""

    kind: str
    what: Any
    measure: Measure
    years: Sequence[int]
    lines: Mapping[str, Sequence[float | None]]
    printed: Mapping[int, str] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RankingShown:
    """A ranking or tile grid of provinces; what: with its year. own: whose place is told, counted from the highest unless
    `descending` is False, as in the title."""

    kind: str
    what: Any
    measure: Measure
    values: Values
    own: str = ""
    descending: bool = True


@dataclass(frozen=True)
class GroupsShown:
    """A few named values, each told. names: what they are called whose key is not their name."""

    kind: str
    what: Any
    measure: Measure
    values: Values
    names: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StepsShown:
    """The way from one total to another: name and value of the two, and what each step adds."""

    kind: str
    what: Any
    measure: Measure
    start: tuple[str, float]
    steps: Mapping[str, float]
    end: tuple[str, float]
