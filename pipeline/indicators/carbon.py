"""What does the industry's energy use emit? Energy and green power become tonnes of CO2, location- and market-based.

Scope 1 (fuels) and scope 2 (electricity from the grid); without refrigerants, scope 3, and heat, for which there is no
sourced factor. A province without a published factor (西藏) has no emissions here at all, neither of electricity nor of
fuels, so that provinces add up to the nation.
"""

from __future__ import annotations

import polars as pl

from pipeline.filings.contracts import BY_NAME
from pipeline.indicators import exact

SCOPES = {"scope_1": "范围一（燃料燃烧）", "scope_2": "范围二（外购电力）"}
SCOPE = pl.Enum(list(SCOPES))
COLUMNS: dict[str, pl.DataType] = {
    "year": pl.Int64(),
    "province_code": pl.String(),
    "entity_id": pl.String(),
    "entity_kind": BY_NAME["entities"].dtypes["kind"],
    "group_id": pl.String(),
    "scope": SCOPE,
    "facility_type": BY_NAME["energy"].dtypes["facility_type"],
    "electricity_kwh": pl.Float64(),
    "grid_kwh": pl.Float64(),
    "claims_kwh": pl.Float64(),
    "residual_kwh": pl.Float64(),
    "location_tco2": pl.Float64(),
    "market_tco2": pl.Float64(),
    "factor_year": pl.Int64(),
    "residual_factor_year": pl.Int64(),
    "has_factor": pl.Boolean(),
    "factor_unverified": pl.Boolean(),
    "self_built_above": pl.Boolean(),
    "claims_moved": pl.Boolean(),
    "fuel_without_factor": pl.Boolean(),
}
FUELS = ("diesel", "gasoline", "natural_gas", "lpg", "raw_coal")

_WHO = ["year", "province_code", "entity_id", "entity_kind", "group_id"]
_ALL: dict[str, pl.DataType] = COLUMNS | {"_rows": pl.Int64(), "_months": pl.Int64()}


def emissions(
    energy: pl.DataFrame, green_power: pl.DataFrame, factors: pl.DataFrame, fuel_factors: pl.DataFrame, fuel_set: str
) -> pl.DataFrame:
    """COLUMNS, _rows and _months: one row per year, province, entity and scope, of fuels also per facility type.

    energy, green_power: prepared tables. factors, fuel_factors: `reference.grid_factors`, `reference.fuel_factors`;
    fuel_set: the one set of fuel factors that is used (S1, S2, S3; never mixed).
    """
    final = energy.filter(pl.col("supply") != "resold")
    electricity = with_market(with_location(_electricity(final, green_power), factors), factors)
    fuels = _fuels(final, fuel_factors.filter(pl.col("set") == fuel_set))
    known = factors_by_year(factors, "average", "province", pl.Series([0]))
    has_factor = pl.col("province_code").is_in(known["region_code"].implode())
    both = pl.concat([electricity, fuels], how="diagonal").with_columns(has_factor=has_factor)
    both = both.with_columns(pl.when("has_factor").then(pl.col("location_tco2", "market_tco2")))
    return both.select(pl.col(name).cast(dtype) for name, dtype in _ALL.items()).sort(*_WHO, "scope", "facility_type")


# --- electricity -------------------------------------------------------------------------------------------


def _electricity(final: pl.DataFrame, green_power: pl.DataFrame) -> pl.DataFrame:
    """electricity_kwh, grid_kwh (electricity - self-built) and claims_kwh (the other channels) of each entity.

    Who files no green power claims none. Who files green power but no electricity in a province has claims there and
    no grid electricity: certificates are often bought where the head office is.
    """
    filed = pl.col("quantity").is_not_null()
    used = final.filter(pl.col("carrier") == "electricity").group_by(_WHO).agg(
        electricity_kwh=pl.when(filed.any()).then(exact.total("quantity")),
        _rows=pl.col("_rows").sum(), _months=pl.col("_months").min(),
    )  # fmt: skip
    self_built = pl.col("channel") == "self_built"
    green = green_power.group_by(_WHO).agg(
        _self_built=exact.total(pl.col("kwh").filter(self_built)),
        claims_kwh=exact.total(pl.col("kwh").filter(~self_built)),
        _green_rows=pl.col("_rows").sum(),
    )  # fmt: skip
    both = used.join(green, on=_WHO, how="full", coalesce=True, nulls_equal=True)
    none = pl.col("_self_built", "claims_kwh", "_green_rows", "_rows").fill_null(0)
    both = both.with_columns(none).with_columns(
        scope=pl.lit("scope_2"),
        grid_kwh=pl.col("electricity_kwh") - pl.col("_self_built"),
        _rows=pl.col("_rows") + pl.col("_green_rows"),
    )
    return both.with_columns(self_built_above=pl.col("grid_kwh") < 0).drop("_self_built", "_green_rows")


