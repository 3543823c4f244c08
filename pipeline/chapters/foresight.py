"""What the chapter on scenarios tells and draws: where each path leads, how sure that is, and what makes the difference.

A scenario says what follows from its assumptions; every sentence names the scenario it is of. Percentiles are those of
the draws (`scenarios.uncertainty`). What is told are facts: the chapter's text words them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import altair as alt
import polars as pl

from pipeline import wording
from pipeline.chapters import shapes
from pipeline.charts import labels, theme
from pipeline.findings import Measure, Quantity
from pipeline.given.params import CONDITIONS, SHIPPED, Params
from pipeline.given.reference import Target
from pipeline.indicators.view import View
from pipeline.language.terms import Term, chinese, term
from pipeline.language.words import LANGUAGES, Words
from pipeline.reports.blocks import Column, Figure, Table
from pipeline.scenarios.decomposition import OF_STEP, STEPS
from pipeline.scenarios.drivers import DEFAULT, DRIVERS, NO_HISTORY, WIDENED, said
from pipeline.scenarios.outlook import EXPLORED, Outlook
from pipeline.scenarios.start import FACILITIES

SOURCE = term("scenario_source")
TOLD = (
    "energy.total", "energy.electricity", "energy.per_flow", "energy.per_flow.change", "energy.per_volume",
    "energy.per_volume.change", "carbon.location", "carbon.market", "green.share",
)  # fmt: skip
GRID_MOVES = 0.05  # a year, from which on a province's grid factor is told apart
EXPLORER = (
    "energy.total", "energy.per_flow.change", "energy.per_volume.change", "carbon.location", "carbon.market", "green.share",
)  # fmt: skip
LEVELS = {"low": "level_low", "mode": "level_mode", "high": "level_high"}
PARAMETERS = "notebooks/params/"
TINTS = (theme.MUTED, theme.PRIMARY, theme.CATEGORIES[2], theme.CATEGORIES[4], theme.CATEGORIES[3])
"""Of the scenarios, in order, alike in all charts of the chapter."""
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
    def notes(self) -> list[str]:
        """What stands in for missing values."""
        return [one for note in self.outlook.notes["note"].drop_nulls() for one in note.split("；")]

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
    return float(f"{(shown or 0) / largest:.12g}") if largest else 1.0, unit, shapes.places(measure, [largest])


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
        "unit": units(how, [value for path in _lines(foresight, measure).values() for value in path.values()]),
        "first": min(filed, default=foresight.t0),
        "filed": [Quantity(how, filed.get(year)) for year in (min(filed), foresight.t0)] if filed else [],
        "scenarios": [said(name) for name in foresight.titles],
        "ends": ends(foresight, measure),
        "unverified": [str(year) for year in foresight.view.unverified(measure)] if known else [],
    }


def _lines(foresight: Foresight, measure: str) -> dict[str, dict[int, float]]:
    """What a fan draws: year -> value of the filed years, of every scenario, and of the draws of the report's own."""
    lines = {"filed": foresight.filed(measure)} | {name: foresight.path(measure, name) for name in foresight.titles}
    band = {name: foresight.path(measure, foresight.own, name) for name in ("p10", "p50", "p90")}
    return {name: path for name, path in lines.items() if path or name == "filed"} | band


