"""Findings in Chinese. They serve as titles of figures and as key sentences, so none ends with a full stop."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import singledispatch
from statistics import median
from typing import Any

from pipeline import wording
from pipeline.findings import (
    Absent,
    Clauses,
    Comparison,
    Counted,
    Ends,
    Extremes,
    GroupsShown,
    Largest,
    Measure,
    Movement,
    NotFiled,
    Path,
    Place,
    Point,
    Progress,
    Quantity,
    Quoted,
    RankingShown,
    SeriesShown,
    Since,
    Sources,
    Standing,
    StepsShown,
    Trend,
    path,
    place,
    there,
    withheld,
)
from pipeline.findings.series import points
from pipeline.language.terms import Term, glossary

NOUNS = {
    "enterprises": "家企业",
    "hub_clusters": "个集群",
    "provinces": "个省份",
    "reporting_units": "家填报单位",
    "size_classes": "种规模",
}
"""What is counted, with its counter."""
ENDS = 3  # so many of the highest and of the lowest are named
MAX_LINES = 6  # more lines than this are summed up by their ends
MAX_NAMES = 3  # so many tied names are told; more are counted
SCALES = ((1e8, "亿"), (1e4, "万"))
"""In what an axis counts once a value reaches it, and how that is called."""
EDGE = 5  # px right of a picture
PRINTED = {
    "n": wording.number,
    "pct": wording.percent,
    "change": wording.change,
    "moved_to": wording.rise_or_fall,
    "grown_to": lambda old, new: wording.rise_or_fall(old, new).replace("上升", "增长"),
    "big": wording.big,
}
"""The filters of texts."""
PARTS = {"标题": "title", "替代文字": "alt", "口径": "method", "来源": "source"}
"""What a text can say of a figure or table itself."""
JOINT = ""  # between two lines of a paragraph
HIDDEN, TAG, GAP = wording.HIDDEN, "zh-CN", "　"
"""What stands for a withheld value; the language's tag; the space between a number and its heading."""


def date(year: int, month: int, day: int) -> str:
    return f"{year} 年 {month} 月 {day} 日"


def brief(said: str) -> str:
    return said


def unpublished(said: str) -> str:
    """A sentence in which a value that is not published is told in words: `为 〔保密〕` is `不予公布`."""
    return re.sub(rf"(?:均?为 ?| ){HIDDEN}", "不予公布", said)


def with_unit(title: str, unit: str) -> str:
    return title + (f"（{unit}）" if unit else "")


@singledispatch
def say(finding: Any) -> str:
    """A finding as a phrase or sentence without full stop; texts and years as they are, several one after the other. Raises
    TypeError for what is none."""
    raise TypeError(f"no words for {type(finding).__name__}")


@say.register(str)
@say.register(int)
def _text(one: str | int) -> str:
    return str(one)


@say.register(tuple)
@say.register(list)
def _several(some: Sequence[Any]) -> str:
    return "".join(map(say, some))


@say.register
def _term(one: Term) -> str:
    return glossary()[one.key]["zh"].format(**{name: say(part) for name, part in one.parts.items()})


def names(some: Sequence[str]) -> str:
    """`广东、浙江`."""
    return wording.join_names(some)


@say.register
def _measure(one: Measure) -> str:
    return one.name


@say.register
def _quantity(one: Quantity) -> str:
    return one.measure.say(one.value)


@say.register
def _trend(one: Trend) -> str:
    """`全国流量由 2019 年的 1,219.9 亿GB 增至 2024 年的 3,375.9 亿GB`."""
    name, first, last = one.measure.of(say(one.subject)), one.first, one.last
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
    grows = one.measure.moves == "amount"
    verb = ("增至" if grows else "升至") if last.value > first.value else "降至"
    sentence = f"{name}由 {first.year} 年的 {_point(one.measure, first)} {verb} {last.year} 年的 {said}"
    if one.with_change:
        amount = wording.rise_or_fall(first.value, last.value, points=one.measure.scale == "percent")
        amount = amount.replace("上升", "增长") if grows else amount
        sentence += f"，累计{amount}" if any(map(str.isdigit, amount)) else ""  # too little to be told as a share
    return _close_up(sentence)


@say.register
def _since(one: Since) -> str:
    """`比 2024 年上升 1.9 个百分点，比 2020 年上升 13.2 个百分点`; `与 2024 年基本持平`."""
    told = []
    for point in one.before:
        way, size, in_points = one.step(point)
        verb = "下降" if way < 0 else "增长" if one.measure.moves == "amount" else "上升"
        level = "持平" if point.value == one.last.value else "基本持平"
        moved = f"比 {point.year} 年{verb} {size}{' 个百分点' if in_points else ''}"
        told.append(moved if way else f"与 {point.year} 年{level}")
    return "，".join(told)


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
        return f"{one.measure.of(one.name)}不予公布"
    return f"没有{one.measure.of(one.name)}的数据"


