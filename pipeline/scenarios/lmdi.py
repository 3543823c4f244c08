"""Which factor makes the difference between two states? Logarithmic mean Divisia index I, additive and multiplicative.

B. W. Ang, "The LMDI approach to decomposition analysis: a practical guide", Energy Policy 33 (2005) 867-871; zeros by the
analytical limits of R. Wood and M. Lenzen, "Zero-value problems of the logarithmic mean Divisia index decomposition
method", Energy Policy 34 (2006) 1326-1331.

A total is the sum over groups of the product of each group's factors: V = sum_i x_1i x_2i ... x_ni. All arrays are
groups x factors, non-negative; every function gives one effect per factor.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Factors = npt.NDArray[np.float64]


def lmdi_additive(before: Factors, after: Factors) -> Factors:
    """The effects, in the unit of the total, that sum to its change. Raises ValueError for other shapes or negatives."""
    return np.asarray(_effects(before, after).sum(axis=0))


def lmdi_multiplicative(before: Factors, after: Factors) -> Factors:
    """The effects, as ratios, whose product is the ratio of the totals. Raises ValueError, also where a total is zero."""
    totals = [float(np.prod(one, axis=1).sum()) for one in (before, after)]
    if min(totals) <= 0:
        raise ValueError(f"a ratio of totals needs both above zero, not {totals}")
    return np.asarray(np.exp(lmdi_additive(before, after) / logarithmic_mean(*totals)))


def logarithmic_mean(one: npt.ArrayLike, other: npt.ArrayLike) -> Factors:
    """(a - b) / (ln a - ln b); a where both are the same; 0 where one of them is 0."""
    a, b = np.broadcast_arrays(np.asarray(one, float), np.asarray(other, float))
    low, high = np.minimum(a, b), np.maximum(a, b)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(low > 0, (high - low) / low, np.inf)
        mean = (high - low) / np.log1p(relative)
        series = low * (1 + relative / 2)  # - r^2/12 ...
    return np.where(low <= 0, 0.0, np.where(relative < 1e-8, series, mean))


def _effects(before: Factors, after: Factors) -> Factors:
    """The effect of each factor in each group.

    A group whose factors change between zero and something has the limit for that zero: the whole change of the group,
    shared evenly by the factors that make it zero; the others have none.
    """
    before, after = np.asarray(before, float), np.asarray(after, float)
    if before.shape != after.shape or before.ndim != 2 or not before.shape[1]:
        raise ValueError(f"both must be groups x factors, not {before.shape} and {after.shape}")
    if (
        not (np.isfinite(before).all() and np.isfinite(after).all())
        or min(before.min(initial=0), after.min(initial=0)) < 0
    ):
        raise ValueError("factors are finite and not negative")
    first, last = before.prod(axis=1), after.prod(axis=1)
    weight = logarithmic_mean(first, last)[:, np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = np.where(weight > 0, weight * (np.log(after) - np.log(before)), 0.0)
    vanishing = (first > 0) != (last > 0)
    turned = (before == 0) != (after == 0)
    shares = turned / np.maximum(turned.sum(axis=1, keepdims=True), 1)
    return np.where(vanishing[:, np.newaxis], shares * (last - first)[:, np.newaxis], plain)
