"""Which rules hold for what is published? The publisher's policy, `notebooks/params/disclosure.yml`, read and checked."""

from __future__ import annotations

import difflib
import re
from fractions import Fraction
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.errors import ParameterError, shown
from pipeline.given.yaml_text import NotPlain, check_plain, first_fault
from pipeline.indicators.model import Catalogue
from pipeline.layout import Layout
from pipeline.wording import percent

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(/\d+)?%?", re.ASCII)


def _ratio(value: object) -> object:
    """`0.1`, `10%`, `1/3`."""
    if not isinstance(value, str):
        return value
    if not _NUMBER.fullmatch(value):
        raise ValueError("not a ratio")
    if "." in value:
        return float(value.rstrip("%")) / (100 if value.endswith("%") else 1)
    try:
        return float(Fraction(value.rstrip("%"))) / (100 if value.endswith("%") else 1)
    except ZeroDivisionError:
        raise ValueError("a fraction of nothing") from None


Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(_ratio)]
Text = Annotated[str, Field(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PublishedTotal(_Model):
    """What a group says of itself for the whole nation; everybody knows it. value: in the indicator's unit."""

    group: Text = Field(title="集团代码")
    indicator: Text = Field(title="指标编号")
    year: int = Field(title="年份")
    value: float = Field(title="数值，按指标的单位")
    source: Text = Field(title="出处")
    sample: bool = Field(False, title="是否示例（true 或 false）")


class Policy(_Model):
    """The rules. Shares are ratios. exempt: indicators whose national value is published whatever the rules say, `targets`
    for those of the plan. open: indicators without secrets. linked: indicators that can be told from one another. sooner:
    indicators that are hidden rather than others where either would do. pairs: whether any two groups may put together
    what they filed. filers: whether numbers of filers are published. grades: whether enterprises are named with those grades that
    the scheme of evaluation lets be published."""

    min_groups: Annotated[int, Field(ge=2, le=20)] = Field(3, title="最少的集团数，2 到 20 的整数")
    dominance: Share = Field(0.85, title="最大集团的占比上限，0 到 1 的比例")
    p: Share = Field(0.10, title="p% 规则的 p，0 到 1 的比例")
    count_threshold: Annotated[int, Field(ge=1, le=1000)] = Field(10, title="个数的下限，1 到 1000 的整数")
    units: tuple[Text, ...] = Field((), title="按个数判断的列，一个列表")
    protection: Annotated[float, Field(gt=0, le=1), BeforeValidator(_ratio)] = Field(0.20, title="保护区间，大于 0、不超过 1 的比例")  # fmt: skip
    pairs: bool = Field(False, title="是否防任意两家合起来推断（true 或 false）")
    filers: bool = Field(False, title="是否公布填报单位的个数（true 或 false）")
    grades: bool = Field(False, title="是否按评价方案公布企业的等级（true 或 false）")
    exempt: Literal["targets"] | tuple[Text, ...] = Field("targets", title="targets 或指标编号的列表")
    open: tuple[Text, ...] = Field((), title="指标编号或 family.* 的列表")
    linked: tuple[tuple[Text, ...], ...] = Field((), title="若干组指标编号，每组一个列表")
    sooner: tuple[Text, ...] = Field((), title="指标编号的列表")
    published_totals: tuple[PublishedTotal, ...] = Field((), title="若干条，每条一组“键: 值”")

    @property
    def least_protection(self) -> float:
        """The protection that the rules themselves ask for: the upper protection levels of the Handbook on Statistical
        Disclosure Control (table 4.3) are at most this share of a cell."""
        return max(self.p, 1 / self.dominance - 1 if self.dominance else 0.0)

    def is_open(self, id: str) -> bool:
        """Whether the indicator has no secrets."""
        return any(id == one or (one.endswith(".*") and id.startswith(one[:-1])) for one in self.open)

    def is_exempt(self, id: str, targets: frozenset[str]) -> bool:
        """Whether the national value of the indicator is published in any case; targets: the plan's indicators."""
        return id in (targets if self.exempt == "targets" else self.exempt)


def load_policy(layout: Layout, catalogue: Catalogue) -> Policy:
    """The policy of the checkout. Raises ParameterError: one Chinese sentence with file, line, what was found and what would be right."""
    path = layout.policy
    file = path.relative_to(layout.root).as_posix()
    if not path.is_file():
        raise ParameterError("disclosure.missing", f"找不到 {file}，公开版须按其中的规则保密；请恢复这个文件。")
    lines: dict[tuple[int | str, ...], int] = {}
    try:
        text = path.read_bytes().decode("utf-8-sig")
        check_plain(text)
        content = _content(yaml.compose(text, yaml.SafeLoader), (), lines, file)
    except NotPlain as error:
        raise ParameterError(
            "disclosure.nested", f"{file} 第 {error.line} 行：{shown(error.why)}；应为若干“规则: 取值”。"
        ) from None
    except (OSError, UnicodeDecodeError):
        raise ParameterError("disclosure.unreadable", f"{file} 读不出来，应为 UTF-8 编码的文本文件。") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" 第 {mark.line + 1} 行" if mark else ""
        raise ParameterError(
            "disclosure.yaml", f"{file}{where}不是正确的 YAML；请检查缩进、括号和引号，冒号须为半角且其后有一个空格。"
        ) from None
    if not isinstance(content, dict):
        raise ParameterError(
            "disclosure.mapping", f"{file} 第 1 行应为若干“规则: 取值”，冒号须为半角且其后有一个空格。"
        )
    try:
        policy = Policy.model_validate({key: value for key, value in content.items() if value is not None})
    except ValidationError as error:
        raise ParameterError("disclosure.value", _said(first_fault(error)[0], lines, file)) from None
    if policy.protection < policy.least_protection - 1e-12:
        least = percent(policy.least_protection + 0.0005)
        raise ParameterError(
            "disclosure.protection",
            f"{file} 第 {_line(('protection',), lines)} 行：protection 是 {percent(policy.protection)}，应不小于 {least}"
            "（p 与 1/dominance − 1 中较大的），否则推断仍比规则允许的准确。",
        )
    _check_ids(policy, catalogue, lines, file)
    return policy


def _content(
    node: yaml.Node | None, at: tuple[int | str, ...], lines: dict[tuple[int | str, ...], int], file: str
) -> Any:
    """The texts of a YAML tree, and the line on which each stands."""
    if node is None or node.tag == "tag:yaml.org,2002:null":
        return None
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for name, value in node.value:
            key, line = str(name.value), name.start_mark.line + 1
            if key in found:
                raise ParameterError("disclosure.duplicate", f"{file} 第 {line} 行：{key} 写了两次，只能写一次。")
            lines[(*at, key)] = line
            found[key] = _content(value, (*at, key), lines, file)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_content(one, (*at, place), lines, file) for place, one in enumerate(node.value)]
    return node.value


def _line(loc: tuple[int | str, ...], lines: dict[tuple[int | str, ...], int]) -> int:
    return next((lines[loc[:end]] for end in range(len(loc), -1, -1) if loc[:end] in lines), 1)


def _said(fault: Any, lines: dict[tuple[int | str, ...], int], file: str) -> str:
    loc = tuple(fault["loc"])
    where = f"{file} 第 {_line(loc, lines)} 行"
    model: type[_Model] = PublishedTotal if loc[0] == "published_totals" and len(loc) > 1 else Policy
    name = str(loc[2] if model is PublishedTotal and len(loc) > 2 else loc[0])
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, model.model_fields, n=1, cutoff=0)[0]
        return f"{where}：没有名为 {name} 的规则；最接近的是 {near}（{model.model_fields[near].title}）。"
    title = model.model_fields[name].title if name in model.model_fields else "一组“键: 值”"
    if fault["type"] == "missing":
        return f"{where}：缺少 {name}（{title}），请补上。"
    given = fault["input"]
    written = f"“{given}”" if isinstance(given, str | int | float) else "写法"
    return f"{where}：{name} 的{written}不对，应为{title}。"


