"""The page on which readers choose for themselves and the box for questions, in a real browser under the site's policy."""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from pipeline.layout import Layout
from pipeline.publish.site import publish
from tests.browser.test_site import Visit, served, visit  # noqa: F401
from tests.publish.conftest import bare
from tests.publish.test_ask import table
from tests.publish.test_site import _in_english

# ruff: noqa: F811  (fixtures of another module)
pytestmark = pytest.mark.slow
PAGE = "2025-sample/explore.html"
CHOICE = "#i=dc.pue.all,green.share&r=000000,330000,440000&y=2023-2025&v=line"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, layout: Layout) -> Path:
    """The table of tests/publish/asked.py, on a site in both languages."""
    house = bare(tmp_path_factory.mktemp("explore") / "house")
    for region in ("全国", "广东"):
        house.make(region)
    shutil.copytree(house.folder("全国"), house.folder("全国") / "en")
    _in_english(house.folder("全国") / "en", "China")
    table(layout).write_parquet(house.root / "data/processed/2025-sample/public/indicators.parquet")
    house.pass_audit()
    publish(house.layout, house.wanted())
    return house.root / "site"


def rows(page: Page) -> list[list[str]]:
    """The table as it is read, without the heads."""
    lines = page.locator(".results tbody tr").all()
    return [[cell.inner_text() for cell in line.locator("th, td").all()] for line in lines]


@pytest.mark.parametrize("way", ["file", "http"])
def test_a_choice_in_the_address_is_shown_under_the_policy_and_nothing_leaves(
    visit: Visit, site: Path, served: str, way: str
) -> None:
    base = site.as_uri() + "/" if way == "file" else served
    page = visit.open(base + PAGE + CHOICE)
    assert rows(page) == [
        ["全国", "数据中心平均PUE", "1.49", "1.46", "1.44"],
        ["浙江", "数据中心平均PUE", "1.50", "不予公布", "不予公布"],
        ["广东", "数据中心平均PUE", "1.53", "1.48", "1.45"],
        ["全国", "绿色电力占比", "8.9%", "13.1%", "18.8%"],
        ["浙江", "绿色电力占比", "7.4%", "10.9%", "16.2%"],
        ["广东", "绿色电力占比", "6.9%", "10.8%", "16.0%"],
    ]
    assert page.locator(".picture").count() == 2
    label = page.locator(".picture").first.get_attribute("aria-label")
    assert label == "折线图：数据中心平均PUE，2023 至 2025 年，3 条线；数值见下表"
    assert page.locator(".picture").first.locator("text.withheld").all_text_contents() == ["不予公布 1", "不予公布 1"]
    assert page.locator("[role=status]").last.inner_text() == "共 6 行，其中不予公布的数值 2 个。"
    page.get_by_label("问一个数").fill("广东 2025 PUE")
    page.get_by_label("问一个数").press("Enter")
    assert page.locator("#ask-said .told").inner_text() == "广东 2025 年数据中心平均PUE：1.45。"
    assert page.evaluate("window.violations") == []
    assert visit.said == []
    assert all(address.startswith((base, "data:")) for address in visit.asked)


def test_the_choice_goes_into_the_address_and_the_way_back_leads_through_it(visit: Visit, site: Path) -> None:
    page = visit.open((site / PAGE).as_uri())
    assert page.locator("#view-tiles").is_checked()
    first = rows(page)
    page.locator("summary", has_text="地区").click()
    page.get_by_role("button", name="只选全国").click()
    assert "&r=000000&" in page.evaluate("location.hash")
    page.get_by_label("年份从").select_option("2025")
    page.get_by_label("只看表").check()
    assert page.evaluate("location.hash") == "#i=dc.pue.new_large&r=000000&y=2025-2025&v=table"
    assert len(rows(page)) == 1
    page.go_back()
    page.go_back()
    assert "y=2023-2025" in page.evaluate("location.hash")
    assert page.get_by_label("年份从").input_value() == "2023"
    page.go_back()
    assert rows(page) == first


