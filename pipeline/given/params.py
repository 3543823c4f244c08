"""Which parameters hold for a region and a scenario, and where each value comes from.

defaults.yml < scenarios/<name>.yml < provinces/<code>-<name>.yml < `-p key=value`. A scenario may say `based_on: plan`:
then what it does not write is as in that one, in the provinces too. `Params` declares every key once, with type, range, unit, Chinese title and default. In the files only the structure is YAML's: every
scalar is taken as the text that stands there and read by the type of its key, exactly like the text after
`-p`. So the surprises of YAML 1.1 (`no` is false, `1e-3` is text, `010` is 8) cannot happen.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import polars as pl
import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from pipeline.errors import ParameterError, RegionError, shown
from pipeline.given import regions
from pipeline.given.regions import Region
from pipeline.given.yaml_text import NotPlain, check_plain
from pipeline.layout import Layout
from pipeline.wording import MISSING, join_names, number

Layer = Literal["default", "scenario", "province", "cli"]
TREND: Literal["trend(3)"] = "trend(3)"
SHIPPED = ("baseline", "plan", "accelerated")
COMMAND_LINE, TRIED = "命令行 -p", "试算"
TYPED = {COMMAND_LINE: "-p ", TRIED: ""}
"""What stands before an override where it is typed."""
BUILT_IN = "内置默认值"
SEE_ALL = "运行 green-report params 可查看全部参数"

WORDS = {
    "当量值": "equivalent",
    "等价值": "coal_equivalent",
    "初步": "preliminary",
    "正式": "final",
    "s1": "S1",
    "s2": "S2",
    "s3": "S3",
}


def _half_width(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("−", "-").strip()


def _number(value: object) -> object:
    """`0.12`, `12%`, `1e-3`, full-width digits; anything else is left for pydantic to refuse."""
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    if not isinstance(value, str):
        return value
    text = _half_width(value)
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?%?", text, re.ASCII):
        raise ValueError("not a number")
    return float(Decimal(text[:-1]) / 100) if text.endswith("%") else float(text)


def _driver(value: object) -> object:
    """`trend(3)`, or three numbers as a list or as text (`0.1,0.12,0.15`), or one number."""
    if not isinstance(value, str):
        return value
    text = re.sub(r"\s", "", _half_width(value)).casefold()
    if text == TREND:
        return TREND
    parts = re.split("[,、]", re.sub(r"^[\[(](.*)[\])]$", r"\1", text))
    return parts if len(parts) > 1 else text


def _ordered(value: Any) -> Any:
    if isinstance(value, tuple) and not value[0] <= value[1] <= value[2]:
        raise PydanticCustomError("order", "low, mode and high are not in order")
    return value


def _names(value: object) -> object:
    if value is None:
        return []
    return [part for part in re.split("[,，、]", value) if part.strip()] if isinstance(value, str) else value


def _word(value: object) -> object:
    text = _half_width(value).casefold() if isinstance(value, str) else value
    return WORDS.get(text, text) if isinstance(text, str) else text


def _date(value: object) -> object:
    if not isinstance(value, str) or not value.strip():
        return value or None
    text = _half_width(value)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):  # pydantic would take a bare number for seconds
        raise ValueError("not YYYY-MM-DD")
    return date.fromisoformat(text)


def _limit(value: object) -> object:
    """`_number`, where there may be none."""
    return None if value is None or (isinstance(value, str) and not value.strip()) else _number(value)


def _line(value: object) -> object:
    """`_text`, where there may be none."""
    return _text(value) or ""


def _text(value: object) -> object:
    if isinstance(value, str) and not value.strip().isprintable():
        raise ValueError("holds what cannot be seen")
    return value.strip() if isinstance(value, str) else value


Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(_number)]
Growth = Annotated[float, Field(ge=-0.5, le=1), BeforeValidator(_number)]
Decline = Annotated[float, Field(ge=-0.2, le=0.2), BeforeValidator(_number)]
Pue = Annotated[float, Field(ge=1, le=3), BeforeValidator(_number)]

_T = TypeVar("_T")
Driver = Annotated[_T | tuple[_T, _T, _T] | Literal["trend(3)"], BeforeValidator(_driver), AfterValidator(_ordered)]
"""A number, (low, mode, high), or `trend(3)`: the region's own trend of the last three years."""


