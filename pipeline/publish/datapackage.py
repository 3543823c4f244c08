"""downloads/: every published table as CSV and Parquet, and datapackage.json, which says what is in them.

The descriptor follows Data Package 2.0 (https://datapackage.org/standard/data-package/). `unit`, `source` and `indicator`
of a field are properties of ours, which the specification allows.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline import wording
from pipeline.given import reference
from pipeline.indicators.flags import FLAGS, SUPPRESSED
from pipeline.indicators.model import Catalogue, load_catalogue
from pipeline.language.words import CHINESE, Words
from pipeline.layout import Layout
from pipeline.publish import frame, tables, whole
from pipeline.publish.tables import Published
from pipeline.publish.taken import Edition
from pipeline.reports.front import SAMPLE
from pipeline.reports.markup import text_html

DESCRIPTOR, README = "datapackage.json", "README.txt"
PROFILES = "https://datapackage.org/profiles/2.0/"
_unit = re.compile(r"^(?P<title>.+?)（(?P<unit>[^（）]+)）$")


def files(layout: Layout, edition: Edition, theme: frame.Theme) -> dict[str, bytes]:
    """The files of downloads/<edition>/, by name. Raises DataError, see `tables.published`."""
    plan = reference.plan_of(layout, edition.year)
    catalogue = load_catalogue(layout, plan_id=plan.id)
    made: dict[str, bytes] = {}
    resources: list[dict[str, Any]] = []
    listed = [*whole.published(layout, edition, catalogue, plan), *tables.published(layout, edition)]
    for table in listed:
        made[f"{table.id}.csv"] = tables.as_csv(table.frame)
        made[f"{table.id}.parquet"] = _parquet(table.frame, edition)
        resources.append(_resource(table, catalogue, made[f"{table.id}.csv"]))
        resources.append(_beside(table, made[f"{table.id}.parquet"]))
    made[DESCRIPTOR] = (json.dumps(_package(edition, resources), ensure_ascii=False, indent=1) + "\n").encode()
    made[README] = _readme(edition, CHINESE).encode()
    for words in edition.languages:
        made[frame.file(frame.INDEX, words)] = _index(edition, listed, theme, words).encode()
    return made


def _parquet(data: pl.DataFrame, edition: Edition) -> bytes:
    written = io.BytesIO()
    about = {"edition": edition.name, "title": _title(edition), "sample": str(edition.sample).lower()}
    data.write_parquet(written, metadata=about, compression_level=9)
    return written.getvalue()


def _title(edition: Edition) -> str:
    return _called(edition, CHINESE) + (f"（{SAMPLE}）" if edition.sample else "")


def _called(edition: Edition, words: Words) -> str:
    return words("site_title", year=edition.year, title=words("site_data_name"))


def _package(edition: Edition, resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "$schema": f"{PROFILES}datapackage.json",
        "name": f"green-report-{edition.year}",
        "title": _title(edition),
        "version": edition.name,
        "created": f"{edition.date}T00:00:00+08:00",
        "description": _readme(edition, CHINESE),
        "contributors": [{"title": edition.publisher, "roles": ["publisher"]}],
        "sample": edition.sample,
        "rights": CHINESE("site_rights"),
        "resources": resources,
    }


def _resource(table: Published, catalogue: Catalogue, content: bytes) -> dict[str, Any]:
    return {
        "$schema": f"{PROFILES}dataresource.json",
        "name": table.id,
        "type": "table",
        "path": f"{table.id}.csv",
        "title": table.heading,
        "description": table.description,
        "sources": [{"title": table.source or "见表中各行"}],
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **_weight(content),
        "schema": {
            "$schema": f"{PROFILES}tableschema.json",
            "fields": [_field(name, dtype, table, catalogue) for name, dtype in table.frame.schema.items()],
            "missingValues": [
                {"value": "", "label": CHINESE("site_no_value")},
                {"value": wording.HIDDEN, "label": FLAGS[SUPPRESSED]},
            ],
        },
    }


def _beside(table: Published, content: bytes) -> dict[str, Any]:
    return {
        "$schema": f"{PROFILES}dataresource.json",
        "name": f"{table.id}-parquet",
        "type": "file",
        "path": f"{table.id}.parquet",
        "title": table.heading,
        "description": f"与 {table.id}.csv 相同的数据，列有类型",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        **_weight(content),
    }


def _weight(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}


def _field(name: str, dtype: pl.DataType, table: Published, catalogue: Catalogue) -> dict[str, Any]:
    """One column: its unit is what stands in brackets behind its name, else the catalogue's for that quantity."""
    found = _unit.match(name)
    title, unit = (found["title"], found["unit"]) if found else (name, "")
    indicator = next((one for one in catalogue.indicators.values() if one.title == title), None)
    if not unit and dtype.is_numeric():
        unit = indicator.unit if indicator else "年" if name.endswith("年份") else ""
    known = {} if indicator is None else {"indicator": indicator.id, "description": indicator.definition.text}
    said: dict[str, Any] = {"name": name, "type": _type(dtype), "title": title, "unit": unit, "source": table.source}
    return {**said, **known, **table.fields.get(name, {})}


