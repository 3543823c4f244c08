"""Which findings weigh most, so that two pages can tell five: what is missed first, then what got worse, then the rest.

The score of a finding is the sum of four parts, each from 0 to 1:
- distance: how far the value is from its target, short of it or beyond, as a part of the whole way there;
- change: the step of the last year, as a part of the range of all years;
- rank: how far the province stands from the middle of all (the first and the last count 1);
- movement: the places won or lost within the year, as a part of all places.
What is not known counts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.findings.measures import Measure

FINDINGS, OF_A_THEME = 5, 2
Kind = Literal["miss", "setback", "success"]
ORDER: tuple[Kind, ...] = ("miss", "setback", "success")


@dataclass(frozen=True)
class Candidate:
    """What might be told. theme: so that no more than OF_A_THEME are of one. better: 1 where more is better, -1 where less
    is, 0 where neither. way: the part of the way to its target that is missing, negative beyond it; None where there is no
    target to compare with. path: its values by year, the latest last. place, before: counted from the best, of `of`, now and
    a year before."""

    id: str
    theme: str
    measure: Measure
    better: int
    path: tuple[float, ...]
    way: float | None = None
    place: int | None = None
    before: int | None = None
    of: int = 0

    @property
    def kind(self) -> Kind:
        """miss: short of its target. setback: by the year's step, as printed, on the worse side; all else is a success."""
        if self.way is not None and self.way > 0:
            return "miss"
        step = self.measure.gap(self.path[-1], self.path[-2]) if len(self.path) > 1 else 0
        return "setback" if step * self.better < 0 else "success"

    @property
    def score(self) -> float:
        return self._distance + self._change + self._rank + self._movement

    @property
    def _distance(self) -> float:
        return 0.0 if self.way is None else min(1.0, abs(self.way))

    @property
    def _change(self) -> float:
        span = max(self.path) - min(self.path)
        return abs(self.path[-1] - self.path[-2]) / span if span else 0.0

    @property
    def _rank(self) -> float:
        return 0.0 if self.place is None or self.of < 2 else abs(2 * (self.place - 1) / (self.of - 1) - 1)

    @property
    def _movement(self) -> float:
        if self.place is None or self.before is None or self.of < 2:
            return 0.0
        return min(1.0, abs(self.place - self.before) / (self.of - 1))


def weightiest(
    candidates: Iterable[Candidate], n: int = FINDINGS, of_a_theme: int = OF_A_THEME
) -> tuple[Candidate, ...]:
    """The `n` of most weight: by kind in ORDER, then by score; those that weigh the same keep the order in which they came."""
    chosen: list[Candidate] = []
    for one in sorted(candidates, key=lambda one: (ORDER.index(one.kind), -round(one.score, 9))):
        if sum(other.theme == one.theme for other in chosen) < of_a_theme and len(chosen) < n:
            chosen.append(one)
    return tuple(chosen)


def moved_places(candidates: Sequence[Candidate]) -> Candidate | None:
    """The one that lost most places within the year; None where none lost any."""
    lost = [(one.place - one.before, one) for one in candidates if one.place is not None and one.before is not None]
    worst = max(lost, key=lambda pair: pair[0], default=(0, None))
    return worst[1] if worst[0] > 0 else None
