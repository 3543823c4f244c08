"""What is a volume at the prices of the base year? Volumes filed at several years' prices become one chained series.

A volume filed at the prices of the base year is used as it is. Otherwise each year is filed at its own and at the
previous year's prices, and link(y) = sum V(y at y-1 prices) / sum V(y-1 at y-1 prices), over all entities of the region
together, so that a large enterprise weighs more than a small one. The links are multiplied from the base year on, each
region has its own chain, and therefore chained values do not add up.
"""

from __future__ import annotations

import polars as pl

from pipeline.indicators import exact, flags
from pipeline.indicators.panel import CELL

_WHO = [*CELL, "entity_kind", "group_id"]


def pieces(rows: pl.DataFrame, base: int) -> pl.DataFrame:
    """What each entity filed of a year (one row per CELL): _WHO, n_rows, amount, whole, direct, now, prev.

    rows: _WHO, price_base, value (null where months are missing), n_rows. direct: at prices of `base`; now, prev: the
    year and the one before at prices of the one before, of the entity alone (prev is 0 for an entity that is new in the
    year: it has filed nothing anywhere before); without them those at base prices. amount: the volume at the latest
    prices filed, only to weigh who is covered. whole: everything that the chain needs is there, in this and all
    earlier years since the base; amounts of one year at one price are whole or null.
    """
    at, year = pl.col("price_base"), pl.col("year")

    def total(where: pl.Expr) -> pl.Expr:
        chosen = pl.col("value").filter(where)
        return pl.when((chosen.len() > 0) & (chosen.null_count() == 0)).then(exact.total(chosen))

    filed = rows.group_by(_WHO).agg(
        own=total(at == year), now=total(at == year - 1), direct=total(at == base), n_rows=pl.col("n_rows").sum()
    )
    before = filed.select(year + 1, "province_code", "entity_id", prev="own", _direct_before="direct")
    first = rows.group_by("entity_id").agg(_first=year.min())
    both = filed.join(before, on=CELL, how="left").join(first, on="entity_id").sort(CELL)
    is_new = (year == pl.col("_first")) & (year > base)
    both = both.with_columns(
        amount=pl.coalesce("own", "now", "direct"),
        linked=pl.col("now").is_not_null() & (pl.col("prev").is_not_null() | is_new),
    ).with_columns(
        now=pl.when("linked").then("now").otherwise("direct"),
        prev=pl.when("linked").then(pl.col("prev").fill_null(0)).otherwise("_direct_before"),
    )
    usable = pl.when(year <= base).then(pl.col("direct").is_not_null()).otherwise(
        pl.col("linked") | pl.col("direct").is_not_null()
    )  # fmt: skip
    whole = pl.when(year < base).then(usable).otherwise(
        (usable | (year < base)).cum_min().over("province_code", "entity_id", order_by="year")
    )  # fmt: skip
    return both.with_columns(whole=whole).select(*_WHO, "n_rows", "amount", "whole", "linked", "direct", "now", "prev")


def chain(parts: pl.DataFrame, cells: pl.DataFrame, by: list[str], base: int) -> pl.DataFrame:
    """The volume at prices of `base` of each `by` and year: by, year, volume, bits (chained, mixed_prices).

    parts: `pieces`. cells: by, year, province_code (and entity_id, where it is in by): the provinces of which the volume
    of that year is made; the chain runs over the same ones from the base on. Null without a base.
    """
    on = [name for name in ("province_code", "entity_id") if name in cells.columns]
    until = cells.rename({"year": "_until"})
    rows = parts.filter(pl.col("year") >= base).join(until, on=on).filter(pl.col("year") <= pl.col("_until"))
    has_direct = pl.col("direct").is_not_null()
    links = rows.group_by(*by, "_until", "year").agg(
        direct=pl.when(has_direct.all()).then(exact.total("direct")),
        link=exact.total("now") / exact.total("prev"),
        _mixed=(~pl.col("linked") & has_direct).any() & (pl.col("year").first() > base),
    )
    last = pl.col("year").filter(pl.col("direct").is_not_null()).max()
    after = pl.col("year") > last
    volumes = links.sort("year").group_by(*by, "_until", maintain_order=True).agg(
        volume=pl.when(last.is_not_null() & (pl.col("year").max() == pl.col("_until").first())).then(
            pl.col("direct").filter(pl.col("year") == last).first() * pl.col("link").filter(after).product()
        ),
        _chained=last < pl.col("_until").first(),
        _mixed=pl.col("_mixed").filter(after).any(),
    )  # fmt: skip
    return volumes.select(
        *by,
        year="_until",
        volume=pl.when(pl.col("volume").is_finite()).then("volume"),
        bits=flags.mark([("chained", pl.col("_chained")), ("mixed_prices", pl.col("_mixed"))]),
    )


def at_base(parts: pl.DataFrame, cells: pl.DataFrame, by: list[str], base: int) -> pl.DataFrame:
    """The volume of the base year of the cells of each later year: by, year, volume."""
    on = [name for name in ("province_code", "entity_id") if name in cells.columns]
    of_base = parts.filter(pl.col("year") == base).drop("year").join(cells, on=on)
    return of_base.group_by(*by, "year").agg(volume=exact.total("direct"))
