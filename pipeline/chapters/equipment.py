"""What the chapters tell of equipment in service and of businesses: energy of a unit, ages, and who uses what.

The two tables are optional, and the public reads neither (`publication.shown`): it is told that they were filed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from pipeline import findings, wording
from pipeline.chapters import paths
from pipeline.chapters.chapter import Chapter
from pipeline.chapters.shapes import FILED
from pipeline.charts import theme
from pipeline.findings import Quantity
from pipeline.indicators.inputs import EQUIPMENT
from pipeline.indicators.model import members
from pipeline.indicators.view import View
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Table
from pipeline.wording import Withheld

QUANTITY, ELECTRICITY, CO2 = "equipment.quantity", "equipment.electricity", "equipment.co2"
YEARS, OLD, RETIRED, PER_UNIT = "equipment.years", "equipment.old_share", "equipment.retired", "equipment.per_unit"
ENERGY, OF_BUSINESS, WHOLE = "business.energy", "business.electricity", "energy.total"
PER_TRAFFIC, CO2_PER_TRAFFIC = "business.mobile_per_traffic", "business.mobile_co2_per_traffic"
AGES = ((0, 2), (3, 5), (6, 8), (9, 11), (12, None))  # years in service, both ends included
NAMED = 0.06  # the part of a column that has room for its name
REST = "rest"
HEIGHT = 260
_Rows = list[dict[str, Any]]


def withheld(chapter: Chapter, table: str) -> Withheld | None:
    """What a public report tells of an optional table that was filed; None elsewhere."""
    if not chapter.is_public or not chapter.has_filings:
        return None
    counts = chapter.quality("counts").filter(pl.col("table") == table, pl.col("accepted") > 0)
    return wording.WITHHELD if counts.height else None


# --- equipment ---------------------------------------------------------------------------------------------


def _by_type(view: View, id: str, dimension: str = "equipment_type") -> pl.DataFrame:
    """member, name, value, numerator, denominator of the report's year; empty also where nobody filed the table of it."""
    if id not in view.catalogue.indicators:
        return view.by_member(WHOLE, "carrier").clear()
    return view.by_member(id, dimension).filter(pl.col("year") == view.year)


def told(view: View, types: Sequence[str]) -> dict[str, Any] | None:
    """What is said of these types of equipment together (None where there is nothing of it), and by how much those of a later
    year use less; None where none was filed."""
    rows = {
        id: _by_type(view, id).filter(pl.col("member").is_in(types)) for id in (ELECTRICITY, CO2, YEARS, OLD, RETIRED)
    }
    if rows[ELECTRICITY].is_empty():
        return None

    def of_all(id: str) -> Quantity | None:
        found = rows[id]
        if found.is_empty():
            return None
        above, below, plain = (float(found[name].sum()) for name in ("numerator", "denominator", "value"))
        value = above / below if view.catalogue[id].is_quotient else plain
        return Quantity(view.measure(id), value) if value or id in (ELECTRICITY, YEARS) else None

    names = rows[ELECTRICITY].sort("value", descending=True)["name"].to_list()
    said = {"electricity": ELECTRICITY, "co2": CO2, "years": YEARS, "old": OLD, "retired": RETIRED}
    return {"names": names, "falls": falls(view, types)} | {name: of_all(id) for name, id in said.items()}


def vintages(view: View) -> dict[str, dict[int, float]]:
    """Type -> year of entry -> kWh a year of a unit."""
    code = {name: code for code, name in EQUIPMENT.items()}
    found: dict[str, dict[int, float]] = {}
    for row in _by_type(view, PER_UNIT, "vintage").sort("member").iter_rows(named=True):
        name, _, year = row["member"].rpartition(" ")
        found.setdefault(code[name], {})[int(year)] = row["value"]
    return found


def falls(view: View, types: Sequence[str]) -> _Rows:
    """Of each type of two years of entry or more: what a unit of the first and of the last one uses, and by how much less (or
    more) a unit uses on average that entered a year later."""
    each, found = vintages(view), []
    for code in types:
        of = each.get(code, {})
        if len(of) < 2:
            continue
        first, last = min(of), max(of)
        before, after = (Quantity(view.measure(PER_UNIT), of[year]) for year in (first, last))
        fall = 1 - (of[last] / of[first]) ** (1 / (last - first)) if of[first] > 0 else 0.0
        told = {"first": first, "last": last, "before": before, "after": after}
        found.append({"name": EQUIPMENT[code], "yearly": abs(fall), "less": fall >= 0} | told)
    return found


