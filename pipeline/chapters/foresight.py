"""What the chapter on scenarios says and draws: where each path leads, how sure that is, and what makes the difference.

A scenario says what follows from its assumptions; every sentence names the scenario it is of. Percentiles are those of
the draws (`scenarios.uncertainty`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import altair as alt
import polars as pl

from pipeline import wording
from pipeline.chapters import shapes
from pipeline.charts import labels, theme
from pipeline.findings import Measure
from pipeline.given.params import CONDITIONS, SHIPPED, Params
from pipeline.given.reference import Target
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.language.zh import changed_by, pulled_by
from pipeline.reports.blocks import Figure, Table
from pipeline.scenarios.decomposition import OF_STEP, STEPS
from pipeline.scenarios.drivers import DRIVERS, WIDENED, said
from pipeline.scenarios.outlook import EXPLORED, Outlook
from pipeline.scenarios.start import FACILITIES
from pipeline.scenarios.uncertainty import DRAWS

SOURCE = "企业填报；情景为本报告按假设计算，不是预测"
TOLD = (
    "energy.total", "energy.electricity", "energy.per_flow", "energy.per_flow.change", "energy.per_volume",
    "energy.per_volume.change", "carbon.location", "carbon.market", "green.share",
)  # fmt: skip
GRID_MOVES = 0.05  # a year, from which on a province's grid factor is told apart
EXPLORER = (
    "energy.total",
    "energy.per_flow.change",
    "energy.per_volume.change",
    "carbon.location",
    "carbon.market",
    "green.share",
)
LEVELS = {"low": "低", "mode": "中", "high": "高"}
METHOD = (
    "实线为驱动因素取中值的路径，{year} 年及以前为填报；"
    f"阴影和点线为“{{title}}”情景 {DRAWS} 次抽样（三角分布，各省的波动部分共有、部分独立，信息流量与基站流量相关）的第 10 至第 90 百分位和中位数。"
)


@dataclass(frozen=True)
class Foresight:
    """The scenarios of the report's region beside its filed years.

    titles: scenario -> its Chinese title, in order. own: the report's scenario. t0: the last filed year.
    """

    view: View
    outlook: Outlook
    titles: Mapping[str, str]
    own: str

    @property
    def t0(self) -> int:
        return int(self.outlook.notes["year"][0])

    @property
    def horizon(self) -> int:
        """The last year of the scenarios; 0 where there are none."""
        return int(self.outlook.paths["year"].max() or 0)  # type: ignore[arg-type]

    @property
    def is_there(self) -> bool:
        return not self.outlook.paths.is_empty()

    @property
    def basis(self) -> str:
        """What stands beside the name of a result that starts from published numbers alone: that from all that is filed
        may be another."""
        return "（据公开数值推算）" if self.view.without_entities and not self.view.region.is_nation else ""

    @property
    def notes(self) -> str:
        """What stands in for missing values, as a sentence; empty where nothing does."""
        told = self.outlook.notes["note"].drop_nulls().to_list()
        return f"{self.view.region.short_zh}{'；'.join(told)}。" if told else ""

    def path(self, measure: str, scenario: str, column: str = "value") -> dict[int, float]:
        """year -> value from the last filed year on; empty where it is not known."""
        rows = self.outlook.paths.filter(pl.col("scenario") == scenario, pl.col("measure") == measure)
        return dict(rows.select("year", column).drop_nulls().sort("year").iter_rows())

    def filed(self, measure: str) -> dict[int, float]:
        """year -> value of the filed years up to the first of the scenarios."""
        return {year: value for year, value in self.view.path(measure).iter_rows() if year <= self.t0}

    def has(self, measure: str) -> bool:
        return self.horizon in self.path(measure, self.own)

    def at_end(self, measure: str, scenario: str, column: str = "value") -> float | None:
        return self.path(measure, scenario, column).get(self.horizon)


def contradicting(foresight: Foresight) -> list[str]:
    """What contradicts in the parameters of the report's scenario."""
    rows = foresight.outlook.warnings.filter(pl.col("scenario") == foresight.own)
    return [text.replace("notebooks/params/", "") for text in rows["warning"]]


def on_published(foresight: Foresight) -> str:
    """What a province's outlook of the public rests on, as a sentence; empty elsewhere."""
    if not foresight.basis:
        return ""
    own = foresight.view.region.short_zh
    return f"{own}的情景只用已公布的数值推算，注明“据公开数值推算”；全国的情景由全部填报推算，因此公开的各省结果之和不等于全国。"


