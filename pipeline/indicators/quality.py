"""How complete is what was filed? Cells that should be there, and rows that were rejected, as tables to evaluate."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.filings.contracts import BY_NAME, OPTIONAL, TABLES
from pipeline.indicators.panel import CELL, expected

TABLE_NAMES = {table.name: table.zh for table in TABLES}
TABLE = pl.Enum(list(TABLE_NAMES))
COLUMNS: dict[str, dict[str, pl.DataType]] = {
    "cells": {
        "year": pl.Int64(), "province_code": pl.String(), "entity_id": pl.String(),
        "entity_kind": BY_NAME["entities"].dtypes["kind"], "group_id": pl.String(), "table": TABLE, "accepted": pl.Boolean(),
    },
    "counts": {"year": pl.Int64(), "table": TABLE, "read": pl.Float64(), "rejected": pl.Float64()},
}  # fmt: skip


def cells(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """A row per table, year, province and entity from which rows are expected (`panel.expected`), and whether any was
    accepted. The first year of an edition is no norm for the later ones, nor are they for it where an entity is new. Of optional
    tables none are: who filed one once owes none.

    frames: tables with entity_kind and group_id; those by year, entity and province take part.
    """
    parts = [pl.DataFrame(schema=_CELLS)]
    due_tables = TABLE_NAMES.keys() - OPTIONAL
    filed = {name: frame for name, frame in frames.items() if name in due_tables and set(CELL) <= set(frame.columns)}
    years = [year for frame in filed.values() for year in frame["year"].unique()]
    for name, frame in filed.items():
        who = frame.select("entity_id", "entity_kind", "group_id").unique("entity_id", keep="any")
        due = (
            expected(frame, range(min(years), max(years) + 1)) if years else frame.select(CELL).with_columns(filed=True)
        )
        named = due.join(who, on="entity_id", how="left").with_columns(
            pl.lit(name).cast(TABLE).alias("table"), accepted="filed", _rows=pl.lit(1, pl.Int64), _months=pl.lit(None, pl.Int64)
        )  # fmt: skip
        parts.append(named.select(pl.col(one).cast(dtype) for one, dtype in _CELLS.items()))
    return pl.concat(parts).sort("table", *CELL)


_CELLS: dict[str, pl.DataType] = COLUMNS["cells"] | {"_rows": pl.Int64(), "_months": pl.Int64()}


def rejections(counts: pl.DataFrame | None, report_year: int) -> pl.DataFrame:
    """read and rejected of each table, without rows that a later filing took the place of: those are not wrong.

    counts: `Intake.counts`, or None where they are not known.
    """
    schema = COLUMNS["counts"] | {"_rows": pl.Int64(), "_months": pl.Int64()}
    if counts is None:
        return pl.DataFrame(schema=schema)
    return counts.filter(pl.col("read") > 0).select(
        year=pl.lit(report_year, pl.Int64),
        table=pl.col("table").cast(TABLE),
        read=(pl.col("read") - pl.col("superseded")).cast(pl.Float64),
        rejected=(pl.col("rejected") - pl.col("superseded")).cast(pl.Float64),
        _rows=pl.col("read").cast(pl.Int64),
        _months=pl.lit(None, pl.Int64),
    )
