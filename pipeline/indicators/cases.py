"""What do the application cases save? The account of each case after ITU-T L.1480, and which of them are summed.

The formulas and the conditions for a sum are those of the design (cases); intervals are made in `intervals`.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.filings.case_factors import CO2, basis
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.regions import NATION_CODE
from pipeline.layout import Layout

COUNTED = ("selected", "promoted")
"""The status of the cases that count; others are candidates."""
COLUMNS: dict[str, pl.DataType] = {
    "factor_published": pl.Boolean(),
    "gross_tco2": pl.Float64(),
    "net_tco2": pl.Float64(),
    "net_after_rebound_tco2": pl.Float64(),
    "summed": pl.Boolean(),
    "double_counting": pl.Boolean(),
    "left_out_because": pl.String(),
}


def accounted(cases: pl.DataFrame, layout: Layout, params: Params, report_year: int) -> pl.DataFrame:
    """Canonical cases with their account (COLUMNS), with the factors and the set of them that the parameters choose."""
    fuels = reference.fuel_factors(layout).filter(pl.col("set") == params.fuel_factor_set)
    return account(with_factors(cases, reference.grid_factors(layout), fuels), report_year)


def with_factors(cases: pl.DataFrame, grid: pl.DataFrame, fuels: pl.DataFrame) -> pl.DataFrame:
    """Cases with a factor, factor_published (whether it is not the case's own) and, then, factor_year and factor_kind.

    A case that files none has that of its carrier in its own unit: kgCO2 and tCO2 are themselves; of electricity the
    average of its province (a case of the whole nation: of the nation) in the year of its period or the nearest earlier
    one; of fuels that of the set. grid, fuels: `reference.grid_factors`, one set of `reference.fuel_factors`.
    """
    found = [_factor(row, grid, fuels) for row in cases.iter_rows(named=True)]
    published = pl.DataFrame(found, schema={"_factor": pl.Float64, "_year": pl.Int64, "_kind": pl.String}, orient="row")
    own = pl.col("factor_kgco2_per_unit").is_not_null()
    kinds = cases.schema["factor_kind"]
    return cases.hstack(published).with_columns(
        factor_kgco2_per_unit=pl.coalesce("factor_kgco2_per_unit", "_factor"),
        factor_year=pl.when(own).then("factor_year").otherwise("_year"),
        factor_kind=pl.when(own).then("factor_kind").otherwise(pl.col("_kind").cast(kinds)),
        factor_published=~own & pl.col("_factor").is_not_null(),
    ).drop("_factor", "_year", "_kind")  # fmt: skip


def _factor(
    case: dict[str, Any], grid: pl.DataFrame, fuels: pl.DataFrame
) -> tuple[float | None, int | None, str | None]:
    """kgCO2 per effect_unit, its year and kind, as published."""
    found = basis(case["carrier"], case["effect_unit"])
    if found is None:
        return None, None, None
    carrier, amount = found
    if carrier == CO2:
        return amount, None, None
    if carrier == "electricity":
        place = NATION_CODE if case["is_control"] else case["province_code"]
        known = grid.filter(
            pl.col("region_code") == place, pl.col("kind") == "average", pl.col("factor_kgco2_per_kwh").is_not_null(),
            pl.col("year") <= (case["period_year"] or 0),
        ).sort("year")  # fmt: skip
        if known.is_empty():
            return None, None, None
        return amount * known["factor_kgco2_per_kwh"][-1], known["year"][-1], "average"
    of_fuel = fuels.filter(pl.col("carrier") == carrier)["kgco2_per_unit"]
    return (amount * of_fuel[0] if len(of_fuel) else None), None, None


def account(cases: pl.DataFrame, report_year: int) -> pl.DataFrame:
    """Canonical cases (`with_factors`) with COLUMNS, in tCO2 a year.

    gross = activity x (baseline - project) x factor; net = gross x attribution - the ICT's own footprint;
    net_after_rebound also takes off the rebound, a higher-order effect. What is not filed makes a result null, never
    zero; a negative net stays. summed: selected or promoted, of the report's year, twelve months, tier 1 or 2, verified by others, enabling,
    with a net; of cases that claim the same activity of the same sector in one place only the one with the largest net.
    left_out_because: the first reason in Chinese, null if summed.
    """
    saved = pl.col("activity_amount") * (pl.col("baseline_per_unit") - pl.col("project_per_unit"))
    gross = saved * pl.col("factor_kgco2_per_unit") / 1000
    attributed = gross * pl.col("attribution_share")
    rows = cases.with_columns(
        gross_tco2=gross,
        net_tco2=attributed - pl.col("ict_footprint_tco2"),
        net_after_rebound_tco2=attributed * (1 - pl.col("rebound_share")) - pl.col("ict_footprint_tco2"),
    )
    conditions = {
        "申报中，未经遴选": pl.col("status").cast(pl.String).is_in(COUNTED),
        "核算年份不是报告年份": pl.col("period_year") == report_year,
        "核算期不足十二个月": pl.col("period_months") == 12,
        "方法层级为 3 或未填": pl.col("tier").is_in([1, 2]),
        "只有自行声明，未经核查或审计": pl.col("verification").is_in(["third_party", "audited"]),
        "属于自身运营，不是赋能": pl.col("scope") == "enabling",
        "没有说明是实际减少还是避免增长": pl.col("effect").is_not_null(),
        "缺少核算所需的数据": pl.col("net_tco2").is_not_null(),
    }
    why = [pl.when(~holds.fill_null(False)).then(pl.lit(reason)) for reason, holds in conditions.items()]
    rows = rows.with_columns(left_out_because=pl.coalesce(why))
    claim = [pl.col(name).str.replace_all(r"\s", "") for name in ("activity_unit", "sector")]
    same = ["province_code", "sub_region", *claim]
    eligible = pl.col("left_out_because").is_null() & pl.col("activity_unit").is_not_null()
    rank = pl.when(eligible).then("net_tco2").rank("ordinal", descending=True).over(same)
    rows = rows.with_columns(
        double_counting=eligible & (eligible.sum().over(same) > 1),
        left_out_because=pl.when(eligible & (rank > 1)).then(pl.lit("与另一场景疑似重复计算，只计较大的一个")).otherwise(
            pl.col("left_out_because")),
    )  # fmt: skip
    return rows.with_columns(summed=pl.col("left_out_because").is_null())
