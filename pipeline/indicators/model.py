"""What is computed: the catalogue of indicators, declared once as data and checked before anything is computed.

A family is one file of `catalogue/`. An indicator has one of three forms: `table` (with where, numerator, denominator),
`ratio_of` (two indicators of different tables) or `change_of` (one indicator, since the baseline). Reports, the methods
appendix, the scorecard and explanations read the same declarations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from pipeline.errors import DataError
from pipeline.filings.contracts import ACTIONS, BY_NAME, METRICS, OPTIONAL
from pipeline.findings.measures import Measure
from pipeline.given import reference
from pipeline.given.reference import Plan
from pipeline.given.remembered import remembered
from pipeline.given.yaml_text import first_fault
from pipeline.indicators import carbon, flags, inputs, quality
from pipeline.indicators.expressions import Refused, parse, unknown
from pipeline.layout import Layout

Kind = Literal["ratio", "share", "sum", "count", "index", "change"]
Text = Annotated[str, Field(min_length=1)]
FOLDER = Path(__file__).parent / "catalogue"
BIG = frozenset(("tce", "kWh", "TB", "tCO2", "m3", "GJ", "个", "架", "t", "台"))  # units counted in 万 and 亿

# Dimension -> Chinese title; its column has the same name. Members are codes, or texts as filed.
DIMENSIONS = {
    "size_class": "规模", "hub_cluster": "枢纽集群", "grade": "能效等级", "kind": "机房类型", "generation": "制式",
    "facility_type": "设施类型", "carrier": "能源品种", "entity_kind": "单位类别", "channel": "绿电渠道", "scope": "排放范围",
    "category": "场景类别", "status": "状态", "level": "标准级别", "sharing_kind": "共享方式", "table": "填报表",
    "measured_at": "PUE测量类别", "equipment_type": "设备类型", "vendor": "厂商", "vintage": "设备类型和入网年份", "business": "业务",
    "allocation": "分摊方法",
}  # fmt: skip
_MADE_MEMBERS: dict[str, Mapping[str, str]] = {
    "size_class": inputs.SIZE_CLASSES,
    "grade": inputs.GRADES,
    "measured_at": inputs.MEASURED,
    "scope": carbon.SCOPES,
    "table": quality.TABLE_NAMES,
    "entity_kind": {code: names[0] for code, names in BY_NAME["entities"].column("kind").members.items()},
}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Definition(_Model):
    """What the methods appendix prints: the formula in words, the scope, what is left out ("" for nothing)."""

    formula: Text
    scope: Text
    left_out: str = ""

    @property
    def text(self) -> str:
        """One paragraph: `计算：…。范围：…。不含：…。`"""
        parts = {"计算": self.formula, "范围": self.scope, "不含": self.left_out}
        return "".join(f"{name}：{said.rstrip('。')}。" for name, said in parts.items() if said)


class Indicator(_Model):
    """One indicator. unit: "1" for plain ratios, printed as percent if `as_percent`.

    where, numerator, denominator: SQL over the columns of `inputs.COLUMNS[table]`. A row enters when where holds and
    both numerator and denominator are filled; numerator and denominator are summed, then divided. A condition counts 1.
    kinds: the kinds of enterprises whose rows count (all if empty). filers: the kinds expected to file it wherever they
    file the other part of a ratio (default: kinds; [] for none). across: a share over the members of a dimension (the
    denominator is that of all members). year: the column that is the year. cumulative_from: the column with the first
    year from which rows are counted on. constant_prices: the column with the price base. scale: of the numerator of
    ratio_of, to come from the units of the parts to `unit`. flags: flag -> condition of rows that raises it. beside:
    rows of pue_standards.csv shown beside the value. nation_only: not for provinces. internal: never published, as nothing
    protects what it would tell. aliases: how readers call it, in any language; one that several have is ambiguous. source: what it is measured by; by
    default the parts of the plan that are about it. `{base}` in a text stands for the plan's baseline year.
    """

    id: Text
    title: Text
    kind: Kind
    unit: Text
    as_percent: bool = False
    better: Literal["higher", "lower"] | None = None
    decimals: Annotated[int, Field(ge=0, le=6)]
    table: str | None = None
    where: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    kinds: tuple[str, ...] = ()
    filers: tuple[str, ...] | None = None
    year: str = "year"
    cumulative_from: str | None = None
    constant_prices: str | None = None
    across: str | None = None
    ratio_of: tuple[str, str] | None = None
    scale: float = 1.0
    change_of: str | None = None
    since: Literal["baseline"] | None = None
    dimensions: tuple[str, ...] = ()
    nation_only: bool = False
    internal: bool = False
    valid_range: tuple[float, float] | None = None
    flags: dict[str, str] = Field(default_factory=dict)
    beside: tuple[str, ...] = ()
    aliases: tuple[Text, ...] = ()
    source: str = ""
    definition: Definition

    @property
    def measure(self) -> Measure:
        """How it is called and printed."""
        ratio = self.kind not in ("sum", "count")
        moves: Literal["amount", "rate"] = "rate" if ratio else "amount"
        if self.as_percent:
            is_change = self.kind == "change" and self.title.endswith("变动")
            return Measure(self.title, "", self.decimals, "percent", moves, is_change=is_change)
        unit = "" if self.unit == "1" or self.kind == "index" else self.unit
        big = not ratio and unit in BIG
        return Measure(self.title, unit, 1 if big else self.decimals, "big" if big else "plain", moves)

    @model_validator(mode="after")
    def _hangs_together(self) -> Indicator:
        forms = [name for name in ("table", "ratio_of", "change_of") if getattr(self, name) is not None]
        if len(forms) != 1:
            raise _fault(f"写了 {'、'.join(forms) or '零'} 种形式，应恰好写 table、ratio_of、change_of 之一")
        form, needs = forms[0], set[str]()
        if form == "table":
            needs = {
                "ratio": {"numerator", "denominator"},
                "share": {"numerator"},
                "sum": {"numerator"},
                "count": set(),
            }.get(self.kind) or needs
        if form == "change_of":
            needs = {"since"}
        if self.cumulative_from is not None and self.kind != "count":
            raise _fault("cumulative_from 只用于 kind: count")
        fitting = {
            "table": ("ratio", "share", "sum", "count"),
            "ratio_of": ("ratio", "share"),
            "change_of": ("index", "change"),
        }
        if self.kind not in fitting[form]:
            raise _fault(f"kind 是 {self.kind}，{form} 形式的应为 {' 或 '.join(fitting[form])}")
        if missing := sorted(name for name in needs if getattr(self, name) is None):
            raise _fault(f"缺少 {'、'.join(missing)}，请补上")
        if idle := [name for name in _ONLY if name in self.model_fields_set and form not in _ONLY[name]]:
            raise _fault(f"{form} 形式的不能写 {'、'.join(idle)}，请删去")
        if self.kind in ("sum", "count") and (self.denominator or self.across):
            raise _fault("sum 和 count 没有分母，请删去 denominator 和 across，或改为 ratio、share")
        if self.valid_range and not self.valid_range[0] <= self.valid_range[1]:
            raise _fault("valid_range 应为 [低, 高]")
        return self

    @property
    def is_quotient(self) -> bool:
        """Whether its value is a numerator over a denominator."""
        return self.kind in ("ratio", "share")

    @property
    def conditions(self) -> frozenset[str]:
        """What `where` asks for, condition by condition; of two indicators of one table, one that asks for more counts a
        part of the other's rows."""
        parted = re.split(r" AND (?!plan_)", self.where) if self.where else []  # not at that of a BETWEEN
        return frozenset(parted)

    @property
    def needed(self) -> tuple[str, ...]:
        """The indicators that it is made of."""
        return self.ratio_of or ((self.change_of,) if self.change_of else ())


