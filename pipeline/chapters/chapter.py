"""What a notebook holds in its hand: the report's parameters, the published statistics, and how to show things."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import altair as alt
import polars as pl
from IPython import get_ipython
from IPython.display import display

from pipeline.build import history
from pipeline.build.context import freeze
from pipeline.build.declared import ALL, Reads
from pipeline.build.edition import GRADES, prepare
from pipeline.build.plan import NO_FILINGS, PUBLIC, Selection, jobs
from pipeline.chapters import doors, shown_as_is
from pipeline.chapters.since import LastEdition
from pipeline.charts import figures, theme  # noqa: F401  (the theme registers itself)
from pipeline.disclosure import publication
from pipeline.disclosure.policy import Policy, load_policy
from pipeline.errors import DataError
from pipeline.evaluation import evaluate as evaluated
from pipeline.evaluation.evaluate import Evaluation
from pipeline.evaluation.scheme import Scheme, scheme_of
from pipeline.filings.contracts import BY_NAME
from pipeline.filings.intake import accepted
from pipeline.given import params, reference
from pipeline.given.params import Params
from pipeline.given.reference import Plan
from pipeline.given.regions import Region
from pipeline.indicators import evaluate
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.view import View
from pipeline.language.facts import pack
from pipeline.language.words import Words
from pipeline.layout import SAMPLE, Layout
from pipeline.reports.blocks import ENGLISH, FACTS, MIME, NAMED_AS, Block, Figure, Table, frame, preview
from pipeline.reports.text import as_notebooks_read, told
from pipeline.scenarios import outlook, sensitivity
from pipeline.scenarios.outlook import Outlook


@dataclass(frozen=True)
class Chapter:
    """The inputs of one chapter; all frames are read only. What the notebook has not declared raises DataError.

    published: see `reference.published`, with what lies after the report's year left out. provinces: 34 rows, see
    `reference.provinces`. reads: what it has declared. frozen: see `context.freeze`.
    """

    layout: Layout
    year: int
    region: Region
    filings: str
    audience: str
    published: pl.DataFrame
    plan: Plan
    provinces: pl.DataFrame
    tables: Path
    reads: Reads
    frozen: Mapping[str, Any]
    in_build: bool = False
    _shown: list[dict[str, Any]] = field(default_factory=list, repr=False)

    @property
    def scenario(self) -> str:
        return str(self._frozen("scenario"))

    @property
    def params(self) -> Params:
        """The effective parameters that the chapter has declared."""
        return cast(Params, _Parameters(Params.model_validate(self.frozen["params"]), self.reads))

    @property
    def parameters(self) -> pl.DataFrame:
        """parameter, name, value, unit, allowed, origin, changed (Boolean) of all effective parameters, as `params.table`."""
        table = pl.DataFrame(self._frozen("parameters"), infer_schema_length=None)
        names = ("parameter", "name", "value", "unit", "allowed", "origin", "changed")
        return table.rename(dict(zip(table.columns, names, strict=True))).with_columns(pl.col("changed") == "是")

    @property
    def inputs(self) -> pl.DataFrame:
        """The input files with path, sha256 and rows."""
        return pl.DataFrame(self._frozen("inputs"), infer_schema_length=None)

    @cached_property
    def view(self) -> View:
        """The indicators of the report's region."""
        self.reads.check("view")
        return self._view

    @cached_property
    def _view(self) -> View:
        with_names = self.has_filings and not self.is_public
        entities = accepted(self._edition, "entities") if with_names else None
        table = evaluate.read(Path(self.frozen["indicators"]))
        # Of enterprises, which are most rows, a report tells what they are in its own region.
        table = table.filter(pl.col("entity_id").is_null() | (pl.col("region_code") == self.region.code))
        catalogue = load_catalogue(self.layout, plan_id=self.frozen["plan"])
        known = set(table["indicator_id"].unique()).intersection(catalogue.indicators)
        return View(
            table=table,
            catalogue=catalogue.of_filed(name for id in known for name in catalogue.tables(id)),
            region=self.region,
            year=self.year,
            provinces=self.provinces,
            names={} if entities is None else dict(entities.select("entity_id", "name_zh").iter_rows()),
            without_entities=self.is_public,
            marked=tuple(self.frozen["params"]["highlight_regions"]),
            covered=pl.read_parquet(Path(self.frozen["coverage"]), glob=False),
        )

    @cached_property
    def last(self) -> LastEdition | None:
        """What the edition of the year before said, where there is one."""
        self.reads.check("last")
        entries = [history.load(Path(path)) for path in self.frozen["editions"]]
        if not entries:
            return None
        before, after = entries
        return LastEdition(replace(self._view, table=before.table(), year=before.year), before, after)

    def filed(self, table: str) -> pl.DataFrame:
        """An accepted table, up to the report's year; see `intake.Intake.accepted`. Empty without filings; of a public report
        what `publication.filings` leaves of it, which of most tables is nothing."""
        if not self.has_filings:
            return pl.DataFrame(schema=BY_NAME[table].dtypes)
        self.reads.check(f"filed.{table}")
        folder = self._edition
        rows = publication.filed(folder, table) if self.is_public else accepted(folder, table)
        return rows.filter(pl.col("year") <= self.year) if "year" in rows.columns else rows

    def outlook(self) -> Outlook:
        """All scenarios of the report's region; empty tables where they cannot be projected."""
        self.reads.check("outlook")
        return outlook.read(Path(self.frozen["scenarios"])).of(self.region.code)

    def sensitivity(self) -> pl.DataFrame:
        """What disputed coefficients and factors do to the headlines of the region (`sensitivity.TABLE`); empty in public and
        without filings."""
        path = Path(self._frozen("sensitivity"))
        found = pl.read_parquet(path, glob=False) if path.is_file() else pl.DataFrame(schema=sensitivity.TABLE)
        return found.filter(pl.col("region_code") == self.region.code)

    @cached_property
    def scheme(self) -> Scheme | None:
        """The scheme by which the enterprises are evaluated; None where there is none for the year, or no filings."""
        catalogue = load_catalogue(self.layout, plan_id=self.frozen["plan"])
        return scheme_of(self.layout, self.year, catalogue) if self.has_filings else None

    def evaluation(self) -> Evaluation:
        """What comes of the scheme; not in public."""
        return evaluated.read(Path(self._frozen("evaluation")))

    def grades(self) -> pl.DataFrame:
        """What the public is told of the grades: `graded.GRADED`."""
        return pl.read_parquet(Path(self._frozen("evaluation")) / GRADES, glob=False)

    @property
    def titles(self) -> dict[str, str]:
        """Scenario -> its Chinese title, of all scenarios."""
        self.reads.check("titles")
        return dict(params.scenarios(self.layout))

    def written(self) -> dict[str, pl.DataFrame]:
        """Title of every scenario -> the region's parameters in it, as `params.table`."""
        self.reads.check("written")
        return {
            title: params.table(params.resolve(self.layout, self.region, name, self.frozen["overrides"]))
            for name, title in params.scenarios(self.layout)
        }

    @property
    def has_filings(self) -> bool:
        return self.filings != NO_FILINGS

    @property
    def is_public(self) -> bool:
        """Whether it is read by everybody, so that values may be missing for secrecy."""
        return self.audience == PUBLIC

    def public_metrics(self) -> pl.DataFrame:
        """The coded metrics of the actions that a public report may tell: `publication.METRICS`."""
        self.reads.check("metrics")
        frame = pl.read_parquet(self._edition / "metrics.parquet", glob=False)
        return frame.filter(pl.col("year") <= self.year)

    def disclosure(self) -> pl.DataFrame:
        """How many values of the report's year are published, and how many each rule hides: `publication.summary`."""
        self.reads.check("summary")
        return pl.read_parquet(self._edition / "summary.parquet", glob=False).filter(pl.col("year") == self.year)

    def policy(self) -> Policy:
        """The rules of disclosure control."""
        self.reads.check("policy")
        return load_policy(self.layout, load_catalogue(self.layout, plan_id=self.frozen["plan"]))

    def quality(self, name: str) -> pl.DataFrame:
        """What the intake says of the filings: counts, files, findings, skipped, revisions, corrections; in public counts."""
        self.reads.check(f"quality.{name}")
        return pl.read_parquet(self._edition / "quality" / f"{name}.parquet", glob=False)

    def rejected(self, table: str) -> pl.DataFrame:
        """The rejected rows of a table, as filed; see `intake.Intake.quarantine`."""
        self.reads.check(f"rejected.{table}")
        return pl.read_parquet(self._edition / "quarantine" / f"{table}.parquet", glob=False)

    @property
    def _edition(self) -> Path:
        """The folder of what was computed from the filings."""
        return Path(self.frozen["edition"])

    def _frozen(self, name: str) -> Any:
        self.reads.check(name)
        return self.frozen[name]

    def series(self, indicator: str, region: str | None = None) -> pl.DataFrame:
        """The yearly published values of `indicator` for `region` (Chinese short name; default: the report's)."""
        return reference.series(self.published, indicator, region or self.region.short_zh)

    def show(self, block: Block | alt.TopLevelMixin | pl.DataFrame | None) -> None:
        """Hand `block`, if there is one, to the report, write its data to the tables folder, and display it in the notebook."""
        if isinstance(block, Block):
            self._display(self._handed(block))
        elif block is not None:  # a chart or frame as it is
            display(block)

    def figure(self, chart: alt.TopLevelMixin, id: str, *, source: str, **said: Any) -> None:
        """Hand over a chart under a name. said: title, alt, method, decimals and the like, see `Figure`; what is not said is taken
        from the chart. Raises DataError."""
        self._name(shown_as_is.figure, chart, id, source=source, **said)

    def table(self, data: pl.DataFrame, id: str, *, source: str, **said: Any) -> None:
        """Hand over a frame under a name, as `figure`; said: see `Table`."""
        self._name(shown_as_is.table, data, id, source=source, **said)

    def _name(self, of: Callable[[Any, str], Figure | Table], thing: Any, id: str, **said: Any) -> None:
        try:
            block = replace(of(thing, id), **said)
        except shown_as_is.NotTaken as reason:
            raise DataError("chapter.not_taken", f"{id}：{reason}") from None
        if not str(said["source"]).strip():
            raise DataError("chapter.source", f"{id} 没有来源（source）；请写明数据从哪里来")
        self.show(block)

    def _handed(self, block: Block, whole: pl.DataFrame | None = None) -> dict[str, Any]:
        """The output that hands `block` over. whole: what is written to the tables folder, if not its data as they are."""
        payload, english = block.payload(), block.payload(Words("en"))
        self.tables.mkdir(parents=True, exist_ok=True)
        svg = figures.svg(payload["spec"], block.id, self.layout.charts) if payload["kind"] == "figure" else None
        if isinstance(block, (Figure, Table)):
            csv = payload["table"]["csv"] if whole is None else replace(block, data=whole).payload()["table"]["csv"]
            (frame(block) if whole is None else whole).write_parquet(self.tables / f"{block.id}.parquet")
            (self.tables / f"{block.id}.csv").write_text("\ufeff" + csv, "utf-8", newline="")
        seen = preview(payload, svg) if not self.in_build else {"image/svg+xml": svg} if svg else {}
        return {MIME: payload, ENGLISH: english} | seen

    def _as_it_is(self, block: Figure | Table, data: pl.DataFrame, named_as: str) -> dict[str, Any]:
        """The output of a chart or frame without a name, with the first of its rows."""
        handed = self._handed(replace(block, **shown_as_is.first_rows(data, block.id)), data)
        for language in (MIME, ENGLISH):
            handed[language] |= {NAMED_AS: named_as}
        self._shown.append(handed)
        return handed

    def tell(self, **facts: Any) -> None:
        """Hand facts to the chapter's text: numbers, texts, findings, quantities, and lists and dicts of them.

        Besides, every text knows now (the report's year), own (the region's name), nation and public (whether it is so)."""
        always = {
            "now": self.year,
            "own": self.region.short_zh,
            "nation": self.region.is_nation,
            "public": self.is_public,
        }
        self._display({FACTS: pack(always | facts), "text/plain": ", ".join(facts)})

    def preview(self, name: str, language: str = "zh") -> None:
        """Show the chapter `name`, such as 03_sharing, as it will read; in a build the report does that. Raises DataError."""
        if self.in_build:
            return
        path = self.layout.texts / language / f"{name}.md"
        source = "\n".join(get_ipython().user_ns["In"])
        for part in told(path, Words(language), self._shown, source):
            if isinstance(part, str):
                display({"text/markdown": as_notebooks_read(part), "text/plain": part}, raw=True)
            else:
                svg = figures.svg(part["spec"], part["id"], self.layout.charts) if part["kind"] == "figure" else None
                display({MIME: part} | preview(part, svg), raw=True)

    def _display(self, data: dict[str, Any]) -> None:
        self._shown.append(data)
        display(data, raw=True)

    def say(self, *paragraphs: str) -> None:
        """Add text to the report: Markdown, a paragraph an argument."""
        text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
        display({"text/markdown": text, "text/plain": text}, raw=True)

    def note(self, *paragraphs: str) -> None:
        """Add a remark that stands apart from the running text."""
        self.say("::: {.note}", *paragraphs, ":::")


