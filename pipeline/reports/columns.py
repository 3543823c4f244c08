"""How wide the columns of a table are, so that values stay whole and their points stand below each other."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

WORD, WORD_EM = re.compile(r"[A-Za-z]+"), 9.0  # a word of English, and the most room in em that one is given
PAPER, INSET = 54.0, 1.0  # em; a line of a table on paper, and the air at the sides of a column
VALUE, TEXT = 17, 11  # em, up to which a cell with a number is not broken on paper; and to which others may be narrowed
_bracket = re.compile(r" ?(?=[（(])")
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
    as the other columns can give way."""
    room = [PAPER * width / sum(widths) - INSET for width in widths]
    columns = list(zip(*rows, strict=True))
    lacks = spare = [0.0]
    for need in (_pointed, _unbroken, _broken):
        least = [max(need(cells), min(ems(head), 3.2)) for cells, head in zip(columns, heads, strict=True)]
        lacks = [max(0.0, one - width) for one, width in zip(least, room, strict=True)]
        spare = [max(0.0, width - one) for one, width in zip(least, room, strict=True)]
        if sum(lacks) <= sum(spare):
            break
    if not rows or not any(lacks) or not any(spare):
        return list(widths)
    share = min(1.0, sum(spare) / sum(lacks))
    taken = share * sum(lacks) / sum(spare)
    widened = zip(room, lacks, spare, strict=True)
    return [round(width + share * lack - taken * more + INSET, 2) for width, lack, more in widened]


def _pointed(cells: Sequence[str]) -> float:
    """How wide a column must be, in em, where the points of its values stand below each other."""
    parts = pointed(cells)
    return max(whole for whole, _ in parts) + max(rest for _, rest in parts) if parts else _unbroken(cells)


def _unbroken(cells: Sequence[str]) -> float:
    """The same where no value is broken; a text may be."""
    longest = max(map(ems, cells))
    values = longest <= VALUE and all(cell == "—" or any(map(str.isdigit, cell)) for cell in cells)
    return longest if values else min(longest, TEXT)


def _broken(cells: Sequence[str]) -> float:
    """The same where values are broken before a bracket."""
    return _unbroken([part for cell in cells for part in _bracket.split(cell)])


def pointed(cells: Sequence[str]) -> list[tuple[float, float]] | None:
    """How wide the cells of a column are, in em, to their decimal points and from there; None where they are no values."""
    found = [_value.fullmatch(cell) for cell in cells]
    if not any(one and one[1] for one in found) or not all(found):
        return None
    return [(_advance(one[1] or one[0]), _advance(one[2] or "")) for one in found if one]


def _advance(text: str) -> float:
    """How wide a value is in the type of tables, in em."""
    known = {",": 0.278, ".": 0.278, " ": 0.224, "%": 0.921, "—": 0.894}
    return sum(known.get(char, 1.0 if ord(char) > 0x2E7F else 0.555) for char in text)


def ems(text: str) -> float:
    """How long a line is, in characters of Chinese."""
    return sum(1.0 if ord(char) > 0x2E7F else 0.55 for char in text)
