"""The indicator table as a user asks for it: of some regions in a year, by province, enterprise or dimension."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from pipeline.errors import ParameterError
from pipeline.filings.contracts import BY_NAME
from pipeline.filings.rules import RULES
from pipeline.given.regions import Region, all_regions
from pipeline.indicators import flags
from pipeline.indicators.evaluate import ECONOMIC
from pipeline.indicators.explain import Explanation
from pipeline.indicators.model import DIMENSIONS, Catalogue, Indicator, members
from pipeline.layout import Layout
from pipeline.wording import MISSING, number, percent

PROVINCE, ENTITY = "province", "entity"
SHOWN = 20  # rows that a terminal lists
_TABLES = {table.name: table.zh for table in BY_NAME.values()}


def check(id: str, catalogue: Catalogue, others: Sequence[str] = ()) -> None:
    """Raises ParameterError, with the nearest name (also of `others`), where there is no such indicator."""
    if id not in catalogue.indicators:
        near = difflib.get_close_matches(id, [*catalogue.indicators, *others], n=1, cutoff=0.4)
        hint = f"；是不是 {near[0]}" if near else ""
        raise ParameterError("indicator.unknown", f"没有名为 {id} 的指标{hint}；全部指标见 green-report indicators。")


def economic(text: str) -> Region | None:
    """The economic region that `text` names (东部, 东部地区), which is no region of reports but one of indicators."""
    name = text.strip().removesuffix("地区")
    return Region(ECONOMIC[name], f"{name}地区", name, None, name) if name in ECONOMIC else None


def check_year(year: int, table: pl.DataFrame) -> None:
    """Raises ParameterError where the indicator table does not have the year."""
    years = table["year"].unique().sort().to_list()
    if year not in years:
        raise ParameterError("indicator.year", f"--year {year}：没有这一年的指标；应在 {years[0]} 至 {years[-1]} 之间")


def choose(
    table: pl.DataFrame,
    catalogue: Catalogue,
    regions: Sequence[Region],
    year: int,
    by: str = "",
    ids: Sequence[str] = (),
) -> pl.DataFrame:
    """Rows of `table` (evaluate.TABLE). by: "" (the regions as wholes), province (each of the 31), entity, or a
    dimension. ids: the indicators, checked; all without any. Raises ParameterError for what there is not."""
    if by not in ("", PROVINCE, ENTITY, *DIMENSIONS):
        known = "、".join((PROVINCE, ENTITY, *DIMENSIONS))
        raise ParameterError("indicator.by", f"--by {by}：没有这种分法；可用：{known}")
    check_year(year, table)
    chosen = table.filter(pl.col("year") == year)
    if ids:
        chosen = chosen.filter(pl.col("indicator_id").is_in(list(ids)))
    if by == PROVINCE:
        chosen = chosen.filter(pl.col("region_code").str.contains("^[0-9]{6}$") & (pl.col("region_code") != "000000"))
    else:
        chosen = chosen.filter(pl.col("region_code").is_in([region.code for region in regions]))
    entity = pl.col("entity_id").is_not_null() if by == ENTITY else pl.col("entity_id").is_null()
    dimension = pl.lit(by if by in DIMENSIONS else None, pl.String)
    return chosen.filter(entity, pl.col("dimension").eq_missing(dimension))


def shown(rows: pl.DataFrame, catalogue: Catalogue, layout: Layout) -> pl.DataFrame:
    """指标, 名称, 地区, 分项, 数值, 单位, 说明: rows as a person reads them; those without a value say why."""
    names = {one.code: one.short_zh for one in all_regions(layout)} | {code: name for name, code in ECONOMIC.items()}
    lines = []
    for row in rows.iter_rows(named=True):
        one = catalogue[row["indicator_id"]]
        value, member = row["value"], row["entity_id"] or row["member"] or ""
        if row["member"]:
            member = members(row["dimension"], one.table).get(row["member"], row["member"])
        printed = MISSING if value is None else percent(value, one.decimals) if one.as_percent else number(value, one.decimals)  # fmt: skip
        lines.append(
            {
                "指标": one.id, "名称": one.title, "地区": names.get(row["region_code"], row["region_code"]), "分项": member,
                "数值": printed, "单位": _unit(one), "说明": "；".join(flags.sentences(row["flag"])),
            }
        )  # fmt: skip
    columns = ("指标", "名称", "地区", "分项", "数值", "单位", "说明")
    return pl.DataFrame(lines, schema=dict.fromkeys(columns, pl.String))


# --- the explanation of one value --------------------------------------------------------------------------


def told(found: Explanation, region: Region) -> Iterator[str]:
    """The chain in lines: the value, how it is defined, its parts, what has to be said."""
    first = found.steps[0]
    one = first.indicator
    yield f"{one.title}（{one.id}），{region.short_zh}，{first.year} 年：{first.printed}"
    yield f"出处：{one.source}。{one.definition.text}"
    for step in found.steps:
        indent = "  " * (step.depth + 1)
        name = f"{step.indicator.title}（{step.indicator.id}）{step.year} 年"
        yield f"{indent}{name}：{step.computed or '没有数值'}" + (
            f"（{_unit(step.indicator)}）" if step.computed and _unit(step.indicator) else ""
        )
        formula = _formula(step.indicator)
        if formula:
            yield f"{indent}  {formula}"
        for remark in step.remarks:
            yield f"{indent}  注意：{remark}。"


def _unit(one: Indicator) -> str:
    return "" if one.unit == "1" else one.unit


def _formula(one: Indicator) -> str:
    """The declaration's expressions, as they are computed."""
    if one.table is None:
        return ""
    parts = {"表": one.table, "条件": one.where, "分子": one.numerator, "分母": one.denominator}
    return "；".join(f"{name} {text}" for name, text in parts.items() if text)


def filed_rows(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """表, 年份, 省份, 单位, 文件, 工作表, 行."""
    names = {one.code: one.short_zh for one in all_regions(layout)}
    return rows.select(
        表=pl.col("table").replace(_TABLES), 年份="year", 省份=pl.col("province_code").replace(names).fill_null("—"),
        单位=pl.col("entity_id").fill_null("—"), 文件="source_file", 工作表="source_sheet", 行="source_row",
    )  # fmt: skip


def rejected_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """表, 规则, 文件, 工作表, 行."""
    titles = {rule.id: rule.title for rule in RULES.values()}
    return rows.select(
        表=pl.col("table").replace(_TABLES), 规则=pl.col("rules").list.eval(pl.element().replace(titles)).list.join("、"),
        文件="source_file", 工作表="source_sheet", 行="source_row",
    )  # fmt: skip


def as_data(found: Explanation) -> dict[str, Any]:
    """The whole chain for a machine."""
    return {
        "steps": [
            {
                "depth": step.depth, "indicator_id": step.indicator.id, "year": step.year, "printed": step.printed,
                "computed": step.computed, "remarks": step.remarks, "row": step.row,
                "definition": step.indicator.definition.text, "source": step.indicator.source,
            }
            for step in found.steps
        ],
        "rows": found.rows.to_dicts(),
        "rejected": found.rejected.to_dicts(),
    }  # fmt: skip
