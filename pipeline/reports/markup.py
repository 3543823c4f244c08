"""A block in the three languages that report.qmd carries: HTML, typst, and Markdown for Word.

Every text of a block is data: it is escaped here and nowhere else, so that markup in a name or a title comes out as
the characters it is made of.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.language.terms import explained as explained_terms
from pipeline.language.words import CHINESE, Words
from pipeline.reports.columns import INSET, PAPER, in_word, pointed
from pipeline.reports.packing import as_json, packed, theme

Payload = dict[str, Any]

SENTENCE = 14  # a cell of more characters is read as text, and wants a column of some width
SLACK = 0.1  # em, by which a column may be too narrow by reckoning
COLUMNS = 12  # a table has at most so many; the stylesheet knows their alignment by number
AMBIGUOUS = ("Passed on", "received")  # terms in English that stand in texts as plain words too
_markdown_special = re.compile(r"([\\`*_{}\[\]()#+\-.!<>|~$^@\"':=])")
_escape = re.compile(r"\\(.)")
_url = re.compile(r"https?://\S+")
_long = re.compile(r"https?://\S+|[\w./-]*[A-Za-z0-9_./-]{18,}", re.A)
CHINESE_RUN = re.compile(
    r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef](?:[\w\s.,:·%/+—-]*[\u3000-\u303f\u3400-\u9fff\uff00-\uffef])?"
)
_quantity = re.compile(r"(?<=\d) (?=[A-Za-z%\u4e00-\u9fff])")  # between a number and its unit
_in_pieces = re.compile(  # dates, spans of years, numbers of standards; a unit of several parts
    r"(?<![\w/.=-])\d+(?:-\d+)+(?![\w/.-])"
    r"|[+−]?\d[\d,.]*\u00a0(?:[万亿]+[A-Za-z]\w*|[A-Za-z]\w*(?=/))(?:/(?:\w+|[\u3400-\u9fff]{1,2}))?", re.A
)  # fmt: skip
_whole = re.compile(r"((?:超过|不到|约) \d\S*|[（(][−\d][^（()）]{0,22}[)）])")  # of a value, what is not broken
_in_large = re.compile(r"[+−]?\d[\d,.]*%?")
_breakable = re.compile(r"(?<=[/._\-?&=%])(?=\S)")


def text_html(text: str) -> str:
    """`text` as HTML character data, safe inside elements and quoted attributes; on one line, as raw blocks want it."""
    return html.escape(text, quote=True).replace("\n", "&#10;").replace("\r", "&#13;")


def text_typst(text: str) -> str:
    """`text` as a typst string literal, in which typst reads no markup. Long addresses and names may break, but no number parts
    from its unit."""
    text = _quantity.sub("\u00a0", text)
    text = _long.sub(lambda found: _breakable.sub("\u200b", found[0]), text)
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ")
    return f'"{plain}"'


def text_markdown(text: str) -> str:
    """`text` as pandoc Markdown in which every special sign is escaped."""
    return _markdown_special.sub(r"\\\1", " ".join(text.split()))


def _html(text: str, words: Words) -> str:
    """`text_html` of what is read, with Chinese named as such where the report is told in another language. A number stays on
    one line, also where a browser would part it."""
    said = text_html(text)
    if words.language != "zh":
        said = CHINESE_RUN.sub(r'<span lang="zh-CN">\g<0></span>', said)
    return _in_pieces.sub(r'<span class="whole">\g<0></span>', said)


def _tied(text: str, words: Words) -> str:
    """`_html` of a quantity: number and unit stay on one line, as a number in Chinese does by itself."""
    return _html(_quantity.sub("\u00a0", text), words)


def to_html(block: Payload, number: str, svg: str = "", words: Words = CHINESE) -> str:
    """`block` as HTML. `svg`: the chart's static form. Blank lines are left out: they would end a raw block."""
    if block["kind"] == "cards":
        return _cards_html(block, words)
    if block["kind"] == "entries":
        return _entries_html(block, words)
    name = block.get("called") or words(f"{block['kind']}_n", n=number)
    caption = f'<span class="number">{name}</span> {_html(block["title"], words)}'
    table = _table_html(block["table"], f"{name} {block['title']}", words)
    if block["kind"] == "figure":
        body = (
            f'<div class="chart"><div class="drawn" role="img" aria-label="{text_html(block["alt"])}">{svg}</div></div>'
            f"{_data_html(block, 'spec', packed(block['spec']))}"
            f"{_data_html(block, 'explorer', as_json(block['explorer'])) if 'explorer' in block else ''}"
        )
        views = f"<details><summary>{words('show_data')}</summary>{table}</details>"
    else:
        body, views = table, ""
    source = (
        f'<p class="source">{_html(words("source_is", text=block["source"]), words)}</p>' if block["source"] else ""
    )
    method = (
        f"<details><summary>{words('method_and_scope')}</summary><p>{_html(block['method'], words)}</p></details>"
        if block["method"]
        else ""
    )
    return (
        f'<figure id="{block["id"]}" class="{block["kind"]}"><figcaption>{caption}</figcaption>{body}{source}'
        f'<div class="tools">{views}{method}</div></figure>'
    )