def _check_ids(policy: Policy, catalogue: Catalogue, lines: dict[tuple[int | str, ...], int], file: str) -> None:
    """Raises ParameterError for an indicator that does not exist, and a total of what has no entities."""
    named: list[tuple[tuple[int | str, ...], str]] = [
        (("exempt", at), id) for at, id in enumerate(() if policy.exempt == "targets" else policy.exempt)
    ]
    named += [(("linked", at, place), id) for at, group in enumerate(policy.linked) for place, id in enumerate(group)]
    named += [(("published_totals", at, "indicator"), one.indicator) for at, one in enumerate(policy.published_totals)]
    named += [((name, at), id) for name in ("open", "sooner") for at, id in enumerate(getattr(policy, name))]
    for loc, id in named:
        if id in catalogue.indicators or (
            loc[0] == "open" and id.endswith(".*") and any(policy_id.startswith(id[:-1]) for policy_id in catalogue.indicators)
        ):  # fmt: skip
            continue
        near = difflib.get_close_matches(id, catalogue.indicators, n=1, cutoff=0)[0]
        raise ParameterError(
            "disclosure.indicator",
            f"{file} 第 {_line(loc, lines)} 行：没有指标 {id}；最接近的是 {near}（{catalogue[near].title}）。",
        )
    for at, total in enumerate(policy.published_totals):
        if catalogue[total.indicator].kind not in ("sum", "count") or not catalogue.has_entities(total.indicator):
            raise ParameterError(
                "disclosure.total",
                f"{file} 第 {_line(('published_totals', at, 'indicator'), lines)} 行：{total.indicator} 不是各企业填报之和，"
                "企业公布的总数只能对应 sum 或 count 类指标。",
            )
