"""The words of one language: its terms, its sentences, its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.language import zh
from pipeline.language.terms import term

LANGUAGES = {"zh": zh}
"""The languages in which a report can be told, and who words findings in them."""


@dataclass(frozen=True)
class Words:
    """language: a key of LANGUAGES."""

    language: str = "zh"

    def __call__(self, key: str, **parts: Any) -> str:
        """A term of the glossary. Raises KeyError for one that it has not, or a gap that is not filled."""
        return self.say(term(key, **parts))

    def say(self, what: Any) -> str:
        """Plain text as it is; a term, a measure's name, a quantity, a finding in words; several one after the other."""
        said: str = LANGUAGES[self.language].say(what)
        return said

    def names(self, some: Sequence[Any]) -> str:
        """Several in a row: `广东、浙江`."""
        said: str = LANGUAGES[self.language].names([self.say(one) for one in some])
        return said


from pipeline.language import zh_energy  # noqa: E402, F401  (registers its words)
