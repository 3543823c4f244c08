"""Figures and tables that several chapters draw of indicators, each with its finding as title.

Every function returns None where there is nothing to draw: a chapter says so in words and goes on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import accumulate

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.charts import labels, theme, tilegrid
from pipeline.findings import Measure, NotFiled, Quantity, Quoted
from pipeline.given.reference import Target
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Said, Table
from pipeline.wording import join_names

FILED = "企业填报，本报告计算"


def _in_unit(measure: Measure, values: Sequence[float | None]) -> tuple[list[float | None], str, int]:
    """Values as an axis shows them, with the unit that stands on it and its decimals: shares in %, large sums in 万 or 亿."""
    if measure.scale == "percent":
        return [None if value is None else 100 * value for value in values], "%", measure.decimals
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    if measure.scale == "big" and largest >= 1e4:
        factor, name = (1e8, "亿") if largest >= 1e8 else (1e4, "万")
        return [None if value is None else value / factor for value in values], name + measure.unit, 1
    return list(values), measure.unit, measure.decimals


def _column(measure: Measure, unit: str) -> str:
    return f"{measure.name}（{unit}）" if unit else measure.name


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
    lower = view.catalogue[id].better == "lower"
    said = f"{view.year} 年"
    if own:
        title = zh.say(findings.place(measure, values, own, descending=not lower))
    elif target is not None:
        met = [name for name, value in there.items() if reaches(target, value)]
        counted = zh.say(findings.counted(len(there), values))
        if len(met) == len(there):
            counted += f"都符合“{target.value_printed}”"
        elif met:
            counted += f"中 {len(met)} 个符合“{target.value_printed}”"
        else:
            counted += f"都没有达到“{target.value_printed}”"
        title = f"{said}{measure.name}：{counted}；{zh.say(findings.extremes(measure, values))}"
    else:
        title = f"{said}{measure.name}，{zh.say(findings.extremes(measure, values))}"
    shown, unit, decimals = _in_unit(measure, list(there.values()))
    column = _column(measure, unit)
    rows = pl.DataFrame({"省份": list(there), column: shown})
    rows = rows.sort(column, descending=not lower)
    rows = rows.with_columns(印=pl.Series([_against(value, decimals, measure, target) for value in rows[column]]))
    tints = set_apart(view)
    plain = theme.PRIMARY if not own else theme.SEQUENTIAL[2]
    rows = rows.with_columns(色=pl.col("省份").replace_strict(tints, default=plain, return_dtype=pl.String))
    y = alt.Y("省份:N", sort=rows["省份"].to_list(), title=None, axis=names_axis(view))
    x = alt.X(f"{_field(column)}:Q", title=unit or None, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(grid=True, tickCount=6))  # fmt: skip
    base = alt.Chart(rows).encode(y=y, x=x, tooltip=["省份:N", alt.Tooltip("印:N", title=column)])
    text = base.mark_text(align="left", dx=7, fontSize=11)
    layers = [
        *_rules(view, measure, {"全国": view.value(id, "000000")}, target),
        text.mark_text(stroke="white", strokeWidth=3, align="left", dx=7, fontSize=11).encode(
            text="印:N"
        ),  # over the rules
        base.mark_point(size=55, opacity=1).encode(color=alt.Color("色:N", scale=None)),
        text.encode(text="印:N"),
    ]
    return Figure(
        id=figure,
        title=title,
        chart=alt.layer(*layers).properties(height=theme.ROW * len(there) + 8),
        data=rows.select("省份", column),
        alt=findings.RankingShown("dot_plot", said + measure.name, measure, values, own=own, descending=not lower),
        source=FILED,
        method=view.method(id) + not_drawn(values) + view.few(id),
        decimals={column: decimals},
        against={} if target is None else {column: (_limit(measure, target), target.comparator)},
    )


def _rules(view: View, measure: Measure, lines: Mapping[str, float | None], target: Target | None) -> list[alt.Chart]:
    """Dashed lines through a chart of all provinces, each with its name and value above it, on the side that is free."""
    marks = [(f"{name} {measure.say(value)}", value, theme.MUTED) for name, value in lines.items() if value is not None]
    marks += [(f"目标 {target.value_printed}", target.value, theme.ACCENT)] if target else []
    marks.sort(key=lambda mark: mark[1])
    drawn = []
    for place, (text, value, tint) in enumerate(marks):
        [at], _, _ = _in_unit(measure, [value])
        line = alt.Chart(pl.DataFrame({"处": [at], "字": [text]})).encode(x="处:Q")
        left = len(marks) > 1 and place == 0
        said = line.mark_text(y=-8, align="right" if left else "left", dx=2 if left else -2, color=tint)
        drawn += [line.mark_rule(strokeWidth=1.5, strokeDash=[5, 3], color=tint), said.encode(text="字:N")]
    return drawn


def not_drawn(values: findings.Values, why: str = "没有数据的省份") -> str:
    """Names the provinces that a figure leaves out, for they have no value or it is not published."""
    absent = [name for name, value in values.items() if value is None]
    hidden = findings.withheld(values)
    told = f"{why}：{join_names(absent)}。" if absent else ""
    return told + (f"按保密规则不公布的省份：{join_names(hidden)}。" if hidden else "")


def _against(shown: float, decimals: int, measure: Measure, target: Target | None) -> str:
    """A value as an axis shows it, on the target's side also in print: 1.3046 beside 1.3以下 is not 1.30."""
    if target is None:
        return wording.number(shown, decimals)
    return wording.number_against(shown, _limit(measure, target), target.comparator, decimals)


