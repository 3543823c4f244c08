"""What the chapter on application cases draws: the quota, the account, the catalogue, what can be replicated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.chapters.shapes import FILED
from pipeline.charts import labels, theme
from pipeline.filings.case_factors import CO2, basis
from pipeline.findings import Names
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.reference import Plan
from pipeline.given.regions import NATION
from pipeline.indicators import cases, intervals
from pipeline.indicators.model import members
from pipeline.language.terms import measure, term
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports.blocks import Column, Entries, Entry, Figure, Said, Table

TEXT = 55  # px of a text beside the longest interval
NET = measure(term("net_effect"), "tCO2", scale="big")
NAMED = 160  # px of a name beside the bars of the quotas
TOLD = ("title", "organisation", "summary")  # what is printed as filed
COUNTED = pl.col("status").cast(pl.String).is_in(cases.COUNTED)
CATEGORY, EFFECT = pl.col("category").cast(pl.String), pl.col("effect").cast(pl.String)
_PARTS = r"[、,，;；/]"


def accounted(filed: pl.DataFrame, layout: Layout, params: Params, year: int) -> pl.DataFrame:
    """The cases with their account (`cases.COLUMNS`) and both ends of its interval (low_tco2, high_tco2), ready to be told."""
    told = {name: [text and wording.punctuated(text) for text in filed[name]] for name in TOLD}
    texts = pl.DataFrame(told, schema=dict.fromkeys(TOLD, pl.String))
    rows = cases.accounted(filed.with_columns(texts), layout, params, year)
    known = rows.with_columns(pl.col("net_tco2", "ict_footprint_tco2").fill_null(0.0))
    low, high = intervals.of_each(known, params.case_footprint_uncertainty)
    there = pl.col("net_tco2").is_not_null()
    return rows.with_columns(
        low_tco2=pl.when(there).then(pl.Series(low)), high_tco2=pl.when(there).then(pl.Series(high))
    )


def names(column: str) -> dict[str, str]:
    """Code -> the name of a coded column of cases."""
    return members(column, "cases")


def titles(plan: Plan) -> dict[str, str]:
    """Category -> its name, as the plan has it."""
    return names("category") | {quota.id: quota.title for quota in plan.case_quotas}


def counts(rows: pl.DataFrame, plan: Plan) -> dict[str, int]:
    """Category -> how many cases count (selected or promoted), in the plan's order."""
    found = dict(rows.filter(COUNTED).group_by(CATEGORY).len().iter_rows())
    return {quota.id: found.get(quota.id, 0) for quota in plan.case_quotas}


def _columns(*names: str, **keys: str) -> dict[str, Column]:
    """Column -> what it is called, by the key of a term, which may be its name."""
    return {name: Column(term(key)) for name, key in (dict(zip(names, names, strict=True)) | keys).items()}


def _tips(words: Words, columns: Mapping[str, Column]) -> list[alt.Tooltip]:
    """What the page shows of a mark that is pointed at."""
    return [alt.Tooltip(f"{name}:N", title=column.told(words)) for name, column in columns.items()]


def quota_bars(rows: pl.DataFrame, plan: Plan, figure: str) -> Figure:
    """How many cases of each category are selected and promoted, beside those that were only filed, where there are any (a
    public report has none), and the quota."""
    there = {*cases.COUNTED, *rows["status"].cast(pl.String)}
    shown = [name for status, name in reversed(names("status").items()) if status in there]
    by = rows.group_by(CATEGORY, pl.col("status").cast(pl.String).replace(names("status"))).len()
    found = {(category, status): n for category, status, n in by.iter_rows()}
    data = pl.DataFrame(
        {"category": quota.title, "status": name, "n": found.get((quota.id, name), 0), "rank": -place}
        for quota in plan.case_quotas
        for place, name in enumerate(shown)
    )
    quotas = pl.DataFrame({"category": quota.title, "quota": quota.quota} for quota in plan.case_quotas)
    tints = [theme.MEMBERS[status] for status in reversed(names("status")) if status in there]
    columns = _columns(category="case_category", status="state", n="number_of_cases")

    def chart(words: Words) -> alt.TopLevelMixin:
        lines = {words.say(name): parts for name in quotas["category"] if len(parts := labels.lines(words.say(name), NAMED, labels.SIZE)) > 1}  # fmt: skip
        y = alt.Y("category:N", sort=quotas["category"].to_list(), title=None, axis=alt.Axis(ticks=False, labelExpr=labels.broken(lines)))  # fmt: skip
        tint = alt.Color("status:N", scale=alt.Scale(domain=shown, range=tints), legend=alt.Legend())
        x = alt.X("n:Q", title=words("unit_pieces"), axis=alt.Axis(tickMinStep=1, grid=True))
        order = alt.Order("rank:Q", sort="descending")
        bars = alt.Chart(data).mark_bar().encode(y=y, x=x, color=tint, order=order, tooltip=_tips(words, columns))
        ticks = alt.Chart(quotas).mark_tick(color=theme.ACCENT, thickness=3, height=24)
        told = _columns(category="case_category", quota="quota")
        return alt.layer(bars, ticks.encode(y=y, x="quota:Q", tooltip=_tips(words, told))).properties(height=100)

    return Figure(figure, "", chart, data.drop("rank"), "", FILED, columns=columns)


