"""Running a notebook: parameters are checked, failures kept, nothing of the machine left in what is kept."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from pipeline.build.plan import chapters
from pipeline.errors import DataError
from pipeline.reports.execute import ChapterFailed, execute, parameter_names


def notebook(folder: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = ["parameters"]
    path = folder / "02_test.ipynb"
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=python), path)
    return path


both_ways = pytest.mark.parametrize("isolated", [False, True])


def test_a_misspelt_parameter_fails_before_anything_runs(tmp_path: Path) -> None:
    path = notebook(tmp_path, "year = 2025  # [x]\ncontext = ''", "1 / 0")
    assert parameter_names(path) == {"year", "context"}
    with pytest.raises(ValueError, match="yaer"):
        execute(path, tmp_path / "out.ipynb", {"yaer": 2024})
    assert not (tmp_path / "out.ipynb").exists()


@both_ways
def test_parameters_arrive_and_the_kept_notebook_tells_nothing_of_the_machine(tmp_path: Path, isolated: bool) -> None:
    path = notebook(
        tmp_path,
        "year = 2025\ncontext = ''",
        "import sys\nprint(year, len(context) > 0, sys._getframe().f_code.co_filename)",
    )
    context = tmp_path / "context.json"
    for name in ("one", "two"):
        execute(path, tmp_path / f"{name}.ipynb", {"year": 2024, "context": str(context)}, isolated=isolated)
    one, two = (tmp_path / f"{name}.ipynb" for name in ("one", "two"))
    text = one.read_text("utf-8")
    assert "2024 True <cell>" in text
    assert str(tmp_path) not in text
    assert "ipykernel_" not in text
    assert text == two.read_text("utf-8")


@both_ways
def test_a_cell_that_raises_leaves_the_notebook_with_its_traceback(tmp_path: Path, isolated: bool) -> None:
    path = notebook(tmp_path, "context = ''", "1 / 0")
    with pytest.raises(ChapterFailed, match="ZeroDivisionError") as failed:
        execute(path, tmp_path / "out.ipynb", {}, isolated=isolated)
    assert "ZeroDivisionError" in failed.value.notebook.read_text("utf-8")


@both_ways
def test_the_environment_is_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, isolated: bool) -> None:
    monkeypatch.setenv("IPYTHONDIR", "/somewhere")
    monkeypatch.delenv("JUPYTER_RUNTIME_DIR", raising=False)
    path = notebook(tmp_path, "context = ''", "import os\nprint(os.environ['IPYTHONDIR'])")
    execute(path, tmp_path / "out.ipynb", {}, isolated=isolated)
    import os

    assert os.environ["IPYTHONDIR"] == "/somewhere"
    assert "JUPYTER_RUNTIME_DIR" not in os.environ
    assert "/somewhere" not in (tmp_path / "out.ipynb").read_text("utf-8")


def test_chapters_come_in_order_and_their_absence_is_told(tmp_path: Path) -> None:
    for name in ("11_b.ipynb", "02_a.ipynb", "draft.ipynb"):
        (tmp_path / name).write_text("{}")
    assert [path.name for path in chapters(tmp_path)] == ["02_a.ipynb", "11_b.ipynb"]
    with pytest.raises(DataError, match="笔记本"):
        chapters(tmp_path / "empty")
