from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.filings.contracts import BY_NAME, SCHEMAS, SOURCE, TABLES
from pipeline.filings.rules import CELL_RULES, CHECK_RULES, FINDING, INTAKE_RULES, RULES, Findings, check
from pipeline.given import reference, regions
from pipeline.layout import Layout

Rows = Mapping[str, list[dict[str, Any]]]

# One good canonical row per table; what a test does not name stands as here.
GOOD: dict[str, dict[str, Any]] = {
    "entities": {"entity_id": "CT", "name_zh": "电信", "kind": "basic_telecom", "group_id": "CT"},
    "energy": {"year": 2025, "month": 0, "entity_id": "CT", "province_code": "440000", "sub_region": "", "is_control": False,
               "facility_type": "office", "carrier": "electricity", "quantity": 1000.0, "unit": "kWh", "supply": "own",
               "counterparty_id": ""},
    "activity": {"year": 2025, "month": 0, "entity_id": "CT", "province_code": "440000", "sub_region": "",
                 "is_control": False, "metric": "information_flow", "value": 100.0, "unit": "TB", "price_base_year": 0},
    "sites": {"site_id": "S1", "year": 2025, "entity_id": "CT", "province_code": "440000", "sub_region": "",
              "is_control": False, "built_year": 2023, "new_build": True, "tenants": 2, "sharing_kind": "co_build"},
    "data_centres": {"dc_id": "D1", "year": 2025, "entity_id": "CT", "province_code": "440000", "sub_region": "",
                     "is_control": False, "name": "一号楼", "standard_racks": 5000.0, "commissioned_year": 2023,
                     "commissioned_month": 5, "it_kwh": 100.0, "total_kwh": 125.0, "water_t": 1.0, "green_kwh": 0.0},
    "rooms": {"room_id": "R1", "year": 2025, "entity_id": "CT", "province_code": "440000", "sub_region": "",
              "is_control": False, "kind": "core", "retrofit_year": None, "it_kwh": 100.0, "total_kwh": 150.0},
    "base_stations": {"year": 2025, "month": 0, "entity_id": "CT", "province_code": "440000", "sub_region": "",
                      "is_control": False, "generation": "5G", "stations": 10.0, "traffic_tb": 5.0, "energy_kwh": 200000.0},
    "green_power": {"year": 2025, "entity_id": "CT", "province_code": "440000", "sub_region": "", "is_control": False,
                    "channel": "direct", "kwh": 100.0},
    "cases": {"case_id": "C1", "title": "配电房", "status": "promoted", "category": "industry", "organisation": "甲",
              "province_code": "440000", "sub_region": "", "is_control": False, "technology": "5G", "sector": "电力"},
    "standards": {"standard_id": "YD/T 1", "title": "绿色", "level": "industry", "status": "published",
                  "published_year": 2023, "published_month": 5},
    "measures": {"year": 2025, "entity_id": "CT", "province_code": "440000", "sub_region": "", "is_control": False,
                 "action_no": "1", "item": "评估", "status": "done"},
    "action_metrics": {"year": 2025, "entity_id": "CT", "province_code": "440000", "sub_region": "", "is_control": False,
                       "action_no": "15", "metric": "patents", "value": 3.0, "unit": "件"},
    "equipment": {"year": 2025, "entity_id": "CT", "province_code": "440000", "sub_region": "", "is_control": False,
                  "facility_type": "base_station", "equipment_type": "radio_5g", "vendor": "甲", "model": "A1",
                  "commissioned_year": 2021, "quantity": 10.0, "energy_kwh": 80_000.0, "place_id": ""},
    "business": {"year": 2025, "month": 0, "entity_id": "CT", "province_code": "440000", "sub_region": "",
                 "is_control": False, "business": "mobile", "carrier": "electricity", "quantity": 1000.0, "unit": "kWh",
                 "allocation": "metered"},
}  # fmt: skip


def frames(rows: Rows) -> dict[str, pl.DataFrame]:
    """Canonical tables; entities hold CT and TOWER unless given. Row 2 of a sheet is the first one."""
    filled = {"entities": [{}, {"entity_id": "TOWER", "kind": "tower"}], **rows}
    return {
        table: pl.DataFrame(
            [
                GOOD[table] | row | {"source_file": f"{table}.xlsx", "source_sheet": "2025", "source_row": n}
                for n, row in enumerate(changes, 2)
            ],
            schema=BY_NAME[table].dtypes | SOURCE,
        )
        for table, changes in filled.items()
    }


def run(layout: Layout, rows: Rows, growth: pl.DataFrame | None = None) -> Findings:
    return check(frames(rows), 2025, layout, growth)


def found(findings: Findings, rule: str) -> list[tuple[str, str | None, int | None]]:
    """Table, column and row of the findings of a rule."""
    return findings.frame.filter(pl.col("rule") == rule).select("table", "column", "row").rows()


def sentences(findings: Findings, rule: str) -> str:
    return "\n".join(findings.frame.filter(pl.col("rule") == rule)["message"])


