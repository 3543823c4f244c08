"""Names at the ends of lines, pushed apart where the lines end close together."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.charts import theme

PLACE = "label_at"


def span(values: Sequence[float], height: float = theme.HEIGHT) -> tuple[tuple[float, float], float]:
    """The ends of an axis on which no text lies on its title or foot, and the distance of labels on it, for `apart`.

    The axis begins at zero only where values are below it. height: of the chart, in px.
    """
    low, high = min(values), max(values)
    room = (high - low) / 8 or abs(high) / 8 or 1.0
    bottom, top = low - room if low < 0 else max(low - room, 0.0), high + room
    return (bottom, top), (top - bottom) * theme.LABEL / height


def apart(ends: pl.DataFrame, value: str, gap: float) -> pl.DataFrame:
    """`ends`, one row per line, ordered by `value` and with `label_at`: at least `gap` apart, the mean kept.

    gap: in units of `value`; about a twelfth of the axis for labels of 12 px on a chart of 250 px.
    """
    steps = pl.int_range(pl.len()) * gap
    placed = ends.sort(value).with_columns(((pl.col(value) - steps).cum_max() + steps).alias(PLACE))
    return placed.with_columns(pl.col(PLACE) - (pl.col(PLACE) - pl.col(value)).mean())
