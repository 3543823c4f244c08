"""What the chapter on scenarios tells and draws: where each path leads, how sure that is, and what makes the difference.

A scenario says what follows from its assumptions; every sentence names the scenario it is of. Percentiles are those of
the draws (`scenarios.uncertainty`). What is told are facts: the chapter's text words them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import polars as pl

from pipeline import wording
from pipeline.chapters import shapes
from pipeline.findings import Measure, Names, Quantity
from pipeline.given.params import CONDITIONS, SHIPPED, Params
from pipeline.given.reference import Target
from pipeline.indicators.view import View
from pipeline.language.terms import Term, chinese, term
from pipeline.language.words import LANGUAGES, Words
from pipeline.reports.blocks import Column
from pipeline.scenarios.decomposition import OF_STEP, STEPS
from pipeline.scenarios.drivers import DEFAULT, NO_HISTORY, WIDENED, said
from pipeline.scenarios.outlook import Outlook
from pipeline.scenarios.start import FACILITIES

GRID_MOVES = 0.05  # a year, from which on a province's grid factor is told apart
PARAMETERS = "notebooks/params/"
_STOOD_IN = chinese("stood_in", what="")
_APART = re.compile("、(?![^（]*）)")  # between names, not within one
Facts = dict[str, Any]


@dataclass(frozen=True)
class Foresight:
    """The scenarios of the report's region beside its filed years.

    titles: scenario -> its Chinese title, in order. own: the report's scenario. t0: the last filed year.
    """

    view: View
    outlook: Outlook
    titles: Mapping[str, str]
    own: str

    @property
    def t0(self) -> int:
        return int(self.outlook.notes["year"][0])

    @property
    def horizon(self) -> int:
        """The last year of the scenarios; 0 where there are none."""
        return int(self.outlook.paths["year"].max() or 0)  # type: ignore[arg-type]

    @property
    def is_there(self) -> bool:
        return not self.outlook.paths.is_empty()

    @property
    def of_published(self) -> bool:
        """Whether it starts from published numbers alone: from all that is filed it may be another."""
        return self.view.without_entities and not self.view.region.is_nation

    @property
    def notes(self) -> list[Term | str]:
        """What stands in for missing values."""
        said = [one for note in self.outlook.notes["note"].drop_nulls() for one in note.split("；")]
        return [_stood_in(one) if one.endswith(_STOOD_IN) else one for one in said]

    def path(self, measure: str, scenario: str, column: str = "value") -> dict[int, float]:
        """year -> value from the last filed year on; empty where it is not known."""
        rows = self.outlook.paths.filter(pl.col("scenario") == scenario, pl.col("measure") == measure)
        return dict(rows.select("year", column).drop_nulls().sort("year").iter_rows())

    def filed(self, measure: str) -> dict[int, float]:
        """year -> value of the filed years up to the first of the scenarios."""
        return {year: value for year, value in self.view.path(measure).iter_rows() if year <= self.t0}

    def has(self, measure: str) -> bool:
        return self.horizon in self.path(measure, self.own)

    def at_end(self, measure: str, scenario: str, column: str = "value") -> float | None:
        return self.path(measure, scenario, column).get(self.horizon)

    def columns(self) -> dict[str, Column]:
        """How the columns of the scenarios are called."""
        return {name: Column(title) for name, title in self.titles.items()}


def _stood_in(note: str) -> Term:
    """What stands in for withheld amounts, which the note names one after the other."""
    return term("stood_in", what=Names(tuple(_APART.split(note.removesuffix(_STOOD_IN)))))


def named(driver: str) -> str:
    return str(Params.model_fields[driver].title)


def place(origin: str) -> Term | str:
    """Where a parameter is written: `scenarios/plan.yml 第 3 行`."""
    file, _, line = origin.removeprefix(PARAMETERS).removesuffix(" 行").partition(" 第 ")
    return term("line_of_file", file=file, line=line) if line else file


def contradicting(foresight: Foresight) -> list[Facts]:
    """What contradicts in the parameters of the report's scenario, and where it is written."""
    found = []
    for driver, warning in (
        foresight.outlook.warnings.filter(scenario=foresight.own).select("driver", "warning").iter_rows()
    ):
        what = warning.removesuffix("。").partition(f"（{named(driver)}）")[2]
        where = place(warning.partition("：")[0])
        found.append({"place": where, "scenario": foresight.own, "key": driver, "driver": named(driver), "what": what})
    return found


