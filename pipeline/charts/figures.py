"""A chart's two forms: the SVG that prints and needs no script, and the specification that is drawn in the page."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import altair as alt
import vl_convert as vlc

from pipeline import keeping, wording
from pipeline.charts import axes, compact, composed, fonts, labels, subset, theme

Spec = dict[str, Any]

_ids = re.compile(r'(id="|url\(#|href="#)((?:clip|gradient)_?\d+)')
_registered: list[Path] = []

REDUCED = 'data-letters="base"'  # of a picture with a text that the converter refuses as it is

CONVERTER = version("vl-convert-python")
CODE = [path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))]


def specification(chart: alt.TopLevelMixin, edge: int = 5, told: Callable[[Spec], Spec] = lambda spec: spec) -> Spec:
    """The Vega-Lite specification as the page draws it: as wide as its place, but for several pictures side by side, theme
    included, no version pinned. edge: px
    that it leaves free on its right. told: puts its texts into the reader's language."""
    spec: Spec = chart.to_dict(validate=True)
    several = composed.is_composed(spec)
    if several:
        composed.fit(spec)
    else:
        spec["width"] = "container"
        spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    spec["padding"] = {"left": 5, "top": 5, "right": edge, "bottom": 5}
    spec = _deterministic(spec)
    labels.fit(spec)
    spec = told(spec)
    labels.fit_legends(spec)
    axes.edge_to_edge(spec)
    if not several:
        axes.mark_broken(spec)
    return spec


def _deterministic(spec: Spec) -> Spec:
    """Altair numbers views and parameters per process; number them per chart, so that equal charts are equal."""
    text = json.dumps(spec, ensure_ascii=False, sort_keys=True, default=str)
    names = dict.fromkeys(re.findall(r'"((?:view|param)_\d+)"', text))
    for count, name in enumerate(names, 1):
        text = text.replace(f'"{name}"', f'"{name.split("_")[0]}_n{count}"')
    found: Spec = _each_text(json.loads(text), lambda text: text.translate(wording.INVISIBLE))
    return found


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_text(one, change) for one in value]
    if isinstance(value, dict):
        return {change(key): _each_text(one, change) for key, one in value.items()}
    return value


def svg(spec: Spec, figure_id: str, cache: Path | None = None) -> str:
    """`spec` as a static SVG, `theme.WIDTH` wide, compact, with ids of its own.

    Kept in `cache` under the hash of all that it is made from (specification, id, this code, the fonts' content, the
    converter), since a chart with Chinese text costs more than the notebook it stands in; one that is not as it was
    kept is drawn again. The caller supplies the alternative text: the converter drops it.
    """
    still = _still(spec)
    kept = cache / f"{_key(still, figure_id)}.svg" if cache else None
    if kept and (found := keeping.read(kept)) is not None:
        return found
    small = subset.chosen(subset.beside(cache)) if cache else None
    drawn, is_whole = _with_base_letters(lambda one: _drawn(one, small), still)
    numbers: dict[str, str] = {}
    drawn = _ids.sub(lambda m: m[1] + numbers.setdefault(m[2], f"{figure_id}-{len(numbers) + 1}"), drawn)
    drawn = compact.compact(drawn)
    drawn = drawn if is_whole else drawn.replace("<svg ", f"<svg {REDUCED} ", 1)
    if kept:
        keeping.write(kept, drawn)
    return drawn


def _still(spec: Spec) -> Spec:
    """As it is drawn where nothing can be asked of its place."""
    return {**spec, "width": theme.WIDTH} if spec.get("width") == "container" else spec


def _key(*made_of: object) -> str:
    return hashlib.sha256(json.dumps([*made_of, CONVERTER, CODE, fonts.content()]).encode()).hexdigest()


def forget(cache: Path) -> None:
    """Draw every chart again, and make the script again, when it is next asked for."""
    for kept in cache.glob("[!.]*"):
        with suppress(OSError):  # another process has it open
            kept.unlink()


def letters(svg: str) -> float:
    """The size of the smallest letters of `svg`, as a share of its width."""
    width = re.search(r'<svg [^>]*?width="([\d.]+)"', svg)
    sizes = re.findall(r'font-size="([\d.]+)(?:px)?"', svg)
    return min(map(float, sizes)) / float(width[1]) if width and sizes else 0.0


Drawn = TypeVar("Drawn")


def _with_base_letters(draw: Callable[[Spec], Drawn], spec: Spec) -> tuple[Drawn, bool]:
    """`spec` drawn, and whether with its texts as they are: where the converter refuses one, all are drawn in base
    letters."""
    try:
        return draw(spec), True
    except ValueError:
        return draw(_each_text(spec, wording.base_letters)), False


def _drawn(spec: Spec, small: subset.Small | None) -> str:
    """By the small font where it has every character of `spec`: the picture is the same."""
    _register(fonts.folders())
    text = json.dumps(spec, ensure_ascii=False)
    if small is None or not small.characters.issuperset(text):
        return str(vlc.vegalite_to_svg(spec, allowed_base_urls=[]))
    _register([small.path.parent])
    drawn: str = vlc.vegalite_to_svg(json.loads(text.replace(fonts.SANS, subset.FAMILY)), allowed_base_urls=[])
    return drawn.replace(subset.FAMILY, fonts.SANS)


def png(spec: Spec) -> bytes:
    """`spec` as a PNG at twice the size, for Word."""
    _register(fonts.folders())
    still = _still(spec)
    drawn, _ = _with_base_letters(lambda one: vlc.vegalite_to_png(one, scale=2, allowed_base_urls=[]), still)
    return bytes(drawn)


def _register(folders: list[Path]) -> None:
    for folder in folders:
        if folder not in _registered:
            vlc.register_font_directory(str(folder))
            _registered.append(folder)


def javascript_bundle(cache: Path) -> str:
    """Vega, Vega-Lite and Vega-Embed as one classic script (no import, no export), about 0.9 MB; kept in `cache`."""
    kept = cache / f"{_key('vega')}.js"
    script = keeping.read(kept)
    if script is None:
        bundle = vlc.javascript_bundle("window.vegaEmbed = vegaEmbed;")
        script = f"(function(){{{bundle}\n}})();"
        keeping.write(kept, script)
    return script
