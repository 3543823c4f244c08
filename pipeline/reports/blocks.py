"""What a notebook can hand to the report besides text: figures, tables and cards.

A block travels inside the executed notebook as JSON under `MIME`, so that assembling needs no notebook state. All
texts are plain text: `markup` escapes them for each output.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import altair as alt
import polars as pl
import polars.selectors as cs

from pipeline import wording
from pipeline.charts import figures
from pipeline.findings import Measure
from pipeline.guarded import as_text
from pipeline.language.terms import Term
from pipeline.language.words import CHINESE, LANGUAGES, Words
from pipeline.reports.columns import fitted, widths_of
from pipeline.reports.counting import counted, moved, times

PRINTED = 200  # rows of a table on paper: five pages
WIDE = 40  # em; a table with more text scrolls on a small screen, so that its columns stay readable
NUMBER = re.compile(
    rf"—|{'|'.join(re.escape(one.HIDDEN) for one in LANGUAGES.values())}|"
    r"\d+/\d+|(?:[●×]\s)?(?:超过?|约|about |more than |nearly )?[+−]?\d[\d,.]*%?(?:以上|左右)?"
)  # columns of these are set flush right
MIME = "application/vnd.green-report+json"
ENGLISH = "application/vnd.green-report.en+json"
"""The same in English."""
LEFT = "application/vnd.green-report.left+json"
"""Of an output that a report does not take: `why`, and whether it is `refused`."""
NAMED_AS = "named_as"
"""In the data of a figure or table without a name of its own: how it is given one."""
FACTS = "application/vnd.green-report.facts+json"
"""What a notebook tells its text, see `language.facts`."""
TONES = ("beyond", "met", "short", "far", "group")
"""Of the cells of a table: well beyond a target, near it on its side, near it on the other, far from it; the head of a group."""
HOW_COMPUTED = Term("how_computed")
Said = Any
"""What `Words.say` says: text as it is, a term, a measure, a finding, or several of them one after the other."""

Data = pl.DataFrame | Callable[[Words], pl.DataFrame]
"""A frame, or, where its cells are words, a function that makes it in a language."""
Decimals = Mapping[str, int | Callable[[Words], int]]
"""By column; a function where the language counts in units of its own."""


@dataclass(frozen=True)
class Column:
    """How a column of a frame is called: a term, a name as filed, or a measure; and the unit in which its values stand, if not
    the measure's own: as a function of the words where it follows the language."""

    title: Term | Measure | str
    unit: str | Callable[[Words], str] | None = None

    def told(self, words: Words) -> str:
        unit = self.unit(words) if callable(self.unit) else self.unit
        if unit is None:
            unit = self.title.unit if isinstance(self.title, Measure) else ""
        return words.with_unit(words.say(self.title), unit)


@dataclass(frozen=True)
class Figure:
    """A numbered figure.

    id: starts with "f-", unique in the report. title: the finding, as a sentence without full stop. chart: a function of the
    words of a language. data: what the chart shows; it becomes the table view and the CSV. columns: how its columns are
    called, which are called so already without. alt: what a reader who cannot see it must know. decimals: by column, how the table view prints it. against: see `Table`. explorer: what the page's
    script needs to let a reader move the drivers under the chart (reports/theme/explorer.js); other formats have the chart alone.
    """

    id: str
    title: Said
    chart: alt.TopLevelMixin | Callable[[Words], alt.TopLevelMixin]
    data: Data
    alt: Said
    source: Said
    method: Said = ""
    decimals: Decimals = field(default_factory=dict)
    against: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    explorer: Callable[[Words], Mapping[str, Any]] | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)

    def payload(self, words: Words = CHINESE) -> dict[str, Any]:
        chart = self.chart(words) if callable(self.chart) else self.chart
        return ({"explorer": self.explorer(words)} if self.explorer else {}) | {
            "kind": "figure",
            **_texts(self, words),
            "alt": words.say(self.alt),
            "spec": figures.specification(chart, words.edge, words.spec),
            "table": _cells(frame(self, words), self.decimals, self.against, False, self.columns, words),
        }


