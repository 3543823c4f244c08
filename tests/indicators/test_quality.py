from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline.filings.intake import COUNTS
from pipeline.indicators.panel import expected, matched

Ask = Callable[..., pl.DataFrame]
Cell = Callable[..., dict[str, Any]]

GD, ZJ = "440000", "330000"


def cells(*rows: tuple[int, str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema={"year": pl.Int64, "province_code": pl.String, "entity_id": pl.String}, orient="row"
    )


def due(filed: pl.DataFrame, years: range = range(2020, 2026)) -> set[tuple[int, str, str, bool]]:
    return set(expected(filed, years).rows())


# --- who should have filed ---------------------------------------------------------------------------------


def test_who_has_filed_is_expected_from_then_on() -> None:
    found = due(cells((2022, GD, "A"), (2024, GD, "A")))
    assert found == {(2022, GD, "A", True), (2023, GD, "A", False), (2024, GD, "A", True), (2025, GD, "A", False)}


def test_who_is_new_is_not_expected_before() -> None:
    found = due(cells((2020, GD, "A"), (2021, GD, "A"), (2021, GD, "B")), range(2020, 2022))
    assert (2020, GD, "B", False) not in found


def test_who_filed_elsewhere_that_year_is_expected_before() -> None:
    found = due(cells((2020, GD, "A"), (2021, GD, "A"), (2021, ZJ, "A")), range(2020, 2022))
    assert (2020, ZJ, "A", False) in found


def part(*rows: tuple[int, str, str, str, bool]) -> pl.DataFrame:
    schema = {
        "year": pl.Int64,
        "province_code": pl.String,
        "entity_id": pl.String,
        "entity_kind": pl.String,
        "whole": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.mark.parametrize(
    ("energy", "flow", "compared"),
    [
        ([("A", "basic_telecom", True)], [("A", "basic_telecom", True)], True),
        ([("A", "basic_telecom", True), ("T", "tower", True)], [("A", "basic_telecom", True)], True),
        ([("A", "basic_telecom", True), ("B", "basic_telecom", True)], [("A", "basic_telecom", True)], False),
        ([("A", "basic_telecom", True)], [("A", "basic_telecom", True), ("B", "basic_telecom", True)], False),
        ([("A", "basic_telecom", False)], [("A", "basic_telecom", True)], False),
        ([("T", "tower", True)], [], False),
    ],
)
def test_a_province_is_compared_if_everyone_filed_what_is_expected(
    energy: list[tuple[str, str, bool]], flow: list[tuple[str, str, bool]], compared: bool
) -> None:
    parts = [part(*((2025, GD, *row) for row in rows)) for rows in (energy, flow)]
    filers = [frozenset({"basic_telecom", "tower"}), frozenset({"basic_telecom"})]
    assert (matched(parts, filers, range(2020, 2026)).height == 1) is compared


# --- completeness ------------------------------------------------------------------------------------------


def test_completeness_is_cells_accepted_of_cells_expected(ask: Ask, cell: Cell) -> None:
    zhejiang = {"province_code": ZJ}
    energy = [
        {"year": 2024},
        {"year": 2024, **zhejiang},
        {"year": 2024, "entity_id": "B"},
        {},
        {"facility_type": "other"},
    ]
    rows = {"energy": energy, "green_power": [{"year": 2024}, {}]}
    table = ask(rows, "quality.completeness")
    assert cell(table, "quality.completeness", year=2024)["value"] == 1.0
    assert (
        cell(table, "quality.completeness")["value"] == 0.5
    )  # of 4: energy A 广东, A 浙江, B 广东, green power A 广东
    assert cell(table, "quality.completeness", region=ZJ)["value"] == 0.0
    by_table = ask(rows, "quality.completeness", by="table")
    assert cell(by_table, "quality.completeness", member="energy")["value"] == pytest.approx(1 / 3)
    assert cell(by_table, "quality.completeness", member="green_power")["value"] == 1.0
    by_entity = ask(rows, "quality.completeness", by="entity_id")
    assert cell(by_entity, "quality.completeness", entity="B")["value"] == 0.0


# --- rejections --------------------------------------------------------------------------------------------


def test_rejected_rows_without_those_that_were_superseded(ask: Ask, cell: Cell) -> None:
    counts = pl.DataFrame(
        [("energy", 110, 90, 20, 5, 10), ("rooms", 50, 50, 0, 0, 0), ("sites", 0, 0, 0, 0, 0)], COUNTS, orient="row"
    )
    table = ask({}, "quality.rejected_rate", counts=counts)
    assert cell(table, "quality.rejected_rate")["value"] == 10 / 150
    by_table = ask({}, "quality.rejected_rate", by="table", counts=counts)
    assert cell(by_table, "quality.rejected_rate", member="energy")["value"] == 0.1
    assert cell(by_table, "quality.rejected_rate", member="rooms")["value"] == 0.0
    assert by_table["member"].to_list() == ["energy", "rooms"]
    assert cell(ask({}, "quality.rejected_rate"), "quality.rejected_rate")["flag"] == "not_filed"
