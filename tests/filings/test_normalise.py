from __future__ import annotations

import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.filings.contracts import BY_NAME, SCHEMAS, TABLES, Column, Table
from pipeline.filings.normalise import FLAGS, Normalised, normalise, power
from pipeline.filings.rules import CELL_RULES
from pipeline.given import regions, units
from pipeline.layout import Layout

# One good row per table, under the first Chinese headers.
GOOD: dict[str, dict[str, str]] = {
    "entities": {"单位编码": "CT", "单位名称": "中国电信", "类别": "基础电信企业"},
    "energy": {"年份": "2025", "填报单位": "CT", "省份": "广东", "设施类型": "数据中心", "能源品种": "电力",
               "消耗量": "1.2", "计量单位": "万kWh"},
    "activity": {"年份": "2025", "填报单位": "CT", "省份": "广东", "指标": "信息流量", "数值": "5", "计量单位": "PB"},
    "sites": {"站址编号": "S1", "年份": "2025", "填报单位": "CT", "省份": "广东", "建成年份": "2023", "是否新建": "是",
              "租户数": "2", "共享方式": "共建"},
    "data_centres": {"数据中心编号": "D1", "年份": "2025", "填报单位": "CT", "省份": "广东", "数据中心名称": "一号楼",
                     "标准机架数": "5000", "投产时间": "2023-05", "IT设备耗电量": "100", "总耗电量": "125", "用水量": "3",
                     "绿电用量": "0"},
    "rooms": {"机房编号": "R1", "年份": "2025", "填报单位": "CT", "省份": "广东", "机房类型": "核心", "IT设备耗电量": "100",
              "总耗电量": "150"},
    "base_stations": {"年份": "2025", "填报单位": "CT", "省份": "广东", "制式": "5G", "基站数": "10", "业务流量": "5",
                      "耗电量": "200000"},
    "green_power": {"年份": "2025", "填报单位": "CT", "省份": "广东", "渠道": "自建", "电量": "1"},
    "cases": {"场景编号": "C1", "场景名称": "智能配电房", "状态": "推广", "类别": "产业绿色低碳转型", "实施单位": "甲",
              "省份": "全国", "应用技术": "5G", "服务领域": "电力"},
    "standards": {"标准编号": "YD/T 1", "标准名称": "绿色", "级别": "行业标准", "状态": "已发布", "发布日期": "2023-05-06"},
    "measures": {"年份": "2025", "填报单位": "CT", "省份": "全国", "行动编号": "保障措施二", "事项": "评估", "状态": "进行中"},
    "action_metrics": {"年份": "2025", "填报单位": "CT", "省份": "广东", "行动编号": "行动8", "指标": "绿色采购占比",
                       "数值": "85%"},
    "equipment": {"年份": "2025", "填报单位": "CT", "省份": "广东", "设施类型": "通信基站", "设备类型": "5G AAU/BBU", "厂商": "甲",
                  "型号": "A1", "入网年份": "2021", "数量": "10", "耗电量": "80000"},
    "business": {"年份": "2025", "填报单位": "CT", "省份": "广东", "业务": "移动业务", "能源品种": "电力", "消耗量": "1",
                 "计量单位": "万kWh", "分摊方法": "计量"},
}  # fmt: skip


def sheet(*rows: dict[str, str | None], file: str = "能源消耗.xlsx", name: str = "2025") -> pl.DataFrame:
    """Rows as the reader gives them: text, from row 2 on."""
    frame = pl.DataFrame(rows, schema=dict.fromkeys([key for row in rows for key in row], pl.String))
    return frame.with_columns(
        source_file=pl.lit(file), source_sheet=pl.lit(name), source_row=pl.int_range(2, pl.len() + 2, dtype=pl.Int64)
    )


def read(layout: Layout, table: str, **changes: str | None) -> Normalised:
    """The good row with some cells changed; a header that is changed to None is absent."""
    row = {key: cell for key, cell in (GOOD[table] | changes).items() if cell is not None}
    return normalise(BY_NAME[table], sheet(row), layout)


def value(layout: Layout, table: str, column: str, **changes: str | None) -> Any:
    done = read(layout, table, **changes)
    assert done.findings["message"].to_list() == []
    return done.frame[column][0]


def only_finding(done: Normalised) -> dict[str, Any]:
    assert done.findings.height == 1, done.findings["message"].to_list()
    return done.findings.row(0, named=True)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_good_row_is_canonical(layout: Layout, table: Table) -> None:
    done = read(layout, table.name)
    assert done.findings.is_empty()
    assert not done.rejected.any()
    assert SCHEMAS[table.name].validate(done.frame).height == 1


