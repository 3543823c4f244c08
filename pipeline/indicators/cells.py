"""What do the rows of a table add up to? One pass over each table gives the cells of all its indicators.

A cell is what one entity filed of one indicator in one province and year (and member of a dimension). Regions, matched
panels and changes are made of cells, so that no large table is read twice for them. Within the pass, rows are first
summed by cell and by which conditions of the declarations hold of them; the sums of all indicators are sums of these few.
So a column is added up once, however many indicators take it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import polars as pl

from pipeline.filings.contracts import BY_NAME
from pipeline.given.regions import NATION_CODE
from pipeline.indicators import exact, flags, inputs
from pipeline.indicators.expressions import is_whole, parse
from pipeline.indicators.inputs import CODE
from pipeline.indicators.model import Indicator
from pipeline.indicators.panel import CELL

WHO = [*CELL, "entity_kind", "group_id"]
AMOUNTS = ("num", "den")
COUNTS = ("n_rows", "n_num", "n_den", "matching", "seen")
CELLS: dict[str, pl.DataType] = {
    "indicator_id": CODE, "member": CODE, "year": pl.Int64(), "province_code": CODE, "entity_id": CODE,
    "entity_kind": inputs.KINDS, "group_id": CODE,
    **dict.fromkeys(AMOUNTS, pl.Float64()), **dict.fromkeys(COUNTS, pl.Int64()), "months": pl.Int64(), "bits": pl.Int64(),
}  # fmt: skip
"""num, den: sums (den null where there is none). n_rows: filed rows that enter; n_num, n_den: of them, those of the
numerator and of the denominator (a ratio of tables has rows of its own for each). matching: rows that `where` holds of.
seen: rows of the table, of the kinds that count, so that "none of them" can be told from "nothing filed". months: the
fewest months of a partial row. bits: flags. What a table does not have (province, entity) is the nation, or null."""


@dataclass(frozen=True)
class Edition:
    """What is evaluated: prepared tables (`inputs.prepare`), and the years that count."""

    tables: Mapping[str, pl.DataFrame]
    baseline_year: int
    report_year: int

    @cached_property
    def years(self) -> range:
        """From the baseline, or the earliest filing before it, to the report's year."""
        filed = [self.tables[name]["year"].min() for name, table in BY_NAME.items() if table.has("year")]
        first = min([self.baseline_year, *(year for year in filed if isinstance(year, int))])
        return range(first, self.report_year + 1)


def cells(indicators: Iterable[Indicator], edition: Edition, dimension: str | None = None) -> pl.DataFrame:
    """CELLS of indicators in table form, by member of `dimension` (rows without a member are left out) or altogether."""
    passes: dict[tuple[str, str], list[Indicator]] = {}
    for indicator in indicators:
        assert indicator.table
        passes.setdefault((indicator.table, indicator.year), []).append(indicator)
    entities = edition.tables["entities"].with_columns(pl.col("entity_id", "group_id").cast(CODE))
    parts = [pl.DataFrame(schema=CELLS)]
    for (table, year), group in passes.items():
        keys, rows = _keys(table, year, dimension), _Rows(table)
        sums = [sum_.alias(f"{at}.{name}") for at, one in enumerate(group) for name, sum_ in _sums(one, rows).items()]
        few = edition.tables[table].lazy().group_by(*keys, _holds=rows.holding()).agg(**rows.sums()).collect()
        few = inputs.with_entity(few, entities)
        wide = (
            few.lazy()
            .group_by(*(key.meta.output_name() for key in keys), "entity_kind", "group_id")
            .agg(sums)
            .collect()
        )
        member = pl.col("member").cast(pl.String) if dimension else pl.lit(None)
        wide = wide.with_columns(member=member)
        wide = wide.drop_nulls("member") if dimension else wide
        wide = wide.with_columns(pl.col(name).cast(dtype) for name, dtype in CELLS.items() if name in wide.columns)
        for at, indicator in enumerate(group):
            made = {name: pl.col(f"{at}.{name}") for name in (*AMOUNTS, *COUNTS, "months", "bits")}
            made["indicator_id"] = pl.lit(indicator.id, CODE)
            part = wide.filter(made["seen"] > 0).select(
                made.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in CELLS.items()
            )
            part = _cumulated(part, indicator, edition) if indicator.cumulative_from else part
            parts.append(part.select(list(CELLS)))
    return pl.concat(parts).filter(pl.col("year") <= edition.report_year)


def _keys(table: str, year: str, dimension: str | None) -> list[pl.Expr]:
    columns = inputs.COLUMNS[table]
    province = pl.col("province_code") if "province_code" in columns else pl.lit(NATION_CODE)
    entity = pl.col("entity_id") if "entity_kind" in columns else pl.lit(None)
    member = [pl.col(dimension).alias("member")] if dimension else []
    who = [province.cast(CODE).alias("province_code"), entity.cast(CODE).alias("entity_id")]
    return [pl.col(year).alias("year"), *who, *member]


