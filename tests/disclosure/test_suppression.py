"""Enough is hidden, not much more, and always the same: by hand and on hundreds of random tables."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pipeline.disclosure import suppression
from pipeline.disclosure.audit import attacks, intervals
from pipeline.disclosure.relations import Floats, System
from pipeline.disclosure.suppression import suppress
from pipeline.disclosure.worlds import Programs
from tests.disclosure.conftest import cell_of, two_way

SHARE = 0.2


def weights(system: System) -> Floats:
    """Inner cells 1, margins 10, the grand total 100."""
    return np.array([10.0 ** name.count("+") for name in system.cells["region_code"]])


def hide(system: System, *names: str, **more: object) -> set[str]:
    """The cells that are hidden when these are sensitive."""
    first = np.array([name in names for name in system.cells["region_code"]])
    keys = [(cell_of(system, name), 0) for name in names]
    done = suppress(system, keys, first, more.pop("weights", weights(system)), SHARE, **more)  # type: ignore[arg-type]
    assert not done.open
    return set(system.cells.filter(done.hidden)["region_code"])


def square(values: list[list[float]]) -> System:
    """A table in which four groups share each cell alike, so that no contributor knows much."""
    return two_way(np.array(values)[:, :, None] * np.full(4, 0.25))


def test_a_rectangle_protects_a_cell() -> None:
    """One sensitive cell of 3 x 3: each of its row and its column needs another one, and these two a fourth. The cheapest
    is the rectangle of the smaller cells that are large enough."""
    hidden = hide(square([[20, 50, 10], [60, 70, 80], [10, 90, 10]]), "0,0")
    assert hidden == {"0,0", "0,2", "2,0", "2,2"}


def test_a_margin_is_hidden_where_it_costs_less_than_three_cells() -> None:
    system = two_way(np.array([[[10.0] * 4, [50.0] * 4, [60.0] * 4]]))
    cheap = weights(system)
    cheap[cell_of(system, "0,+")] = cheap[cell_of(system, "+,+")] = cheap[cell_of(system, "+,0")] = 0.1
    assert hide(system, "0,0", weights=cheap) == {"0,0", "+,0", "0,+", "+,+"}


def test_a_partner_that_is_too_small_is_not_enough() -> None:
    """Hiding 1 beside 100 leaves 100 known to within 1 %."""
    hidden = hide(square([[100, 1, 90], [100, 1, 90], [5, 5, 5]]), "0,0")
    assert hidden >= {"0,0", "0,2", "1,0", "1,2"} or hidden >= {"0,0", "0,2", "2,0", "2,2"}
    assert "0,1" not in hidden


def test_tied_cells_go_together() -> None:
    """All four inner cells are needed, and the margin that is tied to one of them goes with it; the cells of margins alone
    would cost more."""
    system = square([[20, 50], [60, 70]])
    pair = (cell_of(system, "1,1"), cell_of(system, "+,1"))
    hidden = hide(system, "0,0", ties={pair[0]: [pair[1]], pair[1]: [pair[0]]})
    assert hidden == {"0,0", "0,1", "1,0", "1,1", "+,1"}


def test_two_hidden_cells_do_not_tell_what_two_groups_have_in_both_together() -> None:
    """Only A and B have anything in the first two of three cells of a row, 50 each. With the two cells below hidden, either can
    be off by all of its 100, but the row less its third cell tells the 200 of both: B, who has 100 of them, would read the 100
    of A. So the third column is hidden too: six cells instead of four."""
    few, many = [50.0, 50.0, 0.0, 0.0], [25.0] * 4
    system = two_way(np.array([[few, few, many], [many, many, many]]))
    assert hide(system, "0,0", "0,1") == {"0,0", "0,1", "1,0", "1,1"}
    hidden = hide(system, "0,0", "0,1", unsafe=lambda parts: np.count_nonzero(parts) < 3)
    assert hidden == {"0,0", "0,1", "0,2", "1,0", "1,1", "1,2"}


def test_a_dear_cell_is_published_where_others_would_do() -> None:
    """The row, the column and the grand total would cost 2000.2, three inner cells 2700; but the grand total is dear. The table
    is too large for the exact optimum."""
    system = square(np.full((12, 12), 50.0).tolist())
    costs = np.full(system.cells.height, 900.0)
    costs[cell_of(system, "0,+")] = costs[cell_of(system, "+,0")] = 0.1
    costs[cell_of(system, "+,+")] = 2000.0
    hidden = hide(system, "0,0", weights=costs)
    assert "+,+" not in hidden
    assert len(hidden) == 4
    costs[costs == 900.0] = np.inf
    assert hide(system, "0,0", weights=costs) == {"0,0", "0,+", "+,0", "+,+"}


def test_what_cannot_be_protected_is_said() -> None:
    system = square([[20, 50], [60, 70]])
    first = np.array([name == "0,0" for name in system.cells["region_code"]])
    fixed = np.full(len(first), np.inf)
    done = suppress(system, [(0, 0)], first, fixed, SHARE)
    assert {one.attack.number for one in done.open} == {0}


def test_two_filers_who_put_their_rows_together_are_protected_against_where_asked_for() -> None:
    """200 of two cells stay published, of which A and B file 90 and 99. C has 11 in both, so that its 10 in the first cannot be 2
    more; who knows only his own rows is far off."""
    system = two_way(np.array([[[45.0, 45.0, 10.0], [49.0, 50.0, 1.0]]]))
    first = np.array([name in ("0,0", "0,1", "+,0", "+,1") for name in system.cells["region_code"]])
    fixed = np.full(len(first), np.inf)
    alone, both = (suppress(replace(system, pairs=pairs), [(0, 0)], first, fixed, SHARE) for pairs in (False, True))
    assert alone.open == ()
    assert {one.attack.attacker for one in both.open} == {(0, 1)}


def sensitive(system: System) -> list[int]:
    """Inner cells and margins by the rules of the policy: fewer than three groups, or the second can tell the first."""
    found = []
    for number in range(system.numbers.shape[0]):
        parts = sorted(np.asarray(system.numbers[number] @ system.own).ravel(), reverse=True)
        whole = sum(parts)
        if whole and (sum(part > 0 for part in parts) < 3 or whole - parts[0] - parts[1] < 0.1 * parts[0]):
            found.append(number)
    return found


@st.composite
def random_tables(draw: st.DrawFn) -> System:
    rows, columns = draw(st.sampled_from([(2, 3), (3, 3), (3, 4), (4, 4)]))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    amounts = rng.integers(1, 100, (rows, columns, 4)) * (rng.random((rows, columns, 4)) < 0.75)
    return two_way(amounts.astype(np.float64))


@settings(max_examples=20)
@given(random_tables())
def test_every_sensitive_cell_is_protected_from_everybody(system: System) -> None:
    """Attacked by a program of its own, in plain values: every published number an equation, nothing clever."""
    wanted = sensitive(system)
    first = np.isin(np.arange(system.cells.height), wanted)
    done = suppress(system, [(cell, 0) for cell in wanted], first, weights(system), SHARE)
    assert np.all(done.hidden[first])
    closed = {(one.attack.number, one.attack.attacker) for one in done.open}
    shown = np.flatnonzero(~done.hidden)
    known, values = system.numbers[shown].toarray(), system.wholes()[shown]
    fixed = system.amounts == 0
    for attack in attacks(system, wanted):
        if (attack.number, attack.attacker) in closed:  # cannot happen where every cell may be hidden
            raise AssertionError("not protected")
        own = system.own[:, list(attack.attacker)].sum(axis=1)
        goal = system.numbers[attack.number].toarray().ravel()
        limits = [(0, 0) if fixed[n] else (own[n], None) for n in range(len(own))]
        whole, part = float(goal @ system.amounts), float(goal @ own)
        for sign in (1, -1):
            found = linprog(
                sign * goal, A_eq=known if len(shown) else None, b_eq=values if len(shown) else None, bounds=limits
            )
            far = np.inf if found.status == 3 else abs(sign * found.fun - whole)
            assert far >= SHARE * (whole - part) * (1 - 1e-4), (attack, sign)


@settings(max_examples=10)
@given(random_tables())
def test_the_same_table_has_the_same_pattern_and_nothing_is_hidden_without_need(system: System) -> None:
    wanted = sensitive(system)
    first = np.isin(np.arange(system.cells.height), wanted)
    keys = [(cell, 0) for cell in wanted]
    done = suppress(system, keys, first, weights(system), SHARE)
    again = suppress(system, keys[::-1], first, weights(system), SHARE)
    assert np.array_equal(done.hidden, again.hidden)
    if not wanted:
        assert not done.hidden.any()
    safe = all(one.protects(SHARE) for one in intervals(system, first, list(attacks(system, wanted))))
    assert not safe or np.array_equal(done.hidden, first)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_lost_is_the_least_that_could_be(seed: int) -> None:
    """Against all patterns of a 2 x 3 table with one sensitive cell."""
    rng = np.random.default_rng(seed)
    system = two_way(rng.integers(5, 60, (2, 3))[:, :, None] * np.full(4, 0.25))
    first = np.arange(system.cells.height) == 0
    wanted, cost = list(attacks(system, [0])), weights(system)
    best = np.inf
    others = np.flatnonzero(~first)
    for size in range(1, 5):
        for chosen in itertools.combinations(others, size):
            if (total := cost[list(chosen)].sum()) >= best:
                continue
            tried = first.copy()
            tried[list(chosen)] = True
            if all(one.protects(SHARE) for one in intervals(system, tried, wanted)):
                best = total
    done = suppress(system, [(0, 0)], first, cost, SHARE)
    assert cost[done.hidden & ~first].sum() == best


def test_a_broken_pattern_does_not_pass_the_audit() -> None:
    """Publishing any one of the cells that were hidden beside the sensitive one lets it be told."""
    system = square([[20, 50, 10], [60, 70, 80], [10, 90, 10]])
    first = np.arange(system.cells.height) == 0
    done = suppress(system, [(0, 0)], first, weights(system), SHARE)
    wanted = list(attacks(system, [0]))
    assert all(one.protects(SHARE) for one in intervals(system, done.hidden, wanted))
    for cell in np.flatnonzero(done.hidden & ~first):
        broken = done.hidden.copy()
        broken[cell] = False
        assert not all(one.protects(SHARE) for one in intervals(system, broken, wanted))


def test_what_protects_one_cell_protects_another_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sensitive cells of 4 x 4, all of 50: the two in their corners make both safe, for they grow and shrink together. Of a
    large table this is seen in two worlds, one above and one below, for each attacker."""
    monkeypatch.setattr(suppression, "LARGE", 0)
    monkeypatch.setattr(suppression, "SMALL", 0)
    assert hide(square(np.full((4, 4), 50.0).tolist()), "0,0", "1,1") == {"0,0", "0,1", "1,0", "1,1"}


