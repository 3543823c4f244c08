"""Executed chapters into one report.qmd that Quarto and the embedded engine read alike.

report.qmd is plain Markdown: no code cells, no shortcodes, no references of Quarto's own. Chapters, figures and
tables are numbered here, and references written as plain links; `check_subset` refuses everything outside.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import yaml

from pipeline import wording
from pipeline.charts import figures
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports import markup
from pipeline.reports.blocks import MIME, NUMBERED
from pipeline.reports.front import Front
from pipeline.reports.render.word import reference

APPENDIX = 90  # notebooks from this number on are lettered, each of their first-level headings a part of its own

_heading = re.compile(r"^(#{1,4}) +(.+?)\s*$")
_reference = re.compile(r"\[\]\(#([\w-]+)\)")
_named = re.compile("\ue000([\\w\\\\\u200b-]+)\ue001")  # the same in a block's text, which is no Markdown
_outside = {
    "代码单元": re.compile(r"^```+ *\{(?!=(?:html|typst)\})", re.M),
    "Quarto 短代码": re.compile(r"\{\{<"),
    "Quarto 交叉引用": re.compile(r"(?<![\w.])@(?:fig|tbl|sec|eq)-"),
    "Quarto 标注框": re.compile(r"\.callout-"),
}


@dataclass(frozen=True)
class Heading:
    level: int
    number: str
    text: str
    id: str


@dataclass
class Document:
    """What `assemble` has read so far: the body's lines, headings, and the number behind every id."""

    lines: list[str] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    blocks: int | None = None  # figures and tables since the last chapter began; None before the first


def assemble(
    chapters: Sequence[Path],
    front: Front,
    folder: Path,
    stem: str,
    charts: Path,
    *,
    word: bool = False,
    part: bool = False,
) -> Path:
    """Write `folder/<stem>.qmd` and its pictures from the executed notebooks `chapters`, in their order.

    chapters: files named <number>_<name>.ipynb. charts: where drawn charts are kept between builds. word: also draw
    the PNG pictures that Word needs. part: the chapters are not the whole report; what they refer to may be elsewhere. Returns the path of the qmd file. Raises ValueError where a notebook refers to
    a figure that is not there, gives an id twice, or goes outside the common subset.
    """
    document, words = Document(), front.words
    pictures = folder / stem
    pictures.mkdir(parents=True, exist_ok=True)
    letters = iter("ABCDEFGH")
    for path in chapters:
        number = int(path.name.split("_")[0])
        chapter = _Chapter(
            document, None if number >= APPENDIX else str(number or ""), letters, pictures, charts, word, words
        )
        for cell in nbformat.read(path, as_version=4).cells:
            chapter.add(cell)
    body = _resolve("\n".join(document.lines), document.names, words("elsewhere") if part else "")
    check_subset(body)
    qmd = folder / f"{stem}.qmd"
    parts = [_metadata(front), _open_page(front, document.headings), body, _close_page(front), ""]
    qmd.write_text("\n".join(parts).translate(wording.INVISIBLE), "utf-8")
    return qmd


