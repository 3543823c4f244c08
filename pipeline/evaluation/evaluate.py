"""Which grade does each enterprise have? Its indicators and facts become points by the scheme, and points a grade that holds.

The values are those of the indicator table, from the same definitions as everywhere else; facts are rows of the table of
progress. A grade is given where it holds in as many draws as the scheme asks for (`robustness`); else the two grades between
which it lies are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.evaluation import points as of_points
from pipeline.evaluation import robustness
from pipeline.evaluation.points import CODED, Array
from pipeline.evaluation.scheme import Criterion, Kind, Scheme
from pipeline.given.regions import NATION_CODE
from pipeline.output import placed

Frames = Mapping[str, pl.DataFrame]
ENTERPRISES: dict[str, pl.DataType] = {
    "entity_id": pl.String(), "name": pl.String(), "group_id": pl.String(), "kind": pl.String(), "set": pl.String(),
    "points": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(), "rank": pl.Int64(), "rank_low": pl.Int64(), "rank_high": pl.Int64(),
    "of": pl.Int64(), "by_points": pl.String(), "grade": pl.String(), "other": pl.String(), "why": pl.String(),
    "held": pl.Float64(), "by_grade": pl.List(pl.Float64()), "vetoes": pl.List(pl.String()), "missing": pl.List(pl.String()), "there": pl.Float64(),
    **{choice: pl.Float64() for choice in robustness.CHOICES},
}  # fmt: skip
"""One row an enterprise. points: 0 to 100, low and high their interval in the draws; rank among those of its set (`of`), with its
interval. by_points: the grade of its points before vetoes. grade: as it is given, null where none is. why: given, pending (other:
the second grade between which it lies; grade is null and `between` tells both), missing (a value without which there is no
grade), little (values for too little of the weight). held: the share of draws with the grade that points and vetoes
give, by_grade that with each grade.
there: the weight that has values. Of the choices: first-order shares of the variance of its points."""
CRITERIA: dict[str, pl.DataType] = {
    "entity_id": pl.String(), "set": pl.String(), "criterion": pl.String(), "value": pl.Float64(), "before": pl.Float64(),
    "points": pl.Float64(), "weight": pl.Float64(), "done": pl.Int64(), "in_progress": pl.Int64(), "not_started": pl.Int64(),
    "next_value": pl.Float64(), "next_points": pl.Float64(), "gain": pl.Float64(),
}  # fmt: skip
"""One row an enterprise and criterion. value: null where it is missing; of a fact the share that is done. before: that of the
baseline year, where the improvement on it counts. weight: as shared among what is there. gain: of points, if next_value were
reached."""
GIVEN, PENDING, MISSING, LITTLE = "given", "pending", "missing", "little"


@dataclass(frozen=True)
class Evaluation:
    """See ENTERPRISES and CRITERIA; both are empty where nobody is evaluated."""

    enterprises: pl.DataFrame
    criteria: pl.DataFrame

    def counts(self) -> dict[str, int] | None:
        """How many are evaluated, have a grade, and are pending; None where nobody is."""
        why = self.enterprises["why"]
        found = {"n": len(why), GIVEN: int((why == GIVEN).sum()), PENDING: int((why == PENDING).sum())}
        return found if len(why) else None

    def write(self, folder: Path) -> None:
        """Each frame as a Parquet file. Raises OutputError."""
        for one in fields(self):
            with placed(folder / f"{one.name}.parquet") as beside:
                getattr(self, one.name).write_parquet(beside)


def read(folder: Path) -> Evaluation:
    return Evaluation(*(pl.read_parquet(folder / f"{one.name}.parquet", glob=False) for one in fields(Evaluation)))


def nothing() -> Evaluation:
    return Evaluation(*(pl.DataFrame(schema=schema) for schema in (ENTERPRISES, CRITERIA)))


def evaluate(
    scheme: Scheme, table: pl.DataFrame, accepted: Frames, quarantine: Frames, year: int, baseline_year: int
) -> Evaluation:
    """The evaluation of every enterprise that filed of the year and is of a kind that the scheme is for.

    table: `indicators.evaluate.TABLE`. accepted, quarantine: see `intake.Intake`."""
    if "entities" not in accepted:
        return nothing()
    own = pl.col("entity_id").is_not_null() & (pl.col("region_code") == NATION_CODE) & pl.col("dimension").is_null()
    values = table.filter(own, pl.col("year").is_in([year, baseline_year])).drop_nulls("value")
    facts = _facts(accepted.get("measures"), year)
    filing = {*values.filter(year=year)["entity_id"], *facts["entity_id"]}
    known = accepted["entities"].unique("entity_id", keep="last").sort("entity_id")
    known = known.filter(pl.col("entity_id").is_in(list(filing))).select(
        "entity_id", "name_zh", "group_id", pl.col("kind").cast(pl.String)
    )
    rejected = _rejected(accepted, quarantine, year)
    parts = []
    for one in scheme.sets:
        some = known.filter(pl.col("kind").is_in(one.kinds))
        if some.height:
            parts.append(_Set(scheme, one, some, year, baseline_year).evaluated(values, facts, rejected))
    if not parts:
        return nothing()
    names = [one.name for one in fields(Evaluation)]
    return Evaluation(*(pl.concat([getattr(part, name) for part in parts]) for name in names))


def _facts(measures: pl.DataFrame | None, year: int) -> pl.DataFrame:
    """entity_id, action, item, and how many rows have each status: those of the nation where there are any, else all."""
    counts = {status: (pl.col("status") == status).sum().cast(pl.Int64).alias(status) for status in CODED}
    if measures is None:
        texts = dict.fromkeys(("entity_id", "action", "item"), pl.String())
        return pl.DataFrame(schema=texts | dict.fromkeys(counts, pl.Int64()))
    rows = measures.filter(pl.col("year") == year).with_columns(pl.col("action_no").cast(pl.String).alias("action"))
    key = ["entity_id", "action", "item"]
    rows = rows.filter(pl.col("is_control") | ~pl.col("is_control").any().over(key))
    return rows.group_by(key).agg(*counts.values()).sort(key)


def _rejected(accepted: Frames, quarantine: Frames, year: int) -> dict[str, float]:
    """Enterprise -> the share of the year's rows under its name that were rejected."""
    counted = dict[str, list[int]]()
    for at, frames in enumerate((accepted, quarantine)):
        for frame in frames.values():
            if {"entity_id", "year"} <= set(frame.columns):
                rows = frame.filter(pl.col("year").cast(pl.String).str.strip_chars().str.starts_with(str(year)))
                for entity, n in rows.group_by(pl.col("entity_id").cast(pl.String)).len().iter_rows():
                    counted.setdefault(str(entity).strip(), [0, 0])[at] += n
    return {entity: refused / (kept + refused) for entity, (kept, refused) in counted.items()}