def test_good_rows_have_no_findings(layout: Layout) -> None:
    own = {"equipment": [{"facility_type": "office", "energy_kwh": GOOD["energy"]["quantity"]}]}
    findings = run(layout, {table: [{}] for table in GOOD if table != "entities"} | own)
    assert findings.frame["message"].to_list() == []
    assert findings.frame.schema == pl.Schema(FINDING)
    for table, frame in frames({table: [{}] for table in GOOD}).items():
        assert SCHEMAS[table].validate(frame).height == 1
        assert findings.marks[table]["rejected"].any() is False
        assert findings.marks[table]["flags"].dtype == pl.List(pl.String)


def test_without_tables_there_is_nothing_to_find(layout: Layout) -> None:
    assert check({}, 2025, layout).frame.schema == pl.Schema(FINDING)
    assert check({t.name: pl.DataFrame(schema=t.dtypes | SOURCE) for t in TABLES}, 2025, layout).frame.is_empty()


# --- one row on each side of a bound -----------------------------------------------------------------------

SAVES = {"activity_amount": 10.0, "baseline_per_unit": 3.0, "project_per_unit": 2.0, "carrier": "电力"}
SHARE = {"action_no": "8", "metric": "green_procurement_share", "unit": "%"}
BOUNDS = [
    # rule, table, column, good row, bad row, what was found, what would be right
    ("pue.below_1", "data_centres", "total_kwh", {"total_kwh": 100.0}, {"total_kwh": 99.9}, "PUE 为 0.999（总耗电量 99.9", "不小于"),
    ("pue.below_1", "rooms", "total_kwh", {"total_kwh": 100.0}, {"total_kwh": 99.0}, "99 kWh", "不小于"),
    ("pue.above_5", "data_centres", "total_kwh", {"total_kwh": 500.0}, {"total_kwh": 501.0}, "PUE 为 5.01", "不高于 5"),
    ("pue.above_5", "rooms", "total_kwh", {"total_kwh": 500.0}, {"total_kwh": 500.1}, "500.1 kWh", "不高于 5"),
    ("pue.unusual", "data_centres", "total_kwh", {"total_kwh": 102.0}, {"total_kwh": 101.9}, "PUE 为 1.019", "1.02 至 3"),
    ("pue.unusual", "rooms", "total_kwh", {"total_kwh": 300.0}, {"total_kwh": 300.1}, "300.1", "1.02 至 3"),
    ("data_centres.green_above_total", "data_centres", "green_kwh", {"green_kwh": 125.0}, {"green_kwh": 125.5}, "125.5", "不大于"),
    ("data_centres.reused_above_total", "data_centres", "reused_kwh", {"reused_kwh": 125.0}, {"reused_kwh": 125.1},
     "能源再利用量 125.1 kWh 大于总耗电量 125 kWh", "0 至 1"),
    ("data_centres.cooling_above", "data_centres", "cooling_kwh", {"cooling_kwh": 25.0}, {"cooling_kwh": 25.1}, "25.1 kWh", "不大于两者之差"),
    ("data_centres.cooling_zero", "data_centres", "cooling_kwh", {"cooling_kwh": 0.1}, {"cooling_kwh": 0.0}, "为 100 kWh", "留空"),
    ("value.negative", "data_centres", "reused_kwh", {"reused_kwh": 0.0}, {"reused_kwh": -1.0}, "-1 kWh", "非负数"),
    ("sites.shared_alone", "sites", "sharing_kind", {"tenants": 2}, {"tenants": 1}, "租户数却为 1", "不少于 2"),
    ("sites.shared_alone", "sites", "sharing_kind", {"tenants": 1, "sharing_kind": "existing"}, {"tenants": 1}, "1", "2"),
    ("sites.shared_alone", "sites", "sharing_kind", {"tenants": 1, "sharing_kind": "social"}, {"tenants": 1}, "1", "2"),
    ("sites.shared_alone", "sites", "sharing_kind", {"tenants": 1, "sharing_kind": "none"}, {"tenants": 1}, "1", "不共享"),
    ("rooms.retrofit_after_year", "rooms", "retrofit_year", {"retrofit_year": 2025}, {"retrofit_year": 2026}, "2026 晚于", "留空"),
    ("activity.price_base_missing", "activity", "price_base_year",
     {"metric": "telecom_business_volume", "price_base_year": 2024}, {"metric": "telecom_business_volume"}, "未填", "如 2024"),
    ("activity.price_base_idle", "activity", "price_base_year", {}, {"price_base_year": 2024}, "2024", "留空"),
    ("action_metrics.metric_of_other_action", "action_metrics", "metric", {}, {"action_no": "8"}, "行动编号却为 8", "行动编号改为 15"),
    ("action.unknown", "action_metrics", "action_no", {}, {"action_no": "16"}, "行动编号 16 不在 2025 年的计划（2022-2025）之中", "15、S1、"),
    ("base_stations.energy_per_station", "base_stations", "energy_kwh", {"energy_kwh": 20000.0}, {"energy_kwh": 19990.0},
     "1.999 MWh", "2 至 60"),
    ("base_stations.energy_per_station", "base_stations", "energy_kwh", {"energy_kwh": 600000.0}, {"energy_kwh": 600001.0},
     "600001 kWh", "2 至 60"),
    ("base_stations.energy_per_station", "base_stations", "energy_kwh", {"month": 1, "energy_kwh": 50000.0},
     {"month": 1, "energy_kwh": 50010.0}, "60.012 MWh", "2 至 60"),
    ("standards.no_date", "standards", "published_on", {"status": "drafting", "published_year": None}, {"published_year": None},
     "未填", "YYYY-MM-DD"),
    ("value.negative", "energy", "quantity", {"quantity": 0.0}, {"quantity": -0.5}, "-0.5 kWh", "非负数，如 12500"),
    ("value.negative", "green_power", "kwh", {"kwh": 0.0}, {"kwh": -1.0}, "-1 kWh", "非负数"),
    ("value.range", "energy", "quantity", {"quantity": 1e15}, {"quantity": 1.1e15}, "1100000000000000 kWh 大得不可能", "10^15"),
    ("value.range", "action_metrics", "value", {"value": 1e15}, {"value": 1e308}, "1e+308", "10^15"),
    ("value.range", "sites", "tenants", {"tenants": 1, "sharing_kind": "none"}, {"tenants": 0, "sharing_kind": "none"}, "0", "不小于 1"),
    ("value.range", "data_centres", "pue_category", {"pue_category": 3}, {"pue_category": 4}, "4", "1 至 3"),
    ("value.range", "cases", "rebound_share", {"rebound_share": 1.0}, {"rebound_share": 1.01}, "1.01", "0 至 1"),
    ("value.range", "data_centres", "commissioned", {"commissioned_year": 1990}, {"commissioned_year": 1989}, "1989", "应"),
    ("cases.no_factor", "cases", "factor_kgco2_per_unit", SAVES | {"effect_unit": "MWh"}, SAVES | {"effect_unit": "km"},
     "单耗单位“km”", "每单耗单位的 kgCO2"),
    ("value.range", "action_metrics", "value", SHARE | {"value": 100.0}, SHARE | {"value": 100.1}, "100.1 % 超过 100%", "0 至 100"),
    ("action_metrics.share_below_1", "action_metrics", "value", SHARE | {"value": 1.0}, SHARE | {"value": 0.7}, "0.7 %", "85% 填 85"),
    ("equipment.after_year", "equipment", "commissioned_year", {"commissioned_year": 2025}, {"commissioned_year": 2026},
     "入网年份 2026 晚于数据年份 2025", "不晚于"),
    # ten in service and two retired in the year: 12 x 1.5 kW x 8784 h
    ("equipment.above_rated", "equipment", "energy_kwh", {"rated_kw": 1.5, "retired": 2.0, "energy_kwh": 158_112.0},
     {"rated_kw": 1.5, "retired": 2.0, "energy_kwh": 158_113.0}, "大于全部设备按额定功率全年满载的 158112 kWh", "单台额定功率"),
    ("equipment.none", "equipment", "quantity", {"quantity": 0.0, "retired": 1.0}, {"quantity": 0.0}, "80000 kWh", "当年退网数量"),
    ("sites.after_year", "sites", "built_year", {"built_year": 2025}, {"built_year": 2026}, "建成年份 2026 晚于数据年份 2025", "不晚于"),
    ("data_centres.after_year", "data_centres", "commissioned", {"commissioned_year": 2025}, {"commissioned_year": 2027},
     "投产时间 2027 晚于数据年份 2025", "不晚于"),
    ("data_centres.racks_in_use_above", "data_centres", "racks_in_use", {"racks_in_use": 5000.0}, {"racks_in_use": 5001.0},
     "在用机架数 5001 大于标准机架数 5000", "不大于标准机架数"),
    ("data_centres.liquid_cooled_racks_above", "data_centres", "liquid_cooled_racks", {"liquid_cooled_racks": 5000.0},
     {"liquid_cooled_racks": 6000.0}, "液冷机架数 6000 大于标准机架数 5000", "不大于"),
    ("base_stations.monitored_stations_above", "base_stations", "monitored_stations", {"monitored_stations": 10.0},
     {"monitored_stations": 11.0}, "监测基站数 11 大于基站数 10", "不大于基站数"),
    ("base_stations.equipment_kwh_above", "base_stations", "equipment_kwh", {"equipment_kwh": 200000.0},
     {"equipment_kwh": 200001.0}, "主设备耗电量 200001 kWh 大于耗电量 200000 kWh", "不大于耗电量"),
    ("year.bounds", "energy", "year", {"year": 2015}, {"year": 2014}, "2014", "2015 至 2025"),
    ("year.bounds", "sites", "year", {"year": 2025}, {"year": 2026}, "2026", "2015 至 2025"),
    ("entity.unknown", "energy", "entity_id", {"entity_id": "TOWER"}, {"entity_id": "XX"}, "XX", "应先在该表登记"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "table", "column", "good", "bad", "what", "right"), BOUNDS)
