from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import findings
from pipeline.findings import Measure, Rank
from pipeline.language import en, zh

FLOW = Measure("流量", "亿GB")
SHARE = Measure("占比", scale="percent", moves="rate")
STATIONS = Measure("5G 基站", "个", scale="big")
YEARS = [2019, 2020, 2021]
NAMES = ["广东", "江苏", "浙江", "山东", "河南", "四川", "湖南", "湖北", "云南", "西藏", "青海"]

values = st.dictionaries(st.sampled_from(NAMES), st.none() | st.floats(-1e6, 1e6) | st.just(math.nan))
series = st.lists(st.none() | st.floats(0.001, 1e9), min_size=1, max_size=6)


def eleven(**changed: float | None) -> dict[str, float | None]:
    return {name: 11.0 - place for place, name in enumerate(NAMES)} | changed


FALL = Measure("单站年耗电变动", scale="percent", is_change=True)
POWER = Measure("综合能耗", "tce", scale="big")


class TestOneUnitInASentence:
    def test_a_series_that_passes_ten_thousand(self) -> None:
        told = zh.say(findings.trend(POWER, [2020, 2025], [7374.0, 13_120.0]))
        assert told == "综合能耗由 2020 年的 0.74 万tce 增至 2025 年的 1.3 万tce"

    def test_where_the_smaller_would_print_as_nothing(self) -> None:
        told = zh.say(findings.trend(POWER, [2020, 2025], [3.0, 41_300_000.0]))
        assert told == "综合能耗由 2020 年的 3 tce 增至 2025 年的 41,300,000 tce"

    @pytest.mark.parametrize("nothing", [0.0, 1.2e-10, 0.04])
    def test_what_prints_as_nothing_in_any_unit_has_no_say(self, nothing: float) -> None:
        one = POWER.among([632_102.0, 719_915.3, -95_234.4, nothing])
        assert [one.say(632_102.0), one.say(-95_234.4)] == ["63.2 万tce", "−9.5 万tce"]

    def test_comparisons_and_extremes(self) -> None:
        told = zh.say(findings.comparison(POWER, "西藏", 8200.0, {"全国": 155_000_000.0, "西部": 91_000.0}))
        assert told == "西藏综合能耗为 8,200 tce，低于全国（155,000,000 tce）和西部（91,000 tce）"
        told = zh.say(findings.extremes(POWER, {"广东": 632_000.0, "西藏": 7421.0}))
        assert told == "广东最高，为 63.2 万tce；西藏最低，为 0.74 万tce"

    def test_what_fits_one_scale_is_told_as_ever(self) -> None:
        assert POWER.among([12_000.0, 340_000.0, None]).say(12_000.0) == "1.2 万tce"
        assert SHARE.among([0.1]) is SHARE


class TestChanges:
    def test_both_fell(self) -> None:
        told = zh.say(findings.comparison(FALL, "西藏", -0.413, {"西部": -0.412, "全国": -0.411}))
        assert told == "西藏单站年耗电下降 41.3%，降幅大于西部（41.2%）和全国（41.1%）"

    def test_alike_and_smaller(self) -> None:
        told = zh.say(findings.comparison(FALL, "广东", -0.09, {"东部": -0.0901, "全国": -0.2}))
        assert told == "广东单站年耗电下降 9.0%，降幅与东部（9.0%）相当，降幅小于全国（20.0%）"

    def test_both_rose(self) -> None:
        assert (
            zh.say(findings.comparison(FALL, "甲", 0.05, {"全国": 0.02}))
            == "甲单站年耗电上升 5.0%，升幅大于全国（2.0%）"
        )

    def test_the_other_went_the_other_way(self) -> None:
        told = zh.say(findings.comparison(FALL, "甲", -0.05, {"东部": 0.02, "全国": 0.0}))
        assert told == "甲单站年耗电下降 5.0%，东部上升 2.0%，全国基本持平"

    def test_without_change(self) -> None:
        assert zh.say(findings.comparison(FALL, "甲", 0.0001, {"全国": -0.02})) == "甲单站年耗电基本持平，全国下降 2.0%"

    @pytest.mark.parametrize(
        ("descending", "told"),
        [(False, "在 11 个省份中降幅居第 2 位"), (True, "在 11 个省份中降幅由小到大居第 10 位")],
    )
    def test_a_place_among_those_who_all_fell(self, descending: bool, told: str) -> None:
        fell = {name: -0.4 + 0.01 * at for at, name in enumerate(NAMES)}
        assert zh.say(findings.place(FALL, fell, "江苏", descending=descending)) == f"江苏单站年耗电下降 39.0%，{told}"

    def test_a_place_among_both(self) -> None:
        mixed = {name: -0.05 + 0.01 * at for at, name in enumerate(NAMES)}
        told = zh.say(findings.place(FALL, mixed, "广东", descending=False))
        assert told == "广东单站年耗电下降 5.0%，在 11 个省份中由降到升居首位"

    def test_extremes(self) -> None:
        assert zh.say(findings.extremes(FALL, {"甲": 0.03, "乙": -0.05})) == "甲升幅最大，为 3.0%；乙降幅最大，为 5.0%"
        assert zh.say(findings.extremes(FALL, {"甲": 0.03, "乙": 0.01})) == "甲升幅最大，为 3.0%；乙最小，为 1.0%"


