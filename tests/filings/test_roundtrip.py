"""Whatever the spelling and the file, a row that is right comes out as it was meant, and a wrong one is not lost."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from polars.testing import assert_frame_equal

from pipeline.filings.contracts import (
    BY_NAME,
    CARRIER_UNITS,
    FIRST_YEAR,
    METRIC_UNITS,
    METRICS,
    SCHEMAS,
    TABLES,
    Column,
    Table,
    column_of,
    fold,
)
from pipeline.filings.intake import Intake, take_in
from pipeline.filings.rules import RULES
from pipeline.given import reference, regions
from pipeline.layout import Layout
from tests.conftest import ROOT

PLAN = reference.load_plan(Layout(ROOT), "2022-2025")
LAYOUT = Layout.current()
YEAR = 2031  # of the report
FILED = 2027  # the folder of a filing

# Unit -> the power of ten between it and the canonical one, by hand.
POWERS: dict[str, dict[str, int]] = {
    "kWh": {"kWh": 0, "KWH": 0, "ｋＷｈ": 0, "kW·h": 0, "千瓦时": 0, "度": 0, "MWh": 3, "兆瓦时": 3, "GWh": 6, "TWh": 9,
            "万kWh": 4, "万千瓦时": 4, "万度": 4, "亿千瓦时": 8, "亿kWh": 8, "百万千瓦时": 6},
    "kg": {"kg": 0, "千克": 0, "公斤": 0, "g": -3, "t": 3, "吨": 3, "万吨": 7, "亿吨": 11},
    "t": {"t": 0, "吨": 0, "kg": -3, "万吨": 4, "m3": 0, "m³": 0, "立方米": 0, "万立方米": 4, "L": -3},
    "m3": {"m3": 0, "m³": 0, "㎥": 0, "立方米": 0, "万立方米": 4, "亿立方米": 8, "L": -3, "升": -3},
    "MJ": {"MJ": 0, "兆焦": 0, "GJ": 3, "吉焦": 3, "百万千焦": 3, "TJ": 6, "万GJ": 7, "kJ": -3},
    "TB": {"TB": 0, "tb": 0, "GB": -3, "PB": 3, "EB": 6, "万GB": 1, "亿GB": 5, "万TB": 4, "ＰＢ": 3},
    "万元": {"万元": 0, "元": -4, "亿元": 4, "千元": -1, "百万元": 2},
    "tCO2": {"tCO2": 0, "吨CO2": 0, "kgCO2": -3, "万tCO2": 4, "万吨二氧化碳": 4},
    "%": {"%": 0, "％": 0},
}  # fmt: skip
WATER = {"t": 0, "吨": 0, "万吨": 4}  # beside the volumes: a tonne is a cubic metre
SUFFIXES = {"百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "万亿": 12}
EMPTY = ["", " ", "—", "——", "－", "/", "无", "N/A", "n/a"]
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
WIDE_WORDS = {code: wide for code, wide in WIDE.items() if chr(code).isalnum()}  # ， and （ of a text stay
NOTES = ["注：数据均为快报数", "说明：略", "填表人：张三", "审核：李四 2025-12-31"]
TITLES = ["2025年度填报", "表一：数据情况", "广东分公司"]


def powers(column: Column, code: str) -> dict[str, int]:
    """The units of a quantity of that code. What is counted (个, km) stands as listed, with 万 and 亿."""
    accepted = column.units[code]
    if accepted[0] in POWERS:
        return POWERS[accepted[0]] | (WATER if {"m3", "t"} <= set(accepted) else {})
    return {many + unit: power for unit in accepted for many, power in {"": 0, "万": 4, "亿": 8}.items()}


def test_the_powers_cover_what_is_declared() -> None:
    canonical = {units[0] for table in TABLES for column in table.columns for units in column.units.values()}
    counted = {"km", "个", "台", "kW", "架", "家", "件", "人", "次", "项"}
    assert canonical - counted <= set(POWERS)
    assert {units[0] for units in (*CARRIER_UNITS.values(), *METRIC_UNITS.values())} <= set(POWERS)


# --- what a row means --------------------------------------------------------------------------------------


def places() -> dict[tuple[str, str], list[str]]:
    """Province code and city (or "") -> its spellings in the reference."""
    found: dict[tuple[str, str], list[str]] = {}
    for region in regions.all_regions(LAYOUT):
        found[region.code, ""] = [region.code, region.short_zh, region.name_zh, region.slug]
    names: dict[tuple[str, str], str] = {}
    aliases = pl.read_csv(LAYOUT.reference / "region_aliases.csv", infer_schema=False)
    for alias, code, kind in aliases.select("alias", "code", "kind").iter_rows():
        part = ""
        if kind in ("plan_listed_city", "corps"):
            part = names.setdefault((code, kind), alias)
        if (code, "") in found:  # not those of 台湾, 香港, 澳门
            found.setdefault((code, part), []).append(alias)
    found["440000", "440600"] = ["440600", "４４０６００"]
    return found


PLACES = places()
PROVINCES = {place: texts for place, texts in PLACES.items() if place[0] != regions.NATION_CODE}
DECIMALS = st.builds(lambda n, places: Decimal(n).scaleb(-places), st.integers(0, 10**12), st.integers(0, 3))
LETTERS = st.characters(
    exclude_categories=["Cc", "Cs", "Cn", "Co"], exclude_characters="\u200b\u200c\u200d\u2060\ufeff\ufffe\uffff"
)


def _is_text(text: str) -> bool:
    """Whether a cell may hold it: not blank, not a word for nothing, neither a note nor an example."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return (
        plain == text
        and fold(text) not in {fold(one) for one in [*EMPTY, "null", "nan", "na", "空", "#n/a"]}
        and bool(text.strip("-—–―−‐─/\\~"))
        and not text.startswith("=")  # how a formula begins
        and not text.startswith(("示例", "样例", "例:"))
        and "_x" not in text  # an escape in workbooks
        # nor of the words of a row of sums
        and not re.search("(?i)totals?|sum$|[合小总總共累][计計]|总和|總和|汇总|匯總|其中|[∑Σσς]", text)
        and unicodedata.normalize("NFKC", text) == text
    )


