"""How sure is a sum of cases? Joint draws of independent triangular uncertainties."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import qmc

POWER = 12  # 2^12 draws: quantiles of a sum are right to about 0.1 % of its width
SEED = 2022
LEVEL = 0.9
Draws = npt.NDArray[np.float64]


def bounds(cases: pl.DataFrame) -> tuple[Draws, Draws, Draws]:
    """Lowest, likeliest and highest net of each case, tCO2: net_tco2 less and more uncertainty_low_pct and _high_pct
    percent of its size. A case without them is taken as certain."""
    net = cases["net_tco2"].to_numpy().astype(float)
    low, high = (
        cases[f"uncertainty_{side}_pct"].fill_null(0.0).to_numpy() / 100 * np.abs(net) for side in ("low", "high")
    )
    return net - low, net, net + high


def quantile(share: Draws, low: Draws, mode: Draws, high: Draws) -> Draws:
    """The quantiles of triangular distributions (by inversion of their distribution function); the mode where low = high."""
    width = high - low
    wide = np.where(width > 0, width, 1.0)
    turn = (mode - low) / wide
    below = low + np.sqrt(share * wide * (mode - low))
    above = high - np.sqrt((1 - share) * wide * (high - mode))
    return np.where(width > 0, np.where(share < turn, below, above), mode)


def draws(cases: pl.DataFrame, seed: int = SEED) -> Draws:
    """2^POWER draws (rows) of the net of each case (columns), tCO2, by a scrambled Sobol sequence."""
    if cases.is_empty():
        return np.zeros((1 << POWER, 0))
    shares = qmc.Sobol(cases.height, scramble=True, rng=seed).random_base2(POWER)
    return quantile(shares, *(side[np.newaxis, :] for side in bounds(cases)))


def of_each(cases: pl.DataFrame) -> tuple[Draws, Draws]:
    """Both ends of the central LEVEL interval of each case."""
    tail = np.array((1 - LEVEL) / 2)
    return quantile(tail, *bounds(cases)), quantile(1 - tail, *bounds(cases))


def of_sum(drawn: Draws) -> tuple[float, float]:
    """Both ends of the central LEVEL interval of the sum of the columns: of the joint draws, not of added bounds."""
    low, high = np.quantile(drawn.sum(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
