"""How sure is a scenario? Triangular draws of all drivers, what comes of them, and what each driver alone does.

Quasi-random (Sobol, scrambled, seeded): the same seed gives the same draws to the bit. A Gaussian copula joins them: of
each driver's normal score a part (`common_share`) is common to all provinces, which share technology, prices and policy,
the rest is a province's own, so that some of the nation's uncertainty averages away; and the scores of information flow
and mobile traffic are correlated (`flow_traffic_correlation`), for much of the one is the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.given.params import Resolved
from pipeline.given.reference import Target
from pipeline.scenarios.drivers import DRIVERS
from pipeline.scenarios.start import Array
from pipeline.wording import NOISE

DRAWS = 2000
SEED = 20222025
PERCENTILES = (10, 50, 90)


def draws(
    triples: Mapping[str, Array], common: Array, correlation: Array, count: int = DRAWS, seed: int = SEED
) -> dict[str, Array]:
    """Driver -> region x draw, from region x (low, mode, high) of DRIVERS: triangular, at `quantiles`."""
    found = quantiles(common, correlation, count, seed)
    return {driver: triangular(found[:, at], triples[driver]) for at, driver in enumerate(DRIVERS)}


def shared(resolved: Sequence[Resolved]) -> tuple[Array, Array]:
    """`common` and `correlation` of regions, from their parameters."""
    common, correlation = (
        np.array([getattr(one.params, name) for one in resolved])
        for name in ("common_share", "flow_traffic_correlation")
    )
    return common, correlation


def quantiles(common: Array, correlation: Array, count: int = DRAWS, seed: int = SEED) -> Array:
    """Region x driver (of DRIVERS) x draw, quasi-random: where in its distribution each driver lies.

    common: of each region, the share of a score's variance that it has in common with the others. correlation: of each
    region, that of the scores of g_flow and g_traffic.
    """
    from scipy.special import ndtr, ndtri  # with its statistics more than half a second, for those who draw
    from scipy.stats import qmc

    shape = (1 + len(common), len(DRIVERS))
    power = int(np.ceil(np.log2(max(count, 1))))
    points = qmc.Sobol(d=shape[0] * shape[1], scramble=True, rng=seed).random_base2(power)[:count]
    scores = ndtri(np.clip(points, 1e-12, 1 - 1e-12)).T.reshape(*shape, -1)
    of_all, own = (np.sqrt(share)[:, np.newaxis, np.newaxis] for share in (common, 1 - common))
    joint = of_all * scores[0] + own * scores[1:]
    flow, traffic = (joint[:, DRIVERS.index(name)] for name in ("g_flow", "g_traffic"))
    rho = correlation[:, np.newaxis]
    joint[:, DRIVERS.index("g_traffic")] = rho * flow + np.sqrt(1 - rho**2) * traffic
    return np.asarray(ndtr(joint))


def triangular(quantiles: Array, triples: Array) -> Array:
    """The values of triangular distributions at quantiles (draws, or region x draw): region x draw, from region x (low, mode,
    high)."""
    low, mode, high = (triples[:, [at]] for at in range(3))
    width = high - low
    with np.errstate(divide="ignore", invalid="ignore"):
        at_mode = np.where(width > 0, (mode - low) / width, 0.0)
        below = low + np.sqrt(quantiles * width * (mode - low))
        above = high - np.sqrt((1 - quantiles) * width * (high - mode))
    return np.where(width > 0, np.where(quantiles < at_mode, below, above), mode)


def percentiles(values: Array) -> Array:
    """PERCENTILES of regions x years x draws: PERCENTILES x regions x years; nan where a value is not known."""
    return np.percentile(values, PERCENTILES, axis=-1)


def one_at_a_time(triples: Mapping[str, Array]) -> tuple[dict[str, Array], list[tuple[str, str]]]:
    """All drivers at their mode in the first draw, then each at its low and its high alone.

    Driver -> region x draw, and the (driver, low or high) of each draw after the first.
    """
    moved = [(driver, level) for driver in DRIVERS for level in ("low", "high")]
    found = {}
    for driver in DRIVERS:
        low, mode, high = (triples[driver][:, [at]] for at in range(3))
        columns = [{"low": low, "high": high}[level] if name == driver else mode for name, level in moved]
        found[driver] = np.concatenate([mode, *columns], axis=1)
    return found, moved


def first_met(target: Target, years: Sequence[int], path: Array, since: float) -> int | None:
    """The first of `years`, from `since` on, in which a path meets the target; None where it does in none."""
    met = (year for year, holds in zip(years, meets(target, path), strict=True) if holds == 1 and year >= since)
    return next(met, None)


def meets(target: Target, values: Array) -> Array:
    """1 where a value is on the target's side (the number itself is; 民法典第1259条), 0 where not, nan where not known."""
    beyond = values >= target.value if target.comparator == ">=" else values <= target.value
    holds = beyond | np.isclose(values, target.value, rtol=NOISE, atol=0.0)
    return np.where(np.isnan(values), np.nan, holds.astype(float))
