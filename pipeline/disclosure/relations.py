"""Which published numbers can be computed from which? Every number of a year becomes a sum of the same few unknowns.

An unknown is what a line (an indicator, or a member of one of its dimensions, on one side) amounts to in one province. A
published number is a sum of unknowns over the provinces of its region. Lines that are the same thing, up to a unit, share
their unknowns (用电量 and the 电力 of 综合能耗), found from the contributions themselves, so that no table is protected alone
while another one tells the same; and lines that are the sum of others (all facility types, a class of several sizes) are
relations among unknowns. Chained volumes do not add up exactly, but nearly: here they are taken to add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.disclosure import definitions, rules
from pipeline.disclosure.policy import Policy, PublishedTotal
from pipeline.disclosure.rules import CELL
from pipeline.filings.rules import TOLERANCE
from pipeline.indicators.evaluate import SIDES
from pipeline.indicators.model import Catalogue

SAME = 1e-9  # relative; what agrees so closely is the same
ENOUGH = 0.5  # of what two lines have in common must agree, else it is chance
LINE = ["indicator_id", "dimension", "member", "side"]

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Bools = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class System:
    """What is published of one year, and what it is made of.

    cells: CELL of the year (C). amounts: of each unknown (V). own: of it, what each group contributes (V x G); groups:
    their names. numbers: the sums of unknowns that are published (N x V); what several cells tell, up to a factor, is one
    number. holders: which cells tell a number (N x C). number_of: cell and side (0 numerator, 1 denominator) -> number.
    always: sums of unknowns that everybody knows whatever is hidden (relations, and totals that groups publish). implied:
    numbers that no cell tells but two cells together: what one line has beyond another one that is a part of it.
    is_amount: which unknowns are amounts, not counts. bounds: sums of unknowns that are not above zero, also without what
    an attacker has of them. near: sums that are nearly zero, also without what an attacker has; traded: which of them only with
    it, for what one group has there another one has on the other side. pairs: whether two groups may attack together.
    """

    cells: pl.DataFrame
    amounts: Floats
    own: Floats
    groups: tuple[str, ...]
    numbers: sparse.csr_matrix
    holders: sparse.csr_matrix
    number_of: Mapping[tuple[int, int], int]
    always: sparse.csr_matrix
    implied: tuple[int, ...] = ()
    is_amount: Bools | None = None
    bounds: sparse.csr_matrix | None = None
    near: sparse.csr_matrix | None = None
    traded: Bools | None = None
    pairs: bool = False

    def attackers(self) -> list[tuple[int, ...]]:
        """Who may attack: nobody of the groups, each that has anything of the unknowns, and every two of them if `pairs`."""
        there = np.flatnonzero(self.own.any(axis=0)).tolist()
        return [(), *((one,) for one in there), *(combinations(there, 2) if self.pairs else ())]

    def owned(self, attacker: tuple[int, ...]) -> Floats:
        """What the attacker has of each unknown."""
        return np.asarray(self.own[:, list(attacker)].sum(axis=1))

    def limits(self, attacker: tuple[int, ...] = ()) -> tuple[sparse.csr_matrix, Floats]:
        """Sums of deviations from the truth, and what each is at most, as the attacker knows it."""
        nothing = sparse.csr_matrix((0, len(self.amounts)))
        bounds, near = (nothing if one is None else one for one in (self.bounds, self.near))
        others = self.amounts - self.owned(attacker)
        left, off = -(bounds @ others), np.abs(near @ others)
        if self.traded is not None:
            off = np.where(self.traded, np.abs(near @ self.amounts), off)
        fits = left >= -SAME * np.asarray(abs(bounds) @ others)
        rows = sparse.csr_matrix(sparse.vstack([bounds[np.flatnonzero(fits)], near, -near]))
        return rows, np.concatenate([np.maximum(left[fits], 0.0), off, off])

    def shown(self, hidden: Bools) -> Bools:
        """Which numbers some published cell tells; hidden: of the cells."""
        told: Bools = self.holders @ (~hidden).astype(np.float64) > 0
        return told

    def wholes(self) -> Floats:
        """The true value of each number."""
        return np.asarray(self.numbers @ self.amounts)

    def knowing(self, more: sparse.csr_matrix) -> System:
        """The system in which these sums of unknowns are known too."""
        return replace(self, always=sparse.csr_matrix(sparse.vstack([self.always, more])))

    def telling(self, rows: sparse.csr_matrix) -> System:
        """The system with further numbers that no cell tells."""
        nobody = sparse.csr_matrix((rows.shape[0], self.holders.shape[1]))
        return replace(
            self,
            numbers=sparse.csr_matrix(sparse.vstack([self.numbers, rows])),
            holders=sparse.csr_matrix(sparse.vstack([self.holders, nobody])),
        )

    def settled(self, known: Bools, wanted: Iterable[int]) -> System:
        """The system in which these numbers are known whatever is hidden, and of the others only the wanted ones are told of."""
        kept = [number for number in sorted(set(wanted)) if not known[number]]
        place = {number: n for n, number in enumerate(kept)}
        return replace(
            self.knowing(self.numbers[known]),
            numbers=self.numbers[kept],
            holders=self.holders[kept],
            number_of={key: place[number] for key, number in self.number_of.items() if number in place},
            implied=tuple(place[number] for number in self.implied if number in place),
        )

    def priced(self, rows: sparse.csr_matrix) -> System:
        """The system with further numbers, each told by a further cell of its own that `cells` does not name."""
        return replace(
            self,
            numbers=sparse.csr_matrix(sparse.vstack([self.numbers, rows])),
            holders=sparse.csr_matrix(sparse.block_diag([self.holders, sparse.eye(rows.shape[0])])),
        )

    def wider(self, width: int) -> System:
        """The system with its sums over so many unknowns, of which the further ones are in none yet."""

        def grown(matrix: sparse.csr_matrix | None) -> sparse.csr_matrix | None:
            return None if matrix is None else sparse.csr_matrix((matrix.data, matrix.indices, matrix.indptr), (matrix.shape[0], width))  # fmt: skip

        numbers, always = grown(self.numbers), grown(self.always)
        assert numbers is not None
        assert always is not None
        return replace(self, numbers=numbers, always=always, bounds=grown(self.bounds), near=grown(self.near))

    def parts(self) -> list[System]:
        """The systems into which it falls: no number and no relation holds unknowns of two of them."""
        links = sparse.csr_matrix(sparse.vstack([self.numbers, self.always, *self._loose()]))
        links.data[:] = 1
        many, part = csgraph.connected_components(links.T @ links, directed=False)
        of_number = _part_of_rows(self.numbers, part)
        of_always = _part_of_rows(self.always, part)
        loose = [None if one is None else (one, _part_of_rows(one, part)) for one in (self.bounds, self.near)]
        found = []
        for at in range(many):
            inside, rows = np.flatnonzero(part == at), np.flatnonzero(of_number == at)
            place = {int(row): n for n, row in enumerate(rows)}
            bounds, near = (one and one[0][np.flatnonzero(one[1] == at)][:, inside] for one in loose)
            traded = None if self.traded is None or loose[1] is None else self.traded[loose[1][1] == at]
            found.append(
                System(
                    self.cells, self.amounts[inside], self.own[inside], self.groups, self.numbers[rows][:, inside],
                    self.holders[rows], {key: place[n] for key, n in self.number_of.items() if n in place},
                    self.always[np.flatnonzero(of_always == at)][:, inside],
                    tuple(place[n] for n in self.implied if n in place),
                    None if self.is_amount is None else self.is_amount[inside], bounds, near, traded, self.pairs,
                )
            )  # fmt: skip
        return found

    def _loose(self) -> list[sparse.csr_matrix]:
        return [one for one in (self.bounds, self.near) if one is not None]


def _part_of_rows(matrix: sparse.csr_matrix, part: Ints) -> Ints:
    """The part of each row: that of its first unknown (-1 for an empty row)."""
    filled = np.diff(matrix.indptr) > 0
    result = np.full(matrix.shape[0], -1, dtype=np.int64)
    result[filled] = part[matrix.indices[matrix.indptr[:-1][filled]]]
    return result


def systems(
    cells: pl.DataFrame,
    contributions: pl.DataFrame,
    places: pl.DataFrame,
    catalogue: Catalogue,
    policy: Policy,
) -> Iterator[tuple[int, System]]:
    """The system of each year, the latest first. cells: `rules.published`; contributions, places: see `evaluate`."""
    # A change between ratios tells no sum; an index tells that of the year.
    told = [one.id for one in catalogue if not one.change_of or not catalogue[one.change_of].is_quotient]
    parts = contributions.filter(pl.col("side").is_in(SIDES) & pl.col("indicator_id").is_in(told))
    for year in sorted(cells["year"].unique(), reverse=True):
        of_year = pl.col("year") == year
        if parts.filter(of_year).is_empty():
            continue  # of whom nothing is filed nothing can be told
        yield year, _system(year, cells.filter(of_year), parts.filter(of_year), places, catalogue, policy)


def _system(
    year: int,
    cells: pl.DataFrame,
    parts: pl.DataFrame,
    places: pl.DataFrame,
    catalogue: Catalogue,
    policy: Policy,
) -> System:
    cells = cells.select(CELL)
    provinces = sorted(parts["province_code"].unique())
    groups = sorted(parts["group_id"].unique())
    lines = parts.select(LINE).unique().sort(LINE)
    cube = np.zeros((lines.height, len(provinces), len(groups)))
    at = parts.join(lines.with_row_index("line"), on=LINE, nulls_equal=True)
    index = (
        at["line"].to_numpy(),
        at["province_code"].replace_strict({code: n for n, code in enumerate(provinces)}, return_dtype=pl.Int64).to_numpy(),
        at["group_id"].replace_strict({name: n for n, name in enumerate(groups)}, return_dtype=pl.Int64).to_numpy(),
    )  # fmt: skip
    cube[index] = at["amount"].to_numpy()
    tables = [_table(catalogue, row[0], row[3]) for row in lines.iter_rows()]
    unknown, scale, own = _unknowns(cube, tables)
    relations = [*_relations(lines, cube, tables, unknown, scale)]
    known = _Lines(lines, cube, unknown, scale)
    relations += known.combined(definitions.combinations(catalogue))
    is_amount = np.zeros(len(own), dtype=bool)
    for line, (id, _, _, side) in enumerate(lines.iter_rows()):
        is_amount[unknown[line][unknown[line] >= 0]] |= (
            rules.measured(catalogue, catalogue[id], side, policy) == "amount"
        )
    matrix, holders, number_of = _numbers(cells, lines, places, provinces, unknown, scale, len(own))
    always = _rows(relations, len(own))
    found = System(
        cells,
        own.sum(axis=1),
        own,
        tuple(groups),
        matrix,
        holders,
        number_of,
        always,
        is_amount=is_amount,
        pairs=policy.pairs,
    )
    found = replace(found, bounds=_rows(known.bounded(catalogue), len(own)))
    found = _with_differences(found, lines, cube, unknown, scale, catalogue, places, provinces)
    found = _with_near(found, known, catalogue, places, provinces)
    totals = [one for one in policy.published_totals if one.year == year]
    return _with_totals(found, lines, unknown, scale, totals) if totals else found


def _table(catalogue: Catalogue, id: str, side: str) -> str:
    """The table that a side is summed from."""
    one = catalogue[id]
    if one.change_of:
        return _table(catalogue, one.change_of, side)
    if one.ratio_of:
        return _table(catalogue, one.ratio_of[SIDES.index(side)], "numerator")
    assert one.table
    return one.table


# --- unknowns ----------------------------------------------------------------------------------------------


def _unknowns(cube: Floats, tables: Sequence[str]) -> tuple[Ints, Floats, Floats]:
    """unknown, scale (L x P): a line has in a province scale times the unknown (-1: nothing); own: unknowns x groups.

    Two lines of one table are the same thing where all groups have the same multiple of each other in most provinces.
    Where only some provinces agree (a row without one of two amounts), only these are shared.
    """
    lines, provinces, _ = cube.shape
    there = np.any(cube != 0, axis=2)
    unknown = np.full((lines, provinces), -1, dtype=np.int64)
    scale = np.ones((lines, provinces))
    own: list[Floats] = []
    for line in range(lines):
        left = there[line].copy()
        for other in range(line):
            if not left.any() or tables[other] != tables[line]:
                continue
            factor = _factor(cube[other], cube[line])
            if factor is None:
                continue
            same = left & there[other] & np.all(_alike(cube[line], factor * cube[other]), axis=1)
            unknown[line, same], scale[line, same] = unknown[other, same], factor * scale[other, same]
            left &= ~same
        for province in np.flatnonzero(left):
            unknown[line, province] = len(own)
            own.append(cube[line, province])
    return unknown, scale, np.array(own).reshape(len(own), cube.shape[2])


def _alike(one: Floats, other: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    result: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = np.abs(one - other) <= SAME * np.maximum(
        np.abs(one), np.abs(other)
    )
    return result


def _factor(one: Floats, other: Floats) -> float | None:
    """By what the one is multiplied to give the other, in most of what both have; None for different things.

    Of few numbers only equality counts: any two are multiples of one another.
    """
    both = (one != 0) & (other != 0)
    if not both.any():
        return None
    ratios = other[both] / one[both]
    factor = float(np.median(ratios))
    if ratios.size < 3:
        factor = 1.0
    agree = np.abs(ratios - factor) <= SAME * abs(factor)
    return factor if agree.mean() >= ENOUGH and factor else None


# --- relations ---------------------------------------------------------------------------------------------

Row = dict[int, float]


def _relations(lines: pl.DataFrame, cube: Floats, tables: Sequence[str], unknown: Ints, scale: Floats) -> Iterator[Row]:
    """In each province: a line without dimension, or what the members of a share across one are divided by, less the members
    of a dimension that it is the sum of, all or some of them, of its own indicator or another one of the same table."""
    numbered = lines.with_row_index("line")
    first = pl.col("line") == pl.col("line").min().over("indicator_id", "dimension", "side")
    shared = (pl.col("side") == "denominator") & first  # of a share across members all have the same one
    wholes = numbered.filter(pl.col("dimension").is_null() | shared)["line"].to_list()
    told = {
        key: of["line"].to_list()
        for key, of in numbered.drop_nulls("dimension").partition_by("indicator_id", "dimension", "side", as_dict=True).items()
    }  # fmt: skip
    flat = cube.reshape(len(cube), -1)
    done = set[tuple[tuple[int, float], ...]]()
    for members in told.values():
        for whole in wholes:
            if tables[whole] != tables[members[0]] or len(members) < 2:
                continue
            found = _sum_of(flat[whole], flat[members])
            for province in range(cube.shape[1]) if found is not None else ():
                row = dict[int, float]()
                pairs = zip([whole, *members], [-1.0, *found], strict=True)  # type: ignore[misc]
                for line, factor in pairs:
                    if factor and unknown[line, province] >= 0:
                        place = int(unknown[line, province])
                        row[place] = row.get(place, 0.0) + factor * scale[line, province]
                row = {place: value for place, value in row.items() if abs(value) > SAME}
                key = tuple(sorted(row.items()))
                if row and key not in done:
                    done.add(key)
                    yield row


def _sum_of(whole: Floats, members: Floats) -> Floats | None:
    """The factors (0 or one number) with which members add up to the whole, for every province and group; else None."""
    if np.all(_alike(whole, members.sum(axis=0))):
        return np.ones(len(members))
    used = np.any(members != 0, axis=1)
    if used.sum() < 2:
        return None
    solved, _, rank, _ = np.linalg.lstsq(members[used].T, whole, rcond=None)
    largest = float(np.abs(solved).max())
    if rank < used.sum() or not largest:
        return None
    chosen = np.abs(solved - largest) <= 1e-7 * largest
    if not np.all(chosen | (np.abs(solved) <= 1e-7 * largest)) or chosen.sum() < 2:
        return None
    factors = np.zeros(len(members))
    factors[np.flatnonzero(used)[chosen]] = largest
    size = np.abs(whole).max()
    return factors if np.all(np.abs(whole - factors @ members) <= 1e-7 * size) else None


# --- numbers -----------------------------------------------------------------------------------------------


def _numbers(
    cells: pl.DataFrame,
    lines: pl.DataFrame,
    places: pl.DataFrame,
    provinces: Sequence[str],
    unknown: Ints,
    scale: Floats,
    width: int,
) -> tuple[sparse.csr_matrix, sparse.csr_matrix, dict[tuple[int, int], int]]:
    """numbers, holders and number_of of `System`."""
    inside = {
        region: [n for n, code in enumerate(provinces) if code in set(of["province_code"])]
        for (region,), of in places.partition_by("region_code", as_dict=True).items()
    }
    line_of = {row: n for n, row in enumerate(lines.iter_rows())}
    rows, place = list[Row](), dict[tuple[tuple[int, float], ...], int]()
    number_of = dict[tuple[int, int], int]()
    for cell, (id, dimension, member, region, _) in enumerate(cells.iter_rows()):
        for side, name in enumerate(SIDES):
            line = line_of.get((id, dimension, member, name))
            if line is None:
                continue
            row = dict[int, float]()
            for province in inside[region]:
                at = int(unknown[line, province])
                if at >= 0:
                    row[at] = row.get(at, 0.0) + scale[line, province]
            if not row:
                continue
            first = row[min(row)]
            key = tuple((at, round(row[at] / first, 9)) for at in sorted(row))
            if key not in place:
                place[key] = len(rows)
                rows.append(row)
            number_of[cell, side] = place[key]
    held = sorted({(number, cell) for (cell, _), number in number_of.items()})
    holders = sparse.csr_matrix(
        (np.ones(len(held)), ([number for number, _ in held], [cell for _, cell in held])), shape=(len(rows), cells.height)
    )  # fmt: skip
    return _rows(rows, width), holders, number_of


def _with_differences(
    system: System,
    lines: pl.DataFrame,
    cube: Floats,
    unknown: Ints,
    scale: Floats,
    catalogue: Catalogue,
    places: pl.DataFrame,
    provinces: Sequence[str],
) -> System:
    """The system with what one line has beyond another one that is a part of it (全部核心机房 less 改建核心机房), as unknowns
    and, in every region, as implied numbers."""
    own, always, numbers, width = [system.own], list[Row](), list[Row](), len(system.own)
    is_amount = [system.is_amount] if system.is_amount is not None else []
    regions = places.group_by("region_code", maintain_order=True).agg("province_code").rows()
    for part, whole in _within(lines, catalogue):
        of_province = dict[str, int]()
        for at, code in enumerate(provinces):
            more = cube[whole, at] - cube[part, at]
            size = np.abs(cube[whole, at]).max()
            if unknown[whole, at] < 0 or unknown[part, at] == unknown[whole, at] or more.min() < -SAME * size:
                continue
            more = np.where(more <= SAME * size, 0.0, more)
            if not more.any():
                continue
            row = {int(unknown[whole, at]): scale[whole, at], width: -1.0}
            if unknown[part, at] >= 0:
                row[int(unknown[part, at])] = -scale[part, at]
            always.append(row)
            own.append(more[None])
            is_amount.append(np.array([bool(system.is_amount is not None and system.is_amount[unknown[whole, at]])]))
            of_province[code] = width
            width += 1
        numbers += [
            row for _, inside in regions if (row := {of_province[code]: 1.0 for code in inside if code in of_province})
        ]
    every = np.concatenate(own)
    grown = replace(
        system.wider(width), amounts=every.sum(axis=1), own=every,
        is_amount=np.concatenate(is_amount) if is_amount else None,
    )  # fmt: skip
    first = grown.numbers.shape[0]
    grown = grown.knowing(_rows(always, width)).telling(_rows(numbers, width))
    return replace(grown, implied=tuple(range(first, first + len(numbers))))


class _Lines:
    """The lines of a year, and what definitions say of them in each province."""

    def __init__(self, lines: pl.DataFrame, cube: Floats, unknown: Ints, scale: Floats) -> None:
        self.lines, self.cube, self.unknown, self.scale = lines, cube, unknown, scale
        self.at: dict[definitions.Line, int] = {row: n for n, row in enumerate(lines.iter_rows())}

    def row(self, factors: Mapping[int, float], province: int) -> Row:
        """A sum of lines in a province as a sum of unknowns; empty where it says nothing."""
        found = Row()
        for line, factor in factors.items():
            place = int(self.unknown[line, province])
            if place >= 0 and factor:
                found[place] = found.get(place, 0.0) + factor * self.scale[line, province]
        return {place: value for place, value in found.items() if abs(value) > SAME * max(map(abs, found.values()))}

    def of(self, wanted: Sequence[definitions.Line]) -> list[int]:
        """The lines that are there, in their order."""
        return [self.at[one] for one in wanted if one in self.at]

    def total(self, wanted: Sequence[definitions.Line]) -> Floats:
        """provinces x groups"""
        return np.asarray(self.cube[self.of(wanted)].sum(axis=0))

    def combined(self, wanted: Iterable[tuple[definitions.Line, tuple[definitions.Line, ...]]]) -> Iterator[Row]:
        """The lines that are combinations of others, with the same factors everywhere or, of one other, in each province."""
        for whole, others in wanted:
            parts = self.of(others)
            if whole not in self.at or not parts:
                continue
            line = self.at[whole]
            values, flat = self.cube[line], self.cube[parts].reshape(len(parts), -1)
            used = np.flatnonzero(np.any(flat != 0, axis=1))
            if len(used):
                solved = np.linalg.lstsq(flat[used].T, values.ravel(), rcond=None)[0]
                factors = {line: -1.0} | {parts[n]: float(one) for n, one in zip(used, solved, strict=True)}
            for province in range(self.cube.shape[1]):
                if not len(used):
                    continue
                if len(parts) == 1:
                    there = self.cube[parts[0], province]
                    if not there.any():
                        continue
                    factors[parts[0]] = float(values[province].sum() / there.sum())
                left = sum(factor * self.cube[one, province] for one, factor in factors.items())
                fits = values[province].any() and np.all(np.abs(left) <= 1e-7 * np.abs(values[province]).max())
                if fits and (row := self.row(factors, province)):
                    yield row

    def bounded(self, catalogue: Catalogue) -> list[Row]:
        """Sums of lines that are not above zero, in each province where it is so."""
        found = list[dict[int, float]]()
        for wanted in (*definitions.bounds(catalogue, self.at), *definitions.agreeing(catalogue, self.at)):
            found.append({self.at[line]: factor for line, factor in wanted.items()})
        found += self._weighed()
        rows = dict[tuple[tuple[int, float], ...], Row]()
        for factors in found:
            for province in range(self.cube.shape[1]):
                each = [factor * self.cube[line, province] for line, factor in factors.items()]
                if np.all(sum(each) <= SAME * np.max(np.abs(each))) and (row := self.row(factors, province)):
                    rows.setdefault(tuple(sorted(row.items())), row)
        return [row for row in rows.values() if any(value > 0 for value in row.values())]

    def _weighed(self) -> Iterator[dict[int, float]]:
        """By facility type: at least and at most the carriers in standard coal."""
        factors = dict[str, list[float]]()
        for id, carriers in (*((id, (one,)) for id, one in definitions.PLAIN.items()), *definitions.MIXED.items()):
            for carrier in carriers:
                own = (id, None, None, "numerator") if len(carriers) == 1 else (id, "carrier", carrier, "numerator")
                coal = self.total([("energy.total", "carrier", carrier, "numerator")]).sum()
                if (amount := self.total([own]).sum()) > 0:
                    factors.setdefault(id, []).append(coal / amount)
        facilities = [
            member for id, dimension, member, _ in self.at if (id, dimension) == ("energy.total", "facility_type")
        ]
        for whole, plain, mixed in definitions.weighed([str(one) for one in facilities]):
            if whole not in self.at:
                continue
            there = [one for one in (*plain, *mixed) if one in self.at and one[0] in factors]
            yield {self.at[whole]: -1.0} | {self.at[one]: min(factors[one[0]]) for one in there}
            yield {self.at[whole]: 1.0} | {self.at[one]: -max(factors[one[0]]) for one in there}


def _with_near(
    system: System, known: _Lines, catalogue: Catalogue, places: pl.DataFrame, provinces: Sequence[str]
) -> System:
    """The system with what is nearly equal. What some groups have in only one of two tables is an unknown of its own and,
    in every region, an implied number: the rest of the two tells it."""
    own, near, numbers, bounds, width = [system.own], list[Row](), list[Row](), list[Row](), len(system.own)
    flags, traded = [system.is_amount] if system.is_amount is not None else [], list[bool]()
    regions = places.group_by("region_code", maintain_order=True).agg("province_code").rows()
    for pair in definitions.near(catalogue):
        sides = (known.of(pair.one), known.of(pair.other))
        one, other = known.total(pair.one), pair.scale * known.total(pair.other)
        of_province, rows = dict[str, int](), dict[str, Row]()
        for at, code in enumerate(provinces):
            both = (one[at] != 0) & (other[at] != 0) if pair.by_filer else np.ones(one.shape[1], dtype=bool)
            if not one[at][both].any() or not other[at][both].any() or not _agree(one[at][both], other[at][both]):
                continue
            row = known.row({**dict.fromkeys(sides[0], 1.0), **dict.fromkeys(sides[1], -pair.scale)}, at)
            for values, sign, lines, scale in ((one[at], 1.0, sides[0], 1.0), (other[at], -1.0, sides[1], pair.scale)):
                beyond = np.where(both, 0.0, values)
                if not beyond.any():
                    continue
                row[width] = -sign
                bounds.append(
                    {width: 1.0}
                    | {place: -value for place, value in known.row(dict.fromkeys(lines, scale), at).items()}
                )
                for line, (id, dimension, _, side) in enumerate(known.lines.iter_rows()):
                    # all that these groups use: of the kinds of enterprises that only they are
                    alone = dimension == "entity_kind" and id == pair.one[0][0] and side == "numerator"
                    if alone and np.array_equal(known.cube[line, at] != 0, beyond != 0):
                        bounds.append(
                            {width: 1.0} | {place: -value for place, value in known.row({line: 1.0}, at).items()}
                        )
                own.append(beyond[None])
                flags.append(np.array([True]))
                if sign > 0:
                    of_province[code] = width
                width += 1
            rows[code] = row
        kinds = [n for (id, dimension, *_), n in known.at.items() if (id, dimension) == (pair.one[0][0], "entity_kind")]
        for _, inside in regions:
            # an attacker's guess of a region is off by less than those of its provinces together
            its = [provinces.index(code) for code in inside if code in provinces]
            wanted = [provinces[n] for n in its if one[n].any() or other[n].any()]
            if wanted and all(code in rows for code in wanted):
                near.append(definitions.added(*((rows[code], 1.0) for code in wanted)))
            # and he guesses from the totals as they stand, with what only kinds of enterprises have left out, where
            # these agree, whether those of the provinces do or not
            ours, theirs = one[its].sum(axis=0), other[its].sum(axis=0)
            for kind in (None, *kinds):
                more = np.zeros_like(ours) if kind is None else known.cube[kind, its].sum(axis=0)
                if (kind is None or more.any()) and _agree(ours - more, theirs, ours):
                    factors = dict.fromkeys(sides[1], -pair.scale) | dict.fromkeys(sides[0], 1.0)
                    factors |= {} if kind is None else {kind: -1.0}
                    if (row := definitions.added(*((known.row(factors, n), 1.0) for n in its))) and row not in near:
                        near.append(row)
        traded += [not pair.by_filer] * (len(near) - len(traded))
        numbers += [
            row for _, inside in regions if (row := {of_province[code]: 1.0 for code in inside if code in of_province})
        ]
    every, wide = np.concatenate(own), system.wider(width)
    first = system.numbers.shape[0]
    grown = replace(
        wide, amounts=every.sum(axis=1), own=every, is_amount=np.concatenate(flags) if flags else None,
        near=_rows(near, width), traded=np.array(traded, dtype=bool), bounds=sparse.csr_matrix(sparse.vstack([wide.bounds, _rows(bounds, width)])),
    ).telling(_rows(numbers, width))  # fmt: skip
    return replace(grown, implied=(*system.implied, *range(first, first + len(numbers))))


def _agree(one: Floats, other: Floats, whole: Floats | None = None) -> bool:
    """Whether two amounts, by group, nearly agree, for everybody or for one group that leaves out its own: what it filed in
    two ways itself misleads others, not itself. whole: that the tolerance is a share of, if not of `one`."""
    whole = one if whole is None else whole
    apart, size = one.sum() - other.sum(), whole.sum()
    left = np.array([0.0, *(one - other)]), np.array([0.0, *whole])
    return bool(np.any((np.abs(apart - left[0]) <= TOLERANCE * (size - left[1])) & (size - left[1] > SAME * size)))


def _within(lines: pl.DataFrame, catalogue: Catalogue) -> Iterator[tuple[int, int]]:
    """Pairs of lines without dimension of which the one is summed of a part of the rows of the other, by declaration: the
    same amounts of the same table, under a further condition or of fewer kinds of enterprises."""
    wholes = [
        (n, catalogue[id], side) for n, (id, dimension, _, side) in enumerate(lines.iter_rows()) if dimension is None
    ]
    of_tables = [(n, one, getattr(one, side)) for n, one, side in wholes if one.table]
    for n, part, amount in of_tables:
        for m, whole, other in of_tables:
            same = n != m and amount is not None and part.table == whole.table and amount == other
            fewer = part.where == whole.where and part.kinds and not whole.kinds
            narrower = part.kinds == whole.kinds and part.conditions > whole.conditions
            if same and (fewer or narrower):
                yield n, m


def _rows(rows: Sequence[Row], width: int) -> sparse.csr_matrix:
    data = [value for row in rows for value in row.values()]
    columns = [place for row in rows for place in row]
    starts = np.cumsum([0, *(len(row) for row in rows)])
    return sparse.csr_matrix((data, columns, starts), shape=(len(rows), width))


def _with_totals(
    system: System, lines: pl.DataFrame, unknown: Ints, scale: Floats, totals: Sequence[PublishedTotal]
) -> System:
    """The system in which everybody knows what groups publish of themselves.

    The unknowns of the line are split into the part of the group and the rest, and the parts of the group add up to its
    total. A province in which it is alone is then told by the others.
    """
    line_of = {row: n for n, row in enumerate(lines.iter_rows())}
    amounts, own = [system.amounts], [system.own]
    width, extra = len(system.amounts), list[Row]()
    for total in totals:
        line = line_of.get((total.indicator, None, None, "numerator"))
        if line is None or total.group not in system.groups:
            continue
        group = system.groups.index(total.group)
        known = dict[int, float]()
        for province in np.flatnonzero(unknown[line] >= 0):
            place = int(unknown[line, province])
            part = system.own[place, group]
            rest = system.amounts[place] - part
            if not part:
                continue
            split = {place: -1.0, width: 1.0}
            amounts.append(np.array([part]))
            own.append(np.where(np.arange(len(system.groups)) == group, part, 0.0)[None])
            if rest:
                split[width + 1] = 1.0
                amounts.append(np.array([rest]))
                own.append(np.where(np.arange(len(system.groups)) == group, 0.0, system.own[place])[None])
            known[width] = scale[line, province]
            width += len(split) - 1
            extra.append(split)
        extra.append(known)
    more = width - len(system.amounts)
    is_amount = None if system.is_amount is None else np.concatenate([system.is_amount, np.zeros(more, dtype=bool)])
    grown = replace(system.wider(width), amounts=np.concatenate(amounts), own=np.concatenate(own), is_amount=is_amount)
    return grown.knowing(_rows(extra, width))
