"""Findings of `findings.industry` in Chinese."""

from __future__ import annotations

from pipeline.findings import Names
from pipeline.language.zh import names, say


@say.register
def _names(one: Names) -> str:
    return names([say(name) for name in one.names])
