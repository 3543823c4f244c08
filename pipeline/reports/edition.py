"""What all reports of an edition share: the accepted filings and the indicators made of them, computed once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import reference
from pipeline.layout import Layout
from pipeline.output import locked, placed
from pipeline.params import Params
from pipeline.regions import Region
from pipeline.reports import sources
from pipeline.reports.cache import Hashes, Record, Records, digest
from pipeline.reports.plan import Job

if TYPE_CHECKING:
    import polars as pl

    from pipeline.indicators.explain import Explanation

METHOD = (
    "electricity_coal_method", "electricity_coal_coefficient_kgce_per_kwh", "natural_gas_kgce_per_m3", "water_kgce_per_t",
    "fuel_factor_set",
)  # fmt: skip
"""The parameters on which indicators depend."""


MADE = ".made"  # the folder of an edition that records what its tables were made from


@dataclass(frozen=True)
class Step:
    """Tables that reports share: where they are written, name -> hash of what they are made from, and how."""

    name: str
    places: tuple[Path, ...]
    reads: Mapping[str, str]
    make: Callable[[], None]
    record: Path

    def fresh(self, files: Hashes) -> bool:
        """Whether the tables are there as they were made, from what there is now."""
        found = Records(self.record).find(lambda name: self.reads.get(name, ""))
        return found is not None and found.files == self._written(files)

    def run(self, files: Hashes) -> None:
        self.make()
        Records(self.record).add(Record(dict(self.reads), files=self._written(files)))

    def _written(self, files: Hashes) -> dict[str, str]:
        return {path.name: files.tree(path) if path.is_dir() else files.file(path) for path in self.places}


def steps(layout: Layout, jobs: Iterable[Job], common: Mapping[str, str]) -> dict[Path, Step]:
    """What `jobs` need, each once, in the order in which it is made: record -> step. common: see `sources.shared`."""
    found: dict[Path, Step] = {}
    for job in jobs:
        for step in _steps(layout, job, common):
            found.setdefault(step.record, step)
    return dict(sorted(found.items(), key=lambda one: one[1].name != "filings"))


def _steps(layout: Layout, job: Job, common: Mapping[str, str]) -> list[Step]:
    folder = layout.processed / job.edition
    filed = {"filings": digest(job.filed.key if job.filed else None), **common}
    table, beside = indicators(layout, job), inputs(layout, job)
    method = {f"params.{key}": digest(getattr(job.resolved.params, key)) for key in METHOD}
    parts = ("filings", "quarantine", "quality") if job.filed else ()
    return [
        Step(
            "filings",
            (*(folder / part for part in parts), beside),
            filed,
            lambda: _write_filings(layout, job, beside),
            folder / MADE / "filings.json",
        ),
        Step(
            "indicators",
            (table,),
            filed | method | {"year": digest(job.year)},
            lambda: _write_indicators(layout, job, table),
            folder / MADE / f"{table.stem}.json",
        ),
    ]


def _write_filings(layout: Layout, job: Job, beside: Path) -> None:
    from pipeline.filings.intake import save
    from pipeline.reports import provenance

    if job.intake:
        save(job.intake, layout.processed / job.edition)
    with placed(beside) as path:
        path.write_text(json.dumps(provenance.inputs(layout, job.intake), ensure_ascii=False), "utf-8")


def _write_indicators(layout: Layout, job: Job, path: Path) -> None:
    from pipeline.indicators import evaluate

    with placed(path) as beside:
        evaluate.write(computed(layout, job), beside)


def prepare(layout: Layout, jobs: Sequence[Job]) -> None:
    """Write the filings and indicator tables that `jobs` read, those that are not up to date. Raises DataError where
    catalogue or reference are wrong, OutputError."""
    files = sources.hashes(layout)
    with locked(*{layout.processed / job.edition for job in jobs}):
        for step in steps(layout, jobs, sources.shared(layout, files)).values():
            if not step.fresh(files):
                step.run(files)
    files.save()


def inputs(layout: Layout, job: Job) -> Path:
    """The list of a report's input files, see `provenance.inputs`."""
    return layout.processed / job.edition / "inputs.json"


def indicators(layout: Layout, job: Job) -> Path:
    """The indicator table of a report: one for the edition, and one more for each other choice of METHOD."""
    chosen = job.resolved.params.model_dump(mode="json", include=set(METHOD))
    name = "indicators"
    if chosen != Params().model_dump(mode="json", include=set(METHOD)):
        name += f"-{digest(chosen)[:8]}"
    return layout.processed / job.edition / f"{name}.parquet"


def computed(layout: Layout, job: Job, only: Sequence[str] = ()) -> pl.DataFrame:
    """The indicator table (`evaluate.TABLE`) of a report's filings and parameters; see `evaluate.compute`."""
    from pipeline.indicators import evaluate

    filed, counts = (job.intake.accepted, job.intake.counts) if job.intake else ({}, None)
    plan = reference.load_plan(layout)
    return evaluate.compute(filed, layout, job.resolved.params, plan, job.year, counts, only=only)


def explained(layout: Layout, job: Job, id: str, year: int, region: Region) -> Explanation:
    """Where the value of one indicator in a year and region (also an economic one) comes from, from the job's filings.

    Raises ParameterError for what there is not.
    """
    import polars as pl

    from pipeline.indicators import evaluate, inputs, listing
    from pipeline.indicators.cells import Edition
    from pipeline.indicators.explain import explain
    from pipeline.indicators.model import load_catalogue
    from pipeline.regions import all_regions

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
