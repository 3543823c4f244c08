"""How wide the columns of a table are, so that values stay whole and their points stand below each other."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

WORD, WORD_EM = re.compile(r"[A-Za-z]+"), 9.0  # a word of English, and the most room in em that one is given
PAPER, INSET = 54.0, 1.0  # em; a line of a table on paper, and the air at the sides of a column
VALUE = 17  # em, up to which a cell with a number is not broken on paper
WORDS = 2  # of English in a value
TEXT = 5  # em, to which others may be narrowed
SHORT = 16  # characters of a cell with a number, which does not break in Word
NAME = 10.5  # em, of a name in data, at most, that is not broken
EVEN = 0.5  # lines, which are worth a move of an em
WIDER = 1.2  # times as wide as ours letters may be in Word, which has other types
ADVANCES = {
    **dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (608, 657, 638, 688, 589, 552, 689, 728, 293, 535, 646, 543, 812, 723, 742, 633, 742, 635, 596, 599, 721, 575, 878, 573, 531, 603), strict=True)),
    **dict(zip("abcdefghijklmnopqrstuvwxyz", (563, 618, 510, 620, 554, 325, 564, 607, 275, 275, 552, 284, 926, 610, 606, 620, 620, 388, 468, 377, 607, 521, 802, 498, 521, 475), strict=True)),
    **{",": 278, ".": 278, " ": 224, "%": 921, "—": 894, "/": 392, "²": 411, "³": 411, "–": 536, **dict.fromkeys("×●○≤≥", 1000)},
}  # fmt: skip
"""Thousandths of an em that a character takes in the type of tables; a figure and a sign take 555, a Chinese character 1000."""
BETWEEN = 0.25  # em, of air that typst sets between a Chinese character and a letter or figure
_between = re.compile(r"(?<=[\u3400-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u3400-\u9fff])")
_piece = re.compile(r"[^\s\u2e80-\uffef/–-]+")  # of a line, what Word does not part while it has room
_parts = re.compile(r" ?(?=[（(])|(?<=/)")
_whole = re.compile(r"[+−]?\d[\d,.\-]*(?: ?[A-Za-z/%²³]+)?|[A-Za-z][\w.]*")  # what stays on a line
_value = re.compile(
    r"([+−]?\d[\d,]*)((?:\.\d+)?(?: ?[^\d\s（(][^\s（(]{0,11})?(?: ?[（(][^（()）]{1,22}[)）])?)|—"
)  # a value to its decimal point, and the rest


def widths_of(columns: Sequence[str], rows: Sequence[Sequence[str]], anywhere: bool) -> list[float]:
    """Relative widths from the longest cell of each column; long texts wrap, so they count with the root. anywhere: they may
    wrap between any two characters, else no word is wider than its column."""
    width = []
    for column, name in enumerate(columns):
        longest = max([ems(row[column]) for row in rows] + [min(ems(name), 10)], default=1)
        texts = () if anywhere else (name, *(row[column] for row in rows))
        least = min(max((ems(word) for text in texts for word in WORD.findall(text)), default=0.0) + 1, WORD_EM)
        width.append(round(max(least, longest if longest <= 12 else 12 + 2.2 * math.sqrt(longest - 12)), 2))
    return width


def fitted(widths: Sequence[float], heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """Relative widths in which no value is broken on paper, and the points of a column of values stand below each other, as far
    as the other columns can give way and no table is longer for it; what is left of a line goes where it saves most lines."""
    if not rows:
        return list(widths)
    columns = list(zip(*rows, strict=True))
    asked = [[_advance(cell) for cell in row] for row in (heads, *rows)]
    found = []
    for need in (_pointed, _unbroken, _broken):
        least = [max(need(cells), min(ems(head), 3.2)) for cells, head in zip(columns, heads, strict=True)]
        if sum(least) + INSET * len(least) <= PAPER or need is _broken:
            found.append(_evened(_widened(widths, least), least, asked))
    return [round(width + INSET, 2) for width in min(found, key=lambda room: math.ceil(_height(room, asked)))]


def in_word(widths: Sequence[float], rows: Sequence[Sequence[str]]) -> list[float]:
    """Relative widths in which Word parts no word and no short value, as far as the other columns can give way."""
    least = [
        max(min(WIDER * _advance(piece), NAME) for cell in column for piece in ("", *pieces(cell)))
        for column in zip(*rows, strict=True)
    ]
    return [width + INSET for width in _widened(widths, least)]


def pieces(cell: str) -> list[str]:
    """What stays on a line: a short cell with a number, or else each of its words."""
    return [cell] if is_short(cell) else _piece.findall(cell)


def is_short(cell: str) -> bool:
    """Whether a cell with a number is not broken in Word."""
    return len(cell) <= SHORT and any(map(str.isdigit, cell))


def _widened(widths: Sequence[float], least: Sequence[float]) -> list[float]:
    """The room of columns where those that have less than the `least` take from the others."""
    room = [PAPER * width / sum(widths) - INSET for width in widths]
    lacks = [max(0.0, one - width) for one, width in zip(least, room, strict=True)]
    spare = [max(0.0, width - one) for one, width in zip(least, room, strict=True)]
    if not any(lacks) or not any(spare):
        return room
    share = min(1.0, sum(spare) / sum(lacks))
    taken = share * sum(lacks) / sum(spare)
    return [width + share * lack - taken * more for width, lack, more in zip(room, lacks, spare, strict=True)]


def _height(room: Sequence[float], asked: Sequence[Sequence[float]]) -> float:
    """How many lines a table has, in which a cell goes on where the one before ended."""
    return sum(max(1.0, *(one / width for one, width in zip(row, room, strict=True))) for row in asked)


def _evened(room: list[float], least: Sequence[float], asked: Sequence[Sequence[float]]) -> list[float]:
    """The widths between which room has been moved, an em at a time, while that makes the table shorter."""
    asked = [
        row for row in asked if any(one > width for one, width in zip(row, least, strict=True))
    ]  # others never wrap
    places = range(len(room))
    while True:
        moved = [
            [width + (at == to) - (at == by) for at, width in enumerate(room)]
            for by in places
            for to in places
            if by != to and room[by] - 1 >= least[by]
        ]
        best = min(moved, key=lambda other: _height(other, asked), default=room)
        if _height(best, asked) > _height(room, asked) - EVEN:
            return room
        room = best


def _pointed(cells: Sequence[str]) -> float:
    """How wide a column must be, in em, where the points of its values stand below each other."""
    parts = pointed(cells)
    return max(whole for whole, _ in parts) + max(rest for _, rest in parts) if parts else _unbroken(cells)


def _unbroken(cells: Sequence[str]) -> float:
    """The same where no value is broken; of a text, no number with its unit and no word is."""
    longest = max(map(_advance, cells))
    values = longest <= VALUE and all(cell in ("", "—") or _is_value(cell) for cell in cells)
    words = (_advance(one) for cell in cells for one in _whole.findall(cell))
    return longest if values else max(min(longest, TEXT), min(max(words, default=0.0), NAME))


def _is_value(cell: str) -> bool:
    """A number with a word before or after it, not January to February 2025."""
    return any(map(str.isdigit, cell)) and len(WORD.findall(cell)) <= WORDS


def _broken(cells: Sequence[str]) -> float:
    """The same where values are broken before a bracket, and units after a stroke."""
    return _unbroken([part for cell in cells for part in _parts.split(cell)])


def pointed(cells: Sequence[str]) -> list[tuple[float, float]] | None:
    """How wide the cells of a column are, in em, to their decimal points and from there; None where they are no values."""
    found = [_value.fullmatch(cell) for cell in cells]
    if not any(one and one[1] for one in found) or not all(found):
        return None
    return [(_advance(one[1] or one[0]), _advance(one[2] or "")) for one in found if one]


def _advance(text: str) -> float:
    """How wide a value is in the type of tables, in em."""
    letters = sum(ADVANCES.get(char, 1000 if ord(char) > 0x2E7F else 555) for char in text)
    return letters / 1000 + BETWEEN * len(_between.findall(text))


def ems(text: str) -> float:
    """How long a line is, in characters of Chinese."""
    return sum(1.0 if ord(char) > 0x2E7F else 0.55 for char in text)
