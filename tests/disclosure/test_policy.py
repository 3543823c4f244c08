"""The policy file: what may stand in it, and what is said of what may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.disclosure.policy import Policy, load_policy
from pipeline.errors import ParameterError
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout


def test_the_file_of_the_checkout_has_the_defaults(layout: Layout) -> None:
    found = load_policy(layout, load_catalogue(layout))
    lists = ("open", "linked", "units", "sooner", "published_totals")
    assert found.model_dump(exclude=set(lists)) == Policy().model_dump(exclude=set(lists))
    assert found.is_open("cases.count")
    assert not found.is_open("energy.total")
    assert found.published_totals == ()


def test_nothing_is_made_public_without_rules(tmp_path: Path, layout: Layout) -> None:
    with pytest.raises(ParameterError, match=r"找不到 notebooks/params/disclosure\.yml，公开版须按其中的规则保密"):
        load_policy(Layout(tmp_path), load_catalogue(layout))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("min_groups: 3\nmin_group: 4", "disclosure.yml 第 2 行：没有名为 min_group 的规则；最接近的是 min_groups"),
        ("p: 10%\nbreakdown: 1/3", "disclosure.yml 第 2 行：没有名为 breakdown 的规则；最接近的是 "),
        ("pairs: 也许", "第 1 行：pairs 的“也许”不对，应为是否防任意两家合起来推断（true 或 false）"),
        ("filers: 3", "第 1 行：filers 的“3”不对，应为是否公布填报单位的个数（true 或 false）"),
        ("min_groups: 1", "第 1 行：min_groups 的“1”不对，应为最少的集团数，2 到 20 的整数"),
        ("dominance: 很大", "第 1 行：dominance 的“很大”不对，应为最大集团的占比上限"),
        ("p: 1/0", "第 1 行：p 的“1/0”不对"),
        ("p: 1%\np: 2%", "第 2 行：p 写了两次"),
        ("p: [1", "第 1 行不是正确的 YAML"),
        ("p 10%", "第 1 行应为若干“规则: 取值”"),
        ("- p", "第 1 行应为若干“规则: 取值”"),
        ("", "第 1 行应为若干“规则: 取值”"),
        ("&x {p: *x}", "第 1 行：引用了别名 *x，应直接写出取值"),
        ("p: " + "[" * 3000, "第 1 行：嵌套太深"),
        ("exempt:\n  - energy.totl", "第 2 行：没有指标 energy.totl；最接近的是 energy.total（综合能耗）"),
        ("open: [energi.*]", "第 1 行：没有指标 energi.*"),
        ("linked:\n  - [energy.total, dc.rack]", "第 2 行：没有指标 dc.rack；最接近的是 dc.racks"),
        ("dominance: 50%", "第 1 行：protection 是 20.0%，应不小于 100.1%"),
        (
            "published_totals:\n  - {group: A, indicator: energy.total, year: 2025, value: 1}",
            "第 2 行：缺少 source（出处）",
        ),
        (
            "published_totals:\n  - {group: A, indicator: dc.pue.all, year: 2025, value: 1, source: 年报}",
            "第 2 行：dc.pue.all 不是各企业填报之和",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_would_be_right(
    tmp_path: Path, layout: Layout, text: str, told: str
) -> None:
    path = Layout(tmp_path).policy
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    with pytest.raises(ParameterError) as error:
        load_policy(Layout(tmp_path), load_catalogue(layout))
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_ratios_are_written_as_numbers_percents_or_fractions(tmp_path: Path, layout: Layout) -> None:
    path = Layout(tmp_path).policy
    path.parent.mkdir(parents=True)
    path.write_text("dominance: 90%\np: 1/20\nprotection: 25.5%", "utf-8")
    found = load_policy(Layout(tmp_path), load_catalogue(layout))
    assert (found.dominance, found.p, found.protection) == pytest.approx((0.9, 0.05, 0.255))