# --- the account -------------------------------------------------------------------------------------------


def sums(rows: pl.DataFrame, plan: Plan, footprint: float, table: str) -> Table | None:
    """Net effect by category with intervals of the joint draws, reduction and avoided growth apart. footprint: the
    uncertainty of the ICT's own emissions, a share."""
    lines = []
    for effect, name in names("effect").items():
        of_effect = rows.filter("summed", effect == EFFECT)
        drawn = intervals.draws(of_effect, footprint)
        category = of_effect["category"].cast(pl.String)
        groups = {title: category == id for id, title in titles(plan).items()} | {"": category.is_not_null()}
        for title, chosen in groups.items():
            part = of_effect.filter(chosen)
            if part.height:
                low, high = intervals.of_sum(drawn[:, chosen.to_numpy()])
                after = part["net_after_rebound_tco2"]
                lines.append(
                    {
                        "effect": name, "category": title or term("total"), "n": part.height, "net": part["net_tco2"].sum(),
                        "likely": _range(low, high), "after": None if after.null_count() else after.sum(),
                    }
                )  # fmt: skip

    def told(words: Words) -> pl.DataFrame:
        return pl.DataFrame(row | {name: words.say(row[name]) for name in ("category", "likely")} for row in lines)

    heads = _columns(
        effect="case_effect", category="case_category", n="cases_in", net="net_tco2", likely="p10_p90", after="net_after_rebound"
    )  # fmt: skip
    decimals, widths = {"net": 1, "after": 1}, [8, 13, 7, 11, 15, 11]
    return Table(table, "", told, FILED, decimals=decimals, widths=widths, columns=heads) if lines else None


def _range(low: float, high: float) -> Said:
    return term("low_to_high", low=wording.number(low, 0), high=wording.number(high, 0))


def league(rows: pl.DataFrame, figure: str, year: int) -> Figure | None:
    """The net effect of each case of which it is known, in order, with its interval, its status and whether it is summed."""
    title, net = pl.col("title"), pl.col("net_tco2")
    ranked = rows.filter(net.is_not_null()).sort(net, descending=True)
    if ranked.height < 2:
        return None
    spelt = {name: pl.col(name).cast(pl.String).replace(names(name)) for name in ("effect", "status")}
    data = ranked.select(
        case=pl.when(title.is_duplicated()).then(pl.format("{}（{}）", title, "case_id")).otherwise(title),
        **spelt, net=net, low="low_tco2", high="high_tco2", summed="summed",
        printed=net.map_elements(lambda value: wording.number(value, 0), return_dtype=pl.String),
    )  # fmt: skip
    shapes = dict(zip(names("status").values(), ("triangle-up", "diamond", "circle"), strict=True))
    tints = dict(zip(names("effect").values(), theme.tints(names("effect")).values(), strict=True))
    shapes, tints = (  # of what is drawn
        {member: mark for member, mark in marks.items() if member in data[name].to_list()}
        for name, marks in (("status", shapes), ("effect", tints))
    )
    heads = _columns("case", effect="case_effect", status="state")

    def chart(words: Words) -> alt.TopLevelMixin:
        tooltip = _tips(words, heads | _columns(printed="net_tco2"))
        y = alt.Y("case:N", sort=data["case"].to_list(), title=None, axis=alt.Axis(ticks=False, labelLimit=230, labelFontSize=11))  # fmt: skip
        hues = alt.Scale(domain=list(tints), range=list(tints.values()))
        tint = alt.Color("effect:N", scale=hues, legend=alt.Legend(symbolOpacity=1))
        shape = alt.Shape("status:N", scale=alt.Scale(domain=list(shapes), range=list(shapes.values())))
        base = alt.Chart(data).encode(y=y, color=tint, tooltip=tooltip)
        low, high = min(0.0, *data["low"].to_list()), max(0.0, *data["high"].to_list())
        span = high - low
        room = alt.ExprRef(f"{high} + {span} * {TEXT} / max(width - {TEXT}, {TEXT})")  # for the texts, on any screen
        x = alt.X(
            "low:Q",
            title="tCO2",
            axis=alt.Axis(grid=True, tickCount=5, labelOverlap="greedy", labelSeparation=6),
            scale=alt.Scale(domainMin=low - 0.03 * span, domainMax=room, nice=False),
        )
        spans = base.mark_rule(strokeWidth=3, opacity=0.35).encode(x=x, x2="high:Q")
        points = [
            base.transform_filter(f"{sign}datum.summed")
            .mark_point(size=50, filled=not sign)
            .encode(x="net:Q", shape=shape)
            for sign in ("", "!")
        ]
        text = base.mark_text(align="left", dx=5, fontSize=11).encode(x="high:Q", text="printed:N", color=alt.value(theme.INK))  # fmt: skip
        halo, text = labels.on_lines(text)
        return alt.layer(halo, spans, *points, text).properties(height=14 * data.height + 12)

    what = term("net_effects_in", year=year)
    alt_text = findings.GroupsShown("dot_plot", what, NET, dict(data.select("case", "net").iter_rows()))
    columns = heads | _columns(net="net_effect", low="low_end", high="high_end")
    shown, decimals = data.drop("printed", "summed"), {"net": 1, "low": 1, "high": 1}
    return Figure(figure, "", chart, shown, alt_text, FILED, decimals=decimals, columns=columns)


