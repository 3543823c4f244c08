"""How far do the headlines rest on coefficients and factors that are in dispute, or not published yet?

Each variant changes one of them and leaves all else. Where energy is weighted anew, the indicators are computed again;
emissions are sums of what is filed times a factor, so that the sums of the indicator table are scaled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.reference import Plan
from pipeline.given.regions import NATION_CODE, Region, all_regions
from pipeline.indicators import evaluate, inputs
from pipeline.indicators.carbon import factors_by_year
from pipeline.indicators.cells import Edition
from pipeline.indicators.model import load_catalogue
from pipeline.language.terms import chinese
from pipeline.layout import Layout
from pipeline.scenarios.drivers import published, trend
from pipeline.scenarios.start import History
from pipeline.wording import number

WEIGHTED = ("energy.total", "energy.per_flow.change", "energy.per_volume.change")
HEADLINES = (*WEIGHTED, "carbon.location", "carbon.market")
GAS = (1.10, 1.33)  # kgce/m3, the span of the sources
HEAT = 0.11  # tCO2/GJ, the usual default; no document at hand says so, which is why heat is in no headline
TABLE: dict[str, pl.DataType] = dict.fromkeys(("variant", "indicator_id", "region_code"), pl.String()) | dict.fromkeys(
    ("value", "changed"), pl.Float64()
)
"""variant: what is changed, in Chinese. value: as the report has it, changed: under the variant; HEADLINES that a variant
does not touch are there with the same value twice."""

Values = Mapping[tuple[str, str], float]


def sensitivity(
    tables: inputs.Tables, layout: Layout, params: Params, plan: Plan, report_year: int, table: pl.DataFrame
) -> pl.DataFrame:
    """TABLE of the report's year, for the nation and every province with a value.

    tables: accepted tables; table: the indicator table that was made of them with `params`.
    """
    regions = all_regions(layout)
    history = History(table.filter(pl.col("year") == report_year))
    value = {
        (id, region.code): series[report_year]
        for id in HEADLINES
        for region in regions
        if report_year in (series := history.of(id, region.code))
    }
    rows = []
    for variant, changed in [
        *_reweighted(tables, layout, params, plan, report_year),
        *_emissions(layout, regions, history, report_year),
    ]:
        rows += [(variant, id, code, one, changed.get((id, code), one)) for (id, code), one in value.items()]
    return pl.DataFrame(rows, schema=TABLE, orient="row")


def _reweighted(
    tables: inputs.Tables, layout: Layout, params: Params, plan: Plan, year: int
) -> Iterator[tuple[str, Values]]:
    coefficient = params.electricity_coal_coefficient_kgce_per_kwh
    by_value = params.electricity_coal_method == "equivalent"
    variants: dict[str, dict[str, object]] = {
        chinese("variant_gas", value=number(one, 2)): {"natural_gas_kgce_per_m3": one}
        for one in GAS
        if one != params.natural_gas_kgce_per_m3
    }
    other = chinese("variant_primary", value=number(coefficient)) if by_value else chinese("variant_calorific")
    variants[other] = {"electricity_coal_method": "coal_equivalent" if by_value else "equivalent"}
    catalogue, places = load_catalogue(layout, plan_id=plan.id).only(WEIGHTED), evaluate.places(layout)
    for variant, change in variants.items():
        prepared = inputs.prepare(tables, layout, params.model_copy(update=change), plan, year)
        edition = Edition(prepared, plan.baseline_year, year)
        found = evaluate.evaluate(catalogue, edition, ("year", "region_code"), places)
        rows = found.filter(pl.col("year") == year).drop_nulls("value").select("indicator_id", "region_code", "value")
        yield variant, {(id, code): one for id, code, one in rows.iter_rows()}


def _emissions(layout: Layout, regions: list[Region], history: History, year: int) -> Iterator[tuple[str, Values]]:
    provinces = [region for region in regions if not region.is_nation]
    counted = [one for one in provinces if year in history.of("carbon.location", one.code)]  # with a published factor
    heat = {one.code: HEAT * history.of("energy.heat", one.code).get(year, 0.0) for one in counted}
    warmed = {
        (id, code): history.of(id, code)[year] + one
        for id in ("carbon.location", "carbon.market")
        for code, one in _with_nation(heat).items()
        if year in history.of(id, code)
    }
    yield chinese("variant_heat", value=HEAT), warmed
    factors = reference.grid_factors(layout)
    years = pl.Series([year])
    used = factors_by_year(factors, "average", "province", years)
    known = published(factors)
    more = {}
    for code, of_year in used.select("region_code", "of_year").iter_rows():
        region = next(one for one in provinces if one.code == code)
        falls = trend("d_grid", region, of_year, history, known)
        at_grid = history.of("carbon.location", code, "scope_2").get(year)
        if at_grid is not None and falls is not None and year > of_year:
            more[code] = at_grid * ((1 - falls[0][1]) ** (year - of_year) - 1)
    if more:
        last = max(used["of_year"].to_list())
        moved = _with_nation(more).items()
        later = {("carbon.location", code): history.of("carbon.location", code)[year] + one for code, one in moved}
        yield chinese("variant_grid", last=last, year=year), later
    kind = "average_excl_traded_nonfossil"
    residual = factors_by_year(factors, kind, "nation", years)
    unsure = factors.filter(pl.col("kind") == kind, pl.col("row_type") == "unverified")["year"].to_list()
    for now, of_year in residual.select("factor", "of_year").iter_rows():
        for at, other in sorted(known[kind, NATION_CODE].items()):
            if at == of_year or at > year:
                continue
            key, printed = (
                "variant_unverified" if at in unsure else "variant_residual",
                (number(other, 4), number(now, 4)),
            )
            changed = {
                ("carbon.market", one.code): whole[year] + power[year] * (other / now - 1)
                for one in regions
                if year in (whole := history.of("carbon.market", one.code))
                and year in (power := history.of("carbon.market", one.code, "scope_2"))
            }
            yield chinese(key, at=at, value=printed[0], used=of_year, now=printed[1]), changed


def _with_nation(of_provinces: Mapping[str, float]) -> dict[str, float]:
    return {**of_provinces, NATION_CODE: sum(of_provinces.values())}
