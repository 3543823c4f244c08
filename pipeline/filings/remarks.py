"""What goes back: to each filer the own sheets with every wrong cell marked and explained, to the compiler a summary.

A workbook goes back as it looks; any other file, and a workbook that openpyxl cannot carry, as text in the cells where
it stood. Only values go out: no formulas, links of the filer, macros or queries, and text that begins with = + - @
stays text. What the filer sends back reads as before: the reader leaves out our sheet, for it is one of 说明, and marks
of an earlier check are taken off before new ones are put on. A sheet of more than MOST rows goes back as an excerpt,
whose headers the reader does not know, so that a part is never filed for the whole.
"""

from __future__ import annotations

import io
import itertools
import math
import re
import unicodedata
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.hyperlink import Hyperlink

from pipeline.errors import OutputError, shown
from pipeline.filings import answer, rules
from pipeline.filings.contracts import BY_NAME, TABLES, Table, columns_of, headers, table_of
from pipeline.filings.intake import Intake, filled_down
from pipeline.filings.reading import BEYOND, MIB, Reading, Sheet, read_file
from pipeline.output import placed

LIST = "审核意见说明"  # the sheet of ours
SUMMARY = "汇总-审核意见.xlsx"
MOST = 20_000  # rows of a sheet that go back in full; findings that are told in one workbook

_STEM = "-审核意见"
_MARK = "〔审核意见〕"  # begins our part of a comment
_AUTHOR = "审核"
_WHAT = "审核意见"  # what the files are called
_FILLS = {"error": "FF9999", "warning": "FFE08A"}
_STATUS = {"read": "已读取", "partial": "部分读取", "unreadable": "未能读取", "skipped": "已跳过"}
_SAMPLE = "示例数据，不是真实填报"
_HEAD, _TEXT = "表头", "文字"  # styles of a sheet that is written as text
_HEAD_FILL, _LINE, _FONT, _BLUE = "D9E1F2", "BFBFBF", "宋体", "0563C1"
_HEADER = ("序号", "工作表", "行", "列", "性质", "问题")
_WIDTHS = (7, 18, 8, 26, 10, 86)

_COMMENTS = 5_000  # findings of a workbook that become comments; LibreOffice opens 200 of them in a second
_CELLS = 500_000  # of a sheet that is written as text; openpyxl takes 3 s for them
_BYTES = 32 * MIB  # of an unpacked workbook; openpyxl takes a second and 15 MB for each MiB
_AREA = 1_000_000  # cells in merges and tables, which openpyxl makes one by one
_NAME_BYTES = 255
_EXCEL_ROWS, _EXCEL_TEXT = 1_048_576, 32_767
_COMMENT_TEXT = 1_200

_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HYPERLINKS = re.compile(rb"<((?:\w+:)?hyperlinks)\b.*?</\1\s*>", re.DOTALL)
_SPAN = re.compile(rb"<(?:\w+:)?(?:mergeCell|table)\s[^<]*?\bref\s*=\s*[\"']([^\"']*)")
_ODD = re.compile(rb"\0|<!DOCTYPE|<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8)", re.IGNORECASE)
_OUTSIDE = re.compile(r"\[\d+\]|[\]|][^\[\]|]*!")  # of another workbook or program: [1]Sheet1!A1, cmd|'/c x'!A1

_Spot = tuple[int, int]  # row and column, from 1


@dataclass(frozen=True)
class _Link:
    """A text that leads to a cell of the workbook."""

    text: str | int
    sheet: str
    spot: _Spot

    @property
    def target(self) -> str:
        name = self.sheet.replace("'", "''")
        return f"'{name}'!{get_column_letter(self.spot[1])}{self.spot[0]}"


_Cell = str | int | _Link | None
_Line = Sequence[_Cell]


@dataclass(frozen=True)
class _Remark:
    """One finding of a file. says: its sentence without its place. header: the text of a header that is blamed.
    commented: whether it becomes a comment, besides a fill and a line of the list."""

    sheet: str
    row: int | None
    column: str | None
    column_zh: str | None
    header: str | None
    severity: str
    says: str
    commented: bool


