"""What chapters draw of indicators says what is so: for many provinces, few, one, none; above, at and below a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from pipeline.chapters import shapes, waterfalls
from pipeline.charts import theme
from pipeline.findings import Measure
from pipeline.given import reference, regions
from pipeline.given.reference import Target
from pipeline.indicators.evaluate import TABLE
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports.blocks import Figure, frame

RATE, NEW, ENERGY = "sharing.new_5g_sites", "dc.pue.new_large", "energy.total"
NATION, GUANGDONG = "000000", "440000"


def row(id: str, value: float | None, code: str = NATION, year: int = 2025, **more: Any) -> dict[str, Any]:
    return dict.fromkeys(TABLE) | {"indicator_id": id, "year": year, "region_code": code, "value": value} | more


@pytest.fixture
def view(layout: Layout) -> View:
    return View(
        pl.DataFrame(schema=TABLE), load_catalogue(layout), regions.NATION, 2025, reference.provinces(layout), {}
    )


def filled(view: View, rows: Sequence[Mapping[str, Any]], region: str = "全国", layout: Layout | None = None) -> View:
    found = regions.resolve(region, layout) if layout else view.region
    return replace(view, table=pl.DataFrame(list(rows), schema=TABLE), region=found)


def codes(view: View) -> list[str]:
    return view.provinces.filter("in_31")["code"].to_list()


def target(layout: Layout, id: str) -> Target:
    return next(one for one in reference.load_plan(layout).targets if one.indicator == id)


class TestProvinces:
    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ([0.9, 0.8, 0.85], "2025 年新建5G基站站址共享率：3 个省份都符合“不低于80%”；北京最高，为 90.0%；天津最低，为 80.0%"),
            ([0.9, 0.79996, 0.85], "2025 年新建5G基站站址共享率：3 个省份中 2 个符合“不低于80%”；北京最高，为 90.0%；天津最低，为 80.0%"),
            ([0.5, 0.5], "2025 年新建5G基站站址共享率：2 个省份都没有达到“不低于80%”；2 个省份新建5G基站站址共享率均为 50.0%"),
        ],
    )  # fmt: skip
    def test_counts_who_is_on_the_targets_side(
        self, view: View, layout: Layout, values: list[float], said: str
    ) -> None:
        rows = [row(RATE, value, code) for value, code in zip(values, codes(view), strict=False)]
        figure = shapes.provinces(filled(view, rows), RATE, "f-x", target(layout, RATE))
        assert figure is not None
        assert zh.say(figure.title) == said

    def test_a_point_is_printed_on_its_side_of_the_target(self, view: View, layout: Layout) -> None:
        rows = [row(NEW, value, code) for value, code in zip([1.3046, 1.2951, 1.3], codes(view), strict=False)]
        figure = shapes.provinces(filled(view, rows), NEW, "f-x", target(layout, NEW))
        assert figure is not None
        datasets = figure.payload()["spec"]["datasets"]
        printed = {one["province"]: one["printed"] for data in datasets.values() for one in data if "printed" in one}
        assert printed == {"北京": "1.305", "天津": "1.30", "河北": "1.30"}
        assert figure.payload()["table"]["rows"] == [["天津", "1.30"], ["河北", "1.30"], ["北京", "1.305"]]

    def test_the_text_for_readers_counts_from_the_same_end_as_the_title(self, view: View, layout: Layout) -> None:
        rows = [row(NEW, 1.2 + n / 100, code) for n, code in enumerate([GUANGDONG, *codes(view)[:10]])]
        figure = shapes.provinces(filled(view, rows, "广东", layout), NEW, "f-x", target(layout, NEW))
        assert figure is not None
        assert zh.say(figure.title).endswith("为 1.20，在 11 个省份中由低到高居首位")
        assert f"{zh.say(figure.title)}。" in zh.say(figure.alt)

    def test_ranks_the_own_province_only_among_ten(self, view: View, layout: Layout) -> None:
        few = [row(RATE, 0.8 + n / 100, code) for n, code in enumerate([GUANGDONG, *codes(view)[:8]])]
        figure = shapes.provinces(filled(view, few, "广东", layout), RATE, "f-x", target(layout, RATE))
        assert figure is not None
        assert zh.say(figure.title) == "广东新建5G基站站址共享率为 80.0%；有此项数据的省份只有 9 个，不排位"
        ten = [*few, row(RATE, 0.99, "650000")]
        figure = shapes.provinces(filled(view, ten, "广东", layout), RATE, "f-x", target(layout, RATE))
        assert figure is not None
        assert "10 个省份" in zh.say(figure.title)

    def test_the_best_stands_first_whichever_way_is_better(self, view: View) -> None:
        values = dict(zip(codes(view), [1.2, 1.4, 1.3], strict=False))
        for id, order in ((NEW, [1.2, 1.3, 1.4]), (RATE, [1.4, 1.3, 1.2])):
            figure = shapes.provinces(filled(view, [row(id, value, code) for code, value in values.items()]), id, "f-x")
            assert figure is not None
            assert [round(one, 6) for one in frame(figure).to_series(1)] == [
                one if id == NEW else round(100 * one, 6) for one in order
            ]

    def test_names_who_has_no_data(self, view: View) -> None:
        rows = [row(RATE, 0.9, code) for code in codes(view)[2:]]
        figure = shapes.provinces(filled(view, rows), RATE, "f-x")
        assert figure is not None
        assert zh.say(figure.method).endswith("没有数据的省份：北京、天津。")

    @pytest.mark.parametrize("n", [0, 1])
    def test_draws_nothing_of_one_or_none(self, view: View, n: int) -> None:
        assert shapes.provinces(filled(view, [row(RATE, 0.9, code) for code in codes(view)[:n]]), RATE, "f-x") is None


class TestOverYears:
    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ([0.8, 0.85], "全国新建5G基站站址共享率由 2024 年的 80.0% 升至 2025 年的 85.0%"),
            ([0.85, 0.8], "全国新建5G基站站址共享率由 2024 年的 85.0% 降至 2025 年的 80.0%"),
        ],
    )
    def test_says_which_way(self, view: View, values: list[float], said: str) -> None:
        rows = [row(RATE, value, year=year) for value, year in zip(values, (2024, 2025), strict=True)]
        figure = shapes.over_years(filled(view, rows), RATE, "f-x")
        assert figure is not None
        assert zh.say(figure.title) == said

    def test_flat_is_neither_up_nor_down(self, view: View) -> None:
        figure = shapes.over_years(filled(view, [row(RATE, 0.8, year=year) for year in (2024, 2025)]), RATE, "f-x")
        assert figure is not None
        assert not any(word in zh.say(figure.title) for word in ("升至", "降至"))

    def test_a_province_has_its_economic_region_and_the_nation_beside_it(self, view: View, layout: Layout) -> None:
        rows = [row(RATE, 0.8, code, year) for code in (GUANGDONG, "east", NATION) for year in (2024, 2025)]
        beside = {"330000": ["广东", "东部", "全国"], "420000": ["广东", "全国"], None: ["广东"]}
        for other, names in beside.items():  # 浙江, 湖北: what only 广东 filed is not compared with itself
            figure = shapes.over_years(
                filled(view, [*rows, row(RATE, 0.9 if other else None, other or "420000")], "广东", layout), RATE, "f-x"
            )
            assert figure is not None
            assert frame(figure)["region"].unique(maintain_order=True).to_list() == names

    def test_one_year_is_no_way(self, view: View) -> None:
        assert shapes.over_years(filled(view, [row(RATE, 0.8)]), RATE, "f-x") is None

    def test_a_year_without_a_value_is_no_zero(self, view: View) -> None:
        rows = [row(RATE, value, year=year) for value, year in ((0.8, 2023), (None, 2024), (0.9, 2025))]
        figure = shapes.over_years(filled(view, rows), RATE, "f-x")
        assert figure is not None
        assert frame(figure)["year"].to_list() == [2023, 2025]


@pytest.mark.parametrize(
    ("flag", "said"),
    [("not_filed", ""), ("unmatched", "自基期以来的价格链接中断"), ("partial", "有不足十二个月的填报")],
)
def test_a_target_without_a_value_says_why_where_something_was_filed(view: View, flag: str, said: str) -> None:
    told = filled(view, [row("energy.per_volume.change", None, flag=flag)]).beyond_status("energy.per_volume.change")
    assert said in zh.say(told)
    assert bool(said) == bool(told)


class TestFiledFrom:
    @pytest.mark.parametrize(
        ("missing", "said"),
        [
            (0, ""),
            (31, ""),
            (2, "2025 年没有北京、天津的填报，全国的数值是这 29 个省份的，不是 31 个省份的。"),
            (30, "2025 年只有新疆的填报，全国的数值是这 1 个省份的，不是 31 个省份的。"),
        ],
    )
    def test_says_which_provinces_the_nation_is_made_of(self, view: View, missing: int, said: str) -> None:
        old = [row(RATE, 0.9, code, 2024) for code in codes(view)]
        rows = [row(RATE, 0.9, code) for code in codes(view)[missing:]]
        empty = [row(RATE, None, code) for code in codes(view)[:missing]]
        assert zh.say(filled(view, [row(RATE, 0.9), *old, *rows, *empty]).filed_from()) == said


class TestMembers:
    def test_members_that_came_and_went_are_in_the_stack(self, view: View) -> None:
        rows = pl.DataFrame(
            {
                "year": [2024, 2025, 2025],
                "name": ["旧", "新", "大"],
                "value": [1.0, 2.0, 3.0],
                "member": ["old", "new", "big"],
            }
        )
        figure = shapes.members_over_years(view, rows, ENERGY, "f-x", title="题")
        assert figure is not None
        assert frame(figure)["name"].to_list() == ["大", "新", "旧"]  # as they stand in the chart
        assert "旧" in zh.say(figure.alt)


class TestTiles:
    def test_needs_ten(self, view: View) -> None:
        nine = [row(RATE, 0.8 + n / 100, code) for n, code in enumerate(codes(view)[:9])]
        assert shapes.tiles(filled(view, nine), RATE, "f-x") is None
        figure = shapes.tiles(filled(view, [*nine, row(RATE, 0.5, GUANGDONG)]), RATE, "f-x")
        assert figure is not None
        assert zh.say(figure.title).startswith("2025 年新建5G基站站址共享率，")
        assert frame(figure).height == 10


class TestSummary:
    def test_baseline_last_and_this_year(self, view: View) -> None:
        rows = [row(RATE, value, year=year) for value, year in ((0.7, 2020), (0.75, 2022), (0.8, 2024), (0.85, 2025))]
        table = shapes.summary(filled(view, rows), [RATE, NEW], "t-x", "题")
        assert table is not None
        told = table.payload()["table"]
        assert told["columns"] == ["指标", "2020 年", "2024 年", "2025 年"]
        assert told["rows"] == [["新建5G基站站址共享率", "70.0%", "80.0%", "85.0%"]]

    def test_is_none_without_any_value(self, view: View) -> None:
        assert shapes.summary(filled(view, [row(RATE, None)]), [RATE], "t-x", "题") is None

    def test_what_has_to_be_said_is_a_sentence(self, view: View) -> None:
        table = shapes.summary(filled(view, [row(NEW, 1.2, flag="claims_moved")]), [NEW], "t-x", "题")
        assert table is not None
        assert zh.say(table.method) == "2025 年全国：集团在一些省份申领的绿电多于用电，多出部分按集团抵扣其他省份。"


class TestView:
    def test_the_reasons_of_what_cannot_be_judged(self, view: View, layout: Layout) -> None:
        plan = reference.load_plan(layout)
        seen = filled(
            view,
            [
                row(RATE, 0.9, flag="coverage,partial"),
                row("bs.efficiency_gain_5g", 0.4),
                row("bs.energy_per_station.change", 0.1),
                row("cases.count", 30.0),
                row("cases.count", 20.0, dimension="category", member="industry"),
                row("cases.count", 10.0, dimension="category", member="life"),
            ],
        )
        found = seen.instead(plan)
        assert found[RATE][0] == "报齐率不足"
        assert found["bs.efficiency_gain_5g"][0] == "口径未定"
        assert "+10.0%" in zh.say(found["bs.efficiency_gain_5g"][1])
        assert found["cases.count"][0] == "未达标"
        assert zh.say(found["cases.count"][1]).count("应有 10 个") >= 1

    @pytest.mark.parametrize(
        ("gain", "each", "undefined"),
        [(0.4, -0.1, False), (0.4, 0.1, True), (-0.4, -0.1, True), (-0.4, 0.1, False), (0.4, 0.0, False), (0.0, 0.1, False)],
    )  # fmt: skip
    def test_two_measures_of_one_target_must_not_point_apart(
        self, view: View, layout: Layout, gain: float, each: float, undefined: bool
    ) -> None:
        """More done with a unit of power, and less power for each station: what moves the other way is not judged."""
        rows = [row("bs.efficiency_gain_5g", gain), row("bs.energy_per_station.change", each)]
        found = filled(view, rows).instead(reference.load_plan(layout))
        assert ("bs.efficiency_gain_5g" in found) is undefined

    def test_a_province_is_not_told_what_only_the_nation_has(self, view: View, layout: Layout) -> None:
        found = filled(view, [], "广东", layout).instead(reference.load_plan(layout))
        assert found
        assert {status for status, _ in found.values()} == {"不分省统计"}

    def test_nothing_filed_names_the_tables(self, view: View) -> None:
        said = zh.say(shapes.not_filed(view, RATE, "energy.per_flow"))
        assert "没有填报“5G站址”“能源消耗”“业务量”，本章不作评价；没有填报不等于零。" in said

    def test_unmeasured_provinces_have_no_value(self, view: View) -> None:
        seen = filled(view, [row(RATE, 0.9, GUANGDONG), row(RATE, 0.1, GUANGDONG, 2024)])
        values = seen.by_province(RATE)
        assert len(values) == 31
        assert [name for name, value in values.items() if value is not None] == ["广东"]


class TestWaterfall:
    MEASURE = Measure("综合能耗", "tce", 1, "big")

    def drawn(self, steps: Mapping[str, float], end: float) -> Figure:
        return waterfalls.waterfall(
            "f-x", self.MEASURE, ("2020 年", 1e6), steps, ("2025 年", end), title="题", what="综合能耗的变动"
        )

    def test_each_step_stands_on_the_one_before(self) -> None:
        figure = self.drawn({"流量": 8e5, "构成": 0.0, "单耗": -3e5}, 1.5e6)
        assert frame(figure).rows() == [
            ("2020 年", 100.0, 100.0), ("流量", 80.0, 180.0), ("构成", 0.0, 180.0), ("单耗", -30.0, 150.0), ("2025 年", 150.0, 150.0),
        ]  # fmt: skip
        rows = next(iter(figure.payload()["spec"]["datasets"].values()))
        assert [(one["from"], one["to"], one["printed"]) for one in rows] == [
            (60.0, 100.0, "100.0"), (100.0, 180.0, "+80.0"), (180.0, 180.0, "0.0"), (180.0, 150.0, "−30.0"), (60.0, 150.0, "150.0"),
        ]  # fmt: skip
        assert figure.payload()["spec"]["layer"][1]["encoding"]["x"]["title"] == "万tce（轴未从零开始）"
        assert zh.say(figure.alt) == (
            "瀑布图：综合能耗的变动。2020 年为 100.0 万tce；流量拉高 80.0 万tce；构成没有影响；单耗拉低 30.0 万tce；"
            "2025 年为 150.0 万tce。"
        )

    def test_what_prints_as_nothing_is_nothing(self) -> None:
        assert zh.changed_by(self.MEASURE, -0.04) == ""
        assert zh.changed_by(Measure("水", "m3", 1, "big"), 0.0) == ""
        assert zh.changed_by(self.MEASURE, -0.05) == "减少 0.1 tce"

    def test_steps_that_lead_elsewhere_are_refused(self) -> None:
        with pytest.raises(ValueError, match="do not add up"):
            self.drawn({"流量": 8e5}, 1.5e6)

    def test_a_step_of_less_than_one_has_the_decimals_that_the_text_tells(self) -> None:
        figure = self.drawn({"流量": 502800.0, "构成": 0.0, "单耗": -2800.0}, 1.5e6)
        for language, printed in (("zh", ["+50.3", "0.0", "−0.28"]), ("en", ["+0.503", "0.000", "−0.0028"])):
            rows = next(iter(figure.payload(Words(language))["spec"]["datasets"].values()))
            assert [one["printed"] for one in rows[1:4]] == printed

    def test_where_the_steps_fill_the_half_of_the_bars_the_axis_begins_at_zero(self) -> None:
        layers = self.drawn({"流量": 1.1e6}, 2.1e6).payload()["spec"]["layer"]
        assert layers[1]["encoding"]["x"]["title"] == "万tce"
        assert layers[1]["encoding"]["x"]["scale"]["domain"][0] == 0

    def test_it_may_sink_below_zero(self) -> None:
        figure = self.drawn({"甲": -3e6, "乙": 2.5e6}, 5e5)
        assert figure.payload()["table"]["columns"] == ["项目", "综合能耗（万tce）", "累计（万tce）"]
        assert frame(figure)["to"].to_list() == [100.0, -200.0, 50.0, 50.0]


def everywhere(view: View, layout: Layout) -> list[dict[str, Any]]:
    codes = view.provinces.filter("in_31")["code"].to_list()
    return [row(RATE, 0.7 + place / 100, code) for place, code in enumerate(codes)] + [row(RATE, 0.85)]


def test_marked_provinces_and_the_own_one_are_set_apart(view: View, layout: Layout) -> None:
    there = replace(filled(view, everywhere(view, layout), "广东", layout), marked=("江苏", "浙江"))
    assert shapes.set_apart(there) == {
        "江苏": theme.BLUE, "浙江": theme.BLUE, "广东": theme.ACCENT
    }  # fmt: skip
    figure = shapes.provinces(there, RATE, "f-x")
    assert figure
    spec = figure.payload()["spec"]
    (rows,) = [data for data in spec["datasets"].values() if "province" in data[0]]
    tints = {one["province"]: one["tint"] for one in rows}
    assert tints["广东"] == theme.ACCENT
    assert tints["江苏"] == tints["浙江"] == theme.BLUE
    assert set(tints.values()) == {theme.ACCENT, theme.BLUE, theme.SEQUENTIAL[2]}


def test_lines_through_a_ranking_bear_their_names_apart(view: View, layout: Layout) -> None:
    target = next(one for one in reference.load_plan(layout).targets if one.indicator == RATE)
    figure = shapes.provinces(filled(view, everywhere(view, layout)), RATE, "f-x", target)
    assert figure
    spec = figure.payload()["spec"]
    said = {
        spec["datasets"][layer["data"]["name"]][0]["said"]: layer["mark"]["align"]
        for layer in spec["layer"]
        if layer["mark"]["type"] == "text" and layer["mark"].get("y") == -8
    }
    assert said == {"目标 不低于80%": "right", "全国 85.0%": "left"}  # the left one to the left
    [dots] = [layer["encoding"] for layer in spec["layer"] if "shape" in layer.get("encoding", {})]
    assert dots["color"]["scale"] == {"domain": ["达到目标", "未达到"], "range": [theme.PRIMARY, theme.ACCENT]}
    assert dots["shape"]["scale"] == {"domain": ["达到目标", "未达到"], "range": ["circle", shapes.CROSS]}
    rows = next(data for data in spec["datasets"].values() if "side" in data[0])
    assert [one["side"] for one in rows if one["value"] < 80] == ["未达到"] * 10
    assert [one["side"] for one in rows if one["value"] >= 80] == ["达到目标"] * 21
