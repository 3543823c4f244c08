"""A project of a few small chapters, and what an undisturbed build makes of it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.build.toy import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "toy")


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """What an undisturbed build makes, and in how many seconds."""
    made, began = Project(tmp_path_factory.mktemp("undisturbed") / "toy"), time.monotonic()
    assert made.run("--workers", "1")[0] == 0
    return made.reports(), time.monotonic() - began


@pytest.fixture(scope="module")
def undisturbed(timed: tuple[dict[str, bytes], float]) -> dict[str, bytes]:
    return timed[0]
