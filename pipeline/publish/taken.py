"""Which built reports are published: found where `build` puts them, whole, public, and made from the same inputs."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.build.plan import FORMATS, file_name, listed, scenarios
from pipeline.errors import DataError, ParameterError
from pipeline.given import params, regions
from pipeline.given.regions import Region
from pipeline.language.words import CHINESE, Words
from pipeline.layout import SAMPLE, Layout
from pipeline.reports.blocks import MIME, NUMBERED
from pipeline.reports.front import KINDS
from pipeline.reports.parts import ANNEX, MAIN, PARTS
from pipeline.reports.text import ANNEX as MARK
from pipeline.wording import MISSING

AUDIENCE = "public"
VOLUMES = (MAIN, ANNEX)  # the parts that a report on the site cannot be without
PLAIN = re.compile(r"\w[\w-]*")  # what may become a part of an address: letters of any script, digits, _ and -
RESERVED = "index"  # what the site calls pages of its own
NAMED = 6  # so many missing reports are named; the others are counted
_heading = re.compile(r"(#{1,2}) +(.+?)\s*$", re.M)
_numbered = re.compile(r'<figure id="([a-z0-9-]+)" class="[^"]*"><figcaption><span class="number">([^<]+)</span>')


@dataclass(frozen=True)
class Wanted:
    """What the user asked to publish, as text. reports: where `build` put them; base_url: where the site will be;
    sign: the private key of the publisher."""

    year: int | None = None
    region: str = "all"
    scenario: str = "plan"
    filings: str = SAMPLE
    to: str = "html,pdf"
    reports: Path | None = None
    out: Path = Path("site")
    base_url: str = ""
    sign: Path | None = None


@dataclass(frozen=True)
class Block:
    """A numbered block of a report, with its number (表 2-3, 附册表 A-3), the volume that has it and the headings that it stands
    under."""

    chapter: str
    section: str
    number: str
    payload: Mapping[str, Any]
    part: str = MAIN

    @property
    def id(self) -> str:
        return str(self.payload["id"])


@dataclass(frozen=True)
class Report:
    """One built report. `scenario_zh`: the scenario's title; `record`: its provenance.json; `parts`: the files of each part that was
    built, by format; `words`: of its language; `english`: the same in English, where it was built."""

    region: Region
    scenario: str
    scenario_zh: str
    folder: Path
    record: Mapping[str, Any]
    parts: Mapping[str, Mapping[str, Path]]
    words: Words = CHINESE
    english: Report | None = None

    def told(self, words: Words) -> Report:
        """The report in that language, or in Chinese where it was not built in it."""
        return self.english if self.english is not None and words != self.words else self

    @property
    def name(self) -> str:
        return f"{self.region.short_zh}·{self.scenario}"

    def page(self, part: str = MAIN) -> str:
        return self.parts[part]["html"].read_text("utf-8")

    @cached_property
    def blocks(self) -> list[Block]:
        """The figures and tables that stand in either volume, in the order of the chapters."""
        return [one for one in self._all if one.payload["kind"] in NUMBERED and one.number]

    @cached_property
    def numbers(self) -> Mapping[str, Any] | None:
        """The cards that show numbers in large."""
        return next((one for one in self._cards if one["form"] == "numbers"), None)

    @cached_property
    def targets(self) -> Mapping[str, Any] | None:
        """The cards of the targets: the first others in the report."""
        return next((one for one in self._cards if one["form"] != "numbers"), None)

    @property
    def _cards(self) -> list[Mapping[str, Any]]:
        return [one.payload for one in self._all if one.payload["kind"] == "cards"]

    def block(self, id: str) -> Block | None:
        return next((one for one in self.blocks if one.id == id), None)

    @cached_property
    def _all(self) -> list[Block]:
        numbers = {
            id: (part, number if part == MAIN else self.words("in_annex", name=number))
            for part in VOLUMES
            for id, number in _numbered.findall(self.page(part))
        }
        found = []
        for notebook in sorted((self.folder / "notebooks").glob("*.ipynb")):
            for chapter, section, payload in payloads(json.loads(notebook.read_text("utf-8"))):
                part, number = numbers.get(payload["id"], (MAIN, ""))
                found.append(Block(chapter, section, html.unescape(number), payload, part))
        return found


@dataclass(frozen=True)
class Edition:
    """The reports that are published together. name: of its folders on the site, `2025-sample`, and of a corrected one
    `2025-sample-2`; built: of those where `build` put it; number: of the publication; date: the reports' own, as 2026-11-22."""

    name: str
    year: int
    filings: str
    date: str
    publisher: str
    kind: str
    sample: bool
    formats: tuple[str, ...]
    reports: tuple[Report, ...]
    number: int = 1

    @property
    def built(self) -> str:
        return f"{self.year}-{self.filings}"

    @property
    def first(self) -> Report:
        """The report whose numbers stand on the front page: the nation's, or the first where it is not among them."""
        return next((one for one in self.reports if one.region.is_nation), self.reports[0])

    @property
    def languages(self) -> list[Words]:
        """In which the site tells it: Chinese, and the others in which the first report was built."""
        return [CHINESE, *([self.first.english.words] if self.first.english is not None else [])]

    @property
    def scenarios(self) -> dict[str, str]:
        """Name and title of the scenarios."""
        return {one.scenario: one.scenario_zh for one in self.reports}

    @property
    def regions(self) -> list[Region]:
        return list({one.region.code: one.region for one in self.reports}.values())


