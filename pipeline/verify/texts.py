"""What a page and a PDF say, as their numbers with what stands beside each, and the tables of a page.

A PDF has no words, only places where signs are set: the cells of a table may come out without a gap (85.680.7). So its
digits are read by what the page knows: a run that the page has not is cut into numbers that it has.
"""

from __future__ import annotations

import io
import logging
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pypdf

from pipeline.errors import DataError
from pipeline.filings.reading.package import DAMAGE, Package
from pipeline.filings.reading.sheets import Limits
from pipeline.verify.site import readable

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it thinks of a damaged file is said here

RUN = re.compile(r"\d(?:[\d,.]*\d)?")
HEADS = 4  # a line on so many pages is a running head
LONGEST = 16  # digits of a number
TELLING = 5  # characters of a number that nobody has by chance
ROUND = "00"  # how the ticks of an axis end
BESIDE = 3  # characters beside a number by which it is found again
_blocks = frozenset(
    ["td", "th", "tr", "p", "li", "h1", "h2", "h3", "h4", "h5", "figcaption", "summary", "text", "tspan", "div"]
)
ASIDE = ("svg", "table", "nav", "h2", "h3", "h4")
TOOLS = ("cite", "get", "about")
"""What a published page says of a figure beside the report: hashes, dates, names of files."""
SCALES = tuple(map(Decimal, ("1", "100", "1e-4", "1e-6", "1e-8", "1e-9", "1e-12")))
"""By which a value may be printed: in %, 万, million, 亿, billion and 万亿."""
_word = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_said = (f"{_word}t", f"{_word}tab", f"{_word}br")
_contents = re.compile(r"\. \. \. \.|(?: \.)+\s+\d+\s*$|^\s*\d+\s*$")  # a line of the contents, the number of a page


@dataclass(frozen=True)
class Number:
    """A number without its separators, the characters before and after it, and where it stands."""

    text: str
    before: str
    after: str
    where: str


@dataclass
class Table:
    """A table of a figure: heads, and rows of cells as (what is shown, the exact value)."""

    heads: list[str] = field(default_factory=list)
    rows: list[list[tuple[str, str]]] = field(default_factory=list)


