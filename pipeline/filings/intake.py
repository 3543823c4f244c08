"""Which rows count? A folder of filings becomes accepted and rejected rows; each row ends in exactly one of the two.

The steps: read the files, find each sheet's table, make rows canonical, let a later filing year supersede an earlier
one, apply `corrections.yml`, check, part. `take_in` keeps all of it in memory; `save` writes what the rest of the
pipeline reads.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.errors import DataError, shown
from pipeline.filings import corrections, rules
from pipeline.filings import frame as industry
from pipeline.filings.contracts import (
    LAST_YEAR,
    SCHEMAS,
    SOURCE,
    TABLES,
    Table,
    column_of,
    columns_of,
    headers,
    table_of,
)
from pipeline.filings.heading import refusal
from pipeline.filings.normalise import Normalised, normalise
from pipeline.filings.reading import READABLE, FileProblem, Limits, Reading, Sheet, own_yaml, read_folder
from pipeline.filings.rows import OWN, UNREAD, Rows, in_words, key_in_words
from pipeline.filings.rules import FINDING, RULES, finding
from pipeline.given import reference
from pipeline.layout import Layout

FILES = {"file": pl.String(), "status": pl.String(), "message": pl.String()}
COUNTS = {"table": pl.String(), **dict.fromkeys(("read", "accepted", "rejected", "warned", "superseded"), pl.Int64())}
PROBLEMS = dict.fromkeys(("file", "sheet", "rule", "message", "header"), pl.String())
SKIPPED = {"file": pl.String(), "sheet": pl.String(), "row": pl.Int64(), "reason": pl.String()}
REVISIONS = {
    **dict.fromkeys(("table", "key", "column", "before", "after"), pl.String()),
    **{f"{when}_{name}": dtype for when in ("before", "after") for name, dtype in SOURCE.items()},
}
FLAGS: dict[str, pl.DataType] = {"flags": pl.List(pl.String())}

_FILLED_DOWN = ("id", "code", "province", "year", "month", "unit")  # where a merged cell stands for all its rows
_BLOCK = 500_000  # rows that are understood at once
_MOST_WRONG = 300_000  # rows of a table: nobody mends more of them one by one, and telling each fills the memory
_YEAR_FOLDER = re.compile(r"(20[0-9]{2})年?")
_SIGNATURE = r"^(?:填表|填报|制表|编制|审核|复核|审批|负责|联系|单位负责|日期|电话)[^\d]{0,8}[:：]?"
_LEAVES = ("key.restated", "correction.drop")  # rules of rows that are not wrong, yet not accepted


@dataclass(frozen=True)
class Intake:
    """What became of a folder.

    accepted: every table, canonical columns, SOURCE, flags (List of rule ids; `corrected` where a correction changed
    the row). quarantine: every table, SOURCE, rules (List of rule ids), the text of each cell as filed by the name of its
    column, unread (List of header and text: cells that belong to no column). counts, files, problems, findings, skipped,
    revisions: COUNTS, FILES, PROBLEMS, FINDING, SKIPPED, REVISIONS. corrections: `corrections.APPLIED`. read = accepted +
    rejected; superseded rows are some of the rejected.
    """

    folder: Path
    report_year: int
    kind: str
    sample: bool
    accepted: dict[str, pl.DataFrame]
    quarantine: dict[str, pl.DataFrame]
    counts: pl.DataFrame
    files: pl.DataFrame
    problems: pl.DataFrame
    findings: pl.DataFrame
    skipped: pl.DataFrame
    revisions: pl.DataFrame
    corrections: pl.DataFrame

    @cached_property
    def status(self) -> int:
        """0: clean; 1: warnings; 2: wrong rows, or a file that was not read in full."""
        if self.files["status"].is_in(["partial", "unreadable"]).any() or (self.findings["severity"] == "error").any():
            return 2
        return 1 if self.findings.height else 0


def take_in(folder: Path, layout: Layout, report_year: int | None = None, limits: Limits | None = None) -> Intake:
    """Everything in `folder` and its subfolders, accepted or rejected.

    report_year: rows later than it are errors; by default the latest year of published statistics or of a subfolder,
    whichever is later. Raises DataError when there is no such folder or no file in it, when EDITION.yml, frame.csv or
    corrections.yml cannot be understood, when a correction no longer fits, and when reference data are missing.
    """
    reading = read_folder(folder, headers(), filled_down(), limits)
    if not (reading.sheets or reading.problems):
        raise DataError(
            "filings.empty",
            f"填报文件夹 {shown(folder)} 里没有填报文件；应放入 {READABLE} 文件，可按填报年份分子文件夹（如 2025/）。",
        )
    kind, entries = _edition(folder), corrections.load(folder)
    industry.load(layout, folder)  # a frame that is wrong is told before anything is computed
    published = reference.published(layout)
    folders = {filing_year(sheet.file) or 0 for sheet in reading.sheets}
    year = report_year or max(reference.latest_year(published), *(year for year in folders if year <= LAST_YEAR), 0)
    tables, findings = _canonical(reading, layout, year)
    found = pl.concat([pl.DataFrame(schema=FINDING), *findings])
    revisions = [pl.DataFrame(schema=REVISIONS)]
    for rows in tables.values():
        found, changed = _supersede(rows, found, layout)
        revisions.append(changed)
    found, applied = corrections.apply(entries, tables, found, layout)
    left = {name: rows.left for name, rows in tables.items()}
    growth = reference.business_volume_index(published)

    def filed(table: str, at: pl.Series, column: str) -> pl.Series:
        return tables[table].said(left[table]["_id"].gather(at), column)

    checked = rules.check({name: frame.drop(OWN) for name, frame in left.items()}, year, layout, growth, filed)
    found = pl.concat([found, checked.frame]).sort("severity", maintain_order=True)
    accepted = {table.name: pl.DataFrame(schema=table.dtypes | SOURCE | FLAGS) for table in TABLES}
    quarantine = {table.name: pl.DataFrame(schema=quarantine_schema(table)) for table in TABLES}
    for name, rows in tables.items():
        good = pl.concat([left[name], checked.marks[name]], how="horizontal")
        good = (good.filter(~pl.col("rejected")) if good["rejected"].any() else good).drop("rejected")
        accepted[name] = _flagged(rows, good).drop(OWN)
        quarantine[name] = _rejected(rows, good["_id"], found)
    counts = _counts(tables, accepted, quarantine)
    return Intake(
        folder=folder,
        report_year=year,
        kind=kind,
        sample=(folder / "SAMPLE").exists(),
        accepted=accepted,
        quarantine=quarantine,
        counts=counts,
        files=_files(reading, tables),
        problems=pl.DataFrame([astuple(one) for one in reading.problems], PROBLEMS, orient="row"),
        findings=found,
        skipped=pl.DataFrame(
            [(one.file, one.sheet, one.row, one.reason) for one in reading.skipped], SKIPPED, orient="row"
        ),
        revisions=pl.concat(revisions),
        corrections=applied,
    )


# --- from sheets to tables ---------------------------------------------------------------------------------


def filled_down() -> frozenset[str]:
    """The headers of key columns, where a merged cell of a workbook stands for each of its rows."""
    return frozenset(
        text for table in TABLES for column in table.columns if column.kind in _FILLED_DOWN for text in column.spellings
    )


def filing_year(file: str) -> int | None:
    """The year of the innermost folder named by one: 2025/能源消耗.xlsx -> 2025."""
    years = [found[1] for part in Path(file).parts[:-1] if (found := _YEAR_FOLDER.fullmatch(part))]
    return int(years[-1]) if years else None


def _canonical(reading: Reading, layout: Layout, report_year: int) -> tuple[dict[str, Rows], list[pl.DataFrame]]:
    """The rows of each table that was filed, and findings; a sheet without a table becomes a problem of `reading`."""
    frames: dict[str, list[pl.DataFrame]] = {}
    sheets: dict[str, list[Sheet]] = {}
    findings = []
    for table, alike in _alike(reading):
        texts = _one_below_the_other(table, alike)
        years = [filing_year(sheet.file) or report_year for sheet in alike]
        done = _understood(table, texts, layout, years[0])
        if isinstance(done, str):
            what = f"要退回的超过 {_MOST_WRONG:,} 行，没有读取（第一处：{done}）；请整体改正后重新提交。"
            reading.problems.extend(sheet.problem("sheet.wrong", what) for sheet in alike)
            continue
        findings += [_not_data(table, done.findings), _ragged(table, texts), *_of_sheets(table, alike, reading)]
        more, few = (
            (texts["_ragged"] == which).fill_null(False) if "_ragged" in texts.columns else False for which in "多少"
        )
        heights = [sheet.rows.height for sheet in alike]
        filed = pl.Series(np.repeat(years, heights), dtype=pl.Int32)
        frame = done.frame.with_columns(_filed=filed, _wrong=done.rejected | more, _few=few)
        frames.setdefault(table.name, []).append(frame)
        sheets.setdefault(table.name, []).extend(alike)
    tables = {}
    for table in TABLES:
        if table.name in frames:
            frame = pl.concat(frames[table.name]).rechunk().with_row_index("_id")
            flags = [(id, "row.fewer_cells") for id in frame.filter("_few")["_id"]]
            frame = frame.drop("_few").with_columns(_old=pl.lit(False), _out="_wrong")
            tables[table.name] = Rows(table, frame, sheets[table.name], flags)
    return tables, findings


def _understood(table: Table, texts: pl.DataFrame, layout: Layout, filing_year: int) -> Normalised | str:
    """As `normalise` has it, in bounded memory; the first error's sentence instead where too many rows are wrong."""
    parts, wrong = list[Normalised](), 0
    for block in texts.iter_slices(_BLOCK) if texts.height else [texts]:
        done = normalise(table, block, layout, filing_year)
        if parts:  # what is wrong with a header has been told
            done = replace(done, findings=done.findings.filter(pl.col("row").is_not_null()))
        parts.append(done)
        wrong += int(done.rejected.sum())
        if wrong > _MOST_WRONG:
            return str(pl.concat([one.findings for one in parts]).filter(severity="error")["message"][0])
    if len(parts) == 1:
        return parts[0]
    return Normalised(*(pl.concat([getattr(one, field.name) for one in parts]) for field in fields(Normalised)))


