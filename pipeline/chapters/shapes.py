"""Figures and tables that several chapters draw of indicators, each with its finding as title.

Every function returns None where there is nothing to draw: a chapter says so in words and goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.charts import labels, theme, tilegrid
from pipeline.findings import Measure, NotFiled, Quantity, Quoted
from pipeline.given.reference import Target
from pipeline.given.regions import NATION
from pipeline.indicators.view import View
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Said, Table

FILED = term("filed_and_computed")


def places(measure: Measure, values: Iterable[float | None]) -> int:
    """Of values as an axis shows them (`Words.axis`)."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    return 1 if measure.scale == "big" and largest >= 1e4 else measure.decimals


def _column(measure: Measure, values: Sequence[float | None]) -> Column:
    return Column(measure, lambda words: words.axis(measure, values)[1])


def set_apart(view: View) -> dict[str, str]:
    """Province -> its colour in charts of all: the report's own, and those that the parameters mark."""
    tints = dict.fromkeys(view.marked, theme.CATEGORIES[2])
    return tints if view.region.is_nation else tints | {view.region.short_zh: theme.ACCENT}


def names_axis(view: View) -> alt.Axis:
    """The names of provinces beside their rows, in the colours of `set_apart`."""
    said = [{"test": f"datum.value === '{name}'", "value": tint} for name, tint in set_apart(view).items()]
    return alt.Axis(ticks=False, labelFontSize=11, labelColor={"condition": said, "value": theme.INK})


def reaches(target: Target, value: float) -> bool:
    """Whether a value is on the target's side; the number itself is (民法典第1259条)."""
    exact, limit = wording.settled(value, target.value), Decimal(str(target.value))
    return exact >= limit if target.comparator == ">=" else exact <= limit


def quoted(target: Target | None) -> Quoted:
    """What the plan says of an indicator."""
    return Quoted(target.quote, target.definition_note) if target else Quoted()


def provinces(view: View, id: str, figure: str, target: Target | None = None) -> Figure | None:
    """A dot for each province, sorted, with the nation's value and the target as lines; the own province stands out."""
    measure, values = view.measure(id), view.by_province(id)
    there = findings.there(values)
    if len(there) < 2:
        return None
    own = "" if view.region.is_nation else view.region.short_zh
    lower, numbers = view.catalogue[id].better == "lower", list(there.values())
    decimals = places(measure, numbers)

    def rows(words: Words) -> pl.DataFrame:
        frame = pl.DataFrame({"province": list(there), "value": words.axis(measure, numbers)[0]})
        return frame.sort("value", descending=not lower)

    def draw(words: Words) -> alt.TopLevelMixin:
        data, unit = rows(words), words.axis(measure, numbers)[1]
        plain = theme.PRIMARY if not own else theme.SEQUENTIAL[2]
        drawn = data.with_columns(
            printed=pl.Series([_against(value, decimals, measure, target) for value in data["value"]]),
            tint=pl.col("province").replace_strict(set_apart(view), default=plain, return_dtype=pl.String),
        )
        y = alt.Y("province:N", sort=data["province"].to_list(), title=None, axis=names_axis(view))
        x = alt.X("value:Q", title=unit or None, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(grid=True, tickCount=6))  # fmt: skip
        shown = [alt.Tooltip("province:N", title=words("province")), alt.Tooltip("printed:N", title=words.with_unit(words.say(measure), unit))]  # fmt: skip
        base = alt.Chart(drawn).encode(y=y, x=x, tooltip=shown)
        text = base.mark_text(align="left", dx=7, fontSize=11)
        over_rules = text.mark_text(stroke="white", strokeWidth=3, align="left", dx=7, fontSize=11)
        layers = [
            *_rules(words, measure, {NATION.short_zh: view.value(id, NATION.code)}, target),
            over_rules.encode(text="printed:N"),
            base.mark_point(size=55, opacity=1).encode(color=alt.Color("tint:N", scale=None)),
            text.encode(text="printed:N"),
        ]
        return alt.layer(*layers).properties(height=theme.ROW * len(there) + 8)

    quantity = term("in_that_year", year=view.year, what=measure)
    return Figure(
        id=figure,
        title=findings.place(measure, values, own, descending=not lower) if own else _ranked(view, measure, values, target),
        chart=draw,
        data=rows,
        columns={"province": Column(term("province")), "value": _column(measure, numbers)},
        alt=findings.RankingShown("dot_plot", quantity, measure, values, own=own, descending=not lower),
        source=FILED,
        method=findings.Sentences((view.method(id), *not_drawn(values), view.few(id))),
        decimals={"value": decimals},
        against={} if target is None else {"value": (_limit(measure, target), target.comparator)},
    )  # fmt: skip


