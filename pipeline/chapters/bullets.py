"""How far is each target reached? One bar a target from its own zero, with all targets on one line.

A bar begins where nothing is reached (a PUE of 1 is no excess, a change of 0 no fall) and is as long as the target's line
is far where the value is the target. A limit (PUE) is kept where the bar stays short of the line, any other target is
reached where the bar comes to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from pipeline.chapters import since
from pipeline.chapters.shapes import FILED, reaches
from pipeline.chapters.targets import mark, name, sides, there
from pipeline.charts import labels, theme
from pipeline.indicators.scorecard import Judgement
from pipeline.indicators.view import View
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure

CAP = 2  # times the target: longer bars are cut, so that the short ones can be read
SIZE, LINE = 11, 13  # px of the letters of a bar's title and of its lines, of which it takes some on a phone
PHONE = 320  # px of a chart there


def facts(judged: Sequence[Judgement], view: View) -> dict[str, Any]:
    """What a text tells of the bars: each with its value, and how many stand how. A province is only set beside the nation's
    targets: how many are on the targets' side and how many are not."""
    bars = [
        {
            "name": name(view, one.target.indicator), "value": since.said(one), "target": one.target.value_printed,
            "beside": one.status if view.region.is_nation else one.gap_printed,
        }
        for one in there(judged, view)
    ]  # fmt: skip
    statuses, both = [one.status for one in there(judged, view)], sides(judged, view)
    return {
        "each": bars,
        "statuses": [{"status": one, "n": statuses.count(one)} for one in dict.fromkeys(statuses)],
        "sides": tuple(map(len, both)),
        "limits": [str(one.target.no) for one in there(judged, view) if one.target.is_limit],
        "cap": CAP,
        "cut": [name(view, one.target.indicator) for one in there(judged, view) if _reached(one, view) > CAP],
    }


def bullets(judged: Sequence[Judgement], view: View, figure: str) -> Figure | None:
    """The targets that have a value which can be set beside them, in their order; None where none has."""
    told = there(judged, view)
    reached = [_reached(one, view) for one in told]
    low, high = min(0.0, *reached, 0.0), max(1.0, *(min(part, CAP) for part in reached), 1.0)

    def row(one: Judgement, part: float, words: Words) -> dict[str, Any]:
        said = words(
            "target_bar",
            no=one.target.no,
            name=name(view, one.target.indicator),
            value=since.said(one),
            target=one.target.value_printed,
        )
        symbol = mark(one, view).symbol
        status = f"{symbol} {words.brief(one.status if view.region.is_nation else one.gap_printed)}"
        is_met = one.value is not None and reaches(one.target, one.value)
        return {
            "no": str(one.target.no),
            "end": min(part, CAP),
            "beyond": max(min(part, CAP), 1.0),  # bar and line
            "title": said,
            "lines": labels.lines(said, PHONE, SIZE),
            "status": status,
            "short": status if view.region.is_nation else symbol,
            "tint": theme.MEMBERS["met" if is_met else "missed"],
            "fill": theme.MEMBERS["met"] if is_met else "white",
        }  # fmt: skip

    def chart(words: Words) -> alt.TopLevelMixin:
        rows = pl.DataFrame([row(one, part, words) for one, part in zip(told, reached, strict=True)])
        scale = alt.Scale(domain=[low, high + 0.5 * (high - low)], nice=False)
        x = alt.X("end:Q", scale=scale, axis=None)
        base = alt.Chart(rows).encode(y=alt.Y("no:N", sort=rows["no"].to_list(), axis=None))
        tooltip = [
            alt.Tooltip(f"{name}:N", title=words(key)) for name, key in (("title", "target"), ("status", "state"))
        ]
        bars = base.mark_bar(height=11, strokeWidth=1.5).encode(
            x=x, fill=alt.Fill("fill:N", scale=None), stroke=alt.Stroke("tint:N", scale=None), tooltip=tooltip
        )  # a bar that misses the target is hollow
        line = base.mark_tick(color=theme.INK, thickness=2.5, size=15).encode(x=alt.datum(1.0, type="quantitative"))
        is_phone = f"width < {PHONE + 40}"
        up = alt.ExprRef(f"-9 - ({is_phone} ? {LINE} * (length(datum.lines) - 1) : 0)")
        title = base.mark_text(align="left", baseline="bottom", dy=up, fontSize=SIZE, lineHeight=LINE).encode(
            x=alt.datum(low, type="quantitative"),
            text=alt.condition(is_phone, alt.value(alt.ExprRef("datum.lines")), "title:N"),
        )
        status = base.mark_text(align="left", dx=6).encode(
            x="beyond:Q",
            text=alt.condition(is_phone, alt.value(alt.ExprRef("datum.short")), "status:N"),
            color=alt.Color("tint:N", scale=None),
        )
        row_height = 20 + LINE * max(2, *(len(lines) for lines in rows["lines"]))
        return alt.layer(bars, line, title, status).properties(height=row_height * len(told))

    def data(words: Words) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "target": words("numbered", no=one.target.no, title=one.target.title),
                "value": words.say(since.said(one)),
                "aim": one.target.value_printed,
                "percent": 100 * part,
                "status": one.status,
                "gap": words.say(one.gap_printed),
            }
            for one, part in zip(told, reached, strict=True)
        )

    heads = {"target": "target", "value": "value", "aim": "target_value", "percent": "percent_of_target", "status": "state", "gap": "gap_to_target"}  # fmt: skip
    columns = {name: Column(term(key)) for name, key in heads.items()}
    return Figure(figure, "", chart, data, "", FILED, decimals={"percent": 1}, columns=columns) if told else None


def _reached(one: Judgement, view: View) -> float:
    """The part of the way from the indicator's zero to the target; above 1 of a limit is too much."""
    target, value = one.target, one.value or 0.0
    start = view.zero(target)
    return (value - start) / (target.value - start)