TEXTS = st.one_of(
    st.text("abXY09中文名（）-_·./,;\t\"'=+@ ", min_size=1, max_size=8),
    st.text(LETTERS, min_size=1, max_size=8),
    st.sampled_from(["@x", "+86", "00123", "1e5", "中国电信广东公司", "nope", "无锡", "1,000", 'a"b', "甲\n乙"]),
).filter(_is_text)  # fmt: skip
IDS = st.text("ABCxyz0123456789-_中文", min_size=1, max_size=6).filter(_is_text)

Row = dict[str, Any]  # column of the contract -> what it means; None is an empty cell


def meaning(column: Column, monthly: bool) -> st.SearchStrategy[Any]:
    low, high = int(column.low or 0), int(column.high or 10**6)
    year = column.name == "year"
    of_kind = {
        "code": st.sampled_from(list(column.members) or [""]),
        "quantity": DECIMALS,
        "number": DECIMALS.map(lambda n: n + low),
        "share": st.integers(0, 1000).map(lambda n: Decimal(n).scaleb(-3)),
        "integer": st.integers(low, max(low, high)),
        "year": st.integers(low, YEAR if year else max(low, high)),
        "month": st.integers(1, 12) if monthly else st.none(),
        "date": st.tuples(st.integers(low, max(low, high)), st.none() | st.integers(1, 12)),
        "flag": st.booleans(),
        "province": st.sampled_from(sorted(PLACES if column.nation else PROVINCES)),
        "id": IDS,
        "text": TEXTS,
        "unit": st.none(),
    }[column.kind]
    empty = not column.required and column.kind != "month"
    return st.one_of(st.none(), of_kind, of_kind) if empty else of_kind


