"""Which texts would a spreadsheet take for a formula? What is printed as CSV is guarded, wherever it goes."""

from __future__ import annotations

import polars as pl


def as_text(columns: pl.Expr) -> pl.Expr:
    """Texts that a spreadsheet would take for a formula get an apostrophe in front."""
    return pl.when(columns.str.contains(r"^[=+\-@\t\r]")).then("'" + columns).otherwise(columns).name.keep()
