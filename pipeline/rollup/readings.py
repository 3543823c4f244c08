"""What does a reading say, in whole numbers, and what is wrong with it?

Electricity is whole watt-hours, traffic whole megabytes (10^6 bytes; bytes of a nation overflow 64 bits), each reading
rounded by itself, halves away from zero, before anything is added: sums of whole numbers are the same in any order. A
reading of more than `LIMIT` is rejected, so that no sum of a part overflows.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import polars as pl
import yaml

from pipeline.errors import RegionError
from pipeline.filings.contracts import BY_NAME
from pipeline.given import regions
from pipeline.layout import Layout
from pipeline.rollup.sources import ZONE, Source, scan

LIMIT = 10**12  # Wh or MB: a billion kWh, a million TB
NEAR = 0.001  # of a Wh or MB, within which a reading counts as whole
WRONG, NO_IT, NO_TRAFFIC, ROUNDED = 1, 2, 4, 8  # bits of `state`
SENTENCES: dict[str, str] = yaml.safe_load(Path(__file__).with_name("rules.yml").read_text("utf-8"))
RULES = tuple(SENTENCES)
SUMS = ("wh", "it_wh", "mb")
VALUES = ("facility_id", "entity_id", "province_code", "facility_type", "generation", "time", "month", *SUMS)
_FACTORS = {"wh": ("energy_kwh", 1000), "it_wh": ("it_kwh", 1000), "mb": ("traffic_tb", 1_000_000)}


def readings(source: Source, first: int, rows: int, numbered: bool = False) -> pl.LazyFrame:
    """VALUES of the rows, and `state` (ROUNDED: an amount was no whole number); month: 12 × year + month - 1.

    time: microseconds of a stamp (Beijing time; the beginning of what was metered), or the month. Texts are as they
    stand. numbered: also `file` and `row`, from 1.
    """
    frame = scan(source, **({"row_index_name": "row"} if numbered else {}))
    if rows != source.rows:
        frame = frame.slice(first, rows)
    schema = frame.collect_schema()
    frame = frame.with_columns(pl.lit(value, pl.String).alias(name) for name, value in source.told)
    there = set(schema) | {name for name, _ in source.told}
    texts = {name: pl.col(name).cast(pl.String) for name in VALUES[:4]}
    texts["generation"] = pl.col("generation").cast(pl.String) if source.generation else pl.lit(None, pl.String)
    scaled = {
        short: pl.col(name).cast(pl.Float64).fill_nan(None) * factor if name in there else pl.lit(None, pl.Float64)
        for short, (name, factor) in _FACTORS.items()
    }
    whole = {
        short: one.clip(-2 * LIMIT, 2 * LIMIT).round(mode="half_away_from_zero").cast(pl.Int64).alias(short)
        for short, one in scaled.items()
    }
    off = [(one - one.round()).abs() for short, one in scaled.items() if _FACTORS[short][0] in there]
    time, month = _time(source, there, schema)
    place = [pl.lit(source.name).alias("file"), (pl.col("row") + 1).cast(pl.Int64)] if numbered else []
    told = frame.select(
        *(one.alias(name) for name, one in texts.items()),
        time.cast(pl.Int64).alias("time"),
        month.cast(pl.Int32).alias("month"),
        *whole.values(),
        (pl.max_horizontal(off) > NEAR).fill_null(False).cast(pl.UInt8).alias("off"),
        *place,
    )
    wrong = pl.any_horizontal(_missing(), *_amounts().values())
    state = (
        wrong.fill_null(False).cast(pl.UInt8)
        + pl.col("it_wh").is_null().cast(pl.UInt8) * NO_IT
        + pl.col("mb").is_null().cast(pl.UInt8) * NO_TRAFFIC
        + pl.col("off") * ROUNDED
    )
    return told.with_columns(state.alias("state")).drop("off")


def _time(source: Source, there: set[str], schema: pl.Schema) -> tuple[pl.Expr, pl.Expr]:
    if source.stamped:
        time = pl.col("timestamp")
        kind = schema["timestamp"]
        if isinstance(kind, pl.Datetime) and kind.time_zone == ZONE:
            time = time.dt.replace_time_zone(None)
        return time.dt.timestamp("us"), time.dt.year() * 12 + time.dt.month().cast(pl.Int32) - 1
    if "year" in there:
        year, month = (pl.col(name).cast(pl.Int32, strict=False) for name in ("year", "month"))
        within = pl.when(month.is_between(1, 12)).then(year * 12 + month - 1)
        return within, within
    day = pl.col("month")
    if schema.get("month") != pl.Date:
        day = (day + "-01").str.to_date("%Y-%m-%d", strict=False)
    ordinal = day.dt.year() * 12 + day.dt.month().cast(pl.Int32) - 1
    return ordinal, ordinal


def _missing() -> pl.Expr:
    return pl.any_horizontal(
        pl.col("facility_id").is_null(), pl.col("facility_id") == "", pl.col("wh").is_null(), pl.col("time").is_null()
    )


def _amounts() -> dict[str, pl.Expr]:
    """Rule -> where the amounts of a reading break it."""
    return {
        "too_large": pl.any_horizontal(pl.col(name).abs() > LIMIT for name in SUMS),
        "negative": pl.any_horizontal(pl.col(name) < 0 for name in SUMS),
        "it_above_total": pl.col("it_wh") > pl.col("wh"),
    }


Codes = Mapping[str, Mapping[str, str]]


def rule(year: int, known: Codes) -> pl.Expr:
    """The first rule that a reading breaks, or null. known: column -> what stands there -> its code (`codes`)."""
    texts = [pl.col(name).is_null() | (pl.col(name) == "") for name in ("entity_id", "province_code", "facility_type")]
    kind, generation = (~pl.col(name).is_in(list(known[name])) for name in ("facility_type", "generation"))
    broken = {
        "missing": pl.any_horizontal(_missing(), *texts),
        "outside": pl.col("month") // 12 != year,
        "province": ~pl.col("province_code").is_in(list(known["province_code"])),
        "kind": kind | generation.fill_null(False),
        **_amounts(),
    }
    chain = pl.lit(None, pl.String)
    for name, where in reversed(broken.items()):
        chain = pl.when(where).then(pl.lit(name)).otherwise(chain)
    return chain


def _spellings(table: str, column: str) -> dict[str, str]:
    members = BY_NAME[table].column(column).members
    return {spelt: code for code, all_ in members.items() for spelt in (code, *all_)}


KINDS, GENERATIONS = _spellings("energy", "facility_type"), _spellings("base_stations", "generation")
GREEN = dict.fromkeys(("green_power", *BY_NAME["green_power"].names), "green_power")


def codes(places: pl.Series, green: bool) -> Codes:
    """Column -> what may stand there -> its code; of provinces, what stands in `places`. The nation is none. green: of
    readings of green power, which are of no facility."""
    texts = places.drop_nulls().unique().sort().to_list()
    known = {text: code for text in texts if (code := _province(text))}
    return {"province_code": known, "facility_type": GREEN if green else KINDS, "generation": GENERATIONS}


@cache
def _province(text: str) -> str | None:
    try:
        found = regions.resolve(text, Layout.current())
    except RegionError:
        return None
    return None if found.is_nation else found.code


def coded(frame: pl.LazyFrame, known: Codes) -> pl.LazyFrame:
    """The frame with codes for what is `known`."""
    return frame.with_columns(
        pl.col(name).replace_strict(of, default=None, return_dtype=pl.String) for name, of in known.items()
    )
