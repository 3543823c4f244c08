"""What the chapter on application cases draws and says: the quota, the account, the catalogue, what can be replicated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.chapters.shapes import FILED
from pipeline.charts import theme
from pipeline.filings.case_factors import CO2, basis
from pipeline.findings import Measure
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.reference import Plan
from pipeline.indicators import cases, intervals
from pipeline.indicators.model import members
from pipeline.layout import Layout
from pipeline.reports.blocks import Entries, Entry, Figure, Table

NET = Measure("净效果", "tCO2", 1, "big")
TOLD = ("title", "organisation", "summary")  # what is printed as filed
EFFECTS = {"reduction": "实际减少", "avoided_growth": "避免增长"}
LIKELY = "P10—P90"  # the ends of `intervals`
_PARTS = r"[、,，;；/]"


def accounted(filed: pl.DataFrame, layout: Layout, params: Params, year: int) -> pl.DataFrame:
    """The cases with their account (`cases.COLUMNS`) and both ends of its interval (low_tco2, high_tco2), ready to be told."""
    texts = [pl.Series(name, map(_told, filed[name]), dtype=pl.String) for name in TOLD]
    rows = cases.accounted(filed.with_columns(texts), layout, params, year)
    known = rows.with_columns(pl.col("net_tco2", "ict_footprint_tco2").fill_null(0.0))
    low, high = intervals.of_each(known, params.case_footprint_uncertainty)
    there = pl.col("net_tco2").is_not_null()
    return rows.with_columns(
        low_tco2=pl.when(there).then(pl.Series(low)), high_tco2=pl.when(there).then(pl.Series(high))
    )


def _told(text: str | None) -> str | None:
    return None if text is None else wording.punctuated(text)


def names(column: str) -> dict[str, str]:
    """Code -> the Chinese name of a coded column of cases."""
    return members(column, "cases")


def titles(plan: Plan) -> dict[str, str]:
    """Category -> its name, as the plan has it."""
    return names("category") | {quota.id: quota.title for quota in plan.case_quotas}


# --- the quota ---------------------------------------------------------------------------------------------


def counted(rows: pl.DataFrame) -> int:
    """How many cases count (selected or promoted)."""
    return rows.filter(_counted()).height


def counts(rows: pl.DataFrame, plan: Plan) -> dict[str, int]:
    """Category -> how many cases count (selected or promoted), in the plan's order."""
    counting = rows.filter(_counted())
    found = dict(counting.group_by(pl.col("category").cast(pl.String)).len().iter_rows())
    return {quota.id: found.get(quota.id, 0) for quota in plan.case_quotas}


def quota_told(rows: pl.DataFrame, plan: Plan) -> str:
    """`产业绿色低碳转型 10 个，居民低碳环保生活 9 个（差 1 个），……`"""
    counted = counts(rows, plan)
    told = [
        f"{quota.title} {counted[quota.id]} 个"
        + (f"（差 {quota.quota - counted[quota.id]} 个）" if counted[quota.id] < quota.quota else "")
        for quota in plan.case_quotas
    ]
    return "，".join(told)