def _limit(measure: Measure, target: Target) -> float:
    """The target as an axis shows it."""
    [limit], _, _ = _in_unit(measure, [target.value])
    return limit or 0.0


def _field(column: str) -> str:
    """A column name as a Vega-Lite field: dots and brackets mean something there."""
    return column.replace(".", "\\.").replace("[", "\\[").replace("]", "\\]")


def over_years(view: View, id: str, figure: str, target: Target | None = None) -> Figure | None:
    """The way of the report's region over the years, with its economic region and the nation beside it."""
    measure = view.measure(id)
    paths = {name: view.path(id, code) for name, code in view.beside(id).items()}
    own = paths[view.region.short_zh]
    if own.height < 2:
        return None
    parts = [path.with_columns(地区=pl.lit(name)) for name, path in paths.items() if path.height]
    rows = pl.concat(parts)
    shown, unit, decimals = _in_unit(measure, rows["value"].to_list())
    column = _column(measure, unit)
    rows = rows.with_columns(pl.Series(column, shown, dtype=pl.Float64))
    names = list(paths)
    colour = alt.Color("地区:N", scale=alt.Scale(domain=names, range=[theme.ACCENT if len(names) > 1 else theme.PRIMARY, theme.CATEGORIES[2], theme.INK][: len(names)] if len(names) != 2 else [theme.ACCENT, theme.INK]), legend=None)  # fmt: skip
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
    goal = target if target is not None and target.baseline_year is None else None
    at = _in_unit(measure, [goal.value])[0] if goal else []
    domain, gap = labels.span([value for value in (*rows[column], *at) if value is not None])
    scale = alt.Scale(domain=list(domain))  # in every layer: one without would add zero to the scale they share
    y = alt.Y(f"{_field(column)}:Q", title=unit or None, scale=scale, axis=alt.Axis(tickCount=5))
    lines = alt.Chart(rows).encode(x=x, y=y, color=colour, tooltip=["地区:N", alt.Tooltip("year:O", title="年份"), alt.Tooltip(f"{_field(column)}:Q", title=column, format=f",.{decimals}f")])  # fmt: skip
    last = rows.filter(pl.col("year") == pl.col("year").max().over("地区"))
    printed = pl.Series("印", [wording.number(value, decimals) for value in last[column]])
    ends = labels.apart(
        last.with_columns(印=pl.col("地区") + " " + printed if len(names) > 1 else printed), column, gap
    )
    text = (
        alt.Chart(ends)
        .mark_text(align="left", dx=9)
        .encode(x=x, y=alt.Y(f"{labels.PLACE}:Q", scale=scale), text="印:N", color=colour)
    )
    layers = [lines.mark_line(point=True), text]
    if goal:
        rule = alt.Chart(pl.DataFrame({"处": at, "字": [f"目标 {goal.value_printed}"]})).encode(
            y=alt.Y("处:Q", scale=scale)
        )
        layers = [rule.mark_rule(color=theme.ACCENT, strokeDash=[5, 3]), rule.mark_text(align="left", x=4, dy=-8, color=theme.ACCENT).encode(text="字:N"), *layers]  # fmt: skip
    return Figure(
        id=figure,
        title=zh.say(
            findings.trend(measure, own["year"].to_list(), own["value"].to_list(), subject=view.region.short_zh)
        ),
        chart=alt.layer(*layers).properties(height=theme.HEIGHT),
        data=rows.select("地区", pl.col("year").alias("年份"), column),
        alt=findings.SeriesShown(
            "line_chart",
            measure.name,
            measure,
            own["year"].to_list(),
            {name: _aligned(path, own["year"].to_list()) for name, path in paths.items() if path.height},
        ),
        source=FILED,
        method=view.method(id),
        decimals={column: decimals},
    )


