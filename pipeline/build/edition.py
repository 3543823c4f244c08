"""What all reports of an edition share: the accepted filings, the indicators and the scenarios, computed once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.build import sources
from pipeline.build.plan import PUBLIC, Job
from pipeline.errors import DataError
from pipeline.given import params, reference
from pipeline.given.params import Params, Resolved
from pipeline.given.regions import NATION, Region, all_regions
from pipeline.keeping import Hashes, Record, Records, digest
from pipeline.layout import Layout
from pipeline.output import locked, placed

if TYPE_CHECKING:
    import polars as pl

    from pipeline.disclosure.attack import Row, Verdict
    from pipeline.disclosure.pattern import Material
    from pipeline.evaluation.evaluate import Evaluation
    from pipeline.evaluation.scheme import Scheme
    from pipeline.indicators.explain import Explanation
    from pipeline.scenarios.outlook import Outlook

METHOD = (
    "electricity_coal_method", "electricity_coal_coefficient_kgce_per_kwh", "natural_gas_kgce_per_m3", "water_kgce_per_t",
    "fuel_factor_set", "frame_coverage_min",
)  # fmt: skip
"""The parameters on which indicators depend."""

PATTERN = "disclosure.parquet"  # beside the public folder, not in it: it says why each cell is hidden
SUMMARY = "summary.parquet"
AUDIT = "audit.json"  # what the attack on the public tables found
COVERAGE = "coverage.parquet"
GRADES = "grades.parquet"  # of the evaluation, what the public is told
ORDER = ("filings", "indicators", "scenarios", "history")
BY_REGION = "regions.json"  # beside the scenarios: region code -> see `of_region`
PUBLISHED = ("filings", "quality", "metrics.parquet")  # what the public's folder has of the filings
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


def steps(layout: Layout, jobs: Sequence[Job], common: Mapping[str, str]) -> dict[Path, Step]:
    """What `jobs` need, each once, in the order in which it is made: record -> step. common: see `sources.shared`."""
    found: dict[Path, Step] = {}
    resolved = {overrides: _resolved(layout, overrides, jobs) for overrides in {job.overrides for job in jobs}}
    for job in jobs:
        for step in _steps(layout, job, jobs, common, resolved[job.overrides]):
            found.setdefault(step.record, step)
    return dict(sorted(found.items(), key=lambda one: ORDER.index(one[1].name)))


def _resolved(layout: Layout, overrides: tuple[str, ...], jobs: Sequence[Job]) -> str:
    """The hash of the parameters of all scenarios and regions."""
    every = parameters(layout, next(job for job in jobs if job.overrides == overrides))
    return digest(
        [(one.params.model_dump(), sorted(map(str, one.origins.items()))) for of in every.values() for one in of]
    )


def records(layout: Layout, job: Job) -> dict[str, Path]:
    """The name of each step that a report needs -> the file that records what it was made from."""
    records = made(layout, job)
    return {
        "filings": records / "filings.json",
        "indicators": records / f"{indicators(layout, job).stem}.json",
        "scenarios": records / f"{scenarios(layout, job).name}.json",
        "history": records / "history" / f"{_line(layout, job).name}.json",
    }


def made(layout: Layout, job: Job) -> Path:
    """The folder that records what the tables of the report's edition, for its audience, were made from."""
    return layout.processed / job.edition / MADE / (PUBLIC if job.audience == PUBLIC else "")


