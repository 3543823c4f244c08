"""`green-report lab`."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.options import Filings
from pipeline.given import params, regions
from pipeline.layout import SAMPLE, Layout


def lab(
    region: Annotated[str, typer.Option("--region", help="先打开哪个地区")] = "全国",
    scenario: Annotated[str, typer.Option("--scenario", help="先打开哪个情景")] = "plan",
    filings: Filings = SAMPLE,
    options: Annotated[
        list[str] | None, typer.Argument(metavar="[-- 选项]", help="交给 JupyterLab 的选项，如 -- --no-browser")
    ] = None,
) -> None:
    """在 JupyterLab 里打开试算台：拖动参数，立刻看到到 2030 年的路径；保存笔记本时不带输出。"""
    from pipeline.workbench import lab as workbench

    layout = Layout.current()
    where = regions.resolve(region, layout)
    params.resolve(layout, where, scenario)
    raise typer.Exit(workbench.start(layout, where.short_zh, scenario, filings, list(options or ())))
