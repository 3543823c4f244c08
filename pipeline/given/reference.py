"""What is given from outside: the plan, factors and coefficients, and the published statistics, with sources.

Everything here is read from `data/raw`; nothing is computed from filings. A table or plan that is missing or
broken raises DataError with one Chinese sentence that names the file and what would be right.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from pipeline.errors import DataError
from pipeline.given import yaml_text
from pipeline.given.regions import NATION_CODE
from pipeline.given.remembered import remembered
from pipeline.given.yaml_text import NotPlain, first_fault, line_of
from pipeline.layout import Layout

DISAGREEMENT_RULE = (
    "同一指标、地区、年份和月份有多行数据时只采用一行，依次按以下次序选取："
    "（一）目标值、预测值和未核实的数值不作为事实，已知口径有争议的列为存疑，两者都不参加选取；"
    "（二）国家统计局的年度数据（包括其31省之和）先于首次发布值，其余情况下原文数值先于推算值；"
    "（三）准确值先于带“超”“约”“以上”“突破”等字样的概数；"
    "（四）来源等级A先于B，B先于C；"
    "（五）有效数字较多的先于较少的；"
    "（六）发布较晚的先于较早的。"
    "未采用的各行保留在数据包中，并注明是否与采用值一致；“一致”指两值之差不超过较粗一方末位数的一半。"
)


# --- the plan --------------------------------------------------------------------------------------------


_Place = tuple[int | str, ...]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Text = Annotated[str, Field(min_length=1)]


class Target(_Model):
    """One quantified target. `value` is a plain ratio (0.80) or count, printed as percent if `as_percent`."""

    no: int
    id: Text
    title: Text
    indicator: Text
    comparator: Literal[">=", "<="]
    value: float
    value_printed: Text
    unit: Text
    as_percent: bool
    decimals: int
    better: Literal["higher", "lower"]
    baseline_year: int | None
    target_year: int
    clause: Text
    quote: Text
    definition_in_plan: bool
    definition_note: Text
    reference_note: str = ""

    @property
    def is_change(self) -> bool:
        """Whether its value is a relative change since the baseline year."""
        return self.indicator.endswith(".change")

    @property
    def is_limit(self) -> bool:
        """Whether it is a level (a PUE) that is not to be exceeded."""
        return self.comparator == "<=" and self.value > 0


class Task(_Model):
    """One task of an action; `no` is "5.2", `targets` are ids of the targets that it serves."""

    no: Text
    title: Text
    summary: Annotated[str, Field(min_length=1, max_length=60)]
    targets: tuple[str, ...]


class Action(_Model):
    """One action and its tasks, under its chapter of the plan. metrics: codes of what enterprises file of it (contracts);
    indicators: which ones it is about, by id or as a pattern (dc.*)."""

    no: int
    title: Text
    chapter: Text
    tasks: Annotated[tuple[Task, ...], Field(min_length=1)]
    metrics: tuple[Text, ...] = ()
    indicators: tuple[Text, ...] = ()

    def concerns(self, indicator: str) -> bool:
        """Whether an indicator is about the action."""
        return any(fnmatchcase(indicator, one) for one in self.indicators)


class Safeguard(_Model):
    """One safeguard, as S1; metrics: as of an action."""

    id: Text
    title: Text
    summary: Text
    metrics: tuple[Text, ...] = ()


class CaseQuota(_Model):
    """How many typical scenarios the plan wants of one category, and which action says so."""

    id: Text
    title: Text
    action: int
    quota: int


class TextRepair(_Model):
    """A place where the text of the plan that was read is damaged, and how it is printed here."""

    as_found: Text
    as_printed: Text
    reason: Text


class Plan(_Model):
    """A plan as data: term, targets, actions with tasks, case quotas, safeguards. Years are numbers.

    horizon: the last year of the scenarios. overall_indicators: those that its general aims are about, as of an action.
    """

    id: Text
    title: Text
    document_number: Text
    issuers: tuple[str, ...]
    issued: datetime.date
    term_start: int
    term_end: int
    baseline_year: int
    horizon: int
    overall_indicators: tuple[Text, ...] = ()
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]
    actions: Annotated[tuple[Action, ...], Field(min_length=1)]
    case_quotas: tuple[CaseQuota, ...]
    safeguards: tuple[Safeguard, ...]
    safeguards_chapter: Text
    text_repairs: tuple[TextRepair, ...] = ()

    @property
    def chapters(self) -> dict[str, list[Action]]:
        """Chapter -> its actions, in the plan's order."""
        found: dict[str, list[Action]] = {}
        for action in self.actions:
            found.setdefault(action.chapter, []).append(action)
        return found

    def target(self, indicator: str) -> Target | None:
        """The target that is measured by an indicator; None where the plan sets none."""
        return next((one for one in self.targets if one.indicator == indicator), None)

    def about(self, indicator: str) -> str:
        """Which parts of the plan an indicator is about: `总体目标、行动4`; empty where none is."""
        overall = ["总体目标"] if any(fnmatchcase(indicator, one) for one in self.overall_indicators) else []
        return "、".join([*overall, *(f"行动{one.no}" for one in self.actions if one.concerns(indicator))])

    def action_of(self, metric: str) -> str:
        """The number of the action or safeguard to which a filed metric belongs; empty where the plan has none for it."""
        of = {str(one.no): one.metrics for one in self.actions} | {one.id: one.metrics for one in self.safeguards}
        return next((no for no, metrics in of.items() if metric in metrics), "")

    def covers(self, year: int) -> bool:
        return self.term_start <= year <= self.term_end

    @model_validator(mode="after")
    def _hangs_together(self) -> Plan:
        tasks = {
            ("actions", i, "tasks", j): task
            for i, action in enumerate(self.actions)
            for j, task in enumerate(action.tasks)
        }
        known = [target.id for target in self.targets]
        named: dict[_Place, str] = {("targets", i): f"目标 {name}" for i, name in enumerate(known)}
        named |= {("actions", i): f"行动 {action.no}" for i, action in enumerate(self.actions)}
        named |= {at: f"任务 {task.no}" for at, task in tasks.items()}
        named |= {("safeguards", i): f"保障措施 {s.id}" for i, s in enumerate(self.safeguards)}
        named |= {("case_quotas", i): f"案例类别 {quota.id}" for i, quota in enumerate(self.case_quotas)}
        seen: set[str] = set()
        for at, name in named.items():
            if name in seen:
                raise _fault(at, f"{name} 出现了不止一次，编号应当唯一")
            seen.add(name)
        if self.term_start > self.term_end:
            raise _fault(("term_start",), f"起始年 {self.term_start} 晚于结束年 {self.term_end}")
        if self.baseline_year > self.term_start:
            raise _fault(("baseline_year",), f"基期 {self.baseline_year} 年晚于起始年 {self.term_start}")
        for i, target in enumerate(self.targets):
            if target.baseline_year not in (None, self.baseline_year):
                raise _fault(
                    ("targets", i, "baseline_year"),
                    f"目标 {target.id} 的基期 {target.baseline_year} 年不是计划的基期 {self.baseline_year} 年",
                )
        if self.horizon < self.term_end:
            raise _fault(("horizon",), f"情景的末年 {self.horizon} 早于结束年 {self.term_end}")
        for at, task in tasks.items():
            if unknown := [target for target in task.targets if target not in known]:
                raise _fault(
                    (*at, "targets"),
                    f"任务 {task.no} 引用了不存在的目标 {unknown[0]}，可用的有 {'、'.join(known)}",
                )
        for i, quota in enumerate(self.case_quotas):
            if f"行动 {quota.action}" not in seen:
                raise _fault(("case_quotas", i, "action"), f"案例名额引用了不存在的行动 {quota.action}")
        return self


