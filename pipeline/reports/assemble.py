"""Executed chapters into one report.qmd that Quarto and the embedded engine read alike.

report.qmd is plain Markdown: no code cells, no shortcodes, no references of Quarto's own. Chapters, figures and
tables are numbered in `volumes`, references written here as plain links; `check_subset` refuses everything outside. A report has
parts, each a document of its own: the main volume, the annex, and sheets of one chapter.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import yaml

from pipeline import wording
from pipeline.charts import figures
from pipeline.errors import DataError
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports import markup, packing, volumes
from pipeline.reports.front import Front
from pipeline.reports.parts import ANNEX, MAIN, SHEETS, WHOLE, holds, named, volumes_of
from pipeline.reports.render.word import opened, reference
from pipeline.reports.volumes import REFERENCE, Heading, Place, Volume, only

_named = re.compile("\ue000([\\w\\\\\u200b-]+)\ue001")  # a reference in a block's text, which is no Markdown
_anchor = re.compile(r'href="#([\w-]+)"')
_outside = {
    "代码单元": re.compile(r"^```+ *\{(?!=(?:html|typst)\})", re.M),
    "Quarto 短代码": re.compile(r"\{\{<"),
    "Quarto 交叉引用": re.compile(r"(?<![\w.])@(?:fig|tbl|sec|eq)-"),
    "Quarto 标注框": re.compile(r"\.callout-"),
}


def assemble(
    chapters: Sequence[Path],
    front: Front,
    folder: Path,
    stem: str,
    charts: Path,
    *,
    word: bool = False,
    parts: Sequence[str] = (MAIN,),
    pages: Mapping[str, str] = MappingProxyType({}),
) -> list[Path]:
    """Write `folder/<stem>-<part>.qmd` for each of `parts`, and their pictures, from the executed notebooks `chapters`, in their
    order; the main part is `<stem>.qmd`.

    charts, word: see `volumes.read`. pages: of the parts to which others refer, the names of their HTML files. Returns the paths of
    the qmd files. Raises DataError where a notebook refers to a figure that is not there or gives an id twice, ValueError where it goes outside
    the common subset.
    """
    words = front.words
    pictures = folder / stem
    pictures.mkdir(parents=True, exist_ok=True)
    whole = volumes.read(chapters, pictures, charts, words, word, together=WHOLE in parts)
    written = []
    for part in parts:
        of_part = [path for path in chapters if holds(part, path.stem)]
        read, places = whole, whole.places
        if part in SHEETS:
            read = volumes.read(of_part, pictures, charts, words, word, alone=True)
            places = places | {id: place for id, place in read.places.items() if place.volume == MAIN}
        held = [(read[name], path.stem) for name in volumes_of(part) for path in of_part]
        lines = [line for volume, notebook in held for line in _told(volume, notebook, words, part)]
        headings = [one for volume, notebook in held for one in volume.headings[notebook]]
        here = {(volume.name, notebook) for volume, notebook in held}
        body = _resolve("\n".join(lines), places, here, pages, words, part)
        check_subset(body)
        qmd = folder / f"{named(stem, part)}.qmd"
        page = [_metadata(front, part), _open_page(front, headings, part, pages), body, _close_page(front), ""]
        qmd.write_text(wording.scripts("\n".join(page)).translate(wording.INVISIBLE), "utf-8")
        written.append(qmd)
    return written


def _told(volume: Volume, notebook: str, words: Words, part: str) -> list[str]:
    """What a volume has of a notebook; where both volumes stand in one part, the heads of the annex say so."""
    mark = f"# {words('part_annex')}{words.gap}" if (part, volume.name) == (WHOLE, ANNEX) else "# "
    return [re.sub("^# ", mark, line) for line in volume.lines[notebook]]


def _resolve(
    body: str,
    places: Mapping[str, Place],
    here: Set[tuple[str, str]],
    pages: Mapping[str, str],
    words: Words,
    part: str,
) -> str:
    """`[](#f-pue)` becomes `[图 4-1](#f-pue)`, and `图 4-1` in a block; what stands in another part is named by its volume, and a
    link to its page. A reference to nothing is an error, no warning, unless one chapter is all there is; in that the annex is named,
    too."""

    def is_here(id: str) -> bool:
        return (places[id].volume, places[id].notebook) in here

    def name(id: str) -> str:
        if id not in places and part == WHOLE:
            return words("elsewhere")
        if id not in places:
            raise DataError("figure.missing", f"文字里引用了 {id}，报告里没有这个编号的图、表或章节；请改正或删去")
        told, volume = places[id].name, places[id].volume
        return told if is_here(id) and (part, volume) != (WHOLE, ANNEX) else words(f"in_{volume}", name=told)

    def link(found: re.Match[str]) -> str:
        id = found[1]
        if id not in places:
            return name(id)
        page = "" if is_here(id) else pages.get(places[id].volume, "")
        if is_here(id) or page:
            return f"[{name(id)}]({quote(page)}#{id})" + ("" if is_here(id) else "{.elsewhere}")
        return name(id)

    def anchor(found: re.Match[str]) -> str:
        id = found[1]
        return (
            f'href="{quote(pages.get(places[id].volume, ""))}#{id}"' if id in places and not is_here(id) else found[0]
        )

    body = REFERENCE.sub(link, _anchor.sub(anchor, body))
    return _named.sub(lambda found: name(re.sub(r"[\\\u200b]", "", found[1])), body)


def check_subset(body: str) -> None:
    """Refuse what only one of the two engines understands. `body`: the text of report.qmd below its metadata."""
    prose = re.sub(r"^```\{=(?:html|typst)\}\n.*?^```$", "", body, flags=re.M | re.S)
    for what, pattern in _outside.items():
        if found := pattern.search(prose):
            raise ValueError(f"report.qmd holds what is outside the common subset: {what}: {found[0]!r}")


def _metadata(front: Front, part: str) -> str:
    year, month, day = front.date
    volume = _volume_name(front, part)
    running = front.words.gap.join(filter(None, (front.title, front.region, volume)))
    escaped = {
        "title": front.title, "region": front.region, "edition": front.edition, "publisher": front.publisher,
        "date": front.printed_date, "running": running, "sample": front.sample, "volume": volume,
        "foot": front.words("page_of", page="{page}", pages="{pages}"),
    }  # fmt: skip
    report: dict[str, Any] = {key: markup.text_markdown(text) for key, text in escaped.items() if text}
    report |= {
        "author": f"`{markup.text_typst(front.publisher)}`{{=typst}}",
        "year": year,
        "month": month,
        "day": day,
        "lang": front.language,
        "part": part,
    }
    title = front.words("report_in_region", title=front.title, region=front.region)
    meta = {
        "pagetitle": markup.text_markdown(front.words.gap.join(filter(None, (title, volume)))),
        "lang": front.words.tag,
        "report": report,
    }
    return "---\n" + yaml.safe_dump(meta, allow_unicode=True, sort_keys=False, width=10_000) + "---\n"


def _volume_name(front: Front, part: str) -> str:
    """What a part is called on its cover; the main one is the report."""
    return "" if part in (MAIN, WHOLE) else front.words(f"part_{part}")


def _open_page(front: Front, headings: Sequence[Heading], part: str, pages: Mapping[str, str]) -> str:
    text, words = markup.text_html, front.words
    volume = f'<p class="volume">{text(name)}</p>' if (name := _volume_name(front, part)) else ""
    other = ANNEX if part == MAIN else MAIN
    to = f'<p class="other"><a href="{quote(pages[other])}">{words(f"to_{other}")}</a></p>' if other in pages else ""
    sample = f'<p class="sample">{text(front.sample)}</p>' if front.sample else ""
    page = (
        f'<a class="skip" href="#content">{words("skip_to_content")}</a>'
        f'<header class="report-head"><p>{text(front.edition)}</p><h1>{text(front.title)}</h1>'
        f"<p>{text(front.region)}</p>{volume}{sample}"
        f"<p>{text(front.publisher)}{words.gap}{text(front.printed_date)}</p>{to}</header>"
        f'<div class="layout"><nav class="toc" aria-label="{words("contents")}">{_contents(headings, words)}</nav><main id="content">'
    )
    return "\n".join(only("html", ["```{=html}", page, "```"]) + only("docx", _cover(front, part)))


def _cover(front: Front, part: str) -> list[str]:
    """The first page in Word, and where theme/report.lua puts the table of contents; the first line of a sheet."""
    if part in SHEETS:
        names = (front.title, front.edition, front.publisher, front.printed_date, front.sample)
        line = front.words.gap.join(_marked(text, front) for text in names if text)
        return [f'::: {{custom-style="Block Text"}}\n{line}\n:::\n']
    below = [front.region, _volume_name(front, part), front.sample, front.publisher, front.printed_date]
    lines = {"Subtitle": [front.edition], "Title": [front.title], "Date": below}
    told = [(style, text) for style, texts in lines.items() for text in texts if text]
    paragraphs = [f'::: {{custom-style="{style}"}}\n{_marked(text, front)}\n:::\n' for style, text in told]
    return [*paragraphs, "::: {.contents}", front.words("contents"), ":::"]


def _marked(text: str, front: Front) -> str:
    told = markup.text_markdown(text)
    return f'[{told}]{{custom-style="Sample Mark"}}' if text == front.sample else told


def _contents(headings: Sequence[Heading], words: Words) -> str:
    entries, open_section = [], False
    for heading in headings:
        if heading.level == 1:
            entries.append(("</ol></li>" if open_section else "") + f"<li>{_entry(heading, words)}<ol>")
            open_section = True
        else:
            entries.append(f"<li>{_entry(heading, words)}</li>")
    closing = "</ol></li>" if open_section else ""
    listed = ("".join(entries) + closing).replace("<ol></ol>", "")
    return f"<details open><summary>{words('contents')}</summary><ol>{listed}</ol></details>"


def _entry(heading: Heading, words: Words) -> str:
    return f'<a href="#{heading.id}">{markup.text_html(f"{heading.number}{words.gap}{heading.text}" if heading.number else heading.text)}</a>'


def _close_page(front: Front) -> str:
    foot = (
        f'<footer class="report-foot"><p>{markup.text_html(front.title)}{front.words.gap}{markup.text_html(front.region)}{front.words.gap}'
        f"{markup.text_html(front.printed_date)}</p></footer></main></div>"
        f"{packing.chart_config()}{markup.explained(front.words)}"
    )
    return "\n".join(only("html", ["```{=html}", foot, "```"]))


def project(layout: Layout, folder: Path) -> Path:
    """Make `folder` as an engine needs it, but for the reports: the theme and Quarto's project file; returns it."""
    theme = layout.reports / "theme"
    shutil.copytree(theme, folder / "theme")
    shutil.copy(layout.reports / "_quarto.yml", folder)
    page_parts(theme, layout.charts, folder / "theme", own_styles(layout))
    return folder


def own_styles(layout: Layout) -> Path | None:
    """The document whose Word styles the publisher wants, if there is one. Raises DataError where it is none."""
    path = layout.reports / "editorial" / "reference.docx"
    return path if path.exists() and opened(path) else None


def page_parts(theme: Path, cache: Path, folder: Path, styles: Path | None = None) -> None:
    """Write the page's head (stylesheet) and tail (scripts) and Word's styles into `folder`, for either engine; styles: see
    `word.reference`."""
    folder.mkdir(parents=True, exist_ok=True)
    css = (theme / "report.css").read_text("utf-8")
    own = [
        (theme / name).read_text("utf-8")
        for name in ("page.js", "reading.js", "report.js", "projection.js", "explorer.js")
    ]
    script = "\n".join([figures.javascript_bundle(cache), *own])
    (folder / "head.html").write_text(f"<style>\n{css}</style>\n", "utf-8")
    script = script.replace("</script", "<\\/script")
    (folder / "tail.html").write_text(f"<script>\n{script}</script>\n", "utf-8")
    reference(folder / "reference.docx", styles)
