"""The panel's pictures: small SVG drawn at once. The report's figures are drawn by `charts`, which takes a tenth of a second each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from pipeline import wording
from pipeline.charts.theme import ACCENT, MUTED, PRIMARY
from pipeline.findings import Measure
from pipeline.scenarios.start import Array

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 260, 165, 44, 16, 34, 22


def path(
    measure: Measure,
    filed: Mapping[int, float],
    years: Sequence[int],
    before: Array,
    after: Array,
    band: Array | None = None,
    target: float | None = None,
    than: str = "保存的",
) -> str:
    """A measure over the years as SVG: filed values, the path it is held against (`than`, the saved one) thin and dashed, the
    one that is tried, its P10 to P90, the target as a line. Empty where nothing is known."""
    every = np.concatenate([list(filed.values()), before, after, [] if band is None else band.ravel()])
    values = every[np.isfinite(every)].tolist() + ([] if target is None else [target])
    if not values:
        return ""
    shown = measure.among(values)
    low, high = min(values), max(values)
    low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
    first, last = min([*filed, years[0]]), years[-1]

    def x(year: float) -> float:
        return float(LEFT + (WIDTH - LEFT - RIGHT) * (year - first) / (last - first))

    def y(value: float) -> float:
        return float(TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low))

    def line(points: Sequence[tuple[int, float]], style: str) -> str:
        told = " ".join(f"{x(year):.1f},{y(value):.1f}" for year, value in points if np.isfinite(value))
        return f'<polyline points="{told}" fill="none" {style}/>'

    def text(at: float, down: float, said: str, style: str = "") -> str:
        return f'<text x="{at:.1f}" y="{down:.1f}" font-size="11" {style}>{escape(said)}</text>'

    parts = []
    if band is not None:
        edge = [(year, one[0]) for year, one in zip(years, band, strict=True)]
        edge += [(year, one[1]) for year, one in reversed(list(zip(years, band, strict=True)))]
        told = " ".join(f"{x(year):.1f},{y(value):.1f}" for year, value in edge if np.isfinite(value))
        parts.append(f'<polygon points="{told}" fill="{PRIMARY}" fill-opacity="0.15"/>')
    if target is not None:
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(target):.1f}" y2="{y(target):.1f}" stroke="{ACCENT}" stroke-dasharray="2 3"/>')  # fmt: skip
    parts.append(line(list(filed.items()), f'stroke="{MUTED}" stroke-width="1.5"'))
    parts.append(line(list(zip(years, before, strict=True)), f'stroke="{PRIMARY}" stroke-width="1.2" stroke-dasharray="5 4"'))  # fmt: skip
    parts.append(line(list(zip(years, after, strict=True)), f'stroke="{PRIMARY}" stroke-width="2.6"'))
    for value in (low, high):
        parts.append(text(LEFT - 4, y(value) + 4, _tick(shown, value), f'text-anchor="end" fill="{MUTED}"'))
    for year in (first, last):
        parts.append(text(x(year), HEIGHT - 8, str(year), f'text-anchor="middle" fill="{MUTED}"'))
    end = float(after[-1])
    said = f"{last} 年 {shown.say(end)}" if np.isfinite(end) else f"{last} 年 {wording.MISSING}"
    parts.append(text(LEFT, 24, said, f'font-weight="700" fill="{PRIMARY}"'))
    head = text(LEFT, 11, measure.name)
    label = f"{measure.name}：{said}，{than}为 {shown.say(float(before[-1]))}"
    return (
        f'<svg role="img" aria-label="{escape(label)}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="sans-serif">{head}{"".join(parts)}</svg>'
    )


def ruler(least: float, most: float, triple: tuple[float, float, float], now: float | None) -> str:
    """Below a slider as wide as this: low to high of what is saved as a bar, its middle as a mark; what the region did last
    as a dot."""

    def x(value: float) -> float:
        return 100 * (value - least) / (most - least)

    low, mode, high = map(x, triple)
    dot = "" if now is None or not least <= now <= most else f'<span style="left:{x(now):.1f}%" class="dot"></span>'
    return (
        f'<div class="ruler" aria-hidden="true"><span class="range" style="left:{low:.1f}%;width:{high - low:.1f}%"></span>'
        f'<span class="mode" style="left:{mode:.1f}%"></span>{dot}</div>'
    )


def spark(values: Mapping[int, float]) -> str:
    """A tiny line of what the region did."""
    known = {year: value for year, value in values.items() if np.isfinite(value)}
    if len(known) < 2:
        return ""
    low, high, first, last = min(known.values()), max(known.values()), min(known), max(known)
    told = " ".join(
        f"{2 + 56 * (year - first) / (last - first):.1f},{16 - 13 * (value - low) / ((high - low) or 1):.1f}"
        for year, value in known.items()
    )
    return f'<svg width="60" height="18" aria-hidden="true"><polyline points="{told}" fill="none" stroke="{MUTED}" stroke-width="1.5"/></svg>'


def _tick(measure: Measure, value: float) -> str:
    """A value on the axis without its unit, which the head has."""
    return measure.say(value).split(" ")[0]
