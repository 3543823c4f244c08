"""What the chapter on scenarios draws, each beside the facts of `foresight`: fans and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import altair as alt
import polars as pl

from pipeline import wording
from pipeline.chapters import foresight as facts
from pipeline.chapters import shapes, waterfalls
from pipeline.chapters.foresight import Foresight, Standing, named, place, probability, scaled, standing
from pipeline.charts import labels, theme
from pipeline.findings import is_there
from pipeline.given.reference import Target
from pipeline.language.terms import Term, chinese, term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Table
from pipeline.scenarios.decomposition import STEPS
from pipeline.scenarios.drivers import DRIVERS, said
from pipeline.scenarios.start import FACILITIES
from pipeline.wording import WITHHELD

SOURCE = term("scenario_source")
TOLD = (
    "energy.total", "energy.electricity", "energy.per_flow", "energy.per_flow.change", "energy.per_volume",
    "energy.per_volume.change", "carbon.location", "carbon.market", "green.share",
)  # fmt: skip
Explorer = Callable[[Words], Mapping[str, Any]]
LEVELS = {"low": "level_low", "mode": "level_mode", "high": "level_high"}
TINTS = (theme.MUTED, theme.PRIMARY, theme.BLUE, theme.PURPLE, theme.OCHRE, theme.STEEL)
"""Of the scenarios, in order, alike in all charts of the chapter."""


def fan(
    foresight: Foresight, measure: str, figure: str, target: Target | None = None, explorer: Explorer | None = None
) -> Figure | None:
    """The filed years, the median of every scenario, and the range of the report's own; None where it is not known. explorer:
    of `explorer.explored`, for the page."""
    if not foresight.has(measure):
        return None
    how, lines = foresight.view.measure(measure), facts.lines(foresight, measure)
    title, band = foresight.titles[foresight.own], ("p10", "p50", "p90")
    years = sorted({*lines["filed"], *lines["p10"]})
    every = [value for path in lines.values() for value in path.values()]
    columns = {"year": Column(term("year")), "filed": Column(term("filed_line")), **foresight.columns()}
    columns |= {name: Column(term("percentile", title=title, percent=name[1:])) for name in band}

    def data(words: Words) -> pl.DataFrame:
        factor = scaled(words, how, every)[0]
        cells = {
            name: [None if year not in path else path[year] * factor for year in years] for name, path in lines.items()
        }
        return pl.DataFrame({"year": years} | cells, schema_overrides=dict.fromkeys(cells, pl.Float64))

    def draw(words: Words) -> alt.TopLevelMixin:
        factor, unit, decimals = scaled(words, how, every)
        names = {name: columns[name].told(words) for name in lines if name not in band}
        shown = data(words).with_columns(pl.exclude("year").round(decimals + 2))
        rows = shown.select("year", *names).rename(names).unpivot(index="year", variable_name="line").drop_nulls()
        tints = dict(zip(foresight.titles, TINTS, strict=False)) | {"filed": theme.INK}
        colours = alt.Scale(domain=list(names.values()), range=[tints[name] for name in names])
        colour, tint = alt.Color("line:N", scale=colours, legend=None), tints[foresight.own]
        goal = [] if target is None else [target.value * factor]
        domain, gap = labels.span([value * factor for value in every] + goal)
        x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy"))

        def at(field: str) -> alt.Y:  # alike in every layer: one without a domain would add its own to the shared scale
            scale = alt.Scale(domain=list(domain))
            return alt.Y(f"{field}:Q", title=unit or None, scale=scale, axis=alt.Axis(tickCount=5))

        own = alt.Chart(shown.drop_nulls("p10")).encode(x=x)
        area = own.mark_area(opacity=0.18, color=tint).encode(y=at("p10"), y2="p90:Q")
        median = own.mark_line(strokeDash=[2, 3], strokeWidth=1.5, color=tint).encode(y=at("p50"))
        tooltip = [
            alt.Tooltip("line:N", title=words("line")),
            alt.Tooltip("year:O", title=words("year_axis")),
            alt.Tooltip("value:Q", title=unit or words("value_axis"), format=f",.{decimals}f"),
        ]
        drawn = alt.Chart(rows).mark_line(point=alt.OverlayMarkDef(size=25))
        drawn = drawn.encode(x=x, y=at("value"), color=colour, tooltip=tooltip)
        last = rows.filter(pl.col("year") == foresight.horizon)
        last = last.with_columns(said=pl.Series([wording.number(value, decimals) for value in last["value"]]))
        last = labels.apart(last.with_columns(text=pl.format("{} {}", "line", "said")), "value", gap)
        text = labels.at_ends(last, "text", "line").encode(x=x, y=at(labels.PLACE), text="at_end:N", color=colour)
        layers = [area, median, drawn, text]
        if target is not None:
            aim = words("target_of_year", year=target.target_year, printed=target.value_printed)
            rule = alt.Chart(pl.DataFrame({"value": goal, "text": [aim]})).encode(y=at("value"))
            paths = labels.points(rows, "year", "value", "line")
            free = labels.beside_rule(aim, goal[0], paths, domain, theme.HEIGHT)
            named = labels.on_lines(rule.mark_text(color=theme.ACCENT, **free).encode(text="text:N"))
            layers = [rule.mark_rule(color=theme.ACCENT, strokeDash=[5, 3]), *layers, *named]
        return alt.layer(*layers).properties(height=theme.HEIGHT)

    return Figure(
        id=figure,
        title="",
        chart=draw,
        data=data,
        alt="",
        source=SOURCE,
        columns=columns,
        decimals=dict.fromkeys(lines, shapes.places(how, every)),
        explorer=explorer,
    )


def side_by_side(foresight: Foresight, table: str) -> Table | None:
    """What each scenario leads to in 2030, with the range of its draws."""
    shown = [measure for measure in TOLD if foresight.has(measure)]
    if not shown:
        return None

    def rows(words: Words) -> pl.DataFrame:
        lines = []
        for measure in shown:
            how = foresight.view.measure(measure)
            paths = {name: foresight.path(measure, name) for name in foresight.titles}
            factor, unit, decimals = scaled(words, how, [one for path in paths.values() for one in path.values()])
            line = {"indicator": Column(how, unit).told(words)}
            line["start"] = wording.number(paths[foresight.own][foresight.t0] * factor, decimals)
            for name in foresight.titles:
                ends = [foresight.at_end(measure, name, column) for column in ("value", "p10", "p90")]
                line[name] = _ranged(words, [None if end is None else end * factor for end in ends], decimals)
            lines.append(line)
        return pl.DataFrame(lines)

    columns = {"indicator": Column(term("indicator")), "start": Column(term("in_year", year=foresight.t0))}
    widths = [13.5, 6.5, *[14] * len(foresight.titles)]
    return Table(table, "", rows, SOURCE, widths=widths, columns=columns | foresight.columns())


def _ranged(words: Words, ends: Sequence[float | None], decimals: int) -> str:
    """`2,046.2（1,936 至 2,166）`: the range of a number of four digits without decimals, so that it stands in a line."""
    value, low, high = ends
    if value is None or low is None or high is None:
        return wording.MISSING
    places = 0 if abs(value) >= 1000 else decimals
    first, last = (wording.number(one, places) for one in (low, high))
    told = wording.number(value, decimals)
    return told if first == last else words("value_between", value=told, low=first, high=last)


def by_facility(foresight: Foresight, table: str) -> Table:
    """Energy of each facility type at the start and in 2030, in tce and kWh; what has no path is withheld."""
    data: dict[str, dict[str, list[float]]] = {"energy.total": {}, "energy.electricity": {}}
    columns = {"facility": Column(term("facility"))}

    def factor(id: str, words: Words) -> tuple[float, str]:
        known = (value for values in data[id].values() for value in values if is_there(value))
        return scaled(words, foresight.view.measure(id), known)[:2]

    def unit(id: str, words: Words) -> str:
        return factor(id, words)[1]

    heads: dict[str, Term | str] = {"": term("in_year", year=foresight.t0), **foresight.titles}

    for id, of in data.items():
        ids = [*(f"{id}/{code}" for code in FACILITIES), id]
        for name, title in heads.items():
            paths = [foresight.path(one, name or foresight.own) for one in ids]
            of[f"{id} {name}"] = [path.get(foresight.horizon if name else foresight.t0, WITHHELD) for path in paths]
            columns[f"{id} {name}"] = Column(title, partial(unit, id))

    def rows(words: Words) -> pl.DataFrame:
        cells = {name: [value * factor(id, words)[0] for value in values] for id, of in data.items() for name, values in of.items()}  # fmt: skip
        return pl.DataFrame({"facility": [*FACILITIES.values(), chinese("total")]} | cells)

    names = [name for name in columns if name != "facility"]
    widths, decimals = [11, *[8] * len(names)], dict.fromkeys(names, 1)
    return Table(table, "", rows, SOURCE, decimals=decimals, widths=widths, withheld=True, columns=columns)


def target_year(stands: Standing | None) -> list[Term]:
    """`2027 年`, `2024 年（已填报）`, `到 2030 年仍未达到`, as a cell of a table says it."""
    if stands is None:
        return [term("not_projected")]
    if stands.first is None:
        return [term("not_met_by", year=stands.end)]
    met = term("met_in_filed" if stands.first <= stands.t0 else "in_year", year=stands.first)
    return [met, term("not_met_from", year=stands.lost)] if stands.lost else [met]


def targets(foresight: Foresight, wanted: Sequence[Target], table: str) -> Table:
    """The year in which each target is met, and the probability that it is in 2030, in every scenario."""

    def rows(words: Words) -> pl.DataFrame:
        lines = []
        for target in wanted:
            what = foresight.view.catalogue[target.indicator.removesuffix(".change")].title
            line = {"target": words("target_row", what=what, printed=target.value_printed)}
            for name in foresight.titles:
                stands = standing(foresight, target, name)
                line[name] = "".join(map(words.say, target_year(stands)))
                if stands:
                    line[name] += words("semicolon") + words.say(probability(stands.chance[foresight.horizon]))
            lines.append(line)
        return pl.DataFrame(lines)

    return Table(table, "", rows, SOURCE, columns={"target": Column(term("target")), **foresight.columns()})


def tornado(foresight: Foresight, figure: str, most: int) -> Figure | None:
    """What each driver alone does to 2030 between its low and its high; None where no driver has a range."""
    of = facts.single(foresight)
    if of is None:
        return None
    how, middle = of["measure"], of["middle"].value
    sides = ("low", "high")
    rows = foresight.outlook.levels.filter(
        pl.col("scenario") == foresight.own, pl.col("measure") == of["id"], pl.col("year") == foresight.horizon
    ).pivot(on="level", index="driver", values="value")
    rows = rows.with_columns(_wide=(pl.col("high") - pl.col("low")).abs() / middle)
    rows = rows.filter(pl.col("_wide") > 5e-4).sort("_wide", descending=True).head(most)
    if rows.is_empty():
        return None
    names = [named(driver) for driver in rows["driver"]]
    columns = {"driver": Column(term("scenario_driver"))} | {one: Column(term(f"at_{one}")) for one in sides}

    def data(words: Words) -> pl.DataFrame:
        return rows.select(pl.Series("driver", names), pl.col(sides) * scaled(words, how, [middle])[0])

    def draw(words: Words) -> alt.TopLevelMixin:
        factor, unit, decimals = scaled(words, how, [middle])
        said = {one: columns[one].told(words) for one in sides}
        long = data(words).rename(said).unpivot(index="driver", variable_name="side")
        long = long.with_columns(apart=(pl.col("value") - middle * factor).round(decimals + 2))
        scale = alt.Scale(domain=list(said.values()), range=list(theme.tints(sides).values()))
        tooltip = [
            alt.Tooltip("driver:N", title=words("driver")),
            alt.Tooltip("side:N", title=words("value_set")),
            alt.Tooltip("value:Q", title=Column(how, unit).told(words), format=f",.{decimals}f"),
        ]
        end = alt.Axis(grid=True, tickCount=5, titleAnchor="end")  # on a phone the title is longer than the axis
        bars = alt.Chart(long).mark_bar().encode(
            y=alt.Y("driver:N", sort=names, title=None, axis=alt.Axis(ticks=False, labelLimit=240)),
            x=alt.X("apart:Q", title=words("from_middle", unit=unit), stack=None, axis=end),
            color=alt.Color("side:N", scale=scale, legend=alt.Legend(columns=0)), tooltip=tooltip,
        )  # fmt: skip
        whole: alt.TopLevelMixin = bars.properties(height=22 * rows.height + 12)
        return whole

    decimal = dict.fromkeys(sides, shapes.places(how, [middle]))
    return Figure(figure, "", draw, data, alt="", source=SOURCE, columns=columns, decimals=decimal)


def difference(foresight: Foresight, figure: str) -> Figure | None:
    """What makes the energy of 2030 differ: from the first scenario to the report's own, else from there to the second."""
    pair = facts.compared(foresight)
    rows = facts.steps(foresight, "energy.total")
    if pair is None or rows.is_empty():
        return None
    one, other = pair
    before, after = rows["before"][0], rows["after"][0]
    moved = rows.filter(pl.col("value").abs() > 1e-9 * before)  # conditions are mostly the same in both
    steps = {STEPS[step]: value for step, value in moved.select("step", "value").iter_rows()}
    if not steps:
        return None
    own = foresight.view.region.short_zh
    what = term("energy_between_scenarios", own=own, year=foresight.horizon, one=one, other=other)
    how = foresight.view.measure("energy.total").among((after - before, max(steps.values(), key=abs)))
    return waterfalls.waterfall(figure, how, (one, before), steps, (other, after), title="", what=what, source=SOURCE)


