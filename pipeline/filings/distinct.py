"""Which few texts does a column hold, and where? Millions of cells are understood by understanding each text once."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

T = TypeVar("T")
R = TypeVar("R")
Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]  # positions of texts

_BLOCK = 1 << 17  # rows
_SAMPLE = 10_000  # cells looked at to see whether a column repeats itself
_SIZES = tuple(1 << bits for bits in range(8, 23, 2))
_SEEDS = range(16)
_MOST = (1 << 16) - 1  # texts
_FEW = 8  # texts, of which each is sought in all rows


@dataclass(frozen=True)
class Distinct:
    """texts: those of a column, null among them if it occurs; few occur twice. codes: per row, the position of its
    text, an unsigned integer."""

    texts: pl.Series
    codes: pl.Series

    def spread(self, values: pl.Series) -> pl.Series:
        """One of `values`, which stand for `texts` in their order, per row."""
        return values.gather(self.codes)


class Coder:
    """Numbers the texts of a column, block by block: `texts` only grows.

    A perfect hash: a size and a seed are sought with which no two texts fall on the same slot. Each cell's 64 bits are
    compared with those of the text it falls on, so a new text is noticed; that takes a third of the time of a cast to
    Categorical.
    """

    def __init__(self, cells: pl.Series) -> None:
        """`cells`: some of the column, which show whether it repeats itself."""
        looked_at = cells.gather_every(max(1, cells.len() // _SAMPLE))
        self.texts = looked_at.unique(maintain_order=True)
        repeats = self.texts.len() * 4 < looked_at.len()
        self._slots = _perfect(self.texts) if repeats else None

    def codes(self, cells: pl.Series) -> Codes | None:
        """Per cell, the position of its text in `texts`; None where too many differ for that to be of use."""
        while self._slots is not None:
            seed, known, place = self._slots
            hashes = cells.hash(seed).to_numpy()
            slots = _fall(hashes, len(known))
            new = known[slots] != hashes
            if not new.any():
                return place[slots]
            self.texts = pl.concat([self.texts, cells.filter(pl.Series(new)).unique(maintain_order=True)])
            self._slots = _perfect(self.texts)
        return None


def distinct(cells: pl.Series) -> Distinct | None:
    """The texts of a String, Categorical or Int64 column, None where too many differ for that to be of use."""
    if isinstance(cells.dtype, pl.Categorical):
        return _of_codes(cells.to_physical(), texts_in(cells))
    if 0 < cells.len() == cells.null_count():
        return Distinct(cells.head(1).cast(pl.String), pl.zeros(cells.len(), dtype=pl.UInt16, eager=True))
    if is_number(cells):
        return _of_numbers(cells)
    coder, codes = Coder(cells), list[Codes]()
    for rows in blocks(cells.len()):
        of_block = coder.codes(cells[rows])
        if of_block is None:
            return None
        codes.append(of_block)
    return Distinct(coder.texts, pl.Series(np.concatenate(codes)))


def coded(values: pl.Series) -> pl.Series:
    """Texts as Categorical, with codes of their own."""
    return values.cast(code_type())


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


def _of_numbers(cells: pl.Series) -> Distinct | None:
    low, high = cells.min(), cells.max()
    if not (isinstance(low, int) and isinstance(high, int) and high - low < _MOST):
        return None
    texts = pl.int_range(low, high + 1, dtype=pl.Int64, eager=True).cast(pl.String)
    codes = cells.fill_null(low).to_numpy().astype(np.uint16) - np.uint16(low % (1 << 16))  # modulo 2^16
    of = pl.Series(cells.name, codes)
    return _of_codes(of.set(cells.is_null(), None) if cells.null_count() else of, texts)


def _of_codes(codes: pl.Series, texts: pl.Series) -> Distinct | None:
    """The texts by their codes; one that does not occur gives way to one that does."""
    if codes.is_empty():
        return None
    name, codes = codes.name, codes.rechunk()
    if codes.null_count():
        codes = codes.cast(pl.UInt32).fill_null(texts.len())
        texts = pl.concat([texts, pl.Series([None], dtype=pl.String)])
    occurs, numbers = np.zeros(texts.len(), np.bool_), codes.to_numpy()
    parts = list(blocks(codes.len()))
    for at, rows in enumerate(itertools.chain(*(parts[start::8] for start in range(8)))):  # neighbours are alike
        occurs[numbers[rows]] = True
        if np.count_nonzero(~occurs) <= (_FEW if at * 8 >= len(parts) else 0):
            break
    for code in np.flatnonzero(~occurs):  # one by one: to compare is many times as fast as to look up
        occurs[code] = (numbers == code).any()
    return Distinct(texts.set(~pl.Series(occurs), texts[int(occurs.argmax())]).alias(name), codes)


def blocks(height: int) -> Iterator[slice]:
    """The rows in blocks, at least one: what is worked out of one stays in the processor's cache, and its memory
    serves the next."""
    return (slice(start, start + _BLOCK) for start in range(0, max(height, 1), _BLOCK))


def threaded(work: Callable[[T], R], items: Iterable[T], size: int) -> list[R]:
    """`work` of all items, in threads where the size of all is worth it (rows, or bytes)."""
    if size <= _BLOCK:
        return [work(item) for item in items]
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as threads:  # more would crowd the cache
        return list(threads.map(work, items))


def _fall(hashes: npt.NDArray[np.uint64], size: int) -> npt.NDArray[np.int64]:
    return hashes.view(np.int64) & (size - 1)


def _perfect(texts: pl.Series) -> tuple[int, npt.NDArray[np.uint64], Codes] | None:
    """A seed, the hash that is known in each slot, and the position of its text."""
    if texts.len() > _MOST:
        return None
    for size in _SIZES:
        if size < texts.len():
            continue
        for seed in _SEEDS:
            hashes = texts.hash(seed).to_numpy()
            slots = _fall(hashes, size)
            if len(np.unique(slots)) == len(slots):
                known = np.arange(1, size + 1, dtype=np.uint64)  # of a free slot, a hash that falls on the next one
                place: Codes = np.zeros(size, np.uint8) if len(slots) < 256 else np.zeros(size, np.uint16)
                known[slots], place[slots] = hashes, np.arange(len(slots))
                return seed, known, place
    return None
