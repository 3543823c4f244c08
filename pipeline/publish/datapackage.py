"""datapackage.json: what is in the tables of an edition.

The descriptor follows Data Package 2.0 (https://datapackage.org/standard/data-package/). `unit`, `source` and `indicator`
of a field are properties of ours, which the specification allows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline import wording
from pipeline.indicators.flags import FLAGS, SUPPRESSED
from pipeline.indicators.model import Catalogue
from pipeline.language.words import CHINESE, Words
from pipeline.publish import frame
from pipeline.publish.tables import Published
from pipeline.publish.taken import Edition, licence
from pipeline.reports.front import SAMPLE

DESCRIPTOR, README = "datapackage.json", "README.txt"
PROFILES = "https://datapackage.org/profiles/2.0/"
Fields = Sequence[Mapping[str, Any]]
"""The fields of a table's schema."""
_unit = re.compile(r"^(?P<title>.+?)（(?P<unit>[^（）]+)）$")


def fields(table: Published, catalogue: Catalogue) -> Fields:
    """What is known of each column of a table."""
    return [_field(name, dtype, table, catalogue) for name, dtype in table.frame.schema.items()]


def descriptor(
    edition: Edition, listed: Sequence[Published], known: Mapping[str, Fields], made: Mapping[str, bytes]
) -> bytes:
    """The descriptor of the tables. known: the fields of each; made: their files, by name."""
    resources: list[dict[str, Any]] = []
    for table in listed:
        resources.append(_resource(table, known[table.id], made[f"{table.id}.csv"]))
        resources.append(_beside(table, made[f"{table.id}.parquet"]))
    return package(edition, resources)


def title(edition: Edition) -> str:
    """What the data are called in every language's files."""
    return called(edition, CHINESE) + (f"（{SAMPLE}）" if edition.sample else "")


def called(edition: Edition, words: Words) -> str:
    """The same on a page, without the mark of a sample."""
    return words("site_title", year=edition.year, title=words("site_data_name"))


def package(edition: Edition, resources: list[dict[str, Any]]) -> bytes:
    """The descriptor, of what it says of each resource."""
    told = {
        "$schema": f"{PROFILES}datapackage.json",
        "name": f"green-report-{edition.year}",
        "title": title(edition),
        "version": edition.name,
        "created": f"{edition.date}T00:00:00+08:00",
        "description": readme(edition, CHINESE),
        "contributors": [{"title": edition.publisher, "roles": ["publisher"]}],
        "sample": edition.sample,
        "rights": licence(edition.first.record) or CHINESE("site_rights"),
        "resources": resources,
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _resource(table: Published, known: Fields, content: bytes) -> dict[str, Any]:
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
            "fields": known,
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


def readme(edition: Edition, words: Words) -> str:
    """README.txt, and what the page of the downloads says."""
    sample = words("report_sample") + words("stop") if edition.sample else ""
    made = words(
        "site_made",
        title=title(edition) if words == CHINESE else called(edition, words),
        publisher=edition.publisher,
        date=frame.printed_date(edition.date, words),
        kind=words.say(edition.kind),
        sample=sample,
    )
    gaps = {"site_csv": {"hidden": wording.HIDDEN}, "site_columns": {"file": DESCRIPTOR}}
    keys = ("site_one_table", "site_csv", "site_columns", "site_rights")
    said = "\n".join([made, *(words(key, **gaps.get(key, {})) for key in keys), ""])
    return said.replace(words.hidden, wording.HIDDEN)  # as the data have it, in whatever language
