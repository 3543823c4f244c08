from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.errors import DataError
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.reference import Plan
from pipeline.given.regions import NATION
from pipeline.indicators import inputs
from pipeline.indicators.cells import Edition
from pipeline.indicators.evaluate import ECONOMIC, TABLE, compute, evaluate, places, read, write
from pipeline.indicators.model import Catalogue
from pipeline.indicators.view import View
from pipeline.language.words import Words
from pipeline.layout import Layout

Ask = Callable[..., pl.DataFrame]
Cell = Callable[..., dict[str, Any]]
Filed = Callable[..., dict[str, pl.DataFrame]]

GUANGDONG, ZHEJIANG, GUIZHOU = {"province_code": "440000"}, {"province_code": "330000"}, {"province_code": "520000"}
# The worked example of the design: A and B are new and large, C is old; GWh.
CENTRES = [
    {"dc_id": "A", "commissioned_year": 2023, "standard_racks": 5000.0, "it_kwh": 100.0, "total_kwh": 125.0},
    {"dc_id": "B", "commissioned_year": 2024, "standard_racks": 12000.0, "it_kwh": 300.0, "total_kwh": 366.0},
    {"dc_id": "C", "commissioned_year": 2019, "standard_racks": 4000.0, "it_kwh": 50.0, "total_kwh": 80.0},
]


def rounded(table: pl.DataFrame) -> dict[str | None, float]:
    """Member -> value, of the nation in 2025."""
    rows = table.filter(pl.col("region_code") == "000000", pl.col("year") == 2025)
    return {row["member"]: row["value"] for row in rows.iter_rows(named=True)}


# --- the worked example ------------------------------------------------------------------------------------


def test_new_large_centres_are_a_ratio_of_sums(ask: Ask, cell: Cell) -> None:
    found = cell(ask({"data_centres": CENTRES}, "dc.pue.new_large"), "dc.pue.new_large")
    assert found["value"] == 1.2275  # 491 / 400; the mean of ratios is 1.235, with C it is 1.2689
    assert (found["numerator"], found["denominator"], found["n_rows"]) == (491.0, 400.0, 2)
    assert found["unit"] == "1"


def test_all_centres(ask: Ask, cell: Cell) -> None:
    assert cell(ask({"data_centres": CENTRES}, "dc.pue.all"), "dc.pue.all")["value"] == pytest.approx(
        571 / 450, abs=1e-15
    )


def test_grades_are_shares_of_racks_that_exclude_one_another(ask: Ask) -> None:
    """A (1.25) and B (1.22) came into service since November 2022, D has 1.15 and as many racks as A and B; C is older."""
    edge = {"dc_id": "E", "standard_racks": 100.0, "it_kwh": 1.0, "total_kwh": 1.1}
    best = {"dc_id": "D", "commissioned_year": 2024, "standard_racks": 17000.0, "it_kwh": 100.0, "total_kwh": 115.0}
    rows = {"data_centres": [*CENTRES, edge, best]}
    found = rounded(ask(rows, "dc.pue.grade_share", by="grade"))
    assert found == {"grade_1": 0.5, "grade_2": 0.5, "grade_3": 0.0, "beyond": 0.0}
    stock = rounded(ask(rows, "dc.pue.grade_share.stock", by="grade"))
    assert stock == {"grade_1": 0.0, "grade_2": 0.0, "grade_3": 0.0, "beyond": 1.0}


@pytest.mark.parametrize(
    ("year", "month", "applies"), [(2022, 10, False), (2022, 11, True), (2022, None, False), (2021, 12, False), (2023, None, True)]
)  # fmt: skip
def test_the_grades_hold_for_what_came_into_service_since_the_standard(
    ask: Ask, year: int, month: int | None, applies: bool
) -> None:
    """GB 40879-2021 is in force since 1 November 2022."""
    rows = {"data_centres": [{"commissioned_year": year, "commissioned_month": month}]}  # 1.25
    ids = {True: "dc.pue.grade_share", False: "dc.pue.grade_share.stock"}
    for holds, id in ids.items():
        found = rounded(ask(rows, id, by="grade"))
        assert found.get("grade_2", 0.0) == (1.0 if holds is applies else 0.0), id


