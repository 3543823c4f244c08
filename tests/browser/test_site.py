"""The published site in a real browser: from files and from a server, under its policy, by hand, by keyboard, by axe."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import polars as pl
import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pipeline.indicators.evaluate import TABLE
from pipeline.publish import page as pages
from pipeline.publish import policy
from pipeline.publish.site import publish
from tests.conftest import ROOT, Built
from tests.publish.conftest import House, bare
from tests.publish.test_formats import VALUES

pytestmark = pytest.mark.slow

REPORT = "2025-sample/440000/plan.html"
PROVINCE, SERIES = "2025-sample/440000/index.html", "2025-sample/data/sharing.new_5g_sites/index.html"
ALL = [
    "index.html",
    "2025-sample/index.html",
    "2025-sample/method.html",
    "2025-sample/data/index.html",
    PROVINCE,
    SERIES,
    REPORT,
    "downloads/2025-sample/index.html",
    "404.html",
]
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(event.violatedDirective + " " + event.blockedURI + " " + event.sourceFile + ":" + event.lineNumber);
});
"""


@dataclass
class Visit:
    """An open page, what it said in the console, and what it asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, address: str) -> Page:
        self.page.add_init_script(WATCH)
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(address)
        return self.page


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    yield Visit(context.new_page())
    context.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    house: House = bare(tmp_path_factory.mktemp("browser") / "house")
    for region in ("全国", "广东", "山西", "陕西"):
        house.make(region)
    values = pl.DataFrame(VALUES, schema=TABLE)
    values.write_parquet(house.root / "data/processed/2025-sample/public/indicators.parquet")
    house.pass_audit()
    publish(house.layout, house.wanted(region="全国,广东,山西,陕西"))
    return house.root / "site"


class Serving(SimpleHTTPRequestHandler):
    """The folder with the headers that are given for nginx."""

    def end_headers(self) -> None:
        for name, value in re.findall(r'^add_header (\S+) "([^"]+)" always;$', policy.NGINX, re.M):
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Serving, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def drawn(page: Page) -> None:
    """Waits by selector: a function to wait for would be evaluated in the page, which the policy forbids."""
    page.locator("html[data-charts=drawn]").wait_for(state="attached", timeout=120_000)


@pytest.mark.parametrize("way", ["file", "http"])
def test_charts_draw_under_the_policy_and_nothing_leaves(visit: Visit, site: Path, served: str, way: str) -> None:
    base = site.as_uri() + "/" if way == "file" else served
    page = visit.open(base + REPORT)
    drawn(page)
    assert page.locator("figure.interactive svg").count() == page.locator("script.spec").count() == 1
    for address in ALL:
        visit.page.goto(base + address)
        assert visit.page.evaluate("window.violations") == []
    assert visit.said == []
    assert visit.asked
    assert all(address.startswith((base, "data:")) for address in visit.asked)


def test_the_policy_would_stop_what_is_inline(visit: Visit, site: Path, tmp_path: Path) -> None:
    """Sees that the test above can fail."""
    shutil.copytree(site, tmp_path / "site")
    broken = tmp_path / "site" / "index.html"
    added = (
        '<p style="color:red" onclick="x()">x</p><script>window.ran = 1</script><img src="http://127.0.0.1:9/x.png">'
    )
    added += '<script src="assets/try.js"></script></main>'
    broken.write_text(broken.read_text("utf-8").replace("</main>", added), "utf-8")
    (broken.parent / "assets" / "try.js").write_text(
        "window.tried = 1; try { window.ran = eval('2') } catch (error) {}"
    )
    page = visit.open(broken.as_uri())
    assert page.evaluate("window.tried") == 1
    assert page.evaluate("window.ran") is None
    refused = {one.split()[0] for one in page.evaluate("window.violations")}
    assert {"style-src-attr", "script-src-attr", "script-src-elem", "script-src", "img-src"} <= refused


def test_a_real_report_draws_all_its_charts_under_the_policy(visit: Visit, built: Built, tmp_path: Path) -> None:
    text = built.file("440000-广东", "html").read_text("utf-8")
    style = (ROOT / "reports/theme/site.css").read_bytes()
    made, assets = pages.shared(text, "", {"site.css": style}, '<nav class="bar"><a href="#content">x</a></nav>')
    (tmp_path / pages.FOLDER).mkdir()
    for name, content in assets.items():
        (tmp_path / pages.FOLDER / name).write_bytes(content)
    (tmp_path / "page.html").write_text(made, "utf-8")
    page = visit.open((tmp_path / "page.html").as_uri())
    drawn(page)
    count = text.count('class="spec"')
    assert count > 20
    assert page.locator("figure.interactive").count() == count
    assert page.evaluate("window.violations") == []
    assert visit.said == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("广东", ["广东省"]), ("guangdong", ["广东省"]), ("GD", ["广东省"]), ("深圳", ["广东省"]), ("shaanxi", ["陕西省"]),
        ("shanxi", ["山西省", "陕西省"]), ("Shan Xi", ["山西省", "陕西省"]), ("粤", ["广东省"]), ("440000", ["广东省"]),
        ("zzz", []), ("", []),
    ],
)  # fmt: skip
def test_search_finds_by_name_and_pinyin(visit: Visit, site: Path, query: str, found: list[str]) -> None:
    page = visit.open((site / "index.html").as_uri())
    page.get_by_label("查找地区").fill(query)
    assert sorted(page.locator("#q-hits h4").all_inner_texts()) == sorted(found)
    if query:
        assert page.locator("#q-found").inner_text() == (
            f"找到 {len(found)} 个地区" if found else "没有找到；可试拼音或简称"
        )


def test_the_page_begins_with_the_search_and_the_map(visit: Visit, site: Path) -> None:
    page = visit.open((site / "index.html").as_uri())
    sections = page.locator("main > section").evaluate_all("all => all.map(one => one.id)")
    assert sections == ["find", "highlights", "reports", "data", "editions"]
    assert page.locator("#find .search").is_visible()
    assert page.locator("#find .atlas.g-1 .tile a").count() == 3
    assert (
        page.locator("#highlights a", has_text="全国报告全文").get_attribute("href") == "2025-sample/000000/plan.html"
    )


def test_a_province_is_two_steps_away_by_keyboard_too(visit: Visit, site: Path) -> None:
    page = visit.open((site / "index.html").as_uri())
    page.get_by_label("查找地区").fill("gd")
    page.get_by_label("查找地区").press("Enter")
    page.wait_for_url("**/440000/plan.html")
    assert page.locator(".report-head").inner_text().count("广东省") == 1
    page.get_by_role("link", name="全部地区").click()
    page.locator(".tile a", has_text="陕").first.click()
    page.wait_for_url("**/610000/plan.html")


def test_the_indicator_is_chosen_by_keyboard(visit: Visit, tmp_path: Path) -> None:
    """Two layers, which the made-up edition does not have: a second figure of the same report."""
    from tests.publish.conftest import bare

    house = bare(tmp_path / "house")
    house.figures = ("f-sharing-provinces", "f-carbon-green")
    house.make("全国")
    house.pass_audit()
    publish(house.layout, house.wanted(region="全国"))
    page = visit.open((house.root / "site" / "index.html").as_uri())
    choices = page.get_by_role("radio")
    assert choices.count() == 2
    grids = page.locator(".atlas")
    assert [grids.nth(at).is_visible() for at in range(2)] == [True, False]
    choices.first.focus()
    page.keyboard.press("ArrowRight")
    assert [grids.nth(at).is_visible() for at in range(2)] == [False, True]
    assert choices.nth(1).is_checked()


def test_without_script_everything_is_there(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    assert not page.locator(".search").is_visible()
    assert page.locator("#reports .place").count() == 4
    page.get_by_role("link", name="广东省", exact=True).click()
    assert page.locator("figure svg").first.is_visible()
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "light"), (360, "dark")])
@pytest.mark.parametrize("address", ALL)
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(
    visit: Visit, site: Path, width: int, scheme: Literal["light", "dark"], address: str
) -> None:
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.page.emulate_media(color_scheme=scheme)
    page = visit.open((site / address).as_uri())
    if address == REPORT:
        drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical", "moderate")]
    told = [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in serious]
    assert told == []


def test_tiles_are_large_enough_to_touch(visit: Visit, site: Path) -> None:
    """WCAG 2.2, 2.5.8: 24 px."""
    visit.page.set_viewport_size({"width": 360, "height": 800})
    page = visit.open((site / "index.html").as_uri())
    boxes = [tile.bounding_box() for tile in page.locator(".atlas.g-1 .tile").all()]
    assert len(boxes) == 34
    assert all(box is not None and box["width"] >= 24 and box["height"] >= 24 for box in boxes)


def test_a_figure_is_cited_and_saved_by_keyboard_on_a_phone(visit: Visit, served: str, tmp_path: Path) -> None:
    visit.page.set_viewport_size({"width": 360, "height": 800})
    page = visit.open(served + REPORT + "#f-sharing-provinces")
    drawn(page)
    figure = page.locator("#f-sharing-provinces")
    for kind in ("cite", "get", "about"):
        figure.locator(f"details.{kind} > summary").focus()
        page.keyboard.press("Enter")
    said = figure.locator(".cite p").inner_text()
    assert f"{served}{REPORT}#f-sharing-provinces" in said
    assert re.search(r"\[\d{4}-\d\d-\d\d\]", said)
    assert f"url = {{{served}{REPORT}#f-sharing-provinces}}" in figure.locator(".cite pre").inner_text()
    assert [text.replace("\n", "") for text in figure.locator(".get li").all_inner_texts()] == ["本表 CSV（图 3-1）", "CSV", "XLSX", "Parquet", "广东：新建5G基站站址共享率，历年 CSV", "PNG（图 3-1）", "SVG（图 3-1）"]  # fmt: skip
    for name, start in (("PNG", b"\x89PNG"), ("SVG", b"<svg"), ("本表 CSV", b"\xef\xbb\xbf")):
        with page.expect_download() as saved:
            figure.get_by_role("button", name=name).press("Enter")
        saved.value.save_as(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    assert "广东" in (tmp_path / "SVG").read_text("utf-8")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("window.violations") == []
    assert visit.said == []


def test_a_series_is_found_cited_and_saved_on_a_phone(visit: Visit, served: str, tmp_path: Path) -> None:
    visit.page.set_viewport_size({"width": 360, "height": 800})
    page = visit.open(f"{served}index.html")
    page.get_by_label("查找地区").fill("gd")
    page.locator("#q-hits").get_by_role("link", name="省情一页").click()
    page.wait_for_url(served + PROVINCE)
    page.locator("#indicators").get_by_role("link", name="新建5G基站站址共享率", exact=True).click()
    page.wait_for_url(f"{served}{SERIES}#440000")
    row = page.locator("tr:target")
    assert [cell.replace("\n", " ").strip() for cell in row.locator("th, td.right").all_inner_texts()] == ["广东省", "90.0%", "不予公布"]  # fmt: skip
    row.get_by_role("link", name="引用").press("Enter")
    expect(page.locator("#cite p")).to_contain_text("新建5G基站站址共享率（广东省）：2025 年")
    said = page.locator("#cite p").inner_text()
    assert f"{served}{SERIES}#440000" in said
    with page.expect_download() as saved:
        row.get_by_role("link", name="CSV").press("Enter")
    saved.value.save_as(tmp_path / "x")
    digest = hashlib.sha256((tmp_path / "x").read_bytes()).hexdigest()
    assert f"sharing.new_5g_sites-440000.csv SHA-256 {digest}" in said
    assert "@misc{greenreport-2025-sharing.new_5g_sites-440000," in page.locator("#cite pre").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("window.violations") == []
    assert visit.said == []


def test_a_province_that_is_not_published_is_found_as_such(visit: Visit, site: Path) -> None:
    page = visit.open((site / "index.html").as_uri())
    page.get_by_label("查找地区").fill("河南")
    assert page.locator("#q-hits").inner_text() == "河南省：本站未发布"
    page.get_by_label("查找地区").press("Enter")  # leads nowhere
    page.get_by_label("查找地区").fill("shanxi")
    assert page.locator("#q-hits li").count() == 2
    assert not list(site.glob("2025-sample/410000*"))


def test_a_province_is_printed_on_one_sheet(visit: Visit, site: Path) -> None:
    page = visit.open((site / PROVINCE).as_uri())
    [sheet] = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == (595, 842)
    said = unicodedata.normalize("NFKC", sheet.extract_text())
    assert "广东省" in said
    assert "全部指标" not in said


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_is_unfolded(visit: Visit, site: Path, scheme: Literal["light", "dark"]) -> None:
    visit.page.set_viewport_size({"width": 360, "height": 900})
    visit.page.emulate_media(color_scheme=scheme)
    page = visit.open((site / REPORT).as_uri())
    drawn(page)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})  # fmt: skip
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_address_of_the_latest_leads_on_to_the_very_figure(visit: Visit, browser: Browser, served: str) -> None:
    page = visit.open(f"{served}latest/440000/plan.html#f-sharing-provinces")
    page.wait_for_url(f"{served}{REPORT}#f-sharing-provinces")
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(f"{served}latest/440000/plan.html")
    still.wait_for_url(served + REPORT)
    context.close()
