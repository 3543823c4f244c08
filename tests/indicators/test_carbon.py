from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline.given import reference
from pipeline.indicators.carbon import factors_by_year
from pipeline.layout import Layout

Ask = Callable[..., Any]
Cell = Callable[..., dict[str, Any]]

ZHEJIANG, XIZANG = {"province_code": "330000"}, {"province_code": "540000"}
# kgCO2 per kWh, as announced: 广东, 浙江; the nation without traded non-fossil power
GD = {2021: 0.4715, 2022: 0.4403, 2023: 0.4419}
ZJ = {2021: 0.5422, 2022: 0.5153, 2023: 0.4974}
RESIDUAL = {2021: 0.5942, 2022: 0.5856, 2023: 0.6096}
MWH = 1000.0  # kWh, so that a factor is also tonnes per MWh


def power(mwh: float, year: int = 2023, **more: Any) -> dict[str, Any]:
    return {"year": year, "quantity": mwh * MWH, **more}


def green(mwh: float, channel: str, year: int = 2023, **more: Any) -> dict[str, Any]:
    return {"year": year, "kwh": mwh * MWH, "channel": channel, **more}


def location(
    ask: Ask, cell: Cell, rows: dict[str, Any], year: int = 2023, region: str = "000000", **params: Any
) -> Any:
    return cell(ask(rows, "carbon.location", **params), "carbon.location", region=region, year=year)


def market(ask: Ask, cell: Cell, rows: dict[str, Any], year: int = 2023, region: str = "000000") -> Any:
    return cell(ask(rows, "carbon.market"), "carbon.market", region=region, year=year)


# --- location-based ----------------------------------------------------------------------------------------


def test_each_province_has_its_own_factor(ask: Ask, cell: Cell) -> None:
    found = location(ask, cell, {"energy": [power(100), power(200, **ZHEJIANG)]})
    assert found["value"] == pytest.approx(100 * GD[2023] + 200 * ZJ[2023])  # 0.5306 for all would give 159.18
    assert found["flag"] is None


@pytest.mark.parametrize(
    ("year", "of", "flag"), [(2020, 2021, "factor_later"), (2021, 2021, None), (2022, 2022, None), (2024, 2023, "factor_earlier"), (2025, 2023, "factor_earlier")]
)  # fmt: skip
def test_the_factor_is_of_the_year_or_the_nearest_earlier_one(
    ask: Ask, cell: Cell, year: int, of: int, flag: str | None
) -> None:
    found = location(ask, cell, {"energy": [power(100, year)]}, year)
    assert found["value"] == pytest.approx(100 * GD[of])
    assert found["flag"] == flag


def test_the_first_later_factor_only_where_nothing_earlier_exists() -> None:
    factors = pl.DataFrame(
        {"region_code": ["110000"] * 2, "year": [2018, 2022], "factor_kgco2_per_kwh": [1.0, 2.0], "row_type": ["printed", "unverified"],
         "kind": ["average"] * 2, "region_level": ["province"] * 2}
    )  # fmt: skip
    found = factors_by_year(factors, "average", "province", pl.Series([2016, 2018, 2020, 2021, 2022, 2030]))
    chosen = {
        year: (factor, of, doubtful)
        for year, factor, of, doubtful in found.select("year", "factor", "of_year", "unverified").iter_rows()
    }
    old, new = (1.0, 2018, False), (2.0, 2022, True)
    assert chosen == {2016: old, 2018: old, 2020: old, 2021: old, 2022: new, 2030: new}


def test_self_built_power_is_not_from_the_grid(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [power(100)], "green_power": [green(30, "self_built"), green(20, "bilateral")]}
    assert location(ask, cell, rows)["value"] == pytest.approx(70 * GD[2023])  # a contract changes no location
    grid = cell(ask(rows, "carbon.grid_electricity"), "carbon.grid_electricity", year=2023)
    assert grid["value"] == 70 * MWH


def test_more_self_built_than_used_is_flagged(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [power(10)], "green_power": [green(30, "self_built")]}
    assert "self_built_above" in location(ask, cell, rows)["flag"]


def test_resold_electricity_emits_where_it_is_used(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [power(40, supply="resold", entity_id="T"), power(40, supply="received")]}
    assert location(ask, cell, rows)["value"] == pytest.approx(40 * GD[2023])


# --- fuels -------------------------------------------------------------------------------------------------