def _data_html(block: Payload, name: str, data: str) -> str:
    """What the page's script reads of a block: `spec`, or `explorer`."""
    return f'<script type="application/json" class="{name}" data-for="{block["id"]}">{data}</script>'


def explained(words: Words) -> str:
    """The terms that the page's script explains where a chapter first has them: spellings, name, meaning."""
    told = []
    for key in explained_terms():
        name = words(f"{key}_name")
        spellings = [one for one in re.split("、|, ", re.sub(r"（.*?）| \(.*?\)", "", name)) if one not in AMBIGUOUS]
        told.append([spellings, name, words(f"{key}_meaning", undefined=words("meaning_ends"))])
    return f'<script type="application/json" id="glossary">{as_json(told)}</script>'


def _table_html(table: Payload, label: str, words: Words) -> str:
    """A table; a cell that prints a value shorter than it is carries the value for the download (`data-v`)."""
    if len(table["columns"]) > COLUMNS:
        raise ValueError(f"{label}: more than {COLUMNS} columns cannot be read")
    head = "".join(f'<th scope="col">{_html(name, words)}</th>' for name in table["columns"])
    exact = list(csv.reader(io.StringIO(table["csv"], newline="")))[1:]
    rows = "".join(
        "<tr>" + "".join(_cell_html(*cell, words) for cell in zip(row, values, tones, strict=True)) + "</tr>"
        for row, values, tones in zip(table["rows"], exact, _tones(table), strict=True)
    )
    names = [f"r{place}" for place, side in enumerate(table["align"], 1) if side == "right"]
    names += ["wide"] if table["wide"] else []
    names += ["toned"] if "tones" in table else []
    named = f' class="{" ".join(names)}"' if names else ""
    return (
        f'<div class="scroll{" wide" if table["wide"] else ""}" tabindex="0" role="region" aria-label="{text_html(label)}">'
        f"<table{named}><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _tones(table: Payload) -> Sequence[Sequence[str]]:
    """The tone of every cell, row by row."""
    plain: list[list[str]] = [[""] * len(row) for row in table["rows"]]
    return table.get("tones", plain)  # type: ignore[no-any-return]


def _cell_html(cell: str, value: str, tone: str, words: Words) -> str:
    exact = "" if cell == value else f' data-v="{text_html(value)}"' if value else " data-v"
    shown = _tied(cell, words)
    if _url.fullmatch(cell):
        shown = f'<a href="{text_html(cell)}" rel="noopener noreferrer">{shown}</a>'
    kind = tone or ("text" if len(cell) > SENTENCE else "")
    return f"<td{f' class={kind}' if kind else ''}{exact}>{shown}</td>"


def _cards_html(block: Payload, words: Words) -> str:
    if block["form"] == "numbers":
        return _numbers_html(block, words)
    if block["form"] == "glance":
        return _glance_html(block, words)
    cards = []
    for card in block["cards"]:
        link = f'<a href="{text_html(card["link"])}">{text_html(card["link_text"])}</a>' if card["link"] else ""
        detail = f'<p class="detail">{_html(card["detail"], words)}</p>' if card["detail"] else ""
        cards.append(
            f'<li class="card {card["tone"]}"><h4>{_html(card["title"], words)}</h4>'
            f'<p class="value">{_tied(card["value"], words)}{_spark_html(card["path"])}</p>'
            f'<p class="status"><span aria-hidden="true">{text_html(card["symbol"])}</span> '
            f"{_tied(card['status'], words)}</p>"
            f'<p class="target">{_tied(words("target_is", text=card["target"]), words)}</p>{detail}{link}</li>'
        )
    return f'<ol class="cards" id="{block["id"]}">{"".join(cards)}</ol>'


def _numbers_html(block: Payload, words: Words) -> str:
    numbers = "".join(
        f'<li><p class="title">{_html(card["title"], words)}</p><p class="value">{_figures_html(card["value"], words)}</p>'
        f'<p class="detail">{_html(card["detail"], words)}</p></li>'
        for card in block["cards"]
    )
    return f'<ul class="numbers" id="{block["id"]}">{numbers}</ul>'


def _figures_html(value: str, words: Words) -> str:
    """A value in large, with what is no number smaller."""
    before, number, after = _apart(value)
    small = (f"<small>{_html(text, words)}</small>" if text else "" for text in (before, after))
    return f"{next(small)}{text_html(number)}{next(small)}"


def _apart(value: str) -> tuple[str, str, str]:
    """What stands before the number of a value, the number, and its unit: `下降`, `23.1%`, ``."""
    found = _in_large.search(value)
    return (value[: found.start()].strip(), found[0], value[found.end() :].strip()) if found else ("", value, "")


GLANCE = ("target", "value", "target_value", "gap_to_target", "path_of_years", "state")
"""The heads of a glance, terms of the glossary."""


def _glance_html(block: Payload, words: Words) -> str:
    rows = "".join(
        f'<tr class="{card["tone"]}"><th scope="row">{_html(card["title"], words)}</th>'
        f'<td class="value">{_html(card["value"], words)}</td><td class="target">{_html(card["target"], words)}</td>'
        f"{_told_html('detail', _html(card['detail'], words))}"
        f"{_told_html('path', _spark_html(card['path'], card['aim'], False))}"
        f'<td class="status"><span aria-hidden="true">{text_html(card["symbol"])}</span> {_html(card["status"], words)}</td></tr>'
        for card in block["cards"]
    )
    head = "".join(f'<th scope="col">{words(name)}</th>' for name in GLANCE)
    return f'<table class="glance" id="{block["id"]}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _told_html(kind: str, said: str) -> str:
    """A cell of a glance; what is not there takes no line on a phone."""
    return f'<td class="{kind}">{said}</td>' if said else f'<td class="{kind} absent">—</td>'


def _spark(path: Sequence[Sequence[float]], aim: float | None = None) -> list[tuple[float, float]]:
    """Where the points of a small line stand in a field 100 wide and 24 high, from above, with `aim` within; none of fewer
    than two."""
    if len(path) < 2:
        return []
    first, last = path[0][0], path[-1][0]
    return [(round(3 + 94 * (year - first) / (last - first), 1), _height(path, aim, value)) for year, value in path]


def _height(path: Sequence[Sequence[float]], aim: float | None, value: float) -> float:
    values = [value for _, value in path] + ([] if aim is None else [aim])
    low, high = min(values), max(values)
    return round(21 - 18 * (value - low) / ((high - low) or 1), 1)


def _spark_html(path: Sequence[Sequence[float]], aim: float | None = None, years: bool = True) -> str:
    points = _spark(path, aim)
    if not points:
        return ""
    line, (x, y) = " ".join(f"{x},{y}" for x, y in points), points[-1]
    level = None if aim is None else _height(path, aim, aim)
    rule = "" if level is None else f'<line x1="0" x2="100" y1="{level}" y2="{level}"/>'
    span = f'<small aria-hidden="true">{path[0][0]}—{path[-1][0]}</small>' if years else ""
    return (
        f'<svg class="spark" viewBox="0 0 100 24" aria-hidden="true">{rule}<polyline points="{line}"/>'
        f'<circle cx="{x}" cy="{y}" r="3"/></svg>{span}'
    )


def _entries_html(block: Payload, words: Words) -> str:
    entries = []
    for entry in block["entries"]:
        facts = "".join(f"<dt>{_html(name, words)}</dt><dd>{_tied(said, words)}</dd>" for name, said in entry["facts"])
        text = f'<p class="detail">{_html(entry["text"], words)}</p>' if entry["text"] else ""
        entries.append(
            f'<li class="card {entry["tone"]}"><h4>{_html(entry["title"], words)}</h4>'
            f'<p class="detail">{_html(entry["badge"], words)}</p><p class="value">{_tied(entry["value"], words)}</p>'
            f"<dl>{facts}</dl>{text}</li>"
        )
    return f'<ol class="cards entries" id="{block["id"]}">{"".join(entries)}</ol>'


def to_typst(block: Payload, number: str, picture: str = "", letters: float = 1.0, words: Words = CHINESE) -> str:
    """`block` as typst. `picture`: the SVG's path relative to the typst source; letters: see `figures.letters`."""
    if block["kind"] == "cards" and block["form"] == "numbers":
        return "#numbers(" + " ".join(f"({_number_typst(card)})," for card in block["cards"]) + ")"
    if block["kind"] == "cards" and block["form"] == "glance":
        rows = " ".join(f"({_line_typst(card)})," for card in block["cards"])
        return f"#glance({_array_typst(text_typst(words(name)) for name in GLANCE)}, {rows})"
    if block["kind"] == "cards":
        fields = ("title", "target", "value", "status", "symbol", "tone", "detail")
        cards = (
            ", ".join(f"{name}: {text_typst(text)}" for name, text in _told(card, fields, words))
            + f", path: {_spark_typst(card['path'])}"
            for card in block["cards"]
        )
        return "#cards(" + " ".join(f"({card})," for card in cards) + ")"
    if block["kind"] == "entries":
        return "#entries(" + " ".join(f"({_entry_typst(entry)})," for entry in block["entries"]) + ")"
    named = f"<{block['id']}>, {text_typst(block.get('called') or number)}, {text_typst(block['title'])}"
    under = f"({', '.join(map(text_typst, _under_on_paper(block, words)))})"
    if block["kind"] == "figure":
        image = f'image("{picture}", alt: {text_typst(block["alt"])})'
        return f"#figure-block({named}, {letters:.4f}, {under}, {image})"
    whole = ", whole: true" if "tones" in block["table"] else ""
    return f"#table-block({named}, {_table_typst(block.get('brief') or block['table'])}, {under}{whole})"


def _under(block: Payload, words: Words) -> tuple[str, str]:
    """Source and method as they stand under a figure or table; empty where there is none."""
    source, method = (words(f"{name}_is", text=block[name]) if block[name] else "" for name in ("source", "method"))
    return source, method


def _under_on_paper(block: Payload, words: Words) -> tuple[str, str]:
    source, method = _under(block, words)
    return source, words.gap.join(filter(None, (block.get("left"), method)))


def _told(card: Payload, fields: Sequence[str], words: Words) -> Iterable[tuple[str, str]]:
    return ((name, words("target_is", text=card[name]) if name == "target" else card[name]) for name in fields)


def _number_typst(card: Payload) -> str:
    parts = zip(("before", "value", "after"), _apart(card["value"]), strict=True)
    told = {"title": card["title"], **dict(parts), "detail": card["detail"]}
    return ", ".join(f"{name}: {text_typst(text)}" for name, text in told.items())


def _line_typst(card: Payload) -> str:
    fields = ("title", "value", "target", "detail", "symbol", "status", "tone")
    aim = "none" if card["aim"] is None or len(card["path"]) < 2 else f"{_height(card['path'], card['aim'], card['aim']) * 0.6:.2f}pt"  # fmt: skip
    told = ", ".join(f"{name}: {text_typst(card[name])}" for name in fields)
    return f"{told}, path: {_spark_typst(card['path'], card['aim'])}, aim: {aim}"


def _spark_typst(path: Sequence[Sequence[float]], aim: float | None = None) -> str:
    return "(" + " ".join(f"({x * 0.6:.2f}pt, {y * 0.6:.2f}pt)," for x, y in _spark(path, aim)) + ")"


def _entry_typst(entry: Payload) -> str:
    facts = " ".join(f"({text_typst(name)}, {text_typst(said)})," for name, said in entry["facts"])
    parts = ", ".join(f"{name}: {text_typst(entry[name])}" for name in ("title", "badge", "value", "tone", "text"))
    return f"{parts}, facts: ({facts})"


def _head_typst(name: str) -> str:
    """The name of a column; a unit at its end stays on one line."""
    found = re.fullmatch(r"(.+?)(（[^（）]{1,8}）)", name)
    return f"[#{text_typst(found[1])}#box({text_typst(found[2])})]" if found else text_typst(name)


def _table_typst(table: Payload) -> str:
    """Widths, alignment, head and rows, each a typst array."""
    share = PAPER / sum(table["widths"])
    room = (share * width - INSET for width in table["widths"])
    columns = map(_column_typst, table["align"], room, zip(*table["rows"], strict=True))
    rows = (
        _array_typst(f'toned("{tone}", {cell})' if tone else cell for cell, tone in zip(cells, tones, strict=True))
        for cells, tones in zip(zip(*columns, strict=True), _tones(table), strict=True)
    )
    parts = ([f"{width}fr" for width in table["widths"]], table["align"], map(_head_typst, table["columns"]), rows)
    return ", ".join(map(_array_typst, parts))


def _column_typst(side: str, room: float, column: Sequence[str]) -> list[str]:
    """The cells of a column; where all are values and there is room for it, their points stand below each other."""
    told = [_cell_typst(cell) for cell in column]
    parts = pointed(column)
    if parts is None or max(whole for whole, _ in parts) + max(rest for _, rest in parts) > room + SLACK:
        return told
    if side == "left":
        longest = max(whole for whole, _ in parts)
        return [f"[#h({longest - whole:.3f}em)#{cell}]" for (whole, _), cell in zip(parts, told, strict=True)]
    rests = [None if text == "—" else rest for (_, rest), text in zip(parts, column, strict=True)]
    longest, *others = sorted({rest for rest in rests if rest is not None}, reverse=True)
    if not others:
        return told
    return [cell if rest is None else f"[#{cell}#h({longest - rest:.3f}em)]" for rest, cell in zip(rests, told, strict=True)]  # fmt: skip


def _cell_typst(text: str) -> str:
    parts = [part for part in _whole.split(text) if part]
    if len(parts) < 2:
        return text_typst(text)
    return f"[{''.join(f'#box({text_typst(part)})' if _whole.fullmatch(part) else f'#{text_typst(part)}' for part in parts)}]"


def _array_typst(items: Iterable[str]) -> str:
    return "(" + "".join(f"{item}, " for item in items) + ")"


BREAK = "`<w:r><w:br/></w:r>`{=openxml}"


def to_markdown(block: Payload, number: str, picture: str = "", words: Words = CHINESE) -> str:
    """`block` as Markdown for Word. `picture`: the PNG's path relative to report.qmd."""
    if block["kind"] == "cards":
        return _cards_markdown(block, words)
    if block["kind"] == "entries":
        return _pipe([["", ""], *(_entry_markdown(entry, words) for entry in block["entries"])], (2, 3))
    name = block.get("called") or words(f"{block['kind']}_n", n=number)
    caption = f"[]{{#{block['id']}}}{name}{words.gap}{text_markdown(block['title'])}"
    under = [text_markdown(one) for one in _under_on_paper(block, words) if one]
    parts = [_styled("Image Caption" if block["kind"] == "figure" else "Table Caption", caption)]
    if block["kind"] == "figure":
        # The empty span keeps pandoc from making the description a caption of its own.
        image = f"![{text_markdown(block['alt'])}]({picture}){{width={theme().WIDTH / 108:.1f}in}}[]{{}}"
        parts.append(_styled("Captioned Figure" if under else "Figure", image))
    else:
        table = block.get("brief") or block["table"]
        rows = [[text_markdown(cell) for cell in row] for row in (table["columns"], *table["rows"])]
        parts.append(_pipe(rows, table["widths"], table["align"]))
    return "\n\n".join([*parts, *([_styled("Block Text", words.gap.join(under))] if under else [])])


def _styled(style: str, text: str) -> str:
    return f'::: {{custom-style="{style}"}}\n{text}\n:::'


def _cards_markdown(block: Payload, words: Words) -> str:
    """Cards as a table, one a line; of numbers in large each has a column."""
    cards = block["cards"]
    if block["form"] == "numbers":
        rows = [[text_markdown(card[name]) for card in cards] for name in ("title", "value", "detail")]
        rows[1] = [f"**{value}**" if value else "" for value in rows[1]]
        return _pipe(rows, [1] * len(cards))
    remark = "gap_to_target" if block["form"] == "glance" else "remark"
    heads = [words(name) for name in ("target", "value", "state", "target_value", remark)]
    told = ([card["title"], card["value"], f"{card['symbol']} {card['status']}", card["target"], card["detail"]] for card in cards)  # fmt: skip
    return _pipe([[text_markdown(cell) for cell in row] for row in (heads, *told)], (28, 15, 15, 20, 22))


def _entry_markdown(entry: Payload, words: Words) -> list[str]:
    """What it is, with its value, and what is told of it."""
    name = [f"**{text_markdown(entry['title'])}**", *(text_markdown(entry[one]) for one in ("badge", "value"))]
    facts = [f"{text_markdown(what)}{words('colon')}{text_markdown(said)}" for what, said in entry["facts"]]
    return [BREAK.join(filter(None, lines)) for lines in (name, [*facts, text_markdown(entry["text"])])]


def _pipe(rows: Sequence[Sequence[str]], widths: Sequence[float], align: Sequence[str] = ()) -> str:
    """A pipe table, its first row the head; the dashes carry the relative widths, which pandoc keeps when a row is longer than a
    line."""
    sides = align or ["left"] * len(widths)
    widths = in_word(widths, [[_escape.sub(r"\1", cell.replace(BREAK, " ")) for cell in row] for row in rows])
    dashes = (max(3, round(120 * width / sum(widths))) for width in widths)
    rule = ["-" * (count - 1) + (":" if side == "right" else "-") for count, side in zip(dashes, sides, strict=True)]
    return "\n".join("|" + "|".join(cell or " " for cell in row) + "|" for row in (rows[0], rule, *rows[1:]))
