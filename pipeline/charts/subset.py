"""A small font for charts: the same outlines and widths as the full one, for the characters that charts use.

Drawing takes a third less with it. It has a family name of its own, so that a chart with any other character is drawn
with the full font; both give the same picture.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipeline import keeping
from pipeline.charts import fonts
from pipeline.output import placed

FAMILY = "Green Report Sans"
MINUS = "\u2212"  # what Vega writes before a negative number
CURRENT, FONT, CHARACTERS = "current", "sans.otf", "characters.txt"


@dataclass(frozen=True)
class Small:
    """A font file, alone in its folder, and the characters that it has."""

    path: Path
    characters: frozenset[str]


def beside(charts: Path) -> Path:
    """Where the small font stands that goes with a folder of kept charts."""
    return charts.parent / "fonts"


def gb2312() -> set[str]:
    """The 7445 characters of GB 2312-80."""
    pairs = (bytes((row, cell)) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return set("".join(pair.decode("gb2312", "ignore") for pair in pairs))


def characters(texts: Iterable[str]) -> set[str]:
    """GB 2312, the Latin letters, the minus, and whatever stands in `texts`."""
    latin = {chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x180))}
    return gb2312() | latin | {MINUS} | {one for text in texts for one in text if one.isprintable()}


def make(folder: Path, wanted: set[str]) -> None:
    """Make the font with `wanted` the one that `chosen` finds in `folder`; where the package with the full font is
    missing there is none. Takes some seconds, unless it is there as it was made before. Raises OutputError."""
    full = _full()
    if full is None:
        return
    name = hashlib.sha256("".join([*_made_of(full), *sorted(wanted)]).encode()).hexdigest()[:16]
    if _font(folder, name) is None:
        _write(full, wanted, folder / name)
    keeping.write(folder / CURRENT, name)


def _full() -> Path | None:
    return next((font.path for font in fonts.packaged() if font.name == "sans"), None)


def _made_of(full: Path) -> list[str]:
    """What every small font is made from, besides the characters that it has."""
    return [fonts.hash_of(full), version("fonttools"), Path(__file__).read_text("utf-8")]


def _write(full: Path, wanted: set[str], folder: Path) -> None:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    with TTFont(full, lazy=True, recalcTimestamp=False) as font:
        subsetter = Subsetter(Options(layout_features=["*"], name_IDs=["*"], notdef_outline=True))
        subsetter.populate(unicodes=[ord(one) for one in wanted])
        subsetter.subset(font)
        names = {1: FAMILY, 3: FAMILY, 4: FAMILY, 6: FAMILY.replace(" ", ""), 16: FAMILY}
        for record in font["name"].names:
            record.string = names.get(record.nameID, record.string)
        has = "".join(map(chr, sorted(font.getBestCmap())))
        with placed(folder / FONT) as beside:
            font.save(beside)
    described = [_made_of(full), hashlib.sha256((folder / FONT).read_bytes()).hexdigest(), has]
    keeping.write(folder / CHARACTERS, json.dumps(described))  # last: with it the font is whole


def _font(folder: Path, name: str) -> Small | None:
    """The small font of that name; None where it is not there as it was made, or was made of another full one."""
    full, described = _full(), keeping.read(folder / name / CHARACTERS)
    if full is None or described is None:
        return None
    made_of, content, has = json.loads(described)
    path = folder / name / FONT
    try:
        whole = hashlib.sha256(path.read_bytes()).hexdigest() == content
    except OSError:
        return None
    return Small(path, frozenset(has)) if whole and made_of == _made_of(full) else None


@cache
def chosen(folder: Path) -> Small | None:
    """The font that was last made in `folder`, as this process first saw it; None where there is none."""
    name = keeping.read(folder / CURRENT)
    return _font(folder, name) if name else None
