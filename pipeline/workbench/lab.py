"""JupyterLab on the notebooks, so that what is saved has no outputs: the repository stays as it is."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import Any

from pipeline.errors import ParameterError
from pipeline.layout import Layout

NOTEBOOK = "notebooks/workbench.ipynb"
REGION, SCENARIO, FILINGS = "GREEN_REPORT_REGION", "GREEN_REPORT_SCENARIO", "GREEN_REPORT_FILINGS"


def strip(model: dict[str, Any], **_: Any) -> None:
    """Before a notebook is saved (jupyter_server's pre_save_hook): without outputs, counts and states of widgets."""
    if model.get("type") != "notebook" or not isinstance(model.get("content"), dict):
        return
    model["content"].get("metadata", {}).pop("widgets", None)
    for cell in model["content"].get("cells", []):
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
        for name in ("execution", "trusted", "ExecuteTime", "scrolled"):
            cell.get("metadata", {}).pop(name, None)


def start(layout: Layout, region: str, scenario: str, filings: str, options: list[str]) -> int:
    """Run JupyterLab on the workbench, with the whole checkout in reach (reports, parameters), until it is stopped; its exit
    status. Raises ParameterError where it is not installed."""
    missing = [name for name in ("jupyterlab", "ipywidgets") if importlib.util.find_spec(name) is None]
    if missing:
        raise ParameterError("lab.missing", f"没有装 {'、'.join(missing)}；请运行 make lab，它会装好再打开")
    command = [
        sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={layout.root}", f"--LabApp.default_url=/lab/tree/{NOTEBOOK}",
        f"--ContentsManager.pre_save_hook={__name__}.strip", *options,
    ]  # fmt: skip
    environment = {REGION: region, SCENARIO: scenario, FILINGS: filings, "GREEN_REPORT_ROOT": str(layout.root)}
    return subprocess.call(command, cwd=layout.root, env=os.environ | environment)
