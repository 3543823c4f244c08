"""What the two pages before the report tell: numbers in large, the targets at a glance, five findings with what follows.

All of it is data; the words are the text's. What is not published is no candidate and no sum is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline import findings
from pipeline.chapters import since, targets
from pipeline.chapters.foresight import Foresight, grows_most, told_of_target
from pipeline.chapters.shapes import reaches
from pipeline.chapters.targets import name, short, there, whole_way
from pipeline.findings import Measure, Names, Quantity, ToTarget, is_there
from pipeline.findings.weight import Candidate
from pipeline.given import reference
from pipeline.given.reference import Plan, Target
from pipeline.given.regions import NATION_CODE
from pipeline.indicators.scorecard import Judgement
from pipeline.indicators.view import View
from pipeline.language.terms import measure, term
from pipeline.reports.blocks import Card, Cards, Said
from pipeline.scenarios.outlook import TARGETS

Facts = dict[str, Any]
BEYOND_TARGETS = ("energy.total", "carbon.location", "green.share", "dc.pue.all", "dc.green_share")
"""What may be told among the findings besides the targets."""
LARGE = ("energy.total", "energy.per_flow.change", "green.share", "bs.efficiency_gain_5g", "sharing.new_5g_sites", "dc.pue.all")  # fmt: skip
"""What may stand in large, the first three of which there is a value."""
CALLED = {"carbon.location": term("carbon_emissions")}
"""What is called otherwise where nothing is said of methods."""
LEAST = 0.1
"""Of its way: a target that is met by less is watched."""
AMOUNTS = ("sites", "social", "kwh", "tce", "all", "done", "electric", "net", "ratio")
"""What may follow from a finding."""
NAMED = 3  # so many provinces are named


# --- the targets at a glance ---------------------------------------------------------------------------------


def path(view: View, id: str, plan: Plan) -> pl.DataFrame:
    """year, value of an indicator from the plan's baseline year on."""
    return view.path(id).filter(pl.col("year") >= plan.baseline_year)


def glance(judged: Sequence[Judgement], view: View, plan: Plan, id: str) -> Cards:
    """One line a target: value, target, distance, path since the baseline, and how it stands by sign and colour."""
    return Cards(id, [_line(one, view, plan) for one in judged], form="glance")


def _line(one: Judgement, view: View, plan: Plan) -> Card:
    target, mark = one.target, targets.mark(one, view)
    return Card(
        title=term("numbered_short", no=target.no, title=name(view, target.indicator)),
        target=target.value_printed,
        value="—" if one.value is None else since.said(one),
        status=mark.status,
        symbol=mark.symbol,
        tone=mark.tone,
        detail=distance(one.gap_printed),
        path=list(path(view, target.indicator, plan).iter_rows()),
        aim=None if one.gap is None else target.value,
    )


def distance(gap: ToTarget | str) -> Said:
    """How far a value is from its target, under a head that says so: `还差 2.0 个百分点`."""
    return gap if isinstance(gap, str) else findings.Distance(gap.way, gap.amount, gap.unit, gap.under)


# --- numbers in large ----------------------------------------------------------------------------------------


def in_large(view: View, plan: Plan, n: int = 3) -> list[str]:
    """Which of LARGE stand in large: the first `n` that have a value."""
    known = [one for one in LARGE if one in view.catalogue.indicators and view.value(one) is not None]
    return [one for one in known if view.catalogue[one].kind != "change" or path(view, one, plan).height > 1][:n]


def large(view: View, plan: Plan, id: str, others: Sequence[Card], n: int = 3) -> Cards:
    """`n` numbers: those `in_large`, then of `others`, which are of published statistics."""
    cards = [_number(view, one, plan) for one in in_large(view, plan, n)]
    return Cards(id, [*cards, *others][:n], form="numbers")


def _number(view: View, id: str, plan: Plan) -> Card:
    how, line = view.measure(id), path(view, id, plan)
    (first, then), (_, now) = line.row(0), line.row(-1)
    if how.is_change:
        whole = None if view.region.is_nation else view.told(id, NATION_CODE)
        beside = term("nation_is", value=findings.Changed(how.say(whole))) if is_there(whole) else ""
        return number(term("since_baseline", what=name(view, id), year=first), findings.Changed(how.say(now)), beside)
    if first == view.year:
        return number(how, Quantity(how, now))
    if how.scale == "big":
        return number(how, Quantity(how, now), since_then(first, then, now))
    return number(how, Quantity(how, now), term("was_in", year=first, value=Quantity(how, then)))


