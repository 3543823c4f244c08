"""The frame says who should file what: what the industry is known to have, by somebody else's count.

It is a table with sources: how many provinces there are, how many licensed enterprises of a kind, and totals of the
industry (5G stations, racks in use, mobile traffic, the business volume). What has no source has no row in it, and is told
to have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.errors import DataError, shown
from pipeline.filings.contracts import BY_NAME, TABLES
from pipeline.given import reference
from pipeline.given.regions import NATION_CODE
from pipeline.layout import Layout

NAME = "frame.csv"
ANY = "*"  # of a row that holds for all tables


@dataclass(frozen=True)
class Total:
    """What is counted. unit: canonical, see `reference.canonical_unit`. rows, amount: SQL over the accepted table. mean: the
    filings hold the average of a year, the frame year-ends. judged: whether what is filed should come up to the frame (of
    tower sites only those with 5G are filed)."""

    title: str
    unit: str
    table: str
    rows: str
    amount: str
    mean: bool = False
    judged: bool = True


TOTALS = {
    "mobile_traffic": Total(
        "移动互联网接入流量", "亿GB", "activity", "metric = 'mobile_traffic'", "value / 100000"
    ),
    "business_volume": Total(
        "电信业务总量（上年价格）", "亿元", "activity",
        "metric = 'telecom_business_volume' AND price_base_year = year - 1", "value / 10000",
    ),
    "stations_5g": Total("5G 基站（年平均）", "个", "base_stations", "generation = '5G'", "stations", mean=True),
    "racks_in_use": Total("在用机架", "架", "data_centres", "racks_in_use IS NOT NULL", "racks_in_use"),
    "tower_sites": Total("铁塔公司塔类站址", "个", "sites", "entity_kind = 'tower'", "1", judged=False),
}  # fmt: skip
PROVINCES, ENTERPRISES = "provinces", "enterprises."
_NAMES = BY_NAME["entities"].column("kind").members
KINDS = {f"{ENTERPRISES}{kind}": kind for kind in _NAMES}
UNITS = {PROVINCES: "个", **dict.fromkeys(KINDS, "家"), **{id: one.unit for id, one in TOTALS.items()}}
TITLES = {
    PROVINCES: "有填报的省份",
    **{id: f"有填报的{_NAMES[kind][0]}" for id, kind in KINDS.items()},
    **{id: one.title for id, one in TOTALS.items()},
}

JUDGED = ("energy", "sites", "data_centres", "rooms", "base_stations", "activity")  # the tables of the plan's targets
BY_ENTERPRISE = tuple(
    table.name for table in TABLES if table.name != "entities" and {"entity_id", "province_code"} <= set(table.dtypes)
)

COLUMNS = ("table", "measure", "province_code", "year", "value", "unit", "source_title")
FRAME: dict[str, pl.DataType] = {
    "table": pl.String(), "measure": pl.String(), "province_code": pl.String(), "year": pl.Int64(), "frame": pl.Float64(),
    "source_title": pl.String(),
}  # fmt: skip


def path(layout: Layout, folder: Path | None) -> Path:
    """The frame of a folder of filings: its own where there is one, else that of the industry."""
    own = folder / NAME if folder else None
    return own if own and own.exists() else layout.reference / NAME


def load(layout: Layout, folder: Path | None = None) -> pl.DataFrame:
    """FRAME of a folder of filings, in canonical units. Raises DataError (frame.*) with what is wrong and where."""
    file = path(layout, folder)
    name = shown(file.relative_to(layout.root) if file.is_relative_to(layout.root) else file)
    try:
        table = pl.read_csv(file, infer_schema=False, glob=False)
    except (pl.exceptions.PolarsError, OSError):
        raise DataError(
            "frame.unreadable", f"填报范围表 {name} 读不出来，应为 UTF-8 编码、逗号分隔、每行列数相同的 CSV 文件。"
        ) from None
    if absent := [column for column in COLUMNS if column not in table.columns]:
        raise DataError(
            "frame.columns", f"填报范围表 {name} 缺少列 {'、'.join(absent)}，应有的列为 {'、'.join(COLUMNS)}。"
        )
    text = table.select(pl.col(COLUMNS).str.strip_chars().replace("", None)).with_row_index("line", offset=2)
    known = [NATION_CODE, *reference.provinces(layout).filter("in_31")["code"]]
    lines = [_line(row, name, known) for row in text.iter_rows(named=True)]
    found = pl.DataFrame(lines, FRAME, orient="row")
    if not found.height:
        raise DataError("frame.empty", f"填报范围表 {name} 没有一行数据；没有范围表时请删去这个文件。")
    if (twice := found.filter(found.select(pl.exclude("frame")).is_duplicated())).height:
        row = twice.row(0, named=True)
        raise DataError(
            "frame.twice",
            f"填报范围表 {name} 有两行说的是同一件事（{row['table']}、{row['measure']}、{row['province_code']}、{row['year']} 年，"
            "来源也相同），应只留一行。",
        )
    return found


def _line(row: Mapping[str, str | None], name: str, known: list[str]) -> tuple[str | int | float, ...]:
    def wrong(column: str, right: str) -> DataError:
        found = "是空的" if row[column] is None else f"“{shown(row[column])}”不对"
        return DataError("frame.value", f"填报范围表 {name} 第 {row['line']} 行的 {column} {found}，应为{right}。")

    table, measure = row["table"] or "", row["measure"] or ""
    if measure not in UNITS:
        raise wrong("measure", "、".join(UNITS))
    tables = (
        [TOTALS[measure].table] if measure in TOTALS else [*([ANY] if measure == PROVINCES else []), *BY_ENTERPRISE]
    )
    if table not in tables:
        raise wrong("table", "、".join(tables))
    if row["province_code"] not in known:
        raise wrong("province_code", "000000（全国）或 31 个省份的六位代码")
    if row["province_code"] != NATION_CODE and measure not in TOTALS:
        raise wrong("province_code", "000000（全国）：省份和单位只按全国计数")
    try:
        year = int(row["year"] or "")
    except ValueError:
        raise wrong("year", "年份，如 2024") from None
    scaled = reference.canonical_unit(row["unit"] or "")
    if scaled is None or scaled[0] != UNITS[measure]:
        raise wrong("unit", f"能换算成“{UNITS[measure]}”的单位")
    try:
        value = float(row["value"] or "")
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise wrong("value", "大于零的数")
    if row["source_title"] is None:
        raise wrong("source_title", "这个数的来源；没有来源的不要写入")
    # Dividing by a power of ten is exact to the last bit, multiplying with 1e-4 is not.
    amount = value * 10 ** scaled[1] if scaled[1] >= 0 else value / 10 ** -scaled[1]
    return table, measure, str(row["province_code"]), year, amount, str(row["source_title"])
