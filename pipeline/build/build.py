"""Build reports: see which stand, make what they share, then chapters and reports, here or on a cluster.

Which chapters are made follows from what they read, so the chapters of a region under several scenarios are one task:
the first makes them, the others find what they can share. A report is made when its chapters are.
"""

from __future__ import annotations

import itertools
import math
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

import pipeline
from pipeline.build import edition, sources, tasks
from pipeline.build.plan import FORMATS, PUBLIC, Job, chapters
from pipeline.build.pool import Cluster, Died, Here, Lost, NoCluster, Pool
from pipeline.build.progress import Progress
from pipeline.build.standing import Made, Standing, chapter_key, reads, records_of_report, stands, store
from pipeline.charts import subset
from pipeline.errors import OutputError, UserError
from pipeline.keeping import Record, Records
from pipeline.layout import Layout
from pipeline.output import check_writable, locked, why_not_written
from pipeline.reports.parts import PARTS
from pipeline.reports.render.engine import Engine
from pipeline.reports.render.quarto import FALLBACKS
from pipeline.scratch import clear

STAGE = ".stage"
MANY = 6  # reports whose charts are worth the seconds that a font of their own takes
FORCED = "指定了 --force"
MADE, REUSED, FAILED = "made", "reused", "failed"
DOING = {"filings": "整理填报数据", "indicators": "计算指标", "scenarios": "推算情景", "history": "记入历次结果"}
HIDING = "，作保密处理并检验（填报有变化时要几分钟）"
STATES = {MADE: "生成", REUSED: "沿用", FAILED: "失败"}


@dataclass
class Result:
    """What became of one report: the files it has, or why it has none. state: MADE, REUSED or FAILED; reason: why it
    was made."""

    job: Job
    files: list[Path] = field(default_factory=list)
    problem: str = ""
    state: str = MADE
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class How:
    """How to build. workers: processes, 1 for this one; scheduler: the address of a Dask cluster instead. isolated:
    each notebook in a process of its own, see `execute`. force: make again what stands."""

    workers: int = 1
    scheduler: str | None = None
    isolated: bool = False
    force: bool = False


def foresee(layout: Layout, jobs: Sequence[Job], engine: Engine, how: How = How()) -> list[Standing]:
    """How every report stands, with the reason where it would be made; nothing is made or written.

    Where tables that reports share have to be made first, that is the reason, for what they will say is not known.
    """
    return _Build(layout, jobs, engine, how).foresee()


def build(
    layout: Layout,
    jobs: Sequence[Job],
    engine: Engine,
    progress: Progress,
    how: How = How(),
) -> list[Result]:
    """Make every report of `jobs` that does not stand; one that fails is told in its Result and the others go on.

    Raises UserError, before anything is run, where an output folder cannot be written or there are no notebooks.
    """
    if not jobs:
        return []
    for folder in dict.fromkeys(job.folder for job in jobs):
        check_writable(folder)
    check_writable(layout.processed, "项目的中间结果文件夹", "请改权限，或在能写入的地方另取一份项目")
    editions = {layout.processed / job.edition for job in jobs} | {job.out / job.edition for job in jobs}
    what = f"生成 {name(jobs[0])}{f' 等 {len(jobs)} 份' if len(jobs) > 1 else ''}"
    with locked(*editions, what=what, waiting=progress.say):
        clear(editions, layout.processed, (tempfile.gettempdir(), *FALLBACKS))
        return _Build(layout, jobs, engine, how).run(progress)


