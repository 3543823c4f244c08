"""What helps to read, in a real browser: folded chapters, links to places, wide tables, terms, the dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import altair as alt
import nbformat
import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from pipeline.layout import Layout
from pipeline.reports import assemble
from pipeline.reports.blocks import MIME, Block, Card, Cards, Figure, Table
from pipeline.reports.front import Front
from pipeline.reports.render.embedded import Embedded
from tests.browser.conftest import DRAWN, HEIGHT, Opened, opened
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

PHONE, DESK = 360, 1440
NUMBERS = Cards(
    "k-highlights-numbers",
    [Card(name, "", value, "", "", "none") for name, value in (("能耗", "1,550.2 万tce"), ("强度", "下降 23.1%"), ("绿电", "18.8%"))],
    form="numbers",
)  # fmt: skip
SHARES = pl.DataFrame({"省份": ["广东", "陕西"], "共享率（%）": [80.1, 70.0]})
BARS = alt.Chart(SHARES).mark_bar().encode(x="省份:N", y="共享率（%）:Q")
NAMED = pl.DataFrame({"任务": [f"{n} 一项名字特别特别特别特别长的任务" for n in range(2)], "完成": [30.0, 60.0]})
LONG = (
    alt.Chart(NAMED)
    .mark_bar()
    .encode(y=alt.Y("任务:N", axis=alt.Axis(labelLimit=400)), x="完成:Q")
    .properties(width="container", height=80)
)
WIDE = pl.DataFrame({"省份": ["内蒙古", "广东"]} | {f"第 {n} 项数量（万架）": [1234567.5, 7654321.5] for n in range(8)})
CHAPTERS: dict[str, list[str | Block]] = {
    "00_highlights": ["# 要点\n\n八项目标全部达标。", NUMBERS],
    "03_sharing": [
        "# 共享\n\n站址共享率上升，站址共享率的含义不变；PUE9 不是术语的写法，PUE 才是。详见[](#t-wide)。\n\n## 各省",
        Figure("f-shares", "共享率", BARS, SHARES, "条形图：略。", "企业填报", "略。"),
        Figure("f-long", "名字很长", LONG, NAMED, "条形图：略。", "企业填报"),
    ],
    "04_data_centres": ["# 数据中心\n\nPUE 下降。这里有独角兽。", Table("t-wide", "很宽的表", WIDE, "企业填报")],
}


def rendered(folder: Path, chapters: dict[str, list[str | Block]]) -> Path:
    """The page of these chapters."""
    stage = assemble.project(Layout(ROOT), folder / "project")
    paths = []
    for name, parts in chapters.items():
        shown = [{"text/markdown": one} if isinstance(one, str) else {MIME: one.payload()} for one in parts]
        outputs = [nbformat.v4.new_output("display_data", data=data) for data in shown]
        paths.append(folder / f"{name}.ipynb")
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)]), paths[-1])
    front = Front("年度报告", "全国", "2025 年度 · 预审稿", "某单位", (2026, 3, 1), "示例数据，非真实填报")
    assemble.assemble(paths, front, stage, "page", folder / "charts")
    Embedded().render(stage, ["page"], ["html"])
    return stage / "out" / "page.html"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered(tmp_path_factory.mktemp("reading"), CHAPTERS)


@pytest.fixture
def visit(browser: Browser, document: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """The page in a window of `request.param` px, by default a phone's; it says nothing on the console."""
    one = opened(browser, document, getattr(request, "param", PHONE))
    yield one
    assert one.said == []
    one.page.context.close()


@pytest.fixture
def page(visit: Opened) -> Page:
    return visit.page


desk = pytest.mark.parametrize("visit", [DESK], indirect=True)


def folded(page: Page) -> list[bool]:
    return page.evaluate("[...document.querySelectorAll('.chapter')].map(one => one.hasAttribute('hidden'))")