def fitted(table: Table, row: Row, tenth: int) -> Row:
    """The row with what the rules across its columns ask for; `tenth` is 10 to 50."""
    row = dict(row)
    for column in table.columns:
        if column.units.get(row.get(column.by, ""), ("",))[0] == "%" and row[column.name] is not None:
            row[column.name] = min(row[column.name], Decimal(100))
    if table.has("it_kwh", "total_kwh"):
        row["it_kwh"] = min(row["it_kwh"], Decimal(10**8)) + 1
        row["total_kwh"] = row["it_kwh"] * tenth / 10
    if table.has("green_kwh", "total_kwh"):
        row["green_kwh"] = min(row["green_kwh"], row["total_kwh"])
        limits = {"reused_kwh": row["total_kwh"], "cooling_kwh": row["total_kwh"] - row["it_kwh"]}
        row |= {part: min(row[part], most) for part, most in limits.items() if row[part] is not None}
    if row.get("sharing_kind") == "co_build":
        row["tenants"] = max(row["tenants"], 2)
    if row.get("retrofit_year"):
        row["retrofit_year"] = min(row["retrofit_year"], row["year"])
    if row.get("metric") == "telecom_business_volume":
        row["price_base_year"] = row["price_base_year"] or FIRST_YEAR
    if table.has("action_no"):
        row["action_no"] = PLAN.action_of(row["metric"]) if row.get("metric") in METRICS else "1"
    if table.name == "cases" and None not in (row["baseline_per_unit"], row["project_per_unit"]):
        row["factor_kgco2_per_unit"] = row["factor_kgco2_per_unit"] or Decimal(1)  # texts name no carrier and its unit
    return row


def canonical(table: Table, row: Row) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in table.columns:
        value = row[column.name]
        if column.kind == "province":
            values |= {column.name: value[0], "sub_region": value[1], "is_control": value[0] == regions.NATION_CODE}
        elif column.kind == "date":
            values |= dict(zip(column.canonical, value or (None, None), strict=True))
        elif column.kind == "unit":
            by = next(other for other in table.columns if other.by)
            values[column.name] = by.units[row[by.by]][0]
        elif value is None and column.default is not None:
            of_other = str(column.default).removeprefix("=")
            values[column.name] = {"filing_year": FILED}.get(of_other, row.get(of_other, column.default))
        else:
            values[column.name] = float(value) if isinstance(value, Decimal) else value
    return values


