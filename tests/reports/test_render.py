"""Both engines behind one interface. Quarto is played by a stand-in command that records how it is called."""

from __future__ import annotations

import json
import shutil
import stat
import sys
from pathlib import Path

import pytest
import yaml

from pipeline.charts import figures, fonts
from pipeline.errors import RenderError
from pipeline.layout import Layout
from pipeline.reports import assemble, markup
from pipeline.reports.render.embedded import Embedded
from pipeline.reports.render.engine import choose
from pipeline.reports.render.pdf import compile_pdf
from pipeline.reports.render.quarto import Quarto
from tests.reports.test_assemble import FRONT, notebook, table

STAND_IN = """#!{python}
import json, pathlib, subprocess, sys
sys.path[:0] = {path!r}
import pypandoc
if sys.argv[1:] == ["--version"]:
    print("{version}")
    sys.exit(0)
calls = pathlib.Path("{calls}")
said = json.loads(calls.read_text()) if calls.exists() else []
config = pathlib.Path("_quarto.yml").read_text()
calls.write_text(json.dumps(said + [{{"arguments": sys.argv[1:], "config": config, "files": sorted(p.name for p in pathlib.Path().iterdir())}}]))
{behaviour}
target = sys.argv[sys.argv.index("--to") + 1]
suffix = "typ" if target == "typst" else target
out = pathlib.Path("_out")
out.mkdir(exist_ok=True)
for qmd in pathlib.Path().glob("*.qmd"):
    template = ["--template=theme/embedded." + suffix] if suffix != "docx" else []
    subprocess.run([pypandoc.get_pandoc_path(), qmd, "--from=markdown", "--to", target, "--quiet", "--lua-filter=theme/report.lua", "-s", *template,
                    "-o", out / (qmd.stem + "." + suffix)], check=True)
"""


def stand_in(folder: Path, version: str = "1.7.34", behaviour: str = "") -> Path:
    command = folder / "quarto"
    path = [entry for entry in sys.path if entry]
    text = STAND_IN.format(
        python=sys.executable, path=path, version=version, calls=folder / "calls.json", behaviour=behaviour
    )
    command.write_text(text, "utf-8")
    command.chmod(command.stat().st_mode | stat.S_IEXEC)
    return command


@pytest.fixture
def stage(tmp_path: Path, layout: Layout) -> Path:
    """A stage as the build leaves it: qmd files, theme, project file."""
    folder = tmp_path / "stage"
    folder.mkdir()
    shutil.copytree(layout.reports / "theme", folder / "theme")
    shutil.copy(layout.reports / "_quarto.yml", folder)
    assemble.page_parts(layout.reports / "theme", layout.processed / "charts", folder / "theme")
    for stem in ("one", "two"):
        path = notebook(folder, "02_x.ipynb", "# 概况\n\n见[](#t-a)。\n\n::: {.note}\n\n注意。\n\n:::", table("t-a"))
        assemble.assemble([path], FRONT, folder, stem, folder / "charts")
        path.unlink()
    return folder


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
        stand_in(tmp_path)
        assert (choose("auto").name, choose("auto").version) == ("quarto", "1.7.34")
        assert choose("embedded").name == "embedded"

    @pytest.mark.parametrize("part", ["", "quarto"])
    def test_quarto_path_names_file_or_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        stand_in(folder)
        monkeypatch.setenv("QUARTO_PATH", str(folder / part))
        assert choose("quarto").name == "quarto"

    @pytest.mark.parametrize(
        ("version", "serves"), [("1.6.42", False), ("1.7.0", True), ("1.10.19", True), ("99.9.9", True)]
    )
    def test_an_old_quarto_is_passed_over_with_a_word(self, tmp_path: Path, version: str, serves: bool) -> None:
        stand_in(tmp_path, version)
        assert (choose("auto").name == "quarto") is serves
        if not serves:
            with pytest.raises(RenderError, match=version):
                choose("quarto")

    def test_a_quarto_that_does_not_run_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "quarto").write_text("#!/bin/sh\nexit 3\n")
        (tmp_path / "quarto").chmod(0o755)
        assert Quarto.find() is None

    def test_an_unknown_engine_is_refused(self) -> None:
        with pytest.raises(RenderError, match="latex"):
            choose("latex")