def fan(
    foresight: Foresight, measure: str, figure: str, target: Target | None = None, explorer: bool = False
) -> Figure | None:
    """The filed years, the median of every scenario, and the range of the report's own; None where it is not known."""
    if not foresight.has(measure):
        return None
    how, lines, title = foresight.view.measure(measure), _lines(foresight, measure), foresight.titles[foresight.own]
    years = sorted({*lines["filed"], *lines["p10"]})
    every = [value for path in lines.values() for value in path.values()]
    decimals = shapes.places(how, every)
    columns = {"year": Column(term("year")), "filed": Column(term("filed_line")), **foresight.columns()}
    columns |= {name: Column(term("percentile", title=title, percent=name[1:])) for name in ("p10", "p50", "p90")}

    def data(words: Words) -> pl.DataFrame:
        factor = scaled(words, how, every)[0]
        cells = {
            name: [None if year not in path else path[year] * factor for year in years] for name, path in lines.items()
        }
        return pl.DataFrame({"year": years} | cells, schema_overrides=dict.fromkeys(cells, pl.Float64))

    def draw(words: Words) -> alt.TopLevelMixin:
        factor, unit, _ = scaled(words, how, every)
        exact, names = (
            data(words),
            {name: columns[name].told(words) for name in lines if name[1:] not in ("10", "50", "90")},
        )
        shown = exact.with_columns(pl.exclude("year").round(decimals + 2))
        rows = shown.select("year", *names).rename(names).unpivot(index="year", variable_name="line").drop_nulls()
        tints = dict(zip(foresight.titles, TINTS, strict=False)) | {"filed": theme.INK}
        colours = alt.Scale(domain=list(names.values()), range=[tints[name] for name in names])
        colour, tint = alt.Color("line:N", scale=colours, legend=None), tints[foresight.own]
        goal = [] if target is None else [target.value * factor]
        domain, gap = labels.span([value * factor for value in every] + goal)
        x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy"))

        def at(field: str) -> alt.Y:  # alike in every layer: one without a domain would add its own to the shared scale
            scale = alt.Scale(domain=list(domain))
            return alt.Y(f"{field}:Q", title=unit or None, scale=scale, axis=alt.Axis(tickCount=5))

        own = alt.Chart(shown.drop_nulls("p10")).encode(x=x)
        area = own.mark_area(opacity=0.18, color=tint).encode(y=at("p10"), y2="p90:Q")
        median = own.mark_line(strokeDash=[2, 3], strokeWidth=1.5, color=tint).encode(y=at("p50"))
        tooltip = [
            alt.Tooltip("line:N", title=words("line")),
            alt.Tooltip("year:O", title=words("year_axis")),
            alt.Tooltip("value:Q", title=unit or words("value_axis"), format=f",.{decimals}f"),
        ]
        drawn = alt.Chart(rows).mark_line(point=alt.OverlayMarkDef(size=25))
        drawn = drawn.encode(x=x, y=at("value"), color=colour, tooltip=tooltip)
        last = rows.filter(pl.col("year") == foresight.horizon)
        last = last.with_columns(said=pl.Series([wording.number(value, decimals) for value in last["value"]]))
        last = labels.apart(last.with_columns(text=pl.format("{} {}", "line", "said")), "value", gap)
        text = (
            alt.Chart(last).mark_text(align="left", dx=9).encode(x=x, y=at(labels.PLACE), text="text:N", color=colour)
        )
        layers = [area, median, drawn, text]
        if target is not None:
            aim = words("target_of_year", year=target.target_year, printed=target.value_printed)
            rule = alt.Chart(pl.DataFrame({"value": goal, "text": [aim]})).encode(y=at("value"))
            above = rule.mark_text(align="left", x=4, dy=-8, color=theme.ACCENT).encode(text="text:N")
            layers = [rule.mark_rule(color=theme.ACCENT, strokeDash=[5, 3]), above, *layers]
        return alt.layer(*layers).properties(height=theme.HEIGHT)

    return Figure(
        id=figure,
        title="",
        chart=draw,
        data=data,
        alt="",
        source=SOURCE,
        columns=columns,
        decimals=dict.fromkeys(lines, decimals),
        explorer=partial(explored, foresight) if explorer else None,
    )


# --- side by side --------------------------------------------------------------------------------------------


def side_by_side(foresight: Foresight, table: str) -> Table | None:
    """What each scenario leads to in 2030, with the range of its draws."""
    shown = [measure for measure in TOLD if foresight.has(measure)]
    if not shown:
        return None

    def rows(words: Words) -> pl.DataFrame:
        lines = []
        for measure in shown:
            how = foresight.view.measure(measure)
            paths = {name: foresight.path(measure, name) for name in foresight.titles}
            factor, unit, decimals = scaled(words, how, [one for path in paths.values() for one in path.values()])
            line = {"indicator": Column(how, unit).told(words)}
            line["start"] = wording.number(paths[foresight.own][foresight.t0] * factor, decimals)
            for name in foresight.titles:
                ends = [foresight.at_end(measure, name, column) for column in ("value", "p10", "p90")]
                line[name] = _ranged(words, [None if end is None else end * factor for end in ends], decimals)
            lines.append(line)
        return pl.DataFrame(lines)

    columns = {"indicator": Column(term("indicator")), "start": Column(term("in_year", year=foresight.t0))}
    widths = [13.5, 6.5, *[14] * len(foresight.titles)]
    return Table(table, "", rows, SOURCE, widths=widths, columns=columns | foresight.columns())


def _ranged(words: Words, ends: Sequence[float | None], decimals: int) -> str:
    """`2,046.2（1,936 至 2,166）`: the range of a number of four digits without decimals, so that it stands in a line."""
    value, low, high = ends
    if value is None or low is None or high is None:
        return wording.MISSING
    places = 0 if abs(value) >= 1000 else decimals
    first, last = (wording.number(one, places) for one in (low, high))
    told = wording.number(value, decimals)
    return told if first == last else words("value_between", value=told, low=first, high=last)


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


