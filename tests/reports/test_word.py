"""The styles that Word documents are given, and what stands in a built one."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from pathlib import Path

import pypandoc
import pytest

from pipeline.reports.render import word
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
    assert 'TOC \\o "1-2"' in text
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
        assert word.take_properties(path)
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
