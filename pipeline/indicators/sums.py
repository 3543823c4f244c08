"""What is the value of a region, and what may be said of it? Cells are summed, divided, and told with their flags."""

from __future__ import annotations

import polars as pl

from pipeline.indicators import exact, flags
from pipeline.indicators.cells import AMOUNTS, COUNTS
from pipeline.indicators.inputs import CODE

SPOT = ["indicator_id", "member", "region_code", "entity_id", "year"]


def roll_up(cells: pl.DataFrame, regions: pl.DataFrame, by_entity: bool) -> pl.DataFrame:
    """Sums of cells by SPOT, and who contributes: n_entities, n_groups, largest_share, others_to_largest.

    regions: province_code, region_code. Groups first, since one group may own several of the entities. Of the two sides
    of a ratio the one with fewer contributors counts, or the one that one group dominates more: a ratio is as sensitive
    as either.
    """
    spot = [name for name in SPOT if by_entity or name != "entity_id"]
    also = [*(pl.col(name).sum() for name in COUNTS), pl.col("months").min(), flags.merge()]
    # A sum of nulls is 0 in polars; a sum or count has no denominator.
    whole = [pl.when(pl.col(side).is_not_null().any()).then(exact.fixed(side).sum()).alias(side) for side in AMOUNTS]
    sums = [total.cast(pl.Float64) for total in whole]
    filed = {side: pl.col(f"n_{side}") > 0 for side in AMOUNTS}
    known = pl.col("group_id").is_not_null()
    into = regions.lazy().with_columns(pl.all().cast(CODE))
    entities = cells.lazy().join(into, on="province_code").group_by(*SPOT, "group_id").agg(*also, *whole)
    groups = entities.group_by(*spot, "group_id").agg(
        *also, *sums, *(filed[side].sum().alias(f"entities_{side}") for side in AMOUNTS)
    )
    # What is not known is taken out beforehand: a sum of what a filter leaves of each group is much slower.
    groups = groups.with_columns(
        *(pl.when(known).then(side).alias(f"known_{side}") for side in AMOUNTS),
        *(pl.when(known).then(f"entities_{side}").alias(f"entities_{side}") for side in AMOUNTS),
        *((known & filed[side]).alias(f"groups_{side}") for side in AMOUNTS),
    )
    rolled = groups.group_by(spot).agg(
        *also,
        *sums,
        *(pl.col(f"{what}_{side}").sum() for what in ("entities", "groups") for side in AMOUNTS),
        *(pl.col(f"known_{side}").max().alias(f"largest_{side}") for side in AMOUNTS),
        *(pl.col(f"known_{side}").top_k(2).sum() for side in AMOUNTS),
    )

    def fewer(what: str) -> pl.Expr:
        """Of the two sides, if enterprises file both (cases have none)."""
        each = [pl.when(pl.col(f"groups_{side}") > 0).then(f"{what}_{side}") for side in AMOUNTS]
        return pl.min_horizontal(each).cast(pl.Int64)

    largest, two_largest = ({side: pl.col(f"{of}_{side}") for side in AMOUNTS} for of in ("largest", "known"))
    others = {side: (pl.col(side) - two_largest[side]).clip(lower_bound=0) for side in AMOUNTS}
    shares = [pl.when(pl.col(side) > 0).then(largest[side] / pl.col(side)) for side in AMOUNTS]
    against = [pl.when(largest[side] > 0).then(others[side] / largest[side]) for side in AMOUNTS]
    told = rolled.with_columns(pl.col(CODE).cast(pl.String)).select(
        *spot,
        *([] if by_entity else [pl.lit(None, pl.String).alias("entity_id")]),
        *AMOUNTS, *COUNTS, "months", "bits",
        n_entities=fewer("entities"),
        n_groups=fewer("groups"),
        largest_share=pl.max_horizontal(shares),
        others_to_largest=pl.min_horizontal(against),
    )  # fmt: skip
    return told.collect(engine="streaming")


def valued(rows: pl.DataFrame) -> pl.DataFrame:
    """value, numerator, denominator, bits and the contributors (of a change, those of both years).

    rows: `roll_up` of the year, of the base year (suffix _base), `levels.BESIDE` (its bits as bits_beside), and kind,
    quotient, low, high of the indicator.
    """
    both = [f"{name}{suffix}" for name in (*COUNTS, "bits") for suffix in ("", "_base")]
    rows = rows.with_columns(pl.col(*both, "bits_beside", "why").fill_null(0))
    kind, compared = pl.col("kind"), pl.col("why") == 0
    change = kind.is_in(["change", "index"])
    # Of a member the numerator may well be nothing, if there is a denominator.
    both_sides = (pl.col("n_den") > 0) & ((pl.col("n_num") > 0) | pl.col("member").is_not_null())
    filed = (
        pl.when(kind == "count")
        .then(pl.col("seen") > 0)
        .when("quotient")
        .then(both_sides)
        .otherwise(pl.col("n_num") > 0)
    )
    num, den = (pl.coalesce(f"chained_{side}", side) for side in AMOUNTS)

    def of_year(num: pl.Expr, den: pl.Expr, filed: pl.Expr) -> pl.Expr:
        is_told = pl.when(compared & filed)
        return is_told.then(pl.when("quotient").then(pl.when(den != 0).then(num / den)).otherwise(num))

    base_num, base_den = (pl.coalesce(f"chained_{side}_base", f"{side}_base") for side in AMOUNTS)
    rows = rows.with_columns(
        _filed=filed,
        _now=of_year(num, den, filed),
        _base=of_year(base_num, base_den, pl.col("n_num_base") > 0),
    )
    relative = pl.when(pl.col("_base") != 0).then(pl.col("_now") / pl.col("_base"))
    fewest = ("n_entities", "n_groups", "others_to_largest", "months")
    return rows.with_columns(
        value=pl.when(kind == "change").then(relative - 1).when(kind == "index").then(100 * relative).otherwise("_now"),
        numerator=pl.when(compared & filed).then(pl.when(change).then("_now").otherwise(num)),
        denominator=pl.when(compared & filed).then(pl.when(change).then("_base").when("quotient").then(den)),
        n_rows=pl.col("n_rows") + pl.col("n_rows_base"),
        largest_share=pl.max_horizontal("largest_share", "largest_share_base"),
        **{name: pl.min_horizontal(name, f"{name}_base") for name in fewest},
    ).with_columns(bits=_bits())


def _bits() -> pl.Expr:
    """All flags. Why there is no value is said once: what is partial or has no factor was filed."""
    bits = pl.col("bits") | pl.col("bits_beside") | pl.col("bits_base")
    nothing_fits = pl.col("quotient") & (pl.col("seen") > 0) & (pl.col("matching") == 0)
    reason = (
        pl.when(pl.col("value").is_not_null()).then(0)
        .when(pl.col("why") != 0).then("why")
        .when(pl.col("_filed") | nothing_fits).then(flags.bit("zero_denominator"))
        .when((bits & (flags.bit("partial") | flags.bit("no_factor"))) != 0).then(0)
        .otherwise(flags.bit("not_filed"))
    )  # fmt: skip
    outside = (pl.col("value") < pl.col("low")) | (pl.col("value") > pl.col("high"))
    return bits | reason.cast(pl.Int64) | pl.when(outside).then(flags.bit("out_of_range")).otherwise(0).cast(pl.Int64)