_ONLY = {
    **dict.fromkeys(
        ("where", "numerator", "denominator", "kinds", "filers", "year", "cumulative_from", "constant_prices", "across",
         "flags"), ("table",),
    ),
    "scale": ("ratio_of",), "since": ("change_of",), "dimensions": ("table", "ratio_of"),
}  # fmt: skip


def _fault(message: str) -> PydanticCustomError:
    return PydanticCustomError("indicator", "{message}", {"message": message})


class _File(_Model):
    family: Text
    title: Text
    order: int = 99  # among the families, as the chapters stand
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True)
class Catalogue:
    """All indicators in the order of their declaration; families: name -> (Chinese title, ids). base_year: of the plan."""

    indicators: Mapping[str, Indicator]
    families: Mapping[str, tuple[str, tuple[str, ...]]]
    base_year: int

    def __getitem__(self, id: str) -> Indicator:
        return self.indicators[id]

    def __iter__(self) -> Iterator[Indicator]:
        return iter(self.indicators.values())

    @cached_property
    def public(self) -> Catalogue:
        """What disclosure control is about: without the internal ones."""
        return self.only([one.id for one in self if not one.internal])

    def of_tables(self) -> list[Indicator]:
        return [one for one in self if one.table]

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions that any indicator offers, in the order of DIMENSIONS."""
        offered = {name for one in self for name in offered_by(one)}
        return tuple(name for name in DIMENSIONS if name in offered)

    def only(self, ids: Iterable[str]) -> Catalogue:
        """These indicators and those that they are made of, in the order of their declaration."""
        wanted, coming = set[str](), list(ids)
        while coming:
            wanted.add(id := coming.pop())
            coming += self[id].needed
        named = {name: (title, tuple(id for id in of if id in wanted)) for name, (title, of) in self.families.items()}
        families = {name: family for name, family in named.items() if family[1]}
        return Catalogue({one.id: one for one in self if one.id in wanted}, families, self.base_year)

    def of_filed(self, tables: Iterable[str]) -> Catalogue:
        """Without the indicators of optional tables that are not among `tables`."""
        lacking = OPTIONAL - set(tables)
        return self.only(one.id for one in self if not lacking.intersection(self.tables(one.id)))

    def tables(self, id: str) -> tuple[str, ...]:
        """The filed tables that it is made of; none of the quality of all filings."""
        one = self[id]
        if one.table is None:
            return tuple(dict.fromkeys(name for part in one.needed for name in self.tables(part)))
        made = {"carbon": ("energy", "green_power")}
        return tuple(name for name in made.get(one.table, (one.table,)) if name in BY_NAME)

    def rests_on_plan(self, id: str) -> bool:
        """Whether its value depends on the plan's term or baseline year."""
        one = self[id]
        asked = " ".join(text for text in (one.where, one.numerator, one.denominator, one.cumulative_from) if text)
        own = one.since or one.constant_prices or re.search(r"\b(plan_start|plan_end|baseline_year)\b", asked)
        return bool(own) or any(self.rests_on_plan(part) for part in one.needed)

    def has_entities(self, id: str) -> bool:
        """Whether enterprises stand behind it, so that it can be told for each of them."""
        one = self[id]
        if one.table:
            return "entity_id" in inputs.COLUMNS[one.table]
        return all(self.has_entities(part) for part in one.needed)

    def has_provinces(self, id: str) -> bool:
        one = self[id]
        if one.nation_only:
            return False
        if one.table:
            return "province_code" in inputs.COLUMNS[one.table]
        return all(self.has_provinces(part) for part in one.needed)