def fallen_back(foresight: Foresight) -> list[Facts]:
    """Which trends the region's history could not give: by scenarios (none named: all of them), the drivers and whether a
    default or the nation's trend stands in."""
    rows = foresight.outlook.drivers.filter(pl.col("basis").str.contains(NO_HISTORY))
    rows = rows.with_columns(_default=pl.col("basis") == DEFAULT)
    found: dict[tuple[str, ...], list[Facts]] = {}
    for is_default in (False, True):
        alike: dict[tuple[str, ...], list[str]] = {}
        for driver, part in rows.filter(_default=is_default).group_by("driver", maintain_order=True):
            scenarios = tuple(name for name in foresight.titles if name in part["scenario"])
            alike.setdefault(scenarios, []).append(named(str(driver[0])))
        for scenarios, drivers in alike.items():
            found.setdefault(scenarios, []).append({"drivers": drivers, "default": is_default})
    every = len(foresight.titles)
    return [
        {"scenarios": [] if len(names) == every else [foresight.titles[name] for name in names], "parts": parts}
        for names, parts in sorted(found.items(), key=lambda one: -len(one[0]))
    ]


def left_out(foresight: Foresight, measure: str) -> Facts:
    """Why there is no path of a measure: the reason, if the report's year has one, and the tables that it needs."""
    view = foresight.view
    reason = view.remarks(measure) if foresight.t0 == view.year else ""
    return {"measure": view.measure(measure), "reason": reason, "tables": view.tables(measure)}


# --- one measure in all scenarios ----------------------------------------------------------------------------


def scaled(words: Words, measure: Measure, values: Iterable[float]) -> tuple[float, str, int]:
    """Factor, unit and decimals in which an axis shows values (`Words.axis`)."""
    largest = max(map(abs, values), default=0.0)
    [shown], unit = words.axis(measure, [largest])
    return float(f"{(shown or 0) / largest:.12g}") if largest else 1.0, unit, words.places(measure, [largest])


def units(measure: Measure, values: Iterable[float]) -> dict[str, str]:
    """Language -> the unit of an axis."""
    shown = list(values)
    return {language: scaled(Words(language), measure, shown)[1] or "1" for language in LANGUAGES}


def ends(foresight: Foresight, measure: str) -> list[tuple[str, Quantity]]:
    """Where each scenario leads, by its title, all told in one unit."""
    found = {title: foresight.at_end(measure, name) for name, title in foresight.titles.items()}
    how = foresight.view.measure(measure).among(found.values())
    return [(title, Quantity(how, value)) for title, value in found.items() if value is not None]


def told(foresight: Foresight, measure: str, figure: str) -> Facts:
    """What a fan shows: the filed years, where each scenario leads and between which ends, the unit of its axis."""
    how, filed = foresight.view.measure(measure), foresight.filed(measure)
    known = measure in foresight.view.catalogue.indicators

    def said(name: str) -> Facts:
        value, low, high = (Quantity(how, foresight.at_end(measure, name, of)) for of in ("value", "p10", "p90"))
        return {"title": foresight.titles[name], "value": value, "low": low, "high": high}

    return {
        "id": figure,
        "measure": how,
        "unit": units(how, [value for path in lines(foresight, measure).values() for value in path.values()]),
        "first": min(filed, default=foresight.t0),
        "filed": [Quantity(how, filed.get(year)) for year in (min(filed), foresight.t0)] if filed else [],
        "scenarios": [said(name) for name in foresight.titles],
        "ends": ends(foresight, measure),
        "unverified": [str(year) for year in foresight.view.unverified(measure)] if known else [],
    }


def lines(foresight: Foresight, measure: str) -> dict[str, dict[int, float]]:
    """What a fan draws: year -> value of the filed years, of every scenario, and of the draws of the report's own."""
    lines = {"filed": foresight.filed(measure)} | {name: foresight.path(measure, name) for name in foresight.titles}
    band = {name: foresight.path(measure, foresight.own, name) for name in ("p10", "p50", "p90")}
    return {name: path for name, path in lines.items() if path or name == "filed"} | band


# --- side by side --------------------------------------------------------------------------------------------


def unlike(foresight: Foresight) -> list[Facts]:
    """Which conditions are not the same in all scenarios, and why; empty where all are alike."""
    found = []
    for driver in CONDITIONS:
        rows = foresight.outlook.drivers.filter(pl.col("driver") == driver)
        modes = {name: said(driver, mode) for name, mode in rows.select("scenario", "mode").iter_rows()}
        if len(set(modes.values())) > 1:
            values = [(title, modes[name]) for name, title in foresight.titles.items()]
            reasons = rows.filter(pl.col("reason") != "").select("scenario", "reason").iter_rows()
            why = [(foresight.titles[name], text) for name, text in reasons]
            found.append({"driver": named(driver), "modes": values, "reasons": why})
    return found


def in_order(foresight: Foresight) -> list[tuple[str, str]]:
    """Scenarios of which the first has no more energy and emissions than the second; empty where one has (`turned`)."""
    names = [name for name in SHIPPED if name in foresight.titles]
    if not foresight.outlook.turned.is_empty() or not foresight.has("energy.total"):
        return []
    return [(foresight.titles[other], foresight.titles[one]) for one, other in pairwise(names)]


