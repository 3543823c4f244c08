"""Which driver made the energy of a region change since the baseline: more flow, who carries it, or energy per flow?

E = sum over groups of Q x (Q_g / Q) x (E_g / Q_g), with the flow Q and the energy E: activity, structure, intensity,
parted by LMDI (`scenarios.lmdi`). The groups of the nation are the provinces that filed both in full in both years, those
of a province its enterprises that have a flow; enterprises without one (the tower company) are a step of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline import findings
from pipeline.chapters import waterfalls
from pipeline.findings import Drivers
from pipeline.indicators.view import View
from pipeline.language.terms import measure, term
from pipeline.language.zh import say
from pipeline.reports.blocks import Figure
from pipeline.scenarios.lmdi import lmdi_additive

RATIO, CHANGE, ENERGY, FLOW = "energy.per_flow", "energy.per_flow.change", "energy.covered", "activity.flow"
YEARS = ("before", "after")
TCE = measure(term("total_energy_name"), "tce", 1, "big")
GROUPS = {
    "group": pl.String(),
    **dict.fromkeys(("energy_before", "energy_after", "flow_before", "flow_after"), pl.Float64()),
}


@dataclass(frozen=True)
class Parts:
    """The change of energy from `before` to `after` (tce): the sum of activity, structure, intensity and without_flow.

    without_flow: the change of the energy of those that have no flow in a year. groups: GROUPS, those that have a flow. coverage: the
    share of the flow of the baseline that the groups carried, None where it is not known.
    """

    before: float
    after: float
    activity: float
    structure: float
    intensity: float
    without_flow: float
    groups: pl.DataFrame
    coverage: float | None

    @property
    def change(self) -> float:
        return self.after - self.before


def parts(view: View, base: int) -> Parts | None:
    """The drivers of the report's region between `base` and the report's year; None where nothing can be compared."""
    if view.year <= base or view.value(CHANGE) is None or _is_closed(view, base):
        return None
    groups = _provinces(view, base) if view.region.is_nation else _enterprises(view, base)
    before, after = (math.fsum(groups[f"energy_{when}"]) for when in YEARS)
    idle = {when: groups.filter(pl.col(f"flow_{when}") <= 0)[f"energy_{when}"] for when in YEARS}
    flowing = groups.filter((pl.col("flow_before") > 0) | (pl.col("flow_after") > 0))
    if not (flowing["flow_before"].sum() > 0 and flowing["flow_after"].sum() > 0):
        return None
    without_flow = math.fsum(idle["after"]) - math.fsum(idle["before"])
    row = view.row(CHANGE)
    return Parts(before, after, *split(flowing), without_flow, flowing, row["coverage"] if row else None)


def _is_closed(view: View, base: int) -> bool:
    """Whether a group that counts is not told: of a province always where enterprises are not."""
    if not view.region.is_nation:
        return view.without_entities
    return any(findings.withheld(view.by_province(RATIO, year)) for year in (base, view.year))


def split(groups: pl.DataFrame) -> tuple[float, float, float]:
    """Activity, structure and intensity effect (in the unit of energy) of GROUPS that each had a flow in one of the years.

    A group with a flow in one year only has the intensity of that year in both, so that coming and going is structure.
    """
    flow, energy = ({when: groups[f"{name}_{when}"].to_numpy() for when in YEARS} for name in ("flow", "energy"))
    with np.errstate(divide="ignore", invalid="ignore"):
        intensity = {when: np.where(flow[when] > 0, energy[when] / flow[when], np.nan) for when in YEARS}
    before, after = (
        np.column_stack(
            [
                np.full(groups.height, flow[when].sum()),
                flow[when] / flow[when].sum(),
                np.where(np.isnan(intensity[when]), intensity[other], intensity[when]),
            ]
        )
        for when, other in (YEARS, YEARS[::-1])
    )
    activity, structure, per_flow = lmdi_additive(before, after)
    return float(activity), float(structure), float(per_flow)


def _provinces(view: View, base: int) -> pl.DataFrame:
    """GROUPS of the provinces that may be compared with the baseline."""
    rows = view.table.filter(
        pl.col("entity_id").is_null(), pl.col("dimension").is_null(), pl.col("value").is_not_null(),
        pl.col("region_code").is_in(view.provinces.filter("in_31")["code"].to_list()),
    )  # fmt: skip
    compared = rows.filter(indicator_id=CHANGE, year=view.year)["region_code"].to_list()
    sides = rows.filter(pl.col("indicator_id") == RATIO, pl.col("region_code").is_in(compared)).drop_nulls("numerator")
    scale = view.catalogue[RATIO].scale
    return _two_years(
        sides.select("year", group="region_code", energy=pl.col("numerator") / scale, flow="denominator"),
        base,
        view.year,
    )


def _enterprises(view: View, base: int) -> pl.DataFrame:
    """GROUPS of the enterprises of the report's province, also of those without a flow (0)."""
    energy, flow = (
        view.by_entity(id).select("year", group="name", **{name: "value"})
        for id, name in ((ENERGY, "energy"), (FLOW, "flow"))
    )
    return _two_years(energy.join(flow, on=["year", "group"], how="full", coalesce=True), base, view.year)


def _two_years(rows: pl.DataFrame, base: int, year: int) -> pl.DataFrame:
    """GROUPS of rows (year, group, energy, flow); who filed nothing of a year has 0 there."""
    before, after = (
        rows.filter(pl.col("year") == one).select("group", pl.col("energy", "flow").name.suffix(f"_{when}"))
        for one, when in ((base, "before"), (year, "after"))
    )
    both = before.join(after, on="group", how="full", coalesce=True).sort("group")
    return both.select(pl.col(name).cast(dtype) for name, dtype in GROUPS.items()).with_columns(
        pl.col(pl.Float64).fill_null(0.0)
    )


# --- what is told --------------------------------------------------------------------------------------------


def steps(found: Parts, view: View) -> dict[str, float]:
    """A term for each driver -> what it adds (tce). One group has no structure; without_flow only where there is any."""
    named = {"driver_flow": found.activity}
    if found.groups.height > 1:
        named["driver_provinces" if view.region.is_nation else "driver_units"] = found.structure
    named["driver_intensity"] = found.intensity
    if found.without_flow:
        named["driver_without_flow"] = found.without_flow
    return named


def told(found: Parts, view: View, base: int) -> Drivers:
    """What made the energy of the report's region change since `base`."""
    everything, named = view.value(ENERGY), steps(found, view)
    whole = everything is not None and TCE.gap(found.after, everything) == 0  # as printed
    measure = TCE.among([found.change, *named.values()])
    return Drivers(measure, view.region.short_zh, base, view.year, found.change, named, whole)


def why_not(view: View, base: int) -> dict[str, Any]:
    """Why there are no drivers: a text tells it."""
    closed = view.value(CHANGE) is not None and _is_closed(view, base)
    return {"too_early": view.year <= base, "closed": closed, "remarks": view.remarks(CHANGE)}


def figure(found: Parts, view: View, base: int, id: str) -> Figure:
    """The waterfall of the drivers."""
    return waterfalls.waterfall(
        id,
        TCE,
        (f"{base} 年", found.before),
        {say(term(name)): value for name, value in steps(found, view).items()},
        (f"{view.year} 年", found.after),
        title=told(found, view, base),
        what=term("energy_change_parted", own=view.region.short_zh, base=base, year=view.year),
    )
