"""The workbook to fill in: what it offers is accepted, and what is filled into it comes back as it was meant."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from polars.testing import assert_frame_equal

from pipeline.errors import OutputError, ParameterError, UserError
from pipeline.filings import reading, template
from pipeline.filings.contracts import (
    BY_NAME,
    LAST_YEAR,
    METRICS,
    SOURCE,
    TABLES,
    Column,
    Table,
    column_of,
    headers,
)
from pipeline.filings.intake import Intake, take_in
from pipeline.filings.normalise import Normalised, normalise
from pipeline.filings.rules import check
from pipeline.filings.template import EXAMPLE, FIRST_ROW, INSTRUCTIONS, LISTS, ROWS, needed, write_template
from pipeline.given import regions
from pipeline.layout import Layout
from tests.filings.conftest import Office

pytestmark = pytest.mark.filterwarnings("error::UserWarning:xlsxwriter")  # what it drops, it only warns of

FIXTURES = Path(__file__).parent / "fixtures"
COLUMNS = [(table, column) for table in TABLES for column in table.columns]
# The actions and safeguards of the plan of 2022 to 2025: a later one may have more.
PLANNED = [*map(str, range(1, 16)), "S1", "S2", "S3", "S4", "S5", "S6"]
every_column = pytest.mark.parametrize(
    ("table", "column"), COLUMNS, ids=[f"{table.name}-{column.name}" for table, column in COLUMNS]
)

# What an officer fills in (the template's columns that are not named stay empty), and what it means.
FILLED: dict[str, list[dict[str, Any]]] = {
    "entities": [
        {"entity_id": "0010", "name_zh": "某电信公司广东分公司", "kind": "基础电信企业", "group_id": "0001"},
        {"entity_id": "TT01", "name_zh": "某铁塔公司", "kind": "铁塔企业"},
        {"entity_id": "IDC-1", "name_zh": "某数据中心公司", "kind": "数据中心企业"},
    ],
    "energy": [
        {"year": 2025, "entity_id": "0010", "province_code": "广东", "facility_type": "办公用房", "carrier": "电力",
         "quantity": 12, "unit": "万千瓦时"},
        {"year": 2025, "month": 3, "entity_id": "0010", "province_code": "广东", "facility_type": "通信基站",
         "carrier": "电力", "quantity": 4.35, "unit": "万千瓦时", "supply": "受供", "counterparty_id": "TT01"},
        {"year": 2025, "month": 3, "entity_id": "TT01", "province_code": "广东", "facility_type": "通信基站",
         "carrier": "电力", "quantity": 43500, "unit": "千瓦时", "supply": "转供", "counterparty_id": "0010"},
        {"year": 2025, "entity_id": "0010", "province_code": "广东", "facility_type": "办公用房", "carrier": "柴油",
         "quantity": 2.5, "unit": "吨"},
        {"year": 2025, "entity_id": "0010", "province_code": "全国", "facility_type": "办公用房", "carrier": "柴油",
         "quantity": 2500, "unit": "千克"},
        {"year": 2025, "entity_id": "0010", "province_code": "深圳", "facility_type": "其他", "carrier": "天然气",
         "quantity": 1.1, "unit": "万立方米"},
        {"year": 2020, "entity_id": "TT01", "province_code": "黑龙江", "facility_type": "核心机房", "carrier": "热力",
         "quantity": 3, "unit": "百万千焦"},
    ],
    "activity": [
        {"year": 2025, "entity_id": "0010", "province_code": "广东", "metric": "信息流量", "value": 5, "unit": "PB"},
        {"year": 2025, "month": 12, "entity_id": "0010", "province_code": "广东", "metric": "移动互联网接入流量",
         "value": 0.0025, "unit": "EB"},
        {"year": 2025, "entity_id": "0010", "province_code": "广东", "metric": "电信业务总量", "value": 1.2,
         "unit": "亿元", "price_base_year": 2024},
    ],
    "sites": [
        {"site_id": "000123", "entity_id": "TT01", "province_code": "新疆", "built_year": 2025, "new_build": "是",
         "tenants": 3, "sharing_kind": "共建"},
        {"site_id": "000124", "year": 2024, "entity_id": "TT01", "province_code": "新疆", "built_year": 1998,
         "new_build": "否", "tenants": 1, "sharing_kind": "不共享"},
    ],
    "data_centres": [
        {"dc_id": "007", "year": 2025, "entity_id": "IDC-1", "province_code": "宁夏", "name": "一号楼",
         "standard_racks": 5000, "commissioned": "2023-05", "it_kwh": 80_000_000, "total_kwh": 100_000_000,
         "water_t": 1200.5, "green_kwh": 26_000_000, "racks_in_use": 3600, "pue_category": 2, "hub_cluster": "中卫",
         "liquid_cooled_racks": 0, "cooling_kwh": 15_000_000, "reused_kwh": 2_500_000, "pue_boundary": "混合用途",
         "pue_estimated": "是"},
        {"dc_id": "008", "year": 2025, "entity_id": "IDC-1", "province_code": "宁夏", "name": "二号楼",
         "standard_racks": 1000, "commissioned": "2019", "it_kwh": 1000, "total_kwh": 1500, "water_t": 0, "green_kwh": 0},
        {"dc_id": "009", "year": 2025, "entity_id": "IDC-1", "province_code": "贵州", "name": "三号楼",
         "standard_racks": 1000, "commissioned": dt.date(2021, 9, 1), "it_kwh": 1000, "total_kwh": 1500, "water_t": 0,
         "green_kwh": 0},
    ],
    "rooms": [
        {"room_id": "R1", "year": 2025, "entity_id": "0010", "province_code": "广东", "kind": "汇聚机房",
         "retrofit_year": 2024, "it_kwh": 100, "total_kwh": 150},
        {"room_id": "R2", "year": 2025, "entity_id": "0010", "province_code": "广东", "kind": "接入机房", "it_kwh": 0.1,
         "total_kwh": 0.15},
    ],
    "base_stations": [
        {"year": 2025, "month": 3, "entity_id": "TT01", "province_code": "广东", "generation": "5G", "stations": 10.5,
         "traffic_tb": 12.25, "energy_kwh": 43500, "equipment_kwh": 40000, "monitored_stations": 8},
        {"year": 2025, "month": 3, "entity_id": "TT01", "province_code": "广东", "generation": "4G", "stations": 20,
         "traffic_tb": 0.3, "energy_kwh": 20000},
    ],
    "green_power": [
        {"year": 2025, "entity_id": "IDC-1", "province_code": "宁夏", "channel": "专线直供", "kwh": 26_000_000},
        {"year": 2025, "entity_id": "IDC-1", "province_code": "宁夏", "channel": "单独购买绿证", "kwh": 1000},
    ],
    "cases": [
        {"case_id": "01", "title": "智能配电房", "status": "遴选", "category": "产业绿色低碳转型",
         "organisation": "某供电公司", "province_code": "江苏", "technology": "5G、物联网", "sector": "电力",
         "method": "L.1480", "activity_amount": 12000, "activity_unit": "间配电房", "baseline_per_unit": 3200,
         "project_per_unit": 2700, "effect_unit": "kWh", "carrier": "电力", "factor_kgco2_per_unit": 0.5306,
         "factor_year": 2023, "factor_kind": "边际", "ict_footprint_tco2": 310, "rebound_share": 0.05,
         "attribution_share": "60%", "uncertainty_low_pct": 10, "uncertainty_high_pct": 12.5, "period_year": 2025,
         "period_months": 12, "verification": "审计", "tier": 2, "scope": "赋能", "effect": "避免增长",
         "addressable_amount": 400_000, "evidence": "报告", "summary": "以在线监测代替巡检"},
        {"case_id": "02", "title": "共享单车", "status": "申报", "category": "居民低碳环保生活", "organisation": "某公司",
         "province_code": "全国", "technology": "AI", "sector": "交通"},
    ],
    "standards": [
        {"standard_id": "YD/T 1-2024", "title": "通信局站绿色评价", "level": "行业标准", "status": "已发布",
         "published_on": "2024-06-18"},
        {"standard_id": "2025-0001T", "title": "数据中心液冷", "level": "团体标准", "status": "制定中"},
    ],
    "measures": [
        {"year": 2025, "entity_id": "0010", "province_code": "广东", "action_no": "6", "item": "基站监测", "status": "已完成",
         "evidence": "简报"},
        {"year": 2025, "entity_id": "TT01", "province_code": "全国", "action_no": "S3", "item": "绿色债券",
         "status": "未开始"},
    ],
    "action_metrics": [
        {"year": 2025, "entity_id": "0010", "province_code": "广东", "action_no": "8", "metric": "绿色采购占比",
         "value": 35, "unit": "%"},
        {"year": 2025, "entity_id": "0010", "province_code": "广东", "action_no": "4", "metric": "光伏装机容量",
         "value": 0.3, "unit": "万千瓦"},
        {"year": 2025, "entity_id": "0010", "province_code": "广东", "action_no": "S3", "metric": "绿色金融支持金额",
         "value": 1.5, "unit": "亿元"},
        {"year": 2025, "entity_id": "TT01", "province_code": "广东", "action_no": "15", "metric": "绿色低碳专利",
         "value": 12, "unit": "件"},
    ],
    "equipment": [
        {"year": 2025, "entity_id": "TT01", "province_code": "广东", "facility_type": "通信基站", "equipment_type": "5GAAU/BBU",
         "vendor": "甲厂", "model": "A-64", "commissioned_year": 2021, "quantity": 10, "energy_kwh": 52000, "rated_kw": 1.25,
         "traffic_tb": 600, "place_id": "00012", "retired": 2, "recycled_kg": 80.5},
        {"year": 2025, "entity_id": "TT01", "province_code": "广东", "facility_type": "通信基站", "equipment_type": "梯次电池",
         "vendor": "乙厂", "model": "9000", "commissioned_year": 2023, "quantity": 4, "energy_kwh": 300},
    ],
    "business": [
        {"year": 2025, "entity_id": "0010", "province_code": "广东", "business": "移动业务", "carrier": "柴油",
         "quantity": 2.5, "unit": "吨", "allocation": "按流量分摊"},
        {"year": 2025, "month": 3, "entity_id": "0010", "province_code": "深圳", "business": "云业务", "carrier": "电力",
         "quantity": 3, "unit": "万千瓦时", "allocation": "单独计量"},
    ],
}  # fmt: skip

HERE = {"sub_region": "", "is_control": False}
GD, NX = {"province_code": "440000"} | HERE, {"province_code": "640000"} | HERE
NATION = {"province_code": "000000", "sub_region": "", "is_control": True}
OWN = {"supply": "own", "counterparty_id": ""}
CT, TT, IDC = ({"year": 2025, "entity_id": one} for one in ("0010", "TT01", "IDC-1"))

MEANT: dict[str, list[dict[str, Any]]] = {
    "entities": [
        {"entity_id": "0010", "name_zh": "某电信公司广东分公司", "kind": "basic_telecom", "group_id": "0001"},
        {"entity_id": "TT01", "name_zh": "某铁塔公司", "kind": "tower", "group_id": "TT01"},
        {"entity_id": "IDC-1", "name_zh": "某数据中心公司", "kind": "idc", "group_id": "IDC-1"},
    ],
    "energy": [
        CT | GD | OWN | {"month": 0, "facility_type": "office", "carrier": "electricity", "quantity": 120000.0,
                         "unit": "kWh"},
        CT | GD | {"month": 3, "facility_type": "base_station", "carrier": "electricity", "quantity": 43500.0,
                   "unit": "kWh", "supply": "received", "counterparty_id": "TT01"},
        TT | GD | {"month": 3, "facility_type": "base_station", "carrier": "electricity", "quantity": 43500.0,
                   "unit": "kWh", "supply": "resold", "counterparty_id": "0010"},
        CT | GD | OWN | {"month": 0, "facility_type": "office", "carrier": "diesel", "quantity": 2500.0, "unit": "kg"},
        CT | NATION | OWN | {"month": 0, "facility_type": "office", "carrier": "diesel", "quantity": 2500.0,
                             "unit": "kg"},
        CT | GD | OWN | {"sub_region": "深圳", "month": 0, "facility_type": "other", "carrier": "natural_gas",
                         "quantity": 11000.0, "unit": "m3"},
        TT | HERE | OWN | {"year": 2020, "province_code": "230000", "month": 0, "facility_type": "core_room",
                           "carrier": "heat", "quantity": 3000.0, "unit": "MJ"},
    ],
    "activity": [
        CT | GD | {"month": 0, "metric": "information_flow", "value": 5000.0, "unit": "TB", "price_base_year": 0},
        CT | GD | {"month": 12, "metric": "mobile_traffic", "value": 2500.0, "unit": "TB", "price_base_year": 0},
        CT | GD | {"month": 0, "metric": "telecom_business_volume", "value": 12000.0, "unit": "万元",
                   "price_base_year": 2024},
    ],
    "sites": [
        TT | HERE | {"site_id": "000123", "province_code": "650000", "built_year": 2025, "new_build": True,
                     "tenants": 3, "sharing_kind": "co_build"},
        TT | HERE | {"site_id": "000124", "year": 2024, "province_code": "650000", "built_year": 1998,
                     "new_build": False, "tenants": 1, "sharing_kind": "none"},
    ],
    "data_centres": [
        IDC | NX | {"dc_id": "007", "name": "一号楼", "standard_racks": 5000.0, "commissioned_year": 2023,
                    "commissioned_month": 5, "it_kwh": 8e7, "total_kwh": 1e8, "water_t": 1200.5, "green_kwh": 2.6e7,
                    "racks_in_use": 3600.0, "pue_category": 2, "hub_cluster": "中卫", "liquid_cooled_racks": 0.0,
                    "cooling_kwh": 1.5e7, "reused_kwh": 2.5e6, "pue_boundary": "mixed_use", "pue_estimated": True},
        IDC | NX | {"dc_id": "008", "name": "二号楼", "standard_racks": 1000.0, "commissioned_year": 2019,
                    "it_kwh": 1000.0, "total_kwh": 1500.0, "water_t": 0.0, "green_kwh": 0.0},
        IDC | HERE | {"dc_id": "009", "province_code": "520000", "name": "三号楼", "standard_racks": 1000.0,
                      "commissioned_year": 2021, "commissioned_month": 9, "it_kwh": 1000.0, "total_kwh": 1500.0,
                      "water_t": 0.0, "green_kwh": 0.0},
    ],
    "rooms": [
        CT | GD | {"room_id": "R1", "kind": "aggregation", "retrofit_year": 2024, "it_kwh": 100.0, "total_kwh": 150.0},
        CT | GD | {"room_id": "R2", "kind": "access", "it_kwh": 0.1, "total_kwh": 0.15},
    ],
    "base_stations": [
        TT | GD | {"month": 3, "generation": "5G", "stations": 10.5, "traffic_tb": 12.25, "energy_kwh": 43500.0,
                   "equipment_kwh": 40000.0, "monitored_stations": 8.0},
        TT | GD | {"month": 3, "generation": "4G", "stations": 20.0, "traffic_tb": 0.3, "energy_kwh": 20000.0},
    ],
    "green_power": [
        IDC | NX | {"channel": "direct", "kwh": 2.6e7},
        IDC | NX | {"channel": "gec", "kwh": 1000.0},
    ],
    "cases": [
        HERE | {"case_id": "01", "title": "智能配电房", "status": "selected", "category": "industry",
                "organisation": "某供电公司", "province_code": "320000", "technology": "5G、物联网", "sector": "电力",
                "method": "L.1480", "activity_amount": 12000.0, "activity_unit": "间配电房", "baseline_per_unit": 3200.0,
                "project_per_unit": 2700.0, "effect_unit": "kWh", "carrier": "电力", "factor_kgco2_per_unit": 0.5306,
                "factor_year": 2023, "factor_kind": "marginal", "ict_footprint_tco2": 310.0, "rebound_share": 0.05,
                "attribution_share": 0.6, "uncertainty_low_pct": 10.0, "uncertainty_high_pct": 12.5,
                "period_year": 2025, "period_months": 12, "verification": "audited", "tier": 2, "scope": "enabling",
                "effect": "avoided_growth", "addressable_amount": 400000.0, "evidence": "报告",
                "summary": "以在线监测代替巡检"},
        NATION | {"case_id": "02", "title": "共享单车", "status": "candidate", "category": "residents",
                  "organisation": "某公司", "technology": "AI", "sector": "交通"},
    ],
    "standards": [
        {"standard_id": "YD/T 1-2024", "title": "通信局站绿色评价", "level": "industry", "status": "published",
         "published_year": 2024, "published_month": 6},
        {"standard_id": "2025-0001T", "title": "数据中心液冷", "level": "group", "status": "drafting"},
    ],
    "measures": [
        CT | GD | {"action_no": "6", "item": "基站监测", "status": "done", "evidence": "简报"},
        TT | NATION | {"action_no": "S3", "item": "绿色债券", "status": "not_started"},
    ],
    "action_metrics": [
        CT | GD | {"action_no": "8", "metric": "green_procurement_share", "value": 35.0, "unit": "%"},
        CT | GD | {"action_no": "4", "metric": "pv_capacity", "value": 3000.0, "unit": "kW"},
        CT | GD | {"action_no": "S3", "metric": "green_finance", "value": 15000.0, "unit": "万元"},
        TT | GD | {"action_no": "15", "metric": "patents", "value": 12.0, "unit": "件"},
    ],
    "equipment": [
        TT | GD | {"facility_type": "base_station", "equipment_type": "radio_5g", "vendor": "甲厂", "model": "A-64",
                   "commissioned_year": 2021, "quantity": 10.0, "energy_kwh": 52000.0, "rated_kw": 1.25, "traffic_tb": 600.0,
                   "place_id": "00012", "retired": 2.0, "recycled_kg": 80.5},
        TT | GD | {"facility_type": "base_station", "equipment_type": "battery_cascade", "vendor": "乙厂", "model": "9000",
                   "commissioned_year": 2023, "quantity": 4.0, "energy_kwh": 300.0, "place_id": ""},
    ],
    "business": [
        CT | GD | {"month": 0, "business": "mobile", "carrier": "diesel", "quantity": 2500.0, "unit": "kg",
                   "allocation": "traffic"},
        CT | GD | {"sub_region": "深圳", "month": 3, "business": "cloud", "carrier": "electricity", "quantity": 30000.0,
                   "unit": "kWh", "allocation": "metered"},
    ],
}  # fmt: skip


def made(layout: Layout, folder: Path, **options: Any) -> Workbook:
    path = folder / "template.xlsx"
    write_template(path, layout, force=True, **options)
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def book(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    """The template as it is without any options."""
    return made(layout, tmp_path_factory.mktemp("template"))


def fed_back(layout: Layout, path: Path, folder: Path, report_year: int | None = 2025) -> Intake:
    """What the intake makes of the workbook as a filing of 2025."""
    (folder / "filings" / "2025").mkdir(parents=True)
    shutil.copy(path, folder / "filings" / "2025" / "填报.xlsx")
    return take_in(folder / "filings", layout, report_year)


def fill(book: Workbook, rows: dict[str, list[dict[str, Any]]], path: Path) -> Path:
    """Write rows under the example of each sheet, by column name."""
    for name, lines in rows.items():
        sheet, table = book[BY_NAME[name].zh], BY_NAME[name]
        at = {known[0].name: cell.column for cell in sheet[1] if (known := column_of(table, cell.value))}
        for number, line in enumerate(lines, FIRST_ROW + 1):
            for column, value in line.items():
                cell = sheet.cell(number, at[column], value)
                if isinstance(value, dt.date):
                    cell.number_format = "yyyy-mm-dd"
                if isinstance(value, str) and value.endswith("%") and column != "unit":  # as spreadsheets keep 60%
                    cell.value, cell.number_format = float(value[:-1]) / 100, "0%"
    book.save(path)
    return path


LATER = frozenset(
    ("equipment", "business", "cooling_kwh", "reused_kwh", "pue_boundary", "pue_estimated")
)  # tables and columns that older templates have not


def assert_as_meant(intake: Intake, lacks: frozenset[str] = frozenset()) -> None:
    assert set(intake.findings["rule"]) == {"month.partial"}  # single months stand among what is filled in
    assert intake.files["status"].to_list() == ["read"]
    for table in TABLES:
        empty = [pl.lit(None, table.dtypes[name]).alias(name) for name in sorted(lacks) if name in table.dtypes]
        rows = [] if table.name in lacks else MEANT[table.name]
        expected = pl.DataFrame(rows, table.dtypes).with_columns(empty)
        assert_frame_equal(intake.accepted[table.name].drop(*SOURCE, "flags"), expected)


def validation(book: Workbook, table: Table, column: Column) -> DataValidation | None:
    """That of the first row under the example."""
    letter = get_column_letter(table.columns.index(column) + 1)
    found = [one for one in book[table.zh].data_validations.dataValidation if f"{letter}{FIRST_ROW + 1}" in one.sqref]
    assert len(found) <= 1
    return found[0] if found else None


def members(book: Workbook, table: Table, column: Column) -> list[str]:
    """What the drop-down list of the column offers."""
    told = validation(book, table, column)
    assert told is not None
    assert told.type == "list"
    if told.formula1.startswith('"'):
        return told.formula1.strip('"').split(",")
    ((title, cells),) = book.defined_names[told.formula1].destinations
    found = book[title][cells.replace("$", "")]
    return [cell.value for (cell,) in (found if isinstance(found, tuple) else ((found,),))]


def example(book: Workbook, table: Table) -> dict[str, str]:
    """The example by column name, as text, without the mark."""
    cells = [cell.value for cell in book[table.zh][FIRST_ROW]]
    assert str(cells[0]).startswith(EXAMPLE)
    cells[0] = str(cells[0]).removeprefix(EXAMPLE)
    return {column.name: str(value) for column, value in zip(table.columns, cells, strict=True)}


def read_cells(layout: Layout, book: Workbook, table: Table, column: Column, cells: list[str]) -> Normalised:
    """One row for each cell: the example with this cell."""
    rows = [example(book, table) | {column.name: cell} for cell in cells]
    sheet = pl.DataFrame(rows).with_columns(
        source_file=pl.lit("a.xlsx"), source_sheet=pl.lit(table.zh), source_row=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    return normalise(table, sheet, layout, 2025)


# --- an untouched template ---------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"entity": "GD,01", "region": "浙江", "year": 2024}], ids=["open", "scoped"])
def test_an_untouched_template_is_no_rows_and_no_error(layout: Layout, tmp_path: Path, options: dict[str, Any]) -> None:
    if "region" in options:
        options = options | {"region": regions.resolve(options["region"], layout)}
    made(layout, tmp_path, **options)
    intake = fed_back(layout, tmp_path / "template.xlsx", tmp_path)
    assert intake.status == 1
    assert set(intake.findings["rule"]) == {"file.no_rows"}
    assert intake.files["status"].to_list() == ["read"]
    assert intake.counts["table"].to_list() == [table.name for table in TABLES]
    assert intake.counts["read"].sum() == 0
    examples = intake.skipped.filter(pl.col("row") == FIRST_ROW)
    assert examples["sheet"].to_list() == [table.zh for table in TABLES]


def test_sheets_stand_in_the_order_of_the_tables(book: Workbook) -> None:
    assert book.sheetnames == [INSTRUCTIONS, *(table.zh for table in TABLES)]
    assert book.active.title == INSTRUCTIONS


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_headers_are_understood(book: Workbook, table: Table) -> None:
    sheet = book[table.zh]
    cells = [cell.value for cell in sheet[1]]
    assert [column_of(table, cell) for cell in cells] == [(column, column.unit) for column in table.columns]
    assert [cell.startswith("*") for cell in cells] == [needed(column) for column in table.columns]
    assert {column.name for column in table.columns if column.required} <= {
        column.name for column in table.columns if needed(column)
    }
    assert {reading.header_key(cell) for cell in cells} == {reading.header_key(column.zh) for column in table.columns}
    fills = {cell.value.startswith("*"): cell.fill.start_color.rgb for cell in sheet[1]}
    assert len(set(fills.values())) == len(fills)
    assert sheet.freeze_panes == f"B{FIRST_ROW + 1}"


@every_column
def test_a_column_tells_what_it_wants(book: Workbook, table: Table, column: Column) -> None:
    at = table.columns.index(column)
    comment = book[table.zh].cell(1, at + 1).comment.text
    assert comment.startswith("必填" if needed(column) else "选填")
    told = validation(book, table, column)
    prompt = told.prompt or "" if told else ""
    said = re.sub(r"\W", "", comment)
    for part in column.note.split("；"):
        assert re.sub(r"\W", "", part) in said
        assert not part or prompt
    if column.kind not in ("id", "text"):
        expected = f"{'、'.join(PLANNED)} 之一" if column.name == "action_no" else column.expected
        assert re.sub(r"\W", "", expected) in said or f"{len(column.members)} 项之一" in comment


@every_column
def test_codes_stay_text_and_numbers_numbers(book: Workbook, table: Table, column: Column) -> None:
    at = table.columns.index(column) + 1
    dimensions = book[table.zh].column_dimensions.values()  # neighbours that look alike share one
    (shown,) = [one.number_format for one in dimensions if one.min <= at <= one.max]
    if column.dtype.is_numeric() and column.kind != "date":
        assert shown in ("General", 'General"%"')
        assert (shown == 'General"%"') == (column.unit == "%")
    else:
        assert shown == "@"


# --- what lists and ranges let pass is what the intake accepts ---------------------------------------------

LISTED = [(table, column) for table, column in COLUMNS if column.kind in ("code", "flag", "province", "unit")]
RANGED = ("year", "month", "integer", "number", "share", "quantity", "date")
TYPES = dict.fromkeys(RANGED, "decimal") | dict.fromkeys(("year", "month", "integer"), "whole") | {"date": "custom"}
TYPES |= dict.fromkeys(("code", "flag", "province", "unit"), "list") | {"text": None, "id": None}


@every_column
def test_every_column_has_the_validation_of_its_kind(book: Workbook, table: Table, column: Column) -> None:
    told = validation(book, table, column)
    of_entities = column.name == "entity_id" and table.name != "entities"
    assert (told.type if told else None) == ("list" if of_entities else TYPES[column.kind])
    if told is None or told.type is None:
        return
    letter = get_column_letter(table.columns.index(column) + 1)
    assert str(told.sqref) == f"{letter}{FIRST_ROW + 1}:{letter}{FIRST_ROW + ROWS}"
    free = of_entities or column.kind in ("province", "unit")  # 深圳 or 度 may be written too
    assert (told.errorStyle or "stop") == ("warning" if free else "stop")
    assert told.showErrorMessage
    assert told.allowBlank
    assert column.zh in told.error
    if column.kind not in ("id", "code"):
        assert column.expected in told.error


@pytest.mark.parametrize(("table", "column"), LISTED, ids=[f"{table.name}-{column.name}" for table, column in LISTED])
def test_what_a_list_offers_is_accepted(layout: Layout, book: Workbook, table: Table, column: Column) -> None:
    offered = members(book, table, column)
    assert len(offered) == len(set(offered))
    if column.kind == "unit":
        assert_units_fit(layout, book, table, column, offered)
        return
    done = read_cells(layout, book, table, column, offered)
    assert done.findings.filter(pl.col("column") == column.name)["message"].to_list() == []
    values = done.frame[column.name].cast(pl.String if column.kind != "flag" else pl.Boolean).to_list()
    if column.kind == "province":
        codes = [one.code for one in regions.all_regions(layout) if column.nation or not one.is_nation]
        assert values == codes
        assert done.frame["sub_region"].unique().to_list() == [""]
    else:
        codes = PLANNED if column.name == "action_no" else list(column.members)
        assert values == ([True, False] if column.kind == "flag" else codes)


def assert_units_fit(layout: Layout, book: Workbook, table: Table, column: Column, offered: list[str]) -> None:
    """Each unit fits a code, and each code has a unit, of the right size."""
    measured = next(one for one in table.columns if one.by)
    fits: dict[str, list[str]] = {}
    for code, names in table.column(measured.by).members.items():
        rows = [example(book, table) | {measured.by: names[0], "unit": unit} for unit in offered]
        source = {"source_file": "a", "source_sheet": "b", "source_row": 1}
        done = normalise(table, pl.DataFrame([row | source for row in rows]), layout)
        right = done.frame.filter(~done.rejected)
        assert right["unit"].unique().to_list() == [measured.units[code][0]]
        fits[code] = [unit for unit, bad in zip(offered, done.rejected, strict=True) if not bad]
        assert fits[code]
    assert {unit for units in fits.values() for unit in units} == set(offered)


def bounds(told: DataValidation) -> tuple[float, float | None]:
    """The lowest and the highest value that the validation lets pass; of a date, years."""
    if told.type == "custom":
        low, high = re.findall(r"--LEFT\(\w+,4\)[<>]=(\d+)", told.formula1)
        return float(low), float(high)
    if told.operator == "greaterThanOrEqual":  # LibreOffice writes an idle second formula
        return float(told.formula1), None
    assert told.operator in (None, "between")
    return float(told.formula1), float(told.formula2)


RANGES = [(table, column) for table, column in COLUMNS if column.kind in RANGED]


@pytest.mark.parametrize(("table", "column"), RANGES, ids=[f"{table.name}-{column.name}" for table, column in RANGES])
def test_a_range_is_that_of_the_contract(layout: Layout, book: Workbook, table: Table, column: Column) -> None:
    told = validation(book, table, column)
    assert told is not None
    low, high = bounds(told)
    assert (low, high) == (1 if column.kind == "month" else column.low, column.high)
    # and the intake agrees, at the ends and beyond them
    cells = [f"{value:g}" for value in (low, high, low - 1, high and high + 1) if value is not None]
    done = read_cells(layout, book, table, column, cells)
    unread = done.findings.filter(pl.col("column") == column.name)["row"]
    checked = check({table.name: done.frame.filter(~done.rejected)}, LAST_YEAR, layout).frame
    outside = checked.filter(
        pl.col("column") == column.name, pl.col("rule").is_in(["value.negative", "value.range", "year.bounds"])
    )["row"]
    assert {*unread, *outside} == ({2, 3} if high is not None else {1})


# --- the example -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{}, {"year": 2015}, {"year": 2035, "entity": "甲-01"}, {"region": "西藏"}, {"region": "新疆", "year": 2020}],
    ids=str,
)
def test_the_examples_are_complete_rows_that_would_be_accepted(
    layout: Layout, tmp_path: Path, options: dict[str, Any]
) -> None:
    if "region" in options:
        options = options | {"region": regions.resolve(options["region"], layout)}
    book = made(layout, tmp_path, **options)
    for table in TABLES:
        row = book[table.zh][FIRST_ROW]
        assert all(cell.value not in (None, "") for cell in row)
        assert all(cell.font.i for cell in row)
        row[0].value = example(book, table)[table.columns[0].name]
    path = tmp_path / "examples.xlsx"
    book.save(path)
    intake = fed_back(layout, path, tmp_path, options.get("year"))
    assert set(intake.findings["rule"]) <= {"month.partial"}  # it shows one month
    assert intake.counts["accepted"].to_list() == [1] * len(TABLES)
    for name, value in (("entity_id", options.get("entity")), ("year", options.get("year"))):
        assert value is None or intake.accepted["energy"][name].to_list() == [value]
    if "region" in options:
        assert intake.accepted["energy"]["province_code"].to_list() == [options["region"].code]


# --- filling in and feeding back ---------------------------------------------------------------------------


def test_what_is_filled_in_comes_back_as_meant(layout: Layout, book: Workbook, tmp_path: Path) -> None:
    filled = fill(made(layout, tmp_path), FILLED, tmp_path / "filled.xlsx")
    assert {table.name for table in TABLES} == set(FILLED) == set(MEANT)
    assert all(len(FILLED[name]) == len(rows) > 1 for name, rows in MEANT.items())
    assert_as_meant(fed_back(layout, filled, tmp_path))


def test_a_workbook_written_by_libreoffice_comes_back_as_meant(layout: Layout, tmp_path: Path) -> None:
    """Of a template that did not have LATER yet."""
    assert_as_meant(fed_back(layout, FIXTURES / "template-libreoffice.xlsx", tmp_path), LATER)


@pytest.mark.slow
def test_libreoffice_keeps_rows_lists_and_ranges(
    layout: Layout, book: Workbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, office: Office
) -> None:
    monkeypatch.setattr(template, "ROWS", 20)  # for speed
    filled = fill(made(layout, tmp_path), FILLED, tmp_path / "filled.xlsx")
    [written] = office("xlsx", tmp_path / "theirs", *office("ods", tmp_path, filled))
    assert_as_meant(fed_back(layout, written, tmp_path))
    theirs = openpyxl.load_workbook(written)
    for table, column in COLUMNS:
        ours = validation(book, table, column)
        kept = validation(theirs, table, column)
        if ours is None:
            continue
        assert kept is not None
        assert (kept.type or "none") == (ours.type or "none")
        assert (kept.errorStyle or "stop") == (ours.errorStyle or "stop")
        assert kept.prompt == ours.prompt
        if (table, column) in LISTED:
            assert members(theirs, table, column) == members(book, table, column)
        elif column.kind in RANGED:
            assert bounds(kept) == bounds(ours)


@pytest.mark.slow
def test_the_formula_of_dates_lets_pass_what_the_intake_accepts(
    layout: Layout, book: Workbook, tmp_path: Path, office: Office
) -> None:
    table = BY_NAME["data_centres"]
    column = table.column("commissioned")
    told = validation(book, table, column)
    assert told is not None
    right = ["1990", "2035", "2023-05", "2023-12", "2023-5", "2023/05", "2023.05", "2023-05-06"]
    wrong = ["1989", "2036", "23-05", "2023-13", "2023-00", "二〇二三", "May 2023", "2023年x"]
    cell = f"{get_column_letter(table.columns.index(column) + 1)}{FIRST_ROW + 1}"
    sums = openpyxl.Workbook()
    for row, text in enumerate([*right, *wrong], 1):
        sums.active.cell(row, 1, text).number_format = "@"
        sums.active.cell(row, 2, f'=IF(IFERROR({told.formula1.replace(cell, f"A{row}")},FALSE),"yes","no")')
    sums.save(tmp_path / "dates.xlsx")
    [written] = office("csv", tmp_path, tmp_path / "dates.xlsx")
    lines = written.read_bytes().splitlines()
    passed = [line.endswith(b"yes") for line in lines]
    assert passed == [True] * len(right) + [False] * len(wrong)
    done = read_cells(layout, book, table, column, right)
    assert done.findings.filter(pl.col("column") == column.name)["message"].to_list() == []


# --- for whom it is ----------------------------------------------------------------------------------------


def test_a_known_entity_province_and_year_are_what_is_offered(layout: Layout, tmp_path: Path) -> None:
    book = made(layout, tmp_path, entity=" ＧＤ01 ", region=regions.resolve("浙江", layout), year=2024)
    for table, column in COLUMNS:
        if column.name == "entity_id":
            assert members(book, table, column) == ["GD01"]
        elif column.kind == "province":
            assert members(book, table, column) == ["浙江"]
        elif column.name == "year":
            told = validation(book, table, column)
            assert told is not None
            assert bounds(told) == (column.low, 2024)
            assert "至 2024 的" in told.error
    assert "填报单位：GD01　　省份：浙江　　填报年份：2024" in instructions(book)


def test_the_nation_offers_every_province(layout: Layout, book: Workbook, tmp_path: Path) -> None:
    table = BY_NAME["energy"]
    column = table.column("province_code")
    nation = made(layout, tmp_path, region=regions.NATION)
    assert members(nation, table, column) == members(book, table, column)
    assert len(members(book, table, column)) == 32


def test_without_a_known_entity_the_registered_ones_are_offered(book: Workbook) -> None:
    table = BY_NAME["energy"]
    told = validation(book, table, table.column("entity_id"))
    assert told is not None
    assert book.defined_names[told.formula1].attr_text == (
        f"OFFSET('填报单位'!$A$3,0,0,MAX(1,COUNTA('填报单位'!$A$3:$A${FIRST_ROW + ROWS})),1)"
    )


@pytest.mark.parametrize("entity", ["甲,乙", '甲"乙', "=1+1"])
def test_an_entity_may_have_any_name(layout: Layout, tmp_path: Path, entity: str) -> None:
    book = made(layout, tmp_path, entity=entity)
    table = BY_NAME["energy"]
    assert members(book, table, table.column("entity_id")) == [entity]
    assert book["填报单位"].cell(FIRST_ROW, 1).value == EXAMPLE + entity


def test_long_lists_stand_on_a_hidden_sheet(
    layout: Layout, book: Workbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template, "_VALIDATION_LIMIT", 30)
    long = made(layout, tmp_path)
    assert long[LISTS].sheet_state == "hidden"
    named = 0
    for table, column in LISTED:
        assert members(long, table, column) == members(book, table, column)
        named += validation(long, table, column).formula1 in long.defined_names  # type: ignore[union-attr]
    assert 0 < named < len(LISTED)
    intake = fed_back(layout, tmp_path / "template.xlsx", tmp_path)
    assert (set(intake.findings["rule"]), intake.counts["read"].sum()) == ({"file.no_rows"}, 0)


# --- the instructions --------------------------------------------------------------------------------------


def instructions(book: Workbook) -> str:
    return "\n".join(str(cell.value) for row in book[INSTRUCTIONS].iter_rows() for cell in row if cell.value)


def test_the_instructions_name_every_table_column_and_metric(book: Workbook) -> None:
    rows = [[cell.value for cell in row] for row in book[INSTRUCTIONS].iter_rows()]
    for table in TABLES:
        at = next(number for number, row in enumerate(rows) if row[0] == f"工作表“{table.zh}”")
        told = rows[at + 2 : at + 2 + len(table.columns)]
        assert [row[0] for row in told] == [column.zh for column in table.columns]
        assert [row[1] for row in told] == ["必填" if needed(column) else "选填" for column in table.columns]
        assert sum(row[0] == table.zh and bool(row[2]) and bool(row[3]) for row in rows) == 1
    text = instructions(book)
    for name, units in METRICS.values():
        assert f"{name}（{units[0]}）" in text
    for word in ("填报文件夹", "月份留空", "全国", "预审稿", "示例"):
        assert word in text


def test_no_row_of_the_instructions_looks_like_a_header(book: Workbook) -> None:
    known = {reading.header_key(one) for one in headers()}
    for row in book[INSTRUCTIONS].iter_rows(values_only=True):
        assert len({reading.header_key(cell) for cell in row if cell} & known) < 2, row


# --- the file ----------------------------------------------------------------------------------------------


def test_the_same_arguments_give_the_same_bytes(layout: Layout, tmp_path: Path) -> None:
    contents = set()
    for name in ("a.xlsx", "b.XLSX"):
        write_template(tmp_path / "new" / name, layout, entity="CT", year=2025)
        contents.add((tmp_path / "new" / name).read_bytes())
    assert len(contents) == 1
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a.xlsx", "b.XLSX"]
    told = openpyxl.load_workbook(tmp_path / "new" / "a.xlsx").properties  # on any day
    assert told.created == told.modified == dt.datetime(2025, 1, 1)
    with zipfile.ZipFile(tmp_path / "new" / "a.xlsx") as archive:
        assert {one.date_time[:3] for one in archive.infolist()} == {(1980, 1, 1)}


def test_a_filled_workbook_is_not_replaced_unasked(layout: Layout, tmp_path: Path) -> None:
    out = tmp_path / "a.xlsx"
    out.write_bytes(b"filled")
    with pytest.raises(OutputError) as refused:
        write_template(out, layout)
    assert refused.value.id == "template.exists"
    assert out.read_bytes() == b"filled"
    write_template(out, layout, force=True)
    assert openpyxl.load_workbook(out).sheetnames[0] == INSTRUCTIONS


def test_a_file_that_cannot_be_replaced_stays_and_nothing_beside_it(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(target)  # as on Windows, where Excel has it open

    (tmp_path / "a.xlsx").write_bytes(b"filled")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError) as refused:
        write_template(tmp_path / "a.xlsx", layout, force=True)
    assert_one_sentence(refused.value, "output.unwritable")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.xlsx", b"filled")]


@pytest.mark.parametrize(
    ("out", "id"),
    [
        ("a.xls", "template.suffix"),
        ("a", "template.suffix"),
        ("folder.xlsx", "template.folder"),
        ("file/a.xlsx", "output.unwritable"),
        (f"{'长' * 300}.xlsx", "output.unwritable"),
    ],
)
def test_a_place_that_cannot_be_written_is_one_sentence(layout: Layout, tmp_path: Path, out: str, id: str) -> None:
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError) as refused:
        write_template(tmp_path / out, layout, force=True)
    assert_one_sentence(refused.value, id)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.xlsx"]


@pytest.mark.parametrize(
    ("options", "id"),
    [
        ({"entity": ""}, "template.entity"),
        ({"entity": "无"}, "template.entity"),
        ({"entity": "甲\n乙"}, "template.entity"),
        ({"entity": "甲" * 61}, "template.entity"),
        ({"year": 2014}, "template.year"),
        ({"year": 2036}, "template.year"),
    ],
    ids=str,
)
def test_an_option_that_cannot_be_is_one_sentence(
    layout: Layout, tmp_path: Path, options: dict[str, Any], id: str
) -> None:
    with pytest.raises(ParameterError) as refused:
        write_template(tmp_path / "a.xlsx", layout, **options)
    assert_one_sentence(refused.value, id)
    assert not (tmp_path / "a.xlsx").exists()


def assert_one_sentence(error: UserError, id: str) -> None:
    assert error.id == id
    assert error.message.count("。") == 1
    assert error.message.endswith("。")
    assert "应" in error.message or "请" in error.message
