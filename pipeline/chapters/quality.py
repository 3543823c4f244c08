"""How complete are the filings, and how much of the industry do they cover? The tables of the quality appendix."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.chapters.chapter import Chapter
from pipeline.filings import answer, frame
from pipeline.filings.contracts import TABLES
from pipeline.given import regions
from pipeline.given.regions import NATION_CODE
from pipeline.indicators.quality import TABLE_NAMES
from pipeline.indicators.view import View
from pipeline.reports.blocks import Table
from pipeline.wording import MISSING, big, join_names, number

COMPLETENESS = "quality.completeness"


def coverage(covered: pl.DataFrame, id: str) -> Table:
    """Filed beside the frame. covered: rows of `coverage.COVERAGE` of one region."""
    rows = [
        {
            "填报表": "全部" if row["table"] == frame.ANY else TABLE_NAMES[row["table"]],
            "数": frame.TITLES[row["measure"]] + ("" if row["judged"] else "（只作参照）"),
            "年份": row["year"],
            "填报": MISSING if row["filed"] is None else _amount(row["filed"], row["unit"]),
            "全行业": _amount(row["frame"], row["unit"]),
            "覆盖率（%）": None if row["share"] is None else 100 * row["share"],
            "全行业数的来源": row["source_title"],
        }
        for row in covered.iter_rows(named=True)
    ]
    short = covered.filter("judged", pl.col("share") < pl.col("needed") - 1e-9).height
    return Table(
        id=id,
        title=f"覆盖全行业的比例：{len(rows)} 项中 {short} 项不足"
        if short
        else f"覆盖全行业的比例：{len(rows)} 项都够",
        data=pl.DataFrame(rows, schema_overrides={"覆盖率（%）": pl.Float64}),
        source="末列所列",
        method="同一项有两个全行业数的，是来源不一，两数都列，判断按较大的一个。只作参照的不参加判断。",
        decimals={"覆盖率（%）": 1},
        widths=[8, 14, 5, 9, 9, 6, 24],
    )


def _amount(value: float, unit: str) -> str:
    return big(value, unit) if unit in ("个", "架") else f"{number(value, 0 if unit == '家' else 1)} {unit}"


def completeness(view: View, id: str, entities: pl.DataFrame | None = None) -> list[Table]:
    """The response rates of the report's region and year: by table, and beside it by province (of the nation) and, not for
    the public, by group and, where a group has several, by enterprise. entities: the accepted table."""
    by_table = view.rows(COMPLETENESS, dimension="table").filter(pl.col("year") == view.year).drop_nulls("value")
    if by_table.is_empty():
        return []
    parts = [("table", "填报表", by_table.with_columns(name=pl.col("member").replace_strict(TABLE_NAMES)))]
    if view.region.is_nation:
        names = view.provinces.select("short_zh", region_code="code")
        of_provinces = view.table.filter(
            pl.col("indicator_id") == COMPLETENESS, pl.col("year") == view.year, pl.col("entity_id").is_null(),
            pl.col("dimension").is_null(), pl.col("region_code") != NATION_CODE,
        )  # fmt: skip
        joined = of_provinces.join(names, on="region_code").rename({"short_zh": "name"})
        parts.append(("province", "省份", joined))
    if entities is not None and not view.without_entities:
        called = dict(entities.select("entity_id", "name_zh").iter_rows())
        of_entity = {called[id]: called.get(group, group) for id, group in entities.select("entity_id", "group_id").iter_rows()}  # fmt: skip
        each = view.by_entity(COMPLETENESS).filter(pl.col("year") == view.year)
        parts.append(("group", "集团", _by_group(each, of_entity)))
        if len(set(of_entity.values())) < len(of_entity):
            parts.append(("entity", "填报单位", each))
    return [_rates(name, heading, rows.drop_nulls("value"), view, id) for name, heading, rows in parts if rows.height]


def _by_group(each: pl.DataFrame, of_entity: Mapping[str, str]) -> pl.DataFrame:
    """The rates of groups: cells accepted of all their enterprises over cells due. of_entity: name -> that of its group."""
    named = each.with_columns(name=pl.col("name").replace(of_entity))
    summed = named.group_by("name").agg(pl.col("numerator", "denominator").sum()).sort("name")
    return summed.with_columns(value=pl.col("numerator") / pl.col("denominator"))


def _rates(name: str, heading: str, rows: pl.DataFrame, view: View, id: str) -> Table:
    short = rows.filter(pl.col("value") < 1 - 1e-9).sort("value")
    definition = view.catalogue[COMPLETENESS].definition.text.rstrip("。")
    told = (
        f"，{join_names(short['name'].to_list()[:3])}{'等' if short.height > 3 else ''}不足 100%"
        if short.height
        else "，都是 100%"
    )
    rounded = rows["denominator"].is_null().all()  # in public, where the numbers of cells would count the filers
    counted = {} if rounded else {"应报单元": "denominator", "已报单元": "numerator"}
    return Table(
        id=f"{id}-{name}",
        title=f"{view.year} 年{view.region.short_zh}按{heading}的填报完整率{told}",
        data=rows.select(
            pl.col("name").alias(heading),
            *(pl.col(side).cast(pl.Int64).alias(column) for column, side in counted.items()),
            (100 * pl.col("value")).alias("完整率（%）"),
        ),
        source="本期填报",
        method=f"{definition}。只说曾经填报的单位报齐了没有，不说填报覆盖了多少行业。"
        + ("公开版只到 5 个百分点，不列单元数。" if rounded else ""),
        decimals={"完整率（%）": 0 if rounded else 1},
        widths=[16, *(8 for _ in counted), 8],
    )


def _quarantine(chapter: Chapter) -> dict[str, pl.DataFrame]:
    return {table.name: chapter.rejected(table.name) for table in TABLES}


def _own(chapter: Chapter) -> dict[str, pl.DataFrame]:
    """The accepted rows of the report's province, by table."""
    of_province = pl.col("province_code").cast(pl.String) == chapter.region.code
    return {
        table.name: chapter.filed(table.name).filter(of_province) for table in TABLES if "province_code" in table.dtypes
    }


