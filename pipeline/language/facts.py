"""Facts on their way from a notebook to its text: what JSON can carry, and findings with their types."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from pipeline import findings
from pipeline.language.terms import Term
from pipeline.wording import WITHHELD, Withheld

KIND = "is"  # the key that names the type of what is no plain JSON
TYPES = {
    name: kind
    for name, kind in (vars(findings) | {"Term": Term}).items()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}


def pack(value: object) -> Any:
    """`value` as JSON. A number that is none (nan, inf) is missing: None. Raises TypeError for what a text cannot tell."""
    if isinstance(value, Withheld):
        return {KIND: "Withheld"}
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {
            KIND: "Mapping",
            "pairs": [[_key(key), pack(one)] for key, one in value.items()],
        }  # JSON's may be sorted
    if isinstance(value, (list, tuple)):
        return [pack(one) for one in value]
    if TYPES.get(type(value).__name__) is type(value):
        parts = {field.name: pack(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {KIND: type(value).__name__} | parts
    raise TypeError(f"a text cannot tell a {type(value).__name__}")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{key!r} names no fact")
    return key


def unpack(packed: Any) -> Any:
    """What `pack` has packed; lists come back as tuples."""
    if isinstance(packed, list):
        return tuple(unpack(one) for one in packed)
    if not isinstance(packed, dict):
        return packed
    if packed[KIND] == "Mapping":
        return {key: unpack(one) for key, one in packed["pairs"]}
    parts = {key: unpack(one) for key, one in packed.items() if key != KIND}
    return WITHHELD if packed[KIND] == "Withheld" else TYPES[packed[KIND]](**parts)