def test_a_row_on_each_side_of_the_bound(
    layout: Layout, rule: str, table: str, column: str, good: dict[str, Any], bad: dict[str, Any], what: str, right: str
) -> None:
    assert found(run(layout, {table: [good]}), rule) == []
    other = {"province_code": "330000"} if "province_code" in GOOD[table] else {}
    id = next(iter(GOOD[table])) if isinstance(next(iter(GOOD[table].values())), str) else "province_code"
    findings = run(layout, {table: [other | good, bad | ({} if id == "province_code" else {id: "second"})]})
    assert found(findings, rule) == [(table, column, 3)]
    row = findings.frame.filter(pl.col("rule") == rule).row(0, named=True)
    assert row["severity"] == RULES[rule].severity
    assert findings.marks[table]["rejected"].to_list() == [False, RULES[rule].severity == "error"]
    assert rule in findings.marks[table]["flags"][1].to_list()
    sentence = row["message"]
    assert sentence.startswith(f"{table}.xlsx「2025」第 3 行「{BY_NAME[table].column(column).zh}」：")
    said, asked = sentence.rsplit("；", 1)
    assert what in said
    assert right in asked


def test_pue_without_it_power(layout: Layout) -> None:
    idle = {"it_kwh": 0.0, "total_kwh": 0.0}
    assert run(layout, {"data_centres": [idle]}).frame.is_empty()
    assert found(run(layout, {"data_centres": [idle | {"total_kwh": 1.0}]}), "pue.above_5") == [
        ("data_centres", "total_kwh", 2)
    ]