@pytest.mark.parametrize(
    ("total", "grade"),
    [
        (119.9, "grade_1"),
        (120.0, "grade_1"),
        (120.1, "grade_2"),
        (130.0, "grade_2"),
        (150.0, "grade_3"),
        (150.1, "beyond"),
    ],
)
def test_the_limit_of_a_grade_belongs_to_it(ask: Ask, total: float, grade: str) -> None:
    found = rounded(ask({"data_centres": [{"total_kwh": total}]}, "dc.pue.grade_share", by="grade"))
    assert {member for member, value in found.items() if value == 1.0} == {grade}
    assert sum(found.values()) == 1.0


@pytest.mark.parametrize(
    ("racks", "size"), [(2999.0, "medium_small"), (3000.0, "large"), (9999.0, "large"), (10000.0, "hyperscale")]
)
def test_size_is_by_design_racks(ask: Ask, racks: float, size: str) -> None:
    found = rounded(
        ask({"data_centres": [{"standard_racks": racks, "racks_in_use": 1.0}]}, "dc.count", by="size_class")
    )
    assert found == {"hyperscale": 0.0, "large": 0.0, "medium_small": 0.0} | {size: 1.0}


@pytest.mark.parametrize(("commissioned", "counts"), [(2021, False), (2022, True), (2024, True)])
def test_new_is_what_the_plans_term_holds(ask: Ask, cell: Cell, commissioned: int, counts: bool) -> None:
    found = cell(ask({"data_centres": [{"commissioned_year": commissioned}]}, "dc.pue.new_large"), "dc.pue.new_large")
    assert (found["value"] is not None) is counts


def test_the_plans_term_comes_from_the_plan(
    layout: Layout, catalogue: Catalogue, plan: Plan, filed: Filed, cell: Cell
) -> None:
    later = plan.model_copy(update={"term_start": 2024})
    prepared = inputs.prepare(filed({"data_centres": CENTRES}), layout, Params(), later, 2025)
    table = evaluate(catalogue, Edition(prepared, 2020, 2025), ["year"])
    assert cell(table, "dc.pue.new_large")["value"] == pytest.approx(366 / 300, abs=1e-15)


@pytest.mark.parametrize(
    ("year", "month", "full"), [(2024, 12, True), (2025, 1, True), (2025, 2, False), (2025, None, False)]
)
def test_a_centre_of_less_than_twelve_months_stands_apart(
    ask: Ask, cell: Cell, year: int, month: int | None, full: bool
) -> None:
    """491 / 400 (571 / 450 with C), and 636 / 500 (716 / 550) where L was in service for the whole year."""
    late = {"dc_id": "L", "commissioned_year": year, "commissioned_month": month, "it_kwh": 100.0, "total_kwh": 145.0}
    ids = ("dc.pue.new_large", "dc.pue.all", "dc.pue.large", "dc.pue.new_large.young", "dc.pue.young")
    table = ask({"data_centres": [*CENTRES, late]}, *ids)
    found = [cell(table, id)["value"] for id in ids]
    with_it, without = [636 / 500, 716 / 550, 716 / 550], [491 / 400, 571 / 450, 571 / 450]
    assert found[:3] == pytest.approx(with_it if full else without)
    assert found[3:] == ([None, None] if full else [1.45, 1.45])


def test_pue_by_measurement_category(ask: Ask, cell: Cell) -> None:
    """ISO/IEC 30134-2: A at the output of the UPS, B at the input of the equipment, C not told."""
    rows = [CENTRES[0] | {"pue_category": 1}, CENTRES[1] | {"pue_category": 3}, CENTRES[2]]
    table = ask({"data_centres": rows}, "dc.pue.all", by="measured_at")
    assert rounded(table) == {"pue_1": 1.25, "pue_3": 1.22, "unknown": 1.6}
    assert cell(table, "dc.pue.all", member="pue_3")["numerator"] / 571 == pytest.approx(0.64098, abs=1e-5)