def test_what_was_hidden_for_one_cell_and_is_not_needed_beside_others_is_published_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The 20 right of the 60 is hidden first, when the 60 is protected alone; once the 60 lower right is protected too, the 60
    moves with the 90 in its row, and each row and column has another partner without the 20."""
    monkeypatch.setattr(suppression, "SMALL", 0)  # else the least that will do is sought anyway
    system = square([[60, 20, 90], [10, 30, 60], [10, 50, 20], [90, 30, 80]])
    assert hide(system, "0,0", "1,2") == {"0,0", "0,2", "1,0", "1,1", "1,2", "2,0", "2,1"}


def test_of_too_many_hidden_cells_a_large_table_keeps_the_few_that_are_needed() -> None:
    """All inner cells of 3 x 3 are hidden beside one of 20; moving it by 4 costs least with the largest cells of its row and
    column, 50 and 60, and the 70 between them."""
    system = square([[20, 50, 10], [60, 70, 80], [10, 90, 10]])
    part = system.parts()[0]
    hidden, inner = (
        np.array([wanted(name) for name in system.cells["region_code"]])
        for wanted in ("0,0".__eq__, lambda name: "+" not in name)
    )
    prices = np.ones(len(hidden))
    suppression._jointly(Programs([part]), 0, [0], hidden, inner, prices, SHARE, {})
    assert set(system.cells.filter(hidden)["region_code"]) == {"0,0", "0,1", "1,0", "1,1"}
    alone = np.array([name == "0,0" for name in system.cells["region_code"]])
    left = alone.copy()
    suppression._jointly(Programs([part]), 0, [0], left, alone, prices, SHARE, {})
    assert set(system.cells.filter(left)["region_code"]) == {"0,0"}
