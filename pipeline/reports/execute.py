"""Run a chapter's notebook with a report's parameters, by papermill."""

from __future__ import annotations

import ast
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import nbformat
import papermill
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.translators import PythonTranslator
from traitlets.config import Config

from pipeline.reports import in_process
from pipeline.scratch import scratch

CONTEXT = "context"  # the parameter that names the file of resolved parameters
IN_PROCESS = "in-process"
INJECTED = "injected-parameters"  # the tag of the cell that papermill puts in

papermill_engines.register(IN_PROCESS, in_process)  # for a checkout whose installed entry points are older
_cell_file = re.compile(re.escape(tempfile.gettempdir()) + r"[/\\]ipykernel_\d+[/\\]\d+\.py")


class ChapterFailed(Exception):
    """A notebook raised; it is kept with its traceback at `notebook`. `reason` is the exception in one line."""

    def __init__(self, notebook: Path, reason: str) -> None:
        super().__init__(f"{notebook.name}: {reason}")
        self.notebook, self.reason = notebook, reason


def parameter_names(notebook: Path) -> set[str]:
    """The names that the notebook's cell tagged `parameters` assigns."""
    cells = nbformat.read(notebook, as_version=4).cells
    sources = [cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    assigned = [node for source in sources for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    return {target.id for node in assigned for target in node.targets if isinstance(target, ast.Name)}


def execute(notebook: Path, output: Path, parameters: Mapping[str, Any], *, isolated: bool = False) -> None:
    """Run `notebook` and write it with its outputs to `output`: in this process, or (isolated) in one of its own.

    papermill only warns of a parameter that the notebook does not have and goes on with its default, so names are
    compared first. Nothing of the user's home is read or written, and where the system allows it a kernel is
    talked to through files, not through the network. Raises ValueError for a wrong parameter name, ChapterFailed
    when a cell raises.
    """
    unknown = set(parameters) - parameter_names(notebook)
    if unknown:
        raise ValueError(f"{notebook.name} has no parameter {', '.join(sorted(unknown))}")
    output.parent.mkdir(parents=True, exist_ok=True)
    with _own_home() if isolated else nullcontext({"engine_name": IN_PROCESS}) as engine:
        try:
            papermill.execute_notebook(
                str(notebook),
                str(output),
                parameters=dict(parameters),
                kernel_name="python3",
                progress_bar=False,
                log_output=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                **engine,
            )
        except PapermillExecutionError as error:
            raise ChapterFailed(output, f"{error.ename}: {error.evalue}") from error
    _strip_circumstances(output)


@contextmanager
def _own_home() -> Iterator[dict[str, Any]]:
    """Jupyter's and IPython's own folders in a new place with a short path: a socket's path has 107 characters."""
    with scratch() as home:
        own = {name: f"{home}/{name.lower()}" for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")}
        before = {name: os.environ.get(name) for name in own}
        for folder in own.values():
            Path(folder).mkdir()
        os.environ.update(own)
        try:
            # A socket of its own: the default is one name in the working folder, where two builds would meet.
            own_socket = {"transport": "ipc", "ip": f"{home}/kernel"}
            yield {"config": Config() if os.name == "nt" else Config(KernelManager=own_socket)}
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _strip_circumstances(path: Path) -> None:
    """Take out what differs between two runs of the same inputs or tells of the machine: times, ids, paths."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        cell["id"] = f"cell-{number}"
        for output in cell.get("outputs", []):
            if output.output_type == "stream":  # warnings
                output["text"] = _cell_file.sub("<cell>", output.text)
        if INJECTED in cell.metadata.get("tags", []):
            lines = cell.source.splitlines()
            cell["source"] = "\n".join(line for line in lines if not line.startswith(f"{CONTEXT} = "))
    nbformat.write(notebook, path)


def filled_in(executed: Path, parameters: Mapping[str, Any]) -> nbformat.NotebookNode:
    """The notebook `executed` as if it had been run with `parameters`: for reports in which it would have given the same
    outputs."""
    notebook: nbformat.NotebookNode = nbformat.read(executed, as_version=4)
    shown = {name: value for name, value in parameters.items() if name != CONTEXT}
    for cell in notebook.cells:
        if INJECTED in cell.metadata.get("tags", []):
            cell["source"] = PythonTranslator.codify(shown).rstrip("\n") if shown else ""
    return notebook