def assumptions(foresight: Foresight, table: str) -> Table:
    """The drivers of the report's scenario, where each comes from, and what an analyst changed."""
    own = foresight.outlook.drivers.filter(pl.col("scenario") == foresight.own)

    def rows(words: Words) -> pl.DataFrame:
        lines = []
        for row in own.iter_rows(named=True):
            where = place(row["origin"])
            parts = [term("changed_parameter", origin=where) if row["changed"] else where, row["basis"]]
            parts += [term("reason_of_difference", reason=row["reason"])] if row["reason"] else []
            lines.append(
                {"driver": words.say(named(row["driver"])), "key": row["driver"]}
                | {level: said(row["driver"], row[level]) for level in LEVELS}
                | {"grounds": words("semicolon").join(text for part in parts if (text := words.say(part)))}
            )
        return pl.DataFrame(lines)

    columns = {"driver": term("scenario_driver"), "key": term("parameter")}
    columns |= {level: term(key) for level, key in LEVELS.items()} | {"grounds": term("value_grounds")}
    named_ = {name: Column(one) for name, one in columns.items()}
    return Table(table, "", rows, widths=[19, 13, 5, 5, 5, 21], columns=named_)


def modes(foresight: Foresight, table: str) -> Table:
    """The middle value of every driver in every scenario."""
    of = {
        (scenario, driver): said(driver, mode)
        for scenario, driver, mode in foresight.outlook.drivers.select("scenario", "driver", "mode").iter_rows()
    }
    values = {name: {driver: of[name, driver] for driver in DRIVERS} for name in foresight.titles}
    return _of_drivers(table, values, foresight.columns(), 18, 8)


def written(parameters: Mapping[str, pl.DataFrame], table: str) -> Table:
    """The drivers of every scenario as they are written, for a region without filings. parameters: Chinese title of the
    scenario -> `params.table`."""
    values = {title: dict(frame.select("参数", "取值").iter_rows()) for title, frame in parameters.items()}
    return _of_drivers(table, values, {title: Column(title) for title in values}, 16, 12)


def _of_drivers(
    table: str, values: Mapping[str, Mapping[str, str]], columns: Mapping[str, Column], *widths: float
) -> Table:
    """A line a driver, a column a scenario."""
    rows = [{"driver": named(driver)} | {name: of[driver] for name, of in values.items()} for driver in DRIVERS]
    heads = {"driver": Column(term("scenario_driver")), **columns}
    return Table(table, "", pl.DataFrame(rows), widths=[widths[0], *[widths[1]] * len(values)], columns=heads)
