"""Other worlds, in which what is published is as it is and what is hidden may be otherwise, as linear programs."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from pipeline.disclosure.audit import TOLERANCE, Attack, left_open, solver_of
from pipeline.disclosure.relations import Bools, Floats, Ints, System

MARGIN = 1.02  # the other world is sought a little farther off than asked
MOVED = 1e-7  # what deviates by less is noise of the solver


@dataclass(frozen=True)
class Side:
    """One side of an attack: above (sign 1) or below (-1)."""

    part: int
    attack: Attack
    sign: float


class Programs:
    """The linear programs of the parts, one for each attacker, kept: another attack changes only prices and bounds."""

    def __init__(self, parts: list[System]) -> None:
        self.parts = parts
        self.made = dict[tuple[int, tuple[int, ...]], Program]()

    def of(self, side: Side) -> Program:
        key = side.part, side.attack.attacker
        if key not in self.made:
            self.made[key] = Program(self.parts[side.part], side.attack.attacker)
        return self.made[key]

    def replace(self, at: int, part: System) -> None:
        self.parts[at] = part
        self.made = {key: one for key, one in self.made.items() if key[0] != at}


class Program:
    """Other worlds of a part, as an attacker may think them: each unknown and each number may be off, as a share of its
    true value, and what is published only at a price."""

    def __init__(self, part: System, attacker: tuple[int, ...]) -> None:
        # What is known whatever is hidden does not move.
        fixed, _, open_ = left_open(part.always, np.zeros(part.always.shape[0]), part.amounts)
        self.part, inside = part, np.flatnonzero(open_)
        self.own = part.owned(attacker)
        amounts = part.amounts[inside]
        # A ratio told alone is a difference that is nothing: it moves as a share of what it is the difference of.
        whole, all_ = part.numbers @ part.amounts, abs(part.numbers) @ np.abs(part.amounts)
        self.wholes = np.where(np.abs(whole) > MOVED * all_, whole, all_)
        size, many = len(inside), part.numbers.shape[0]
        self.first, self.many = size, many
        scaling, by = sparse.diags(amounts), sparse.diags(1 / np.where(self.wholes != 0, self.wholes, 1.0))
        numbers = sparse.csr_matrix(by @ part.numbers[:, inside] @ scaling)
        always = sparse.csr_matrix(fixed[:, inside])
        limits, most = part.limits(attacker)
        loose, most = even(sparse.csr_matrix(limits[:, inside] @ scaling), most)
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
        lower = np.concatenate([np.minimum(self.own[inside] / amounts - 1, 0.0), np.zeros(2 * many)])
        zero = np.zeros(many + always.shape[0])
        low, up = np.concatenate([zero, np.full(len(most), -np.inf)]), np.concatenate([zero, most])
        self.solver = solver_of(matrix, lower, low, up)
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
        if not self._solved_with(np.tile(dear, 2), lower, upper):
            return None
        world = np.asarray(self.solver.getSolution().col_value)[self.first :]
        return frozenset(np.flatnonzero(np.abs(world[:many] - world[many:]) * steps > MOVED).tolist())

    def together(
        self, goals: Ints, sign: float, hidden: Bools, can: Bools, weights: Floats, share: float
    ) -> tuple[Bools, frozenset[int]]:
        """Which of these numbers are off by `share` on a side in one and the same world, the largest that is found, and the
        numbers that are published and move in the cheapest such world: none where what is hidden will do, else some of those
        that are told by cells that `can` be hidden."""
        part, many = self.part, self.many
        remaining = part.numbers[goals] @ (part.amounts - self.own)
        enough = share * MARGIN * remaining / self.wholes[goals]
        at, other = (goals, many + goals) if sign > 0 else (many + goals, goals)
        shown = part.shown(hidden)
        for stay in (shown, part.shown(hidden | can)):
            lower, upper, prices = np.zeros(2 * many), np.tile(np.where(stay, 0.0, np.inf), 2), np.zeros(2 * many)
            upper[at] = np.where(stay[goals], 0.0, enough)
            prices[at], prices[other] = -1 / enough, MARGIN / enough
            if not self._solved_with(prices, lower, upper):
                continue
            world = np.asarray(self.solver.getSolution().col_value)[self.first :]
            off: Bools = world[at] - world[other] >= enough * (1 - TOLERANCE)
            if off.any():
                break
        else:
            return np.zeros(len(goals), dtype=bool), frozenset()
        if stay is shown:
            return off, frozenset()
        upper[at] = np.where(stay[goals], 0.0, np.inf)
        lower[at[off]] = upper[at[off]] = enough[off]
        upper[other[off]] = 0.0
        price = np.where(shown, part.holders @ np.where(hidden | ~can, 0.0, weights), 0.0)
        if not self._solved_with(np.tile(price, 2), lower, upper):
            return np.zeros(len(goals), dtype=bool), frozenset()
        world = np.asarray(self.solver.getSolution().col_value)[self.first :]
        moved = np.abs(world[:many] - world[many:]) > MOVED
        return off, frozenset(np.flatnonzero(moved & shown).tolist())

    def _solved_with(self, prices: Floats, lower: Floats, upper: Floats) -> bool:
        self.solver.changeColsCost(len(prices), self.columns, prices)
        self.solver.changeColsBounds(len(prices), self.columns, lower, upper)
        return self._solved()

    def _solved(self) -> bool:
        """Whether there is such a world. That it were unbounded is the noise of a solver, for nothing is had for free: then
        once more from the start."""
        self.solver.run()
        if self.solver.getModelStatus() not in (
            highspy.HighsModelStatus.kOptimal,
            highspy.HighsModelStatus.kInfeasible,
        ):
            self.solver.clearSolver()
            self.solver.run()
        return bool(self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def holding(self, side: Side, hidden: Bools, share: float) -> tuple[int, ...]:
        """The published numbers that hold the attacked one closer than `share` on a side: as long as none of them is hidden, it
        stays so close (the dual of the linear program has a price for no other one). Empty where it is far enough off."""
        part, goal, many = self.part, side.attack.number, self.many
        remaining = float((part.numbers[goal] @ (part.amounts - self.own))[0])
        shown = part.shown(hidden)
        if shown[goal]:
            return (goal,)
        enough = share * remaining / self.wholes[goal]
        upper, prices = np.tile(np.where(shown, 0.0, np.inf), 2), np.zeros(2 * many)
        at, other = (goal, many + goal) if side.sign > 0 else (many + goal, goal)
        upper[at], upper[other], prices[at] = enough, 0.0, -1.0
        if not self._solved_with(prices, np.zeros(2 * many), upper):
            return ()
        found = self.solver.getSolution()
        if found.col_value[self.first + at] >= enough * (1 - TOLERANCE):
            return ()
        duals = np.asarray(found.col_dual)[self.first :].reshape(2, many).min(axis=0)
        return tuple(np.flatnonzero(shown & (duals < -MOVED)).tolist())


def even(matrix: sparse.csr_matrix, most: Floats | None = None) -> tuple[sparse.csr_matrix, Floats]:
    """The rows that hold anything, each divided by its largest number, with what each is at most."""
    largest = abs(matrix).max(axis=1).toarray().ravel() if matrix.shape[0] else np.zeros(0)
    kept = np.flatnonzero(largest)
    at_most = (np.zeros(len(largest)) if most is None else most)[kept] / largest[kept]
    return sparse.csr_matrix(sparse.diags(1 / largest[kept], shape=(len(kept), len(kept))) @ matrix[kept]), at_most
