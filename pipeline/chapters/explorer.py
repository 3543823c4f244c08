"""What the page is given to let a reader move the drivers: where the region starts, its drivers, and the words.

The page's own script (reports/theme/explorer.js) projects and draws. A measure whose start is withheld in part is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.chapters import shapes
from pipeline.chapters.foresight import Foresight, named, scaled
from pipeline.given import params
from pipeline.given.reference import Target
from pipeline.language.terms import glossary
from pipeline.language.words import Words
from pipeline.scenarios.decomposition import OF_FACILITY, OF_STEP
from pipeline.scenarios.drivers import DRIVERS, LEVELS, SHARE_YEAR
from pipeline.scenarios.start import FACILITIES, READ
from pipeline.wording import NOISE

ROOMS = READ["retrofitted"]
OF_CARBON = ("electricity", "fuel_tco2")
NEEDS = {
    "energy.total": ("energy",), "energy.per_flow.change": ("covered", "flow", "per_flow_change"),
    "energy.per_flow": ("covered", "flow", "per_flow"), "energy.per_volume.change": ("covered", "volume", "per_volume_change"),
    "energy.per_volume": ("covered", "volume", "per_volume"), "carbon.location": (*OF_CARBON, "location_tco2"),
    "carbon.market": (*OF_CARBON, "market_tco2", "green_share"), "green.share": ("electricity", "green_share"),
}  # fmt: skip
"""What of a start (`start.READ`) each measure rests on, besides the PUE. Where the share of retrofitted core rooms is withheld,
they go as the scenario has them and have no drivers."""
BESIDE = {"energy.per_flow": "energy.per_flow.change", "energy.per_volume": "energy.per_volume.change"}
"""Measures that are shown where the other is not known."""
GROUPS = {
    "data_centre": DRIVERS[:4], "base_station": DRIVERS[4:6], "core_room": DRIVERS[6:9], "other": DRIVERS[9:10],
    "activity": DRIVERS[10:12], "power": DRIVERS[12:],
}  # fmt: skip
OF_MEASURE = {
    "g_flow": ("energy.per_flow", "energy.per_flow.change"), "g_volume": ("energy.per_volume", "energy.per_volume.change"),
    "green_share_2030": ("green.share", "carbon.market"), "d_grid": ("carbon.location",), "d_residual": ("carbon.market",),
}  # fmt: skip
"""The measures that are moved by drivers which move no energy."""
ENDS = {"met": "in_year", "met_filed": "met_in_filed", "met_lost": "not_met_from", "not_met": "not_met_by"}
"""What the page calls the terms of when a target is met."""
STEP, PUE_STEP = 0.001, 0.01


def explored(foresight: Foresight, targets: Sequence[Target]) -> Callable[[Words], Mapping[str, Any]]:
    """A function of the words of a language, as `blocks.Figure.explorer` wants it."""
    return lambda words: data(foresight, targets, words)


def data(foresight: Foresight, targets: Sequence[Target], words: Words) -> dict[str, Any]:
    """Everything that the script needs; without measures where all of them rest on what is withheld."""
    known = [id for id in NEEDS if foresight.has(id) and not (id in BESIDE and foresight.has(BESIDE[id]))]
    told = set(foresight.outlook.starts.filter(scenario="")["name"])
    shown = [id for id in known if _names(id) <= told]
    left = [id for id in known if id not in shown]
    said = {key.removeprefix("explorer_"): one[words.language] for key, one in glossary().items() if key.startswith("explorer_")}  # fmt: skip
    said |= {name: glossary()[key][words.language] for name, key in ENDS.items()} | {"left_out": ""}
    said["gap"] = "" if words.language == "zh" else " "  # between sentences
    if left:
        names = words.names([foresight.view.measure(id) for id in left])
        said["left_out"] = words("explored_in_part" if shown else "explored_not_at_all", what=names)
    if shown and ROOMS not in told:
        said["left_out"] += said["gap"] * bool(left) + words("explored_without_rooms")
    if not shown:
        return {"words": {name: said[name] for name in ("title", "left_out")}, "measures": []}
    if foresight.view.without_entities:  # who reads it has no folder of parameters
        said["file"] = words("explored_file")
    region = foresight.view.region
    return {
        "region": {"title": words.say(region.short_zh), "file": f"{region.slug}.yml"},
        "year": foresight.view.year,
        "years": list(range(foresight.t0, foresight.horizon + 1)),
        "own": foresight.own,
        "order": DRIVERS,  # of a scenario's parts
        "start": _start(foresight, shown),
        "scenarios": [_scenario(foresight, name, words) for name in foresight.titles],
        "drivers": [one for group, of in GROUPS.items() for one in _drivers(foresight, group, of, shown, words)],
        "measures": [_measure(foresight, id, words) for id in shown],
        "targets": [_target(foresight, one, words) for one in targets if one.indicator in shown],
        "words": said,
    }


def _names(measure: str) -> set[str]:
    """What `Outlook.starts` must have for a measure, by name."""
    found = set[str]()
    for field in (*NEEDS[measure], "pue"):
        whole = READ[field]
        found |= {f"{whole}/{one}" for one in FACILITIES} if field in PARTED else {whole}
    return found


PARTED = tuple(READ)[:4]


def _start(foresight: Foresight, shown: Sequence[str]) -> dict[str, Any]:
    """parts: what the sum is of, by field of `start.Start`; own: the levels of the region itself."""
    starts = foresight.outlook.starts.filter(scenario="")
    fields = [*dict.fromkeys(field for id in shown for field in NEEDS[id]), "pue"]
    fields += ["retrofitted"] if ROOMS in starts["name"] else []
    code = foresight.view.region.code

    def read(part: str) -> dict[str, Any]:
        of = dict(starts.filter(part=part).select("name", "value").iter_rows())
        return {
            field: [of[f"{READ[field]}/{one}"] for one in FACILITIES] if field in PARTED else of[READ[field]]
            for field in fields
        }

    parts = [one for one in starts["part"].unique(maintain_order=True) if one != code] or [code]
    own = {field: value for field, value in read(code).items() if field not in PARTED}
    return {"t0": foresight.t0, "share_year": SHARE_YEAR, "sum": parts != [code], "own": own, "parts": [read(one) for one in parts]}  # fmt: skip


def _scenario(foresight: Foresight, name: str, words: Words) -> dict[str, Any]:
    """drivers: low, middle and high of the region; of the nation, parts: the middle values in each of its provinces. core: how
    the energy of the core rooms goes, relative to the start, where they have no drivers."""
    own = foresight.outlook.drivers.filter(scenario=name)
    found: dict[str, Any] = {"id": name, "title": words.say(foresight.titles[name])}
    found["drivers"] = {driver: list(levels) for driver, *levels in own.select("driver", *LEVELS).iter_rows()}
    rows = foresight.outlook.starts.filter(scenario=name)
    if not rows.is_empty():
        by_part = rows.pivot(on="name", index="part", values="value", maintain_order=True)
        found["parts"] = by_part.select(DRIVERS).rows()
    if ROOMS not in foresight.outlook.starts["name"]:
        path = foresight.path("energy.total/core_room", name)
        found["core"] = [value / (path[foresight.t0] or 1.0) for value in path.values()]
    return found


def _drivers(
    foresight: Foresight, group: str, of: Sequence[str], shown: Sequence[str], words: Words
) -> list[dict[str, Any]]:
    """Those that move something. condition: whether the province's file has it under `all`, as the workbench writes it."""
    rows, found = foresight.outlook.drivers, []
    for driver in of:
        if not _moves(foresight, driver, shown):
            continue
        pue, (least, most) = driver.startswith("pue"), params.limits(driver)
        origins = rows.filter(driver=driver)["origin"]
        apart = origins.str.contains("/provinces/").any() and origins.n_unique() > 1
        unit = "" if pue else words("per_cent_a_year") if params.unit(driver) == "1/年" else "%"
        found.append(
            {"id": driver, "title": words.say(named(driver)), "group": group, "min": least, "max": most}
            | {"unit": unit, "step": PUE_STEP if pue else STEP, "percent": not pue, "decimals": 2 if pue else 1}
            | {"all": driver in params.CONDITIONS and not apart}
        )
    return found