@dataclass(frozen=True)
class _Told:
    """What one workbook tells. problems: how many places could not be read. counts: all findings by severity. remarks:
    the first MOST of both, errors first. tables: by sheet."""

    file: str
    problems: int
    counts: Mapping[str, int]
    remarks: Sequence[_Remark]
    tables: Mapping[str, Table]
    sample: bool

    def of(self, sheet: str) -> list[_Remark]:
        return [remark for remark in self.remarks if remark.sheet == sheet]


@dataclass(frozen=True)
class _Copy:
    """A sheet in the workbook that goes back, and where its cells stand there. header: its row. names: columns (from 1) by
    the name that the reader gives them. known: names by column of the contract. rows: of an excerpt, the rows of the
    source that are there; its columns stand one further right."""

    page: Any
    header: int
    names: Mapping[str, int]
    known: Mapping[str, str]
    rows: Mapping[int, int] | None = None

    def name(self, remark: _Remark) -> str | None:
        """The header of the cell that is blamed; None where the row as a whole is, or its column is not there."""
        return remark.header if remark.header in self.names else self.known.get(remark.column or "")

    def spot(self, remark: _Remark) -> _Spot | None:
        """The cell that is blamed, else the first of its row; None where the row is not there."""
        name, row = self.name(remark), self.header if remark.row is None else remark.row
        first = min((at for name, at in self.names.items() if not re.fullmatch("列[A-Z]+", name)), default=1)
        column = self.names[name] if name else first
        if self.rows is None:
            return row, column
        return (self.rows[row], column + 1) if row in self.rows else None

    def label(self, remark: _Remark) -> str:
        """`E 列「消耗量」`. Never a bare header: two of them in a row would make it the header for the reader."""
        name = self.name(remark)
        if name is None:
            return f"「{remark.column_zh}」" if remark.column_zh else ""
        return f"「{name}」" if self.rows is not None else f"{get_column_letter(self.names[name])} 列「{name}」"


def _copy(page: Any, sheet: Sheet, told: _Told, rows: Mapping[int, int] | None = None) -> _Copy:
    table = told.tables.get(sheet.sheet)
    known = {column: name for column, (name, _) in columns_of(table, sheet.columns).items()} if table else {}
    return _Copy(page, sheet.header_row, dict(zip(sheet.columns, sheet.places, strict=True)), known, rows)


@dataclass(frozen=True)
class _Page:
    """A sheet of ours: sentences, then a table."""

    title: str
    lead: Sequence[str]
    header: Sequence[str]
    widths: Sequence[int]
    rows: Iterable[_Line]


def write_remarks(intake: Intake, out: Path) -> list[Path]:
    """Write to `out` the summary, and for each file that has findings or was not read in full a workbook with
    remarks.

    A workbook stands in the same subfolder as its file and replaces an earlier one as a whole. Files that cannot be
    opened have none. Returns the paths, the summary first. Raises OutputError where `out` would put them among the
    filings (remarks.inside) or cannot be written to (output.unwritable).
    """
    findings = _without_place(intake.findings)
    targets = _targets([*intake.files["file"], *findings["file"].drop_nulls().unique(maintain_order=True)])
    _refuse_inside(intake.folder, out, targets.values())
    sources = {shown(path.relative_to(intake.folder).as_posix()): path for path in intake.folder.rglob("*")}
    of_file = findings.drop_nulls("file").partition_by("file", as_dict=True)
    problems = intake.problems.partition_by("file", as_dict=True)
    written: dict[str, Path] = {}
    with placed(out / SUMMARY, _WHAT) as summary:
        summary.touch()
        for (file,) in sorted({*problems, *of_file}):
            if file in sources:
                of_reading = problems.get((file,), intake.problems.clear())
                told = _told(file, of_reading, of_file.get((file,), findings.clear()), intake.sample)
                if _write(sources[file], intake.folder, told, out / targets[file]):
                    written[file] = targets[file]
        book = _empty_book()
        for at, page in enumerate(_summary(intake, findings, written)):
            _add_page(book, page, at)
        _save(book, summary, intake.sample)
    return [out / SUMMARY, *(out / path for path in written.values())]


# --- what is told ------------------------------------------------------------------------------------------


