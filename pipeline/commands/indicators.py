"""`green-report indicators`."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.options import Filings, Override, Plan
from pipeline.commands.printing import known_format, print_csv, print_frame, print_json
from pipeline.layout import SAMPLE, Layout


def indicators(
    names: Annotated[list[str] | None, typer.Argument(metavar="指标", help="指标名，如 dc.pue.all；默认全部")] = None,
    year: Annotated[int | None, typer.Option(help="年份；默认是有填报的最近一年")] = None,
    region: Annotated[str, typer.Option("--region", help="同 build；也可为东部、中部、西部、东北")] = "全国",
    by: Annotated[str, typer.Option(help="再分到 province、entity 或一个维度，如 facility_type")] = "",
    filings: Filings = SAMPLE,
    plan: Plan = None,
    override: Override = None,
    format: Annotated[str, typer.Option(help="table（表格）、json 或 csv")] = "table",
) -> None:
    """列出指标值：全国、各省、各单位或各分项。"""
    from pipeline.build.edition import computed
    from pipeline.build.plan import Selection, jobs
    from pipeline.indicators import listing
    from pipeline.indicators.model import load_catalogue

    known_format(format, "table", "json", "csv")
    layout = Layout.current()
    area = listing.economic(region)
    planned = jobs(
        layout, Selection(None, "全国" if area else region, filings=filings, overrides=tuple(override or ()), plan=plan)
    )
    catalogue = load_catalogue(layout, plan_id=planned[0].plan)
    for name in names or ():
        listing.check(name, catalogue)
    where, when = [area] if area else [job.region for job in planned], year or planned[0].year
    rows = listing.choose(computed(layout, planned[0], names or ()), catalogue, where, when, by, names or ())
    if format == "json":
        print_json(rows.to_dicts())
    elif format == "csv":
        print_csv(rows)
    else:
        print_frame(listing.shown(rows, catalogue, layout), f"指标：{when} 年（填报：{filings}）")