def licence(record: Mapping[str, Any]) -> str:
    """The licence that a report's parameters give; "" where none is set."""
    told = next((one["取值"] for one in record.get("parameters", []) if one["参数"] == "licence"), "")
    return "" if told == MISSING else str(told)


def take(layout: Layout, wanted: Wanted) -> Edition:
    """The built reports that `wanted` names.

    Raises UserError (nothing has been written then): ParameterError or RegionError for what there is not, DataError
    for reports that are missing, incomplete, not public, or made from different inputs.
    """
    formats = listed(wanted.to, FORMATS, "输出格式", "--to")
    if "html" not in formats:
        raise ParameterError("publish.html", f"--to {wanted.to}：网站少不了 html；例如 --to html,pdf")
    where = regions.resolve_many(wanted.region, layout)
    names = scenarios(layout, wanted.scenario)
    titles = dict(params.scenarios(layout))
    folder = wanted.reports.resolve() if wanted.reports else layout.reports
    filings = _filings(layout, wanted.filings)
    year = wanted.year if wanted.year is not None else _latest(folder, filings)
    name = f"{year}-{filings}"
    if RESERVED in names:
        raise ParameterError("publish.name", f"情景“{RESERVED}”与各地区页面的文件同名；请改名后重新生成")
    for part, what in ((filings, "填报文件夹名"), *((one, "情景名") for one in names)):
        if not PLAIN.fullmatch(part):
            raise ParameterError(
                "publish.name",
                f"{what}“{part}”会成为网址的一部分，只能用汉字、字母、数字、下划线和连字符；请改名后重新生成",
            )
    found, missing = [], []
    for region in where:
        for scenario in names:
            place = folder / name / AUDIENCE / region.slug / scenario
            chinese, english = (
                _report(place / below, region, scenario, titles[scenario], year, formats, language)
                for below, language in (("", "zh"), ("en", "en"))
            )
            if chinese is None:
                missing.append((region, scenario))
            else:
                found.append(replace(chinese, english=english))
    if missing:
        raise DataError("publish.missing", _missing(missing, year, wanted, formats))
    _agree([*found, *(one.english for one in found if one.english)], name)
    said = found[0].record["report"]
    return Edition(
        name, year, filings, said["date"], said["publisher"], KINDS[said["kind"]], said["sample"], formats, tuple(found)
    )


def _report(
    place: Path, region: Region, scenario: str, title: str, year: int, formats: Sequence[str], language: str
) -> Report | None:
    """The report below `place` with the parts of which all files are there; None where it is not whole."""
    files = {
        part: {format: place / file_name(year, region, scenario, format, language, part) for format in formats}
        for part in PARTS
    }
    parts = {part: paths for part, paths in files.items() if all(path.is_file() for path in paths.values())}
    whole = {*VOLUMES} <= {*parts} and (place / "provenance.json").is_file()
    if not whole or not any((place / "notebooks").glob("*.ipynb")):
        return None
    return Report(region, scenario, title, place, _record(place), parts, Words(language))


