from __future__ import annotations

import polars as pl
import pytest

from pipeline.errors import DataError
from pipeline.filings.contracts import (
    ACTIONS,
    BY_NAME,
    CARRIER_UNITS,
    METRIC_UNITS,
    METRICS,
    SCHEMAS,
    SOURCE,
    TABLES,
    Column,
    Table,
    column_of,
    fold,
    headers,
    table_of,
)
from pipeline.given import reference, units
from pipeline.layout import Layout

COLUMNS = [
    pytest.param(table, column, id=f"{table.name}.{column.name}") for table in TABLES for column in table.columns
]
CODED = [one for one in COLUMNS if one.values[1].members]

# The design's list, which the contracts have to hold as they stand there.
DESIGN = {
    "entities": "entity_id 单位编码, name_zh 单位名称, kind 类别, group_id 所属集团",
    "energy": "year 年份, month 月份, entity_id 填报单位, province_code 省份, facility_type 设施类型, carrier 能源品种, "
    "quantity 消耗量, unit 计量单位, supply 供受关系, counterparty_id 对方单位",
    "activity": "year 年份, month 月份, entity_id 填报单位, province_code 省份, metric 指标, value 数值, unit 计量单位, "
    "price_base_year 价格基期",
    "sites": "site_id 站址编号, year 年份, entity_id 填报单位, province_code 省份, built_year 建成年份, new_build 是否新建, "
    "tenants 租户数, sharing_kind 共享方式",
    "data_centres": "dc_id 数据中心编号, year 年份, entity_id 填报单位, province_code 省份, name 数据中心名称, "
    "standard_racks 标准机架数, commissioned 投产时间, it_kwh IT设备耗电量, total_kwh 总耗电量, water_t 用水量, "
    "green_kwh 绿电用量, racks_in_use 在用机架数, pue_category PUE测量类别, hub_cluster 枢纽集群, "
    "liquid_cooled_racks 液冷机架数, cooling_kwh 冷却系统耗电量, reused_kwh 能源再利用量, pue_boundary PUE边界, "
    "pue_estimated 电量是否含估算",
    "rooms": "room_id 机房编号, year 年份, entity_id 填报单位, province_code 省份, kind 机房类型, retrofit_year 改造年份, "
    "it_kwh IT设备耗电量, total_kwh 总耗电量",
    "base_stations": "year 年份, month 月份, entity_id 填报单位, province_code 省份, generation 制式, stations 基站数, "
    "traffic_tb 业务流量, energy_kwh 耗电量, equipment_kwh 主设备耗电量, monitored_stations 监测基站数",
    "green_power": "year 年份, entity_id 填报单位, province_code 省份, channel 渠道, kwh 电量",
    "equipment": "year 年份, entity_id 填报单位, province_code 省份, facility_type 设施类型, equipment_type 设备类型, "
    "vendor 厂商, model 型号, commissioned_year 入网年份, quantity 数量, energy_kwh 耗电量, rated_kw 单台额定功率, "
    "traffic_tb 业务流量, place_id 站址或机房编号, retired 当年退网数量, recycled_kg 回收重量",
    "business": "year 年份, month 月份, entity_id 填报单位, province_code 省份, business 业务, carrier 能源品种, "
    "quantity 消耗量, unit 计量单位, allocation 分摊方法",
}
KEYS = {
    "entities": "entity_id",
    "energy": "year month entity_id province_code facility_type carrier supply",
    "activity": "year month entity_id province_code metric price_base_year",
    "sites": "site_id year",
    "data_centres": "dc_id year",
    "rooms": "room_id year",
    "base_stations": "year month entity_id province_code generation",
    "green_power": "year entity_id province_code channel",
    "cases": "case_id",
    "standards": "standard_id",
    "measures": "year entity_id province_code action_no item",
    "action_metrics": "year entity_id province_code action_no metric",
    "equipment": "year entity_id province_code facility_type equipment_type vendor model commissioned_year",
    "business": "year month entity_id province_code business carrier",
}


MORE = {"energy": {"counterparty_id"}, "equipment": {"place_id"}}


def test_the_fourteen_tables_have_the_keys_of_the_design() -> None:
    assert list(KEYS) == [table.name for table in TABLES]
    for table in TABLES:
        more = {"sub_region"} & set(table.key) | MORE.get(table.name, set())
        assert set(table.key) - more == set(KEYS[table.name].split())


@pytest.mark.parametrize("name", DESIGN)
def test_the_columns_and_headers_of_the_design_are_there(name: str) -> None:
    assert [f"{column.name} {column.zh}" for column in BY_NAME[name].columns] == DESIGN[name].split(", ")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_schema_agrees_with_the_declarations(table: Table) -> None:
    schema = SCHEMAS[table.name]
    assert {name: column.dtype for name, column in schema.columns().items()} == table.dtypes | SOURCE
    assert set(schema.primary_key()) == set(table.key)
    for name, dtype in table.dtypes.items():
        made, column = schema.columns()[name], table.column(name)
        assert made.nullable != ((column.required or column.default is not None) and not name.endswith("_month")), name
        if dtype == pl.Float64:
            assert (made.min, made.max) == (column.low, column.high)  # type: ignore[attr-defined]


