"""The scenarios of an edition: every scenario and region once, as tables that the reports read.

`compute` makes an Outlook of the indicator table and the parameters of all regions; `write` and `read` keep it as a
folder of Parquet files, with the exchange format beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.errors import DataError
from pipeline.given.params import SHIPPED, Resolved
from pipeline.given.reference import Plan
from pipeline.given.regions import NATION_CODE
from pipeline.language.terms import chinese
from pipeline.output import placed
from pipeline.scenarios import contradictions, decomposition, drivers, exchange, uncertainty
from pipeline.scenarios.projection import MEASURES, Projection, project
from pipeline.scenarios.start import Array, History, Start, start
from pipeline.wording import join_names

TARGETS = ("energy.per_flow.change", "energy.per_volume.change")
"""The indicators of the plan's targets that a scenario can tell."""
FANNED = tuple(id for id in MEASURES if not id.startswith("activity."))
INPUTS = (
    "energy.total", "energy.covered", "energy.electricity", "energy.per_flow", "energy.per_volume", "activity.flow",
    "activity.volume", "dc.pue.all", "dc.it_electricity", "bs.traffic", "bs.electricity", "room.retrofit_share",
    "room.pue.core", "room.pue.core_retrofit", "green.share", "carbon.location", "carbon.market", "carbon.fuels",
)  # fmt: skip
"""The indicators that the start of a region and the trends of its drivers are made of."""
TORNADO = ("energy.per_flow", "energy.total")
IN_ORDER = tuple(decomposition.OF_MEASURE)
"""What a scenario that does more should have less of: energy and emissions, both ways."""


@dataclass(frozen=True)
class Outlook:
    """What the scenarios say of every region (region_code; 000000 the nation).

    drivers: `drivers.TABLE`. paths: scenario, region_code, measure (`projection.MEASURES`, by facility type too), year,
    value, and p10, p50, p90 of FANNED; from the last filed year to the plan's horizon. targets: scenario, region_code, indicator, year,
    met, probability. levels: scenario, region_code, driver, level (low, high), measure, year, value: one driver moved
    alone, in the last year, for TORNADO. steps: one, other (scenarios), region_code,
    measure, before, after, step, value: what makes the last year differ, in the order of the steps. turned: where a scenario (other)
    has more of a measure of IN_ORDER than the one before it (one), the two being shipped ones: first and last such year, and of
    the last before, after, and the step that does most to it with its value. warnings: `contradictions.TABLE`. notes:
    region_code, year (the last filed), note (what stands in for missing values, or why the region is not in the nation's
    sum). starts: what the projection of a region begins with: itself and, of the nation, every province that it is the sum of
    (part), with part's last filed year; name, value as `Start.read`, where scenario is empty; of the provinces of the nation
    the middle values of the drivers too. What is withheld from the public has no row.
    """

    drivers: pl.DataFrame
    paths: pl.DataFrame
    targets: pl.DataFrame
    levels: pl.DataFrame
    steps: pl.DataFrame
    turned: pl.DataFrame
    warnings: pl.DataFrame
    notes: pl.DataFrame
    starts: pl.DataFrame

    def of(self, region: str) -> Outlook:
        """That of one region."""
        return Outlook(*(getattr(self, one.name).filter(pl.col("region_code") == region) for one in fields(self)))

    def without(self, regions: Collection[str]) -> Outlook:
        """That of all other regions."""
        kept = ~pl.col("region_code").is_in(sorted(regions))
        return Outlook(*(getattr(self, one.name).filter(kept) for one in fields(self)))

    def told(self, notes: Mapping[str, str], guessed: Mapping[str, Sequence[str]], hidden: pl.DataFrame) -> Outlook:
        """With what else is to be said of regions, and without the paths of facility types (region -> which) that rest on
        stand-ins, and what stands in for a start. hidden: region_code, year, name (of `starts`)."""
        more = pl.DataFrame(list(notes.items()), schema=["region_code", "_more"], orient="row", schema_overrides={"region_code": pl.String, "_more": pl.String})  # fmt: skip
        joined = self.notes.join(more, on="region_code", how="left", maintain_order="left")
        first = joined["region_code"].is_first_distinct()
        said = pl.concat_str("note", pl.when(first).then("_more"), separator="；", ignore_nulls=True).replace("", None)
        spots = [
            (region, f"{id}/{one}") for region, of in guessed.items() for one in of for id in ("energy.total", "energy.electricity")
        ]  # fmt: skip
        out = pl.DataFrame(spots, schema={"region_code": pl.String, "measure": pl.String}, orient="row")
        paths = self.paths.join(out, on=["region_code", "measure"], how="anti", maintain_order="left")
        starts = self.starts.join(hidden, left_on=["part", "year", "name"], right_on=["region_code", "year", "name"], how="anti", maintain_order="left")  # fmt: skip
        told = joined.with_columns(note=said).select(list(SCHEMAS["notes"]))
        return replace(self, paths=paths, notes=told, starts=starts)


SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "drivers": drivers.TABLE,
    "paths": dict.fromkeys(("scenario", "region_code", "measure"), pl.String())
    | {"year": pl.Int64(), **dict.fromkeys(("value", "p10", "p50", "p90"), pl.Float64())},
    "targets": dict.fromkeys(("scenario", "region_code", "indicator"), pl.String())
    | {"year": pl.Int64(), "met": pl.Boolean(), "probability": pl.Float64()},
    "levels": dict.fromkeys(("scenario", "region_code", "driver", "level", "measure"), pl.String())
    | {"year": pl.Int64(), "value": pl.Float64()},
    "steps": dict.fromkeys(("one", "other", "region_code", "measure"), pl.String())
    | {"before": pl.Float64(), "after": pl.Float64(), "step": pl.String(), "value": pl.Float64()},
    "turned": dict.fromkeys(("one", "other", "region_code", "measure"), pl.String())
    | dict.fromkeys(("first_year", "last_year"), pl.Int64())
    | {"before": pl.Float64(), "after": pl.Float64(), "step": pl.String(), "value": pl.Float64()},
    "warnings": contradictions.TABLE,
    "notes": {"region_code": pl.String(), "year": pl.Int64(), "note": pl.String()},
    "starts": dict.fromkeys(("region_code", "part"), pl.String())
    | {"year": pl.Int64(), "scenario": pl.String(), "name": pl.String(), "value": pl.Float64()},
}


def compute(
    table: pl.DataFrame,
    resolved: Mapping[str, Sequence[Resolved]],
    plan: Plan,
    factors: pl.DataFrame,
    draws: int = uncertainty.DRAWS,
    seed: int = uncertainty.SEED,
) -> Outlook:
    """The outlook of all regions that filed energy. Empty tables where nobody did.

    table: the indicator table (`evaluate.TABLE`). resolved: scenario -> the parameters of the nation and of every
    province. factors: `reference.grid_factors`.
    """
    every = [one.region for one in next(iter(resolved.values()))]
    begun = start(table, [region.code for region in every if not region.is_nation])
    if begun is None or begun.year[-1] >= plan.horizon:
        return Outlook(**{name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()})
    years = range(int(begun.year.min()), plan.horizon + 1)
    chosen = {name: _in_order(of_all, begun.codes) for name, of_all in resolved.items()}
    history = History(table)
    moved = drivers.table(chosen, begun, history, factors)
    paths, targets, levels, single = [], [], [], {}
    for scenario in chosen:
        triples = drivers.values(moved, scenario)
        single[scenario] = project(begun, drivers.values(moved, scenario, "mode"), years)
        cloud = project(begun, uncertainty.draws(triples, *uncertainty.shared(chosen[scenario]), draws, seed), years)
        paths.append(_paths(scenario, single[scenario], cloud))
        targets.append(_targets(scenario, single[scenario], cloud, plan))
        levels.append(_levels(scenario, begun, triples, plan.horizon))
    return Outlook(
        drivers=moved,
        paths=_ahead(begun, pl.concat(paths)),
        targets=_ahead(begun, pl.concat(targets)),
        levels=_ahead(begun, pl.concat(levels)),
        steps=_steps(single, plan.horizon),
        turned=_turned(single),
        warnings=contradictions.table(chosen, moved, begun, history, drivers.published(factors)),
        notes=_notes(begun, moved, {region.code: region.short_zh for region in every}),
        starts=_starts(begun, moved),
    )


