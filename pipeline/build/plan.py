"""Which reports a build makes, and everything that each of them is made from, resolved before anything runs."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import yaml

from pipeline.build import sources
from pipeline.errors import DataError, OutputError, ParameterError
from pipeline.filings.glance import Filed, look, seen_as
from pipeline.given import params, reference, regions
from pipeline.given.params import Params, Resolved
from pipeline.given.regions import Region
from pipeline.keeping import digest
from pipeline.language.words import LANGUAGES, Words
from pipeline.layout import SAMPLE, Layout
from pipeline.output import resolved
from pipeline.reports.front import Front
from pipeline.reports.parts import ANNEX, MAIN, PARTS, SHEETS, WHOLE

if TYPE_CHECKING:
    from pipeline.filings.intake import Intake

FORMATS = ("html", "pdf", "docx")
PUBLIC = "public"
AUDIENCES = ("internal", PUBLIC)
NO_FILINGS = "none"
PROFILE = "profile"
UNSIGNED = str(Params.model_fields["publisher"].default)
CHAPTERS = "[0-9][0-9]_*.ipynb"
REFERENCES: tuple[Callable[[Layout], object], ...] = (  # what chapters read: seen to be whole before any of them runs
    reference.provinces,
    reference.grid_factors,
    reference.energy_coefficients,
    reference.fuel_factors,
    reference.pue_standards,
    reference.policies,
)


@dataclass(frozen=True)
class Selection:
    """What the user asked for, as text; `jobs` checks and resolves it."""

    year: int | None = None
    region: str = "全国"
    scenario: str = "plan"
    filings: str = SAMPLE
    audience: str = "internal"
    overrides: Sequence[str] = ()
    to: str = "html,pdf"
    out: Path | None = None
    plan: str | None = None
    lang: str = "zh"
    chapter: int | None = None
    part: str | None = None


@dataclass(frozen=True)
class Job:
    """One report: a region under a scenario, for one audience. `filed`: the filings, None without. plan: the id of the plan
    that it is made by; chosen: whether that is not the year's own. language: a key of `words.LANGUAGES`.
    chapter: the number of the only one that is made, as its editor sees it. parts: see `assemble.PARTS`."""

    year: int
    plan: str
    region: Region
    scenario: str
    filings: str
    audience: str
    resolved: Resolved
    overrides: tuple[str, ...]
    formats: tuple[str, ...]
    out: Path
    date: dt.date
    filed: Filed | None = field(default=None, compare=False, repr=False)
    chosen: bool = False
    language: str = "zh"
    chapter: int | None = None
    parts: tuple[str, ...] = (MAIN, ANNEX)

    @property
    def intake(self) -> Intake | None:
        """What was filed, read when it is asked for; None without filings."""
        return self.filed.intake if self.filed else None

    @property
    def edition(self) -> str:
        """Its name; by another plan than the year's own it is another edition."""
        return f"{self.year}-{self.filings}" + (f"+{self.plan}" if self.chosen else "")

    @property
    def kind(self) -> str:
        """preliminary or final: the parameter where someone set it, else what the filings folder says."""
        chosen = self.resolved.origins["edition_kind"].layer != "default"
        return self.resolved.params.edition_kind if chosen or self.filed is None else self.filed.kind

    @property
    def front(self) -> Front:
        """Its cover."""
        words = Words(self.language)
        edition = words("report_edition", year=self.year, kind=words(f"report_{self.kind}"))
        return Front(
            title=words("report_title"),
            region=words.say(self.region.name_zh),
            edition=words("report_on_published", edition=edition) if self.filings == NO_FILINGS else edition,
            publisher=words.say(self.resolved.params.publisher),
            date=(self.date.year, self.date.month, self.date.day),
            sample=words("report_sample") if self.filed and self.filed.sample else "",
            language=self.language,
            licence=self.resolved.params.licence,
        )

    @property
    def is_unsigned(self) -> bool:
        """Whether nobody has said yet who publishes it."""
        return self.resolved.params.publisher == UNSIGNED

    def place(self, year: int | None = None) -> str:
        """The folder below data/processed with all that the notebooks of the edition of `year` (default: the report's) read
        of the filings; the public has one of its own, and its reports have nothing else in reach."""
        edition = self.edition if year in (None, self.year) else f"{year}-{self.filings}"
        return f"{edition}/{PUBLIC}" if self.audience == PUBLIC else edition

    @property
    def slug(self) -> str:
        """The report's place within its edition; no part is ever left out."""
        own = "" if self.language == "zh" else f"/{self.language}"
        own += "" if self.chapter is None else f"/chapter-{self.chapter}"
        return f"{self.audience}/{self.region.slug}/{self.scenario}{own}"

    @property
    def folder(self) -> Path:
        return self.out / self.edition / self.slug

    @property
    def stem(self) -> str:
        """A name of its own for every report, plain enough for any renderer: folders and scenarios have any name."""
        return f"{self.year}-{self.region.code}-{digest(f'{self.edition}/{self.slug}')[:12]}"

    def output(self, format: str, part: str = MAIN) -> Path:
        if self.chapter is None:
            return self.folder / file_name(self.year, self.region, self.scenario, format, self.language, part)
        whole = file_name(self.year, self.region, self.scenario, format, self.language)
        return self.folder / whole.replace(".", f"-{self.chapter}.", 1)

    @property
    def outputs(self) -> dict[Path, tuple[str, str]]:
        """The files that are made, with part and format."""
        return {self.output(format, part): (part, format) for part in self.parts for format in self.formats}


