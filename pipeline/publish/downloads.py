"""downloads/: the published tables of an edition in every format, and the page that lists them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.given import params, reference
from pipeline.indicators.model import load_catalogue
from pipeline.language.words import CHINESE, Words
from pipeline.layout import Layout
from pipeline.publish import datapackage, frame, jsonstat, nomenclature, sdmx, tables, whole, workbook
from pipeline.publish.codes import codes
from pipeline.publish.datapackage import DESCRIPTOR, README, Fields
from pipeline.publish.tables import Published
from pipeline.publish.taken import Edition
from pipeline.reports.markup import text_html

WHOLE = {
    workbook.NAME: "site_workbook",
    sdmx.DATA: "site_sdmx_data",
    sdmx.STRUCTURE: "site_sdmx_structure",
    **{f"{nomenclature.FOLDER}/{one}": f"site_iamc_{one.split('/')[0]}" for one in nomenclature.LISTS},
}
"""What holds more than one table, and what it is called."""


@dataclass(frozen=True)
class Downloads:
    """files: those of downloads/<edition>/, by name; listed: the tables; fields: of each, see `datapackage.fields`;
    cubes: the JSON-stat file of each indicator -> its title."""

    files: Mapping[str, bytes]
    listed: Sequence[Published]
    fields: Mapping[str, Fields]
    cubes: Mapping[str, str]


def downloads(layout: Layout, edition: Edition) -> Downloads:
    """Raises DataError, see `tables.published`."""
    plan = reference.plan_of(layout, edition.year)
    catalogue = load_catalogue(layout, plan_id=plan.id).public
    listed = [*whole.published(layout, edition, catalogue, plan), *tables.published(layout, edition)]
    fields = {table.id: datapackage.fields(table, catalogue) for table in listed}
    made: dict[str, bytes] = {}
    for table in listed:
        made[f"{table.id}.csv"] = tables.as_csv(table.frame)
        made[f"{table.id}.parquet"] = _parquet(table.frame, edition)
        made[f"{table.id}.xlsx"] = workbook.single(edition, table, fields)
    made[DESCRIPTOR] = datapackage.descriptor(edition, listed, fields, made)
    made[README] = datapackage.readme(edition, CHINESE).encode()
    made[workbook.NAME] = workbook.whole(edition, listed, fields)
    for table in listed:
        if table.id == whole.VALUES:
            known = codes(layout, catalogue, table.frame)
            made |= jsonstat.files(edition, catalogue, table.frame, known)
            made |= sdmx.files(edition, table.frame, known)
        if table.id == whole.SCENARIOS:
            made |= nomenclature.files(layout, catalogue, table.frame, dict(params.scenarios(layout)))
    files = {f"{jsonstat.FOLDER}/{one.id}.json": one.title for one in catalogue}
    cubes = {name: title for name, title in files.items() if name in made}
    return Downloads(made, listed, fields, cubes)


def _parquet(data: pl.DataFrame, edition: Edition) -> bytes:
    written = io.BytesIO()
    about = {"edition": edition.name, "title": datapackage.title(edition), "sample": str(edition.sample).lower()}
    data.write_parquet(written, metadata=about, compression_level=9)
    return written.getvalue()


def index(edition: Edition, made: Downloads, theme: frame.Theme, words: Words) -> str:
    """A page that lists the tables, by chapter; a table that the first report has is called as there, in its language."""
    first = edition.first.told(words)
    rows: list[str] = []
    chapter = ""
    for table in made.listed:
        block = first.block(table.id) if words != CHINESE else None
        number, title = (block.number, block.payload["title"]) if block else (table.number, words.say(table.title))
        above = block.chapter if block else words.say(table.chapter)
        if above != chapter:
            chapter = above
            rows.append(f'<tr><th scope="rowgroup" colspan="4">{frame.said(chapter, words)}</th></tr>')
        hidden = f'<span class="hidden">{words("in_brackets", text=text_html(table.id))}</span>'
        links = " ".join(
            f'<a href="{table.id}.{suffix}" download>{text}{hidden}</a>'
            for suffix, text in (("csv", "CSV"), ("xlsx", "XLSX"), ("parquet", "Parquet"))
        )
        rows.append(
            f"<tr><td>{frame.said(number, words)}</td><td>{frame.said(title, words)}</td>"
            f'<td class="right">{table.frame.height}</td><td>{links}</td></tr>'
        )
    notes = "".join(f"<p>{frame.said(line, words)}</p>" for line in datapackage.readme(edition, words).splitlines())
    heads = "".join(
        f'<th scope="col"{side}>{words(name)}</th>'
        for name, side in (("number", ""), ("site_heading", ""), ("row_count", ' class="right"'), ("site_download", ""))
    )
    whole_files = [(name, words(key)) for name, key in WHOLE.items() if name in made.files]
    wholes = "".join(f'<li><a href="{name}" download>{text}</a></li>' for name, text in whole_files)
    cubes = "".join(
        f'<li><a href="{name}" download>{frame.said(words.say(title), words)}</a></li>'
        for name, title in made.cubes.items()
    )
    wholes += (
        f"<li><details><summary>{words('site_jsonstat')}</summary><ul>{cubes}</ul></details></li>" if cubes else ""
    )
    data = words("site_data")
    body = (
        f'<h2>{words("site_tables", n=len(made.listed))}</h2>{notes}<p><a href="{DESCRIPTOR}" download>{words("site_dictionary")} '
        f'{DESCRIPTOR}</a>{words.gap}<a href="../../SHA256SUMS">{words("site_sums")} SHA256SUMS</a></p><ul>{wholes}</ul>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{data}"><table class="data">'
        f"<caption>{words('site_caption', region=words.say(first.region.short_zh))}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
    ways = [(words("site_front"), f"../../{frame.address(edition.name, frame.file(frame.INDEX, words))}")]
    title = f"{data}{words('in_brackets', text=words('in_year', year=edition.year))}"
    return frame.page(title, frame.head(edition, data, frame.INDEX, words, ways), body, "../../", theme, words)