def _key(title: str, default: Any, unit: str = MISSING, **limits: Any) -> Any:
    return Field(default, title=title, json_schema_extra={"unit": unit}, **limits)


def _condition(title: str, default: Any, unit: str, otherwise: float | None = None) -> Any:
    """What the industry's measures do not decide: the same in all scenarios, unless one says why not (`reason:`).

    otherwise: the value where a trend has no history to rest on.
    """
    return Field(default, title=title, json_schema_extra={"unit": unit, "otherwise": otherwise})


def _measure(title: str, default: Any, unit: str, better: Literal["higher", "lower"]) -> Any:
    """What the industry can do; better: the side on which more is done."""
    return Field(default, title=title, json_schema_extra={"unit": unit, "better": better})


class Params(BaseModel):
    """Every parameter of a report. Rates are ratios a year (0.12 is 12 %), PUE and shares have no unit.

    The defaults of the drivers are assumptions of this product, not facts; the reasons stand in
    notebooks/params/defaults.yml, which a test keeps equal to them. Raises pydantic's ValidationError, which
    `resolve` turns into a ParameterError with file and line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    publisher: Annotated[str, BeforeValidator(_text)] = _key(
        "编制单位", "（编制单位待填）", min_length=1, max_length=60
    )
    licence: Annotated[str, BeforeValidator(_line)] = _key("报告的许可", "", min_length=0, max_length=80)
    edition_kind: Annotated[Literal["preliminary", "final"], BeforeValidator(_word)] = _key(
        "版本性质（初步或正式）", "preliminary"
    )
    report_date: Annotated[date | None, BeforeValidator(_date)] = _key("报告日期", None)
    top_n: Annotated[int, BeforeValidator(_number)] = _key("图中最多列出的条目数", 10, "个", ge=3, le=31)
    highlight_regions: Annotated[tuple[str, ...], BeforeValidator(_names)] = _key("图中突出显示的地区", ())
    frame_coverage_min: Annotated[float, BeforeValidator(_number)] = _key(
        "判定全国目标所需的填报覆盖率", 0.95, MISSING, ge=0.5, le=1.0
    )

    pue_limit: Annotated[float | None, BeforeValidator(_limit)] = _key("本地区数据中心PUE限值", None, "1", ge=1, le=3)
    pue_limit_source: Annotated[str, BeforeValidator(_line)] = _key("PUE限值的出处", "", min_length=0, max_length=200)
    green_share_limit: Annotated[float | None, BeforeValidator(_limit)] = _key(
        "本地区数据中心绿电占比要求", None, "1", ge=0, le=1
    )
    green_share_limit_source: Annotated[str, BeforeValidator(_line)] = _key(
        "绿电占比要求的出处", "", min_length=0, max_length=200
    )

    electricity_coal_method: Annotated[Literal["equivalent", "coal_equivalent"], BeforeValidator(_word)] = _key(
        "电力折标准煤方法（当量值或等价值）", "equivalent"
    )
    electricity_coal_coefficient_kgce_per_kwh: Annotated[float, BeforeValidator(_number)] = _key(
        "电力折标准煤系数（等价值）", 0.31, "kgce/kWh", ge=0.25, le=0.40
    )
    natural_gas_kgce_per_m3: Annotated[float, BeforeValidator(_number)] = _key(
        "天然气折标准煤系数", 1.33, "kgce/m3", ge=1.10, le=1.33
    )
    water_kgce_per_t: Annotated[float, BeforeValidator(_number)] = _key(
        "新水折标准煤系数", 0.0, "kgce/t", ge=0, le=0.2571
    )
    fuel_factor_set: Annotated[Literal["S1", "S2", "S3"], BeforeValidator(_word)] = _key("燃料排放因子组", "S1")

    g_it: Driver[Growth] = _condition("数据中心IT设备用电量年增长率", TREND, "1/年", 0.12)
    pue_new: Driver[Pue] = _measure("新增数据中心PUE", 1.30, "1", "lower")
    r_dc: Driver[Share] = _measure("存量数据中心年改造比例", 0.03, "1/年", "higher")
    pue_retrofit: Driver[Pue] = _measure("改造后数据中心PUE", 1.40, "1", "lower")
    g_traffic: Driver[Growth] = _condition("基站业务流量年增长率", TREND, "1/年", 0.15)
    e_bs: Driver[Growth] = _measure("基站能效年提升率", 0.08, "1/年", "higher")
    s_room: Driver[Share] = _measure("核心机房年改造比例", 0.05, "1/年", "higher")
    pue_core: Driver[Pue] = _condition("改造前核心机房PUE", TREND, "1", 1.70)
    pue_core_retrofit: Driver[Pue] = _measure("改造后核心机房PUE", 1.50, "1", "lower")
    g_other: Driver[Growth] = _measure("办公及其他用能年增长率", 0.02, "1/年", "lower")
    g_flow: Driver[Growth] = _condition("信息流量年增长率", TREND, "1/年", 0.14)
    g_volume: Driver[Growth] = _condition("电信业务总量年增长率（可比价）", TREND, "1/年", 0.09)
    green_share_2030: Driver[Share] = _measure("2030年绿色电力占比", 0.25, "1", "higher")
    d_grid: Driver[Decline] = _condition("电网平均排放因子年下降率", TREND, "1/年", 0.02)
    d_residual: Driver[Decline] = _condition("剩余电量排放因子年下降率", (-0.02, 0.0, 0.02), "1/年")

    at_least: Annotated[Literal["trend(3)", "none"], BeforeValidator(_word)] = _key(
        "各项措施的下限（本地区趋势或不设）", TREND
    )
    common_share: Share = _key("各省波动中全国共有的比重", 0.5, "1")
    flow_traffic_correlation: Share = _key("信息流量与基站业务流量的相关系数", 0.8, "1")
    case_footprint_uncertainty: Share = _key("应用场景ICT自身排放的不确定度", 0.3, "1")


@dataclass(frozen=True)
class Origin:
    """Where a value was written: the file (from the project's root, or a word for it), line and layer."""

    file: str
    line: int | None
    layer: Layer

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file} 第 {self.line} 行"


