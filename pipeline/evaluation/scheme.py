"""By which scheme are enterprises graded? A file `data/raw/reference/evaluation/<id>.yml`, read and checked.

A scheme is data: kinds of enterprises, each with a set of criteria of its own; how a value becomes points, weights with the
intervals within which they may be chosen, grades, what caps a grade, and what may be published. See `data/raw/README.md`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from pipeline.errors import DataError, ParameterError, shown
from pipeline.filings.contracts import ACTIONS, BY_NAME
from pipeline.given import yaml_text
from pipeline.given.yaml_text import NotPlain, first_fault, line_of
from pipeline.indicators.model import Catalogue
from pipeline.layout import Layout

KINDS: Mapping[str, str] = {
    code: names[0] for code, names in BY_NAME["entities"].column("kind").members.items()
}  # of enterprises, as they are filed
TOLERANCE = 1e-9
Text = Annotated[str, Field(min_length=1)]
Points = Annotated[float, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
At = tuple[int | str, ...]
One = TypeVar("One")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _fault(message: str, *at: int | str) -> PydanticCustomError:
    """A contradiction, and where below its part of the file it stands."""
    return PydanticCustomError("scheme", "{message}", {"message": message, "at": at})


class Titled(_Model):
    """Something with an id and a name: a dimension."""

    id: Text
    title: Text


class Fact(_Model):
    """What is filed as an item of an action in the table of progress (measures), the status being its value: for the whole
    enterprise in a row of the nation, else in rows of provinces."""

    id: Text
    title: Text
    action: Text
    item: Text
    clause: Text


class Status(_Model):
    """The points of an item by its status."""

    done: Points = 100.0
    in_progress: Points = 50.0
    not_started: Points = 0.0


class Criterion(_Model):
    """One criterion: an indicator of the catalogue or a fact.

    table: rows of a value and the points from it on, the best first. linear: the values of 0 and of 100 points. improvement:
    the same of the relative improvement on the enterprise's own value of the baseline year. missing: what a value that is
    missing means. interval: the weights that might be chosen as well. clause: what it rests on.
    """

    id: Text
    title: Text
    dimension: Text
    indicator: Text | None = None
    fact: Text | None = None
    better: Literal["higher", "lower"] = "higher"
    table: tuple[tuple[float, Points], ...] | None = None
    linear: tuple[float, float] | None = None
    improvement: tuple[float, float] | None = None
    status: Status | None = None
    weight: Share
    interval: tuple[Share, Share]
    missing: Literal["no_points", "left_out", "no_grade"]
    clause: Text

    @property
    def sign(self) -> int:
        """1 where more is better, else -1. An improvement is told so that more is better."""
        return 1 if self.better == "higher" or self.improvement else -1

    @property
    def bounds(self) -> tuple[float, float]:
        """The values of 0 and of 100 points; of a table the straight line through its first row and, beyond its last, on to 0."""
        if self.table is None:
            return self.linear or self.improvement or (0.0, 1.0)
        (first, best), (before, more), (last, least) = self.table[0], self.table[-2], self.table[-1]
        slope = (more - least) / (before - last)
        zero = last - least / slope
        return zero, first + (100.0 - best) * (first - zero) / best

    @model_validator(mode="after")
    def _hangs_together(self) -> Criterion:
        if (self.indicator is None) == (self.fact is None):
            raise _fault("indicator（指标）和 fact（事项）应恰好写一个", "id")
        ways = [name for name in ("table", "linear", "improvement", "status") if getattr(self, name) is not None]
        fitting = ["status"] if self.fact else ["table", "linear", "improvement"]
        if len(ways) != 1 or ways[0] not in fitting:
            wrote = f" {'、'.join(ways)}" if ways else "零种"
            what = "事项" if self.fact else "指标"
            raise _fault(
                f"计分方法写了{wrote}，{what}应恰好写 {'、'.join(fitting)}{' 之一' if len(fitting) > 1 else ''}",
                ways[0] if ways else "id",
            )
        low, high = self.interval
        if not low <= self.weight <= high:
            raise _fault(f"权重 {self.weight:g} 不在区间 [{low:g}, {high:g}] 之内", "interval")
        self._check_points()
        return self

    def _check_points(self) -> None:
        toward = "由大到小" if self.better == "higher" else "由小到大"
        if self.table is not None:
            if len(self.table) < 2:
                raise _fault("table 应有两行以上，每行为 [限值, 得分]", "table")
            for row, ((value, points), (after, less)) in enumerate(pairwise(self.table), 1):
                if (value - after) * self.sign <= 0 or points <= less:
                    raise _fault(
                        f"限值不单调：[{after:g}, {less:g}] 应排在 [{value:g}, {points:g}] 之后，"
                        f"即从最好的写起，限值{toward}，得分由高到低",
                        "table",
                        row,
                    )
        if self.linear is not None and (self.linear[1] - self.linear[0]) * self.sign <= 0:
            raise _fault("linear 应为 [得 0 分的值, 得 100 分的值]，方向与 better 一致", "linear")
        if self.improvement is not None and not 0 <= self.improvement[0] < self.improvement[1]:
            raise _fault("improvement 应为 [得 0 分的改善幅度, 得 100 分的改善幅度]，如 [0, 0.3]", "improvement")


class Kind(_Model):
    """The criteria for some kinds of enterprises. kinds: as `entities` has them."""

    id: Text
    title: Text
    kinds: Annotated[tuple[Text, ...], Field(min_length=1)]
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]


class Grade(_Model):
    """A grade, and the points from which it is given; it ends where the next better one begins."""

    id: Text
    least: Points


class Veto(_Model):
    """What caps a grade: a decision of the authority (`decisions`), or that too many of the enterprise's rows were rejected."""

    id: Text
    title: Text
    cap: Text
    rejected_above: Share | None = None
    clause: Text