class _Chapter:
    """Numbers and writes the cells of one notebook into the document."""

    def __init__(
        self,
        document: Document,
        number: str | None,
        letters: Any,
        pictures: Path,
        charts: Path,
        word: bool,
        words: Words,
    ) -> None:
        self.document, self.letters, self.words = document, letters, words
        self.number = number
        self.fixed = number is not None  # "" before the first chapter
        self.counts: dict[str, int] = {}
        self.pictures, self.charts, self.word = pictures, charts, word

    def add(self, cell: Any) -> None:
        if cell.cell_type == "markdown":
            self._text(cell.source)
        elif cell.cell_type == "code":
            for output in cell.outputs:
                data = output.get("data", {})
                if MIME in data:
                    self._block(data[MIME])
                elif "text/markdown" in data:
                    self._text("".join(data["text/markdown"]))

    def _text(self, text: str) -> None:
        lines = [self._line(line) for line in text.strip().splitlines()]
        self.document.lines += ["", *lines, ""]

    def _line(self, line: str) -> str:
        found = _heading.match(line)
        if not found:
            return line
        level, text = len(found[1]), found[2]
        if self.number == "":
            return self._unnumbered(found[1], text)
        if level == 1 and not self.fixed:
            self.number, self.counts = next(self.letters), {}
        if level == 1:
            number, id, text = self._chapter_name(), f"c-{self.number}", text
        elif level == 2:
            self.counts["section"] = self.counts.get("section", 0) + 1
            number, id = (
                f"{self.number}.{self.counts['section']}",
                f"c-{self.number}-{self.counts['section']}",
            )
        else:
            return line
        if level == 1:
            self._begin_page(appended=not self.fixed and self.number != "A")
        self.document.headings.append(Heading(level, number, text, id))
        self.document.names[id] = self.words("chapter_n", n=number) if level == 1 and self.fixed else number
        return f"{found[1]} {number}{self.words.gap}{text} {{#{id}}}"

    def _unnumbered(self, level: str, text: str) -> str:
        """Before the first chapter nothing is counted; a heading of the first level begins a page."""
        if level != "#":
            return f"{level} {text}"
        self.counts["opening"] = self.counts.get("opening", 0) + 1
        id = f"c-opening-{self.counts['opening']}"
        self._begin_page(appended=False)
        self.document.headings.append(Heading(1, "", text, id))
        return f"# {text} {{#{id}}}"

    def _begin_page(self, appended: bool) -> None:
        """On paper a chapter begins a page, but not after one without figures and tables, nor an appendix after another."""
        if self.document.blocks != 0 and not appended:
            self.document.lines += _only("typst", ["```{=typst}", "#pagebreak(weak: true)", "```"])
        self.document.blocks = 0

    def _chapter_name(self) -> str:
        return str(self.number) if self.fixed else self.words("appendix_n", n=self.number)

    def _block(self, block: dict[str, Any]) -> None:
        kind, id = block["kind"], block["id"]
        if not re.fullmatch(r"[a-z][a-z0-9-]*", id):
            raise ValueError(f"{id!r} is no id: lower-case letters, digits and hyphens only")
        if id in self.document.names:
            raise ValueError(f"the id {id} is given twice")
        number, svg, letters = "", "", 0.0
        block = block | {
            name: _reference.sub("\ue000\\1\ue001", block[name]) for name in ("source", "method") if name in block
        }
        if kind in NUMBERED:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.document.blocks = (self.document.blocks or 0) + 1
            number = f"{self.number}-{self.counts[kind]}"
        self.document.names[id] = self.words(f"{kind}_n", n=number) if number else ""
        if kind == "figure":
            svg = figures.svg(block["spec"], id, self.charts)
            letters = figures.letters(svg)
            if figures.REDUCED in svg:
                block["method"] = self.words.say([block["method"], self.words("letters_reduced")])
            (self.pictures / f"{id}.svg").write_text(svg, "utf-8")
            if self.word:
                (self.pictures / f"{id}.png").write_bytes(figures.png(block["spec"]))
        place = f"{self.pictures.name}/{id}"
        self.document.lines += [
            *_only("html", ["```{=html}", markup.to_html(block, number, svg, self.words), "```"]),
            *_only(
                "typst", ["```{=typst}", markup.to_typst(block, number, f"{place}.svg", letters, self.words), "```"]
            ),
            *_only("docx", [markup.to_markdown(block, number, f"{place}.png", self.words)]),
        ]


def _only(format: str, lines: list[str]) -> list[str]:
    return [f'::: {{.content-visible when-format="{format}"}}', "", *lines, "", ":::", ""]


def _resolve(body: str, names: dict[str, str], elsewhere: str) -> str:
    """`[](#f-pue)` becomes `[图 4-1](#f-pue)`, and `图 4-1` in a block; a reference to nothing is an error, no warning, unless
    it may be `elsewhere`."""

    def name(id: str) -> str:
        if id not in names and elsewhere:
            return elsewhere
        if id not in names:
            raise ValueError(f"a reference to {id}, which the report does not have")
        return names[id]

    body = _reference.sub(
        lambda found: f"[{name(found[1])}](#{found[1]})" if found[1] in names else name(found[1]), body
    )
    return _named.sub(lambda found: name(re.sub(r"[\\\u200b]", "", found[1])), body)


