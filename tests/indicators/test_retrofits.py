"""The same core rooms before and after their retrofit."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipeline.filings.contracts import BY_NAME
from pipeline.indicators.retrofits import OTHERS, RETROFITTED, before_and_after

TERM = (2022, 2025)


def filed(room: str, year: int, it: float | None, total: float | None, **further: Any) -> dict[str, Any]:
    row = {"kind": "core", "retrofit_year": None, "is_control": False, "entity_id": "A", "province_code": "110000"}
    return row | {"room_id": room, "year": year, "it_kwh": it, "total_kwh": total} | further


def told(*rows: dict[str, Any]) -> dict[str, tuple[int, float, float]]:
    frame = pl.DataFrame(rows, schema=BY_NAME["rooms"].dtypes)
    found = before_and_after(frame, TERM, 2020, 2025)
    return {group: (rooms, before, after) for group, rooms, before, after in found.iter_rows()}


def test_sums_each_group_before_it_divides() -> None:
    found = told(
        filed("a", 2020, 100, 180), filed("a", 2025, 100, 140, retrofit_year=2023),
        filed("b", 2020, 300, 480), filed("b", 2025, 300, 420, retrofit_year=2022),
        filed("c", 2020, 50, 90), filed("c", 2025, 50, 85),
    )  # fmt: skip
    assert list(found) == [RETROFITTED, OTHERS]
    assert found[RETROFITTED] == (2, pytest.approx(660 / 400), pytest.approx(560 / 400))
    assert found[OTHERS] == (1, pytest.approx(1.8), pytest.approx(1.7))


@pytest.mark.parametrize("retrofit_year", [2021, 2026])
def test_a_retrofit_outside_the_term_counts_among_the_others(retrofit_year: int) -> None:
    found = told(filed("a", 2020, 100, 180), filed("a", 2025, 100, 140, retrofit_year=retrofit_year))
    assert list(found) == [OTHERS]


@pytest.mark.parametrize(
    "rows",
    [
        [filed("a", 2025, 100, 140)],
        [filed("a", 2020, 100, 140), filed("b", 2025, 100, 140)],
        [filed("a", 2020, 0, 140), filed("a", 2025, 100, 140)],
        [filed("a", 2020, 100, None), filed("a", 2025, 100, 140)],
        [filed("a", 2020, 100, 140, kind="access"), filed("a", 2025, 100, 140, kind="access")],
        [filed("a", 2020, 100, 140, is_control=True), filed("a", 2025, 100, 140, is_control=True)],
    ],
    ids=["only one year", "other rooms", "no consumption", "missing", "no core room", "control rows"],
)
def test_leaves_out_what_cannot_be_compared(rows: list[dict[str, Any]]) -> None:
    assert told(*rows) == {}
