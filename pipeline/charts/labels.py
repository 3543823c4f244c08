"""Names: at the ends of lines, pushed apart where these end close together; beside axes, cut where they are too long."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl
from rich.cells import split_graphemes

from pipeline.charts import theme

PLACE = "label_at"
ROOM = 180  # px for a name beside an axis that says nothing of it
SIZE = 12  # px, of the letters there
AXIS = 45  # px of the numbers left of a plot
SYMBOL = 30  # px beside the name of a legend: its symbol, and the room before the next
HALO = 3  # px of white around a text that stands on a line
PLOTS = (200, 480)  # px: how wide a plot is on a phone, and on paper
PHONE, ENDS = "containerSize()[0] < 400", 134  # px: a chart on a phone, and what stands there at the ends of its lines
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


def width(text: str, size: float = SIZE) -> float:
    """In px, about."""
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


def lines(text: str, room: float, size: float = SIZE) -> list[str]:
    """`text` in lines of `room` px, parted at blanks and before brackets."""
    found = [""]
    for part in re.split(r"(?<=\s)|(?=（)", text):
        if found[-1] and width(found[-1] + part.rstrip(), size) > room:
            found.append("")
        found[-1] += part
    return [line.rstrip() for line in found]


def at_ends(rows: pl.DataFrame, both: str, name: str) -> alt.Chart:
    """The texts `at_end` of lines: the column `both`, name and value; on a phone, where that is too long, the `name` alone."""
    long = max(map(width, rows[both]), default=0.0) > ENDS
    said = f"{PHONE} ? datum.{name} : datum.{both}" if long else f"datum.{both}"
    texts: alt.Chart = alt.Chart(rows).transform_calculate(at_end=said).mark_text(align="left", dx=9)
    return texts


def on_lines(text: alt.Chart) -> list[alt.Chart]:
    """`text`, a chart of texts that may stand on lines: what is drawn for it, white around the letters first."""
    halo = text.copy(deep=True)
    halo.mark.stroke, halo.mark.strokeWidth = "white", HALO
    return [halo, text]


def beside_rule(
    text: str, at: float, paths: Iterable[Sequence[tuple[float, float]]], domain: Sequence[float], height: float
) -> dict[str, Any]:
    """Where the name of a horizontal line at `at` stands so that no path runs through it: the properties of its mark.

    paths: points (share of the width, value). domain: the ends of the axis. Where no place is free, the best on paper.
    """
    lines, scale = [list(path) for path in paths], height / (domain[1] - domain[0])
    long, struck = width(text) + 8, {}
    for side, above in ((side, above) for side in ("left", "right") for above in (True, False)):
        low, high = sorted((at * scale, at * scale + (SIZE + 6) * (1 if above else -1)))
        begins = {plot: (0.0, long / plot) if side == "left" else (1 - long / plot, 1.0) for plot in PLOTS}
        hit = [
            any(
                _runs_through(one, other, ends, (low / scale, high / scale))
                for line in lines
                for one, other in itertools.pairwise(line)
            )
            for ends in begins.values()
        ]
        leaves = low < domain[0] * scale or high > domain[1] * scale
        struck[side, above] = (leaves or hit[1], hit[0])
    side, above = min(struck, key=struck.__getitem__)
    across = {"x": 4} if side == "left" else {"x": "width", "dx": -4}
    return across | {"align": side, "dy": -8 if above else 10}


def _runs_through(
    one: tuple[float, float], other: tuple[float, float], across: tuple[float, float], up: tuple[float, float]
) -> bool:
    """Whether the line between two points comes into a box."""
    start, end = max(one[0], across[0]), min(other[0], across[1])
    if start > end or one[0] == other[0]:
        return False
    slope = (other[1] - one[1]) / (other[0] - one[0])
    there = sorted(one[1] + slope * (at - one[0]) for at in (start, end))
    return there[0] < up[1] and there[1] > up[0]


def points(rows: pl.DataFrame, x: str, y: str, line: str) -> list[list[tuple[float, float]]]:
    """The paths of a line chart for `beside_rule`: rows of x, y and the name of the line."""
    places = {one: at for at, one in enumerate(sorted(set(rows[x])))}
    last = max(len(places) - 1, 1)
    parts = rows.drop_nulls(y).sort(x).partition_by(line)
    return [[(places[one] / last, value) for one, value in part.select(x, y).iter_rows()] for part in parts]


def broken(lines: Mapping[str, Sequence[str]]) -> str:
    """The `labelExpr` of an axis on which some names stand in several lines."""
    return f"({json.dumps(lines, ensure_ascii=False)})[datum.value] || datum.value"


def fit(spec: dict[str, Any]) -> None:
    """Cut the names beside the axes of `spec` to the room that their `labelLimit` gives them, and leave out every second year
    where these have no room. Vega itself, which the theme forbids it, cuts between any two code units, also inside of a
    character."""
    for one in _named_axes(spec):
        if one["type"] == "ordinal" and _counted(spec, one["field"]):
            one["axis"] = {"labelOverlap": "parity", "labelSeparation": 3} | (one.get("axis") or {})
    axes = [one for one in _named_axes(spec) if "labelExpr" not in (one.get("axis") or {})]
    rooms: dict[str, float] = {}
    for one in axes:
        room = (one.get("axis") or {}).pop("labelLimit", 0)
        rooms[one["field"]] = max(room, rooms.get(one["field"], 0))
    for one in axes:
        names = _names(spec, one["field"])
        cut = {name: short for name in names if (short := shortened(name, rooms[one["field"]] or ROOM)) != name}
        if cut:
            whole, short = json.dumps(list(cut)), json.dumps(list(cut.values()))
            says = {"labelExpr": f"{short}[indexof({whole}, datum.label)] || datum.label"}
            one["axis"] = (one.get("axis") or {}) | says


def fit_legends(spec: dict[str, Any]) -> None:
    """Let the names of a legend stand one below the other where they have no room side by side."""
    legends, named = list(_legends(spec)), list(_named_axes(spec))
    cut = any("labelExpr" in (one.get("axis") or {}) for one in named)
    axis = max((width(name) for one in named for name in _names(spec, one["field"])), default=AXIS)
    beside = sum(sum(map(width, names)) + SYMBOL * (len(names) + 1) for names in {tuple(names) for _, names in legends})
    whole = f"(isFinite(containerSize()[0]) ? containerSize()[0] : {theme.WIDTH})"
    needed = math.ceil((min(axis, ROOM) if cut else axis) + beside) + 15
    for coded, _ in legends:
        coded["legend"] = {"columns": {"expr": f"{whole} < {needed} ? 1 : 0"}} | (coded.get("legend") or {})


def _counted(spec: dict[str, Any], field: str) -> bool:
    """Whether a field has whole numbers, such as years."""
    found = [row[field] for data in spec.get("datasets", {}).values() for row in data if field in row]
    return bool(found) and all(isinstance(one, int) for one in found)


def _names(spec: dict[str, Any], field: str) -> list[str]:
    rows = (row for data in spec.get("datasets", {}).values() for row in data)
    return sorted({name for row in rows if isinstance(name := row.get(field), str)})


def _legends(node: Any) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """What has a legend, and the names there, its title among them."""
    if isinstance(node, list):
        for one in node:
            yield from _legends(one)
    elif isinstance(node, dict):
        for name, one in node.items():
            if (
                name in ("color", "fill", "stroke", "shape")
                and isinstance(one, dict)
                and one.get("legend", {}) is not None
            ):
                names = (one.get("scale") or {}).get("domain")
                if isinstance(names, list) and all(isinstance(one, str) for one in names):
                    yield one, [*names, one.get("legend", {}).get("title") or ""]
            elif name not in ("datasets", "config"):
                yield from _legends(one)


def _named_axes(node: Any) -> Iterator[dict[str, Any]]:
    """The channels x and y whose axis has names beside it, of a field that is not one of several repeated."""
    if isinstance(node, list):
        for one in node:
            yield from _named_axes(one)
    elif isinstance(node, dict):
        for name, one in node.items():
            if name == "encoding":
                coded = [one[channel] for channel in ("x", "y") if channel in one]
                yield from (at for at in coded if at.get("type") in ("nominal", "ordinal") and at.get("axis", {}) is not None and isinstance(at.get("field"), str))  # fmt: skip
            elif name != "datasets":
                yield from _named_axes(one)
