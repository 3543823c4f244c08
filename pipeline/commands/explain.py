"""`green-report explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.options import Filings, Override, Plan
from pipeline.commands.printing import known_format, print_frame, print_json, terminal
from pipeline.errors import shown
from pipeline.given import regions
from pipeline.layout import SAMPLE, Layout


def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="指标", help="指标名，如 dc.pue.new_large；公开统计名或行号，如 bs5g、N032", show_default=False
        ),
    ],
    region: Annotated[str, typer.Option("--region", help="全国、一个省，或东部、中部、西部、东北")] = "全国",
    year: Annotated[int | None, typer.Option(help="年份；默认是有填报的最近一年")] = None,
    filings: Filings = SAMPLE,
    plan: Plan = None,
    override: Override = None,
    format: Annotated[str, typer.Option(help="table（表格）或 json（全部行）")] = "table",
) -> None:
    """说明一个数怎样得来：公式、分子分母、每一行填报的出处和退回的行；公开统计则列出每个来源及取舍。"""
    from pipeline.build.edition import explained
    from pipeline.build.plan import Selection, jobs
    from pipeline.indicators import listing, origins
    from pipeline.indicators.model import load_catalogue

    known_format(format, "table", "json")
    layout = Layout.current()
    area = listing.economic(region)
    where = area or regions.resolve(region, layout)
    published = origins.names(layout)
    if name in published:
        rows = origins.origin(name, where, year, layout)
        if format == "json":
            print_json({"rows": rows.to_dicts()})
        elif rows.height:
            print_frame(
                rows, f"{origins.title(name, layout)}（{name}）：公开统计中的 {rows.height} 行，计算只用“采用”的"
            )
        else:
            print(f"{origins.title(name, layout)}（{name}）：没有{where.short_zh}的公开统计；不以其他地区代替。")
        return
    listing.check(name, load_catalogue(layout), published)
    wanted = Selection(
        None, "全国" if area else where.short_zh, filings=filings, overrides=tuple(override or ()), plan=plan
    )
    [job] = jobs(layout, wanted)
    found = explained(layout, job, name, year or job.year, where)
    if format == "json":
        print_json(listing.as_data(found))
        return
    console = terminal()
    for line in listing.told(found, where):
        console.print(shown(line))
    if found.rows.height:
        first = found.rows.head(listing.SHOWN)
        print_frame(
            listing.filed_rows(first, layout),
            f"接受的行共 {found.rows.height} 行，列出 {first.height} 行（全部见 --format json）",
        )
    if found.rejected.height:
        print_frame(listing.rejected_rows(found.rejected), f"同一些表中退回的行共 {found.rejected.height} 行，没有计入")
