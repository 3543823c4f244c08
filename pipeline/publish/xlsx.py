"""A workbook of texts and plain tables, written straight as Office Open XML (ECMA-376), so that a million cells take seconds.

Every table is a named one below lines of text; nothing is merged, no cell is a formula, and the same tables give the same
bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

import polars as pl
import polars.selectors as cs

WITHHELD, NONE = "[c]", "[x]"
"""What stands for a value that is not published, and for one that there is not."""
LONGEST = 32767  # characters of a cell
TALL = ' ht="26" customHeight="1"'
"""Of the row of a heading; Chinese characters are higher than the font that the file names."""
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_PLAIN, _TITLE, _HEADER, _LINK = range(4)
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="4"><font><sz val="11"/><name val="Arial"/></font>'
    '<font><b/><sz val="15"/><name val="Arial"/></font><font><b/><sz val="11"/><name val="Arial"/></font>'
    '<font><u/><sz val="11"/><color rgb="FF0563C1"/><name val="Arial"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4"><xf/>'
    '<xf fontId="1" applyFont="1"/><xf fontId="2" applyFont="1" applyAlignment="1"><alignment wrapText="1" vertical="top"/></xf>'
    '<xf fontId="3" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_no_xml = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Sheet:
    """name: on the tab; lines: from A1 on, the first a heading; data: the table below them, with nan for what is withheld;
    links: row (from 1) -> the sheet that its cell in A leads to."""

    name: str
    lines: Sequence[str]
    data: pl.DataFrame | None = None
    links: Mapping[int, str] = field(default_factory=dict)


def workbook(title: str, author: str, date: str, sheets: Sequence[Sheet]) -> bytes:
    """The file. date: of its making, as 2026-05-06."""
    parts = {
        "docProps/core.xml": f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{_text(title)}</dc:title><dc:creator>{_text(author)}</dc:creator><dc:language>zh-CN</dc:language>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{date}T00:00:00Z</dcterms:created></cp:coreProperties>',
        "xl/styles.xml": _STYLES,
    }
    kinds = {"docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml"}
    kinds |= {"xl/workbook.xml": f"{_TYPE}sheet.main+xml", "xl/styles.xml": f"{_TYPE}styles+xml"}
    for at, sheet in enumerate(sheets, 1):
        parts[path := f"xl/worksheets/sheet{at}.xml"] = _sheet(sheet)
        kinds[path] = f"{_TYPE}worksheet+xml"
        if sheet.data is not None:
            parts[f"xl/worksheets/_rels/sheet{at}.xml.rels"] = _related([("table", f"../tables/table{at}.xml")])
            parts[path := f"xl/tables/table{at}.xml"] = _table(sheet, at)
            kinds[path] = f"{_TYPE}table+xml"
    tabs = "".join(
        f'<sheet name={quoteattr(_plain(sheet.name))} sheetId="{at}" r:id="r{at}"/>' for at, sheet in enumerate(sheets, 1)
    )  # fmt: skip
    parts["xl/workbook.xml"] = (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{tabs}</sheets></workbook>'
    )
    inside = [("worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(sheets) + 1)]
    parts["xl/_rels/workbook.xml.rels"] = _related([*inside, ("styles", "styles.xml")])
    parts["_rels/.rels"] = _related([("officeDocument", "xl/workbook.xml"), ("metadata/core-properties", "docProps/core.xml")])  # fmt: skip
    told = "".join(f'<Override PartName="/{path}" ContentType="{kind}"/>' for path, kind in kinds.items())
    parts["[Content_Types].xml"] = (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{told}</Types>'
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in ("[Content_Types].xml", *(path for path in parts if path != "[Content_Types].xml")):
            member = zipfile.ZipInfo(path)  # of 1980, whenever it is made
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(member, parts[path].encode(), compresslevel=4)
    return written.getvalue()


def _related(to: Sequence[tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="r{at}" Type="{f"{_PACKAGE}/relationships" if "/" in kind else _OFFICE}/{kind}" Target="{path}"/>'
        for at, (kind, path) in enumerate(to, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _sheet(sheet: Sheet) -> str:
    first = len(sheet.lines) + 1
    rows = [
        f'<row r="{at}"{TALL if at == 1 else ""}>{_cell("A", at, line, _TITLE if at == 1 else _LINK if at in sheet.links else _PLAIN)}</row>'
        for at, line in enumerate(sheet.lines, 1)
    ]
    widths, parts = [100.0 if sheet.data is None else 12.0], ""
    if sheet.data is not None:
        heads = "".join(_cell(column(at), first, name, _HEADER) for at, name in enumerate(sheet.data.columns))
        rows += [f'<row r="{first}">{heads}</row>', *_rows(sheet, first + 1)]
        widths = [_width(sheet.data[name]) for name in sheet.data.columns]
        parts = '<tableParts count="1"><tablePart r:id="r1"/></tableParts>'
    links = "".join(
        f'<hyperlink ref="A{at}" location={quoteattr(f"{chr(39)}{to}{chr(39)}!A1")}/>' for at, to in sheet.links.items()
    )
    columns = "".join(
        f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>' for at, width in enumerate(widths, 1)
    )
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f'<sheetFormatPr defaultRowHeight="17" customHeight="1"/><cols>{columns}</cols><sheetData>{"".join(rows)}</sheetData>'
        f"{f'<hyperlinks>{links}</hyperlinks>' if links else ''}{parts}</worksheet>"
    )


def _rows(sheet: Sheet, first: int) -> list[str]:
    """The rows of the table, made column by column."""
    assert sheet.data is not None
    numbers = sheet.data.select(cs.numeric()).columns
    row = pl.int_range(first, first + pl.len()).cast(pl.String)
    cells = []
    for at, name in enumerate(sheet.data.columns):
        value, place = pl.col(name), pl.concat_str(pl.lit(f'<c r="{column(at)}'), row)
        text, number = pl.lit(None, pl.String), pl.lit("")
        if name in numbers:
            mark = pl.when(value.is_null()).then(pl.lit(NONE)).when(value.cast(pl.Float64).is_nan())
            text, number = mark.then(pl.lit(WITHHELD)).otherwise(None), value.cast(pl.String).fill_null("")
        else:
            said = value.cast(pl.String).str.replace_all(_no_xml.pattern, "").str.slice(0, LONGEST)
            for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
                said = said.str.replace_all(sign, entity, literal=True)
            text = said.replace("", None).fill_null(NONE)
        style = _LINK if at == 0 and first in sheet.links else _PLAIN
        start = f'" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
        told = pl.concat_str(pl.lit(start), text, pl.lit("</t></is></c>"))
        cell = pl.coalesce(told, pl.concat_str(pl.lit('"><v>'), number, pl.lit("</v></c>")))
        cells += [place, cell]
    made = pl.concat_str(pl.lit('<row r="'), row, pl.lit('">'), *cells, pl.lit("</row>"))
    return sheet.data.select(made.alias("row"))["row"].to_list()


def _table(sheet: Sheet, at: int) -> str:
    assert sheet.data is not None
    first, name = len(sheet.lines) + 1, table_name(sheet.name)
    where = f"A{first}:{column(sheet.data.width - 1)}{first + max(sheet.data.height, 1)}"
    columns = "".join(
        f'<tableColumn id="{place}" name={quoteattr(_plain(head))}/>'
        for place, head in enumerate(sheet.data.columns, 1)
    )
    return (
        f'{_HEAD}<table xmlns="{_MAIN}" id="{at}" name={quoteattr(name)} displayName={quoteattr(name)} ref="{where}">'
        f'<autoFilter ref="{where}"/><tableColumns count="{sheet.data.width}">{columns}</tableColumns>'
        '<tableStyleInfo name="TableStyleLight1" showRowStripes="0"/></table>'
    )


def table_name(sheet: str) -> str:
    """What the table of a sheet is called: `t-yearly` -> t_yearly."""
    return re.sub(r"\W", "_", sheet)


def column(at: int) -> str:
    """0 -> A, 26 -> AA."""
    return (column(at // 26 - 1) if at >= 26 else "") + chr(ord("A") + at % 26)


def _cell(letters: str, row: int, text: str, style: int) -> str:
    return f'<c r="{letters}{row}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{_text(text)}</t></is></c>'


def _text(text: str) -> str:
    return escape(_plain(text))


def _plain(text: str) -> str:
    return _no_xml.sub("", text)[:LONGEST]


def _width(values: pl.Series) -> float:
    """In characters of a line; one of Chinese is two wide. Long texts are cut off by the next cell."""
    longest = max((len(str(value).encode()) for value in values.head(200)), default=0)
    return min(max(8.0, len(values.name.encode()) * 0.8, longest * 0.8 + 2), 60.0)
