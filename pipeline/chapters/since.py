"""What changed since the last edition: how the targets stood then and stand now, and which published values are others.

The last edition is that of the year before on filings of the same name (2024-sample beside 2025-sample), as its history has
it. An earlier state of the same edition is not compared with: then the same inputs would give another report when it is
built once more. The table of the last edition is an input, and stands among the inputs with its hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline import wording
from pipeline.build.history import Entry
from pipeline.chapters.shapes import FILED
from pipeline.chapters.targets import mark
from pipeline.compare.differences import apart, restated
from pipeline.findings import Changed, Quantity
from pipeline.given.reference import Plan
from pipeline.indicators.scorecard import Judgement
from pipeline.indicators.view import View
from pipeline.language.terms import Term, term
from pipeline.language.words import CHINESE, Words
from pipeline.reports.blocks import Column, Said, Table

LISTED = 20
WAYS = ("better", "worse", "level")


@dataclass(frozen=True)
class LastEdition:
    """view: its indicators, for the same region and its own year. before, after: the entries of both editions."""

    view: View
    before: Entry
    after: Entry

    @property
    def name(self) -> Term:
        return term("edition_of", year=self.before.year)

    @property
    def other_plan(self) -> bool:
        """Whether it was made by another plan, whose targets and baseline year are others."""
        return self.before.plan != self.after.plan

    def judged(self, plan: Plan) -> list[Judgement]:
        """How the targets stood."""
        return self.view.judged(plan)

    def restated(self, view: View, words: Words = CHINESE) -> pl.DataFrame:
        """`differences.DIFFERENCES` between the last edition and this one, of the report's region."""
        return restated(
            self.view.table, view.table, self.before, self.after, [view.region], view.catalogue, words=words
        )


def none(year: int, filings: str) -> Term:
    """Says that there is nothing to compare with."""
    return term("no_last_edition", year=year - 1, edition=f"{year - 1}-{filings}")


def unchanged(last: LastEdition) -> Term:
    """Says that this edition gives no value otherwise."""
    return term("values_unchanged", name=last.name)


def moved(now: Sequence[Judgement], then: Sequence[Judgement]) -> dict[str, int]:
    """How many targets moved which way, of WAYS: towards the target or away from it, as printed."""
    ways = [_moved(one, other) for one, other in zip(now, then, strict=True)]
    return {way: ways.count(way) for way in WAYS if way in ways}


def statuses(now: Sequence[Judgement], then: Sequence[Judgement]) -> dict[tuple[str, str], int]:
    """How many targets have another status than in the last edition, by the two statuses, then and now."""
    pairs = [(other.status, one.status) for one, other in zip(now, then, strict=True) if one.status != other.status]
    return {pair: pairs.count(pair) for pair in dict.fromkeys(pairs)}


def _moved(one: Judgement, other: Judgement) -> str:
    """Whether the value came nearer to its target (or went further beyond it), as printed; empty without both."""
    if one.gap is None or other.gap is None:
        return ""
    if said(one) == said(other):
        return "level"
    return "better" if one.gap < other.gap else "worse"


def said(one: Judgement) -> Said:
    """The value of a target as printed, a change in words."""
    if one.value is None:
        return wording.MISSING
    return Changed(one.printed) if one.target.is_change else one.printed


def targets(now: Sequence[Judgement], then: Sequence[Judgement], view: View, last: LastEdition, table: str) -> Table:
    """Every target in both editions, each as it was judged there."""

    def told(words: Words) -> pl.DataFrame:
        def stood(one: Judgement, view: View) -> str:
            how = mark(one, view)
            return words("value_and_status", value=said(one), symbol=how.symbol, status=how.status)

        return pl.DataFrame(
            {
                "target": words("numbered", no=one.target.no, title=one.target.title),
                "value": one.target.value_printed,
                "then": stood(other, last.view),
                "now": stood(one, view),
                "way": words(way) if (way := _moved(one, other)) else wording.MISSING,
            }
            for one, other in zip(now, then, strict=True)
        )

    heads = {
        "target": term("target"), "value": term("target_value"), "then": term("last_edition", year=last.before.year),
        "now": term("this_edition", year=last.after.year), "way": term("change_told"),
    }  # fmt: skip
    columns = {name: Column(head) for name, head in heads.items()}
    return Table(table, "", told, FILED, widths=[18, 9, 13, 13, 5], columns=columns)


def revisions(last: LastEdition, view: View, table: str) -> Table | None:
    """The values of the last edition that this one gives otherwise, the biggest first; None where there are none."""
    n = last.restated(view).height
    if not n:
        return None

    def told(words: Words) -> pl.DataFrame:
        rows = last.restated(view, words).head(LISTED)
        return pl.DataFrame(_line(row, view, words) for row in rows.iter_rows(named=True))

    heads = {"name": "indicator", "year": "year", "old": "original_value", "new": "new_value", "change": "relative_change", "why": "why_left_out"}  # fmt: skip
    return Table(
        id=table,
        title=term("values_differ", name=last.name, n=n),
        data=told,
        source=(FILED, "" if n <= LISTED else term("largest_listed", n=LISTED)),
        method=term("how_revisions_are_found"),
        widths=[16, 5, 8, 8, 7, 22],
        columns={name: Column(term(key)) for name, key in heads.items()},
    )


def _line(row: Mapping[str, Any], view: View, words: Words) -> dict[str, str]:
    one = view.catalogue[row["indicator_id"]]
    measure = apart(one, row["value_a"], row["value_b"])
    old, new = (words.say(Quantity(measure, row[name])) for name in ("value_a", "value_b"))
    told = {"name": words.say(one.title), "year": str(row["year"]), "old": old, "new": new}
    return told | {"change": wording.change(row["relative_change"]), "why": row["why"]}
