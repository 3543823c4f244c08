"""How sure are cases and their sum? Joint draws of independent triangular uncertainties.

What is filed of a case's uncertainty is that of its gross effect (attributed to ICT); the footprint of the ICT itself is
known from elsewhere and has an uncertainty of its own, the same share up and down for all.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import qmc

POWER = 12  # 2^12 draws: quantiles of a sum are right to about 0.1 % of its width
SEED = 2022
ENDS = (0.1, 0.9)
Draws = npt.NDArray[np.float64]


def bounds(cases: pl.DataFrame, footprint: float) -> tuple[tuple[Draws, Draws, Draws], tuple[Draws, Draws, Draws]]:
    """Lowest, likeliest and highest of each case, tCO2: of its attributed effect (net_tco2 + ict_footprint_tco2), less and
    more uncertainty_low_pct and _high_pct percent of its size, and of its footprint, less and more the share `footprint`.
    An effect without them is taken as certain."""
    own = cases["ict_footprint_tco2"].to_numpy().astype(float)
    effect = cases["net_tco2"].to_numpy().astype(float) + own
    low, high = (
        cases[f"uncertainty_{side}_pct"].fill_null(0.0).to_numpy() / 100 * np.abs(effect) for side in ("low", "high")
    )
    spread = footprint * np.abs(own)
    return (effect - low, effect, effect + high), (own - spread, own, own + spread)


def quantile(share: Draws, low: Draws, mode: Draws, high: Draws) -> Draws:
    """The quantiles of triangular distributions (by inversion of their distribution function); the mode where low = high."""
    width = high - low
    wide = np.where(width > 0, width, 1.0)
    turn = (mode - low) / wide
    below = low + np.sqrt(share * wide * (mode - low))
    above = high - np.sqrt((1 - share) * wide * (high - mode))
    return np.where(width > 0, np.where(share < turn, below, above), mode)


def draws(cases: pl.DataFrame, footprint: float, seed: int = SEED) -> Draws:
    """2^POWER draws (rows) of the net of each case (columns), tCO2, by a scrambled Sobol sequence."""
    if cases.is_empty():
        return np.zeros((1 << POWER, 0))
    shares = qmc.Sobol(2 * cases.height, scramble=True, rng=seed).random_base2(POWER)
    return _net(shares[:, : cases.height], shares[:, cases.height :], cases, footprint)


def _net(of_effect: Draws, of_own: Draws, cases: pl.DataFrame, footprint: float) -> Draws:
    effect, own = ([side[np.newaxis, :] for side in one] for one in bounds(cases, footprint))
    return quantile(of_effect, *effect) - quantile(of_own, *own)


def of_each(cases: pl.DataFrame, footprint: float) -> tuple[Draws, Draws]:
    """The ENDS of each case, whatever other cases there are."""
    shares = qmc.Sobol(2, scramble=True, rng=SEED).random_base2(POWER)
    low, high = np.quantile(_net(shares[:, :1], shares[:, 1:], cases, footprint), ENDS, axis=0)
    return low, high


def of_sum(drawn: Draws) -> tuple[float, float]:
    """The ENDS of the sum of the columns: of the joint draws, not of added bounds."""
    low, high = np.quantile(drawn.sum(axis=1), ENDS)
    return float(low), float(high)
