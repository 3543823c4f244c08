"""The explorer of scenarios in a real browser, under the strict policy that a site may set. Skipped without Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import pytest
from playwright.sync_api import Browser, Page

from pipeline.charts import figures
from pipeline.reports import markup
from pipeline.reports.blocks import Figure
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
POLICY = "default-src 'none'; script-src 'nonce-n'; style-src 'nonce-n'"
MEASURES = [
    {"id": "energy.total", "title": "综合能耗", "unit": "万tce", "decimals": 1},
    {"id": "green.share", "title": "绿色电力占比", "unit": "%", "decimals": 1},
]


def results(energy: float, share: float) -> dict[str, list[float]]:
    return {"energy.total": [100, energy], "green.share": [20, share]}


EXPLORER: dict[str, Any] = {
    "own": "plan",
    "years": [2025, 2030],
    "scenarios": [{"id": "baseline", "title": "现状延续"}, {"id": "plan", "title": "行动<计划>"}],
    "drivers": [{"id": "e_bs", "title": "基站能效年提升率"}, {"id": "green_share_2030", "title": "2030年绿色电力占比"}],
    "levels": {
        "baseline": {"e_bs": ["1.0%", "2.0%", "3.0%"], "green_share_2030": ["30.0%", "30.0%", "30.0%"]},
        "plan": {"e_bs": ["6.0%", "9.0%", "12.0%"], "green_share_2030": ["40.0%", "50.0%", "60.0%"]},
    },
    "measures": MEASURES,
    "filed": {"energy.total": {"2024": 90, "2025": 100}, "green.share": {"2024": 10, "2025": 20}},
    "results": {
        "baseline": {"": results(150, 30), "e_bs/low": results(160, 30), "e_bs/high": results(140, 30)},
        "plan": {
            "": results(130, 50), "e_bs/low": results(141.5, 50), "e_bs/high": results(120, 50),
            "green_share_2030/low": results(130, 40), "green_share_2030/high": results(130, 60),
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with one figure that has an explorer, and nothing but the theme's own style and script."""
    data = pl.DataFrame({"年份": [2025], "值": [1.0]})
    chart = alt.Chart(data).mark_line().encode(x="年份:O", y="值:Q")
    block = Figure("f-scenarios", "标题", chart, data, "一段替代文字", "来源", explorer=lambda _: EXPLORER).payload()
    body = markup.to_html(block, "10-1", figures.svg(block["spec"], "f-scenarios"))
    theme = ROOT / "reports" / "theme"
    css, *scripts = ((theme / name).read_text("utf-8") for name in ("report.css", "page.js", "explorer.js"))
    path = tmp_path_factory.mktemp("explorer") / "page.html"
    path.write_text(
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>试算</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style nonce="n">{css}</style></head>'
        f'<body><main>{body}</main><script nonce="n">{"".join(scripts)}</script></body></html>',
        "utf-8",
    )
    return path


@pytest.fixture
def page(browser: Browser, document: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page on a phone, which says nothing on the console; `request.param`: whether scripts run."""
    scripts = getattr(request, "param", True)
    context = browser.new_context(viewport={"width": 360, "height": 900}, java_script_enabled=scripts)
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(document.as_uri())
    yield opened
    context.close()
    assert not said


def rows(page: Page) -> list[list[str]]:
    return [row.locator("td").all_inner_texts() for row in page.locator(".explorer tbody tr").all()]


def test_a_reader_chooses_by_keyboard(page: Page) -> None:
    assert rows(page) == [["综合能耗", "130.0 万tce", "不变"], ["绿色电力占比", "50.0%", "不变"]]
    page.locator("input[value=mode]").focus()
    page.keyboard.press("ArrowLeft")
    assert rows(page) == [["综合能耗", "141.5 万tce", "+11.5 万tce"], ["绿色电力占比", "50.0%", "不变"]]
    said = page.locator("[aria-live]").inner_text()
    assert said.startswith("行动<计划>情景，基站能效年提升率取低值（6.0%）：2030 年综合能耗为 141.5 万tce。")
    page.locator("input[value=baseline]").focus()
    page.keyboard.press("Space")
    assert rows(page)[0] == ["综合能耗", "160.0 万tce", "+10.0 万tce"]
    page.locator("input[value=plan]").check()
    page.locator("input[value=green_share_2030]").check()
    assert rows(page) == [["综合能耗", "130.0 万tce", "不变"], ["绿色电力占比", "40.0%", "−10.0 个百分点"]]
    page.locator("input[value='green.share']").check()
    assert "2030 年绿色电力占比为 40.0%" in page.locator("[aria-live]").inner_text()


def test_the_levels_are_those_of_the_scenario_and_driver(page: Page) -> None:
    assert page.locator("fieldset").nth(2).locator("span").all_inner_texts() == [
        "低（6.0%）",
        "中（9.0%）",
        "高（12.0%）",
    ]
    page.locator("input[value=baseline]").check()
    assert page.locator("fieldset").nth(2).locator("span").all_inner_texts() == [
        "低（1.0%）",
        "中（2.0%）",
        "高（3.0%）",
    ]


def test_the_lines_lead_to_the_chosen_values(page: Page) -> None:
    page.locator("input[value=high]").check()

    def last(name: str) -> float:
        points = page.locator(f".explorer polyline.{name}").get_attribute("points") or ""
        return float(points.split()[-1].split(",")[1])

    assert last("filed") > last("moved") > last("base")  # higher values stand higher up: 100, 120, 130


def test_the_first_table_of_the_figure_is_still_its_data(page: Page) -> None:
    """What the page offers as a download."""
    assert page.locator("figure table").first.locator("th").all_text_contents() == ["年份", "值"]


def test_it_fits_a_phone(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator(".explorer svg").bounding_box()["width"] <= 330  # type: ignore[index]


@pytest.mark.parametrize("page", [False], indirect=True)
def test_without_script_the_chart_stands_alone(page: Page) -> None:
    assert page.locator(".drawn svg").is_visible()
    assert page.locator(".explorer:not(script)").count() == 0


def test_nothing_in_it_is_evaluated_or_handled_inline() -> None:
    source = (ROOT / "reports" / "theme" / "explorer.js").read_text("utf-8")
    assert not re.search(
        r"\beval\b|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.on\w+ *=|\bstyle\b", source
    )
