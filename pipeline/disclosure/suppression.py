"""Which further cells are hidden, so that no sensitive number can be placed? Secondary suppression.

For every sensitive number that the audit finds too open, the cheapest other world is sought in which it is off by as much
as the policy asks, everything hidden may move freely and everything published only at a price (the linear heuristic of
Kelly, Golden and Assad 1992, as in the Handbook on Statistical Disclosure Control, section 4.4.2). The published cells
that move are hidden. Of large parts it is sought for many numbers at once, and `fewer` chooses among what is hidden there.
Of others those that turn out not to be needed are published again, and of small parts the exact optimum is taken where it
is found (`optimum`). One and the same order always, so that the same filings give the same pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.disclosure.audit import Attack, attacks, close, exposed
from pipeline.disclosure.optimum import cheapest
from pipeline.disclosure.relations import Bools, Floats, System
from pipeline.disclosure.worlds import MARGIN, Programs, Side

ROUNDS = 20
FEW = 12  # a cell that so many sides rest on is not tried to be published again
DEAR = 2000.0  # cells that cost as much are hidden only where nothing else would do
SMALL = 150  # numbers of a part of which the exact optimum is looked for
LARGE = 500  # numbers of a part of which what is hidden is chosen for many sides at once
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
    first, hidden, ties, cost = hidden, hidden.copy(), ties or {}, weights
    weights = weights + np.array([sum(weights[other] for other in ties.get(cell, ())) for cell in range(len(weights))])
    keys, parts = sorted(set(sensitive)), system.parts()
    worlds, lost, programs = Worlds(), list[Open](), Programs(parts)
    many = [part.numbers.shape[0] for part in parts]

    def protect(at: int, numbers: Iterable[int]) -> bool:
        """Whether all were safe already."""
        wanted, safe = list(attacks(parts[at], numbers)), True
        while wanted:
            sides = close(parts[at], hidden, wanted, share, exact=False)
            safe = safe and not sides
            # What is hidden for the first ones often protects the others too.
            for attack, sign in sides[:STEP]:
                if not _hide(programs, Side(at, attack, sign), hidden, weights, share, ties, worlds):
                    lost.append(Open(parts[at], attack))
            wanted = list(dict.fromkeys(attack for attack, _ in sides[STEP:]))
        return safe

    def settle() -> None:
        """Protect the sums of hidden cells that are told by what is published, and would be sensitive, too."""
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

    def every(at: int) -> list[int]:
        part = parts[at]
        numbers = dict.fromkeys(part.number_of[key] for key in keys if key in part.number_of)
        return [*numbers, *implied(part, unsafe), *range(many[at], part.numbers.shape[0])]

    in_parts = sum(part.holders.getnnz(axis=0) > 0 for part in parts)
    large = [at for at, part in enumerate(parts) if part.numbers.shape[0] > LARGE]

    def own_of(at: int) -> Bools:
        """The cells hidden beside others that are of this part alone, with all that are tied to them."""
        own: Bools = hidden & ~first & (in_parts == 1) & (parts[at].holders.getnnz(axis=0) > 0)
        return own & [all(own[other] for other in ties.get(cell, ())) for cell in range(len(own))]

    for at in range(len(parts)):
        if at in large:
            _jointly(programs, at, every(at), hidden, weights < DEAR, cost, share, ties)
        protect(at, every(at))
    settle()
    in_large = sum((parts[at].holders.getnnz(axis=0) for at in large), np.zeros(len(hidden))) > 0
    _prune(parts, programs, worlds, first | in_large, hidden, weights, share, ties)
    for at, part in enumerate(parts):
        own = own_of(at)
        if part.numbers.shape[0] > SMALL or not own.any():
            continue
        before, failed = hidden.copy(), len(lost)
        wanted = list(attacks(part, every(at)))
        least = cheapest(programs, at, wanted, hidden & ~own, cost, share, ties)
        if least is not None and cost[least & ~before].sum() < cost[before & ~least].sum():
            hidden[:] = least
            settle()
            if cost[hidden & ~before].sum() >= cost[before & ~hidden].sum():
                hidden[:] = before
                del lost[failed:]
    for at in range(len(parts)):
        if not protect(at, every(at)):
            wanted = list(attacks(parts[at], every(at)))
            lost += [Open(parts[at], one) for one, _ in close(parts[at], hidden, wanted, share)]
    return Suppressed(hidden, tuple(lost))


def implied(part: System, unsafe: Unsafe | None) -> list[int]:
    """The implied numbers of a part that would be sensitive as cells."""
    if unsafe is None or part.is_amount is None:
        return []
    return [
        n for n in part.implied
        if part.is_amount[part.numbers[n].indices].all() and unsafe(np.asarray(part.numbers[n] @ part.own).ravel())
    ]  # fmt: skip


def _jointly(
    programs: Programs,
    at: int,
    numbers: Iterable[int],
    hidden: Bools,
    can: Bools,
    weights: Floats,
    share: float,
    ties: Ties,
) -> None:
    """Hide (in place) of the cells that `can` be hidden what makes the numbers of a part safe, in as few worlds as are found: what
    protects one number mostly protects many."""
    of_attacker = dict[tuple[int, ...], list[int]]()
    for attack in attacks(programs.parts[at], numbers):
        of_attacker.setdefault(attack.attacker, []).append(attack.number)
    holders = programs.parts[at].holders
    for attacker, goals in of_attacker.items():
        for sign in (1.0, -1.0):
            left = np.array(goals)
            while len(left):
                program = programs.of(Side(at, Attack(int(left[0]), attacker), sign))
                off, moved = program.together(left, sign, hidden, can, weights, share)
                if not off.any():
                    break
                for cell in np.unique(holders[sorted(moved)].indices):
                    hidden[[cell, *ties.get(int(cell), ())]] = True
                left = left[~off]


def _hide(
    programs: Programs, side: Side, hidden: Bools, weights: Floats, share: float, ties: Ties, worlds: Worlds
) -> bool:
    """Hide (in place) what makes one side of an attack safe; False where nothing does."""
    part, program = programs.parts[side.part], programs.of(side)
    # Where nothing is a little farther off than asked, as far as asked will do.
    tried = (program.cheapest(side, hidden, weights, far) for far in (share, share / MARGIN))
    moved = next((one for one in tried if one is not None), None)
    if moved is None:
        return False
    dear = (weights >= DEAR) & ~hidden
    if dear[part.holders[sorted(moved)].indices].any():
        moved = program.cheapest(side, hidden, np.where(dear, np.inf, weights), share) or moved
    worlds[side] = moved
    for cell in np.unique(part.holders[sorted(moved)].indices):
        hidden[[cell, *ties.get(int(cell), ())]] = True
    return True


def _prune(
    parts: Sequence[System],
    programs: Programs,
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