def test_quarto_is_called_once_per_format_for_all_reports(stage: Path, tmp_path: Path) -> None:
    Quarto(str(stand_in(tmp_path)), "1.7.34").render(stage, ["one", "two"], ["html", "pdf", "docx"])
    calls = json.loads((tmp_path / "calls.json").read_text())
    assert [call["arguments"] for call in calls] == [
        ["render", ".", "--to", target, "--no-execute"] for target in ("html", "typst", "docx")
    ]
    assert {path.name for path in (stage / "out").iterdir()} == {
        f"{stem}.{suffix}" for stem in ("one", "two") for suffix in ("html", "pdf", "docx")
    }
    assert (stage / "out" / "one.pdf").read_bytes().startswith(b"%PDF")
    config = yaml.safe_load(calls[0]["config"])
    assert config["execute"]["enabled"] is False
    assert config["format"]["html"]["minimal"] is True
    assert config["format"]["typst"]["output-ext"] == "typ"
    assert config["html-table-processing"] == "none"
    for part in config["format"]["typst"]["template-partials"] + config["filters"]:
        assert (stage / part).is_file()


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("print('ERROR: bad thing', file=sys.stderr); sys.exit(1)", "bad thing"),
        ("print('[WARNING] Could not fetch resource p.png', file=sys.stderr)", "p.png"),
        ("print('WARN: Unable to resolve crossref @fig-x', file=sys.stderr)", "crossref"),
        ("sys.exit(0)", "没有生成"),
    ],
)
def test_what_quarto_warns_of_is_an_error(stage: Path, tmp_path: Path, behaviour: str, expected: str) -> None:
    with pytest.raises(RenderError, match=expected):
        Quarto(str(stand_in(tmp_path, behaviour=behaviour)), "1.7.34").render(stage, ["one"], ["html"])


def test_a_warning_that_breaks_nothing_does_not_stop_the_report(stage: Path, tmp_path: Path) -> None:
    """pandoc has no Chinese words for parts that our template does not use, and Quarto passes its warning on."""
    said = "[WARNING] Could not load translations for zh-CN\\n  data file translations/zh.yaml not found"
    behaviour = f"print('{said}', file=sys.stderr)"
    Quarto(str(stand_in(tmp_path, behaviour=behaviour)), "1.7.34").render(stage, ["one"], ["html"])
    assert (stage / "out" / "one.html").is_file()


@pytest.mark.skipif(Quarto.find() is None or not Quarto.find().serves, reason="这台机器上没有 Quarto 1.7 以上")
def test_a_real_quarto_gives_what_the_embedded_engine_gives(stage: Path) -> None:
    quarto = Quarto.find()
    assert quarto
    quarto.render(stage, ["one"], ["html", "pdf"])
    theirs = (stage / "out" / "one.html").read_text("utf-8")
    Embedded().render(stage, ["two"], ["html"])
    ours = (stage / "out" / "two.html").read_text("utf-8")
    for text in ('id="t-a"', "表 2-1", 'id="c-2"', 'class="note"', "vegaEmbed"):
        assert text in theirs
        assert text in ours
    assert "cdn" not in theirs.replace(figures.javascript_bundle(stage), "")


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


def test_missing_font_packages_fall_back_to_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lost = tuple(fonts.FontFile(font.name, font.role, font.family, None, font.instead) for font in fonts.packaged())
    monkeypatch.setattr(fonts, "packaged", lambda: lost)
    monkeypatch.setattr(fonts, "system", lambda: (tmp_path / "NotoSansCJK-Regular.ttc",))
    assert fonts.folders() == [tmp_path]
    assert fonts.families() == {"serif": "Noto Serif CJK SC", "sans": "Noto Sans CJK SC", "bold": "Noto Sans CJK SC"}


@pytest.mark.parametrize(
    ("written", "printed"),
    [("减碳😀场景", "减碳〓场景"), ("零\ufeff宽", "零宽"), ("空\x00字", "空字"), ("CO₂ ≤ 𠮷", "CO₂ ≤ 𠮷")],
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