def _ranked(view: View, measure: Measure, values: findings.Values, target: Target | None) -> Said:
    """Which provinces are highest and lowest, and how many reach the target."""
    said = findings.extremes(measure, values)
    if target is None:
        return term("said_of_year", year=view.year, what=measure, said=said)
    there = findings.there(values)
    met = sum(reaches(target, value) for value in there.values())
    reached = term(
        "reached_by_all" if met == len(there) else "reached_by_some" if met else "reached_by_none",
        counted=findings.counted(len(there), values),
        n=met,
        target=target.value_printed,
    )
    return term("reached_in_year", year=view.year, what=measure, reached=reached, said=said)


def _rules(words: Words, measure: Measure, lines: Mapping[str, float | None], target: Target | None) -> list[alt.Chart]:
    """Dashed lines through a chart of all provinces, each with its name and value above it, on the side that is free."""
    marks: list[tuple[Said, float, str]] = [
        ((name, " ", Quantity(measure, value)), value, theme.MUTED)
        for name, value in lines.items()
        if value is not None
    ]
    if target:
        marks.append((term("target_printed", printed=target.value_printed), target.value, theme.ACCENT))
    marks.sort(key=lambda mark: mark[1])
    drawn = []
    for place, (text, value, tint) in enumerate(marks):
        line = alt.Chart(pl.DataFrame({"at": words.axis(measure, [value])[0], "said": [words.say(text)]})).encode(
            x="at:Q"
        )
        left = len(marks) > 1 and place == 0
        said = line.mark_text(y=-8, align="right" if left else "left", dx=2 if left else -2, color=tint)
        drawn += [line.mark_rule(strokeWidth=1.5, strokeDash=[5, 3], color=tint), said.encode(text="said:N")]
    return drawn


def not_drawn(values: findings.Values, why: str = "provinces_without_data") -> list[Said]:
    """Names the provinces that a figure leaves out, for they have no value or it is not published. why: a term."""
    absent = tuple(name for name, value in values.items() if value is None)
    hidden = tuple(findings.withheld(values))
    told = [(why, absent), ("provinces_withheld", hidden)]
    return [term(key, names=findings.Names(names)) for key, names in told if names]


def _against(shown: float, decimals: int, measure: Measure, target: Target | None) -> str:
    """A value as an axis shows it, on the target's side also in print: 1.3046 beside 1.3以下 is not 1.30."""
    if target is None:
        return wording.number(shown, decimals)
    return wording.number_against(shown, _limit(measure, target), target.comparator, decimals)


def _limit(measure: Measure, target: Target) -> float:
    """The target as an axis shows it."""
    return 100 * target.value if measure.scale == "percent" else target.value


