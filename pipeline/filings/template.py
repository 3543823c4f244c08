"""The workbook that enterprises fill in, made from the contracts: one sheet per table, lists, ranges, notes, an example.

No row under the example is filled beforehand. A prefilled row that stays unused would be filed, and rejected for what
it lacks; so a known entity or province is what the drop-down offers and what the example shows. The example is a row
that the reader leaves out (`reading`: its first cell begins with 示例).

Only what Excel, WPS and LibreOffice share: lists, whole and decimal numbers, formulas as validations, defined names,
comments. What a list offers is enforced for codes; provinces, units and entities may be written otherwise (a city with
its own plan, 度, an entity of another file), so there a list warns and lets pass.
"""

from __future__ import annotations

import datetime
import io
import itertools
import math
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from pipeline.errors import OutputError, ParameterError
from pipeline.filings.contracts import (
    ACTIONS,
    FIRST_YEAR,
    LAST_YEAR,
    METRICS,
    OFFERED_UNITS,
    TABLES,
    Column,
    Table,
    declared,
)
from pipeline.filings.normalise import as_filed
from pipeline.filings.rules import TOLERANCE
from pipeline.given import reference
from pipeline.given.reference import Plan
from pipeline.given.regions import NATION, Region, all_regions
from pipeline.layout import Layout
from pipeline.output import placed

INSTRUCTIONS, LISTS = "填报说明", "下拉列表"
EXAMPLE = "示例："
FIRST_ROW = 2  # of the data, from 0: under the header and the example
ROWS = 10_000  # that have lists and validations

_VALIDATION_LIMIT = 255  # characters of a message or a list
_ENTITY_LIMIT = 60
_EXPECTED_LIMIT = 120  # a longer list of allowed values is told by its length
_WORDS = "文字"  # what is expected of ids and texts
_EXAMPLE_YEAR = 2025
_CREATED = datetime.datetime(2025, 1, 1)  # the file is the same on every day that it is made
_TITLE = "信息通信行业绿色低碳发展年度报告填报表"


@dataclass(frozen=True)
class _Scope:
    """For whom the workbook is: what lists offer and the example shows. A year is the latest that may be filed; plan: that of
    the year, whose actions are offered."""

    entity: str | None
    region: Region | None
    year: int | None
    provinces: tuple[str, ...]
    plan: Plan


def write_template(
    out: Path,
    layout: Layout,
    entity: str | None = None,
    region: Region | None = None,
    year: int | None = None,
    force: bool = False,
) -> None:
    """Write the workbook to fill in to `out`, as a whole or not at all; the same arguments give the same bytes.

    entity: the id that entity columns offer. region: the province that province columns offer; the nation stands for
    all of them. year: the filing year; rows of later years are refused. An existing file may be one that somebody has
    filled in, so it is replaced only with `force`. Folders on the way are made.

    Raises OutputError (template.suffix, template.folder, template.exists, output.unwritable), ParameterError
    (template.entity, template.year), and DataError when the reference is missing.
    """
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        raise ParameterError("template.year", f"填报年份 {year} 不能用；应为 {FIRST_YEAR} 至 {LAST_YEAR} 的四位年份。")
    where = None if region == NATION else region
    # The plan of the year, else the latest one: what is not of a plan is filed whatever its file says.
    plan = (year and reference.plan_if_any(layout, year)) or reference.load_plan(layout)
    provinces = tuple(region.short_zh for region in all_regions(layout) if not region.is_nation)
    scope = _Scope(_entity(entity), where, year, provinces, plan)
    if out.suffix.lower() != ".xlsx":
        raise OutputError("template.suffix", f"模板是 .xlsx 工作簿，不能写成 {out}；文件名应以 .xlsx 结尾。")
    exists = os.path.lexists(out)
    if exists and out.is_dir():
        raise OutputError("template.folder", f"{out} 是文件夹，不能写成模板；应写出文件名，如 {out / '填报表.xlsx'}。")
    if exists and not force:
        raise OutputError(
            "template.exists",
            f"{out} 已存在，可能已经填写，没有覆盖；请另取文件名，确认不再需要的可加 --force 覆盖。",
        )
    with placed(out, "模板") as beside:
        beside.write_bytes(_workbook(layout, scope))


def _entity(text: str | None) -> str | None:
    """As the intake will read it: a text that means nothing there (`无`, `-`) is no id."""
    if text is None:
        return None
    read = pl.select(as_filed(pl.lit(text, pl.String))).item()
    if read is None or not read.isprintable() or len(read) > _ENTITY_LIMIT:
        raise ParameterError(
            "template.entity", f"填报单位编码“{text[:20]}”不能用；应为不超过 {_ENTITY_LIMIT} 个字的一行文字，如 GD01。"
        )
    return str(read)


