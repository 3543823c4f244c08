"""The front page of an edition, and the site's own, which is that of the newest edition with all editions listed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.build.plan import file_name
from pipeline.charts.tilegrid import CODES
from pipeline.given import reference
from pipeline.given.regions import all_regions
from pipeline.language.words import CHINESE, Words
from pipeline.layout import Layout
from pipeline.publish import archive, frame, search, tiles
from pipeline.publish.taken import VOLUMES, Edition, Report
from pipeline.reports import markup
from pipeline.reports.front import SAMPLE
from pipeline.reports.markup import text_html
from pipeline.reports.parts import MAIN
from pipeline.wording import number

FORMAT_NAMES = {"pdf": "PDF", "docx": "Word"}
DOWNLOADS = "downloads"
LATEST = "latest"
"""The folder of the addresses that lead to the newest edition, whichever it is."""
NATION = "site_nation"
GROUPS = (NATION, "东部", "中部", "西部", "东北")  # the order of the list of reports
_editions = re.compile(r'<section id="editions">.*?</section>', re.S)


def file_of(scenario: str, part: str, words: Words, format: str) -> str:
    """How the site calls a file of a report in that language."""
    return f"{scenario}{'' if part == MAIN else f'-{part}'}{frame.ENDINGS[words.language]}.{format}"


def report_path(report: Report, format: str, part: str = MAIN) -> str:
    """Where a report's file lies within its edition."""
    return frame.address(report.region.code, file_of(report.scenario, part, report.words, format))


def front(layout: Layout, edition: Edition, theme: frame.Theme, words: Words, box: str = "") -> str:
    """The page `<edition>/index.html`: the search and the provinces, what the first report says, all reports, what else there is.
    box: for questions, below the search."""
    first = edition.first.told(words)
    pages = {one.region.code: report_path(one.told(words), "html") for one in reversed(edition.reports)}
    grid = tiles.grids(
        tiles.layers(first) if first.region.is_nation else [],
        reference.provinces(layout),
        reference.abbreviations(layout) if words == CHINESE else CODES,
        pages,
        {part: report_path(first, "html", part) for part in VOLUMES},
        words,
    )
    data = f"../{frame.address(DOWNLOADS, edition.name, frame.file(frame.INDEX, words))}"
    method, editions = frame.file(frame.METHOD, words), f"../{frame.file(frame.INDEX, words)}#editions"
    ways = {"find": "#find", "reports": "#reports", "data": data, "method": method, "editions": editions}
    colon = words("colon")
    body = [
        f'<section id="find"><h2>{words("site_find")}</h2>{_search(words)}{box}{grid}</section>',
        highlights(edition, edition.first, words),
        _reports(layout, edition, words),
        f'<section id="data"><h2>{words("site_data_method")}</h2><ul>'
        f'<li><a href="{data}">{words("site_data")}</a>{colon}{words("site_data_said")}</li>'
        f'<li><a href="{method}">{words("site_method")}</a>{colon}{words("site_method_said")}</li>'
        f'<li><a href="../{frame.FEED}">{words("site_feed")}</a></li></ul></section>',
        f'<section id="editions"><h2>{words("site_editions")}</h2>'
        f'<p><a href="{editions}">{words("site_all_editions")}</a></p></section>',
    ]
    title, links = words("report_title"), [(words(f"site_{name}"), way) for name, way in ways.items()]
    return frame.page(
        words("site_title", year=edition.year, title=title),
        frame.head(edition, title, frame.INDEX, words, links),
        "\n".join(filter(None, body)),
        "../",
        theme,
        words,
    )


def _search(words: Words) -> str:
    """Which the page's script shows, and under which it lists what is found."""
    return (
        f'<div class="search" hidden><label for="q" class="hidden">{words("site_find")}</label><input id="q" type="search" '
        f'autocomplete="off" aria-describedby="q-hint q-found"><p id="q-hint">{words("site_find_hint")}</p>'
        '<p id="q-found" role="status"></p><ul id="q-hits" class="places"></ul></div>'
    )


def root(front: str, folder: str, editions: Sequence[Mapping[str, Any]], words: Words) -> str:
    """The site's index.html. front: the page of the newest edition, folder: its place; editions: the newest first."""
    comma, here = words("site_comma"), frame.file(frame.INDEX, words)

    def item(one: Mapping[str, Any]) -> str:
        told = frame.file(frame.INDEX, words if words.language in one.get("languages", ()) else CHINESE)
        what = [one["kind"], SAMPLE] if one["sample"] else [one["kind"]]
        what += [words("site_regions", n=len(one["regions"])), frame.printed_date(one["date"], words)]
        number, last = archive.number(one), archive.number(archive.earlier(archive.of(one), editions)[-1])
        what += [words("site_publication", n=number)] if last > 1 else []
        what += [words("site_corrected", n=number + 1)] if number < last else []
        return (
            f'<li><a href="{frame.address(one["name"], told)}">{words("site_year", year=one["year"])}</a>{words.gap}'
            f"{comma.join(text_html(words.say(part)) for part in what)}</li>"
        )

    items = "".join(map(item, editions))
    listed = f'<section id="editions"><h2>{words("site_editions")}</h2><ul>{items}</ul>'
    listed += f'<p><a href="{LATEST}/{here}">{words("site_latest")}</a>{words("colon")}{words("site_latest_kept")}</p></section>'
    page = frame.moved(_editions.sub("", front), folder).replace(f'href="{here}#editions"', 'href="#editions"')
    page = page.replace(f'href="{folder}/{frame.INDEX}', f'href="{frame.INDEX}')  # in another language
    return page.replace("\n</main>", f"\n{listed}\n</main>", 1)


