"""Of what is hidden beside sensitive cells, as little as will do: cuts for all attacks at once, and the fewest cells that
meet them.

A choice that is safe leaves the cells among which a smaller one is sought, so that the linear programs hold only what these
leave open. Where a side of an attack comes too close, the dual of its program names the published numbers that hold it, one
of which any safe choice has to hide: a cut (Fischetti and Salazar 2001, in the Handbook on Statistical Disclosure Control,
section 4.4.1). The fewest cells that meet all cuts so far are grown, a cell for each new cut, until nothing comes close; the
next ones are sought among these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from pipeline.disclosure.audit import TOLERANCE, attacks, close, exposed, left_open, solver_of
from pipeline.disclosure.optimum import NODES
from pipeline.disclosure.relations import Bools, Floats, System
from pipeline.disclosure.worlds import even

PRICED = 1e-7  # a dual that is smaller is the noise of a solver
BATCH = 25  # so many cuts are met before it is looked again what is still too close
GAP = 1e-3  # of the fewest cells that meet the cuts: so near to them will do


@dataclass(frozen=True)
class Cells:
    """given: those that are hidden whatever is chosen. costs: of the others. ties: cell -> all that are hidden with it."""

    given: Bools
    costs: Floats
    ties: Mapping[int, Sequence[int]]

    def cost(self, hidden: Bools) -> float:
        return float(self.costs[hidden & ~self.given].sum())

    def with_(self, hidden: Bools, cells: Iterable[int]) -> Bools:
        """hidden, these cells, and all that are hidden with them."""
        more = hidden.copy()
        for cell in cells:
            more[[cell, *self.ties.get(int(cell), ())]] = True
        return more


class _UnsolvedError(Exception):
    """A solver gave up."""


class Attacker:
    """The attacks of one attacker on numbers of a part, as a linear program in deviations from the truth, where cells beyond
    `most` are told in any case. A number of one unknown is a bound of it, every other one a row."""

    def __init__(
        self, part: System, attacker: tuple[int, ...], goals: Sequence[int], most: Bools, share: float
    ) -> None:
        told = part.shown(most)
        fixed = sparse.csr_matrix(sparse.vstack([part.numbers[told], part.always]))
        fixed, _, open_ = left_open(fixed, np.zeros(fixed.shape[0]), part.amounts)
        inside = np.flatnonzero(open_)
        own, amounts = part.owned(attacker), part.amounts[inside]
        by = sparse.diags(amounts)
        numbers = sparse.csr_matrix(part.numbers[:, inside] @ by)
        numbers.eliminate_zeros()
        held = np.diff(numbers.indptr)
        self.single, several = np.flatnonzero(~told & (held == 1)), np.flatnonzero(~told & (held > 1))
        self.unknown = numbers.indices[numbers.indptr[self.single]]
        self.several, self.goals, self.share = several, np.array(goals), share
        rest = np.asarray(part.numbers[self.goals] @ (part.amounts - own)).ravel()
        aims = sparse.csr_matrix(sparse.diags(1 / rest) @ numbers[self.goals])
        limits, above = part.limits(attacker)
        limits, above = even(sparse.csr_matrix(limits[:, inside] @ by), above)
        rows, _ = even(numbers[several])
        fixed = sparse.csr_matrix(fixed[:, inside])
        fixed = fixed[np.flatnonzero(np.diff(fixed.indptr))]
        self.first, many = len(inside), len(goals)
        matrix = sparse.csr_matrix(
            sparse.bmat([[rows, None], [fixed, None], [limits, None], [aims, -sparse.eye(many)]])
        )
        none = np.zeros(len(several) + fixed.shape[0])
        low = np.concatenate([none, np.full(len(above), -np.inf), np.zeros(many)])
        up = np.concatenate([none, above, np.zeros(many)])
        self.lowest = np.minimum(own[inside] / amounts - 1, 0.0)
        self.solver = solver_of(matrix, np.concatenate([self.lowest, np.full(many, -np.inf)]), low, up)
        self.aims = np.arange(self.first, self.first + many, dtype=np.int32)

    def show(self, told: Bools) -> None:
        """told: of the numbers of the part."""
        self.told, low, up = told, self.lowest.copy(), np.full(self.first, np.inf)
        at = self.unknown[told[self.single]]
        low[at] = up[at] = 0.0
        self.solver.changeColsBounds(self.first, np.arange(self.first, dtype=np.int32), low, up)
        free = np.where(told[self.several], 0.0, np.inf)
        self.solver.changeRowsBounds(len(free), np.arange(len(free), dtype=np.int32), -free, free)  # type: ignore[attr-defined]

    def close(self, goals: Sequence[int], sign: float) -> list[int]:
        """Which of these (places in `goals`) are not proven safe in a world that many of them share."""
        left = np.array(goals, dtype=np.int64)
        while len(left):
            off = sign * self._solved(left, sign)[left] >= self.share * (1 - TOLERANCE)
            if not off.any():
                break
            left = left[~off]
        return [int(one) for one in left]

    def cut(self, goal: int, sign: float) -> tuple[int, ...]:
        """The numbers told of which one has to be hidden so that the goal is safe on a side; empty where it is."""
        if sign * self._solved(np.array([goal]), sign)[goal] >= self.share * (1 - TOLERANCE):
            return ()
        found = self.solver.getSolution()
        of_unknown = np.abs(np.asarray(found.col_dual)[: self.first]) > PRICED
        of_row = np.abs(np.asarray(found.row_dual)[: len(self.several)]) > PRICED
        bounds = np.flatnonzero(self.told[self.single] & of_unknown[self.unknown])
        _, once = np.unique(self.unknown[bounds], return_index=True)
        rows = self.several[self.told[self.several] & of_row]
        return tuple(int(one) for one in (*self.single[bounds[once]], *rows))

    def _solved(self, goals: np.ndarray[tuple[int, ...], np.dtype[np.int64]], sign: float) -> Floats:
        """How far off the numbers are in the world in which these are farthest off together, each at most as far as asked."""
        many = len(self.aims)
        prices, low, up = np.zeros(many), np.full(many, -np.inf), np.full(many, np.inf)
        prices[goals] = -sign
        (up if sign > 0 else low)[goals] = sign * self.share
        self.solver.changeColsCost(many, self.aims, prices)
        self.solver.changeColsBounds(many, self.aims, low, up)
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            self.solver.clearSolver()
            self.solver.run()
        if (status := self.solver.getModelStatus()) != highspy.HighsModelStatus.kOptimal:
            raise _UnsolvedError(str(status))
        return np.asarray(self.solver.getSolution().col_value)[self.first :]


class _Search:
    """most: a safe choice, among the cells of which a smaller one is sought. cuts: of numbers (part, number), one of which any
    safe choice has to hide. wanted: of each part the numbers to protect; with sums of hidden cells as they are found."""

    def __init__(
        self, parts: list[System], wanted: list[list[int]], most: Bools, cells: Cells, share: float,
        unsafe: Callable[[Floats], bool],
    ) -> None:  # fmt: skip
        self.parts, self.wanted, self.most, self.cells, self.share, self.unsafe = (
            parts,
            wanted,
            most,
            cells,
            share,
            unsafe,
        )
        self.cuts, self.many = dict[frozenset[tuple[int, int]], None](), Counter[tuple[int, int]]()
        self.sums = [set[tuple[int, ...]]() for _ in parts]
        self.attackers = dict[tuple[int, tuple[int, ...]], Attacker]()

    def among(self, most: Bools) -> None:
        self.most = most
        self.attackers.clear()

    def grow(self, hidden: Bools, back: bool) -> bool:
        """Hide (in place) what makes all safe; whether anything was to be hidden. back: the last attacks first."""
        before = hidden.copy()
        for at in range(len(self.parts)):
            self._grow(at, hidden, back)
            while self._new_sums(at, hidden):
                self._grow(at, hidden, back)
        return not np.array_equal(before, hidden)

    def _grow(self, at: int, hidden: Bools, back: bool) -> None:
        part, step = self.parts[at], -1 if back else 1
        of_attacker = dict[tuple[int, ...], list[int]]()
        for attack in attacks(part, self.wanted[at]):
            of_attacker.setdefault(attack.attacker, []).append(attack.number)
        for who, goals in list(of_attacker.items())[::step]:
            if (at, who) not in self.attackers:
                self.attackers[at, who] = Attacker(part, who, goals, self.most, self.share)
            attacker = self.attackers[at, who]
            for sign in (1.0, -1.0)[::step]:
                left = list(range(len(goals)))
                while left:
                    attacker.show(part.shown(hidden))
                    left, again = attacker.close(left, sign), list[int]()
                    for place, goal in enumerate(left):
                        if len(again) >= BATCH:
                            again += left[place:]
                            break
                        if cut := attacker.cut(goal, sign):
                            if self._meet(at, cut, hidden):
                                again.append(goal)
                            attacker.show(part.shown(hidden))
                    left = again

    def _new_sums(self, at: int, hidden: Bools) -> bool:
        """Whether sums of hidden cells are told that would be sensitive as cells, and are not yet among what is wanted."""
        part = self.parts[at]
        rows = exposed(part, hidden, self.unsafe)
        named = [tuple(rows[n].indices.tolist()) for n in range(rows.shape[0])]
        new = [n for n, name in enumerate(named) if name not in self.sums[at]]
        if not new:
            return False
        self.sums[at].update(named)
        first = part.numbers.shape[0]
        self.parts[at] = part.telling(rows[new])
        self.wanted[at] += range(first, first + len(new))
        self.attackers = {key: one for key, one in self.attackers.items() if key[0] != at}
        return True

    def _meet(self, at: int, cut: Sequence[int], hidden: Bools) -> bool:
        """Hide (in place) the number of a new cut that is in most cuts for what it costs; False where none can be hidden."""
        self.cuts[frozenset((at, number) for number in cut)] = None
        self.many.update((at, number) for number in cut)
        best, most, already = hidden, -1.0, self.cells.cost(hidden)
        for number in cut:
            holders = self.parts[at].holders[number].indices
            if len(holders) and self.most[holders].all():
                more = self.cells.with_(hidden, holders)
                gain = self.many[at, number] / (self.cells.cost(more) - already + 0.1)
                if gain > most:
                    best, most = more, gain
        hidden[:] = best
        return most > 0

    def fewest(self) -> Bools:
        """The fewest cells that meet all cuts, or the fewest that are found soon; all of `most` where none are."""
        cells, most = self.cells, self.most
        holders = {number: self.parts[number[0]].holders[number[1]].indices for cut in self.cuts for number in cut}
        holders = {number: of for number, of in holders.items() if most[of].all()}
        if not holders:
            return cells.given.copy()
        used = np.flatnonzero(cells.with_(cells.given, (cell for of in holders.values() for cell in of)))
        of_number = {number: len(used) + n for n, number in enumerate(holders)}
        place = {int(cell): n for n, cell in enumerate(used)}
        # A number is hidden only with all cells that tell it, and a cell with all that are tied to it.
        rows = [{place[int(cell)]: 1.0, of_number[number]: -1.0} for number, of in holders.items() for cell in of]
        rows += [{place[int(other)]: 1.0, at: -1.0} for cell, at in place.items() for other in cells.ties.get(cell, ()) if other != cell]  # fmt: skip
        least = np.concatenate([np.zeros(len(rows)), np.ones(len(self.cuts))])
        rows += [{of_number[number]: 1.0 for number in sorted(cut) if number in of_number} for cut in self.cuts]
        width = len(used) + len(of_number)
        matrix = sparse.csr_matrix(
            (
                [value for row in rows for value in row.values()],
                [column for row in rows for column in row],
                np.cumsum([0, *(len(row) for row in rows)]),
            ),
            shape=(len(rows), width),
        )
        free = ~cells.given[used]
        none, every = np.zeros(len(of_number)), np.ones(len(of_number))
        done = milp(
            np.concatenate([np.where(free, cells.costs[used], 0.0), none]), integrality=np.arange(width) < len(used),
            bounds=Bounds(np.concatenate([np.where(free, 0.0, 1.0), none]), np.concatenate([most[used].astype(float), every])),
            constraints=LinearConstraint(matrix, least, np.inf), options={"mip_rel_gap": GAP, "node_limit": NODES},
        )  # fmt: skip
        return most.copy() if done.x is None else cells.with_(cells.given, used[done.x[: len(used)] > 0.5])


def fewer(
    system: System, wanted: Callable[[System], list[int]], hidden: Bools, cells: Cells, share: float,
    unsafe: Callable[[Floats], bool], rounds: int,
) -> Bools:  # fmt: skip
    """A safe choice among the cells of `hidden`, which is one, that costs no more; sought so often, less is won each time.
    wanted: the numbers of a part to protect."""
    parts = system.parts()
    search = _Search(parts, [wanted(part) for part in parts], hidden, cells, share, unsafe)
    try:
        for round_ in range(rounds):
            found = search.fewest()
            grown = search.grow(found, back=round_ % 2 == 1)
            if cells.cost(found) < cells.cost(search.most):
                search.among(found)
            if not grown:
                break
    except _UnsolvedError:
        pass  # what was found before will do
    safe = all(_safe(part, wanted(part), search.most, share, unsafe) for part in system.parts())
    return search.most if safe else hidden


def _safe(
    part: System, wanted: Sequence[int], hidden: Bools, share: float, unsafe: Callable[[Floats], bool]
) -> bool:  # fmt: skip
    """Whether the audit passes for these numbers and for the sums of hidden cells that are told."""
    rows = exposed(part, hidden, unsafe)
    told, first = part.telling(rows), part.numbers.shape[0]
    return not close(told, hidden, list(attacks(told, [*wanted, *range(first, first + rows.shape[0])])), share)
