"""What every page of the site has around its content: head, policy, links, banner, foot."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from pipeline.publish import policy
from pipeline.publish.page import FOLDER
from pipeline.publish.taken import Edition
from pipeline.reports.front import SAMPLE, TITLE
from pipeline.reports.markup import text_html
from pipeline.wording import scripts

FEED = "atom.xml"
_link = re.compile(r'\b(href|src)="(?!#|[a-z]+:)([^"#]*)')


@dataclass(frozen=True)
class Theme:
    """Names, in assets/, of the stylesheets and the script of the site's own pages."""

    styles: Sequence[str]
    script: str


def address(*parts: str) -> str:
    """A relative link: every part percent-encoded."""
    return "/".join(quote(part) for part in parts)


def page(title: str, head: str, body: str, root: str, theme: Theme) -> str:
    """A whole page. title: plain text; head: HTML in the coloured head; body: HTML below it; root: the way up."""
    styles = "".join(f'<link rel="stylesheet" href="{root}{FOLDER}/{name}">' for name in theme.styles)
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">'
        f'{policy.META}\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text_html(title)}</title>\n{styles}\n"
        f'<link rel="alternate" type="application/atom+xml" title="{text_html(TITLE)}" href="{root}{FEED}">\n'
        f'</head>\n<body>\n<a class="skip" href="#content">跳到正文</a>\n<header class="report-head">{head}</header>\n'
        f'<main id="content" class="site">\n{scripts(body)}\n</main>\n'
        f'<script src="{root}{FOLDER}/{theme.script}"></script>\n</body>\n</html>\n'
    )


def head(edition: Edition, title: str, links: Sequence[tuple[str, str]]) -> str:
    """The coloured head of an edition's page: what it is, of whom and when, the mark of a sample, links."""
    sample = f'<p class="sample">{SAMPLE}</p>' if edition.sample else ""
    ways = "".join(f'<a href="{way}">{text_html(text)}</a> ' for text, way in links)
    nav = f'<nav class="ways" aria-label="本站">{ways.strip()}</nav>' if ways else ""
    return (
        f"<p>{edition.year} 年度 · {edition.kind}</p><h1>{text_html(title)}</h1>{sample}"
        f"<p>{text_html(edition.publisher)}　{printed_date(edition.date)}</p>{nav}"
    )


def printed_date(date: str) -> str:
    """2026-11-22 -> 2026 年 11 月 22 日."""
    year, month, day = (int(part) for part in date.split("-"))
    return f"{year} 年 {month} 月 {day} 日"


def moved(page: str, folder: str, to: str = "") -> str:
    """`page`, made for `folder`, with its relative links as they are from the folder `to` (both from the root)."""

    def relink(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, found[2]))
        return f'{found[1]}="{posixpath.relpath(target, to or ".")}'

    return _link.sub(relink, page)
