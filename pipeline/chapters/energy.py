"""What the chapters on energy and carbon find and draw that no other chapter does.

Intensities against the straight path to their target, energy beside activity, electricity that is passed on, and when
market-based emissions are the higher ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.chapters.shapes import FILED, of_regions
from pipeline.charts import labels, theme
from pipeline.findings import AgainstTarget
from pipeline.findings.energy import INDEX
from pipeline.given.reference import Target
from pipeline.indicators.carbon import SCOPES
from pipeline.indicators.scorecard import Judgement
from pipeline.indicators.view import View
from pipeline.language.terms import measure, term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Said

USED = measure(term("energy_index"))
GOAL = "goal"
APART = 0.001  # electricity passed on and received that differ by more are told


def change_against(value: float | None, target: Target | None) -> str:
    """A relative change as `wording.change` prints it, with as many decimals as do not contradict the side of a target."""
    if target is None:
        return wording.change(value)
    plus = "+" if value is not None and value > 0 and wording.change(value).startswith("+") else ""
    return plus + wording.percent_against(value, target.value, target.comparator)


def against_target(judgement: Judgement | None, view: View, base: str, base_year: int) -> AgainstTarget:
    """How an intensity has changed since the baseline, and how that stands to the target, where there is one. base: the id
    of the intensity.

    A nation is judged, unless too few provinces can be compared; a province is set beside the target of the nation.
    """
    id = f"{base}.change"
    value = judgement.value if judgement else view.value(id)
    found = partial(AgainstTarget, view.measure(base), view.region.short_zh, view.year, base_year)
    if view.is_withheld(id):
        return found("withheld")
    if value is None:
        return found("missing", reasons=view.remarks(id) if view.row(id) else "")
    if view.year == base_year:
        return found("base")
    if judgement is None:
        return found("alone", wording.percent(value))
    told = partial(found, printed=judgement.printed, target=judgement.target.value_printed)
    if not covered(view, id):
        return told("short")
    case: Literal["judged", "beside"] = "judged" if view.region.is_nation else "beside"
    return told(case, status=judgement.status, gap=judgement.gap_printed)


def covered(view: View, id: str) -> bool:
    """Whether enough provinces were compared to set the value of the report's region beside a target."""
    row = view.row(id)
    return row is not None and "coverage" not in (row["flag"] or "").split(",")


def goal_path(target: Target, last: int) -> dict[int, float]:
    """The straight line of the index from 100 in the baseline year to the target, level after the target year."""
    base = target.baseline_year
    assert base is not None
    end = max(last, target.target_year)
    passed = {year: min(year - base, target.target_year - base) for year in range(base, end + 1)}
    return {year: 100 + 100 * target.value * gone / (target.target_year - base) for year, gone in passed.items()}


def index_paths(view: View, target: Target, figure: str, title: Said) -> Figure | None:
    """The intensity as an index (baseline year = 100), its economic region and the nation beside it, and the path to the
    target. None with fewer than two years."""
    id = target.indicator
    paths = {name: dict(view.path(id, code).iter_rows()) for name, code in view.beside(id).items()}
    if len(paths[view.region.short_zh]) < 2:
        return None
    lines = {name: {year: 100 * (1 + value) for year, value in path.items()} for name, path in paths.items() if path}
    base = target.baseline_year
    what = term("index_of", name=view.measure(id.removesuffix(".change")), base=base, year=base)
    named = {name: name for name in lines} | {GOAL: term("goal_path")}
    return _indices(view, lines | {GOAL: goal_path(target, view.year)}, named, figure, title, what, view.method(id))


def lines_of_indices(
    view: View, ids: Mapping[str, Said], figure: str, *, what: Said, title: Said = ""
) -> Figure | None:
    """Several indices of the report's region as lines. ids: id -> what the line is called. None if no line has two years."""
    paths = {id: dict(view.path(id).iter_rows()) for id in ids}
    lines = {id: path for id, path in paths.items() if len(path) > 1}
    return _indices(view, lines, ids, figure, title, what, view.method(*ids)) if lines else None


