"""`green-report publish`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import Filings, Scenario
from pipeline.commands.printing import terminal
from pipeline.errors import OutputError, shown
from pipeline.layout import SAMPLE, Layout


def publish(
    year: Annotated[int | None, typer.Option(help="报告年份；默认是为公众生成过报告的最近一年")] = None,
    region: Annotated[str, typer.Option("--region", help="同 build；默认全国和 31 个省")] = "all",
    scenario: Scenario = "plan",
    filings: Filings = SAMPLE,
    to: Annotated[str, typer.Option(help="发布哪些格式：html、pdf、docx，用逗号分开；html 不能少")] = "html,pdf",
    reports: Annotated[Path | None, typer.Option(help="报告所在的文件夹；默认是项目的 reports/")] = None,
    out: Annotated[Path, typer.Option(help="网站写到哪个文件夹；原来的网站留在旁边的 <文件夹>.previous")] = Path(
        "site"
    ),
    base_url: Annotated[str, typer.Option(help="网站的完整地址；给出时写 sitemap.xml，订阅用完整链接")] = "",
    sign: Annotated[
        Path | None, typer.Option(help="用这把私钥（green-report key new 生成）签名；不能放在仓库或网站里")
    ] = None,
    import_record: Annotated[
        Path | None,
        typer.Option(help="不发布，只从这个网站文件夹取回公布记录（data/published），以后的保密处理以它为准"),
    ] = None,
) -> None:
    """发布：把为公众生成的报告做成网站，任何静态服务器或 U 盘都能用。

    只发布 build --audience public 的、通过保密审核的报告；新网站整个换上，不成则原样不动。
    """
    from pipeline.publish.site import publish as make
    from pipeline.publish.taken import Wanted

    if import_record is not None:
        from pipeline.disclosure import record

        new = record.bring_back(Layout.current(), import_record)
        print(shown(f"取回 {new} 份公布记录，在 {Layout.current().published}" if new else "公布记录都已在，没有新的"))
        return
    if out == Path():
        raise OutputError("output.empty", "--out 是空的；请写一个文件夹，如 site")
    done = make(Layout.current(), Wanted(year, region, scenario, filings, to, reports, out, base_url, sign))
    steps = terminal(stderr=True)
    if done.corrects:
        steps.print(
            shown(f"这一版以前公布过，内容与这次不同：这次公布在 {done.edition}/，以前的原样留在 {done.corrects}/")
        )
    if done.withdrawn:
        gone = "、".join(done.withdrawn)
        steps.print(shown(f"这次没有 {len(done.withdrawn)} 份：{gone}；以前公布的留在原地址"), style="yellow")
    if not done.changed:
        steps.print(shown(f"{done.edition} 已经公布，内容相同，网站没有变化"))
    steps.print(f"{done.files} 个文件，其中 {done.changed} 个是新的或有变化")
    if done.previous:
        steps.print(shown(f"原来的网站留在 {done.previous}"))
    print(shown(done.index))
