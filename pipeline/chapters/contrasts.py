"""How do two times, the parts of a whole, or a few enterprises differ? Figures and sentences that contrast them.

A figure is None where there is nothing to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.chapters import shapes
from pipeline.chapters.shapes import FILED, not_drawn
from pipeline.charts import theme
from pipeline.findings import Measure, Standing
from pipeline.indicators.scorecard import COMPARED, Judgement, Statement
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.language.terms import Term, term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Said, Table

NARROWEST = 0.06  # a part of a bar that is smaller has no room for its number
LIGHT = {"#b3dbc8", "#77bd9f", "#e3f1ea", theme.NO_DATA}  # fills on which dark digits are read


def standing(one: Judgement | None, view: View, id: str = "") -> Standing | None:
    """Where the report's region stands on a target; None without a value. id: the indicator that is told where the plan sets
    no target."""
    own = view.region.short_zh
    if one is None:
        value = view.value(id)
        return None if value is None else Standing(view.measure(id), own, view.year, view.measure(id).say(value))
    measure, target = view.measure(one.target.indicator), one.target
    if one.value is None:
        return None
    if one.status == COMPARED:
        others = {name: value for name, value in view.compared(target.indicator).items() if name != own}
        beside = findings.comparison(measure, own, one.value, others)
        return Standing(measure, own, view.year, one.printed, beside, target.value_printed, gap=one.gap_printed)  # type: ignore[arg-type]
    told = (target.value_printed, one.status, one.gap_printed, one.needed_printed)
    return Standing(measure, own, view.year, one.printed, None, *told)


def shares_by_year(
    rows: pl.DataFrame,
    figure: str,
    colours: Mapping[str, str],
    *,
    title: Said = "",
    what: Said,
    amount: Term | None = None,
    source: Said = FILED,
    method: Said = "",
) -> Figure | None:
    """A bar of 100 % for each year, parted among names. rows: year, name, share (0 to 1), and, if `amount` says how it is
    called, value.

    colours: name -> fill, in the order in which the parts stand; names that are not in it are not drawn.
    """
    if rows.is_empty():
        return None
    order = list(colours)
    data = (
        rows.filter(pl.col("name").is_in(order))
        .with_columns(place=pl.col("name").replace_strict({name: n for n, name in enumerate(order)}, return_dtype=pl.Int64))
        .sort("year", "place")
        .with_columns(end=100 * pl.col("share").cum_sum().over("year"), percent=100 * pl.col("share"))
        .with_columns(start=pl.col("end") - pl.col("percent"))
    )  # fmt: skip
    used = [name for name in order if name in set(data["name"])]
    years = sorted(data["year"].unique().to_list())

    def draw(words: Words) -> alt.TopLevelMixin:
        drawn = data.with_columns(
            middle=(pl.col("start") + pl.col("end")) / 2,
            printed=pl.Series([wording.number(100 * share, 1) if share >= NARROWEST else "" for share in data["share"]], dtype=pl.String),
            ink=pl.Series(["#1f2933" if colours[name] in LIGHT else "#ffffff" for name in data["name"]], dtype=pl.String),
        )  # fmt: skip
        base = alt.Chart(drawn).encode(y=alt.Y("year:O", title=None, axis=alt.Axis(ticks=False)))
        x = alt.X("start:Q", title="%", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5))
        fill = alt.Color("name:N", scale=alt.Scale(domain=used, range=[colours[name] for name in used]))
        shown = [
            alt.Tooltip("year:O", title=words("year")),
            alt.Tooltip("name:N", title=words("name")),
            alt.Tooltip("percent:Q", title=words("share_percent"), format=".1f"),
        ]
        bars = base.mark_bar().encode(x=x, x2="end:Q", color=fill, tooltip=shown)
        text = base.mark_text(fontSize=11).encode(x="middle:Q", text="printed:N", color=alt.Color("ink:N", scale=None))
        both: alt.LayerChart = (bars + text).properties(height=26 * len(years) + 12)
        return both

    part = Measure("占比", scale="percent")
    lines = {
        name: [
            dict(data.filter(pl.col("name") == name).select("year", "share").iter_rows()).get(year) for year in years
        ]
        for name in used
    }
    titles = {"year": term("year"), "name": term("name")} | ({"value": amount} if amount else {}) | {"percent": term("share_percent")}  # fmt: skip
    return Figure(
        id=figure,
        title=title,
        chart=draw,
        data=data.select(*titles),
        columns={name: Column(one) for name, one in titles.items()},
        alt=findings.SeriesShown("stacked_bars", what, part, years, lines),
        source=source,
        method=findings.Sentences((method, f"小于 {wording.percent(NARROWEST, 0)} 的部分不标数字。")),
        decimals={"percent": 1} | ({"value": 0} if amount else {}),
    )


def then_and_now(view: View, id: str, figure: str, since: int) -> Figure | None:
    """Of each province its value in `since` and in the report's year, joined by a line; sorted by the latter."""
    measure, was, now = view.measure(id), view.by_province(id, since), view.by_province(id)
    old, new = findings.there(was), findings.there(now)
    both = [(name, old[name], after) for name, after in new.items() if name in old]
    if len(both) < 2 or since >= view.year:
        return None
    factor, unit = (100.0, "%") if measure.scale == "percent" else (1.0, measure.unit)
    columns = [f"{when} 年{f'（{unit}）' if unit else ''}" for when in (since, view.year)]
    ways = {-1: "下降", 0: "持平", 1: "上升"}
    lower = view.catalogue[id].better == "lower"
    data = pl.DataFrame(
        [(name, factor * before, factor * after, ways[measure.gap(after, before)]) for name, before, after in both],
        schema={"省份": pl.String, "始": pl.Float64, "末": pl.Float64, "方向": pl.String},
        orient="row",
    ).sort("末", "省份", descending=[not lower, False])
    data = data.with_columns(印=pl.Series([wording.number(value, measure.decimals) for value in data["末"]]))
    seen = [way for way in ("下降", "上升", "持平") if way in set(data["方向"])]
    good, bad = ("下降", "上升") if lower else ("上升", "下降")
    tints = {good: theme.PRIMARY, bad: theme.ACCENT, "持平": theme.MUTED}
    tint = alt.Color("方向:N", scale=alt.Scale(domain=seen, range=[tints[way] for way in seen]))
    axis = alt.X(
        "始:Q", title=unit or None, scale=alt.Scale(zero=False, padding=36), axis=alt.Axis(tickCount=6, grid=True)
    )
    places = f".{measure.decimals}f"
    rows = alt.Chart(data).encode(
        y=alt.Y("省份:N", sort=data["省份"].to_list(), title=None, axis=shapes.names_axis(view)),
        tooltip=[
            "省份:N",
            *(
                alt.Tooltip(f"{at}:Q", title=title, format=places)
                for at, title in zip(("始", "末"), columns, strict=True)
            ),
        ],
    )
    layers = (
        rows.mark_rule(strokeWidth=2).encode(x=axis, x2="末:Q", color=tint)
        + rows.mark_point(filled=True, fill="white", size=40, strokeWidth=1.5, opacity=1).encode(x="始:Q", stroke=tint)
        + rows.mark_point(size=50, opacity=1).encode(x="末:Q", color=tint)
        + rows.mark_text(align="right" if lower else "left", dx=-8 if lower else 8, fontSize=11).encode(
            x="末:Q", text="印:N"
        )
    )
    change = Measure(
        f"{since} 年至 {view.year} 年{measure.name}的变化", "个百分点" if unit == "%" else unit, measure.decimals
    )
    moved = {name: factor * (after - before) for name, before, after in both}
    closed = {*findings.withheld(was), *findings.withheld(now)}
    told = {name: moved.get(name, wording.WITHHELD if name in closed else None) for name in now}
    return Figure(
        id=figure,
        title=f"{since} 年至 {view.year} 年{measure.name}：{zh.say(findings.movement(measure, was, now))}",
        chart=layers.properties(height=theme.ROW * len(both) + 8),
        data=data.select("省份", pl.col("始").alias(columns[0]), pl.col("末").alias(columns[1]), "方向"),
        alt=findings.RankingShown("dumbbell_plot", change.name, change, told),
        source=FILED,
        method=findings.Sentences(
            (
                f"空心点为 {since} 年，实心点和数字为 {view.year} 年，按后者排列；升降按印出的数值判断。",
                view.method(id),
                not_drawn(told, "没有同时填报这两年的省份"),
            )
        ),
        decimals=dict.fromkeys(columns, measure.decimals),
    )  # fmt: skip


def published(spoken: Sequence[Statement], table: str, title: Said) -> Table | None:
    """What has been said in public beside a target, with what it does not measure."""
    rows = [
        {
            "公开表述": f"{one.indicator}{'' if one.who == '全国' else f'（{one.who}）'}",
            "数值": one.printed,
            "时间": one.when,
            "性质": one.kind,
            "与本章指标的口径差别": one.remark or "—",
            "来源（等级）": f"{one.source}（{one.grade}）",
        }
        for one in spoken
    ]
    if not rows:
        return None
    grades = "各条所列；等级见附录 B，读自何处见附录 D"
    return Table(id=table, title=title, data=pl.DataFrame(rows), source=grades, widths=[13, 9, 8, 6, 20, 16])
