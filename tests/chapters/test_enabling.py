"""The chapter on application cases: the quota, what is summed, the catalogue, published cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from pipeline.chapters import enabling
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.regions import NATION
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.layout import Layout
from pipeline.reports import markup
from tests.chapters.test_shapes import filled, row
from tests.chapters.test_shapes import view as view  # a fixture
from tests.indicators.conftest import frames
from tests.indicators.test_cases import GRID

PLACES = {"440000": "广东", "330000": "浙江"}
HOSTILE = ["<script>alert(1)</script>", "# *粗* `码` $x^2$ [链](http://x)", "#set page(1) \\ \"引\" @a <m>", "=1+1|a\n- b", "-->{{< x >}}"]  # fmt: skip


def rows(layout: Layout, *cases: Mapping[str, Any], year: int = 2025) -> pl.DataFrame:
    numbered = [GRID | {"case_id": str(n), "sector": f"领域{n}"} | dict(case) for n, case in enumerate(cases)]
    return enabling.accounted(frames({"cases": numbered})["cases"], layout, Params(), year)


def thirty(*left_out: int) -> list[dict[str, Any]]:
    """Ten selected cases of each category, without some; and a candidate."""
    categories = ("industry", "residents", "urban_rural")
    cases = [{"status": "selected", "category": categories[n // 10], "title": f"场景{n}"} for n in range(30)]
    return [case for n, case in enumerate(cases) if n not in left_out] + [{"status": "candidate", "title": "申报"}]


class TestQuota:
    def test_thirty_are_enough_and_candidates_do_not_count(self, layout: Layout) -> None:
        plan = reference.load_plan(layout)
        figure = enabling.quota_bars(rows(layout, *thirty()), plan, 2025, "f-x")
        assert figure.title == "截至 2025 年末遴选和推广的应用场景共 30 个，3 类都达到计划要求的个数"
        assert figure.data["个数"].sum() == 31

    def test_candidates_that_are_not_listed_are_not_told_as_none(self, layout: Layout) -> None:
        public = [one for one in thirty() if one.get("status") != "candidate"]
        figure = enabling.quota_bars(rows(layout, *public), reference.load_plan(layout), 2025, "f-x")
        assert set(figure.data["状态"]) == {"遴选", "推广"}
        assert "申报" not in figure.method

    def test_twenty_nine_are_not_and_it_is_said_where(self, layout: Layout, view: View) -> None:
        plan = reference.load_plan(layout)
        short = rows(layout, *thirty(12))
        figure = enabling.quota_bars(short, plan, 2025, "f-x")
        assert figure.title == "截至 2025 年末遴选和推广的应用场景共 29 个，居民低碳环保生活没有达到计划要求的个数"
        assert "居民低碳环保生活 9 个（差 1 个）" in enabling.quota_told(short, plan)
        members = [row("cases.count", 10.0 if id != "residents" else 9.0, dimension="category", member=id) for id in enabling.counts(short, plan)]  # fmt: skip
        seen = filled(view, [row("cases.count", 29.0), *members])
        assert seen.region == NATION
        status, why = seen.instead(plan)["cases.count"]
        assert (status, zh.say(why)) == ("未达标", "居民低碳环保生活 9 个，应有 10 个")


class TestTechnologies:
    def test_those_used_alike_are_told_together(self, layout: Layout) -> None:
        cases = [{"technology": name, "case_id": str(n)} for n, name in enumerate(["5G、AI", "AI", "5G", "北斗"])]
        figure = enabling.technologies(rows(layout, *cases), "f-x")
        assert figure is not None
        assert figure.title == "4 个场景涉及 3 种技术、4 个领域，用到5G、AI的最多（各 2 个）"
        figure = enabling.technologies(rows(layout, *cases, {"technology": "AI", "case_id": "9"}), "f-x")
        assert figure is not None
        assert figure.title.endswith("用到AI的最多（3 个）")


class TestAccount:
    def test_the_worked_example_in_a_card(self, layout: Layout) -> None:
        [entry] = enabling.catalogue(rows(layout, GRID), reference.load_plan(layout), PLACES, "k-x").entries  # type: ignore[union-attr]
        facts = dict(entry.facts)
        assert entry.value == "1,600.2 tCO2"
        assert facts["核算"] == (
            "12,000 间配电房 ×（3,200 − 2,700）kWh × 0.5306 kgCO2/kWh（2023 年、平均） ＝ 3,183.6 tCO2；归因 60%，自身排放 310 tCO2"
        )
        assert facts["扣除反弹"] == "1,504.7 tCO2"
        assert "P10—P90" not in facts  # no uncertainty was filed

    @pytest.mark.parametrize(
        ("unit", "factor", "told"),
        [
            ("kg", 2.9251, "（3,200 − 2,700）kg × 2.9251 kgCO2/kg（2023 年） ＝"),  # a fuel has no average of a grid
            ("kgCO2", 1.0, "（3,200 − 2,700）kgCO2 ＝"),
            ("tCO2", 1000.0, "（3,200 − 2,700）tCO2 ＝"),
        ],
    )
    def test_a_factor_is_told_as_what_it_is(self, layout: Layout, unit: str, factor: float, told: str) -> None:
        case = GRID | {"effect_unit": unit, "factor_kgco2_per_unit": factor}
        [entry] = enabling.catalogue(rows(layout, case), reference.load_plan(layout), PLACES, "k-x").entries  # type: ignore[union-attr]
        assert told in dict(entry.facts)["核算"]

    def test_texts_have_their_punctuation_again(self, layout: Layout) -> None:
        case = GRID | {"title": "配电房优化(示例)", "summary": "虚构案例:配电房优化,用于演示"}
        [entry] = enabling.catalogue(rows(layout, case), reference.load_plan(layout), PLACES, "k-x").entries  # type: ignore[union-attr]
        assert (entry.title, entry.text) == ("配电房优化（示例）", "虚构案例：配电房优化，用于演示")

    def test_what_is_not_summed_is_in_the_catalogue_and_in_no_sum(self, layout: Layout) -> None:
        plan = reference.load_plan(layout)
        found = rows(
            layout,
            {},
            {"verification": "self_declared"},
            {"tier": 3},
            {"period_months": 9},
            {"attribution_share": None},
        )
        table = enabling.sums(found, plan, 0.3, "t-x", 2025)
        assert table is not None
        assert table.data.select("场景（个）", "净效果（tCO2）").rows() == [
            (1, pytest.approx(1600.16)),
            (1, pytest.approx(1600.16)),
        ]
        entries = enabling.catalogue(found, plan, PLACES, "k-x").entries  # type: ignore[union-attr]
        assert len(entries) == 5
        assert sum("不求和" in dict(one.facts) for one in entries) == 4
        assert [one.value for one in entries].count("没有量化") == 1
        left = enabling.left_out(found, "t-y")
        assert left is not None
        assert left.data["场景数"].sum() == 4

    def test_candidates_are_listed_apart_and_in_no_sum(self, layout: Layout) -> None:
        plan = reference.load_plan(layout)
        found = rows(layout, {}, {"status": "candidate", "title": "待选"}, {"status": "selected", "tier": 3})
        table = enabling.sums(found, plan, 0.3, "t-x", 2025)
        assert table is not None
        assert table.data["场景（个）"].to_list() == [1, 1]
        left, apart = enabling.left_out(found, "t-y"), enabling.candidates(found, plan, "t-z")
        assert left is not None
        assert apart is not None
        assert left.data.select("原因", "场景数").rows() == [("方法层级为 3 或未填", 1)]
        assert apart.data.rows() == [("待选", "产业绿色低碳转型", "实际减少", pytest.approx(1600.16))]
        assert apart.title == "申报中的 1 个场景另列，不计入目标，也不计入合计"
        assert enabling.candidates(rows(layout, {}), plan, "t-z") is None

    def test_avoided_growth_is_nowhere_called_a_reduction(self, layout: Layout) -> None:
        avoided = {"effect": "avoided_growth", "addressable_amount": 60000.0}
        found, plan = rows(layout, avoided, avoided | {"province_code": "330000"}), reference.load_plan(layout)
        blocks = [enabling.sums(found, plan, 0.3, "t-x", 2025), enabling.league(found, "f-x", 2025, 10), enabling.potential(found, PLACES, "t-y"), enabling.catalogue(found, plan, PLACES, "k-x")]  # fmt: skip
        for block in blocks:
            assert block is not None
            assert "净减排" not in str(block.payload())

    def test_a_negative_case_is_shown_as_such(self, layout: Layout) -> None:
        found = rows(layout, {}, {"ict_footprint_tco2": 5000.0, "title": "负"})
        figure = enabling.league(found, "f-x", 2025, 10)
        assert figure is not None
        assert figure.title.endswith("，1 个为负")
        [_, worse] = enabling.catalogue(found, reference.load_plan(layout), PLACES, "k-x").entries  # type: ignore[union-attr]
        assert (worse.tone, worse.value[0]) == ("bad", "−")

    def test_doubles_are_named(self, layout: Layout) -> None:
        same = {"sector": "电力", "activity_amount": 6000.0}
        found = rows(layout, {"title": "大", "sector": "电力"}, same | {"title": "小"}, {"title": "别处"})
        assert enabling.doubles(found) == [["大", "小"]]
        assert enabling.doubles(rows(layout, {})) == []

    def test_reduction_and_avoided_growth_stand_apart(self, layout: Layout) -> None:
        table = enabling.sums(
            rows(layout, {}, {"effect": "avoided_growth"}), reference.load_plan(layout), 0.3, "t-x", 2025
        )
        assert table is not None
        assert table.data.select("效果", "类别").rows() == [
            ("实际减少", "产业绿色低碳转型"), ("实际减少", "合计"), ("避免增长", "产业绿色低碳转型"), ("避免增长", "合计"),
        ]  # fmt: skip

    def test_nothing_to_sum_has_no_table(self, layout: Layout) -> None:
        assert enabling.sums(rows(layout, {"tier": 3}), reference.load_plan(layout), 0.3, "t-x", 2025) is None
        assert enabling.league(rows(layout, {}), "f-x", 2025, 10) is None


class TestPotential:
    def test_is_net_per_unit_times_what_could_be_reached(self, layout: Layout) -> None:
        found = rows(layout, {"addressable_amount": 60000.0}, {}, {"addressable_amount": 9.0, "status": "candidate"})
        table = enabling.potential(found, PLACES, "t-x")
        assert table is not None
        assert table.data.height == 1
        assert table.data["潜力（tCO2）"].item() == pytest.approx(5 * 1600.16)

    def test_recommends_nothing_that_costs_more_than_it_saves(self, layout: Layout) -> None:
        costly = {"addressable_amount": 1.0, "ict_footprint_tco2": 5000.0}
        assert enabling.potential(rows(layout, costly), PLACES, "t-x") is None


def test_published_cases_have_their_words_and_sources_and_no_invented_number(layout: Layout) -> None:
    table, others, _ = enabling.published(layout, reference.load_plan(layout), 2025, "t-x")
    assert table is not None
    public = reference.public_cases(layout)
    assert set(table.data["案例"]) <= set(public["case_name"])
    assert "单位因子（非案例）" not in table.data["类别"].to_list()
    assert others == 5  # a factor and four of the industry's own
    mine = dict(table.data.select("案例", "公布的效果（原文）").iter_rows())
    theirs = dict(public.select("case_name", "published_effect").iter_rows())
    assert all(said == (theirs[name] or "没有公布") for name, said in mine.items())
    assert table.data["来源（等级，行号）"].str.contains(r"（[ABC]，C\d+）$").all()


def test_earlier_reports_leave_later_published_cases_out(layout: Layout) -> None:
    table, _, _ = enabling.published(layout, reference.load_plan(layout), 2020, "t-x")
    assert table is None or table.data.height < 25


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_of_filers_stay_texts(layout: Layout, text: str) -> None:
    columns = ("title", "organisation", "technology", "sector", "activity_unit", "summary", "sub_region")
    found = rows(
        layout, dict.fromkeys(columns, text), dict.fromkeys(columns, text) | {"title": "另", "province_code": "330000"}
    )
    plan = reference.load_plan(layout)
    blocks = [enabling.catalogue(found, plan, PLACES, "k-x"), enabling.league(found, "f-x", 2025, 10), enabling.left_out(rows(layout, {"title": text, "tier": 3}), "t-x")]  # fmt: skip
    for block in blocks:
        assert block is not None
        payload = block.payload()
        html = markup.to_html(payload, "9-1")
        assert "<script>alert" not in html
        typst = markup.to_typst(payload, "9-1", "x.svg")
        assert '#set page(1) \\ "' not in typst
        assert "<script>" not in markup.to_markdown(payload, "9-1", "x.png").replace("\\<script", "")