# --- what a column asks for --------------------------------------------------------------------------------


def needed(column: Column) -> bool:
    """Whether each row has to fill the column: a unit too, for no header of the template carries one beside it."""
    return column.required or column.kind == "unit"


def header(column: Column) -> str:
    """`*总耗电量（kWh）`: a star where it is needed, the unit where there is one."""
    return f"{'*' if needed(column) else ''}{column.zh}{f'（{column.unit}）' if column.unit else ''}"


def _scoped(table: Table, scope: _Scope) -> tuple[Column, ...]:
    """The columns of the table: `year` no later than the filing year, the plan's actions only."""
    there = [*(str(one.no) for one in scope.plan.actions), *(one.id for one in scope.plan.safeguards)]
    actions = {code: spellings for code, spellings in ACTIONS.items() if code in there}
    return tuple(
        replace(column, high=scope.year)
        if scope.year and column.name == "year"
        else replace(column, members=actions)
        if column.name == "action_no"
        else column
        for column in table.columns
    )


def _members(table: Table, column: Column, scope: _Scope) -> tuple[str, ...]:
    """What the drop-down list of the column offers; nothing for a column without one."""
    if column.kind == "code":
        return tuple(spellings[0] for spellings in column.members.values())
    if column.kind == "flag":
        return ("是", "否")
    if column.kind == "province":
        return (scope.region.short_zh,) if scope.region else (*((NATION.short_zh,) * column.nation), *scope.provinces)
    if column.kind == "unit":
        measured = next(one for one in table.columns if one.by)
        offered = (OFFERED_UNITS.get(units[0], units[:1]) for units in measured.units.values())
        return tuple(dict.fromkeys(itertools.chain.from_iterable(offered)))
    return (scope.entity,) if column.name == "entity_id" and scope.entity else ()


def _bare(text: str) -> str:
    return re.sub(r"\W", "", text)


def _expected(column: Column) -> str:
    if column.kind in ("id", "text"):
        return _WORDS
    if len(column.expected) <= _EXPECTED_LIMIT:
        return column.expected
    return f"下拉列表中的 {len(column.members)} 项之一"


def _note(column: Column) -> str:
    """The note of the contract without what `_expected` has said."""
    said = _bare(_expected(column))
    return "；".join(part for part in column.note.split("；") if _bare(part) not in said)


def _validation(column: Column, cell: str, source: list[str] | str, scope: _Scope) -> dict[str, Any]:
    """What xlsxwriter is told of a column. cell: its first one; source: that of its list, or nothing.

    A date is text, for 2023 and 2023-05 are dates too, and a spreadsheet would make the first of a month of the latter.
    """
    expected, note = _expected(column), _note(column)
    seen = bool(source and note) or expected == _WORDS  # what a list offers is seen when it opens
    told = [part for part in ("" if seen else expected, note) if part]
    options: dict[str, Any] = {"input_title": header(column), "input_message": "\n".join(told)} if told else {}
    options |= {"error_title": "填报有误", "error_message": f"“{column.zh}”应填：{expected}。"}
    low, high = (1 if column.kind == "month" else column.low), column.high  # 0 is the month of an empty cell
    if source:
        options |= {"validate": "list", "source": source}
        if column.kind not in ("code", "flag"):
            options |= {"error_type": "warning", "error_title": "请核对", "error_message": _not_listed(column, scope)}
    elif column.kind == "date":
        year = f"--LEFT({cell},4)>={low:g},--LEFT({cell},4)<={high:g}"
        month = f"IF(LEN({cell})>4,AND(--MID({cell},6,2)>=1,--MID({cell},6,2)<=12),TRUE)"
        options |= {"validate": "custom", "value": f"=AND({year},{month})"}
    elif column.kind in ("id", "text"):
        options |= {"validate": "any"}
    else:
        whole = column.kind in ("year", "month", "integer")
        bounds = (
            {"criteria": ">=", "value": low}
            if high is None
            else {"criteria": "between", "minimum": low, "maximum": high}
        )
        options |= {"validate": "whole" if whole else "decimal", **bounds}
    return options


def _not_listed(column: Column, scope: _Scope) -> str:
    match column.kind:
        case "province":
            right = f"应填：{_expected(column)}；计划单列市、新疆生产建设兵团单独填报的，直接填其名称"
        case "unit":
            right = f"应填：与所填内容同类的{_expected(column)}"
        case _:
            right = f"应填：{scope.entity or '“填报单位”表中登记的编码'}"
    return f"“{column.zh}”不在下拉列表中，{right}。确认无误的可以继续。"