class Page(HTMLParser):
    """A page: chapters (heading -> its text), sentences outside of headings, tables and charts, lines of
    one kind (the values of cards), tables by the id of their figure."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.chapters: dict[str, list[str]] = {"": []}
        self.told: list[str] = []
        self.lines: dict[str, list[str]] = {}
        self.tables: dict[str, Table] = {}
        self._heading: list[str] | None = None
        self._figure, self._cell, self._row = "", "", False
        self._exact: str | None = None
        self._chapter = self._line = ""
        self._lists: list[int | None] = []
        self._silent = self._aside = 0
        self._details = list[bool]()  # whether each that is open is one of TOOLS
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "details":
            self._details.append(given.get("class") in TOOLS)
        if tag in ("script", "style") or (tag == "details" and self._details[-1]):
            self._silent += 1
        if tag in ASIDE:
            self._aside += 1
        if tag == "p":
            self._line = given.get("class") or ""
        if tag in _blocks:
            self._say("\n")
        if label := given.get("aria-label"):
            self._say(f"\n{label}\n")
        if tag in ("ol", "ul"):
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li" and self._lists and (number := self._lists[-1]) is not None:
            self._lists[-1] = number + 1
            self.chapters[self._chapter].append(f"{number + 1}. ")
        elif tag == "h2":
            self._heading = []
        elif tag == "figure":
            self._figure = given.get("id") or ""
        elif tag == "table" and self._figure:
            self.tables[self._figure] = Table()
        elif tag == "tr" and self._figure in self.tables:
            self.tables[self._figure].rows.append([])
        elif tag in ("td", "th") and self._figure in self.tables:
            self._cell, self._exact = "", (given["data-v"] or "") if "data-v" in given else None
            self._row = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style") or (tag == "details" and self._details and self._details.pop()):
            self._silent -= 1
        if tag in ASIDE:
            self._aside -= 1
        if tag == "p":
            self._line = ""
        if tag in _blocks:
            self._say("\n")
        if tag in ("ol", "ul") and self._lists:
            self._lists.pop()
        elif tag == "h2" and self._heading is not None:
            self._chapter, self._heading = "".join(self._heading).strip(), None
            self.chapters.setdefault(self._chapter, []).append(f"\n{self._chapter}\n")
        elif tag == "figure":
            self._figure = ""
        elif tag in ("td", "th") and self._row and self._figure in self.tables:
            table, shown = self.tables[self._figure], self._cell.replace("\u00a0", " ")
            if tag == "th" and len(table.rows) == 1:
                table.heads.append(shown)
            elif table.rows:
                table.rows[-1].append((shown, shown if self._exact is None else self._exact))
            self._row = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            if self._heading is not None:
                self._heading.append(data)
            if self._row:
                self._cell += data
            self._say(data)

    def _say(self, text: str) -> None:
        if not self._silent:
            self.chapters[self._chapter].append(text)
            if not self._aside:
                self.told.append(text)
            if self._line:
                self.lines.setdefault(self._line, []).append(text)

    def numbers(self) -> list[Number]:
        """All that the page says, also on its charts; and once more what stands side by side on cards, which on paper is a row."""
        said = {**self.chapters, **{f".{name}": told for name, told in self.lines.items()}}
        return [one for name, told in said.items() for one in numbers("".join(told), name)]


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\u200b", "").replace("\u00ad", "")


def numbers(text: str, where: str) -> list[Number]:
    """The numbers of a text, with what stands between each and its neighbours."""
    whole = plain(text)
    found = list(RUN.finditer(whole))
    ends = [0, *(one.end() for one in found)]
    starts = [*(one.start() for one in found), len(whole)]
    return [
        Number(
            one[0].replace(",", ""),
            re.sub(r"\s", "", whole[ends[at] : one.start()])[-BESIDE:],
            re.sub(r"\s", "", whole[one.end() : starts[at + 1]])[:BESIDE],
            where,
        )
        for at, one in enumerate(found)
    ]


class Known:
    """What pages say, to find the numbers of a PDF in. more: what stands on paper only."""

    def __init__(self, pages: Iterable[Page], more: Sequence[Number] = ()) -> None:
        self._texts, self._pairs, self._beside = set[str](), set[tuple[str, str]](), set[tuple[str, ...]]()
        for found in (*(page.numbers() for page in pages), more):
            for at, one in enumerate(found):
                self._texts.add(one.text)
                self._pairs.add((found[at - 1].text if at else "", one.text))
                self._beside |= set(_around(one))

    def strange(self, found: Sequence[Number]) -> list[Number]:
        """The numbers that no page has, or has beside other words and other numbers only."""
        told = [part for one in found for part in self._parts(one)]
        strange = []
        for at, one in enumerate(told):
            before = told[at - 1].text if at else ""
            after = told[at + 1].text if at + 1 < len(told) else ""
            pairs = {(before, one.text), (one.text, after)}
            found_so = len(one.text) >= TELLING or pairs & self._pairs or self._beside & set(_around(one))
            tick = one.text.endswith(ROUND) and not (
                one.before and one.after
            )  # on paper an axis may have fewer of them
            known = one.text in self._texts and (found_so or tick)
            if not known:
                strange.append(one)
        return strange

    def _parts(self, one: Number) -> list[Number]:
        """The number, or those that it is made of where the page has it not: as few as can be."""
        if one.text in self._texts:
            return [one]
        best: list[list[str] | None] = [[], *([None] * len(one.text))]
        for end in range(1, len(one.text) + 1):
            for begin in range(max(0, end - LONGEST), end):
                before, here = best[begin], best[end]
                if before is not None and one.text[begin:end] in self._texts and (here is None or len(before) + 1 < len(here)):  # fmt: skip
                    best[end] = [*before, one.text[begin:end]]
        cut = best[-1]
        if not cut:
            return [one]
        last = len(cut) - 1
        return [
            Number(text, one.before if at == 0 else "", one.after if at == last else "", one.where)
            for at, text in enumerate(cut)
        ]


def _around(one: Number) -> Iterator[tuple[str, ...]]:
    """By what a number is recognised: three characters on one side, or fewer on both."""
    if len(one.before) == BESIDE:
        yield one.before, one.text
    if len(one.after) == BESIDE:
        yield "", one.text, one.after
    if len(one.before) > 1 and one.after:
        yield one.before[-2:], one.text, one.after[:1]


def lacking(page: Page, found: Sequence[Number]) -> tuple[int, int]:
    """How many numbers of a page's sentences are not among those of its file for paper, and of how many."""
    there = {one.text for one in found}
    joined = " ".join(one.text for one in found)
    said = [one.text for one in numbers("".join(page.told), "")]
    return sum(one not in there and one not in joined for one in set(said)), len(set(said))


def of_pdf(content: bytes) -> list[Number]:
    """The numbers of a PDF, page by page, without those of the contents and the running heads. Raises ValueError."""
    try:
        pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    except Exception as error:  # whatever a damaged file makes of it
        raise ValueError(str(error)) from error
    lines = Counter(line.strip() for page in pages for line in set(page.split("\n")))
    return [
        one
        for at, page in enumerate(pages, 1)
        for one in numbers(
            "\n".join(
                line
                for line in page.split("\n")
                if not _contents.search(line) and (lines[line.strip()] < HEADS or len(pages) < HEADS)
            ),
            f"第 {at} 页",
        )
    ]


def of_word(content: bytes) -> list[Number]:
    """The numbers of a Word file. Raises ValueError."""
    try:
        archive = Package(zipfile.ZipFile(io.BytesIO(content)), Limits()).archive
        with archive.open("word/document.xml") as part:
            lines = [
                "".join((one.text or "") if one.tag == f"{_word}t" else " " for one in whole.iter() if one.tag in _said)
                for _, whole in ElementTree.iterparse(part)
                if whole.tag == f"{_word}p"
            ]
    except (DataError, *DAMAGE, ElementTree.ParseError) as error:
        raise ValueError(str(error)) from error
    return numbers("\n".join(lines), "正文")


def read(path: Path) -> Page:
    """A page. Raises ValueError for what is none of ours."""
    if readable(path) is None:
        raise ValueError(path.name)
    try:
        return Page(path.read_text("utf-8"))
    except AssertionError as error:  # of the parser, where it gives up
        raise ValueError(str(error)) from error
