"""What a report was made from and with: input files and their hashes, parameters, versions. No time, no machine path."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.build.plan import PUBLIC, Job
from pipeline.charts import fonts
from pipeline.given import params
from pipeline.layout import Layout

if TYPE_CHECKING:
    from pipeline.filings.intake import Intake

LOCK = "requirements-run.lock"
PACKAGES = ("polars", "altair", "vl-convert-python", "papermill", "typst", "pypandoc-binary", "pydantic")


def inputs(layout: Layout, intake: Intake | None, audience: str = "internal") -> list[dict[str, Any]]:
    """Every raw file with its path, SHA-256 and number of rows: lines of our own files, accepted and rejected rows of
    what was filed. Paths are below the root, those of filings below the name of their folder. For the public the filed
    ones are one line: their names and numbers of rows tell of who filed; the hash is that of all hashes."""
    files = sorted(
        path
        for folder in (layout.reference, layout.public)
        for path in folder.rglob("*")
        if path.suffix in {".csv", ".yml"}
    )
    own = [_described(path.relative_to(layout.root), path, path.read_bytes().count(b"\n")) for path in files]
    filed = [] if intake is None else _filed(intake)
    return own + (_as_one(filed) if filed and audience == PUBLIC else filed)


def _as_one(filed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    hashes = "".join(sorted(one["sha256"] for one in filed))
    lines = sum(one["lines"] for one in filed)
    return [
        {"path": f"填报（{len(filed)} 个文件）", "sha256": hashlib.sha256(hashes.encode()).hexdigest(), "lines": lines}
    ]


def _filed(intake: Intake) -> list[dict[str, Any]]:
    rows = pl.concat(
        frame.select("source_file") for frames in (intake.accepted, intake.quarantine) for frame in frames.values()
    )
    counted = dict(rows.group_by("source_file").len().iter_rows())
    name = Path(intake.folder.resolve().name)
    files = [(path, intake.folder / path, counted.get(path, 0)) for path in intake.files["file"]]
    listed = set(intake.files["file"])
    beside = [(path.name, path, 0) for path in sorted(intake.folder.glob("*.yml")) if path.name not in listed]
    return [_described(name / file, path, rows) for file, path, rows in (*files, *beside) if path.is_file()]


def _described(name: Path, path: Path, rows: int) -> dict[str, Any]:
    with path.open("rb") as content:
        return {"path": name.as_posix(), "sha256": hashlib.file_digest(content, "sha256").hexdigest(), "lines": rows}


def provenance(layout: Layout, job: Job, engine: str, read: list[dict[str, Any]]) -> dict[str, Any]:
    """The content of provenance.json. engine: name and version of the renderer. read: what the report rests on, as
    `context.freeze` lists it."""
    return {
        "report": {
            "year": job.year,
            "plan": job.plan,
            "region": job.region.code,
            "scenario": job.scenario,
            "edition": job.edition,
            "audience": job.audience,
            "date": job.date.isoformat(),
            "publisher": job.resolved.params.publisher,
            "kind": job.kind,
            "sample": bool(job.filed and job.filed.sample),
        },
        "inputs": read,
        "parameters": params.table(job.resolved).to_dicts(),
        "code": code(layout),
        "lock": _lock(layout),
        "versions": {"python": platform.python_version(), "engine": engine}
        | {name: version(name) for name in PACKAGES},
        "fonts": [
            {
                "family": font.family,
                "sha256": hashlib.sha256(font.path.read_bytes()).hexdigest() if font.path else None,
            }
            for font in fonts.packaged()
        ],
    }


def _lock(layout: Layout) -> str | None:
    """The SHA-256 of the file that says which versions of packages are installed; None where it is not there."""
    path = layout.root / LOCK
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def code(layout: Layout) -> dict[str, Any]:
    """Package version, git commit and whether the tree differs from it; None where this is no git checkout."""
    commit = _git(layout, "rev-parse", "HEAD")
    return {
        "version": version("green-report"),
        "commit": commit,
        "dirty": bool(_git(layout, "status", "--porcelain")) if commit else None,
    }


def _git(layout: Layout, *arguments: str) -> str | None:
    try:
        run = subprocess.run(["git", *arguments], cwd=layout.root, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.strip() if run.returncode == 0 else None
