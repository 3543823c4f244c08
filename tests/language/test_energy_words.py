"""What the chapters on energy and carbon find, in words."""

from __future__ import annotations

import pytest

from pipeline import findings
from pipeline.findings import Measure
from pipeline.language.words import Words
from pipeline.language.zh_energy import change

ZH = Words("zh")
FLOW, VOLUME = Measure("流量"), Measure("总量")
TONNES = Measure("排放", "tCO2", scale="big")


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("−23.1%", "下降 23.1%"), ("4.0%", "上升 4.0%"), ("0.0%", "基本持平"), ("−19.99%", "下降 19.99%")],
)
def test_a_change_in_words(printed: str, expected: str) -> None:
    assert change(printed) == expected


@pytest.mark.parametrize(
    ("energy", "activity", "expected"),
    [
        (151.1, {FLOW: 196.5, VOLUME: 217.3}, "能耗增长慢于流量和总量（相对脱钩）"),
        (151.1, {FLOW: 196.5, VOLUME: 120.0}, "能耗增长慢于流量（相对脱钩）；能耗增长快于总量（没有脱钩）"),
        (99.0, {FLOW: 110.0}, "能耗没有随流量增长（绝对脱钩）"),
        (100.04, {FLOW: 110.0}, "能耗没有随流量增长（绝对脱钩）"),
        (110.01, {FLOW: 110.04}, "能耗与流量同步增长（没有脱钩）"),
        (90.0, {FLOW: 95.0}, "流量没有增长，不判断能耗是否与之脱钩"),
    ],
)
def test_decoupling(energy: float, activity: dict[Measure, float | None], expected: str) -> None:
    assert ZH.say(findings.decoupling(energy, activity)) == expected


def test_without_values_nothing_is_said_of_decoupling() -> None:
    assert findings.decoupling(None, {FLOW: 95.0}) is None
    assert findings.decoupling(90.0, {FLOW: None}) is None


@pytest.mark.parametrize(
    ("location", "market", "ending"),
    [(100.0, 90.0, "后者低 10.0%"), (100.0, 120.0, "后者高 20.0%"), (1e6, 1e6 + 1, "两者相当"), (None, 5.0, "5 tCO2")],
)
def test_the_two_methods_side_by_side(location: float | None, market: float, ending: str) -> None:
    found = findings.two_methods(TONNES, "全国", 2025, location, market)
    assert ZH.say(found).endswith(ending)
