"""What do definitions and the intake's own checks tie together, beyond sums of parts? All that an attacker knows without
having seen a filing.

Three sorts, each told for every province: combinations (the one is the others with fixed factors: 标准煤 and the carriers,
emissions and the electricity behind them), bounds (a share is at most one, a PUE at least one, parts at most the whole),
and near equals (what one company sells on another one receives; the electricity of data centres stands in two tables).
Near equals come from the rules of `filings.rules`, whose tolerance says whether two numbers agree; how far off the one is
when it is told by the other is taken from the filings themselves, for that is what an attacker's guess is off by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.filings.rules import FACILITY_SUMS, WATER_TWICE
from pipeline.indicators.model import Catalogue, Indicator

Line = tuple[str, str | None, str | None, str]  # indicator, dimension, member, side
Sum = Mapping[Line, float]

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


def bounds(catalogue: Catalogue, lines: pl.DataFrame) -> Iterator[Sum]:
    """Sums of lines that are not above zero: shares and PUE are in their range, parts are at most the whole."""
    there = set(lines.iter_rows())
    for id, dimension, member, side in lines.iter_rows():
        one = catalogue[id]
        above, below = (id, dimension, member, "numerator"), (id, dimension, member, "denominator")
        if side == "numerator" and one.is_quotient and one.valid_range and below in there and not one.across:
            low, high = one.valid_range
            yield {above: 1.0, below: -high}
            if low:
                yield {below: low, above: -1.0}
    for id, dimension, member, side in lines.drop_nulls("dimension").iter_rows():
        if (whole := (id, None, None, side)) in there:
            yield {(id, dimension, member, side): 1.0, whole: -1.0}
    centres, green = ("dc.green_share", None, None, "numerator"), ("green.kwh", None, None, "numerator")
    if centres in there and green in there:
        yield {centres: 1.0, green: -1.0}


def _of(catalogue: Catalogue, table: str, column: str, where: str | None) -> Indicator | None:
    """The first indicator of which the numerator is this column of all such rows."""
    return next(
        (one for one in catalogue if one.table == table and one.numerator == column and one.where == where and not one.kinds),
        None,
    )  # fmt: skip


def _line(one: Indicator, dimension: str | None = None, member: str | None = None) -> Line:
    return one.id, dimension, member, "numerator"
