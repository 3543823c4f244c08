"""How all regions stand beside the plan's targets, and one province among the others: the tables of the chapter of provinces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import Any

import polars as pl

from pipeline import findings, wording
from pipeline.chapters import since
from pipeline.chapters.provinces import Beside
from pipeline.chapters.shapes import FILED
from pipeline.chapters.targets import MET, MISSED, short
from pipeline.findings import Measure, Quantity, ToClose, ToTarget
from pipeline.given.reference import Plan, Target
from pipeline.given.regions import NATION, Region
from pipeline.indicators.evaluate import ECONOMIC
from pipeline.indicators.scorecard import CONFIDENTIAL, NOT_COVERED, NOT_DEFINED, NOT_FRAMED, Judgement
from pipeline.indicators.view import View
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Said, Table

OPEN = (NOT_COVERED, NOT_DEFINED, NOT_FRAMED)


@dataclass(frozen=True)
class Stand:
    """A region and its targets. is_group: the nation, or an economic region."""

    name: str
    judged: Mapping[str, Judgement]
    is_group: bool = False


@dataclass(frozen=True)
class Standings:
    """Regions beside the plan's targets in the view's year."""

    view: View
    plan: Plan

    @cached_property
    def all(self) -> dict[str, Stand]:
        """By name: the nation, then the economic regions, each followed by its provinces."""
        nation = replace(self.view, region=NATION).judged(self.plan)
        found = [Stand(NATION.short_zh, _by_target(nation), is_group=True)]
        listed = self.view.provinces.filter("in_31").sort("code")
        for area, code in ECONOMIC.items():
            inside = listed.filter(pl.col("economic_region") == area).select("code", "short_zh").iter_rows()
            found += [Stand(area, self._of(code, area), is_group=True)]
            found += [Stand(name, self._of(code, name)) for code, name in inside]
        return {one.name: one for one in found}

    @property
    def provinces(self) -> list[Stand]:
        return [one for one in self.all.values() if not one.is_group]

    @property
    def targets(self) -> list[Target]:
        """Those that are measured by province."""
        return [one for one in self.plan.targets if self.view.catalogue.has_provinces(one.indicator)]

    @cached_property
    def _small(self) -> View:
        """With what targets are measured by only, so that 35 regions are looked up in little."""
        ids = [target.indicator for target in self.plan.targets]
        kept = pl.col("indicator_id").is_in(ids) & pl.col("entity_id").is_null() & pl.col("dimension").is_null()
        return replace(self.view, table=self.view.table.filter(kept))

    def _of(self, code: str, name: str) -> dict[str, Judgement]:
        return _by_target(replace(self._small, region=Region(code, name, name, None, None)).judged(self.plan))

    def side(self, one: Judgement) -> str:
        """On which side of its target a value is (`findings.Side`); empty where it is not to be set beside it."""
        if one.gap is None or one.value is None or one.status in OPEN:
            return ""
        return findings.side(one.value, one.target.value, one.target.comparator, self.view.zero(one.target))

    def sides(self, name: str) -> dict[str, str]:
        """Target id -> side, where there is one."""
        return {id: side for id, one in self.all[name].judged.items() if (side := self.side(one))}


def _by_target(judged: Sequence[Judgement]) -> dict[str, Judgement]:
    return {one.target.id: one for one in judged}


def is_met(side: str) -> bool:
    return side in ("beyond", "met")


def overview(now: Standings, before: Standings) -> dict[str, Any]:
    """What the heat table shows, for its text: who leads and lags, what is hardest, the widest gap, what moved."""
    known = {one.name: of for one in now.provinces if (of := now.sides(one.name))}
    missed = {name: sum(not is_met(side) for side in of.values()) for name, of in known.items()}
    most = max(missed.values(), default=0)
    was = {name: before.sides(name) for name in known}
    pairs = [
        (is_met(was[name][id]), is_met(side))
        for name, of in known.items()
        for id, side in of.items()
        if id in was[name]
    ]
    return {
        "n": len(known),
        "all_met": [name for name, n in missed.items() if not n],
        "most_missed": most,
        "lagging": [name for name, n in missed.items() if n == most] if most else [],
        "hardest": _hardest(now, known),
        "widest": _widest(now),
        "newly_met": pairs.count((False, True)),
        "newly_short": pairs.count((True, False)),
        "compared": len(pairs),
    }


def _hardest(now: Standings, known: Mapping[str, Mapping[str, str]]) -> dict[str, Any] | None:
    """The target that the smallest part of the provinces meet; None where all meet all."""
    found = []
    for target in now.targets:
        sides = [of[target.id] for of in known.values() if target.id in of]
        if sides:
            found.append({"name": short(now.view, target.indicator), "met": sum(map(is_met, sides)), "of": len(sides)})
    hardest = min(found, key=lambda one: one["met"] / one["of"], default=None)
    return None if hardest is None or hardest["met"] == hardest["of"] else hardest


def _widest(now: Standings) -> dict[str, Any] | None:
    """The province that is farthest from a target, by the way to it."""

    def left(one: Judgement) -> float:
        start = now.view.zero(one.target)
        return abs(((one.value or 0.0) - start) / (one.target.value - start) - 1)

    each = [(stand.name, one) for stand in now.provinces for one in stand.judged.values()]
    missed = [(name, one) for name, one in each if now.side(one) in ("short", "far")]
    if not missed:
        return None
    name, one = max(missed, key=lambda pair: left(pair[1]))
    told = {"province": name, "name": short(now.view, one.target.indicator), "value": since.said(one)}
    return told | {"target": one.target.value_printed}


def heat(now: Standings, table: str) -> Table | None:
    """All provinces by economic region: each value, whether it meets the target, and by the tone how far it is from it."""
    stands, targets = list(now.all.values()), now.targets
    sides = [[now.side(stand.judged[target.id]) for target in targets] for stand in stands]
    if not any(map(any, sides)):
        return None

    def met(some: Sequence[str]) -> str:
        told = [is_met(side) for side in some if side]
        return f"{sum(told)}/{len(told)}" if told else wording.MISSING

    def rows(words: Words) -> pl.DataFrame:
        lines = [
            {"region": words.say(stand.name)}
            | {
                target.id: cell(stand.judged[target.id], "" if not side or is_met(side) else MISSED, words)
                for target, side in zip(targets, of, strict=True)
            }
            | {"met": met(of)}
            for stand, of in zip(stands, sides, strict=True)
        ]
        inside = [of for stand, of in zip(stands, sides, strict=True) if not stand.is_group]
        foot = {target.id: met([of[at] for of in inside]) for at, target in enumerate(targets)}
        return pl.DataFrame([*lines, {"region": words("provinces_met"), **foot, "met": wording.MISSING}])

    heads = {
        one.id: term("with_target", name=short(now.view, one.indicator), target=one.value_printed) for one in targets
    }
    columns = {"region": term("region"), **heads, "met": term("targets_met")}
    groups = [*("group" if stand.is_group else "" for stand in stands), "group"]
    tones = {target.id: [*(of[at] for of in sides), "group"] for at, target in enumerate(targets)}
    return Table(
        id=table,
        title="",
        data=rows,
        columns={name: Column(one) for name, one in columns.items()},
        source=FILED,
        widths=[10, *[9] * len(targets), 6],
        tones={"region": groups, "met": groups} | tones,
    )


def cell(one: Judgement, mark: str, words: Words) -> str:
    """A value after its mark."""
    if one.value is None:
        return words.hidden if one.status == CONFIDENTIAL else wording.MISSING
    printed = one.printed if one.target.unit == "1" else wording.number(one.value, one.target.decimals)
    return f"{mark} {printed}" if mark else printed


# --- one province ---------------------------------------------------------------------------------------------------


def measured(view: View, target: Target) -> Beside:
    """All provinces beside one target, and the ways of the report's and the nation."""
    id = target.indicator
    paths = {name: view.path(id, code) for name, code in view.beside(id).items() if name not in ECONOMIC}
    lower = target.comparator == "<="
    return Beside(short(view, id), view.measure(id), view.by_province(id), lower, paths, target.value)


