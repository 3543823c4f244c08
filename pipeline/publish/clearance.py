"""May an edition be published? Only after disclosure control, and only if its audit passed."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.errors import DataError
from pipeline.layout import Layout
from pipeline.publish.taken import AUDIENCE, Edition
from pipeline.reports.plan import NO_FILINGS


def check(layout: Layout, edition: Edition) -> None:
    """Raises DataError where the audit record is missing, unreadable, or does not say that the audit passed.

    An edition without filings holds published statistics only, so there is nothing to withhold and no audit.
    """
    if edition.filings == NO_FILINGS:
        return
    path = audit_record(layout, edition)
    again = f"请先重新运行 green-report build --audience {AUDIENCE}（保密处理和审核随它进行），再发布"
    try:
        record = json.loads(path.read_text("utf-8"))
        passed = record["passed"]
    except FileNotFoundError:
        raise DataError("publish.no_audit", f"没有发布：{path} 不存在，这一版没有经过保密审核；{again}") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError):
        raise DataError("publish.no_audit", f"没有发布：{path} 读不出来，或没有 passed 一项；{again}") from None
    if passed is not True:
        raise DataError("publish.audit", f"没有发布：{path} 说保密审核没有通过；请按审核结果调整保密规则，{again}")


def audit_record(layout: Layout, edition: Edition) -> Path:
    """Where disclosure control leaves its verdict on an edition."""
    return layout.processed / edition.name / AUDIENCE / "audit.json"
