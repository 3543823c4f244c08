"""`green-report params`."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.options import Filings, Override
from pipeline.commands.printing import print_frame, terminal
from pipeline.errors import shown
from pipeline.given import params as parameters
from pipeline.given import regions
from pipeline.layout import SAMPLE, Layout


def show_parameters(
    region: Annotated[str, typer.Option("--region", help="全国或一个省（简称、全称或代码）")] = "全国",
    scenario: Annotated[str, typer.Option("--scenario", help="一个情景名")] = "plan",
    filings: Filings = SAMPLE,
    override: Override = None,
) -> None:
    """列出生效的参数：取值、允许范围、来自哪个文件的哪一行，以及与填报矛盾的。"""
    from pipeline.build import edition
    from pipeline.build.plan import Selection, jobs

    layout = Layout.current()
    where = regions.resolve(region, layout)
    resolved = parameters.resolve(layout, where, scenario, tuple(override or ()))
    [job] = jobs(layout, Selection(None, where.code, scenario, filings, overrides=tuple(override or ())))
    moved, warned = edition.assumed(layout, job)
    print_frame(parameters.table(resolved, moved), f"{where.short_zh}·{scenario}")
    for warning in warned["warning"]:
        terminal().print(shown(f"提示：{warning}"), style="yellow")
