"""What will a Parquet file come to when it is decoded? Read from its metadata, of which nothing is decoded or believed.

polars tells the names and types of a file that it has not decoded, but not the sizes of pages, and sets aside what a page
claims; so they are read here.
The footer and the headers of pages are structs of the Thrift compact protocol
(https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md), with the fields of
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift. What they say is compared: a footer
that says less than the pages do is a fault.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

FOOTER_BYTES = 4 << 20  # of 1,000 columns in ten groups of rows, 3 MiB
HEADER_BYTES = 1 << 16  # of a page, with its statistics
PAGES = 200_000  # of a file: a second for 20,000
DEEP = 16


@dataclass(frozen=True)
class Coming:
    """columns: names. nested: the first that is not flat, or None. decoded: bytes of all pages, without compression."""

    rows: int
    columns: list[str]
    nested: str | None
    decoded: int


def coming(path: Path) -> Coming:
    """What is in the file. Raises ValueError (or EOFError) where it contradicts itself, or is no Parquet."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 8))
        length = int.from_bytes(file.read(4), "little")
        if file.read(4) != b"PAR1" or not 0 < length <= min(FOOTER_BYTES, size - 8):
            raise ValueError("no footer")
        file.seek(size - 8 - length)
        footer = _struct(io.BytesIO(file.read(length)))
        first, *elements = footer[2]
        names = [element[4].decode("utf-8", "replace") for element in elements]
        nested = next((name for name, one in zip(names, elements, strict=True) if one.get(5) or one.get(3) == 2), None)
        if nested is None and first[5] != len(elements):
            raise ValueError("columns")
        decoded, pages = 0, 0
        for group in footer[4] if nested is None else ():
            if len(group[1]) != len(elements):
                raise ValueError("chunks")
            for chunk in group[1]:
                for size in _pages(file, chunk[3], group[3]):
                    decoded, pages = decoded + size, pages + 1
                    if pages > PAGES:
                        raise ValueError("pages")
        if nested is None and sum(group[3] for group in footer[4]) != footer[3]:
            raise ValueError("rows")
    return Coming(footer[3], names, nested, decoded)


def _pages(file: BinaryIO, chunk: dict[int, Any], rows: int) -> Iterator[int]:
    """The bytes of each page of a column without compression."""
    at = min(offset for offset in (chunk[9], chunk.get(11)) if offset)
    end, values = at + chunk[7], 0
    while at < end:
        file.seek(at)
        head = io.BytesIO(file.read(HEADER_BYTES))
        page = _struct(head)
        if page[2] < 0 or page[3] < 0:
            raise ValueError("page")
        values += page.get(5, page.get(8, {})).get(1, 0)
        at += head.tell() + page[3]
        yield page[2]
    if at != end or values != rows:
        raise ValueError("pages")


def _struct(data: io.BytesIO, depth: int = 0) -> dict[int, Any]:
    """Field number -> value."""
    if depth > DEEP:
        raise ValueError("depth")
    found, field = dict[int, Any](), 0
    while head := _byte(data):
        field = field + (head >> 4) if head >> 4 else _signed(data)
        kind = head & 15
        found[field] = kind == 1 if kind in (1, 2) else _value(data, kind, depth)
    return found


def _value(data: io.BytesIO, kind: int, depth: int) -> Any:
    match kind:
        case 1 | 2 | 3:
            return _byte(data)
        case 4 | 5 | 6:
            return _signed(data)
        case 7:
            return _bytes(data, 8)
        case 8:
            return _bytes(data, _unsigned(data))
        case 9 | 10:
            head = _byte(data)
            count = head >> 4 if head >> 4 < 15 else _unsigned(data)
            return [_value(data, head & 15, depth + 1) for _ in range(count)]
        case 12:
            return _struct(data, depth + 1)
    raise ValueError(f"type {kind}")


def _byte(data: io.BytesIO) -> int:
    return _bytes(data, 1)[0]


def _bytes(data: io.BytesIO, count: int) -> bytes:
    found = data.read(count)
    if len(found) < count:
        raise EOFError
    return found


def _unsigned(data: io.BytesIO) -> int:
    value, shift = 0, 0
    while True:
        byte = _byte(data)
        value |= (byte & 127) << shift
        if byte < 128:
            return value
        shift += 7
        if shift > 63:
            raise ValueError("varint")


def _signed(data: io.BytesIO) -> int:
    value = _unsigned(data)
    return (value >> 1) ^ -(value & 1)