def _indices(
    view: View,
    lines: Mapping[str, Mapping[int, float]],
    named: Mapping[str, Said],
    figure: str,
    title: Said,
    what: Said,
    method: Said,
) -> Figure:
    keys = list(lines)
    others = [key for key in keys if key != GOAL]
    of = (of_regions(view, others) if GOAL in keys else theme.tints(others)) | {GOAL: theme.MUTED}
    rows = pl.DataFrame(
        [(key, year, value) for key, path in lines.items() for year, value in sorted(path.items())],
        schema={"line": pl.String, "year": pl.Int64, "index": pl.Float64},
        orient="row",
    )
    years = sorted({year for path in lines.values() for year in path})
    domain, gap = labels.span(rows["index"].to_list())

    def draw(words: Words) -> alt.TopLevelMixin:
        said = {key: words.say(named[key]) for key in keys}
        drawn = rows.with_columns(name=pl.col("line").replace_strict(said, return_dtype=pl.String))
        colour = alt.Scale(domain=list(said.values()), range=[of[key] for key in keys])
        scale = alt.Scale(domain=list(domain))  # in every layer: one without would add zero to the scale they share
        both = {
            "x": alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
            "color": alt.Color("name:N", scale=colour, legend=None),
        }
        y = alt.Y("index:Q", title=words("base_is_100", year=years[0]), scale=scale, axis=alt.Axis(tickCount=5))
        shown = [
            alt.Tooltip("name:N", title=words("line")),
            alt.Tooltip("year:O", title=words("year")),
            alt.Tooltip("index:Q", title=words("index"), format=".1f"),
        ]
        layers = [
            alt.Chart(drawn.filter(pl.col("line") != GOAL)).mark_line(point=True).encode(**both, y=y, tooltip=shown)
        ]
        if GOAL in keys:
            path = alt.Chart(drawn.filter(line=GOAL)).mark_line(strokeDash=[5, 3], strokeWidth=1.5)
            layers.append(path.encode(**both, y=y, tooltip=shown))
        last = drawn.filter(pl.col("year") == pl.col("year").max().over("line"))
        printed = pl.Series([f" {wording.number(value, 1)}" for value in last["index"]])
        for of_year in last.with_columns(text=pl.col("name") + printed).partition_by("year"):
            ends = alt.Chart(labels.apart(of_year, "index", gap)).mark_text(align="left", dx=9)
            layers.append(ends.encode(**both, y=alt.Y(f"{labels.PLACE}:Q", scale=scale), text="text:N"))
        return alt.layer(*layers).properties(height=theme.HEIGHT)

    return Figure(
        id=figure,
        title=title,
        chart=draw,
        data=rows.pivot(on="line", index="year", values="index").sort("year"),
        columns={"year": Column(term("year"))} | {key: Column(named[key], unit="") for key in keys},
        alt=findings.SeriesShown(
            "line_chart",
            what,
            INDEX,
            years,
            {key: [path.get(year) for year in years] for key, path in lines.items()},
            names=named,
        ),
        source=FILED,
        method=method,
        decimals=dict.fromkeys(keys, 1),
    )


# --- electricity that is passed on -------------------------------------------------------------------------


def passed_on(view: View) -> pl.DataFrame:
    """year, resold, received (kWh), difference: of the years of the report's region in which either was filed.

    Electricity that was passed on must be received by someone: what only one side filed counts as 0 on the other.
    """
    sides = [
        view.rows(f"energy.{side}").select("year", pl.col("value").alias(side)).drop_nulls()
        for side in ("resold", "received")
    ]
    both = sides[0].join(sides[1], on="year", how="full", coalesce=True).sort("year")
    return both.with_columns(pl.col("resold", "received").fill_null(0.0)).with_columns(
        difference=pl.col("resold") - pl.col("received")
    )


def provinces_apart(view: View, tolerance: float = APART) -> list[str]:
    """The provinces in which the two differ by more than `tolerance` (a share of what was resold, else received)."""
    resold, received = view.by_province("energy.resold"), view.by_province("energy.received")
    apart = []
    for name in resold:
        gave, got = resold[name] or 0.0, received[name] or 0.0
        if abs(gave - got) > (tolerance + 1e-9) * (gave or got):
            apart.append(name)
    return apart


# --- the two ways to count emissions -----------------------------------------------------------------------


def break_even(average: float, residual: float) -> float:
    """The share of bought green power in grid electricity below which the market-based figure is the higher one.

    average: the factor of the location, residual: that without traded non-fossil power (both kgCO2/kWh, positive).
    Not above 0 where the market-based figure is never the higher one.
    """
    return 1 - average / residual


def weighted_factor(view: View) -> float | None:
    """kgCO2/kWh: what the grid electricity of the report's region and year emits on average, by where it was used.

    Only of the provinces that have a factor.
    """
    location, grid = view.by_province("carbon.location"), view.by_province("carbon.grid_electricity")
    if findings.withheld(location) or findings.withheld(grid):
        return None
    emitted = findings.there(location)
    kwh = [value for name, value in grid.items() if name in emitted]
    scopes = view.by_member("carbon.location", "scope").filter(pl.col("year") == view.year)
    tonnes = scopes.filter(pl.col("name") == SCOPES["scope_2"])["value"].to_list()
    known = sum(value for value in kwh if value is not None)
    return 1000 * sum(tonnes) / known if known and tonnes else None


def may_be_higher(
    average: float | None, residual: float | None, weighted: float | None = None
) -> dict[str, Any] | None:
    """The factors on which it depends whether the market-based figure is the higher one, and below which share of green
    power (even) it is, None where it never is. None without factors.

    weighted: the average factor by where the electricity was used, where that is not the average of the region.
    """
    if average is None or not residual:
        return None
    even = break_even(average, residual)
    by_use = {"factor": weighted, "even": break_even(weighted, residual)} if weighted else None
    return {
        "average": average,
        "residual": residual,
        "even": even if even > 0 else None,
        "by_use": by_use if by_use and even > 0 and by_use["even"] > 0 else None,
    }
