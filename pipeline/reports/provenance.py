"""What a report was made from and with: input files and their hashes, parameters, versions. No time, no machine path."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from importlib.metadata import version
from typing import Any

from pipeline import params
from pipeline.charts import fonts
from pipeline.layout import Layout
from pipeline.reports.plan import Job

PACKAGES = ("polars", "altair", "vl-convert-python", "papermill", "typst", "pypandoc-binary", "pydantic")


def inputs(layout: Layout) -> list[dict[str, Any]]:
    """Every raw file with its path below the root, SHA-256 and number of rows (CSV) or lines."""
    files = sorted(
        path
        for folder in (layout.reference, layout.public)
        for path in folder.rglob("*")
        if path.suffix in {".csv", ".yml"}
    )
    return [{"path": path.relative_to(layout.root).as_posix()} | _describe(path.read_bytes()) for path in files]


def _describe(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "lines": data.count(b"\n")}


def provenance(layout: Layout, job: Job, engine: str) -> dict[str, Any]:
    """The content of provenance.json. `engine`: name and version of the renderer."""
    return {
        "report": {
            "year": job.year,
            "region": job.region.code,
            "scenario": job.scenario,
            "edition": job.edition,
            "audience": job.audience,
            "date": job.date.isoformat(),
        },
        "inputs": inputs(layout),
        "parameters": params.table(job.resolved).to_dicts(),
        "code": code(layout),
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