@dataclass(frozen=True)
class Table:
    """A numbered table. widths: relative column widths for the PDF; by default they follow the contents. brief: what
    stands on paper instead, with the same columns, where the whole is too long to print. printed: how many rows stand on
    paper at most, with a sentence on the others, where there is no brief. withheld: nan stands for a value
    that is not published (`wording.WITHHELD` becomes nan in a frame). against: by column, the number and the comparator
    (>=, <=, > or <) that no printed value may contradict: 1.3046 beside <= 1.3 is `1.305`. tones: by column, of each row the
    tone of its cell (TONES), empty for none; such a table is set on one page, and its colours say nothing that its cells do
    not."""

    id: str
    title: Said
    data: Data
    source: Said = ""
    method: Said = ""
    decimals: Decimals = field(default_factory=dict)
    against: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    widths: Sequence[float] | None = None
    brief: Data | None = None
    printed: int = PRINTED
    withheld: bool = False
    columns: Mapping[str, Column] = field(default_factory=dict)
    tones: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def payload(self, words: Words = CHINESE) -> dict[str, Any]:
        data = _frame(self.data, words)
        table = self._told(data, words)
        if self.tones:
            plain = [""] * data.height
            tones = (self.tones.get(name, plain) for name in data.columns)
            table["tones"] = [list(row) for row in zip(*tones, strict=True)]
        found = {"kind": "table", **_texts(self, words), "table": table}
        if self.brief is not None:
            return found | {"brief": self._told(_frame(self.brief, words), words)}
        if data.height <= self.printed:
            return found
        left = words("rows_left", n=f"{data.height - self.printed:,}")
        return found | {"brief": table | {"rows": table["rows"][: self.printed]}, "left": left}

    def _told(self, data: pl.DataFrame, words: Words) -> dict[str, Any]:
        table = _cells(data, self.decimals, self.against, self.withheld, self.columns, words)
        return table | {"widths": fitted(self.widths or table["widths"], table["columns"], table["rows"])}


@dataclass(frozen=True)
class Card:
    """One target: its value, target and status in words; `symbol` repeats the status without colour. path: the years and
    values of a small line beside the value; aim: the value of a dashed line through it."""

    title: Said
    target: Said
    value: Said
    status: Said
    symbol: str
    tone: str  # good | warn | bad | none
    detail: Said = ""
    link: str = ""
    link_text: Said = HOW_COMPUTED
    path: Sequence[tuple[int, float]] = ()
    aim: float | None = None


@dataclass(frozen=True)
class Cards:
    """Cards, not numbered. form: a grid of `cards`; `numbers`, values in large side by side with what they are and a remark;
    or a `glance`, a table of one line a card."""

    id: str
    cards: Sequence[Card]
    form: Literal["cards", "numbers", "glance"] = "cards"

    def payload(self, words: Words = CHINESE) -> dict[str, Any]:
        said = ("title", "target", "value", "status", "detail", "link_text")
        told = [vars(card) | {name: words.say(getattr(card, name)) for name in said} for card in self.cards]
        return {"kind": "cards", "id": self.id, "form": self.form, "cards": told}


@dataclass(frozen=True)
class Entry:
    """One thing of a catalogue: what it is called, a line under that, a value in large, facts, and a text."""

    title: Said
    badge: Said
    value: Said
    tone: str  # good | warn | bad | none
    facts: Sequence[tuple[Said, Said]] = ()
    text: Said = ""


@dataclass(frozen=True)
class Entries:
    """A catalogue of entries; not numbered."""

    id: str
    entries: Sequence[Entry]

    def payload(self, words: Words = CHINESE) -> dict[str, Any]:
        said = ("title", "badge", "value", "text")
        told = [
            vars(entry)
            | {name: words.say(getattr(entry, name)) for name in said}
            | {"facts": [[words.say(part) for part in fact] for fact in entry.facts]}
            for entry in self.entries
        ]
        return {"kind": "entries", "id": self.id, "entries": told}


Block = Figure | Table | Cards | Entries
NUMBERED = ("figure", "table")
"""The kinds of blocks that have a number, a title and data."""


