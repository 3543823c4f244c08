"""Axes of values: where they begin and end, and the sign that one of them leaves zero out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.charts import theme

ZIGZAG = "M0,1L0.5,0.6L-0.5,0.2L0.5,-0.2L-0.5,-0.6L0,-1"  # upright, as the sign of an axis that is broken


def step(low: float, high: float, count: int = 6) -> float:
    """Between the ticks of an axis with about so many: 1, 2 or 5 x 10^n."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    return next(
        nice * power for nice, limit in ((1, 2**0.5), (2, 10**0.5), (5, 50**0.5), (10, 10)) if rough / power < limit
    )


def ends(values: Sequence[float], count: int = 6) -> tuple[float, float]:
    """The ticks between which all values lie, zero not for its own sake."""
    low, high = min(values), max(values)
    low, high = (low, high) if low < high else (low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2)
    size = step(low, high, count)
    return float(f"{math.floor(low / size + 1e-9) * size:.10g}"), float(f"{math.ceil(high / size - 1e-9) * size:.10g}")


def edge_to_edge(spec: dict[str, Any]) -> None:
    """Let lines over the years begin at the axis and end where the grid does: the names at their ends stand beyond it."""
    marks, encodings = set(_each(spec, "mark")), list(_each(spec, "encoding"))
    if "line" in marks and not marks & {"bar", "rect"}:
        for one in encodings:
            if (x := one.get("x", {})).get("type") == "ordinal":
                x["scale"] = {"padding": 0} | (x.get("scale") or {})


def mark_broken(spec: dict[str, Any]) -> None:
    """Add to `spec` a zigzag at the end of each axis of values that leaves zero out; the page decides it as it draws."""
    if "spec" in spec:
        mark_broken(spec["spec"])
        return
    across = [channel for channel in ("x", "y") if any(_has_values(one, channel) for one in _each(spec, "encoding"))]
    if not across:
        return
    if "layer" not in spec:
        spec["layer"] = [{name: spec.pop(name) for name in ("mark", "encoding") if name in spec}]
    spec["layer"] += [_sign(channel) for channel in across]


def _sign(channel: str) -> dict[str, Any]:
    domain = f"domain('{channel}')"
    first, last = ("6", "width - 6") if channel == "x" else ("height - 6", "6")
    along = {"expr": f"{domain}[0] > 0 ? {first} : {last}"}
    place = {"x": along, "y": {"expr": "height"}, "angle": 90} if channel == "x" else {"x": 0, "y": along}
    shown = {"expr": f"{domain}[0] > 0 || {domain}[1] < 0 ? 1 : 0"}
    mark = {"type": "point", "shape": ZIGZAG, "size": 60, "filled": False, "stroke": theme.MUTED, "strokeWidth": 1.2}
    return {"data": {"values": [{}]}, "mark": mark | place | {"opacity": shown, "tooltip": None}}


def _each(node: Any, wanted: str) -> Iterator[Any]:
    """Every encoding, or the type of every mark."""
    if isinstance(node, list):
        for one in node:
            yield from _each(one, wanted)
    elif isinstance(node, dict):
        for name, one in node.items():
            if name == wanted:
                yield one["type"] if wanted == "mark" else one
            elif name not in ("datasets", "config"):
                yield from _each(one, wanted)


def _has_values(encoding: dict[str, Any], channel: str) -> bool:
    one = encoding.get(channel, {})
    return one.get("type") == "quantitative" and one.get("axis", {}) is not None