# --- exact numbers and units -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "unit", "kwh"),
    [
        ("1.2", "万kWh", 12000.0),
        ("4.35", "万千瓦时", 43500.0),
        ("0.1", "亿千瓦时", 1e7),
        ("1,234.5", "MWh", 1234500.0),
        ("１２", "度", 12.0),
        ("1.2亿", "kWh", 1.2e8),
        ("0.0012", "GWh", 1200.0),
        ("12345678901234567", "亿kWh", 1.2345678901234567e24),
        ("0.3", "Wh", 0.0003),
    ],
)
def test_electricity_converts_without_binary_surprises(layout: Layout, quantity: str, unit: str, kwh: float) -> None:
    assert value(layout, "energy", "quantity", 消耗量=quantity, 计量单位=unit) == kwh
    assert value(layout, "energy", "unit", 消耗量=quantity, 计量单位=unit) == "kWh"


@pytest.mark.parametrize(
    ("carrier", "quantity", "unit", "expected"),
    [
        ("柴油", "1.5", "吨", (1500.0, "kg")),
        ("原煤", "2", "万吨", (2e7, "kg")),
        ("天然气", "3.3", "万立方米", (33000.0, "m3")),
        ("热力", "7", "百万千焦", (7000.0, "MJ")),
        ("水", "120", "吨", (120.0, "m3")),
        ("水", "500", "L", (0.5, "m3")),
    ],
)
def test_each_carrier_has_its_unit(layout: Layout, carrier: str, quantity: str, unit: str, expected: Any) -> None:
    frame = read(layout, "energy", 能源品种=carrier, 消耗量=quantity, 计量单位=unit).frame
    assert frame.select("quantity", "unit").row(0) == expected


def test_a_header_gives_the_unit(layout: Layout) -> None:
    assert value(layout, "energy", "quantity", 消耗量=None, 计量单位=None, **{"消耗量（万kWh）": "1.2"}) == 12000.0
    assert value(layout, "data_centres", "total_kwh", 总耗电量=None, **{"总耗电量(GWh)": "4.35"}) == 4350000.0
    assert value(layout, "data_centres", "water_t", 用水量=None, **{"用水量(m3)": "4"}) == 4.0
    assert value(layout, "data_centres", "total_kwh") == 125.0


def test_the_cell_of_the_unit_column_goes_before_the_header(layout: Layout) -> None:
    assert value(layout, "energy", "quantity", 消耗量=None, 计量单位="MWh", **{"消耗量(万kWh)": "2"}) == 2000.0


@pytest.mark.parametrize(
    ("metric", "value_", "unit", "expected"),
    [
        ("信息流量", "3", "亿GB", 3e5),
        ("移动互联网接入流量", "1.1", "EB", 1.1e6),
        ("电信业务总量", "2.5", "亿元", 25000.0),
    ],
)
def test_metrics_have_their_units(layout: Layout, metric: str, value_: str, unit: str, expected: float) -> None:
    assert value(layout, "activity", "value", 指标=metric, 数值=value_, 计量单位=unit) == expected


@pytest.mark.parametrize(
    ("action", "metric", "value_", "unit", "expected"),
    [
        ("8", "绿色采购占比", "85%", None, (85.0, "%")),
        ("8", "绿色采购占比", "85", "%", (85.0, "%")),
        ("8", "绿色采购占比", "85%", "%", (85.0, "%")),
        ("15", "绿色低碳专利", "1.2", "万件", (12000.0, "件")),
        ("2", "共享管道", "3", "沟公里", (3.0, "km")),
        ("4", "储能容量", "3", "MWh", (3000.0, "kWh")),
        ("S3", "绿色金融支持金额", "3", "亿元", (30000.0, "万元")),
    ],
)
def test_action_metrics_count(
    layout: Layout, action: str, metric: str, value_: str, unit: str | None, expected: Any
) -> None:
    done = read(layout, "action_metrics", 行动编号=action, 指标=metric, 数值=value_, 计量单位=unit)
    assert done.findings.is_empty()
    assert done.frame.select("value", "unit").row(0) == expected


def test_power_is_the_power_of_ten_of_the_registry() -> None:
    assert power("万kWh", ("kWh",)) == 4
    assert power("升", ("m3",)) == -3
    assert power("升", ("kg",)) == "unit.density"
    assert power("kWh", ("kg",)) == "unit.dimension"
    assert power("Gb", ("TB",)) == "unit.bits"
    assert power("桶", ("kg",)) == "unit.unknown"
    assert power("%", ("km", "公里")) == power("万个", ("kWh",)) == "unit.dimension"
    for canonical, spellings in SPELT.items():
        for unit in spellings:
            shift = power(unit, (canonical, "m3") if canonical == "t" else (canonical,))
            assert isinstance(shift, int)
            same = "m3" if canonical == "t" and units.parse_unit(unit).dimension == "volume" else canonical
            assert Fraction(10) ** shift == units.ratio(unit, same)


