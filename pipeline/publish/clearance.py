"""May an edition be published? Only after disclosure control, and only if its audit passed."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from pipeline.errors import DataError
from pipeline.layout import Layout
from pipeline.publish.taken import AUDIENCE, Edition
from pipeline.reports.plan import NO_FILINGS

AUDIT, PATTERN, VALUES = "audit.json", "disclosure.parquet", "indicators.parquet"
MADE_OF = "made_of"
"""Metadata of a pattern that was found safe: disclosure control writes none that its attacks come too close to."""
CELL = ("indicator_id", "dimension", "member", "region_code", "year")


def check(layout: Layout, edition: Edition) -> None:
    """Raises DataError where no record says that the audit passed (AUDIT in the public folder, with `passed`, or without
    that file the edition's PATTERN), or a value that the pattern hides stands in the table for the public.

    An edition without filings holds published statistics only, so there is nothing to withhold and no audit.
    """
    if edition.filings == NO_FILINGS:
        return
    folder = layout.processed / edition.name / AUDIENCE
    pattern = folder.parent / PATTERN
    again = f"请重新运行 green-report build --audience {AUDIENCE}（保密处理和审核随它进行），再发布"
    if not (folder / AUDIT).is_file() and _metadata(pattern).get(MADE_OF) is None:
        raise DataError("publish.no_audit", f"没有发布：{folder.parent} 里没有保密审核的记录；{again}")
    if (folder / AUDIT).is_file() and (said := _verdict(folder / AUDIT)) is not True:
        what = "没有通过" if said is False else f"的 passed 不是 true（{said}）"
        raise DataError(
            "publish.audit", f"没有发布：{folder / AUDIT} 中保密审核{what}；请按审核结果调整保密规则，{again}"
        )
    if pattern.is_file() and (folder / VALUES).is_file():
        try:
            hidden = pl.scan_parquet(pattern, glob=False).filter(~pl.col("value_only"))
            values = pl.scan_parquet(folder / VALUES, glob=False).filter(pl.col("value").is_not_null())
            open_ = values.join(hidden, on=CELL, how="semi", nulls_equal=True).select(CELL).collect()
        except (OSError, pl.exceptions.PolarsError):
            raise DataError("publish.tables", f"没有发布：{folder} 里的文件读不出来或缺少应有的列；{again}") from None
        if open_.height:
            raise DataError(
                "publish.undisclosed", f"没有发布：{folder / VALUES} 里有 {open_.height} 个应保密的数值；{again}"
            )


def _verdict(path: Path) -> object:
    try:
        return json.loads(path.read_text("utf-8"))["passed"]
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError):
        return "读不出来"


def _metadata(path: Path) -> dict[str, str]:
    try:
        return pl.read_parquet_metadata(path)
    except (OSError, pl.exceptions.PolarsError):
        return {}
