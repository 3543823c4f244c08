"""How do two times, the parts of a whole, or a few enterprises differ? Figures and sentences that contrast them.

A figure is None where there is nothing to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.chapters import shapes
from pipeline.chapters.shapes import FILED, not_drawn
from pipeline.charts import labels, theme
from pipeline.findings import Standing
from pipeline.given.reference import Target
from pipeline.given.regions import NATION
from pipeline.indicators.scorecard import COMPARED, Judgement, Statement
from pipeline.indicators.view import View
from pipeline.language.terms import Term, measure, term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Said, Table

NARROWEST = 0.06  # a part of a bar that is smaller has no room for its number
LIGHT = {"#b3dbc8", "#77bd9f", "#e3f1ea", theme.NO_DATA}  # fills on which dark digits are read


def standing(one: Judgement | None, view: View, id: str = "") -> Standing | None:
    """Where the report's region stands on a target; None without a value. id: the indicator that is told where the plan sets
    no target."""
    own = view.region.short_zh
    if one is None:
        value = view.value(id)
        return None if value is None else Standing(view.measure(id), own, view.year, view.measure(id).say(value))
    quantity, target = view.measure(one.target.indicator), one.target
    if one.value is None:
        return None
    if one.status == COMPARED:
        others = {name: value for name, value in view.compared(target.indicator).items() if name != own}
        beside = findings.comparison(quantity, own, one.value, others)
        return Standing(quantity, own, view.year, one.printed, beside, target.value_printed, gap=one.gap_printed)  # type: ignore[arg-type]
    told = (target.value_printed, one.status, one.gap_printed, one.needed_printed)
    return Standing(quantity, own, view.year, one.printed, None, *told)


def shares_by_year(
    rows: pl.DataFrame,
    figure: str,
    colours: Mapping[str, str],
    *,
    title: Said = "",
    what: Said,
    amount: Term | None = None,
    source: Said = FILED,
    method: Said = "",
) -> Figure | None:
    """A bar of 100 % for each year, parted among names. rows: year, name, share (0 to 1), and, if `amount` says how it is
    called, value.

    colours: name -> fill, in the order in which the parts stand; names that are not in it are not drawn.
    """
    if rows.is_empty():
        return None
    order = list(colours)
    data = (
        rows.filter(pl.col("name").is_in(order))
        .with_columns(place=pl.col("name").replace_strict({name: n for n, name in enumerate(order)}, return_dtype=pl.Int64))
        .sort("year", "place")
        .with_columns(end=100 * pl.col("share").cum_sum().over("year"), percent=100 * pl.col("share"))
        .with_columns(start=pl.col("end") - pl.col("percent"))
    )  # fmt: skip
    used = [name for name in order if name in set(data["name"])]
    years = sorted(data["year"].unique().to_list())

    def draw(words: Words) -> alt.TopLevelMixin:
        drawn = data.with_columns(
            middle=(pl.col("start") + pl.col("end")) / 2,
            printed=pl.Series([wording.number(100 * share, 1) if share >= NARROWEST else "" for share in data["share"]], dtype=pl.String),
            ink=pl.Series(["#1f2933" if colours[name] in LIGHT else "#ffffff" for name in data["name"]], dtype=pl.String),
        )  # fmt: skip
        base = alt.Chart(drawn).encode(y=alt.Y("year:O", title=None, axis=alt.Axis(ticks=False)))
        x = alt.X("start:Q", title="%", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5))
        fill = alt.Color("name:N", scale=alt.Scale(domain=used, range=[colours[name] for name in used]))
        shown = [
            alt.Tooltip("year:O", title=words("year")),
            alt.Tooltip("name:N", title=words("name")),
            alt.Tooltip("percent:Q", title=words("share_percent"), format=".1f"),
        ]
        bars = base.mark_bar().encode(x=x, x2="end:Q", color=fill, tooltip=shown)
        text = base.mark_text(fontSize=11).encode(x="middle:Q", text="printed:N", color=alt.Color("ink:N", scale=None))
        both: alt.LayerChart = (bars + text).properties(height=26 * len(years) + 12)
        return both

    part = measure(term("share"), scale="percent")
    lines = {
        name: [
            dict(data.filter(pl.col("name") == name).select("year", "share").iter_rows()).get(year) for year in years
        ]
        for name in used
    }
    titles = {"year": term("year"), "name": term("name")} | ({"value": amount} if amount else {}) | {"percent": term("share_percent")}  # fmt: skip
    return Figure(
        id=figure,
        title=title,
        chart=draw,
        data=data.select(*titles),
        columns={name: Column(one) for name, one in titles.items()},
        alt=findings.SeriesShown("stacked_bars", what, part, years, lines),
        source=source,
        method=findings.Sentences((method, term("no_number_below", share=wording.percent(NARROWEST, 0)))),
        decimals={"percent": 1} | ({"value": 0} if amount else {}),
    )


def then_and_now(view: View, id: str, figure: str, since: int) -> Figure | None:
    """Of each province its value in `since` and in the report's year, joined by a line; sorted by the latter."""
    quantity, was, now = view.measure(id), view.by_province(id, since), view.by_province(id)
    old, new = findings.there(was), findings.there(now)
    both = {name: (old[name], after) for name, after in new.items() if name in old}
    if len(both) < 2 or since >= view.year:
        return None
    factor, unit = (100.0, "%") if quantity.scale == "percent" else (1.0, quantity.unit)
    lower = view.catalogue[id].better == "lower"
    ways = {-1: "fell", 1: "rose", 0: "unchanged"}
    rows = pl.DataFrame(
        [
            (name, factor * before, factor * after, ways[quantity.gap(after, before)])
            for name, (before, after) in both.items()
        ],
        schema={"province": pl.String, "then": pl.Float64, "now": pl.Float64, "direction": pl.String},
        orient="row",
    ).sort("now", "province", descending=[not lower, False])
    ends = {"then": Column(term("in_year", year=since), unit), "now": Column(term("in_year", year=view.year), unit)}

    def told(words: Words) -> pl.DataFrame:
        return rows.with_columns(pl.col("direction").replace({way: words(way) for way in ways.values()}))

    def draw(words: Words) -> alt.TopLevelMixin:
        printed = [wording.number(value, quantity.decimals) for value in rows["now"]]
        drawn = told(words).with_columns(printed=pl.Series(printed))
        seen = [way for way in ways.values() if way in set(rows["direction"])]
        good, bad = ("fell", "rose") if lower else ("rose", "fell")
        tints = {good: theme.MEMBERS["better"], bad: theme.MEMBERS["worse"], "unchanged": theme.MEMBERS["unchanged"]}
        tint = alt.Color("direction:N", title=None, scale=alt.Scale(domain=[words(way) for way in seen], range=[tints[way] for way in seen]))  # fmt: skip
        scale = alt.Scale(zero=False, padding=36)
        axis = alt.X("then:Q", title=unit or None, scale=scale, axis=alt.Axis(tickCount=6, grid=True))
        tooltip = [
            alt.Tooltip("province:N", title=words("province")),
            *(
                alt.Tooltip(f"{at}:Q", title=one.told(words), format=f".{quantity.decimals}f")
                for at, one in ends.items()
            ),
        ]
        y = alt.Y("province:N", sort=rows["province"].to_list(), title=None, axis=shapes.names_axis(view))
        base = alt.Chart(drawn).encode(y=y, tooltip=tooltip)
        hollow = base.mark_point(filled=True, fill="white", size=40, strokeWidth=1.5, opacity=1)
        text = base.mark_text(align="right" if lower else "left", dx=-8 if lower else 8, fontSize=11)
        halo, text = labels.on_lines(text.encode(x="now:Q", text="printed:N"))
        return alt.layer(
            halo,
            base.mark_rule(strokeWidth=2).encode(x=axis, x2="now:Q", color=tint),
            hollow.encode(x=axis, stroke=tint),
            base.mark_point(size=50, opacity=1).encode(x="now:Q", color=tint),
            text,
        ).properties(height=theme.ROW * len(both) + 8)

    points = term("percentage_points") if unit == "%" else quantity.unit
    change = measure(term("change_between", since=since, year=view.year, what=quantity.name), points, quantity.decimals)
    moved = {name: factor * (after - before) for name, (before, after) in both.items()}
    closed = {*findings.withheld(was), *findings.withheld(now)}
    moves = {name: moved.get(name, wording.WITHHELD if name in closed else None) for name in now}
    return Figure(
        id=figure,
        title=term(
            "moved_between", since=since, year=view.year, what=quantity, moved=findings.movement(quantity, was, now)
        ),
        chart=draw,
        data=told,
        columns={"province": Column(term("province")), **ends, "direction": Column(term("direction"))},
        alt=findings.RankingShown("dumbbell_plot", change, change, moves),
        source=FILED,
        method=findings.Sentences(
            (
                term("hollow_and_solid", since=since, year=view.year),
                view.method(id),
                *not_drawn(moves, "provinces_without_both_years"),
                shapes.marked(view),
            )
        ),
        decimals=dict.fromkeys(ends, quantity.decimals),
    )


