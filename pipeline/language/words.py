"""The words of one language: its terms (terms.yml), its sentences, its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.language import zh

LANGUAGES = {"zh": zh}
"""The languages in which a report can be told, and who words findings in them."""


@dataclass(frozen=True)
class Term:
    """A term of the glossary, with what stands in its gaps."""

    key: str
    parts: Mapping[str, Any] = field(default_factory=dict)


def term(key: str, **parts: Any) -> Term:
    """`term("change_since", year=2020)`."""
    return Term(key, parts)


@cache
def glossary() -> dict[str, dict[str, str]]:
    """key -> language -> text, of terms.yml."""
    text = Path(__file__).with_name("terms.yml").read_text("utf-8")
    found: dict[str, dict[str, str]] = yaml.safe_load(text)
    return found


@dataclass(frozen=True)
class Words:
    """language: a key of LANGUAGES."""

    language: str = "zh"

    def __call__(self, key: str, **parts: Any) -> str:
        """A term of the glossary. Raises KeyError for one that it has not, or a gap that is not filled."""
        return glossary()[key][self.language].format(**{name: self.say(part) for name, part in parts.items()})

    def say(self, what: Any) -> str:
        """Plain text as it is; a term, a measure's name, a quantity, a finding in words; several one after the other."""
        if isinstance(what, str):
            return what
        if isinstance(what, int):
            return str(what)
        if isinstance(what, Term):
            return self(what.key, **what.parts)
        if isinstance(what, (tuple, list)):
            return "".join(map(self.say, what))
        said: str = LANGUAGES[self.language].say(what)
        return said