def fallen_back(foresight: Foresight) -> str:
    """Which trends the region's history could not give, by scenario, as sentences; empty where it gave all."""
    rows = foresight.outlook.drivers.filter(pl.col("basis").str.contains("没有可用的历史"))
    found: dict[tuple[str, ...], list[str]] = {}  # scenarios -> what is said of them
    for sign, instead in (("用全国", "用全国的趋势"), ("用默认值", "用默认值")):
        alike: dict[tuple[str, ...], list[str]] = {}
        for driver, part in rows.filter(pl.col("basis").str.contains(sign)).group_by("driver", maintain_order=True):
            scenarios = tuple(name for name in foresight.titles if name in part["scenario"])
            alike.setdefault(scenarios, []).append(named(str(driver[0])))
        for scenarios, drivers in alike.items():
            found.setdefault(scenarios, []).append(f"{wording.join_names(drivers)}没有可用的历史，{instead}")
    every = len(foresight.titles)
    return "".join(
        (
            "各情景"
            if len(names) == every
            else wording.join_names([f"“{foresight.titles[one]}”" for one in names]) + "情景"
        )
        + f"中{'；'.join(parts)}。"
        for names, parts in sorted(found.items(), key=lambda one: -len(one[0]))
    )


def left_out(foresight: Foresight, measure: str) -> str:
    """Why there is no path of a measure: `没有广东…的情景：…。`"""
    view = foresight.view
    reason = zh.say(view.remarks(measure)) if foresight.t0 == view.year else ""
    tables = wording.join_names([f"“{name}”表" for name in view.tables(measure)])
    what = f"没有{view.region.short_zh}{view.catalogue[measure].title}的情景"
    return f"{what}：{reason or f'{foresight.t0} 年的{tables}不全'}。"


# --- one measure in all scenarios ----------------------------------------------------------------------------


def scaled(measure: Measure, values: Sequence[float]) -> tuple[float, str, int]:
    """Factor, unit and decimals in which an axis shows values: shares in %, large sums in 万 or 亿."""
    if measure.scale == "percent":
        return 100.0, "%", measure.decimals
    largest = max((abs(value) for value in values), default=0.0)
    if measure.scale == "big" and largest >= 1e4:
        factor, name = (1e-8, "亿") if largest >= 1e8 else (1e-4, "万")
        return factor, name + measure.unit, 1
    return 1.0, measure.unit, measure.decimals


def ends(foresight: Foresight, measure: str) -> str:
    """`2030 年全国综合能耗，现状延续为 2,325.1 万tce，行动计划为 2,025.1 万tce，强化行动为 1,803.7 万tce`."""
    how, own = foresight.view.measure(measure), foresight.view.region.short_zh
    values = {title: foresight.at_end(measure, name) for name, title in foresight.titles.items()}
    how = how.among(values.values())
    told = [f"{title}为 {how.say(value)}" for title, value in values.items() if value is not None]
    return f"{foresight.horizon} 年{how.of(own)}{foresight.basis}，" + "，".join(told)


def fan(
    foresight: Foresight, measure: str, figure: str, target: Target | None = None, explorer: bool = False
) -> Figure | None:
    """The filed years, the median of every scenario, and the range of the report's own; None where it is not known."""
    if not foresight.has(measure):
        return None
    own, t0 = foresight.own, foresight.t0
    how, filed = foresight.view.measure(measure), foresight.filed(measure)
    paths = {name: path for name in foresight.titles if (path := foresight.path(measure, name))}
    low, middle, high = (foresight.path(measure, own, column) for column in ("p10", "p50", "p90"))
    every = [value for path in (filed, low, high, *paths.values()) for value in path.values()]
    factor, unit, decimals = scaled(how, every)
    told = {"填报": filed} | {foresight.titles[name]: path for name, path in paths.items()}
    rows = _rows(told, factor, decimals)
    band = pl.DataFrame(
        [(year, *(round(path[year] * factor, decimals + 2) for path in (low, middle, high))) for year in low],
        ["年", "低", "值", "高"],
        orient="row",
    )
    tint = _tint(list(foresight.titles).index(own))
    colours = [theme.INK, *(_tint(list(foresight.titles).index(name)) for name in paths)]
    colour = alt.Color("线:N", scale=alt.Scale(domain=list(told), range=colours), legend=None)
    x = alt.X("年:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy"))
    goal = [] if target is None else [target.value]
    domain, gap = labels.span([value * factor for value in (*every, *goal)])

    def at(field: str) -> alt.Y:  # alike in every layer: one without a domain would add its own to the shared scale
        return alt.Y(f"{field}:Q", title=unit or None, scale=alt.Scale(domain=list(domain)), axis=alt.Axis(tickCount=5))

    drawn = alt.Chart(band).encode(x=x)
    area = drawn.mark_area(opacity=0.18, color=tint).encode(y=at("低"), y2="高:Q")
    median = drawn.mark_line(strokeDash=[2, 3], strokeWidth=1.5, color=tint).encode(y=at("值"))
    tooltip = [
        alt.Tooltip("线:N"),
        alt.Tooltip("年:O"),
        alt.Tooltip("值:Q", title=unit or "值", format=f",.{decimals}f"),
    ]
    lines = (
        alt.Chart(rows)
        .mark_line(point=alt.OverlayMarkDef(size=25))
        .encode(x=x, y=at("值"), color=colour, tooltip=tooltip)
    )
    last = rows.filter(pl.col("年") == foresight.horizon)
    last = last.with_columns(字=last["线"] + pl.Series([f" {wording.number(value, decimals)}" for value in last["值"]]))
    names = alt.Chart(labels.apart(last, "值", gap)).mark_text(align="left", dx=9)
    layers = [area, median, lines, names.encode(x=x, y=at(labels.PLACE), text="字:N", color=colour)]
    if target is not None:
        words = f"{target.target_year} 年目标：{target.value_printed}"
        rule = alt.Chart(pl.DataFrame({"处": [target.value * factor], "字": [words]})).encode(y=at("处"))
        above = rule.mark_text(align="left", x=4, dy=-8, color=theme.ACCENT).encode(text="字:N")
        layers = [rule.mark_rule(color=theme.ACCENT, strokeDash=[5, 3]), above, *layers]
    ranges = {f"{foresight.titles[own]} P{percent}": path for percent, path in ((10, low), (50, middle), (90, high))}
    years = sorted({*filed, *low})
    data = pl.DataFrame({"年份": years}).with_columns(
        pl.Series(name, [None if year not in path else path[year] * factor for year in years], pl.Float64)
        for name, path in (told | ranges).items()
    )
    return Figure(
        id=figure,
        title=ends(foresight, measure),
        chart=alt.layer(*layers).properties(height=theme.HEIGHT),
        data=data,
        alt=_fan_alt(foresight, measure),
        source=SOURCE,
        method=f"单位：{unit or '1'}。"
        + METHOD.format(year=t0, title=foresight.titles[own])
        + _unverified(foresight, measure),
        decimals=dict.fromkeys(data.columns[1:], decimals),
        explorer=explored(foresight) if explorer else None,
    )


