"""The last check of every public edition: an attack on the tables as they are published, written apart from what hid them.

Of the suppression it shares only what is known of rows whatever they say (`definitions.bounds`): which cells are sensitive
is worked out once more from what each group contributes, and what else ties numbers together is read from the published
tables and the declarations of the catalogue, not from the contributions. What is empty in the public table is what the attacker looks for. He knows everything printed, the
declarations, the ranges that `check` wants, which sums the rules want to agree, and, as a filer (or, where the policy says
so, as two filers together), his own rows.

An unknown is a line (indicator, dimension, member, side) in a province, in deviations from the truth.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path

import highspy
import numpy as np
import polars as pl
from scipy import sparse

from pipeline.disclosure import definitions
from pipeline.disclosure.policy import Policy
from pipeline.filings.rules import FACILITY_SUMS, TOLERANCE, WATER_TWICE
from pipeline.given.regions import NATION_CODE
from pipeline.indicators import inputs
from pipeline.indicators.expressions import parse
from pipeline.indicators.model import Catalogue, Indicator

SPOT = ["indicator_id", "dimension", "member"]
CELL = [*SPOT, "region_code", "year"]
SIDES = ("numerator", "denominator")
EXACT = 1e-9
SLACK = 1e-6  # of the protection: what the solver may be off by

Key = tuple[str, str | None, str | None, str]  # indicator, dimension, member, side
Row = dict[tuple[Key, str], float]  # (line, province) -> factor


@dataclass(frozen=True)
class Verdict:
    """What the attack found. cells: that could be published; hidden: of them; sensitive: sides of cells that the rules
    hold of; attackers: how many; close: [indicator, dimension, member, region, year, side, attacker, distance] of what
    comes too close; smallest: the smallest distance proven for what does not, as a share of what the attacker does not know;
    record: a hash of the publications before (`record.digest`)."""

    cells: int
    hidden: int
    sensitive: int
    attackers: int
    close: list[list[object]] = field(default_factory=list)
    smallest: float = 1.0
    protection: float = 0.0
    record: str = ""

    @property
    def passed(self) -> bool:
        return not self.close

    def write(self, path: Path, tables: Mapping[str, str]) -> None:
        """As JSON, with whether it passed; tables: name -> SHA-256 of those that were attacked, as they were written."""
        told = asdict(self) | {"passed": self.passed, "tables": dict(tables)}
        path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def joined(verdicts: Sequence[Verdict], record: str) -> Verdict:
    """One verdict on several tables of an edition."""
    return Verdict(
        sum(one.cells for one in verdicts), sum(one.hidden for one in verdicts), sum(one.sensitive for one in verdicts),
        max((one.attackers for one in verdicts), default=0), [line for one in verdicts for line in one.close],
        min((one.smallest for one in verdicts), default=1.0), max((one.protection for one in verdicts), default=0.0),
        record,
    )  # fmt: skip


def told(verdict: Verdict, catalogue: Catalogue) -> str:
    """Why the edition is not made public, in one sentence: what must be published and tells a secret was refused before, so
    what is found here is what the choice of hidden cells does not know of."""
    id, _, _, region, year, _, _, far = verdict.close[0]
    where = "全国" if region == NATION_CODE else f"地区 {region} "
    return (
        f"公开版没有通过保密审核：{len(verdict.close)} 处可以推断得过于准确，如 {year} 年{where}的指标 {id}"
        f"（{catalogue[str(id)].title}），与真值相差可小到 {float(str(far)):.1%}，应不小于 {verdict.protection:.0%}；"
        "选取隐去的数值时没有发现这一处，是本产品的缺陷，改 disclosure.yml 未必有用；改正以前不要公开这一版，"
        "请把这句话和 disclosure.yml 一起报告给本产品的维护者。"
    )


def attack(
    true: pl.DataFrame, public: pl.DataFrame, contributions: pl.DataFrame, places: pl.DataFrame, catalogue: Catalogue,
    policy: Policy, targets: frozenset[str], known: pl.DataFrame | None = None, beyond: Iterable[Row] = (),
) -> Verdict:  # fmt: skip
    """Attack `public`. known: CELL that earlier publications have told as it is, which nothing can hide any more. true: the
    same table before disclosure control; contributions, places: see `indicators.evaluate`. beyond: further sums that are
    not above zero, of a table of one year (`ahead.beyond`)."""
    beyond = tuple(beyond)
    told = true.filter(pl.col("entity_id").is_null() & pl.any_horizontal(pl.col("value", *SIDES).is_not_null()))
    shown = public.select(*CELL, *(pl.col(name).alias(f"p_{name}") for name in ("value", *SIDES)))
    both = told.join(shown, on=CELL, how="left", nulls_equal=True)
    if known is not None:
        both = both.join(known.with_columns(_known=True), on=CELL, how="left", nulls_equal=True).with_columns(
            **{f"p_{name}": pl.when(pl.col("_known").is_not_null()).then(name).otherwise(f"p_{name}") for name in ("value", *SIDES)}
        )  # fmt: skip
        open_ = set(known.iter_rows())
    else:
        open_ = set()
    amounts = [one.id for one in catalogue if not one.change_of]
    hidden = both.filter(pl.col("p_value").is_null() & pl.col("value").is_not_null()).height
    verdicts = [
        _Year(both.filter(pl.col("year") == year, pl.col("indicator_id").is_in(amounts)),
              contributions.filter(pl.col("year") == year, pl.col("indicator_id").is_in(amounts)),
              places, catalogue, policy, targets, open_, beyond).attacked()
        for year in both["year"].unique().sort()
    ]  # fmt: skip
    return Verdict(
        both.height, hidden, sum(one.sensitive for one in verdicts), max((one.attackers for one in verdicts), default=0),
        [line for one in verdicts for line in one.close], min((one.smallest for one in verdicts), default=1.0),
        policy.protection,
    )  # fmt: skip


class _Year:
    def __init__(
        self, cells: pl.DataFrame, contributions: pl.DataFrame, places: pl.DataFrame, catalogue: Catalogue, policy: Policy,
        targets: frozenset[str], known: set[tuple[object, ...]], beyond: Sequence[Row],
    ) -> None:  # fmt: skip
        self.known, self.beyond = known, beyond
        self.catalogue, self.policy, self.targets = catalogue, policy, targets
        self.inside: dict[str, list[str]] = {
            str(region): sorted(of["province_code"]) for (region,), of in places.group_by("region_code")
        }
        self.truth = dict[tuple[Key, str], float]()
        self.printed = dict[tuple[Key, str], bool]()
        self.ratios: list[tuple[Key, Key, str]] = []
        self.year = int(cells["year"][0]) if cells.height else 0
        for id, dimension, member, region, *values in cells.select(*SPOT, "region_code", *SIDES, "p_value", *(f"p_{side}" for side in SIDES)).iter_rows():  # fmt: skip
            for at, side in enumerate(SIDES):
                if values[at] is not None:
                    key = (id, dimension, member, side)
                    self.truth[key, region] = float(values[at])
                    self.printed[key, region] = values[3 + at] is not None
            if values[2] is not None and values[3] is None and values[1]:
                self.ratios.append(((id, dimension, member, SIDES[0]), (id, dimension, member, SIDES[1]), region))
        self.lines = sorted({key for key, _ in self.truth}, key=str)
        self.own = dict[str, dict[tuple[Key, str], float]]()
        self.by_group = dict[tuple[Key, str], dict[str, float]]()
        for id, dimension, member, side, province, group, amount in contributions.select(*SPOT, "side", "province_code", "group_id", "amount").iter_rows():  # fmt: skip
            key = (id, dimension, member, side)
            if side in SIDES:
                self.own.setdefault(group, {})[key, province] = amount
                self.by_group.setdefault((key, province), {})[group] = amount
        # A province of a line without a number is nothing there; a row only of the nation is a province of its own.
        self.provinces = sorted({region for _, region in self.truth if region[0].isdigit() and region != NATION_CODE})
        self.unknown: dict[tuple[Key, str], int] = {}
        for key in self.lines:
            for province in self.provinces:
                if self.truth.get((key, province), 0.0):
                    self.unknown[key, province] = len(self.unknown)
        self.x = np.array([self.truth[at] for at in self.unknown])

    # --- what is sensitive ---------------------------------------------------------------------------------

    def sought(self) -> Iterator[tuple[Key, str, dict[str, float]]]:
        """The sides of cells that a rule holds of, with what each group has of them."""
        policy = self.policy
        for (key, region), _ in self.truth.items():
            if policy.is_open(key[0]) or (*key[:3], region, self.year) in self.known:
                continue
            if region == NATION_CODE and key[1] is None and policy.is_exempt(key[0], self.targets):
                continue
            parts = dict[str, float]()
            for province in self.inside.get(region, []):
                for group, amount in self.by_group.get((key, province), {}).items():
                    parts[group] = parts.get(group, 0.0) + abs(amount)
            parts = {group: amount for group, amount in parts.items() if amount}
            if parts and self._hurts(sorted(parts.values(), reverse=True), self._sort(key)):
                yield key, region, parts

    def _hurts(self, parts: Sequence[float], sort: str) -> bool:
        policy, total = self.policy, sum(parts)
        if sort == "things":
            return total < policy.count_threshold
        if len(parts) < policy.min_groups:
            return True
        if sort == "units":
            return total < policy.count_threshold
        return parts[0] / total > policy.dominance or (total - parts[0] - parts[1]) / parts[0] < policy.p

    def _sort(self, key: Key) -> str:
        one = self.catalogue[key[0]]
        side = key[3]
        while one.ratio_of:
            one, side = self.catalogue[one.ratio_of[SIDES.index(side)]], "numerator"
        assert one.table
        text = one.numerator if side == "numerator" else one.denominator
        if text is None:
            return "things"
        columns = inputs.COLUMNS[one.table]
        named = parse(text, columns).meta.root_names()
        if set(named) & set(self.policy.units):
            return "units"
        return "amount" if any(columns[name] == pl.Float64 for name in named) else "things"

    # --- what is known -------------------------------------------------------------------------------------

    def equal(self) -> Iterator[Row]:
        """Sums of deviations that are zero."""
        for (key, region), printed in self.printed.items():
            if printed:
                yield self._of_region(key, region)
        for above, below, region in self.ratios:
            value = self.truth[above, region] / self.truth[below, region]
            yield definitions.added((self._of_region(above, region), 1.0), (self._of_region(below, region), -value))
        for one, other, factor in self._same():
            for province in self.provinces:
                a, b = self.truth.get((one, province), 0.0), self.truth.get((other, province), 0.0)
                if a and b and (factor is None or _alike(a, factor * b)):
                    yield {(one, province): 1.0, (other, province): -a / b}

    def bounded(self) -> Iterator[tuple[Row, bool]]:
        """Sums that are not above zero; true for those that are zero where the truth has it so."""
        for factors in definitions.bounds(self.catalogue, self.lines):
            for province in self.provinces:
                yield {(line, province): factor for line, factor in factors.items()}, False
        for factors in definitions.agreeing(self.catalogue, self.lines):
            for province in self.provinces:
                row = {(line, province): factor for line, factor in factors.items()}
                if all(sum(factor * own.get(at, 0.0) for at, factor in row.items()) <= 0 for own in self.own.values()):
                    yield row, False
        for wholes, parts in self._wholes():
            for province in self.provinces:
                yield {(wholes, province): -1.0, **{(part, province): 1.0 for part in parts}}, True

    def near(self) -> Iterator[Row]:
        """Sums that are nearly zero: what the rules of the intake want to agree."""
        final = "carrier = 'electricity' AND supply IN ('own', 'received')"
        for table, column, kinds in FACILITY_SUMS.values():
            energy = self._first("energy", "quantity", final)
            beside = self._first(table, column, None)
            if not energy or not beside:
                continue
            facilities = {kinds: [None]} if isinstance(kinds, str) else {
                one: [kind for kind, its in kinds.items() if its == one] for one in set(kinds.values())
            }  # fmt: skip
            for facility, members in facilities.items():
                whole = (energy, "facility_type", facility, "numerator")
                parts = [(beside, None if one is None else "kind", one, "numerator") for one in members]
                yield from self._nearly(whole, parts)
        table, column, facility = WATER_TWICE
        used = self._first("energy", "quantity", "carrier = 'water' AND supply IN ('own', 'received')")
        if used and (litres := self._first(table, f"{column} * 1000", None)):
            water: Key = (used, "facility_type", facility, "numerator")
            yield from self._nearly(water, [(litres, None, None, "numerator")], 1e-3)

    def traded(self) -> Iterator[Row]:
        """Sums that are nearly zero, of what ones have sold and others bought."""
        sold, got = (self._first("energy", "quantity", f"carrier = 'electricity' AND supply = '{one}'") for one in ("resold", "received"))  # fmt: skip
        if sold and got:
            yield from self._nearly((sold, None, None, "numerator"), [(got, None, None, "numerator")])

    def _nearly(self, whole: Key, parts: Sequence[Key], scale: float = 1.0) -> Iterator[Row]:
        for region in self.inside:
            minus = ((self._of_region(part, region), -scale) for part in parts)
            row = definitions.added((self._of_region(whole, region), 1.0), *minus)
            size = sum(self.truth.get((whole, province), 0.0) for province in self.inside[region])
            kinds = [key for key in self.lines if key[0] == whole[0] and key[1] == "entity_kind"]
            # Some kinds of enterprises file only one of the two, nearly all that they use: the rest tells it.
            for kind in (None, *kinds) if row else ():
                more = row if kind is None else definitions.added((row, 1.0), (self._of_region(kind, region), -1.0))
                off = sum(factor * self.truth[at] for at, factor in more.items())
                # A filer whose own two numbers differ knows by how much, and that those of the others agree.
                agree = abs(off) <= TOLERANCE * size
                for own in () if agree else self.own.values():
                    mine = sum(own.get((whole, province), 0.0) for province in self.inside[region])
                    left = off - sum(factor * own.get(at, 0.0) for at, factor in more.items())
                    agree = agree or (abs(left) <= TOLERANCE * (size - mine) and size - mine > SLACK * size)
                if agree and len(more) > len(row) * (kind is not None):
                    yield more

    def _first(self, table: str, column: str, where: str | None) -> str | None:
        return next((one.id for one in self.catalogue if (one.table, one.numerator, one.where) == (table, column, where) and not one.kinds), None)  # fmt: skip

    def _same(self) -> Iterator[tuple[Key, Key, float | None]]:
        """Lines that are declared as the same amounts, with the factor between them (None: that of each province)."""
        by = dict[tuple[object, ...], Key]()
        for key in self.lines:
            id, dimension, member, side = key
            one = self.catalogue[id]
            named: list[tuple[Indicator, str, float]] = []
            if one.ratio_of:
                of = self.catalogue[one.ratio_of[SIDES.index(side)]]
                named.append((of, "numerator", one.scale if side == "numerator" else 1.0))
            else:
                named.append((one, side, 1.0))
            for of, of_side, scale in named:
                text = (of.numerator if of_side == "numerator" else of.denominator) or "1"
                what = (of.table, of.where, text, of.kinds, of.constant_prices, None if of_side == "denominator" and one.across else dimension, None if of_side == "denominator" and one.across else member)  # fmt: skip
                first = by.setdefault(what, key)
                if first != key:
                    yield key, first, scale
                by.setdefault((key,), key)
        there = set(self.lines)
        electricity = ("energy.electricity", None, None, "numerator")
        in_coal = ("energy.total", "carrier", "electricity", "numerator")
        grid = ("carbon.grid_electricity", None, None, "numerator")
        pairs: list[tuple[Key, Key]] = [
            (in_coal, electricity),
            (("carbon.location", "scope", "scope_2", "numerator"), grid),
            (("carbon.location", "scope", "scope_1", "numerator"), ("carbon.fuels", None, None, "numerator")),
        ]
        for line, like in pairs:
            if line in there and like in there:
                yield line, like, None

    def _wholes(self) -> Iterator[tuple[Key, list[Key]]]:
        """A line and the members that are its parts."""
        of = dict[tuple[str, str, str], list[Key]]()
        for key in self.lines:
            if key[1] is not None:
                of.setdefault((key[0], key[1], key[3]), []).append(key)
        there = set(self.lines)
        for (id, _, side), members in of.items():
            whole: Key = (id, None, None, side)
            if self.catalogue[id].across and side == "numerator":
                whole = (*members[0][:3], "denominator")
            if whole in there:
                yield whole, members

    def _of_region(self, key: Key, region: str) -> Row:
        return {(key, province): 1.0 for province in self.inside.get(region, []) if (key, province) in self.unknown}

    # --- the attack ----------------------------------------------------------------------------------------

    def _matrix(self, rows: Iterable[Row]) -> sparse.csr_matrix:
        data, columns, starts = list[float](), list[int](), [0]
        for row in rows:
            for at, factor in row.items():
                if at in self.unknown:
                    columns.append(self.unknown[at])
                    data.append(factor)
            if len(columns) > starts[-1]:
                starts.append(len(columns))
        return sparse.csr_matrix((data, columns, starts), shape=(len(starts) - 1, len(self.unknown)))

    def attacked(self) -> Verdict:
        wanted = [(key, region, parts) for key, region, parts in self.sought() if self._of_region(key, region)]
        equal = self._matrix(self.equal())
        limits, are_equal = [], []
        for row, may_be_equal in self.bounded():
            row = {at: factor for at, factor in row.items() if at in self.unknown}
            if not row:
                continue
            left = sum(factor * self.truth[at] for at, factor in row.items())
            size = max(abs(factor * self.truth[at]) for at, factor in row.items())
            if abs(left) <= EXACT * size and may_be_equal:
                are_equal.append(row)
            elif left <= EXACT * size:
                limits.append(row)
        equal = sparse.csr_matrix(sparse.vstack([equal, self._matrix(are_equal)]))
        bounds, beyond = self._matrix(limits), self._matrix(self.beyond)
        near = self._matrix(self.near()), self._matrix(self.traded())
        # What is printed is known, and what is left alone in a sum of known numbers; these need not be looked for.
        unsure = np.ones(len(self.x))
        while True:
            equal = sparse.csr_matrix(equal @ sparse.diags(unsure))
            equal.eliminate_zeros()
            alone = equal.indices[equal.indptr[:-1][np.diff(equal.indptr) == 1]]
            if not len(alone):
                break
            unsure[alone] = 0.0
        unsure_at = np.flatnonzero(unsure)
        equal = sparse.csr_matrix(equal[np.flatnonzero(np.diff(equal.indptr))])
        close, smallest = list[list[object]](), 1.0
        filers = sorted(self.own)
        attackers: list[tuple[str, ...]] = [(), *((one,) for one in filers)]
        attackers += combinations(filers, 2) if self.policy.pairs else ()
        for who in attackers:
            mine = np.array([sum(self.own[one].get(at, 0.0) for one in who) for at in self.unknown])
            sought = [
                (key, region, sum(part for one, part in parts.items() if one not in who))
                for key, region, parts in wanted
            ]
            sought = [one for one in sought if one[2] > SLACK * self._whole(one[0], one[1])]
            if not sought:
                continue
            for (key, region, _), far in zip(
                sought, self._distances(equal, bounds, near, beyond, mine, sought, unsure_at), strict=True
            ):
                if far < self.policy.protection * (1 - SLACK):
                    close.append([*key[:3], region, self.year, key[3], "+".join(who) or None, round(far, 6)])
                else:
                    smallest = min(smallest, far)
        return Verdict(0, 0, len(wanted), len(attackers), close, smallest)

    def _whole(self, key: Key, region: str) -> float:
        return sum(abs(self.truth[at]) for at in self._of_region(key, region))

    def _distances(
        self, equal: sparse.csr_matrix, bounds: sparse.csr_matrix, near: Sequence[sparse.csr_matrix], beyond: sparse.csr_matrix, mine: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
        sought: Sequence[tuple[Key, str, float]], unsure: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    ) -> list[float]:  # fmt: skip
        """How far off each can be placed, the nearer of both sides, told up to a little more than the protection."""
        others, size, many = self.x - mine, len(unsure), len(sought)
        # He leaves out what he filed himself, but not where it is what another one sold him.
        left, off = -(bounds @ others), np.concatenate([np.abs(near[0] @ others), np.abs(near[1] @ self.x)])
        kept = np.flatnonzero(left >= -EXACT * (abs(bounds) @ np.abs(others)))
        scale = sparse.diags(self.x).tocsc()[:, unsure]
        goals = self._matrix(self._of_region(key, region) for key, region, _ in sought)
        goals = sparse.diags([1 / rest for _, _, rest in sought]) @ goals
        loose = sparse.vstack([bounds[kept], *near, *(-one for one in near), beyond])
        # What goes beyond is of all together, also of what the attacker knows himself.
        most = np.concatenate([np.maximum(left[kept], 0.0), off, off, np.maximum(-(beyond @ self.x), 0.0)])
        blocks = []
        held = [sparse.csr_matrix(matrix @ scale) for matrix in (equal, loose, goals)]
        there = np.flatnonzero(np.diff(held[1].indptr))
        held[1], most = held[1][there], most[there]
        for matrix in held:
            blocks.append([matrix, sparse.csr_matrix((matrix.shape[0], many))])
        blocks[2][1] = -sparse.eye(many)
        whole = sparse.csr_matrix(sparse.bmat(blocks))
        heads = np.maximum(abs(whole).max(axis=1).toarray().ravel(), 1e-300)
        heads[held[0].shape[0] + held[1].shape[0] :] = 1.0
        whole = sparse.csr_matrix(sparse.diags(1 / heads) @ whole)
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = size + many, whole.shape[0]
        program.col_cost_ = np.zeros(size + many)
        program.col_lower_ = np.concatenate([np.minimum(mine / self.x - 1, 0.0)[unsure], np.full(many, -np.inf)])
        program.col_upper_ = np.full(size + many, np.inf)
        ends = np.concatenate([np.zeros(equal.shape[0]), most, np.zeros(many)])
        program.row_upper_ = ends / heads
        program.row_lower_ = np.concatenate([np.zeros(equal.shape[0]), np.full(len(most), -np.inf), np.zeros(many)])
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_, program.a_matrix_.index_, program.a_matrix_.value_ = (
            whole.indptr,
            whole.indices,
            whole.data,
        )
        solver = highspy.Highs()
        solver.silent()
        solver.setOptionValue("threads", 1)  # as everywhere: a process has one scheduler, which refuses another number
        solver.passModel(program)
        solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
        cap = self.policy.protection * 1.05
        nearest = np.full(many, np.inf)
        for sign in (1.0, -1.0):
            best, open_ = np.full(many, -np.inf), list(range(many))
            while open_:
                reached = _run(solver, size, open_, sign, cap)
                best[open_] = np.maximum(best[open_], reached)
                after = [at for at in open_ if best[at] < self.policy.protection * (1 - SLACK)]
                if len(after) == len(open_):
                    for at in after:  # none of these helps another: each by itself
                        best[at] = _run(solver, size, [at], sign, cap)[0]
                    break
                open_ = after
            nearest = np.minimum(nearest, best)
        return [float(one) for one in nearest]


def _run(solver: highspy.Highs, first: int, chosen: Sequence[int], sign: float, cap: float) -> list[float]:
    """The distances of the chosen goals in the world in which they are farthest off together."""
    for at in chosen:
        solver.changeColCost(first + at, sign)
        solver.changeColBounds(first + at, *((-np.inf, cap) if sign > 0 else (-cap, np.inf)))
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        solver.clearSolver()
        solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"the attack was not solved: {solver.getModelStatus()}")
    values = solver.getSolution().col_value
    for at in chosen:
        solver.changeColCost(first + at, 0.0)
        solver.changeColBounds(first + at, -np.inf, np.inf)
    return [sign * values[first + at] for at in chosen]


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= EXACT * max(abs(one), abs(other))
