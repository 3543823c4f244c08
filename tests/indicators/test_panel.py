"""Who is expected where, and the chain of prices, at their boundaries: each answer by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipeline.indicators.panel import expected, matched
from pipeline.indicators.prices import chain, pieces

YEARS = range(2020, 2023)


def cells(*rows: tuple[int, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, {"year": pl.Int64, "province_code": pl.String, "entity_id": pl.String}, orient="row")


def part(*rows: tuple[int, str, str, bool]) -> pl.DataFrame:
    """CELL, entity_kind, whole."""
    schema = {"year": pl.Int64, "province_code": pl.String, "entity_id": pl.String, "whole": pl.Boolean}
    return pl.DataFrame(rows, schema, orient="row").with_columns(entity_kind=pl.lit("operator"))


def test_an_entity_is_expected_from_its_first_year_on() -> None:
    found = expected(cells((2021, "33", "A")), YEARS).sort("year")
    assert found.rows() == [(2021, "33", "A", True), (2022, "33", "A", False)]


def test_before_its_first_year_it_is_expected_where_it_filed_for_others() -> None:
    filed = cells((2020, "44", "A"), (2021, "33", "A"), (2022, "33", "A"), (2022, "44", "A"))
    found = expected(filed, YEARS).filter(province_code="33").sort("year")
    assert found.rows() == [(2020, "33", "A", False), (2021, "33", "A", True), (2022, "33", "A", True)]


def test_half_a_year_in_the_only_year_of_an_entity_leaves_its_province_out() -> None:
    energy, flow = part((2022, "33", "A", False), (2022, "33", "B", True)), part((2022, "33", "B", True))
    assert matched([energy, flow], [None, frozenset()], YEARS).is_empty()


def test_whoever_files_one_part_is_expected_to_file_the_other_unless_its_kind_is_not() -> None:
    energy, flow = part((2022, "33", "A", True), (2022, "33", "B", True)), part((2022, "33", "B", True))
    assert matched([energy, flow], [None, None], YEARS).is_empty()
    assert matched([energy, flow], [None, frozenset({"tower"})], YEARS).rows() == [(2022, "33")]
    assert matched([energy, flow], [None, frozenset()], YEARS).rows() == [(2022, "33")]


def volumes(*rows: tuple[int, str, int, float]) -> pl.DataFrame:
    """Year, entity, the year of the prices, volume: all of one province."""
    schema = {"year": pl.Int64, "entity_id": pl.String, "price_base": pl.Int64, "value": pl.Float64}
    constant: dict[str, Any] = {"province_code": "33", "entity_kind": "operator", "n_rows": 1}
    return pl.DataFrame(rows, schema, orient="row").with_columns(
        *(pl.lit(value).alias(name) for name, value in constant.items()), group_id="entity_id"
    )


def test_the_base_year_needs_a_volume_at_its_own_prices() -> None:
    """A link from the year before the base does not stand for it."""
    linked = volumes((2019, "A", 2019, 100.0), (2020, "A", 2019, 110.0), (2021, "A", 2020, 120.0))
    assert pieces(linked, 2020).sort("year")["whole"].to_list() == [False, False, False]
    own = volumes((2020, "A", 2020, 100.0), (2021, "A", 2020, 110.0))
    assert pieces(own, 2020).sort("year")["whole"].to_list() == [True, True]


def test_who_is_new_adds_to_a_link_and_was_nothing_before() -> None:
    rows = [(2020, "A", 2020, 100.0), (2021, "A", 2020, 110.0), (2021, "A", 2021, 121.0), (2022, "A", 2021, 133.1)]
    parts = pieces(volumes(*rows, (2022, "B", 2021, 22.0)), 2020)
    found = chain(parts, parts.select("year", "province_code").unique(), [], 2020).sort("year")
    # 2021: filed at 2020 prices. 2022: 110 x (133.1 + 22) / 121, the sums at 2021 prices.
    assert found["volume"].to_list() == pytest.approx([100.0, 110.0, 141.0], rel=1e-12)
