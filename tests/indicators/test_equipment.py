"""Equipment and businesses: ages weighted by number, energy of a unit, by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline.given.params import Params
from pipeline.given.reference import Plan
from pipeline.indicators import evaluate
from pipeline.indicators.model import Catalogue
from pipeline.layout import Layout
from tests.indicators.conftest import frames, pick

GUANGDONG = 0.4419  # kgCO2/kWh of 2023, the latest published

Compute = Callable[..., pl.DataFrame]


@pytest.fixture(scope="module")
def compute(layout: Layout, plan: Plan) -> Compute:
    return lambda rows: evaluate.compute(frames(rows), layout, Params(), plan, 2025)


def of_members(table: pl.DataFrame, id: str, dimension: str) -> dict[str, float]:
    """Member -> value of the nation in 2025."""
    rows = table.filter(indicator_id=id, dimension=dimension, region_code="000000", year=2025)
    return dict(rows.select("member", "value").iter_rows())


def cell(table: pl.DataFrame, id: str) -> dict[str, Any]:
    return pick(table, id)


def test_years_in_service_are_weighed_by_number(compute: Compute) -> None:
    table = compute({"equipment": [
        {"commissioned_year": 2015, "quantity": 30.0, "retired": 4.0, "recycled_kg": 100.0},
        {"commissioned_year": 2017, "quantity": 10.0, "model": "A2"},
        {"commissioned_year": 2024, "quantity": 60.0, "retired": 1.0, "entity_id": "B", "vendor": "乙"},
    ]})  # fmt: skip
    # 30 x 10 + 10 x 8 + 60 x 1 = 440 years of 100 units; eight years are not more than eight
    assert cell(table, "equipment.years")["value"] == pytest.approx(4.4)
    assert cell(table, "equipment.old_share")["value"] == pytest.approx(0.30)
    assert cell(table, "equipment.quantity")["value"] == 100.0
    assert cell(table, "equipment.retired")["value"] == 5.0
    assert cell(table, "equipment.recycled")["value"] == pytest.approx(0.1)
    assert of_members(table, "equipment.years", "vendor") == {"甲": pytest.approx(9.5), "乙": 1.0}


def test_energy_of_a_unit_by_year_of_entry(compute: Compute) -> None:
    table = compute({"equipment": [
        {"commissioned_year": 2020, "quantity": 10.0, "energy_kwh": 60_000.0},
        {"commissioned_year": 2022, "quantity": 20.0, "energy_kwh": 100_000.0},
        {"commissioned_year": 2025, "quantity": 50.0, "energy_kwh": 90_000.0},
        {"commissioned_year": 2020, "quantity": 5.0, "energy_kwh": 5_000.0, "equipment_type": "olt"},
    ]})  # fmt: skip
    assert cell(table, "equipment.electricity")["value"] == 255_000.0
    # those of the year itself ran for a part of it: 165,000 kWh of 35 units
    assert cell(table, "equipment.per_unit")["value"] == pytest.approx(165_000 / 35)
    assert of_members(table, "equipment.per_unit", "vintage") == {
        "5G基站主设备 2020": 6000.0, "5G基站主设备 2022": 5000.0, "OLT 2020": 1000.0,
    }  # fmt: skip
    assert of_members(table, "equipment.electricity", "equipment_type") == {"radio_5g": 250_000.0, "olt": 5_000.0}
    assert cell(table, "equipment.co2")["value"] == pytest.approx(255_000 * GUANGDONG / 1000)
    assert "factor_earlier" in str(cell(table, "equipment.co2")["flag"])


def test_energy_of_what_is_retired_is_of_no_unit_in_service(compute: Compute) -> None:
    """One model is all retired by the end of the year: its 50,000 kWh are of no unit that is left."""
    gone = {"quantity": 0.0, "retired": 10.0, "energy_kwh": 50_000.0, "commissioned_year": 2015}
    table = compute({"equipment": [gone, {"quantity": 10.0, "energy_kwh": 60_000.0, "commissioned_year": 2020}]})
    assert cell(table, "equipment.per_unit")["value"] == 6000.0
    assert of_members(table, "equipment.per_unit", "vintage") == {"5G基站主设备 2020": 6000.0}
    assert cell(table, "equipment.electricity")["value"] == 110_000.0


def test_entering_after_the_data_year_is_no_negative_age(compute: Compute) -> None:
    table = compute({"equipment": [{"commissioned_year": 2026, "quantity": 10.0}, {"quantity": 10.0}]})
    assert cell(table, "equipment.years")["value"] == pytest.approx(2.0)  # of 0 and 4


def test_businesses_by_what_they_use_and_carry(compute: Compute) -> None:
    diesel = {"carrier": "diesel", "unit": "kg", "quantity": 1000.0}
    table = compute({
        "business": [{"quantity": 900_000.0}, diesel, {"business": "idc", "quantity": 100_000.0, "allocation": "power"}],
        "activity": [{"metric": "mobile_traffic", "value": 3000.0}],
    })  # fmt: skip
    assert cell(table, "business.electricity")["value"] == 1_000_000.0
    assert cell(table, "business.energy")["value"] == pytest.approx(1_000_000 * 0.1229 / 1000 + 1000 * 1.4571 / 1000)
    assert cell(table, "business.mobile_per_traffic")["value"] == pytest.approx(300.0)
    assert cell(table, "business.mobile_co2_per_traffic")["value"] == pytest.approx(300 * GUANGDONG)
    assert of_members(table, "business.electricity", "allocation") == {"metered": 900_000.0, "power": 100_000.0}
    assert of_members(table, "business.co2", "business") == {
        "mobile": pytest.approx(900 * GUANGDONG), "idc": pytest.approx(100 * GUANGDONG),
    }  # fmt: skip


def test_without_the_two_tables_nothing_else_changes(layout: Layout, plan: Plan, catalogue: Catalogue) -> None:
    others = {"energy": [{}, {"year": 2020}], "activity": [{}], "rooms": [{}], "data_centres": [{}]}
    of_both = frames(others | {"equipment": [{}], "business": [{}]})
    with_, without = (evaluate.compute(tables, layout, Params(), plan, 2025) for tables in (of_both, frames(others)))
    mine = pl.col("indicator_id").str.contains(r"^(equipment|business)\.")
    assert without.filter(mine).is_empty()
    assert with_.filter(mine)["indicator_id"].n_unique() == 8 + 7
    assert with_.filter(~mine).equals(without)
    known = catalogue.of_filed(["energy"])
    assert not {"equipment", "business"} & set(known.families)
    assert "business.mobile_per_traffic" not in known.indicators
    assert set(catalogue.of_filed(["energy", "equipment"]).families) - set(known.families) == {"equipment"}