def test_a_column_in_pieces_is_told_of_like_any_other(layout: Layout) -> None:
    """As a large file is read: what a filter leaves of such a column may begin with an empty piece."""
    whole = frames({"data_centres": [{"dc_id": f"D{n}", "total_kwh": kwh} for n, kwh in enumerate((125.0, 1.0, 1.0))]})
    it = whole["data_centres"]["it_kwh"]
    pieces = whole["data_centres"].with_columns(pl.concat([it[:1], it[1:]], rechunk=False))
    assert pieces["it_kwh"].n_chunks() == 2
    assert_frame_equal(check(whole | {"data_centres": pieces}, 2025, layout).frame, check(whole, 2025, layout).frame)


# --- keys --------------------------------------------------------------------------------------------------


def test_of_identical_rows_the_first_is_kept(layout: Layout) -> None:
    findings = run(layout, {"energy": [{}, {}, {"province_code": "330000"}, {}]})
    assert found(findings, "key.identical") == [("energy", "year", 3), ("energy", "year", 5)]
    assert findings.marks["energy"]["rejected"].to_list() == [False, True, False, True]
    assert "与 energy.xlsx「2025」第 2 行 完全相同；只保留第一行" in sentences(findings, "key.identical")


def test_of_conflicting_rows_none_is_kept(layout: Layout) -> None:
    findings = run(
        layout, {"energy": [{}, {}, {"quantity": 2.0}, {"sub_region": "深圳"}, {"counterparty_id": "TOWER"}]}
    )
    assert found(findings, "key.conflict") == [("energy", "year", row) for row in (2, 3, 4)]
    assert found(findings, "key.identical") == []
    assert findings.marks["energy"]["rejected"].to_list() == [True, True, True, False, False]
    assert (
        "年份、月份、填报单位、省份、设施类型、能源品种、供受关系、对方单位相同而其他内容不同的有 energy.xlsx「2025」第 2 行、"
        in sentences(findings, "key.conflict")
    )
    assert "第 2 行、energy.xlsx「2025」第 3 行、energy.xlsx「2025」第 4 行" in sentences(findings, "key.conflict")
    assert "应只保留正确的一行" in sentences(findings, "key.conflict")


def test_monthly_and_annual_rows_reject_each_other(layout: Layout) -> None:
    alone = {"month": 1, "province_code": "330000"}
    findings = run(layout, {"energy": [{}, {"month": 1}, {"month": 2}, alone]})
    assert found(findings, "key.month_mix") == [("energy", "month", row) for row in (2, 3, 4)]
    assert findings.marks["energy"]["rejected"].to_list() == [True, True, True, False]
    assert "这是年度数据" in sentences(findings, "key.month_mix")
    assert "这是2 月数据，同一内容又有分月和年度两种数据；应只报其中一种" in sentences(findings, "key.month_mix")


def test_an_entity_whose_own_row_is_rejected_is_unknown(layout: Layout) -> None:
    twice = [{}, {"name_zh": "另一个"}]
    findings = run(layout, {"entities": twice, "energy": [{}]})
    assert found(findings, "key.conflict") == [("entities", "entity_id", 2), ("entities", "entity_id", 3)]
    assert found(findings, "entity.unknown") == [("energy", "entity_id", 2)]
    tables = frames({"energy": [{}]})
    del tables["entities"]
    assert found(check(tables, 2025, layout), "entity.unknown") == [("energy", "entity_id", 2)]


def test_a_city_beside_its_province(layout: Layout) -> None:
    findings = run(layout, {"energy": [{}, {"sub_region": "深圳"}, {"sub_region": "大连", "province_code": "210000"}]})
    assert found(findings, "province.part_and_whole") == [("energy", "province_code", 3)]
    assert "深圳 已单独填报" in sentences(findings, "province.part_and_whole")
    assert "广东的一行应不含 深圳" in sentences(findings, "province.part_and_whole")


