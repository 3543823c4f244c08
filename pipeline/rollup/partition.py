"""One part of the readings, reduced: sums, rejected readings, and fingerprints, in a folder of its own with a manifest.

A group (entity, province, kind, month …) is judged as a whole, a reading by its own amounts only; so one pass over the
rows gives all sums, and a second one only where something is rejected. Sums are of all groups that hold.
"""

from __future__ import annotations

import json
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import DataError, OutputError, UserError, shown
from pipeline.keeping import file_digest
from pipeline.output import why_not_written
from pipeline.rollup.readings import KINDS, ROUNDED, SUMS, VALUES, WRONG, Codes, coded, codes, readings, rule
from pipeline.rollup.sources import Part

COMMON = ("entity_id", "province_code", "facility_type", "generation", "month", "state")
KEYS = {
    "energy": COMMON,
    "centres": ("facility_id", *COMMON),
    "stations": ("facility_id", *COMMON),
    "hours": (*COMMON, "hour"),
}
ADDED = ("n", *SUMS)
MANIFEST, MARKS, REJECTED = "manifest.json", "fingerprints.npy", "rejected.parquet"
HOUR_US = 3_600_000_000
_SEED, _ODD = 20_251, 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Wanted:
    """hourly: also sums by the hour. green: the readings are of green power."""

    year: int
    hourly: bool = False
    green: bool = False


def reductions(rows: pl.LazyFrame, stamped: bool, wanted: Wanted) -> dict[str, pl.LazyFrame]:
    """Name -> sums of `rows` by its KEYS: of stations only where a station has several readings a month."""
    of = {code: [spelt for spelt, one in KINDS.items() if one == code] for code in ("data_centre", "base_station")}
    kind = pl.col("facility_type")
    from_rows = {"energy": rows, "centres": rows.filter(kind.is_in(of["data_centre"]))}
    if stamped:
        from_rows["stations"] = rows.filter(kind.is_in(of["base_station"]), pl.col("generation").is_not_null())
    if stamped and wanted.hourly:
        from_rows["hours"] = rows.with_columns(hour=pl.col("time") // HOUR_US)
    added = [
        pl.len().cast(pl.Int64).alias("n"),
        *(pl.col(name).sum() for name in SUMS),
    ]
    return {name: one.group_by(KEYS[name]).agg(added) for name, one in from_rows.items()}


def fingerprint() -> pl.Expr:
    """Equal where facility and time are; where they are not, equal once in 2^64."""
    time = pl.col("time").reinterpret(signed=False) * pl.lit(_ODD, pl.UInt64)
    return (pl.col("facility_id").hash(_SEED) + time).alias("mark")


def reduce(part: Part, key: str, wanted: Wanted, parts: Path) -> None:
    """Write the outcome of `part` as the folder `key` in `parts`. Raises UserError."""
    beside = parts / f".{uuid.uuid4().hex}.part"
    try:
        beside.mkdir(parents=True)
        told = _reduced(part, wanted, beside)
        (beside / MANIFEST).write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
        shutil.rmtree(parts / key, ignore_errors=True)
        beside.rename(parts / key)
    except UserError:
        raise
    except OSError as error:
        raise OutputError(
            "output.unwritable",
            f"不能写到 {parts}（{why_not_written(error) or '系统出错'}）；请排除后重新运行，已完成的会沿用。",
        ) from error
    except pl.exceptions.PolarsError:  # whose words may hold what a store has answered
        raise _unreadable(part) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _unreadable(part: Part) -> DataError:
    names = "、".join(shown(source.name) for source, *_ in part.pieces[:3])
    return DataError(
        "rollup.unreadable",
        f"{names} 等 {len(part.pieces)} 个文件读取中断；请检查文件是否完好、对象存储是否可达，再重新运行，已完成的会沿用。",
    )


def _reduced(part: Part, wanted: Wanted, folder: Path) -> dict[str, Any]:
    rows = pl.concat([readings(*piece) for piece in part.pieces])
    stamped = part.pieces[0][0].stamped
    queries = reductions(rows, stamped, wanted)
    if stamped:
        queries["span"] = rows.select(pl.col("time").min().alias("lo"), pl.col("time").max().alias("hi"))
    # One after the other: run together they wait for the slowest in memory.
    groups = {name: query.collect(engine="streaming") for name, query in queries.items()}
    marks = rows.select(fingerprint()).collect(engine="streaming")
    known = codes(groups["energy"]["province_code"], wanted.green)
    kept = {name: held(groups[name].lazy(), wanted.year, known) for name in KEYS if name in groups}
    for name, frame in kept.items():
        frame.write_parquet(folder / f"{name}.parquet")
    np.save(folder / MARKS, _repeated(marks.to_series(), part.alone))
    accepted, rejected = int(kept["energy"]["n"].sum()), dict[str, int]()
    if accepted < part.rows:
        rejected = _rejected(part, wanted.year, known, folder / REJECTED)
    if accepted + sum(rejected.values()) != part.rows:
        raise _unreadable(part)
    span = (
        groups["span"]
        if stamped
        else kept["energy"].select(pl.col("month").min().alias("lo"), pl.col("month").max().alias("hi"))
    )
    return {
        "files": [
            {"name": one.name, "size": one.size, "hash": one.hash, "first": first, "rows": n}
            for one, first, n in part.pieces
        ],
        "read": part.rows,
        "accepted": accepted,
        "rejected": rejected,
        "rounded": int(kept["energy"].filter(pl.col("state") & ROUNDED != 0)["n"].sum()),
        "sums": {name: int(kept["energy"][name].sum()) for name in SUMS},
        "span": list(span.row(0)),
        "outputs": {path.name: file_digest(path) for path in sorted(folder.iterdir())},
    }  # fmt: skip


def held(groups: pl.LazyFrame, year: int, known: Codes) -> pl.DataFrame:
    """The groups of which nothing is wrong, with codes for places and kinds, in the order of their keys."""
    given = groups.filter(
        pl.col("state") & WRONG == 0,
        pl.col("month") // 12 == year,
        pl.col("entity_id").is_not_null() & (pl.col("entity_id") != ""),
        pl.col("generation").is_null() | pl.col("generation").is_in(list(known["generation"])),
    )
    found = coded(given, known).filter(pl.col("province_code").is_not_null(), pl.col("facility_type").is_not_null())
    keys = [name for name in found.collect_schema() if name not in ADDED]
    return found.group_by(keys).agg(pl.col(ADDED).sum()).sort(keys).collect()


def _repeated(marks: pl.Series, alone: bool) -> Any:
    """The fingerprints in order: all, or of a part that stands alone those that it has more than once."""
    marks = marks.drop_nulls().sort()
    if alone:
        marks = marks.filter((marks == marks.shift(1)).fill_null(False) | (marks == marks.shift(-1)).fill_null(False))
    return marks.to_numpy()


def _rejected(part: Part, year: int, known: Codes, path: Path) -> dict[str, int]:
    rows = pl.concat([readings(*piece, numbered=True) for piece in part.pieces]).with_columns(rule=rule(year, known))
    rows.filter(pl.col("rule").is_not_null()).select("file", "row", *VALUES, "rule").sink_parquet(path)
    counted = pl.scan_parquet(path, glob=False).group_by("rule").len().sort("rule").collect()
    return dict(counted.iter_rows())


def stands(part_folder: Path) -> dict[str, Any] | None:
    """The manifest of an outcome; None where there is none, or not as it was written."""
    try:
        told: dict[str, Any] = json.loads((part_folder / MANIFEST).read_text("utf-8"))
        whole = all(file_digest(part_folder / name) == value for name, value in told["outputs"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return told if whole else None
