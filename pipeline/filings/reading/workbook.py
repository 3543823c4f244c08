"""Which texts stand in this workbook? Each cell says what a person sees of it, whoever wrote the file.

One parser goes over the XML of each worksheet, and one table of cells comes of it: place, text, and what speaks against
the text (an error, a formula without a result). Empty cells cost nothing, however many are formatted.
"""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from pipeline.errors import DataError
from pipeline.filings.reading import formats
from pipeline.filings.reading.package import BROKEN, DAMAGE, ENCRYPTED, Package, refuse_many
from pipeline.filings.reading.sheets import (
    MIB,
    NO_ACCESS,
    FileProblem,
    Known,
    Limits,
    Raw,
    Reading,
    Skipped,
    guard,
    place_of,
    too_large,
)

_OLD_XLS = "这是旧的 .xls 格式；请另存为 .xlsx 后提交。"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WEB_PAGE = re.compile(rb"<(?:!doctype|html|table|meta|\?xml)", re.IGNORECASE)
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_MOST_MERGED = 2_000_000  # rows
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ROWS, _COLUMNS = 1_048_576, {xl_col_to_name(at): at for at in range(16_384)}  # of a worksheet
_WIDEST = 4000  # columns around the content
_EXACT = 1e15  # a spreadsheet keeps 15 digits: what is larger is shown, and told, in powers of ten
_CELLS = {"row": pl.Int32(), "column": pl.Int32(), "text": pl.String()}
_CALCULATE = re.compile(r"LibreOffice|OpenOffice|WPS|Kingsoft|Yozo|Microsoft (?:Macintosh )?Excel")
_CALC_OF_LIBRARIES = 125_000  # below stand the versions of calculation that libraries write, above those of Excel
_STATES = {"hidden": "隐藏", "veryHidden": "深度隐藏（只有在宏编辑器里才能看到）"}


class _Page(NamedTuple):
    name: str
    part: str | None  # none where it is a chart or of macros
    state: str


@dataclass
class _Book:
    """What the worksheets of a workbook share."""

    package: Package
    limits: Limits
    pages: list[_Page]
    texts: pl.Series
    formats: dict[int, str]  # style -> number format, of those that add to a number's meaning
    from_1904: bool
    stale: bool  # the workbook asks to be calculated when it is opened
    calculated: bool  # it was saved by a program that calculates
    text_bytes: int = 0  # of the shared texts, as often as they were used


def _refuse_not_zip(path: Path) -> None:
    """Says what a file that is no zip archive is instead."""
    with path.open("rb") as file:
        start = file.read(64 * 1024)
        if start.startswith(_OLE):
            chunks, before = iter(lambda: file.read(MIB), b""), start
            marker = "EncryptedPackage".encode("utf-16-le")
            while before and marker not in before:
                before = (chunk := next(chunks, b"")) and before[-64:] + chunk
            raise DataError(*(("xlsx.encrypted", ENCRYPTED) if before else ("xlsx.old", _OLD_XLS)))
    if start.startswith(b"PK\x03\x04"):
        return
    kinds = {
        b"%PDF": "PDF 文件",
        b"\xff\xd8\xff": "JPEG 图片",
        b"\x89PNG": "PNG 图片",
        b"Rar!": "RAR 压缩包",
        b"PAR1": "Parquet 文件",
    }
    what = next((name for magic, name in kinds.items() if start.startswith(magic)), None)
    if what is None and _WEB_PAGE.match(start.removeprefix(codecs.BOM_UTF8).lstrip()):
        what = "网页或 XML 文件"
    if what:
        raise DataError("xlsx.other", f"这其实是{what}，只是改了扩展名；请用 Excel 或 WPS 另存为真正的 .xlsx 后提交。")
    raise DataError("xlsx.broken", BROKEN)


def refuse_xls(path: Path) -> None:
    with guard("file.access", NO_ACCESS, PermissionError):
        if path.is_file() and path.stat().st_size:
            _refuse_not_zip(path)
    raise DataError("xlsx.old", _OLD_XLS)