def test_what_is_said_of_the_categories_beside_a_mean(ask: Ask, catalogue: Catalogue, layout: Layout) -> None:
    """Of 571 kWh A has 125 (PUE1), B 366 (PUE3), C 80 without a category; where nobody files one, nothing is said."""
    rows = [CENTRES[0] | {"pue_category": 1}, CENTRES[1] | {"pue_category": 3}, CENTRES[2]]

    def said(rows: list[dict[str, Any]], public: bool = False) -> Any:
        table = ask({"data_centres": rows}, "dc.pue.all", by="measured_at")
        if public:  # the parts of one member are not published
            table = table.with_columns(numerator=pl.when(pl.col("member") != "pue_1").then("numerator"))
        return View(table, catalogue, NATION, 2025, reference.provinces(layout), {}).measured("dc.pue.all")

    assert Words("zh").say(said(rows)) == (
        "数据中心平均PUE的电量中，PUE1（不间断电源输出端）占 21.9%，PUE3（IT设备输入端）占 64.1%，未填类别占 14.0%"
        "（测量类别见 ISO/IEC 30134-2）"
    )
    assert said(rows, public=True) == said(CENTRES) == ""


def test_energy_that_is_reused_and_cooling(ask: Ask, cell: Cell) -> None:
    """ISO/IEC 30134-6: A sends out 10 of its 125, B none of its 366, C does not tell. -7: A needs 20 for cooling 100, B 44 for
    300, C says 0, which cannot be."""
    more = ({"reused_kwh": 10.0, "cooling_kwh": 20.0}, {"reused_kwh": 0.0, "cooling_kwh": 44.0}, {"cooling_kwh": 0.0})
    rows = [one | its for one, its in zip(CENTRES, more, strict=True)]
    table = ask({"data_centres": rows}, "dc.erf", "dc.cer")
    erf, cer = cell(table, "dc.erf"), cell(table, "dc.cer")
    assert (erf["value"], erf["n_rows"]) == (pytest.approx(10 / 491), 2)
    assert (cer["value"], cer["n_rows"]) == (6.25, 2)  # 400 / 64


def test_the_optional_columns_change_nothing_else(ask: Ask, cell: Cell, catalogue: Catalogue) -> None:
    ids = [one.id for one in catalogue if one.table == "data_centres"]
    more = {"reused_kwh": 1.0, "cooling_kwh": 2.0, "pue_boundary": "mixed_use", "pue_estimated": True}
    without, with_them = (ask({"data_centres": [one | its for one in CENTRES]}, *ids) for its in ({}, more))
    assert [cell(without, id)["value"] for id in ("dc.erf", "dc.cer")] == [None, None]
    others = ~pl.col("indicator_id").is_in(["dc.erf", "dc.cer"])
    assert_frame_equal(without.filter(others), with_them.filter(others))
    assert cell(without, "dc.pue.all")["value"] == pytest.approx(571 / 450)


def test_carbon_usage_effectiveness(ask: Ask, cell: Cell) -> None:
    """ISO/IEC 30134-8, of 2023: 广东 125 kWh at 0.4419, 浙江 366 kWh at 0.4974, over 100 and 300 kWh of equipment."""
    places = [
        {"province_code": "440000"},
        {"province_code": "330000"},
        {"province_code": "540000"},
    ]  # 西藏 has no factor
    rows = [one | place | {"year": 2023, "commissioned_year": 2022} for one, place in zip(CENTRES, places, strict=True)]
    table = ask({"data_centres": rows}, "dc.cue", report_year=2023)
    assert cell(table, "dc.cue", region="440000", year=2023)["value"] == pytest.approx(1.25 * 0.4419)
    nation = cell(table, "dc.cue", year=2023)
    assert nation["value"] == pytest.approx((125 * 0.4419 + 366 * 0.4974) / 400)  # 0.5932
    assert round(nation["value"], 4) == 0.5932
    assert cell(table, "dc.cue", region="540000", year=2023)["value"] is None


def test_carbon_usage_effectiveness_says_whose_years_factor_it_takes(ask: Ask, cell: Cell) -> None:
    table = ask({"data_centres": [CENTRES[0]]}, "dc.cue")  # 2025 takes 2023
    assert cell(table, "dc.cue", region="440000")["flag"] == "factor_earlier"


def test_centres_by_hub_cluster_under_one_name(ask: Ask, cell: Cell) -> None:
    rows = [CENTRES[0] | {"hub_cluster": "韶关"}, CENTRES[1] | {"hub_cluster": "韶关数据中心集群"}, CENTRES[2]]
    assert rounded(ask({"data_centres": rows}, "dc.pue.all", by="hub_cluster")) == {"韶关": 1.2275}
    assert cell(ask({"data_centres": rows}, "dc.pue.hub"), "dc.pue.hub")["value"] == 1.2275