@dataclass(frozen=True)
class Resolved:
    """The effective parameters of one region and scenario; `origins` has every key of Params. reasons: condition -> why
    it differs from that of other scenarios."""

    params: Params
    origins: Mapping[str, Origin]
    region: Region
    scenario: str
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> tuple[str, ...]:
        """The keys that an analyst set, in the province's file or with -p, in the order of Params."""
        return tuple(key for key, origin in self.origins.items() if origin.layer in ("province", "cli"))


def resolve(
    layout: Layout, region: Region, scenario: str, overrides: Sequence[str] = (), given_by: str = COMMAND_LINE
) -> Resolved:
    """The parameters that hold for `region` in `scenario`, with `overrides` such as `g_it=0.1` on top. given_by: one of TYPED.

    All that was written is checked, also what a later layer replaces. Raises ParameterError (one Chinese
    sentence naming file, line and what would be right; all wrong values at once) and DataError (reference of the regions missing).
    """
    known = dict(scenarios(layout))
    if scenario not in known:
        raise ParameterError("scenario.unknown", _no_scenario(scenario, known))
    chain = _based_on(layout, scenario, known)
    of_scenarios = [(name, _load(layout, layout.params / "scenarios" / f"{name}.yml", "scenario")) for name in chain]
    layers: list[tuple[str | None, Tree]] = [
        (None, _load(layout, layout.params / "defaults.yml", "default")),
        *((None, tree) for _, tree in of_scenarios),
        *sorted(_province(layout, region, known), key=lambda part: chain.index(part[0]) if part[0] in chain else -1),
        (None, _overridden(overrides, given_by)),
    ]
    # What a province says of a scenario holds for those that are based on it, where these say nothing themselves.
    inherited = {
        name: {key for _, tree in of_scenarios[at + 1 :] for key in tree} for at, (name, _) in enumerate(of_scenarios)
    }
    values: dict[str, object] = {}
    origins = dict.fromkeys(Params.model_fields, Origin(BUILT_IN, None, "default"))
    reasons: dict[str, str] = {}
    wrong: list[ParameterError] = []
    for only_for, tree in layers:
        for key, (raw, origin) in tree.items():
            if key in ("title", "based_on") and origin.layer == "scenario":
                continue
            try:
                if key == "reason" and (origin.layer == "scenario" or only_for is not None):
                    given = _reasons(_mapping((raw, origin), key))
                    reasons |= given if only_for in (None, *chain) else {}
                    continue
                value = _value(key, raw, origin, layout)
            except ParameterError as error:
                wrong.append(error)
                continue
            if only_for is None or (only_for in chain and key not in inherited[only_for]):
                values[key], origins[key] = value, origin
    if wrong:
        raise wrong[0] if len(wrong) == 1 else _several(wrong)
    for key in LOCAL_LIMITS:
        if values.get(key) is not None and not values.get(f"{key}_source"):
            raise ParameterError(
                "params.source",
                f"{origins[key]}：{key}（{Params.model_fields[key].title}）没有出处；"
                f"应同时写 {key}_source: 文件名称（发布者，日期），没有出处的不写限值。",
            )
    return Resolved(Params.model_validate(values), origins, region, scenario, reasons)


