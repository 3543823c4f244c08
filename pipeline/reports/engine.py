"""A papermill engine that runs a notebook in this process: the same outputs as from a kernel, without starting one.

A notebook gets a shell, a `__main__` and an IPython folder of its own; its shell's messages go to the same client that
papermill's engine has, as if they came from a kernel. Afterwards the process is as it was before. Not put back are
changes inside modules (`pl.DataFrame.show = ...`), threads left running and functions registered with `atexit`; a
notebook without a kernel has no event loop running and no widgets, and does not see what a child process writes on a
terminal that it inherits. Where that matters there is papermill's own engine.
"""

from __future__ import annotations

import atexit
import builtins
import getpass
import io
import linecache
import locale
import logging
import os
import random
import secrets
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

import altair as alt
import polars as pl
from altair.vegalite.v6.theme import themes
from ipykernel.compiler import XCachingCompiler
from ipykernel.ipkernel import IPythonKernel
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.error import StdinNotImplementedError
from jupyter_client.session import Session
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine
from papermill.log import logger
from traitlets.config import Config

from pipeline.scratch import scratch

_turn = threading.RLock()  # streams, working folder and the like are the process's: its notebooks run one by one


class InProcess(Engine):  # type: ignore[misc]
    """papermill's engine of this name (entry point group `papermill.engine`)."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        **unused: Any,
    ) -> None:
        # A logger of its own: a notebook that logs everything on its stderr would log its own messages, forever.
        logs = {"log": logger if log_output else logging.Logger(__name__, logging.ERROR), "log_output": log_output}
        logs |= {"stdout_file": stdout_file, "stderr_file": stderr_file}
        with _turn, _process_kept(), _new_shell() as (shell, wire):
            client = PapermillNotebookClient(nb_man, **logs)
            client.reset_execution_trackers()
            for index, cell in enumerate(nb_man.nb.cells):
                nb_man.cell_start(cell, index)
                try:
                    if not _run(shell, wire, client, cell, index):
                        nb_man.cell_exception(cell, cell_index=index)
                        break
                finally:
                    nb_man.cell_complete(cell, cell_index=index)
            nb_man.nb.metadata["language_info"] = IPythonKernel.language_info


def _run(shell: Any, wire: _Wire, client: PapermillNotebookClient, cell: NotebookNode, index: int) -> bool:
    """Run one cell and put its outputs into it; whether the next may follow."""
    tags = cell.metadata.get("tags", [])
    if cell.cell_type != "code" or not cell.source.strip() or client.skip_cells_with_tag in tags:
        return True
    cell.outputs, cell.execution_count = [], shell.execution_count
    client.clear_before_next_output = False
    wire.receive = lambda message: client.process_message(message, cell, index)
    result = shell.run_cell(cell.source, store_history=True)
    for stream in wire.streams:
        stream.flush()
    if isinstance(result.error_in_exec, KeyboardInterrupt):  # the user's, or a scheduler's: not the notebook's
        raise result.error_in_exec
    good = result.success and not shell._last_traceback_during_displayhook
    return (good or "raises-exception" in tags) and not shell.exit_now


class _Wire(Session):
    """Between a shell and a client: what a kernel would send, packed and unpacked, so that it is just the same."""

    receive: Callable[[dict[str, Any]], object] = staticmethod(lambda message: None)
    streams: Sequence[_Stream] = ()

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, parent: Any = None, *_: Any, **__: Any) -> None:
        message = msg_or_type if isinstance(msg_or_type, dict) else self.msg(msg_or_type, content, parent)
        message["content"] = self.unpack(self.pack(message["content"]))
        self.receive(message)


class _Stream(io.TextIOBase):
    """A notebook's stdout or stderr. Threads that were there before it, such as a progress bar's, keep theirs."""

    encoding = "UTF-8"

    def __init__(self, name: str, wire: _Wire) -> None:
        behind = getattr(sys, name)
        self._name, self._wire, self._behind = name, wire, getattr(behind, "rich_proxied_file", behind)
        self._others = set(threading.enumerate()) - {threading.current_thread()}
        self._held: list[str] = []
        self.over = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._behind.fileno())

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if self.over or threading.current_thread() in self._others:
            return int(self._behind.write(text))
        self._held.append(text)
        return len(text)

    def flush(self) -> None:
        if self.over or threading.current_thread() in self._others:
            if not self._behind.closed:  # as it may be when this stream is collected
                self._behind.flush()
            return
        text, self._held = "".join(self._held), []
        if text:
            self._wire.send(None, "stream", {"name": self._name, "text": text})


@contextmanager
def _new_shell() -> Iterator[tuple[Any, _Wire]]:
    """A kernel's shell without a kernel, as *the* shell of this process. Call it within `_process_kept`."""
    wire = _Wire()
    wire.streams = stdout, stderr = _Stream("stdout", wire), _Stream("stderr", wire)
    classes = list(ZMQInteractiveShell._walk_mro())
    instances = [one._instance for one in classes]
    with scratch() as home:
        os.environ["IPYTHONDIR"] = str(home)
        sys.path.insert(0, "")
        shell: Any = ZMQInteractiveShell(  # type: ignore[no-untyped-call]
            ipython_dir=str(home), compiler_class=XCachingCompiler, config=Config(HistoryManager={"enabled": False})
        )
        atexit.unregister(shell.atexit_operations)
        shell.displayhook.session = shell.display_pub.session = wire
        shell.kernel = SimpleNamespace(eventloop=None)
        sys.stdin, sys.stdout, sys.stderr = io.StringIO(), stdout, stderr
        builtins.input = getpass.getpass = _nobody_to_ask
        for one in classes:
            one._instance = shell
        shell.extension_manager.load_extension("storemagic")  # as a kernel does
        try:
            yield shell, wire
        finally:
            for one, instance in zip(classes, instances, strict=True):
                one._instance = instance
            stdout.over = stderr.over = True
            # What the notebook held is free now; what little the shell holds, whenever garbage is next collected.
            shell.displayhook._ = shell.displayhook.__ = shell.displayhook.___ = None
            shell.last_execution_result = None
            shown = shell.display_formatter.mimebundle_formatter
            history = shell.history_manager
            for held in (history.output_hist, history.outputs, shell.user_ns_hidden, shown.type_printers, shown.deferred_printers):  # fmt: skip
                held.clear()
            shell.user_ns.clear()


