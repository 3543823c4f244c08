"""How does a sum come out the same everywhere? As a whole number of 10^-12 units, which has no order of adding up.

Floats add up to other last digits in another order, and polars adds in the order in which its threads finish; the same
filings shall give the same bytes on any machine.
"""

from __future__ import annotations

import polars as pl

_FIXED = pl.Decimal(38, 12)


def fixed(value: pl.Expr | str) -> pl.Expr:
    """A column of numbers as whole numbers of 10^-12 (a decimal), of which partial sums add up to the same sum."""
    return (pl.col(value) if isinstance(value, str) else value).cast(_FIXED)


def total(value: pl.Expr | str) -> pl.Expr:
    """The sum of a column of numbers as Float64; nulls are left out (0 if there is nothing else)."""
    return fixed(value).sum().cast(pl.Float64)
