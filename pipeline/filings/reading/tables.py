"""Which part of a sheet is the table? The rows under the first one that has two known headers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from pipeline.errors import shown
from pipeline.filings.reading.sheets import (
    HEADER_WITHIN,
    LONG_CELL,
    MIB,
    RESERVED,
    FileProblem,
    Raw,
    Reading,
    Sheet,
    Skipped,
    header_at,
    header_key,
    no_header,
    place_of,
)

_EXAMPLES_WITHIN = 3  # rows under the header
_EXAMPLE = re.compile(r"\s*(?:示例|样例|例[:：])")
_MAX_FILLED = 1000  # columns with content
_MAX_NOTES = 1000  # note rows told one by one; more of them are taken for data
_NOTE = r"^\s*(?:注\s*\d*\s*[:：.、]|注$|备注|说明|填报说明|填表说明|单位\s*[:：]|[制填]表|填报[人日]|编制|审[核批]|复核|负责|联系[人电]|电话|\*|※)"
_INSTRUCTIONS = re.compile(r"说明|目录|封面|字典|须知|审核意见|instruction|readme|cover|notes?$", re.IGNORECASE)
BEYOND = "表头之外的内容"  # the header of `_extra` in a workbook with remarks, where it may come back from


def add_table(raw: Raw, file: str, known: Collection[str], fill: Collection[str], reading: Reading) -> None:
    """Adds the table of `raw` to `reading`, or says why there is none."""
    sheet, where = raw.sheet or None, place_of(raw.sheet)

    def problem(id: str, says: str) -> None:
        reading.problems.append(FileProblem(file, sheet, id, f"{where}{says}"))

    names = [name for name in raw.frame.columns[1:] if name != "_ragged"]
    filled = sum(raw.frame[name].null_count() < raw.frame.height for name in names)
    if filled > _MAX_FILLED:
        problem("file.too_large", f"有 {filled} 列，超过上限 {_MAX_FILLED} 列；请只保留模板中的列后提交。")
        return
    if any((raw.frame[name].str.len_bytes() > MIB).any() for name in names):
        problem("file.too_large", f"：{LONG_CELL}")
        return
    frame, notes = _without_blank(raw.frame, names)
    if frame.is_empty():
        if sheet is None:
            problem("file.empty", "里没有内容；请填写后提交。")
        else:
            reading.skipped.append(Skipped(file, sheet, None, f"{'隐藏的' if raw.hidden else ''}{where}是空的。"))
        return
    head = frame.head(HEADER_WITHIN).rows()
    at = header_at([row[1:] for row in head], known)
    if at is None:
        only_text = sheet is not None and all(sum(bool(cell) for cell in row[1:]) <= 1 for row in head)
        if sheet is not None and (raw.hidden or only_text or _INSTRUCTIONS.search(sheet)):
            reading.skipped.append(Skipped(file, sheet, None, f"{where}没有表头，按说明页处理，未读取。"))
        else:
            reading.problems.append(no_header(file, sheet, known))
        return
    for row in head[:at]:
        text = " ".join(cell for cell, column in zip(row, frame.columns, strict=True) if cell and column in names)
        reading.skipped.append(Skipped(file, sheet, row[0], f"表头之上：{shown(text)[:80]}", text))
    body = frame[at + 1 :]
    notes = notes.filter(pl.col("source_row") > head[at][0])
    if 0 < notes.height <= _MAX_NOTES:
        body = body.filter(~pl.col("source_row").is_in(notes["source_row"].implode()))
        for number, text in notes.iter_rows():
            reading.skipped.append(Skipped(file, sheet, number, f"表下说明：{shown(text.strip())[:80]}", text))
    first_texts = ((row[0], next(filter(None, row[1:]), "")) for row in body.head(_EXAMPLES_WITHIN).iter_rows())
    examples = [number for number, text in first_texts if _EXAMPLE.match(text)]
    if examples:
        body = body.filter(~pl.col("source_row").is_in(examples))
        reading.skipped.extend(Skipped(file, sheet, number, "示例行，未读取。") for number in examples)
    if "_ragged" in body.columns and body["_ragged"].null_count() == body.height:
        body = body.drop("_ragged", "_extra")
    header = head[at][1 : body.width]
    body = _fill_merges(body, raw, header, fill)
    keys = [header_key(one) for one in header if one and header_key(one) in known]
    if len(keys) - len(set(keys)) > 1:
        problem("sheet.two_tables", "里并排有两张表，只读取了左边一张；请分成两个工作表后提交。")
    renamed = _columns(header, body, raw.first_column)
    rows = body.select("source_row", *(pl.col(old).alias(new) for old, new in renamed.items()))
    if BEYOND in rows.columns and "_extra" not in rows.columns:
        more = pl.when(pl.col(BEYOND).is_not_null()).then(pl.lit("多"))
        rows = rows.select(pl.exclude(BEYOND), more.alias("_ragged"), pl.col(BEYOND).alias("_extra"))
    places = {new: raw.first_column + int(old[1:]) + 1 for old, new in renamed.items() if new not in RESERVED}
    columns = [name for name in rows.columns if name not in RESERVED]
    reading.sheets.append(
        Sheet(file, raw.sheet, head[at][0], columns, [places[name] for name in columns], rows, raw.warnings)
    )


def _without_blank(frame: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that hold anything, and `source_row, text` of those that may be notes: one cell, begun like one.

    Only rows that lack text in one of the two fullest columns are looked at in full.
    """
    if not names:
        return frame.clear(), pl.DataFrame(schema={"source_row": pl.Int64, "text": pl.String})
    few = frame
    if len(names) > 1:
        fullest = sorted(names, key=lambda name: frame[name].null_count())[:2]
        few = frame.filter(~pl.all_horizontal(_has_text(name).fill_null(False) for name in fullest))
    counted = few.select(
        "source_row",
        pl.sum_horizontal(_has_text(name) for name in names).alias("filled"),
        pl.coalesce(pl.when(_has_text(name)).then(name) for name in names).alias("text"),
    )
    blank = counted.filter(filled=0)["source_row"]
    if blank.len():
        frame = frame.filter(~pl.col("source_row").is_in(blank.implode()))
    return frame, counted.filter(pl.col("filled") == 1, pl.col("text").str.contains(_NOTE)).drop("filled")


