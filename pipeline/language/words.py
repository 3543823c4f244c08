"""The words of one language: its terms, its sentences, its numbers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import polars.selectors as cs

from pipeline.findings import Measure
from pipeline.language import en, en_energy, en_industry, en_overview, en_view, zh, zh_energy, zh_industry, zh_view  # noqa: F401  (they register words)
from pipeline.language.terms import term

LANGUAGES: dict[str, Any] = {"zh": zh, "en": en}
"""The languages in which a report can be told, and who words findings in them."""


NAMES = {"field", "groupby", "as", "type", "mark", "name", "$schema"}
"""Of a Vega-Lite specification: what is no text that is read."""
ROWS = {"datasets", "values"}
"""Under which data stand, of which all texts are read, whatever their columns are called."""
CODE = {"calculate", "labelExpr", "expr", "filter", "test", "signal"}
"""What is an expression, in which only the texts between quotation marks are read, and not those that name a field."""
_quoted = re.compile(r"(?<!datum\[)'([^']*[\u3400-\u9fff][^']*)'|(?<!datum\[)\"([^\"]*[\u3400-\u9fff][^\"]*)\"")


def _scale(language: str, measure: Measure, values: Iterable[float | None]) -> tuple[float, str]:
    """In what an axis counts such values, and how that is called; 1 and nothing for what is not counted in large."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    return _step(language, largest) if measure.scale == "big" else (1.0, "")


def _step(language: str, largest: float) -> tuple[float, str]:
    scales = LANGUAGES[language].SCALES
    return next(((by, name) for by, name in scales if largest >= by), (1.0, ""))


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

    def brief(self, what: Any) -> str:
        """`say` for a label in a picture, where the rest is plain from where it stands."""
        said: str = LANGUAGES[self.language].brief(self.say(what))
        return said

    def with_unit(self, title: str, unit: str) -> str:
        """The head of a column: `用电量（kWh）`, `Electricity (kWh)`."""
        said: str = LANGUAGES[self.language].with_unit(title, unit)
        return said

    def axis(self, measure: Measure, values: Sequence[float | None]) -> tuple[list[float | None], str]:
        """Values as an axis shows them, with the unit that stands on it: shares in %, large sums in 万 or 亿, in millions or
        billions."""
        if measure.scale == "percent":
            return [None if value is None else 100 * value for value in values], "%"
        by, name = _scale(self.language, measure, values)
        return [None if value is None else value / by for value in values], (name + self.say(measure.unit)).rstrip()

    def step(self, unit: str, largest: float) -> tuple[int, str]:
        """By which power of ten amounts of a unit are counted of which the largest is so large, and in what: 6, `million tce`."""
        by, name = _step(self.language, largest)
        return round(math.log10(by)), (name + self.say(unit)).rstrip()

    def places(self, measure: Measure, values: Iterable[float | None]) -> int:
        """The decimals of values as an axis shows them; every language tells the same digits."""
        values = list(values)
        chinese, own = (_scale(language, measure, values)[0] for language in ("zh", self.language))
        decimals = 1 if chinese > 1 else measure.decimals
        return max(0, decimals + round(math.log10(own / chinese)))

    @property
    def tag(self) -> str:
        """Of the language, as pages and documents name it: zh-CN, en-GB."""
        said: str = LANGUAGES[self.language].TAG
        return said

    @property
    def gap(self) -> str:
        """Between a number and the heading that it counts."""
        said: str = LANGUAGES[self.language].GAP
        return said

    @property
    def edge(self) -> int:
        """How many px a picture leaves free on its right, beyond the room for names that stand out."""
        px: int = LANGUAGES[self.language].EDGE
        return px

    @property
    def hidden(self) -> str:
        """What stands for a value that is not published."""
        said: str = LANGUAGES[self.language].HIDDEN
        return said

    def frame(self, data: pl.DataFrame) -> pl.DataFrame:
        """The texts of a frame in this language; the names of its columns stay."""
        if self.language == "zh":
            return data
        return data.with_columns(cs.string().map_elements(self.say, return_dtype=pl.String))

    def spec(self, spec: Any, of: str = "") -> Any:
        """The texts of a chart's specification in this language: values, titles, and the names of fields where they are
        shown as titles. of: the key under which it stands."""
        if self.language == "zh" or of in NAMES:
            return spec
        if isinstance(spec, list):
            return [self.spec(one, of) for one in spec]
        if isinstance(spec, dict):
            told = {key: self.spec(one, of if of in ROWS else key) for key, one in spec.items()}
            field = spec.get("field")
            shown = isinstance(field, str) and "type" in spec and "title" not in spec and self.say(field) != field
            return told | {"title": self.say(field)} if shown else told
        if not isinstance(spec, str):
            return spec
        if of in CODE:
            return _quoted.sub(lambda found: json.dumps(self.say(found[1] or found[2]), ensure_ascii=False), spec)
        return self.say(spec)

    def date(self, year: int, month: int, day: int) -> str:
        """`2026 年 3 月 1 日`, `1 March 2026`."""
        said: str = LANGUAGES[self.language].date(year, month, day)
        return said

    def names(self, some: Sequence[Any]) -> str:
        """Several in a row: `广东、浙江`."""
        said: str = LANGUAGES[self.language].names([self.say(one) for one in some])
        return said


CHINESE = Words("zh")
