"""Pictures of all provinces: on a line for each of several measures, and a small chart for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.chapters.shapes import CROSS, FILED
from pipeline.charts import theme, tilegrid
from pipeline.findings import Measure, Place, Values
from pipeline.given.regions import NATION
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Said

STRIP, GUTTER, TREND = 1.0, 0.1, 0.42  # of the width: all provinces, nothing, the way over the years
HEIGHT, LINE, HEAD = 29, 0.74, 0.26  # px of a measure; where in it the provinces stand, and its name
ROLES = {
    "other": ("#8d99a6", "circle", 30),
    "like": (theme.BLUE, "square", 50),
    "own": (theme.ACCENT, "diamond", 110),
    "nation": (theme.MEMBERS["nation"], "stroke", 90),
}
"""Colour, shape and size of who is drawn, the later over the earlier."""
TILE = 64  # px
SERIES = (theme.PRIMARY, theme.OCHRE)

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Beside:
    """A measure by which provinces are set beside each other. values: by province. lower: whether less is better. paths: name
    -> year, value; of the report's province and the nation. aim: the target."""

    name: Said
    measure: Measure
    values: Values
    lower: bool = False
    paths: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    aim: float | None = None

    def place(self, own: str) -> Place:
        return findings.place(self.measure, self.values, own, descending=not self.lower)

    def nth(self, own: str) -> str:
        """The place among those that have a value, the best first: `28/31`; — where they are too few."""
        place = self.place(own)
        return f"{place.rank.place}/{place.rank.of}" if place.case == "ranked" else wording.MISSING


def strips(rows: Sequence[Beside], own: str, peers: Sequence[str], figure: str, source: Said = FILED) -> Figure | None:
    """For each measure all provinces on a line, the best on the right, and beside it the way of the province and the nation over
    the years. None where no measure has two provinces."""
    told = [one for one in rows if len(findings.there(one.values)) > 1]
    if not told:
        return None
    scales = [_scale([*findings.there(one.values).values(), one.aim], one.lower) for one in told]
    dots: Rows = [
        {"row": n, "x": at(value), "province": name, "printed": one.measure.say(value), "role": _role(name, own, peers)}
        for n, (one, at) in enumerate(zip(told, scales, strict=True))
        for name, value in findings.there(one.values).items()
    ]
    aims = [
        {"row": n, "x": at(one.aim)}
        for n, (one, at) in enumerate(zip(told, scales, strict=True))
        if one.aim is not None
    ]
    ways = [point for n, one in enumerate(told) for point in _ways(n, one, own)]

    def draw(words: Words) -> alt.TopLevelMixin:
        heads = [{"row": n, "name": words.say(one.name), "place": one.nth(own)} for n, one in enumerate(told)]
        return _strips(dots, aims, ways, heads, own, peers, words)

    def data(words: Words) -> pl.DataFrame:
        return pl.DataFrame(
            {"measure": words.say(told[dot["row"]].name), "province": dot["province"], "value": dot["printed"]}
            for dot in dots
        )

    heads = {"measure": "indicator", "province": "province", "value": "value"}
    return Figure(figure, "", draw, data, "", source, columns={name: Column(term(key)) for name, key in heads.items()})


def _scale(values: Sequence[float | None], lower: bool) -> Callable[[float], float]:
    """From a value to its place between the worst (0) and the best (1)."""
    there = [value for value in values if value is not None]
    low, high = min(there), max(there)
    worst, best = (high, low) if lower else (low, high)
    return lambda value: (value - worst) / ((best - worst) or 1.0)


def _role(name: str, own: str, peers: Sequence[str]) -> str:
    return "own" if name == own else "like" if name in peers else "other"


def _ways(n: int, one: Beside, own: str) -> Iterator[dict[str, Any]]:
    """The paths in the field at the right of row `n`, upwards the better."""
    points = [(name, *point) for name, path in one.paths.items() for point in path.select("year", "value").iter_rows()]
    years = [year for _, year, _ in points]
    if len(set(years)) < 2:
        return
    at, first, last = _scale([value for _, _, value in points], one.lower), min(years), max(years)
    for name, year, value in points:
        yield {
            "row": n,
            "x": STRIP + GUTTER + TREND * (year - first) / (last - first),
            "at": n + 0.92 - 0.78 * at(value),
            "year": year,
            "province": name,
            "printed": one.measure.say(value),
            "role": "own" if name == own else "nation",
            "last": year == last,
        }


