"""Names at the ends of lines, pushed apart where the lines end close together."""

from __future__ import annotations

import polars as pl

PLACE = "label_at"


def apart(ends: pl.DataFrame, value: str, gap: float) -> pl.DataFrame:
    """`ends`, one row per line, ordered by `value` and with `label_at`: at least `gap` apart, the mean kept.

    gap: in units of `value`; about a twelfth of the axis for labels of 12 px on a chart of 250 px.
    """
    steps = pl.int_range(pl.len()) * gap
    placed = ends.sort(value).with_columns(((pl.col(value) - steps).cum_max() + steps).alias(PLACE))
    return placed.with_columns(pl.col(PLACE) - (pl.col(PLACE) - pl.col(value)).mean())
