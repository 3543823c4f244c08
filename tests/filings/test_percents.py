"""A number that a spreadsheet shows as 85% is read as 85%, whoever wrote the file."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from pipeline.filings.contracts import headers
from pipeline.filings.reading import read_file
from tests.filings.conftest import Office

HEADER = ["年份", "填报单位", "省份", "行动编号", "指标", "数值", "计量单位"]
CELLS: list[tuple[object, str, str | None]] = [
    (0.85, "0%", "85%"),
    (0.07, "0.00%", "7%"),  # 0.07 x 100 is not 7
    (1, "0%", "100%"),
    (0.123456789012, "0.0%", "12.3456789012%"),
    (1e-7, "0%", "0.00001%"),
    (0, "0%", "0%"),
    (-0.29, "#,##0.0%;[Red]-0.0%", "-29%"),
    (-0.29, '#,##0.0%;[Red]-0.0%"降"', "-29%降"),
    (35, 'General"%"', "35%"),  # as the template shows what is filed in percent
    (35, "0\\%", "35%"),
    (12, "General", "12"),
    (0.5, "0.00", "0.5"),
    ("85%", "0%", "85%"),
    ("占比", "0%", "占比"),
    (None, "0%", None),
]


def values(path: Path) -> list[str | None]:
    reading = read_file(path, path.parent, headers())
    assert not reading.problems
    return reading.sheets[0].rows["数值"].to_list()


def write_openpyxl(path: Path, cells: list[tuple[object, str, str | None]], first: int = 1) -> None:
    """The table begins in the column `first`, under a title; cells without content stand left of it."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "行动指标"
    page.cell(1, 1).number_format = "0%"
    page.cell(1, first + 1, "填报表")
    for row, (value, format, _) in enumerate([(None, "General", None), *cells], 3):
        texts = [2024, "A", "广东", 8, "绿色采购占比", value, "%"] if row > 3 else HEADER
        for at, text in enumerate(texts):
            page.cell(row, first + at, text)
        if row > 3:
            page.cell(row, first + 5).number_format = format
    book.save(path)


@pytest.mark.parametrize("first", [1, 4])
def test_openpyxl(tmp_path: Path, first: int) -> None:
    write_openpyxl(tmp_path / "a.xlsx", CELLS, first)
    assert values(tmp_path / "a.xlsx") == [said for *_, said in CELLS]


def test_xlsxwriter_with_a_formula(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        page, percent = book.add_worksheet("行动指标"), book.add_format({"num_format": "0.0%"})
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, [2024, "A", "广东", 8, "绿色采购占比", 0, "%"])
        page.write_formula(1, 5, "=0.5+0.08", percent, 0.58)
    assert values(tmp_path / "a.xlsx") == ["58%"]


def test_libreoffice(tmp_path: Path, office: Office) -> None:
    write_openpyxl(tmp_path / "a.xlsx", CELLS)
    [written] = office("xlsx", tmp_path / "out", tmp_path / "a.xlsx")
    assert values(written) == [said for *_, said in CELLS]
