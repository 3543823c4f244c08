"""Where tasks run: one after the other in this process, or side by side in processes of dask.distributed."""

from __future__ import annotations

import logging
import os
import queue
import signal
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import ParameterError

CONNECT_S = 10

Task = Callable[[], Any]


class Died(Exception):
    """The process that ran a task died of it, and another one too."""


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


class Cluster:
    """dask.distributed: a cluster of `workers` processes on this machine, or the one at the address `scheduler`.

    A worker has one thread, for notebooks and the drawing of charts are not safe for more, and polars in it has its
    share of the cores. A worker that dies is replaced and its task given to another; a task that two have died of is
    given up as `Died`. Raises NoCluster, and ParameterError for a scheduler that is not there.
    """

    def __init__(self, workers: int, scheduler: str | None, scratch: Path) -> None:
        import dask
        from distributed import Client, LocalCluster

        threads = str(max(1, (os.cpu_count() or 1) // workers))
        environment = {"POLARS_MAX_THREADS": threads, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        environment["DASK_DISTRIBUTED__LOGGING__DISTRIBUTED"] = "critical"  # of workers that are closing, too
        self._done: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._open = ExitStack()
        self._processes: list[int] = []
        self._open.enter_context(
            dask.config.set(
                {
                    "distributed.nanny.pre-spawn-environ": environment,
                    "distributed.scheduler.allowed-failures": 1,
                    "distributed.admin.system-monitor.log-length": 10,
                    "distributed.logging": {"distributed": "critical"},
                }
            )
        )
        self._open.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        self._cluster: Any = None
        if scheduler is None:
            try:
                self._cluster = LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    worker_dashboard_address=None,
                    local_directory=str(scratch),
                    memory_limit=0,  # workers are not paused or ended for what they use: the system has a limit
                    silence_logs=50,
                    host="127.0.0.1",
                )
            except (OSError, RuntimeError) as error:
                self._open.close()
                raise NoCluster(str(error)) from error
        try:
            self._client = Client(self._cluster or scheduler, set_as_default=False, timeout=CONNECT_S)
        except (OSError, ValueError) as error:  # no such address, or nobody there
            self._open.close()
            raise ParameterError(
                "scheduler.unreachable",
                f"--scheduler {scheduler}：连不上 Dask 调度器（{type(error).__name__}）；应为正在运行的调度器的地址，如 tcp://10.0.0.1:8786",
            ) from error
        self.at_once = 2 * (workers if scheduler is None else max(1, len(self._client.ncores())))

    def submit(self, key: str, function: Callable[..., Any], *arguments: Any) -> None:
        future = self._client.submit(function, *arguments, pure=False)
        future.add_done_callback(lambda done: self._done.put((key, done)))

    def next(self) -> tuple[str, Any]:
        from distributed.scheduler import KilledWorker

        while True:
            with suppress(queue.Empty):
                key, future = self._done.get(timeout=0.2)  # an endless wait may not be interrupted by Ctrl-C
                break
        try:
            return key, future.result()
        except KilledWorker:
            return key, Died()
        except Exception as error:
            return key, error

    def close(self, at_once: bool = False) -> None:
        """at_once: without waiting for tasks that are running."""
        # Closed connections are no news; the cluster is silent only while it is open.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
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
