"""How long does the intake take, beside the libraries that only read the file? `make bench`; no part of `make test`.

Three folders of filings are made in a temporary folder, all rows of them valid: a CSV of energy of 5,000,000 rows, one of
equipment of as many, and a workbook of 200,000. Reference and intake take turns in this one process; the medians of the rounds and their ratio are told.
Exits with 1 where a ratio exceeds its bound, or where the intake has a remark or lacks a row.

    python tests/benchmarks/bench_filings.py [rounds [rows of the CSV [rows of the workbook]]]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastexcel
import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from pipeline.filings.contracts import BY_NAME, table_of
from pipeline.filings.intake import take_in
from pipeline.given.regions import all_regions
from pipeline.layout import Layout

SEED, ROUNDS, CSV_ROWS, WORKBOOK_ROWS = 7, 5, 5_000_000, 200_000
CSV_BOUND, WORKBOOK_BOUND = 3.0, 4.0
YEARS = range(2020, 2026)


def energy(rows: int, layout: Layout) -> pl.DataFrame:
    """Monthly energy of six years: each month has the same entities, provinces, facilities and carriers, and amounts
    within 15% of a trend."""
    table, random = BY_NAME["energy"], np.random.default_rng(SEED)
    provinces = [one.short_zh for one in all_regions(layout) if not one.is_nation]
    facilities = [spelt[0] for spelt in table.column("facility_type").members.values()]
    carriers = [spelt[0] for spelt in table.column("carrier").members.values()]
    units = [of_carrier[0] for of_carrier in table.column("quantity").units.values()]
    units = [{"kWh": "万千瓦时", "m3": "万立方米", "kg": "吨"}.get(unit, unit) for unit in units]
    n = rows // (12 * len(YEARS))  # no year lacks a month
    of_entity = len(provinces) * len(facilities) * len(carriers)
    entities = max(5, n // 120)
    which = np.sort(random.choice(entities * of_entity, n, replace=False))
    series = pl.DataFrame(
        {
            "填报单位": [f"E{number}" for number in (which // of_entity + 10_001).tolist()],
            "省份": pl.Series(provinces).gather(which // (len(facilities) * len(carriers)) % len(provinces)),
            "设施类型": pl.Series(facilities).gather(which // len(carriers) % len(facilities)),
            "能源品种": pl.Series(carriers).gather(which % len(carriers)),
            "usual": np.exp(random.normal(4, 1.5, n)),
            "计量单位": pl.Series(units).gather(which % len(carriers)),
            "供受关系": np.where(random.random(n) < 0.06, "受供", "自用"),
        }
    )
    months = pl.DataFrame({"年份": YEARS}).join(pl.DataFrame({"月份": range(1, 13)}), how="cross")
    frame = months.join(series, how="cross")
    varied = pl.Series(random.uniform(0.85, 1.15, frame.height))
    amount = (pl.col("usual") * (1 + 0.05 * (pl.col("年份") - YEARS[0])) * varied).round(3) + 0.001
    return frame.select(
        "年份", "月份", "填报单位", "省份", "设施类型", "能源品种", amount.round(3).alias("消耗量"), "计量单位", "供受关系"
    )  # fmt: skip


def equipment(rows: int, layout: Layout) -> pl.DataFrame:
    """Equipment of six years: in each year the same entities, provinces, types, vendors and years of entry. With the columns that
    must be there only: five million rows of more would be more cells than a CSV may have."""
    table, random = BY_NAME["equipment"], np.random.default_rng(SEED)
    provinces = [one.short_zh for one in all_regions(layout) if not one.is_nation]
    facilities, types = ([spelt[0] for spelt in table.column(name).members.values()] for name in ("facility_type", "equipment_type"))  # fmt: skip
    vendors, entered = [f"厂商{number}" for number in range(1, 9)], range(2006, YEARS[0])
    sizes = [len(one) for one in (provinces, facilities, types, vendors, entered)]
    n, of_entity = rows // len(YEARS), int(np.prod(sizes))
    which = np.sort(random.choice(max(5, n // 1000) * of_entity, n, replace=False))
    at = np.unravel_index(which % of_entity, sizes)
    units = random.integers(1, 2000, n)
    series = pl.DataFrame(
        {
            "填报单位": [f"E{number}" for number in (which // of_entity + 10_001).tolist()],
            **{name: pl.Series(of).gather(place) for name, of, place in zip(
                ("省份", "设施类型", "设备类型", "厂商", "入网年份"), (provinces, facilities, types, vendors, entered), at, strict=True)},
            "型号": [f"M-{number}" for number in (which % 97).tolist()],
            "数量": units,
            "耗电量（万千瓦时）": (units * random.uniform(0.2, 0.8, n)).round(4),
        }
    )  # fmt: skip
    return pl.DataFrame({"年份": YEARS}).join(series, how="cross")


def make(folder: Path, name: str, rows: int, layout: Layout) -> Path:
    """A folder of filings with a table (energy, or equipment by its name) and the entities that it names; the path of it."""
    folder.mkdir()
    frame, path = (equipment if name.startswith("在网设备") else energy)(rows, layout), folder / name
    if path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_excel(path, worksheet="能源消耗")
    entities = frame.select(pl.col("填报单位").unique(maintain_order=True).alias("单位编码"))
    entities = entities.with_columns(单位名称=pl.format("单位{}", "单位编码"), 类别=pl.lit("其他"))
    entities.write_csv(folder / "填报单位.csv")
    return path


def seconds(act: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = act()
    return time.perf_counter() - start, result


def compare(path: Path, reference: Callable[[], pl.DataFrame], rounds: int, layout: Layout) -> tuple[float, float]:
    """The median seconds of the reference and of the intake of the file's folder."""
    table = table_of(path.name)
    assert table
    took: list[tuple[float, float]] = []
    for _ in range(rounds):
        alone, frame = seconds(reference)
        height = frame.height
        del frame
        ours, intake = seconds(lambda: take_in(path.parent, layout))
        accepted = intake.accepted[table.name].height
        if accepted != height or intake.findings.height or intake.status:
            sys.exit(
                f"{path.name}：{height} 行中接受了 {accepted} 行，{intake.findings.height} 条意见；应全部接受，没有意见。"
            )
        del intake
        took.append((alone, ours))
    return statistics.median(one for one, _ in took), statistics.median(other for _, other in took)


