"""Does the front page of an edition say of targets and provinces what the report does from which it has them?"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator

from pipeline.language.words import Words
from pipeline.publish import frame, home
from pipeline.publish.taken import VOLUMES
from pipeline.verify import texts
from pipeline.verify.site import Found, Site, summed

_card = re.compile(r'<li class="card\b.*?</li>|<ul class="numbers".*?</ul>', re.S)
_status = re.compile(r'<p class="status"><span aria-hidden="true">[^<]*</span>([^<]*)</p>')
_title = re.compile(r'<section id="highlights"><h2>(.*?)</h2>', re.S)
_grid = re.compile(r'<p class="finding">(.*?)</p><ol class="tiles">(.*?)</ol>', re.S)
_figure = re.compile(r'href="[^"#]*#([a-z0-9-]+)"')
_tile = re.compile(r'<span class="name">(.*?)</span><span class="number">(.*?)</span>', re.S)


def check(site: Site) -> Iterator[Found]:
    for edition in site.wanted():
        for path in (f"{edition}/{frame.file(frame.INDEX, Words(language))}" for language in frame.ENDINGS):
            if path in site.paths and site.inside(path) and site.file(path):
                try:
                    yield from summed(path, "处与报告不同", list(_apart(site, path)))
                except (OSError, ValueError):
                    continue  # which is said of the page, or of the report


def _apart(site: Site, path: str) -> Iterator[str]:
    edition, _, name = path.partition("/")
    listed = next(one for one in site.editions if one["name"] == edition)
    words = Words(next(language for language, ending in frame.ENDINGS.items() if name == f"{frame.INDEX}{ending}.html"))
    code, scenario = min(listed["regions"]), next(iter(listed["scenarios"]))
    volumes = [f"{edition}/{code}/{home.file_of(scenario, part, words, 'html')}" for part in VOLUMES]
    front, reports = site.read(path).decode(), [site.read(one).decode() for one in volumes]
    known = {_plain(card) for report in reports for card in _card.findall(report)}
    cards = _card.findall(front)
    for card in cards:
        if _plain(card) not in known:
            yield f"“{_plain(card)[:60]}”不是报告里的"
    counted = Counter(_plain(one).lower() for card in cards for one in _status.findall(card))
    title = _title.search(front)
    if title and counted and (said := re.findall(r"\d+", _plain(title[1]))) != [str(sum(counted.values())), *map(str, counted.values())]:  # fmt: skip
        yield f"标题“{_plain(title[1])}”与各项目标的情况不符：写的是 {'、'.join(said)}"
    tables = {id: table for one in volumes for id, table in texts.read(site.root / one).tables.items()}
    for finding, tiles in _grid.findall(front):
        found = _figure.search(finding)
        table = tables.get(found[1]) if found else None
        rows = [[shown for shown, _ in row] for row in table.rows] if table else []
        printed = {_space(row[at]): _space(row[at + 1]) for row in rows for at in range(len(row) - 1)}
        for tile in _tile.findall(tiles):
            province, number = map(_plain, tile)
            if number != printed.get(province, number if not re.search(r"\d", number) else ""):
                yield f"{found[1] if found else ''} 的 {province} 写的是 {number}，报告为 {printed.get(province) or '空'}"


def _plain(text: str) -> str:
    return _space(html.unescape(re.sub(r"<[^<>]*>", " ", text)))


def _space(text: str) -> str:
    return " ".join(text.split())