def expected(table: Table, rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame([canonical(table, row) for row in rows], schema=table.dtypes, orient="row")


@st.composite
def rows_of(draw: st.DrawFn, table: Table) -> list[Row]:
    """One to five rows that no rule rejects; monthly or annual, for both are not filed for one key."""
    monthly = draw(st.booleans())
    alike = draw(st.booleans())  # one carrier or metric in all rows, so that a header may hold the unit
    by = [column.by for column in table.columns if column.by]
    one = st.builds(
        lambda row, tenth: fitted(table, row, tenth),
        st.fixed_dictionaries({column.name: meaning(column, monthly) for column in table.columns}),
        st.integers(10, 49),
    )
    fixed = {name: draw(meaning(table.column(name), monthly)) for name in by if alike}
    return draw(
        st.lists(
            one.map(lambda row: fitted(table, row | fixed, 20) if fixed else row),
            min_size=1,
            max_size=3 if len(table.columns) > 15 else 5,
            unique_by=lambda row: tuple(str(canonical(table, row)[name]) for name in table.key),
        )
    )


# --- how it is written -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A cell as text, and the number, date or truth value that a workbook or Parquet file may hold instead."""

    text: str
    typed: Any = None


@dataclass(frozen=True)
class Written:
    """Headers with their cells, in some order of columns."""

    headers: list[str]
    cells: list[list[Cell]]


@st.composite
def number_text(draw: st.DrawFn, value: Decimal, percent: bool = False, multiple: bool = False) -> str:
    """A number as people type it: `1,200` `１２００` `0.12万` `1.2e3` `＋1200`; a share also as `60%`. `multiple`: the
    unit has a 万 already."""
    suffixes = [] if multiple else [*SUFFIXES.items(), *([("%", -2), ("％", -2)] * percent)]
    suffix, power = draw(st.sampled_from([("", 0), ("", 0), *suffixes]))
    value = value.scaleb(-power)
    style = draw(st.sampled_from(["plain", "plain", "thousands", "scientific", "plus", "zeros", "point"]))
    text = f"{value:f}"
    if style == "thousands":
        text = f"{value:,f}"
    elif style == "scientific" and not suffix:
        text = draw(st.sampled_from([f"{value:e}", f"{value:E}"]))
    elif style == "plus":
        text = f"+{text}"
    elif style == "zeros" and "." not in text:
        text += ".00"
    elif style == "point" and text.startswith("0."):
        text = text[1:]
    text += draw(st.sampled_from(["", " "])) + suffix if suffix else ""
    return draw(spaced(text.translate(WIDE) if draw(st.integers(0, 3)) == 0 else text))


def spaced(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from([text, text, f" {text}", f"{text}\u3000", f"\u00a0{text} ", f"{text}\u200b"])


def precise(value: Decimal) -> Any:
    """The number as an int or float of at most 15 digits, as a spreadsheet keeps it, or None."""
    if len(value.normalize().as_tuple().digits) > 15:
        return None
    return int(value) if value == value.to_integral() and abs(value) < 10**15 else float(value)


@st.composite
def cell(draw: st.DrawFn, column: Column, row: Row, unit_power: int = 0, unit: str | None = None) -> Cell:
    value = row[column.name]
    if value is None:
        codes = {fold(spelt) for spellings in column.members.values() for spelt in spellings}
        more = ["全年", "年度"] if column.kind == "month" else []
        return Cell(draw(st.sampled_from([one for one in EMPTY if fold(one) not in codes] + more)))
    match column.kind:
        case "quantity" | "number":
            number = value.scaleb(-unit_power)
            multiple = (unit or "").startswith(("万", "亿", "百", "千元"))
            return Cell(draw(number_text(number, multiple=multiple)), precise(number))
        case "share":
            number = value.scaleb(-unit_power)
            text = number_text(number) if unit_power else number_text(value, percent=True)
            return Cell(draw(text), precise(number))
        case "integer":
            return Cell(draw(number_text(Decimal(value))), value)
        case "year":
            texts = [str(value), f"{value}年", f"{value}年度", f"{value}.0", f"{value}年".translate(WIDE)]
            return Cell(draw(spaced(draw(st.sampled_from([*texts, str(value).translate(WIDE)])))), value)
        case "month":
            texts = [
                str(value),
                f"{value:02}",
                f"{value}月",
                f"{value:02}月",
                f"{value}月份",
                str(value).translate(WIDE),
            ]
            return Cell(draw(st.sampled_from(texts)), value)
        case "date":
            return draw(date_cell(*value))
        case "flag":
            texts = ["是", "Yes", "TRUE", "1", "y"] if value else ["否", "no", "False", "0", "N"]
            return Cell(draw(spaced(draw(st.sampled_from(texts)))), value)
        case "code":
            text = draw(st.sampled_from([value, value.upper(), *column.members[value]]))
            return Cell(draw(spaced(draw(st.sampled_from([text, text.translate(WIDE)])))))
        case "province":
            text = draw(st.sampled_from(PLACES[value]))
            return Cell(draw(spaced(text)), int(text) if text.isdigit() and text[0] != "0" else None)
    wide = value.translate(WIDE if column.kind == "id" else WIDE_WORDS)
    keeps = unicodedata.normalize("NFKC", wide) == value
    return Cell(draw(spaced(draw(st.sampled_from([value, value, wide if keeps else value])))))


@st.composite
def date_cell(draw: st.DrawFn, year: int, month: int | None) -> Cell:
    if month is None:
        return Cell(draw(st.sampled_from([f"{year}", f"{year}年", str(year).translate(WIDE)])), year)
    day = draw(st.integers(1, 28))
    texts = [
        f"{year}-{month:02}", f"{year}-{month}", f"{year}/{month}", f"{year}年{month}月", f"{year}.{month:02}",
        f"{year}-{month:02}-{day:02}", f"{year}年{month}月{day}日", f"{year}/{month}/{day}", f"{year}-{month:02}-{day:02} 00:00:00",
    ]  # fmt: skip
    return Cell(draw(spaced(draw(st.sampled_from(texts)))), dt.date(year, month, day))


@st.composite
def header(draw: st.DrawFn, column: Column, unit: str | None = None) -> str:
    text = draw(st.sampled_from([column.headers[0], column.name, *column.headers]))
    if text == column.name:
        text = draw(st.sampled_from([text, text.upper(), text.title()]))
    if unit is not None:
        left, right = draw(st.sampled_from(["()", "（）", "[]", "【】"]))
        word = draw(st.sampled_from(["", "", "单位：", "单位:"]))
        text += draw(st.sampled_from(["", " ", "\n"])) + f"{left}{word}{unit}{right}"
    star = draw(st.sampled_from(["", "", "*"]))
    return draw(st.sampled_from([f"{star}{text}", f"{text}{star}", f" {star}{text} "]))


def _units_of_all(column: Column, rows: Sequence[Row]) -> list[str]:
    """The units that a header may name for all of these rows."""
    return sorted(set.intersection(*(set(powers(column, row[column.by] if column.by else "")) for row in rows)))


@st.composite
def written(draw: st.DrawFn, table: Table, rows: list[Row]) -> Written:
    columns: list[tuple[str, list[Cell]]] = []
    for column in table.columns:
        if column.kind == "unit":
            continue
        if column.kind == "quantity":
            columns += draw(quantity(table, column, rows))
            continue
        if not column.required and all(row[column.name] is None for row in rows) and draw(st.booleans()):
            continue  # an optional column may be left out
        percent = column.kind == "share" and draw(st.booleans())
        made = [draw(cell(column, row, -2 if percent else 0)) for row in rows]
        columns.append((draw(header(column, "%" if percent else None)), made))
    if draw(st.integers(0, 4)) == 0:
        columns.append(("联系电话", [Cell(draw(st.sampled_from(["", "=cmd|' /C calc'!A0", "+86 10"]))) for _ in rows]))
    order = draw(st.permutations(range(len(columns))))
    return Written([columns[at][0] for at in order], [[columns[at][1][n] for at in order] for n in range(len(rows))])


@st.composite
def quantity(draw: st.DrawFn, table: Table, column: Column, rows: list[Row]) -> list[tuple[str, list[Cell]]]:
    """The column of a quantity, with its unit in the header, in the unit column, in both, or (canonical) nowhere."""
    known = [powers(column, row[column.by] if column.by else "") for row in rows]
    if not column.required and all(row[column.name] is None for row in rows) and draw(st.booleans()):
        return []
    in_header = draw(st.sampled_from([None, *_units_of_all(column, rows)]))
    if not column.by:
        powers_of_rows = [at[in_header] if in_header else 0 for at in known]
        made = [draw(cell(column, row, power, in_header)) for row, power in zip(rows, powers_of_rows, strict=True)]
        return [(draw(header(column, in_header)), [draw(in_percent(column, "", one, row)) for one, row in zip(made, rows, strict=True)])]  # fmt: skip
    has_column = in_header is None or draw(st.booleans())
    made, of_unit = [], []
    for row, at in zip(rows, known, strict=True):
        told = [None, None, *(one for one in at if at[one] == at[in_header])] if in_header else list(at)
        unit = draw(st.sampled_from(told)) if has_column else None
        one = draw(cell(column, row, at[unit or in_header or ""], unit or in_header))
        made.append(draw(in_percent(column, row[column.by], one, row)))
        of_unit.append(Cell(draw(st.sampled_from(["", "—"])) if unit is None else draw(spaced(unit))))
    unit_column = table.column("unit")
    pairs = [(draw(header(column, in_header)), made)]
    return [*pairs, (draw(header(unit_column)), of_unit)] if has_column else pairs


@st.composite
def in_percent(draw: st.DrawFn, column: Column, code: str, one: Cell, row: Row) -> Cell:
    """A quantity of percent may also carry the sign: 85%."""
    if column.units[code][0] != "%" or row[column.name] is None or not draw(st.booleans()):
        return one
    return Cell(f"{row[column.name]:f}%")


# --- the file it stands in ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filed:
    """A file, and where in it the rows are."""

    file: str
    sheet: str
    rows: list[int]
    content: bytes


@st.composite
def name_of(draw: st.DrawFn, table: Table) -> str:
    """A name that means the table; only long names may have words around them."""
    name = draw(st.sampled_from([table.name, *table.names]))
    around = ["{}", "{}2025", "{}（2025年）", "表2 {}"]
    if len(name) > 2:
        around += ["附件1-{}_终稿", "2025年{} (1)", "GD_{}"]
    return draw(st.sampled_from(around)).format(name)


def csv_bytes(lines: Sequence[Sequence[str]], encoding: str = "utf-8", separator: str = ",", end: str = "\n") -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=separator, lineterminator=end).writerows(lines)
    return target.getvalue().encode(encoding)


@st.composite
def as_csv(draw: st.DrawFn, what: Written, name: str) -> Filed:
    """With a title above, blank lines between and notes under the table."""
    width = len(what.headers)
    lines = [[title] for title in draw(st.lists(st.sampled_from(TITLES), max_size=2))]
    lines.append(what.headers)
    rows = []
    for cells in what.cells:
        lines += [[""] * width] * draw(st.sampled_from([0, 0, 0, 1]))
        lines.append([cell.text for cell in cells])
        rows.append(len(lines))
    lines += [[note, *[""] * (width - 1)] for note in draw(st.lists(st.sampled_from(NOTES), max_size=2))]
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
    content = csv_bytes(lines, encoding, draw(st.sampled_from(",\t;")), draw(st.sampled_from(["\n", "\r\n"])))
    return Filed(f"{name}.csv", "", rows, content)


@st.composite
def as_xlsx(draw: st.DrawFn, what: Written, name: str) -> Filed:
    """Named by its sheet or its file, somewhere in the sheet, numbers as such or as text."""
    book, by_sheet = openpyxl.Workbook(), draw(st.booleans())
    sheet = book.active
    sheet.title = name if by_sheet else "Sheet1"
    if draw(st.booleans()):
        book.create_sheet("填报说明", 0)["A1"] = "请如实填写"
    row, left = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    if row > 1:
        put(sheet, row - 1, left, draw(st.sampled_from(TITLES)))
    for at, text in enumerate(what.headers, left):
        put(sheet, row, at, text)
    rows, typed = [], draw(st.sampled_from(["never", "always", "some"]))
    for cells in what.cells:
        row += 1 + draw(st.sampled_from([0, 0, 0, 2]))
        rows.append(row)
        for at, one in enumerate(cells, left):
            as_such = one.typed is not None and (typed == "always" or (typed == "some" and draw(st.booleans())))
            put(sheet, row, at, one.typed if as_such else one.text)
    for note in draw(st.lists(st.sampled_from(NOTES), max_size=2)):
        row += 1
        put(sheet, row, left, note)
    target = io.BytesIO()
    book.save(target)
    return Filed("广东报送.xlsx" if by_sheet else f"{name}.xlsx", sheet.title, rows, target.getvalue())


def put(sheet: Any, row: int, column: int, value: Any) -> None:
    if value != "":
        target = sheet.cell(row, column, value)
        if isinstance(value, str):
            target.data_type = "s"  # else a leading = makes a formula


_PARQUET: Mapping[type, list[Any]] = {
    int: [pl.Int64, pl.Float64], float: [pl.Float64], bool: [pl.Boolean], dt.date: [pl.Date, pl.Datetime]
}  # fmt: skip


@st.composite
def as_parquet(draw: st.DrawFn, what: Written, name: str) -> Filed:
    """Columns typed where all their values are, else text."""
    series = []
    for at, text in enumerate(what.headers):
        cells = [row[at] for row in what.cells]
        kinds = {type(one.typed) for one in cells if one.typed is not None or one.text.strip() not in EMPTY}
        kind = float if kinds == {int, float} else kinds.pop() if len(kinds) == 1 else object
        if kind in _PARQUET and draw(st.booleans()):
            series.append(pl.Series(text, [one.typed for one in cells], draw(st.sampled_from(_PARQUET[kind]))))
        else:
            dtype = draw(st.sampled_from([pl.String, pl.Categorical]))
            series.append(pl.Series(text, [one.text for one in cells], dtype))
    target = io.BytesIO()
    pl.DataFrame(series).write_parquet(target)
    return Filed(f"{name}.parquet", "", list(range(2, len(what.cells) + 2)), target.getvalue())


FORMS = (as_csv, as_xlsx, as_parquet)


def taken_in(filed: Filed, rows: Sequence[Row], year_folder: str = "") -> Intake:
    """The intake of a folder with the file, and the table of entities with those that the rows name."""
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(spare)
        (folder / year_folder).mkdir(parents=True, exist_ok=True)
        (folder / year_folder / filed.file).write_bytes(filed.content)
        ids = sorted({row["entity_id"] for row in rows if "name_zh" not in row and "entity_id" in row})
        if ids:
            lines = [["单位编码", "单位名称", "类别"], *([one, f"公司{one}", "其他"] for one in ids)]
            (folder / "填报单位登记.csv").write_bytes(csv_bytes(lines))
        return take_in(folder, LAYOUT, YEAR)


def every_row_is_in_one_place(intake: Intake, table: Table, filed: Filed) -> None:
    """Each row that was written is accepted, rejected, or told to be a note or an example: one of them, once."""
    frames = (intake.accepted[table.name], intake.quarantine[table.name])
    found = [row for frame in frames for row in frame.filter(source_sheet=filed.sheet)["source_row"]]
    told = intake.skipped.filter(pl.col("sheet").fill_null("") == filed.sheet, pl.col("row").is_not_null())
    found += told.filter(pl.col("file").str.ends_with(filed.file))["row"].to_list()
    assert len(found) == len(set(found))
    assert set(filed.rows) <= set(found)
    counts = intake.counts
    assert counts["read"].to_list() == (counts["accepted"] + counts["rejected"]).to_list()
    assert counts["accepted"].to_list() == [intake.accepted[name].height for name in counts["table"]]
    assert counts["rejected"].to_list() == [intake.quarantine[name].height for name in counts["table"]]


# An example takes a fifth of a second, so making a failing one smaller would take minutes; its finding tells enough.
examples = settings(deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate])

