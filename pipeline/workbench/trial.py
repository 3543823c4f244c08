"""What do other drivers do to a region's scenario? Before and after, by the projection and the draws of the report."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.build import edition, history
from pipeline.build.plan import Job, Selection, jobs
from pipeline.compare.comparison import STEPS, Comparison, parameters_apart
from pipeline.compare.differences import as_table, differences
from pipeline.errors import ParameterError
from pipeline.given import params, reference
from pipeline.given.params import TRIED, Resolved
from pipeline.given.reference import Plan
from pipeline.given.regions import NATION_CODE, Region, all_regions
from pipeline.keeping import digest
from pipeline.layout import SAMPLE, Layout
from pipeline.output import placed
from pipeline.scenarios import contradictions, decomposition, drivers, uncertainty
from pipeline.scenarios.outlook import TARGETS
from pipeline.scenarios.projection import Projection, project
from pipeline.scenarios.start import Array, History, Start, start

BEFORE, AFTER = "原来", "改后"
MAKE_UP = (*drivers.DRIVERS, "at_least", "common_share", "flow_traffic_correlation")
"""The parameters that a scenario is made of; the others change what is filed or how it is shown."""
TARGET: dict[str, pl.DataType] = dict.fromkeys(("indicator", "title"), pl.String()) | dict.fromkeys(
    ("met_before", "met_after"), pl.Int64()
) | dict.fromkeys(("probability_before", "probability_after"), pl.Float64())  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """A scenario of a region with other drivers.

    comparison: the values of the plan's horizon before (a) and after (b), the parameters that differ, and what of the
    difference each driver makes (LMDI). drivers: `drivers.TABLE` with `before` and `after` as scenarios. paths: measure
    (`projection.MEASURES`, by facility type too), year, before, after. targets: indicator, title, the first year in which
    the target is met (met_before, met_after; null: not by the horizon), and the probability of its being met at the
    horizon (ratios). nation: paths of the nation, of which the region is a part. warnings: where what was written
    contradicts the filings or itself, a sentence each.
    """

    region: Region
    scenario: str
    overrides: tuple[str, ...]
    comparison: Comparison
    drivers: pl.DataFrame
    paths: pl.DataFrame
    targets: pl.DataFrame
    nation: pl.DataFrame
    warnings: tuple[str, ...]


def what_if(
    region: str,
    scenario: str = "plan",
    *written: str,
    filings: str = SAMPLE,
    layout: Layout | None = None,
    **values: object,
) -> Trial:
    """`what_if("浙江", "plan", g_it=0.12)`: the scenario of `region` as it is, and with these drivers.

    written: the same as text, `"g_it=0.12"`. A value is a number, (low, mode, high) or `trend(3)`. Of a
    province only its own drivers change, of the nation those of every province. The numbers before are those of the
    report. Raises ParameterError, also where nothing was filed that a scenario could start from.
    """
    layout = layout or Layout.current()
    overrides = (*written, *(f"{name}={_text(value)}" for name, value in values.items()))
    on = ground(layout, region, scenario, filings)
    own = params.resolve(layout, on.region, scenario, overrides, TRIED)
    _check(own, overrides)
    changed = [
        params.resolve(layout, one.region, scenario, overrides, TRIED)
        if on.region.is_nation or one.region == on.region
        else one
        for one in on.resolved
    ]
    chosen = {"before": on.resolved, "after": changed}
    moved = drivers.table(chosen, on.begun, on.history, on.factors)
    single = {name: project(on.begun, drivers.values(moved, name, "mode"), on.years) for name in chosen}
    drawn = {name: _drawn(layout, on, drivers.values(moved, name), of) for name, of in chosen.items()}
    paths = {code: _paths(single, code) for code in (on.region.code, NATION_CODE)}
    tried = moved.filter(scenario="after").with_columns(scenario=pl.lit(scenario))
    known = drivers.published(on.factors)
    warned = contradictions.table({scenario: changed}, tried, on.begun, on.history, known)
    return Trial(
        on.region,
        scenario,
        overrides,
        _compared(on, own, paths[on.region.code], single),
        moved.filter(region_code=on.region.code),
        paths[on.region.code],
        _targets(single, on.place, drawn, on.plan),
        paths[NATION_CODE],
        warnings(warned, on.region),
    )


@dataclass(frozen=True)
class Ground:
    """What a scenario of a region starts from. resolved: the parameters of all regions of `begun`, in its order. own: the
    start of the region and the nation alone; of the nation that of all. place: of the region in `begun`."""

    job: Job
    plan: Plan
    factors: pl.DataFrame
    history: History
    begun: Start
    own: Start
    resolved: Sequence[Resolved]

    @property
    def region(self) -> Region:
        return self.job.region

    @property
    def place(self) -> int:
        return self.begun.codes.index(self.region.code)

    @property
    def rows(self) -> list[int]:
        """Of `begun`, those of `own`."""
        every = list(range(len(self.begun.codes)))
        return every if self.region.is_nation else [self.place, every[-1]]

    @property
    def years(self) -> range:
        return range(int(self.begun.year.min()), self.plan.horizon + 1)


def ground(layout: Layout, region: str, scenario: str, filings: str) -> Ground:
    """Raises ParameterError, also where the region filed no energy."""
    planned = jobs(layout, Selection(None, region, scenario, filings))
    if len(planned) != 1:
        raise ParameterError("what_if.one", "what-if 一次只试一个地区的一个情景；请各写一个")
    [job] = planned
    of_all = {one.code: params.resolve(layout, one, scenario) for one in all_regions(layout)}
    table = edition.begun(layout, job)
    begun = start(table, [code for code in of_all if code != NATION_CODE])
    own = begun if job.region.is_nation else start(table, [job.region.code])
    if begun is None or own is None or job.region.code not in begun.codes:
        raise ParameterError(
            "what_if.filings",
            f"{job.region.short_zh}没有能源填报，情景没有起点，不能试算；请用 --filings 给出有能源填报的文件夹",
        )
    factors = reference.grid_factors(layout)
    plan, resolved = reference.load_plan(layout, job.plan), [of_all[code] for code in begun.codes]
    return Ground(job, plan, factors, History(table), begun, own, resolved)


def warnings(found: pl.DataFrame, region: Region) -> tuple[str, ...]:
    """The sentences of a region in `contradictions.TABLE`; of what is tried it is not said where it is written."""
    return tuple(one.removeprefix(f"{TRIED}：") for one in found.filter(region_code=region.code)["warning"])


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _check(own: Resolved, overrides: Sequence[str]) -> None:
    """Raises ParameterError where nothing is tried, or something that no scenario is made of."""
    tried = [key for key, origin in own.origins.items() if origin.layer == "cli"]
    if not overrides:
        raise ParameterError(
            "what_if.nothing", f"没有给出要试的参数；应如 g_it=0.12，可试的有 {'、'.join(drivers.DRIVERS)}"
        )
    written = [unicodedata.normalize("NFKC", one).partition("=")[0].strip() for one in overrides]
    if again := [key for key in tried if written.count(key) > 1]:
        raise ParameterError("what_if.twice", f"{again[0]} 写了两次；一个参数一次只试一个取值")
    if idle := [key for key in tried if key not in MAKE_UP]:
        title = params.Params.model_fields[idle[0]].title
        raise ParameterError(
            "what_if.no_driver",
            f"{idle[0]}（{title}）不是情景的驱动参数，what-if 不能试；可试的有 {'、'.join(MAKE_UP)}；其他参数请用 build -p",
        )


def quantiles(layout: Layout, of: Sequence[Resolved]) -> Array:
    """`uncertainty.quantiles` of all regions, kept on disk: what draws them takes a third of the time of what-if to load."""
    shared = uncertainty.shared(of)
    code = Path(uncertainty.__file__).read_text("utf-8")
    key = digest([code, version("numpy"), version("scipy"), list(drivers.DRIVERS), *(one.tolist() for one in shared)])
    path = layout.processed / ".draws" / f"{key}.npy"
    try:
        kept: Array = np.load(path, mmap_mode="r")
    except (OSError, ValueError):
        kept = uncertainty.quantiles(*shared)
        with placed(path) as beside, beside.open("wb") as file:
            np.save(file, kept)
    return kept


def _drawn(layout: Layout, on: Ground, triples: Mapping[str, Array], of: Sequence[Resolved]) -> Projection:
    """The draws of the report for the region."""
    own = quantiles(layout, of)[on.rows]
    drawn = {one: uncertainty.triangular(own[:, at], triples[one][on.rows]) for at, one in enumerate(drivers.DRIVERS)}
    return project(on.own, drawn, on.years)


def _paths(single: Mapping[str, Projection], code: str) -> pl.DataFrame:
    """measure, year, before, after of a region, from its last filed year."""
    one = single["before"]
    place, years = one.start.codes.index(code), np.array(one.years)
    ahead = years >= one.start.year[place]
    parts = [
        pl.DataFrame(
            {"year": years[ahead]} | {name: of.measures[measure][place, ahead, 0] for name, of in single.items()}
        ).select(pl.lit(measure).alias("measure"), "year", pl.col("before", "after").fill_nan(None))
        for measure in one.measures
    ]
    return pl.concat(parts)


def _compared(on: Ground, own: Resolved, paths: pl.DataFrame, single: Mapping[str, Projection]) -> Comparison:
    region, plan = on.region, on.plan
    before, after = (as_table(paths.with_columns(value=name, region_code=pl.lit(region.code))) for name in single)
    last = pl.col("year") == plan.horizon
    steps = []
    for measure in decomposition.OF_MEASURE:
        found = decomposition.between(single["before"], single["after"], region.code, plan.horizon, measure)
        steps += [(measure, found.before, found.after, *step) for step in found.steps.items()] if found else []
    return Comparison(
        BEFORE,
        AFTER,
        f"{region.short_zh}·{own.scenario}，{plan.horizon} 年",
        differences(
            before.filter(last),
            after.filter(last),
            pl.concat([before, after]),
            [target.indicator for target in plan.targets],
        ),
        parameters_apart(*(history.printed(one) for one in (on.resolved[on.place], own))),
        plan.id,
        drivers=pl.DataFrame(steps, schema=STEPS, orient="row"),
    )


def _targets(single: Mapping[str, Projection], place: int, drawn: Mapping[str, Projection], plan: Plan) -> pl.DataFrame:
    """TARGET of those targets of the plan that a scenario can tell."""
    rows = []
    for target in plan.targets:
        if target.indicator not in TARGETS:
            continue
        row: dict[str, object] = {"indicator": target.indicator, "title": target.title}
        for name, of in single.items():
            path, since = of.measures[target.indicator][place, :, 0], of.start.year[place]
            cloud = drawn[name].measures[target.indicator][drawn[name].start.codes.index(of.start.codes[place])]
            row[f"met_{name}"] = uncertainty.first_met(target, of.years, path, since)
            row[f"probability_{name}"] = float(uncertainty.meets(target, cloud[-1]).mean())
        rows.append(row)
    return pl.DataFrame(rows, schema=TARGET, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))
