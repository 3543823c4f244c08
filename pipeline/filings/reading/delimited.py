"""Which texts stand in this CSV? Its encoding and separator are found out; of many lines, numbers are read as numbers."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.errors import DataError, shown
from pipeline.filings.distinct import code_type, text_of, threaded
from pipeline.filings.reading.sheets import (
    HEADER_WITHIN,
    LONG_CELL,
    MIB,
    Known,
    Limits,
    Raw,
    Reading,
    guard,
    header_key,
    known_cells,
    no_header,
    too_large,
)

_SEPARATORS = ",\t;"
_MAX_COLUMNS = 16_384  # as in a spreadsheet
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


def read_csv(path: Path, limits: Limits, known: Known, reading: Reading, file: str) -> Iterator[Raw]:
    with tempfile.TemporaryDirectory() as spare, guard("csv.broken", _NOT_TEXT):
        raw = _numbered(path, limits, known) or _as_texts(path, Path(spare, "utf8.csv"), limits, known, file)
    yield raw


def _as_texts(path: Path, spare: Path, limits: Limits, known: Known, file: str) -> Raw:
    """Any CSV, each cell as text. Raises DataError."""
    text = _as_utf8(path, spare, known)
    if not text.header_width:
        problem = no_header(file, None, "文件", known)
        raise DataError(problem.id, problem.message)
    if text.lines > limits.cells:
        raise too_large("文件的单元格过多", f"{limits.cells:,} 格")
    if text.quotes % 2:
        raise DataError("csv.quotes", _QUOTES)
    frame = _beyond_header(_csv_frame(text, limits), text)
    last = frame[f"c{text.header_width - 1}"]
    if not text.quotes and last.null_count() and _separators(text) != frame.height * (text.header_width - 1):
        frame = _flag_short(frame, text)
    return Raw("", frame)


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
                raise too_large(f"文件有一行超过 {cells:,} 列", f"{_MAX_COLUMNS:,} 列")
            if cells == 0:
                raise DataError("file.too_large", f"文件{LONG_CELL}")
        return lines, _count(piece, '"') if b'"' in piece else 0  # looking is faster than counting

    size = path.stat().st_size
    tallies = threaded(tally, range(0, size, MIB), size)
    text.lines += sum(lines for lines, _ in tallies)
    text.quotes += sum(quotes for _, quotes in tallies)
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
        rows = list(itertools.islice(_records(head, separator), HEADER_WITHIN))
        header = next((row for row in rows if known_cells(row, known) >= 2), [])
        if (score := known_cells(header, known)) > best:
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
    raise too_large(f"文件约有 {text.lines:,} 行、最宽处约 {width} 列", f"{_MAX_COLUMNS:,} 列、{limits.cells:,} 格")


def _records_of(
    text: _Csv,
    schema: Mapping[str, pl.DataType],
    skip: int = 0,
    rows: int | None = None,
    source: Path | io.BytesIO | None = None,
) -> pl.LazyFrame:
    scan = pl.scan_csv(
        source or text.path,
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
    with text.path.open("rb") as stream:
        head = stream.read(MIB)
    whole = head[: head.rfind(text.eol.encode()) + 1]  # of lines; a text in quotes may have several
    source = io.BytesIO(whole) if whole and not text.quotes else None
    sample = _records_of(text, types, skip, _SAMPLE, source).collect()
    for (name, cells), number in zip(sample.to_dict().items(), numbers, strict=True):
        looks = _INTEGER if number and number.is_integer() else _DECIMAL_NUMBER
        if number and cells.str.contains(looks).all():
            types[name] = number
        elif cells.n_unique() * 4 < cells.len():
            types[name] = code_type()
    return types


def _numbered(path: Path, limits: Limits, known: Known) -> Raw | None:
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
    return Raw("", frame.insert_column(0, row.alias("source_row")), header=text.first, spelt=spelt)


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