def latest(path: str, theme: frame.Theme) -> tuple[str, str]:
    """Where the address is that always leads to the newest edition's page at `path`, and the page that stands there. It leads
    on at once, with a script to the very figure."""
    rest = path.split("/", 1)[1]
    words = Words("en") if rest.endswith(frame.file("", Words("en"))) else CHINESE
    root = "../" * (rest.count("/") + 1)
    there = f"{root}{frame.address(*path.split('/'))}"
    title, said = words("site_latest"), words("site_latest_said")
    body = f'<p><a class="moved" href="{there}">{said}</a></p>'
    page = frame.page(title, f"<h1>{words('report_title')}</h1>", f"<h2>{title}</h2>{body}", root, theme, words)
    onward = f'<meta http-equiv="refresh" content="0; url={there}">\n<link rel="canonical" href="{there}">\n</head>'
    return f"{LATEST}/{rest}", page.replace("</head>", onward, 1)


def highlights(edition: Edition, chinese: Report, words: Words) -> str:
    """The report's numbers in large, how its targets stand in a sentence and one by one, and its files: in this language if it
    is told in it."""
    report = chinese.told(words)
    words, where = report.words, report_path(report, "html")
    region = words.say(report.region.short_zh)
    title = words("site_highlights", region=region)
    if report.targets is not None:
        counted = Counter(card["status"].lower() for card in report.targets["cards"])
        told = words("site_comma").join(words("site_status", n=count, status=one) for one, count in counted.items())
        title = words("site_targets", region=region, n=len(report.targets["cards"]), told=told)

    def linked(found: re.Match[str]) -> str:
        block = report.block(found[1])
        return f'href="{report_path(report, "html", block.part if block else MAIN)}#{found[1]}"'

    blocks = "".join(markup.to_html(dict(one), "", words=words) for one in (report.numbers, report.targets) if one)
    blocks = re.sub(r'href="#([^"]*)"', linked, blocks)
    whole = words("site_whole", region=words.say(report.region.name_zh))
    return (
        f'<section id="highlights"><h2>{frame.said(title, words)}</h2><h3 class="hidden">{words("site_each")}</h3>{blocks}'
        f'<p><a href="{where}">{text_html(whole)}</a></p>{_scenario(edition, chinese, words)}</section>'
    )


def _reports(layout: Layout, edition: Edition, words: Words) -> str:
    keys = search.spellings(layout)
    groups: dict[str, list[str]] = {name: [] for name in GROUPS}
    for region in edition.regions:
        mine = [one for one in edition.reports if one.region == region]
        links = "".join(_scenario(edition, one, words) for one in mine)
        if not region.is_nation:
            sheet = frame.address(region.code, frame.file(frame.INDEX, words))
            links = f'<p class="files"><a href="{sheet}">{words("region_sheet")}</a></p>{links}'
        groups[region.economic_region or NATION].append(
            f'<li class="place" data-keys="{text_html(" ".join(keys.get(region.code, [])))}"><h4>'
            f'<a href="{report_path(mine[0].told(words), "html")}">{text_html(words.say(region.name_zh))}</a></h4>{links}</li>'
        )
    listed = "".join(
        f'<section class="group"><h3>{words(name) if name == NATION else words.say(name)}</h3>'
        f'<ul class="places">{"".join(items)}</ul></section>'
        for name, items in groups.items()
        if items
    )
    return f'<section id="reports"><h2>{words("site_reports")}</h2>{listed}{_absent(layout, edition, keys, words)}</section>'


def _absent(layout: Layout, edition: Edition, keys: Mapping[str, Sequence[str]], words: Words) -> str:
    """The provinces of which the site has no report; the search finds them too, and says so."""
    there = {region.code for region in edition.regions}
    names = [
        f'<li class="unlisted" data-keys="{text_html(" ".join(keys.get(one.code, [])))}">{text_html(words.say(one.name_zh))}'
        f'<span class="hidden">{words("colon")}{words("site_absent")}</span></li>'
        for one in all_regions(layout)
        if one.code not in there and not one.is_nation
    ]
    return f'<h3>{words("site_absent")}</h3><ul class="places few">{"".join(names)}</ul>' if names else ""


def _scenario(edition: Edition, report: Report, words: Words) -> str:
    """The files of a report, and the page in the other language."""
    one = report.told(words)
    other = report if one.words != report.words else report.english
    called = words.say(one.scenario_zh)
    title = f"<span>{text_html(called)}</span> " if len(edition.scenarios) > 1 else ""
    about = (
        words.gap.join([words.say(one.region.short_zh), called]) if words != CHINESE else one.region.short_zh + called
    )
    hidden = f'<span class="hidden">{words("in_brackets", text=text_html(about))}</span>'
    links = []
    for part, files in one.parts.items():
        volume = "" if part == MAIN else words(f"part_{part}")
        for format, path in files.items():
            name = file_name(edition.year, one.region, one.scenario, format, one.words.language, part)
            save = f' download="{text_html(name)}"' if format != "html" else ""
            weight = f" {number(path.stat().st_size / 1e6, 1)} MB" if format != "html" else ""
            shown = (volume or words("site_page")) if format == "html" else f"{volume} {FORMAT_NAMES[format]}".strip()
            links.append(f'<a href="{report_path(one, format, part)}"{save}>{shown}{weight}{hidden}</a>')
    if other is not None:
        tag = other.words.tag
        links.append(
            f'<a href="{report_path(other, "html")}" lang="{tag}" hreflang="{tag}">{other.words("language_name")}{hidden}</a>'
        )
    return f'<p class="files">{title}{" ".join(links)}</p>'
