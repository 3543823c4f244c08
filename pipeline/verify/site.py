"""A published site as it lies there, or a part of it that is verified, and what is said of it."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import DataError
from pipeline.keeping import file_digest
from pipeline.publish import statement
from pipeline.publish.around import EDITIONS
from pipeline.publish.home import DOWNLOADS
from pipeline.publish.site import SUMS
from pipeline.publish.tables import WHERE
from pipeline.publish.taken import PLAIN

NAMED = 3  # differences of a file that are named; the others are counted
PAPER = (".pdf", ".docx")
LARGEST = 256 << 20  # bytes; no file of ours has so many
CODES, SCENARIOS = (WHERE[0], "region_code"), (WHERE[2],)  # heads that say of what report or region a row is


@dataclass(frozen=True)
class Found:
    """What was found, as a sentence. fault: whether it is not as it was published; else it is only said."""

    said: str
    fault: bool = True


@dataclass(frozen=True)
class Data:
    """A published table: its heads, and its rows by the region code and scenario of the report, "" where it has none."""

    heads: list[str]
    rows: dict[tuple[str, str], list[list[str]]]


@dataclass(frozen=True)
class Site:
    """root: of the site. scope: the file or folder below it that is verified, "" for all."""

    root: Path
    scope: str = ""

    @cached_property
    def sums(self) -> dict[str, str]:
        """Path -> SHA-256, as SHA256SUMS lists them. Raises DataError."""
        found: dict[str, str] = {}
        try:
            lines = self.read(SUMS).decode().splitlines()
        except (OSError, UnicodeDecodeError):
            raise DataError("verify.sums", f"{self.root / SUMS} 读不出来；请重新下载网站") from None
        for at, line in enumerate(lines, 1):
            digest, _, path = line.partition("  ")
            if len(digest) != 64 or not path or path in found:
                raise DataError("verify.sums", f"{SUMS} 第 {at} 行应为 64 位哈希值、两个空格和文件名，每个文件一行")
            found[path] = digest
        return found

    @cached_property
    def editions(self) -> list[dict[str, Any]]:
        """As editions.json lists them. Raises DataError."""
        try:
            found = parsed(self.read(EDITIONS))["editions"]
            for one in found:
                if not (PLAIN.fullmatch(one["name"]) and dict(one["regions"]) and dict(one["scenarios"])):
                    raise ValueError(one["name"])
            return [dict(one) for one in found]
        except (OSError, ValueError, KeyError, TypeError):
            raise DataError("verify.editions", f"{self.root / EDITIONS} 读不出来；请重新下载网站") from None

    def inside(self, path: str) -> bool:
        return self.scope in ("", path) or path.startswith(f"{self.scope}/")

    def wanted(self) -> list[str]:
        """The editions of which anything is verified."""
        names = [one["name"] for one in self.editions]
        own = [name for name in names if self.scope in (name, DOWNLOADS, f"{DOWNLOADS}/{name}") or self._below(name)]
        return own if self.scope else names

    def _below(self, name: str) -> bool:
        return self.scope.startswith((f"{name}/", f"{DOWNLOADS}/{name}/"))

    def digest(self, path: str) -> str | None:
        """SHA-256 of a file of the site as it is; None where it is not there, or too large to be ours."""
        file = self.file(path)
        return file_digest(file) if file else None

    def file(self, path: str) -> Path | None:
        """A file of the site that is to be read; None where it is not there, a pipe, or too large to be ours."""
        return readable(self.root / path)

    def read(self, path: str) -> bytes:
        """What is in it. Raises OSError."""
        if (file := self.file(path)) is None:
            raise FileNotFoundError(path)
        return file.read_bytes()

    @cached_property
    def digests(self) -> dict[str, str | None]:
        """The same of all listed files in the scope that lie inside of the site."""
        return {path: self.digest(path) for path in self.paths if self.inside(path)}

    def outside(self, path: str) -> bool:
        """Whether a name leads out of the site."""
        parts = PurePosixPath(path).parts
        plain = path.startswith("/") or "\\" in path or ":" in path or ".." in parts
        return plain or not Path(os.path.realpath(self.root / path)).is_relative_to(self.root.resolve())

    @cached_property
    def paths(self) -> list[str]:
        """The listed files that lie inside of the site."""
        return [path for path in self.sums if not self.outside(path)]

    def is_whole(self, path: str) -> bool:
        """Whether the file is, to the byte, the one that was published."""
        return path in self.sums and self.digests.get(path) == self.sums[path]

    def pages(self) -> Iterator[tuple[str, str, str]]:
        """Edition, region code and scenario of every report in the scope."""
        for edition in self.editions:
            for code in edition["regions"]:
                for scenario in edition["scenarios"]:
                    if any(self.inside(path) for path in self.of_report(edition["name"], code, scenario)):
                        yield edition["name"], code, scenario

    def of_report(self, edition: str, code: str, scenario: str) -> list[str]:
        """The listed files of a report: `plan.html`, `plan-annex.en.pdf` …"""
        longer = [one for of in self.editions for one in of["scenarios"] if one.startswith(f"{scenario}-")]
        found = []
        for path in self.paths:
            name = path.removeprefix(f"{edition}/{code}/")
            own = name != path and name.startswith((f"{scenario}.", f"{scenario}-"))
            if own and not any(name.startswith((f"{one}.", f"{one}-")) for one in longer):
                found.append(path)
        return found

    @cached_property
    def papers(self) -> set[str]:
        """The PDF and Word files of all reports, of which it is told what their numbers are."""
        reports = (
            one
            for edition in self.editions
            for one in product([edition["name"]], edition["regions"], edition["scenarios"])
        )
        return {path for one in reports for path in self.of_report(*one) if path.endswith(PAPER)}

    def data(self, path: str) -> Data:
        """A CSV file of the site; without heads where it cannot be read."""
        if path not in self._data:
            try:
                heads, *rows = csv.reader(io.StringIO(self.read(path).decode("utf-8-sig"), newline=""))
            except (OSError, UnicodeDecodeError, csv.Error, ValueError):
                heads, rows = [], []
            code, scenario = (next((heads.index(one) for one in of if one in heads), None) for of in (CODES, SCENARIOS))
            by: dict[tuple[str, str], list[list[str]]] = {}
            for row in rows:
                if len(row) == len(heads):
                    key = ("" if code is None else row[code], "" if scenario is None else row[scenario])
                    by.setdefault(key, []).append(row)
            self._data[path] = Data(heads, by)
        return self._data[path]

    @cached_property
    def _data(self) -> dict[str, Data]:
        return {}

    def predicate(self, edition: str) -> dict[str, Any] | None:
        """What the statement of the edition says; None where it cannot be read."""
        try:
            content = parsed(self.read(f"{edition}/{statement.NAME}"))
            found: dict[str, Any] = content["predicate"]
            return found
        except (OSError, ValueError, KeyError, TypeError):
            return None


def summed(path: str, what: str, said: Sequence[str]) -> list[Found]:
    """One sentence for a file: how many differences, and the first of them."""
    more = "等" if len(said) > NAMED else ""
    return [Found(f"{path} 有 {len(said)} {what}：{'；'.join(said[:NAMED])}{more}")] if said else []


def readable(path: Path) -> Path | None:
    """The path, where it is a file that may be read whole."""
    return path if path.is_file() and path.stat().st_size <= LARGEST else None


def parsed(content: bytes) -> Any:
    """What JSON says. Raises ValueError, also for brackets in brackets without an end."""
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("too deep") from None


def of(path: Path) -> Site | None:
    """The site in which a file or folder lies; None where it lies in none."""
    whole = path.resolve()
    for folder in (whole, *whole.parents):
        if (folder / SUMS).is_file() and (folder / EDITIONS).is_file():
            return Site(folder, "" if folder == whole else whole.relative_to(folder).as_posix())
    return None