def _alike(reading: Reading) -> Iterator[tuple[Table, list[Sheet]]]:
    """Table and sheets that can be read as one: the same columns and units, however they are spelt, and nothing to say of
    any header; the same filing year where a column's default is that."""
    groups: dict[tuple[object, ...], tuple[Table, list[Sheet]]] = {}
    for at, sheet in enumerate(reading.sheets):
        table = table_of(sheet.sheet) or table_of(Path(sheet.file).name)
        if table is None:
            reading.problems.append(_no_table(sheet))
            continue
        if unclear := refusal(table, sheet, reading.skipped):
            reading.problems.append(unclear)
            continue
        units = {name: unit for name, (_, unit) in columns_of(table, sheet.columns).items()}
        told = len(units) < len(sheet.columns) or any(one.required and one.name not in units for one in table.columns)
        year = filing_year(sheet.file) if any(one.default == "=filing_year" for one in table.columns) else None
        key = (table.name, year, frozenset(units.items()), "_ragged" in sheet.rows.columns, at if told else None)
        groups.setdefault(key, (table, []))[1].append(sheet)
    yield from groups.values()


def _one_below_the_other(table: Table, sheets: list[Sheet]) -> pl.DataFrame:
    """The rows of all with SOURCE, under the headers of the first."""
    first, parts = sheets[0], list[pl.DataFrame]()
    names = columns_of(table, first.columns)
    for sheet in sheets:
        own = {header: names[name][0] for name, (header, _) in columns_of(table, sheet.columns).items()}
        rows = sheet.rows if sheet is first else sheet.rows.rename(own).select(first.rows.columns)
        parts.append(rows.with_columns(source_file=pl.lit(sheet.file), source_sheet=pl.lit(sheet.sheet)))
    if len(parts) == 1:
        return parts[0]
    return pl.concat(parts).rechunk()


