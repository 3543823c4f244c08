"""What changed since the last edition: how the targets stood then and stand now, and which published values are others.

The last edition is that of the year before on filings of the same name (2024-sample beside 2025-sample), as its history has
it. An earlier state of the same edition is not compared with: then the same inputs would give another report when it is
built once more. The table of the last edition is an input, and stands among the inputs with its hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline import wording
from pipeline.build.history import Entry
from pipeline.chapters.energy import said_change
from pipeline.chapters.shapes import FILED
from pipeline.compare.differences import printed, restated
from pipeline.given import reference
from pipeline.given.reference import Plan
from pipeline.indicators.scorecard import Judgement
from pipeline.indicators.view import View
from pipeline.layout import Layout
from pipeline.reports.blocks import Table

LISTED = 20
BETTER, WORSE, LEVEL = "改善", "变差", "持平"
COLUMNS = ("指标", "年份", "原值", "新值", "相对变化", "原因")


@dataclass(frozen=True)
class LastEdition:
    """view: its indicators, for the same region and its own year. before, after: the entries of both editions."""

    view: View
    before: Entry
    after: Entry

    @property
    def name(self) -> str:
        return f"{self.before.year} 年版"

    @property
    def other_plan(self) -> bool:
        """Whether it was made by another plan, whose targets and baseline year are others."""
        return self.before.plan != self.after.plan

    def judged(self, plan: Plan) -> list[Judgement]:
        """How the targets stood."""
        return self.view.judged(plan)

    def restated(self, view: View) -> pl.DataFrame:
        """`differences.DIFFERENCES` between the last edition and this one, of the report's region."""
        return restated(self.view.table, view.table, self.before, self.after, [view.region], view.catalogue)


def none(year: int, filings: str) -> str:
    """Says that there is nothing to compare with."""
    return f"没有 {year - 1} 年版（{year - 1}-{filings}）的指标表，不与上一版相比。"


def by_other_plan(last: LastEdition, layout: Layout) -> str:
    """Says that targets are not compared with those of the plan before; a sentence."""
    before = reference.load_plan(layout, last.before.plan)
    return f"{last.name}按上一个计划《{before.title}》（{before.document_number}）编制，目标和基期与本计划不同，各项目标的状态不作比较。"


def moved(now: Sequence[Judgement], then: Sequence[Judgement], name: str) -> str:
    """`与 2024 年版相比，两版都有数值的 8 项目标中 6 项改善，2 项持平`: towards the target or away from it, as printed."""
    moves = [_moved(one, other) for one, other in zip(now, then, strict=True)]
    counts = {word: moves.count(word) for word in (BETTER, WORSE, LEVEL)}
    both = sum(counts.values())
    if not both:
        return f"与 {name}相比，没有一项目标两版都有数值"
    parts = [f"{n} 项{word}" for word, n in counts.items() if n]
    if len(parts) == 1:
        return f"与 {name}相比，两版都有数值的 {both} 项目标{'全部' if both > 1 else ''}{parts[0].partition('项')[2]}"
    return f"与 {name}相比，两版都有数值的 {both} 项目标中 {'，'.join(parts)}"


def statuses(now: Sequence[Judgement], then: Sequence[Judgement]) -> str:
    """How many targets have another status than in the last edition, and which; a sentence."""
    pairs = [(other.status, one.status) for one, other in zip(now, then, strict=True) if one.status != other.status]
    if not pairs:
        return "各项目标的状态都没有变化。"
    told = [f"{pairs.count(pair)} 项由“{pair[0]}”变为“{pair[1]}”" for pair in dict.fromkeys(pairs)]
    left = len(now) - len(pairs)
    return f"目标的状态，{'，'.join(told)}{f'，其余 {left} 项没有变化' if left else ''}。"


def _moved(one: Judgement, other: Judgement) -> str:
    """Whether the value came nearer to its target (or went further beyond it), as printed; MISSING without both."""
    if one.gap is None or other.gap is None:
        return wording.MISSING
    if _said(one) == _said(other):
        return LEVEL
    return BETTER if one.gap < other.gap else WORSE


def _said(one: Judgement) -> str:
    if one.value is None:
        return wording.MISSING
    return said_change(one.printed) if one.target.indicator.endswith(".change") else one.printed


def targets(now: Sequence[Judgement], then: Sequence[Judgement], last: LastEdition, table: str) -> Table:
    """Every target in both editions, each as it was judged there."""
    years = last.before.year, last.after.year
    rows = [
        {
            "目标": f"{one.target.no}　{one.target.title}",
            "目标值": one.target.value_printed,
            f"上一版（{years[0]} 年）": f"{_said(other)}　{other.symbol} {other.status}",
            f"本版（{years[1]} 年）": f"{_said(one)}　{one.symbol} {one.status}",
            "变化": _moved(one, other),
        }
        for one, other in zip(now, then, strict=True)
    ]
    return Table(
        id=table,
        title=moved(now, then, last.name),
        data=pl.DataFrame(rows),
        source=FILED,
        method=f"上一版是填报文件夹同名的 {years[0]} 年版，数值照其所印；改善是离目标更近或超出更多，按印出的数值判断。",
        widths=[18, 9, 13, 13, 5],
    )


def how_many(rows: pl.DataFrame, name: str) -> str:
    """How many values of the last edition this one gives otherwise; a sentence. rows: `LastEdition.restated`."""
    if rows.is_empty():
        return f"{name}给出的各年指标值，本版没有改动。"
    return f"{name}给出的指标值中，本版有 {rows.height} 个不同，涉及 {rows['indicator_id'].n_unique()} 项指标，逐项列在[](#c-C)。"


def revisions(rows: pl.DataFrame, view: View, name: str, table: str) -> Table | None:
    """The values of the last edition that this one gives otherwise, the biggest first; None where there are none."""
    if rows.is_empty():
        return None
    lines = [_line(row, view) for row in rows.head(LISTED).iter_rows(named=True)]
    return Table(
        id=table,
        title=f"{name}的 {rows.height} 个指标值在本版中不同",
        data=pl.DataFrame(lines, schema=dict.fromkeys(COLUMNS, pl.String)),
        source=(FILED, "" if rows.height <= LISTED else f"；只列变化最大的 {LISTED} 个"),
        method="原值为上一版所给，新值为本版对同一指标、同一年份所给；原因由两版的参数、更正、指标口径和填报文件比对得出。",
        widths=[16, 5, 8, 8, 7, 22],
    )


def _line(row: Mapping[str, object], view: View) -> dict[str, str]:
    one = view.catalogue[str(row["indicator_id"])]
    old, new, relative = (row[name] for name in ("value_a", "value_b", "relative_change"))
    values = printed(one, *(value if isinstance(value, float) else None for value in (old, new)))
    unit = "" if one.unit == "1" else f"（{one.unit}）"
    change = wording.change(relative if isinstance(relative, float) else None)
    return dict(zip(COLUMNS, (one.title + unit, str(row["year"]), *values, change, str(row["why"])), strict=True))
