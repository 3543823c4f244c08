"""What does a notebook say that it reads? Its result stands while nothing of that changes, so it is given nothing else.

The names stand in the notebook's metadata:

    "green_report": {"reads": ["view", "filed.energy", "params.g_it"]}

`view` and `last` stand for what they rest on (MEANT); see `context` for the others. A notebook without this is given
everything, and is made again whenever anything changes.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import nbformat
from nbformat.reader import NotJSONError

from pipeline.errors import DataError, shown
from pipeline.filings.contracts import BY_NAME
from pipeline.given.params import Params

VIEW = ("indicators", "coverage", "params.highlight_regions", "filed.entities")
MEANT = {"view": VIEW, "last": ("editions", *VIEW)}
ALL = ("everything", "files", "policy")
QUALITY = ("counts", "files", "findings", "skipped", "revisions", "corrections")
NAMES = frozenset(
    {
        "scenario", "params", "parameters", "inputs", "outlook", "sensitivity", "evaluation", "titles", "written", "policy", "metrics",
        "summary", "view", "last", *ALL, *(f"params.{name}" for name in Params.model_fields),
        *(f"{part}.{name}" for part in ("filed", "rejected") for name in BY_NAME), *(f"quality.{name}" for name in QUALITY),
    }
)  # fmt: skip


class Reads(frozenset[str]):
    """Names of what a chapter is given: those that it declares, and of what stands behind them."""

    def check(self, name: str) -> None:
        """Raises DataError where the chapter has not declared to read what has the name."""
        if not {name, name.partition(".")[0], "everything"} & self:
            raise DataError(
                "chapter.undeclared",
                f"本章没有声明要读 {name}，不能读；请在笔记本的元数据 green_report 的 reads 里加上 {name}",
            )

    @property
    def hashed(self) -> list[str]:
        """The names that `context.Present` knows."""
        return sorted(self - MEANT.keys())


def reads(notebook: Path) -> Reads:
    """What the notebook declares, and what its code reads by itself; all where it declares nothing. Raises DataError for what
    there is not, and where the file is no notebook."""
    return _reads(notebook, notebook.stat().st_mtime_ns)


@lru_cache(64)
def _reads(notebook: Path, changed_ns: int) -> Reads:
    try:
        content = nbformat.read(notebook, as_version=4)
    except NotJSONError as error:
        raise DataError("notebook.json", "不是笔记本（.ipynb 应为 JSON）；请恢复原来的文件，或由 JupyterLab 另存") from error  # fmt: skip
    own = content.metadata.get("green_report")
    if own is None:
        return Reads(ALL)
    names = own.get("reads") if isinstance(own, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError("notebook.reads", '元数据 green_report 的 reads 应是名称的列表，如 ["view"]')
    if unknown := sorted(set(names) - NAMES):
        raise DataError(
            "notebook.reads",
            f"元数据 green_report 的 reads 里的 {shown(unknown[0])} 不是可读的内容；"
            "可写 view、last、outlook、params.<参数>、filed.<表> 等",
        )
    return Reads({*names, *(one for name in names for one in MEANT.get(name, ())), *by_itself(content.cells)})


def by_itself(cells: Collection[nbformat.NotebookNode]) -> frozenset[str]:
    """What the code reads without its chapter: the parameters cell, besides what it hands to `open_chapter`, and with
    `pipeline.given.params` the parameter files."""
    found = set[str]()
    for cell in cells:
        if cell.cell_type != "code" or "parameters" in cell.metadata.get("tags", []):
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # a magic command: it may read anything
            return frozenset(ALL)
        for one in ast.walk(tree):
            if isinstance(one, ast.ImportFrom) and one.module == "pipeline":
                found |= {"params"} & {alias.name for alias in one.names}
            elif isinstance(one, ast.ImportFrom | ast.Import):
                modules = [one.module] if isinstance(one, ast.ImportFrom) else [alias.name for alias in one.names]
                found |= {"params"} if "pipeline.given.params" in modules else set()
        passed = {
            id(keyword.value)
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "open_chapter"
            for keyword in call.keywords
        }
        own = {"scenario", "overrides"}
        found |= own & {one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and id(one) not in passed}
    stands_for = {"scenario": "scenario", "overrides": "everything", "params": "files"}
    return frozenset(stands_for[name] for name in found)