def with_location(electricity: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """location_tco2 and factor_year: grid electricity times the average factor of its own province.

    The nation is the sum of its provinces: the national factor would take everybody's mix for each one's.
    """
    known = factors_by_year(factors, "average", "province", electricity["year"])
    of_province = known.select("year", province_code="region_code", _factor="factor", factor_year="of_year")
    rows = electricity.join(of_province, on=["year", "province_code"], how="left", maintain_order="left")
    return rows.with_columns(location_tco2=pl.col("grid_kwh") * pl.col("_factor") / 1000).drop("_factor")


def with_market(electricity: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """market_tco2, residual_kwh, residual_factor_year, factor_unverified, claims_moved.

    residual_kwh is grid electricity without what is claimed as green. The floor of zero is that of a group in the
    nation: a group may claim more than it uses in one province (certificates bought by the head office), which lessens
    what it has left in the others, in proportion; but what it claims beyond all its use lessens nobody else's. A floor
    in each province would lose claims, none at all would give one group's surplus to others. Only provinces with a
    published average factor take part, as in the location-based sum.
    """
    takes_part = pl.col("factor_year").is_not_null()
    net = pl.when(takes_part).then(pl.col("grid_kwh").fill_null(0) - pl.col("claims_kwh")).otherwise(0)
    left = net.clip(lower_bound=0)
    of_group = ["year", "group_id"]
    rows = electricity.with_columns(
        _left=left,
        _all_left=exact.total(left).over(of_group),
        _of_group=exact.total(net).over(of_group).clip(lower_bound=0),
    )
    moved = pl.col("_all_left") - pl.col("_of_group") > 1e-9 * pl.col("_all_left")
    part = pl.when(moved).then(pl.col("_of_group") / pl.col("_all_left")).otherwise(1.0)
    known = factors_by_year(factors, "average_excl_traded_nonfossil", "nation", electricity["year"])
    of_nation = known.select("year", _factor="factor", residual_factor_year="of_year", factor_unverified="unverified")
    residual = pl.when(pl.col("grid_kwh").is_not_null()).then(pl.col("_left") * part)
    return (
        rows.join(of_nation, on="year", how="left", maintain_order="left")
        .with_columns(residual_kwh=residual, market_tco2=residual * pl.col("_factor") / 1000, claims_moved=moved)
        .drop("_factor", "_left", "_all_left", "_of_group")
    )


# --- factors -----------------------------------------------------------------------------------------------


def factors_by_year(factors: pl.DataFrame, kind: str, level: str, years: pl.Series) -> pl.DataFrame:
    """year, region_code, factor, of_year, unverified: the factor that holds for each of `years`.

    That of the year itself, else of the nearest earlier one, for what lies in the past is known when a report is made;
    where nothing earlier exists, of the first later one (2020 takes 2021). kind, level: of `reference.grid_factors`.
    """
    wanted = (pl.col("kind") == kind) & (pl.col("region_level") == level)
    known = factors.filter(wanted, pl.col("factor_kgco2_per_kwh").is_not_null()).select(
        "region_code", of_year="year", factor="factor_kgco2_per_kwh", unverified=pl.col("row_type") == "unverified"
    )
    every = known.join(pl.DataFrame({"year": years.unique()}, schema={"year": pl.Int64}), how="cross")
    ahead = pl.col("of_year") - pl.col("year")
    return every.sort("region_code", "year", ahead > 0, ahead.abs()).unique(["region_code", "year"], keep="first")


# --- fuels -------------------------------------------------------------------------------------------------


def _fuels(final: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """Fuels of each entity and facility type in tCO2, the same location- and market-based.

    A fuel that the set has no factor for is left out and flagged: a factor of another set rests on another heating
    value.
    """
    known = dict(factors.select("carrier", "kgco2_per_unit").iter_rows())
    factor = pl.col("carrier").cast(pl.String).replace_strict(known, default=None, return_dtype=pl.Float64)
    rows = final.filter(pl.col("carrier").is_in(FUELS)).with_columns(
        _tco2=pl.col("quantity") * factor / 1000, _known=factor.is_not_null()
    )
    tco2 = pl.when(pl.col("_tco2").is_not_null().any()).then(exact.total("_tco2"))
    return rows.group_by(*_WHO, "facility_type").agg(
        location_tco2=tco2,
        market_tco2=tco2,
        fuel_without_factor=(~pl.col("_known") & (pl.col("quantity") > 0)).any(),
        _rows=pl.col("_rows").sum(),
        _months=pl.col("_months").min(),
    ).with_columns(scope=pl.lit("scope_1"))  # fmt: skip
