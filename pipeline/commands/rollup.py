"""`green-report rollup`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from pipeline.commands.printing import known_format, print_frame, print_table, terminal
from pipeline.errors import ParameterError, shown
from pipeline.layout import Layout

MOST = 40  # lines of matching that are printed; the file has all


def rollup(
    source: Annotated[
        str, typer.Argument(metavar="读数", help="Parquet 读数：文件夹、一个文件，或 s3://桶/前缀", show_default=False)
    ],
    folder: Annotated[Path, typer.Argument(metavar="文件夹", help="月度报表写到哪个填报文件夹", show_default=False)],
    year: Annotated[int | None, typer.Option(help="报告年份；默认是读数最多的一年")] = None,
    generation: Annotated[str | None, typer.Option(help="读数没有 generation 列时，全部基站的制式：4G 或 5G")] = None,
    centres: Annotated[Path | None, typer.Option(help="数据中心台账：按模板“数据中心”表填写的文件，电量可空")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Dask 调度器的地址，如 tcp://10.0.0.1:8786")] = None,
    green: Annotated[str | None, typer.Option(help="逐时绿电读数的地址（类型填 绿色电力）：另算逐时绿电匹配率")] = None,
    profile: Annotated[str, typer.Option(help="读数只有月份时假定的负荷曲线：flat 均匀，telecom 通信业")] = "flat",
    format: Annotated[str, typer.Option(help="csv 或 parquet")] = "csv",
) -> None:
    """把电表读数汇总为月度报表：能源消耗、数据中心、基站能效，可直接作填报；不对的读数退回并说明原因。

    中断后重新运行，从中断处继续。对象存储的密钥只从环境变量读取。
    """
    from pipeline.rollup.matching import PROFILES
    from pipeline.rollup.readings import SENTENCES
    from pipeline.rollup.run import Request, roll_up

    known_format(format, "csv", "parquet")
    if generation not in (None, "4G", "5G"):
        raise ParameterError("option.unknown", f"--generation {shown(generation)}：没有这种制式；可用：4G、5G")
    if profile not in PROFILES:
        raise ParameterError("option.unknown", f"--profile {shown(profile)}：没有这种曲线；可用：{'、'.join(PROFILES)}")
    console = terminal(stderr=True)
    asked = Request(source, folder, year, generation, centres, format, scheduler, green, profile)
    done = roll_up(asked, Layout.current(), lambda said: console.print(shown(said)))
    rows = [(SENTENCES[rule], n) for rule, n in done.rejected.items()]
    print_table([("读到", done.read), ("接受", done.accepted), *rows], ["读数", "个"], f"读数汇总（{done.year} 年）")
    if done.matched is not None:
        rows_ = done.matched.filter(pl.col("范围") != "单位在各省").drop("负荷曲线").cast(pl.String)
        [label] = done.matched["负荷曲线"].unique()
        print_frame(rows_.head(MOST), f"绿电匹配（负荷曲线：{label}）")
    for remark in done.remarks:
        terminal().print(shown(remark), style="yellow")
    if done.reused:
        terminal().print(f"{done.parts} 份中沿用了上次完成的 {done.reused} 份。")
    for path in done.written:
        terminal().print(shown(path))