def _several(wrong: Sequence[ParameterError]) -> ParameterError:
    """All that is wrong, in one answer."""
    told = [str(one).removesuffix("。").removesuffix(f"；{SEE_ALL}") for one in wrong]
    each = "；".join(f"（{n}）{sentence}" for n, sentence in enumerate(told, 1))
    return ParameterError("params.several", f"参数有 {len(wrong)} 处不对：{each}；{SEE_ALL}。")


def _based_on(layout: Layout, scenario: str, known: Mapping[str, str]) -> list[str]:
    """The scenarios that `scenario` goes back to by `based_on:`, the first of all first, and itself. Raises ParameterError."""
    chain = [scenario]
    while True:
        tree = _load(layout, layout.params / "scenarios" / f"{chain[0]}.yml", "scenario")
        if "based_on" not in tree:
            return chain
        name, origin = tree["based_on"]
        if not isinstance(name, str) or name.strip() not in known:
            raise ParameterError(
                "scenario.based_on", f"{origin}：based_on 应为一个情景名；{_no_scenario(_written(name), known)}"
            )
        if name.strip() in chain:
            circle = " → ".join([*reversed(chain), name.strip()])
            raise ParameterError("scenario.based_on", f"{origin}：based_on 绕成了圈（{circle}）；应以别的情景为底。")
        chain.insert(0, name.strip())


def _reasons(tree: Tree) -> dict[str, str]:
    """Why conditions are not those of the other scenarios. Raises ParameterError."""
    for key, (text, origin) in tree.items():
        if key not in CONDITIONS:
            raise ParameterError(
                "params.reason",
                f"{origin}：reason: 之下应为各情景共同的条件（{'、'.join(CONDITIONS)}），写的是 {shown(key)}。",
            )
        if not isinstance(text, str) or not text.strip() or not text.isprintable():
            raise ParameterError("params.reason", f"{origin}：{key} 的理由应为一行文字。")
    return {key: text.strip() for key, (text, _) in tree.items()}


def scenarios(layout: Layout) -> list[tuple[str, str]]:
    """(name, Chinese title) of every file in params/scenarios: the shipped ones first, then by name.

    The title is the file's `title:`, else its name. Raises ParameterError.
    """
    paths = _yaml_files(layout, layout.params / "scenarios")
    order = {name: place for place, name in enumerate(SHIPPED)}
    found = []
    for path in sorted(paths, key=lambda path: (order.get(path.stem, len(order)), path.stem)):
        title, origin = _load(layout, path, "scenario").get("title", (path.stem, None))
        if not isinstance(title, str) or not title.strip():
            raise ParameterError("scenario.title", f"{origin}：title 应为情景的中文名称。")
        found.append((path.stem, title.strip()))
    return found


