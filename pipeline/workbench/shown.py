"""What the command prints of a trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline import wording
from pipeline.compare import comparison
from pipeline.compare.differences import told
from pipeline.given.params import Params
from pipeline.indicators.model import Catalogue, Indicator, load_catalogue
from pipeline.language.zh import changed_by
from pipeline.layout import Layout
from pipeline.scenarios import decomposition, drivers
from pipeline.scenarios.decomposition import Difference
from pipeline.workbench.trial import AFTER, BEFORE, Trial

PARAMS = "notebooks/params/"
NATION = ("energy.total", "carbon.location")


def tables(trial: Trial, layout: Layout) -> list[tuple[str, pl.DataFrame]]:
    """Title and table: the drivers that were changed, the values of the last year, the targets, what each driver does."""
    found = trial.comparison
    parts = [(f"{found.about}：改动的参数", _drivers(trial))]
    if found.differences.is_empty():
        return parts
    parts += [(f"{found.about}：不同的数值", comparison.shown(found, layout, found.differences).drop("指标"))]
    targets = _targets(trial)
    parts += [("计划目标", targets)] if targets.height else []
    shown = comparison.drivers_shown(found, layout)
    parts += [("差别由哪些因素造成（LMDI 分解，各项之和等于差别）", shown)] if shown.height else []
    return parts


def _drivers(trial: Trial) -> pl.DataFrame:
    lines = []
    for key, origin in trial.comparison.parameters.select("parameter", "origin_a").iter_rows():
        title = Params.model_fields[key].title
        rows = trial.drivers.filter(driver=key)
        if rows.is_empty():  # how drivers move, no driver itself
            [(one, other)] = trial.comparison.parameters.filter(parameter=key).select("value_a", "value_b").iter_rows()
        else:
            one, other = (
                drivers.told(key, rows.filter(scenario=name).select(drivers.LEVELS).row(0))
                for name in ("before", "after")
            )
        lines.append({"参数": key, "名称": title, BEFORE: one, AFTER: other, "原来写在": origin.removeprefix(PARAMS)})
    return pl.DataFrame(lines)


def _targets(trial: Trial) -> pl.DataFrame:
    horizon = max(trial.paths["year"].to_list())

    def when(year: int | None) -> str:
        return f"{horizon} 年前达不到" if year is None else f"{year} 年"

    return pl.DataFrame(
        {
            "目标": row["title"],
            f"{BEFORE}达到": when(row["met_before"]),
            f"{AFTER}达到": when(row["met_after"]),
            f"{BEFORE}：{horizon} 年达到的可能性": wording.percent(row["probability_before"], 0),
            f"{AFTER}：{horizon} 年达到的可能性": wording.percent(row["probability_after"], 0),
        }
        for row in trial.targets.drop_nulls("probability_before").iter_rows(named=True)
    )


def sentences(trial: Trial, layout: Layout) -> list[str]:
    """What it does to the nation, and where nothing differs."""
    if trial.comparison.differences.is_empty():
        return ["改动之后，各项数值都与原来相同。"]
    if trial.region.is_nation:
        return []
    catalogue, last = load_catalogue(layout, plan_id=trial.comparison.plan), max(trial.nation["year"].to_list())
    rows = trial.nation.filter(pl.col("year") == last, pl.col("measure").is_in(NATION))
    return [
        nation({name: (a, b) for name, a, b in rows.select("measure", "before", "after").iter_rows()}, catalogue, last)
    ]


def nation(values: Mapping[str, tuple[float, float]], catalogue: Catalogue, year: int) -> str:
    """The nation with this province as it is and changed."""
    parts = []
    for measure, (before, after) in values.items():
        one, other, difference = told(catalogue[measure], before, after)
        parts.append(f"{catalogue[measure].title}由 {one} 变为 {other}（{difference}）")
    return f"全国 {year} 年：{'；'.join(parts)}。"


def because(found: Difference, one: Indicator, year: int, than: str) -> str:
    """What makes a value differ from that of `than`, the biggest first; empty where they print alike."""
    change = found.after - found.before
    measure = one.measure.among((found.before, found.after))
    if not measure.way(change):
        return ""
    steps = sorted(found.steps.items(), key=lambda step: -abs(step[1]))
    said = [f"{decomposition.STEPS[name]}{text}" for name, value in steps if (text := changed_by(measure, value))]
    way = "多" if change > 0 else "少"
    return f"{year} 年{one.title}为 {measure.say(found.after)}，比{than}{way} {measure.say(abs(change))}：{'，'.join(said)}。"


def as_data(trial: Trial) -> dict[str, Any]:
    """Everything, for a machine."""
    return comparison.as_data(trial.comparison) | {
        "region": trial.region.code,
        "scenario": trial.scenario,
        "trial": trial.drivers.to_dicts(),
        "paths": trial.paths.to_dicts(),
        "targets": trial.targets.to_dicts(),
        "nation": trial.nation.to_dicts(),
        "warnings": list(trial.warnings),
    }
