"""A small font for charts: the same outlines and widths as the full one, for the characters that charts use.

Drawing takes a third less with it. It has a family name of its own, so that a chart with any other character is drawn
with the full font; both give the same picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipeline.charts import fonts
from pipeline.output import placed

FAMILY = "Green Report Sans"
MINUS = "\u2212"  # what Vega writes before a negative number
CURRENT = "current"


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
    missing there is none. Takes some seconds, unless it has been made before. Raises OutputError."""
    full = next((font.path for font in fonts.packaged() if font.name == "sans"), None)
    if full is None:
        return
    made_of = [hashlib.sha256(full.read_bytes()).hexdigest(), version("fonttools"), *sorted(wanted)]
    name = hashlib.sha256("".join(made_of).encode()).hexdigest()[:16]
    if not (folder / name / "characters.txt").is_file():
        _write(full, wanted, folder / name)
    with placed(folder / CURRENT) as beside:
        beside.write_text(name, "utf-8")


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
        with placed(folder / "sans.otf") as beside:
            font.save(beside)
    with placed(folder / "characters.txt") as beside:  # last: with it the font is whole
        beside.write_text(has, "utf-8")


@cache
def chosen(folder: Path) -> Small | None:
    """The font that was last made in `folder`, as this process first saw it; None where there is none."""
    try:
        made = folder / (folder / CURRENT).read_text("utf-8")
        return Small(made / "sans.otf", frozenset((made / "characters.txt").read_text("utf-8")))
    except OSError:
        return None