class TestMeasure:
    def test_it_prints_with_the_unit(self) -> None:
        assert FLOW.say(3375.86) == "3,375.9 亿GB"
        assert SHARE.say(0.417) == "41.7%"
        assert STATIONS.say(4_838_000) == "483.8 万个"
        assert Measure("指数").say(217.296) == "217.3"

    @pytest.mark.parametrize("measure", [FLOW, SHARE, STATIONS])
    @pytest.mark.parametrize("missing", [None, math.nan, math.inf])
    def test_a_missing_value_is_a_dash(self, measure: Measure, missing: float | None) -> None:
        assert measure.say(missing) == "—"

    def test_a_latin_name_stands_apart_from_its_owner(self) -> None:
        assert [FLOW.of("广东"), STATIONS.of("广东"), STATIONS.of("")] == ["广东流量", "广东 5G 基站", "5G 基站"]

    def test_a_gap_is_judged_as_printed(self) -> None:
        assert [FLOW.gap(2.0, 1.0), FLOW.gap(1.04, 1.01), FLOW.gap(1.0, 2.0)] == [1, 0, -1]


class TestTrend:
    @pytest.mark.parametrize(
        ("given_values", "expected"),
        [
            ([1.0, 5.0, 2.0], "全国流量由 2019 年的 1.0 亿GB 增至 2021 年的 2.0 亿GB，累计增长 100.0%"),
            ([2.0, 5.0, 1.0], "全国流量由 2019 年的 2.0 亿GB 降至 2021 年的 1.0 亿GB，累计下降 50.0%"),
            ([2.0, 5.0, 2.0], "2021 年全国流量为 2.0 亿GB，与 2019 年持平"),
            ([2.0, 5.0, 2.01], "2021 年全国流量为 2.0 亿GB，与 2019 年基本持平"),
            ([None, 5.0, math.nan], "2020 年全国流量为 5.0 亿GB"),
            ([None, None, None], "没有全国流量的数据"),
            ([0.0, 1.0, 2.0], "全国流量由 2019 年的 0.0 亿GB 增至 2021 年的 2.0 亿GB"),
        ],
    )
    def test_every_direction(self, given_values: list[float | None], expected: str) -> None:
        assert zh.say(findings.trend(FLOW, YEARS, given_values, subject="全国", change=True)) == expected

    def test_no_years_at_all(self) -> None:
        assert zh.say(findings.trend(FLOW, [], [])) == "没有流量的数据"

    def test_years_come_in_order_whatever_the_input(self) -> None:
        assert zh.say(findings.trend(FLOW, [2021, 2019], [3.0, 1.0])).startswith("流量由 2019 年的 1.0 亿GB")

    def test_ratios_change_in_points(self) -> None:
        said = zh.say(findings.trend(SHARE, [2020, 2024], [0.077, 0.336], change=True))
        assert said == "占比由 2020 年的 7.7% 升至 2024 年的 33.6%，累计上升 25.9 个百分点"

    def test_words_of_the_source_are_kept_and_never_computed_with(self) -> None:
        said = zh.say(
            findings.trend(STATIONS, [2019, 2025], [130_000, 4_838_000], printed=["超13 万个", None], change=True)
        )
        assert said == "5G 基站由 2019 年的超13 万个增至 2025 年的 483.8 万个"

    def test_words_of_the_source_too_near_for_a_direction(self) -> None:
        said = zh.say(findings.trend(STATIONS, [2019, 2020], [130_000, 135_000], printed=["超13 万个"]))
        assert said == "5G 基站 2019 年为超13 万个，2020 年为 13.5 万个"

    def test_equal_words_are_about_level(self) -> None:
        said = zh.say(findings.trend(STATIONS, [2019, 2020], [130_000, 130_000], printed=["超13 万个", "超13 万个"]))
        assert said == "2020 年 5G 基站为超13 万个，与 2019 年基本持平"

    @given(series)
    def test_a_title_has_no_full_stop_and_one_direction(self, given_values: list[float | None]) -> None:
        said = zh.say(findings.trend(FLOW, list(range(2019, 2019 + len(given_values))), given_values, change=True))
        assert not said.endswith("。")
        assert said.count("增至") + said.count("降至") + said.count("持平") <= 1
        there = [value for value in given_values if value is not None]
        if "增至" in said:
            assert there[-1] > there[0]
        if "降至" in said:
            assert there[-1] < there[0]


