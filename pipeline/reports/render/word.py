"""The look of the report in Word: A4, 宋体 and 黑体, captions and tables as on paper, so that an editor starts from there."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
import zlib
from html import unescape
from pathlib import Path

import pypandoc

from pipeline.errors import DataError
from pipeline.reports.columns import is_short

STAMP = (1980, 1, 1, 0, 0, 0)  # of the parts of the file: the same bytes each time
SERIF = '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="宋体" w:cs="Times New Roman"/>'
SANS = '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:eastAsia="黑体" w:cs="Arial"/>'
PAGE = '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1417" w:right="1304" w:bottom="1304" w:left="1304" w:header="708" w:footer="708" w:gutter="0"/>'
LINE = '<w:{} w:val="single" w:sz="{}" w:space="0" w:color="00634F"/>'

Style = tuple[str, str]


def _sized(half_points: int, font: str, *, colour: str = "1F2933", bold: bool = False) -> str:
    size = f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
    return f'{font}{"<w:b/>" if bold else ""}<w:i w:val="0"/><w:color w:val="{colour}"/>{size}'


def _spaced(before: int, after: int, line: int = 300, more: str = "") -> str:
    return f'{more}<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="auto"/>'


KEEP = "<w:keepNext/><w:keepLines/>"
STYLES: dict[str, Style] = {
    "BodyText": (_spaced(60, 60) + '<w:ind w:firstLine="420"/>', ""),
    "Compact": (_spaced(20, 20, 264) + '<w:ind w:firstLine="0"/>', ""),
    "Title": (_spaced(2400, 240), _sized(52, SANS, colour="00634F", bold=True)),
    "Subtitle": (_spaced(120, 120), _sized(32, SANS)),
    "Date": (_spaced(120, 120), _sized(24, SANS, colour="52606D")),
    "Heading1": (_spaced(560, 240, more=KEEP) + '<w:outlineLvl w:val="0"/>', _sized(36, SANS, colour="00634F", bold=True)),
    "Heading2": (_spaced(320, 120, more=KEEP) + '<w:outlineLvl w:val="1"/>', _sized(26, SANS, colour="00634F", bold=True)),
    "Heading3": (_spaced(200, 80, more=KEEP) + '<w:outlineLvl w:val="2"/>', _sized(22, SANS, bold=True)),
    "TableCaption": (_spaced(200, 60, more=KEEP), _sized(19, SANS, bold=True)),
    "ImageCaption": (_spaced(200, 60, more=KEEP), _sized(19, SANS, bold=True)),
    "Figure": (_spaced(0, 160, 240), ""),
    "CaptionedFigure": (_spaced(0, 40, 240, more=KEEP), ""),
    "TOCHeading": (
        _spaced(0, 240, more="<w:pageBreakBefore/>") + '<w:outlineLvl w:val="9"/>', _sized(32, SANS, colour="00634F", bold=True),
    ),
    "Abstract": (
        '<w:keepLines/><w:pBdr><w:left w:val="single" w:sz="24" w:space="8" w:color="00634F"/></w:pBdr><w:shd w:val="clear" w:color="auto" w:fill="F1F6F4"/>'
        + _spaced(40, 40, 288) + '<w:ind w:left="200" w:right="0" w:firstLine="0"/>', _sized(20, SANS),
    ),
    "BlockText": (_spaced(40, 200, 264) + '<w:ind w:left="0" w:right="0" w:firstLine="0"/>', _sized(16, SANS, colour="52606D")),
}  # fmt: skip
"""Style -> paragraph and character properties (Abstract: notes and key points), in the words of WordprocessingML (ISO/IEC 29500-1, 17.3)."""

CLOSER = {
    "Heading1": (0, 80, 260), "Heading2": (160, 60, 270), "Abstract": (10, 10, 264), "BodyText": (40, 40, 270), "BlockText": (20, 60, 240),
    "TableText": (0, 0, 252), "TableCaption": (100, 40, 260), "ImageCaption": (100, 40, 260),
}  # fmt: skip
"""Of a sheet, which is one page or two: above, below and between the lines of these styles, where the publisher has no other."""
NARROWER = {"top": (1417, 1134), "bottom": (1304, 907), "header": (708, 510), "footer": (708, 454)}
"""Its margins instead of ours."""

TABLE = (
    f"<w:tblPr><w:tblBorders>{LINE.format('top', 8)}{LINE.format('bottom', 4)}"
    '<w:insideH w:val="single" w:sz="4" w:space="0" w:color="D9E2EC"/></w:tblBorders>'
    '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    f'<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>{LINE.format("bottom", 8)}'
    "</w:tcBorders></w:tcPr></w:tblStylePr>"
)


RIGHT = '<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="9298"/></w:tabs>'
FURTHER = "".join(
    f'<w:style w:type="{kind}" w:styleId="{id}"><w:name w:val="{name}"/>{based}<w:qFormat/>{properties}</w:style>'
    for kind, id, name, based, properties in (
        ("paragraph", "TOC1", "toc 1", '<w:basedOn w:val="Normal"/>', f"<w:pPr>{RIGHT}{_spaced(60, 0, 240)}</w:pPr><w:rPr>{_sized(20, SANS, bold=True)}</w:rPr>"),
        ("paragraph", "TOC2", "toc 2", '<w:basedOn w:val="Normal"/>', f'<w:pPr>{RIGHT}{_spaced(0, 0, 240)}<w:ind w:left="300"/></w:pPr><w:rPr>{_sized(18, SANS)}</w:rPr>'),
        ("paragraph", "Header", "header", '<w:basedOn w:val="Normal"/>', f'<w:pPr><w:pBdr>{LINE.format("bottom", 4)}</w:pBdr>{_spaced(0, 0, 240)}</w:pPr><w:rPr>{_sized(17, SANS, colour="52606D")}</w:rPr>'),
        ("paragraph", "Footer", "footer", '<w:basedOn w:val="Normal"/>', f'<w:pPr>{_spaced(0, 0, 240)}<w:jc w:val="center"/></w:pPr><w:rPr>{_sized(17, SANS, colour="52606D")}</w:rPr>'),
        ("paragraph", "TableText", "Table Text", '<w:basedOn w:val="Normal"/>', f'<w:pPr>{_spaced(20, 20, 264)}</w:pPr><w:rPr><w:sz w:val="17"/><w:szCs w:val="17"/></w:rPr>'),
        ("character", "SampleMark", "Sample Mark", "", '<w:rPr><w:b/><w:color w:val="B3261E"/></w:rPr>'),
    )
)  # fmt: skip
"""Styles that pandoc's document does not have."""

