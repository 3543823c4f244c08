"""What the chapters on energy and carbon find, in Chinese."""

from __future__ import annotations

from pipeline import wording
from pipeline.findings import AgainstTarget, Decoupling, Drivers, PrintedChange, TwoMethods
from pipeline.language.terms import term
from pipeline.language.zh import changed_by, names, pulled_by, say

RELATIONS = {
    "none": "{}没有增长，不判断能耗是否与之脱钩",
    "absolute": "能耗没有随{}增长（绝对脱钩）",
    "relative": "能耗增长慢于{}（相对脱钩）",
    "alike": "能耗与{}同步增长（没有脱钩）",
    "faster": "能耗增长快于{}（没有脱钩）",
}


@say.register
def _printed_change(one: PrintedChange) -> str:
    """`下降 23.1%`, `基本持平`."""
    return f"{'上升' if one.way > 0 else '下降'} {one.size}" if one.way else "基本持平"


@say.register
def _against_target(one: AgainstTarget) -> str:
    """`2025 年全国单位信息流量综合能耗比 2020 年下降 23.1%，已达标（目标下降20%，优于目标 3.1 个百分点）`."""
    name = f"{one.year} 年{one.subject}{one.measure.name}"
    if one.case == "withheld":
        return f"{name}与 {one.base} 年的比较不予公布"
    if one.case == "missing":
        return f"{name}不能与 {one.base} 年比较" + (f"：{reasons}" if (reasons := say(one.reasons)) else "")
    if one.case == "base":
        return f"{one.year} 年是基期，{one.subject}{one.measure.name}从下一年起与它比较"
    changed = f"{name}比 {one.base} 年{say(PrintedChange(one.printed))}"
    if one.case == "alone":
        return changed
    if one.case == "short":
        return f"{changed}；报齐的省份不足 95%，不与目标（{one.target}）对照"
    if one.case == "beside":
        return f"{changed}；全国目标为{one.target}，{say(one.gap)}，仅作对照"
    return f"{changed}，{one.status}（{'，'.join(filter(None, [f'目标{one.target}', say(one.gap)]))}）"


@say.register
def _decoupling(one: Decoupling) -> str:
    """`能耗增长慢于信息流量和电信业务总量（相对脱钩）`."""
    return "；".join(RELATIONS[relation].format("和".join(map(say, activity))) for relation, activity in one.relations)


@say.register
def _two_methods(one: TwoMethods) -> str:
    """`2025 年全国能源碳排放基于位置为 …，基于市场为 …，后者低 0.5%`."""
    ways = {"location_based": one.location, "market_based": one.market}
    there = [f"{say(term(name))}为 {one.measure.say(value)}" for name, value in ways.items() if value is not None]
    if not there:
        return f"没有{one.subject}的能源碳排放"
    sentence = f"{one.year} 年{one.subject}能源碳排放{'，'.join(there)}"
    if one.gap is None:
        return sentence
    way = f"后者{'高' if one.gap > 0 else '低'} {wording.percent(abs(one.gap))}"
    return f"{sentence}，{way if one.gap else '两者相当'}"


@say.register
def _drivers(one: Drivers) -> str:
    """`2020 年至 2025 年全国综合能耗增加 60.0 万tce：信息流量拉高 80.0 万tce，单位流量能耗拉低 20.0 万tce`."""
    effects = {say(term(name)): pulled_by(one.measure, value) for name, value in one.steps.items()}
    told = [f"{name}{text}" for name, text in effects.items() if text]
    still = [name for name, text in effects.items() if not text]
    told += [f"{names(still)}没有影响"] if still else []
    what = ("" if one.whole else "可比的") + one.measure.name
    total = changed_by(one.measure, one.change) or "没有变动"
    return f"{one.base} 年至 {one.year} 年{one.subject}{what}{total}：{'，'.join(told)}"
