"""The tasks of a build as a pool runs them: `make` is imported where they run, which is seldom where they are planned."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.reports.cache import Record


@dataclass
class Made:
    """What became of one task: the names of chapters in the store or the files of a report, or why there are none."""

    names: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    record: Record | None = None
    problem: str = ""
    made: int = 0
    seconds: float = 0.0
    worker: int = field(default_factory=os.getpid)


def chapter(*arguments: Any) -> list[Made]:
    """See `make.chapter`."""
    from pipeline.reports import make

    return make.chapter(*arguments)


def report(*arguments: Any) -> list[Made]:
    """See `make.report`."""
    from pipeline.reports import make

    return make.report(*arguments)
