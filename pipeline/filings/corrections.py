"""Known errors that the compiler has corrected: `corrections.yml` of a filings folder, which leaves the filings alone.

    - table: 能源消耗
      key: {年份: 2024, 填报单位: CT, 省份: 广东, 设施类型: 办公用房, 能源品种: 电力}
      column: 消耗量
      action: scale        # set（改为 value）、scale（乘以 value）、drop（不采用这一行）、flag（只加注）
      value: 0.001
      expect: 12500000     # 填报的原值；填报改了，这一条就作废
      reason: 误以 kWh 填报 MWh，已与填报单位电话核实
      who: 张三
      date: 2026-03-01

A number in `value` is in the canonical unit of the column. `expect` is the value as filed or in the canonical unit; 空
for a cell that was left empty.
A correction whose row is not there, or whose `expect` is no longer what was filed, stops the intake.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import DataError, shown
from pipeline.filings.contracts import BY_NAME, SOURCE, Column, Table, column_of, table_of
from pipeline.filings.normalise import cleaned, normalise
from pipeline.filings.reading import own_yaml
from pipeline.filings.rows import CORRECTED, Rows, in_words, key_in_words
from pipeline.filings.rules import finding
from pipeline.given.yaml_text import NotPlain
from pipeline.layout import Layout

NAME = "corrections.yml"
EMPTY = "空"  # an `expect` for a cell that was left empty
ACTIONS = ("set", "scale", "drop", "flag")
APPLIED = {
    "entry": pl.Int64(),
    **dict.fromkeys(("table", "key", "column", "action", "before", "after", "reason", "who"), pl.String()),
    "date": pl.Date(),
    **SOURCE,
}
_FIELDS = ("table", "key", "column", "action", "value", "expect", "reason", "who", "date")
_NUMBERS = ("integer", "number", "quantity", "share", "year", "month")


@dataclass(frozen=True)
class Correction:
    """One entry, numbered from 1. key: the row's key, by the names of the columns of
    the contract that make it."""

    entry: int
    table: Table
    key: Mapping[str, str]
    column: Column
    action: str
    value: Any
    expect: str
    reason: str
    who: str
    date: dt.date


def load(folder: Path) -> list[Correction]:
    """The corrections of a folder; none where it has no file of them. Raises DataError where one is not understood."""
    path = folder / NAME
    try:
        if not os.path.lexists(path):
            return []
        content = own_yaml(path)
    except Exception as error:
        mark = getattr(error, "problem_mark", None)
        where = f" 第 {mark.line + 1} 行" if mark else " "
        found = f" 第 {error.line} 行：{shown(error.why)}" if isinstance(error, NotPlain) else f"{where}无法读取"
        raise DataError(
            "corrections.unreadable", f"{shown(path)}{found}；应为 UTF-8 编码的 YAML 列表，缩进用空格。"
        ) from None
    if content is None:
        return []
    if not isinstance(content, list):
        raise DataError("corrections.list", f"{shown(path)} 应为列表，每条以“- table:”开始。")
    return [_correction(n, entry) for n, entry in enumerate(content, 1)]


def apply(
    entries: list[Correction], tables: Mapping[str, Rows], findings: pl.DataFrame, layout: Layout
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Change `tables` by `entries`; the findings that then hold, and APPLIED.

    Raises DataError (corrections.stale) naming the entry whose row is not there or says something else by now.
    """
    applied, seen = [], set()
    for one in entries:
        rows = tables.get(one.table.name)
        if rows is None:
            raise _stale(one, "填报中没有这张表")
        row = _row(one, rows, layout)
        if (cell := (one.table.name, row["_id"].item(), one.column.name)) in seen:
            raise _wrong(one.entry, "这个单元格前面已经更正过")
        seen.add(cell)
        before, after = _said(one, row, layout, "is ") or row[one.column.name].item() or "", ""
        if one.action in ("set", "scale"):
            findings, after = _change(one, rows, row, findings, layout)
            rows.flags.append((row["_id"].item(), CORRECTED))
        elif one.action == "drop":
            rows.mark(row["_id"], "_out")
            findings = pl.concat([_without(findings, row), _told(one, row)])
        else:
            rows.flags.append((row["_id"].item(), "correction.flag"))
            findings = pl.concat([findings, _told(one, row)])
        key = rows.frame.filter(_id=row["_id"].item()).select(key_in_words(one.table, layout)).item()
        applied.append(
            (one.entry, one.table.name, key, one.column.name, one.action, before, after, one.reason, one.who, one.date,
             *(row[name].item() for name in SOURCE))
        )  # fmt: skip
    return findings, pl.DataFrame(applied, APPLIED, orient="row")