def _steps(layout: Layout, job: Job, jobs: Sequence[Job], common: Mapping[str, str], resolved: str) -> list[Step]:
    folder, is_public = layout.processed / job.place(), job.audience == PUBLIC
    filed = {"filings": digest(job.filed.key if job.filed else None), "plan": digest(job.plan), **common}
    if is_public:
        filed["policy"] = sources.hashes(layout).file(layout.policy)
    method = {f"params.{key}": digest(getattr(job.resolved.params, key)) for key in METHOD}
    computed = filed | method | {"year": digest(job.year)}
    if is_public:  # one pattern holds for the tables of all reports, and goes on from that of the year before
        computed["together"] = digest(sorted(path.name for path in _tables(layout, jobs)))
        computed["earlier"] = sources.hashes(layout).file(_pattern(layout, job, job.year - 1))
        computed["published"] = sources.hashes(layout).tree(layout.published / job.filings)
    projected = computed | {"resolved": resolved, "overrides": digest(job.overrides)}
    own = projected | {"parameters": digest(params.table(job.resolved).to_dicts())}
    parts = () if not job.filed else PUBLISHED if is_public else ("filings", "quarantine", "quality")
    places = (*(folder / part for part in parts), inputs(layout, job), _ground(layout, job))
    beside = (folder / SUMMARY, folder / AUDIT, _pattern(layout, job)) if is_public else (sensitivity(layout, job),)
    tables = (indicators(layout, job), coverage_file(layout, job), evaluation(layout, job), *beside)
    disclose = partial(_disclose, jobs=[one for one in jobs if one.audience == PUBLIC])
    made: list[tuple[tuple[Path, ...], Mapping[str, str], Callable[[Layout, Job], None]]] = [
        (places, filed, _write_filings),
        (tables, computed, disclose if is_public else _write_indicators),
        ((scenarios(layout, job),), projected, _write_scenarios),
        ((_line(layout, job),), own, _keep),
    ]
    named = zip(records(layout, job).items(), made, strict=True)
    return [
        Step(name, where, reads, partial(make, layout, job), record) for (name, record), (where, reads, make) in named
    ]


def _tables(layout: Layout, jobs: Sequence[Job]) -> dict[Path, Job]:
    """The indicator tables of `jobs`, each with one of those that read it."""
    return dict(sorted({indicators(layout, job): job for job in jobs}.items()))


def _pattern(layout: Layout, job: Job, year: int | None = None) -> Path:
    return layout.processed / (job.edition if year in (None, job.year) else f"{year}-{job.filings}") / PATTERN


def _line(layout: Layout, job: Job) -> Path:
    return layout.processed / job.place() / "history" / f"{job.region.code}-{job.scenario}"


def _ground(layout: Layout, job: Job) -> Path:
    return layout.processed / job.place() / "ground.json"


def _write_filings(layout: Layout, job: Job) -> None:
    from pipeline.build import history, provenance
    from pipeline.filings.intake import save

    is_public = job.audience == PUBLIC
    if job.intake and is_public:
        from pipeline.disclosure import publication
        from pipeline.disclosure.policy import load_policy
        from pipeline.indicators.model import load_catalogue

        rules = load_policy(layout, load_catalogue(layout, plan_id=job.plan))
        publication.save(layout.processed / job.place(), job.intake.accepted, job.intake.counts, rules)
    elif job.intake:
        save(job.intake, layout.processed / job.place())
    listed = provenance.inputs(layout, job.intake, job.audience)
    told = None if is_public else job.intake  # the public is not told who filed what
    ground = history.ground(layout, told, listed, job.plan)
    for path, content in ((inputs(layout, job), listed), (_ground(layout, job), ground)):
        with placed(path) as beside:
            beside.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def _write_indicators(layout: Layout, job: Job) -> None:
    from pipeline.indicators import evaluate
    from pipeline.scenarios import sensitivity as varied

    table = computed(layout, job)
    with placed(indicators(layout, job)) as beside:
        evaluate.write(table, beside)
    with placed(coverage_file(layout, job)) as beside:
        covered(layout, job).write_parquet(beside)
    evaluated(layout, job, table)[1].write(evaluation(layout, job))
    plan = reference.load_plan(layout, job.plan)
    tested = varied.sensitivity(_filed(job)[0], layout, job.resolved.params, plan, job.year, table)
    with placed(sensitivity(layout, job)) as beside:
        tested.write_parquet(beside)


