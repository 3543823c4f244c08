"""A run that was killed goes on; what has changed is made again; nothing half is used."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.rollup import run as running
from tests.conftest import ROOT
from tests.rollup.made import results, rolled, table, write

PARTS = 8
CODE = """
import sys, time
import pipeline.rollup.partition as partition
from pathlib import Path
from tests.rollup.made import rolled
import pipeline.rollup.sources as sources
sources.PART_FILES = 1
real = partition._reduced
def slow(*given):
    time.sleep(0.4)
    return real(*given)
partition._reduced = slow
rolled(sys.argv[1], Path(sys.argv[2]))
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import pipeline.rollup.sources as sources

    monkeypatch.setattr(sources, "PART_FILES", 1)
    for at in range(PARTS):
        rows = [{"facility_id": f"S{at * 9 + n}", "energy_kwh": 8 + n} for n in range(10)]  # one in two files each
        write(tmp_path / "in" / f"{at}.parquet", *rows, {"energy_kwh": -1}, year=2025, month=1)
    return tmp_path / "in"


def test_a_killed_run_goes_on_and_gives_the_same(source: Path, tmp_path: Path) -> None:
    rolled(source, tmp_path / "whole")
    out = tmp_path / "killed"
    for wanted in (2, 5):
        with subprocess.Popen([sys.executable, "-c", CODE, str(source), str(out)], cwd=ROOT) as process:
            until = time.monotonic() + 60
            while len(list(out.glob(".rollup/2025/parts/*/manifest.json"))) < wanted and time.monotonic() < until:
                time.sleep(0.02)
            os.kill(process.pid, signal.SIGKILL)
    assert not list(out.glob("*.csv"))
    done = rolled(source, out)
    assert (done.parts, done.reused >= 5) == (PARTS, True)
    assert results(out) == results(tmp_path / "whole")
    assert not [path for path in out.rglob("*") if path.name.endswith(".part")]


def test_only_what_has_changed_is_made_again(source: Path, tmp_path: Path) -> None:
    rolled(source, tmp_path / "out")
    assert rolled(source, tmp_path / "out").reused == PARTS
    write(source / "3.parquet", {"facility_id": "new", "energy_kwh": 1000}, year=2025, month=1)
    assert rolled(source, tmp_path / "out").reused == PARTS - 1
    rolled(source, tmp_path / "anew")
    assert results(tmp_path / "out") == results(tmp_path / "anew")
    (source / "5.parquet").unlink()
    assert rolled(source, tmp_path / "out").parts == PARTS - 1
    assert len(list((tmp_path / "out").glob(".rollup/2025/parts/*"))) == PARTS - 1


@pytest.mark.parametrize("name", ["energy.parquet", "fingerprints.npy", "manifest.json"])
def test_what_is_damaged_is_made_again(source: Path, tmp_path: Path, name: str) -> None:
    rolled(source, tmp_path / "out")
    before = results(tmp_path / "out")
    path = min((tmp_path / "out").glob(f".rollup/2025/parts/*/{name}"))
    path.write_bytes(path.read_bytes()[:-9])
    assert rolled(source, tmp_path / "out").reused == PARTS - 1
    assert results(tmp_path / "out") == before


def test_a_file_that_changes_meanwhile_is_told(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = running.reduced

    def slip(*given: object) -> object:
        found = made(*given)  # type: ignore[arg-type]
        write(source / "0.parquet", {"facility_id": "other"}, year=2025, month=1)
        return found

    monkeypatch.setattr(running, "reduced", slip)
    with pytest.raises(DataError, match="在汇总期间变了"):
        rolled(source, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.csv"))
    monkeypatch.setattr(running, "reduced", made)
    rolled(source, tmp_path / "out")
    assert table(tmp_path / "out", "能源消耗")
