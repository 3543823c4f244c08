"""The province tile grid: one square per division, all 34, grey where there is no figure.

No borders are drawn, so no map data and no map approval number are needed; the note below says what the squares
are not. Positions are `row`, `col` of data/raw/reference/province_tile_grid.csv.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt
import polars as pl

from pipeline.charts.theme import ACCENT, INK, NO_DATA, SEQUENTIAL
from pipeline.language.terms import term
from pipeline.language.words import CHINESE, Words

NOTE = term("tiles_note")
ROWS, TILE = 8, 36  # px: two lines of text, and a figure and a table share a page
LETTERS = {"zh": 12, "en": 9.5}  # px, of a province's name, which stands in one line
NARROW, PHONE = 420, 11  # px: on a chart narrower than this letters are so large, and an English name is its code
CODES = {
    "110000": "BJ", "120000": "TJ", "130000": "HE", "140000": "SX", "150000": "NM", "210000": "LN", "220000": "JL",
    "230000": "HL", "310000": "SH", "320000": "JS", "330000": "ZJ", "340000": "AH", "350000": "FJ", "360000": "JX",
    "370000": "SD", "410000": "HA", "420000": "HB", "430000": "HN", "440000": "GD", "450000": "GX", "460000": "HI",
    "500000": "CQ", "510000": "SC", "520000": "GZ", "530000": "YN", "540000": "XZ", "610000": "SN", "620000": "GS",
    "630000": "QH", "640000": "NX", "650000": "XJ", "710000": "TW", "810000": "HK", "820000": "MO",
}  # fmt: skip
"""The two letters of a province, GB/T 2260."""
NICE_STEPS = (1, 2, 2.5, 5)


def tile_grid(
    provinces: pl.DataFrame,
    values: pl.DataFrame,
    *,
    value: str,
    label: str,
    legend: str,
    thresholds: Sequence[float],
    highlight: str = "",
    words: Words = CHINESE,
) -> alt.LayerChart | alt.FacetChart:
    """A tile grid of `values`, classed at `thresholds`.

    provinces: all 34 divisions with code, short_zh, row, col. values: code, `value` (Float64), `label` (the number
    as printed on the tile). `thresholds` are the upper-open class limits, at most five; `legend` names the quantity
    with its unit; `highlight` is the code of a province to frame. Divisions without a value are drawn grey.
    """
    tiles = provinces.select("code", "short_zh", "row", "col").join(
        values.select("code", pl.col(value).alias("value"), pl.col(label).alias("printed")),
        on="code",
        how="left",
    )
    dark = thresholds[min(2, len(thresholds) - 1)]
    short = pl.col("code").replace(CODES) if words.language != "zh" else pl.col("short_zh")
    tiles = tiles.with_columns(pl.col("printed").fill_null("—"), short=short)
    ink = alt.condition(f"datum.value >= {dark}", alt.value("white"), alt.value(INK))
    x = alt.X("col:O", axis=None, scale=alt.Scale(padding=0.04))
    y = alt.Y("row:O", axis=None, scale=alt.Scale(padding=0.04))
    base = alt.Chart(tiles).encode(x=x, y=y)
    tooltip = [alt.Tooltip("short_zh:N", title=words("region")), alt.Tooltip("printed:N", title=legend)]
    blank = base.mark_rect(cornerRadius=3, color=NO_DATA).encode(tooltip=tooltip)
    squares = (
        alt.Chart(tiles.drop_nulls("value"))
        .mark_rect(cornerRadius=3)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "value:Q",
                scale=alt.Scale(type="threshold", domain=list(thresholds), range=SEQUENTIAL[: len(thresholds) + 1]),
                legend=alt.Legend(title=legend, titleAnchor="start", direction="horizontal", gradientLength=280),
            ),
            tooltip=tooltip,
        )
    )
    is_narrow = f"width < {NARROW}"
    said = alt.condition(is_narrow, alt.value(alt.ExprRef("datum.short")), "short_zh:N")
    size = alt.ExprRef(f"{is_narrow} ? {PHONE} : {LETTERS[words.language]}")
    names = base.mark_text(dy=-7, fontSize=size).encode(text=said, color=ink, tooltip=tooltip)
    numbers = base.mark_text(dy=9, fontSize=PHONE).encode(text="printed:N", color=ink, tooltip=tooltip)
    layers = [blank, squares, names, numbers]
    if highlight:
        frame = alt.Chart(tiles.filter(pl.col("code") == highlight)).encode(x=x, y=y)
        layers.append(frame.mark_rect(filled=False, stroke=ACCENT, strokeWidth=3, cornerRadius=3))
    return alt.layer(*layers).properties(height=ROWS * TILE)


def class_limits(values: pl.Series, classes: int = 6) -> list[float]:
    """Round class limits (1, 2, 2.5, 5 x 10^n apart) that part `values` into at most `classes` classes."""
    low, high = float(values.min() or 0), float(values.max() or 1)  # type: ignore[arg-type]
    width = (high - low) / classes or 1.0
    magnitude = 10.0 ** math.floor(math.log10(width))
    step = next(nice * magnitude for nice in (*NICE_STEPS, 10) if nice * magnitude >= width * 0.999)
    first = math.floor(low / step) * step + step
    limits = [float(f"{first + i * step:.10g}") for i in range(classes - 1)]
    return [limit for limit in limits if limit < high] or [first]