# --- right rows --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [table.name for table in TABLES])
@settings(examples, max_examples=10)
@given(data=st.data())
def test_what_is_right_comes_out_as_it_was_meant(name: str, data: st.DataObject) -> None:
    table = BY_NAME[name]
    rows = data.draw(rows_of(table))
    what = data.draw(written(table, rows))
    filed = data.draw(data.draw(st.sampled_from(FORMS))(what, data.draw(name_of(table))))
    year_folder = data.draw(st.sampled_from([f"{FILED}", f"广东/{FILED}年"]))
    intake = taken_in(filed, rows, year_folder)
    assert intake.findings.filter(severity="error")["message"].to_list() == []
    assert intake.files.filter(pl.col("status") != "read").rows() == []
    got = intake.accepted[name]
    assert_frame_equal(got.select(list(table.dtypes)), expected(table, rows), check_exact=True)
    assert set(got["source_file"]) == {f"{year_folder}/{filed.file}"}
    assert set(got["source_sheet"]) == {filed.sheet}
    assert got["source_row"].to_list() == filed.rows
    every_row_is_in_one_place(intake, table, filed)
    SCHEMAS[name].validate(got.drop("flags"))


# --- what is easily misread: it comes out as it was meant, or with a finding -------------------------------


def read_as(table: str, *lines_: Sequence[str], file: str = "") -> Intake:
    """The intake of one CSV file of the table, filed by CT."""
    filed = Filed(file or f"{table}.csv", "", [], csv_bytes(lines_))
    return taken_in(filed, [{"entity_id": "CT"}])


