"""What the overview finds, in English."""

from __future__ import annotations

from pipeline.findings import Changed
from pipeline.language.en import say


@say.register
def _changed(one: Changed) -> str:
    """`down 23.1%`, `practically unchanged`."""
    return f"{'up' if one.way > 0 else 'down'} {one.size}" if one.way else "practically unchanged"
