"""How much of the industry is in the filings? What was filed, over the frame (`filings.frame`).

A value of the nation whose tables do not cover the frame is not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from pipeline.filings.contracts import BY_NAME
from pipeline.filings.frame import ANY, BY_ENTERPRISE, FRAME, JUDGED, KINDS, PROVINCES, TITLES, TOTALS, UNITS, Total
from pipeline.findings import Covered, Covers, CoversBriefly, Measure, Quantity
from pipeline.given.regions import NATION_CODE
from pipeline.indicators import exact, flags
from pipeline.indicators.inputs import Tables, whole_years, without_controls
from pipeline.indicators.model import Catalogue
from pipeline.wording import percent

COVERAGE: dict[str, pl.DataType] = {
    "table": pl.String(), "measure": pl.String(), "province_code": pl.String(), "year": pl.Int64(), "filed": pl.Float64(),
    "frame": pl.Float64(), "unit": pl.String(), "share": pl.Float64(), "judged": pl.Boolean(), "needed": pl.Float64(),
    "source_title": pl.String(),
}  # fmt: skip
"""table: `*` for all. province_code: 000000 the nation. year: as of which both were counted: the report's of provinces and
enterprises, of totals the latest year of the frame that is not after it. share: filed / frame, null where nothing of that
year was filed. needed: the share from which a value is judged."""


def coverage(frame: pl.DataFrame, tables: Tables, report_year: int, needed: float) -> pl.DataFrame:
    """COVERAGE of accepted tables by name, as far as they cover `frame` (FRAME).

    Provinces and groups count with a row of the report's year; totals are compared in the latest year of the frame.
    """
    kinds = tables["entities"].select("entity_id", "group_id", entity_kind="kind").unique("entity_id", keep="first") if "entities" in tables else None  # fmt: skip
    parts = [pl.DataFrame(schema=COVERAGE)]
    for (table, measure), rows in frame.group_by("table", "measure", maintain_order=True):
        of = str(measure)
        if of in TOTALS:
            one = TOTALS[of]
            known = _year_means(rows) if one.mean else rows
            known = known.filter(pl.col("year") <= report_year)
            known = known.filter(pl.col("year") == pl.col("year").max().over("province_code"))
            filed = _sums(one, tables, kinds)
            parts.append(_compared(known, filed, one.judged, needed))
        else:
            names = list(BY_ENTERPRISE) if table == ANY else [str(table)]
            who = _filers(names, tables, kinds, report_year)
            n = (
                who["province_code"].n_unique() if of == PROVINCES
                else who.filter(pl.col("entity_kind") == KINDS[of])["group_id"].n_unique()
            )  # fmt: skip
            newest = rows.filter(pl.col("year") == rows["year"].max()).with_columns(year=pl.lit(report_year, pl.Int64))
            count = pl.DataFrame({"province_code": [NATION_CODE], "year": [report_year], "filed": [float(n)]})
            parts.append(_compared(newest, count, True, needed))
    return pl.concat(parts)


def _year_means(rows: pl.DataFrame) -> pl.DataFrame:
    """The mean of the ends of a year and of the year before, of years that have both."""
    before = rows.select("province_code", "frame", year=pl.col("year") + 1)
    both = rows.join(before, on=["province_code", "year"], suffix="_before")
    return both.with_columns(frame=(pl.col("frame") + pl.col("frame_before")) / 2).select(list(FRAME))


def _sums(one: Total, tables: Tables, kinds: pl.DataFrame | None) -> pl.DataFrame:
    """province_code, year, filed: of every province, and of the nation."""
    table = BY_NAME[one.table]
    if one.table not in tables:
        return pl.DataFrame(schema={"province_code": pl.String, "year": pl.Int64, "filed": pl.Float64})
    frame = whole_years(without_controls(tables[one.table].select(list(table.dtypes)), table), table)
    if kinds is not None and "entity_kind" in one.rows:
        frame = frame.join(kinds.select("entity_id", "entity_kind"), on="entity_id", how="left")
    rows = frame.filter(pl.sql_expr(one.rows)).with_columns(filed=pl.sql_expr(one.amount).cast(pl.Float64))
    rows = rows.drop_nulls("filed").with_columns(pl.col("province_code").cast(pl.String))
    by = [
        rows.group_by(*where, "year").agg(exact.total("filed").alias("filed"))
        for where in (["province_code"], [])
    ]  # fmt: skip
    nation = by[1].with_columns(province_code=pl.lit(NATION_CODE))
    return pl.concat([by[0], nation.select(by[0].columns)])


def _filers(names: list[str], tables: Tables, kinds: pl.DataFrame | None, year: int) -> pl.DataFrame:
    """province_code, group_id, entity_kind: who filed any of the tables for the year."""
    parts = [pl.DataFrame(schema={"province_code": pl.String, "entity_id": pl.String})]
    for name in names:
        if name in tables:
            rows = without_controls(tables[name], BY_NAME[name]).filter(
                (pl.col("year") == year) if "year" in tables[name].columns else pl.lit(True),
                pl.col("province_code").cast(pl.String) != NATION_CODE,
            )
            parts.append(rows.select(pl.col("province_code", "entity_id").cast(pl.String)))
    who = pl.concat(parts).unique()
    if kinds is None:
        return who.with_columns(group_id="entity_id", entity_kind=pl.lit(None, pl.String))
    joined = who.join(kinds, on="entity_id", how="left")
    return joined.with_columns(
        pl.coalesce("group_id", "entity_id").alias("group_id"), pl.col("entity_kind").cast(pl.String)
    )


def _compared(rows: pl.DataFrame, filed: pl.DataFrame, judged: bool, needed: float) -> pl.DataFrame:
    both = rows.join(filed.select("province_code", "year", "filed"), on=["province_code", "year"], how="left")
    unit = pl.col("measure").replace_strict(UNITS, default="")
    return both.with_columns(
        unit=unit, share=pl.col("filed") / pl.col("frame"), judged=pl.lit(judged), needed=pl.lit(needed)
    ).select(pl.col(name).cast(dtype) for name, dtype in COVERAGE.items())


def of_nation(covered: pl.DataFrame, tables: tuple[str, ...]) -> pl.DataFrame:
    """The rows of COVERAGE that speak of values of the nation made of `tables`."""
    return covered.filter(
        pl.col("province_code") == NATION_CODE, pl.col("table").is_in([ANY, *tables]), pl.col("share").is_not_null()
    )


def short(covered: pl.DataFrame, tables: tuple[str, ...]) -> dict[str, Any] | None:
    """The row that falls furthest short of what is needed to judge values of `tables`, None where none does."""
    rows = of_nation(covered, tables).filter("judged", pl.col("share") < pl.col("needed") - 1e-9)
    return rows.sort("share").row(0, named=True) if rows.height else None


def told(row: Mapping[str, Any]) -> Covered:
    """What a row says."""
    measure, whole = row["measure"], row["measure"] in TOTALS
    printed = Measure("", row["unit"], 1, "big") if whole else Measure("", row["unit"], 0)
    return Covered(
        title=TITLES[measure],
        filed=None if row["filed"] is None else Quantity(printed, row["filed"]),
        frame=Quantity(printed, row["frame"]),
        share=row["share"],
        year=row["year"] if whole else None,
    )


def briefly(covered: pl.DataFrame, tables: tuple[str, ...]) -> CoversBriefly:
    """How much of the industry values made of `tables` stand for."""
    rows = of_nation(covered, tables).sort("share")
    there = rows.filter(measure=PROVINCES)
    totals = rows.filter(pl.col("measure").is_in(list(TOTALS)), "judged")
    return CoversBriefly(
        provinces=(int(there["filed"][0]), int(there["frame"][0])) if there.height else None,
        totals=tuple(
            (TITLES[str(measure)], tuple(dict.fromkeys(percent(share) for share in of["share"])), of["year"][0])
            for (measure,), of in totals.group_by("measure", maintain_order=True)
        ),
    )


def paragraph(covered: pl.DataFrame) -> Covers | str:
    """How much of the industry the filings cover: of each measure the table that covers least; empty where nobody knows."""
    rows = covered.filter(pl.col("province_code") == NATION_CODE, pl.col("share").is_not_null(), "judged")
    if rows.is_empty():
        return ""
    least = rows.sort("share").unique(["measure", "frame"], keep="first", maintain_order=True)
    place = pl.col("measure").replace_strict({id: n for n, id in enumerate(TITLES)}, return_dtype=pl.Int64)
    totals = {one.table for one in TOTALS.values() if one.judged}
    return Covers(
        parts=tuple(map(_of_table, least.sort(place).iter_rows(named=True))),
        without=tuple(BY_NAME[name].zh for name in JUDGED if name not in totals),
    )


def _of_table(row: Mapping[str, Any]) -> Covered:
    """`told`, with the table of which it holds, where it counts who filed that table."""
    of_all = row["table"] == ANY or row["measure"] in TOTALS
    return replace(told(row), table="" if of_all else BY_NAME[row["table"]].zh)


def flagged(table: pl.DataFrame, covered: pl.DataFrame, catalogue: Catalogue, report_year: int) -> pl.DataFrame:
    """The indicator table with the flag `frame` on the nation's values of the report's year that are not to be judged."""
    made_of = {one.id: catalogue.tables(one.id) for one in catalogue}
    ids = [id for id, tables in made_of.items() if tables and short(covered, tables)]
    here = (
        pl.col("indicator_id").is_in(ids) & (pl.col("region_code") == NATION_CODE) & (pl.col("year") == report_year)
        & pl.col("entity_id").is_null() & pl.col("value").is_not_null()
    )  # fmt: skip
    told = pl.concat_str("flag", pl.lit(flags.FRAME), separator=",", ignore_nulls=True)
    return table.with_columns(flag=pl.when(here).then(told).otherwise("flag"))


def public(covered: pl.DataFrame) -> pl.DataFrame:
    """COVERAGE as everybody may read it: of totals of the industry the nation's share alone, in whole percents, for with
    the frame it tells what was filed."""
    total = pl.col("measure").is_in(list(TOTALS))
    return covered.filter(pl.col("province_code") == NATION_CODE).with_columns(
        filed=pl.when(~total).then("filed"),
        share=pl.when(total).then((pl.col("share") * 100 + 1e-9).floor() / 100).otherwise("share"),
    )