def by_facility(foresight: Foresight, table: str) -> Table:
    """Energy of each facility type at the start and in 2030, in tce and kWh; what has no path is withheld."""
    codes = [*FACILITIES, ""]
    data: dict[str, list[Any]] = {}
    columns = {"facility": Column(term("facility"))}
    for id, factor, unit in (("energy.total", 1e-4, "万tce"), ("energy.electricity", 1e-8, "亿kWh")):
        ids = [f"{id}/{code}" if code else id for code in codes]
        for name, title in {"": term("in_year", year=foresight.t0), **foresight.titles}.items():
            paths = [foresight.path(one, name or foresight.own) for one in ids]
            year = foresight.horizon if name else foresight.t0
            data[f"{id} {name}"] = [path.get(year, wording.WITHHELD) * factor for path in paths]
            columns[f"{id} {name}"] = Column(term("in_unit", what=title, unit=unit))
    rows = pl.DataFrame({"facility": [*FACILITIES.values(), chinese("total")]} | data)
    widths, decimals = [11, *[8] * len(data)], dict.fromkeys(data, 1)
    return Table(table, "", rows, SOURCE, decimals=decimals, widths=widths, withheld=True, columns=columns)


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


def target_year(stands: Standing | None) -> list[Term]:
    """`2027 年`, `2024 年（已填报）`, `到 2030 年仍未达到`, as a cell of a table says it."""
    if stands is None:
        return [term("not_projected")]
    if stands.first is None:
        return [term("not_met_by", year=stands.end)]
    met = term("met_in_filed" if stands.first <= stands.t0 else "in_year", year=stands.first)
    return [met, term("not_met_from", year=stands.lost)] if stands.lost else [met]


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


def targets(foresight: Foresight, wanted: Sequence[Target], table: str) -> Table:
    """The year in which each target is met, and the probability that it is in 2030, in every scenario."""

    def rows(words: Words) -> pl.DataFrame:
        lines = []
        for target in wanted:
            what = foresight.view.catalogue[target.indicator.removesuffix(".change")].title
            line = {"target": words("target_row", what=what, printed=target.value_printed)}
            for name in foresight.titles:
                stands = standing(foresight, target, name)
                line[name] = "".join(map(words.say, target_year(stands)))
                if stands:
                    line[name] += words("semicolon") + words.say(probability(stands.chance[foresight.horizon]))
            lines.append(line)
        return pl.DataFrame(lines)

    return Table(table, "", rows, SOURCE, columns={"target": Column(term("target")), **foresight.columns()})


# --- what matters most ---------------------------------------------------------------------------------------


def single(foresight: Foresight) -> Facts | None:
    """The measure of 2030 of which is told what each driver alone does to it; None where there is none."""
    measure = next((one for one in ("energy.per_flow", "energy.total") if foresight.has(one)), None)
    middle = foresight.at_end(measure, foresight.own) if measure else None
    if measure is None or middle is None:
        return None
    how = foresight.view.measure(measure)
    return {"id": measure, "measure": how, "unit": units(how, [middle]), "middle": Quantity(how, middle)}


