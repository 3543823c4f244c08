"""Paths to 2030, recomputed with a pencil, and what must hold for all of them."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scenarios.drivers import DRIVERS
from pipeline.scenarios.projection import project
from pipeline.scenarios.start import Start, start
from tests.scenarios.conftest import FACILITY, NATION, PROVINCE, ROWS, indicator_table

YEARS = range(2025, 2031)
MOVED = {
    "g_it": 0.12, "pue_new": 1.25, "r_dc": 0.06, "pue_retrofit": 1.35, "g_traffic": 0.15, "e_bs": 0.09, "s_room": 0.08,
    "pue_core": 1.7, "pue_core_retrofit": 1.45, "g_other": 0.02, "g_flow": 0.14, "g_volume": 0.09, "green_share_2030": 0.5,
    "d_grid": 0.025, "d_residual": 0.01,
}  # fmt: skip


def begun(table: pl.DataFrame, *provinces: str) -> Start:
    found = start(table, provinces or [PROVINCE])
    assert found is not None
    return found


def path(table: pl.DataFrame, measure: str, *, region: int = 0, **moved: float) -> list[float]:
    first = begun(table)
    drivers = {name: np.full((len(first.codes), 1), value) for name, value in (MOVED | moved).items()}
    values = project(first, drivers, YEARS).measures[measure][region, :, 0]
    return [float(value) for value in values]


def test_one_province_by_hand(table: pl.DataFrame) -> None:
    """The formulas of the outlook once more, year by year, in plain Python."""
    for year in YEARS:
        n = year - 2025
        it = 1.12**n
        retrofitted = 0.06 * n  # 30 % of the stock in 2030
        pue = ((it - 1) * 1.25 + (1 - retrofitted) * 1.5 + retrofitted * 1.35) / it
        converted = min(0.08 * n, 0.2)  # 80 % of the core rooms are done in 2025
        index = {
            "data_centre": it * pue / 1.5,
            "base_station": 1.15**n / 1.09**n,
            "core_room": 1 - converted * (1 - 1.45 / 1.7),
            "access_room": 1,
            "office": 1.02**n,
            "other": 1.02**n,
        }
        tce = {name: FACILITY[name][0] * index[name] for name in FACILITY}
        kwh = {name: FACILITY[name][1] * index[name] for name in FACILITY}
        for name in FACILITY:
            assert path(table, f"energy.total/{name}")[n] == pytest.approx(tce[name], rel=1e-12)
            assert path(table, f"energy.electricity/{name}")[n] == pytest.approx(kwh[name], rel=1e-12)
        assert path(table, "energy.total")[n] == pytest.approx(sum(tce.values()), rel=1e-12)
        per_flow = 1000 * sum(tce.values()) / (90_000 * 1.14**n)
        assert path(table, "energy.per_flow")[n] == pytest.approx(per_flow, rel=1e-12)
        assert path(table, "energy.per_flow.change")[n] == pytest.approx(0.9 * per_flow / 5 - 1, rel=1e-12)
        per_volume = 1000 * sum(tce.values()) / (9_000 * 1.09**n)
        assert path(table, "energy.per_volume.change")[n] == pytest.approx(0.8 * per_volume / 50 - 1, rel=1e-12)
        share = 0.2 + 0.3 * n / 5
        fuels = 60 * index["base_station"] + 40 * index["office"]  # each as the electricity of its facilities
        electricity = sum(kwh.values()) / 4_300_000
        location = 2000 * electricity * 0.975**n + fuels
        market = 1800 * electricity * (1 - share) / 0.8 * 0.99**n + fuels
        assert path(table, "green.share")[n] == pytest.approx(share, rel=1e-12)
        assert path(table, "carbon.location")[n] == pytest.approx(location, rel=1e-12)
        assert path(table, "carbon.market")[n] == pytest.approx(market, rel=1e-12)


def test_the_nation_is_what_its_one_province_is(table: pl.DataFrame) -> None:
    for measure in ("energy.total", "energy.per_flow.change", "carbon.market", "green.share", "activity.volume"):
        assert path(table, measure, region=1) == pytest.approx(path(table, measure), rel=1e-12)


def test_retrofits_end_with_the_stock_and_make_nothing_worse(table: pl.DataFrame) -> None:
    all_done = path(table, "energy.total/data_centre", g_it=0.0, r_dc=0.5)
    assert all_done[2:] == pytest.approx([100 * 1.35 / 1.5] * 4)
    assert path(table, "energy.total/data_centre", g_it=0.0, pue_retrofit=1.8) == pytest.approx([100] * 6)
    assert path(table, "energy.total/core_room", s_room=1.0)[1:] == pytest.approx(
        [40 * (1 - 0.2 * (1 - 1.45 / 1.7))] * 5
    )
    assert path(table, "energy.total/core_room", pue_core_retrofit=1.9) == pytest.approx([40] * 6)


def test_a_stock_that_shrinks_is_a_stock(table: pl.DataFrame) -> None:
    """Nothing is new then: the PUE is that of the stock, part of it retrofitted."""
    shrinking = path(table, "energy.total/data_centre", g_it=-0.1, r_dc=0.0)
    assert shrinking == pytest.approx([100 * 0.9**n for n in range(6)])


def test_green_share_falls_if_it_is_said_to(table: pl.DataFrame) -> None:
    assert path(table, "green.share", green_share_2030=0.1)[-1] == pytest.approx(0.1)
    assert path(table, "carbon.market", green_share_2030=1.0, g_other=0, e_bs=0.15)[-1] == pytest.approx(
        100
    )  # fuels alone


def test_what_was_not_filed_is_not_known() -> None:
    rows = {key: value for key, value in ROWS.items() if key[0] not in ("activity.flow", "dc.pue.all", "green.share")}
    rows = {key: value for key, value in rows.items() if not key[0].startswith("energy.per_flow")}
    table = indicator_table({PROVINCE: rows, NATION: rows})
    assert np.isnan(path(table, "energy.per_flow.change")).all()
    assert np.isnan(path(table, "green.share")).all()
    assert path(table, "carbon.market", e_bs=0.15, g_other=0.0, g_it=0.0, pue_new=1.5, r_dc=0.0, s_room=0.0)[-1] == (
        pytest.approx(1800 * 0.5 * 0.99**5 + 100)  # from nothing claimed to a half
    )
    assert path(table, "energy.total/data_centre")[-1] == pytest.approx(100 * 1.12**5)  # PUE as it is
    assert path(table, "energy.per_volume.change")[0] == pytest.approx(-0.2)
    assert (
        begun(table).replaced[PROVINCE]
        == "没有数据中心 PUE，各年 PUE 按不变计算；没有绿色电力占比，基于市场的排放从没有申领起算"
    )


def test_a_green_share_that_is_filed_as_nothing_is_where_it_begins() -> None:
    """From 0 to 0.5 in five years, a tenth a year, and of the nation too, whose one province it is; 1800 t as it falls."""
    rows = ROWS | {key: 0.0 for key in ROWS if key[0] == "green.share"}
    table = indicator_table({PROVINCE: rows, NATION: rows})
    still = {"e_bs": 0.15, "g_other": 0.0, "g_it": 0.0, "pue_new": 1.5, "r_dc": 0.0, "s_room": 0.0, "d_residual": 0.0}
    for region in (0, 1):
        assert path(table, "green.share", region=region) == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], abs=1e-12)
        assert path(table, "green.share", region=region, green_share_2030=0.0) == [0.0] * 6
        assert path(table, "carbon.market", region=region, **still)[-1] == pytest.approx(1800 * 0.5 + 100)


def test_who_uses_no_electricity_emits_what_its_fuels_do() -> None:
    """Only 40 t of offices, which grow by 2 % a year, in 广东 and so in the nation, whose sum it is."""
    none = ("energy.electricity", "carbon.location", "carbon.market", "green.share")
    rows = {key: 0.0 if key[0] in none else value for key, value in ROWS.items() if key[2:] != ("base_station",)}
    table = indicator_table({PROVINCE: rows, NATION: rows})
    for measure in ("carbon.location", "carbon.market"):
        for region in (0, 1):
            assert path(table, measure, region=region) == pytest.approx([40 * 1.02**n for n in range(6)])


def test_without_energy_there_is_no_start() -> None:
    assert start(indicator_table({PROVINCE: {("activity.flow", 2025): 1.0}}), [PROVINCE]) is None


def test_a_province_with_older_filings_is_projected_but_in_no_sum() -> None:
    older = {(key[0], 2024, *key[2:]): value for key, value in ROWS.items()}
    table = indicator_table({PROVINCE: ROWS, "330000": older, NATION: ROWS})  # type: ignore[dict-item]
    first = begun(table, PROVINCE, "330000")
    assert first.left_out == ("330000",)
    drivers = {name: np.full((3, 1), value) for name, value in MOVED.items()}
    total = project(first, drivers, YEARS).measures["energy.total/office"][:, :, 0]
    assert total[1, 0] == pytest.approx(30 * 1.02)  # 2025 is its first year ahead
    assert total[2] == pytest.approx(total[0])


def test_fuels_follow_the_electricity_of_the_facilities_that_burn_them(table: pl.DataFrame) -> None:
    """Only base stations use more, by 1.15 ** 5: of the 100 t of fuels their 60 grow with them, the 40 of offices stay."""
    still = {"g_it": 0.0, "r_dc": 0.0, "s_room": 0.0, "g_other": 0.0, "e_bs": 0.0, "d_grid": 0.0}
    grown = (2_300_000 + 2_000_000 * 1.15**5) / 4_300_000
    assert path(table, "carbon.location", **still)[-1] == pytest.approx(2000 * grown + 60 * 1.15**5 + 40)


limits = {
    "g_it": (-0.5, 1), "pue_new": (1, 3), "r_dc": (0, 1), "pue_retrofit": (1, 3), "g_traffic": (-0.5, 1), "e_bs": (-0.5, 1),
    "s_room": (0, 1), "pue_core": (1, 3), "pue_core_retrofit": (1, 3), "g_other": (-0.5, 1), "g_flow": (-0.5, 1),
    "g_volume": (-0.5, 1), "green_share_2030": (0, 1), "d_grid": (-0.2, 0.2), "d_residual": (-0.2, 0.2),
}  # fmt: skip


@given(moved=st.fixed_dictionaries({name: st.floats(low, high) for name, (low, high) in limits.items()}))
def test_whatever_the_drivers_the_first_year_is_filed_and_nothing_is_negative(moved: dict[str, float]) -> None:
    table = indicator_table({PROVINCE: ROWS, NATION: ROWS})
    first = begun(table)
    found = project(first, {name: np.full((2, 1), value) for name, value in moved.items()}, YEARS)
    for measure, values in found.measures.items():
        assert np.isfinite(values).all(), measure
        if not measure.endswith(".change"):
            assert (values >= 0).all(), measure
    for measure in ("energy.total", "energy.electricity", "activity.flow", "green.share", "energy.per_flow.change"):
        assert math.isclose(found.measures[measure][1, 0, 0], ROWS[measure, 2025], rel_tol=1e-12)
    facilities = sum(found.measures[f"energy.total/{name}"] for name in FACILITY)
    assert facilities == pytest.approx(found.measures["energy.total"])


def test_all_drivers_are_used() -> None:
    assert set(DRIVERS) == set(limits) == set(MOVED)
