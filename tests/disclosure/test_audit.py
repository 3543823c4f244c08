"""How closely a hidden number can be placed: by hand, from the handbook, and against all tables that are possible."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.disclosure.audit import OUTSIDER, Attack, attacks, intervals
from pipeline.disclosure.relations import Floats, System
from tests.disclosure.conftest import cell_of, two_way


def mask(system: System, *names: str) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.array([name in names for name in system.cells["region_code"]])


def bounds(
    system: System, hidden: tuple[str, ...], name: str, attacker: tuple[int, ...] = OUTSIDER, **more: Floats
) -> tuple[float, float]:
    """The least and the greatest value of a cell that the attacker has to reckon with."""
    number = cell_of(system, name)
    [found] = intervals(system, mask(system, *hidden), [Attack(number, attacker)], **more)
    whole = system.wholes()[number]
    part = float((system.numbers[number] @ system.own)[0, list(attacker)].sum())
    return whole - found.below * (whole - part), whole + found.above * (whole - part)


# Handbook on Statistical Disclosure Control, section 4.2.2, example 3 (Geurts 1992, table 10): rows 7, 3 and 6, columns
# 9 and 7; the four cells of the first two rows are suppressed. The feasibility interval of (1,1) is 3 to 6; the true
# table is not printed, so one of those that fit is taken.
GEURTS = np.array([[4.0, 3.0], [2.0, 1.0], [3.0, 3.0]])[:, :, None]


def test_the_feasibility_interval_of_the_handbook() -> None:
    system = two_way(GEURTS)
    hidden = ("0,0", "0,1", "1,0", "1,1")
    assert bounds(system, hidden, "0,0") == pytest.approx((3, 6))
    assert bounds(system, hidden, "1,0") == pytest.approx((0, 3))


def test_a_lone_hidden_cell_is_known_and_two_in_a_row_are_not_enough_for_its_column() -> None:
    system = two_way(GEURTS)
    assert bounds(system, ("0,0",), "0,0") == pytest.approx((4, 4))
    assert bounds(system, ("0,0", "0,1"), "0,0") == pytest.approx((4, 4))


def test_two_who_are_alone_in_the_only_hidden_cells_know_each_other() -> None:
    """Section 4.2.2: two singletons in one sum; an outsider knows only that they are 10 together. Above 8 is told as 8:
    as much again is wide enough. B subtracts its own 6, and its upper bound is the truth."""
    system = two_way(np.array([[[4.0, 0, 0], [0, 6.0, 0], [1, 1, 1]]]))
    hidden = ("0,0", "0,1", "+,0", "+,1")
    assert bounds(system, hidden, "0,0") == pytest.approx(
        (0, 8)
    )  # above 8 is told as 8: twice the value is wide enough
    assert bounds(system, hidden, "0,0", attacker=(1,)) == pytest.approx((0, 4))


def test_who_contributes_more_knows_more() -> None:
    """A has 3 of the 4 and 1 of the 6: from its own 4 it knows that the first cell has at least 3 and at most 9."""
    system = two_way(np.array([[[3.0, 1.0], [1.0, 5.0]]]))
    hidden = ("0,0", "0,1", "+,0", "+,1")
    assert bounds(system, hidden, "0,0", attacker=(0,)) == pytest.approx(
        (3, 5)
    )  # above: as much again as it does not know
    assert bounds(system, hidden, "0,0") == pytest.approx((0, 8))


def test_a_zero_is_taken_for_known() -> None:
    system = two_way(np.array([[[4.0], [0.0]], [[2.0], [3.0]]]))
    assert bounds(system, ("0,0", "0,1"), "0,0") == pytest.approx((4, 4))


def test_rounding_leaves_half_a_unit_for_each_number_that_is_printed() -> None:
    """A lone hidden cell of a row of 7 and 3, printed in whole numbers, is known to within both roundings."""
    system = two_way(np.array([[[4.0], [3.0]]]))
    half = np.full(system.numbers.shape[0], 0.5)
    half[cell_of(system, "0,1")] = 0.0
    assert bounds(system, ("0,0", "+,0"), "0,0", rounding=half) == pytest.approx((3.5, 4.5))


def test_there_is_an_attack_for_everybody_who_does_not_know_the_number_already() -> None:
    system = two_way(np.array([[[4.0, 0.0, 0.0], [1.0, 2.0, 0.0]]]))
    assert {(one.number, one.attacker) for one in attacks(system, [0])} == {(0, OUTSIDER), (0, (1,))}  # A has all of it
    assert {(one.number, one.attacker) for one in attacks(system, [1])} == {(1, OUTSIDER), (1, (0,)), (1, (1,))}


def test_two_who_put_their_rows_together_leave_the_third_alone() -> None:
    """Three of 10 each in the one hidden cell and of 10 each in the other one, 60 together: B and C know 40 of it, so the
    first cell of A is at most 20, and the attack of a pair is there only where it is asked for."""
    system = two_way(np.array([[[10.0, 10.0, 10.0], [10.0, 10.0, 10.0]]]))
    hidden = ("0,0", "0,1", "+,0", "+,1")
    assert bounds(system, hidden, "0,0", attacker=(1, 2)) == pytest.approx((20, 40))
    alone = {one.attacker for one in attacks(system, [0])}
    both = {one.attacker for one in attacks(replace(system, pairs=True), [0])}
    assert both - alone == {(0, 1), (0, 2), (1, 2)}


tables = st.tuples(st.sampled_from([(2, 2), (2, 3), (3, 2)]), st.randoms(use_true_random=False))


@settings(max_examples=100)
@given(tables)
def test_intervals_are_those_of_all_possible_tables(drawn: tuple[tuple[int, int], object]) -> None:
    """Whole numbers with whole margins: the linear program's ends are whole, so counting through is exact."""
    (rows, columns), random = drawn
    values = np.array([[[random.choice([0, 1, 1, 2]) for _ in range(2)] for _ in range(columns)] for _ in range(rows)])  # type: ignore[attr-defined]
    system = two_way(values.astype(np.float64))
    names = system.cells["region_code"].to_list()
    inner = [name for name in names if "+" not in name]
    chosen = random.sample(inner, random.randint(2, min(4, len(inner))))  # type: ignore[attr-defined]
    margins = [name for name in names if "+" in name and random.random() < 0.25]  # type: ignore[attr-defined]
    hidden = mask(system, *chosen, *margins)
    for attacker in (OUTSIDER, (0,), (1,)):
        possible = _all_tables(system, hidden, attacker)
        for attack in attacks(system, [cell_of(system, name) for name in chosen]):
            if attack.attacker != attacker:
                continue
            [found] = intervals(system, hidden, [attack])
            own = float(system.own[attack.number, list(attacker)].sum())
            unknown = system.amounts[attack.number] - own
            assert unknown > 0
            seen = (possible[:, attack.number] - system.amounts[attack.number]) / unknown
            assert found.below == pytest.approx(min(1.0, -seen.min()), abs=1e-6)
            assert found.above == pytest.approx(min(1.0, seen.max()), abs=1e-6)


