"""Reading what a process has read already: once, until a file of it changes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import polars as pl

from pipeline.layout import Layout

KEPT = 8  # results that a function keeps: of so many checkouts and further arguments

Args = ParamSpec("Args")
Result = TypeVar("Result")


def remembered(read: Callable[Args, Result]) -> Callable[Args, Result]:
    """`read(layout, ...)`, whose result depends on its arguments and on the files of the reference and public folders,
    or of a folder among the arguments: kept while none of these files changes. Errors are not kept.

    A frame is handed out as a copy of its own (no data are copied), so that nobody changes it for the others; other
    results are read only.
    """
    kept: dict[Any, tuple[Any, Result]] = {}
    signature = inspect.signature(read)

    @wraps(read)
    def remembering(*args: Args.args, **kwargs: Args.kwargs) -> Result:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        key = tuple(given.arguments.values())
        layout: Layout = given.arguments["layout"]
        now = [stamps(folder) for folder in (layout.reference, layout.public, *key) if isinstance(folder, Path)]
        if key in kept and kept[key][0] == now:
            result = kept[key][1]
        else:
            result = read(*args, **kwargs)
            kept.pop(key, None)
            kept[key] = (now, result)
            if len(kept) > KEPT:
                del kept[next(iter(kept))]
        return result.clone() if isinstance(result, pl.DataFrame) else result  # type: ignore[return-value]

    return remembering


def stamps(folder: Path) -> list[tuple[str, int, int, int, int]]:
    """Path, times of writing and of change, size and inode of everything below the folder."""
    return [(str(path), *_stamp(path)) for path in sorted(folder.rglob("*"))]


def _stamp(path: Path) -> tuple[int, int, int, int]:
    try:
        state = path.stat()
    except OSError:  # a link to nowhere, such as an editor's lock
        return 0, 0, 0, 0
    return state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino
