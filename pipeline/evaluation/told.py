"""How are grades, values and rules of an evaluation printed? As terms and quantities, which a language says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline import wording
from pipeline.evaluation.evaluate import GIVEN, PENDING
from pipeline.evaluation.points import CODED
from pipeline.evaluation.scheme import Criterion, Kind, Scheme
from pipeline.filings.contracts import BY_NAME
from pipeline.findings import Measure, Progress, Quantity
from pipeline.indicators.model import Catalogue
from pipeline.language.terms import term

Said = Any  # what `Words.say` says
Row = Mapping[str, Any]
STATUSES = {code: names[0] for code, names in BY_NAME["measures"].column("status").members.items()}


def between(row: Row, scheme: Scheme) -> str:
    """`AAA/AA`: the two grades between which a pending one lies, the better first. row: of ENTERPRISES."""
    names = [one.id for one in scheme.grades]
    caps = [names.index(veto.cap) for veto in scheme.vetoes if veto.id in (row["vetoes"] or ())]
    own = max(names.index(row["by_points"]), *caps, 0)
    return "/".join(names[at] for at in sorted((own, names.index(row["other"]))))


def grade(row: Row, scheme: Scheme) -> Said:
    """`AA`, `待定（AAA/AA）`, `不评级`."""
    if row["why"] == GIVEN:
        return row["grade"]
    return term("grade_pending", grades=between(row, scheme)) if row["why"] == PENDING else term("grade_none")


def measure_of(criterion: Criterion, catalogue: Catalogue) -> Measure | None:
    """How the values of its indicator are printed; None for a fact."""
    return catalogue[criterion.indicator].measure if criterion.indicator else None


def value(criterion: Criterion, row: Row, catalogue: Catalogue, base: int) -> Said:
    """What was filed or computed of a criterion, printed so that it stands on its side of every limit; where the
    improvement counts, with that of the baseline year. row: of CRITERIA."""
    measure = measure_of(criterion, catalogue)
    if measure is None:
        counts = {status: row[status] or 0 for status in CODED}
        n = sum(counts.values())
        if n == 1:
            return STATUSES[next(status for status, count in counts.items() if count)]
        return Progress(n, **counts)
    found = row["value"]
    if found is None:
        return wording.MISSING
    if criterion.improvement and row["before"] is not None:
        return Quantity(measure, found), term("before_in", year=base, value=Quantity(measure, row["before"]))
    if measure.scale == "big":
        return Quantity(measure, found)
    printer = wording.percent_against if measure.scale == "percent" else wording.number_against
    limits = [limit for limit, _ in criterion.table or ()]
    least = "<=" if criterion.sign < 0 else ">="
    told = [printer(found, limit, least, measure.decimals) for limit in limits] or [measure.say(found)]
    return max(told, key=len)


def reached(criterion: Criterion, found: float | None, catalogue: Catalogue) -> Said:
    """A value that would give more points."""
    measure = measure_of(criterion, catalogue)
    if measure is None:
        return STATUSES["done"]
    return wording.MISSING if found is None else Quantity(measure, found)


def rule(criterion: Criterion, catalogue: Catalogue, base: int) -> Said:
    """How a value becomes points: `≤ 1.25：100 分；≤ 1.30：80 分`."""
    measure = measure_of(criterion, catalogue)
    if criterion.status:
        each = criterion.status.model_dump()
        return _joined([term("points_of", what=STATUSES[status], points=_plain(each[status])) for status in CODED])
    assert measure is not None
    sign = "≤" if criterion.better == "lower" else "≥"
    if criterion.table:
        rows = [
            term("points_of", what=f"{sign} {measure.say(limit)}", points=_plain(points))
            for limit, points in criterion.table
        ]
        return _joined([*rows, term("points_else")] if criterion.table[-1][1] > 0 else rows)
    zero, full = criterion.bounds
    if criterion.improvement:
        return term("points_improvement", base=base, zero=wording.percent(zero, 0), full=wording.percent(full, 0))
    return term("points_linear", zero=measure.say(zero), full=measure.say(full))


def _joined(some: Sequence[Said]) -> list[Said]:
    return [part for at, one in enumerate(some) for part in ((term("and_then"), one) if at else (one,))]


def _plain(points: float) -> str:
    return wording.number(points)


def weight(criterion: Criterion) -> Said:
    """`12%（8%～16%）`."""
    low, high = (wording.percent(one, 0) for one in criterion.interval)
    return term("weight_between", weight=wording.percent(criterion.weight, 0), low=low, high=high)


def by_dimension(criteria: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """entity_id, dimension, points: the weighted mean of what is there. criteria: CRITERIA of one set."""
    of = {one.id: one.dimension for one in kind.criteria}
    rows = criteria.with_columns(dimension=pl.col("criterion").replace_strict(of, default=None)).drop_nulls(
        ["points", "weight"]
    )
    mean = (pl.col("points") * pl.col("weight")).sum() / pl.col("weight").sum()
    return rows.filter(pl.col("weight") > 0).group_by("entity_id", "dimension").agg(points=mean)


def lifts(criteria: pl.DataFrame, entity: str, n: int = 3) -> list[Row]:
    """The criteria that would lift an enterprise most, if they reached their next step."""
    rows = criteria.filter(pl.col("entity_id") == entity, pl.col("gain") > 0)
    return list(rows.sort("gain", "criterion", descending=[True, False]).head(n).to_dicts())
