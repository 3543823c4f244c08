"""May an edition be published? Only after disclosure control, only if the attack on these very tables failed, and only with
the record of all that was published before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.build.plan import NO_FILINGS
from pipeline.disclosure import attack, record
from pipeline.errors import DataError
from pipeline.indicators.evaluate import SIDES
from pipeline.layout import Layout
from pipeline.publish.taken import AUDIENCE, Edition

AUDIT, PATTERN, VALUES = "audit.json", "disclosure.parquet", "indicators*.parquet"
CELL = ("indicator_id", "dimension", "member", "region_code", "year")


def tables(layout: Layout, edition: Edition) -> list[Path]:
    """The indicator tables of the edition for the public, one for each choice of method."""
    return sorted((layout.processed / edition.built / AUDIENCE).glob(VALUES))


def check(layout: Layout, edition: Edition) -> None:
    """Raises DataError where no record says that the attack on the tables failed (AUDIT in the public folder, with `passed`
    and the hash of each table), it looked at other tables or did not know of a publication, or a value that the pattern
    hides, or a part of a ratio that it tells alone, stands in a table.

    An edition without filings holds published statistics only, so there is nothing to withhold and no audit.
    """
    if edition.filings == NO_FILINGS:
        return
    folder = layout.processed / edition.built / AUDIENCE
    again = f"请重新运行 green-report build --audience {AUDIENCE}（保密处理和审核随它进行），再发布"
    if not (folder / AUDIT).is_file():
        raise DataError("publish.no_audit", f"没有发布：{folder} 里没有保密审核的记录 {AUDIT}；{again}")
    said = _read(folder / AUDIT)
    if (passed := said.get("passed", "读不出来")) is not True:
        what = "没有通过" if passed is False else f"的 passed 不是 true（{passed}）"
        raise DataError(
            "publish.audit", f"没有发布：{folder / AUDIT} 中保密审核{what}；请按审核结果调整保密规则，{again}"
        )
    for path in tables(layout, edition):
        if dict(said.get("tables") or {}).get(path.name) != attack.digest(path):
            raise DataError(
                "publish.audit_other",
                f"没有发布：保密审核没有看过现在的 {path}（审核以后它有变化，或是用别的参数算的）；{again}",
            )
        _compare(folder.parent / PATTERN, path, again)
    if tables(layout, edition) and said.get("record") not in _known(layout, edition):
        raise DataError(
            "publish.audit_record",
            f"没有发布：保密审核以后，{layout.published / edition.filings} 里的公布记录有变化；"
            f"记录丢失了的，请用 green-report publish --import-record 网站文件夹 取回，否则{again}",
        )


def _known(layout: Layout, edition: Edition) -> set[str]:
    """The hashes of what was published before, with and without this very edition: it may be published again."""
    before = record.read(layout, edition.filings)
    own = now(layout, edition)
    same = {
        path.stem for path in record.files(layout, edition.filings) if pl.read_parquet(path, glob=False).equals(own)
    }
    others = before.filter(~pl.col("publication").is_in(sorted(same)))
    return {record.digest(before), record.digest(others)}


def now(layout: Layout, edition: Edition) -> pl.DataFrame:
    """The record (`record.RECORD`) of what is published of this edition."""
    parts = [record.of_table(pl.read_parquet(path, glob=False), path.stem) for path in tables(layout, edition)]
    return pl.concat([pl.DataFrame(schema=record.RECORD), *parts])


def _compare(pattern: Path, table: Path, again: str) -> None:
    try:
        hidden = pl.scan_parquet(pattern, glob=False).select(*CELL, "value_only")
        rows = pl.scan_parquet(table, glob=False).join(hidden, on=CELL, how="inner", nulls_equal=True)
        told = (pl.col("value").is_not_null() & ~pl.col("value_only")) | pl.any_horizontal(pl.col(*SIDES).is_not_null())
        open_ = rows.filter(told).select(CELL).collect()
    except (OSError, pl.exceptions.PolarsError):
        raise DataError("publish.tables", f"没有发布：{table} 或 {pattern} 读不出来或缺少应有的列；{again}") from None
    if open_.height:
        raise DataError("publish.undisclosed", f"没有发布：{table} 里有 {open_.height} 个应保密的数值；{again}")


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
