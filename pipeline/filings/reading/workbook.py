"""Which texts stand in this workbook? It is scanned as a stream before a library that unpacks it whole may open it."""

from __future__ import annotations

import codecs
import posixpath
import re
import struct
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

import fastexcel
import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.errors import DataError, shown
from pipeline.filings.reading import percents
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
    too_large,
)

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


def refuse_xls(path: Path) -> None:
    with guard("file.access", NO_ACCESS):
        if path.is_file() and path.stat().st_size:
            _refuse_not_zip(path)
    raise DataError("xlsx.old", _OLD_XLS)


def read_workbook(path: Path, limits: Limits, known: Known, reading: Reading, file: str) -> Iterator[Raw]:
    with guard("xlsx.broken", _BROKEN):
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
            with guard("xlsx.sheet", f"工作表“{shown(name)}”已损坏，不能读取；请重新另存后提交。"):
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
        raise too_large("文件内的成员过多", f"{limits.members} 个")


def _check_members(archive: zipfile.ZipFile, limits: Limits) -> dict[str, _Scan]:
    """One pass over all XML of the archive, in bounded memory: worksheet member -> what it holds.

    Reading each member to its end proves the sizes that the directory declares (by its checksum).
    """
    members = archive.infolist()
    if any(one.flag_bits & 1 for one in members):
        raise DataError("xlsx.encrypted", _ENCRYPTED)
    if len(members) > limits.members:
        raise too_large(f"文件内有 {len(members)} 个成员", f"{limits.members} 个")
    if (total := sum(one.file_size for one in members)) > limits.unpacked_bytes:
        raise too_large(f"文件解压后有 {total / MIB:,.0f} MiB", f"{limits.unpacked_bytes / MIB:,.0f} MiB")
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
                raise too_large(f"一个工作表占到 {scan.last_row} 行、{columns} 列", f"{limits.sheet_cells:,} 格")
        elif name.endswith((".xml", ".rels")):
            with archive.open(one) as stream:
                if name.endswith("sharedstrings.xml"):
                    texts = max(texts, _text_sizes(stream), key=sum)
                while stream.read(MIB):
                    pass
    if sum(one.cells for one in scans.values()) * max(texts, default=0) > limits.text_bytes:
        used = sum(_text_used(archive, one, texts) for one in members if one.filename.lower() in scans)
        if used > limits.text_bytes:
            raise too_large(f"单元格的文字共有 {used / MIB:,.0f} MiB", f"{limits.text_bytes / MIB:,.0f} MiB")
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


def _worksheet(workbook: fastexcel.ExcelReader, name: str, scan: _Scan) -> Raw:
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
    return Raw(name, frame.cast({"source_row": pl.Int64}), first, tuple(merges), hidden, tuple(problems), tuple(notes))


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
