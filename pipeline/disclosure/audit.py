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

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.disclosure.relations import Bools, Floats, Ints, System

OUTSIDER: tuple[int, ...] = ()
"""The attacker who contributes nothing."""

WIDE = 1.0  # deviations are searched up to as much as there is: beyond, an interval is wide whatever its end
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Attack:
    """Who tries to place which number (row of `System.numbers`); attacker: indices of groups, one or a pair, or OUTSIDER."""

    number: int
    attacker: tuple[int, ...]


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
    """Every attack on `numbers`: of an outsider, and of each group (and pair, `System.pairs`) that contributes to anything in
    the system, for a cell hidden beside a number tells of it to whoever knows the cell. Who contributes all of a number has
    nothing to find out.
    """
    attackers = system.attackers()
    for number in numbers:
        parts = np.asarray(system.numbers[number] @ system.own).ravel()
        whole = float(parts.sum())
        for attacker in attackers:
            if whole - float(parts[list(attacker)].sum()) > TOLERANCE * whole:
                yield Attack(int(number), attacker)


def intervals(
    system: System, hidden: Bools, wanted: Sequence[Attack], rounding: Floats | None = None
) -> list[Interval]:
    """The interval of each attack, in their order.

    hidden: of the cells (rows of `system.cells`), those not published. rounding: of each number, half of the unit that
    it is printed with (default: printed exactly).
    """
    found = dict[Attack, Interval]()
    for program in _programs(system, hidden, wanted, rounding):
        for at, attack in enumerate(program.attacks):
            found[attack] = Interval(attack, *(program.farthest(at, sign) for sign in (-1.0, 1.0)))
    return [found.get(one, Interval(one, 0.0, 0.0)) for one in wanted]


def close(
    system: System, hidden: Bools, wanted: Sequence[Attack], share: float, exact: bool = True
) -> list[tuple[Attack, float]]:
    """The sides of attacks (-1 below, 1 above) on which the number is less than `share` off, in the order of `wanted`.

    One world in which many numbers are far off proves all of them safe at once, so most need no program of their own.
    exact: otherwise with what could not be proven safe so, and may be safe all the same.
    """
    enough = share * (1 - TOLERANCE)
    known, found = set(wanted), dict[tuple[Attack, float], bool]()
    for program in _programs(system, hidden, wanted):
        known -= set(program.attacks)
        for sign in (-1.0, 1.0):
            left = list(range(len(program.attacks)))
            while len(left) > 1:
                reached = program.together(left, sign, share)
                after = [at for at, far in zip(left, reached, strict=True) if far < enough]
                if len(after) == len(left):
                    break
                left = after
            for at in left:
                if not exact or program.farthest(at, sign, share) < enough:
                    found[program.attacks[at], sign] = True
    return [(one, sign) for one in wanted for sign in (1.0, -1.0) if one in known or (one, sign) in found]


def _programs(
    system: System, hidden: Bools, wanted: Sequence[Attack], rounding: Floats | None = None
) -> Iterator[_Program]:
    """A linear program for each attacker and part that hangs together; a number of what is known is in none."""
    if not wanted:
        return
    shown = system.shown(hidden)
    half = (np.zeros(system.numbers.shape[0]) if rounding is None else rounding)[shown]
    half = np.concatenate([half, np.zeros(system.always.shape[0])])
    equations = sparse.csr_matrix(sparse.vstack([system.numbers[shown], system.always]))
    equations, half, open_ = left_open(equations, half, system.amounts)
    diagonal = sparse.diags(np.where(open_, system.amounts, 0.0))
    goals = system.numbers[sorted({attack.number for attack in wanted})]
    of_attacker = dict[tuple[int, ...], list[Attack]]()
    for attack in dict.fromkeys(wanted):
        of_attacker.setdefault(attack.attacker, []).append(attack)
    for attacker, attacks_ in of_attacker.items():
        limits, most = system.limits(attacker)
        loose = sparse.csr_matrix(limits @ diagonal)
        part_of = _parts(sparse.csr_matrix(sparse.vstack([equations, loose, goals @ diagonal])), open_)
        for part, of_part in _by_part(system, attacks_, part_of).items():
            inside = np.flatnonzero(part_of == part)
            tight = equations[:, inside]
            rows = np.flatnonzero(np.diff(tight.indptr))
            wide = loose[:, inside]
            bounded = np.flatnonzero(np.diff(wide.indptr))
            yield _Program(system, of_part, inside, tight[rows], half[rows], wide[bounded], most[bounded])


def solver_of(matrix: sparse.csr_matrix, column_lower: Floats, row_lower: Floats, row_upper: Floats) -> highspy.Highs:
    """A silent solver that holds a linear program: row_lower <= matrix @ x <= row_upper, x >= column_lower, nothing to win
    yet."""
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_ = np.zeros(matrix.shape[1])
    program.col_lower_, program.col_upper_ = column_lower, np.full(matrix.shape[1], np.inf)
    program.row_lower_, program.row_upper_ = row_lower, row_upper
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)  # a process has one scheduler, which refuses another number
    solver.passModel(program)
    return solver


