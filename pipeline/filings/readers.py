"""Which rows of text stand in this file? Workbooks, CSV and Parquet become text sheets, whatever the bytes are.

Nothing here knows a contract: a caller says which header texts exist, and gets the table under the first row
that has two of them. Any bytes end as sheets or as problems with one sentence; sizes are checked before they
cost memory (a workbook is scanned as a stream before a library that unpacks it whole may open it).
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import math
import os
import posixpath
import re
import shutil
import struct
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

import fastexcel
import numpy as np
import numpy.typing as npt
import polars as pl
import yaml

from pipeline.errors import DataError, shown
from pipeline.filings import percents
from pipeline.filings.distinct import is_number, text_of, texts_in

READABLE = ".xlsx .csv .parquet"
MIB = 1 << 20

_HEADER_WITHIN = 20  # non-empty rows
_EXAMPLES_WITHIN = 3  # rows under the header
_EXAMPLE = re.compile(r"\s*(?:示例|样例|例[:：])")
_MAX_FILLED = 1000  # columns with content
_MAX_NOTES = 1000  # note rows told one by one; more of them are taken for data
_BRACKETS = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]")
_NOTE = r"^\s*(?:注\s*\d*\s*[:：.、]|注$|备注|说明|填报说明|填表说明|单位\s*[:：]|制表|填表人|审核|\*|※)"
_INSTRUCTIONS = re.compile(r"说明|目录|封面|字典|须知|审核意见|instruction|readme|cover|notes?$", re.IGNORECASE)
_SILENT = re.compile(r"\..*|~\$.*|thumbs\.db|desktop\.ini|__macosx|readme.*|sample|.*\.(?:ya?ml|md)", re.IGNORECASE)
_RESERVED = ("source_row", "_ragged", "_extra")
_NO_NUMBERS: Mapping[str, pl.DataType] = {}
BEYOND = "表头之外的内容"  # the header of `_extra` in a workbook with remarks, where it may come back from
_LONG_CELL = "有一个单元格的文字超过上限 1 MiB；请删去或缩短后提交。"
_NO_ACCESS = "没有读取权限；请检查权限后重试。"

# Worksheets, seen as a stream of bytes: references, merges, numbers with more than 9 decimals, error values,
# formulas without a stored result.
_REFERENCE = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
_ROW = re.compile(rb"<(?:\w+:)?row\s[^<>]{0,200}?\br\s*=\s*[\"']([0-9]{1,10})")
_ODD_REFERENCE = re.compile(rb"\br\s*=\s*[\"']\$?([A-Za-z]{0,3})\$?([0-9]{1,10})")  # slow, for what is written oddly
_FILLED = re.compile(rb"\br\s*=\s*[\"']([A-Z]{1,3})[0-9]+[\"'][^<>]{0,200}(?<!/)>(?!</)")
_MERGE = re.compile(rb"mergeCell\s[^<>]{0,200}?ref\s*=\s*[\"']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_FINE = re.compile(rb"v>[^<]{0,30}?(?:\.[0-9]{10}|[eE]-)")
_ERROR = re.compile(rb"\br=[\"']([A-Z]{1,3}[0-9]+)[\"'][^<>]{0,200}\bt=[\"']e[\"']")
_UNCALCULATED = re.compile(
    rb"\br=[\"']([A-Z]{1,3}[0-9]+)[\"'][^<>]{0,200}><f\b[^<>]{0,200}(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>"
)
_SHARED = re.compile(rb"v(?:\s[^<>]{0,200})?>\s*([0-9]{1,9})\s*<")
_TAGS = [start + end for start in (b"<c", b":c") for end in (b" ", b">", b"/", b"\t", b"\n", b"\r")]
_TIME = r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]+:[0-9]{2})"  # a number that is shown as a date or a time


@dataclass(frozen=True)
class Limits:
    """What a file may cost; what is larger is refused with a sentence before it is opened."""

    file_bytes: int = 1024 * MIB  # any file on disk
    unpacked_bytes: int = 200 * MIB  # a workbook's members together; its size on disk too
    ratio: int = 200  # unpacked to packed, of members above 1 MiB
    members: int = 2000
    sheet_cells: int = 20_000_000  # of the rectangle around a worksheet's cells
    text_bytes: int = 512 * MIB  # the shared texts of a workbook, as often as they are used
    cells: int = 100_000_000  # CSV and Parquet


_Spelt = Callable[[pl.Series], pl.DataFrame]


@dataclass(frozen=True)
class Sheet:
    """One table as text.

    `file` is relative to the folder, `sheet` empty for CSV and Parquet, `header_row` and `source_row` are
    1-based as a spreadsheet shows them (CSV: records; Parquet: the names are row 1). `columns` are the header
    texts (NFKC, trimmed; a repeated one gets `_2`, an empty one is `列C`). `rows`: `source_row` Int64, then
    `columns` as String, empty cells null; of a CSV of many rows, a column that repeats its texts is Categorical, and one
    of numbers may be Int64 or Float64. Ragged CSV
    adds `_ragged` (`少`, `多` or null: fewer or more cells than the header; fewer only in files without quotes) and
    `_extra` (the further cells, joined by the separator). `notes`: sentences on what had to be decided. `spelt`: how
    the numbers of the rows with these `source_row` are written in the file.
    """

    file: str
    sheet: str
    header_row: int
    columns: list[str]
    rows: pl.DataFrame
    notes: list[str]
    spelt: _Spelt | None = None

    def filed(self, places: pl.Series) -> pl.DataFrame:
        """The rows at `places`, each cell as the text that was filed. Raises DataError where the file has changed."""
        rows = self.rows[places]
        texts = rows.select("source_row", pl.exclude("source_row").cast(pl.String))
        return texts.with_columns(self.spelt(rows["source_row"])) if self.spelt else texts


@dataclass(frozen=True)
class FileProblem:
    """A file or sheet that cannot be read, or not in full: a stable id and one Chinese sentence."""

    file: str
    sheet: str | None
    id: str
    message: str


@dataclass(frozen=True)
class Skipped:
    """A file, sheet or row (its 1-based number) that was left out on purpose."""

    file: str
    sheet: str | None
    row: int | None
    reason: str


@dataclass(frozen=True)
class Reading:
    """All that was found; each file, sheet and non-empty row is in one of the three lists."""

    sheets: list[Sheet] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True)
class _Raw:
    """A sheet before its header is found: `source_row` and text columns; merges as (column, first, last row)."""

    sheet: str
    frame: pl.DataFrame
    first_column: int = 0
    merges: tuple[tuple[int, int, int], ...] = ()
    hidden: bool = False
    problems: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    header: tuple[str, ...] = ()  # row 1, where `frame` begins with row 2
    spelt: _Spelt | None = None  # as of a Sheet


@dataclass
class _Scan:
    """What a pass over a worksheet's bytes tells. Columns are counted from 0, rows from 1."""

    cells: int = 0
    unnamed: int = 0  # cells that do not say where they stand
    columns: set[int] = field(default_factory=set)
    filled: set[int] = field(default_factory=set)  # columns with content, where there are merges
    last_row: int = 1
    merges: set[tuple[bytes, bytes, bytes, bytes]] = field(default_factory=set)
    fine: list[pl.DataFrame] = field(default_factory=list)  # row, column, number: those of more than 9 decimals
    fine_elsewhere: bool = False  # there are more of them, at places unknown
    percents: list[pl.DataFrame] = field(default_factory=list)  # `percents.CELLS`
    errors: list[str] = field(default_factory=list)
    uncalculated: list[str] = field(default_factory=list)


