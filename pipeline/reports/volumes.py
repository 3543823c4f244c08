"""What the volumes of a report hold, read from its executed chapters: the main volume for readers, the annex for those who check.

Chapters, sections, figures and tables are numbered within their volume; a chapter keeps its number in both. A heading is written
when something stands under it, so that no volume has a section of nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from pipeline import wording
from pipeline.charts import figures
from pipeline.errors import DataError, shown
from pipeline.language.words import Words
from pipeline.reports import markup
from pipeline.reports.blocks import MIME, NUMBERED
from pipeline.reports.columns import ems
from pipeline.reports.parts import ANNEX, MAIN
from pipeline.reports.text import ANNEX as MARK

APPENDIX = 90  # notebooks from this number on are lettered and in the annex, each of their first-level headings a part of its own
LINE = 54  # characters of Chinese that one line under a figure holds

_heading = re.compile(r"^(#{1,4}) +(.+?)\s*$")
REFERENCE = re.compile(r"\[\]\(#([\w-]+)\)")
_lowered = re.compile(r"(<text\b[^>]*>)([^<]*₂[^<]*)")
_sentence = re.compile(r".+?(?:。|\.(?= |$))")


@dataclass(frozen=True)
class Heading:
    level: int
    number: str
    text: str
    id: str


@dataclass(frozen=True)
class Place:
    """Where the report has something: volume, notebook, and what it is called there."""

    volume: str
    notebook: str
    name: str


@dataclass
class Volume:
    """The lines and headings of a volume, by notebook. blocks: figures and tables since a page was begun; None before the first.
    pending: headings under which nothing stands yet, as level and text."""

    name: str
    lines: dict[str, list[str]] = field(default_factory=dict)
    headings: dict[str, list[Heading]] = field(default_factory=dict)
    blocks: int | None = None
    pending: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class Volumes:
    """Both volumes, and the place of every id."""

    main: Volume
    annex: Volume
    places: dict[str, Place]

    def __getitem__(self, name: str) -> Volume:
        return self.annex if name == ANNEX else self.main


def read(
    chapters: Sequence[Path],
    pictures: Path,
    charts: Path,
    words: Words,
    word: bool,
    *,
    alone: bool = False,
    together: bool = False,
) -> Volumes:
    """The volumes of the executed notebooks `chapters`, called <number>_<name>.ipynb, in their order; their pictures are written.

    charts: where drawn charts are kept between builds. word: also draw the PNG pictures that Word needs. alone: the chapter stands
    for itself, so that it has no number, and its figures and tables are counted from 1. together: both volumes stand in one part,
    in which captions of the annex say so. Raises DataError where an id is given
    twice or is none.
    """
    volumes = Volumes(Volume(MAIN), Volume(ANNEX), {})
    letters = iter("ABCDEFGH")
    for path in chapters:
        chapter = _Chapter(volumes, path.stem, letters, pictures, charts, word, words, alone, together)
        for cell in nbformat.read(path, as_version=4).cells:
            chapter.add(cell)
        chapter.close()
    return volumes


class _Chapter:
    """Numbers and writes the cells of one notebook into the volumes."""

    def __init__(
        self,
        volumes: Volumes,
        stem: str,
        letters: Iterator[str],
        pictures: Path,
        charts: Path,
        word: bool,
        words: Words,
        alone: bool,
        together: bool,
    ) -> None:
        number = int(stem.split("_")[0])
        self.volumes, self.stem, self.letters, self.words = volumes, stem, letters, words
        self.pictures, self.charts, self.word = pictures, charts, word
        self.together = together
        self.lettered = number >= APPENDIX
        self.number = "" if self.lettered or alone else str(number or "")  # "" before the first chapter, too
        self.annexed = self.lettered  # whether what comes is in the annex
        self.counts: dict[tuple[str, str], int] = {}
        self.sources: dict[str, list[str]] = {}
        self.methods: list[str] = []
        for volume in (volumes.main, volumes.annex):
            volume.lines[stem], volume.headings[stem], volume.pending = [], [], []

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

    def close(self) -> None:
        """At the end of a chapter stand the sources of its figures and tables, and in the annex their methods."""
        if self.sources:
            told = self.words.say([self.words("source_of", names=self.words.names(names), text=source) for source, names in self.sources.items()])  # fmt: skip
            told = self.words("sources_of_chapter", text=told)
            self._write(
                self.volumes.main, only("typst", ["```{=typst}", f"#sources-block({markup.text_typst(told)})", "```"])
            )
            self._write(self.volumes.main, only("docx", ['::: {custom-style="Block Text"}', markup.text_markdown(told), ":::"]))  # fmt: skip
        if self.methods:
            annex = self.volumes.annex
            annex.pending = [*(one for one in annex.pending if one[0] < 2), (2, self.words("methods_of_figures"))]
            self._write(annex, ["", *self.methods, ""])

    def _text(self, text: str) -> None:
        self._lines([""])
        for line in text.strip().splitlines():
            found = _heading.match(line)
            if found:
                self._head(len(found[1]), MARK.sub("", found[2]), bool(MARK.search(found[2])))
            else:
                self._lines([line])
        self._lines([""])

    def _lines(self, lines: Sequence[str]) -> None:
        volume = self.volumes.annex if self.annexed else self.volumes.main
        if any(line.strip() for line in lines):
            self._write(volume, lines)
        else:
            volume.lines[self.stem] += lines

    def _head(self, level: int, text: str, marked: bool) -> None:
        """Every heading may come to stand in the annex, for a single table of its section is enough; one of the annex not in the
        main volume."""
        if level == 1 and self.lettered:
            self.number, self.counts = next(self.letters), {}
        if level <= 2:
            self.annexed = self.lettered or marked
        for volume in (self.volumes.main, self.volumes.annex):
            volume.pending = [one for one in volume.pending if one[0] < level]
            if volume.name == ANNEX or not self.annexed:
                volume.pending.append((level, text))

    def _write(self, volume: Volume, lines: Sequence[str]) -> None:
        """`lines` under the headings that wait for something. A chapter that has something in the annex is named in the main volume
        too; one that has nothing is named in none."""
        main = self.volumes.main
        if volume is not main and not self.lettered and main.pending[:1] and main.pending[0][0] == 1:
            waiting, main.pending = main.pending[1:], main.pending[:1]
            self._write(main, [])
            main.pending = waiting
        pending, volume.pending = volume.pending, []
        for level, text in pending:
            volume.lines[self.stem] += ["", self._headed(volume, level, text), ""]
        volume.lines[self.stem] += lines

    def _headed(self, volume: Volume, level: int, text: str) -> str:
        sign = "#" * level
        if level > 2 or (level == 2 and not self.number):
            return f"{sign} {text}"
        prefix = "c" if volume.name == MAIN or self.lettered else "a"
        if level == 1 and not self.number:  # before the first chapter nothing is counted
            number, opening = "", f"{prefix}-opening-"
            id = f"{opening}{1 + sum(one.startswith(opening) for one in self.volumes.places)}"
        elif level == 1:
            number, id = self._chapter_name(), f"{prefix}-{self.number}"
        else:
            section = self._count(volume, "section")
            number, id = f"{self.number}.{section}", f"{prefix}-{self.number}-{section}"
        if level == 1:
            self._begin_page(volume)
        volume.headings[self.stem].append(Heading(level, number, text, id))
        name = self.words("chapter_n", n=number) if level == 1 and number and not self.lettered else number or text
        self._name(id, volume, name)
        return f"{sign} {number}{self.words.gap if number else ''}{text} {{#{id}}}"

    def _count(self, volume: Volume, what: str) -> int:
        self.counts[volume.name, what] = self.counts.get((volume.name, what), 0) + 1
        return self.counts[volume.name, what]

    def _begin_page(self, volume: Volume) -> None:
        """On paper a chapter begins a page, but not after one without figures and tables; in the annex only the first does, and
        the first appendix."""
        follows = volume.name == ANNEX and self.number != "A" and volume.blocks is not None
        if volume.blocks != 0 and not follows:
            volume.lines[self.stem] += only("typst", ["```{=typst}", "#pagebreak(weak: true)", "```"])
        volume.blocks = 0 if self.number else None

    def _chapter_name(self) -> str:
        return self.words("appendix_n", n=self.number) if self.lettered else self.number

    def _name(self, id: str, volume: Volume, name: str) -> None:
        if id in self.volumes.places:
            both = wording.join_names(list(dict.fromkeys([self.volumes.places[id].notebook, self.stem])))
            raise DataError("figure.twice", f"{both}：图表编号 {id} 用了两次，整份报告里只能有一个；请改其中一个")
        self.volumes.places[id] = Place(volume.name, self.stem, name)

    def _block(self, block: dict[str, Any]) -> None:
        kind, id = block["kind"], block["id"]
        if not re.fullmatch(r"[a-z][a-z0-9-]*", id):
            right = "应以小写字母开头，只用小写字母、数字和连字符，如 f-mine"
            raise DataError("figure.id", f"{self.stem}：图表编号“{shown(id)}”不对；{right}")
        volume = self.volumes.annex if self.annexed or block.get("annex") else self.volumes.main
        self._write(volume, [])
        block = block | {
            name: REFERENCE.sub("\ue000\\1\ue001", block[name]) for name in ("source", "method") if name in block
        }
        number, svg, letters = "", "", 0.0
        if kind in NUMBERED:
            volume.blocks = (volume.blocks or 0) + 1
            count = self._count(volume, kind)
            number = f"{self.number}-{count}" if self.number else str(count)
        name = self.words(f"{kind}_n", n=number) if number else ""
        self._name(id, volume, name)
        if number and self.together and volume.name == ANNEX and not self.lettered:
            block["called"] = self.words("in_annex", name=name)
        if kind == "figure":
            svg = wording.scripts(figures.svg(block["spec"], id, self.charts))
            letters = figures.letters(svg)
            if figures.REDUCED in svg:
                block["method"] = self.words.say([block["method"], self.words("letters_reduced")])
            (self.pictures / f"{id}.svg").write_text(_lowered.sub(_lower, svg), "utf-8")
            if self.word:
                (self.pictures / f"{id}.png").write_bytes(figures.png(block["spec"]))
        paper = self._on_paper(block, name) if number and volume.name == MAIN else block
        place = f"{self.pictures.name}/{id}"
        typst = markup.to_typst(paper, number, f"{place}.svg", letters, self.words)
        self._write(
            volume,
            [
                *only("html", ["```{=html}", markup.to_html(block, number, svg, self.words), "```"]),
                *only("typst", ["```{=typst}", typst, "```"]),
                *only("docx", [markup.to_markdown(paper, number, f"{place}.png", self.words)]),
            ],
        )

    def _on_paper(self, block: dict[str, Any], name: str) -> dict[str, Any]:
        """A figure or table of the main volume as paper shows it: what its reader needs of the method in one line. Its source
        stands at the end of the chapter, its whole method in the annex."""
        if block["source"]:
            self.sources.setdefault(block["source"], []).append(name)
        found = _sentence.match(block["method"])
        first = found[0] if found else block["method"]
        first = first if ems(first) <= LINE else ""
        if first != block["method"] and self.number:
            title, method = map(markup.text_markdown, (block["title"], block["method"]))
            self.methods.append(f"- **{name}{self.words.gap}{title}**{self.words.gap}{method}")
        return block | {"source": "", "method": first}


def only(format: str, lines: list[str]) -> list[str]:
    return [f'::: {{.content-visible when-format="{format}"}}', "", *lines, "", ":::", ""]


def _lower(text: re.Match[str]) -> str:
    """A text of a picture for print, whose types have no lowered figure."""
    return text[1] + text[2].replace("₂", '<tspan baseline-shift="sub" font-size="70%">2</tspan>')
