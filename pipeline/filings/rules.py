"""What is wrong with what was filed: every rule with its id, severity, columns and Chinese sentence, once.

Three sorts. CELL_RULES are for text that becomes no value (`normalise` finds them). ROW_RULES are polars expressions
over canonical rows. FRAME_RULES look across rows and tables. An error rejects its row, a warning keeps it. `check`
runs errors first, then the entities that rows name (an entity whose own row was rejected is unknown), then the
warnings on the rows that are left.

A sentence says what was found and what would be right: `能源消耗.xlsx「2025」第 17 行「消耗量」：…；应为…`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from operator import xor
from typing import Literal

import polars as pl

from pipeline import reference
from pipeline.filings.case_factors import basis, carriers
from pipeline.filings.contracts import BY_NAME, FIRST_YEAR, METRICS, TABLES, Column, Table
from pipeline.layout import Layout
from pipeline.reference import Plan
from pipeline.regions import all_regions

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

PUE_LOW, PUE_USUAL, PUE_HIGH = 1.0, (1.02, 3.0), 5.0
CHANGE = 3.0  # times the previous year, up or down
SLIPS = (1e3, 1e4)  # the powers of ten between units; "about" is within a factor of 2
STATION_KWH = (2_000.0, 60_000.0)  # electricity of one station in a year
TOLERANCE = 0.05  # within which sums agree
CUMULATIVE = 5  # times the first month, at the least, is the last one of sums since January
GROWTH_POINTS = 1.0
HUGE = 1e15  # of any unit: more than all the world has, and sums stay exact


@dataclass(frozen=True)
class CellRule:
    """`title` is the rule in a few words. `says` takes what was found and what would be right, in this order."""

    id: str
    title: str
    says: str
    severity: Severity = "error"


CELL_RULES = {
    rule.id: rule
    for rule in (
        CellRule("header.missing", "缺少必填列", "缺少必填列“{}”，本表各行全部退回；应补上此列，{}"),
        CellRule("header.repeated", "列重复", "表头“{}”与前面的一列含义相同，未读取；“{}”应只有一列", "warning"),
        CellRule("header.unknown", "表头不认识", "表头“{}”不认识，该列未读取；本表可用的表头有 {}", "warning"),
        CellRule("cell.missing", "必填项为空", "未填写{}；应为{}"),
        CellRule("cell.number", "不是数字", "{} 不是数字；应为{}"),
        CellRule(
            "cell.twice",
            "倍数写了两次",
            "{} 带有万、亿等倍数，而计量单位里已有倍数，不能确定大小；倍数只应写一处，单元格应为{}",
        ),
        CellRule("cell.integer", "不是整数", "{} 不是整数；应为{}"),
        CellRule("cell.year", "不是年份", "{} 不是年份；应为{}"),
        CellRule("cell.month", "不是月份", "{} 不是月份；应为 {}"),
        CellRule("cell.date", "不是年月", "{} 不是年月；应为 {}"),
        CellRule("cell.share", "不是比例", "{} 不是比例；应为 {}"),
        CellRule("cell.flag", "不是是或否", "{} 不是 是 或 否；应为 {}"),
        CellRule("cell.id", "编号被表格软件改写", "{} {}"),
        CellRule("cell.code", "选项不存在", "没有名为“{}”的选项；应为 {}"),
        CellRule("cell.province", "省份不存在", "没有名为“{}”的省份；应为 {}"),
        CellRule("cell.nation", "实物填在全国", "{} 不是一个省份；应为所在的省份，{}"),
        CellRule("unit.missing", "未填计量单位", "未填计量单位{}；应为 {} 等同类单位"),
        CellRule("unit.unknown", "计量单位不存在", "没有名为“{}”的计量单位；应为 {} 等同类单位"),
        CellRule("unit.bits", "比特误作字节", "“{}”表示比特；应换算为字节，用 {} 等单位"),
        CellRule("unit.dimension", "计量单位与内容不符", "计量单位“{}”与填报内容不符；应为 {} 等同类单位"),
        CellRule("unit.density", "换算缺少密度", "“{}”换算需要密度，而参考数据中没有；应按实际密度折算为 {} 后填报"),
    )
}

# What the intake finds of whole rows; a restated or dropped row leaves without being wrong.
INTAKE_RULES = {
    rule.id: rule
    for rule in (
        CellRule("row.more_cells", "单元格比表头多", "表头之外还有 {}；应与表头列数相同，内容含分隔符的要放在双引号里"),
        CellRule(
            "row.fewer_cells", "单元格比表头少", "本行的单元格比表头少，缺的按空读取；应与表头列数相同", "warning"
        ),
        CellRule(
            "file.no_rows", "没有数据行", "只有表头，没有数据行；应在表头之下逐行填写，无数可报时不必提交", "warning"
        ),
        CellRule("sheet.hidden", "有隐藏的数据", "{}", "warning"),
        CellRule("sheet.stale", "公式结果可能过时", "{}", "warning"),
        CellRule("row.not_data", "不是数据行", "{}，不是数据；应删去这一行，只保留数据行"),
        CellRule("key.restated", "已被后来的填报更新", "{} 又报了同一内容，以后报的为准；这一行不再采用", "warning"),
        CellRule("correction.drop", "按更正不采用", "corrections.yml 第 {} 条：不采用这一行，{}", "warning"),
        CellRule("correction.flag", "按更正加注", "corrections.yml 第 {} 条：{}", "warning"),
    )
}


def number(value: pl.Expr | str, decimals: int = 6) -> pl.Expr:
    """A number as text, without a trailing `.0`."""
    exact = (pl.col(value) if isinstance(value, str) else value).cast(pl.Float64)
    return exact.round(decimals).cast(pl.String).str.strip_suffix(".0")


def filed(column: str, when: Literal["now", "then"] = "now") -> pl.Expr:
    """In a rule's sentence: a value as it was filed, with the unit it was filed in, now or the year before (`-30 t`)."""
    return pl.col(f"{when} {column}")


def place(file: str = "file", sheet: str = "sheet", row: str = "row") -> pl.Expr:
    """`能源消耗.xlsx「2025」第 17 行`; what is null is left out."""
    no_sheet = pl.col(sheet).fill_null("") == ""
    of_sheet = pl.when(no_sheet).then(pl.lit(" ")).otherwise(pl.format("「{}」", sheet))
    return pl.concat_str(file, of_sheet, pl.format("第 {} 行", row).fill_null("")).str.strip_chars_end()


TOLD = 20_000  # findings of one rule in one file that have a sentence; of the others it is known where they are