def _strips(
    dots: Rows, aims: Rows, ways: Rows, heads: Rows, own: str, peers: Sequence[str], words: Words
) -> alt.TopLevelMixin:
    """Everything in one field, so that it is as wide as its place: x from 0 to 1 and beyond, y a measure a row."""
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.02, STRIP + GUTTER + TREND + 0.02], nice=False, zero=False))
    y = alt.Y("at:Q", axis=None, scale=alt.Scale(domain=[len(heads), 0], nice=False, zero=False))

    def chart(rows: Rows, within: float | None = None, **more: Any) -> alt.Chart:
        frame = pl.DataFrame([row | more for row in rows])
        return alt.Chart(frame if within is None else frame.with_columns(at=pl.col("row") + within)).encode(x=x, y=y)

    def shown(who: str, *more: alt.Tooltip) -> list[alt.Tooltip]:
        ends = alt.Tooltip("province:N", title=words(who)), alt.Tooltip("printed:N", title=words("value"))
        return [ends[0], *more, ends[1]]

    called = {
        "other": words("other_provinces"),
        "like": words("like_size_are", names=words.names(peers)),
        "own": words.say(own),
        "nation": words.say(NATION.short_zh),
    }
    there = [role for role in ROLES if any(one["role"] == role for one in (*dots, *ways))]
    named = pl.col("role").replace(called)

    def told(channel: Any, at: int) -> Any:
        scale = alt.Scale(
            type="ordinal", domain=[called[role] for role in there], range=[ROLES[role][at] for role in there]
        )
        return channel("role:N", title=None, scale=scale)

    tint, shape = told(alt.Color, 0), told(alt.Shape, 1)
    size = alt.Size("size:Q", scale=None, legend=None)
    sized = [pl.DataFrame(dots).filter(role=role).with_columns(size=pl.lit(ROLES[role][2])) for role in there]
    points = pl.concat(sized).with_columns(named)
    layers = [
        chart(heads, LINE, x=0.0, end=STRIP).mark_rule(color=theme.RULE).encode(x2="end:Q"),
        chart(heads, HEAD, x=0.0).mark_text(align="left", fontSize=11).encode(text="name:N"),
        chart(heads, HEAD, x=STRIP).mark_text(align="right", fontSize=11, color=theme.ACCENT).encode(text="place:N"),
        *([chart(aims, LINE).mark_tick(orient="vertical", size=13, thickness=2, color=theme.INK)] if aims else []),
        chart(points.to_dicts(), LINE)
        .mark_point(opacity=0.9)
        .encode(color=tint, shape=shape, size=size, tooltip=shown("province")),
    ]
    if ways:
        paths = pl.DataFrame(ways).with_columns(named)
        line = chart(paths.to_dicts()).mark_line(strokeWidth=1.8).encode(color=tint, detail="row:N", order="year:Q")
        ends = chart(paths.filter("last").to_dicts()).mark_circle(size=26, opacity=1)
        layers += [line, ends.encode(color=tint, tooltip=shown("region", alt.Tooltip("year:O", title=words("year"))))]
    return alt.layer(*layers).properties(height=HEIGHT * len(heads))