SPACES = "http://schemas.openxmlformats.org"
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_style = re.compile(r'<w:style\b[^>]*?w:styleId="([^"]*)"[^>]*>.*?<w:name w:val="([^"]*)".*?</w:style>', re.S)
_table = re.compile(r"<w:tbl>.*?</w:tbl>", re.S)
_cell = re.compile(r"<w:tc><w:tcPr ?/>(.*?)</w:tc>", re.S)
IMPRINT = "c-opening-1"
WHOLE, LONG = 12, 700  # rows and characters of a table that stays on a page


def opened(path: Path) -> dict[str, bytes]:
    """The parts of a document whose styles a publisher wants. Raises DataError for what is no Word document."""
    try:
        with zipfile.ZipFile(path) as given:
            parts = {name: given.read(name) for name in given.namelist()}
            if b"<w:body" in parts["word/document.xml"] and b"</w:styles>" in parts["word/styles.xml"]:
                return parts
    except (KeyError, OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error):
        pass
    raise DataError(
        "editorial.reference", f"{path}：不是可读的 Word 文档；应为 Word 另存的 .docx（不加密），不用时请删去"
    )


def reference(path: Path, own: Path | None = None) -> None:
    """Write the reference document that both engines take their Word styles from: pandoc's, dressed like the PDF; where there is
    one of the publisher's `own`, that one, with our styles for those that it does not have."""
    command = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
    given = zipfile.ZipFile(io.BytesIO(subprocess.run(command, capture_output=True, check=True).stdout))
    parts = {name: given.read(name) for name in given.namelist()}
    styles = _styles(parts["word/styles.xml"].decode())
    if own:
        parts = opened(own)
        styles = _completed(parts["word/styles.xml"].decode(), styles)
    else:
        page = b"</w:footnotePr>" + PAGE.encode()
        parts["word/document.xml"] = parts["word/document.xml"].replace(b"</w:footnotePr>", page)
    parts["word/styles.xml"] = styles.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(zipfile.ZipInfo(name, STAMP), part)


