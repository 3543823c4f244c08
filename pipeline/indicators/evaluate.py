"""How large is each indicator? Declarations and accepted tables become one tidy table: by region, year, and one thing more.

`cells` sums the rows of each table once, `levels` decides which cells may be compared, `sums` makes values of them.
Ratios are ratios of sums throughout, and the nation is the sum of rows, never a mean of provinces.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.errors import DataError
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.reference import Plan
from pipeline.given.regions import NATION_CODE
from pipeline.indicators import exact, flags, inputs
from pipeline.indicators.cells import AMOUNTS, CELLS, Edition, cells
from pipeline.indicators.levels import BESIDE, Level, Whole, level, whole
from pipeline.indicators.model import Catalogue, Indicator, load_catalogue, offered_by
from pipeline.indicators.sums import roll_up, valued
from pipeline.layout import Layout
from pipeline.output import placed

TABLE: dict[str, pl.DataType] = {
    "indicator_id": pl.String(),
    "year": pl.Int64(),
    "region_code": pl.String(),
    "entity_id": pl.String(),
    "dimension": pl.String(),
    "member": pl.String(),
    "value": pl.Float64(),
    "numerator": pl.Float64(),
    "denominator": pl.Float64(),
    "unit": pl.String(),
    "n_rows": pl.Int64(),
    "n_entities": pl.Int64(),
    "n_groups": pl.Int64(),
    "largest_share": pl.Float64(),
    "others_to_largest": pl.Float64(),
    "coverage": pl.Float64(),
    "months": pl.Int64(),
    "flag": pl.String(),
}
"""The indicator table.

