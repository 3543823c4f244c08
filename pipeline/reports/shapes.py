"""Figures and tables that several chapters draw of indicators, each with its finding as title.

Every function returns None where there is nothing to draw: a chapter says so in words and goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.charts import alt_text, labels, theme, tilegrid
from pipeline.findings import Measure
from pipeline.indicators.view import View
from pipeline.reference import Target
from pipeline.reports.blocks import Figure, Table
from pipeline.wording import join_names

FILED = "企业填报，本报告计算"
SHOWN_MEMBERS = 12


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


def reaches(target: Target, value: float) -> bool:
    """Whether a value is on the target's side; the number itself is (民法典第1259条)."""
    rounded = round(value, 12)
    return rounded >= target.value if target.comparator == ">=" else rounded <= target.value


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
        title = findings.place(measure, values, own, descending=not lower)
    elif target is not None:
        met = [name for name, value in there.items() if reaches(target, value)]
        counted = f"{'已公布的 ' if findings.withheld(values) else ''}{len(there)} 个省份"
        if len(met) == len(there):
            counted += f"都符合“{target.value_printed}”"
        elif met:
            counted += f"中 {len(met)} 个符合“{target.value_printed}”"
        else:
            counted += f"都没有达到“{target.value_printed}”"
        title = f"{said}{measure.name}：{counted}；{findings.extremes(measure, values)}"
    else:
        title = f"{said}{measure.name}，{findings.extremes(measure, values)}"
    shown, unit, decimals = _in_unit(measure, list(there.values()))
    column = _column(measure, unit)
    rows = pl.DataFrame({"省份": list(there), column: shown, "本省": [name == own for name in there]})
    rows = rows.sort(column, descending=not lower)
    rows = rows.with_columns(印=pl.Series([_against(value, decimals, measure, target) for value in rows[column]]))
    y = alt.Y("省份:N", sort=rows["省份"].to_list(), title=None, axis=alt.Axis(ticks=False))
    x = alt.X(f"{_field(column)}:Q", title=unit or None, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(grid=True, tickCount=6))  # fmt: skip
    tint = alt.condition("datum['本省']", alt.value(theme.ACCENT), alt.value(theme.PRIMARY))
    base = alt.Chart(rows).encode(y=y, x=x, tooltip=["省份:N", alt.Tooltip("印:N", title=column)])
    layers = [base.mark_point(size=55).encode(color=tint), base.mark_text(align="left", dx=7, fontSize=10).encode(text="印:N")]  # fmt: skip
    lines = {"全国": view.value(id, "000000")} | ({"目标": target.value} if target else {})
    marks = [(name, value) for name, value in lines.items() if value is not None]
    if marks:
        at, _, _ = _in_unit(measure, [value for _, value in marks])
        ruled = pl.DataFrame({"线": [name for name, _ in marks], "处": at})
        rule = alt.Chart(ruled).encode(x=alt.X("处:Q"), color=alt.Color("线:N", scale=alt.Scale(domain=[name for name, _ in marks], range=[theme.MUTED, theme.ACCENT]), legend=alt.Legend(symbolType="stroke")))  # fmt: skip
        layers.insert(0, rule.mark_rule(strokeWidth=1.5, strokeDash=[5, 3]))
    return Figure(
        id=figure,
        title=title,
        chart=alt.layer(*layers).properties(height=15 * len(there) + 20),
        data=rows.select("省份", column),
        alt=alt_text.of_ranking("点图", said + measure.name, measure, values, own=own),
        source=FILED,
        method=view.method(id) + not_drawn(values),
        decimals={column: decimals},
    )


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
    [limit], _, _ = _in_unit(measure, [target.value])
    return wording.number_against(shown, limit or 0.0, target.comparator, decimals)


def _field(column: str) -> str:
    """A column name as a Vega-Lite field: dots and brackets mean something there."""
    return column.replace(".", "\\.").replace("[", "\\[").replace("]", "\\]")


