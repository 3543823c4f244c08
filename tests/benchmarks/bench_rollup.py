"""How long does the roll-up of readings take, and how much memory? `make bench`; no part of `make test`.

Monthly readings of 40 M meter-months (3.3 M stations, centres and rooms, a file a month) and, for memory, of 160 M are
written to a temporary folder. In turns, each in a process of its own: the command as a user calls it; DuckDB with the same
whole numbers, checks by row and search for duplicates; bare polars, a scan and a group_by of floats without any check;
pandas, on a part of the files, scaled to all. Peak memory is of the whole process. Then the hours of 5,000 centres are
matched with green power. Exits with 1 where a bound is exceeded or sums differ.

    python tests/benchmarks/bench_rollup.py [rounds [million readings [million readings for memory]]]
"""

from __future__ import annotations

import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from pipeline.given.regions import all_regions
from pipeline.layout import Layout
from pipeline.rollup import matching

SEED, ROUNDS, MILLIONS, MORE = 7, 3, 40, 160
KINDS, CENTRES = ["base_station"] * 98 + ["core_room", "access_room"], 5_000
PANDAS_FILES = 1  # of the twelve

DUCKDB = """
import duckdb, sys
duckdb.execute("set enable_progress_bar = false")
source = f"read_parquet('{sys.argv[1]}/**/*.parquet', hive_partitioning = true)"
whole = f'''select *, cast(round(energy_kwh * 1000) as bigint) e, cast(round(it_kwh * 1000) as bigint) i,
  cast(round(traffic_tb * 1000000) as bigint) t from {source}'''
sums = f'''select entity_id, province_code, facility_type, year, month, count(*) n, sum(e) e, sum(i) i, sum(t) t,
  (e is null or facility_id is null or e < 0 or i < 0 or t < 0 or i > e or e > 1e12 or i > 1e12 or t > 1e12) wrong
  from ({whole}) group by all'''
twice = f"select count(*) from (select 1 from {source} group by facility_id, year, month having count(*) > 1)"
where = "not wrong and year = 2025 and length(province_code) = 6 and facility_type in ('base_station', 'data_centre', 'core_room', 'access_room')"
print(*(int(duckdb.execute(one).fetchall()[0][0]) for one in (f"select sum(e) from ({sums}) where {where}", twice)))
"""
BARE = """
import polars as pl, sys
keys, amounts = ["entity_id", "province_code", "facility_type", "year", "month"], ["energy_kwh", "it_kwh", "traffic_tb"]
rows = pl.scan_parquet(f"{sys.argv[1]}/**/*.parquet", hive_partitioning=True)
found = rows.group_by(keys).agg(pl.len(), pl.col(amounts).sum()).collect(engine="streaming")
print(round(found["energy_kwh"].sum() * 1000))
"""
PANDAS = """
import pandas as pd, sys
keys, amounts = ["entity_id", "province_code", "facility_type", "year", "month"], ["energy_kwh", "it_kwh", "traffic_tb"]
for path in sys.argv[1:]:
    rows = pd.read_parquet(path).assign(year=2025, month=int(path.split("month=")[1].split("/")[0]))
    e, i, t = ((rows[name] * factor).round().astype("Int64") for name, factor in zip(amounts, (1000, 1000, 1000000)))
    wrong = e.isna() | rows.facility_id.isna() | (e < 0) | (i < 0) | (t < 0) | (i > e) | (e > 10**12) | (t > 10**12)
    wrong |= rows.duplicated(["facility_id", "year", "month"], keep=False)
    rows = rows.assign(energy_kwh=e, it_kwh=i, traffic_tb=t)[~wrong.fillna(False)]
    print(int(rows.groupby(keys)[amounts].sum().energy_kwh.sum()))
"""


def generate(folder: Path, readings: int, layout: Layout) -> None:
    """A file for each month, in the order of meters, as platforms export them."""
    random, meters = np.random.default_rng(SEED), readings // 12
    provinces = [one.code for one in all_regions(layout) if not one.is_nation]
    fixed = pl.DataFrame(
        {
            "facility_id": "M" + pl.Series(range(meters)).cast(pl.String).str.zfill(9),
            "entity_id": pl.Series([f"T{one:03}" for one in range(40)]).gather(random.integers(0, 40, meters)),
            "province_code": pl.Series(provinces).gather(random.integers(0, len(provinces), meters)),
            "facility_type": pl.Series([*KINDS, "data_centre"]).gather(
                np.where(np.arange(meters) < CENTRES, len(KINDS), random.integers(0, len(KINDS), meters))
            ),
        }
    )
    for month in range(1, 13):
        path = folder / "year=2025" / f"month={month}" / "readings.parquet"
        path.parent.mkdir(parents=True)
        energy = np.round(random.gamma(4, 300, meters), 3)
        more = {"energy_kwh": energy, "it_kwh": np.round(energy * 0.7, 3), "traffic_tb": np.round(random.gamma(2, 2, meters), 6)}  # fmt: skip
        fixed.with_columns(**{name: pl.Series(one) for name, one in more.items()}).write_parquet(path)


def apart(act: Callable[..., Any], *given: Any) -> Any:
    """In a process of its own: at its start a child counts the memory of the one that starts it as its peak."""
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        return other.submit(act, *given).result()


