"""What disputed coefficients and factors do to the headlines of a tiny edition, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from pipeline.given.params import Params
from pipeline.given.reference import Plan, load_plan
from pipeline.indicators import evaluate
from pipeline.layout import Layout
from pipeline.scenarios.sensitivity import HEADLINES, TABLE, sensitivity
from tests.indicators.conftest import frames

# 广东 in 2025: 1 GWh of electricity, 50 000 m3 of gas, 100 GJ of heat; in 2020 the same without gas. Flow doubles.
USED = [{"quantity": 1e6}, {"carrier": "natural_gas", "quantity": 50_000.0}, {"carrier": "heat", "quantity": 100_000.0}]
ENERGY = [row | {"year": year} for year in (2020, 2025) for row in USED if year == 2025 or row.get("carrier") != "natural_gas"]  # fmt: skip
FLOW = [{"year": 2020, "value": 100.0}, {"year": 2025, "value": 200.0}]
POWER_TCE, HEAT_TCE = 122.9, 3.412
LOCATION = 1e6 * 0.4419 / 1000 + 50_000 * 2.1622 / 1000
MARKET = 1e6 * 0.6096 / 1000 + 50_000 * 2.1622 / 1000

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def plan(layout: Layout) -> Plan:
    return load_plan(layout)


def found(layout: Layout, plan: Plan, energy: Rows, flow: Rows, **chosen: object) -> pl.DataFrame:
    filed = frames({"energy": energy, "activity": flow, "entities": [{"entity_id": "A"}]})
    set_ = Params().model_copy(update=chosen)
    table = evaluate.compute(filed, layout, set_, plan, 2025, only=[*HEADLINES, "carbon.fuels", "energy.heat"])
    return sensitivity(filed, layout, set_, plan, 2025, table)


def changed(rows: pl.DataFrame, variant: str, region: str = "440000") -> Mapping[str, float]:
    own = rows.filter(pl.col("variant").str.contains(variant, literal=True), pl.col("region_code") == region)
    return dict(own.select("indicator_id", "changed").iter_rows())


@pytest.fixture(scope="module")
def rows(layout: Layout, plan: Plan) -> pl.DataFrame:
    return found(layout, plan, ENERGY, FLOW)


def test_the_values_are_those_of_the_report(rows: pl.DataFrame) -> None:
    assert rows.schema == pl.Schema(TABLE)
    assert rows["region_code"].unique().sort().to_list() == ["000000", "440000"]
    value = dict(rows.filter(pl.col("region_code") == "440000").select("indicator_id", "value").iter_rows())
    assert value["energy.total"] == pytest.approx(POWER_TCE + 66.5 + HEAT_TCE)
    assert value["carbon.location"] == pytest.approx(LOCATION)
    assert value["carbon.market"] == pytest.approx(MARKET)
    assert "energy.per_volume.change" not in value  # no volume was filed


def test_gas_at_the_other_end_of_its_sources(rows: pl.DataFrame) -> None:
    """1.10 for 1.33: 50 000 m3 are 55 tce instead of 66.5; emissions have a factor of their own and stay."""
    of = changed(rows, "天然气折标准煤系数取 1.10")
    assert of["energy.total"] == pytest.approx(POWER_TCE + 55 + HEAT_TCE)
    before, after = POWER_TCE + HEAT_TCE, POWER_TCE + 55 + HEAT_TCE
    assert of["energy.per_flow.change"] == pytest.approx((after / 200) / (before / 100) - 1)
    assert of["carbon.location"] == pytest.approx(LOCATION)
    assert "天然气折标准煤系数取 1.33 kgce/m3" not in rows["variant"].to_list()  # that is what the report has


def test_electricity_at_coal_equivalent_value(rows: pl.DataFrame) -> None:
    of = changed(rows, "等价值折算（0.31 kgce/kWh）")
    assert of["energy.total"] == pytest.approx(310 + 66.5 + HEAT_TCE)
    assert of["energy.per_flow.change"] == pytest.approx(((310 + 66.5 + HEAT_TCE) / 200) / ((310 + HEAT_TCE) / 100) - 1)


def test_heat_with_the_usual_default(rows: pl.DataFrame) -> None:
    """100 GJ at 0.11 t are 11 t, in the province and in the nation."""
    for region in ("440000", "000000"):
        of = changed(rows, "外购热力", region)
        assert of["carbon.location"] == pytest.approx(LOCATION + 11)
        assert of["carbon.market"] == pytest.approx(MARKET + 11)
        assert of["energy.total"] == pytest.approx(POWER_TCE + 66.5 + HEAT_TCE)


def test_the_grid_goes_on_by_the_trend_of_the_province(rows: pl.DataFrame) -> None:
    """广东: from 0.4715 (2021) to 0.4419 (2023), two more such years to 2025."""
    of = changed(rows, "推到 2025 年", "000000")
    assert of["carbon.location"] == pytest.approx(1000 * 0.4419 * (0.4419 / 0.4715) + 50 * 2.1622)
    assert of["carbon.market"] == pytest.approx(MARKET)


def test_the_residual_factor_of_other_years(rows: pl.DataFrame) -> None:
    assert changed(rows, "取 2022 年的 0.5856（")["carbon.market"] == pytest.approx(585.6 + 50 * 2.1622)
    assert changed(rows, "取 2021 年的 0.5942，未经核实（")["carbon.market"] == pytest.approx(594.2 + 50 * 2.1622)
    assert changed(rows, "取 2022 年的 0.5856（")["carbon.location"] == pytest.approx(LOCATION)


def test_the_other_choice_is_the_variant(layout: Layout, plan: Plan) -> None:
    rows = found(layout, plan, ENERGY, FLOW, electricity_coal_method="coal_equivalent", natural_gas_kgce_per_m3=1.10)
    assert changed(rows, "电力按当量值折算")["energy.total"] == pytest.approx(POWER_TCE + 55 + HEAT_TCE)
    assert changed(rows, "天然气折标准煤系数取 1.33")["energy.total"] == pytest.approx(310 + 66.5 + HEAT_TCE)


def test_without_filings_there_is_nothing(layout: Layout, plan: Plan) -> None:
    assert found(layout, plan, [], []).is_empty()
