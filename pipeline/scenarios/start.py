"""Where does each region stand in its last filed year, from which its scenarios start?

Everything is read from the indicator table, so that the first year of every scenario is the last year of the report.
What a region did not file stays missing (nan), except where `Start.replaced` says what stands in for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.given.regions import NATION_CODE
from pipeline.language.terms import chinese

Array = npt.NDArray[np.float64]
Series = Mapping[int, float]

FACILITIES = {
    "data_centre": "数据中心", "base_station": "通信基站", "core_room": "核心机房", "access_room": "接入汇聚机房",
    "office": "办公用房", "other": "其他",
}  # fmt: skip


READ = {
    "energy": "energy.total", "covered": "energy.covered", "electricity": "energy.electricity", "fuel_tco2": "carbon.fuels",
    "flow": "activity.flow", "volume": "activity.volume", "pue": "dc.pue.all", "retrofitted": "room.retrofit_share",
    "green_share": "green.share", "location_tco2": "carbon.location/scope_2", "market_tco2": "carbon.market/scope_2",
    "per_flow": "energy.per_flow", "per_flow_change": "energy.per_flow.change", "per_volume": "energy.per_volume",
    "per_volume_change": "energy.per_volume.change",
}  # fmt: skip
"""What each array of a `Start` is read from, as `indicator` or `indicator/member`; the first four by facility type."""


@dataclass(frozen=True)
class History:
    """The indicator table as yearly series: `of(id, region)`, and by facility type where there is one."""

    table: pl.DataFrame

    def __post_init__(self) -> None:
        wanted = self.table.filter(
            pl.col("entity_id").is_null(),
            pl.col("dimension").is_null() | pl.col("dimension").is_in(["facility_type", "scope"]),
        ).select("indicator_id", "region_code", "member", "year", "value", "numerator", "denominator")
        series: dict[tuple[str, str, str, str], dict[int, float]] = {}
        for id, region, member, year, *amounts in wanted.iter_rows():
            for name, amount in zip(("value", "numerator", "denominator"), amounts, strict=True):
                if amount is not None:
                    series.setdefault((id, region, member or "", name), {})[year] = amount
        object.__setattr__(self, "_series", series)

    def of(self, id: str, region: str, member: str = "", amount: str = "value") -> Series:
        """year -> value (or numerator, denominator), empty where nothing is there."""
        found: Series = self._series.get((id, region, member, amount), {})  # type: ignore[attr-defined]
        return found

    def at(self, id: str, region: str, year: int, member: str = "") -> float:
        """The value, nan where there is none."""
        return self.of(id, region, member).get(year, np.nan)

    def last_year(self, region: str) -> int | None:
        """The last year in which a region filed energy."""
        return max(self.of("energy.total", region), default=None)


@dataclass(frozen=True)
class Start:
    """The provinces that a scenario projects and, last, the nation as their sum. Arrays by region, or region x FACILITIES.

    year: the last filed year of each. energy, covered (tce; covered: of telecom, tower and broadcast enterprises),
    electricity (kWh), flow (TB), volume (万元), fuel_tco2 (by facility type too), location_tco2 and market_tco2 (electricity
    alone). pue, retrofitted (share of the core rooms), green_share. per_flow, per_volume and their changes since the
    baseline: as the indicators have them. replaced: region -> sentence on what stands in for a missing value. left_out:
    provinces whose filings are older than the nation's, which are in no sum.
    """

    codes: tuple[str, ...]
    year: Array
    energy: Array
    covered: Array
    electricity: Array
    flow: Array
    volume: Array
    pue: Array
    retrofitted: Array
    green_share: Array
    location_tco2: Array
    market_tco2: Array
    fuel_tco2: Array
    per_flow: Array
    per_flow_change: Array
    per_volume: Array
    per_volume_change: Array
    replaced: Mapping[str, str]
    left_out: tuple[str, ...]

    @property
    def in_nation(self) -> npt.NDArray[np.bool_]:
        """Which of the provinces the nation is the sum of."""
        return np.array([code not in self.left_out for code in self.codes[:-1]])

    def read(self, code: str) -> dict[str, float]:
        """What the region starts from, by the names of READ, each facility type apart: `energy.total/data_centre`."""
        at, found = self.codes.index(code), dict[str, float]()
        for field, name in READ.items():
            value = getattr(self, field)[at]
            members = {f"{name}/{one}": amount for one, amount in zip(FACILITIES, value, strict=True)} if np.ndim(value) else {name: value}  # fmt: skip
            found |= {one: float(amount) for one, amount in members.items()}
        return found


def start(table: pl.DataFrame, provinces: Sequence[str]) -> Start | None:
    """The start of the provinces (codes) and the nation, from the indicator table; None where nobody filed energy."""
    history = History(table)
    national = history.last_year(NATION_CODE)
    if national is None:
        return None
    years = {code: year for code in provinces if (year := history.last_year(code)) is not None} | {
        NATION_CODE: national
    }
    codes = tuple(years)
    pues = {code: _pue(history, code, year) for code, year in years.items()}

    def now(id: str, member: str = "") -> Array:
        return np.array([history.at(id, code, year, member) for code, year in years.items()])

    def parted(id: str) -> Array:
        return np.nan_to_num(np.column_stack([now(id, facility) for facility in FACILITIES]))

    return Start(
        codes=codes,
        year=np.array(list(years.values()), float),
        energy=parted("energy.total"),
        covered=parted("energy.covered"),
        electricity=parted("energy.electricity"),
        flow=now("activity.flow"),
        volume=now("activity.volume"),
        pue=np.array([pue for pue, _ in pues.values()]),
        retrofitted=np.nan_to_num(now("room.retrofit_share")),
        green_share=now("green.share"),
        location_tco2=now("carbon.location", "scope_2"),
        market_tco2=now("carbon.market", "scope_2"),
        fuel_tco2=parted("carbon.fuels"),
        per_flow=now("energy.per_flow"),
        per_flow_change=now("energy.per_flow.change"),
        per_volume=now("energy.per_volume"),
        per_volume_change=now("energy.per_volume.change"),
        replaced={code: told for code, (_, told) in pues.items() if told}
        | {
            code: "；".join(filter(None, (pues[code][1], chinese("start_no_green"))))
            for code, year in years.items()
            if np.isnan(history.at("green.share", code, year))
        },
        left_out=tuple(code for code, year in years.items() if year != national),
    )


def _pue(history: History, code: str, year: int) -> tuple[float, str]:
    """The PUE of the data centres from which the stock starts, and a sentence where it is not that of the region's year."""
    own = {at: value for at, value in history.of("dc.pue.all", code).items() if at <= year}
    if year in own:
        return own[year], ""
    if own:
        used = max(own)
        return own[used], chinese("start_pue_own", year=year, used=used)
    if history.at("energy.electricity", code, year, "data_centre") > 0:
        nation = {at: value for at, value in history.of("dc.pue.all", NATION_CODE).items() if at <= year}
        if nation:
            used = max(nation)
            return nation[used], chinese("start_pue_nation", used=used)
        return np.nan, chinese("start_pue_none")
    return np.nan, ""