class _Program:
    """The attacks of one attacker on the numbers of one part, as a linear program in deviations from the truth.

    Unknowns are scaled by their true values, numbers by what the attacker does not know of them; each number is a column
    of its own, so that another attack is only another objective and the solver goes on from where it is.
    """

    def __init__(
        self, system: System, attacks_: Sequence[Attack], inside: Ints, tight: sparse.csr_matrix, half: Floats,
        loose: sparse.csr_matrix, most: Floats,
    ) -> None:  # fmt: skip
        self.attacks = list(attacks_)
        size, many, attacker = len(inside), len(self.attacks), self.attacks[0].attacker
        self.first = size
        own = system.owned(attacker)
        rows = system.numbers[[one.number for one in self.attacks]]
        remaining = rows @ (system.amounts - own)
        goal = sparse.diags(1 / remaining) @ rows[:, inside] @ sparse.diags(system.amounts[inside])
        largest = abs(loose).max(axis=1).toarray().ravel() if loose.shape[0] else np.zeros(0)
        scale = sparse.diags(1 / largest) if len(largest) else loose[:, :0] @ sparse.csr_matrix((0, 0))
        blocks = [
            [tight, sparse.csr_matrix((tight.shape[0], many))],
            [sparse.csr_matrix(scale @ loose) if len(largest) else loose, sparse.csr_matrix((loose.shape[0], many))],
            [goal, -sparse.eye(many)],
        ]
        matrix = sparse.csr_matrix(sparse.bmat(blocks))
        lower = np.minimum(own[inside] / system.amounts[inside] - 1, 0)
        up = np.concatenate([half, most / largest if len(largest) else most, np.zeros(many)])
        low = np.concatenate([-half, np.full(len(most), -np.inf), np.zeros(many)])
        self.solver = solver_of(matrix, np.concatenate([lower, np.full(many, -np.inf)]), low, up)
        self.solver.changeObjectiveSense(highspy.ObjSense.kMaximize)

    def farthest(self, at: int, sign: float, most: float = WIDE) -> float:
        """How far the number can be off on a side, at most `most`."""
        return self.together([at], sign, most)[0]

    def together(self, chosen: Sequence[int], sign: float, most: float) -> list[float]:
        """How far all of these are off in the world in which they are farthest off together, each at most `most`."""
        solver, columns = self.solver, [self.first + at for at in chosen]
        for column in columns:
            solver.changeColCost(column, sign)
            solver.changeColBounds(column, *((-np.inf, most) if sign > 0 else (-most, np.inf)))
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            # The truth itself is feasible, so only a failure of the solver is left: once more from the start.
            solver.clearSolver()
            solver.run()
        if (status := solver.getModelStatus()) != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"the audit's linear program was not solved: {status}")
        values = solver.getSolution().col_value
        for column in columns:
            solver.changeColCost(column, 0.0)
            solver.changeColBounds(column, -np.inf, np.inf)
        return [sign * values[column] for column in columns]


def exposed(system: System, hidden: Bools, unsafe: Callable[[Floats], bool]) -> sparse.csr_matrix:
    """Sums of hidden unknowns that a published number and what else is known leave over, and that would be sensitive as
    cells: two provinces that are hidden beside each other tell their sum, and perhaps one group files both."""
    known = sparse.csr_matrix(sparse.vstack([system.numbers[system.shown(hidden)], system.always]))
    _, _, open_ = left_open(known, np.zeros(known.shape[0]), system.amounts)
    left = sparse.csr_matrix(known @ sparse.diags(open_.astype(np.float64)))
    left.eliminate_zeros()
    one_sign = np.asarray(abs(left).sum(axis=1)).ravel() == np.abs(np.asarray(left.sum(axis=1)).ravel())
    amounts = np.ones(len(open_), dtype=bool) if system.is_amount is None else system.is_amount
    rows = [
        n for n in np.flatnonzero(one_sign & (np.diff(left.indptr) > 0))
        if amounts[left[n].indices].all() and unsafe(np.asarray(abs(left[n]) @ system.own).ravel())
    ]  # fmt: skip
    return sparse.csr_matrix(abs(left[rows]))


def left_open(known: sparse.csr_matrix, half: Floats, amounts: Floats) -> tuple[sparse.csr_matrix, Floats, Bools]:
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


def _by_part(system: System, wanted: Sequence[Attack], part_of: Ints) -> dict[int, list[Attack]]:
    """Attacks by the part that their number is in; not those on a number of what is known."""
    by_part = dict[int, list[Attack]]()
    for attack in wanted:
        start, end = system.numbers.indptr[attack.number : attack.number + 2]
        part = int(part_of[system.numbers.indices[start:end]].max())
        if part >= 0:
            by_part.setdefault(part, []).append(attack)
    return by_part
