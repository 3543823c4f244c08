"""Which driver makes the difference? LMDI-I over facility types (and provinces), between years or between scenarios.

Effects are in the unit of the total and sum to its difference exactly; see `lmdi`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.given.regions import NATION_CODE
from pipeline.scenarios.lmdi import lmdi_additive
from pipeline.scenarios.projection import Projection
from pipeline.scenarios.start import Array

STEPS = {
    "it": "数据中心IT用电", "pue": "数据中心PUE", "traffic": "基站流量", "per_kwh": "基站能效", "core": "核心机房改造",
    "other": "办公及其他", "green": "绿色电力", "residual": "剩余电量因子", "grid": "电网因子",
}  # fmt: skip
"""The factors behind a difference between two scenarios."""
OF_STEP = {
    "it": ("g_it",), "pue": ("pue_new", "r_dc", "pue_retrofit"), "traffic": ("g_traffic",), "per_kwh": ("e_bs",),
    "core": ("s_room", "pue_core", "pue_core_retrofit"), "other": ("g_other",), "green": ("green_share_2030",),
    "residual": ("d_residual",), "grid": ("d_grid",),
}  # fmt: skip
"""The driver or drivers that move each of STEPS."""
OF_FACILITY = (("it", "pue"), ("traffic", "per_kwh"), ("core",), (), ("other",), ("other",))
OF_MEASURE = {"energy.total": (), "carbon.market": ("green", "residual"), "carbon.location": ("grid",)}


@dataclass(frozen=True)
class Difference:
    """From one total to another: what each of STEPS adds (those of the measure, zeros included)."""

    before: float
    after: float
    steps: dict[str, float]


def between(
    one: Projection, other: Projection, region: str, year: int, measure: str = "energy.total"
) -> Difference | None:
    """What makes `measure` of a region in `year` differ between two scenarios from the same start.

    measure: of OF_MEASURE. The groups are the facility types of the province, or of all provinces. None where it is not
    known. Raises KeyError or ValueError for a region or year that is not there.
    """
    start, at = one.start, one.years.index(year)
    provinces = np.flatnonzero(start.in_nation).tolist() if region == NATION_CODE else [start.codes.index(region)]
    last = start.codes.index(region)
    totals = [float(projected.measures[measure][last, at, 0]) for projected in (one, other)]
    if not np.isfinite(totals).all():
        return None
    first, second = (_groups(projected, provinces, at, measure) for projected in (one, other))
    names = [*STEPS_OF_ENERGY, *OF_MEASURE[measure]]
    effects = lmdi_additive(first, second)[1:]  # the amounts of t0 are the same in both
    return Difference(totals[0], totals[1], dict(zip(names, map(float, effects), strict=True)))


STEPS_OF_ENERGY = ("it", "pue", "traffic", "per_kwh", "core", "other")


def _groups(projected: Projection, provinces: Sequence[int], at: int, measure: str) -> Array:
    """Groups x (amount of t0, STEPS_OF_ENERGY, further factors of the measure)."""
    start = projected.start
    further = OF_MEASURE[measure]
    kwh = start.electricity.sum(axis=1)
    rows = []
    for province in provinces:
        values = {name: float(projected.factors[name][province, at, 0]) for name in (*STEPS_OF_ENERGY, *further)}
        scope_2 = {"carbon.market": start.market_tco2, "carbon.location": start.location_tco2}.get(measure)
        for facility, moved in enumerate(OF_FACILITY):
            own = [values[name] if name in moved else 1.0 for name in STEPS_OF_ENERGY]
            if scope_2 is None:
                rows.append([start.energy[province, facility], *own])
            elif np.isfinite(scope_2[province]):
                share = start.electricity[province, facility] / kwh[province] if kwh[province] else 0.0
                rows.append([scope_2[province] * share, *own, *(values[name] for name in further)])
                rows.append([start.fuel_tco2[province, facility], *own, *(1.0 for _ in further)])
    return np.array(rows, float)


def of_facility(energy: tuple[float, float], flow: tuple[float, float]) -> tuple[float, float]:
    """A facility type between two years: what the flow and what its energy per flow add (E_f = Q x E_f / Q)."""
    before, after = (np.array([[q, e / q]]) for e, q in zip(energy, flow, strict=True))
    activity, intensity = lmdi_additive(before, after)
    return float(activity), float(intensity)


def of_data_centres(it_kwh: tuple[float, float], pue: tuple[float, float]) -> tuple[float, float]:
    """The electricity of data centres between two years: what IT energy and what PUE add."""
    before, after = (np.array([[it, one]]) for it, one in zip(it_kwh, pue, strict=True))
    activity, intensity = lmdi_additive(before, after)
    return float(activity), float(intensity)


def of_grid_electricity(
    flow: tuple[Array, Array],
    kwh: tuple[Array, Array],
    factor: tuple[Array, Array],
    unclaimed: tuple[Array, Array] | None = None,
) -> dict[str, float]:
    """CO2 of grid electricity (kg) of groups (provinces) between two years: activity, structure, intensity, factor, and,
    market-based, green.

    flow, kwh (grid electricity), factor (kgCO2/kWh): a value per group, before and after. unclaimed: 1 - green share, for
    the market-based sum with the residual factor. Every group has a flow in both years.
    """
    names = ["activity", "structure", "intensity", "factor", *(["green"] if unclaimed else [])]
    sides = []
    for at in range(2):
        q, whole = flow[at], np.full(len(flow[at]), flow[at].sum())
        sides.append(
            np.column_stack([whole, q / whole, kwh[at] / q, factor[at], *([unclaimed[at]] if unclaimed else [])])
        )
    return dict(zip(names, map(float, lmdi_additive(sides[0], sides[1])), strict=True))
