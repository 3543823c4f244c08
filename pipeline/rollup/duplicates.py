"""Which readings are of one facility at one time?

A part keeps a sorted fingerprint of each reading. Parts whose times overlap are held together, one range of fingerprints
(a hash partition) after the other, so that memory does not hang on the number of rows; no two parts hold one reading twice
where no fingerprint is there twice. Readings of fingerprints that are there more than once are read again and compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.rollup.partition import MARKS, Wanted, fingerprint
from pipeline.rollup.readings import SUMS, coded, codes, readings, rule
from pipeline.rollup.sources import Part

PARTITION_ROWS = 8_000_000  # fingerprints that are held at a time
SUSPECTS = 1_000_000  # readings of so many fingerprints are compared at a time
_SAME = ("entity_id", "province_code", "facility_type", "generation", *SUMS)

Outcome = tuple[Part, Path, Mapping[str, Any]]  # the part, the folder of its outcome, its manifest


def together(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """Outcomes in groups, no two of which hold readings of one time."""
    dated = sorted((one for one in outcomes if one[2]["span"][0] is not None), key=lambda one: one[2]["span"][0])
    groups, until = list[list[Outcome]](), None
    for one in dated:
        low, high = one[2]["span"]
        if until is None or low > until:
            groups.append([])
            until = high
        groups[-1].append(one)
        until = max(until, high)
    return groups


def find(group: Sequence[Outcome], wanted: Wanted) -> list[pl.DataFrame]:
    """The readings to reject, in frames as of `readings` with codes, `file`, `row` and `rule`: of equal readings all but
    the first by file and row (duplicate), of others at one facility and time all (conflict)."""
    marks = [np.load(folder / MARKS, mmap_mode="r") for _, folder, _ in group]
    suspects = _suspects(marks)
    found = list[pl.DataFrame]()
    for first in range(0, len(suspects), SUSPECTS):
        some = suspects[first : first + SUSPECTS]
        parts = [part for (part, *_), own in zip(group, marks, strict=True) if _has(own, some)]
        found.append(_compared(parts, some, wanted))
    return [one for one in found if one.height]


def _suspects(marks: Sequence[Any]) -> Any:
    """The fingerprints that stand more than once, in order."""
    total = sum(map(len, marks))
    partitions = max(1, -(-total // PARTITION_ROWS))
    bounds = np.array([2**64 * at // partitions for at in range(1, partitions)], np.uint64)
    cuts = [[0, *np.searchsorted(own, bounds).tolist(), len(own)] for own in marks]
    found = []
    for at, _ in enumerate(pairwise(cuts[0])):
        within = [pl.Series(own[cut[at] : cut[at + 1]]) for own, cut in zip(marks, cuts, strict=True)]
        here = pl.concat(within).sort() if len(within) > 1 else within[0]
        found.append(here.filter((here == here.shift(1)).fill_null(False)).unique().sort().to_numpy())
    return np.concatenate(found)


def _has(own: Any, some: Any) -> bool:
    at = np.minimum(np.searchsorted(own, some), max(len(own) - 1, 0))
    return bool(len(own)) and bool((own[at] == some).any())


def _compared(parts: Sequence[Part], suspects: Any, wanted: Wanted) -> pl.DataFrame:
    marked = pl.LazyFrame({"mark": suspects})
    rows = pl.concat([readings(*piece, numbered=True) for part in parts for piece in part.pieces])
    rows = rows.with_columns(fingerprint()).join(marked, on="mark", how="semi").drop("mark")
    found = rows.collect(engine="streaming")
    known = codes(found["province_code"], wanted.green)
    at = ["facility_id", "time"]
    right = coded(found.lazy().filter(rule(wanted.year, known).is_null()), known).sort("file", "row")
    first = [pl.col(name).first().over(at) for name in ("file", "row")]
    return (
        right.filter(pl.len().over(at) > 1)
        .with_columns(same=pl.struct(_SAME).n_unique().over(at) == 1)
        .filter(~pl.col("same") | (pl.struct("file", "row") != pl.struct(first)))
        .with_columns(rule=pl.when("same").then(pl.lit("duplicate")).otherwise(pl.lit("conflict")))
        .drop("same")
        .collect()
    )
