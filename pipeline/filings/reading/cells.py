"""What does the text of a cell say, wherever it stands?"""

from __future__ import annotations

import math

import polars as pl

_NOTHING = r"(?i)^(?:[-—–―−‐─/\\~]+|无|空|n/a|na|#n/a|null|nan)$"
_SUFFIXES = {"%": -2, "‰": -3, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "万亿": 12}
_SUFFIX = "|".join(sorted(_SUFFIXES, key=len, reverse=True))
_NUMBER = (
    r"^([+-]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)"
    rf"(?:[eE][+-]?[0-9]+|\s*(?:{_SUFFIX}))?)$"
)
# a suffix becomes an exponent, for 4.35 * 100 is not 435
_DECIMAL = {suffix: f"e{_SUFFIXES[suffix]}" for suffix in _SUFFIX.split("|")} | {",": "", " ": ""}


def clean(cell: pl.Expr) -> pl.Expr:
    """The text of a cell: half-width (NFKC), trimmed; null for what says nothing (`—`, `/`, `无`, `N/A` ...)."""
    plain = cell.str.replace_all("[\u200b\u200c\u200d\u2060\ufeff]", "").str.normalize("NFKC").str.strip_chars()
    return plain.str.replace(_NOTHING, "").replace("", None)  # one chain: polars would compute a branch again


def number(cell: pl.Expr) -> pl.Expr:
    """The number a cell's text says, Float64, the nearest one to its decimals; null where it is no number.

    Accepts `1,234.5`, `85%` (0.85), `1.2亿`, `3万`, `1.5e3`, full-width forms and Chinese minus signs. Commas must
    part groups of three; `1,5` is no number here, for nobody knows which one was meant.
    """
    written = clean(cell).str.replace("^[−–‐负]", "-").str.extract(_NUMBER)
    decimal = written.str.replace_many(list(_DECIMAL), list(_DECIMAL.values()), leftmost=True)
    return decimal.cast(pl.Float64, strict=False).replace([math.inf, -math.inf], None)
