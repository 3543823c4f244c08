"""What the chapters on energy and carbon say and draw that no other chapter does.

Intensities against the straight path to their target, energy beside activity, electricity that is passed on, and why
market-based emissions may be the higher ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.chapters.shapes import FILED
from pipeline.charts import labels, theme
from pipeline.findings import Measure, Sentences
from pipeline.given.reference import Target
from pipeline.indicators.carbon import SCOPES
from pipeline.indicators.scorecard import Judgement
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.reports.blocks import Figure, Said

INDEX = Measure("指数", moves="rate")
USED = Measure("综合能耗指数")
GOAL = "目标路径"
APART = 0.001  # electricity passed on and received that differ by more are told


def said_change(printed: str) -> str:
    """A printed change in words: `−23.1%` -> `下降 23.1%`, `0.0%` -> `基本持平`."""
    size = printed.removeprefix(wording.MINUS)
    if not any(sign in "123456789" for sign in size):
        return "基本持平"
    return f"{'下降' if printed.startswith(wording.MINUS) else '上升'} {size}"


def change_against(value: float | None, target: Target | None) -> str:
    """A relative change as `wording.change` prints it, with as many decimals as do not contradict the side of a target."""
    if target is None:
        return wording.change(value)
    plus = "+" if value is not None and value > 0 and wording.change(value).startswith("+") else ""
    return plus + wording.percent_against(value, target.value, target.comparator)


def against_target(judgement: Judgement | None, view: View, base: str, base_year: int) -> str:
    """How an intensity has changed since the baseline, and how that stands to the target, where there is one. base: the id
    of the intensity.

    A nation is judged, unless too few provinces can be compared; a province is set beside the target of the nation.
    """
    id, own = f"{base}.change", view.region.short_zh
    name = f"{view.year} 年{own}{view.catalogue[base].title}"
    value = judgement.value if judgement else view.value(id)
    if view.is_withheld(id):
        return f"{name}与 {base_year} 年的比较按保密规则不公布"
    if value is None:
        row = view.row(id)
        reasons = zh.say(view.remarks(id)) if row else ""
        return f"{name}不能与 {base_year} 年比较" + (f"：{reasons}" if reasons else "")
    if view.year == base_year:
        return f"{view.year} 年是基期，{own}{view.catalogue[base].title}从下一年起与它比较"
    changed = f"{name}比 {base_year} 年{said_change(judgement.printed if judgement else wording.percent(value))}"
    if judgement is None:
        return changed
    target = judgement.target
    if not covered(view, id):
        return f"{changed}；报齐的省份不足 95%，不与目标（{target.value_printed}）对照"
    if view.region.is_nation:
        beside = "，".join(part for part in (f"目标{target.value_printed}", zh.say(judgement.gap_printed)) if part)
        return f"{changed}，{judgement.status}（{beside}）"
    return f"{changed}；全国目标为{target.value_printed}，{zh.say(judgement.gap_printed)}，仅作对照"


def covered(view: View, id: str) -> bool:
    """Whether enough provinces were compared to set the value of the report's region beside a target."""
    row = view.row(id)
    return row is not None and "coverage" not in (row["flag"] or "").split(",")


def goal_path(target: Target, last: int) -> dict[int, float]:
    """The straight line of the index from 100 in the baseline year to the target, level after the target year."""
    base = target.baseline_year
    assert base is not None
    end = max(last, target.target_year)
    passed = {year: min(year - base, target.target_year - base) for year in range(base, end + 1)}
    return {year: 100 + 100 * target.value * gone / (target.target_year - base) for year, gone in passed.items()}


def index_paths(view: View, target: Target, figure: str, title: str) -> Figure | None:
    """The intensity as an index (baseline year = 100), its economic region and the nation beside it, and the path to the
    target. None with fewer than two years."""
    paths = {
        name: dict(view.path(target.indicator, code).iter_rows())
        for name, code in view.beside(target.indicator).items()
    }
    if len(paths[view.region.short_zh]) < 2:
        return None
    lines = {name: {year: 100 * (1 + value) for year, value in path.items()} for name, path in paths.items() if path}
    lines[GOAL] = goal_path(target, view.year)
    return _indices(
        view,
        lines,
        figure,
        title,
        what=f"{view.catalogue[target.indicator].title}（{target.baseline_year} 年为 100）",
        method=Sentences(
            (
                view.method(target.indicator),
                f"{GOAL}（虚线）是从 {target.baseline_year} 年的 100 到 {target.target_year} 年目标“{target.value_printed}”的"
                "直线，表示进度，计划没有规定各年的目标。",
            )
        ),
    )


