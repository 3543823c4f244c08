"""From where do the scenarios of the public start? From published numbers alone, so that they can tell nothing else.

What a region's start lacks because it is hidden is stood in for by what everybody can reckon: parts of a published total
by the nation's parts (so that rows and columns add up to what is published), shares by the nation's. A region without a
published total has no scenario of its own; in the nation's sum it is a share of what the published provinces leave over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.disclosure.rules import Floats
from pipeline.given.regions import NATION_CODE
from pipeline.indicators import flags
from pipeline.indicators.evaluate import TABLE
from pipeline.language.terms import chinese
from pipeline.scenarios.start import FACILITIES
from pipeline.wording import join_names

PARTED = {
    "energy.total": ("facility_type", tuple(FACILITIES)), "energy.covered": ("facility_type", tuple(FACILITIES)),
    "energy.electricity": ("facility_type", tuple(FACILITIES)), "carbon.fuels": ("facility_type", tuple(FACILITIES)),
    "carbon.location": ("scope", ("scope_1", "scope_2")), "carbon.market": ("scope", ("scope_1", "scope_2")),
}  # fmt: skip
"""The amounts of a start that are read by member: indicator -> dimension, members."""
SHARES = ("room.retrofit_share", "green.share")
STEPS = 200


@dataclass(frozen=True)
class StandIns:
    """table: the public's indicator table with stand-ins in place of what is hidden in `year`. notes: region -> what stands
    in for what. closed: the regions that have no scenario. guessed: region -> the facility types that are stand-ins. hidden:
    region_code, year, name (`start.READ`) of what is withheld."""

    table: pl.DataFrame
    notes: dict[str, str]
    closed: tuple[str, ...]
    guessed: dict[str, tuple[str, ...]]
    hidden: pl.DataFrame


def stand_ins(table: pl.DataFrame, year: int, titles: dict[str, str]) -> StandIns:
    """table: `publication.public`. titles: indicator -> its Chinese title."""
    of_year = table.filter(pl.col("year") == year, pl.col("region_code").str.contains(r"^\d{6}$"))
    hidden = of_year.filter(pl.col("flag") == flags.SUPPRESSED)
    made, said, guessed = list[pl.DataFrame](), dict[str, list[str]](), dict[str, set[str]]()
    whole = hidden.filter(pl.col("dimension").is_null())
    closed = tuple(whole.filter(pl.col("indicator_id") == "energy.total")["region_code"].unique().sort())
    for id, (dimension, members) in PARTED.items():
        for region, member, value in _parted(of_year, hidden, id, dimension, members):
            made.append(_row(id, year, region, dimension if member else None, member, value))
            if dimension == "facility_type" and member:
                guessed.setdefault(region, set()).add(member)
            told = chinese("of_facilities" if dimension == "facility_type" else "of_scopes", what=titles[id])
            if told not in said.setdefault(region, []):
                said[region].append(told)
    for id in SHARES:
        national = _value(of_year, id, None, NATION_CODE)
        for region in whole.filter(pl.col("indicator_id") == id)["region_code"].unique().sort():
            if national is not None and region != NATION_CODE:
                made.append(_row(id, year, region, None, None, national))
                said.setdefault(region, []).append(titles[id])
    on = ["indicator_id", "dimension", "member", "region_code", "year"]
    more = pl.concat([pl.DataFrame(schema=TABLE), *made])
    kept = table.join(more, on=on, how="anti", nulls_equal=True)
    # The core rooms that were not retrofitted are all of them less those that were.
    done = table.filter(pl.col("indicator_id") == "room.pue.core_retrofit", pl.col("flag") == flags.SUPPRESSED)
    blind = kept.join(
        done.select(pl.lit("room.pue.core").alias("indicator_id"), *on[1:]), on=on, how="semi", nulls_equal=True
    )
    blank = [pl.lit(None, pl.Float64).alias(name) for name in ("value", "numerator", "denominator")]
    kept = pl.concat([kept.join(blind.select(on), on=on, how="anti", nulls_equal=True), blind.with_columns(blank)])
    notes = {region: chinese("stood_in", what=join_names(what)) for region, what in said.items()}
    by_region = {region: tuple(sorted(of)) for region, of in guessed.items()}
    return StandIns(pl.concat([kept, more]), notes, closed, by_region, _named(table))


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """region_code, year, name of what is hidden, in all years."""
    of_start = pl.col("dimension").is_null() | pl.col("dimension").is_in(["facility_type", "scope"])
    name = pl.concat_str("indicator_id", "member", separator="/", ignore_nulls=True)
    return table.filter(of_start, pl.col("flag") == flags.SUPPRESSED).select("region_code", "year", name=name).unique()


def _parted(
    of_year: pl.DataFrame, hidden: pl.DataFrame, id: str, dimension: str, members: tuple[str, ...]
) -> list[tuple[str, str | None, float]]:
    """region, member (None: the total), value of the hidden amounts of provinces, as published sums leave them over."""
    mine = of_year.filter(pl.col("indicator_id") == id)
    provinces = sorted(code for code in mine["region_code"].unique() if code != NATION_CODE)
    if not provinces:
        return []
    values = {(region, member): value for region, member, value in mine.filter(pl.col("dimension").is_null() | (pl.col("dimension") == dimension)).select("region_code", "member", "value").iter_rows()}  # fmt: skip
    closed = {(region, member) for region, member in hidden.filter(pl.col("indicator_id") == id, pl.col("dimension").is_null() | (pl.col("dimension") == dimension)).select("region_code", "member").iter_rows()}  # fmt: skip

    def at(region: str, member: str | None) -> float:
        value = values.get((region, member))
        return np.nan if (region, member) in closed else 0.0 if value is None else value

    cells = np.array([[at(code, member) for member in members] for code in provinces])
    rows, columns = (
        np.array([at(code, None) for code in provinces]),
        np.array([at(NATION_CODE, one) for one in members]),
    )
    total = at(NATION_CODE, None)
    if not np.isnan(cells).any() and not np.isnan(rows).any():
        return []
    filled, sums = fitted(cells, rows, columns, total)
    found: list[tuple[str, str | None, float]] = []
    for n, code in enumerate(provinces):
        found += [(code, one, float(filled[n, m])) for m, one in enumerate(members) if np.isnan(cells[n, m])]
        if np.isnan(rows[n]):
            found.append((code, None, float(sums[n])))
    return found


def fitted(cells: Floats, rows: Floats, columns: Floats, total: float) -> tuple[Floats, Floats]:
    """The cells with what is not known (nan) filled so that rows and columns add up as far as their sums are known
    (iterative proportional fitting, Deming and Stephan 1940), and the sums of the rows."""
    open_ = np.isnan(cells)
    known = np.where(open_, 0.0, cells)
    unknown_rows = np.isnan(rows)
    rest = 0.0 if np.isnan(total) else max(total - float(np.nansum(rows)), 0.0)
    aims = np.where(unknown_rows, rest / max(int(unknown_rows.sum()), 1), np.nan_to_num(rows))
    share = np.nan_to_num(columns)
    share = np.where(np.isnan(columns) | (share <= 0), share[share > 0].min() if (share > 0).any() else 1.0, share)
    free = np.where(open_, np.outer(np.maximum(aims, 1e-12), share / share.sum()), 0.0)
    for _ in range(STEPS):
        for axis, wanted, sums in ((1, aims, known.sum(axis=1)), (0, columns, known.sum(axis=0))):
            there = free.sum(axis=axis)
            left = np.maximum(np.nan_to_num(wanted) - sums, 0.0)
            factor = np.where((there > 0) & ~np.isnan(wanted), left / np.where(there > 0, there, 1.0), 1.0)
            free = free * (factor[:, None] if axis == 1 else factor[None, :])
    filled = known + free
    return filled, np.where(unknown_rows, np.where(open_.any(axis=1), filled.sum(axis=1), aims), rows)


def _value(of_year: pl.DataFrame, id: str, member: str | None, region: str) -> float | None:
    is_it = (pl.col("indicator_id") == id) & pl.col("member").eq_missing(pl.lit(member, pl.String)) & (pl.col("region_code") == region)  # fmt: skip
    found = of_year.filter(is_it)["value"]
    return found[0] if len(found) else None


def _row(id: str, year: int, region: str, dimension: str | None, member: str | None, value: float) -> pl.DataFrame:
    told = {"indicator_id": id, "year": year, "region_code": region, "dimension": dimension, "member": member, "value": value}  # fmt: skip
    return pl.DataFrame([dict.fromkeys(TABLE) | told], schema=TABLE, orient="row")
