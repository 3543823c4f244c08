"""From a printed number down to the rows it was made of, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from pipeline.errors import ParameterError
from pipeline.filings.contracts import SOURCE
from pipeline.given.params import Params
from pipeline.given.reference import Plan
from pipeline.given.regions import Region, resolve
from pipeline.indicators import evaluate, inputs, listing, origins
from pipeline.indicators.cells import Edition
from pipeline.indicators.explain import Explanation, explain
from pipeline.indicators.model import Catalogue
from pipeline.layout import Layout
from tests.indicators.conftest import GUANGDONG, NATION, XIZANG, ZHEJIANG, frames

JIANGXI = "360000"  # of the centre; 广东 and 浙江 are of the east


def numbered(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows with a file of their table's name and row numbers from 2."""
    return {
        table: [dict(row) | {"source_file": f"{table}.csv", "source_sheet": "", "source_row": n} for n, row in enumerate(lines, 2)]
        for table, lines in rows.items()
    }  # fmt: skip


class Asker:
    def __init__(self, layout: Layout, catalogue: Catalogue, plan: Plan) -> None:
        self.layout, self.catalogue, self.plan = layout, catalogue, plan

    def __call__(
        self, rows: Mapping[str, Sequence[Mapping[str, Any]]], id: str, region: str = "全国", year: int = 2025,
        quarantine: Mapping[str, pl.DataFrame] | None = None,
    ) -> Explanation:  # fmt: skip
        accepted = frames(numbered(rows))
        where = listing.economic(region) or resolve(region, self.layout)
        prepared = inputs.prepare(accepted, self.layout, Params(), self.plan, 2025, None)
        places = evaluate.places(self.layout)
        edition = Edition(prepared, self.plan.baseline_year, 2025)
        table = evaluate.evaluate(self.catalogue.only([id]), edition, ["year", "region_code"], places)
        listed = places.filter(pl.col("region_code") == where.code)["province_code"]
        provinces = [
            Region(code, code, code, None, None) if code == NATION else resolve(code, self.layout) for code in listed
        ]
        return explain(
            id, where, provinces, year, table, self.catalogue, prepared, accepted, quarantine or {}, self.plan.baseline_year
        )  # fmt: skip


@pytest.fixture(scope="module")
def asked(layout: Layout, catalogue: Catalogue, plan: Plan) -> Asker:
    return Asker(layout, catalogue, plan)


def behind(found: Explanation) -> list[tuple[str, int]]:
    return list(found.rows.select("table", "source_row").iter_rows())


CENTRES = {
    "data_centres": [
        {"dc_id": "A", "it_kwh": 100.0, "total_kwh": 125.0},
        {"dc_id": "B", "it_kwh": 300.0, "total_kwh": 366.0, "commissioned_year": 2024},
        {"dc_id": "C", "it_kwh": 50.0, "total_kwh": 80.0, "commissioned_year": 2019},
        {"dc_id": "D", "it_kwh": 50.0, "total_kwh": 60.0, "province_code": ZHEJIANG},
        {"dc_id": "E", "it_kwh": 10.0, "total_kwh": 12.0, "province_code": JIANGXI},
        {"dc_id": "A", "it_kwh": 100.0, "total_kwh": 130.0, "year": 2024},
    ]
}


def test_a_ratio_names_its_sums_and_the_rows_that_enter(asked: Asker) -> None:
    found = asked(CENTRES, "dc.pue.new_large", "广东")
    assert found.steps[0].printed == "1.23"
    assert found.steps[0].computed == "491 ÷ 400 = 1.2275000"
    assert behind(found) == [("data_centres", 2), ("data_centres", 3)]  # not C of 2019, not 2024, not 浙江