def _nobody_to_ask(*_: object, **__: object) -> NoReturn:
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")


@contextmanager
def _process_kept() -> Iterator[None]:
    """Put back, in the opposite order, what belongs to the process and a notebook or its shell may change."""
    with ExitStack() as keep:
        for space in (vars(sys), vars(builtins), vars(getpass), linecache.cache, os.environ):
            keep.callback(_put_back, space, dict(space))
        rows: tuple[list[Any], ...] = (sys.path, sys.meta_path, sys.path_hooks, sys.argv, logging.root.handlers)
        for row in rows:
            keep.callback(row.__setitem__, slice(None), list(row))
        keep.callback(_put_modules_back, dict(sys.modules), _folders())
        keep.callback(os.chdir, Path.cwd())
        keep.callback(locale.setlocale, locale.LC_ALL, locale.setlocale(locale.LC_ALL))
        keep.callback(sys.setrecursionlimit, sys.getrecursionlimit())
        keep.callback(logging.root.setLevel, logging.root.level)
        if threading.current_thread() is threading.main_thread():
            for number in signal.valid_signals():
                keep.callback(_put_signal_back, number, signal.getsignal(number))
        for registry in (themes, alt.renderers, alt.data_transformers, alt.vegalite_compilers):
            keep.callback(registry._set_state, registry._get_state())
        keep.callback(pl.Config.load, pl.Config.save())
        # A kernel's dice are its own: nobody's seed before, and not this notebook's afterwards.
        keep.callback(random.setstate, random.getstate())
        random.seed()
        if numpy_random := sys.modules.get("numpy.random"):
            keep.callback(numpy_random.set_state, numpy_random.get_state())
            numpy_random.seed()
        keep.callback(lambda: pl.set_random_seed(secrets.randbits(64)))  # cannot be read
        keep.enter_context(warnings.catch_warnings())
        yield


def _put_back(space: MutableMapping[str, Any], before: dict[str, Any]) -> None:
    for name in set(space) - set(before):
        del space[name]
    for name, value in before.items():
        if name not in space or space[name] is not value:
            space[name] = value


def _put_signal_back(number: signal.Signals, handler: Any) -> None:
    if handler is not None and signal.getsignal(number) is not handler:  # None: set by something that is not Python
        signal.signal(number, handler)


def _folders() -> set[Path]:
    return {Path(folder).resolve() for folder in sys.path}


def _put_modules_back(before: dict[str, ModuleType], folders: set[Path]) -> None:
    """What was replaced or taken out is put back. What was imported stays, being costly and, for some, impossible to
    import twice, unless it comes from a folder that the notebook has added: there another has its own."""
    added = _folders() - folders
    for name in set(sys.modules) - set(before):
        top = sys.modules.get(name.partition(".")[0])
        file = getattr(top, "__file__", None)
        if file and added.intersection(Path(file).resolve().parents[: 2 if hasattr(top, "__path__") else 1]):
            del sys.modules[name]
    for name, module in before.items():
        if sys.modules.get(name) is not module:
            sys.modules[name] = module
