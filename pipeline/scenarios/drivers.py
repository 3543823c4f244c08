"""How does each driver move in a region? A parameter becomes (low, mode, high), also where it says `trend(3)`.

`trend(3)` is the region's own trend of the last three years: the yearly change from the fourth-last to the last filed
year, low and high the smallest and the largest of the three yearly changes. With three values instead of four it rests
on two changes. A level (a PUE) has no growth: its trend is the last value, low and high those of the last three years.
Where a region's history cannot give it, the nation's trend stands in, else the default; the origin says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import polars as pl

from pipeline import params
from pipeline.params import TREND, Params, Resolved
from pipeline.regions import NATION_CODE, Region
from pipeline.scenarios.start import Array, History, Series, Start

DRIVERS = (
    "g_it", "pue_new", "r_dc", "pue_retrofit", "g_traffic", "e_bs", "s_room", "pue_core", "pue_core_retrofit", "g_other",
    "g_flow", "g_volume", "green_share_2030", "d_grid", "d_residual",
)  # fmt: skip
HORIZON = 2030
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
    "changed": pl.Boolean(),
}
"""origin: where the parameter is written. basis: how its value was found where it is a trend, else empty. changed: set
by an analyst (the province's file or the command line)."""

Kind = Literal["growth", "decline", "level", "step", "path"]
Triple = tuple[float, float, float]
Published = Mapping[str, Series]


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
    """PUE of the core rooms that were not retrofitted in the plan's term: all of them less those that were."""

    def rest(amount: str) -> Series:
        done = history.of("room.pue.core_retrofit", region, amount=amount)
        whole = history.of("room.pue.core", region, amount=amount)
        return {year: value - done.get(year, 0.0) for year, value in whole.items()}

    return _ratio(rest("numerator"), rest("denominator"))


def _of(id: str) -> Callable[[History, str], Series]:
    return lambda history, region: history.of(id, region)


TRENDS: dict[str, Trend] = {
    "g_it": Trend("growth", _of("dc.it_electricity"), "数据中心IT设备耗电量"),
    "pue_new": Trend("level", _of("dc.pue.new_large"), "新建大型、超大型数据中心PUE"),
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
"""Drivers with a filed history; r_dc and pue_retrofit have none."""
FACTORS = {
    "d_grid": ("average", "全国电网平均排放因子"),
    "d_residual": ("average_excl_traded_nonfossil", "全国剩余电量排放因子"),
}
"""Drivers that follow a published factor, of the nation in every province: three published years are too few for a trend
of a province, whose factor rises and falls with the water of its rivers."""


def table(
    resolved: Mapping[str, Sequence[Resolved]], start: Start, history: History, factors: pl.DataFrame
) -> pl.DataFrame:
    """TABLE of every scenario, region of `start` and driver.

    resolved: scenario -> the parameters of each region of `start`, in its order. factors: `reference.grid_factors`.
    """
    published = _published(factors)
    rows = []
    for scenario, of_regions in resolved.items():
        for one, year in zip(of_regions, start.year, strict=True):
            for driver in DRIVERS:
                (low, mode, high), basis = _value(driver, one, int(year), history, published)
                origin, changed = str(one.origins[driver]), driver in one.changed
                rows.append((scenario, one.region.code, driver, low, mode, high, origin, basis, changed))
    return pl.DataFrame(rows, schema=TABLE, orient="row")


def values(table: pl.DataFrame, scenario: str, level: str | None = None) -> dict[str, Array]:
    """Driver -> region x (low, mode, high), or region x 1 of one of LEVELS; regions in the order of `table`."""
    rows = table.filter(pl.col("scenario") == scenario)
    names = LEVELS if level is None else (level,)
    return {driver: rows.filter(pl.col("driver") == driver).select(names).to_numpy() for driver in DRIVERS}


def _value(driver: str, resolved: Resolved, year: int, history: History, published: Published) -> tuple[Triple, str]:
    chosen = getattr(resolved.params, driver)
    if chosen != TREND:
        return _triple(chosen), ""
    for region, whose in [(NATION_CODE, "公布的")] if driver in FACTORS else _whose(resolved.region):
        kind, what = (
            (TRENDS[driver].kind, TRENDS[driver].what)
            if driver in TRENDS
            else ("decline", FACTORS.get(driver, ("", ""))[1])
        )
        found = _trend(kind, _series(driver, region, history, published, year))
        if found is not None:
            triple, first, last = found
            span = f"{last} 年" if first == last else f"{first}—{last} 年"
            return _within(driver, triple, f"{whose}{what} {span}的{'水平' if kind == 'level' else '趋势'}")
    return _triple(Params.model_fields[driver].default), "没有可用的历史，用默认值"


def _whose(region: Region) -> list[tuple[str, str]]:
    nation = (NATION_CODE, "全国")
    return [nation] if region.is_nation else [(region.code, "本地区"), (NATION_CODE, "本地区没有可用的历史，用全国")]


def _published(factors: pl.DataFrame) -> Published:
    """Kind of factor -> year -> that of the nation."""
    rows = factors.filter(pl.col("region_level") == "nation").drop_nulls("factor_kgco2_per_kwh")
    found: dict[str, dict[int, float]] = {}
    for kind, year, factor in rows.select("kind", "year", "factor_kgco2_per_kwh").iter_rows():
        found.setdefault(kind, {})[year] = factor
    return found


def _series(driver: str, region: str, history: History, published: Published, year: int) -> Series:
    if driver in TRENDS:
        series = TRENDS[driver].series(history, region)
    else:
        series = published.get(FACTORS[driver][0], {}) if driver in FACTORS else {}
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
        found = [values[-1] + (HORIZON - last) * one for one in found]
    low, mode, high = found
    return (low, min(max(mode, low), high), high), years[0], last


def _within(driver: str, triple: Triple, basis: str) -> tuple[Triple, str]:
    """Inside the range that the parameter may have."""
    bottom, top = params.limits(driver)
    low, mode, high = (float(np.clip(one, bottom, top)) for one in triple)
    return (low, mode, high), basis if (low, mode, high) == triple else f"{basis}，超出允许范围的取其边界"


def _triple(value: float | Triple) -> Triple:
    return value if isinstance(value, tuple) else (value, value, value)