def test_rows_that_lack_a_side_do_not_stand_behind_it(asked: Asker) -> None:
    """D sends out 6 of its 60 kWh, A none of its 125; the others do not tell."""
    first, *others = CENTRES["data_centres"]
    rows = {"data_centres": [first | {"reused_kwh": 0.0}, *others[:2], others[2] | {"reused_kwh": 6.0}]}
    found = asked(rows, "dc.erf")
    assert found.steps[0].computed == "6 ÷ 185 = 0.0324324"
    assert behind(found) == [("data_centres", 2), ("data_centres", 5)]


def test_each_region_has_its_own_rows(asked: Asker) -> None:
    assert behind(asked(CENTRES, "dc.pue.all", "东部")) == [("data_centres", n) for n in (2, 3, 4, 5)]
    assert behind(asked(CENTRES, "dc.pue.all", "中部")) == [("data_centres", 6)]
    assert behind(asked(CENTRES, "dc.pue.all")) == [("data_centres", n) for n in range(2, 7)]
    assert behind(asked(CENTRES, "dc.pue.all", "广东", 2024)) == [("data_centres", 7)]


def test_a_change_goes_back_to_its_baseline(asked: Asker) -> None:
    flow = [{"year": year, "value": value} for year, value in ((2020, 240.0), (2025, 480.0))]
    energy = [{"year": year, "quantity": value} for year, value in ((2020, 1200.0), (2025, 1800.0), (2023, 1.0))]
    found = asked({"activity": flow, "energy": energy}, "energy.per_flow.change")
    steps = [(step.depth, step.indicator.id, step.year) for step in found.steps]
    assert steps[:3] == [(0, "energy.per_flow.change", 2025), (1, "energy.per_flow", 2025), (2, "energy.covered", 2025)]
    assert (1, "energy.per_flow", 2020) in steps
    assert found.steps[0].computed.endswith("− 1 = −0.2500000")
    assert behind(found) == [("activity", 2), ("activity", 3), ("energy", 2), ("energy", 3)]  # not 2023


def test_the_months_of_a_year_stand_behind_it(asked: Asker) -> None:
    months = [{"month": month, "quantity": 1.0} for month in range(1, 13)]
    assert len(behind(asked({"energy": months}, "energy.electricity"))) == 12


def test_resold_energy_and_control_rows_do_not(asked: Asker) -> None:
    rows = [
        {"quantity": 1.0},
        {"quantity": 2.0, "supply": "resold", "counterparty_id": "B", "entity_id": "T"},
        {"quantity": 9.0, "province_code": NATION, "is_control": True},
    ]
    assert behind(asked({"energy": rows}, "energy.electricity")) == [("energy", 2)]


def test_emissions_show_the_filed_tables(asked: Asker) -> None:
    found = asked({"energy": [{}], "green_power": [{}]}, "carbon.market", "广东")
    assert set(behind(found)) == {("energy", 2), ("green_power", 2)}


def test_nothing_filed_is_said(asked: Asker) -> None:
    found = asked({"energy": [{}]}, "dc.pue.all", "西藏")
    assert found.steps[0].printed == "—"
    assert found.steps[0].computed == ""
    assert found.rows.is_empty()
    told = "\n".join(listing.told(found, resolve("西藏", asked.layout)))
    assert "没有数值" in told


def test_what_only_the_nation_has_is_not_told_of_a_province(asked: Asker) -> None:
    found = asked({"standards": [{}]}, "standards.count", "广东")
    assert found.steps[0].remarks == ["只作全国统计，不分到省和区域"]
    assert found.rows.is_empty()
    assert len(behind(asked({"standards": [{}]}, "standards.count"))) == 1