def since_then(first: int, then: float, now: float) -> Said:
    """`比 2020 年增长 51.1%`."""
    size = GROWTH.say(abs(now / then - 1)) if then else ""
    if not GROWTH.way(now / then - 1 if then else 0.0):
        return term("as_in", year=first)
    return term("more_than_in" if now > then else "less_than_in", year=first, size=size)


def number(title: Said, value: Said, detail: Said = "") -> Card:
    return Card(title, "", value, "", "", "none", detail)


def course(view: View, plan: Plan) -> str | None:
    """Where energy went since the baseline: `less` of it, or more, `slower` or `faster` than the information flow; None where
    that cannot be said."""
    if view.value("energy.total") is None or view.value("energy.per_flow.change") is None:
        return None
    line, how = path(view, "energy.total", plan)["value"], view.measure("energy.per_flow.change")
    way = how.way(view.value("energy.per_flow.change") or 0.0)
    if line.len() < 2 or line[0] == line[-1] or not way:
        return None
    return "less" if line[-1] < line[0] else "slower" if way < 0 else "faster"


# --- candidates for the five findings ------------------------------------------------------------------------


def candidates(view: View, judged: Sequence[Judgement], plan: Plan) -> list[Candidate]:
    """The targets that can be set beside a value, and what else is told of a year, where there is a value; what stands in large
    only where it is missed."""
    in_sight = in_large(view, plan)
    of_targets = [_candidate(view, one.target.indicator, one, plan) for one in there(judged, view)]
    known = {one.id for one in of_targets}
    others = [
        _candidate(view, id, None, plan) for id in BEYOND_TARGETS if id not in known and view.value(id) is not None
    ]
    return [one for one in of_targets + others if one.kind == "miss" or one.id not in in_sight]


def _candidate(view: View, id: str, judged: Judgement | None, plan: Plan) -> Candidate:
    one = view.catalogue[id]
    places = [None if view.region.is_nation or not _rated(view, id) else rank(view, id, year) for year in (view.year, view.year - 1)]  # fmt: skip
    now, before = ((found.place, found.of) if found else (None, 0) for found in places)
    way = None if judged is None or judged.gap is None else judged.gap / whole_way(judged.target, view)
    if judged is not None and judged.tone == "good" and way is not None and way > 0:  # short of it, but on course
        way = None
    return Candidate(
        id=id,
        theme=id.partition(".")[0],
        measure=view.measure(id),
        better={"higher": 1, "lower": -1, None: 0}[one.better],
        path=tuple(path(view, id, plan)["value"]),
        way=way,
        place=now[0],
        before=before[0],
        of=now[1],
    )


def _rated(view: View, id: str) -> bool:
    """Whether provinces can be ranked by it: not by amounts, which follow their size."""
    return view.catalogue[id].kind not in ("sum", "count")


def rank(view: View, id: str, year: int) -> findings.Rank:
    """The place of the report's province, the best first, as chapters tell it; none where all are alike."""
    lower = view.catalogue[id].better == "lower"
    values = view.by_province(id, year)
    found = findings.place(view.measure(id), values, view.region.short_zh, descending=not lower).rank
    return found if len(found.tied) + 1 < found.of else findings.Rank(None, found.of)


def finding(view: View, one: Candidate, judged: Mapping[str, Judgement], plan: Plan) -> Facts:
    """What the text tells of a finding: what it is, how far from the target, the year before, the place, what follows."""
    of, how = judged.get(one.id), one.measure
    before = view.value(one.id, year=view.year - 1)
    return {
        "key": one.id,
        "kind": one.kind,
        "name": short(view, one.id) if of else CALLED.get(one.id, how),
        "value": since.said(of) if of else Quantity(how, one.path[-1]),
        "base": plan.baseline_year if how.is_change else None,
        "gap": of.gap_printed if of else "",
        "before": None if before is None else findings.Changed(how.say(before)) if how.is_change else Quantity(how, before),
        "level": before is not None and not how.gap(before, one.path[-1]),
        "worse": before is not None and how.gap(one.path[-1], before) * one.better < 0,
        "then": before if how.scale == "big" else None,
        "now": one.path[-1],
        "place": one.place,
        "of": one.of,
        "last": one.place == one.of,
        "some_withheld": bool(findings.withheld(view.by_province(one.id))),
        "so": dict.fromkeys(AMOUNTS) | follows(view, one, of, plan),
        "action": action(plan, one.id),
    }  # fmt: skip


