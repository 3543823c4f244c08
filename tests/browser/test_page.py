"""What a reader does with the page, in a real browser and from the file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from pipeline.layout import Layout
from tests.browser.conftest import DRAWN, Open, opened
from tests.conftest import Built

pytestmark = pytest.mark.slow

NATION, GUANGDONG = "000000-全国", "440000-广东"
WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
ALIKE = "tbody tr:nth-child(n+4), .live svg > *"  # further rows, and what is hidden from screen readers


@pytest.mark.parametrize("slug", [NATION, GUANGDONG])
def test_all_charts_are_drawn_and_nothing_leaves_the_page(reports: Open, built: Built, slug: str) -> None:
    one = reports(slug)
    charts = one.page.locator("script.spec").count()
    assert charts == one.page.locator("figure.interactive .live svg").count() > 20
    assert one.page.locator(".drawn").count() == 0
    assert [url for url in one.asked if not url.startswith("data:")] == [built.file(slug, "html").as_uri()]
    assert one.said == []


def unfold(page: Page) -> None:
    """All chapters open, their charts drawn."""
    page.evaluate("document.querySelectorAll('.fold[aria-expanded=false]').forEach(one => one.click())")
    page.wait_for_function(DRAWN, timeout=120_000)


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_is_wider_than_the_window(browser: Browser, built: Built, width: int) -> None:
    page = opened(browser, built.file(GUANGDONG, "html"), width).page
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.context.close()


@pytest.mark.parametrize("slug", [NATION, GUANGDONG])
def test_at_a_desk_every_table_of_the_main_report_is_seen_whole(reports: Open, slug: str) -> None:
    cut = (
        "[...document.querySelectorAll('figure.table > .scroll')].filter(one => one.scrollWidth > one.clientWidth + 1)"
    )
    assert reports(slug).page.evaluate(f"{cut}.map(one => one.parentNode.id)") == []


def test_the_nation_is_less_than_forty_screens_of_a_phone(browser: Browser, built: Built) -> None:
    page = opened(browser, built.file(NATION, "html"), 360).page
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollHeight") < 40 * 740
    numbers = page.locator("#k-highlights-numbers").bounding_box()
    assert numbers is not None
    assert numbers["y"] + numbers["height"] <= 740
    page.context.close()


SMALL = """least => [...document.querySelectorAll("main svg text")].filter(one => {
  const to = one.getScreenCTM(), box = one.getBoundingClientRect();
  return box.width > 0 && to && parseFloat(getComputedStyle(one).fontSize) * Math.hypot(to.a, to.b) < least;
}).map(one => (one.closest("figure") || {}).id + " " + one.textContent)"""
NARROW = """least => [...document.querySelectorAll("button, summary, figcaption a, :is(h2, h3) > a, label:not([for])")].filter(one => {
  const box = one.getBoundingClientRect();
  return box.height > 1 && (box.height < least || box.width < least);
}).map(one => one.outerHTML.slice(0, 80))"""
PARTED = """() => [...document.querySelectorAll("main .whole")].filter(one =>
  new Set([...one.getClientRects()].map(box => Math.round(box.top))).size > 1).map(one => one.textContent)"""


def test_on_a_phone_letters_can_be_read_and_controls_be_met(browser: Browser, built: Built) -> None:
    """11 px; 24 px (WCAG 2.2, 2.5.8); and no number in pieces."""
    page = opened(browser, built.file(NATION, "html"), 360, has_touch=True).page
    unfold(page)
    assert page.evaluate(SMALL, 10.95) == []
    assert page.evaluate(NARROW, 24) == []
    assert page.locator("main .whole").count() > 50
    assert page.evaluate(PARTED) == []
    page.context.close()


def test_the_page_of_the_nation_is_lighter_than_two_megabytes(built: Built) -> None:
    assert built.file(NATION, "html").stat().st_size < 2_000_000


@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_nothing(browser: Browser, built: Built, width: int) -> None:
    page = opened(browser, built.file(GUANGDONG, "html"), width).page
    unfold(page)
    page.evaluate("alike => document.querySelectorAll(alike).forEach(node => node.remove())", ALIKE)  # for speed
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
    page.context.close()


def test_the_pointer_brings_up_the_value(reports: Open) -> None:
    page = reports(GUANGDONG).page
    mark = page.locator("#f-sharing-years .live svg .mark-symbol path:not([fill=transparent])").last
    mark.scroll_into_view_if_needed()
    mark.hover()
    tip = page.locator("#tip")
    assert tip.is_visible()
    assert "2025" in tip.inner_text()
    page.keyboard.press("Escape")
    assert tip.is_hidden()


def test_the_arrow_keys_go_through_the_values(reports: Open) -> None:
    page = reports(GUANGDONG).page
    live, tip, spoken = (
        page.locator("#f-sharing-years .live"),
        page.locator("#tip"),
        page.locator("body > [role=status]"),
    )
    live.locator("svg").wait_for()
    live.focus()
    said = []
    for key in ("End", "ArrowLeft", "Home"):
        page.keyboard.press(key)
        assert tip.is_visible()
        said.append(spoken.inner_text())
        assert all(word in said[-1] for word in tip.inner_text().split())
    assert len(set(said)) == 3
    page.keyboard.press("ArrowLeft")  # there is none before the first
    assert spoken.inner_text() == said[-1]
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    assert "按方向键逐个读数" in (live.get_attribute("aria-label") or "")


def top(page: Page, id: str) -> float:
    return float(page.evaluate("id => document.getElementById(id).getBoundingClientRect().top", id))


def test_contents_lead_to_the_chapter_and_show_where_the_reader_is(reports: Open) -> None:
    page = reports(GUANGDONG).page
    page.locator("nav.toc a[href='#c-7']").click()
    assert 0 <= top(page, "c-7") < 60
    page.wait_for_selector("nav.toc a[href='#c-7'][aria-current]")
    section = page.locator("nav.toc a[href='#c-7-1']")
    assert section.is_visible()
    assert page.locator("nav.toc a[href='#c-3-1']").is_hidden()
    section.press("Enter")
    assert 0 <= top(page, "c-7-1") < 60


def test_contents_are_folded_on_a_phone(reports: Open) -> None:
    page = reports(GUANGDONG, 360).page
    link = page.locator("nav.toc a[href='#c-4']")
    assert link.is_hidden()
    page.locator("nav.toc summary").press("Enter")
    link.press("Enter")
    page.wait_for_function("Math.abs(document.getElementById('c-4').getBoundingClientRect().top) < 60")
    page.evaluate("document.querySelector('nav.toc details').open = false")


def test_the_first_key_leads_past_the_contents(browser: Browser, built: Built) -> None:
    page = opened(browser, built.file(GUANGDONG, "html"), 1440, java_script_enabled=False).page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    page.context.close()


CLICK_ALL = """async () => {
  const made = [], create = URL.createObjectURL, click = HTMLAnchorElement.prototype.click;
  URL.createObjectURL = blob => { made.push({blob}); return "about:blank"; };
  HTMLAnchorElement.prototype.click = function () { made.at(-1).name = this.download; };
  document.querySelectorAll("main figure button.download").forEach(button => button.click());
  URL.createObjectURL = create;
  HTMLAnchorElement.prototype.click = click;
  const decoder = new TextDecoder("utf-8", {ignoreBOM: true});
  return Promise.all(made.map(async one => [one.name, decoder.decode(await one.blob.arrayBuffer())]));
}"""


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def kept(layout: Layout, id: str) -> str:
    folder = layout.processed / "2025-sample" / "internal" / GUANGDONG / "plan" / "tables"
    return (folder / f"{id}.csv").read_bytes().decode("utf-8")


def test_every_download_is_the_data_unrounded(reports: Open, layout: Layout) -> None:
    page = reports(GUANGDONG).page
    ids = page.locator("main figure").evaluate_all(
        "all => all.map(one => [one.id, one.querySelector('.number').textContent])"
    )
    made = page.evaluate(CLICK_ALL)
    assert len(made) == len(ids) > 50
    for (id, number), (name, text) in zip(ids, made, strict=True):
        assert name == f"{number.replace(' ', '')}.csv"
        assert text.startswith("\ufeff")
        assert rows(text) == rows(kept(layout, id)), id


def test_a_click_downloads_the_file(reports: Open, layout: Layout) -> None:
    page = reports(GUANGDONG).page
    with page.expect_download() as arriving:
        page.locator("#f-sharing-provinces button.download").click()
    text = Path(arriving.value.path()).read_bytes().decode("utf-8")
    assert rows(text) == rows(kept(layout, "f-sharing-provinces"))


def test_without_script_everything_is_there_and_still(browser: Browser, built: Built) -> None:
    page = opened(browser, built.file(GUANGDONG, "html"), 360, java_script_enabled=False).page
    pictures = page.locator(".drawn svg")
    assert pictures.count() == page.locator("script.spec").count()
    assert all(box["width"] > 200 and box["height"] > 30 for box in map(_box, pictures.all()))
    assert page.locator("main figure table").count() == page.locator("main figure").count()
    assert page.locator(".download").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.context.close()


def _box(picture: object) -> dict[str, float]:
    return picture.bounding_box()  # type: ignore[attr-defined]


def test_paper_has_the_text_and_not_the_controls(reports: Open) -> None:
    page = reports(GUANGDONG).page
    page.emulate_media(media="print")
    assert page.locator("nav.toc").is_hidden()
    assert page.locator(".tools").first.is_hidden()
    assert page.locator("#f-sharing-years .live svg").is_visible()
    page.emulate_media(media="screen")