# ---- folders and files


def read_folder(
    folder: Path,
    known_headers: Collection[str],
    fill_down: Collection[str] = (),
    limits: Limits | None = None,
    numbers: Mapping[str, pl.DataType] = _NO_NUMBERS,
) -> Reading:
    """Every file of the folder and its subfolders, in the order of their names. See `read_file`.

    Raises DataError when there is no such folder.
    """
    if not folder.is_dir():
        raise DataError("file.folder", f"没有填报文件夹 {shown(folder)}；请给出存放 {READABLE} 文件的文件夹。")
    reading, refused = Reading(), list[OSError]()
    for here, folders, names in os.walk(folder, onerror=refused.append):
        for name in sorted(folders):
            path = Path(here, name)
            if path.is_symlink() or _SILENT.fullmatch(name) or path.suffix.lower() in _READERS:
                folders.remove(name)
                _extend(reading, read_file(path, folder, known_headers, fill_down, limits))
        folders.sort()
        for name in sorted(names):
            _extend(reading, read_file(Path(here, name), folder, known_headers, fill_down, limits, numbers))
    for error in refused:
        reading.problems.append(FileProblem(_name(Path(error.filename), folder), None, "file.access", _NO_ACCESS))
    return reading


def read_file(
    path: Path,
    folder: Path,
    known_headers: Collection[str],
    fill_down: Collection[str] = (),
    limits: Limits | None = None,
    numbers: Mapping[str, pl.DataType] = _NO_NUMBERS,
) -> Reading:
    """The sheets of one file, whatever its bytes are.

    `known_headers`: header texts that exist, compared by `header_key`. `fill_down`: those of key columns, where
    a vertical merge of a workbook stands for its value in every row; other merges keep it in the first cell.
    `numbers`: the `header_key` of columns that may be read as Int64 or Float64 where each cell is a plain number.
    """
    limits = limits or Limits()
    reading, file = Reading(), _name(path, folder)
    known = {key: numbers.get(key) for one in known_headers if (key := header_key(one))}
    try:
        reason = _reason_to_skip(path, folder)
        if reason:
            reading.skipped.append(Skipped(file, None, None, reason))
            return reading
        for raw in _reader(path, folder, limits)(path, limits, known, reading, file):
            reading.problems.extend(FileProblem(file, raw.sheet or None, *one) for one in raw.problems)
            _table(raw, file, known, {header_key(one) for one in fill_down}, reading)
        if not reading.sheets and not reading.problems:
            raise DataError("file.no_table", "文件里没有一张可读的表；请按模板填写后提交。")
    except DataError as error:
        reading.problems.append(FileProblem(file, None, error.id, error.message))
    return reading


def own_yaml(path: Path) -> object:
    """The content of a small YAML file of the folder. Raises where it is no plain file, larger than 1 MiB, no UTF-8, no
    YAML, or has aliases: a few lines of them unfold into gigabytes."""
    if not path.is_file() or path.stat().st_size > MIB:
        raise ValueError(path)
    text = path.read_text("utf-8")
    depth = 0
    for one in yaml.parse(text):
        depth += isinstance(one, yaml.CollectionStartEvent) - isinstance(one, yaml.CollectionEndEvent)
        if depth > 20:
            raise ValueError(path)
    return yaml.safe_load(text)


def _name(path: Path, folder: Path) -> str:
    inside = path.relative_to(folder) if path.is_relative_to(folder) else path
    return shown(inside.as_posix())


def _extend(reading: Reading, more: Reading) -> None:
    reading.sheets.extend(more.sheets)
    reading.problems.extend(more.problems)
    reading.skipped.extend(more.skipped)


def _reason_to_skip(path: Path, folder: Path) -> str | None:
    if _SILENT.fullmatch(path.name):
        return "不是填报文件（隐藏、临时、说明或配置文件）。"
    if path.is_symlink():
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
            raise DataError("file.link", "这是指向文件夹之外的链接，未读取；请放入文件本身。")
        if not path.exists():
            raise DataError("file.link", "这是失效的链接，所指的文件不存在；请放入文件本身。")
        inside = Path(os.path.realpath(path)).relative_to(os.path.realpath(folder))
        if any(_SILENT.fullmatch(part) for part in inside.parts):
            raise DataError("file.link", "这是指向隐藏文件的链接，未读取；请放入文件本身。")
        return "这是链接；所指的文件在文件夹内，已按原位置读取。"
    return None


_Known = Mapping[str, pl.DataType | None]  # the keys of headers, and the type of numbers below
_Reader = Callable[[Path, Limits, _Known, Reading, str], Iterable[_Raw]]


def _reader(path: Path, folder: Path, limits: Limits) -> _Reader:
    """The reader for the kind of file, after the checks that all kinds share."""
    kind = path.suffix.lower()
    if kind == ".xls":
        _refuse_xls(path)
    if kind not in _READERS:
        raise DataError("file.kind", f"不能读取 {shown(kind) or '没有扩展名的'} 文件；可读取 {READABLE}。")
    if any("\ud800" <= c <= "\udfff" for c in str(path)):
        raise DataError("file.name", "文件名含有不能识别的字符；请改名后重新提交。")
    if kind == ".parquet" and "=" in _name(path.parent, folder):
        raise DataError("parquet.hive", "这是按“列=值”分区的 Parquet 文件夹；请合并为一个 .parquet 文件。")
    with _guard("file.access", _NO_ACCESS):
        if not path.is_file():
            raise DataError("file.kind", f"这不是普通文件；可读取 {READABLE}。")
        size = path.stat().st_size
        path.open("rb").close()
    if size == 0:
        raise DataError("file.empty", "文件是空的（0 字节）；请重新导出后提交。")
    limit = limits.unpacked_bytes if kind == ".xlsx" else limits.file_bytes
    if size > limit:
        raise _too_large(f"文件有 {size / MIB:,.0f} MiB", f"{limit / MIB:,.0f} MiB")
    return _READERS[kind]


def _too_large(what: str, limit: str) -> DataError:
    return DataError("file.too_large", f"{what}，超过上限 {limit}；请拆分成几个文件后提交。")


@contextmanager
def _guard(id: str, message: str) -> Iterator[None]:
    """Whatever a library raises on bad bytes becomes one sentence."""
    try:
        yield
    except (DataError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of a Rust library is no Exception
        raise DataError(id, message) from error


# ---- finding the table in a sheet


def split_header(text: str) -> tuple[str, str | None]:
    """The name and the unit of a header: `总耗电量（万kWh）` -> (`总耗电量`, `万kWh`). The last bracket counts."""
    plain = unicodedata.normalize("NFKC", text).strip()
    last = re.search(_BRACKETS.pattern + r"[\s*]*$", plain)
    if last is None or not last[1].strip() or not plain[: last.start()].strip(" *"):
        return plain.strip("* \t\n\r"), None
    return plain[: last.start()].strip("* \t\n\r"), last[1].strip()


def header_key(text: str) -> str:
    """What two headers are compared by: without brackets, blanks, stars, case and width."""
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s*]", "", _BRACKETS.sub("", plain)).casefold()