def moved(one: Judgement, then: Judgement) -> tuple[str, Said] | None:
    """Whether a value came nearer to its target, `better`, `worse` or `level` as printed, and by how much (of shares in points)."""
    if one.gap is None or then.gap is None:
        return None
    percent = one.target.as_percent
    places = one.target.decimals + (not percent)
    size = wording.rounded((100 if percent else 1) * (then.gap - one.gap), places)
    if not size or one.printed == then.printed:
        return "level", term("level")
    way = "better" if size > 0 else "worse"
    return way, term(f"{way}_by", amount=wording.number(abs(size), places))


def to_close(view: View, one: Judgement) -> ToClose | None:
    """What would bring a value to its target; None where it is there, or where that cannot be computed of what is told."""
    id, value, aim = one.target.indicator, one.value, one.target.value
    if one.gap is None or one.gap <= 0 or value is None:
        return None

    def part(of: str, side: str) -> float:
        return float((view.row(of) or {}).get(side) or 0.0)

    if id.startswith("sharing."):
        new = part(id, "denominator")
        return findings.more_sites(part(id, "numerator"), new, aim) if new else None
    if ".pue." in id and (used := part(id, "numerator")):
        return findings.less("electricity", used, value, aim)
    if id == "bs.efficiency_gain_5g" and (used := part("bs.efficiency_5g", "denominator")):
        return findings.less("electricity", used, 1 / (1 + value), 1 / (1 + aim))
    if id.startswith("energy.") and id.endswith(".change") and (used := part(id.removesuffix(".change"), "numerator")):
        return findings.less("energy", used, 1 + value, 1 + aim)
    return None


