"""Which cells would tell a single enterprise's numbers? Primary suppression, from what each group contributes to a cell.

The rules are those of the Handbook on Statistical Disclosure Control (Hundepool et al., section 4.2): minimum frequency,
dominance (1,k), and p %; counts are judged by their size. A cell is a row of the indicator table with all its sides: a
ratio is sensitive when its numerator or its denominator is. Rows of single entities have one contributor and are never
published, so they are no cells here.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from pipeline.disclosure.policy import Policy
from pipeline.given.regions import NATION_CODE
from pipeline.indicators import inputs
from pipeline.indicators.evaluate import SIDES
from pipeline.indicators.expressions import parse
from pipeline.indicators.model import Catalogue, Indicator

CELL = ["indicator_id", "dimension", "member", "region_code", "year"]
"""What names a cell."""

RULES = {
    "groups": "填报的集团少于规定个数",
    "dominance": "最大的集团所占超过规定比例",
    "p_percent": "p% 规则：第二大集团可以较准确地推断最大的集团",
    "count": "个数大于零而小于规定个数",
    "secondary": "不公布，使上述数值不能由其他数值推出",
    "derived": "由不公布的数值算得，或与其同时可知",
    "earlier": "以往各版没有公布的，继续不公布",
    "restated": "以往公布后有更正，再公布会由差额推出更正的数据",
}
"""Why a cell is hidden, in the order in which the first that holds is told."""

SENSITIVE = ("groups", "dominance", "p_percent", "count")

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Measured = Literal["amount", "things", "units"]


def published(table: pl.DataFrame) -> pl.DataFrame:
    """The rows of the indicator table that could be published: no entities, and with a number."""
    return table.filter(pl.col("entity_id").is_null() & pl.any_horizontal(pl.col("value", *SIDES).is_not_null()))


def measured(catalogue: Catalogue, indicator: Indicator, side: str, policy: Policy) -> Measured:
    """Whether a side (numerator, denominator) is an amount, a number of things, or the units that enterprises have."""
    if indicator.change_of:
        return measured(catalogue, catalogue[indicator.change_of], side, policy)
    if indicator.ratio_of:
        return measured(catalogue, catalogue[indicator.ratio_of[SIDES.index(side)]], "numerator", policy)
    assert indicator.table
    text = indicator.numerator if side == "numerator" else indicator.denominator
    if text is None:
        return "things"
    columns = inputs.COLUMNS[indicator.table]
    names = set(parse(text, columns).meta.root_names())
    if names & set(policy.units):
        return "units"
    return "amount" if any(columns[name] == pl.Float64 for name in names) else "things"


def sensitive(
    cells: pl.DataFrame,
    contributions: pl.DataFrame,
    places: pl.DataFrame,
    catalogue: Catalogue,
    policy: Policy,
    targets: frozenset[str],
) -> pl.DataFrame:
    """CELL, side, rule: the sides of `cells` that a rule of the policy holds of, each with the first rule.

    cells: `published` rows. contributions, places: see `evaluate`. targets: the indicators of the plan. What is open or
    exempt is left out; so is, of the nation, the part of a group that publishes its own total: it hides nobody.
    """
    ids = [one.id for one in catalogue if not policy.is_open(one.id)]
    of_region = contributions.filter(pl.col("indicator_id").is_in(ids)).join(places, on="province_code")
    totals = pl.DataFrame(
        [(one.group, one.indicator, one.year, NATION_CODE, "numerator") for one in policy.published_totals],
        schema={"group_id": pl.String, "indicator_id": pl.String, "year": pl.Int64, "region_code": pl.String, "side": pl.String},
        orient="row",
    )  # fmt: skip
    known = of_region.filter(pl.col("dimension").is_null()).join(totals, on=totals.columns, how="semi")
    of_region = of_region.join(known, on=of_region.columns, how="anti", nulls_equal=True)
    kinds = pl.DataFrame(
        [
            (one.id, f"{prefix}{side}", measured(catalogue, one, side, policy))
            for one in catalogue
            if one.id in ids
            for side in (SIDES if one.is_quotient or one.change_of else SIDES[:1])
            for prefix in (("", "base_") if one.change_of else ("",))
        ],
        schema={"indicator_id": pl.String, "side": pl.String, "measured": pl.String},
        orient="row",
    )
    amounts = of_region.group_by(*CELL, "side", "group_id").agg(pl.col("amount").sum().abs())
    largest = pl.col("amount").top_k(2)
    sums = amounts.group_by(*CELL, "side").agg(
        groups=pl.len(), whole=pl.col("amount").sum(), first=largest.max(), two=largest.sum()
    )
    judged = sums.join(kinds, on=["indicator_id", "side"]).with_columns(rule=_rule(policy))
    wanted = cells.select(CELL).filter(~_is_exempt(policy, targets))
    found = judged.drop_nulls("rule").join(wanted, on=CELL, how="semi", nulls_equal=True)
    return found.select(*CELL, "side", "rule").sort(*CELL, "side")


def _rule(policy: Policy) -> pl.Expr:
    """The first rule that holds. What only two groups file is sensitive by min_groups, whatever their shares."""
    is_amount, whole, first = pl.col("measured") == "amount", pl.col("whole"), pl.col("first")
    few = pl.col("groups") < policy.min_groups
    return (
        pl.when((pl.col("measured") != "things") & few).then(pl.lit("groups"))
        .when(is_amount & (first > policy.dominance * whole)).then(pl.lit("dominance"))
        .when(is_amount & (whole - pl.col("two") < policy.p * first)).then(pl.lit("p_percent"))
        .when(~is_amount & (whole < policy.count_threshold)).then(pl.lit("count"))
    )  # fmt: skip


def unsafe(parts: Floats, policy: Policy) -> bool:
    """Whether an amount of which groups have these parts would be sensitive as a cell."""
    ordered = np.sort(np.abs(parts[parts != 0]))[::-1]
    if not len(ordered):
        return False
    whole, first, two = float(ordered.sum()), float(ordered[0]), float(ordered[:2].sum())
    return bool(len(ordered) < policy.min_groups or first > policy.dominance * whole or whole - two < policy.p * first)


def _is_exempt(policy: Policy, targets: frozenset[str]) -> pl.Expr:
    ids = targets if policy.exempt == "targets" else policy.exempt
    of_nation = (pl.col("region_code") == NATION_CODE) & pl.col("dimension").is_null()
    return pl.col("indicator_id").is_in(sorted(ids)) & of_nation
