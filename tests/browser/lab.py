"""A JupyterLab as `green-report lab` starts it, on loopback with a token."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from pipeline.layout import Layout

TOKEN = "token-of-the-test"


@contextmanager
def running(layout: Layout, home: Path, *arguments: str) -> Iterator[str]:
    """Its address while it runs. home: a folder for what Jupyter keeps of a user."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("green-report")), "lab", *arguments, "--",
        "--no-browser", "--allow-root", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.port={port}",
    ]  # fmt: skip
    environment = os.environ | {"GREEN_REPORT_ROOT": str(layout.root), "HOME": str(home)}
    with (home / "lab.log").open("wb") as log:
        started = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(480):
            try:
                urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=5)
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        os.killpg(started.pid, 15)
        started.wait(60)


def run_all(page: Page, address: str) -> None:
    """Open the workbench and run its cells, until the outlook is there."""
    page.goto(f"{address}/lab/tree/notebooks/workbench.ipynb?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.get_by_text("| Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator("svg[aria-label^='综合能耗：']").first.wait_for(state="attached")
