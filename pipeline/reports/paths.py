"""Line charts of a few named paths over the years: measures side by side, groups of one measure, indices."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.charts import labels, theme
from pipeline.findings import Measure
from pipeline.reports.blocks import Figure
from pipeline.reports.shapes import FILED

HEIGHT = 150  # px: low enough that two figures and their text share a page


def indexed(path: pl.DataFrame, base: int) -> pl.DataFrame:
    """A path (year, value) with the year `base` as 100; empty where that year has no value above zero."""
    start = path.filter((pl.col("year") == base) & (pl.col("value") > 0))["value"]
    if start.is_empty():
        return path.clear()
    return path.with_columns(pl.col("value") * 100 / start[0])


def lines(
    paths: Mapping[str, pl.DataFrame],
    measure: Measure,
    figure: str,
    *,
    title: str,
    what: str,
    method: str,
    goal: tuple[float, str] | None = None,
) -> Figure | None:
    """One line for each path (year, value) with its name and last value at its end; None if none has two years.

    what: the quantities, for readers without the picture. goal: a value and the words that stand on its line.
    measure: plain, as printed on the axis; a measure of scale `big` or `percent` is not drawn here.
    """
    drawn = {name: path.select("year", "value").sort("year") for name, path in paths.items() if path.height}
    if measure.scale != "plain":
        raise ValueError(f"{measure.name}: only plain values are drawn")
    if not any(path.height > 1 for path in drawn.values()):
        return None
    rows = pl.concat([path.with_columns(名称=pl.lit(name)) for name, path in drawn.items()])
    column = f"{measure.name}（{measure.unit}）" if measure.unit else measure.name
    free = [one for one in theme.CATEGORIES if one != theme.ACCENT]  # the goal has that one
    colours = [free[place % len(free)] for place in range(len(drawn))]
    colour = alt.Color("名称:N", scale=alt.Scale(domain=list(drawn), range=colours), legend=None)
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
    values = [*rows["value"].to_list(), *([goal[0]] if goal else [])]
    domain, gap = labels.span(values, HEIGHT)

    def at(field: str) -> alt.Y:  # alike in every layer: one without a domain would add zero to the shared scale
        return alt.Y(f"{field}:Q", title=column, scale=alt.Scale(domain=list(domain)), axis=alt.Axis(tickCount=5))

    shown = alt.Tooltip("value:Q", title=column, format=f",.{measure.decimals}f")
    base = alt.Chart(rows).encode(
        x=x, y=at("value"), color=colour, tooltip=["名称:N", alt.Tooltip("year:O", title="年份"), shown]
    )
    last = rows.filter(pl.col("year") == pl.col("year").max().over("名称"))
    last = last.with_columns(
        印=last["名称"] + " " + pl.Series([wording.number(value, measure.decimals) for value in last["value"]])
    )
    ends = labels.apart(last, "value", gap)
    text = alt.Chart(ends).encode(x=x, y=at(labels.PLACE), text="印:N")
    halo = text.mark_text(align="left", dx=9, stroke="white", strokeWidth=4)  # where the goal runs behind a label
    layers = [base.mark_line(point=True), halo, text.mark_text(align="left", dx=9).encode(color=colour)]
    if goal is not None:
        rule = alt.Chart(pl.DataFrame({"处": [goal[0]], "字": [goal[1]]})).encode(y=at("处"))
        said = rule.mark_text(align="left", x=0, dy=-8, color=theme.ACCENT).encode(text="字:N")
        layers = [rule.mark_rule(color=theme.ACCENT, strokeDash=[5, 3]), said, *layers]
    years = sorted(set(rows["year"]))
    by_year = {name: dict(path.iter_rows()) for name, path in drawn.items()}
    return Figure(
        id=figure,
        title=title,
        chart=alt.layer(*layers).properties(height=HEIGHT),
        data=rows.select("名称", pl.col("year").alias("年份"), pl.col("value").alias(column)),
        alt=findings.SeriesShown(
            "line_chart", what, measure, years, {name: [of.get(year) for year in years] for name, of in by_year.items()}
        ),
        source=FILED,
        method=method,
        decimals={column: measure.decimals},
    )
