"""Equipment and businesses are optional: a report of filings without them is what it would be if there were no such tables."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from tests.conftest import Run

pytestmark = pytest.mark.slow

TABLES = ("在网设备", "业务能耗")
OWN_CELLS = {"cell-equipment", "cell-business"}
OF_FILINGS = ("90_appendix.ipynb",)  # tells of every table that was filed, and how it is checked


def outputs(notebook: Path) -> list[object]:
    """What the cells of an executed notebook hand to the report, but for the cells of the two tables and of the text."""
    cells = [cell for cell in json.loads(notebook.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    apart = [cell["id"] in OWN_CELLS or any("chapter.preview(" in line for line in cell["source"]) for cell in cells]
    return [
        [out.get("data") for out in cell["outputs"]] for cell, is_own in zip(cells, apart, strict=True) if not is_own
    ]


def take_away(filings: Path) -> None:
    """Both tables, from all files of the sample."""
    for path in sorted(filings.glob("20*/*")):
        if path.name.startswith(TABLES) or "_equipment_" in path.name or "_business_" in path.name:
            path.unlink()
        elif path.suffix == ".xlsx":
            book = openpyxl.load_workbook(path)
            for name in TABLES:
                if name in book.sheetnames:
                    del book[name]
                    book.save(path)


def test_removing_the_two_tables_changes_nothing_else(green_report: Run, house: Path, tmp_path: Path) -> None:
    told = {}
    for name in ("with", "without"):
        run = green_report("build", "--to", "html", "--workers", "1", "--out", str(tmp_path / name), root=house)
        assert run.returncode == 0, run.stderr
        told[name] = [Path(line) for line in run.stdout.splitlines()]
        take_away(house / "data/raw/sample")
    texts = {name: "".join(path.read_text("utf-8") for path in paths) for name, paths in told.items()}
    for said in ("设备的在网年数", "业务能耗", "设备平均在网年数", "示例厂商子", "14 张填报表"):
        assert said in texts["with"]
        assert said not in texts["without"]
    assert "12 张填报表" in texts["without"]
    one, other = (paths[0].parent / "notebooks" for paths in told.values())
    chapters = sorted(path.name for path in one.glob("*.ipynb"))
    assert len(chapters) == 16
    for name in chapters:
        if name not in OF_FILINGS:
            assert outputs(one / name) == outputs(other / name), name