def quota_bars(rows: pl.DataFrame, plan: Plan, year: int, figure: str) -> Figure:
    """How many cases of each category have been selected and promoted, beside those that were only filed and the quota.

    Where there is none that was only filed (a public report has none), nothing is said of them.
    """
    spelt = names("status")
    there = {*cases.COUNTED, *rows["status"].cast(pl.String)}
    order = [status for status in spelt if status in there]
    by = rows.group_by(pl.col("category", "status").cast(pl.String)).len()
    found = {(category, status): n for category, status, n in by.iter_rows()}
    data = pl.DataFrame(
        [
            (quota.title, spelt[status], found.get((quota.id, status), 0), order.index(status))
            for quota in plan.case_quotas
            for status in reversed(order)
        ],
        schema={"类别": pl.String, "状态": pl.String, "个数": pl.Int64, "次": pl.Int64},
        orient="row",
    )
    shown = [spelt[status] for status in reversed(order)]
    tints = [theme.PRIMARY, theme.SEQUENTIAL[2], theme.NO_DATA][: len(shown)]
    bars = alt.Chart(data).mark_bar().encode(
        y=alt.Y("类别:N", sort=[quota.title for quota in plan.case_quotas], title=None, axis=alt.Axis(ticks=False, labelLimit=200)),
        x=alt.X("个数:Q", title="个", axis=alt.Axis(tickMinStep=1, grid=True)),
        color=alt.Color("状态:N", scale=alt.Scale(domain=shown, range=tints), legend=alt.Legend()),
        order=alt.Order("次:Q", sort="descending"),
        tooltip=["类别:N", "状态:N", "个数:Q"],
    )  # fmt: skip
    quotas = pl.DataFrame(
        {"类别": [one.title for one in plan.case_quotas], "应有": [one.quota for one in plan.case_quotas]}
    )
    ticks = alt.Chart(quotas).mark_tick(color=theme.ACCENT, thickness=3, height=24).encode(
        y=alt.Y("类别:N", sort=quotas["类别"].to_list()), x="应有:Q", tooltip=["类别:N", "应有:Q"])  # fmt: skip
    counted = counts(rows, plan)
    met = [quota.title for quota in plan.case_quotas if counted[quota.id] >= quota.quota]
    short = [quota.title for quota in plan.case_quotas if counted[quota.id] < quota.quota]
    told = f"{len(met)} 类都达到计划要求的个数" if not short else f"{wording.join_names(short)}没有达到计划要求的个数"
    return Figure(
        id=figure,
        title=f"截至 {year} 年末遴选和推广的应用场景共 {sum(counted.values())} 个，{told}",
        chart=(bars + ticks).properties(height=100),
        data=data.select("类别", "状态", "个数"),
        alt=f"条形图：截至 {year} 年末的应用场景，{quota_told(rows, plan)}；竖线为计划要求的个数。",
        source=FILED,
        method=f"只有遴选和推广的计入目标{'，申报中的不计' if len(shown) > len(cases.COUNTED) else ''}；竖线为计划要求的各类个数。",
    )


# --- the account -------------------------------------------------------------------------------------------


def sums(rows: pl.DataFrame, plan: Plan, footprint: float, table: str, year: int) -> Table | None:
    """Net effect by category with intervals of the joint draws, reduction and avoided growth apart. footprint: the
    uncertainty of the ICT's own emissions, a share."""
    summed = rows.filter("summed")
    if summed.is_empty():
        return None
    lines = []
    for effect, name in EFFECTS.items():
        of_effect = summed.filter(pl.col("effect").cast(pl.String) == effect)
        drawn = intervals.draws(of_effect, footprint)
        category = of_effect["category"].cast(pl.String)
        groups = {title: category == id for id, title in titles(plan).items()} | {"合计": category.is_not_null()}
        for title, chosen in groups.items():
            part = of_effect.filter(chosen)
            if part.is_empty():
                continue
            low, high = intervals.of_sum(drawn[:, chosen.to_numpy()])
            lines.append(
                {
                    "效果": name, "类别": title, "场景（个）": part.height, "净效果（tCO2）": part["net_tco2"].sum(),
                    LIKELY: f"{wording.number(low, 0)} 至 {wording.number(high, 0)}",
                    "扣除反弹后（tCO2）": part["net_after_rebound_tco2"].sum() if part["net_after_rebound_tco2"].null_count() == 0 else None,
                }
            )  # fmt: skip
    bare = summed.filter(pl.col("uncertainty_low_pct").is_null() | pl.col("uncertainty_high_pct").is_null()).height
    return Table(
        id=table,
        title=f"{year} 年计入合计的 {summed.height} 个遴选、推广场景的净效果，实际减少与避免增长分列",
        data=pl.DataFrame(lines),
        source=FILED,
        method="净效果＝活动量×（基准单耗－项目单耗）×排放因子×归因比例－ICT 自身排放。避免增长是没有发生的增长，不是减排。"
        f"{LIKELY} 即第 10 至第 90 百分位，由独立抽样（三角分布，{1 << intervals.POWER} 次，固定种子）后逐次相加得到，不是上下限相加：填报的不确定度用于毛效果，"
        f"ICT 自身排放另按上下 {wording.percent(footprint, 0)}（假设值）。"
        + (f"有 {bare} 个场景没有填报不确定度，毛效果按确定值计。" if bare else "")
        + "扣除反弹后一列在有场景没有填报反弹比例时空缺。",
        decimals={"净效果（tCO2）": 1, "扣除反弹后（tCO2）": 1},
        widths=[8, 13, 7, 11, 15, 11],
    )


