"""Findings in Chinese. They serve as titles of figures and as key sentences, so none ends with a full stop."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from pipeline import wording
from pipeline.findings import (
    Absent,
    Comparison,
    Counted,
    Extremes,
    Measure,
    Movement,
    Path,
    Place,
    Point,
    Quantity,
    Sources,
    Trend,
)

MAX_NAMES = 3  # so many tied names are told; more are counted


@singledispatch
def say(finding: Any) -> str:
    """A finding as a phrase or sentence without full stop. Raises TypeError for what is none."""
    raise TypeError(f"no words for {type(finding).__name__}")


@say.register
def _measure(one: Measure) -> str:
    return one.name


@say.register
def _quantity(one: Quantity) -> str:
    return one.measure.say(one.value)


@say.register
def _trend(one: Trend) -> str:
    """`全国流量由 2019 年的 1,219.9 亿GB 增至 2024 年的 3,375.9 亿GB`."""
    name, first, last = one.measure.of(one.subject), one.first, one.last
    if last is None:
        return f"没有{name}的数据"
    said = _point(one.measure, last)
    if first is None:
        return _close_up(f"{last.year} 年{name}为 {said}")
    if one.case == "same":
        return f"{last.year} 年{name}为 {said}，与 {first.year} 年持平"
    if one.case == "alike":
        return _close_up(f"{last.year} 年{name}为 {said}，与 {first.year} 年基本持平")
    if one.case == "unsure":
        return _close_up(f"{name} {first.year} 年为 {_point(one.measure, first)}，{last.year} 年为 {said}")
    verb = one.measure.rises if last.value > first.value else one.measure.falls
    sentence = f"{name}由 {first.year} 年的 {_point(one.measure, first)} {verb} {last.year} 年的 {said}"
    if one.with_change:
        amount = wording.rise_or_fall(first.value, last.value, points=one.measure.scale == "percent")
        amount = amount.replace("上升", "增长") if one.measure.rises.startswith("增") else amount
        sentence += f"，累计{amount}" if any(map(str.isdigit, amount)) else ""  # too little to be told as a share
    return _close_up(sentence)


@say.register
def _path(one: Path) -> str:
    """逐年上升, 总体上升, 先升后降, 有升有降, 持平; nothing with fewer than three values."""
    if one.without:
        return ""
    if not one.moves:
        return "持平"
    if len(one.moves) == 1:
        word = "上升" if one.moves[0] > 0 else "下降"
        return (("逐年" if one.yearly else "逐期") if one.every_step else "总体") + word
    if len(one.moves) == 2:
        return "先升后降" if one.moves[0] > 0 else "先降后升"
    return "有升有降"


@say.register
def _absent(one: Absent) -> str:
    if one.withheld:
        return f"{one.measure.of(one.name)}按保密规则不公布"
    return f"没有{one.measure.of(one.name)}的数据"


@say.register
def _place(one: Place) -> str:
    """`广东流量为 386.9 亿GB，在 31 个省份中居首位`."""
    measure, rank = one.measure, one.rank
    if one.value is None:
        return f"{say(Absent(measure, one.name, one.withheld))}，不排位"
    value = (
        _changed(measure, one.name, one.value)
        if measure.is_change
        else f"{measure.of(one.name)}为 {measure.say(one.value)}"
    )
    if one.case == "few":
        return f"{value}；{'公布' if one.some_withheld else '有'}此项数据的省份只有 {rank.of} 个，不排位"
    if one.case == "alike":
        return f"{value}，{rank.of} 个省份相同"
    order = "由高到低" if one.descending else "由低到高"
    if measure.is_change:
        down, up, mixed = (
            ("降幅由小到大", "升幅", "由升到降") if one.descending else ("降幅", "升幅由小到大", "由降到升")
        )
        order = {-1: down, 1: up, 0: mixed}[one.every]
    tie = f"与{_names(rank.tied)}并列" if rank.tied else "居"
    if rank.place == 1:
        where = f"{tie}首位" if one.descending and not measure.is_change else f"{order}{tie}首位"
    elif one.is_last:
        where = f"{tie}末位" if one.descending else f"{order}{tie}末位"
    else:
        where = f"{order}{tie}第 {rank.place} 位"
    return f"{value}，在{'已公布的' if one.some_withheld else ''} {rank.of} 个省份中{where}"


@say.register
def _comparison(one: Comparison) -> str:
    """`广东流量为 1.2，高于全国（1.0）和东部（1.1）`; of changes `广东单站年耗电下降 41.3%，降幅大于东部（41.1%）`."""
    measure, own = one.measure, one.measure.way(one.value) if one.measure.is_change else 0
    told = [_changed(measure, one.name, one.value) if measure.is_change else f"{measure.of(one.name)}为 {measure.say(one.value)}"]  # fmt: skip
    width, above, below = ("升幅" if own > 0 else "降幅", "大于", "小于") if measure.is_change else ("", "高于", "低于")
    for gap, others in one.relations:
        said = {label: measure.say(abs(other) if measure.is_change else other) for label, other in others.items()}
        labels = "和".join(f"{label}（{value}）" for label, value in said.items())
        told.append(width + {1: f"{above}{labels}", -1: f"{below}{labels}", 0: f"与{labels}相当"}[gap])
    return "，".join([*told, *(f"{label}{_moved(measure, other)}" for label, other in one.others.items())])


def _changed(measure: Measure, name: str, change: float) -> str:
    """`广东单站年耗电下降 41.3%`."""
    return measure.of(name).removesuffix("变动") + _moved(measure, change)


def _moved(measure: Measure, change: float) -> str:
    way = measure.way(change)
    return f"{'上升' if way > 0 else '下降'} {measure.say(abs(change))}" if way else "基本持平"


@say.register
def _counted(one: Counted) -> str:
    return f"{'已公布的 ' if one.published_only else ''}{one.n} 个省份"


@say.register
def _extremes(one: Extremes) -> str:
    """`广东最高，为 386.9 亿GB；西藏最低，为 10.6 亿GB`; of values below zero `甲降幅最大，为 37.9%；乙最小，为 8.8%`."""
    measure, among = one.measure, "已公布的省份中" if one.some_withheld else ""
    if not one.highest:
        return f"没有{'公布' if one.some_withheld else ''}分省的{measure.name}数据"
    high, low = measure.say(one.high), measure.say(one.low)
    if one.of == 1:
        return f"仅{one.highest[0]}{'公布了' if among else '有'}{measure.name}数据，为 {high}"
    if one.are_alike:
        return f"{among}{one.of} 个省份{measure.name}均为 {high}"
    top, bottom = (f"{_names(names)}{'并列' if len(names) > 1 else ''}" for names in (one.highest, one.lowest))
    if one.every < 0:  # all fell: the lowest fell most
        most, least = (said.removeprefix(wording.MINUS) for said in (low, high))
        return f"{among}{bottom}降幅最大，为 {most}；{top}最小，为 {least}"
    if measure.is_change and one.every > 0:
        return f"{among}{top}升幅最大，为 {high}；{bottom}最小，为 {low}"
    if measure.is_change:
        return f"{among}{top}升幅最大，为 {high}；{bottom}降幅最大，为 {low.removeprefix(wording.MINUS)}"
    return f"{among}{top}最高，为 {high}；{bottom}最低，为 {low}"


@say.register
def _movement(one: Movement) -> str:
    """`30 个省份中 20 个下降、10 个上升`; `30 个省份全部下降`; what nobody did is not told."""
    ways = {"下降": len(one.fell), "上升": len(one.rose), "持平": len(one.same)}
    if not one.of:
        return f"没有{one.measure.name}可比的省份"
    among = say(Counted(one.of, one.some_withheld))
    for word, count in ways.items():
        if count == one.of:
            return f"{among}{'全部' if count > 1 else ''}{word}"
    return f"{among}中 " + "、".join(f"{count} 个{word}" for word, count in ways.items() if count)


@say.register
def _sources(one: Sources) -> str:
    rest = f"；等 {one.of} 份，逐份列在附录 D" if one.of > len(one.named) else ""
    return "；".join(one.named) + rest


def _point(measure: Measure, point: Point) -> str:
    return point.printed or measure.say(point.value)


def _close_up(sentence: str) -> str:
    """No space between two Chinese characters, one between 年 and a name such as 5G 基站."""
    sentence = re.sub(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])", "", sentence)
    return re.sub(r"年(?=[0-9A-Za-z])", "年 ", sentence)


def _names(names: Sequence[str]) -> str:
    shown = wording.join_names(names[:MAX_NAMES])
    return shown if len(names) <= MAX_NAMES else f"{shown}等 {len(names)} 个省份"
