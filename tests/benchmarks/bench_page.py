"""How heavy is a report's page, and how soon does a reader on a slow machine see it? Printed, not judged.

Builds the nation's page from the sample and opens it in Chromium with the processor slowed down fourfold, at the
width of a phone and of a desk: first contentful paint, first interactive chart, all charts, and layout shift (CLS).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

THROTTLE = 4
WATCH = """
window.seen = {shift: 0};
new PerformanceObserver(list => list.getEntries().forEach(one => { seen.shift += one.value; }))
  .observe({type: "layout-shift", buffered: true});
new MutationObserver(() => { if (!seen.chart && document.querySelector("figure.interactive")) seen.chart = performance.now(); })
  .observe(document, {subtree: true, attributes: true, childList: true});
"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def measure(browser: Browser, page: Path, width: int) -> str:
    window = browser.new_context(viewport={"width": width, "height": 900})
    tab = window.new_page()
    window.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    tab.add_init_script(WATCH)
    tab.goto(page.as_uri(), wait_until="commit")
    tab.wait_for_function("document.documentElement.dataset.charts == 'drawn'", timeout=300_000)
    paint, first, every, shift = tab.evaluate(f"[{PAINT}, seen.chart, performance.now(), seen.shift]")
    window.close()
    told = (
        f"首图 {first / 1000:.2f} s，全部图 {every / 1000:.1f} s" if first else "打开的一章没有图"
    )  # others wait for their chapter
    return f"宽 {width} px：首次绘制 {paint / 1000:.2f} s，{told}，版面移动 {shift:.3f}"


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("这台机器上没有 Chromium，不测网页")
        return
    with tempfile.TemporaryDirectory() as out:
        command = [
            str(Path(sys.executable).with_name("green-report")),
            "build",
            "--to",
            "html",
            "--part",
            "main",
            "--out",
            out,
        ]
        subprocess.run(command, check=True, capture_output=True)
        page = next(Path(out).rglob("*.html"))
        print(f"{page.name}：{page.stat().st_size / 1e6:.2f} MB（上限 2 MB）")
        sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=sandbox)
            for width in (360, 1440):
                print(f"处理器放慢 {THROTTLE} 倍，{measure(browser, page, width)}")
            browser.close()


if __name__ == "__main__":
    main()
