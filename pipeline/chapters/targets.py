"""How the targets stand beside a region's values: which can be compared, who is on which side and by how much, and the mark.

One rule and one set of marks for the pages before the report, its first chapter and the page of a province.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.chapters.shapes import reaches
from pipeline.given.reference import Target
from pipeline.indicators.scorecard import COMPARED, CONFIDENTIAL, Judgement
from pipeline.indicators.view import View
from pipeline.language.terms import term
from pipeline.reports.blocks import Said

MET, MISSED, APART = "●", "×", "◇"
"""Of a province, which is set beside the nation's targets and not judged by them: on a target's side, short of it, neither."""
SHORT = {
    "sharing.new_5g_sites": "short_sharing",
    "dc.pue.new_large": "short_centres",
    "room.pue.core_retrofit": "short_rooms",
    "bs.efficiency_gain_5g": "short_stations",
    "energy.per_flow.change": "short_per_flow",
    "energy.per_volume.change": "short_per_volume",
    "cases.count": "short_cases",
    "standards.count": "short_standards",
}
"""What a target is called where there is little room; another plan's by its indicator's title."""


def name(view: View, id: str) -> str:
    """What an indicator is called; a change as that of which it is one."""
    return view.catalogue[id.removesuffix(".change")].title


def short(view: View, id: str) -> Said:
    return term(SHORT[id]) if id in SHORT else view.measure(id)


def there(judged: Sequence[Judgement], view: View) -> list[Judgement]:
    """Those with a value that can be set beside the target; in the baseline year a change is none yet."""
    return [
        one for one in judged
        if one.gap is not None and one.value is not None and one.target.baseline_year != view.year
    ]  # fmt: skip


def sides(judged: Sequence[Judgement], view: View) -> tuple[list[Judgement], list[Judgement]]:
    """Of those that are there: on the target's side, and short of it."""
    known = there(judged, view)
    on = [one for one in known if reaches(one.target, one.value or 0.0)]
    return on, [one for one in known if one not in on]


def whole_way(target: Target, view: View) -> float:
    """From where nothing is reached (a PUE of 1 is no excess) to the target."""
    return abs(target.value - view.zero(target))


def margin(one: Judgement, view: View) -> float:
    """How far a value is beyond its target, as a part of the whole way to it; below zero short of it."""
    return -(one.gap or 0.0) / whole_way(one.target, view)


def by_margin(judged: Sequence[Judgement], view: View) -> list[Judgement]:
    """Those that are there, the one furthest from its target first."""
    return sorted(there(judged, view), key=lambda one: margin(one, view))


def narrowest(judged: Sequence[Judgement], view: View) -> Judgement | None:
    """The target that is met by least; not one of a number of things, which is not lost again."""
    on, _ = sides(judged, view)
    return next((one for one in by_margin(on, view) if one.target.unit == "1"), None)


@dataclass(frozen=True)
class Mark:
    """How a target stands: a sign, its tone, and the words that say the same."""

    symbol: str
    tone: str
    status: Said


def mark(one: Judgement, view: View) -> Mark:
    """The mark of the judgement; of a province, which side of the nation's target its value is on."""
    if one.status == CONFIDENTIAL:
        return Mark(one.symbol, one.tone, term("withheld_in_words"))
    if one.status != COMPARED:
        return Mark(one.symbol, one.tone, one.status)
    if one.gap is None:
        return Mark(APART, "none", term("no_part"))
    if one.target.baseline_year == view.year:
        return Mark(APART, "none", term("base_year"))
    if reaches(one.target, one.value or 0.0):
        return Mark(MET, "good", term("on_side"))
    return Mark(MISSED, "bad", term("short_of"))