def read_workbook(path: Path, limits: Limits, known: Known, reading: Reading, file: str) -> Iterator[Raw]:
    with guard("xlsx.broken", BROKEN, *DAMAGE):
        _refuse_not_zip(path)
        refuse_many(path, limits)
        archive = zipfile.ZipFile(path)
    with archive:
        with guard("xlsx.broken", BROKEN, *DAMAGE):
            book = _book(Package(archive, limits), limits)
        for page in book.pages:
            if page.part is None:
                reading.skipped.append(Skipped(file, page.name, None, f"“{page.name}”是图表或宏表，没有表格。"))
                continue
            try:
                with guard("xlsx.sheet", f"{place_of(page.name)}已损坏，不能读取；请重新另存后提交。", *DAMAGE):
                    raw = _worksheet(book, page)
            except DataError as error:
                reading.problems.append(FileProblem(file, page.name, error.id, error.message))
                continue
            yield raw


# --- the workbook ------------------------------------------------------------------------------------------


def _book(package: Package, limits: Limits) -> _Book:
    main = next((one.part for one in package.relations("").values() if one.kind == "officeDocument"), None)
    main = main or next((name for name in package.parts if name.endswith("workbook.xml")), None)
    settings, sheets = package.tables(main, "settings", "sheets")
    if settings.is_empty():
        raise DataError(
            "xlsx.no_workbook", "这个压缩包里没有工作簿，不是 xlsx；请用 Excel 或 WPS 另存为 .xlsx 后提交。"
        )
    relations = package.relations(main or "")
    pages = []
    for name, id, state in sheets.rows():
        relation = relations[id]
        pages.append(_Page(name, relation.part if relation.kind == "worksheet" else None, state))
    of_kind = {one.kind: one.part for one in relations.values()}
    texts, runs = package.tables(of_kind.get("sharedStrings"), "texts", "runs")
    return _Book(
        package=package,
        limits=limits,
        pages=pages,
        texts=_unescaped(_with_runs(texts, runs, ["at"])),
        formats=_formats(package, of_kind.get("styles")),
        from_1904=settings["from_1904"].any(),
        stale=settings["stale"].any(),
        calculated="calcChain" in of_kind
        or (settings["calculation"] > _CALC_OF_LIBRARIES).any()
        or _program_calculates(package),
    )


def _program_calculates(package: Package) -> bool:
    """Whether the program that says to have saved the workbook stores the results of formulas.

    Libraries that store 0 in their place say "Microsoft Excel" too, of version 12 or of none; the true Excel 2007 adds
    the order of calculation (calcChain).
    """
    said = [""], [""]
    with suppress(*DAMAGE):  # what says nothing that can be read names no program
        [program] = package.tables("docprops/app.xml", "program")
        said = program["application"].to_list(), program["version"].to_list()
    application, version = ("".join(one).strip() for one in said)
    excel = re.match("[0-9]+", version) if "Excel" in application else None
    return bool(_CALCULATE.search(application)) and ("Excel" not in application or int(excel[0] if excel else 0) > 12)


def _formats(package: Package, part: str | None) -> dict[int, str]:
    own, used = package.tables(part, "formats", "styles")
    codes = dict(own.rows())
    return {
        at: code
        for at, number in enumerate(used["number"].fill_null(0))
        if not formats.is_plain(code := formats.code_of(number, codes))
    }


def _with_runs(texts: pl.DataFrame, runs: pl.DataFrame, place: list[str]) -> pl.Series:
    """The texts `plain`, or those of their runs together; aids to reading (`rPh`) are neither."""
    if runs.is_empty():
        return texts["plain"]
    joined = runs.group_by(place).agg(pl.col("rich").str.join())
    texts = texts.join(joined, on=place, how="left", maintain_order="left")
    return texts.select(pl.concat_str("plain", "rich", ignore_nulls=True)).to_series()


def _unescaped(texts: pl.Series) -> pl.Series:
    at = texts.str.contains(_ESCAPE.pattern).arg_true()
    plain = [_ESCAPE.sub(lambda one: chr(int(one[1], 16)), text) for text in texts.gather(at)]
    return texts.scatter(at, plain) if plain else texts


# --- a worksheet -------------------------------------------------------------------------------------------


