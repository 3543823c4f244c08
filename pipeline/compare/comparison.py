"""What differs between two regions, scenarios or editions, biggest first, and which parameters differ?

The result is frames (see `differences`); `shown` makes of them what a person reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline import wording
from pipeline.build import history
from pipeline.build.edition import METHOD, computed, parameters
from pipeline.build.history import Entry
from pipeline.build.plan import Job, Selection, jobs
from pipeline.compare.differences import (
    as_table,
    differences,
    ranked,
    reprojected,
    restated,
    title,
    told,
    wholes,
)
from pipeline.errors import ParameterError
from pipeline.findings import Measure
from pipeline.given import params, reference, regions
from pipeline.given.params import Params
from pipeline.given.regions import Region
from pipeline.indicators.evaluate import ECONOMIC
from pipeline.indicators.model import load_catalogue
from pipeline.language.zh import changed_by
from pipeline.layout import SAMPLE, Layout
from pipeline.scenarios import decomposition, outlook
from pipeline.scenarios.outlook import Outlook
from pipeline.scenarios.projection import MEASURES

PREVIOUS = "previous"
KINDS = {"scenario": "scenario:情景", "region": "region:地区", "edition": "edition:版本"}
RIGHT = f"应写作 {'、'.join(KINDS.values())}，版本之后可加 @{PREVIOUS}"
SHOWN = 20  # differences that a terminal lists

STEPS = {name: outlook.SCHEMAS["steps"][name] for name in ("measure", "before", "after", "step", "value")}
PARAMETERS = ("parameter", "title", "value_a", "value_b", "origin_a", "origin_b")


@dataclass(frozen=True)
class Side:
    """One of two things to compare, as the user spelt it. back: how many states of an edition to go back."""

    kind: str
    name: str
    back: int = 0

    @property
    def text(self) -> str:
        return self.name + (f"@{PREVIOUS}" if self.back else "")


@dataclass(frozen=True)
class Options:
    """What the user gave besides, None where nothing."""

    region: str | None = None
    scenario: str | None = None
    filings: str | None = None
    overrides: Sequence[str] = ()
    year: int | None = None


@dataclass(frozen=True)
class Comparison:
    """a, b: what they are called. about: what they have in common. differences: DIFFERENCES. parameters: PARAMETERS, those
    that differ. drivers: of scenarios, what makes the last year differ (STEPS). plan: by which
    they are told. notes: sentences."""

    a: str
    b: str
    about: str
    differences: pl.DataFrame
    parameters: pl.DataFrame
    plan: str
    notes: list[str] = field(default_factory=list)
    drivers: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=STEPS))


def side(text: str) -> Side:
    """`edition:2025-sample@previous`. Raises ParameterError."""
    kind, colon, name = (part.strip() for part in re.sub("：", ":", text, count=1).partition(":"))
    if not colon or kind not in KINDS or not name:
        raise ParameterError("compare.kind", f"不认识比较对象 {text}；{RIGHT}")
    name, at, which = (part.strip() for part in name.partition("@"))
    if at and (kind != "edition" or which != PREVIOUS):
        raise ParameterError("compare.state", f"{text}：@ 之后只能是 {PREVIOUS}，并且只用于版本，如 edition:2025-sample@{PREVIOUS}")  # fmt: skip
    return Side(kind, name, 1 if at else 0)


def compare(layout: Layout, a: str, b: str, options: Options) -> Comparison:
    """Compare what `a` and `b` name. Raises UserError: an unknown kind, name or state, two kinds, the same thing twice,
    options that mean nothing here."""
    one, other = side(a), side(b)
    if one.kind != other.kind:
        raise ParameterError("compare.mixed", f"{a} 与 {b} 不是同一类，不能比较；请给出两个情景、两个地区或两个版本")
    return {"scenario": _scenarios, "region": _regions, "edition": _editions}[one.kind](layout, one, other, options)


def _targets(layout: Layout, plan: str) -> list[str]:
    """The indicators of the plan's targets."""
    return [target.indicator for target in reference.load_plan(layout, plan).targets]


def _same(one: Side) -> ParameterError:
    return ParameterError("compare.same", f"两次给出的是同一个{KINDS[one.kind].partition(':')[2]}（{one.text}），没有可比的；请换一个")  # fmt: skip


