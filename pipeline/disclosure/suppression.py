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

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from pipeline.disclosure.audit import OUTSIDER, TOLERANCE, Attack, attacks, exposed, intervals
from pipeline.disclosure.relations import Bools, Floats, System

MARGIN = 1.02  # the other world is sought a little farther off than asked
MOVED = 1e-7  # what deviates by less is noise of the solver
ROUNDS = 20
FEW = 12  # a cell that so many sides rest on is not tried to be published again

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
    keys, parts = sorted(set(sensitive)), system.parts()
    worlds, lost = Worlds(), list[Open]()

    def protect(at: int, numbers: Iterable[int]) -> None:
        part = parts[at]
        for one in intervals(part, hidden, list(attacks(part, numbers))):
            sides = [
                Side(at, one.attack, sign) for sign, far in ((1.0, one.above), (-1.0, one.below)) if not _is(far, share)
            ]
            found = [_hide(part, side, hidden, weights, share, ties, worlds) for side in sides]
            lost.extend([] if all(found) else [Open(part, one.attack)])

    for at, part in enumerate(parts):
        numbers = dict.fromkeys(part.number_of[key] for key in keys if key in part.number_of)
        protect(at, [*numbers, *implied(part, unsafe)])
    for _ in range(ROUNDS if unsafe else 0):
        before = hidden.copy()
        for at, part in enumerate(parts):
            rows = exposed(part, hidden, unsafe) if unsafe else part.numbers[:0]
            if rows.shape[0]:
                first_new = part.numbers.shape[0]
                parts[at] = part.telling(rows)
                protect(at, range(first_new, first_new + rows.shape[0]))
        if np.array_equal(before, hidden):
            break
    _prune(parts, worlds, first, hidden, weights, share, ties)
    for at, part in enumerate(parts):
        again = dict.fromkeys(side.attack for side in worlds if side.part == at)
        lost += [Open(part, one.attack) for one in intervals(part, hidden, list(again)) if not one.protects(share)]
    return Suppressed(hidden, tuple(lost))


def implied(part: System, unsafe: Unsafe | None) -> list[int]:
    """The implied numbers of a part that would be sensitive as cells."""
    if unsafe is None or part.is_amount is None:
        return []
    return [
        n for n in part.implied
        if part.is_amount[part.numbers[n].indices].all() and unsafe(np.asarray(part.numbers[n] @ part.own).ravel())
    ]  # fmt: skip


def _is(far: float, share: float) -> bool:
    return far >= share * (1 - TOLERANCE)


def _hide(part: System, side: Side, hidden: Bools, weights: Floats, share: float, ties: Ties, worlds: Worlds) -> bool:
    """Hide (in place) what makes one side of an attack safe; False where nothing does."""
    moved = _cheapest(part, side, hidden, weights, share)
    if moved is None:
        return False
    worlds[side] = moved
    for cell in np.unique(part.holders[sorted(moved)].indices):
        hidden[[cell, *ties.get(int(cell), ())]] = True
    return True


def _cheapest(part: System, side: Side, hidden: Bools, weights: Floats, share: float) -> frozenset[int] | None:
    """The numbers that move in the cheapest world in which the attacked one is off by `share` on a side; None where there
    is no such world. Nothing is to pay for what is hidden."""
    attack, sign = side.attack, side.sign
    goal = part.numbers[attack.number]
    inside = np.flatnonzero(part.amounts != 0)
    amounts = part.amounts[inside]
    own = part.own[inside, attack.attacker] if attack.attacker != OUTSIDER else np.zeros(len(inside))
    remaining = float((goal @ part.amounts)[0] - (goal[:, inside] @ own)[0])
    steps = amounts / remaining
    scaling = sparse.diags(steps)
    shown = np.flatnonzero(part.shown(hidden))
    numbers = sparse.csr_matrix(part.numbers[shown][:, inside] @ scaling)
    price = np.asarray(part.holders[shown] @ np.where(hidden, 0.0, np.minimum(weights, 1e15)))
    # A number of one unknown moves with it; one of several may stay while they move.
    single = np.diff(numbers.indptr) == 1
    alone = numbers.indices[numbers.indptr[:-1][single]]
    of_unknown = np.zeros(len(inside))
    np.add.at(of_unknown, alone, price[single])
    fixed = of_unknown >= 1e15
    sums, of_sum = numbers[~single], price[~single]
    always = sparse.csr_matrix(part.always[:, inside] @ scaling)
    size, many = len(inside), sums.shape[0]
    # Small cells are hidden rather than large ones that would do as well, but none that is too small to do alone.
    dear = of_unknown * (1 + np.log1p(steps)) * np.maximum(steps, share)
    stay = of_sum >= 1e15
    aim = np.asarray((goal[:, inside] @ scaling).toarray()).ravel()
    equations = sparse.vstack(
        [
            sparse.hstack([sums, -sums, -sparse.eye(many), sparse.eye(many)]),
            sparse.hstack([always, -always, sparse.csr_matrix((always.shape[0], 2 * many))]),
            np.concatenate([aim, -aim, np.zeros(2 * many)])[None],
        ]
    )
    up = np.where(fixed, 0.0, np.inf)
    down = np.where(fixed, 0.0, np.maximum(1 - own / amounts, 0.0))
    free = np.where(stay, 0.0, np.inf)
    answer = linprog(
        np.concatenate([dear, dear, *([np.where(stay, 0.0, of_sum)] * 2)]),
        A_eq=sparse.csr_matrix(equations),
        b_eq=np.concatenate([np.zeros(equations.shape[0] - 1), [sign * share * MARGIN]]),
        bounds=np.column_stack([np.zeros(2 * size + 2 * many), np.concatenate([up, down, free, free])]),
        method="highs",
    )
    if answer.status != 0:
        return None
    world = answer.x[:size] - answer.x[size : 2 * size]
    deviations = np.abs(part.numbers[:, inside] @ scaling @ world)
    return frozenset(np.flatnonzero(deviations > MOVED).tolist())


def _prune(
    parts: Sequence[System],
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
            world = _cheapest(parts[side.part], side, hidden, np.full(len(weights), np.inf), share)
            if world is None:
                break
            others[side] = world
        if len(others) < len(resting):
            hidden[:] = before
        if not hidden[cell]:
            worlds.update(others)
