"""Under every figure and table of a published page: how to cite it, what to download, what it means.

All of it is there without a script; the page's script fills in the day and the whole address, and adds the picture as SVG and PNG.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.language.words import CHINESE, Words
from pipeline.publish import frame
from pipeline.publish.datapackage import Fields
from pipeline.publish.taken import Block, Edition, Report
from pipeline.reports.markup import text_html

SCRIPT = "cite.js"
_figure = re.compile(r'(<figure id="(?P<id>[a-z0-9-]+)" class="(?:figure|table)">.*?)(</div></figure>)', re.S)
_latex = {sign: f"\\{sign}" for sign in "#$%&_{}"} | {"\\": r"\textbackslash{}", "~": r"\~{}", "^": r"\^{}"}


@dataclass(frozen=True)
class Known:
    """What is cited. address: of its place on the site; file, digest: its data and their SHA-256."""

    id: str
    title: str
    address: str
    file: str
    digest: str


@dataclass(frozen=True)
class Sources:
    """sums: SHA-256 by path of the files of the site so far; fields: of the published tables; base_url: "" where the address
    of the site is not known; data: the folder of the downloads, from the root of the site."""

    sums: Mapping[str, str]
    fields: Mapping[str, Fields]
    base_url: str
    data: str


def marked(page: str, edition: Edition, report: Report, path: str, sources: Sources) -> str:
    """`page`, which will stand at `path`, with the three parts in each figure and table whose data are published."""

    def told(found: re.Match[str]) -> str:
        block = report.block(found["id"])
        if block is None or f"{sources.data}/{block.id}.csv" not in sources.sums:
            return found[0]
        parts = (
            _cited(edition, report, block, path, sources),
            _got(edition, report, block, sources),
            _meant(edition, report, block, sources),
        )
        return found[1] + "".join(parts) + found[3]

    return _figure.sub(told, page)


def _cited(edition: Edition, report: Report, block: Block, path: str, sources: Sources) -> str:
    words, file = report.words, f"{block.id}.csv"
    digest, address = sources.sums[f"{sources.data}/{file}"], f"{sources.base_url}{path}#{block.id}"
    known = Known(block.id, f"{block.number} {block.payload['title']}", address, file, digest)
    about = words("in_brackets", text=words.say(report.region.name_zh))
    inside = entries(edition, known, f"{edition.year}-{report.region.code}-{block.id}", words, about)
    return _details("cite", words("cite"), words, block, inside)


def entries(edition: Edition, known: Known, key: str, words: Words, about: str = "") -> str:
    """GB/T 7714-2015, 8.5 (electronic resources: [DS/OL]), and BibTeX, each with the SHA-256 of the data. key: of the entry;
    about: of which region the report is."""
    address, digest = known.address, known.digest
    year, name = edition.date[:4], words("site_title", year=edition.year, title=words("report_title"))
    title = f"{known.title}{words('colon')}{name}{about}"
    publisher = words.say(edition.publisher)
    where = f'<span class="address">{text_html(address)}</span>'
    day = f'[<span class="accessed">{words("cite_day")}</span>]'
    gb = (
        f"{frame.said(publisher, words)}. {frame.said(title, words)}[DS/OL]. {text_html(edition.name)}. "
        f"{frame.said(publisher, words)}, {year} ({edition.date}){day}. {where}. "
        f"{words('cite_data')} {words('cite_sum', file=known.file, digest=digest)}."
    )
    entry = {
        "author": f"{{{_tex(publisher)}}}",
        "title": f"{{{_tex(title)}}}",
        "year": year,
        "version": _tex(edition.name),
        "url": address,
        "note": _tex(words("cite_sum", file=known.file, digest=digest)),
    }
    fields = "".join(f"  {name} = {{{text}}},\n" for name, text in entry.items())
    bibtex = f"@misc{{greenreport-{key},\n{fields}}}"
    said = text_html(bibtex).replace(text_html(address), where)
    return f"<p>{gb}</p><pre>{said}</pre>"


def _series(edition: Edition, report: Report, block: Block, sources: Sources) -> Iterator[tuple[str, str]]:
    """Id and title of the indicators in a figure that have a series of the region at an address of its own."""
    for one in sources.fields[block.id]:
        if "indicator" in one and f"{edition.name}/data/{one['indicator']}/{report.region.code}.csv" in sources.sums:
            yield one["indicator"], one["title"]


def _got(edition: Edition, report: Report, block: Block, sources: Sources) -> str:
    words, root = report.words, "../../"
    items = "".join(
        f'<li><a href="{root}{frame.address(*sources.data.split("/"), f"{block.id}.{suffix}")}" download>{name}</a></li>'
        for suffix, name in (("csv", "CSV"), ("xlsx", "XLSX"), ("parquet", "Parquet"))
    )
    region = words.say(report.region.short_zh)
    for id, title in _series(edition, report, block, sources):
        said = frame.said(words("cite_series", title=words.say(title), region=region), words)
        code = report.region.code
        items += f'<li><a href="../data/{id}/{code}.csv" download="{id}-{code}.csv">{said}</a></li>'
    return _details("get", words("site_download"), words, block, f"<p>{words('cite_all_regions')}</p><ul>{items}</ul>")


def _meant(edition: Edition, report: Report, block: Block, sources: Sources) -> str:
    """Formula, numerator and denominator of the columns that are indicators, the source, and where revisions are told."""
    words = report.words
    told = words if words in edition.languages else CHINESE
    pages = {
        title: f'<a href="../data/{id}/{frame.file(frame.INDEX, told)}#{report.region.code}">'
        for id, title in _series(edition, report, block, sources)
    }
    known = "".join(
        f"<dt>{pages.get(one['title'], '')}{frame.said(words.say(one['title']), words)}{'</a>' if one['title'] in pages else ''}</dt><dd>{frame.said(words.say(one['description']), words)}</dd>"
        for one in sources.fields[block.id]
        if "indicator" in one
    )
    source = words("source_is", text=block.payload["source"] or words("sheet_source_in_rows"))
    ways = f'<a href="../{frame.file(frame.METHOD, told)}#revisions">{words("site_method")}</a> '
    ways += f'<a href="../../{frame.file(frame.INDEX, told)}#editions">{words("site_editions")}</a>'
    listed = f"<dl>{known}</dl>" if known else ""
    return _details("about", words("cite_about"), words, block, f"{listed}<p>{frame.said(source, words)} {ways}</p>")


def _details(kind: str, title: str, words: Words, block: Block, inside: str) -> str:
    hidden = f'<span class="hidden">{words("in_brackets", text=text_html(block.number))}</span>'
    return f'<details class="{kind}"><summary>{title}{hidden}</summary>{inside}</details>'


def _tex(text: str) -> str:
    return "".join(_latex.get(sign, sign) for sign in " ".join(text.split()))
