"""What stands in a folder that is not as it should be: one sentence each, and nothing written."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.errors import DataError
from pipeline.rollup.sources import find, parts
from tests.conftest import Run
from tests.rollup.made import rolled, table, write

GOOD: dict[str, Any] = {"year": 2025, "month": 1}


@pytest.mark.parametrize(
    ("columns", "without", "says"),
    [
        (GOOD, ("facility_id",), "a.parquet 没有 facility_id 列；应有 facility_id、entity_id"),
        (GOOD, ("energy_kwh",), "a.parquet 没有 energy_kwh 列"),
        ({}, (), "a.parquet 没有 timestamp 列，也没有 month 列"),
        ({"month": 1}, (), "a.parquet month 列是 Int64，又没有 year 列"),
        (GOOD | {"energy_kwh": "12"}, (), "a.parquet energy_kwh 列是 String；应是数"),
        (GOOD | {"facility_id": 1.5}, (), "a.parquet facility_id 列是 Float64；应是文字或整数"),
        (GOOD | {"month": 1.0}, (), "a.parquet year、month 列是 Int64、Float64"),
        ({"timestamp": "2025-01-01"}, (), "a.parquet timestamp 列是 String；应是时刻"),
        ({"timestamp": date(2025, 1, 1)}, (), "a.parquet timestamp 列是 Date；应是时刻"),
        (GOOD | {"energy_kwh": [1.0]}, (), "a.parquet energy_kwh 列是 List"),
    ],
)
def test_columns_that_are_missing_or_of_another_type(
    tmp_path: Path, columns: dict[str, Any], without: tuple[str, ...], says: str
) -> None:
    write(tmp_path / "in" / "a.parquet", columns, without=without)
    with pytest.raises(DataError) as told:
        rolled(tmp_path / "in", tmp_path / "out")
    assert told.value.message.startswith(says)
    assert not list((tmp_path / "out").glob("*.csv"))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Urumqi", "America/New_York"])
def test_other_zones_than_that_of_beijing_are_refused(tmp_path: Path, zone: str) -> None:
    path = write(tmp_path / "a.parquet", {"timestamp": datetime(2025, 1, 1)})
    pl.read_parquet(path).with_columns(pl.col("timestamp").dt.replace_time_zone(zone)).write_parquet(path)
    with pytest.raises(DataError, match=f"timestamp 列带时区 {zone}；应是北京时间"):
        rolled(path, tmp_path / "out")


def test_the_zone_of_beijing_is_the_time_without_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"timestamp": datetime(2025, 1, 31, 23, 59)})
    pl.read_parquet(path).with_columns(pl.col("timestamp").dt.replace_time_zone("Asia/Shanghai")).write_parquet(path)
    rolled(path, tmp_path / "out")
    assert table(tmp_path / "out", "能源消耗")[0][:2] == ("2025", "1")


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_times_in_any_unit_are_one(tmp_path: Path, unit: Any) -> None:
    for name, one in (("a", unit), ("b", "us")):
        path = write(tmp_path / "in" / f"{name}.parquet", {"timestamp": datetime(2025, 1, 1, 6, 15)})
        pl.read_parquet(path).with_columns(pl.col("timestamp").dt.cast_time_unit(one)).write_parquet(path)
    assert rolled(tmp_path / "in", tmp_path / "out").rejected == {"duplicate": 1}


@pytest.mark.parametrize("month", ["2025-03", date(2025, 3, 1)])
def test_a_month_in_one_column(tmp_path: Path, month: Any) -> None:
    rolled(write(tmp_path / "a.parquet", {"month": month}), tmp_path / "out")
    assert table(tmp_path / "out", "能源消耗")[0][:2] == ("2025", "3")


def test_what_folders_say(tmp_path: Path) -> None:
    path = tmp_path / "in" / "entity_id=T%201" / "province_code=440000" / "year=2025" / "month=03" / "a.parquet"
    write(path, {}, without=("entity_id", "province_code"))
    rolled(tmp_path / "in", tmp_path / "out")
    assert table(tmp_path / "out", "能源消耗")[0][:4] == ("2025", "3", "T 1", "广东")


@pytest.mark.parametrize("given", ["year=2025", "year=2025/month=03", "year=2025/month=03/a.parquet"])
def test_what_the_folders_of_the_address_say(tmp_path: Path, given: str) -> None:
    write(tmp_path / "year=2025" / "month=03" / "a.parquet", {})
    rolled(tmp_path / given, tmp_path / "out")
    assert table(tmp_path / "out", "能源消耗")[0][:2] == ("2025", "3")


def test_folders_without_a_value_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "in" / "province_code=__HIVE_DEFAULT_PARTITION__" / "a.parquet"
    write(path, GOOD, without=("province_code",))
    assert rolled(tmp_path / "in", tmp_path / "out").rejected == {"missing": 1}


def test_numbers_as_codes(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", GOOD | {"facility_id": 17, "entity_id": 3, "province_code": 440300})
    rolled(tmp_path / "a.parquet", tmp_path / "out")
    assert table(tmp_path / "out", "能源消耗")[0][2:4] == ("3", "广东")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all" * 99, b"PAR1" + bytes(99) + b"PAR1"])
def test_what_is_no_parquet(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / "in" / "a.parquet", GOOD)
    (tmp_path / "in" / "b.parquet").write_bytes(content)
    with pytest.raises(DataError, match=r"^b\.parquet 不是完好的 Parquet 文件"):
        rolled(tmp_path / "in", tmp_path / "out")


def test_pages_that_are_broken(tmp_path: Path) -> None:
    path = write(tmp_path / "in" / "a.parquet", *({"facility_id": f"S{n}"} | GOOD for n in range(500)))
    content = bytearray(path.read_bytes())
    content[4:400] = bytes(396)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.parquet"):
        rolled(tmp_path / "in", tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.csv"))


def test_what_is_no_folder_of_readings(tmp_path: Path, green_report: Run) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path / "in" / "a.parquet", GOOD)
    for source, out, says in (
        (tmp_path / "none", tmp_path / "out", "没有 "),
        (tmp_path / "empty", tmp_path / "out", "里没有 Parquet 文件"),
        (tmp_path / "in", tmp_path / "in" / "out", "在读数的文件夹里面"),
        ("http://127.0.0.1/x", tmp_path / "out", "不是可用的地址"),
        ("s3://UPPER/x", tmp_path / "out", "不是可用的地址"),
    ):
        run = green_report("rollup", str(source), str(out))
        assert (run.returncode, run.stderr.count("\n")) == (2, 1), run.stderr
        assert run.stderr.startswith("错误：")
        assert says in run.stderr


@pytest.mark.parametrize(
    ("options", "says"), [(["--generation", "6G"], "没有这种制式"), (["--format", "xlsx"], "没有这种格式")]
)
def test_options_that_are_none(tmp_path: Path, green_report: Run, options: list[str], says: str) -> None:
    run = green_report("rollup", str(tmp_path), str(tmp_path / "out"), *options)
    assert (run.returncode, run.stderr.count("\n")) == (2, 1)
    assert says in run.stderr


def test_names_that_are_patterns_or_lines_and_what_engines_leave(tmp_path: Path) -> None:
    source = tmp_path / "in"
    write(source / "[a]*?.parquet", GOOD)
    write(source / "a.parquet", GOOD | {"facility_id": "S2"})
    write(source / "two\nlines.parquet", GOOD | {"facility_id": "S3"})
    write(source / "spark.parquet" / "part-0.parquet", GOOD | {"facility_id": "S4"})
    for left in ("_temporary/0/x.parquet", ".hidden/x.parquet", "._a.parquet", "_x.parquet"):
        write(source / left, GOOD | {"facility_id": "S9"})
    (source / "_SUCCESS").touch()
    (source / "loop").symlink_to(source)
    done = rolled(source, tmp_path / "out")
    assert (done.read, done.accepted) == (4, 4)


def test_a_pipe_does_not_hold_the_command(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet 不能读取；应是有读取权限的普通文件"):
        rolled(tmp_path / "in", tmp_path / "out")


def test_months_and_times_are_not_mixed(tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.parquet", GOOD)
    write(tmp_path / "in" / "b.parquet", {"timestamp": datetime(2025, 1, 1)})
    with pytest.raises(DataError, match=r"b.parquet 的读数带时刻，a.parquet 的只有月份"):
        rolled(tmp_path / "in", tmp_path / "out")


def test_a_file_without_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "in" / "a.parquet", GOOD)
    pl.read_parquet(path).clear().write_parquet(tmp_path / "in" / "b.parquet")
    assert rolled(tmp_path / "in", tmp_path / "out").read == 1
    path.unlink()
    with pytest.raises(DataError, match="没有一个读数带时间"):
        rolled(tmp_path / "in", tmp_path / "out")
    assert rolled(tmp_path / "in", tmp_path / "out", year=2025).read == 0


def test_parts_are_of_whole_small_files_and_of_rows_of_large_ones(tmp_path: Path) -> None:
    for name, rows in (("a", 3), ("b", 4), ("c", 25), ("d", 2)):
        write(tmp_path / "in" / f"{name}.parquet", *({"facility_id": f"{n}"} | GOOD for n in range(rows)))
    cut = [[(source.name[0], first, rows) for source, first, rows in part.pieces] for part in parts(find(str(tmp_path / "in"), tmp_path / "h"), 10)]  # fmt: skip
    assert cut == [[("a", 0, 3), ("b", 0, 4)], [("c", 0, 10)], [("c", 10, 10)], [("c", 20, 5)], [("d", 0, 2)]]
