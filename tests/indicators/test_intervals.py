"""Intervals of cases and of their sums."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import triang

from pipeline.indicators import intervals


def cases(*rows: tuple[float, float | None, float | None]) -> pl.DataFrame:
    columns = ("net_tco2", "uncertainty_low_pct", "uncertainty_high_pct")
    return pl.DataFrame(list(rows), dict.fromkeys(columns, pl.Float64), orient="row")


@given(st.floats(-1e6, 1e6), st.floats(0, 200), st.floats(0, 200), st.floats(0.001, 0.999))
def test_quantiles_are_those_of_the_triangular_distribution(net: float, low: float, high: float, share: float) -> None:
    [bottom], [mode], [top] = intervals.bounds(cases((net, low, high)))
    [found] = intervals.quantile(np.array([share]), *intervals.bounds(cases((net, low, high))))
    assert bottom <= found <= top
    if top - bottom > 1e-6:
        expected = triang.ppf(share, (mode - bottom) / (top - bottom), bottom, top - bottom)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * (top - bottom))


def test_a_negative_net_has_its_lower_end_below() -> None:
    [low], [high] = intervals.of_each(cases((-1000.0, 10.0, 30.0)))
    assert low < -1000 < high


def test_certain_cases_have_no_width() -> None:
    rows = cases((100.0, None, None), (50.0, 0.0, 0.0))
    assert intervals.of_sum(intervals.draws(rows)) == pytest.approx((150, 150))


def test_a_sum_is_surer_than_its_bounds_added() -> None:
    rows = cases(*[(100.0, 20.0, 20.0)] * 10)
    low, high = intervals.of_sum(intervals.draws(rows))
    each = intervals.of_each(rows)
    assert each[0].sum() < low < 1000 < high < each[1].sum()
    spread = 20 / np.sqrt(6) * np.sqrt(10)  # of ten symmetric triangles; the sum is nearly normal
    assert high - 1000 == pytest.approx(1.645 * spread, rel=0.02)


def test_the_same_seed_gives_the_same_draws_and_another_nearly_the_same_interval() -> None:
    rows = cases((100.0, 20.0, 30.0), (200.0, 10.0, 5.0), (-50.0, 40.0, 40.0))
    first = intervals.draws(rows)
    assert (first == intervals.draws(rows)).all()
    one, other = (np.array(intervals.of_sum(intervals.draws(rows, seed))) for seed in (1, 2))
    assert one == pytest.approx(other, rel=2e-3)


def test_parts_are_of_the_same_draws() -> None:
    """A total's interval comes from the joint draws: part by part they add up."""
    drawn = intervals.draws(cases((100.0, 20.0, 30.0), (200.0, 10.0, 5.0)))
    assert drawn[:, [0]].sum(axis=1) + drawn[:, [1]].sum(axis=1) == pytest.approx(drawn.sum(axis=1))


def test_no_case_has_no_draws() -> None:
    assert intervals.of_sum(intervals.draws(cases())) == (0, 0)