def test_what_was_rejected_is_named_by_its_province(asked: Asker) -> None:
    rejected = pl.DataFrame(
        {
            "province_code": ["广东", "440000", "浙江", "火星"],
            "rules": [["pue.below_1"], ["cell.number"], ["pue.above_5"], ["cell.province"]],
        }
        | {"source_file": ["dc.csv"] * 4, "source_sheet": [""] * 4, "source_row": [20, 21, 22, 23]},
        schema={"province_code": pl.String, "rules": pl.List(pl.String), **SOURCE},
    )
    found = asked(CENTRES, "dc.pue.all", "广东", quarantine={"data_centres": rejected, "rooms": rejected})
    assert found.rejected["source_row"].to_list() == [20, 21]
    everywhere = asked(CENTRES, "dc.pue.all", quarantine={"data_centres": rejected})
    assert everywhere.rejected.height == 4
    lines = listing.rejected_rows(found.rejected).rows()
    assert lines[0][:2] == ("数据中心", "PUE 小于 1")


def test_told_in_words_and_as_data(asked: Asker) -> None:
    found = asked(CENTRES, "dc.pue.new_large", "广东")
    lines = list(listing.told(found, resolve("广东", asked.layout)))
    assert lines[0] == "新建大型、超大型数据中心PUE（dc.pue.new_large），广东，2025 年：1.23"
    assert any("分子 total_kwh；分母 it_kwh" in line for line in lines)
    data = listing.as_data(found)
    assert data["steps"][0]["row"]["numerator"] == 491
    assert len(data["rows"]) == 2


@pytest.mark.parametrize("text", ["东部", "东部地区", " 东北 "])
def test_economic_regions_by_name(text: str) -> None:
    found = listing.economic(text)
    assert found is not None
    assert found.code in ("east", "northeast")


def test_a_province_is_no_economic_region() -> None:
    assert listing.economic("广东") is None


def test_a_wrong_name_gets_the_nearest(catalogue: Catalogue) -> None:
    with pytest.raises(ParameterError, match=r"是不是 dc\.pue\.all"):
        listing.check("dc.pue.al", catalogue)
    with pytest.raises(ParameterError, match="是不是 bs5g"):
        listing.check("bs5gg", catalogue, ["bs5g"])


# --- published numbers -------------------------------------------------------------------------------------


def test_a_published_series_lists_every_row_with_what_became_of_it(layout: Layout) -> None:
    rows = origins.origin("bs5g", resolve("全国", layout), 2025, layout)
    last = rows.row(-1, named=True)
    assert (last["时间"], last["数值"], last["处理"]) == ("2025 年", "483.8 万个", "采用")
    assert rows.filter(pl.col("处理").str.starts_with("未采用：")).height
    assert origins.origin("bs5g", resolve("全国", layout), 2021, layout)["时间"].to_list()[-1].startswith("2021")


def test_the_index_is_told_link_by_link(layout: Layout) -> None:
    rows = origins.origin(origins.VOLUME_INDEX, resolve("全国", layout), 2025, layout)
    assert rows["数值"].to_list()[-1] == "9.1%；指数（2020 年=100）217.2961"
    assert rows.height == 6


def test_a_factor_that_was_not_published_says_so(layout: Layout) -> None:
    rows = origins.origin(origins.GRID_FACTOR, resolve(XIZANG, layout), None, layout)
    assert set(rows.select("数值", "处理").iter_rows()) == {("—", "未采用：没有公布")}
    mine = origins.origin(origins.GRID_FACTOR, resolve(GUANGDONG, layout), None, layout)
    assert mine["处理"].unique().to_list() == ["采用"]


def test_a_row_number_gives_its_row_whatever_the_region(layout: Layout) -> None:
    rows = origins.origin("N032", resolve("广东", layout), 2020, layout)
    assert rows.select("行号", "数值").rows() == [("N032", "483.8 万个")]


def test_no_grade_c_row_shows_a_link(layout: Layout) -> None:
    every = pl.concat(
        [origins.origin(name, resolve("全国", layout), None, layout) for name in ("bs5g", "mtraf", "tbv_g", "N010")]
    )
    assert not every.filter(pl.col("等级") == "C")["来源"].str.contains("http").any()


def test_names_do_not_meet_those_of_indicators(layout: Layout, catalogue: Catalogue) -> None:
    assert not set(origins.names(layout)) & set(catalogue.indicators)