@pytest.mark.parametrize(("text", "share"), [("60%", 0.6), ("0.6", 0.6), ("35%", 0.35), ("6", 6.0), ("６０％", 0.6)])
def test_shares_may_be_percent(layout: Layout, text: str, share: float) -> None:
    assert value(layout, "cases", "rebound_share", 反弹比例=text) == share


def test_percent_in_a_header_counts_once(layout: Layout) -> None:
    assert value(layout, "cases", "rebound_share", **{"反弹比例(%)": "35"}) == 0.35
    assert value(layout, "cases", "rebound_share", **{"反弹比例(%)": "35%"}) == 0.35
    assert value(layout, "cases", "uncertainty_low_pct", 不确定度下限="20%") == 20.0
    assert value(layout, "cases", "uncertainty_low_pct", 不确定度下限="20") == 20.0


# --- the other kinds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023", (2023, None)),
        ("2023.0", (2023, None)),
        ("2023年", (2023, None)),
        ("2023-05", (2023, 5)),
        ("2023/5", (2023, 5)),
        ("2023.05", (2023, 5)),
        ("2023.10", (2023, 10)),
        ("2023年5月", (2023, 5)),
        ("２０２３年５月６日", (2023, 5)),
        ("2023-05-06", (2023, 5)),
        ("2023-05-06 00:00:00", (2023, 5)),
    ],
)
def test_a_date_is_a_year_and_a_month(layout: Layout, text: str, expected: Any) -> None:
    done = read(layout, "data_centres", 投产时间=text)
    assert done.findings.is_empty()
    assert done.frame.select("commissioned_year", "commissioned_month").row(0) == expected


@pytest.mark.parametrize("text", ["2023.1", "2023-13", "2023-00", "23-05", "2023-05-32", "五月", "2023-"])
def test_what_is_no_date_is_told(layout: Layout, text: str) -> None:
    finding = only_finding(read(layout, "data_centres", 投产时间=text))
    assert (finding["rule"], finding["column"], finding["found"]) == ("cell.date", "commissioned", text)


@pytest.mark.parametrize(
    ("text", "month"), [("", 0), ("—", 0), ("全年", 0), ("3", 3), ("03", 3), ("12月", 12), ("1月份", 1)]
)
def test_months(layout: Layout, text: str, month: int) -> None:
    assert value(layout, "energy", "month", 月份=text) == month


@pytest.mark.parametrize(("text", "expected"), FLAGS.items())
def test_flags(layout: Layout, text: str, expected: bool) -> None:
    assert value(layout, "sites", "new_build", 是否新建=text.upper()) is expected


def test_whole_numbers(layout: Layout) -> None:
    assert value(layout, "sites", "tenants", 租户数="3.0") == 3
    assert value(layout, "sites", "tenants", 租户数="３") == 3
    assert value(layout, "sites", "year", 年份="2025.0") == 2025
    assert value(layout, "sites", "year", 年份="２０２５年") == 2025


def test_every_spelling_of_every_code(layout: Layout) -> None:
    for table in TABLES:
        for column in table.columns:
            pairs = [(code, text) for code, spelt in column.members.items() for text in (code, code.upper(), *spelt)]
            if not pairs:
                continue
            rows = [GOOD[table.name] | {column.zh: f" {text} "} for _, text in pairs]
            got = normalise(table, sheet(*rows), layout).frame[column.name]
            assert got.to_list() == [code for code, _ in pairs], f"{table.name}.{column.name}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("广东", ("440000", "", False)),
        ("广东省", ("440000", "", False)),
        ("440000", ("440000", "", False)),
        ("44", ("440000", "", False)),
        ("粤", ("440000", "", False)),
        ("Guangdong", ("440000", "", False)),
        ("４４００００", ("440000", "", False)),
        ("深圳市", ("440000", "深圳", False)),
        ("深圳", ("440000", "深圳", False)),
        ("440300", ("440000", "440300", False)),
        ("兵团", ("650000", "新疆生产建设兵团", False)),
        ("660000", ("650000", "新疆生产建设兵团", False)),
        ("新疆", ("650000", "", False)),
        ("全国", ("000000", "", True)),
        ("000000", ("000000", "", True)),
    ],
)
def test_provinces(layout: Layout, text: str, expected: Any) -> None:
    done = read(layout, "energy", 省份=text)
    assert done.findings.is_empty()
    assert done.frame.select("province_code", "sub_region", "is_control").row(0) == expected