def tile_lines(
    provinces: pl.DataFrame, paths: pl.DataFrame, names: Mapping[str, Said], measure: Measure, figure: str, source: Said
) -> Figure | None:
    """A small line chart for each province where it lies on the tile grid, all on one scale; None without two years.

    provinces: see `tilegrid.tile_grid`. paths: series, code, province, year, value, is_met (null where there is no target).
    names: what a series is called."""
    years = sorted(paths["year"].unique().to_list())
    if len(years) < 2:
        return None
    low, high = paths["value"].min(), paths["value"].max()
    tiles = provinces.select("code", "short_zh", "row", "col")
    placed = paths.join(tiles, on="code").with_columns(
        x=pl.col("col") + 0.12 + 0.76 * (pl.col("year") - years[0]) / (years[-1] - years[0]),
        y=pl.col("row") + 0.9 - 0.54 * (pl.col("value") - low) / (pl.lit(high) - low),
        last=pl.col("year") == years[-1],
        printed=pl.col("value").map_elements(measure.say, return_dtype=pl.String),
    )

    def named(frame: pl.DataFrame, words: Words) -> pl.DataFrame:
        return frame.with_columns(pl.col("series").replace({key: words.say(name) for key, name in names.items()}))

    def data(words: Words) -> pl.DataFrame:
        rows = named(paths.sort("code", "series", "year"), words)
        return rows.pivot(on="year", index=["province", "series"], values="value")

    columns = {"province": Column(term("province")), "series": Column(term("indicator"))}
    columns |= {str(year): Column(term("in_year", year=year)) for year in years}
    decimals = {str(year): measure.decimals for year in years}

    def draw(words: Words) -> alt.TopLevelMixin:
        return _tiles(named(placed, words), tiles, words)

    return Figure(figure, "", draw, data, "", source, decimals=decimals, columns=columns)


def _tiles(rows: pl.DataFrame, tiles: pl.DataFrame, words: Words) -> alt.TopLevelMixin:
    across, down = max(tiles["col"].to_list()) + 1, max(tiles["row"].to_list()) + 1
    scales = (
        alt.Scale(domain=[1, across], nice=False, zero=False),
        alt.Scale(domain=[down, 1], nice=False, zero=False),
    )

    def at(chart: alt.Chart, x: str, y: str) -> alt.Chart:
        return chart.encode(
            x=alt.X(f"{x}:Q", axis=None, scale=scales[0]), y=alt.Y(f"{y}:Q", axis=None, scale=scales[1])
        )

    filled = pl.col("code").is_in(rows["code"].unique().implode())
    place = tiles.with_columns(
        left=pl.col("col") + 0.03,
        right=pl.col("col") + 0.97,
        top=pl.col("row") + 0.03,
        foot=pl.col("row") + 0.97,
        middle=pl.col("col") + 0.5,
        head=pl.col("row") + 0.19,
        tint=pl.when(filled).then(pl.lit("#f3f6f8")).otherwise(pl.lit(theme.NO_DATA)),
    )
    box = at(alt.Chart(place), "left", "top").mark_rect(cornerRadius=3).encode(x2="right:Q", y2="foot:Q")
    name = at(alt.Chart(place), "middle", "head").mark_text(fontSize=tilegrid.LETTERS[words.language])
    series = rows["series"].unique(maintain_order=True).to_list()
    legend = alt.Legend(title=None) if len(series) > 1 else None
    tint = alt.Color(
        "series:N",
        scale=alt.Scale(domain=series, range=[SERIES[n % len(SERIES)] for n in range(len(series))]),
        legend=legend,
    )
    fields = {"province:N": "province", "series:N": "indicator", "year:O": "year", "printed:N": "value"}
    base = at(alt.Chart(rows), "x", "y").encode(color=tint)
    ends = at(alt.Chart(rows.filter("last")), "x", "y").encode(
        color=tint, tooltip=[alt.Tooltip(field, title=words(key)) for field, key in fields.items()]
    )
    layers = [
        box.encode(color=alt.Color("tint:N", scale=None)),
        name.encode(text="short_zh:N"),
        base.mark_line(strokeWidth=1.8).encode(detail="code:N", order="year:Q"),
    ]
    if rows["is_met"].null_count() == rows.height:
        layers.append(ends.mark_point(size=24, opacity=1))
    else:
        states = pl.when("is_met").then(pl.lit(words("side_met"))).otherwise(pl.lit(words("side_short")))
        ends.data = rows.filter("last").with_columns(state=states)
        domain = [words("side_met"), words("side_short")]
        shape = alt.Shape("state:N", title=None, scale=alt.Scale(domain=domain, range=["circle", CROSS]))
        layers.append(ends.mark_point(size=44, opacity=1).encode(shape=shape))
    return alt.layer(*layers).properties(height=TILE * (down - 1))