class _Build:
    def __init__(self, layout: Layout, jobs: Sequence[Job], engine: Engine, how: How) -> None:
        self.layout, self.jobs, self.engine, self.how = layout, jobs, engine, how
        self.notebooks = chapters(layout.notebooks, jobs[0].chapter)
        self.files = sources.hashes(layout)
        self.shared = sources.shared(layout, self.files)
        self.common = self.shared | sources.rendering(layout, self.files)
        self.steps = edition.steps(layout, jobs, self.shared)

    def foresee(self) -> list[Standing]:
        stale = {path for path, step in self.steps.items() if not step.fresh(self.files)}
        return [self._foreseen(job, stale) for job in self.jobs]

    def _foreseen(self, job: Job, stale: set[Path]) -> Standing:
        if self.how.force:
            return Standing(job, {}, FORCED)
        first = {name for name, path in edition.records(self.layout, job).items() if path in stale}
        if first & {"filings", "indicators"}:
            return Standing(job, {}, "填报数据或指标表要重新计算")
        found = self._standing(job)
        if not found.reason and "scenarios" in first and self._says_another(job):
            return Standing(job, {}, "情景要重新推算")
        return found

    def _says_another(self, job: Job) -> bool:
        """Whether a chapter reads the scenarios, and these will say something else of the region: those of a province
        follow from its own parameters, those of the nation from everyone's."""
        if not reads(self.layout, job, self.notebooks, "outlook"):
            return False
        before = edition.of_region(self.layout, job).get("written")
        return job.region.is_nation or before != edition.written(self.layout, job.region, job.overrides)

    def _standing(self, job: Job) -> Standing:
        found = stands(self.layout, job, self.notebooks, self.engine, self.common, self.files)
        return Standing(job, found.reads, found.reason or (FORCED if self.how.force else ""))

    def run(self, progress: Progress) -> list[Result]:
        for folder in {self.layout.processed / job.edition / STAGE for job in self.jobs}:
            shutil.rmtree(folder, ignore_errors=True)  # of builds that were killed: nobody else has the lock
        if self.how.force:
            from pipeline.charts import figures

            figures.forget(self.layout.charts)
        stale = [step for step in self.steps.values() if self.how.force or not step.fresh(self.files)]
        for step in stale:
            hides = step.name == "indicators" and self.jobs[0].audience == PUBLIC
            progress.doing(DOING[step.name] + (HIDING if hides else ""))
            step.run(self.files)
        standings = [self._standing(job) for job in self.jobs]
        results = {one.job.folder: Result(one.job, list(one.job.outputs), state=REUSED) for one in standings}
        to_make = [one for one in standings if one.reason]
        if to_make:
            if len(to_make) >= MANY:
                progress.doing("制作图表用的小字体")
                subset.make(subset.beside(self.layout.charts), subset.characters(self._texts()))
            with _pool(self.layout, self.jobs[0], self.how, len(to_make), progress) as pool:
                for result in _Making(self, to_make, pool, progress).run():
                    results[result.job.folder] = result
            self._tidy()
        self.files.save()
        return [results[job.folder] for job in self.jobs]

    def _texts(self) -> Iterator[str]:
        """What may stand in a chart: catalogue, reference, statistics, and what was filed."""
        for folder in (Path(pipeline.__file__).parent, self.layout.reference, self.layout.public):
            for path in folder.rglob("*"):
                if path.suffix in (".csv", ".yml"):
                    yield path.read_text("utf-8", "replace")
        for edition_ in {job.edition for job in self.jobs}:
            for path in (self.layout.processed / edition_ / "filings").glob("*.parquet"):
                texts = pl.read_parquet(path, glob=False).select(pl.col(pl.String).unique().implode())
                yield from ("".join(filter(None, one)) for one in texts.row(0))

    def _tidy(self) -> None:
        """Remove chapters that no record names any more."""
        for job in {job.edition: job for job in self.jobs}.values():
            records = (self.layout.processed / job.edition / edition.MADE).rglob("*.json")
            store(self.layout, job).keep_only({one.result for path in records for one in Records(path).all})


@contextmanager
def _pool(layout: Layout, job: Job, how: How, reports: int, progress: Progress) -> Iterator[Pool]:
    """This process where one is enough, for starting others costs as much as a report, or where there can be no others."""
    workers = min(how.workers, reports)
    scratch = layout.processed / job.edition / STAGE
    pool: Pool = Here()
    if how.scheduler is not None or workers > 1:
        try:
            pool = Cluster(workers, how.scheduler, scratch, progress.say)
        except NoCluster as error:
            reason = why_not_written(error) or "连不上本机地址 127.0.0.1"
            progress.say(f"这台机器不能启动多个工作进程（{reason}），改在一个进程里生成")
    try:
        yield pool
    except BaseException:
        pool.close(at_once=True)
        raise
    pool.close()


