"""What is a sheet of text, before and after its table is found? The words that all readers share."""

from __future__ import annotations

import errno
import itertools
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import polars as pl

from pipeline.errors import DataError, shown

MIB = 1 << 20
HEADER_WITHIN = 20  # non-empty rows
_BRACKETS = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]")
RESERVED = ("source_row", "_ragged", "_extra")
NO_ACCESS = "没有读取权限；请检查权限后重试。"
LONG_CELL = "有一个单元格的文字超过上限 1 MiB；请删去或缩短后提交。"


@dataclass(frozen=True)
class Limits:
    """What a file may cost; what is larger is refused with a sentence before it is opened."""

    file_bytes: int = 1024 * MIB  # any file on disk
    unpacked_bytes: int = 200 * MIB  # a workbook's members together; its size on disk too
    ratio: int = 200  # unpacked to packed, of members above 1 MiB
    members: int = 2000
    sheet_cells: int = 20_000_000  # of the rectangle around a worksheet's cells
    text_bytes: int = 512 * MIB  # the texts of Parquet, and the shared ones of a workbook, as often as they are used
    cells: int = 50_000_000  # CSV, Parquet
    columns: int = 1000  # of Parquet, and the three below: equal cells take no room in it, and all of it when decoded
    parquet_cells: int = 8_000_000  # of a small file
    cells_per_byte: int = 4  # of a larger one; monthly filings of energy have two
    decoded_bytes: int = 200 * MIB  # of its pages


@dataclass(frozen=True)
class Sheet:
    """One table as text.

    `file` is relative to the folder, `sheet` empty for CSV and Parquet, `header_row` and `source_row` are
    1-based as a spreadsheet shows them (CSV: records; Parquet: the names are row 1). `columns` are the header
    texts (NFKC, trimmed; a repeated one gets `_2`, an empty one is `列C`), `places` where they stand, from 1. `rows`: `source_row` Int64, then
    `columns` as String, empty cells null. Ragged CSV adds `_ragged` (`少`, `多` or null: fewer or more cells than the
    header) and `_extra` (the further cells, joined by the separator).
    """

    file: str
    sheet: str
    header_row: int
    columns: list[str]
    places: list[int]
    rows: pl.DataFrame
    warnings: tuple[tuple[str, str], ...] = ()  # as of a Raw

    def problem(self, id: str, says: str, header: str | None = None) -> FileProblem:
        """Why the whole of it cannot be read. says: what follows its name."""
        return FileProblem(self.file, self.sheet or None, id, f"{place_of(self.sheet)}{says}", header)


@dataclass(frozen=True)
class FileProblem:
    """A file or sheet that cannot be read, or not in full: a stable id and one Chinese sentence. header: that is blamed."""

    file: str
    sheet: str | None
    id: str
    message: str
    header: str | None = None


@dataclass(frozen=True)
class Skipped:
    """A file, sheet or row (its 1-based number, and all that it says) that was left out on purpose."""

    file: str
    sheet: str | None
    row: int | None
    reason: str
    text: str = ""


@dataclass(frozen=True)
class Reading:
    """All that was found; each file, sheet and non-empty row is in one of the three lists."""

    sheets: list[Sheet] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True)
class Raw:
    """A sheet before its header is found: `source_row` and columns as of a Sheet; merges as (column, first, last row)."""

    sheet: str
    frame: pl.DataFrame
    first_column: int = 0
    merges: tuple[tuple[int, int, int], ...] = ()
    hidden: bool = False
    warnings: tuple[tuple[str, str], ...] = ()  # the id of a rule and what it says of the sheet
    problems: tuple[tuple[str, str], ...] = ()


Known = Collection[str]  # the keys of headers


def place_of(sheet: str | None) -> str:
    """How a sentence begins that is about the whole of a sheet, or of a file without sheets."""
    return f"工作表“{shown(sheet)}”" if sheet else "文件"


def too_large(what: str, limit: str, right: str = "请拆分成几个文件后提交") -> DataError:
    return DataError("file.too_large", f"{what}，超过上限 {limit}；{right}。")


@contextmanager
def guard(id: str, message: str, *errors: type[BaseException]) -> Iterator[None]:
    """What a library raises on bad bytes (`errors`, or anything) becomes one sentence; a full disk or memory, or any
    other fault of the machine's, is no fault of the bytes."""
    kinds = errors or (BaseException,)
    try:
        yield
    except (DataError, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except OSError as error:
        if error.errno not in (None, errno.EINVAL) and not isinstance(error, errors):  # a seek to where the bytes say
            raise
        raise DataError(id, message) from error
    except kinds as error:  # a panic of a Rust library is no Exception
        raise DataError(id, message) from error


def header_key(text: str) -> str:
    """What two headers are compared by: without brackets, blanks, stars, case and width."""
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s*]", "", _BRACKETS.sub("", plain)).casefold()


def header_at(rows: Sequence[Sequence[str | None]], known: Collection[str]) -> int | None:
    """Which of the first rows is the header: the first one with two known headers. One of labels, no two of which stand
    side by side (`填报单位 | 甲电信 | 年份 | 2025`), is no header where a later row has more."""
    found = [known_cells(row, known) for row in rows]
    for at, n in enumerate(found):
        labels = not any(known_cells(pair, known) == 2 for pair in itertools.pairwise(rows[at]))
        if n >= 2 and not (labels and max(found[at + 1 :], default=0) > n):
            return at
    return None


def known_cells(cells: Iterable[str | None], known: Collection[str]) -> int:
    return len({header_key(cell) for cell in cells if cell} & set(known))


def no_header(file: str, sheet: str | None, known: Collection[str]) -> FileProblem:
    chinese = [one for one in known if not one.isascii()] or list(known)
    expected = f"{'、'.join(chinese[:12])}{' 等' if len(chinese) > 12 else ''}"
    csv = "CSV 应以逗号、制表符或分号分隔，编码为 UTF-8 或 GB18030，" if file.lower().endswith(".csv") else ""
    message = f"{place_of(sheet)}的前 {HEADER_WITHIN} 行里没有找到表头；{csv}表头应是一行，至少含有下列列名中的两个：{expected}。"
    return FileProblem(file, sheet, "sheet.header", message)
