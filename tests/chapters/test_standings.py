"""All provinces beside the targets, and one among the others: what the tables and charts of the chapter say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pypdf import PdfReader

from pipeline import findings
from pipeline.chapters import provinces, standings
from pipeline.chapters.provinces import Beside
from pipeline.chapters.standings import Standings
from pipeline.findings import Measure
from pipeline.given import reference, regions
from pipeline.indicators.evaluate import TABLE
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.view import View
from pipeline.language.facts import pack, unpack
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.layout import SAMPLE, Layout
from pipeline.reports import markup
from pipeline.reports.blocks import Table, frame
from pipeline.wording import HIDDEN
from tests.conftest import Run

RATE, PUE, GAIN, FLOW, PER_FLOW = (
    "sharing.new_5g_sites", "dc.pue.new_large", "bs.efficiency_gain_5g", "energy.per_flow.change", "energy.per_flow",
)  # fmt: skip
BEIJING, TIANJIN, GUANGDONG, NATION, EAST = "110000", "120000", "440000", "000000", "east"


def row(id: str, code: str, value: float | None, year: int = 2025, **more: Any) -> dict[str, Any]:
    told = {"indicator_id": id, "year": year, "region_code": code, "value": value, "unit": "1"}
    return dict.fromkeys(TABLE) | told | ({"flag": "suppressed"} if value is None else {}) | more


ROWS = [
    row(RATE, NATION, 0.84), row(RATE, EAST, 0.82), row(RATE, BEIJING, 0.90), row(RATE, TIANJIN, 0.70),
    row(RATE, GUANGDONG, 209 / 268, numerator=209.0, denominator=268.0), row(RATE, GUANGDONG, 0.76, 2024), row(RATE, TIANJIN, 0.85, 2024),
    row(PUE, NATION, 1.28), row(PUE, BEIJING, None), row(PUE, GUANGDONG, 1.4, numerator=140e6, denominator=100e6), row(PUE, GUANGDONG, 1.38, 2024),
    row(GAIN, GUANGDONG, 0.16), row("bs.efficiency_5g", GUANGDONG, 5.8, numerator=6.96e8, denominator=1.2e8),
    row(FLOW, GUANGDONG, -0.1), row(FLOW, GUANGDONG, -0.05, 2024), row(PER_FLOW, GUANGDONG, 3.6, numerator=9e8, denominator=2.5e8),
]  # fmt: skip


def stand(layout: Layout, region: str = "全国", year: int = 2025) -> Standings:
    table = pl.DataFrame(ROWS, schema=TABLE, orient="row")
    place, known = regions.resolve(region, layout), reference.provinces(layout)
    return Standings(View(table, load_catalogue(layout), place, year, known, {}), reference.load_plan(layout))


def cells(block: Table | None, language: str = "zh") -> dict[str, list[str]]:
    """First column -> the other cells as printed."""
    assert block
    rows = block.payload(Words(language))["table"]["rows"]
    return {line[0]: line[1:] for line in rows}


class TestHeat:
    def test_regions_stand_each_before_its_provinces(self, layout: Layout) -> None:
        names = list(stand(layout).all)
        assert names[:4] == ["全国", "东部", "北京", "天津"]
        assert [name for name in names if len(names) == 36 and name in ("东部", "中部", "西部", "东北")] == ["东部", "中部", "西部", "东北"]  # fmt: skip
        assert names[-1] == "黑龙江"

    def test_a_cell_tells_value_and_side(self, layout: Layout) -> None:
        told = cells(standings.heat(stand(layout), "t-x"))
        assert told["全国"][:2] == ["84.0%", "1.28"]
        assert told["北京"][:2] == ["90.0%", HIDDEN]
        assert told["天津"][:2] == ["× 70.0%", "—"]
        assert told["广东"] == ["× 78.0%", "× 1.40", "—", "× 16.0%", "× −10.0%", "—", "—", "0/4"]
        assert told["达到的省份"] == ["1/3", "0/1", "—", "0/1", "0/1", "—", "—", "—"]

    def test_its_tones_are_the_distance(self, layout: Layout) -> None:
        table = standings.heat(stand(layout), "t-x")
        assert table
        rows = [line[0] for line in table.payload()["table"]["rows"]]
        tones = dict(zip(rows, table.payload()["table"]["tones"], strict=True))
        assert tones["北京"][1:3] == ["beyond", ""]  # what is withheld has no tone
        assert tones["天津"][1] == "far"  # 0.70 of 0.80
        assert tones["广东"][1:6] == ["short", "far", "", "far", "far"]
        assert tones["东部"][0] == tones["全国"][0] == "group"

    def test_nothing_without_a_value(self, layout: Layout) -> None:
        empty = stand(layout)
        assert standings.heat(replace(empty, view=replace(empty.view, table=empty.view.table.clear())), "t-x") is None

    def test_in_english(self, layout: Layout) -> None:
        told = cells(standings.heat(stand(layout), "t-x"), "en")
        assert told["Guangdong"][0] == "× 78.0%"
        assert told["Beijing"][1] == Words("en").hidden


def test_who_leads_and_lags_and_what_moved(layout: Layout) -> None:
    told = standings.overview(stand(layout), stand(layout, year=2024))
    assert (told["n"], told["all_met"], told["most_missed"], told["lagging"]) == (3, ["北京"], 4, ["广东"])
    # Of the way to the target 广东 lacks half in its energy (0.1 of 0.2), a third in PUE (0.4 for 0.3), a fifth in efficiency.
    assert (told["widest"]["province"], Words().say(told["widest"]["value"])) == ("广东", "下降 10.0%")
    assert (told["hardest"]["met"], told["hardest"]["of"]) == (0, 1)
    assert (told["newly_met"], told["newly_short"], told["compared"]) == (0, 1, 4)  # 天津 was at 85 %


class TestProfile:
    def test_a_line_has_place_and_change(self, layout: Layout) -> None:
        table = standings.profile(stand(layout, "广东"), stand(layout, "广东", 2024), ("北京", "天津"), "t-x")
        told = cells(table)
        # Three provinces make no ranking; 90 % and 70 % have 80 % between them.
        assert told["1　新建站址共享率"] == ["≥80%", "× 78.0%", "84.0%", "82.0%", "80.0%", "—", "改善 2.0"]
        assert told["2　新建数据中心PUE"][1] == "× 1.40"
        assert told["2　新建数据中心PUE"][-1] == "变差 0.020"
        assert told["5　单位流量能耗"][:2] == ["≤−20%", "× −10.0%"]
        assert told["8　绿色低碳标准"][1] == "不分省统计"

    def test_what_is_printed_alike_is_level(self, layout: Layout) -> None:
        [pue] = [one for one in stand(layout).all["广东"].judged.values() if one.target.indicator == "dc.pue.new_large"]
        assert pue.gap is not None
        nearer = replace(pue, gap=pue.gap - 0.004)
        assert standings.moved(nearer, pue) == ("level", term("level"))
        assert standings.moved(replace(nearer, printed="1.39"), pue) == ("better", term("better_by", amount="0.004"))

    def test_ranks_are_among_told_values_the_best_first(self) -> None:
        values = {f"省{n}": 1.0 + n / 100 for n in range(12)} | {"甲": 1.055, "乙": None}
        assert Beside("x", Measure("PUE", decimals=3), values, lower=True).nth("甲") == "7/13"
        assert Beside("x", Measure("PUE", decimals=3), values).nth("甲") == "7/13"
        assert Beside("x", Measure("PUE", decimals=3), values, lower=True).nth("省0") == "1/13"
        assert Beside("x", Measure("PUE"), values).nth("乙") == "—"

    def test_what_closes_the_gaps(self, layout: Layout) -> None:
        told = cells(standings.gaps(stand(layout, "广东"), "t-x"))
        assert told == {
            "1　新建站址共享率": ["2.0 个百分点", "当年新建 5G 站址再有 6 处实现共享", "2.2%"],
            # 140 million kWh for 100 million of IT load, 130 million are allowed
            "2　新建数据中心PUE": ["0.10", "新建大型、超大型数据中心少用电 1,000.0 万kWh", "7.1%"],
            # 120 million kWh x (1 - 1.16 / 1.2)
            "4　5G基站能效": ["4.0 个百分点", "5G 基站承载同样流量少用电 400.0 万kWh", "3.3%"],
            # 900 000 t x (1 - 0.8 / 0.9)
            "5　单位流量能耗": ["10.0 个百分点", "承载同样信息流量少用能 10.0 万tce", "11.1%"],
        }

    def test_nobody_is_told_what_is_not_to_be_computed(self, layout: Layout) -> None:
        one = stand(layout, "广东")
        bare = one.view.table.with_columns(numerator=pl.lit(None, pl.Float64), denominator=pl.lit(None, pl.Float64))
        told = cells(standings.gaps(replace(one, view=replace(one.view, table=bare)), "t-x"))
        assert told["4　5G基站能效"] == ["4.0 个百分点", "见计划“三、行动6”", "—"]

    def test_nothing_where_nothing_is_missed(self, layout: Layout) -> None:
        assert standings.gaps(stand(layout, "北京"), "t-x") is None


class TestStrips:
    ROWS = Beside(
        "共享率", Measure("共享率", scale="percent"), {"甲": 0.5, "乙": 0.9, "丙": 0.7, "丁": None}, aim=0.8,
        paths={"甲": pl.DataFrame({"year": [2024, 2025], "value": [0.4, 0.5]}), "全国": pl.DataFrame({"year": [2024, 2025], "value": [0.6, 0.8]})},
    )  # fmt: skip

    @pytest.mark.parametrize(("lower", "own", "best"), [(False, 0.0, 1.0), (True, 1.0, 0.0)])
    def test_the_best_is_on_the_right(self, lower: bool, own: float, best: float) -> None:
        figure = provinces.strips([replace(self.ROWS, lower=lower)], "甲", ("丙",), "f-x")
        assert figure
        drawn = [rows for rows in figure.payload()["spec"]["datasets"].values() if {"province", "x"} <= set(rows[0])]
        at = {one["province"]: one["x"] for rows in drawn for one in rows if "year" not in one}
        assert at == pytest.approx({"甲": own, "乙": best, "丙": 0.5})

    def test_its_data_are_what_is_drawn(self) -> None:
        figure = provinces.strips([self.ROWS], "甲", ("丙",), "f-x")
        assert figure
        assert frame(figure).rows() == [("共享率", "甲", "50.0%"), ("共享率", "乙", "90.0%"), ("共享率", "丙", "70.0%")]

    def test_nothing_of_one_province(self) -> None:
        assert provinces.strips([replace(self.ROWS, values={"甲": 1.0})], "甲", (), "f-x") is None


def test_small_charts_stand_where_their_provinces_lie(layout: Layout) -> None:
    known = reference.provinces(layout)
    rows = [("flow", code, name, year, value, value <= 80) for code, name, ends in (("110000", "北京", (100.0, 70.0)), ("440000", "广东", (100.0, 90.0))) for year, value in zip((2020, 2025), ends, strict=True)]  # fmt: skip
    paths = pl.DataFrame(rows, schema=["series", "code", "province", "year", "value", "is_met"], orient="row")
    figure = provinces.tile_lines(known, paths, {"flow": "能耗"}, Measure("指数", decimals=1), "f-x", "")
    assert figure
    assert frame(figure).rows() == [("北京", "能耗", 100.0, 70.0), ("广东", "能耗", 100.0, 90.0)]
    ends = next(data for data in figure.payload()["spec"]["datasets"].values() if data and "state" in data[0])
    assert [(one["province"], one["state"]) for one in ends] == [("北京", "达到目标"), ("广东", "未达到")]
    beijing = known.filter(short_zh="北京").row(0, named=True)
    assert ends[0]["x"] == pytest.approx(beijing["col"] + 0.88)
    assert ends[0]["y"] == pytest.approx(beijing["row"] + 0.9)  # the lowest of all values
    assert provinces.tile_lines(known, paths.filter(year=2025), {"flow": "能耗"}, Measure("指数"), "f-x", "") is None


def test_tones_are_told_on_page_and_paper() -> None:
    block = Table("t-x", "表", pl.DataFrame({"省份": ["甲"], "值": ["× 1.4"]}), tones={"值": ["far"]}).payload()
    assert "<td>甲</td><td class=far>× 1.4</td>" in markup.to_html(block, "1-1")
    assert 'toned("far", "× 1.4")' in markup.to_typst(block, "1-1")
    assert markup.to_typst(block, "1-1").endswith("whole: true)")
    assert block["table"]["align"] == ["left", "right"]
    plain = Table("t-y", "表", pl.DataFrame({"值": ["1.4"]})).payload()
    assert "tones" not in plain["table"]
    assert "whole" not in markup.to_typst(plain, "1-2")


def test_findings_of_places_travel_as_facts() -> None:
    close = findings.more_sites(1, 4, 0.5)
    assert unpack(pack({"close": close}))["close"] == close


@pytest.mark.slow
@pytest.mark.parametrize(("filings", "regions"), [(SAMPLE, "广东,西藏"), ("none", "西藏")])
def test_a_profile_is_one_page(green_report: Run, tmp_path: Path, filings: str, regions: str) -> None:
    """广东 is short of most targets, so that its page is the fullest; 西藏 has no data centres, and no emission factor."""
    asked = ("--region", regions, "--filings", filings, "--part", "profile", "--lang", "zh,en", "--to", "pdf")
    run = green_report("build", "--year", "2025", *asked, "--out", str(tmp_path))
    assert run.returncode == 0, run.stderr
    papers = [PdfReader(line) for line in run.stdout.splitlines()]
    assert [len(paper.pages) for paper in papers] == [1] * (4 if "," in regions else 2)
    text = papers[0].pages[0].extract_text().replace("\n", "")
    assert ("当年新建 5G 站址再有" in text) is ("广东" in regions)