class TestPath:
    @pytest.mark.parametrize(
        ("given_values", "expected"),
        [
            ([1.0, 2.0, 3.0], "逐年上升"),
            ([3.0, 2.0, 1.0], "逐年下降"),
            ([1.0, 1.0, 3.0], "总体上升"),
            ([3.0, 1.0, 1.01], "总体下降"),
            ([1.0, 3.0, 2.0], "先升后降"),
            ([3.0, 1.0, 2.0], "先降后升"),
            ([1.0, 3.0, 2.0, 4.0], "有升有降"),
            ([2.0, 2.0, 2.01], "持平"),
            ([1.0, None, 2.0], ""),
        ],
    )
    def test_every_way(self, given_values: list[float | None], expected: str) -> None:
        assert zh.say(findings.path(FLOW, [2019, 2020, 2021, 2022][: len(given_values)], given_values)) == expected

    def test_with_years_left_out_it_is_no_longer_yearly(self) -> None:
        assert zh.say(findings.path(FLOW, [2019, 2021, 2022], [1.0, 2.0, 3.0])) == "逐期上升"


class TestRanking:
    def test_first_last_and_lowest_first(self) -> None:
        assert findings.ranking(eleven(), "广东") == Rank(1, 11)
        assert findings.ranking(eleven(), "青海") == Rank(11, 11)
        assert findings.ranking(eleven(), "青海", descending=False) == Rank(1, 11)

    def test_ties_share_the_better_place(self) -> None:
        tied = eleven(江苏=11.0)
        assert findings.ranking(tied, "江苏") == Rank(1, 11, ("广东",))
        assert findings.ranking(tied, "浙江") == Rank(3, 11)

    def test_missing(self) -> None:
        assert findings.ranking(eleven(西藏=None), "西藏") == Rank(None, 10)
        assert findings.ranking({}, "西藏") == Rank(None, 0)

    @given(values, st.sampled_from(NAMES), st.booleans())
    def test_the_place_is_one_more_than_those_ahead(
        self, given_values: dict[str, float | None], name: str, descending: bool
    ) -> None:
        rank = findings.ranking(given_values, name, descending=descending)
        there = [value for value in given_values.values() if value is not None and not math.isnan(value)]
        assert rank.of == len(there)
        if rank.place is not None:
            own = given_values[name]
            assert own is not None
            ahead = [value for value in there if (value > own if descending else value < own)]
            assert rank.place == len(ahead) + 1
            assert rank.place + len(rank.tied) <= rank.of


class TestPlace:
    @pytest.mark.parametrize(
        ("name", "changed", "descending", "expected"),
        [
            ("广东", {}, True, "广东流量为 11.0 亿GB，在 11 个省份中居首位"),
            ("青海", {}, True, "青海流量为 1.0 亿GB，在 11 个省份中居末位"),
            ("青海", {}, False, "青海流量为 1.0 亿GB，在 11 个省份中由低到高居首位"),
            ("广东", {}, False, "广东流量为 11.0 亿GB，在 11 个省份中由低到高居末位"),
            ("浙江", {}, True, "浙江流量为 9.0 亿GB，在 11 个省份中由高到低居第 3 位"),
            ("江苏", {"江苏": 11.0}, True, "江苏流量为 11.0 亿GB，在 11 个省份中与广东并列首位"),
            ("青海", {"青海": 2.0}, True, "青海流量为 2.0 亿GB，在 11 个省份中与西藏并列末位"),
            ("江苏", {"江苏": 11.04}, True, "江苏流量为 11.0 亿GB，在 11 个省份中与广东并列首位"),
            ("广东", {"江苏": 11.04}, True, "广东流量为 11.0 亿GB，在 11 个省份中与江苏并列首位"),
            ("浙江", {"浙江": 8.0}, True, "浙江流量为 8.0 亿GB，在 11 个省份中由高到低与山东并列第 3 位"),
            ("西藏", {"西藏": None}, True, "没有西藏流量的数据，不排位"),
            ("台湾", {}, True, "没有台湾流量的数据，不排位"),
            (
                "广东",
                {"青海": None, "西藏": math.nan},
                True,
                "广东流量为 11.0 亿GB；有此项数据的省份只有 9 个，不排位",
            ),
        ],
    )
    def test_every_place(self, name: str, changed: dict[str, float], descending: bool, expected: str) -> None:
        assert zh.say(findings.place(FLOW, eleven(**changed), name, descending=descending)) == expected

    def test_all_alike(self) -> None:
        assert zh.say(findings.place(FLOW, dict.fromkeys(NAMES, 2.0), "广东")) == "广东流量为 2.0 亿GB，11 个省份相同"

    def test_the_value_may_have_been_told_before(self) -> None:
        alike = findings.place(FLOW, dict.fromkeys(NAMES, 2.0), "广东", with_value=False)
        few = findings.place(FLOW, {"广东": 2.0, "江苏": 1.0}, "广东", with_value=False)
        assert zh.say(alike) == "11 个省份相同"
        assert zh.say(few) == "有此项数据的省份只有 2 个，不排位"

    def test_many_ties_are_counted(self) -> None:
        tied = eleven() | dict.fromkeys(NAMES[:6], 11.0)
        assert "与江苏、浙江、山东等 5 个省份并列首位" in zh.say(findings.place(FLOW, tied, "广东"))


