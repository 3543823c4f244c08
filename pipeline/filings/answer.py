"""What came of the filings, in words and tables: for a machine, at a terminal, in the report's appendix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from pipeline.filings.contracts import BY_NAME, SOURCE
from pipeline.filings.intake import Intake
from pipeline.filings.rules import RULES

SEVERITIES = {"error": "应更正", "warning": "请核实"}
ACTIONS = {"set": "改为", "scale": "换算", "drop": "不采用", "flag": "加注"}
VERDICTS = ("全部接受，没有问题。", "全部读到；有需要核实的地方。", "有退回的行或没有读全的文件，请更正后重新提交。")
SHOWN = 40  # kinds of findings, and files, that a terminal lists

_TITLES = {rule.id: rule.title for rule in RULES.values()}
_TABLES = {table.name: table.zh for table in BY_NAME.values()}


def as_data(intake: Intake) -> dict[str, Any]:
    """The answer of `check --format json`: tables, files, findings that have a sentence, and of how many there is none."""
    columns = ("file", "sheet", "row", "column", "rule", "severity", "message")
    told = pl.col("message").is_not_null()
    return {
        "tables": intake.counts.select("table", "read", "accepted", "rejected", "warned").to_dicts(),
        "files": intake.files.to_dicts(),
        "findings": intake.findings.filter(told).select(columns).to_dicts(),
        "not_listed": intake.findings.filter(~told).group_by("file", "rule", maintain_order=True).len("n").to_dicts(),
    }


def by_table(counts: pl.DataFrame) -> pl.DataFrame:
    """表, 读到, 接受, 退回, 其中已被更新, 提示 (rows): of the tables that were filed, and in sum."""
    filed = counts.filter(pl.col("read") > 0).select(
        表=pl.col("table").replace(_TABLES), 读到="read", 接受="accepted", 退回="rejected", 其中已被更新="superseded", 提示="warned"
    )  # fmt: skip
    return pl.concat([filed, filed.select(pl.lit("合计").alias("表"), pl.exclude("表").sum())])


def by_rule(findings: pl.DataFrame) -> pl.DataFrame:
    """severity, rule, table, all in Chinese, and n: the findings of each rule, errors and the most frequent first."""
    counted = findings.group_by("severity", "rule", "table").len()
    counted = counted.sort("severity", "len", "rule", "table", descending=[False, True, False, False])
    return counted.select(
        severity=pl.col("severity").replace(SEVERITIES),
        rule=pl.col("rule").replace(_TITLES),
        table=pl.col("table").replace(_TABLES),
        n=pl.col("len").cast(pl.Int64),
    )


def alike(findings: pl.DataFrame) -> pl.DataFrame:
    """severity, message: the first finding of each rule, file, sheet and column, and how many there are of it."""
    kinds = findings.group_by("file", "sheet", "column", "rule", maintain_order=True).agg(
        pl.col("severity", "message").first(), pl.len()
    )
    more = pl.when(pl.col("len") > 1).then(pl.format("（同类共 {} 处）", "len")).otherwise(pl.lit(""))
    return kinds.select("severity", pl.col("message") + more)


def kept_with_warnings(findings: pl.DataFrame, quarantine: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The warnings that do not concern a rejected row."""
    at = ("file", "sheet", "row")
    gone = pl.concat(
        rows.select(pl.col(name).alias(to) for name, to in zip(SOURCE, at, strict=True)) for rows in quarantine.values()
    )
    return findings.filter(pl.col("severity") == "warning").join(gone, on=at, how="anti", maintain_order="left")


def rejections(quarantine: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """table, who (as filed), rule, n: the rejected rows; a row that breaks two rules stands under both."""
    parts = [
        rows.select(
            table=pl.lit(_TABLES[name]),
            who=pl.col("entity_id" if "entity_id" in rows.columns else "organisation").fill_null("（未填）")
            if {"entity_id", "organisation"} & set(rows.columns)
            else pl.lit("—"),
            rule="rules",
        )
        for name, rows in quarantine.items()
        if rows.height
    ]
    empty = pl.DataFrame(schema={"table": pl.String, "who": pl.String, "rule": pl.List(pl.String)})
    told = pl.concat([empty, *parts]).explode("rule").with_columns(pl.col("rule").replace(_TITLES))
    return told.group_by("table", "who", "rule", maintain_order=True).agg(n=pl.len().cast(pl.Int64))


def revised(revisions: pl.DataFrame) -> pl.DataFrame:
    """table, key, column, before, after, at: what later filings changed, with the folder or file of both filings."""
    return revisions.select(
        pl.col("table").replace(_TABLES), "key", _column_zh().alias("column"), "before", "after",
        at=pl.format("{} → {}", "before_source_file", "after_source_file"),
    )  # fmt: skip


def corrected(corrections: pl.DataFrame) -> pl.DataFrame:
    """table, key, column, action, before, after, reason, who, date: what corrections.yml changed."""
    return corrections.select(
        pl.col("table").replace(_TABLES), "key", _column_zh().alias("column"), pl.col("action").replace(ACTIONS), "before",
        "after", "reason", "who", pl.col("date").cast(pl.String),
    )  # fmt: skip


def _column_zh() -> pl.Expr:
    names = {f"{table.name} {name}": column.zh for table in BY_NAME.values() for column in table.columns for name in column.canonical}  # fmt: skip
    names |= {f"{table.name} {column.name}": column.zh for table in BY_NAME.values() for column in table.columns}
    return pl.concat_str("table", "column", separator=" ").replace(names)


def verdict(intake: Intake) -> str:
    """The check in one sentence."""
    if intake.counts["read"].sum():
        return VERDICTS[intake.status]
    right = "应在表头之下逐行填写（示例行和说明不读取），文件名或工作表名应含表名。"
    return f"没有读到任何数据行；{right}{VERDICTS[2] if intake.status == 2 else ''}"


def not_read(files: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Status and sentence of each file that was not read in full."""
    for file, status, message in files.filter(pl.col("status").is_in(["partial", "unreadable"])).iter_rows():
        yield status, f"{file}：{message}"


def notes(intake: Intake) -> Iterator[str]:
    """What else a compiler should know."""
    if intake.sample:
        yield "这是示例数据，不是真实填报。"
    if intake.revisions.height:
        yield f"后来的填报更新了 {intake.revisions.height} 个数值。"
    if intake.corrections.height:
        yield f"按 corrections.yml 更正了 {intake.corrections.height} 处。"
    rows = intake.skipped.filter(pl.col("row").is_not_null()).height
    if rows:
        yield f"表头之上、表下说明和示例共 {rows} 行未作为数据。"


def in_short(intake: Intake) -> str:
    """The filings in one sentence."""
    read, accepted, rejected = intake.counts.select("read", "accepted", "rejected").sum().row(0)
    broken = intake.files["status"].is_in(["partial", "unreadable"]).sum()
    files = f"，{broken} 个文件没有读全" if broken else ""
    return f"填报 {intake.folder.name}：读到 {read} 行，接受 {accepted} 行，退回 {rejected} 行{files}。"