def file_name(year: int, region: Region, scenario: str, format: str, language: str = "zh", part: str = MAIN) -> str:
    """What a finished report is called, or a part of it."""
    if language == "en":
        own = "" if part == MAIN else f"-{part}"
        return f"green-report-{year}-{Words('en').say(region.short_zh)}-{scenario}{own}.{format}".replace(" ", "-")
    own = "" if part == MAIN else f"-{Words('zh')(f'part_{part}')}"
    return f"绿色发展报告-{year}-{region.short_zh}-{scenario}{own}.{format}"


def jobs(layout: Layout, wanted: Selection) -> list[Job]:
    """All reports that `wanted` names: regions in their order, scenarios within.

    Raises UserError (ParameterError, RegionError, DataError) before anything is started.
    """
    published, plans = reference.published(layout), reference.plans(layout)
    asked = reference.load_plan(layout, wanted.plan) if wanted.plan is not None else None
    first = min(one.baseline_year for one in ([asked] if asked else plans.values()))
    for read in REFERENCES:
        read(layout)
    formats = listed(wanted.to, FORMATS, "输出格式", "--to")
    languages = listed(wanted.lang, tuple(LANGUAGES), "语言", "--lang")
    audiences = listed(wanted.audience, AUDIENCES, "读者范围", "--audience")
    if len(audiences) > 1:
        raise ParameterError(
            "option.one", f"--audience {wanted.audience}：一次只能为一种读者生成；可用：{'、'.join(AUDIENCES)}"
        )
    if wanted.year is not None:
        _year(wanted.year, published, first, None)
        asked or reference.plan_of(layout, wanted.year)
    if wanted.chapter is not None:
        chapters(layout.notebooks, wanted.chapter)
    asked_parts = _parts(layout, wanted)
    chosen = [
        (region, scenario, params.resolve(layout, region, scenario, tuple(wanted.overrides)))
        for region in regions.resolve_many(wanted.region, layout)
        for scenario in scenarios(layout, wanted.scenario)
    ]
    made = {
        region.code: tuple(one for one in asked_parts if one != PROFILE or not region.is_nation)
        for region, *_ in chosen
    }
    if not any(made.values()):
        raise ParameterError(
            "part.nation", f"--part {wanted.part}：全国没有省情一页；请用 --region 指明省份，或去掉 profile"
        )
    out = resolved(wanted.out) if wanted.out else layout.reports
    filed = _filed(layout, wanted, out)  # last, for it may take long
    year = _year(wanted.year, published, first, filed)
    plan = asked or reference.plan_of(layout, year)
    other = asked is not None and asked.id not in _own(layout, year)
    if other and audiences[0] == PUBLIC:
        raise ParameterError(
            "plan.public",
            f"--plan {plan.id}：公开版只按 {year} 年所属的计划编制；请去掉 --plan，或用 --audience internal",
        )
    return [
        Job(
            year=year,
            plan=plan.id,
            region=region,
            scenario=scenario,
            filings=filed.folder.resolve().name if filed else NO_FILINGS,
            audience=audiences[0],
            resolved=resolved,
            overrides=tuple(wanted.overrides),
            formats=formats,
            out=out,
            date=_date(layout, resolved),
            filed=filed,
            chosen=other,
            language=language,
            chapter=wanted.chapter,
            parts=made[region.code],
        )
        for region, scenario, resolved in chosen
        if made[region.code]
        for language in languages
    ]


def chapters(folder: Path, only: int | None = None) -> list[Path]:
    """The chapter notebooks, in the order of their numbers. Raises DataError where there are none, ParameterError where not
    the `only` one."""
    found = sorted(folder.glob(CHAPTERS))
    if not found:
        raise DataError(
            "notebooks.missing", f"{folder} 里没有章节笔记本（如 01_overview.ipynb）；可用 git checkout notebooks 恢复"
        )
    numbers = [int(path.name[:2]) for path in found]
    if only is not None and only not in numbers:
        raise ParameterError(
            "option.chapter", f"--chapter {only}：没有这一章；可用：{'、'.join(map(str, numbers))}（90 为附录）"
        )
    return [path for path, number in zip(found, numbers, strict=True) if only in (None, number)]


def _parts(layout: Layout, wanted: Selection) -> tuple[str, ...]:
    """The parts of a report that are made. Raises ParameterError, also for one whose notebook is not there."""
    if wanted.chapter is not None:
        if wanted.part is not None:
            raise ParameterError(
                "part.chapter", f"--part {wanted.part}：只生成一章（--chapter）时不分册；请去掉其中一个"
            )
        return (WHOLE,)
    there = tuple(one for one in PARTS if one not in SHEETS or any(layout.notebooks.glob(f"{SHEETS[one]}*.ipynb")))
    text = wanted.part if wanted.part is not None else f"{MAIN},{ANNEX}"
    return there if text.strip() == "all" else listed(text, there, "分册", "--part", "；或 all")