# --- an entry ----------------------------------------------------------------------------------------------


def _correction(n: int, entry: Any) -> Correction:
    if not isinstance(entry, dict):
        raise _wrong(n, f"应为若干“名称: 取值”，名称为{'、'.join(_FIELDS)}")
    if complaint := next(_complaints(entry), None):
        raise _wrong(n, complaint)
    table, action = BY_NAME.get(str(entry["table"])) or table_of(str(entry["table"])), entry["action"]
    if table is None:
        known = "、".join(one.zh for one in BY_NAME.values())
        raise _wrong(n, f"没有名为“{shown(str(entry['table']))}”的表；可用：{known}")
    column = _column(n, table, entry["column"])
    if action == "scale" and column.kind not in ("number", "quantity", "share"):
        raise _wrong(n, f"“{column.zh}”不是可以换算的数值列，不能用 scale；应改用 set")
    key = {_column(n, table, name).name: _text(value) for name, value in entry["key"].items()}
    makes_key = {one.name: one for one in table.columns if set(one.canonical) & set(table.key)}
    names = "、".join(one.zh for one in makes_key.values())
    if beyond := sorted(table.column(name).zh for name in key if name not in makes_key):
        raise _wrong(n, f"key 中的 {'、'.join(beyond)} 不能用来指明一行；应为 {names}")
    if missing := [one.zh for one in makes_key.values() if one.required and one.name not in key]:
        raise _wrong(n, f"key 中缺少 {'、'.join(missing)}；应写明 {names}")
    return Correction(
        n, table, {name: key.get(name, "") for name in makes_key}, column, action, entry.get("value"),
        _text(entry["expect"]), str(entry["reason"]), str(entry["who"]), entry["date"],
    )  # fmt: skip


def _complaints(entry: Mapping[Any, Any]) -> Iterator[str]:
    """What is wrong with the fields of an entry, each for itself, in the order in which they are looked at."""
    for name in entry:
        if name not in _FIELDS:
            near = difflib.get_close_matches(str(name), _FIELDS, n=1)
            right = f"是不是 {near[0]}" if near else "可用：" + "、".join(_FIELDS)
            yield f"没有名为 {shown(str(name))} 的项；{right}"
    for name, value in entry.items():
        inside = [value] if name != "key" else value.values() if isinstance(value, dict) else []
        if any(isinstance(one, (list, dict, set, tuple)) for one in inside):
            yield f"{name} 是列表；应为一个取值"
    action = entry.get("action")
    if action not in ACTIONS:
        yield f"action 为 {action}；应为 {'、'.join(ACTIONS)} 之一"
    needed = [name for name in _FIELDS if name != "value" or action in ("set", "scale")]
    if missing := [name for name in needed if entry.get(name) in (None, "", {})]:
        yield f"缺少 {'、'.join(missing)}；应全部填写，才能追溯"
    if not isinstance(entry["key"], dict):
        yield "key 应为“列名: 取值”，如 {年份: 2024, 省份: 广东}"
    if type(entry["date"]) is not dt.date:
        yield f"date 为 {entry['date']}；应如 2026-03-01"
    if action == "scale" and not _finite(entry["value"]):
        yield f"scale 的 value 为 {entry['value']}；应为一个数，如 0.001"


