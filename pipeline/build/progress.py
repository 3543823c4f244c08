"""What a build tells while it runs: a bar on a terminal, else lines, or JSON lines for a machine."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from pipeline.errors import shown


class Progress(Protocol):
    """begin: so many steps are to come. doing: what is being made. done: a step is over, with facts for a log.
    say: a remark."""

    def begin(self, steps: int) -> None: ...

    def doing(self, what: str) -> None: ...

    def done(self, what: str, **facts: Any) -> None: ...

    def say(self, text: str) -> None: ...

    def close(self) -> None: ...


class Bar:
    """A bar with what is being made, how many steps are left and how long they will take."""

    def __init__(self, console: Console) -> None:
        what = TextColumn("{task.description}", markup=False)
        left = TextColumn("还有 {task.fields[left]} 步，约剩", markup=False)
        self._bars = Bars(what, BarColumn(), MofNCompleteColumn(), left, TimeRemainingColumn(), console=console)
        self._task = self._bars.add_task("准备…", total=None, left="?")
        self._left = 0
        self._bars.start()

    def begin(self, steps: int) -> None:
        self._left = steps
        self._bars.update(self._task, total=steps, completed=0, left=steps)

    def doing(self, what: str) -> None:
        self._bars.update(self._task, description=shown(what))

    def done(self, what: str, **facts: Any) -> None:
        self._left -= 1
        self._bars.update(self._task, advance=1, left=self._left)

    def say(self, text: str) -> None:
        self._bars.console.print(Text(shown(text)))

    def close(self) -> None:
        self._bars.stop()


class Lines:
    """A line for every step that is over, and for what is done before the first, for files and terminals that cannot be
    written over."""

    def __init__(self, print: Callable[[str], object]) -> None:
        self._print = print
        self._steps = self._over = 0

    def begin(self, steps: int) -> None:
        self._steps, self._over = steps, 0

    def doing(self, what: str) -> None:
        if not self._steps:
            self._print(shown(f"{what}…"))

    def done(self, what: str, **facts: Any) -> None:
        self._over += 1
        self._print(shown(f"[{self._over}/{self._steps}] {what}"))

    def say(self, text: str) -> None:
        self._print(shown(text))

    def close(self) -> None:
        pass


class JsonLines:
    """One JSON object a line on stderr, with the time of day: for logs only, no file of a report has it."""

    def begin(self, steps: int) -> None:
        self._write("begin", steps=steps)

    def doing(self, what: str) -> None:
        self._write("doing", what=what)

    def done(self, what: str, **facts: Any) -> None:
        self._write("done", what=what, **facts)

    def say(self, text: str) -> None:
        self._write("say", text=text)

    def close(self) -> None:
        pass

    def _write(self, event: str, **facts: Any) -> None:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        print(json.dumps({"time": now, "event": event, **facts}, default=str), file=sys.stderr, flush=True)
