"""From one total to another, step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import accumulate

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.chapters import shapes
from pipeline.chapters.shapes import FILED
from pipeline.charts import axes, labels, theme
from pipeline.findings import Measure
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Said

BARE = 0.5  # of the longest bar: no more of it may be without steps


def waterfall(
    figure: str,
    measure: Measure,
    start: tuple[str, float],
    steps: Mapping[str, float],
    end: tuple[str, float],
    *,
    title: Said,
    what: Said,
    source: Said = FILED,
    method: Said = "",
) -> Figure:
    """From one total to another: a bar for each of the two, and between them one for each step that leads there.

    start, end: name and value; steps: name -> what it adds, in the unit of `measure`. what: the quantity, for readers
    without the picture. Where most of the bars would have no step on it, the axis begins near the smaller total, and says so.
    Raises ValueError where the steps do not lead from start to end.
    """
    (first, begin), (last, target) = start, end
    if not math.isclose(begin + math.fsum(steps.values()), target, rel_tol=1e-9, abs_tol=1e-9 * abs(begin)):
        raise ValueError(f"{figure}: {begin} and {list(steps.values())} do not add up to {target}")
    reached = [begin, *accumulate(steps.values(), initial=begin)][1:]  # after each step
    names, amounts = [first, *steps, last], [begin, *steps.values(), target]
    ends = [begin, *reached[1:], target]
    starts = [0.0, *reached[:-1], 0.0]
    cut = BARE * max(reached) < min(reached)
    every = [*starts, *ends, *amounts]
    decimals, totals = shapes.places(measure, every), {0, len(names) - 1}
    counted, digits = Words().axis(measure, every)[0][2 * len(names) :], decimals(Words())
    small = {  # which the text tells with one decimal more (`wording.big`)
        at for at, size in enumerate(counted) if digits == 1 and size and abs(wording.rounded(size, 1)) < 1
    } - totals
    kinds = ["total" if at in totals else "added" if size > 0 else "taken_off" for at, size in enumerate(amounts)]

    def rows(words: Words) -> pl.DataFrame:
        scaled, n = words.axis(measure, every)[0], len(names)
        return pl.DataFrame({"item": names, "from": scaled[:n], "to": scaled[n : 2 * n], "size": scaled[2 * n :]})

    def draw(words: Words) -> alt.TopLevelMixin:
        data, unit = rows(words), words.axis(measure, every)[1]
        places = [decimals(words) + (at in small) for at in range(len(names))]
        printed = [wording.number(data["size"][at], places[at], sign=at not in totals) for at in range(len(names))]
        drawn = data.with_columns(
            kind=pl.Series(kinds),
            printed=pl.Series(printed),
            next=pl.Series([*names[1:], last]),
            end=pl.max_horizontal("from", "to"),
        )
        y = alt.Y("item:N", sort=names, title=None, axis=alt.Axis(ticks=False, labelLimit=200))
        reach = data["to"].to_list() if cut else [*data["from"], *data["to"]]
        low, high = min(reach), max(reach)
        if cut:
            low = axes.ends([low - (high - low) / 3, high])[0]
            drawn = drawn.with_columns(pl.col("from").clip(low))
        room = alt.Scale(domain=[low, high + 0.25 * (high - low)], nice=False)  # for what stands beside the longest bar
        title = words("axis_cut", unit=unit) if cut else unit or None

        def at(field: str) -> alt.X:  # alike in every layer: one without a domain would add zero to the shared scale
            return alt.X(f"{field}:Q", title=title, scale=room, axis=alt.Axis(tickCount=5, grid=True))

        fills = theme.tints(("total", "added", "taken_off"))
        tint = alt.Color("kind:N", scale=alt.Scale(domain=list(fills), range=list(fills.values())), legend=None)
        base = alt.Chart(drawn).encode(y=y)
        shown = [alt.Tooltip("item:N", title=words("item")), alt.Tooltip("printed:N", title=words.with_unit(words.say(measure), unit))]  # fmt: skip
        bars = base.mark_bar().encode(x=at("from"), x2="to:Q", color=tint, tooltip=shown)
        links = base.mark_rule(color=theme.MUTED, strokeWidth=0.7).encode(x=at("to"), y2="next:N")
        text = labels.on_lines(base.mark_text(align="left", dx=5).encode(x=at("end"), text="printed:N"))
        torn = base.transform_filter("datum.kind == 'total'").mark_point(
            shape=axes.ZIGZAG, size=150, filled=False, stroke="white", strokeWidth=3, x=14, opacity=1
        )  # a bar that leaves a part out is broken, as its axis is
        return alt.layer(links, bars, *([torn] if cut else []), *text).properties(height=30 * len(names) + 20)

    return Figure(
        id=figure,
        title=title,
        chart=draw,
        data=lambda words: rows(words).select("item", "size", "to"),
        columns={
            "item": Column(term("item")),
            "size": shapes.amounts(measure, every),
            "to": Column(term("running_total"), lambda words: words.axis(measure, every)[1]),
        },
        alt=findings.StepsShown("waterfall", what, measure, start, steps, end),
        source=source,
        method=method,
        decimals={"size": decimals, "to": decimals},
    )
