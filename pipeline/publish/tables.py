"""The data behind an edition: each published table of all its reports as one frame.

The tables that a build leaves beside its figures are taken only where they are, to the byte, what the report shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import polars.selectors as cs

from pipeline.errors import DataError
from pipeline.layout import Layout
from pipeline.publish.taken import AUDIENCE, Block, Edition, Report
from pipeline.reports.blocks import as_text

WHERE = ("报告地区代码", "报告地区", "情景")
OWN = "本地区"
"""A column that is named after the report's own region has this name, so that all reports share it."""
_ID = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Published:
    """One table of all reports. block: as it stands in the first report that has it; frame: its rows in all reports
    that have it, in their order, with WHERE in front: which report a row is from."""

    block: Block
    report: Report
    frame: pl.DataFrame


def published(layout: Layout, edition: Edition) -> Iterator[Published]:
    """Every numbered table and figure of the edition, by chapter. Raises DataError where the data
    beside a report are missing or not those that it shows."""
    firsts = {block.id: (block, report) for report in reversed(edition.reports) for block in reversed(report.blocks)}
    places = _places(edition)
    for id, (block, report) in sorted(firsts.items(), key=lambda item: places[item[0]]):
        if not _ID.fullmatch(id):
            raise ValueError(f"{id!r} is no id")
        frames = [_rows(layout, edition, one, found) for one in edition.reports if (found := one.block(id))]
        yield Published(block, report, pl.concat(frames, how="diagonal_relaxed"))


def as_csv(frame: pl.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, lines ended by CR LF (RFC 4180): what spreadsheets open rightly. A text that they
    would take for a formula has an apostrophe in front."""
    text = frame.with_columns(as_text(cs.string())).write_csv(line_terminator="\r\n")
    return ("\ufeff" + text).encode()


def _places(edition: Edition) -> dict[str, tuple[int, int, int]]:
    """Id -> chapter, report and place in it, by which the tables are put in order."""
    blocks = [(place, at, block) for place, one in enumerate(edition.reports) for at, block in enumerate(one.blocks)]
    chapters = list(dict.fromkeys(block.chapter for _, _, block in blocks))
    return {block.id: (chapters.index(block.chapter), place, at) for place, at, block in reversed(blocks)}


def _rows(layout: Layout, edition: Edition, report: Report, block: Block) -> pl.DataFrame:
    folder = layout.processed / edition.name / AUDIENCE / report.region.slug / report.scenario / "tables"
    data = _read(folder / f"{block.id}.parquet")
    shown = None if data is None else data.with_columns(as_text(cs.string())).write_csv(line_terminator="\r\n")
    if data is None or shown != block.payload["table"]["csv"]:
        raise DataError(
            "publish.tables",
            f"{folder / block.id}.parquet {'读不出来' if data is None else f'与 {report.name} 报告中的{block.number}不同'}；"
            "请重新生成这份报告，再发布",
        )
    names: list[str] = []
    for column in data.columns:
        name = OWN if column.strip() == report.region.short_zh else column.strip()
        names.append(f"{names[-1]} {name}" if name in names else name)
    where = zip(WHERE, (report.region.code, report.region.short_zh, report.scenario), strict=True)
    return (
        data.rename(dict(zip(data.columns, names, strict=True)))
        .with_columns(cs.categorical().cast(pl.String), cs.enum().cast(pl.String))
        .select(*(pl.lit(value).alias(name) for name, value in where), pl.all())
    )


def _read(path: Path) -> pl.DataFrame | None:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        return None
