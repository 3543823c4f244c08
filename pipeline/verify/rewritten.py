"""What follows from the published tables and the list of editions is written again, by what publishes, and compared: names and
units in the structure of SDMX, in JSON-stat and the codelists, the page of choice, the pages of indicators, what each page says
of itself for machines, and what stands beside the editions. The tables themselves are held against the reports elsewhere.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import polars as pl

from pipeline.errors import UserError
from pipeline.given import params, reference, regions
from pipeline.indicators.model import load_catalogue
from pipeline.language.words import CHINESE, Words
from pipeline.layout import Layout
from pipeline.publish import (
    around,
    datapackage,
    explore,
    frame,
    jsonld,
    jsonstat,
    nomenclature,
    page,
    sdmx,
    series,
    whole,
)
from pipeline.publish.codes import codes
from pipeline.publish.home import DOWNLOADS, LATEST
from pipeline.publish.taken import Edition, Report
from pipeline.verify.site import NAMED, Found, Site, parsed, summed

MANY = 20  # files that are named where another program wrote them
LONGEST = 40  # characters of a difference that are told
WRITERS = ("pipeline", "reports/theme", "notebooks/params", "data/raw/reference")
"""What is written follows from these: an edition of other ones may be written otherwise."""
CITED, TOLD = re.compile(rf'rel="self" href="([^"]*){frame.FEED}"'), re.compile(r'<script type="application/ld\+json">.*?</script>\n')  # fmt: skip
_token = re.compile(r"<[^<>]*>|[^<>,\n]+|[,\n]")
_shared = re.compile(rf"{page.FOLDER}/([0-9a-f]{{16}})\.(?:css|js)")


def check(layout: Layout, site: Site, known: Collection[str]) -> Iterator[Found]:
    """What is written otherwise than it would be. known: the faults that were told already, of which no more is said."""
    compared, theme = 0, around.theme(layout)[0]
    named, broken = {said.split(" ", 1)[0] for said in known}, list[str]()
    for source, files in _all(layout, site, theme, broken):
        found = list[Found]()
        for path, right in files:
            if not site.inside(path) or path in named or not site.file(path):
                continue
            compared += 1
            now = site.read(path)
            if path.endswith(".html") and right.startswith("<script"):
                told = TOLD.search(now.decode(errors="replace"))
                now = told[0].encode() if told else b""
            if now != right.encode():
                named.add(path)
                found += summed(
                    path, "处与由公布的表和清单重新写出的不同", list(_apart(now.decode(errors="replace"), right))
                )
        yield from _by_other_code(layout, site, source, found) if found else ()
    for path in site.paths:
        name = _shared.fullmatch(path)
        if name and site.inside(path) and not (site.digests[path] or name[1]).startswith(name[1]):
            yield Found(f"{path} 的内容与它的名称不符：名称是内容的哈希值的前 16 位")
    if broken and not known and not site.scope:
        yield Found(f"有的文件不能重新写出来比较：{'、'.join(broken)} 的清单、记录或数据不是发布时的样子")
    if compared:
        yield Found(f"由公布的表和清单重新写出 {compared} 个文件来比较", fault=False)


def _all(
    layout: Layout, site: Site, theme: frame.Theme, broken: list[str]
) -> Iterator[tuple[str, Iterator[tuple[str, str]]]]:
    """Edition by whose program it was written, and path and content of what is written again; of a page by hand only the script
    in which it tells machines of itself. broken: gets what cannot be written again."""
    told = CITED.search(site.read(frame.FEED).decode(errors="replace")) if site.file(frame.FEED) else None
    base_url = told[1] if told else ""

    def whole_of(name: str, files: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        try:
            yield from files
        except (OSError, ValueError, KeyError, TypeError, IndexError, UserError, pl.exceptions.PolarsError):
            broken.append(name)

    def read(path: str) -> str:
        return site.read(path).decode()

    for name in site.wanted():
        listed = next(one for one in site.editions if one["name"] == name)
        yield name, whole_of(name, _of_edition(layout, site, listed, theme, base_url))
    newest = site.editions[0]["name"]
    yield newest, whole_of(around.EDITIONS, around.files(site.editions, read, site.sums, theme, base_url))
    moved = [path for path in site.paths if path.startswith(f"{LATEST}/")]
    yield newest, iter([(path, "") for path in moved if path.replace(LATEST, newest, 1) not in site.sums])


def _of_edition(
    layout: Layout, site: Site, listed: Mapping[str, Any], theme: frame.Theme, base_url: str
) -> Iterator[tuple[str, str]]:
    edition, name = edition_of(layout, site, listed), listed["name"]
    folder = f"{DOWNLOADS}/{name}"
    catalogue = load_catalogue(layout, plan_id=reference.plan_of(layout, edition.year).id).public

    def table(id: str) -> pl.DataFrame | None:
        path = f"{folder}/{id}.parquet"
        return pl.read_parquet(io.BytesIO(site.read(path))) if site.file(path) else None

    resources = parsed(site.read(f"{folder}/{datapackage.DESCRIPTOR}"))["resources"]
    yield f"{folder}/{datapackage.DESCRIPTOR}", datapackage.package(edition, resources).decode()
    yield f"{folder}/{datapackage.README}", datapackage.readme(edition, CHINESE)
    values, scenarios = table(whole.VALUES), table(whole.SCENARIOS)
    whole_pages = set[str]()
    if values is not None:
        known = codes(layout, catalogue, values)
        made = dict(jsonstat.files(edition, catalogue, values, known)) | sdmx.files(edition, values, known)
        yield from ((f"{folder}/{file}", content.decode()) for file, content in made.items())
        yield f"{name}/{explore.DATA}", explore.data(layout, edition, catalogue, values)
        told = series.of_edition(layout, edition, values)
        for words in edition.languages:
            index = frame.file(frame.INDEX, words)
            pages = {series.path(id, index): series.page(told, id, edition, site.sums, theme, base_url, words) for id in told.indicators}  # fmt: skip
            pages[f"{series.FOLDER}/{index}"] = series.index(told, edition, theme, words)
            pages[frame.file(explore.PAGE, words)] = explore.html(edition, catalogue, values, theme, explore.assets(layout), words)  # fmt: skip
            for file, text in pages.items():
                path = f"{name}/{file}"
                whole_pages.add(path)
                yield path, jsonld.told(text, edition, path, words, edition.first.region.name_zh, site.sums, base_url)
    if scenarios is not None:
        titles = dict(params.scenarios(layout))
        made = nomenclature.files(layout, catalogue, scenarios, titles)
        yield from ((f"{folder}/{file}", content.decode()) for file, content in made.items())
    for path in site.paths:
        own = path.startswith((f"{name}/", f"{folder}/")) and path.endswith(".html")
        if own and path not in whole_pages:
            words = Words("en") if path.endswith(frame.file("", Words("en"))) else CHINESE
            codes_ = {region.code: region.name_zh for region in edition.regions}
            region = codes_.get(path.split("/")[1], edition.first.region.name_zh)
            yield path, jsonld.script(edition, path, words, region, site.sums, base_url)


def edition_of(layout: Layout, site: Site, listed: Mapping[str, Any]) -> Edition:
    """An edition as far as the list of editions tells of it."""
    record = json.loads(site.read(around.first(listed)))
    english = "en" in listed.get("languages", ())

    def report(code: str, scenario: str, title: str, words: Words = CHINESE) -> Report:
        other = report(code, scenario, title, Words("en")) if english and words == CHINESE else None
        return Report(regions.resolve(code, layout), scenario, title, site.root, record, {}, words, other)

    made = tuple(report(code, *one) for code in listed["regions"] for one in listed["scenarios"].items())
    filings = str(listed.get("of", listed["name"])).partition("-")[2]
    date, publisher, kind, sample = (listed[key] for key in ("date", "publisher", "kind", "sample"))
    formats, number = tuple(listed["formats"]), listed.get("number", 1)
    return Edition(listed["name"], listed["year"], filings, date, publisher, kind, sample, formats, made, number)


def _apart(now: str, right: str) -> Iterator[str]:
    """Where two texts differ: piece by piece where they have as many, else from the first difference to the last."""
    one, other = _token.findall(now), _token.findall(right)
    if len(one) != len(other):
        start = next(
            (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
        )
        end = next((at for at, (a, b) in enumerate(zip(one[:start:-1], other[:start:-1], strict=False)) if a != b), 0)
        one, other = (["".join(tokens[start : len(tokens) - end])] for tokens in (one, other))
    for a, b in zip(one, other, strict=True):
        if a != b:
            yield f"写的是 {_short(a)}，应为 {_short(b)}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text[:LONGEST] + ("…" if len(text) > LONGEST else "") or "空"


def _by_other_code(layout: Layout, site: Site, edition: str, found: list[Found]) -> Iterator[Found]:
    """What was found; only said, where the edition was published by a program that is known and another: that may write so."""
    try:
        parts = (site.predicate(edition) or {})["buildDefinition"]["resolvedDependencies"]
        commit = next(one["digest"]["gitCommit"] for one in parts if one["name"] == "code:git")
        call = ["git", "diff", "--quiet", "--end-of-options", commit, "--", *WRITERS]
        changed = subprocess.run(call, cwd=layout.root, capture_output=True).returncode == 1
    except (KeyError, TypeError, StopIteration, OSError, ValueError):
        changed = False
    if not changed:
        yield from found
        return
    for one in found[:NAMED]:
        yield Found(
            f"{one.said}（不判断是否改动：{edition} 由提交 {commit[:12]} 的程序发布，与现在的不同）", fault=False
        )
    names = "、".join(one.said.split(" ", 1)[0] for one in found[:MANY]) + ("等" if len(found) > MANY else "")
    why = f"{edition} 有 {len(found)} 个文件不能由现在的程序重新写出：请取出提交 {commit[:12]} 的程序再核对（{names}）"
    yield Found(why, fault=False)
