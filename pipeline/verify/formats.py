"""Do all formats of an edition's data say the same? Workbooks, CSV, SDMX-CSV and JSON-stat are read back as texts, within the
limits of files that strangers send, and held cell by cell against the table as its Parquet file has it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import polars as pl

from pipeline import wording
from pipeline.errors import DataError
from pipeline.filings.reading.parquet import read_parquet
from pipeline.filings.reading.sheets import Limits, Reading, guard
from pipeline.filings.reading.workbook import read_workbook
from pipeline.publish import codes, jsonstat, sdmx, workbook
from pipeline.publish.whole import VALUES
from pipeline.publish.xlsx import NONE, WITHHELD
from pipeline.verify.site import Found, Site, parsed, summed

CLOSE = 1e-12  # relative: as many digits as every format has
MARKS = {NONE: "", WITHHELD: wording.HIDDEN, "NaN": wording.HIDDEN}
_number = re.compile(r"-?\d[\d.]*(?:[eE][+-]?\d+)?")


def check(site: Site, folder: str) -> Iterator[Found]:
    """What each file in the scope of a site says otherwise. folder: of the downloads of an edition."""
    data = _Data(site, folder)
    for name in data.names:
        beside = f"{name.rpartition('.')[0]}.parquet"
        if site.inside(folder + name) or site.inside(folder + beside):
            try:
                with guard("verify.broken", "内容不完整，或不是这种格式"):
                    said = data.apart(name)
            except DataError as error:
                why = error.message.partition("；")[0].removesuffix("。")
                yield Found(f"{folder}{name} 读不出来：{why}")
            else:
                yield from summed(folder + name, "处与公布的表不同", said)


@dataclass(frozen=True)
class _Data:
    """The downloads of an edition. A table is a frame of texts, the first row its heads."""

    site: Site
    folder: str
    _tables: dict[str, pl.DataFrame] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[str]:
        listed = sorted(path for path in self.site.paths if path.startswith(self.folder) and self.site.file(path))
        return [path.removeprefix(self.folder) for path in listed]

    def apart(self, name: str) -> list[str]:
        """What the file says otherwise than the Parquet files. Raises whatever a broken file makes of it."""
        if name == sdmx.DATA:
            return self._observations[0] if self._has(VALUES) else []
        if name.startswith(f"{jsonstat.FOLDER}/"):
            return self._cube(name) if self._has(VALUES) and sdmx.DATA in self.names else []
        id, _, format = name.rpartition(".")
        if format == "csv" and self._has(id):
            return _apart(_csv(self.site.read(self.folder + name)), self._table(id))
        if format == "xlsx" and (name == workbook.NAME or self._has(id)):
            return self._workbook(name, id)
        if format == "parquet":
            self._table(id)
        return []

    def _has(self, id: str) -> bool:
        """Whether there is a table that can be read; one that cannot is told of by itself."""
        try:
            return f"{id}.parquet" in self.names and bool(self._table(id).width)
        except DataError:
            return False

    def _table(self, id: str) -> pl.DataFrame:
        if id not in self._tables:
            [raw] = read_parquet(self.site.root / f"{self.folder}{id}.parquet", Limits(), (), Reading(), "")
            self._tables[id] = _plain(raw.frame.drop("source_row"))
        return self._tables[id]

    def _workbook(self, name: str, id: str) -> list[str]:
        reading = Reading()
        raws = {one.sheet: one.frame for one in read_workbook(self.site.root / (self.folder + name), Limits(), (), reading, "")}  # fmt: skip
        said = [f"工作表 {one.sheet} 读不出来" for one in reading.problems]
        whole = [one.removesuffix(".parquet") for one in self.names if one.endswith(".parquet")]
        for one in whole if name == workbook.NAME else [id]:
            sheet = one[: workbook.LONGEST]
            if not self._has(one):
                continue
            if sheet not in raws:
                said.append(f"没有工作表 {sheet}")
                continue
            right = self._table(one)
            found = raws[sheet].tail(right.height)  # above it are lines about the table
            first = raws[sheet].item(-right.height, "source_row") if found.height == right.height else 1
            said += _apart(_plain(found.drop("source_row")), right, first, f"工作表 {sheet} ")
        return said

    def _values(self, *names: str) -> pl.DataFrame:
        """Columns of the table of all values, without its heads."""
        whole = self._table(VALUES)
        heads = dict(zip(whole.columns, whole.row(0), strict=True))
        return whole[1:].rename(heads).select(names)

    @cached_property
    def _observations(self) -> tuple[list[str], dict[tuple[str, ...], str]]:
        """What the SDMX-CSV says otherwise, row by row; and what it calls dimension and member of a value."""
        read = pl.read_csv(self.site.read(self.folder + sdmx.DATA), infer_schema=False)
        right = self._values("indicator_id", "region_code", "year", "value", "dimension", "member")
        withheld = (pl.col("OBS_VALUE") == "NaN") & (pl.col("OBS_STATUS") == "M")
        found = read.select(
            "INDICATOR", "REF_AREA", "TIME_PERIOD", pl.when(withheld).then(pl.lit("")).otherwise("OBS_VALUE")
        )
        said = _apart(_plain(found), right.select(pl.col("indicator_id").str.replace_all(".", "_", literal=True), "region_code", "year", "value"), 2)  # fmt: skip
        parts: dict[tuple[str, ...], str] = {}
        if found.height == right.height:
            for part, code in zip(right.select("dimension", "member").iter_rows(), read["PART"], strict=True):
                if parts.setdefault(part, code) != code or not code.startswith(part[0] or codes.TOTAL):
                    said.append(f"分项 {'·'.join(part)} 写成了 {code}")
        return said, parts

    def _cube(self, name: str) -> list[str]:
        """What a dataset of JSON-stat says otherwise."""
        cube = parsed(self.site.read(self.folder + name))
        [indicator], *places = (list(cube["dimension"][one]["category"]["index"]) for one in cube["id"])
        n = math.prod(map(len, places))
        if (n, f"{jsonstat.FOLDER}/{indicator}.json") != (len(cube["value"]), name):
            return [f"有 {indicator} 的 {len(cube['value'])} 个数值，应有这个指标的 {n} 个"]
        withheld = {int(at) for at, status in cube["status"].items() if status == "c"}
        told = [wording.HIDDEN if at in withheld and value is None else "" if value is None else str(value) for at, value in enumerate(cube["value"])]  # fmt: skip
        found = {place: value for place, value in zip(product(*places), told, strict=True) if value}
        called = self._observations[1]
        if not called:
            return []  # which is said of the SDMX-CSV
        own = self._values("indicator_id", "region_code", "dimension", "member", "year", "value")
        rows = own.filter(pl.col("indicator_id") == indicator, pl.col("value") != "").iter_rows()
        right = {(area, called[dimension, member], year): value for _, area, dimension, member, year, value in rows}
        return [
            f"{'·'.join(place)} 写的是 {found.get(place) or '空'}，parquet 为 {right.get(place) or '空'}"
            for place in sorted({*found, *right})
            if not _alike(found.get(place, ""), right.get(place, ""))
        ]


def _csv(content: bytes) -> pl.DataFrame:
    text = content.decode("utf-8-sig").encode()
    return _plain(pl.read_csv(text, has_header=False, infer_schema=False))


def _plain(table: pl.DataFrame) -> pl.DataFrame:
    """What every format has for a text: without the mark that keeps spreadsheets from computing it, without blanks at its
    ends and marks of the end of a line, with one sign for what is withheld and for what is not there."""
    text = pl.all().fill_null("").str.replace_all(r"\s+", " ").str.strip_chars_start("'").str.strip_chars()
    return table.select(text.replace(MARKS))


def _apart(found: pl.DataFrame, right: pl.DataFrame, first: int = 1, where: str = "") -> list[str]:
    """Each row that is another. first: number of the first row; where: with which a sentence begins."""
    if found.shape != right.shape:
        return [f"{where}有 {found.height} 行 {found.width} 列，parquet 为 {right.height} 行 {right.width} 列"]
    said: dict[int, str] = {}
    for one, other in zip(found.iter_columns(), right.iter_columns(), strict=True):
        for at in (one != other).arg_true():
            if not _alike(one[at], other[at]):
                said.setdefault(
                    at, f"{where}第 {at + first} 行写的是 {one[at] or '空'}，parquet 为 {other[at] or '空'}"
                )
    return [said[at] for at in sorted(said)]


def _alike(one: str, other: str) -> bool:
    if not (_number.fullmatch(one) and _number.fullmatch(other)):
        return one == other
    try:
        return abs(float(one) - float(other)) <= CLOSE * abs(float(other))
    except ValueError:  # 1.2.3
        return one == other
