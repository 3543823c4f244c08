"""The glossary (terms.yml): short texts of figures and tables by key, in every language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Term:
    """A term of the glossary, with what stands in its gaps."""

    key: str
    parts: Mapping[str, Any] = field(default_factory=dict)


def term(key: str, **parts: Any) -> Term:
    """`term("points_since", year=2020)`."""
    return Term(key, parts)


@cache
def glossary() -> dict[str, dict[str, str]]:
    """key -> language -> text."""
    text = Path(__file__).with_name("terms.yml").read_text("utf-8")
    found: dict[str, dict[str, str]] = yaml.safe_load(text)
    return found
