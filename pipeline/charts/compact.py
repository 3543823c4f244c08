"""An SVG as vl-convert draws it, in a third of its bytes: the same picture, said once where it was said for each mark."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ET.register_namespace("", SVG)
ET.register_namespace("xlink", XLINK)

INHERITED = (
    "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-miterlimit", "fill-opacity", "stroke-opacity",
    "font-size", "font-weight", "text-anchor",
)  # fmt: skip
DEFAULT = {
    "opacity": "1", "fill-opacity": "1", "stroke-opacity": "1", "x2": "0", "y2": "0", "transform": "translate(0,0)",
    "stroke-width": "1", "font-weight": "normal", "text-anchor": "start",
}  # fmt: skip
UNUSED = re.compile(r"class|pointer-events|role|aria-.*|version|cursor")
CIRCLE = re.compile(r"M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0")
MOVED = re.compile(r"translate\((-?[\d.]+),(-?[\d.]+)\)")
PLACES = ("d", "transform", "x", "y", "x1", "x2", "y1", "y2", "width", "height")
LONG = re.compile(r"-?\d+\.\d{3,}")


def compact(drawn: str) -> str:
    """`drawn` without what paints nothing, and with inherited attributes on the group whose members share them.

    Coordinates are rounded to a hundredth of a pixel, which nobody sees. English texts for screen readers go: the
    caller gives a Chinese one. Ids and references to them stay.
    """
    root = ET.fromstring(drawn)
    _tidy(root)
    families = {node.attrib.pop("font-family") for node in root.iter() if "font-family" in node.attrib}
    if len(families) > 1:
        raise ValueError(f"a chart is set in one family, not in {sorted(families)}")
    for family in families:
        root.set("font-family", family)
    _gather(root)
    return ET.tostring(root, encoding="unicode").replace(" />", "/>")


def _tidy(node: ET.Element) -> None:
    for name in [name for name, value in node.attrib.items() if UNUSED.fullmatch(name) or DEFAULT.get(name) == value]:
        del node.attrib[name]
    for name in PLACES:
        if name in node.attrib:
            node.set(name, LONG.sub(_hundredths, node.get(name, "")))
    _shorter(node)
    for child in list(node):
        _tidy(child)
        if _paints_nothing(child):
            node.remove(child)


def _shorter(node: ET.Element) -> None:
    """A circle instead of its path, and a text at its place instead of moved there."""
    if node.tag == f"{{{SVG}}}path" and (found := CIRCLE.fullmatch(node.get("d", ""))):
        node.tag = f"{{{SVG}}}circle"
        del node.attrib["d"]
        node.set("r", found[1])
    centre = {f"{{{SVG}}}circle": ("cx", "cy"), f"{{{SVG}}}text": ("x", "y")}.get(node.tag)
    found = MOVED.fullmatch(node.get("transform", ""))
    if centre and found and not len(node) and not set(centre) & set(node.attrib):
        del node.attrib["transform"]
        node.attrib |= dict(zip(centre, found.groups(), strict=True))


def _paints_nothing(node: ET.Element) -> bool:
    tag = node.tag.removeprefix(f"{{{SVG}}}")
    if node.get("display") == "none" or node.get("opacity") == "0" or (tag in {"g", "defs"} and not len(node)):
        return True
    return tag == "path" and (not node.get("d") or ("fill" not in node.attrib and "stroke" not in node.attrib))


def _gather(node: ET.Element) -> None:
    """Groups that only group are dissolved; what all members of a group say, the group says."""
    for child in list(node):
        _gather(child)
    for place, child in reversed(list(enumerate(node))):
        if child.tag == f"{{{SVG}}}g" and not child.attrib:
            node[place : place + 1] = list(child)
    if len(node) == 1 and node.tag == node[0].tag == f"{{{SVG}}}g" and _merge(node, node[0]):
        node[:] = list(node[0])
    if node.tag == f"{{{SVG}}}g" or node.tag == f"{{{SVG}}}svg":
        for name in INHERITED:
            said = {child.get(name) for child in node if child.tag != f"{{{SVG}}}defs"}
            if len(said) == 1 and (shared := said.pop()) is not None:
                node.set(name, shared)
                for child in node:
                    child.attrib.pop(name, None)


def _merge(outer: ET.Element, inner: ET.Element) -> bool:
    """Whether `outer` could take over what its only member says; transforms follow one another."""
    if set(inner.attrib) - {*INHERITED, "transform"}:
        return False
    moves = [node.get("transform") for node in (outer, inner)]
    outer.attrib |= inner.attrib
    if all(moves):
        outer.set("transform", " ".join(map(str, moves)))
    return True


def _hundredths(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