def _unverified(foresight: Foresight, measure: str) -> str:
    """Which filed years rest on a factor that could not be verified, as a sentence; empty without any."""
    years = foresight.view.unverified(measure) if measure in foresight.view.catalogue.indicators else []
    return f"{wording.join_names([str(year) for year in years])} 年所用的因子未经核实。" if years else ""


def _rows(lines: Mapping[str, Mapping[int, float]], factor: float, decimals: int) -> pl.DataFrame:
    """线, 年, 值 of the points of lines, rounded to what a chart can show."""
    points = [
        (name, year, round(value * factor, decimals + 2))
        for name, path in lines.items()
        for year, value in sorted(path.items())
    ]
    return pl.DataFrame(points, ["线", "年", "值"], orient="row")


def _tint(place: int) -> str:
    """Like for like in all charts of the chapter: the first scenario grey, the second green, the third blue."""
    tints = [theme.MUTED, theme.PRIMARY, theme.CATEGORIES[2], theme.CATEGORIES[4], theme.CATEGORIES[3]]
    return tints[place % len(tints)]


def _fan_alt(foresight: Foresight, measure: str) -> str:
    how, own, t0 = foresight.view.measure(measure), foresight.view.region.short_zh, foresight.t0
    filed = foresight.filed(measure)
    begun = (
        f"填报值 {min(filed)} 年为 {how.say(filed[min(filed)])}，{t0} 年为 {how.say(filed.get(t0))}；" if filed else ""
    )
    told = []
    for name, title in foresight.titles.items():
        value, low, high = (foresight.at_end(measure, name, column) for column in ("value", "p10", "p90"))
        told.append(
            f"{title}到 {foresight.horizon} 年为 {how.say(value)}，第 10 至第 90 百分位为 {how.say(low)} 至 {how.say(high)}"
        )
    return f"扇形图：{own}{how.name}，{min(filed, default=t0)} 年至 {foresight.horizon} 年。{begun}{'；'.join(told)}。"


# --- side by side --------------------------------------------------------------------------------------------


def side_by_side(foresight: Foresight, table: str) -> Table | None:
    """What each scenario leads to in 2030, with the range of its draws."""
    lines = []
    for measure in TOLD:
        if not foresight.has(measure):
            continue
        how = foresight.view.measure(measure)
        paths = {name: foresight.path(measure, name) for name in foresight.titles}
        factor, unit, decimals = scaled(how, [value for path in paths.values() for value in path.values()])
        line = {"指标": f"{how.name}（{unit}）" if unit else how.name}
        line[f"{foresight.t0} 年"] = wording.number(paths[foresight.own][foresight.t0] * factor, decimals)
        for name, title in foresight.titles.items():
            value, low, high = (foresight.at_end(measure, name, column) for column in ("value", "p10", "p90"))
            line[title] = _ranged(value, low, high, factor, decimals)
        lines.append(line)
    if not lines:
        return None
    return Table(
        id=table,
        title=f"{len(foresight.titles)} 种情景到 {foresight.horizon} 年的结果{foresight.basis}",
        data=pl.DataFrame(lines),
        source=SOURCE,
        method=f"{foresight.t0} 年为填报；{foresight.horizon} 年为驱动因素取中值的结果，括号内为 {DRAWS} 次抽样的第 10 至第 90 百分位。",
        widths=[13.5, 6.5, *[14] * len(foresight.titles)],
    )