def test_on_a_phone_all_chapters_but_the_highlights_are_folded(page: Page) -> None:
    assert folded(page) == [False, True, True]
    assert page.locator("#k-highlights-numbers").bounding_box()["y"] < 740  # type: ignore[index]
    assert page.locator("#f-shares").is_hidden()


def test_one_tap_opens_a_chapter_with_its_charts_and_another_folds_it(page: Page) -> None:
    button = page.get_by_role("button", name="3 共享")
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    page.wait_for_selector("#f-shares.interactive")
    assert folded(page) == [False, False, True]
    assert button.get_attribute("aria-expanded") == "true"
    button.press("Enter")
    assert folded(page) == [False, True, True]


def test_a_link_opens_the_chapter_that_it_leads_into(page: Page) -> None:
    page.get_by_role("button", name="3 共享").click()
    page.get_by_role("link", name="表 4-1").first.click()
    assert folded(page) == [False, False, False]
    assert page.locator("#t-wide").is_visible()
    assert 0 <= page.locator("#t-wide").bounding_box()["y"] < HEIGHT  # type: ignore[index]


def test_the_contents_open_a_chapter(page: Page) -> None:
    page.locator("nav.toc summary").click()
    page.locator("nav.toc a[href='#c-4']").click()
    assert folded(page) == [False, True, False]


def test_an_address_with_a_place_opens_its_chapter(browser: Browser, document: Path) -> None:
    context = browser.new_context(viewport={"width": PHONE, "height": 740})
    page = context.new_page()
    page.goto(f"{document.as_uri()}#t-wide")
    assert folded(page) == [False, True, False]
    context.close()


def test_the_way_back_from_a_link_is_where_it_was_followed(page: Page) -> None:
    page.get_by_role("button", name="3 共享").click()
    link = page.get_by_role("link", name="表 4-1").first
    link.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    link.click()
    page.wait_for_function("before => scrollY > before + 100", arg=before)
    page.go_back()
    page.wait_for_function("before => Math.abs(scrollY - before) < 5", arg=before)


def test_a_page_that_is_loaded_again_has_open_what_was_open(page: Page) -> None:
    page.get_by_role("button", name="4 数据中心").click()
    page.reload()
    page.wait_for_function(DRAWN)
    assert folded(page) == [False, True, False]


def test_what_is_searched_for_is_found_in_a_folded_chapter(browser: Browser, document: Path) -> None:
    context = browser.new_context(viewport={"width": PHONE, "height": 740})
    page = context.new_page()
    page.goto(f"{document.as_uri()}#:~:text=独角兽")
    page.wait_for_function("!document.querySelectorAll('.chapter')[2].hasAttribute('hidden')")
    assert page.get_by_role("button", name="4 数据中心").get_attribute("aria-expanded") == "true"
    context.close()


def test_paper_has_all_chapters(page: Page) -> None:
    page.emulate_media(media="print")
    assert page.locator("#t-wide td").first.is_visible()
    assert page.locator("#t-wide .number").is_visible()
    assert page.locator("#f-shares svg").first.is_visible()


@desk
def test_on_a_desk_all_chapters_are_open_and_fold_when_the_window_is_made_narrow(page: Page) -> None:
    assert folded(page) == [False, False, False]
    assert page.locator(".fold").count() == 0
    page.set_viewport_size({"width": PHONE, "height": 740})
    page.wait_for_selector(".fold")
    assert folded(page) == [False, True, True]
    page.set_viewport_size({"width": DESK, "height": 900})
    page.wait_for_selector(".fold", state="detached")
    assert folded(page) == [False, False, False]
    assert page.locator("h2").all_text_contents() == ["要点¶", "3\u3000共享¶", "4\u3000数据中心¶"]


def test_without_script_everything_is_open(browser: Browser, document: Path) -> None:
    page = opened(browser, document, PHONE, java_script_enabled=False).page
    assert page.locator("#t-wide td").first.is_visible()
    assert page.locator("#f-shares svg").is_visible()
    page.context.close()


