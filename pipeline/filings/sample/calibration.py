"""Which numbers the synthetic filings are made to meet, and where each comes from.

Published ones are read from `data/raw` (`Published`); what stands here as a number is synthetic, chosen so that the
totals lie where the design wants them (filings, "Sample filings"). Everything random comes from `noise`, a hash of
its key, so that a value depends on nothing but its key: neither on the order of rows nor on platform or threads.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from pipeline.given import reference
from pipeline.layout import Layout

SEED = "green-report sample 1"
YEARS = range(2020, 2026)
PLAN_YEARS = range(2022, 2026)  # of action 1-15 and S1-S6: the plan is of August 2022


def _path(*values: float) -> dict[int, float]:
    return dict(zip(YEARS, map(float, values), strict=True))


# Five entities. No idc: energy per flow is about telecom, tower and broadcast companies, and with two operators only
# most cells of a province would have fewer than three groups, so disclosure control would leave nothing to show.
ENTITIES = {
    "JIA": ("示例电信甲", "basic_telecom"),
    "YI": ("示例电信乙", "basic_telecom"),
    "BING": ("示例电信丙", "basic_telecom"),
    "TIETA": ("示例铁塔", "tower"),
    "GUANGDIAN": ("示例广电", "broadcast"),
}
OPERATORS = {"JIA": 0.46, "YI": 0.29, "BING": 0.25}  # share of traffic, volume, stations
BROADCAST = "GUANGDIAN"
TOWER = "TIETA"
BROADCAST_MOBILE = _path(0, 0, 0.004, 0.008, 0.013, 0.019)  # first subscribers in 2022
BROADCAST_FLOW, BROADCAST_VOLUME = 0.035, 0.015

# Provinces by the first two digits of their codes: cold ones cool with outside air, hot ones hardly ever.
COLD = ("13", "14", "15", "21", "22", "23", "54", "62", "63", "64", "65")
HOT = ("35", "36", "42", "43", "44", "45", "46", "50", "34", "33")
HEATED = (
    "11",
    "12",
    "13",
    "14",
    "15",
    "21",
    "22",
    "23",
    "37",
    "41",
    "61",
    "62",
    "63",
    "64",
    "65",
)  # central heating of offices
WESTERN_HUBS = ("15", "52", "62", "64")
WINDY_SUNNY = ("13", "15", "51", "52", "53", "62", "63", "64", "65")  # more green power than elsewhere
XIZANG = "540000"


# Traffic of 2025: by the growth published of its first quarter (`Published.traffic_growth`).
FLOW_EB = _path(2000, 2330, 2690, 3080, 3490, 3930)  # information flow; design: 1.9-2.1 times 2020 by 2025
# Volume at own-year prices over the same at previous-year prices. 2021 from the published totals of 2021 and 2022
# (17 000 and 17 498 / 1.213); the later ones are synthetic.
DEFLATOR = _path(1, 0.8486, 0.90, 0.91, 0.95, 0.96)

# 5G: energy per station falls, GB per kWh rises by about 40 % (the plan: 20 %).
MWH_5G = _path(11.0, 10.1, 9.2, 8.3, 7.3, 6.5)
GB_PER_KWH_5G = _path(5.40, 5.75, 6.10, 6.55, 7.05, 7.60)
STATIONS_4G_YEAR_END = {2020: 567e4, 2022: 630e4, 2023: 671e4, 2025: 720e4}  # years without a published number
MWH_4G = _path(5.2, 5.0, 4.8, 4.6, 4.4, 4.2)
RECEIVED_SHARE = (0.22, 0.42)  # of a province's station electricity, through the tower company

# Electricity that has no physical table of its own, TWh
ACCESS_TWH = _path(12.2, 12.4, 12.6, 12.8, 12.9, 13.0)
CORE_IT_TWH = _path(3.35, 3.45, 3.56, 3.66, 3.75, 3.84)
OFFICE_TWH = _path(4.10, 4.15, 4.20, 4.25, 4.30, 4.32)
OTHER_TWH = _path(2.50, 2.60, 2.70, 2.80, 2.90, 3.00)
TOWER_TWH = _path(2.10, 2.25, 2.40, 2.55, 2.65, 2.75)  # its own equipment at the sites
TOWER_OFFICE_TWH = _path(0.12, 0.12, 0.12, 0.12, 0.12, 0.12)
BROADCAST_TWH = {"core_room": 0.35, "access_room": 0.45, "office": 0.25, "other": 0.15}
BROADCAST_GROWTH = _path(1.0, 1.03, 1.06, 1.09, 1.12, 1.16)

# Fuels, heat and water of all entities, in canonical units (kg, m3, MJ)
FUELS = {
    "diesel": _path(230e6, 238e6, 245e6, 250e6, 255e6, 258e6),
    "gasoline": _path(158e6, 156e6, 154e6, 152e6, 148e6, 144e6),
    "natural_gas": _path(100e6, 106e6, 112e6, 118e6, 124e6, 129e6),
    "heat": _path(6.0e9, 6.2e9, 6.4e9, 6.6e9, 6.8e9, 6.9e9),
    "raw_coal": _path(45e6, 34e6, 25e6, 18e6, 12e6, 8e6),
    "lpg": _path(4.0e6, 3.8e6, 3.6e6, 3.4e6, 3.2e6, 3.0e6),
    "water": _path(62e6, 63e6, 64e6, 65e6, 65e6, 66e6),
}
FUEL_FACILITY = {"diesel": "base_station", "gasoline": "other"}  # the rest: office

# Data centres: electricity (TWh, all buildings), and how a building of a kind behaves
DC_TWH = _path(13.4, 15.6, 18.2, 20.9, 23.7, 26.4)
STOCK_BUILDINGS, NEW_BUILDINGS = 215, dict.fromkeys(range(2021, 2026), 31)
STOCK_LOAD = _path(0.36, 0.39, 0.42, 0.455, 0.48, 0.50)  # of 2.5 kW a rack
NEW_LOAD = (0.30, 0.40, 0.46, 0.50, 0.53)  # by full years since commissioning
RACK_KW = 2.5  # a standard rack (pue_standards.csv, S034)
DC_GREEN = _path(0.07, 0.10, 0.145, 0.205, 0.28, 0.37)
FILE_MORE, MORE_SINCE = ("YI", "BING"), 2024  # who files cooling, reused heat and boundary, which are optional
OTHER_GREEN = _path(0.016, 0.024, 0.037, 0.057, 0.085, 0.125)  # of electricity outside data centres
CHANNELS = {"self_built": 0.05, "direct": 0.07, "bilateral": 0.46, "tariff": 0.10, "gec": 0.32}

# Sites: a sample, not a census
NEW_SITES = 4_400  # a year, all provinces; filed from then on
STOCK_SITES = 22  # a province; older sites, filed every year
SHARING = _path(0.715, 0.745, 0.775, 0.80, 0.825, 0.848)  # new sites; the plan: 80 % in 2025


def noise(purpose: str, *key: object) -> float:
    """A number in [0, 1) that only its purpose and key decide."""
    text = "|".join((SEED, purpose, *map(str, key)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest()) / 2**48


def noises(frame: pl.DataFrame, purpose: str, *by: str, low: float = 0.0, high: float = 1.0) -> pl.Series:
    """`noise` of each row of the frame, by the columns `by`, spread evenly over [low, high)."""
    return pl.Series(
        [low + (high - low) * noise(purpose, *row) for row in frame.select(by).iter_rows()], dtype=pl.Float64
    )


def of_year(path: dict[int, float]) -> pl.Expr:
    """The value of a path in the row's year."""
    return pl.col("year").replace_strict(path, return_dtype=pl.Float64)


