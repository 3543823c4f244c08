"""Findings of `findings.industry` in English."""

from __future__ import annotations

from calendar import month_name

from pipeline.findings import Month, Names
from pipeline.language.en import names, say


@say.register
def _names(one: Names) -> str:
    return names([say(name) for name in one.names])


@say.register
def _month(one: Month) -> str:
    """`October 2023`, `January to October 2023`."""
    since = f"{month_name[1]} to " if one.from_january and one.month > 1 else ""
    return f"{since}{month_name[one.month]} {one.year}"
