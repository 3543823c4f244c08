"""The glossary (terms.yml): short texts of figures and tables by key, in every language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from pipeline.findings import Measure


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
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C ten times as fast
    found: dict[str, dict[str, str]] = yaml.load(text, loader)
    return found


def explained() -> list[str]:
    """The terms that the glossary explains, in its order: those with a name (`pue_name`) and a meaning (`pue_meaning`)."""
    return [key.removesuffix("_meaning") for key in glossary() if key.endswith("_meaning")]


def text(one: Term | str, language: str) -> str:
    """A term whose gaps are filled with plain texts and numbers; a text as it is."""
    if isinstance(one, str):
        return one
    return glossary()[one.key][language].format(**one.parts)


def chinese(key: str, **parts: Any) -> str:
    """A term in Chinese, for what is kept with data."""
    return text(Term(key, parts), "zh")


def measure(
    name: Term,
    unit: Term | str = "",
    decimals: int = 1,
    scale: Literal["plain", "big", "percent"] = "plain",
    moves: Literal["amount", "rate"] = "amount",
) -> Measure:
    """A quantity that is no indicator of the catalogue, called by a term."""
    return Measure(text(name, "zh"), text(unit, "zh"), decimals, scale, moves)
