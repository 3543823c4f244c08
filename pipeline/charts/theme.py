"""The look that all figures share: fonts, colours, axes.

Colours follow the Okabe-Ito set (Okabe and Ito 2008, "Color Universal Design"), told apart with any colour vision, each
dark enough to be read as text on white (4.5 : 1, WCAG 2.2, 1.4.3), since names stand beside lines in their colour;
the sequential scale runs in one hue from light to dark and so survives a grey print.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle
from typing import Any

import altair as alt

from pipeline.charts.fonts import SANS

INK = "#1f2933"
MUTED = "#52606d"
RULE = "#d9e2ec"
NO_DATA = "#e4e7eb"
PRIMARY = "#00634f"
ACCENT = "#c24f00"
BLUE, OCHRE, PURPLE, STEEL = "#0072b2", "#926a00", "#a6527d", "#3b7aa3"
SEQUENTIAL = ["#e3f1ea", "#b3dbc8", "#77bd9f", "#23805f", "#00634f", "#003d31"]
CATEGORIES = [PRIMARY, BLUE, OCHRE, PURPLE, STEEL, MUTED]  # not ACCENT: a target, or what the report is about, has it

MEMBERS = {
    # facility types, and the kinds of rooms
    "base_station": PRIMARY, "data_centre": BLUE, "access_room": OCHRE, "core_room": PURPLE, "office": STEEL, "other": MUTED,
    "core": PURPLE, "aggregation": STEEL, "access": OCHRE, "retrofitted": PRIMARY, "others": OCHRE,
    # base stations: generations, and what they are measured in
    "5G": PRIMARY, "4G": STEEL, "efficiency": PRIMARY, "electricity_per_station": PURPLE,
    "traffic": BLUE, "electricity_use": PRIMARY, "stations": OCHRE,
    "co_build": PRIMARY, "existing": SEQUENTIAL[2], "social": BLUE, "none": ACCENT,
    # channels of green power, ways to count emissions
    "bilateral": PRIMARY, "gec": OCHRE, "tariff": BLUE, "self_built": PURPLE, "direct": STEEL,
    "location": PRIMARY, "market": PURPLE,
    # data centres: when they went into service, grades
    "all": INK, "within": PRIMARY, "before": OCHRE, "after": STEEL,
    "grade_1": PRIMARY, "grade_2": SEQUENTIAL[2], "grade_3": NO_DATA, "beyond": ACCENT,
    # energy beside what it was used for
    "energy.index": PRIMARY, "activity.flow_index": BLUE, "activity.volume_index": OCHRE,
    # cases
    "reduction": PRIMARY, "avoided_growth": BLUE, "promoted": PRIMARY, "selected": SEQUENTIAL[2], "candidate": NO_DATA,
    # regions: the report's own province, the nation, economic regions, a grid
    "own": ACCENT, "nation": PRIMARY, "east": BLUE, "central": OCHRE, "west": PURPLE, "northeast": STEEL, "grid": BLUE,
    # what a value does
    "met": PRIMARY, "missed": ACCENT, "total": PRIMARY, "added": ACCENT, "taken_off": BLUE,
    "better": PRIMARY, "worse": ACCENT, "unchanged": MUTED, "low": BLUE, "high": ACCENT,
}  # fmt: skip
"""The colour of each member of each category, alike in all charts."""

WIDTH = 640
HEIGHT = 170  # of a chart over the years: two of them and their text share a page
LABEL = 15  # px between the middles of two labels, one above the other
ROW = 12.5  # of a row in a chart of all provinces: one of them and one over the years share a page
FONT_STACK = f"{SANS}, Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif"


@alt.theme.register("green_report", enable=True)
def green_report() -> alt.theme.ThemeConfig:
    """Vega-Lite configuration of every figure. No chart carries its own title: the caption states the finding."""
    text = {"labelFont": FONT_STACK, "titleFont": FONT_STACK, "labelFontSize": 12, "titleFontSize": 12}
    text |= {"labelColor": INK, "titleColor": MUTED, "titleFontWeight": "normal", "labelFontWeight": "normal"}
    axis = {**text, "domainColor": MUTED, "tickColor": MUTED, "gridColor": RULE, "titlePadding": 8}
    axis["labelLimit"] = 0  # `labels.fit` cuts, and says when the names of a legend stand one below the other
    config: dict[str, Any] = {
        "font": FONT_STACK,
        "background": "white",
        "view": {"stroke": None},
        "axis": axis,
        "axisY": {
            "domain": False,
            "ticks": False,
            "titleAngle": 0,
            "titleAlign": "left",
            "titleAnchor": "end",
            "titleX": 0,
            "titleY": -12,
            "titleBaseline": "bottom",
            "labelPadding": 8,  # a line's first dot stands on the axis
        },
        "axisX": {"grid": False, "labelFlush": False},
        "legend": {
            **text,
            **{"orient": "top", "title": None, "symbolType": "circle", "labelLimit": 0, "titleLimit": 0},
        },
        "text": {"font": FONT_STACK, "fontSize": 12, "color": INK},
        "line": {"strokeWidth": 2.5, "color": PRIMARY},
        "point": {"filled": True, "size": 60, "color": PRIMARY},
        "bar": {"color": PRIMARY},
        "range": {"category": CATEGORIES, "ramp": SEQUENTIAL, "heatmap": SEQUENTIAL},
        "scale": {"bandPaddingInner": 0.25},
    }
    return {"config": config}  # type: ignore[typeddict-item]


def tints(keys: Iterable[str]) -> dict[str, str]:
    """The colour of each member by its key: the one it has in all charts, or the next that none of the others has."""
    keys = list(keys)
    free = [one for one in CATEGORIES if one not in {MEMBERS.get(key) for key in keys}] or CATEGORIES
    others = dict(zip((key for key in keys if key not in MEMBERS), cycle(free), strict=False))
    return {key: MEMBERS.get(key) or others[key] for key in keys}