def test_water_racks_and_green_power_of_centres(ask: Ask, cell: Cell) -> None:
    rows = [
        {
            "dc_id": "A",
            "it_kwh": 1000.0,
            "total_kwh": 1200.0,
            "water_t": 2.0,
            "green_kwh": 300.0,
            "racks_in_use": 4000.0,
        },
        {"dc_id": "B", "it_kwh": 3000.0, "total_kwh": 3600.0, "water_t": 1.0, "green_kwh": 900.0, "racks_in_use": None},
    ]
    table = ask({"data_centres": rows}, "dc.wue", "dc.green_share", "dc.rack_use", "dc.count", "dc.racks")
    assert cell(table, "dc.wue")["value"] == 0.75  # L/kWh: 3 t are 3000 L
    assert cell(table, "dc.green_share")["value"] == 0.25
    assert cell(table, "dc.rack_use")["value"] == 0.8  # a centre that does not say enters neither side
    assert cell(table, "dc.rack_use")["n_rows"] == 1
    assert cell(table, "dc.count")["value"] == 2
    assert cell(table, "dc.racks")["value"] == 10000


# --- sharing -----------------------------------------------------------------------------------------------

SITES = [
    {"site_id": "1", "tenants": 2, "sharing_kind": "co_build"},
    {"site_id": "2", "tenants": 1, "sharing_kind": "existing"},
    {"site_id": "3", "tenants": 1, "sharing_kind": "social"},
    {"site_id": "4", "tenants": 3, "sharing_kind": "none"},
    {"site_id": "5", "tenants": 1, "sharing_kind": "none"},
    {"site_id": "6", "tenants": 1, "sharing_kind": "none", "built_year": 2024},
    {"site_id": "7", "tenants": 1, "sharing_kind": "none", "new_build": False},
]


def test_sharing_is_of_the_new_sites_of_the_year(ask: Ask, cell: Cell) -> None:
    table = ask({"sites": SITES}, "sharing.new_5g_sites", "sharing.social", "sharing.tenancy", "sharing.new_sites")
    assert cell(table, "sharing.new_5g_sites")["value"] == 0.8
    assert (cell(table, "sharing.new_5g_sites")["numerator"], cell(table, "sharing.new_5g_sites")["denominator"]) == (
        4,
        5,
    )
    assert cell(table, "sharing.social")["value"] == 0.2
    assert cell(table, "sharing.new_sites")["value"] == 5
    assert cell(table, "sharing.tenancy")["value"] == pytest.approx(10 / 7)  # of all sites


def test_an_earlier_years_sites_are_its_own(ask: Ask, cell: Cell) -> None:
    before = [{"site_id": "1", "year": 2024, "built_year": 2024, "tenants": 1}, {"site_id": "2", "year": 2024, "built_year": 2024, "tenants": 2, "sharing_kind": "co_build"}]  # fmt: skip
    again = {"site_id": "1", "built_year": 2024, "tenants": 2, "sharing_kind": "co_build"}
    table = ask({"sites": [*before, again, SITES[4]]}, "sharing.new_5g_sites")
    assert cell(table, "sharing.new_5g_sites", year=2024)["value"] == 0.5
    assert cell(table, "sharing.new_5g_sites", year=2025)["value"] == 0.0  # not cumulative


# --- rooms -------------------------------------------------------------------------------------------------


def test_core_rooms_retrofitted_in_the_plans_term(ask: Ask, cell: Cell) -> None:
    rows = [
        {"room_id": "1", "retrofit_year": 2022, "it_kwh": 100.0, "total_kwh": 140.0},
        {"room_id": "2", "retrofit_year": 2025, "it_kwh": 300.0, "total_kwh": 450.0},
        {"room_id": "3", "retrofit_year": 2021, "it_kwh": 100.0, "total_kwh": 160.0},
        {"room_id": "4", "it_kwh": 100.0, "total_kwh": 180.0},
        {"room_id": "5", "kind": "access", "retrofit_year": 2023, "it_kwh": 100.0, "total_kwh": 300.0},
    ]
    table = ask({"rooms": rows}, "room.pue.core_retrofit", "room.pue.core", "room.retrofit_share")
    assert cell(table, "room.pue.core_retrofit")["value"] == 1.475
    assert cell(table, "room.pue.core")["value"] == 930 / 600
    assert cell(table, "room.retrofit_share")["value"] == 0.5
    assert rounded(ask({"rooms": rows}, "room.count", by="kind")) == {"core": 4.0, "aggregation": 0.0, "access": 1.0}


