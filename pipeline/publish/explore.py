"""The page on which readers choose indicators, regions, years and parts for themselves (`explore.html`), and what it reads: the
table of all indicators as the public may see it, as a script, since a page opened from a disk may fetch nothing.

What a page says of a value it has from that script only, which `verify` holds against the published table.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.charts.tilegrid import CODES
from pipeline.given import reference
from pipeline.given.regions import NATION, fold
from pipeline.indicators.evaluate import ECONOMIC
from pipeline.indicators.flags import FLAGS, SUPPRESSED
from pipeline.indicators.model import DIMENSIONS, Catalogue, Indicator, load_catalogue, members
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.publish import frame, home, page, search
from pipeline.publish.downloads import Downloads
from pipeline.publish.taken import Edition
from pipeline.publish.whole import VALUES
from pipeline.wording import scripts

PAGE, DATA = "explore", "explore-data.js"
STYLE, BOX = "explore.css", ("figures.js", "ask.js", "answer.js", "askbox.js")
SCRIPTS = (*BOX, "pictures.js", "explore.js")
HEAD, TAIL = "window.greenTable = ", ";\n"
WITHHELD = "c"  # as SDMX and JSON-stat call it
ENGLISH = Words("en")
POWERS = {"万": 4, "亿": 8}


@dataclass(frozen=True)
class Explored:
    """What an edition has of it; nothing where it has no table of all indicators. assets: by their names in assets/; data: the
    script; page, box: by language."""

    assets: Mapping[str, bytes] = field(default_factory=dict)
    data: str = ""
    page: Callable[[Words], str] = str
    box: Callable[[Words], str] = lambda _: ""
    fronted: Callable[[str], str] = str


def made(layout: Layout, edition: Edition, made: Downloads, theme: frame.Theme) -> Explored:
    table = next((one.frame for one in made.listed if one.id == VALUES), None)
    if table is None:
        return Explored()
    catalogue = load_catalogue(layout, plan_id=reference.plan_of(layout, edition.year).id).public
    files, needed = assets(layout), assets(layout, (STYLE, *BOX))
    return Explored(
        files,
        data(layout, edition, catalogue, table),
        lambda words: html(edition, catalogue, table, theme, files, words),
        box,
        lambda front: with_assets(front, needed),
    )


def assets(layout: Layout, names: Iterable[str] = (STYLE, *SCRIPTS)) -> dict[str, bytes]:
    """Scripts and stylesheet, by the name that they have in assets/, in the order in which a page needs them."""
    folder = layout.reports / "theme"
    return dict(page.asset((folder / name).read_text("utf-8"), name.rsplit(".", 1)[1]) for name in names)


def data(layout: Layout, edition: Edition, catalogue: Catalogue, table: pl.DataFrame) -> str:
    """The script. Columns instead of rows: an indicator has blocks, [part, regions, values, flags]. regions: places in `regions`,
    values: region by region and year by year; a number, null, or WITHHELD; flags: which cells have them, by their ids."""
    years = sorted(table["year"].unique())
    regions = list(_regions(layout))
    known = [one["code"] for one in regions]
    if unknown := set(table["region_code"]) - {*known}:
        raise ValueError(f"regions without a name: {sorted(unknown)}")
    there = set(table["indicator_id"])
    indicators = [one for one in catalogue if one.id in there]
    parts: dict[tuple[str | None, str | None, str], int] = {}
    cells = {one.id: _blocks(one, table.filter(indicator_id=one.id), known, years, parts) for one in indicators}
    families = {
        name: [title, ENGLISH.say(title), [id for id in ids if id in there]]
        for name, (title, ids) in catalogue.families.items()
    }
    told = {
        "edition": edition.name,
        "year": edition.year,
        "years": years,
        "regions": regions,
        "families": [one for one in families.values() if one[2]],
        "indicators": [_indicator(one) for one in indicators],
        "dimensions": {name: [title, ENGLISH.say(title)] for name, title in DIMENSIONS.items()},
        "parts": [[dimension, member, name, ENGLISH.say(name)] for dimension, member, name in parts],
        "flags": {name: [title, ENGLISH.say(title)] for name, title in FLAGS.items()},
        "cells": cells,
    }
    return HEAD + json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + TAIL


def _regions(layout: Layout) -> Iterator[dict[str, Any]]:
    """The nation, the economic regions and all 34 divisions. keys: spellings; within: names of what is a part of it."""
    keys, parts, signs = search.spellings(layout), dict[str, list[str]](), reference.abbreviations(layout)
    for name, code in reference.within(layout).items():
        parts.setdefault(code, []).append(fold(name))

    def told(code: str, name: str, full: str, **other: Any) -> dict[str, Any]:
        own = parts.get(code, [])
        spelled = [*keys.get(code, []), fold(name), fold(full), fold(ENGLISH.say(name)), fold(ENGLISH.say(full))]
        kept = dict.fromkeys(key for key in spelled if len(key) > 1 and key not in own and not key.isdecimal())
        return {"code": code, "name": [name, ENGLISH.say(name)], "keys": [*kept], "within": own} | other

    yield told(NATION.code, NATION.short_zh, NATION.name_zh)
    for name, code in ECONOMIC.items():
        yield told(code, name, f"{name}地区")
    columns = ("code", "short_zh", "name_zh", "row", "col")
    for code, short, full, row, column in reference.provinces(layout).select(columns).iter_rows():
        yield told(code, short, full, at=[row, column], sign=[signs[code], CODES[code]])


def _indicator(one: Indicator) -> dict[str, Any]:
    """How it is called and printed. counted: its unit in the data; power: of ten, in which that is
    counted, which English tells in millions."""
    measure, name, power = one.measure, ENGLISH.say(one.title), POWERS.get(one.measure.unit[:1], 0)
    unit = ENGLISH.say(measure.unit[1:] if power else measure.unit)
    if " per " in name:  # tenants per site, of which 1.7 tenants
        unit = unit.partition(" per ")[0]
    return {
        "id": one.id,
        "name": [scripts(one.title), scripts(name)],
        "unit": [scripts(measure.unit), scripts(unit)],
        "counted": one.unit,
        "power": power,
        "scale": measure.scale,
        "places": measure.decimals,
        "better": one.better,
        "kind": one.kind,
        "aliases": [*one.aliases],
    }


def _blocks(
    one: Indicator,
    rows: pl.DataFrame,
    regions: list[str],
    years: list[int],
    parts: dict[tuple[str | None, str | None, str], int],
) -> list[list[Any]]:
    found = []
    for (dimension, member), own in rows.group_by(["dimension", "member"], maintain_order=True):
        name = members(str(dimension), one.table).get(str(member), str(member)) if dimension else ""
        at = parts.setdefault((_text(dimension), _text(member), name), len(parts))
        known = {
            (code, year): (value, flag)
            for code, year, value, flag in own.select("region_code", "year", "value", "flag").iter_rows()
        }
        here = {code for code, _ in known}
        codes = [code for code in regions if code in here]
        listed = [known.get((code, year), (None, None)) for code in codes for year in years]
        flagged: dict[str, list[int]] = {}
        for place, (_, flag) in enumerate(listed):
            if flag is not None and flag != SUPPRESSED:
                flagged.setdefault(flag, []).append(place)
        told = [_cell(value, flag) for value, flag in listed]
        found.append([at, [regions.index(code) for code in codes], told, flagged])
    return found


def _cell(value: float | None, flag: str | None) -> float | str | None:
    if flag == SUPPRESSED:
        return WITHHELD
    return value if value is not None and math.isfinite(value) else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def box(words: Words, beside: bool = False) -> str:
    """The box for questions, which its script shows, with the way to the page of the choice. beside: on that page itself."""
    way = "" if beside else f'<p><a href="{frame.file(PAGE, words)}">{words("explore")}</a></p>'
    return (
        f'<div class="ask" hidden><label for="ask">{words("ask")}</label><input id="ask" type="search" autocomplete="off" '
        f'aria-describedby="ask-hint"> <button type="button">{words("ask_go")}</button><p id="ask-hint">{words("ask_hint")}</p>'
        f'<div id="ask-said" role="status"></div>{way}</div>'
    )


def html(edition: Edition, catalogue: Catalogue, table: pl.DataFrame, theme: frame.Theme, names: Iterable[str], words: Words) -> str:  # fmt: skip
    """`<edition>/explore.html`. names: of `assets`."""
    there = set(table["indicator_id"])
    downloads = f"../{frame.address(home.DOWNLOADS, edition.name)}/"
    meant = "".join(
        f'<dt id="about-{one.id}">{frame.said(words.say(one.title), words)}</dt>'
        f"<dd>{frame.said(_definition(one, words), words)}</dd>"
        for one in catalogue
        if one.id in there
    )
    body = (
        f'<section id="choose"><h2>{words("explore_choose")}</h2>{box(words, beside=True)}<div id="explore" data-code="{edition.name}"></div>'
        f'<p id="explore-off">{words("explore_off")} <a href="{downloads}{VALUES}.csv" download>{words("site_values")}</a></p>'
        f'</section><section id="definitions"><h2>{words("explore_meant")}</h2><dl class="meant">{meant}</dl></section>'
    )
    title = words("explore")
    index, method = (frame.file(name, words) for name in (frame.INDEX, frame.METHOD))
    ways = [(words("site_front"), index), (words("site_data"), downloads + index), (words("site_method"), method)]
    made = frame.page(
        f"{title}{words('in_brackets', text=words('in_year', year=edition.year))}",
        frame.head(edition, title, PAGE, words, ways),
        body,
        "../",
        theme,
        words,
    )
    return with_assets(made, names, [DATA])


def with_assets(made: str, names: Iterable[str], own: Iterable[str] = ()) -> str:
    """A page of the edition's folder with what the choice and the box need. names: of `assets`; own: scripts beside the page."""
    files = [f"../{page.FOLDER}/{name}" for name in names]
    styles = "".join(f'<link rel="stylesheet" href="{one}">' for one in files if one.endswith(".css"))
    scripts = "".join(
        f'<script src="{one}"></script>' for one in [*own, *(one for one in files if one.endswith(".js"))]
    )
    made = made.replace("</head>", f"{styles}\n</head>", 1)
    return f"{scripts}\n</body>".join(made.rsplit("</body>", 1))


def _definition(one: Indicator, words: Words) -> str:
    told = {
        "formula": one.definition.formula,
        "scope": one.definition.scope,
        "explore_without": one.definition.left_out,
    }
    parts = [f"{words(name)}{words('colon')}{words.say(text.rstrip('。'))}" for name, text in told.items() if text]
    return words("stop").join([*parts, f"{words('explore_basis', text=one.source)}{words('stop')}"]).rstrip()