def curve(view: View, types: Sequence[str], figure: str) -> Figure | None:
    """The energy of a unit by year of entry, a line for each type."""
    each = vintages(view)
    lines = {
        EQUIPMENT[code]: pl.DataFrame({"year": list(each[code]), "value": list(each[code].values())})
        for code in types
        if code in each
    }
    if not lines:
        return None
    what = term("per_unit_by_vintage", own=view.region.short_zh, year=view.year)
    return paths.lines(lines, view.measure(PER_UNIT), figure, what=what, method=view.method(PER_UNIT))


def ages(view: View) -> pl.DataFrame:
    """type, least (years, the lower end of a class of AGES), n, share (of the type's units), in the order of the types and
    classes; of every type every class."""
    rows = _by_type(view, QUANTITY, "vintage").select(
        type=pl.col("member").str.replace(r" \d+$", ""),
        age=(view.year - pl.col("member").str.extract(r" (\d+)$").cast(pl.Int64)).clip(lower_bound=0),
        n="value",
    )
    lowest = pl.Series([least for least, _ in AGES], dtype=pl.Int64)
    classed = rows.with_columns(least=sum((pl.col("age") >= one).cast(pl.Int64) for one in lowest) - 1)
    classed = classed.with_columns(least=pl.lit(lowest).gather(pl.col("least")))
    names = [name for name in EQUIPMENT.values() if name in set(rows["type"])]
    every = pl.DataFrame({"type": names}, schema={"type": pl.String}).join(pl.DataFrame({"least": lowest}), how="cross")
    summed = classed.group_by("type", "least").agg(pl.col("n").sum())
    both = every.join(summed, on=["type", "least"], how="left", maintain_order="left").with_columns(
        pl.col("n").fill_null(0.0)
    )
    whole = pl.col("n").sum().over("type")
    return both.with_columns(share=pl.when(whole > 0).then(pl.col("n") / whole))


def _age(words: Words, least: int) -> str:
    most = dict(AGES)[least]
    return words("years_from", least=least) if most is None else words("years_between", least=least, most=most)


def heat(view: View, figure: str) -> Figure | None:
    """How the units of each type divide among classes of age."""
    found = ages(view)
    if found.is_empty():
        return None

    def rows(words: Words) -> pl.DataFrame:
        spelt = [_age(words, least) for least in found["least"]]
        return found.select("type", age=pl.Series(spelt), n="n", share=100 * pl.col("share"))

    heads = {"type": Column(term("equipment_type")), "age": Column(term("years_in_service"))}
    heads |= {"n": Column(term("units_in_service")), "share": Column(term("share_percent"))}

    def draw(words: Words) -> alt.TopLevelMixin:
        short = {least: f"≥{least}" if most is None else f"{least}–{most}" for least, most in AGES}  # room for a phone
        data = rows(words).with_columns(
            column=found["least"].replace_strict(short, return_dtype=pl.String),
            printed=pl.Series([wording.number(one, 0) for one in found["share"] * 100]),
        )
        x = alt.X("column:N", sort=list(short.values()), title=words("years_in_service"), axis=alt.Axis(orient="top", labelAngle=0, ticks=False))  # fmt: skip
        y = alt.Y("type:N", sort=found["type"].unique(maintain_order=True).to_list(), title=None, axis=alt.Axis(ticks=False))  # fmt: skip
        tips = [alt.Tooltip(f"{name}:{'N' if name in ('type', 'age') else 'Q'}", title=heads[name].told(words)) for name in ("type", "age", "n", "share")]  # fmt: skip
        base = alt.Chart(data).encode(x=x, y=y, tooltip=tips)
        tint = alt.Color("share:Q", scale=alt.Scale(domain=[0, 100], range=[theme.SEQUENTIAL[0], theme.PRIMARY]), legend=None)  # fmt: skip
        ink = alt.condition("datum.share > 50", alt.value("white"), alt.value(theme.INK))
        squares = base.mark_rect(cornerRadius=2).encode(color=tint)
        return alt.layer(squares, base.mark_text().encode(text="printed:N", color=ink)).properties(
            height=20 * found["type"].n_unique() + 20
        )

    return Figure(figure, "", draw, rows, "", FILED, decimals={"n": 0, "share": 1}, columns=heads)


def oldest(view: View) -> dict[str, Any] | None:
    """name and share of the type with the largest share of units of more than eight years."""
    rows = _by_type(view, OLD).filter(pl.col("value") > 0).sort("value", descending=True)
    return rows.select("name", share="value").row(0, named=True) if rows.height else None


_COLUMNS = {
    "units_in_service": (QUANTITY, 1.0, 0),
    "equipment_100gwh": (ELECTRICITY, 1e-8, 3),
    "co2_t": (CO2, 1.0, 0),
    "kwh_per_unit": (PER_UNIT, 1.0, 0),
    "mean_years": (YEARS, 1.0, 1),
    "older_than_8_percent": (OLD, 100.0, 1),
    "retired_units": (RETIRED, 1.0, 0),
}