def message(says: pl.Expr) -> pl.Expr:
    """The whole sentence, of a frame with file, sheet, row, table_zh, column_zh."""
    at = pl.when(pl.col("file").is_null()).then(pl.format("「{}」", "table_zh")).otherwise(place())
    whole = pl.concat_str(at, pl.format("「{}」", "column_zh").fill_null(""), pl.lit("："), says)
    return whole.str.replace_all(r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]", "\ufffd")


# --- rows --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RowRule:
    """`when` is true for a bad row. `args` fill the places of `says`. The first of `columns` is blamed."""

    id: str
    title: str
    severity: Severity
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    when: pl.Expr
    says: str
    args: tuple[pl.Expr, ...] = ()


# Of decimals, correctly rounded: 102 / 100 is 1.02. A comparison with NaN would be true in polars.
_pue = (pl.col("total_kwh") / pl.col("it_kwh")).fill_nan(None)
_pue_args = (number(_pue, 4), filed("total_kwh"), filed("it_kwh"))
_PUE_FOUND = "PUE 为 {}（总耗电量 {}，IT 设备耗电量 {}）；"
_BUILDINGS = ("data_centres", "rooms")
_months = pl.when(pl.col("month") == 0).then(1).otherwise(12)
_per_station = (pl.col("energy_kwh") / pl.col("stations")).fill_nan(None) * _months

ROW_RULES = (
    RowRule("pue.below_1", "PUE 小于 1", "error", _BUILDINGS, ("total_kwh", "it_kwh"), pl.col("total_kwh") < pl.col("it_kwh"),
            _PUE_FOUND + "总耗电量应不小于 IT 设备耗电量", _pue_args),
    RowRule("pue.above_5", "PUE 大于 5", "error", _BUILDINGS, ("total_kwh", "it_kwh"), _pue.round(9) > PUE_HIGH,
            _PUE_FOUND + f"应不高于 {PUE_HIGH:g}，请核对两项电量及其单位", _pue_args),
    RowRule("pue.unusual", "PUE 少见", "warning", _BUILDINGS, ("total_kwh", "it_kwh"),
            (_pue < PUE_USUAL[0]) | (_pue > PUE_USUAL[1]),
            _PUE_FOUND + f"通常在 {PUE_USUAL[0]:g} 至 {PUE_USUAL[1]:g} 之间，请核实", _pue_args),
    RowRule("data_centres.green_above_total", "绿电大于总电量", "error", ("data_centres",), ("green_kwh", "total_kwh"),
            pl.col("green_kwh") > pl.col("total_kwh"),
            "绿电用量 {} 大于总耗电量 {}；应不大于总耗电量", (filed("green_kwh"), filed("total_kwh"))),
    *(RowRule(f"{table}.{part}_above", f"{what[0]}大于{what[1]}", "warning", (table,), (part, whole),
              pl.col(part) > pl.col(whole), f"{what[0]} {{}} 大于{what[1]} {{}}；应不大于{what[1]}，请核对",
              (filed(part), filed(whole)))
      for table, part, whole, what in (
          ("data_centres", "racks_in_use", "standard_racks", ("在用机架数", "标准机架数")),
          ("data_centres", "liquid_cooled_racks", "standard_racks", ("液冷机架数", "标准机架数")),
          ("base_stations", "monitored_stations", "stations", ("监测基站数", "基站数")),
          ("base_stations", "equipment_kwh", "energy_kwh", ("主设备耗电量", "耗电量")),
      )),
    *(RowRule(f"{table}.after_year", f"{what}晚于数据年份", "warning", (table,), (column, "year"),
              pl.col(column) > pl.col("year"), f"{what} {{}} 晚于数据年份 {{}}；应不晚于数据年份，请核对两者",
              (number(column), number("year")))
      for table, column, what in (("sites", "built_year", "建成年份"), ("data_centres", "commissioned_year", "投产时间"))),
    RowRule("action_metrics.share_below_1", "占比不足 1%", "warning", ("action_metrics",), ("value", "unit"),
            (pl.col("unit") == "%") & pl.col("value").is_between(0, 1, closed="none"),
            "占比为 {}，不足 1%；单位为 % 的只填百分数的数字，如 85% 填 85，请核对", (filed("value"),)),
    RowRule("sites.shared_alone", "共建而只有一个租户", "error", ("sites",), ("sharing_kind", "tenants"),
            (pl.col("sharing_kind") == "co_build") & (pl.col("tenants") == 1),
            "共享方式为共建，租户数却为 {}，也没有利用存量或社会资源；共建的站址租户数应不少于 2，否则应填不共享",
            (number("tenants"),)),
    RowRule("rooms.retrofit_after_year", "改造晚于数据年份", "error", ("rooms",), ("retrofit_year", "year"),
            pl.col("retrofit_year") > pl.col("year"),
            "改造年份 {} 晚于数据年份 {}；应不晚于数据年份，未改造的应留空", (number("retrofit_year"), number("year"))),
    RowRule("activity.price_base_missing", "缺少价格基期", "error", ("activity",), ("price_base_year",),
            (pl.col("metric") == "telecom_business_volume") & (pl.col("price_base_year") == 0),
            "电信业务总量未填价格基期；应填按哪一年的价格计算，如 {}", (number(pl.col("year") - 1),)),
    RowRule("base_stations.energy_per_station", "单站耗电量少见", "warning", ("base_stations",), ("energy_kwh", "stations"),
            (_per_station < STATION_KWH[0]) | (_per_station > STATION_KWH[1]),
            "折合每站每年 {} MWh（耗电量 {}，基站数 {}）；"
            f"通常在 {STATION_KWH[0] / 1000:g} 至 {STATION_KWH[1] / 1000:g} MWh 之间，请核对单位与基站数",
            (number(_per_station / 1000, 3), filed("energy_kwh"), number("stations"))),
    RowRule("standards.no_date", "已发布标准缺少日期", "warning", ("standards",), ("published_year",),
            (pl.col("status") == "published") & pl.col("published_year").is_null(),
            "状态为已发布而未填发布日期；应填 YYYY-MM-DD，否则不计入已发布的标准"),
    RowRule("activity.price_base_idle", "价格基期多余", "warning", ("activity",), ("price_base_year",),
            (pl.col("metric") != "telecom_business_volume") & (pl.col("price_base_year") != 0),
            "流量没有价格基期，却填了 {}；应留空", (number("price_base_year"),)),
)  # fmt: skip


