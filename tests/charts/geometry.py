"""Where the letters, lines and dots of a drawn chart lie: boxes of ink, measured in the outlines of the font.

It knows SVG and the font, and nothing of how the product places a label.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from math import atan2, cos, radians, sin
from xml.etree import ElementTree as ET

from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

from pipeline.charts import fonts

TOUCH = 0.6  # px that two boxes may share: the edge of a letter is grey
LARGEST = 16  # px of a dot
SAID = ("fill", "stroke", "stroke-width", "font-size", "text-anchor", "opacity", "fill-opacity", "stroke-opacity")
MARK = re.compile(r"([MLHVhvlACZz])([^MLHVhvlACZz]*)")
NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def shares(self, other: Box, touch: float = TOUCH) -> bool:
        wide = min(self.right, other.right) - max(self.left, other.left)
        return wide > touch and min(self.bottom, other.bottom) - max(self.top, other.top) > touch

    def wider(self, by: float) -> Box:
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def holds(self, other: Box, slack: float = TOUCH) -> bool:
        big = self.wider(slack)
        return (
            big.left <= other.left and big.top <= other.top and big.right >= other.right and big.bottom >= other.bottom
        )


@dataclass(frozen=True)
class Text:
    said: str
    box: Box
    size: float
    at: int  # in the order of drawing
    halo: float = 0.0  # px of white around it
    angle: float = 0.0  # in which it is turned, and its box as it were if it was not
    upright: Box = Box(0, 0, 0, 0)

    def lies_on(self, other: Text) -> bool:
        if self.angle and self.angle == other.angle:
            return self.upright.shares(other.upright)
        return self.box.shares(other.box)


@dataclass(frozen=True)
class Stroke:
    points: tuple[Point, ...]
    tint: str
    at: int

    def strikes(self, box: Box) -> bool:
        return any(_crosses(a, b, box) for a, b in itertools.pairwise(self.points))


@dataclass
class Drawing:
    width: float
    height: float
    texts: list[Text] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    dots: list[tuple[Box, int]] = field(default_factory=list)

    def flaws(self) -> Iterator[str]:
        """What a reader would see of labels that are cut, struck or on top of one another."""
        frame = Box(0, 0, self.width, self.height)
        read = [one for one in self.texts if not one.halo]
        for one in read:
            if not frame.holds(one.box):
                yield f"{one.said!r} leaves the frame: {one.box}"
            light = [halo.at for halo in self.texts if halo.halo and halo.said == one.said and halo.box.wider(halo.halo).holds(one.box)]  # fmt: skip
            for stroke in self.strokes:
                if stroke.strikes(one.box) and not any(stroke.at < halo < one.at for halo in light):
                    yield f"{one.said!r} is struck by a line {stroke.tint}"
            if any(one.box.shares(dot) for dot, _ in self.dots):
                yield f"{one.said!r} has a dot on it"
        for one, other in itertools.combinations(read, 2):
            if one.lies_on(other):
                yield f"{one.said!r} lies on {other.said!r}"


def read(svg: str) -> Drawing:
    root = ET.fromstring(svg)
    drawing, order = Drawing(float(root.get("width", 0)), float(root.get("height", 0))), itertools.count()

    def walk(node: ET.Element, matrix: Matrix, said: dict[str, str]) -> None:
        tag = node.tag.rpartition("}")[2]
        if tag in {"defs", "clipPath"}:
            return
        said = said | {name: node.get(name, "") for name in SAID if name in node.attrib}
        matrix = _moved(matrix, node.get("transform", ""))
        at = next(order)
        if tag == "text":
            drawing.texts.extend(_letters(node, matrix, said, at))
        elif tag == "line":
            ends = ((_n(node, "x1"), _n(node, "y1")), (_n(node, "x2"), _n(node, "y2")))
            _stroke(drawing, [ends], matrix, said, at)
        elif tag == "circle":
            x, y, r = _n(node, "cx"), _n(node, "cy"), _n(node, "r")
            _dot(drawing, [(x - r, y - r), (x + r, y + r)], matrix, said, at)
        elif tag == "path":
            shape = node.get("d", "")
            if said.get("fill", "black") in {"none", "transparent"}:
                _stroke(drawing, _lines(shape), matrix, said, at)
            elif shape and not re.search("[HVhv]", shape):
                _dot(drawing, [point for line in _lines(shape) for point in line], matrix, said, at)
        for child in node:
            walk(child, matrix, said)

    walk(root, (1, 0, 0, 1, 0, 0), {})
    return drawing


def _stroke(drawing: Drawing, lines: list[tuple[Point, ...]], matrix: Matrix, said: dict[str, str], at: int) -> None:
    if said.get("stroke", "none") not in {"none", "transparent"} and said.get("opacity") != "0":
        drawing.strokes += [Stroke(tuple(_put(matrix, one) for one in line), said["stroke"], at) for line in lines]


def _dot(drawing: Drawing, points: list[Point], matrix: Matrix, said: dict[str, str], at: int) -> None:
    box = _around([_put(matrix, one) for one in points])
    if said.get("opacity") != "0" and max(box.right - box.left, box.bottom - box.top) < LARGEST:  # not an area
        drawing.dots.append((box, at))


def _letters(node: ET.Element, matrix: Matrix, said: dict[str, str], at: int) -> Iterator[Text]:
    size = float(said.get("font-size", "11").removesuffix("px"))
    halo = float(said.get("stroke-width", 1)) / 2 if said.get("stroke") == "white" else 0.0
    x, y = _n(node, "x"), _n(node, "y")
    for line in [child for child in node if child.text] or [node]:
        x, y = float(line.get("x", x)), y + (_n(line, "dy") if line is not node else 0)
        text = line.text or ""
        if not text.strip() or said.get("opacity") == "0":
            continue
        width, low, high = _measured(text)
        start = x - {"middle": 0.5, "end": 1.0}.get(said.get("text-anchor", "start"), 0.0) * width * size
        angle = round(atan2(matrix[1], matrix[0]), 3)
        back = (cos(angle), -sin(angle), sin(angle), cos(angle), 0.0, 0.0)
        corners = [(start, y - high * size), (start + width * size, y - low * size)]
        corners += [(corners[0][0], corners[1][1]), (corners[1][0], corners[0][1])]
        placed = [_put(matrix, one) for one in corners]
        yield Text(text, _around(placed), size, at, halo, angle, _around([_put(back, one) for one in placed]))


@cache
def _font() -> TTFont:
    return TTFont(next(font.path for font in fonts.packaged() if font.name == "sans"), lazy=True)


@cache
def _glyph(letter: str) -> tuple[float, float, float]:
    """Of one letter its width, and where its ink ends below and above the line, in parts of the size."""
    font = _font()
    glyphs, name = font.getGlyphSet(), font.getBestCmap().get(ord(letter), ".notdef")
    pen = BoundsPen(glyphs)
    glyphs[name].draw(pen)
    _, low, _, high = pen.bounds or (0, 0, 0, 0)
    return glyphs[name].width / 1000, low / 1000, high / 1000


def _measured(text: str) -> tuple[float, float, float]:
    every = [_glyph(one) for one in text]
    return sum(one[0] for one in every), min(one[1] for one in every), max(one[2] for one in every)


def _lines(shape: str) -> list[tuple[Point, ...]]:
    """The points of a path, a line for each part of it; of an arc or a curve its end."""
    lines: list[list[Point]] = []
    x = y = 0.0
    for letter, rest in MARK.findall(shape):
        n = [float(one) for one in NUMBER.findall(rest)]
        if letter == "M":
            lines.append([])
        if letter in "Zz":
            lines[-1].append(lines[-1][0])
        elif letter in "Hh":
            ends = [((x if letter == "h" else 0) + n[0], y)]
        elif letter in "Vv":
            ends = [(x, (y if letter == "v" else 0) + n[0])]
        elif letter == "l":
            ends = [(x + n[0], y + n[1])]
        else:
            step = {"A": 7, "C": 6}.get(letter, 2)
            ends = [(n[at + step - 2], n[at + step - 1]) for at in range(0, len(n), step)]
        if letter not in "Zz":
            lines[-1] += ends
            x, y = ends[-1]
    return [tuple(line) for line in lines]


def _crosses(a: Point, b: Point, box: Box) -> bool:
    """Whether the line from a to b goes through the inner of a box (Liang and Barsky)."""
    inner = box.wider(-TOUCH)
    start, end = 0.0, 1.0
    for delta, low, high, at in (
        (b[0] - a[0], inner.left, inner.right, a[0]),
        (b[1] - a[1], inner.top, inner.bottom, a[1]),
    ):
        if abs(delta) < 1e-9:
            if not low < at < high:
                return False
            continue
        one, other = sorted(((low - at) / delta, (high - at) / delta))
        start, end = max(start, one), min(end, other)
    return start < end


def _moved(matrix: Matrix, transform: str) -> Matrix:
    for name, rest in re.findall(r"(\w+)\(([^)]*)\)", transform):
        n = [float(one) for one in NUMBER.findall(rest)]
        if name == "translate":
            step: Matrix = (1, 0, 0, 1, n[0], n[1] if len(n) > 1 else 0)
        elif name == "rotate":
            turn = radians(n[0])
            step = (cos(turn), sin(turn), -sin(turn), cos(turn), 0, 0)
        elif name == "scale":
            step = (n[0], 0, 0, n[-1], 0, 0)
        else:
            raise ValueError(transform)
        a, b, c, d, e, f = matrix
        p, q, r, s, t, u = step
        matrix = (a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f)
    return matrix


def _put(matrix: Matrix, point: Point) -> Point:
    a, b, c, d, e, f = matrix
    return a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f


def _around(points: list[Point]) -> Box:
    across, down = [one[0] for one in points], [one[1] for one in points]
    return Box(min(across), min(down), max(across), max(down))


def _n(node: ET.Element, name: str) -> float:
    return float(node.get(name, 0))
