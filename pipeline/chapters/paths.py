"""Line charts of a few named paths over the years: measures side by side, groups of one measure, indices."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.chapters.shapes import FILED
from pipeline.charts import labels, theme
from pipeline.findings import Measure
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Said

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
    what: Said,
    title: Said = "",
    method: Said = "",
    goal: tuple[float, Said] | None = None,
    names: Mapping[str, Said] | None = None,
) -> Figure | None:
    """One line for each path (year, value) with its name and last value at its end; None if none has two years.

    what: the quantities, for readers without the picture. goal: a value and the words that stand on its line. names: what
    a path is called where its key is not its name.
    measure: plain, as printed on the axis; a measure of scale `big` or `percent` is not drawn here.
    """
    drawn = {name: path.select("year", "value").sort("year") for name, path in paths.items() if path.height}
    if measure.scale != "plain":
        raise ValueError(f"{measure.name}: only plain values are drawn")
    if not any(path.height > 1 for path in drawn.values()):
        return None
    called, column = names or {}, Column(measure)

    def named(words: Words) -> pl.DataFrame:
        told = {name: words.say(called.get(name, name)) for name in drawn}
        return pl.concat(
            [path.select(pl.lit(told[name]).alias("name"), "year", "value") for name, path in drawn.items()]
        )

    def draw(words: Words) -> alt.TopLevelMixin:
        colours = {words.say(called.get(name, name)): tint for name, tint in theme.tints(drawn).items()}
        aim = goal and (goal[0], words.say(goal[1]))
        return _drawn(named(words), column.told(words), measure.decimals, aim, colours, words)

    years = sorted({year for path in drawn.values() for year in path["year"]})
    by_year = {name: dict(path.iter_rows()) for name, path in drawn.items()}
    return Figure(
        id=figure,
        title=title,
        chart=draw,
        data=named,
        columns={"name": Column(term("name")), "year": Column(term("year")), "value": column},
        alt=findings.SeriesShown(
            "line_chart",
            what,
            measure,
            years,
            {name: [of.get(year) for year in years] for name, of in by_year.items()},
            names=called,
        ),
        source=FILED,
        method=method,
        decimals={"value": measure.decimals},
    )


def _drawn(
    rows: pl.DataFrame,
    column: str,
    decimals: int,
    goal: tuple[float, str] | None,
    colours: Mapping[str, str],
    words: Words,
) -> alt.TopLevelMixin:
    """rows: name, year, value; column: what stands on the axis of the values; colours: of the names."""
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    colour = alt.Color("name:N", scale=scale, legend=None)
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
    domain, gap = labels.span([*rows["value"].to_list(), *([goal[0]] if goal else [])], HEIGHT)

    def at(field: str) -> alt.Y:  # alike in every layer: one without a domain would add zero to the shared scale
        return alt.Y(f"{field}:Q", title=column, scale=alt.Scale(domain=list(domain)), axis=alt.Axis(tickCount=5))

    shown = [
        alt.Tooltip("name:N", title=words("name")),
        alt.Tooltip("year:O", title=words("year")),
        alt.Tooltip("value:Q", title=column, format=f",.{decimals}f"),
    ]
    base = alt.Chart(rows).encode(x=x, y=at("value"), color=colour, tooltip=shown)
    last = rows.filter(pl.col("year") == pl.col("year").max().over("name"))
    printed = pl.Series([wording.number(value, decimals) for value in last["value"]])
    ends = labels.apart(last.with_columns(printed=last["name"] + " " + printed), "value", gap)
    text = labels.at_ends(ends, "printed", "name").encode(x=x, y=at(labels.PLACE), text="at_end:N", color=colour)
    layers = [base.mark_line(point=True), *labels.on_lines(text)]
    if goal is not None:
        rule = alt.Chart(pl.DataFrame({"at": [goal[0]], "said": [goal[1]]})).encode(y=at("at"))
        free = labels.beside_rule(goal[1], goal[0], labels.points(rows, "year", "value", "name"), domain, HEIGHT)
        said = labels.on_lines(rule.mark_text(color=theme.ACCENT, **free).encode(text="said:N"))
        layers = [rule.mark_rule(color=theme.ACCENT, strokeDash=[5, 3]), *layers, *said]
    return alt.layer(*layers).properties(height=HEIGHT)