def listed(view: View, figure: str, dimension: str = "equipment_type", types: Sequence[str] = ()) -> Table | None:
    """A row a type or vendor, a column an indicator; types: which of them, all without any."""
    every = {name: _by_type(view, id, dimension) for name, (id, *_) in _COLUMNS.items()}
    there = every["equipment_100gwh"].sort("value", descending=True).select("member", "name")
    there = there.filter(pl.col("member").is_in(types)) if types else there
    if there.is_empty():
        return None
    for name, (_, factor, _) in _COLUMNS.items():
        column = every[name].select("member", pl.col("value").mul(factor).alias(name))
        there = there.join(column, on="member", how="left", maintain_order="left")
    data = there.drop("member")
    head = term("equipment_type" if dimension == "equipment_type" else "vendor")
    columns = {"name": Column(head)} | {name: Column(term(name)) for name in _COLUMNS}
    decimals = {name: places for name, (*_, places) in _COLUMNS.items()}
    return Table(figure, "", data, FILED, decimals=decimals, columns=columns, widths=[12, 8, 9, 8, 8, 7, 8, 8])


# --- businesses --------------------------------------------------------------------------------------------


def businesses(view: View) -> dict[str, Any] | None:
    """What is said of the businesses; None where nobody filed any energy of them."""
    rows = _by_type(view, ENERGY, "business")
    if not rows["value"].sum():
        return None
    total, whole, measured = float(rows["value"].sum()), view.value(WHOLE), view.measure(ENERGY)
    how = {row["member"]: row["value"] for row in _by_type(view, OF_BUSINESS, "allocation").iter_rows(named=True)}
    return {
        "total": Quantity(measured, total),
        "share": total / whole if whole else None,
        "largest": findings.largest(measured, dict(rows.select("name", "value").iter_rows())),
        "metered": how.get("metered", 0.0) / sum(how.values()) if sum(how.values()) else None,
        "per_traffic": _quantity(view, PER_TRAFFIC),
        "co2_per_traffic": _quantity(view, CO2_PER_TRAFFIC),
    }


def _quantity(view: View, id: str) -> Quantity | None:
    value = view.value(id)
    return None if value is None else Quantity(view.measure(id), value)


def flows(view: View) -> pl.DataFrame:
    """column (carriers, facilities, businesses), name, value (tce), share of the column: all energy of the report's year, told
    apart in three ways; what was not told apart by business is the rest."""
    parts = {
        "carriers": _by_type(view, WHOLE, "carrier"),
        "facilities": _by_type(view, WHOLE, "facility_type"),
        "businesses": _by_type(view, ENERGY, "business"),
    }
    whole = max((float(of["value"].sum()) for name, of in parts.items() if name != "businesses"), default=0.0)
    frames = []
    for column, of in parts.items():
        rows = of.filter(pl.col("value") > 0).sort("value", descending=True).select("name", "value")
        rest = whole - float(rows["value"].sum())
        if column == "businesses" and rest > 0.0005 * whole:
            rows = pl.concat([rows, pl.DataFrame({"name": [REST], "value": [rest]})])
        frames.append(rows.select(pl.lit(column).alias("column"), "name", "value", share=pl.col("value") / whole))
    return pl.concat(frames)


