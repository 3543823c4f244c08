"""What the tests of rendering start from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.layout import Layout
from pipeline.reports import assemble
from pipeline.reports.blocks import Card, Cards
from tests.reports.test_assemble import FRONT, notebook, table


def staged(folder: Path, layout: Layout) -> Path:
    """A stage as the build leaves it in `folder`: the qmd files one and two, theme, project file."""
    folder.mkdir(parents=True)
    shutil.copytree(layout.reports / "theme", folder / "theme")
    shutil.copy(layout.reports / "_quarto.yml", folder)
    assemble.page_parts(layout.reports / "theme", layout.processed / "charts", folder / "theme")
    cards = Cards("k-a", [Card("标题", "≥ 80%", "未报送", "未报送", "○", "none")])
    for stem in ("one", "two"):
        path = notebook(
            folder, "02_x.ipynb", "# 概况\n\n见[](#t-a)。\n\n::: {.note}\n\n注意。\n\n:::", table("t-a"), cards
        )
        assemble.assemble([path], FRONT, folder, stem, folder / "charts")
        path.unlink()
    return folder


@pytest.fixture
def stage(tmp_path: Path, layout: Layout) -> Path:
    return staged(tmp_path / "stage", layout)