class _Sheet:
    """What a pass over a worksheet gathers. Rows are counted from 1, columns from 0."""

    def __init__(self, book: _Book, part: str) -> None:
        self.book, self.part = book, part
        self.blocks = [pl.DataFrame(schema=_CELLS)]
        self.count = 0
        self.errors: list[str] = []
        self.uncalculated: list[str] = []
        self.stale: list[str] = []
        self.last, self.inline = pl.DataFrame(), list[pl.DataFrame]()
        with book.package.open(part) as xml:
            runs, columns, merges = xml.tables("cells", "runs", "columns", "merges", some=self.add)
        self.lacks_formula = xml.lacks_formula
        for cells in self.inline:  # whose runs may come later than they
            theirs = runs.filter(pl.col("at").is_between(cells["at"][0], cells["at"][-1]))
            texts = _unescaped(_with_runs(cells, theirs, ["at", "nth"]))
            self.add_block(cells.with_columns(value=pl.coalesce("value", texts)))
        self.hidden_rows = self.rows.filter("hidden")["number"].to_list() if xml.hides else []
        self.hidden_columns = (columns.filter("hidden").select("first", "last") - 1).rows()
        self.merges = _spans(merges["range"]) if merges.height else []

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Their numbers, as the XML has them, and which are hidden. One that says no number comes after the one before.

        It takes a pass of its own, which few worksheets need.
        """
        [rows] = self.book.package.tables(self.part, "rows")
        at = pl.col("at").cast(pl.Int64)
        return rows.with_columns(number=(pl.col("number") - at).forward_fill().fill_null(1) + at)

    def add(self, block: pl.DataFrame) -> None:
        """Takes some cells of the XML, one after the other."""
        if block["place"].null_count():
            block = _placed(pl.concat([self.last, block]), self.rows["number"])[self.last.height :]
        self.last = block.tail(1)
        formula = pl.coalesce("formula", pl.when(pl.col("formula_kind").is_not_null()).then(pl.lit("")))
        block = block.with_columns(formula, kind=pl.col("kind").fill_null("n"))
        inline = (pl.col("kind") == "inlineStr") | pl.col("plain").is_not_null()
        block = block.filter(pl.any_horizontal(pl.col("value", "formula").is_not_null()) | inline)
        self.count += block.height
        if self.count > self.book.limits.sheet_cells:
            raise too_large("一个工作表的单元格", f"{self.book.limits.sheet_cells:,} 个")
        for one, take in ((block.filter(inline), self.inline.append), (block.filter(~inline), self.add_block)):
            if one.height:
                take(one)

    def add_block(self, block: pl.DataFrame) -> None:
        value = pl.col("value")
        value = pl.when(pl.col("kind").is_in(["str", "inlineStr"])).then(value).otherwise(value.str.strip_chars())
        block = block.with_columns(_grid(block["place"]), value=value.replace("", None))
        block = self.with_results(self.with_texts(block))
        self.blocks.append(block.filter(pl.col("text").is_not_null()).select("row", "column", "text"))

    def with_texts(self, block: pl.DataFrame) -> pl.DataFrame:
        """`number` and `text`: what a person sees."""
        kind, value, number = pl.col("kind"), pl.col("value"), pl.col("number")
        texts, kinds = self.book.texts, block["kind"].unique().to_list()
        block = block.with_columns(number=pl.when(kind == "n").then(value).cast(pl.Float64, strict=False))
        whole = pl.when(number == number.floor()).then(number).cast(pl.Int64, strict=False).cast(pl.String)
        text = value
        if "s" in kinds:
            at = block.select(pl.when(kind == "s").then(value).cast(pl.UInt32, strict=False)).to_series()
            filled = block.filter(kind == "s", value.is_not_null()).height
            if (at >= texts.len()).any() or at.len() - at.null_count() < filled:
                raise ValueError("a text that is not there")
            self.book.text_bytes += int(texts.str.len_bytes().gather(at).cast(pl.Int64).sum())
            if self.book.text_bytes > (limit := self.book.limits.text_bytes):
                raise too_large(f"单元格的文字共有 {self.book.text_bytes / MIB:,.0f} MiB", f"{limit / MIB:,.0f} MiB")
            text = pl.when(kind == "s").then(texts.gather(at)).otherwise(text)
        if "n" in kinds:
            text = pl.when(number.is_not_null()).then(pl.coalesce(whole, number.cast(pl.String))).otherwise(text)
        if "b" in kinds:
            text = pl.when(kind == "b").then(value.replace({"0": "FALSE", "1": "TRUE"})).otherwise(text)
        if "d" in kinds:
            day = value.str.replace("T", " ").str.replace(r"( 00:00:00)?(\.0+)?Z?$", "")
            text = pl.when(kind == "d").then(day).otherwise(text)
        block = block.with_columns(text=text.replace("", None))
        if (at := (block["number"].abs() >= _EXACT).arg_true()).len():
            powers = [f"{Decimal(repr(one)).normalize():E}" for one in block["number"].gather(at)]
            block = block.with_columns(block["text"].scatter(at, powers))
        formatted = pl.col("style").is_in(self.book.formats) & number.is_not_null()
        if (at := block.select(formatted.fill_null(False)).to_series().arg_true()).is_empty():
            return block
        seen = block[at].select("style", "text")
        pairs = seen.unique(maintain_order=True)
        said = [formats.seen(text, self.book.formats[style], self.book.from_1904) for style, text in pairs.rows()]
        seen = seen.join(
            pairs.with_columns(said=pl.Series(said, dtype=pl.String)),
            on=["style", "text"],
            how="left",
            maintain_order="left",
        )
        return block.with_columns(block["text"].scatter(at, seen["said"]))

    def with_results(self, block: pl.DataFrame) -> pl.DataFrame:
        """The block with a formula's own text where its result was not calculated, and note of what is wrong."""
        kind, formula = pl.col("kind"), pl.col("formula").is_not_null()
        nothing = pl.col("value").is_null() & (kind != "str")
        untrue = pl.lit(self.book.stale or not self.book.calculated) & (pl.col("number") == 0)
        uncalculated = formula & (nothing | untrue).fill_null(False)
        self.errors += block.filter(kind == "e")["place"].to_list()
        self.uncalculated += block.filter(uncalculated)["place"].to_list()
        self.stale += block.filter(formula & ~uncalculated & self.book.stale)["place"].to_list()
        own = pl.concat_str(pl.lit("="), pl.col("formula").str.strip_chars())
        return block.with_columns(text=pl.when(uncalculated).then(own).otherwise("text"))

    def frame(self) -> tuple[pl.DataFrame, int]:
        """`source_row` and the columns c0, c1 … from the first to the last one with content; which column c0 is."""
        whole = pl.concat(self.blocks)
        if whole.is_empty():
            return pl.DataFrame(schema={"source_row": pl.Int64}), 0
        rows = whole["row"].unique().sort()
        whole = whole.select("column", "text", at=rows.search_sorted(whole["row"]))
        of_column = {int(str(at)): part for (at,), part in whole.partition_by("column", as_dict=True).items()}
        first, last = min(of_column), max(of_column)
        limit, right = self.book.limits.sheet_cells, "请清除表格之外的内容，或拆分成几个文件后提交"
        if last - first >= _WIDEST:
            raise too_large(f"一个工作表的内容占到 {xl_col_to_name(last)} 列", f"{_WIDEST} 列", right)
        if rows.len() * (last - first + 1) > limit:
            raise too_large(f"一个工作表占到 {rows.len()} 行、{last - first + 1} 列", f"{limit:,} 格", right)
        columns, empty = [rows.cast(pl.Int64).alias("source_row")], pl.Series([None], dtype=pl.String)
        for at in range(first, last + 1):
            column = empty.new_from_index(0, rows.len()).alias(f"c{at - first}")
            if (part := of_column.get(at)) is not None:
                column = column.scatter(part["at"], part["text"])
            columns.append(column)
        if sum(column.len() - column.null_count() for column in columns[1:]) < whole.height:
            raise ValueError("two cells in one place")
        return pl.DataFrame(columns), first


