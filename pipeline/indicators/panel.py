"""Who should have filed? Which provinces of which years may be compared with one another?

A ratio of two tables, and a change between two years, say something only where the same enterprises stand above and
below the line. These functions decide where that is so; nothing is summed here.
"""

from __future__ import annotations

import polars as pl

CELL = ["year", "province_code", "entity_id"]


def expected(filed: pl.DataFrame, years: range) -> pl.DataFrame:
    """CELL and `filed` (Boolean): the cells of one table that should be there, going by what the entities filed.

    filed: CELL of what was filed. An entity that has filed for a province is expected there in every later year: who
    has left must say so with zeros, since nobody can tell leaving from forgetting. It is also expected in the years
    before its first row there, if it filed for other provinces in that year; if it did not, it is new.
    """
    cells = filed.select(CELL).unique()
    pairs = cells.group_by("province_code", "entity_id").agg(_first=pl.col("year").min(), _last=pl.col("year").max())
    active = cells.select("year", "entity_id", _active=True).unique()
    every = pl.DataFrame({"year": list(years)}, schema={"year": pl.Int64}).join(pairs, how="cross")
    every = every.join(active, on=["year", "entity_id"], how="left").join(
        cells.with_columns(filed=True), on=CELL, how="left"
    )
    year = pl.col("year")
    due = (year >= pl.col("_first")) | ((pl.col("_last") > year) & pl.col("_active").fill_null(False))
    return every.filter(due).select(*CELL, pl.col("filed").fill_null(False))


def matched(parts: list[pl.DataFrame], filers: list[frozenset[str] | None], years: range) -> pl.DataFrame:
    """year, province_code: the province-years in which every entity filed whatever is expected of it.

    parts: what was filed of each part of a ratio: CELL, entity_kind, whole (Boolean: false where months are missing).
    filers: the kinds of enterprises that are expected to file a part wherever they file another one (None: all; empty:
    none, then only `expected` counts). The tower company has energy and no flow, so it is no filer of the flow; but
    where it used to file energy and no longer does, the province cannot be compared either.
    """
    missing = []
    for at, (part, kinds) in enumerate(zip(parts, filers, strict=True)):
        there = part.filter("whole").select(CELL).unique()
        due = expected(part.select(CELL), years).select(CELL)
        others = [other.select(*CELL, "entity_kind") for place, other in enumerate(parts) if place != at]
        if others and (kinds is None or kinds):
            beside = pl.concat(others)
            if kinds is not None:
                beside = beside.filter(pl.col("entity_kind").cast(pl.String).is_in(sorted(kinds)))
            due = pl.concat([due, beside.select(CELL)])
        missing.append(due.unique().join(there, on=CELL, how="anti"))
    place = ["year", "province_code"]
    complete = in_all([part.filter("whole").select(place).unique() for part in parts], place)
    return complete.join(pl.concat(missing).select(place).unique(), on=place, how="anti").sort(place)


def own_matched(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """CELL: the provinces and years in which one entity filed all parts itself, for its own ratio."""
    return in_all([part.filter("whole").select(CELL).unique() for part in parts], CELL).sort(CELL)


def in_all(parts: list[pl.DataFrame], by: list[str]) -> pl.DataFrame:
    first, *others = parts
    for other in others:
        first = first.join(other, on=by, how="semi")
    return first


def since(matches: pl.DataFrame, base: int) -> pl.DataFrame:
    """The matches of `base` and later that are matches in the base year too."""
    by = [name for name in matches.columns if name != "year"]
    in_base = matches.filter(pl.col("year") == base).select(by)
    return matches.filter(pl.col("year") >= base).join(in_base, on=by, how="semi", maintain_order="left")
