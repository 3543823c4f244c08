"""Sums by hand, and what the ordinary intake says of the tables."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import DataError, OutputError
from tests.conftest import Run
from tests.rollup.made import ENTITIES, rolled, table, write


@pytest.fixture
def months(tmp_path: Path) -> Path:
    """Two stations, an office and a data centre in each month; in February one station more, of another enterprise."""
    source = tmp_path / "readings"
    for month in range(1, 13):
        rows = [
            {"energy_kwh": 1000.001, "traffic_tb": 0.000001},
            {"facility_id": "S2", "energy_kwh": 2000.5, "traffic_tb": 2.25, "facility_type": "通信基站"},
            {"facility_id": "O1", "energy_kwh": 3, "it_kwh": None, "traffic_tb": None, "facility_type": "office"},
            {"facility_id": "D1", "energy_kwh": 130, "it_kwh": 100, "traffic_tb": None, "facility_type": "data_centre"},
        ]
        more = [{"facility_id": "S3", "entity_id": "T2", "province_code": "广东"}] if month == 2 else []
        write(source / "year=2025" / f"month={month}" / "a.parquet", *rows, *more)
    return source


def test_sums_by_hand(months: Path, tmp_path: Path) -> None:
    done = rolled(months, tmp_path / "out", generation="5G")
    assert (done.year, done.read, done.accepted, done.rejected) == (2025, 49, 49, {})
    energy = table(tmp_path / "out", "能源消耗")
    assert len(energy) == 12 * 3 + 1
    assert ("2025", "2", "T1", "广东", "通信基站", "电力", "3000.501", "kWh") in energy
    assert ("2025", "2", "T2", "广东", "通信基站", "电力", "10.000", "kWh") in energy
    assert ("2025", "2", "T1", "广东", "办公用房", "电力", "3.000", "kWh") in energy
    stations = table(tmp_path / "out", "基站能效")
    assert len(stations) == 13
    assert ("2025", "12", "T1", "广东", "5G", "2", "2.250001", "3000.501", "14.000") in stations


def test_the_intake_takes_the_tables(months: Path, tmp_path: Path, green_report: Run) -> None:
    out, register = tmp_path / "out", tmp_path / "台账.csv"
    register.write_text(
        "数据中心编号,数据中心名称,标准机架数,投产时间,用水量,绿电用量\nD1,一号楼,1000,2020-05,5,300\nD9,九号楼,10,2021,1,1\n",
        "utf-8",
    )
    run = green_report("rollup", str(months), str(out), "--generation", "5G", "--centres", str(register))
    assert run.returncode == 0, run.stderr
    assert "│ 读到 │ 49 │" in run.stdout
    centre = table(out, "数据中心")
    assert centre == [("2025", "D1", "T1", "广东", "1200.000", "1560.000", "一号楼", "1000", "2020-05", "5", "300")]
    (out / "填报单位.csv").write_text(ENTITIES, "utf-8")
    run = green_report("check", str(out))
    assert run.returncode in (0, 1), run.stdout  # small amounts are remarked on, nothing is rejected
    assert "│ 能源消耗 │   37 │   37 │    0 │" in run.stdout
    assert "│ 数据中心 │    1 │    1 │    0 │" in run.stdout
    assert "│ 基站能效 │   13 │   13 │    0 │" in run.stdout


def test_parquet_holds_decimals_and_takes_the_place_of_csv(months: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    rolled(months, out)
    rolled(months, out, format="parquet")
    [path] = out.glob("能源消耗-*")
    assert path.suffix == ".parquet"
    assert pl.read_parquet(path)["消耗量"].dtype == pl.Decimal(38, 3)


def test_quarter_hours_and_stations_are_counted_once_a_month(tmp_path: Path) -> None:
    quarters = [{"timestamp": datetime(2025, 3, 31, 23, minute)} for minute in (0, 15, 30, 45)]
    quarters += [{"timestamp": datetime(2025, 4, 1)}, {"facility_id": "S2", "timestamp": datetime(2025, 4, 1)}]
    write(tmp_path / "a" / "a.parquet", *quarters, generation="4G")
    rolled(tmp_path / "a", tmp_path / "out")
    assert table(tmp_path / "out", "基站能效") == [
        ("2025", "3", "T1", "广东", "4G", "1", "2.000000", "40.000", "28.000"),
        ("2025", "4", "T1", "广东", "4G", "2", "1.000000", "20.000", "14.000"),
    ]


def test_amounts_that_are_not_whole_are_rounded_each_by_itself(tmp_path: Path) -> None:
    """Three times half a watt-hour, away from zero, are 3 Wh and not 1.5; 0.0004 kWh are none."""
    rows = [{"facility_id": f"S{n}", "energy_kwh": 0.0005, "it_kwh": None} for n in range(3)]
    write(tmp_path / "a.parquet", *rows, {"energy_kwh": 0.0004, "it_kwh": None, "facility_id": "T"}, month="2025-01")
    done = rolled(tmp_path / "a.parquet", tmp_path / "out")
    assert table(tmp_path / "out", "能源消耗")[0][6] == "0.003"
    assert "4 个读数不是整瓦时或整 MB，每个各自四舍五入到整数后再相加。" in done.remarks


@pytest.mark.parametrize("kind", [pl.Float32, pl.Int32, pl.Decimal(12, 4), pl.UInt8])
def test_amounts_of_any_number_type(tmp_path: Path, kind: pl.DataType) -> None:
    path = write(tmp_path / "a.parquet", {}, year=2025, month=1)
    pl.read_parquet(path).cast({"energy_kwh": kind}).write_parquet(path)
    rolled(path, tmp_path / "out")
    assert table(tmp_path / "out", "能源消耗")[0][6] == "10.000"


def test_more_than_64_bits_hold(tmp_path: Path) -> None:
    """Ten thousand readings of a billion kWh are 10^19 Wh."""
    for part in range(2):
        rows = [{"facility_id": f"{part}-{n}", "energy_kwh": 1e9} for n in range(5000)]
        write(tmp_path / "a" / f"{part}.parquet", *rows, year=2025, month=1)
    import pipeline.rollup.sources as sources

    before, sources.PART_ROWS = sources.PART_ROWS, 5000
    try:
        rolled(tmp_path / "a", tmp_path / "out")
    finally:
        sources.PART_ROWS = before
    assert table(tmp_path / "out", "能源消耗")[0][6] == "10000000000000.000"


def test_what_lacks_traffic_or_it_is_in_energy_only(tmp_path: Path) -> None:
    rows = [{}, {"facility_id": "S2", "traffic_tb": None}, {"facility_id": "S3", "it_kwh": float("nan")}]
    write(tmp_path / "a.parquet", *rows, year=2025, month=1)
    done = rolled(tmp_path / "a.parquet", tmp_path / "out", generation="5G")
    assert table(tmp_path / "out", "能源消耗")[0][6] == "30.000"
    assert table(tmp_path / "out", "基站能效") == [("2025", "1", "T1", "广东", "5G", "2", "1.000000", "20.000", None)]
    assert "1 个基站读数没有流量，只计入能源消耗，没有计入基站能效。" in done.remarks


def test_stations_without_a_generation_are_told(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {}, year=2025, month=1)
    done = rolled(tmp_path / "a.parquet", tmp_path / "out")
    assert not list((tmp_path / "out").glob("基站能效*"))
    assert done.remarks[0].startswith("1 个基站读数没有制式")


def test_centres_of_two_owners_or_without_an_entry_are_not_written(tmp_path: Path) -> None:
    register = tmp_path / "r.csv"
    register.write_text("数据中心编号,数据中心名称,标准机架数\nD1,一,10\nD2,二,10\n", "utf-8")
    rows = [{"facility_id": "D1"}, {"facility_id": "D1", "month": 2, "entity_id": "T2"}, {"facility_id": "D2"}, {"facility_id": "D3"}]  # fmt: skip
    write(tmp_path / "a.parquet", *({"month": 1} | row for row in rows), year=2025, facility_type="数据中心")
    done = rolled(tmp_path / "a.parquet", tmp_path / "out", centres=register)
    assert [row[1] for row in table(tmp_path / "out", "数据中心")] == ["D2"]
    assert "数据中心 D1 的读数分属几个单位或省份，没有写入数据中心表；应先更正。" in done.remarks
    assert "数据中心 D3 不在台账里，没有写入数据中心表；应先更正。" in done.remarks


@pytest.mark.parametrize(
    ("text", "says"),
    [(None, "没有文件"), ("名称,机架\n一,1\n", "表头"), ("数据中心编号,数据中心名称\nD1,一\nD1,二\n", "D1 有几行")],
)
def test_a_register_that_is_none(tmp_path: Path, text: str | None, says: str) -> None:
    register = tmp_path / "r.csv"
    if text is not None:
        register.write_text(text, "utf-8")
    write(tmp_path / "a.parquet", {}, year=2025, month=1)
    with pytest.raises(DataError, match=says):
        rolled(tmp_path / "a.parquet", tmp_path / "out", centres=register)


def test_a_table_that_somebody_has_changed_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {}, year=2025, month=1)
    rolled(tmp_path / "a.parquet", tmp_path / "out")
    [path] = (tmp_path / "out").glob("能源消耗*")
    path.write_text("mine", "utf-8")
    with pytest.raises(OutputError, match="后来改过"):
        rolled(tmp_path / "a.parquet", tmp_path / "out")
    assert path.read_text("utf-8") == "mine"


def test_the_year_of_most_readings(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {"year": 2024}, {"year": 2024, "facility_id": "S2"}, {"year": 2099}, month=1)
    done = rolled(tmp_path / "a.parquet", tmp_path / "out")
    assert (done.year, done.rejected) == (2024, {"outside": 1})
    assert rolled(tmp_path / "a.parquet", tmp_path / "out", year=2099).rejected == {"outside": 2}
