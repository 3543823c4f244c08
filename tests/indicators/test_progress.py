"""Counts of statuses and metrics by hand; rows of the nation never count, shares are never summed."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.disclosure.publication import METRICS
from pipeline.filings.contracts import BY_NAME
from pipeline.findings import Progress
from pipeline.given.regions import resolve
from pipeline.indicators import progress
from pipeline.language import zh
from pipeline.layout import Layout


def measures(*rows: tuple[int, str, str, str, str]) -> pl.DataFrame:
    """year, province, action, item, status."""
    filled = [
        {"year": year, "entity_id": f"E{n}", "province_code": province, "sub_region": "", "is_control": province == "000000",
         "action_no": action, "item": item, "status": status}
        for n, (year, province, action, item, status) in enumerate(rows)
    ]  # fmt: skip
    return pl.DataFrame(filled, schema=BY_NAME["measures"].dtypes)


def filed(*rows: tuple[int, str, str, str, float]) -> pl.DataFrame:
    """year, province, action, metric, value."""
    unit = {"pv_capacity": "kW", "energy_metered_share": "%"}
    filled = [
        {"year": year, "entity_id": f"E{n}", "province_code": province, "sub_region": "", "is_control": province == "000000",
         "action_no": action, "metric": metric, "value": value, "unit": unit[metric]}
        for n, (year, province, action, metric, value) in enumerate(rows)
    ]  # fmt: skip
    return pl.DataFrame(filled, schema=BY_NAME["action_metrics"].dtypes)


ROWS = (
    (2025, "440000", "1", "甲", "done"),
    (2025, "440000", "1", "乙", "in_progress"),
    (2025, "450000", "1", "甲", "done"),
    (2025, "450000", "S1", "丙", "not_started"),
    (2025, "000000", "1", "甲", "done"),
    (2024, "440000", "1", "甲", "not_started"),
)


@pytest.mark.parametrize(
    ("region", "expected"),
    [("全国", [("1", 3, 2, 1, 0), ("S1", 1, 0, 0, 1)]), ("广东", [("1", 2, 1, 1, 0)]), ("西藏", [])],
)
def test_statuses(layout: Layout, region: str, expected: list[tuple[object, ...]]) -> None:
    assert progress.statuses(measures(*ROWS), resolve(region, layout), 2025).rows() == expected


def test_statuses_by_item(layout: Layout) -> None:
    found = progress.statuses(measures(*ROWS), resolve("全国", layout), 2025, "item")
    assert found.filter(pl.col("item") == "甲").row(0) == ("1", "甲", 2, 2, 0, 0)


def test_the_share_that_is_completed(layout: Layout) -> None:
    assert progress.done_share(measures(*ROWS), resolve("广东", layout), 2025) == 0.5
    assert progress.done_share(measures(*ROWS), resolve("西藏", layout), 2025) is None


def test_told() -> None:
    assert zh.say(Progress(n=3, done=2, in_progress=1)) == "已完成 2、进行中 1"
    assert zh.say(Progress()) == "未报送"


def test_metrics_of_the_public_by_year_in_the_decimals_of_their_unit() -> None:
    rows = [
        {"year": year, "action_no": action, "metric": metric, "unit": unit, "value": value, "n": n}
        for year, action, metric, unit, value, n in (
            (2022, "15", "patents", "件", 1234.4, 3), (2025, "15", "patents", "件", None, 4),
            (2022, "14", "energy_metered_share", "%", 41.26, 3), (2025, "14", "energy_metered_share", "%", 60.0, 5),
        )
    ]  # fmt: skip
    found = progress.public_metrics(pl.DataFrame(rows, schema=METRICS), (2022, 2025))
    assert found.rows() == [
        ("14", "能耗在线计量占比", "%", "41.3", "60.0", 5),
        ("15", "绿色低碳专利", "件", "1,234", "〔保密〕", 4),
    ]


def test_the_public_is_told_how_many_filed_only_where_the_policy_tells_it() -> None:
    row = {"year": 2025, "action_no": "7", "metric": "patents", "unit": "件", "value": 100.0, "n": 3}
    told, closed = (pl.DataFrame([row | {"n": n}], schema=METRICS) for n in (3, None))
    assert progress.public_metrics(told, (2022, 2025)).row(0, named=True)["n"] == 3
    assert "n" not in progress.public_metrics(closed, (2022, 2025)).columns


def test_metrics_sum_amounts_and_never_shares(layout: Layout) -> None:
    rows = filed(
        (2022, "440000", "4", "pv_capacity", 10.0),
        (2025, "440000", "4", "pv_capacity", 30.0),
        (2025, "450000", "4", "pv_capacity", 1200.0),
        (2025, "000000", "4", "pv_capacity", 1230.0),
        (2025, "440000", "14", "energy_metered_share", 60.0),
        (2025, "450000", "14", "energy_metered_share", 90.0),
        (2025, "460000", "14", "energy_metered_share", 80.0),
    )
    table = progress.metrics(rows, resolve("全国", layout), (2022, 2025))
    assert table.columns == ["action_no", "metric", "unit", "2022", "2025", "n"]
    assert table.rows() == [
        ("4", "光伏装机容量", "kW", "10", "1,230", 2),
        ("14", "能耗在线计量占比", "%", "—", "80.0（60.0 至 90.0）", 3),
    ]
    assert progress.metrics(rows, resolve("广东", layout), (2022, 2025)).row(1)[4] == "60.0"
    assert progress.metrics(rows.clear(), resolve("广东", layout), (2022, 2025)).is_empty()
