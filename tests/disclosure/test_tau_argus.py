"""Single tables judged from outside: the audit of τ-Argus, the suppression program of statistical offices, on our patterns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytauargus.engine import audit_jj

from pipeline.disclosure.audit import OUTSIDER, Attack, intervals
from pipeline.disclosure.relations import Bools, System
from pipeline.disclosure.suppression import suppress
from tests.disclosure.conftest import two_way

SHARE = 0.2


def judged(system: System, hidden: Bools, path: Path) -> dict[int, tuple[float, float]]:
    """Hidden cell -> the least and the greatest value that fit what is published. The table is written in the format of the
    program: cells with value, cost, status and limits; then each row, column and the grand total as an equation."""
    place = {name: n for n, name in enumerate(system.cells["region_code"])}
    values = system.wholes()
    lines = ["0", str(len(place))]
    lines += [
        f"{n} {values[n]:.0f} 1 {'u' if hidden[n] else 's'} 0 {10 * values.max():.0f} 0 0 0" for n in place.values()
    ]
    sums: dict[str, list[str]] = {}
    for name in place:
        row, column = name.split(",")
        for whole in (f"{row},+", f"+,{column}"):
            if name != whole:
                sums.setdefault(whole, []).append(name)
    lines.append(str(len(sums)))
    for whole, parts in sums.items():
        inner = [part for part in parts if whole != "+,+" or part.startswith("+")]
        lines.append(f"0 {len(inner) + 1} : {place[whole]} (-1) " + " ".join(f"{place[part]} (1)" for part in inner))
    path.write_text("\n".join(lines) + "\n", "ascii")
    return {row["cell"]: (row["min"], row["max"]) for row in audit_jj(str(path))}


@pytest.mark.parametrize("seed", range(8))
def test_what_is_hidden_is_as_far_off_as_the_policy_asks(seed: int, tmp_path: Path) -> None:
    """A table of 4 x 4, of which two cells are sensitive."""
    rng = np.random.default_rng(seed)
    system = two_way(rng.integers(1, 100, (4, 4, 4)).astype(np.float64))
    first = np.isin(np.arange(system.cells.height), (0, 9))
    weights = np.array([10.0 ** name.count("+") for name in system.cells["region_code"]])
    done = suppress(system, [(0, 0), (9, 0)], first, weights, SHARE)
    values, found = system.wholes(), judged(system, done.hidden, tmp_path / "table.jj")
    assert set(found) == set(np.flatnonzero(done.hidden))
    for cell in (0, 9):
        low, high = found[cell]
        assert values[cell] - low >= SHARE * values[cell] - 1e-6
        assert high - values[cell] >= SHARE * values[cell] - 1e-6
        [ours] = intervals(system, done.hidden, [Attack(cell, OUTSIDER)])
        assert (ours.below, ours.above) == pytest.approx(
            (1 - low / values[cell], min(1.0, high / values[cell] - 1)), abs=1e-6
        )


def test_the_judge_sees_what_a_pattern_leaves_open(tmp_path: Path) -> None:
    """A cell hidden alone in its row is the rest of it."""
    system = two_way(np.array([[[4.0], [3.0]], [[2.0], [1.0]]]))
    hidden = np.arange(system.cells.height) == 0
    assert judged(system, hidden, tmp_path / "table.jj") == {0: (4.0, 4.0)}
