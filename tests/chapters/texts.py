"""A piece of a chapter's text, filled with facts by hand: what it says, and what it says of a figure or table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.language.facts import pack
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports.blocks import ENGLISH, FACTS, MIME, Table
from pipeline.reports.text import told


def piece(
    layout: Layout,
    folder: Path,
    chapter: str,
    language: str,
    ends: tuple[str, str],
    facts: Mapping[str, Any],
    id: str = "",
) -> list[Any]:
    """The parts of the text from one of `ends` up to the other, after its macros. id: of a block that it places."""
    first, last = ends
    text = (layout.texts / language / f"{chapter}.md").read_text("utf-8")
    macros = [line for line in text.splitlines() if line.startswith("{% macro")]
    path = folder / "piece.md"
    path.write_text("\n".join([*macros, first + text.partition(first)[2].partition(last)[0] + last]), "utf-8")
    block = Table(id, "", pl.DataFrame({"x": [1]}))
    shown = [{MIME: block.payload(), ENGLISH: block.payload(Words("en"))}] if id else []
    return told(path, Words(language), [{FACTS: pack(facts)}, *shown], f'"{id}"')


def caption(
    layout: Layout, folder: Path, chapter: str, language: str, id: str, facts: Mapping[str, Any], kind: str = "figure"
) -> dict[str, str]:
    """What the text says of a figure or table: title, alt, method, source."""
    [block] = piece(layout, folder, chapter, language, (f'{{% call {kind}("{id}") %}}', "{% endcall %}"), facts, id)
    return block  # type: ignore[no-any-return]
