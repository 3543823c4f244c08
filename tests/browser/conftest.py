"""One Chromium for all tests here, and the built pages opened in it. Without Chromium they are skipped, with a word."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import Built

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HEIGHT = 900
DRAWN = "document.documentElement.dataset.charts == 'drawn'"


@dataclass
class Opened:
    """A page in a window, with what it said on the console and what it asked of the network."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not longer than a module: while it is open its event loop runs in this thread, where no kernel then can."""
    if CHROMIUM is None:
        pytest.skip("这台机器上没有 Chromium，浏览器测试跳过")
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield started
        started.close()


def opened(browser: Browser, path: Path, width: int, **context: Any) -> Opened:
    """`path` in a window of its own; with scripts, once every chart is drawn."""
    window = browser.new_context(viewport={"width": width, "height": HEIGHT}, reduced_motion="reduce", **context)
    one = Opened(window.new_page())
    one.page.on("console", lambda message: one.said.append(f"{message.type}: {message.text}"))
    one.page.on("pageerror", lambda error: one.said.append(str(error)))
    one.page.on("request", lambda request: one.asked.append(request.url))
    one.page.goto(path.as_uri())
    if context.get("java_script_enabled", True):
        one.page.wait_for_function(DRAWN, timeout=120_000)
    return one


@pytest.fixture(scope="module")
def reports(browser: Browser, built: Built) -> Iterator[Open]:
    """`reports(slug, width)`: a built page, opened once for each window width; tests leave it as they find it."""
    kept: dict[tuple[str, int], Opened] = {}

    def report(slug: str, width: int = 1440) -> Opened:
        if (slug, width) not in kept:
            kept[slug, width] = opened(browser, built.file(slug, "html"), width)
        return kept[slug, width]

    yield report
    for one in kept.values():
        one.page.context.close()