def main(rounds: int = ROUNDS, csv_rows: int = CSV_ROWS, workbook_rows: int = WORKBOOK_ROWS) -> int:
    layout, table = Layout.current(), Table(title=f"填报检查的用时（{rounds} 轮的中位数）")
    for name in ("检查", "参照", "参照（秒）", "本项目（秒）", "倍数", "上限", "结论"):
        table.add_column(name, justify="right" if "（" in name or name in ("倍数", "上限") else "left", no_wrap=True)
    met = True
    with tempfile.TemporaryDirectory() as spare:
        text = make(Path(spare, "csv"), "能源消耗.csv", csv_rows, layout)
        units = make(Path(spare, "equipment"), "在网设备.csv", csv_rows, layout)
        book = make(Path(spare, "workbook"), "能源消耗.xlsx", workbook_rows, layout)
        for what, reads, path, reference, bound in (
            (f"CSV，{csv_rows:,} 行", "polars", text, lambda: pl.read_csv(text), CSV_BOUND),
            (f"设备 CSV，{csv_rows:,} 行", "polars", units, lambda: pl.read_csv(units), CSV_BOUND),
            (f"工作簿，{workbook_rows:,} 行", "fastexcel", book,
             lambda: fastexcel.read_excel(book).load_sheet(0, dtypes="string").to_polars(), WORKBOOK_BOUND),
        ):  # fmt: skip
            alone, ours = compare(path, reference, rounds, layout)
            within = ours <= bound * alone
            met &= within
            table.add_row(what, f"只用 {reads} 读取", f"{alone:.2f}", f"{ours:.2f}", f"{ours / alone:.2f}", f"{bound:g}",
                          "达到" if within else "未达到")  # fmt: skip
    Console(width=100).print(table)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