def test_every_region_is_known(layout: Layout) -> None:
    every = regions.all_regions(layout)
    for attribute in ("code", "short_zh", "name_zh", "slug"):
        rows = [GOOD["energy"] | {"省份": getattr(region, attribute)} for region in every]
        frame = normalise(BY_NAME["energy"], sheet(*rows), layout).frame
        assert frame["province_code"].to_list() == [region.code for region in every]
        assert set(frame["sub_region"]) == {""}


def test_defaults(layout: Layout) -> None:
    assert value(layout, "energy", "supply") == "own"
    assert value(layout, "energy", "counterparty_id") == ""
    assert value(layout, "energy", "month") == 0
    assert value(layout, "activity", "price_base_year") == 0
    assert value(layout, "entities", "group_id") == "CT"
    assert value(layout, "entities", "group_id", 所属集团="G") == "G"
    done = normalise(BY_NAME["sites"], sheet(GOOD["sites"] | {"年份": ""}), layout, filing_year=2024)
    assert done.frame["year"].to_list() == [2024]
    assert only_finding(read(layout, "sites", 年份=None))["rule"] == "cell.missing"


# --- findings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "table", "column", "changes", "right"),
    [
        ("cell.missing", "energy", "quantity", {"消耗量": ""}, "非负数，如 12500"),
        ("cell.missing", "energy", "carrier", {"能源品种": "/"}, "电力、柴油"),
        ("cell.number", "energy", "quantity", {"消耗量": "12,5oo"}, "非负数，如 12500"),
        ("cell.number", "energy", "quantity", {"消耗量": "85%"}, "非负数"),
        ("cell.number", "base_stations", "stations", {"基站数": "约10"}, "非负数"),
        ("cell.integer", "sites", "tenants", {"租户数": "2.5"}, "不小于 1 的整数"),
        ("cell.year", "energy", "year", {"年份": "25"}, "2015 至 2035 的四位年份"),
        ("cell.month", "energy", "month", {"月份": "13"}, "1 至 12"),
        ("cell.month", "energy", "month", {"月份": "0"}, "1 至 12"),
        ("cell.share", "cases", "rebound_share", {"反弹比例": "一半"}, "百分数，如 60%"),
        ("cell.flag", "sites", "new_build", {"是否新建": "新"}, "是 或 否"),
        ("cell.code", "energy", "carrier", {"能源品种": "煤油"}, "电力、柴油、汽油"),
        ("cell.id", "data_centres", "dc_id", {"数据中心编号": '="B012"'}, "B012"),
        ("cell.province", "energy", "province_code", {"省份": "广冬"}, "广东、440000"),
        ("cell.province", "energy", "province_code", {"省份": "香港"}, "31 个省"),
        ("cell.nation", "sites", "province_code", {"省份": "全国"}, "广东、440000"),
        ("unit.missing", "energy", "unit", {"计量单位": ""}, "kWh"),
        ("unit.unknown", "energy", "unit", {"计量单位": "桶"}, "kWh"),
        ("unit.bits", "activity", "unit", {"计量单位": "Gb"}, "TB"),
        ("unit.dimension", "energy", "unit", {"计量单位": "吨"}, "kWh"),
        ("unit.density", "energy", "unit", {"能源品种": "柴油", "计量单位": "升"}, "kg"),
        ("unit.dimension", "data_centres", "total_kwh", {"总耗电量": None, "总耗电量(吨)": "1"}, "kWh"),
    ],
)  # fmt: skip
def test_each_failing_cell_is_a_finding(
    layout: Layout, rule: str, table: str, column: str, changes: dict[str, str | None], right: str
) -> None:
    done = read(layout, table, **changes)
    finding = only_finding(done)
    assert {key: finding[key] for key in ("rule", "table", "column", "severity", "row", "file", "sheet")} == {
        "rule": rule, "table": table, "column": column, "severity": "error", "row": 2, "file": "能源消耗.xlsx",
        "sheet": "2025",
    }  # fmt: skip
    zh = BY_NAME[table].column(column).zh
    assert finding["message"].startswith(f"能源消耗.xlsx「2025」第 2 行「{zh}」：")
    assert finding["found"] in finding["message"]
    assert "应" in finding["message"]
    assert right in finding["message"].split("应", 1)[1]
    assert done.rejected.to_list() == [True]
    assert done.frame.height == 1