def _all_tables(system: System, hidden: np.ndarray, attacker: tuple[int, ...]) -> Floats:  # type: ignore[type-arg]
    """Every table of whole numbers with the published numbers, the attacker's own part, and the zeros of the true one."""
    own = system.own[:, list(attacker)].sum(axis=1)
    free = [n for n in range(len(system.amounts)) if hidden[n] and system.amounts[n]]
    most = int(2 * system.amounts.max())
    sizes = [most + 1 - int(own[n]) for n in free]
    candidates = np.indices(sizes).reshape(len(free), int(np.prod(sizes))).T + own[free]
    worlds = np.tile(system.amounts, (len(candidates), 1))
    worlds[:, free] = candidates
    told = (system.numbers @ worlds.T).T
    fits = np.all(told[:, ~hidden] == system.wholes()[~hidden], axis=1)
    return worlds[fits]


def test_attacks_side_by_side_are_the_attacks_one_by_one() -> None:
    rng = np.random.default_rng(7)
    system = two_way(rng.integers(1, 50, (4, 4, 3)).astype(np.float64))
    hidden = mask(system, "0,0", "0,1", "1,0", "1,1", "2,2", "2,3", "3,2", "3,3")
    wanted = list(attacks(system, [cell_of(system, name) for name in ("0,0", "1,1", "2,2", "3,2")]))
    together = intervals(system, hidden, wanted)
    alone = [intervals(system, hidden, [one])[0] for one in wanted]
    assert [(a.below, a.above) for a in together] == [pytest.approx((a.below, a.above)) for a in alone]
