"""How long does the whole catalogue take on facility rows, beside a query by hand of the same sums? `make bench`.

Tables are made in memory in the canonical form: sites, rooms, data centres, energy, base stations and equipment of six years,
20 M rows altogether (or as many as are asked for), and a few rows of activity and green power, so that ratios of two tables
and changes are computed too. `inputs.prepare` (kinds of entities, standard coal, size classes, emissions) runs once and
is told apart: the query by hand would need the same columns and starts from the same frames.

By hand: of each table one lazy group_by of year and province gives plain sums of every numerator and denominator of the
catalogue, and the 31 provinces are added up to the nation. Ours is `evaluate` by year and region: the same sums as whole
numbers of 10^-12 (the same in any order), with flags, contributors, panels, changes and coverage. Both take turns in
this one process; the medians of the rounds and their ratio are told. Exits with 1 where it exceeds the bound, or where a
sum differs by more than 10^-9.

    python tests/benchmarks/bench_indicators.py [rounds [rows]]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from pipeline.filings.contracts import BY_NAME
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.reference import Plan
from pipeline.given.regions import NATION_CODE, all_regions
from pipeline.indicators import inputs
from pipeline.indicators.cells import Edition
from pipeline.indicators.evaluate import evaluate, places
from pipeline.indicators.model import Catalogue, load_catalogue
from pipeline.layout import Layout

SEED, ROUNDS, ROWS, BOUND, CLOSE = 7, 5, 20_000_000, 1.2, 1e-9
YEARS, REPORT_YEAR = range(2020, 2026), 2025
PARTS = {"sites": 0.3, "rooms": 0.15, "data_centres": 0.1, "energy": 0.1, "base_stations": 0.1, "equipment": 0.25}
COMPANIES = {"basic_telecom": 3, "tower": 1, "broadcast": 1, "idc": 5}  # of each kind, in every province
ENERGY = ("basic_telecom", "tower", "broadcast")
Frames = Mapping[str, pl.DataFrame]


# --- what is filed -----------------------------------------------------------------------------------------


def tables(rows: int, layout: Layout) -> dict[str, pl.DataFrame]:
    """Accepted tables: every company of every province files some of each in every year."""
    random = np.random.default_rng(SEED)
    codes = [one.code for one in all_regions(layout) if not one.is_nation]
    who = pl.DataFrame(
        [(f"{kind}{number}-{code}", code, kind, f"{kind}{number}")
         for code in codes for kind, many in COMPANIES.items() for number in range(many)],
        {"entity_id": pl.String, "province_code": pl.String, "kind": pl.String, "group_id": pl.String}, orient="row",
    )  # fmt: skip
    entities = who.with_columns(name_zh="entity_id")
    filed = {name: facilities(name, int(rows * part), who, random) for name, part in PARTS.items()}
    each = who.filter(pl.col("kind").is_in(ENERGY)).join(pl.DataFrame({"year": YEARS}), how="cross")
    amount = pl.Series(random.uniform(1e5, 2e5, each.height))
    flow = each.with_columns(value=amount, metric=pl.lit("information_flow"), price_base_year=pl.lit(0))
    volume = each.with_columns(value=amount * 3, metric=pl.lit("telecom_business_volume"), price_base_year=pl.lit(2020))
    filed["activity"] = pl.concat([flow, volume])
    filed["green_power"] = each.with_columns(kwh=amount * 1e3, channel=pl.lit("bilateral"))
    return {name: canonical(name, frame) for name, frame in {"entities": entities, **filed}.items()}


def canonical(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """All columns of a table in their types; what is not there is what stands for nothing."""
    nothing = {
        "sub_region": "",
        "is_control": False,
        "month": 0,
        "supply": "own",
        "counterparty_id": "",
        "place_id": "",
    }
    given = {
        column: pl.col(column) if column in frame.columns else pl.lit(nothing.get(column))
        for column in BY_NAME[name].dtypes
    }
    return frame.select(given[column].cast(dtype).alias(column) for column, dtype in BY_NAME[name].dtypes.items())


def facilities(name: str, rows: int, who: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    """Rows of one of PARTS, each of one company and year."""
    table = BY_NAME[name]

    def of(column: str) -> pl.Series:
        codes = list(table.column(column).members)
        return pl.Series(codes, dtype=table.dtypes[column]).gather(random.integers(0, len(codes), rows))

    def some(values: np.ndarray, share: float) -> pl.Series:
        return pl.select(pl.when(pl.Series(random.random(rows) < share)).then(pl.Series(values))).to_series()

    at = random.integers(0, who.height, rows)
    common = {
        "year": random.integers(YEARS[0], YEARS[-1] + 1, rows),
        **{column: who[column].gather(at) for column in ("entity_id", "province_code")},
    }
    ids = pl.Series(np.arange(rows)).cast(pl.String)
    it, factor = random.uniform(1e4, 1e6, rows).round(3), random.uniform(1.1, 1.9, rows)
    own = {
        "sites": lambda: {
            "site_id": ids, "built_year": random.integers(2018, 2026, rows), "new_build": random.random(rows) < 0.7,
            "tenants": random.integers(1, 4, rows), "sharing_kind": of("sharing_kind"),
        },
        "rooms": lambda: {
            "room_id": ids, "kind": of("kind"), "retrofit_year": some(random.integers(2018, 2026, rows), 0.5),
            "it_kwh": it, "total_kwh": (it * factor).round(3),
        },
        "data_centres": lambda: {
            "dc_id": ids, "name": ids, "standard_racks": random.integers(50, 20_000, rows).astype(float),
            "commissioned_year": common["year"] - random.integers(0, 6, rows), "commissioned_month": random.integers(1, 13, rows),
            "it_kwh": it, "total_kwh": (it * factor).round(3), "water_t": (it / 1000).round(3),
            "green_kwh": (it * 0.4).round(3), "racks_in_use": some(random.uniform(10, 50, rows).round(0), 0.8),
            "liquid_cooled_racks": some(random.uniform(1, 9, rows).round(0), 0.3),
            "cooling_kwh": some((it * 0.2).round(3), 0.4), "reused_kwh": some((it * 0.02).round(3), 0.4),
            "hub_cluster": some(np.array(["韶关", "张家口"])[random.integers(0, 2, rows)], 0.2),
        },
        "energy": lambda: {
            "facility_type": of("facility_type"), "carrier": of("carrier"), "supply": of("supply"), "quantity": it,
            "counterparty_id": ids,
        },
        "base_stations": lambda: {
            "generation": of("generation"), "stations": random.integers(1, 99, rows).astype(float), "energy_kwh": it,
            "traffic_tb": (it / 700).round(3), "monitored_stations": some(random.integers(0, 2, rows).astype(float), 0.6),
        },
        "equipment": lambda: {
            "facility_type": of("facility_type"), "equipment_type": of("equipment_type"), "vendor": pl.Series([f"厂商{n}" for n in range(8)]).gather(random.integers(0, 8, rows)),
            "model": ids, "commissioned_year": common["year"] - random.integers(0, 16, rows),
            "quantity": random.integers(1, 2000, rows).astype(float), "energy_kwh": it,
            "retired": some(random.integers(0, 9, rows).astype(float), 0.5), "recycled_kg": some(it, 0.3),
        },
    }[name]()  # fmt: skip
    return pl.DataFrame(common | own)


# --- by hand -----------------------------------------------------------------------------------------------


def by_hand() -> dict[str, dict[str, tuple[pl.Expr, pl.Expr | None]]]:
    """Table -> indicator -> sums of numerator and denominator."""
    c = pl.col
    new = c("new_build") & (c("built_year") == c("year"))
    shared = (c("tenants") >= 2) | (c("sharing_kind") != "none")
    it, total, racks = c("it_kwh"), c("total_kwh"), c("standard_racks")
    large = c("size_class").is_in(["large", "hyperscale"])
    planned = large & c("commissioned_year").is_between(c("plan_start"), c("plan_end"))
    core, hub = c("kind") == "core", c("hub_cluster").is_not_null()
    retrofitted = c("retrofit_year").is_between(c("plan_start"), c("plan_end")).fill_null(False)
    final = c("supply").is_in(["own", "received"])
    power, quantity, tce = c("carrier") == "electricity", c("quantity"), c("tce")
    covered = final & c("entity_kind").is_in(ENERGY)
    units, years = c("quantity"), c("year") - c("commissioned_year")
    is_5g, monitored = c("generation") == "5G", c("monitored_stations")

    def sums(where: pl.Expr, *amounts: pl.Expr) -> tuple[pl.Expr, pl.Expr | None]:
        each = [pl.when(where).then(amount).sum() for amount in amounts]
        return each[0], each[1] if len(each) > 1 else None

    def all_of(*amounts: pl.Expr) -> tuple[pl.Expr, pl.Expr | None]:
        return amounts[0].sum(), amounts[1].sum() if len(amounts) > 1 else None

    return {
        "sites": {
            "sharing.new_5g_sites": ((new & shared).sum(), new.sum()),
            "sharing.social": ((new & (c("sharing_kind") == "social")).sum(), new.sum()),
            "sharing.new_sites": (new.sum(), None),
            "sharing.tenancy": (c("tenants").sum(), pl.len()),
        },
        "rooms": {
            "room.pue.core_retrofit": sums(core & retrofitted, total, it),
            "room.pue.core": sums(core, total, it),
            "room.pue.all": all_of(total, it),
            "room.retrofit_share": ((core & retrofitted).sum(), core.sum()),
            "room.count": (pl.len(), None),
        },
        "data_centres": {
            "dc.pue.new_large": sums(planned & c("full_year"), total, it),
            "dc.pue.new_large.young": sums(planned & ~c("full_year"), total, it),
            "dc.pue.all": sums(c("full_year"), total, it),
            "dc.pue.young": sums(~c("full_year"), total, it),
            "dc.pue.large": sums(large & c("full_year"), total, it),
            "dc.pue.hub": sums(hub & c("full_year"), total, it),
            "dc.cue": sums(c("full_year") & c("location_kgco2").is_not_null(), c("location_kgco2"), it),
            "dc.wue": ((c("water_t") * 1000).sum(), it.sum()),
            "dc.green_share": all_of(c("green_kwh"), total),
            "dc.green_share.hub": sums(hub, c("green_kwh"), total),
            "dc.erf": sums(c("reused_kwh").is_not_null(), c("reused_kwh"), total),
            "dc.cer": sums(c("full_year") & (c("cooling_kwh") > 0), it, c("cooling_kwh")),
            "dc.rack_use": sums(c("racks_in_use").is_not_null(), c("racks_in_use"), racks),
            "dc.liquid_share": sums(c("liquid_cooled_racks").is_not_null(), c("liquid_cooled_racks"), racks),
            "dc.count": (pl.len(), None),
            "dc.racks": all_of(racks),
            "dc.it_electricity": all_of(it),
            "dc.electricity": all_of(total),
        },
        "energy": {
            "energy.total": sums(final, tce),
            "energy.covered": sums(covered, tce),
            "energy.electricity": sums(final & power, quantity),
            "energy.electricity_share": (pl.when(final & power).then(tce).sum(), pl.when(final).then(tce).sum()),
            "energy.oil": sums(final & c("carrier").is_in(["gasoline", "diesel"]), quantity / 1000),
            "energy.natural_gas": sums(final & (c("carrier") == "natural_gas"), quantity),
            "energy.heat": sums(final & (c("carrier") == "heat"), quantity / 1000),
            "energy.water": sums(final & (c("carrier") == "water"), quantity),
            "energy.resold": sums(power & (c("supply") == "resold"), quantity),
            "energy.received": sums(power & (c("supply") == "received"), quantity),
            "carbon.no_factor_share": (
                pl.when(final & power & ~c("has_grid_factor")).then(quantity).sum(), pl.when(final & power).then(quantity).sum(),
            ),
            "carbon.heat_share": (
                pl.when(final & (c("carrier") == "heat")).then(tce).sum(), pl.when(final).then(tce).sum(),
            ),
        },
        "base_stations": {
            "bs.efficiency_5g": sums(is_5g, c("traffic_tb") * 1000, c("energy_kwh")),
            "bs.data_energy_efficiency_5g": sums(is_5g, c("traffic_tb") * 8e12, c("energy_kwh") * 3.6e6),
            "bs.energy_per_station": sums(is_5g, c("energy_kwh"), c("stations")),
            "bs.stations": all_of(c("stations")),
            "bs.traffic": all_of(c("traffic_tb")),
            "bs.electricity": all_of(c("energy_kwh")),
            "bs.monitored_share": sums(monitored.is_not_null(), monitored, c("stations")),
        },
        "equipment": {
            "equipment.electricity": all_of(c("energy_kwh")),
            "equipment.co2": all_of(c("location_kgco2") / 1000),
            "equipment.quantity": all_of(units),
            "equipment.years": all_of(units * years, units),
            "equipment.old_share": ((units * (years > 8)).sum(), units.sum()),
            "equipment.retired": all_of(c("retired")),
            "equipment.recycled": all_of(c("recycled_kg") / 1000),
            "equipment.per_unit": sums((years > 0) & (units > 0), c("energy_kwh"), units),
        },
    }  # fmt: skip


def queried(frames: Frames) -> dict[str, pl.DataFrame]:
    """Of each table: year, province_code, and `<indicator>/num`, `<indicator>/den`; the nation too."""
    found = {}
    for name, indicators in by_hand().items():
        sums = {f"{id}/num": num for id, (num, _) in indicators.items()}
        sums |= {f"{id}/den": den for id, (_, den) in indicators.items() if den is not None}
        of_provinces = frames[name].lazy().group_by("year", "province_code").agg(**sums).collect()
        of_provinces = of_provinces.with_columns(pl.col("province_code").cast(pl.String))
        nation = of_provinces.group_by("year").agg(pl.lit(NATION_CODE).alias("province_code"), pl.col(list(sums)).sum())
        found[name] = pl.concat([of_provinces, nation.select(of_provinces.columns)])
    return found


def apart(ours: pl.DataFrame, theirs: Frames) -> pl.DataFrame:
    """The sums of 32 regions that are not the same: indicator_id, region_code, year and both."""
    spot, sides = ["indicator_id", "region_code", "year"], ["num", "den"]
    long = pl.concat(
        frame.unpivot(index=["year", "province_code"], variable_name="of").with_columns(pl.col("value").cast(pl.Float64))
        for frame in theirs.values()
    )  # fmt: skip
    parts = pl.col("of").str.split_exact("/", 1)
    wide = long.with_columns(indicator_id=parts.struct[0], side=parts.struct[1], region_code="province_code").pivot(
        "side", index=spot, values="value"
    )
    both = wide.join(ours.select(*spot, "numerator", "denominator"), on=spot, how="left")
    far = [
        (pl.col(one) - pl.col(other).fill_null(0)).abs() > CLOSE * pl.col(one).abs()  # no rows: no sum, and 0 by hand
        for one, other in zip(sides, ("numerator", "denominator"), strict=True)
    ]
    return both.filter(pl.any_horizontal(*far))


# --- both --------------------------------------------------------------------------------------------------


def seconds(act: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = act()
    return time.perf_counter() - start, result


def unnamed(catalogue: Catalogue) -> list[str]:
    """The indicators of the large tables that are not asked by hand (but shares across members, told by member only)."""
    known = {id for indicators in by_hand().values() for id in indicators}
    return [one.id for one in catalogue.of_tables() if one.table in PARTS and not one.across and one.id not in known]


def prepared(rows: int, layout: Layout, plan: Plan) -> tuple[float, Frames]:
    """How long `inputs.prepare` takes, and what it gives; what was filed is forgotten."""
    filed = tables(rows, layout)
    return seconds(lambda: inputs.prepare(filed, layout, Params(), plan, REPORT_YEAR))


def main(rounds: int = ROUNDS, rows: int = ROWS) -> int:
    layout = Layout.current()
    catalogue, plan, regions = load_catalogue(layout), reference.load_plan(layout), places(layout)
    if lacking := unnamed(catalogue):
        sys.exit(f"手写查询没有 {'、'.join(lacking)}，请补上。")
    preparing, frames = prepared(rows, layout, plan)
    edition, took = Edition(frames, plan.baseline_year, REPORT_YEAR), []
    for _ in range(rounds):
        alone, theirs = seconds(lambda: queried(frames))
        whole, ours = seconds(lambda: evaluate(catalogue, edition, ["year", "region_code"], regions))
        if (wrong := apart(ours, theirs)).height:
            sys.exit(f"两边的 {wrong.height} 个合计不同，如\n{wrong.head(5)}")
        took.append((alone, whole))
    by_query, by_us = (statistics.median(side) for side in zip(*took, strict=True))
    met = by_us <= BOUND * by_query
    table = Table(title=f"计算全部指标的用时（{rounds} 轮的中位数；先整理各表 {preparing:.1f} 秒，不计入）")
    cells = {
        "数据": f"{rows:,} 行", "指标": str(len(catalogue.indicators)), "参照（秒）": f"{by_query:.2f}", "本项目（秒）": f"{by_us:.2f}",
        "倍数": f"{by_us / by_query:.2f}", "上限": f"{BOUND:g}", "结论": "达到" if met else "未达到",
    }  # fmt: skip
    for name in cells:
        table.add_column(name, justify="left" if name == "结论" else "right", no_wrap=True)
    table.add_row(*cells.values())
    Console(width=100).print(table)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