def _filings(layout: Layout, text: str) -> str:
    """The name that the filings folder gives to an edition; the folder itself need not be there any more."""
    if not text.strip():
        raise ParameterError("option.empty", "--filings 是空的；应为生成报告时的填报文件夹，或 none")
    folder = Path(text) if Path(text).is_dir() else layout.root / text
    return folder.resolve().name


def _latest(folder: Path, filings: str) -> int:
    years = [
        int(found[1])
        for path in folder.glob(f"*/{AUDIENCE}")
        if (found := re.fullmatch(rf"([0-9]{{4}})-{re.escape(filings)}", path.parent.name))
    ]
    if not years:
        raise DataError(
            "publish.none",
            f"{folder} 里没有依据 {filings} 为公众生成的报告；请先运行 "
            f"green-report build --region all --filings {filings} --audience {AUDIENCE}",
        )
    return max(years)


def _missing(missing: Sequence[tuple[Region, str]], year: int, wanted: Wanted, formats: Sequence[str]) -> str:
    named = "、".join(f"{region.short_zh}·{scenario}" for region, scenario in missing[:NAMED])
    more = f"等 {len(missing)} 份" if len(missing) > NAMED else ""
    where = ",".join(dict.fromkeys(region.short_zh for region, _ in missing))
    which = ",".join(dict.fromkeys(scenario for _, scenario in missing))
    out = f" --out {wanted.reports}" if wanted.reports else ""
    return (
        f"没有发布：缺少 {named}{more}报告，或其中有的文件不全；请先运行 green-report build --year {year} --region {where} "
        f"--scenario {which} --filings {wanted.filings} --audience {AUDIENCE} --to {','.join(formats)}{out}"
    )


def _record(folder: Path) -> dict[str, Any]:
    path = folder / "provenance.json"
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if record["report"]["audience"] != AUDIENCE:
            raise DataError(
                "publish.audience",
                f"{path} 说这份报告不是为公众生成的（{record['report']['audience']}）；只发布 build --audience {AUDIENCE} 的报告",
            )
        if not {"date", "publisher", "kind", "sample"} <= set(record["report"]) or "inputs" not in record:
            raise KeyError
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError):
        raise DataError("publish.record", f"{path} 读不出来或缺少应有的内容；请重新生成这份报告") from None
    return record


def _agree(reports: Sequence[Report], name: str) -> None:
    """Numbers of one edition stand beside each other, so they come from the same files, by the same date."""

    def basis(report: Report) -> tuple[Any, ...]:
        said = report.record["report"]
        own = f"/history/{report.region.code}-{report.scenario}"  # what the region's earlier report said: each has its own
        inputs = sorted(
            (one["path"], one["sha256"]) for one in report.record["inputs"] if not one["path"].endswith(own)
        )
        return inputs, *(said[key] for key in ("edition", "date", "kind", "sample"))

    first = reports[0]
    for other in reports[1:]:
        if basis(other) != basis(first):
            raise DataError(
                "publish.disagree",
                f"{name} 中 {other.name} 与 {first.name} 所依据的输入文件、日期或版本性质不同，不能一起发布；"
                "请用同一份数据重新生成",
            )


def payloads(notebook: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Chapter, section and payload of every block in an executed notebook."""
    chapter = section = ""
    for cell in notebook["cells"]:
        shown = [output.get("data", {}) for output in cell.get("outputs", [])]
        if cell["cell_type"] == "markdown":
            shown = [{"text/markdown": cell["source"]}]
        for data in shown:
            if MIME in data:
                yield chapter, section, data[MIME]
                continue
            for level, title in _heading.findall("".join(data.get("text/markdown", ""))):
                title = MARK.sub("", title)
                chapter, section = (title, "") if level == "#" else (chapter, title)
