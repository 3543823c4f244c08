"""What do definitions and the intake's own checks tie together, beyond sums of parts? All that an attacker knows without
having seen a filing.

Three sorts, each told for every province: combinations (the one is the others with fixed factors: 标准煤 and the carriers,
emissions and the electricity behind them), bounds (a share is at most one, a PUE at least one, what some rows have is at
most what all have), and near equals (what one company sells on another one receives; the electricity of data centres
stands in two tables).
Near equals come from the rules of `filings.rules`, whose tolerance says whether two numbers agree; how far off the one is
when it is told by the other is taken from the filings themselves, for that is what an attacker's guess is off by.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations as pairs
from itertools import product
from typing import TypeVar

import numpy as np

from pipeline.filings.rules import FACILITY_SUMS, WATER_TWICE
from pipeline.filings.rules import TOLERANCE as AGREES
from pipeline.indicators.evaluate import SIDES
from pipeline.indicators.model import Catalogue, Indicator

Line = tuple[str, str | None, str | None, str]  # indicator, dimension, member, side
Sum = Mapping[Line, float]
Key = TypeVar("Key")

FINAL, RESOLD, RECEIVED = (
    f"carrier = 'electricity' AND supply {which}" for which in ("IN ('own', 'received')", "= 'resold'", "= 'received'")
)
WATER = "carrier = 'water' AND supply IN ('own', 'received')"


@dataclass(frozen=True)
class Near:
    """Two sums that are nearly equal, the other one times `scale`. by_filer: each enterprise files both, so what a group has
    in only one of them is beyond what agrees."""

    one: tuple[Line, ...]
    other: tuple[Line, ...]
    by_filer: bool
    scale: float = 1.0


def near(catalogue: Catalogue) -> Iterator[Near]:
    """What the rules of `check` want to agree, of the lines of the catalogue."""
    electricity = _of(catalogue, "energy", "quantity", FINAL)
    for table, column, kinds in FACILITY_SUMS.values():
        beside = _of(catalogue, table, column, None)
        if electricity is None or beside is None:
            continue
        if isinstance(kinds, str):
            yield Near((_line(electricity, "facility_type", kinds),), (_line(beside),), by_filer=True)
            continue
        for facility in dict.fromkeys(kinds.values()):
            members = [kind for kind, its in kinds.items() if its == facility]
            others = tuple(_line(beside, "kind", kind) for kind in members)
            yield Near((_line(electricity, "facility_type", facility),), others, by_filer=True)
    table, column, facility = WATER_TWICE
    water = _of(catalogue, "energy", "quantity", WATER)
    for litres, scale in ((f"{column} * 1000", 1e-3), (column, 1.0)):
        if water and (beside := _of(catalogue, table, litres, None)):
            yield Near((_line(water, "facility_type", facility),), (_line(beside),), by_filer=True, scale=scale)
    sold, got = (_of(catalogue, "energy", "quantity", where) for where in (RESOLD, RECEIVED))
    if sold and got:
        yield Near((_line(sold),), (_line(got),), by_filer=False)


def combinations(catalogue: Catalogue) -> Iterator[tuple[Line, tuple[Line, ...]]]:
    """A line and those that it may be a combination of with the same factors in all provinces (or in each one its own)."""
    electricity, grid, green = (catalogue.indicators.get(id) for id in ("energy.electricity", "carbon.grid_electricity", "green.kwh"))  # fmt: skip
    if electricity and grid and green:
        yield _line(grid), (_line(electricity), _line(green, "channel", "self_built"))
        for id in ("carbon.location", "carbon.covered"):
            yield (id, None, None, "numerator"), (_line(grid),)
        yield ("carbon.location", "scope", "scope_2", "numerator"), (_line(grid),)
        yield ("carbon.market", "scope", "scope_2", "numerator"), (_line(electricity), _line(green))
    if "dc.cue" in catalogue.indicators:  # the factor of each province is published
        yield ("dc.cue", None, None, "numerator"), (("dc.pue.all", None, None, "numerator"),)
    fuels: list[Line] = [("energy.natural_gas", None, None, "numerator"), *(("energy.oil", "carrier", fuel, "numerator") for fuel in ("diesel", "gasoline"))]  # fmt: skip
    for id in ("carbon.location", "carbon.market"):
        yield (id, "scope", "scope_1", "numerator"), tuple(fuels)


def weighed(facilities: Sequence[str]) -> Iterator[tuple[Line, tuple[Line, ...], tuple[Line, ...]]]:
    """By facility type: energy in standard coal, the carriers of which one factor is known, and those that are a mix of
    several factors (both in their own units)."""
    for id in ("energy.total", "energy.covered"):
        for one in facilities:
            plain = tuple((carrier, "facility_type", one, "numerator") for carrier in PLAIN)
            yield (id, "facility_type", one, "numerator"), plain, (("energy.oil", "facility_type", one, "numerator"),)


PLAIN = {"energy.electricity": "electricity", "energy.natural_gas": "natural_gas", "energy.heat": "heat"}
"""Indicator in units of the carrier -> the carrier of 综合能耗."""
MIXED = {"energy.oil": ("diesel", "gasoline")}


def bounds(catalogue: Catalogue, lines: Iterable[Line]) -> Iterator[Sum]:
    """Sums of lines that are not above zero: quotients are in their range, parts are at most the whole, data centres of a size
    have the racks of that size. What is in no member of a dimension is a line like the members: the whole less all of them."""
    there = {line: {line: 1.0} for line in lines}
    for line in list(there):
        id, dimension, _, side = line
        if dimension and (whole := (id, None, None, side)) in there:
            yield {line: 1.0, whole: -1.0}
            if side == "numerator" or not catalogue[id].across:
                there.setdefault((id, dimension, REST, side), {whole: 1.0})[line] = -1.0
    for line, above in there.items():
        id, dimension, member, side = line
        one, below = catalogue[id], there.get((id, dimension, member, "denominator"))
        if member == REST:
            yield added((above, -1.0))
        if side == "numerator" and one.is_quotient and one.valid_range and below and not one.across:
            yield from _ranged(above, below, one.valid_range)
    centres, green = ("dc.green_share", None, None, "numerator"), ("green.kwh", None, None, "numerator")
    if centres in there and green in there:
        yield {centres: 1.0, green: -1.0}
    yield from _of_rows(catalogue, there)
    for size, limits in SIZES.items():
        count, racks = ((id, "size_class", size, "numerator") for id in ("dc.count", "dc.racks"))
        if count in there and racks in there:
            yield from _ranged(there[racks], there[count], limits)


def agreeing(catalogue: Catalogue, lines: Collection[Line]) -> Iterator[Sum]:
    """Likewise, of every enterprise that files both: what `check` wants to agree does."""
    for pair in near(catalogue):
        ours, others = ([line for line in of if line in lines] for of in (pair.one, pair.other))
        if pair.by_filer and ours and others:
            yield from _ranged(dict.fromkeys(others, pair.scale), dict.fromkeys(ours, 1.0), (1 - AGREES, 1 + AGREES))


REST = "\0"  # what is in no member
SIZES = {"hyperscale": (10_000.0, np.inf), "large": (3_000.0, 10_000.0), "medium_small": (0.0, 3_000.0)}
"""Racks that a data centre of a size has at least and at most."""


def _ranged(above: Sum, below: Sum, limits: tuple[float, float]) -> Iterator[Sum]:
    low, high = limits
    if high < np.inf:
        yield added((above, 1.0), (below, -high))
    if low:
        yield added((below, low), (above, -1.0))


def added(*of: tuple[Mapping[Key, float], float]) -> dict[Key, float]:
    """The sum of sums, each times its factor."""
    found = dict[Key, float]()
    for terms, factor in of:
        for term, own in terms.items():
            found[term] = found.get(term, 0.0) + factor * own
    return found


@dataclass(frozen=True)
class _Summed:
    """What a line is summed of: the column of which table, and what is asked of the rows, also that both are filled."""

    column: str
    table: tuple[str | None, str | None, str]  # table, price base, year
    kinds: frozenset[str]
    where: frozenset[str]
    filled: frozenset[str]

    def within(self, whole: _Summed) -> bool:
        """Whether its rows are some of those of another one, and not by declaration the same."""
        mine, its = self.where | self.filled, whole.where | whole.filled
        fewer = self.kinds <= whole.kinds or not whole.kinds
        return (self.column, self.table) == (whole.column, whole.table) and fewer and mine >= its and self != whole

    def apart(self, other: _Summed) -> bool:
        """Whether no row is in both."""
        return any(f"NOT {one}" in other.where for one in self.where) or any(f"NOT {one}" in self.where for one in other.where)  # fmt: skip

    def rest(self, other: _Summed, whole: _Summed) -> bool:
        """Whether every row of the whole is in one of the two, if only both columns are filled."""
        mine, its = self.where - other.where, other.where - self.where
        opposite = mine == {f"NOT {one}" for one in its} or its == {f"NOT {one}" for one in mine}
        return len(mine) == 1 and opposite and self.where & other.where == whole.where


def _of_rows(catalogue: Catalogue, lines: Mapping[Line, Sum]) -> Iterator[Sum]:
    """Lines of one table and member, in whichever indicators they stand: of some of the rows, of two sorts of rows that exclude
    each other or are all there are, and two columns of which the intake takes no row with a quotient out of range."""
    spots, common = dict[tuple[object, ...], list[tuple[str, Sum, _Summed]]](), set[str]()
    for line, own in lines.items():
        id, dimension, member, side = line
        one = catalogue[id]
        column = getattr(one, side) if one.table and side in SIDES else None
        if column is None or (one.across and side == SIDES[1] and id in common):
            continue
        if one.across and side == SIDES[1]:  # of all members of the share together
            common.add(id)
            dimension = member = None
        filled = frozenset(text for text in (one.numerator, one.denominator) if text)
        table = one.table, one.constant_prices, one.year
        summed = _Summed(column, table, frozenset(one.kinds), one.conditions, filled)
        spots.setdefault((one.table, dimension, member), []).append((id, own, summed))
    ranges = {(one.table, one.numerator, one.denominator): one.valid_range for one in catalogue if not one.across}
    for (table_, *_), of in spots.items():
        for (id, whole, its), (another, part, other) in product(of, of):
            if other.within(its):
                yield added((part, 1.0), (whole, -1.0))
            limits = ranges.get((str(table_), its.column, other.column))
            if limits and id != another and (its.where, its.kinds) == (other.where, other.kinds):
                yield from _ranged(whole, part, limits)
        for _, whole, its in of:
            for (_, part, mine), (_, left, other) in pairs([one for one in of if one[2].within(its)], 2):
                if mine.apart(other):
                    yield added((part, 1.0), (left, 1.0), (whole, -1.0))
                if mine.rest(other, its):
                    yield added((whole, 1.0), (part, -1.0), (left, -1.0))


def _of(catalogue: Catalogue, table: str, column: str, where: str | None) -> Indicator | None:
    """The first indicator of which the numerator is this column of all such rows."""
    return next(
        (one for one in catalogue if one.table == table and one.numerator == column and one.where == where and not one.kinds),
        None,
    )  # fmt: skip


def _line(one: Indicator, dimension: str | None = None, member: str | None = None) -> Line:
    return one.id, dimension, member, "numerator"