@dataclass
class _Task:
    key: str
    what: str
    jobs: list[Job]
    function: Callable[..., list[Made]]
    arguments: tuple[Any, ...]
    notebook: Path | None = None


class _Making:
    """The making of the reports of `to_make`: what is ready is submitted, what comes back makes more ready."""

    def __init__(self, build: _Build, to_make: Sequence[Standing], pool: Pool, progress: Progress) -> None:
        self.build, self.pool, self.progress = build, pool, progress
        self.standings = {one.job.folder: one for one in to_make}
        self.chapters: dict[Path, dict[Path, Made]] = {one.job.folder: {} for one in to_make}
        self.results: list[Result] = []
        share = math.ceil(len(to_make) / max(1, min(build.how.workers, len(to_make))))
        self.batch = min(build.engine.together, share)
        self.pending: deque[_Task] = deque(self._chapters())
        self.ready: list[Job] = []
        self.running: dict[str, _Task] = {}
        self.alone: list[_Task] = []
        self.said = set[str]()

    def run(self) -> list[Result]:
        self.progress.begin(len(self.pending) + len(self.standings))
        while self.pending or self.running or self.alone:
            while self.pending and len(self.running) < self.pool.at_once:
                self._submit(self.pending.popleft())
            if not self.running:  # what took two workers down runs once more, with nothing beside it
                self._submit(self.alone[0])
            key, outcome = self.pool.next()
            task = self.running.pop(key)
            if isinstance(outcome, Died) and task not in self.alone:
                self.alone.append(task)
                continue
            if task in self.alone:
                self.alone.remove(task)
            self._finish(task, outcome)
            if len(self.results) == len(self.standings):
                break
        return self.results

    def _chapters(self) -> Iterator[_Task]:
        build, groups = self.build, dict[str, list[Job]]()
        for job in (one.job for one in self.standings.values()):
            groups.setdefault(f"{job.edition}/{job.audience}/{job.region.slug}", []).append(job)
        for place, jobs in groups.items():
            for notebook in build.notebooks:
                what = f"{jobs[0].region.short_zh} {notebook.stem}"
                arguments = (build.layout, jobs, notebook, build.common, build.how.isolated, build.how.force)
                yield _Task(f"{place}/{notebook.stem}", what, jobs, tasks.chapter, arguments, notebook)

    def _reports(self, jobs: list[Job]) -> _Task:
        build = self.build
        names = [[self.chapters[job.folder][notebook].names[0] for notebook in build.notebooks] for job in jobs]
        what = f"{'、'.join(map(name, jobs))} {'、'.join(jobs[0].formats)}"
        arguments = (build.layout, jobs, names, build.notebooks, build.engine)
        return _Task(jobs[0].slug, what, jobs, tasks.report, arguments)

    def _submit(self, task: _Task) -> None:
        self.running[task.key] = task
        self.progress.doing(task.what)
        self.pool.submit(task.key, task.function, *task.arguments)

    def _finish(self, task: _Task, outcome: object) -> None:
        made = self._outcomes(task, outcome)
        if task.notebook is not None:
            for job, one in zip(task.jobs, made, strict=True):
                self.chapters[job.folder][task.notebook] = one
            new, seconds = sum(one.made for one in made), round(sum(one.seconds for one in made), 3)
            facts = {"made": new, "reused": len(made) - new, "seconds": seconds, "worker": made[0].worker}
            self.progress.done(task.what, kind="chapter", scenarios=[job.scenario for job in task.jobs], **facts)
            for job in task.jobs:
                if len(self.chapters[job.folder]) == len(self.build.notebooks):
                    self._gather(job)
        else:
            for job, one in zip(task.jobs, made, strict=True):
                self._conclude(job, one)
        last = not any(one.notebook for one in (*self.pending, *self.running.values(), *self.alone))
        while len(self.ready) >= (1 if last else self.batch):
            batch = self.ready[: self.batch]
            del self.ready[: len(batch)]
            self.pending.appendleft(self._reports(batch))

    def _outcomes(self, task: _Task, outcome: object) -> list[Made]:
        if isinstance(outcome, list):
            return outcome
        if isinstance(outcome, Died):
            said = "运行它的进程几次被终止（可能是内存不足），单独再试仍然如此"
        elif isinstance(outcome, Lost):
            said = f"没有完成：{outcome}；请再运行一次，已完成的会沿用"
        elif isinstance(outcome, UserError):
            said = outcome.message
        else:
            said = why_not_written(outcome) if isinstance(outcome, BaseException) else ""
            said = f"没有完成（{said or type(outcome).__name__}）：{outcome}"
        return [Made(problem=said) for _ in task.jobs]

    def _gather(self, job: Job) -> None:
        """All chapters of a report are there, or it is known why not."""
        told = dict[str, list[str]]()
        for notebook, one in sorted(self.chapters[job.folder].items()):
            if one.problem:
                told.setdefault(one.problem, []).append(notebook.stem)
        if told:
            problems = (f"{'、'.join(stems)}：{said}" for said, stems in told.items())
            self._conclude(job, Made(problem="；".join(problems)))
        else:
            self.ready.append(job)

    def _conclude(self, job: Job, made: Made) -> None:
        standing = self.standings[job.folder]
        result = Result(job, made.files, made.problem, FAILED if made.problem else MADE, standing.reason, made.seconds)
        if made.record is not None:
            try:
                self._record(job, made.record)
            except (OutputError, OSError) as error:
                result = Result(job, [], str(error), FAILED, standing.reason)
        self.results.append(result)
        for text in made.said:
            if text not in self.said:
                self.said.add(text)
                self.progress.say(text)
        facts = {"state": result.state, "reason": result.reason, "problem": result.problem, "files": result.files}
        self.progress.done(
            f"{name(job)} {'、'.join(job.formats)}", kind="report", seconds=round(made.seconds, 3), **facts
        )

    def _record(self, job: Job, made: Record) -> None:
        records = Records(records_of_report(self.build.layout, job), kept=1)
        chapters = {chapter_key(notebook): one.names[0] for notebook, one in self.chapters[job.folder].items()}
        reads = self.standings[job.folder].reads | chapters
        same = [one for one in records.all if one.reads == reads]  # of other formats or parts
        files = {**(same[0].files if same else {}), **made.files}
        for part, format in itertools.product(PARTS, FORMATS):  # what stands beside must not say what was before
            if str(old := job.output(format, part)) not in files and old.is_file():
                old.unlink()
                self.progress.say(f"删去 {old}：它是按以前的数据或参数生成的；需要时请用 --to、--part 一起生成")
        records.add(Record(reads, files=files))
        for path, value in made.files.items():
            self.build.files.know(path, value)


def name(job: Job) -> str:
    """A report, for those who watch."""
    return f"{job.region.short_zh}·{job.scenario}" + ("" if job.language == "zh" else f"·{job.language}")


def outlook(foreseen: Sequence[Standing]) -> pl.DataFrame:
    """What would be made and why: 报告, 将, 原因."""
    rows = [(name(one.job), "生成" if one.reason else "沿用", one.reason) for one in foreseen]
    return pl.DataFrame(rows, {"报告": pl.String, "将": pl.String, "原因": pl.String}, orient="row")


def summary(results: Sequence[Result]) -> pl.DataFrame:
    """What became of each report: 报告, 结果, 原因, 用时（秒）."""
    rows = [
        (name(one.job), STATES[one.state], one.reason, f"{one.seconds:.1f}" if one.state == MADE else "")
        for one in results
    ]
    return pl.DataFrame(rows, dict.fromkeys(("报告", "结果", "原因", "用时（秒）"), pl.String()), orient="row")


def in_short(results: Sequence[Result]) -> str:
    """The same in one sentence."""
    states = [one.state for one in results]
    return "，".join(f"{words} {states.count(state)} 份" for state, words in STATES.items()) + "。"
