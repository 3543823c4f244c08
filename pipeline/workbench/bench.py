"""A region's scenario that answers at once while its drivers move: what the panel shows, without its widgets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import polars as pl

from pipeline.given import params
from pipeline.given.params import TRIED
from pipeline.layout import SAMPLE, Layout
from pipeline.scenarios import contradictions, drivers, uncertainty
from pipeline.scenarios.drivers import DRIVERS, Triple
from pipeline.scenarios.projection import Projection, project
from pipeline.scenarios.start import Array
from pipeline.workbench.trial import Trial, ground, quantiles, warnings, what_if

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
        every = drivers.values(moved, scenario)
        self._saved = {name: rows[self.on.rows] for name, rows in every.items()}
        self.drivers = moved.filter(region_code=self.region.code)
        self.years = list(self.on.years)
        self._published = drivers.published(self.on.factors)
        self._whole = project(self.on.begun, {name: rows[:, [1]] for name, rows in every.items()}, self.years)

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

    def projected(self, values: Mapping[str, float]) -> Projection:
        """The single path of the middle values; a millisecond."""
        middle = {name: rows[:, [1]] for name, rows in self._triples(values).items()}
        return project(self.on.own, middle, self.years)

    def paths(self, values: Mapping[str, float]) -> dict[str, Array]:
        """Measure -> the region's path over `years`."""
        return {name: found[self.at, :, 0] for name, found in self.projected(values).measures.items()}

    def nation(self, values: Mapping[str, float], measure: str) -> tuple[float, float]:
        """What can be summed of the nation in the last year, as saved and with this region changed."""
        saved = float(self._whole.measures[measure][-1, -1, 0])
        if self.region.is_nation or self.region.code in self.on.begun.left_out:
            return saved, saved
        return saved, saved + float(self.paths(values)[measure][-1] - self.before[measure][-1])

    @cached_property
    def before(self) -> dict[str, Array]:
        """The paths as saved."""
        return self.paths({})

    @cached_property
    def _quantiles(self) -> Array:
        return quantiles(self.layout, self.on.resolved)[self.on.rows]

    @cached_property
    def chance(self) -> dict[str, Array]:
        """As saved: see `band`."""
        return self.band({})[1]

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
        """What the region did in each year up to the last filed one, see `drivers.did`."""
        year = int(self.on.own.year[self.at])
        found = drivers.did(driver, self.region.code, year, self.on.history, self._published)
        return {year: found[year] for year in sorted(found)}

    def warnings(self, values: Mapping[str, float]) -> tuple[str, ...]:
        """What contradicts in the drivers, as `params` and `build` say it."""
        of = {one.region.code: one for one in self.on.resolved}
        resolved = [
            params.resolve(self.layout, of[code].region, self.scenario, self.written(values), TRIED)
            if self.region.is_nation or code == self.region.code
            else of[code]
            for code in self.on.own.codes
        ]
        both = {self.scenario: resolved}
        moved = drivers.table(both, self.on.own, self.on.history, self.on.factors)
        found = contradictions.table(both, moved, self.on.own, self.on.history, self._published)
        return warnings(found, self.region)

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

    def origin(self, driver: str) -> tuple[str, str, str]:
        """Of what is saved: the layer, where it is written, and how its value was found where that is not what is written."""
        row = self.drivers.filter(pl.col("driver") == driver).row(0, named=True)
        layer = self.on.resolved[self.on.place].origins[driver].layer
        return layer, str(row["origin"]), str(row["basis"])