def run(*command: str) -> tuple[float, float, int, str]:
    """Seconds that passed, seconds of the processors, peak memory in MiB, and what a process has printed."""
    start = perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[-2:]}：没有完成。")
    return perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, said


def ours(source: Path, out: Path) -> tuple[float, float, int, int]:
    command = str(Path(sys.executable).with_name("green-report"))
    *took, _ = run(command, "rollup", str(source), str(out), "--generation", "5G")
    [manifest] = out.glob(".rollup/*/manifest.json")
    return (*took, json.loads(manifest.read_text("utf-8"))["sums"]["wh"])


def matched(folder: Path, pairs: int = CENTRES) -> float:
    """Seconds for the hours of a year of so many enterprises, each with its own green power, from files of a part each."""
    of = pl.DataFrame({"entity_id": [f"T{at:05}" for at in range(pairs)], "province_code": ["440000"] * pairs})
    first = (dt.datetime(2025, 1, 1) - dt.datetime(1970, 1, 1)) // dt.timedelta(hours=1)
    hours, random = pl.DataFrame({"hour": pl.int_range(first, first + 8760, eager=True)}), np.random.default_rng(SEED)
    given: dict[str, list[pl.LazyFrame]] = {"use": [], "green": []}
    by_hand = 0
    for at in range(0, pairs, 450):
        rows = of[at : at + 450].join(hours, how="cross")
        wh = {name: random.integers(0, 10**6, rows.height) for name in given}
        by_hand += int(np.minimum(*wh.values()).sum())
        for name, amounts in wh.items():
            path = folder / f"{name}-{at}.parquet"
            rows.with_columns(wh=pl.Series(amounts)).write_parquet(path)
            given[name].append(pl.scan_parquet(path))
    start = perf_counter()
    found = matching.match(of, given["use"], given["green"], 2025, "flat")
    took = perf_counter() - start
    if found["matched"].sum() != by_hand:
        sys.exit("逐时匹配的和与逐个相加的不同。")
    return took


def main(rounds: int = ROUNDS, millions: int = MILLIONS, more: int = MORE) -> int:
    layout, python = Layout.current(), sys.executable
    took: dict[str, list[tuple[float, float]]] = {"roll-up": [], "DuckDB": [], "polars": [], "pandas": []}
    met = True
    with tempfile.TemporaryDirectory() as spare:
        source = Path(spare, "readings")
        apart(generate, source, millions * 10**6, layout)
        months = [str(path) for path in sorted(source.rglob("*.parquet"))][:PANDAS_FILES]
        for number in range(rounds):
            wall, cpu, peak, total = ours(source, Path(spare, f"out{number}"))
            took["roll-up"].append((wall, cpu))
            for name, code, given in (("DuckDB", DUCKDB, [str(source)]), ("polars", BARE, [str(source)]), ("pandas", PANDAS, months)):  # fmt: skip
                wall, cpu, _, said = run(python, "-c", code, *given)
                scale = 12 / PANDAS_FILES if name == "pandas" else 1
                took[name].append((wall * scale, cpu * scale))
                if name != "pandas" and abs(int(said.split()[0]) - total) > (0 if name == "DuckDB" else total * 1e-9):
                    sys.exit(f"{name} 的和 {said} 与汇总的 {total} 不同。")
        table = Table(title=f"汇总 {millions} 百万个读数（{rounds} 轮的中位数；pandas 由 {PANDAS_FILES}/12 推算）")
        for name in ("参照", "用时（秒）", "处理器（秒）", "汇总是它的几倍", "处理器的倍数", "上限", "结论"):
            table.add_column(name, justify="left" if name in ("参照", "结论") else "right", no_wrap=True)
        for name, bound in (("roll-up", 1.0), ("DuckDB", 1.3), ("polars", 2.2), ("pandas", 0.1)):
            wall, cpu = (statistics.median(one[at] for one in took[name]) for at in (0, 1))
            ratios = [
                statistics.median(mine[at] / its[at] for mine, its in zip(took["roll-up"], took[name], strict=True))
                for at in (0, 1)
            ]
            within = ratios[0] <= bound
            met &= within
            table.add_row(name, f"{wall:.1f}", f"{cpu:.1f}", *(f"{one:.2f}" for one in ratios), f"{bound:g}", "达到" if within else "未达到")  # fmt: skip
        Console(width=110).print(table)
        if more:
            bigger = Path(spare, "more")
            apart(generate, bigger, more * 10**6, layout)
            *_, high, _ = ours(bigger, Path(spare, "out-more"))
            grown = high / peak - 1
            within = high < 1536 and grown < 0.1
            met &= within
            print(
                f"内存峰值：{millions} 百万 {peak} MiB，{more} 百万 {high} MiB（增 {grown:.0%}，上限 1536 MiB、10%）：{'达到' if within else '未达到'}"
            )
        took_s = statistics.median(matched(Path(spare)) for _ in range(rounds))
        met &= took_s < 5
        print(
            f"逐时匹配 {CENTRES:,} 家 × 8,760 小时：{took_s:.1f} 秒（上限 5 秒）：{'达到' if took_s < 5 else '未达到'}"
        )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