def _aligned(path: pl.DataFrame, years: Sequence[int]) -> list[float | None]:
    there = dict(path.iter_rows())
    return [there.get(year) for year in years]


def members_over_years(view: View, rows: pl.DataFrame, id: str, figure: str, *, title: Said = "") -> Figure | None:
    """Stacked columns by year of the members of a dimension (columns year, name, value): for sums."""
    measure = view.measure(id)
    if rows.filter(pl.col("year") == view.year).is_empty():
        return None
    shown, unit, decimals = _in_unit(measure, rows["value"].to_list())
    column = _column(measure, unit)
    data = rows.with_columns(pl.Series(column, shown, dtype=pl.Float64))
    order = data.filter(pl.col("year") == view.year).sort("value", descending=True)["name"].to_list()
    order += [name for name in data["name"].unique(maintain_order=True) if name not in order]
    colours = [theme.CATEGORIES[n % len(theme.CATEGORIES)] for n in range(len(order))]
    data = data.with_columns(次=pl.col("name").replace_strict({name: n for n, name in enumerate(order)}))
    tint = alt.Color("name:N", scale=alt.Scale(domain=order, range=colours), legend=None)
    bars = alt.Chart(data).mark_bar().encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y(f"sum({_field(column)}):Q", title=unit or None, axis=alt.Axis(tickCount=5)),
        color=tint,
        order=alt.Order("次:Q"),
        tooltip=[alt.Tooltip("name:N", title="名称"), alt.Tooltip("year:O", title="年份"), alt.Tooltip(f"{_field(column)}:Q", title=column, format=f",.{decimals}f")],
    )  # fmt: skip
    last = data.filter(pl.col("year") == pl.col("year").max()).sort("次")
    last = last.with_columns(中=pl.col(column).cum_sum() - pl.col(column) / 2)
    highest = data.group_by("year").agg(pl.col(column).sum())[column].max()
    ends = labels.apart(last, "中", float(highest or 1) * theme.LABEL / theme.HEIGHT)  # type: ignore[arg-type]
    names = alt.Chart(ends).mark_text(align="left", dx=6).encode(
        x=alt.X("year:O", bandPosition=1), y=f"{labels.PLACE}:Q", text="name:N", color=tint
    )  # fmt: skip
    years = sorted(data["year"].unique().to_list())
    by_name = {name: _aligned(data.filter(pl.col("name") == name).select("year", "value"), years) for name in order}
    return Figure(
        id=figure,
        title=title,
        chart=(bars + names).properties(height=theme.HEIGHT + 30),
        data=data.sort("次", "year").select(pl.col("name").alias("名称"), pl.col("year").alias("年份"), column),
        alt=findings.SeriesShown("stacked_columns", f"{view.region.short_zh}{measure.name}", measure, years, by_name),
        source=FILED,
        method=view.method(id)
        + ("有部分按保密规则不公布的年份不列。" if set(view.path(id)["year"]) - set(years) else ""),
        decimals={column: decimals},
    )