# --- base stations: months, flows and stocks ---------------------------------------------------------------


def months(n: int, **row: Any) -> list[dict[str, Any]]:
    return [row | {"month": month} for month in range(1, n + 1)]


def test_flows_of_the_months_are_summed_and_stocks_averaged(ask: Ask, cell: Cell) -> None:
    rows = months(6, stations=10.0, energy_kwh=1000.0, traffic_tb=2.0) + [
        row | {"month": row["month"] + 6} for row in months(6, stations=30.0, energy_kwh=3000.0, traffic_tb=4.0)
    ]
    table = ask({"base_stations": rows}, "bs.stations", "bs.electricity", "bs.energy_per_station", "bs.efficiency_5g")
    assert cell(table, "bs.stations")["value"] == 20.0  # not 240
    assert cell(table, "bs.electricity")["value"] == 24000.0
    assert cell(table, "bs.energy_per_station")["value"] == 1200.0
    assert cell(table, "bs.efficiency_5g")["value"] == 36000 / 24000
    assert cell(table, "bs.stations")["n_rows"] == 12


def test_eleven_months_have_no_value_and_are_left_out_of_totals(ask: Ask, cell: Cell) -> None:
    rows = [*months(11, energy_kwh=1000.0), {"entity_id": "B", "energy_kwh": 500.0}, {**ZHEJIANG, "energy_kwh": 70.0}]
    table = ask({"base_stations": rows}, "bs.electricity", "bs.efficiency_5g")
    alone = ask({"base_stations": rows}, "bs.electricity", by="entity_id")
    assert cell(table, "bs.electricity")["value"] == 570.0
    assert cell(table, "bs.electricity")["flag"] == "partial"
    assert cell(table, "bs.electricity")["months"] == 11
    assert cell(table, "bs.electricity", region="330000")["flag"] is None
    of_a = cell(alone, "bs.electricity", region="440000", entity="A")
    assert (of_a["value"], of_a["flag"], of_a["months"], of_a["n_rows"]) == (None, "partial", 11, 0)
    only = ask({"base_stations": months(7)}, "bs.efficiency_5g")
    assert (cell(only, "bs.efficiency_5g")["value"], cell(only, "bs.efficiency_5g")["flag"]) == (None, "partial")


def test_a_month_with_an_empty_cell_makes_no_year(ask: Ask, cell: Cell) -> None:
    rows = months(12, monitored_stations=5.0)
    assert cell(ask({"base_stations": rows}, "bs.monitored_share"), "bs.monitored_share")["value"] == 0.5
    rows[3] |= {"monitored_stations": None}
    assert cell(ask({"base_stations": rows}, "bs.monitored_share"), "bs.monitored_share")["value"] is None


def test_the_efficiency_gain_is_over_provinces_of_both_years(ask: Ask, cell: Cell) -> None:
    def filed(year: int, traffic: float, **more: Any) -> dict[str, Any]:
        return {"year": year, "traffic_tb": traffic, "energy_kwh": 1000.0, **more}

    rows = [filed(2020, 5.0), filed(2025, 6.0), filed(2025, 50.0, **ZHEJIANG), filed(2025, 99.0, generation="4G")]
    table = ask({"base_stations": rows}, "bs.efficiency_5g", "bs.efficiency_gain_5g")
    assert cell(table, "bs.efficiency_5g")["value"] == 28.0
    gain = cell(table, "bs.efficiency_gain_5g")
    assert gain["value"] == pytest.approx(0.2, abs=1e-15)
    assert (gain["numerator"], gain["denominator"], gain["n_rows"]) == (6.0, 5.0, 2)
    assert gain["flag"] == "coverage"  # 浙江 has half of this year's electricity and no baseline
    assert cell(table, "bs.efficiency_gain_5g", region="330000")["flag"] == "no_baseline"
    assert cell(table, "bs.efficiency_gain_5g", region="330000")["value"] is None
    assert cell(table, "bs.efficiency_gain_5g", year=2020)["value"] == 0.0
    assert cell(table, "bs.efficiency_gain_5g", year=2023)["flag"] == "not_filed"