def tornado(foresight: Foresight, figure: str, most: int) -> Figure | None:
    """What each driver alone does to 2030 between its low and its high; None where no driver has a range."""
    of = single(foresight)
    if of is None:
        return None
    how, middle = of["measure"], of["middle"].value
    decimals, sides = shapes.places(how, [middle]), ("low", "high")
    rows = foresight.outlook.levels.filter(
        pl.col("scenario") == foresight.own, pl.col("measure") == of["id"], pl.col("year") == foresight.horizon
    ).pivot(on="level", index="driver", values="value")
    rows = rows.with_columns(_wide=(pl.col("high") - pl.col("low")).abs() / middle)
    rows = rows.filter(pl.col("_wide") > 5e-4).sort("_wide", descending=True).head(most)
    if rows.is_empty():
        return None
    names = [named(driver) for driver in rows["driver"]]
    columns = {"driver": Column(term("scenario_driver"))} | {one: Column(term(f"at_{one}")) for one in sides}

    def data(words: Words) -> pl.DataFrame:
        return rows.select(pl.Series("driver", names), pl.col(sides) * scaled(words, how, [middle])[0])

    def draw(words: Words) -> alt.TopLevelMixin:
        factor, unit, _ = scaled(words, how, [middle])
        said = {one: columns[one].told(words) for one in sides}
        long = data(words).rename(said).unpivot(index="driver", variable_name="side")
        long = long.with_columns(pl.col("value").round(decimals + 2), middle=round(middle * factor, decimals + 2))
        scale = alt.Scale(domain=list(said.values()), range=[theme.CATEGORIES[2], theme.ACCENT])
        tooltip = [
            alt.Tooltip("driver:N", title=words("driver")),
            alt.Tooltip("side:N", title=words("value_set")),
            alt.Tooltip("value:Q", title=Column(how, unit).told(words), format=f",.{decimals}f"),
        ]
        bars = alt.Chart(long).mark_bar().encode(
            y=alt.Y("driver:N", sort=names, title=None, axis=alt.Axis(ticks=False, labelLimit=240)),
            x=alt.X("value:Q", title=unit, scale=alt.Scale(zero=False), axis=alt.Axis(grid=True, tickCount=5)),
            x2="middle:Q", color=alt.Color("side:N", scale=scale, legend=alt.Legend()), tooltip=tooltip,
        )  # fmt: skip
        whole: alt.TopLevelMixin = bars.properties(height=22 * rows.height + 12)
        return whole

    decimal = dict.fromkeys(sides, decimals)
    return Figure(figure, "", draw, data, alt="", source=SOURCE, columns=columns, decimals=decimal)


def difference(foresight: Foresight, figure: str) -> Figure | None:
    """What makes the energy of 2030 differ: from the first scenario to the report's own, else from there to the second."""
    pair = compared(foresight)
    rows = _steps(foresight, "energy.total")
    if pair is None or rows.is_empty():
        return None
    one, other = pair
    before, after = rows["before"][0], rows["after"][0]
    moved = rows.filter(pl.col("value").abs() > 1e-9 * before)  # conditions are mostly the same in both
    steps = {STEPS[step]: value for step, value in moved.select("step", "value").iter_rows()}
    if not steps:
        return None
    own = foresight.view.region.short_zh
    what = term("energy_between_scenarios", own=own, year=foresight.horizon, one=one, other=other)
    how = foresight.view.measure("energy.total").among((after - before, max(steps.values(), key=abs)))
    return shapes.waterfall(figure, how, (one, before), steps, (other, after), title="", what=what, source=SOURCE)


def compared(foresight: Foresight) -> tuple[str, str] | None:
    """The titles of the two scenarios whose difference is drawn; None where there is only one."""
    names = list(foresight.titles)
    other = foresight.own if foresight.own != names[0] else next(iter(names[1:]), None)
    return None if other is None else (foresight.titles[names[0]], foresight.titles[other])


def _steps(foresight: Foresight, measure: str) -> pl.DataFrame:
    names = {title: name for name, title in foresight.titles.items()}
    one, other = (names[title] for title in compared(foresight) or (*names, *names)[:2])
    return foresight.outlook.steps.filter(pl.col("one") == one, pl.col("other") == other, pl.col("measure") == measure)


def moved_most(foresight: Foresight, measure: str) -> Facts | None:
    """How far the two scenarios of `compared` are apart in a measure, and which step makes most of that; None where it is not
    known."""
    rows, pair = _steps(foresight, measure), compared(foresight)
    if rows.is_empty() or pair is None:
        return None
    most = rows.sort(pl.col("value").abs(), descending=True).row(0, named=True)
    change = most["after"] - most["before"]
    how = foresight.view.measure(measure).among((change, most["value"]))
    step = {"name": STEPS[most["step"]]} | _moved(how, most["value"])
    return {"one": pair[0], "other": pair[1], "step": step} | _moved(how, change)


# --- assumptions ---------------------------------------------------------------------------------------------


def assumptions(foresight: Foresight, table: str) -> Table:
    """The drivers of the report's scenario, where each comes from, and what an analyst changed."""
    own = foresight.outlook.drivers.filter(pl.col("scenario") == foresight.own)

    def rows(words: Words) -> pl.DataFrame:
        lines = []
        for row in own.iter_rows(named=True):
            where = place(row["origin"])
            parts = [term("changed_parameter", origin=where) if row["changed"] else where, row["basis"]]
            parts += [term("reason_of_difference", reason=row["reason"])] if row["reason"] else []
            lines.append(
                {"driver": words.say(named(row["driver"])), "key": row["driver"]}
                | {level: said(row["driver"], row[level]) for level in LEVELS}
                | {"grounds": words("semicolon").join(text for part in parts if (text := words.say(part)))}
            )
        return pl.DataFrame(lines)

    columns = {"driver": term("scenario_driver"), "key": term("parameter")}
    columns |= {level: term(key) for level, key in LEVELS.items()} | {"grounds": term("value_grounds")}
    named_ = {name: Column(one) for name, one in columns.items()}
    return Table(table, "", rows, widths=[19, 13, 5, 5, 5, 21], columns=named_)