def _no_table(sheet: Sheet) -> FileProblem:
    """Names the table that the headers fit best, if any."""
    fit = [sum(column_of(table, header) is not None for header in sheet.columns) for table in TABLES]
    best = TABLES[fit.index(max(fit))]
    right = f"名称应含下列表名之一：{'、'.join(table.zh for table in TABLES)}"
    if max(fit) > 2:
        right = f"从表头看像“{best.zh}”，若是，请改用这个名称"
    return sheet.problem("sheet.table", f"的名称看不出是哪张表，未读取；{right}。")


def _not_data(table: Table, findings: pl.DataFrame) -> pl.DataFrame:
    """`findings` with one for each row that is a sum, a second header or a signature instead of those of its cells."""
    spelt = {text for column in table.columns for text in column.spellings}
    found, is_sum = pl.col("found"), pl.col("rule") == "row.not_data"
    row = ["file", "sheet", "row"]
    errors = findings.filter(pl.col("severity") == "error", pl.col("row").is_not_null())
    sums = errors.filter(is_sum).unique(row, keep="first", maintain_order=True)
    kinds = (
        (found.is_in(spelt) & (found.is_in(spelt).sum().over(row) > 1), pl.lit("这是重复的表头")),
        (
            found.str.contains(_SIGNATURE) & ((pl.col("rule") == "cell.missing").sum().over(row) > 2),
            pl.format("“{}”是表下的落款", found),
        ),
    )
    told = [errors.filter(holds).select(*row, what=what) for holds, what in kinds]
    rows = pl.concat(told).unique(row, keep="first", maintain_order=True)
    rows = rows.join(sums, on=row, how="anti", nulls_equal=True, maintain_order="left")
    if rows.is_empty() and sums.is_empty():
        return findings
    source = rows.rename(dict(zip(row, SOURCE, strict=True)))
    instead = pl.concat([sums, finding(source, table, None, "row.not_data", pl.lit(""), pl.col("what"))])
    return pl.concat([findings.join(instead, on=row, how="anti", nulls_equal=True, maintain_order="left"), instead])


