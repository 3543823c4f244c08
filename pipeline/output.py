"""Where files are written: each one whole or not at all, and what stands in the way as one sentence."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import OutputError

_REASONS = {
    errno.ENOENT: "没有这个文件夹，也不能新建",
    errno.ENOTDIR: "路径中有一段是文件，不是文件夹",
    errno.EEXIST: "同名的文件挡住了文件夹",
    errno.EISDIR: "同名的文件夹挡住了文件",
    errno.ENOTEMPTY: "同名的文件夹挡住了文件",
    errno.EACCES: "没有写入权限",
    errno.EPERM: "没有写入权限",
    errno.EROFS: "只读的文件系统",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已用完",
    errno.EFBIG: "文件大小超过限制",
    errno.ENAMETOOLONG: "路径太长",
    errno.EBUSY: "文件正被别的程序使用",
    errno.ETXTBSY: "文件正被别的程序使用",
    errno.EMFILE: "同时打开的文件太多，可用 ulimit -n 4096 提高上限",
    errno.ENFILE: "整个系统打开的文件太多",
    errno.EIO: "磁盘读写出错",
    errno.ENOMEM: "内存不足",
}

_UNREAD = {errno.ENOENT: "没有这个文件", errno.EISDIR: "这是一个文件夹"} | dict.fromkeys(
    (errno.EACCES, errno.EPERM), "没有读取权限"
)


def resolved(folder: Path) -> Path:
    """`folder` as an absolute path without links; raises OutputError where they lead in a circle."""
    try:
        return folder.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError before Python 3.13
        raise OutputError("output.circle", f"--out {folder}：符号链接绕成了圈；请换一个文件夹") from error


_OUT = "输出文件夹", "请改权限，或用 --out 指定别处"


def check_writable(folder: Path, what: str = _OUT[0], right: str = _OUT[1]) -> None:
    """Make `folder` and see whether a file can be written there; raises OutputError, which calls it `what`."""
    probe = folder / f".{uuid.uuid4().hex}.probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise _unwritable(folder, error, what, right) from error


@contextmanager
def placed(target: Path, what: str = "文件") -> Iterator[Path]:
    """A file beside `target` that takes its place once it is whole; folders on the way are made. Raises OutputError
    (output.unwritable), which calls the file `what`."""
    beside = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        try:
            beside.replace(target)
        except PermissionError as error:  # Windows says so of a file that is open
            raise OSError(errno.EBUSY if target.is_file() else errno.EACCES, str(error)) from error
    except Exception as error:
        if not _is_of_writing(error):
            raise
        raise OutputError(
            "output.unwritable",
            f"{what}不能写到 {target}（{_reason(error)}）；应是一个有写入权限、磁盘未满的文件夹，同名文件没有被别的程序打开。",
        ) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def place(source: Path, target: Path) -> None:
    """Put a copy of `source` in its place. Raises OutputError."""
    with placed(target) as beside:
        shutil.copyfile(source, beside)


LOCK = ".lock"
WAIT_S = 0.2
BEYOND = 1 << 20  # where Windows locks a byte, for it lets nobody read what is locked


@contextmanager
def locked(
    *folders: Path, what: str = "整理数据", waiting: Callable[[str], object] = lambda said: None
) -> Iterator[None]:
    """Hold `folders` for this process alone; while another holds one of them, wait, and say to `waiting` for whom: once,
    and when it is found to be stopped. what: what this process does, for those who wait.

    A process that ends, in whatever way, holds nothing any more. Raises OutputError.
    """
    with ExitStack() as held:
        for folder in sorted(folders):  # in one order, so that no two wait for each other
            try:
                folder.mkdir(parents=True, exist_ok=True)
                file = held.enter_context((folder / LOCK).open("a+b"))
            except OSError as error:
                raise _unwritable(folder, error) from error
            said = ""
            while not try_lock(file.fileno()):
                now = _holder(file, folder)
                if now and now != said:
                    waiting(now)
                    said = now
                time.sleep(WAIT_S)
            held.callback(_sign, file, None)
            _sign(file, {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{dt.datetime.now():%H:%M:%S}", "what": what})  # fmt: skip
        yield


def _sign(file: BinaryIO, holder: dict[str, Any] | None) -> None:
    with suppress(OSError):  # a full disk: then nobody is told
        file.truncate(0)
        if holder:
            file.write(json.dumps(holder).encode())
            file.flush()


def _holder(file: BinaryIO, folder: Path) -> str:
    """Who holds the folder, as a sentence."""
    who, stopped = "另一个生成任务", ""
    with suppress(OSError, ValueError, KeyError, TypeError):
        file.seek(0)
        holder = json.loads(file.read())
        here = holder["host"] == socket.gethostname()
        place = "" if here else f"在 {holder['host']} 上，"
        who = f"另一个生成任务（{place}进程 {holder['pid']}，{holder['since']} 开始，{holder['what']}）"
        if here and _is_stopped(int(holder["pid"])):  # last, for it may raise
            stopped = f"；它被暂停了，用 kill -CONT {holder['pid']} 让它继续，或用 kill -KILL {holder['pid']} 结束它"
    return f"{who}正在写 {folder}，等它结束…{stopped}"


def _is_stopped(process: int) -> bool:
    """Whether Linux says so; elsewhere it is not known."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "Tt"


def try_lock(file: int) -> bool:
    """Lock an open file for this process, if no other has; it is free again when the file is closed, or the process ends."""
    try:
        if os.name == "nt":
            import msvcrt

            os.lseek(file, BEYOND, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_of_writing(error: Exception) -> bool:
    return isinstance(error, OSError) or type(error).__module__ == "xlsxwriter.exceptions"


def why_not_written(error: BaseException) -> str:
    """What the system said against writing, found along the causes of `error`, in Chinese; empty where it is not that."""
    seen: BaseException | None = error
    while seen is not None:
        for one in (seen, *seen.args):
            if isinstance(one, OSError) and one.errno in _REASONS:
                return _REASONS[one.errno]
        seen = seen.__cause__ or seen.__context__
    return ""


def why_not_read(error: OSError) -> str:
    """What the system said against reading a file, in Chinese; empty where that is not known."""
    return _UNREAD.get(error.errno or 0) or why_not_written(error)


def _unwritable(folder: Path, error: OSError, what: str = _OUT[0], right: str = _OUT[1]) -> OutputError:
    return OutputError("output.unwritable", f"{what} {folder} 不能写入（{_reason(error)}）；{right}")


def _reason(error: Exception) -> str:
    cause = next((one for one in (error, *error.args) if isinstance(one, OSError)), None)  # xlsxwriter wraps them
    if cause is None:
        return type(error).__name__
    return _REASONS.get(cause.errno or 0) or cause.strerror or (os.strerror(cause.errno) if cause.errno else "未知原因")