def _completed(own: str, ours: str) -> str:
    """The styles of a publisher's document, and ours with names that it does not have."""
    ids = {name.lower(): id for id, name in _style.findall(own)}
    ours_as = {id: ids.get(name.lower(), id) for id, name in _style.findall(ours)}
    more = "".join(
        re.sub(
            r'(<w:(?:basedOn|next|link) w:val=")([^"]*)', lambda one: f"{one[1]}{ours_as.get(one[2], one[2])}", found[0]
        ).replace(' w:default="1"', "")
        for found in _style.finditer(ours)
        if found[2].lower() not in ids and found[1] not in ids.values()
    )
    return own.replace("</w:styles>", f"{more}</w:styles>")


def finish(path: Path) -> bool:
    """Set the title, the creator, the date, the running heads and the feet of a document from what theme/report.lua put among its
    custom properties, and take all of these out; False where they are not there. pandoc sets properties only together with a
    title block of its own, and no heads. The time of the build is in no part of the file."""
    with zipfile.ZipFile(path) as given:
        parts = {name: given.read(name) for name in given.namelist()}
    custom, core = (parts[f"docProps/{name}.xml"].decode() for name in ("custom", "core"))
    told = dict(re.findall(r'name="((?:dc|dcterms|report):\w+)"><vt:lpwstr>(.*?)</vt:lpwstr>', custom, re.S))
    if not all(map(told.get, ("dc:title", "dc:creator", "dcterms:created"))):
        return False
    for tag in ("dc:title", "dc:creator"):
        before, after = re.split(rf"<{tag}>.*?</{tag}>|<{tag} */>", core, maxsplit=1)
        core = f"{before}<{tag}>{told[tag]}</{tag}>{after}"
    for tag in ("dcterms:created", "dcterms:modified"):
        core = re.sub(rf"(<{tag}[^>]*>)[^<]*", rf"\g<1>{told['dcterms:created']}", core)
    parts["docProps/core.xml"] = core.encode()
    parts["docProps/custom.xml"] = re.sub(r"<property .*</property>", "", custom, flags=re.S).encode()
    if told.get("report:foot"):
        styles = {found[2].lower(): found for found in _style.finditer(parts["word/styles.xml"].decode())}
        text = parts["word/document.xml"].decode()
        text = _table.sub(lambda table: _laid_out(table[0], styles["compact"][1], styles["table text"][1]), text)
        text = _kept(text, styles["abstract"][1]) if "abstract" in styles else text
        listed = " TOC " in text  # else a sheet, without cover
        text = _begun(text, styles["heading 1"][1]) if listed else _narrower(text)
        parts["word/document.xml"] = text.encode()
        if not listed:
            parts["word/styles.xml"] = _closer(parts["word/styles.xml"].decode()).encode()
        _head(parts, styles, told.get("report:running", ""), told.get("report:sample", ""), told["report:foot"], listed)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(zipfile.ZipInfo(name, STAMP), part, zipfile.ZIP_DEFLATED)
    return True


def _kept(text: str, frame: str) -> str:
    """The text with the paragraphs of a frame on one page, but not with what follows it; and with air under a table before it."""
    style = f'<w:pStyle w:val="{re.escape(frame)}" ?/>'
    text = re.sub(rf"(</w:tbl>\s*<w:p><w:pPr>{style})", r'\1<w:spacing w:before="160"/>', text)
    followed = rf"({style})(?=(?:(?!</w:p>).)*</w:p>\s*<w:p><w:pPr>{style})"
    return re.sub(followed, r"\1<w:keepNext/>", text, flags=re.S)


def _begun(text: str, heading: str) -> str:
    """The text with page breaks: what stands before the first chapter begins a page, and so do this and the appendices; other
    chapters run on. The imprint stands under the table of contents, for it is short."""
    places = iter(range(text.count(heading)))

    def chapter(found: re.Match[str]) -> str:
        first = next(places) == 0
        begins = first or found[2] in ("c-1", "c-A") or found[2].startswith("c-opening-")
        return f"{found[1]}<w:pageBreakBefore/>" if begins and found[2] != IMPRINT else found[0]

    start = rf'(<w:bookmarkStart [^>]*w:name="([\w-]+)" ?/>\s*<w:p><w:pPr><w:pStyle w:val="{re.escape(heading)}" ?/>)'
    return re.sub(start, chapter, text)


