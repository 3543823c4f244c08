"""What a killed process has left is cleared away, and nothing that is in use."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.scratch import clear, scratch

KEEPS = """
import subprocess, sys
from pathlib import Path
from pipeline.scratch import scratch
with scratch(Path(sys.argv[1])) as folder:
    (folder / "project").mkdir()
    subprocess.Popen(["sleep", "600"], cwd=folder / "project", stdout=subprocess.DEVNULL)
    print(folder, flush=True)
    input()
"""
PART = f".{'0a' * 16}.part"
PROBE = f".{'0b' * 16}.probe"


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="only Linux tells who works in a folder")
def test_a_folder_of_a_killed_process_and_the_program_that_still_works_there(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-c", KEEPS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert running.stdout
    folder = Path(running.stdout.readline().strip())
    [child] = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    clear([], tmp_path / "none", [tmp_path])
    assert folder.is_dir()
    running.kill()
    running.communicate()
    assert Path(f"/proc/{child}/cwd").exists()
    clear([], tmp_path / "none", [tmp_path])
    assert not folder.exists()
    assert any(_has_ended(Path(f"/proc/{child}/stat")) for _ in range(300))  # a killed process takes its time


def _has_ended(status: Path) -> bool:
    """Waits a little where it has not."""
    try:
        if ") Z " in status.read_text("utf-8"):
            return True
    except (FileNotFoundError, ProcessLookupError):
        return True
    time.sleep(0.1)
    return False


def test_a_folder_that_is_over_is_gone_and_one_without_a_mark_is_nobody_s(tmp_path: Path) -> None:
    (tmp_path / "gr-other").mkdir()
    with scratch(tmp_path) as folder:
        (folder / "a").write_text("x")
        clear([], tmp_path / "none", [tmp_path])
        assert (folder / "a").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["gr-other"]


def test_half_files_of_an_edition_and_old_ones_elsewhere(tmp_path: Path) -> None:
    edition, shared = tmp_path / "shared/2025-x", tmp_path / "shared"
    (edition / "deep" / "intake-ab12").mkdir(parents=True)
    (edition / "deep" / "intake-ab12" / "filings.parquet").write_text("x")
    (shared / "charts").mkdir()
    files = [
        edition / "deep" / PART,
        edition / "deep" / PROBE,
        edition / "report.html",
        shared / PART,
        shared / "charts" / PART,
    ]
    for path in files:
        path.write_text("x")
    clear([edition], shared, [])
    assert [path for path in files if path.exists()] == files[1:]
    for path in files[1:]:
        os.utime(path, (1_000_000_000, 1_000_000_000))
    clear([edition], shared, [])
    assert [path for path in files if path.exists()] == [edition / "report.html"]
    assert [path.name for path in (edition / "deep").iterdir()] == []
