"""What differs between two regions, scenarios or editions, biggest first, and which parameters differ?

The result is frames; `shown` makes of them what a person reads. Only whole regions are compared, not their enterprises or
the members of a dimension.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline import regions, wording
from pipeline.errors import ParameterError
from pipeline.indicators.evaluate import ECONOMIC
from pipeline.indicators.model import Catalogue, Indicator, load_catalogue
from pipeline.layout import SAMPLE, Layout
from pipeline.params import Params
from pipeline.regions import Region
from pipeline.reports import history, reasons
from pipeline.reports.edition import METHOD, computed
from pipeline.reports.history import Entry
from pipeline.reports.plan import Selection, jobs

PREVIOUS = "previous"
KINDS = {"scenario": "scenario:情景", "region": "region:地区", "edition": "edition:版本"}
RIGHT = f"应写作 {'、'.join(KINDS.values())}，版本之后可加 @{PREVIOUS}"
NOISE = 1e-9  # relative; smaller differences are those of adding up in another order
SHOWN = 20  # differences that a terminal lists

DIFFERENCES: dict[str, pl.DataType] = {
    "indicator_id": pl.String(), "region_code": pl.String(), "year": pl.Int64(), "unit": pl.String(),
    "value_a": pl.Float64(), "value_b": pl.Float64(), "difference": pl.Float64(), "relative_change": pl.Float64(),
    "n_rows_a": pl.Int64(), "n_rows_b": pl.Int64(), "why": pl.String(),
}  # fmt: skip
"""region_code: null where two regions are compared. difference: b - a. relative_change: of a, null where that is 0 or one
of them has no value. n_rows_a, n_rows_b: the filed rows behind each. why: of editions only."""

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
    that differ. notes: sentences."""

    a: str
    b: str
    about: str
    differences: pl.DataFrame
    parameters: pl.DataFrame
    notes: list[str] = field(default_factory=list)


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
    return {"region": _regions, "edition": _editions}[one.kind](layout, one, other, options)


def _same(one: Side) -> ParameterError:
    return ParameterError("compare.same", f"两次给出的是同一个{KINDS[one.kind].partition(':')[2]}（{one.text}），没有可比的；请换一个")  # fmt: skip


def _idle(kind: str, **given: object) -> None:
    for option, value in given.items():
        if value:
            shown = "-p" if option == "overrides" else f"--{option}"
            raise ParameterError("compare.option", f"比较{KINDS[kind].partition(':')[2]}时不能再给 {shown}；请去掉它")


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
    methods = [job.resolved.params.model_dump(include=set(METHOD)) for job in planned]
    tables.append(tables[0] if methods[0] == methods[1] else computed(layout, planned[1]))
    year = options.year or planned[0].year
    catalogue = load_catalogue(layout)
    sides = [
        wholes(table, [place.code], year).with_columns(region_code=pl.lit(None, pl.String))
        for table, place in zip(tables, places, strict=True)
    ]
    found = differences(*sides)
    counted = [one.id for one in catalogue if one.kind in ("sum", "count")]
    found = found.sort(pl.col("indicator_id").is_in(counted), maintain_order=True)
    return Comparison(
        places[0].short_zh,
        places[1].short_zh,
        f"{year} 年，填报：{planned[0].filings}",
        found,
        _parameters(*(history.printed(job.resolved) for job in planned)),
        ["比率在前，总量和个数在后：地区大小不同，总量的差别不说明优劣。"] if found.height else [],
    )


# --- editions ------------------------------------------------------------------------------------------------


def _editions(layout: Layout, one: Side, other: Side, options: Options) -> Comparison:
    _idle("edition", filings=options.filings, overrides=options.overrides)
    if one == other:
        raise _same(one)
    scenario = options.scenario or "plan"
    catalogue, found, used, years = load_catalogue(layout), [], [], []
    places = regions.resolve_many(options.region or "全国", layout)
    for place in places:
        entries = [_entry(layout, side, place, scenario) for side in (one, other)]
        if entries[0] is None or entries[1] is None:
            continue
        tables = [entry.table() for entry in entries if entry]
        found.append(restated(tables[0], tables[1], entries[0], entries[1], [place], catalogue, options.year))
        used.append((entries[0], entries[1]))
        years.append([set(table["year"]) for table in tables])
    if not used:
        raise _missing(layout, one, other, places[0], scenario)
    rows = _ranked(pl.concat(found))
    names = (one.text, other.text)
    alone = [years[0][0] - years[0][1], years[0][1] - years[0][0]]
    notes = [f"只有 {name} 有 {wording.join_names([str(year) for year in sorted(only)])} 年的数值，没有列入。" for name, only in zip(names, alone, strict=True) if only]  # fmt: skip
    differ = pl.concat([_parameters(a.parameters, b.parameters) for a, b in used]).unique(maintain_order=True)
    where = wording.join_names([place.short_zh for place in places]) if len(places) < 5 else f"{len(used)} 个地区"
    when = f"{options.year} 年" if options.year else "两版都有的各年"
    return Comparison(one.text, other.text, f"{where}，{scenario}，{when}", rows, differ, notes)


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


