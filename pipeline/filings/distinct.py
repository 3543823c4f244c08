"""Which few texts does a column hold, and where? Millions of cells are understood by understanding each text once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

_BLOCK = 1 << 18  # rows
_SAMPLE = 10_000  # cells looked at to see whether a column repeats itself
_SIZES = tuple(1 << bits for bits in range(10, 23, 2))
_SEEDS = range(4)


@dataclass(frozen=True)
class Distinct:
    """texts: each different text of a column once, null among them if it occurs. slots: per row, a number of its
    text; place: that number -> position in `texts` (0 where no text has it)."""

    texts: pl.Series
    slots: pl.Series
    place: pl.Series

    def codes(self, at: pl.Series | slice = slice(None)) -> pl.Series:
        """The position in `texts` of the text of some rows, UInt32."""
        return self.place.gather(self.slots[at])

    def spread(self, values: pl.Series) -> pl.Series:
        """One of `values`, which stand for `texts` in their order, per row."""
        return values.gather(self.place).gather(self.slots)


def distinct(cells: pl.Series) -> Distinct | None:
    """The texts of a String column, None where too many differ for that to be of use.

    A perfect hash: a seed is sought with which no two texts fall on the same slot. Each cell's 64 bits are compared
    with those of the text it falls on, so a text that the sample lacked is noticed; that takes a third of the time of
    a cast to Categorical.
    """
    if 0 < cells.len() == cells.null_count():
        return Distinct(cells.head(1), *(pl.zeros(n, dtype=pl.UInt32, eager=True) for n in (cells.len(), 1)))
    looked_at = cells.gather_every(max(1, cells.len() // _SAMPLE))
    texts = looked_at.unique()
    if texts.len() * 4 >= looked_at.len():
        return None
    while (found := _perfect(texts)) is not None:
        seed, known, place = found
        slots, unknown = list[pl.Series](), list[pl.Series]()
        for rows in blocks(cells.len()):
            hashes = cells[rows].hash(seed)
            slots.append(_slots(hashes, known.len()))
            new = known.gather(slots[-1]) != hashes
            if new.any():
                unknown.append(cells[rows].filter(new).unique())
        if not unknown:
            return Distinct(texts, pl.concat(slots), place)
        texts = pl.concat([texts, pl.concat(unknown).unique()])
    return None


def blocks(height: int) -> Iterator[slice]:
    """The rows in blocks, at least one: what is worked out of one stays in the processor's cache, and its memory
    serves the next."""
    return (slice(start, start + _BLOCK) for start in range(0, max(height, 1), _BLOCK))


def _slots(hashes: pl.Series, size: int) -> pl.Series:
    return hashes.cast(pl.UInt32, wrap_numerical=True) % size


def _perfect(texts: pl.Series) -> tuple[int, pl.Series, pl.Series] | None:
    """A seed, the hash that is known in each slot, and the position of its text."""
    for size in _SIZES:
        for seed in _SEEDS:
            hashes = texts.hash(seed)
            slots = _slots(hashes, size)
            if not slots.is_duplicated().any():
                at = pl.int_range(texts.len(), dtype=pl.UInt32, eager=True)
                free = pl.int_range(1, size + 1, dtype=pl.UInt64, eager=True)  # a hash that falls on the next slot
                place = pl.zeros(size, dtype=pl.UInt32, eager=True)
                return seed, free.scatter(slots, hashes), place.scatter(slots, at)
    return None