region_code: 000000 the nation, six digits a province, a word an economic region (ECONOMIC). entity_id: null for all
entities together. dimension, member: null for all members together. value: numerator / denominator of ratios and shares,
the numerator of sums and counts, numerator / denominator - 1 of a change and 100 times the quotient of an index (where
they are the values of the year and of the baseline). n_rows, n_entities, n_groups: filed rows, entities and groups
behind it, the two latter of the side with fewer, null where no enterprises file it. largest_share: what the largest
group has of a side. others_to_largest: what all but the two largest groups have, as a share of the largest; below p the
p % rule is violated. coverage: what the provinces compared have of the baseline's (else the year's) denominator.
months: the fewest months of a row that was left out as partial. flag: ids of `flags.FLAGS`, parted by commas, or null.
"""

ECONOMIC = {"东部": "east", "中部": "central", "西部": "west", "东北": "northeast"}
"""Economic region -> region_code: a word, so that it can never be taken for a division code."""

ENTITY = "entity_id"
SIDES = ("numerator", "denominator")


def compute(
    tables: inputs.Tables,
    layout: Layout,
    params: Params,
    plan: Plan,
    report_year: int,
    counts: pl.DataFrame | None = None,
    catalogue: Catalogue | None = None,
    only: Sequence[str] = (),
) -> pl.DataFrame:
    """The whole indicator table (TABLE): every indicator by year and region, then by entity, then by each dimension.

    tables: accepted tables by name (canonical columns); one that is missing counts as not filed. counts:
    `Intake.counts`. only: the indicators to compute, with those that they are made of; all without any, but for those of
    optional tables that nobody filed. Every region and year has a row of every indicator, with a flag where there is no value. Raises DataError where catalogue or reference
    data are wrong, or the plan has a target on an indicator that does not exist.
    """
    known = catalogue or load_catalogue(layout, plan_id=plan.id)
    for target in plan.targets:
        if target.indicator not in known.indicators:
            raise DataError(
                "plan.indicator",
                f"计划 {plan.id} 的目标 {target.id} 引用了指标目录中没有的指标 {target.indicator}，请在目录中声明或改正编号。",
            )
    known = (known.only(only) if only else known).of_filed(name for name, frame in tables.items() if frame.height)
    prepared = inputs.prepare(tables, layout, params, plan, report_year, counts)
    edition = Edition(prepared, plan.baseline_year, report_year)
    regions, all_cells = places(layout), whole(known, edition)
    parts = [_told_by(one, known, edition, regions, all_cells) for one in (None, ENTITY, *known.dimensions)]
    return _ordered(pl.concat(parts), known)


def evaluate(
    catalogue: Catalogue, edition: Edition, by: Sequence[str], regions: pl.DataFrame | None = None
) -> pl.DataFrame:
    """TABLE of every indicator that can be told by `by`.

    by: year; and any of province_code (or region_code), and one of entity_id or a dimension. regions: `places`, what
    provinces are summed into; by default each province is a region, and without one all is the nation. Without entity
    and dimension there is a row for every region and year, else only where something was filed (of a count, and of a
    share across members or of two tables, for every member).
    """
    further = [name for name in by if name not in ("year", "province_code", "region_code")]
    if len(further) > 1 or "year" not in by:
        raise ValueError(f"by holds the year and at most one of entity_id and the dimensions, not {by}")
    if regions is None:
        codes = {NATION_CODE}.union(
            *(f["province_code"] for f in edition.tables.values() if "province_code" in f.columns)
        )
        is_told = "province_code" in by or "region_code" in by
        regions = pl.DataFrame(
            [(code, code if is_told else NATION_CODE) for code in sorted(codes)], _PLACES, orient="row"
        )
    told = _told_by(further[0] if further else None, catalogue, edition, regions, whole(catalogue, edition))
    return _ordered(told, catalogue)


def contributions(catalogue: Catalogue, edition: Edition) -> pl.DataFrame:
    """CONTRIBUTIONS: which group stands behind each cell of the table with how much, by province.

    The cells of entities are left out: each has one contributor. What no enterprise files has no rows here, nor has what
    is nothing (a group with 0 hides nobody).
    """
    codes = {NATION_CODE}.union(*(f["province_code"] for f in edition.tables.values() if "province_code" in f.columns))
    each = pl.DataFrame([(code, code) for code in sorted(codes)], _PLACES, orient="row")
    all_cells, parts = whole(catalogue, edition), [pl.DataFrame(schema=CONTRIBUTIONS)]
    for one in (None, *catalogue.dimensions):
        chosen, levels = _levels(one, catalogue, edition, each, all_cells)
        for indicator, of in zip(chosen, levels, strict=True):
            for prefix, frame in (("", of.cells), ("base_", of.base)):
                if frame is not None:
                    parts.append(_by_group(frame, prefix, indicator.id, one))
    found = pl.concat(parts).drop_nulls("group_id").filter(pl.col("amount") != 0)
    return found.sort("indicator_id", "dimension", "member", "side", "year", "province_code", "group_id")


CONTRIBUTIONS: dict[str, pl.DataType] = {
    "indicator_id": pl.String(), "dimension": pl.String(), "member": pl.String(), "side": pl.String(), "year": pl.Int64(),
    "province_code": pl.String(), "group_id": pl.String(), "amount": pl.Float64(),
}  # fmt: skip
"""side: numerator, denominator; of a change also base_numerator and base_denominator, those of the baseline year under the
year that is compared with it. amount: in the unit of the side; of a volume at constant prices as filed last."""


def _by_group(frame: pl.DataFrame, prefix: str, id: str, dimension: str | None) -> pl.DataFrame:
    sums = [exact.total(short).alias(f"{prefix}{side}") for short, side in zip(AMOUNTS, SIDES, strict=True)]
    wide = frame.group_by("member", "year", "province_code", "group_id").agg(sums)
    long = wide.unpivot(
        index=["member", "year", "province_code", "group_id"], variable_name="side", value_name="amount"
    ).drop_nulls("amount")
    named = long.with_columns(indicator_id=pl.lit(id), dimension=pl.lit(dimension, pl.String))
    return named.select(pl.col(name).cast(dtype) for name, dtype in CONTRIBUTIONS.items())


_PLACES = {"province_code": pl.String(), "region_code": pl.String()}


def places(layout: Layout) -> pl.DataFrame:
    """province_code, region_code: each of the 31 provinces to itself, its economic region and the nation; and 000000 to
    itself, for what is filed of the nation only."""
    table = reference.provinces(layout).filter("in_31").select(province_code="code", economic="economic_region")
    economic = pl.col("economic").replace_strict(ECONOMIC, default=None)
    each = [pl.col("province_code"), economic, pl.lit(NATION_CODE)]
    nation = pl.DataFrame([(NATION_CODE, NATION_CODE)], _PLACES, orient="row")
    return pl.concat([*(table.select("province_code", region_code=code).drop_nulls() for code in each), nation])


def write(table: pl.DataFrame, path: Path) -> None:
    """The indicator table as one Parquet file (`data/processed/<edition>/indicators.parquet`), whole or not at all. Raises OutputError."""
    with placed(path) as beside:
        table.select(list(TABLE)).write_parquet(beside)


def read(path: Path) -> pl.DataFrame:
    """What `write` wrote. Raises DataError where there is none, or it is another table."""
    if not path.is_file():
        raise DataError("indicators.missing", f"找不到指标表 {path.name}，请先由填报数据计算指标。")
    table = pl.read_parquet(path, glob=False)
    if table.schema != pl.Schema(TABLE):
        raise DataError(
            "indicators.columns", f"指标表 {path.name} 的列与本版本不符，请删除 data/processed 后重新计算。"
        )
    return table


def _ordered(table: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """As declared; regions before entities and members."""
    place = {id: place for place, id in enumerate(catalogue.indicators)}
    rank = pl.col("indicator_id").replace_strict(place, return_dtype=pl.Int64)
    return table.sort(rank, "dimension", "member", ENTITY, "region_code", "year", nulls_last=False)


# --- one evaluation ----------------------------------------------------------------------------------------


def _told_by(
    one: str | None, catalogue: Catalogue, edition: Edition, regions: pl.DataFrame, known: Whole
) -> pl.DataFrame:
    """TABLE of every indicator that can be told by `one`: entity_id, a dimension, or (None) neither."""
    dimension = None if one == ENTITY else one
    chosen, levels = _levels(one, catalogue, edition, regions, known)
    rows = valued(_rows(chosen, catalogue, levels, regions, edition, one))
    if one is not None:  # where nothing fits, only a whole region is worth a row
        counted = (pl.col("kind") == "count") & (pl.col("seen") > 0)
        rows = rows.filter((pl.col("matching") > 0) | counted | (pl.col("why") != 0))
    # In one chunk: polars 2.1 panics where it joins texts of a frame with empty chunks.
    rows = rows.rechunk().with_columns(dimension=pl.lit(dimension, pl.String), flag=flags.text())
    return rows.select(pl.col(name).cast(dtype) for name, dtype in TABLE.items())


def _levels(
    one: str | None, catalogue: Catalogue, edition: Edition, regions: pl.DataFrame, known: Whole
) -> tuple[list[Indicator], list[Level]]:
    """The indicators that can be told by `one`, and the level of each."""
    by_entity, dimension = one == ENTITY, None if one == ENTITY else one
    chosen = [indicator for indicator in catalogue if _can_be_told(indicator, catalogue, one)]
    offering = [indicator for indicator in catalogue.of_tables() if dimension in offered_by(indicator)]
    parted = cells(offering, edition, dimension) if dimension else None
    levels = [
        level(indicator, catalogue, edition, known, regions, by_entity, dimension, parted) for indicator in chosen
    ]
    return chosen, levels


def _can_be_told(indicator: Indicator, catalogue: Catalogue, one: str | None) -> bool:
    if one is None:
        return indicator.across is None
    if one == ENTITY:
        return indicator.across is None and catalogue.has_entities(indicator.id)
    return one in offered_by(indicator)


def _rows(
    chosen: Sequence[Indicator],
    catalogue: Catalogue,
    levels: Sequence[Level],
    regions: pl.DataFrame,
    edition: Edition,
    one: str | None,
) -> pl.DataFrame:
    """The sums of all indicators with what stands beside them, as `sums.valued` wants it."""

    def of_all(name: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
        frames: dict[str, pl.DataFrame | None] = {i.id: getattr(of, name) for i, of in zip(chosen, levels, strict=True)}
        named = [
            f.lazy().with_columns(indicator_id=pl.lit(id, schema["indicator_id"])).select(list(schema))
            for id, f in frames.items()
            if f is not None
        ]
        return pl.concat([pl.LazyFrame(schema=schema), *named]).collect()

    by_entity = one == ENTITY
    now, base = (roll_up(of_all(name, CELLS), regions, by_entity) for name in ("cells", "base"))
    beside = of_all("beside", {"indicator_id": pl.String()} | BESIDE)
    spot = ["indicator_id", "region_code", ENTITY, "year"]
    how: Literal["left", "full"] = "left" if one and not by_entity else "full"
    rows = now.join(beside, on=spot, how=how, coalesce=True, nulls_equal=True, suffix="_beside")
    if one is None:
        rows = _grid(chosen, catalogue, regions, edition).join(rows, on=spot, how="left", nulls_equal=True)
    rows = rows.join(base, on=[*spot, "member"], how="left", nulls_equal=True, suffix="_base")
    rows = rows.join(_declared(chosen, catalogue), on="indicator_id")
    return rows.filter(pl.col("has_provinces") | (pl.col("region_code") == NATION_CODE))


def _declared(chosen: Sequence[Indicator], catalogue: Catalogue) -> pl.DataFrame:
    """What `sums.valued` needs of a declaration."""
    lines = []
    for one in chosen:
        quotient = catalogue[one.change_of].is_quotient if one.change_of else one.is_quotient
        lines.append(
            (one.id, one.unit, one.kind, quotient, *(one.valid_range or (None, None)), catalogue.has_provinces(one.id))
        )
    schema = {
        "indicator_id": pl.String(), "unit": pl.String(), "kind": pl.String(), "quotient": pl.Boolean(),
        "low": pl.Float64(), "high": pl.Float64(), "has_provinces": pl.Boolean(),
    }  # fmt: skip
    return pl.DataFrame(lines, schema=schema, orient="row")


def _grid(chosen: Sequence[Indicator], catalogue: Catalogue, regions: pl.DataFrame, edition: Edition) -> pl.DataFrame:
    """Every indicator, region and year of which there is a row, whatever was filed."""
    codes = regions["region_code"].unique().sort().to_list()
    lines = []
    for one in chosen:
        years = [edition.report_year] if _is_undated(one, catalogue) else list(edition.years)
        first = edition.baseline_year if one.change_of else min(years)
        where = codes if catalogue.has_provinces(one.id) else [NATION_CODE]
        lines += [(one.id, code, None, year) for code in where for year in years if year >= first]
    schema = dict.fromkeys(("indicator_id", "region_code", ENTITY), pl.String()) | {"year": pl.Int64()}
    return pl.DataFrame(lines, schema=schema, orient="row")


def _is_undated(indicator: Indicator, catalogue: Catalogue) -> bool:
    """Whether it is known of the report's year only: its table has no year of its own."""
    if indicator.table:
        return indicator.table in inputs.UNDATED
    return any(_is_undated(catalogue[part], catalogue) for part in indicator.needed)
