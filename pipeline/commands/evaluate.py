"""`green-report evaluate`."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.options import Filings, Override, Plan
from pipeline.commands.printing import known_format, print_csv, print_frame, print_json, terminal
from pipeline.errors import DataError, OutputError, ParameterError, shown
from pipeline.layout import SAMPLE, Layout

if TYPE_CHECKING:
    import polars as pl

    from pipeline.build.plan import Job
    from pipeline.chapters.evaluation import Graded
    from pipeline.reports.blocks import Table


def evaluate(
    scheme: Annotated[str | None, typer.Option("--scheme", help="评价方案的编号；默认是适用于这一年的")] = None,
    entity: Annotated[str | None, typer.Option("--entity", help="只看一家：单位编码，并列出它的全部指标")] = None,
    year: Annotated[int | None, typer.Option(help="年份；默认是有填报的最近一年")] = None,
    filings: Filings = SAMPLE,
    plan: Plan = None,
    override: Override = None,
    format: Annotated[str, typer.Option(help="table（表格）、json、csv 或 xlsx")] = "table",
    out: Annotated[Path | None, typer.Option(help="xlsx 写到哪个文件；默认 企业评价-年份.xlsx")] = None,
    letters: Annotated[Path | None, typer.Option(help="给每家企业写一份 PDF 告知函，放在这个文件夹")] = None,
) -> None:
    """按评价方案给企业评级：得分、等级、等级稳不稳、怎样提高；可写告知函。改了方案文件，再运行即见效果。"""
    from pipeline.build.edition import evaluated
    from pipeline.build.plan import Selection, jobs
    from pipeline.chapters.evaluation import Graded
    from pipeline.evaluation.evaluate import Evaluation
    from pipeline.given import reference
    from pipeline.indicators.model import load_catalogue

    known_format(format, "table", "json", "csv", "xlsx")
    layout = Layout.current()
    wanted = Selection(year, "全国", filings=filings, overrides=tuple(override or ()), plan=plan)
    [job] = jobs(layout, wanted)
    by, found = evaluated(layout, job, scheme_id=scheme)
    if by is None:
        raise DataError(
            "scheme.none",
            f"{job.year} 年没有评价方案；请在 data/raw/reference/evaluation 加入适用于这一年的方案，或用 --scheme 指明。",
        )
    known = found.enterprises["entity_id"].to_list()
    if not known:
        raise DataError("scheme.nobody", f"没有《{by.title}》适用的单位填报，无从评价；请用 --filings 指明填报文件夹。")
    if entity is not None:
        if entity not in known:
            near = difflib.get_close_matches(entity, known, n=1, cutoff=0)[0]
            raise ParameterError("scheme.entity", f"--entity {shown(entity)}：没有评价这家单位；最接近的是 {near}")
        found = Evaluation(found.enterprises.filter(entity_id=entity), found.criteria.filter(entity_id=entity))
    base = reference.load_plan(layout, job.plan).baseline_year
    graded = Graded(by, found, load_catalogue(layout, plan_id=job.plan), base)
    if format == "json":
        print_json({"scheme": by.model_dump(mode="json"), "enterprises": found.enterprises.to_dicts(), "criteria": found.criteria.to_dicts()})  # fmt: skip
    elif format == "csv":
        print_csv(_flat(found.enterprises))
    elif format == "xlsx":
        _workbook(out or Path(f"企业评价-{job.year}.xlsx"), _tables(graded, every=True))
    else:
        if not by.official:
            terminal().print(shown(by.notice), style="yellow")
        for title, frame in _tables(graded, every=entity is not None).items():
            print_frame(frame, title)
    if letters is not None:
        _letters(layout, job, graded, letters)


def _tables(graded: Graded, every: bool) -> dict[str, pl.DataFrame]:
    """Title -> rows, as the report has them. every: also the card of each enterprise."""
    told = {
        f"{graded.scheme.title}：等级": graded.standing("t-standing"),
        "各维度得分": graded.dimensions("t-dimensions"),
        "最能提高得分的三项": graded.lifts("t-lifts"),
    }
    if every:
        told |= {f"{row['name']}：各项指标": graded.card(row, "t-card") for row in graded.rows}
    return {title: _named(table) for title, table in told.items()}


def _named(table: Table) -> pl.DataFrame:
    from pipeline.language.words import CHINESE
    from pipeline.reports.blocks import frame

    rows = frame(table)
    return rows.rename({name: table.columns[name].told(CHINESE) for name in rows.columns})


def _flat(rows: pl.DataFrame) -> pl.DataFrame:
    import polars as pl
    import polars.selectors as cs

    lists = [name for name, dtype in rows.schema.items() if isinstance(dtype, pl.List)]
    texts = [pl.col(name).cast(pl.List(pl.String)).list.join("、").alias(name) for name in lists]
    return rows.with_columns(texts).with_columns(cs.float().round(4))


def _workbook(path: Path, tables: dict[str, pl.DataFrame]) -> None:
    import xlsxwriter

    from pipeline.output import placed

    if path.exists():
        raise OutputError("output.exists", f"已有 {path}；请换一个文件名，或先移走它。")
    with placed(path) as beside:
        book = xlsxwriter.Workbook(str(beside), {"strings_to_formulas": False, "strings_to_urls": False})
        for no, (title, rows) in enumerate(tables.items(), 1):
            sheet = book.add_worksheet(f"{no}")
            sheet.write_string(0, 0, title)
            rows.write_excel(workbook=book, worksheet=sheet, position=(1, 0), autofit=True)
        book.close()
    print(shown(path))


def _letters(layout: Layout, job: Job, graded: Graded, folder: Path) -> None:
    from pipeline.build.edition import evidence
    from pipeline.chapters import letters
    from pipeline.language.words import CHINESE

    behind = evidence(layout, job, graded.scheme)
    front = job.front
    signed: dict[str, Any] = {
        "publisher": front.publisher, "year": job.year, "date": CHINESE.date(*front.date), "sample": front.sample,
    }  # fmt: skip
    for row in graded.rows:
        said = letters.content(graded, row, behind, **signed)
        target = folder / f"告知函-{job.year}-{_safe(row['entity_id'])}.pdf"
        letters.write(layout, said, target)
        terminal(stderr=True).print(shown(target))


def _safe(code: str) -> str:
    """A code as part of a file's name."""
    return "".join(one if one.isalnum() or one in "-_." else "_" for one in code)