# --- against the previous year -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "rule", "power"),
    [
        (3000.0, None, ""),
        (3001.0, "change.factor_3", ""),
        (499_000.0, "change.factor_3", ""),
        (500_000.0, "change.unit_slip", "10^3"),
        (2_000_000.0, "change.unit_slip", "10^3"),
        (2_001_000.0, "change.factor_3", ""),
        (10_000_000.0, "change.unit_slip", "10^4"),
        (20_001_000.0, "change.factor_3", ""),
        (334.0, None, ""),
        (333.0, "change.factor_3", ""),
        (1.0, "change.unit_slip", "10^3"),
        (0.1, "change.unit_slip", "10^4"),
        (0.0, "change.factor_3", ""),
    ],
)
def test_changes_against_the_previous_year(layout: Layout, now: float, rule: str | None, power: str) -> None:
    findings = run(layout, {"energy": [{"year": 2024}, {"quantity": now}]})
    assert findings.frame["rule"].to_list() == ([rule] if rule else [])
    if rule:
        assert found(findings, rule) == [("energy", "quantity", 3)]
        assert "上年为 1000 kWh" in sentences(findings, rule)
        assert (f"疑似计量单位差 {power}；应与上年" if power else "变动超过 3 倍；应核实") in sentences(findings, rule)
    assert not findings.marks["energy"]["rejected"].any()


def test_no_comparison_without_last_year_or_from_zero(layout: Layout) -> None:
    assert run(layout, {"energy": [{"year": 2023}, {"quantity": 9e9}]}).frame.is_empty()
    assert run(layout, {"energy": [{"year": 2024, "quantity": 0.0}, {"quantity": 9e9}]}).frame.is_empty()


def test_a_province_that_was_filed_last_year(layout: Layout) -> None:
    both = [{"year": 2024}, {"year": 2024, "province_code": "330000"}]
    findings = run(layout, {"energy": [*both, {}]})
    assert found(findings, "province.missing") == [("energy", "province_code", None)]
    assert sentences(findings, "province.missing") == (
        "「能源消耗」「省份」：单位 CT 2024 年报过浙江，2025 年没有报或全部被退回；应补报，或说明在该省已无业务"
    )
    assert findings.frame.row(0, named=True)["file"] is None
    assert run(layout, {"energy": [*both, {}, {"province_code": "330000"}]}).frame.is_empty()
    assert run(layout, {"energy": both}).frame.is_empty()  # nothing of 2025 in the table yet


# --- sums between tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "table", "value", "facility", "row"),
    [
        ("sum.data_centres", "data_centres", "total_kwh", "data_centre", {"it_kwh": 80.0}),
        ("sum.rooms", "rooms", "total_kwh", "core_room", {"it_kwh": 80.0}),
        ("sum.rooms", "rooms", "total_kwh", "access_room", {"it_kwh": 80.0, "kind": "access"}),
        ("sum.rooms", "rooms", "total_kwh", "access_room", {"it_kwh": 80.0, "kind": "aggregation"}),
        ("sum.base_stations", "base_stations", "energy_kwh", "base_station", {"stations": 0.01}),
    ],
)
def test_buildings_against_energy(layout: Layout, rule: str, table: str, value: str, facility: str, row: Any) -> None:
    energy = [
        {"facility_type": facility, "quantity": 60.0},
        {"facility_type": facility, "quantity": 40.0, "supply": "received", "counterparty_id": "TOWER"},
        {"facility_type": facility, "quantity": 900.0, "carrier": "diesel", "unit": "kg"},
    ]
    for total in (95.0, 105.0):
        assert found(run(layout, {"energy": energy, table: [row | {value: total}]}), rule) == []
    for total in (94.9, 105.1):
        findings = run(layout, {"energy": energy, table: [row | {value: total}]})
        assert found(findings, rule) == [("energy", "quantity", 2)]
        assert f"能源消耗 100 kWh 与{BY_NAME[table].zh}合计 {total} kWh 相差超过 5%" in sentences(findings, rule)
        assert "应基本一致" in sentences(findings, rule)
    assert found(run(layout, {"energy": [{"facility_type": "office"}], table: [row]}), rule) == []


def test_months_add_up_to_a_year_and_parts_of_a_year_are_not_compared(layout: Layout) -> None:
    energy = [{"facility_type": "base_station", "quantity": 1200.0}]
    months = [{"month": n, "energy_kwh": 90.0, "stations": 0.1} for n in range(1, 13)]
    assert found(run(layout, {"energy": energy, "base_stations": months}), "sum.base_stations") == [
        ("energy", "quantity", 2)
    ]
    assert found(run(layout, {"energy": energy, "base_stations": months[:11]}), "sum.base_stations") == []
    full = [month | {"energy_kwh": 100.0} for month in months]
    assert found(run(layout, {"energy": energy, "base_stations": full}), "sum.base_stations") == []


def test_rejected_rows_take_no_part_in_sums(layout: Layout) -> None:
    energy = [{"facility_type": "data_centre", "quantity": 125.0}]
    centres = [{}, {"dc_id": "D2", "total_kwh": 1.0}]  # PUE below 1
    assert found(run(layout, {"energy": energy, "data_centres": centres}), "sum.data_centres") == []


def test_green_power_above_electricity(layout: Layout) -> None:
    green = [{"kwh": 600.0}, {"kwh": 400.0, "channel": "gec"}]
    resold = {"supply": "resold", "counterparty_id": "TOWER", "quantity": 5.0}
    assert found(run(layout, {"energy": [{}], "green_power": green}), "green_power.above_electricity") == []
    green[1]["kwh"] = 401.0
    findings = run(layout, {"energy": [{}, resold], "green_power": green})
    assert found(findings, "green_power.above_electricity") == [("green_power", "kwh", 2)]
    assert "2025 年 CT 广东绿色电力合计 1001 kWh，大于用电量 1000 kWh；应不大于" in sentences(
        findings, "green_power.above_electricity"
    )


