"""The tasks of a build as a pool runs them: `make` is imported where they run, which is seldom where they are planned."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.keeping import Record
from pipeline.reports import loaded

_turn = threading.Lock()  # a process makes one thing at a time, however many threads a worker was given


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


class OtherCode(Exception):
    """This process has not the code of the build; the argument says what is not as there."""


def run(code: Mapping[str, str], function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a task of the build that has loaded `code`. Raises OtherCode where this process has not."""
    if what := loaded.other(code):
        raise OtherCode(what)
    with _turn:
        return function(*arguments)


def chapter(*arguments: Any) -> list[Made]:
    """See `make.chapter`."""
    from pipeline.reports import make

    return make.chapter(*arguments)


def report(*arguments: Any) -> list[Made]:
    """See `make.report`."""
    from pipeline.reports import make

    return make.report(*arguments)
