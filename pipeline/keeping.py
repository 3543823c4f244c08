"""What has been made already, found again by what it was made from.

A thing that is made keeps a record of what it read: names, each with the hash of what stood behind it. It is up to
date while every one of these names has the same hash. No time and no commit is part of that. Whatever is kept is used
only as it was written: the hash of its content stands before it, in a record, or in its name.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.output import placed

RIPE_NS = 2_000_000_000  # a file changed so recently may change again without its times showing it
REMEMBERED = 100_000  # files
MISSING = ""
KEPT = 24  # records of one thing: of so many scenarios and earlier states


def digest(value: object) -> str:
    """SHA-256 of a value as JSON carries it."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file. Raises OSError."""
    with open(path, "rb") as content:  # noqa: PTH123  (thousands of files)
        return hashlib.file_digest(content, "sha256").hexdigest()


def write(path: Path, content: str) -> None:
    """Keep `content` at `path`. Raises OutputError."""
    text = content.encode("utf-8", "surrogatepass")
    with placed(path) as beside:
        beside.write_bytes(f"{hashlib.sha256(text).hexdigest()}\n".encode() + text)


def read(path: Path) -> str | None:
    """What was kept at `path`; None where there is nothing, or not what was written."""
    try:
        seal, _, text = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    whole = seal == hashlib.sha256(text).hexdigest().encode()
    return text.decode("utf-8", "surrogatepass") if whole else None


class Hashes:
    """SHA-256 of files. A file whose size, times and inode are as they were is not read again: `memory` remembers."""

    def __init__(self, memory: Path) -> None:
        self._path = memory
        known = _read(memory)
        self._known: dict[str, list[Any]] = known if isinstance(known, dict) else {}
        self._new: dict[str, list[Any]] = {}

    def file(self, path: Path | str) -> str:
        """The hash of a file; MISSING where there is none, and no content where it is not a readable regular file."""
        name = os.fspath(path)
        try:
            state = os.stat(name)  # noqa: PTH116  (thousands of files)
        except OSError:
            return MISSING
        if not stat.S_ISREG(state.st_mode):
            return f"mode {stat.S_IFMT(state.st_mode):o}"
        mark = [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]
        known = self._known.get(name)
        if known and known[:4] == mark:
            return str(known[4])
        try:
            found = file_digest(name)
        except OSError as error:
            return f"errno {error.errno}"
        if max(state.st_mtime_ns, state.st_ctime_ns) < time.time_ns() - RIPE_NS:
            self._known[name] = self._new[name] = [*mark, found]
        return found

    def know(self, path: Path | str, value: str) -> None:
        """Take it that the file, written just now by the one who asks, has the hash `value`."""
        name = os.fspath(path)
        with suppress(OSError):
            state = os.stat(name)  # noqa: PTH116
            mark = [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]
            self._known[name] = self._new[name] = [*mark, value]

    def tree(self, folder: Path, *suffixes: str) -> str:
        """One hash of the names and contents of all files below `folder`, or of those with one of `suffixes`."""
        return digest({name: self.file(path) for name, path in files_below(folder, *suffixes)})

    def save(self) -> None:
        """Remember for the next process; a memory that cannot be written is none."""
        if not self._new:
            return
        kept = dict(list(self._known.items())[-REMEMBERED:])
        with suppress(Exception):
            write(self._path, json.dumps(kept))
        self._new = {}


def files_below(folder: Path, *suffixes: str) -> Iterator[tuple[str, str]]:
    """(name below `folder`, path) of every file, sorted by name; links to folders are not followed."""
    found = []
    for here, _, names in os.walk(folder):
        for name in names:
            if not suffixes or name.endswith(suffixes):
                path = os.path.join(here, name)  # noqa: PTH118
                found.append((os.path.relpath(path, folder).replace(os.sep, "/"), path))
    return iter(sorted(found))


@dataclass(frozen=True)
class Record:
    """reads: name -> hash of what was read. result: what was made of it. files: name -> hash of what was written."""

    reads: dict[str, str]
    result: str = ""
    files: dict[str, str] = field(default_factory=dict)

    def changed(self, now: Callable[[str], str]) -> list[str]:
        """The names whose hash is no longer what it was."""
        return [name for name, value in self.reads.items() if now(name) != value]


class Records:
    """The records of one thing, the newest first, in one file."""

    def __init__(self, path: Path, kept: int = KEPT) -> None:
        self._path, self._kept = path, kept
        known = _read(path)
        try:
            self.all = [Record(**one) for one in known] if isinstance(known, list) else []
        except TypeError:  # of another version
            self.all = []

    def find(self, now: Callable[[str], str]) -> Record | None:
        """The newest record of which nothing has changed."""
        return next((one for one in self.all if not one.changed(now)), None)

    def add(self, record: Record) -> None:
        """Write `record` as the newest. Raises OutputError."""
        self.all = [record, *(one for one in self.all if one.reads != record.reads)][: self._kept]
        write(self._path, json.dumps([asdict(one) for one in self.all], ensure_ascii=False))


def _read(path: Path) -> Any:
    text = read(path)
    try:
        return None if text is None else json.loads(text)  # none yet, or damaged: what it knew is found out again
    except ValueError:
        return None


class Store:
    """Folders of files that never change, each under the hash of its content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, made: Path) -> str:
        """Move the folder `made` into the store; its name there. Raises OSError."""
        name = _content(made)
        self._folder.mkdir(parents=True, exist_ok=True)
        if self.get(name) is None:
            shutil.rmtree(self._folder / name, ignore_errors=True)
            try:
                made.rename(self._folder / name)
            except OSError:
                if self.get(name) is None:  # else another worker has just put the same
                    raise
        return name

    def get(self, name: str) -> Path | None:
        """The folder of that name; None where it is not there as it was put."""
        path = self._folder / name
        return path if name and path.is_dir() and _content(path) == name else None

    def keep_only(self, names: set[str]) -> None:
        """Remove every other folder."""
        for path in self._folder.glob("*"):
            if path.name not in names:
                shutil.rmtree(path, ignore_errors=True)


def _content(folder: Path) -> str:
    hashes: Mapping[str, str] = {
        name: hashlib.sha256(Path(path).read_bytes()).hexdigest() for name, path in files_below(folder)
    }
    return digest(hashes)
