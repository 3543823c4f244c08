"""How does each driver move in a region? A parameter becomes (low, mode, high), also where it says `trend(3)`.

`trend(3)` is the region's own trend of the last three years: the yearly change from the fourth-last to the last filed
year, low and high the smallest and the largest of the three yearly changes. With three values instead of four it rests
on two changes. A level (a PUE) has no growth: its trend is the last value, low and high those of the last three years.
Where a region's history cannot give it, the nation's trend stands in, else the value declared for that; the origin says
so. What a file says of a measure is at least the trend (`at_least`), level by level, so that a scenario never does less
than goes on by itself; what an analyst sets for a province or on the command line is taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import polars as pl

from pipeline.given import params
from pipeline.given.params import TREND, Resolved
from pipeline.given.regions import NATION_CODE, Region
from pipeline.language.terms import chinese
from pipeline.scenarios.start import Array, History, Series, Start
from pipeline.wording import HIDDEN, number, percent

DRIVERS = (
    "g_it", "pue_new", "r_dc", "pue_retrofit", "g_traffic", "e_bs", "s_room", "pue_core", "pue_core_retrofit", "g_other",
    "g_flow", "g_volume", "green_share_2030", "d_grid", "d_residual",
)  # fmt: skip
SHARE_YEAR = 2030  # of which green_share_2030 tells; after it the share stays
LEVELS = ("low", "mode", "high")
CHANGES = 3
TABLE: dict[str, pl.DataType] = {
    "scenario": pl.String(),
    "region_code": pl.String(),
    "driver": pl.String(),
    "low": pl.Float64(),
    "mode": pl.Float64(),
    "high": pl.Float64(),
    "origin": pl.String(),
    "basis": pl.String(),
    "reason": pl.String(),
    "changed": pl.Boolean(),
}
"""origin: where the parameter is written. basis: how its value was found where that is not what is written, else empty.
reason: why a condition differs from other scenarios. changed: set by an analyst (the province's file or the command line)."""

DEFAULT = chinese("basis_default")
"""The basis of a driver without any history."""
NO_HISTORY = chinese("no_history")
"""In the basis of a driver for which the region's history cannot tell."""
WIDENED = chinese("widened")
"""In the basis of a driver whose range was widened."""
Kind = Literal["growth", "decline", "level", "step", "path"]
Triple = tuple[float, float, float]
Published = Mapping[tuple[str, str], Series]


@dataclass(frozen=True)
class Trend:
    """What the history of a driver is: a series of a region, and how a driver comes of it."""

    kind: Kind
    series: Callable[[History, str], Series]
    what: str


def _ratio(above: Series, below: Series) -> Series:
    return {year: above[year] / below[year] for year in above if below.get(year)}


def _sum(*parts: Series) -> Series:
    return {year: sum(part[year] for part in parts) for year in parts[0] if all(year in part for part in parts)}


def _before_retrofit(history: History, region: str) -> Series:
    """PUE of the core rooms that were not retrofitted in the plan's term: all of them less those that were, in years in which
    the amounts behind their PUE are told."""
    told = history.of("room.pue.core_retrofit", region)

    def rest(amount: str) -> Series:
        done = history.of("room.pue.core_retrofit", region, amount=amount)
        whole = history.of("room.pue.core", region, amount=amount)
        return {year: value - done.get(year, 0.0) for year, value in whole.items() if year in done or year not in told}

    return _ratio(rest("numerator"), rest("denominator"))


def _of(id: str) -> Callable[[History, str], Series]:
    return lambda history, region: history.of(id, region)


TRENDS: dict[str, Trend] = {
    "g_it": Trend("growth", _of("dc.it_electricity"), "数据中心IT设备耗电量"),
    "pue_new": Trend("level", _of("dc.pue.new_large"), "新建大型、超大型数据中心PUE"),
    "pue_retrofit": Trend("level", _of("dc.pue.all"), "数据中心PUE"),
    "g_traffic": Trend("growth", _of("bs.traffic"), "基站业务流量"),
    "e_bs": Trend("growth", lambda h, r: _ratio(h.of("bs.traffic", r), h.of("bs.electricity", r)), "基站单位耗电流量"),
    "s_room": Trend("step", _of("room.retrofit_share"), "核心机房改造比例"),
    "pue_core": Trend("level", _before_retrofit, "未改造核心机房PUE"),
    "pue_core_retrofit": Trend("level", _of("room.pue.core_retrofit"), "改建核心机房PUE"),
    "g_other": Trend(
        "growth", lambda h, r: _sum(*(h.of("energy.total", r, one) for one in ("office", "other"))), "办公及其他用能"
    ),
    "g_flow": Trend("growth", _of("activity.flow"), "信息流量"),
    "g_volume": Trend("growth", _of("activity.volume"), "电信业务总量"),
    "green_share_2030": Trend("path", _of("green.share"), "绿色电力占比"),
}
"""Drivers with a filed history; r_dc has none."""
FACTORS = {
    "d_grid": ("average", "公布的电网平均排放因子"),
    "d_residual": ("average_excl_traded_nonfossil", "公布的剩余电量排放因子"),
}
"""Drivers that follow a published factor: that of the region, else of the nation (西藏 has none, the residual one is of the
nation only)."""


def table(
    resolved: Mapping[str, Sequence[Resolved]], start: Start, history: History, factors: pl.DataFrame
) -> pl.DataFrame:
    """TABLE of every scenario, region of `start` and driver.

    resolved: scenario -> the parameters of each region of `start`, in its order. factors: `reference.grid_factors`.
    """
    known = published(factors)
    rows = []
    for scenario, of_regions in resolved.items():
        for one, year in zip(of_regions, start.year, strict=True):
            for driver in DRIVERS:
                (low, mode, high), basis = _value(driver, one, int(year), history, known)
                origin, changed = str(one.origins[driver]), driver in one.changed
                reason = one.reasons.get(driver, "")
                rows.append((scenario, one.region.code, driver, low, mode, high, origin, basis, reason, changed))
    return pl.DataFrame(rows, schema=TABLE, orient="row")


def values(table: pl.DataFrame, scenario: str, level: str | None = None) -> dict[str, Array]:
    """Driver -> region x (low, mode, high), or region x 1 of one of LEVELS; regions in the order of `table`."""
    rows = table.filter(pl.col("scenario") == scenario)
    names = LEVELS if level is None else (level,)
    return {driver: rows.filter(pl.col("driver") == driver).select(names).to_numpy() for driver in DRIVERS}


def said(driver: str, value: float | None) -> str:
    """A driver's value as text: rates and shares in %, a PUE as a number; nothing is what is not published."""
    if value is None:
        return HIDDEN
    return number(value, 2) if driver.startswith("pue") else percent(value)


def told(driver: str, triple: Triple) -> str:
    """`50.0%（40.0% 至 60.0%）`, or the one value."""
    low, mode, high = (said(driver, one) for one in triple)
    return mode if low == high else chinese("value_between", value=mode, low=low, high=high)


def _value(driver: str, resolved: Resolved, year: int, history: History, published: Published) -> tuple[Triple, str]:
    chosen = getattr(resolved.params, driver)
    if chosen == TREND:
        found = trend(driver, resolved.region, year, history, published)
        return found or (_triple(params.otherwise(driver)), DEFAULT)
    written, side = _triple(chosen), params.better(driver)
    floor = trend(driver, resolved.region, year, history, published) if side else None
    if floor is None or resolved.params.at_least != TREND or driver in resolved.changed:
        return written, ""
    low, mode, high = map(max if side == "higher" else min, written, floor[0])
    if (low, mode, high) == written:
        return written, ""
    both = {"written": told(driver, written), "basis": floor[1], "found": told(driver, floor[0])}
    return (low, mode, high), chinese("basis_stronger", **both)


def trend(driver: str, region: Region, year: int, history: History, published: Published) -> tuple[Triple, str] | None:
    """The trend up to `year` and what it is of; None where neither the region nor the nation has a history."""
    kind = TRENDS[driver].kind if driver in TRENDS else "decline"
    for code, whose in _whose(driver, region):
        found = _trend(kind, _series(driver, code, history, published, year))
        if found is not None:
            triple, first, last = found
            what = TRENDS[driver].what if driver in TRENDS else FACTORS[driver][1]
            span = chinese("in_year", year=last) if first == last else chinese("basis_span", first=first, last=last)
            basis = chinese(f"basis_{whose}_{'level' if kind == 'level' else 'trend'}", what=what, span=span)
            of_nation = (
                _trend(kind, _series(driver, NATION_CODE, history, published, year)) if driver == "d_grid" else None
            )
            if of_nation is not None:
                triple, basis = _widened(triple, of_nation[0][1], basis)
            return _within(driver, triple, basis)
    return None


def _whose(driver: str, region: Region) -> list[tuple[str, str]]:
    of_nation = region.is_nation or driver == "d_residual"  # there is one residual factor
    return [(NATION_CODE, "nation")] if of_nation else [(region.code, "own"), (NATION_CODE, "instead")]


def published(factors: pl.DataFrame) -> Published:
    """Kind of factor and region -> year -> factor. factors: `reference.grid_factors`."""
    rows = factors.filter(pl.col("region_level").is_in(["nation", "province"])).drop_nulls("factor_kgco2_per_kwh")
    found: dict[tuple[str, str], dict[int, float]] = {}
    for kind, code, year, factor in rows.select("kind", "region_code", "year", "factor_kgco2_per_kwh").iter_rows():
        found.setdefault((kind, code), {})[year] = factor
    return found


def did(driver: str, region: str, year: int, history: History, published: Published) -> Series:
    """What the region (code) did in each year up to `year`, as the driver counts it: growth, decline or share of a year, or
    the level; empty where nothing tells."""
    kind = TRENDS[driver].kind if driver in TRENDS else "decline"
    series = _series(driver, region, history, published, year)
    if kind in ("level", "path"):
        return series
    both = {b: (series[a], series[b]) for a, b in pairwise(sorted(series)) if b == a + 1}
    if kind == "step":
        return {at: after - before for at, (before, after) in both.items()}
    sign = -1 if kind == "decline" else 1
    return {at: sign * (after / before - 1) for at, (before, after) in both.items() if before > 0}


def _series(driver: str, region: str, history: History, published: Published, year: int) -> Series:
    if driver in TRENDS:
        series = TRENDS[driver].series(history, region)
    else:
        series = published.get((FACTORS[driver][0], region), {}) if driver in FACTORS else {}
    return {at: value for at, value in series.items() if at <= year}


def _trend(kind: Kind, series: Series) -> tuple[Triple, int, int] | None:
    """(low, mode, high), first and last year; None where the series is too short."""
    last = max(series, default=0)
    years = [last]
    while years[0] - 1 in series and len(years) <= CHANGES:
        years.insert(0, years[0] - 1)
    values = [series[year] for year in years if year in series]
    if kind == "level":
        recent = values[-CHANGES:]
        return ((min(recent), recent[-1], max(recent)), years[-len(recent)], last) if recent else None
    if len(values) < CHANGES:
        return None
    if kind in ("growth", "decline"):
        if min(values) <= 0:
            return None
        changes = [after / before - 1 for before, after in pairwise(values)]
        mean = (values[-1] / values[0]) ** (1 / len(changes)) - 1
    else:
        changes = [after - before for before, after in pairwise(values)]
        mean = (values[-1] - values[0]) / len(changes)
    found: list[float] = [min(changes), mean, max(changes)]
    if kind == "decline":
        found = [-one for one in reversed(found)]
    if kind == "path":
        found = [values[-1] + (SHARE_YEAR - last) * one for one in found]
    low, mode, high = found
    return (low, min(max(mode, low), high), high), years[0], last


def _widened(triple: Triple, of_nation: float, basis: str) -> tuple[Triple, str]:
    """The range with the nation's trend in it: a province's own rests on two changes, in which a dry or a wet year of its
    hydropower stands as a trend (from 2021 to 2023 the variance between provinces, 39 squared points, is little more than
    what the two changes of each alone would give its mean, 36). The province's own stays the middle."""
    low, mode, high = triple
    if low <= of_nation <= high:
        return triple, basis
    return (min(low, of_nation), mode, max(high, of_nation)), chinese(
        "basis_widened", basis=basis, share=percent(of_nation)
    )


def _within(driver: str, triple: Triple, basis: str) -> tuple[Triple, str]:
    """Inside the range that the parameter may have."""
    bottom, top = params.limits(driver)
    low, mode, high = (float(np.clip(one, bottom, top)) for one in triple)
    return (low, mode, high), basis if (low, mode, high) == triple else chinese("basis_cut", basis=basis)


def _triple(value: float | Triple) -> Triple:
    return value if isinstance(value, tuple) else (value, value, value)