def offered_by(indicator: Indicator) -> tuple[str, ...]:
    """Its dimensions, with the one that it is a share across."""
    return (*indicator.dimensions, *((indicator.across,) if indicator.across else ()))


def members(dimension: str, table: str | None = None) -> dict[str, str]:
    """Code -> Chinese name of the members of a dimension; of one whose codes differ by table (status, kind), of `table`.

    Empty where members are texts as filed (hub clusters).
    """
    if dimension in _MADE_MEMBERS:
        return dict(_MADE_MEMBERS[dimension])
    tables = [BY_NAME[table]] if table in BY_NAME else list(BY_NAME.values())
    for one in tables:
        if one.name != "entities" and dimension in one.dtypes:
            return {code: spellings[0] for code, spellings in one.column(dimension).members.items()}
    return {}


# --- reading -----------------------------------------------------------------------------------------------


@remembered
def load_catalogue(layout: Layout, folder: Path = FOLDER, plan_id: str | None = None) -> Catalogue:
    """Every `*.yml` of `folder`, checked as a whole, with the words of a plan (see `reference.load_plan`).

    Raises DataError (catalogue.*) naming file, indicator, what was found and what would be right: unknown keys, wrong
    types, expressions that cannot stand (`expressions.parse`), ids that are double or point nowhere, flags that are not
    declared, rows of pue_standards.csv that do not exist.
    """
    plan = reference.load_plan(layout, plan_id)
    indicators: dict[str, Indicator] = {}
    families: dict[str, tuple[str, tuple[str, ...]]] = {}
    where: dict[str, str] = {}
    files = {path: _read(path) for path in sorted(folder.glob("*.yml"))}
    for path, read in sorted(files.items(), key=lambda item: item[1].order):
        for one in read.indicators:
            if one.id in indicators:
                raise _error(path.name, one.id, f"编号重复，已在 {where[one.id]} 中声明", "编号应当唯一")
            indicators[one.id], where[one.id] = _worded(one, plan), path.name
        families[read.family] = (read.title, tuple(one.id for one in read.indicators))
    if not indicators:
        raise DataError("catalogue.empty", f"指标目录 {folder.name} 里没有指标声明，应有若干 .yml 文件。")
    catalogue = Catalogue(indicators, families, plan.baseline_year)
    standards = set(reference.pue_standards(layout)["row_id"])
    for one in catalogue:
        try:
            _check(one, catalogue)
            for row in one.beside:
                if row not in standards:
                    raise Refused(unknown("对照值（pue_standards.csv 的 row_id）", row, sorted(standards)))
        except Refused as refused:
            raise _error(where[one.id], one.id, str(refused)) from None
    _check_plan(plan, catalogue if folder == FOLDER else None)
    return catalogue