def test_green_power_of_data_centres(layout: Layout) -> None:
    centres = [{"green_kwh": 60.0}, {"dc_id": "D2", "green_kwh": 40.0}]
    rule = "data_centres.above_green_power"
    assert found(run(layout, {"data_centres": centres, "green_power": [{}]}), rule) == []
    findings = run(layout, {"data_centres": centres, "green_power": [{"kwh": 99.0}]})
    assert found(findings, rule) == [("data_centres", "green_kwh", 2)]
    assert "合计 100 kWh，大于绿色电力表的 99 kWh；数据中心的绿电应已计入" in sentences(findings, rule)
    elsewhere = run(layout, {"data_centres": centres, "green_power": [{"province_code": "330000"}]})
    assert "绿色电力表的 0 kWh" in sentences(elsewhere, rule)


def test_what_is_resold_must_be_received(layout: Layout) -> None:
    sold = {"entity_id": "TOWER", "supply": "resold", "counterparty_id": "CT", "quantity": 100.0}
    got = {"supply": "received", "counterparty_id": "TOWER", "facility_type": "base_station"}
    rule = "energy.resold_unmatched"
    for quantity in (95.0, 105.0):
        assert found(run(layout, {"energy": [sold, got | {"quantity": quantity}]}), rule) == []
    findings = run(layout, {"energy": [sold, got | {"quantity": 94.0}]})
    assert found(findings, rule) == [("energy", "supply", 2)]
    assert "2025 年 TOWER 在广东转供电力 100 kWh，CT 受供 94 kWh；转供应与对方的受供一致" in sentences(findings, rule)
    assert "CT 没有相应的受供记录" in sentences(run(layout, {"energy": [sold]}), rule)
    assert "转供电力 100 kWh而未填对方单位" in sentences(
        run(layout, {"energy": [sold | {"counterparty_id": ""}]}), rule
    )


NATION = {"province_code": "000000", "is_control": True}


def test_control_totals(layout: Layout) -> None:
    rows = [{"quantity": 40.0}, {"quantity": 60.0, "province_code": "330000"}]
    for total in (100.0, 96.0, 105.0):
        assert run(layout, {"energy": [*rows, NATION | {"quantity": total}]}).frame.is_empty()
    for total in (95.0, 106.0):
        findings = run(layout, {"energy": [*rows, NATION | {"quantity": total}]})
        assert found(findings, "sum.control") == [("energy", "quantity", 4)]
        assert f"全国行为 {total:g} kWh，各省合计为 100 kWh" in sentences(findings, "sum.control")
        assert "应与各省合计相差不超过 5%" in sentences(findings, "sum.control")
    assert "（没有各省的行）" in sentences(run(layout, {"energy": [NATION]}), "sum.control")


def test_an_annual_control_total_against_months(layout: Layout) -> None:
    months = [{"month": n, "quantity": 10.0} for n in range(1, 13)]
    assert run(layout, {"energy": [*months, NATION | {"quantity": 120.0}]}).frame.is_empty()
    assert run(layout, {"energy": [*months, NATION | {"quantity": 10.0, "month": 3}]}).frame.is_empty()
    findings = run(layout, {"energy": [*months, NATION | {"quantity": 100.0}]})
    assert found(findings, "sum.control") == [("energy", "quantity", 14)]


def test_control_totals_never_enter_sums(layout: Layout) -> None:
    rows = [
        {"facility_type": "data_centre", "quantity": 125.0},
        NATION | {"facility_type": "data_centre", "quantity": 125.0},
    ]
    assert run(layout, {"energy": rows, "data_centres": [{}]}).frame.is_empty()


def test_national_growth_against_the_published_one(layout: Layout) -> None:
    published = reference.business_volume_index(reference.published(layout))
    rate = dict(published.select("year", "growth_pct").iter_rows())[2025]
    codes = [region.code for region in regions.all_regions(layout) if not region.is_nation]
    volume = {"metric": "telecom_business_volume", "unit": "万元", "price_base_year": 2024}

    def of(growth: float, codes: list[str]) -> Rows:
        one = [volume | {"year": 2024, "province_code": code, "value": 100.0} for code in codes]
        return {"activity": one + [row | {"year": 2025, "value": 100 + growth} for row in one]}

    for growth in (rate - 1, rate + 1):
        assert run(layout, of(growth, codes), published).frame.is_empty()
    for growth in (rate - 1.01, rate + 1.01):
        findings = run(layout, of(growth, codes), published)
        assert found(findings, "activity.growth") == [("activity", "value", None)]
        sentence = sentences(findings, "activity.growth")
        assert f"增长 {growth:.2f}%，公布的增速为 {rate:g}%；相差应不超过 1 个百分点" in sentence
    assert run(layout, of(rate + 9, codes[:30]), published).frame.is_empty()  # not the nation
    assert run(layout, of(rate + 9, codes)).frame.is_empty()  # nothing to compare with


# --- what cannot be together -------------------------------------------------------------------------------