def _narrower(text: str) -> str:
    """The text of a sheet with margins of its own instead of ours."""
    before, start, margins = text.rpartition("<w:pgMar")
    for side, (ours, sheet) in NARROWER.items():
        margins = margins.replace(f'w:{side}="{ours}"', f'w:{side}="{sheet}"', 1)
    return before + start + margins


def _closer(styles: str) -> str:
    """Styles of a sheet, those that stand as we gave them."""
    ours = {
        id: found[0] for id, (paragraph, _) in STYLES.items() if (found := re.search(r"<w:spacing [^>]*>", paragraph))
    }
    ours |= dict(re.findall(r'w:styleId="(TableText)".*?(<w:spacing [^>]*>)', FURTHER))
    for id, spacing in CLOSER.items():
        found = re.search(rf'w:styleId="{id}".*?</w:style>', styles, re.S)
        given = re.search(r"<w:spacing [^>]*>", found[0]) if found else None
        if found and given and _attributes(given[0]) == _attributes(ours[id]):
            styles = styles.replace(found[0], found[0].replace(given[0], _spaced(*spacing)))
    return styles


def _attributes(tag: str) -> dict[str, str]:
    return dict(re.findall(r'([\w:]+)="([^"]*)"', tag))


def _laid_out(table: str, compact: str, style: str) -> str:
    """A table whose rows stay on a page and whose short cells with a number stay on a line; other columns give way for these. A
    short one stays whole, and of a longer one, which would leave a page empty, no row stands alone. Its paragraphs have the `style` instead of the one of short lists, `compact`."""
    grid = [int(width) for width in re.findall(r'<w:gridCol w:w="(\d+)"', table)]
    places = iter(range(table.count("<w:tc>")))

    def cell(found: re.Match[str]) -> str:
        width = round(5000 * grid[next(places) % len(grid)] / sum(grid))
        text = unescape("".join(re.findall(r"<w:t\b[^>]*>([^<]*)", found[1])))
        whole, said = ("<w:noWrap/>", _tied(found[1])) if is_short(text) else ("", found[1])
        return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="pct"/>{whole}</w:tcPr>{said}</w:tc>'

    text = table.replace(f'<w:pStyle w:val="{compact}" />', f'<w:pStyle w:val="{style}"/>')
    text = _cell.sub(cell, text).replace('<w:tblLayout w:type="fixed" />', '<w:tblLayout w:type="autofit"/>')
    text = text.replace("<w:tr>", "<w:tr><w:trPr><w:cantSplit/></w:trPr>").replace(
        "<w:cantSplit/></w:trPr><w:trPr>", "<w:cantSplit/>"
    )
    start, *rows = text.split("<w:tr>")
    told = sum(map(len, re.findall(r"<w:t\b[^>]*>([^<]*)", table)))
    kept = range(len(rows) - 1) if len(rows) <= WHOLE and told <= LONG else (0, 1, len(rows) - 2)
    named = f'<w:pStyle w:val="{style}"/>'
    rows = [row.replace(named, f"{named}<w:keepNext/>") if at in kept else row for at, row in enumerate(rows)]
    return "<w:tr>".join([start, *rows])


def _tied(cell: str) -> str:
    """A cell with blanks at which no program parts it; LibreOffice passes over noWrap."""
    return re.sub(r"(<w:t\b[^>]*>)([^<]*)", lambda text: text[1] + text[2].replace(" ", "\u00a0"), cell)


