"""What goes back looks as it was filed, has each remark where it belongs, holds nothing active, and reads the same."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastexcel
import openpyxl
import polars as pl
import pytest
import xlsxwriter
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableFormula
from polars.testing import assert_frame_equal

from pipeline.errors import OutputError
from pipeline.filings.contracts import headers
from pipeline.filings.intake import Intake, take_in
from pipeline.filings.reading import Reading, read_file
from pipeline.filings.remarks import LIST, MOST, SUMMARY, write_remarks
from pipeline.filings.template import write_template
from pipeline.layout import Layout
from tests.filings.conftest import Office

RED, AMBER = "FFFF9999", "FFFFE08A"
LIST_HEADER = ("序号", "工作表", "行", "列", "性质", "问题")
ENTITIES = [["单位编码", "单位名称", "类别"], ["CT", "电信", "基础电信企业"]]
ENERGY = ["年份", "填报单位", "省份", "设施类型", "能源品种", "消耗量", "计量单位"]
GOOD = [2024, "CT", "广东", "数据中心", "电力", 100, "kWh"]
ROOMS = ["机房编号", "年份", "填报单位", "省份", "机房类型", "IT设备耗电量", "总耗电量", "改造年份"]
FORMULAS = ("=1+1", "+1+1", "-1-1", "@SUM(A1)", "=cmd|'/c calc'!A1", '=HYPERLINK("http://a.b")', "http://a.b/c", "{=1}")

Rows = Sequence[Sequence[Any]]


def sheet(page: Any, rows: Rows, row: int = 1, column: int = 1) -> None:
    """Write rows as they are, text as text."""
    for at, cells in enumerate(rows, row):
        for place, value in enumerate(cells, column):
            cell = page.cell(at, place, value)
            if isinstance(value, str):
                cell.data_type = "s"


def workbook(**pages: Rows) -> Any:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in pages.items():
        sheet(book.create_sheet(title), rows)
    return book


class House:
    """A folder of filings, and one for the remarks."""

    def __init__(self, root: Path, layout: Layout) -> None:
        self.folder, self.out, self.layout = root / "in", root / "out", layout
        self.folder.mkdir()
        with (self.folder / "填报单位.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(ENTITIES)

    def file(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def csv(self, name: str, rows: Rows, encoding: str = "utf-8") -> None:
        with self.file(name).open("w", newline="", encoding=encoding) as file:
            csv.writer(file).writerows(rows)

    def take_in(self) -> Intake:
        return take_in(self.folder, self.layout, 2025)

    def write(self, intake: Intake | None = None) -> list[str]:
        paths = write_remarks(intake or self.take_in(), self.out)
        assert all(path.is_file() for path in paths)
        assert not list(self.out.rglob(".*"))
        return [path.relative_to(self.out).as_posix() for path in paths]

    def result(self, name: str) -> Any:
        return openpyxl.load_workbook(self.out / name)


@pytest.fixture
def house(tmp_path: Path, layout: Layout) -> House:
    return House(tmp_path, layout)


def fill(cell: Any) -> str | None:
    return cell.fill.fgColor.rgb if cell.fill.fill_type else None


def comment(cell: Any) -> str:
    return cell.comment.text if cell.comment else ""


def marks(page: Any) -> dict[str, tuple[str | None, str]]:
    """Coordinate -> fill and comment of cells that have ours."""
    return {
        cell.coordinate: (fill(cell), comment(cell).split("〔审核意见〕\n")[1])
        for row in page.iter_rows()
        for cell in row
        if "〔审核意见〕" in comment(cell)
    }


def listed(book: Any, title: str = LIST) -> list[tuple[Any, ...]]:
    rows = list(book[title].iter_rows(values_only=True))
    return rows[rows.index(LIST_HEADER) + 1 :]


def read(path: Path) -> Reading:
    return read_file(path, path.parent, headers())


def texts(path: Path, page: str) -> list[list[str | None]]:
    frame = fastexcel.read_excel(str(path)).load_sheet(page, header_row=None, skip_rows=0, dtypes="string").to_polars()
    return [list(row) for row in frame.rows()]


def rezip(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """Replace the members of an archive; None leaves one out."""
    content = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if (member := change(name, old.read(name))) is not None:
                new.writestr(name, member)


def xml(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return "".join(f"\n{name}\n{archive.read(name).decode('utf-8', 'replace')}" for name in archive.namelist())


def assert_passive(path: Path) -> None:
    text = xml(path)
    for active in (
        "<f[ >]",
        "<hyperlink [^>]*r:id",
        "externalLink",
        "TargetMode",
        "<oleObject",
        "connection",
        "vbaProject",
    ):
        assert not re.search(active, text), active


# ---- each remark in its place


def links(book: Any) -> list[tuple[str, str]]:
    """Each linked cell of the list and where it leads."""
    return [
        (cell.coordinate, cell.hyperlink.location) for row in book[LIST].iter_rows() for cell in row if cell.hyperlink
    ]


def test_each_remark_leads_to_its_cell_in_the_order_of_the_sheets(house: House) -> None:
    wrong = [2024, "CT", "湖南", "数据中心", "电力", "abc", "kWh"]
    green = [["年份", "填报单位", "省份", "渠道", "电量"], [2024, "CT", "广东", "绿证", "好多"]]
    workbook(绿色电力=green, 能源消耗=[ENERGY, GOOD, wrong]).save(house.file("2025/甲's.xlsx"))
    house.file("2025/能源消耗-乙.csv").write_text(",".join(ENERGY) + "\n" + ",".join(map(str, wrong)) + "\n", "utf-8")
    house.write()
    book = house.result("2025/甲's-审核意见.xlsx")
    assert [line[1:3] for line in listed(book)] == [("绿色电力", 2), ("能源消耗", 3)]
    assert [place for _, place in links(book)] == ["'绿色电力'!E2"] * 2 + ["'能源消耗'!F3"] * 2
    csv = house.result("2025/能源消耗-乙-审核意见.xlsx")
    assert [place for _, place in links(csv)] == [f"'{csv.sheetnames[1]}'!F2"] * 2
    assert listed(csv)[0][2] == 2


def test_wrong_cells_are_red_and_doubtful_ones_amber_each_with_its_sentence(house: House) -> None:
    rows = [
        ENERGY,
        GOOD,
        [2024, "CT", "火星", "数据中心", "电力", "abc", "kWh"],
        [2024, "CT", "湖南", "数据中心", "电力", -5, "kWh"],
        [2023, "CT", "广东", "数据中心", "电力", 10, "kWh"],
    ]
    workbook(能源消耗=rows).save(house.file("2025/能源消耗.xlsx"))
    assert house.write() == [SUMMARY, "2025/能源消耗-审核意见.xlsx"]
    book = house.result("2025/能源消耗-审核意见.xlsx")
    assert book.sheetnames == [LIST, "能源消耗"]
    province = "没有名为“火星”的省份；应为 31 个省（区、市）的名称或代码，如 广东、440000"
    found = marks(book["能源消耗"])
    assert set(found) == {"C3", "F3", "F4", "F2"}
    assert found["C3"] == (RED, f"应更正：{province}")
    assert found["F3"][0] == found["F4"][0] == RED
    assert found["F2"] == (AMBER, "请核实：100 kWh，上年为 10 kWh，变动超过 3 倍；应核实，属实的请说明原因")
    assert [fill(cell) for cell in book["能源消耗"][5]] == [None] * 7
    assert listed(book)[0] == (1, "能源消耗", 3, "C 列「省份」", "应更正", province)
    assert [row[4] for row in listed(book)] == ["应更正"] * 3 + ["请核实"]
    assert texts(house.out / "2025/能源消耗-审核意见.xlsx", "能源消耗")[2][5] == "abc"


def test_several_findings_of_one_cell_are_one_comment_that_can_be_read(house: House) -> None:
    rooms = [
        ROOMS,
        ["R1", 2023, "CT", "广东", "核心", 100, 150, None],
        ["R1", 2024, "CT", "广东", "核心", 100, 480, None],
    ]
    workbook(通信机房=rooms).save(house.file("通信机房.xlsx"))
    house.write()
    page = house.result("通信机房-审核意见.xlsx")["通信机房"]
    color, text = marks(page)["G3"]
    assert color == AMBER
    assert re.fullmatch("请核实：PUE 为 4.8.*\n请核实：480 kWh，上年为 150 kWh.*", text)
    with zipfile.ZipFile(house.out / "通信机房-审核意见.xlsx") as archive:
        drawing = next(name for name in archive.namelist() if name.endswith(".vml"))
        width, height = map(int, re.search(r"width:(\d+)px;height:(\d+)px", archive.read(drawing).decode()).groups())
    lines = sum(-(-2 * len(line) * 7 // width) for line in page["G3"].comment.text.split("\n"))
    assert height >= 15 * lines


def test_an_error_beside_a_warning_makes_the_cell_red(house: House) -> None:
    """The first cell stands for its own fault and for the row, which is too short."""
    house.file("绿电.csv").write_text("填报单位,年份,省份,渠道,电量\n,2024,广东,自建自用\n", "utf-8")
    house.write()
    color, said = marks(house.result("绿电-审核意见.xlsx")["绿电"])["A2"]
    assert color == RED
    assert re.fullmatch("应更正：未填写.*\n请核实：本行的单元格比表头少.*", said)


def test_comments_of_the_filer_stay(house: House) -> None:
    book = workbook(能源消耗=[ENERGY, [2024, "CT", "火星", "数据中心", "电力", 1, "kWh"]])
    book["能源消耗"]["C2"].comment = Comment("这是分公司\n所在地", "填报人")
    book["能源消耗"]["F2"].comment = Comment("抄表数", "填报人")
    book.save(house.file("能源消耗.xlsx"))
    house.write()
    page = house.result("能源消耗-审核意见.xlsx")["能源消耗"]
    assert re.fullmatch("这是分公司\n所在地\n〔审核意见〕\n应更正：没有名为“火星”的省份.*", comment(page["C2"]))
    assert (comment(page["F2"]), page["F2"].comment.author, fill(page["F2"])) == ("抄表数", "填报人", None)


def test_remarks_on_headers(house: House) -> None:
    """A missing column is told at the first header, an unknown or repeated one at its own cell."""
    names = ["渠道", "省份", "不认识", "年份", "所在省份", "填报单位"]
    workbook(绿色电力=[["说明文字"], names, ["乱写", "火星", "x", 2024, "火星", "CT"]]).save(
        house.file("绿色电力.xlsx")
    )
    house.write()
    book = house.result("绿色电力-审核意见.xlsx")
    found = marks(book["绿色电力"])
    assert set(found) == {"A2", "C2", "E2", "A3", "B3"}
    assert found["A2"] == (RED, "应更正：缺少必填列“电量”，本表各行全部退回；应补上此列，非负数，如 12500")
    assert found["C2"][0] == found["E2"][0] == AMBER
    assert "“不认识”" in found["C2"][1]
    assert found["E2"][1].startswith("请核实：表头“所在省份”与前面的一列含义相同")
    assert "火星" in found["B3"][1]  # told once, of two columns that agree
    assert ("绿色电力", None, "C 列「不认识」", "请核实") in [row[1:5] for row in listed(book)]


def test_what_blames_a_whole_row_or_a_column_that_is_not_there_stands_in_the_first_cell(house: House) -> None:
    rooms = [
        ROOMS[:-1],
        ["R1", "2024", "CT", "广东", "核心", "100", "120"],
        ["R2", "2024", "CT", "广东", "核心", "100", "120", "多余"],
    ]
    house.csv("通信机房.csv", rooms)
    volume = [["年份", "填报单位", "省份", "指标", "数值", "计量单位"], [2024, "CT", "广东", "电信业务总量", 5, "万元"]]
    workbook(业务量=volume).save(house.file("业务量.xlsx"))
    house.write()
    found = marks(house.result("通信机房-审核意见.xlsx")["通信机房"])
    assert found == {"A3": (RED, "应更正：表头之外还有 多余；应与表头列数相同，内容含分隔符的要放在双引号里")}
    found = marks(house.result("业务量-审核意见.xlsx")["业务量"])
    assert list(found) == ["A2"]
    assert found["A2"][1].startswith("应更正：「价格基期」电信业务总量未填价格基期")


def test_titles_merges_and_sheets_that_begin_elsewhere(house: House) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "能源消耗"
    page.merge_cells("C2:I3")
    page["C2"] = "某公司能源消耗表"
    sheet(page, [ENERGY, GOOD, [*GOOD[:2], "火星", *GOOD[3:]], [*GOOD[:2], None, "乱写", *GOOD[4:]]], 5, 3)
    page.merge_cells("E7:E8")  # of the provinces of both wrong rows
    sheet(book.create_sheet("通信机房"), [["表二"], [], ROOMS, ["R1", 2024, "CT", "广东", "核心", 100, 90, None]])
    book.save(house.file("合并.xlsx"))
    house.write()
    book = house.result("合并-审核意见.xlsx")
    assert [str(one) for one in book["能源消耗"].merged_cells.ranges] == ["C2:I3", "E7:E8"]
    found = marks(book["能源消耗"])
    assert set(found) == {"E7", "F8"}
    said = "没有名为“火星”的省份；应为 31 个省（区、市）的名称或代码，如 广东、440000"
    assert found["E7"] == (RED, f"应更正：{said}\n应更正：第 8 行：{said}")
    assert marks(book["通信机房"])["G4"][1].startswith("应更正：PUE 为 0.9（")
    assert {row[1:4] for row in listed(book)} == {
        ("能源消耗", 7, "E 列「省份」"), ("能源消耗", 8, "E 列「省份」"), ("能源消耗", 8, "F 列「设施类型」"),
        ("通信机房", 4, "G 列「总耗电量」"),
    }  # fmt: skip


def test_a_missing_column_is_told_at_the_first_header_wherever_it_stands(house: House) -> None:
    book = openpyxl.Workbook()
    book.active.title = "能源消耗"
    sheet(book.active, [ENERGY[:5], GOOD[:5]], 5, 3)
    book.save(house.file("能源消耗.xlsx"))
    house.write()
    found = marks(house.result("能源消耗-审核意见.xlsx")["能源消耗"])
    assert list(found) == ["C5"]
    assert found["C5"][1].startswith("应更正：缺少必填列“消耗量”")


# ---- what the filer's workbook keeps, and what it loses


def test_a_workbook_keeps_its_looks(house: House) -> None:
    book = workbook(能源消耗=[ENERGY, [*GOOD[:5], -1.5, "kWh"]], 内部=[["只给自己看"]], 说明=[["怎么填"]])
    page = book["能源消耗"]
    page.column_dimensions["C"].width, page.row_dimensions[1].height = 33, 40
    page["A1"].font, page["F2"].number_format = Font(bold=True, color="FF0000FF"), "#,##0.00"
    page["A1"].fill = PatternFill("solid", fgColor="FF00FF00")
    page.freeze_panes, page.auto_filter.ref = "B2", "A1:G2"
    page.protection.sheet, page.protection.password = True, "x"
    page.add_data_validation(DataValidation("list", '"kWh,MWh"', sqref="G2:G9"))
    page.conditional_formatting.add("F2:F9", CellIsRule("lessThan", ["0"], font=Font(bold=True)))
    book["内部"].sheet_state = "hidden"
    book.active = 2
    book.save(house.file("能源消耗.xlsx"))
    house.write()
    book = house.result("能源消耗-审核意见.xlsx")
    assert book.sheetnames == [LIST, "能源消耗", "内部", "说明"]
    assert book["内部"].sheet_state == "hidden"
    assert (book.active.title, [one.sheet_view.tabSelected for one in book]) == (LIST, [True, False, False, False])
    page = book["能源消耗"]
    assert (page.column_dimensions["C"].width, page.row_dimensions[1].height) == (33, 40)
    assert (page["A1"].font.b, page["A1"].fill.fgColor.rgb, page["F2"].number_format) == (True, "FF00FF00", "#,##0.00")
    assert (page.freeze_panes, page.auto_filter.ref, page.protection.sheet) == ("B2", "A1:G2", True)
    assert [(one.formula1, str(one.sqref)) for one in page.data_validations.dataValidation] == [('"kWh,MWh"', "G2:G9")]
    assert [str(one.sqref) for one in page.conditional_formatting] == ["F2:F9"]
    assert (page["F2"].value, fill(page["F2"])) == (-1.5, RED)


def test_nothing_active_goes_out_of_a_workbook(house: House) -> None:
    book = workbook(能源消耗=[[*ENERGY, "备注"], *([*GOOD[:5], -1, "kWh", text] for text in FORMULAS)])
    page = book["能源消耗"]
    page["J2"], page["J3"] = "=1+1", "='[1]Sheet1'!A1"
    page["H3"].hyperlink = "http://example.invalid/"
    page["K9"].hyperlink = "http://example.invalid/empty"
    page["K9"].value = None
    book.defined_names["外部"] = DefinedName("外部", attr_text="[1]Sheet1!$A$1")
    book.defined_names["程序"] = DefinedName("程序", attr_text="cmd|'/c calc'!A1")
    book.defined_names["本表"] = DefinedName("本表", attr_text="能源消耗!$A$1:$A$3")
    page.add_data_validation(DataValidation("list", "[1]Sheet1!$A$1:$A$3", sqref="G2:G9"))
    page.conditional_formatting.add("F2:F9", CellIsRule("lessThan", ["[1]Sheet1!$A$1"]))
    table = Table(displayName="t", ref=f"A1:H{len(FORMULAS) + 1}")
    table._initialise_columns()
    for column, cell in zip(table.tableColumns, page[1], strict=False):
        column.name = cell.value
    table.tableColumns[7].calculatedColumnFormula = TableFormula(attr_text="[1]Sheet1!A1")
    page.add_table(table)
    book.save(house.file("能源消耗.xlsx"))
    house.write()
    path = house.out / "能源消耗-审核意见.xlsx"
    assert_passive(path)
    assert "[1]" not in xml(path)
    assert "<table " in xml(path)
    book = openpyxl.load_workbook(path)
    assert list(book.defined_names) == ["本表"]
    cells = [book["能源消耗"].cell(row, 8) for row in range(2, 2 + len(FORMULAS))]
    assert [(cell.value, cell.data_type) for cell in cells] == [(text, "s") for text in FORMULAS]
    assert [cell.quotePrefix for cell in cells[:5]] == [True] * 5
    assert book["能源消耗"]["K9"].value is None
    assert fill(book["能源消耗"]["F2"]) == RED


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_text_is_text_on_the_way_out(house: House, suffix: str) -> None:
    rows = [[*ROOMS[:7], "备注"], *(["00123", "2024", "CT", "=1+1", "核心", "1e5", "+1", text] for text in FORMULAS)]
    if suffix == "csv":
        house.csv("通信机房.csv", rows)
    else:
        pl.DataFrame(rows[1:], rows[0], orient="row").write_parquet(house.file("通信机房.parquet"))
    house.write()
    path = house.out / "通信机房-审核意见.xlsx"
    assert_passive(path)
    page = openpyxl.load_workbook(path)["通信机房"]
    assert [[cell.value for cell in row] for row in page.iter_rows()] == rows
    assert {cell.data_type for row in page.iter_rows() for cell in row} == {"s"}
    assert {row[2] for row in listed(house.result("通信机房-审核意见.xlsx"))} >= set(range(2, 2 + len(FORMULAS)))
    assert fill(page["D2"]) == RED


def test_sentences_that_begin_like_formulas_are_text_too(house: House) -> None:
    workbook(能源消耗=[ENERGY, [*GOOD[:5], "=1+1", "kWh"]]).save(house.file("=能源消耗.xlsx"))
    house.csv("+通信机房.csv", [ROOMS, ["R1", "2024", "CT", "广东", "核心", "-x", "120", ""]])
    assert house.write() == [SUMMARY, "+通信机房-审核意见.xlsx", "=能源消耗-审核意见.xlsx"]
    for path in house.out.iterdir():
        assert_passive(path)
    book = house.result("=能源消耗-审核意见.xlsx")
    assert book[LIST]["A1"].value == "=能源消耗.xlsx 审核意见"
    assert listed(book)[0][5].startswith("=1+1 不是数字；")


def test_values_come_out_as_they_went_in(house: House) -> None:
    """Dates stay the numbers that they are, also those that are no day; formulas become their values."""
    book = workbook(能源消耗=[[*ENERGY, "备注"], *([*GOOD[:5], -1, "kWh", None] for _ in range(7))])
    page = book["能源消耗"]
    for row, value in enumerate([0.1 + 0.2, dt.date(2024, 2, 29), 20230501, 1e300, True, "=1/3", "=1&1"], 2):
        page.cell(row, 8, value)
    page["H3"].number_format = page["H4"].number_format = "yyyy-mm-dd"
    path = house.file("能源消耗.xlsx")
    book.save(path)

    def calculated(name: str, content: bytes) -> bytes:
        empty = rb"(?:<v ?/>|<v></v>)"  # by the standard library, or by lxml where that is installed
        content = re.sub(rb"<f>1/3</f>" + empty, b"<f>1/3</f><v>0.33333333333333331</v>", content)
        content = content.replace(b"<v>0.3</v>", b"<v>0.30000000000000004</v>")
        return re.sub(rb'(<c r="H8")><f>1&amp;1</f>' + empty, rb'\1 t="str"><f>1&amp;1</f><v>=11</v>', content)

    rezip(path, calculated)
    house.write()
    result = house.out / "能源消耗-审核意见.xlsx"
    values = [row[7] for row in texts(result, "能源消耗")]
    assert values == [row[7] for row in texts(path, "能源消耗")]
    assert values[7] == "=11"
    assert "0.30000000000000004" in xml(result)
    assert "0.3333333333333333" in xml(result)
    assert_passive(result)


@pytest.mark.parametrize("of", ["1904", "iso"])
def test_dates_of_other_programs(house: House, of: str) -> None:
    book = workbook(能源消耗=[[*ENERGY, "备注"], [*GOOD[:5], -1, "kWh", None]])
    book.epoch, book.iso_dates = CALENDAR_MAC_1904 if of == "1904" else book.epoch, of == "iso"
    book["能源消耗"]["H2"] = dt.datetime(2024, 2, 29, 12, 30, 5)
    book.save(house.file("能源消耗.xlsx"))
    house.write()
    result = house.out / "能源消耗-审核意见.xlsx"
    assert openpyxl.load_workbook(result)["能源消耗"]["H2"].value == dt.datetime(2024, 2, 29, 12, 30, 5)
    assert marks(openpyxl.load_workbook(result)["能源消耗"])["F2"][0] == RED
    same_rows(house.folder / "能源消耗.xlsx", result)


# ---- text and numbers that come back


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff\ufeff"), max_size=8)
tables = st.lists(
    st.tuples(cells, st.sampled_from(["", "1", "=1", "-x", "a\nb", " b ", "00,1"])), min_size=1, max_size=40
).map(lambda rows: [row for row in rows if not any(re.search(r"_x[0-9a-fA-F]{4}_", cell) for cell in row)])
quick = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def same_rows(one: Path, other: Path) -> None:
    before, after = read(one), read(other)
    assert after.problems == before.problems == []
    assert len(after.sheets) == len(before.sheets) > 0
    for left, right in zip(before.sheets, after.sheets, strict=True):
        assert left.header_row == right.header_row
        assert_frame_equal(left.rows, right.rows)


@quick
@given(tables)
@pytest.mark.parametrize("suffix", ["xlsx", "csv", "parquet"])
def test_what_is_sent_back_has_the_same_rows(layout: Layout, suffix: str, table: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        house = House(Path(root), layout)
        rows = [[*ENERGY[:-1], "备注"], *([*map(str, GOOD[:5]), amount, text] for text, amount in [("", "错"), *table])]
        path = house.file(f"能源消耗.{suffix}")
        if suffix == "xlsx":
            workbook(能源消耗=[["标题"], *rows]).save(path)
        elif suffix == "csv":
            house.csv(path.name, rows)
        else:
            pl.DataFrame(rows[1:], rows[0], orient="row").write_parquet(path)
        house.write()
        same_rows(path, house.out / "能源消耗-审核意见.xlsx")


def test_the_list_is_left_out_even_where_it_speaks_of_headers(house: House) -> None:
    """Sheets called like headers, findings of header after header: two known texts in a row would make a table."""
    page = [["单位编码", "单位名称", "类别"], ["X1", None, "乱"], [None, "某", "其他"]]
    workbook(填报单位=page, 业务量=[["年份", "指标"], [2024, "乱"]]).save(house.file("报表.xlsx"))
    house.write()
    reading = read(house.out / "报表-审核意见.xlsx")
    assert reading.problems == []
    assert [one.sheet for one in reading.sheets] == ["填报单位", "业务量"]
    assert [(one.sheet, one.row) for one in reading.skipped] == [(LIST, None)]


def test_remarks_that_are_filed_say_what_the_filing_said(house: House) -> None:
    workbook(**{"标准": [["标题"], ["标准编号", "标准名称", "级别", "状态"], ["A", "甲", "国标", "发布"], ["B", "乙", "乱", "在研"]]}).save(
        house.file("2025/某标准.xlsx")
    )  # fmt: skip
    house.csv(
        "2025/能源.csv", [["填报表"], ENERGY, [*GOOD[:5], "12", "500", "kWh"], GOOD[:6], [*GOOD[:2], "火星", *GOOD[3:]]]
    )
    before = house.take_in()
    house.write(before)
    (house.out / SUMMARY).unlink()
    shutil.copy(house.folder / "填报单位.csv", house.out)
    after = take_in(house.out, house.layout, 2025)
    assert before.counts["read"].sum() == 2 + 3 + 1
    assert_frame_equal(after.counts, before.counts)
    kinds = ("row", "table", "column", "rule", "found")
    errors = [one.findings.filter(severity="error").select(kinds).sort(kinds) for one in (before, after)]
    assert_frame_equal(*errors)
    assert after.files["status"].to_list() == ["read"] * 3


def test_a_second_round_starts_afresh(house: House) -> None:
    """What was put right loses its mark; the list is replaced; the comment of the filer stays."""
    book = workbook(能源消耗=[ENERGY, [*GOOD[:2], "火星", *GOOD[3:5], "abc", "kWh"]])
    book["能源消耗"]["C2"].comment = Comment("分公司", "填报人")
    book.save(house.file("能源消耗.xlsx"))
    house.write()
    book = house.result("能源消耗-审核意见.xlsx")
    assert set(marks(book["能源消耗"])) == {"C2", "F2"}
    book["能源消耗"]["C2"] = "广东"
    (house.folder / "能源消耗.xlsx").unlink()
    book.save(house.file("能源消耗-审核意见.xlsx"))
    assert house.write() == [SUMMARY, "能源消耗-审核意见.xlsx"]
    book = house.result("能源消耗-审核意见.xlsx")
    assert book.sheetnames == [LIST, "能源消耗"]
    page = book["能源消耗"]
    assert (fill(page["C2"]), comment(page["C2"])) == (None, "分公司")
    assert set(marks(page)) == {"F2"}
    assert comment(page["F2"]).count("〔审核意见〕") == 1
    assert len(listed(book)) == 1


def test_the_filers_own_sheet_of_our_name_stays(house: House) -> None:
    workbook(能源消耗=[ENERGY, [*GOOD[:5], -1, "kWh"]], 审核意见说明=[["上级单位的意见"]]).save(
        house.file("能源消耗.xlsx")
    )
    house.write()
    book = house.result("能源消耗-审核意见.xlsx")
    assert book.sheetnames == ["审核意见说明2", "能源消耗", LIST]
    assert book[LIST]["A1"].value == "上级单位的意见"
    assert len(listed(book, "审核意见说明2")) == 1


def test_a_filled_template_goes_out_and_comes_back(house: House) -> None:
    path = house.file("填报表.xlsx")
    write_template(path, house.layout)
    book = openpyxl.load_workbook(path)
    page = book["绿色电力"]
    names = [re.sub(r"（.*|[*]", "", str(cell.value)) for cell in page[1]]
    row = dict(zip(names, range(1, 20), strict=False))
    for name, value in {"年份": 2024, "填报单位": "CT", "省份": "火星", "渠道": "自建自用", "电量": 5}.items():
        page.cell(3, row[name], value)
    book.save(path)
    validations = len(page.data_validations.dataValidation)
    house.write()
    result = house.result("填报表-审核意见.xlsx")
    assert result.sheetnames == [LIST, *book.sheetnames]
    assert len(result["绿色电力"].data_validations.dataValidation) == validations > 0
    assert list(result.defined_names) == list(book.defined_names)
    assert fill(result["绿色电力"].cell(3, row["省份"])) == RED
    same_rows(path, house.out / "填报表-审核意见.xlsx")


# ---- other kinds of files


def test_a_gb18030_csv_comes_back_in_its_rows(house: House) -> None:
    rows = [
        ["某公司机房表"],
        [],
        ROOMS,
        ["R1", "2024", "CT", "广东", "核心", "100", "90", ""],
        [],
        ["R2", "2024", "CT", "㐂", "核心", "1", "2", ""],
    ]
    house.csv("2025/机房.csv", rows, "gb18030")
    assert house.write() == [SUMMARY, "2025/机房-审核意见.xlsx"]
    book = house.result("2025/机房-审核意见.xlsx")
    assert book.sheetnames == [LIST, "机房"]
    page = book["机房"]
    assert page["A1"].value.startswith("某公司机房表")
    assert [cell.value for cell in page[3]] == ROOMS[: page.max_column]
    assert [cell.value for cell in page[6]][:7] == rows[5][:7]
    assert [cell.value for cell in page[5]] == [None] * page.max_column
    assert {spot: color for spot, (color, _) in marks(page).items()} == {"G4": RED, "D6": RED}
    assert listed(book)[1][1:5] == ("机房", 6, "D 列「省份」", "应更正")


def test_parquet_comes_back_under_its_names(house: House) -> None:
    frame = pl.DataFrame(
        {"年份": [2024, 2024], "填报单位": "CT", "省份": "广东", "渠道": ["绿证", "乱"], "电量": [1.5, 2.0]}
    )
    frame.write_parquet(house.file("green.parquet"))
    frame.write_parquet(house.file("green_power.parquet"))
    house.write()
    assert listed(house.result("green-审核意见.xlsx"))[0][5].startswith("文件的名称看不出是哪张表")
    page = house.result("green_power-审核意见.xlsx")["green_power"]
    assert [cell.value for cell in page[1]] == frame.columns
    assert [cell.value for cell in page[3]] == ["2024", "CT", "广东", "乱", "2"]
    assert list(marks(page)) == ["D3"]


def test_a_long_file_name_still_names_the_table(house: House) -> None:
    name = f"{'某某省通信集团有限公司' * 3}2025年度能源消耗"
    house.csv(f"{name}.csv", [ENERGY, [*map(str, GOOD[:5]), "x", "kWh"]])
    assert house.write()[1] == f"{name}-审核意见.xlsx"
    assert house.result(f"{name}-审核意见.xlsx").sheetnames == [LIST, "能源消耗"]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_of_more_than_20_000_rows_only_the_wrong_ones_go_back(house: House, suffix: str) -> None:
    names = ["站址编号", "年份", "填报单位", "省份", "建成年份", "是否新建", "租户数", "共享方式", "多出的列"]
    sites = [
        [f"S{n}", 2024, "CT", "广东", 2020, "是", 0 if n in (7, 19_999) else 2, "共建", "=1+1"] for n in range(MOST + 1)
    ]
    if suffix == "csv":
        house.csv("5G站址.csv", [names, *sites])
    else:
        with xlsxwriter.Workbook(
            house.file("5G站址.xlsx"), {"constant_memory": True, "strings_to_formulas": False}
        ) as book:
            for title, rows in {
                "5G站址": [["标题"], names, *sites],
                "机房": [ROOMS, ["R1", 2024, "CT", "广东", "核心", 2, 1]],
            }.items():
                page = book.add_worksheet(title)
                for at, row in enumerate(rows):
                    page.write_row(at, 0, row)
    first = 2 if suffix == "csv" else 3
    house.write()
    path = house.out / "5G站址-审核意见.xlsx"
    assert_passive(path)
    book = house.result("5G站址-审核意见.xlsx")
    rows = list(book["5G站址"].iter_rows(values_only=True))
    assert rows[0][0] == "本表共 20001 行，这里摘录有问题的 2 行；请在原文件中更正后提交原文件。"
    assert rows[2] == ("原行号", *(f"「{name}」" for name in names))
    assert [row[:2] for row in rows[3:]] == [(7 + first, "S7"), (19_999 + first, "S19999")]
    assert {spot: color for spot, (color, _) in marks(book["5G站址"]).items()} == {"H4": RED, "H5": RED, "J3": AMBER}
    assert ("5G站址", 7 + first, "「租户数」", "应更正") in [row[1:5] for row in listed(book)]
    assert "请在原文件中更正后提交原文件" in book[LIST]["A3"].value
    reading = read(path)  # a part must not be filed for the whole
    assert [problem.id for problem in reading.problems] == ["sheet.header"]
    if suffix == "xlsx":
        assert marks(book["机房"])["G2"][0] == RED
        assert [one.sheet for one in reading.sheets] == ["机房"]


def test_as_many_rows_as_may_be_go_back_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.filings.remarks.MOST", 50)
    house.csv(
        "绿电.csv",
        [["年份", "填报单位", "省份", "渠道", "电量"], *(["2024", "CT", "广东", "绿证", "1"] for _ in range(50))],
    )
    house.write()
    book = house.result("绿电-审核意见.xlsx")
    assert book["绿电"].max_row == 51
    assert [fill(book["绿电"].cell(row, 1)) for row in (2, 3, 51)] == [
        None,
        RED,
        RED,
    ]  # the first of identical rows counts
    assert len(listed(book)) == 49


def test_more_findings_than_are_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.filings.remarks.MOST", 3)
    rows = [ROOMS[:7], *([f"R{n}", "2024", "CT", "广东", "核心", "10", "9" if n == 1 else "40"] for n in range(3))]
    rows.append(["R9", "2024", "CT", "广东", "核心", "10", "9"])
    house.csv("通信机房.csv", rows)
    house.write()
    book = house.result("通信机房-审核意见.xlsx")
    assert [row[4] for row in listed(book)] == ["应更正", "应更正", "请核实"]
    assert "只列出前 3 处；更正后重新提交，可再审核其余 1 处" in book[LIST]["A2"].value


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_more_remarks_than_comments(house: House, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    """The rest is seen by its fill and told in the list."""
    monkeypatch.setattr("pipeline.filings.remarks._COMMENTS", 2)
    rows = [ROOMS[:7], *([f"R{n}", "2024", "CT", "广东", "核心", "10", "9"] for n in range(4))]
    if suffix == "csv":
        house.csv("通信机房.csv", rows)
    else:
        workbook(通信机房=rows).save(house.file("通信机房.xlsx"))
    house.write()
    book = house.result("通信机房-审核意见.xlsx")
    page = book["通信机房"]
    assert [fill(page.cell(row, 7)) for row in range(2, 6)] == [RED] * 4
    assert list(marks(page)) == ["G2", "G3"]
    assert len(listed(book)) == 4
    assert "批注只加在前 2 处，其余只标色并列在下面。" in book[LIST]["A2"].value
    page["F5"], name = 8, "通信机房-审核意见.xlsx"
    book.save(house.file(name))
    house.file(f"通信机房.{suffix}").unlink()
    house.write()
    assert [fill(house.result(name)["通信机房"].cell(row, 7)) for row in range(2, 6)] == [*[RED] * 3, None]


# ---- workbooks that are odd


def broken_properties(name: str, content: bytes) -> bytes:
    return b"<not xml" if name == "docProps/core.xml" else content


def merged_column(name: str, content: bytes) -> bytes:
    merge = b'</sheetData><mergeCells count="1"><mergeCell ref="J1:XFD1048576"/></mergeCells>'
    return content.replace(b"</sheetData>", merge) if name.startswith("xl/worksheets") else content


def other_encoding(name: str, content: bytes) -> bytes:
    if name != "docProps/app.xml":
        return content
    return b'<?xml version="1.0" encoding="utf-16"?>' + content


@pytest.mark.parametrize("change", [broken_properties, merged_column, other_encoding])
def test_what_openpyxl_cannot_carry_goes_back_as_text(house: House, change: Callable[[str, bytes], bytes]) -> None:
    path = house.file("能源消耗.xlsx")
    workbook(能源消耗=[["标题"], ENERGY, GOOD, [*GOOD[:2], "火星", *GOOD[3:]]]).save(path)
    rezip(path, change)
    house.write()
    book = house.result("能源消耗-审核意见.xlsx")
    assert marks(book["能源消耗"])["C4"][1].startswith("应更正：没有名为“火星”")
    assert "列出原文件的文字" in book[LIST]["A3"].value
    assert book["能源消耗"]["F3"].value == "100"
    before, after = read(path), read(house.out / "能源消耗-审核意见.xlsx")
    assert_frame_equal(before.sheets[0].rows, after.sheets[0].rows)


def test_a_workbook_that_unpacks_to_much_goes_back_as_text(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.filings.remarks._BYTES", 1000)
    workbook(能源消耗=[ENERGY, [*GOOD[:5], -1, "kWh"]]).save(house.file("能源消耗.xlsx"))
    house.write()
    assert house.result("能源消耗-审核意见.xlsx")["能源消耗"]["F2"].value == "-1"


def test_merged_keys_are_filled_in_where_the_merges_are_lost(house: House) -> None:
    path = house.file("能源消耗.xlsx")
    book = workbook(能源消耗=[ENERGY, GOOD, [2024, "CT", None, "办公用房", "电力", -1, "kWh"]])
    book["能源消耗"].merge_cells("C2:C3")
    book.save(path)
    rezip(path, broken_properties)
    house.write()
    assert house.result("能源消耗-审核意见.xlsx")["能源消耗"]["C3"].value == "广东"


def test_texts_that_xml_cannot_hold(house: House) -> None:
    house.csv("通信机房.csv", [ROOMS, ["R1\x07", "2024", "CT", "火\x07星", "核心", "1\x01", "2", "\ufffe"]])
    house.write()
    book = house.result("通信机房-审核意见.xlsx")
    assert "火\ufffd星" in marks(book["通信机房"])["D2"][1]
    assert "火\x07星" in str(texts(house.out / "通信机房-审核意见.xlsx", "通信机房")[1][3])


def test_a_cell_of_many_words_is_cut_in_the_comment_and_whole_in_its_cell(house: House) -> None:
    long = "长" * 40_000
    house.csv("能源消耗.csv", [ENERGY, [*map(str, GOOD[:2]), long, *map(str, GOOD[3:])]])
    house.write()
    book = house.result("能源消耗-审核意见.xlsx")
    assert len(comment(book["能源消耗"]["C2"])) < 1_300
    assert book["能源消耗"]["C2"].value == long[:32_767]


# ---- where it is put


def test_no_two_files_share_a_workbook(house: House) -> None:
    bad = [ENERGY, [*map(str, GOOD[:5]), "x", "kWh"]]
    for name in ("能源消耗.csv", "能源消耗.CSV", "b/能源消耗.csv", "汇总.csv", "energy.csv", "ENERGY.csv"):
        house.csv(name, bad)
    workbook(能源消耗=bad).save(house.file("能源消耗.xlsx"))
    workbook(能源消耗=bad).save(house.file("能源消耗.csv.xlsx"))
    written = house.write()
    assert len({name.casefold() for name in written}) == len(written) == 9
    assert {"能源消耗.xlsx-审核意见.xlsx", "b/能源消耗-审核意见.xlsx"} <= set(written)
    assert "能源消耗-审核意见.xlsx" not in written  # which of the two it was could not be seen
    assert house.result(SUMMARY).sheetnames == ["汇总", "文件", "问题"]
    for name in written[1:]:
        assert len(listed(house.result(name))) >= 1


def test_a_name_of_255_bytes(house: House) -> None:
    name = f"能源消耗{'长' * 78}a.csv"
    assert len(name.encode()) > 250
    house.csv(name, [ENERGY, [*map(str, GOOD[:5]), "x", "kWh"]])
    (written,) = house.write()[1:]
    assert written.startswith("能源消耗长")
    assert len(written.encode()) <= 255


def test_results_among_the_filings_are_refused(house: House, tmp_path: Path) -> None:
    house.csv("a/能源消耗.csv", [ENERGY, [*map(str, GOOD[:5]), "x", "kWh"]])
    before = sorted(house.folder.rglob("*"))
    intake = house.take_in()
    (tmp_path / "link").symlink_to(house.folder / "a")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a").symlink_to(house.folder / "a")
    for out in (
        house.folder,
        house.folder / "a" / "new",
        tmp_path / "link",
        tmp_path / "other",
        tmp_path / "out" / ".." / "in",
    ):
        with pytest.raises(OutputError, match=r"^审核意见不能写在填报文件夹 .* 里面.*；请另选一个文件夹。$") as error:
            write_remarks(intake, out)
        assert error.value.id == "remarks.inside"
    assert sorted(house.folder.rglob("*")) == before


def test_a_folder_that_cannot_be_written_is_told(house: House, tmp_path: Path) -> None:
    house.csv("能源消耗.csv", [ENERGY, [*map(str, GOOD[:5]), "x", "kWh"]])
    (tmp_path / "file").write_text("")
    with pytest.raises(
        OutputError, match=r"^审核意见不能写到 .*file/.*汇总-审核意见\.xlsx（路径中有一段是文件，不是文件夹）；应是"
    ) as error:
        write_remarks(house.take_in(), tmp_path / "file" / "below")
    assert error.value.id == "output.unwritable"


def test_earlier_results_are_replaced_whole_or_not_at_all(house: House) -> None:
    house.csv("能源消耗.csv", [ENERGY, [*map(str, GOOD[:5]), "x", "kWh"]])
    house.out.mkdir()
    (house.out / SUMMARY).write_text("old")
    (house.out / "能源消耗-审核意见.xlsx").mkdir()
    with pytest.raises(OutputError):
        house.write()
    assert (house.out / SUMMARY).read_text() == "old"
    assert sorted(one.name for one in house.out.iterdir()) == sorted([SUMMARY, "能源消耗-审核意见.xlsx"])
    (house.out / "能源消耗-审核意见.xlsx").rmdir()
    (house.out / "能源消耗-审核意见.xlsx").write_text("old")
    assert len(house.write()) == 2
    assert len(listed(house.result("能源消耗-审核意见.xlsx"))) == 1
    assert (house.out / SUMMARY).stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# ---- the summary


def test_the_summary_has_all_counts_files_and_findings(house: House) -> None:
    rows = [
        ENERGY,
        GOOD,
        [2023, *GOOD[1:5], 99, "kWh"],
        [2023, "CT", "湖南", *GOOD[3:]],
        [2024, "CT", "火星", *GOOD[3:]],
    ]
    workbook(能源消耗=rows, 别的=[["年份", "省份"], [2024, "广东"]]).save(house.file("2025/报表.xlsx"))
    house.file("坏.xlsx").write_bytes(b"PK\x03\x04")
    house.csv("标准.csv", [["标准编号", "标准名称", "级别", "状态"], ["A", "a", "国标", "制定中"]])
    intake = house.take_in()
    assert intake.findings["file"].null_count() == 1  # 湖南 has not been filed again
    assert house.write(intake) == [SUMMARY, "2025/报表-审核意见.xlsx"]
    book = house.result(SUMMARY)
    tables = {row[0]: row[1:] for row in book["汇总"].iter_rows(min_row=4, values_only=True)}
    assert tables["能源消耗"][:3] == (4, 3, 1)
    assert tables["合计"][:3] == (6, 5, 1)
    files = {row[0]: row[1:] for row in book["文件"].iter_rows(min_row=4, values_only=True)}
    assert set(files) == {"2025/报表.xlsx", "坏.xlsx", "标准.csv", "填报单位.csv"}
    assert files["坏.xlsx"][0] == "未能读取"
    assert "已损坏或不完整" in files["坏.xlsx"][1]
    assert files["2025/报表.xlsx"][0] == "部分读取"
    assert files["2025/报表.xlsx"][2:] == (1, 0, "2025/报表-审核意见.xlsx")
    told = list(book["问题"].iter_rows(min_row=4, values_only=True))
    assert len(told) == intake.findings.height
    assert told[0][1:8] == ("2025/报表.xlsx", "能源消耗", 5, "能源消耗", "「省份」", "应更正", "省份不存在")
    assert told[-1][1:5] == (None, None, None, "能源消耗")
    assert told[-1][8].startswith("单位 CT 2023 年报过湖南，2024 年没有报")


def test_what_was_not_read_is_told_to_the_filer(house: House) -> None:
    workbook(能源消耗=[ENERGY, GOOD], 别的=[["年份", "省份"], [2024, "广东"]]).save(house.file("报表.xlsx"))
    house.write()
    book = house.result("报表-审核意见.xlsx")
    assert len(listed(book)) == 1
    assert listed(book)[0][4] == "应更正"
    assert listed(book)[0][5].startswith("工作表“别的”的名称看不出是哪张表，未读取；")
    assert not marks(book["能源消耗"])


def test_clean_filings_have_only_the_summary(house: House) -> None:
    workbook(能源消耗=[ENERGY, GOOD]).save(house.file("能源消耗.xlsx"))
    assert house.write() == [SUMMARY]
    assert list(house.result(SUMMARY)["问题"].iter_rows(min_row=4, values_only=True)) == []


def test_more_findings_than_are_told_in_one_workbook(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.filings.remarks.MOST", 2)
    house.csv("通信机房.csv", [ROOMS[:7], *([f"R{n}", "2024", "CT", "广东", "核心", "10", "9"] for n in range(3))])
    house.write()
    page = house.result(SUMMARY)["问题"]
    assert page.max_row == 5
    assert "这里是前 2 处，应更正的在前；全部 3 处见 check --format json。" in page["A2"].value


def test_sample_filings_say_so(house: House) -> None:
    workbook(能源消耗=[ENERGY, [*GOOD[:5], -1, "kWh"]]).save(house.file("能源消耗.xlsx"))
    house.csv("通信机房.csv", [ROOMS[:7], ["R1", "2024", "CT", "广东", "核心", "10", "9"]])
    house.write(replace(house.take_in(), sample=True))
    for path in house.out.iterdir():
        book = openpyxl.load_workbook(path)
        assert book.properties.description == "示例数据，不是真实填报"
        assert "示例数据" in "".join(str(row[0].value) for row in book.worksheets[0]["A1:A2"])


# ---- in another office


def test_libreoffice_shows_the_same(house: House, tmp_path: Path, office: Office) -> None:
    """It opens both kinds of workbook and keeps values, fills and comments; its own file reads as the original."""
    workbook(能源消耗=[["标题"], ENERGY, GOOD, [*GOOD[:2], "火星", *GOOD[3:5], "=1+1", "kWh"]]).save(
        house.file("能源消耗.xlsx")
    )
    house.csv("通信机房.csv", [ROOMS[:7], ["R1", "2024", "CT", "广东", "核心", "0010", "9"]], "gb18030")
    house.write()
    names = ["能源消耗-审核意见.xlsx", "通信机房-审核意见.xlsx"]
    office("xlsx", tmp_path / "office", *(house.out / name for name in names))
    for name, page in zip(names, ("能源消耗", "通信机房"), strict=True):
        ours, theirs = house.result(name), openpyxl.load_workbook(tmp_path / "office" / name)
        assert theirs.sheetnames == ours.sheetnames
        assert marks(theirs[page]) == marks(ours[page]) != {}
        assert_passive(tmp_path / "office" / name)
        same_rows(
            house.folder / name.replace("-审核意见", "").replace("机房.xlsx", "机房.csv"), tmp_path / "office" / name
        )
        assert listed(theirs) == listed(ours)


def test_nobody_is_told_what_others_filed(house: House) -> None:
    """A filer's workbook has no figure, no path and no file of another filer, and no reason of the compiler."""
    with (house.folder / "填报单位.csv").open("a", encoding="utf-8") as file:
        file.write("TOWER,铁塔,铁塔企业\n")
    header = [*ENERGY, "供受关系", "对方单位"]
    mine = ["2024", "TOWER", "广东", "通信基站", "电力"]
    house.csv(
        "2025/塔甲/能源消耗.csv",
        [
            header,
            [*mine, "71000", "kWh", "转供", "CT"],
            ["2024", "TOWER", "广西", "办公用房", "电力", "72000", "kWh"],
            ["2024", "TOWER", "海南", "办公用房", "电力", "73000", "kWh"],
            ["2024", "TOWER", "云南", "办公用房", "电力", "74000", "kWh"],
            ["2024", "TOWER", "云南", "办公用房", "电力", "74000", "kWh"],
            ["2024", "TOWER", "贵州", "办公用房", "电力", "75000", "kWh"],
            ["2023", "TOWER", "贵州", "办公用房", "电力", "75000", "kWh"],
        ],
    )
    house.csv(
        "2025/秘密/能源消耗.csv",
        [
            header,
            ["2024", "CT", "广东", "通信基站", "电力", "91234", "kWh", "受供", "TOWER"],
            ["2024", "TOWER", "广西", "办公用房", "电力", "95678", "kWh"],
            ["2024", "TOWER", "海南", "办公用房", "电力", "73000", "kWh"],
        ],
    )
    house.csv("2026/秘密/能源消耗.csv", [header, ["2023", "TOWER", "贵州", "办公用房", "电力", "97777", "kWh"]])
    centre = ["DC1", "2024", "TOWER", "广东", "一号楼", "100", "2020", "71500", "72500", "1", "1"]
    names = ["数据中心编号", "年份", "填报单位", "省份", "数据中心名称", "标准机架数", "投产时间", "IT设备耗电量", "总耗电量", "用水量", "绿电用量"]  # fmt: skip
    house.csv("2025/塔甲/数据中心.csv", [names, centre])
    before = ["DC1", "2023", "CT", *centre[3:7], "9111111", "9222222", "1", "1"]
    house.csv("2025/秘密/数据中心.csv", [names, before])
    key = {"年份": 2024, "填报单位": "TOWER", "省份": "贵州", "设施类型": "办公用房", "能源品种": "电力"}
    entry = {"table": "能源消耗", "key": key, "column": "消耗量", "action": "drop", "expect": 75000,
             "reason": "秘密来电", "who": "秘密人", "date": dt.date(2026, 3, 1)}  # fmt: skip
    (house.folder / "corrections.yml").write_text(yaml.safe_dump([entry], allow_unicode=True), "utf-8")
    intake = take_in(house.folder, house.layout, 2026)
    rules = {"energy.resold_unmatched", "key.conflict", "key.identical", "key.restated", "correction.drop"}
    assert rules | {"change.factor_3"} <= set(intake.findings["rule"])
    house.write(intake)
    for name in ("能源消耗", "数据中心"):
        book = house.result(f"2025/塔甲/{name}-审核意见.xlsx")
        texts = [str(cell.value) for page in book for row in page.iter_rows() for cell in row if cell.value is not None]
        texts += [comment(cell) for page in book for row in page.iter_rows() for cell in row if cell.comment]
        said = "\n".join(texts)
        for secret in ("91234", "95678", "97777", "9111111", "9222222", "秘密", "corrections"):
            assert secret not in said
    told = [row[-1] for row in listed(house.result("2025/塔甲/能源消耗-审核意见.xlsx"))]
    for sentence in (
        "2024 年 TOWER 在广东转供电力 71000 kWh，CT 所报的受供数量与此不符；转供应与对方的受供一致，请双方核对",
        "年份、月份、填报单位、省份、设施类型、能源品种、供受关系、对方单位相同而其他内容不同的有 2025/塔甲/能源消耗.csv 第 3 行、另一份填报中的行；无法判断哪一行正确，全部退回，应只保留正确的一行",
        "与 2025/塔甲/能源消耗.csv 第 5 行 完全相同；只保留第一行，请删去重复的行",
        "后来的填报又报了同一内容，以后报的为准；这一行不再采用",
        "编制单位核对后不采用这一行；如有异议，请与编制单位联系",
    ):
        assert sentence in told
    summary = "\n".join(str(row) for row in house.result(SUMMARY)["问题"].iter_rows(values_only=True))
    for known in ("91234", "秘密来电", "9222222"):
        assert known in summary


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_a_sheet_that_is_refused_has_the_reason_at_the_header_that_is_to_blame(house: House, suffix: str) -> None:
    energy = [[*ENERGY[:5], "消耗量（万千瓦时）", "计量单位"], [*map(str, GOOD)]]
    says = "表头“消耗量(万千瓦时)”写有“万千瓦时”，而第 4 行的“计量单位”是“kWh”，两处不同，本表未读取；计量单位请只写在一处。"
    if suffix == "csv":
        house.csv("能源消耗.csv", [["标题"], [], *energy])
    else:
        workbook(能源消耗=[["标题"], [], *energy], 说明=[["只是说明"]]).save(house.file("能源消耗.xlsx"))
    assert "能源消耗-审核意见.xlsx" in house.write()
    book, where = house.result("能源消耗-审核意见.xlsx"), "工作表“能源消耗”" if suffix == "xlsx" else "文件"
    assert marks(book["能源消耗"]) == {"F3": (RED, f"应更正：{where}{says}")}
    assert listed(book) == [(1, "能源消耗", None, "F 列「消耗量(万千瓦时)」", "应更正", f"{where}{says}")]
    assert links(book) == [("D5", "'能源消耗'!F3")]
    assert "本文件有 1 处没有读到，见清单。" in book[LIST]["A2"].value


