"""What the check says: to a machine, and to a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from pipeline.filings.contracts import BY_NAME
from pipeline.filings.intake import Intake
from pipeline.filings.rules import RULES

SEVERITIES = {"error": "应更正", "warning": "请核实"}
VERDICTS = ("全部接受，没有问题。", "全部读到；有需要核实的地方。", "有退回的行或没有读全的文件，请更正后重新提交。")
SHOWN = 50  # findings that are listed one by one


def as_data(intake: Intake) -> dict[str, Any]:
    """The answer of `check --format json`: tables, files, findings."""
    columns = ("file", "sheet", "row", "column", "rule", "severity", "message")
    return {
        "tables": intake.counts.select("table", "read", "accepted", "rejected", "warned").to_dicts(),
        "files": intake.files.to_dicts(),
        "findings": intake.findings.select(columns).to_dicts(),
    }


def table_lines(intake: Intake) -> list[tuple[object, ...]]:
    """Table, read, accepted, rejected, of these superseded, warned: of the tables that were filed, and in sum."""
    order = ("read", "accepted", "rejected", "superseded", "warned")
    filed = intake.counts.filter(pl.col("read") > 0)
    lines = [(BY_NAME[name].zh, *numbers) for name, *numbers in filed.select("table", *order).iter_rows()]
    return [*lines, ("合计", *filed.select(order).sum().row(0))]


def file_lines(intake: Intake) -> Iterator[tuple[str, str]]:
    """Status and sentence of each file that was not read in full."""
    for file, status, message in intake.files.filter(pl.col("status").is_in(["partial", "unreadable"])).iter_rows():
        yield status, f"{file}：{message}"


def rule_lines(intake: Intake) -> list[tuple[str, str, int]]:
    """Severity, title and number of findings of each rule, errors and the most frequent first."""
    counted = (
        intake.findings.group_by("severity", "rule")
        .len()
        .sort("severity", "len", "rule", descending=[False, True, False])
    )
    return [(SEVERITIES[severity], RULES[rule].title, n) for severity, rule, n in counted.iter_rows()]


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