def test_a_code_of_the_nation_that_has_lost_its_zeros_is_no_province(layout: Layout) -> None:
    """A number cell keeps 000000 as 0, which may as well be a slip: nothing is taken for a control total by guess."""
    done = normalise(BY_NAME["energy"], sheet(GOOD["energy"] | {"省份": "0"}), layout)
    assert "没有名为“0”的省份；应为 31 个省（区、市）的名称或代码" in only_finding(done)["message"]
    assert normalise(BY_NAME["energy"], sheet(GOOD["energy"] | {"省份": "000000"}), layout).findings.is_empty()


def test_what_stands_for_nothing_is_told_as_filed(layout: Layout) -> None:
    done = normalise(BY_NAME["energy"], sheet(GOOD["energy"] | {"消耗量": "—"}), layout)
    assert only_finding(done)["message"].endswith("「消耗量」：未填写（填的是“—”）；应为非负数，如 12500")
    empty = normalise(BY_NAME["energy"], sheet(GOOD["energy"] | {"消耗量": ""}), layout)
    assert only_finding(empty)["message"].endswith("「消耗量」：未填写；应为非负数，如 12500")


@pytest.mark.parametrize(("table", "column"), [("energy", "消耗量"), ("sites", "租户数")])
def test_a_cell_left_in_the_format_of_percentages(layout: Layout, table: str, column: str) -> None:
    done = normalise(BY_NAME[table], sheet(GOOD[table] | {column: "500000000%"}), layout)
    assert "500000000% 不是" in only_finding(done)["message"]
    assert "不是百分数；单元格的格式若是百分比，请改为常规" in only_finding(done)["message"]


def test_a_number_too_large_for_its_unit_warns_of_nothing(layout: Layout) -> None:
    rows = [GOOD["energy"] | {"消耗量": text, "计量单位": "亿kWh"} for text in ("1e308", "1e300", "2")]
    with warnings.catch_warnings(action="error"):
        assert normalise(BY_NAME["energy"], sheet(*rows), layout).frame["quantity"].to_list()[1:] == [1e308, 2e8]


def test_the_sentence_of_the_design(layout: Layout) -> None:
    rows = [GOOD["energy"]] * 15 + [GOOD["energy"] | {"消耗量": "12,5oo"}]
    done = normalise(BY_NAME["energy"], sheet(*rows), layout)
    assert only_finding(done)["message"] == (
        "能源消耗.xlsx「2025」第 17 行「消耗量」：12,5oo 不是数字；应为非负数，如 12500"
    )
    assert done.rejected.sum() == 1
    csv = normalise(BY_NAME["energy"], sheet(rows[-1], file="a.csv", name=""), layout)
    assert only_finding(csv)["message"].startswith("a.csv 第 2 行「消耗量」：")


SUMS = ["合计", "合 计", "（小计）", "总计：", "全省合计", "本年累计", "1-6月累计", "TOTAL", "Grand Total", "sub-total", "Sum", "其中：五号楼",
        "一号楼小计", "合计（万kWh）", "合计(全省)", "小計", "總計", "∑", "Σ合计", "小计2", "共计 3 座", "Guangdong total"]  # fmt: skip
NAMES = [
    "合计算力中心",
    "总计大厦机房",
    "累计创新园",
    "Total Energies 大厦",
    "Sumitomo 数据中心",
    "SUM-01",
    "小计庄机房",
    "T0TAL1",
]


@pytest.mark.parametrize("text", SUMS)
@pytest.mark.parametrize(("table", "column"), [("data_centres", "数据中心编号"), ("data_centres", "数据中心名称"),
                                               ("energy", "设施类型"), ("energy", "省份"), ("measures", "事项")])  # fmt: skip
def test_a_sum_row_is_no_data(layout: Layout, text: str, table: str, column: str) -> None:
    done = read(layout, table, **{column: text})
    finding = only_finding(done)
    assert (finding["rule"], finding["found"], finding["column"]) == ("row.not_data", text, None)
    assert finding["message"].endswith(f"第 2 行：这是“{text}”行，不是数据；应删去这一行，只保留数据行")
    assert done.rejected.to_list() == [True]


@pytest.mark.parametrize("text", NAMES)
def test_a_name_with_the_word_of_a_sum_is_a_name(layout: Layout, text: str) -> None:
    assert value(layout, "data_centres", "name", 数据中心名称=text) == text
    assert value(layout, "data_centres", "dc_id", 数据中心编号=text) == text


