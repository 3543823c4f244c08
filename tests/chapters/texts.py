"""A piece of a chapter's text, filled with facts by hand: what it says, and what it says of a figure or table."""

from __future__ import annotations

import re
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
    """The parts of the text from one of `ends` up to the other, after what it uses of the lines before. id: of a block that it
    places."""
    first, last = ends
    text = (layout.texts / language / f"{chapter}.md").read_text("utf-8")
    wanted = first + text.partition(first)[2].partition(last)[0] + last
    named = re.compile(r"{% (macro|set) (\w+)")
    before = [
        line
        for line in text.splitlines()
        if (found := named.match(line)) and (found[1] == "macro" or found[2] in wanted)
    ]
    path = folder / "piece.md"
    path.write_text("\n".join([*before, wanted]), "utf-8")
    block = Table(id, "", pl.DataFrame({"x": [1]}))
    shown = [{MIME: block.payload(), ENGLISH: block.payload(Words("en"))}] if id else []
    return told(path, Words(language), [{FACTS: pack(facts)}, *shown], f'"{id}"')


def caption(
    layout: Layout, folder: Path, chapter: str, language: str, id: str, facts: Mapping[str, Any], kind: str = "figure"
) -> dict[str, str]:
    """What the text says of a figure or table: title, alt, method, source."""
    text = (layout.texts / language / f"{chapter}.md").read_text("utf-8")
    begins = re.search(rf'{{% call {kind}\("{id}"(?:, annex=true)?\) %}}', text)
    assert begins is not None
    [block] = piece(layout, folder, chapter, language, (begins[0], "{% endcall %}"), facts, id)
    return block  # type: ignore[no-any-return]