def test_a_year_of_which_months_are_lacking(layout: Layout) -> None:
    months = [{"month": n, "quantity": 10.0} for n in range(1, 13)]
    assert run(layout, {"energy": months}).frame.is_empty()
    assert run(layout, {"energy": [{}]}).frame.is_empty()
    spring = [{"month": n, "province_code": "330000"} for n in (5, 4)]
    findings = run(layout, {"energy": [*months, *spring]})
    assert found(findings, "month.partial") == [("energy", "month", 14)]
    assert "2025 年只报了 2 个月（4、5 月），缺 1、2、3、6、7、8、9、10、11、12 月；应报齐 12 个月" in sentences(
        findings, "month.partial"
    )
    assert not findings.marks["energy"]["rejected"].any()


def test_months_that_are_sums_since_january(layout: Layout) -> None:
    def of(*quantities: float) -> list[tuple[str, str | None, int | None]]:
        rows = [{"month": n, "quantity": quantity} for n, quantity in enumerate(quantities, 1)]
        return found(run(layout, {"energy": rows}), "month.cumulative")

    sums = [8.0, 15.0, 24.0, 31.0, 40.0, 50.0, 61.0, 72.0, 80.0, 88.0, 95.0, 104.0]
    assert of(*sums) == [("energy", "quantity", 13)]
    rows = [{"month": n, "quantity": quantity} for n, quantity in enumerate(sums, 1)]
    findings = run(layout, {"energy": rows})
    assert "逐月只增不减，从 1 月的 8 kWh 到 12 月的 104 kWh，像是累计数；逐月应填当月数，请核对" in sentences(
        findings, "month.cumulative"
    )
    assert not findings.marks["energy"]["rejected"].any()
    assert of(*sums[:11], 94.0) == [], "December is less than November"
    assert of(*(8.0 + n for n in range(12))) == [], "19 is less than five times 8: a year that grows"
    assert of(0.0, *sums[1:]) == [], "no multiple of nothing"


@pytest.mark.parametrize(
    ("table", "rows", "metric"),
    [
        ("base_stations", [{"monitored_stations": 4.0}, {"generation": "4G", "monitored_stations": 6.0}],
         {"action_no": "6", "metric": "stations_monitored", "unit": "个"}),
        ("data_centres", [{"liquid_cooled_racks": 3.0}, {"dc_id": "D2", "liquid_cooled_racks": 7.0}, {"dc_id": "D3"}],
         {"action_no": "5", "metric": "liquid_cooled_racks", "unit": "架"}),
    ],
)  # fmt: skip
def test_one_quantity_in_two_tables(layout: Layout, table: str, rows: Any, metric: Any) -> None:
    rule = "sum.action_metrics"
    for value in (10.0, 10.5):
        assert found(run(layout, {table: rows, "action_metrics": [metric | {"value": value}]}), rule) == []
    findings = run(layout, {table: rows, "action_metrics": [metric | {"value": 12.0}]})
    assert found(findings, rule) == [("action_metrics", "value", 2)]
    assert f"：12 {metric['unit']}，而“{BY_NAME[table].zh}”表 2025 年 CT 广东的" in sentences(findings, rule)
    assert "合计为 10；两者应一致" in sentences(findings, rule)
    assert found(run(layout, {table: [{}], "action_metrics": [metric | {"value": 12.0}]}), rule) == []


def test_equipment_of_a_facility_is_its_electricity(layout: Layout) -> None:
    station = {"facility_type": "base_station", "quantity": 160_000.0}
    received = station | {"supply": "received", "quantity": 40_000.0, "counterparty_id": "TOWER"}
    used = [station, received, station | {"supply": "resold", "quantity": 9e6, "counterparty_id": "TOWER"}, {}]

    def of(*kwh: float) -> Findings:
        return run(layout, {"energy": used, "equipment": [{"energy_kwh": one, "vendor": f"{one}"} for one in kwh]})

    for kwh in (190_000.0, 210_000.0):  # 5 % of 200,000
        assert found(of(100_000.0, kwh - 100_000.0), "sum.equipment") == []
    findings = of(100_000.0, 89_999.0)
    assert found(findings, "sum.equipment") == [("equipment", "energy_kwh", 2)]
    assert "2025 年 CT 广东通信基站的设备合计 189999 kWh，与能源消耗的 200000 kWh 相差超过 5%" in sentences(
        findings, "sum.equipment"
    )
    assert not findings.marks["equipment"]["rejected"].any()
    elsewhere = run(layout, {"energy": [{"province_code": "330000"}], "equipment": [{}]})
    assert found(elsewhere, "sum.equipment") == [], "no energy at all was filed for the province"


def test_what_energy_has_no_row_of_is_none(layout: Layout) -> None:
    """Energy has electricity of a data centre only; equipment of stations and diesel of a business are not in it."""
    fuel = {"carrier": "diesel", "unit": "kg", "quantity": 20.0}
    rows = {"energy": [{"quantity": 1000.0}], "equipment": [{"facility_type": "base_station", "energy_kwh": 500.0}]}
    findings = run(layout, rows | {"business": [{"quantity": 1000.0}, fuel]})
    assert found(findings, "sum.equipment") == [("equipment", "energy_kwh", 2)]
    assert "通信基站的设备合计 500 kWh，与能源消耗的 0 kWh 相差超过 5%" in sentences(findings, "sum.equipment")
    assert found(findings, "sum.business") == [("business", "quantity", 3)]
    nothing = run(
        layout, {"energy": [{"quantity": 1000.0}], "business": [{"quantity": 1000.0}, fuel | {"quantity": 0.0}]}
    )
    assert found(nothing, "sum.business") == []


