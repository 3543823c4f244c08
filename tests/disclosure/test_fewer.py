"""Of what a safe choice hides, as little as will do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.disclosure.audit import Attack, close
from pipeline.disclosure.fewer import Cells, fewer
from pipeline.disclosure.relations import System
from tests.disclosure.conftest import cell_of, two_way

TABLE = np.full((3, 3, 3), 100.0)  # of each of nine cells three groups have 100


def hidden_of(
    system: System, start: Sequence[str], ties: Mapping[str, Sequence[str]] | None = None, dear: str = ""
) -> list[str]:
    """What is hidden in the end, where the cell 0,0 is sensitive and `start` is hidden at first."""
    given, hidden = np.zeros((2, system.cells.height), dtype=bool)
    given[cell_of(system, "0,0")] = True
    hidden[[cell_of(system, name) for name in start]] = True
    costs = np.ones(len(hidden))
    if dear:
        costs[cell_of(system, dear)] = 10.0
    tied = {
        cell_of(system, cell): [cell_of(system, other) for other in others] for cell, others in (ties or {}).items()
    }
    number = system.number_of[cell_of(system, "0,0"), 0]
    found = fewer(system, lambda _: [number], hidden, Cells(given, costs, tied), 0.2, lambda _: False, 6)
    return sorted(system.cells["region_code"].to_numpy()[found])


def test_a_rectangle_is_left_of_more_than_it_needs() -> None:
    """0,0 is told by its row unless another one of the row is hidden, and so on: four corners, and no more."""
    start = ["0,0", "0,1", "0,2", "1,0", "1,1", "1,2", "2,2"]
    assert hidden_of(two_way(TABLE), start, dear="0,2") == ["0,0", "0,1", "1,0", "1,1"]
    assert hidden_of(two_way(TABLE), start, dear="0,1") == ["0,0", "0,2", "1,0", "1,2"]


def test_what_is_needed_stays() -> None:
    corners = ["0,0", "0,1", "1,0", "1,1"]
    assert hidden_of(two_way(TABLE), corners) == corners


def test_what_goes_together_is_hidden_together() -> None:
    """0,1 would do, but 2,2 goes with it: 0,2 alone costs less."""
    start = ["0,0", "0,1", "0,2", "1,0", "1,1", "1,2", "2,2"]
    ties = {"0,1": ["2,2"], "2,2": ["0,1"]}
    assert hidden_of(two_way(TABLE), start, ties) == ["0,0", "0,2", "1,0", "1,2"]


def test_a_choice_that_is_not_safe_is_left_as_it_is() -> None:
    start = ["0,0", "0,1", "1,1"]  # the column of 0,0 tells it
    assert hidden_of(two_way(TABLE), start) == start


def test_too_small_a_cell_does_not_hide_a_larger_one() -> None:
    """0,1 and 1,0 are 30 each: 0,0 of 300 could be 30 off, where 60 are asked; with 0,2 (300) and 2,0 (300) it is safe."""
    table = TABLE.copy()
    table[0, 1] = table[1, 0] = 10.0
    start = ["0,0", "0,1", "0,2", "1,0", "1,1", "2,0", "2,2"]
    assert hidden_of(two_way(table), start) == ["0,0", "0,2", "2,0", "2,2"]


def test_sums_that_would_be_sensitive_are_kept_hidden() -> None:
    """Rows hidden two by two tell their sums: where these are unsafe more stays hidden than four corners."""
    system = two_way(TABLE)
    given, hidden = np.zeros((2, system.cells.height), dtype=bool)
    given[cell_of(system, "0,0")] = True
    every = [f"{row},{column}" for row in range(3) for column in range(3)]
    hidden[[cell_of(system, name) for name in every]] = True
    number = system.number_of[cell_of(system, "0,0"), 0]
    cells = Cells(given, np.ones(len(hidden)), {})
    few = fewer(system, lambda _: [number], hidden, cells, 0.2, lambda parts: bool(parts.sum() < 700), 6)
    assert few.sum() > 4
    assert fewer(system, lambda _: [number], hidden, cells, 0.2, lambda _: False, 6).sum() == 4


def test_where_the_search_is_given_up_what_was_safe_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many nodes nothing is found that meets the cuts: what was grown for them stays, and is safe."""

    def given_up(*_: object, options: Mapping[str, float], **__: object) -> SimpleNamespace:
        assert options["node_limit"] == 10_000  # no limit of time, for machines differ
        return SimpleNamespace(x=None)

    monkeypatch.setattr("pipeline.disclosure.fewer.milp", given_up)
    system, every = two_way(TABLE), [f"{row},{column}" for row in range(3) for column in range(3)]
    left = hidden_of(system, every)
    assert 4 <= len(left) < 9
    hidden = np.isin(system.cells["region_code"].to_numpy(), left)
    assert not close(system, hidden, [Attack(system.number_of[cell_of(system, "0,0"), 0], ())], 0.2)
