"""Both engines behind one interface. Quarto is played by a stand-in command, and by a real one where there is one."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
import yaml
from pypdf import PdfReader

from pipeline.charts import figures, fonts
from pipeline.errors import RenderError
from pipeline.layout import Layout
from pipeline.reports import markup
from pipeline.reports.render.embedded import Embedded
from pipeline.reports.render.engine import Engine, choose
from pipeline.reports.render.pdf import compile_pdf
from pipeline.reports.render.quarto import Quarto
from tests.build.test_build import Page
from tests.reports import stand_in
from tests.reports.conftest import staged
from tests.reports.test_word import part


@pytest.fixture
def no_quarto(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("QUARTO_PATH", raising=False)


@pytest.mark.usefixtures("no_quarto")
class TestChoice:
    def test_without_quarto_the_embedded_engine_is_taken(self) -> None:
        assert choose("auto").name == "embedded"
        with pytest.raises(RenderError, match="找不到 quarto"):
            choose("quarto")

    def test_quarto_on_the_path_is_taken(self, tmp_path: Path) -> None:
        stand_in.install(tmp_path)
        assert (choose("auto").name, choose("auto").version) == ("quarto", "1.10.18")
        assert choose("embedded").name == "embedded"

    @pytest.mark.parametrize("part", ["", "quarto"])
    def test_quarto_path_names_file_or_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        stand_in.install(folder)
        monkeypatch.setenv("QUARTO_PATH", str(folder / part))
        assert choose("quarto").name == "quarto"

    @pytest.mark.parametrize(
        ("version", "serves"), [("1.6.42", False), ("1.7.0", True), ("1.10.19", True), ("99.9.9", True)]
    )
    def test_an_old_quarto_is_passed_over_with_a_word(self, tmp_path: Path, version: str, serves: bool) -> None:
        command, said = stand_in.install(tmp_path, version), list[str]()
        assert (choose("auto", say=said.append).name == "quarto") is serves
        if not serves:
            assert said == [f"找到的 Quarto 是 {version}（{command}），需要 1.7 或更高，改用内置引擎。"]
            with pytest.raises(RenderError, match=version):
                choose("quarto")

    def test_a_quarto_that_does_not_run_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "quarto").write_text("#!/bin/sh\nexit 3\n")
        (tmp_path / "quarto").chmod(0o755)
        assert Quarto.find() is None

    def test_an_unknown_engine_is_refused(self) -> None:
        with pytest.raises(RenderError, match="latex"):
            choose("latex")

    def test_a_version_that_is_not_in_utf8_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "quarto").write_bytes(b"#!/bin/sh\nprintf '\\326\\320\\n1.10.18\\n'\n")
        (tmp_path / "quarto").chmod(0o755)
        assert choose("auto").version == "1.10.18"


def quarto(folder: Path, before: str = "", limit_s: float = 600) -> Quarto:
    """The engine on the stand-in, which runs `before` first."""
    return Quarto(str(stand_in.install(folder, before=before)), "1.10.18", limit_s)


def test_quarto_is_called_once_for_all_reports_and_formats(stage: Path, tmp_path: Path) -> None:
    quarto(tmp_path).render(stage, ["one", "two"], ["html", "pdf", "docx"])
    assert json.loads((tmp_path / stand_in.CALLS).read_text()) == [[".", "--no-execute"]]
    assert {path.name for path in (stage / "out").iterdir()} == {
        f"{stem}.{suffix}" for stem in ("one", "two") for suffix in ("html", "pdf", "docx")
    }
    assert (stage / "out" / "one.pdf").read_bytes().startswith(b"%PDF")
    config = yaml.safe_load((stage / "_quarto.yml").read_text("utf-8"))
    assert config["execute"]["enabled"] is False
    assert config["format"]["html"]["minimal"] is True
    assert config["format"]["typst"]["output-ext"] == "typ"
    assert config["html-table-processing"] == "none"


def test_only_what_is_asked_for_is_rendered(stage: Path, tmp_path: Path) -> None:
    (stage / "theme" / "reference.docx").write_bytes(b"no document")
    quarto(tmp_path).render(stage, ["one", "two"], ["html"])
    assert {path.name for path in (stage / "out").iterdir()} == {"one.html", "two.html"}


def test_a_stage_below_a_dot_is_rendered_where_the_temporary_folder_is_below_one_too(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = staged(tmp_path / ".cache" / "green-report", layout)
    (tmp_path / ".tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ".tmp"))
    monkeypatch.setattr("pipeline.reports.render.quarto.FALLBACKS", (str(tmp_path),))
    quarto(tmp_path).render(stage, ["one"], ["html", "pdf"])
    assert {path.name for path in (stage / "out").iterdir()} == {"one.html", "one.pdf"}
    assert not list(tmp_path.glob("gr-*"))
    monkeypatch.setattr("pipeline.reports.render.quarto.FALLBACKS", ())
    with pytest.raises(RenderError, match="TMPDIR"):
        quarto(tmp_path).render(stage, ["one"], ["html"])


FAULTS = {
    "an identifier given twice": ("one.qmd", "\n# 一 {#zz}\n\n# 二 {#zz}\n", "Duplicate identifier 'zz'"),
    "a fence too many": ("one.qmd", "\n文字\n\n:::\n", r"one.qmd 第 \d+ 行有多余的 :::"),
    "a fence in a line": ("one.qmd", "\n文字 ::: 文字\n", r"one.qmd 第 \d+ 行的 ::: 不能"),
    "a div that begins within a paragraph": ("one.qmd", "\n文字\n::: {.note}\n文字\n:::\n", "不能开始或结束"),
    "a div without an end": ("one.qmd", "\n::: {.note}\n\n文字\n", r"one.qmd 第 \d+ 行开始的内容块没有结束"),
    "a picture that is not there": ("one.qmd", "\n![图](nothing.png)\n", "nothing.png"),
    "error() in the filter": ("theme/report.lua", "\nfunction Para(p) error('坏了') end\n", r"theme/report.lua:\d+[:)] 坏了"),
    "an error in the filter": ("theme/report.lua", "\nfunction Para(p) p.x.y = 1 end\n", r"theme/report.lua:\d+: attempt"),
    "a filter that stops early": ("theme/report.lua", "\nfunction Pandoc(doc) return doc end\n", "没有经过 theme/report.lua"),
}  # fmt: skip
HARMLESS = {
    "text in code": "\n```\n:::\n```\n\n`:::` 文字\n",
    "text": "\n甲\\:\\:\\:乙，ERROR: WARNING\n",
    "divs in divs": "\n:::: {.note}\n\n::: {.note}\n文字\n:::\n\n::::\n",
}


@pytest.fixture(params=["embedded", "stand_in", "real_quarto"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "embedded":
        return Embedded()
    if request.param == "stand_in":
        return quarto(tmp_path)
    return real_quarto()


def real_quarto() -> Quarto:
    found = Quarto.find()
    if found is None or not found.serves:
        pytest.skip("这台机器上没有 Quarto 1.7 以上")
    return found


class TestBothJudgeAlike:
    @pytest.mark.parametrize(("path", "more", "told"), FAULTS.values(), ids=FAULTS)
    def test_a_fault_is_told(self, engine: Engine, stage: Path, path: str, more: str, told: str) -> None:
        with (stage / path).open("a", encoding="utf-8") as file:
            file.write(more)
        with pytest.raises(RenderError, match=told):
            engine.render(stage, ["one"], ["docx"])

    @pytest.mark.parametrize("more", HARMLESS.values(), ids=HARMLESS)
    def test_what_is_none_is_rendered(self, engine: Engine, stage: Path, more: str) -> None:
        with (stage / "one.qmd").open("a", encoding="utf-8") as file:
            file.write(more)
        engine.render(stage, ["one"], ["html"])
        assert (stage / "out" / "one.html").is_file()

    @pytest.mark.parametrize("part", ["head.html", "tail.html", "report.lua", "reference.docx", "typst-show.typ"])
    def test_a_missing_part_is_told(self, engine: Engine, stage: Path, part: str) -> None:
        (stage / "theme" / part).unlink()
        with pytest.raises(RenderError, match=f"theme/{part} 不见了"):
            engine.render(stage, ["one"], ["html"])

    def test_files_carry_neither_mark_nor_other_properties(self, engine: Engine, stage: Path) -> None:
        engine.render(stage, ["one"], ["html", "pdf", "docx"])
        assert "report.lua" not in (stage / "out" / "one.html").read_text("utf-8")
        with zipfile.ZipFile(stage / "out" / "one.docx") as parts:
            core, custom = (parts.read(f"docProps/{name}.xml").decode() for name in ("core", "custom"))
        assert "<dc:title>报告 *标题*（广东省）</dc:title><dc:creator>编制 # 单位</dc:creator>" in core
        assert "<property " not in custom
        labels = PdfReader(stage / "out" / "one.pdf").page_labels
        assert (labels[0], labels[1]) == ("", "I")


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("print('\\x1b[91mERROR: bad thing\\n\\nStack trace:\\n    at x (q.js:1)\\x1b[39m', file=sys.stderr); sys.exit(1)", "1）：ERROR: bad thing$"),
        ("print('WARNING: a\\nerror: at the end', file=sys.stderr); sys.exit(3)", "3）：error: at the end"),
        ("sys.stdout.buffer.write('渲染失败'.encode('gbk')); sys.exit(1)", "1）：\ufffd"),
        ("sys.exit(1)", "1）：没有说明原因$"),
        ("print('WARN: something new', file=sys.stderr)", "WARN: something new"),
        ("sys.exit(0)", "没有生成 one.html，也没有说明原因"),
    ],
)  # fmt: skip
def test_why_quarto_made_no_report(stage: Path, tmp_path: Path, before: str, told: str) -> None:
    before = f"if '--version' not in sys.argv:\n    {before}"
    with pytest.raises(RenderError, match=told):
        quarto(tmp_path, before).render(stage, ["one"], ["html"])


def test_a_quarto_that_hangs_is_ended_with_its_children(stage: Path, tmp_path: Path) -> None:
    child = "subprocess.Popen(['sleep', '600'])"
    before = f"import subprocess\nopen({str(tmp_path / 'child')!r}, 'w').write(str({child}.pid))\n"
    before += "import time\ntime.sleep(600)"
    with pytest.raises(RenderError, match="Quarto 渲染 one、two 超过 5 秒还没有结束，已终止"):
        quarto(tmp_path, before, limit_s=5).render(stage, ["one", "two"], ["html"])
    state = Path(f"/proc/{(tmp_path / 'child').read_text()}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def text_of(page: str) -> list[str]:
    return [line.strip() for line in Page(page).text.splitlines() if line.strip()]


def test_real_quarto_gives_what_the_embedded_engine_gives(stage: Path, layout: Layout, tmp_path: Path) -> None:
    ours = staged(tmp_path / "ours", layout)
    real_quarto().render(stage, ["one"], ["html", "pdf", "docx"])
    Embedded().render(ours, ["one"], ["html", "pdf", "docx"])
    pages = [(folder / "out" / "one.html").read_text("utf-8") for folder in (stage, ours)]
    assert text_of(pages[0]) == text_of(pages[1])
    for text in ('id="t-a"', "表 2-1", 'id="c-2"', 'class="note"', "vegaEmbed"):
        assert all(text in page for page in pages)
    assert "cdn" not in pages[0].replace(figures.javascript_bundle(stage), "")
    papers = [[page.extract_text() for page in PdfReader(folder / "out" / "one.pdf").pages] for folder in (stage, ours)]
    assert papers[0] == papers[1]
    words = [re.findall(r"<w:t[ >][^<]*", part(folder / "out" / "one.docx", "word/document.xml")) for folder in (stage, ours)]  # fmt: skip
    assert words[0] == words[1]


def test_the_embedded_engine_makes_all_formats(stage: Path) -> None:
    Embedded().render(stage, ["one"], ["html", "pdf", "docx"])
    page = (stage / "out" / "one.html").read_text("utf-8")
    assert '<html lang="zh-CN">' in page
    assert "<title>报告 *标题*（广东省）</title>" in page
    assert page.count("标题 t-a") >= 1
    assert "示例数据" in page
    assert (stage / "out" / "one.pdf").stat().st_size > 5_000
    assert (stage / "out" / "one.docx").read_bytes().startswith(b"PK")


def test_a_font_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "x.typ"
    source.write_text('#set document(title: [x])\n#set text(font: "No Such Font", lang: "zh")\n文字\n', "utf-8")
    with pytest.raises(RenderError, match="no such font"):
        compile_pdf(source, tmp_path / "x.pdf", tmp_path)
    assert not (tmp_path / "x.pdf").exists()


def test_a_picture_without_alternative_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "p.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    source = tmp_path / "x.typ"
    source.write_text('#set document(title: [x])\n#set text(lang: "zh")\n#figure(image("p.svg"))\n', "utf-8")
    with pytest.raises(RenderError, match="PDF"):
        compile_pdf(source, tmp_path / "x.pdf", tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
def test_a_typesetter_that_was_ended_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = tmp_path / "python"
    killed.write_text("#!/bin/sh\nkill -9 $$\n")
    killed.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(killed))
    with pytest.raises(RenderError, match=r"x\.typ）的进程中断（退出码 -9）"):
        compile_pdf(tmp_path / "x.typ", tmp_path / "x.pdf", tmp_path)


def test_missing_font_packages_fall_back_to_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lost = tuple(fonts.FontFile(font.name, font.role, font.family, None, font.instead) for font in fonts.packaged())
    monkeypatch.setattr(fonts, "packaged", lambda: lost)
    monkeypatch.setattr(fonts, "system", lambda: (tmp_path / "NotoSansCJK-Regular.ttc",))
    assert fonts.folders() == [tmp_path]
    assert fonts.families() == {"serif": "Noto Serif CJK SC", "sans": "Noto Sans CJK SC", "bold": "Noto Sans CJK SC"}


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("减碳😀场景", "减碳〓场景"),
        ("零\ufeff宽", "零宽"),
        ("空\x00字", "空字"),
        ("CO₂ ≤ 𠮷", "CO₂ ≤ 𠮷"),
        ("广" + "\u0301" * 60 + "东", "广东"),
    ],
)
def test_a_character_that_no_font_has_does_not_end_the_pdf(written: str, printed: str, tmp_path: Path) -> None:
    source = tmp_path / "x.typ"
    text = f'#set document(title: [x])\n#set text(lang: "zh")\n#{markup.text_typst(written)}\n'
    source.write_text(text + '#image("x/p.svg", alt: "图")\n', "utf-8")
    (tmp_path / "x").mkdir()
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="20"><text y="15">{written}</text></svg>'
    (tmp_path / "x" / "p.svg").write_text(picture.replace("\x00", ""), "utf-8")
    compile_pdf(source, tmp_path / "x.pdf", tmp_path)
    assert (tmp_path / "x.pdf").stat().st_size > 1_000
    assert source.read_text("utf-8").startswith(text.replace(written, printed))