def test_businesses_are_all_energy_of_a_carrier(layout: Layout) -> None:
    fuel = {"carrier": "diesel", "unit": "kg", "quantity": 1000.0}
    used = [{"quantity": 700.0}, {"quantity": 300.0, "facility_type": "data_centre"}, fuel]

    def of(mobile: float, diesel: float) -> Findings:
        rows = [{"quantity": mobile}, {"business": "idc", "quantity": 400.0}, fuel | {"quantity": diesel}]
        return run(layout, {"energy": used, "business": rows})

    assert of(550.0, 1050.0).frame["rule"].to_list() == []
    findings = of(549.0, 1051.0)
    assert sorted(found(findings, "sum.business")) == [("business", "quantity", 2), ("business", "quantity", 4)]
    assert "各业务电力合计 949 kWh，与能源消耗的 1000 kWh 相差超过 5%" in sentences(findings, "sum.business")
    assert "各业务柴油合计 1051 kg，与能源消耗的 1000 kg 相差" in sentences(findings, "sum.business")
    # 12 months of one table beside a year of the other
    months = [{"month": n, "quantity": 75.0} for n in range(1, 13)]
    assert found(run(layout, {"energy": months, "business": [{"quantity": 900.0}]}), "sum.business") == []
    assert found(run(layout, {"energy": months, "business": [{"quantity": 950.0}]}), "sum.business") != []


def test_monitored_stations_of_months_are_averaged(layout: Layout) -> None:
    months = [{"month": n, "monitored_stations": 4.0, "energy_kwh": 20000.0} for n in range(1, 13)]
    metric = {"action_no": "6", "metric": "stations_monitored", "unit": "个", "value": 4.0}
    assert run(layout, {"base_stations": months, "action_metrics": [metric]}).frame.is_empty()


def test_water_of_data_centres_in_two_tables(layout: Layout) -> None:
    water = {"facility_type": "data_centre", "carrier": "water", "unit": "m3"}
    assert (
        found(run(layout, {"energy": [water | {"quantity": 100.0}], "data_centres": [{"water_t": 104.0}]}), "sum.water")
        == []
    )
    findings = run(layout, {"energy": [water | {"quantity": 100.0}], "data_centres": [{"water_t": 200.0}]})
    assert found(findings, "sum.water") == [("energy", "quantity", 2)]
    assert "数据中心用水 100 m3，与数据中心表合计 200 t 相差超过 5%" in sentences(findings, "sum.water")


def test_mobile_traffic_above_all_traffic(layout: Layout) -> None:
    mobile = {"metric": "mobile_traffic"}
    assert run(layout, {"activity": [{}, mobile]}).frame.is_empty()
    findings = run(layout, {"activity": [{}, mobile | {"value": 101.0}]})
    assert found(findings, "activity.mobile_above_flow") == [("activity", "value", 3)]
    assert "101 TB，大于同期信息流量 100 TB" in sentences(findings, "activity.mobile_above_flow")


def test_an_entity_that_has_lost_its_zeros(layout: Layout) -> None:
    findings = run(layout, {"entities": [{"entity_id": "0042"}], "energy": [{"entity_id": "42"}]})
    assert "登记的有 0042，像是被表格软件去掉了开头的 0" in sentences(findings, "entity.unknown")


def test_of_many_findings_in_a_file_the_first_20_000_have_a_sentence(layout: Layout) -> None:
    one = frames({"energy": [{"quantity": -30.0}]})
    many = pl.concat([one["energy"]] * 20_002).with_columns(
        source_row=pl.int_range(2, 20_004), sub_region=pl.int_range(20_002).cast(pl.String)
    )
    asked = list[int]()

    def filed(table: str, rows: pl.Series, column: str) -> pl.Series:
        asked.append(rows.len())
        return pl.repeat("-30 t", rows.len(), eager=True)

    done = check(one | {"energy": many}, 2025, layout, filed=filed)
    told = done.frame.filter(rule="value.negative")
    assert (told.height, told["message"].null_count(), told["message"][0]) == (
        20_002, 2, "energy.xlsx「2025」第 2 行「消耗量」：-30 t 超出范围；应为 非负数，如 12500",
    )  # fmt: skip
    assert asked == [20_000]
    assert done.marks["energy"]["rejected"].all()


# --- the registry ------------------------------------------------------------------------------------------


def test_ids_and_titles_are_unique_and_severities_known() -> None:
    assert len(RULES) == len(CELL_RULES) + len(INTAKE_RULES) + len(CHECK_RULES)
    assert len({rule.title for rule in RULES.values()}) == len(RULES)
    assert {rule.severity for rule in RULES.values()} == {"error", "warning"}


def test_every_rule_is_tested() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [rule for rule in CHECK_RULES if f'"{rule}"' not in text] == []


def test_findings_stand_errors_first_by_table_and_row(layout: Layout) -> None:
    rows = {"energy": [{"province_code": "330000"}, {"quantity": -1.0}], "data_centres": [{"total_kwh": 101.0}]}
    frame = run(layout, rows).frame
    assert frame.select("severity", "table", "row").rows() == [("error", "energy", 3), ("warning", "data_centres", 2)]
