"""What the methods appendix says of coefficients and factors in dispute: what each does to each headline."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline import wording
from pipeline.chapters import shapes
from pipeline.findings import Quantity
from pipeline.given.reference import Plan
from pipeline.indicators.view import View
from pipeline.language.terms import Term, term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Table
from pipeline.scenarios.sensitivity import HEADLINES


def table(rows: pl.DataFrame, view: View, id: str) -> Table | None:
    """The variants as lines, the headlines as columns; None without values. rows: `sensitivity.TABLE` of the region."""
    if rows.is_empty():
        return None
    value = dict(rows.select("indicator_id", "value").iter_rows())
    shown = {id: view.measure(id) for id in HEADLINES if id in value}

    def data(words: Words) -> pl.DataFrame:
        own = {id: words.say(Quantity(measure, value[id])) for id, measure in shown.items()}
        lines = [{"taken": words("as_in_report")} | own]
        for (variant,), part in rows.group_by("variant", maintain_order=True):
            changed = dict(part.select("indicator_id", "changed").iter_rows())
            effects = {id: words.say(_effect(id, value[id], changed[id])) for id in shown}
            lines.append({"taken": words.say(str(variant))} | effects)
        return pl.DataFrame(lines)

    return Table(
        id=id,
        title="",
        data=data,
        columns={"taken": Column(term("value_set"))} | {id: Column(measure, "") for id, measure in shown.items()},
        widths=[22, *[9] * len(shown)],
    )


def _effect(id: str, value: float, changed: float) -> Term | str:
    if abs(changed - value) <= 1e-9 * abs(value):
        return term("not_moved")
    if id.endswith(".change"):
        return term("by_points", size=wording.number(100 * (changed - value), 2, sign=True))
    return wording.percent(changed / value - 1, 2, sign=True) if value else wording.MISSING


def most(rows: pl.DataFrame, view: View) -> list[dict[str, Any]]:
    """What moves energy and emissions most: of, variant, effect; empty without values."""
    told = []
    for id in ("energy.total", "carbon.location", "carbon.market"):
        part = rows.filter(pl.col("indicator_id") == id, pl.col("value") != 0).with_columns(
            effect=pl.col("changed") / pl.col("value") - 1
        )
        first = part.sort(pl.col("effect").abs(), descending=True).head(1)
        if first.height and abs(first["effect"][0]) > 1e-9:
            effect = wording.percent(first["effect"][0], 2, sign=True)
            told.append({"of": view.measure(id), "variant": first["variant"][0], "effect": effect})
    return told


def turned(rows: pl.DataFrame, view: View, plan: Plan) -> list[dict[str, Any]] | None:
    """Where an intensity reaches its target under a variant and not as reported, or the other way round: of, variant, value.
    None where nothing is judged: of a province, for the targets bind the nation, and without values."""
    if not view.region.is_nation or not rows["indicator_id"].is_in([one.indicator for one in plan.targets]).any():
        return None
    return [
        {"of": (measure := view.measure(target.indicator)), "variant": variant, "value": Quantity(measure, changed)}
        for target in plan.targets
        for variant, value, changed in rows.filter(pl.col("indicator_id") == target.indicator)
        .select("variant", "value", "changed")
        .iter_rows()
        if shapes.reaches(target, value) != shapes.reaches(target, changed)
    ]
