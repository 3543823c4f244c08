"""green-report: parses, calls, prints. Exit status 0: done; 1: a report failed or something is missing; 2: wrong input."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from pipeline import doctor as diagnosis
from pipeline import params as parameters
from pipeline import regions
from pipeline.errors import OutputError, UserError
from pipeline.layout import Layout

USAGE = {  # typer's words for wrong calls
    r"No such command '(.*?)'": "没有命令 {}，可用的是 build、params、doctor",
    r"unexpected extra argument(?:s|\(s\))? \((.*)\)": "多出了 {}，选项要写成 --名称 取值",
    r"requires an argument": "后面缺少取值",
    r"valid integer": "取值不是整数，应如 2025",
}
UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # typer keeps the class itself to itself

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="信息通信行业绿色低碳发展年度报告：从填报数据和公开统计到 HTML、PDF。",
)

Region = Annotated[str, typer.Option("--region", help="全国、一个省（简称、全称或代码）、用逗号分开的几个，或 all")]
Scenario = Annotated[str, typer.Option("--scenario", help="情景名、用逗号分开的几个，或 all")]
Override = Annotated[list[str] | None, typer.Option("-p", metavar="KEY=VALUE", help="改写一个参数，可多次给出")]


@app.command()
def build(
    year: Annotated[int | None, typer.Option(help="报告年份；默认是有数据的最近一年")] = None,
    region: Region = "全国",
    scenario: Scenario = "plan",
    filings: Annotated[str, typer.Option(help="填报文件所在的文件夹，或 none（只用公开统计）")] = "none",
    audience: Annotated[str, typer.Option(help="internal（全部）或 public（公开）")] = "internal",
    override: Override = None,
    to: Annotated[str, typer.Option(help="输出格式：html、pdf、docx，用逗号分开")] = "html,pdf",
    engine: Annotated[str, typer.Option(help="渲染引擎：auto、quarto、embedded")] = "auto",
    out: Annotated[Path | None, typer.Option(help="输出文件夹；默认是项目的 reports/")] = None,
) -> None:
    """生成报告。"""
    from pipeline.reports import build as builder
    from pipeline.reports.plan import Selection, jobs
    from pipeline.reports.render.engine import choose

    layout = Layout.current()
    if out == Path():
        raise OutputError("output.empty", "--out 是空的；请写一个文件夹，或去掉 --out（默认写到项目的 reports/）")
    chosen = choose(engine)
    wanted = Selection(year, region, scenario, filings, audience, tuple(override or ()), to, out)
    planned = jobs(layout, wanted)
    steps = Console(stderr=True, highlight=False)
    steps.print(f"渲染引擎：{chosen.name}（{chosen.version}）")
    with steps.status("准备…") as status:
        if steps.is_terminal:
            results = builder.build(layout, planned, chosen, status.update)
        else:
            results = builder.build(layout, planned, chosen, lambda step: steps.print(step, soft_wrap=True))
    for result in results:
        for file in result.files:
            print(file)
    failed = [result for result in results if result.problem]
    for result in failed:
        steps.print(
            f"失败：{result.job.region.short_zh}·{result.job.scenario}：{result.problem}",
            style="red",
            soft_wrap=True,
        )
    if failed:
        raise typer.Exit(1)


@app.command("params")
def show_parameters(region: Region = "全国", scenario: Scenario = "plan", override: Override = None) -> None:
    """列出生效的参数：取值、允许范围，以及来自哪个文件的哪一行。"""
    layout = Layout.current()
    where = regions.resolve(region, layout)
    resolved = parameters.resolve(layout, where, scenario, tuple(override or ()))
    _print_table(parameters.table(resolved).rows(), parameters.table(resolved).columns, f"{where.short_zh}·{scenario}")


@app.command()
def doctor() -> None:
    """检查环境：有什么、缺什么、缺了怎么办。"""
    findings = diagnosis.examine(Layout.current())
    rows = [(finding.symbol, finding.what, finding.found, finding.remedy) for finding in findings]
    _print_table(rows, ["", "项目", "现状", "怎么办"], "环境检查")
    if any(finding.needed and not finding.ok for finding in findings):
        raise typer.Exit(1)


def _print_table(rows: Sequence[tuple[object, ...]], columns: list[str], title: str) -> None:
    table = Table(title=title, title_justify="left", show_lines=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 160
    console.print(table)


def main() -> NoReturn:
    """The entry point: a user's error is one Chinese sentence on stderr and exit status 2."""
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except UserError as error:
        _refuse(error.message)
    except UsageError as error:
        _refuse(_usage(error))
    except (KeyboardInterrupt, typer.Abort):
        print("已中断。", file=sys.stderr)
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)


def _refuse(sentence: str) -> NoReturn:
    print(f"错误：{sentence}", file=sys.stderr)
    sys.exit(2)


def _usage(error: Exception) -> str:
    """What typer says in English of a wrong call, as a Chinese sentence."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "green-report"
    option, near = getattr(error, "option_name", ""), getattr(error, "possibilities", None)
    if near is not None or type(error).__name__ == "NoSuchOption":
        hint = f"；是不是 {'、'.join(near)}" if near else ""
        return f"没有选项 {option}{hint}；运行 {command} --help 可查看全部选项"
    parameter = getattr(error, "param", None)
    name = "/".join(parameter.opts) if parameter is not None else option
    message = str(getattr(error, "message", ""))
    for pattern, sentence in USAGE.items():
        if found := re.search(pattern, message):
            message = sentence.format(*found.groups())
    return f"{name or command}：{message}；运行 {command} --help 可查看用法"