def test_no_other_year_stands_in_for_the_baseline(ask: Ask, cell: Cell) -> None:
    rows = [{"year": 2021, "traffic_tb": 5.0}, {"year": 2025, "traffic_tb": 6.0}]
    found = cell(ask({"base_stations": rows}, "bs.efficiency_gain_5g"), "bs.efficiency_gain_5g")
    assert (found["value"], found["flag"]) == (None, "no_baseline")


# --- missing, zero, controls, regions ----------------------------------------------------------------------


def test_missing_is_not_zero(ask: Ask, cell: Cell) -> None:
    table = ask({"data_centres": CENTRES}, "dc.pue.all", "dc.electricity", "dc.count", "sharing.new_5g_sites")
    for id in ("dc.pue.all", "dc.electricity", "dc.count", "sharing.new_5g_sites"):
        empty = cell(table, id, region="330000")
        assert (empty["value"], empty["flag"], empty["n_rows"]) == (None, "not_filed", 0)
        assert cell(table, id, year=2023)["flag"] == "not_filed"


def test_none_of_what_was_filed_is_no_missing_filing(ask: Ask, cell: Cell) -> None:
    rows = {"data_centres": [CENTRES[2]], "sites": [SITES[6]]}
    table = ask(rows, "dc.pue.new_large", "sharing.new_5g_sites", "sharing.new_sites")
    assert cell(table, "dc.pue.new_large")["flag"] == "zero_denominator"
    assert cell(table, "sharing.new_5g_sites")["flag"] == "zero_denominator"
    assert cell(table, "sharing.new_sites")["value"] == 0


def test_a_denominator_of_zero_gives_no_value(ask: Ask, cell: Cell) -> None:
    found = cell(ask({"data_centres": [{"it_kwh": 0.0, "total_kwh": 0.0}]}, "dc.pue.all"), "dc.pue.all")
    assert (found["value"], found["flag"]) == (None, "zero_denominator")
    assert (found["numerator"], found["denominator"]) == (0.0, 0.0)


def test_a_value_out_of_its_range_is_flagged_and_kept(ask: Ask, cell: Cell) -> None:
    found = cell(ask({"data_centres": [{"it_kwh": 10.0, "total_kwh": 60.0}]}, "dc.pue.all"), "dc.pue.all")
    assert (found["value"], found["flag"]) == (6.0, "out_of_range")


def test_control_rows_are_never_summed(ask: Ask, cell: Cell) -> None:
    nation = {"province_code": "000000", "is_control": True}
    rows = {
        "energy": [{"quantity": 1000.0}, {"quantity": 1000.0, **nation}],
        "base_stations": [{"energy_kwh": 10.0}, {"energy_kwh": 10.0, **nation}],
        "green_power": [{"kwh": 5.0}, {"kwh": 5.0, **nation}],
    }
    table = ask(rows, "energy.electricity", "bs.electricity", "green.kwh")
    assert [cell(table, id)["value"] for id in ("energy.electricity", "bs.electricity", "green.kwh")] == [1000, 10, 5]


def test_the_nation_is_the_sum_of_rows_and_an_economic_region_that_of_its_provinces(ask: Ask, cell: Cell) -> None:
    rows = [
        CENTRES[0] | {"dc_id": "1", **GUANGDONG},
        CENTRES[1] | {"dc_id": "2", **ZHEJIANG},
        CENTRES[2] | {"dc_id": "3", **GUIZHOU},
    ]
    table = ask({"data_centres": rows}, "dc.pue.all", "dc.electricity")
    assert cell(table, "dc.pue.all")["value"] == pytest.approx(571 / 450)  # the mean of the three provinces is 1.3567
    assert cell(table, "dc.pue.all", region="east")["value"] == 1.2275
    assert cell(table, "dc.pue.all", region="west")["value"] == 1.6
    assert cell(table, "dc.pue.all", region="central")["flag"] == "not_filed"
    assert cell(table, "dc.electricity", region="520000")["value"] == 80


def test_regions_are_the_31_provinces_four_economic_regions_and_the_nation(layout: Layout) -> None:
    found = places(layout)
    codes = found["region_code"].unique().to_list()
    assert len(codes) == 31 + 4 + 1
    assert set(ECONOMIC.values()) < set(codes)
    counted = dict(found.group_by("region_code").len().iter_rows())
    assert sum(counted[code] for code in ECONOMIC.values()) == 31
    assert counted["000000"] == 32  # and itself