def tiles(view: View, id: str, figure: str) -> Figure | None:
    """The province tile grid of an indicator; grey where there is no value."""
    measure, values = view.measure(id), view.by_province(id)
    there = findings.there(values)
    if len(there) < findings.MIN_RANKED:
        return None
    shown, unit, decimals = _in_unit(measure, list(there.values()))
    column = _column(measure, unit)
    rows = view.provinces.select("code", 省份="short_zh").join(
        pl.DataFrame({"省份": list(there), column: shown, "印": [wording.number(value, decimals) for value in shown]}), on="省份"
    )  # fmt: skip
    own = "" if view.region.is_nation else view.region.short_zh
    title = (
        zh.say(findings.place(measure, values, own))
        if own
        else f"{view.year} 年{measure.name}，{zh.say(findings.extremes(measure, values))}"
    )
    return Figure(
        id=figure,
        title=title,
        chart=tilegrid.tile_grid(
            view.provinces, rows, value=column, label="印", legend=f"{view.year} 年{column}",
            thresholds=tilegrid.class_limits(rows[column]), highlight="" if not own else view.region.code,
        ),
        data=rows.select("省份", column).sort(column, descending=True),
        alt=findings.RankingShown("tile_grid", f"{view.year} 年{measure.name}", measure, values, own=own),
        source=FILED,
        method=f"{tilegrid.NOTE}。{view.method(id)}"
        + (f"按保密规则不公布的省份：{join_names(hidden)}。" if (hidden := findings.withheld(values)) else ""),
        decimals={column: decimals},
    )  # fmt: skip


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
    scaled, unit, decimals = _in_unit(measure, [*starts, *ends, *amounts])
    lows, highs, sizes = (scaled[at : at + len(names)] for at in (0, len(names), 2 * len(names)))
    column = _column(measure, unit)
    totals = {0, len(names) - 1}
    kinds = ["总量" if at in totals else "增加" if size > 0 else "减少" for at, size in enumerate(amounts)]
    printed = [wording.number(size, decimals, sign=at not in totals) for at, size in enumerate(sizes)]
    rows = pl.DataFrame(
        {"项目": names, "起": lows, "止": highs, "性质": kinds, "印": printed, "次项": [*names[1:], last]}
    ).with_columns(处=pl.max_horizontal("起", "止"))
    y = alt.Y("项目:N", sort=names, title=None, axis=alt.Axis(ticks=False, labelLimit=200))
    reach = [one for one in (*lows, *highs) if one is not None]
    low, high = min(reach), max(reach)
    room = alt.Scale(domain=[low, high + 0.22 * (high - low)], nice=False)  # for what stands beside the longest bar
    x = alt.X("起:Q", title=unit or None, scale=room, axis=alt.Axis(tickCount=5, grid=True))
    tint = alt.Color("性质:N", scale=alt.Scale(domain=["总量", "增加", "减少"], range=[theme.PRIMARY, theme.ACCENT, theme.CATEGORIES[2]]), legend=None)  # fmt: skip
    base = alt.Chart(rows).encode(y=y)
    bars = base.mark_bar().encode(x=x, x2="止:Q", color=tint, tooltip=["项目:N", alt.Tooltip("印:N", title=column)])
    links = base.mark_rule(color=theme.MUTED, strokeWidth=0.7).encode(x="止:Q", y2="次项:N")
    text = base.mark_text(align="left", dx=5).encode(x="处:Q", text="印:N")
    running = f"累计（{unit}）" if unit else "累计"
    return Figure(
        id=figure,
        title=title,
        chart=alt.layer(links, bars, text).properties(height=30 * len(names) + 20),
        data=pl.DataFrame({"项目": names, column: sizes, running: highs}),
        alt=findings.StepsShown("waterfall", what, measure, start, steps, end),
        source=source,
        method=method,
        decimals={column: decimals, running: decimals},
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
