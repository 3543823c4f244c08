"""green-report: parses, calls, prints. Exit status 0: done; 1: a report failed or something is missing; 2: wrong input."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import polars as pl
import polars.selectors as cs
import typer
from rich.console import Console
from rich.table import Table

from pipeline.commands import doctor as diagnosis
from pipeline.commands.command_help import App
from pipeline.errors import DataError, OutputError, ParameterError, UserError, shown
from pipeline.given import params as parameters
from pipeline.given import reference, regions
from pipeline.guarded import as_text
from pipeline.layout import SAMPLE, Layout
from pipeline.output import why_not_written
from pipeline.wording import MISSING

USAGE = {  # typer's words for wrong calls
    r"No such command '(.*?)'": "没有命令 {}，可用的是 build、check、template、indicators、explain、compare、publish、params、doctor",
    r"unexpected extra argument(?:s|\(s\))? \((.*)\)": "多出了 {}，选项要写成 --名称 取值",
    r"requires an argument": "后面缺少取值",
    r"valid integer": "取值不是整数，应如 2025",
    r"greater than or equal to (\d+)": "取值太小，应不小于 {}",
}
INTERRUPTED = 130  # also what typer makes of Ctrl-C
UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # typer keeps the class itself to itself

app = App(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="信息通信行业绿色低碳发展年度报告：从填报数据和公开统计到 HTML、PDF。",
)

Region = Annotated[str, typer.Option("--region", help="全国、一个省（简称、全称或代码）、用逗号分开的几个，或 all")]
Scenario = Annotated[str, typer.Option("--scenario", help="情景名、用逗号分开的几个，或 all")]
Filings = Annotated[str, typer.Option("--filings", help="填报文件所在的文件夹，或 none（只用公开统计）")]
Plan = Annotated[str | None, typer.Option("--plan", help="计划编号，如 2022-2025；默认是报告年份所属的计划")]
Override = Annotated[list[str] | None, typer.Option("-p", metavar="参数=值", help="改写一个参数，可多次给出")]


@app.command()
def build(
    year: Annotated[int | None, typer.Option(help="报告年份；默认是有数据的最近一年")] = None,
    region: Region = "全国",
    scenario: Scenario = "plan",
    filings: Filings = SAMPLE,
    audience: Annotated[str, typer.Option(help="internal（全部）或 public（公开）")] = "internal",
    plan: Plan = None,
    override: Override = None,
    to: Annotated[str, typer.Option(help="输出格式：html、pdf、docx，用逗号分开")] = "html,pdf",
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
    from pipeline.reports.render.engine import choose

    layout = Layout.current()
    if out == Path():
        raise OutputError("output.empty", "--out 是空的；请写一个文件夹，或去掉 --out（默认写到项目的 reports/）")
    steps = _console(stderr=True)
    progress: telling.Progress = telling.JsonLines() if log_json else telling.Lines(steps.print)
    chosen = choose(engine, quarto_limit, progress.say)
    if scheduler is not None and not dry_run:  # before the filings are read, which may take long
        from pipeline.build.scheduler import connect

        connect(scheduler).close()
    wanted = Selection(year, region, scenario, filings, audience, tuple(override or ()), to, out, plan, lang, chapter)
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
        _print_frame(builder.outlook(foreseen), f"将生成 {sum(bool(one.reason) for one in foreseen)} 份报告")
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
        _print_frame(builder.summary(results), builder.in_short(results), stderr=True)
    if any(result.problem for result in results):
        raise typer.Exit(1)


@app.command()
def check(
    folder: Annotated[
        Path, typer.Argument(metavar="文件夹", help="填报文件所在的文件夹，可按填报年份分子文件夹", show_default=False)
    ],
    year: Annotated[int | None, typer.Option(help="报告年份，晚于它的行退回；默认是有数据的最近一年")] = None,
    format: Annotated[str, typer.Option(help="table（表格）或 json")] = "table",
    remarks: Annotated[Path | None, typer.Option(help="另把审核意见写成工作簿，放入这个文件夹")] = None,
) -> None:
    """检查填报数据：逐表说明读到、接受、退回多少行，哪里不对，应当怎样。

    退出码：0 没有问题，1 有需要核实的地方，2 有退回的行或没有读全的文件。
    """
    from pipeline.filings import answer
    from pipeline.filings.intake import take_in

    _known_format(format, "table", "json")
    layout = Layout.current()
    intake = take_in(folder, layout, year)
    written = []
    if remarks:
        from pipeline.filings.remarks import write_remarks

        written = write_remarks(intake, remarks)
    if format == "json":
        _print_json(answer.as_data(intake))
        raise typer.Exit(intake.status)
    console = _console()
    _print_frame(answer.by_table(intake.counts), f"填报检查：{folder}（报告年份 {intake.report_year}）")
    broken = list(answer.not_read(intake.files))
    for status, sentence in broken[: answer.SHOWN]:
        console.print(shown(sentence), style="red" if status == "unreadable" else "yellow")
    if len(broken) > answer.SHOWN:
        console.print(f"还有 {len(broken) - answer.SHOWN} 个没有读全的文件没有列出，见 --format json。", style="red")
    kinds = answer.alike(intake.findings)
    for severity, sentence in kinds.head(answer.SHOWN).iter_rows():
        said = shown(f"{answer.SEVERITIES[severity]}  {sentence}")
        console.print(said, style="red" if severity == "error" else "yellow")
    if kinds.height > answer.SHOWN:
        by_rule = answer.by_rule(intake.findings).rows()
        title = f"还有 {kinds.height - answer.SHOWN} 类没有列出；全部按规则计"
        _print_table(by_rule, ["性质", "规则", "表", "处"], title)
        console.print("全部内容见 --format json，或用 --remarks 文件夹 写成审核意见。")
    for note in answer.notes(intake):
        console.print(shown(note))
    for path in written[: answer.SHOWN]:
        console.print(shown(f"审核意见：{path}"))
    if len(written) > answer.SHOWN:
        console.print(shown(f"审核意见共 {len(written)} 份，都在 {remarks}"))
    console.print(answer.verdict(intake))
    raise typer.Exit(intake.status)


@app.command()
def template(
    out: Annotated[Path, typer.Argument(metavar="文件", help="写到哪个 .xlsx 文件", show_default=False)],
    entity: Annotated[str | None, typer.Option(help="填报单位的编码；填报单位列只列出它")] = None,
    region: Annotated[str | None, typer.Option(help="省份；省份列只列出它")] = None,
    year: Annotated[int | None, typer.Option(help="报告年份；年份列不晚于它")] = None,
    force: Annotated[bool, typer.Option("--force", help="已有同名文件时覆盖")] = False,
) -> None:
    """生成填报模板：每张表一页，有下拉选项、取值范围和填报说明。"""
    from pipeline.filings.template import write_template

    layout = Layout.current()
    where = regions.resolve(region, layout) if region else None
    write_template(out, layout, entity, where, year, force=force)
    print(shown(out))


@app.command()
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

    _known_format(format, "table", "json", "csv")
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
        _print_json(rows.to_dicts())
    elif format == "csv":
        _print_csv(rows)
    else:
        _print_frame(listing.shown(rows, catalogue, layout), f"指标：{when} 年（填报：{filings}）")


@app.command()
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

    _known_format(format, "table", "json")
    layout = Layout.current()
    area = listing.economic(region)
    where = area or regions.resolve(region, layout)
    published = origins.names(layout)
    if name in published:
        rows = origins.origin(name, where, year, layout)
        if format == "json":
            _print_json({"rows": rows.to_dicts()})
        elif rows.height:
            _print_frame(
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
        _print_json(listing.as_data(found))
        return
    console = _console()
    for line in listing.told(found, where):
        console.print(shown(line))
    if found.rows.height:
        first = found.rows.head(listing.SHOWN)
        _print_frame(
            listing.filed_rows(first, layout),
            f"接受的行共 {found.rows.height} 行，列出 {first.height} 行（全部见 --format json）",
        )
    if found.rejected.height:
        _print_frame(
            listing.rejected_rows(found.rejected), f"同一些表中退回的行共 {found.rejected.height} 行，没有计入"
        )


@app.command()
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
    done = make(Layout.current(), Wanted(year, region, scenario, filings, to, reports, out, base_url))
    steps = _console(stderr=True)
    if done.withdrawn:
        steps.print(shown(f"不再发布 {len(done.withdrawn)} 份：{'、'.join(done.withdrawn)}"), style="yellow")
    steps.print(f"{done.files} 个文件，其中 {done.changed} 个是新的或有变化")
    if done.previous:
        steps.print(shown(f"原来的网站留在 {done.previous}"))
    print(shown(done.index))


@app.command()
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

    _known_format(format, "table", "json", "csv")
    layout = Layout.current()
    options = comparison.Options(region, scenario, filings, tuple(override or ()), year)
    found = comparison.compare(layout, one, other, options)
    if format == "json":
        _print_json(comparison.as_data(found))
        return
    if format == "csv":
        _print_csv(found.differences)
        return
    first = found.differences.head(comparison.SHOWN)
    console = _console()
    console.print(shown(f"{found.a} 与 {found.b} 相比（{found.about}）"))
    if found.parameters.height:
        _print_frame(comparison.parameters_shown(found), f"不同的参数：{found.parameters.height} 个")
    else:
        console.print("参数都相同。")
    if first.height:
        rest = "" if found.differences.height == first.height else f"，列出前 {first.height} 个（全部见 --format csv）"
        _print_frame(comparison.shown(found, layout, first), f"不同的数值：{found.differences.height} 个{rest}")
    else:
        console.print("数值都相同。")
    if found.drivers.height:
        last = reference.load_plan(layout, found.plan).horizon
        _print_frame(
            comparison.drivers_shown(found, layout), f"{last} 年的差别由哪些因素造成（LMDI 分解，各项之和等于差别）"
        )
    for note in found.notes:
        console.print(shown(note))


@app.command("params")
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
    _print_frame(parameters.table(resolved, moved), f"{where.short_zh}·{scenario}")
    for warning in warned["warning"]:
        _console().print(shown(f"提示：{warning}"), style="yellow")


@app.command()
def doctor() -> None:
    """检查环境：有什么、缺什么、缺了怎么办。"""
    findings = diagnosis.examine(Layout.current())
    rows = [(finding.symbol, finding.what, finding.found, finding.remedy) for finding in findings]
    _print_table(rows, ["", "项目", "现状", "怎么办"], "环境检查")
    if any(finding.needed and not finding.ok for finding in findings):
        raise typer.Exit(1)


def _known_format(format: str, *known: str) -> None:
    if format not in known:
        raise ParameterError("option.unknown", f"--format {format}：没有这种格式；可用：{'、'.join(known)}")


def _print_csv(rows: pl.DataFrame) -> None:
    for line in rows.with_columns(as_text(cs.string())).write_csv().removesuffix("\n").split("\n"):
        print(shown(line))


def _print_frame(frame: pl.DataFrame, title: str, stderr: bool = False) -> None:
    _print_table(frame.rows(), frame.columns, title, stderr)


def _print_table(rows: Sequence[tuple[object, ...]], columns: list[str], title: str, stderr: bool = False) -> None:
    table = Table()
    for at, column in enumerate(columns):
        numbers = rows and all(isinstance(row[at], int) for row in rows)
        table.add_column(column, overflow="fold", justify="right" if numbers else "left")
    for row in rows:
        table.add_row(*(MISSING if cell is None else shown(cell) for cell in row))
    console = _console(stderr)
    if not console.is_terminal:
        console.width = 160
    console.print(shown(title))
    console.print(table, soft_wrap=False)


def _console(stderr: bool = False) -> Console:
    """Prints texts as they are: no markup, no names of emoji, no line breaks. Control characters are for `shown`.

    On the stream as it is now: while a notebook runs in this process, sys.stderr is the notebook's.
    """
    file = sys.stderr if stderr else sys.stdout
    return Console(file=file, force_terminal=file.isatty(), highlight=False, markup=False, emoji=False, soft_wrap=True)


def _print_json(data: object) -> None:
    """JSON that any console can show: what is invisible, or not in its encoding, as an escape."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    for line in json.dumps(data, ensure_ascii=not unicode, indent=1).split("\n"):
        safe = shown(line) == line
        print(line if safe else "".join(one if shown(one) == one else json.dumps(one)[1:-1] for one in line))


