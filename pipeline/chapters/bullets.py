"""How far is each target reached? One bar a target from its own zero, with all targets on one line.

A bar begins where nothing is reached (a PUE of 1 is no excess, a change of 0 no fall) and is as long as the target's line
is far where the value is the target. A limit (PUE) is kept where the bar stays short of the line, any other target is
reached where the bar comes to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import polars as pl

from pipeline.chapters.energy import said_change
from pipeline.chapters.shapes import FILED, reaches
from pipeline.charts import theme
from pipeline.given.reference import Target
from pipeline.indicators.scorecard import Judgement
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.reports.blocks import Figure

CAP = 2.0  # times the target: longer bars are cut, so that the short ones can be read
TONES = {"good": theme.PRIMARY, "warn": theme.CATEGORIES[3], "bad": theme.ACCENT, "none": theme.CATEGORIES[2]}


def bullets(judged: Sequence[Judgement], view: View, figure: str) -> Figure | None:
    """The targets that have a value which can be set beside them, in their order; None where none has."""
    there = [one for one in judged if one.gap is not None]
    if not there:
        return None
    reached = [_reached(one.target, one.value, view) for one in there if one.value is not None]
    said = [said_change(one.printed) if _is_change(one.target) else one.printed for one in there]
    names = [view.catalogue[one.target.indicator.removesuffix(".change")].title for one in there]
    rows = pl.DataFrame(
        {
            "目标": [str(one.target.no) for one in there],
            "止": [min(part, CAP) for part in reached],
            "题": [f"{one.target.no} {name}：{value}（目标{one.target.value_printed}）" for one, name, value in zip(there, names, said, strict=True)],
            "判": [f"{one.symbol} {one.status if view.region.is_nation else zh.say(one.gap_printed)}" for one in there],
            "色": [TONES[one.tone] for one in there],
        }
    )  # fmt: skip
    rows = rows.with_columns(处=pl.max_horizontal("止", pl.lit(1.0)))  # beyond bar and line
    low, high = min(0.0, *reached), max(1.0, *rows["止"])
    scale = alt.Scale(domain=[low, high + 0.5 * (high - low)], nice=False)
    y = alt.Y("目标:N", sort=rows["目标"].to_list(), axis=None)
    x = alt.X("止:Q", scale=scale, axis=None)
    base = alt.Chart(rows).encode(y=y)
    bars = base.mark_bar(height=12).encode(
        x=x, color=alt.Color("色:N", scale=None), tooltip=[alt.Tooltip("题:N", title="目标"), alt.Tooltip("判:N", title="状态")]
    )  # fmt: skip
    line = base.mark_tick(color=theme.INK, thickness=2.5, size=18).encode(x=alt.datum(1.0, type="quantitative"))
    told = base.mark_text(align="left", dy=-17, fontSize=11).encode(x=alt.datum(low, type="quantitative"), text="题:N")
    status = base.mark_text(align="left", dx=6).encode(x="处:Q", text="判:N")
    within = [str(one.target.no) for one in there if _is_limit(one.target)]
    cut = [name for name, part in zip(names, reached, strict=True) if part > CAP]
    return Figure(
        id=figure,
        title=_title(there, view),
        chart=alt.layer(bars, line, told, status).properties(height=46 * len(there)),
        data=pl.DataFrame(
            {
                "目标": [f"{one.target.no}　{one.target.title}" for one in there],
                "数值": said,
                "目标值": [one.target.value_printed for one in there],
                "相当于目标的比例（%）": [100 * part for part in reached],
                "状态": [one.status for one in there],
                "与目标的距离": [zh.say(one.gap_printed) for one in there],
            }
        ),
        alt="子弹图：各项目标的数值与目标值。"
        + "；".join(f"{name}：{value}，目标{one.target.value_printed}，{one.status if view.region.is_nation else zh.say(one.gap_printed)}" for one, name, value in zip(there, names, said, strict=True))
        + "。",
        source=FILED,
        method="竖线是目标，横条是数值，各项按自己的目标折算成同一长度，不能互相比较；横条达到或超过竖线即达到目标"
        + (f"，只有目标 {'、'.join(within)} 是上限，横条不超过竖线即达到目标（PUE 从 1 起算）" if within else "")
        + (f"；超过目标 {CAP:.0f} 倍的只画到 {CAP:.0f} 倍（{'、'.join(cut)}）" if cut else "")
        + "。",
        decimals={"相当于目标的比例（%）": 1},
    )  # fmt: skip


def _is_change(target: Target) -> bool:
    return target.indicator.endswith(".change")


def _is_limit(target: Target) -> bool:
    return target.comparator == "<=" and target.value > 0


def _reached(target: Target, value: float, view: View) -> float:
    """The part of the way from the indicator's zero to the target; above 1 of a limit is too much."""
    start = (view.catalogue[target.indicator].valid_range or (0.0,))[0] if _is_limit(target) else 0.0
    return (value - start) / (target.value - start)


def _title(there: Sequence[Judgement], view: View) -> str:
    """`2025 年 8 项有数值的目标中，7 项已达标，1 项口径未定`; a province is only set beside the nation's targets."""
    count = f"{view.year} 年 {len(there)} 项有数值的目标"
    if view.region.is_nation:
        statuses = [one.status for one in there]
        kinds = [f"{statuses.count(status)} 项{status}" for status in dict.fromkeys(statuses)]
        return f"{count}全部{statuses[0]}" if len(kinds) == 1 and len(there) > 1 else f"{count}中，{'，'.join(kinds)}"
    on_side = sum(reaches(one.target, one.value) for one in there if one.value is not None)
    sides = {"符合": on_side, "不符合": len(there) - on_side}
    kinds = [f"{n} 项{name}" for name, n in sides.items() if n]
    return f"{view.year} 年{view.region.short_zh} {len(there)} 项数值对照全国目标，{'，'.join(kinds)}"
