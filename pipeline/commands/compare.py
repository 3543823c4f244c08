"""`green-report compare`."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.options import Override
from pipeline.commands.printing import known_format, print_csv, print_frame, print_json, terminal
from pipeline.errors import shown
from pipeline.given import reference
from pipeline.layout import Layout


def compare(
    one: Annotated[
        str,
        typer.Argument(
            metavar="甲", help="scenario:情景、region:地区或 edition:版本（可加 @previous）", show_default=False
        ),
    ],
    other: Annotated[str, typer.Argument(metavar="乙", help="与甲同类的另一个", show_default=False)],
    region: Annotated[str | None, typer.Option("--region", help="比较情景或版本时：哪个地区；默认全国")] = None,
    scenario: Annotated[str | None, typer.Option("--scenario", help="比较地区或版本时：哪个情景；默认 plan")] = None,
    year: Annotated[int | None, typer.Option(help="只比较这一年")] = None,
    filings: Annotated[str | None, typer.Option("--filings", help="比较情景或地区时：同 build")] = None,
    override: Override = None,
    format: Annotated[str, typer.Option(help="table（表格）、json 或 csv")] = "table",
) -> None:
    """比较两个情景、两个地区或两个版本：差别由大到小，连同不同的参数和原因。"""
    from pipeline.compare import comparison

    known_format(format, "table", "json", "csv")
    layout = Layout.current()
    options = comparison.Options(region, scenario, filings, tuple(override or ()), year)
    found = comparison.compare(layout, one, other, options)
    if format == "json":
        print_json(comparison.as_data(found))
        return
    if format == "csv":
        print_csv(found.differences)
        return
    first = found.differences.head(comparison.SHOWN)
    console = terminal()
    console.print(shown(f"{found.a} 与 {found.b} 相比（{found.about}）"))
    if found.parameters.height:
        print_frame(comparison.parameters_shown(found), f"不同的参数：{found.parameters.height} 个")
    else:
        console.print("参数都相同。")
    if first.height:
        rest = "" if found.differences.height == first.height else f"，列出前 {first.height} 个（全部见 --format csv）"
        print_frame(comparison.shown(found, layout, first), f"不同的数值：{found.differences.height} 个{rest}")
    else:
        console.print("数值都相同。")
    if found.drivers.height:
        last = reference.load_plan(layout, found.plan).horizon
        print_frame(
            comparison.drivers_shown(found, layout), f"{last} 年的差别由哪些因素造成（LMDI 分解，各项之和等于差别）"
        )
    for note in found.notes:
        console.print(shown(note))