def _ranged(value: float | None, low: float | None, high: float | None, factor: float, decimals: int) -> str:
    """`2,046.2（1,936 至 2,166）`: the range of a number of four digits without decimals, so that it stands in a line."""
    if value is None or low is None or high is None:
        return wording.MISSING
    places = 0 if abs(value * factor) >= 1000 else decimals
    first, last = (wording.number(one * factor, places) for one in (low, high))
    return wording.number(value * factor, decimals) + ("" if first == last else f"（{first} 至 {last}）")


def unlike(foresight: Foresight) -> str:
    """Which conditions are not the same in all scenarios, and why; empty where all are alike."""
    told = []
    for driver in CONDITIONS:
        rows = foresight.outlook.drivers.filter(pl.col("driver") == driver)
        modes = {name: said(driver, mode) for name, mode in rows.select("scenario", "mode").iter_rows()}
        if len(set(modes.values())) > 1:
            listed = "、".join(f"{title} {modes[name]}" for name, title in foresight.titles.items())
            why = {foresight.titles[name]: text for name, text in rows.select("scenario", "reason").iter_rows() if text}
            reasons = "；".join(f"{title}的理由：{text}" for title, text in why.items()) or "没有说明理由"
            told.append(f"{named(driver)}，{listed}（{reasons}）")
    return f"各情景的条件不全相同（{'；'.join(told)}），结果之差包含条件之差。" if told else ""


def in_order(foresight: Foresight) -> str:
    """That more ambition has no more energy and emissions, or where it has and which assumption makes it so."""
    turned = foresight.outlook.turned
    names = [name for name in SHIPPED if name in foresight.titles]
    if turned.is_empty():
        if len(names) < 2 or not foresight.has("energy.total"):
            return ""
        steps = "，".join(f"{foresight.titles[b]}不高于{foresight.titles[a]}" for a, b in pairwise(names))
        what = "综合能耗和两种口径的碳排放" if foresight.has("carbon.market") else "综合能耗"
        return f"推算的各年，{foresight.view.region.short_zh}的{what}，{steps}。"
    return "".join(_turned(foresight, row) for row in turned.iter_rows(named=True))


def _turned(foresight: Foresight, row: Mapping[str, Any]) -> str:
    how = foresight.view.measure(row["measure"])
    one, other = (foresight.titles[row[name]] for name in ("one", "other"))
    span = f"{row['first_year']}—{row['last_year']}" if row["first_year"] < row["last_year"] else f"{row['last_year']}"
    how = how.among((row["after"] - row["before"], row["value"]))
    more, by = how.say(row["after"] - row["before"]), how.say(row["value"])
    told = f"{span} 年{how.of(foresight.view.region.short_zh)}，{other}高于{one}，{row['last_year']} 年高出 {more}，"
    told += f"影响最大的是{STEPS[row['step']]}（拉高 {by}）"
    drivers = foresight.outlook.drivers.filter(pl.col("driver").is_in(OF_STEP[row["step"]]))
    pair = {
        name: dict(drivers.filter(pl.col("scenario") == name).select("driver", "mode").iter_rows())
        for name in (row["one"], row["other"])
    }
    differ = [
        f"{named(driver)}{other}取 {said(driver, pair[row['other']][driver])}，{one}取 {said(driver, value)}"
        for driver, value in pair[row["one"]].items()
        if said(driver, value) != said(driver, pair[row["other"]][driver])
    ]
    if foresight.view.region.is_nation:  # a sum of provinces, each with assumptions of its own
        differ = ["由各省的假设合成，见各省的报告"]
    return told + (f"：{'；'.join(differ)}。" if differ else "。")


def grid_alone(foresight: Foresight) -> str:
    """That the province's grid factor, which rests on few years, moves its location-based emissions a lot; empty where not."""
    rows = foresight.outlook.drivers.filter(
        pl.col("scenario") == foresight.own,
        pl.col("driver") == "d_grid",
        pl.col("mode").abs() > GRID_MOVES,
        pl.col("basis") != "",
    )
    before, after = foresight.path("carbon.location", foresight.own).get(foresight.t0), foresight.at_end("carbon.location", foresight.own)  # fmt: skip
    if rows.is_empty() or before is None or after is None:
        return ""
    how, yearly = foresight.view.measure("carbon.location"), rows["mode"][0]
    factor = (1 - yearly) ** (foresight.horizon - foresight.t0)
    return (
        f"{foresight.view.region.short_zh}基于位置的碳排放受电网因子影响大：{rows['basis'][0]}为每年{'上升' if yearly < 0 else '下降'}"
        f" {wording.percent(abs(yearly))}，按此推到 {foresight.horizon} 年是 {foresight.t0} 年所用因子的 {wording.number(factor, 2)} 倍{_with_nation(rows, foresight)}，各情景相同；"
        f"{foresight.titles[foresight.own]}情景由 {how.say(before)}变为 {how.say(after)}。"
        "三年的变化可能只反映来水和电源结构的一时变动，引用时须连同这一假设。"
    )


