"""Figures and tables that several chapters draw of indicators, each with its finding as title.

Every function returns None where there is nothing to draw: a chapter says so in words and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.charts import axes, labels, theme, tilegrid
from pipeline.findings import Measure, NotFiled, Quantity, Quoted
from pipeline.given.reference import Target
from pipeline.given.regions import NATION
from pipeline.indicators.evaluate import ECONOMIC
from pipeline.indicators.view import View
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Said, Table

FILED = term("filed_and_computed")
SIDES = {"met": "side_met", "missed": "side_short"}  # of a target, in words
CROSS = "M-1,-.6L-.6,-1L0,-.4L.6,-1L1,-.6L.4,0L1,.6L.6,1L0,.4L-.6,1L-1,.6L-.4,0Z"
SHAPES = {"met": "circle", "missed": CROSS}
NAMED = 14  # px of a row of names above a chart of all provinces


def places(measure: Measure, values: Sequence[float | None]) -> Callable[[Words], int]:
    """The decimals of values as an axis shows them (`Words.axis`)."""
    return lambda words: words.places(measure, values)


def amounts(measure: Measure, values: Sequence[float | None]) -> Column:
    """The column of values as an axis shows them."""
    return Column(measure, lambda words: words.axis(measure, values)[1])


def set_apart(view: View) -> dict[str, str]:
    """Province -> its colour in charts of all: the report's own, and those that the parameters mark."""
    tints = dict.fromkeys(view.marked, theme.BLUE)
    return tints if view.region.is_nation else tints | {view.region.short_zh: theme.MEMBERS["own"]}


def of_regions(view: View, names: Iterable[str]) -> dict[str, str]:
    """The colours of regions in line charts: the report's province, the nation, economic regions, and a grid."""
    keys = {NATION.short_zh: "nation", **ECONOMIC, **({} if view.region.is_nation else {view.region.short_zh: "own"})}
    return {name: theme.MEMBERS[keys.get(name, "grid")] for name in names}


