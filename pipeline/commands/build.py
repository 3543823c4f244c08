"""`green-report build`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import Filings, Override, Plan, Region, Scenario
from pipeline.commands.printing import print_frame, terminal
from pipeline.errors import DataError, OutputError, shown
from pipeline.layout import SAMPLE, Layout


def build(
    year: Annotated[int | None, typer.Option(help="报告年份；默认是有数据的最近一年")] = None,
    region: Region = "全国",
    scenario: Scenario = "plan",
    filings: Filings = SAMPLE,
    audience: Annotated[str, typer.Option(help="internal（全部）或 public（公开）")] = "internal",
    plan: Plan = None,
    override: Override = None,
    to: Annotated[str, typer.Option(help="输出格式：html、pdf、docx，用逗号分开")] = "html,pdf",
    part: Annotated[
        str | None,
        typer.Option(
            help="分册：main（正文）、annex（附册）、highlights（要点）、profile（省情一页），用逗号分开，或 all；默认 main,annex"
        ),
    ] = None,
    lang: Annotated[str, typer.Option(help="语言：zh、en，用逗号分开")] = "zh",
    chapter: Annotated[int | None, typer.Option(help="只生成这一章，供修改文字时看，如 4；90 为附录")] = None,
    engine: Annotated[str, typer.Option(help="渲染引擎：auto、quarto、embedded")] = "auto",
    quarto_limit: Annotated[int, typer.Option(min=1, metavar="秒", help="Quarto 一次渲染最多用多少秒")] = 600,
    out: Annotated[Path | None, typer.Option(help="输出文件夹；默认是项目的 reports/")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="填报中有退回的行或读不全的文件就停下")] = False,
    isolated: Annotated[bool, typer.Option("--isolated", help="每个笔记本各用一个进程运行，较慢，互不影响")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="同时用几个进程；默认是处理器的核数")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask 调度器的地址，如 tcp://10.0.0.1:8786；各机须共用文件系统")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="没有变化的也重新生成")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只说明将生成哪些报告、为什么，不生成")] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="进度写成标准错误上的 JSON 行")] = False,
) -> None:
    """生成报告：只生成有变化的，其余沿用。"""
    from pipeline.build import build as builder
    from pipeline.build import edition, editorial
    from pipeline.build import progress as telling
    from pipeline.build.plan import Selection, jobs
    from pipeline.reports import assemble
    from pipeline.reports.render.engine import choose

    layout = Layout.current()
    if out == Path():
        raise OutputError("output.empty", "--out 是空的；请写一个文件夹，或去掉 --out（默认写到项目的 reports/）")
    steps = terminal(stderr=True)
    progress: telling.Progress = telling.JsonLines() if log_json else telling.Lines(steps.print)
    chosen = choose(engine, quarto_limit, progress.say)
    if scheduler is not None and not dry_run:  # before the filings are read, which may take long
        from pipeline.build.scheduler import connect

        connect(scheduler).close()
    assemble.own_styles(layout)
    wanted = Selection(
        year, region, scenario, filings, audience, tuple(override or ()), to, out, plan, lang, chapter, part
    )
    planned = jobs(layout, wanted)
    progress.say(f"渲染引擎：{chosen.name}（{chosen.version}）")
    if (filed := planned[0].filed) is not None:
        if strict and filed.status == 2:
            raise DataError(
                "filings.strict", f"{filed.said}--strict 要求全部接受，已停下；请先用 green-report check 查看"
            )
        progress.say(filed.said)
        if year is None and (later := [one for one in filed.years if one > planned[0].year]):
            progress.say(
                f"填报里还有 {'、'.join(map(str, later))} 年的数据，没有这一年的公开统计，按 {planned[0].year} 年编制；"
                f"要编制 {later[-1]} 年的报告，请先在 data/raw/public 加入这一年的年度统计"
            )
    how = builder.How(workers or os.cpu_count() or 1, scheduler, isolated, force)
    if dry_run:
        foreseen = builder.foresee(layout, planned, chosen, how)
        print_frame(builder.outlook(foreseen), f"将生成 {sum(bool(one.reason) for one in foreseen)} 份报告")
        return
    if steps.is_terminal and not log_json:
        progress = telling.Bar(steps)
    try:
        results = builder.build(layout, planned, chosen, progress, how)
    finally:
        progress.close()
    if said := edition.disclosed(layout, planned):
        steps.print(shown(said))
    for warning in [*edition.contradicting(layout, planned), *editorial.check(planned, layout)]:
        steps.print(shown(f"提示：{warning}"), style="yellow")
    for result in results:
        for file in result.files:
            print(shown(file))
    if not log_json:
        for result in results:
            if result.problem:
                steps.print(shown(f"失败：{builder.name(result.job)}：{result.problem}"), style="red")
        print_frame(builder.summary(results), builder.in_short(results), stderr=True)
    if any(result.problem for result in results):
        raise typer.Exit(1)
