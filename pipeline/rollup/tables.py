"""The monthly tables as enterprises file them, under the template's headers, from sums of whole numbers.

A table that needs two amounts of a reading (electricity of IT and all; traffic and electricity) counts the readings that
have both, so that what is divided later is of the same readings. Electricity of all of them is in `energy`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.errors import DataError, shown
from pipeline.filings.contracts import BY_NAME, Table, column_of, headers
from pipeline.filings.reading import read_file
from pipeline.given import regions
from pipeline.layout import Layout
from pipeline.rollup.readings import NO_IT, NO_TRAFFIC

_KWH, _TB = 3, 6  # decimals of whole watt-hours and megabytes
_NAMED = 5  # codes in a sentence


@dataclass(frozen=True)
class Told:
    """A table, and sentences on what is not in it."""

    rows: pl.DataFrame
    remarks: tuple[str, ...] = ()


def energy(sums: pl.LazyFrame, layout: Layout) -> Told:
    keys = ["month", "entity_id", "province_code", "facility_type"]
    found = sums.group_by(keys).agg(pl.col("wh").sum()).sort(keys).collect()
    table = BY_NAME["energy"]
    carrier, quantity = table.column("carrier"), table.column("quantity")
    return Told(
        found.select(
            *_when(table),
            *_where(table, layout),
            _spelt(table, "facility_type"),
            pl.lit(carrier.members["electricity"][0]).alias(carrier.zh),
            _decimal("wh", _KWH, quantity.zh),
            pl.lit(quantity.units["electricity"][0]).alias(table.column("unit").zh),
        )
    )


def base_stations(sums: pl.LazyFrame, stations: pl.LazyFrame | None, generation: str | None, layout: Layout) -> Told:
    """stations: facilities by month, where a facility has several readings a month; else each reading is a station's.
    generation: of all stations, where readings do not tell."""
    given = sums.filter(facility_type="base_station")
    if generation is not None:
        given = given.with_columns(generation=pl.lit(generation))
    lacks = pl.col("state") & NO_TRAFFIC != 0
    left, unknown = (
        given.select(pl.col("n").filter(lacks).sum(), unknown=pl.col("n").filter(pl.col("generation").is_null()).sum())
        .collect()
        .row(0)
    )
    keys = ["month", "entity_id", "province_code", "generation"]
    told = given.filter(~lacks, pl.col("generation").is_not_null())
    whole_it = pl.when((pl.col("state") & NO_IT == 0).all()).then(pl.col("it_wh").sum())
    found = told.group_by(keys).agg(pl.col("n", "wh", "mb").sum(), whole_it.alias("it_wh")).sort(keys)
    if stations is not None:
        of = stations if generation is None else stations.with_columns(generation=pl.lit(generation))
        each = of.filter(~lacks).group_by([*keys, "facility_id"]).agg(pl.col("n").sum()).filter(pl.col("n") > 0)
        found = found.drop("n").join(each.group_by(keys).agg(n=pl.len()), on=keys, how="left").sort(keys)
    table = BY_NAME["base_stations"]
    remarks = []
    if left:
        remarks.append(f"{left:,} 个基站读数没有流量，只计入能源消耗，没有计入基站能效。")
    if unknown:
        remarks.append(
            f"{unknown:,} 个基站读数没有制式，没有计入基站能效；应有 generation 列（4G 或 5G），或用 --generation 指明。"
        )
    return Told(
        found.collect(engine="streaming").select(
            *_when(table),
            *_where(table, layout),
            pl.col("generation").alias(table.column("generation").zh),
            pl.col("n").alias(table.column("stations").zh),
            _decimal("mb", _TB, _headed(table, "traffic_tb")),
            _decimal("wh", _KWH, _headed(table, "energy_kwh")),
            _decimal("it_wh", _KWH, _headed(table, "equipment_kwh")),
        ),
        tuple(remarks),
    )


def data_centres(sums: pl.LazyFrame, register: pl.DataFrame | None, year: int, layout: Layout) -> Told:
    """One row per centre and year; `register` (see `read_register`) has what no meter tells."""
    both = pl.col("state") & NO_IT == 0
    whole = ["facility_id", "entity_id", "province_code"]
    found = (
        sums.group_by(whole)
        .agg(pl.col("n", "wh", "it_wh").filter(both).sum(), left=pl.col("n").filter(~both).sum())
        .sort(whole)
        .collect()
    )
    left, found = found["left"].sum(), found.filter(pl.col("n") > 0)
    table, remarks = BY_NAME["data_centres"], []
    names = {name: table.column(name).zh for name in ("dc_id", "entity_id", "province_code")}
    if left:
        remarks.append(f"{left:,} 个数据中心读数没有 IT 设备电量，只计入能源消耗，没有计入数据中心。")
    if register is None:
        if found.height:
            remarks.append(
                f"有 {found['facility_id'].n_unique():,} 个数据中心的读数，但没有台账，数据中心表没有写出；请用 --centres 给出含名称、机架、投产时间、用水和绿电的文件。"
            )
        return Told(pl.DataFrame(), tuple(remarks))
    twice = found.filter(pl.col("facility_id").is_duplicated())["facility_id"].unique()
    lacking = found.filter(~pl.col("facility_id").is_in(register[names["dc_id"]].implode()))["facility_id"].unique()
    for codes, why in ((twice, "的读数分属几个单位或省份"), (lacking, "不在台账里")):
        if len(codes):
            remarks.append(f"数据中心 {_some(codes)} {why}，没有写入数据中心表；应先更正。")
    found = found.filter(~pl.col("facility_id").is_in(pl.concat([twice, lacking]).implode()))
    told = found.select(
        pl.lit(year).alias(table.column("year").zh),
        pl.col("facility_id").alias(names["dc_id"]),
        *_where(table, layout),
        _decimal("it_wh", _KWH, _headed(table, "it_kwh")),
        _decimal("wh", _KWH, _headed(table, "total_kwh")),
    )
    return Told(told.join(register, on=names["dc_id"], how="left", maintain_order="left"), tuple(remarks))


def read_register(path: Path) -> pl.DataFrame:
    """What a file in the form of the data centres' table says of each, as text, but for what meters tell. Raises DataError."""
    table = BY_NAME["data_centres"]
    if not path.is_file():
        raise DataError("rollup.register", f"没有文件 {shown(path)}；应是按模板“{table.zh}”表填写的台账。")
    reading = read_file(path, path.parent, headers())
    for problem in reading.problems:
        raise DataError("rollup.register", f"{shown(path)}：{problem.message}")
    for sheet in reading.sheets:
        columns = {one[0].name: header for header in sheet.columns if (one := column_of(table, header))}
        if "dc_id" not in columns:
            continue
        told = [
            header
            for name, header in columns.items()
            if name not in ("year", "entity_id", "province_code", "it_kwh", "total_kwh", "dc_id")
        ]
        rows = sheet.rows.select(pl.col(columns["dc_id"]).alias(table.column("dc_id").zh), *told)
        twice = rows.filter(rows[rows.columns[0]].is_duplicated())[rows.columns[0]].unique()
        if len(twice):
            raise DataError("rollup.register", f"{shown(path)} 里数据中心 {_some(twice)} 有几行；应每个一行。")
        return rows
    raise DataError(
        "rollup.register", f"{shown(path)} 没有“{table.column('dc_id').zh}”列；应是按模板“{table.zh}”表填写的台账。"
    )