def lines_of_indices(view: View, ids: Mapping[str, str], figure: str, *, what: Said, title: Said = "") -> Figure | None:
    """Several indices of the report's region as lines. ids: id -> the name on the line. None if no line has two years."""
    lines = {name: dict(view.path(id).iter_rows()) for id, name in ids.items()}
    lines = {name: path for name, path in lines.items() if len(path) > 1}
    if not lines:
        return None
    return _indices(view, lines, figure, title, what=what, method=view.method(*ids))


def _indices(
    view: View, lines: Mapping[str, Mapping[int, float]], figure: str, title: Said, *, what: Said, method: Said
) -> Figure:
    names = list(lines)
    compared = GOAL in names and len(names) > 2
    tints = [theme.ACCENT, theme.CATEGORIES[2], theme.INK] if compared else theme.CATEGORIES[:3]
    of = dict(zip([name for name in names if name != GOAL], tints, strict=False)) | {GOAL: theme.MUTED}
    colour = alt.Color("线:N", scale=alt.Scale(domain=names, range=[of[name] for name in names]), legend=None)
    rows = pl.DataFrame(
        [(name, year, value) for name, path in lines.items() for year, value in sorted(path.items())],
        schema={"线": pl.String, "年份": pl.Int64, "指数": pl.Float64},
        orient="row",
    )
    years = sorted({year for path in lines.values() for year in path})
    values = [value for path in lines.values() for value in path.values()]
    domain, gap = labels.span(values)
    x = alt.X("年份:O", title=None, axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(domain=list(domain))  # in every layer: one without would add zero to the scale they share
    y = alt.Y("指数:Q", title=f"{years[0]} 年 = 100", scale=scale, axis=alt.Axis(tickCount=5))
    tooltip = [alt.Tooltip("线:N"), alt.Tooltip("年份:O"), alt.Tooltip("指数:Q", format=".1f")]
    drawn = alt.Chart(rows.filter(pl.col("线") != GOAL)).encode(x=x, y=y, color=colour, tooltip=tooltip)
    layers = [drawn.mark_line(point=True)]
    if GOAL in names:
        dashed = alt.Chart(rows.filter(pl.col("线") == GOAL)).encode(x=x, y=y, color=colour, tooltip=tooltip)
        layers.append(dashed.mark_line(strokeDash=[5, 3], strokeWidth=1.5))
    last = rows.filter(pl.col("年份") == pl.col("年份").max().over("线"))
    last = last.with_columns(字=pl.col("线") + pl.Series([f" {wording.number(value, 1)}" for value in last["指数"]]))
    for of_year in last.partition_by("年份"):
        ends = labels.apart(of_year, "指数", gap)
        layers.append(
            alt.Chart(ends)
            .mark_text(align="left", dx=9)
            .encode(x=x, y=alt.Y(f"{labels.PLACE}:Q", scale=scale), text="字:N", color=colour)
        )
    return Figure(
        id=figure,
        title=title,
        chart=alt.layer(*layers).properties(height=theme.HEIGHT),
        data=rows.pivot(on="线", index="年份", values="指数").sort("年份"),
        alt=findings.SeriesShown(
            "line_chart", what, INDEX, years, {name: [path.get(year) for year in years] for name, path in lines.items()}
        ),
        source=FILED,
        method=method,
        decimals=dict.fromkeys(names, 1),
    )


# --- energy beside activity --------------------------------------------------------------------------------


def decoupling(energy: float | None, activity: Mapping[str, float | None]) -> str:
    """Whether energy grew more slowly than activity, from indices (baseline = 100) as printed; empty without values.

    `能耗增长慢于信息流量和电信业务总量（相对脱钩）`.
    """
    there = {name: value for name, value in activity.items() if value is not None}
    if energy is None or not there:
        return ""
    told: dict[str, list[str]] = {}
    for name, value in there.items():
        told.setdefault(_relation(energy, value), []).append(name)
    return "；".join(relation.format("和".join(names)) for relation, names in told.items())


def _relation(energy: float, activity: float) -> str:
    grows = INDEX.gap(energy, 100) > 0
    if INDEX.gap(activity, 100) <= 0:
        return "{}没有增长，不判断能耗是否与之脱钩"
    if not grows:
        return "能耗没有随{}增长（绝对脱钩）"
    return {
        -1: "能耗增长慢于{}（相对脱钩）",
        0: "能耗与{}同步增长（没有脱钩）",
        1: "能耗增长快于{}（没有脱钩）",
    }[INDEX.gap(energy, activity)]


# --- electricity that is passed on -------------------------------------------------------------------------


def passed_on(view: View) -> pl.DataFrame:
    """year, resold, received (kWh), difference: of the years of the report's region in which either was filed.

    Electricity that was passed on must be received by someone: what only one side filed counts as 0 on the other.
    """
    sides = [
        view.rows(f"energy.{side}").select("year", pl.col("value").alias(side)).drop_nulls()
        for side in ("resold", "received")
    ]
    both = sides[0].join(sides[1], on="year", how="full", coalesce=True).sort("year")
    return both.with_columns(pl.col("resold", "received").fill_null(0.0)).with_columns(
        difference=pl.col("resold") - pl.col("received")
    )


def provinces_apart(view: View, tolerance: float = APART) -> list[str]:
    """The provinces in which the two differ by more than `tolerance` (a share of what was resold, else received)."""
    resold, received = view.by_province("energy.resold"), view.by_province("energy.received")
    apart = []
    for name in resold:
        gave, got = resold[name] or 0.0, received[name] or 0.0
        if abs(gave - got) > (tolerance + 1e-9) * (gave or got):
            apart.append(name)
    return apart


# --- the two ways to count emissions -----------------------------------------------------------------------


def break_even(average: float, residual: float) -> float:
    """The share of bought green power in grid electricity below which the market-based figure is the higher one.

    average: the factor of the location, residual: that without traded non-fossil power (both kgCO2/kWh, positive).
    Not above 0 where the market-based figure is never the higher one.
    """
    return 1 - average / residual


def weighted_factor(view: View) -> float | None:
    """kgCO2/kWh: what the grid electricity of the report's region and year emits on average, by where it was used.

    Only of the provinces that have a factor.
    """
    location, grid = view.by_province("carbon.location"), view.by_province("carbon.grid_electricity")
    if findings.withheld(location) or findings.withheld(grid):
        return None
    emitted = findings.there(location)
    kwh = [value for name, value in grid.items() if name in emitted]
    scopes = view.by_member("carbon.location", "scope").filter(pl.col("year") == view.year)
    tonnes = scopes.filter(pl.col("name") == SCOPES["scope_2"])["value"].to_list()
    known = sum(value for value in kwh if value is not None)
    return 1000 * sum(tonnes) / known if known and tonnes else None


def why_higher(
    own: str, average: float | None, residual: float | None, year: int, weighted: float | None = None
) -> str:
    """Why the market-based figure may be the higher one in `own`, by the factors of `year`; empty without factors.

    weighted: the average factor by where the electricity was used, where that is not the average of `own`.
    """
    if average is None or not residual:
        return ""
    share = break_even(average, residual)
    first = (
        "基于市场的排放先扣除买到的绿色电力，其余电量一律按全国“不含已交易非化石电”的因子"
        f"（{year} 年为 {wording.number(residual, 4)} kgCO2/kWh）计算"
    )
    factor = f"{own}平均因子（{wording.number(average, 4)} kgCO2/kWh）"
    if share <= 0:
        return f"{first}；这一因子不高于{factor}，因此基于市场的排放不会高于基于位置的"
    text = (
        f"{first}；这一因子高于{factor}，买到的绿色电力不足外购电量的约 {wording.percent(share, 0)} 时，"
        "基于市场的排放反而高于基于位置的"
    )
    if weighted and break_even(weighted, residual) > 0:
        text += (
            f"；按行业用电的分省分布加权，平均因子为 {wording.number(weighted, 4)} kgCO2/kWh，"
            f"这一界限约为 {wording.percent(break_even(weighted, residual), 0)}"
        )
    return text


def two_methods(own: str, year: int, location: float | None, market: float | None, measure: Measure) -> str:
    """`2025 年全国能源碳排放基于位置为 …，基于市场为 …，后者低 0.5%`."""
    told = {"基于位置": location, "基于市场": market}
    measure = measure.among(told.values())
    there = [f"{name}为 {measure.say(value)}" for name, value in told.items() if value is not None]
    if not there:
        return f"没有{own}的能源碳排放"
    sentence = f"{year} 年{own}能源碳排放{'，'.join(there)}"
    if location is None or market is None or location <= 0:
        return sentence
    gap = wording.percent(abs(market / location - 1))
    if not any(sign in "123456789" for sign in gap):
        return f"{sentence}，两者相当"
    return f"{sentence}，后者{'高' if market > location else '低'} {gap}"
