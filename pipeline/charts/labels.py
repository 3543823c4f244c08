"""Names: at the ends of lines, pushed apart where these end close together; beside axes, cut where they are too long."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from rich.cells import split_graphemes

from pipeline.charts import theme

PLACE = "label_at"
ROOM = 180  # px for a name beside an axis that says nothing of it
SIZE = 12  # px, of the letters there
PADDING, SLIGHT = 5, 3  # px around a plot; what may be cut of the room that a text at its right has
AXIS = 40  # px of the numbers left of a plot, and before a text right of it
LATIN = 0.56  # of the size: how wide a letter is that is not as wide as a Chinese one


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


def beside(texts: Sequence[str], points: int) -> dict[str, int]:
    """The padding around a plot with `texts` at the ends of lines of so many points. Vega fits the plot to its texts once:
    the half step in which they begin shrinks with it, and a long one would be cut."""
    longest = max((_width(text) for text in texts), default=0.0)
    cut = (AXIS + longest - theme.WIDTH / (2 * points)) / (2 * points) - PADDING
    right = PADDING + (math.ceil(cut) if cut > SLIGHT else 0)
    return dict.fromkeys(("left", "top", "bottom"), PADDING) | {"right": right}


def _width(text: str, size: float = SIZE) -> float:
    """In px."""
    return sum((LATIN, LATIN, 1.0)[cells] * size for _, _, cells in split_graphemes(text)[0])


def shortened(text: str, room: float, size: float = SIZE) -> str:
    """`text` in `room` px of letters of `size` px: cut between two graphemes, with … for what is left out."""
    parts = [(text[begin:end], (LATIN, LATIN, 1.0)[cells] * size) for begin, end, cells in split_graphemes(text)[0]]
    if sum(width for _, width in parts) <= room:
        return text
    room -= size
    kept = []
    for part, width in parts:
        room -= width
        if room < 0:
            break
        kept.append(part)
    return "".join(kept) + "…"


def fit(spec: dict[str, Any]) -> None:
    """Cut the names beside the axes of `spec` to the room that their `labelLimit` gives them. Vega itself, which the theme
    forbids it, cuts between any two code units, also inside of a character."""
    axes = [one for one in _named_axes(spec) if "labelExpr" not in (one.get("axis") or {})]
    rows = [row for data in spec.get("datasets", {}).values() for row in data]
    rooms: dict[str, float] = {}
    for one in axes:
        room = (one.get("axis") or {}).pop("labelLimit", 0)
        rooms[one["field"]] = max(room, rooms.get(one["field"], 0))
    for one in axes:
        names = sorted({name for row in rows if isinstance(name := row.get(one["field"]), str)})
        cut = {name: short for name in names if (short := shortened(name, rooms[one["field"]] or ROOM)) != name}
        if cut:
            whole, short = json.dumps(list(cut)), json.dumps(list(cut.values()))
            says = {"labelExpr": f"{short}[indexof({whole}, datum.label)] || datum.label"}
            one["axis"] = (one.get("axis") or {}) | says


def _named_axes(node: Any) -> Iterator[dict[str, Any]]:
    """The channels x and y whose axis has names beside it."""
    if isinstance(node, list):
        for one in node:
            yield from _named_axes(one)
    elif isinstance(node, dict):
        for name, one in node.items():
            if name == "encoding":
                coded = [one[channel] for channel in ("x", "y") if channel in one]
                yield from (at for at in coded if at.get("type") in ("nominal", "ordinal") and at.get("axis", {}) is not None and "field" in at)  # fmt: skip
            elif name != "datasets":
                yield from _named_axes(one)
