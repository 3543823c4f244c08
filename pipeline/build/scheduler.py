"""Is there a Dask scheduler at this address, with workers that have the code of this process?

Whatever is there instead ends as one sentence within `WITHIN_S`. Dask's own client waits without end for a listener that
is silent, and takes the first bytes of another protocol for the length of a message; so they are looked at before.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import re
import socket
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.build import loaded
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from distributed import Client

WITHIN_S = 12
GREETING_S = 4  # in which a Dask listener says the first word
GREETING_BYTES = 1 << 20
EXAMPLE = "tcp://10.0.0.1:8786"
_ADDRESS = re.compile(
    r"(?:(?P<protocol>tcp|tls)://)?(?:\[(?P<six>[0-9A-Fa-f:.%]+)\]|(?P<name>[^\s/:@\[\]]+)):(?P<port>\d{1,5})"
)

T = TypeVar("T")


def connect(address: str) -> Client:
    """A client of the scheduler at `address`. Raises ParameterError where there is none, one without workers, or with
    workers of other code."""
    protocol, host, port = _parts(address)
    import distributed  # noqa: F401  (not within the time: on a busy machine it takes its own)

    whole = f"{protocol}://{address.rpartition('://')[2]}"
    try:
        return within(WITHIN_S, lambda: _connect(whole, protocol, host, port))
    except TimeoutError:
        raise _refused(address, f"{WITHIN_S} 秒内没有应答") from None


def within(seconds: float, ask: Callable[[], T]) -> T:
    """What `ask` gives or raises; raises TimeoutError where that takes longer, and leaves it to itself."""
    answers: queue.Queue[tuple[bool, Any]] = queue.Queue()

    def answer() -> None:
        try:
            answers.put((True, ask()))
        except BaseException as error:
            answers.put((False, error))

    threading.Thread(target=answer, daemon=True).start()
    try:
        well, found = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if not well:
        raise found
    return found  # type: ignore[no-any-return]


def quiet() -> None:
    """Dask's loggers, each of which has a level of its own, tell nothing that the build says in one sentence."""
    for name in ["distributed", *logging.root.manager.loggerDict]:
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _parts(address: str) -> tuple[str, str, int]:
    found = _ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found["port"]) < 65536:
        raise ParameterError("scheduler.address", f"--scheduler {address}：不是调度器的地址；应如 {EXAMPLE}")
    return found["protocol"] or "tcp", found["six"] or found["name"], int(found["port"])


def _refused(address: str, why: str) -> ParameterError:
    return ParameterError(
        "scheduler.unreachable",
        f"--scheduler {address}：连不上 Dask 调度器（{why}）；应为正在运行的调度器的地址，如 {EXAMPLE}",
    )


def _connect(address: str, protocol: str, host: str, port: int) -> Client:
    _greeting(address, protocol, host, port)
    from distributed import Client

    quiet()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if asyncio.run(_type(address)) != "Scheduler":
                raise _refused(address, "那里的不是调度器，而是它的工作进程")
            client = Client(address, set_as_default=False, timeout=WITHIN_S // 2)
    except ParameterError:
        raise
    except Exception as error:
        raise _refused(address, type(error).__name__) from error
    try:
        _check(client, address)
    except BaseException:
        with suppress(Exception):
            client.close(timeout=1)
        raise
    return client


async def _type(address: str) -> object:
    """What kind of Dask's processes is there. A client would ask anything for ever to be its scheduler."""
    from distributed.core import rpc

    async with rpc(address, timeout=WITHIN_S // 2) as there:
        return (await there.identity()).get("type")


def _greeting(address: str, protocol: str, host: str, port: int) -> None:
    """See that who listens speaks first, as Dask does: the length of a short message, and the message."""
    try:
        with socket.create_connection((host, port), GREETING_S) as there:
            if protocol == "tls":  # says nothing before the client has
                return
            until, said = time.monotonic() + GREETING_S, b""
            while len(said) < 8 or len(said) < 8 + int.from_bytes(said[:8], "little"):
                there.settimeout(max(0.01, until - time.monotonic()))
                more = there.recv(1 << 16)
                said += more
                if not more or int.from_bytes(said[:8], "little") > GREETING_BYTES:
                    raise _refused(address, "那里的不是 Dask 调度器")
    except TimeoutError as error:
        raise _refused(address, "没有应答，或不是 Dask 调度器") from error
    except socket.gaierror as error:
        raise _refused(address, "没有这个主机名") from error
    except (OSError, UnicodeError) as error:
        raise _refused(address, "那里没有程序在听" if isinstance(error, ConnectionError) else str(error)) from error


def _check(client: Client, address: str) -> None:
    try:
        workers = client.run(loaded.loaded, on_error="return")
    except Exception as error:
        raise _refused(address, f"问不到工作进程，{type(error).__name__}") from error
    if not workers:
        raise ParameterError(
            "scheduler.no_workers",
            f"--scheduler {address}：调度器没有工作进程；请先在与本机共用文件系统的机器上运行 dask worker {address}",
        )
    for name, found in workers.items():
        if what := loaded.other(found):
            raise ParameterError(
                "scheduler.other_code",
                f"--scheduler {address}：工作进程 {name} 的{what}，会生成不同的报告；"
                "请在那里换成与这里相同的项目版本和环境（git pull、make setup），再重新启动它",
            )