def over_years(view: View, id: str, figure: str, target: Target | None = None) -> Figure | None:
    """The way of the report's region over the years, with its economic region and the nation beside it."""
    measure, own = view.measure(id), view.region.short_zh
    paths = {name: view.path(id, code) for name, code in view.beside(id).items()}
    years, values = paths[own]["year"].to_list(), paths[own]["value"].to_list()
    if len(years) < 2:
        return None
    every = pl.concat(
        [path.select("year", "value", region=pl.lit(name)) for name, path in paths.items() if path.height]
    )
    goal = target if target is not None and target.baseline_year is None else None
    numbers = every["value"].to_list()
    decimals = places(measure, numbers)

    def rows(words: Words) -> pl.DataFrame:
        shown = pl.Series("value", words.axis(measure, numbers)[0], dtype=pl.Float64)
        return every.select("region", "year", shown)

    def draw(words: Words) -> alt.TopLevelMixin:
        shown, column = rows(words), words.axis(measure, numbers)[1]
        names = list(paths)
        ends = shown.filter(pl.col("year") == pl.col("year").max().over("region"))
        printed = [wording.number(value, decimals) for value in ends["value"]]
        if len(names) > 1:
            printed = [f"{words.say(name)} {one}" for name, one in zip(ends["region"], printed, strict=True)]
        tints = (
            [theme.ACCENT, theme.CATEGORIES[2], theme.INK][: len(names)]
            if len(names) != 2
            else [theme.ACCENT, theme.INK]
        )
        tints = tints if len(names) > 1 else [theme.PRIMARY]
        colour = alt.Color("region:N", scale=alt.Scale(domain=names, range=tints), legend=None)
        at = [_limit(measure, goal)] if goal else []
        domain, gap = labels.span([value for value in (*shown["value"], *at) if value is not None])
        scale = alt.Scale(domain=list(domain))  # in every layer: one without would add zero to the scale they share
        x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
        y = alt.Y("value:Q", title=column or None, scale=scale, axis=alt.Axis(tickCount=5))
        tooltip = [
            alt.Tooltip("region:N", title=words("region")),
            alt.Tooltip("year:O", title=words("year")),
            alt.Tooltip("value:Q", title=words.with_unit(words.say(measure), column), format=f",.{decimals}f"),
        ]
        lines = alt.Chart(shown).encode(x=x, y=y, color=colour, tooltip=tooltip)
        placed = labels.apart(ends.with_columns(printed=pl.Series(printed)), "value", gap)
        text = alt.Chart(placed).mark_text(align="left", dx=9)
        text = text.encode(x=x, y=alt.Y(f"{labels.PLACE}:Q", scale=scale), text="printed:N", color=colour)
        layers = [lines.mark_line(point=True), text]
        if goal:
            said = words("target_printed", printed=goal.value_printed)
            rule = alt.Chart(pl.DataFrame({"at": at, "said": [said]})).encode(y=alt.Y("at:Q", scale=scale))
            named = rule.mark_text(align="left", x=4, dy=-8, color=theme.ACCENT).encode(text="said:N")
            layers = [rule.mark_rule(color=theme.ACCENT, strokeDash=[5, 3]), named, *layers]
        return alt.layer(*layers).properties(height=theme.HEIGHT, padding=labels.beside(printed, len(years)))

    return Figure(
        id=figure,
        title=findings.trend(measure, years, values, subject=own),
        chart=draw,
        data=rows,
        columns={"region": Column(term("region")), "year": Column(term("year")), "value": _column(measure, numbers)},
        alt=findings.SeriesShown(
            "line_chart",
            measure,
            measure,
            years,
            {name: _aligned(path, years) for name, path in paths.items() if path.height},
        ),
        source=FILED,
        method=view.method(id),
        decimals={"value": decimals},
    )


def _aligned(path: pl.DataFrame, years: Sequence[int]) -> list[float | None]:
    there = dict(path.iter_rows())
    return [there.get(year) for year in years]