def _disclose(layout: Layout, job: Job, jobs: Sequence[Job]) -> None:
    """Write the indicator tables of the public after disclosure control, those of all `jobs`: what is hidden in one is hidden
    in the others, until all of them are safe. The pattern is kept with the edition and used again."""
    from pipeline.disclosure import attack, publication, record
    from pipeline.disclosure.graded import graded
    from pipeline.disclosure.pattern import kept
    from pipeline.indicators import coverage, evaluate

    published, asked = record.read(layout, job.filings), _tables(layout, jobs)
    whole = {path: computed(layout, one) for path, one in asked.items()}
    tables = {path: _open(layout, job, table) for path, table in whole.items()}
    materials: dict[Path, Material] = {
        path: _material(layout, one, tables[path], published) for path, one in asked.items()
    }
    _check_patterns(layout, job)
    found = kept(_pattern(layout, job), list(materials.values()), _pattern(layout, job, job.year - 1))
    shown, verdicts, limits = dict[Path, Any](), list[attack.Verdict](), _limits(reference.load_plan(layout, job.plan))
    for path, table in tables.items():
        of = materials[path]
        shown[path] = publication.public(table, found, of.policy.filers)
        if of.bound is not None:
            shown[path] = publication.coarse(shown[path], of.bound.restated, of.catalogue, limits)
        verdicts.append(_attacked(table, shown[path], of))
    verdict = attack.joined(verdicts, record.digest(published))
    if not verdict.passed:
        raise DataError("disclosure.attacked", attack.told(verdict, materials[next(iter(tables))].catalogue))
    for path, table in shown.items():  # the attack knew every digit of what is told alone
        with placed(path) as beside:
            evaluate.write(
                publication.coarse(table, found.filter("value_only"), materials[path].catalogue, limits), beside
            )
        with placed(coverage_file(layout, asked[path])) as beside:
            coverage.public(covered(layout, asked[path])).write_parquet(beside)
        scheme, found_of = evaluated(layout, asked[path], whole[path])
        with placed(evaluation(layout, asked[path]) / GRADES) as beside:
            graded(found_of.enterprises, scheme, materials[path].policy).write_parquet(beside)
    with placed(layout.processed / job.place() / AUDIT) as beside:
        verdict.write(beside, {path.name: attack.digest(path) for path in tables})
    with placed(layout.processed / job.place() / SUMMARY) as beside:
        publication.summary(next(iter(materials.values())).cells, found).write_parquet(beside)


def _open(layout: Layout, job: Job, table: pl.DataFrame) -> pl.DataFrame:
    """`computed` without what is internal."""
    from pipeline.disclosure.publication import open_rows
    from pipeline.indicators.model import load_catalogue

    return open_rows(table, load_catalogue(layout, plan_id=job.plan))


def _material(layout: Layout, job: Job, table: pl.DataFrame, published: pl.DataFrame) -> Material:
    """What the pattern of the report's indicator table depends on. table: `_open`; published: `record.read`."""
    import polars as pl

    from pipeline.disclosure import publication, record, rules
    from pipeline.disclosure.pattern import PATTERN as CELLS
    from pipeline.disclosure.pattern import Material
    from pipeline.disclosure.policy import load_policy
    from pipeline.indicators import evaluate
    from pipeline.indicators import inputs as prepared
    from pipeline.indicators.cells import Edition
    from pipeline.indicators.model import load_catalogue

    filed, counts = _filed(job)
    plan, every = reference.load_plan(layout, job.plan), load_catalogue(layout, plan_id=job.plan)
    policy, catalogue = load_policy(layout, every), every.public
    given = prepared.prepare(filed, layout, job.resolved.params, plan, job.year, counts)
    whole = publication.public(table, pl.DataFrame(schema=CELLS), policy.filers)
    stem = indicators(layout, job).stem
    return Material(
        rules.published(table), evaluate.contributions(catalogue, Edition(given, plan.baseline_year, job.year)),
        evaluate.places(layout), catalogue, policy,
        frozenset(target.indicator for target in plan.targets), plan.baseline_year,
        record.bound(published, stem, whole, publication.alone(whole, catalogue, _limits(plan))),
    )  # fmt: skip


def _limits(plan: reference.Plan) -> dict[str, float]:
    """What levels are held against."""
    return {target.indicator: target.value for target in plan.targets if not target.is_change}


