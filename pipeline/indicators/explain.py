"""Where does a printed number come from? From the value through its formula and its parts down to the filed rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.filings.contracts import BY_NAME, SOURCE
from pipeline.given.regions import Region
from pipeline.indicators import flags, inputs
from pipeline.indicators.expressions import parse
from pipeline.indicators.model import Catalogue, Indicator
from pipeline.wording import MISSING, number, percent

MADE_OF = {"carbon": ("energy", "green_power")}  # tables that are made, and what of
ROWS = {"table": pl.String(), "year": pl.Int64(), "province_code": pl.String(), "entity_id": pl.String(), **SOURCE}
REJECTED = {"table": pl.String(), "rules": pl.List(pl.String()), **SOURCE}


@dataclass(frozen=True)
class Step:
    """One indicator of the chain: depth 0 is the one asked for. row: its row of the indicator table, or None; then
    `absent` says why."""

    depth: int
    indicator: Indicator
    year: int
    row: Mapping[str, Any] | None
    absent: str = "没有填报"

    @property
    def printed(self) -> str:
        """The value as a report prints it."""
        value = self.row["value"] if self.row else None
        one = self.indicator
        if value is None:
            return MISSING
        return percent(value, one.decimals) if one.as_percent else f"{number(value, one.decimals)} {_unit(one)}".strip()

    @property
    def computed(self) -> str:
        """`8,238,100,000 ÷ 6,421,500,000 = 1.2828994`: the sums behind the value; "" where there is none."""
        if self.row is None or self.row["value"] is None:
            return ""
        top, bottom, value = self.row["numerator"], self.row["denominator"], number(self.row["value"], 7)
        if top is None:  # a report for the public may tell a value and not its parts
            return ""
        if bottom is None:
            return f"合计 {_plain(top)}"
        minus = " − 1" if self.indicator.kind == "change" else " × 100" if self.indicator.kind == "index" else ""
        return f"{_plain(top)} ÷ {_plain(bottom)}{minus} = {value}"

    @property
    def remarks(self) -> list[str]:
        return flags.sentences(self.row["flag"]) if self.row else [self.absent]


@dataclass(frozen=True)
class Explanation:
    """steps: the indicator and its parts. rows: ROWS, every accepted row behind it. rejected: REJECTED, the rows of the
    same tables that were rejected (of the province, as far as their text names it; all of them for the nation)."""

    steps: list[Step]
    rows: pl.DataFrame
    rejected: pl.DataFrame


def explain(
    id: str,
    region: Region,
    provinces: Sequence[Region],
    year: int,
    table: pl.DataFrame,
    catalogue: Catalogue,
    prepared: Mapping[str, pl.DataFrame],
    accepted: Mapping[str, pl.DataFrame],
    quarantine: Mapping[str, pl.DataFrame],
    baseline_year: int,
) -> Explanation:
    """The chain of one value. provinces: those that `region` is made of (and the nation itself for the nation). table:
    `evaluate.TABLE`; prepared: `inputs.prepare`. `id` is in the catalogue."""
    steps = list(_steps(catalogue[id], region, year, table, catalogue, baseline_year, 0))
    if not region.is_nation and not catalogue.has_provinces(id):
        step = Step(0, catalogue[id], year, None, "只作全国统计，不分到省和区域")
        return Explanation([step], pl.DataFrame(schema=ROWS), pl.DataFrame(schema=REJECTED))
    codes = None if region.is_nation else [one.code for one in provinces]
    rows, names = [pl.DataFrame(schema=ROWS)], dict[str, None]()
    for indicator, at in {(step.indicator.id, step.year): (step.indicator, step.year) for step in steps}.values():
        for name, behind in _behind(indicator, codes, at, prepared, accepted):
            rows.append(behind)
            names[name] = None
    found = pl.concat(rows).unique(maintain_order=True).sort("table", *SOURCE)
    spelt = {name for one in provinces for name in (one.short_zh, one.name_zh, one.code)}
    rejected = [pl.DataFrame(schema=REJECTED)] + [
        _rejected(name, quarantine[name], None if region.is_nation else spelt) for name in names if name in quarantine
    ]
    return Explanation(steps, found, pl.concat(rejected))


def _plain(value: float) -> str:
    """To four decimals, without zeros at the end."""
    return number(round(value, 4))


def _unit(one: Indicator) -> str:
    return "" if one.unit == "1" else one.unit


def _steps(
    one: Indicator, region: Region, year: int, table: pl.DataFrame, catalogue: Catalogue, base: int, depth: int
) -> Iterator[Step]:
    row = table.filter(
        (pl.col("indicator_id") == one.id) & (pl.col("region_code") == region.code) & (pl.col("year") == year)
        & pl.col("entity_id").is_null() & pl.col("dimension").is_null()
    )  # fmt: skip
    yield Step(depth, one, year, row.row(0, named=True) if row.height else None)
    for part in one.needed:
        for when in (year, base) if one.since and year != base else (year,):
            yield from _steps(catalogue[part], region, when, table, catalogue, base, depth + 1)


def _behind(
    one: Indicator,
    codes: Sequence[str] | None,
    year: int,
    prepared: Mapping[str, pl.DataFrame],
    accepted: Mapping[str, pl.DataFrame],
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Table and ROWS of the filed rows that enter an indicator of one table. codes: of provinces; None for all."""
    if one.table is None or (one.table not in accepted and one.table not in MADE_OF):
        return
    columns = inputs.COLUMNS[one.table]
    entering = prepared[one.table]
    if one.where:
        entering = entering.filter(parse(one.where, columns, boolean=True))
    if (
        one.table in BY_NAME and "month" not in BY_NAME[one.table].key
    ):  # of a year with few months all that was filed is told
        sides = [parse(side, columns) for side in (one.numerator, one.denominator) if side]
        entering = entering.filter(pl.all_horizontal(pl.lit(True), *(side.is_not_null() for side in sides)))
    if one.kinds:
        entering = entering.filter(pl.col("entity_kind").cast(pl.String).is_in(one.kinds))
    if one.cumulative_from:
        entering = entering.filter(pl.col(one.year) <= year)
    else:
        entering = entering.filter(pl.col(one.year) == year)
    if "province_code" in columns and codes is not None:
        entering = entering.filter(pl.col("province_code").is_in(codes))
    for name in MADE_OF.get(one.table, (one.table,)):
        rows = accepted[name]
        key = [
            part for part in BY_NAME[name].key if part in entering.columns and part in rows.columns and part != "month"
        ]
        if one.table in MADE_OF:  # electricity's emissions are of all facilities together: null there
            key = [part for part in key if not entering[part].has_nulls()]
        of_rows = [pl.col(part).cast(rows.schema[part]) for part in key]
        behind = rows.join(
            entering.select(of_rows).unique(), on=key, how="semi", maintain_order="left", nulls_equal=True
        )
        if "is_control" in rows.columns and "province_code" in BY_NAME[name].key:
            behind = behind.filter(~pl.col("is_control"))
        yield (
            name,
            behind.select(
                table=pl.lit(name),
                **{
                    part: pl.col(part) if part in rows.columns else pl.lit(None, ROWS[part])
                    for part in ("year", "province_code", "entity_id")
                },
                **{at: pl.col(at) for at in SOURCE},
            ),
        )


def _rejected(name: str, rows: pl.DataFrame, spelt: set[str] | None) -> pl.DataFrame:
    if spelt is not None and "province_code" in rows.columns:
        rows = rows.filter(pl.col("province_code").is_in(list(spelt)))
    return rows.select(pl.lit(name).alias("table"), "rules", *SOURCE)