def members_over_years(view: View, rows: pl.DataFrame, id: str, figure: str, *, title: Said = "") -> Figure | None:
    """Stacked columns by year of the members of a dimension (columns year, name, value): for sums."""
    measure = view.measure(id)
    if rows.filter(pl.col("year") == view.year).is_empty():
        return None
    order = rows.filter(pl.col("year") == view.year).sort("value", descending=True)["name"].to_list()
    order += [name for name in rows["name"].unique(maintain_order=True) if name not in order]
    place = pl.col("name").replace_strict({name: n for n, name in enumerate(order)})
    years, numbers = sorted(rows["year"].unique().to_list()), rows["value"].to_list()
    decimals = places(measure, numbers)

    def shown(words: Words) -> pl.DataFrame:
        values = pl.Series("value", words.axis(measure, numbers)[0], dtype=pl.Float64)
        return rows.select("name", "year", values)

    def draw(words: Words) -> alt.TopLevelMixin:
        data, unit = shown(words).with_columns(place=place), words.axis(measure, numbers)[1]
        colours = [theme.CATEGORIES[n % len(theme.CATEGORIES)] for n in range(len(order))]
        tint = alt.Color("name:N", scale=alt.Scale(domain=order, range=colours), legend=None)
        x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
        tooltip = [
            alt.Tooltip("name:N", title=words("name")),
            alt.Tooltip("year:O", title=words("year")),
            alt.Tooltip("value:Q", title=words.with_unit(words.say(measure), unit), format=f",.{decimals}f"),
        ]
        y = alt.Y("sum(value):Q", title=unit or None, axis=alt.Axis(tickCount=5))
        bars = alt.Chart(data).mark_bar().encode(x=x, y=y, color=tint, order=alt.Order("place:Q"), tooltip=tooltip)
        last = data.filter(pl.col("year") == pl.col("year").max()).sort("place")
        last = last.with_columns(middle=pl.col("value").cum_sum() - pl.col("value") / 2)
        highest = float(data.group_by("year").agg(pl.col("value").sum())["value"].max() or 1)  # type: ignore[arg-type]
        ends = alt.Chart(labels.apart(last, "middle", highest * theme.LABEL / theme.HEIGHT))
        names = ends.mark_text(align="left", dx=6).encode(
            x=alt.X("year:O", bandPosition=1), y=f"{labels.PLACE}:Q", text="name:N", color=tint
        )
        return alt.layer(bars, names).properties(height=theme.HEIGHT + 30)

    by_name = {name: _aligned(rows.filter(pl.col("name") == name).select("year", "value"), years) for name in order}
    left_out = [term("years_partly_withheld")] if set(view.path(id)["year"]) - set(years) else []
    return Figure(
        id=figure,
        title=title,
        chart=draw,
        data=lambda words: shown(words).sort(place, "year"),
        columns={"name": Column(term("name")), "year": Column(term("year")), "value": _column(measure, numbers)},
        alt=findings.SeriesShown(
            "stacked_columns", term("whose", own=view.region.short_zh, what=measure), measure, years, by_name
        ),
        source=FILED,
        method=findings.Sentences((view.method(id), *left_out)),
        decimals={"value": decimals},
    )