def as_meant_or_told(intake: Intake, table: str, column: str, value: float) -> None:
    accepted = intake.accepted[table][column].to_list()
    assert accepted == [value] or intake.findings.height, accepted


GREEN = ["年份", "填报单位", "省份", "渠道"], ["2025", "CT", "广东", "自建"]
METRIC = ["年份", "填报单位", "省份", "行动编号", "指标"], ["2025", "CT", "广东", "8", "绿色采购占比"]


@pytest.mark.parametrize("text", ["1234¹", "1234①", "1234²", "1234₁", "⑩", "㊿", "⒈"])
def test_the_mark_of_a_footnote_is_no_digit(text: str) -> None:
    """NFKC makes 12341 of 1234¹."""
    done = read_as("green_power", [*GREEN[0], "电量"], [*GREEN[1], text])
    assert done.accepted["green_power"].is_empty()
    assert done.quarantine["green_power"]["rules"].to_list() == [["cell.number"]]


def test_a_unit_above_the_header_that_differs_from_that_of_the_header() -> None:
    done = read_as("green_power", ["单位：万千瓦时"], [*GREEN[0], "电量（MWh）"], [*GREEN[1], "1.2"])
    assert done.accepted["green_power"]["kwh"].to_list() == []
    assert done.status == 2


@pytest.mark.parametrize(("unit", "times"), [("万个", 1e4), ("千个", 1e3), ("个", 1.0), ("座", 1.0)])
def test_a_count_in_ten_thousands_is_not_a_count_in_ones(unit: str, times: float) -> None:
    head = ["年份", "填报单位", "省份", "制式", f"基站数（{unit}）", "业务流量", "耗电量"]
    done = read_as("base_stations", head, ["2025", "CT", "广东", "5G", "20", "5", str(20 * times * 20_000)])
    assert done.accepted["base_stations"]["stations"].to_list() in ([20 * times], [])
    assert done.accepted["base_stations"].height or done.quarantine["base_stations"].height


