"""What all reports of an edition share: the accepted filings and the indicators made of them, computed once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline import reference
from pipeline.disclosure import publication, rules
from pipeline.disclosure.pattern import Material, kept
from pipeline.disclosure.policy import load_policy
from pipeline.filings.intake import save
from pipeline.indicators import evaluate, inputs, listing
from pipeline.indicators.cells import Edition
from pipeline.indicators.explain import Explanation, explain
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout
from pipeline.params import Params
from pipeline.regions import Region, all_regions
from pipeline.reports.plan import PUBLIC, Job

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
    """Write the filings and indicator tables that `jobs` read. Raises DataError where catalogue or reference are wrong,
    ParameterError where the policy for the public is."""
    internal = [job for job in jobs if job.audience != PUBLIC]
    for edition, intake in {job.edition: job.intake for job in internal}.items():
        if intake:
            save(intake, layout.processed / edition)
    for path, job in {indicators(layout, job): job for job in internal}.items():
        evaluate.write(computed(layout, job), path)
    public = {indicators(layout, job): job for job in jobs if job.audience == PUBLIC}
    if public:
        _publish(layout, public)


def _publish(layout: Layout, jobs: Mapping[Path, Job]) -> None:
    """Write the public folder of an edition. jobs: indicator table -> one of the reports that read it.

    One pattern holds for all tables, whatever their parameters: what is hidden in one is hidden in the others, until all
    of them are safe. It is kept with the edition, with a key of all that it depends on, and used again.
    """
    first = next(iter(jobs.values()))
    folder, catalogue = read_by(layout, first), load_catalogue(layout)
    policy, plan = load_policy(layout, catalogue), reference.load_plan(layout)
    accepted = publication.shown(first.intake.accepted if first.intake else {})
    tables, materials = dict[Path, pl.DataFrame](), dict[Path, Material]()
    for path, job in sorted(jobs.items()):
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
    for path, table in tables.items():
        evaluate.write(publication.public(table, found), path)
    publication.summary(materials[min(materials)].cells, found).write_parquet(folder / "summary.parquet")
    if first.intake:
        publication.save(folder, first.intake.accepted, first.intake.counts, policy)


def disclosed(layout: Layout, jobs: Sequence[Job]) -> str:
    """What disclosure control did to the report's year, in one line; empty without public reports of filings."""
    job = next((job for job in jobs if job.audience == PUBLIC and job.intake), None)
    if job is None:
        return ""
    of_year = pl.read_parquet(read_by(layout, job) / "summary.parquet").filter(pl.col("year") == job.year)
    return publication.told(of_year)


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