def _wrong(n: int, what: str) -> DataError:
    return DataError("corrections.entry", f"{NAME} 第 {n} 条：{shown(what)}。")


def _stale(one: Correction, what: str) -> DataError:
    key = "、".join(f"{one.table.column(name).zh} {value}" for name, value in one.key.items() if value)
    where = f"{NAME} 第 {one.entry} 条（{one.table.zh}，{key}，「{one.column.zh}」）"
    return DataError("corrections.stale", shown(f"{where}已不适用：{what}；请核对后修改或删去这一条。"))


def _column(n: int, table: Table, name: Any) -> Column:
    found = column_of(table, str(name))
    if found is None:
        right = "、".join(column.zh for column in table.columns)
        raise _wrong(n, f"“{table.zh}”没有名为“{shown(str(name))}”的列；可用：{right}")
    return found[0]


def _text(value: Any) -> str:
    """A value of YAML as a filer would write it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    return f"{value:.15g}" if isinstance(value, float) else str(value).strip()


def _finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


# --- its row and its change --------------------------------------------------------------------------------


def _row(one: Correction, rows: Rows, layout: Layout) -> pl.DataFrame:
    """The one row that is meant, as filed, with _id. Cells compare as filed (also those that mean nothing) or by
    what they mean."""
    current = rows.frame.filter(~pl.col("_old"))
    filed = rows.filed(current["_id"]).with_columns(current["_id"])
    meant = _meaning(one.table, one.key, layout)
    same = pl.lit(True)
    for column, text in one.key.items():
        canonical = [name for name in one.table.column(column).canonical if name in one.table.key]
        means = pl.all_horizontal(pl.col(f"is {name}").eq_missing(meant[name].item()) for name in canonical)
        said = cleaned(one.table.column(column))
        as_filed = (said(pl.col(column)) == said(pl.lit(text))) & pl.lit(bool(text))
        known = pl.lit(all(meant[name].item() is not None for name in canonical))
        same = same & (as_filed.fill_null(False) | (means & known))
    both = filed.hstack(
        current.select(pl.col(name).cast(_plain(dtype)).alias(f"is {name}") for name, dtype in one.table.dtypes.items())
    )
    found = both.filter(same)
    if found.is_empty():
        raise _stale(one, "没有这样的一行")
    expected = found.filter(_as_expected(one))
    if expected.is_empty():
        now = "、".join(text or EMPTY for text in found[one.column.name].head(3))
        raise _stale(one, f"expect 为 {one.expect}，填报的已是 {now}")
    if expected.height > 1:
        raise _stale(one, f"有 {expected.height} 行相同，不能确定是哪一行")
    return expected


def _plain(dtype: pl.DataType) -> pl.DataType:
    return pl.String() if isinstance(dtype, pl.Enum) else dtype


def _meaning(table: Table, texts: Mapping[str, str], layout: Layout) -> pl.DataFrame:
    """One canonical row of cells as filed; null where a cell means nothing."""
    cells = {column: [text] for column, text in texts.items()}
    sheet = pl.DataFrame(cells, {name: pl.String() for name in cells}).with_columns(
        source_file=pl.lit(NAME), source_sheet=pl.lit(""), source_row=pl.lit(None, pl.Int64)
    )
    frame = normalise(table, sheet, layout).frame
    return frame.select(pl.col(name).cast(_plain(dtype)) for name, dtype in table.dtypes.items())


def _as_expected(one: Correction) -> pl.Expr:
    said = cleaned(one.column)
    as_filed = said(pl.col(one.column.name)).fill_null(EMPTY) == said(pl.lit(one.expect)).fill_null(EMPTY)
    name = f"is {one.column.canonical[0]}"
    if one.column.kind in _NUMBERS:
        try:
            expect = float(one.expect)
            if not math.isfinite(expect):
                return as_filed.fill_null(False)
        except ValueError:
            return as_filed
        means = (pl.col(name) - expect).abs() <= 1e-9 * abs(expect)
    else:
        means = pl.col(name).cast(pl.String) == one.expect
    return as_filed | means.fill_null(False)


def _change(
    one: Correction, rows: Rows, row: pl.DataFrame, findings: pl.DataFrame, layout: Layout
) -> tuple[pl.DataFrame, str]:
    """Set or scale the value; the findings without those of the cell, and the new value as text."""
    column, table = one.column, one.table
    here = pl.col("_id") == row["_id"].item()
    name = column.canonical[0]
    if one.action == "scale":
        old = rows.frame.filter(here)[name].item()
        if old is None:
            raise _stale(one, "原值不是数字，不能用 scale，应改用 set")
        new: dict[str, Any] = {name: float(old) * float(one.value)}
    elif column.kind in _NUMBERS:
        if not _finite(one.value) or (
            table.dtypes[name] == pl.Int64 and (one.value != int(one.value) or abs(one.value) > 2**53)
        ):
            raise _wrong(one.entry, f"value 为 {one.value}；“{column.zh}”应为{column.expected}")
        new = {name: one.value}
    else:
        meant = _meaning(table, {column.name: _text(one.value)}, layout)
        new = {part: meant[part].item() for part in column.canonical}
        if new[name] is None:
            raise _wrong(one.entry, f"value 为 {one.value}；“{column.zh}”应为{column.expected}")
    if new[name] in (math.inf, -math.inf):
        raise _wrong(one.entry, "乘得的数过大")
    if any(other.by == column.name for other in table.columns):
        raise _wrong(one.entry, f"“{column.zh}”决定计量单位，不能单独更正")
    if column.by:  # the unit may have been what was wrong
        of = rows.frame.filter(here)[column.by].item()
        new["unit"] = column.units[of][0] if of in column.units else None
    left = _without(findings, row, column.name, "unit" if column.by else column.name)
    file, sheet = row.select("source_file", "source_sheet").row(0)
    of_sheet = (pl.col("rule") == "header.missing") & (pl.col("file") == file) & (pl.col("sheet") == sheet)
    wrong = not left.filter((_is_of(row) & (pl.col("severity") == "error")) | of_sheet).is_empty()
    rows.frame = rows.frame.with_columns(
        *(pl.when(here).then(pl.lit(value)).otherwise(pl.col(part)).cast(table.dtypes[part]).alias(part) for part, value in new.items()),
        *(pl.when(here).then(pl.lit(wrong)).otherwise(pl.col(part)).alias(part) for part in ("_wrong", "_out")),
    )  # fmt: skip
    return left, _said(one, rows.frame.filter(here), layout) or _text(one.value)


def _said(one: Correction, row: pl.DataFrame, layout: Layout, prefix: str = "") -> str | None:
    """The canonical value of the row's cell in words (of its columns `prefix` + name); None of what has several
    columns, or is no value."""
    if len(one.column.canonical) > 1:
        return None
    own = row.select(pl.col(f"{prefix}{name}").alias(name) for name in one.table.dtypes)
    text: str | None = own.select(in_words(one.table, one.column.name, layout)).item()
    return text


def _without(findings: pl.DataFrame, row: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Findings without those of the row, or of these columns of it."""
    gone = _is_of(row) & (pl.col("column").is_in(columns) if columns else pl.lit(True))
    return findings.filter(~gone.fill_null(False))


def _is_of(row: pl.DataFrame) -> pl.Expr:
    at = zip(("file", "sheet", "row"), SOURCE, strict=True)
    return pl.all_horizontal(pl.col(name) == row[source].item() for name, source in at)


def _told(one: Correction, row: pl.DataFrame) -> pl.DataFrame:
    expect, entry, reason = (pl.lit(text) for text in (one.expect, str(one.entry), one.reason))
    return finding(row, one.table, one.column, f"correction.{one.action}", expect, entry, reason)
