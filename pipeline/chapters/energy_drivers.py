"""Which driver made the energy of a region change since the baseline: more flow, who carries it, or energy per flow?

E = sum over groups of Q x (Q_g / Q) x (E_g / Q_g), with the flow Q and the energy E: activity, structure, intensity,
parted by LMDI (`scenarios.lmdi`). The groups of the nation are the provinces that filed both in full in both years, those
of a province its enterprises that have a flow; enterprises without one (the tower company) are a step of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline import findings, wording
from pipeline.chapters import shapes
from pipeline.findings import Measure
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.language.zh import changed_by, pulled_by
from pipeline.reports.blocks import Figure
from pipeline.scenarios.lmdi import lmdi_additive

RATIO, CHANGE, ENERGY, FLOW = "energy.per_flow", "energy.per_flow.change", "energy.covered", "activity.flow"
YEARS = ("before", "after")
TCE = Measure("综合能耗", "tce", 1, "big")
GROUPS = {
    "group": pl.String(),
    **dict.fromkeys(("energy_before", "energy_after", "flow_before", "flow_after"), pl.Float64()),
}


@dataclass(frozen=True)
class Parts:
    """The change of energy from `before` to `after` (tce): the sum of activity, structure, intensity and without_flow.

    without_flow: the change of the energy of those that have no flow in a year. groups: GROUPS, those that have a flow. coverage: the
    share of the flow of the baseline that the groups carried, None where it is not known.
    """

    before: float
    after: float
    activity: float
    structure: float
    intensity: float
    without_flow: float
    groups: pl.DataFrame
    coverage: float | None

    @property
    def change(self) -> float:
        return self.after - self.before


def parts(view: View, base: int) -> Parts | None:
    """The drivers of the report's region between `base` and the report's year; None where nothing can be compared."""
    if view.year <= base or view.value(CHANGE) is None or _is_closed(view, base):
        return None
    groups = _provinces(view, base) if view.region.is_nation else _enterprises(view, base)
    before, after = (math.fsum(groups[f"energy_{when}"]) for when in YEARS)
    idle = {when: groups.filter(pl.col(f"flow_{when}") <= 0)[f"energy_{when}"] for when in YEARS}
    flowing = groups.filter((pl.col("flow_before") > 0) | (pl.col("flow_after") > 0))
    if not (flowing["flow_before"].sum() > 0 and flowing["flow_after"].sum() > 0):
        return None
    without_flow = math.fsum(idle["after"]) - math.fsum(idle["before"])
    row = view.row(CHANGE)
    return Parts(before, after, *split(flowing), without_flow, flowing, row["coverage"] if row else None)


def _is_closed(view: View, base: int) -> bool:
    """Whether a group that counts is not told: of a province always where enterprises are not."""
    if not view.region.is_nation:
        return view.without_entities
    return any(findings.withheld(view.by_province(RATIO, year)) for year in (base, view.year))


def split(groups: pl.DataFrame) -> tuple[float, float, float]:
    """Activity, structure and intensity effect (in the unit of energy) of GROUPS that each had a flow in one of the years.

    A group with a flow in one year only has the intensity of that year in both, so that coming and going is structure.
    """
    flow, energy = ({when: groups[f"{name}_{when}"].to_numpy() for when in YEARS} for name in ("flow", "energy"))
    with np.errstate(divide="ignore", invalid="ignore"):
        intensity = {when: np.where(flow[when] > 0, energy[when] / flow[when], np.nan) for when in YEARS}
    before, after = (
        np.column_stack(
            [
                np.full(groups.height, flow[when].sum()),
                flow[when] / flow[when].sum(),
                np.where(np.isnan(intensity[when]), intensity[other], intensity[when]),
            ]
        )
        for when, other in (YEARS, YEARS[::-1])
    )
    activity, structure, per_flow = lmdi_additive(before, after)
    return float(activity), float(structure), float(per_flow)


def _provinces(view: View, base: int) -> pl.DataFrame:
    """GROUPS of the provinces that may be compared with the baseline."""
    rows = view.table.filter(
        pl.col("entity_id").is_null(), pl.col("dimension").is_null(), pl.col("value").is_not_null(),
        pl.col("region_code").is_in(view.provinces.filter("in_31")["code"].to_list()),
    )  # fmt: skip
    compared = rows.filter(indicator_id=CHANGE, year=view.year)["region_code"].to_list()
    sides = rows.filter(pl.col("indicator_id") == RATIO, pl.col("region_code").is_in(compared)).drop_nulls("numerator")
    scale = view.catalogue[RATIO].scale
    return _two_years(
        sides.select("year", group="region_code", energy=pl.col("numerator") / scale, flow="denominator"),
        base,
        view.year,
    )


def _enterprises(view: View, base: int) -> pl.DataFrame:
    """GROUPS of the enterprises of the report's province, also of those without a flow (0)."""
    energy, flow = (
        view.by_entity(id).select("year", group="name", **{name: "value"})
        for id, name in ((ENERGY, "energy"), (FLOW, "flow"))
    )
    return _two_years(energy.join(flow, on=["year", "group"], how="full", coalesce=True), base, view.year)


