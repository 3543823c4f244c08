"""Does a grade hang on a choice of ours? 10,000 times the choices are made otherwise, and points, ranks and grades computed again.

As the handbook on composite indicators of OECD and JRC (2008, part 7) asks, with what it names as choices: the weights (from a
Dirichlet distribution, within the intervals of the scheme), the scaling (`points.SCALINGS`), the aggregation of the dimensions
(arithmetic or geometric), and a criterion that is left out (one of them, or none). The draws are a scrambled Sobol sequence with
a fixed seed, so that every run says the same. First-order shares of variance (Saltelli et al., 2010): of a choice with few ways
from the means of each way, of the weights by taking the same weights with other choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv
from scipy.stats import qmc

from pipeline.evaluation.points import SCALINGS

DRAWS, SEED = 10_000, 2025
CHOICES = ("weights", "scaling", "aggregation", "left_out")
LOW, HIGH = 5.0, 95.0  # percentiles of the intervals
LEAST = 1.0  # points of a dimension in the geometric mean: none would be nothing altogether

Floats = NDArray[np.float32]
Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Draws:
    """weights: draws x criteria, each sums to 1. scaling: of SCALINGS; geometric: whether dimensions are multiplied; left_out:
    the criterion that is left out, as many as there are criteria for none."""

    weights: Floats
    scaling: Places
    geometric: NDArray[np.bool_]
    left_out: Places

    def with_weights_of(self, order: Places) -> Draws:
        """The same choices with the weights of other draws."""
        return Draws(self.weights[order], self.scaling, self.geometric, self.left_out)


@dataclass(frozen=True)
class Outcome:
    """What came of the draws, for each enterprise: the intervals of its points and of its rank, how often it had each grade, and
    what share of the variance of its points each of CHOICES has alone (nan where nothing varies)."""

    points: Floats
    ranks: Places
    grades: Numbers
    shares: Numbers


@lru_cache(8)
def draws(weights: tuple[float, ...], intervals: tuple[tuple[float, float], ...], n: int = DRAWS) -> Draws:
    """`n` draws of the choices."""
    count = len(weights)
    unit = qmc.Sobol(count + 3, rng=SEED).random_base2(max(n - 1, 1).bit_length())[:n]
    low, high = np.array(intervals).T
    spare = 1.0 - low.sum()
    drawn = np.broadcast_to(np.array(weights), (n, count)).copy()
    if spare > 1e-12:
        # Dirichlet about the scheme's weights, above the least of each; what is beyond the most goes where there is room.
        shape = np.maximum((np.array(weights) - low) / spare * count, 1e-6)
        gamma = gammaincinv(shape, np.clip(unit[:, :count], 1e-9, 1 - 1e-9)) + 1e-300
        drawn = low + spare * gamma / gamma.sum(axis=1, keepdims=True)
        beyond = np.maximum(drawn - high, 0.0).sum(axis=1, keepdims=True)
        drawn = np.minimum(drawn, high)
        room = high - drawn
        drawn += room * (beyond / np.maximum(room.sum(axis=1, keepdims=True), 1e-300))
    scaling, aggregation, left_out = unit[:, count:].T
    return Draws(
        drawn.astype(np.float32), (scaling * len(SCALINGS)).astype(np.int64), aggregation >= 0.5,
        (left_out * (count + 1)).astype(np.int64),
    )  # fmt: skip


def simulated(points: Numbers, dimensions: Sequence[int], made: Draws) -> Floats:
    """The points of every enterprise in every draw: draws x enterprises; none where everything it has is left out.

    points: SCALINGS x enterprises x criteria, see `points.scaled`. dimensions: the place of the dimension of each criterion."""
    weights = made.weights.copy()
    some = made.left_out < weights.shape[1]
    weights[np.flatnonzero(some), made.left_out[some]] = 0.0
    there = (~np.isnan(points[0])).astype(np.float32)
    filled = np.nan_to_num(points).astype(np.float32)
    whole = weights @ there.T
    found = np.empty((len(weights), points.shape[1]), np.float32)
    parts = [np.flatnonzero(np.array(dimensions) == one) for one in sorted(set(dimensions))]
    with np.errstate(invalid="ignore", divide="ignore"):
        for way in range(len(SCALINGS)):
            plain = np.flatnonzero((made.scaling == way) & ~made.geometric)
            found[plain] = weights[plain] @ filled[way].T / whole[plain]
            product = np.flatnonzero((made.scaling == way) & made.geometric)
            logs = np.zeros((len(product), points.shape[1]), np.float32)
            for part in parts:
                own = weights[np.ix_(product, part)]
                weight = own @ there[:, part].T
                mean = own @ filled[way][:, part].T
                np.divide(mean, weight, out=mean, where=weight > 0)
                logs += weight * np.log(np.maximum(mean, LEAST))
            found[product] = np.exp(logs / whole[product])
    found[whole <= 0] = 0.0
    return found


def ranked(points: Floats) -> Places:
    """1 the best, by row; equal ones share the better rank. nan comes last."""
    values = np.nan_to_num(-points, nan=np.inf)
    order = np.argsort(values, axis=1)
    inorder = np.take_along_axis(values, order, axis=1)
    place = np.arange(points.shape[1], dtype=np.int32)
    first = np.where(np.diff(inorder, axis=1, prepend=-np.inf) > 0, place, 0)
    ranks = np.empty_like(order, dtype=np.int32)
    np.put_along_axis(ranks, order, np.maximum.accumulate(first, axis=1).astype(np.int32) + 1, axis=1)
    return ranks  # type: ignore[return-value]


def outcome(points: Numbers, dimensions: Sequence[int], made: Draws, cuts: Sequence[float]) -> Outcome:
    """What the draws say of every enterprise. cuts: the least points of each grade, from the best on."""
    every = simulated(points, dimensions, made)
    by_enterprise = np.ascontiguousarray(every.T)
    reached = np.stack(
        [(by_enterprise >= cut - 0.05).mean(axis=1) for cut in cuts[:-1]] + [np.ones(len(by_enterprise))], axis=1
    )
    return Outcome(
        _between(by_enterprise),
        _between(np.ascontiguousarray(ranked(every).T)).round().astype(np.int64),
        np.diff(reached, axis=1, prepend=0.0),
        _shares(points, dimensions, made, every),
    )


def _between(rows: NDArray[np.generic]) -> Floats:
    """The percentiles LOW and HIGH of each row: 2 x rows. Those of the draws themselves: nothing lies in between."""
    last = rows.shape[1] - 1
    at = [round(last * share / 100) for share in (LOW, HIGH)]
    return np.partition(rows, at, axis=1)[:, at].T


def _shares(points: Numbers, dimensions: Sequence[int], made: Draws, every: Floats) -> Numbers:
    """The first-order shares of CHOICES in the variance of each enterprise's points."""
    values = every.astype(np.float64)
    centre = values.mean(axis=0)
    whole = values.var(axis=0)
    explained = np.empty((len(CHOICES), len(whole)))
    n = min(len(values), 2048)
    order = np.random.default_rng(SEED).permutation(len(values))[:n]
    mine = Draws(*(getattr(made, name)[order] for name in ("weights", "scaling", "geometric", "left_out")))
    again = simulated(points, dimensions, mine.with_weights_of(np.roll(np.arange(n), 1)))
    given = np.roll(values[order], 1, axis=0)  # the same weights, with the choices of their own
    explained[0] = ((again - again.mean(axis=0)) * (given - given.mean(axis=0))).mean(axis=0)
    for at, ways in enumerate((made.scaling, made.geometric.astype(np.int64), made.left_out), 1):
        counted = np.bincount(ways)
        means = np.stack([np.bincount(ways, weights=column) for column in values.T]) / np.maximum(counted, 1)
        explained[at] = (counted / len(ways) * (means - centre[:, None]) ** 2).sum(axis=1)
    varies = whole > 1e-9
    shares = np.divide(explained, whole, out=np.full_like(explained, np.nan), where=varies)
    return np.asarray(np.clip(shares, 0.0, 1.0).T)
