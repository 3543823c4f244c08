"""Which parts has an Office archive, and what XML stands in them? Whoever wrote it, in bounded memory.

The parts are found by their relationships, as the format has it (ECMA-376, part 2), and their XML becomes elements, some at
a time.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.parsers import expat

from pipeline.errors import DataError
from pipeline.filings.reading.sheets import MIB, Limits, too_large

BROKEN = "文件已损坏或不完整，不能作为 xlsx 打开；请用 Excel 或 WPS 重新另存为 .xlsx 后提交。"
ENCRYPTED = "文件有打开密码，不能读取；请取消密码后重新提交。"
CLEAR = "表格之外若有大片带格式的空单元格，请先清除（选中后“清除全部”）"

# What a damaged archive or part raises; anything else is no fault of the file.
DAMAGE = (
    ParseError, expat.ExpatError, zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError, LookupError
)  # fmt: skip

_LONGEST = 8 * MIB  # of a row, or of anything else that becomes whole at once


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

    def elements(self, part: str, sections: Collection[str] | None = None) -> Iterator[tuple[str, Element]]:
        """Each element below the root of a part once it is whole, after its name. Where there are `sections` the parts of
        these come one by one, and of all others no more than their attributes. What was given is let go."""
        builder, prolog, waiting = TreeBuilder(), expat.ParserCreate(), 0
        above = builder.start("", {})
        parser = XMLParser(target=builder)
        prolog.StartDoctypeDeclHandler = _refuse
        with self.archive.open(self.parts[part]) as stream:
            while piece := stream.read(MIB):
                if not len(above):
                    prolog.Parse(piece)
                parser.feed(piece)
                waiting += len(piece)
                for one in _whole(above[0], sections) if len(above) else ():
                    waiting = 0
                    yield local(one.tag), one
                if waiting > _LONGEST:
                    raise ValueError("an element of many MiB")
        parser.close()
        for one in _whole(above[0], sections, at_end=True):
            yield local(one.tag), one

    def relations(self, of: str) -> dict[str, Relation]:
        """The relationships of a part ("" for the archive) by their ids."""
        folder, name = posixpath.split(of)
        rels, found = posixpath.join(folder, "_rels", f"{name}.rels"), dict[str, Relation]()
        for tag, one in self.elements(rels) if rels in self.parts else ():
            if tag == "Relationship" and one.get("TargetMode") != "External":
                target = posixpath.join("/", folder, one.get("Target", "").replace("\\", "/"))
                part = posixpath.normpath(target).lstrip("/").lower()
                found[one.get("Id", "")] = Relation(one.get("Type", "").rpartition("/")[2], part)
        return found


@cache
def local(name: str) -> str:
    """The name of an element or attribute without its namespace."""
    return name.rpartition("}")[2]


def _whole(root: Element, sections: Collection[str] | None, at_end: bool = False) -> Iterator[Element]:
    """Takes the elements that are whole out of `root`: all but the last one of each level, until the end."""
    whole = root[:] if at_end else root[:-1]
    del root[: len(whole)]
    for one in whole:
        yield from one if sections and local(one.tag) in sections else ()
        yield one
    open_ = root[0] if sections is not None and len(root) else None
    while open_ is not None and len(open_):
        is_wanted, whole = local(open_.tag) in (sections or ()), open_[:-1]
        del open_[:-1]
        yield from whole if is_wanted else ()
        open_ = None if is_wanted else open_[0]


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