def _check_plan(plan: Plan, catalogue: Catalogue | None) -> None:
    """Raises DataError where what enterprises file cannot say what the plan asks for, or it names what is in no catalogue."""
    about = [name for of in (plan.overall_indicators, *(one.indicators for one in plan.actions)) for name in of]
    for name in about:
        if catalogue and not any(fnmatchcase(id, name) for id in catalogue.indicators):
            raise DataError("plan.indicator", f"计划 {plan.id}：指标目录中没有与“{name}”相符的指标，请改正编号。")
    quotas, metrics = members("category", "cases"), {code for one in plan.actions for code in one.metrics}
    metrics |= {code for one in plan.safeguards for code in one.metrics}
    for what, named, known in (
        ("案例类别", [one.id for one in plan.case_quotas], list(quotas)),
        ("行动编号", [*(str(one.no) for one in plan.actions), *(one.id for one in plan.safeguards)], list(ACTIONS)),
        ("行动指标", sorted(metrics), list(METRICS)),
    ):
        for name in named:
            if name not in known:
                raise DataError("plan.filings", f"计划 {plan.id}：{unknown(what, name, known)}；填报表里没有这一项。")


def _error(file: str, id: str, found: str, right: str = "") -> DataError:
    ending = f"；{right}" if right else ""
    return DataError("catalogue.invalid", f"指标目录 {file} 的指标 {id}：{found}{ending}。")


def _worded(one: Indicator, plan: Plan) -> Indicator:
    """As a report by the plan tells it."""

    def told(text: str) -> str:
        return text.replace("{base}", str(plan.baseline_year))

    definition = Definition(**{name: told(text) for name, text in one.definition.model_dump().items()})
    words = {"title": told(one.title), "unit": told(one.unit), "definition": definition}
    return one.model_copy(update=words | {"source": one.source or plan.about(one.id) or "本报告"})


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses a key written twice, of which YAML would silently keep the last."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    names = [key.value for key, _ in node.value]
    for name in names:
        if names.count(name) > 1:
            raise yaml.constructor.ConstructorError(None, None, f"键“{name}”写了两次", node.start_mark)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _read(path: Path) -> _File:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (OSError, UnicodeDecodeError):
        raise DataError("catalogue.unreadable", f"指标目录 {path.name} 读不出来，应为 UTF-8 编码的文本文件。") from None
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        at = f"第 {mark.line + 1} 行附近" if mark else ""
        said = problem if problem and problem.startswith("键") else "不是有效的 YAML"
        raise DataError(
            "catalogue.syntax", f"指标目录 {path.name} {at}{said}，请检查缩进、引号和冒号后的空格。"
        ) from None
    try:
        return _File.model_validate(content)
    except ValidationError as error:
        first, _ = first_fault(error)
        raise _error(path.name, _whose(content, first["loc"]), _said(first)) from None