def test_per_mille_is_no_energy_and_a_tenth_of_percent() -> None:
    energy = read_as("green_power", [*GREEN[0], "电量"], [*GREEN[1], "5‰"])
    assert energy.quarantine["green_power"]["rules"].to_list() == [["cell.number"]]
    share = read_as("action_metrics", [*METRIC[0], "数值", "计量单位"], [*METRIC[1], "850‰", "%"])
    assert share.accepted["action_metrics"]["value"].to_list() in ([85.0], [])


def test_a_pue_of_exactly_five_is_not_above_it() -> None:
    """Of decimals: 5 x 1.13 kWh are 5.65 kWh, whatever their quotient is in binary."""
    head = ["机房编号", "年份", "填报单位", "省份", "机房类型", "IT设备耗电量", "总耗电量"]
    it = [Decimal(n).scaleb(-2) for n in range(1, 5000)]
    rows = [[f"R{one}", "2025", "CT", "广东", "核心", f"{one}", f"{one * 5}"] for one in it]
    assert read_as("rooms", head, *rows).quarantine["rooms"]["it_kwh"].to_list() == []


# --- wrong cells -------------------------------------------------------------------------------------------

GARBAGE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30).map(lambda one: one + "万"),
    st.sampled_from([
        "", " ", "—", "-1", "-0", "0", "1e999", "1e308", "1e-320", "9" * 400, "inf", "nan", "1.5", "1,5", "13", "99999", "2014",
        "2032", "2035", "是", "无", "全国", "香港", "000000", "440300", "=cmd|' /C calc'!A0", "@SUM(1)", "\x1b[2J", "\u202e123",
        "<script>alert(1)</script>", "{}", "{0}", "%s", "${x}", "85%", "5‰", "1e5万", "示例", "注：", "x" * 40_000, "\n", '"',
        "桶", "Gb", "万", "2023.1", "2023-13", "合计", "9007199254740993", "0x10", "１０1", "\ufffd", "Ω" * 9,
    ]),
)  # fmt: skip


