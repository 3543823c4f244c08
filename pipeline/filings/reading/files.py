"""Which rows of text stand in these files? Workbooks, CSV and Parquet become text sheets, whatever the bytes are.

Nothing here knows a contract: a caller says which header texts exist, and gets the table under the first row
that has two of them. Any bytes end as sheets or as problems with one sentence; sizes are checked before they
cost memory.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import yaml

from pipeline.errors import DataError, UserError, shown
from pipeline.filings.reading.delimited import read_csv
from pipeline.filings.reading.parquet import read_parquet
from pipeline.filings.reading.sheets import (
    MIB,
    NO_ACCESS,
    FileProblem,
    Known,
    Limits,
    Raw,
    Reading,
    Skipped,
    header_key,
    too_large,
)
from pipeline.filings.reading.tables import add_table
from pipeline.filings.reading.workbook import read_workbook, refuse_xls
from pipeline.given.yaml_text import check_plain
from pipeline.output import why_not_written

READABLE = ".xlsx .csv .parquet"
_SILENT = re.compile(
    r"\..*|~\$.*|thumbs\.db|desktop\.ini|__macosx|readme.*|sample|frame\.csv|.*\.(?:ya?ml|md)", re.IGNORECASE
)


def read_folder(
    folder: Path,
    known_headers: Collection[str],
    fill_down: Collection[str] = (),
    limits: Limits | None = None,
) -> Reading:
    """Every file of the folder and its subfolders, in the order of their names. See `read_file`.

    Raises DataError when there is no such folder.
    """
    if not folder.is_dir():
        found = f"{shown(folder)} 是一个文件" if folder.exists() else f"没有填报文件夹 {shown(folder)}"
        raise DataError("file.folder", f"{found}；请给出存放 {READABLE} 文件的文件夹。")
    reading, refused, known, fill = Reading(), list[OSError](), _keys(known_headers), _keys(fill_down)
    for here, folders, names in os.walk(folder, onerror=refused.append):
        for name in sorted(folders):
            path = Path(here, name)
            if path.is_symlink() or _SILENT.fullmatch(name) or path.suffix.lower() in _READERS:
                folders.remove(name)
                _extend(reading, _read(path, folder, known, fill, limits))
        folders.sort()
        for name in sorted(names):
            _extend(reading, _read(Path(here, name), folder, known, fill, limits))
    for error in refused:
        reading.problems.append(FileProblem(_name(Path(error.filename), folder), None, "file.access", NO_ACCESS))
    return reading


def read_file(
    path: Path,
    folder: Path,
    known_headers: Collection[str],
    fill_down: Collection[str] = (),
    limits: Limits | None = None,
) -> Reading:
    """The sheets of one file, whatever its bytes are.

    `known_headers`: header texts that exist, compared by `header_key`. `fill_down`: those of key columns, where
    a vertical merge of a workbook stands for its value in every row; other merges keep it in the first cell.
    Raises UserError (machine.fault) where the machine fails, not the file: no memory, a full disk.
    """
    return _read(path, folder, _keys(known_headers), _keys(fill_down), limits)


def _keys(headers: Iterable[str]) -> Known:
    return dict.fromkeys(filter(None, map(header_key, headers)))  # in their order


def _read(path: Path, folder: Path, known: Known, fill: Known, limits: Limits | None) -> Reading:
    limits, reading, file = limits or Limits(), Reading(), _name(path, folder)
    try:
        reason = _reason_to_skip(path, folder)
        if reason:
            reading.skipped.append(Skipped(file, None, None, reason))
            return reading
        for raw in _reader(path, folder, limits)(path, limits, known, reading, file):
            reading.problems.extend(FileProblem(file, raw.sheet or None, *one) for one in raw.problems)
            add_table(raw, file, known, fill, reading)
        if not reading.sheets and not reading.problems:
            raise DataError("file.no_table", "文件里没有一张可读的表；请按模板填写后提交。")
    except DataError as error:
        reading.problems.append(FileProblem(file, None, error.id, error.message))
    except (OSError, MemoryError) as error:  # not of the file: to go on would be to lose its rows
        reason = (
            "内存不足" if isinstance(error, MemoryError) else why_not_written(error) or error.strerror or "系统出错"
        )
        right = "请腾出内存和临时文件夹所在的磁盘空间后重新运行"
        raise UserError("machine.fault", f"读取 {file} 时{reason}，已停止，没有保存任何结果；{right}。") from error
    return reading


def own_yaml(path: Path) -> object:
    """The content of a small YAML file of the folder, whose aliases are one object each: who prints it, or goes through
    it, must not unfold them. Raises where it is no plain file, larger than 1 MiB, no UTF-8, or no plain YAML
    (`yaml_text.check_plain`)."""
    if not path.is_file() or path.stat().st_size > MIB:
        raise ValueError(path)
    text = path.read_text("utf-8")
    check_plain(text, aliases=True)
    return yaml.safe_load(text)


def _name(path: Path, folder: Path) -> str:
    inside = path.relative_to(folder) if path.is_relative_to(folder) else path
    return shown(inside.as_posix())


def _extend(reading: Reading, more: Reading) -> None:
    reading.sheets.extend(more.sheets)
    reading.problems.extend(more.problems)
    reading.skipped.extend(more.skipped)


def _reason_to_skip(path: Path, folder: Path) -> str | None:
    if _SILENT.fullmatch(path.name):
        return "不是填报文件（隐藏、临时、说明或配置文件）。"
    if path.is_symlink():
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
            raise DataError("file.link", "这是指向文件夹之外的链接，未读取；请放入文件本身。")
        if not path.exists():
            raise DataError("file.link", "这是失效的链接，所指的文件不存在；请放入文件本身。")
        inside = Path(os.path.realpath(path)).relative_to(os.path.realpath(folder))
        if any(_SILENT.fullmatch(part) for part in inside.parts):
            raise DataError("file.link", "这是指向隐藏文件的链接，未读取；请放入文件本身。")
        return "这是链接；所指的文件在文件夹内，已按原位置读取。"
    return None


_Reader = Callable[[Path, Limits, Known, Reading, str], Iterable[Raw]]


def _reader(path: Path, folder: Path, limits: Limits) -> _Reader:
    """The reader for the kind of file, after the checks that all kinds share."""
    kind = path.suffix.lower()
    if kind == ".xls":
        refuse_xls(path)
    if kind not in _READERS:
        raise DataError("file.kind", f"不能读取 {shown(kind) or '没有扩展名的'} 文件；可读取 {READABLE}。")
    if any("\ud800" <= c <= "\udfff" for c in str(path)):
        raise DataError("file.name", "文件名含有不能识别的字符；请改名后重新提交。")
    if kind == ".parquet" and "=" in _name(path.parent, folder):
        raise DataError("parquet.hive", "这是按“列=值”分区的 Parquet 文件夹；请合并为一个 .parquet 文件。")
    try:
        if not path.is_file():
            raise DataError("file.kind", f"这不是普通文件；可读取 {READABLE}。")
        size = path.stat().st_size
        path.open("rb").close()
    except PermissionError as error:
        raise DataError("file.access", NO_ACCESS) from error
    if size == 0:
        raise DataError("file.empty", "文件是空的（0 字节）；请重新导出后提交。")
    limit = limits.unpacked_bytes if kind == ".xlsx" else limits.file_bytes
    if size > limit:
        raise too_large(f"文件有 {size / MIB:,.0f} MiB", f"{limit / MIB:,.0f} MiB")
    return _READERS[kind]


_READERS: dict[str, _Reader] = {".xlsx": read_workbook, ".csv": read_csv, ".parquet": read_parquet}
