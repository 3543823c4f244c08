"""What cells show that has no name or no place in a report: what the analyst is told, and what the public does not get."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from pipeline.errors import DataError
from pipeline.reports.blocks import FACTS, LEFT, MIME, NAMED_AS
from pipeline.reports.unnamed import refuse, strip, told


def data(**kinds: Any) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", data={name.replace("__", "/"): one for name, one in kinds.items()})


def notebook(*outputs: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Papermill's cell with parameters, which the analyst did not write, a cell without outputs, and one with `outputs`."""
    injected = nbformat.v4.new_code_cell("year = 2025", metadata={"tags": ["injected-parameters"]})
    cells = [injected, nbformat.v4.new_code_cell("x"), nbformat.v4.new_code_cell("y", outputs=list(outputs))]
    return nbformat.v4.new_notebook(cells=cells)


BARE = nbformat.v4.new_output(
    "display_data",
    data={MIME: {"kind": "figure", "id": "f-13-1", "title": "各省份的值", NAMED_AS: 'chapter.figure(…, "f-13-1")'}},
)
NAMED = nbformat.v4.new_output("display_data", data={MIME: {"kind": "figure", "id": "f-x", "title": "名"}})
REFUSED = nbformat.v4.new_output("display_data", data={LEFT: {"why": "公开版不收。", "refused": True}})


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (BARE, '这图还没有名称，标题“各省份的值”由程序拟定；要自己写，请用 chapter.figure(…, "f-13-1")'),
        (nbformat.v4.new_output("stream", name="stdout", text="hello"), "print 的文字不进报告；要说的请写进本章的文字，或用 chapter.say"),
        (data(text__plain="[alt.Chart(...),\n alt.Chart(...)]"), "结果“[alt.Chart(...), alt.Chart(...”不进报告；要说的请写进本章的文字，或用 chapter.say"),
        (data(image__png="…", text__plain="<Figure>"), "图片没有数据和替代文本，不进报告；请改用 Altair 画"),
        (data(text__html="<b>x</b>", text__plain="<HTML>"), "HTML 不进报告；图和表请在 open_chapter 之后直接显示 Altair 的图、polars 的表，文字用 chapter.say"),
        (nbformat.v4.new_output("display_data", data={LEFT: {"why": "表是空的"}}), "没有进报告：表是空的"),
    ],
)  # fmt: skip
def test_each_is_told_with_its_cell(output: nbformat.NotebookNode, said: str) -> None:
    assert told(notebook(output, output), "13_mine") == [f"13_mine 第 2 个代码单元格：{said}"]


def test_nothing_is_said_of_what_a_report_takes() -> None:
    handed = nbformat.v4.new_output("display_data", data={FACTS: {}, "text/plain": "x"})
    warned = nbformat.v4.new_output("stream", name="stderr", text="warning")
    assert told(notebook(NAMED, handed, warned, data(text__markdown="句", text__plain="句")), "13_mine") == []


def test_what_is_refused_ends_the_chapter_in_a_sentence() -> None:
    with pytest.raises(DataError) as error:
        refuse(notebook(NAMED, REFUSED))
    assert str(error.value) == "第 2 个代码单元格：公开版不收。"
    refuse(notebook(NAMED, BARE))


def test_a_notebook_beside_a_public_report_keeps_what_the_report_has() -> None:
    printed = nbformat.v4.new_output("stream", name="stdout", text="a secret")
    one = notebook(NAMED, printed, data(text__plain="a secret"), data(text__html="a secret"), data(text__markdown="句"))
    strip(one)
    assert [set(output.data) for output in one.cells[2].outputs] == [{MIME}, {"text/markdown"}]