class _Rows:
    """What the indicators of one table ask of its rows: conditions and amounts, each once under the words that declare it."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.conditions: dict[str, pl.Expr] = {}
        self.amounts: dict[str, pl.Expr] = {}

    def holds(self, condition: str) -> pl.Expr:
        """Of rows summed: whether the condition holds of them."""
        return self._bit(condition, _parsed(condition, self.table, boolean=True))

    def filled(self, amount: str) -> pl.Expr:
        """Of rows summed: whether they have the amount."""
        return self._bit(f"({amount}) IS NOT NULL", _parsed(amount, self.table).is_not_null())

    def _bit(self, said: str, condition: pl.Expr) -> pl.Expr:
        self.conditions.setdefault(said, condition)
        return (pl.col("_holds") & (1 << list(self.conditions).index(said))) != 0

    def amount(self, amount: str) -> pl.Expr:
        """Of rows summed: the sum of the amount."""
        of_row = _parsed(amount, self.table)
        if not of_row.meta.root_names():  # a number, which would be summed once a group
            return of_row * pl.col("_count")
        # What is whole already needs no decimals to be summed the same in any order.
        whole = of_row.cast(pl.Int64) if _is_whole(amount, self.table) else exact.fixed(of_row)
        self.amounts.setdefault(f"= {amount}", whole.sum())
        return pl.col(f"= {amount}")

    def having(self, amount: str) -> pl.Expr:
        """Of rows summed: how many filed rows have the amount."""
        of_row = _parsed(amount, self.table)
        self.amounts.setdefault(f"# {amount}", pl.when(of_row.is_not_null()).then("_rows").sum())
        return pl.col(f"# {amount}")

    def holding(self) -> pl.Expr:
        """Of a row: which conditions hold, as bits."""
        bits = [pl.lit(1 << at, pl.Int64) for at in range(len(self.conditions))]
        each = [
            pl.when(holds).then(bit).otherwise(0) for holds, bit in zip(self.conditions.values(), bits, strict=True)
        ]
        return pl.sum_horizontal(each) if each else pl.lit(0, pl.Int64)

    def sums(self) -> dict[str, pl.Expr]:
        filed = {"_rows": pl.col("_rows").sum(), "_months": pl.col("_months").min()}
        if self.table in BY_NAME and "month" not in BY_NAME[self.table].key:  # of which each row is one as filed
            filed = {"_rows": pl.len(), "_months": pl.lit(None, pl.Int64).first()}
        return self.amounts | filed | {"_count": pl.len()}


@cache
def _parsed(text: str, table: str, boolean: bool = False) -> pl.Expr:
    return parse(text, inputs.COLUMNS[table], boolean)


@cache
def _is_whole(text: str, table: str) -> bool:
    return is_whole(text, inputs.COLUMNS[table])


def _sums(indicator: Indicator, of: _Rows) -> dict[str, pl.Expr]:
    """The columns of CELLS that are summed. A row enters if numerator and denominator are both filled: missing is not
    zero, and a row with only one of them would move the ratio."""
    rows = pl.col("_rows")
    # Not a literal where all rows count: it would be one value a group, and so would its sum.
    counts = pl.col("entity_kind").is_in(indicator.kinds) if indicator.kinds else rows.is_not_null()
    matching = (counts & of.holds(indicator.where) if indicator.where else counts).fill_null(False)
    sides = [side or "1" for side in (indicator.numerator, indicator.denominator)]
    filled = [side for side in sides if side != "1"] if indicator.is_quotient else []
    enters = pl.all_horizontal(matching, *(of.filled(side) for side in filled))
    num, den = (pl.when(enters).then(of.amount(side)) for side in sides)

    def of_rows(where: pl.Expr, rows: pl.Expr = rows) -> pl.Expr:
        return pl.when(where).then(rows).otherwise(0).sum()

    conditions = {flag: of.holds(condition) for flag, condition in indicator.flags.items()}
    conditions["partial"] = pl.col("_months").is_not_null()
    # A sum leaves out what is not filled by itself, and need not be parted by it.
    alone = indicator.numerator and not indicator.is_quotient
    entered = of_rows(enters, of.having(sides[0]) if alone else rows)
    return {
        "num": exact.total(num),
        "den": exact.total(den) if indicator.is_quotient else pl.lit(None, pl.Float64),
        "n_rows": entered,
        "n_num": entered,
        "n_den": entered,
        "matching": of_rows(matching),
        "seen": of_rows(counts.fill_null(False)),
        "months": pl.when(matching).then("_months").min(),
        "bits": flags.mark((flag, (matching & holds).any()) for flag, holds in conditions.items()),
    }


def _cumulated(part: pl.DataFrame, indicator: Indicator, edition: Edition) -> pl.DataFrame:
    """Each cell again in every later year. Those without a year or before the first that counts are only seen."""
    assert indicator.table
    assert indicator.cumulative_from
    if part.is_empty():
        return part
    first = edition.tables[indicator.table][indicator.cumulative_from].max()
    counted = (pl.col("year") >= first).fill_null(False)
    zero = [
        pl.when(counted).then(name).otherwise(0).alias(name) for name in ("num", "n_rows", "n_num", "n_den", "matching")
    ]
    years = pl.DataFrame({"_until": list(edition.years)}, schema={"_until": pl.Int64})
    every = (
        part.with_columns(zero).join(years, how="cross").filter((pl.col("year") <= pl.col("_until")).fill_null(True))
    )
    values = (*AMOUNTS, *COUNTS, "months", "bits", "year")
    return every.group_by(*(name for name in CELLS if name not in values), year="_until").agg(
        *(exact.total(name) for name in AMOUNTS),
        *(pl.col(name).sum() for name in COUNTS),
        pl.col("months").min(),
        flags.merge(),
    )
