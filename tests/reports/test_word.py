"""The styles that Word documents are given, and what stands in a built one."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pypandoc
import pytest

from pipeline.errors import DataError
from pipeline.layout import Layout
from pipeline.reports import assemble
from pipeline.reports.render import word
from pipeline.reports.render.embedded import READER
from tests.conftest import ROOT, Built


def part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as parts:
        return parts.read(name).decode()


def style(text: str, id: str) -> str:
    found = re.search(rf'<w:style [^>]*w:styleId="{id}".*?</w:style>', text, re.S)
    assert found, id
    return found[0]


def test_the_reference_is_chinese_a4_and_the_same_each_time(tmp_path: Path) -> None:
    one, other = tmp_path / "one.docx", tmp_path / "other.docx"
    word.reference(one)
    word.reference(other)
    assert one.read_bytes() == other.read_bytes()
    assert '<w:pgSz w:w="11906" w:h="16838"/>' in part(one, "word/document.xml")
    styles = part(one, "word/styles.xml")
    assert 'w:eastAsia="宋体"' in styles
    assert style(styles, "Heading1").count("<w:pPr>") == style(styles, "Heading1").count("<w:rPr>") == 1
    assert "insideH" in style(styles, "Table")
    assert all("keepNext" in style(styles, id) for id in ("ImageCaption", "TableCaption"))
    assert {"TOC1", "TOC2", "Header", "Footer", "SampleMark"} <= set(re.findall(r'styleId="(\w+)"', styles))


STYLES = (
    '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:basedOn w:val="a"/>'
    '<w:rPr><w:color w:val="C00000"/></w:rPr></w:style>'
)
"""As Word in Chinese writes them: names are English, identifiers are not."""


def office(path: Path, styles: str = STYLES) -> Path:
    """A document as an office might lay it down: ours, with styles and a page of its own, and heads that are not wanted."""
    word.reference(path)
    with zipfile.ZipFile(path) as parts:
        held = {name: parts.read(name).decode() for name in parts.namelist()}
    held["word/styles.xml"] = re.sub(r"<w:style .*</w:style>", styles, held["word/styles.xml"], flags=re.S)
    held["word/document.xml"] = held["word/document.xml"].replace('w:w="11906"', 'w:w="12240"')
    with zipfile.ZipFile(path, "w") as made:
        for name, text in held.items():
            made.writestr(name, text)
    return path


def test_the_styles_of_an_office_are_used_and_ours_fill_the_rest(tmp_path: Path) -> None:
    word.reference(tmp_path / "reference.docx", office(tmp_path / "own.docx"))
    styles = part(tmp_path / "reference.docx", "word/styles.xml")
    assert "C00000" in style(styles, "1")
    assert "Heading1" not in re.findall(r'styleId="(\w+)"', styles)
    assert styles.count('w:default="1"') == 1
    assert '<w:basedOn w:val="1" />' in style(styles, "TOCHeading")
    assert 'w:w="12240"' in part(tmp_path / "reference.docx", "word/document.xml")
    made = report(tmp_path, "# 一\n\n文字。\n", tmp_path / "reference.docx")
    assert '<w:pStyle w:val="1" />' in part(made, "word/document.xml")


@pytest.mark.parametrize("content", [b"", b"no document", b"PK\x03\x04"])
def test_a_file_that_is_no_document_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    own = tmp_path / "reference.docx"
    own.write_bytes(content)
    with pytest.raises(DataError, match=r"reference.docx：不是可读的 Word 文档"):
        word.reference(tmp_path / "made.docx", own)


def test_the_document_of_styles_stands_beside_the_editorial_texts(tmp_path: Path) -> None:
    assert assemble.own_styles(Layout(tmp_path)) is None
    path = tmp_path / "reports" / "editorial" / "reference.docx"
    path.parent.mkdir(parents=True)
    assert assemble.own_styles(Layout(tmp_path)) is None
    office(path)
    assert assemble.own_styles(Layout(tmp_path)) == path
    path.write_bytes(b"")
    with pytest.raises(DataError):
        assemble.own_styles(Layout(tmp_path))


def test_a_workbook_is_no_document(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "own.docx", "w") as parts:
        parts.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(DataError, match="不是可读的 Word 文档"):
        word.opened(tmp_path / "own.docx")


HEAD = (
    "---\npagetitle: T\nlang: zh-CN\nreport:\n  publisher: P\n  year: 2026\n  month: 3\n  day: 9\n  running: 报告　广东 \\<省\\>\n"
    '  foot: "第 {page} 页　共 {pages} 页"\n'
)


def report(folder: Path, body: str, reference: Path | None = None, sample: str = "示例", more: str = "") -> Path:
    """A document made of `body` as a build makes it."""
    path = folder / "report.docx"
    given = reference or folder / "given.docx"
    if not reference:
        word.reference(given)
    command = [pypandoc.get_pandoc_path(), f"--from={READER}", f"--output={path}", f"--reference-doc={given}"]
    command.append(f"--lua-filter={ROOT / 'reports' / 'theme' / 'report.lua'}")
    told = HEAD + more + (f"  sample: {sample}\n" if sample else "") + "---\n\n" + body
    subprocess.run(command, input=told, text=True, check=True)
    assert word.finish(path)
    for name in zipfile.ZipFile(path).namelist():
        if name.endswith((".xml", ".rels")):
            ElementTree.fromstring(part(path, name))
    return path


def test_every_page_has_title_region_sample_mark_and_number(tmp_path: Path) -> None:
    path = report(tmp_path, "::: {.contents}\n目录\n:::\n\n# 一\n\n文字。\n")
    head, foot = (part(path, f"word/running-{kind}.xml") for kind in ("header", "footer"))
    assert "<w:t>报告　广东 &lt;省&gt;</w:t>" in head
    assert '<w:rStyle w:val="SampleMark"/></w:rPr><w:t>示例</w:t>' in head
    assert 'w:color w:val="B3261E"' in style(part(path, "word/styles.xml"), "SampleMark")
    assert re.findall(r'w:instr=" (\w+) "', foot) == ["PAGE", "NUMPAGES"]
    assert "".join(re.findall(r"<w:t[^>]*>([^<]*)", foot)) == "第 1 页　共 1 页"
    text = part(path, "word/document.xml")
    assert '<w:headerReference w:type="default" r:id="running-header"/>' in text
    assert "<w:titlePg/></w:sectPr>" in text
    assert "titlePg" not in part(report(tmp_path, "# 一\n"), "word/document.xml")  # a sheet has no cover
    assert "示例" not in part(report(tmp_path, "# 一\n", sample=""), "word/running-header.xml")


def test_the_imprint_stands_under_the_contents_and_chapters_run_on(tmp_path: Path) -> None:
    names = ("c-opening-1", "c-opening-2", "c-1", "c-2", "c-10", "c-A", "c-B")
    body = "".join(f"# 章 {{#{name}}}\n\n文字。\n\n" for name in names)
    begins = r'name="(c-[\w-]+)" ?/>\s*<w:p><w:pPr><w:pStyle w:val="Heading1" ?/><w:pageBreakBefore/>'
    text = part(report(tmp_path, "::: {.contents}\n目录\n:::\n\n" + body), "word/document.xml")
    assert re.findall(begins, text) == ["c-opening-2", "c-1", "c-A"]
    annex = "::: {.contents}\n目录\n:::\n\n# 章 {#a-2}\n\n# 章 {#a-3}\n"
    assert re.findall(begins.replace("(c-", "([ca]-"), part(report(tmp_path, annex), "word/document.xml")) == ["a-2"]
    assert "pageBreakBefore" not in part(report(tmp_path, body), "word/document.xml")


def test_a_sheet_is_set_closer_and_says_its_region(tmp_path: Path) -> None:
    sheet = report(tmp_path, "# 省情\n\n文字。\n", more="  region: 广东省\n  part: profile\n")
    text, styles = part(sheet, "word/document.xml"), part(sheet, "word/styles.xml")
    assert 'w:top="1134"' in text
    assert 'w:bottom="907"' in text
    assert 'w:before="0" w:after="80"' in style(styles, "Heading1")
    assert 'w:before="0" w:after="0" w:line="252"' in style(styles, "TableText")
    assert "".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)", text)) == "广东省　省情文字。"
    told = "::: {.contents}\n目录\n:::\n\n# 省情\n\n文字。\n"
    main = report(tmp_path, told, more="  region: 广东省\n  part: main\n")
    text, styles = part(main, "word/document.xml"), part(main, "word/styles.xml")
    assert 'w:top="1417"' in text
    assert 'w:before="560"' in style(styles, "Heading1")
    assert "广东省" not in text


def test_a_sheet_keeps_what_an_office_has_of_its_own(tmp_path: Path) -> None:
    own = STYLES.replace("<w:rPr>", '<w:pPr><w:spacing w:before="600"/></w:pPr><w:rPr>')
    word.reference(tmp_path / "reference.docx", office(tmp_path / "own.docx", own))
    made = report(tmp_path, "# 省情\n", tmp_path / "reference.docx", more="  part: profile\n")
    styles = part(made, "word/styles.xml")
    assert re.findall(r"<w:spacing ([^/]*?) ?/>", style(styles, "1")) == ['w:before="600"']
    assert 'w:before="40" w:after="40" w:line="270"' in style(styles, "BodyText")


def test_a_frame_stays_on_a_page_and_lets_go_of_what_follows(tmp_path: Path) -> None:
    text = part(report(tmp_path, "::: {.keypoints}\n- 甲\n- 乙\n:::\n\n文字。\n"), "word/document.xml")
    kept = re.findall(r'<w:pStyle w:val="Abstract" ?/>(<w:keepNext/>)?', text)
    assert kept == ["<w:keepNext/>", "<w:keepNext/>", ""]


@pytest.mark.parametrize(("rows", "kept"), [(5, 5), (11, 11), (12, 3), (31, 3)])
def test_a_short_table_stays_whole_and_no_row_of_a_long_one_alone(tmp_path: Path, rows: int, kept: int) -> None:
    """kept: the rows of `rows` and the head that stay with the next one."""
    body = "|名称|数值|\n|---|---:|\n" + "".join(f"|甲|{row}|\n" for row in range(rows))
    text = part(report(tmp_path, body), "word/document.xml")
    assert text.count("<w:keepNext/>") == 2 * kept


def test_a_table_of_few_rows_but_much_text_may_break(tmp_path: Path) -> None:
    """Five rows of 160 characters; the head and the first row, and the last two, stay together."""
    body = "|名称|口径|\n|---|---|\n" + f"|甲|{'长' * 160}|\n" * 5
    text = part(report(tmp_path, body), "word/document.xml")
    assert text.count("<w:keepNext/>") == 2 * 3


def test_the_contents_hold_the_headings_as_links_with_their_pages(tmp_path: Path) -> None:
    told = "::: {.contents}\n目录\n:::\n\n# 1　一\n\n## 1.1　CO~2~ & 水\n\n### 三级\n\n# 2　二\n"
    text = part(report(tmp_path, told), "word/document.xml")
    assert re.findall(r'<w:pStyle w:val="(TOC\w+)"', text) == ["TOCHeading", "TOC1", "TOC2", "TOC1"]
    links = re.findall(r'<w:hyperlink w:anchor="(_Toc\d+)"', text)
    assert links == re.findall(r'<w:bookmarkStart w:id="\d+" w:name="(_Toc\d+)"', text)
    assert links == re.findall(r"PAGEREF (_Toc\d+) ", text)
    assert 'TOC \\o "1-2"' in text
    kinds = re.findall(r'w:fldCharType="(\w+)"', text)
    assert kinds.count("begin") == kinds.count("separate") == kinds.count("end") == 4
    assert kinds[0] == "begin"
    assert kinds[-1] == "end"
    choice = (
        r'<mc:AlternateContent [^>]*xmlns:w15=[^>]*><mc:Choice Requires="w15">(.*?)</mc:Choice>'
        r"<mc:Fallback ?/></mc:AlternateContent>"
    )
    fields = re.compile(r'fldCharType="(\w+)"|> (TOC|PAGEREF) ')
    said = [one or other for one, other in fields.findall("".join(re.findall(choice, text)))]
    assert said == ["begin", "TOC", "separate", "end"]  # read by Word alone
    said = [one or other for one, other in fields.findall(re.sub(choice, "", text))]
    assert said == ["begin", "PAGEREF", "separate", "end"] * 3  # by LibreOffice, which counts pages in no other field


def test_a_number_stays_on_its_line(tmp_path: Path) -> None:
    told = "用电 12.7 亿kWh，比 2020 年增长 26.6 %。\n\n|名称|数值|\n|---|---:|\n|名称很长的一项，共有二十多个字和 3 个数|43.0 亿kWh|\n"
    text = part(report(tmp_path, told), "word/document.xml")
    plain = "".join(re.findall(r"<w:t[^>]*>([^<]*)", text))
    assert "12.7\u00a0亿kWh" in plain
    assert "2020\u00a0年" in plain
    assert "26.6\u00a0%" in plain
    assert "43.0\u00a0亿kWh" in plain
    cells = re.findall(r"<w:tc><w:tcPr>(.*?)</w:tcPr>", text)
    assert ["noWrap" in cell for cell in cells] == [False, False, False, True]
    assert text.count('<w:pStyle w:val="TableText"/>') == 4


def test_a_style_that_pandoc_does_not_have_is_an_error() -> None:
    with pytest.raises(ValueError, match="Nowhere"):
        word._restyled("<w:styles/>", "Nowhere", "")


@pytest.mark.slow
def test_a_report_has_cover_contents_captions_pictures_and_what_they_show(built: Built) -> None:
    path = built.file("440000-广东", "docx")
    text = part(path, "word/document.xml")
    paragraphs = re.findall(r"<w:p>.*?</w:p>|<w:p .*?</w:p>", text, re.S)
    styled = [(found[1] if (found := re.search(r'<w:pStyle w:val="(\w+)"', one)) else "", one) for one in paragraphs]
    assert [name for name, _ in styled[:3]] == ["Subtitle", "Title", "Date"]
    headings = sum(name in ("Heading1", "Heading2") for name, _ in styled)
    assert text.count("PAGEREF") == headings == sum(name in ("TOC1", "TOC2") for name, _ in styled)
    assert 'w:rStyle w:val="SampleMark"' in text
    assert "示例数据" in part(path, "word/running-header.xml")
    figures = [
        next(name for name, _ in styled[place + 1 :])
        for place, (name, _) in enumerate(styled)
        if name == "ImageCaption"
    ]
    assert set(figures) == {"Figure", "CaptionedFigure"}
    assert sum(name == "Heading1" for name, _ in styled) >= 10
    captions = {name: sum(one == name for one, _ in styled) for name in ("ImageCaption", "TableCaption")}
    assert captions["ImageCaption"] == text.count("<pic:pic") > 20
    assert 5 < captions["TableCaption"] < text.count("<w:tbl>")  # the highlights have tables without a number
    annex = part(built.file("440000-广东", "docx", annex=True), "word/document.xml")
    assert annex.count('<w:pStyle w:val="TableCaption"') == annex.count("<w:tbl>") > 20
    described = re.findall(r'<wp:docPr [^>]*descr="([^"]*)"', text)
    assert len(described) == captions["ImageCaption"]
    assert all(len(one) >= 20 for one in described)


def test_a_document_carries_the_date_of_the_report_and_no_time_of_the_build(tmp_path: Path) -> None:
    told = "---\npagetitle: T\nreport:\n  publisher: P\n  year: 2026\n  month: 3\n  day: 9\n---\n\ntext\n"
    made = []
    for epoch in ("0", "1000000000"):  # pandoc takes it for the time of the build
        path = tmp_path / f"{epoch}.docx"
        command = [pypandoc.get_pandoc_path(), "--from=markdown", f"--output={path}"]
        lua = ROOT / "reports" / "theme" / "report.lua"
        environment = os.environ | {"SOURCE_DATE_EPOCH": epoch}
        subprocess.run([*command, f"--lua-filter={lua}"], input=told, text=True, check=True, env=environment)
        assert word.finish(path)
        made.append(path.read_bytes())
    assert made[0] == made[1]
    core = part(path, "docProps/core.xml")
    assert re.findall(r"<dcterms:\w+ [^>]*>([^<]*)", core) == ["2026-03-09T00:00:00Z"] * 2


def test_key_points_and_notes_stand_in_a_frame_and_are_called_so(tmp_path: Path) -> None:
    head = "---\npagetitle: T\nlang: {}\nreport:\n  publisher: P\n  year: 2026\n  month: 3\n  day: 9\n---\n\n"
    told = head + "::: {{.keypoints}}\n- a\n- b\n:::\n\n::: {{.note}}\n\nc\n\n:::\n"
    for lang, name in (("zh-CN", "本章要点"), ("en-GB", "Key points")):
        made = {}
        for to in ("html", "typst", "docx"):
            path = tmp_path / f"made.{to}"
            command = [pypandoc.get_pandoc_path(), "--from=markdown", f"--to={to}", f"--output={path}"]
            lua = ROOT / "reports" / "theme" / "report.lua"
            subprocess.run([*command, f"--lua-filter={lua}"], input=told.format(lang), text=True, check=True)
            made[to] = part(path, "word/document.xml") if to == "docx" else path.read_text("utf-8")
        assert f'<div class="keypoints">\n<p><strong>{name}</strong></p>\n<ul>' in made["html"]
        assert f"#key-block[\n#strong[{name}]" in made["typst"]
        assert "#note-block[\nc" in made["typst"]
        texts = re.findall(r'w:val="Abstract" />.*?<w:t[^>]*>([^<]*)', made["docx"])
        assert texts == [name, "• a", "• b", "c"]