def action(plan: Plan, id: str) -> str:
    """The title of the action of which most tasks serve a target, or else of the first that is about the indicator."""
    serving = [(sum(id in task.targets for task in action.tasks), action) for action in plan.actions]
    n, most = max(serving, key=lambda pair: pair[0])
    found = most if n else next((one for one in plan.actions if one.concerns(id)), None)
    return "" if found is None else found.title


# --- what follows --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    numerator: float
    denominator: float

    def saved_at(self, quotient: float) -> float:
        return saved(self.numerator, self.numerator / self.denominator, quotient)


def row(view: View, id: str) -> Row | None:
    """The sums behind a value that is published with them."""
    found = view.row(id)
    if found is None or not is_there(found["numerator"]) or not is_there(found["denominator"]):
        return None
    return Row(found["numerator"], found["denominator"])


def more_shared(shared: float, all: float, share: float) -> int:
    """How many more of `all` must be shared for the share: (35, 50, 0.8) -> 5."""
    return max(0, int(findings.more_sites(shared, all, share).amount))


def saved(used: float, quotient: float, aim: float) -> float:
    """What would not be used if a quotient of use over service were `aim`, nothing where it is less: (150, 1.5, 1.3) -> 20."""
    return max(0.0, findings.less("energy", used, quotient, aim).amount)


def follows(view: View, one: Candidate, judged: Judgement | None, plan: Plan) -> Facts:
    """The numbers of what follows from a finding; empty where they cannot be computed of what is published."""
    if one.id.startswith(("dc.pue", "room.pue")):
        return _of_pue(view, one, judged, plan)
    aim, change = judged.target.value if judged else 0.0, one.path[-1]
    if one.id == "sharing.new_5g_sites":
        sites, social = row(view, one.id), view.value("sharing.social")
        more = more_shared(sites.numerator, sites.denominator, aim) if sites else None
        return {"sites": more, "social": social}
    if one.id == "bs.efficiency_gain_5g":
        used = row(view, "bs.efficiency_5g")
        kwh = None if used is None else saved(used.denominator, 1 / (1 + change), 1 / (1 + aim)) if one.kind == "miss" else used.denominator * change  # fmt: skip
        return {"kwh": kwh}
    if one.id in ("energy.per_flow.change", "energy.per_volume.change"):
        used = row(view, one.id.removesuffix(".change"))
        tce = None if used is None else used.numerator / 1000  # kgce
        short = one.kind == "miss"
        return {"tce": tce and (saved(tce, 1 + change, 1 + aim) if short else tce / (1 + change) - tce)}
    if one.id == "carbon.location":
        fuels = view.value("carbon.fuels")
        return {"electric": None if fuels is None else 1 - fuels / change}
    if one.id in ("green.share", "dc.green_share"):
        used = row(view, one.id)
        return {"kwh": used and used.denominator / 100}
    if one.id == "cases.count":
        return {"net": view.value("cases.net_reduction"), "ratio": view.value("cases.enablement_ratio")}
    return {}


def _of_pue(view: View, one: Candidate, judged: Judgement | None, plan: Plan) -> Facts:
    """Of a miss what the target would save; else the same of all data centres, at the target of new ones."""
    if judged is not None and one.kind == "miss":
        used = row(view, one.id)
        return {"kwh": used and used.saved_at(judged.target.value)}
    if one.id == "dc.pue.all":
        used, new = row(view, one.id), plan.target("dc.pue.new_large")
        return {"kwh": used and new and used.saved_at(new.value)}
    if one.id.startswith("room."):
        return {"done": view.value("room.retrofit_share"), "all": view.value("room.pue.all")}
    return {"all": view.value("dc.pue.all")}


# --- what to watch -------------------------------------------------------------------------------------------


