"""Each rule, and readings that stand twice, wherever they stand."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import pipeline.rollup.duplicates as duplicates
import pipeline.rollup.sources as sources
from tests.rollup.made import STATION, results, rolled, table, write


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"facility_id": None}, "missing"),
        ({"facility_id": ""}, "missing"),
        ({"entity_id": None}, "missing"),
        ({"entity_id": ""}, "missing"),
        ({"province_code": None}, "missing"),
        ({"facility_type": None}, "missing"),
        ({"energy_kwh": None}, "missing"),
        ({"energy_kwh": float("nan")}, "missing"),
        ({"month": None}, "missing"),
        ({"month": 13}, "missing"),
        ({"year": 2024}, "outside"),
        ({"province_code": "000000"}, "province"),
        ({"province_code": "710000"}, "province"),
        ({"province_code": "999999"}, "province"),
        ({"facility_type": "仓库"}, "kind"),
        ({"generation": "6G"}, "kind"),
        ({"energy_kwh": 1.1e9}, "too_large"),
        ({"energy_kwh": float("inf")}, "too_large"),
        ({"it_kwh": float("inf")}, "too_large"),
        ({"traffic_tb": 1e300}, "too_large"),
        ({"energy_kwh": -0.001, "it_kwh": None}, "negative"),
        ({"it_kwh": -1}, "negative"),
        ({"traffic_tb": -1}, "negative"),
        ({"it_kwh": 10.001}, "it_above_total"),
        ({"energy_kwh": -5, "province_code": "999999"}, "province"),
    ],
)
def test_a_reading_is_rejected_by_the_first_rule_that_it_breaks(tmp_path: Path, row: dict[str, Any], rule: str) -> None:
    common = {"year": 2025, "month": 1, "generation": "5G"}
    good = [common | {"facility_id": f"G{n}"} for n in range(3)]
    write(tmp_path / "in" / "a.parquet", *good[:2], common | row, good[2])
    done = rolled(tmp_path / "in", tmp_path / "out")
    assert (done.read, done.accepted, done.rejected) == (4, 3, {rule: 1})
    [rejected] = (tmp_path / "out").glob(".rollup/2025/退回读数.csv")
    [told] = pl.read_csv(rejected).rows(named=True)
    assert (told["file"], told["row"], told["rule"]) == ("a.parquet", 3, rule)
    assert "；" in told["reason"]
    assert table(tmp_path / "out", "能源消耗")[0][6] == "30.000"


def test_equal_readings_are_one_and_others_none(tmp_path: Path) -> None:
    source = tmp_path / "in"
    write(source / "a.parquet", {"facility_id": "A"}, {"facility_id": "B"}, {"facility_id": "C"}, year=2025, month=1)
    write(source / "b.parquet", {"facility_id": "A"}, {"facility_id": "B", "energy_kwh": 11}, {"facility_id": "C", "month": 2}, year=2025, month=1)  # fmt: skip
    done = rolled(source, tmp_path / "out", generation="5G")
    assert (done.accepted, done.rejected) == (3, {"duplicate": 1, "conflict": 2})
    assert [row[5] for row in table(tmp_path / "out", "基站能效")] == ["2", "1"]
    [rejected] = (tmp_path / "out").glob(".rollup/2025/退回读数.csv")
    rows = pl.read_csv(rejected).select("file", "row", "facility_id", "time", "rule").rows()
    assert rows == [
        ("a.parquet", 2, "B", "2025-01", "conflict"),
        ("b.parquet", 1, "A", "2025-01", "duplicate"),
        ("b.parquet", 2, "B", "2025-01", "conflict"),
    ]


def test_a_reading_that_is_rejected_is_no_other_of_a_good_one(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {}, {"energy_kwh": -1}, year=2025, month=1)
    assert rolled(tmp_path / "a.parquet", tmp_path / "out").rejected == {"negative": 1}


def test_of_a_copied_folder_nothing_counts_twice(tmp_path: Path) -> None:
    for copy in ("one", "two"):
        for month in (1, 2):
            path = tmp_path / "in" / f"copy={copy}" / "year=2025" / f"month={month}" / "a.parquet"
            write(path, *({"facility_id": f"S{n}"} for n in range(50)))
    done = rolled(tmp_path / "in", tmp_path / "out")
    assert (done.accepted, done.rejected) == (100, {"duplicate": 100})
    assert [row[6] for row in table(tmp_path / "out", "能源消耗")] == ["500.000", "500.000"]


def test_leading_zeros_of_folders_hide_no_reading(tmp_path: Path) -> None:
    for month in ("1", "01"):
        write(tmp_path / "in" / "year=2025" / f"month={month}" / "a.parquet", {})
    assert rolled(tmp_path / "in", tmp_path / "out").rejected == {"duplicate": 1}


def by_hand(rows: list[dict[str, Any]]) -> tuple[int, int, int, int]:
    """The Wh of readings that stand alone or are the first of equal ones; duplicates; conflicts; accepted."""
    groups: dict[tuple[Any, Any], list[tuple[Any, ...]]] = {}
    for row in rows:
        groups.setdefault((row["facility_id"], row["month"]), []).append((row["entity_id"], row["energy_kwh"]))
    equal = [group for group in groups.values() if len(set(group)) == 1]
    conflicts = sum(len(group) for group in groups.values() if len(set(group)) > 1)
    wh = sum(1000 * group[0][1] for group in equal)
    return wh, sum(len(group) - 1 for group in equal), conflicts, len(equal)


@pytest.mark.parametrize(("part", "partition", "suspects"), [(1000, 1000, 1000), (7, 5, 2), (3, 1, 1)])
def test_how_the_work_is_cut_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int, partition: int, suspects: int
) -> None:
    monkeypatch.setattr(sources, "PART_ROWS", part)
    monkeypatch.setattr(duplicates, "PARTITION_ROWS", partition)
    monkeypatch.setattr(duplicates, "SUSPECTS", suspects)
    draw = random.Random(3)
    rows = [
        STATION | {"facility_id": f"S{draw.randrange(20)}", "month": draw.randrange(1, 4), "year": 2025,
                   "entity_id": f"T{draw.choice([1, 1, 1, 2])}", "energy_kwh": 10 + draw.choice([0, 0, 0, 1])}
        for _ in range(90)
    ]  # fmt: skip
    for at in range(0, 90, 30):
        write(tmp_path / "in" / f"{at}.parquet", *rows[at : at + 30])
    done = rolled(tmp_path / "in", tmp_path / "out")
    wh, twice, conflicts, accepted = by_hand(rows)
    assert (done.accepted, done.rejected) == (accepted, {"duplicate": twice, "conflict": conflicts})
    total = sum(round(float(row[6]) * 1000) for row in table(tmp_path / "out", "能源消耗"))
    assert total == wh


def test_the_order_of_rows_and_files_changes_no_table(tmp_path: Path) -> None:
    draw, rows = random.Random(1), [{"facility_id": f"S{n}", "energy_kwh": n / 7, "it_kwh": None} for n in range(200)]
    tables = set()
    for turn in range(3):
        draw.shuffle(rows)
        for at in range(0, 200, 50):
            write(tmp_path / str(turn) / f"{at}.parquet", *rows[at : at + 50], year=2025, month=1)
        rolled(tmp_path / str(turn), tmp_path / f"out{turn}")
        tables |= {value for name, value in results(tmp_path / f"out{turn}").items() if name.startswith("能源消耗")}
    assert len(tables) == 1
