"""What the overview finds, in Chinese."""

from __future__ import annotations

from pipeline import wording
from pipeline.findings import Changed
from pipeline.language.zh import say


@say.register
def _changed(one: Changed) -> str:
    """`下降 23.1%`, `基本持平`."""
    size = one.printed.removeprefix(wording.MINUS)
    if not any(sign in "123456789" for sign in size):
        return "基本持平"
    return f"{'下降' if one.printed.startswith(wording.MINUS) else '上升'} {size}"
