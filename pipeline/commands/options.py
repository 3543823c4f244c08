"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Region = Annotated[str, typer.Option("--region", help="全国、一个省（简称、全称或代码）、用逗号分开的几个，或 all")]
Scenario = Annotated[str, typer.Option("--scenario", help="情景名、用逗号分开的几个，或 all")]
Filings = Annotated[str, typer.Option("--filings", help="填报文件所在的文件夹，或 none（只用公开统计）")]
Plan = Annotated[str | None, typer.Option("--plan", help="计划编号，如 2022-2025；默认是报告年份所属的计划")]
Override = Annotated[list[str] | None, typer.Option("-p", metavar="参数=值", help="改写一个参数，可多次给出")]
