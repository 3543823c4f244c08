from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.given import reference
from pipeline.layout import Layout

Ask = Callable[..., Any]
Cell = Callable[..., dict[str, Any]]

ZHEJIANG = {"province_code": "330000"}
KGCE = 0.1229  # of a kWh
FLOW = ("energy.per_flow", "energy.per_flow.change", "energy.index", "activity.flow_index")


def tce(tonnes: float, year: int = 2025, **more: Any) -> dict[str, Any]:
    """Electricity of so many tonnes of standard coal."""
    return {"year": year, "quantity": tonnes * 1000 / KGCE, **more}


def flow(tb: float, year: int = 2025, **more: Any) -> dict[str, Any]:
    return {"year": year, "value": tb, **more}


def volume(value: float, year: int, prices: int, **more: Any) -> dict[str, Any]:
    return {
        "year": year,
        "metric": "telecom_business_volume",
        "value": value,
        "unit": "万元",
        "price_base_year": prices,
        **more,
    }


# --- the worked example ------------------------------------------------------------------------------------


def test_energy_per_flow_falls_by_a_quarter(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [tce(1.2e6, 2020), tce(1.8e6, 2025)], "activity": [flow(240e6, 2020), flow(480e6, 2025)]}
    table = ask(rows, *FLOW)
    assert cell(table, "energy.per_flow", year=2020)["value"] == pytest.approx(5.0, abs=1e-12)
    assert cell(table, "energy.per_flow")["value"] == pytest.approx(3.75, abs=1e-12)
    change = cell(table, "energy.per_flow.change")
    assert change["value"] == pytest.approx(-0.25, abs=1e-12)
    assert (change["coverage"], change["flag"]) == (1.0, None)
    assert cell(table, "energy.index")["value"] == pytest.approx(150, abs=1e-9)
    assert cell(table, "activity.flow_index")["value"] == pytest.approx(200, abs=1e-9)
    assert cell(table, "energy.per_flow.change", year=2020)["value"] == 0.0


# --- standard coal -----------------------------------------------------------------------------------------

