"""The look that all figures share: fonts, colours, axes.

Colours follow the Okabe-Ito set (Okabe and Ito 2008, "Color Universal Design"), told apart with any colour vision, each
dark enough to be read as text on white (4.5 : 1, WCAG 2.2, 1.4.3), since names stand beside lines in their colour;
the sequential scale runs in one hue from light to dark and so survives a grey print.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from pipeline.charts.fonts import SANS

INK = "#1f2933"
MUTED = "#52606d"
RULE = "#d9e2ec"
NO_DATA = "#e4e7eb"
PRIMARY = "#00634f"
ACCENT = "#c24f00"
CATEGORIES = ["#00634f", "#c24f00", "#0072b2", "#926a00", "#a6527d", "#3b7aa3", "#52606d"]
SEQUENTIAL = ["#e3f1ea", "#b3dbc8", "#77bd9f", "#23805f", "#00634f", "#003d31"]

WIDTH = 640
HEIGHT = 170  # of a chart over the years: two of them and their text share a page
LABEL = 15  # px between the middles of two labels, one above the other
NARROW = 400  # a plot narrower than this has no room for names side by side
ROW = 12.5  # of a row in a chart of all provinces: one of them and one over the years share a page
FONT_STACK = f"{SANS}, Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif"


@alt.theme.register("green_report", enable=True)
def green_report() -> alt.theme.ThemeConfig:
    """Vega-Lite configuration of every figure. No chart carries its own title: the caption states the finding."""
    text = {"labelFont": FONT_STACK, "titleFont": FONT_STACK, "labelFontSize": 12, "titleFontSize": 12}
    text |= {"labelColor": INK, "titleColor": MUTED, "titleFontWeight": "normal", "labelFontWeight": "normal"}
    axis = {**text, "domainColor": MUTED, "tickColor": MUTED, "gridColor": RULE, "titlePadding": 8}
    axis["labelLimit"] = 0  # `labels.fit` cuts
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
        },
        "axisX": {"grid": False, "labelFlush": False},
        "legend": {
            **text,
            **{"orient": "top", "title": None, "symbolType": "circle", "labelLimit": 0, "titleLimit": 0},
            "columns": {"expr": f"width < {NARROW} ? 1 : 0"},
        },
        "text": {"font": FONT_STACK, "fontSize": 12, "color": INK},
        "line": {"strokeWidth": 2.5, "color": PRIMARY},
        "point": {"filled": True, "size": 60, "color": PRIMARY},
        "bar": {"color": PRIMARY},
        "range": {"category": CATEGORIES, "ramp": SEQUENTIAL, "heatmap": SEQUENTIAL},
        "scale": {"bandPaddingInner": 0.25},
    }
    return {"config": config}  # type: ignore[typeddict-item]
