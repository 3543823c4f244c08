"""What did an edition say before? Each report line keeps its last ten indicator tables, and what each of them rests on.

    data/processed/<edition>/history/tables/<hash>.parquet             the tables, and the scenario's paths, each once
    data/processed/<edition>/history/<region code>-<scenario>/0003.json    a line: one entry a table, the newest last

A line is a region under a scenario, since either may have parameters of its own. A build that changes no number adds
nothing; where only the ground has changed on which the numbers rest, the newest entry tells the new one. Numbers are
those of the indicator table and, where there are any, of the line's scenario.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.build.plan import Job
from pipeline.errors import DataError
from pipeline.filings.contracts import TABLES
from pipeline.filings.intake import Intake
from pipeline.given import params
from pipeline.given.params import Resolved
from pipeline.given.regions import NATION, Region
from pipeline.indicators import evaluate
from pipeline.indicators.model import Catalogue, load_catalogue
from pipeline.layout import Layout
from pipeline.output import placed
from pipeline.scenarios.outlook import SCHEMAS

KEPT = 10
FOLDER, OF_TABLES = "history", "tables"
WORDS = frozenset({"title", "decimals", "better", "target", "beside", "source", "definition"})
"""What a declaration says of an indicator without changing its value."""


@dataclass(frozen=True)
class Entry:
    """One state of a line: what was made, and of what.

    indicators, paths: the hashes of the table and of the scenario's paths (None without any). parameters: key -> value and origin, as `params.table` prints them. filings: file -> its SHA-256 and
    the tables it was read as. reference: file -> SHA-256. declarations: indicator id -> hash of what its value depends
    on. corrections: table, key, column, action, before, after, reason. version: of this product. plan: its id.
    """

    path: Path
    edition: str
    year: int
    region: str
    scenario: str
    indicators: str
    paths: str | None
    parameters: Mapping[str, Sequence[str]]
    filings: Mapping[str, Mapping[str, Any]]
    reference: Mapping[str, str]
    declarations: Mapping[str, str]
    corrections: Sequence[Mapping[str, str]]
    version: str
    plan: str

    @property
    def file(self) -> Path:
        """The indicator table."""
        return self._kept(self.indicators)

    @property
    def files(self) -> list[Path]:
        """All that the entry has in the folder of tables."""
        return [self._kept(hash) for hash in (self.indicators, self.paths) if hash]

    def _kept(self, hash: str) -> Path:
        return self.path.parent.parent / OF_TABLES / f"{hash}.parquet"

    def table(self) -> pl.DataFrame:
        """`evaluate.TABLE`. Raises DataError where it is gone, damaged or of another version."""
        _check(self.file)
        return evaluate.read(self.file)

    def projected(self) -> pl.DataFrame:
        """The scenario's paths, as `outlook.Outlook.paths`; empty where none were kept."""
        if not self.paths:
            return pl.DataFrame(schema=SCHEMAS["paths"])
        _check(self._kept(self.paths))
        return pl.read_parquet(self._kept(self.paths), glob=False)

    def described(self) -> list[dict[str, Any]]:
        """The entry and its table as inputs of another report: path (without the number of the entry), sha256, lines."""
        line = self.path.parent
        of_table = self.file.relative_to(line.parent.parent.parent)
        return [
            {"path": f"data/processed/{name}", "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "lines": lines}
            for name, path, lines in (
                (f"{self.edition}/{FOLDER}/{line.name}", self.path, 1),
                (of_table.as_posix(), self.file, self.table().height),
            )
        ]


# --- keeping -------------------------------------------------------------------------------------------------


def ground(
    layout: Layout, intake: Intake | None, inputs: Sequence[Mapping[str, Any]], plan: str | None = None
) -> dict[str, Any]:
    """What all tables of an edition rest on: filings, reference, declarations, corrections, version of Entry.

    inputs: `provenance.inputs` of the same filings. plan: the id of the plan, see `reference.load_plan`.
    """
    prefix = f"{intake.folder.resolve().name}/" if intake else ""
    hashes = {one["path"]: one["sha256"] for one in inputs}
    filed = {file: hash for file, hash in hashes.items() if prefix and file.startswith(prefix) and not file.endswith(".yml")}  # fmt: skip
    return {
        "filings": {
            file.removeprefix(prefix): {"sha256": hash, "tables": _read_as(intake, file.removeprefix(prefix))}
            for file, hash in filed.items()
        },
        "reference": {file: hash for file, hash in hashes.items() if file.startswith("data/")},
        "declarations": declarations(load_catalogue(layout, plan_id=plan)),
        "corrections": _corrections(intake),
        "version": version("green-report"),
    }


def _read_as(intake: Intake | None, file: str) -> list[str]:
    assert intake
    kept = (intake.accepted, intake.quarantine)
    return [one.name for one in TABLES if any((of[one.name]["source_file"] == file).any() for of in kept)]


def _corrections(intake: Intake | None) -> list[dict[str, str]]:
    columns = ["table", "key", "column", "action", "before", "after", "reason"]
    return intake.corrections.select(pl.col(columns).fill_null("")).to_dicts() if intake else []


def declarations(catalogue: Catalogue) -> dict[str, str]:
    """Indicator id -> hash of what its value depends on, with the indicators that it is made of."""
    hashes: dict[str, str] = {}

    def of(id: str) -> str:
        if id not in hashes:
            one = catalogue[id]
            said = [one.model_dump_json(exclude=set(WORDS)), *(of(part) for part in one.needed)]
            hashes[id] = _short("\n".join(said).encode())
        return hashes[id]

    return {one.id: of(one.id) for one in catalogue}


def printed(resolved: Resolved) -> dict[str, list[str]]:
    """Key -> value and origin of every parameter, as text."""
    return {
        key: [value, origin] for key, value, origin in params.table(resolved).select("参数", "取值", "来源").iter_rows()
    }


def keep(layout: Layout, job: Job, file: Path, rests_on: Mapping[str, Any], paths: pl.DataFrame | None = None) -> None:
    """Add the indicator table `file` to the line of `job`, unless its numbers are those of the newest entry there.

    rests_on: `ground`. paths: those of the line's region and scenario (`outlook.Outlook.paths`). Raises OutputError.
    """
    line = _line(layout, job.place(), job.region, job.scenario)
    tables = line.parent / OF_TABLES
    known = _entries(line)
    last = _read(known[-1]) if known else None
    content = {
        "edition": job.edition,
        "year": job.year,
        "plan": job.plan,
        "region": job.region.code,
        "scenario": job.scenario,
        "indicators": _kept(pl.read_parquet(file, glob=False), tables, last.indicators if last else None),
        "paths": None if paths is None else _kept(paths, tables, last.paths if last else None),
        "parameters": printed(job.resolved),
        **rests_on,
    }
    same = last and (last.indicators, last.paths) == (content["indicators"], content["paths"])
    number = (int(known[-1].stem) if known else 0) + (0 if same else 1)
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    target = line / f"{number:04}.json"
    if not (target.is_file() and target.read_text("utf-8") == text):
        with placed(target) as beside:
            beside.write_text(text, "utf-8")
    _drop(line, _entries(line)[:-KEPT])


def _kept(table: pl.DataFrame, folder: Path, last: str | None) -> str:
    """The hash of `table`, which is put into the folder; that of the last one where both say the same, for another version
    of polars may write the same table as other bytes."""
    before = folder / f"{last}.parquet"
    if last and _is_whole(before) and pl.read_parquet(before, glob=False).equals(table):
        return last
    content = io.BytesIO()
    table.write_parquet(content)
    hash = _short(content.getvalue())
    if not _is_whole(target := folder / f"{hash}.parquet"):
        with placed(target) as beside:
            beside.write_bytes(content.getvalue())
    return hash


def _drop(line: Path, old: Sequence[Path]) -> None:
    """Remove entries, and the tables that only they had."""

    def files(entries: Iterable[Path]) -> set[Path]:
        return {file for path in entries if (entry := _read(path)) for file in entry.files}

    tables = files(old)
    for path in old:
        path.unlink(missing_ok=True)
    for table in tables - files(line.parent.glob("*/*.json")) if tables else ():
        table.unlink(missing_ok=True)


# --- looking back --------------------------------------------------------------------------------------------


def editions(layout: Layout) -> list[str]:
    """The names of the editions that have a history."""
    return sorted({path.parent.parent.parent.name for path in layout.processed.glob(f"*/{FOLDER}/*/*.json")})


def lines(layout: Layout, edition: str) -> list[tuple[str, str]]:
    """Region code and scenario of every line of an edition."""
    found = (layout.processed / edition / FOLDER).glob("*/*.json")
    return [(line[:6], line[7:]) for line in sorted({path.parent.name for path in found})]


def entry(layout: Layout, edition: str, region: Region, scenario: str, back: int = 0) -> Entry | None:
    """The newest entry of a line, or the one `back` before it; a region that no report was made of is taken as the
    report of the nation has it."""
    for where in dict.fromkeys((region, NATION)):
        if known := _entries(_line(layout, edition, where, scenario)):
            return _read(known[-1 - back]) if back < len(known) else None
    return None


def of_last_year(layout: Layout, job: Job) -> Entry | None:
    """What the edition of the year before says of the report's line: the last one that was published on these filings.

    Not an earlier state of the same edition: then the same inputs would give another report when it is built again.
    """
    found = entry(layout, job.place(job.year - 1), job.region, job.scenario)
    try:
        return found if found and found.table().height else None
    except DataError as error:
        if error.id == "history.damaged":
            raise
        return None  # of another version of this product: nothing that can be compared


def load(path: Path) -> Entry:
    """The entry in a file. Raises DataError where it cannot be read."""
    if (found := _read(path)) is None:
        raise DataError("history.unreadable", f"{path.name} 读不出来；请删除 data/processed 后重新生成各版报告。")
    return found


def _line(layout: Layout, edition: str, region: Region, scenario: str) -> Path:
    return layout.processed / edition / FOLDER / f"{region.code}-{scenario}"


def _entries(line: Path) -> list[Path]:
    return sorted(line.glob("[0-9]*.json"))


def _read(path: Path) -> Entry | None:
    """None for what this version did not write."""
    try:
        content = json.loads(path.read_text("utf-8"))
        return Entry(path=path, **content)
    except (OSError, ValueError, TypeError):
        return None


def _is_whole(table: Path) -> bool:
    """Whether a table is there as it was kept: under the hash of its content."""
    return table.is_file() and _short(table.read_bytes()) == table.stem


def _check(table: Path) -> None:
    if not _is_whole(table):
        raise DataError(
            "history.damaged",
            f"{table} {'已损坏' if table.is_file() else '不见了'}：它是历次结果中的一张表；"
            "请从备份恢复，或删去它旁边的 history 文件夹（不再与那一版比较）后重新生成",
        )


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
