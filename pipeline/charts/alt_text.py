"""Alternative texts made from the data: what a figure shows, its range, its extremes, its trend.

They stand in for the picture, so they tell the numbers and not the colours. Whole sentences, each with a full stop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

from pipeline import findings, wording
from pipeline.findings import Measure, Values
from pipeline.language import zh

ENDS = 3  # so many of the highest and of the lowest are named
MAX_LINES = 6  # more lines than this are summed up by their ends


def of_series(
    kind: str,
    what: str,
    measure: Measure,
    years: Sequence[int],
    lines: Mapping[str, Sequence[float | None]],
    *,
    printed: Mapping[int, str] | None = None,
) -> str:
    """A time series of one or more lines. kind: 折线图, 柱形图 ...; what: the quantity, without years.

    For each line its first and last value, its way and, where they lie in between, its highest and lowest year.
    printed: by year, the text to tell instead of the value of a single line, such as 超13 万个.
    """
    there = {label: _points(years, values) for label, values in lines.items()}
    known = sorted({year for points in there.values() for year, _ in points})
    if not known:
        return f"{kind}：{what}，没有数据。"
    span = f"{known[0]} 年" if len(known) == 1 else f"{known[0]} 年至 {known[-1]} 年"
    told = [
        _line(measure, label, points, printed or {}, brief=len(there) > MAX_LINES) for label, points in there.items()
    ]
    return f"{kind}：{span}{what}。{'；'.join(told)}。"


def _points(years: Sequence[int], values: Sequence[float | None]) -> list[tuple[int, float]]:
    pairs = zip(years, values, strict=True)
    return sorted((year, value) for year, value in pairs if value is not None and math.isfinite(value))


def _line(
    measure: Measure, label: str, points: list[tuple[int, float]], printed: Mapping[int, str], *, brief: bool
) -> str:
    if not points:
        return f"{label}没有数据"

    def told(point: tuple[int, float]) -> str:
        return f"{point[0]} 年的 {printed.get(point[0]) or measure.say(point[1])}"

    if len(points) == 1:
        return f"{label}为 {told(points[0])}"
    text = f"{label}由 {told(points[0])} 到 {told(points[-1])}"
    way = zh.say(findings.path(measure, [year for year, _ in points], [value for _, value in points]))
    text += f"，{way}" if way else ""
    if brief or not way.startswith(("先", "有")):
        return text
    top, bottom = max(points, key=lambda point: point[1]), min(points, key=lambda point: point[1])
    return text + f"，最高为 {told(top)}，最低为 {told(bottom)}"


def of_ranking(
    kind: str, what: str, measure: Measure, values: Values, *, own: str = "", descending: bool = True
) -> str:
    """A ranking or tile grid of provinces: how many, the highest and lowest, the median, `own`, who has no value.

    what: the quantity with its year. descending: the end from which the place of `own` is counted, as in the title.
    """
    there = {name: value for name, value in values.items() if value is not None and math.isfinite(value)}
    closed = findings.withheld(values)
    absent = [name for name in values if name not in there and name not in closed]
    ordered = sorted(there, key=lambda name: -there[name])
    shown = [f"{name} {measure.say(there[name])}" for name in ordered]
    missing = f"没有数据的有{wording.join_names(absent)}。" if absent else ""
    missing += f"按保密规则不公布的有{wording.join_names(closed)}。" if closed else ""
    if len(shown) <= 2 * ENDS:
        return f"{kind}：{what}。{'、'.join(shown) or '没有数据'}。{missing if shown else ''}"
    told = [
        f"{kind}：{what}，{len(shown)} 个省份有{'公布的' if closed else ''}数据。",
        f"最高的依次为{'、'.join(shown[:ENDS])}；最低的依次为{'、'.join(shown[: -ENDS - 1 : -1])}；",
        f"中位数为 {measure.say(median(there.values()))}。",
    ]
    if own:
        told.append(f"{zh.say(findings.place(measure, values, own, descending=descending))}。")
    return "".join(told) + missing


def of_groups(kind: str, what: str, measure: Measure, values: Values) -> str:
    """A few named values, each told: `柱形图：2023 年……。东部 1,295.0 亿GB，西部 867.3 亿GB。`"""
    told = [f"{name} {measure.say(value)}" for name, value in values.items()]
    return f"{kind}：{what}。{'，'.join(told) or '没有数据'}。"


def of_steps(
    kind: str, what: str, measure: Measure, start: tuple[str, float], steps: Mapping[str, float], end: tuple[str, float]
) -> str:
    """The way from one total to another: `瀑布图：……。2020 年为 120.0 万tce；信息流量拉高 80.0 万tce；……；2025 年为 180.0 万tce。`"""
    measure = measure.among([start[1], *steps.values(), end[1]])
    told = [f"{name}{pulled_by(measure, value) or '没有影响'}" for name, value in steps.items()]
    ends = [f"{name}为 {measure.say(value)}" for name, value in (start, end)]
    return f"{kind}：{what}。{'；'.join([ends[0], *told, ends[1]])}。"


def changed_by(measure: Measure, value: float) -> str:
    """`增加 80.0 万tce`, `减少 20.0 万tce`; empty where what is printed is zero."""
    return _sized(measure, value, "增加", "减少")


def pulled_by(measure: Measure, value: float) -> str:
    """What a factor does to a total: `拉高 80.0 万tce`, `拉低 20.0 万tce`; empty where what is printed is zero."""
    return _sized(measure, value, "拉高", "拉低")


def _sized(measure: Measure, value: float, up: str, down: str) -> str:
    size = measure.say(abs(value))
    if not any(digit in "123456789" for digit in size.removesuffix(measure.unit)):
        return ""
    return f"{up if value > 0 else down} {size}"
