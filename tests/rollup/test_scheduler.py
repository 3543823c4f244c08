"""Workers of a Dask scheduler: one, two or four, or one that is killed; the same bytes as in one process."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

import pipeline.rollup.sources as sources
from pipeline.errors import ParameterError
from pipeline.layout import Layout
from pipeline.rollup.run import Request, roll_up
from tests.build.test_fleet_schedulers import dask, free_port, scheduler
from tests.conftest import ROOT
from tests.rollup.made import results, rolled, write

FILES = 6
pytestmark = pytest.mark.slow


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sources, "PART_FILES", 1)
    for at in range(FILES):
        rows = [{"facility_id": f"S{at * 19 + n}", "energy_kwh": n / 3, "it_kwh": None} for n in range(20)]
        write(tmp_path / "in" / f"{at}.parquet", *rows, {"energy_kwh": -1}, year=2025, month=at % 2 + 1)
    return tmp_path / "in"


@pytest.fixture
def whole(source: Path, tmp_path: Path) -> dict[str, str]:
    rolled(source, tmp_path / "whole")
    return results(tmp_path / "whole")


def workers(stack: ExitStack, address: str, number: int) -> list[psutil.Process]:
    """Workers without anything that replaces them, as processes."""
    given = ("worker", address, "--nthreads", "1", "--memory-limit", "0", "--no-nanny")
    started = [stack.enter_context(dask(*given, "--worker-port", str(free_port()))) for _ in range(number)]
    return [psutil.Process(one.pid) for one in started]


def wait_for_workers(address: str, number: int) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(number, timeout=60)


@pytest.mark.parametrize("number", [1, 2, 4])
def test_any_number_of_workers_gives_the_same(source: Path, whole: dict[str, str], tmp_path: Path, number: int) -> None:
    with scheduler() as (address, _), ExitStack() as stack:
        workers(stack, address, number)
        wait_for_workers(address, number)
        done = rolled(source, tmp_path / "out", scheduler=address)
    assert (done.parts, done.reused) == (FILES, 0)
    assert results(tmp_path / "out") == whole


def test_a_worker_that_is_killed_is_survived(source: Path, whole: dict[str, str], tmp_path: Path) -> None:
    """It is stopped after the first part, with others in hand, and killed a second later."""
    told = []
    with scheduler() as (address, _), ExitStack() as stack:
        one, _ = workers(stack, address, 2)
        wait_for_workers(address, 2)

        def say(sentence: str) -> None:
            if not told:
                os.kill(one.pid, signal.SIGSTOP)
                threading.Timer(1, os.kill, (one.pid, signal.SIGKILL)).start()
            told.append(sentence)

        roll_up(Request(str(source), tmp_path / "out", scheduler=address), Layout(ROOT), say)
    assert told == [f"已汇总 {n}/{FILES} 份" for n in range(1, FILES + 1)]
    assert results(tmp_path / "out") == whole


def test_a_scheduler_that_is_not_there(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="连不上 Dask 调度器"):
        rolled(source, tmp_path / "out", scheduler="tcp://127.0.0.1:1")