def listed(text: str, known: Sequence[str], what: str, option: str, more: str = "") -> tuple[str, ...]:
    """The names in `text`, each once, all of them `known`. Raises ParameterError."""
    names = [name.strip() for name in re.split(r"[,，、]", text) if name.strip()]
    for name in names:
        if name not in known:
            raise ParameterError("option.unknown", f"{option} {name}：没有这种{what}；可用：{'、'.join(known)}{more}")
    if not names:
        raise ParameterError("option.empty", f"{option} 是空的；可用：{'、'.join(known)}{more}")
    return tuple(dict.fromkeys(names))


def scenarios(layout: Layout, text: str) -> list[str]:
    """The scenarios that `text` names, `all` of them too. Raises ParameterError."""
    known = [name for name, _ in params.scenarios(layout)]
    return known if text.strip() == "all" else list(listed(text, known, "情景", "--scenario"))


def _filed(layout: Layout, wanted: Selection, out: Path) -> Filed | None:
    """What was filed; a name that is no path from here is looked for from the project's root. Nothing is written into
    the folder, for that would be read as filings."""
    if not wanted.filings.strip():
        raise ParameterError("filings.empty", "--filings 是空的；应为填报文件所在的文件夹，或 none（只用公开统计）")
    if wanted.filings == NO_FILINGS:
        return None
    folder = Path(wanted.filings)
    if not folder.is_dir():
        folder = layout.root / wanted.filings
    if not folder.is_dir():
        raise DataError(
            "filings.missing",
            f"--filings {wanted.filings}：找不到这个文件夹；应为填报文件所在的文件夹，或 none（只用公开统计）",
        )
    if folder.resolve().name == NO_FILINGS:
        raise DataError("filings.name", f"--filings {wanted.filings}：文件夹名 none 表示没有填报；请给文件夹改名")
    if inside := [place for place in (out, layout.processed) if place.is_relative_to(folder.resolve())]:
        raise OutputError(
            "filings.around",
            f"--filings {wanted.filings}：{inside[0]} 在这个文件夹里面，写到那里的会当作填报读入；"
            f"请给出只放填报的文件夹{'，或用 --out 写到别处' if inside == [out] else ''}",
        )
    files, seen = sources.hashes(layout), seen_as(folder)
    reads = sources.filed(folder, sources.shared(layout, files), files)
    files.save()
    memory = layout.processed / ".filings" / f"{digest(str(folder.resolve()))[:16]}.json"
    return look(folder, layout, reads, memory, seen)


def _year(year: int | None, published: pl.DataFrame, first: int, filed: Filed | None) -> int:
    """The report's year, from the baseline year of a plan to the latest year of published statistics; by default the
    latest of them with filings."""
    last = reference.latest_year(published)
    if year is None:
        years = filed.years if filed else ()
        return next((year for year in range(last, first - 1, -1) if year in years), last)
    if year > last:
        raise ParameterError(
            "year.unknown",
            f"--year {year}：data/raw/public 里没有 {year} 年的公开统计，最近一年是 {last} 年；"
            f"报告年份应在 {first} 至 {last} 之间，或先加入 {year} 年的年度统计",
        )
    if year < first:
        raise ParameterError(
            "year.unknown", f"--year {year}：报告年份应在 {first}（计划的基期）至 {last}（公开统计的最近一年）之间"
        )
    return year


def _own(layout: Layout, year: int) -> list[str]:
    """The id of the plan by which a report of the year is made when none is asked for; nothing where there is none."""
    try:
        return [reference.plan_of(layout, year).id]
    except DataError:
        return []


def epoch() -> dt.date | None:
    """The day of SOURCE_DATE_EPOCH; None where it is not set. Raises ParameterError."""
    told = os.environ.get("SOURCE_DATE_EPOCH")
    if not told:
        return None
    try:
        return dt.datetime.fromtimestamp(int(told), dt.UTC).date()
    except (ValueError, OverflowError, OSError) as error:
        raise ParameterError(
            "date.epoch", f"环境变量 SOURCE_DATE_EPOCH 是 {told}；应为 1970 年以来的秒数，如 1767225600，或去掉它"
        ) from error


def _date(layout: Layout, resolved: Resolved) -> dt.date:
    """The date on the cover: the parameter, else SOURCE_DATE_EPOCH, else the newest input's declared date."""
    if resolved.params.report_date is not None:
        return resolved.params.report_date
    if (told := epoch()) is not None:
        return told
    path = layout.public / "EDITION.yml"
    try:
        declared = yaml.safe_load(path.read_text("utf-8"))["collected_on"]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        declared = None
    if type(declared) is not dt.date:
        raise DataError(
            "edition.date",
            f"{path}：读不到 collected_on（公开统计的采集日期）；应有一行如 collected_on: 2026-11-22",
        )
    return declared
