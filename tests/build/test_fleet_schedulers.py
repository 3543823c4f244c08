"""Schedulers and workers of every kind: the reports are those of a build in one process, or one sentence says why not."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import psutil
import pytest

from tests.build import toy
from tests.build.toy import Project, wait_for
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextmanager
def dask(*arguments: str, code: Path = ROOT) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Dask's own command, with the package as it is below `code`."""
    command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
    environment = os.environ | {"PYTHONPATH": str(code)}
    running = subprocess.Popen(
        command, cwd=code, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield running
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


@contextmanager
def scheduler() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    with dask("scheduler", "--host", "127.0.0.1", "--port", str(port), code=ROOT / "tests") as running:
        until_open(port)
        yield f"tcp://127.0.0.1:{port}", running


@contextmanager
def worker(address: str, code: Path = ROOT) -> Iterator[str]:
    """A worker without a process that replaces it, and its address."""
    port = free_port()
    arguments = ["--nthreads", "1", "--no-nanny", "--memory-limit", "0", "--worker-port", str(port)]
    with dask("worker", address, "--host", "127.0.0.1", *arguments, code=code):
        until_there(address)
        yield f"tcp://127.0.0.1:{port}"


def until_open(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing listens on {port}")


def until_there(address: str) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=60)


def checkout(to: Path) -> Path:
    for part in ("pipeline", "requirements.lock"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, to / part)
    return to


def edit(code: Path) -> None:
    with (code / "pipeline/wording.py").open("a") as file:
        file.write("\n# another line\n")


def refused(project: Project, address: str, *words: str) -> None:
    status, said = project.run("--scheduler", address)
    assert status == 2, said
    [line] = said.splitlines()
    assert line.startswith(f"错误：--scheduler {address}：")
    for word in words:
        assert word in line
    assert not project.reports()
    assert not (project.root / "data/processed/.filings").exists()  # the intake has not begun


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("garbage", "不是调度器的地址"),
        ("http://127.0.0.1:8786", "不是调度器的地址"),
        ("tcp://127.0.0.1:99999", "不是调度器的地址"),
        ("tcp://127.0.0.1:1", "那里没有程序在听"),
        ("tcp://nobody.invalid:8786", "没有这个主机名"),
    ],
)
def test_no_such_address(project: Project, address: str, word: str) -> None:
    refused(project, address, word)


def test_a_listener_that_is_silent(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        refused(project, f"tcp://127.0.0.1:{one.getsockname()[1]}", "没有应答")


@pytest.mark.parametrize("first", [b"SSH-2.0-OpenSSH_9.9\r\n", b"\x00" * 7, b"\xff" * 8])
def test_a_listener_that_speaks_first_and_is_no_scheduler(project: Project, first: bytes) -> None:
    def answer(listening: socket.socket) -> None:
        with ExitStack() as kept:
            while True:
                try:
                    there = kept.enter_context(listening.accept()[0])
                except OSError:
                    return
                there.sendall(first)

    with socket.create_server(("127.0.0.1", 0)) as one:
        threading.Thread(target=answer, args=[one], daemon=True).start()
        refused(project, f"tcp://127.0.0.1:{one.getsockname()[1]}", "不是 Dask 调度器")


def test_a_web_server(project: Project) -> None:
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        refused(project, f"tcp://127.0.0.1:{server.server_port}", "不是 Dask 调度器")
        server.shutdown()


def test_a_scheduler_without_workers_a_worker_and_a_scheduler_that_is_stopped(project: Project) -> None:
    with scheduler() as (address, running):
        refused(project, address, "调度器没有工作进程", "dask worker")
        with worker(address) as of_worker:
            refused(project, of_worker, "不是调度器，而是它的工作进程")
        running.send_signal(signal.SIGSTOP)
        refused(project, address, "没有应答")


def test_workers_of_other_code_are_refused(project: Project, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    other = checkout(tmp_path / "other")
    edit(other)
    with scheduler() as (address, _):
        with worker(address, code=other) as of_worker:
            refused(project, address, f"工作进程 {of_worker} 的代码与这里不同", "make setup", "重新启动")
        with worker(address):
            status, said = project.run("--scheduler", address)
        assert status == 0, said
        assert project.reports() == undisturbed


def test_a_worker_that_was_started_before_an_edit(project: Project, tmp_path: Path) -> None:
    """The worker's checkout has the edit too, on the disk; what it has loaded is what counts, and it is no more as here."""
    code = checkout(tmp_path / "code")
    inside = ["env", f"PYTHONPATH={code}"]
    with scheduler() as (address, _):
        with worker(address, code=code):
            status, said = project.run("--scheduler", address, within=inside)
            assert status == 0, said
            edit(code)
            status, said = project.run("--scheduler", address, within=inside)
            assert status == 2, said
            assert "的代码与这里不同" in said
        with worker(address, code=code):
            status, said = project.run("--scheduler", address, within=inside)
            assert status == 0, said


def asleep_once(project: Project, name: str = "asleep") -> Path:
    """The last chapter sleeps the first time that it is run, and tells so by the file that is returned."""
    flag = project.root / name
    sleep = f'if not os.path.exists("{flag}"):\n    open("{flag}", "w").close()\n    time.sleep(600)'
    toy.notebook(project.root / "notebooks/90_end.ipynb", "附录", sleep, *toy.END)
    return flag


@pytest.mark.parametrize("dies", ["scheduler", "worker"])
def test_who_dies_during_the_build(project: Project, dies: str) -> None:
    flag = asleep_once(project)
    with scheduler() as (address, running), ExitStack() as stack:
        stack.enter_context(worker(address))
        build = project.start("--scheduler", address)
        wait_for(flag.exists, build, "a chapter is running")
        if dies == "scheduler":
            running.kill()
        else:
            stack.close()
        _, errors = build.communicate(timeout=600)
    assert build.returncode == 0, errors
    assert ("与调度器的连接断了" if dies == "scheduler" else "工作进程都不在了") in errors
    assert "没有完成的改由本机的工作进程生成" in errors
    assert "Traceback" not in errors
    assert "生成 2 份，沿用 0 份，失败 0 份" in errors


def test_ctrl_c_that_reaches_only_the_workers(project: Project) -> None:
    flag = asleep_once(project)
    build = project.start("--workers", "2")
    wait_for(flag.exists, build, "a chapter is running")
    for one in psutil.Process(build.pid).children():
        one.send_signal(signal.SIGINT)
    _, errors = build.communicate(timeout=600)
    assert build.returncode == 0, errors
    assert "Traceback" not in errors
    assert "生成 2 份，沿用 0 份，失败 0 份" in errors
