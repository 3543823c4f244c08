"""Chinese sentences made from values: what a series did, where a province stands, who is first and last.

They serve as titles of figures and as key sentences, so none ends with a full stop. A sentence says what the printed
numbers show: values that print alike are called alike, whatever their hidden decimals. Missing values (None, nan,
inf) are left out of every count and named where they matter; nothing is ever filled in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Literal

import polars as pl

from pipeline import wording

MIN_RANKED = 10  # fewer provinces than this make no ranking of the nation
MAX_NAMES = 3  # so many tied names are told; more are counted
NAMED = 4  # so many documents are named under a figure; all of them stand in the appendix
CLEAR = 0.10  # with a printed 超 or 约 at one end, a smaller relative change has no sure direction

Values = Mapping[str, float | None]


def _shows(text: str) -> bool:
    """Whether more than zero is printed."""
    return any(digit in "123456789" for digit in text)


@dataclass(frozen=True)
class Measure:
    """How a quantity is called and printed. scale: `big` counts in 万 and 亿, `percent` takes ratios.

    rises, falls: the verbs for the change of this quantity, e.g. 增至 for counts, 升至 for rates. counted_in: 万, 亿, 万亿 or
    "" for a `big` one that is told with others (`among`); None for its own. is_change: a relative change, whose direction
    is told in words: its name ends in 变动.
    """

    name: str
    unit: str = ""
    decimals: int = 1
    scale: Literal["plain", "big", "percent"] = "plain"
    rises: str = "增至"
    falls: str = "降至"
    counted_in: str | None = None
    is_change: bool = False

    def say(self, value: float | None) -> str:
        """`value` as printed, with its unit: `3,375.9 亿GB`, `483.8 万个`, `43.1%`; `—` if missing, `〔保密〕` if withheld."""
        if not _is_there(value):
            return wording.absent(value)
        if self.scale == "percent":
            return wording.percent(value, self.decimals)
        if self.scale == "big":
            return wording.big(value, self.unit, self.decimals, self.counted_in)
        return f"{wording.number(value, self.decimals)} {self.unit}".rstrip()

    def among(self, values: Iterable[float | None]) -> Measure:
        """The measure with which all of `values` are told in one sentence, in one unit: that of the largest, or of the
        smallest where it would print as nothing (`由 7,374 tce 增至 41,300,000 tce`)."""
        sizes = sorted(abs(value) for value in values if value is not None and math.isfinite(value) and value)
        sizes = [
            size for size in sizes if _shows(wording.big(size, "", self.decimals))
        ]  # the others are nothing in any unit
        if self.scale != "big" or not sizes:
            return self
        together = replace(self, counted_in=wording.scale_of(sizes[-1], self.decimals))
        if not _shows(together.say(sizes[0]).removesuffix(self.unit)):
            return replace(self, counted_in=wording.scale_of(sizes[0], self.decimals))
        return together

    def of(self, subject: str) -> str:
        """The quantity with its owner before it: `广东流量`, `广东 5G 基站`."""
        return subject + (" " if subject and self.name[:1].isascii() else "") + self.name

    def gap(self, one: float, other: float) -> int:
        """1, 0 or -1: `one` above, like, or below `other`, as printed."""
        return 0 if self.say(one) == self.say(other) else (one > other) - (one < other)


# --- a series over the years -----------------------------------------------------------------------------


def trend(
    measure: Measure,
    years: Sequence[int],
    values: Sequence[float | None],
    *,
    subject: str = "",
    printed: Sequence[str | None] = (),
    change: bool = False,
) -> str:
    """From the first to the last value: `全国流量由 2019 年的 1,219.9 亿GB 增至 2024 年的 3,375.9 亿GB`.

    printed: for values with words of their source, such as 超13 万个, the text to print instead. change: append the
    relative change (for ratios, in points); never computed from such words.
    """
    name = measure.of(subject)
    points = _points(measure, years, values, printed)
    if points and not any(printed):
        points = _points(measure.among((points[0][1], points[-1][1])), years, values)
    if not points:
        return f"没有{name}的数据"
    (first_year, first, first_said, first_exact), (last_year, last, last_said, last_exact) = points[0], points[-1]
    if len(points) == 1:
        return _close_up(f"{last_year} 年{name}为 {last_said}")
    exact = first_exact and last_exact
    if exact and first == last:
        return f"{last_year} 年{name}为 {last_said}，与 {first_year} 年持平"
    if first_said == last_said:
        return _close_up(f"{last_year} 年{name}为 {last_said}，与 {first_year} 年基本持平")
    if not exact and abs(last - first) < CLEAR * abs(first):
        return _close_up(f"{name} {first_year} 年为 {first_said}，{last_year} 年为 {last_said}")
    verb = measure.rises if last > first else measure.falls
    sentence = f"{name}由 {first_year} 年的 {first_said} {verb} {last_year} 年的 {last_said}"
    if change and exact:
        amount = wording.rise_or_fall(first, last, points=measure.scale == "percent")
        amount = amount.replace("上升", "增长") if measure.rises.startswith("增") else amount
        sentence += f"，累计{amount}" if any(map(str.isdigit, amount)) else ""  # too little to be told as a share
    return _close_up(sentence)


def path(measure: Measure, years: Sequence[int], values: Sequence[float | None]) -> str:
    """The way between the ends: 逐年上升, 总体上升, 先升后降, 有升有降, 持平; empty with fewer than three values."""
    points = _points(measure, years, values)
    if len(points) < 3:
        return ""
    steps = [measure.gap(after[1], before[1]) for before, after in pairwise(points)]
    moves = [sign for sign, _ in groupby(step for step in steps if step)]
    if not moves:
        return "持平"
    if len(moves) == 1:
        word = "上升" if moves[0] > 0 else "下降"
        each = "逐年" if points[-1][0] - points[0][0] == len(points) - 1 else "逐期"
        return (each if all(steps) else "总体") + word
    if len(moves) == 2:
        return "先升后降" if moves[0] > 0 else "先降后升"
    return "有升有降"


def _points(
    measure: Measure, years: Sequence[int], values: Sequence[float | None], printed: Sequence[str | None] = ()
) -> list[tuple[int, float, str, bool]]:
    """Year, value, printed value, and whether it is exact, of the values that are there, by year."""
    words = [*printed, *[None] * (len(years) - len(printed))]
    return sorted(
        (year, value, word or measure.say(value), not word)
        for year, value, word in zip(years, values, words, strict=True)
        if value is not None and math.isfinite(value)
    )


# --- provinces among each other --------------------------------------------------------------------------


@dataclass(frozen=True)
class Rank:
    """The place of one among `of` that have a value; None without a value. tied: the others at the same place."""

    place: int | None
    of: int
    tied: tuple[str, ...] = ()


def ranking(values: Values, name: str, *, descending: bool = True) -> Rank:
    """The place of `name`, the highest value first unless `descending` is False; equal values share a place."""
    known = there(values)
    own = known.get(name)
    if own is None:
        return Rank(None, len(known))
    ahead = sum(value > own if descending else value < own for value in known.values())
    tied = tuple(other for other, value in known.items() if value == own and other != name)
    return Rank(ahead + 1, len(known), tied)


def place(measure: Measure, values: Values, name: str, *, descending: bool = True) -> str:
    """`广东流量为 386.9 亿GB，在 31 个省份中居首位`; says so when there is no value or too few have one.

    Values that print alike are tied, as in `extremes`.
    """
    printed: dict[str, float | None] = {}
    alike = {
        one: printed.setdefault(measure.say(value), value) if _is_there(value) else value
        for one, value in values.items()
    }
    rank = ranking(alike, name, descending=descending)
    if rank.place is None:
        return f"{without(measure, name, values.get(name))}，不排位"
    own, known = there({name: values[name]})[name], there(values).values()
    value = _changed(measure, name, own) if measure.is_change else f"{measure.of(name)}为 {measure.say(own)}"
    if rank.of < MIN_RANKED:
        return f"{value}；{'公布' if withheld(values) else '有'}此项数据的省份只有 {rank.of} 个，不排位"
    if len(rank.tied) == rank.of - 1:
        return f"{value}，{rank.of} 个省份相同"
    order = "由高到低" if descending else "由低到高"
    if measure.is_change:
        if max(known) < 0:
            order = "降幅由小到大" if descending else "降幅"
        elif min(known) > 0:
            order = "升幅" if descending else "升幅由小到大"
        else:
            order = "由升到降" if descending else "由降到升"
    tie = f"与{_names(rank.tied)}并列" if rank.tied else "居"
    if rank.place == 1:
        where = f"{tie}首位" if descending and not measure.is_change else f"{order}{tie}首位"
    elif rank.place + len(rank.tied) == rank.of:
        where = f"{tie}末位" if descending else f"{order}{tie}末位"
    else:
        where = f"{order}{tie}第 {rank.place} 位"
    return f"{value}，在{'已公布的' if withheld(values) else ''} {rank.of} 个省份中{where}"


def comparison(measure: Measure, name: str, value: float | None, references: Values) -> str:
    """`广东流量为 1.2，高于全国（1.0）和东部（1.1）`; references without a value are passed over."""
    if value is None or not math.isfinite(value):
        return without(measure, name, value)
    if measure.is_change:
        return _change_beside(measure, name, value, there(references))
    told = []
    measure = measure.among([value, *references.values()])
    relations = [
        (measure.gap(value, other), f"{label}（{measure.say(other)}）") for label, other in there(references).items()
    ]
    for gap, group in groupby(relations, key=lambda relation: relation[0]):
        labels = "和".join(label for _, label in group)
        told.append({1: f"高于{labels}", -1: f"低于{labels}", 0: f"与{labels}相当"}[gap])
    return "，".join([f"{measure.of(name)}为 {measure.say(value)}", *told])


def _change_beside(measure: Measure, name: str, value: float, references: Mapping[str, float]) -> str:
    """`广东单站年耗电下降 41.3%，降幅大于东部（41.1%）`; references that moved the other way say so: `，全国上升 1.0%`."""
    told, own = [], _way(measure, value)
    alike = {label: other for label, other in references.items() if own and _way(measure, other) == own}
    width = "升幅" if own > 0 else "降幅"
    relations = [
        (own * measure.gap(value, other), f"{label}（{measure.say(abs(other))}）") for label, other in alike.items()
    ]
    for gap, group in groupby(relations, key=lambda relation: relation[0]):
        labels = "和".join(label for _, label in group)
        told.append(width + {1: f"大于{labels}", -1: f"小于{labels}", 0: f"与{labels}相当"}[gap])
    told += [f"{label}{_moved(measure, other)}" for label, other in references.items() if label not in alike]
    return "，".join([_changed(measure, name, value), *told])


def _way(measure: Measure, change: float) -> int:
    """1, -1, or 0 where the change prints as none."""
    return measure.gap(change, 0.0) if _shows(measure.say(change)) else 0


def _changed(measure: Measure, name: str, change: float) -> str:
    """`广东单站年耗电下降 41.3%`."""
    return measure.of(name).removesuffix("变动") + _moved(measure, change)


def _moved(measure: Measure, change: float) -> str:
    way = _way(measure, change)
    return f"{'上升' if way > 0 else '下降'} {measure.say(abs(change))}" if way else "基本持平"


def without(measure: Measure, name: str, value: float | None) -> str:
    """Says of one without a number that there is none, or that it is not published."""
    if isinstance(value, wording.Withheld):
        return f"{measure.of(name)}按保密规则不公布"
    return f"没有{measure.of(name)}的数据"


def withheld(values: Values) -> list[str]:
    """The names whose value is not published."""
    return [name for name, value in values.items() if isinstance(value, wording.Withheld)]


def counted(n: int, *values: Values) -> str:
    """`31 个省份`; `已公布的 29 个省份` where the values of others are not published."""
    return f"{'已公布的 ' if any(withheld(one) for one in values) else ''}{n} 个省份"


def extremes(measure: Measure, values: Values) -> str:
    """`广东最高，为 386.9 亿GB；西藏最低，为 10.6 亿GB`, ties told together; 已公布的省份中 before it, where some are withheld.

    Of changes that are all negative: `甲降幅最大，为 37.9%；乙最小，为 8.8%`.
    """
    known = there(values)
    if not known:
        return f"没有{'公布' if withheld(values) else ''}分省的{measure.name}数据"
    measure = measure.among((max(known.values()), min(known.values())))
    high, low = measure.say(max(known.values())), measure.say(min(known.values()))
    highest = [name for name, value in known.items() if measure.say(value) == high]
    lowest = [name for name, value in known.items() if measure.say(value) == low]
    among = "已公布的省份中" if withheld(values) else ""
    if len(known) == 1:
        return f"仅{highest[0]}{'公布了' if among else '有'}{measure.name}数据，为 {high}"
    if high == low:
        return f"{among or ''}{len(known)} 个省份{measure.name}均为 {high}"
    if max(known.values()) < 0:  # all fell: the lowest fell most
        most, least = (said.removeprefix(wording.MINUS) for said in (low, high))
        return f"{among}{_names(lowest)}{_tie(lowest)}降幅最大，为 {most}；{_names(highest)}{_tie(highest)}最小，为 {least}"
    if measure.is_change:
        rose, fell = (f"{_names(names)}{_tie(names)}" for names in (highest, lowest))
        if min(known.values()) >= 0:
            return f"{among}{rose}升幅最大，为 {high}；{fell}最小，为 {low}"
        return f"{among}{rose}升幅最大，为 {high}；{fell}降幅最大，为 {low.removeprefix(wording.MINUS)}"
    return f"{among}{_names(highest)}{_tie(highest)}最高，为 {high}；{_names(lowest)}{_tie(lowest)}最低，为 {low}"


@dataclass(frozen=True)
class Movement:
    """Who rose, fell and stayed between two times, among those with both values."""

    rose: tuple[str, ...]
    fell: tuple[str, ...]
    same: tuple[str, ...]

    @property
    def of(self) -> int:
        return len(self.rose) + len(self.fell) + len(self.same)


def movement(measure: Measure, before: Values, after: Values) -> Movement:
    """Compare, as printed, those who have a value both before and after."""
    old, new = there(before), there(after)
    gaps = {name: measure.gap(new[name], old[name]) for name in old if name in new}
    rose, fell, same = (tuple(name for name, gap in gaps.items() if gap == wanted) for wanted in (1, -1, 0))
    return Movement(rose, fell, same)


def rose_and_fell(measure: Measure, before: Values, after: Values) -> str:
    """`30 个省份中 20 个下降、10 个上升`; `30 个省份全部下降`; what nobody did is not told."""
    moved = movement(measure, before, after)
    ways = {"下降": len(moved.fell), "上升": len(moved.rose), "持平": len(moved.same)}
    if not moved.of:
        return f"没有{measure.name}可比的省份"
    among = counted(moved.of, before, after)
    for word, count in ways.items():
        if count == moved.of:
            return f"{among}{'全部' if count > 1 else ''}{word}"
    return f"{among}中 " + "、".join(f"{count} 个{word}" for word, count in ways.items() if count)


def _close_up(sentence: str) -> str:
    """No space between two Chinese characters, one between 年 and a name such as 5G 基站."""
    sentence = re.sub(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])", "", sentence)
    return re.sub(r"年(?=[0-9A-Za-z])", "年 ", sentence)


def _tie(names: Sequence[str]) -> str:
    return "并列" if len(names) > 1 else ""


def _names(names: Sequence[str]) -> str:
    shown = wording.join_names(names[:MAX_NAMES])
    return shown if len(names) <= MAX_NAMES else f"{shown}等 {len(names)} 个省份"


def _is_there(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def there(values: Values) -> dict[str, float]:
    """The values that are numbers."""
    return {name: value for name, value in values.items() if value is not None and math.isfinite(value)}


# --- where published values come from --------------------------------------------------------------------


def sources(rows: pl.DataFrame) -> str:
    """The documents behind published rows, each once, in their order; beyond four, how many there are in all."""
    documents = rows["source_title"].unique(maintain_order=True).to_list()
    if len(documents) <= NAMED:
        return "；".join(documents)
    return "；".join(documents[:NAMED]) + f"；等 {len(documents)} 份，逐份列在附录 D"