def marked(view: View) -> Said:
    """Says which provinces the parameters mark, besides the report's own; empty where none."""
    return term("marked_in_blue", names=findings.Names(view.marked)) if view.marked else ""


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
        sides = {name: "met" if target is None or reaches(target, value) else "missed" for name, value in there.items()}
        drawn = data.with_columns(
            printed=pl.Series([_against(value, decimals(words), measure, target) for value in data["value"]]),
            tint=pl.col("province").replace_strict(set_apart(view), default=plain, return_dtype=pl.String),
            side=pl.Series([words(SIDES[sides[name]]) for name in data["province"]]),
        )
        lines = {NATION.short_zh: view.value(id, NATION.code)}
        whole = [value for value in words.axis(measure, list(lines.values()))[0] if value is not None]
        domain = axes.ends([*data["value"], *whole, *([_limit(measure, target)] if target else [])])
        scale = alt.Scale(domain=list(domain), nice=False)  # in every layer: one without would add zero
        rules, above = _rules(words, measure, lines, target, scale)
        y = alt.Y("province:N", sort=data["province"].to_list(), title=None, axis=names_axis(view))
        x = alt.X("value:Q", title=unit or None, scale=scale, axis=alt.Axis(grid=True, tickCount=6))  # fmt: skip
        shown = [alt.Tooltip("province:N", title=words("province")), alt.Tooltip("printed:N", title=words.with_unit(words.say(measure), unit))]  # fmt: skip
        base = alt.Chart(drawn).encode(y=y, x=x, tooltip=shown)
        halo, text = labels.on_lines(base.mark_text(align="left", dx=7, fontSize=11).encode(text="printed:N"))
        dots = base.mark_point(size=55, opacity=1).encode(color=alt.Color("tint:N", scale=None))
        if target:  # met and missed differ in shape and colour; the own province is told by its name
            seen = [side for side in SIDES if side in sides.values()]
            said, legend = [words(SIDES[side]) for side in seen], alt.Legend(offset=above)
            dots = base.mark_point(size=50, opacity=1).encode(
                color=alt.Color(
                    "side:N", scale=alt.Scale(domain=said, range=[theme.MEMBERS[one] for one in seen]), legend=legend
                ),
                shape=alt.Shape("side:N", scale=alt.Scale(domain=said, range=[SHAPES[one] for one in seen])),
            )
        layers = [*rules, halo, dots, text]
        return alt.layer(*layers).properties(height=theme.ROW * len(there) + 8)

    quantity = term("in_that_year", year=view.year, what=measure)
    return Figure(
        id=figure,
        title=findings.place(measure, values, own, descending=not lower) if own else _ranked(view, measure, values, target),
        chart=draw,
        data=rows,
        columns={"province": Column(term("province")), "value": amounts(measure, numbers)},
        alt=findings.RankingShown("dot_plot", quantity, measure, values, own=own, descending=not lower),
        source=FILED,
        method=findings.Sentences((view.method(id), *not_drawn(values), view.few(id), marked(view))),
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


def _rules(
    words: Words,
    measure: Measure,
    lines: Mapping[str, float | None],
    target: Target | None,
    scale: alt.Scale,
) -> tuple[list[alt.Chart], int]:
    """Dashed lines through a chart of all provinces, each with its name and value above it: side by side where there is room
    on a phone, else one above the other, each towards the middle; and how many px they take."""
    marks: list[tuple[Said, float, str]] = [
        ((name, " ", Quantity(measure, value)), value, theme.MUTED)
        for name, value in lines.items()
        if value is not None
    ]
    if target:
        marks.append((term("target_printed", printed=target.value_printed), target.value, theme.ACCENT))
    marks.sort(key=lambda mark: mark[1])
    drawn: list[alt.Chart] = []
    low, high = scale.to_dict()["domain"]
    places = words.axis(measure, [value for _, value, _ in marks])[0]
    parts, texts = (
        [((at or 0.0) - low) / (high - low) for at in places],
        [words.say(text) for text, *_ in marks],
    )
    plot = labels.PLOTS[0]
    left, right = (part * plot + labels.AXIS for part in (parts[0], 1 - parts[-1])) if marks else (0, 0)
    beside = len(marks) == 2 and labels.width(texts[0]) < left and labels.width(texts[1]) < right
    for place, (at, part, text) in enumerate(zip(places, parts, texts, strict=True)):
        tint, to_left = marks[place][2], place == 0 if beside else part > 0.5
        line = alt.Chart(pl.DataFrame({"at": [at], "said": [text]})).encode(x=alt.X("at:Q", scale=scale))
        y = -8 if beside or place == len(marks) - 1 else -8 - NAMED
        said = line.mark_text(y=y, align="right" if to_left else "left", dx=2 if to_left else -2, color=tint)
        drawn += [line.mark_rule(strokeWidth=1.5, strokeDash=[5, 3], color=tint), said.encode(text="said:N")]
    return drawn, 10 + NAMED * (1 if beside else len(marks))


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


def over_years(
    view: View, id: str, figure: str, target: Target | None = None, local: float | None = None
) -> Figure | None:
    """The way of the report's region over the years, with its economic region and the nation beside it. local: what the region
    itself asks, a line of its own beside the target's."""
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
        printed = [wording.number(value, decimals(words)) for value in ends["value"]]
        if len(names) > 1:
            printed = [f"{words.say(name)} {one}" for name, one in zip(ends["region"], printed, strict=True)]
        tints = of_regions(view, names)
        colour = alt.Color("region:N", scale=alt.Scale(domain=names, range=list(tints.values())), legend=None)
        marks = (
            [(_limit(measure, goal), term("target_printed", printed=goal.value_printed), theme.ACCENT)] if goal else []
        )
        if local is not None:
            at_local = 100 * local if measure.scale == "percent" else local
            marks.append((at_local, term("local_limit", value=Quantity(measure, local)), theme.INK))
        at = [place for place, *_ in marks]
        domain, gap = labels.span([value for value in (*shown["value"], *at) if value is not None])
        scale = alt.Scale(domain=list(domain))  # in every layer: one without would add zero to the scale they share
        x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
        y = alt.Y("value:Q", title=column or None, scale=scale, axis=alt.Axis(tickCount=5))
        tooltip = [
            alt.Tooltip("region:N", title=words("region")),
            alt.Tooltip("year:O", title=words("year")),
            alt.Tooltip("value:Q", title=words.with_unit(words.say(measure), column), format=f",.{decimals(words)}f"),
        ]
        lines = alt.Chart(shown).encode(x=x, y=y, color=colour, tooltip=tooltip)
        placed = labels.apart(ends.with_columns(printed=pl.Series(printed)), "value", gap)
        text = alt.Chart(placed).mark_text(align="left", dx=9)
        text = text.encode(x=x, y=alt.Y(f"{labels.PLACE}:Q", scale=scale), text="printed:N", color=colour)
        layers = [lines.mark_line(point=True), *labels.on_lines(text)]  # a path may end before the others
        for place, name, tint in marks:
            said = words.say(name)
            rule = alt.Chart(pl.DataFrame({"at": [place], "said": [said]})).encode(y=alt.Y("at:Q", scale=scale))
            free = labels.beside_rule(
                said, place, labels.points(shown, "year", "value", "region"), domain, theme.HEIGHT
            )
            named = labels.on_lines(rule.mark_text(color=tint, **free).encode(text="said:N"))
            layers = [rule.mark_rule(color=tint, strokeDash=[5, 3]), *layers, *named]
        return alt.layer(*layers).properties(height=theme.HEIGHT)

    return Figure(
        id=figure,
        title=findings.trend(measure, years, values, subject=own),
        chart=draw,
        data=rows,
        columns={"region": Column(term("region")), "year": Column(term("year")), "value": amounts(measure, numbers)},
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
    """Stacked columns by year of the members of a dimension (columns year, name, value, member): for sums."""
    measure = view.measure(id)
    if rows.filter(pl.col("year") == view.year).is_empty():
        return None
    order = rows.filter(pl.col("year") == view.year).sort("value", descending=True)["name"].to_list()
    order += [name for name in rows["name"].unique(maintain_order=True) if name not in order]
    place = pl.col("name").replace_strict({name: n for n, name in enumerate(order)})
    keys = [dict(rows.select("name", "member").iter_rows()).get(name, name) for name in order]
    years, numbers = sorted(rows["year"].unique().to_list()), rows["value"].to_list()
    decimals = places(measure, numbers)

    def shown(words: Words) -> pl.DataFrame:
        values = pl.Series("value", words.axis(measure, numbers)[0], dtype=pl.Float64)
        return rows.select("name", "year", values)

    def draw(words: Words) -> alt.TopLevelMixin:
        data, unit = shown(words).with_columns(place=place), words.axis(measure, numbers)[1]
        tint = alt.Color("name:N", scale=alt.Scale(domain=order, range=list(theme.tints(keys).values())), legend=None)
        x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
        tooltip = [
            alt.Tooltip("name:N", title=words("name")),
            alt.Tooltip("year:O", title=words("year")),
            alt.Tooltip("value:Q", title=words.with_unit(words.say(measure), unit), format=f",.{decimals(words)}f"),
        ]
        y = alt.Y("sum(value):Q", title=unit or None, axis=alt.Axis(tickCount=5))
        bars = alt.Chart(data).mark_bar().encode(x=x, y=y, color=tint, order=alt.Order("place:Q"), tooltip=tooltip)
        last = data.filter(pl.col("year") == pl.col("year").max()).sort("place")
        last = last.with_columns(middle=pl.col("value").cum_sum() - pl.col("value") / 2)
        highest = float(data.group_by("year").agg(pl.col("value").sum())["value"].max() or 1)  # type: ignore[arg-type]
        ends = alt.Chart(labels.apart(last, "middle", highest * theme.LABEL / theme.HEIGHT))
        names = ends.mark_text(align="left", x="width", dx=4).encode(y=f"{labels.PLACE}:Q", text="name:N", color=tint)
        return alt.layer(bars, names).properties(height=theme.HEIGHT + 30)

    by_name = {name: _aligned(rows.filter(pl.col("name") == name).select("year", "value"), years) for name in order}
    left_out = [term("years_partly_withheld")] if set(view.path(id)["year"]) - set(years) else []
    return Figure(
        id=figure,
        title=title,
        chart=draw,
        data=lambda words: shown(words).sort(place, "year"),
        columns={"name": Column(term("name")), "year": Column(term("year")), "value": amounts(measure, numbers)},
        alt=findings.SeriesShown(
            "stacked_columns", term("whose", own=view.region.short_zh, what=measure), measure, years, by_name
        ),
        source=FILED,
        method=findings.Sentences((view.method(id), *left_out)),
        decimals={"value": decimals},
    )


def tiles(view: View, id: str, figure: str) -> Figure | None:
    """The province tile grid of an indicator; grey where there is no value or none is published, which the tile says."""
    measure, values = view.measure(id), view.by_province(id)
    there = findings.there(values)
    if len(there) < findings.MIN_RANKED:
        return None
    own, hidden = "" if view.region.is_nation else view.region.short_zh, tuple(findings.withheld(values))
    numbers, quantity = list(there.values()), term("in_that_year", year=view.year, what=measure)
    decimals = places(measure, numbers)

    def rows(words: Words) -> pl.DataFrame:
        return pl.DataFrame({"province": list(there), "value": words.axis(measure, numbers)[0]})

    def draw(words: Words) -> alt.TopLevelMixin:
        data = rows(words).with_columns(
            pl.Series("printed", [wording.number(one, decimals(words)) for one in rows(words)["value"]])
        )
        closed = pl.DataFrame([(name, None, words("tiles_withheld")) for name in hidden], data.schema, orient="row")
        shown = pl.concat([data, closed])
        return tilegrid.tile_grid(
            view.provinces,
            view.provinces.select("code", province="short_zh").join(shown, on="province"),
            value="value",
            label="printed",
            legend=words.with_unit(words.say(quantity), words.axis(measure, numbers)[1]),
            thresholds=tilegrid.class_limits(data["value"]),
            highlight="" if not own else view.region.code,
            words=words,
        )

    return Figure(
        id=figure,
        title=findings.place(measure, values, own)
        if own
        else term("said_of_year", year=view.year, what=measure, said=findings.extremes(measure, values)),
        chart=draw,
        data=lambda words: rows(words).sort("value", descending=True),
        columns={"province": Column(term("province")), "value": amounts(measure, numbers)},
        alt=findings.RankingShown("tile_grid", quantity, measure, values, own=own),
        source=FILED,
        method=findings.Sentences(
            (
                term("tiles_note_withheld") if hidden else tilegrid.NOTE,
                view.method(id),
                *([term("provinces_withheld", names=findings.Names(hidden))] if hidden else []),
            )
        ),
        decimals={"value": decimals},
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
    method = findings.Sentences((view.said(*told), *map(view.measured, told)))
    return Table(id=table, title=title, data=rows, columns=named, source=FILED, method=method)


def not_filed(view: View, *ids: str) -> NotFiled:
    """That a chapter has nothing to tell of the indicators, and which tables it would need."""
    return NotFiled(view.region.short_zh, view.year, tuple(view.tables(*ids)), view.is_withheld(*ids))
