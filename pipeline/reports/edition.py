"""What all reports of an edition share: the accepted filings, the indicators and the scenarios, computed once."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline import params, reference
from pipeline.disclosure import publication, rules
from pipeline.disclosure.pattern import Material, kept
from pipeline.disclosure.policy import load_policy
from pipeline.filings.intake import save
from pipeline.indicators import evaluate, inputs, listing
from pipeline.indicators.cells import Edition
from pipeline.indicators.explain import Explanation, explain
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout
from pipeline.params import Params, Resolved
from pipeline.regions import Region, all_regions
from pipeline.reports import history, provenance
from pipeline.reports.plan import PUBLIC, Job
from pipeline.scenarios import outlook
from pipeline.scenarios.outlook import Outlook

PATTERN_FILE = "disclosure.parquet"  # beside the public folder, not in it: it says why each cell is hidden
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
    return read_by(layout, job) / f"{name}.parquet"


def read_by(layout: Layout, job: Job) -> Path:
    """The folder with all that the report's notebooks read of the filings: a public one has nothing else in reach."""
    edition = layout.processed / job.edition
    return edition / PUBLIC if job.audience == PUBLIC else edition


def prepare(layout: Layout, jobs: Sequence[Job]) -> None:
    """Write the filings, indicator tables and scenarios that `jobs` read, and keep the numbers in the history of their
    edition.

    Raises DataError where catalogue or reference are wrong, ParameterError where the policy for the public is, OutputError.
    """
    for audience in dict.fromkeys(job.audience for job in jobs):
        of_audience = [job for job in jobs if job.audience == audience]
        (_publish if audience == PUBLIC else _write)(layout, of_audience)
        _keep(layout, of_audience)


def _write(layout: Layout, jobs: Sequence[Job]) -> None:
    """The filings, indicator tables and scenarios of an edition, all of them."""
    for edition, intake in {job.edition: job.intake for job in jobs}.items():
        if intake:
            save(intake, layout.processed / edition)
    for path, job in {indicators(layout, job): job for job in jobs}.items():
        evaluate.write(computed(layout, job), path)
    for folder, job in {scenarios(layout, job): job for job in jobs}.items():
        outlook.write(projected(layout, job, evaluate.read(indicators(layout, job))), folder, _names(layout))


def _names(layout: Layout) -> dict[str, str]:
    return {region.code: region.short_zh for region in all_regions(layout)}


def _keep(layout: Layout, jobs: Sequence[Job]) -> None:
    """Add what was written to the history. That of a public edition does not tell who filed what."""
    grounds = {}
    for edition, job in {job.edition: job for job in jobs}.items():
        told = None if job.audience == PUBLIC else job.intake
        grounds[edition] = history.ground(layout, told, provenance.inputs(layout, job.intake, job.audience))
    for job in jobs:
        paths = outlook.read(scenarios(layout, job)).of(job.region.code).paths.filter(scenario=job.scenario)
        history.keep(layout, job, indicators(layout, job), grounds[job.edition], paths)


def _publish(layout: Layout, jobs: Sequence[Job]) -> None:
    """Write the public folder of an edition: what `_write` writes, after disclosure control.

    One pattern holds for all tables, whatever their parameters: what is hidden in one is hidden in the others, until all
    of them are safe. It is kept with the edition, with a key of all that it depends on, and used again.
    """
    first = jobs[0]
    folder, catalogue = read_by(layout, first), load_catalogue(layout)
    policy, plan = load_policy(layout, catalogue), reference.load_plan(layout)
    accepted = publication.shown(first.intake.accepted if first.intake else {})
    tables, materials = dict[Path, pl.DataFrame](), dict[Path, Material]()
    for path, job in sorted({indicators(layout, job): job for job in jobs}.items()):
        counts = job.intake.counts if job.intake else None
        tables[path] = evaluate.compute(accepted, layout, job.resolved.params, plan, job.year, counts)
        prepared = inputs.prepare(accepted, layout, job.resolved.params, plan, job.year, counts)
        materials[path] = Material(
            rules.published(tables[path]),
            evaluate.contributions(catalogue, Edition(prepared, plan.baseline_year, job.year)),
            evaluate.places(layout), catalogue, policy, frozenset(target.indicator for target in plan.targets), plan.baseline_year,
        )  # fmt: skip
    earlier = layout.processed / f"{first.year - 1}-{first.filings}" / PATTERN_FILE
    found = kept(layout.processed / first.edition / PATTERN_FILE, list(materials.values()), earlier)
    folder.mkdir(parents=True, exist_ok=True)
    public = {path: publication.public(table, found) for path, table in tables.items()}
    for path, table in public.items():
        evaluate.write(table, path)
    publication.summary(materials[min(materials)].cells, found).write_parquet(folder / "summary.parquet")
    if first.intake:
        publication.save(folder, first.intake.accepted, first.intake.counts, policy)
    for job in jobs:  # what an earlier pattern let a chapter write must not stay
        shutil.rmtree(layout.processed / job.edition / job.slug / "tables", ignore_errors=True)
    for place, job in {scenarios(layout, job): job for job in jobs}.items():
        path = indicators(layout, job)
        closed = publication.resting_on_hidden(public[path], outlook.INPUTS, job.year)
        outlook.write(projected(layout, job, tables[path]).without(closed), place, _names(layout))


def disclosed(layout: Layout, jobs: Sequence[Job]) -> str:
    """What disclosure control did to the report's year, in one line; empty without public reports of filings."""
    job = next((job for job in jobs if job.audience == PUBLIC and job.intake), None)
    if job is None:
        return ""
    of_year = pl.read_parquet(read_by(layout, job) / "summary.parquet").filter(pl.col("year") == job.year)
    return publication.told(of_year)


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
