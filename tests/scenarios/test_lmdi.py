"""Decomposition: by hand, and by what must hold for any numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from pipeline.scenarios.lmdi import Factors, lmdi_additive, lmdi_multiplicative, logarithmic_mean

positive = st.floats(1e-3, 1e6)
some = st.one_of(positive, positive, positive, st.just(0.0))


def pairs(elements: st.SearchStrategy[float]) -> st.SearchStrategy[tuple[Factors, Factors]]:
    shapes = st.tuples(st.integers(1, 5), st.integers(1, 4))
    return shapes.flatmap(
        lambda shape: st.tuples(*(nps.arrays(np.float64, shape, elements=elements) for _ in range(2)))
    )


def total(factors: Factors) -> float:
    return float(factors.prod(axis=1).sum())


def test_one_group_by_hand() -> None:
    """Activity doubles, intensity falls by a quarter: 100 to 150; L = 50 / ln 1.5."""
    mean = 50 / math.log(1.5)
    effects = lmdi_additive(np.array([[10.0, 10.0]]), np.array([[20.0, 7.5]]))
    assert effects == pytest.approx([mean * math.log(2), mean * math.log(0.75)])
    assert lmdi_multiplicative(np.array([[10.0, 10.0]]), np.array([[20.0, 7.5]])) == pytest.approx([2, 0.75])


# X. Y. Xu and B. W. Ang, "Multilevel index decomposition analysis: approaches and application", Energy Economics 44 (2014)
# 375-382, table 1 (data after Ang 1995: energy and activity in year 0 and in year T) and table 2 (multiplicative LMDI-I).
SECTORS = [(30, 10, 40, 20), (20, 40, 24, 60)]
SUBSECTORS = [(20, 5, 30, 12), (10, 5, 10, 8), (8, 10, 15, 30), (12, 30, 9, 30)]


@pytest.mark.parametrize(
    ("groups", "expected"), [(SECTORS, [1.5998, 1.1183, 0.7154]), (SUBSECTORS, [1.5936, 1.2378, 0.6489])]
)
def test_a_published_example(groups: list[tuple[float, ...]], expected: list[float]) -> None:
    """Activity, structure and intensity of two sectors and of their four subsectors; the total grows from 50 to 64."""
    energy0, activity0, energy1, activity1 = np.array(groups, float).T
    before, after = (
        np.column_stack([np.full(len(q), q.sum()), q / q.sum(), e / q])
        for e, q in ((energy0, activity0), (energy1, activity1))
    )
    effects = lmdi_multiplicative(before, after)
    assert effects == pytest.approx(expected, abs=5e-5)
    assert effects.prod() == pytest.approx(1.28)


def test_two_groups_by_hand() -> None:
    """Energy = activity x share x intensity. Group 1: 100 x 0.5 x 2 to 100 x 0.25 x 2, group 2 takes over at half of it."""
    before = np.array([[100.0, 0.5, 2.0], [100.0, 0.5, 1.0]])
    after = np.array([[100.0, 0.25, 2.0], [100.0, 0.75, 1.0]])
    one, other = (50 - 100) / math.log(0.5), (75 - 50) / math.log(1.5)
    activity, structure, intensity = lmdi_additive(before, after)
    assert (activity, intensity) == (0, 0)
    assert structure == pytest.approx(one * math.log(0.5) + other * math.log(1.5))
    assert structure == pytest.approx(125 - 150)


@given(pairs(some))
def test_parts_sum_to_the_change(pair: tuple[Factors, Factors]) -> None:
    before, after = pair
    size = max(total(before), total(after), 1e-300)
    assert lmdi_additive(before, after).sum() == pytest.approx(total(after) - total(before), abs=1e-9 * size)


@given(pairs(positive))
def test_ratios_multiply_to_the_ratio(pair: tuple[Factors, Factors]) -> None:
    before, after = pair
    assert lmdi_multiplicative(before, after).prod() == pytest.approx(total(after) / total(before), rel=1e-9)


@given(pairs(some), st.randoms())
def test_the_order_of_factors_and_groups_does_not_matter(pair: tuple[Factors, Factors], random: object) -> None:
    before, after = pair
    factors, groups = list(range(before.shape[1])), list(range(before.shape[0]))
    random.shuffle(factors)  # type: ignore[attr-defined]
    random.shuffle(groups)  # type: ignore[attr-defined]
    plain = lmdi_additive(before, after)
    mixed = lmdi_additive(before[groups][:, factors], after[groups][:, factors])
    size = max(total(before), total(after), 1e-300)
    assert mixed == pytest.approx(plain[factors], abs=1e-9 * size, rel=1e-9)


@given(pairs(some))
def test_swapping_the_years_flips_the_signs(pair: tuple[Factors, Factors]) -> None:
    before, after = pair
    size = max(total(before), total(after), 1e-300)
    assert lmdi_additive(after, before) == pytest.approx(-lmdi_additive(before, after), abs=1e-9 * size)


@given(pairs(some))
def test_a_zero_stays_finite(pair: tuple[Factors, Factors]) -> None:
    assert np.isfinite(lmdi_additive(*pair)).all()


def test_a_group_that_appears_is_the_work_of_what_was_zero() -> None:
    assert lmdi_additive(np.array([[5.0, 0.0]]), np.array([[6.0, 2.0]])) == pytest.approx([0, 12])
    assert lmdi_additive(np.array([[0.0, 0.0]]), np.array([[6.0, 2.0]])) == pytest.approx([6, 6])


def test_a_small_number_in_place_of_zero_tends_to_the_limit() -> None:
    after = np.array([[6.0, 2.0]])
    errors = [abs(lmdi_additive(np.array([[5.0, tiny]]), after) - [0, 12]).max() for tiny in (1e-5, 1e-50, 1e-200)]
    assert errors[0] > errors[1] > errors[2]


@given(positive, positive)
def test_the_logarithmic_mean_lies_between_the_geometric_and_the_arithmetic(a: float, b: float) -> None:
    mean = float(logarithmic_mean(a, b))
    assert math.sqrt(a * b) * (1 - 1e-9) <= mean <= (a + b) / 2 * (1 + 1e-9)


@given(positive, st.floats(-1e-9, 1e-9))
def test_it_is_steady_where_both_are_nearly_the_same(a: float, gap: float) -> None:
    assert float(logarithmic_mean(a, a * (1 + gap))) == pytest.approx(a, rel=1e-8)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (np.ones((2, 2)), np.ones((3, 2))),
        (np.ones(3), np.ones(3)),
        (np.array([[-1.0, 1.0]]), np.ones((1, 2))),
        (np.array([[np.nan, 1.0]]), np.ones((1, 2))),
    ],
)
def test_what_cannot_be_decomposed_is_refused(before: Factors, after: Factors) -> None:
    with pytest.raises(ValueError, match="factors"):
        lmdi_additive(before, after)


def test_a_ratio_needs_totals() -> None:
    with pytest.raises(ValueError, match="above zero"):
        lmdi_multiplicative(np.zeros((1, 2)), np.ones((1, 2)))