def _with_nation(rows: pl.DataFrame, foresight: Foresight) -> str:
    """What the factor comes to with the nation's trend, where the driver's range was widened to it."""
    if WIDENED not in rows["basis"][0]:
        return ""
    edge = rows["high" if rows["high"][0] > 0 > rows["mode"][0] else "low"][0]
    return f"（按全国的趋势是 {wording.number((1 - edge) ** (foresight.horizon - foresight.t0), 2)} 倍）"


def by_facility(foresight: Foresight, table: str) -> Table:
    """Energy of each facility type at the start and in 2030, in tce and kWh; what has no path is withheld."""
    names = {**FACILITIES, "": "合计"}
    data: dict[str, list[Any]] = {"设施": list(names.values())}
    for id, factor, unit in (("energy.total", 1e-4, "万tce"), ("energy.electricity", 1e-8, "亿kWh")):
        ids = [f"{id}/{code}" if code else id for code in names]
        data[f"{foresight.t0} 年（{unit}）"] = [
            foresight.path(one, foresight.own).get(foresight.t0, wording.WITHHELD) * factor for one in ids
        ]
        for name, title in foresight.titles.items():
            data[f"{title}（{unit}）"] = [
                foresight.path(one, name).get(foresight.horizon, wording.WITHHELD) * factor for one in ids
            ]
    own = foresight.titles[foresight.own]
    grows = {name: foresight.path(f"energy.total/{code}", foresight.own) for code, name in FACILITIES.items()}
    moved = {
        name: path[foresight.horizon] - path[foresight.t0] for name, path in grows.items() if foresight.horizon in path
    }
    title = f"{own}情景下到 {foresight.horizon} 年各类设施的综合能耗{foresight.basis}"
    if moved:
        most = max(moved, key=lambda name: moved[name])
        change = changed_by(foresight.view.measure("energy.total"), moved[most])
        among = "各类设施" if len(moved) == len(grows) else "已公布的各类设施"
        title = (
            f"{own}情景下到 {foresight.horizon} 年{foresight.basis}，{most}的综合能耗{change if change else '基本不变'}"
            + (f"，为{among}中增加最多的" if moved[most] > 0 and change else "")
        )
    frame = pl.DataFrame(data)
    return Table(
        id=table,
        title=title,
        data=frame,
        source=SOURCE,
        method="接入汇聚机房没有驱动因素，各年不变；每一类设施的燃料与本类设施的用电保持填报的比例。",
        decimals=dict.fromkeys(frame.columns[1:], 1),
        widths=[11, *[8] * (frame.width - 1)],
        withheld=True,
    )


# --- targets -------------------------------------------------------------------------------------------------


def probability(value: float) -> str:
    """`98%`, and `不到 1%`, `超过 99%` for what would print as none or all: of draws none or all may be, not of what comes."""
    if value < 0.01:
        return "不到 1%"
    if value > 0.99:
        return "超过 99%"
    return wording.percent(value, 0)


def likely(value: float) -> str:
    """`概率为 98%`, `概率不到 1%`."""
    said = probability(value)
    return f"概率为 {said}" if said[0].isdigit() else f"概率{said}"


@dataclass(frozen=True)
class Standing:
    """How one target stands in one scenario. met: year -> whether, filed years and those ahead; chance: year -> share of draws."""

    target: Target
    t0: int
    met: Mapping[int, bool]
    chance: Mapping[int, float]

    @property
    def end(self) -> int:
        """The last year of the scenario."""
        return max(self.chance)

    @property
    def first(self) -> int | None:
        """The first year in which it is met."""
        return min((year for year, holds in self.met.items() if holds), default=None)

    @property
    def lost(self) -> int | None:
        """The first year in which it is no longer met."""
        return min(
            (y for y, holds in self.met.items() if not holds and self.first is not None and y > self.first),
            default=None,
        )


def standing(foresight: Foresight, target: Target, scenario: str) -> Standing | None:
    """None where the change since the baseline is not known."""
    rows = foresight.outlook.targets.filter(
        pl.col("scenario") == scenario, pl.col("indicator") == target.indicator
    ).drop_nulls()
    if rows.is_empty():
        return None
    filed = {
        year: shapes.reaches(target, value)
        for year, value in foresight.filed(target.indicator).items()
        if target.baseline_year is None or year > target.baseline_year
    }
    ahead = dict(rows.select("year", "met").iter_rows())
    return Standing(target, foresight.t0, filed | ahead, dict(rows.select("year", "probability").iter_rows()))


def target_year(stands: Standing | None) -> str:
    """`2027 年`, `2024 年（已填报）`, `到 2030 年仍未达到`, as a cell of a table says it."""
    if stands is None:
        return "无法推算"
    if stands.first is None:
        return f"到 {stands.end} 年仍未达到"
    filed = "（已填报）" if stands.first <= stands.t0 else ""
    return f"{stands.first} 年{filed}" + (f"，{stands.lost} 年起不再满足" if stands.lost else "")