def published(spoken: Sequence[Statement], table: str, title: Said) -> Table | None:
    """What has been said in public beside a target, with what it does not measure."""
    columns = {
        "statement": term("public_statement"),
        "value": term("value"),
        "time": term("when"),
        "nature": term("nature"),
        "difference": term("differs_from_indicator"),
        "source": term("source_and_grade"),
    }

    def rows(words: Words) -> pl.DataFrame:
        def said(what: str, of: str) -> str:
            return words.say(what) + (words("in_brackets", text=of) if of else "")

        lines = [
            (
                said(one.indicator, "" if one.who == NATION.short_zh else one.who),
                one.printed,
                one.when,
                one.kind,
                one.remark or wording.MISSING,
                said(one.source, one.grade),
            )
            for one in spoken
        ]
        return pl.DataFrame(lines, schema=list(columns), orient="row")

    if not spoken:
        return None
    return Table(
        id=table,
        title=title,
        data=rows,
        columns={name: Column(one) for name, one in columns.items()},
        source=term("sources_as_listed"),
        widths=[13, 9, 8, 6, 20, 16],
    )


def reached(view: View, id: str, target: Target | None) -> dict[str, Any] | None:
    """Of the provinces with a value, how many reach the target, who does not (each with its value, the farthest first), and who
    is highest and lowest; None where fewer than two have one. said: the first as a sentence, None without a target."""
    quantity, values = view.measure(id), view.by_province(id)
    there = findings.there(values)
    if len(there) < 2:
        return None
    short: list[str] = []
    if target is not None:
        say = wording.percent_against if quantity.scale == "percent" else wording.number_against
        wanting = {name: value for name, value in there.items() if not shapes.reaches(target, value)}
        worst = sorted(wanting, key=lambda name: abs(wanting[name] - target.value), reverse=True)
        short = [f"{name} {say(wanting[name], target.value, target.comparator, quantity.decimals)}" for name in worst]
    met = len(there) - len(short)
    key = "reached_by_all" if met == len(there) else "reached_by_some" if met else "reached_by_none"
    counted = findings.counted(len(there), values)
    said = term(key, counted=counted, n=met, target=target.value_printed) if target else None
    return {"counted": counted, "said": said, "short": short, "extremes": findings.extremes(quantity, values)}


def changed(view: View, id: str) -> findings.Since | None:
    """How the value of the report's region lies to those of the year before and of the baseline year."""
    path, before = view.path(id), (view.year - 1, view.catalogue.base_year)
    if view.value(id) is None:
        return None
    return findings.since(view.measure(id), path["year"].to_list(), path["value"].to_list(), years_before=before)
