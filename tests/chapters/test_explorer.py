"""What the page is given to move drivers with, and that nothing withheld is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from pipeline.disclosure.ahead import joined
from pipeline.disclosure.stand_ins import stand_ins
from pipeline.given import params, reference
from pipeline.given.regions import resolve
from pipeline.indicators import flags
from pipeline.indicators.model import load_catalogue
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.scenarios import outlook
from pipeline.scenarios.outlook import Outlook
from tests.browser.conftest import browser  # noqa: F401  (without node)
from tests.scenarios.conftest import NATION, PROVINCE, ROWS, Key, indicator_table
from tests.scenarios.test_page import Runner, data

BEIJING = "110000"
SECRET: dict[Key, float] = {
    ("carbon.market", 2025, "scope_2"): 777.25, ("energy.covered", 2025, "office"): 31.75, ("energy.covered", 2025, "other"): 8.25,
}  # fmt: skip
"""What 北京 hides, one of it with a published sum of two."""


def summed(one: Mapping[Key, float], other: Mapping[Key, float]) -> dict[Key, float]:
    ratios = ("energy.per", "dc.pue", "room.", "green.")
    return {key: one[key] if str(key[0]).startswith(ratios) else one[key] + other[key] for key in one}


Both = tuple[pl.DataFrame, Outlook, pl.DataFrame, Outlook]


@pytest.fixture(scope="module")
def both(layout: Layout) -> Both:
    return hiding(layout, SECRET)


def hiding(layout: Layout, secret: Mapping[Key, float]) -> Both:
    """The indicator table and the outlook of all filings, and what the public has of them."""
    beijing = ROWS | dict(secret)
    table = indicator_table({BEIJING: beijing, PROVINCE: ROWS, NATION: summed(beijing, ROWS)})
    every = [resolve(code, layout) for code in (NATION, BEIJING, PROVINCE)]
    resolved = {name: [params.resolve(layout, one, name) for one in every] for name, _ in params.scenarios(layout)}
    plan, factors = reference.load_plan(layout), reference.grid_factors(layout)
    whole = outlook.compute(table, resolved, plan, factors, draws=16)
    closed = pl.any_horizontal(
        (pl.col("indicator_id") == id) & pl.col("member").eq_missing(pl.lit(member[0] if member else None, pl.String))
        for id, _, *member in secret
    ) & (pl.col("region_code") == BEIJING)
    shown = table.with_columns(
        value=pl.when(~closed).then("value"), flag=pl.when(closed).then(pl.lit(flags.SUPPRESSED)).otherwise("flag")
    )
    given = stand_ins(shown, 2025, {one.id: one.title for one in load_catalogue(layout)})
    own = outlook.compute(given.table, resolved, plan, factors, draws=16)
    own = own.without(given.closed).told(given.notes, given.guessed, given.hidden)
    return table, whole, shown, joined(whole, own)


def ids(page: Mapping[str, Any]) -> list[str]:
    return [one["id"] for one in page["measures"]]


def test_what_rests_on_withheld_values_is_left_out_and_said(layout: Layout, both: Any) -> None:
    table, whole, shown, public = both
    plan = reference.load_plan(layout)
    inside, page = data(layout, table, whole, BEIJING, plan), data(layout, shown, public, BEIJING, plan)
    assert ids(inside) == [
        "energy.total", "energy.per_flow.change", "energy.per_volume.change", "carbon.location", "carbon.market", "green.share",
    ]  # fmt: skip
    assert inside["words"]["left_out"] == ""
    assert ids(page) == ["energy.total", "carbon.location", "green.share"]
    assert page["words"]["left_out"] == (
        "本地区的起点数值有一部分按保密规则不予公布，以下各项不能试算："
        "单位信息流量综合能耗比2020年变动、单位电信业务总量综合能耗比2020年变动、碳排放（基于市场）。"
    )
    assert page["targets"] == []
    moved = {one["id"] for one in inside["drivers"]} - {one["id"] for one in page["drivers"]}
    assert moved == {"g_flow", "g_volume", "d_residual"}
    english = data(layout, shown, public, BEIJING, plan, Words("en"))["words"]["left_out"]
    assert english.startswith(
        "Part of where the region starts is withheld under the disclosure rules, so these cannot be"
    )


def test_the_public_is_told_of_no_folder(layout: Layout, both: Any) -> None:
    table, whole, shown, public = both
    plan = reference.load_plan(layout)
    inside = data(layout, table, whole, BEIJING, plan)["words"]["file"]
    assert "notebooks/params/provinces/{file}" in inside
    outside = data(layout, shown, public, BEIJING, plan, public=True)["words"]["file"]
    assert outside == "下载的参数可以交给编制单位，由其按此生成报告。"


def test_no_withheld_number_is_in_the_page(layout: Layout, both: Any) -> None:
    """Neither those of the province nor what stands in for them, there or in the nation, which starts from its provinces."""
    table, whole, shown, public = both
    plan = reference.load_plan(layout)
    secret = list(SECRET.values())

    def numbers(told: Any) -> set[float]:
        found = set[float]()
        json.loads(json.dumps(told), parse_float=lambda text: found.add(float(text)), parse_int=lambda text: found.add(float(text)))  # fmt: skip
        return found

    assert set(secret) <= numbers(data(layout, table, whole, BEIJING, plan))
    assert set(secret) <= numbers(data(layout, table, whole, NATION, plan)["start"])
    page = data(layout, shown, public, BEIJING, plan)
    stood_in = stand_ins(shown, 2025, {one.id: one.title for one in load_catalogue(layout)}).table
    of = stood_in.filter(pl.col("region_code") == BEIJING, pl.col("indicator_id").is_in([key[0] for key in SECRET]))
    told = of.join(shown, on=["indicator_id", "region_code", "member", "value"], how="anti", nulls_equal=True)
    assert told.height == 3
    assert not {*secret, *told["value"]} & numbers(page)
    assert page["start"]["parts"][0]["energy"] == [100.0, 210.0, 40.0, 60.0, 30.0, 10.0]  # as published
    assert set(page["start"]["parts"][0]) == {
        "energy", "electricity", "fuel_tco2", "location_tco2", "green_share", "pue", "retrofitted",
    }  # fmt: skip
    assert ids(data(layout, shown, public, PROVINCE, plan)) == ids(data(layout, table, whole, PROVINCE, plan))
    nation = data(layout, shown, public, NATION, plan)
    assert numbers(nation) == set()
    assert nation["measures"] == []
    assert nation["words"]["left_out"] == "本地区情景的起点数值按保密规则不予公布，公开版不能试算。"


def test_only_what_the_region_has_can_be_moved(layout: Layout) -> None:
    """Without data centres and with all core rooms retrofitted, seven drivers do nothing."""
    rows = {key: value for key, value in ROWS.items() if key[-1] != "data_centre" and key[0] != "dc.pue.all"}
    rows |= {("room.retrofit_share", 2025): 1.0}
    table = indicator_table({PROVINCE: rows, NATION: rows})
    every = [resolve(code, layout) for code in (NATION, PROVINCE)]
    resolved = {name: [params.resolve(layout, one, name) for one in every] for name, _ in params.scenarios(layout)}
    plan = reference.load_plan(layout)
    found = outlook.compute(table, resolved, plan, reference.grid_factors(layout), draws=16)
    page = data(layout, table, found, PROVINCE, plan)
    assert [one["id"] for one in page["drivers"]] == [
        "g_traffic", "e_bs", "g_other", "g_flow", "g_volume", "green_share_2030", "d_grid", "d_residual",
    ]  # fmt: skip


def test_core_rooms_whose_state_is_withheld_go_as_the_scenario_has_them(
    layout: Layout, request: pytest.FixtureRequest
) -> None:
    """The nation's share, 0.8, stands in for 0.45, as in the public's own paths."""
    _, _, shown, public = hiding(layout, {("room.retrofit_share", 2025): 0.45})
    page = data(layout, shown, public, BEIJING, reference.load_plan(layout))
    assert len(page["measures"]) == 6
    assert not {"s_room", "pue_core", "pue_core_retrofit"} & {one["id"] for one in page["drivers"]}
    assert page["words"]["left_out"].startswith("本地区核心机房的改造比例按保密规则不予公布，")
    assert "retrofitted" not in page["start"]["own"]
    assert "0.45" not in json.dumps(page)
    scenario = next(one for one in page["scenarios"] if one["id"] == "plan")
    [[found]] = Runner(request)([{"data": page, "scenario": scenario, "moved": [{}]}])
    rows = public.paths.filter(region_code=BEIJING, scenario="plan", measure="energy.total").sort("year")
    assert found[0].tolist() == pytest.approx(rows["value"].to_list(), rel=1e-9)