def _ragged(table: Table, texts: pl.DataFrame) -> pl.DataFrame:
    """Findings of rows with more cells than the header (wrong: a comma may have moved the others) or fewer."""
    if "_ragged" not in texts.columns:
        return pl.DataFrame(schema=FINDING)
    extra = pl.col("_extra")
    more = finding(texts.filter(pl.col("_ragged") == "多"), table, None, "row.more_cells", extra, extra)
    return pl.concat(
        [more, finding(texts.filter(pl.col("_ragged") == "少"), table, None, "row.fewer_cells", pl.lit(""))]
    )


def _of_sheets(table: Table, sheets: list[Sheet], reading: Reading) -> Iterator[pl.DataFrame]:
    """Findings of files none of whose sheets has a row, and of what the reading warns of."""
    filled = {sheet.file for sheet in reading.sheets if sheet.rows.height}
    for sheet in sheets:
        at = pl.DataFrame([(sheet.file, sheet.sheet, None)], SOURCE, orient="row")
        if sheet.file not in filled:
            yield finding(at, table, None, "file.no_rows", pl.lit(""))
        yield from (finding(at, table, None, rule, pl.lit(""), pl.lit(what)) for rule, what in sheet.warnings)


# --- a later filing supersedes an earlier one --------------------------------------------------------------


