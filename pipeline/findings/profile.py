"""What a page of a province says besides: how far a value is from a target, what would close the gap, who its peers are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pipeline import wording
from pipeline.findings.measures import Values, there

LIKE = 4  # so many provinces are of like size
NEAR = 0.1  # within so much of the way to a target is near it

Side = Literal["beyond", "met", "short", "far"]


def side(value: float, aim: float, comparator: str, zero: float = 0.0) -> Side:
    """On which side of a target a value is, the target itself being met, and whether by more than NEAR of the way.

    zero: where nothing of the way is done; the way leads from there to `aim` (a PUE begins at 1)."""
    exact, limit = wording.settled(value, aim), Decimal(str(aim))
    is_met = exact >= limit if comparator == ">=" else exact <= limit
    is_near = abs((value - zero) / (aim - zero) - 1) <= NEAR + wording.NOISE
    if is_met:
        return "met" if is_near else "beyond"
    return "short" if is_near else "far"


def like_size(scales: Values, name: str, n: int = LIKE) -> tuple[str, ...]:
    """The `n` others whose scale is nearest to that of `name` by ratio, the nearest first; of two as near, the one that comes
    first in `scales`. None without a scale of its own."""
    known = {one: value for one, value in there(scales).items() if value > 0}
    own = known.pop(name, None)
    if own is None:
        return ()
    return tuple(sorted(known, key=lambda one: max(known[one], own) / min(known[one], own))[:n])


@dataclass(frozen=True)
class ToClose:
    """What would bring a value to its target: so many more shared `sites` of those that were new, or so much less
    `electricity` (kWh) or `energy` (kgce) for the same service. of: all of it there was."""

    kind: Literal["sites", "electricity", "energy"]
    amount: float
    of: float

    @property
    def share(self) -> float:
        return self.amount / self.of


def more_sites(shared: float, new: float, aim: float) -> ToClose:
    """How many more of the `new` sites had to be shared for the rate `aim`."""
    return ToClose("sites", float(math.ceil(round(aim * new - shared, 6))), new)


def less(kind: Literal["electricity", "energy"], used: float, quotient: float, aim: float) -> ToClose:
    """How much less than `used` had to be used for a quotient of use over service to fall from `quotient` to `aim`."""
    return ToClose(kind, used * (1 - aim / quotient), used)