def _table(raw: _Raw, file: str, known: Collection[str], fill: Collection[str], reading: Reading) -> None:
    """Adds the table of `raw` to `reading`, or says why there is none."""
    sheet, where = raw.sheet or None, f"工作表“{raw.sheet}”" if raw.sheet else "文件"
    names = [name for name in raw.frame.columns[1:] if name != "_ragged"]
    filled = sum(raw.frame[name].null_count() < raw.frame.height for name in names)
    if filled > _MAX_FILLED:
        message = f"{where}有 {filled} 列，超过上限 {_MAX_FILLED} 列；请只保留模板中的列后提交。"
        reading.problems.append(FileProblem(file, sheet, "file.too_large", message))
        return
    if any((texts_in(raw.frame[name]).str.len_bytes() > MIB).any() for name in names if not is_number(raw.frame[name])):
        reading.problems.append(FileProblem(file, sheet, "file.too_large", f"{where}：{_LONG_CELL}"))
        return
    frame, notes = _without_blank(raw.frame, names)
    if frame.is_empty():
        hidden = "隐藏的" if raw.hidden else ""
        if sheet is None:
            reading.problems.append(FileProblem(file, None, "file.empty", "文件里没有内容；请填写后提交。"))
        else:
            reading.skipped.append(Skipped(file, sheet, None, f"{hidden}{where}是空的。"))
        return
    head: list[tuple[Any, ...]] = [(1, *raw.header)] if raw.header else _rows(frame.head(_HEADER_WITHIN))
    at = next((i for i, row in enumerate(head) if _known_cells(row[1:], known) >= 2), None)
    if at is None:
        only_text = sheet is not None and all(sum(bool(cell) for cell in row[1:]) <= 1 for row in head)
        if sheet is not None and (raw.hidden or only_text or _INSTRUCTIONS.search(sheet)):
            reading.skipped.append(Skipped(file, sheet, None, f"{where}没有表头，按说明页处理，未读取。"))
        else:
            reading.problems.append(_no_header(file, sheet, where, known))
        return
    for row in head[:at]:
        text = " ".join(cell for cell, column in zip(row, frame.columns, strict=True) if cell and column in names)
        reading.skipped.append(Skipped(file, sheet, row[0], f"表头之上：{shown(text)[:80]}"))
    body = frame if raw.header else frame[at + 1 :]
    notes = notes.filter(pl.col("source_row") > head[at][0])
    if 0 < notes.height <= _MAX_NOTES:
        body = body.filter(~pl.col("source_row").is_in(notes["source_row"].implode()))
        for number, text in notes.iter_rows():
            reading.skipped.append(Skipped(file, sheet, number, f"表下说明：{shown(text.strip())[:80]}"))
    examples = [row[0] for row in _rows(body.head(_EXAMPLES_WITHIN)) if _EXAMPLE.match(_first_text(row[1:]))]
    if examples:
        body = body.filter(~pl.col("source_row").is_in(examples))
        reading.skipped.extend(Skipped(file, sheet, number, "示例行，未读取。") for number in examples)
    told = list(raw.notes)
    if "_ragged" in body.columns:
        if body["_ragged"].null_count() == body.height:
            body = body.drop("_ragged", "_extra")
        else:
            told.append("有的行的单元格比表头多或少。")
    header = head[at][1 : body.width]
    body = _fill_merges(body, raw, header, fill, told)
    keys = [header_key(one) for one in header if one and header_key(one) in known]
    if len(keys) - len(set(keys)) > 1:
        reading.problems.append(
            FileProblem(
                file, sheet, "sheet.two_tables", f"{where}里并排有两张表，只读取了左边一张；请分成两个工作表后提交。"
            )
        )
    renamed = _columns(header, body, raw.first_column, told)
    rows = body.select("source_row", *(pl.col(old).alias(new) for old, new in renamed.items()))
    if BEYOND in rows.columns and "_extra" not in rows.columns:
        more = pl.when(pl.col(BEYOND).is_not_null()).then(pl.lit("多"))
        rows = rows.select(pl.exclude(BEYOND), more.alias("_ragged"), pl.col(BEYOND).alias("_extra"))
    columns = [name for name in rows.columns if name not in _RESERVED]
    reading.sheets.append(Sheet(file, raw.sheet, head[at][0], columns, rows, told, _renamed(raw.spelt, renamed)))


def _renamed(spelt: _Spelt | None, names: Mapping[str, str]) -> _Spelt | None:
    return spelt and (lambda rows: spelt(rows).rename(names, strict=False))