def _two_years(rows: pl.DataFrame, base: int, year: int) -> pl.DataFrame:
    """GROUPS of rows (year, group, energy, flow); who filed nothing of a year has 0 there."""
    before, after = (
        rows.filter(pl.col("year") == one).select("group", pl.col("energy", "flow").name.suffix(f"_{when}"))
        for one, when in ((base, "before"), (year, "after"))
    )
    both = before.join(after, on="group", how="full", coalesce=True).sort("group")
    return both.select(pl.col(name).cast(dtype) for name, dtype in GROUPS.items()).with_columns(
        pl.col(pl.Float64).fill_null(0.0)
    )


# --- in words ------------------------------------------------------------------------------------------------


def steps(found: Parts, view: View) -> dict[str, float]:
    """Name of each driver -> what it adds (tce). One group has no structure; without_flow only where there is any."""
    named = {"信息流量": found.activity}
    if found.groups.height > 1:
        named["分省构成" if view.region.is_nation else "单位构成"] = found.structure
    named["单位流量能耗"] = found.intensity
    if found.without_flow:
        named["无流量的单位"] = found.without_flow
    return named


def told(found: Parts, view: View, base: int) -> str:
    """`2020 年至 2025 年全国综合能耗增加 60.0 万tce：信息流量拉高 80.0 万tce，单位流量能耗拉低 20.0 万tce`."""
    which = "综合能耗" if _is_whole(found, view) else "可比的综合能耗"
    measure = TCE.among([found.change, *steps(found, view).values()])
    total = changed_by(measure, found.change) or "没有变动"
    effects = {name: pulled_by(measure, value) for name, value in steps(found, view).items()}
    moved = [f"{name}{text}" for name, text in effects.items() if text]
    still = [name for name, text in effects.items() if not text]
    if still:
        moved.append(f"{wording.join_names(still)}没有影响")
    return f"{base} 年至 {view.year} 年{view.region.short_zh}{which}{total}：{'，'.join(moved)}"


def _is_whole(found: Parts, view: View) -> bool:
    """Whether what is parted prints like all energy of those who count."""
    everything = view.value(ENERGY)
    return everything is not None and TCE.gap(found.after, everything) == 0


def why_not(view: View, base: int) -> str:
    """Why there are no drivers, as a sentence without full stop."""
    if view.year <= base:
        return f"{base} 年是基期，从下一年起分解能耗变动的因素"
    closed = "" if view.value(CHANGE) is None or not _is_closed(view, base) else "分解要用到不公布的数值"
    reason = closed or zh.say(view.remarks(CHANGE)) or "没有能与基期比较的能源与信息流量填报"
    return f"{base} 年至 {view.year} 年{view.region.short_zh}的能耗变动不能分解为各因素：{reason}"


def figure(found: Parts, view: View, base: int, id: str) -> Figure:
    """The waterfall of the drivers."""
    own = view.region.short_zh
    if view.region.is_nation:
        groups = f"{found.groups.height} 个两年都报齐的省份"
        coverage = "" if found.coverage is None else f"，占基期信息流量的 {wording.percent(found.coverage)}"
        scope = f"按 {groups}分解{coverage}；"
    else:
        scope = f"按{own} {found.groups.height} 家有信息流量的单位分解；"
        scope += "只有一家单位，没有构成变化；" if found.groups.height == 1 else ""
        scope += "没有信息流量的单位（如铁塔企业）的能耗增减单列；" if found.without_flow else ""
    return shapes.waterfall(
        id,
        TCE,
        (f"{base} 年", found.before),
        steps(found, view),
        (f"{view.year} 年", found.after),
        title=told(found, view, base),
        what=f"{own}综合能耗（电信、铁塔、广电）由 {base} 年到 {view.year} 年的变动及其因素",
        method="对数平均迪氏指数法（LMDI-I，加法形式，Ang 2005）：能耗为信息流量、各组占流量的比重、各组单位流量能耗之积的和，"
        f"各项之和等于总变动；{scope}各项是在其他因素不变时该因素带来的能耗变动，是核算上的分解，不表示因果。",
    )