def _has_text(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars().str.len_bytes() > 0


def _columns(header: tuple[str | None, ...], body: pl.DataFrame, first: int) -> dict[str, str]:
    """Raw column -> its name in the table; columns without header and content are left out."""
    names: dict[str, str] = {}
    used, seen = set(RESERVED), dict[str, int]()
    for index, (old, cell) in enumerate(zip(body.columns[1:], header, strict=True)):
        if old in RESERVED:
            names[old] = old
            continue
        text = unicodedata.normalize("NFKC", cell or "").strip()
        if not text and body[old].null_count() == body.height:
            continue
        new = base = text or f"列{xl_col_to_name(first + index)}"
        while new in used:
            seen[base] = seen.get(base, 1) + 1
            new = f"{base}_{seen[base]}"
        used.add(new)
        names[old] = new
    return names


def _fill_merges(body: pl.DataFrame, raw: Raw, header: tuple[str | None, ...], fill: Collection[str]) -> pl.DataFrame:
    for index, old in enumerate(body.columns[1:]):
        spans = [(a, b) for column, a, b in raw.merges if column == raw.first_column + index]
        if not spans or header_key(header[index] or "") not in fill:
            continue
        covered = pl.DataFrame(spans, schema=["top", "last"], orient="row").select(
            "top", pl.int_ranges("top", pl.col("last") + 1).alias("source_row")
        )
        tops = body.select(pl.col("source_row").alias("top"), pl.col(old).alias("_top"))
        values = covered.explode("source_row").join(tops, on="top").unique("source_row", keep="first")
        joined = body.join(values.select("source_row", "_top"), on="source_row", how="left", maintain_order="left")
        body = joined.with_columns(pl.coalesce(old, "_top").alias(old)).drop("_top")
    return body