def _whose(content: Any, loc: tuple[int | str, ...]) -> str:
    """The id of the indicator in which something is wrong, or its place."""
    if len(loc) > 1 and loc[0] == "indicators" and isinstance(loc[1], int):
        found = content["indicators"][loc[1]]
        return str(found.get("id", f"（第 {loc[1] + 1} 个）")) if isinstance(found, dict) else f"（第 {loc[1] + 1} 个）"
    return "（文件开头）"


_EXPECTED = {
    "string": "文字（必要时加引号）", "int": "整数", "float": "数", "bool": "true 或 false", "tuple": "列表", "list": "列表",
    "dict": "一组“键: 值”", "model": "一组“键: 值”", "too": "规定的个数", "greater": "不小于下限的数", "less": "不大于上限的数",
}  # fmt: skip


def _said(fault: ErrorDetails) -> str:
    loc, kind, context = fault["loc"], fault["type"], fault.get("ctx", {})
    name = next((str(step) for step in reversed(loc) if isinstance(step, str)), "")
    if kind == "extra_forbidden":
        model = Definition if "definition" in loc[:-1] else Indicator if "indicators" in loc[:-1] else _File
        return unknown("键", str(loc[-1]), list(model.model_fields))
    if kind == "missing":
        return f"缺少“{name}”，请补上"
    if kind == "indicator":
        return str(context["message"])
    if kind == "literal_error":
        return f"“{name}”的值“{fault['input']}”不对，应为 {context['expected'].replace(' or ', ' 或 ')}"
    given = "" if isinstance(fault["input"], dict | list | None) else f"“{fault['input']}”"
    return f"“{name}”的值{given}不对，应为{_EXPECTED.get(kind.split('_')[0], '规定的类型')}"


# --- checking against the tables -----------------------------------------------------------------------------


def _check(one: Indicator, catalogue: Catalogue) -> None:
    """Raises Refused where the declaration names what is not there."""
    for part in one.needed:
        if part not in catalogue.indicators:
            raise Refused(unknown("指标", part, list(catalogue.indicators)))
        if one.ratio_of and not (catalogue[part].table and catalogue[part].kind in ("sum", "count")):
            raise Refused(f"ratio_of 的 {part} 应为 sum 或 count，比率不能再相除")
        if catalogue[part].internal and not one.internal:
            raise Refused(f"{part} 只供内部使用（internal），由它算得的也应写 internal: true")
        if one.change_of and catalogue[part].change_of:
            raise Refused(f"change_of 的 {part} 已经是变动，请改为它所依据的指标")
    for flag in one.flags:
        if flag not in flags.FLAGS:
            raise Refused(unknown("标记", flag, list(flags.FLAGS)))
    for dimension in offered_by(one):
        if dimension not in DIMENSIONS:
            raise Refused(unknown("维度", dimension, list(DIMENSIONS)))
        if one.ratio_of and dimension not in catalogue[one.ratio_of[0]].dimensions:
            raise Refused(f"分子 {one.ratio_of[0]} 没有维度 {dimension}，请先在那里声明")
    if one.table is None:
        return
    if one.table not in inputs.COLUMNS:
        raise Refused(unknown("表", one.table, list(inputs.COLUMNS)))
    columns = inputs.COLUMNS[one.table]
    for dimension in offered_by(one):
        if dimension not in columns:
            raise Refused(f"表 {one.table} 没有维度 {dimension} 的列")
    for name in (one.year, one.cumulative_from, one.constant_prices):
        if name is not None and columns.get(name) != pl.Int64:
            raise Refused(f"{unknown('列', name, columns)}" if name not in columns else f"列 {name} 不是年份")
    kinds = list(_MADE_MEMBERS["entity_kind"])
    for kind in (*one.kinds, *(one.filers or ())):
        if kind not in kinds:
            raise Refused(unknown("单位类别", kind, kinds))
    if (one.kinds or one.filers) and "entity_kind" not in columns:
        raise Refused(f"表 {one.table} 没有填报单位，不能写 kinds 或 filers")
    for text in (one.numerator, one.denominator):
        if text is not None:
            parse(text, columns)
    for condition in (one.where, *one.flags.values()):
        if condition is not None:
            parse(condition, columns, boolean=True)
