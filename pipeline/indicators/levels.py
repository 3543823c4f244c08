"""Which cells stand for an indicator, and which may be compared? Ratios of two tables, changes, constant prices.

What is in table form takes all its cells. A ratio of two tables takes the province-years that `panel.matched` allows; a
change takes those that are allowed in both years, and knows how much of the whole they cover.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.indicators import exact, flags, panel, prices
from pipeline.indicators.cells import AMOUNTS, CELLS, WHO, Edition, cells
from pipeline.indicators.expressions import parse
from pipeline.indicators.inputs import CODE, COLUMNS
from pipeline.indicators.model import Catalogue, Indicator, members

ENOUGH = 0.95
"""The coverage from which a status is given."""

BESIDE: dict[str, pl.DataType] = {
    "region_code": pl.String(), "entity_id": pl.String(), "year": pl.Int64(), "coverage": pl.Float64(),
    "bits": pl.Int64(), "why": pl.Int64(),
    **dict.fromkeys(("chained_num", "chained_den", "chained_num_base", "chained_den_base"), pl.Float64()),
}  # fmt: skip
"""What stands beside the sums of a region and year: the coverage, flags, the flag that says why there is no value (0 if
there may be one), and the chained volumes that take the place of a sum (null where there is none)."""


@dataclass(frozen=True)
class Whole:
    """Of every indicator in table form, all members together: its cells, and what was filed as `panel.matched` wants it
    (WHO, whole; of a volume at constant prices `prices.pieces`)."""

    cells: Mapping[str, pl.DataFrame]
    parts: Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Level:
    """The cells that are summed (CELLS); those of the base year under the years that are compared with it; BESIDE. The latter
    two are there for what is compared only."""

    cells: pl.DataFrame
    base: pl.DataFrame | None = None
    beside: pl.DataFrame | None = None


def whole(catalogue: Catalogue, edition: Edition) -> Whole:
    indicators = catalogue.of_tables()
    by_id = cells(indicators, edition).partition_by("indicator_id", as_dict=True)
    of, parts = dict[str, pl.DataFrame](), dict[str, pl.DataFrame]()
    for one in indicators:
        of[one.id] = by_id.get((one.id,), pl.DataFrame(schema=CELLS))
        if one.constant_prices:
            parts[one.id] = prices.pieces(_priced(one, edition), edition.baseline_year)
            # It weighs what was filed at the latest prices, not the sum over all price bases.
            latest = parts[one.id].select(*panel.CELL, num="amount")
            of[one.id] = of[one.id].drop("num").join(latest, on=panel.CELL, how="left").select(list(CELLS))
        else:
            is_whole = (pl.col("n_num") > 0) & pl.col("months").is_null()
            parts[one.id] = of[one.id].filter(pl.col("matching") > 0).select(*WHO, whole=is_whole)
    return Whole(of, parts)


def _priced(side: Indicator, edition: Edition) -> pl.DataFrame:
    """The rows of a volume: WHO, price_base, value, n_rows."""
    assert side.table
    assert side.numerator
    columns = COLUMNS[side.table]
    frame = edition.tables[side.table]
    if side.where:
        frame = frame.filter(parse(side.where, columns, boolean=True))
    if side.kinds:
        frame = frame.filter(pl.col("entity_kind").is_in(side.kinds))
    who = [pl.col(name).cast(CELLS[name]) for name in WHO]
    return frame.select(*who, price_base=side.constant_prices, value=parse(side.numerator, columns), n_rows="_rows")


def level(
    indicator: Indicator,
    catalogue: Catalogue,
    edition: Edition,
    known: Whole,
    regions: pl.DataFrame,
    by_entity: bool = False,
    dimension: str | None = None,
    parted: pl.DataFrame | None = None,
) -> Level:
    """The cells of `indicator`, and what stands beside them in `regions` (province_code, region_code); of entities by
    themselves, or by member of `dimension`, of which `parted` are the cells."""
    target = catalogue[indicator.change_of] if indicator.change_of else indicator
    sides = target.ratio_of or (target.id,)
    parts = [known.parts[side] for side in sides]
    total = _sides(target, [known.cells[side] for side in sides])
    told = total
    if dimension and parted is not None:
        told = _by_member(target, dimension, parted.filter(pl.col("indicator_id") == sides[0]), total)
    compared = indicator.change_of or target.ratio_of or target.constant_prices
    if not (compared and catalogue.has_entities(target.id)):
        return Level(told)
    regions = regions.with_columns(pl.all().cast(CODE))
    if by_entity:
        allowed = panel.own_matched(parts)
        of_both = panel.in_all([part.select("entity_id").unique() for part in parts], ["entity_id"])
        total, told = (frame.join(of_both, on="entity_id", how="semi") for frame in (total, told))
    else:
        allowed = panel.matched(parts, [_filers(catalogue[side]) for side in sides], edition.years)
    where = ["region_code", "entity_id"] if by_entity else ["region_code"]
    base = None
    if indicator.change_of:
        allowed = panel.since(allowed, edition.baseline_year)
        base = _at_base(told, allowed, edition.baseline_year)
    beside = _coverage(total, allowed, regions, where, edition.baseline_year if indicator.change_of else None)
    for at, side in enumerate(sides):
        if catalogue[side].constant_prices:
            beside = _with_volume(
                beside, AMOUNTS[at], known.parts[side], allowed, regions, where, edition.baseline_year
            )
    kept = told.join(allowed, on=allowed.columns, how="semi")
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in BESIDE.items() if name not in beside.columns]
    beside = beside.with_columns(empty).select(pl.col(name).cast(dtype) for name, dtype in BESIDE.items())
    return Level(kept, base, beside)


def _filers(side: Indicator) -> frozenset[str] | None:
    if side.filers is not None:
        return frozenset(side.filers)
    return frozenset(side.kinds) if side.kinds else None


def _sides(target: Indicator, sides: list[pl.DataFrame]) -> pl.DataFrame:
    """Cells of numerator and denominator under one id: of a ratio of tables, one below the other."""
    if not target.ratio_of:
        return sides[0]
    above, below = sides
    nothing, no_rows = pl.lit(0.0), pl.lit(0, pl.Int64)
    above = above.with_columns(num=pl.col("num") * target.scale, den=nothing, n_den=no_rows)
    below = below.with_columns(num=nothing, den="num", n_num=no_rows, n_den="n_num")
    return pl.concat([above, below]).with_columns(indicator_id=pl.lit(target.id, CODE))


def _by_member(target: Indicator, dimension: str, above: pl.DataFrame, total: pl.DataFrame) -> pl.DataFrame:
    """Cells by member. Of a share across members or of two tables the denominator is that of all members together; it
    stands beside every member, and so does a count, so that a member with nothing is 0 where others were filed."""
    if not (target.across or target.ratio_of or target.kind == "count"):
        return above
    names = list(members(dimension, target.table)) or above["member"].unique().sort().to_list()
    every = pl.DataFrame({"member": names}, schema={"member": CODE})
    no_rows = pl.lit(0, pl.Int64)
    below = total.with_columns(num=pl.lit(0.0), n_num=no_rows, n_rows=no_rows).drop("member").join(every, how="cross")
    if target.ratio_of:
        below = below.filter(pl.col("n_den") > 0)
    above = above.with_columns(
        num=pl.col("num") * target.scale,
        den=pl.lit(0.0 if target.is_quotient else None, pl.Float64),
        **dict.fromkeys(("n_den", "matching", "seen"), no_rows),
    )
    return pl.concat([above, below.select(above.columns)]).with_columns(indicator_id=pl.lit(target.id, CODE))


def _at_base(of: pl.DataFrame, allowed: pl.DataFrame, base: int) -> pl.DataFrame:
    """The cells of the base year, under each year in which they may be compared."""
    on = [name for name in allowed.columns if name != "year"]
    return of.filter(pl.col("year") == base).drop("year").join(allowed, on=on).select(of.columns)


# --- coverage ----------------------------------------------------------------------------------------------


def _coverage(
    total: pl.DataFrame, allowed: pl.DataFrame, regions: pl.DataFrame, where: list[str], base: int | None
) -> pl.DataFrame:
    """where, year, coverage, bits, why: of every region and year in which anything was filed; base: of a change.

    coverage is the share that the provinces compared have in the denominator (of the baseline, for a change; in the
    numerator where there is no denominator). The flag also looks at the other sums, for what is left out may have no
    denominator; and of this year's sums only entities count that filed the province in the base year too: a large
    enterprise without a baseline must not pass for a new one.
    """
    spot = [*where, "year"]
    names = (*AMOUNTS, "n_num", "n_den")

    def sums(of: pl.DataFrame, suffix: str) -> pl.DataFrame:
        each = [exact.total(name).alias(f"{name}{suffix}") for name in names]
        return of.join(regions, on="province_code").group_by(spot).agg(*each, flags.merge().alias(f"bits{suffix}"))

    kept = total.join(allowed, on=allowed.columns, how="semi")
    found = sums(total, "").join(sums(kept, "_kept"), on=spot, how="left")
    shares = [(side, f"{side}_kept") for side in AMOUNTS]
    filed = (pl.col("n_num") > 0) & (pl.col("n_den") > 0)
    unfiled = pl.col("bits") & (flags.bit("partial") | flags.bit("no_factor"))
    no_rows = pl.when(unfiled != 0).then(unfiled).otherwise(flags.bit("not_filed"))
    reasons: list[pl.Expr] = [pl.when(~filed).then(no_rows)]
    if base is not None:
        of_base = sums(total.filter(pl.col("year") == base), "_base").drop("year")
        found = found.filter(pl.col("year") >= base).join(of_base, on=where, how="left")
        found = found.join(sums(_at_base(total, allowed, base), "_base_kept"), on=spot, how="left")
        found = found.join(sums(_of_old_filers(kept, base), "_old"), on=spot, how="left")
        shares = [
            *((f"{side}_base", f"{side}_base_kept") for side in AMOUNTS),
            *((side, f"{side}_old") for side in AMOUNTS),
        ]
        has_base = ((pl.col("n_num_base") > 0) & (pl.col("n_den_base") > 0)).fill_null(False)
        reasons.append(pl.when(~has_base).then(flags.bit("no_baseline")))
    reasons.append(pl.when(pl.col("n_num_kept").is_null()).then(flags.bit("unmatched")))
    why = pl.coalesce(*reasons, 0).cast(pl.Int64)
    each = [pl.when(pl.col(of) > 0).then(pl.col(part).fill_null(0) / pl.col(of)) for of, part in shares]
    short = (why == 0) & (pl.min_horizontal(each) < ENOUGH - 1e-12)
    return found.select(*spot, why=why, coverage=pl.coalesce(each[1], each[0]), bits=flags.mark([("coverage", short)]))


def _of_old_filers(kept: pl.DataFrame, base: int) -> pl.DataFrame:
    """Cells of which the entity filed the same side in the same province in the base year."""
    pair = ["province_code", "entity_id"]
    sides = []
    for side, other in (AMOUNTS, AMOUNTS[::-1]):
        there = kept.filter(pl.col("year") == base, pl.col(f"n_{side}") > 0).select(pair).unique()
        sides.append(kept.join(there, on=pair, how="semi").with_columns(pl.lit(0.0).alias(other)))
    return pl.concat(sides)


def _with_volume(
    beside: pl.DataFrame,
    side: str,
    part: pl.DataFrame,
    allowed: pl.DataFrame,
    regions: pl.DataFrame,
    where: list[str],
    base: int,
) -> pl.DataFrame:
    """Beside with the chained volume of the cells that count, and of the same cells in the base year."""
    spot = [*where, "year"]
    of = allowed.join(regions, on="province_code")
    volumes = prices.chain(part, of, where, base).rename({"volume": f"chained_{side}", "bits": "_bits"})
    of_base = prices.at_base(part, of, where, base).rename({"volume": f"chained_{side}_base"})
    found = beside.join(volumes, on=spot, how="left").join(of_base, on=spot, how="left")
    no_base = (pl.col("why") == 0) & pl.col(f"chained_{side}").is_null()
    return found.with_columns(
        bits=pl.col("bits") | pl.col("_bits").fill_null(0),
        why=pl.when(no_base).then(flags.bit("no_baseline")).otherwise("why").cast(pl.Int64),
    )