def _worksheet(book: _Book, page: _Page) -> Raw:
    sheet = _Sheet(book, page.part or "")
    if sheet.lacks_formula:
        what = "有单元格的公式是空的，分不清数值是不是计算出来的，没有读取"
        raise DataError(
            "xlsx.uncalculated", f"{place_of(page.name)}{what}；请用 Excel 或 WPS 打开、核对并保存后重新提交。"
        )
    frame, first = sheet.frame()
    problems, merges = list[tuple[str, str]](), sheet.merges
    if sum(last - top for _, top, last in merges) > _MOST_MERGED:
        merges = []  # what a row lacks is told of it
    for refs, id, what in (
        (sheet.errors, "xlsx.error_value", "是错误值（如 #DIV/0!），没有可读的值；请改正公式后重新提交"),
        (
            sheet.uncalculated,
            "xlsx.uncalculated",
            "的公式没有保存计算结果（空的，或由不会计算的程序写成 0），不能读取；请用 Excel 或 WPS 打开并保存后重新提交",
        ),
    ):
        if refs:
            problems.append((id, f"{place_of(page.name)}的单元格 {_listed(refs)} {what}。"))
    warnings = list[tuple[str, str]]()
    if sheet.stale:
        what = f"单元格 {_listed(sheet.stale)} 的公式结果可能不是最新的：写出文件的程序要求打开时重新计算"
        warnings.append(("sheet.stale", f"{what}；请用 Excel 或 WPS 打开、核对并保存后重新提交"))
    state = _STATES.get(page.state)
    hidden_rows = frame.filter(pl.col("source_row").is_in(sheet.hidden_rows))["source_row"].to_list()
    hidden_columns = [
        xl_col_to_name(first + at)
        for at in range(frame.width - 1)
        if any(low <= first + at <= high for low, high in sheet.hidden_columns)
        and frame[f"c{at}"].null_count() < frame.height
    ]
    for is_hidden, what in (
        (state, f"工作表是{state}的"),
        (hidden_rows, f"第 {_listed(hidden_rows)} 行是隐藏的" if hidden_rows else ""),
        (hidden_columns, f"{_listed(hidden_columns)} 列是隐藏的" if hidden_columns else ""),
    ):
        if is_hidden:
            warnings.append(("sheet.hidden", f"{what}，其中的数据照样读取；不应上报的请删除，应上报的请取消隐藏"))
    return Raw(page.name, frame, first, tuple(merges), state is not None, tuple(warnings), tuple(problems))


