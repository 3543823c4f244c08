"""What is hidden in an edition? The rules, the policy's ties and secondary suppression together, checked by the audit."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse

from pipeline.disclosure import relations, rules
from pipeline.disclosure.audit import attacks, close, exposed, intervals
from pipeline.disclosure.fewer import Cells, fewer
from pipeline.disclosure.policy import Policy
from pipeline.disclosure.record import Bound
from pipeline.disclosure.relations import Bools, Floats, System
from pipeline.disclosure.rules import CELL
from pipeline.disclosure.suppression import DEAR, Open, implied, suppress
from pipeline.errors import DataError
from pipeline.given.regions import NATION_CODE
from pipeline.indicators.evaluate import ECONOMIC, SIDES
from pipeline.indicators.model import Catalogue
from pipeline.output import placed

PATTERN: dict[str, pl.DataType] = {
    "indicator_id": pl.String(), "dimension": pl.String(), "member": pl.String(), "region_code": pl.String(),
    "year": pl.Int64(), "rule": pl.String(), "value_only": pl.Boolean(),
}  # fmt: skip
"""A hidden cell and why (`rules.RULES`). value_only: of a ratio the value is published and its parts are not, for it is exempt or
hidden only beside others."""

# What it costs to hide a cell: of a region without and with a dimension. Economic regions go first, the nation long after
# the rest: its scenarios and its breakdowns are what most readers come for.
_WEIGHTS = {"nation": (10_000.0, 2000.0), "province": (100.0, 10.0), "economic": (30.0, 5.0)}
_TARGET = 5.0  # indicators of the plan's targets are dearer by so much
_SOONER = 0.02  # those that the policy gives up sooner are cheaper
TOLD_ALONE = 0.01  # so much as of a hidden cell costs one of which the value is told
ROUNDS, EARLIER = 12, 3  # of the search for fewer cells, in the year of the report and in those before it
_MANY = 10_000  # cells of all years, from which on starting processes costs less than it saves


@dataclass(frozen=True)
class Material:
    """All that the pattern depends on. cells: `rules.published` of the table; contributions, places: see `evaluate`;
    targets: the indicators of the plan; baseline_year: that changes are counted from; bound: what earlier publications ask
    for."""

    cells: pl.DataFrame
    contributions: pl.DataFrame
    places: pl.DataFrame
    catalogue: Catalogue
    policy: Policy
    targets: frozenset[str]
    baseline_year: int
    bound: Bound | None = None


def pattern(of: Material, earlier: pl.DataFrame | None = None) -> pl.DataFrame:
    """PATTERN: the cells that are not published, in a fixed order.

    earlier: PATTERN of earlier editions: what they hid stays hidden, and ratios told alone are told alone. Raises DataError where a number cannot be protected
    because what tells it must be published (exempt or open).
    """
    found = rules.sensitive(of.cells, of.contributions, of.places, of.catalogue, of.policy, of.targets)
    hidden, alone = [found.group_by(CELL).agg(pl.col("rule").first())], [_value_only(of)]
    if earlier is not None:
        before = earlier.filter(~pl.col("value_only")).join(of.cells, on=CELL, how="semi", nulls_equal=True)
        hidden.append(before.filter(~_is_free(of)).select(*CELL, rule=pl.lit("earlier")))
        told = earlier.filter("value_only").join(of.cells, on=CELL, how="semi", nulls_equal=True)
        alone.append(told.filter(~_is_free(of)).select(*CELL, rule=pl.lit("earlier")))
    if of.bound is not None:
        alone.append(of.bound.values.with_columns(rule=pl.lit("earlier")))
        hidden.append(of.bound.hidden.with_columns(rule=pl.lit("earlier")))
        hidden.append(of.bound.restated.filter(~_is_free(of)).with_columns(rule=pl.lit("restated")))
        ratios = [one.id for one in of.catalogue if one.is_quotient]
        free = of.bound.restated.filter(_is_free(of) & pl.col("indicator_id").is_in(ratios))
        alone.append(free.with_columns(rule=pl.lit("restated")))
    cells = _unknown(of, _with_ties(of, _first(hidden)))
    values = _first(alone).join(cells, on=CELL, how="anti", nulls_equal=True)
    each = list[tuple[Material, pl.DataFrame, pl.DataFrame, pl.DataFrame, int]]()
    for year in sorted(of.cells["year"].unique(), reverse=True):
        now, parts, *more = (
            frame.filter(pl.col("year") == year) for frame in (of.cells, of.contributions, found, cells, values)
        )
        rounds = EARLIER if each else ROUNDS
        each.append((replace(of, cells=now, contributions=parts), more[0], more[1], more[2], rounds))
    years = _by_year(each)
    cells, values = (_first([one, *(of_year[at] for of_year in years)]) for at, one in enumerate((cells, values)))
    changes = _changes(of, cells)
    cells = _unknown(of, _first([cells, changes.filter(~_is_free(of))]))
    values = _first([values, changes.filter(_is_free(of))])
    both = pl.concat(
        [
            cells.with_columns(value_only=pl.lit(False)),
            values.join(cells, on=CELL, how="anti", nulls_equal=True).with_columns(value_only=pl.lit(True)),
        ]
    )
    return both.select(list(PATTERN)).sort(CELL)


def _by_year(
    each: Sequence[tuple[Material, pl.DataFrame, pl.DataFrame, pl.DataFrame, int]],
) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    """`_secondary` of each year; of large tables in processes of their own, for no year depends on another one."""
    if len(each) == 1 or sum(of.cells.height for of, *_ in each) < _MANY:
        return [_secondary(*one) for one in each]
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(each)), get_context("spawn")) as processes:
        return list(processes.map(_secondary, *zip(*each, strict=True)))


def _secondary(
    of: Material, found: pl.DataFrame, cells: pl.DataFrame, values: pl.DataFrame, rounds: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """CELL, rule, twice: what is hidden in a year beyond `cells`, so that nothing of `found` (`rules.sensitive`) is told; and
    the ratios of which only the parts are."""
    more, alone = [cells.clear().select(*CELL, "rule")], [cells.clear().select(*CELL, "rule")]
    for _, system in relations.systems(of.cells, of.contributions, of.places, of.catalogue, of.policy):
        mask = marked(system, pl.concat([cells.select(CELL), values.select(CELL)]))
        system, keys = _with_ratios(system, values), sides_of(system, found)
        ties, unsafe = _ties(system, of), partial(rules.unsafe, policy=of.policy)
        done = suppress(system, keys, mask, _weights(system, of), of.policy.protection, ties, unsafe)
        if done.open:
            _refuse(done.open[0], of.catalogue)
        hidden, told = _fewer(system, of, keys, mask, done.hidden, rounds)
        for frames, which in ((more, hidden & ~mask & ~told), (alone, told)):
            frames.append(system.cells.filter(pl.Series(which)).with_columns(rule=pl.lit("secondary")))
    return pl.concat(more), pl.concat(alone)


def _fewer(
    system: System, of: Material, keys: Sequence[tuple[int, int]], first: Bools, hidden: Bools, rounds: int
) -> tuple[Bools, Bools]:
    """As few of the hidden cells as are found to do beside those of `first`, and which of them are ratios that are told alone."""
    mine, many, unsafe = hidden & ~first, len(hidden), partial(rules.unsafe, policy=of.policy)
    ties = {cell: others for cell, others in _ties(system, of).items() if mine[cell]}
    rows, ratios = _ratios(system, np.flatnonzero(mine))
    # What is linked is told alone together, or none of it.
    can = {cell for cell in ratios if all(other in ratios for other in ties.get(cell, ()))}
    rows, ratios = rows[[n for n, cell in enumerate(ratios) if cell in can]], [cell for cell in ratios if cell in can]
    value_of = {cell: many + n for n, cell in enumerate(ratios)}
    both = ties | {
        at: [cell, *(other for tied in ties.get(cell, ()) for other in (tied, value_of[tied]))]
        for cell, at in value_of.items()
    }
    prices = 1 + _weights(system, of) / DEAR
    costs = np.concatenate([prices, prices[ratios]])
    costs[ratios] = TOLD_ALONE

    def wanted(part: System) -> list[int]:
        return [*dict.fromkeys(part.number_of[key] for key in keys if key in part.number_of), *implied(part, unsafe)]

    found = fewer(
        system.priced(rows), wanted, np.concatenate([hidden, np.ones(len(ratios), dtype=bool)]),
        Cells(np.concatenate([first, np.zeros(len(ratios), dtype=bool)]), costs, both), of.policy.protection, unsafe, rounds,
    )  # fmt: skip
    alone = np.zeros(many, dtype=bool)
    alone[ratios] = found[ratios] & ~found[many:]
    return found[:many], alone


def _unknown(of: Material, cells: pl.DataFrame) -> pl.DataFrame:
    """Without the cells of which everybody knows the value from an earlier publication."""
    if of.bound is None:
        return cells
    return cells.join(pl.concat([of.bound.known, of.bound.values]), on=CELL, how="anti", nulls_equal=True)


def kept(path: Path, materials: Sequence[Material], earlier: Path) -> pl.DataFrame:
    """The one PATTERN of several tables of an edition, from `path` if it was made of the same; else made and written there.

    earlier: the pattern of the edition of the year before, where there is one. What one table hides is hidden in all.
    """
    before = pl.read_parquet(earlier, glob=False) if earlier.is_file() else None
    key = _key(materials, before)
    if path.is_file() and pl.read_parquet_metadata(path).get(_KEY) == key:
        found = pl.read_parquet(path, glob=False)
        if all(one.bound is None or one.bound.fits(found) for one in materials):
            return found
    found, grown = pattern(materials[0], before), len(materials) > 1
    while grown:
        size = found.height
        for one in materials:
            found = _united(found, pattern(one, found if before is None else pl.concat([before, found])))
        grown = found.height > size
    with placed(path) as beside:
        found.write_parquet(beside, metadata={_KEY: key})
    return found


_KEY = "made_of"
_TIES = {
    "id", "table", "where", "numerator", "denominator", "kinds", "across", "valid_range", "ratio_of", "scale", "change_of",
}  # fmt: skip
"""What an indicator declares that tells numbers by one another."""


def _key(materials: Sequence[Material], before: pl.DataFrame | None) -> str:
    digest = hashlib.sha256()
    # Another way to choose, or more that is known, hides other cells.
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    for one in materials:
        told = (one.policy.model_dump_json(), sorted(one.targets), one.baseline_year)
        digest.update(repr(told).encode())
        digest.update(repr([indicator.model_dump(include=_TIES) for indicator in one.catalogue]).encode())
        for frame in (one.cells.select(*CELL, "value", *SIDES), one.contributions, one.places):
            digest.update(frame.write_csv().encode())
    digest.update(b"" if before is None else before.write_csv().encode())
    return digest.hexdigest()


def _united(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """The cells of both; the reason of the first, and value_only only where both say so."""
    both = (
        pl.concat([one, other])
        .group_by(CELL, maintain_order=True)
        .agg(pl.col("rule").first(), pl.col("value_only").all())
    )
    return both.select(list(PATTERN)).sort(CELL)


def check(of: Material, hidden: pl.DataFrame) -> pl.DataFrame:
    """CELL, side, attacker, below, above: every attack that comes too close with `hidden` (PATTERN); empty if none does.

    Without an indicator: a sum or difference of cells that would be sensitive as a cell. below, above: how far off the number can be, as a share of what the attacker does not know of it. attacker: a group or
    two (`A+B`), or null for somebody who contributes nothing.
    """
    found = rules.sensitive(of.cells, of.contributions, of.places, of.catalogue, of.policy, of.targets)
    told: list[tuple[object, ...]] = []
    for year, system in relations.systems(of.cells, of.contributions, of.places, of.catalogue, of.policy):
        now = hidden.filter(pl.col("year") == year)
        system, mask = _with_ratios(system, now.filter("value_only")), marked(system, now)
        wanted = sides_of(system, found.filter(pl.col("year") == year))
        for part in system.parts():
            numbers = {part.number_of[key]: key for key in reversed(wanted) if key in part.number_of}
            part, others = _with_sums(part, mask, of.policy)
            every = list(attacks(part, [*sorted(numbers), *others]))
            found_close = dict.fromkeys(one for one, _ in close(part, mask, every, of.policy.protection))
            for one in intervals(part, mask, list(found_close)):
                if not one.protects(of.policy.protection):
                    cell, side = numbers.get(one.attack.number, (None, None))
                    what = (None,) * (len(CELL) - 1) + (year,) if cell is None else system.cells.row(cell)
                    who = "+".join(part.groups[at] for at in one.attack.attacker) or None
                    told.append((*what, side if side is None else SIDES[side], who, one.below, one.above))
    schema = {name: PATTERN[name] for name in CELL} | {
        "side": pl.String(), "attacker": pl.String(), "below": pl.Float64(), "above": pl.Float64(),
    }  # fmt: skip
    return pl.DataFrame(told, schema=schema, orient="row")


def _with_sums(part: System, hidden: Bools, policy: Policy) -> tuple[System, list[int]]:
    """The part with the sums of hidden cells that it leaves over, and the numbers that no cell tells and that are sensitive."""
    unsafe = partial(rules.unsafe, policy=policy)
    first, rows = part.numbers.shape[0], exposed(part, hidden, unsafe)
    return part.telling(rows), [*implied(part, unsafe), *range(first, first + rows.shape[0])]


# --- cells of a system -------------------------------------------------------------------------------------


def marked(system: System, cells: pl.DataFrame) -> Bools:
    """Which cells of the system are among `cells` (CELL)."""
    at = system.cells.with_row_index("_at").join(cells.select(CELL).unique(), on=CELL, how="semi", nulls_equal=True)
    mask = np.zeros(system.cells.height, dtype=bool)
    mask[at["_at"].to_numpy()] = True
    return mask


def sides_of(system: System, found: pl.DataFrame) -> list[tuple[int, int]]:
    """The cells and sides that are sensitive, in their order; found: `rules.sensitive`."""
    at = system.cells.with_row_index("_at").join(found, on=CELL, nulls_equal=True)
    which = {name: place for place, name in enumerate(SIDES)}
    return sorted((row[0], which[row[1]]) for row in at.select("_at", "side").iter_rows() if row[1] in which)


def _first(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """CELL, rule: each cell once, with the rule that comes first in `rules.RULES`."""
    rank = pl.col("rule").replace_strict({name: place for place, name in enumerate(rules.RULES)}, return_dtype=pl.Int64)
    return pl.concat([frame.select(*CELL, "rule") for frame in frames]).sort(rank, *CELL).unique(CELL, keep="first", maintain_order=True)  # fmt: skip


def _level(region: pl.Expr) -> pl.Expr:
    return (
        pl.when(region == NATION_CODE).then(pl.lit("nation"))
        .when(region.str.contains(r"^\d{6}$")).then(pl.lit("province"))
        .otherwise(pl.lit("economic"))
    )  # fmt: skip


def _is_free(of: Material) -> pl.Expr:
    """Published in any case: open, or exempt."""
    ids = [one.id for one in of.catalogue if of.policy.is_open(one.id)]
    exempt = [one.id for one in of.catalogue if of.policy.is_exempt(one.id, of.targets)]
    of_nation = (pl.col("region_code") == NATION_CODE) & pl.col("dimension").is_null()
    return pl.col("indicator_id").is_in(ids) | (pl.col("indicator_id").is_in(exempt) & of_nation)


def _weights(system: System, of: Material) -> Floats:
    told = pl.col("dimension").is_not_null()
    plain, parted = (
        _level(pl.col("region_code")).replace_strict(
            {name: pair[which] for name, pair in _WEIGHTS.items()}, return_dtype=pl.Float64
        )
        for which in (0, 1)
    )
    aims = pl.col("indicator_id").is_in(sorted(of.targets))
    cells = system.cells
    weight = pl.when(told).then(parted).otherwise(plain) * pl.when(aims).then(_TARGET).otherwise(1.0)
    weight = weight * pl.when(pl.col("indicator_id").is_in(of.policy.sooner)).then(_SOONER).otherwise(1.0)
    if of.bound is not None:
        cells = cells.join(of.bound.known.with_columns(_known=True), on=CELL, how="left", nulls_equal=True, maintain_order="left")  # fmt: skip
    known = pl.col("_known").is_not_null() if of.bound is not None else pl.lit(False)
    return cells.select(pl.when(_is_free(of) | known).then(np.inf).otherwise(weight).alias("_weight"))[
        "_weight"
    ].to_numpy()


# --- what goes together ------------------------------------------------------------------------------------


def _ties(system: System, of: Material) -> Mapping[int, list[int]]:
    """Cell -> those of linked indicators for the same region, year and member."""
    group = {id: place for place, ids in enumerate(of.policy.linked) for id in ids}
    linked = system.cells.with_row_index("_at").with_columns(
        _group=pl.col("indicator_id").replace_strict(group, default=None, return_dtype=pl.Int64)
    )
    spots = linked.drop_nulls("_group").group_by("_group", "dimension", "member", "region_code").agg("_at")
    return {cell: [other for other in all_ if other != cell] for all_ in spots["_at"].to_list() for cell in all_}


def _with_ties(of: Material, cells: pl.DataFrame) -> pl.DataFrame:
    """With the cells that are tied to one of `cells` by the policy."""
    frames = [cells]
    spot = CELL[1:]
    for ids in of.policy.linked:
        here = cells.filter(pl.col("indicator_id").is_in(ids)).select(spot).unique()
        more = of.cells.filter(pl.col("indicator_id").is_in(ids) & ~_is_free(of))
        frames.append(more.join(here, on=spot, how="semi", nulls_equal=True).select(*CELL, rule=pl.lit("derived")))
    return _first(frames)


def _changes(of: Material, cells: pl.DataFrame) -> pl.DataFrame:
    """CELL, rule: the changes since the baseline of which one of the two years is among the hidden `cells`: with the other
    year they would tell it, and they stand beside the values of both."""
    parts = {one.id: one.change_of for one in of.catalogue if one.change_of}
    changes = of.cells.filter(pl.col("indicator_id").is_in(list(parts)))
    named = changes.select(*CELL, _of=pl.col("indicator_id").replace_strict(parts, return_dtype=pl.String))
    hidden = cells.filter(pl.col("dimension").is_null()).select("region_code", "year", _of="indicator_id")
    now = named.join(hidden, on=["_of", "region_code", "year"], how="semi")
    base = hidden.filter(pl.col("year") == of.baseline_year)
    since = named.join(base, on=["_of", "region_code"], how="semi")
    return _first([frame.select(*CELL, rule=pl.lit("derived")) for frame in (now, since)])


# --- exempt ratios -----------------------------------------------------------------------------------------


def _value_only(of: Material) -> pl.DataFrame:
    """CELL, rule: the exempt ratios that the rules hold of: their parts are not published."""
    strict = of.policy.model_copy(update={"exempt": ()})
    quotients = [one.id for one in of.catalogue if one.is_quotient and of.policy.is_exempt(one.id, of.targets)]
    mine = of.cells.filter(
        pl.col("indicator_id").is_in(quotients), pl.col("region_code") == NATION_CODE, pl.col("dimension").is_null()
    )
    found = rules.sensitive(mine, of.contributions, of.places, of.catalogue, strict, of.targets)
    return found.group_by(CELL).agg(pl.col("rule").first())


def _with_ratios(system: System, cells: pl.DataFrame) -> System:
    """The system in which the values of these ratios are known."""
    return system.knowing(_ratios(system, np.flatnonzero(marked(system, cells)))[0])


def _ratios(system: System, cells: Iterable[int]) -> tuple[sparse.csr_matrix, list[int]]:
    """What is known by the value alone: numerator - value x denominator is nothing; and of which cells, those of ratios."""
    wholes, rows, those = system.wholes(), [system.numbers[:0]], list[int]()
    for cell in cells:
        above, below = (system.number_of.get((int(cell), side)) for side in (0, 1))
        if above is not None and below is not None and wholes[below]:
            rows.append(system.numbers[above] - wholes[above] / wholes[below] * system.numbers[below])
            those.append(int(cell))
    return sparse.csr_matrix(sparse.vstack(rows)), those


def _where(region: str) -> str:
    if region == NATION_CODE:
        return "全国"
    return next((name for name, code in ECONOMIC.items() if code == region), f"地区 {region} ")


def _refuse(one: Open, catalogue: Catalogue) -> None:
    cell = next((cell for (cell, _), number in one.part.number_of.items() if number == one.attack.number), None)
    if cell is None:  # a sum or a difference of cells: told by the first cell of its part
        cell = min(cell for cell, _ in one.part.number_of)
    id, _, _, region, year = one.part.cells.row(cell)
    raise DataError(
        "disclosure.unprotected",
        f"{year} 年{_where(region)}的指标 {id}（{catalogue[id].title}）需要保密，但由一律公布的指标（disclosure.yml 的 open、exempt）"
        "和企业自行公布的总数可以推出；请从中去掉有关指标，或减小 protection。",
    )