def _fault(at: _Place, message: str) -> PydanticCustomError:
    """A contradiction within the plan, and where in the file it stands."""
    return PydanticCustomError("plan", "{message}", {"message": message, "at": at})


_PARTS: dict[str, type[BaseModel]] = {
    "targets": Target,
    "actions": Action,
    "tasks": Task,
    "case_quotas": CaseQuota,
    "safeguards": Safeguard,
    "text_repairs": TextRepair,
}
_EXPECTED = {
    "string": "文字（必要时加引号）",
    "int": "整数",
    "float": "数字",
    "bool": "true 或 false",
    "date": "日期，如 2022-08-22",
    "tuple": "列表",
    "model": "一组“键: 值”",
}


def plans(layout: Layout) -> dict[str, Plan]:
    """Every plan by its id, the earliest first. Raises DataError, see `load_plan`, also where there is none."""
    found = [_load_plan(layout, id) for id in _plan_ids(layout)]
    if not found:
        raise DataError(
            "plan.missing", f"{_shown(layout, layout.reference)}/plans 里没有计划文件，请从项目仓库恢复后再运行。"
        )
    return {plan.id: plan for plan in sorted(found, key=lambda plan: plan.term_start)}


def _plan_ids(layout: Layout) -> list[str]:
    paths = (layout.reference / "plans").glob("*.yml")
    return sorted(path.stem for path in paths if not path.stem.endswith("-statements"))


def plan_of(layout: Layout, year: int) -> Plan:
    """The plan by which a report of `year` is made: in whose term it lies, else the next one, once its baseline year is
    reached.

    Raises DataError (plan.none, plan.several) where there is none or more than one, and as `load_plan`.
    """
    known = plans(layout)
    found = [plan for plan in known.values() if plan.covers(year)]
    if len(found) > 1:
        raise DataError(
            "plan.several",
            f"{year} 年在 {'、'.join(one.id for one in found)} 几个计划的计划期内，不能确定按哪一个；"
            "生成报告时可用 --plan 指明，检查填报前请把计划文件的起止年份改得不重叠。",
        )
    if found:
        return found[0]
    ahead = [plan for plan in known.values() if plan.baseline_year <= year < plan.term_start]
    if ahead:
        return ahead[0]
    raise DataError(
        "plan.none",
        f"{year} 年不在任何计划的计划期内；已有的计划：{listed(known)}。"
        f"请在 {_shown(layout, layout.reference)}/plans 加入这一年的计划，或用 --plan 指明按哪个计划评估。",
    )


