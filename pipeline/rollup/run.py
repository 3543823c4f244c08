"""The roll-up from beginning to end: readings are reduced, added up, and written as tables that the intake takes.

Everything that is kept lies in the folder of state, `.rollup/<year>` in the folder of filings, which the intake does not
read: parts, the rejected readings, a manifest of it all, and how far green power matches use.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.errors import DataError, OutputError, shown
from pipeline.filings.contracts import BY_NAME
from pipeline.guarded import as_text
from pipeline.keeping import file_digest
from pipeline.layout import Layout
from pipeline.output import locked, placed
from pipeline.rollup import matching, objects, sources, tables
from pipeline.rollup.partition import Wanted
from pipeline.rollup.readings import RULES, SENTENCES, SUMS
from pipeline.rollup.reduced import Reduced, Say, reduced, usual_year

STATE, MANIFEST, WRITTEN = ".rollup", "manifest.json", "written.json"
REJECTED, GREEN_REJECTED, MATCHED = "退回读数", "退回绿电读数", "绿电匹配"


@dataclass(frozen=True)
class Request:
    """given: a folder, a file or an s3:// address. folder: of filings, where tables go. year: None for the year of most
    readings. generation: of stations, where readings do not tell. centres: the register of data centres. green: readings
    of green power. profile: how use that is told by the month is spread over its hours."""

    given: str
    folder: Path
    year: int | None = None
    generation: str | None = None
    centres: Path | None = None
    format: str = "csv"
    scheduler: str | None = None
    green: str | None = None
    profile: str = "flat"


@dataclass(frozen=True)
class Summary:
    """What was done. rejected: rule -> readings. reused: of so many parts. matched: see `matching.shares`. remarks:
    sentences."""

    year: int
    read: int
    accepted: int
    rejected: dict[str, int]
    parts: int
    reused: int
    written: list[Path] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    matched: pl.DataFrame | None = None


def roll_up(request: Request, layout: Layout, say: Say) -> Summary:
    """Raises UserError."""
    for given in filter(None, (request.given, request.green)):
        _check_place(given, request.folder)
    register = tables.read_register(request.centres) if request.centres else None
    with locked(request.folder / STATE, what="汇总读数", waiting=say):
        memory = request.folder / STATE / "hashes.json"
        found = {given: sources.find(given, memory) for given in filter(None, (request.given, request.green))}
        year = request.year or usual_year(found[request.given])
        state = request.folder / STATE / str(year)
        wanted = Wanted(year, hourly=request.green is not None)
        use = reduced(found[request.given], wanted, state, request.scheduler, say)
        green = None
        if request.green is not None:
            if not found[request.green][0].stamped:
                raise DataError("rollup.green", f"{shown(request.green)} 的绿电读数只有月份；应逐时，有 timestamp 列。")
            green = reduced(found[request.green], Wanted(year, True, True), state / "green", request.scheduler, say)
        for given, before in found.items():
            if sources.find(given, memory) != before:
                raise DataError(
                    "rollup.changed", f"{shown(given)} 里的文件在汇总期间变了；请在不再写入后重新运行，已完成的会沿用。"
                )
        return _written(request, use, green, register, state, layout)


def _check_place(given: str, folder: Path) -> None:
    if not objects.is_remote(given) and Path(given).is_dir() and folder.resolve().is_relative_to(Path(given).resolve()):
        raise DataError("rollup.inside", f"{shown(folder)} 在读数的文件夹里面；请写到另一个文件夹。")


def _written(
    request: Request, use: Reduced, green: Reduced | None, register: pl.DataFrame | None, state: Path, layout: Layout
) -> Summary:
    energy, rejected = use.sums("energy"), use.rejected
    told = {
        "energy": tables.energy(energy, layout),
        "data_centres": tables.data_centres(use.sums("centres"), register, use.year, layout),
        "base_stations": tables.base_stations(
            energy, use.sums("stations") if use.stamped else None, request.generation, layout
        ),
    }
    remarks = [sentence for one in told.values() for sentence in one.remarks]
    if use.rounded:
        remarks.append(f"{use.rounded:,} 个读数不是整瓦时或整 MB，每个各自四舍五入到整数后再相加。")
    files = _place({name: one.rows for name, one in told.items()}, request, use.year, state / WRITTEN)
    beside: dict[str, pl.LazyFrame | None] = {REJECTED: _explained(use), GREEN_REJECTED: None, MATCHED: None}
    matched = None
    if green is not None:
        if rules := green.rejected:
            remarks.append(f"绿电读数退回 {rules.total():,} 个，没有计入匹配；原因见 {GREEN_REJECTED}。")
        beside[GREEN_REJECTED] = _explained(green)
        matched = matching.shares(use, green, request.profile, layout)
        beside[MATCHED] = matched.lazy()
    added = energy.select(pl.col(SUMS).sum()).collect().row(0, named=True)
    accepted = use.read - rejected.total()
    manifest = {
        "year": use.year,
        "read": use.read,
        "accepted": accepted,
        "rejected": _in_order(rejected),
        "sums": {name: int(value or 0) for name, value in added.items()},
        "parts": {path.name: [one["name"] for one in told["files"]] for _, path, told in use.outcomes},
        "tables": {path.name: file_digest(path) for path in files},
    }
    for name, rows in beside.items():
        for format in ("csv", "parquet"):
            path = state / f"{name}.{format}"
            if rows is None or format != request.format:
                path.unlink(missing_ok=True)
                continue
            with placed(path) as part:
                _sink(rows, part, format)
            files.append(path)
    with placed(state / MANIFEST) as part:
        part.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
    counts = (use.year, use.read, accepted, _in_order(rejected), len(use.outcomes), use.reused)
    return Summary(*counts, files, remarks, matched)


def _in_order(rejected: Counter[str]) -> dict[str, int]:
    return {rule: rejected[rule] for rule in RULES if rejected[rule]}


def _place(told: dict[str, pl.DataFrame], request: Request, year: int, memory: Path) -> list[Path]:
    """Put tables in their places. What stands there and was not written by a roll-up is left alone. Raises OutputError."""
    known, files = _known(memory), list[Path]()
    for name, rows in told.items():
        for format in ("csv", "parquet"):
            path = request.folder / f"{BY_NAME[name].zh}-读数汇总-{year}.{format}"
            if path.exists() and file_digest(path) not in known:
                raise OutputError("output.exists", f"已有 {path}，不是汇总写出的，或后来改过；请先移走它。")
            if not rows.height or format != request.format:
                path.unlink(missing_ok=True)
                continue
            with placed(path) as beside:
                _sink(rows.lazy(), beside, format)
                known.append(file_digest(beside))
                with placed(memory) as remembered:  # before it is in its place, for a run may be killed in between
                    remembered.write_text(json.dumps(known[-99:]), "utf-8")
            files.append(path)
    return files


def _known(memory: Path) -> list[str]:
    try:
        return list(json.loads(memory.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return []


def _explained(of: Reduced) -> pl.LazyFrame | None:
    """Every rejected reading with its file, its row and why; amounts in Wh and MB."""
    rows = of.rows_rejected()
    if rows is None:
        return None
    month = pl.format("{}-{}", pl.col("month") // 12, (pl.col("month") % 12 + 1).cast(pl.String).str.zfill(2))
    time = pl.from_epoch("time", "us").cast(pl.String) if of.stamped else month
    reason = pl.col("rule").replace_strict(SENTENCES, return_dtype=pl.String)
    return rows.with_columns(time.alias("time"), reason.alias("reason")).drop("month")


def _sink(rows: pl.LazyFrame, path: Path, format: str) -> None:
    if format == "parquet":
        rows.sink_parquet(path)
    else:
        rows.with_columns(as_text(pl.col(pl.String))).sink_csv(path, include_bom=True)