def rejected(chapter: Chapter) -> dict[str, pl.DataFrame]:
    """The rejected rows by table, of a province's report its own; one whose province cannot be read is nobody's."""
    found = _quarantine(chapter)
    if chapter.region.is_nation:
        return found
    known = regions.aliases(chapter.layout)
    return {
        name: rows.filter(
            pl.Series([known.get(regions.fold(text or "")) == chapter.region.code for text in rows["province_code"]], dtype=pl.Boolean)
        )
        for name, rows in found.items()
        if "province_code" in rows.columns
    }  # fmt: skip


def warned(chapter: Chapter) -> pl.DataFrame:
    """The warnings of rows that were kept, of a province's report those of its own rows."""
    found = answer.kept_with_warnings(chapter.quality("findings"), _quarantine(chapter))
    if chapter.region.is_nation:
        return found
    at = {"source_file": "file", "source_sheet": "sheet", "source_row": "row"}
    own = [rows.select(pl.col(column).alias(name) for column, name in at.items()) for rows in _own(chapter).values()]
    return found.join(
        pl.concat(own).unique(), on=list(at.values()), how="semi", nulls_equal=True, maintain_order="left"
    )


def of_province(chapter: Chapter, id: str) -> Table:
    """The rows of the report's province, accepted and rejected."""
    turned_down, accepted = rejected(chapter), _own(chapter)
    lines = [
        (table.zh, own.height, turned_down[table.name].height, own.filter(pl.col("flags").list.len() > 0).height)
        for table in TABLES
        if (own := accepted.get(table.name)) is not None
    ]
    data = pl.DataFrame(lines, ["填报表", "接受", "退回", "有提示的行"], orient="row")
    return Table(
        id=id,
        title=f"{chapter.region.short_zh}的填报：接受 {data['接受'].sum():,} 行，退回 {data['退回'].sum():,} 行",
        data=data,
        source="填报的审核结果",
        method="退回的行按填报原文所写的省份计，省份读不出来的不计入任何一省；被后来的填报更新的行也在退回之中。",
        widths=[14, 8, 8, 10],
    )
