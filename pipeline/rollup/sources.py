"""Which readings are there, and into which parts is the work cut?

A source is one Parquet file, with its hash and what its folders say (`year=2025/month=3`). A part is what one task reads:
whole small files, or rows of a large one, at most `PART_ROWS`. Parts follow from the sources alone, never from who works.
"""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from pipeline.errors import DataError, UserError, shown
from pipeline.keeping import Hashes, digest
from pipeline.rollup import objects

PART_ROWS = 4_000_000
PART_FILES = 256
ENDINGS = (".parquet", ".parq", ".pq")
NULL = "__HIVE_DEFAULT_PARTITION__"
IDS, AMOUNTS = ("facility_id", "entity_id", "province_code", "facility_type"), ("energy_kwh", "it_kwh", "traffic_tb")
OPTIONAL = ("it_kwh", "traffic_tb")
ZONE = "Asia/Shanghai"
_NAMED = re.compile(r"([a-z_]+)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """One file. name: below the folder that was given. hash: SHA-256, or the store's own. told: by its folders."""

    name: str
    address: str
    size: int
    hash: str
    told: tuple[tuple[str, str | None], ...] = ()
    rows: int = 0
    stamped: bool = False  # readings have a time, not a month
    dated: bool = False  # the year or the month is a column of the file
    generation: bool = False

    @property
    def period(self) -> tuple[int, ...] | None:
        """The year and month that its folders name, where nothing inside it can contradict."""
        told = dict(self.told)
        numbers = tuple(map(int, re.findall("[0-9]+", f"{told.get('year') or ''}-{told.get('month') or ''}")))
        return numbers if len(numbers) == 2 and not self.stamped and not self.dated else None


@dataclass(frozen=True)
class Part:
    """pieces: (source, first row, number of rows). alone: no other part can hold readings of its time."""

    pieces: tuple[tuple[Source, int, int], ...]
    alone: bool

    @property
    def rows(self) -> int:
        return sum(rows for _, _, rows in self.pieces)

    def key(self, *settings: object) -> str:
        """What the outcome of the part depends on, with `settings`."""
        read = [(one.name, one.hash, one.size, first, rows) for one, first, rows in self.pieces]
        return digest([read, self.alone, *settings])[:32]


def scan(source: Source, **more: Any) -> pl.LazyFrame:
    """The rows of a file as they are."""
    store = objects.options() if objects.is_remote(source.address) else {}
    return pl.scan_parquet(source.address, glob=False, hive_partitioning=False, **store, **more)


def find(given: str, memory: Path) -> list[Source]:
    """The sources at a folder, a file or an s3:// address, in the order of their names; `memory` remembers hashes.

    Raises DataError where there are none, where one cannot be read, or has not the columns that it should have.
    """
    found = list(_remote(given) if objects.is_remote(given) else _local(Path(given), Hashes(memory)))
    if not found:
        raise DataError(
            "rollup.none", f"{shown(given)} 里没有 Parquet 文件；应是存放 {ENDINGS[0]} 文件的文件夹，或一个这样的文件。"
        )
    with ThreadPoolExecutor(8) as threads:
        sources = list(threads.map(_looked_at, found))
    mixed = [next((one.name for one in sources if one.stamped is stamped), None) for stamped in (True, False)]
    if all(mixed):
        raise DataError(
            "rollup.mixed",
            f"{shown(mixed[0])} 的读数带时刻，{shown(mixed[1])} 的只有月份，同一设施可能重复；应只用一种，另一种分开汇总。",
        )
    bare = next((one.name for one in sources if not one.generation), None)
    if bare and any(one.generation for one in sources):
        raise DataError("rollup.generation", f"{shown(bare)} 没有 generation 列，其他文件有；应都有或都没有。")
    return sources


def _remote(given: str) -> Iterator[Source]:
    bucket, prefix = objects.bucket_of(given)
    for one in objects.listing(given):
        below = one.key[len(prefix) :].strip("/")
        if _taken(below or one.key) or (not below and one.size):
            told = _told((prefix if below else prefix.rpartition("/")[0]).split("/"), below)
            yield Source(below or one.key.rpartition("/")[2], f"s3://{bucket}/{one.key}", one.size, one.tag, told)


def _local(given: Path, hashes: Hashes) -> list[Source]:
    try:
        kind = given.stat().st_mode
    except OSError:
        raise DataError(
            "rollup.none", f"没有 {shown(given)}；应是存放 Parquet 文件的文件夹，或一个这样的文件。"
        ) from None
    paths = sorted(_below(given)) if stat.S_ISDIR(kind) else [given]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        values = list(threads.map(hashes.file, paths))
    hashes.save()
    found, above = list[Source](), (given if stat.S_ISDIR(kind) else given.parent).resolve().parts
    for path, value in zip(paths, values, strict=True):
        below = path.relative_to(given).as_posix() if path != given else path.name
        if not re.fullmatch("[0-9a-f]{64}", value):
            raise DataError("rollup.access", f"{shown(below)} 不能读取；应是有读取权限的普通文件。")
        found.append(Source(below, str(path.resolve()), path.stat().st_size, value, _told(above, below)))
    return sorted(found, key=lambda one: one.name)


def _below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise DataError("rollup.access", f"{shown(error.filename)} 不能打开；应是有读取权限的文件夹。")

    for here, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        yield from (Path(here, name) for name in names if _taken(name))


def _taken(name: str) -> bool:
    """Not what engines keep for themselves (`_temporary`, `.crc`)."""
    return name.lower().endswith(ENDINGS) and not any(part.startswith((".", "_")) for part in name.split("/"))


def _told(above: Sequence[str], below: str) -> tuple[tuple[str, str | None], ...]:
    """What the folders below say, and the last ones above, for `year=2025` may be the folder that was given."""
    last = list(takewhile(_NAMED.fullmatch, reversed(above)))
    named = [found for part in (*reversed(last), *below.split("/")[:-1]) if (found := _NAMED.fullmatch(part))]
    return tuple((one[1], None if one[2] == NULL else unquote(one[2])) for one in named)


def _looked_at(source: Source) -> Source:
    try:
        schema = scan(source).collect_schema()
        rows = scan(source).select(pl.len()).collect().item()
    except UserError:
        raise
    except Exception:  # whatever polars says of bytes that are no Parquet
        raise DataError(
            "rollup.broken", f"{shown(source.name)} 不是完好的 Parquet 文件，或读取中断；请重新导出后再汇总。"
        ) from None
    inside = set(schema)
    types: dict[str, pl.DataType] = {name: pl.String() for name, _ in source.told} | dict(schema)
    for name in (*IDS, AMOUNTS[0]):
        if name not in types:
            raise _fault(source, f"没有 {name} 列", f"应有 {'、'.join((*IDS, 'timestamp 或 year 和 month', *AMOUNTS))}")
    for name in (*IDS, "generation"):
        kind = types.get(name, pl.String())
        if not (kind.is_integer() or kind in (pl.String, pl.Categorical, pl.Enum)):
            raise _fault(source, f"{name} 列是 {kind}", "应是文字或整数")
    for name in AMOUNTS:
        if name in types and not types[name].is_numeric():
            raise _fault(source, f"{name} 列是 {types[name]}", "应是数")
    _check_time(source, types)
    told = tuple((name, value) for name, value in source.told if name not in inside)
    stamped, dated = "timestamp" in types, bool(inside & {"year", "month"})
    return replace(source, told=told, rows=rows, stamped=stamped, dated=dated, generation="generation" in types)


def _check_time(source: Source, types: dict[str, pl.DataType]) -> None:
    if "timestamp" in types:
        kind = types["timestamp"]
        if not isinstance(kind, pl.Datetime):
            raise _fault(source, f"timestamp 列是 {kind}", "应是时刻（北京时间，不带时区）")
        if kind.time_zone not in (None, ZONE):
            raise _fault(source, f"timestamp 列带时区 {kind.time_zone}", "应是北京时间，不带时区或带 Asia/Shanghai")
        return
    month, year = types.get("month"), types.get("year")
    if month is None:
        raise _fault(source, "没有 timestamp 列，也没有 month 列", "应有时刻，或月份（2025-03，或 year 2025、month 3）")
    if year is None and month not in (pl.String, pl.Date):
        raise _fault(source, f"month 列是 {month}，又没有 year 列", "应是 2025-03 这样的文字，或另有 year 列")
    if year is not None and not all(one.is_integer() or one == pl.String for one in (year, month)):
        raise _fault(source, f"year、month 列是 {year}、{month}", "应是整数，如 year 2025、month 3")


def _fault(source: Source, found: str, right: str) -> DataError:
    return DataError("rollup.schema", f"{shown(source.name)} {shown(found)}；{right}。")


def parts(sources: Iterable[Source], most: int = PART_ROWS) -> list[Part]:
    """The work, in the order of the sources."""
    cut, here = list[list[tuple[Source, int, int]]](), list[tuple[Source, int, int]]()
    for source in sources:
        if here and (sum(rows for *_, rows in here) + source.rows > most or len(here) >= PART_FILES):
            cut.append(here)
            here = []
        if source.rows <= most:
            here.append((source, 0, source.rows))
            continue
        cut.extend([(source, first, min(most, source.rows - first))] for first in range(0, source.rows, most))
    if here:
        cut.append(here)
    periods = [{source.period for source, *_ in pieces} for pieces in cut]
    often = Counter(period for of_part in periods for period in of_part)
    known = None not in often
    return [
        Part(tuple(pieces), len(cut) == 1 or (known and all(often[one] == 1 for one in of_part)))
        for pieces, of_part in zip(cut, periods, strict=True)
    ]
