"""Why did a number change between two states of the history? A parameter, a correction, a formula, what was filed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.build.history import Entry
from pipeline.filings.contracts import BY_NAME
from pipeline.given.params import Params
from pipeline.given.regions import NATION_CODE
from pipeline.indicators.model import Catalogue, Indicator
from pipeline.scenarios.drivers import DRIVERS
from pipeline.wording import join_names

UNKNOWN = "原因没有记录"
OF_PROVINCES = "可能是分省参数改变（全国的情景由各省相加）"  # an entry has the parameters of its own region only
NAMED = 3  # files that are named; more are counted
COAL = (
    "electricity_coal_method", "electricity_coal_coefficient_kgce_per_kwh", "natural_gas_kgce_per_m3", "water_kgce_per_t",
)  # fmt: skip
FUELS = ("fuel_factor_set",)


def why(id: str, region: str, short_zh: str, before: Entry, after: Entry, catalogue: Catalogue) -> str:
    """What changed of all on which the indicator's value in a region (code, name) rests, as a sentence without full stop.

    Reference data, the version of this product and another year of report are told where nothing nearer is known.
    """
    tables = set(catalogue.tables(id)) or set(BY_NAME)
    near = [
        *_parameters(id, before, after, catalogue),
        *_formula(id, before, after),
        *_corrections(tables, "" if region == NATION_CODE else short_zh, before, after),
        *_filings(tables, before, after),
    ]
    return "；".join(near or _afar(before, after)) or UNKNOWN


def of_projection(id: str, region: str, short_zh: str, before: Entry, after: Entry, catalogue: Catalogue) -> str:
    """The same of a projected value: its drivers, else what changed of the value from which it starts."""
    drivers = [text for key in DRIVERS if (text := _changed(key, before, after))]
    found = "；".join(drivers) or why(id, region, short_zh, before, after, catalogue)
    return OF_PROVINCES if found == UNKNOWN and region == NATION_CODE else found


def _parameters(id: str, before: Entry, after: Entry, catalogue: Catalogue) -> Iterator[str]:
    ones = [one for one in catalogue.only([id]) if one.table]
    coal = COAL if any(_in_coal(one) for one in ones) else ()
    fuels = FUELS if any(one.table in ("carbon", "cases") for one in ones) else ()
    for key in (*coal, *fuels):
        if text := _changed(key, before, after):
            yield text


def _changed(key: str, before: Entry, after: Entry) -> str:
    """What became of a parameter; empty where nothing did."""
    one, other = (_value(entry.parameters, key) for entry in (before, after))
    return "" if one == other else f"参数“{Params.model_fields[key].title}”由 {one} 改为 {other}"


def _in_coal(one: Indicator) -> bool:
    return any("tce" in (text or "") for text in (one.numerator, one.denominator)) and one.table != "carbon"


def _value(parameters: Mapping[str, Sequence[str]], key: str) -> str:
    return parameters[key][0] if key in parameters else "（没有）"


def _formula(id: str, before: Entry, after: Entry) -> Iterator[str]:
    one, other = before.declarations.get(id), after.declarations.get(id)
    if one and other and one != other:
        yield "指标的计算口径改变"


def _corrections(tables: set[str], region: str, before: Entry, after: Entry) -> Iterator[str]:
    """Corrections that only one of the two has; those that name another province do not touch a province."""
    for said, of, others in (("新增更正", after, before), ("撤销更正", before, after)):
        for one in of.corrections:
            if one in others.corrections or one["table"] not in tables:
                continue
            yield f"{said}：{BY_NAME[one['table']].zh} {one['key']}（{one['reason'] or '没有写理由'}）"


def _filings(tables: set[str], before: Entry, after: Entry) -> Iterator[str]:
    """Files of the tables that came, went, or are others."""
    old, new = (
        {file: of["sha256"] for file, of in entry.filings.items() if tables & set(of["tables"])}
        for entry in (before, after)
    )
    for said, files in (
        ("新增填报", [file for file in new if file not in old]),
        ("填报改动", [file for file in new if file in old and new[file] != old[file]]),
        ("撤去填报", [file for file in old if file not in new]),
    ):
        if files:
            rest = f"等 {len(files)} 个文件" if len(files) > NAMED else ""
            yield f"{said} {join_names(files[:NAMED])}{rest}"


def _afar(before: Entry, after: Entry) -> list[str]:
    found = []
    files = sorted(
        file
        for file in {*before.reference, *after.reference}
        if before.reference.get(file) != after.reference.get(file)
    )
    if files:
        names = [file.rpartition("/")[2] for file in files]
        found.append(
            f"参考数据改动 {join_names(names[:NAMED])}{f'等 {len(names)} 个文件' if len(names) > NAMED else ''}"
        )
    if before.year != after.year:
        found.append(f"报告年份由 {before.year} 改为 {after.year}，计入的范围不同")
    if before.version != after.version:
        found.append(f"程序由 {before.version} 版改为 {after.version} 版")
    return found
