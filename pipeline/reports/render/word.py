"""The look of the report in Word: A4, 宋体 and 黑体, captions and tables as on paper, so that an editor starts from there."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from pathlib import Path

import pypandoc

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
    "Heading1": (_spaced(0, 240, more=f'{KEEP}<w:pageBreakBefore/>') + '<w:outlineLvl w:val="0"/>', _sized(36, SANS, colour="00634F", bold=True)),
    "Heading2": (_spaced(320, 120, more=KEEP) + '<w:outlineLvl w:val="1"/>', _sized(26, SANS, colour="00634F", bold=True)),
    "Heading3": (_spaced(200, 80, more=KEEP) + '<w:outlineLvl w:val="2"/>', _sized(22, SANS, bold=True)),
    "TableCaption": (_spaced(200, 60, more=KEEP), _sized(19, SANS, bold=True)),
    "ImageCaption": (_spaced(40, 60), _sized(19, SANS, bold=True)),
    "Abstract": (
        '<w:pBdr><w:left w:val="single" w:sz="24" w:space="8" w:color="00634F"/></w:pBdr><w:shd w:val="clear" w:color="auto" w:fill="F1F6F4"/>'
        + _spaced(40, 40, 288) + '<w:ind w:left="200" w:right="0" w:firstLine="0"/>', _sized(20, SANS),
    ),
    "BlockText": (_spaced(40, 200, 264) + '<w:ind w:left="0" w:right="0" w:firstLine="0"/>', _sized(16, SANS, colour="52606D")),
}  # fmt: skip
"""Style -> paragraph and character properties (Abstract: notes and key points), in the words of WordprocessingML (ISO/IEC 29500-1, 17.3)."""

TABLE = (
    f"<w:tblPr><w:tblBorders>{LINE.format('top', 8)}{LINE.format('bottom', 4)}"
    '<w:insideH w:val="single" w:sz="4" w:space="0" w:color="D9E2EC"/></w:tblBorders>'
    '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    f'<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>{LINE.format("bottom", 8)}'
    "</w:tcBorders></w:tcPr></w:tblStylePr>"
)


def reference(path: Path) -> None:
    """Write the reference document that both engines take their Word styles from: pandoc's, dressed like the PDF."""
    command = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
    given = zipfile.ZipFile(io.BytesIO(subprocess.run(command, capture_output=True, check=True).stdout))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            part = given.read(name)
            if name == "word/styles.xml":
                part = _styles(part.decode()).encode()
            elif name == "word/document.xml":
                part = part.replace(b"</w:footnotePr>", b"</w:footnotePr>" + PAGE.encode())
            made.writestr(zipfile.ZipInfo(name, STAMP), part)


def take_properties(path: Path) -> bool:
    """Set the title, the creator and the date of a document from what theme/report.lua put among its custom properties, and take
    all of these out; False where they are not there. pandoc sets them only together with a title block of its own. The
    time of the build is in no part of the file."""
    with zipfile.ZipFile(path) as given:
        parts = {entry: given.read(entry) for entry in given.infolist()}
    custom, core = (
        next(entry for entry in parts if entry.filename == f"docProps/{name}.xml") for name in ("custom", "core")
    )
    for tag in (b"dc:title", b"dc:creator"):
        found = re.search(rb'name="%s"><vt:lpwstr>(.+?)</vt:lpwstr>' % tag, parts[custom], re.S)
        if not found:
            return False
        before, after = re.split(rb"<%s>.*?</%s>|<%s */>" % (tag, tag, tag), parts[core], maxsplit=1)
        parts[core] = before + b"<%s>%s</%s>" % (tag, found[1], tag) + after
    found = re.search(rb'name="dcterms:created"><vt:lpwstr>(.+?)</vt:lpwstr>', parts[custom])
    if not found:
        return False
    for tag in (b"created", b"modified"):
        parts[core] = re.sub(rb"(<dcterms:%s[^>]*>)[^<]*" % tag, rb"\g<1>" + found[1], parts[core])
    parts[custom] = re.sub(rb"<property .*</property>", b"", parts[custom], flags=re.S)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for entry, part in parts.items():
            made.writestr(zipfile.ZipInfo(entry.filename, STAMP), part, zipfile.ZIP_DEFLATED)
    return True


def _styles(text: str) -> str:
    default = f'<w:rPrDefault><w:rPr>{SERIF}<w:sz w:val="21"/><w:szCs w:val="21"/><w:lang w:val="zh-CN" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault>'
    text = re.sub(r"<w:rPrDefault>.*?</w:rPrDefault>", default, text, flags=re.S)
    for id, (paragraph, character) in STYLES.items():
        text = _restyled(text, id, f"<w:pPr>{paragraph}</w:pPr><w:rPr>{character}</w:rPr>")
    return _restyled(text, "Table", f'<w:rPr><w:sz w:val="17"/><w:szCs w:val="17"/></w:rPr>{TABLE}')


def _restyled(text: str, id: str, properties: str) -> str:
    """The style `id` with `properties` instead of its own. Raises ValueError if pandoc has no such style."""
    found = re.search(rf'<w:style [^>]*w:styleId="{id}".*?</w:style>', text, re.S)
    if not found:
        raise ValueError(f"pandoc's reference document has no style {id}")
    bare = re.sub(r"<w:(pPr|rPr|tblPr|tblStylePr)\b.*</w:\1>", "", found[0], flags=re.S)
    return text.replace(found[0], bare.replace("</w:style>", f"{properties}</w:style>"))
