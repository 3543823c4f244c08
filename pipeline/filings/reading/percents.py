"""Which numbers of a worksheet are shown as percentages? A cell of 0.85 in the format `0%` says 85%.

A workbook keeps the number and the format apart, and its reader gives the number alone: in a column of percentages
0.85 would be less than one.
"""

from __future__ import annotations

import re
import zipfile
from decimal import Decimal
from xml.etree import ElementTree

import polars as pl

_BUILT_IN = {9, 10}  # 0% and 0.00%
_LITERAL = re.compile(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]')
_MOST = 16 << 20  # bytes of the styles
CELLS = {"row": pl.Int64(), "column": pl.Int64(), "number": pl.Float64()}


def styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """The numbers of the cell styles of a workbook that show percentages."""
    name = next((one for one in archive.namelist() if one.lower().endswith("xl/styles.xml")), None)
    if name is None or archive.getinfo(name).file_size > _MOST:
        return frozenset()
    text = archive.read(name)
    if b"<!DOCTYPE" in text:
        return frozenset()
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:  # the reader may still make sense of the cells
        return frozenset()
    formats = {one.get("numFmtId"): one.get("formatCode", "") for one in root.iterfind("{*}numFmts/{*}numFmt")}
    percent = {id for id, code in formats.items() if "%" in _LITERAL.sub("", code)}
    percent |= {str(id) for id in _BUILT_IN} - formats.keys()
    return frozenset(n for n, one in enumerate(root.iterfind("{*}cellXfs/{*}xf")) if one.get("numFmtId") in percent)


def pattern(of: frozenset[int]) -> re.Pattern[bytes] | None:
    """Finds the cells of these styles: column, row, attributes, number."""
    if not of:
        return None
    numbers = b"|".join(str(one).encode() for one in sorted(of))
    return re.compile(
        rb"<(?:\w+:)?c\s+r=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']([^<>]{0,200}?\bs=[\"'](?:" + numbers + rb")[\"'][^<>]{0,200})>"
        rb"(?:<(?:\w+:)?f\b[^<>]{0,200}(?:/>|>[^<]*</(?:\w+:)?f>))?<(?:\w+:)?v>([^<]{1,40})<"
    )  # fmt: skip


def cells(found: list[tuple[bytes, bytes, bytes, bytes]]) -> pl.DataFrame:
    """CELLS of what `pattern` found in a piece of a worksheet; columns are counted from 0, rows from 1."""
    numbers = [one for one in found if not re.search(rb"\bt=[\"'](?!n[\"'])", one[2])]
    columns = {letters: column_index(letters) for letters in {one[0] for one in numbers}}
    return pl.DataFrame(
        {
            "row": [int(one[1]) for one in numbers],
            "column": [columns[one[0]] for one in numbers],
            "number": pl.Series([one[3].decode() for one in numbers], dtype=pl.String).cast(pl.Float64, strict=False),
        },
        schema=CELLS,
    )


def written(frame: pl.DataFrame, shown: pl.DataFrame, first: int) -> pl.DataFrame | None:
    """`frame` (texts; its first column is the worksheet's `first`) with the percentages as `85%`; None where other
    numbers stand in the places of CELLS."""
    columns = frame.get_columns()
    for (column,), part in shown.group_by("column"):
        at, rows = int(str(column)) - first, part["row"] - 1
        if not 0 <= at < frame.width or rows.max() >= frame.height:  # type: ignore[operator]
            return None
        texts = columns[at].gather(rows)
        if not ((texts.cast(pl.Float64, strict=False) - part["number"]).abs() <= 1.01e-9).fill_null(False).all():
            return None
        percent = {text: f"{Decimal(text).scaleb(2).normalize():f}%" for text in texts.unique().to_list()}
        columns[at] = columns[at].scatter(rows, texts.replace_strict(percent, return_dtype=pl.String))
    return pl.DataFrame(columns)


def column_index(letters: bytes) -> int:
    """The place of a worksheet's column, counted from 0: A, b and AA are 0, 1 and 26."""
    number = 0
    for one in letters.upper():
        number = number * 26 + one - 64
    return number - 1
