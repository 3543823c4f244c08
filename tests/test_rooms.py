"""Each room imports rooms above it only, and can be imported alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "pipeline"
ROOMS = [
    "",  # the files beside them
    "given",
    "findings",
    "language",
    "charts",
    "filings",
    "indicators",
    "evaluation",
    "scenarios",
    "disclosure",
    "reports",
    "build",
    "rollup",
    "compare",
    "workbench",
    "chapters",
    "publish",
    "verify",
    "commands",
]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if path.name != "__main__.py"
)


def room(module: str) -> int:
    """Where the module's room stands, from the top."""
    of = module.split(".")[1] if "." in module else ""
    return ROOMS.index(of) if (PACKAGE / of).is_dir() else 0


def imports(module: str) -> set[str]:
    path = ROOT.joinpath(*module.split("."))
    package = path / "__init__.py"  # beside language/en.py stands a folder of data
    source = (package if package.is_file() else path.with_suffix(".py")).read_text("utf-8")
    found = set[str]()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline"):
            full = {f"{node.module}.{one.name}" for one in node.names}
            found |= {one if one in MODULES else str(node.module) for one in full}
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names if one.name in MODULES}
    return found


@pytest.mark.parametrize("module", MODULES)
def test_imports_rooms_above_only(module: str) -> None:
    assert not {one for one in imports(module) if room(one) > room(module)}


def test_files_of_a_room_stand_in_no_circle() -> None:
    TopologicalSorter({module: imports(module) - {module} for module in MODULES}).prepare()


@pytest.mark.parametrize("of", sorted({module.rpartition(".")[0] or module for module in MODULES}))
def test_a_room_can_be_imported_first(of: str) -> None:
    """In a process of its own: what another room has imported before does not help."""
    own = [module for module in MODULES if module == of or module.rpartition(".")[0] == of]
    code = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    run = subprocess.run([sys.executable, "-c", code, *own], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr


def test_all_that_the_package_reads_counts_as_code() -> None:
    """What has been made is made again after a change of .py and .yml (`sources.shared`, `loaded`): nothing else is read."""
    found = {path.suffix for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert found == {".py", ".yml", ".md"}