def tiles(view: View, id: str, figure: str) -> Figure | None:
    """The province tile grid of an indicator; grey where there is no value."""
    measure, values = view.measure(id), view.by_province(id)
    there = findings.there(values)
    if len(there) < findings.MIN_RANKED:
        return None
    own = "" if view.region.is_nation else view.region.short_zh
    numbers, quantity = list(there.values()), term("in_that_year", year=view.year, what=measure)
    decimals = places(measure, numbers)

    def rows(words: Words) -> pl.DataFrame:
        return pl.DataFrame({"province": list(there), "value": words.axis(measure, numbers)[0]})

    def draw(words: Words) -> alt.TopLevelMixin:
        data = rows(words).with_columns(
            pl.Series("printed", [wording.number(one, decimals) for one in rows(words)["value"]])
        )
        return tilegrid.tile_grid(
            view.provinces,
            view.provinces.select("code", province="short_zh").join(data, on="province"),
            value="value",
            label="printed",
            legend=words.with_unit(words.say(quantity), words.axis(measure, numbers)[1]),
            thresholds=tilegrid.class_limits(data["value"]),
            highlight="" if not own else view.region.code,
            words=words,
        )

    hidden = tuple(findings.withheld(values))
    return Figure(
        id=figure,
        title=findings.place(measure, values, own)
        if own
        else term("said_of_year", year=view.year, what=measure, said=findings.extremes(measure, values)),
        chart=draw,
        data=lambda words: rows(words).sort("value", descending=True),
        columns={"province": Column(term("province")), "value": _column(measure, numbers)},
        alt=findings.RankingShown("tile_grid", quantity, measure, values, own=own),
        source=FILED,
        method=findings.Sentences(
            (
                tilegrid.NOTE,
                view.method(id),
                *([term("provinces_withheld", names=findings.Names(hidden))] if hidden else []),
            )
        ),
        decimals={"value": decimals},
    )


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
    without the picture. Raises ValueError where the steps do not lead from start to end.
    """
    (first, begin), (last, target) = start, end
    if not math.isclose(begin + math.fsum(steps.values()), target, rel_tol=1e-9, abs_tol=1e-9 * abs(begin)):
        raise ValueError(f"{figure}: {begin} and {list(steps.values())} do not add up to {target}")
    reached = [begin, *accumulate(steps.values(), initial=begin)][1:]  # after each step
    names, amounts = [first, *steps, last], [begin, *steps.values(), target]
    ends = [begin, *reached[1:], target]
    starts = [0.0, *reached[:-1], 0.0]
    every = [*starts, *ends, *amounts]
    decimals, totals = places(measure, every), {0, len(names) - 1}
    kinds = ["total" if at in totals else "added" if size > 0 else "taken_off" for at, size in enumerate(amounts)]

    def rows(words: Words) -> pl.DataFrame:
        scaled, n = words.axis(measure, every)[0], len(names)
        return pl.DataFrame({"item": names, "from": scaled[:n], "to": scaled[n : 2 * n], "size": scaled[2 * n :]})

    def draw(words: Words) -> alt.TopLevelMixin:
        data, unit = rows(words), words.axis(measure, every)[1]
        printed = [wording.number(size, decimals, sign=at not in totals) for at, size in enumerate(data["size"])]
        drawn = data.with_columns(
            kind=pl.Series(kinds),
            printed=pl.Series(printed),
            next=pl.Series([*names[1:], last]),
            end=pl.max_horizontal("from", "to"),
        )
        y = alt.Y("item:N", sort=names, title=None, axis=alt.Axis(ticks=False, labelLimit=200))
        reach = [*data["from"], *data["to"]]
        low, high = min(reach), max(reach)
        room = alt.Scale(domain=[low, high + 0.22 * (high - low)], nice=False)  # for what stands beside the longest bar
        x = alt.X("from:Q", title=unit or None, scale=room, axis=alt.Axis(tickCount=5, grid=True))
        fills = {"total": theme.PRIMARY, "added": theme.ACCENT, "taken_off": theme.CATEGORIES[2]}
        tint = alt.Color("kind:N", scale=alt.Scale(domain=list(fills), range=list(fills.values())), legend=None)
        base = alt.Chart(drawn).encode(y=y)
        shown = [alt.Tooltip("item:N", title=words("item")), alt.Tooltip("printed:N", title=words.with_unit(words.say(measure), unit))]  # fmt: skip
        bars = base.mark_bar().encode(x=x, x2="to:Q", color=tint, tooltip=shown)
        links = base.mark_rule(color=theme.MUTED, strokeWidth=0.7).encode(x="to:Q", y2="next:N")
        text = base.mark_text(align="left", dx=5).encode(x="end:Q", text="printed:N")
        return alt.layer(links, bars, text).properties(height=30 * len(names) + 20)

    return Figure(
        id=figure,
        title=title,
        chart=draw,
        data=lambda words: rows(words).select("item", "size", "to"),
        columns={
            "item": Column(term("item")),
            "size": _column(measure, every),
            "to": Column(term("running_total"), lambda words: words.axis(measure, every)[1]),
        },
        alt=findings.StepsShown("waterfall", what, measure, start, steps, end),
        source=source,
        method=method,
        decimals={"size": decimals, "to": decimals},
    )


def summary(
    view: View, ids: Sequence[str], table: str, title: Said, names: Mapping[str, Said] | None = None
) -> Table | None:
    """One row an indicator: the baseline year, the year before, the report's year, and the regions beside. names: what an
    indicator is called here, if not as ever."""
    years = sorted({view.catalogue.base_year, view.year - 1, view.year} & set(view.table["year"].to_list()))
    beside = {name: code for name, code in view.beside(*ids).items() if name != view.region.short_zh}
    told = [id for id in ids if view.told(id) is not None]
    if not told:
        return None
    columns = {"indicator": term("indicator")} | {str(year): term("in_year", year=year) for year in years}
    columns |= {name: term("region_in_year", region=name, year=view.year) for name in beside}

    def rows(words: Words) -> pl.DataFrame:
        lines = []
        for id in told:
            measure = view.measure(id)
            values = {str(year): view.told(id, year=year) for year in years}
            values |= {name: view.told(id, code) for name, code in beside.items()}
            said = {name: words.say(Quantity(measure, value)) for name, value in values.items()}
            lines.append({"indicator": words.say((names or {}).get(id, measure))} | said)
        return pl.DataFrame(lines)

    named = {name: Column(one) for name, one in columns.items()}
    return Table(id=table, title=title, data=rows, columns=named, source=FILED, method=view.said(*told))


def not_filed(view: View, *ids: str) -> NotFiled:
    """That a chapter has nothing to tell of the indicators, and which tables it would need."""
    return NotFiled(view.region.short_zh, view.year, tuple(view.tables(*ids)), view.is_withheld(*ids))