def uses(rows: pl.DataFrame) -> pl.DataFrame:
    """case_id, sector, technology: a row for each technology of a case."""
    each = pl.col("technology").str.replace_all(_PARTS, "、").str.split("、")
    found = rows.select("case_id", "sector", technology=each).explode("technology")
    return found.with_columns(pl.col("technology").str.strip_chars()).filter(pl.col("technology") != "")


def by_count(each: pl.DataFrame, column: str) -> dict[str, int]:
    """Technology or sector -> how many cases there are of it, the most first."""
    counted = each.group_by(column).agg(pl.col("case_id").n_unique())
    return dict(counted.sort("case_id", column, descending=[True, False]).iter_rows())


def technologies(each: pl.DataFrame, figure: str) -> Figure | None:
    """How many cases serve which sector with which technology; a case of two technologies counts in both."""
    cells = each.group_by("technology", "sector").agg(n=pl.col("case_id").n_unique().cast(pl.Int64))
    cells = cells.sort("technology", "sector")
    if cells.height < 4:
        return None
    columns, rows = (list(by_count(each, name)) for name in ("technology", "sector"))
    full, heads = max(*cells["n"], 3), _columns("technology", "sector", n="number_of_cases")

    def chart(words: Words) -> alt.TopLevelMixin:
        x = alt.X("technology:N", sort=columns, title=None, axis=alt.Axis(orient="top", labelAngle=-45, labelAlign="left", ticks=False, labelLimit=90, labelOverlap=False))  # fmt: skip
        y = alt.Y("sector:N", sort=rows, title=None, axis=alt.Axis(ticks=False))
        base = alt.Chart(cells).encode(x=x, y=y, tooltip=_tips(words, heads))
        tint = alt.Color("n:Q", scale=alt.Scale(domain=[0, full], range=[theme.SEQUENTIAL[0], theme.PRIMARY]), legend=None)  # fmt: skip
        ink = alt.condition(f"datum.n > {full / 2}", alt.value("white"), alt.value(theme.INK))
        squares = base.mark_rect(cornerRadius=2).encode(color=tint)
        numbers = base.mark_text().encode(text="n:Q", color=ink)
        return alt.layer(squares, numbers).properties(height=17 * len(rows) + 20)

    return Figure(figure, "", chart, cells, "", FILED, columns=heads)


def left_out(rows: pl.DataFrame, table: str) -> Table | None:
    """The selected and promoted cases that are catalogued and not summed, by their first reason."""
    out = rows.filter(pl.col("left_out_because").is_not_null(), COUNTED)
    by = out.group_by(reason="left_out_because", maintain_order=True).agg(n=pl.len().cast(pl.Int64), cases="title")
    by = by.sort("n", descending=True, maintain_order=True)

    def told(words: Words) -> pl.DataFrame:
        return by.with_columns(cases=pl.Series([words.names(some) for some in by["cases"]]))

    heads = _columns(reason="why_left_out", n="cases_n", cases="case")
    return Table(table, "", told, FILED, widths=[16, 5, 36], columns=heads) if by.height else None