def main() -> NoReturn:
    """The entry point: a user's error is one Chinese sentence on stderr and exit status 2.

    A character that the console's encoding lacks is written as an escape; it never ends the command. So does what the
    machine refuses: a full disk behind stdout, too many open files, no memory.
    """
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    for text in sys.argv[1:] if sys.argv[1:2] != ["check"] else ():  # of which any folder can be asked
        if re.search(r"[\ud800-\udfff]", text):  # what Python makes of bytes that it cannot read
            _refuse(f"“{text}”里有不是 UTF-8 的字节；请改用 UTF-8 编码的文字和文件名")
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        sys.stdout.flush()
    except UserError as error:
        _refuse(error.message)
    except UsageError as error:
        _refuse(_usage(error))
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except BrokenPipeError:  # whoever read it has had enough
        _forget_stdout()
        status = 1
    except (OSError, MemoryError) as error:
        _forget_stdout()
        what = f"（{error.filename}）" if isinstance(error, OSError) and error.filename else ""
        reason = "内存不足" if isinstance(error, MemoryError) else why_not_written(error) or str(error)
        _refuse(f"没有完成：{reason}{what}；请排除后重新运行，已完成的会沿用")
    if status == INTERRUPTED:
        print("已中断。", file=sys.stderr)
    sys.exit(status if isinstance(status, int) else 0)


def _open_streams() -> None:
    """Where the caller has closed one (`2>&-`), nothing that is opened later may be taken for it."""
    while (opened := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(opened)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _forget_stdout() -> None:
    """What could not be written to it is not tried again when Python ends."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(sentence: str) -> NoReturn:
    print(shown(f"错误：{sentence}"), file=sys.stderr)
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
    if type(error).__name__ == "MissingParameter" and parameter is not None:
        return f"缺少{parameter.help or parameter.name}；运行 {command} --help 可查看用法"
    name = "/".join(parameter.opts) if parameter is not None else option
    message = str(getattr(error, "message", ""))
    for pattern, sentence in USAGE.items():
        if found := re.search(pattern, message):
            message = sentence.format(*found.groups())
    return f"{name or command}：{message}；运行 {command} --help 可查看用法"
