"""Which published numbers can be computed from which? Every number of a year becomes a sum of the same few unknowns.

An unknown is what a line (an indicator, or a member of one of its dimensions, on one side) amounts to in one province. A
published number is a sum of unknowns over the provinces of its region. Lines that are the same thing, up to a unit, share
their unknowns (用电量 and the 电力 of 综合能耗), found from the contributions themselves, so that no table is protected alone
while another one tells the same; and lines that are the sum of others (all facility types, a class of several sizes) are
relations among unknowns. Chained volumes do not add up exactly, but nearly: here they are taken to add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.disclosure import rules
from pipeline.disclosure.policy import Policy, PublishedTotal
from pipeline.disclosure.rules import CELL
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
    is_amount: which unknowns are amounts, not counts.
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

    def parts(self) -> list[System]:
        """The systems into which it falls: no number and no relation holds unknowns of two of them."""
        links = sparse.csr_matrix(sparse.vstack([self.numbers, self.always]))
        links.data[:] = 1
        many, part = csgraph.connected_components(links.T @ links, directed=False)
        of_number = _part_of_rows(self.numbers, part)
        of_always = _part_of_rows(self.always, part)
        found = []
        for one in range(many):
            inside, rows = np.flatnonzero(part == one), np.flatnonzero(of_number == one)
            place = {int(row): n for n, row in enumerate(rows)}
            found.append(
                System(
                    self.cells, self.amounts[inside], self.own[inside], self.groups, self.numbers[rows][:, inside],
                    self.holders[rows], {key: place[n] for key, n in self.number_of.items() if n in place},
                    self.always[np.flatnonzero(of_always == one)][:, inside],
                    tuple(place[n] for n in self.implied if n in place),
                    None if self.is_amount is None else self.is_amount[inside],
                )
            )  # fmt: skip
        return found


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
    is_amount = np.zeros(len(own), dtype=bool)
    for line, (id, _, _, side) in enumerate(lines.iter_rows()):
        is_amount[unknown[line][unknown[line] >= 0]] |= (
            rules.measured(catalogue, catalogue[id], side, policy) == "amount"
        )
    matrix, holders, number_of = _numbers(cells, lines, places, provinces, unknown, scale, len(own))
    always = _rows(relations, len(own))
    found = System(cells, own.sum(axis=1), own, tuple(groups), matrix, holders, number_of, always, is_amount=is_amount)
    found = _with_differences(found, lines, cube, unknown, scale, catalogue, places, provinces)
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
    """In each province: a line without dimension less the members of a dimension that it is the sum of, all or some of
    them, of its own indicator or another one of the same table."""
    numbered = lines.with_row_index("line")
    wholes = numbered.filter(pl.col("dimension").is_null())["line"].to_list()
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
    matrices = [system.numbers.copy(), system.always.copy()]
    for matrix in matrices:
        matrix.resize((matrix.shape[0], width))
    every = np.concatenate(own)
    grown = replace(
        system, amounts=every.sum(axis=1), own=every, numbers=matrices[0], always=matrices[1],
        is_amount=np.concatenate(is_amount) if is_amount else None,
    )  # fmt: skip
    first = grown.numbers.shape[0]
    grown = grown.knowing(_rows(always, width)).telling(_rows(numbers, width))
    return replace(grown, implied=tuple(range(first, first + len(numbers))))


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
    numbers, always_known = system.numbers.copy(), system.always.copy()
    for matrix in (numbers, always_known):
        matrix.resize((matrix.shape[0], width))
    more = width - len(system.amounts)
    is_amount = None if system.is_amount is None else np.concatenate([system.is_amount, np.zeros(more, dtype=bool)])
    grown = replace(
        system, amounts=np.concatenate(amounts), own=np.concatenate(own), numbers=numbers, always=always_known,
        is_amount=is_amount,
    )  # fmt: skip
    return grown.knowing(_rows(extra, width))
