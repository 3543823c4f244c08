"""The explorer of scenarios in a real browser, under the strict policy that a site may set. Skipped without Chromium."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import pytest
from playwright.sync_api import Browser, Page

from pipeline.charts import figures
from pipeline.given import params, reference
from pipeline.given.regions import resolve
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports import markup
from pipeline.reports.blocks import Figure
from pipeline.scenarios import outlook
from tests.conftest import ROOT
from tests.scenarios.conftest import NATION, PROVINCE, ROWS, indicator_table
from tests.scenarios.test_page import data

pytestmark = pytest.mark.slow
POLICY = "default-src 'none'; script-src 'nonce-n'; style-src 'nonce-n'"
PLAN = [
    "g_it=0.10,0.12,0.14", "pue_new=1.25", "r_dc=0.06", "pue_retrofit=1.35", "g_traffic=0.15", "e_bs=0.06,0.09,0.12", "s_room=0.08",
    "pue_core=1.7", "pue_core_retrofit=1.45", "g_other=0.02", "g_flow=0.14", "g_volume=0.09", "green_share_2030=0.4,0.5,0.6",
    "d_grid=0.025", "d_residual=0.01",
]  # fmt: skip
"""The drivers of test_projection, with some ranges: 578.0 tce in 2030, and 40.0 % less energy per unit of flow."""
Show = Callable[..., Page]


@pytest.fixture(scope="module")
def given(layout: Layout) -> dict[str, Any]:
    """What the page of 广东 is given: the one province of tests/scenarios."""
    table = indicator_table({PROVINCE: ROWS, NATION: ROWS})
    every = [resolve(code, layout) for code in (NATION, PROVINCE)]
    resolved = {
        name: [params.resolve(layout, one, name, PLAN if name == "plan" else []) for one in every]
        for name, _ in params.scenarios(layout)
    }
    plan = reference.load_plan(layout)
    found = outlook.compute(table, resolved, plan, reference.grid_factors(layout), draws=32)
    both = {code: data(layout, table, found, code, plan) for code in (NATION, PROVINCE)}
    return both | {"en": data(layout, table, found, PROVINCE, plan, Words("en"))}


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """`show(data)`: a page with one figure that has the explorer, and nothing but the theme's own style and scripts, on a phone;
    it says nothing on the console."""
    said: list[str] = []
    open_ = []

    def page(
        told: dict[str, Any], fragment: str = "", language: str = "zh-CN", width: int = 360, **context: Any
    ) -> Page:
        rows = pl.DataFrame({"年份": [2025], "值": [1.0]})
        chart = alt.Chart(rows).mark_line().encode(x="年份:O", y="值:Q")
        block = Figure("f-scenarios", "标题", chart, rows, "一段替代文字", "来源", explorer=lambda _: told).payload()
        body = markup.to_html(block, "10-1", figures.svg(block["spec"], "f-scenarios"))
        theme = ROOT / "reports" / "theme"
        css, *scripts = (
            theme.joinpath(name).read_text("utf-8") for name in ("report.css", "projection.js", "explorer.js")
        )
        path = tmp_path / "page.html"
        path.write_text(
            f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>试算</title>'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style nonce="n">{css}</style></head>'
            f'<body><div class="layout"><main>{body}</main></div><script nonce="n">{"".join(scripts)}</script></body></html>',
            "utf-8",
        )
        opened = browser.new_context(viewport={"width": width, "height": 900}, **context).new_page()
        open_.append(opened)
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.goto(path.as_uri() + fragment)
        return opened

    yield page
    for one in open_:
        one.context.close()
    assert not said


def sentence(page: Page) -> str:
    page.wait_for_timeout(300)  # it is said once the slider rests
    return page.locator(".said").inner_text()


def slider(page: Page, title: str) -> Any:
    return page.get_by_role("slider", name=title, exact=True)


def value(page: Page, title: str) -> str:
    """What is printed over a path."""
    return page.locator(".path p", has_text=title).first.inner_text()


def targets(page: Page) -> list[list[str]]:
    return [row.locator("td:visible").all_inner_texts() for row in page.locator(".explorer tbody tr").all()]


def test_a_reader_moves_a_slider_by_keyboard(show: Show, given: dict[str, Any]) -> None:
    """With one point less efficiency a year 210 tce x 1.15^5 / 1.08^5 instead of / 1.09^5: 287.5 instead of 274.5 tce."""
    page = show(given[PROVINCE])
    assert value(page, "综合能耗").startswith("综合能耗 578.0 tce")
    assert sentence(page) == "行动计划情景，没有改动。"
    assert targets(page) == [["2027 年"], ["2025 年（已填报）"]]  # 17.3 % less in 2026
    slider(page, "基站能效年提升率").focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    assert sentence(page).startswith(
        "基站能效年提升率改为 8.0%：2030 年与行动计划情景相比，综合能耗多 12.9 tce（+2.2%）；"
    )
    assert value(page, "综合能耗").endswith("578.0 tce → 591.0 tce")
    assert slider(page, "基站能效年提升率").get_attribute("aria-valuetext") == "8.0%"
    assert page.evaluate("location.hash") == "#try=plan&e_bs=0.08"
    page.get_by_role("button", name="复原基站能效年提升率").click()
    assert sentence(page) == "行动计划情景，没有改动。"
    assert page.evaluate("location.hash") == "#f-scenarios"


def test_a_number_and_the_levels_of_the_file_set_the_driver(show: Show, given: dict[str, Any]) -> None:
    page = show(given[PROVINCE])
    field = page.get_by_label("2030年绿色电力占比", exact=True).and_(page.get_by_role("spinbutton"))
    assert field.input_value() == "50.0"
    field.fill("62.5")
    field.press("Enter")
    assert value(page, "绿色电力占比").endswith("50.0% → 62.5%")
    assert slider(page, "2030年绿色电力占比").input_value() == "0.625"
    box = page.locator(".driver", has=slider(page, "2030年绿色电力占比"))
    box.get_by_role("button", name="低 40.0%").click()
    assert value(page, "绿色电力占比").endswith("50.0% → 40.0%")
    field.fill("130")
    field.press("Enter")
    assert page.locator(".noted").inner_text() == "2030年绿色电力占比：130.0% 超出允许范围，已改为 100.0%。"
    box.get_by_role("button", name="中 50.0%").click()
    assert sentence(page) == "行动计划情景，没有改动。"
    field.fill("")
    field.press("Enter")
    assert page.locator(".noted").inner_text() == "2030年绿色电力占比：没有读出数，仍用原来的值。"
    assert field.input_value() == "50.0"


def test_every_driver_says_what_it_is(show: Show, given: dict[str, Any]) -> None:
    page = show(given[PROVINCE])
    assert page.get_by_role("slider").count() == 15
    box = page.locator(".driver", has=slider(page, "新增数据中心PUE"))
    assert box.locator(".range").inner_text().endswith("允许 1.00 至 3.00")
    box = page.locator(".driver", has=slider(page, "数据中心IT设备用电量年增长率"))
    assert box.get_by_role("button").all_inner_texts() == ["复原", "低 10.0%", "中 12.0%", "高 14.0%"]
    assert box.locator(".unit").inner_text() == "%/年"


def test_a_scenario_is_chosen_and_a_target_is_missed(show: Show, given: dict[str, Any]) -> None:
    page = show(given[PROVINCE])
    page.get_by_label("情景", exact=True).select_option("accelerated")
    assert page.evaluate("location.hash") == "#try=accelerated"
    page.get_by_label("情景", exact=True).select_option("plan")
    slider(page, "信息流量年增长率").focus()
    page.keyboard.press("Home")  # half as much every year
    assert targets(page)[0] == ["2027 年", "到 2030 年仍未达到"]
    assert "单位信息流量综合能耗的目标由“2027 年”变为“到 2030 年仍未达到”" in sentence(page)


def test_the_lines_lead_to_the_values(show: Show, given: dict[str, Any]) -> None:
    page = show(given[PROVINCE], "#try=plan&g_it=0.3")

    def last(name: str) -> float:
        points = page.locator(f".path:first-child polyline.{name}").get_attribute("points") or ""
        return float(points.split()[-1].split(",")[1])

    assert last("filed") > last("saved") > last("now")  # higher values stand higher up: 450, 578, and more
    assert page.locator("line.goal").count() == 2


def test_a_link_brings_the_values_and_what_it_has_too_much_is_cut(show: Show, given: dict[str, Any]) -> None:
    page = show(given[PROVINCE], "#try=baseline&green_share_2030=0.55&e_bs=7")
    assert page.get_by_label("情景", exact=True).input_value() == "baseline"
    assert page.locator(".noted").inner_text() == "基站能效年提升率：700.0% 超出允许范围，已改为 100.0%。"
    assert value(page, "绿色电力占比").endswith("→ 55.0%")
    page.evaluate("location.hash = '#try=plan&g_flow=0.2'")
    page.wait_for_timeout(100)
    assert sentence(page).startswith("信息流量年增长率改为 20.0%：")


BROKEN = (
    "#try=", "#try=nowhere", "#try=plan&g_it", "#try=plan&g_it=", "#try=plan&g_it=1e9", "#try=plan&x=1", "#try=plan&g_it=0.1&g_it=0.2",
    "#try=plan&__proto__=1", "#try=plan&toString=1", "#try=<b>&g_it=0.1", "#try=plan&g_it=%", "#try=plan&g_it=0.1&",
)  # fmt: skip


def test_a_broken_link_is_left_aside_with_a_word(show: Show, given: dict[str, Any]) -> None:
    page = show(given[PROVINCE], BROKEN[0])
    for fragment in BROKEN:
        page.evaluate("hash => { location.hash = '#try=plan&e_bs=0.1'; location.hash = hash; }", fragment)
        page.wait_for_function("document.querySelector('.noted').textContent")
        assert page.locator(".noted").inner_text() == "链接里的试算取值读不出来，未采用；以下是报告的情景。", fragment
        assert sentence(page) == "行动计划情景，没有改动。", fragment


def test_the_downloaded_parameters_are_taken_by_the_product(
    show: Show, given: dict[str, Any], house: Path, layout: Layout, green_report: Any, tmp_path: Path
) -> None:
    page = show(given[PROVINCE], "#try=plan&g_volume=0.2&g_it=0.2&e_bs=-0.05&pue_new=1.1", accept_downloads=True)
    with page.expect_download() as found:
        page.get_by_role("button", name="下载参数").click()
    assert found.value.suggested_filename == "440000-广东.yml"
    file = house / "notebooks" / "params" / "provinces" / "440000-广东.yml"
    shutil.copy(found.value.path(), file)
    lines = file.read_text("utf-8").splitlines()
    assert lines[2:] == [  # what the scenarios do not have from one place stands under its scenario
        "all:",
        "  g_volume: 0.2   # 电信业务总量年增长率（可比价），原为 9.0%",
        "scenarios:",
        "  plan:",
        "    g_it: [0.18, 0.2, 0.22]   # 数据中心IT设备用电量年增长率，原为 12.0%",
        "    pue_new: 1.1   # 新增数据中心PUE，原为 1.25",
        "    e_bs: [-0.08, -0.05, -0.02]   # 基站能效年提升率，原为 9.0%",
    ]
    own = Layout(house)
    place = resolve("广东", own)
    plan, baseline = (params.resolve(own, place, name).params for name in ("plan", "baseline"))
    assert (plan.g_it, plan.pue_new, plan.e_bs) == ((0.18, 0.2, 0.22), 1.1, (-0.08, -0.05, -0.02))
    assert (plan.g_volume, baseline.g_volume, baseline.g_it) == (0.2, 0.2, "trend(3)")
    run = green_report("params", "--region", "广东", root=house)
    assert run.returncode == 0, run.stderr


def test_the_nation_moves_all_provinces_and_has_no_file(show: Show, given: dict[str, Any]) -> None:
    page = show(given[NATION], "#try=plan&g_it=0.2")
    assert page.get_by_role("button", name="下载参数").count() == 0
    assert "改动的因素各省都取同一值" in page.locator("div.explorer").inner_text()
    province = show(given[PROVINCE], "#try=plan&g_it=0.2")
    assert value(page, "综合能耗") == value(province, "综合能耗")


def test_what_is_withheld_is_said(show: Show, given: dict[str, Any]) -> None:
    part, whole = copy.deepcopy(given[PROVINCE]), copy.deepcopy(given[PROVINCE])
    part["words"]["left_out"] = "以下各项不能试算：碳排放。"
    page = show(part)
    assert "以下各项不能试算：碳排放。" in page.locator("div.explorer").inner_text()
    assert page.get_by_role("slider").count() == 15
    nothing = show({"words": whole["words"] | {"left_out": "公开版不能试算。"}, "measures": []})
    assert nothing.locator(".explorer:not(script)").inner_text().endswith("公开版不能试算。")
    assert nothing.get_by_role("slider").count() == 0


def test_it_reads_english(show: Show, given: dict[str, Any]) -> None:
    page = show(given["en"], "#try=plan&green_share_2030=0.6", "en-GB")
    text = page.locator("div.explorer").inner_text()
    assert sentence(page).startswith("Green power share in 2030 set to 60.0%. In 2030, against “Action plan”:")
    assert not re.search(r"[\u3400-\u9fff]", text.replace("440000-广东.yml", ""))
    assert "{" not in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(show: Show, given: dict[str, Any], scheme: str) -> None:
    page = show(given[PROVINCE], "#try=plan&g_it=0.2", color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator(".explorer .path svg").first.bounding_box()["width"] <= 165  # type: ignore[index]


def test_paper_has_the_scenario_as_it_is_saved(show: Show, given: dict[str, Any]) -> None:
    page = show(given[PROVINCE], "#try=plan&g_it=0.3")
    page.emulate_media(media="print")
    assert page.locator("polyline.saved").first.is_visible()
    assert value(page, "综合能耗").startswith("综合能耗 578.0 tce")
    for hidden in (".now", ".bar", ".controls", ".said"):
        assert not page.locator(f".explorer {hidden}").first.is_visible(), hidden


def test_the_first_table_of_the_figure_is_still_its_data(show: Show, given: dict[str, Any]) -> None:
    """What the page offers as a download."""
    page = show(given[PROVINCE])
    assert page.locator("figure table").first.locator("th").all_text_contents() == ["年份", "值"]


def test_without_script_the_chart_stands_alone(show: Show, given: dict[str, Any]) -> None:
    page = show(given[PROVINCE], java_script_enabled=False)
    assert page.locator(".drawn svg").is_visible()
    assert page.locator("div.explorer").count() == 0


def test_nothing_in_it_is_evaluated_or_handled_inline() -> None:
    for name in ("projection.js", "explorer.js"):
        source = (ROOT / "reports" / "theme" / name).read_text("utf-8")
        assert not re.search(
            r"\beval\b|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.on\w+ *=|\bstyle\b", source
        )
        assert not re.search(r"=>|`|\b(let|const|class [A-Z])\b|\.\.\.", source), "ES5"
