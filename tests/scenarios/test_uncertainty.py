from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.special import ndtri
from scipy.stats import rankdata

from pipeline.given import reference
from pipeline.layout import Layout
from pipeline.scenarios.drivers import DRIVERS
from pipeline.scenarios.projection import project
from pipeline.scenarios.start import start
from pipeline.scenarios.uncertainty import draws, meets, one_at_a_time, percentiles, triangular
from tests.scenarios.conftest import PROVINCE
from tests.scenarios.test_projection import MOVED, YEARS

COMMON, CORRELATION = np.array([0.5, 0.5]), np.array([0.8, 0.8])
TRIPLES = {name: np.array([[0.9 * value, value, 1.2 * value]] * 2) for name, value in MOVED.items()}


def test_a_triangular_distribution_by_hand() -> None:
    """(0, 1, 4): a quarter lies below the mode; half of all below 4 - sqrt(0.5 x 4 x 3)."""
    found = triangular(np.array([0.0, 0.25, 0.5, 1.0]), np.array([[0.0, 1.0, 4.0]]))
    assert found[0] == pytest.approx([0, 1, 4 - 6**0.5, 4])


@pytest.mark.parametrize("triple", [(1.0, 1.0, 3.0), (1.0, 3.0, 3.0), (2.0, 2.0, 2.0)])
def test_the_mode_may_be_an_end(triple: tuple[float, float, float]) -> None:
    found = triangular(np.linspace(0, 1, 101), np.array([triple]))
    assert np.isfinite(found).all()
    assert (found.min(), found.max()) == (triple[0], triple[2])


def test_the_same_seed_gives_the_same_draws_to_the_bit() -> None:
    one, other, third = (draws(TRIPLES, COMMON, CORRELATION, 500, seed) for seed in (1, 1, 2))
    assert all(one[name].tobytes() == other[name].tobytes() for name in DRIVERS)
    assert any((one[name] != third[name]).any() for name in DRIVERS)
    assert one["g_it"].shape == (2, 500)


def test_draws_keep_their_mean_and_their_limits() -> None:
    for name, values in draws(TRIPLES, COMMON, CORRELATION, 2000).items():
        low, mode, high = TRIPLES[name][0]
        assert values.mean() == pytest.approx((low + mode + high) / 3, rel=5e-3)
        assert low <= values.min() <= values.max() <= high


def scores(values: np.ndarray) -> np.ndarray:
    """The normal scores of draws, by rank."""
    return ndtri((rankdata(values, axis=-1) - 0.5) / values.shape[-1])


def test_flow_and_mobile_traffic_are_drawn_together() -> None:
    drawn = draws(TRIPLES, np.array([0.3, 1.0]), np.array([0.8, 0.0]), 4096)
    flow, traffic, other = (scores(drawn[name]) for name in ("g_flow", "g_traffic", "g_volume"))
    assert np.corrcoef(flow[0], traffic[0])[0, 1] == pytest.approx(0.8, abs=0.02)
    assert np.corrcoef(flow[1], traffic[1])[0, 1] == pytest.approx(0.0, abs=0.02)
    assert np.corrcoef(flow[0], other[0])[0, 1] == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_provinces_have_a_part_in_common_and_one_of_their_own(share: float) -> None:
    drawn = draws(TRIPLES, np.array([share, share]), CORRELATION, 4096)
    for name in ("g_it", "g_traffic", "e_bs"):
        one, other = scores(drawn[name])
        assert np.corrcoef(one, other)[0, 1] == pytest.approx(share, abs=0.03)


def test_the_sum_of_provinces_is_surer_the_less_they_have_in_common() -> None:
    """Two like provinces: the variance of their sum is 2 (1 + r) that of one, r about the common share."""
    spreads = {}
    for share in (0.0, 0.5, 1.0):
        one, other = draws(TRIPLES, np.array([share, share]), CORRELATION, 4096)["g_volume"]
        spreads[share] = (one + other).std() / one.std()
    assert spreads[0.0] == pytest.approx(2**0.5, rel=0.02)
    assert spreads[0.5] == pytest.approx(3**0.5, rel=0.02)
    assert spreads[1.0] == pytest.approx(2.0, rel=1e-9)


def test_without_width_every_draw_is_the_single_path(table: pl.DataFrame) -> None:
    begun = start(table, [PROVINCE])
    assert begun is not None
    flat = {name: np.array([[value] * 3] * 2) for name, value in MOVED.items()}
    cloud = project(begun, draws(flat, COMMON, CORRELATION, 64), YEARS)
    single = project(begun, {name: values[:, 1:2] for name, values in flat.items()}, YEARS)
    for measure, values in single.measures.items():
        for percentile in percentiles(cloud.measures[measure]):
            assert percentile == pytest.approx(values[:, :, 0], rel=1e-12)


def test_one_driver_at_a_time() -> None:
    found, moved = one_at_a_time(TRIPLES)
    assert len(moved) == 2 * len(DRIVERS)
    for name in DRIVERS:
        others = [at for at, (driver, _) in enumerate(moved, 1) if driver != name]
        assert (found[name][:, [0, *others]] == TRIPLES[name][:, [1]]).all()
        assert found[name][0, 1 + moved.index((name, "low"))] == TRIPLES[name][0, 0]
        assert found[name][0, 1 + moved.index((name, "high"))] == TRIPLES[name][0, 2]


def test_the_number_itself_meets_a_target(layout: Layout) -> None:
    target = next(one for one in reference.load_plan(layout).targets if one.indicator == "energy.per_flow.change")
    values = np.array([-0.2, 0.8 - 1, -0.1999999, -0.3, np.nan])
    assert meets(target, values)[:4].tolist() == [1, 1, 0, 1]
    assert np.isnan(meets(target, values)[4])
