"""Charts of several pictures side by side: facets, rows and columns of charts. Each picture gets its share of the width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.charts import theme

ROW_OF = ("hconcat", "vconcat", "concat")
FACETS = ("column", "row", "facet")  # channels of which each member has a picture of its own
AXIS, GAP, LEAST = 70, 20, 60  # px of numbers and names beside a picture, between two, and of the narrowest
WIDE = 150  # px that a picture has where the chart says nothing of how many stand in a row


def is_composed(spec: dict[str, Any]) -> bool:
    """Whether `spec` is more than one picture, so that it has no width of its own."""
    if any(name in spec for name in (*ROW_OF, "facet")) or ("repeat" in spec and spec["repeat"] != _layers(spec)):
        return True
    return any(name in one for one in _encodings(spec) for name in FACETS)


def fit(spec: dict[str, Any]) -> None:
    """Make the pictures of a composed chart as wide as the report's charts together."""
    _fit(spec, theme.WIDTH, spec.get("datasets", {}))


def _layers(spec: dict[str, Any]) -> Any:
    repeat = spec["repeat"]
    return repeat if isinstance(repeat, dict) and set(repeat) == {"layer"} else None


def _encodings(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield spec.get("encoding", {})
    for part in (*spec.get("layer", []), *([spec["spec"]] if "spec" in spec else [])):
        yield from _encodings(part)


def _fit(spec: dict[str, Any], room: float, datasets: dict[str, Any]) -> None:
    for name in ROW_OF:
        if parts := spec.get(name, []):
            beside = {"hconcat": len(parts), "vconcat": 1}.get(name) or min(
                spec.get("columns") or len(parts), len(parts)
            )
            for part in parts:
                _fit(part, (room - GAP * (beside - 1)) / beside, datasets)
            return
    if "spec" in spec:
        _fit(spec["spec"], _share(spec, room, datasets), datasets)
        return
    facets = {name: spec.get("encoding", {}).get(name) for name in FACETS}
    beside = 1
    if facets["column"]:
        beside = _members(facets["column"].get("field"), datasets)
    elif facets["facet"]:
        beside = _wrapped(facets["facet"], _members(facets["facet"].get("field"), datasets), room)
    spec["width"] = _each(room, beside)


def _share(spec: dict[str, Any], room: float, datasets: dict[str, Any]) -> float:
    """What one picture of a facet or repetition has, with its axis."""
    facet, repeat = spec.get("facet"), spec.get("repeat")
    if isinstance(facet, dict):
        if "field" in facet:
            beside = _wrapped(spec, _members(facet["field"], datasets), room)
        else:
            beside = _members((facet.get("column") or {}).get("field"), datasets)
        return _each(room, beside) + AXIS
    if isinstance(repeat, list):
        beside = _wrapped(spec, len(repeat), room)
    else:
        beside = len((repeat or {}).get("column", [])) or 1
    return (room - GAP * (beside - 1)) / beside


def _each(room: float, beside: int) -> int:
    """Px of one of so many pictures that share their axis."""
    return max(LEAST, round((room - AXIS - GAP * (beside - 1)) / beside))


def _wrapped(spec: dict[str, Any], count: int, room: float) -> int:
    """How many stand in a row; written into `spec` where it says nothing of it."""
    columns: int = spec.setdefault("columns", max(1, int((room - AXIS) // WIDE)))
    return min(columns, count)


def _members(field: Any, datasets: dict[str, Any]) -> int:
    if not isinstance(field, str):
        return 1
    return max(1, len({str(row.get(field)) for rows in datasets.values() for row in rows if field in row}))
