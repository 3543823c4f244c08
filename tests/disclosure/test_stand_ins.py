"""The public's scenarios start from published numbers alone: what stands in for hidden ones, by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipeline.disclosure.stand_ins import fitted, stand_ins
from pipeline.indicators.evaluate import TABLE

NAN = np.nan


def test_what_two_provinces_hide_is_parted_as_rows_and_columns_leave_it() -> None:
    """Rows leave 6 and 14, columns 8 and 12: in proportion 6 x 8 / 20 = 2.4, and so on."""
    cells = np.array([[4.0, NAN, NAN], [6.0, NAN, NAN]])
    filled, sums = fitted(cells, np.array([10.0, 20.0]), np.array([10.0, 8.0, 12.0]), 30.0)
    assert filled == pytest.approx(np.array([[4, 2.4, 3.6], [6, 5.6, 8.4]]))
    assert sums.tolist() == [10, 20]


def test_a_province_without_a_total_is_what_the_nation_has_beyond_the_others() -> None:
    filled, sums = fitted(np.array([[4.0, 6.0], [NAN, NAN]]), np.array([10.0, NAN]), np.array([7.0, 8.0]), 15.0)
    assert filled[1] == pytest.approx([3.0, 2.0])
    assert sums == pytest.approx([10.0, 5.0])


def row(id: str, code: str, value: float | None, **more: object) -> dict[str, object]:
    flag = "suppressed" if value is None else None
    return (
        dict.fromkeys(TABLE)
        | {"indicator_id": id, "region_code": code, "year": 2025, "value": value, "flag": flag}
        | more
    )


def test_a_hidden_share_is_the_nations_and_the_note_says_so() -> None:
    rows = [
        row("energy.total", "110000", 10.0), row("energy.total", "310000", None), row("energy.total", "000000", 15.0),
        row("room.retrofit_share", "110000", None), row("room.retrofit_share", "000000", 0.4),
        row("room.retrofit_share", "310000", 0.3),
    ]  # fmt: skip
    table = pl.DataFrame(rows, schema=TABLE, orient="row")
    titles = {"energy.total": "综合能耗", "energy.covered": "", "energy.electricity": "", "carbon.location": "", "carbon.market": "",
              "room.retrofit_share": "核心机房改造比例", "green.share": "绿色电力占比"}  # fmt: skip
    found = stand_ins(table, 2025, titles)
    assert found.closed == ("310000",)
    assert found.notes["110000"] == "核心机房改造比例按保密规则不予公布，以全国的比例和已公布的合计代替"
    shares = found.table.filter(pl.col("indicator_id") == "room.retrofit_share")
    assert dict(shares.select("region_code", "value").iter_rows()) == {"110000": 0.4, "310000": 0.3, "000000": 0.4}
    totals = found.table.filter(pl.col("indicator_id") == "energy.total", pl.col("dimension").is_null())
    assert dict(totals.select("region_code", "value").iter_rows()) == {"110000": 10.0, "310000": 5.0, "000000": 15.0}
    assert sorted(found.hidden.select("region_code", "year", "name").iter_rows()) == [
        ("110000", 2025, "room.retrofit_share"), ("310000", 2025, "energy.total"),
    ]  # fmt: skip