def league(rows: pl.DataFrame, figure: str, year: int, top_n: int) -> Figure | None:
    """The net effect of each case that is summed, with its interval: drawn are the `top_n` largest and all below zero."""
    shown = rows.filter("summed").sort("net_tco2", descending=True)
    if shown.height < 2:
        return None
    data = shown.select(
        场景=_unique("title"), 净效果="net_tco2", 低="low_tco2", 高="high_tco2",
        效果=pl.col("effect").cast(pl.String).replace(EFFECTS),
        印=pl.col("net_tco2").map_elements(lambda value: wording.number(value, 0), return_dtype=pl.String),
    )  # fmt: skip
    drawn = data.filter((pl.int_range(pl.len()) < top_n) | (pl.col("净效果") < 0))
    y = alt.Y("场景:N", sort=drawn["场景"].to_list(), title=None, axis=alt.Axis(ticks=False, labelLimit=230))
    tint = alt.Color(
        "效果:N", scale=alt.Scale(domain=list(EFFECTS.values()), range=[theme.PRIMARY, theme.CATEGORIES[2]])
    )
    base = alt.Chart(drawn).encode(
        y=y, color=tint, tooltip=["场景:N", "效果:N", alt.Tooltip("印:N", title="净效果（tCO2）")]
    )
    spans = base.mark_rule(strokeWidth=3, opacity=0.35).encode(x=alt.X("低:Q", title="tCO2", axis=alt.Axis(grid=True, tickCount=5), scale=alt.Scale(padding=30)), x2="高:Q")  # fmt: skip
    points = base.mark_point(size=60, opacity=1).encode(x="净效果:Q")
    labels = base.mark_text(align="left", dx=5, fontSize=11).encode(x="高:Q", text="印:N", color=alt.value(theme.INK))
    first, last = shown.row(0, named=True), shown.row(-1, named=True)
    negative = shown.filter(pl.col("net_tco2") < 0).height
    tail = f"，{negative} 个为负" if negative else f"，最小的是{last['title']}（{NET.say(last['net_tco2'])}）"
    return Figure(
        id=figure,
        title=f"{year} 年计入合计的 {shown.height} 个场景中，净效果最大的是{first['title']}（{NET.say(first['net_tco2'])}）{tail}",
        chart=(spans + points + labels).properties(height=20 * drawn.height + 12),
        data=data.select("场景", "效果", "净效果", "低", "高"),
        alt=findings.GroupsShown(
            "dot_plot", f"{year} 年各场景的净效果", NET, dict(data.select("场景", "净效果").iter_rows())
        ),
        source=FILED,
        method=f"点为净效果，横线为 {LIKELY}（毛效果和 ICT 自身排放各有不确定度）；单位 tCO2。"
        + (f"图中列净效果最大的 {top_n} 个和为负的，其余见数据表。" if drawn.height < data.height else ""),
        decimals={"净效果": 1, "低": 1, "高": 1},
    )


def _unique(column: str) -> pl.Expr:
    """A name that occurs twice gets its case number."""
    return pl.when(pl.col(column).is_duplicated()).then(pl.format("{}（{}）", column, "case_id")).otherwise(column)