def aim(target: Target) -> str:
    """`≥80%`, `≤1.3`, `≤−20%`: in few letters, beside values that are changes as signed numbers."""
    sign = {">=": "≥", "<=": "≤"}[target.comparator]
    number = wording.percent(target.value, 0) if target.as_percent else wording.number(target.value)
    return sign + number


def profile(now: Standings, before: Standings, peers: Sequence[str], table: str) -> Table:
    """A province beside every target, the nation, its economic region and the provinces of like size."""
    view, own, area = now.view, now.view.region.short_zh, now.view.region.economic_region or ""
    sides = [now.side(now.all[own].judged[target.id]) for target in now.plan.targets]

    def line(target: Target, side: str, words: Words) -> dict[str, str]:
        told = {name: stand.judged[target.id] for name, stand in now.all.items()}
        near = [value for name in peers if (value := told[name].value) is not None]
        nth = measured(view, target).nth(own) if side else wording.MISSING
        change = moved(told[own], before.all[own].judged[target.id])
        by_province = view.catalogue.has_provinces(target.indicator)
        mark = "" if not side else MET if is_met(side) else MISSED
        middle = Quantity(view.measure(target.indicator), median(near)) if side and len(near) > 1 else wording.MISSING
        return {
            "target": words("numbered", no=target.no, title=short(view, target.indicator)),
            "aim": aim(target),
            "own": cell(told[own], mark, words) if by_province else words("not_by_province"),
            "nation": cell(told[NATION.short_zh], "", words),
            "area": cell(told[area], "", words) if area else wording.MISSING,
            "like": words.say(middle),
            "place": nth,
            "change": words.say(change[1]) if change else wording.MISSING,
        }

    columns: dict[str, Any] = {"target": term("target"), "aim": term("national_target"), "own": own}
    columns |= {"nation": NATION.short_zh, "area": area, "like": term("like_size"), "place": term("place_best_first")}
    columns |= {"change": term("on_year_before")}
    return Table(
        id=table,
        title="",
        data=lambda words: pl.DataFrame([line(*one, words) for one in zip(now.plan.targets, sides, strict=True)]),
        columns={name: Column(one) for name, one in columns.items()},
        source=FILED,
        widths=[24, 9, 10, 8, 9, 9, 7, 11],
        tones={"own": sides},
    )


AMOUNTS = {
    "sites": Measure("", "", 0),
    "electricity": Measure("", "kWh", 1, "big"),
    "energy": Measure("", "tce", 1, "big"),
}
NEEDS = {
    "sharing.new_5g_sites": "need_sites",
    "dc.pue.new_large": "need_centres",
    "room.pue.core_retrofit": "need_rooms",
    "bs.efficiency_gain_5g": "need_stations",
    "energy.per_flow.change": "need_flow",
    "energy.per_volume.change": "need_volume",
}


def _gap(one: Judgement, words: Words) -> str:
    """`3.8 个百分点`; under the head that it is a distance no more has to be said."""
    gap = one.gap_printed
    if not isinstance(gap, ToTarget) or gap.under:
        return words.say(gap)
    return f"{gap.amount} {words.say(gap.unit)}".rstrip()


def gaps(now: Standings, table: str) -> Table | None:
    """What a province is short of, and what would close it, all else equal; None where it is short of nothing."""
    view, own = now.view, now.view.region.short_zh
    missed = [one for one in now.all[own].judged.values() if now.side(one) in ("short", "far")]
    closing = {one.target.id: to_close(view, one) for one in missed}

    def line(one: Judgement, words: Words) -> dict[str, str]:
        needed, share = closing[one.target.id], wording.MISSING
        what: Said = term("see_clause", clause=one.target.clause)
        if needed is not None and one.target.indicator in NEEDS:
            amount = needed.amount / 1000 if needed.kind == "energy" else needed.amount  # kgce to tce
            what = term(NEEDS[one.target.indicator], amount=Quantity(AMOUNTS[needed.kind], amount))
            share = wording.percent(needed.share)
        name = words("numbered", no=one.target.no, title=short(view, one.target.indicator))
        return {"target": name, "gap": _gap(one, words), "need": words.say(what), "share": share}

    heads = {"target": "target_missed", "gap": "gap_to_target", "need": "need_all_else_equal", "share": "share_of_now"}
    return (
        Table(
            id=table,
            title="",
            data=lambda words: pl.DataFrame([line(one, words) for one in missed]),
            columns={name: Column(term(key)) for name, key in heads.items()},
            widths=[18, 15, 32, 5],
            tones={"gap": [now.side(one) for one in missed]},
        )
        if missed
        else None
    )
