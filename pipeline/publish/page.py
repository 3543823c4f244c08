"""A built report's single file as a page of the site: scripts and styles in files that all pages share.

Under the site's policy (`policy`) nothing inline counts, so every script and stylesheet becomes a file named by its
hash, and a style attribute, should an engine write one, a class. Data blocks (application/json) are no scripts and stay.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from pipeline.publish import policy

Assets = dict[str, bytes]
"""Files of the folder assets/, by name."""

FOLDER = "assets"
_charset = re.compile(r'<meta charset="utf-8"\s*/?>', re.I)
_script = re.compile(r"<script(?P<kind>[^>]*)>(?P<text>.*?)</script>", re.S | re.I)
_style = re.compile(r"<style[^>]*>(?P<text>.*?)</style>", re.S | re.I)
_data = re.compile(r'\btype="application/json"')
_tag = re.compile(r"<[a-zA-Z][^<>]*>")
_attribute = re.compile(r'\s(?P<name>style|on[a-z]+|class)="(?P<value>[^"]*)"')
_top = '<header class="report-head">'
_bad_link = re.compile(r'\s(?:href|src|xlink:href)="\s*(?:javascript|vbscript|data:text/html)', re.I)


def asset(text: str, suffix: str) -> tuple[str, bytes]:
    """Name and content of a shared file: the name changes with the content, so that browsers may keep it for ever."""
    content = (text.strip() + "\n").encode()
    return f"{hashlib.sha256(content).hexdigest()[:16]}.{suffix}", content


def shared(page: str, root: str, files: Mapping[str, bytes], bar: str) -> tuple[str, Assets]:
    """`page`, the HTML of a built report, with everything inline moved into files; and these files.

    root: the way from the page to the site's root, as `../`. files: further stylesheets and scripts, by the name they have
    in assets/. bar: the site's own links, as HTML, put before the report's head. Raises ValueError where a page still
    holds what the policy refuses: a bug of ours or of an engine.
    """
    assets: Assets = dict(files)
    rules: dict[str, str] = {}

    def out_of_line(found: re.Match[str]) -> str:
        if _data.search(found["kind"]) or "src=" in found["kind"]:
            return found[0]
        name, content = asset(found["text"], "js")
        assets[name] = content
        return f'<script src="{root}{FOLDER}/{name}"></script>'

    def linked(found: re.Match[str]) -> str:
        name, content = asset(found["text"], "css")
        assets[name] = content
        return _link(root, name)

    def classed(found: re.Match[str]) -> str:
        return _without_style(found[0], rules) if " style=" in found[0] else found[0]

    parts = re.split(r"(<script.*?</script>)", _style.sub(linked, page), flags=re.S)
    page = "".join(
        _script.sub(out_of_line, part) if part.startswith("<script") else _tag.sub(classed, part) for part in parts
    )
    more = [_link(root, name) for name in files if name.endswith(".css")]
    last = "".join(f'<script src="{root}{FOLDER}/{name}"></script>' for name in files if name.endswith(".js"))
    if rules:
        name, content = asset("\n".join(f".{name} {{ {rule} }}" for name, rule in sorted(rules.items())), "css")
        assets[name] = content
        more.append(_link(root, name))
    page = page.replace("</head>", "".join(more) + "</head>", 1)
    page = f"{last}</body>".join(page.rsplit("</body>", 1))
    page = _charset.sub(lambda found: found[0] + policy.META, page, count=1)
    page = page.replace(_top, bar + _top, 1)
    if broken := refused(page):
        raise ValueError(f"the page holds what its policy refuses: {broken}")
    return page, assets


def refused(page: str) -> str:
    """The first thing in `page` that the policy would refuse, or the missing policy itself; "" where all is well."""
    if policy.META not in page:
        return "no policy"
    plain = _script.sub(lambda found: f"<script{found['kind']}>", page)
    for found in _script.finditer(page):
        if "src=" not in found["kind"] and not _data.search(found["kind"]):
            return found[0][:80]
    for tag in _tag.findall(plain):
        for attribute in _attribute.finditer(tag):
            if attribute["name"] != "class":
                return str(tag[:80])
        if _bad_link.search(tag) or re.match(r"<(style|base|iframe|object|embed|form)\b", tag, re.I):
            return str(tag[:80])
    return ""


def _link(root: str, name: str) -> str:
    return f'<link rel="stylesheet" href="{root}{FOLDER}/{name}">'


def _without_style(tag: str, rules: dict[str, str]) -> str:
    """`tag` with a class instead of its style attribute; the rule outranks others as the attribute did."""
    found = re.search(r'\sstyle="([^"]*)"', tag)
    if found is None:
        return tag
    told = [part.strip() for part in found[1].split(";") if part.strip()]
    rule = " ".join(f"{part} !important;" for part in told)
    name = "s-" + hashlib.sha256(rule.encode()).hexdigest()[:8]
    rules[name] = rule
    tag = tag.replace(found[0], "", 1)
    if re.search(r'\sclass="', tag):
        return re.sub(r'\sclass="', f' class="{name} ', tag, count=1)
    return re.sub(r"^<([a-zA-Z][\w-]*)", rf'<\1 class="{name}"', tag)
