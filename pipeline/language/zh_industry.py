"""Findings of `findings.industry` in Chinese."""

from __future__ import annotations

from pipeline.findings import Month, Names
from pipeline.language.zh import names, say


@say.register
def _names(one: Names) -> str:
    return names([say(name) for name in one.names])


@say.register
def _month(one: Month) -> str:
    return f"{one.year} 年 {'1—' if one.from_january else ''}{one.month} 月"
