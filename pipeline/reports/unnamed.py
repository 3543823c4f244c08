"""What cells show that has no name or no place in a report: what the analyst is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import nbformat

from pipeline.errors import DataError, shown
from pipeline.reports.blocks import FACTS, LEFT, MIME, NAMED_AS
from pipeline.reports.execute import INJECTED

MARKDOWN = "text/markdown"


def refuse(notebook: nbformat.NotebookNode) -> None:
    """Raises DataError for what a public report refuses."""
    for number, output in _outputs(notebook):
        if (left := output.get("data", {}).get(LEFT)) and left.get("refused"):
            raise DataError("chapter.unnamed", f"第 {number} 个代码单元格：{left['why']}")


def told(notebook: nbformat.NotebookNode, name: str) -> list[str]:
    """A sentence for everything that the cells of the chapter `name` show and that is not handed over by name."""
    return list(dict.fromkeys(f"{name} 第 {number} 个代码单元格：{said}" for number, output in _outputs(notebook) if (said := _said(output))))  # fmt: skip


def strip(notebook: nbformat.NotebookNode) -> None:
    """Take out what does not go into the report: a notebook beside a public report holds no more than that."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if {MIME, FACTS, MARKDOWN} & set(one.get("data", {}))]


def _outputs(notebook: nbformat.NotebookNode) -> Iterator[tuple[int, Any]]:
    """Every output with the number of its cell among those with code that the analyst wrote."""
    code = [one for one in notebook.cells if one.cell_type == "code" and INJECTED not in one.metadata.get("tags", [])]
    for number, cell in enumerate(code, 1):
        yield from ((number, output) for output in cell.outputs)


def _said(output: Any) -> str:
    if output.output_type == "stream":
        return "print 的文字不进报告；要说的请写进本章的文字，或用 chapter.say" if output.name == "stdout" else ""
    data = output.get("data", {})
    if MIME in data and NAMED_AS in data[MIME]:
        what = {"figure": "图", "table": "表"}[data[MIME]["kind"]]
        return (
            f"这{what}还没有名称，标题“{shown(data[MIME]['title'])}”由程序拟定；要自己写，请用 {data[MIME][NAMED_AS]}"
        )
    if not data or {MIME, FACTS, MARKDOWN} & set(data):
        return ""
    if LEFT in data:
        return f"没有进报告：{data[LEFT]['why']}"
    if any(kind.startswith("image/") for kind in data):
        return "图片没有数据和替代文本，不进报告；请改用 Altair 画"
    if "text/html" in data or any("vega" in kind for kind in data):
        return "HTML 不进报告；图和表请在 open_chapter 之后直接显示 Altair 的图、polars 的表，文字用 chapter.say"
    result = " ".join("".join(data.get("text/plain", "")).split())
    return f"结果“{shown(result[:30])}”不进报告；要说的请写进本章的文字，或用 chapter.say"
