"""Which further cells are hidden, so that no sensitive number can be placed? Secondary suppression.

For every sensitive number that the audit finds too open, the cheapest other world is sought in which it is off by as much
as the policy asks, everything hidden may move freely and everything published only at a price (the linear heuristic of
Kelly, Golden and Assad 1992, as in the Handbook on Statistical Disclosure Control, section 4.4.2). The published cells
that move are hidden. Then those that turn out not to be needed are published again. One and the same order always, so
that the same filings give the same pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from pipeline.disclosure.audit import OUTSIDER, Attack, attacks, close, exposed
from pipeline.disclosure.relations import Bools, Floats, System

MARGIN = 1.02  # the other world is sought a little farther off than asked
MOVED = 1e-7  # what deviates by less is noise of the solver
ROUNDS = 20
FEW = 12  # a cell that so many sides rest on is not tried to be published again
STEP = 40  # so many sides are made safe before it is looked again which ones still are not

Ties = Mapping[int, Sequence[int]]
Unsafe = Callable[[Floats], bool]


@dataclass(frozen=True)
class Open:
    """A number that cannot be protected by hiding what may be hidden: the part of the system, and the attack."""

    part: System
    attack: Attack


@dataclass(frozen=True)
class Suppressed:
    """hidden: of the cells, all that are not published. open: what the audit still finds too close, nothing as a rule."""

    hidden: Bools
    open: tuple[Open, ...]


@dataclass(frozen=True)
class Side:
    """One side of an attack: above (sign 1) or below (-1)."""

    part: int
    attack: Attack
    sign: float


Worlds = dict[Side, frozenset[int]]
"""Side -> the numbers that move in a world in which the number is far enough off: while none of them is published, the
side is safe."""


def suppress(
    system: System,
    sensitive: Iterable[tuple[int, int]],
    hidden: Bools,
    weights: Floats,
    share: float,
    ties: Ties | None = None,
    unsafe: Unsafe | None = None,
) -> Suppressed:
    """Hide cells until the audit passes for what is sensitive, for what is implied, and for the sums of hidden cells that
    would be sensitive as cells.

    sensitive: cells and their sides (keys of `System.number_of`). hidden: the cells that are hidden in any case. weights:
    what it costs to hide each cell; infinite for one that is published in any case. share: of the policy. ties: cells
    that are hidden with a cell. unsafe: whether an amount with these parts of groups would be sensitive (none is told:
    nothing is implied).
    """
    first, hidden, ties = hidden, hidden.copy(), ties or {}
    weights = weights + np.array([sum(weights[other] for other in ties.get(cell, ())) for cell in range(len(weights))])
    keys, parts = sorted(set(sensitive)), system.parts()
    worlds, lost, programs = Worlds(), list[Open](), _Programs(parts)
    many = [part.numbers.shape[0] for part in parts]

    def protect(at: int, numbers: Iterable[int]) -> None:
        wanted = list(attacks(parts[at], numbers))
        while wanted:
            sides = close(parts[at], hidden, wanted, share, exact=False)
            # What is hidden for the first ones often protects the others too.
            for attack, sign in sides[:STEP]:
                if not _hide(programs, Side(at, attack, sign), hidden, weights, share, ties, worlds):
                    lost.append(Open(parts[at], attack))
            wanted = list(dict.fromkeys(attack for attack, _ in sides[STEP:]))

    for at, part in enumerate(parts):
        numbers = dict.fromkeys(part.number_of[key] for key in keys if key in part.number_of)
        protect(at, [*numbers, *implied(part, unsafe)])
    for _ in range(ROUNDS if unsafe else 0):
        before = hidden.copy()
        for at, part in enumerate(parts):
            rows = exposed(part, hidden, unsafe) if unsafe else part.numbers[:0]
            if rows.shape[0]:
                first_new = part.numbers.shape[0]
                programs.replace(at, part.telling(rows))
                protect(at, range(first_new, first_new + rows.shape[0]))
        if np.array_equal(before, hidden):
            break
    _prune(parts, programs, worlds, first, hidden, weights, share, ties)
    for at, part in enumerate(parts):
        numbers = dict.fromkeys(part.number_of[key] for key in keys if key in part.number_of)
        told = range(many[at], part.numbers.shape[0])
        every = [*numbers, *implied(part, unsafe), *told]
        protect(at, every)
        lost += [Open(part, one) for one, _ in close(part, hidden, list(attacks(part, every)), share)]
    return Suppressed(hidden, tuple(lost))


def implied(part: System, unsafe: Unsafe | None) -> list[int]:
    """The implied numbers of a part that would be sensitive as cells."""
    if unsafe is None or part.is_amount is None:
        return []
    return [
        n for n in part.implied
        if part.is_amount[part.numbers[n].indices].all() and unsafe(np.asarray(part.numbers[n] @ part.own).ravel())
    ]  # fmt: skip


def _hide(
    programs: _Programs, side: Side, hidden: Bools, weights: Floats, share: float, ties: Ties, worlds: Worlds
) -> bool:
    """Hide (in place) what makes one side of an attack safe; False where nothing does."""
    part = programs.parts[side.part]
    moved = programs.of(side).cheapest(side, hidden, weights, share)
    if moved is None:
        return False
    worlds[side] = moved
    for cell in np.unique(part.holders[sorted(moved)].indices):
        hidden[[cell, *ties.get(int(cell), ())]] = True
    return True


class _Programs:
    """The linear programs of the parts, one for each attacker, kept: another attack changes only prices and bounds."""

    def __init__(self, parts: list[System]) -> None:
        self.parts = parts
        self.made = dict[tuple[int, int], _Program]()

    def of(self, side: Side) -> _Program:
        key = side.part, side.attack.attacker
        if key not in self.made:
            self.made[key] = _Program(self.parts[side.part], side.attack.attacker)
        return self.made[key]

    def replace(self, at: int, part: System) -> None:
        self.parts[at] = part
        self.made = {key: one for key, one in self.made.items() if key[0] != at}


class _Program:
    """Other worlds of a part, as an attacker may think them: each unknown and each number may be off, as a share of its
    true value, and what is published only at a price."""

    def __init__(self, part: System, attacker: int) -> None:
        self.part, inside = part, np.flatnonzero(part.amounts != 0)
        self.own = part.own[:, attacker] if attacker != OUTSIDER else np.zeros(len(part.own))
        amounts = part.amounts[inside]
        self.wholes = np.asarray(part.numbers @ part.amounts)
        size, many = len(inside), part.numbers.shape[0]
        self.first, self.many = size, many
        scaling, by = sparse.diags(amounts), sparse.diags(1 / np.where(self.wholes != 0, self.wholes, 1.0))
        numbers = sparse.csr_matrix(by @ part.numbers[:, inside] @ scaling)
        always = _even(sparse.csr_matrix(part.always[:, inside] @ scaling))[0]
        limits, most = part.limits(attacker)
        loose, most = _even(sparse.csr_matrix(limits[:, inside] @ scaling), most)
        none = [sparse.csr_matrix((one.shape[0], many)) for one in (always, loose)]
        matrix = sparse.csr_matrix(
            sparse.bmat(
                [
                    [numbers, -sparse.eye(many), sparse.eye(many)],
                    [always, none[0], none[0]],
                    [loose, none[1], none[1]],
                ]
            )
        )
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = size + 2 * many, matrix.shape[0]
        program.col_cost_ = np.zeros(size + 2 * many)
        program.col_lower_ = np.concatenate([np.minimum(self.own[inside] / amounts - 1, 0.0), np.zeros(2 * many)])
        program.col_upper_ = np.full(size + 2 * many, np.inf)
        program.row_lower_ = np.concatenate([np.zeros(many + always.shape[0]), np.full(len(most), -np.inf)])
        program.row_upper_ = np.concatenate([np.zeros(many + always.shape[0]), most])
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
        program.a_matrix_.value_ = matrix.data
        self.solver = highspy.Highs()
        self.solver.silent()
        self.solver.setOptionValue("threads", 1)
        self.solver.passModel(program)
        self.single = np.diff(numbers.indptr) == 1
        self.columns = np.arange(size, size + 2 * many, dtype=np.int32)

    def cheapest(self, side: Side, hidden: Bools, weights: Floats, share: float) -> frozenset[int] | None:
        """The numbers that move in the cheapest world in which the attacked one is off by `share` on a side; None where
        there is no such world. Nothing is to pay for what is hidden."""
        part, goal, many = self.part, side.attack.number, self.many
        remaining = float((part.numbers[goal] @ (part.amounts - self.own))[0])
        steps = np.abs(self.wholes) / remaining
        shown = part.shown(hidden)
        price = np.where(shown, part.holders @ np.where(hidden, 0.0, np.minimum(weights, 1e15)), 0.0)
        stay = price >= 1e15
        if stay[goal]:
            return None
        # Small cells are hidden rather than large ones that would do as well, but none that is too small to do alone.
        dear = price * np.where(self.single, (1 + np.log1p(steps)) * np.maximum(steps, share), steps)
        dear[stay] = 0.0
        lower, upper = np.zeros(2 * many), np.tile(np.where(stay, 0.0, np.inf), 2)
        at, other = (goal, many + goal) if side.sign > 0 else (many + goal, goal)
        lower[at] = upper[at] = share * MARGIN * remaining / self.wholes[goal]
        lower[other] = upper[other] = 0.0
        dear[goal] = 0.0
        self.solver.changeColsCost(2 * many, self.columns, np.tile(dear, 2))
        self.solver.changeColsBounds(2 * many, self.columns, lower, upper)
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        world = np.asarray(self.solver.getSolution().col_value)[self.first :]
        return frozenset(np.flatnonzero(np.abs(world[:many] - world[many:]) * steps > MOVED).tolist())


def _even(matrix: sparse.csr_matrix, most: Floats | None = None) -> tuple[sparse.csr_matrix, Floats]:
    """The rows that hold anything, each divided by its largest number, with what each is at most."""
    largest = abs(matrix).max(axis=1).toarray().ravel() if matrix.shape[0] else np.zeros(0)
    kept = np.flatnonzero(largest)
    at_most = (np.zeros(len(largest)) if most is None else most)[kept] / largest[kept]
    return sparse.csr_matrix(sparse.diags(1 / largest[kept], shape=(len(kept), len(kept))) @ matrix[kept]), at_most


def _prune(
    parts: Sequence[System],
    programs: _Programs,
    worlds: Worlds,
    first: Bools,
    hidden: Bools,
    weights: Floats,
    share: float,
    ties: Ties,
) -> None:
    """Publish again (in place) what need not be hidden, the dearest first; where it moves in some worlds, others are
    sought without it."""
    extra = [int(cell) for cell in np.flatnonzero(hidden & ~first)]
    of_part = [[side for side in worlds if side.part == at] for at in range(len(parts))]
    for cell in sorted(extra, key=lambda cell: (-weights[cell], cell)):
        together = [one for one in (cell, *ties.get(cell, ())) if hidden[one] and not first[one]]
        if not together:
            continue
        before = hidden.copy()
        hidden[together] = False
        told = [set(np.flatnonzero(part.shown(hidden) & ~part.shown(before)).tolist()) for part in parts]
        resting = [side for at in range(len(parts)) if told[at] for side in of_part[at] if worlds[side] & told[at]]
        others = Worlds()
        for side in resting if len(resting) <= FEW else ():
            world = programs.of(side).cheapest(side, hidden, np.full(len(weights), np.inf), share)
            if world is None:
                break
            others[side] = world
        if len(others) < len(resting):
            hidden[:] = before
        else:
            worlds.update(others)
