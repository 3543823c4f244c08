from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline.given import reference
from pipeline.indicators.cases import account, with_factors
from pipeline.layout import Layout

Ask = Callable[..., pl.DataFrame]
Cell = Callable[..., dict[str, Any]]
Filed = Callable[..., dict[str, pl.DataFrame]]

# The worked example of the design: 12 000 distribution rooms, 3.2 to 2.7 MWh each.
GRID: dict[str, Any] = {
    "case_id": "1", "activity_amount": 12000.0, "activity_unit": "间配电房", "baseline_per_unit": 3200.0,
    "project_per_unit": 2700.0, "effect_unit": "kWh", "factor_kgco2_per_unit": 0.5306, "factor_year": 2023,
    "factor_kind": "average", "ict_footprint_tco2": 310.0, "rebound_share": 0.05, "attribution_share": 0.6,
    "period_year": 2025, "period_months": 12, "verification": "third_party", "tier": 2, "scope": "enabling",
    "effect": "reduction",
}  # fmt: skip


def accounted(filed: Filed, *rows: dict[str, Any]) -> pl.DataFrame:
    return account(filed({"cases": rows})["cases"], 2025)


def test_the_worked_example(filed: Filed) -> None:
    row = accounted(filed, GRID).row(0, named=True)
    assert row["gross_tco2"] == pytest.approx(3183.6, abs=1e-9)
    assert row["net_tco2"] == pytest.approx(1600.16, abs=1e-9)
    assert row["net_after_rebound_tco2"] == pytest.approx(1504.652, abs=1e-9)
    assert (row["summed"], row["left_out_because"]) == (True, None)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "candidate"}, "申报中"), ({"period_year": 2024}, "核算年份"), ({"period_year": None}, "核算年份"), ({"period_months": 6}, "十二个月"),
        ({"tier": 3}, "层级"), ({"tier": None}, "层级"), ({"verification": "self_declared"}, "自行声明"),
        ({"scope": "own_operation"}, "自身运营"), ({"effect": None}, "避免增长"), ({"attribution_share": None}, "缺少"),
        ({"ict_footprint_tco2": None}, "缺少"), ({"activity_amount": None}, "缺少"),
    ],
)  # fmt: skip
def test_a_case_that_may_not_be_summed_says_why(
    filed: Filed, ask: Ask, cell: Cell, change: dict[str, Any], why: str
) -> None:
    row = accounted(filed, GRID | change).row(0, named=True)
    assert row["summed"] is False
    assert why in row["left_out_because"]
    table = ask({"cases": [GRID | change]}, "cases.net_reduction", "cases.count")
    assert cell(table, "cases.net_reduction")["value"] is None
    assert cell(table, "cases.count")["value"] == (0 if "status" in change else 1)


def test_a_negative_net_stays_as_it_is(filed: Filed) -> None:
    row = accounted(filed, GRID | {"ict_footprint_tco2": 5000.0}).row(0, named=True)
    assert row["net_tco2"] == pytest.approx(3183.6 * 0.6 - 5000)
    assert row["summed"] is True


def test_of_cases_that_claim_the_same_only_the_larger_is_summed(filed: Filed, ask: Ask, cell: Cell) -> None:
    smaller = GRID | {"case_id": "2", "activity_amount": 6000.0, "activity_unit": "间 配电房"}
    elsewhere = [GRID | {"case_id": "3", "province_code": "330000"}, GRID | {"case_id": "4", "sector": "钢铁"}]
    not_summed = GRID | {"case_id": "5", "activity_amount": 99999.0, "tier": 3}
    waiting = GRID | {"case_id": "6", "activity_amount": 99999.0, "status": "candidate"}
    rows = accounted(filed, smaller, GRID, *elsewhere, not_summed, waiting)
    assert rows.filter("summed")["case_id"].sort().to_list() == ["1", "3", "4"]
    assert rows.filter("double_counting")["case_id"].sort().to_list() == ["1", "2"]
    assert "只计较大的" in rows.filter(case_id="2")["left_out_because"].item()
    found = cell(ask({"cases": [smaller, GRID, *elsewhere]}, "cases.net_reduction"), "cases.net_reduction")
    assert found["value"] == pytest.approx(3 * 1600.16)
    assert found["flag"] == "double_counting"


def test_reduction_and_avoided_growth_are_summed_apart(ask: Ask, cell: Cell) -> None:
    rows = {"cases": [GRID, GRID | {"case_id": "2", "sector": "钢铁", "effect": "avoided_growth"}]}
    table = ask(rows, "cases.net_reduction", "cases.net_avoided_growth", "cases.net_after_rebound")
    assert cell(table, "cases.net_reduction")["value"] == pytest.approx(1600.16)
    assert cell(table, "cases.net_avoided_growth")["value"] == pytest.approx(1600.16)
    assert cell(table, "cases.net_after_rebound")["value"] == pytest.approx(1504.652)