def _without_place(findings: pl.DataFrame) -> pl.DataFrame:
    """FINDING with `table_zh`, `column_zh` and `says`: the sentence without its place before it."""
    tables = {table.name: table.zh for table in TABLES}
    columns = {f"{table.name} {column.name}": column.zh for table in TABLES for column in table.columns}
    both = pl.concat_str("table", pl.lit(" "), "column")
    named = findings.rechunk().with_columns(  # pl.format panics on some frames of several chunks
        table_zh=pl.col("table").replace_strict(tables, default=None, return_dtype=pl.String),
        column_zh=both.replace_strict(columns, default=None, return_dtype=pl.String),
    )
    place = rules.message(rules.place("file", "sheet", "row"), pl.col("table_zh"), pl.col("column_zh"), pl.lit(""))
    return named.with_columns(says=pl.col("message").str.strip_prefix(place))


def _told(file: str, problems: pl.DataFrame, findings: pl.DataFrame, sample: bool) -> _Told:
    counts = {severity: findings.filter(severity=severity).height for severity in answer.SEVERITIES}
    header = pl.when(pl.col("rule").str.starts_with("header.")).then("found")
    unread = problems.with_columns(says="message", severity=pl.lit("error"))
    findings = pl.concat([unread, findings.with_columns(header=header)], how="diagonal")
    findings = findings.with_columns(pl.col("sheet").fill_null(""))
    told = findings.drop_nulls("says")
    first = told.sort("severity", "sheet", "row", nulls_last=False, maintain_order=True).head(MOST)
    first = first.with_columns(
        says=pl.Series([_for_filer(file, *one) for one in first.select("rule", "says").iter_rows()], dtype=pl.String)
    )
    remarks = first.select(
        "sheet", "row", "column", "column_zh", "header", "severity", "says",
        commented=pl.int_range(pl.len()) < _COMMENTS,
    )  # fmt: skip
    tables = findings.select("sheet", "table").drop_nulls().unique("sheet", keep="first")
    return _Told(
        file,
        problems.height,
        counts,
        [_Remark(*row) for row in remarks.iter_rows()],
        {sheet: BY_NAME[table] for sheet, table in tables.iter_rows()},
        sample,
    )


_RECEIVED = re.compile(r"，([^，]*) 受供 [^；]*；")
_OF_OTHER = re.compile(r"上年（.* 所报）为 [^，]*，")
_SAME = re.compile(r"^与 (.*) 完全相同；", re.DOTALL)
_CONFLICT = re.compile(r"^(\S*相同而其他内容不同的有 )(.*)(；无法判断)", re.DOTALL)
_LATER = re.compile(r"^(.*) 又报了同一内容", re.DOTALL)


def _for_filer(file: str, rule: str, says: str) -> str:
    """A sentence for the one who filed `file`: without the figures and files of others, and without the compiler's
    reasons. The summary and `check` have all of it."""

    def is_own(place: str) -> bool:
        return place.startswith((f"{file} 第", f"{file}「"))

    match rule:
        case "energy.resold_unmatched":
            return _RECEIVED.sub(r"，\1 所报的受供数量与此不符；", says)
        case "change.factor_3" | "change.unit_slip":
            return _OF_OTHER.sub("与上年另一单位所报的相差很大，", says)
        case "key.identical":
            return _SAME.sub(lambda m: m[0] if is_own(m[1]) else "与另一份填报中的一行完全相同；", says)
        case "key.conflict":
            return _CONFLICT.sub(lambda m: f"{m[1]}{_own_places(m[2], is_own)}{m[3]}", says)
        case "key.restated":
            return _LATER.sub(lambda m: m[0] if is_own(m[1]) else "后来的填报又报了同一内容", says)
        case "correction.drop":
            return "编制单位核对后不采用这一行；如有异议，请与编制单位联系"
        case "correction.flag":
            return "编制单位对这一行加了注；如有疑问，请与编制单位联系"
    return says


def _own_places(places: str, is_own: Callable[[str], bool]) -> str:
    each = places.split("、")
    own = [place for place in each if is_own(place)]
    return "、".join([*own, "另一份填报中的行"] if len(own) < len(each) else own)