def _row_rule(rule: RowRule) -> Finder:
    def find(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
        for name in rule.tables:
            if name in frames:
                says = pl.format(rule.says, *rule.args) if rule.args else pl.lit(rule.says)
                yield context.found(_where(frames[name], rule.when), name, rule.columns[0], says)

    return find


# --- across rows and tables --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Context:
    """report_year; province code -> name; published growth (year, growth_pct) or None; what rules share: `_by_key`; plans: year of
    a row -> the plan of it, where there is one."""

    report_year: int
    provinces: Mapping[str, str]
    published_growth: pl.DataFrame | None
    by_key: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    filed: Filed | None = None
    plans: Mapping[int, Plan] = field(default_factory=dict)

    def found(
        self, rows: pl.DataFrame, table: str, column: str, says: pl.Expr, found: pl.Expr | None = None
    ) -> pl.DataFrame:
        """A finding for each of the rows. `says` may hold `filed` values; it is told of TOLD rows of a file."""
        if rows.height > TOLD and "source_file" in rows.columns:
            few = pl.int_range(pl.len()).over("source_file") < TOLD
            others = rows.filter(~few)
            if others.height:
                untold = others.select(
                    table=pl.lit(table),
                    _row=pl.col("_row").cast(pl.UInt32),
                    column=pl.lit(BY_NAME[table].column(column).name),
                    says=pl.lit(None, pl.String),
                    found=pl.lit(None, pl.String),
                )
                return pl.concat([self.found(rows.filter(few), table, column, says, found), untold])
        what = pl.col(column).cast(pl.String) if found is None else found
        whole = rows.rechunk()  # polars 2.1 panics when it formats a column whose first chunk is empty
        for name in says.meta.root_names():
            if name.startswith(("now ", "then ")) and whole.height:
                when, of = name.split(" ")
                value, row = (of, "_row") if when == "now" else (f"_{of}", "_row_then")
                meant = whole.select(pl.concat_str(number(value), _unit_of(BY_NAME[table].column(of)))).to_series()
                texts = self.filed(table, whole[row], of) if self.filed else meant
                whole = whole.with_columns(texts.zip_with(texts.is_not_null(), meant).alias(name))
            elif name not in whole.columns:
                whole = whole.with_columns(pl.lit(None, pl.String).alias(name))
        return whole.select(
            table=pl.lit(table),
            _row=pl.col("_row").cast(pl.UInt32),
            column=pl.lit(BY_NAME[table].column(column).name),
            says=says,
            found=what,
        )


Finder = Callable[[Frames, Context], Iterator[pl.DataFrame]]


@dataclass(frozen=True)
class FrameRule:
    """`find` yields frames of table, _row (null where no row is to blame), column, says, found."""

    id: str
    title: str
    severity: Severity
    find: Finder
    after_entities: bool = False  # needs the entities that are left once other errors are out


def _where(frame: pl.DataFrame, holds: pl.Expr) -> pl.DataFrame:
    """The rows of which `holds` is true: most rules find none, or all of them, and then no column is copied."""
    mask = frame.select(holds=holds)["holds"]
    n = mask.sum()
    return frame.clear() if n == 0 else frame if n == frame.height else frame.filter(mask)


def _provinces_only(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(~pl.col("is_control")) if "is_control" in frame.columns and frame["is_control"].any() else frame


def _limits(column: Column) -> list[tuple[str, float | None, float | None]]:
    """The canonical columns of a column that have limits."""
    if column.kind == "date":
        return [(column.canonical[0], column.low, column.high)]
    elsewhere = column.kind == "month" or column.name == "year"  # normalise, _years
    none = column.low is None and column.high is None
    return [] if elsewhere or none else [(column.name, column.low, column.high)]


def _ranges(negative: bool) -> Finder:
    """Values outside the limits of their columns: below zero where that is the limit, or any others."""

    def find(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
        for name, frame in frames.items():
            for column in BY_NAME[name].columns:
                for canonical, low, high in _limits(column):
                    if _within(frame, canonical, low, high):
                        continue
                    value = pl.col(canonical)
                    below_zero = (value < 0) if low == 0 else pl.lit(False)
                    low_is = pl.lit(False) if low is None else value < low
                    high_is = pl.lit(False) if high is None else value > high
                    bad = below_zero if negative else (low_is | high_is) & ~below_zero
                    if column.default == 0:
                        bad &= value != 0
                    told = filed(column.name) if canonical == column.name else number(value)
                    says = pl.format(f"{{}} 超出范围；应为 {column.expected}", told)
                    yield context.found(_where(frame, bad), name, canonical, says, number(value))
                huge = column.kind in ("number", "quantity", "integer") and column.high is None and not negative
                if huge and not _within(frame, column.name, None, HUGE):
                    says = pl.format("{} 大得不可能；应不超过 10^15，请核对数值和单位", filed(column.name))
                    yield context.found(_where(frame, pl.col(column.name) > HUGE), name, column.name, says)
                if column.by and not negative:
                    over = _where(frame, (pl.col("unit") == "%") & (pl.col(column.name) > 100))
                    says = pl.format("{} 超过 100%；应为 0 至 100 的百分数，如 85% 填 85", filed(column.name))
                    yield context.found(over, name, column.name, says)

    return find


def _within(frame: pl.DataFrame, name: str, low: float | None, high: float | None) -> bool:
    """Whether all values of a column are: most columns need no more looking at."""
    least, most = frame.select(least=pl.col(name).min(), most=pl.col(name).max()).row(0)
    return least is None or ((low is None or least >= low) and (high is None or most <= high))


def _unit_of(column: Column) -> pl.Expr:
    if column.by:
        return pl.concat_str(pl.lit(" "), pl.col("unit"))
    return pl.lit(f" {column.unit}" if column.unit else "")


def _years(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    right = f"；应在 {FIRST_YEAR} 至 {context.report_year}（报告年份）之间"
    for name, frame in frames.items():
        if BY_NAME[name].has("year"):
            bad = (pl.col("year") < FIRST_YEAR) | (pl.col("year") > context.report_year)
            yield context.found(_where(frame, bad), name, "year", pl.format("年份 {}" + right, "year"))


# Rules on keys look at hashes first, and at the rows themselves only where these may violate a rule.


def _hash(parts: Sequence[str]) -> pl.Expr:
    return reduce(xor, (pl.col(part).hash(seed) for seed, part in enumerate(parts)))


def _by_key(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """`key` (a hash of the key but for the year, its last 6 bits the year) in ascending order, with _row and the values
    that are compared with those of the year before: rows of one key are neighbours, and so are those of two years."""
    year = (pl.col("year") - FIRST_YEAR) % 64 if "year" in table.key else pl.lit(0)
    key = _hash([part for part in table.key if part != "year"]) // 64 * 64 + year.fill_null(0).cast(pl.UInt64)
    return frame.select("_row", *_yearly_values(table), key=key).sort("key")


def _yearly_values(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.yearly]


def _rows_of(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    return frame.filter(pl.col("_row").is_in(rows.implode())) if rows.len() else frame.clear()


def _duplicates(identical: bool) -> Finder:
    """Rows with one key: identical ones but the first, or all of them where they differ."""

    def find(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
        for name, frame in frames.items():
            table = BY_NAME[name]
            keys = context.by_key[name]
            again = pl.col("key").eq(pl.col("key").shift())
            twice = _rows_of(frame, keys.filter(again | again.shift(-1))["_row"])
            twice = twice.filter(pl.struct(table.key).is_duplicated())
            if twice.is_empty():
                continue
            differ = pl.struct(*table.dtypes).n_unique().over(table.key) > 1
            twice = twice.with_columns(_at=place("source_file", "source_sheet", "source_row"), _differ=differ)
            of_key = twice.group_by(table.key).agg(
                _first_row=pl.col("_row").min(), _first=pl.col("_at").first(), _all=pl.col("_at").head(5).str.join("、")
            )
            twice = twice.join(of_key, on=table.key, maintain_order="left")
            if identical:
                rows = twice.filter(~pl.col("_differ") & (pl.col("_row") > pl.col("_first_row")))
                says = pl.format("与 {} 完全相同；只保留第一行，请删去重复的行", "_first")
            else:
                rows = twice.filter("_differ")
                key = "、".join(dict.fromkeys(table.column(part).zh for part in table.key))
                says = pl.format(
                    f"{key}相同而其他内容不同的有 {{}}；无法判断哪一行正确，全部退回，应只保留正确的一行", "_all"
                )
            yield context.found(rows, name, table.key[0], says, key_text(table.key))

    return find


def key_text(key: Sequence[str]) -> pl.Expr:
    return pl.concat_str([pl.col(name).cast(pl.String) for name in key], separator=" ")


def _month_mix(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    for name, frame in frames.items():
        table = BY_NAME[name]
        if "month" not in table.key:
            continue
        rest = [part for part in table.key if part != "month"]
        month = pl.col("month")
        if frame["month"].min() != 0 or frame["month"].max() == 0:
            continue
        annual = frame.filter(month == 0).select(rest).unique()
        monthly = frame.filter(month > 0).join(annual, on=rest, how="semi")
        both = frame.join(monthly, on=rest, how="semi", maintain_order="left")
        what = pl.when(month == 0).then(pl.lit("年度数据")).otherwise(pl.format("{} 月数据", "month"))
        says = pl.format("这是{}，同一内容又有分月和年度两种数据；应只报其中一种，全部退回", what)
        yield context.found(both, name, "month", says)


def _unknown_entities(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    entities = frames.get("entities", pl.DataFrame(schema={"entity_id": pl.String()}))
    for name, frame in frames.items():
        if name != "entities" and "entity_id" in frame.columns:
            bad = frame.join(entities, on="entity_id", how="anti", maintain_order="left")
            short = entities.select("entity_id", bare=pl.col("entity_id").str.strip_chars_start("0")).unique("bare")
            like = bad.select(bare=pl.col("entity_id").str.strip_chars_start("0")).join(
                short, on="bare", how="left", maintain_order="left"
            )["entity_id"]
            lost = pl.format(
                "；登记的有 {}，像是被表格软件去掉了开头的 0，把单元格格式设为文本再填", "_like"
            ).fill_null("")
            says = pl.format(
                "填报单位 {} 不在“填报单位”表中（或其登记行已被退回）；应先在该表登记，或改为已登记的编码{}",
                "entity_id",
                lost,
            )
            yield context.found(bad.with_columns(_like=like), name, "entity_id", says)


_WHERE = ("year", "entity_id", "province_code")


def _yearly(frame: pl.DataFrame, table: str, value: str, by: Sequence[str] = _WHERE) -> pl.DataFrame:
    """Sums of a year without control rows: `by`, value, _row (the first). A part of a year has the value null."""
    rows = _provinces_only(frame)
    if "month" not in frame.columns:
        return rows.group_by(by, maintain_order=True).agg(pl.col(value).sum(), pl.col("_row").min())
    key = [part for part in BY_NAME[table].key if part != "month"]
    whole = (pl.col("month").max() == 0) | (pl.col("month").n_unique() == 12)
    each = rows.group_by(key, maintain_order=True).agg(
        pl.when(whole).then(pl.col(value).sum()).alias(value), pl.col("_row").min()
    )
    total = pl.when(pl.col(value).is_not_null().all()).then(pl.col(value).sum())
    return each.group_by(by, maintain_order=True).agg(total.alias(value), pl.col("_row").min())


def _final_electricity(frames: Frames, beside: str) -> pl.DataFrame | None:
    """Energy rows of electricity where it is finally used: own and received; None unless `beside` was filed too."""
    if "energy" not in frames or beside not in frames:
        return None
    return frames["energy"].filter((pl.col("carrier") == "electricity") & (pl.col("supply") != "resold"))


def _apart(one: str, other: str) -> pl.Expr:
    """Whether `one` is off by more than the tolerance, as a share of `other`."""
    return (pl.col(one) - pl.col(other)).abs() > (TOLERANCE + 1e-9) * pl.col(other)


def _facility_sum(table: str, value: str, kinds: Mapping[str, str] | str) -> Finder:
    """Electricity of buildings or stations against that of energy, by facility type, where both are filed."""

    def find(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
        energy = _final_electricity(frames, table)
        if energy is None:
            return
        facility = pl.lit(kinds) if isinstance(kinds, str) else pl.col("kind").cast(pl.String).replace_strict(kinds)
        by = (*_WHERE, "facility_type")
        rows = frames[table].with_columns(facility_type=facility)
        if "month" in rows.columns:  # _yearly groups by the key, which has no facility type
            detail = _yearly(rows, table, value).with_columns(facility_type=facility)
        else:
            detail = _yearly(rows, table, value, by)
        filed = _yearly(energy.with_columns(pl.col("facility_type").cast(pl.String)), "energy", "quantity", by)
        both = filed.join(detail.select(*by, value), on=by).filter(_apart(value, "quantity"))
        says = pl.format(
            f"能源消耗 {{}} kWh 与{BY_NAME[table].zh}合计 {{}} kWh 相差超过 {TOLERANCE:.0%}"
            "（{} 年 {} {}，自用加受供的电量）；两者应基本一致，请核对",
            number("quantity"), number(value), "year", "entity_id", _province(context),
        )  # fmt: skip
        yield context.found(both, "energy", "quantity", says, number("quantity"))

    return find


def _province(context: Context) -> pl.Expr:
    return pl.col("province_code").replace(dict(context.provinces))


def _green_above_electricity(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    energy = _final_electricity(frames, "green_power")
    if energy is None:
        return
    green = _yearly(frames["green_power"], "green_power", "kwh")
    electricity = _yearly(energy, "energy", "quantity").select(*_WHERE, "quantity")
    above = green.join(electricity, on=_WHERE).filter(pl.col("kwh") > pl.col("quantity"))
    says = pl.format("{} 年 {} {}绿色电力合计 {} kWh，大于用电量 {} kWh；应不大于用电量，请核对", "year", "entity_id",
                     _province(context), number("kwh"), number("quantity"))  # fmt: skip
    yield context.found(above, "green_power", "kwh", says, number("kwh"))


def _centres_above_green_power(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    if "data_centres" not in frames or "green_power" not in frames:
        return
    centres = _yearly(frames["data_centres"], "data_centres", "green_kwh")
    green = _yearly(frames["green_power"], "green_power", "kwh").select(*_WHERE, "kwh")
    above = centres.join(green, on=_WHERE, how="left").with_columns(pl.col("kwh").fill_null(0))
    says = pl.format("{} 年 {} {}各数据中心绿电用量合计 {} kWh，大于绿色电力表的 {} kWh；数据中心的绿电应已计入绿色电力表",
                     "year", "entity_id", _province(context), number("green_kwh"), number("kwh"))  # fmt: skip
    yield context.found(
        above.filter(pl.col("green_kwh") > pl.col("kwh")), "data_centres", "green_kwh", says, number("green_kwh")
    )


def _resold(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    if "energy" not in frames:
        return
    by = ("year", "entity_id", "counterparty_id", "province_code", "carrier")
    energy = frames["energy"]
    resold = _where(energy, pl.col("supply") == "resold")
    if resold.is_empty():
        return
    sold = _yearly(resold, "energy", "quantity", by)
    got = _yearly(energy.filter(pl.col("supply") == "received"), "energy", "quantity", by)
    mirror = got.rename({"entity_id": "counterparty_id", "counterparty_id": "entity_id", "quantity": "_got"})
    both = sold.join(mirror.select(*by, "_got", _filed=True), on=by, how="left")
    nameless = pl.col("counterparty_id") == ""
    bad = both.filter(nameless | pl.col("_filed").is_null() | _apart("_got", "quantity"))
    carrier, unit = BY_NAME["energy"].column("carrier"), BY_NAME["energy"].column("quantity").units
    of = pl.col("carrier").cast(pl.String)
    unit_is = of.replace({code: names[0] for code, names in unit.items()})
    what = (
        pl.when(nameless).then(pl.lit("而未填对方单位"))
        .when(pl.col("_filed").is_null()).then(pl.format("，{} 没有相应的受供记录", "counterparty_id"))
        .otherwise(pl.format("，{} 受供 {} {}", "counterparty_id", number("_got"), unit_is))
    )  # fmt: skip
    sold_is = pl.concat_str(pl.lit(" "), number("quantity"), pl.lit(" "), unit_is).fill_null("（月份不全）")
    says = pl.format("{} 年 {} 在{}转供{}{}{}；转供应与对方的受供一致，请双方核对", "year", "entity_id", _province(context),
                     of.replace({code: names[0] for code, names in carrier.members.items()}), sold_is, what)  # fmt: skip
    yield context.found(bad, "energy", "supply", says, pl.lit("resold"))


def _against_last_year(slip: bool) -> Finder:
    """Values against those of the same key a year before: off by about 10^3 or 10^4, or else beyond a factor of 3."""

    def find(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
        for name, frame in frames.items():
            table = BY_NAME[name]
            values = [column for column in table.columns if column.yearly]
            if not values:
                continue
            both = _changed(frame, table, context.by_key[name])
            for column in values:
                now, then = pl.col(column.name), pl.col(f"_{column.name}")
                times = now / then
                size = pl.max_horizontal(times, 1 / times)
                is_slip = pl.any_horizontal([size.is_between(power / 2, power * 2) for power in SLIPS])
                changed = both.filter((then > 0) & (is_slip if slip else (size > CHANGE) & ~is_slip))
                power = pl.when(size < 3200).then(pl.lit("10^3")).otherwise(pl.lit("10^4"))
                right = (
                    pl.format("，疑似计量单位差 {}；应与上年同一口径和单位，请核对单位", power) if slip
                    else pl.lit(f"，变动超过 {CHANGE:g} 倍；应核实，属实的请说明原因")
                )  # fmt: skip
                by = pl.format("（{} 所报）", "_entity").fill_null("") if "_entity" in both.columns else pl.lit("")
                says = pl.format("{}，上年{}为 {}{}", filed(column.name), by, filed(column.name, "then"), right)
                yield context.found(changed, name, column.name, says, number(now))

    return find


def _changed(frame: pl.DataFrame, table: Table, keys: pl.DataFrame) -> pl.DataFrame:
    """The rows that changed by more than CHANGE against the year before, with its values as `_…`. A row whose hash is
    that of another key may stand between the two: once in ten thousand files of millions of rows."""
    columns = _yearly_values(table)
    last_year = pl.col("key") == pl.col("key").shift() + 1
    times = [pl.col(name) / pl.col(name).shift() for name in columns]
    far = pl.any_horizontal(~one.is_between(1.01 / CHANGE, 0.99 * CHANGE) for one in times)
    now = last_year & far.fill_null(False)
    rows = _provinces_only(_rows_of(frame, keys.filter(now | now.shift(-1))["_row"]))
    before = rows.select(
        *(pl.col(part) + 1 if part == "year" else pl.col(part) for part in table.key),
        *(pl.col(name).alias(f"_{name}") for name in columns),
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
        rows = _provinces_only(frame)
        filed = rows.select(_WHERE).filter(_hash(_WHERE).is_first_distinct())
        next_year = filed.with_columns(pl.col("year") + 1).filter(pl.col("year").is_in(filed["year"].implode()))
        gone = next_year.join(filed, on=_WHERE, how="anti", maintain_order="left")
        says = pl.format("单位 {} {} 年报过{}，{} 年没有报或全部被退回；应补报，或说明在该省已无业务", "entity_id", pl.col("year") - 1,
                         _province(context), "year")  # fmt: skip
        yield context.found(gone.with_columns(_row=None), name, "province_code", says)


def _part_and_whole(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    for name, frame in frames.items():
        key = [part for part in BY_NAME[name].key if part != "sub_region"]
        if len(key) == len(BY_NAME[name].key):
            continue
        part = _where(frame, pl.col("sub_region") != "")
        if part.is_empty():
            continue
        whole = frame.filter(pl.col("sub_region") == "").select(key)
        says = pl.format("{} 已单独填报，同一内容又有{}的一行；两行相加，{}的一行应不含 {}", "sub_region", _province(context),
                         _province(context), "sub_region")  # fmt: skip
        yield context.found(part.join(whole, on=key, how="semi"), name, "province_code", says, pl.col("sub_region"))


def _control_totals(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    for name, frame in frames.items():
        table = BY_NAME[name]
        values = [column for column in table.columns if column.yearly]
        if not values or "province_code" not in table.key:
            continue
        key = [part for part in table.key if part not in ("province_code", "sub_region")]
        control = _where(frame, pl.col("is_control"))
        if control.is_empty():
            continue
        rows = frame.filter(~pl.col("is_control"))
        for column in values:
            value = column.name
            summed = rows.group_by(key).agg(pl.col(value).sum().alias("_sum"))
            if "month" in key:
                of_year = [part for part in key if part != "month"]
                months = _yearly(rows.filter(pl.col("month") > 0), name, value, of_year).drop_nulls(value)
                year = months.select(*of_year, month=pl.lit(0, pl.Int64), _sum=value).select(*key, "_sum")
                summed = pl.concat([summed, year]).group_by(key).agg(pl.col("_sum").sum())
            both = control.join(summed, on=key, how="left").filter(pl.col("_sum").is_null() | _apart("_sum", value))
            unit = _unit_of(column)
            says = pl.format(
                "全国行为 {}{}，各省合计为 {}；全国行只作核对，应与各省合计相差不超过 " f"{TOLERANCE:.0%}，请核对或补报各省",
                number(value), unit, pl.concat_str(number("_sum"), unit).fill_null("（没有各省的行）"),
            )  # fmt: skip
            yield context.found(both, name, value, says, number(value))


def _national_growth(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """Growth of the volume at the same prices against the published rate, where all provinces filed both years."""
    if "activity" not in frames or context.published_growth is None:
        return
    volume = frames["activity"].filter(pl.col("metric") == "telecom_business_volume")
    by = ("year", "price_base_year")
    nation = _yearly(volume, "activity", "value", by).drop("_row")
    covered = _provinces_only(volume).group_by(by).agg(pl.col("province_code").n_unique().alias("_n"))
    nation = nation.join(covered, on=by).filter(pl.col("_n") == len(context.provinces) - 1)
    before = nation.filter(pl.col("value") > 0).select(pl.col("year") + 1, "price_base_year", _before="value")
    growth = nation.join(before, on=by).join(context.published_growth.select("year", "growth_pct"), on="year")
    growth = growth.with_columns(_growth=(pl.col("value") / pl.col("_before") - 1) * 100, _row=None)
    off = growth.filter((pl.col("_growth") - pl.col("growth_pct")).abs() > GROWTH_POINTS + 1e-9).sort(by)
    says = pl.format(
        "{} 年全国电信业务总量按 {} 年价格比上年增长 {}%，公布的增速为 {}%；" f"相差应不超过 {GROWTH_POINTS:g} 个百分点，请核对价格基期和各省数据",
        "year", "price_base_year", number("_growth", 2), number("growth_pct"),
    )  # fmt: skip
    yield context.found(off, "activity", "value", says, number("_growth", 2))


def _partial_years(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """Rows of months of a year that is not whole: the indicators leave it out."""
    for name, frame in frames.items():
        if not BY_NAME[name].has("month"):
            continue
        rest = [part for part in BY_NAME[name].key if part != "month"]
        monthly = _provinces_only(_where(frame, pl.col("month") > 0))
        if monthly.height == 12 * monthly.select(_hash(rest).n_unique()).item():  # none stands there twice
            continue
        monthly = _where(monthly, pl.len().over(_hash(rest)) < 12)
        months = pl.col("month").sort()
        part = monthly.group_by(rest, maintain_order=True).agg(
            pl.col("_row", "month").first(),
            _n=pl.len(),
            _has=months.cast(pl.String).str.join("、"),
            _lacks=pl.int_range(1, 13).filter(~pl.int_range(1, 13).is_in(months.implode())).cast(pl.String).str.join("、"),
        ).filter(pl.col("_n") < 12)  # fmt: skip
        says = pl.format(
            "{} 年只报了 {} 个月（{} 月），缺 {} 月；应报齐 12 个月，或改报全年一行，否则报告不计这一年。逐月填当月数，不填季度数或累计数",
            "year", "_n", "_has", "_lacks",
        )  # fmt: skip
        yield context.found(part, name, "month", says)


def _cumulative(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """Years whose twelve months only grow, the last one to a multiple of the first: sums since January."""
    for name, frame in frames.items():
        table = BY_NAME[name]
        if not table.has("month"):
            continue
        rest = [part for part in table.key if part != "month"]
        for column in table.columns:
            if column.kind != "quantity":
                continue
            value, last = pl.col(column.name), frame.filter(pl.col("month") == 12)
            first = frame.filter(pl.col("month") == 1, value > 0).select(
                *rest, value.alias(f"_{column.name}"), _row_then="_row"
            )
            grown = last.join(first, on=rest, nulls_equal=True, maintain_order="left")
            grown = grown.filter(value >= CUMULATIVE * pl.col(f"_{column.name}"))
            if grown.is_empty():
                continue
            months = frame.join(grown.select(rest), on=rest, how="semi", nulls_equal=True).sort("month")
            rises = months.group_by(rest).agg(_n=pl.len(), _rises=(value.diff() >= 0).sum())
            rises = rises.filter(pl.col("_n") == 12, pl.col("_rises") == 11)
            found = grown.join(rises, on=rest, how="semi", nulls_equal=True, maintain_order="left")
            says = pl.format(
                "{} 年的" + column.zh + "逐月只增不减，从 1 月的 {} 到 12 月的 {}，像是累计数；逐月应填当月数，请核对",
                "year", filed(column.name, "then"), filed(column.name),
            )  # fmt: skip
            yield context.found(found, name, column.name, says)


FILED_TWICE = (
    ("base_stations", "monitored_stations", "stations_monitored"),
    ("data_centres", "liquid_cooled_racks", "liquid_cooled_racks"),
)
"""Table, its column, the metric of action_metrics that says the same."""
WATER_TWICE = ("data_centres", "water_t", "data_centre")
"""Table, its column, the facility type of which the water of energy agrees with it, m3 with t."""


def _filed_twice(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """A stock that two tables have: its sum at the year's end, or the mean of its months, against the metric."""
    if "action_metrics" not in frames:
        return
    metrics = frames["action_metrics"]
    for name, value, metric in FILED_TWICE:
        if name not in frames:
            continue
        key = [part for part in BY_NAME[name].key if part != "month"]
        rows = _provinces_only(frames[name]).drop_nulls(value)
        of_key = rows.group_by({*key, *_WHERE}, maintain_order=True).agg(pl.col(value).mean())
        detail = of_key.group_by(_WHERE).agg(pl.col(value).sum())
        whole = metrics.filter(pl.col("metric") == metric, pl.col("sub_region") == "")
        both = whole.join(detail, on=_WHERE, maintain_order="left").filter(_apart(value, "value"))
        says = pl.format(
            f"{{}}，而“{BY_NAME[name].zh}”表 {{}} 年 {{}} {{}}的{BY_NAME[name].column(value).zh}合计为 {{}}；两者应一致，请核对",
            filed("value"), "year", "entity_id", _province(context), number(value, 2),
        )  # fmt: skip
        yield context.found(both, "action_metrics", "value", says, number("value"))


def _water_twice(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    name, value, facility = WATER_TWICE
    if "energy" not in frames or name not in frames:
        return
    is_water = (pl.col("carrier") == "water") & (pl.col("facility_type") == facility)
    filed_water = _yearly(frames["energy"].filter(is_water), "energy", "quantity")
    detail = _yearly(frames[name], name, value).select(*_WHERE, water_t=value)
    both = filed_water.join(detail, on=_WHERE, maintain_order="left").filter(_apart("water_t", "quantity"))
    says = pl.format(
        "能源消耗中数据中心用水 {} m3，与数据中心表合计 {} t 相差超过 " f"{TOLERANCE:.0%}（{{}} 年 {{}} {{}}）；两者应基本一致，请核对",
        number("quantity"), number("water_t"), "year", "entity_id", _province(context),
    )  # fmt: skip
    yield context.found(both, "energy", "quantity", says, number("quantity"))


def _mobile_above_flow(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """Mobile traffic is a part of the flow of the same key."""
    if "activity" not in frames:
        return
    key = [part for part in BY_NAME["activity"].key if part != "metric"]
    mobile, flow = (
        frames["activity"].filter(pl.col("metric") == one) for one in ("mobile_traffic", "information_flow")
    )
    both = mobile.join(flow.select(*key, _flow="value"), on=key, maintain_order="left")
    says = pl.format(
        "移动互联网接入流量 {}，大于同期信息流量 {} TB；信息流量应含移动流量，请核对", filed("value"), number("_flow")
    )
    yield context.found(both.filter(pl.col("value") > pl.col("_flow")), "activity", "value", says)


_ROOM_FACILITIES = {"core": "core_room", "aggregation": "access_room", "access": "access_room"}
FACILITY_SUMS: dict[str, tuple[str, str, Mapping[str, str] | str]] = {
    "sum.data_centres": ("data_centres", "total_kwh", "data_centre"),
    "sum.rooms": ("rooms", "total_kwh", _ROOM_FACILITIES),
    "sum.base_stations": ("base_stations", "energy_kwh", "base_station"),
}
"""Rule -> the table and column that agree, within TOLERANCE, with the electricity of energy where it is finally used; the
facility type, or the kind of a row -> its facility type. Whoever knows one of the two knows the other nearly."""


def _case_without_factor(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """A case whose saving can be computed but not turned into CO2: no factor of its own, none published."""
    cases = frames.get("cases")
    if cases is None:
        return
    computed = pl.all_horizontal(pl.col("activity_amount", "baseline_per_unit", "project_per_unit").is_not_null())
    bare = _where(cases, computed & pl.col("factor_kgco2_per_unit").is_null())
    known = [basis(*row) is not None for row in bare.select("carrier", "effect_unit").iter_rows()]
    lacking = bare.filter(~pl.Series(known, dtype=pl.Boolean))
    says = pl.format(
        "没有排放因子，能源品种“{}”、单耗单位“{}”也没有公布的因子可用；应填每单耗单位的 kgCO2，或写明"
        + "、".join(carriers()) + "之一和与它相符的单位，如 kWh、kg、m3，或以 kgCO2、tCO2 为单耗单位",
        pl.col("carrier").fill_null(""), pl.col("effect_unit").fill_null(""),
    )  # fmt: skip
    yield context.found(lacking, "cases", "factor_kgco2_per_unit", says)


def _no_such_action(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """An action that the plan of the row's year has not."""
    for name in ("measures", "action_metrics"):
        for year, plan in context.plans.items() if name in frames else ():
            known = [*(str(one.no) for one in plan.actions), *(one.id for one in plan.safeguards)]
            of_year, given = frames[name].filter(pl.col("year") == year), pl.col("action_no").cast(pl.String)
            bad = _where(of_year, ~given.is_in(known))
            says = pl.format(
                f"行动编号 {{}} 不在 {year} 年的计划（{plan.id}）之中；应为 {'、'.join(known)} 之一", given
            )
            yield context.found(bad, name, "action_no", says)


def _metric_of_other_action(frames: Frames, context: Context) -> Iterator[pl.DataFrame]:
    """A metric that belongs to another action in the plan of the row's year."""
    for year, plan in context.plans.items() if "action_metrics" in frames else ():
        of = {code: no for code in METRICS if (no := plan.action_of(code))}
        belongs = pl.col("metric").cast(pl.String).replace_strict(of, default=None, return_dtype=pl.String)
        given = pl.col("action_no").cast(pl.String)
        bad = _where(frames["action_metrics"].filter(pl.col("year") == year), given != belongs)
        says = pl.format(
            "指标属于行动 {}，行动编号却为 {}；应填行动 {} 的指标，或把行动编号改为 {}", belongs, given, given, belongs
        )
        yield context.found(bad, "action_metrics", "metric", says)


def _plans(frames: Mapping[str, pl.DataFrame], layout: Layout) -> dict[int, Plan]:
    """Year -> its plan, of the years in which actions were filed."""
    named = [frames[name]["year"].drop_nulls().unique() for name in ("measures", "action_metrics") if name in frames]
    years = sorted({int(year) for years in named for year in years})
    return {year: plan for year in years if (plan := reference.plan_if_any(layout, year))}


FRAME_RULES = (
    FrameRule("action.unknown", "没有这个行动", "error", _no_such_action),
    FrameRule("action_metrics.metric_of_other_action", "指标不属于该行动", "error", _metric_of_other_action),
    FrameRule("cases.no_factor", "场景没有排放因子可用", "error", _case_without_factor),
    FrameRule("value.negative", "数值为负", "error", _ranges(negative=True)),
    FrameRule("value.range", "数值超出范围", "error", _ranges(negative=False)),
    FrameRule("year.bounds", "年份超出范围", "error", _years),
    FrameRule("key.identical", "重复行", "error", _duplicates(identical=True)),
    FrameRule("key.conflict", "同一内容报了不同的数", "error", _duplicates(identical=False)),
    FrameRule("key.month_mix", "分月与年度并存", "error", _month_mix),
    FrameRule("entity.unknown", "填报单位未登记", "error", _unknown_entities, after_entities=True),
    FrameRule("change.factor_3", "比上年变动超过 3 倍", "warning", _against_last_year(slip=False)),
    FrameRule("change.unit_slip", "疑似计量单位差错", "warning", _against_last_year(slip=True)),
    FrameRule("province.missing", "上年报送的省份缺报", "warning", _province_missing),
    FrameRule("province.part_and_whole", "全省与地市并存", "warning", _part_and_whole),
    FrameRule(
        "sum.data_centres", "数据中心与能源消耗不符", "warning", _facility_sum(*FACILITY_SUMS["sum.data_centres"])
    ),
    FrameRule("sum.rooms", "机房与能源消耗不符", "warning", _facility_sum(*FACILITY_SUMS["sum.rooms"])),
    FrameRule("sum.base_stations", "基站与能源消耗不符", "warning", _facility_sum(*FACILITY_SUMS["sum.base_stations"])),
    FrameRule("sum.action_metrics", "行动指标与其他表不符", "warning", _filed_twice),
    FrameRule("sum.water", "数据中心用水与能源消耗不符", "warning", _water_twice),
    FrameRule("activity.mobile_above_flow", "移动流量大于信息流量", "warning", _mobile_above_flow),
    FrameRule("month.partial", "月份不全", "warning", _partial_years),
    FrameRule("month.cumulative", "像是累计数", "warning", _cumulative),
    FrameRule("sum.control", "全国行与各省合计不符", "warning", _control_totals),
    FrameRule("green_power.above_electricity", "绿色电力大于用电量", "warning", _green_above_electricity),
    FrameRule("data_centres.above_green_power", "数据中心绿电大于绿色电力", "warning", _centres_above_green_power),
    FrameRule("energy.resold_unmatched", "转供与受供不符", "warning", _resold),
    FrameRule("activity.growth", "全国增速与公布值不符", "warning", _national_growth),
)
_RULES = (*(FrameRule(rule.id, rule.title, rule.severity, _row_rule(rule)) for rule in ROW_RULES), *FRAME_RULES)
RULES: dict[str, CellRule | RowRule | FrameRule] = {
    **CELL_RULES, **INTAKE_RULES, **{rule.id: rule for rule in ROW_RULES}, **{rule.id: rule for rule in FRAME_RULES}
}  # fmt: skip


# --- the check ---------------------------------------------------------------------------------------------


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
    context = Context(
        report_year,
        {one.code: one.short_zh for one in all_regions(layout)},
        published_growth,
        filed=filed,
        plans=_plans(frames, layout),
    )
    left, keys, parts = frames, dict[str, pl.DataFrame](), list[pl.DataFrame]()
    stages = (
        [rule for rule in _RULES if rule.severity == "error" and not rule.after_entities],
        [rule for rule in _RULES if rule.after_entities],
        [rule for rule in _RULES if rule.severity == "warning"],
    )
    with ThreadPoolExecutor() as threads:
        for stage in stages:
            keys = {name: known if (known := keys.get(name)) is not None and known.height == frame.height
                    else _by_key(frame, BY_NAME[name]) for name, frame in left.items()}  # fmt: skip
            found = threads.map(partial(_find, left, replace(context, by_key=keys)), stage)
            new = [one for of_rule in found for one in of_rule]
            parts += new
            errors = [part.select("table", "_row") for part in new if part["severity"][0] == "error"]
            if errors:
                left = {name: _without(frame, pl.concat(errors), name) for name, frame in left.items()}
    raw = pl.concat(parts) if parts else pl.DataFrame(schema=_RAW)
    marks = {name: _marks(frame, raw.filter(pl.col("table") == name)) for name, frame in frames.items()}
    return Findings(_sentences(raw, frames), marks)


def _find(frames: Frames, context: Context, rule: FrameRule) -> list[pl.DataFrame]:
    marked = {"rule": pl.lit(rule.id), "severity": pl.lit(rule.severity)}
    return [part.with_columns(**marked) for part in rule.find(frames, context) if part.height]


_RAW = {
    "table": pl.String(), "_row": pl.UInt32(), "column": pl.String(), "says": pl.String(), "found": pl.String(),
    "rule": pl.String(), "severity": pl.String(),
}  # fmt: skip


def _without(frame: pl.DataFrame, errors: pl.DataFrame, name: str) -> pl.DataFrame:
    rows = errors.filter(pl.col("table") == name)["_row"].unique()
    return frame.filter(~pl.col("_row").is_in(rows.implode())) if rows.len() else frame


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


def _sentences(raw: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    if raw.is_empty():
        return pl.DataFrame(schema=FINDING)
    rows = {name: part["_row"].drop_nulls().unique().sort() for (name,), part in raw.group_by("table")}
    source = [
        frames[str(name)][of_table].select(
            pl.lit(name).alias("table"), "_row", file="source_file", sheet="source_sheet", row="source_row"
        )
        for name, of_table in rows.items()
    ]
    names = {(table.name, column.name): column.zh for table in TABLES for column in table.columns}
    spelt = pl.DataFrame(
        [(table, BY_NAME[table].zh, column, zh) for (table, column), zh in names.items()],
        schema=["table", "table_zh", "column", "column_zh"], orient="row",
    )  # fmt: skip
    placed = raw.join(pl.concat(source), on=("table", "_row"), how="left", maintain_order="left").sort(
        "severity", "table", "_row", maintain_order=True, nulls_last=True
    )
    few = placed.with_columns(_told=pl.int_range(pl.len()).over("file", "rule") < TOLD)
    parts = [
        part.join(spelt, on=("table", "column"), how="left", maintain_order="left")
        .with_columns(message=message(pl.col("says")) if has else pl.lit(None))
        .select(pl.col(name).cast(dtype) for name, dtype in FINDING.items())
        for has in (True, False)
        if (part := few.filter(_told=has)).height or has
    ]
    return pl.concat(parts)