class _Parameters:
    """The parameters that a chapter has declared."""

    def __init__(self, values: Params, reads: Reads) -> None:
        self._values, self._reads = values, reads

    def __getattr__(self, name: str) -> Any:
        self._reads.check(f"params.{name}" if name in Params.model_fields else "params")
        return getattr(self._values, name)


def open_chapter(
    *,
    year: int | None = None,
    region: str = "全国",
    scenario: str = "plan",
    filings: str = SAMPLE,
    audience: str = "internal",
    overrides: list[str] | None = None,
    context: str = "",
    plan_id: str = "",
) -> Chapter:
    """The chapter's inputs. `context`: the file with resolved parameters that a build gives a chapter, and what this has declared
    to read. plan_id: empty for the year's own.

    Without `context`, as in JupyterLab, they are resolved from the other arguments. Raises UserError.
    """
    layout = Layout.current()
    if context:
        frozen = json.loads(Path(context).read_text("utf-8"))
    else:
        wanted = Selection(year, region, scenario, filings, audience, tuple(overrides or ()), plan=plan_id or None)
        job = jobs(layout, wanted)[0]
        prepare(layout, [job])
        frozen = freeze(layout, job)
    chapter = Chapter(
        layout=layout,
        year=frozen["year"],
        region=Region(**frozen["region"]),
        filings=frozen["filings"],
        audience=frozen["audience"],
        published=reference.published(layout).filter(pl.col("year") <= frozen["year"]),
        plan=reference.load_plan(layout, frozen["plan"]),
        provinces=reference.provinces(layout),
        tables=Path(frozen["tables"]),
        reads=Reads(frozen.get("reads", ALL)),
        frozen=frozen,
        in_build=bool(context),
    )
    if (shell := get_ipython()) is not None:
        doors.open_for(shell, frozen.get("notebook", "00")[:2], chapter.is_public, chapter._as_it_is)
    return chapter