def _supersede(rows: Rows, findings: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Takes out rows whose key was filed again in a later year; the findings that then hold, and REVISIONS.

    A row supersedes even where a cell of it is wrong: the filer has taken the earlier one back. Monthly rows supersede
    an annual one and the other way round. What was wrong with a superseded row no longer matters; that it says
    something else than the later one is a finding.
    """
    nothing = findings, pl.DataFrame(schema=REVISIONS)
    if len({filing_year(sheet.file) for sheet in rows.sheets}) < 2:
        return nothing
    table, key = rows.table, list(rows.table.key)
    keyed = rows.frame.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in key))
    latest = pl.col("_filed").max().over(key)
    if "month" in key:
        of_year = [name for name in key if name != "month"]
        annual = pl.col("month") == 0
        other = pl.when(annual).then(pl.col("_filed").filter(~annual).max().over(of_year)).otherwise(
            pl.col("_filed").filter(annual).max().over(of_year)
        )  # fmt: skip
        latest = pl.max_horizontal(latest, other)
    old = keyed.filter(latest > pl.col("_filed"))
    if old.is_empty():
        return nothing
    rows.mark(old["_id"], "_old", "_out")
    # Each old row beside the next filing of its key (of the same year and month, or else of the year).
    pairs = _next_filing(keyed, old, key)
    if "month" in key:
        first_of_year = _next_filing(
            keyed.filter(pl.col("_filed") == pl.col("_filed").max().over(of_year)), old, of_year
        )
        pairs = pl.concat([pairs, first_of_year.join(pairs, on="_id", how="anti")])
    values = [name for name in table.dtypes if name not in key]
    differs = pl.any_horizontal(
        ~pl.col(name).eq_missing(pl.col(f"{name}_after")) for name in [*values, "month"] if name in keyed.columns
    )
    restated = pairs.filter(differs | pl.col("_wrong") | pl.col("_wrong_after")).sort("_id")
    by = rules.place(*(f"{name}_after" for name in SOURCE))
    told = finding(restated, table, None, "key.restated", pl.lit(""), by)
    gone = old.select(file="source_file", sheet="source_sheet", row="source_row")
    still = findings.join(gone, on=gone.columns, how="anti", maintain_order="left")
    return pl.concat([still, told]), pl.concat(_revisions(table, restated, values, layout))


def _next_filing(keyed: pl.DataFrame, old: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """`old` with the columns `…_after` of the first row of the same `by` in the next filing year."""
    later = keyed.sort("_filed", "_id").rename({name: f"{name}_after" for name in keyed.columns})
    both = old.join(later, left_on=by, right_on=[f"{name}_after" for name in by], coalesce=False)
    both = both.filter(pl.col("_filed_after") > pl.col("_filed"))
    return both.unique("_id", keep="first", maintain_order=True)


def _revisions(table: Table, restated: pl.DataFrame, values: list[str], layout: Layout) -> list[pl.DataFrame]:
    """REVISIONS of each value that differs, of rows that could be read."""
    same_month = pl.col("month") == pl.col("month_after") if "month" in table.key else pl.lit(True)
    readable = restated.filter(~pl.col("_wrong") & ~pl.col("_wrong_after") & same_month)
    return [
        readable.filter(~pl.col(name).eq_missing(pl.col(f"{name}_after"))).select(
            table=pl.lit(table.name),
            key=key_in_words(table, layout),
            column=pl.lit(name),
            before=in_words(table, name, layout),
            after=in_words(table, name, layout, "_after"),
            **{f"before_{at}": pl.col(at) for at in SOURCE},
            **{f"after_{at}": pl.col(f"{at}_after") for at in SOURCE},
        )
        for name in values
    ]


# --- accepted and rejected ---------------------------------------------------------------------------------


def _flagged(rows: Rows, good: pl.DataFrame) -> pl.DataFrame:
    """`good`, its flags those of the check and those known before."""
    if not rows.flags:
        return good
    early = pl.DataFrame(rows.flags, {"_id": pl.UInt32(), "early": pl.String()}, orient="row")
    early = early.group_by("_id", maintain_order=True).agg(pl.col("early").unique(maintain_order=True))
    joined = good.join(early, on="_id", how="left", maintain_order="left")
    both = pl.concat_list("flags", pl.col("early").fill_null([]))
    return joined.with_columns(flags=both).drop("early")


def quarantine_schema(table: Table) -> dict[str, pl.DataType]:
    cells = {column.name: pl.String() for column in table.columns}
    return {**SOURCE, "rules": pl.List(pl.String()), **cells, "unread": UNREAD}


def _rejected(rows: Rows, accepted: pl.Series, findings: pl.DataFrame) -> pl.DataFrame:
    """The rows that were not accepted, as filed, and why."""
    if accepted.len() == rows.frame.height:
        return pl.DataFrame(schema=quarantine_schema(rows.table))
    out = rows.frame.filter(~pl.col("_id").is_in(accepted.implode()))["_id"]
    why = findings.filter(
        pl.col("table") == rows.table.name, (pl.col("severity") == "error") | pl.col("rule").is_in(_LEAVES)
    ).select(*(pl.col(name).alias(at) for name, at in zip(("file", "sheet", "row"), SOURCE, strict=True)), "rule")
    of_sheet, of_row = list(SOURCE)[:2], list(SOURCE)
    rule = pl.col("rule").unique(maintain_order=True)
    return (
        rows.filed(out)
        .join(why.drop_nulls("source_row").group_by(of_row).agg(rule), on=of_row, how="left", maintain_order="left")
        .join(
            why.filter(pl.col("source_row").is_null()).group_by(of_sheet).agg(rule.alias("of_sheet")),
            on=of_sheet, how="left", maintain_order="left",
        )
        .with_columns(rules=pl.concat_list(pl.col("rule").fill_null([]), pl.col("of_sheet").fill_null([])))
        .with_columns(rules=pl.when(pl.col("rules").list.len() > 0).then("rules").otherwise(pl.lit(["key.restated"])))
        .select(list(quarantine_schema(rows.table)))
    )  # fmt: skip


def _counts(
    tables: dict[str, Rows], accepted: dict[str, pl.DataFrame], quarantine: dict[str, pl.DataFrame]
) -> pl.DataFrame:
    """COUNTS of every table. Raises DataError where a row has been lost or doubled: that must never be published."""
    warnings = [rule.id for rule in RULES.values() if rule.severity == "warning"]
    lines = []
    for table in TABLES:
        name, rows = table.name, tables.get(table.name)
        read = sum(sheet.rows.height for sheet in rows.sheets) if rows else 0
        good, bad = accepted[name].height, quarantine[name].height
        if read != good + bad:
            raise DataError(
                "intake.count",
                f"“{table.zh}”读到 {read} 行，接受 {good} 行、退回 {bad} 行，合计不符；请报告此问题，不要使用本次结果。",
            )
        flagged = accepted[name].select("flags").filter(pl.col("flags").list.len() > 0)
        warned = flagged["flags"].list.eval(pl.element().is_in(warnings)).list.any().sum()
        lines.append((name, read, good, bad, warned, int(rows.frame["_old"].sum()) if rows else 0))
    return pl.DataFrame(lines, COUNTS, orient="row")


def _files(reading: Reading, tables: dict[str, Rows]) -> pl.DataFrame:
    """One line a file: what was read from it, or why it could not be."""
    read: dict[str, list[str]] = {}
    for rows in tables.values():
        of_file = pl.DataFrame([(sheet.file, sheet.rows.height) for sheet in rows.sheets], ["file", "n"], orient="row")
        for file, n in of_file.group_by("file", maintain_order=True).sum().iter_rows():
            read.setdefault(file, []).append(f"{rows.table.zh} {n} 行")
    problems: dict[str, list[str]] = {}
    for problem in reading.problems:
        problems.setdefault(problem.file, []).append(problem.message)
    skipped = {one.file: one.reason for one in reading.skipped if one.sheet is None and one.row is None}
    lines = []
    for file in dict.fromkeys([*read, *problems, *skipped]):
        if file in problems:
            status, said = ("partial" if file in read else "unreadable"), "".join(problems[file])
        elif file in read:
            status, said = "read", f"读到{'、'.join(read[file])}。"
        else:
            status, said = "skipped", skipped[file]
        lines.append((file, status, said))
    return pl.DataFrame(lines, FILES, orient="row").sort("file")


# --- what is kept beside the files -------------------------------------------------------------------------


def _edition(folder: Path) -> str:
    """`kind` of EDITION.yml: preliminary (also where there is none) or final."""
    path = folder / "EDITION.yml"
    right = "应为一行 kind: preliminary（预审）或 kind: final（正式）"
    try:
        if not os.path.lexists(path):
            return "preliminary"
        content = own_yaml(path)
    except Exception:
        raise DataError("edition.unreadable", f"{shown(path)} 无法读取；{right}。") from None
    kind = content.get("kind") if isinstance(content, dict) else content
    if kind not in ("preliminary", "final"):
        said = f"的 kind 为 {shown(kind)}" if isinstance(kind, str | int | float) else "没有写 kind，或写成了列表"
        raise DataError("edition.kind", f"{shown(path)} {said}；{right}。")
    return str(kind)


def save(intake: Intake, folder: Path) -> None:
    """Write `filings/`, `quarantine/` and `quality/` of `intake` below `folder`, each table one Parquet file.

    Each of the three is replaced as a whole, so that no table of an earlier intake stays.
    """
    quality = {
        "counts": intake.counts, "files": intake.files, "findings": intake.findings, "skipped": intake.skipped,
        "revisions": intake.revisions, "corrections": intake.corrections,
    }  # fmt: skip
    for name, frame in intake.accepted.items():
        SCHEMAS[name].validate(frame.drop("flags"))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="intake-", dir=folder) as spare:
        for part, frames in (("filings", intake.accepted), ("quarantine", intake.quarantine), ("quality", quality)):
            (whole := Path(spare, part)).mkdir()
            for name, frame in frames.items():
                frame.write_parquet(whole / f"{name}.parquet")
            shutil.rmtree(folder / part, ignore_errors=True)
            whole.replace(folder / part)


def accepted(folder: Path, table: str) -> pl.DataFrame:
    """An accepted table as `save` wrote it below `folder`: the only door to filings for all that follows."""
    frame = pl.read_parquet(folder / "filings" / f"{table}.parquet", glob=False)
    SCHEMAS[table].validate(frame.drop("flags"))
    return frame
