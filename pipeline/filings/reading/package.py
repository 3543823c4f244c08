"""Which parts has an Office archive, and what XML stands in them? Whoever wrote it, in bounded memory.

The parts are found by their relationships, as the format has it (ECMA-376, part 2), and parsed by expat as a stream.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.parsers import expat

from pipeline.errors import DataError
from pipeline.filings.reading.sheets import MIB, Limits, too_large

BROKEN = "文件已损坏或不完整，不能作为 xlsx 打开；请用 Excel 或 WPS 重新另存为 .xlsx 后提交。"
ENCRYPTED = "文件有打开密码，不能读取；请取消密码后重新提交。"
CLEAR = "表格之外若有大片带格式的空单元格，请先清除（选中后“清除全部”）"

# What a damaged archive or part raises; anything else is no fault of the file.
DAMAGE = (
    expat.ExpatError, zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError, LookupError
)  # fmt: skip

Start = Callable[[str, dict[str, str]], object]
Text = Callable[[str], object]
_LONGEST = 16 * MIB  # bytes of one tag: expat keeps all of it


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

    def parse(self, part: str, start: Start, text: Text | None = None) -> None:
        """Calls `start` for each element of a part, with its name (no prefix) and attributes."""
        with self.archive.open(self.parts[part]) as stream:
            feed(stream, parser(lambda tag, attributes: start(local(tag), attributes), text))

    def relations(self, of: str) -> dict[str, Relation]:
        """The relationships of a part ("" for the archive) by their ids."""
        folder, name = posixpath.split(of)
        rels, found = posixpath.join(folder, "_rels", f"{name}.rels"), dict[str, Relation]()

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.join("/", folder, attributes.get("Target", "").replace("\\", "/"))
                kind = attributes.get("Type", "").rpartition("/")[2]
                part = posixpath.normpath(target).lstrip("/").lower()
                found[attributes.get("Id", "")] = Relation(kind, part)

        if rels in self.parts:
            self.parse(rels, start)
        return found


def local(tag: str) -> str:
    """The name of an element without its prefix."""
    return tag.rpartition(":")[2]


def parser(start: Start, text: Text | None = None) -> expat.XMLParserType:
    """A parser that refuses entities, for no workbook has any."""
    one = expat.ParserCreate()
    one.StartElementHandler = start
    one.CharacterDataHandler = text
    one.StartDoctypeDeclHandler = _refuse
    return one


def feed(stream: IO[bytes], to: expat.XMLParserType) -> None:
    fed = 0
    while piece := stream.read(MIB):
        to.Parse(piece, False)
        fed += len(piece)
        if fed - to.CurrentByteIndex > _LONGEST:
            raise ValueError("a tag of many MiB")
    to.Parse(b"", True)


def _refuse(*_: object) -> None:
    raise ValueError("a document type")


def refuse_many(path: Path, limits: Limits) -> None:
    """Refuses an archive of too many members before its directory is read into objects."""
    with path.open("rb") as file:
        rest, members = b"", 0
        while piece := file.read(MIB):
            members += (rest + piece).count(b"PK\x01\x02")
            rest = piece[-3:]
    if members > limits.members:
        raise too_large(f"文件内有 {members} 个成员", f"{limits.members} 个")