def test_a_schema_filters_what_breaks_it() -> None:
    good = {"year": 2025, "entity_id": "CT", "province_code": "440000", "sub_region": "", "is_control": False,
            "channel": "gec", "kwh": 1.0, "source_file": "a", "source_sheet": "", "source_row": 2}  # fmt: skip
    rows = [good, good | {"province_code": "44"}, good | {"kwh": -1.0, "channel": "direct"}, good | {"year": 2014}]
    kept, failed = SCHEMAS["green_power"].filter(pl.DataFrame(rows), cast=True)
    assert (kept.height, len(failed)) == (1, 3)


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_every_header_is_found_in_any_writing(table: Table, column: Column) -> None:
    for text in (column.name, *column.headers):
        wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
        for written in (text, text.upper(), f" {text}* ", wide, text.replace("_", " ")):
            assert column_of(table, written) == (column, None)
        assert text in headers()


def test_no_header_of_a_table_means_two_columns() -> None:
    for table in TABLES:
        folded = [{fold(text) for text in (column.name, *column.headers)} for column in table.columns]
        assert len(set().union(*folded)) == sum(map(len, folded)), table.name


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("总耗电量(万kWh)", "万kWh"),
        ("总耗电量（万千瓦时）", "万千瓦时"),
        ("总耗电量 【GWh】 *", "GWh"),
        ("总耗电量[单位：度]", "度"),
        ("total_kwh (MWh)", "MWh"),
        ("总耗电量（）", None),
    ],
)
def test_a_header_carries_its_unit(header: str, unit: str | None) -> None:
    assert column_of(BY_NAME["data_centres"], header) == (BY_NAME["data_centres"].column("total_kwh"), unit)


def test_brackets_of_counts_are_what_is_counted() -> None:
    sites = BY_NAME["sites"]
    assert column_of(sites, "租户数（个）") == (sites.column("tenants"), "个")
    assert column_of(sites, "合计") is None
    assert column_of(sites, "合计（个）") is None


@pytest.mark.parametrize(("table", "column"), CODED)
def test_no_spelling_means_two_codes(table: Table, column: Column) -> None:
    folded = [{fold(text) for text in (code, *spelt)} for code, spelt in column.members.items()]
    assert len(set().union(*folded)) == sum(map(len, folded))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((one, table.name) for table in TABLES for one in (table.name, *table.names, table.zh + ".xlsx")),
        ("表2 能源消耗_2025.xlsx", "energy"),
        ("2025年能源消耗表", "energy"),
        ("广东-Data_Centres-2025.csv", "data_centres"),
        ("附件1：机房", "rooms"),
        ("中国电信绿色低碳标准", "standards"),
        ("标准-审核意见.xlsx", "standards"),
        ("能源.csv-审核意见.xlsx", "energy"),
        ("审核意见.xlsx", None),
        ("数据中心能源消耗", None),
        ("Sheet1", None),
        ("说明", None),
        ("renewable_energyx", None),
    ],
)
def test_a_table_is_known_by_its_name(name: str, expected: str | None) -> None:
    table = table_of(name)
    assert (table.name if table else None) == expected


def test_carriers_are_kept_in_the_units_of_the_coefficients(layout: Layout) -> None:
    rows = reference.energy_coefficients(layout)
    coefficients = dict(rows.select("carrier", "unit").iter_rows())
    names = {"electricity": "electricity_equivalent", "natural_gas": "natural_gas_other"}
    for carrier, accepted in CARRIER_UNITS.items():
        if carrier != "water":  # its coefficient is per tonne, of which each is a cubic metre
            assert coefficients[names.get(carrier, carrier)] == accepted[0]
    assert set(CARRIER_UNITS) == set(BY_NAME["energy"].column("carrier").members)
    assert set(METRIC_UNITS) == set(BY_NAME["activity"].column("metric").members)


def test_every_metric_belongs_to_an_action_of_the_plan(layout: Layout) -> None:
    plan = reference.load_plan(layout, "2022-2025")
    of = {code: plan.action_of(code) for code in METRICS}
    assert (of["patents"], of["shared_ducts"], of["people_trained"]) == ("15", "2", "S4")
    numbers = [*(str(n) for n in range(1, 16)), *(f"S{n}" for n in range(1, 7))]
    assert [no for no in numbers if no not in of.values()] == ["10", "11", "12", "S1"]
    assert "" not in of.values()
    assert (ACTIONS["12"], ACTIONS["20"][2], ACTIONS["S3"][1]) == (("12", "行动12", "行动十二"), "行动二十", "保障3")


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_units_of_the_registry_are_canonical(table: Table, column: Column) -> None:
    for accepted in column.units.values():
        try:
            unit = units.parse_unit(accepted[0])
        except DataError:
            continue  # counting units
        assert unit.name == accepted[0]
        assert unit.factor == 1 or column.name == "water_t"


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_every_column_says_what_would_be_right(table: Table, column: Column) -> None:
    assert column.expected
    assert (column.kind == "code") == bool(column.members)