# --- the example -------------------------------------------------------------------------------------------


def _examples(layout: Layout, scope: _Scope) -> dict[str, dict[str, str | float]]:
    """Table -> column -> what the example row shows; the rows hang together and would all be accepted."""
    year, entity = scope.year or _EXAMPLE_YEAR, scope.entity or "GD01"
    province = scope.region.short_zh if scope.region else "广东"
    action, metrics = scope.plan.actions[0], {code: scope.plan.action_of(code) for code in METRICS}
    metric, of = next(((code, no) for code, no in metrics.items() if no), (next(iter(METRICS)), str(action.no)))
    clusters = reference.provinces(layout).filter(pl.col("short_zh") == province)["cluster"].drop_nulls()
    computed: dict[str, str | float] = {
        "entity_id": entity, "group_id": entity, "province_code": province, "month": 3, "action_no": str(action.no),
        "item": action.tasks[0].title, "hub_cluster": clusters[0] if len(clusters) else "无",
        **dict.fromkeys(("year", "built_year", "retrofit_year", "period_year"), year), "factor_year": year - 2,
        "price_base_year": max(year - 1, FIRST_YEAR), "commissioned": f"{year - 2}-05", "commissioned_year": year - 4,
        "standard_id": f"YD/T 0000-{year - 1}", "published_on": f"{year - 1}-06-18",
    }  # fmt: skip
    of_metric = {"action_no": of, "metric": METRICS[metric][0], "unit": METRICS[metric][1][0]}

    def shown(table: Table, column: Column) -> str | float:
        more = of_metric if table.name == "action_metrics" else {}
        first = next(iter(column.members.values()), ("",))[0] if column.example is None else column.example
        return more.get(column.name, computed.get(column.name, first))

    return {table.name: {column.name: shown(table, column) for column in table.columns} for table in TABLES}


# --- the sheets to fill in ---------------------------------------------------------------------------------

_FONT = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
_REQUIRED, _OPTIONAL, _SECTION, _BAND, _GREY = "#FCE4D6", "#DDEBF7", "#1F4E78", "#DDEBF7", "#7F7F7F"
_TEXT_KINDS = ("id", "text", "code", "province", "unit", "flag", "date")  # leading zeros and 2023-05 stay as typed
_CENTRED = ("year", "month", "flag", "unit")
_PERCENT = 'General"%"'  # 20 is shown as 20%; 20% that was stored as 0.2 is shown as 0.2%, so the mistake is seen
_LINED = {"border": 1, "border_color": "#BFBFBF"}
_ENTITIES = "entities_entity_id"


def _workbook(layout: Layout, scope: _Scope) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": _TITLE, "created": _CREATED})
    book.set_size(2400, 1600)
    guide = book.add_worksheet(INSTRUCTIONS)
    sheets = [book.add_worksheet(table.zh) for table in TABLES]
    examples = _examples(layout, scope)
    for table, sheet in zip(TABLES, sheets, strict=True):
        widths = [
            _column(book, table, column, at, examples[table.name][column.name], scope)
            for at, column in enumerate(_scoped(table, scope))
        ]
        sheet.ignore_errors({"number_stored_as_text": f"A1:{xl_col_to_name(len(table.columns) - 1)}{FIRST_ROW + ROWS}"})
        sheet.set_row(0, 36)
        sheet.set_row(1, 20)
        sheet.freeze_panes(FIRST_ROW, 1)
        sheet.set_selection(FIRST_ROW, 0, FIRST_ROW, 0)
        sheet.repeat_rows(0)
        sheet.repeat_columns(0)
        _on_paper(sheet, pages=math.ceil(sum(widths) / 160))
    _draw(book, guide, _instructions(scope))
    book.close()
    return buffer.getvalue()


