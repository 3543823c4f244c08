"""A region's scenario that answers at once while its drivers move: what the panel shows, without its widgets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import polars as pl

from pipeline.given import params
from pipeline.layout import SAMPLE, Layout
from pipeline.scenarios import drivers, uncertainty
from pipeline.scenarios.drivers import DRIVERS, TRENDS, Triple
from pipeline.scenarios.projection import project
from pipeline.scenarios.start import Array
from pipeline.workbench.trial import Trial, ground, what_if

SHOWN = ("energy.total", "energy.per_flow", "energy.per_volume", "carbon.market", "carbon.location", "green.share")
DIGITS = 4  # of what a slider sets


class Bench:
    """One region and scenario as they are saved; `values` (driver -> the middle value) moves its drivers. A driver that is
    moved keeps how far its low and high lie from the middle, within what is allowed. Raises ParameterError as `what_if`."""

    def __init__(self, region: str, scenario: str, filings: str = SAMPLE, layout: Layout | None = None) -> None:
        self.layout, self.scenario, self.filings = layout or Layout.current(), scenario, filings
        self.on = ground(self.layout, region, scenario, filings)
        self.region = self.on.region
        moved = drivers.table({scenario: self.on.resolved}, self.on.begun, self.on.history, self.on.factors)
        self._saved = {name: rows[self.on.rows] for name, rows in drivers.values(moved, scenario).items()}
        self.drivers = moved.filter(region_code=self.region.code)
        self.years = list(self.on.years)

    @property
    def at(self) -> int:
        """Where the region stands in `on.own`."""
        return self.on.own.codes.index(self.region.code)

    def saved(self, driver: str) -> Triple:
        low, mode, high = map(float, self._saved[driver][self.at])
        return low, mode, high

    def triple(self, driver: str, value: float) -> Triple:
        """Low, middle and high of a driver whose middle is moved to `value`."""
        low, mode, high = self.saved(driver)
        least, most = params.limits(driver)
        found = (max(least, value - mode + low), value, min(most, value - mode + high))
        first, middle, last = (round(one, DIGITS) for one in found)
        return first, middle, last

    def _triples(self, values: Mapping[str, float]) -> dict[str, Array]:
        """Of the nation a moved driver is the same in every province."""
        every = dict(self._saved)
        for driver, value in values.items():
            rows = every[driver].copy()
            rows[:] = self.triple(driver, value)
            every[driver] = rows
        return every

    def paths(self, values: Mapping[str, float]) -> dict[str, Array]:
        """Measure -> the region's path over `years`; a few milliseconds."""
        middle = {name: rows[:, [1]] for name, rows in self._triples(values).items()}
        found = project(self.on.own, middle, self.on.years)
        return {name: values[self.at, :, 0] for name, values in found.measures.items()}

    @cached_property
    def before(self) -> dict[str, Array]:
        """The paths as saved."""
        return self.paths({})

    @cached_property
    def _quantiles(self) -> Array:
        return uncertainty.quantiles(*uncertainty.shared(self.on.resolved))[self.on.rows]

    def band(self, values: Mapping[str, float]) -> tuple[dict[str, Array], dict[str, Array]]:
        """Measure -> P10 and P90 over `years` x 2, and indicator of a target -> the share of draws that meet it in each
        year; some tens of milliseconds."""
        triples = self._triples(values)
        drawn = {one: uncertainty.triangular(self._quantiles[:, at], triples[one]) for at, one in enumerate(DRIVERS)}
        cloud = project(self.on.own, drawn, self.on.years)
        bands = {id: np.percentile(cloud.measures[id][self.at], (10, 90), axis=-1).T for id in SHOWN}
        targets = {one.indicator: one for one in self.on.plan.targets if one.indicator in cloud.measures}
        chance = {id: uncertainty.meets(one, cloud.measures[id][self.at]).mean(axis=-1) for id, one in targets.items()}
        return bands, chance

    def past(self, driver: str) -> dict[int, float]:
        """What the region did: the series behind the driver's trend, up to the last filed year."""
        if driver not in TRENDS:
            return {}
        series = TRENDS[driver].series(self.on.history, self.region.code)
        return {year: series[year] for year in sorted(series)}

    def filed(self, measure: str) -> dict[int, float]:
        """The filed values of a measure before the scenario starts."""
        series = self.on.history.of(measure, self.region.code)
        return {year: series[year] for year in sorted(series)}

    def written(self, values: Mapping[str, float]) -> list[str]:
        """`g_it=0.1,0.12,0.15` of each driver that is moved."""
        told = {name: self.triple(name, value) for name, value in values.items()}
        return [
            f"{name}={one[1]}" if one[0] == one[2] else f"{name}={','.join(map(str, one))}"
            for name, one in told.items()
        ]

    def trial(self, values: Mapping[str, float]) -> Trial:
        """The same by `what_if`, with decomposition, the nation and what contradicts."""
        return what_if(self.region.code, self.scenario, *self.written(values), filings=self.filings, layout=self.layout)

    def origin(self, driver: str) -> str:
        row = self.drivers.filter(pl.col("driver") == driver).row(0, named=True)
        return str(row["origin"]) + (f"；{row['basis']}" if row["basis"] else "")
