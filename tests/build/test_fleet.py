"""Many reports: exactly what has changed is made again, the same to the byte by whatever way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.build.build import FAILED, MADE, REUSED, How, Result, build, foresee, in_short, name, outlook, summary
from pipeline.build.plan import Selection, jobs
from pipeline.errors import DataError
from pipeline.layout import Layout
from pipeline.reports.render.embedded import Embedded
from tests.build import toy
from tests.build.toy import contents
from tests.conftest import ROOT
from tests.filings.test_intake import energy, folder

ALL = {"01_alpha", "02_beta", "90_end"}


@dataclass
class Told:
    """What a build said."""

    steps: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def begin(self, steps: int) -> None:
        self.said.append(f"begin {steps}")

    def doing(self, what: str) -> None:
        self.said.append(what)

    def done(self, what: str, **facts: Any) -> None:
        self.steps.append((what, facts))

    def say(self, text: str) -> None:
        self.said.append(text)

    def close(self) -> None: ...

    def ran(self) -> dict[str, int]:
        """`广东 01_alpha` -> how often the chapter was run, where it was."""
        return {what: facts["made"] for what, facts in self.steps if facts["kind"] == "chapter" and facts["made"] > 0}


class Toy:
    def __init__(self, root: Path) -> None:
        self.layout, self.out = Layout(toy.project(root)), root / "out"
        self.engine = Embedded()

    def selection(self, region: str = "广东,海南", **more: Any) -> Selection:
        return Selection(
            **{"region": region, "filings": str(self.layout.root / "filings"), "to": "html", "out": self.out} | more
        )

    def build(self, how: How = How(), **more: Any) -> tuple[list[Result], Told]:  # noqa: B008
        told = Told()
        return build(self.layout, jobs(self.layout, self.selection(**more)), self.engine, told, how), told

    def made(self, how: How = How(), **more: Any) -> tuple[dict[str, str], dict[str, int]]:  # noqa: B008
        """(report -> state, chapter -> times run); what `foresee` says is compared with what happens."""
        planned = jobs(self.layout, self.selection(**more))
        foreseen = {name(one.job) for one in foresee(self.layout, planned, self.engine, how) if one.reason}
        results, told = self.build(how, **more)
        assert foreseen == {name(one.job) for one in results if one.state != REUSED}
        assert not [one.problem for one in results if one.problem]
        return {name(one.job): one.state for one in results}, told.ran()

    def param(self, file: str, text: str) -> None:
        path = self.layout.params / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


@pytest.fixture
def small(tmp_path: Path) -> Toy:
    return Toy(tmp_path / "toy [1]")  # nobody takes brackets for a pattern


def ran(region: str, *chapters: str) -> dict[str, int]:
    return {f"{region} {chapter}": 1 for chapter in chapters}


BOTH = {"广东·plan": MADE, "海南·plan": MADE}
NONE = {"广东·plan": REUSED, "海南·plan": REUSED}


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def test_what_depends_on_a_change_is_made_again_and_nothing_else(small: Toy) -> None:
    root, everything = small.layout.root, ran("广东", *ALL) | ran("海南", *ALL)
    assert small.made() == (BOTH, everything)
    first = contents(small.out)
    assert small.made() == (NONE, {})
    assert small.made(How(force=True)) == (BOTH, everything)
    assert contents(small.out) == first
    steps: list[tuple[Callable[[], object], dict[str, str], dict[str, int]]] = [
        (lambda: edit(root / "reports/theme/report.css", ":root", "/* */ :root"), BOTH, {}),
        (lambda: edit(root / "notebooks/01_alpha.ipynb", "最多列出", "至多列出"), BOTH, ran("广东", "01_alpha") | ran("海南", "01_alpha")),
        # Of the one province: a parameter that chapter 1 reads, then one that no chapter does.
        (lambda: small.param("provinces/440000-广东.yml", "all:\n  top_n: 7\n"), BOTH | {"海南·plan": REUSED}, ran("广东", "01_alpha")),
        (lambda: small.param("provinces/440000-广东.yml", "all:\n  top_n: 7\n  g_it: 0.2\n"), BOTH | {"海南·plan": REUSED}, {}),
        (lambda: small.param("provinces/440000-广东.yml", "all:\n  top_n: 7\n  g_it: 0.2\n  publisher: 某局\n"), BOTH | {"海南·plan": REUSED}, {}),
        (
            lambda: folder(root / "filings", 能源消耗=energy("2025,,CT,广东,12,kWh", "2025,,CT,海南,6,kWh")),
            BOTH,
            ran("广东", "02_beta", "90_end") | ran("海南", "02_beta", "90_end"),
        ),
        (lambda: edit(root / "data/raw/public/EDITION.yml", "collected_on", "# \ncollected_on"), BOTH, everything),
        (lambda: setattr(small, "engine", Other()), BOTH, {}),
    ]  # fmt: skip
    for change, reports, chapters in steps:
        change()
        assert small.made() == (reports, chapters)
        assert small.made() == (NONE, {})


class Other(Embedded):
    """The same, of another version."""

    version = "pandoc 99"


def test_chapters_are_shared_between_scenarios_that_they_do_not_read(small: Toy) -> None:
    reports, chapters = small.made(region="广东", scenario="all")
    assert set(reports.values()) == {MADE}
    assert chapters == ran("广东", "01_alpha", "02_beta") | {"广东 90_end": 3}
    for scenario in ("baseline", "plan", "accelerated"):
        kept = (small.out / "2025-filings/internal/440000-广东" / scenario / "notebooks/01_alpha.ipynb").read_text(
            "utf-8"
        )
        assert f'scenario = \\"{scenario}\\"' in kept


def test_a_report_that_was_deleted_or_altered_is_made_again(small: Toy) -> None:
    small.build(region="海南")
    first = contents(small.out)
    html = next(path for path in small.out.rglob("*.html"))
    table = small.layout.processed / "2025-filings/internal/460000-海南/plan/tables/t-energy.csv"
    for damage in (html.unlink, lambda: html.write_bytes(b"x" * html.stat().st_size), table.unlink):
        damage()
        assert small.made(region="海南") == ({"海南·plan": MADE}, {})
        assert contents(small.out) == first
        assert table.is_file()


def test_what_is_kept_is_seen_to_be_damaged(small: Toy) -> None:
    small.build(region="海南")
    first = contents(small.out)
    for path in (small.layout.processed / "2025-filings" / ".chapters").rglob("notebook.ipynb"):
        path.write_text("{}")
    for path in (small.layout.processed / "2025-filings" / ".made").rglob("*.report.json"):
        path.write_text("[{")
    next(small.out.rglob("*.html")).unlink()
    assert small.made(region="海南") == ({"海南·plan": MADE}, ran("海南", *ALL))
    assert contents(small.out) == first


@pytest.mark.slow
def test_whatever_is_damaged_is_made_again(small: Toy) -> None:
    """All that is kept and all that was made, every file of it: first one bit, then all bytes."""
    small.build(region="海南")
    first = contents(small.out)
    for damage in (lambda content: bytes([content[0] ^ 1]) + content[1:], lambda content: b""):
        for folder_ in (small.layout.processed, small.out):
            for path in folder_.rglob("*"):
                if path.is_file() and (content := path.read_bytes()):
                    path.write_bytes(damage(content))
        results, _ = small.build(region="海南")
        assert [(one.state, one.problem) for one in results] == [(MADE, "")]
        assert contents(small.out) == first


def test_another_format_or_folder_runs_no_chapter(small: Toy) -> None:
    small.build(region="海南")
    assert small.made(region="海南", to="html,pdf") == ({"海南·plan": MADE}, {})
    assert small.made(region="海南", to="pdf") == ({"海南·plan": REUSED}, {})
    assert small.made(region="海南", out=small.out / "b") == ({"海南·plan": MADE}, {})
    assert small.made(region="海南", to="html") == ({"海南·plan": REUSED}, {})


def test_no_format_of_before_stays_beside_a_new_one(small: Toy) -> None:
    """The PDF of the same inputs stays; that of others does not stand beside the new page."""
    small.build(region="海南", to="html,pdf")
    pages = sorted(small.out.rglob("*.html"))
    papers = [page.with_suffix(".pdf") for page in pages]
    assert len(pages) == 2  # main volume and annex
    pages[0].unlink()
    small.build(region="海南", to="html")
    assert pages[0].is_file()
    assert sorted(small.out.rglob("*.pdf")) == papers
    small.param(
        "defaults.yml", (small.layout.params / "defaults.yml").read_text("utf-8").replace("top_n: 10", "top_n: 7")
    )
    _, told = small.build(region="海南", to="html")
    assert sorted(small.out.rglob("*.html")) == pages
    assert not list(small.out.rglob("*.pdf"))
    assert [sum(str(paper) in line for line in told.said) for paper in papers] == [1, 1]


def test_filings_that_change_while_they_are_read(small: Toy) -> None:
    """Changed and put back, between the first look and the reading: the content is as before, the file is not."""
    from pipeline.filings.glance import look, seen_as

    filings = small.layout.root / "filings"
    seen, path = seen_as(filings), filings / "能源消耗.csv"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"12", b"13"))
    path.write_bytes(before)
    with pytest.raises(DataError) as refused:
        look(filings, small.layout, {}, small.layout.root / "memory", seen)
    assert refused.value.message.startswith(f"读取期间填报文件夹 {filings} 里的文件有改动")
    assert not (small.layout.root / "memory").exists()


def test_a_chapter_that_fails_takes_no_other_report_with_it(small: Toy) -> None:
    notebook = small.layout.notebooks / "02_beta.ipynb"
    toy.notebook(notebook, "乙", 'if chapter.region.short_zh == "广东":\n    1 / 0', *toy.BETA)
    results, _ = small.build()
    assert [one.state for one in results] == [FAILED, MADE]
    kept = small.layout.processed / "2025-filings/internal/440000-广东/plan/failed/02_beta.ipynb"
    assert f"02_beta：运行失败：ZeroDivisionError: division by zero；出错的笔记本留在 {kept}" == results[0].problem
    assert "ZeroDivisionError" in kept.read_text("utf-8")
    assert in_short(results) == "生成 1 份，沿用 0 份，失败 1 份。"
    assert summary(results)["结果"].to_list() == ["失败", "生成"]
    toy.notebook(notebook, "乙", *toy.BETA)
    assert small.made() == (BOTH, ran("广东", "02_beta") | ran("海南", "02_beta"))
    assert not kept.exists()


def test_what_stops_several_chapters_is_told_once(small: Toy) -> None:
    for stem in ("01_alpha", "02_beta"):
        (small.layout.notebooks / f"{stem}.ipynb").write_text("{", "utf-8")
    results, _ = small.build(region="广东")
    said = "01_alpha、02_beta：不是笔记本（.ipynb 应为 JSON）；请恢复原来的文件，或由 JupyterLab 另存"
    assert [one.problem for one in results] == [said]


def test_a_name_from_the_parameters_cell_counts_as_read(small: Toy) -> None:
    toy.notebook(small.layout.notebooks / "01_alpha.ipynb", "甲", "chapter.say(scenario)")
    assert small.made(region="广东", scenario="all")[1]["广东 01_alpha"] == 3


def test_foreseeing_writes_nothing_and_says_why(small: Toy) -> None:
    small.build()
    before = contents(small.layout.root)
    small.param("provinces/440000-广东.yml", "all:\n  top_n: 7\n")
    planned = jobs(small.layout, small.selection())
    table = outlook(foresee(small.layout, planned, small.engine))
    assert table.rows()[0][:2] == ("广东·plan", "生成")
    assert "top_n" in table.rows()[0][2]
    assert table.rows()[1] == ("海南·plan", "沿用", "")
    (small.layout.params / "provinces/440000-广东.yml").unlink()
    after = contents(small.layout.root)
    assert {name for name in after if after[name] != before.get(name)} <= {"data/processed/.hashes.json"}


@pytest.mark.slow
def test_one_or_several_workers_give_the_same_bytes(small: Toy) -> None:
    small.build(to="html,pdf", scenario="plan,baseline")
    first = contents(small.out)
    results, _ = small.build(How(workers=2, force=True), to="html,pdf", scenario="plan,baseline")
    assert [one.state for one in results] == [MADE] * 4
    assert contents(small.out) == first


def test_to_see_that_nothing_has_changed_little_is_imported() -> None:
    heavy = {"altair", "dataframely", "distributed", "nbformat", "numpy", "papermill", "scipy", "vl_convert"}
    code = "import sys, pipeline.commands.cli, pipeline.build.build, pipeline.build.plan; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy.intersection(run.stdout.split())


def test_the_code_of_the_package_counts() -> None:
    from pipeline.build import sources
    from pipeline.keeping import Hashes

    shared = sources.shared(Layout(ROOT), Hashes(Path("/nowhere/memory")))
    assert set(shared) == {"code", "versions", "public", "reference"}
    assert sources.versions()["polars"]
