"""How complete are the filings, and how much of the industry do they cover? The tables of the quality appendix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.chapters.chapter import Chapter
from pipeline.filings import answer, frame
from pipeline.filings.contracts import TABLES
from pipeline.given import regions
from pipeline.given.regions import NATION_CODE
from pipeline.indicators.quality import TABLE_NAMES
from pipeline.indicators.view import View
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Table
from pipeline.wording import MISSING, big, number

COMPLETENESS = "quality.completeness"


def coverage(covered: pl.DataFrame, id: str) -> tuple[Table, dict[str, int]]:
    """Filed beside the frame, and of how many numbers (`n`) how many fall short. covered: rows of `coverage.COVERAGE` of one
    region."""

    def data(words: Words) -> pl.DataFrame:
        rows = [
            {
                "table": words("all") if row["table"] == frame.ANY else TABLE_NAMES[row["table"]],
                "number": frame.TITLES[row["measure"]] if row["judged"] else words("for_reference", what=frame.TITLES[row["measure"]]),
                "year": row["year"],
                "filed": MISSING if row["filed"] is None else _amount(row["filed"], row["unit"]),
                "whole": _amount(row["frame"], row["unit"]),
                "percent": None if row["share"] is None else 100 * row["share"],
                "source": row["source_title"],
            }
            for row in covered.iter_rows(named=True)
        ]  # fmt: skip
        return pl.DataFrame(rows, schema_overrides={"percent": pl.Float64})

    heads = {"table": "table_filed", "number": "number_told", "year": "year", "filed": "filed_amount", "whole": "whole_industry", "percent": "coverage_percent", "source": "source_of_whole"}  # fmt: skip
    table = Table(
        id=id,
        title="",
        data=data,
        columns={name: Column(term(key)) for name, key in heads.items()},
        decimals={"percent": 1},
        widths=[8, 14, 5, 9, 9, 6, 24],
    )
    short = covered.filter("judged", pl.col("share") < pl.col("needed") - 1e-9).height
    return table, {"n": covered.height, "short": short}


def _amount(value: float, unit: str) -> str:
    return big(value, unit) if unit in ("个", "架") else f"{number(value, 0 if unit == '家' else 1)} {unit}"


def completeness(view: View, id: str, entities: pl.DataFrame | None = None) -> list[tuple[Table, dict[str, Any]]]:
    """The response rates of the report's region and year: by table, and beside it by province (of the nation) and, not for
    the public, by group and, where a group has several, by enterprise. entities: the accepted table.

    With each table what its text tells: id, by (what), short (the first names below 100 %), more (whether there are others),
    rounded (whether the shares are in steps, without the cells that would count the filers)."""
    by_table = view.rows(COMPLETENESS, dimension="table").filter(pl.col("year") == view.year).drop_nulls("value")
    if by_table.is_empty():
        return []
    parts = [("table", "table_filed", by_table.with_columns(name=pl.col("member").replace_strict(TABLE_NAMES)))]
    if view.region.is_nation:
        names = view.provinces.select("short_zh", region_code="code")
        of_provinces = view.table.filter(
            pl.col("indicator_id") == COMPLETENESS, pl.col("year") == view.year, pl.col("entity_id").is_null(),
            pl.col("dimension").is_null(), pl.col("region_code") != NATION_CODE,
        )  # fmt: skip
        joined = of_provinces.join(names, on="region_code").rename({"short_zh": "name"})
        parts.append(("province", "province", joined))
    if entities is not None and not view.without_entities:
        called = dict(entities.select("entity_id", "name_zh").iter_rows())
        of_entity = {called[id]: called.get(group, group) for id, group in entities.select("entity_id", "group_id").iter_rows()}  # fmt: skip
        each = view.by_entity(COMPLETENESS).filter(pl.col("year") == view.year)
        parts.append(("group", "group_of_filers", _by_group(each, of_entity)))
        if len(set(of_entity.values())) < len(of_entity):
            parts.append(("entity", "reporting_unit", each))
    return [_rates(f"{id}-{name}", key, rows.drop_nulls("value")) for name, key, rows in parts if rows.height]


def _by_group(each: pl.DataFrame, of_entity: Mapping[str, str]) -> pl.DataFrame:
    """The rates of groups: cells accepted of all their enterprises over cells due. of_entity: name -> that of its group."""
    named = each.with_columns(name=pl.col("name").replace(of_entity))
    summed = named.group_by("name").agg(pl.col("numerator", "denominator").sum()).sort("name")
    return summed.with_columns(value=pl.col("numerator") / pl.col("denominator"))


def _rates(id: str, key: str, rows: pl.DataFrame) -> tuple[Table, dict[str, Any]]:
    short = rows.filter(pl.col("value") < 1 - 1e-9).sort("value")["name"].to_list()
    rounded = rows["denominator"].is_null().all()  # in public, where the numbers of cells would count the filers
    counted = {} if rounded else {"due": "denominator", "done": "numerator"}
    heads = {"name": key, "due": "cells_due", "done": "cells_filed", "percent": "completeness_percent"}
    data = rows.select(
        "name",
        *(pl.col(side).cast(pl.Int64).alias(column) for column, side in counted.items()),
        (100 * pl.col("value")).alias("percent"),
    )
    table = Table(
        id=id,
        title="",
        data=data,
        columns={name: Column(term(heads[name])) for name in data.columns},
        decimals={"percent": 0 if rounded else 1},
        widths=[16, *(8 for _ in counted), 8],
    )
    return table, {"id": id, "by": term(key), "short": short[:3], "more": len(short) > 3, "rounded": bool(rounded)}


def _quarantine(chapter: Chapter) -> dict[str, pl.DataFrame]:
    return {table.name: chapter.rejected(table.name) for table in TABLES}


def _own(chapter: Chapter) -> dict[str, pl.DataFrame]:
    """The accepted rows of the report's province, by table."""
    of_province = pl.col("province_code").cast(pl.String) == chapter.region.code
    return {
        table.name: chapter.filed(table.name).filter(of_province) for table in TABLES if "province_code" in table.dtypes
    }