def _rows(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    """source_row and the texts of each row."""
    return frame.select("source_row", pl.exclude("source_row").cast(pl.String)).rows()


def _without_blank(frame: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that hold anything, and `source_row, text` of those that may be notes: one cell, begun like one.

    Only rows that may lack text in one of two columns are looked at in full: five million rows take no time.
    """
    if not names:
        return frame.clear(), pl.DataFrame(schema={"source_row": pl.Int64, "text": pl.String})
    below = frame[_HEADER_WITHIN:]
    full = itertools.islice((name for name in names if _surely_has_text(below[name])), 2)
    few = frame.head(_HEADER_WITHIN) if len(list(full)) == 2 else frame
    if few is frame and len(names) > 1:
        fullest = sorted(names, key=lambda name: frame[name].null_count())[:2]
        few = frame.filter(~pl.all_horizontal(_has_text(name).fill_null(False) for name in fullest))
    counted = few.select(
        "source_row",
        pl.sum_horizontal(_has_text(name) for name in names).alias("filled"),
        pl.coalesce(pl.when(_has_text(name)).then(text_of(name)) for name in names).alias("text"),
    )
    blank = counted.filter(filled=0)["source_row"]
    if blank.len():
        frame = frame.filter(~pl.col("source_row").is_in(blank.implode()))
    return frame, counted.filter(pl.col("filled") == 1, pl.col("text").str.contains(_NOTE)).drop("filled")


def _has_text(name: str) -> pl.Expr:
    return text_of(name).str.strip_chars().str.len_bytes() > 0


def _surely_has_text(cells: pl.Series) -> bool:
    """Whether each cell begins with a visible character of ASCII, or each with one beyond the blanks of Unicode."""
    if cells.is_empty() or cells.null_count():
        return False
    if is_number(cells):
        return True
    cells = texts_in(cells)
    start = cells[0]
    if "!" <= start < "\x7f":
        return bool(((cells >= "!") & (cells < "\x7f")).all())
    return start > "\u3000" and bool((cells > "\u3000\U0010ffff").all())


def _first_text(cells: Iterable[str | None]) -> str:
    return next((cell for cell in cells if cell), "")


def _known_cells(cells: Iterable[str | None], known: Collection[str]) -> int:
    return len({header_key(cell) for cell in cells if cell} & set(known))


def _no_header(file: str, sheet: str | None, where: str, known: Collection[str]) -> FileProblem:
    chinese = [one for one in known if not one.isascii()] or list(known)
    expected = f"{'、'.join(chinese[:12])}{' 等' if len(chinese) > 12 else ''}"
    csv = "CSV 应以逗号、制表符或分号分隔，编码为 UTF-8 或 GB18030，" if file.lower().endswith(".csv") else ""
    message = (
        f"{where}的前 {_HEADER_WITHIN} 行里没有找到表头；{csv}表头应是一行，至少含有下列列名中的两个：{expected}。"
    )
    return FileProblem(file, sheet, "sheet.header", message)


def _columns(header: tuple[str | None, ...], body: pl.DataFrame, first: int, told: list[str]) -> dict[str, str]:
    """Raw column -> its name in the table; columns without header and content are left out."""
    names: dict[str, str] = {}
    used, seen = set(_RESERVED), dict[str, int]()
    for index, (old, cell) in enumerate(zip(body.columns[1:], header, strict=True)):
        if old in _RESERVED:
            names[old] = old
            continue
        text = unicodedata.normalize("NFKC", cell or "").strip()
        if not text and body[old].null_count() == body.height:
            continue
        letter = _letters(first + index)
        new = base = text or f"列{letter}"
        while new in used:
            seen[base] = seen.get(base, 1) + 1
            new = f"{base}_{seen[base]}"
        if not text:
            told.append(f"{letter} 列有内容而没有表头，读作“{new}”。")
        elif new != text and len(told) < 50:
            told.append(f"表头“{shown(text)}”重复，{letter} 列读作“{shown(new)}”。")
        used.add(new)
        names[old] = new
    return names


def _fill_merges(
    body: pl.DataFrame, raw: _Raw, header: tuple[str | None, ...], fill: Collection[str], told: list[str]
) -> pl.DataFrame:
    for index, old in enumerate(body.columns[1:]):
        spans = [(a, b) for column, a, b in raw.merges if column == raw.first_column + index]
        if not spans or header_key(header[index] or "") not in fill:
            continue
        covered = pl.DataFrame(spans, schema=["top", "last"], orient="row").select(
            "top", pl.int_ranges("top", pl.col("last") + 1).alias("source_row")
        )
        tops = body.select(pl.col("source_row").alias("top"), pl.col(old).alias("_top"))
        values = covered.explode("source_row").join(tops, on="top").unique("source_row", keep="first")
        joined = body.join(values.select("source_row", "_top"), on="source_row", how="left", maintain_order="left")
        body = joined.with_columns(pl.coalesce(old, "_top").alias(old)).drop("_top")
        told.append(f"{_letters(raw.first_column + index)} 列有 {len(spans)} 处纵向合并的单元格，已按首格的值填充。")
    return body


def _letters(index: int) -> str:
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


# ---- workbooks

_BROKEN = "文件已损坏或不完整，不能作为 xlsx 打开；请用 Excel 或 WPS 重新另存为 .xlsx 后提交。"
_SAVE_AGAIN = "请用 Excel 或 WPS 重新另存为 .xlsx 后提交。"
_ENCRYPTED = "文件有打开密码，不能读取；请取消密码后重新提交。"
_OLD_XLS = "这是旧的 .xls 格式；请另存为 .xlsx 后提交。"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WEB_PAGE = re.compile(rb"<(?:!doctype|html|table|meta|\?xml)", re.IGNORECASE)


def _refuse_not_zip(path: Path) -> None:
    """Says what a file that is no zip archive is instead."""
    with path.open("rb") as file:
        start = file.read(64 * 1024)
        if start.startswith(_OLE):
            chunks, before = iter(lambda: file.read(MIB), b""), start
            marker = "EncryptedPackage".encode("utf-16-le")
            while before and marker not in before:
                before = (chunk := next(chunks, b"")) and before[-64:] + chunk
            raise DataError(*(("xlsx.encrypted", _ENCRYPTED) if before else ("xlsx.old", _OLD_XLS)))
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
    raise DataError("xlsx.broken", _BROKEN)


def _refuse_xls(path: Path) -> None:
    with _guard("file.access", _NO_ACCESS):
        if path.is_file() and path.stat().st_size:
            _refuse_not_zip(path)
    raise DataError("xlsx.old", _OLD_XLS)


def _read_xlsx(path: Path, limits: Limits, known: _Known, reading: Reading, file: str) -> Iterator[_Raw]:
    with _guard("xlsx.broken", _BROKEN):
        _refuse_not_zip(path)
        _check_directory(path, limits)
        with zipfile.ZipFile(path) as archive:
            scans = _check_members(archive, limits)
            members = _sheet_members(archive)
        workbook = fastexcel.read_excel(str(path))
        names = workbook.sheet_names
    for name in names:
        member = members.get(name, "")
        if member is None:
            reading.skipped.append(Skipped(file, name, None, f"“{name}”是图表或宏表，没有表格。"))
            continue
        try:
            with _guard("xlsx.sheet", f"工作表“{shown(name)}”已损坏，不能读取；请重新另存后提交。"):
                raw = _worksheet(workbook, name, scans[member or ""])  # never one that was not scanned
        except DataError as error:
            reading.problems.append(FileProblem(file, name, error.id, error.message))
            continue
        yield raw


def _check_directory(path: Path, limits: Limits) -> None:
    """Refuses a directory of too many members before it is read into objects."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 70_000))
        tail = file.read()
    sizes = [
        struct.unpack_from("<I", tail, one.start() + 12)[0] for one in re.finditer(rb"PK\x05\x06.{18}", tail, re.DOTALL)
    ]
    sizes += [
        struct.unpack_from("<Q", tail, one.start() + 40)[0] for one in re.finditer(rb"PK\x06\x06.{52}", tail, re.DOTALL)
    ]
    if not sizes:
        raise DataError("xlsx.broken", _BROKEN)
    if sizes[-1] > limits.members * 1000:
        raise _too_large("文件内的成员过多", f"{limits.members} 个")


def _check_members(archive: zipfile.ZipFile, limits: Limits) -> dict[str, _Scan]:
    """One pass over all XML of the archive, in bounded memory: worksheet member -> what it holds.

    Reading each member to its end proves the sizes that the directory declares (by its checksum).
    """
    members = archive.infolist()
    if any(one.flag_bits & 1 for one in members):
        raise DataError("xlsx.encrypted", _ENCRYPTED)
    if len(members) > limits.members:
        raise _too_large(f"文件内有 {len(members)} 个成员", f"{limits.members} 个")
    if (total := sum(one.file_size for one in members)) > limits.unpacked_bytes:
        raise _too_large(f"文件解压后有 {total / MIB:,.0f} MiB", f"{limits.unpacked_bytes / MIB:,.0f} MiB")
    if any(one.file_size > max(MIB, one.compress_size * limits.ratio) for one in members):
        raise DataError("file.ratio", f"文件的压缩比超过 {limits.ratio}:1，疑为压缩炸弹，未打开；请重新另存后提交。")
    names = {one.filename.lower() for one in members}
    if len(names) < len(members):
        raise DataError("xlsx.broken", _BROKEN)
    if not any(name.endswith("workbook.xml") for name in names):
        raise DataError(
            "xlsx.no_workbook", "这个压缩包里没有工作簿，不是 xlsx；请用 Excel 或 WPS 另存为 .xlsx 后提交。"
        )
    scans, texts, sheets = {}, list[int](), set(_sheet_members(archive).values())
    percent = percents.pattern(percents.styles(archive))
    for one in members:
        one.file_size += 1  # a stream that goes on after its declared end then has a wrong checksum
    for one in members:
        name = one.filename.lower()
        if name in sheets or ("worksheets/" in name and name.endswith(".xml")):
            scans[name] = scan = _scan(archive, one, percent)
            columns = max(max(scan.columns, default=-1) + 1, scan.unnamed)
            if scan.last_row * columns > limits.sheet_cells:
                raise _too_large(f"一个工作表占到 {scan.last_row} 行、{columns} 列", f"{limits.sheet_cells:,} 格")
        elif name.endswith((".xml", ".rels")):
            with archive.open(one) as stream:
                if name.endswith("sharedstrings.xml"):
                    texts = max(texts, _text_sizes(stream), key=sum)
                while stream.read(MIB):
                    pass
    if sum(one.cells for one in scans.values()) * max(texts, default=0) > limits.text_bytes:
        used = sum(_text_used(archive, one, texts) for one in members if one.filename.lower() in scans)
        if used > limits.text_bytes:
            raise _too_large(f"单元格的文字共有 {used / MIB:,.0f} MiB", f"{limits.text_bytes / MIB:,.0f} MiB")
    return scans


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """The stream in pieces that end before a cell, or a tag, so that each is whole in one of them."""
    rest = b""
    while chunk := stream.read(MIB):
        rest += chunk
        cut = rest.rfind(b"<c ")
        cut = cut if cut > 0 else rest.rfind(b"<")
        cut = cut if cut > 0 else len(rest) * (len(rest) > 16 * MIB)
        yield rest[:cut]
        rest = rest[cut:]
    yield rest


def _ahead(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """`pieces`, the next of them being made in a thread of its own while one is looked at."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = thread.submit(next, pieces, None)
            yield piece


def _scan(archive: zipfile.ZipFile, member: zipfile.ZipInfo, percent: re.Pattern[bytes] | None = None) -> _Scan:
    scan = _Scan()
    with archive.open(member) as stream:
        for piece in _ahead(_pieces(stream)):
            if not _scan_plain(piece, scan):
                _scan_odd(piece, scan)
            if percent and (found := percent.findall(piece)):
                scan.percents.append(percents.cells(found))
            if b"mergeCell" in piece:
                scan.merges.update(_MERGE.findall(piece))
            if b't="e"' in piece or (b"'" in piece and b"t='e'" in piece):
                scan.errors += [one.decode() for one in _ERROR.findall(piece)][: 4 - len(scan.errors)]
            if b"<f" in piece:
                scan.uncalculated += [one.decode() for one in _UNCALCULATED.findall(piece)][
                    : 4 - len(scan.uncalculated)
                ]
    if scan.merges or scan.percents:
        with archive.open(member) as stream:
            scan.filled.update(
                percents.column_index(letters) for piece in _pieces(stream) for letters in _FILLED.findall(piece)
            )
    return scan


def _scan_odd(piece: bytes, scan: _Scan) -> None:
    """Cells and fine numbers of a piece, however they are written."""
    tags, found = sum(map(piece.count, _TAGS)), _REFERENCE.findall(piece)
    if (plain := len(found)) < tags:
        found = _ODD_REFERENCE.findall(piece)
        plain = sum(1 for one, _ in found if one)
    rows = [int(one) for one in _ROW.findall(piece)]
    scan.cells += max(tags, plain)
    scan.unnamed += max(0, tags - plain)
    scan.columns.update(percents.column_index(one) for one in {letters for letters, _ in found} if one)
    scan.last_row = max(scan.last_row, *rows, max((int(one) for _, one in found), default=0))
    scan.fine_elsewhere = scan.fine_elsewhere or bool(_FINE.search(piece))


_Codes = npt.NDArray[np.uint8]
_Places = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]


def _scan_plain(piece: bytes, scan: _Scan) -> bool:
    """The same, many times as fast, where each cell begins with `<c r="B7"` and each row with `<row r="7"`.

    Excel, WPS, LibreOffice and the libraries write so. False, and nothing noted, if a cell or row begins otherwise.
    """
    codes = np.frombuffer(piece + bytes(16), np.uint8)
    tags, colons = (np.flatnonzero(codes == ord(one)) for one in "<:")
    cells, rows = (tags[codes[tags + 1] == ord(one)] for one in "cr")
    cells = cells[~_within(codes[cells + 2], "a", "z")]  # no <col>
    rows = rows[_spelt(codes, rows + 2, "ow") & ~_within(codes[rows + 4], "A", "Z")]  # no <rowBreaks>
    prefixed = (codes[colons + 1] == ord("c")).any()  # <x:c>
    if prefixed or not (_spelt(codes, cells + 2, ' r="').all() and _spelt(codes, rows + 4, ' r="').all()):
        return False
    column, after = _read_number(codes, cells + 6, "A", 26, 3)
    row, end = _read_number(codes, after, "0", 10, 7)
    tagged, end_of_tagged = _read_number(codes, rows + 8, "0", 10, 7)
    ends = np.concatenate([end, end_of_tagged])
    if not (column.all() and row.all() and tagged.all() and (codes[ends] == ord('"')).all()):
        return False
    scan.cells += len(cells)
    scan.columns.update((np.flatnonzero(np.bincount(column)) - 1).tolist())
    scan.last_row = max(scan.last_row, int(row.max(initial=0)), int(tagged.max(initial=0)))
    points, signs = (np.flatnonzero(codes == ord(one)) for one in ".-")
    for n in (10, 5, 1, 2, 3, 4, 6, 7, 8, 9):  # most are out after two
        points = points[_within(codes[points + n], "0", "9")]
    signs = signs[(codes[signs - 1] | 32) == ord("e")]
    if len(points) or len(signs):
        _note_fine(piece, codes, tags, np.concatenate([points, signs]), (cells, row, column), scan)
    return True


def _within(codes: _Codes, low: str, high: str) -> _Mask:
    return (codes >= ord(low)) & (codes <= ord(high))


def _spelt(codes: _Codes, at: _Places, text: str) -> _Mask:
    same: _Mask = codes[at] == ord(text[0])
    for n, one in enumerate(text[1:], 1):
        same &= codes[at + n] == ord(one)
    return same


def _read_number(codes: _Codes, at: _Places, first: str, base: int, length: int) -> tuple[_Places, _Places]:
    """The number at each place, up to `length` digits (or letters of a column, from A = 1), and where it ends."""
    number = np.zeros(len(at), np.int64)
    for _ in range(length):
        digit = codes[at] - np.uint8(ord(first))  # beyond any base for what comes before
        more = digit < base
        number = np.where(more, number * base + digit + (first == "A"), number)
        at = at + more
    return number, at


def _note_fine(
    piece: bytes, codes: _Codes, tags: _Places, places: _Places, cells: tuple[_Places, _Places, _Places], scan: _Scan
) -> None:
    """The numbers around `places`, and the row and column of their cells (where these begin, their rows, columns)."""
    next_tag, cell = np.searchsorted(tags, places), np.searchsorted(cells[0], places) - 1
    start, end = np.insert(tags, 0, 0)[next_tag], np.append(tags, len(piece))[next_tag]
    plain = _spelt(codes, start, "<v>") & (cell >= 0)
    if any(_FINE.search(piece, max(0, place - 40), place + 11) for place in places[~plain].tolist()):
        scan.fine_elsewhere = True
    start, end, cell = (one[plain] for one in (start, end, cell))
    texts = [piece[a:b] for a, b in zip((start + 3).tolist(), end.tolist(), strict=True)]
    number = pl.Series(texts, dtype=pl.Binary).cast(pl.String, strict=False).cast(pl.Float64, strict=False)
    fine = pl.DataFrame({"row": cells[1][cell], "column": cells[2][cell] - 1, "number": number})
    scan.fine.append(fine.drop_nulls().unique())


def _text_sizes(stream: IO[bytes]) -> list[int]:
    """The bytes of each shared text, tags included."""
    sizes, rest = list[int](), 0
    while chunk := stream.read(MIB):
        first, *others = re.split(rb"</(?:\w+:)?si>", chunk)
        rest += len(first)
        for one in others:
            sizes.append(rest)
            rest = len(one)
    return [*sizes, rest]


def _text_used(archive: zipfile.ZipFile, member: zipfile.ZipInfo, texts: list[int]) -> int:
    with archive.open(member) as stream:
        used = (int(one) for piece in _pieces(stream) for one in _SHARED.findall(piece))
        return sum(texts[one] for one in used if one < len(texts))


def _sheet_members(archive: zipfile.ZipFile) -> dict[str, str | None]:
    """Sheet name -> its member in the archive; nothing where the usual places are not used."""
    parts = []
    for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        if name not in archive.namelist() or archive.getinfo(name).file_size > 4 * MIB:
            return {}
        text = archive.read(name)
        if b"<!DOCTYPE" in text:
            raise DataError("xlsx.broken", _BROKEN)
        parts.append(ElementTree.fromstring(text))
    targets = {one.get("Id"): one.get("Target", "") for one in parts[1]}
    kinds = {one.get("Id"): one.get("Type", "") for one in parts[1]}
    members = dict[str, str | None]()
    for one in parts[0].iter():
        if one.tag.endswith("}sheet"):
            id = next((value for key, value in one.attrib.items() if key.endswith("}id")), None)
            target = targets.get(id, "")
            place = target if target.startswith("/") else f"/xl/{target}"
            is_table = kinds.get(id, "").endswith("/worksheet")
            members[one.get("name", "")] = posixpath.normpath(place).lstrip("/").lower() if is_table else None
    return members


def _worksheet(workbook: fastexcel.ExcelReader, name: str, scan: _Scan) -> _Raw:
    sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    frame = sheet.to_polars()
    frame.columns = [f"c{index}" for index in range(frame.width)]
    if scan.fine or scan.fine_elsewhere:  # as text, fastexcel cuts numbers to 9 decimals
        exact = None if scan.fine_elsewhere else _with_fine(frame, scan)
        frame = _all_exact(workbook, name, frame) if exact is None else exact
    first = min(scan.filled or scan.columns, default=0)
    merges, notes, problems = list[tuple[int, int, int]](), [], []
    if scan.percents:
        shares = percents.written(frame, pl.concat(scan.percents), first)
        if shares is None:
            problems.append(("xlsx.percent", f"工作表“{shown(name)}”中百分比格式的单元格不能定位；{_SAVE_AGAIN}"))
        else:
            frame = shares
    frame = frame.select(_without_midnight(column) for column in frame).with_row_index("source_row", offset=1)
    spans = [(percents.column_index(a), int(top), int(last)) for a, top, _, last in scan.merges if int(last) > int(top)]
    if sum(last - top for _, top, last in spans) > 2_000_000:
        notes.append("合并单元格过多，没有填充。")
    elif max(scan.filled, default=0) - first + 2 != frame.width and spans:
        notes.append("合并单元格的位置不能确定，没有填充。")
    else:
        merges = sorted(spans)
    for cells, id, what in (
        (scan.errors, "xlsx.error_value", "是错误值（如 #DIV/0!），按空单元格读取；请改正公式后重新提交"),
        (
            scan.uncalculated,
            "xlsx.uncalculated",
            "的公式没有保存计算结果，按空单元格读取；请用 Excel 或 WPS 打开并保存后重新提交",
        ),
    ):
        if cells:
            more = " 等" if len(cells) > 3 else ""
            problems.append((id, f"工作表“{shown(name)}”的单元格 {'、'.join(cells[:3])}{more} {what}。"))
    hidden = sheet.visible != "visible"
    return _Raw(name, frame.cast({"source_row": pl.Int64}), first, tuple(merges), hidden, tuple(problems), tuple(notes))


def _with_fine(frame: pl.DataFrame, scan: _Scan) -> pl.DataFrame | None:
    """`frame` with all decimals of the fine numbers; None if these do not stand where they should."""
    first, columns = min(scan.columns), frame.get_columns()
    for (column,), fine in pl.concat(scan.fine).group_by("column"):
        at, row, number = int(str(column)) - first, fine["row"] - 1, fine["number"]
        if at >= frame.width or row.is_between(0, frame.height, closed="left").not_().any():
            return None
        texts = columns[at].gather(row)
        cut = texts.cast(pl.Float64, strict=False)
        if not (((cut - number).abs() <= 1.01e-9) | texts.str.contains(_TIME)).fill_null(False).all():
            return None
        differs = cut != number
        columns[at] = columns[at].scatter(row.filter(differs), number.filter(differs).cast(pl.String))
    return pl.DataFrame(columns)


def _all_exact(workbook: fastexcel.ExcelReader, name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The same by reading all cells again, as numbers."""
    exact = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="float").to_polars()
    exact.columns = [f"f{index}" for index in range(exact.width)]
    differs = [pl.col(f"c{i}").cast(pl.Float64, strict=False) != pl.col(f"f{i}") for i in range(frame.width)]
    texts = [pl.col(f"f{i}").cast(pl.String) for i in range(frame.width)]
    return frame.hstack(exact).select(
        pl.when(one).then(text).otherwise(pl.col(c)).alias(c)
        for one, text, c in zip(differs, texts, frame.columns, strict=True)
    )


def _without_midnight(cells: pl.Series) -> pl.Series:
    """Dates without their 00:00:00, null for empty texts."""
    if cells.str.ends_with(" 00:00:00").any():
        cells = cells.str.replace(r"^([0-9]{4}-[0-9]{2}-[0-9]{2}) 00:00:00$", "$1")
    return _without_empty(cells)


def _without_empty(cells: pl.Series) -> pl.Series:
    """Null for empty texts."""
    return cells.replace("", None) if (cells == "").any() else cells


# ---- CSV

_SEPARATORS = ",\t;"
_MAX_COLUMNS = 16_384  # as in a spreadsheet
_THREADS = 4  # which look through a file
_MANY_LINES = 500_000  # of a file whose columns are read as codes
_SAMPLE = 4_000  # rows that show which columns repeat themselves
_INTEGER, _DECIMAL_NUMBER = r"^-?[0-9]{1,15}$", r"^-?[0-9]{1,15}(?:\.[0-9]*)?$"  # plain ones
_PARSING = (pl.exceptions.ComputeError, pl.exceptions.SchemaError)
_WHOLE = 2.0**53  # the numbers below are exact as Int64 and as Float64
_NOT_TEXT = "文件不是文本，或编码不是 UTF-8、GB18030；请另存为 UTF-8 编码的 CSV 后提交。"
_QUOTES = "CSV 的双引号不成对或位置不对，不能分清单元格；请改正（内容里的一个引号写成两个）后提交。"


@dataclass
class _Csv:
    """A CSV file as UTF-8: where, how its records are parted, and how many marks it has."""

    path: Path
    separator: str = ","
    eol: str = "\n"
    width: int = 1  # of the widest of the first rows
    header_width: int = 0
    first: tuple[str, ...] = ()  # the header, where it is the first line
    lines: int = 1
    quotes: int = 0


def _read_csv(path: Path, limits: Limits, known: _Known, reading: Reading, file: str) -> Iterator[_Raw]:
    with tempfile.TemporaryDirectory() as spare, _guard("csv.broken", _NOT_TEXT):
        if raw := _numbered(path, limits, known):
            yield raw
            return
        text = _as_utf8(path, Path(spare, "utf8.csv"), known)
        if not text.header_width:
            problem = _no_header(file, None, "文件", known)
            raise DataError(problem.id, problem.message)
        if text.lines > limits.cells:
            raise _too_large("文件的单元格过多", f"{limits.cells:,} 格")
        if text.quotes % 2:
            raise DataError("csv.quotes", _QUOTES)
        frame = _beyond_header(_csv_frame(text, limits), text)
        last = frame[f"c{text.header_width - 1}"]
        if not text.quotes and last.null_count() and _separators(text) != frame.height * (text.header_width - 1):
            frame = _flag_short(frame, text)
    yield _Raw("", frame)


def _as_utf8(path: Path, spare: Path, known: Collection[str]) -> _Csv:
    """The file itself or a transcoded copy, in bounded memory."""
    with path.open("rb") as stream:
        start = stream.read(3)
    encoding = "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "gb18030"
    try:
        if encoding != "utf-16":
            with suppress(UnicodeError):
                return _looked_through(path, known)
            if start == codecs.BOM_UTF8:
                raise DataError("csv.encoding", _NOT_TEXT)
        with path.open(encoding=encoding, newline="") as text, spare.open("w", encoding="utf-8", newline="") as copy:
            shutil.copyfileobj(text, copy, MIB)
        return _looked_through(spare, known)
    except UnicodeError:
        raise DataError("csv.encoding", _NOT_TEXT) from None


def _looked_through(path: Path, known: Collection[str], proven: bool = False) -> _Csv:
    """The shape of a file of UTF-8. Raises UnicodeError where it is none, unless another proves that it is."""
    text = _shape(_piece(path, 0), path, known)

    def tally(at: int) -> tuple[int, int]:
        piece = _piece(path, at, proven)
        if b"\0" in piece:
            raise DataError("csv.binary", "文件含有二进制内容，不是 CSV 文本；请另存为 UTF-8 编码的 CSV 后提交。")
        lines = _count(piece, text.eol)
        if lines == 0 and len(piece) >= MIB - 3:  # no more of it is read
            cells = _count(piece, text.separator)
            if cells > _MAX_COLUMNS:
                raise _too_large(f"文件有一行超过 {cells:,} 列", f"{_MAX_COLUMNS:,} 列")
            if cells == 0:
                raise DataError("file.too_large", f"文件{_LONG_CELL}")
        return lines, _count(piece, '"') if b'"' in piece else 0  # looking is faster than counting

    with ThreadPoolExecutor(_THREADS) as threads:
        for lines, quotes in threads.map(tally, range(0, path.stat().st_size, MIB)):
            text.lines += lines
            text.quotes += quotes
    return text


def _piece(path: Path, at: int, proven: bool = False) -> bytes:
    """The characters that begin in the MiB at this byte. Raises UnicodeError where they are not UTF-8; of what is proven
    to be, the bytes."""
    with path.open("rb") as stream:
        stream.seek(at)
        chunk = stream.read(MIB if proven else MIB + 3)
    if proven:
        return chunk

    def begins(place: int) -> int:  # the first byte from here that continues no character
        return next((n for n in range(place, place + 3) if chunk[n : n + 1] and chunk[n] & 0xC0 != 0x80), place + 3)

    piece = chunk[begins(0) if at else 0 : begins(MIB)]
    try:
        pl.Series([piece], dtype=pl.Binary).cast(pl.String)  # ten times as fast as a decoder
    except pl.exceptions.PolarsError as error:
        raise UnicodeError from error
    return piece


def _count(piece: bytes, mark: str) -> int:
    """Ten times as fast as bytes.count, for a mark that is frequent."""
    return int(np.count_nonzero(np.frombuffer(piece, np.uint8) == ord(mark)))


def _separators(text: _Csv) -> int:
    with text.path.open("rb") as stream:
        return sum(_count(piece, text.separator) for piece in iter(lambda: stream.read(MIB), b""))


def _shape(piece: bytes, path: Path, known: Collection[str]) -> _Csv:
    """How records are parted, from the first piece of the file: as most known headers are found in a row."""
    head = piece.decode("utf-8", "ignore").removeprefix("\ufeff")
    if not head.strip():
        raise DataError("file.empty", "文件里没有内容；请填写后提交。")
    text, best = _Csv(path, eol="\r" if "\r" in head and "\n" not in head else "\n"), 1
    for separator in _SEPARATORS:
        rows = list(itertools.islice(_records(head, separator), _HEADER_WITHIN))
        header = next((row for row in rows if _known_cells(row, known) >= 2), [])
        if (score := _known_cells(header, known)) > best:
            best, text.separator, text.width = score, separator, max(map(len, rows))
            text.header_width = max(index for index, cell in enumerate(header, 1) if cell.strip())
            text.first = tuple(header) if head.startswith(separator.join(header)) else ()
    return text


def _records(head: str, separator: str) -> Iterator[list[str]]:
    """The records with content, as far as the csv module can tell."""
    with suppress(csv.Error):
        yield from (
            row for row in csv.reader(io.StringIO(head, newline=""), delimiter=separator) if any(map(str.strip, row))
        )


def _csv_frame(text: _Csv, limits: Limits) -> pl.DataFrame:
    """All records, wide enough for the longest one; of many lines, the columns that repeat themselves as codes."""
    width, coded = text.width, text.lines > _MANY_LINES
    while width <= _MAX_COLUMNS and width * text.lines <= limits.cells:
        scan = _records_of(text, dict.fromkeys((f"c{index}" for index in range(width)), pl.String()))
        try:
            frame = (_coded(scan, text) if coded else scan).collect()
            row = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True)
            return frame.insert_column(0, row.alias("source_row"))
        except _PARSING as error:
            if coded:  # a column stopped repeating itself, or what is wrong is wrong with texts too
                coded = False
            elif "more fields" in str(error) or "not specified in schema" in str(error):
                width *= 2
            else:
                raise DataError("csv.quotes", _QUOTES) from error
    raise _too_large(f"文件约有 {text.lines:,} 行、最宽处约 {width} 列", f"{_MAX_COLUMNS:,} 列、{limits.cells:,} 格")


def _records_of(text: _Csv, schema: Mapping[str, pl.DataType], skip: int = 0, rows: int | None = None) -> pl.LazyFrame:
    scan = pl.scan_csv(
        text.path,
        has_header=False,
        skip_lines=skip,
        n_rows=rows,
        truncate_ragged_lines=rows is not None,
        infer_schema=False,
        schema=schema,
        missing_columns="insert",
        separator=text.separator,
        eol_char=text.eol,
        glob=False,
    )
    return scan.with_columns(pl.all().replace("", None)) if text.quotes else scan  # "" is an empty cell too


def _coded(scan: pl.LazyFrame, text: _Csv) -> pl.LazyFrame:
    """Columns that repeat themselves as Categorical: a tenth of the memory, and no time to find the codes later.

    Fails where a column has more texts than codes.
    """
    types = _types(text, [None] * len(scan.collect_schema()))
    # Parsed as codes, a cell with misplaced quotes would be no error.
    return scan.cast(pl.Schema(types)) if text.quotes else _records_of(text, types)


def _types(text: _Csv, numbers: Sequence[pl.DataType | None], skip: int = 0) -> dict[str, pl.DataType]:
    """What each column may be read as, judged by the first records after `skip`: the type of numbers where there is one
    and all look like it, Categorical where texts repeat themselves, else String."""
    types: dict[str, pl.DataType] = {f"c{index}": pl.String() for index in range(len(numbers))}
    sample = _records_of(text, types, skip, rows=_SAMPLE).collect()
    for (name, cells), number in zip(sample.to_dict().items(), numbers, strict=True):
        looks = _INTEGER if number and number.is_integer() else _DECIMAL_NUMBER
        if number and cells.str.contains(looks).all():
            types[name] = number
        elif cells.n_unique() * 4 < cells.len():
            types[name] = pl.Categorical(pl.Categories.random(physical=pl.UInt16))
    return types


def _numbered(path: Path, limits: Limits, known: _Known) -> _Raw | None:
    """A file of many lines whose numbers are read as numbers: half the time. None where that cannot be, as one of them
    is none, or the file is not as plain as its beginning.

    A number does not say how it was written: that is read again, where a row is to be shown as filed.
    """
    stamp = _stamp(path)
    if stamp[0] < _MANY_LINES:
        return None
    try:
        text = _looked_through(path, known, proven=True)  # by polars, which refuses what is no UTF-8
        width = len(text.first)
        if text.quotes or text.lines <= _MANY_LINES or not width == text.width == text.header_width:
            return None
        types = _types(text, [known.get(header_key(one)) for one in text.first], skip=1)
        numbers = [name for name, dtype in types.items() if dtype.is_numeric()]
        if not numbers or width * text.lines > limits.cells:
            return None
        frame = _records_of(text, types, skip=1).collect()
    except (DataError, UnicodeError, *_PARSING):
        return None
    for name in numbers:
        low, high = frame.select(low=pl.col(name).min().fill_null(0), high=pl.col(name).max().fill_null(0)).row(0)
        if not (low > -_WHOLE and high < _WHOLE) or frame[name].is_nan().any():
            return None
    if frame[:, -1].null_count() and _separators(text) != (frame.height + 1) * (width - 1):  # a line with fewer cells
        return None

    def spelt(rows: pl.Series) -> pl.DataFrame:
        texts = _records_of(text, dict.fromkeys(types, pl.String()), skip=1).select(numbers)
        chosen = texts.with_row_index("row", offset=2).filter(pl.col("row").is_in(rows.implode())).collect()
        if _stamp(path) != stamp or chosen.height != rows.len():
            raise DataError("file.changed", f"文件 {shown(path.name)} 在读取时被改动；请在文件不再变动后重新检查。")
        return chosen.drop("row")

    row = pl.int_range(2, frame.height + 2, dtype=pl.Int64, eager=True)
    return _Raw("", frame.insert_column(0, row.alias("source_row")), header=text.first, spelt=spelt)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _beyond_header(frame: pl.DataFrame, text: _Csv) -> pl.DataFrame:
    """`frame` with the cells beyond the header's in `_extra`, and `_ragged` where there are any."""
    names = frame.columns[1:]
    cells, further = names[: text.header_width], names[text.header_width :]
    if all(frame[name].null_count() == frame.height for name in further):
        return frame.drop(further)
    joined = pl.concat_str([text_of(name).fill_null("") for name in further], separator=text.separator)
    extra = joined.str.strip_chars_end(text.separator).replace("", None)
    ragged = pl.when(extra.is_not_null()).then(pl.lit("多")).alias("_ragged")
    return frame.select("source_row", *cells, ragged, extra.alias("_extra"))


def _flag_short(frame: pl.DataFrame, text: _Csv) -> pl.DataFrame:
    """Marks rows with fewer cells than the header; for a file without quotes, where a line is a record."""
    lines = pl.read_csv(
        text.path,
        has_header=False,
        schema={"line": pl.String},
        separator="\x01",
        quote_char=None,
        eol_char=text.eol,
        truncate_ragged_lines=True,
        missing_columns="insert",
        glob=False,
    )
    short = lines["line"].str.count_matches(text.separator, literal=True) < text.header_width - 1
    if lines.height != frame.height or not short.any():
        return frame
    if "_ragged" not in frame.columns:
        frame = frame.with_columns(_ragged=pl.lit(None, pl.String), _extra=pl.lit(None, pl.String))
    return frame.with_columns(pl.when(short).then(pl.lit("少")).otherwise("_ragged").alias("_ragged"))


# ---- Parquet


def _read_parquet(path: Path, limits: Limits, known: _Known, reading: Reading, file: str) -> Iterator[_Raw]:
    with _guard("parquet.broken", "文件已损坏，不能作为 Parquet 读取；请重新导出后提交。"):
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - 4))
            if stream.read() == b"PARE":
                raise DataError("parquet.encrypted", "Parquet 文件是加密的，不能读取；请不加密重新导出后提交。")
        scan = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        schema = scan.collect_schema()
        odd = [name for name, dtype in schema.items() if dtype.is_nested() or dtype in (pl.Object, pl.Binary)]
        if odd:
            raise DataError(
                "parquet.nested", f"列“{shown(odd[0])}”是嵌套或二进制类型；每列应是文字、数字、日期或是否。"
            )
        height = int(scan.select(pl.len()).collect().item())
        if height * len(schema) > limits.cells:
            raise _too_large(f"文件有 {height} 行、{len(schema)} 列", f"{limits.cells:,} 格")
        long = [
            (pl.col(name).cat if dtype in (pl.Categorical, pl.Enum) else pl.col(name).str).len_bytes()
            for name, dtype in schema.items()
            if dtype in (pl.String, pl.Categorical, pl.Enum)
        ]
        if long and height:
            sizes = scan.select(pl.sum_horizontal(one.cast(pl.Int64).sum() for one in long)).collect().item()
            if sizes > limits.text_bytes:
                raise _too_large(f"文件的文字共有 {sizes / MIB:,.0f} MiB", f"{limits.text_bytes / MIB:,.0f} MiB")
        texts = [_as_text(name, dtype).alias(f"c{index}") for index, (name, dtype) in enumerate(schema.items())]
        data = scan.select(texts).collect()
        header = pl.DataFrame({f"c{index}": [name] for index, name in enumerate(schema)}, schema=data.schema)
        frame = pl.concat([header, data]).with_row_index("source_row", offset=1).cast({"source_row": pl.Int64})
    yield _Raw("", frame)


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    text = pl.col(name).cast(pl.String)
    if dtype.is_float():
        return text.str.replace(r"\.0$", "")
    if isinstance(dtype, pl.Datetime):
        return text.str.replace(r"\.0+$", "").str.replace(r" 00:00:00$", "")
    return text.replace("", None)


