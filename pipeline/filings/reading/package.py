"""Which parts has an Office archive, and which tables stand in their XML? Whoever wrote it, in bounded memory.

The parts are found by their relationships, as the format has it (ECMA-376, part 2). What is read of them is declared in
parts.yml and cells.yml, by which xml2arrow makes tables of their elements, some rows at a time.
"""

from __future__ import annotations

import codecs
import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

import polars as pl

from pipeline.errors import DataError
from pipeline.filings.reading.sheets import MIB, Limits, too_large

BROKEN = "文件已损坏或不完整，不能作为 xlsx 打开；请用 Excel 或 WPS 重新另存为 .xlsx 后提交。"
ENCRYPTED = "文件有打开密码，不能读取；请取消密码后重新提交。"
CLEAR = "表格之外若有大片带格式的空单元格，请先清除（选中后“清除全部”）"

# What a damaged archive or part raises; anything else is no fault of the file.
DAMAGE = zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError, LookupError

_BATCH = 200_000  # rows of a table
_MOST_ROWS = 5_000_000  # of a table that is taken whole
_LONGEST = 8 * MIB  # characters in which no element ends
_ENCODING = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)""")
_BETWEEN = r"(?:\s|<!--(?:(?!--).)*-->|<\?(?:(?!\?>).)*\?>)*"
_ROOT = re.compile(rf"{_BETWEEN}<([^\s<>/!?]+)", re.DOTALL)  # no document type before it
_NO_FORMULA = re.compile(r"<(?:[\w.-]+:)?f(?:\s+(?!t\s*=)[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*(?:/>|>\s*</)")
_HEAD, _TAIL = 1 << 16, 1 << 12  # characters in which the root begins and ends


@dataclass(frozen=True)
class Relation:
    kind: str  # the last word of its type: worksheet
    part: str  # the name of a part, as `Package.parts` has it


class Package:
    """The parts of an archive: name (lower case, `/` between folders, none before) -> its entry."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        """Raises DataError where the archive is encrypted, damaged or too large."""
        members = archive.infolist()
        if any(one.flag_bits & 1 for one in members):
            raise DataError("xlsx.encrypted", ENCRYPTED)
        if (total := sum(one.file_size for one in members)) > limits.unpacked_bytes:
            what = f"文件解压后有 {total / MIB:,.0f} MiB"
            raise too_large(what, f"{limits.unpacked_bytes / MIB:,.0f} MiB", f"{CLEAR}，或拆分成几个文件后提交")
        if any(one.file_size > max(MIB, one.compress_size * limits.ratio) for one in members):
            raise DataError(
                "file.ratio", f"文件的压缩比超过 {limits.ratio}:1，疑为压缩炸弹，未打开；请重新另存后提交。"
            )
        self.archive = archive
        self.parts = {one.filename.replace("\\", "/").lstrip("/").lower(): one for one in members}
        plain = all(one.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for one in members)
        if len(self.parts) < len(members) or not plain or any(one.header_offset < 0 for one in members):
            raise DataError("xlsx.broken", BROKEN)

    def open(self, part: str) -> Xml:
        return Xml(self.archive.open(self.parts[part]))

    def tables(self, part: str | None, *names: str) -> list[pl.DataFrame]:
        """Tables of parts.yml as a part has them; without rows where there is no part."""
        if part not in self.parts:
            return [_no_rows("parts", name) for name in names]
        with self.open(part) as xml:
            return xml.tables("parts", *names)

    def relations(self, of: str) -> dict[str, Relation]:
        """The relationships of a part ("" for the archive) by their ids."""
        folder, name = posixpath.split(of)
        found = dict[str, Relation]()
        [relations] = self.tables(posixpath.join(folder, "_rels", f"{name}.rels"), "relations")
        for id, kind, target, mode in relations.rows():
            if mode != "External":
                path = posixpath.join("/", folder, target.replace("\\", "/"))
                found[id] = Relation(kind.rpartition("/")[2], posixpath.normpath(path).lstrip("/").lower())
        return found


class Xml(io.TextIOWrapper):
    """The text of an XML document, its line ends as XML has them; what the parser lets pass is refused here."""

    def __init__(self, stream: IO[bytes]) -> None:
        start = stream.peek(200)  # type: ignore[attr-defined]
        declared = _ENCODING.match(start)
        wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        encoding = "utf-16" if wide else declared[1].decode() if declared else "utf-8"
        super().__init__(stream, "utf-8-sig" if encoding.lower() == "utf-8" else encoding)
        self.hides, self.lacks_formula, self.unended, self.tail = False, False, 0, ""
        if (root := _ROOT.match(super().read(_HEAD))) is None:
            raise ValueError("no root")
        self.root = re.escape(root[1])
        self.seek(0)

    def read(self, size: int | None = -1) -> str:
        """Some text, for the parser. `hides` notes whether it may tell of hidden rows or columns, `lacks_formula` whether of
        a formula without text, which the parser takes for none."""
        text = super().read(size)
        self.unended = 0 if "</" in text or "/>" in text else self.unended + len(text)
        if self.unended > _LONGEST:
            raise ValueError("an element of many MiB")
        seen = self.tail + text
        self.hides = self.hides or "hidden" in seen
        if "<f" in seen or ":f" in seen:  # seldom, and found much sooner than the expression
            self.lacks_formula = self.lacks_formula or _NO_FORMULA.search(seen) is not None
        self.tail = seen[-_TAIL:]
        return text

    def tables(
        self, config: str, *names: str, some: Callable[[pl.DataFrame], None] = lambda _: None
    ) -> list[pl.DataFrame]:
        """Tables that `config` declares; the rows of all others go to `some`, a batch at a time.

        Raises one of DAMAGE where this is no XML, or has a document type, or ends before its root does.
        """
        from xml2arrow import Xml2ArrowError

        found = {name: [_no_rows(config, name)] for name in names}
        try:
            for name, batch in _parser(config).parse_batches(self, max_rows_per_batch=_BATCH):
                if name not in found:
                    some(_named(batch))
                    continue
                found[name].append(_named(batch))
                if sum(one.height for one in found[name]) > _MOST_ROWS:
                    raise ValueError("too many rows")
        except (Xml2ArrowError, RuntimeError) as error:  # the latter where the parser itself fails
            raise ValueError("no XML") from error
        if not re.search(rf"<(?:/{self.root}\s*|{self.root}(?:\s[^<>]*)?/)>{_BETWEEN}\Z", self.tail, re.DOTALL):
            raise ValueError("a part of a document")
        return [pl.concat(frames) for frames in found.values()]


def _named(table: Any) -> pl.DataFrame:
    frame = pl.DataFrame(pl.from_arrow(table))
    frame.columns = [name.strip("<>") for name in frame.columns]  # of levels
    return frame


@cache
def _parser(config: str) -> Any:
    from xml2arrow import XmlToArrowParser

    return XmlToArrowParser(Path(__file__).with_name(f"{config}.yml"))


@cache
def _no_rows(config: str, name: str) -> pl.DataFrame:
    return _named(_parser(config).schema(name).empty_table())


def refuse_many(path: Path, limits: Limits) -> None:
    """Refuses an archive of too many members before its directory is read into objects."""
    with path.open("rb") as file:
        rest, members = b"", 0
        while piece := file.read(MIB):
            members += (rest + piece).count(b"PK\x01\x02")
            rest = piece[-3:]
    if members > limits.members:
        raise too_large(f"文件内有 {members} 个成员", f"{limits.members} 个")