def table(resolved: Resolved, moved: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per parameter, all text: 参数, 名称, 取值, 单位, 允许范围, 来源, 是否改动.

    moved: `drivers.TABLE` of the region, where filings are at hand: then 来源 also tells what a trend comes to.
    """
    found = {}
    if moved is not None:
        for row in moved.filter(pl.col("scenario") == resolved.scenario, pl.col("basis") != "").iter_rows(named=True):
            low, mode, high = (number(row[level], 3) for level in ("low", "mode", "high"))
            found[row["driver"]] = f"；推算用 低 {low}，中 {mode}，高 {high}：{row['basis']}"
    rows = [
        {
            "参数": key,
            "名称": str(field.title),
            "取值": _shown(getattr(resolved.params, key)),
            "单位": unit(key),
            "允许范围": allowed(key),
            "来源": str(resolved.origins[key]) + found.get(key, ""),
            "是否改动": "是" if key in resolved.changed else "否",
        }
        for key, field in Params.model_fields.items()
    ]
    return pl.DataFrame(rows)


@cache
def _schema() -> dict[str, dict[str, Any]]:
    properties: dict[str, dict[str, Any]] = Params.model_json_schema()["properties"]
    return properties


def better(driver: str) -> str:
    """`higher` or `lower`, the side on which a measure does more; empty for what is no measure."""
    return str(_extra(driver).get("better", ""))


def otherwise(driver: str) -> Any:
    """What a driver is where a trend has no history: the value declared for that, else the default."""
    value = _extra(driver).get("otherwise")
    return Params.model_fields[driver].default if value is None else value


def _extra(key: str) -> dict[str, Any]:
    extra = Params.model_fields[key].json_schema_extra
    return dict(extra) if isinstance(extra, dict) else {}


LOCAL_LIMITS = ("pue_limit", "green_share_limit")
"""What a region asks of its data centres; each stands with where it is said, `<key>_source`."""
CONDITIONS = tuple(key for key in Params.model_fields if "otherwise" in _extra(key))
"""The drivers that are the same in all scenarios, unless one says why not."""


def limits(driver: str) -> tuple[float, float]:
    """The least and the greatest value that a driver may have."""
    first = _schema()[driver]["anyOf"][0]
    return first["minimum"], first["maximum"]


def allowed(key: str) -> str:
    """What a parameter may be, in Chinese, from the declaration."""
    schema = _schema()[key]
    if "enum" in schema:
        return " 或 ".join(schema["enum"])
    if "maximum" in schema:
        kind = "整数" if schema["type"] == "integer" else "数"
        return f"{number(schema['minimum'])} 到 {number(schema['maximum'])} 之间的{kind}"
    if schema.get("type") == "string":
        return f"{schema['minLength']} 到 {schema['maxLength']} 个字，在一行内，没有不可见的字符"
    if schema.get("type") == "array":
        return "地区名称的列表"
    if schema["anyOf"][0].get("format") == "date":
        return "日期（如 2026-03-31）或空"
    low, high = map(number, limits(key))
    if schema["anyOf"][-1].get("type") == "null":
        return f"{low} 到 {high} 之间的数或空"
    return f"{low} 到 {high} 之间的数、由低到高的三个数 [低, 中, 高] 或 {TREND}"


# --- what stands in the files -----------------------------------------------------------------------------

Tree = dict[str, tuple[Any, Origin]]
"""A mapping as written: key -> (text, None, list of these, or Tree; where the key stands)."""


def _load(layout: Layout, path: Path, layer: Layer) -> Tree:
    """A YAML file as a tree of texts with lines; empty when there is no such file."""
    file = path.relative_to(layout.root).as_posix()
    try:
        return _parsed(path.read_bytes(), file, layer)
    except FileNotFoundError:
        return {}
    except OSError:
        raise ParameterError("params.unreadable", f"无法读取 {file}；请确认它是一个文件，并且有读取权限。") from None


@lru_cache(maxsize=128)  # the scenarios of all regions read the same few files; a tree is read only
def _parsed(content: bytes, file: str, layer: Layer) -> Tree:
    try:
        text = content.decode("utf-8-sig")
        check_plain(text)
        node = yaml.compose(text, yaml.SafeLoader)
        return {} if node is None or _empty(node) else _tree(node, file, layer)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ParameterError(
            "params.encoding", f"{file} 第 {line} 行不是 UTF-8 编码，请用 UTF-8 另存该文件。"
        ) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ParameterError("params.yaml", f"{file} 第 {line} 行含有不可见的控制字符，请删除后重试。") from None
    except NotPlain as error:
        raise ParameterError(
            "params.nested", f"{file} 第 {error.line} 行：{shown(error.why)}；应为若干“参数: 取值”。"
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"第 {mark.line + 1} 行第 {mark.column + 1} 列" if mark else ""
        raise ParameterError(
            "params.yaml",
            f"{file} {where}不是正确的 YAML；请检查缩进、括号和引号，冒号须为半角且其后有一个空格。",
        ) from None


def _empty(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _tree(node: yaml.Node, file: str, layer: Layer) -> Tree:
    if not isinstance(node, yaml.MappingNode):
        raise ParameterError(
            "params.mapping",
            f"{file} 第 {node.start_mark.line + 1} 行应为若干“参数: 取值”，冒号须为半角且其后有一个空格。",
        )
    tree: Tree = {}
    for name, value in node.value:
        origin = Origin(file, name.start_mark.line + 1, layer)
        key = name.value if isinstance(name, yaml.ScalarNode) else "（非文字）"
        if key in tree:
            raise ParameterError(
                "params.duplicate", f"{origin}：{key} 已在第 {tree[key][1].line} 行写过，同一处只能写一次。"
            )
        tree[key] = (_content(value, file, layer), origin)
    return tree


def _content(node: yaml.Node, file: str, layer: Layer) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _tree(node, file, layer)
    if isinstance(node, yaml.SequenceNode):
        return [one.value if isinstance(one, yaml.ScalarNode) else None for one in node.value]
    return None if _empty(node) else node.value


def _yaml_files(layout: Layout, folder: Path) -> list[Path]:
    try:
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError:
        raise ParameterError("params.unreadable", f"无法读取文件夹 {folder}；请确认有读取权限。") from None
    for path in paths:
        if path.suffix.casefold() in (".yaml", ".yml") and path.suffix != ".yml":  # else silently without effect
            file = path.relative_to(layout.root).as_posix()
            raise ParameterError("params.suffix", f"{file} 的扩展名应为 .yml，请改名为 {path.stem}.yml。")
    return [path for path in paths if path.suffix == ".yml" and not path.name.startswith(".")]


def _province(layout: Layout, region: Region, known: Mapping[str, str]) -> list[tuple[str | None, Tree]]:
    """The parts of the region's file: (None, what holds for all), then (scenario, what holds there)."""
    files = _yaml_files(layout, layout.params / "provinces")
    slugs = {one.code: one.slug for one in regions.all_regions(layout)} if files else {}
    for path in files:
        expected = slugs.get(path.stem[:6])
        if path.stem == expected:
            continue
        try:
            expected = expected or regions.resolve(path.stem, layout).slug
            hint = f"应为 {expected}.yml"
        except RegionError:
            hint = "文件名须为“代码-简称.yml”，如 440000-广东.yml"
        file = path.relative_to(layout.root).as_posix()
        raise ParameterError("params.province_name", f"{file} 的文件名与地区不符；{hint}。")
    tree = _load(layout, layout.params / "provinces" / f"{region.slug}.yml", "province")
    for key, (_, origin) in tree.items():
        if key not in ("all", "scenarios"):
            raise ParameterError(
                "params.province_key",
                f"{origin}：省级文件的顶层只能有 all 和 scenarios，“{key}”请写在 all: 之下或某一情景之下。",
            )
    parts: list[tuple[str | None, Tree]] = []
    if "all" in tree:
        parts.append((None, _mapping(tree["all"], "all")))
    named = _mapping(tree["scenarios"], "scenarios") if "scenarios" in tree else {}
    for name, part in named.items():
        if name not in known:
            raise ParameterError("scenario.unknown", f"{part[1]}：{_no_scenario(name, known)}")
        parts.append((name, _mapping(part, name)))
    return parts


def _mapping(part: tuple[Any, Origin], name: str) -> Tree:
    content, origin = part
    if content is not None and not isinstance(content, dict):
        raise ParameterError("params.mapping", f"{origin}：{name}: 之下应为缩进的若干“参数: 取值”。")
    return content or {}


def _overridden(overrides: Sequence[str], given_by: str) -> Tree:
    tree: Tree = {}
    typed = TYPED[given_by]
    for text in overrides:
        key, *value = re.split("[=＝]", text, maxsplit=1)
        if not value or not key.strip():
            raise ParameterError("params.syntax", f"{typed}{text}：应写成 {typed}参数=取值，如 {typed}g_it=0.1。")
        tree[_half_width(key)] = (value[0], Origin(given_by, None, "cli"))
    return tree


# --- one value --------------------------------------------------------------------------------------------


def _value(key: str, raw: object, origin: Origin, layout: Layout) -> object:
    """The checked value of one key; ParameterError says where it was written and what would be right."""
    text = _written(raw)
    where = f"{TYPED[origin.file]}{key}={text}" if origin.layer == "cli" else str(origin)
    if key not in Params.model_fields:
        near = _nearest(key)
        title = Params.model_fields[near].title
        raise ParameterError(
            "params.unknown",
            f"{where}：没有名为 {key} 的参数；最接近的是 {near}（{title}）；{SEE_ALL}。",
        )
    name = f"{key}（{Params.model_fields[key].title}）"
    try:
        value = _reader(key).validate_python(raw)
        if key == "highlight_regions":
            value = tuple(regions.resolve(one, layout).short_zh for one in value)
    except RegionError as error:
        raise ParameterError("params.region", f"{where}：{name}：{error}") from None
    except ValidationError as error:
        if any(one["type"] == "order" for one in error.errors()):
            raise ParameterError(
                "params.order", f"{where}：{name}的三个数须由低到高（低 ≤ 中 ≤ 高），写的是 {text}。"
            ) from None
        counted = "" if unit(key) in (MISSING, "1") else f"，单位 {unit(key)}"
        raise ParameterError(
            "params.value", f"{where}：{name}的取值“{text}”不对，应为{allowed(key)}{counted}；{SEE_ALL}。"
        ) from None
    return value


@cache
def _reader(key: str) -> TypeAdapter[Any]:
    """What reads the values of one key alone; the whole model would check all defaults again each time."""
    field = Params.model_fields[key]
    annotated: Any = Annotated[field.annotation, field]
    return TypeAdapter(annotated)


def _written(raw: object) -> str:
    if isinstance(raw, list):
        return "[" + ", ".join(map(_written, raw[:5])) + (", …" if len(raw) > 5 else "") + "]"
    return "（空）" if raw is None or raw == "" else "（一组参数）" if isinstance(raw, dict) else shown(str(raw)[:60])


def _nearest(key: str) -> str:
    names = {str(field.title): one for one, field in Params.model_fields.items()} | {
        one: one for one in Params.model_fields
    }
    return names[difflib.get_close_matches(key, names, n=1, cutoff=0)[0]]


def unit(key: str) -> str:
    """The unit of a parameter, — for one without."""
    return str(_extra(key).get("unit", MISSING))


def _shown(value: object) -> str:
    if value in (None, ""):
        return MISSING
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, tuple):
        texts = [number(one) if isinstance(one, float) else str(one) for one in value]
        return f"低 {texts[0]}，中 {texts[1]}，高 {texts[2]}" if _is_triple(value) else join_names(texts)
    return str(value)


def _is_triple(value: tuple[object, ...]) -> bool:
    return len(value) == 3 and all(isinstance(one, float) for one in value)


def _no_scenario(name: str, known: Mapping[str, str]) -> str:
    names = "、".join(f"{one}（{title}）" for one, title in known.items())
    hint = f"可用的情景有 {names}" if names else "notebooks/params/scenarios 中没有情景文件"
    return f"没有名为“{name}”的情景；{hint}。"
