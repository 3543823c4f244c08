"""What holds for any filings: order and splitting of rows change nothing, parts add up to the whole."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.indicators import exact
from pipeline.indicators.model import Catalogue

Ask = Callable[..., pl.DataFrame]
Filed = Callable[..., dict[str, pl.DataFrame]]
FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

PROVINCES = st.sampled_from(["440000", "330000", "520000", "230000", "540000"])
ENTITIES = st.sampled_from(["A", "B", "T", "G", "I"])
YEARS = st.sampled_from([2020, 2023, 2025])
AMOUNTS = st.floats(0, 1e10).map(lambda value: round(value, 2))
WHERE = {"year": YEARS, "province_code": PROVINCES, "entity_id": ENTITIES}

CENTRES = st.lists(
    st.fixed_dictionaries({
        **WHERE, "standard_racks": st.integers(1, 20000).map(float), "it_kwh": AMOUNTS, "share": st.floats(1, 2),
        "commissioned_year": st.integers(2015, 2025),
    }), min_size=1, max_size=12,
)  # fmt: skip
ENERGY = st.lists(
    st.fixed_dictionaries({
        **WHERE, "carrier": st.sampled_from(["electricity", "diesel", "heat", "raw_coal"]), "quantity": AMOUNTS,
        "facility_type": st.sampled_from(["office", "base_station", "data_centre"]), "supply": st.sampled_from(["own", "received", "resold"]),
    }), min_size=1, max_size=20, unique_by=lambda row: tuple(row[name] for name in row if name != "quantity"),
)  # fmt: skip
FLOWS = st.lists(
    st.fixed_dictionaries({**WHERE, "value": AMOUNTS}),
    max_size=8,
    unique_by=lambda row: (row["year"], row["province_code"], row["entity_id"]),
)
GREEN = st.lists(
    st.fixed_dictionaries({**WHERE, "channel": st.sampled_from(["self_built", "bilateral", "gec"]), "kwh": AMOUNTS}),
    max_size=8,
    unique_by=lambda row: (row["year"], row["province_code"], row["entity_id"], row["channel"]),
)
EQUIPMENT = st.lists(
    st.fixed_dictionaries({
        **WHERE, "equipment_type": st.sampled_from(["server", "radio_5g"]), "quantity": st.integers(0, 999).map(float),
        "energy_kwh": AMOUNTS, "retired": st.none() | st.integers(0, 99).map(float),
        "recycled_kg": st.none() | st.floats(0, 1e6).map(lambda value: round(value, 3)),
    }), min_size=1, max_size=20,
)  # fmt: skip
RATIOS = (
    "dc.pue.all",
    "dc.pue.new_large",
    "energy.per_flow",
    "energy.per_flow.change",
    "green.share",
    "carbon.per_flow",
)
SUMS = (
    "dc.racks",
    "dc.count",
    "energy.total",
    "energy.electricity",
    "green.kwh",
    "carbon.location",
    "carbon.market",
    "activity.flow",
)


def centres(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name != "share"}
        | {"dc_id": str(n), "total_kwh": row["it_kwh"] * row["share"]}
        for n, row in enumerate(rows)
    ]


def values(table: pl.DataFrame) -> dict[tuple[Any, ...], float | None]:
    return {
        row[:4]: row[4] for row in table.select("indicator_id", "year", "region_code", "member", "value").iter_rows()
    }


@FEW
@given(rows=CENTRES, used=ENERGY, flows=FLOWS, green=GREEN, seed=st.integers(0, 99))
def test_the_order_of_rows_changes_not_one_bit(
    ask: Ask, filed: Filed, rows: list[Any], used: list[Any], flows: list[Any], green: list[Any], seed: int
) -> None:
    tables = filed({"data_centres": centres(rows), "energy": used, "activity": flows, "green_power": green})
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in tables.items()}
    assert ask(tables, *RATIOS, *SUMS).equals(ask(shuffled, *RATIOS, *SUMS))


@FEW
@given(rows=CENTRES, used=ENERGY, flows=FLOWS, part=st.floats(0.01, 0.99))
def test_a_row_in_two_parts_is_the_same(
    ask: Ask, rows: list[Any], used: list[Any], flows: list[Any], part: float
) -> None:
    whole = centres(rows)
    parted = [
        row | {"dc_id": f"{row['dc_id']}-{n}", "it_kwh": row["it_kwh"] * share, "total_kwh": row["total_kwh"] * share}
        for row in whole
        for n, share in enumerate((part, 1 - part))
    ]
    cities = [
        row | {"sub_region": city, "quantity": row["quantity"] * share}
        for row in used
        for city, share in (("", part), ("深圳市", 1 - part))
    ]
    one = values(ask({"data_centres": whole, "energy": used, "activity": flows}, *RATIOS[:4], "energy.total"))
    two = values(ask({"data_centres": parted, "energy": cities, "activity": flows}, *RATIOS[:4], "energy.total"))
    assert one.keys() == two.keys()
    for cell, value in one.items():
        if value is None or two[cell] is None:
            # A sum of nothing but tiny amounts may vanish below the smallest unit that is summed.
            assert (value or 0) == pytest.approx(two[cell] or 0, abs=1e-9)
        else:
            assert two[cell] == pytest.approx(value, rel=1e-9, abs=1e-9)


@FEW
@given(rows=CENTRES, used=ENERGY, flows=FLOWS, green=GREEN)
def test_provinces_and_economic_regions_add_up_to_the_nation(
    ask: Ask, rows: list[Any], used: list[Any], flows: list[Any], green: list[Any]
) -> None:
    table = ask({"data_centres": centres(rows), "energy": used, "activity": flows, "green_power": green}, *SUMS)
    level = pl.when(pl.col("region_code") == "000000").then(pl.lit("nation")).when(
        pl.col("region_code").str.contains("^[0-9]")).then(pl.lit("provinces")).otherwise(pl.lit("regions"))  # fmt: skip
    summed = (
        table.group_by("indicator_id", "year", level=level).agg(pl.col("value").sum()).pivot("level", values="value")
    )
    for row in summed.iter_rows(named=True):
        assert row["provinces"] == pytest.approx(row["nation"], rel=1e-12, abs=1e-9)
        assert row["regions"] == pytest.approx(row["nation"], rel=1e-12, abs=1e-9)


@settings(FEW, max_examples=4)
@given(rows=CENTRES, used=ENERGY)
def test_members_add_up_to_the_whole(ask: Ask, catalogue: Catalogue, rows: list[Any], used: list[Any]) -> None:
    filings = {"data_centres": centres(rows), "energy": used}
    for id, dimension in (("energy.total", "carrier"), ("energy.total", "facility_type"), ("energy.total", "entity_kind"), ("dc.racks", "size_class"), ("carbon.location", "scope")):  # fmt: skip
        assert dimension in catalogue[id].dimensions
        whole = ask(filings, id).select("region_code", "year", "value").drop_nulls()
        parts = ask(filings, id, by=dimension).group_by("region_code", "year").agg(parts=pl.col("value").sum())
        both = whole.join(parts, on=["region_code", "year"], how="left")
        assert both["parts"].to_list() == pytest.approx(both["value"].to_list(), rel=1e-12, abs=1e-9)
    shares = ask(filings, "dc.pue.grade_share", by="grade").group_by("region_code", "year").agg(pl.col("value").sum())
    assert shares["value"].to_list() == pytest.approx([1.0] * shares.height)


@FEW
@given(rows=EQUIPMENT, by=st.sampled_from(["", "equipment_type", "entity_id"]))
def test_sums_and_contributors_are_those_of_fractions(ask: Ask, rows: list[Any], by: str) -> None:
    asked = {"quantity": ("quantity", 1), "retired": ("retired", 1), "recycled": ("recycled_kg", 1000)}
    table = ask({"equipment": rows}, *(f"equipment.{name}" for name in asked), by=by)
    for told in table.filter(pl.col("region_code") == "000000").iter_rows(named=True):
        column, divisor = asked[told["indicator_id"].removeprefix("equipment.")]
        member = told["entity_id"] or told["member"]
        there = [
            row
            for row in rows
            if row["year"] == told["year"] and row[column] is not None and member in (None, row.get(by))
        ]
        of_groups = {
            one: sum(Fraction(str(row[column])) for row in there if row["entity_id"] == one) / divisor
            for one in {row["entity_id"] for row in there}
        }
        total = sum(of_groups.values())
        assert told["n_rows"] == len(there)
        assert (told["n_entities"] or 0) == (told["n_groups"] or 0) == len(of_groups)
        assert told["value"] == (pytest.approx(float(total), rel=1e-15) if there else None)
        assert told["largest_share"] == (
            pytest.approx(float(max(of_groups.values()) / total), rel=1e-14) if total else None
        )


@FEW
@given(rows=CENTRES)
def test_the_nation_lies_between_its_provinces(ask: Ask, rows: list[Any]) -> None:
    table = ask({"data_centres": centres(rows)}, "dc.pue.all").drop_nulls("value")
    for (_,), of_year in table.group_by("year"):
        nation = of_year.filter(pl.col("region_code") == "000000")["value"]
        provinces = of_year.filter(pl.col("region_code").str.contains("^[1-9]"))["value"]
        if nation.len():
            assert provinces.min() - 1e-9 <= nation.item() <= provinces.max() + 1e-9  # type: ignore[operator]


@given(st.lists(st.floats(-1e12, 1e12).map(lambda value: round(value, 3)), max_size=50))
def test_an_exact_sum_has_no_order(numbers: list[float]) -> None:
    frame = pl.DataFrame({"x": numbers}, schema={"x": pl.Float64})
    one, other = (frame.sort("x", descending=down).select(exact.total("x")).item() for down in (True, False))
    assert one == other == pytest.approx(sum(numbers), rel=1e-12, abs=1e-3)


def test_an_exact_sum_of_nothing_is_zero_and_leaves_nulls_out() -> None:
    assert pl.DataFrame({"x": [None, 0.1, 0.2]}).select(exact.total("x")).item() == 0.3
    assert pl.DataFrame({"x": []}, schema={"x": pl.Float64}).select(exact.total("x")).item() == 0
