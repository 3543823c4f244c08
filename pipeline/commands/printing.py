"""What the commands print: tables, CSV, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import polars as pl
import polars.selectors as cs
from rich.console import Console
from rich.table import Table

from pipeline.errors import ParameterError, shown
from pipeline.guarded import as_text
from pipeline.wording import MISSING


def known_format(format: str, *known: str) -> None:
    if format not in known:
        raise ParameterError("option.unknown", f"--format {format}：没有这种格式；可用：{'、'.join(known)}")


def print_csv(rows: pl.DataFrame) -> None:
    for line in rows.with_columns(as_text(cs.string())).write_csv().removesuffix("\n").split("\n"):
        print(shown(line))


def print_frame(frame: pl.DataFrame, title: str, stderr: bool = False) -> None:
    print_table(frame.rows(), frame.columns, title, stderr)


def print_table(rows: Sequence[tuple[object, ...]], columns: list[str], title: str, stderr: bool = False) -> None:
    table = Table()
    for at, column in enumerate(columns):
        numbers = rows and all(isinstance(row[at], int) for row in rows)
        table.add_column(column, overflow="fold", justify="right" if numbers else "left")
    for row in rows:
        table.add_row(*(MISSING if cell is None else shown(cell) for cell in row))
    console = terminal(stderr)
    if not console.is_terminal:
        console.width = 160
    console.print(shown(title))
    console.print(table, soft_wrap=False)


def terminal(stderr: bool = False) -> Console:
    """Prints texts as they are: no markup, no names of emoji, no line breaks. Control characters are for `shown`.

    On the stream as it is now: while a notebook runs in this process, sys.stderr is the notebook's.
    """
    file = sys.stderr if stderr else sys.stdout
    return Console(file=file, force_terminal=file.isatty(), highlight=False, markup=False, emoji=False, soft_wrap=True)


def print_json(data: object) -> None:
    """JSON that any console can show: what is invisible, or not in its encoding, as an escape."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    for line in json.dumps(data, ensure_ascii=not unicode, indent=1).split("\n"):
        safe = shown(line) == line
        print(line if safe else "".join(one if shown(one) == one else json.dumps(one)[1:-1] for one in line))