def _attacked(table: pl.DataFrame, shown: pl.DataFrame, of: Material, beyond: Iterable[Row] = ()) -> Verdict:
    from pipeline.disclosure import attack

    known = of.bound.known if of.bound else None
    return attack.attack(table, shown, of.contributions, of.places, of.catalogue, of.policy, of.targets, known, beyond)


def _check_patterns(layout: Layout, job: Job) -> None:
    """Take a pattern only as it was written: that of the report's year is removed where it is not, to be made again of the
    same. Raises DataError where that of the year before, which only its own filings give, is lost or damaged."""
    for year in (job.year, job.year - 1):
        path = _pattern(layout, job, year)
        records = (path.parent / MADE / PUBLIC).glob("indicators*.json")
        newest = [Records(one).all[:1] for one in records]
        told = {one.files[PATTERN] for of in newest for one in of if PATTERN in one.files}
        found = Hashes(Path(os.devnull)).file(path)
        if year == job.year and found not in told:
            path.unlink(missing_ok=True)
        if year != job.year and found not in told and (found or told):
            raise DataError(
                "disclosure.lost",
                f"{path} {'被改动过或已损坏' if found else '不见了'}：它记着 {year} 年公开版隐去了哪些数，本年要接着用；"
                f"请从备份恢复，或用 {year} 年的填报先重新生成 {year} 年的公开版",
            )


def disclosed(layout: Layout, jobs: Sequence[Job]) -> str:
    """What disclosure control did to the report's year, in one line; empty without public reports of filings."""
    job = next((job for job in jobs if job.audience == PUBLIC and job.filed), None)
    path = layout.processed / job.place() / SUMMARY if job else None
    if job is None or path is None or not path.is_file():
        return ""
    import polars as pl

    from pipeline.disclosure import publication
    from pipeline.language.words import Words

    return Words("zh").say(publication.told(pl.read_parquet(path, glob=False).filter(pl.col("year") == job.year)))


def _write_scenarios(layout: Layout, job: Job) -> None:
    from pipeline.indicators import evaluate
    from pipeline.scenarios import outlook

    names = {region.code: region.short_zh for region in all_regions(layout)}
    table, folder = evaluate.read(indicators(layout, job)), scenarios(layout, job)
    if job.audience == PUBLIC:
        from pipeline.disclosure.stand_ins import stand_ins
        from pipeline.indicators.model import load_catalogue

        titles = {one.id: one.title for one in load_catalogue(layout, plan_id=job.plan)}
        given = stand_ins(table, job.year, titles)
        own = projected(layout, job, given.table).without(given.closed).told(given.notes, given.guessed, given.hidden)
        found = _with_nation(layout, job, own, table)
    else:
        found = projected(layout, job, table)
    outlook.write(found, folder, names, reference.load_plan(layout, job.plan).baseline_year)
    by_region = {
        region.code: {
            "says": digest([getattr(found.of(region.code), one.name).write_csv() for one in fields(found)]),
            "written": written(layout, region, job.overrides),
        }
        for region in all_regions(layout)
    }
    with placed(folder / BY_REGION) as beside:
        beside.write_text(json.dumps(by_region), "utf-8")


def _with_nation(layout: Layout, job: Job, own: Outlook, shown: pl.DataFrame) -> Outlook:
    """The outlook of the public: the nation's as everybody else reads it, if what it tells leaves every hidden number as far
    off as the policy asks, else none of the nation. own: from published numbers alone."""
    import polars as pl

    from pipeline.disclosure import ahead, record

    if own.paths.is_empty():
        return own
    table = _open(layout, job, computed(layout, job))
    whole = projected(layout, job, table)
    published = record.read(layout, job.filings)
    mine = published.filter(pl.col("publication").str.starts_with(f"{job.year}-"))
    before = _material(layout, job, table, mine).bound if mine.height else None
    if before and ahead.corrected(before):
        return own.without([NATION.code])
    of = _material(layout, job, table, published)
    now = pl.col("year") == whole.notes.filter(region_code=NATION.code)["year"][0]
    of = replace(of, cells=of.cells.filter(now), contributions=of.contributions.filter(now))
    beyond = tuple(ahead.beyond(whole, own))
    safe = ahead.told(whole, shown) and (
        not beyond or _attacked(table.filter(now), shown.filter(now), of, beyond).passed
    )
    return ahead.joined(whole, own) if safe else own.without([NATION.code])


def of_region(layout: Layout, job: Job) -> dict[str, str]:
    """The hashes of what the scenarios say of the region (says) and of the parameters behind that (written)."""
    try:
        found: dict[str, str] = json.loads((scenarios(layout, job) / BY_REGION).read_bytes())[job.region.code]
    except (OSError, ValueError, LookupError):
        return {}
    return found


def written(layout: Layout, region: Region, overrides: Sequence[str]) -> str:
    """The hash of the region's parameters in all scenarios."""
    names = [name for name, _ in params.scenarios(layout)]
    each = [params.resolve(layout, region, name, overrides) for name in names]
    return digest([names, [params.table(one).to_dicts() for one in each]])


def _keep(layout: Layout, job: Job) -> None:
    from pipeline.build import history
    from pipeline.scenarios import outlook

    paths = outlook.read(scenarios(layout, job)).of(job.region.code).paths.filter(scenario=job.scenario)
    ground = json.loads(_ground(layout, job).read_text("utf-8"))
    history.keep(layout, job, indicators(layout, job), ground, paths)


def prepare(layout: Layout, jobs: Sequence[Job], only: Sequence[str] = ORDER) -> None:
    """Write the filings, indicator and scenario tables that `jobs` read, where they are not up to date, and keep them in the
    history of their edition; or some of ORDER only. Raises DataError where catalogue or reference are wrong, OutputError."""
    files = sources.hashes(layout)
    with locked(*{layout.processed / job.edition for job in jobs}):
        for step in steps(layout, jobs, sources.shared(layout, files)).values():
            if step.name in only and not step.fresh(files):
                step.run(files)
    files.save()


def inputs(layout: Layout, job: Job) -> Path:
    """The list of a report's input files, see `provenance.inputs`."""
    return layout.processed / job.place() / "inputs.json"


def indicators(layout: Layout, job: Job) -> Path:
    """The indicator table of a report: one for the edition, and one more for each other choice of METHOD."""
    chosen = job.resolved.params.model_dump(mode="json", include=set(METHOD))
    name = "indicators"
    if chosen != Params().model_dump(mode="json", include=set(METHOD)):
        name += f"-{digest(chosen)[:8]}"
    return layout.processed / job.place() / f"{name}.parquet"


def sensitivity(layout: Layout, job: Job) -> Path:
    """What disputed coefficients and factors do to the headlines (`sensitivity.TABLE`); not made for the public, whom it would
    tell what is hidden."""
    table = indicators(layout, job)
    return table.with_name(table.name.replace("indicators", "sensitivity"))


def coverage_file(layout: Layout, job: Job) -> Path:
    """How much of the industry the filings of a report cover (`coverage.COVERAGE`), beside its indicator table."""
    table = indicators(layout, job)
    return table.with_name(table.name.replace("indicators", Path(COVERAGE).stem))


def evaluation(layout: Layout, job: Job) -> Path:
    """The folder with the evaluation of enterprises, beside the indicator table: `Evaluation`, of the public GRADES alone."""
    table = indicators(layout, job)
    return table.with_name(table.stem.replace("indicators", "evaluation"))