def technologies(rows: pl.DataFrame, figure: str) -> Figure | None:
    """How many cases serve which sector with which technology; a case of two technologies counts in both."""
    each = rows.select(
        "case_id", 领域="sector", 技术=pl.col("technology").str.replace_all(_PARTS, "、").str.split("、")
    )
    each = each.explode("技术").with_columns(pl.col("技术").str.strip_chars()).filter(pl.col("技术") != "")
    cells = (
        each.group_by("技术", "领域")
        .agg(pl.col("case_id").n_unique().cast(pl.Int64).alias("个数"))
        .sort("技术", "领域")
    )
    if cells.height < 4:
        return None
    order = {name: _by_count(each, name) for name in ("技术", "领域")}
    x = alt.X("技术:N", sort=order["技术"], title=None, axis=alt.Axis(orient="top", labelAngle=-45, labelAlign="left", ticks=False, labelLimit=90, labelOverlap=False))  # fmt: skip
    y = alt.Y("领域:N", sort=order["领域"], title=None, axis=alt.Axis(ticks=False))
    base = alt.Chart(cells).encode(x=x, y=y, tooltip=["技术:N", "领域:N", "个数:Q"])
    most = max(cells["个数"].to_list())
    tint = alt.Color("个数:Q", scale=alt.Scale(domain=[0, max(most, 3)], range=[theme.SEQUENTIAL[0], theme.PRIMARY]), legend=None)  # fmt: skip
    ink = alt.condition(f"datum['个数'] > {max(most, 3) / 2}", alt.value("white"), alt.value(theme.INK))
    n_of = {name: each.filter(pl.col("技术") == name)["case_id"].n_unique() for name in order["技术"]}
    n = max(n_of.values())
    top = [name for name, count in n_of.items() if count == n]
    return Figure(
        id=figure,
        title=f"{rows.height} 个场景涉及 {len(order['技术'])} 种技术、{len(order['领域'])} 个领域，用到{wording.join_names(top)}的最多（{'各 ' if len(top) > 1 else ''}{n} 个）",
        chart=(base.mark_rect(cornerRadius=2).encode(color=tint) + base.mark_text().encode(text="个数:Q", color=ink)).properties(
            height=17 * len(order["领域"]) + 20),
        data=cells,
        alt="热力图：各领域所用的技术。" + "、".join(f"{name} {count} 个" for name, count in n_of.items()) + "。",
        source=FILED,
        method="一个场景用到几种技术，在每种技术下各计一次。",
    )  # fmt: skip


def _by_count(each: pl.DataFrame, column: str) -> list[str]:
    counted = (
        each.group_by(column).agg(pl.col("case_id").n_unique()).sort(["case_id", column], descending=[True, False])
    )
    return counted[column].to_list()


def left_out(rows: pl.DataFrame, table: str) -> Table | None:
    """The selected and promoted cases that are catalogued and not summed, by their first reason."""
    out = rows.filter(pl.col("left_out_because").is_not_null(), _counted())
    if out.is_empty():
        return None
    by = out.group_by("left_out_because", maintain_order=True).agg(pl.len().alias("n"), pl.col("title"))
    by = by.sort("n", descending=True, maintain_order=True)
    data = by.select(原因="left_out_because", 场景数=pl.col("n").cast(pl.Int64), 场景=pl.col("title").list.join("、"))
    return Table(
        id=table,
        title=f"遴选、推广的场景中有 {out.height} 个只列示、不求和",
        data=data,
        source=FILED,
        method="一个场景有几个原因时只列第一个。",
        widths=[16, 5, 36],
    )


def candidates(rows: pl.DataFrame, plan: Plan, table: str) -> Table | None:
    """The cases that have not been selected, apart: they count for no target and are in no sum."""
    out = rows.filter(~_counted()).sort("case_id")
    if out.is_empty():
        return None
    return Table(
        id=table,
        title=f"申报中的 {out.height} 个场景另列，不计入目标，也不计入合计",
        data=out.select(
            场景="title",
            类别=pl.col("category").cast(pl.String).replace(titles(plan)),
            效果=pl.col("effect").cast(pl.String).replace(EFFECTS),
            **{"净效果（tCO2）": "net_tco2"},
        ),
        source=FILED,
        method="净效果由填报值计算，未经遴选，各场景的数不能相加。",
        decimals={"净效果（tCO2）": 1},
        widths=[24, 14, 9, 11],
    )


def _counted() -> pl.Expr:
    return pl.col("status").cast(pl.String).is_in(cases.COUNTED)


