"""What a build must know of a filings folder before anything is read from it, kept while the folder is as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.layout import Layout
from pipeline.output import placed

if TYPE_CHECKING:
    from pipeline.filings.intake import Intake


@dataclass(frozen=True)
class Filed:
    """A filings folder: `kind`, `sample`, `status` and `said` as `Intake` and `answer.in_short` have them, `years` with
    accepted rows, `key` the hash of all that the intake read."""

    folder: Path
    layout: Layout
    key: str
    kind: str
    sample: bool
    status: int
    said: str
    years: tuple[int, ...]

    @cached_property
    def intake(self) -> Intake:
        """All of it, read when it is asked for."""
        from pipeline.filings.intake import take_in

        return take_in(self.folder, self.layout)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "intake"}  # a worker reads for itself


def look(folder: Path, layout: Layout, reads: Mapping[str, str], memory: Path) -> Filed:
    """The folder, by its intake if it is not known yet. reads: name -> hash of what the intake reads; memory: the
    file in which the answer is kept. Raises DataError, see `intake.take_in`."""
    key = json.dumps(dict(sorted(reads.items())))
    with suppress(OSError, ValueError, TypeError, KeyError):
        known = json.loads(memory.read_bytes())
        if known.pop("key") == key:
            return Filed(folder, layout, key, **(known | {"years": tuple(known["years"])}))
    from pipeline.filings import answer
    from pipeline.filings.intake import take_in

    intake = take_in(folder, layout)  # an earlier report leaves later rows aside; they are no errors
    years = {year for frame in intake.accepted.values() if "year" in frame for year in frame["year"].unique()}
    facts: dict[str, Any] = {
        "kind": intake.kind,
        "sample": intake.sample,
        "status": intake.status,
        "said": answer.in_short(intake),
        "years": tuple(sorted(years)),
    }
    filed = Filed(folder, layout, key, **facts)
    vars(filed)["intake"] = intake
    with suppress(Exception), placed(memory) as beside:  # it can be found out again
        beside.write_text(json.dumps({"key": key, **facts}, ensure_ascii=False), "utf-8")
    return filed