def columns(view: View, figure: str) -> Figure | None:
    """Three columns of the same energy: by carrier, by facility, by business."""
    found = flows(view)
    if (
        found.filter(pl.col("name") != REST, column="businesses").is_empty()
        or found.filter(column="facilities").is_empty()
    ):
        return None
    measured = view.measure(WHOLE)
    shades = [theme.PRIMARY, theme.BLUE, theme.OCHRE, theme.PURPLE, theme.STEEL, theme.MUTED]

    def rows(words: Words) -> pl.DataFrame:
        spelt = {"carriers": words("carrier"), "facilities": words("facility"), "businesses": words("business")}
        names = [words("not_by_business") if name == REST else name for name in found["name"]]
        return found.with_columns(
            pl.col("column").replace(spelt), name=pl.Series(names, dtype=pl.String), value=pl.col("value") / 1e4, share=100 * pl.col("share")
        )  # fmt: skip

    heads = {"column": Column(term("told_apart_by")), "name": Column(term("name"))}
    heads |= {"value": Column(term("energy_10k_tce")), "share": Column(term("share_percent"))}

    def draw(words: Words) -> alt.TopLevelMixin:
        place = pl.int_range(pl.len()).over("column")
        tints = [theme.NO_DATA if name == REST else shades[min(at, len(shades) - 1)] for name, at in found.select("name", place.alias("at")).iter_rows()]  # fmt: skip
        data = rows(words).with_columns(place=place, tint=pl.Series(tints))
        data = data.with_columns(
            top=pl.col("share").cum_sum().over("column"), ink=pl.when(tint=theme.NO_DATA).then(pl.lit(theme.INK)).otherwise(pl.lit("white"))
        ).with_columns(bottom=pl.col("top") - pl.col("share"))  # fmt: skip
        x = alt.X("column:N", sort=data["column"].unique(maintain_order=True).to_list(), title=None, axis=alt.Axis(labelAngle=0, ticks=False), scale=alt.Scale(paddingInner=0.08, paddingOuter=0.04))  # fmt: skip
        reach = max(100.0, *data["top"])  # businesses may add up to more than all energy, of which `check` warns
        y = alt.Y("bottom:Q", title="%", scale=alt.Scale(domain=[0, reach]), axis=alt.Axis(tickCount=5, grid=False))
        tips = [alt.Tooltip("name:N", title=words("name"))]
        shown, unit = words.axis(measured, found["value"].to_list())
        data = data.with_columns(value=pl.Series(shown))
        for name, title in (("value", words.with_unit(words.say(measured), unit)), ("share", words("share_percent"))):
            places = words.places(measured, found["value"].to_list()) if name == "value" else 1
            tips.append(alt.Tooltip(f"{name}:Q", title=title, format=f",.{places}f"))
        base = alt.Chart(data).encode(x=x, tooltip=tips)
        bars = base.mark_bar(stroke="white").encode(y=y, y2="top:Q", color=alt.Color("tint:N", scale=None))
        named = data.filter(pl.col("share") >= 100 * NAMED).with_columns(middle=(pl.col("top") + pl.col("bottom")) / 2)
        printed = pl.concat_str(
            "name", pl.lit(" "), pl.Series([wording.number(one, 0) for one in named["share"]]), pl.lit("%")
        )
        text = alt.Chart(named.with_columns(printed=printed)).mark_text(
            fontSize=11, limit=alt.ExprRef("width / 3 - 24")
        )
        said = text.encode(x=x, y=alt.Y("middle:Q"), text="printed:N", color=alt.Color("ink:N", scale=None))
        return alt.layer(bars, said).properties(height=HEIGHT)

    return Figure(figure, "", draw, rows, "", FILED, decimals={"value": 2, "share": 1}, columns=heads)


def allocations(filed: pl.DataFrame, view: View) -> dict[str, list[str]]:
    """Business -> how its electricity was told apart, the most first. filed: accepted rows."""
    rows = filed.filter(~pl.col("is_control"), pl.col("year") == view.year, pl.col("carrier") == "electricity")
    if not view.region.is_nation:
        rows = rows.filter(pl.col("province_code") == view.region.code)
    summed = rows.cast({pl.Enum: pl.String}).group_by("business", "allocation").agg(pl.col("quantity").sum())
    summed = summed.sort("quantity", "allocation", descending=[True, False])
    ways, found = members("allocation", "business"), dict[str, list[str]]()
    for business, way, _ in summed.iter_rows():
        found.setdefault(business, []).append(ways[way])
    return found


def by_business(view: View, how: dict[str, list[str]], table: str) -> Table | None:
    """A row a business: energy, electricity, emissions, its share, and how it was told apart."""
    rows = _by_type(view, ENERGY, "business").sort("value", descending=True)
    if not rows["value"].sum():
        return None
    power, co2 = (
        dict(_by_type(view, id, "business").select("member", "value").iter_rows())
        for id in (OF_BUSINESS, "business.co2")
    )
    whole = float(rows["value"].sum())

    def data(words: Words) -> pl.DataFrame:
        return rows.select(
            business="name",
            energy_10k_tce=pl.col("value") / 1e4,
            share_percent=100 * pl.col("value") / whole,
            electricity_100gwh=pl.Series(
                [power.get(code) and power[code] / 1e8 for code in rows["member"]], dtype=pl.Float64
            ),
            co2_10k_t=pl.Series([co2.get(code) and co2[code] / 1e4 for code in rows["member"]], dtype=pl.Float64),
            allocation=pl.Series([words.names(how.get(code, [])) for code in rows["member"]], dtype=pl.String),
        )

    names = ("business", "energy_10k_tce", "share_percent", "electricity_100gwh", "co2_10k_t", "allocation")
    decimals = {"energy_10k_tce": 2, "share_percent": 1, "electricity_100gwh": 2, "co2_10k_t": 2}
    heads = {name: Column(term(name)) for name in names}
    return Table(table, "", data, FILED, decimals=decimals, columns=heads, widths=[10, 10, 8, 10, 10, 16])
