"""The page in a real browser. Skipped, with a word, where there is no Chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Built

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="这台机器上没有 Chromium，浏览器测试跳过"),
]

QUIET = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]


def dom(path: Path, profile: Path, *more: str) -> subprocess.CompletedProcess[str]:
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [str(CHROMIUM), *QUIET, *sandbox, f"--user-data-dir={profile}", "--virtual-time-budget=20000", *more]
    command += ["--enable-logging=stderr", "--dump-dom", path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=180)


@pytest.mark.parametrize("slug", ["000000-全国", "440000-广东"])
def test_all_charts_are_drawn_from_the_file_without_a_network(built: Built, tmp_path: Path, slug: str) -> None:
    path = built.file(slug, "html")
    run = dom(path, tmp_path, "--host-resolver-rules=MAP * ~NOTFOUND")
    count = path.read_text("utf-8").count('class="spec"')
    assert 'data-charts="drawn"' in run.stdout
    assert len(re.findall(r'<figure id="[^"]+" class="figure interactive">', run.stdout)) == count
    console = [
        line for line in run.stderr.splitlines() if "CONSOLE" in line and f"source: {path.parent.as_uri()}" in line
    ]
    assert not console


@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_is_wider_than_the_window(built: Built, tmp_path: Path, width: int) -> None:
    """Chromium opens no window below 500 px, so the page stands in a frame of the width asked for."""
    page = built.file("440000-广东", "html")
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe id="f" src="{page.as_uri()}" style="width:{width}px;height:900px;border:0"></iframe><script>'
        "f.onload=()=>setTimeout(()=>{let d=f.contentDocument.documentElement;"
        "document.title='width '+d.scrollWidth+' of '+d.clientWidth+' '+d.dataset.charts},8000)</script>",
        "utf-8",
    )
    run = dom(frame, tmp_path / "profile", "--allow-file-access-from-files", "--window-size=1600,1000")
    found = re.search(r"<title>width (\d+) of (\d+) drawn</title>", run.stdout)
    assert found, run.stdout[:300]
    assert int(found[1]) <= int(found[2]) == width
