"""How a new folder takes the place of an old one: whole or not at all, with the old one kept.

Everything happens beside the folder, so on one file system. On Linux the two change names in one step
(renameat2 with RENAME_EXCHANGE), so there is no moment without a site; elsewhere in two renames, and where a kill
came between them the next call begins by putting the old folder back.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import DataError, OutputError
from pipeline.output import why_not_read, why_not_written

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """An empty folder beside `folder` to build in, removed afterwards if it did not become `folder`; only one process
    at a time. Leftovers of a killed one are cleared first. Raises OutputError; DataError for a file elsewhere that cannot be read."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            _recover(folder)
            stage = _named(folder, "new")
            _remove(stage)
            stage.mkdir()
            try:
                yield stage
            finally:
                _remove(stage)
    except OSError as error:
        if other := _other(error, folder):
            raise DataError(
                "publish.unread",
                f"没有发布：{other} 读不出来（{why_not_read(error) or error.strerror}）；请恢复这个文件，再发布",
            ) from error
        raise OutputError(
            "output.unwritable",
            f"网站不能写到 {folder}（{why_not_written(error) or error.strerror or type(error).__name__}）；应是一个有写入权限、磁盘未满的地方",
        ) from error


def _other(error: OSError, folder: Path) -> str:
    """The file of the error, where it is none of the site, of its versions and of the folders above; else empty."""
    if not isinstance(error.filename, str):
        return ""
    path = Path(error.filename).absolute()
    own = (folder, previous(folder), *(_named(folder, state) for state in ("new", "old")))
    return "" if folder.is_relative_to(path) or any(path.is_relative_to(one) for one in own) else error.filename


def replace(stage: Path, folder: Path, *, exchange: bool = True) -> Path | None:
    """Put `stage` in the place of `folder` and keep the old one as `<folder>.previous`, which is returned; None where
    there was none. exchange: change names in one step where the system can."""
    if not folder.exists():
        stage.rename(folder)
        return None
    if not any(folder.iterdir()):
        folder.rmdir()
        stage.rename(folder)
        return None
    old = _named(folder, "old")
    if exchange and _exchange(stage, folder):
        stage.rename(old)
    else:
        folder.rename(old)
        stage.rename(folder)
    return _keep(folder)


def previous(folder: Path) -> Path:
    """Where the last version of `folder` is kept."""
    return folder.with_name(f"{folder.name}.previous")


def _named(folder: Path, state: str) -> Path:
    return folder.with_name(f".{folder.name}.{state}")


def _recover(folder: Path) -> None:
    """Finish what a killed process began: with `old` there is a whole version that is no longer in its place."""
    old = _named(folder, "old")
    if old.exists() and not folder.exists():
        old.rename(folder)
    elif old.exists():
        _keep(folder)


def _keep(folder: Path) -> Path:
    kept = previous(folder)
    _remove(kept)
    _named(folder, "old").rename(kept)
    return kept


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _exchange(one: Path, other: Path) -> bool:
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    done: int = rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return done == 0


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Raises OutputError while another process publishes beside `folder`; the system frees the lock of a killed one."""
    try:
        import fcntl
    except ImportError:  # Windows, which refuses to move a folder with open files
        yield
        return
    parent = os.open(folder.parent, os.O_RDONLY)
    try:
        fcntl.flock(parent, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise OutputError(
            "publish.busy", f"另一个 green-report publish 正在写 {folder.parent}；请等它结束再运行"
        ) from None
    finally:
        os.close(parent)