def test_selected_and_promoted_cases_count_by_category(ask: Ask, cell: Cell) -> None:
    rows = [{"case_id": str(n), "status": status, "category": category} for n, (status, category) in enumerate(
        [("promoted", "industry"), ("selected", "industry"), ("candidate", "industry"), ("selected", "residents")])]  # fmt: skip
    rows.append({"case_id": "all", "status": "selected", "province_code": "000000", "is_control": True})
    table = ask({"cases": rows}, "cases.count", "cases.filed")
    assert cell(table, "cases.count")["value"] == 4  # a case of the whole nation is a case, not a control total
    assert cell(table, "cases.count", region="440000")["value"] == 3
    assert cell(table, "cases.filed")["value"] == 5
    assert table.filter(pl.col("year") != 2025).is_empty()  # what stands in the list is of the report's year
    by = ask({"cases": rows}, "cases.count", by="category")
    assert [cell(by, "cases.count", member=one)["value"] for one in ("industry", "residents", "urban_rural")] == [
        3,
        1,
        0,
    ]


def test_enablement_is_told_of_the_nation_only(ask: Ask, cell: Cell) -> None:
    energy = {"carrier": "diesel", "quantity": 1e6}  # 3095.9 t
    table = ask({"cases": [GRID], "energy": [energy]}, "cases.enablement_ratio")
    assert cell(table, "cases.enablement_ratio")["value"] == pytest.approx(1600.16 / 3095.9)
    assert table["region_code"].unique().to_list() == ["000000"]
    assert cell(ask({"energy": [energy]}, "cases.enablement_ratio"), "cases.enablement_ratio")["value"] is None
    assert cell(ask({"cases": [GRID]}, "cases.enablement_ratio"), "cases.enablement_ratio")["flag"] == "not_filed"


@pytest.mark.parametrize(
    ("change", "factor", "year"),
    [
        ({"effect_unit": "kgCO2", "carrier": None}, 1, None),
        ({"effect_unit": "tCO2", "carrier": "电力"}, 1000, None),
        ({"effect_unit": "kWh", "carrier": "电力"}, 0.4419, 2023),  # 广东 has no later one
        ({"effect_unit": "MWh", "carrier": "电"}, 441.9, 2023),
        ({"effect_unit": "万千瓦时", "carrier": "电力", "period_year": 2022}, 10_000 * 0.4403, 2022),
        ({"effect_unit": "kWh", "carrier": "电力", "province_code": "000000", "is_control": True}, 0.5306, 2023),
        ({"effect_unit": "t", "carrier": "柴油"}, 3095.9, None),
        ({"effect_unit": "万m3", "carrier": "天然气"}, 21622, None),
        ({"effect_unit": "kWh", "carrier": "电力", "province_code": "540000"}, None, None),  # 西藏
        ({"effect_unit": "kWh", "carrier": "电力", "period_year": 2019}, None, None),
        ({"effect_unit": "km", "carrier": "汽油"}, None, None),
        ({"effect_unit": "kWh", "carrier": "柴油"}, None, None),
        ({"effect_unit": "MJ", "carrier": "热力"}, None, None),
        ({"effect_unit": None, "carrier": "电力"}, None, None),
    ],
)  # fmt: skip
def test_a_case_without_a_factor_has_the_published_one_in_its_unit(
    filed: Filed, layout: Layout, change: dict[str, Any], factor: float | None, year: int | None
) -> None:
    fuels = reference.fuel_factors(layout).filter(set="S1")
    rows = filed({"cases": [GRID | {"factor_kgco2_per_unit": None, "factor_year": None, "factor_kind": None} | change]})
    row = with_factors(rows["cases"], reference.grid_factors(layout), fuels).row(0, named=True)
    assert row["factor_kgco2_per_unit"] == (None if factor is None else pytest.approx(factor, rel=1e-12))
    assert row["factor_published"] is (factor is not None)
    assert row["factor_year"] == year


def test_its_own_factor_is_never_replaced(filed: Filed, layout: Layout) -> None:
    fuels = reference.fuel_factors(layout).filter(set="S1")
    row = with_factors(filed({"cases": [GRID | {"carrier": "电力"}]})["cases"], reference.grid_factors(layout), fuels)
    assert row.select("factor_kgco2_per_unit", "factor_year", "factor_published").row(0) == (0.5306, 2023, False)
