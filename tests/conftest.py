"""Shared by all tests: the command as a user calls it, a copy of the checkout to damage, and one real build."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from pipeline.layout import Layout

settings.register_profile("suite", deadline=None)  # machines differ, and share their cores
settings.load_profile("suite")

ROOT = Path(__file__).resolve().parent.parent
Run = Callable[..., "subprocess.CompletedProcess[str]"]

# Files that share a build of minutes.
TOGETHER = {
    "tests/build/test_public.py": "public",
    "tests/publish/test_datapackage.py": "publish",
    "tests/publish/test_site.py": "publish",
}


class Scheduling(LoadScopeScheduling):
    """Each test by itself to the process that is free next, those of TOGETHER to one."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER.get(nodeid.partition("::")[0], nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def layout() -> Layout:
    return Layout(ROOT)


def run_command(*arguments: str, root: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """`green-report` in a process of its own, as from a shell in another folder."""
    command = Path(sys.executable).with_name("green-report")
    env = os.environ | {"GREEN_REPORT_ROOT": str(root), "QUARTO_PATH": "/nowhere/quarto"} | environment
    return subprocess.run(
        [str(command), *arguments], cwd="/", env=env, capture_output=True, text=True, encoding="utf-8", timeout=1800
    )


@pytest.fixture(scope="session")
def green_report() -> Run:
    return run_command


@pytest.fixture(scope="session")
def pyam(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """pyam, with the cache of its units in a folder of this run.

    The cache it would keep in the user's folder is spoilt where two processes write it at once, and names paths of the
    environment that wrote it, which may be gone.
    """
    os.environ["IAM_UNITS_CACHE"] = str(tmp_path_factory.mktemp("units"))
    return importlib.import_module("pyam")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of what the commands read, free to be damaged."""
    root = tmp_path / "house"
    shutil.copytree(ROOT / "data" / "raw", root / "data" / "raw")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    shutil.copytree(ROOT / "reports" / "theme", root / "reports" / "theme")
    shutil.copy(ROOT / "reports" / "_quarto.yml", root / "reports")
    return root


@dataclass(frozen=True)
class Built:
    """A real build of the nation and 广东 by the embedded engine: where its files are, and what it printed."""

    out: Path
    paths: list[Path]
    log: str

    def folder(self, slug: str) -> Path:
        return self.out / "2025-sample" / "internal" / slug / "plan"

    def file(self, slug: str, suffix: str, annex: bool = False) -> Path:
        return next(
            path
            for path in self.paths
            if path.suffix == f".{suffix}"
            and path.is_relative_to(self.folder(slug))
            and path.stem.endswith("-附册") is annex
        )


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    out = tmp_path_factory.mktemp("reports")
    run = run_command("build", "--region", "全国,广东", "--to", "html,pdf,docx", "--out", str(out))
    assert run.returncode == 0, run.stderr
    return Built(out, [Path(line) for line in run.stdout.splitlines()], run.stderr)