def said_of_target(foresight: Foresight, target: Target) -> str:
    """The year and the probability of a target in the report's scenario; a province is only set beside the nation's target."""
    own, title = foresight.view.region, foresight.titles[foresight.own]
    what = foresight.view.catalogue[target.indicator.removesuffix(".change")].title
    goal = f"{own.short_zh}{what}比 {target.baseline_year} 年{target.value_printed}"
    goal += "的目标" if own.is_nation else "（全国目标，仅作对照）"
    stands = standing(foresight, target, foresight.own)
    goal += foresight.basis
    if stands is None:
        return f"{goal}：没有可与 {target.baseline_year} 年比较的填报，不能推算何时达到。"
    chance = likely(stands.chance[stands.end])
    if stands.first is None:
        return (
            f"{goal}：{title}情景下到 {stands.end} 年仍未达到；计入驱动因素的不确定性，{stands.end} 年达到的{chance}。"
        )
    if stands.first <= stands.t0:
        kept = f"；{title}情景下此后一直满足" if stands.lost is None else f"；{title}情景下 {stands.lost} 年起不再满足"
        if stands.lost is not None and stands.lost <= stands.t0:
            kept = f"，{stands.lost} 年又不满足；{title}情景下{_again(stands)}"
        return f"{goal}：{stands.first} 年的填报已经达到{kept}，{stands.end} 年满足的{chance}。"
    late = stands.first - target.target_year
    when = f"，比目标年（{target.target_year} 年）晚 {late} 年" if late > 0 else ""
    by_year = (
        f"目标年 {target.target_year} 年达到的{likely(stands.chance[target.target_year])}，"
        if target.target_year > stands.t0
        else ""
    )
    lost = f"，但 {stands.lost} 年起又不满足" if stands.lost else ""
    return f"{goal}：{title}情景下预计 {stands.first} 年达到{when}{lost}；{by_year}{stands.end} 年满足的{chance}。"


def _again(stands: Standing) -> str:
    ahead = [year for year, holds in stands.met.items() if holds and year > max(stands.t0, stands.lost or 0)]
    return f" {min(ahead)} 年再次达到" if ahead else f"到 {stands.end} 年都不再达到"


def targets(foresight: Foresight, wanted: Sequence[Target], table: str) -> Table:
    """The year in which each target is met, and the probability that it is in 2030, in every scenario."""
    nation = foresight.view.region.is_nation
    lines = []
    for target in wanted:
        what = foresight.view.catalogue[target.indicator.removesuffix(".change")].title
        line = {"目标": f"{what}{target.value_printed}"}
        for name, title in foresight.titles.items():
            stands = standing(foresight, target, name)
            chance = f"；{probability(stands.chance[foresight.horizon])}" if stands else ""
            line[title] = target_year(stands) + chance
        lines.append(line)
    return Table(
        id=table,
        title=f"各情景下达到{'目标' if nation else '全国目标水平'}的年份，以及 {foresight.horizon} 年满足的概率{foresight.basis}",
        data=pl.DataFrame(lines),
        source=SOURCE,
        method=f"年份按驱动因素取中值判断；概率为 {DRAWS} 次抽样中 {foresight.horizon} 年满足的比重。"
        + ("" if nation else "目标约束全国，不分解到省，本表仅作对照。"),
    )


# --- what matters most ---------------------------------------------------------------------------------------


def named(driver: str) -> str:
    return str(Params.model_fields[driver].title)


def tornado(foresight: Foresight, figure: str, most: int) -> Figure | None:
    """What each driver alone does to 2030 between its low and its high; None where no driver has a range."""
    measure = next((one for one in ("energy.per_flow", "energy.total") if foresight.has(one)), None)
    if measure is None:
        return None
    how, title = foresight.view.measure(measure), foresight.titles[foresight.own]
    middle = foresight.at_end(measure, foresight.own)
    rows = foresight.outlook.levels.filter(
        pl.col("scenario") == foresight.own, pl.col("measure") == measure, pl.col("year") == foresight.horizon
    ).pivot(on="level", index="driver", values="value")
    assert middle is not None
    factor, unit, decimals = scaled(how, [middle])
    rows = rows.with_columns(pl.col("low", "high") * factor, 宽=(pl.col("high") - pl.col("low")).abs() / middle)
    rows = rows.filter(pl.col("宽") > 5e-4).sort("宽", descending=True).head(most)
    if rows.is_empty():
        return None
    rows = rows.with_columns(因素=pl.col("driver").replace_strict({one: named(one) for one in DRIVERS}))
    order, column = rows["因素"].to_list(), f"{how.name}（{unit}）"
    long = pl.concat(
        rows.select("因素", 值=pl.col(level).round(decimals + 2), 取值=pl.lit(f"取{LEVELS[level]}值"))
        for level in ("low", "high")
    ).with_columns(中=pl.lit(round(middle * factor, decimals + 2)))
    tint = alt.Color(
        "取值:N",
        scale=alt.Scale(domain=["取低值", "取高值"], range=[theme.CATEGORIES[2], theme.ACCENT]),
        legend=alt.Legend(),
    )
    y = alt.Y("因素:N", sort=order, title=None, axis=alt.Axis(ticks=False, labelLimit=240))
    x = alt.X("值:Q", title=unit, scale=alt.Scale(zero=False), axis=alt.Axis(grid=True, tickCount=5))
    bars = alt.Chart(long).mark_bar().encode(
        y=y, x=x, x2="中:Q", color=tint,
        tooltip=["因素:N", "取值:N", alt.Tooltip("值:Q", title=column, format=f",.{decimals}f")],
    )  # fmt: skip
    first = rows.row(0, named=True)
    data = rows.select(驱动因素="因素", 取低值="low", 取高值="high")
    told = f"{order[0]}影响最大：取低值为 {wording.number(first['low'], decimals)} {unit}，取高值为 {wording.number(first['high'], decimals)} {unit}"
    listed = "；".join(
        f"{row['因素']} {wording.number(row['low'], decimals)} 至 {wording.number(row['high'], decimals)}"
        for row in rows.iter_rows(named=True)
    )
    return Figure(
        id=figure,
        title=f"{title}情景下{foresight.basis}，对 {foresight.horizon} 年{how.name}，{told}",
        chart=bars.properties(height=22 * len(order) + 12),
        data=data,
        alt=f"龙卷风图：{title}情景 {foresight.horizon} 年{how.name}，各因素单独取低值和高值，中值为 {how.say(middle)}。{listed}。",
        source=SOURCE,
        method=f"每次只把一个驱动因素改为低值或高值，其余取中值；没有取值范围或影响不到 0.05% 的不列。单位：{unit}。",
        decimals={"取低值": decimals, "取高值": decimals},
    )