def test_free_text_may_speak_of_sums(layout: Layout) -> None:
    assert value(layout, "measures", "evidence", 佐证材料="其中新建 3 座，共计") == "其中新建 3 座，共计"
    assert only_finding(read(layout, "measures", 佐证材料="合计"))["rule"] == "row.not_data"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("310115200307140000", "超过 15 位"),  # zeros in place of the last digits
        ("310115200307142016", "超过 15 位"),  # the nearest float
        ("12345678901234500000", "超过 15 位"),
        ("3.10E+17", "是科学计数法"),
        ("3.1011520030714E+17", "是科学计数法"),
        ("2024-12-03", "是日期"),
        ("12月3日", "是日期"),
        ("3-Dec", "是日期"),
        ("Dec-03", "是日期"),
        ("=A7", "是公式的写法，不是内容；应为 A7"),
        ('="00310"', "是公式的写法，不是内容；应为 00310"),
    ],
)
def test_an_id_that_a_spreadsheet_has_spoiled(layout: Layout, text: str, what: str) -> None:
    finding = only_finding(read(layout, "data_centres", 数据中心编号=text))
    assert (finding["rule"], finding["column"]) == ("cell.id", "dc_id")
    assert f"{text} {what}" in finding["message"]


@pytest.mark.parametrize(
    "text",
    [
        "310115200307142233",
        "1234567890123456",
        "12E3",
        "5E10",
        "2024-03",
        "3-12",
        "A=B",
        "YD/T 2024-12",
        "D-00100",
        "010",
    ],
)
def test_an_id_that_only_looks_odd(layout: Layout, text: str) -> None:
    assert value(layout, "data_centres", "dc_id", 数据中心编号=text) == text


def test_some_of_many_long_ids_end_with_zeros_by_chance(layout: Layout) -> None:
    rows = [GOOD["data_centres"] | {"数据中心编号": str(10**15 + n)} for n in range(7_000_001, 7_000_041)]
    assert normalise(BY_NAME["data_centres"], sheet(*rows), layout).findings.is_empty()
    rows = [GOOD["data_centres"] | {"数据中心编号": str(10**15 + 10 * n)} for n in range(40)]
    assert normalise(BY_NAME["data_centres"], sheet(*rows), layout).rejected.sum() == 40


def test_words_stay_as_they_are_but_for_their_width(layout: Layout) -> None:
    for text, kept in [
        ("⑤号楼", "⑤号楼"),
        ("x²", "x²"),
        ("Ⅳ区", "Ⅳ区"),
        ("㈱甲", "㈱甲"),
        ("\u3000甲 乙 ", "甲 乙"),
        ("½", "½"),
    ]:
        assert value(layout, "data_centres", "name", 数据中心名称=text) == kept
        assert value(layout, "data_centres", "dc_id", 数据中心编号=text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "2024-06-15停用",
        "2024-06-15 拟建",
        "2023-02-30",
        "2024年6月（扩容）",
        "2024-06-01 至 2025-01-01",
        "2024年6月15日前",
    ],
)
def test_words_behind_a_date(layout: Layout, text: str) -> None:
    finding = only_finding(read(layout, "data_centres", 投产时间=text))
    assert (finding["rule"], finding["found"]) == ("cell.date", text)


@pytest.mark.parametrize("text", ["2024-06-15 08:30", "2024-06-15T08:30:00Z", "2024/06/15 12:00:00 AM", "2024-02-29"])
def test_a_time_behind_a_date(layout: Layout, text: str) -> None:
    assert value(layout, "data_centres", "commissioned_year", 投产时间=text) == 2024


@pytest.mark.parametrize("text", ["1-3月", "1—6月", "一季度", "Q2", "上半年", "1-12"])
def test_several_months_are_no_month(layout: Layout, text: str) -> None:
    assert "逐月填报，不填季度或累计" in only_finding(read(layout, "energy", 月份=text))["message"]


def test_headers_that_are_missing_unknown_or_repeated(layout: Layout) -> None:
    done = read(layout, "energy", 消耗量=None, **{"year": "2024", "天气": "晴"})
    found = {row["rule"]: row for row in done.findings.iter_rows(named=True)}
    assert {rule: row["severity"] for rule, row in found.items()} == {
        "header.missing": "error", "header.unknown": "warning", "header.repeated": "warning"
    }  # fmt: skip
    assert {row["row"] for row in found.values()} == {None}
    assert "「消耗量」：缺少必填列“消耗量”" in found["header.missing"]["message"]
    assert "“天气”" in found["header.unknown"]["message"]
    assert "“year”" in found["header.repeated"]["message"]
    assert done.rejected.to_list() == [True]
    assert done.frame["year"].to_list() == [2025]


def test_every_cell_rule_is_tested() -> None:
    marks = test_each_failing_cell_is_a_finding.pytestmark  # type: ignore[attr-defined]
    tested = {case[0] for case in marks[0].args[1]} | {
        "header.missing",
        "header.unknown",
        "header.repeated",
        "cell.date",
        "cell.twice",  # tests/filings/test_heading.py
    }
    assert tested == set(CELL_RULES)


