"""The chapter on application cases: the quota, what is summed, the catalogue, published cases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest

from pipeline.chapters import enabling
from pipeline.findings import Quantity
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.regions import NATION
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports import markup
from pipeline.reports.blocks import frame
from tests.chapters import texts
from tests.chapters.test_shapes import filled, row
from tests.chapters.test_shapes import view as view  # a fixture
from tests.indicators.conftest import frames
from tests.indicators.test_cases import GRID

PLACES = {"440000": "广东", "330000": "浙江"}
HOSTILE = ["<script>alert(1)</script>", "# *粗* `码` $x^2$ [链](http://x)", "#set page(1) \\ \"引\" @a <m>", "=1+1|a\n- b", "-->{{< x >}}"]  # fmt: skip


def rows(layout: Layout, *cases: Mapping[str, Any], year: int = 2025) -> pl.DataFrame:
    numbered = [GRID | {"case_id": str(n), "sector": f"领域{n}"} | dict(case) for n, case in enumerate(cases)]
    return enabling.accounted(frames({"cases": numbered})["cases"], layout, Params(), year)


def card(layout: Layout, case: Mapping[str, Any], language: str = "zh") -> dict[str, Any]:
    """A case as its card reads, its facts by name."""
    found = enabling.catalogue(rows(layout, case), reference.load_plan(layout), PLACES, "k-x")
    assert found
    [told] = found.payload(Words(language))["entries"]
    return told | dict(told["facts"])


def account(layout: Layout, case: Mapping[str, Any], language: str = "zh") -> dict[str, str]:
    """How a case is accounted, as the table of the annex reads."""
    found = enabling.accounts(rows(layout, case), "t-x")
    assert found
    table = found.payload(Words(language))["table"]
    return dict(zip(table["columns"], table["rows"][0], strict=True))


def thirty(*left_out: int) -> list[dict[str, Any]]:
    """Ten selected cases of each category, without some; and a candidate."""
    categories = ("industry", "residents", "urban_rural")
    cases = [{"status": "selected", "category": categories[n // 10], "title": f"场景{n}"} for n in range(30)]
    return [case for n, case in enumerate(cases) if n not in left_out] + [{"status": "candidate", "title": "申报"}]


class TestQuota:
    def test_candidates_are_drawn_and_do_not_count(self, layout: Layout) -> None:
        plan = reference.load_plan(layout)
        found = rows(layout, *thirty())
        assert enabling.counts(found, plan) == {"industry": 10, "residents": 10, "urban_rural": 10}
        assert frame(enabling.quota_bars(found, plan, "f-x"))["n"].sum() == 31

    def test_candidates_that_are_not_listed_are_not_told_as_none(self, layout: Layout) -> None:
        public = [one for one in thirty() if one.get("status") != "candidate"]
        figure = enabling.quota_bars(rows(layout, *public), reference.load_plan(layout), "f-x")
        assert set(frame(figure)["status"]) == {"遴选", "推广"}

    def test_of_twenty_nine_it_is_said_where_one_is_missing(self, layout: Layout, view: View) -> None:
        plan = reference.load_plan(layout)
        counted = enabling.counts(rows(layout, *thirty(12)), plan)
        assert counted == {"industry": 10, "residents": 9, "urban_rural": 10}
        members = [row("cases.count", float(n), dimension="category", member=id) for id, n in counted.items()]
        seen = filled(view, [row("cases.count", 29.0), *members])
        assert seen.region == NATION
        status, why = seen.instead(plan)["cases.count"]
        assert (status, zh.say(why)) == ("未达标", "居民低碳环保生活 9 个，应有 10 个")


class TestWords:
    """What the text says of figures, in both languages."""

    QUOTAS: ClassVar = [
        {"title": "产业绿色低碳转型", "counted": 10, "short": 0},
        {"title": "居民低碳环保生活", "counted": 9, "short": 1},
    ]

    @staticmethod
    def told(layout: Layout, folder: Path, id: str, **facts: Any) -> tuple[dict[str, str], dict[str, str]]:
        zh, en = (texts.caption(layout, folder, "09_cases", one, id, {"now": 2025} | facts) for one in ("zh", "en"))
        return zh, en

    def test_the_quota(self, layout: Layout, tmp_path: Path) -> None:
        facts: dict[str, Any] = {"n_candidates": 0, "quotas": self.QUOTAS}
        zh, en = self.told(layout, tmp_path, "f-cases-quota", n_counted=19, short_of=["居民低碳环保生活"], **facts)
        assert zh["title"] == "各类应用场景的个数与计划要求"
        assert "居民低碳环保生活 9 个（差 1 个）" in zh["alt"]
        assert "申报" not in zh["method"]
        assert "low-carbon living of residents (9, 1 short)" in en["alt"]
        place = {"now": 2025, "plan": "计划", "target": None, **facts}
        for short, told in ((["居民低碳环保生活"], "没有达到计划要求的个数"), ([], "2 类都达到计划要求")):
            ends = "{% if short_of %}", "{% endif %}"
            assert told in texts.piece(layout, tmp_path, "09_cases", "zh", ends, place | {"short_of": short})[0]

    @pytest.mark.parametrize(
        ("n", "zh", "en"),
        [
            (0, "最小的是乙（−2 tCO2）", " and “乙” the smallest (−2 tCO2)"),
            (1, "1 个为负", "; the effect of one is negative"),
            (2, "2 个为负", "; the effect of 2 is negative"),
        ],
    )
    def test_the_largest_and_the_negative(self, layout: Layout, tmp_path: Path, n: int, zh: str, en: str) -> None:
        ends = [{"title": title, "net": Quantity(enabling.NET, net)} for title, net in (("甲", 15000.0), ("乙", -2.0))]
        facts = {"ends": ends, "n_negative": n}
        for language, begin, said in (
            ("zh", "- 计入合计的场景中", f"- 计入合计的场景中，净效果最大的是甲（1.5 万tCO2），{zh}。"),
            ("en", "- Of those in", f"- Of those in the sum, “甲” has the largest net effect (15,000 tCO2){en}."),
        ):
            [told] = texts.piece(layout, tmp_path, "09_cases", language, (begin, "\n"), facts)
            assert re.sub(r"\[(\S+)\]\{lang=zh-CN\}", r"\1", re.sub(r"\\([\W_])", r"\1", told)) == said

    def test_technologies_used_alike_are_told_together(self, layout: Layout, tmp_path: Path) -> None:
        used = [{"name": "5G", "n": 2}, {"name": "AI", "n": 2}, {"name": "北斗", "n": 1}]
        facts = {"n_cases": 4, "technologies": used, "n_sectors": 4, "most": {"n": 2, "names": ["5G", "AI"]}}
        zh, en = self.told(layout, tmp_path, "f-cases-technologies", **facts)
        assert (zh["title"], en["title"]) == ("各领域所用的技术", "Technologies used in each sector")
        ends = "{{ n_cases }} 个场景涉及", "\n"
        for n, names, said in (
            (2, ["5G", "AI"], "用到5G、AI的最多（各 2 个）。"),
            (3, ["AI"], "用到AI的最多（3 个）。"),
        ):
            facts |= {"most": {"n": n, "names": names}}
            told = texts.piece(layout, tmp_path, "09_cases", "zh", ends, facts)[0]
            assert told == "4 个场景涉及 3 种技术、4 个领域，" + said


class TestTechnologies:
    def test_a_case_of_two_counts_in_both(self, layout: Layout) -> None:
        cases = [{"technology": name, "case_id": str(n)} for n, name in enumerate(["5G、AI", "AI", "5G/ 5G", "北斗"])]
        each = enabling.uses(rows(layout, *cases))
        assert enabling.by_count(each, "technology") == {"5G": 2, "AI": 2, "北斗": 1}
        assert enabling.by_count(each, "sector") == {f"领域{n}": 1 for n in range(4)}
        assert frame(enabling.technologies(each, "f-x"))["n"].to_list() == [1, 1, 1, 1, 1]


class TestAccount:
    def test_the_worked_example(self, layout: Layout) -> None:
        assert card(layout, GRID)["value"] == "1,600.2 tCO2"
        found = account(layout, GRID)
        assert found["核算"] == (
            "12,000 间配电房 ×（3,200 − 2,700）kWh × 0.5306 kgCO2/kWh（2023 年、平均） ＝ 3,183.6 tCO2；归因 60%，自身排放 310 tCO2"
        )
        assert account(layout, GRID, "en")["Account"] == (
            "12,000 distribution rooms × (3,200 − 2,700) kWh × 0.5306 kgCO2/kWh (2023, average) = 3,183.6 tCO2; 60% attributed to "
            "ICT, own emissions 310 tCO2"
        )
        assert found["扣除反弹（tCO2）"] == "1,504.7"
        assert found["P10—P90"] == "—"  # no uncertainty was filed

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
        assert told in account(layout, case)["核算"]

    def test_texts_have_their_punctuation_again(self, layout: Layout) -> None:
        case = GRID | {"title": "配电房优化(示例)", "summary": "虚构案例:配电房优化,用于演示"}
        told = card(layout, case)
        assert (told["title"], told["text"]) == ("配电房优化（示例）", "虚构案例：配电房优化，用于演示")

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
        table = enabling.sums(found, plan, 0.3, "t-x")
        assert table is not None
        assert frame(table).select("n", "net").rows() == [
            (1, pytest.approx(1600.16)),
            (1, pytest.approx(1600.16)),
        ]
        entries = enabling.catalogue(found, plan, PLACES, "k-x").payload()["entries"]  # type: ignore[union-attr]
        assert len(entries) == 5
        assert sum("不计入合计" in dict(one["facts"]) for one in entries) == 4
        assert [one["value"] for one in entries].count("没有量化") == 1
        left = enabling.left_out(found, "t-y")
        assert left is not None
        assert frame(left)["n"].sum() == 4

    def test_candidates_are_listed_apart_and_in_no_sum(self, layout: Layout) -> None:
        plan = reference.load_plan(layout)
        found = rows(layout, {}, {"status": "candidate", "title": "待选"}, {"status": "selected", "tier": 3})
        table = enabling.sums(found, plan, 0.3, "t-x")
        assert table is not None
        assert frame(table)["n"].to_list() == [1, 1]
        left, apart = enabling.left_out(found, "t-y"), enabling.candidates(found, plan, "t-z")
        assert left is not None
        assert apart is not None
        assert frame(left).select("reason", "n").rows() == [("方法层级为 3 或未填", 1)]
        assert frame(apart).rows() == [("待选", "产业绿色低碳转型", "实际减少", pytest.approx(1600.16))]
        assert enabling.candidates(rows(layout, {}), plan, "t-z") is None

    def test_avoided_growth_is_nowhere_called_a_reduction(self, layout: Layout) -> None:
        avoided = {"effect": "avoided_growth", "addressable_amount": 60000.0}
        found, plan = rows(layout, avoided, avoided | {"province_code": "330000"}), reference.load_plan(layout)
        blocks = [enabling.sums(found, plan, 0.3, "t-x"), enabling.league(rows(layout, avoided, avoided | {"province_code": "330000"}), "f-x", 2025), enabling.potential(found, PLACES, "t-y"), enabling.catalogue(found, plan, PLACES, "k-x")]  # fmt: skip
        for block in blocks:
            assert block is not None
            assert "净减排" not in str(block.payload())

    def test_a_negative_case_is_shown_as_such(self, layout: Layout) -> None:
        costly = {"ict_footprint_tco2": 5000.0, "title": "负"}
        assert frame(enabling.league(rows(layout, {}, costly), "f-x", 2025))["net"][1] < 0
        told = card(layout, costly)
        assert (told["tone"], told["value"][0]) == ("bad", "−")

    def test_doubles_are_named(self, layout: Layout) -> None:
        same = {"sector": "电力", "activity_amount": 6000.0}
        found = rows(layout, {"title": "大", "sector": "电力"}, same | {"title": "小"}, {"title": "别处"})
        assert enabling.doubles(found) == [["大", "小"]]
        assert enabling.doubles(rows(layout, {})) == []

    def test_reduction_and_avoided_growth_stand_apart(self, layout: Layout) -> None:
        found = rows(layout, {}, {"effect": "avoided_growth"})
        table = enabling.sums(found, reference.load_plan(layout), 0.3, "t-x")
        assert table is not None
        assert frame(table).select("effect", "category").rows() == [
            ("实际减少", "产业绿色低碳转型"), ("实际减少", "合计"), ("避免增长", "产业绿色低碳转型"), ("避免增长", "合计"),
        ]  # fmt: skip

    def test_nothing_to_sum_has_no_table(self, layout: Layout) -> None:
        assert enabling.sums(rows(layout, {"tier": 3}), reference.load_plan(layout), 0.3, "t-x") is None
        assert enabling.league(rows(layout, {}), "f-x", 2025) is None


class TestPotential:
    def test_is_net_per_unit_times_what_could_be_reached(self, layout: Layout) -> None:
        found = rows(layout, {"addressable_amount": 60000.0}, {}, {"addressable_amount": 9.0, "status": "candidate"})
        table = enabling.potential(found, PLACES, "t-x")
        assert table is not None
        assert frame(table).height == 1
        assert frame(table)["whole"].item() == pytest.approx(5 * 1600.16)

    def test_recommends_nothing_that_costs_more_than_it_saves(self, layout: Layout) -> None:
        costly = {"addressable_amount": 1.0, "ict_footprint_tco2": 5000.0}
        assert enabling.potential(rows(layout, costly), PLACES, "t-x") is None


def test_published_cases_have_their_words_and_sources_and_no_invented_number(layout: Layout) -> None:
    listed, others, _ = enabling.published(layout, reference.load_plan(layout), 2025)
    table = frame(enabling.as_published(listed, "t-x"))
    public = reference.public_cases(layout)
    assert set(table["case"]) <= set(public["case_name"])
    assert "单位因子（非案例）" not in table["category"].to_list()
    assert others == 5  # a factor and four of the industry's own
    mine = dict(table.select("case", "effect").iter_rows())
    theirs = dict(public.select("case_name", "published_effect").iter_rows())
    assert all(said == (theirs[name] or "没有公布") for name, said in mine.items())
    assert table["source"].str.contains(r"（[ABC]，C\d+）$").all()


def test_earlier_reports_leave_later_published_cases_out(layout: Layout) -> None:
    assert enabling.published(layout, reference.load_plan(layout), 2020)[0].height < 25


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_of_filers_stay_texts(layout: Layout, text: str) -> None:
    columns = ("title", "organisation", "technology", "sector", "activity_unit", "summary", "sub_region")
    cases = [dict.fromkeys(columns, text), dict.fromkeys(columns, text) | {"title": "另", "province_code": "330000"}]
    plan = reference.load_plan(layout)
    blocks = [enabling.catalogue(rows(layout, *cases), plan, PLACES, "k-x"), enabling.accounts(rows(layout, *cases), "t-z"), enabling.league(rows(layout, *cases), "f-x", 2025), enabling.left_out(rows(layout, {"title": text, "tier": 3}), "t-x")]  # fmt: skip
    for block in blocks:
        assert block is not None
        payload = block.payload()
        html = markup.to_html(payload, "9-1")
        assert "<script>alert" not in html
        typst = markup.to_typst(payload, "9-1", "x.svg")
        assert '#set page(1) \\ "' not in typst
        assert "<script>" not in markup.to_markdown(payload, "9-1", "x.png").replace("\\<script", "")