def over_years(view: View, id: str, figure: str, target: Target | None = None) -> Figure | None:
    """The way of the report's region over the years, with its economic region and the nation beside it."""
    measure = view.measure(id)
    paths = {name: view.path(id, code) for name, code in view.beside.items()}
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
    y = alt.Y(
        f"{_field(column)}:Q", title=unit or None, scale=alt.Scale(zero=False, padding=12), axis=alt.Axis(tickCount=5)
    )
    lines = alt.Chart(rows).encode(x=x, y=y, color=colour, tooltip=["地区:N", alt.Tooltip("year:O", title="年份"), alt.Tooltip(f"{_field(column)}:Q", title=column, format=f",.{decimals}f")])  # fmt: skip
    drawn = rows[column].to_list()
    spread = (max(drawn) - min(drawn)) / 12 or 1.0
    last = rows.filter(pl.col("year") == pl.col("year").max().over("地区"))
    printed = pl.Series("印", [wording.number(value, decimals) for value in last[column]])
    ends = labels.apart(
        last.with_columns(印=pl.col("地区") + " " + printed if len(names) > 1 else printed), column, spread
    )
    text = alt.Chart(ends).mark_text(align="left", dx=9).encode(x=x, y=labels.PLACE + ":Q", text="印:N", color=colour)
    layers = [lines.mark_line(point=True), text]
    if target is not None and target.baseline_year is None:
        at = _in_unit(measure, [target.value])[0]
        goal = pl.DataFrame({"处": at, "字": [f"目标 {target.value_printed}"]})
        rule = alt.Chart(goal).encode(y=alt.Y("处:Q"))
        layers = [rule.mark_rule(color=theme.ACCENT, strokeDash=[5, 3]), rule.mark_text(align="left", x=0, dy=-8, color=theme.ACCENT).encode(text="字:N"), *layers]  # fmt: skip
    return Figure(
        id=figure,
        title=findings.trend(measure, own["year"].to_list(), own["value"].to_list(), subject=view.region.short_zh),
        chart=alt.layer(*layers).properties(height=240),
        data=rows.select("地区", pl.col("year").alias("年份"), column),
        alt=alt_text.of_series(
            "折线图",
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


def named(view: View, rows: pl.DataFrame, id: str, figure: str, *, title: str, share: bool = False) -> Figure | None:
    """Bars of named values in the report's year: members of a dimension, or enterprises (columns year, 名称, value).

    title: the finding, `{most}` and `{least}` stand for name and printed value. share: also tell each one's share.
    """
    measure = view.measure(id)
    now = rows.filter(pl.col("year") == view.year).sort("value", descending=True).head(SHOWN_MEMBERS)
    if now.is_empty():
        return None
    shown, unit, decimals = _in_unit(measure, now["value"].to_list())
    column = _column(measure, unit)
    told = [wording.number(value, decimals) for value in shown]
    whole = now["value"].sum()
    if share and whole:
        told = [f"{text}（{wording.percent(value / whole)}）" for text, value in zip(told, now["value"], strict=True)]
    data = pl.DataFrame({"名称": now["名称"], column: pl.Series(shown, dtype=pl.Float64), "印": told})
    bars = alt.Chart(data).encode(
        y=alt.Y("名称:N", sort=data["名称"].to_list(), title=None, axis=alt.Axis(ticks=False, labelLimit=200)),
        x=alt.X(f"{_field(column)}:Q", title=unit or None, axis=alt.Axis(tickCount=5, grid=True)),
        tooltip=["名称:N", alt.Tooltip("印:N", title=column)],
    )
    values = dict(now.select("名称", "value").iter_rows())
    first, last = now.row(0, named=True), now.row(-1, named=True)
    place = {"most": f"{first['名称']}（{measure.say(first['value'])}）", "least": f"{last['名称']}（{measure.say(last['value'])}）"}  # fmt: skip
    return Figure(
        id=figure,
        title=title.format(**place),
        chart=(bars.mark_bar() + bars.mark_text(align="left", dx=5).encode(text="印:N")).properties(
            height=28 * len(now) + 20
        ),
        data=data.select("名称", column),
        alt=alt_text.of_groups("条形图", f"{view.region.short_zh} {view.year} 年{measure.name}", measure, values),
        source=FILED,
        method=view.method(id),
        decimals={column: decimals},
    )


def members_over_years(view: View, rows: pl.DataFrame, id: str, figure: str, *, title: str) -> Figure | None:
    """Stacked columns by year of the members of a dimension (columns year, 名称, value): for sums."""
    measure = view.measure(id)
    if rows.filter(pl.col("year") == view.year).is_empty():
        return None
    shown, unit, decimals = _in_unit(measure, rows["value"].to_list())
    column = _column(measure, unit)
    data = rows.with_columns(pl.Series(column, shown, dtype=pl.Float64))
    order = data.filter(pl.col("year") == view.year).sort("value", descending=True)["名称"].to_list()
    order += [name for name in data["名称"].unique(maintain_order=True) if name not in order]
    colours = [theme.CATEGORIES[n % len(theme.CATEGORIES)] for n in range(len(order))]
    chart = alt.Chart(data).mark_bar().encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y(f"sum({_field(column)}):Q", title=unit or None, axis=alt.Axis(tickCount=5)),
        color=alt.Color("名称:N", scale=alt.Scale(domain=order, range=colours), legend=alt.Legend(offset=24)),
        order=alt.Order("次:Q"),
        tooltip=["名称:N", alt.Tooltip("year:O", title="年份"), alt.Tooltip(f"{_field(column)}:Q", title=column, format=f",.{decimals}f")],
    )  # fmt: skip
    place = {name: n for n, name in enumerate(order)}
    chart.data = data.with_columns(次=pl.col("名称").replace_strict(place))
    years = sorted(data["year"].unique().to_list())
    by_name = {name: _aligned(data.filter(pl.col("名称") == name).select("year", "value"), years) for name in order}
    return Figure(
        id=figure,
        title=title,
        chart=chart.properties(height=260),
        data=data.select("名称", pl.col("year").alias("年份"), column),
        alt=alt_text.of_series("堆积柱形图", f"{view.region.short_zh}{measure.name}", measure, years, by_name),
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
        findings.place(measure, values, own)
        if own
        else f"{view.year} 年{measure.name}，{findings.extremes(measure, values)}"
    )
    return Figure(
        id=figure,
        title=title,
        chart=tilegrid.tile_grid(
            view.provinces, rows, value=column, label="印", legend=f"{view.year} 年{column}",
            thresholds=tilegrid.class_limits(rows[column]), highlight="" if not own else view.region.code,
        ),
        data=rows.select("省份", column).sort(column, descending=True),
        alt=alt_text.of_ranking("方格图", f"{view.year} 年{measure.name}", measure, values, own=own),
        source=FILED,
        method=f"{tilegrid.NOTE}。{view.method(id)}"
        + (f"按保密规则不公布的省份：{join_names(hidden)}。" if (hidden := findings.withheld(values)) else ""),
        decimals={column: decimals},
    )  # fmt: skip


def summary(
    view: View, ids: Sequence[str], table: str, title: str, names: Mapping[str, str] | None = None
) -> Table | None:
    """One row an indicator: the baseline year, the year before, the report's year, and the regions beside."""
    years = sorted({min(view.table["year"].to_list()), view.year - 1, view.year} & set(view.table["year"].to_list()))
    lines, told = [], []
    beside = [name for name in view.beside if name != view.region.short_zh]
    for id in ids:
        measure = view.measure(id)
        if view.told(id) is None:
            continue
        told.append(id)
        lines.append(
            {"指标": (names or {}).get(id, measure.name)}
            | {f"{year} 年": measure.say(view.told(id, year=year)) for year in years}
            | {f"{name} {view.year} 年": measure.say(view.told(id, view.beside[name])) for name in beside}
        )
    if not lines:
        return None
    return Table(id=table, title=title, data=pl.DataFrame(lines), source=FILED, method=view.said(*told))


def not_filed(view: View, *ids: str) -> str:
    """Says which tables a chapter would need, or that what there is is not published."""
    if view.is_withheld(*ids):
        return (
            f"{view.region.short_zh} {view.year} 年的这些数值按保密规则不公布（{wording.HIDDEN}）；有数据，不等于零。"
        )
    return (
        f"{view.region.short_zh}没有可用的填报：本章需要{join_names([f'“{name}”表' for name in view.tables(*ids)])}，"
        f"{view.year} 年没有收到或没有可接受的行。补报后，本章的图表会自动生成；没有数据不等于零，也不以别的年份或地区代替。"
    )