def plan_if_any(layout: Layout, year: int) -> Plan | None:
    """`plan_of`, but None for a year of which there is no plan. A plan that cannot be read raises DataError all the same."""
    try:
        return plan_of(layout, year)
    except DataError as error:
        if error.id != "plan.none":
            raise
        return None


def listed(known: Mapping[str, Plan]) -> str:
    """`2022-2025（2022—2025 年，基期 2020 年）`"""
    told = [f"{one.id}（{one.term_start}—{one.term_end} 年，基期 {one.baseline_year} 年）" for one in known.values()]
    return "、".join(told)


def load_plan(layout: Layout, plan_id: str | None = None) -> Plan:
    """Read `data/raw/reference/plans/<plan_id>.yml`; without an id the plan of the latest year of published statistics, else
    the last one: for what is not of a year.

    Raises DataError (plan.missing, plan.unreadable, plan.syntax, plan.invalid) naming file, line and what
    would be right.
    """
    if plan_id is not None:
        return _load_plan(layout, plan_id)
    return plan_if_any(layout, latest_year(published(layout))) or list(plans(layout).values())[-1]


@remembered
def _load_plan(layout: Layout, plan_id: str) -> Plan:
    path = layout.reference / "plans" / f"{plan_id}.yml"
    shown = _shown(layout, path)
    if plan_id not in (there := _plan_ids(layout)):
        raise DataError(
            "plan.missing",
            f"没有计划 {plan_id}（{shown}）；请核对计划编号，已有的计划：{'、'.join(there) or '（没有）'}。",
        )
    try:
        node, data = yaml_text.read(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        raise DataError("plan.unreadable", f"计划文件 {shown} 读不出来，应为 UTF-8 编码的文本文件。") from None
    except NotPlain as error:
        raise DataError("plan.syntax", f"计划文件 {shown} 第 {error.line} 行附近：{error.why}。") from None
    try:
        plan = Plan.model_validate(data)
    except ValidationError as error:
        first, at = first_fault(error)
        line = line_of(node, at)
        raise DataError("plan.invalid", f"计划文件 {shown} 第 {line} 行：{_plan_fault(first)}。") from None
    if plan.id != plan_id:
        line = line_of(node, ("id",))
        raise DataError(
            "plan.invalid", f"计划文件 {shown} 第 {line} 行：“id”是“{plan.id}”，应与文件名 {plan_id} 相同。"
        )
    return plan


def _plan_fault(fault: ErrorDetails) -> str:
    """One pydantic error in Chinese: what was found and what would be right."""
    loc, kind = fault["loc"], fault["type"]
    name = str(loc[-1]) if loc else ""
    context: dict[str, Any] = fault.get("ctx", {})
    if kind == "extra_forbidden":
        part = next((_PARTS[str(step)] for step in reversed(loc[:-1]) if str(step) in _PARTS), Plan)
        return f"不认识的键“{name}”，可用的键有 {'、'.join(part.model_fields)}"
    if kind == "missing":
        return f"缺少“{name}”，请补上"
    if kind == "plan":
        return str(context["message"])
    if kind == "literal_error":
        return f"“{name}”的值“{fault['input']}”不对，应为 {context['expected'].replace(' or ', ' 或 ')}"
    if kind == "string_too_long":
        return f"“{name}”超过 {context['max_length']} 个字，请缩短"
    if kind in ("string_too_short", "too_short"):
        return f"“{name}”是空的，请填写"
    expected = _EXPECTED.get(kind.split("_")[0], "规定的类型")
    if not name:
        return f"文件内容应为{expected}"
    given = "" if isinstance(fault["input"], dict | list) else f"“{_empty(fault['input'])}”"
    return f"“{name}”的值{given}不对，应为{expected}"


# --- reference tables ------------------------------------------------------------------------------------


@remembered
def provinces(layout: Layout) -> pl.DataFrame:
    """The 34 province-level regions, one row each, with their place on the tile grid.

    Columns: code (text, 6 digits), name_zh, short_zh, name_en, letter_code, in_31, grid_region,
    economic_region, factor_published, hub_node, hub_role, cluster, note, row, col (tile grid, from 1). in_31
    and factor_published are booleans; what does not apply is null. Raises DataError.
    """
    path = layout.reference / "provinces.csv"
    table = _read(
        layout,
        path,
        "code name_zh short_zh name_en letter_code in_31 grid_region economic_region factor_published "
        "hub_node hub_role cluster note",
    )
    grid_path = layout.reference / "province_tile_grid.csv"
    grid = _read(layout, grid_path, "code row col")
    grid = _cast(layout, grid_path, grid, {"row": pl.Int64, "col": pl.Int64}, key="code")
    joined = table.with_columns(pl.col("in_31", "factor_published") == "yes").join(
        grid, on="code", how="left", maintain_order="left", validate="1:1"
    )
    if lost := joined.filter(pl.col("row").is_null())["short_zh"].to_list():
        raise DataError("data.value", f"数据文件 {_shown(layout, grid_path)} 没有{'、'.join(lost)}的位置，请补上一行。")
    return joined


def pinyin(layout: Layout) -> pl.DataFrame:
    """How the 34 divisions are spelled: code, pinyin (syllables with blanks between them, without tones). Raises
    DataError."""
    return _read(layout, layout.reference / "province_pinyin.csv", "code pinyin source").drop("source")


def abbreviations(layout: Layout) -> dict[str, str]:
    """Code -> the one sign that stands for a division (粤), for all 34. Raises DataError."""
    table = _read(layout, layout.reference / "region_aliases.csv", "alias code kind")
    first = table.filter(pl.col("kind") == "abbreviation").unique("code", keep="first", maintain_order=True)
    return dict(first.select("code", "alias").iter_rows())


def within(layout: Layout) -> dict[str, str]:
    """What has a name of its own and is a part of a province (a city with its own plan, the corps) -> the province's code, which
    such a name finds and of which it is not the whole. Raises DataError."""
    table = _read(layout, layout.reference / "region_aliases.csv", "alias code kind")
    parts = table.filter(pl.col("kind").is_in(["plan_listed_city", "corps"]))
    return dict(parts.select("alias", "code").iter_rows())


@remembered
def grid_factors(layout: Layout) -> pl.DataFrame:
    """CO2 factors of electricity, one row per year, region and kind.

    Columns: row_id, year (Int64), region_level (nation, grid_region, province), region_zh, region_code
    (000000 the nation, 6 digits a province, null a grid region), kind (average,
    average_excl_traded_nonfossil, fossil), factor_kgco2_per_kwh (null where none is published: 西藏),
    confidence (high, low, n/a), row_type (unverified where confidence is low), source_title, source_date,
    source_url, cross_check, note. Raises DataError. Source: the yearly announcements of the ministry of
    ecology and the statistics bureau; the links are as cited elsewhere.
    """
    path = layout.reference / "grid_emission_factors.csv"
    table = _read(
        layout,
        path,
        "row_id year region_level region_zh kind factor_kgco2_per_kwh confidence row_type source_title "
        "source_date source_url cross_check note",
    )
    table = _cast(layout, path, table, {"year": pl.Int64, "factor_kgco2_per_kwh": pl.Float64})
    return _with_region_code(layout, table)


@remembered
def energy_coefficients(layout: Layout) -> pl.DataFrame:
    """Standard-coal coefficients, kgce per unit.

    Columns: row_id, carrier, carrier_zh, unit, kgce_per_unit (null where the source gives no fixed value),
    preferred (at most one true per carrier; none for fresh_water, whose coefficient is in dispute, nor for
    electricity at coal-equivalent value), lhv (text as printed), edition of GB/T 2589 the source names,
    confidence, row_type, source_title, source_date, source_url, read_in, note. Raises DataError.
    """
    path = layout.reference / "energy_coefficients.csv"
    table = _read(
        layout,
        path,
        "row_id carrier carrier_zh unit kgce_per_unit preferred lhv edition confidence row_type source_title "
        "source_date source_url read_in note",
    )
    return _cast(layout, path, table, {"kgce_per_unit": pl.Float64}).with_columns(pl.col("preferred") == "yes")


@remembered
def fuel_factors(layout: Layout) -> pl.DataFrame:
    """CO2 factors of fuels, kgCO2 per unit, three sets side by side (S1, S2, S3): use one, never mix.

    Columns: row_id, set, carrier, carrier_zh, unit, kgco2_per_unit, lhv, lhv_unit, carbon_content,
    carbon_content_unit, oxidation_rate, confidence, row_type (printed, derived), source_title, source_date,
    source_url, read_in, note. Raises DataError.
    """
    path = layout.reference / "fuel_emission_factors.csv"
    numbers = ("kgco2_per_unit", "lhv", "carbon_content", "oxidation_rate")
    table = _read(
        layout,
        path,
        "row_id set carrier carrier_zh unit kgco2_per_unit lhv lhv_unit carbon_content carbon_content_unit "
        "oxidation_rate confidence row_type source_title source_date source_url read_in note",
    )
    return _cast(layout, path, table, dict.fromkeys(numbers, pl.Float64))


@remembered
def pue_standards(layout: Layout) -> pl.DataFrame:
    """Limits, policy values and size classes of data centres.

    Columns: row_id, kind (grade, status, policy, size_class), item, scope, metric, operator, value (text as
    printed), year (text), confidence, row_type, source_title, source_date, source_url, note, number (value
    as Float64, null where it is not one plain number), quoted (the document's own words for the value, null where the
    note has none). Raises DataError.
    """
    table = _read(
        layout,
        layout.reference / "pue_standards.csv",
        "row_id kind item scope metric operator value year confidence row_type source_title source_date "
        "source_url note",
    )
    quoted = pl.col("note").str.extract("原文“(.+?)”")
    return table.with_columns(number=pl.col("value").cast(pl.Float64, strict=False), quoted=quoted)


def policies(layout: Layout) -> pl.DataFrame:
    """What has been issued about the subject, in the order of its date.

    Columns: row_id, date (text: year, month and perhaps day), item, issuer, fact, confidence (high or medium),
    source_title (the document itself), read_in (where it was read if not there), year (Int64). Raises DataError.
    """
    path = layout.reference / "policies.csv"
    table = _read(layout, path, "row_id date item issuer fact confidence source_title read_in")
    dated = table.with_columns(year=pl.col("date").str.slice(0, 4))
    return _cast(layout, path, dated, {"year": pl.Int64}).sort("date")


def public_cases(layout: Layout) -> pl.DataFrame:
    """Published cases of enabled reductions, as their organisations declare them; no statistics.

    Columns: row_id, case_name, organisation, province, plan_category, scene, year (Int64, null where the
    page prints none), published_effect, effect_value, effect_unit, effect_basis (text as printed), row_type (printed,
    or unverified where no original can be named), grade, source_title, source_date, source_url, read_in, note. Raises
    DataError.
    """
    path = layout.public / "cases_public.csv"
    table = _read(
        layout,
        path,
        "row_id case_name organisation province plan_category scene year published_effect effect_value "
        "effect_unit effect_basis row_type grade source_title source_date source_url read_in note",
    )
    return _cast(layout, path, table, {"year": pl.Int64})


# --- published statistics --------------------------------------------------------------------------------

_SERIES = ("national_series", "regional_series", "provincial_series", "energy", "targets_progress", "derived")
_SERIES_COLUMNS = (
    "row_id year month region_zh indicator_id indicator_zh value unit scope_note row_type grade source_title "
    "source_date source_url read_in"
)
_PUBLISHED_COLUMNS = (
    "row_id year month region_zh region_code indicator_id indicator_zh value_printed unit_printed value unit "
    "qualifier scope_note row_type grade source_title source_date source_url read_in status reason"
)
_USED_COLUMNS = "year month value unit value_printed unit_printed qualifier row_type grade row_id source_title"
_KEY = ["indicator_id", "region_zh", "year", "month"]
_ROW_TYPES = ["printed", "derived", "target", "forecast", "unverified"]
_QUALIFIER = r"超过|超|突破|约|以上|以下|以内|左右"
_VALUE = rf"^(?:{_QUALIFIER})?-?\d+(?:\.\d+)?(?:-\d+(?:\.\d+)?)?%?(?:{_QUALIFIER})?$"
_STATISTICS_BUREAU = "国家统计局"
_FIRST_GROWTH = 2020  # the first year of published growth

# Printed unit -> canonical unit and the power of ten between them. Stations and towers (站, 座) are counted
# as 个, so that one indicator has one unit.
_UNITS: dict[str, tuple[str, int]] = {
    "%": ("%", 0),
    "个": ("个", 0),
    "千个": ("个", 3),
    "万个": ("个", 4),
    "百万个": ("个", 6),
    "万个网点": ("个", 4),
    "座": ("个", 0),
    "万座": ("个", 4),
    "万站": ("个", 4),
    "架": ("架", 0),
    "万架": ("架", 4),
    "家": ("家", 0),
    "项": ("项", 0),
    "千户": ("户", 3),
    "万户": ("户", 4),
    "百万户": ("户", 6),
    "亿户": ("户", 8),
    "个/万人": ("个/万人", 0),
    "户/站": ("户/站", 0),
    "万GB": ("亿GB", -4),
    "亿GB": ("亿GB", 0),
    "亿元": ("亿元", 0),
    "万亿元": ("亿元", 4),
    "亿kWh": ("亿kWh", 0),
    "万亿kWh": ("亿kWh", 4),
    "TWh": ("亿kWh", 1),
    "亿kWh/年": ("亿kWh/年", 0),
    "kWh/载频": ("kWh/载频", 0),
    "MWp": ("MWp", 0),
    "EFLOPS": ("EFLOPS", 0),
    "万公里": ("万公里", 0),
    "亿平方米": ("亿平方米", 0),
    "亿个": ("亿个", 0),
    "元/个": ("元/个", 0),
    "kgCO2e/kWh": ("kgCO2e/kWh", 0),
    "tce": ("吨标准煤", 0),
    "kgce/TB": ("kgce/TB", 0),
    "kgce/百万元": ("kgce/百万元", 0),
    "kgCO2e/TB": ("kgCO2e/TB", 0),
    "t/百万元": ("t/百万元", 0),
    "kgCO2e": ("万吨", -7),
    "tCO2e": ("万吨", -4),
    "万吨CO2以内": ("万吨", 0),
    "百万tCO2e": ("万吨", 2),
}


def canonical_unit(printed: str) -> tuple[str, int] | None:
    """The canonical unit of a printed one and the power of ten between them; None for one that is not known."""
    return _UNITS.get(printed)


# The order in which rows of one key are preferred: column, descending?, the words for the reader.
_ORDER = (
    ("_not_bureau", False, "国家统计局年度数据先于首次发布值"),
    ("_not_printed", False, "原文数值先于推算值"),
    ("_inexact", False, "准确值先于概数"),
    ("grade", False, "来源等级高者为先"),
    ("_digits", True, "有效数字较多者为先"),
    ("source_date", True, "发布较晚者为先"),
    ("row_id", False, "其余相同，取先列出者"),
)


@remembered
def published(layout: Layout) -> pl.DataFrame:
    """Every row of the six public tables in one long frame, with what became of it.

    Columns: row_id; year, month (Int64; month null: the year or its end, else that month's end or the
    months of the year up to it); region_zh; region_code (000000 the nation, 6 digits a province, null any
    other: economic regions, companies, the world); indicator_id, indicator_zh; value_printed, unit_printed
    (as the source prints them); value (Float64, null where no single number is printed), unit (canonical:
    counts in 个, 户, 架, 家, 项, traffic 亿GB, money 亿元, electricity 亿kWh, CO2 万吨, standard
    coal 吨标准煤, the rest as printed); qualifier ("" or 超, 约, 以上 ...); scope_note; row_type (printed,
    derived, target, forecast, unverified: also where no original document can be named); grade (A, B, C);
    source_title (the original document, as it is cited), source_date (ISO text, year to day, null if not printed),
    source_url (null where no link may be given), read_in (the reprint that was read instead of the original, null
    where that itself was read); status (used, left_out, disputed, not_a_fact); reason (Chinese, "" if used).

    Of the rows of one (indicator_id, region_zh, year, month) one is used (DISAGREEMENT_RULE): (a) target,
    forecast and unverified rows are not facts, rows named in disputes.csv are disputed: neither takes part;
    (b) the statistics bureau's yearly data, and sums of its provinces, before a first release, else printed
    before derived; (c) exact before qualified; (d) grade A before B before C; (e) more significant digits;
    (f) the later publication. A mean of the sources would be a number that nobody published. "Agrees" means
    within half a unit of the last place of the coarser print.

    Raises DataError (data.missing, data.unreadable, data.columns, data.value, data.unit, data.duplicate).
    """
    rows = pl.concat([_series_table(layout, name) for name in _SERIES])
    if (twice := rows.filter(pl.col("row_id").is_duplicated())).height:
        raise DataError(
            "data.duplicate",
            f"{_shown(layout, layout.public)} 各表中行号 {twice['row_id'][0]} 重复，每行的 row_id 应唯一。",
        )
    rows = _with_region_code(layout, _canonical(rows)).join(
        _disputes(layout, rows), on="row_id", how="left", maintain_order="left"
    )
    decided = _decide(rows)
    return decided.select(_PUBLISHED_COLUMNS.split())


def _series_table(layout: Layout, name: str) -> pl.DataFrame:
    path = layout.public / f"{name}.csv"
    table = _read(layout, path, _SERIES_COLUMNS)
    table = _cast(layout, path, table, {"year": pl.Int64, "month": pl.Int64})
    blank = pl.any_horizontal(pl.col("row_id", "year", "region_zh", "indicator_id", "value").is_null())
    if (bad := table.with_row_index("line", offset=2).filter(blank)).height:
        raise DataError(
            "data.value",
            f"数据文件 {_shown(layout, path)} 第 {bad['line'][0]} 行不完整，行号、年份、地区、指标和数值都应填写。",
        )
    checks = {
        "row_type": (pl.col("row_type").is_in(_ROW_TYPES), "、".join(_ROW_TYPES)),
        "grade": (pl.col("grade").is_in(["A", "B", "C"]), "A、B、C"),
        "unit": (pl.col("unit").is_null() | pl.col("unit").is_in(list(_UNITS)), "、".join(_UNITS)),
        "month": (pl.col("month").is_null() | pl.col("month").is_between(1, 12), "1 至 12 或留空"),
        "value": (pl.col("value").str.contains(_VALUE), "数字、a-b 形式的范围，或带“超”“约”“以上”等字样的数字"),
        "source_title": (pl.col("source_title").is_not_null(), "来源文件的名称"),
    }
    for column, (good, expected) in checks.items():
        if (bad := table.filter(~good.fill_null(False))).height:
            raise DataError(
                "data.unit" if column == "unit" else "data.value",
                f"数据文件 {_shown(layout, path)} 行号 {bad['row_id'][0]} 的 {column} "
                f"“{_empty(bad[column][0])}”不对，应为 {expected}。",
            )
    return table


def _canonical(rows: pl.DataFrame) -> pl.DataFrame:
    """Add value, unit and qualifier, and the helpers `_digits` and `_step` (half a unit of the last place)."""
    unit = pl.col("unit_printed")
    power = unit.replace_strict({name: power for name, (_, power) in _UNITS.items()}, default=0, return_dtype=pl.Int64)
    # Dividing by a power of ten is exact to the last bit, multiplying with 1e-4 is not.
    up, down = pl.lit(10.0).pow(power.clip(lower_bound=0)), pl.lit(10.0).pow((-power).clip(lower_bound=0))
    number = pl.col("value_printed").str.replace_all(_QUALIFIER, "").str.strip_suffix("%")
    decimals = number.str.extract(r"\.(\d+)$").str.len_chars().fill_null(0).cast(pl.Int64)
    return rows.rename({"value": "value_printed", "unit": "unit_printed"}).with_columns(
        # Six decimals keep every printed digit (kgCO2e in 万吨) and drop the noise of binary fractions.
        value=(number.cast(pl.Float64, strict=False) * up / down).round(6),
        unit=unit.replace_strict({name: to for name, (to, _) in _UNITS.items()}, default=""),
        unit_printed=unit.fill_null(""),
        qualifier=pl.coalesce(
            pl.col("value_printed").str.extract(f"({_QUALIFIER})"),
            unit.str.extract(f"({_QUALIFIER})"),
            pl.lit(""),
        ),
        scope_note=pl.col("scope_note").fill_null(""),
        _digits=number.str.replace_all(r"[^\d]", "").str.strip_chars_start("0").str.len_chars(),
        _step=0.5 * up / down / pl.lit(10.0).pow(decimals),
    )


def _disputes(layout: Layout, rows: pl.DataFrame) -> pl.DataFrame:
    path = layout.public / "disputes.csv"
    disputes = _read(layout, path, "row_id reason")
    if (lost := disputes.join(rows, on="row_id", how="anti")).height:
        raise DataError(
            "data.value",
            f"存疑清单 {_shown(layout, path)} 的行号 {lost['row_id'][0]} 不在各数据表中，请改正或删去该行。",
        )
    return disputes.select("row_id", _dispute=pl.col("reason"))


def _decide(rows: pl.DataFrame) -> pl.DataFrame:
    """Add status and reason by the rule in `published`."""
    not_a_fact = pl.col("row_type").replace_strict(
        {"target": "目标值，不是实绩", "forecast": "预测值，不是实绩", "unverified": "未经核实或查不到原始文件"},
        default=None,
    )
    rows = rows.with_columns(
        _not_a_fact=not_a_fact,
        _not_bureau=~(pl.col("source_title").str.starts_with(_STATISTICS_BUREAU) & pl.col("month").is_null()),
        _not_printed=pl.col("row_type") != "printed",
        _inexact=pl.col("qualifier") != "",
    )
    taking_part = pl.col("_not_a_fact").is_null() & pl.col("_dispute").is_null()
    names = [name for name, _, _ in _ORDER]
    ranked = rows.filter(taking_part).sort(names, descending=[d for _, d, _ in _ORDER], nulls_last=True)
    shown = ("value_printed", "unit_printed", "value", "_step", *names)
    best = ranked.unique(_KEY, keep="first", maintain_order=True).select(
        *_KEY, *(pl.col(name).alias(f"best_{name}") for name in dict.fromkeys(shown))
    )
    rows = rows.join(best, on=_KEY, how="left", nulls_equal=True, maintain_order="left")

    tolerance = pl.max_horizontal("_step", "best__step") + 1e-9
    agrees = (pl.col("value") - pl.col("best_value")).abs() <= tolerance
    decisive = pl.coalesce(
        pl.when(pl.col(name).ne_missing(pl.col(f"best_{name}"))).then(pl.lit(words)) for name, _, words in _ORDER
    )
    differs = pl.format(
        "与采用值不一致：本行 {}{}，采用 {}{}（按规则：{}）",
        "value_printed",
        "unit_printed",
        "best_value_printed",
        "best_unit_printed",
        decisive,
    )
    used = pl.col("row_id") == pl.col("best_row_id")
    return rows.with_columns(
        status=pl.when(pl.col("_not_a_fact").is_not_null())
        .then(pl.lit("not_a_fact"))
        .when(pl.col("_dispute").is_not_null())
        .then(pl.lit("disputed"))
        .when(used)
        .then(pl.lit("used"))
        .otherwise(pl.lit("left_out")),
        reason=pl.coalesce(
            "_not_a_fact",
            "_dispute",
            pl.when(used).then(pl.lit("")),
            pl.when(agrees).then(pl.lit("与采用值一致（重复来源）")),
            differs,
        ),
    )


def series(published: pl.DataFrame, indicator_id: str, region: str, annual: bool = True) -> pl.DataFrame:
    """The used rows of one indicator and region (Chinese name or code), by year; empty if there are none.

    Columns: year, month, value, unit, value_printed, unit_printed, qualifier, row_type, grade, row_id,
    source_title. `annual` keeps the yearly rows only; otherwise the points within a year come before its
    yearly row.
    """
    wanted = (
        (pl.col("indicator_id") == indicator_id)
        & ((pl.col("region_zh") == region) | (pl.col("region_code") == region).fill_null(False))
        & (pl.col("status") == "used")
    )
    found = published.filter(wanted & pl.col("month").is_null() if annual else wanted)
    return found.sort("year", "month", nulls_last=True).select(_USED_COLUMNS.split())


def latest_year(published: pl.DataFrame) -> int:
    """The latest year with yearly published statistics of the nation."""
    annual = published.filter(
        (pl.col("status") == "used") & pl.col("month").is_null() & (pl.col("region_code") == NATION_CODE)
    )
    return int(annual["year"].max())  # type: ignore[arg-type]


def business_volume_index(published: pl.DataFrame, base_year: int | None = None) -> pl.DataFrame:
    """Telecom business volume at constant prices, base_year = 100, chained from the used growth rates (tbv_g).

    Growth is published at the previous year's prices, so the rates multiply; no rounding in between. base_year: by default
    the first year. Columns: year, growth_pct (%, as published), index (chained, not rounded), computed (false for the
    first year, whose growth is not used), row_id and source_title of the growth rate. Chained values do not add up. Raises
    DataError (data.gap) where a year is missing in between, or the base is none of them.
    """
    growth = series(published, "tbv_g", "全国").filter(pl.col("year") >= _FIRST_GROWTH)
    years = growth["year"].to_list()
    first = min(_FIRST_GROWTH, base_year or _FIRST_GROWTH)
    if not years or years != list(range(first, first + len(years))) or (base_year or first) not in years:
        raise DataError(
            "data.gap",
            f"national_series.csv 中电信业务总量同比增速（tbv_g）应自 {first} 年起逐年齐全，"
            f"现有年份为 {'、'.join(map(str, years)) or '（没有）'}，请补齐后再计算指数。",
        )
    is_first = pl.col("year") == first
    link = pl.when(is_first).then(1.0).otherwise(1 + pl.col("value") / 100)
    chained = growth.with_columns(index=100 * link.cum_prod())
    at_base = chained.filter(pl.col("year") == (base_year or first))["index"][0]
    return chained.select(
        "year",
        growth_pct="value",
        index=pl.col("index") / (at_base / 100),
        computed=~is_first,
        row_id="row_id",
        source_title="source_title",
    )


# --- reading ---------------------------------------------------------------------------------------------


def _shown(layout: Layout, path: Path) -> str:
    return path.relative_to(layout.root).as_posix()


def _empty(value: object) -> str:
    return "（空）" if value is None else str(value)


def _read(layout: Layout, path: Path, columns: str) -> pl.DataFrame:
    """The named columns of a UTF-8 CSV as text, empty cells null."""
    shown = _shown(layout, path)
    if not path.is_file():
        what = f"文件夹 {_shown(layout, path.parent)}" if not path.parent.is_dir() else f"数据文件 {shown}"
        raise DataError("data.missing", f"找不到{what}（需要其中的 {path.name}），请从项目仓库恢复后再运行。")
    try:
        table = pl.read_csv(path, infer_schema=False, glob=False)
    except (pl.exceptions.PolarsError, OSError):
        raise DataError(
            "data.unreadable",
            f"数据文件 {shown} 读不出来，应为 UTF-8 编码、逗号分隔、每行列数相同的 CSV 文件。",
        ) from None
    if absent := [name for name in columns.split() if name not in table.columns]:
        raise DataError(
            "data.columns",
            f"数据文件 {shown} 缺少列 {'、'.join(absent)}，应有的列为 {'、'.join(columns.split())}。",
        )
    # Spreadsheet programs may write an empty cell as "" or leave blanks around a value.
    return table.select(pl.col(columns.split()).str.strip_chars().replace("", None))


def _cast(
    layout: Layout, path: Path, table: pl.DataFrame, types: dict[str, type[pl.DataType]], key: str = "row_id"
) -> pl.DataFrame:
    """Numbers as numbers; a cell that is none raises DataError with file, row and column."""
    for column, dtype in types.items():
        number = pl.col(column).cast(dtype, strict=False)
        if (bad := table.filter(pl.col(column).is_not_null() & number.is_null())).height:
            raise DataError(
                "data.value",
                f"数据文件 {_shown(layout, path)} 行号 {bad[key][0]} 的 {column} “{bad[column][0]}”不对，"
                f"应为{'整数' if dtype == pl.Int64 else '数字'}。",
            )
    return table.with_columns(pl.col(column).cast(dtype) for column, dtype in types.items())


def _with_region_code(layout: Layout, table: pl.DataFrame) -> pl.DataFrame:
    """Add region_code after region_zh: 000000 the nation, 6 digits a province, null anything else."""
    named = provinces(layout)
    codes = dict(zip(named["short_zh"], named["code"], strict=True)) | {"全国": "000000"}
    at = table.columns.index("region_zh") + 1
    code = pl.Series("region_code", table["region_zh"].replace_strict(codes, default=None, return_dtype=pl.String))
    return table.insert_column(at, code)