def margin(judged: Sequence[Judgement], view: View) -> Facts | None:
    """The target that is met by least, where that is less than LEAST of its way."""
    least = targets.narrowest(judged, view)
    if least is None or targets.margin(least, view) >= LEAST:
        return None
    return {"kind": "margin", "name": short(view, least.target.indicator), "gap": least.gap_printed}


def lagging(judged: Sequence[Judgement], view: View) -> Facts | None:
    """Of the nation: the target of which most provinces are short, and those furthest from it."""
    found: tuple[int, Target, int, list[str]] | None = None
    for one in there(judged, view):
        if one.target.unit != "1" or not view.catalogue.has_provinces(one.target.indicator):
            continue
        known = findings.there(view.by_province(one.target.indicator))
        missed = [place for place, value in known.items() if not reaches(one.target, value)]
        if missed and (found is None or len(missed) > found[0]):
            worst = sorted(missed, key=lambda place: known[place], reverse=one.target.comparator == "<=")
            found = (len(missed), one.target, len(known), worst)
    if found is None:
        return None
    n, target, of, worst = found
    return {
        "kind": "provinces", "name": short(view, target.indicator), "n": n, "of": of, "worst": Names(tuple(worst[:NAMED])),
        "some_withheld": bool(findings.withheld(view.by_province(target.indicator))),
    }  # fmt: skip


def slipping(one: Candidate | None, view: View) -> Facts | None:
    """That a province lost places within the year."""
    if one is None:
        return None
    return {"kind": "slip", "name": short(view, one.id), "place": one.place, "before": one.before, "of": one.of}


# --- the outlook ---------------------------------------------------------------------------------------------


def outlook(ahead: Foresight, plan: Plan) -> Facts | None:
    """Where energy leads in the report's scenario, and whether the first target on an intensity holds then; None where nothing
    is projected."""
    if not ahead.is_there:
        return None
    start, end = (ahead.path("energy.total", ahead.own).get(year) for year in (ahead.t0, ahead.horizon))
    if start is None or end is None:
        return None
    aims = (one for one in plan.targets if one.indicator in TARGETS)
    told = next(
        (facts | {"short": short(ahead.view, one.indicator)} for one in aims if (facts := told_of_target(ahead, one))["stands"]), None
    )  # fmt: skip
    grows = grows_most(ahead)
    return {
        "scenario": ahead.titles[ahead.own],
        "start": ahead.t0,
        "horizon": ahead.horizon,
        "before": start,
        "after": end,
        "end": Quantity(ahead.view.measure("energy.total"), end),
        "target": told,
        "grows": grows if grows and grows["all"] and grows["way"] > 0 else None,
    }


# --- published statistics ------------------------------------------------------------------------------------

HUNDRED_MILLION = 10**8  # GB, in which the series of traffic counts
GROWTH = Measure("", decimals=1, scale="percent")


@dataclass(frozen=True)
class Statistics:
    """What published statistics tell of a region, each with the year of its latest value. traffic: GB; stations; volume: the
    index of business volume; factor: kgCO2/kWh. whole: the nation's traffic. places: the province's place by traffic, and of
    how many."""

    traffic: dict[int, float]
    whole: dict[int, float]
    stations: dict[int, float]
    volume: dict[int, float]
    factor: dict[int, float]
    factor_of_nation: dict[int, float]
    place: int | None = None
    of: int = 0


def statistics(published: pl.DataFrame, factors: pl.DataFrame, view: View, base: int) -> Statistics:
    """published: see `reference.published`; factors: see `reference.grid_factors`; both up to the report's year."""
    own, code = view.region.short_zh, view.region.code

    def series(id: str, region: str, times: float = 1.0) -> dict[int, float]:
        rows = reference.series(published, id, region).select("year", "value")
        return {year: times * value for year, value in rows.iter_rows() if year >= base}

    def factor(region: str) -> dict[int, float]:
        rows = factors.filter(
            pl.col("kind") == "average", pl.col("region_code") == region, pl.col("factor_kgco2_per_kwh").is_not_null(),
            pl.col("year") <= view.year,
        )  # fmt: skip
        return dict(rows.sort("year").select("year", "factor_kgco2_per_kwh").iter_rows())

    traffic = series("mtraf", own, HUNDRED_MILLION)
    provinces = dict(view.provinces.filter("in_31").select("code", "short_zh").iter_rows())
    latest = published.filter(
        pl.col("indicator_id") == "mtraf", pl.col("status") == "used", pl.col("month").is_null(),
        pl.col("year") == max(traffic, default=0), pl.col("region_code").is_in(list(provinces)),
    )  # fmt: skip
    among = findings.ranking(
        {provinces[code]: value for code, value in latest.select("region_code", "value").iter_rows()}, own
    )
    nation = view.region.is_nation
    index = reference.business_volume_index(published, base) if nation and view.year >= base else None
    return Statistics(
        traffic=traffic,
        whole=series("mtraf", NATION_CODE, HUNDRED_MILLION),
        stations=series("bs5g", own),
        volume={} if index is None else dict(index.select("year", "index").iter_rows()),
        factor=factor(code),
        factor_of_nation={} if nation else factor(NATION_CODE),
        place=None if nation else among.place,
        of=among.of,
    )