def candidates(rows: pl.DataFrame, plan: Plan, table: str) -> Table | None:
    """The cases that have not been selected, apart: they count for no target and are in no sum."""
    out = rows.filter(~COUNTED).sort("case_id")
    spelt = {"category": CATEGORY.replace(titles(plan)), "effect": EFFECT.replace(names("effect"))}
    data = out.select(case="title", **spelt, net="net_tco2")
    heads = _columns("case", category="case_category", effect="case_effect", net="net_tco2")
    decimals, widths = {"net": 1}, [24, 14, 9, 11]
    return Table(table, "", data, FILED, decimals=decimals, widths=widths, columns=heads) if out.height else None


def doubles(rows: pl.DataFrame) -> list[list[str]]:
    """The titles of cases that claim the same activity, together; empty where none do."""
    same = rows.filter("double_counting").sort("province_code", "sector", "net_tco2", descending=[False, False, True])
    groups = same.group_by("province_code", "sub_region", "sector", "activity_unit", maintain_order=True)
    return [group["title"].to_list() for _, group in groups]


# --- the catalogue -----------------------------------------------------------------------------------------


def catalogue(rows: pl.DataFrame, plan: Plan, places: Mapping[str, str], id: str) -> Entries | None:
    """A card for each case, by category, those that count first. places: province code -> name."""
    order = {quota.id: n for n, quota in enumerate(plan.case_quotas)}
    rank = CATEGORY.replace_strict(order, default=9, return_dtype=pl.Int64)
    listed = rows.sort(pl.col("status").cast(pl.String) == "candidate", rank, "case_id")
    entries = [_entry(row, titles(plan), places) for row in listed.iter_rows(named=True)]
    return Entries(id, entries) if entries else None


def _entry(row: Mapping[str, Any], categories: Mapping[str, str], places: Mapping[str, str]) -> Entry:
    net = row["net_tco2"]
    category = categories.get(str(row["category"]), row["category"])
    place = NATION.short_zh if row["is_control"] else places.get(str(row["province_code"]), str(row["province_code"]))
    where = term("place_within", place=place, part=row["sub_region"]) if row["sub_region"] else place
    value: Said = term("not_quantified") if net is None else f"{wording.number(net, 1)} tCO2"
    about: list[Said] = [_range(row["low_tco2"], row["high_tco2"])] if _is_uncertain(row) else []
    if net is not None and row["effect"] == "avoided_growth":
        about.append(names("effect")["avoided_growth"])
    value = (value, *(term("in_brackets", text=one) for one in about))
    return Entry(
        title=row["title"],
        badge=term(
            "case_badge",
            status=names("status")[str(row["status"])],
            category=category,
            who=row["organisation"],
            where=where,
            technology=Names(tuple(row["technology"].split("、"))),
        ),
        value=value,
        tone="none" if net is None or not row["summed"] else "bad" if net < 0 else "good",
        facts=[(term("not_summed"), row["left_out_because"])] if row["left_out_because"] else [],
        text=row["summary"] or "",
    )


def accounts(rows: pl.DataFrame, table: str) -> Table | None:
    """How the net effect of each case comes about, with its interval, what is left after rebound, and who checked it."""

    def told(words: Words) -> pl.DataFrame:
        return pl.DataFrame(
            {"case": row["title"]} | {name: words.say(said) or wording.MISSING for name, said in _account(row).items()}
            for row in rows.sort("case_id").iter_rows(named=True)
        )

    heads = _columns("case", "account", "p10_p90", "after_rebound", "verification")
    return Table(table, "", told, FILED, widths=[11, 26, 9, 9, 8], columns=heads) if rows.height else None


def _account(row: Mapping[str, Any]) -> dict[str, Said]:
    net, after = row["net_tco2"], row["net_after_rebound_tco2"]
    checked = names("verification").get(str(row["verification"]))
    tier = term("method_tier", tier=row["tier"]) if row["tier"] else ""
    return {
        "account": _computed(row),
        "p10_p90": _range(row["low_tco2"], row["high_tco2"]) if _is_uncertain(row) else "",
        "after_rebound": wording.number(after, 1) if None not in (net, after) and row["rebound_share"] else "",
        "verification": (checked, tier) if checked else "",
    }


