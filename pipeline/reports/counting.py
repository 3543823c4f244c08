"""In what a column counts: 综合能耗（万tce） in Chinese, Energy consumption (million tce) in English, digits and all."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from pipeline.language.words import Words

POWERS = {"万": 4, "亿": 8}
_counted = re.compile(r"（([万亿])([^（）]*)）$")
_digits = re.compile(r"\d[\d,]*(?:\.\d+)?")


def counted(titles: Mapping[str, str], data: pl.DataFrame, words: Words) -> dict[str, tuple[int, str]]:
    """Of the columns whose Chinese titles end in what they count in 万 or 亿: by how many places their points move in another
    language, and what it counts in. Columns that count alike in Chinese do so.

    titles: by column, in Chinese."""
    if words.language == "zh":
        return {}
    found = {name: (POWERS[one[1]], one[2]) for name, title in titles.items() if (one := _counted.search(title))}
    largest: dict[tuple[int, str], float] = {}
    for name, (power, unit) in found.items():
        values = [abs(value) * 10.0**power for value in map(_number, data[name]) if value is not None]
        largest[power, unit] = max([largest.get((power, unit), 0.0), *values])
    steps = {(power, unit): words.step(unit, most) for (power, unit), most in largest.items()}
    return {name: (one[0] - steps[one][0], steps[one][1]) for name, one in found.items()}


def moved(text: str, places: int) -> str:
    """A printed number with its point so many places to the right, and no digit more or less: (`43.21`, −2) -> `0.4321`."""
    return _digits.sub(lambda digits: f"{Decimal(digits[0].replace(',', '')).scaleb(places):,f}", text)


def times(column: pl.Series, places: int) -> pl.Series:
    """Numbers, or texts with numbers, with their points so many places to the right; unrounded."""
    if column.dtype == pl.String:
        return pl.Series(column.name, [value and moved(value, places).replace(",", "") for value in column], pl.String)
    values = [
        value if value is None or math.isnan(value) else float(Decimal(repr(value)).scaleb(places)) for value in column
    ]
    return pl.Series(column.name, values, pl.Float64)


def _number(value: object) -> float | None:
    if isinstance(value, str):
        return float(found[0].replace(",", "")) if (found := _digits.search(value)) else None
    return None if not isinstance(value, (int, float)) or math.isnan(value) else float(value)
