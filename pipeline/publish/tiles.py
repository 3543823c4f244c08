"""The provinces on the front page: one tile grid for each of a few indicators, chosen without any script.

The values are those of figures in the report that stands on the front page, so that nothing appears here that is not
published there. Positions and the note below are those of `pipeline.charts.tilegrid`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from pipeline.charts.tilegrid import NOTE, class_limits
from pipeline.language.words import Words
from pipeline.publish import frame
from pipeline.publish.taken import Block, Report
from pipeline.reports.markup import text_html
from pipeline.wording import MISSING, number

FIGURES = (
    "f-sharing-provinces", "f-dc-provinces", "f-bs-provinces", "f-rooms-provinces", "f-energy-flow-provinces",
    "f-energy-volume-provinces", "f-carbon-green", "f-carbon-flow-provinces", "f-bs-monitored-provinces",
    "f-industry-tiles",
)  # fmt: skip
"""The figures that may colour the grid, the plan's targets first: each with a column 省份 and then the quantity."""
_bare = re.compile(r"（[^（）]*）$| \([^()]*\)$")  # the unit, which stands in the legend


@dataclass(frozen=True)
class Layer:
    """One indicator on the grid. values: province -> number; printed: province -> what stands on its tile, which for
    a withheld value is its mark. finding: the figure's title; block: where it stands in the report."""

    measure: str
    finding: str
    values: Mapping[str, float]
    printed: Mapping[str, str]
    block: Block


def layers(report: Report) -> list[Layer]:
    """The indicators of FIGURES that `report` has, in that order; those without any number are left out."""
    found, province = [], report.words("province")
    for block in (report.block(id) for id in FIGURES):
        if block is None or province not in (columns := block.payload["table"]["columns"]):
            continue
        at = columns.index(province)
        text = pl.read_csv(io.StringIO(block.payload["table"]["csv"]), infer_schema=False)
        names, cells = text.to_series(at).to_list(), text.to_series(at + 1).cast(pl.Float64, strict=False).to_list()
        values = {name: value for name, value in zip(names, cells, strict=True) if value is not None}
        printed = {row[at]: row[at + 1] for row in block.payload["table"]["rows"]}
        if values:
            found.append(Layer(columns[at + 1], block.payload["title"], values, printed, block))
    return found


def grids(
    layers: Sequence[Layer],
    provinces: pl.DataFrame,
    signs: Mapping[str, str],
    pages: Mapping[str, str],
    figures: Mapping[str, str],
    words: Words,
) -> str:
    """The choice of an indicator and a grid for each, as HTML; "" without layers.

    provinces: see `reference.provinces`; signs: code -> abbreviation; pages: code -> address of its report; figures:
    volume -> address, of the report that the values come from. The choice is a group of radio buttons, which a keyboard moves
    through; which grid is seen follows from the stylesheet.
    """
    if not layers:
        return ""
    choices = "".join(
        f'<input type="radio" name="indicator" id="i-{at}" class="pick"{" checked" if at == 1 else ""}>'
        f'<label for="i-{at}">{text_html(_bare.sub("", layer.measure))}</label>'
        for at, layer in enumerate(layers, 1)
    )
    drawn = "".join(
        f'<div class="atlas g-{at}">{_grid(layer, provinces, signs, pages, figures, words)}</div>'
        for at, layer in enumerate(layers, 1)
    )
    return f'<fieldset class="choice"><legend>{words("site_shade")}</legend><div class="strip">{choices}</div>{drawn}</fieldset>'


def _grid(
    layer: Layer,
    provinces: pl.DataFrame,
    signs: Mapping[str, str],
    pages: Mapping[str, str],
    figures: Mapping[str, str],
    words: Words,
) -> str:
    limits = class_limits(pl.Series(list(layer.values.values())))
    tiles = []
    for code, name, row, column in provinces.select("code", "short_zh", "row", "col").iter_rows():
        name = words.say(name)
        value = layer.values.get(name)
        shade = "no-data" if value is None else f"t-{sum(value >= limit for limit in limits)}"
        text = (
            f'<span class="sign">{text_html(signs.get(code, ""))}</span><span class="name">{text_html(name)}</span>'
            f'<span class="number">{text_html(layer.printed.get(name, MISSING))}</span>'
        )
        inside = f'<a href="{pages[code]}">{text}</a>' if code in pages else f"<span>{text}</span>"
        tiles.append(f'<li class="tile r-{row} c-{column} {shade}">{inside}</li>')
    where = f'<a href="{figures[layer.block.part]}#{layer.block.id}">{layer.block.number}</a>'
    return (
        f'<p class="finding">{text_html(layer.finding)}{words("in_brackets", text=where)}</p><ol class="tiles">{"".join(tiles)}</ol>'
        f'<p class="legend"><span>{text_html(layer.measure)}{words("colon")}</span>{_legend(limits, words)}'
        f'<span class="swatch no-data">{words("site_no_data")}</span></p><p class="source">{words.say(NOTE)}{words("stop")}'
        f"{frame.said(words('source_is', text=layer.block.payload['source']), words)}</p>"
    )


def _legend(limits: Sequence[float], words: Words) -> str:
    said = [number(limit) for limit in limits]
    classes = [
        words("site_below", limit=said[0]),
        *(words("low_to_high", low=low, high=high) for low, high in pairwise(said)),
        words("site_above", limit=said[-1]),
    ]
    return "".join(f'<span class="swatch t-{at}">{text_html(word)}</span>' for at, word in enumerate(classes))