# --- contributors ------------------------------------------------------------------------------------------


def test_groups_not_entities_are_what_dominates(ask: Ask, cell: Cell) -> None:
    entities = [
        {"entity_id": "A", "group_id": "one"},
        {"entity_id": "B", "group_id": "one"},
        {"entity_id": "C"},
        {"entity_id": "D"},
    ]
    rows = [{"entity_id": "A", "quantity": 50.0}, {"entity_id": "B", "quantity": 30.0}, {"entity_id": "C", "quantity": 15.0},
            {"entity_id": "D", "quantity": 5.0}]  # fmt: skip
    found = cell(ask({"entities": entities, "energy": rows}, "energy.electricity"), "energy.electricity")
    assert (found["n_rows"], found["n_entities"], found["n_groups"]) == (4, 4, 3)
    assert found["largest_share"] == 0.8
    assert found["others_to_largest"] == 5 / 80  # the p % rule is violated below p


def test_a_ratio_is_as_dominated_as_either_side(ask: Ask, cell: Cell) -> None:
    rows = [
        {"dc_id": "1", "green_kwh": 90.0, "total_kwh": 100.0},
        {"dc_id": "2", "entity_id": "B", "green_kwh": 10.0, "total_kwh": 100.0},
    ]
    found = cell(ask({"data_centres": rows}, "dc.green_share"), "dc.green_share")
    assert found["largest_share"] == 0.9
    assert found["others_to_largest"] == 0.0


def test_entities_stand_by_themselves(ask: Ask, cell: Cell) -> None:
    rows = [CENTRES[0], CENTRES[1] | {"entity_id": "B"}, CENTRES[2] | {"entity_id": "B", **ZHEJIANG}]
    table = ask({"data_centres": rows}, "dc.pue.all", by="entity_id")
    assert cell(table, "dc.pue.all", entity="A")["value"] == 1.25
    assert cell(table, "dc.pue.all", entity="B")["value"] == pytest.approx(446 / 350)
    assert cell(table, "dc.pue.all", region="330000", entity="B")["value"] == 1.6
    assert table.filter(pl.col("region_code") == "330000")["entity_id"].to_list() == ["B"]
    assert cell(table, "dc.pue.all", entity="B")["n_groups"] == 1


# --- the table ---------------------------------------------------------------------------------------------


def test_by_province_without_regions(
    layout: Layout, catalogue: Catalogue, plan: Plan, filed: Filed, cell: Cell
) -> None:
    rows = filed({"data_centres": [CENTRES[0], CENTRES[1] | ZHEJIANG]})
    edition = Edition(inputs.prepare(rows, layout, Params(), plan, 2025), 2020, 2025)
    table = evaluate(catalogue, edition, ["year", "province_code"])
    assert cell(table, "dc.pue.all", region="330000")["value"] == 1.22
    assert table.schema == pl.Schema(TABLE)
    nation = evaluate(catalogue, edition, ["year"])
    assert nation["region_code"].unique().to_list() == ["000000"]
    assert cell(nation, "dc.pue.all")["value"] == 1.2275
    for wrong in (["province_code"], ["year", "entity_id", "size_class"]):
        with pytest.raises(ValueError, match="by holds"):
            evaluate(catalogue, edition, wrong)


def test_the_whole_table_without_filings_is_flags_only(
    layout: Layout, catalogue: Catalogue, plan: Plan, tmp_path: Path
) -> None:
    table = compute({}, layout, Params(), plan, 2025, catalogue=catalogue)
    assert table.schema == pl.Schema(TABLE)
    assert table["value"].null_count() == table.height
    assert set(table["flag"].unique()) == {"not_filed"}
    assert table["year"].unique().sort().to_list() == list(range(2020, 2026))
    told = {one.id for one in catalogue if not one.across and not one.id.startswith(("equipment.", "business."))}
    assert set(table["indicator_id"].unique()) == told
    assert table.select("indicator_id", "year", "region_code").is_duplicated().any() is False
    path = tmp_path / "edition" / "indicators.parquet"
    write(table, path)
    assert read(path).equals(table)