def warnings(
    table: pl.DataFrame, resolved: Mapping[str, Sequence[Resolved]], factors: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`drivers.TABLE` and `contradictions.TABLE` of some regions alone, the nation among them; empty where nobody filed."""
    every = [one.region.code for one in next(iter(resolved.values()))]
    begun, history = start(table, [code for code in every if code != NATION_CODE]), History(table)
    if begun is None:
        return pl.DataFrame(schema=drivers.TABLE), pl.DataFrame(schema=contradictions.TABLE)
    chosen = {name: _in_order(of_all, begun.codes) for name, of_all in resolved.items()}
    moved = drivers.table(chosen, begun, history, factors)
    return moved, contradictions.table(chosen, moved, begun, history, drivers.published(factors))


def _ahead(begun: Start, frame: pl.DataFrame) -> pl.DataFrame:
    """Without the years before the last filed one of each region."""
    first = pl.DataFrame({"region_code": begun.codes, "_first": begun.year.astype(int)})
    kept = frame.join(first, on="region_code", how="left", maintain_order="left").filter(
        pl.col("year") >= pl.col("_first")
    )
    return kept.drop("_first")


def _in_order(of_all: Sequence[Resolved], codes: Sequence[str]) -> list[Resolved]:
    by_code = {one.region.code: one for one in of_all}
    return [by_code[code] for code in codes]


def _long(values: Array, codes: Sequence[str], years: Sequence[int], names: dict[str, str]) -> pl.DataFrame:
    """Regions x years as rows, with constant columns."""
    frame = pl.DataFrame(
        {
            "region_code": np.repeat(codes, len(years)),
            "year": np.tile(np.array(years), len(codes)),
            "value": values.ravel(),
        }
    )
    return frame.with_columns(pl.lit(text).alias(name) for name, text in names.items())


def _paths(scenario: str, single: Projection, cloud: Projection) -> pl.DataFrame:
    codes, years = single.start.codes, single.years
    parts = []
    for measure, values in single.measures.items():
        frame = _long(values[:, :, 0], codes, years, {"scenario": scenario, "measure": measure})
        spread = uncertainty.percentiles(cloud.measures[measure]) if measure in FANNED else None
        frame = frame.with_columns(
            (pl.lit(None, pl.Float64) if spread is None else pl.Series(spread[at].ravel())).alias(f"p{percent}")
            for at, percent in enumerate(uncertainty.PERCENTILES)
        )
        parts.append(frame)
    return _typed("paths", pl.concat(parts))


def _targets(scenario: str, single: Projection, cloud: Projection, plan: Plan) -> pl.DataFrame:
    codes, years, parts = single.start.codes, single.years, []
    for target in plan.targets:
        if target.indicator not in TARGETS:
            continue
        met, drawn = (uncertainty.meets(target, one.measures[target.indicator]) for one in (single, cloud))
        frame = _long(drawn.mean(axis=-1), codes, years, {"scenario": scenario, "indicator": target.indicator})
        frame = frame.rename({"value": "probability"}).with_columns(
            met=pl.Series(met[:, :, 0].ravel()).fill_nan(None) > 0
        )
        parts.append(frame)
    return _typed("targets", pl.concat(parts)) if parts else pl.DataFrame(schema=SCHEMAS["targets"])


def _levels(scenario: str, begun: Start, triples: Mapping[str, Array], year: int) -> pl.DataFrame:
    years = [year]
    alone, moved = uncertainty.one_at_a_time(triples)
    found = project(begun, alone, years)
    parts = []
    for at, (driver, level) in enumerate(moved, 1):
        for measure in TORNADO:
            named = {"scenario": scenario, "driver": driver, "level": level, "measure": measure}
            parts.append(_long(found.measures[measure][:, :, at], begun.codes, years, named))
    return _typed("levels", pl.concat(parts))


def _steps(single: Mapping[str, Projection], year: int) -> pl.DataFrame:
    """Between every two scenarios that follow each other, and between the first and the last, in a year."""
    names, rows = list(single), []
    pairs = dict.fromkeys([*pairwise(names), (names[0], names[-1])])
    for one, other in pairs:
        if one == other:
            continue
        for code in next(iter(single.values())).start.codes:
            for measure in IN_ORDER:
                found = decomposition.between(single[one], single[other], code, year, measure)
                if found is not None:
                    rows += [
                        (one, other, code, measure, found.before, found.after, step, value)
                        for step, value in found.steps.items()
                    ]
    return pl.DataFrame(rows, schema=SCHEMAS["steps"], orient="row")


def _turned(single: Mapping[str, Projection]) -> pl.DataFrame:
    """Where more ambition has more energy or emissions, by more than the noise of binary fractions."""
    rows = []
    for one, other in pairwise(name for name in SHIPPED if name in single):
        for at, code in enumerate(single[one].start.codes):
            for measure in IN_ORDER:
                before, after = (single[name].measures[measure][at, :, 0] for name in (one, other))
                more = np.flatnonzero(after > before * (1 + 1e-9))
                if not len(more):
                    continue
                years = [single[one].years[year] for year in more]
                found = decomposition.between(single[one], single[other], code, years[-1], measure)
                assert found is not None
                step = max(found.steps, key=lambda name: found.steps[name])
                told = (found.before, found.after, step, found.steps[step])
                rows.append((one, other, code, measure, years[0], years[-1], *told))
    return pl.DataFrame(rows, schema=SCHEMAS["turned"], orient="row")


def _notes(begun: Start, moved: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    written = moved.filter("changed", pl.col("origin").str.contains("/provinces/"))["region_code"].unique()
    own = [code for code in begun.codes if code in written.to_list()]
    rows: list[tuple[str, int, str | None]] = []
    for code, year in zip(begun.codes, begun.year, strict=True):
        notes = [begun.replaced[code]] if code in begun.replaced else []
        if code in begun.left_out:
            notes.append(chinese("note_last_filed", year=int(year)))
        if code == NATION_CODE and own:
            notes.append(chinese("note_set_apart", names=join_names([names[one] for one in own])))
        if code == NATION_CODE and begun.left_out:
            notes.append(chinese("note_without", names=join_names([names[one] for one in begun.left_out])))
        rows += [(code, int(year), note) for note in notes] or [(code, int(year), None)]
    return pl.DataFrame(rows, schema=SCHEMAS["notes"], orient="row")


def _starts(begun: Start, moved: pl.DataFrame) -> pl.DataFrame:
    year = dict(zip(begun.codes, map(int, begun.year), strict=True))
    summed = [code for code, is_in in zip(begun.codes, begun.in_nation, strict=False) if is_in]
    rows = [
        (region, part, year[part], "", name, value)
        for region, parts in {
            **{code: [code] for code in begun.codes[:-1]},
            NATION_CODE: [NATION_CODE, *summed],
        }.items()
        for part in parts
        for name, value in begun.read(part).items()
    ]
    modes = moved.filter(pl.col("region_code").is_in(summed)).select("region_code", "scenario", "driver", "mode")
    rows += [
        (NATION_CODE, part, year[part], scenario, driver, mode) for part, scenario, driver, mode in modes.iter_rows()
    ]
    return _typed("starts", pl.DataFrame(rows, schema=SCHEMAS["starts"], orient="row"))


def _typed(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(column).cast(dtype) for column, dtype in SCHEMAS[name].items()).with_columns(
        pl.col(pl.Float64).fill_nan(None)
    )


# --- kept ----------------------------------------------------------------------------------------------------


def write(outlook: Outlook, folder: Path, names: Mapping[str, str], base_year: int) -> None:
    """Each table as <name>.parquet, and iamc.csv (`exchange`). names: region_code -> name there. base_year: of whose
    prices the business volume is. Raises OutputError."""
    for one in fields(outlook):
        with placed(folder / f"{one.name}.parquet") as beside:
            getattr(outlook, one.name).write_parquet(beside)
    with placed(folder / "iamc.csv") as beside:
        exchange.iamc(outlook.paths, names, base_year).write_csv(beside)


def read(folder: Path) -> Outlook:
    """What `write` wrote. Raises DataError where it is not there or another version's."""
    frames = {}
    for name, schema in SCHEMAS.items():
        path = folder / f"{name}.parquet"
        if not path.is_file():
            raise DataError("scenarios.missing", f"找不到情景结果 {path.name}，请先用 green-report build 生成报告。")
        frames[name] = pl.read_parquet(path, glob=False)
        if frames[name].schema != pl.Schema(schema):
            raise DataError(
                "scenarios.columns", f"情景结果 {path.name} 的列与本版本不符，请删除 data/processed 后重新生成。"
            )
    return Outlook(**frames)
