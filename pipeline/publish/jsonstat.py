"""The values of an indicator as a JSON-stat 2.0 dataset (https://json-stat.org/full/).

A value that is withheld is null with status `c` (confidential), one that there is not is null with status `m`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from pipeline.indicators.flags import FLAGS, SUPPRESSED
from pipeline.indicators.model import Catalogue, Indicator
from pipeline.language.words import CHINESE
from pipeline.publish.codes import Code, Codes
from pipeline.publish.taken import Edition

FOLDER = "jsonstat"
_IDS = ("indicator", "region", "part", "year")
_STATUS = {"c": FLAGS[SUPPRESSED], "m": CHINESE("site_no_value")}


def files(edition: Edition, catalogue: Catalogue, values: pl.DataFrame, codes: Codes) -> Iterator[tuple[str, bytes]]:
    """Name and content, for each indicator of `values` (`whole.VALUES`)."""
    about = {"version": "2.0", "source": edition.publisher, "updated": f"{edition.date}T00:00:00+08:00"}
    for id in codes.indicators:
        made = about | _dataset(catalogue[id], values.filter(indicator_id=id), codes)
        yield (
            f"{FOLDER}/{id}.json",
            (json.dumps(made, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n").encode(),
        )


def _dataset(indicator: Indicator, rows: pl.DataFrame, codes: Codes) -> dict[str, Any]:
    here, told = set(rows["region_code"]), set(rows.select("dimension", "member").rows())
    areas = [code for id, code in codes.areas.items() if id in here]
    parts = {part: code for part, code in codes.parts.items() if part in told}
    years = sorted(rows["year"].unique())
    known = {
        (region, (dimension, member), year): value
        for region, dimension, member, year, value in rows.select(
            "region_code", "dimension", "member", "year", "value"
        ).iter_rows()
    }
    cells = [known.get((area.id, part, year)) for area in areas for part in parts for year in years]
    status = {
        str(at): "m" if value is None else "c"
        for at, value in enumerate(cells)
        if value is None or not math.isfinite(value)
    }
    dimensions = (
        _dimension(CHINESE("indicator"), {indicator.id: indicator.title}),
        _dimension(CHINESE("region"), _named(areas)),
        _dimension(CHINESE("site_part"), _named(parts.values())),
        _dimension(CHINESE("year"), {str(year): str(year) for year in years}),
    )
    dimensions[0]["category"]["unit"] = {indicator.id: {"label": indicator.unit, "decimals": indicator.decimals}}
    return {
        "class": "dataset",
        "label": indicator.title,
        "note": [indicator.definition.text],
        "id": [*_IDS],
        "size": [len(one["category"]["index"]) for one in dimensions],
        "role": {"metric": ["indicator"], "geo": ["region"], "time": ["year"]},
        "dimension": dict(zip(_IDS, dimensions, strict=True)),
        "value": [None if str(at) in status else value for at, value in enumerate(cells)],
        "status": status,
        "extension": {"status": {"label": {key: _STATUS[key] for key in sorted(set(status.values()))}}},
    }


def _named(codes: Iterable[Code]) -> dict[str, str]:
    return {code.id: code.zh for code in codes}


def _dimension(label: str, members: Mapping[str, str]) -> dict[str, Any]:
    return {"label": label, "category": {"index": list(members), "label": dict(members)}}
