"""The data behind an edition: each published table of all its reports as one frame.

The tables that a build leaves beside its figures are taken only where they are, to the byte, what the report shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import polars.selectors as cs

from pipeline import wording
from pipeline.errors import DataError
from pipeline.guarded import as_text
from pipeline.layout import Layout
from pipeline.publish.taken import AUDIENCE, Block, Edition, Report

_WHERE_FIELDS = {
    "报告地区代码": {"source": "", "description": "这一行所在报告的地区的行政区划代码（GB/T 2260），全国为 000000"},
    "报告地区": {"source": "", "description": "这一行所在报告的地区"},
    "情景": {"source": "", "description": "这一行所在报告的情景的代号"},
}
WHERE = tuple(_WHERE_FIELDS)
OWN = "本地区"
"""A column that is named after the report's own region has this name, so that all reports share it."""
_ID = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Published:
    """One table. id: its files' name; chapter: what it is listed under; number, title: as in the first report that has
    it; heading: what it is about in any report; fields: column -> what is known of it beside its name."""

    id: str
    chapter: str
    number: str
    title: str
    heading: str
    description: str
    source: str
    frame: pl.DataFrame
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def published(layout: Layout, edition: Edition) -> Iterator[Published]:
    """Every numbered table and figure of the edition, by chapter: its rows in all reports that have it, in their order,
    with WHERE in front, which says what report a row is from. Raises DataError where the data beside a report are
    missing or not those that it shows."""
    firsts = {block.id: (block, report) for report in reversed(edition.reports) for block in reversed(report.blocks)}
    places = _places(edition)
    for id, (block, report) in sorted(firsts.items(), key=lambda item: places[item[0]]):
        if not _ID.fullmatch(id):
            raise ValueError(f"{id!r} is no id")
        frames = [_rows(layout, edition, one, found) for one in edition.reports if (found := one.block(id))]
        title, whose = block.payload["title"], report.region.short_zh
        yield Published(
            id,
            block.chapter,
            block.number,
            title if report is edition.first else f"{title}（{whose}报告）",
            "：".join(filter(None, (block.chapter, block.section))),
            f"{whose}报告中为{block.number}“{title}”。{block.payload['method']}",
            block.payload["source"],
            pl.concat(frames, how="diagonal_relaxed"),
            _WHERE_FIELDS | {OWN: {"description": "报告地区的数值"}},
        )


def called(titles: Sequence[str], own: str) -> list[str]:
    """The columns of a report's table as all reports call them. own: the name of its region."""
    names: list[str] = []
    for title in titles:
        name = OWN if title.strip() == own else title.strip()
        names.append(f"{names[-1]} {name}" if name in names else name)
    return names


def as_csv(frame: pl.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, lines ended by CR LF (RFC 4180): what spreadsheets open rightly. A text that they
    would take for a formula has an apostrophe in front; nan is wording.HIDDEN."""
    return ("\ufeff" + _csv(frame)).encode()


def _csv(frame: pl.DataFrame, marked: bool = True) -> str:
    """marked: with wording.HIDDEN for nan. Texts are guarded before the numbers of such a column become text."""
    frame = frame.with_columns(as_text(cs.string()))
    return (_marked(frame) if marked else frame).write_csv(line_terminator="\r\n")


def _marked(frame: pl.DataFrame) -> pl.DataFrame:
    closed = [name for name in frame.select(cs.float()).columns if frame[name].is_nan().any()]
    hidden = pl.col(closed).is_nan().fill_null(False)
    return frame.with_columns(
        pl.when(hidden).then(pl.lit(wording.HIDDEN)).otherwise(pl.col(closed).cast(pl.String)).name.keep()
    )


def _places(edition: Edition) -> dict[str, tuple[int, int, int]]:
    """Id -> chapter, report and place in it, by which the tables are put in order."""
    blocks = [(place, at, block) for place, one in enumerate(edition.reports) for at, block in enumerate(one.blocks)]
    chapters = list(dict.fromkeys(block.chapter for _, _, block in blocks))
    return {block.id: (chapters.index(block.chapter), place, at) for place, at, block in reversed(blocks)}


def _rows(layout: Layout, edition: Edition, report: Report, block: Block) -> pl.DataFrame:
    folder = layout.processed / edition.built / AUDIENCE / report.region.slug / report.scenario / "tables"
    data = _read(folder / f"{block.id}.parquet")
    shown, titles = block.payload["table"]["csv"], block.payload["table"]["columns"]
    if data is not None and len(titles) == data.width:  # the data have names, the report titles
        data = data.rename(dict(zip(data.columns, titles, strict=True)))
    marked = data is not None and shown == _csv(data)
    if data is None or not (marked or shown == _csv(data, marked=False)):
        raise DataError(
            "publish.tables",
            f"{folder / block.id}.parquet {'读不出来' if data is None else f'与 {report.name} 报告中的{block.number}不同'}；"
            "请重新生成这份报告，再发布",
        )
    if not marked:
        data = data.with_columns(cs.float().fill_nan(None))
    names = called(data.columns, report.region.short_zh)
    where = zip(WHERE, (report.region.code, report.region.short_zh, report.scenario), strict=True)
    return (
        data.rename(dict(zip(data.columns, names, strict=True)))
        .with_columns(cs.categorical().cast(pl.String), cs.enum().cast(pl.String))
        .select(*(pl.lit(value).alias(name) for name, value in where), pl.all())
    )


def _read(path: Path) -> pl.DataFrame | None:
    try:
        return pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError):
        return None
