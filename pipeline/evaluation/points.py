"""How do values become points? Of all enterprises of a set at once: arrays of enterprises x criteria, nan what is missing.

Three ways of scaling, see `SCALINGS`. All take their bounds from the scheme, none from who else filed: nobody's grade depends
on others. So the min-max scaling is that with goalposts (as the human development index has it), and the z-score is taken about
the middle of the goalposts, with a quarter of their distance for a standard deviation, and mapped by the normal distribution.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pipeline.evaluation.scheme import Criterion

Array = NDArray[np.float64]
SCALINGS = ("thresholds", "minmax", "zscore")
"""As the scheme declares it; linear between its bounds; the normal distribution about their middle."""
CODED = {"done": 1.0, "in_progress": 0.5, "not_started": 0.0}
"""What the status of an item of one row counts for its value; a fact of several rows is their mean."""


def improvement(values: Array, before: Array, better: str) -> Array:
    """The relative improvement on the own value of the baseline year; nan where one of them is missing or that was 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        better_by = (values - before) / np.abs(before) * (1 if better == "higher" else -1)
    return np.where(np.isfinite(better_by), better_by, np.nan)


def declared(criterion: Criterion, values: Array) -> Array:
    """Points as the scheme has them. values: of an improvement the relative one; of a fact its points already."""
    if criterion.fact:
        return values
    if criterion.table is None:
        return _linear(criterion, values)
    limits = np.array([limit for limit, _ in criterion.table]) * -criterion.sign  # from the best on they grow
    at = np.searchsorted(limits, np.nan_to_num(-criterion.sign * values, nan=np.inf) - _noise(limits))
    points = np.array([*(points for _, points in criterion.table), 0.0])[at]
    return np.where(np.isnan(values), np.nan, points)


def _noise(limits: Array) -> float:
    """What binary sums may be off: a limit that is hit exactly is reached."""
    return 1e-12 * max(1.0, float(np.abs(limits).max()))


def _linear(criterion: Criterion, values: Array) -> Array:
    zero, full = criterion.bounds
    return np.clip((values - zero) / (full - zero), 0.0, 1.0) * 100.0


def _zscore(criterion: Criterion, values: Array) -> Array:
    zero, full = criterion.bounds
    return np.asarray(100.0 * ndtr((values - (zero + full) / 2) / ((full - zero) / 4)))


def scaled(criteria: Sequence[Criterion], values: Array) -> Array:
    """Points by each of SCALINGS x enterprises x criteria. A value that is missing and means no points has 0, others that are
    missing nan. Coded facts have no scale: their points are those of the scheme by all of them."""
    found = np.full((len(SCALINGS), *values.shape), np.nan)
    for at, criterion in enumerate(criteria):
        column = values[:, at]
        own = declared(criterion, column)
        other = (own, own) if criterion.fact else (_linear(criterion, column), _zscore(criterion, column))
        for way, points in enumerate((own, *other)):
            found[way, :, at] = np.nan_to_num(points) if criterion.missing == "no_points" else points
    return found


def together(points: Array, weights: Array) -> tuple[Array, Array]:
    """The points of each enterprise (nan without any) and the weight of each of its criteria, that of what is left out shared
    among the others. points: enterprises x criteria."""
    there = ~np.isnan(points)
    own = there * weights
    whole = own.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        shared = own / np.where(whole > 0, whole, np.nan)
    return np.where(whole[:, 0] > 0, np.nansum(np.nan_to_num(points) * shared, axis=1), np.nan), shared


def grades(points: Array, cuts: Sequence[float]) -> NDArray[np.int64]:
    """The place of the grade that points give, 0 the best. cuts: the least points of each grade, from the best on. Points count
    as they are printed, to one decimal."""
    limits = np.array(cuts) - 0.05 + 1e-9
    return np.asarray((points[..., None] < limits[:-1]).sum(axis=-1))


def next_step(criterion: Criterion, value: float, points: float) -> tuple[float, float] | None:
    """The next value that gives more points, and these; None at the best. value, points: nan what is missing."""
    if criterion.fact:
        best = criterion.status.done if criterion.status else 100.0
        return (1.0, best) if points < best else None
    if criterion.table is not None:
        better = [row for row in criterion.table if np.isnan(points) or row[1] > points]
        return better[-1] if better else None
    return (criterion.bounds[1], 100.0) if np.isnan(points) or points < 100.0 else None