FUELS = [("diesel", 3.0959), ("gasoline", 2.9251), ("natural_gas", 2.1622), ("lpg", 3.1013), ("raw_coal", 1.9003)]


@pytest.mark.parametrize(("carrier", "factor"), FUELS)
def test_fuels_by_the_first_set(ask: Ask, cell: Cell, carrier: str, factor: float) -> None:
    rows = {"energy": [{"year": 2023, "carrier": carrier, "quantity": 1000.0}]}
    assert location(ask, cell, rows)["value"] == pytest.approx(factor)
    assert market(ask, cell, rows)["value"] == pytest.approx(factor)


def test_sets_are_never_mixed(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [{"year": 2023, "carrier": carrier, "quantity": 1000.0} for carrier in ("diesel", "raw_coal")]}
    found = location(ask, cell, rows, fuel_factor_set="S2")
    assert found["value"] == pytest.approx(3.1451)  # S2 has no factor of raw coal; that of S1 is not taken
    assert found["flag"] == "fuel_without_factor"


def test_heat_and_water_emit_nothing_here_and_the_share_of_heat_is_told(ask: Ask, cell: Cell) -> None:
    rows = {
        "energy": [
            power(100),
            {"year": 2023, "carrier": "heat", "quantity": 1e6},
            {"year": 2023, "carrier": "water", "quantity": 1e6},
        ]
    }
    assert location(ask, cell, rows)["value"] == pytest.approx(100 * GD[2023])
    share = cell(ask(rows, "carbon.heat_share"), "carbon.heat_share", year=2023)
    assert share["value"] == pytest.approx(34.12 / (34.12 + 12.29))


def test_scopes_add_up(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [power(100), {"year": 2023, "carrier": "diesel", "quantity": 1000.0}]}
    table = ask(rows, "carbon.location", by="scope")
    parts = {
        member: cell(table, "carbon.location", year=2023, member=member)["value"] for member in ("scope_1", "scope_2")
    }
    assert parts == {"scope_1": pytest.approx(3.0959), "scope_2": pytest.approx(100 * GD[2023])}
    assert sum(parts.values()) == pytest.approx(location(ask, cell, rows)["value"])


# --- a province without a factor ---------------------------------------------------------------------------


def test_xizang_is_out_of_the_national_sum_with_its_share_told(ask: Ask, cell: Cell) -> None:
    fuel = {"year": 2023, "carrier": "diesel", "quantity": 1000.0, **XIZANG}
    rows = {"energy": [power(90), power(10, **XIZANG), fuel], "green_power": [green(15, "gec", **XIZANG)]}
    for found in (location(ask, cell, rows), market(ask, cell, rows)):
        assert found["flag"] == "no_factor"
        assert found["n_rows"] == 1
    assert location(ask, cell, rows)["value"] == pytest.approx(90 * GD[2023])
    assert market(ask, cell, rows)["value"] == pytest.approx(90 * RESIDUAL[2023])
    there = location(ask, cell, rows, region="540000")
    assert (there["value"], there["flag"]) == (None, "no_factor")
    share = cell(ask(rows, "carbon.no_factor_share"), "carbon.no_factor_share", year=2023)
    assert share["value"] == 0.1


def test_provinces_add_up_to_the_nation(ask: Ask) -> None:
    rows = {
        "energy": [power(100), power(50, **ZHEJIANG), power(10, **XIZANG), power(30, entity_id="B", **ZHEJIANG)],
        "green_power": [green(120, "gec"), green(5, "direct", **ZHEJIANG), green(90, "gec", entity_id="B")],
    }
    table = ask(rows, "carbon.location", "carbon.market").filter(pl.col("year") == 2023)
    for id in ("carbon.location", "carbon.market"):
        of = dict(table.filter(pl.col("indicator_id") == id).select("region_code", "value").drop_nulls().iter_rows())
        nation = of.pop("000000")
        assert sum(value for code, value in of.items() if code.isdigit()) == pytest.approx(nation)
        assert of["east"] == pytest.approx(nation)


def test_carbon_per_flow_leaves_out_the_flow_of_xizang_too(ask: Ask, cell: Cell) -> None:
    flow = {"year": 2023, "metric": "information_flow", "value": 1000.0}
    rows = {"energy": [power(90), power(10, **XIZANG)], "activity": [flow, flow | {"value": 10.0} | XIZANG]}
    table = ask(rows, "carbon.per_flow")
    found = cell(table, "carbon.per_flow", year=2023)
    assert found["value"] == pytest.approx(90 * GD[2023] * 1000 / 1000)
    assert found["coverage"] == pytest.approx(1000 / 1010)
    assert cell(table, "carbon.per_flow", year=2023, region="540000")["flag"] == "no_factor"


