"""What the chapters on energy and carbon find, in words."""

from __future__ import annotations

from functools import partial

import pytest

from pipeline import findings
from pipeline.findings import AgainstTarget, Drivers, Measure, PrintedChange, ToTarget
from pipeline.language.words import Words

ZH, EN = Words("zh"), Words("en")
FLOW, VOLUME = Measure("信息流量"), Measure("电信业务总量")
INTENSITY, TCE = Measure("单位信息流量综合能耗", "kgce/TB"), Measure("综合能耗", "tce", 1, "big")
TONNES = Measure("碳排放", "tCO2", scale="big")
NATION = partial(AgainstTarget, INTENSITY, "全国", 2025, 2020)


@pytest.mark.parametrize(
    ("printed", "zh", "en"),
    [
        ("−23.1%", "下降 23.1%", "fell by 23.1%"),
        ("4.0%", "上升 4.0%", "rose by 4.0%"),
        ("0.0%", "基本持平", "hardly changed"),
        ("−19.99%", "下降 19.99%", "fell by 19.99%"),
    ],
)
def test_a_change_in_words(printed: str, zh: str, en: str) -> None:
    assert ZH.say(PrintedChange(printed)) == zh
    assert EN.say(PrintedChange(printed)) == en


@pytest.mark.parametrize(
    ("found", "zh", "en"),
    [
        (
            NATION("judged", "−23.1%", "", "下降20%", "已达标", ToTarget(-1, "3.1", "个百分点")),
            "2025 年全国单位信息流量综合能耗比 2020 年下降 23.1%，已达标（目标下降20%，优于目标 3.1 个百分点）",
            "Comprehensive energy consumption per unit of information flow in China fell by 23.1% from 2020 to 2025; status: met "
            "(target: a reduction of 20%; 3.1 percentage points better than the target)",
        ),
        (
            NATION("judged", "−23.1%", "", "下降20%", "覆盖不足，不作判断"),
            "2025 年全国单位信息流量综合能耗比 2020 年下降 23.1%，覆盖不足，不作判断（目标下降20%）",
            "Comprehensive energy consumption per unit of information flow in China fell by 23.1% from 2020 to 2025; status: "
            "coverage too low to judge (target: a reduction of 20%)",
        ),
        (
            AgainstTarget(INTENSITY, "广东", 2025, 2020, "beside", "4.0%", "", "下降20%", "", ToTarget(1, "24.0", "个百分点")),
            "2025 年广东单位信息流量综合能耗比 2020 年上升 4.0%；全国目标为下降20%，距目标还差 24.0 个百分点，仅作对照",
            "Comprehensive energy consumption per unit of information flow in Guangdong rose by 4.0% from 2020 to 2025; the "
            "national target is a reduction of 20% (24.0 percentage points short of the target), for comparison only",
        ),
        (
            NATION("withheld"),
            "2025 年全国单位信息流量综合能耗与 2020 年的比较不予公布",
            "The comparison of comprehensive energy consumption per unit of information flow in China in 2025 with 2020 is "
            "withheld under the disclosure rules",
        ),
        (
            NATION("base"),
            "2025 年是基期，全国单位信息流量综合能耗从下一年起与它比较",
            "2025 is the base year, with which comprehensive energy consumption per unit of information flow in China will be "
            "compared from the next year on",
        ),
        (
            NATION("missing", reasons="没有填报"),
            "2025 年全国单位信息流量综合能耗不能与 2020 年比较：没有填报",
            "Comprehensive energy consumption per unit of information flow in China in 2025 cannot be compared with 2020: not filed",
        ),
    ],
)  # fmt: skip
def test_an_intensity_against_its_target(found: AgainstTarget, zh: str, en: str) -> None:
    assert ZH.say(found) == zh
    assert EN.say(found) == en


@pytest.mark.parametrize(
    ("energy", "activity", "zh", "en"),
    [
        (
            151.1,
            {FLOW: 196.5, VOLUME: 217.3},
            "能耗增长慢于信息流量和电信业务总量（相对脱钩）",
            "energy consumption grew more slowly than information flow and telecom business volume (relative decoupling)",
        ),
        (
            151.1,
            {FLOW: 196.5, VOLUME: 120.0},
            "能耗增长慢于信息流量（相对脱钩）；能耗增长快于电信业务总量（没有脱钩）",
            "energy consumption grew more slowly than information flow (relative decoupling); "
            "energy consumption grew faster than telecom business volume (no decoupling)",
        ),
        (
            99.0,
            {FLOW: 110.0},
            "能耗没有随信息流量增长（绝对脱钩）",
            "energy consumption did not grow with information flow (absolute decoupling)",
        ),
        (
            100.04,
            {FLOW: 110.0},
            "能耗没有随信息流量增长（绝对脱钩）",
            "energy consumption did not grow with information flow (absolute decoupling)",
        ),
        (
            110.01,
            {FLOW: 110.04},
            "能耗与信息流量同步增长（没有脱钩）",
            "energy consumption grew in step with information flow (no decoupling)",
        ),
        (
            90.0,
            {FLOW: 95.0},
            "信息流量没有增长，不判断能耗是否与之脱钩",
            "information flow did not grow, so it is not judged whether energy consumption is decoupled from it",
        ),
    ],
)
def test_decoupling(energy: float, activity: dict[Measure, float | None], zh: str, en: str) -> None:
    found = findings.decoupling(energy, activity)
    assert ZH.say(found) == zh
    assert EN.say(found) == en


def test_without_values_nothing_is_said_of_decoupling() -> None:
    assert findings.decoupling(None, {FLOW: 95.0}) is None
    assert findings.decoupling(90.0, {FLOW: None}) is None


@pytest.mark.parametrize(
    ("location", "market", "zh", "en"),
    [
        (100.0, 90.0, "，后者低 10.0%", " 90 tCO2 by the market-based method, 10.0% lower"),
        (100.0, 120.0, "，后者高 20.0%", " 120 tCO2 by the market-based method, 20.0% higher"),
        (1e6, 1e6 + 1, "，两者相当", " by the market-based method, practically the same"),
        (None, 5.0, "基于市场为 5 tCO2", "in China in 2025 were 5 tCO2 by the market-based method"),
        (None, None, "没有全国的能源碳排放", "There are no carbon emissions from energy use for China"),
    ],
)
def test_the_two_methods_side_by_side(location: float | None, market: float | None, zh: str, en: str) -> None:
    found = findings.two_methods(TONNES, "全国", 2025, location, market)
    assert ZH.say(found).endswith(zh)
    assert EN.say(found).endswith(en)


def test_drivers() -> None:
    steps = {"driver_flow": 800_000.0, "driver_provinces": 0.0, "driver_intensity": -200_000.0}
    found = Drivers(TCE.among([6e5, *steps.values()]), "全国", 2020, 2025, 600_000.0, steps, whole=False)
    assert ZH.say(found) == (
        "2020 年至 2025 年全国可比的综合能耗增加 60.0 万tce：信息流量拉高 80.0 万tce，单位流量能耗拉低 20.0 万tce，分省构成没有影响"
    )
    assert EN.say(found) == (
        "Comparable comprehensive energy consumption in China increased by 600,000 tce from 2020 to 2025: information flow added "
        "800,000 tce, energy per unit of flow took off 200,000 tce, provincial mix made no difference"
    )
