from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from pipeline.scenarios.decomposition import STEPS, between, of_data_centres, of_facility, of_grid_electricity
from pipeline.scenarios.outlook import Outlook
from pipeline.scenarios.projection import project
from pipeline.scenarios.start import start
from tests.scenarios.conftest import NATION, PROVINCE
from tests.scenarios.test_projection import MOVED, YEARS


def test_one_driver_alone_has_the_whole_difference(table: pl.DataFrame) -> None:
    begun = start(table, [PROVINCE])
    assert begun is not None

    def run(**moved: float) -> object:
        return project(begun, {name: np.full((2, 1), value) for name, value in (MOVED | moved).items()}, YEARS)

    for driver, step in {
        "g_it": "it",
        "pue_new": "pue",
        "e_bs": "per_kwh",
        "g_other": "other",
        "s_room": "core",
    }.items():
        found = between(run(), run(**{driver: MOVED[driver] / 2 + (driver == "pue_new")}), PROVINCE, 2030)  # type: ignore[arg-type]
        assert found is not None
        pue = found.steps.pop("pue") if step == "it" else 0.0  # what is new has another PUE than the stock
        assert found.steps[step] == pytest.approx(found.after - found.before - pue)
        assert all(value == pytest.approx(0, abs=1e-9) for name, value in found.steps.items() if name != step)
    green = between(run(), run(green_share_2030=0.6), NATION, 2030, "carbon.market")  # type: ignore[arg-type]
    assert green is not None
    assert green.steps["green"] == pytest.approx(green.after - green.before)


def test_the_steps_between_scenarios_lead_from_one_to_the_other(sample: Outlook) -> None:
    """For the nation over all provinces, and for each province; energy and CO2 both ways."""
    sums = sample.steps.group_by("one", "other", "region_code", "measure").agg(
        pl.col("value").sum(), pl.col("before").first(), pl.col("after").first()
    )
    assert sums.height == 3 * (32 + 31 + 31)  # 西藏 has no factor and so no emissions
    for row in sums.iter_rows(named=True):
        assert row["before"] + row["value"] == pytest.approx(row["after"], rel=1e-9)
    assert set(sample.steps["step"]) == set(STEPS)
    conditions = sample.steps.filter(pl.col("step").is_in(["it", "traffic", "grid", "residual"]))
    assert (conditions["value"].abs() <= 1e-9 * conditions["before"]).all()  # the same in all scenarios


def test_a_facility_type_by_hand() -> None:
    """Flow doubles, energy grows by half: L = 50 / ln 1.5."""
    mean = 50 / math.log(1.5)
    assert of_facility((100, 150), (10, 20)) == pytest.approx((mean * math.log(2), mean * math.log(0.75)))
    assert sum(of_data_centres((100, 180), (1.5, 1.25))) == pytest.approx(180 * 1.25 - 150)


def test_the_emissions_of_grid_electricity_by_hand() -> None:
    """Only the factor of one of two like provinces falls, by half: 50 -> 25."""
    one, factor = np.array([10.0, 10.0]), np.array([0.5, 0.5])
    found = of_grid_electricity((one, one), (one * 10, one * 10), (factor, factor * [1, 0.5]))
    assert found["factor"] == pytest.approx(-25)
    assert found["activity"] == found["structure"] == found["intensity"] == 0
    market = of_grid_electricity((one, one), (one * 10, one * 10), (factor, factor), (one / 10, one / 20))
    assert market["green"] == pytest.approx(-50)