def check_subset(body: str) -> None:
    """Refuse what only one of the two engines understands. `body`: the text of report.qmd below its metadata."""
    prose = re.sub(r"^```\{=(?:html|typst)\}\n.*?^```$", "", body, flags=re.M | re.S)
    for what, pattern in _outside.items():
        if found := pattern.search(prose):
            raise ValueError(f"report.qmd holds what is outside the common subset: {what}: {found[0]!r}")


def _metadata(front: Front) -> str:
    year, month, day = front.date
    escaped = {
        "title": front.title, "region": front.region, "edition": front.edition, "publisher": front.publisher,
        "date": front.printed_date, "running": f"{front.title}{front.words.gap}{front.region}", "sample": front.sample,
    }  # fmt: skip
    report: dict[str, Any] = {key: markup.text_markdown(text) for key, text in escaped.items() if text}
    report |= {
        "author": f"`{markup.text_typst(front.publisher)}`{{=typst}}",
        "year": year,
        "month": month,
        "day": day,
        "lang": front.language,
    }
    meta = {
        "pagetitle": markup.text_markdown(front.words("report_in_region", title=front.title, region=front.region)),
        "lang": front.words.tag,
        "report": report,
    }
    return "---\n" + yaml.safe_dump(meta, allow_unicode=True, sort_keys=False, width=10_000) + "---\n"


def _open_page(front: Front, headings: Sequence[Heading]) -> str:
    text, words = markup.text_html, front.words
    sample = f'<p class="sample">{text(front.sample)}</p>' if front.sample else ""
    page = (
        f'<a class="skip" href="#content">{words("skip_to_content")}</a>'
        f'<header class="report-head"><p>{text(front.edition)}</p><h1>{text(front.title)}</h1>'
        f"<p>{text(front.region)}</p>{sample}<p>{text(front.publisher)}{words.gap}{text(front.printed_date)}</p></header>"
        f'<div class="layout"><nav class="toc" aria-label="{words("contents")}">{_contents(headings, words)}</nav><main id="content">'
    )
    return "\n".join(_only("html", ["```{=html}", page, "```"]) + _only("docx", _cover(front)))


def _cover(front: Front) -> list[str]:
    """The first page in Word, and a table of contents that Word fills in."""
    lines = {
        "Subtitle": [front.edition], "Title": [front.title], "Date": [front.region, front.sample, front.publisher, front.printed_date]
    }  # fmt: skip
    told = [(style, text) for style, texts in lines.items() for text in texts if text]
    paragraphs = [f'::: {{custom-style="{style}"}}\n{markup.text_markdown(text)}\n:::\n' for style, text in told]
    field = (
        '<w:p><w:pPr><w:pageBreakBefore/></w:pPr><w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r>'
        '<w:r><w:instrText xml:space="preserve">TOC \\o "1-2" \\h \\z \\u</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>' + front.words("contents_in_word") + "</w:t></w:r>"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )
    return [*paragraphs, "```{=openxml}", field, "```"]


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
        f"{markup.chart_config()}{markup.explained(front.words)}"
    )
    return "\n".join(_only("html", ["```{=html}", foot, "```"]))


def project(layout: Layout, folder: Path) -> Path:
    """Make `folder` as an engine needs it, but for the reports: the theme and Quarto's project file; returns it."""
    theme = layout.reports / "theme"
    shutil.copytree(theme, folder / "theme")
    shutil.copy(layout.reports / "_quarto.yml", folder)
    page_parts(theme, layout.charts, folder / "theme")
    return folder


def page_parts(theme: Path, cache: Path, folder: Path) -> None:
    """Write the page's head (stylesheet) and tail (scripts) and Word's styles into `folder`, for either engine."""
    folder.mkdir(parents=True, exist_ok=True)
    css = (theme / "report.css").read_text("utf-8")
    own = [(theme / name).read_text("utf-8") for name in ("reading.js", "report.js", "explorer.js")]
    script = "\n".join([figures.javascript_bundle(cache), *own])
    (folder / "head.html").write_text(f"<style>\n{css}</style>\n", "utf-8")
    script = script.replace("</script", "<\\/script")
    (folder / "tail.html").write_text(f"<script>\n{script}</script>\n", "utf-8")
    reference(folder / "reference.docx")