def _lead(told: _Told, how: str) -> list[str]:
    """The sentences above the list: whose remarks, how many, what to do."""
    errors, notes = told.counts["error"], told.counts["warning"]
    more = errors + notes + told.problems - len(told.remarks)
    counted = [
        f"应更正 {errors} 处（单元格标红），所在的行已退回，未计入。" if errors else "",
        f"请核实 {notes} 处（单元格标黄），不对的请更正，属实的请说明原因。" if notes else "",
        f"本文件有 {told.problems} 处没有读到，见清单。" if told.problems else "",
        f"以下只列出前 {len(told.remarks)} 处；更正后重新提交，可再审核其余 {more} 处。" if more else "",
        f"批注只加在前 {_COMMENTS} 处，其余只标色并列在下面。" if len(told.remarks) > _COMMENTS else "",
    ]
    return [f"{told.file} 审核意见{f'（{_SAMPLE}）' if told.sample else ''}", "".join(counted), how]


def _list(told: _Told, title: str, how: str, copies: Mapping[str, _Copy]) -> _Page:
    rows = list[_Line]()
    for number, one in enumerate(told.remarks, 1):
        sheet, label, spot = one.sheet, "", None
        if here := copies.get(one.sheet):
            sheet, label, spot = here.page.title, here.label(one), here.spot(one)
        linked = [_Link(text, sheet, spot) if text and spot else text for text in (sheet, one.row, label)]
        if one.row or label:
            linked[0] = sheet
        rows.append((number, *linked, answer.SEVERITIES[one.severity], one.says))
    return _Page(title, _lead(told, how), _HEADER, _WIDTHS, rows)


_Marks = dict[_Spot, list[tuple[str, str]]]  # cell -> severity and sentence of each remark, "" for no comment


def _marks(remarks: Iterable[_Remark], here: _Copy) -> _Marks:
    anchors = {spot: span.top[0] for span in here.page.merged_cells.ranges for spot in span.cells}
    marks: _Marks = {}
    for remark in remarks:
        if (spot := here.spot(remark)) is None:
            continue
        at = anchors.get(spot, spot)
        row = f"第 {remark.row} 行：" if at[0] != spot[0] else ""
        elsewhere = remark.row is not None and remark.column_zh and here.name(remark) is None
        column = f"「{remark.column_zh}」" if elsewhere else ""
        says = f"{row}{column}{remark.says}" if remark.commented else ""
        marks.setdefault(at, []).append((remark.severity, says))
    return marks


def _comment(found: Sequence[tuple[str, str]], before: str = "") -> str:
    """The text of a comment, after that of the filer; "" for none."""
    text = "\n".join(f"{answer.SEVERITIES[severity]}：{says}" for severity, says in found if says)
    if not text:
        return before
    if len(text) > _COMMENT_TEXT:
        text = f"{text[:_COMMENT_TEXT]}……（全文见“{LIST}”）"
    return _NO_XML.sub("\ufffd", f"{before}\n{_MARK}\n{text}" if before else f"{_MARK}\n{text}")


def _box(text: str) -> tuple[int, int]:
    """Width and height in pixels of a comment that shows all of the text."""
    width = 300 if len(text) < 300 else 480
    lines = sum(max(1, math.ceil(_size(line) * 7 / (width - 24))) for line in text.split("\n"))
    return width, 18 * lines + 16


def _size(text: str) -> int:
    """The width of a text in half-width characters, near enough."""
    return len(text.encode("gbk", "replace"))


# --- where it goes -----------------------------------------------------------------------------------------


def _targets(files: Iterable[str]) -> dict[str, Path]:
    """File -> its workbook, below the folder of results: `2025/能源消耗-审核意见.xlsx`.

    Files whose names differ only in the suffix keep it. No two are the same where case does not count.
    """
    paths = {file: PurePosixPath(file) for file in files}
    stems = {file: path.stem.removesuffix(_STEM) for file, path in paths.items()}
    shared = Counter(_same(str(path.parent / stems[file])) for file, path in paths.items())
    taken, targets = {_same(SUMMARY)}, {}
    for file, path in paths.items():
        whole = shared[_same(str(path.parent / stems[file]))] > 1
        numbered = (f"{path.name}-{number}" for number in itertools.count(2))
        for name in itertools.chain([path.name if whole else stems[file], path.name], numbered):
            target = path.parent / f"{_short(name)}{_STEM}.xlsx"
            if _same(str(target)) not in taken:
                break
        taken.add(_same(str(target)))
        targets[file] = Path(target)
    return targets


