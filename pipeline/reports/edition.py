"""What all reports of an edition share: the accepted filings, the indicators and the scenarios, computed once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline import params, reference
from pipeline.filings.intake import save
from pipeline.indicators import evaluate, inputs, listing
from pipeline.indicators.cells import Edition
from pipeline.indicators.explain import Explanation, explain
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout
from pipeline.params import Params, Resolved
from pipeline.regions import Region, all_regions
from pipeline.reports import history, provenance
from pipeline.reports.plan import Job
from pipeline.scenarios import outlook
from pipeline.scenarios.outlook import Outlook

METHOD = (
    "electricity_coal_method", "electricity_coal_coefficient_kgce_per_kwh", "natural_gas_kgce_per_m3", "water_kgce_per_t",
    "fuel_factor_set",
)  # fmt: skip
"""The parameters on which indicators depend."""


def indicators(layout: Layout, job: Job) -> Path:
    """The indicator table of a report: one for the edition, and one more for each other choice of METHOD."""
    chosen = job.resolved.params.model_dump(mode="json", include=set(METHOD))
    name = "indicators"
    if chosen != Params().model_dump(mode="json", include=set(METHOD)):
        name += "-" + hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:8]
    return layout.processed / job.edition / f"{name}.parquet"


def prepare(layout: Layout, jobs: Sequence[Job]) -> None:
    """Write the filings and indicator tables that `jobs` read, and keep these in the history of their edition.

    Raises DataError where catalogue or reference are wrong, OutputError.
    """
    intakes = {job.edition: job.intake for job in jobs}
    for edition, intake in intakes.items():
        if intake:
            save(intake, layout.processed / edition)
    for path, job in {indicators(layout, job): job for job in jobs}.items():
        evaluate.write(computed(layout, job), path)
    for folder, job in {scenarios(layout, job): job for job in jobs}.items():
        names = {region.code: region.short_zh for region in all_regions(layout)}
        outlook.write(projected(layout, job, evaluate.read(indicators(layout, job))), folder, names)
    grounds = {
        edition: history.ground(layout, intake, provenance.inputs(layout, intake))
        for edition, intake in intakes.items()
    }
    for job in jobs:
        paths = outlook.read(scenarios(layout, job)).of(job.region.code).paths.filter(scenario=job.scenario)
        history.keep(layout, job, indicators(layout, job), grounds[job.edition], paths)


def scenarios(layout: Layout, job: Job) -> Path:
    """The folder with the scenarios of a report (`outlook`): those of all regions, as the indicator table and what was
    written after -p have them."""
    table, chosen = indicators(layout, job), sorted(job.overrides)
    name = table.stem.replace("indicators", "scenarios")
    return table.with_name(name + (f"-{hashlib.sha256(json.dumps(chosen).encode()).hexdigest()[:8]}" if chosen else ""))


def parameters(layout: Layout, job: Job) -> dict[str, list[Resolved]]:
    """Scenario -> the parameters of the nation and of every province, with what was written after -p. Raises
    ParameterError."""
    names = [name for name, _ in params.scenarios(layout)]
    return {name: [params.resolve(layout, one, name, job.overrides) for one in all_regions(layout)] for name in names}


def projected(layout: Layout, job: Job, table: pl.DataFrame) -> Outlook:
    """The scenarios of all regions from the indicator table of a report; empty without filings."""
    return outlook.compute(table, parameters(layout, job), reference.load_plan(layout), reference.grid_factors(layout))


def computed(layout: Layout, job: Job, only: Sequence[str] = ()) -> pl.DataFrame:
    """The indicator table (`evaluate.TABLE`) of a report's filings and parameters; see `evaluate.compute`."""
    filed, counts = (job.intake.accepted, job.intake.counts) if job.intake else ({}, None)
    plan = reference.load_plan(layout)
    return evaluate.compute(filed, layout, job.resolved.params, plan, job.year, counts, only=only)


def explained(layout: Layout, job: Job, id: str, year: int, region: Region) -> Explanation:
    """Where the value of one indicator in a year and region (also an economic one) comes from, from the job's filings.

    Raises ParameterError for what there is not.
    """
    catalogue = load_catalogue(layout)
    listing.check(id, catalogue)
    accepted, quarantine, counts = (
        (job.intake.accepted, job.intake.quarantine, job.intake.counts) if job.intake else ({}, {}, None)
    )
    plan = reference.load_plan(layout)
    prepared = inputs.prepare(accepted, layout, job.resolved.params, plan, job.year, counts)
    edition, places = Edition(prepared, plan.baseline_year, job.year), evaluate.places(layout)
    table = evaluate.evaluate(catalogue.only([id]), edition, ("year", "region_code"), places)
    listing.check_year(year, table)
    inside = places.filter(pl.col("region_code") == region.code)["province_code"].to_list()
    listed = {one.code: one for one in all_regions(layout)}
    provinces = [listed[code] for code in inside]
    return explain(id, region, provinces, year, table, catalogue, prepared, accepted, quarantine, plan.baseline_year)