def _source(book: Any, table: Table, column: Column, scope: _Scope) -> list[str] | str:
    """What xlsxwriter takes as the source of the column's drop-down list, empty where it has none: the members, or where
    they do not fit in the validation a name for the column of the hidden sheet that they stand in.

    Without a known entity the other sheets offer the ids of the first one, and none of the empty rows under them.
    """
    if members := _members(table, column, scope):
        short = len(",".join(members).encode("utf-16-le")) <= 2 * _VALIDATION_LIMIT
        if short and not any(mark in member for member in members for mark in ',"'):
            return list(members)
        hidden = book.get_worksheet_by_name(LISTS) or book.add_worksheet(LISTS)
        hidden.hide()
        at = 0 if hidden.dim_colmax is None else hidden.dim_colmax + 1
        hidden.write_column(0, at, members)
        letters, name = xl_col_to_name(at), f"{table.name}_{column.name}"
        book.define_name(name, f"='{LISTS}'!${letters}$1:${letters}${len(members)}")
        return f"={name}"
    if column.name != "entity_id":
        return []
    if table == TABLES[0]:
        ids = f"'{table.zh}'!$A${FIRST_ROW + 1}"
        book.define_name(_ENTITIES, f"=OFFSET({ids},0,0,MAX(1,COUNTA({ids}:$A${FIRST_ROW + ROWS})),1)")
        return []
    return f"={_ENTITIES}"


def _style(book: Any, **properties: Any) -> Any:
    return book.add_format(_FONT | properties)


def _column(book: Any, table: Table, column: Column, at: int, example: str | float, scope: _Scope) -> int:
    """One column: header with its comment, example, and empty cells with a format and a validation. Its width."""
    sheet, last = book.get_worksheet_by_name(table.zh), FIRST_ROW + ROWS - 1
    if at == 0:
        example = f"{EXAMPLE}{example}"
    text = column.kind in _TEXT_KINDS
    align = {"align": "center"} if column.kind in _CENTRED else {"align": "left", "indent": 1} if text else {}
    shows: dict[str, Any] = {"num_format": "@" if text else _PERCENT if column.unit == "%" else "General", **align}
    widest = max(map(_width, (header(column), str(example), *_members(table, column, scope))))
    width = min(max(widest + 3, 11), 34)
    sheet.set_column(at, at, width, _style(book, **shows))
    fill = _REQUIRED if needed(column) else _OPTIONAL
    sheet.write_string(
        0, at, header(column), _style(book, bold=True, text_wrap=True, align="center", bg_color=fill, **_LINED)
    )
    comment = "\n".join(
        ["必填" if needed(column) else "选填", f"应填：{_expected(column)}", *filter(None, [_note(column)])]
    )
    size = {"width": 250, "height": 17 * _lines(comment, 36) + 12}
    sheet.write_comment(0, at, comment, {"author": "", "font_name": "宋体", "font_size": 9, **size})
    grey = _style(book, italic=True, font_color=_GREY, **shows)
    (sheet.write_string if isinstance(example, str) else sheet.write_number)(1, at, example, grey)
    cell = f"{xl_col_to_name(at)}{FIRST_ROW + 1}"
    validation = _validation(column, cell, _source(book, table, column, scope), scope)
    sheet.data_validation(FIRST_ROW, at, last, at, validation)
    if ("%",) in column.units.values() and column.by:
        unit = xl_col_to_name([one.name for one in table.columns].index("unit"))
        percent, is_percent = book.add_format({"num_format": _PERCENT}), f'=${unit}{FIRST_ROW + 1}="%"'
        rule = {"type": "formula", "criteria": is_percent, "format": percent}
        sheet.conditional_format(FIRST_ROW, at, last, at, rule)
    return width