def _idle(kind: str, **given: object) -> None:
    for option, value in given.items():
        if value:
            shown = "-p" if option == "overrides" else f"--{option}"
            raise ParameterError("compare.option", f"比较{KINDS[kind].partition(':')[2]}时不能再给 {shown}；请去掉它")


# --- scenarios -----------------------------------------------------------------------------------------------


def _scenarios(layout: Layout, one: Side, other: Side, options: Options) -> Comparison:
    _idle("scenario", scenario=options.scenario)
    if one == other:
        raise _same(one)
    known = [name for name, _ in params.scenarios(layout)]
    for side in (one, other):
        if side.name not in known:
            raise ParameterError("scenario.unknown", f"没有情景 {side.name}；可用：{wording.join_names(known)}")
    wanted = Selection(
        None, options.region or "全国", f"{one.name},{other.name}", options.filings or SAMPLE,
        overrides=tuple(options.overrides),
    )  # fmt: skip
    planned = jobs(layout, wanted)
    if len(planned) != len((one, other)):
        raise ParameterError("compare.one", f"--region {options.region}：比较情景时只能给一个地区")
    plan = reference.load_plan(layout, planned[0].plan)
    region, year = planned[0].region, options.year or plan.horizon
    found = [_projected(layout, planned)] if _alike(planned) else [_projected(layout, [job]) for job in planned]
    paths = pl.concat(of.paths for of in found).filter(pl.col("region_code") == region.code)
    if paths.is_empty():
        raise ParameterError(
            "compare.filings", f"{region.short_zh}没有能源填报，情景没有起点，不能比较；请用 --filings 给出填报文件夹"
        )
    if year not in (years := paths["year"].unique().sort().to_list()):
        raise ParameterError("compare.year", f"--year {year}：情景没有这一年；应在 {years[0]} 至 {years[-1]} 之间")
    one_side, other_side = (as_table(paths.filter(scenario=job.scenario, year=year)) for job in planned)
    notes = [] if len(found) == 1 else ["两个情景的折算参数不同，不分解差别的因素。"]
    return Comparison(
        one.text,
        other.text,
        f"{region.short_zh}，{year} 年，填报：{planned[0].filings}",
        differences(one_side, other_side, as_table(paths), _targets(layout, plan.id)),
        parameters_apart(*(history.printed(job.resolved) for job in planned)),
        plan.id,
        notes,
        found[0].steps.filter(pl.col("region_code") == region.code).select(list(STEPS))
        if not notes
        else pl.DataFrame(schema=STEPS),
    )


def _alike(planned: Sequence[Job]) -> bool:
    """Whether all jobs have the same indicator table."""
    methods = [job.resolved.params.model_dump(include=set(METHOD)) for job in planned]
    return all(method == methods[0] for method in methods)


def _projected(layout: Layout, planned: Sequence[Job]) -> Outlook:
    """The outlook of the scenarios of `planned`, which have one indicator table."""
    of_all = parameters(layout, planned[0])
    chosen = {job.scenario: of_all[job.scenario] for job in planned}
    table = computed(layout, planned[0])
    return outlook.compute(table, chosen, reference.load_plan(layout, planned[0].plan), reference.grid_factors(layout))


# --- regions -------------------------------------------------------------------------------------------------


def _regions(layout: Layout, one: Side, other: Side, options: Options) -> Comparison:
    _idle("region", region=options.region)
    places = [regions.resolve(side.name, layout) for side in (one, other)]
    if places[0] == places[1]:
        raise _same(one)
    wanted = Selection(
        None, ",".join(place.code for place in places), options.scenario or "plan", options.filings or SAMPLE,
        overrides=tuple(options.overrides),
    )  # fmt: skip
    planned = jobs(layout, wanted)
    if len(planned) != len(places):
        raise ParameterError("compare.one", f"--scenario {options.scenario}：比较地区时只能给一个情景")
    tables = [computed(layout, planned[0])]
    tables.append(tables[0] if _alike(planned) else computed(layout, planned[1]))
    year = options.year or planned[0].year
    catalogue = load_catalogue(layout, plan_id=planned[0].plan)
    one_side, other_side = (
        wholes(table, [place.code], year).with_columns(region_code=pl.lit(None, pl.String))
        for table, place in zip(tables, places, strict=True)
    )
    every = [one.code for one in regions.all_regions(layout) if not one.is_nation]
    among = pl.concat(wholes(table, every, year) for table in tables)
    found = differences(one_side, other_side, among, _targets(layout, planned[0].plan))
    counted = [one.id for one in catalogue if one.kind in ("sum", "count")]
    found = found.sort(pl.col("indicator_id").is_in(counted), maintain_order=True)
    return Comparison(
        places[0].short_zh,
        places[1].short_zh,
        f"{year} 年，填报：{planned[0].filings}",
        found,
        parameters_apart(*(history.printed(job.resolved) for job in planned)),
        planned[0].plan,
        ["比率在前，总量和个数在后：地区大小不同，总量的差别不说明优劣。"] if found.height else [],
    )