def rejected(chapter: Chapter) -> dict[str, pl.DataFrame]:
    """The rejected rows by table, of a province's report its own; one whose province cannot be read is nobody's."""
    found = _quarantine(chapter)
    if chapter.region.is_nation:
        return found
    known = regions.aliases(chapter.layout)
    return {
        name: rows.filter(
            pl.Series([known.get(regions.fold(text or "")) == chapter.region.code for text in rows["province_code"]], dtype=pl.Boolean)
        )
        for name, rows in found.items()
        if "province_code" in rows.columns
    }  # fmt: skip


def warned(chapter: Chapter) -> pl.DataFrame:
    """The warnings of rows that were kept, of a province's report those of its own rows."""
    found = answer.kept_with_warnings(chapter.quality("findings"), _quarantine(chapter))
    if chapter.region.is_nation:
        return found
    at = {"source_file": "file", "source_sheet": "sheet", "source_row": "row"}
    own = [rows.select(pl.col(column).alias(name) for column, name in at.items()) for rows in _own(chapter).values()]
    return found.join(
        pl.concat(own).unique(), on=list(at.values()), how="semi", nulls_equal=True, maintain_order="left"
    )


def of_province(chapter: Chapter, id: str) -> tuple[Table, dict[str, int]]:
    """The rows of the report's province by table, and how many are accepted and rejected in all."""
    turned_down, accepted = rejected(chapter), _own(chapter)
    lines = [
        (table.zh, own.height, turned_down[table.name].height, own.filter(pl.col("flags").list.len() > 0).height)
        for table in TABLES
        if (own := accepted.get(table.name)) is not None
        if own.height or turned_down[table.name].height or not table.optional
    ]
    heads = {"table": "table_filed", "accepted": "accepted", "rejected": "rejected", "warned": "warned"}
    data = pl.DataFrame(lines, list(heads), orient="row")
    columns = {name: Column(term(key)) for name, key in heads.items()}
    table = Table(id=id, title="", data=data, columns=columns, widths=[14, 8, 8, 10])
    return table, {name: int(data[name].sum()) for name in ("accepted", "rejected")}
