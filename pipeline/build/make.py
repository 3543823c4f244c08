"""Make one chapter, or one report of chapters that are made: what a worker does.

Everything is written to a stage of its own and put in its place when it is whole, so that a worker that dies leaves
nothing half. What it needs stands on the file system that all workers share.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

from pipeline.build import provenance, sources
from pipeline.build.context import ALWAYS, Present, freeze
from pipeline.build.declared import reads
from pipeline.build.editorial import Editorial
from pipeline.build.plan import CHAPTERS, PUBLIC, Job
from pipeline.build.standing import Made, records_of_chapter, store, work
from pipeline.errors import UserError
from pipeline.keeping import Hashes, Record, Records, Store, files_below
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.output import place, why_not_written
from pipeline.reports import assemble, text, unnamed
from pipeline.reports.execute import CONTEXT, ChapterFailed, execute, filled_in
from pipeline.reports.parts import ANNEX, MAIN, OPENING, named
from pipeline.reports.render.engine import Engine

STAGE = ".stage"
NOTEBOOK, TABLES = "notebook.ipynb", "tables"


def chapter(
    layout: Layout, jobs: Sequence[Job], notebook: Path, common: dict[str, str], isolated: bool, force: bool
) -> list[Made]:
    """One chapter for reports of the same region, one after the other: where it has been made from the same, by this
    or an earlier build, it is not made again. common: see `sources.shared` and
    `sources.rendering`, as they were when the build began. force:
    what earlier builds made does not count."""
    began = time.monotonic()
    records = Records(records_of_chapter(layout, jobs[0], notebook))
    kept, files = store(layout, jobs[0]), sources.hashes(layout)
    usable = [] if force else list(records.all)
    results = []
    for job in jobs:
        present = Present(layout, job, common, files).of(notebook)
        found = next((one for one in usable if not one.changed(present) and kept.get(one.result)), None)
        if found:
            results.append(Made([found.result], record=found))
            continue
        made = _run(layout, job, notebook, kept, isolated)
        if made.record is not None:
            reads = {name: present(name) for name in made.record.reads}
            made.record = Record(reads, made.names[0])
            usable.insert(0, made.record)
            # What has changed since the build began was perhaps not read as it was: next time it is made again.
            if all(value == common.get(name, value) for name, value in sources.shared(layout, files).items()):
                records.add(made.record)
        made.seconds, began = time.monotonic() - began, time.monotonic()
        results.append(made)
    return results


def _run(layout: Layout, job: Job, notebook: Path, kept: Store, isolated: bool) -> Made:
    with _stage(layout, job) as stage, _root(layout):
        whole = stage / "chapter"
        (whole / TABLES).mkdir(parents=True)
        context = stage / "context.json"
        declared = reads(notebook)
        frozen = freeze(layout, job) | {
            "tables": str(whole / TABLES),
            "reads": sorted(declared),
            "notebook": notebook.stem,
        }
        context.write_text(json.dumps(frozen, ensure_ascii=False, indent=1), "utf-8")
        executed = stage / notebook.name
        try:
            execute(notebook, executed, parameters(job) | {CONTEXT: str(context)}, isolated=isolated)
            ran = filled_in(executed, {})
            unnamed.refuse(ran)
            nbformat.write(ran, whole / NOTEBOOK)
            names = [*ALWAYS, *declared.hashed]
            return Made([kept.put(whole)], record=Record(dict.fromkeys(names, "")), made=1)
        except ChapterFailed as failed:
            place_ = work(layout, job) / "failed" / notebook.name
            reason = why_not_written(failed) or failed.reason
            try:
                place(failed.notebook, place_)
            except UserError as error:
                return Made(problem=f"运行失败：{reason}；{error.message}", made=1)
            return Made(problem=f"运行失败：{reason}；出错的笔记本留在 {place_}", made=1)
        except Exception as error:
            return Made(problem=_told(error), made=1)


def report(
    layout: Layout, jobs: Sequence[Job], chapters: Sequence[Sequence[str]], notebooks: Sequence[Path], engine: Engine
) -> list[Made]:
    """Reports of chapters that are made: assembled, rendered in one call of the engine, put in their places.

    chapters: for each job the names in the store of its `notebooks`. Where the one call fails, each is rendered
    alone, so that the one at fault is named.
    """
    began = time.monotonic()
    with _stage(layout, jobs[0]) as stage:
        try:
            project = assemble.project(layout, stage / "project")
            said = list[str]()
            written = [_assemble(layout, *one, notebooks, stage, said) for one in zip(jobs, chapters, strict=True)]
            stems = [named(job.stem, part) for job in jobs for part in job.parts]
            engine.render(project, stems, jobs[0].formats)
            made = [_deliver(layout, job, engine, stage, executed) for job, executed in zip(jobs, written, strict=True)]
            made[0].said = list(dict.fromkeys(said))
        except Exception as error:
            if len(jobs) == 1:
                made = [Made(problem=_told(error))]
            else:
                one_by_one = zip(jobs, chapters, strict=True)
                return [report(layout, [job], [names], notebooks, engine)[0] for job, names in one_by_one]
    for one in made:
        one.made, one.seconds = 1, (time.monotonic() - began) / len(made)
    return made


def parameters(job: Job) -> dict[str, Any]:
    """What papermill hands to a notebook."""
    return {
        "year": job.year,
        "region": job.region.short_zh,
        "scenario": job.scenario,
        "filings": job.filings,
        "audience": job.audience,
        "overrides": list(job.overrides),
        **({"plan_id": job.plan} if job.chosen else {}),
    }


def _told(error: Exception) -> str:
    if isinstance(error, UserError):
        return error.message
    return f"没有完成（{why_not_written(error) or type(error).__name__}）：{error}"


@contextmanager
def _stage(layout: Layout, job: Job) -> Iterator[Path]:
    above = layout.processed / job.edition / STAGE
    above.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=above, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _root(layout: Layout) -> Iterator[None]:
    """Notebooks find the checkout by the environment, which a worker on another machine does not share."""
    before = os.environ.get("GREEN_REPORT_ROOT")
    os.environ["GREEN_REPORT_ROOT"] = str(layout.root)
    try:
        yield
    finally:
        if before is None:
            del os.environ["GREEN_REPORT_ROOT"]
        else:
            os.environ["GREEN_REPORT_ROOT"] = before


def _assemble(
    layout: Layout, job: Job, names: Sequence[str], notebooks: Sequence[Path], stage: Path, said: list[str]
) -> list[Path]:
    """The qmd of the report's parts in the project, its notebooks and tables in the stage; the notebooks' paths. said: takes what
    the analyst is told of them."""
    kept, executed, own = store(layout, job), list[Path](), Editorial(layout, job)
    (stage / job.stem / "notebooks").mkdir(parents=True)
    for name, notebook in zip(names, notebooks, strict=True):
        whole = kept.get(name)
        if whole is None:
            raise ValueError(f"{notebook.stem} 的运行结果已不在缓存中，请重新运行")
        executed.append(stage / job.stem / "notebooks" / notebook.name)
        told = filled_in(whole / NOTEBOOK, parameters(job))
        said += unnamed.told(told, notebook.stem)
        if job.audience == PUBLIC:
            unnamed.strip(told)
        said += text.tell(told, notebook.stem, layout.texts, Words(job.language))
        own.around(told, notebook.stem[:2])
        nbformat.write(told, executed[-1])
        shutil.copytree(whole / TABLES, stage / job.stem / TABLES, dirs_exist_ok=True)
    if job.chapter is None:
        executed.insert(0, stage / job.stem / "notebooks" / f"{OPENING}.ipynb")
        nbformat.write(own.opening(), executed[0])
    charts = layout.charts
    assemble.assemble(
        executed,
        job.front,
        stage / "project",
        job.stem,
        charts,
        word="docx" in job.formats,
        parts=job.parts,
        pages={} if job.chapter is not None else {part: job.output("html", part).name for part in (MAIN, ANNEX)},
    )
    return executed


def _deliver(layout: Layout, job: Job, engine: Engine, stage: Path, executed: Sequence[Path]) -> Made:
    """Put the finished files in their places, each whole: written beside and renamed."""
    hashes = Hashes(Path(os.devnull))
    out = stage / "project" / "out"
    files = {path: out / f"{named(job.stem, part)}.{format}" for path, (part, format) in job.outputs.items()}
    files |= {job.folder / "notebooks" / notebook.name: notebook for notebook in executed}
    files[job.folder / "provenance.json"] = stage / job.stem / "provenance.json"
    rests_on = freeze(layout, job)["inputs"]
    record = provenance.provenance(layout, job, f"{engine.name} {engine.version}", rests_on)
    text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    files[job.folder / "provenance.json"].write_text(text, "utf-8")
    for old in (job.folder / "notebooks").glob(CHAPTERS):
        if job.folder / "notebooks" / old.name not in files:
            old.unlink()
    for target, source in files.items():
        place(source, target)
    tables = work(layout, job) / TABLES
    spare = stage / job.stem / "old"
    if tables.exists():
        tables.rename(spare)
    tables.parent.mkdir(parents=True, exist_ok=True)
    (stage / job.stem / TABLES).rename(tables)
    shutil.rmtree(work(layout, job) / "failed", ignore_errors=True)
    written = [*files, *(Path(path) for _, path in files_below(tables))]
    return Made(
        files=list(job.outputs),
        record=Record({}, files={str(path): hashes.file(path) for path in written}),
    )