def _head(
    parts: dict[str, bytes], styles: dict[str, re.Match[str]], running: str, sample: str, foot: str, cover: bool
) -> None:
    """Give every page but the cover its running head, with the sample mark, and its number; the texts are XML."""
    types, links, document = "[Content_Types].xml", "word/_rels/document.xml.rels", "word/document.xml"
    before, start, section = parts[document].decode().rpartition("<w:sectPr")
    cleared = re.findall(r'<w:tab\b[^>]*w:pos="(\d+)"', styles["header"][0])
    width, left, right = (
        int(found[1]) if (found := re.search(rf'<w:{name}\b[^>]*w:{side}="(\d+)"', section)) else 0
        for name, side in (("pgSz", "w"), ("pgMar", "left"), ("pgMar", "right"))
    )
    stops = "".join(f'<w:tab w:val="clear" w:pos="{place}"/>' for place in cleared)
    stops = f'<w:tabs>{stops}<w:tab w:val="right" w:pos="{width - left - right}"/></w:tabs>'
    mark = f'<w:r><w:tab/></w:r><w:r><w:rPr><w:rStyle w:val="{styles["sample mark"][1]}"/></w:rPr><w:t>{sample}</w:t></w:r>'
    fields = {"{page}": "PAGE", "{pages}": "NUMPAGES"}
    numbers = "".join(
        f'<w:fldSimple w:instr=" {fields[one]} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        if one in fields
        else f'<w:r><w:t xml:space="preserve">{one}</w:t></w:r>'
        for one in re.split(r"(\{\w+\})", foot)
        if one
    )
    references = ""
    for kind, root, more, text in (
        ("header", "hdr", stops, f"<w:r><w:t>{running}</w:t></w:r>{mark if sample else ''}"),
        ("footer", "ftr", "", numbers),
    ):
        paragraph = f'<w:p><w:pPr><w:pStyle w:val="{styles[kind][1]}"/>{more}</w:pPr>{text}</w:p>'
        spaces = f'xmlns:w="{SPACES}/wordprocessingml/2006/main"'
        parts[f"word/running-{kind}.xml"] = (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:{root} {spaces}>{paragraph}</w:{root}>'.encode()
        )
        override = f'<Override PartName="/word/running-{kind}.xml" ContentType="{KIND}.{kind}+xml"/></Types>'
        link = f'<Relationship Id="running-{kind}" Type="{SPACES}/officeDocument/2006/relationships/{kind}" Target="running-{kind}.xml"/></Relationships>'
        parts[types] = parts[types].replace(b"</Types>", override.encode())
        parts[links] = parts[links].replace(b"</Relationships>", link.encode())
        references += f'<w:{kind}Reference w:type="default" r:id="running-{kind}"/>'
    section = re.sub(r"<w:(?:header|footer)Reference [^>]*/>|<w:titlePg\b[^>]*/>", "", section)
    section = re.sub(r">", f">{references}", section, count=1)
    last = re.search(r"<w:(?:textDirection|bidi|rtlGutter|docGrid)\b|</w:sectPr>", section)
    assert last, "a section ends"
    section = f"{section[: last.start()]}{'<w:titlePg/>' if cover else ''}{section[last.start() :]}"
    parts[document] = (before + start + section).encode()
    settings = parts["word/settings.xml"]
    parts["word/settings.xml"] = re.sub(rb"<w:evenAndOddHeaders\b[^>]*/>", b"", settings)


def _styles(text: str) -> str:
    default = f'<w:rPrDefault><w:rPr>{SERIF}<w:sz w:val="21"/><w:szCs w:val="21"/><w:lang w:val="en-GB" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault>'
    text = re.sub(r"<w:rPrDefault>.*?</w:rPrDefault>", default, text, flags=re.S)
    for id, (paragraph, character) in STYLES.items():
        text = _restyled(text, id, f"<w:pPr>{paragraph}</w:pPr><w:rPr>{character}</w:rPr>")
    text = text.replace("</w:styles>", f"{FURTHER}</w:styles>")
    return _restyled(text, "Table", f'<w:rPr><w:sz w:val="17"/><w:szCs w:val="17"/></w:rPr>{TABLE}')


def _restyled(text: str, id: str, properties: str) -> str:
    """The style `id` with `properties` instead of its own. Raises ValueError if pandoc has no such style."""
    found = re.search(rf'<w:style [^>]*w:styleId="{id}".*?</w:style>', text, re.S)
    if not found:
        raise ValueError(f"pandoc's reference document has no style {id}")
    bare = re.sub(r"<w:(pPr|rPr|tblPr|tblStylePr)\b.*</w:\1>", "", found[0], flags=re.S)
    return text.replace(found[0], bare.replace("</w:style>", f"{properties}</w:style>"))
