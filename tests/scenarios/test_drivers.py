"""A driver's values, above all those of trend(3), by hand."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.given import params, reference
from pipeline.given.params import Resolved
from pipeline.given.regions import NATION as WHOLE
from pipeline.given.regions import resolve as region
from pipeline.layout import Layout
from pipeline.scenarios import drivers
from pipeline.scenarios.drivers import DRIVERS, TRENDS
from pipeline.scenarios.start import History, start
from tests.scenarios.conftest import NATION, PROVINCE, ROWS, Key, indicator_table


def value(
    layout: Layout, driver: str, rows: dict[Key, float], *more: str, nation: dict[Key, float] | None = None
) -> dict[str, object]:
    """The row of the driver in the province, all drivers being trends unless `more` says otherwise."""
    table = indicator_table({PROVINCE: ROWS | rows, NATION: ROWS | (nation or {})})
    overrides = [f"{one}=trend(3)" for one in DRIVERS]
    places = [region("广东", layout), WHOLE]
    resolved = {"plan": [params.resolve(layout, one, "plan", [*overrides, *more]) for one in places]}
    begun = start(table, [PROVINCE])
    assert begun is not None
    found = drivers.table(resolved, begun, History(table), reference.grid_factors(layout))
    return found.filter(pl.col("driver") == driver, pl.col("region_code") == PROVINCE).row(0, named=True)


def series(id: str, *values: float, last: int = 2025, member: str = "") -> dict[Key, float]:
    years = range(last - len(values) + 1, last + 1)
    return {(id, year, member) if member else (id, year): one for year, one in zip(years, values, strict=True)}


def test_growth_is_the_mean_of_three_changes_between_the_smallest_and_the_largest(layout: Layout) -> None:
    """100 -> 110 (+10 %) -> 132 (+20 %) -> 138.6 (+5 %); an older year does not count."""
    row = value(layout, "g_it", series("dc.it_electricity", 1.0, 100.0, 110.0, 132.0, 138.6))
    assert [row["low"], row["mode"], row["high"]] == pytest.approx([0.05, 1.386 ** (1 / 3) - 1, 0.2])
    assert row["basis"] == "本地区数据中心IT设备耗电量 2022—2025 年的趋势"
    assert row["changed"]
    assert row["origin"] == "命令行 -p"


def test_three_values_give_two_changes(layout: Layout) -> None:
    row = value(
        layout, "g_flow", series("activity.flow", 100.0, 120.0, 90_000.0) | series("activity.flow", 100.0, 110.0, 121.0)
    )
    assert [row["low"], row["mode"], row["high"]] == pytest.approx([0.1, 0.1, 0.1])
    assert row["basis"] == "本地区信息流量 2023—2025 年的趋势"


def test_a_gap_ends_the_history(layout: Layout) -> None:
    rows: dict[Key, float] = {("bs.traffic", year): 1.0 for year in (2020, 2021, 2022, 2024, 2025)}
    row = value(layout, "g_traffic", rows, nation=series("bs.traffic", 1.0, 2.0, 3.0))
    assert row["basis"] == "本地区没有可用的历史，用全国基站业务流量 2023—2025 年的趋势"
    assert [row["low"], row["high"]] == pytest.approx([0.5, 1.0])


def test_without_any_history_the_default_is_used_and_told(layout: Layout) -> None:
    row = value(layout, "g_it", {})
    assert [row["low"], row["mode"], row["high"]] == [0.12, 0.12, 0.12]
    assert row["basis"] == "没有可用的历史，用默认值"


def test_what_is_not_filed_has_no_trend(layout: Layout) -> None:
    assert value(layout, "r_dc", {})["basis"] == "没有可用的历史，用默认值"


def test_what_is_retrofitted_is_at_least_as_good_as_the_stock(layout: Layout) -> None:
    row = value(layout, "pue_retrofit", series("dc.pue.all", 1.6, 1.55, 1.5))
    assert [row["low"], row["mode"], row["high"]] == [1.5, 1.5, 1.6]
    assert row["basis"] == "本地区数据中心PUE 2023—2025 年的水平"


def test_a_level_is_the_last_one(layout: Layout) -> None:
    row = value(layout, "pue_new", series("dc.pue.new_large", 1.5, 1.30, 1.26, 1.28))
    assert [row["low"], row["mode"], row["high"]] == [1.26, 1.28, 1.30]
    assert row["basis"] == "本地区新建大型、超大型数据中心PUE 2023—2025 年的水平"
    one = value(layout, "pue_core_retrofit", series("room.pue.core_retrofit", 1.45))
    assert (one["low"], one["high"]) == (1.45, 1.45)


def test_efficiency_is_traffic_per_kwh(layout: Layout) -> None:
    row = value(layout, "e_bs", series("bs.traffic", 10.0, 12.0, 14.4) | series("bs.electricity", 5.0, 5.0, 5.0))
    assert row["mode"] == pytest.approx(0.2)


def test_a_share_goes_on_by_its_yearly_steps(layout: Layout) -> None:
    """10 % -> 12 -> 15 -> 19 %: 3 points a year on average, five years on 34 %; between 29 % and 39 %."""
    row = value(layout, "green_share_2030", series("green.share", 0.10, 0.12, 0.15, 0.19))
    assert [row["low"], row["mode"], row["high"]] == pytest.approx([0.29, 0.34, 0.39])
    steep = value(layout, "green_share_2030", series("green.share", 0.1, 0.5, 0.9))
    assert steep["high"] == 1.0
    assert str(steep["basis"]).endswith("超出允许范围的取其边界")


def test_rooms_that_were_not_retrofitted(layout: Layout) -> None:
    """All core rooms 330 over 200, of them retrofitted 150 over 100: the rest 180 over 100."""
    table = indicator_table({PROVINCE: ROWS | {("room.pue.core", 2025): 1.65, ("room.pue.core_retrofit", 2025): 1.5}})
    sides = pl.DataFrame(
        {"indicator_id": ["room.pue.core", "room.pue.core_retrofit"], "n": [330.0, 150.0], "d": [200.0, 100.0]}
    )
    table = table.join(sides, on="indicator_id", how="left").with_columns(numerator="n", denominator="d")
    assert TRENDS["pue_core"].series(History(table), PROVINCE) == {2025: pytest.approx(1.8)}


def test_the_grid_follows_the_published_factors_of_the_province(layout: Layout) -> None:
    """广东: 0.4715, 0.4403, 0.4419 kgCO2/kWh in 2021 to 2023."""
    row = value(layout, "d_grid", {})
    assert row["mode"] == pytest.approx(1 - (0.4419 / 0.4715) ** 0.5)
    assert [row["low"], row["high"]] == pytest.approx([1 - 0.4419 / 0.4403, 1 - 0.4403 / 0.4715])
    assert row["basis"] == "本地区公布的电网平均排放因子 2021—2023 年的趋势"
    residual = value(layout, "d_residual", {})  # it rose, from 0.5856 in 2022 to 0.6096 in 2023
    assert residual["low"] == pytest.approx(1 - 0.6096 / 0.5856)
    assert residual["basis"] == "全国公布的剩余电量排放因子 2021—2023 年的趋势"


def test_a_provinces_grid_may_also_go_as_the_nations(layout: Layout) -> None:
    """青海: 0.1326, 0.1567, 0.1796, rising by 16 % a year in dry years; the nation falls by 2.4 %."""
    known = drivers.published(reference.grid_factors(layout))
    found = drivers.trend("d_grid", region("青海", layout), 2025, History(indicator_table({PROVINCE: ROWS})), known)
    assert found is not None
    (low, mode, high), basis = found
    assert [low, mode, high] == pytest.approx([-0.1817, -0.1638, 0.0238], abs=5e-5)
    assert basis == "本地区公布的电网平均排放因子 2021—2023 年的趋势（取值范围含全国的趋势 2.4%）"


def test_a_province_without_a_factor_has_that_of_the_nation(layout: Layout) -> None:
    """The nation: 0.5568, 0.5366, 0.5306."""
    known = drivers.published(reference.grid_factors(layout))
    found = drivers.trend("d_grid", region("西藏", layout), 2025, History(indicator_table({PROVINCE: ROWS})), known)
    assert found is not None
    (low, mode, high), basis = found
    assert [low, mode, high] == pytest.approx([1 - 0.5306 / 0.5366, 1 - (0.5306 / 0.5568) ** 0.5, 1 - 0.5366 / 0.5568])
    assert basis == "本地区没有可用的历史，用全国公布的电网平均排放因子 2021—2023 年的趋势"


def measure(layout: Layout, driver: str, scenario: str, rows: dict[Key, float], *more: str) -> dict[str, object]:
    """The row of the driver in the province as the shipped files have it."""
    table = indicator_table({PROVINCE: ROWS | rows, NATION: ROWS})
    places = [region("广东", layout), WHOLE]
    resolved = {scenario: [params.resolve(layout, one, scenario, more) for one in places]}
    begun = start(table, [PROVINCE])
    assert begun is not None
    found = drivers.table(resolved, begun, History(table), reference.grid_factors(layout))
    return found.filter(pl.col("driver") == driver, pl.col("region_code") == PROVINCE).row(0, named=True)


def test_a_measure_is_at_least_the_trend_level_by_level(layout: Layout) -> None:
    """30 -> 33 -> 36 -> 40 %: by 2030 55 %, 56.7 % and 60 %; the plan writes 40, 50 and 60 %."""
    filed = series("green.share", 0.30, 0.33, 0.36, 0.40)
    row = measure(layout, "green_share_2030", "plan", filed)
    assert [row["low"], row["mode"], row["high"]] == pytest.approx([0.55, 0.40 + 5 * 0.1 / 3, 0.60])
    assert row["basis"] == (
        "写的是 50.0%（40.0% 至 60.0%），本地区绿色电力占比 2022—2025 年的趋势是 56.7%（55.0% 至 60.0%），逐项取力度较大的"
    )
    assert str(row["origin"]).startswith("notebooks/params/scenarios/plan.yml 第 ")
    more = measure(layout, "green_share_2030", "accelerated", filed)  # writes 50, 65 and 80 %
    assert [more["low"], more["mode"], more["high"]] == pytest.approx([0.55, 0.65, 0.80])


def test_a_lower_pue_is_the_better_one(layout: Layout) -> None:
    """New centres have 1.18 already, 1.16 to 1.24 in three years; the plan writes 1.20, 1.25 and 1.30."""
    row = measure(layout, "pue_new", "plan", series("dc.pue.new_large", 1.24, 1.16, 1.18))
    assert [row["low"], row["mode"], row["high"]] == [1.16, 1.18, 1.24]


def test_what_goes_beyond_the_trend_is_as_written(layout: Layout) -> None:
    row = measure(layout, "green_share_2030", "plan", series("green.share", 0.10, 0.12, 0.15, 0.19))
    assert [row["low"], row["mode"], row["high"], row["basis"]] == [0.40, 0.50, 0.60, ""]


def test_an_analyst_may_do_less_than_the_trend(layout: Layout) -> None:
    filed = series("green.share", 0.30, 0.33, 0.36, 0.40)
    assert measure(layout, "green_share_2030", "plan", filed, "green_share_2030=0.45")["mode"] == 0.45
    assert measure(layout, "green_share_2030", "plan", filed, "at_least=none")["mode"] == 0.50


def test_every_driver_of_every_region_has_ordered_values_within_its_limits(
    layout: Layout, sample_table: pl.DataFrame, resolved: dict[str, list[Resolved]]
) -> None:
    begun = start(sample_table, [one.region.code for one in resolved["plan"] if not one.region.is_nation])
    assert begun is not None
    in_order = {
        name: sorted(all_, key=lambda one: begun.codes.index(one.region.code)) for name, all_ in resolved.items()
    }
    found = drivers.table(in_order, begun, History(sample_table), reference.grid_factors(layout))
    assert found.height == 3 * 32 * len(DRIVERS)
    assert found.filter(~((pl.col("low") <= pl.col("mode")) & (pl.col("mode") <= pl.col("high")))).is_empty()
    for driver in DRIVERS:
        low, high = params.limits(driver)
        assert found.filter(pl.col("driver") == driver, (pl.col("low") < low) | (pl.col("high") > high)).is_empty()
    for driver in params.CONDITIONS:  # the same in all scenarios
        levels = found.filter(pl.col("driver") == driver).select("region_code", "low", "mode", "high").unique()
        assert levels.height == 32
