"""What the chapters on energy and carbon find, in English."""

from __future__ import annotations

from pipeline.findings import AgainstTarget, Decoupling, Drivers, PrintedChange, TwoMethods
from pipeline.language.en import _of as whose_name
from pipeline.language.en import cap, changed_by, low, names, percent, pulled_by, say, text, told
from pipeline.language.terms import term

RELATIONS = {
    "none": "{} did not grow, so it is not judged whether energy consumption is decoupled from it",
    "absolute": "energy consumption did not grow with {} (absolute decoupling)",
    "relative": "energy consumption grew more slowly than {} (relative decoupling)",
    "alike": "energy consumption grew in step with {} (no decoupling)",
    "faster": "energy consumption grew faster than {} (no decoupling)",
}


@say.register
def _printed_change(one: PrintedChange) -> str:
    """`fell by 23.1%`, `hardly changed`."""
    return f"{'rose' if one.way > 0 else 'fell'} by {one.size}" if one.way else "hardly changed"


@say.register
def _against_target(one: AgainstTarget) -> str:
    """`Comprehensive energy consumption per unit of information flow in China fell by 23.1% from 2020 to 2025; status: met
    (target: a reduction of 20%; 3.1 percentage points better than the target)`."""
    name = whose_name(one.measure, one.subject)
    if one.case == "withheld":
        return f"The comparison of {low(name)} in {one.year} with {one.base} is withheld under the disclosure rules"
    if one.case == "missing":
        reasons = f": {low(said)}" if (said := say(one.reasons)) else ""
        return f"{cap(name)} in {one.year} cannot be compared with {one.base}{reasons}"
    if one.case == "base":
        return f"{one.year} is the base year, with which {low(name)} will be compared from the next year on"
    changed = cap(f"{name} {say(PrintedChange(one.printed))} from {one.base} to {one.year}")
    target, gap = text(one.target), low(say(one.gap))
    if one.case == "alone":
        return changed
    if one.case == "short":
        return (
            f"{changed}; provinces with complete filings fall short of 95%, and the target ({target}) is not compared"
        )
    if one.case == "beside":
        return f"{changed}; the national target is {target} ({gap}), for comparison only"
    return f"{changed}; status: {low(text(one.status))} ({'; '.join(filter(None, [f'target: {target}', gap]))})"


@say.register
def _decoupling(one: Decoupling) -> str:
    """`energy consumption grew more slowly than information flow and telecom business volume (relative decoupling)`."""
    return "; ".join(
        RELATIONS[relation].format(names([low(say(name)) for name in activity])) for relation, activity in one.relations
    )


@say.register
def _two_methods(one: TwoMethods) -> str:
    """`Carbon emissions from energy use in China in 2025 were 1.20 million tCO2 by the location-based method and … by the
    market-based method, 0.5% lower`."""
    ways = {"location_based": one.location, "market_based": one.market}
    there = [
        f"{told(one.measure, value)} by the {low(say(term(name)))} method"
        for name, value in ways.items()
        if value is not None
    ]
    whose = text(one.subject)
    if not there:
        return f"There are no carbon emissions from energy use for {whose}"
    sentence = f"Carbon emissions from energy use in {whose} in {one.year} were {' and '.join(there)}"
    if one.gap is None:
        return sentence
    how = f"{percent(abs(one.gap))} {'higher' if one.gap > 0 else 'lower'}" if one.gap else "practically the same"
    return f"{sentence}, {how}"


@say.register
def _drivers(one: Drivers) -> str:
    """`Comprehensive energy consumption in China increased by 600,000 tce from 2020 to 2025: information flow added 800,000 tce,
    energy per unit of flow took off 200,000 tce`."""
    effects = {say(term(name)): pulled_by(one.measure, value) for name, value in one.steps.items()}
    moved = [f"{low(name)} {text}" for name, text in effects.items() if text]
    still = [low(name) for name, text in effects.items() if not text]
    moved += [f"{names(still)} made no difference"] if still else []
    what = whose_name(one.measure, one.subject)
    what = cap(what if one.whole else f"comparable {low(what)}")
    total = (
        changed_by(one.measure, one.change)
        .replace("an increase of", "increased by")
        .replace("a decrease of", "decreased by")
    )
    return f"{what} {total or 'did not change'} from {one.base} to {one.year}: {', '.join(moved)}"
