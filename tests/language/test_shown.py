from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import findings
from pipeline.findings import Measure
from pipeline.language import zh

FLOW = Measure("流量", "亿GB")
YEARS = [2019, 2020, 2021]
PROVINCES = {f"省{place}": float(20 - place) for place in range(12)}

values = st.lists(st.none() | st.floats(0, 1e6) | st.just(math.nan), min_size=3, max_size=3)


class TestSeries:
    def test_one_steady_line(self) -> None:
        said = zh.say(findings.SeriesShown("line_chart", "全国流量", FLOW, YEARS, {"": [1.0, 2.0, 3.0]}))
        assert said == "折线图：2019 年至 2021 年全国流量。由 2019 年的 1.0 亿GB 到 2021 年的 3.0 亿GB，逐年上升。"

    def test_a_line_that_turns_tells_its_extremes(self) -> None:
        said = zh.say(findings.SeriesShown("line_chart", "流量", FLOW, YEARS, {"": [1.0, 4.0, 3.0]}))
        assert said.endswith("先升后降，最高为 2020 年的 4.0 亿GB，最低为 2019 年的 1.0 亿GB。")

    def test_two_lines(self) -> None:
        said = zh.say(
            findings.SeriesShown(
                "line_chart", "流量", FLOW, YEARS, {"广东": [1.0, 2.0, 3.0], "西藏": [None, None, 0.5]}
            )
        )
        assert said == (
            "折线图：2019 年至 2021 年流量。广东由 2019 年的 1.0 亿GB 到 2021 年的 3.0 亿GB，逐年上升；"
            "西藏为 2021 年的 0.5 亿GB。"
        )

    def test_a_line_without_values_is_named(self) -> None:
        said = zh.say(
            findings.SeriesShown("line_chart", "流量", FLOW, YEARS, {"广东": [1.0, 1.0, 1.0], "西藏": [None] * 3})
        )
        assert said.endswith("1.0 亿GB，持平；西藏没有数据。")

    def test_nothing_at_all(self) -> None:
        assert zh.say(findings.SeriesShown("line_chart", "流量", FLOW, [], {"": []})) == "折线图：流量，没有数据。"

    def test_the_words_of_the_source_are_told(self) -> None:
        said = zh.say(
            findings.SeriesShown("line_chart", "基站", FLOW, YEARS, {"": [1.0, 2.0, 3.0]}, printed={2019: "超1 亿GB"})
        )
        assert "由 2019 年的 超1 亿GB 到" in said

    def test_many_lines_are_told_briefly(self) -> None:
        many = {f"线{i}": [1.0, 3.0, 2.0] for i in range(zh.MAX_LINES + 1)}
        assert "最高" not in zh.say(findings.SeriesShown("line_chart", "流量", FLOW, YEARS, many))

    @given(st.dictionaries(st.sampled_from(["甲", "乙", "丙"]), values))
    def test_every_line_is_told_in_one_paragraph(self, lines: dict[str, list[float | None]]) -> None:
        said = zh.say(findings.SeriesShown("line_chart", "流量", FLOW, YEARS, lines))
        assert said.endswith("。")
        assert "\n" not in said
        assert "—" not in said
        if "，没有数据。" not in said:
            assert all(label in said for label in lines)


class TestRanking:
    def test_ends_median_own_and_missing(self) -> None:
        said = zh.say(findings.RankingShown("tile_grid", "2024 年流量", FLOW, PROVINCES | {"西藏": None}, own="省2"))
        assert said == (
            "方格图：2024 年流量，12 个省份有数据。"
            "最高的依次为省0 20.0 亿GB、省1 19.0 亿GB、省2 18.0 亿GB；"
            "最低的依次为省11 9.0 亿GB、省10 10.0 亿GB、省9 11.0 亿GB；中位数为 14.5 亿GB。"
            "省2流量为 18.0 亿GB，在 12 个省份中由高到低居第 3 位。没有数据的有西藏。"
        )

    def test_few_are_all_told(self) -> None:
        said = zh.say(findings.RankingShown("bar_chart", "流量", FLOW, {"甲": 1.0, "乙": 2.0, "丙": math.nan}))
        assert said == "条形图：流量。乙 2.0 亿GB、甲 1.0 亿GB。没有数据的有丙。"

    @pytest.mark.parametrize("nothing", [{}, {"西藏": None}])
    def test_nothing(self, nothing: dict[str, float | None]) -> None:
        assert zh.say(findings.RankingShown("bar_chart", "流量", FLOW, nothing)) == "条形图：流量。没有数据。"

    def test_an_own_province_without_a_value(self) -> None:
        said = zh.say(findings.RankingShown("tile_grid", "流量", FLOW, PROVINCES | {"西藏": None}, own="西藏"))
        assert "没有西藏流量的数据，不排位。" in said


class TestGroups:
    def test_each_group_is_told(self) -> None:
        said = zh.say(findings.GroupsShown("column_chart", "2023 年流量", FLOW, {"东部": 2.0, "西部": None}))
        assert said == "柱形图：2023 年流量。东部 2.0 亿GB，西部 —。"

    def test_nothing(self) -> None:
        assert zh.say(findings.GroupsShown("column_chart", "流量", FLOW, {})) == "柱形图：流量。没有数据。"
