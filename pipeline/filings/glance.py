"""What a build must know of a filings folder before anything is read from it, kept while the folder is as it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import keeping
from pipeline.errors import DataError, shown
from pipeline.given import remembered
from pipeline.layout import Layout

if TYPE_CHECKING:
    from pipeline.filings.intake import Intake


@dataclass(frozen=True)
class Filed:
    """A filings folder: `kind`, `sample`, `status` and `said` as `Intake` and `answer.in_short` have them, `years` with
    accepted rows, `key` the hash of all that the intake read, `seen` what `seen_as` said before that was known."""

    folder: Path
    layout: Layout
    key: str
    kind: str
    sample: bool
    status: int
    said: str
    years: tuple[int, ...]
    seen: str

    @cached_property
    def intake(self) -> Intake:
        """All of it, read when it is asked for."""
        from pipeline.filings.intake import take_in

        intake = take_in(self.folder, self.layout)
        _check_unchanged(self.folder, self.seen)
        return intake

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "intake"}  # a worker reads for itself


def seen_as(folder: Path) -> str:
    """A hash of the names, sizes and times of all files of the folder: another whenever one of them has been written to, even
    where the content is as before, for nobody can set the time of the last change."""
    stamps = [one for one in remembered.stamps(folder) if not Path(one[0]).is_dir()]
    return hashlib.sha256(repr(stamps).encode("utf-8", "surrogatepass")).hexdigest()


def _check_unchanged(folder: Path, seen: str) -> None:
    if seen_as(folder) != seen:
        raise DataError(
            "filings.changed",
            f"读取期间填报文件夹 {shown(folder)} 里的文件有改动，已停止，没有保存任何结果；请等改动结束后重新运行",
        )


def look(folder: Path, layout: Layout, reads: Mapping[str, str], memory: Path, seen: str) -> Filed:
    """The folder, by its intake if it is not known yet. reads: name -> hash of what the intake reads; memory: the
    file in which the answer is kept; seen: `seen_as` before these hashes were taken. Raises DataError, see
    `intake.take_in`, and where a file has been changed meanwhile."""
    key = json.dumps(dict(sorted(reads.items())))
    with suppress(OSError, ValueError, TypeError, KeyError):
        known = json.loads(keeping.read(memory) or "")
        if known.pop("key") == key:
            return Filed(folder, layout, key, seen=seen, **(known | {"years": tuple(known["years"])}))
    from pipeline.filings import answer
    from pipeline.filings.intake import take_in

    intake = take_in(folder, layout)  # an earlier report leaves later rows aside; they are no errors
    _check_unchanged(folder, seen)
    years = {year for frame in intake.accepted.values() if "year" in frame for year in frame["year"].unique()}
    facts: dict[str, Any] = {
        "kind": intake.kind,
        "sample": intake.sample,
        "status": intake.status,
        "said": answer.in_short(intake),
        "years": tuple(sorted(years)),
    }
    filed = Filed(folder, layout, key, seen=seen, **facts)
    vars(filed)["intake"] = intake
    with suppress(Exception):  # it can be found out again
        keeping.write(memory, json.dumps({"key": key, **facts}, ensure_ascii=False))
    return filed