def difference(foresight: Foresight, figure: str) -> Figure | None:
    """What makes the energy of 2030 differ: from the first scenario to the report's own, else from there to the second."""
    pair = compared(foresight)
    rows = _steps(foresight, "energy.total")
    if pair is None or rows.is_empty():
        return None
    one, other = (foresight.titles[name] for name in pair)
    how = foresight.view.measure("energy.total")
    before, after = rows["before"][0], rows["after"][0]
    moved = rows.filter(pl.col("value").abs() > 1e-9 * before)  # conditions are mostly the same in both
    steps = {STEPS[step]: value for step, value in moved.select("step", "value").iter_rows()}
    if not steps:
        return None
    most = max(steps, key=lambda name: abs(steps[name]))
    how = how.among((after - before, steps[most]))
    change, by = changed_by(how, after - before), pulled_by(how, steps[most])
    title = (
        f"{foresight.horizon} 年{other}比{one}{foresight.basis}{change.replace('增加', '多用').replace('减少', '少用') or '相当'}"
        + (f"，影响最大的是{most}，{by}" if by else "")
    )
    return shapes.waterfall(
        figure,
        how,
        (one, before),
        steps,
        (other, after),
        title=title,
        what=f"{foresight.view.region.short_zh} {foresight.horizon} 年综合能耗，由{one}情景到{other}情景",
        source=SOURCE,
        method="按对数平均迪氏指数法（LMDI-I，加法）分解；各组为各省的各类设施，各项之和等于两种情景之差。",
    )


def compared(foresight: Foresight) -> tuple[str, str] | None:
    """The two scenarios whose difference is drawn; None where there is only one."""
    names = list(foresight.titles)
    other = foresight.own if foresight.own != names[0] else next(iter(names[1:]), None)
    return None if other is None else (names[0], other)


def _steps(foresight: Foresight, measure: str) -> pl.DataFrame:
    one, other = compared(foresight) or ("", "")
    return foresight.outlook.steps.filter(pl.col("one") == one, pl.col("other") == other, pl.col("measure") == measure)


def said_of_emissions(foresight: Foresight) -> str:
    """Which step makes most of the difference in market-based emissions; empty where it is not known."""
    rows, pair = _steps(foresight, "carbon.market"), compared(foresight)
    if rows.is_empty() or pair is None:
        return ""
    how = foresight.view.measure("carbon.market")
    one, other = (foresight.titles[name] for name in pair)
    difference = rows["after"][0] - rows["before"][0]
    most = rows.sort(pl.col("value").abs(), descending=True).row(0, named=True)
    how = how.among((difference, most["value"]))
    change, by = changed_by(how, difference), pulled_by(how, most["value"])
    if not change:
        return f"{foresight.horizon} 年基于市场的碳排放{foresight.basis}，{other}与{one}相当。"
    return f"{foresight.horizon} 年基于市场的碳排放{foresight.basis}，{other}比{one}{change}，影响最大的是{STEPS[most['step']]}，{by}。"


# --- assumptions ---------------------------------------------------------------------------------------------


