"""What the overview finds beside what all chapters find."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Changed:
    """A relative change. printed: as it is printed with its sign."""

    printed: str