def test_the_whole_table_has_each_cell_once(layout: Layout, catalogue: Catalogue, plan: Plan, filed: Filed) -> None:
    rows = filed(
        {"data_centres": CENTRES, "sites": SITES, "energy": [{}], "activity": [{}], "cases": [{}], "standards": [{}]}
    )
    table = compute(rows, layout, Params(), plan, 2025, catalogue=catalogue)
    cells = ["indicator_id", "year", "region_code", "entity_id", "dimension", "member"]
    assert table.select(cells).is_duplicated().any() is False
    assert table.filter(pl.col("dimension").is_null() != pl.col("member").is_null()).is_empty()
    valued = table.filter(pl.col("value").is_not_null())
    assert valued.filter(pl.col("numerator").is_null()).is_empty()
    ratios = [one.id for one in catalogue if one.is_quotient]
    quotient = valued.filter(pl.col("indicator_id").is_in(ratios))
    assert (quotient["value"] - quotient["numerator"] / quotient["denominator"]).abs().max() == 0
    assert compute(rows, layout, Params(), plan, 2025, catalogue=catalogue).equals(table)


def test_a_target_on_an_unknown_indicator_stops(layout: Layout, plan: Plan) -> None:
    wrong = plan.model_copy(update={"targets": (plan.targets[0].model_copy(update={"indicator": "sharing.old"}),)})
    with pytest.raises(DataError, match=r"目标 sharing\.new_5g_sites 引用了指标目录中没有的指标 sharing\.old"):
        compute({}, layout, Params(), wrong, 2025)


def test_reading_what_is_not_there_or_is_something_else(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="找不到指标表"):
        read(tmp_path / "indicators.parquet")
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "indicators.parquet")
    with pytest.raises(DataError, match="列与本版本不符"):
        read(tmp_path / "indicators.parquet")


def test_a_limit_or_coefficient_that_is_gone_is_named(
    house: Path, catalogue: Catalogue, plan: Plan, filed: Filed
) -> None:
    layout = Layout(house)
    for file, row, said in (("pue_standards", "S031", "hyperscale"), ("energy_coefficients", "K004", "diesel")):
        path = layout.reference / f"{file}.csv"
        text = path.read_text(encoding="utf-8")
        path.write_text("".join(line for line in text.splitlines(True) if not line.startswith(row)), encoding="utf-8")
        with pytest.raises(DataError, match=rf"{file}\.csv 缺少 {said} 的数值"):
            inputs.prepare(filed({}), layout, Params(), plan, 2025)
        path.write_text(text, encoding="utf-8")


# --- standards ---------------------------------------------------------------------------------------------


def test_standards_published_since_the_plan_began_are_counted_on(ask: Ask, cell: Cell) -> None:
    years = [2021, 2022, 2024, 2024, None, 2026]
    rows = [{"standard_id": str(n), "published_year": year} for n, year in enumerate(years)]
    rows[3]["level"] = "national"
    rows.append({"standard_id": "draft", "status": "drafting", "published_year": None})
    table = ask({"standards": rows}, "standards.count")
    counted = {year: cell(table, "standards.count", year=year)["value"] for year in range(2020, 2026)}
    assert counted == {2020: 0, 2021: 0, 2022: 1, 2023: 1, 2024: 3, 2025: 3}
    assert table["region_code"].unique().to_list() == ["000000"]
    assert rounded(ask({"standards": rows}, "standards.count", by="level")) == {
        "national": 1.0,
        "industry": 2.0,
        "group": 0.0,
    }
    assert cell(ask({}, "standards.count"), "standards.count")["flag"] == "not_filed"


def test_data_energy_efficiency_is_bits_per_joule(ask: Ask, cell: Cell) -> None:
    """3.6 TB are 28.8e12 bit, 8000 kWh are 28.8e9 J: 1000 bit/J, and 0.45 GB/kWh."""
    table = ask(
        {"base_stations": [{"traffic_tb": 3.6, "energy_kwh": 8000.0}, {"generation": "4G"}]},
        "bs.data_energy_efficiency_5g", "bs.efficiency_5g",
    )  # fmt: skip
    assert cell(table, "bs.data_energy_efficiency_5g")["value"] == pytest.approx(1000)
    assert cell(table, "bs.efficiency_5g")["value"] == pytest.approx(0.45)