MEASURES = {
    "stations": measure(term("stations_5g"), "个", scale="big"),
    "traffic": measure(term("mobile_traffic"), "GB", scale="big"),
    "volume": measure(term("volume_index"), "", 1),
    "factor": measure(term("grid_factor"), "kgCO2/kWh", 4),
}


def of_statistics(known: Statistics) -> list[Candidate]:
    """What may be told of published statistics."""
    better = {"factor": -1}
    return [
        Candidate(id, id, one, better.get(id, 0), tuple(getattr(known, id).values()))
        for id, one in MEASURES.items()
        if len(getattr(known, id)) > 1
    ]


def statistic(known: Statistics, id: str) -> Facts:
    """What the text tells of one: the latest value and the one before, and beside it what the nation did."""
    line: dict[int, float] = getattr(known, id)
    (before, then), (year, now) = list(line.items())[-2:]
    facts: Facts = {
        "key": id, "kind": "success", "year": year, "before": before, "value": Quantity(MEASURES[id], now),
        "pace": now / then - 1, "then": then, "now": now, "first": min(line), "times": now / line[min(line)],
    }  # fmt: skip
    if id == "traffic":
        whole = known.whole if known.place is not None else {}
        pace = whole[year] / whole[year - 1] - 1 if {year, year - 1} <= set(whole) else None
        facts |= {
            "share": now / whole[year] if year in whole else None,
            "pace_of_nation": pace,
            "relation": 0 if pace is None else GROWTH.gap(facts["pace"], pace),
            "place": known.place,
            "of": known.of,
            "fall": 1 - then / now if now > then else None,
        }
    if id == "factor":
        beside = known.factor_of_nation.get(year)
        facts |= {
            "nation": None if beside is None else Quantity(MEASURES[id], beside),
            "relation": 0 if beside is None else MEASURES[id].gap(now, beside),
        }
    return facts


def numbers_of_statistics(known: Statistics) -> list[Card]:
    """Their numbers in large."""
    cards = []
    if known.stations and max(known.stations) >= max(
        known.traffic, default=0
    ):  # of some provinces only an old one is known
        year, value = max(known.stations.items())
        cards.append(
            number(term("at_end_of", year=year, what=MEASURES["stations"]), Quantity(MEASURES["stations"], value))
        )
    if known.traffic:
        year, value = max(known.traffic.items())
        share = value / known.whole[year] if known.place is not None and year in known.whole else None
        detail = "" if share is None else term("share_of_nation", share=Quantity(GROWTH, share))
        cards.append(
            number(term("of_year", year=year, what=MEASURES["traffic"]), Quantity(MEASURES["traffic"], value), detail)
        )
    if len(known.traffic) > 1 and known.place is not None:
        (_, then), (year, now) = list(known.traffic.items())[-2:]
        cards.append(number(term("traffic_growth_in", year=year), Quantity(GROWTH, now / then - 1)))
    if len(known.volume) > 1:
        (_, then), (year, now) = list(known.volume.items())[-2:]
        cards.append(
            number(term("volume_growth_in", year=year), Quantity(GROWTH, now / then - 1), term("at_last_prices"))
        )
    if known.place is not None and not known.factor:
        cards.append(number(term("place_by_traffic"), term("nth_of", place=known.place, of=known.of)))
    if known.factor:
        year, value = max(known.factor.items())
        cards.append(number(term("of_year", year=year, what=MEASURES["factor"]), Quantity(MEASURES["factor"], value)))
    return cards
