"""What is not published: it is told as such, drawn nowhere, counted nowhere, and never taken for missing or for zero."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from pipeline import findings, wording
from pipeline.chapters import contrasts, energy_drivers, shapes
from pipeline.findings import Measure
from pipeline.given import reference, regions
from pipeline.indicators.evaluate import TABLE
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.scorecard import CONFIDENTIAL, scorecard
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.layout import Layout
from pipeline.reports.blocks import Table, frame
from pipeline.wording import HIDDEN, WITHHELD

RATE, SITES = "sharing.new_5g_sites", "sharing.new_sites"
BEIJING, TIANJIN, HEBEI = "110000", "120000", "130000"
FLOW = Measure("流量", "TB", 1)


def row(id: str, value: float | None, code: str, year: int = 2025, **more: Any) -> dict[str, Any]:
    told = {"indicator_id": id, "year": year, "region_code": code, "value": value, "unit": "1"}
    return dict.fromkeys(TABLE) | told | ({"flag": "suppressed"} if value is None else {}) | more


@pytest.fixture
def view(layout: Layout) -> View:
    rows = [row(RATE, 0.9, BEIJING), row(RATE, None, TIANJIN), row(RATE, 0.7, HEBEI), row(RATE, 0.8, "000000")]
    table = pl.DataFrame(rows, schema=TABLE, orient="row")
    return View(table, load_catalogue(layout), regions.NATION, 2025, reference.provinces(layout), {})


def of(view: View, region: str, layout: Layout, *more: dict[str, Any]) -> View:
    table = pl.concat([view.table, pl.DataFrame(list(more), schema=TABLE, orient="row")])
    return replace(view, region=regions.resolve(region, layout), table=table)


def test_it_is_printed_as_hidden_in_every_form() -> None:
    printed = (
        wording.number(WITHHELD), wording.percent(WITHHELD), wording.change(WITHHELD), wording.big(WITHHELD, "kWh"),
        wording.number_against(WITHHELD, 1, ">="), wording.percent_against(WITHHELD, 1, ">="), FLOW.say(WITHHELD),
        wording.number(100 * WITHHELD, 1), wording.percent(1 - WITHHELD), wording.number(WITHHELD / 1e4, 1),
    )  # fmt: skip
    assert set(printed) == {HIDDEN}
    assert wording.number(float("nan")) == "—"


def test_it_is_neither_missing_nor_a_number() -> None:
    values = {"甲": 3.0, "乙": WITHHELD, "丙": None, "丁": 1.0}
    assert findings.there(values) == {"甲": 3.0, "丁": 1.0}
    assert findings.withheld(values) == ["乙"]
    assert zh.say(findings.place(FLOW, values, "乙")) == "乙流量不予公布，不排位"
    assert zh.say(findings.place(FLOW, values, "丙")) == "没有丙流量的数据，不排位"
    assert zh.say(findings.comparison(FLOW, "甲", 3.0, {"全国": WITHHELD})) == "甲流量为 3.0 TB"
    assert zh.say(findings.comparison(FLOW, "乙", WITHHELD, {"全国": 2.0})) == "乙流量不予公布"
    assert zh.say(findings.extremes(FLOW, values)) == "已公布的省份中甲最高，为 3.0 TB；丁最低，为 1.0 TB"
    assert zh.say(findings.extremes(FLOW, {"乙": WITHHELD})) == "没有公布分省的流量数据"
    assert zh.say(findings.ends(FLOW, values, "enterprises")) == "已公布的流量以甲最高（3.0 TB），丁最低（1.0 TB）"


def test_a_ranking_is_among_those_that_are_published() -> None:
    values = {f"省{n}": float(n) for n in range(12)} | {"乙": WITHHELD}
    assert zh.say(findings.place(FLOW, values, "省11")) == "省11流量为 11.0 TB，在已公布的 12 个省份中居首位"


def test_a_movement_is_among_those_that_are_published() -> None:
    before = {"甲": 1.0, "乙": 1.0, "丙": 2.0}
    assert (
        zh.say(findings.movement(FLOW, before, {"甲": 2.0, "乙": WITHHELD, "丙": 1.0}))
        == "已公布的 2 个省份中 1 个下降、1 个上升"
    )
    assert (
        zh.say(findings.movement(FLOW, before | {"乙": WITHHELD}, {"甲": 2.0, "丙": 3.0}))
        == "已公布的 2 个省份全部上升"
    )
    assert zh.say(findings.counted(2, before)) == "2 个省份"


def test_a_change_says_who_is_not_published(view: View) -> None:
    cells = [
        row(RATE, value, code, year)
        for code, values in (("110000", (0.5, 0.9)), ("120000", (0.6, None)), ("130000", (0.7, 0.8)))
        for year, value in zip((2020, 2025), values, strict=True)
    ]
    figure = contrasts.then_and_now(replace(view, table=pl.DataFrame(cells, schema=TABLE)), RATE, "f-x", 2020)
    assert figure is not None
    assert zh.say(figure.title).endswith("：已公布的 2 个省份全部上升")
    assert "按保密规则不予公布的有天津。" in zh.say(figure.alt)


def test_the_view_knows_hidden_from_missing(view: View, layout: Layout) -> None:
    told = view.by_province(RATE)
    assert (told["北京"], told["上海"]) == (0.9, None)
    assert told["天津"] is WITHHELD
    own = of(view, "天津", layout)
    assert own.value(RATE) is None
    assert own.told(RATE) is WITHHELD
    assert own.is_withheld(RATE)
    assert not own.has(RATE)
    assert zh.say(own.remarks(RATE)) == "为保护单个企业的数据，按保密规则不予公布"
    assert "按保密规则不予公布（〔保密〕）" in zh.say(shapes.not_filed(own, RATE))
    assert not view.is_withheld(RATE)


def test_a_year_with_a_hidden_part_is_left_out_of_what_is_told_of_the_parts(view: View, layout: Layout) -> None:
    parts = [
        row(SITES, value, "110000", year, dimension="sharing_kind", member=member)
        for year, member, value in (
            (2024, "none", 5.0),
            (2024, "joint", 7.0),
            (2025, "none", None),
            (2025, "joint", 9.0),
        )
    ]
    own = of(view, "北京", layout, *parts)
    assert set(own.by_member(SITES, "sharing_kind")["year"]) == {2024}
    assert own.by_member(SITES, "sharing_kind", partly=True).height == 3
    assert own.parts_withheld(SITES, "sharing_kind")
    assert own.gaps(SITES, dimension="sharing_kind")
    assert own.gaps(SITES) == ""


def test_a_figure_leaves_it_out_and_says_so(view: View, layout: Layout) -> None:
    target = next(one for one in reference.load_plan(layout).targets if one.indicator == RATE)
    figure = shapes.provinces(view, RATE, "f-x", target)
    assert figure is not None
    assert zh.say(figure.title).startswith("2025 年新建5G基站站址共享率：已公布的 2 个省份中 1 个符合")
    assert frame(figure)["province"].to_list() == ["北京", "河北"]
    method = zh.say(figure.method)
    assert "按保密规则不予公布的省份：天津。" in method
    assert "天津" not in method.partition("按保密规则")[0]
    assert "按保密规则不予公布的有天津。" in zh.say(figure.alt)
    assert (
        "天津"
        not in zh.say(findings.RankingShown("bar_chart", "量", FLOW, {"甲": 1.0, "天津": WITHHELD})).partition(
            "按保密规则"
        )[0]
    )


def test_a_tile_says_that_it_is_withheld_and_that_of_a_province_without_a_value_does_not(
    view: View, layout: Layout
) -> None:
    codes = ("140000", "150000", "210000", "220000", "230000", "310000", "320000", "330000")
    own = of(view, "全国", layout, *(row(RATE, 0.8, code) for code in codes))
    figure = shapes.tiles(own, RATE, "f-x")
    assert figure is not None
    rows = [one for data in figure.payload()["spec"]["datasets"].values() for one in data]
    printed = {name: {one["printed"] for one in rows if one["short_zh"] == name} for name in ("天津", "西藏", "北京")}
    assert printed == {"天津": {"保密"}, "西藏": {"—"}, "北京": {"90.0"}}
    assert "标“保密”的不予公布" in zh.say(figure.method)


def test_a_table_prints_it_also_in_its_download() -> None:
    data = pl.DataFrame(
        {"省份": ["甲", "乙", "丙", "丁"], "量": pl.Series([1.5, WITHHELD, None, -2.5], dtype=pl.Float64)}
    )
    table = Table("t-x", "表", data, decimals={"量": 1}, withheld=True).payload()["table"]
    assert table["rows"] == [["甲", "1.5"], ["乙", HIDDEN], ["丙", "—"], ["丁", "−2.5"]]
    assert table["align"] == ["left", "right"]
    assert table["csv"].splitlines() == ["省份,量", "甲,1.5", f"乙,{HIDDEN}", "丙,", "丁,-2.5"]


def test_a_target_without_a_published_value_is_confidential_not_missing(view: View, layout: Layout) -> None:
    own, plan = of(view, "天津", layout), reference.load_plan(layout)
    statuses = {id: status for id, (status, _) in own.instead(plan).items()}
    judged = {one.target.indicator: one for one in scorecard(plan, {}, 2025, own.region, statuses)}
    assert (judged[RATE].status, judged[RATE].printed, judged[RATE].symbol) == (CONFIDENTIAL, HIDDEN, "◇")
    assert judged["dc.pue.new_large"].status == "未报送"


def test_a_summary_has_it_among_its_columns(view: View, layout: Layout) -> None:
    table = shapes.summary(of(view, "天津", layout), [RATE], "t-x", "表")
    assert table is not None
    told = table.payload()["table"]
    [values] = told["rows"]
    assert (
        dict(zip(told["columns"], values, strict=True)).items() >= {"2025 年": HIDDEN, "全国 2025 年": "80.0%"}.items()
    )


def test_the_decomposition_is_hidden_with_a_province_that_it_rests_on(view: View, layout: Layout) -> None:
    rows = [row("energy.per_flow.change", -0.1, code) for code in ("000000", BEIJING)]
    rows += [row("energy.per_flow", value, code, year, numerator=value, denominator=1.0 if value else None)
             for code in (BEIJING, TIANJIN) for year in (2020, 2025) for value in ([None] if (code, year) == (TIANJIN, 2020) else [2.0])]  # fmt: skip
    nation = replace(view, table=pl.DataFrame(rows, schema=TABLE, orient="row"))
    assert energy_drivers.parts(nation, 2020) is None
    assert energy_drivers.why_not(nation, 2020)["closed"]
    whole = replace(nation, table=nation.table.filter(pl.col("value").is_not_null()))
    assert energy_drivers.parts(whole, 2020) is not None
    province = replace(of(whole, "北京", layout), without_entities=True)
    assert energy_drivers.why_not(province, 2020)["closed"]