def test_a_dimension_parts_what_has_it(visit: Visit, site: Path) -> None:
    page = visit.open((site / PAGE).as_uri() + "#i=dc.count&r=000000&v=bar")
    page.get_by_label("分项").select_option("size_class")
    assert "d=size_class" in page.evaluate("location.hash")
    assert rows(page) == [["全国", "大型", "—", "—", "100 座"]]


@pytest.mark.parametrize(
    "address",
    ["#i=nothing&r=x&y=9-0&v=z", "#i=%E0%A4%A&r=", "#i=__proto__,constructor&r=all", "#<script>alert(1)</script>", "#=&=&&", "#y=2024"],
)  # fmt: skip
def test_an_address_that_is_none_is_read_as_far_as_it_goes(visit: Visit, site: Path, address: str) -> None:
    page = visit.open((site / PAGE).as_uri() + address)
    assert page.locator(".chooser").is_visible()
    assert visit.said == []


def test_withheld_is_named_in_bars_tiles_and_the_file_and_is_never_zero(
    visit: Visit, site: Path, tmp_path: Path
) -> None:
    page = visit.open((site / PAGE).as_uri() + "#i=dc.pue.all&r=all&y=2024-2025&v=bar")
    texts = page.locator(".picture text").all_text_contents()
    assert texts[-4:] == ["浙江", "不予公布", "西藏", "—"]
    assert page.locator(".picture rect").count() == 6  # the nation and five provinces
    page.get_by_label("方格图").check()
    tile = page.locator(".tile", has_text="浙江")
    assert "withheld" in str(tile.get_attribute("class"))
    assert tile.locator(".number").inner_text() == "不予公布"
    assert "no-data" in str(page.locator(".tile", has_text="西藏").get_attribute("class"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="下载所选（CSV）").press("Enter")
    assert saved.value.suggested_filename == "2025-sample-choice.csv"
    saved.value.save_as(tmp_path / "choice.csv")
    content = (tmp_path / "choice.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert len(lines) == 16
    page.goto(page.url.split("#")[0] + "#content")  # a place on the page leaves the choice as it is
    with page.expect_download() as again:
        page.get_by_role("button", name="下载所选（CSV）").click()
    assert again.value.path().read_bytes() == content
    found = {(one["region"], one["year"]): (one["value"], one["flag"]) for one in lines}
    assert found["内蒙古", "2025"] == ("1.304", "")
    assert found["浙江", "2025"] == ("〔保密〕", "suppressed")
    assert found["西藏", "2025"] == ("", "zero_denominator")


def test_everything_is_chosen_by_keyboard(visit: Visit, site: Path) -> None:
    page = visit.open((site / PAGE).as_uri())
    page.get_by_label("问一个数").focus()
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "document.activeElement.tagName + ' ' + (document.activeElement.id || document.activeElement.textContent.slice(0, 2))"
            )
        )
    assert seen[:7] == [
        "BUTTON 查",
        "SUMMARY 指标",
        "SUMMARY 地区",
        "SELECT choose-from",
        "SELECT choose-to",
        "SELECT choose-part",
        "INPUT view-tiles",
    ]
    assert "DIV" in [one.split()[0] for one in seen]  # the table, which scrolls
    page.locator("summary", has_text="指标").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("绿色电力占比")
    for _ in range(4):  # a list that scrolls may be a stop of its own
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "checkbox":
            break
    page.keyboard.press("Space")
    assert "green.share" in page.evaluate("location.hash")
    assert page.evaluate("document.activeElement.id") == "indicators-green.share"