CARRIERS = [
    ("electricity", 1000.0, 122.9), ("diesel", 1000.0, 1457.1), ("gasoline", 1000.0, 1471.4), ("natural_gas", 1000.0, 1330.0),
    ("lpg", 1000.0, 1714.3), ("raw_coal", 1000.0, 714.3), ("heat", 1000.0, 34.12), ("water", 1000.0, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("carrier", "quantity", "kgce"), CARRIERS)
def test_coefficients(ask: Ask, cell: Cell, carrier: str, quantity: float, kgce: float) -> None:
    rows = {"energy": [{"carrier": carrier, "quantity": quantity}]}
    assert cell(ask(rows, "energy.total"), "energy.total")["value"] == pytest.approx(kgce / 1000, abs=1e-12)


@pytest.mark.parametrize(
    ("params", "carrier", "kgce"),
    [
        ({"electricity_coal_method": "coal_equivalent"}, "electricity", 0.31),
        (
            {"electricity_coal_method": "coal_equivalent", "electricity_coal_coefficient_kgce_per_kwh": 0.3},
            "electricity",
            0.3,
        ),
        ({"electricity_coal_coefficient_kgce_per_kwh": 0.3}, "electricity", 0.1229),
        ({"natural_gas_kgce_per_m3": 1.1}, "natural_gas", 1.1),
        ({"water_kgce_per_t": 0.2571}, "water", 0.2571),
    ],
)
def test_coefficients_by_parameter(ask: Ask, cell: Cell, params: dict[str, Any], carrier: str, kgce: float) -> None:
    rows = {"energy": [{"carrier": carrier, "quantity": 1000.0}]}
    assert cell(ask(rows, "energy.total", **params), "energy.total")["value"] == pytest.approx(kgce, abs=1e-12)


def test_water_is_told_in_cubic_metres_and_moves_no_headline(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [{"quantity": 1000.0}, {"carrier": "water", "quantity": 5e9}]}
    table = ask(rows, "energy.total", "energy.water", "energy.electricity_share")
    assert cell(table, "energy.total")["value"] == pytest.approx(0.1229)
    assert cell(table, "energy.water")["value"] == 5e9
    assert cell(table, "energy.electricity_share")["value"] == 1.0


def test_energy_by_facility_carrier_and_kind(ask: Ask) -> None:
    rows = {"energy": [
        {"facility_type": "base_station", "quantity": 1000.0}, {"facility_type": "base_station", "carrier": "diesel", "quantity": 10.0},
        {"facility_type": "office", "quantity": 500.0, "entity_id": "I"},
    ]}  # fmt: skip

    def told(by: str) -> dict[str, float]:
        table = ask(rows, "energy.total", by=by)
        return {
            row["member"]: round(row["value"], 9)
            for row in table.iter_rows(named=True)
            if row["region_code"] == "000000"
        }

    assert told("facility_type") == {"base_station": 0.137471, "office": 0.06145}
    assert told("carrier") == {"electricity": 0.18435, "diesel": 0.014571}
    assert told("entity_kind") == {"basic_telecom": 0.137471, "idc": 0.06145}


# --- final use ---------------------------------------------------------------------------------------------


def test_what_is_passed_on_counts_once_where_it_is_used(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [
        {"entity_id": "T", "quantity": 100.0},
        {"entity_id": "T", "quantity": 400.0, "supply": "resold", "counterparty_id": "A"},
        {"entity_id": "A", "quantity": 400.0, "supply": "received", "counterparty_id": "T"},
        {"entity_id": "A", "quantity": 1000.0},
    ], "activity": [flow(1.0)]}  # fmt: skip
    table = ask(
        rows,
        "energy.electricity",
        "energy.total",
        "energy.covered",
        "energy.per_flow",
        "energy.resold",
        "energy.received",
    )
    assert cell(table, "energy.electricity")["value"] == 1500.0
    assert cell(table, "energy.covered")["value"] == pytest.approx(1500 * KGCE / 1000)
    assert cell(table, "energy.per_flow")["value"] == pytest.approx(1500 * KGCE)
    assert cell(table, "energy.total")["value"] == pytest.approx(1500 * KGCE / 1000)
    assert cell(table, "energy.resold")["value"] == cell(table, "energy.received")["value"] == 400.0
    alone = ask(rows, "energy.electricity", by="entity_id")
    assert cell(alone, "energy.electricity", entity="T")["value"] == 100.0
    assert cell(alone, "energy.electricity", entity="A")["value"] == 1400.0


def test_intensities_cover_telecom_tower_and_broadcast_only(ask: Ask, cell: Cell) -> None:
    rows = {
        "energy": [tce(1.0), tce(2.0, entity_id="T"), tce(4.0, entity_id="G"), tce(8.0, entity_id="I")],
        "activity": [flow(1000.0), flow(1000.0, entity_id="G"), flow(500.0, entity_id="I")],
    }
    table = ask(rows, "energy.per_flow", "energy.total", "energy.covered")
    assert cell(table, "energy.per_flow")["value"] == pytest.approx(7000 / 2000)
    assert cell(table, "energy.covered")["value"] == pytest.approx(7.0)
    assert cell(table, "energy.total")["value"] == pytest.approx(15.0)
    assert cell(table, "energy.per_flow")["flag"] is None  # the tower company has no flow: that is expected


# --- matched panels ----------------------------------------------------------------------------------------

TWO = {
    "energy": [tce(60.0), tce(40.0, **ZHEJIANG)],
    "activity": [flow(30.0), flow(10.0, **ZHEJIANG)],
}


def test_a_province_without_flow_leaves_the_ratio(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [*TWO["energy"], tce(500.0, province_code="510000")], "activity": TWO["activity"]}
    table = ask(rows, "energy.per_flow")
    found = cell(table, "energy.per_flow")
    assert found["value"] == pytest.approx(100e3 / 40)
    assert found["flag"] == "coverage"  # its denominator is not known; its energy is most of it
    assert found["coverage"] == 1.0
    assert cell(table, "energy.per_flow", region="510000")["flag"] == "not_filed"


def test_an_operator_without_flow_leaves_its_whole_province_out(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [*TWO["energy"], tce(10.0, entity_id="B", **ZHEJIANG)], "activity": TWO["activity"]}
    table = ask(rows, "energy.per_flow")
    found = cell(table, "energy.per_flow")
    assert found["value"] == pytest.approx(60e3 / 30)
    assert found["coverage"] == pytest.approx(30 / 40)
    assert found["flag"] == "coverage"
    assert cell(table, "energy.per_flow", region="330000")["value"] is None
    assert cell(table, "energy.per_flow", region="330000")["flag"] == "unmatched"


def test_a_tower_company_that_no_longer_files_leaves_its_province_out(ask: Ask, cell: Cell) -> None:
    rows = {
        "energy": [
            *TWO["energy"],
            tce(60.0, 2024),
            tce(40.0, 2024, **ZHEJIANG),
            tce(20.0, 2024, entity_id="T", **ZHEJIANG),
        ],
        "activity": [*TWO["activity"], flow(30.0, 2024), flow(10.0, 2024, **ZHEJIANG)],
    }
    table = ask(rows, "energy.per_flow")
    assert cell(table, "energy.per_flow", year=2024)["value"] == pytest.approx(120e3 / 40)
    assert cell(table, "energy.per_flow", region="330000")["flag"] == "unmatched"


def test_eleven_months_of_energy_are_no_filing(ask: Ask, cell: Cell) -> None:
    months = [tce(4.0, month=month, **ZHEJIANG) for month in range(1, 12)]
    table = ask({"energy": [TWO["energy"][0], *months], "activity": TWO["activity"]}, "energy.per_flow", "energy.total")
    assert cell(table, "energy.per_flow")["value"] == pytest.approx(60e3 / 30)
    assert cell(table, "energy.per_flow", region="330000")["flag"] == "partial"
    assert cell(table, "energy.total")["value"] == pytest.approx(60.0)
    assert cell(table, "energy.total")["flag"] == "partial"


BOTH_YEARS = {
    "energy": [tce(60.0, 2020), tce(40.0, 2020, **ZHEJIANG), *TWO["energy"]],
    "activity": [flow(20.0, 2020), flow(5.0, 2020, **ZHEJIANG), *TWO["activity"]],
}


def without(rows: dict[str, list[dict[str, Any]]], table: str, **values: Any) -> dict[str, list[dict[str, Any]]]:
    kept = [row for row in rows[table] if not all(row.get(name) == value for name, value in values.items())]
    assert len(kept) == len(rows[table]) - 1
    return {**rows, table: kept}


def test_a_change_uses_provinces_matched_in_both_years(ask: Ask, cell: Cell) -> None:
    whole = ask(BOTH_YEARS, "energy.per_flow.change")
    assert cell(whole, "energy.per_flow.change")["value"] == pytest.approx((100 / 40) / (100 / 25) - 1)
    rows = without(BOTH_YEARS, "activity", year=2025, **ZHEJIANG)
    table = ask(rows, "energy.per_flow.change")
    found = cell(table, "energy.per_flow.change")
    assert found["value"] == pytest.approx((60 / 30) / (60 / 20) - 1)  # 广东 in both years, not 60/30 over 100/25
    assert found["coverage"] == pytest.approx(20 / 25)
    assert found["flag"] == "coverage"
    assert cell(table, "energy.per_flow.change", region="330000")["flag"] == "not_filed"


def test_a_province_without_a_baseline_has_no_change(ask: Ask, cell: Cell) -> None:
    table = ask(without(BOTH_YEARS, "energy", year=2020, **ZHEJIANG), "energy.per_flow.change")
    found = cell(table, "energy.per_flow.change")
    assert found["value"] == pytest.approx((60 / 30) / (60 / 20) - 1)
    assert found["flag"] == "coverage"
    of_zhejiang = cell(table, "energy.per_flow.change", region="330000")
    assert (of_zhejiang["value"], of_zhejiang["flag"]) == (None, "no_baseline")


@pytest.mark.parametrize(("missing", "flag"), [(0.049, None), (0.05, None), (0.051, "coverage")])
def test_five_percent_may_be_missing(ask: Ask, cell: Cell, missing: float, flag: str | None) -> None:
    rows = {
        "energy": [tce(1 - missing, 2020), tce(missing, 2020, **ZHEJIANG), tce(1.0)],
        "activity": [flow(1 - missing, 2020), flow(missing, 2020, **ZHEJIANG), flow(1.0)],
    }
    found = cell(ask(rows, "energy.per_flow.change"), "energy.per_flow.change")
    assert found["coverage"] == pytest.approx(1 - missing)
    assert found["flag"] == flag


def test_a_large_enterprise_without_a_baseline_is_no_small_newcomer(ask: Ask, cell: Cell) -> None:
    def filings(share: float) -> dict[str, list[dict[str, Any]]]:
        old = {"energy": [tce(1.0, 2020), tce(1 - share)], "activity": [flow(1.0, 2020), flow(1 - share)]}
        return {
            "energy": [*old["energy"], tce(share, entity_id="B")],
            "activity": [*old["activity"], flow(share, entity_id="B")],
        }

    small = cell(ask(filings(0.04), "energy.per_flow.change"), "energy.per_flow.change")
    large = cell(ask(filings(0.25), "energy.per_flow.change"), "energy.per_flow.change")
    assert (small["flag"], large["flag"]) == (None, "coverage")
    assert small["value"] == large["value"] == pytest.approx(0.0)


def test_an_entity_that_skipped_a_province_in_the_baseline_is_missing_there(ask: Ask, cell: Cell) -> None:
    more = {
        "energy": [tce(1.0, 2020, entity_id="B"), tce(1.0, entity_id="B"), tce(1.0, entity_id="B", **ZHEJIANG)],
        "activity": [flow(1.0, 2020, entity_id="B"), flow(1.0, entity_id="B"), flow(1.0, entity_id="B", **ZHEJIANG)],
    }
    rows = {name: [*BOTH_YEARS[name], *more[name]] for name in more}
    table = ask(rows, "energy.per_flow.change")
    assert cell(table, "energy.per_flow.change", region="330000")["flag"] == "unmatched"
    assert cell(table, "energy.per_flow.change")["value"] == pytest.approx((61 / 31) / (61 / 21) - 1)


def test_entities_have_ratios_of_their_own(ask: Ask, cell: Cell) -> None:
    rows = {
        "energy": [*TWO["energy"], tce(10.0, entity_id="B", **ZHEJIANG), tce(5.0, entity_id="T")],
        "activity": TWO["activity"],
    }
    table = ask(rows, "energy.per_flow", by="entity_id")
    assert cell(table, "energy.per_flow", entity="A")["value"] == pytest.approx(100e3 / 40)
    assert set(table["entity_id"]) == {"A"}  # B and the tower company have no flow at all


# --- constant prices ---------------------------------------------------------------------------------------

GROWTH = {2021: 27.8, 2022: 21.3, 2023: 16.8, 2024: 10.0, 2025: 9.1}


def chained(start: float, growth: dict[int, float], prices: float = 0.9, **more: Any) -> list[dict[str, Any]]:
    """A volume that grows so, filed at its own and at the previous year's prices, which fall."""
    rows, now = [volume(start, 2020, 2020, **more)], start
    for year, percent in growth.items():
        before = now * (1 + percent / 100)
        now = before * prices
        rows += [volume(before, year, year - 1, **more), volume(now, year, year, **more)]
    return rows


def test_published_growth_chains_to_217_3(ask: Ask, cell: Cell, layout: Layout) -> None:
    rows = {"activity": chained(1000.0, GROWTH), "energy": [tce(10.0, year) for year in range(2020, 2026)]}
    table = ask(rows, "activity.volume", "activity.volume_index", "energy.per_volume.change")
    index = 1.278 * 1.213 * 1.168 * 1.100 * 1.091
    assert cell(table, "activity.volume_index")["value"] == pytest.approx(100 * index, abs=1e-9)
    assert round(cell(table, "activity.volume_index")["value"], 1) == 217.3
    assert cell(table, "activity.volume_index")["flag"] == "chained"
    assert cell(table, "activity.volume", year=2020)["value"] == 1000.0
    assert cell(table, "activity.volume", year=2020)["flag"] is None
    assert cell(table, "energy.per_volume.change")["value"] == pytest.approx(1 / index - 1)
    published = reference.business_volume_index(reference.published(layout))
    assert published.filter(year=2025)["index"].item() == pytest.approx(100 * index)


def test_a_link_is_of_sums_over_the_entities_and_not_of_growth_rates(ask: Ask, cell: Cell) -> None:
    rows = [*chained(900.0, {2021: 0.0, 2022: 10.0}), *chained(100.0, {2021: 0.0, 2022: 100.0}, entity_id="B")]
    found = cell(ask({"activity": rows}, "activity.volume_index"), "activity.volume_index", year=2022)
    assert found["value"] == pytest.approx(119.0)  # the mean of rates is 155


def test_chained_volumes_do_not_add_up_where_prices_differ(ask: Ask, cell: Cell) -> None:
    rows = [*chained(500.0, {2021: 10.0, 2022: 10.0}, 0.5), *chained(500.0, {2021: 10.0, 2022: 50.0}, 1.5, **ZHEJIANG)]
    table = ask({"activity": rows}, "activity.volume")
    one, other, nation = (
        cell(table, "activity.volume", region=code, year=2022)["value"] for code in ("440000", "330000", "000000")
    )
    assert one == pytest.approx(605)
    assert other == pytest.approx(825)
    # 1000 x 1.1 x (302.5 + 1237.5) / (275 + 825)
    assert nation == pytest.approx(1540)
    assert nation != pytest.approx(one + other)


def test_a_volume_at_2020_prices_is_used_as_it_is(ask: Ask, cell: Cell) -> None:
    rows = [volume(1000.0, 2020, 2020), volume(1500.0, 2025, 2020), volume(1200.0, 2025, 2025)]
    found = cell(ask({"activity": rows}, "activity.volume"), "activity.volume")
    assert (found["value"], found["flag"]) == (1500.0, None)


def test_direct_and_chained_filings_side_by_side(ask: Ask, cell: Cell) -> None:
    direct = [volume(100.0 + 10 * n, 2020 + n, 2020, entity_id="B") for n in range(3)]
    table = ask({"activity": [*chained(100.0, {2021: 20.0, 2022: 20.0}), *direct]}, "activity.volume")
    # 2021: both at 2020 prices. 2022: links 129.6 / 108 (at 2021 prices) and 120 / 110 (at 2020 prices) over both.
    assert cell(table, "activity.volume", year=2021)["value"] == pytest.approx(230)
    found = cell(table, "activity.volume", year=2022)
    assert found["value"] == pytest.approx(230 * (129.6 + 120) / (108 + 110))
    assert found["flag"] == "chained,mixed_prices"


def test_a_chain_with_a_missing_link_breaks_for_its_province(ask: Ask, cell: Cell) -> None:
    broken = [
        row for row in chained(100.0, GROWTH, **ZHEJIANG) if (row["year"], row["price_base_year"]) != (2023, 2022)
    ]
    table = ask({"activity": [*chained(1000.0, GROWTH), *broken]}, "activity.volume_index")
    assert cell(table, "activity.volume_index", region="330000", year=2022)["value"] == pytest.approx(
        100 * 1.278 * 1.213
    )
    for year in (2023, 2025):
        found = cell(table, "activity.volume_index", region="330000", year=year)
        assert (found["value"], found["flag"]) == (None, "unmatched")
    assert cell(table, "activity.volume_index")["value"] == pytest.approx(217.2961, abs=1e-4)
    assert cell(table, "activity.volume_index")["coverage"] == pytest.approx(1000 / 1100)


def test_own_year_prices_are_never_compared_between_years(ask: Ask, cell: Cell) -> None:
    rows = [volume(1000.0, 2020, 2020), volume(1500.0, 2021, 2021)]
    found = cell(ask({"activity": rows}, "activity.volume_index"), "activity.volume_index", year=2021)
    assert (found["value"], found["flag"]) == (None, "unmatched")


def test_a_chain_may_begin_with_2021_at_2020_prices_but_has_no_baseline_then(ask: Ask, cell: Cell) -> None:
    rows = [row for row in chained(100.0, GROWTH) if row["year"] > 2020]
    table = ask({"activity": rows}, "activity.volume", "activity.volume_index")
    assert cell(table, "activity.volume")["value"] == pytest.approx(217.2961, abs=1e-4)
    assert cell(table, "activity.volume_index")["flag"] == "no_baseline"


def test_without_any_volume_at_2020_prices_there_is_no_chain(ask: Ask, cell: Cell) -> None:
    rows = [row for row in chained(100.0, GROWTH) if row["year"] > 2021]
    table = ask({"activity": rows}, "activity.volume", "activity.volume_index")
    for id in ("activity.volume", "activity.volume_index"):
        assert (cell(table, id)["value"], cell(table, id)["flag"]) == (None, "no_baseline")


# --- green power -------------------------------------------------------------------------------------------


def test_green_power_is_the_sum_of_all_channels(ask: Ask, cell: Cell) -> None:
    rows = {
        "energy": [{"quantity": 1000.0}, {"carrier": "diesel", "quantity": 100.0}],
        "green_power": [{"channel": channel, "kwh": kwh} for channel, kwh in
                        {"self_built": 10.0, "direct": 20.0, "bilateral": 30.0, "tariff": 40.0, "gec": 50.0}.items()],
        "data_centres": [{"green_kwh": 100.0, "total_kwh": 125.0}],
    }  # fmt: skip
    table = ask(rows, "green.share", "green.kwh", "green.share_energy")
    assert cell(table, "green.kwh")["value"] == 150.0  # what data centres file is a part of it
    assert cell(table, "green.share")["value"] == 0.15
    assert cell(table, "green.share_energy")["value"] == pytest.approx(150 * KGCE / (1000 * KGCE + 145.71))
    by_channel = ask(rows, "green.share", by="channel")
    assert cell(by_channel, "green.share", member="gec")["value"] == 0.05
    assert cell(by_channel, "green.share", member="direct")["value"] == 0.02


def test_green_share_of_energy_keeps_to_one_coefficient(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [{"quantity": 1000.0}], "green_power": [{"kwh": 1000.0}]}
    for params in ({}, {"electricity_coal_method": "coal_equivalent"}):
        found = cell(ask(rows, "green.share_energy", **params), "green.share_energy")
        assert found["value"] == pytest.approx(1.0)


def test_who_never_claimed_green_power_claims_none_and_who_no_longer_files_is_missing(ask: Ask, cell: Cell) -> None:
    rows = {
        "energy": [{"quantity": 1000.0}, {"quantity": 1000.0, "entity_id": "T"}, {"quantity": 500.0, **ZHEJIANG}],
        "green_power": [{"kwh": 100.0}],
    }
    table = ask(rows, "green.share")
    assert cell(table, "green.share")["value"] == 0.05  # 广东 only, the tower company's electricity included
    assert cell(table, "green.share", region="330000")["flag"] == "not_filed"
    rows["green_power"] += [{"year": 2024, "kwh": 10.0, "entity_id": "T"}]
    assert cell(ask(rows, "green.share"), "green.share")["flag"] == "unmatched"


def test_a_channel_with_nothing_is_zero_where_green_power_was_filed(ask: Ask, cell: Cell) -> None:
    rows = {"energy": [{"quantity": 1000.0}], "green_power": [{"kwh": 100.0}]}
    found = cell(ask(rows, "green.share", by="channel"), "green.share", member="gec")
    assert (found["value"], found["n_rows"]) == (0.0, 0)
