"""What stands beside the editions: the front page, `latest/`, and what machines read of the site as a whole. All of it follows
from the list of the editions and their files, so that `verify` can write it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.publish import crate, feed, frame, home, page, policy
from pipeline.reports.front import TITLE
from pipeline.reports.markup import text_html

EDITIONS, NGINX = "editions.json", "nginx-headers.conf"
STYLES, SCRIPT = ("report.css", "site.css"), "site.js"


def theme(layout: Layout) -> tuple[frame.Theme, dict[str, bytes]]:
    """The theme of the site's own pages, and its files by their names in assets/."""
    folder = layout.reports / "theme"
    styles = [page.asset((folder / name).read_text("utf-8"), "css") for name in STYLES]
    script = page.asset((folder / SCRIPT).read_text("utf-8"), "js")
    return frame.Theme([name for name, _ in styles], script[0]), dict([*styles, script])


def files(
    editions: Sequence[Mapping[str, Any]],
    read: Callable[[str], str],
    sums: Mapping[str, str],
    theme: frame.Theme,
    base_url: str,
) -> Iterator[tuple[str, str]]:
    """Path and content. editions: the newest first; read: a file of an edition; sums: path -> SHA-256 of every file, those that
    were handed over before among them."""
    newest = editions[0]["name"]
    for words in map(Words, editions[0].get("languages", ["zh"])):
        index = frame.file(frame.INDEX, words)
        front = read(f"{newest}/{index}")
        yield index, home.root(front, frame.address(newest), editions, words)
    for path in [path for path in sums if path.startswith(f"{newest}/") and path.endswith(".html")]:
        yield home.latest(path, theme)
    yield "404.html", _not_found(theme, base_url)
    yield frame.FEED, feed.atom(editions, base_url)
    yield "robots.txt", feed.robots(base_url)
    if base_url:
        yield "sitemap.xml", feed.sitemap(editions, sums, base_url)
    yield "llms.txt", feed.llms(editions, set(sums), base_url)
    yield NGINX, policy.NGINX
    yield EDITIONS, json.dumps({"editions": editions}, ensure_ascii=False, indent=1) + "\n"
    records = {one["name"]: json.loads(read(first(one))) for one in editions}
    yield crate.NAME, crate.metadata(editions, {path: sums[path] for path in sums if path != crate.NAME}, records)


def first(one: Mapping[str, Any]) -> str:
    """Where the record of an edition's first report stands. one: as editions.json lists it."""
    return f"{one['name']}/{min(one['regions'])}/{next(iter(one['scenarios']))}.json"


def _not_found(theme: frame.Theme, base_url: str) -> str:
    """The page for an address that there is not. A server shows it at any depth, so its links are absolute where the
    site's address is known."""
    root = urlsplit(base_url).path if base_url else ""
    head = f"<h1>{text_html(TITLE)}</h1>"
    body = (
        f'<h2>没有这一页</h2><p>地址可能已改变。请从<a href="{root}index.html">首页</a>查找。</p>'
        '<p lang="en-GB">There is no such page; its address may have changed. Please look for it from the home page.</p>'
    )
    return frame.page("没有这一页", head, body, root, theme)