def turned(foresight: Foresight) -> list[Facts]:
    """Where more ambition has more energy or emissions, and which assumption makes it so."""
    return [_turned(foresight, row) for row in foresight.outlook.turned.iter_rows(named=True)]


def _turned(foresight: Foresight, row: Mapping[str, Any]) -> Facts:
    more = row["after"] - row["before"]
    how = foresight.view.measure(row["measure"]).among((more, row["value"]))
    drivers = foresight.outlook.drivers.filter(pl.col("driver").is_in(OF_STEP[row["step"]]))
    low, high = (
        dict(drivers.filter(pl.col("scenario") == row[name]).select("driver", "mode").iter_rows())
        for name in ("one", "other")
    )
    taken = [(driver, said(driver, high[driver]), said(driver, value)) for driver, value in low.items()]
    return {
        "measure": how, "first": row["first_year"], "last": row["last_year"], "step": STEPS[row["step"]],
        "lower": foresight.titles[row["one"]], "higher": foresight.titles[row["other"]],
        "more": Quantity(how, more), "by": Quantity(how, row["value"]),
        "taken": [(named(driver), one, other) for driver, one, other in taken if one != other],
    }  # fmt: skip


def grid_alone(foresight: Foresight) -> Facts | None:
    """That the province's grid factor, which rests on few years, moves its location-based emissions a lot; None where not."""
    rows = foresight.outlook.drivers.filter(
        pl.col("scenario") == foresight.own,
        pl.col("driver") == "d_grid",
        pl.col("mode").abs() > GRID_MOVES,
        pl.col("basis") != "",
    )
    before = foresight.path("carbon.location", foresight.own).get(foresight.t0)
    after = foresight.at_end("carbon.location", foresight.own)
    if rows.is_empty() or before is None or after is None:
        return None
    how, row, ahead = foresight.view.measure("carbon.location"), rows.row(0, named=True), foresight.horizon - foresight.t0  # fmt: skip
    edge = row["high" if row["high"] > 0 > row["mode"] else "low"]  # to which the nation's trend has widened the range
    return {
        "basis": row["basis"],
        "rises": row["mode"] < 0,
        "yearly": abs(row["mode"]),
        "times": (1 - row["mode"]) ** ahead,
        "times_of_nation": (1 - edge) ** ahead if WIDENED in row["basis"] else None,
        "before": Quantity(how, before),
        "after": Quantity(how, after),
    }


def grows_most(foresight: Foresight) -> Facts | None:
    """The facility type whose energy grows most, or falls least, in the report's scenario; all: whether every type is told."""
    paths = {name: foresight.path(f"energy.total/{code}", foresight.own) for code, name in FACILITIES.items()}
    moved = {name: path[foresight.horizon] - path[foresight.t0] for name, path in paths.items() if foresight.horizon in path}  # fmt: skip
    if not moved:
        return None
    most = max(moved, key=lambda name: moved[name])
    return {"facility": most, "all": len(moved) == len(paths)} | _moved(foresight.view.measure("energy.total"), moved[most])  # fmt: skip


def _moved(how: Measure, change: float) -> Facts:
    """way: 1 up, -1 down, 0 where too little is printed; by: how far."""
    return {"way": how.way(change), "by": Quantity(how, abs(change))}


# --- targets -------------------------------------------------------------------------------------------------


def probability(value: float, key: str = "chance") -> Term:
    """`98%`, and `不到 1%`, `超过 99%` for what would print as none or all: of draws none or all may be, not of what comes.
    key: `chance_is` for a text: `概率为 98%`."""
    if value < 0.01:
        return term(f"{key}_below", percent="1%")
    if value > 0.99:
        return term(f"{key}_above", percent="99%")
    return term(key, percent=wording.percent(value, 0))


@dataclass(frozen=True)
class Standing:
    """How one target stands in one scenario. met: year -> whether, filed years and those ahead; chance: year -> share of draws."""

    target: Target
    t0: int
    met: Mapping[int, bool]
    chance: Mapping[int, float]

    @property
    def end(self) -> int:
        """The last year of the scenario."""
        return max(self.chance)

    @property
    def first(self) -> int | None:
        """The first year in which it is met."""
        return min((year for year, holds in self.met.items() if holds), default=None)

    @property
    def lost(self) -> int | None:
        """The first year in which it is no longer met."""
        first = self.first
        return min((y for y, holds in self.met.items() if first is not None and not holds and y > first), default=None)

    @property
    def again(self) -> int | None:
        """Of one that was met and lost in filed years: the first year ahead in which it is met."""
        after = max(self.t0, self.lost or 0)
        return min((year for year, holds in self.met.items() if holds and year > after), default=None)


