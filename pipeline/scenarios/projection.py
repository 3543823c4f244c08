"""How do energy, intensities and emissions go on to the plan's horizon if the drivers are so?

The formulas of the plan's outlook, from the last filed year t0 of each region, n years on:

- data centres: IT energy grows by g_it; what is new has pue_new; of the stock of t0 a share r_dc a year is retrofitted to
  pue_retrofit (never to a worse PUE than it has, never more than the stock); PUE is the mix weighted by IT energy;
- base stations: traffic grows by g_traffic, traffic per kWh by e_bs; energy is their quotient;
- core rooms: a share s_room a year, of those not yet retrofitted, goes from pue_core to pue_core_retrofit; access and
  aggregation rooms have no driver and stay;
- offices and other: g_other; flow: g_flow; business volume: g_volume;
- green share: straight to green_share_2030, as it is then after 2030; factors of the grid and of what is left after traded green power fall by
  d_grid and d_residual a year; the fuels of each facility type keep their filed ratio to its electricity.

The nation is the sum of its provinces: nothing is projected from its own totals, so that the provincial reports add up
to the national one. Every quantity is its filed value of t0 times an index, so that t0 is the indicator table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.scenarios.drivers import SHARE_YEAR
from pipeline.scenarios.start import FACILITIES, Array, Start

MEASURES = {
    "energy.total": "tce", "energy.electricity": "kWh", "energy.per_flow": "kgce/TB", "energy.per_flow.change": "1",
    "energy.per_volume": "kgce/万元", "energy.per_volume.change": "1", "carbon.location": "tCO2", "carbon.market": "tCO2",
    "green.share": "1", "activity.flow": "TB", "activity.volume": "万元",
}  # fmt: skip
"""The quantities of a region with their units; those by facility type are `energy.total/<facility_type>` (tce) and
`energy.electricity/<facility_type>` (kWh)."""


@dataclass(frozen=True)
class Projection:
    """What comes of the drivers. All arrays are regions (of `start`, the nation last) x years x draws; nan: not known.

    measures: by the names of MEASURES and by facility type. factors: what the energy of each facility type of the
    provinces (not the nation) is made of relative to t0, by the name of the driver behind it: it, pue, traffic, per_kwh
    (1 / efficiency), core, other; and green (1 - share), residual, grid; for `decomposition`.
    """

    start: Start
    years: tuple[int, ...]
    measures: Mapping[str, Array]
    factors: Mapping[str, Array]


def project(start: Start, drivers: Mapping[str, Array], years: Sequence[int]) -> Projection:
    """The paths of all regions over `years` (none before the first filed year of a region; it is told of t0 there).

    drivers: name -> region x draws (regions of `start`, the nation's row is not used); one draw for a single path.
    """
    provinces = slice(0, len(start.codes) - 1)
    n = np.maximum(np.array(years, float)[np.newaxis, :] - start.year[provinces, np.newaxis], 0)[:, :, np.newaxis]
    d = {name: value[provinces, np.newaxis, :] for name, value in drivers.items()}
    factors = _factors(start, d, n)
    index = np.stack(
        [
            factors["it"] * factors["pue"],
            factors["traffic"] * factors["per_kwh"],
            factors["core"],
            np.ones_like(factors["core"]),
            factors["other"],
            factors["other"],
        ]
    )
    return Projection(start, tuple(years), _measures(start, index, factors), factors)


def _factors(start: Start, d: Mapping[str, Array], n: Array) -> dict[str, Array]:
    """What moves, relative to t0."""
    column = (slice(0, len(start.codes) - 1), np.newaxis, np.newaxis)
    pue0 = start.pue[column]
    it = (1 + d["g_it"]) ** n
    retrofitted = np.minimum(1.0, d["r_dc"] * n)
    after_retrofit = np.minimum(d["pue_retrofit"], pue0)
    stock = np.minimum(1.0, it)
    of_stock = stock * ((1 - retrofitted) * pue0 + retrofitted * after_retrofit)
    pue = ((it - stock) * d["pue_new"] + of_stock) / it / pue0
    converted = np.minimum(d["s_room"] * n, np.maximum(0.0, 1 - start.retrofitted[column]))
    saved = 1 - np.minimum(1.0, d["pue_core_retrofit"] / d["pue_core"])
    share0 = np.nan_to_num(start.green_share[column])  # who filed no green power claims none
    to_go = np.maximum(SHARE_YEAR - start.year[column], 1.0)
    share = share0 + (d["green_share_2030"] - share0) * np.minimum(1.0, n / to_go)
    with np.errstate(divide="ignore", invalid="ignore"):
        unclaimed = np.where(share0 < 1, (1 - share) / (1 - share0), 0.0)
    # Every factor has the shape regions x years x draws, also where a driver is the same in all draws.
    shape = np.broadcast_shapes(it.shape, n.shape)
    found = {
        "it": it,
        "pue": np.where(np.isnan(pue0), 1.0, pue),
        "traffic": (1 + d["g_traffic"]) ** n,
        "per_kwh": (1 + d["e_bs"]) ** -n,
        "core": 1 - converted * saved,
        "other": (1 + d["g_other"]) ** n,
        "flow": (1 + d["g_flow"]) ** n,
        "volume": (1 + d["g_volume"]) ** n,
        "share": np.where(np.isnan(start.green_share[column]), np.nan, share),
        "green": unclaimed,
        "grid": (1 - d["d_grid"]) ** n,
        "residual": (1 - d["d_residual"]) ** n,
    }
    return {name: np.broadcast_to(value, shape) for name, value in found.items()}


def _measures(start: Start, index: Array, factors: Mapping[str, Array]) -> dict[str, Array]:
    """All quantities of the provinces and of the nation. index: FACILITIES x provinces x years x draws."""
    measures = _amounts(start, index, factors)
    filed = _amounts(
        start,
        np.ones_like(index[:, :, :1, :1]),
        {name: np.ones_like(one[:, :1, :1]) for name, one in factors.items()}
        | {"share": start.green_share[:-1, np.newaxis, np.newaxis]},
    )

    def quotient(amounts: Mapping[str, Array], above: str, below: str) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(amounts[above] / amounts[below])

    for name, activity in (("per_flow", "activity.flow"), ("per_volume", "activity.volume")):
        relative = quotient(measures, f"covered.{name}", activity) / quotient(filed, f"covered.{name}", activity)
        level, change = getattr(start, name), getattr(start, f"{name}_change")
        measures[f"energy.{name}"] = level[:, np.newaxis, np.newaxis] * relative
        measures[f"energy.{name}.change"] = (1 + change[:, np.newaxis, np.newaxis]) * relative - 1
    of_filed, share = quotient(filed, "green.kwh", "green.of"), start.green_share[:, np.newaxis, np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):  # whose share is filed as nothing begins there
        scale = np.where(of_filed == 0, np.where(share == 0, 1.0, np.nan), share / of_filed)
    measures["green.share"] = quotient(measures, "green.kwh", "green.of") * scale
    volume = measures["activity.volume"]  # chained values do not add up: the nation's own, as its provinces go on
    volume[-1] *= start.volume[-1] / filed["activity.volume"][-1]
    for name in ("covered.per_flow", "covered.per_volume", "green.kwh", "green.of"):
        del measures[name]
    return measures


def _amounts(start: Start, index: Array, factors: Mapping[str, Array]) -> dict[str, Array]:
    """What can be summed, of the provinces and their sum. What a province has not filed is not in the sum."""

    def with_nation(values: Array) -> Array:
        counted = values[start.in_nation]
        known = bool(np.isfinite(counted).any())
        total = np.nansum(counted, axis=0, keepdims=True) if known else np.full_like(values[:1], np.nan)
        return np.concatenate([values, total])

    def amount(values: Array) -> Array:
        return values[:-1, np.newaxis, np.newaxis]

    def of_facilities(amounts: Array) -> Array:
        return np.asarray(np.einsum("pf,fpyd->pyd", amounts[:-1], index))

    amounts: dict[str, Array] = {}
    for at, facility in enumerate(FACILITIES):
        amounts[f"energy.total/{facility}"] = with_nation(amount(start.energy[:, at]) * index[at])
        amounts[f"energy.electricity/{facility}"] = with_nation(amount(start.electricity[:, at]) * index[at])
    electricity, covered = of_facilities(start.electricity), of_facilities(start.covered)
    amounts["energy.total"] = with_nation(of_facilities(start.energy))
    amounts["energy.electricity"] = with_nation(electricity)
    for name in ("flow", "volume"):
        activity = amount(getattr(start, name)) * factors[name]
        amounts[f"activity.{name}"] = with_nation(activity)
        amounts[f"covered.per_{name}"] = with_nation(np.where(np.isfinite(activity), covered, np.nan))
    amounts["green.kwh"] = with_nation(electricity * factors["share"])
    amounts["green.of"] = with_nation(np.where(np.isfinite(factors["share"]), electricity, np.nan))
    whole = amount(start.electricity.sum(axis=1))
    relative = electricity / np.where(whole > 0, whole, np.nan)

    def emitted(filed: Array) -> Array:  # who uses no electricity emits none with it
        return np.where(filed == 0, 0.0, filed * relative)

    fuels = of_facilities(start.fuel_tco2)
    location, market = (emitted(amount(one)) for one in (start.location_tco2, start.market_tco2))
    amounts["carbon.location"] = with_nation(location * factors["grid"] + fuels)
    amounts["carbon.market"] = with_nation(market * factors["green"] * factors["residual"] + fuels)
    return amounts