def as_day(text: str) -> str:
    """A workbook cannot tell a day from its midnight, and keeps the day."""
    return text.removesuffix(" 00:00:00")


@settings(examples, max_examples=25)
@given(data=st.data())
def test_a_wrong_row_is_kept_as_filed_with_its_rules(data: st.DataObject) -> None:
    table = BY_NAME[data.draw(st.sampled_from([table.name for table in TABLES]))]
    rows = data.draw(rows_of(table))
    what = data.draw(written(table, rows))
    texts = [[cell.text for cell in cells] for cells in what.cells]
    form = data.draw(st.sampled_from(FORMS))
    for _ in range(data.draw(st.integers(1, 5))):
        row, at = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, len(what.headers) - 1))
        text = data.draw(GARBAGE)
        texts[row][at] = ILLEGAL_CHARACTERS_RE.sub("", text).replace("\r", "")[:32_000] if form is as_xlsx else text
    assume(all(any(text.strip() for text in cells) for cells in texts))
    wrong = Written(what.headers, [[Cell(text) for text in cells] for cells in texts])
    filed = data.draw(form(wrong, data.draw(name_of(table))))
    intake = taken_in(filed, rows)
    if intake.files.filter(pl.col("file").str.ends_with(filed.file))["status"].to_list() == ["unreadable"]:
        assert intake.status == 2
        assert all(intake.files["message"])
        return
    every_row_is_in_one_place(intake, table, filed)
    SCHEMAS[table.name].validate(intake.accepted[table.name].drop("flags"))

    rejected = intake.quarantine[table.name]
    column_at = {found[0].name: at for at, text in enumerate(wrong.headers) if (found := column_of(table, text))}
    for row in rejected.iter_rows(named=True):
        assert row["rules"]
        assert set(row["rules"]) <= {rule.id for rule in RULES.values() if rule.severity == "error"}
        written_as = [as_day(text) for text in texts[filed.rows.index(row["source_row"])]]
        for name, at in column_at.items():
            assert as_day(row[name] or "") == written_as[at] or not written_as[at].strip()
        kept = {cell["text"] for cell in row["unread"]} | {row[column.name] for column in table.columns}
        kept = {as_day(text or "") for text in kept}
        assert {text for text in written_as if text.strip()} <= kept

    errors = intake.findings.filter(severity="error")
    assert set(errors["file"]) <= set(intake.files["file"])
    here = errors.filter(file=filed.file)
    assert set(here["sheet"]) <= {filed.sheet}
    assert here["row"].null_count() == 0
    assert set(here["row"]) == set(rejected["source_row"])