# --- editions ------------------------------------------------------------------------------------------------


def _editions(layout: Layout, one: Side, other: Side, options: Options) -> Comparison:
    _idle("edition", filings=options.filings, overrides=options.overrides)
    if one == other:
        raise _same(one)
    scenario = options.scenario or "plan"
    found, used, years = [], [], []
    places = regions.resolve_many(options.region or "全国", layout)
    for place in places:
        entries = [_entry(layout, side, place, scenario) for side in (one, other)]
        if entries[0] is None or entries[1] is None:
            continue
        tables = [entry.table() for entry in entries if entry]
        catalogue = load_catalogue(layout, plan_id=entries[1].plan)
        found.append(restated(tables[0], tables[1], entries[0], entries[1], [place], catalogue, options.year))
        found.append(reprojected(entries[0], entries[1], place, catalogue, options.year))
        used.append((entries[0], entries[1]))
        years.append([set(table["year"]) for table in tables])
    if not used:
        raise _missing(layout, one, other, places[0], scenario)
    rows = ranked(pl.concat(found), _targets(layout, used[0][1].plan))
    causes = rows["why"].unique().to_list()
    names = (one.text, other.text)
    alone = [years[0][0] - years[0][1], years[0][1] - years[0][0]]
    notes = [f"只有 {name} 有 {wording.join_names([str(year) for year in sorted(only)])} 年的数值，没有列入。" for name, only in zip(names, alone, strict=True) if only]  # fmt: skip
    notes += [f"各处不同的原因：{causes[0]}。"] if len(causes) == 1 else []
    differ = pl.concat([parameters_apart(a.parameters, b.parameters) for a, b in used]).unique(maintain_order=True)
    where = wording.join_names([place.short_zh for place in places]) if len(places) < 5 else f"{len(used)} 个地区"
    when = f"{options.year} 年" if options.year else "两版都有的各年"
    before, after = used[0]
    if before.plan != after.plan:
        notes.append(
            f"{one.text} 按计划 {before.plan} 编制，{other.text} 按 {after.plan}；由基期和计划期决定的指标没有列入。"
        )
    return Comparison(one.text, other.text, f"{where}，{scenario}，{when}", rows, differ, after.plan, notes)


def _entry(layout: Layout, side: Side, place: Region, scenario: str) -> Entry | None:
    if side.name not in (known := history.editions(layout)):
        there = f"已有：{wording.join_names(known)}" if known else "还没有任何一版"
        raise ParameterError("compare.edition", f"没有版本 {side.name}；{there}；用 green-report build 生成")
    return history.entry(layout, side.name, place, scenario, side.back)


def _missing(layout: Layout, one: Side, other: Side, place: Region, scenario: str) -> ParameterError:
    for wanted in (one, other):
        if wanted.back and history.entry(layout, wanted.name, place, scenario):
            return ParameterError(
                "compare.previous",
                f"版本 {wanted.name} 的{place.short_zh}·{scenario}还没有上一次的结果；"
                f"改动参数或填报后再生成一次，数值有变才会留下上一次的",
            )
    missing = next(one for one in (one, other) if not history.entry(layout, one.name, place, scenario))
    names = {one.code: one.short_zh for one in regions.all_regions(layout)}
    there = [f"{names.get(code, code)}·{line}" for code, line in history.lines(layout, missing.name)]
    return ParameterError(
        "compare.line", f"版本 {missing.name} 没有{place.short_zh}·{scenario}的结果；已有：{wording.join_names(there)}"
    )


