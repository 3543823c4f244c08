"""What is written for the time being, and how a build clears away what killed ones have left of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.output import try_lock

PREFIX = "gr-"
MARK = ".green-report"  # in a temporary folder, locked as long as it is in use
DAY_S = 86_400
_beside = re.compile(r"\.[0-9a-f]{32}\.(?:part|probe)")
_within = re.compile(r"(?:intake|public)-.*")  # see `intake.save`, `publication.save`


@contextmanager
def scratch(above: Path | None = None) -> Iterator[Path]:
    """A temporary folder, which is removed afterwards: by `clear` of another process where this one is killed."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=above, ignore_cleanup_errors=True) as made:
        unseen = Path(made, f"{MARK}.new")
        with unseen.open("wb") as mark:
            try_lock(mark.fileno())
            if os.name != "nt":  # where nobody renames an open file
                unseen.rename(unseen.with_name(MARK))
            yield Path(made)


def clear(editions: Iterable[Path], shared: Path, temporary: Iterable[Path | str]) -> None:
    """Remove what killed builds have left.

    editions: folders that the caller has locked. shared: a folder that others may be writing to; what is a day old there is
    left over. temporary: where `scratch` makes its folders; a program that still works in one of a killed build is ended.
    """
    for edition in editions:
        for here, folders, names in os.walk(edition):
            for name in folders:
                if _within.fullmatch(name):
                    shutil.rmtree(Path(here, name), ignore_errors=True)
            for name in filter(_beside.fullmatch, names):
                _remove(Path(here, name), 0 if name.endswith(".part") else DAY_S)
    for folder in (shared, *(path for path in shared.glob("*") if path.is_dir())):
        for path in folder.glob(".*"):
            if _beside.fullmatch(path.name):
                _remove(path, DAY_S)
    for above in {Path(one).resolve() for one in temporary}:
        for mark in above.glob(f"{PREFIX}*/{MARK}"):
            with suppress(OSError), mark.open("r+b") as file:
                if try_lock(file.fileno()):
                    _end_what_works_in(mark.parent)
                    shutil.rmtree(mark.parent, ignore_errors=True)


def _remove(path: Path, age_s: float) -> None:
    with suppress(OSError):
        if time.time() - path.stat().st_mtime >= age_s:
            path.unlink()


def _end_what_works_in(folder: Path) -> None:
    """Known on Linux only."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder):
                os.kill(int(process.name), signal.SIGKILL)