def _some(codes: Iterable[str]) -> str:
    all_ = sorted(codes)
    return shown("、".join(all_[:_NAMED])) + (f" 等 {len(all_)} 个" if len(all_) > _NAMED else "")


def _when(table: Table) -> list[pl.Expr]:
    month = pl.col("month")
    return [(month // 12).alias(table.column("year").zh), (month % 12 + 1).alias(table.column("month").zh)]


def _where(table: Table, layout: Layout) -> list[pl.Expr]:
    names = {one.code: one.short_zh for one in regions.all_regions(layout)}
    place = pl.col("province_code").replace_strict(names, return_dtype=pl.String)
    return [pl.col("entity_id").alias(table.column("entity_id").zh), place.alias(table.column("province_code").zh)]


def _spelt(table: Table, name: str) -> pl.Expr:
    column = table.column(name)
    first = {code: spellings[0] for code, spellings in column.members.items()}
    return pl.col(name).replace_strict(first, return_dtype=pl.String).alias(column.zh)


def _headed(table: Table, name: str) -> str:
    column = table.column(name)
    return f"{column.zh}（{column.unit}）"


def _decimal(name: str, decimals: int, header: str) -> pl.Expr:
    """A whole number of thousandths or millionths as the decimal it is."""
    of, size = pl.col(name), 10**decimals
    text: pl.Expr = (of // size).cast(pl.String) + "." + (of % size).cast(pl.String).str.zfill(decimals)
    return text.str.to_decimal(scale=decimals).alias(header)
