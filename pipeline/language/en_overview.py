"""What the overview finds, in English."""

from __future__ import annotations

from pipeline import wording
from pipeline.findings import Changed
from pipeline.language.en import say


@say.register
def _changed(one: Changed) -> str:
    """`down 23.1%`, `practically unchanged`."""
    size = one.printed.removeprefix(wording.MINUS)
    if not any(sign in "123456789" for sign in size):
        return "practically unchanged"
    return f"{'down' if one.printed.startswith(wording.MINUS) else 'up'} {size}"