# --- market-based ------------------------------------------------------------------------------------------


def test_claims_of_all_channels_are_taken_off(ask: Ask, cell: Cell) -> None:
    claims = [
        green(mwh, channel)
        for channel, mwh in {"self_built": 5, "direct": 10, "bilateral": 15, "tariff": 20, "gec": 25}.items()
    ]
    rows = {"energy": [power(100), power(100, **ZHEJIANG)], "green_power": claims}
    assert market(ask, cell, rows)["value"] == pytest.approx((195 - 70) * RESIDUAL[2023])


@pytest.mark.parametrize(
    ("year", "of", "flag"),
    [(2020, 2021, "factor_later,factor_unverified"), (2021, 2021, "factor_unverified"), (2022, 2022, None), (2025, 2023, "factor_earlier")],
)  # fmt: skip
def test_the_residual_factor_follows_the_same_rule(ask: Ask, cell: Cell, year: int, of: int, flag: str | None) -> None:
    found = market(ask, cell, {"energy": [power(100, year)]}, year)
    assert found["value"] == pytest.approx(100 * RESIDUAL[of])
    assert found["flag"] == flag


def test_a_group_cannot_be_below_zero_nor_lessen_anothers(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [power(100), power(100, entity_id="B")], "green_power": [green(150, "gec")]}
    assert market(ask, cell, rows)["value"] == pytest.approx(100 * RESIDUAL[2023])  # not (200 - 150)


def test_the_floor_is_that_of_the_group_in_the_nation(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [power(100), power(300, **ZHEJIANG)], "green_power": [green(150, "gec")]}
    table = ask(rows, "carbon.market")
    nation = cell(table, "carbon.market", year=2023)
    assert nation["value"] == pytest.approx(250 * RESIDUAL[2023])  # a floor in 广东 alone would lose 50 MWh
    assert nation["flag"] == "claims_moved"
    assert cell(table, "carbon.market", year=2023, region="440000")["value"] == 0.0
    assert cell(table, "carbon.market", year=2023, region="330000")["value"] == pytest.approx(250 * RESIDUAL[2023])


def test_a_group_is_more_than_one_entity(ask: Ask, cell: Cell) -> None:
    entities = [{"entity_id": "A", "group_id": "one"}, {"entity_id": "B", "group_id": "one"}, {"entity_id": "C"}]
    rows = {
        "entities": entities,
        "energy": [power(100), power(100, entity_id="B"), power(50, entity_id="C")],
        "green_power": [green(150, "gec")],
    }
    assert market(ask, cell, rows)["value"] == pytest.approx((50 + 50) * RESIDUAL[2023])


def test_certificates_where_no_electricity_was_filed_still_count(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [power(100)], "green_power": [green(30, "gec", province_code="110000")]}
    table = ask(rows, "carbon.market")
    assert cell(table, "carbon.market", year=2023)["value"] == pytest.approx(70 * RESIDUAL[2023])
    assert cell(table, "carbon.market", year=2023, region="110000")["value"] is None


def test_below_thirteen_percent_of_green_power_the_market_based_figure_is_higher(
    ask: Ask, cell: Cell, layout: Layout
) -> None:
    factors = reference.grid_factors(layout).filter(pl.col("year") == 2023, pl.col("region_code") == "000000")
    of = dict(factors.select("kind", "factor_kgco2_per_kwh").iter_rows())
    assert 1 - of["average"] / of["average_excl_traded_nonfossil"] == pytest.approx(0.13, abs=0.001)
    # With the factor of 浙江, 0.4974, the two are even at a share of 18.4 %.
    for share, higher in ((0.18, True), (0.19, False)):
        rows = {"energy": [power(100, **ZHEJIANG)], "green_power": [green(100 * share, "gec", **ZHEJIANG)]}
        assert (market(ask, cell, rows)["value"] > location(ask, cell, rows)["value"]) is higher


def test_eleven_months_of_electricity_emit_nothing_and_are_flagged(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [power(100, month=month) for month in range(1, 12)]}
    found = location(ask, cell, rows)
    assert (found["value"], found["flag"]) == (None, "partial")
