"""What a notebook holds in its hand: the report's parameters, the published statistics, and how to show things."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
from IPython.display import display

from pipeline import params, reference
from pipeline.charts import figures, theme  # noqa: F401  (the theme registers itself)
from pipeline.disclosure import publication
from pipeline.disclosure.policy import Policy, load_policy
from pipeline.filings.contracts import BY_NAME
from pipeline.filings.intake import accepted
from pipeline.indicators import evaluate
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.view import View
from pipeline.layout import Layout
from pipeline.params import Params
from pipeline.reference import Plan
from pipeline.regions import Region
from pipeline.reports import history
from pipeline.reports.blocks import MIME, NUMBERED, Block
from pipeline.reports.edition import indicators, prepare, read_by, scenarios
from pipeline.reports.plan import NO_FILINGS, PUBLIC, Job, Selection, jobs
from pipeline.reports.provenance import read
from pipeline.reports.since import LastEdition
from pipeline.scenarios import outlook
from pipeline.scenarios.outlook import Outlook

CHARTS = "charts"


@dataclass(frozen=True)
class Chapter:
    """The inputs of one chapter; all frames are read only.

    published: see `reference.published`, with what lies after the report's year left out. provinces: 34 rows, see
    `reference.provinces`. parameters: the effective parameters as a table with Chinese columns. inputs: the input
    files with path, sha256 and rows. edition: the folder of what was computed from the filings. view: the
    indicators of the report's region. scenarios: the folder of what `outlook` reads. last: what the edition of the year
    before said, where there is one.
    """

    layout: Layout
    year: int
    region: Region
    scenario: str
    filings: str
    audience: str
    params: Params
    parameters: pl.DataFrame
    inputs: pl.DataFrame
    published: pl.DataFrame
    plan: Plan
    provinces: pl.DataFrame
    tables: Path
    edition: Path
    view: View
    scenarios: Path
    last: LastEdition | None

    def filed(self, table: str) -> pl.DataFrame:
        """An accepted table, up to the report's year; see `intake.Intake.accepted`. Empty without filings; of a public report
        what `publication.filings` leaves of it, which of most tables is nothing."""
        if not self.has_filings:
            return pl.DataFrame(schema=BY_NAME[table].dtypes)
        rows = publication.filed(self.edition, table) if self.is_public else accepted(self.edition, table)
        return rows.filter(pl.col("year") <= self.year) if "year" in rows.columns else rows

    def outlook(self) -> Outlook:
        """All scenarios of the report's region; empty tables where they cannot be projected."""
        return outlook.read(self.scenarios).of(self.region.code)

    @property
    def has_filings(self) -> bool:
        return self.filings != NO_FILINGS

    @property
    def is_public(self) -> bool:
        """Whether it is read by everybody, so that values may be missing for secrecy."""
        return self.audience == PUBLIC

    def public_metrics(self) -> pl.DataFrame:
        """The coded metrics of the actions that a public report may tell: `publication.METRICS`."""
        frame = pl.read_parquet(self.edition / "metrics.parquet")
        return frame.filter(pl.col("year") <= self.year)

    def disclosure(self) -> pl.DataFrame:
        """How many values of the report's year are published, and how many each rule hides: `publication.summary`."""
        return pl.read_parquet(self.edition / "summary.parquet").filter(pl.col("year") == self.year)

    def policy(self) -> Policy:
        """The rules of disclosure control."""
        return load_policy(self.layout, self.view.catalogue)

    def quality(self, name: str) -> pl.DataFrame:
        """What the intake says of the filings: counts, files, findings, skipped, revisions, corrections; in public counts."""
        return pl.read_parquet(self.edition / "quality" / f"{name}.parquet")

    def rejected(self, table: str) -> pl.DataFrame:
        """The rejected rows of a table, as filed; see `intake.Intake.quarantine`."""
        return pl.read_parquet(self.edition / "quarantine" / f"{table}.parquet")

    def series(self, indicator: str, region: str | None = None) -> pl.DataFrame:
        """The yearly published values of `indicator` for `region` (Chinese short name; default: the report's)."""
        return reference.series(self.published, indicator, region or self.region.short_zh)

    def show(self, block: Block) -> None:
        """Hand `block` to the report, write its data to the tables folder, and display it in the notebook."""
        payload = block.payload()
        self.tables.mkdir(parents=True, exist_ok=True)
        seen: dict[str, Any] = {MIME: payload}
        if payload["kind"] == "figure":
            svg = figures.svg(payload["spec"], block.id, self.layout.processed / CHARTS)
            seen |= {"image/svg+xml": svg, "text/plain": payload["alt"]}
        else:
            seen["text/markdown"] = _preview(payload)
        if payload["kind"] in NUMBERED:
            block.data.write_parquet(self.tables / f"{block.id}.parquet")  # type: ignore[union-attr]
            (self.tables / f"{block.id}.csv").write_text("\ufeff" + payload["table"]["csv"], "utf-8", newline="")
        display(seen, raw=True)

    def say(self, *paragraphs: str) -> None:
        """Add text to the report: Markdown, a paragraph an argument."""
        text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
        display({"text/markdown": text, "text/plain": text}, raw=True)

    def note(self, *paragraphs: str) -> None:
        """Add a remark that stands apart from the running text."""
        self.say("::: {.note}", *paragraphs, ":::")