def _on_paper(sheet: Any, pages: int) -> None:
    """On A4, so many pages wide."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(pages, 0)


def _width(text: str) -> int:
    """In half-width characters."""
    return sum(2 if unicodedata.east_asian_width(one) in "WFA" else 1 for one in text)


def _lines(text: str, width: int) -> int:
    return sum(max(1, math.ceil(_width(line) / width)) for line in text.splitlines())


# --- the instructions --------------------------------------------------------------------------------------

_WIDTHS = (20, 14, 18, 48, 48)  # of the five columns
_SPANS = {1: ((0, 4),), 3: ((0, 0), (1, 2), (3, 4)), 5: tuple((at, at) for at in range(5))}  # by the number of cells


@dataclass(frozen=True)
class _Row:
    """A row of the instructions: 1, 3 or 5 texts over its five columns. fill, link: of the first; it leads to a sheet."""

    texts: tuple[str, ...]
    look: Literal["title", "section", "text", "head", "band", "cell"] = "cell"
    fill: str = ""
    link: bool = False


_HEIGHTS = {"title": 36, "section": 22}  # in points; other rows have the height of their text
_LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 18, "align": "center"},
    "section": {"bold": True, "font_size": 12, "font_color": "#FFFFFF", "bg_color": _SECTION},
    "text": {"font_size": 10},
    "head": {"font_size": 10, "bold": True, **_LINED, "align": "center", "bg_color": "#E7E6E6"},
    "band": {"font_size": 10, "bold": True, **_LINED, "bg_color": _BAND},
    "cell": {"font_size": 10, **_LINED},
}


def _draw(book: Any, sheet: Any, rows: Iterable[_Row]) -> None:
    for at, width in enumerate(_WIDTHS):
        sheet.set_column(at, at, width)
    for number, row in enumerate(rows):
        look, height = {"text_wrap": True} | _LOOKS[row.look], 1
        for text, (first, last) in zip(row.texts, _SPANS[len(row.texts)], strict=True):
            style = _style(book, **look, **({"bg_color": row.fill} if row.fill and first == 0 else {}))
            height = max(height, _lines(text, sum(_WIDTHS[first : last + 1])))
            if first < last:
                sheet.merge_range(number, first, number, last, "", style)
            if row.link and first == 0:
                style = _style(book, **look, font_color="#0563C1", underline=1)
                sheet.write_url(number, first, f"internal:'{text}'!A1", style, text)
            else:
                sheet.write_string(number, first, text, style)
        sheet.set_row(number, _HEIGHTS.get(row.look, 14 * height + 5))
    sheet.hide_gridlines(2)
    _on_paper(sheet, pages=1)


def _instructions(scope: _Scope) -> Iterator[_Row]:
    yield _Row((_TITLE,), "title")
    known = {
        "填报单位": scope.entity,
        "省份": scope.region and scope.region.short_zh,
        "填报年份": scope.year and str(scope.year),
    }
    if any(known.values()):
        yield _Row(("　　".join(f"{name}：{value}" for name, value in known.items() if value),), "band")
    paragraphs = _told(scope)
    for title, part in (("一、怎样填", "how_to_fill"), ("二、怎样报送", "how_to_send")):
        yield _Row((title,), "section")
        yield from (_Row((f"{number}. {text}",), "text") for number, text in enumerate(paragraphs[part], 1))
    yield _Row(("三、各表一览",), "section")
    yield _Row(("工作表", "报送频次", "由谁填报", "内容", "一行是什么"), "head")
    for table in TABLES:
        often = "按年或按月" if table.has("month") else "每年" if table.has("year") else "每年核对"
        key = dict.fromkeys(table.column(name).zh for name in table.key)
        note = f"。{table.note}" if table.note else ""
        yield _Row((table.zh, often, table.filer, table.about + note, f"每个“{'、'.join(key)}”一行"), link=True)
    yield _Row(("四、各列说明",), "section")
    for table in TABLES:
        yield _Row((f"工作表“{table.zh}”",), "band")
        yield _Row(("列名", "必填", "所用单位", "可填内容", "说明"), "head")
        for column in _scoped(table, scope):
            unit = f"以 {column.unit} 计" if column.unit else "见“计量单位”列" if column.by else ""
            must, fill = ("必填", _REQUIRED) if needed(column) else ("选填", _OPTIONAL)
            yield _Row((column.zh, must, unit, _expected(column), _note(column)), fill=fill)
    yield _Row(("五、行动、保障措施及其指标",), "section")
    yield _Row(("编号", "名称", "指标及其单位"), "head")
    plan = scope.plan
    told = [(str(action.no), action.title) for action in plan.actions] + [
        (one.id, one.title) for one in plan.safeguards
    ]
    for code, title in told:
        metrics = [f"{zh}（{units[0]}）" for one, (zh, units) in METRICS.items() if plan.action_of(one) == code]
        yield _Row((ACTIONS[code][0], title, "、".join(metrics) or "没有量化指标，只填行动进展"))


def _told(scope: _Scope) -> dict[str, list[str]]:
    """The paragraphs of instructions.yml."""

    def named(tables: Iterable[Table]) -> str:
        return "、".join(table.zh for table in tables)

    placed = [table for table in TABLES if any(not column.nation for column in table.columns)]
    folder = f"data/raw/filings/{scope.year or _EXAMPLE_YEAR}/"
    filled_in = {
        "tables": len(TABLES), "example": EXAMPLE[:2], "first_row": FIRST_ROW + 1, "last_row": FIRST_ROW + ROWS,
        "with_units": named(table for table in TABLES if table.has("unit")),
        "monthly": named(table for table in TABLES if table.has("month")), "tolerance": TOLERANCE, "placed": named(placed),
        "compared": named(one for one in TABLES if one not in placed and one.yearly),
        "years": f"{FIRST_YEAR} 至{f' {scope.year}' if scope.year else '报告年份'}", "folder": folder if scope.year else f"如 {folder}",
    }  # fmt: skip
    return {part: [text.format(**filled_in) for text in texts] for part, texts in declared("instructions.yml").items()}