def _listed(places: Sequence[object]) -> str:
    more = f" 等 {len(places)} 处" if len(places) > 3 else ""
    return "、".join(map(str, places[:3])) + more


def _grid(places: pl.Series) -> pl.DataFrame:
    """The row and the column of places like A1. Raises ValueError where there is none in a worksheet."""
    rows = places.str.strip_chars_start(_LETTERS).cast(pl.Int32, strict=False)
    if rows.null_count() or not rows.is_between(1, _ROWS).all():
        raise ValueError("a cell beyond the worksheet")
    return pl.DataFrame({"row": rows, "column": _columns(places)})


def _spans(ranges: pl.Series) -> list[tuple[int, int, int]]:
    """The column, first and last row of ranges like A1:A3, of those of more rows than one."""
    ends = ranges.str.split_exact(":", 1).struct.unnest()
    first, last = _grid(ends["field_0"]), _grid(ends["field_1"].fill_null(ends["field_0"]))
    spans = first.select("column", "row", last=last["row"]).filter(pl.col("last") > pl.col("row"))
    return spans.sort(pl.all()).rows()


def _columns(places: pl.Series) -> pl.Series:
    """The columns of places like A1, counted from 0; null where no place is said. Raises ValueError where there is none."""
    names = places.str.strip_chars_end("0123456789").str.to_uppercase()
    columns = names.replace_strict(_COLUMNS, default=None, return_dtype=pl.Int32)
    if columns.null_count() > names.null_count():
        raise ValueError("a cell beyond the worksheet")
    return columns


def _placed(cells: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """The cells with the places that they do not say: right of the one before, or first in their row."""
    nth = cells["nth"].cast(pl.Int32)
    shifted = cells.select("at", by=_columns(cells["place"]) - nth)
    columns = nth + shifted.select(pl.col("by").forward_fill().over("at").fill_null(0)).to_series()
    names = columns.replace_strict({at: xl_col_to_name(at) for at in columns.unique()}, return_dtype=pl.String)
    said = pl.concat_str(names, rows.gather(cells["at"]))
    return cells.with_columns(pl.coalesce("place", said))