def doubles(rows: pl.DataFrame) -> list[list[str]]:
    """The titles of cases that claim the same activity, together; empty where none do."""
    same = rows.filter("double_counting").sort("province_code", "sector", "net_tco2", descending=[False, False, True])
    groups = same.group_by("province_code", "sub_region", "sector", "activity_unit", maintain_order=True)
    return [group["title"].to_list() for _, group in groups]


# --- the catalogue -----------------------------------------------------------------------------------------


def catalogue(rows: pl.DataFrame, plan: Plan, places: Mapping[str, str], id: str) -> Entries | None:
    """A card for each case, by category, those that count first. places: province code -> name."""
    order = [quota.id for quota in plan.case_quotas]
    rank = pl.col("category").cast(pl.String).replace_strict({name: n for n, name in enumerate(order)}, default=9, return_dtype=pl.Int64)  # fmt: skip
    waiting = pl.col("status").cast(pl.String) == "candidate"
    listed = rows.sort(waiting, rank, "case_id")
    entries = [_entry(row, titles(plan), places) for row in listed.iter_rows(named=True)]
    return Entries(id, entries) if entries else None


def _entry(row: Mapping[str, Any], categories: Mapping[str, str], places: Mapping[str, str]) -> Entry:
    net, after = row["net_tco2"], row["net_after_rebound_tco2"]
    badge = f"{names('status')[str(row['status'])]}　{categories.get(str(row['category']), row['category'])}"
    place = "全国" if row["is_control"] else places.get(str(row["province_code"]), str(row["province_code"]))
    facts = [("单位", f"{row['organisation']}（{place}{row['sub_region'] or ''}）"), ("技术", str(row["technology"])), ("领域", str(row["sector"]))]  # fmt: skip
    if computed := _computed(row):
        facts.append(("核算", computed))
    if isinstance(net, float):
        spread = row["uncertainty_low_pct"] is not None and row["uncertainty_high_pct"] is not None
        if spread:
            facts.append(
                (LIKELY, f"{wording.number(row['low_tco2'], 0)} 至 {wording.number(row['high_tco2'], 0)} tCO2")
            )
        if isinstance(after, float) and row["rebound_share"]:
            facts.append(("扣除反弹", f"{wording.number(after, 1)} tCO2"))
    checked = names("verification").get(str(row["verification"]))
    if checked:
        facts.append(("核查", checked + (f"，方法层级 {row['tier']}" if row["tier"] else "")))
    if row["left_out_because"]:
        facts.append(("不求和", str(row["left_out_because"])))
    tone = "none" if not isinstance(net, float) or not row["summed"] else "bad" if net < 0 else "good"
    value = "没有量化" if not isinstance(net, float) else f"{wording.number(net, 1)} tCO2"
    if isinstance(net, float) and str(row["effect"]) == "avoided_growth":
        value += "（避免增长）"
    return Entry(str(row["title"]), badge, value, tone, facts, str(row["summary"] or ""))


def _computed(row: Mapping[str, Any]) -> str:
    """`12,000 间配电房 ×（3,200 − 2,700）kWh × 0.5306 kgCO2/kWh ＝ 3,183.6 tCO2；归因 60%，自身排放 310 tCO2`; empty where a
    part of it was not filed."""
    if any(row[name] is None for name in ("gross_tco2", "net_tco2")):
        return ""
    unit, value = row["effect_unit"] or "", row["factor_kgco2_per_unit"]
    code, one = basis("电力", unit) or ("", 0.0)
    kind = (
        names("factor_kind").get(str(row["factor_kind"]), "") if code == "electricity" else ""
    )  # others have one kind
    told = "、".join(
        part for part in (f"{row['factor_year']} 年" if row["factor_year"] else "", kind,
                          "公布的因子" if row["factor_published"] else "") if part
    )  # fmt: skip
    factor = f" × {wording.number(value)} kgCO2/{unit}" + (f"（{told}）" if told else "")
    if code == CO2 and value == one:  # saved in CO2 itself
        factor = ""
    saved = f"（{wording.number(row['baseline_per_unit'])} − {wording.number(row['project_per_unit'])}）{unit}"
    share = wording.percent(row["attribution_share"]).replace(".0%", "%")
    return (
        f"{wording.number(row['activity_amount'])} {row['activity_unit'] or '项'} ×{saved}{factor}"
        f" ＝ {wording.number(row['gross_tco2'], 1)} tCO2；归因 {share}，自身排放 {wording.number(row['ict_footprint_tco2'])} tCO2"
    )


