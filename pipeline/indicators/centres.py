"""What the indicator table cannot tell of data centres: how the single ones spread, and the old ones beside the new.

Classes (size, grade, full year, cluster) are those of `inputs`, so that sums of rows and the indicator table agree.
"""

from __future__ import annotations

import polars as pl

from pipeline.given.reference import Plan
from pipeline.indicators import inputs
from pipeline.language.terms import Term, term
from pipeline.wording import NOISE

BAND = 0.05
TOP = 2.0  # all above are one band
AGE = pl.Enum(["before", "within", "after"])
"""When a centre came into service: before the plan's term, within it, after it."""


def centres(filed: pl.DataFrame, standards: pl.DataFrame, plan: Plan, year: int) -> pl.DataFrame:
    """The data centres of `year`, one row each: the accepted columns with size_class, grade, full_year, pue and age.

    filed: the accepted table; standards: `reference.pue_standards`. pue: null where one of the two amounts is missing
    or nothing was used. age: when it came into service, seen from the plan's term, a member of AGE.
    """
    rows = filed.filter(pl.col("year") == year)
    rows = inputs.with_full_year(
        inputs.with_grade(inputs.with_size_class(inputs.with_cluster(rows), standards), standards)
    )
    began = pl.col("commissioned_year")
    return rows.with_columns(
        pue=pl.when(pl.col("it_kwh") > 0).then(pl.col("total_kwh") / pl.col("it_kwh")),
        age=pl.when(began < plan.term_start).then(pl.lit("before"))
        .when(began <= plan.term_end).then(pl.lit("within"))
        .otherwise(pl.lit("after")).cast(AGE),
    )  # fmt: skip


def ages(plan: Plan, year: int) -> dict[str, Term]:
    """How the members of AGE are called; `within` ends with `year`, as nothing later has been filed."""
    last = min(plan.term_end, max(year, plan.term_start))
    within = term("commissioned_within", first=plan.term_start, last=last)
    if last == plan.term_start:
        within = term("commissioned_in", year=last)
    return {
        "before": term("commissioned_before", year=plan.term_start),
        "within": within,
        "after": term("commissioned_after", year=plan.term_end),
    }


def mixed(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    """PUE of groups of centres, the quotient of sums: `by`, centres, racks, pue; those without a pue are left out."""
    return (
        rows.drop_nulls("pue")
        .group_by(by)
        .agg(
            centres=pl.len().cast(pl.Int64),
            racks=pl.col("standard_racks").sum(),
            pue=pl.col("total_kwh").sum() / pl.col("it_kwh").sum(),
        )
        .sort(by)
    )


def boundaries(rows: pl.DataFrame) -> dict[str, float | None] | None:
    """Where a boundary was filed (ISO/IEC 30134-2): how many centres have one and how many not (without), how many are in
    buildings of mixed use, the share of electricity of these, their PUE (mPUE) and that of the others; how many have estimates
    in their electricity, and their share. None where nobody filed a boundary; rows: of `centres`."""
    known = rows.drop_nulls("pue")
    told = known.drop_nulls("pue_boundary")
    if told.is_empty():
        return None
    mixed = told.filter(pl.col("pue_boundary") == "mixed_use")
    others, estimated = told.filter(pl.col("pue_boundary") == "standalone"), told.filter("pue_estimated")
    whole = told["total_kwh"].sum()

    def ratio(part: pl.DataFrame, below: object) -> float | None:
        return float(part["total_kwh"].sum()) / float(below) if below else None  # type: ignore[arg-type]

    return {
        "n": told.height,
        "without": known.height - told.height,
        "mixed": mixed.height,
        "mixed_share": ratio(mixed, whole),
        "mpue": ratio(mixed, mixed["it_kwh"].sum()),
        "others_pue": ratio(others, others["it_kwh"].sum()),
        "estimated": estimated.height,
        "estimated_share": ratio(estimated, whole),
    }


def bands(rows: pl.DataFrame) -> pl.DataFrame:
    """How the design racks spread over PUE: age, low, high, centres, racks; a band is (low, high], the last one open.

    A limit such as 1.3 belongs to the band that ends with it, as 1.3 still keeps grade 2 of GB 40879-2021.
    """
    steps = (pl.col("pue") / BAND).round(9).ceil().clip(upper_bound=round(TOP / BAND) + 1)  # round: 1.3 is no 1.3000…2
    return (
        rows.drop_nulls("pue")
        .with_columns(_band=steps)
        .group_by("age", "_band")
        .agg(centres=pl.len().cast(pl.Int64), racks=pl.col("standard_racks").sum())
        .select("age", low=((pl.col("_band") - 1) * BAND).round(2), high=(pl.col("_band") * BAND).round(2), centres="centres", racks="racks")
        .sort("age", "low")
    )  # fmt: skip


def racks_within(rows: pl.DataFrame, limit: float) -> float | None:
    """The share of design racks that stand in centres with a PUE of at most `limit`; None without any."""
    known = rows.drop_nulls("pue")
    whole = float(known["standard_racks"].sum())
    return float(known.filter(pl.col("pue") <= limit * (1 + NOISE))["standard_racks"].sum()) / whole if whole else None