class Decision(_Model):
    """A decision about an enterprise in a year, by which a veto holds. document: where it is written down."""

    entity: Text
    year: int
    veto: Text
    document: Text


class Publication(_Model):
    """What the public may be told where the disclosure policy allows it. grades: those whose enterprises are named."""

    grades: tuple[Text, ...] = ()


class Scheme(_Model):
    """A scheme of evaluation. official: whether an authority has issued it. held: the share of draws in which a grade has to
    hold. least_weight: how much of the weight has to have values."""

    id: Text
    title: Text
    official: bool
    notice: Text
    term_start: int
    term_end: int
    held: Annotated[float, Field(gt=0.5, le=1)] = 0.9
    least_weight: Share = 0.5
    objection: Text
    dimensions: Annotated[tuple[Titled, ...], Field(min_length=1)]
    grades: Annotated[tuple[Grade, ...], Field(min_length=2)]
    facts: tuple[Fact, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    decisions: tuple[Decision, ...] = ()
    publication: Publication = Publication()
    sets: Annotated[tuple[Kind, ...], Field(min_length=1)]

    def set_of(self, kind: str) -> Kind | None:
        """The criteria for a kind of enterprises; None where the scheme is not for it."""
        return next((one for one in self.sets if kind in one.kinds), None)

    def rows(self, kind: Kind) -> Iterator[tuple[Titled, Criterion]]:
        """The criteria of a set, each beside its dimension, in the order of the dimensions."""
        return ((under, one) for under in self.dimensions for one in kind.criteria if one.dimension == under.id)

    def fact(self, id: str) -> Fact:
        return next(one for one in self.facts if one.id == id)

    @property
    def indicators(self) -> list[str]:
        """Those of the catalogue that it needs, each once."""
        return list(dict.fromkeys(c.indicator for one in self.sets for c in one.criteria if c.indicator))

    @model_validator(mode="after")
    def _hangs_together(self) -> Scheme:
        if self.term_start > self.term_end:
            raise _fault(f"起始年 {self.term_start} 晚于结束年 {self.term_end}", "term_start")
        for part in ("dimensions", "grades", "facts", "vetoes", "sets"):
            _once(getattr(self, part), part)
        self._check_grades()
        for at, fact in enumerate(self.facts):
            if fact.action not in ACTIONS:
                raise _fault(_unknown("行动", fact.action, ACTIONS), "facts", at, "action")
        kinds = dict[str, str]()
        for at, one in enumerate(self.sets):
            for kind in one.kinds:
                if kind not in KINDS:
                    raise _fault(_unknown("单位类别", kind, KINDS), "sets", at, "kinds")
                if kind in kinds:
                    raise _fault(f"单位类别 {kind} 已在“{kinds[kind]}”之中，一类只能有一套指标", "sets", at, "kinds")
                kinds[kind] = one.title
            self._check_set(one, ("sets", at))
        return self

    def _check_grades(self) -> None:
        for at, (better, grade) in enumerate(pairwise(self.grades), 1):
            if grade.least >= better.least:
                raise _fault(
                    f"等级 {grade.id} 的下限 {grade.least:g} 不低于 {better.id} 的 {better.least:g}，两个等级重叠；"
                    "等级从高到低写，下限依次降低",
                    "grades",
                    at,
                    "least",
                )
        if self.grades[-1].least != 0:
            raise _fault(f"最低等级 {self.grades[-1].id} 的下限应为 0", "grades", len(self.grades) - 1, "least")
        grades, vetoes = [one.id for one in self.grades], [one.id for one in self.vetoes]
        named = [(one.cap, ("vetoes", at, "cap")) for at, one in enumerate(self.vetoes)]
        for id, place in [*named, *((id, ("publication", "grades")) for id in self.publication.grades)]:
            if id not in grades:
                raise _fault(_unknown("等级", id, grades), *place)
        for at, decision in enumerate(self.decisions):
            if decision.veto not in vetoes:
                raise _fault(_unknown("否决事项", decision.veto, vetoes), "decisions", at, "veto")

    def _check_set(self, one: Kind, place: At) -> None:
        _once(one.criteria, *place, "criteria")
        dimensions, facts = [each.id for each in self.dimensions], [each.id for each in self.facts]
        for at, criterion in enumerate(one.criteria):
            here = (*place, "criteria", at)
            if criterion.dimension not in dimensions:
                raise _fault(_unknown("维度", criterion.dimension, dimensions), *here, "dimension")
            if criterion.fact and criterion.fact not in facts:
                raise _fault(_unknown("事项", criterion.fact, facts), *here, "fact")
        total = sum(criterion.weight for criterion in one.criteria)
        if abs(total - 1) > TOLERANCE:
            raise _fault(f"“{one.title}”各项权重之和为 {total:.6g}，应为 1", *place, "criteria")


def _once(parts: Sequence[Any], *place: int | str) -> None:
    seen = set[str]()
    for at, one in enumerate(parts):
        if one.id in seen:
            raise _fault(f"编号 {one.id} 出现了不止一次，应当唯一", *place, at, "id")
        seen.add(one.id)


def _unknown(what: str, given: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(given, names, n=1, cutoff=0)
    return f"没有{what} {given}" + (f"；最接近的是 {near[0]}" if near else "")


_PARTS: dict[str, type[BaseModel]] = {
    "dimensions": Titled,
    "facts": Fact,
    "status": Status,
    "criteria": Criterion,
    "sets": Kind,
    "grades": Grade,
    "vetoes": Veto,
    "decisions": Decision,
    "publication": Publication,
}
_EXPECTED = {
    "string": "文字（必要时加引号）", "int": "整数", "float": "数字", "bool": "true 或 false", "tuple": "列表", "model": "一组“键: 值”",
    "greater": "更大的数", "less": "更小的数",
}  # fmt: skip


def folder(layout: Layout) -> Path:
    return layout.reference / "evaluation"


def ids(layout: Layout) -> list[str]:
    """The schemes that there are."""
    return sorted(path.stem for path in folder(layout).glob("*.yml"))


def scheme_of(layout: Layout, year: int, catalogue: Catalogue, id: str | None = None) -> Scheme | None:
    """The scheme with this id, else the one in whose term the year lies; None where there is none. Raises ParameterError for an
    id that does not exist, DataError where two hold for the year and as `load`."""
    if id is not None:
        if id not in ids(layout):
            there = "、".join(ids(layout)) or "（没有）"
            raise ParameterError("scheme.unknown", f"没有评价方案 {shown(id)}；已有的：{there}")
        return load(layout, id, catalogue)
    found = [one for one in (load(layout, name, catalogue) for name in ids(layout)) if one.term_start <= year <= one.term_end]  # fmt: skip
    if len(found) > 1:
        raise DataError(
            "scheme.several",
            f"{year} 年在 {'、'.join(one.id for one in found)} 几个评价方案的适用期内；请把起止年份改得不重叠，或只留一个。",
        )
    return found[0] if found else None


def load(layout: Layout, id: str, catalogue: Catalogue) -> Scheme:
    """A scheme, its indicators looked up in the catalogue. Raises DataError: one sentence with file, line, what was found and
    what would be right."""
    path = folder(layout) / f"{id}.yml"
    file = path.relative_to(layout.root).as_posix()

    def refused(kind: str, line: int, message: str) -> DataError:
        return DataError(f"scheme.{kind}", f"评价方案 {file} 第 {line} 行：{shown(message)}。")

    try:
        node, data = yaml_text.read(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        raise DataError("scheme.unreadable", f"评价方案 {file} 读不出来，应为 UTF-8 编码的文本文件。") from None
    except NotPlain as error:
        raise refused("syntax", error.line, error.why) from None
    try:
        scheme = Scheme.model_validate(data)
    except ValidationError as error:
        first, at = first_fault(error)
        raise refused("invalid", line_of(node, at), _said(first)) from None
    if scheme.id != id:
        raise refused("id", line_of(node, ("id",)), f"id 是 {scheme.id}，应与文件名 {id} 相同")
    _check_indicators(scheme, catalogue, lambda message, *at: refused("indicator", line_of(node, at), message))
    return scheme


def _check_indicators(scheme: Scheme, catalogue: Catalogue, refused: Callable[..., DataError]) -> None:
    """Every indicator is in the catalogue, told by enterprise, and better in the same direction."""
    for n, one in enumerate(scheme.sets):
        for m, criterion in enumerate(one.criteria):
            at = ("sets", n, "criteria", m)
            if criterion.indicator is None:
                continue
            if criterion.indicator not in catalogue.indicators:
                raise refused(_unknown("指标", criterion.indicator, catalogue.indicators), *at, "indicator")
            if not catalogue.has_entities(criterion.indicator):
                raise refused(f"指标 {criterion.indicator} 不分到企业，不能用来评价企业", *at, "indicator")
            better = catalogue[criterion.indicator].better
            if better and better != criterion.better:
                raise refused(
                    f"better 是 {criterion.better}，与指标目录中 {criterion.indicator} 的 {better} 相反", *at, "better"
                )


def _said(fault: ErrorDetails) -> str:
    """One pydantic error in Chinese."""
    loc, kind = fault["loc"], fault["type"]
    name = str(loc[-1]) if loc else ""
    context: dict[str, Any] = fault.get("ctx", {})
    if kind == "extra_forbidden":
        part = next((_PARTS[str(step)] for step in reversed(loc[:-1]) if str(step) in _PARTS), Scheme)
        near = difflib.get_close_matches(name, part.model_fields, n=1, cutoff=0)[0]
        return f"没有名为 {name} 的键；最接近的是 {near}"
    if kind == "scheme":
        return str(context["message"])
    if kind == "missing":
        return f"缺少 {name}，请补上"
    if kind == "literal_error":
        known = context["expected"].replace(" or ", " 或 ").replace("'", "")
        return f"{name} 的值“{fault['input']}”不对，应为 {known}"
    if kind in ("string_too_short", "too_short"):
        return f"{name} 是空的或太少，请补全"
    if kind in ("greater_than_equal", "greater_than", "less_than_equal", "less_than"):
        limit = next(iter(context.values()))
        sign = {
            "greater_than_equal": "不小于",
            "greater_than": "大于",
            "less_than_equal": "不大于",
            "less_than": "小于",
        }[kind]
        return f"{name} 的值“{fault['input']}”不对，应{sign} {limit:g}"
    expected = _EXPECTED.get(kind.split("_")[0], "规定的类型")
    if not name:
        return f"文件内容应为{expected}"
    given = "" if isinstance(fault["input"], dict | list) else f"“{fault['input']}”"
    return f"{name} 的值{given}不对，应为{' ' if expected[:1].isascii() else ''}{expected}"