def _same(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _short(name: str) -> str:
    room = _NAME_BYTES - len(f"{_STEM}-99.xlsx".encode())
    return name.encode()[:room].decode(errors="ignore")


def _refuse_inside(folder: Path, out: Path, targets: Iterable[Path]) -> None:
    filings = folder.resolve()
    for place in {out, *((out / target).parent for target in targets)}:
        if place.resolve().is_relative_to(filings):
            raise OutputError(
                "remarks.inside",
                f"审核意见不能写在填报文件夹 {folder} 里面（{place}），否则下次会当作填报读入；请另选一个文件夹。",
            )


def _write(source: Path, folder: Path, told: _Told, target: Path) -> bool:
    """The workbook of one file; False where the file cannot be opened."""
    reading = read_file(source, folder, headers(), filled_down())
    if not reading.sheets:
        return False
    whole = source.suffix.lower() == ".xlsx" and all(sheet.rows.height <= MOST for sheet in reading.sheets)
    order = [sheet.sheet for sheet in reading.sheets]  # as the filer has them
    of_sheet = sorted(
        told.remarks, key=lambda one: (one.severity, order.index(one.sheet) if one.sheet in order else -1)
    )
    told = replace(told, remarks=of_sheet)
    with placed(target, _WHAT) as spare:
        if not (whole and _on_original(source, reading, told, spare)):
            _finish(*_as_text(source, reading, told), told, spare)
    return True


def _finish(book: Workbook, copies: Mapping[str, _Copy], how: str, told: _Told, target: Path) -> None:
    """Adds the marks and the list. copies: by the sheets of the source."""
    for sheet, here in copies.items():
        for spot, found in _marks(told.of(sheet), here).items():
            _mark(here.page.cell(*spot), found)
    _add_page(book, _list(told, _unused(LIST, book.sheetnames), how, copies), 0)
    _save(book, target, told.sample)


def _save(book: Workbook, target: Path, sample: bool) -> None:
    if sample:
        book.properties.description = _SAMPLE
    book.save(target)


# --- on the filer's own workbook ---------------------------------------------------------------------------


class _Values(ExcelReader):  # type: ignore[misc]
    """Numbers stay what they are: those formatted as dates would become dates, or #VALUE! where there is no such day."""

    def read_worksheets(self) -> None:
        self.wb._date_formats, self.wb._timedelta_formats = set(), set()
        super().read_worksheets()


def _on_original(source: Path, reading: Reading, told: _Told, target: Path) -> bool:
    """Whether the workbook could be marked: openpyxl stumbles over some that are read without trouble."""
    try:
        with warnings.catch_warnings(action="ignore"):
            book = _load(source)
            if book is None:
                return False
            _keep_values(book)
            copies = {sheet.sheet: _copy(book[sheet.sheet], sheet, told) for sheet in reading.sheets}
            how = "请在标色的单元格更正，批注说明了问题；更正后按原格式重新提交整个文件。本页和批注不必删除，审核时不读取。"
            _finish(book, copies, how, told, target)
    except Exception:  # of any kind, on odd files; the text of the rows is left to go back
        return False
    return True


def _load(source: Path) -> Workbook | None:
    """The workbook without its links, values for formulas; None where that would take too much.

    Links are taken off before: openpyxl would write their address into cells that are empty.
    """
    unlinked, area = io.BytesIO(), 0
    with zipfile.ZipFile(source) as packed, zipfile.ZipFile(unlinked, "w") as plain:
        if sum(member.file_size for member in packed.infolist()) > _BYTES:
            return None
        for member in packed.infolist():
            content = packed.read(member)
            if member.filename.lower().endswith(".xml"):
                if _ODD.search(content):
                    return None
                for span in _SPAN.findall(content):
                    left, top, right, bottom = range_boundaries(span.decode())
                    area += abs(right - left + 1) * abs(bottom - top + 1)
                content = _HYPERLINKS.sub(b"", content)
            plain.writestr(member.filename, content)
    if area > _AREA:
        return None
    reader = _Values(unlinked, data_only=True, keep_links=False)
    reader.read()
    return reader.wb


def _keep_values(book: Workbook) -> None:
    """Take off what is no value, what comes from other files, and the marks of an earlier check."""
    book.iso_dates = True  # dates that were written as text stay so
    for names in (book.defined_names, *(page.defined_names for page in book.worksheets)):
        for name in [name for name, one in names.items() if _OUTSIDE.search(one.attr_text or "")]:
            del names[name]
    ours = [page for page in book.worksheets if page.title.startswith(LIST) and _is_list(page)]
    for page in ours:
        book.remove(page)
    for page in book.worksheets:
        page._pivots = []
        for table in page.tables.values():
            table.tableType = table.connectionId = None
            for column in table.tableColumns:
                column.calculatedColumnFormula = column.totalsRowFormula = column.totalsRowFunction = None
        validations = page.data_validations.dataValidation
        page.data_validations.dataValidation = [
            one for one in validations if not _OUTSIDE.search(f"{one.formula1} {one.formula2}")
        ]
        formats, page.conditional_formatting = page.conditional_formatting, ConditionalFormattingList()
        for block in formats:
            for rule in block.rules:
                if not _OUTSIDE.search(" ".join(rule.formula)):
                    page.conditional_formatting.add(str(block.sqref), rule)
        for cell in list(page._cells.values()):
            _keep_value(cell, bool(ours))


def _is_list(page: Any) -> bool:
    rows = page.iter_rows(max_row=20, max_col=len(_HEADER), values_only=True)
    return any(row == _HEADER for row in rows)


def _keep_value(cell: Any, again: bool) -> None:
    """again: whether the workbook has been marked before."""
    marked = bool(cell.comment) and _MARK in cell.comment.text
    if (again or marked) and cell.fill.fgColor.rgb in [f"FF{fill}" for fill in _FILLS.values()]:
        cell.fill = PatternFill()
    if cell.comment:
        own = cell.comment.text.split(_MARK)[0].strip()
        cell.comment = Comment(own, cell.comment.author, *reversed(_box(own))) if own else None
    value = cell.value
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@")):
        cell.data_type, cell.quotePrefix = "s", True
    elif isinstance(value, float) and float(f"{value:.16g}") != value:
        cell._value = repr(value)  # else openpyxl writes 16 digits of 17


def _mark(cell: Any, found: Sequence[tuple[str, str]]) -> None:
    worst = min(severity for severity, _ in found)  # "error" comes before "warning"
    cell.fill = PatternFill("solid", fgColor=f"FF{_FILLS[worst]}")
    if text := _comment(found, cell.comment.text if cell.comment else ""):
        cell.comment = Comment(text, _AUTHOR, *reversed(_box(text)))


def _add_page(book: Workbook, content: _Page, place: int) -> None:
    page, head, width = book.create_sheet(content.title, place), len(content.lead) + 1, len(content.header)
    side, looks = Side("thin", color=f"FF{_LINE}"), dict[Any, Any]()
    for at, line in enumerate([*([text] for text in content.lead), content.header, *content.rows], 1):
        for column, value in enumerate(line, 1):
            link, text = (value, value.text) if isinstance(value, _Link) else (None, value)
            cell = _put(page, at, column, text)
            if link:
                cell.hyperlink = Hyperlink(ref=cell.coordinate, location=link.target)
            centred = isinstance(text, int) or at == head
            fill = _HEAD_FILL if at == head else _FILLS.get(_severity(text))
            look = (min(at, head + 1), centred, fill, bool(link))
            if look in looks:  # each look is made once: openpyxl takes a millisecond for it
                cell._style = copy(looks[look])
                continue
            cell.alignment = Alignment("center" if centred else "left", "center", wrap_text=True)
            blue = {"color": f"FF{_BLUE}", "underline": "single"} if link else {}
            cell.font = Font(_FONT, size=14 if at == 1 else 11, bold=at in (1, head), **blue)
            if at >= head:
                cell.border = Border(side, side, side, side)
            if fill:
                cell.fill = PatternFill("solid", fgColor=f"FF{fill}")
            looks[look] = cell._style
        if at < head:
            page.merge_cells(start_row=at, end_row=at, start_column=1, end_column=width)
        page.row_dimensions[at].height = _height(line, content.widths if at >= head else [sum(content.widths)])
    for column, size in enumerate(content.widths, 1):
        page.column_dimensions[get_column_letter(column)].width = size
    page.freeze_panes = f"A{head + 1}"
    page.auto_filter.ref = f"A{head}:{get_column_letter(width)}{max(page.max_row, head + 1)}"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9
    page.page_setup.fitToHeight, page.sheet_properties.pageSetUpPr.fitToPage = 0, True
    page.print_title_rows = f"{head}:{head}"
    for other in book.worksheets:
        other.sheet_view.tabSelected = other is book.worksheets[0]
    for chart in book.chartsheets:
        for view in chart.sheetViews.sheetView:
            view.tabSelected = False
    book.active = 0
    for view in book.views:
        view.firstSheet = 0


def _put(page: Any, row: int, column: int, value: str | int | None) -> Any:
    """A text stays one, whatever it begins with; what XML cannot hold is written as the format has it: `_x0007_`."""
    if not isinstance(value, str) or not value:
        return page.cell(row, column, None if value == "" else value)
    apart = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", value[:_EXCEL_TEXT])
    cell = page.cell(row, column, _NO_XML.sub(lambda one: f"_x{ord(one[0]):04X}_", apart))
    cell.data_type = "s"
    return cell


def _severity(value: object) -> str:
    """That of a cell which says it, else nothing."""
    return next((severity for severity, word in answer.SEVERITIES.items() if value == word), "")


def _height(line: _Line, widths: Sequence[int]) -> int:
    """Points of a row that shows all of its wrapped text: spreadsheets do not see to it themselves."""
    lines = [1]
    for cell, width in zip(line, widths, strict=False):
        value = cell.text if isinstance(cell, _Link) else cell
        if isinstance(value, str) and (2 * len(value) >= width or "\n" in value):
            lines.append(sum(math.ceil((_size(part) + 1) * 1.1 / width) for part in value.split("\n")))
    return 15 * max(lines) + 4


def _unused(name: str, taken: Iterable[str]) -> str:
    """`name` as a sheet may be called, with a number where it is taken."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", name).strip("'")[:28] or "表"
    names = {one.casefold() for one in taken}
    numbered = itertools.chain([plain], (f"{plain}{number}" for number in itertools.count(2)))
    return next(one for one in numbered if one.casefold() not in names)


# --- as text -----------------------------------------------------------------------------------------------


def _empty_book() -> Workbook:
    book = Workbook()
    book.remove(book.active)
    return book


def _as_text(source: Path, reading: Reading, told: _Told) -> tuple[Workbook, dict[str, _Copy], str]:
    """The workbook, its sheets by those of the source, and what to do with it. A sheet of too many rows is an excerpt, or
    left out where it has no remarks."""
    book, copies, cut = _empty_book(), dict[str, _Copy](), list[str]()
    head = {"fill": PatternFill("solid", fgColor=f"FF{_HEAD_FILL}"), "alignment": Alignment(wrap_text=True)}
    book.add_named_style(NamedStyle(_HEAD, Font(_FONT, bold=True), number_format="@", **head))
    book.add_named_style(NamedStyle(_TEXT, Font(_FONT), number_format="@"))
    for sheet in reading.sheets:
        title = _unused(_called(sheet, source), [LIST, *book.sheetnames])
        names = [name for name in sheet.rows.columns if name not in ("source_row", "_ragged")]
        rows, most = sheet.rows.select("source_row", *names), min(MOST, _CELLS // len(names))
        places = [*sheet.places, max(sheet.places) + 1][: len(names)]
        header = dict(zip(places, (BEYOND if name == "_extra" else name for name in names), strict=True))
        if rows.height <= most and not (rows["source_row"] > _EXCEL_ROWS).any():
            here = copies[sheet.sheet] = _copy(book.create_sheet(title), sheet, told)
            for skip in reading.skipped:
                if skip.sheet == (sheet.sheet or None) and skip.row and skip.text:
                    _put(here.page, skip.row, 1, skip.text)
            _fill(here.page, sheet.header_row, header, rows.iter_rows(), places)
            continue
        cut.append(sheet.sheet or told.file)
        if remarks := told.of(sheet.sheet):
            blamed = {one.row for one in remarks}
            chosen = rows.filter(pl.col("source_row").is_in(blamed)).head(most)
            now = {sheet.header_row: 3, **{row: at for at, row in enumerate(chosen["source_row"], 4)}}
            here = copies[sheet.sheet] = _copy(book.create_sheet(title), sheet, told, now)
            notice = f"本表共 {rows.height} 行，这里摘录有问题的 {chosen.height} 行；请在原文件中更正后提交原文件。"
            _put(here.page, 1, 1, notice)
            told_again = {1: "原行号", **{at + 1: f"「{text}」" for at, text in header.items()}}
            lines = ((now[row], row, *cells) for row, *cells in chosen.iter_rows())
            _fill(here.page, 3, told_again, lines, list(told_again))
    how = (
        f"{'、'.join(cut)}行数多，只摘录有问题的行（左起第一列是原行号）；请在原文件中更正后提交原文件，不要提交本文件。"
        if cut
        else "以下各表按原行号列出原文件的文字；请在标色的单元格更正，或在原文件中更正，按原格式重新提交。"
        "本页和批注不必删除，审核时不读取。"
    )
    return book, copies, how


def _fill(page: Any, at: int, header: Mapping[int, str], rows: Iterable[Sequence[Any]], places: Sequence[int]) -> None:
    """The texts of a sheet under its header in row `at`. rows: the number of each, then the cells of `places`."""
    sizes = [8] * len(places)
    for row, *cells in itertools.chain([(at, *header.values())], rows):
        for which, (column, value) in enumerate(zip(places, cells, strict=True)):
            _put(page, row, column, value).style = _HEAD if row == at else _TEXT
            if row < at + 300:
                sizes[which] = max(sizes[which], _size(str(value or "")))
    for column, size in zip(places, sizes, strict=True):
        page.column_dimensions[get_column_letter(column)].width = min(40, size + 2)
    page.freeze_panes = f"A{at + 1}"


def _called(sheet: Sheet, source: Path) -> str:
    """The name of the sheet, by which the table is still known when it comes back."""
    if sheet.sheet:
        return sheet.sheet
    name, table = _unused(source.stem, ()), table_of(source.name)
    return name if table is None or table_of(name) == table else table.zh


# --- the summary -------------------------------------------------------------------------------------------


def _summary(intake: Intake, findings: pl.DataFrame, written: Mapping[str, Path]) -> Iterator[_Page]:
    """Counts by table, status by file, and all findings as far as a sheet has rows."""
    kind = {"preliminary": "预审", "final": "正式"}[intake.kind]
    title = f"填报审核意见汇总（报告年份 {intake.report_year}，{kind}）"
    verdict = "".join([answer.verdict(intake), *answer.notes(intake)])
    counts = answer.by_table(intake.counts)
    yield _Page("汇总", [title, verdict], counts.columns, [24] + [16] * (counts.width - 1), counts.rows())

    count = findings.group_by("file").agg(
        *((pl.col("severity") == severity).sum().alias(severity) for severity in answer.SEVERITIES)
    )
    of_file = intake.files.join(count, on="file", how="left", maintain_order="left")
    files = (
        (file, _STATUS[status], message, errors or 0, notes or 0, written[file].as_posix() if file in written else "")
        for file, status, message, errors, notes in of_file.select(
            "file", "status", "message", *answer.SEVERITIES
        ).iter_rows()
    )
    lead = ["各文件的状态", "没有审核意见文件的，是没有问题或不能打开的文件。"]
    header = ("文件", "状态", "说明", *answer.SEVERITIES.values(), "审核意见文件")
    yield _Page("文件", lead, header, (36, 10, 70, 9, 9, 44), files)

    columns = ("file", "sheet", "row", "table_zh", "column_zh", "severity", "rule", "says")
    told = findings.drop_nulls("says").head(MOST)
    rows = (
        (number, file, sheet, row, table, column and f"「{column}」", answer.SEVERITIES[severity],
         rules.RULES[rule].title, says)
        for number, (file, sheet, row, table, column, severity, rule, says) in enumerate(told.select(columns).iter_rows(), 1)
    )  # fmt: skip
    sizes = [findings.filter(severity=severity).height for severity in answer.SEVERITIES]
    lead = [f"全部问题：应更正 {sizes[0]} 处，请核实 {sizes[1]} 处", "没有文件的，是就整张表而言的问题。"]
    if findings.height > MOST:
        every = f"全部 {findings.height} 处见 check --format json。"
        if findings["says"].null_count():
            every = f"共 {findings.height} 处，check --format json 按文件、列和规则各至少列到前 {rules.TOLD} 处。"
        lead[1] += f"这里是前 {told.height} 处，应更正的在前；{every}"
    listed = ("序号", "文件", "工作表", "行", "表", "列", "性质", "规则", "问题")
    yield _Page("问题", lead, listed, (8, 32, 16, 8, 14, 18, 10, 22, 80), rows)
