"""A small project of three chapters for the tests of building many reports: quick to make, and free to be damaged."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat

from tests.conftest import ROOT
from tests.filings.test_intake import energy, folder

PARAMETERS = """year = 2025
region = "全国"
scenario = "plan"
filings = "none"
audience = "internal"
overrides = []
context = "\""""

OPEN = """import os
import time

import altair as alt
import polars as pl

from pipeline.charts import figures
from pipeline.reports.blocks import Table
from pipeline.chapters.chapter import open_chapter

chapter = open_chapter(
    year=year,
    region=region,
    scenario=scenario,
    filings=filings,
    audience=audience,
    overrides=overrides,
    context=context,
)"""

ALPHA = ('chapter.say(f"{chapter.region.short_zh}最多列出 {chapter.params.top_n} 项。")',)
BETA = (
    'filed = chapter.filed("energy")',
    'chapter.say(f"共 {filed.height} 行。")\n'
    'data = pl.DataFrame({"年份": [2024, 2025], "用电": [1.0, float(filed.height)]})\n'
    'chapter.show(Table(id="t-energy", title="用电两年", data=data, source="填报"))',
)
END = ('chapter.say(f"情景 {chapter.scenario}，输入文件 {len(chapter.inputs)} 个。")',)


def notebook(path: Path, title: str, *sources: str, reads: Sequence[str] | None = None) -> None:
    """A chapter that declares to read `reads`; everything where it declares nothing."""
    cells = [nbformat.v4.new_markdown_cell(f"# {title}"), nbformat.v4.new_code_cell(PARAMETERS)]
    cells += [nbformat.v4.new_code_cell(source) for source in (OPEN, *sources)]
    cells[1].metadata["tags"] = ["parameters"]
    for number, cell in enumerate(cells):
        cell["id"] = f"c{number}"
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    declared = {} if reads is None else {"green_report": {"reads": list(reads)}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=python | declared), path)


def project(root: Path) -> Path:
    """A checkout at `root` with chapters 1 (a parameter), 2 (a filed table) and 90 (scenario, input files)."""
    for part in ("data/raw/reference", "data/raw/public", "reports/theme", "notebooks/params"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("??0000-*.yml"))
    shutil.copy(ROOT / "reports" / "_quarto.yml", root / "reports")
    notebook(root / "notebooks" / "01_alpha.ipynb", "甲", *ALPHA, reads=["params.top_n"])
    notebook(root / "notebooks" / "02_beta.ipynb", "乙", *BETA, reads=["filed.energy"])
    notebook(root / "notebooks" / "90_end.ipynb", "附录", *END, reads=["scenario", "inputs"])
    folder(root / "filings", 能源消耗=energy("2025,,CT,广东,12,kWh", "2025,,CT,海南,5,kWh"))
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class Project:
    """A project, the same wherever it stands, and the command run on it."""

    def __init__(self, root: Path) -> None:
        self.root, self.out = project(root), root / "out"

    def start(
        self, *more: str, limit: Callable[[], None] | None = None, within: Sequence[str] = ()
    ) -> subprocess.Popen[str]:
        def prepared() -> None:
            signal.signal(
                signal.SIGINT, signal.SIG_DFL
            )  # a suite that runs in the background hands down that it is ignored
            if limit is not None:
                limit()

        command = [*within, str(Path(sys.executable).with_name("green-report")), "build", "--region", "广东,海南"]
        command += ["--filings", str(self.root / "filings"), "--to", "html", "--out", str(self.out), *more]
        return subprocess.Popen(
            command,
            env=os.environ | {"GREEN_REPORT_ROOT": str(self.root), "QUARTO_PATH": "/nowhere/quarto"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            preexec_fn=prepared,
            start_new_session=True,
        )

    def run(self, *more: str, limit: Callable[[], None] | None = None, within: Sequence[str] = ()) -> tuple[int, str]:
        running = self.start(*more, limit=limit, within=within)
        said, errors = running.communicate(timeout=600)
        return running.returncode, said + errors

    def reports(self) -> dict[str, bytes]:
        """Everything that a reader gets; what else lies there is told."""
        found = contents(self.out) if self.out.is_dir() else {}
        return {name: content for name, content in found.items() if not name.endswith(".lock")}

    def half(self) -> list[str]:
        return [path.name for path in self.root.rglob("*") if path.suffix in (".part", ".probe")]


def wait_for(there: Callable[[], object], running: subprocess.Popen[str], what: str) -> None:
    until = time.monotonic() + 300
    while not there():
        assert running.poll() is None, f"ended before {what}: {running.communicate()}"
        assert time.monotonic() < until, what
        time.sleep(0.02)
