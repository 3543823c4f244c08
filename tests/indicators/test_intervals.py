"""Intervals of cases and of their sums."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import triang

from pipeline.indicators import intervals


def cases(*rows: tuple[float, float | None, float | None], own: float = 0.0) -> pl.DataFrame:
    """Cases by net, uncertainty below and above; own: the footprint of each."""
    columns = ("net_tco2", "uncertainty_low_pct", "uncertainty_high_pct")
    return pl.DataFrame(list(rows), dict.fromkeys(columns, pl.Float64), orient="row").with_columns(
        ict_footprint_tco2=pl.lit(own)
    )


@given(st.floats(-1e6, 1e6), st.floats(0, 200), st.floats(0, 200), st.floats(0.001, 0.999))
def test_quantiles_are_those_of_the_triangular_distribution(net: float, low: float, high: float, share: float) -> None:
    effect, _ = intervals.bounds(cases((net, low, high)), 0.3)
    [bottom], [mode], [top] = effect
    [found] = intervals.quantile(np.array([share]), *effect)
    assert bottom <= found <= top
    if top - bottom > 1e-6:
        expected = triang.ppf(share, (mode - bottom) / (top - bottom), bottom, top - bottom)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * (top - bottom))


def test_the_gross_effect_and_the_footprint_have_uncertainties_of_their_own() -> None:
    """Net 700 of 1000 attributed less 300: -10 and +20 % of 1000, 30 % of 300 either way."""
    effect, own = intervals.bounds(cases((700.0, 10.0, 20.0), own=300.0), 0.3)
    assert [side.item() for side in effect] == [900, 1000, 1200]
    assert [side.item() for side in own] == pytest.approx([210, 300, 390])


def test_a_footprint_alone_spreads_the_net() -> None:
    """A sure effect of 1000 less a footprint between 80 and 120: P10 and P90 of the triangle are 100 -+ 20 (1 - sqrt 0.2)."""
    [low], [high] = intervals.of_each(cases((900.0, None, None), own=100.0), 0.2)
    spread = 20 * (1 - 0.2**0.5)
    assert [low, high] == pytest.approx([900 - spread, 900 + spread], rel=1e-3)


def test_a_negative_net_has_its_lower_end_below() -> None:
    [low], [high] = intervals.of_each(cases((-1000.0, 10.0, 30.0)), 0.3)
    assert low < -1000 < high


def test_certain_cases_have_no_width() -> None:
    rows = cases((100.0, None, None), (50.0, 0.0, 0.0))
    assert intervals.of_sum(intervals.draws(rows, 0.3)) == pytest.approx((150, 150))


def test_a_sum_is_surer_than_its_bounds_added() -> None:
    rows = cases(*[(100.0, 20.0, 20.0)] * 10)
    low, high = intervals.of_sum(intervals.draws(rows, 0.3))
    each = intervals.of_each(rows, 0.3)
    assert each[0].sum() < low < 1000 < high < each[1].sum()
    spread = 20 / np.sqrt(6) * np.sqrt(10)  # of ten symmetric triangles; the sum is nearly normal
    assert high - 1000 == pytest.approx(1.2816 * spread, rel=0.02)


def test_the_same_seed_gives_the_same_draws_and_another_nearly_the_same_interval() -> None:
    rows = cases((100.0, 20.0, 30.0), (200.0, 10.0, 5.0), (-50.0, 40.0, 40.0))
    first = intervals.draws(rows, 0.3)
    assert (first == intervals.draws(rows, 0.3)).all()
    one, other = (np.array(intervals.of_sum(intervals.draws(rows, 0.3, seed))) for seed in (1, 2))
    assert one == pytest.approx(other, rel=2e-3)


def test_parts_are_of_the_same_draws() -> None:
    """A total's interval comes from the joint draws: part by part they add up."""
    drawn = intervals.draws(cases((100.0, 20.0, 30.0), (200.0, 10.0, 5.0)), 0.3)
    assert drawn[:, [0]].sum(axis=1) + drawn[:, [1]].sum(axis=1) == pytest.approx(drawn.sum(axis=1))


def test_no_case_has_no_draws() -> None:
    assert intervals.of_sum(intervals.draws(cases(), 0.3)) == (0, 0)
