"""Findings of `findings.industry` in English."""

from __future__ import annotations

from pipeline.findings import Names
from pipeline.language.en import names, say


@say.register
def _names(one: Names) -> str:
    return names([say(name) for name in one.names])