def _moves(foresight: Foresight, driver: str, shown: Sequence[str]) -> bool:
    """Whether any of the measures follows the driver where the region starts."""
    if driver in OF_MEASURE:
        return any(one in shown for one in OF_MEASURE[driver])
    starts = foresight.outlook.starts.filter(scenario="").filter(pl.col("value").is_not_null())
    of = starts.group_by("name").agg(pl.col("value").sum(), open=(pl.col("value") < 1).any())
    sums, left = dict(of.select("name", "value").iter_rows()), dict(of.select("name", "open").iter_rows())
    if driver in OF_STEP["pue"] and READ["pue"] not in sums:
        return False
    if driver in OF_STEP["core"] and not left.get(ROOMS, False):
        return False
    steps = {step for step, drivers in OF_STEP.items() if driver in drivers}
    return any(
        sums.get(f"{READ[field]}/{facility}", 0) > 0
        for facility, own in zip(FACILITIES, OF_FACILITY, strict=True)
        if steps & set(own)
        for field in PARTED[:3]
    )


def _measure(foresight: Foresight, id: str, words: Words) -> dict[str, Any]:
    """factor: from the projection's unit to the printed one. filed: year -> value up to the start, as printed."""
    how = foresight.view.measure(id)
    values = [value for name in foresight.titles for value in foresight.path(id, name).values()]
    factor, unit, decimals = scaled(words, how, values)
    filed = {year: round(value * factor, decimals + 1) for year, value in foresight.filed(id).items()}
    return {"id": id, "title": words.say(how), "unit": unit, "decimals": decimals, "factor": factor, "filed": filed}


def _target(foresight: Foresight, target: Target, words: Words) -> dict[str, Any]:
    """met: year -> whether, of the filed years after the baseline. noise: what is equal in spite of binary fractions."""
    what = foresight.view.catalogue[target.indicator.removesuffix(".change")].title
    met = {
        year: shapes.reaches(target, value)
        for year, value in foresight.filed(target.indicator).items()
        if target.baseline_year is None or year > target.baseline_year
    }
    return {
        "measure": target.indicator, "value": target.value, "above": target.comparator == ">=", "noise": NOISE, "met": met,
        "title": words("target_row", what=what, printed=target.value_printed), "short": words.say(what),
    }  # fmt: skip
