"""Every Python that the product allows makes the same bytes, and runs notebooks alike; what this machine has is tried."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

VERSIONS = ("3.11", "3.12", "3.13")
OTHERS = [one for one in VERSIONS if one != f"{sys.version_info.major}.{sys.version_info.minor}"]
TOOLS = (
    "pytest",
    "pytest-xdist",
    "execnet",
    "iniconfig",
    "pluggy",
    "hypothesis",
    "sortedcontainers",
)  # of the tests run there
LINE = re.compile(r"^([a-z0-9._-]+)==.*?(?=^[a-z0-9._-]+==|\Z)", re.MULTILINE | re.DOTALL)


def found(version: str) -> Path | None:
    """A Python of the version that starts, from the PATH or pyenv."""
    named = shutil.which(f"python{version}")
    beside = [Path(named), *sorted(Path(named).parents[1].glob(f"versions/{version}.*/bin/python"))] if named else []
    for path in beside:  # pyenv puts a name on the PATH that need not start
        if subprocess.run([str(path), "-c", ""], capture_output=True).returncode == 0:
            return path
    return None


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(one) for one in command],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pages(python: Path, house: Path, out: Path) -> dict[str, bytes]:
    """What a build of a small report by `python` puts there, of the checkout `house`."""
    code = "from pipeline.commands.start import main; main()"
    run(python, "-c", code, "build", "--region", "西藏", "--filings", "none", "--to", "html,pdf,docx", "--workers", "1",
        "--out", out, GREEN_REPORT_ROOT=str(house), QUARTO_PATH="/nowhere/quarto")  # fmt: skip
    return {path.suffix: path.read_bytes() for path in out.rglob("绿色发展报告*")}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, bytes]]:
    made: list[dict[str, bytes]] = []

    def of(house: Path) -> dict[str, bytes]:
        if not made:
            made.append(pages(Path(sys.executable), house, tmp_path_factory.mktemp("here")))
        return made[0]

    return of


@pytest.fixture(params=OTHERS)
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Another Python with the packages of the lock."""
    python = found(request.param)
    if python is None:
        pytest.skip(f"no Python {request.param} on this machine")
    run(python, "-m", "venv", tmp_path / "venv")
    own = tmp_path / "venv" / "bin" / "python"
    locked = (ROOT / "requirements.lock").read_text("utf-8")
    tools = "".join(one[0] for one in LINE.finditer(locked) if one[1] in TOOLS)
    (tmp_path / "tools.lock").write_text(tools, "utf-8")
    for lock in (ROOT / "requirements-run.lock", tmp_path / "tools.lock"):
        run(own, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", lock)
    run(own, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "-e", ROOT)
    yield own
    shutil.rmtree(tmp_path / "venv")


@pytest.mark.slow
def test_the_same_bytes_and_the_same_engine(
    other: Path, house: Path, expected: Callable[[Path], dict[str, bytes]], tmp_path: Path
) -> None:
    before = expected(house)
    assert set(before) == {".html", ".pdf", ".docx"}
    made = pages(other, house, tmp_path / "there")
    assert {suffix: made[suffix] == content for suffix, content in before.items()} == dict.fromkeys(before, True)
    run(
        other,
        "-m",
        "pytest",
        "-q",
        "-m",
        "not slow",
        "-p",
        "no:cacheprovider",
        "tests/reports/test_engine.py",
        "tests/reports/test_execute.py",
    )
