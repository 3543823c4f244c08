"""How much of the electricity used is green at the hour of its use?

The hourly matching rate is the sum over hours of min(use, green), divided by use, as the revision of the GHG Protocol's
scope 2 guidance and the EU's label of data centres ask. Hours are matched for each enterprise within each province: what one
has too much of neither serves another nor another province. The yearly share beside it is matched over the year in the
same bounds, and so is never below. All in whole watt-hours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from pipeline.given import regions
from pipeline.layout import Layout
from pipeline.rollup.partition import HOUR_US
from pipeline.rollup.reduced import Reduced

BLOCK = 5_000  # enterprises in provinces at a time, each with two numbers of 64 bits an hour
METERED = "逐时计量"
PROFILES: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("profiles.yml").read_text("utf-8"))
PAIR = ["entity_id", "province_code"]
_SUMS = ["use", "green", "matched", "yearly"]


def shares(use: Reduced, green: Reduced, profile: str, layout: Layout) -> pl.DataFrame:
    """By enterprise in each province, by enterprise, by province and altogether: amounts in kWh, the yearly share of green
    power, and the hourly matching rate."""
    name = "hours" if use.stamped else "energy"
    pairs = use.sums(name).select(PAIR).unique().sort(PAIR).collect(engine="streaming")
    found = [
        match(pairs[first : first + BLOCK], use.each(name), green.each("hours"), use.year, profile)
        for first in range(0, pairs.height, BLOCK)
    ]
    label = METERED if use.stamped else str(PROFILES[profile]["label"])
    return told(pl.concat(found) if found else pairs.with_columns(pl.lit(0).alias(one) for one in _SUMS), label, layout)


def match(
    pairs: pl.DataFrame, use: list[pl.LazyFrame], green: list[pl.LazyFrame], year: int, profile: str
) -> pl.DataFrame:
    """PAIR with sums of the year in Wh: use, green, matched by the hour, matched over the year (`yearly`).

    use: with `hour`, or with `month` to be spread by `profile`. Hours count from 1970 in the time of Beijing.
    """
    first = (dt.datetime(year, 1, 1) - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=HOUR_US)
    hours = (dt.datetime(year + 1, 1, 1) - dt.datetime(year, 1, 1)) // dt.timedelta(hours=1)
    at = pairs.select(PAIR).with_columns(pair=pl.int_range(pl.len(), dtype=pl.Int64))
    stamped = all("hour" in one.collect_schema() for one in use)
    if stamped:
        used = _dense(at, use, "hour", first, hours)
    else:
        used = spread(_dense(at, use, "month", 12 * year, 12), year, profile)
    made = _dense(at, green, "hour", first, hours)
    use_, green_ = used.sum(axis=1), made.sum(axis=1)
    matched = np.minimum(used, made, out=used).sum(axis=1)
    columns = {"use": use_, "green": green_, "matched": matched, "yearly": np.minimum(use_, green_)}
    return pairs.select(PAIR).with_columns(pl.Series(name, one) for name, one in columns.items())


def _dense(at: pl.DataFrame, sums: list[pl.LazyFrame], by: str, first: int, number: int) -> Any:
    """Wh of the pairs `at` (rows) by the hour or month (columns, from `first`). A pair is looked up where it begins: rows
    come in the order of pairs."""
    found = np.zeros(at.height * number, np.int64)
    for one in sums:
        frame = one.select(*PAIR, by, "wh").collect(engine="streaming")
        begins = frame.select(pl.any_horizontal(pl.col(PAIR).ne_missing(pl.col(PAIR).shift()))).to_series()
        lengths = np.diff(begins.arg_true().to_numpy(), append=frame.height)
        heads = frame.filter(begins).select(PAIR).join(at, on=PAIR, how="left", maintain_order="left")["pair"]
        starts = np.repeat(heads.fill_null(-1).to_numpy() * number - first, lengths)  # of its row in `found`
        cells, wh = starts + frame[by].to_numpy(), frame["wh"].to_numpy()
        known = slice(None) if heads.null_count() == 0 else starts >= -first
        np.add.at(found, cells[known], wh[known])
    return found.reshape(at.height, number)


def spread(monthly: Any, year: int, profile: str) -> Any:
    """Wh by the hour of Wh by the month: by weights of the hours of a day, such that each month keeps its sum."""
    day = np.array(PROFILES[profile]["hours"], np.int64)
    return np.concatenate([_month(monthly[:, month], day, days) for month, days in enumerate(_days(year))], axis=1)


def _days(year: int) -> Iterator[int]:
    starts = [dt.date(year, month, 1) for month in range(1, 13)] + [dt.date(year + 1, 1, 1)]
    return ((later - one).days for one, later in pairwise(starts))


def _month(wh: Any, day: Any, days: int) -> Any:
    """Up to each hour the whole part of its share of the month; an hour has what is added in it."""
    until = np.concatenate([[0], np.tile(day, days).cumsum()])
    whole, rest = np.divmod(wh[:, None], until[-1])  # of what would not fit into 64 bits when multiplied at once
    return np.diff(whole * until + rest * until // until[-1], axis=1)


def told(found: pl.DataFrame, label: str, layout: Layout) -> pl.DataFrame:
    names = {one.code: one.short_zh for one in regions.all_regions(layout)}
    entity, province = pl.col("entity_id"), pl.col("province_code").replace_strict(names, return_dtype=pl.String)
    levels = [("全部", []), ("省份", ["province_code"]), ("单位", ["entity_id"]), ("单位在各省", PAIR)]
    rows = [
        (found.group_by(keys) if keys else found.group_by(pl.lit(0)))
        .agg(pl.col(_SUMS).cast(pl.Int128).sum())
        .select(
            pl.lit(level).alias("范围"),
            (entity if "entity_id" in keys else pl.lit(None, pl.String)).alias("填报单位"),
            (province if "province_code" in keys else pl.lit(None, pl.String)).alias("省份"),
            pl.col(_SUMS),
            pl.col("province_code" if "province_code" in keys else "use").cast(pl.String).alias("order"),
        )
        .sort("填报单位", "order")
        .drop("order")
        for level, keys in levels
    ]
    use = pl.col("use").cast(pl.Float64)
    share = {
        name: pl.when(use > 0).then((pl.col(name).cast(pl.Float64) / use).round(6)) for name in ("yearly", "matched")
    }
    amounts = {"use": "用电量（kWh）", "green": "绿电量（kWh）", "matched": "逐时匹配电量（kWh）"}
    return pl.concat(rows).select(
        "范围",
        "填报单位",
        "省份",
        *(_kwh(name).alias(header) for name, header in amounts.items()),
        share["yearly"].alias("年度绿电占比"),
        share["matched"].alias("逐时绿电匹配率"),
        pl.lit(label).alias("负荷曲线"),
    )


def _kwh(name: str) -> pl.Expr:
    of: pl.Expr = pl.col(name)
    text = (of // 1000).cast(pl.String) + "." + (of % 1000).cast(pl.String).str.zfill(3)
    return text.str.to_decimal(scale=3)