def counted(foresight: Foresight) -> Facts:
    """How many drivers there are, and how many an analyst changed."""
    own = foresight.outlook.drivers.filter(pl.col("scenario") == foresight.own)
    return {"n": own.height, "changed": int(own["changed"].sum())}


def modes(foresight: Foresight, table: str) -> Table:
    """The middle value of every driver in every scenario."""
    of = {
        (scenario, driver): said(driver, mode)
        for scenario, driver, mode in foresight.outlook.drivers.select("scenario", "driver", "mode").iter_rows()
    }
    values = {name: {driver: of[name, driver] for driver in DRIVERS} for name in foresight.titles}
    return _of_drivers(table, values, foresight.columns(), 18, 8)


def written(parameters: Mapping[str, pl.DataFrame], table: str) -> Table:
    """The drivers of every scenario as they are written, for a region without filings. parameters: Chinese title of the
    scenario -> `params.table`."""
    values = {title: dict(frame.select("参数", "取值").iter_rows()) for title, frame in parameters.items()}
    return _of_drivers(table, values, {title: Column(title) for title in values}, 16, 12)


def _of_drivers(
    table: str, values: Mapping[str, Mapping[str, str]], columns: Mapping[str, Column], *widths: float
) -> Table:
    """A line a driver, a column a scenario."""
    rows = [{"driver": named(driver)} | {name: of[driver] for name, of in values.items()} for driver in DRIVERS]
    heads = {"driver": Column(term("scenario_driver")), **columns}
    return Table(table, "", pl.DataFrame(rows), widths=[widths[0], *[widths[1]] * len(values)], columns=heads)


# --- to be explored ------------------------------------------------------------------------------------------


def explored(foresight: Foresight, words: Words) -> dict[str, Any]:
    """What the page needs to switch the scenario and move one of EXPLORED: all results, computed beforehand and rounded.

    years: of the scenarios; filed: measure -> year -> value; results: scenario -> driver (or "" for none moved) and level
    -> measure -> values by year. Values as printed, without unit.
    """
    measures, filed, paths = [], {}, {}
    for id in EXPLORER:
        if not foresight.has(id):
            continue
        how = foresight.view.measure(id)
        known = [value for name in foresight.titles for value in foresight.path(id, name).values()]
        factor, unit, decimals = scaled(words, how, known)
        measures.append({"id": id, "title": words.say(how), "unit": unit, "decimals": decimals})
        filed[id] = {year: round(value * factor, decimals + 1) for year, value in foresight.filed(id).items()}
        paths[id] = (factor, decimals)
    rows = foresight.outlook.levels.filter(
        pl.col("driver").is_in(EXPLORED), pl.col("measure").is_in(list(paths)), pl.col("value").is_not_null()
    ).sort("year")
    results: dict[str, dict[str, dict[str, list[float]]]] = {}
    for name in foresight.titles:
        results[name] = {"": {id: _rounded(list(foresight.path(id, name).values()), *how) for id, how in paths.items()}}
    for scenario, driver, level, id, values in (
        rows.group_by("scenario", "driver", "level", "measure", maintain_order=True).agg("value").iter_rows()
    ):
        results[scenario].setdefault(f"{driver}/{level}", {})[id] = _rounded(values, *paths[id])
    of = foresight.outlook.drivers.filter(pl.col("driver").is_in(EXPLORED))
    levels = {
        scenario: {
            row["driver"]: [said(row["driver"], row[level]) for level in LEVELS]
            for row in of.filter(pl.col("scenario") == scenario).iter_rows(named=True)
        }
        for scenario in foresight.titles
    }
    return {
        "own": foresight.own,
        "years": list(range(foresight.t0, foresight.horizon + 1)),
        "scenarios": [{"id": name, "title": words.say(title)} for name, title in foresight.titles.items()],
        "drivers": [{"id": driver, "title": words.say(named(driver))} for driver in EXPLORED],
        "levels": levels,
        "measures": measures,
        "filed": filed,
        "results": results,
    }


def _rounded(values: Sequence[float], factor: float, decimals: int) -> list[float]:
    return [round(value * factor, decimals + 1) for value in values]
