"""Notebooks in git: no outputs, one parameters cell alike in all, short cells, a title first."""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path

import nbformat
import pytest

from pipeline.build.declared import reads
from pipeline.build.plan import chapters
from pipeline.reports.blocks import MIME
from pipeline.reports.execute import CONTEXT, execute, parameter_names
from tests.conftest import ROOT

NOTEBOOKS = chapters(ROOT / "notebooks")
PARAMETERS = {"year", "region", "scenario", "filings", "audience", "overrides", CONTEXT, "plan_id"}
TEXTS = ROOT / "notebooks" / "text" / "zh"
DATA = {"中国电信", "中国移动", "中国铁塔", "万吨"}  # regions, subjects and units as the published series call them
LONGEST_CELL, LONGEST_WITH_TEXT = 45, 35
HAN = re.compile(r"[\u3400-\u9fff]")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    def test_is_valid_and_has_no_outputs(self, path: Path) -> None:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                assert cell.outputs == []
                assert cell.execution_count is None

    def test_has_the_parameters_that_all_have(self, path: Path) -> None:
        assert parameter_names(path) == PARAMETERS

    def test_depends_on_what_it_asks_its_chapter_for_only(self, path: Path) -> None:
        """Else one province's parameter would make every province's report again."""
        assert not reads(path) & {"everything", "files"}

    def test_begins_with_its_title_and_skips_no_level(self, path: Path) -> None:
        lines = [
            line
            for cell in nbformat.read(path, as_version=4).cells
            if cell.cell_type == "markdown"
            for line in cell.source.splitlines()
        ]
        levels = [len(line) - len(line.lstrip("#")) for line in lines if line.startswith("#")]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))

    def test_cells_can_be_read_at_a_glance(self, path: Path) -> None:
        longest = LONGEST_WITH_TEXT if (TEXTS / f"{path.stem}.md").is_file() else LONGEST_CELL
        for cell in nbformat.read(path, as_version=4).cells:
            assert len(cell.source.splitlines()) <= longest, cell.source[:200]

    def test_says_nothing_where_its_text_does(self, path: Path) -> None:
        """Words stand in the chapter's text and in the glossary; names of places, filed members and sources are data."""
        if not (TEXTS / f"{path.stem}.md").is_file():
            return
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
                said = {text for text in re.findall(r'"([^"\n]*)"', cell.source) if HAN.search(text)}
                assert said <= DATA, cell.source[:200]
                assert not HAN.search(re.sub(r'"[^"\n]*"', "", cell.source)), cell.source[:200]

    def test_shows_only_what_the_report_can_carry(self, path: Path) -> None:
        """No bare expression at a cell's end: its HTML would reach the report through no door of ours."""
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and (body := ast.parse(cell.source).body) and isinstance(body[-1], ast.Expr):
                assert isinstance(body[-1].value, ast.Call), cell.source


def test_parameter_cells_are_the_same() -> None:
    def cell(path: Path) -> str:
        cells = nbformat.read(path, as_version=4).cells
        return next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))

    assert len({cell(path) for path in NOTEBOOKS}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_opens_and_runs_alone_with_its_default_parameters(path: Path, tmp_path: Path) -> None:
    execute(path, tmp_path / path.name, {})
    outputs = [
        out for cell in nbformat.read(tmp_path / path.name, as_version=4).cells for out in cell.get("outputs", [])
    ]
    assert any(MIME in out.get("data", {}) for out in outputs)
