"""How each entity files: its units, spellings, file kinds. Canonical rows become sheets of cells, sheets become files.

The same bytes come out every time: workbooks carry a fixed date, Parquet one row group, CSV its rows as they are.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl
import xlsxwriter

from pipeline.filings.contracts import BY_NAME, CARRIER_UNITS, METRIC_UNITS, Column, Table
from pipeline.filings.normalise import power
from pipeline.filings.sample.calibration import ENTITIES
from pipeline.given.regions import NATION, NATION_CODE

Cell = Any
CREATED = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
NOTE = "注：本表为程序生成的示例数据，不是任何企业的真实数据。"


@dataclass(frozen=True)
class Style:
    """How an entity writes. units: code of a carrier or metric, or canonical unit -> the unit it uses; spelling: which
    of the accepted spellings of a code (the last one if there are fewer); province: the column of the province to
    write, with exceptions by code; kind: one workbook a year, one workbook a table, CSV or Parquet."""

    kind: Literal["book", "tables", "csv", "parquet"]
    province: str
    units: Mapping[str, str]
    spelling: int = 0
    exceptions: Mapping[str, str] = field(default_factory=dict)
    english: bool = False


STYLES = {
    "JIA": Style("book", "name_zh", {
        "kWh": "万千瓦时", "kg": "吨", "m3": "万立方米", "MJ": "GJ", "TB": "PB", "mobile_traffic": "亿GB",
        "information_flow": "亿GB", "万元": "亿元", "t": "万吨", "water": "吨"}),
    "YI": Style("tables", "short_zh", {
        "kWh": "kWh", "kg": "kg", "m3": "m3", "MJ": "MJ", "TB": "TB", "万元": "万元", "t": "t", "water": "t"}, 1),
    "BING": Style("parquet", "province_code", {
        "kWh": "MWh", "kg": "t", "m3": "m3", "MJ": "GJ", "TB": "TB", "information_flow": "EB", "mobile_traffic": "PB",
        "万元": "万元", "t": "t"}, english=True),
    "TIETA": Style("book", "short_zh", {"kWh": "万kWh", "kg": "吨", "m3": "立方米", "MJ": "百万千焦", "water": "立方米"}, 1),
    "GUANGDIAN": Style("csv", "short_zh", {
        "kWh": "千瓦时", "kg": "公斤", "m3": "立方米", "MJ": "兆焦", "TB": "万GB", "万元": "元", "water": "吨"},
        exceptions={"150000": "内蒙", "450000": "广西自治区", "310000": "上海市", "650000": "新疆自治区"}),
}  # fmt: skip
_IN_PARQUET = {("TIETA", "sites")}  # a table apart from the entity's usual files
LATER = (
    "cooling_kwh",
    "reused_kwh",
    "pue_boundary",
    "pue_estimated",
)  # columns of which a workbook has none before they are filed
NOBODY = ""  # cases, standards and the list of entities are filed by the association


@dataclass
class Sheet:
    """One table of one entity and year, as cells. names: the contract's column of each cell; first_row: the 1-based row
    of the first cell row as a spreadsheet shows it."""

    file: str
    sheet: str
    table: Table
    columns: list[str]
    names: list[str]
    rows: list[list[Cell]]
    title: str = ""

    @property
    def first_row(self) -> int:
        return 3 if self.title else 2

    def find(self, **cells: Cell) -> list[int]:
        """The places of the rows with these cells."""
        at = {self.names.index(name): cell for name, cell in cells.items()}
        return [place for place, row in enumerate(self.rows) if all(row[i] == cell for i, cell in at.items())]

    def cell(self, place: int, name: str) -> Cell:
        return self.rows[place][self.names.index(name)]

    def change(self, place: int, **cells: Cell | Callable[[Cell], Cell]) -> None:
        for name, cell in cells.items():
            at = self.names.index(name)
            self.rows[place][at] = cell(self.rows[place][at]) if callable(cell) else cell

    def add(self, like: int, **cells: Cell | Callable[[Cell], Cell]) -> int:
        """Append a row that is like another one but for these cells; its place."""
        self.rows.append(list(self.rows[like]))
        self.change(len(self.rows) - 1, **cells)
        return len(self.rows) - 1

    def row(self, place: int) -> int:
        """Its 1-based row, as a spreadsheet shows it."""
        return self.first_row + place


# --- sheets ------------------------------------------------------------------------------------------------


def sheets(tables: Mapping[str, pl.DataFrame], provinces: pl.DataFrame) -> dict[tuple[int, str, str], Sheet]:
    """(year, entity, table) -> sheet. `tables` with a `year` each; those without entity_id are filed by NOBODY."""
    found = {}
    for name, frame in tables.items():
        by = ["year", "entity_id"] if "entity_id" in frame.columns and name != "entities" else ["year"]
        for key, rows in frame.group_by(by, maintain_order=True):
            year, entity = int(str(key[0])), str(key[1]) if len(key) > 1 else NOBODY
            found[year, entity, name] = _sheet(BY_NAME[name], year, entity, rows, provinces)
    return dict(sorted(found.items()))


def _sheet(table: Table, year: int, entity: str, frame: pl.DataFrame, provinces: pl.DataFrame) -> Sheet:
    style = STYLES.get(entity, Style("tables", "short_zh", {}))
    name = ENTITIES[entity][0] if entity else "示例协会"
    kind = "parquet" if (entity, table.name) in _IN_PARQUET else style.kind
    file, sheet, title = {
        "book": (f"{name}{year}年报送.xlsx", table.zh, f"{name}{year}年度{table.zh}（示例数据）"),
        "tables": (f"{table.zh}-{name}-{year}.xlsx", f"{year}年", ""),
        "csv": (f"{table.zh}_{name}_{year}.csv", "", ""),
        "parquet": (
            f"{entity.lower()}_{table.name}_{year}.parquet" if style.english else f"{table.zh}_{name}_{year}.parquet",
            "",
            "",
        ),
    }[kind]
    columns: list[tuple[str, str, pl.Series]] = []
    for column in table.columns:
        if column.name == "unit":
            continue
        columns += _cells(table, column, frame, style, provinces)
    return Sheet(
        f"{year}/{file}", sheet, table, [header for header, _, _ in columns], [name for _, name, _ in columns],
        [list(row) for row in zip(*(cells.to_list() for _, _, cells in columns), strict=True)], title,
    )  # fmt: skip


def _cells(
    table: Table, column: Column, frame: pl.DataFrame, style: Style, provinces: pl.DataFrame
) -> list[tuple[str, str, pl.Series]]:
    """Header, contract column and cells of a column (and of `unit` after a quantity that has one); [] if not filed."""
    header = column.name if style.english else column.headers[min(style.spelling, len(column.headers) - 1)]
    if column.kind == "date":
        stem = column.canonical[0].removesuffix("_year")
        month = pl.col(f"{stem}_month").cast(pl.String).str.zfill(2)
        return [(header, column.name, frame.select(pl.format("{}-{}", f"{stem}_year", month)).to_series())]
    if column.name not in frame.columns or (column.kind == "month" and (frame["month"] == 0).all()):
        return []
    if column.name in LATER and frame[column.name].is_null().all():
        return []
    cells = frame[column.name]
    if column.kind == "province":
        names = dict(zip(provinces["province_code"], provinces[style.province], strict=True)) | dict(style.exceptions)
        has_nation = (cells == NATION_CODE).any()
        cells = cells.replace(names if style.english else names | {NATION_CODE: NATION.short_zh})
        if style.english and not has_nation:
            cells = cells.cast(pl.Int64)
    elif column.kind == "code" and not style.english:
        cells = cells.replace({code: one[min(style.spelling, len(one) - 1)] for code, one in column.members.items()})
    elif column.kind == "flag":
        cells = cells.replace_strict({True: "是", False: "否"})
    elif column.kind == "quantity" and column.by:
        units = {code: _unit(style, code, accepted) for code, accepted in column.units.items()}
        powers = {code: _power(unit, column.units[code]) for code, unit in units.items()}
        cells = _scaled(cells, frame[column.by].replace_strict(powers, return_dtype=pl.Int64))
        return [
            (header, column.name, cells),
            ("unit" if style.english else "计量单位", "unit", frame[column.by].replace_strict(units)),
        ]
    elif column.kind == "quantity":
        (accepted,) = column.units.values()
        unit = style.units.get(accepted[0], accepted[0])
        if unit != accepted[0]:
            header = f"{header}({unit})" if style.english else f"{header}（{unit}）"
        cells = _scaled(cells, pl.Series([_power(unit, accepted)]).new_from_index(0, cells.len()))
    elif column.default == 0 or column.default == "":
        cells = frame.select(
            pl.when(pl.col(column.name).cast(pl.String).is_in(["0", ""]).not_()).then(column.name)
        ).to_series()
    return [(header, column.name, cells)]


def _unit(style: Style, code: str, accepted: tuple[str, ...]) -> str:
    known = code in CARRIER_UNITS or code in METRIC_UNITS
    return style.units.get(code, style.units.get(accepted[0], accepted[0])) if known else accepted[0]


def _power(unit: str, accepted: tuple[str, ...]) -> int:
    found = power(unit, accepted)
    if not isinstance(found, int):
        raise ValueError(f"{unit}: {found}")
    return found


def _scaled(value: pl.Series, powers: pl.Series) -> pl.Series:
    """value / 10^power: of tenths, which are whole, so that one division rounds once and few digits are printed."""
    tenths = (value.cast(pl.Float64) * 10).round()
    down = pl.Series([10.0 ** max(0, one + 1) for one in powers])
    up = pl.Series([10.0 ** max(0, -one - 1) for one in powers])
    return tenths * up / down


# --- files -------------------------------------------------------------------------------------------------


def write(found: Mapping[tuple[int, str, str], Sheet], out: Path) -> None:
    """Write all sheets below `out`, those with one file name into one workbook."""
    files: dict[str, list[Sheet]] = {}
    for one in found.values():
        files.setdefault(one.file, []).append(one)
    for name, parts in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".xlsx":
            path.write_bytes(_workbook(parts))
        elif path.suffix == ".csv":
            path.write_bytes(_csv(parts[0]))
        else:
            _frame(parts[0]).write_parquet(path, compression="zstd", compression_level=12, statistics=False)


def _workbook(parts: list[Sheet]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "示例数据", "comments": NOTE, "created": CREATED})
    bold = book.add_format({"bold": True})
    for part in parts:
        sheet = book.add_worksheet(part.sheet)
        sheet.set_column(0, len(part.columns) - 1, 14)
        if part.title:
            sheet.write_string(0, 0, part.title, bold)
        for place, row in enumerate([part.columns, *part.rows]):
            for at, cell in enumerate(row):
                if cell is not None:
                    sheet.write(part.first_row - 2 + place, at, cell, bold if place == 0 else None)
        if part.title:
            sheet.write_string(part.first_row + len(part.rows), 0, NOTE)
    book.close()
    return buffer.getvalue()


def _csv(part: Sheet) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(_plain(row) for row in [part.columns, *part.rows])
    return text.getvalue().encode("gb18030")


def _plain(row: list[Cell]) -> Iterator[str]:
    for cell in row:
        yield "" if cell is None else f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell)


def _frame(part: Sheet) -> pl.DataFrame:
    columns = zip(part.columns, zip(*part.rows, strict=True), strict=True)
    return pl.DataFrame({name: list(cells) for name, cells in columns}, strict=True)
