"""What a chapter stands on: the plan's words, where a region stands on them, what was not filed, where figures come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.findings.measures import Measure
from pipeline.findings.provinces import Comparison

NAMED = 4  # so many documents are named under a figure; all of them stand in the appendix


@dataclass(frozen=True)
class Standing:
    """Where a region stands on a target, or, without one, at all. printed: its value; beside: of a province, how that lies
    beside others; target and status as printed, gap and needed as said, empty where there is nothing to tell."""

    measure: Measure
    subject: str
    year: int
    printed: str
    beside: Comparison | None = None
    target: str = ""
    status: str = ""
    gap: Any = ""
    needed: Any = ""


@dataclass(frozen=True)
class Quoted:
    """What the plan says of an indicator, with what it leaves open; quote is empty where it says nothing."""

    quote: str = ""
    note: str = ""


@dataclass(frozen=True)
class Clauses:
    """Several things said in one sentence; what is empty is left out."""

    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Progress:
    """How many of `n` filed items are done, in progress and not started; n is 0 where none was filed."""

    n: int = 0
    done: int = 0
    in_progress: int = 0
    not_started: int = 0


@dataclass(frozen=True)
class NotFiled:
    """That what a chapter tells was not filed, in which tables; withheld: that it was and is not published."""

    subject: str
    year: int
    tables: tuple[str, ...]
    withheld: bool = False


@dataclass(frozen=True)
class Sources:
    """The documents behind published rows, each once, in their order: the first NAMED, and how many there are in all."""

    named: tuple[str, ...]
    of: int


def sources(rows: pl.DataFrame) -> Sources:
    documents = rows["source_title"].unique(maintain_order=True).to_list()
    return Sources(tuple(documents[:NAMED]), len(documents))
