"""`green-report what-if`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from pipeline.commands.options import Filings
from pipeline.commands.printing import known_format, print_csv, print_frame, print_json, terminal
from pipeline.errors import ParameterError, shown
from pipeline.layout import SAMPLE, Layout


def what_if(
    written: Annotated[
        list[str] | None, typer.Argument(metavar="参数=值", help="要试的参数，如 g_it=0.12 e_bs=0.08,0.1,0.12")
    ] = None,
    region: Annotated[str, typer.Option("--region", help="全国或一个省（简称、全称或代码）")] = "全国",
    scenario: Annotated[str, typer.Option("--scenario", help="一个情景名")] = "plan",
    filings: Filings = SAMPLE,
    save: Annotated[bool, typer.Option("--save", help="写入该省的参数文件，须同时给出 --reason")] = False,
    reason: Annotated[str, typer.Option("--reason", help="为什么这样改，写在参数后的注释里")] = "",
    format: Annotated[str, typer.Option(help="table（表格）、json 或 csv")] = "table",
) -> None:
    """试算：改几个情景参数，立刻看到 2030 年的数值、目标达成和原因，不生成报告；可保存为该省的参数。"""
    from pipeline.build.plan import epoch
    from pipeline.workbench import save as kept
    from pipeline.workbench import shown as told
    from pipeline.workbench.trial import what_if

    known_format(format, "table", "json", "csv")
    if reason and not save:
        raise ParameterError("what_if.idle_reason", "--reason 要与 --save 一起用；只试算时不用写理由")
    layout = Layout.current()
    trial = what_if(region, scenario, *(written or ()), filings=filings, layout=layout)
    change = kept.change(layout, trial, reason, epoch() or dt.date.today()) if save else None
    if format == "json":
        print_json(told.as_data(trial))
    elif format == "csv":
        print_csv(trial.comparison.differences)
    else:
        for title, frame in told.tables(trial, layout):
            print_frame(frame, title)
        for sentence in told.sentences(trial, layout):
            terminal().print(shown(sentence))
    for warning in trial.warnings:
        terminal(stderr=True).print(shown(f"提示：{warning}"), style="yellow")
    if change:
        for line in change.diff(layout.root).splitlines():
            terminal(stderr=True).print(shown(line))
        kept.write(layout, trial, change)
        place = change.path.relative_to(layout.root).as_posix()
        terminal(stderr=True).print(
            shown(
                f"已写入 {place}；生成报告：green-report build --region {trial.region.short_zh} --scenario {scenario}"
            )
        )
