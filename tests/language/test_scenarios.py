"""What the scenarios keep with their data in Chinese, in English by hand."""

from __future__ import annotations

import pytest

from pipeline.language.words import Words


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("没有可用的历史，用默认值", "No usable history, default value used"),
        (
            "本地区公布的电网平均排放因子 2021—2023 年的趋势（取值范围含全国的趋势 2.4%）",
            "Trend of the region, 2021–2023: Published average grid emission factor (range extended to the national trend of 2.4%)",
        ),
        (
            "写的是 50.0%（40.0% 至 60.0%），本地区绿色电力占比 2023—2025 年的趋势是 36.7%（30.0% 至 40.0%），逐项取力度较大的",
            "Written: 50.0% (40.0% to 60.0%). Trend of the region, 2023–2025: Green power share, 36.7% (30.0% to 40.0%). "
            "The stronger is taken at each level",
        ),
        (
            "合计中内蒙古、广东的驱动因素由分析人员另行设定",
            "Within the total, analysts have set the drivers of Inner Mongolia, Guangdong separately",
        ),
        (
            "综合能耗（电信、铁塔、广电）的设施类型构成",
            "comprehensive energy consumption (telecom, tower and broadcasting) by facility type",
        ),
        (
            "剩余电量因子取 2022 年的 0.5703，未经核实（采用的是 2023 年的 0.5856）",
            "Residual factor of 2022, 0.5703, not verified (used: 0.5856 of 2023)",
        ),
    ],
)
def test_what_is_kept_with_scenarios(chinese: str, english: str) -> None:
    assert Words("en").say(chinese) == english
