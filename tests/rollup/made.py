"""Small sets of readings for the tests, and what a roll-up of them left behind."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.layout import Layout
from pipeline.rollup.run import Request, Summary, roll_up
from tests.conftest import ROOT

STATION: dict[str, Any] = {
    "facility_id": "S1", "entity_id": "T1", "province_code": "440000", "facility_type": "base_station",
    "energy_kwh": 10.0, "it_kwh": 7.0, "traffic_tb": 0.5,
}  # fmt: skip
TYPES = {"energy_kwh": pl.Float64(), "it_kwh": pl.Float64(), "traffic_tb": pl.Float64()}
ENTITIES = "单位编码,单位名称,类别\nT1,甲,基础电信企业\nT2,乙,基础电信企业\n"


def write(path: Path, *rows: dict[str, Any], without: tuple[str, ...] = (), **common: Any) -> Path:
    """A file of readings: each of `rows` says what is not as in STATION and `common`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame([STATION | common | row for row in rows], infer_schema_length=None)
    frame.cast({name: kind for name, kind in TYPES.items() if frame[name].dtype == pl.Null}).drop(
        without
    ).write_parquet(path)
    return path


def rolled(given: Path | str, folder: Path, **more: Any) -> Summary:
    return roll_up(Request(str(given), folder, **more), Layout(ROOT), lambda said: None)


def table(folder: Path, name: str) -> list[tuple[Any, ...]]:
    [path] = folder.glob(f"{name}-*.csv")
    return pl.read_csv(path, infer_schema=False).rows()


def results(folder: Path) -> dict[str, str]:
    """Hashes of all tables, rejected readings, and what each part gave."""
    files = [path for path in folder.rglob("*") if path.suffix in (".csv", ".parquet", ".npy") and path.is_file()]
    files += folder.glob(".rollup/*/manifest.json")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