class TestComparison:
    @pytest.mark.parametrize(
        ("references", "expected"),
        [
            ({"全国": 1.0, "东部": 1.5}, "广东流量为 2.0 亿GB，高于全国（1.0 亿GB）和东部（1.5 亿GB）"),
            ({"全国": 3.0, "东部": 1.5}, "广东流量为 2.0 亿GB，低于全国（3.0 亿GB），高于东部（1.5 亿GB）"),
            ({"全国": 2.01, "东部": None}, "广东流量为 2.0 亿GB，与全国（2.0 亿GB）相当"),
            ({"全国": None}, "广东流量为 2.0 亿GB"),
            ({}, "广东流量为 2.0 亿GB"),
        ],
    )
    def test_every_relation(self, references: dict[str, float | None], expected: str) -> None:
        assert zh.say(findings.comparison(FLOW, "广东", 2.0, references)) == expected

    @pytest.mark.parametrize("missing", [None, math.nan])
    def test_without_an_own_value(self, missing: float | None) -> None:
        assert zh.say(findings.comparison(FLOW, "西藏", missing, {"全国": 1.0})) == "没有西藏流量的数据"

    def test_where_the_value_was_told_before(self) -> None:
        told = zh.say(findings.comparison(FLOW, "广东", 2.0, {"全国": 1.0}, value_told=True))
        assert told == "高于全国（1.0 亿GB）"

    @given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
    def test_what_is_said_never_contradicts_what_is_printed(self, value: float, other: float) -> None:
        said = zh.say(findings.comparison(FLOW, "广东", value, {"全国": other}))
        assert ("相当" in said) == (FLOW.say(value) == FLOW.say(other))
        if "高于" in said:
            assert value > other
        if "低于" in said:
            assert value < other


class TestExtremes:
    @pytest.mark.parametrize(
        ("given_values", "expected"),
        [
            ({"广东": 3.0, "江苏": 2.0, "西藏": 1.0}, "广东最高，为 3.0 亿GB；西藏最低，为 1.0 亿GB"),
            ({"广东": 3.0, "江苏": 3.01, "西藏": 1.0}, "广东、江苏并列最高，为 3.0 亿GB；西藏最低，为 1.0 亿GB"),
            ({"广东": 3.0, "江苏": 1.0, "西藏": 1.0}, "广东最高，为 3.0 亿GB；江苏、西藏并列最低，为 1.0 亿GB"),
            ({"广东": 3.0, "西藏": None}, "仅广东有流量数据，为 3.0 亿GB"),
            ({"广东": 3.0, "西藏": 3.0}, "2 个省份流量均为 3.0 亿GB"),
            ({"广东": -1.0, "江苏": -2.0, "西藏": -4.0}, "西藏降幅最大，为 4.0 亿GB；广东最小，为 1.0 亿GB"),
            ({"广东": 1.0, "西藏": -4.0}, "广东最高，为 1.0 亿GB；西藏最低，为 −4.0 亿GB"),
            ({"西藏": None}, "没有分省的流量数据"),
            ({}, "没有分省的流量数据"),
        ],
    )
    def test_every_case(self, given_values: dict[str, float | None], expected: str) -> None:
        assert zh.say(findings.extremes(FLOW, given_values)) == expected


