"""The draws: within their intervals, the same each time, and what comes of them as counted one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from pipeline.evaluation import robustness
from pipeline.evaluation.robustness import Draws, draws, outcome, ranked, simulated

WEIGHTS, INTERVALS = (0.5, 0.3, 0.2), ((0.4, 0.6), (0.2, 0.35), (0.1, 0.3))
NAN = float("nan")


def test_weights_stay_in_their_intervals_and_sum_to_one() -> None:
    made = draws(WEIGHTS, INTERVALS, 5000)
    low, high = np.array(INTERVALS).T
    assert made.weights.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (made.weights >= low - 1e-6).all()
    assert (made.weights <= high + 1e-6).all()
    assert made.weights.mean(axis=0) == pytest.approx([0.5, 0.3, 0.2], abs=0.02)
    assert made.weights.std(axis=0).min() > 0.02  # they do vary


def test_every_choice_is_made_alike_often_and_the_same_each_time() -> None:
    made = draws(WEIGHTS, INTERVALS, 3000)
    assert np.bincount(made.scaling) / 3000 == pytest.approx([1 / 3] * 3, abs=0.01)
    assert made.geometric.mean() == pytest.approx(0.5, abs=0.01)
    assert np.bincount(made.left_out) / 3000 == pytest.approx([1 / 4] * 4, abs=0.01)
    robustness.draws.cache_clear()
    assert (draws(WEIGHTS, INTERVALS, 3000).weights == made.weights).all()


def test_fixed_weights_do_not_vary() -> None:
    made = draws((0.7, 0.3), ((0.7, 0.7), (0.3, 0.3)), 64)
    assert (made.weights == np.array([0.7, 0.3], np.float32)).all()


def test_points_of_a_draw_by_hand() -> None:
    # one enterprise, three criteria in two dimensions; all scalings alike
    points = np.array([[[80.0, 20.0, 50.0]]] * 3)
    weights = np.array([[0.5, 0.3, 0.2]] * 4, np.float32)
    made = Draws(weights, np.array([0, 0, 1, 2]), np.array([False, True, False, True]), np.array([3, 3, 0, 2]))
    found = simulated(points, [0, 0, 1], made)[:, 0]
    assert found[0] == pytest.approx(0.5 * 80 + 0.3 * 20 + 0.2 * 50)  # 56
    # dimensions of 57.5 (weight 0.8) and 50 (0.2): 57.5^0.8 * 50^0.2
    assert found[1] == pytest.approx(57.5**0.8 * 50**0.2, rel=1e-5)  # 55.92
    assert found[2] == pytest.approx((0.3 * 20 + 0.2 * 50) / 0.5)  # without the first: 32
    assert found[3] == pytest.approx(57.5, rel=1e-5)  # without the last: one dimension


def test_a_dimension_without_points_does_not_void_all() -> None:
    points = np.array([[[81.0, 0.0]]] * 3)
    made = Draws(np.array([[0.5, 0.5]], np.float32), np.array([0]), np.array([True]), np.array([2]))
    assert simulated(points, [0, 1], made)[0, 0] == pytest.approx(9.0, rel=1e-5)  # sqrt(81 * 1)


def test_what_is_missing_shares_its_weight_in_every_draw() -> None:
    points = np.array([[[80.0, NAN, 20.0]]] * 3)
    made = Draws(np.array([[0.3, 0.5, 0.2]], np.float32), np.array([0]), np.array([False]), np.array([3]))
    assert simulated(points, [0, 0, 1], made)[0, 0] == pytest.approx(56)


def test_nothing_is_left_of_one_criterion_that_is_left_out() -> None:
    points = np.array([[[80.0, NAN]]] * 3)
    made = Draws(np.array([[0.6, 0.4]] * 2, np.float32), np.array([0, 1]), np.array([False, True]), np.array([0, 0]))
    assert simulated(points, [0, 1], made)[:, 0].tolist() == [0, 0]


def test_equal_points_share_the_better_rank() -> None:
    rows = np.array([[50.0, 70.0, 50.0, 10.0], [1.0, 2.0, 3.0, 4.0]], np.float32)
    assert ranked(rows).tolist() == [[2, 1, 2, 4], [4, 3, 2, 1]]


def test_intervals_of_points_and_ranks_against_brute_force() -> None:
    """Seven enterprises, five criteria in three dimensions, one value missing: each draw computed by itself, in plain Python."""
    rng = np.random.default_rng(7)
    own = rng.uniform(0, 100, (7, 5))
    own[3, 1] = NAN
    points = np.stack([own, np.minimum(own * 1.1, 100), 100 * ndtr((own - 50) / 25)])
    dimensions, weights = [0, 0, 1, 1, 2], (0.3, 0.2, 0.2, 0.2, 0.1)
    made = draws(weights, tuple((one - 0.08, one + 0.08) for one in weights), 400)
    every = [
        [
            _one(points[made.scaling[n], e], dimensions, made.weights[n], made.geometric[n], made.left_out[n])
            for e in range(7)
        ]
        for n in range(400)
    ]
    ranks = [[1 + sum(other > mine for other in draw) for mine in draw] for draw in every]
    found = outcome(points, dimensions, made, (80, 50, 0))
    for e in range(7):
        column, places = sorted(draw[e] for draw in every), sorted(draw[e] for draw in ranks)
        assert found.points[:, e] == pytest.approx([column[20], column[379]], rel=1e-4)  # 5 % and 95 % of 399
        assert found.ranks[:, e].tolist() == [places[20], places[379]]
        shares = [sum(one >= 79.95 for one in column), sum(49.95 <= one < 79.95 for one in column)]
        assert found.grades[e, :2] * 400 == pytest.approx(shares)
        assert found.grades[e].sum() == pytest.approx(1)


def _one(points: np.ndarray, dimensions: list[int], weights: np.ndarray, geometric: bool, left_out: int) -> float:
    there = [at for at in range(len(weights)) if at != left_out and not np.isnan(points[at])]
    whole = sum(float(weights[at]) for at in there)
    found = 1.0 if geometric else 0.0
    for dimension in set(dimensions):
        part = [at for at in there if dimensions[at] == dimension]
        if part:
            weight = sum(float(weights[at]) for at in part)
            mean = sum(float(weights[at]) * float(points[at]) for at in part) / weight
            found = found * max(mean, 1.0) ** (weight / whole) if geometric else found + mean * weight / whole
    return found


def test_the_choice_that_alone_makes_the_difference_has_all_of_the_variance() -> None:
    """Only the scaling moves the points: 60, 70 and 80. Then only the aggregation: 50 and sqrt(20 * 80) = 40."""
    fixed = ((0.5, 0.5), (0.5, 0.5))
    made = draws((0.5, 0.5), fixed, 4096)
    scaling = np.array([[[60.0, 60.0]], [[70.0, 70.0]], [[80.0, 80.0]]])
    assert outcome(scaling, [0, 0], made, (50, 0)).shares[0] == pytest.approx([0, 1, 0, 0], abs=0.01)
    kept = Draws(made.weights, made.scaling, made.geometric, np.full(4096, 2))  # nothing is left out
    both = np.array([[[20.0, 80.0]]] * 3)
    assert outcome(both, [0, 1], kept, (50, 0)).shares[0] == pytest.approx([0, 0, 1, 0], abs=0.03)


def test_the_share_of_weights() -> None:
    """Points 0 and 100 in one dimension: all that moves are the weights; nothing is left out."""
    made = draws((0.5, 0.5), ((0.2, 0.8), (0.2, 0.8)), 4096)
    kept = Draws(made.weights, made.scaling, made.geometric, np.full(4096, 2))
    found = outcome(np.array([[[0.0, 100.0]]] * 3), [0, 0], kept, (50, 0)).shares[0]
    assert found[0] == pytest.approx(1, abs=0.01)
    assert found[1:] == pytest.approx([0, 0, 0], abs=0.02)
