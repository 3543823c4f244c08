"""Hours of use and of green power, matched by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import pipeline.rollup.matching as matching
from pipeline.errors import DataError
from tests.conftest import Run
from tests.rollup.made import rolled, write

GREEN = {"facility_type": "绿色电力", "it_kwh": None, "traffic_tb": None}


@pytest.fixture
def hourly(tmp_path: Path) -> tuple[Path, Path]:
    """T1 uses 10 + 10 in 广东 at 6, 10 at 7, and 4 in 北京; T2 uses 5 at 6. Green: T1 in 广东 12 at 6 and 30 at 8, in 北京
    6 at 6; T2 none."""
    six, seven, eight = (datetime(2025, 5, 1, hour) for hour in (6, 7, 8))
    use = [
        {"timestamp": six, "facility_id": "A"},
        {"timestamp": six.replace(minute=45), "facility_id": "A"},
        {"timestamp": seven, "facility_id": "A"},
        {"timestamp": six, "facility_id": "B", "province_code": "110000", "energy_kwh": 4, "it_kwh": None},
        {"timestamp": six, "facility_id": "C", "entity_id": "T2", "energy_kwh": 5, "it_kwh": None},
        {"timestamp": six, "facility_id": "C", "entity_id": "T2", "energy_kwh": 5, "it_kwh": None},  # the same again
    ]
    green = [
        {"timestamp": six, "facility_id": "PV", "energy_kwh": 12},
        {"timestamp": eight, "facility_id": "PV", "energy_kwh": 30},
        {"timestamp": six, "facility_id": "W", "province_code": "北京", "energy_kwh": 6},
        {"timestamp": six, "facility_id": "X", "energy_kwh": -6},
    ]
    return write(tmp_path / "use" / "a.parquet", *use), write(tmp_path / "green" / "a.parquet", *green, **GREEN)


def rates(frame: pl.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return frame.select("范围", "填报单位", "省份", *columns).rows()


def test_by_hand(hourly: tuple[Path, Path], tmp_path: Path) -> None:
    done = rolled(hourly[0], tmp_path / "out", green=str(hourly[1]))
    assert done.matched is not None
    amounts = done.matched.select(pl.col("^.*kWh.*$").cast(pl.Float64))
    assert [*zip(rates(done.matched), amounts.rows(), strict=True)] == [
        (("全部", None, None), (39.0, 48.0, 16.0)),
        (("省份", None, "北京"), (4.0, 6.0, 4.0)),
        (("省份", None, "广东"), (35.0, 42.0, 12.0)),
        (("单位", "T1", None), (34.0, 48.0, 16.0)),
        (("单位", "T2", None), (5.0, 0.0, 0.0)),
        (("单位在各省", "T1", "北京"), (4.0, 6.0, 4.0)),
        (("单位在各省", "T1", "广东"), (30.0, 42.0, 12.0)),
        (("单位在各省", "T2", "广东"), (5.0, 0.0, 0.0)),
    ]
    assert rates(done.matched, "年度绿电占比", "逐时绿电匹配率")[0][3:] == (0.871795, 0.410256)  # 34 / 39, 16 / 39
    assert done.matched["负荷曲线"].unique().to_list() == ["逐时计量"]
    assert "绿电读数退回 1 个，没有计入匹配；原因见 退回绿电读数。" in done.remarks
    assert done.rejected == {"duplicate": 1}


def test_what_is_printed_and_written(hourly: tuple[Path, Path], tmp_path: Path, green_report: Run) -> None:
    out = tmp_path / "out"
    run = green_report("rollup", str(hourly[0].parent), str(out), "--green", str(hourly[1].parent))
    assert run.returncode == 0, run.stderr
    assert "绿电匹配（负荷曲线：逐时计量）" in run.stdout
    [path] = out.glob(".rollup/2025/绿电匹配.csv")
    assert pl.read_csv(path, infer_schema=False).row(0) == (
        "全部", None, None, "39.000", "48.000", "16.000", "0.871795", "0.410256", "逐时计量"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "label"), [("flat", "假定：全月每小时相同"), ("telecom", "假定：通信业务日曲线，夜间低、晚间高")]
)
def test_use_by_the_month_is_spread_by_an_assumed_profile(tmp_path: Path, profile: str, label: str) -> None:
    """744 kWh in January are 1 kWh an hour where all hours are alike; green power of 3 kWh at one hour covers one hour."""
    write(tmp_path / "use.parquet", {"energy_kwh": 744, "it_kwh": None}, year=2025, month=1)
    write(tmp_path / "green.parquet", {"energy_kwh": 3, "timestamp": datetime(2025, 1, 31, 20)}, **GREEN)
    done = rolled(tmp_path / "use.parquet", tmp_path / "out", green=str(tmp_path / "green.parquet"), profile=profile)
    assert done.matched is not None
    assert done.matched["负荷曲线"][0] == label
    # telecom: the hour of 20:00 has 112 of the 2,375 weights of a day, so 744 kWh x 112 / (31 x 2,375) = 1.131790 kWh
    wanted = {"flat": 1.0, "telecom": 1.1318}[profile]
    assert float(done.matched["逐时匹配电量（kWh）"][0]) == pytest.approx(wanted, abs=0.0011)
    assert done.matched["年度绿电占比"][0] == 0.004032  # 3 / 744


def test_months_keep_their_sums_to_the_watt_hour() -> None:
    wh = np.array([[1, 10**15 + 7, *range(10)], [0] * 12], np.int64)
    for year, hours in ((2025, 8760), (2024, 8784)):
        for profile in ("flat", "telecom"):
            found = matching.spread(wh, year, profile)
            assert found.shape == (2, hours)
            assert found[:, :744].sum(axis=1).tolist() == [1, 0]
            assert found.sum(axis=1).tolist() == [10**15 + 53, 0]
            assert found.min() == 0


def test_the_hourly_rate_is_never_above_the_yearly_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "BLOCK", 3)
    draw = np.random.default_rng(5)
    for name, more in (("use", {}), ("green", GREEN)):
        rows = [
            {"timestamp": datetime(2025, 1, 1 + hour // 24, hour % 24), "facility_id": f"F{at}", "entity_id": f"T{at % 3}",
             "province_code": ["110000", "440000", "650000"][at // 3], "energy_kwh": float(draw.integers(0, 9)), "it_kwh": None}
            for at in range(9) for hour in range(48)
        ]  # fmt: skip
        write(tmp_path / f"{name}.parquet", *rows, **more)
    done = rolled(tmp_path / "use.parquet", tmp_path / "out", green=str(tmp_path / "green.parquet"))
    assert done.matched is not None
    assert done.matched.height == 1 + 3 + 3 + 9
    assert done.matched.filter(pl.col("逐时绿电匹配率") > pl.col("年度绿电占比")).is_empty()
    assert done.matched.filter(pl.col("逐时绿电匹配率") > 0).height == 16


def test_green_power_by_the_month_and_other_kinds_are_refused(tmp_path: Path, green_report: Run) -> None:
    write(tmp_path / "use.parquet", {}, year=2025, month=1)
    with pytest.raises(DataError, match="绿电读数只有月份"):
        rolled(tmp_path / "use.parquet", tmp_path / "out", green=str(tmp_path / "use.parquet"))
    write(tmp_path / "green.parquet", {"timestamp": datetime(2025, 1, 1)})
    done = rolled(tmp_path / "use.parquet", tmp_path / "out", green=str(tmp_path / "green.parquet"))
    assert "绿电读数退回 1 个，没有计入匹配；原因见 退回绿电读数。" in done.remarks
    write(tmp_path / "use.parquet", {}, year=2025, month=1, **GREEN)
    assert rolled(tmp_path / "use.parquet", tmp_path / "out").rejected == {"kind": 1}
    run = green_report("rollup", "x", str(tmp_path / "out"), "--profile", "bank")
    assert (run.returncode, run.stderr) == (2, "错误：--profile bank：没有这种曲线；可用：flat、telecom\n")