def apportion(frame: pl.DataFrame, name: str, total: pl.Expr | int, weight: pl.Expr, *within: str) -> pl.DataFrame:
    """The frame with `name`: `total`, the same in every row of a group, parted by weight into whole numbers that add
    up to it, in the order of the rows."""
    rows = frame.with_columns(_total=total, _weight=weight, _all=pl.lit(0))
    upto = pl.col("_weight").cum_sum()
    until = (pl.col("_total") * (upto / upto.last())).round().cast(pl.Int64)
    part = (until - until.shift(1, fill_value=0)).over(within or "_all")
    return rows.with_columns(part.alias(name)).drop("_total", "_weight", "_all")


@dataclass(frozen=True)
class Published:
    """The published statistics that the filings are made to meet."""

    layout: Layout

    @cached_property
    def rows(self) -> pl.DataFrame:
        return reference.published(self.layout)

    @cached_property
    def provinces(self) -> pl.DataFrame:
        """province_code, short_zh, name_zh, cluster (null but for hubs with one), prefix: 31 rows."""
        return reference.provinces(self.layout).filter("in_31").select(
            "short_zh", "name_zh", "cluster", province_code="code", prefix=pl.col("code").str.head(2)
        )  # fmt: skip

    @cached_property
    def traffic(self) -> pl.DataFrame:
        """year, province_code, tenths: mobile traffic in tenths of a TB (what the print resolves), all published years."""
        used = (pl.col("indicator_id") == "mtraf") & (pl.col("status") == "used") & pl.col("month").is_null()
        of_provinces = self.rows.filter(used & pl.col("region_code").is_in(self.provinces["province_code"].implode()))
        return of_provinces.filter(pl.col("year") >= YEARS[0]).select(
            "year", province_code="region_code", tenths=(pl.col("value") * 1e6).round().cast(pl.Int64)
        ).sort("year", "province_code")  # fmt: skip

    @cached_property
    def traffic_growth(self) -> float:
        """The published growth of mobile traffic of January to March 2025, on which the sample was made: 1.148."""
        growth = reference.series(self.rows, "mtraf_g", "全国", annual=False).filter(year=YEARS[-1], month=3)
        return 1 + float(growth["value"][0]) / 100

    @cached_property
    def volume_growth(self) -> dict[int, float]:
        """Year -> growth of the business volume at the previous year's prices, %."""
        index = reference.business_volume_index(self.rows)
        return dict(zip(index["year"], index["growth_pct"], strict=True))

    @cached_property
    def volume_2020(self) -> int:
        """The business volume of 2020 at 2020 prices, 万元: the published total of 2021 (2020 prices) / its growth."""
        total = float(reference.series(self.rows, "tbv", "全国").filter(year=2021)["value"][0])
        return round(total * 1e4 / (1 + self.volume_growth[2021] / 100))

    def stations(self, indicator: str, further: dict[int, float]) -> dict[int, float]:
        """Year -> average stations in service: the mean of the year ends before and after, published or `further`."""
        rows = reference.series(self.rows, indicator, "全国")
        ends = further | dict(zip(rows["year"], rows["value"], strict=True))
        return {year: (ends[year - 1] + ends[year]) / 2 for year in YEARS}
