"""What every page of the site has around its content: head, policy, links, banner, foot."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from pipeline.language.words import CHINESE, Words
from pipeline.publish import policy
from pipeline.publish.page import FOLDER
from pipeline.publish.taken import Edition
from pipeline.reports.markup import CHINESE_RUN, text_html
from pipeline.wording import scripts

FEED = "atom.xml"
INDEX, METHOD = "index", "method"  # pages that there are in every language of an edition
ENDINGS = {"zh": "", "en": ".en"}
"""What the name of a file has before its ending, by language."""
_link = re.compile(r'(\b(?:href|src)="|"contentUrl":")(?!#|[a-z]+:)([^"#]*)')


@dataclass(frozen=True)
class Theme:
    """Names, in assets/, of the stylesheets and the script of the site's own pages."""

    styles: Sequence[str]
    script: str


def address(*parts: str) -> str:
    """A relative link: every part percent-encoded."""
    return "/".join(quote(part) for part in parts)


def file(name: str, words: Words) -> str:
    """`index.html`, `index.en.html`."""
    return f"{name}{ENDINGS[words.language]}.html"


def said(text: str, words: Words) -> str:
    """`text` as HTML, what of it is Chinese on a page of another language named as such."""
    html = text_html(text)
    return html if words == CHINESE else CHINESE_RUN.sub(r'<span lang="zh-CN">\g<0></span>', html)


def page(title: str, head: str, body: str, root: str, theme: Theme, words: Words = CHINESE) -> str:
    """A whole page. title: plain text; head: HTML in the coloured head; body: HTML below it; root: the way up."""
    styles = "".join(f'<link rel="stylesheet" href="{root}{FOLDER}/{name}">' for name in theme.styles)
    return (
        f'<!DOCTYPE html>\n<html lang="{words.tag}">\n<head>\n<meta charset="utf-8">'
        f'{policy.META}\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text_html(title)}</title>\n{styles}\n"
        f'<link rel="alternate" type="application/atom+xml" title="{words("report_title")}" href="{root}{FEED}">\n'
        f'</head>\n<body>\n<a class="skip" href="#content">{words("skip_to_content")}</a>\n<header class="report-head">{head}</header>\n'
        f'<main id="content" class="site">\n{scripts(body)}\n</main>\n'
        f'<script src="{root}{FOLDER}/{theme.script}"></script>\n</body>\n</html>\n'
    )


def head(edition: Edition, title: str, name: str, words: Words, links: Sequence[tuple[str, str]]) -> str:
    """The coloured head of an edition's page: what it is, of whom and when, the mark of a sample, links, the same page in other
    languages. name: of the page's file, for `file`."""
    sample = f'<p class="sample">{words("report_sample")}</p>' if edition.sample else ""
    ways = [f'<a href="{way}">{text_html(text)}</a>' for text, way in links]
    ways += [
        f'<a href="{file(name, other)}" lang="{other.tag}" hreflang="{other.tag}">{other("language_name")}</a>'
        for other in edition.languages
        if other != words
    ]
    nav = f'<nav class="ways" aria-label="{words("site_this")}">{" ".join(ways)}</nav>' if ways else ""
    again = f" · {words('site_publication', n=edition.number)}" if edition.number > 1 else ""
    return (
        f"<p>{words('site_year', year=edition.year)} · {words.say(edition.kind)}{again}</p><h1>{text_html(title)}</h1>{sample}"
        f"<p>{said(words.say(edition.publisher), words)}{words.gap}{printed_date(edition.date, words)}</p>{nav}"
    )


def printed_date(date: str, words: Words) -> str:
    """2026-11-22 -> 2026 年 11 月 22 日, 22 November 2026."""
    year, month, day = (int(part) for part in date.split("-"))
    return words.date(year, month, day)


def moved(page: str, folder: str, to: str = "") -> str:
    """`page`, made for `folder`, with its relative links as they are from the folder `to` (both from the root)."""

    def relink(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, found[2]))
        return f"{found[1]}{posixpath.relpath(target, to or '.')}"

    return _link.sub(relink, page)