def _type(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return "integer"
    if dtype.is_numeric():
        return "number"
    kinds: Mapping[Any, str] = {pl.Boolean: "boolean", pl.Date: "date"}
    return kinds.get(dtype.base_type(), "string")


def _readme(edition: Edition, words: Words) -> str:
    sample = words("report_sample") + words("stop") if edition.sample else ""
    made = words(
        "site_made",
        title=_title(edition) if words == CHINESE else _called(edition, words),
        publisher=edition.publisher,
        date=frame.printed_date(edition.date, words),
        kind=words.say(edition.kind),
        sample=sample,
    )
    gaps = {"site_csv": {"hidden": wording.HIDDEN}, "site_columns": {"file": DESCRIPTOR}}
    keys = ("site_one_table", "site_csv", "site_columns", "site_rights")
    said = "\n".join([made, *(words(key, **gaps.get(key, {})) for key in keys), ""])
    return said.replace(words.hidden, wording.HIDDEN)  # as the data have it, in whatever language


def _index(edition: Edition, listed: list[Published], theme: frame.Theme, words: Words) -> str:
    """A page that lists the tables, by chapter; a table that the first report has is called as there, in its language."""
    first = edition.first.told(words)
    rows: list[str] = []
    chapter = ""
    for table in listed:
        block = first.block(table.id) if words != CHINESE else None
        number, title = (block.number, block.payload["title"]) if block else (table.number, words.say(table.title))
        above = block.chapter if block else words.say(table.chapter)
        if above != chapter:
            chapter = above
            rows.append(f'<tr><th scope="rowgroup" colspan="4">{frame.said(chapter, words)}</th></tr>')
        hidden = f'<span class="hidden">{words("in_brackets", text=text_html(table.id))}</span>'
        links = " ".join(
            f'<a href="{table.id}.{suffix}" download>{text}{hidden}</a>'
            for suffix, text in (("csv", "CSV"), ("parquet", "Parquet"))
        )
        rows.append(
            f"<tr><td>{frame.said(number, words)}</td><td>{frame.said(title, words)}</td>"
            f'<td class="right">{table.frame.height}</td><td>{links}</td></tr>'
        )
    notes = "".join(f"<p>{frame.said(line, words)}</p>" for line in _readme(edition, words).splitlines())
    heads = "".join(
        f'<th scope="col"{side}>{words(name)}</th>'
        for name, side in (("number", ""), ("site_heading", ""), ("row_count", ' class="right"'), ("site_download", ""))
    )
    data = words("site_data")
    body = (
        f'<h2>{words("site_tables", n=len(listed))}</h2>{notes}<p><a href="{DESCRIPTOR}" download>{words("site_dictionary")} '
        f'{DESCRIPTOR}</a>{words.gap}<a href="../../SHA256SUMS">{words("site_sums")} SHA256SUMS</a></p>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{data}"><table class="data">'
        f"<caption>{words('site_caption', region=words.say(first.region.short_zh))}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
    ways = [(words("site_front"), f"../../{frame.address(edition.name, frame.file(frame.INDEX, words))}")]
    title = f"{data}{words('in_brackets', text=words('in_year', year=edition.year))}"
    return frame.page(title, frame.head(edition, data, frame.INDEX, words, ways), body, "../../", theme, words)