def evaluated(
    layout: Layout, job: Job, table: pl.DataFrame | None = None, scheme_id: str | None = None
) -> tuple[Scheme | None, Evaluation]:
    """The scheme by which the report's enterprises are evaluated, and what comes of it; None and nothing where there is none for
    the year, or no filings. table: the indicator table before disclosure control, else what the scheme needs is computed. Raises
    as `scheme_of`."""
    from pipeline.evaluation import evaluate
    from pipeline.evaluation.scheme import scheme_of
    from pipeline.indicators.model import load_catalogue

    scheme = scheme_of(layout, job.year, load_catalogue(layout, plan_id=job.plan), scheme_id)
    if scheme is None or job.intake is None:
        return scheme, evaluate.nothing()
    if table is None:
        table = computed(layout, job, scheme.indicators)
    base = reference.load_plan(layout, job.plan).baseline_year
    return scheme, evaluate.evaluate(scheme, table, job.intake.accepted, job.intake.quarantine, job.year, base)


def scenarios(layout: Layout, job: Job) -> Path:
    """The folder with the scenarios of a report (`outlook`): those of all regions, as the indicator table and what was
    written after -p have them."""
    table, chosen = indicators(layout, job), sorted(job.overrides)
    name = table.stem.replace("indicators", "scenarios")
    return table.with_name(name + (f"-{digest(chosen)[:8]}" if chosen else ""))


def parameters(layout: Layout, job: Job) -> dict[str, list[Resolved]]:
    """Scenario -> the parameters of the nation and of every province, with what was written after -p. Raises
    ParameterError."""
    names = [name for name, _ in params.scenarios(layout)]
    return {name: [params.resolve(layout, one, name, job.overrides) for one in all_regions(layout)] for name in names}


def projected(layout: Layout, job: Job, table: pl.DataFrame) -> Outlook:
    """The scenarios of all regions from the indicator table of a report; empty without filings."""

    from pipeline.scenarios import outlook

    plan = reference.load_plan(layout, job.plan)
    return outlook.compute(table, parameters(layout, job), plan, reference.grid_factors(layout))


def begun(layout: Layout, job: Job) -> pl.DataFrame:
    """The indicator table of the report's edition, made and kept where it is not up to date."""
    from pipeline.indicators import evaluate

    prepare(layout, [job], ("filings", "indicators"))
    return evaluate.read(indicators(layout, job))