def _preview(payload: dict[str, Any]) -> str:
    if payload["kind"] == "cards":
        return "\n".join(f"- **{card['title']}** {card['value']}（{card['status']}）" for card in payload["cards"])
    if payload["kind"] == "entries":
        return "\n".join(f"- **{entry['title']}** {entry['value']}（{entry['badge']}）" for entry in payload["entries"])
    table = payload["table"]
    lines = [table["columns"], ["---"] * len(table["columns"]), *table["rows"]]
    return f"**{payload['title']}**\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines)


def open_chapter(
    *,
    year: int | None = None,
    region: str = "全国",
    scenario: str = "plan",
    filings: str = "none",
    audience: str = "internal",
    overrides: list[str] | None = None,
    context: str = "",
) -> Chapter:
    """The chapter's inputs. `context`: the file with resolved parameters that a build shares among its chapters.

    Without `context`, as in JupyterLab, they are resolved from the other arguments. Raises UserError.
    """
    layout = Layout.current()
    if context:
        frozen = json.loads(Path(context).read_text("utf-8"))
    else:
        wanted = Selection(year, region, scenario, filings, audience, tuple(overrides or ()))
        job = jobs(layout, wanted)[0]
        prepare(layout, [job])
        frozen = freeze(layout, job)
    published = reference.published(layout).filter(pl.col("year") <= frozen["year"])
    edition = Path(frozen["edition"])
    filed = frozen["filings"] != NO_FILINGS and frozen["audience"] != PUBLIC
    names = dict(accepted(edition, "entities").select("entity_id", "name_zh").iter_rows()) if filed else {}
    view = View(
        table=evaluate.read(Path(frozen["indicators"])),
        catalogue=load_catalogue(layout),
        region=Region(**frozen["region"]),
        year=frozen["year"],
        provinces=reference.provinces(layout),
        names=names,
        without_entities=frozen["audience"] == PUBLIC,
        top_n=frozen["params"]["top_n"],
        marked=tuple(frozen["params"]["highlight_regions"]),
    )
    return Chapter(
        layout=layout,
        year=frozen["year"],
        region=view.region,
        scenario=frozen["scenario"],
        filings=frozen["filings"],
        audience=frozen["audience"],
        params=Params.model_validate(frozen["params"]),
        parameters=pl.DataFrame(frozen["parameters"], infer_schema_length=None),
        inputs=pl.DataFrame(frozen["inputs"], infer_schema_length=None),
        published=published,
        plan=reference.load_plan(layout),
        provinces=view.provinces,
        tables=Path(frozen["tables"]),
        edition=edition,
        view=view,
        last=_last(view, [history.load(Path(path)) for path in frozen["editions"]]),
        scenarios=Path(frozen["scenarios"]),
    )


def _last(view: View, entries: Sequence[history.Entry]) -> LastEdition | None:
    if not entries:
        return None
    before, after = entries
    return LastEdition(replace(view, table=before.table(), year=before.year), before, after)


def _compared(layout: Layout, job: Job) -> list[str]:
    """The entries of the edition of the year before and of this one; none without the former."""
    last = history.of_last_year(layout, job)
    own = history.entry(layout, history.place(job), job.region, job.scenario)
    return [str(last.path), str(own.path)] if last and own else []


def freeze(layout: Layout, job: Job) -> dict[str, Any]:
    """The one resolved object of a report, as JSON can carry it."""
    return {
        "year": job.year,
        "region": vars(job.region),
        "scenario": job.scenario,
        "filings": job.filings,
        "audience": job.audience,
        "params": job.resolved.params.model_dump(mode="json"),
        "parameters": params.table(job.resolved).to_dicts(),
        "inputs": read(layout, job),
        "editions": _compared(layout, job),
        "indicators": str(indicators(layout, job)),
        "scenarios": str(scenarios(layout, job)),
        "edition": str(read_by(layout, job)),
        "tables": str(layout.processed / job.edition / job.slug / "tables"),
    }