@desk
def test_headings_and_figures_link_to_themselves(page: Page) -> None:
    links = page.locator(".permalink").evaluate_all("all => all.map(one => [one.hash, one.getAttribute('aria-label')])")
    assert links == [
        ["#c-opening-1", "链接到要点"], ["#c-3", "链接到3 共享"], ["#c-3-1", "链接到3.1 各省"], ["#f-shares", "链接到图 3-1"],
        ["#f-long", "链接到图 3-2"],
        ["#c-4", "链接到4 数据中心"], ["#t-wide", "链接到表 4-1"],
    ]  # fmt: skip


def test_a_wide_table_keeps_its_first_column_and_shows_that_it_goes_on(page: Page) -> None:
    page.get_by_role("button", name="4 数据中心").click()
    scroll, first = page.locator("#t-wide .scroll"), page.locator("#t-wide tbody td").first
    page.wait_for_selector("#t-wide .scroll.after:not(.before)")
    left = first.bounding_box()["x"]  # type: ignore[index]
    scroll.evaluate("one => { one.scrollLeft = 60; }")
    page.wait_for_selector("#t-wide .scroll.after.before")
    assert first.bounding_box()["x"] == left  # type: ignore[index]
    scroll.evaluate("one => { one.scrollLeft = 10000; }")
    page.wait_for_selector("#t-wide .scroll.before:not(.after)")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE


def test_a_chart_without_room_beside_its_names_scrolls(page: Page) -> None:
    page.get_by_role("button", name="3 共享").click()
    page.wait_for_selector("#f-long .chart.after .live.broad")
    assert PHONE < page.locator("#f-long .live svg").bounding_box()["width"] < 480  # type: ignore[index]
    assert page.locator("#f-shares .live.broad").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE


def test_no_number_is_broken_over_lines(page: Page) -> None:
    page.get_by_role("button", name="4 数据中心").click()
    lines = """all => all.map(cell => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size;
    })"""
    assert set(page.locator("#t-wide tbody td:not(:first-child)").evaluate_all(lines)) == {1}


def test_a_term_explains_itself_where_a_chapter_first_has_it(page: Page) -> None:
    page.get_by_role("button", name="3 共享").click()
    page.wait_for_selector("#c-3 + .chapter dfn")
    assert page.locator("#c-3 + .chapter dfn").all_inner_texts() == ["站址共享率", "PUE"]
    term, note = page.locator("dfn").last, page.locator("#explanation")
    assert note.is_hidden()
    term.focus()
    assert note.inner_text().splitlines() == [
        "PUE（电能利用效率）",
        "数据中心或机房总耗电量与信息设备（IT设备）耗电量之比，不小于 1，越小越好。国家标准 GB 40879 称“电能比”。",
    ]
    described = page.locator(f"#{term.get_attribute('aria-describedby')}")
    assert described.text_content() == note.inner_text().splitlines()[1]
    page.keyboard.press("Escape")
    assert note.is_hidden()
    page.locator("dfn").first.click()
    assert note.inner_text().startswith("站址共享率")
    box = note.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE
    page.mouse.click(PHONE - 5, 300)
    assert note.is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_axe_finds_nothing_in_the_light_nor_in_the_dark(
    browser: Browser, document: Path, width: int, scheme: str
) -> None:
    page = opened(browser, document, width, color_scheme=scheme).page
    page.evaluate("document.querySelectorAll('.fold[aria-expanded=false]').forEach(one => one.click())")
    page.wait_for_selector("#c-4 + .chapter dfn")
    page.locator("dfn").first.focus()
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    assert found.violations_count == 0, found.generate_report()
    page.context.close()


@desk
def test_the_dark_leaves_charts_on_white(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    colour = "one => getComputedStyle(one).backgroundColor"
    assert page.locator("body").evaluate(colour) == "rgb(18, 24, 29)"
    assert page.locator("#f-shares .chart").evaluate(colour) == "rgb(255, 255, 255)"
