"""The ids of members whose names make none, or the same."""

from __future__ import annotations

import hashlib

import polars as pl

from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout
from pipeline.publish.codes import codes


def test_names_without_letters_or_with_one_id_stay_apart(layout: Layout) -> None:
    names = ("A B", "A/B", "A-B", "!?", "——", "large")
    rows = [("dc.count", "000000", 2025, "size_class", name, 1.0, "座") for name in names]
    columns = ("indicator_id", "region_code", "year", "dimension", "member", "value", "unit")
    values = pl.DataFrame(rows, schema=columns, orient="row")
    found = codes(layout, load_catalogue(layout).public, values).parts
    ids = {name: found["size_class", name].id for name in names}

    def sign(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    assert ids == {
        "A B": "size_class__A_B_" + sign("('size_class', 'A B')"),
        "A/B": "size_class__A_B_" + sign("('size_class', 'A/B')"),
        "A-B": "size_class__A-B",
        "!?": "size_class__X" + sign("!?"),
        "——": "size_class__X" + sign("——"),
        "large": "size_class__large",
    }
