"""What stands around a table is heard: units wherever they are said, other headers; none is overlooked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipeline.filings.intake import Intake, take_in
from pipeline.layout import Layout

ENTITIES = "单位编码,单位名称,类别\nCT,中国电信,其他\n"
CENTRE = "数据中心编号,年份,填报单位,省份,数据中心名称,标准机架数,投产时间,IT设备耗电量,总耗电量,用水量,绿电用量"
ROW = "D1,2025,CT,广东,一号楼,1000,2023-05,1200,1500,100,10"
STATION = "年份,填报单位,省份,制式,基站数,业务流量,耗电量"


def intake(tmp_path: Path, *lines: str, name: str = "数据中心") -> Intake:
    (tmp_path / "填报单位.csv").write_text(ENTITIES, "utf-8")
    (tmp_path / f"{name}.csv").write_text("\n".join([*lines, ""]), "utf-8")
    return take_in(tmp_path, Layout.current(), 2025)


def each(tmp_path: Path, sheets: dict[str, list[str]]) -> dict[str, tuple[str, list[float]]]:
    """Many tables of data centres in one folder: what is said of each, and the electricity that is accepted of it."""
    (tmp_path / "填报单位.csv").write_text(ENTITIES, "utf-8")
    for number, lines in enumerate(sheets.values(), 1):
        own = [re.sub("^D", f"{number}-", line) for line in lines]
        (tmp_path / f"数据中心{number}.csv").write_text("\n".join([*own, ""]), "utf-8")
    done = take_in(tmp_path, Layout.current(), 2025)
    told, rows = dict(done.files.select("file", "message").iter_rows()), done.accepted["data_centres"]
    files = {what: f"数据中心{number}.csv" for number, what in enumerate(sheets, 1)}
    return {what: (told[file], rows.filter(source_file=file)["total_kwh"].to_list()) for what, file in files.items()}


def said(done: Intake, name: str = "数据中心") -> str:
    return str(done.files.filter(pl.col("file") == f"{name}.csv")["message"].item())


def refused(done: Intake) -> bool:
    left = sum(frame.height for table, frame in done.accepted.items() if table != "entities")
    return left == 0 and done.status == 2


SAID = [
    "单位：万千瓦时",
    "单位:MWh",
    "（单位：亿千瓦时）",
    "单 位：万 千 瓦 时",
    "计量单位：万 kWh",
    "计量单位为兆瓦时",
    "数据单位 GWh",
    "Unit: MWh",
    "unit GWh",
    "All figures in TWh",
    "(MWh)",
    "【万千瓦时】",
    "以万千瓦时为单位",
    "电量按万度统计",
    "电量均为万千瓦时",
    "单位：万千瓦时、万吨",
    "用水量单位：万吨",
    "水：万立方米",
    "单位：万",
    "单位：千",
    "（万）",
    "单位：10^4 kWh",
    "单位：10⁴千瓦时",
    "Unit: million kWh",
    "thousand kWh",
    "单位：万架",
    "填报单位：甲公司 审核：乙 日期：2025-12-31 " + "电话：" * 30 + " 计量单位：万千瓦时",
]  # fmt: skip
PLACES: dict[str, Callable[[str], list[str]]] = {
    "above": lambda text: [text, CENTRE, ROW],
    "beside the title": lambda text: [f"数据中心情况表,,,,,,,,{text}", CENTRE, ROW],
    "above, in four rows": lambda text: ["甲", "乙", text, "丙", CENTRE, ROW],
    "below": lambda text: [CENTRE, ROW, f"注：{text}"],
    "at the end": lambda text: [CENTRE, ROW, "", f"说明,{text}"],
}


@pytest.mark.parametrize("place", PLACES)
def test_a_unit_said_anywhere_is_heard(tmp_path: Path, place: str) -> None:
    for text, (told, accepted) in each(tmp_path, {text: PLACES[place](text) for text in SAID}).items():
        assert accepted == [], text
        assert "写有" in told, text


NOT_SAID = [
    "填报单位：万国数据",
    "单位：万达广场公司",
    "单位名称：千方科技",
    "2025年度数据中心情况表",
    "单位：千瓦时",
    "单位：kWh、吨、架",
    "单位：个",
    "注：年用电量500万千瓦时以上的数据中心填报",
    "依据 GB 40879-2021 填报",
    "依据 GB/T 2260 填报",
    "每架 2.5 kW 折算",
    "地方单元提升方案，百度云",
    "表号：通信能耗101表 国统制〔2024〕123号 有效期至2027年12月",
    "联系电话：010-12345678",
    "1 万千瓦时 = 10000 千瓦时",
]  # fmt: skip


@pytest.mark.parametrize("place", ["above", "below"])
def test_what_is_no_other_unit_refuses_nothing(tmp_path: Path, place: str) -> None:
    for text, (told, accepted) in each(tmp_path, {text: PLACES[place](text) for text in NOT_SAID}).items():
        assert accepted == [1500.0], (text, told)


@pytest.mark.parametrize(
    "name", ["数据中心（2025年，单位万千瓦时）", "数据中心_MWh", "数据中心-万度", "数据中心（GWh）"]
)
def test_a_unit_in_the_name_of_the_file(tmp_path: Path, name: str) -> None:
    done = intake(tmp_path, CENTRE, ROW, name=name)
    assert refused(done)
    assert "名称里写有" in said(done, name)


@pytest.mark.parametrize("row", [1, 2, 3])
def test_a_row_of_units_under_the_header(tmp_path: Path, row: int) -> None:
    under = ["甲,乙,丙,丁,戊,1,2,3,4,5,6", ",,,,,,,,,,"][: row - 1]
    units = ["万千瓦时", "（MWh）", "[万kWh]", "单位：万度", "亿千瓦时", "万"]
    sheets = {unit: [CENTRE, *under, f",,,,,架,,{unit},{unit},吨,{unit}", ROW] for unit in units}
    for unit, (told, accepted) in each(tmp_path, sheets).items():
        assert accepted == [], unit
        assert "在表头之下写有" in told, unit


def test_a_row_of_the_units_in_which_the_table_is_read(tmp_path: Path) -> None:
    done = intake(tmp_path, CENTRE, ",,,,,架,,kWh,千瓦时,吨,度", ROW)
    assert done.accepted["data_centres"]["total_kwh"].to_list() == [1500.0]


def test_places_that_disagree_are_both_named(tmp_path: Path) -> None:
    header = re.sub("(耗电量|绿电用量)", r"\1（kWh）", CENTRE)
    done = intake(tmp_path, "单位：MWh", header, ROW)
    assert refused(done)
    assert said(done).count("写有") == 2
    header = CENTRE.replace("IT设备耗电量", "IT设备耗电量（MWh）").replace("总耗电量", "总耗电量（兆瓦时）")
    done = intake(tmp_path, "单位：MWh", header.replace("绿电用量", "绿电用量（MWh）"), ROW)
    assert done.accepted["data_centres"]["total_kwh"].to_list() == [1_500_000.0]


ENERGY = "年份,填报单位,省份,设施类型,能源品种,{},计量单位"
USE = "2025,CT,广东,办公用房,电力,120.5,{}"


@pytest.mark.parametrize(
    ("header", "unit", "read"),
    [
        ("消耗量（万千瓦时）", "千瓦时", False),
        ("消耗量（万）", "千瓦时", False),
        ("消耗量（千）", "千瓦时", False),
        ("消耗量（MWh）", "kWh", False),
        ("消耗量（kWh）", "度", True),
        ("消耗量（实物量）", "kWh", True),
        ("消耗量（吨）", "kWh", True),  # of the other carriers
    ],
)
def test_the_unit_of_the_header_beside_a_column_of_units(tmp_path: Path, header: str, unit: str, read: bool) -> None:
    done = intake(tmp_path, ENERGY.format(header), USE.format(unit), name="能源消耗")
    assert refused(done) != read
    assert read or ("第 2 行" in said(done, "能源消耗") and "表头" in said(done, "能源消耗"))


@pytest.mark.parametrize(("above", "read"), [("单位：万千瓦时", False), ("单位：千瓦时", True), ("单位：万吨", True)])
def test_the_unit_of_a_title_beside_a_column_of_units(tmp_path: Path, above: str, read: bool) -> None:
    done = intake(tmp_path, above, ENERGY.format("消耗量"), USE.format("千瓦时"), name="能源消耗")
    assert refused(done) != read


@pytest.mark.parametrize(
    ("header", "cell", "value"),
    [
        ("总耗电量（万kWh）", "1500万", None),
        ("总耗电量（亿千瓦时）", "2千", None),
        ("总耗电量（万度）", "1.5亿", None),
        ("总耗电量（千瓦时）", "1500万", 15_000_000.0),
        ("总耗电量", "1500万", 15_000_000.0),
        ("总耗电量（万kWh）", "1500", 15_000_000.0),
    ],
)
def test_a_multiple_is_said_once(tmp_path: Path, header: str, cell: str, value: float | None) -> None:
    done = intake(tmp_path, CENTRE.replace("总耗电量", header), ROW.replace("1500", cell).replace("1200", "1000万"))
    assert done.accepted["data_centres"]["total_kwh"].to_list() == ([value] if value else [])
    assert value or "倍数" in done.findings["message"][0]


def test_a_count_in_a_unit_of_something_else(tmp_path: Path) -> None:
    units = [
        "kW",
        "%",
        "％",
        "万千瓦时",
        "×10⁴",
        "10^4",
        "MW",
        "‰",
        "占比",
        "上年",
        "计划",
        "吨",
        "元",
        "kVA",
        "年",
        "小时",
    ]
    sheets = {unit: [CENTRE.replace("标准机架数", f"标准机架数（{unit}）"), ROW] for unit in units}
    for unit, (told, accepted) in each(tmp_path, sheets).items():
        assert accepted == [], unit
        assert "标准机架数" in told, unit


@pytest.mark.parametrize("column", ["在用机架数", "液冷机架数"])
def test_any_count_in_a_unit_of_something_else(tmp_path: Path, column: str) -> None:
    done = intake(tmp_path, f"{CENTRE},{column}（％）", f"{ROW},35")
    assert refused(done)
    assert column in said(done)


@pytest.mark.parametrize(
    ("unit", "read"), [("%", False), ("％", False), ("kWh", False), ("吨", False), ("件", True), ("", True)]
)
def test_the_unit_of_the_header_beside_a_count_of_things(tmp_path: Path, unit: str, read: bool) -> None:
    header = f"年份,填报单位,省份,行动编号,指标,数值{f'（{unit}）' if unit else ''},计量单位"
    done = intake(tmp_path, header, "2025,CT,广东,15,绿色低碳专利,12,件", name="行动指标")
    assert done.accepted["action_metrics"]["value"].to_list() == ([12.0] if read else [])
    assert read or (refused(done) and "第 2 行的“计量单位”是“件”" in said(done, "行动指标"))


@pytest.mark.parametrize(
    ("unit", "times"),
    [
        ("个", 1),
        ("架", 1),
        ("千个", 1e3),
        ("万架", 1e4),
        ("百个", 1e2),
        ("设计规模", 1),
        ("按2.5kW折算", 1),
        ("units", 1),
    ],
)
def test_a_count_in_multiples_of_ones(tmp_path: Path, unit: str, times: float) -> None:
    done = intake(tmp_path, CENTRE.replace("标准机架数", f"标准机架数（{unit}）"), ROW.replace(",1000,", ",2,"))
    assert done.accepted["data_centres"]["standard_racks"].to_list() == [2 * times]
    done = intake(tmp_path, CENTRE.replace("标准机架数", "标准机架数（万架）"), ROW.replace(",1000,", ",2千,"))
    assert refused(done)


# --- other headers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "columns"),
    [
        ("上年,本年", ""),
        ("去年,今年", ""),
        ("2024,2025", ""),
        ("2024年,2025年", ""),
        ("计划,实际", ""),
        ("期初,期末", "总耗电量"),
    ],
)
def test_a_second_level_of_the_header(tmp_path: Path, cell: str, columns: str) -> None:
    header = CENTRE.replace("总耗电量,", f"总耗电量,{columns},")
    done = intake(tmp_path, header, f",,,,,,,,{cell},,", ROW.replace("1500", "1500,1900"))
    assert refused(done)
    assert "第二层表头" in said(done)


def test_two_columns_of_one_name_under_two_years(tmp_path: Path) -> None:
    header = CENTRE.replace("总耗电量,", "总耗电量,总耗电量,")
    done = intake(tmp_path, ",,,,,,,,上年,本年,,", header, ROW.replace("1500", "1500,1900"))
    assert refused(done)


SECOND = [
    CENTRE.replace("总耗电量", "总耗电量（万kWh）"),
    CENTRE.replace("用水量,绿电用量", "绿电用量,用水量"),
    CENTRE.replace("总耗电量", "上年总耗电量"),
    f"{STATION},,,,",
    "站址编号,年份,填报单位,省份,建成年份,是否新建,租户数,共享方式,,,",
]


@pytest.mark.parametrize("blank", [0, 1, 3])
def test_a_second_block_under_another_header(tmp_path: Path, blank: int) -> None:
    first = [CENTRE, *[ROW.replace("D1", f"D{n}") for n in range(30)], *["," * 10] * blank]
    for second, (told, accepted) in each(tmp_path, {second: [*first, second, ROW] for second in SECOND}).items():
        assert accepted == [], second
        assert f"第 {32 + blank} 行又有一行表头" in told, second


def test_the_same_header_once_more_is_a_row_to_reject(tmp_path: Path) -> None:
    done = intake(tmp_path, CENTRE, ROW, CENTRE, ROW.replace("D1", "D2"))
    assert done.accepted["data_centres"]["dc_id"].to_list() == ["D1", "D2"]
    english = "dc_id,year,entity_id,province_code,name,standard_racks,commissioned,it_kwh,total_kwh,water_t,green_kwh"
    done = intake(tmp_path, english, CENTRE, ROW)
    assert done.accepted["data_centres"]["dc_id"].to_list() == ["D1"]


@pytest.mark.parametrize(
    "labels",
    [
        ["填报单位,甲电信,年份,2025"],
        ["填报单位,,年份,2025"],
        ["填报单位,甲电信", "年份,2025,省份,广东"],
        ["年份,2025,,填报单位,甲"],
    ],
)
def test_labels_above_the_table_are_no_header(tmp_path: Path, labels: list[str]) -> None:
    done = intake(tmp_path, *labels, "", CENTRE, ROW)
    assert done.accepted["data_centres"]["total_kwh"].to_list() == [1500.0]
    assert done.status == 0