def assumptions(foresight: Foresight, table: str) -> Table:
    """The drivers of the report's scenario, where each comes from, and what an analyst changed."""
    lines, changed = [], 0
    for row in foresight.outlook.drivers.filter(pl.col("scenario") == foresight.own).iter_rows(named=True):
        changed += row["changed"]
        low, mode, high = (said(row["driver"], row[level]) for level in LEVELS)
        where = row["origin"].removeprefix("notebooks/params/")
        lines.append(
            {"驱动因素": named(row["driver"]), "参数": row["driver"], "低": low, "中": mode, "高": high}
            | {
                "取值依据": ("● 改动：" if row["changed"] else "")
                + where
                + (f"；{row['basis']}" if row["basis"] else "")
                + (f"；与其他情景不同的理由：{row['reason']}" if row["reason"] else "")
            }
        )
    marked = f"，其中 {changed} 个由分析人员改动过（● 改动）" if changed else ""
    return Table(
        id=table,
        title=f"{foresight.titles[foresight.own]}情景的 {len(lines)} 个驱动因素{marked}",
        data=pl.DataFrame(lines),
        source="notebooks/params 中的参数文件与命令行；trend(3) 由填报和公布的排放因子计算",
        method="情景驱动因素是假设值，不是统计或预测。趋势为最近三年的年均变化，低、高为其中最小、最大的一年；水平为最近一年的值，低、高为最近三年的最小、最大值。",
        widths=[19, 13, 5, 5, 5, 21],
    )


def modes(foresight: Foresight, table: str) -> Table:
    """The middle value of every driver in every scenario."""
    of = {
        (scenario, driver): said(driver, mode)
        for scenario, driver, mode in foresight.outlook.drivers.select("scenario", "driver", "mode").iter_rows()
    }
    lines = [
        {"驱动因素": named(driver)} | {title: of[name, driver] for name, title in foresight.titles.items()}
        for driver in DRIVERS
    ]
    return Table(
        id=table,
        title="各情景驱动因素的中值",
        data=pl.DataFrame(lines),
        source="同上表",
        widths=[18, *[8] * len(foresight.titles)],
    )


def written(parameters: Mapping[str, pl.DataFrame], table: str) -> Table:
    """The drivers of every scenario as they are written, for a region without filings. parameters: Chinese title of the
    scenario -> `params.table`."""
    of = {title: dict(frame.select("参数", "取值").iter_rows()) for title, frame in parameters.items()}
    lines = [
        {"驱动因素": named(driver)} | {title: values[driver] for title, values in of.items()} for driver in DRIVERS
    ]
    return Table(
        id=table,
        title=f"{len(of)} 种情景的驱动因素，有了填报才能推算结果",
        data=pl.DataFrame(lines),
        source="notebooks/params 中的参数文件与命令行",
        method="比率为每年的变化（0.12 即 12%）；trend(3) 为本地区最近三年的趋势，由填报计算；三个数为低、中、高值。",
        widths=[16, *[12] * len(of)],
    )


# --- to be explored ------------------------------------------------------------------------------------------


def explored(foresight: Foresight) -> dict[str, Any]:
    """What the page needs to switch the scenario and move one of EXPLORED: all results, computed beforehand and rounded.

    years: of the scenarios; filed: measure -> year -> value; results: scenario -> driver (or "" for none moved) and level
    -> measure -> values by year. Values as printed, without unit.
    """
    measures, filed, paths = [], {}, {}
    for id in EXPLORER:
        if not foresight.has(id):
            continue
        how = foresight.view.measure(id)
        known = [value for name in foresight.titles for value in foresight.path(id, name).values()]
        factor, unit, decimals = scaled(how, known)
        measures.append({"id": id, "title": how.name, "unit": unit, "decimals": decimals})
        filed[id] = {year: round(value * factor, decimals + 1) for year, value in foresight.filed(id).items()}
        paths[id] = (factor, decimals)
    rows = foresight.outlook.levels.filter(
        pl.col("driver").is_in(EXPLORED), pl.col("measure").is_in(list(paths)), pl.col("value").is_not_null()
    ).sort("year")
    results: dict[str, dict[str, dict[str, list[float]]]] = {}
    for name in foresight.titles:
        results[name] = {"": {id: _rounded(list(foresight.path(id, name).values()), *how) for id, how in paths.items()}}
    for scenario, driver, level, id, values in (
        rows.group_by("scenario", "driver", "level", "measure", maintain_order=True).agg("value").iter_rows()
    ):
        results[scenario].setdefault(f"{driver}/{level}", {})[id] = _rounded(values, *paths[id])
    of = foresight.outlook.drivers.filter(pl.col("driver").is_in(EXPLORED))
    levels = {
        scenario: {
            row["driver"]: [said(row["driver"], row[level]) for level in LEVELS]
            for row in of.filter(pl.col("scenario") == scenario).iter_rows(named=True)
        }
        for scenario in foresight.titles
    }
    return {
        "own": foresight.own,
        "years": list(range(foresight.t0, foresight.horizon + 1)),
        "scenarios": [{"id": name, "title": title} for name, title in foresight.titles.items()],
        "drivers": [{"id": driver, "title": named(driver)} for driver in EXPLORED],
        "levels": levels,
        "measures": measures,
        "filed": filed,
        "results": results,
    }


def _rounded(values: Sequence[float], factor: float, decimals: int) -> list[float]:
    return [round(value * factor, decimals + 1) for value in values]