def test_a_sheet_without_rows(layout: Layout) -> None:
    empty = sheet(GOOD["energy"]).clear()
    assert normalise(BY_NAME["energy"], empty, layout).frame.height == 0


# --- any accepted writing of a row normalises to the same canonical row ------------------------------------

SPELT = {  # canonical unit -> others
    "kWh": ["kWh", "MWh", "GWh", "千瓦时", "度", "万千瓦时", "亿kWh", "ＭＷh"],
    "kg": ["kg", "t", "吨", "万吨"],
    "t": ["kg", "t", "吨", "m3", "万立方米"],
    "m3": ["L", "m3", "m³", "立方米", "万立方米"],
    "MJ": ["MJ", "GJ", "百万千焦"],
    "TB": ["GB", "TB", "PB", "EB", "亿GB"],
    "万元": ["元", "万元", "亿元"],
    "tCO2": ["tCO2", "kgCO2", "万吨二氧化碳"],
}
DECIMALS = st.builds(lambda n, d: Decimal(n).scaleb(-d), st.integers(0, 10**9), st.integers(0, 4))
WORDS = st.text("abcXYZ中文名12", min_size=1, max_size=6).filter(lambda text: text.strip("12"))


def written(number: Decimal) -> st.SearchStrategy[str]:
    """A number as people type it."""
    plain = f"{number:f}"
    wide = "".join(chr(ord(c) + 0xFEE0) for c in plain)
    return st.sampled_from([plain, f"{number:,f}", wide, f" {plain} "])


@st.composite
def cell(draw: st.DrawFn, column: Column, codes: dict[str, str]) -> tuple[str, dict[str, Any], str | None]:
    """Header, canonical values, text of a cell (unit cells are left to the caller: None)."""
    header = draw(st.sampled_from([column.name, *column.headers]))
    if column.default not in (None, "=filing_year") and draw(st.booleans()):
        default = codes["entity_id"] if column.default == "=entity_id" else column.default
        return header, {column.name: default}, draw(st.sampled_from(["", "—", "N/A"]))
    match column.kind:
        case "quantity":
            number = draw(DECIMALS if column.high is None else st.integers(0, int(column.high)).map(Decimal))
            accepted = column.units[codes.get(column.by, "")]
            unit = draw(st.sampled_from(SPELT.get(accepted[0]) or accepted))
            shift = power(unit, accepted)
            assert isinstance(shift, int)
            exact = Fraction(number) * Fraction(10) ** shift
            return f"{header}({unit})", {column.name: float(exact)}, draw(written(number))
        case "number":
            number = draw(DECIMALS)
            return header, {column.name: float(number)}, draw(written(number))
        case "integer" | "year":
            n = draw(st.integers(int(column.low or 0), int(column.high or 99)))
            return header, {column.name: n}, draw(written(Decimal(n))) if column.kind == "integer" else f"{n}年"
        case "month":
            n = draw(st.integers(1, 12))
            return header, {column.name: n}, draw(st.sampled_from([str(n), f"{n:02}", f"{n}月"]))
        case "date":
            year, month = draw(st.integers(1990, 2035)), draw(st.integers(1, 12))
            text = draw(st.sampled_from([f"{year}-{month:02}", f"{year}/{month}", f"{year}年{month}月"]))
            return header, dict(zip(column.canonical, (year, month), strict=True)), text
        case "share":
            share = draw(st.integers(0, 1000))
            text = draw(st.sampled_from([str(Decimal(share).scaleb(-3)), f"{Decimal(share).scaleb(-1)}%"]))
            return header, {column.name: float(Fraction(share, 1000))}, text
        case "flag":
            text = draw(st.sampled_from(sorted(FLAGS)))
            return header, {column.name: FLAGS[text]}, text
        case "code":
            code = codes[column.name]
            return header, {column.name: code}, draw(st.sampled_from([code, *column.members[code]]))
        case "province":
            region = draw(st.sampled_from(regions.all_regions(Layout.current())[0 if column.nation else 1 :]))
            text = draw(st.sampled_from([region.code, region.short_zh, region.name_zh, region.slug]))
            return header, dict(zip(column.canonical, (region.code, "", region.is_nation), strict=True)), text
    text = codes.get(column.name) or draw(WORDS)
    return header, {column.name: text}, draw(st.sampled_from([text, f"  {text} "]))