class TestLargest:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ({"机房": 1.0, "基站": 3.0, "办公": 0.0}, "基站最多，占综合能耗的 75.0%，其次是机房（25.0%）"),
            ({"基站": 3.0, "办公": 0.0}, "综合能耗全部为基站"),
            ({}, "没有综合能耗"),
        ],
    )
    def test_the_first_and_the_second(self, values: dict[str, float], expected: str) -> None:
        assert zh.say(findings.largest(POWER, values)) == expected


class TestMovement:
    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            ({"甲": 3, "乙": 3, "丙": 1}, {"甲": 2, "乙": 1, "丙": 2}, "3 个省份中 2 个下降、1 个上升"),
            ({"甲": 3, "乙": 3, "丙": 1}, {"甲": 2, "乙": 4, "丙": 1}, "3 个省份中 1 个下降、1 个上升、1 个持平"),
            ({"甲": 3, "乙": 3}, {"甲": 2, "乙": 1}, "2 个省份全部下降"),
            ({"甲": 3, "乙": 3}, {"甲": 3, "乙": 3.01}, "2 个省份全部持平"),
            ({"甲": 3, "西藏": None}, {"甲": 4, "西藏": 1}, "1 个省份上升"),
            ({"甲": 3}, {"乙": 4}, "没有流量可比的省份"),
        ],
    )
    def test_every_case(self, before: dict[str, float], after: dict[str, float], expected: str) -> None:
        assert zh.say(findings.movement(FLOW, before, after)) == expected

    def test_the_ministry_counts_twenty_falls_and_ten_rises_in_2023(self) -> None:
        from pipeline.given.reference import grid_factors
        from pipeline.layout import Layout

        factors = grid_factors(Layout.current()).filter(pl.col("region_level") == "province")
        before, after = (
            dict(factors.filter(pl.col("year") == year).select("region_zh", "factor_kgco2_per_kwh").iter_rows())
            for year in (2022, 2023)
        )
        said = zh.say(findings.movement(Measure("因子", decimals=4), before, after))
        assert said == "30 个省份中 20 个下降、10 个上升"

    @given(values, values)
    def test_everyone_with_both_values_is_counted_once(
        self, before: dict[str, float | None], after: dict[str, float | None]
    ) -> None:
        moved = findings.movement(FLOW, before, after)
        names = [*moved.rose, *moved.fell, *moved.same]
        assert len(names) == len(set(names)) == moved.of
        assert all(before[name] is not None and after[name] is not None for name in names)


class TestSources:
    ROWS = pl.DataFrame(
        [("公报", "A"), ("某报2024", "C"), ("公报", "A"), ("年报", "B")],
        schema=["source_title", "grade"],
        orient="row",
    )

    def test_each_once_in_order(self) -> None:
        assert zh.say(findings.sources(self.ROWS)) == "公报；某报2024；年报"

    def test_many_are_counted_and_stand_in_the_appendix(self) -> None:
        rows = pl.DataFrame({"source_title": [f"文件{i}" for i in range(7)], "grade": ["A"] * 7})
        assert zh.say(findings.sources(rows)) == "文件0；文件1；文件2；文件3 等 7 份，逐份列在附录 D"

    def test_none(self) -> None:
        assert zh.say(findings.sources(self.ROWS.clear())) == ""


@pytest.mark.parametrize(
    ("measure", "values", "told", "english"),
    [
        (SHARE, {2020: 0.714, 2024: 0.826, 2025: 0.845}, "比 2024 年上升 1.9 个百分点，比 2020 年上升 13.1 个百分点", "up 1.9 percentage points from 2024 and up 13.1 percentage points from 2020"),
        (Measure("PUE", decimals=2, moves="rate"), {2020: 1.341, 2024: 1.2885, 2025: 1.284}, "比 2024 年下降 0.01，比 2020 年下降 0.06", "down 0.01 from 2024 and down 0.06 from 2020"),
        (POWER, {2024: 1e6, 2025: 1.1e6}, "比 2024 年增长 10.0%", "up 10.0% from 2024"),
        (SHARE, {2024: 0.5001, 2025: 0.5}, "与 2024 年基本持平", "practically unchanged from 2024"),
        (POWER, {2020: 0.0, 2024: 5.0, 2025: 5.0}, "与 2024 年持平", "unchanged from 2024"),
    ],
)  # fmt: skip
def test_how_the_last_value_lies_to_those_before_it(
    measure: Measure, values: dict[int, float], told: str, english: str
) -> None:
    one = findings.since(measure, list(values), list(values.values()), years_before=(2020, 2024))
    assert (zh.say(one), en.say(one)) == (told, english)
    assert findings.since(measure, [2025], [1.0], years_before=(2020, 2024)) is None