class _Set:
    """The enterprises of one set of criteria. some: entity_id, name_zh, group_id, kind."""

    def __init__(self, scheme: Scheme, one: Kind, some: pl.DataFrame, year: int, baseline_year: int) -> None:
        self.scheme, self.set, self.some, self.year, self.base = scheme, one, some, year, baseline_year
        self.entities = some["entity_id"].to_list()
        places = {dimension.id: at for at, dimension in enumerate(scheme.dimensions)}
        self.dimensions = [places[criterion.dimension] for criterion in one.criteria]
        self.weights = np.array([criterion.weight for criterion in one.criteria])
        self.cuts = [grade.least for grade in scheme.grades]

    def evaluated(self, values: pl.DataFrame, facts: pl.DataFrame, rejected: Mapping[str, float]) -> Evaluation:
        filed, before, statuses = self._filed(values, facts)
        scored = filed.copy()
        for at, criterion in enumerate(self.set.criteria):
            if criterion.improvement:
                scored[:, at] = of_points.improvement(filed[:, at], before[:, at], criterion.better)
            elif criterion.status:
                status = criterion.status
                by = np.array([status.done, status.in_progress, status.not_started])
                n = statuses[:, at].sum(axis=1)
                scored[:, at] = np.where(n > 0, statuses[:, at] @ by / np.maximum(n, 1), np.nan)
        points = of_points.scaled(self.set.criteria, scored)
        own, shared = of_points.together(points[0], self.weights)
        made = robustness.draws(
            tuple(criterion.weight for criterion in self.set.criteria), tuple(one.interval for one in self.set.criteria)
        )
        found = robustness.outcome(points, self.dimensions, made, self.cuts)
        enterprises = self._enterprises(own, np.isnan(scored), found, rejected)
        criteria = self._criteria(filed, before, scored, points[0], shared, statuses)
        return Evaluation(enterprises, criteria)

    def _filed(self, values: pl.DataFrame, facts: pl.DataFrame) -> tuple[Array, Array, Array]:
        """Values of the year and of the baseline year, enterprises x criteria, nan what is missing; and of facts how many rows
        have each status of CODED."""
        shape = (len(self.entities), len(self.set.criteria))
        now, before, statuses = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros((*shape, len(CODED)))
        told = {
            (row[0], row[1], row[2]): row[3]
            for row in values.select("indicator_id", "entity_id", "year", "value").iter_rows()
        }
        counted = {(row[0], row[1], row[2]): row[3:] for row in facts.iter_rows()}
        for at, criterion in enumerate(self.set.criteria):
            for place, entity in enumerate(self.entities):
                if criterion.fact:
                    fact = self.scheme.fact(criterion.fact)
                    rows = np.array(counted.get((entity, fact.action, fact.item), (0, 0, 0)))
                    statuses[place, at] = rows
                    now[place, at] = rows @ np.array(list(CODED.values())) / rows.sum() if rows.sum() else np.nan
                else:
                    now[place, at] = told.get((criterion.indicator, entity, self.year), np.nan)
                    if criterion.improvement:
                        before[place, at] = told.get((criterion.indicator, entity, self.base), np.nan)
        return now, before, statuses

    def _enterprises(
        self, own: Array, lost: np.ndarray, found: robustness.Outcome, rejected: Mapping[str, float]
    ) -> pl.DataFrame:
        ranks = robustness.ranked(own[None, :].astype(np.float32))[0]
        of = int(np.isfinite(own).sum())
        lines = []
        for place, (entity, name, group, kind) in enumerate(self.some.iter_rows()):
            missing = [c.id for c, gone in zip(self.set.criteria, lost[place], strict=True) if gone]
            there = float(self.weights[~lost[place]].sum())
            line: dict[str, object] = {
                "entity_id": entity, "name": name, "group_id": group, "kind": kind, "set": self.set.id, "vetoes": self._vetoes(entity, rejected),
                "missing": missing, "there": there,
            }  # fmt: skip
            if np.isfinite(own[place]):
                line |= {
                    "points": float(own[place]), "low": float(found.points[0][place]), "high": float(found.points[1][place]),
                    "rank": int(ranks[place]), "rank_low": int(found.ranks[0][place]), "rank_high": int(found.ranks[1][place]),
                    "of": of,
                }  # fmt: skip
                line |= dict(zip(robustness.CHOICES, map(_finite, found.shares[place]), strict=True))
                line |= self._graded(float(own[place]), found.grades[place], missing, there, line["vetoes"])  # type: ignore[arg-type]
            else:
                line |= {"why": LITTLE}
            lines.append(line)
        return pl.DataFrame(lines, schema=ENTERPRISES)

    def _graded(
        self, points: float, shares: Sequence[float], missing: Sequence[str], there: float, vetoes: Sequence[str]
    ) -> dict[str, object]:
        """by_points, grade, other, why, held."""
        names = [grade.id for grade in self.scheme.grades]
        caps = [names.index(veto.cap) for veto in self.scheme.vetoes if veto.id in vetoes]
        by_points = int(of_points.grades(np.array(points), self.cuts))
        cap = max(caps, default=0)
        capped = np.array([0.0] * cap + [sum(shares[: cap + 1])] + list(shares[cap + 1 :]))
        place = max(by_points, cap)
        found: dict[str, object] = {
            "by_points": names[by_points],
            "held": float(capped[place]),
            "by_grade": capped.round(6).tolist(),
        }
        required = {one.id for one in self.set.criteria if one.missing == "no_grade"}
        if required & set(missing):
            return found | {"why": MISSING}
        if there < self.scheme.least_weight - 1e-9:
            return found | {"why": LITTLE}
        if capped[place] >= self.scheme.held:
            return found | {"grade": names[place], "why": GIVEN}
        beside = [at for at in (place - 1, place + 1) if cap <= at < len(names)]
        other = max(beside, key=lambda at: capped[at])
        return found | {"other": names[other], "why": PENDING}

    def _vetoes(self, entity: str, rejected: Mapping[str, float]) -> list[str]:
        decided = {one.veto for one in self.scheme.decisions if one.entity == entity and one.year == self.year}
        return [
            veto.id
            for veto in self.scheme.vetoes
            if veto.id in decided
            or (veto.rejected_above is not None and rejected.get(entity, 0.0) > veto.rejected_above)
        ]

    def _criteria(
        self, filed: Array, before: Array, scored: Array, points: Array, shared: Array, statuses: Array
    ) -> pl.DataFrame:
        lines = []
        for place, entity in enumerate(self.entities):
            for at, criterion in enumerate(self.set.criteria):
                value, own = scored[place, at], points[place, at]
                step = of_points.next_step(criterion, value, own)
                can = step is not None and np.isfinite(own) and np.isfinite(shared[place, at])
                target = _value(criterion, step[0], before[place, at]) if step and can else None
                counts = map(int, statuses[place, at]) if criterion.fact else (None,) * len(CODED)
                lines.append(
                    {
                        "entity_id": entity, "set": self.set.id, "criterion": criterion.id, "value": _finite(filed[place, at]),
                        "before": _finite(before[place, at]), "points": _finite(own), "weight": _finite(shared[place, at]),
                        **dict(zip(CODED, counts, strict=True)),
                        "next_value": target, "next_points": step[1] if step and can else None,
                        "gain": float(shared[place, at] * (step[1] - own)) if step and can else None,
                    }
                )  # fmt: skip
        return pl.DataFrame(lines, schema=CRITERIA)


def _value(criterion: Criterion, step: float, before: float) -> float | None:
    """The value of the indicator at a step of its criterion: of an improvement what it comes to."""
    if not criterion.improvement:
        return step
    return _finite(before + step * abs(before) * (1 if criterion.better == "higher" else -1))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
