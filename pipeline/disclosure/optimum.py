"""The cheapest cells to hide beside sensitive ones: the exact optimum, where a part is small enough to look for it.

Integer programming with cuts (Fischetti and Salazar 2001, in the Handbook on Statistical Disclosure Control, section 4.4.1).
The cheapest choice of cells that fulfils the cuts so far is tried; where it leaves a side of an attack too close, the dual
of that side's linear program names the published numbers that hold it, one of which any good choice has to hide: the next
cut. The first choice that leaves nothing close is the optimum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from pipeline.disclosure.audit import Attack, close
from pipeline.disclosure.relations import Bools, Floats
from pipeline.disclosure.worlds import Programs, Side

ROUNDS = 50  # cuts are looked for so often, then the search is given up: always at the same place
NODES = (
    10_000  # of a search for the cheapest cells that fulfil cuts, likewise: a count, so that every machine ends alike
)


def cheapest(
    programs: Programs,
    at: int,
    wanted: Sequence[Attack],
    given: Bools,
    weights: Floats,
    share: float,
    ties: Mapping[int, Sequence[int]],
) -> Bools | None:
    """The cells to hide beside those of `given`, at the least sum of weights, so that the audit passes for `wanted` of the part
    `at`; None where there is none, or it is not found soon."""
    part = programs.parts[at]
    cuts = dict[tuple[int, ...], None]()
    for _ in range(ROUNDS):
        chosen = _least(part.holders, list(cuts), given, weights, ties)
        if chosen is None:
            return None
        sides = [Side(at, attack, sign) for attack, sign in close(part, chosen, wanted, share, exact=False)]
        found = {held: None for side in sides if (held := programs.of(side).holding(side, chosen, share))}
        if not found:
            return chosen
        if not found.keys() - cuts.keys():
            return None  # the noise of a solver
        cuts |= found
    return None


def _least(
    holders: sparse.csr_matrix,
    cuts: Sequence[tuple[int, ...]],
    given: Bools,
    weights: Floats,
    ties: Mapping[int, Sequence[int]],
) -> Bools | None:
    """The cheapest cells of which every cut has a number that no cell tells any more; None where there are none, or none is
    found soon."""
    numbers = sorted({number for cut in cuts for number in cut})
    if not numbers:
        return given.copy()
    cells = sorted({int(cell) for number in numbers for cell in holders[number].indices} | {
        other for number in numbers for cell in holders[number].indices for other in ties.get(int(cell), ())
    })  # fmt: skip
    place = {cell: n for n, cell in enumerate(cells)}
    of_number = {number: len(cells) + n for n, number in enumerate(numbers)}
    rows: list[dict[int, float]] = []
    for number in numbers:  # hidden only with all cells that tell it
        rows += [{place[int(cell)]: 1.0, of_number[number]: -1.0} for cell in holders[number].indices]
    rows += [{place[cell]: -1.0, place[other]: 1.0} for cell in cells for other in ties.get(cell, ())]
    matrix = sparse.lil_matrix((len(rows) + len(cuts), len(cells) + len(numbers)))
    for n, row in enumerate(rows):
        for column, value in row.items():
            matrix[n, column] = value
    for n, cut in enumerate(cuts, len(rows)):
        matrix[n, [of_number[number] for number in cut]] = 1.0
    low = np.concatenate([np.zeros(len(rows)), np.ones(matrix.shape[0] - len(rows))])
    can = np.array([given[cell] or np.isfinite(weights[cell]) for cell in cells])
    cost = np.where(given[cells] | ~can, 0.0, weights[cells])
    bounds = Bounds(
        np.concatenate([given[cells].astype(float), np.zeros(len(numbers))]),
        np.concatenate([can.astype(float), np.ones(len(numbers))]),
    )
    done = milp(
        np.concatenate([cost, np.zeros(len(numbers))]), integrality=np.ones(matrix.shape[1]), bounds=bounds,
        constraints=LinearConstraint(sparse.csr_matrix(matrix), low, np.inf), options={"mip_rel_gap": 0.0, "node_limit": NODES},
    )  # fmt: skip
    if not done.success:
        return None
    chosen = given.copy()
    chosen[cells] |= done.x[: len(cells)] > 0.5
    return chosen
