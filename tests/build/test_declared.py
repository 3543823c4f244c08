"""A chapter is given what it declares, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
import pytest

from pipeline.build import edition
from pipeline.build.context import freeze
from pipeline.build.declared import reads
from pipeline.build.plan import NO_FILINGS, Selection, jobs
from pipeline.chapters.chapter import Chapter, open_chapter
from pipeline.errors import DataError
from pipeline.layout import Layout
from tests.build import toy

VIEW = {"view", "indicators", "coverage", "params.highlight_regions", "filed.entities"}


def declaring(path: Path, names: object, *sources: str) -> Path:
    metadata = {} if names is None else {"green_report": {"reads": names}}
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
    return path


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["filed.energy", "params.g_it"], {"filed.energy", "params.g_it"}),
        (["view"], VIEW),
        (["last"], VIEW - {"view"} | {"last", "editions"}),
        ([], set()),
        (None, {"everything", "files", "policy"}),
    ],
)
def test_what_is_declared(tmp_path: Path, names: list[str] | None, expected: set[str]) -> None:
    assert reads(declaring(tmp_path / "one.ipynb", names)) == expected


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("from pipeline import params", {"files"}),
        ("import pipeline.given.params as p", {"files"}),
        ("params = chapter.params", set()),
        ("print(scenario, overrides)", {"scenario", "everything"}),
        ("open_chapter(scenario=scenario)", set()),
        ("%run other", {"everything", "files", "policy"}),
    ],
)
def test_what_a_notebook_reads_past_its_chapter_is_seen(tmp_path: Path, source: str, read: set[str]) -> None:
    assert reads(declaring(tmp_path / "one.ipynb", [], source)) == read


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["filed.enrgy"], "元数据 green_report 的 reads 里的 filed.enrgy 不是可读的内容"),
        (["filed"], "元数据 green_report 的 reads 里的 filed 不是可读的内容"),
        ("view", "元数据 green_report 的 reads 应是名称的列表"),
        ([1], "元数据 green_report 的 reads 应是名称的列表"),
    ],
)
def test_what_cannot_be_declared(tmp_path: Path, names: object, said: str) -> None:
    with pytest.raises(DataError, match=said):
        reads(declaring(tmp_path / "one.ipynb", names))


def test_no_notebook(tmp_path: Path) -> None:
    (tmp_path / "one.ipynb").write_text("no json", "utf-8")
    with pytest.raises(DataError, match="不是笔记本"):
        reads(tmp_path / "one.ipynb")


@pytest.fixture
def opened(layout: Layout, tmp_path: Path) -> Callable[[Sequence[str]], Chapter]:
    job = jobs(layout, Selection(filings=NO_FILINGS))[0]
    edition.prepare(layout, [job])

    def open_(names: Sequence[str]) -> Chapter:
        path = tmp_path / "context.json"
        path.write_text(json.dumps(freeze(layout, job) | {"reads": names, "tables": str(tmp_path)}))
        return open_chapter(context=str(path))

    return open_


USES: dict[str, Callable[[Chapter], object]] = {
    "scenario": lambda chapter: chapter.scenario,
    "params.g_it": lambda chapter: chapter.params.g_it,
    "params": lambda chapter: chapter.params.model_dump(),
    "parameters": lambda chapter: chapter.parameters,
    "inputs": lambda chapter: chapter.inputs,
    "view": lambda chapter: chapter.view,
    "last": lambda chapter: chapter.last,
    "outlook": lambda chapter: chapter.outlook(),
    "sensitivity": lambda chapter: chapter.sensitivity(),
    "titles": lambda chapter: chapter.titles,
    "written": lambda chapter: chapter.written(),
    "policy": lambda chapter: chapter.policy(),
}


@pytest.mark.parametrize("name", USES)
def test_only_what_is_declared_is_given(opened: Callable[[Sequence[str]], Chapter], name: str) -> None:
    for names in ([name], ["everything"]):
        USES[name](opened(names))
    with pytest.raises(DataError, match=f"没有声明要读 {name.replace('.', '[.]')}，"):
        USES[name](
            opened(
                [other for other in USES if not other.startswith("params")]
                if "params" in name
                else sorted(USES.keys() - {name})
            )
        )


def test_a_build_refuses_what_is_not_declared(tmp_path: Path) -> None:
    project = toy.Project(tmp_path / "toy")
    toy.notebook(project.root / "notebooks/01_alpha.ipynb", "甲", *toy.ALPHA, reads=["filed.energy"])
    code, said = project.run("--workers", "1")
    assert code == 1
    assert "没有声明要读 params.top_n，不能读；请在笔记本的元数据 green_report 的 reads 里加上 params.top_n" in said
