"""Where tasks run: one after the other in this process, or side by side in processes of dask.distributed."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import time
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Protocol

from pipeline.build.loaded import loaded
from pipeline.build.scheduler import connect, quiet
from pipeline.build.tasks import OtherCode, run

CONNECT_S = 10
LOOK_S = 3
ALONE_S = 20  # without a worker: one of this machine that has died is replaced in less

ENDS_AT_ONCE = "import os, signal; signal.signal(signal.SIGINT, lambda *_: os._exit(130))"
"""What a worker of this machine does at a Ctrl-C: without a traceback, and without an end that hangs."""

Submitted = tuple[Callable[..., Any], tuple[Any, ...]]
Task = Callable[[], Any]


class Died(Exception):
    """The process that ran a task died of it, and another one too."""


class Lost(Exception):
    """The processes that ran tasks are gone, or cannot be reached; the argument says what is known, in Chinese."""


class NoCluster(Exception):
    """No processes could be started on this machine, as where it cannot reach itself."""


class Pool(Protocol):
    """`submit` a task under a key, then ask for the `next` that is done: its key, and what it gave or raised.

    at_once: how many tasks are worth submitting at a time.
    """

    at_once: int

    def submit(self, key: str, function: Callable[..., Any], *arguments: Any) -> None: ...

    def next(self) -> tuple[str, Any]: ...

    def close(self, at_once: bool = False) -> None: ...


class Here:
    """In this process, when the result is asked for."""

    at_once = 1

    def __init__(self) -> None:
        self._tasks: deque[tuple[str, Task]] = deque()

    def submit(self, key: str, function: Callable[..., Any], *arguments: Any) -> None:
        self._tasks.append((key, lambda: function(*arguments)))

    def next(self) -> tuple[str, Any]:
        key, task = self._tasks.popleft()
        try:
            return key, task()
        except Exception as error:
            return key, error

    def close(self, at_once: bool = False) -> None:
        pass


class _Call:
    """Pickled, it is the call of a task: made where it is loaded, which is a worker and never the scheduler, whose code
    may be another."""

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        self._arguments = arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return run, self._arguments


class Cluster:
    """dask.distributed: a cluster of `workers` processes on this machine, or the one at the address `scheduler`.

    A worker does one thing at a time, for notebooks and the drawing of charts are not safe for more, and polars in one
    of this machine has its share of the cores. A worker that dies is replaced and its task given to another; a task
    that two have died of is given up as `Died`. Where the scheduler or all workers are lost, what is not done is given,
    once, to a new cluster on this machine, which is told to `say`; if they are lost too, it is given up as `Lost`.
    Raises NoCluster, and ParameterError for a scheduler that is not there or has other code (`scheduler.connect`).
    """

    def __init__(self, workers: int, scheduler: str | None, scratch: Path, say: Callable[[str], object]) -> None:
        self._workers, self._scratch, self._say = workers, scratch, say
        self._may_move = True
        self._unfinished: dict[str, Submitted] = {}
        self._start(scheduler)
        self.at_once = 2 * (workers if scheduler is None else max(1, len(self._client.ncores())))

    def _start(self, scheduler: str | None) -> None:
        import dask
        from distributed import Client, LocalCluster

        threads = str(max(1, (os.cpu_count() or 1) // self._workers))
        environment = {"POLARS_MAX_THREADS": threads, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        environment["DASK_DISTRIBUTED__LOGGING__DISTRIBUTED"] = "critical"  # of workers that are closing, too
        quiet()
        self._done: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._seen = self._looked = time.monotonic()
        self._cluster: Any = None
        self._client: Any = None
        with ExitStack() as opened:
            opened.enter_context(
                dask.config.set(
                    {
                        "distributed.nanny.pre-spawn-environ": environment,
                        "distributed.worker.preload": [ENDS_AT_ONCE],
                        "distributed.scheduler.allowed-failures": 1,
                        "distributed.admin.system-monitor.log-length": 10,
                        "distributed.logging": {"distributed": "critical"},
                    }
                )
            )
            opened.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            if scheduler is None:
                try:
                    self._cluster = LocalCluster(
                        n_workers=self._workers,
                        threads_per_worker=1,
                        processes=True,
                        dashboard_address=None,
                        worker_dashboard_address=None,
                        local_directory=str(self._scratch),
                        memory_limit=0,  # workers are not paused or ended for what they use: the system has a limit
                        silence_logs=50,
                        host="127.0.0.1",
                    )
                    self._client = Client(self._cluster, set_as_default=False, timeout=CONNECT_S)
                except (OSError, RuntimeError) as error:
                    raise NoCluster(str(error)) from error
            else:
                self._client = connect(scheduler)
            self._open = opened.pop_all()

    def submit(self, key: str, function: Callable[..., Any], *arguments: Any) -> None:
        self._unfinished[key] = (function, arguments)
        try:
            call = pickle.dumps(_Call((loaded(), function, *arguments)))
            future = self._client.submit(pickle.loads, call, pure=False)
        except Exception as error:  # the client is closed, for it has lost its scheduler
            self._done.put((key, error))
            return
        future.add_done_callback(lambda done, to=self._done: to.put((key, done)))

    def next(self) -> tuple[str, Any]:
        while True:
            try:
                key, outcome = self._answer()
            except Lost as lost:
                if not self._may_move:
                    key, outcome = next(iter(self._unfinished)), lost
                else:
                    self._move(lost)
                    continue
            del self._unfinished[key]
            return key, outcome

    def _answer(self) -> tuple[str, Any]:
        """The next that is done. Raises Lost."""
        from distributed import CancelledError
        from distributed.scheduler import KilledWorker

        while True:
            with suppress(queue.Empty):
                key, future = self._done.get(timeout=0.2)  # an endless wait may not be interrupted by Ctrl-C
                break
            self._watch()
        if isinstance(future, Exception):
            raise Lost("与调度器的连接断了") from future
        try:
            return key, future.result()
        except KilledWorker:
            return key, Died()
        except CancelledError as error:
            raise Lost("与调度器的连接断了") from error
        except OtherCode as error:  # of a worker that has come later, or code that was changed during the build
            raise Lost(f"有工作进程的{error}") from error
        except Exception as error:
            return key, error

    def _watch(self) -> None:
        """Raises Lost where nobody could have done anything for so long that nobody will."""
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return
        self._looked = now
        with suppress(Exception):
            if self._client.sync(self._client.scheduler.ncores, callback_timeout=LOOK_S):
                self._seen = time.monotonic()
        if time.monotonic() - self._seen > ALONE_S:
            raise Lost("工作进程都不在了，或调度器没有应答")

    def _move(self, lost: Lost) -> None:
        self._may_move = False
        self._say(f"{lost}；没有完成的改由本机的工作进程生成")
        self.close(at_once=True)
        self._start(None)
        for key, (function, arguments) in list(self._unfinished.items()):
            self.submit(key, function, *arguments)

    def close(self, at_once: bool = False) -> None:
        """at_once: without waiting for tasks that are running."""
        # Closed connections are no news; the cluster is silent only while it is open.
        quiet()
        if at_once and self._cluster is not None:
            for nanny in self._cluster.workers.values():
                nanny.auto_restart = False
                with suppress(OSError, AttributeError, TypeError):
                    os.kill(nanny.pid, signal.SIGKILL)
        with suppress(Exception):
            self._client.close(timeout=1 if at_once else 10)
        if self._cluster is not None:
            with suppress(Exception):
                self._cluster.close(timeout=1 if at_once else 10)
        self._open.close()
