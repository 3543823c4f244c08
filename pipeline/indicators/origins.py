"""Where does a published number come from? The rows of the public tables behind a name, and what became of each."""

from __future__ import annotations

import polars as pl

from pipeline.given import reference
from pipeline.given.regions import Region
from pipeline.indicators.scorecard import as_printed
from pipeline.layout import Layout
from pipeline.wording import MISSING, number

GRID_FACTOR, VOLUME_INDEX = "grid_factor", "volume_index"
_MADE = {GRID_FACTOR: "电力平均二氧化碳排放因子", VOLUME_INDEX: "电信业务总量指数"}
_STATES = {"used": "采用", "left_out": "未采用", "disputed": "存疑", "not_a_fact": "非实绩"}
_COLUMNS = ("行号", "时间", "地区", "指标", "数值", "处理", "等级", "来源")


def names(layout: Layout) -> list[str]:
    """What can be asked for besides indicators: published statistics, the two made of them, row numbers."""
    rows = reference.published(layout)
    grid = reference.grid_factors(layout)
    return [*rows["indicator_id"].unique(maintain_order=True), *_MADE, *rows["row_id"], *grid["row_id"]]


def title(name: str, layout: Layout) -> str:
    """How a name is called in Chinese. `name` is one of `names`."""
    if name in _MADE:
        return _MADE[name]
    rows = reference.published(layout).filter((pl.col("indicator_id") == name) | (pl.col("row_id") == name))
    return str(rows["indicator_zh"][0]) if rows.height else _MADE[GRID_FACTOR]


def origin(name: str, region: Region, year: int | None, layout: Layout) -> pl.DataFrame:
    """行号, 时间, 地区, 指标, 数值, 处理, 等级, 来源: the rows behind `name` (one of `names`) for a region, up to `year` if given.

    A row number gives that row, whatever the region and year. A link is named where one may be given.
    """
    rows, grid = reference.published(layout), _as_published(reference.grid_factors(layout))
    every = pl.concat([rows.select(grid.columns), grid])
    if every["row_id"].is_in([name]).any():
        return _shown(every.filter(pl.col("row_id") == name))
    in_time = pl.lit(True) if year is None else pl.col("year") <= year
    rows, upto = rows.filter(in_time), every.filter(in_time)
    if name == VOLUME_INDEX:
        index = reference.business_volume_index(rows)
        told = {
            row["row_id"]: f"；指数（{index['year'][0]} 年=100）{number(row['index'], 4)}"
            for row in index.iter_rows(named=True)
        }
        chained = upto.filter(pl.col("row_id").is_in(list(told)))
        return _shown(chained).with_columns(pl.col("数值") + pl.col("行号").replace_strict(told, default=""))
    return _shown(upto.filter((pl.col("indicator_id") == name) & (pl.col("region_code") == region.code)))


def _as_published(grid: pl.DataFrame) -> pl.DataFrame:
    """Grid factors with the columns of published rows that are told. Only averages bear the name."""
    average = pl.col("kind") == "average"
    reason = (
        pl.when(pl.col("factor_kgco2_per_kwh").is_null()).then(pl.lit("没有公布"))
        .when(pl.col("row_type") == "unverified").then(pl.lit("未经核实")).otherwise(pl.lit(""))
    )  # fmt: skip
    return grid.select(
        "row_id",
        "year",
        pl.lit(None, pl.Int64).alias("month"),
        "region_zh",
        "region_code",
        pl.when(average).then(pl.lit(GRID_FACTOR)).otherwise(pl.lit("")).alias("indicator_id"),
        pl.when(average)
        .then(pl.lit(_MADE[GRID_FACTOR]))
        .otherwise(pl.lit("电力二氧化碳排放因子"))
        .alias("indicator_zh"),
        pl.col("factor_kgco2_per_kwh").map_elements(number, return_dtype=pl.String).alias("value_printed"),
        pl.lit("kgCO2/kWh").alias("unit_printed"),
        pl.lit("—").alias("grade"),
        "source_title",
        "source_url",
        pl.lit(None, pl.String).alias("read_in"),
        pl.when(reason == "").then(pl.lit("used")).otherwise(pl.lit("left_out")).alias("status"),
        reason.alias("reason"),
    )


def _printed(row: dict[str, str | None]) -> str:
    return MISSING if row["value_printed"] is None else as_printed(row["value_printed"], row["unit_printed"] or "")


def _shown(rows: pl.DataFrame) -> pl.DataFrame:
    month = pl.when(pl.col("month").is_not_null()).then(pl.format("{} 年 {} 月", "year", "month"))
    reason = pl.when(pl.col("reason") != "").then(pl.format("：{}", "reason")).otherwise(pl.lit(""))
    read = pl.when(pl.col("read_in").is_not_null()).then(pl.format("（读自：{}）", "read_in")).otherwise(pl.lit(""))
    link = pl.when(pl.col("source_url").is_not_null()).then(pl.format(" {}", "source_url")).otherwise(pl.lit(""))
    return (
        rows.sort("year", "month", "row_id", nulls_last=True)
        .select(
            行号="row_id",
            时间=month.otherwise(pl.format("{} 年", "year")),
            地区="region_zh",
            指标="indicator_zh",
            数值=pl.struct("value_printed", "unit_printed").map_elements(_printed, return_dtype=pl.String),
            处理=pl.col("status").replace_strict(_STATES) + reason,
            等级="grade",
            来源=pl.col("source_title").fill_null("") + read + link,
        )
        .select(_COLUMNS)
    )
