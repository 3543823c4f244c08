"""How the plan's targets stand: one judgement per target, and what has been said about it in public.

A judgement rests on filed data only. A published statement stands beside its target with a remark on the
difference in what it measures; it never fills in for the value.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline import wording
from pipeline.errors import DataError
from pipeline.findings import Needed, ToTarget
from pipeline.given.reference import Plan, Target
from pipeline.given.regions import Region
from pipeline.layout import Layout

Tone = Literal["good", "warn", "bad", "none"]

MET, NOT_MET = "已达标", "未达标"
MET_SO_FAR, NOT_MET_SO_FAR = "已达标（期中）", "未达标（期中）"
ON_PATH, BEHIND = "按序时进度", "滞后"
COMPARED, NOT_FILED = "对照全国目标", "未报送"
NOT_COVERED, NOT_DEFINED = "报齐率不足", "口径未定"  # there is a value and no judgement
NOT_FRAMED = "覆盖不足，不作判断"  # of the nation: what was filed is not the industry
NATIONAL = "不分省统计"
CONFIDENTIAL = "保密"

# The sign repeats the status without colour; each is in the fonts of web page and PDF.
_MARKS: dict[str, tuple[str, Tone]] = {
    MET: ("●", "good"),
    NOT_MET: ("×", "bad"),
    MET_SO_FAR: ("●", "good"),
    NOT_MET_SO_FAR: ("△", "warn"),
    ON_PATH: ("▲", "good"),
    BEHIND: ("▼", "warn"),
    COMPARED: ("◇", "none"),
    NOT_FILED: ("○", "none"),
    NOT_COVERED: ("◇", "none"),
    NOT_DEFINED: ("◇", "none"),
    NOT_FRAMED: ("◇", "none"),
    NATIONAL: ("◇", "none"),
    CONFIDENTIAL: ("◇", "none"),
}
_HOLDS = {">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True)
class Judgement:
    """Where one target stands.

    value: as computed, in the target's plain unit (0.8 is 80 %), None without data. status: one of the words above;
    symbol and tone (good, warn, bad, none) repeat it. gap: what is still missing in the direction of the target,
    positive short of it, negative beyond it; None without a value, of a nation that is not covered, and of a province where
    the nation's target is a number of things, of which a province has a part. needed_per_year: before the target year and short of it, the change
    still needed in each year: with a baseline the yearly rate of the index (compound), else the part of the gap.
    printed: the value as text that does not contradict the status.
    """

    target: Target
    value: float | None
    status: str
    gap: float | None
    needed_per_year: float | None
    printed: str

    @property
    def symbol(self) -> str:
        return _MARKS[self.status][0]

    @property
    def tone(self) -> Tone:
        return _MARKS[self.status][1]

    @property
    def gap_printed(self) -> ToTarget | str:
        """How far the value is from the target; empty without data."""
        if self.gap is None:
            return ""
        if self.gap == 0:
            return ToTarget(0)
        digits = _places(self.printed)
        factor, unit = _in_words(self.target)
        size = abs(Decimal(str(self.gap))) * factor
        amount = wording.number(size, digits)
        under = not Decimal(amount.replace(",", ""))
        amount = wording.number(Decimal(1).scaleb(-digits)) if under else amount
        return ToTarget(1 if self.gap > 0 else -1, amount, unit, under)

    @property
    def needed_printed(self) -> Needed | str:
        """What each year has to bring; empty where nothing is needed or it is too late."""
        if self.needed_per_year is None:
            return ""
        counted = self.target.unit != "1"
        way = 1 if self.needed_per_year > 0 else -1
        size = abs(self.needed_per_year)
        if self.target.baseline_year is not None:
            return Needed(way, wording.percent(size), counted=counted)
        factor, unit = _in_words(self.target)
        digits = 1 if counted else self.target.decimals
        return Needed(way, wording.number(Decimal(str(size)) * factor, digits), unit, counted)


def scorecard(
    plan: Plan,
    values: Mapping[str, float | None],
    year: int,
    region: Region,
    instead: Mapping[str, str] | None = None,
) -> list[Judgement]:
    """One judgement per target of `plan`, in its order, for `region` in `year`.

    values: indicator id -> value in the target's plain unit, national targets measured in `region`. Whatever is not
    there, None or no finite number is 未报送. Judged on values that are not rounded (only the noise of binary
    fractions, `wording.NOISE`, is dropped: 0.8 - 1 is -20 %). From the target year on 已达标 or 未达标. Before it, with a
    baseline, 按序时进度 or 滞后 against the straight line of the index from 100 in the baseline year to the target;
    without one 已达标（期中） or 未达标（期中）. The targets bind the nation: a province is 对照全国目标, whatever its
    value. Comparators include the number itself (民法典第1259条). instead: indicator id -> the status that
    the value alone does not show: of the nation NOT_FRAMED, NOT_COVERED, NOT_DEFINED or NOT_MET, of a province NATIONAL, of a value
    that is not published CONFIDENTIAL.
    """
    other = instead or {}
    return [
        _judge(target, values.get(target.indicator), year, region, other.get(target.indicator))
        for target in plan.targets
    ]


def _judge(target: Target, value: float | None, year: int, region: Region, instead: str | None = None) -> Judgement:
    if value is None or not math.isfinite(value):
        status = instead if instead in (NATIONAL, CONFIDENTIAL) else NOT_FILED
        return Judgement(target, None, status, None, None, wording.HIDDEN if status == CONFIDENTIAL else status)
    goal = threshold = Decimal(str(target.value))
    exact = wording.settled(value, goal)
    holds = _HOLDS[target.comparator]
    if not region.is_nation:
        status = COMPARED
    elif instead is not None:
        status = instead
    elif year >= target.target_year:
        status = MET if holds(exact, goal) else NOT_MET
    elif target.baseline_year is None:
        status = MET_SO_FAR if holds(exact, goal) else NOT_MET_SO_FAR
    else:
        threshold = _path(target, year)
        status = ON_PATH if holds(wording.settled(exact, threshold), threshold) else BEHIND
    if status == NOT_FRAMED or (not region.is_nation and target.unit != "1"):
        return Judgement(target, value, status, None, None, _print(target, exact, threshold))
    short = exact - goal if target.comparator == "<=" else goal - exact
    left = target.target_year - year
    needed = _needed(target, exact, goal, left) if short > 0 and left > 0 else None
    return Judgement(target, value, status, float(short), needed, _print(target, exact, threshold))


def _path(target: Target, year: int) -> Decimal:
    """The change against the baseline that the straight line of the index asks for in `year`."""
    base = target.baseline_year
    assert base is not None
    passed = min(max(year - base, 0), target.target_year - base)
    return Decimal(str(target.value)) * passed / (target.target_year - base)


def _needed(target: Target, exact: Decimal, goal: Decimal, left: int) -> float | None:
    if target.baseline_year is None:
        return float((goal - exact) / left)
    if exact <= -1:
        return None
    return math.pow((1 + goal) / (1 + exact), 1 / left) - 1


def _print(target: Target, exact: Decimal, threshold: Decimal) -> str:
    """The value with as many decimals as neither the threshold that was judged nor the target itself contradicts."""
    against = wording.percent_against if target.as_percent else wording.number_against
    goal = Decimal(str(target.value))
    enough = _places(against(exact, goal, target.comparator, target.decimals))
    text = against(exact, threshold, target.comparator, enough)
    return text if target.unit == "1" else f"{text} {target.unit}"


def _places(text: str) -> int:
    found = re.search(r"\.(\d+)", text)
    return len(found[1]) if found else 0


def _in_words(target: Target) -> tuple[int, str]:
    """The factor and the unit in which differences to `target` are told."""
    if target.as_percent:
        return 100, "个百分点"
    return 1, "" if target.unit == "1" else target.unit


# --- what has been said in public --------------------------------------------------------------------------


DOUBTFUL = "存疑"  # the kind of a statement that other numbers of its source contradict


@dataclass(frozen=True)
class Statement:
    """A published row that speaks to a target or an action, ready to be cited.

    printed: value and unit as the source prints them (超90%). when: 2023 年 10 月. who: the region or company it is
    about. kind: 公开值, 推算值, 目标, 预测 or 存疑. source: the original document. remark: how it differs from what the
    target measures, or "".
    """

    row_id: str
    indicator: str
    printed: str
    when: str
    who: str
    kind: str
    grade: str
    source: str
    remark: str


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    row: str
    remark: str = ""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    targets: dict[str, list[_Entry]]
    actions: dict[int, list[_Entry]]


_KINDS = {"printed": "公开值", "derived": "推算值", "target": "目标", "forecast": "预测"}
_BEHIND = ("以上", "以下", "以内", "左右")
_TRAILING = re.compile(rf"^(?P<head>.*?\d)(?P<tail>{'|'.join(_BEHIND)})$")


def statements(plan: Plan, published: pl.DataFrame, layout: Layout | None = None) -> dict[str, list[Statement]]:
    """Target id -> the published statements that stand beside it, the one nearest to it first.

    Every target is a key. published: see `reference.published`; rows that are not in it (because they lie after the
    report's year) or unverified are left out. Which row speaks to which target, and with which remark, is data:
    `plans/<plan id>-statements.yml`. Raises DataError (statements.*).
    """
    spoken = _read(plan, layout or Layout.current()).targets
    return {target.id: _cite(spoken.get(target.id, []), published) for target in plan.targets}


def action_statements(plan: Plan, published: pl.DataFrame, layout: Layout | None = None) -> dict[int, list[Statement]]:
    """Action number -> the published statements on its progress; like `statements`."""
    spoken = _read(plan, layout or Layout.current()).actions
    return {action.no: _cite(spoken.get(action.no, []), published) for action in plan.actions}


def _read(plan: Plan, layout: Layout) -> _File:
    path = layout.reference / "plans" / f"{plan.id}-statements.yml"
    shown = path.relative_to(layout.root).as_posix()
    if not path.is_file():
        return _File(targets={}, actions={})
    try:
        found = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DataError(
            "statements.unreadable", f"公开表述清单 {shown} 读不出来，应为 UTF-8 编码的 YAML 文件。"
        ) from None
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "（文件开头）"
        raise DataError(
            "statements.invalid",
            f"公开表述清单 {shown} 的 {where} 不对，应为 targets 和 actions 两部分，每条写 row（行号）和 remark（说明）。",
        ) from None
    targets, actions = {target.id for target in plan.targets}, {action.no for action in plan.actions}
    for unknown in [*(set(found.targets) - targets), *(set(found.actions) - actions)]:
        raise DataError("statements.unknown", f"公开表述清单 {shown} 中的“{unknown}”不是计划的目标或行动，请改正。")
    return found


def _cite(entries: list[_Entry], published: pl.DataFrame) -> list[Statement]:
    wanted = published.filter(
        pl.col("row_id").is_in([entry.row for entry in entries]), pl.col("row_type").is_in(list(_KINDS))
    )
    rows = {row["row_id"]: row for row in wanted.iter_rows(named=True)}
    return [_statement(rows[entry.row], entry.remark) for entry in entries if entry.row in rows]


def _statement(row: Mapping[str, Any], remark: str) -> Statement:
    disputed = row["status"] == "disputed"
    # Targets are named `目标：…降至（以下）` in the tables; the sense of the limit belongs to the number.
    indicator, _, limit = row["indicator_zh"].removeprefix("目标：").removesuffix("）").partition("（以")
    printed = _emission(row) if row["unit"] == "万吨" else as_printed(row["value_printed"], row["unit_printed"])
    return Statement(
        row_id=row["row_id"],
        indicator=indicator if limit else row["indicator_zh"].removeprefix("目标："),
        printed=printed + (f"以{limit}" if limit else ""),
        when=f"{row['year']} 年" + (f" {row['month']} 月" if row["month"] else ""),
        who=row["region_zh"],
        kind=DOUBTFUL if disputed else _KINDS[row["row_type"]],
        grade=row["grade"],
        source=row["source_title"],
        remark="；".join(part for part in (remark, row["reason"] if disputed else "") if part),
    )


def _emission(row: Mapping[str, Any]) -> str:
    """Emissions in 万吨 or 亿吨, since sources print them in kg, t or Mt: 32460000000 kgCO2e is 3,246 万吨CO2e."""
    gas = "CO2e" if "CO2e" in row["unit_printed"] else "CO2"
    value, unit = (row["value"], "万吨") if row["value"] < 10_000 else (row["value"] / 10_000, "亿吨")
    number = f"{wording.number(value, 0 if value == int(value) else 1)} {unit}{gas}"
    qualifier: str = row["qualifier"]
    return number + qualifier if qualifier in _BEHIND else qualifier + number


def as_printed(value: str, unit: str) -> str:
    """Value and unit of a published row in one text: (95以上, %) -> `95%以上`, (超100, 万个) -> `超100 万个`."""
    text = value.replace("-", wording.MINUS) if value.startswith("-") else value
    if unit == "%" and "%" in text:
        return text
    space = "" if unit in ("", "%") else " "
    if found := _TRAILING.match(text):
        return f"{found['head']}{space}{unit}{found['tail']}"
    return f"{text}{space}{unit}"
