"""What the methods appendix says of coefficients and factors in dispute: what each does to each headline."""

from __future__ import annotations

import polars as pl

from pipeline import wording
from pipeline.chapters import shapes
from pipeline.given.reference import Plan
from pipeline.indicators.view import View
from pipeline.reports.blocks import Table
from pipeline.scenarios.sensitivity import HEADLINES

UNTOUCHED = "不变"


def table(rows: pl.DataFrame, view: View, id: str) -> Table | None:
    """The variants as lines, the headlines as columns; None without values. rows: `sensitivity.TABLE` of the region."""
    if rows.is_empty():
        return None
    value = dict(rows.select("indicator_id", "value").iter_rows())
    shown = [id for id in HEADLINES if id in value]
    names = {id: view.measure(id).name for id in shown}
    lines = [{"取值": "本报告采用的"} | {names[id]: view.measure(id).say(value[id]) for id in shown}]
    for variant, part in rows.group_by("variant", maintain_order=True):
        changed = dict(part.select("indicator_id", "changed").iter_rows())
        lines.append({"取值": str(variant[0])} | {names[id]: _effect(id, value[id], changed[id]) for id in shown})
    return Table(
        id=id,
        title=f"{view.year} 年{view.region.short_zh}主要指标对有争议或尚未公布的系数、因子的敏感性",
        data=pl.DataFrame(lines),
        source="企业填报；由本报告按不同取值重新计算",
        method="每次只改一项，其余不变；总量列相对变化，强度变动列百分点之差。热力的 0.11 tCO2/GJ 是常用缺省值，没有见到所据文件，只用于此表。",
        widths=[22, *[9] * len(shown)],
    )


def _effect(id: str, value: float, changed: float) -> str:
    if abs(changed - value) <= 1e-9 * abs(value):
        return UNTOUCHED
    if id.endswith(".change"):
        return f"{wording.number(100 * (changed - value), 2, sign=True)} 个百分点"
    return wording.percent(changed / value - 1, 2, sign=True) if value else wording.MISSING


def said(rows: pl.DataFrame, view: View, plan: Plan) -> str:
    """What moves energy and emissions most, and whether a verdict on the intensity targets turns; empty without values."""
    told = []
    for id in ("energy.total", "carbon.location", "carbon.market"):
        part = rows.filter(pl.col("indicator_id") == id, pl.col("value") != 0).with_columns(
            effect=pl.col("changed") / pl.col("value") - 1
        )
        most = part.sort(pl.col("effect").abs(), descending=True).head(1)
        if most.height and abs(most["effect"][0]) > 1e-9:
            effect = wording.percent(most["effect"][0], 2, sign=True)
            told.append(f"对{view.measure(id).name}影响最大的是{most['variant'][0]}，为 {effect}")
    turned = []
    for target in plan.targets:
        part = rows.filter(pl.col("indicator_id") == target.indicator)
        for variant, value, changed in part.select("variant", "value", "changed").iter_rows():
            if shapes.reaches(target, value) != shapes.reaches(target, changed):
                turned.append(
                    f"{variant}时，{view.measure(target.indicator).name}为 {view.measure(target.indicator).say(changed)}"
                )
    if not told:
        return ""
    if not view.region.is_nation:  # the targets bind the nation
        return "；".join(told) + "。"
    verdict = (
        f"会使强度是否达到目标值改变的有：{'；'.join(turned)}。"
        if turned
        else "各种取值都不改变两项强度是否达到目标值。"
    )
    return (
        "；".join(told)
        + "。"
        + (verdict if rows["indicator_id"].is_in([one.indicator for one in plan.targets]).any() else "")
    )