def test_the_box_on_the_home_page_answers_and_leads_on(visit: Visit, site: Path, served: str) -> None:
    page = visit.open(served + "index.html")
    assert not [one for one in visit.asked if one.endswith("explore-data.js")]
    box = page.get_by_label("问一个数")
    box.fill("哪些省绿电占比高于30%")
    box.press("Enter")
    said = page.locator("#ask-said .told")
    said.wait_for()
    assert (
        said.inner_text()
        == "2025 年绿色电力占比高于 30% 的省份有 1 个：内蒙古 30.4%。另有 1 个省份不予公布，不在其中。"
    )
    box.fill("<img src=x onerror=alert(1)>")
    box.press("Enter")
    assert said.inner_text().startswith("不认识“img”")
    assert page.locator("#ask-said img").count() == 0
    box.fill("广东 PUE")
    page.get_by_role("button", name="查").click()
    page.locator("#ask-said summary", has_text="“PUE”还可以指").click()
    page.get_by_role("button", name="新建大型、超大型数据中心PUE").click()
    assert said.inner_text() == "广东 2025 年新建大型、超大型数据中心PUE：1.33。"
    page.get_by_role("link", name="看表和图").click()
    page.wait_for_url("**/explore.html#i=dc.pue.new_large&r=440000&y=2025-2025&v=table")
    assert rows(page) == [["广东", "1.33"]]
    page.go_back()
    page.get_by_label("问一个数").fill("PUE是什么")
    page.get_by_label("问一个数").press("Enter")
    page.get_by_role("link", name="说明", exact=True).click()
    page.wait_for_url("**/explore.html#about-dc.pue.all")
    assert page.locator("#about-dc\\.pue\\.all").is_visible()
    assert page.locator(".results table").is_visible()
    assert page.evaluate("window.violations") == []
    assert visit.said == []


def test_an_english_page_speaks_english(visit: Visit, site: Path) -> None:
    page = visit.open(
        (site / "2025-sample/explore.en.html").as_uri() + "#i=energy.electricity&r=330000,440000&y=2025-2025&v=bar"
    )
    assert rows(page) == [["Zhejiang", "6.93 billion kWh"], ["Guangdong", "11.97 billion kWh"]]
    page.get_by_label("Ask for a number").fill("Zhejiang PUE")
    page.get_by_role("button", name="Ask", exact=True).click()
    assert page.locator("#ask-said .told").inner_text() == "Average PUE of data centres, Zhejiang, 2025: not published."
    shown = page.locator("main").inner_text().replace("〔保密〕", "")
    assert re.findall("[\u4e00-\u9fff]+", shown) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("view", ["line", "bar", "tiles", "table"])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    visit: Visit, site: Path, view: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.page.emulate_media(color_scheme=scheme)
    page = visit.open((site / PAGE).as_uri() + f"#i=dc.pue.all,dc.count&r=all&y=2023-2025&v={view}")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    page.get_by_label("问一个数").fill("广东 PUE")
    page.get_by_label("问一个数").press("Enter")
    page.locator("#ask-said .told").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options=RULES)
    assert [(one["id"], one["nodes"][0]["html"][:160]) for one in found.response["violations"]] == []
    small = page.evaluate(
        "[...document.querySelectorAll('main button, main select, main summary, .pick-one')].filter(one => one.getBoundingClientRect().height < 24).length"
    )
    assert small == 0


def test_without_script_it_says_where_the_data_are(visit: Visit, site: Path) -> None:
    context = visit.page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    page = context.new_page()
    page.goto((site / PAGE).as_uri())
    assert page.locator("#explore-off a").get_attribute("href") == "../downloads/2025-sample/indicator-values.csv"
    assert page.locator("#about-green\\.share").is_visible()
    assert not page.locator(".ask").is_visible()
    context.close()


def test_on_paper_stand_picture_and_table_alone(visit: Visit, site: Path) -> None:
    page = visit.open((site / PAGE).as_uri() + CHOICE)
    page.emulate_media(media="print")
    assert page.locator(".picture").first.is_visible()
    assert page.locator(".results table").is_visible()
    assert not any(page.locator(one).is_visible() for one in (".chooser", ".ask", "#definitions"))
