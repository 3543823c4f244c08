"""The tasks of a build as a pool runs them: `make` is imported where they run, which is seldom where they are planned."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.build import loaded
from pipeline.build.standing import Made

_turn = threading.Lock()  # a process makes one thing at a time, however many threads a worker was given


class OtherCode(Exception):
    """This process has not the code of the build; the argument says what is not as there."""


def run(code: Mapping[str, str], function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a task of the build that has loaded `code`. Raises OtherCode where this process has not."""
    if what := loaded.other(code):
        raise OtherCode(what)
    with _turn:
        return function(*arguments)


def chapter(*arguments: Any) -> list[Made]:
    """See `make.chapter`."""
    from pipeline.build import make

    return make.chapter(*arguments)


def report(*arguments: Any) -> list[Made]:
    """See `make.report`."""
    from pipeline.build import make

    return make.report(*arguments)
