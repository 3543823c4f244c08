"""What the chapter on the plan's actions draws: the status of every task in every year of the plan, and what was filed as
evidence of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import polars as pl

from pipeline import wording
from pipeline.chapters.shapes import FILED
from pipeline.charts import labels, theme
from pipeline.findings import Progress
from pipeline.given.reference import Plan
from pipeline.given.regions import Region
from pipeline.indicators import progress
from pipeline.indicators.model import members
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Table

STATES = {
    "all_done": ("●", theme.PRIMARY),
    "nearly_done": ("◆", theme.SEQUENTIAL[2]),
    "most_done": ("◇", theme.SEQUENTIAL[1]),
    "under_way": ("△", theme.SEQUENTIAL[0]),
    "not_begun": ("□", "white"),
    "none_filed": ("○", theme.NO_DATA),
}
"""How far a task is, by the share of its items that are completed: its sign and its tone, a key of the glossary each."""
NAMES, ROW, SIZE, SMALL = 430, 15.5, 11, 10  # px: of the names of tasks beside their rows, of a row, of their letters


@dataclass(frozen=True)
class Task:
    """A task of the plan, or a safeguard. by_year: what was filed of it in each year."""

    no: str
    title: str
    by_year: Mapping[int, Progress]


def state(one: Progress) -> str:
    """A key of STATES."""
    if not one.n:
        return "none_filed"
    if one.done == one.n:
        return "all_done"
    if one.not_started == one.n:
        return "not_begun"
    return "nearly_done" if 4 * one.done >= 3 * one.n else "most_done" if 2 * one.done >= one.n else "under_way"


def tasks(plan: Plan, filed: pl.DataFrame, region: Region, years: Sequence[int]) -> list[Task]:
    """Every task of the plan, and then every safeguard, with what was filed of it."""
    found: dict[tuple[str, str], dict[int, Progress]] = {}
    for year in years:
        for by in ((), ("item",)):
            for row in progress.statuses(filed, region, year, *by).iter_rows(named=True):
                key = row.pop("action_no"), row.pop("item", "")
                found.setdefault(key, {})[year] = Progress(**row)
    of_tasks = [Task(one.no, one.title, found.get((str(action.no), one.title), {})) for action in plan.actions for one in action.tasks]  # fmt: skip
    return of_tasks + [Task(one.id, one.title, found.get((one.id, ""), {})) for one in plan.safeguards]


def _printed(one: Progress) -> str:
    """`◇ 62%`; the sign alone where one item says all."""
    sign = STATES[state(one)][0]
    return sign if one.n < 2 else f"{sign} {wording.percent(one.done / one.n, 0)}"


def matrix(every: Sequence[Task], years: Sequence[int], figure: str) -> Figure | None:
    """A line a task and a column a year: how much of what was filed is completed, in sign, tone and number."""
    if not any(one.by_year for one in every):
        return None
    of = [(one, [one.by_year.get(year, Progress()) for year in years]) for one in every]
    columns = {"no": Column(term("number")), "task": Column(term("task"))}
    columns |= {str(year): Column(term("in_year", year=year)) for year in years}

    def draw(words: Words) -> alt.TopLevelMixin:
        called = [f"{one.no} {words.brief(one.title)}" for one in every]
        size = SIZE if max(map(labels.width, called)) <= 340 else SMALL
        lines = {name: told for name in called if len(told := labels.lines(name, NAMES, size)) > 1}
        row = ROW + size * (max(map(len, lines.values()), default=1) - 1)
        legend = {key: f"{sign} {words(key)}" for key, (sign, _) in STATES.items()}
        rows = pl.DataFrame(
            {"task": name, "year": year, "state": legend[state(at)], "said": _printed(at), "items": words.say(at)}
            for name, (_, found) in zip(called, of, strict=True)
            for year, at in zip(years, found, strict=True)
        )
        there = [text for text in legend.values() if text in rows["state"]]
        tints = [tint for (_, tint), text in zip(STATES.values(), legend.values(), strict=True) if text in there]
        base = alt.Chart(rows).encode(
            x=alt.X(
                "year:O",
                title=None,
                scale=alt.Scale(padding=0),
                axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False),
            ),
            y=alt.Y(
                "task:N",
                sort=called,
                title=None,
                scale=alt.Scale(padding=0),
                axis=alt.Axis(
                    ticks=False,
                    labelFontSize=size,
                    labelLimit=alt.ExprRef(f"{labels.PHONE} ? 140 : 0"),
                    labelLineHeight=size,
                    labelExpr=labels.broken(lines),
                ),
            ),
            tooltip=[
                alt.Tooltip("task:N", title=words("task")),
                alt.Tooltip("year:O", title=words("year")),
                alt.Tooltip("items:N", title=words("items_filed")),
            ],
        )
        scale = alt.Scale(domain=there, range=tints)
        cells = base.mark_rect(stroke=theme.RULE).encode(color=alt.Color("state:N", scale=scale, legend=alt.Legend(symbolType="square", symbolStrokeColor=theme.MUTED)))  # fmt: skip
        ink = alt.condition(alt.datum["state"] == legend["all_done"], alt.value("white"), alt.value(theme.INK))
        text = base.mark_text(fontSize=11).encode(text="said:N", color=ink)
        return alt.layer(cells, text).properties(height=row * len(every))

    def data(words: Words) -> pl.DataFrame:
        return pl.DataFrame(
            {"no": one.no, "task": one.title}
            | {str(year): f"{STATES[state(at)][0]} {words.say(at)}" for year, at in zip(years, found, strict=True)}
            for one, found in of
        )

    return Figure(figure, "", draw, data, "", FILED, columns=columns)


def evidence(every: Sequence[Task], filed: pl.DataFrame, region: Region, year: int, table: str) -> Table | None:
    """What enterprises of a province filed as evidence of each task, of the tasks not yet completed first."""
    numbers = {one.title: (place, one.no) for place, one in enumerate(every)}
    rows = filed.filter(
        ~pl.col("is_control"), pl.col("year") == year, pl.col("province_code") == region.code, pl.col("evidence") != ""
    )
    kinds = members("status", "measures")
    lines = [
        {"no": numbers[row["item"]][1], "task": row["item"], "status": kinds[str(row["status"])], "evidence": row["evidence"]}
        for row in rows.iter_rows(named=True)
        if row["item"] in numbers
    ]  # fmt: skip
    lines.sort(key=lambda line: (line["status"] == kinds["done"], numbers[line["task"]]))
    heads = {"no": "number", "task": "task", "status": "state", "evidence": "evidence"}
    columns = {name: Column(term(key)) for name, key in heads.items()}
    return Table(table, "", pl.DataFrame(lines), FILED, widths=[5, 20, 8, 20], columns=columns) if lines else None
