"""What is wrong with what was filed: when each rule of rules.yml holds.

Three sorts. Cells are text that becomes no value (`normalise` finds them). Rows (`_row_rules`) are polars expressions
over canonical rows. The others look across rows and tables. An error rejects its row, a warning keeps it. `check`
runs errors first, then the entities that rows name (an entity whose own row was rejected is unknown), then the
warnings on the rows that are left.

A sentence says what was found and what would be right: `能源消耗.xlsx「2025」第 17 行「消耗量」：…；应为…`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from operator import xor
from typing import Literal, NamedTuple

import polars as pl

from pipeline.filings.case_factors import basis, carriers
from pipeline.filings.contracts import BY_NAME, FIRST_YEAR, METRICS, SOURCE, Column, Table, declared
from pipeline.given import reference
from pipeline.given.reference import Plan
from pipeline.given.regions import all_regions
from pipeline.layout import Layout

Severity = Literal["error", "warning"]
Frames = Mapping[str, pl.DataFrame]  # canonical tables by name, with _row

Filed = Callable[[str, pl.Series, str], pl.Series]  # table, rows (_row), column -> texts as filed with unit, or null

FINDING = {
    "file": pl.String(),
    "sheet": pl.String(),
    "row": pl.Int64(),
    "table": pl.String(),
    "column": pl.String(),
    "rule": pl.String(),
    "severity": pl.String(),
    "message": pl.String(),
    "found": pl.String(),
}

PUE_USUAL, PUE_HIGH = (1.02, 3.0), 5.0
CHANGE = 3.0  # times the previous year, up or down
SLIPS = (1e3, 1e4)  # the powers of ten between units; "about" is within a factor of 2
STATION_KWH = (2_000.0, 60_000.0)  # electricity of one station in a year
TOLERANCE = 0.05  # within which sums agree
CUMULATIVE = 5  # times the first month, at the least, is the last one of sums since January
GROWTH_POINTS = 1.0
HUGE = 1e15  # of any unit: more than all the world has, and sums stay exact
TOLD = 20_000  # findings of one rule on one column of a file that have a sentence; of the others it is known where they are


@dataclass(frozen=True)
class Rule:
    """`title` is the rule in a few words, `says` its sentence with places in braces."""

    id: str
    severity: Severity
    title: str
    says: str


CELL_RULES, INTAKE_RULES, CHECK_RULES = (
    {id: Rule(id, *told) for id, told in rules.items()} for rules in declared("rules.yml").values()
)
RULES: dict[str, Rule] = CELL_RULES | INTAKE_RULES | CHECK_RULES


# --- findings ----------------------------------------------------------------------------------------------


def number(value: pl.Expr | str, decimals: int = 6) -> pl.Expr:
    """A number as text, without a trailing `.0`."""
    exact = (pl.col(value) if isinstance(value, str) else value).cast(pl.Float64)
    return exact.round(decimals).cast(pl.String).str.strip_suffix(".0")


def place(file: str = "source_file", sheet: str = "source_sheet", row: str = "source_row") -> pl.Expr:
    """`能源消耗.xlsx「2025」第 17 行`; what is null is left out."""
    no_sheet = pl.col(sheet).fill_null("") == ""
    of_sheet = pl.when(no_sheet).then(pl.lit(" ")).otherwise(pl.format("「{}」", sheet))
    return pl.concat_str(file, of_sheet, pl.format("第 {} 行", row).fill_null("")).str.strip_chars_end()


def message(place: pl.Expr, table_zh: pl.Expr, column_zh: pl.Expr, says: pl.Expr) -> pl.Expr:
    """The whole sentence; `place` is null where a table as a whole is meant."""
    at = pl.coalesce(place, pl.format("「{}」", table_zh))
    whole = pl.concat_str(at, pl.format("「{}」", column_zh).fill_null(""), pl.lit("："), says)
    return whole.str.replace_all(r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]", "\ufffd")


def _finding(
    rows: pl.DataFrame,
    table: Table,
    column: Column | None,
    rule: str,
    found: pl.Expr,
    says: pl.Expr,
    more: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """One finding (FINDING, and `_row` where the rows have it) for each of `rows`, which have SOURCE. Of the first TOLD in
    a file `says` is what was found and what would be right; `more` adds to these rows what it needs."""
    types = FINDING | ({"_row": pl.UInt32()} if "_row" in rows.columns else {})
    of = {"table": table.name, "column": column and column.name, "rule": rule, "severity": RULES[rule].severity}
    known = dict(zip(("file", "sheet", "row", "_row"), map(pl.col, (*SOURCE, "_row")), strict=True))
    known |= {name: pl.lit(text, pl.String) for name, text in of.items()}

    def made(some: pl.DataFrame, message: pl.Expr, found: pl.Expr) -> pl.DataFrame:
        told = known | {"message": message, "found": found}
        whole = some.rechunk()  # polars 2.1 panics when it formats a column whose first chunk is empty
        return whole.select(told[name].cast(dtype).alias(name) for name, dtype in types.items())

    whole = message(place(), pl.lit(table.zh), pl.lit(column and column.zh, pl.String), says)
    first, nothing = pl.int_range(pl.len()).over("source_file") < TOLD, pl.lit(None)
    few = rows if rows.height <= TOLD else rows.filter(first)
    told = made(more(few) if more else few, whole, found)
    if few.height == rows.height:
        return told
    return pl.concat([told, made(rows.filter(~first), nothing, nothing)])


def finding(
    rows: pl.DataFrame, table: Table, column: Column | None, rule: str, found: pl.Expr, *args: pl.Expr
) -> pl.DataFrame:
    """One finding (FINDING) for each of `rows`, by a rule of cells or of the intake; `args` fill the places of its sentence."""
    short = [pl.when(one.str.len_chars() > 100).then(one.str.slice(0, 100) + "…").otherwise(one) for one in args[:1]]
    says = RULES[rule].says
    return _finding(rows, table, column, rule, found, pl.format(says, *short, *args[1:]) if args else pl.lit(says))


@dataclass(frozen=True)
class Context:
    """report_year; province code -> name; published growth (year, growth_pct) or None; filed: see `check`; plans: year of
    a row -> the plan of it, where there is one; source: SOURCE of each row by its _row; by_key: `_by_key` of the tables."""

    report_year: int
    provinces: Mapping[str, str]
    published_growth: pl.DataFrame | None
    filed: Filed | None
    plans: Mapping[int, Plan]
    source: Frames
    by_key: Frames = field(default_factory=dict)

    @property
    def province(self) -> pl.Expr:
        return pl.col("province_code").replace(dict(self.provinces))

    def found(
        self, rule: str, rows: pl.DataFrame, table: str, column: str,
        found: pl.Expr | None = None, **words: pl.Expr | str,
    ) -> pl.DataFrame:  # fmt: skip
        """A finding for each of the rows. A place of the rule's sentence is one of `words`, a value as filed (`filed x`,
        `then x`), a column of the rows, or the province."""
        if rows.is_empty():
            return pl.DataFrame(schema=FINDING | {"_row": pl.UInt32()})
        rows = rows.with_columns(pl.col("_row").cast(pl.UInt32))
        if "source_file" not in rows.columns:
            at = pl.lit(rows["_row"])
            rows = rows.hstack(self.source[table].select(pl.col(name).gather(at) for name in SOURCE))
        of, places = BY_NAME[table].column(column), re.findall("{([^{}]+)}", RULES[rule].says)
        told = [words[one] if one in words else self.province if one == "province" else pl.col(one) for one in places]
        exprs = [pl.lit(one) if isinstance(one, str) else one for one in told]
        filed = {root for one in exprs for root in one.meta.root_names() if root.startswith(("filed ", "then "))}

        def with_filed(some: pl.DataFrame) -> pl.DataFrame:
            return some.with_columns(self._as_filed(table, some, *name.split(" ")).alias(name) for name in filed)

        says = re.sub("{[^{}]+}", "{}", RULES[rule].says)
        sentence = pl.format(says, *exprs) if exprs else pl.lit(says)
        what = pl.col(column).cast(pl.String) if found is None else found
        return _finding(rows, BY_NAME[table], of, rule, what, sentence, with_filed)

    def _as_filed(self, table: str, rows: pl.DataFrame, when: str, column: str) -> pl.Series:
        """The values of a column as they were filed, with the unit they were filed in, now or the year before (`-30 t`)."""
        value, row = (column, "_row") if when == "filed" else (f"_{column}", "_row_then")
        unit = unit_of(BY_NAME[table].column(column))
        meant = rows.rechunk().select(pl.concat_str(number(value), unit)).to_series()
        if self.filed is None:
            return meant
        texts = self.filed(table, rows[row], column)
        return texts.zip_with(texts.is_not_null(), meant)


def unit_of(column: Column) -> pl.Expr:
    """What stands behind a value in the canonical unit: a blank and the unit, or nothing."""
    if column.by:
        return pl.concat_str(pl.lit(" "), pl.col("unit"))
    return pl.lit(f" {column.unit}" if column.unit else "")


Finder = Callable[[Frames, Context], Iterator[pl.DataFrame]]


# --- rows --------------------------------------------------------------------------------------------------


class Bad(NamedTuple):
    """When a row is bad by a rule, the column that is blamed, and what its sentence says."""

    rule: str
    table: str
    column: str
    when: pl.Expr
    words: Mapping[str, pl.Expr | str] = {}
    found: pl.Expr | None = None


# Of decimals, correctly rounded: 102 / 100 is 1.02. A comparison with NaN would be true in polars.
_pue = (pl.col("total_kwh") / pl.col("it_kwh")).fill_nan(None)
_months = pl.when(pl.col("month") == 0).then(1).otherwise(12)
_per_station = (pl.col("energy_kwh") / pl.col("stations")).fill_nan(None) * _months
_units = pl.col("quantity") + pl.col("retired").fill_null(0)  # in service at any time of the year
_full_load = _units * pl.col("rated_kw") * 8784
_is_volume, _base = pl.col("metric") == "telecom_business_volume", pl.col("price_base_year")


def _above(rule: str, table: str, part: str, whole: str) -> Bad:
    words: dict[str, pl.Expr | str] = {name: number(name) for name in (part, whole)}
    return Bad(rule, table, part, pl.col(part) > pl.col(whole), words)


_ROW_RULES = (
    *(Bad(rule, table, "total_kwh", when, {"pue": number(_pue, 4), "high": f"{PUE_HIGH:g}",
                                           "usual": f"{PUE_USUAL[0]:g} 至 {PUE_USUAL[1]:g}"})
      for table in ("data_centres", "rooms")
      for rule, when in (("pue.below_1", pl.col("total_kwh") < pl.col("it_kwh")), ("pue.above_5", _pue.round(9) > PUE_HIGH),
                         ("pue.unusual", (_pue < PUE_USUAL[0]) | (_pue > PUE_USUAL[1])))),
    _above("data_centres.green_above_total", "data_centres", "green_kwh", "total_kwh"),
    _above("data_centres.reused_above_total", "data_centres", "reused_kwh", "total_kwh"),
    Bad("data_centres.cooling_above", "data_centres", "cooling_kwh",
        pl.col("cooling_kwh").round(6) > (pl.col("total_kwh") - pl.col("it_kwh")).round(6), found=number("cooling_kwh")),
    Bad("data_centres.cooling_zero", "data_centres", "cooling_kwh", (pl.col("cooling_kwh") == 0) & (pl.col("it_kwh") > 0)),
    _above("data_centres.racks_in_use_above", "data_centres", "racks_in_use", "standard_racks"),
    _above("data_centres.liquid_cooled_racks_above", "data_centres", "liquid_cooled_racks", "standard_racks"),
    _above("base_stations.monitored_stations_above", "base_stations", "monitored_stations", "stations"),
    _above("base_stations.equipment_kwh_above", "base_stations", "equipment_kwh", "energy_kwh"),
    _above("sites.after_year", "sites", "built_year", "year"),
    _above("data_centres.after_year", "data_centres", "commissioned_year", "year"),
    _above("rooms.retrofit_after_year", "rooms", "retrofit_year", "year"),
    _above("equipment.after_year", "equipment", "commissioned_year", "year"),
    Bad("equipment.above_rated", "equipment", "energy_kwh", pl.col("energy_kwh") > _full_load * (1 + 1e-9),
        {"full": number(_full_load, 1)}),
    Bad("equipment.none", "equipment", "quantity", (_units == 0) & (pl.col("energy_kwh") > 0)),
    Bad("action_metrics.share_below_1", "action_metrics", "value",
        (pl.col("unit") == "%") & pl.col("value").is_between(0, 1, closed="none")),
    Bad("sites.shared_alone", "sites", "sharing_kind", (pl.col("sharing_kind") == "co_build") & (pl.col("tenants") == 1)),
    Bad("activity.price_base_missing", "activity", "price_base_year", _is_volume & (_base == 0),
        {"last_year": number(pl.col("year") - 1)}),
    Bad("activity.price_base_idle", "activity", "price_base_year", ~_is_volume & (_base != 0)),
    Bad("base_stations.energy_per_station", "base_stations", "energy_kwh",
        (_per_station < STATION_KWH[0]) | (_per_station > STATION_KWH[1]),
        {"mwh": number(_per_station / 1000, 3), "stations": number("stations"),
         "usual": f"{STATION_KWH[0] / 1000:g} 至 {STATION_KWH[1] / 1000:g}"}),
    Bad("standards.no_date", "standards", "published_year",
        (pl.col("status") == "published") & pl.col("published_year").is_null()),
)  # fmt: skip


def _of_columns(table: Table, report_year: int) -> Iterator[Bad]:
    """Values outside the limits of their columns, and more than there can be."""
    for column in table.columns:
        name, low, high, value = column.canonical[0], column.low, column.high, pl.col(column.canonical[0])
        as_filed = pl.col(f"filed {name}") if name == column.name else number(value)

        def out(when: pl.Expr, right: str, rule: str = "value.range", found: pl.Expr | None = None) -> Bad:
            return Bad(rule, table.name, name, when, {"value": as_filed, "right": right}, found)  # noqa: B023

        if column.kind != "month" and name != "year":  # normalise; year.bounds
            right = f"超出范围；应为 {column.expected}"
            none = value != 0 if column.default == 0 else pl.lit(True)
            if low is not None:
                yield out((value < low) & none, right, "value.negative" if low == 0 else "value.range", number(value))
            if high is not None:
                yield out((value > high) & none, right, found=number(value))
        if column.kind in ("number", "quantity", "integer") and high is None:
            yield out(value > HUGE, "大得不可能；应不超过 10^15，请核对数值和单位")
        if column.by:
            yield out((pl.col("unit") == "%") & (value > 100), "超过 100%；应为 0 至 100 的百分数，如 85% 填 85")
    if table.has("year"):
        beyond, latest = ~pl.col("year").is_between(FIRST_YEAR, report_year), str(report_year)
        yield Bad("year.bounds", table.name, "year", beyond, {"first": str(FIRST_YEAR), "latest": latest})


def _of_plan(table: Table, year: int, plan: Plan) -> Iterator[Bad]:
    """Actions that the plan of the row's year has not, and metrics that belong to another action in it."""
    if not table.has("action_no"):
        return
    of_year, given = pl.col("year") == year, pl.col("action_no").cast(pl.String)
    known = [*(str(one.no) for one in plan.actions), *(one.id for one in plan.safeguards)]
    words: dict[str, pl.Expr | str] = {"of_year": str(year), "plan": plan.id, "known": "、".join(known)}
    yield Bad("action.unknown", table.name, "action_no", of_year & ~given.is_in(known), words)
    if table.has("metric"):
        of = {code: no for code in METRICS if (no := plan.action_of(code))}
        belongs = pl.col("metric").cast(pl.String).replace_strict(of, default=None, return_dtype=pl.String)
        rule = "action_metrics.metric_of_other_action"
        yield Bad(rule, table.name, "metric", of_year & (given != belongs), {"belongs": belongs})