def parameters_apart(a: Mapping[str, Sequence[str]], b: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """PARAMETERS of two sets as `history.printed` gives them."""
    absent = (wording.MISSING, wording.MISSING)
    rows = []
    for key, field_ in Params.model_fields.items():
        (one, from_one), (other, from_other) = a.get(key, absent), b.get(key, absent)
        if one != other:
            rows.append((key, str(field_.title), one, other, from_one, from_other))
    return pl.DataFrame(rows, dict.fromkeys(PARAMETERS, pl.String), orient="row")


# --- what a person reads -------------------------------------------------------------------------------------


def shown(found: Comparison, layout: Layout, rows: pl.DataFrame) -> pl.DataFrame:
    """指标, 名称, 地区, 年份, the values of both, 差, 占取值范围, 填报行数 and 原因 of `rows`, without the columns in which all
    differences are alike: `about` and the notes tell these."""
    catalogue = load_catalogue(layout, plan_id=found.plan)
    names = {one.code: one.short_zh for one in regions.all_regions(layout)} | {code: name for name, code in ECONOMIC.items()}  # fmt: skip
    lines = []
    for row in rows.iter_rows(named=True):
        one = catalogue.indicators.get(row["indicator_id"].partition("/")[0])
        a, b, difference = told(one, row["value_a"], row["value_b"])
        lines.append(
            {"指标": row["indicator_id"], "名称": title(row["indicator_id"], catalogue), "地区": names.get(row["region_code"], ""), "年份": str(row["year"])}
            | {found.a: a, found.b: b, "差": difference, "占取值范围": wording.percent(row["share_of_range"], 0)}
            | {"填报行数": " / ".join("—" if n is None else str(n) for n in (row["n_rows_a"], row["n_rows_b"]))}
            | {"原因": row["why"] or ""}
        )  # fmt: skip
    frame = pl.DataFrame(lines)
    every = found.differences
    idle = {
        "地区": every["region_code"].n_unique() < 2,
        "年份": every["year"].n_unique() < 2,
        "填报行数": every["n_rows_a"].null_count() == every.height,
        "原因": every["why"].n_unique() < 2,
    }
    return frame.drop(name for name, is_idle in idle.items() if is_idle and frame.height)


def drivers_shown(found: Comparison, layout: Layout) -> pl.DataFrame:
    """数值, the values of both, 因素, 影响, 占差别 of the drivers that have an effect, the biggest first."""
    catalogue = load_catalogue(layout, plan_id=found.plan)
    rows = found.drivers.filter(pl.col("value") != 0).sort(
        pl.col("measure").rank("dense"), -pl.col("value").abs(), maintain_order=True
    )
    lines = []
    for row in rows.iter_rows(named=True):
        measure = Measure("", MEASURES[row["measure"]], 1, "big")
        whole = row["after"] - row["before"]
        lines.append(
            {
                "数值": title(row["measure"], catalogue),
                found.a: measure.say(row["before"]),
                found.b: measure.say(row["after"]),
            }
            | {"因素": decomposition.STEPS[row["step"]], "影响": changed_by(measure, row["value"]) or "没有影响"}
            | {"占差别": wording.percent(row["value"] / whole) if whole else wording.MISSING}
        )
    return pl.DataFrame(lines)


def parameters_shown(found: Comparison) -> pl.DataFrame:
    """参数, 名称, the values and origins of both."""
    names = {"parameter": "参数", "title": "名称", "value_a": found.a, "value_b": found.b, "origin_a": f"{found.a} 来源", "origin_b": f"{found.b} 来源"}  # fmt: skip
    short = pl.col("origin_a", "origin_b").str.strip_prefix("notebooks/params/")
    return found.parameters.with_columns(short).rename(names)


def as_data(found: Comparison) -> dict[str, Any]:
    """Everything, for a machine."""
    return {
        "a": found.a, "b": found.b, "about": found.about, "differences": found.differences.to_dicts(),
        "parameters": found.parameters.to_dicts(), "drivers": found.drivers.to_dicts(), "notes": found.notes,
    }  # fmt: skip
