"""Columns that were read as codes or numbers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import polars as pl

T = TypeVar("T")
R = TypeVar("R")

_BLOCK = 1 << 17  # rows


def code_type() -> pl.Categorical:
    """A type for texts that repeat, with codes of its own."""
    return pl.Categorical(pl.Categories.random(physical=pl.UInt16))


def is_number(cells: pl.Series) -> bool:
    """Whether a column was read as numbers: each cell of it is one, or empty."""
    return cells.dtype.is_numeric()


def text_of(name: str) -> pl.Expr:
    """The texts of a String or Categorical column, per row."""
    return pl.col(name).cast(pl.String)


def texts_in(cells: pl.Series) -> pl.Series:
    """All texts that a String or Categorical column may hold."""
    return cells.dtype.categories.to_series() if isinstance(cells.dtype, pl.Categorical) else cells


def threaded(work: Callable[[T], R], items: Iterable[T], size: int) -> list[R]:
    """`work` of all items, in threads where the size of all is worth it (rows, or bytes)."""
    if size <= _BLOCK:
        return [work(item) for item in items]
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as threads:  # more would crowd the cache
        return list(threads.map(work, items))