# --- elsewhere ---------------------------------------------------------------------------------------------


def potential(rows: pl.DataFrame, places: Mapping[str, str], table: str) -> Table | None:
    """What would be saved if all addressable activity were done like the cases that file one: net per unit x the activity.

    Of cases that have been selected, can be summed and do save.
    """
    known = rows.filter(
        "summed", pl.col("addressable_amount").is_not_null(), pl.col("net_tco2") > 0, pl.col("activity_amount") > 0,
        pl.col("status").cast(pl.String).is_in(cases.COUNTED),
    ).with_columns(
        per_unit=pl.col("net_tco2") / pl.col("activity_amount"),
    ).with_columns(whole=pl.col("per_unit") * pl.col("addressable_amount")).sort("whole", descending=True)  # fmt: skip
    if known.is_empty():
        return None
    return Table(
        id=table,
        title="",
        data=known.select(
            pl.col("title").alias("场景"),
            pl.when("is_control").then(pl.lit("全国")).otherwise(pl.col("province_code").replace(places)).alias("地区"),
            pl.col("activity_unit").alias("活动"),
            pl.col("activity_amount").alias("已覆盖"),
            pl.col("addressable_amount").alias("可推广"),
            (1000 * pl.col("per_unit")).alias("每单位净效果（kgCO2）"),
            pl.col("whole").alias("潜力（tCO2）"),
        ),
        source=FILED,
        method="潜力＝每单位活动的净效果×填报的可推广活动量（含已覆盖部分）；只列已遴选或推广、符合求和条件、净效果为正并填报了可推广活动量的场景，各场景的潜力不能相加。",
        decimals={"每单位净效果（kgCO2）": 2, "潜力（tCO2）": 1},
        widths=[15, 5, 9, 8, 9, 9, 9],
    )


def published(layout: Layout, plan: Plan, year: int, table: str) -> tuple[Table | None, int, int]:
    """The published cases with their sources; how many are left out for they are no cases that enable, and how many for
    their document was not found. Candidates all, never summed."""
    rows = reference.public_cases(layout).filter(pl.col("year").is_null() | (pl.col("year") <= year))
    unnamed = rows.filter(pl.col("row_type") == "unverified").height
    rows = rows.filter(pl.col("row_type") != "unverified")
    wanted = [quota.title for quota in plan.case_quotas]
    listed = rows.filter(pl.col("plan_category").is_in(wanted))
    others = rows.height - listed.height
    listed = listed.sort(
        pl.col("plan_category").replace_strict({name: n for n, name in enumerate(wanted)}, default=9), "row_id"
    )
    if listed.is_empty():
        return None, others, unnamed
    quantified = listed.filter(pl.col("effect_value").fill_null("") != "").height
    data = pl.DataFrame(
        [
            {
                "案例": row["case_name"], "单位": row["organisation"] or "—", "类别": row["plan_category"],
                "公布的效果（原文）": row["published_effect"] or "没有公布", "口径": row["effect_basis"] or "—",
                "来源（等级，行号）": f"{row['source_title']}（{row['grade']}，{row['row_id']}）",
            }
            for row in listed.iter_rows(named=True)
        ]
    )  # fmt: skip
    return (
        Table(
            id=table,
            title=f"公开材料中的 {listed.height} 个案例，{quantified} 个公布了数量，口径各不相同，不求和",
            data=data,
            source="各行所列",
            method="公开案例未经本报告核算，一律视为申报中的场景，不计入目标，也不计入合计；没有公布数量的不补数。",
            widths=[13, 9, 9, 17, 8, 16],
        ),
        others,
        unnamed,
    )
