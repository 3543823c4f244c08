"""What chapters 2 to 6 say, in both languages: months, names in a gap, axes, titles of rankings, notes."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline import findings
from pipeline.findings import Measure, Month, Names
from pipeline.language.terms import measure, term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column

ZH, EN = Words("zh"), Words("en")
RATE = Measure("新建5G基站站址共享率", scale="percent")
ENERGY = Measure("综合能耗", "tce", 1, "big")


@pytest.mark.parametrize(
    ("what", "zh", "en"),
    [
        (Month(2022, 11), "2022 年 11 月", "November 2022"),
        (Month(2025, 2, from_january=True), "2025 年 1—2 月", "January to February 2025"),
        (Month(2025, 1, from_january=True), "2025 年 1—1 月", "January 2025"),
        ("2023 年 10 月", "2023 年 10 月", "October 2023"),
        (Names(("广东",)), "广东", "Guangdong"),
        (Names(("内蒙古", "西藏", "河北")), "内蒙古、西藏、河北", "Inner Mongolia, Xizang and Hebei"),
        ("N011、N001", "N011、N001", "N011, N001"),
        (
            findings.Sentences((term("provinces_without_data", names=Names(("北京", "天津"))),)),
            "没有数据的省份：北京、天津。",
            "Provinces without data: Beijing and Tianjin.",
        ),
        (
            term("reached_by_some", counted=findings.Counted(31, False), n=1, target="不低于80%"),
            "31 个省份中 1 个符合“不低于80%”",
            "the level of the target (at least 80%) is reached in 1 of 31 provinces",
        ),
        (
            term("said_of_year", year=2025, what=RATE, said=findings.extremes(RATE, {"广东": 0.9, "西藏": 0.8})),
            "2025 年新建5G基站站址共享率，广东最高，为 90.0%；西藏最低，为 80.0%",
            "Sharing rate of new 5G base station sites, 2025: Guangdong had the highest, 90.0%, and Xizang the lowest, 80.0%",
        ),
        (
            findings.trend(measure(term("mobile_traffic"), term("unit_100m_gb")), [2019, 2024], [1219.92, 3375.86], subject="全国"),
            "全国移动互联网接入流量由 2019 年的 1,219.9 亿GB 增至 2024 年的 3,375.9 亿GB",
            "Mobile Internet access traffic in China grew from 121.99 billion GB in 2019 to 337.59 billion GB in 2024",
        ),
        (
            findings.Quantity(Measure("基站", "TB", 0, "big", counted_in=""), 163554800.0),
            "163,554,800 TB",
            "163,554,800 TB",
        ),
    ],
)  # fmt: skip
def test_says_the_same_in_both(what: Any, zh: str, en: str) -> None:
    assert (ZH.say(what), EN.say(what)) == (zh, en)


@pytest.mark.parametrize(
    ("quantity", "values", "zh", "en"),
    [
        (RATE, [0.5, None], ([50.0, None], "%"), ([50.0, None], "%")),
        (ENERGY, [9999.0], ([9999.0], "tce"), ([9999.0], "tce")),
        (ENERGY, [45000.0, None], ([4.5, None], "万tce"), ([45000.0, None], "tce")),
        (ENERGY, [-2.5e6], ([-250.0], "万tce"), ([-2.5], "million tce")),
        (ENERGY, [3e9, 1e8], ([30.0, 1.0], "亿tce"), ([3.0, 0.1], "billion tce")),
        (Measure("站均租户数", "户/处", 2), [1.7], ([1.7], "户/处"), ([1.7], "tenants per site")),
    ],
)
def test_an_axis_counts_as_its_language_does(quantity: Measure, values: list[float | None], zh: Any, en: Any) -> None:
    assert ZH.axis(quantity, values) == zh
    assert EN.axis(quantity, values) == en
    column = Column(quantity, lambda words: words.axis(quantity, values)[1])
    assert column.told(ZH) == f"{quantity.name}（{zh[1]}）"
    assert column.told(EN).endswith(f" ({en[1]})")


def test_a_unit_beside_a_term_is_told_too() -> None:
    assert Column(term("running_total"), "tce").told(ZH) == "累计（tce）"
    assert Column(term("running_total")).told(EN) == "Running total"