@say.register
def _place(one: Place) -> str:
    """`广东流量为 386.9 亿GB，在 31 个省份中居首位`."""
    measure = one.measure
    if one.value is None:
        return f"{say(Absent(measure, one.name, one.withheld))}，不排位"
    value = (
        _changed(measure, one.name, one.value)
        if measure.is_change
        else f"{measure.of(one.name)}为 {measure.say(one.value)}"
    )
    value += "；" if one.case == "few" else "，"
    return (value if one.with_value else "") + _ranked(one)


def _ranked(one: Place) -> str:
    """`在 31 个省份中居首位`."""
    measure, rank = one.measure, one.rank
    if one.case == "few":
        return f"{'公布' if one.some_withheld else '有'}此项数据的省份只有 {rank.of} 个，不排位"
    if one.case == "alike":
        return f"{rank.of} 个省份相同"
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
    return f"在{'已公布的' if one.some_withheld else ''} {rank.of} 个省份中{where}"


@say.register
def _comparison(one: Comparison) -> str:
    """`广东流量为 1.2，高于全国（1.0）和东部（1.1）`; of changes `广东单站年耗电下降 41.3%，降幅大于东部（41.1%）`."""
    measure, own = one.measure, one.measure.way(one.value) if one.measure.is_change else 0
    told = [_changed(measure, one.name, one.value) if measure.is_change else f"{measure.of(one.name)}为 {measure.say(one.value)}"]  # fmt: skip
    told = [] if one.value_told else told
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
def _ends(ends: Ends) -> str:
    """`PUE以甲最高（1.40），乙最低（1.30）`."""
    one, measure = ends.extremes, ends.extremes.measure
    high, low = measure.say(one.high), measure.say(one.low)
    if not one.of:
        return f"没有{'公布' if one.some_withheld else ''}{measure.name}的数据"
    if one.of == 1:
        return f"只有{one.highest[0]}{'公布了' if one.some_withheld else '有'}{measure.name}的数据，为 {high}"
    if one.are_alike:
        return f"{'已公布的 ' if one.some_withheld else ''}{one.of} {NOUNS[ends.noun]}的{measure.name}均为 {high}"
    top, bottom = wording.join_names(one.highest), wording.join_names(one.lowest)
    return f"{'已公布的' if one.some_withheld else ''}{measure.name}以{top}最高（{high}），{bottom}最低（{low}）"


@say.register
def _largest(one: Largest) -> str:
    """`通信基站最多，占综合能耗的 53.0%，其次是数据中心（20.9%）`."""
    whole = say(one.whole)
    if not one.parts:
        return f"没有{whole}"
    if len(one.parts) == 1:
        return f"{whole}全部为{one.parts[0][0]}"
    (first, most), (second, next_most) = one.parts
    return f"{first}最多，占{whole}的 {wording.percent(most)}，其次是{second}（{wording.percent(next_most)}）"


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
def _standing(one: Standing) -> str:
    if one.beside is not None:
        return f"{one.year} 年{say(one.beside)}；对照全国目标（{one.target}），{say(one.gap)}"
    value = f"{one.year} 年{one.measure.of(one.subject)}为 {one.printed}"
    parts = [value, f"目标是{one.target}" if one.target else "", one.status, one.gap, one.needed]
    return "，".join(filter(None, map(say, parts)))


@say.register
def _quoted(one: Quoted) -> str:
    """`计划提出：“……”……`."""
    return f"计划提出：“{one.quote}”{one.note}" if one.quote else "计划没有为本章的指标设目标。"


@say.register
def _clauses(one: Clauses) -> str:
    told = [text for part in one.parts if (text := say(part))]
    return "；".join(told) + "。" if told else ""


@say.register
def _progress(one: Progress) -> str:
    """`已完成 120、进行中 30`; `未报送` without filed items."""
    counted = {"已完成": one.done, "进行中": one.in_progress, "未开始": one.not_started}
    return "、".join(f"{name} {wording.number(count)}" for name, count in counted.items() if count) or "未报送"


@say.register
def _not_filed(one: NotFiled) -> str:
    if one.withheld:
        return f"{one.year} 年{one.subject}的这些数值按保密规则不予公布（{wording.HIDDEN}）；有数据，不等于零。"
    return (
        f"{one.year} 年{one.subject}没有填报{''.join(f'“{name}”' for name in one.tables)}，"
        "本章不作评价；没有填报不等于零。"
    )