@st.composite
def filed_rows(draw: st.DrawFn) -> tuple[Table, dict[str, str], dict[str, Any]]:
    table = draw(st.sampled_from(TABLES))
    codes = {column.name: draw(st.sampled_from(sorted(column.members))) for column in table.columns if column.members}
    codes["entity_id"] = draw(WORDS)
    row: dict[str, str] = {}
    expected: dict[str, Any] = {}
    for column in table.columns:
        if column.kind == "unit":
            continue
        header, values, text = draw(cell(column, codes))
        row[header] = text or ""
        expected |= values
        if column.by:
            expected["unit"] = column.units[codes[column.by]][0]
    for column in table.columns:  # a default that was taken may be that of another code
        if column.members and expected[column.name] != codes[column.name]:
            assert expected[column.name] == column.default
    return table, dict(draw(st.permutations(list(row.items())))), expected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(filed_rows())
def test_any_accepted_writing_gives_the_same_canonical_row(filed: tuple[Table, dict[str, str], dict[str, Any]]) -> None:
    table, row, expected = filed
    done = normalise(table, sheet(row), Layout.current())
    assert done.findings["message"].to_list() == []
    got = done.frame.select(list(table.dtypes))
    assert_frame_equal(got, pl.DataFrame([expected], schema=table.dtypes), check_exact=True)
    SCHEMAS[table.name].validate(done.frame)


@pytest.mark.parametrize(
    ("cell", "unit", "kg"),
    [
        ("1200吨", "t", 1_200_000),
        ("1,200.5 t", "吨", 1_200_500),
        ("-3t", "t", -3000),
        ("5 ＫＧ", "kg", 5),
        ("1.2万吨", "万t", 12_000_000),
    ],
)
def test_a_cell_may_repeat_the_unit_of_its_column(layout: Layout, cell: str, unit: str, kg: int) -> None:
    changes = {"能源品种": "柴油", "设施类型": "办公用房", "消耗量": cell, "计量单位": unit}
    assert value(layout, "energy", "quantity", **changes) == kg


@pytest.mark.parametrize(
    ("cell", "unit"), [("1200kg", "t"), ("1200万吨", "t"), ("1200 t/a", "t"), ("1.2万", "万t"), ("t1200", "t")]
)
def test_a_cell_with_another_unit_is_no_number(layout: Layout, cell: str, unit: str) -> None:
    done = read(layout, "energy", **{"能源品种": "柴油", "设施类型": "办公用房", "消耗量": cell, "计量单位": unit})
    assert only_finding(done)["rule"] == ("cell.twice" if cell == "1.2万" else "cell.number")


@pytest.mark.parametrize(
    ("header", "cell", "racks"),
    [("标准机架数", "800架", 800), ("标准机架数", "1.2万个", 12000), ("标准机架数（万架）", "0.08", 800)],
)
def test_a_count_may_say_what_it_counts(layout: Layout, header: str, cell: str, racks: float) -> None:
    assert value(layout, "data_centres", "standard_racks", **{"标准机架数": None, header: cell}) == racks


def test_a_count_in_another_multiple_than_its_header_is_refused(layout: Layout) -> None:
    done = read(layout, "data_centres", **{"标准机架数": None, "标准机架数（万架）": "800架"})
    assert only_finding(done)["rule"] == "cell.twice"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('="D"&ROW()', "是公式的写法，不是内容"),
        ("=A1", "是公式的写法，不是内容"),
        ("7.0", "带有小数"),
        ("å¹¿å·žæ•°æ®", "里有乱码"),
        ("广州\ufffd\ufffd", "里有乱码"),
        ("汇总", "这是“汇总”行"),
        ("#REF!", "是表格软件的错误值"),
        ("#DIV/0!", "是表格软件的错误值"),
        ("'0012", "单引号是表格软件的文本标记"),
    ],
)
def test_an_id_that_a_program_has_spoiled(layout: Layout, cell: str, said: str) -> None:
    assert said in only_finding(read(layout, "rooms", 机房编号=cell))["message"]


@pytest.mark.parametrize("cell", ["TRUE", "A7.0", "voilà…", "Ångström", "汇总机房", "#1", "'甲'"])
def test_an_id_that_only_looks_odd_is_kept(layout: Layout, cell: str) -> None:
    assert value(layout, "rooms", "room_id", 机房编号=cell) == cell


def test_long_ids_that_keep_their_digits_vouch_for_the_others(layout: Layout) -> None:
    """One of two ends in zeros by nature; where all do, a spreadsheet has made them."""
    rows = [GOOD["rooms"] | {"机房编号": id} for id in ("440106199001011230", "440106199001011000")]
    assert normalise(BY_NAME["rooms"], sheet(*rows), layout).findings.is_empty()
    rows = [GOOD["rooms"] | {"机房编号": id} for id in ("440106199001012000", "440106199001011000")]
    assert normalise(BY_NAME["rooms"], sheet(*rows), layout).findings["rule"].to_list() == ["cell.id", "cell.id"]
