"""What machines read of the site as a whole: the Atom feed, sitemap.xml, robots.txt, llms.txt."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pipeline.language.words import CHINESE
from pipeline.publish import archive
from pipeline.publish.frame import FEED, address
from pipeline.publish.home import DOWNLOADS, LATEST
from pipeline.reports.front import SAMPLE, TITLE

Listed = Mapping[str, Any]
"""An edition as editions.json lists it."""


def atom(editions: Sequence[Listed], base_url: str) -> str:
    """One entry per edition, the newest first (RFC 4287). Without `base_url` the links are relative to the feed, which
    the format allows; ids are uuids made from the names, so that they stay when the site moves."""
    entries = "".join(
        f"<entry><id>{_id(one['name'])}</id><title>{escape(_title(one))}</title><updated>{_time(one)}</updated>"
        f"<link href={quoteattr(base_url + address(one['name'], 'index.html'))}/>"
        f"<author><name>{escape(one['publisher'])}</name></author>"
        f"<summary>{escape(_summary(one))}</summary></entry>\n"
        for one in editions
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN">\n'
        f"<id>{_id('')}</id><title>{escape(TITLE)}</title><updated>{max(map(_time, editions))}</updated>\n"
        f'<link rel="self" href={quoteattr(base_url + FEED)}/><link href={quoteattr(base_url + "index.html")}/>\n'
        f"{entries}</feed>\n"
    )


def sitemap(editions: Sequence[Listed], there: Iterable[str], base_url: str) -> str:
    """Every page. Addresses in a sitemap are absolute (sitemaps.org), so there is none without `base_url`. there: the paths
    of the site."""
    urls = "".join(
        f"<url><loc>{escape(base_url + address(*path.split('/')))}</loc><lastmod>{date}</lastmod></url>\n"
        for path, date in _pages(editions, there)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    )


def robots(base_url: str) -> str:
    """Everything may be read (RFC 9309); where the site's address is known, the sitemap is named."""
    return "User-agent: *\nAllow: /\n" + (f"Sitemap: {base_url}sitemap.xml\n" if base_url else "")


def llms(editions: Sequence[Listed], there: Collection[str], base_url: str) -> str:
    """What is where, in Markdown (https://llmstxt.org). there: the paths of the site."""

    def line(title: str, *path: str) -> str:
        return f"- [{title}]({base_url}{address(*path)})" if "/".join(path) in there else ""

    told = [f"# {TITLE}", f"> {CHINESE('site_about_crate')}"]
    for one in editions:
        data = ("downloads", one["name"])
        lines = [
            line(CHINESE("site_front"), one["name"], "index.html"),
            line(CHINESE("site_method"), one["name"], "method.html"),
            line(CHINESE("explore"), one["name"], "explore.html"),
            line(CHINESE("site_data"), *data, "index.html"),
            line(CHINESE("site_dictionary"), *data, "datapackage.json"),
            line(CHINESE("site_workbook"), *data, "workbook.xlsx"),
            line(CHINESE("site_values"), *data, "indicator-values.csv"),
            line(CHINESE("site_sdmx_data"), *data, "sdmx", "data.csv"),
            line(CHINESE("series_pages"), one["name"], "data", "index.html"),
            *(
                line(f"{region}{scenario}", one["name"], code, f"{name}.html")
                for code, region in one["regions"].items()
                for name, scenario in one["scenarios"].items()
            ),
        ]
        told += [f"## {_title(one)}", "\n".join(filter(None, lines))]
    return "\n\n".join([*told, f"- [{CHINESE('site_sums')}]({base_url}SHA256SUMS)"]) + "\n"


def _pages(editions: Sequence[Listed], there: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The pages with the day of their edition, without those that only lead to another."""
    days: dict[str, str] = {one["name"]: one["date"] for one in editions}
    for path in sorted(there):
        folder, *rest = path.split("/")
        if path.endswith(".html") and path != "404.html" and folder != LATEST:
            yield path, days.get(rest[0] if folder == DOWNLOADS else folder) or editions[0]["date"]


def _id(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"green-report:{name}").urn


def _title(one: Listed) -> str:
    number = archive.number(one)
    again = f"（{CHINESE('site_publication', n=number)}）" if number > 1 else ""
    return f"{one['year']} 年{TITLE}（{one['kind']}）{again}" + (f"（{SAMPLE}）" if one["sample"] else "")


def _summary(one: Listed) -> str:
    return f"{len(one['regions'])} 个地区，情景：{'、'.join(one['scenarios'].values())}。"


def _time(one: Listed) -> str:
    return f"{one['date']}T00:00:00+08:00"
