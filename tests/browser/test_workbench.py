"""The workbench in a real JupyterLab: a slider by keyboard, the number changes, saved, the file is there and the notebook clean."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Browser

from pipeline.layout import Layout
from tests.browser.lab import run_all, running
from tests.build import editions
from tests.conftest import ROOT

FILINGS, PATIENCE = "data/raw/filings", 240_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Layout, str]]:
    """JupyterLab on a checkout with base stations alone, as `green-report lab` opens it."""
    layout = editions.checkout(tmp_path_factory.mktemp("lab") / "house")
    shutil.copy(ROOT / "notebooks" / "workbench.ipynb", layout.notebooks)
    with running(layout, tmp_path_factory.mktemp("home"), "--region", "浙江", "--filings", FILINGS) as address:
        yield layout, address


def test_a_slider_moves_the_outlook_and_is_saved(browser: Browser, lab: tuple[Layout, str]) -> None:
    layout, address = lab
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE)
    run_all(page, address)
    total = page.locator("svg[aria-label^='综合能耗：']").first
    # 624.6 tce of 浙江 in 2025; traffic grows by 15 % a year, efficiency by 9 %: 624.6 (1.15 / 1.09)^5 = 816.5
    assert total.get_attribute("aria-label") == "综合能耗：2030 年 816.5 tce，保存的为 816.5 tce"
    handle = page.locator(".noUi-handle").nth(5)  # e_bs, the sixth
    handle.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")  # of 0.1 points each: 10.0 %
    page.wait_for_function(
        "document.querySelector(\"svg[aria-label^='综合能耗：']\").ariaLabel.startsWith('综合能耗：2030 年 780.1 tce')"
    )  # 624.6 (1.15 / 1.10)^5
    page.get_by_text("2030 年综合能耗为 780.1 tce，比保存的少 36.4 tce：基站能效减少 36.4 tce。").wait_for()
    page.get_by_placeholder("为什么这样改").fill("依据试点结果")
    page.get_by_role("button", name="保存到该省参数").click()
    page.get_by_role("button", name="确认写入").click()
    page.get_by_text("已写入 notebooks/params/provinces/330000-浙江.yml").wait_for()
    text = (layout.params / "provinces" / "330000-浙江.yml").read_text("utf-8")
    assert "  plan:\n    e_bs: [0.07, 0.1, 0.13]  # " in text
    assert text.rstrip().endswith("依据试点结果")
    page.locator("[data-jp-item-name='save']").first.click()
    page.wait_for_timeout(3_000)
    kept = nbformat.read(layout.notebooks / "workbench.ipynb", as_version=4)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in kept.cells if cell.cell_type == "code")