def _is_uncertain(row: Mapping[str, Any]) -> bool:
    return None not in (row["net_tco2"], row["uncertainty_low_pct"], row["uncertainty_high_pct"])


def _computed(row: Mapping[str, Any]) -> Said:
    """How the net effect comes about, in numbers; empty where a part of it was not filed."""
    if row["gross_tco2"] is None or row["net_tco2"] is None:
        return ""
    unit, value = row["effect_unit"] or "", row["factor_kgco2_per_unit"]
    code, one = basis("electricity", unit) or ("", 0.0)
    about = [
        term("in_year", year=row["factor_year"]) if row["factor_year"] else "",
        term(f"factor_{row['factor_kind']}") if row["factor_kind"] and code == "electricity" else "",  # others have one
        term("published_factor") if row["factor_published"] else "",
    ]
    told = [part for said in about if said for part in (term("enumeration"), said)][1:]
    factor: Said = [f" × {wording.number(value)} kgCO2/{unit}", term("in_brackets", text=told) if told else ""]
    return term(
        "case_account",
        amount=wording.number(row["activity_amount"]),
        unit=row["activity_unit"] or term("unit_items"),
        baseline=wording.number(row["baseline_per_unit"]),
        project=wording.number(row["project_per_unit"]),
        per=unit,
        factor="" if code == CO2 and value == one else factor,  # saved in CO2 itself
        gross=wording.number(row["gross_tco2"], 1),
        share=wording.percent(row["attribution_share"]).replace(".0%", "%"),
        own=wording.number(row["ict_footprint_tco2"]),
    )


# --- elsewhere ---------------------------------------------------------------------------------------------


def potential(rows: pl.DataFrame, places: Mapping[str, str], table: str) -> Table | None:
    """What would be saved if all addressable activity were done like the cases that file one: net per unit x the activity.

    Of cases that have been selected, can be summed and do save.
    """
    each = pl.col("net_tco2") / pl.col("activity_amount")
    known = rows.filter(
        "summed", COUNTED, pl.col("addressable_amount").is_not_null(), pl.col("net_tco2") > 0, pl.col("activity_amount") > 0
    ).select(
        case="title",
        region=pl.when("is_control").then(pl.lit(NATION.short_zh)).otherwise(pl.col("province_code").replace(places)),
        activity="activity_unit",
        covered="activity_amount",
        addressable="addressable_amount",
        per_unit=1000 * each,
        whole=each * pl.col("addressable_amount"),
    ).sort("whole", descending=True)  # fmt: skip
    heads = _columns(
        "case", "region", "activity", covered="activity_covered", addressable="activity_addressable", per_unit="net_per_unit",
        whole="potential_tco2",
    )  # fmt: skip
    decimals, widths = {"per_unit": 2, "whole": 1}, [15, 5, 9, 8, 9, 9, 9]
    return Table(table, "", known, FILED, decimals=decimals, widths=widths, columns=heads) if known.height else None


def published(layout: Layout, plan: Plan, year: int) -> tuple[pl.DataFrame, int, int]:
    """The published cases by category; how many are left out for they are no cases that enable, and how many for their
    document was not found. Candidates all, never summed."""
    rows = reference.public_cases(layout).filter(pl.col("year").is_null() | (pl.col("year") <= year))
    known = rows.filter(pl.col("row_type") != "unverified")
    wanted = {quota.title: n for n, quota in enumerate(plan.case_quotas)}
    listed = known.filter(pl.col("plan_category").is_in(list(wanted)))
    listed = listed.sort(pl.col("plan_category").replace_strict(wanted, return_dtype=pl.Int64), "row_id")
    return listed, known.height - listed.height, rows.height - known.height


def as_published(listed: pl.DataFrame, table: str) -> Table | None:
    """Published cases in their own words, with their sources."""

    def told(words: Words) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "case": row["case_name"], "organisation": row["organisation"] or wording.MISSING,
                "category": row["plan_category"], "effect": row["published_effect"] or words("not_published"),
                "basis": row["effect_basis"] or wording.MISSING,
                "source": words.say((row["source_title"], term("grade_and_row", grade=row["grade"], row=row["row_id"]))),
            }
            for row in listed.iter_rows(named=True)
        )  # fmt: skip

    heads = _columns(
        "organisation", "basis", case="case_published", category="case_category", effect="effect_as_published",
        source="source_grade_row",
    )  # fmt: skip
    return Table(table, "", told, widths=[13, 9, 9, 17, 8, 16], columns=heads) if listed.height else None