def restated(
    a: pl.DataFrame,
    b: pl.DataFrame,
    before: Entry,
    after: Entry,
    places: Sequence[Region],
    catalogue: Catalogue,
    year: int | None = None,
) -> pl.DataFrame:
    """DIFFERENCES, with the reasons, of the values that both tables have of the same indicator, region and year."""
    codes = [place.code for place in places]
    both = differences(wholes(a, codes, year), wholes(b, codes, year))
    names = {place.code: place.short_zh for place in places}
    keys = both.select("indicator_id", "region_code").unique(maintain_order=True)
    told = [
        reasons.why(id, code, names.get(code, code), before, after, catalogue)
        if id in catalogue.indicators
        else "指标已不在目录中"
        for id, code in keys.iter_rows()
    ]
    found = both.drop("why").join(
        keys.with_columns(why=pl.Series(told, dtype=pl.String)), on=keys.columns, how="left", maintain_order="left"
    )
    return found.select(list(DIFFERENCES))


# --- frames --------------------------------------------------------------------------------------------------


def wholes(table: pl.DataFrame, codes: Sequence[str], year: int | None = None) -> pl.DataFrame:
    """The rows of `evaluate.TABLE` of these regions, with all entities and members as one; of one year, or all."""
    rows = table.filter(
        pl.col("entity_id").is_null(), pl.col("dimension").is_null(), pl.col("region_code").is_in(list(codes))
    )
    return rows if year is None else rows.filter(pl.col("year") == year)


def differences(a: pl.DataFrame, b: pl.DataFrame) -> pl.DataFrame:
    """DIFFERENCES (why null) between rows of the same indicator_id, region_code and year, the biggest first.

    Biggest by the relative change, for it can be compared between indicators; what was 0 and is not comes first, what
    only one side has comes last.
    """
    on = ["indicator_id", "region_code", "year"]
    kept = [*on, "unit", "value", "n_rows"]
    both = a.select(kept).join(b.select(kept), on=on, how="inner", nulls_equal=True, suffix="_b", maintain_order="left")
    one, other = pl.col("value"), pl.col("value_b")
    apart = (other - one).abs() > NOISE * pl.max_horizontal(one.abs(), other.abs())
    both = both.filter(apart.fill_null(False) | (one.is_null() != other.is_null()))
    rows = both.with_columns(
        value_a=one, n_rows_a="n_rows", difference=other - one, relative_change=pl.when(one != 0).then((other - one) / one.abs()),
        why=pl.lit(None, pl.String),
    )  # fmt: skip
    return _ranked(rows.select(pl.col(name).cast(dtype) for name, dtype in DIFFERENCES.items()))


def _ranked(rows: pl.DataFrame) -> pl.DataFrame:
    size = pl.col("relative_change").abs().fill_null(float("inf"))
    return rows.sort(pl.col("difference").is_null(), -size, "indicator_id", "region_code", -pl.col("year"), maintain_order=True)  # fmt: skip


def _parameters(a: Mapping[str, Sequence[str]], b: Mapping[str, Sequence[str]]) -> pl.DataFrame:
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
    """指标, 名称, 地区 (not of two regions), 年份, the values of both, 差, 相对变化, 填报行数 and 原因 (of editions) of `rows`."""
    catalogue = load_catalogue(layout)
    names = {one.code: one.short_zh for one in regions.all_regions(layout)} | {code: name for name, code in ECONOMIC.items()}  # fmt: skip
    lines = []
    for row in rows.iter_rows(named=True):
        one = catalogue.indicators.get(row["indicator_id"])
        values = printed(one, row["value_a"], row["value_b"])
        lines.append(
            {"指标": row["indicator_id"], "名称": one.title if one else "", "地区": names.get(row["region_code"], ""), "年份": str(row["year"])}
            | {found.a: values[0], found.b: values[1], "单位": "" if row["unit"] == "1" else row["unit"]}
            | {"差": _gap(one, row["difference"]), "相对变化": wording.change(row["relative_change"])}
            | {"填报行数": " / ".join("—" if n is None else str(n) for n in (row["n_rows_a"], row["n_rows_b"]))}
            | {"原因": row["why"] or ""}
        )  # fmt: skip
    frame = pl.DataFrame(lines)
    idle = [name for name in ("地区", "原因") if frame.height and (frame[name] == "").all()]
    return frame.drop(idle)


def _gap(one: Indicator | None, difference: float | None) -> str:
    """A difference with its sign, of shares in points; as many digits as show it."""
    if difference is None:
        return wording.MISSING
    scaled, unit = (100 * difference, " 个百分点") if one and one.as_percent else (difference, "")
    for decimals in range(one.decimals if one else 0, wording.MAX_DECIMALS + 1):
        text = wording.number(scaled, decimals, sign=True)
        if any(digit in "123456789" for digit in text):
            break
    return text + unit


def printed(one: Indicator | None, *values: float | None) -> list[str]:
    """Values as an indicator prints them, with more decimals where they would print alike."""
    say = wording.percent if one and one.as_percent else wording.number
    for decimals in range(one.decimals if one else 0, wording.MAX_DECIMALS + 1):
        told = [say(value, decimals) for value in values]
        if len(set(told)) == len(told):
            break
    return told


def parameters_shown(found: Comparison) -> pl.DataFrame:
    """参数, 名称, the values and origins of both."""
    names = {"parameter": "参数", "title": "名称", "value_a": found.a, "value_b": found.b, "origin_a": f"{found.a} 来源", "origin_b": f"{found.b} 来源"}  # fmt: skip
    return found.parameters.rename(names)


def as_data(found: Comparison) -> dict[str, Any]:
    """Everything, for a machine."""
    return {
        "a": found.a, "b": found.b, "about": found.about, "differences": found.differences.to_dicts(),
        "parameters": found.parameters.to_dicts(), "notes": found.notes,
    }  # fmt: skip