_READERS: dict[str, _Reader] = {".xlsx": _read_xlsx, ".csv": _read_csv, ".parquet": _read_parquet}


# ---- the text of a cell

_NOTHING = r"(?i)^(?:[-—–―−‐─/\\~]+|无|空|n/a|na|#n/a|null|nan)$"
_SUFFIXES = {"%": -2, "‰": -3, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "万亿": 12}
_SUFFIX = "|".join(sorted(_SUFFIXES, key=len, reverse=True))
_NUMBER = (
    r"^([+-]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)"
    rf"(?:[eE][+-]?[0-9]+|\s*(?:{_SUFFIX}))?)$"
)
# a suffix becomes an exponent, for 4.35 * 100 is not 435
_DECIMAL = {suffix: f"e{_SUFFIXES[suffix]}" for suffix in _SUFFIX.split("|")} | {",": "", " ": ""}


def clean(cell: pl.Expr) -> pl.Expr:
    """The text of a cell: half-width (NFKC), trimmed; null for what says nothing (`—`, `/`, `无`, `N/A` ...)."""
    plain = cell.str.replace_all("[\u200b\u200c\u200d\u2060\ufeff]", "").str.normalize("NFKC").str.strip_chars()
    return plain.str.replace(_NOTHING, "").replace("", None)  # one chain: polars would compute a branch again


def number(cell: pl.Expr) -> pl.Expr:
    """The number a cell's text says, Float64, the nearest one to its decimals; null where it is no number.

    Accepts `1,234.5`, `85%` (0.85), `1.2亿`, `3万`, `1.5e3`, full-width forms and Chinese minus signs. Commas must
    part groups of three; `1,5` is no number here, for nobody knows which one was meant.
    """
    written = clean(cell).str.replace("^[−–‐负]", "-").str.extract(_NUMBER)
    decimal = written.str.replace_many(list(_DECIMAL), list(_DECIMAL.values()), leftmost=True)
    return decimal.cast(pl.Float64, strict=False).replace([math.inf, -math.inf], None)
