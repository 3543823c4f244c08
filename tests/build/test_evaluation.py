"""A scheme of evaluation adds a chapter and a line; without it the report is what it would be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run

pytestmark = pytest.mark.slow


def outputs(notebook: Path) -> list[object]:
    """What the cells of an executed notebook hand to the report."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return [[out.get("data") for out in cell["outputs"]] for cell in cells if cell["cell_type"] == "code"]


def test_removing_the_scheme_changes_nothing_else(green_report: Run, house: Path, tmp_path: Path) -> None:
    told = {}
    for name in ("with", "without"):
        run = green_report("build", "--to", "html", "--workers", "1", "--out", str(tmp_path / name), root=house)
        assert run.returncode == 0, run.stderr
        [main] = [Path(line) for line in run.stdout.splitlines() if "附册" not in line]
        told[name] = main
        (house / "data/raw/reference/evaluation/demo-2025.yml").unlink(missing_ok=True)
    assert "企业评价" in told["with"].read_text("utf-8")
    assert "企业评价" not in told["without"].read_text("utf-8")
    one, other = (main.parent / "notebooks" for main in told.values())
    chapters = sorted(path.name for path in one.glob("[01]*.ipynb"))
    assert len(chapters) == 15  # with the opening
    for name in chapters:
        if name not in ("00_highlights.ipynb", "13_evaluation.ipynb"):
            assert outputs(one / name) == outputs(other / name), name