def assumed(layout: Layout, job: Job) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The drivers of the report's region in all scenarios (`drivers.TABLE`) and what contradicts in those of its own
    (`contradictions.TABLE`), from the table of the edition where that is up to date; empty without filings."""
    from pipeline.indicators import evaluate
    from pipeline.scenarios import outlook

    files = sources.hashes(layout)
    step = steps(layout, [job], sources.shared(layout, files))[records(layout, job)["indicators"]]
    table = evaluate.read(indicators(layout, job)) if step.fresh(files) else computed(layout, job, outlook.INPUTS)
    files.save()
    every = {name: [one for one in of if one.region in (job.region, NATION)] for name, of in parameters(layout, job).items()}  # fmt: skip
    both = outlook.warnings(table, every, reference.grid_factors(layout))
    moved, warned = (frame.filter(region_code=job.region.code) for frame in both)
    return moved, warned.filter(scenario=job.scenario)


def contradicting(layout: Layout, jobs: Sequence[Job]) -> list[str]:
    """What contradicts in the parameters of the reports, a sentence each (`contradictions.TABLE`): those of the nation rest
    on what analysts set for any province."""
    from pipeline.scenarios import outlook

    found: dict[str, None] = {}
    for job in jobs:
        for row in outlook.read(scenarios(layout, job)).warnings.filter(scenario=job.scenario).iter_rows(named=True):
            if row["region_code"] == job.region.code or (job.region.is_nation and row["changed"]):
                found[row["warning"]] = None
    return list(found)


def computed(layout: Layout, job: Job, only: Sequence[str] = ()) -> pl.DataFrame:
    """The indicator table (`evaluate.TABLE`) of a report's filings and parameters, before disclosure control; see
    `evaluate.compute`."""
    from pipeline.indicators import coverage, evaluate
    from pipeline.indicators.model import load_catalogue

    filed, counts = _filed(job)
    plan = reference.load_plan(layout, job.plan)
    table = evaluate.compute(filed, layout, job.resolved.params, plan, job.year, counts, only=only)
    return coverage.flagged(table, covered(layout, job), load_catalogue(layout, plan_id=job.plan), job.year)


def covered(layout: Layout, job: Job) -> pl.DataFrame:
    """How much of the industry the report's filings cover (`coverage.COVERAGE`); empty without filings. Raises DataError where
    the frame cannot be read."""
    from pipeline.filings import frame
    from pipeline.indicators import coverage

    known = frame.load(layout, job.filed.folder if job.filed else None)
    filed = job.intake.accepted if job.intake else {}
    found = coverage.coverage(known, filed, job.year, job.resolved.params.frame_coverage_min)
    return found if job.intake else found.clear()


def _filed(job: Job) -> tuple[Mapping[str, pl.DataFrame], pl.DataFrame | None]:
    """The accepted tables that the indicators of a report are made of, and the counts of the intake."""
    if job.intake is None:
        return {}, None
    if job.audience == PUBLIC:
        from pipeline.disclosure import publication

        return publication.shown(job.intake.accepted), job.intake.counts
    return job.intake.accepted, job.intake.counts


def explained(layout: Layout, job: Job, id: str, year: int, region: Region) -> Explanation:
    """Where the value of one indicator in a year and region (also an economic one) comes from, from the job's filings.

    Raises ParameterError for what there is not.
    """
    return _explaining(layout, job, [id], year, region)(id)


def evidence(layout: Layout, job: Job, scheme: Scheme) -> pl.DataFrame:
    """Which filed rows stand behind the evaluation: entity_id, indicator or fact, table, year, source_file, source_sheet, n, first
    and last row."""
    import polars as pl

    from pipeline.filings.contracts import SOURCE

    ask = _explaining(layout, job, scheme.indicators, job.year, NATION)
    found = [ask(id).rows.with_columns(of=pl.lit(id)) for id in scheme.indicators]
    if job.intake and "measures" in job.intake.accepted:
        said = job.intake.accepted["measures"].filter(pl.col("year") == job.year)
        for fact in scheme.facts:
            rows = said.filter(pl.col("action_no").cast(pl.String) == fact.action, pl.col("item") == fact.item)
            columns = ("year", "province_code", "entity_id", *SOURCE)
            found.append(rows.select(pl.lit("measures").alias("table"), *columns, pl.lit(fact.id).alias("of")))
    rows = pl.concat(found, how="vertical_relaxed").drop_nulls("entity_id")
    by = ["entity_id", "of", "table", "year", "source_file", "source_sheet"]
    row = pl.col("source_row")
    return rows.group_by(by).agg(n=pl.len(), first=row.min(), last=row.max()).sort(by)


def _explaining(
    layout: Layout, job: Job, ids: Sequence[str], year: int, region: Region
) -> Callable[[str], Explanation]:
    """`explain` for the indicators of a job's filings, which are prepared once."""
    import polars as pl

    from pipeline.given.regions import all_regions
    from pipeline.indicators import evaluate, inputs, listing
    from pipeline.indicators.cells import Edition
    from pipeline.indicators.explain import explain
    from pipeline.indicators.model import load_catalogue

    catalogue = load_catalogue(layout, plan_id=job.plan)
    for id in ids:
        listing.check(id, catalogue)
    accepted, quarantine, counts = (
        (job.intake.accepted, job.intake.quarantine, job.intake.counts) if job.intake else ({}, {}, None)
    )
    plan = reference.load_plan(layout, job.plan)
    prepared = inputs.prepare(accepted, layout, job.resolved.params, plan, job.year, counts)
    edition, places = Edition(prepared, plan.baseline_year, job.year), evaluate.places(layout)
    table = evaluate.evaluate(catalogue.only(list(ids)), edition, ("year", "region_code"), places)
    listing.check_year(year, table)
    inside = places.filter(pl.col("region_code") == region.code)["province_code"].to_list()
    listed = {one.code: one for one in all_regions(layout)}
    provinces = [listed[code] for code in inside]

    def ask(id: str) -> Explanation:
        return explain(
            id, region, provinces, year, table, catalogue, prepared, accepted, quarantine, plan.baseline_year
        )

    return ask
