"""What stands beside a value, in both languages, by hand."""

from __future__ import annotations

import pytest

from pipeline.findings import (
    Covered,
    Covers,
    CoversBriefly,
    FewIn,
    FiledFrom,
    Formula,
    Measure,
    Needed,
    NotCovered,
    Quantity,
    Remarks,
    RestsOnFew,
    Sentences,
    Suppressed,
    ToTarget,
)
from pipeline.language.facts import pack, unpack
from pipeline.language.words import Words

RACKS = Measure("", "架", 1, "big")
FLOW = Measure("", "亿GB", 1, "big")
PROVINCES = Covered("有填报的省份", Quantity(Measure("", "个", 0), 2), Quantity(Measure("", "个", 0), 31), 2 / 31)


@pytest.mark.parametrize(
    ("finding", "zh", "en"),
    [
        (ToTarget(0), "与目标持平", "level with the target"),
        (ToTarget(1, "0.04", "个百分点"), "距目标还差 0.04 个百分点", "0.04 percentage points short of the target"),
        (ToTarget(-1, "0.05"), "优于目标 0.05", "0.05 better than the target"),
        (ToTarget(-1, "0.1", "个百分点", True), "优于目标不足 0.1 个百分点", "less than 0.1 percentage points better than the target"),
        (ToTarget(-1, "6", "项"), "优于目标 6 项", "6 more than the target"),
        (Needed(-1, "5.7%"), "今后每年需下降 5.7%", "a fall of 5.7% a year needed from now on"),
        (Needed(1, "7.5", "个", True), "今后每年需增加 7.5 个", "an increase of 7.5 a year needed from now on"),
        (Remarks(("没有填报",)), "没有填报", "not filed"),
        (Remarks(("没有填报",), 2025, "广东"), "2025 年广东：没有填报", "Guangdong, 2025: not filed"),
        (Remarks((), 2025, "广东"), "", ""),
        (RestsOnFew("数据中心平均PUE", 2, "rooms"), "数据中心平均PUE只依据 2 间的填报", "Average PUE of data centres rests on filings of only 2 equipment rooms"),
        (RestsOnFew("数据中心平均PUE", 1, "sites"), "数据中心平均PUE只依据 1 处的填报", "Average PUE of data centres rests on filings of a single site"),
        (FewIn(5, "data_centres", ("广东", "西藏")), "依据不足 5 座的：广东、西藏", "Based on fewer than 5 data centres: Guangdong and Xizang"),
        (PROVINCES, "有填报的省份 2 个，全行业 31 个，覆盖 6.5%", "Provinces with filings: 2 of 31 (6.5%)"),
        (NotCovered(PROVINCES, 0.95), "有填报的省份 2 个，全行业 31 个，覆盖 6.5%，不足 95%", "Provinces with filings: 2 of 31 (6.5%), less than the 95% needed"),
        (
            Covered("在用机架", Quantity(RACKS, 300_000), Quantity(RACKS, 9_000_000), 1 / 30, 2024),
            "在用机架填报 30.0 万架，全行业 900.0 万架，覆盖 3.3%（2024 年）",
            "Racks in use: 300,000 of 9.000 million racks filed in 2024 (3.3%)",
        ),
        (
            Covered("移动互联网接入流量", Quantity(FLOW, 557.4), Quantity(FLOW, 3375.9), 0.165, 2024),
            "移动互联网接入流量填报 557.4 亿GB，全行业 3,375.9 亿GB，覆盖 16.5%（2024 年）",
            "Mobile Internet access traffic: 55.74 billion of 337.59 billion GB filed in 2024 (16.5%)",
        ),
        (
            Covered("在用机架", None, Quantity(RACKS, 9_000_000), 0.03, 2024),
            "在用机架的填报覆盖全行业的 3.0%（2024 年）",
            "Racks in use: 3.0% filed in 2024",
        ),
        (
            CoversBriefly((2, 31), (("在用机架", ("1.9%", "2.0%"), 2024),)),
            "覆盖：31 个省份中的 2 个，在用机架的 1.9%—2.0%（2024 年）",
            "coverage: 2 of 31 provinces, 1.9% to 2.0% of racks in use (2024)",
        ),
        (
            CoversBriefly((2, 31), ()),
            "覆盖：31 个省份中的 2 个，没有可核对的全行业数",
            "coverage: 2 of 31 provinces, no total of the industry to compare with",
        ),
        (
            Covers((PROVINCES,), ("能源消耗", "通信机房")),
            "填报对全行业的覆盖：有填报的省份 2 个，全行业 31 个，覆盖 6.5%；能源消耗、通信机房没有可核对的全行业数。各表的覆盖率见附录 B。",
            "The filings cover the industry as follows: provinces with filings 2 of 31 (6.5%). For “Energy consumption” and “Telecom equipment rooms”"
            " there is no total of the industry to compare with. The coverage of each table is given in Appendix B.",
        ),
        (
            FiledFrom(2025, ("新疆",), ("北京", "天津")),
            "2025 年只有新疆的填报，全国的数值是这 1 个省份的，不是 31 个省份的。",
            "Only Xinjiang filed for 2025; national values are those of this one province, not of all 31.",
        ),
        (
            Sentences((Formula("PUE", "总耗电量÷信息设备耗电量。"), "", Remarks(), Remarks(("没有填报",)))),
            "PUE：总耗电量÷信息设备耗电量。没有填报。",
            None,
        ),
    ],
)  # fmt: skip
def test_says_the_same_in_both_languages(finding: object, zh: str, en: str | None) -> None:
    assert Words("zh").say(finding) == zh
    assert en is None or Words("en").say(finding) == en
    assert unpack(pack(finding)) == finding


def test_what_the_public_does_not_get_is_counted_by_rule() -> None:
    found = Suppressed(2025, 6538, 992, (("填报的集团少于规定个数", 208), ("个数大于零而小于规定个数", 1)), 1)
    assert Words("en").say(found) == (
        "Public edition: of 6,538 values for 2025, 992 (15.2%) are withheld: filed by fewer groups than required, 208; a number"
        " above zero and below the threshold, 1. 1 ratio is published without numerator and denominator."
    )
    assert Words("en").say(Suppressed(None, 0, 0, ())) == "Public edition: there are no values computed from filings."


def test_nothing_to_say_is_false() -> None:
    assert not Remarks()
    assert not Sentences((Remarks(), ""))
    assert Sentences((Remarks(("没有填报",)),))


def test_months_have_names_in_english() -> None:
    assert Words("en").say("2023 年 10 月") == "October 2023"
    assert Words("en")("place_month", place="广东", year=2023, month=5) == "Guangdong, May 2023"
