"""What a notebook holds in its hand: the report's parameters, the published statistics, and how to show things."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
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
from pipeline.reports.context import freeze, watched
from pipeline.reports.edition import prepare
from pipeline.reports.plan import NO_FILINGS, PUBLIC, Selection, jobs
from pipeline.reports.since import LastEdition
from pipeline.scenarios import outlook, sensitivity
from pipeline.scenarios.outlook import Outlook

SEEN = ("indicators", "coverage", "params.top_n", "params.highlight_regions")
ASKED = {  # what a field stands for among what a chapter reads; nothing: of every chapter, or told in another way
    **dict.fromkeys(("layout", "year", "region", "filings", "audience", "published", "plan", "provinces"), ()),
    **dict.fromkeys(("tables", "params", "tell"), ()),
    "view": SEEN,
    "last": ("editions", *SEEN),
}


@dataclass(frozen=True)
class Chapter:
    """The inputs of one chapter; all frames are read only.

    published: see `reference.published`, with what lies after the report's year left out. provinces: 34 rows, see
    `reference.provinces`. parameters: the effective parameters as a table with Chinese columns. inputs: the input
    files with path, sha256 and rows. edition: the folder of what was computed from the filings. view: the
    indicators of the report's region. scenarios: the folder of what `outlook` reads, varied: the file of what `sensitivity` reads. last: what the edition of the year
    before said, where there is one. overrides: what was written after -p. tell: is told the name of what is read, see
    `context`.
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
    varied: Path
    last: LastEdition | None
    overrides: tuple[str, ...] = ()
    tell: Callable[[str], None] = field(default=lambda name: None, repr=False, compare=False)

    def __getattribute__(self, name: str) -> Any:
        if name in FIELDS:
            for asked in ASKED.get(name, (name,)):
                object.__getattribute__(self, "tell")(asked)
        return object.__getattribute__(self, name)

    def filed(self, table: str) -> pl.DataFrame:
        """An accepted table, up to the report's year; see `intake.Intake.accepted`. Empty without filings; of a public report
        what `publication.filings` leaves of it, which of most tables is nothing."""
        if not self.has_filings:
            return pl.DataFrame(schema=BY_NAME[table].dtypes)
        folder = self._folder(f"filed.{table}")
        rows = publication.filed(folder, table) if self.is_public else accepted(folder, table)
        return rows.filter(pl.col("year") <= self.year) if "year" in rows.columns else rows

    def outlook(self) -> Outlook:
        """All scenarios of the report's region; empty tables where they cannot be projected."""
        self.tell("outlook")
        return outlook.read(object.__getattribute__(self, "scenarios")).of(self.region.code)

    def sensitivity(self) -> pl.DataFrame:
        """What disputed coefficients and factors do to the headlines of the region (`sensitivity.TABLE`); empty in public and
        without filings."""
        self.tell("sensitivity")
        path = object.__getattribute__(self, "varied")
        found = pl.read_parquet(path, glob=False) if path.is_file() else pl.DataFrame(schema=sensitivity.TABLE)
        return found.filter(pl.col("region_code") == self.region.code)

    @property
    def titles(self) -> dict[str, str]:
        """Scenario -> its Chinese title, of all scenarios."""
        self.tell("titles")
        return dict(params.scenarios(self.layout))

    def written(self) -> dict[str, pl.DataFrame]:
        """Title of every scenario -> the region's parameters in it, as `params.table`."""
        self.tell("written")
        overrides = object.__getattribute__(self, "overrides")
        return {
            title: params.table(params.resolve(self.layout, self.region, name, overrides))
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
        frame = pl.read_parquet(self._folder("metrics") / "metrics.parquet", glob=False)
        return frame.filter(pl.col("year") <= self.year)

    def disclosure(self) -> pl.DataFrame:
        """How many values of the report's year are published, and how many each rule hides: `publication.summary`."""
        return pl.read_parquet(self._folder("summary") / "summary.parquet", glob=False).filter(
            pl.col("year") == self.year
        )

    def policy(self) -> Policy:
        """The rules of disclosure control."""
        self.tell("policy")
        return load_policy(self.layout, self.view.catalogue)

    def quality(self, name: str) -> pl.DataFrame:
        """What the intake says of the filings: counts, files, findings, skipped, revisions, corrections; in public counts."""
        return pl.read_parquet(self._folder(f"quality.{name}") / "quality" / f"{name}.parquet", glob=False)

    def rejected(self, table: str) -> pl.DataFrame:
        """The rejected rows of a table, as filed; see `intake.Intake.quarantine`."""
        return pl.read_parquet(self._folder(f"rejected.{table}") / "quarantine" / f"{table}.parquet", glob=False)

    def _folder(self, read: str) -> Path:
        """The edition's folder for one who tells which of its tables is read."""
        self.tell(read)
        return object.__getattribute__(self, "edition")  # type: ignore[no-any-return]

    def series(self, indicator: str, region: str | None = None) -> pl.DataFrame:
        """The yearly published values of `indicator` for `region` (Chinese short name; default: the report's)."""
        return reference.series(self.published, indicator, region or self.region.short_zh)

    def show(self, block: Block) -> None:
        """Hand `block` to the report, write its data to the tables folder, and display it in the notebook."""
        payload = block.payload()
        self.tables.mkdir(parents=True, exist_ok=True)
        seen: dict[str, Any] = {MIME: payload}
        if payload["kind"] == "figure":
            svg = figures.svg(payload["spec"], block.id, self.layout.charts)
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


FIELDS = {one.name for one in fields(Chapter)}


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
    plan_id: str = "",
) -> Chapter:
    """The chapter's inputs. `context`: the file with resolved parameters that a build shares among its chapters; where
    it names a file `reads`, the names of what the chapter reads are written there. plan_id: empty for the year's own.

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
    published = reference.published(layout).filter(pl.col("year") <= frozen["year"])
    edition = Path(frozen["edition"])
    tell = _teller(Path(frozen["reads"])) if "reads" in frozen else lambda name: None
    with_names = frozen["filings"] != NO_FILINGS and frozen["audience"] != PUBLIC
    view = View(
        table=evaluate.read(Path(frozen["indicators"])),
        catalogue=load_catalogue(layout, plan_id=frozen["plan"]),
        region=Region(**frozen["region"]),
        year=frozen["year"],
        provinces=reference.provinces(layout),
        names=_names(edition, tell) if with_names else {},
        without_entities=frozen["audience"] == PUBLIC,
        top_n=frozen["params"]["top_n"],
        marked=tuple(frozen["params"]["highlight_regions"]),
        covered=pl.read_parquet(Path(frozen["coverage"]), glob=False),
    )
    return Chapter(
        layout=layout,
        year=frozen["year"],
        region=view.region,
        scenario=frozen["scenario"],
        filings=frozen["filings"],
        audience=frozen["audience"],
        params=watched(Params.model_validate(frozen["params"]), tell),
        parameters=pl.DataFrame(frozen["parameters"], infer_schema_length=None),
        inputs=pl.DataFrame(frozen["inputs"], infer_schema_length=None),
        published=published,
        plan=reference.load_plan(layout, frozen["plan"]),
        provinces=view.provinces,
        tables=Path(frozen["tables"]),
        edition=edition,
        view=view,
        last=_last(view, [history.load(Path(path)) for path in frozen["editions"]]),
        scenarios=Path(frozen["scenarios"]),
        varied=Path(frozen["sensitivity"]),
        overrides=tuple(frozen["overrides"]),
        tell=tell,
    )


def _last(view: View, entries: Sequence[history.Entry]) -> LastEdition | None:
    if not entries:
        return None
    before, after = entries
    return LastEdition(replace(view, table=before.table(), year=before.year), before, after)


def _names(edition: Path, tell: Callable[[str], None]) -> dict[str, str]:
    tell("filed.entities")
    return dict(accepted(edition, "entities").select("entity_id", "name_zh").iter_rows())


def _teller(path: Path) -> Callable[[str], None]:
    """Writes each name that it is told into the file `path`, once."""
    told: set[str] = set()

    def tell(name: str) -> None:
        if name not in told:
            told.add(name)
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")

    return tell