def test_each_kind_of_refusal_stands_at_its_header(house: House) -> None:
    centre = ["数据中心编号", "年份", "填报单位", "省份", "数据中心名称", "标准机架数", "投产时间", "IT设备耗电量", "总耗电量", "用水量", "绿电用量"]  # fmt: skip
    row = ["D1", 2025, "CT", "广东", "一号楼", 900, "2023-05", 1200, 1500, 100, 10]
    other = [*centre[:5], "机架数（架）", *centre[6:]]
    sheets = {
        "数据中心": [[*centre, "标准机架"], [*row, 1100]],  # two columns of one thing
        "数据中心2": [[*centre[:5], "标准机架数（kW）", *centre[6:]], row],
        "数据中心3": [["单位：万千瓦时"], centre, row],
        "数据中心4": [centre, row, [], other, row],  # a second header
        "数据中心5": [
            [*centre[:8], "总耗电量", "", *centre[9:]],
            [None] * 8 + ["上年", "本年"],
            [*row[:9], 1, *row[9:]],
        ],
        "数据情况": [centre, row],
    }
    workbook(**sheets).save(house.file("甲.xlsx"))
    house.write()
    book = house.result("甲-审核意见.xlsx")
    assert {page.title: list(marks(page)) for page in book.worksheets[1:]} == {
        "数据中心": ["L1"], "数据中心2": ["F1"], "数据中心3": ["H2"], "数据中心4": ["F1"], "数据中心5": ["I1"], "数据情况": ["A1"],
    }  # fmt: skip
    assert [line[1] for line in listed(book)] == list(sheets)
    assert links(book)[-1] == ("B10", "'数据情况'!A1")