def _row_rules(severity: Severity) -> Finder:
    """The rules of one row, all of a table in one pass: most find nothing."""

    def find(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
        for name, frame in frames.items():
            of_plans = (one for year, plan in context.plans.items() for one in _of_plan(BY_NAME[name], year, plan))
            every = (*_ROW_RULES, *_of_columns(BY_NAME[name], context.report_year), *of_plans)
            rules = [one for one in every if one.table == name and RULES[one.rule].severity == severity]
            holds = frame.select(one.when.any().alias(str(at)) for at, one in enumerate(rules)).row(0) if rules else ()
            for one, is_bad in zip(rules, holds, strict=True):
                if is_bad:
                    yield context.found(one.rule, frame.filter(one.when), name, one.column, one.found, **one.words)

    return find


# --- keys --------------------------------------------------------------------------------------------------

# Rules on keys look at hashes first, and at the rows themselves only where these may violate a rule. A row whose hash is
# that of another key may be overlooked: once in ten thousand files of millions of rows.


def _hash(parts: Sequence[str]) -> pl.Expr:
    return reduce(xor, (pl.col(part).hash(seed) for seed, part in enumerate(parts)))


def _by_key(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """`key` (a hash of the key but for the year, its last 6 bits the year) in ascending order, with _row and the values
    that are compared with those of the year before: rows of one key are neighbours, and so are those of two years."""
    year = (
        pl.col("year").cast(pl.UInt64, strict=False).fill_null(0) % 64 if "year" in table.key else pl.lit(0, pl.UInt64)
    )
    key = _hash([part for part in table.key if part != "year"]) // 64 * 64 + year
    return frame.select("_row", *table.yearly, key=key).sort("key")


def _without_month(table: Table) -> list[str]:
    return [part for part in table.key if part != "month"]


def _rows_of(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    return frame.filter(pl.col("_row").is_in(rows.implode())) if rows.len() else frame.clear()


def _provinces_only(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(~pl.col("is_control")) if "is_control" in frame.columns and frame["is_control"].any() else frame


def _duplicates(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """Rows with one key: identical ones but the first, or all of them where they differ."""
    for name, frame in frames.items():
        table, keys = BY_NAME[name], context.by_key[name]
        again = pl.col("key").eq(pl.col("key").shift())
        twice = _rows_of(frame, keys.filter(again | again.shift(-1))["_row"])
        twice = twice.filter(pl.struct(table.key).is_duplicated())
        if twice.is_empty():
            continue
        differ = pl.struct(*table.dtypes).n_unique().over(table.key) > 1
        twice = twice.with_columns(_at=place(), _differ=differ)
        of_key = twice.group_by(table.key).agg(
            first=pl.col("_at").first(), _first_row=pl.col("_row").min(), all=pl.col("_at").head(5).str.join("、")
        )
        twice = twice.join(of_key, on=table.key, maintain_order="left")
        same = twice.filter(~pl.col("_differ") & (pl.col("_row") > pl.col("_first_row")))
        key = "、".join(dict.fromkeys(table.column(part).zh for part in table.key))
        what = pl.concat_str([pl.col(part).cast(pl.String) for part in table.key], separator=" ")
        yield context.found("key.identical", same, name, table.key[0], what)
        yield context.found("key.conflict", twice.filter("_differ"), name, table.key[0], what, key=key)


def _month_mix(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    for name, frame in frames.items():
        if "month" not in frame.columns or frame["month"].min() != 0 or frame["month"].max() == 0:
            continue
        rest, month = _without_month(BY_NAME[name]), pl.col("month")
        annual = frame.filter(month == 0).select(rest).unique()
        monthly = frame.filter(month > 0).join(annual, on=rest, how="semi")
        both = frame.join(monthly, on=rest, how="semi", maintain_order="left")
        what = pl.when(month == 0).then(pl.lit("年度数据")).otherwise(pl.format("{} 月数据", "month"))
        yield context.found("key.month_mix", both, name, "month", what=what)


def _unknown_entities(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    entities = frames.get("entities", pl.DataFrame(schema={"entity_id": pl.String()})).select("entity_id")
    bare = pl.col("entity_id").str.strip_chars_start("0")
    for name, frame in frames.items():
        if name == "entities" or "entity_id" not in frame.columns:
            continue
        unknown = frame.select(pl.col("entity_id").unique()).join(entities, on="entity_id", how="anti")
        if unknown.is_empty():
            continue
        known = entities.select(bare=bare, _like="entity_id").unique("bare")
        bad = frame.join(unknown, on="entity_id", how="semi", maintain_order="left", nulls_equal=True)
        bad = bad.with_columns(bare=bare).join(known, on="bare", how="left", maintain_order="left")
        lost = pl.format("；登记的有 {}，像是被表格软件去掉了开头的 0，把单元格格式设为文本再填", "_like").fill_null("")
        yield context.found("entity.unknown", bad, name, "entity_id", lost=lost)


def _against_last_year(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """Values against those of the same key a year before: off by about 10^3 or 10^4, or else beyond a factor of 3."""
    for name, frame in frames.items():
        table = BY_NAME[name]
        both = _changed(frame, table, context.by_key[name]) if table.yearly else frame.clear()
        for column in table.yearly if both.height else ():
            now, then = pl.col(column), pl.col(f"_{column}")
            size = pl.max_horizontal(now / then, then / now)
            is_slip = pl.any_horizontal([size.is_between(power / 2, power * 2) for power in SLIPS])
            words: dict[str, pl.Expr | str] = {
                "now": pl.col(f"filed {column}"), "then": pl.col(f"then {column}"), "times": f"{CHANGE:g}",
                "power": pl.when(size < 3200).then(pl.lit("10^3")).otherwise(pl.lit("10^4")),
                "by": pl.format("（{} 所报）", "_entity").fill_null("") if "_entity" in both.columns else "",
            }  # fmt: skip
            for rule, holds in (("change.factor_3", (size > CHANGE) & ~is_slip), ("change.unit_slip", is_slip)):
                yield context.found(rule, both.filter((then > 0) & holds), name, column, number(now), **words)


def _changed(frame: pl.DataFrame, table: Table, keys: pl.DataFrame) -> pl.DataFrame:
    """The rows that changed by more than CHANGE against the year before, with its values as `_…`."""
    last_year = pl.col("key") == pl.col("key").shift() + 1
    times = [pl.col(name) / pl.col(name).shift() for name in table.yearly]
    far = pl.any_horizontal(~one.is_between(1.01 / CHANGE, 0.99 * CHANGE) for one in times)
    now = last_year & far.fill_null(False)
    rows = _provinces_only(_rows_of(frame, keys.filter(now | now.shift(-1))["_row"]))
    before = rows.select(
        *(pl.col(part) + 1 if part == "year" else pl.col(part) for part in table.key),
        *(pl.col(name).alias(f"_{name}") for name in table.yearly),
        pl.col("_row").alias("_row_then"),
        *([pl.col("entity_id").alias("_entity")] if "entity_id" not in table.key else []),
    )
    both = rows.join(before, on=table.key, maintain_order="left")
    if "_entity" in both.columns:  # named where it is another one
        both = both.with_columns(pl.when(pl.col("_entity") != pl.col("entity_id")).then("_entity"))
    return both


def _province_missing(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """Entity and province of a year without a row in the next, of years in which the table has any rows."""
    for name, frame in frames.items():
        if not BY_NAME[name].has(*_WHERE) or BY_NAME[name].has("action_no"):
            continue
        filed = _provinces_only(frame).select(_WHERE).filter(_hash(_WHERE).is_first_distinct())
        next_year = filed.with_columns(pl.col("year") + 1).filter(pl.col("year").is_in(filed["year"].implode()))
        gone = next_year.join(filed, on=_WHERE, how="anti", maintain_order="left").with_columns(_row=None)
        yield context.found("province.missing", gone, name, "province_code", last_year=number(pl.col("year") - 1))


def _part_and_whole(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    for name, frame in frames.items():
        key = [part for part in BY_NAME[name].key if part != "sub_region"]
        if len(key) < len(BY_NAME[name].key):
            part = frame.filter(pl.col("sub_region") != "")
            whole = frame.filter(pl.col("sub_region") == "").select(key) if part.height else part
            twice = part.join(whole, on=key, how="semi")
            yield context.found("province.part_and_whole", twice, name, "province_code", pl.col("sub_region"))


def _partial_years(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """Rows of months of a year that is not whole: the indicators leave it out."""
    for name, monthly in _monthly(frames):
        rest, monthly = _without_month(BY_NAME[name]), _provinces_only(monthly)
        if monthly.height == 12 * monthly.select(_hash(rest).n_unique()).item():  # none stands there twice
            continue
        months = pl.col("month").sort()
        part = monthly.filter(pl.len().over(_hash(rest)) < 12).group_by(rest, maintain_order=True).agg(
            pl.col("_row", "month").first(),
            n=pl.len(),
            has=months.cast(pl.String).str.join("、"),
            lacks=pl.int_range(1, 13).filter(~pl.int_range(1, 13).is_in(months.implode())).cast(pl.String).str.join("、"),
        )  # fmt: skip
        yield context.found("month.partial", part, name, "month")


def _cumulative(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """Years whose twelve months only grow, the last one to a multiple of the first: sums since January."""
    for name, monthly in _monthly(frames):
        table, rest = BY_NAME[name], _without_month(BY_NAME[name])
        key, month = _hash(rest).alias("_key"), pl.col("month")
        for column in (one.name for one in table.columns if one.kind == "quantity"):
            value = pl.col(column)
            first = monthly.filter(month == 1, value > 0).select(key, first=column)
            both = monthly.filter(month == 12).select(key, last=column).join(first, on="_key")
            grown = both.filter(pl.col("last") >= CUMULATIVE * pl.col("first"))["_key"]
            if grown.is_empty():
                continue
            months = monthly.filter(_hash(rest).is_in(grown.implode())).sort("month", maintain_order=True)
            begun = {f"_{column}": value.first().over(rest), "_row_then": pl.col("_row").first().over(rest)}
            rises = (value.diff() >= 0).sum().over(rest)
            rising = months.with_columns(**begun, _n=pl.len().over(rest), _rises=rises)
            rising = rising.filter(month == 12, pl.col("_n") == 12, pl.col("_rises") == 11).sort("_row")
            words: dict[str, pl.Expr | str] = {"now": pl.col(f"filed {column}"), "then": pl.col(f"then {column}")}
            words["what"] = table.column(column).zh
            yield context.found("month.cumulative", rising, name, column, None, **words)


def _monthly(frames: Frames) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of months, of tables that have any."""
    for name, frame in frames.items():
        if "month" in frame.columns and frame["month"].max():
            yield name, frame if frame["month"].min() else frame.filter(pl.col("month") > 0)


# --- sums --------------------------------------------------------------------------------------------------

_WHERE = ("year", "entity_id", "province_code")


def _yearly(frame: pl.DataFrame, table: str, value: str, by: Sequence[str] = _WHERE) -> pl.DataFrame:
    """Sums of a year without control rows: `by`, value, _row (the first). A part of a year has the value null."""
    rows = _provinces_only(frame)
    if "month" not in frame.columns:
        return rows.group_by(by, maintain_order=True).agg(pl.col(value).sum(), pl.col("_row").min())
    whole = (pl.col("month").max() == 0) | (pl.col("month").n_unique() == 12)
    each = rows.group_by({*_without_month(BY_NAME[table]), *by}, maintain_order=True).agg(
        pl.when(whole).then(pl.col(value).sum()).alias(value), pl.col("_row").min()
    )
    total = pl.when(pl.col(value).is_not_null().all()).then(pl.col(value).sum())
    return each.group_by(by, maintain_order=True).agg(total.alias(value), pl.col("_row").min())


def _apart(one: str, other: str) -> pl.Expr:
    """Whether `one` is off by more than the tolerance, as a share of `other`."""
    return (pl.col(one) - pl.col(other)).abs() > (TOLERANCE + 1e-9) * pl.col(other)


_ROOM_FACILITIES = {"core": "core_room", "aggregation": "access_room", "access": "access_room"}
FACILITY_SUMS: dict[str, tuple[str, str, Mapping[str, str] | str]] = {
    "sum.data_centres": ("data_centres", "total_kwh", "data_centre"),
    "sum.rooms": ("rooms", "total_kwh", _ROOM_FACILITIES),
    "sum.base_stations": ("base_stations", "energy_kwh", "base_station"),
}
"""Rule -> the table and column that agree, within TOLERANCE, with the electricity of energy where it is finally used; the
facility type, or the kind of a row -> its facility type. Whoever knows one of the two knows the other nearly."""
FILED_TWICE = (
    ("base_stations", "monitored_stations", "stations_monitored"),
    ("data_centres", "liquid_cooled_racks", "liquid_cooled_racks"),
)
"""Table, its column, the metric of action_metrics that says the same."""
ENERGY_PARTED: dict[str, tuple[str, str, str, pl.Expr]] = {
    "sum.equipment": ("equipment", "energy_kwh", "facility_type", pl.col("carrier") == "electricity"),
    "sum.business": ("business", "quantity", "carrier", pl.lit(True)),
}
"""Rule -> the table and column that tell energy apart, the column by which both tables are summed, and the rows of energy. The
public reads neither table: what nearly agrees with energy would tell what is hidden of it."""
WATER_TWICE = ("data_centres", "water_t", "data_centre")
"""Table, its column, the facility type of which the water of energy agrees with it, m3 with t."""


def _sums(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """Sums of two tables that should agree, or of which one is a part of the other, where both are filed."""

    def used(rows: pl.Expr, by: Sequence[str] = _WHERE) -> pl.DataFrame:
        of_energy = frames["energy"].filter(rows).with_columns(pl.col("facility_type").cast(pl.String))
        return _yearly(of_energy, "energy", "quantity", by)

    def detail(name: str, value: str, by: Sequence[str] = _WHERE, **more: pl.Expr) -> pl.DataFrame:
        return _yearly(frames[name].with_columns(**more), name, value, by).select(*by, detail=value)

    electricity = (pl.col("carrier") == "electricity") & (pl.col("supply") != "resold")  # where it is finally used
    apart, what = _apart("detail", "quantity"), number("quantity")
    words: dict[str, pl.Expr | str] = {"energy": what, "detail": number("detail"), "tolerance": f"{TOLERANCE:.0%}"}
    by = (*_WHERE, "facility_type")
    for rule, (name, value, kinds) in FACILITY_SUMS.items():
        if {"energy", name} <= set(frames):
            kind = pl.lit(kinds) if isinstance(kinds, str) else pl.col("kind").cast(pl.String).replace_strict(kinds)
            both = used(electricity, by).join(detail(name, value, by, facility_type=kind), on=by).filter(apart)
            yield context.found(rule, both, "energy", "quantity", what, beside=BY_NAME[name].zh, **words)
    name, value, facility = WATER_TWICE
    if {"energy", name} <= set(frames):
        water = used((pl.col("carrier") == "water") & (pl.col("facility_type") == facility))
        both = water.join(detail(name, value), on=_WHERE, maintain_order="left").filter(apart)
        yield context.found("sum.water", both, "energy", "quantity", what, **words)
    if "green_power" not in frames:
        return
    green = _yearly(frames["green_power"], "green_power", "kwh")
    if "energy" in frames:
        both = green.join(used(electricity).drop("_row"), on=_WHERE).filter(pl.col("kwh") > pl.col("quantity"))
        words = {"green": number("kwh"), "electricity": what}
        yield context.found("green_power.above_electricity", both, "green_power", "kwh", number("kwh"), **words)
    if "data_centres" in frames:
        centres = _yearly(frames["data_centres"], "data_centres", "green_kwh")
        both = centres.join(green.drop("_row"), on=_WHERE, how="left").with_columns(pl.col("kwh").fill_null(0))
        both, what = both.filter(pl.col("green_kwh") > pl.col("kwh")), number("green_kwh")
        words = {"centres": what, "green": number("kwh")}
        yield context.found("data_centres.above_green_power", both, "data_centres", "green_kwh", what, **words)


def _parted(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """Energy told apart in further tables, by equipment and by business, against the table of energy, where an enterprise files
    both for a province."""
    if "energy" not in frames:
        return
    final = frames["energy"].filter(pl.col("supply") != "resold")  # where it is finally used
    for rule, (name, value, part, rows) in ENERGY_PARTED.items():
        if name not in frames or frames[name].is_empty():
            continue
        by = (*_WHERE, part)
        energy = _yearly(final.filter(rows).with_columns(pl.col(part).cast(pl.String)), "energy", "quantity", by)
        detail = _yearly(frames[name].with_columns(pl.col(part).cast(pl.String)), name, value, by)
        detail = detail.select(*by, "_row", _detail=value)
        filed = final.select(_WHERE).unique()  # who tells energy there tells all of it: what it has no row of is none
        none = filed.join(detail, on=_WHERE).join(energy, on=by, how="anti").select(*by, quantity=pl.lit(0.0))
        told = pl.concat([energy.select(*by, "quantity"), none])
        both = detail.join(told, on=by, maintain_order="left").filter(_apart("_detail", "quantity"))
        column, units = BY_NAME[name].column(part), BY_NAME["energy"].column("quantity").units
        spelt = {code: texts[0] for code, texts in column.members.items()}
        of_carrier = {code: accepted[0] for code, accepted in units.items()}
        words: dict[str, pl.Expr | str] = {
            "energy": number("quantity"), "detail": number("_detail"), "tolerance": f"{TOLERANCE:.0%}",
            "what": pl.col(part).replace(spelt),
            "unit": pl.col(part).replace(of_carrier) if part == "carrier" else "kWh",
        }  # fmt: skip
        yield context.found(rule, both, name, value, number("_detail"), **words)


def _filed_twice(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """A stock that two tables have: its sum at the year's end, or the mean of its months, against the metric."""
    for name, value, metric in FILED_TWICE:
        if not {name, "action_metrics"} <= set(frames):
            continue
        table, rows = BY_NAME[name], _provinces_only(frames[name]).drop_nulls(value)
        of_key = rows.group_by({*_without_month(table), *_WHERE}, maintain_order=True).agg(pl.col(value).mean())
        detail = of_key.group_by(_WHERE).agg(pl.col(value).sum().alias("detail"))
        whole = frames["action_metrics"].filter(pl.col("metric") == metric, pl.col("sub_region") == "")
        both = whole.join(detail, on=_WHERE, maintain_order="left").filter(_apart("detail", "value"))
        words: dict[str, pl.Expr | str] = {
            "beside": table.zh,
            "what": table.column(value).zh,
            "detail": number("detail", 2),
        }
        yield context.found("sum.action_metrics", both, "action_metrics", "value", number("value"), **words)


def _resold(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    by = ("year", "entity_id", "counterparty_id", "province_code", "carrier")
    energy = frames.get("energy", pl.DataFrame(schema={"supply": pl.String()}))
    resold = energy.filter(pl.col("supply") == "resold")
    if resold.is_empty():
        return
    sold = _yearly(resold, "energy", "quantity", by)
    got = _yearly(energy.filter(pl.col("supply") == "received"), "energy", "quantity", by)
    mirror = got.rename({"entity_id": "counterparty_id", "counterparty_id": "entity_id", "quantity": "_got"})
    both = sold.join(mirror.select(*by, "_got", _filed=True), on=by, how="left")
    nameless = pl.col("counterparty_id") == ""
    bad = both.filter(nameless | pl.col("_filed").is_null() | _apart("_got", "quantity"))
    carrier, units = BY_NAME["energy"].column("carrier"), BY_NAME["energy"].column("quantity").units
    of = pl.col("carrier").cast(pl.String)
    unit = of.replace({code: names[0] for code, names in units.items()})
    what = (
        pl.when(nameless).then(pl.lit("而未填对方单位"))
        .when(pl.col("_filed").is_null()).then(pl.format("，{} 没有相应的受供记录", "counterparty_id"))
        .otherwise(pl.format("，{} 受供 {} {}", "counterparty_id", number("_got"), unit))
    )  # fmt: skip
    words: dict[str, pl.Expr | str] = {
        "carrier": of.replace({code: names[0] for code, names in carrier.members.items()}), "what": what,
        "sold": pl.format(" {} {}", number("quantity"), unit).fill_null("（月份不全）"),
    }  # fmt: skip
    yield context.found("energy.resold_unmatched", bad, "energy", "supply", pl.lit("resold"), **words)


def _control_totals(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    for name, frame in frames.items():
        table = BY_NAME[name]
        if "province_code" not in table.key or not frame["is_control"].any():
            continue
        key = [part for part in table.key if part not in ("province_code", "sub_region")]
        control, rows = frame.filter("is_control"), frame.filter(~pl.col("is_control"))
        for value in table.yearly:
            summed = rows.group_by(key).agg(pl.col(value).sum().alias("_sum"))
            if "month" in key:
                of_year = [part for part in key if part != "month"]
                months = _yearly(rows.filter(pl.col("month") > 0), name, value, of_year).drop_nulls(value)
                year = months.select(*of_year, month=pl.lit(0, pl.Int64), _sum=value).select(*key, "_sum")
                summed = pl.concat([summed, year]).group_by(key).agg(pl.col("_sum").sum())
            both = control.join(summed, on=key, how="left").filter(pl.col("_sum").is_null() | _apart("_sum", value))
            unit = unit_of(table.column(value))
            words: dict[str, pl.Expr | str] = {
                "nation": pl.concat_str(number(value), unit), "tolerance": f"{TOLERANCE:.0%}",
                "sum": pl.concat_str(number("_sum"), unit).fill_null("（没有各省的行）"),
            }  # fmt: skip
            yield context.found("sum.control", both, name, value, number(value), **words)


def _activity(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """Mobile traffic is a part of the flow of the same key; the growth of the volume at the same prices against the
    published rate, where all provinces filed both years."""
    if "activity" not in frames:
        return
    of, metric = frames["activity"], pl.col("metric")
    key = [part for part in BY_NAME["activity"].key if part != "metric"]
    flow = of.filter(metric == "information_flow").select(*key, _flow="value")
    both = of.filter(metric == "mobile_traffic").join(flow, on=key, maintain_order="left")
    above = both.filter(pl.col("value") > pl.col("_flow"))
    yield context.found("activity.mobile_above_flow", above, "activity", "value", flow=number("_flow"))
    if context.published_growth is None:
        return
    volume, by = of.filter(metric == "telecom_business_volume"), ("year", "price_base_year")
    nation = _yearly(volume, "activity", "value", by).drop("_row")
    covered = _provinces_only(volume).group_by(by).agg(pl.col("province_code").n_unique().alias("_n"))
    nation = nation.join(covered, on=by).filter(pl.col("_n") == len(context.provinces) - 1)
    before = nation.filter(pl.col("value") > 0).select(pl.col("year") + 1, "price_base_year", _before="value")
    growth = nation.join(before, on=by).join(context.published_growth.select("year", "growth_pct"), on="year")
    growth = growth.with_columns(_growth=(pl.col("value") / pl.col("_before") - 1) * 100, _row=None)
    off = growth.filter((pl.col("_growth") - pl.col("growth_pct")).abs() > GROWTH_POINTS + 1e-9).sort(by)
    words: dict[str, pl.Expr | str] = {
        "growth": number("_growth", 2),
        "published": number("growth_pct"),
        "points": f"{GROWTH_POINTS:g}",
    }
    yield context.found("activity.growth", off, "activity", "value", number("_growth", 2), **words)


def _case_without_factor(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """A case whose saving can be computed but not turned into CO2: no factor of its own, none published."""
    if "cases" not in frames:
        return
    computed = pl.all_horizontal(pl.col("activity_amount", "baseline_per_unit", "project_per_unit").is_not_null())
    bare = frames["cases"].filter(computed & pl.col("factor_kgco2_per_unit").is_null())
    known = [basis(*row) is not None for row in bare.select("carrier", "effect_unit").iter_rows()]
    lacking = bare.filter(~pl.Series(known, dtype=pl.Boolean)).with_columns(
        pl.col("carrier", "effect_unit").fill_null("")
    )
    yield context.found("cases.no_factor", lacking, "cases", "factor_kgco2_per_unit", carriers="、".join(carriers()))


# --- the check ---------------------------------------------------------------------------------------------

_STAGES: tuple[tuple[Finder, ...], ...] = (
    (_row_rules("error"), _case_without_factor, _duplicates, _month_mix),
    (_unknown_entities,),  # needs the entities that are left once other errors are out
    (_row_rules("warning"), _against_last_year, _province_missing, _part_and_whole, _sums, _parted, _filed_twice,
     _activity, _partial_years, _cumulative, _control_totals, _resold),
)  # fmt: skip


@dataclass(frozen=True)
class Findings:
    """frame: the columns of FINDING, errors first, by table and row; file, sheet and row are null where a rule
    blames no row. marks: per table, in the order of its rows, rejected (Boolean) and flags (List of rule ids)."""

    frame: pl.DataFrame
    marks: dict[str, pl.DataFrame]


def check(
    tables: Mapping[str, pl.DataFrame],
    report_year: int,
    layout: Layout,
    published_growth: pl.DataFrame | None = None,
    filed: Filed | None = None,
) -> Findings:
    """Apply all rules to canonical tables (with SOURCE columns) by name.

    published_growth: `reference.business_volume_index`, for the growth of the volume; without it that is not
    checked. filed: what was filed in rows (by their place in the table), which sentences then show. Raises DataError when the
    names of the provinces are missing, or the plan of a year in which actions were filed cannot be read.
    """
    frames: dict[str, pl.DataFrame] = {name: frame.with_row_index("_row") for name, frame in tables.items()}
    provinces = {one.code: one.short_zh for one in all_regions(layout)}
    with_actions = [
        frame["year"].drop_nulls().unique() for name, frame in frames.items() if BY_NAME[name].has("action_no")
    ]
    years = sorted({int(year) for years in with_actions for year in years})
    plans = {year: plan for year in years if (plan := reference.plan_if_any(layout, year))}
    context = Context(report_year, provinces, published_growth, filed, plans, frames)
    left, parts = frames, [pl.DataFrame(schema=FINDING | {"_row": pl.UInt32()})]
    keys = {name: _by_key(frame, BY_NAME[name]) for name, frame in frames.items()}
    for finders in _STAGES:
        with ThreadPoolExecutor() as threads:
            of_finders = threads.map(partial(_found, left, replace(context, by_key=keys)), finders)
            new = [one for found in of_finders for one in found]
        parts += new
        errors = pl.concat([parts[0], *new]).filter(severity="error")
        gone = {name: errors.filter(table=name)["_row"] for name in left}
        left, keys = ({name: _without(one, gone[name]) for name, one in some.items()} for some in (left, keys))
    rank = pl.col("rule").replace_strict({rule: at for at, rule in enumerate(RULES)}, return_dtype=pl.Int64)
    found = pl.concat(parts).sort(rank, maintain_order=True)
    marks = {name: _marks(frame, found.filter(table=name)) for name, frame in frames.items()}
    frame = found.sort("severity", "table", "_row", maintain_order=True, nulls_last=True)
    return Findings(frame.drop("_row"), marks)


def _found(frames: Frames, context: Context, find: Finder) -> list[pl.DataFrame]:
    return [one for one in find(frames, context) if one.height]


def _without(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    return frame.filter(~pl.col("_row").is_in(rows.unique().implode())) if rows.len() else frame


def _marks(frame: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    by_row = found.drop_nulls("_row").group_by("_row", maintain_order=True).agg(
        rejected=(pl.col("severity") == "error").any(), flags=pl.col("rule").unique(maintain_order=True)
    )  # fmt: skip
    none = pl.DataFrame({"rejected": [False], "flags": [[]]}, schema=by_row.drop("_row").schema)
    if by_row.is_empty():
        once = [pl.lit(none[name]).first().alias(name) for name in none.columns]  # whatever the height
        return frame.select("_row", *once).drop("_row")
    marks = pl.concat([none, by_row.drop("_row")])
    which = pl.zeros(frame.height, dtype=pl.UInt32, eager=True)
    which.scatter(by_row["_row"], pl.int_range(1, by_row.height + 1, dtype=pl.UInt32, eager=True))
    return marks.select(pl.all().gather(which))
