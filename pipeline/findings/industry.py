"""What figures of provinces and enterprises say besides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Names:
    """Several names in a row, to stand in a gap of a term."""

    names: tuple[Any, ...]


@dataclass(frozen=True)
class Month:
    """A month, or the months of a year up to it."""

    year: int
    month: int
    from_january: bool = False
