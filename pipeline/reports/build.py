"""Make reports: run their chapters, assemble them, render them, put them in their place."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import UserError
from pipeline.layout import Layout
from pipeline.output import check_writable, place
from pipeline.reports import assemble, edition, provenance
from pipeline.reports.chapter import CHARTS, freeze
from pipeline.reports.execute import CONTEXT, ChapterFailed, chapters, execute
from pipeline.reports.plan import NO_FILINGS, Job
from pipeline.reports.render.engine import Engine

TITLE = "信息通信行业绿色低碳发展年度报告"
SAMPLE = "示例数据，非真实填报"
KINDS = {"preliminary": "预审稿", "final": "正式稿"}

Progress = Callable[[str], None]


@dataclass
class Result:
    """What became of one report: the files it has, or why it has none."""

    job: Job
    files: list[Path] = field(default_factory=list)
    problem: str = ""


def build(
    layout: Layout, jobs: Sequence[Job], engine: Engine, progress: Progress, *, isolated: bool = False
) -> list[Result]:
    """Make every report of `jobs`; one that fails is told in its Result and the others go on.

    isolated: each notebook in a process of its own, see `execute`.

    Raises UserError, before anything is run, where an output folder cannot be written or there are no notebooks.
    """
    for job in jobs:
        check_writable(job.folder)
    check_writable(layout.processed)
    notebooks = chapters(layout.notebooks)
    edition.prepare(layout, jobs)
    return [_report(layout, job, notebooks, engine, progress, isolated) for job in jobs]


def front(job: Job) -> assemble.Front:
    """The cover of `job`."""
    basis = " · 仅依据公开统计，不含企业填报数据" if job.filings == NO_FILINGS else ""
    return assemble.Front(
        title=TITLE,
        region=job.region.name_zh,
        edition=f"{job.year} 年度 · {KINDS[job.kind]}{basis}",
        publisher=job.resolved.params.publisher,
        date=(job.date.year, job.date.month, job.date.day),
        sample=SAMPLE if job.intake and job.intake.sample else "",
    )


def _report(
    layout: Layout, job: Job, notebooks: Sequence[Path], engine: Engine, progress: Progress, isolated: bool
) -> Result:
    work = layout.processed / job.edition / job.slug
    work.mkdir(parents=True, exist_ok=True)
    # A stage of its own, so that two builds of the same report do not walk over each other.
    with tempfile.TemporaryDirectory(prefix="stage-", dir=work) as folder:
        stage = Path(folder)
        try:
            executed = _execute(layout, job, notebooks, stage, progress, isolated)
            _render(layout, job, executed, engine, stage, progress)
            return Result(job, files=_deliver(layout, job, engine, stage, executed))
        except ChapterFailed as failed:
            kept = work / "failed" / failed.notebook.name
            place(failed.notebook, kept)
            reason = f"{kept.stem} 运行失败：{failed.reason}；出错的笔记本留在 {kept}"
            return Result(job, problem=reason)
        except UserError as error:
            return Result(job, problem=error.message)
        except (ValueError, OSError) as error:  # a chapter that cannot be assembled, a disk that is full
            return Result(job, problem=f"没有完成（{type(error).__name__}）：{error}")


def _name(job: Job) -> str:
    return f"{job.region.short_zh}·{job.scenario}"


def _execute(
    layout: Layout, job: Job, notebooks: Sequence[Path], stage: Path, progress: Progress, isolated: bool
) -> list[Path]:
    context = stage / "context.json"
    context.write_text(json.dumps(freeze(layout, job), ensure_ascii=False, indent=1), "utf-8")
    parameters = {
        "year": job.year,
        "region": job.region.short_zh,
        "scenario": job.scenario,
        "filings": job.filings,
        "audience": job.audience,
        "overrides": list(job.overrides),
        CONTEXT: str(context),
    }
    executed = []
    for notebook in notebooks:
        progress(f"{_name(job)}：运行 {notebook.stem}")
        executed.append(stage / "notebooks" / notebook.name)
        execute(notebook, executed[-1], parameters, isolated=isolated)
    return executed


def _render(
    layout: Layout, job: Job, executed: Sequence[Path], engine: Engine, stage: Path, progress: Progress
) -> None:
    progress(f"{_name(job)}：渲染 {'、'.join(job.formats)}（{engine.name}）")
    theme, charts = layout.reports / "theme", layout.processed / CHARTS
    project = stage / "project"  # all that Quarto sees
    shutil.copytree(theme, project / "theme")
    shutil.copy(layout.reports / "_quarto.yml", project)
    assemble.page_parts(theme, charts, project / "theme")
    assemble.assemble(executed, front(job), project, job.stem, charts, word="docx" in job.formats)
    engine.render(project, [job.stem], job.formats)


def _deliver(layout: Layout, job: Job, engine: Engine, stage: Path, executed: Sequence[Path]) -> list[Path]:
    """Put the finished files in their place, each whole: written beside and renamed."""
    files = []
    for format in job.formats:
        place(stage / "project" / "out" / f"{job.stem}.{format}", job.output(format))
        files.append(job.output(format))
    for notebook in executed:
        place(notebook, job.folder / "notebooks" / notebook.name)
    beside = stage / "provenance.json"
    record = provenance.provenance(layout, job, f"{engine.name} {engine.version}")
    beside.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")
    place(beside, job.folder / "provenance.json")
    return files
