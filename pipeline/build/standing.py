"""Which reports and chapters stand as they would be made now, and why the others do not."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipeline.build import edition
from pipeline.build.context import Present, told
from pipeline.build.plan import Job
from pipeline.given.regions import Region
from pipeline.keeping import MISSING, Hashes, Record, Records, Store, digest
from pipeline.layout import Layout
from pipeline.reports.render.engine import Engine


@dataclass
class Made:
    """What became of one task: the names of chapters in the store or the files of a report, or why there are none. said: what
    those who watch are told once."""

    names: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    record: Record | None = None
    problem: str = ""
    made: int = 0
    seconds: float = 0.0
    worker: int = field(default_factory=os.getpid)
    said: list[str] = field(default_factory=list)


def work(layout: Layout, job: Job) -> Path:
    """The folder for what is made on the way to a report: its tables, notebooks that failed."""
    return layout.processed / job.edition / job.slug


def store(layout: Layout, job: Job) -> Store:
    """Where the chapters of an edition are kept."""
    return Store(layout.processed / job.edition / ".chapters")


def records_of_chapter(layout: Layout, job: Job, notebook: Path) -> Path:
    """The file with what a chapter of the region was made from; its reports under all scenarios share it."""
    return layout.processed / job.edition / edition.MADE / job.audience / job.region.slug / f"{notebook.stem}.json"


def records_of_report(layout: Layout, job: Job) -> Path:
    """The file with what a report was made from, one for each place that it is written to."""
    return records_of_folder(layout, job.edition, job.audience, job.region, job.scenario, job.folder)


def records_of_folder(
    layout: Layout, edition_name: str, audience: str, region: Region, scenario: str, folder: Path
) -> Path:
    """The same, of a report of which only the folder is known."""
    place = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return layout.processed / edition_name / edition.MADE / audience / region.slug / f"{scenario}-{place}.json"


@dataclass(frozen=True)
class Standing:
    """A report as it stands: `reason`, empty where it is up to date, says why it must be made; `reads` what it is made
    from, without its chapters."""

    job: Job
    reads: dict[str, str]
    reason: str = ""


def stands(
    layout: Layout,
    job: Job,
    notebooks: Sequence[Path],
    engine: Engine,
    common: dict[str, str],
    files: Hashes,
) -> Standing:
    """How the report of `job` stands. common: the hashes of `sources.shared` and `sources.rendering`."""
    present = Present(layout, job, common, files)
    reads = {
        **{name: common[name] for name in ("code", "versions", "theme", "fonts", "text")},
        "engine": f"{engine.name} {engine.version}",
        "front": digest(asdict(job.front)),
        "parameters": present("parameters"),
        "inputs": present("inputs"),
    }
    last = next(iter(Records(records_of_report(layout, job)).all), None)
    if last is None:
        return Standing(job, reads, "还没有生成过")
    changed = [name for name, value in reads.items() if last.reads.get(name) != value]
    for notebook in notebooks:
        changed += _changed(layout, job, notebook, present, last)
    gone = {key for key in last.reads if key.startswith("chapter:")} - {chapter_key(one) for one in notebooks}
    if changed or gone:
        words = told(dict.fromkeys(changed)) if changed else "章节减少"
        return Standing(job, reads, f"{words}有变化" if changed else words)
    missing = [told for path, told in job.outputs.items() if str(path) not in last.files]
    if missing:
        return Standing(job, reads, f"还没有 {'、'.join(f'{part} 的 {format}' for part, format in missing)}")
    for path, value in last.files.items():
        found = files.file(path)
        if found != value:
            return Standing(job, reads, f"{Path(path).name} {'不见了' if found == MISSING else '被改动过'}")
    return Standing(job, reads)


def reads(layout: Layout, job: Job, notebooks: Sequence[Path], name: str) -> bool:
    """Whether any chapter of the region has read what has that name."""
    records = (Records(records_of_chapter(layout, job, notebook)).all for notebook in notebooks)
    return any(name in one.reads for of in records for one in of)


def chapter_key(notebook: Path) -> str:
    return f"chapter:{notebook.stem}"


def _changed(layout: Layout, job: Job, notebook: Path, present: Present, last: Record) -> list[str]:
    """What has changed of what a chapter of the last report read; empty where the chapter is the one it has."""
    records = Records(records_of_chapter(layout, job, notebook))
    now, before = present.of(notebook), last.reads.get(chapter_key(notebook), "")
    found = records.find(now)
    if found is not None and found.result == before:
        return []
    made = next((one for one in records.all if one.result == before), None)
    return (made.changed(now) if made else []) or [f"{notebook.stem}"]