def preview(payload: Mapping[str, Any], svg: str | None = None) -> dict[str, str]:
    """What a notebook shows of a block, by type: a figure or table with its title above, source and scope below. svg: of a
    figure, its picture."""
    if payload["kind"] == "cards":
        lines = [f"- **{card['title']}** {card['value']}（{card['status']}）" for card in payload["cards"]]
        return {"text/markdown": "\n".join(lines)}
    if payload["kind"] == "entries":
        lines = [f"- **{entry['title']}** {entry['value']}（{entry['badge']}）" for entry in payload["entries"]]
        return {"text/markdown": "\n".join(lines)}
    title, *under = (html.escape(payload[name]) for name in ("title", "source", "method"))
    below = f"<p><small>{' '.join(filter(None, under))}</small></p>" if any(under) else ""
    if payload["kind"] == "figure":
        shown = {"text/html": f"<p><b>{title}</b></p>{svg or ''}{below}", "text/plain": payload["alt"]}
        return shown if svg else {"text/plain": payload["alt"]}
    table = payload["table"]
    head, *rows = ("".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in line) for tag, line in [("th", table["columns"]), *(("td", row) for row in table["rows"])])  # fmt: skip
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return {"text/html": f"<p><b>{title}</b></p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}", "text/plain": payload["title"]}  # fmt: skip


def frame(block: Figure | Table, words: Words = CHINESE) -> pl.DataFrame:
    """The data of a figure or table."""
    return _frame(block.data, words)


def _frame(data: Data, words: Words) -> pl.DataFrame:
    return data(words) if callable(data) else data


def _texts(block: Figure | Table, words: Words) -> dict[str, str]:
    said = {name: words.say(getattr(block, name)) for name in ("title", "source", "method")}
    return {"id": block.id} | said


def mime(language: str) -> str:
    return {"zh": MIME, "en": ENGLISH}[language]


def _cells(
    data: pl.DataFrame,
    decimals: Decimals,
    against: Mapping[str, tuple[float, str]],
    withheld: bool = False,
    columns: Mapping[str, Column] | None = None,
    words: Words = CHINESE,
) -> dict[str, Any]:
    """`data` as printed text, with alignment and relative width of each column, and as CSV, unrounded."""
    data = words.frame(data)
    unknown = {*decimals, *against} - set(data.columns)
    if unknown:
        raise ValueError(f"decimals name columns that are not there: {sorted(unknown)}")
    places = {name: one(words) if callable(one) else one for name, one in decimals.items()}
    printed = [
        [_printed(value, name, data.schema[name], places, against.get(name)) for value in data[name].to_list()]
        for name in data.columns
    ]
    called = columns or {}
    titles = {name: called[name].told(words) if called else words.say(name) for name in data.columns}
    terms = {name: one for name, one in called.items() if isinstance(one.title, Term) and one.unit is None}
    chinese = {name: one.told(CHINESE) for name, one in terms.items() if name in titles}
    for name, (moves, unit) in counted(chinese, data, words).items():
        at = data.columns.index(name)
        titles[name] = words.with_unit(titles[name], unit)
        printed[at] = [moved(text, moves) for text in printed[at]]
        data = data.with_columns(times(data[name], moves))
    data = data.with_columns(as_text(cs.string()))  # before numbers beside a mark become text
    if withheld:
        closed = {name: data[name].is_nan().fill_null(False) for name in data.select(cs.float()).columns}
        printed = [
            [words.hidden if name in closed and closed[name][at] else text for at, text in enumerate(texts)]
            for name, texts in zip(data.columns, printed, strict=True)
        ]
        marked = [
            pl.when(hidden).then(pl.lit(words.hidden)).otherwise(pl.col(name).cast(pl.String)).alias(name)
            for name, hidden in closed.items()
            if hidden.any()
        ]
        data = data.with_columns(marked)
    heads, rows = list(titles.values()), [list(row) for row in zip(*printed, strict=True)]
    widths = widths_of(heads, rows, words.language == "zh")
    return {
        "columns": heads,
        "align": ["right" if all(map(NUMBER.fullmatch, cells)) else "left" for cells in printed],
        "rows": rows,
        "widths": widths,
        "wide": sum(widths) > WIDE,
        "csv": data.rename(titles).write_csv(line_terminator="\r\n"),
    }


def _printed(
    value: object, name: str, dtype: pl.DataType, decimals: Mapping[str, int], against: tuple[float, str] | None
) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "—"
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return str(value)
    if dtype.is_integer():
        return str(value) if name == "year" or name.endswith(("年", "年份", "月")) else wording.number(value, 0)
    if against is not None:
        return wording.number_against(value, *against, decimals[name])
    return wording.number(value, decimals.get(name))