def standing(foresight: Foresight, target: Target, scenario: str) -> Standing | None:
    """None where the change since the baseline is not known."""
    rows = foresight.outlook.targets.filter(
        pl.col("scenario") == scenario, pl.col("indicator") == target.indicator
    ).drop_nulls()
    if rows.is_empty():
        return None
    filed = {
        year: shapes.reaches(target, value)
        for year, value in foresight.filed(target.indicator).items()
        if target.baseline_year is None or year > target.baseline_year
    }
    ahead = dict(rows.select("year", "met").iter_rows())
    return Standing(target, foresight.t0, filed | ahead, dict(rows.select("year", "probability").iter_rows()))


def told_of_target(foresight: Foresight, target: Target) -> Facts:
    """The year and the probability of a target in the report's scenario; first is None where it is not met, stands where
    nothing can be told."""
    stands = standing(foresight, target, foresight.own)
    facts = {
        "what": foresight.view.catalogue[target.indicator.removesuffix(".change")].title,
        "baseline": target.baseline_year,
        "printed": target.value_printed,
        "year": target.target_year,
        "stands": None,
    }
    if stands is None:
        return facts
    by_year = stands.chance.get(target.target_year) if target.target_year > stands.t0 else None
    return facts | {
        "stands": {
            "first": stands.first,
            "filed": stands.first is not None and stands.first <= stands.t0,
            "late": max(0, (stands.first or 0) - target.target_year),
            "lost": stands.lost,
            "lost_in_filed": stands.lost is not None and stands.lost <= stands.t0,
            "again": stands.again,
            "end": stands.end,
            "chance": probability(stands.chance[stands.end], "chance_is"),
            "by_year": None if by_year is None else probability(by_year, "chance_is"),
        }
    }


# --- what matters most ---------------------------------------------------------------------------------------


def single(foresight: Foresight) -> Facts | None:
    """The measure of 2030 of which is told what each driver alone does to it; None where there is none."""
    measure = next((one for one in ("energy.per_flow", "energy.total") if foresight.has(one)), None)
    middle = foresight.at_end(measure, foresight.own) if measure else None
    if measure is None or middle is None:
        return None
    how = foresight.view.measure(measure)
    found = {"id": measure, "measure": how, "unit": units(how, [middle]), "middle": Quantity(how, middle)}
    return found | {"widest": _widest(foresight, measure, how)}


def _widest(foresight: Foresight, measure: str, how: Measure) -> Facts | None:
    """Which driver alone does most to a measure of 2030, and what it is with its low and its high; None where none has both."""
    rows = foresight.outlook.levels.filter(scenario=foresight.own, measure=measure, year=foresight.horizon)
    levels = rows.pivot(on="level", index="driver", values="value").drop_nulls()
    if levels.is_empty() or not {"low", "high"} <= set(levels.columns):
        return None
    driver, low, high = levels.sort((pl.col("high") - pl.col("low")).abs()).select("driver", "low", "high").row(-1)
    how = how.among((low, high))
    return {"driver": named(driver), "low": Quantity(how, low), "high": Quantity(how, high)}


def compared(foresight: Foresight) -> tuple[str, str] | None:
    """The titles of the two scenarios whose difference is drawn; None where there is only one."""
    names = list(foresight.titles)
    other = foresight.own if foresight.own != names[0] else next(iter(names[1:]), None)
    return None if other is None else (foresight.titles[names[0]], foresight.titles[other])


def steps(foresight: Foresight, measure: str) -> pl.DataFrame:
    names = {title: name for name, title in foresight.titles.items()}
    one, other = (names[title] for title in compared(foresight) or (*names, *names)[:2])
    return foresight.outlook.steps.filter(pl.col("one") == one, pl.col("other") == other, pl.col("measure") == measure)


def moved_most(foresight: Foresight, measure: str) -> Facts | None:
    """How far the two scenarios of `compared` are apart in a measure, and which step makes most of that; None where it is not
    known."""
    rows, pair = steps(foresight, measure), compared(foresight)
    if rows.is_empty() or pair is None:
        return None
    most = rows.sort(pl.col("value").abs(), descending=True).row(0, named=True)
    change = most["after"] - most["before"]
    how = foresight.view.measure(measure).among((change, most["value"]))
    step = {"name": STEPS[most["step"]]} | _moved(how, most["value"])
    return {"one": pair[0], "other": pair[1], "step": step} | _moved(how, change)


# --- assumptions ---------------------------------------------------------------------------------------------


def counted(foresight: Foresight) -> Facts:
    """How many drivers there are, and how many an analyst changed."""
    own = foresight.outlook.drivers.filter(pl.col("scenario") == foresight.own)
    return {"n": own.height, "changed": int(own["changed"].sum())}