@say.register
def _sources(one: Sources) -> str:
    rest = f" 等 {one.of} 份，逐份列在附录 D" if one.of > len(one.named) else ""
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


# --- what a figure shows: whole sentences, each with a full stop ---------------------------------------------------


@say.register
def _series_shown(one: SeriesShown) -> str:
    """For each line its first and last value, its way and, where they lie in between, its highest and lowest year."""
    kind, what = glossary()[one.kind]["zh"], say(one.what)
    there = {label: points(one.years, values) for label, values in one.lines.items()}
    known = sorted({point.year for line in there.values() for point in line})
    if not known:
        return f"{kind}：{what}，没有数据。"
    span = f"{known[0]} 年" if len(known) == 1 else f"{known[0]} 年至 {known[-1]} 年"
    told = [
        _line(one, say(one.names.get(label, label)), line, brief=len(there) > MAX_LINES)
        for label, line in there.items()
    ]
    return f"{kind}：{span}{what}。{'；'.join(told)}。"


def _line(one: SeriesShown, label: str, line: Sequence[Point], *, brief: bool) -> str:
    if not line:
        return f"{label}没有数据"

    def told(point: Point) -> str:
        return f"{point.year} 年的 {one.printed.get(point.year) or one.measure.say(point.value)}"

    if len(line) == 1:
        return f"{label}为 {told(line[0])}"
    text = f"{label}由 {told(line[0])} 到 {told(line[-1])}"
    way = path(one.measure, [point.year for point in line], [point.value for point in line])
    text += f"，{say(way)}" if say(way) else ""
    if brief or not way.turns:
        return text
    top, bottom = max(line, key=lambda point: point.value), min(line, key=lambda point: point.value)
    return text + f"，最高为 {told(top)}，最低为 {told(bottom)}"


@say.register
def _ranking_shown(one: RankingShown) -> str:
    """How many, the highest and lowest, the median, `own`, who has no value."""
    kind, what, known, closed = glossary()[one.kind]["zh"], say(one.what), there(one.values), withheld(one.values)
    absent = [name for name in one.values if name not in known and name not in closed]
    shown = [f"{name} {one.measure.say(known[name])}" for name in sorted(known, key=lambda name: -known[name])]
    missing = f"没有数据的有{wording.join_names(absent)}。" if absent else ""
    missing += f"按保密规则不予公布的有{wording.join_names(closed)}。" if closed else ""
    if len(shown) <= 2 * ENDS:
        return f"{kind}：{what}。{'、'.join(shown) or '没有数据'}。{missing if shown else ''}"
    told = [
        f"{kind}：{what}，{len(shown)} 个省份有{'公布的' if closed else ''}数据。",
        f"最高的依次为{'、'.join(shown[:ENDS])}；最低的依次为{'、'.join(shown[: -ENDS - 1 : -1])}；",
        f"中位数为 {one.measure.say(median(known.values()))}。",
    ]
    if one.own:
        told.append(f"{say(place(one.measure, one.values, one.own, descending=one.descending))}。")
    return "".join(told) + missing


@say.register
def _groups_shown(one: GroupsShown) -> str:
    """`柱形图：2023 年……。东部 1,295.0 亿GB，西部 867.3 亿GB。`"""
    told = [f"{say(one.names.get(name, name))} {one.measure.say(value)}" for name, value in one.values.items()]
    return f"{glossary()[one.kind]['zh']}：{say(one.what)}。{'，'.join(told) or '没有数据'}。"


@say.register
def _steps_shown(one: StepsShown) -> str:
    """`瀑布图：……。2020 年为 120.0 万tce；信息流量拉高 80.0 万tce；……；2025 年为 180.0 万tce。`"""
    measure = one.measure.among([one.start[1], *one.steps.values(), one.end[1]])
    told = [f"{name}{pulled_by(measure, value) or '没有影响'}" for name, value in one.steps.items()]
    ends = [f"{name}为 {measure.say(value)}" for name, value in (one.start, one.end)]
    return f"{glossary()[one.kind]['zh']}：{say(one.what)}。{'；'.join([ends[0], *told, ends[1]])}。"


def changed_by(measure: Measure, value: float) -> str:
    """`增加 80.0 万tce`, `减少 20.0 万tce`; empty where what is printed is zero."""
    return _sized(measure, value, "增加", "减少")


def pulled_by(measure: Measure, value: float) -> str:
    """What a factor does to a total: `拉高 80.0 万tce`, `拉低 20.0 万tce`; empty where what is printed is zero."""
    return _sized(measure, value, "拉高", "拉低")


def _sized(measure: Measure, value: float, up: str, down: str) -> str:
    return f"{up if value > 0 else down} {measure.say(abs(value))}" if measure.way(value) else ""
