"""How closely can somebody place a hidden number? An attack on what is published, by linear programming.

The attacker knows every published number, every relation between numbers, the totals that groups publish of themselves,
that no amount is negative, and, where it is a group that files itself, its own part of every number. Between what bounds
can a hidden number then lie (the feasibility interval of the Handbook on Statistical Disclosure Control, section 4.3)?
Both bounds must be as far from the part of the others as the policy asks.

All is told in deviations from the truth, d = x - true: what is published does not deviate, and x >= own means
d >= own - true. So no large numbers are subtracted, and one linear program holds many attacks side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse import csgraph

from pipeline.disclosure.relations import Bools, Floats, Ints, System

OUTSIDER = -1
"""The attacker who contributes nothing."""

WIDE = 1.0  # deviations are searched up to as much as there is: beyond, an interval is wide whatever its end
BATCH = 5_000  # unknowns of one linear program
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Attack:
    """Who tries to place which number (row of `System.numbers`); attacker: index of a group, or OUTSIDER."""

    number: int
    attacker: int


@dataclass(frozen=True)
class Interval:
    """How far the number can lie below and above its true value, as a share of what the attacker does not know of it;
    at most WIDE each."""

    attack: Attack
    below: float
    above: float

    def protects(self, share: float) -> bool:
        return min(self.below, self.above) >= share * (1 - TOLERANCE)


def attacks(system: System, numbers: Iterable[int]) -> Iterator[Attack]:
    """Every attack on `numbers`: of an outsider, and of each group that contributes to anything in the system, for a cell
    hidden beside a number tells of it to whoever knows the cell. Who contributes all of a number has nothing to find out.
    """
    for number in numbers:
        parts = np.asarray(system.numbers[number] @ system.own).ravel()
        whole = float(parts.sum())
        for attacker in (OUTSIDER, *np.flatnonzero(system.own.any(axis=0))):
            part = 0.0 if attacker == OUTSIDER else float(parts[attacker])
            if whole - part > TOLERANCE * whole:
                yield Attack(int(number), int(attacker))


def intervals(
    system: System, hidden: Bools, wanted: Sequence[Attack], rounding: Floats | None = None
) -> list[Interval]:
    """The interval of each attack, in their order.

    hidden: of the cells (rows of `system.cells`), those not published. rounding: of each number, half of the unit that
    it is printed with (default: printed exactly).
    """
    if not wanted:
        return []
    shown = system.shown(hidden)
    half = (np.zeros(system.numbers.shape[0]) if rounding is None else rounding)[shown]
    half = np.concatenate([half, np.zeros(system.always.shape[0])])
    equations = sparse.csr_matrix(sparse.vstack([system.numbers[shown], system.always]))
    equations, half, open_ = _left_open(equations, half, system.amounts)
    goals = system.numbers[sorted({attack.number for attack in wanted})]
    part_of = _parts(
        sparse.csr_matrix(sparse.vstack([equations, goals @ sparse.diags(open_.astype(np.float64))])), open_
    )
    found = dict[Attack, Interval]()
    for part, of_part in _by_part(system, wanted, part_of, found).items():
        inside = np.flatnonzero(part_of == part)
        matrix = equations[:, inside]
        rows = np.flatnonzero(np.diff(matrix.indptr))
        step = max(1, BATCH // len(inside))
        for start in range(0, len(of_part), step):
            for interval in _solved(system, of_part[start : start + step], inside, matrix[rows], half[rows]):
                found[interval.attack] = interval
    return [found[one] for one in wanted]


def exposed(system: System, hidden: Bools, unsafe: Callable[[Floats], bool]) -> sparse.csr_matrix:
    """Sums of hidden unknowns that a published number and what else is known leave over, and that would be sensitive as
    cells: two provinces that are hidden beside each other tell their sum, and perhaps one group files both."""
    known = sparse.csr_matrix(sparse.vstack([system.numbers[system.shown(hidden)], system.always]))
    _, _, open_ = _left_open(known, np.zeros(known.shape[0]), system.amounts)
    left = sparse.csr_matrix(known @ sparse.diags(open_.astype(np.float64)))
    left.eliminate_zeros()
    one_sign = np.asarray(abs(left).sum(axis=1)).ravel() == np.abs(np.asarray(left.sum(axis=1)).ravel())
    amounts = np.ones(len(open_), dtype=bool) if system.is_amount is None else system.is_amount
    rows = [
        n for n in np.flatnonzero(one_sign & (np.diff(left.indptr) > 0))
        if amounts[left[n].indices].all() and unsafe(np.asarray(abs(left[n]) @ system.own).ravel())
    ]  # fmt: skip
    return sparse.csr_matrix(abs(left[rows]))


def _left_open(known: sparse.csr_matrix, half: Floats, amounts: Floats) -> tuple[sparse.csr_matrix, Floats, Bools]:
    """The equations that leave something open, their rounding, and which unknowns are not known.

    An unknown that an exact equation determines alone is known, and so on until nothing more follows; nothing (0) is
    known, for a zero may be told by the nature of a thing. Unknowns are scaled by their true values.
    """
    open_ = amounts != 0
    equations = sparse.csr_matrix(known @ sparse.diags(amounts))
    while True:
        equations = sparse.csr_matrix(equations @ sparse.diags(open_.astype(np.float64)))
        equations.eliminate_zeros()
        single = np.flatnonzero((np.diff(equations.indptr) == 1) & (half == 0))
        if not len(single):
            break
        open_[equations.indices[equations.indptr[single]]] = False
    kept = np.diff(equations.indptr) > 0
    equations, half = sparse.csr_matrix(equations[kept]), half[kept]
    largest = abs(equations).max(axis=1).toarray().ravel() if equations.shape[0] else np.zeros(0)
    equations = sparse.csr_matrix(sparse.diags(1 / largest) @ equations)
    return equations, half / largest, open_


def _parts(links: sparse.csr_matrix, open_: Bools) -> Ints:
    """To which part each unknown belongs (-1: known): no equation and no number in question holds unknowns of two."""
    links.eliminate_zeros()
    links.data[:] = 1
    _, parts = csgraph.connected_components(links.T @ links, directed=False)
    return np.where(open_, parts, -1)


def _by_part(
    system: System, wanted: Sequence[Attack], part_of: Ints, found: dict[Attack, Interval]
) -> dict[int, list[Attack]]:
    """Attacks by the part that their number is in; a number of what is known is known itself, and found at once."""
    by_part = dict[int, list[Attack]]()
    for attack in wanted:
        start, end = system.numbers.indptr[attack.number : attack.number + 2]
        part = int(part_of[system.numbers.indices[start:end]].max())
        if part < 0:
            found[attack] = Interval(attack, 0.0, 0.0)
        else:
            by_part.setdefault(part, []).append(attack)
    return by_part


def _solved(
    system: System, batch: Sequence[Attack], inside: Ints, matrix: sparse.csr_matrix, half: Floats
) -> Iterator[Interval]:
    """All attacks of a batch in two linear programs: the largest deviations below and above. Unknowns are scaled by their
    true values, numbers by what the attacker does not know of them."""
    size, many = len(inside), len(batch)
    amounts = system.amounts[inside]
    numbers, who = [one.number for one in batch], [one.attacker for one in batch]
    own = np.column_stack([system.own, np.zeros(len(system.own))])[:, who]  # OUTSIDER is the last column
    rows = system.numbers[numbers]
    remaining = rows @ system.amounts - np.asarray(rows.multiply(own.T).sum(axis=1)).ravel()
    lower = np.minimum(own[inside].T / amounts - 1, 0)
    scaled = sparse.coo_matrix(sparse.diags(1 / remaining) @ rows[:, inside] @ sparse.diags(amounts))
    goal = sparse.csr_matrix((scaled.data, (scaled.row, scaled.row * size + scaled.col)), shape=(many, many * size))
    all_rows = sparse.csr_matrix(sparse.kron(sparse.eye(many), matrix))
    halves = np.tile(half, many)
    exact = halves == 0
    bounds = np.column_stack([lower.ravel(), np.full(many * size, np.inf)])
    reached = []
    for sign in (-1.0, 1.0):
        limits = [sign * goal, all_rows[~exact], -all_rows[~exact]]
        answer = linprog(
            -sign * np.asarray(goal.sum(axis=0)).ravel(),
            A_ub=sparse.vstack(limits).tocsr(),
            b_ub=np.concatenate([np.full(many, WIDE), halves[~exact], halves[~exact]]),
            A_eq=all_rows[exact] if exact.any() else None,
            b_eq=np.zeros(int(exact.sum())) if exact.any() else None,
            bounds=bounds,
            method="highs",
        )
        if answer.status != 0:  # the truth itself is feasible, so only a failure of the solver is left
            raise RuntimeError(f"the audit's linear program was not solved: {answer.message}")
        reached.append(sign * np.asarray(goal @ answer.x).ravel())
    for attack, below, above in zip(batch, *reached, strict=True):
        yield Interval(attack, float(below), float(above))
