"""The front page of an edition, and the site's own, which is that of the newest edition with all editions listed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.build.plan import file_name
from pipeline.given import reference
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.publish import frame, search, tiles
from pipeline.publish.taken import VOLUMES, Edition, Report
from pipeline.reports import markup
from pipeline.reports.front import TITLE
from pipeline.reports.markup import text_html
from pipeline.reports.parts import MAIN
from pipeline.wording import number

FORMAT_NAMES = {"html": "网页", "pdf": "PDF", "docx": "Word"}
DOWNLOADS = "downloads"
METHOD = "method.html"
SEARCH = (
    '<div class="search" hidden><label for="q" class="hidden">查找地区</label><input id="q" type="search" autocomplete="off" '
    'aria-describedby="q-hint q-found"><p id="q-hint">名称、拼音、首字母或代码，如 广东、guangdong、gd</p>'
    '<p id="q-found" role="status"></p><ul id="q-hits" class="places"></ul></div>'
)
"""Which the page's script shows, and under which it lists what is found."""
GROUPS = ("全国汇总", "东部", "中部", "西部", "东北")  # the order of the list of reports
_editions = re.compile(r'<section id="editions">.*?</section>', re.S)


ENGLISH = ".en"  # before the ending of a report's file in English


def file_of(scenario: str, part: str, ending: str, format: str) -> str:
    """How the site calls a file of a report. ending: of its language."""
    return f"{scenario}{'' if part == MAIN else f'-{part}'}{ending}.{format}"


def report_path(report: Report, format: str, part: str = MAIN) -> str:
    """Where a report's file lies within its edition."""
    return frame.address(report.region.code, file_of(report.scenario, part, "", format))


def front(layout: Layout, edition: Edition, theme: frame.Theme) -> str:
    """The page `<edition>/index.html`: the search and the provinces, what the first report says, all reports, what else there is."""
    first = edition.first
    pages = {one.region.code: report_path(one, "html") for one in reversed(edition.reports)}
    grid = tiles.grids(
        tiles.layers(first) if first.region.is_nation else [],
        reference.provinces(layout),
        reference.abbreviations(layout),
        pages,
        {part: report_path(first, "html", part) for part in VOLUMES},
    )
    data = f"../{frame.address(DOWNLOADS, edition.name, 'index.html')}"
    ways = [
        ("查找地区", "#find"),
        ("各地区报告", "#reports"),
        ("数据下载", data),
        ("方法与修订", METHOD),
        ("各年版次", "../index.html#editions"),
    ]
    body = [
        f'<section id="find"><h2>查找地区</h2>{SEARCH}{grid}</section>',
        _highlights(edition, first),
        _reports(layout, edition),
        '<section id="data"><h2>数据与方法</h2><ul>'
        f'<li><a href="{data}">数据下载</a>：报告中每张图、每张表的数据，CSV 和 Parquet，附数据字典。</li>'
        f'<li><a href="{METHOD}">方法与修订</a>：指标怎样计算，哪些数改过，怎样核对文件。</li>'
        f'<li><a href="../{frame.FEED}">订阅更新（Atom）</a></li></ul></section>',
        '<section id="editions"><h2>各年版次</h2><p><a href="../index.html#editions">全部版次</a></p></section>',
    ]
    return frame.page(
        f"{edition.year} 年{TITLE}", frame.head(edition, TITLE, ways), "\n".join(filter(None, body)), "../", theme
    )


def root(front: str, folder: str, editions: Sequence[Mapping[str, Any]]) -> str:
    """The site's index.html. front: the page of the newest edition, folder: its place; editions: the newest first."""
    items = "".join(
        f'<li><a href="{frame.address(one["name"], "index.html")}">{one["year"]} 年度</a>　'
        f"{text_html(one['kind'])}{'，示例数据' if one['sample'] else ''}，"
        f"{len(one['regions'])} 个地区，{frame.printed_date(one['date'])}</li>"
        for one in editions
    )
    listed = f'<section id="editions"><h2>各年版次</h2><ul>{items}</ul></section>'
    page = frame.moved(_editions.sub("", front), folder).replace('href="index.html#editions"', 'href="#editions"')
    return page.replace("\n</main>", f"\n{listed}\n</main>", 1)


def _highlights(edition: Edition, report: Report) -> str:
    """The report's numbers in large, how its targets stand in a sentence and one by one, and its files."""
    where = report_path(report, "html")
    title = f"{text_html(report.region.short_zh)}要点"
    if report.targets is not None:
        counted = Counter(card["status"] for card in report.targets["cards"])
        told = "，".join(f"{count} 项{status}" for status, count in counted.items())
        title = f"{text_html(report.region.short_zh)} {len(report.targets['cards'])} 项目标：{text_html(told)}"

    def linked(found: re.Match[str]) -> str:
        block = report.block(found[1])
        return f'href="{report_path(report, "html", block.part if block else MAIN)}#{found[1]}"'

    blocks = "".join(markup.to_html(dict(one), "") for one in (report.numbers, report.targets) if one)
    blocks = re.sub(r'href="#([^"]*)"', linked, blocks)
    return (
        f'<section id="highlights"><h2>{title}</h2><h3 class="hidden">逐项情况</h3>{blocks}'
        f'<p><a href="{where}">{text_html(report.region.name_zh)}报告全文</a></p>{_scenario(edition, report)}</section>'
    )


def _reports(layout: Layout, edition: Edition) -> str:
    keys = search.spellings(layout)
    groups: dict[str, list[str]] = {name: [] for name in GROUPS}
    for region in edition.regions:
        mine = [one for one in edition.reports if one.region == region]
        links = "".join(_scenario(edition, one) for one in mine)
        groups[region.economic_region or GROUPS[0]].append(
            f'<li class="place" data-keys="{text_html(" ".join(keys.get(region.code, [])))}">'
            f'<h4><a href="{report_path(mine[0], "html")}">{text_html(region.name_zh)}</a></h4>{links}</li>'
        )
    listed = "".join(
        f'<section class="group"><h3>{name}</h3><ul class="places">{"".join(items)}</ul></section>'
        for name, items in groups.items()
        if items
    )
    return f'<section id="reports"><h2>各地区报告</h2>{listed}</section>'


def _scenario(edition: Edition, report: Report) -> str:
    title = f"<span>{text_html(report.scenario_zh)}</span> " if len(edition.scenarios) > 1 else ""
    about = f"{report.region.short_zh}{report.scenario_zh}"
    links = []
    for part, files in report.parts.items():
        called = "" if part == MAIN else Words("zh")(f"part_{part}")
        for format, path in files.items():
            name = file_name(edition.year, report.region, report.scenario, format, part=part)
            save = f' download="{text_html(name)}"' if format != "html" else ""
            weight = f" {number(path.stat().st_size / 1e6, 1)} MB" if format != "html" else ""
            shown = (called or FORMAT_NAMES[format]) if format == "html" else f"{called} {FORMAT_NAMES[format]}".strip()
            links.append(
                f'<a href="{report_path(report, format, part)}"{save}>{shown}{weight}'
                f'<span class="hidden">（{text_html(about)}）</span></a>'
            )
    if report.english is not None:
        links.append(
            f'<a href="{frame.address(report.region.code, f"{report.scenario}{ENGLISH}.html")}" lang="en-GB" hreflang="en-GB">'
            f'English<span class="hidden"> ({text_html(about)})</span></a>'
        )
    return f'<p class="files">{title}{" ".join(links)}</p>'
