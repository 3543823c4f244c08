"""The history of an edition: what adds to it, what does not, how long it is, and whose it is."""

from __future__ import annotations

import hashlib
import io
import json
import struct
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.build import edition, history
from pipeline.errors import DataError
from pipeline.given import regions
from pipeline.layout import Layout
from tests.build import editions
from tests.build.editions import ENERGY, GUANGDONG

NAME = "2025-filings"


@pytest.fixture
def small(tmp_path: Path) -> Layout:
    return editions.checkout(tmp_path / "house")


def lines(layout: Layout) -> dict[str, int]:
    """Line -> number of its entries."""
    found = (layout.processed / NAME / history.FOLDER).glob("*/*.json")
    names = [path.parent.name for path in found]
    return {name: names.count(name) for name in sorted(set(names))}


def tables(layout: Layout) -> list[Path]:
    return sorted((layout.processed / NAME / history.FOLDER / history.OF_TABLES).iterdir())


def bytes_of(layout: Layout) -> dict[Path, bytes]:
    folder = layout.processed / NAME / history.FOLDER
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_rebuild_that_changes_nothing_adds_nothing(small: Layout) -> None:
    editions.made(small, "全国,广东")
    before = bytes_of(small)
    assert lines(small) == {"000000-plan": 1, "440000-plan": 1}
    assert len([path for path in tables(small) if len(pl.read_parquet(path).columns) > 15]) == 1
    editions.made(small, "全国,广东")
    assert bytes_of(small) == before


def test_a_parameter_of_one_province_adds_to_its_line_only(small: Layout) -> None:
    editions.made(small, "全国,广东")
    (small.params / "provinces" / "440000-广东.yml").write_text("all:\n  natural_gas_kgce_per_m3: 1.2\n", "utf-8")
    editions.made(small, "全国,广东")
    assert lines(small) == {"000000-plan": 1, "440000-plan": 2}
    nation, guangdong = regions.NATION, regions.resolve(GUANGDONG, small)
    now, before = (history.entry(small, NAME, guangdong, "plan", back) for back in (0, 1))
    assert now
    assert before
    assert before.file == history.entry(small, NAME, nation, "plan").file  # type: ignore[union-attr]
    assert (before.parameters["natural_gas_kgce_per_m3"][0], now.parameters["natural_gas_kgce_per_m3"][0]) == ("1.33", "1.2")  # fmt: skip
    assert "440000-广东.yml 第 2 行" in now.parameters["natural_gas_kgce_per_m3"][1]


def test_numbers_that_come_back_are_a_state_of_their_own(small: Layout) -> None:
    for gas in ("1.33", "1.2", "1.33"):
        editions.made(small, GUANGDONG, overrides=[f"natural_gas_kgce_per_m3={gas}"])
    assert lines(small) == {"440000-plan": 3}
    assert len([path for path in tables(small) if len(pl.read_parquet(path).columns) > 15]) == 2


def test_what_the_same_numbers_rest_on_is_told_anew(small: Layout) -> None:
    editions.made(small)
    where = small.root / "data" / "raw" / "filings" / "业务量.csv"
    where.write_text(where.read_text("utf-8") + "\n", "utf-8")
    before = history.entry(small, NAME, regions.NATION, "plan")
    editions.made(small)
    after = history.entry(small, NAME, regions.NATION, "plan")
    assert lines(small) == {"000000-plan": 1}
    assert before
    assert after
    assert before.filings["业务量.csv"] != after.filings["业务量.csv"]
    assert after.filings["业务量.csv"]["tables"] == ["activity"]
    assert before.indicators == after.indicators


def test_the_last_ten_are_kept_and_no_table_without_an_entry(small: Layout) -> None:
    jobs = editions.made(small)
    ground = history.ground(small, jobs[0].intake, [])
    file = edition.indicators(small, jobs[0])
    for _ in range(13):
        table = pl.read_parquet(file).with_columns(value=pl.col("value") + 1)
        table.write_parquet(file)
        history.keep(small, jobs[0], file, ground)
    assert lines(small) == {"000000-plan": history.KEPT}
    folder = small.processed / NAME / history.FOLDER / "000000-plan"
    assert sorted(path.name for path in folder.iterdir())[::9] == ["0005.json", "0014.json"]
    used = {json.loads(path.read_text("utf-8"))["indicators"] for path in folder.iterdir()}
    assert {path.stem for path in tables(small)} == used
    assert not list(small.processed.rglob("*.part"))


def test_the_paths_of_the_scenario_are_numbers_too(small: Layout) -> None:
    [job] = editions.made(small)
    ground, file = history.ground(small, job.intake, []), edition.indicators(small, job)
    paths = pl.DataFrame({"scenario": "plan", "region_code": "000000", "measure": "energy.total", "year": 2030, "value": 1.0, "p10": 1.0, "p50": 1.0, "p90": 1.0})  # fmt: skip
    counts = []
    for value in (1.0, 1.0, 2.0):
        history.keep(small, job, file, ground, paths.with_columns(value=pl.lit(value)))
        counts.append(lines(small)["000000-plan"])
    assert counts[1:] == [counts[0], counts[0] + 1]
    now = history.entry(small, NAME, regions.NATION, "plan")
    assert now
    assert now.projected()["value"].to_list() == [2.0]


def test_a_region_without_a_report_is_as_the_nation_has_it(small: Layout) -> None:
    editions.made(small)
    found = history.entry(small, NAME, regions.resolve(GUANGDONG, small), "plan")
    assert found
    assert found.region == "000000"
    assert history.entry(small, NAME, regions.NATION, "accelerated") is None
    assert history.entry(small, NAME, regions.NATION, "plan", 1) is None
    assert history.editions(small) == [NAME]


def test_the_last_edition_is_that_of_the_year_before_on_filings_of_the_same_name(small: Layout) -> None:
    [job] = editions.made(small)
    assert history.of_last_year(small, job) is None
    editions.file(small, ENERGY, "others")
    editions.made(small, year=2024, filings="data/raw/others")
    assert history.of_last_year(small, job) is None
    editions.made(small, year=2024)
    last = history.of_last_year(small, job)
    assert last
    assert (last.edition, last.year) == ("2024-filings", 2024)
    assert max(last.table()["year"]) == 2024
    assert [one["path"] for one in last.described()] == [
        "data/processed/2024-filings/history/000000-plan",
        f"data/processed/2024-filings/history/tables/{last.indicators}.parquet",
    ]


def test_a_damaged_entry_is_no_last_edition(small: Layout) -> None:
    [job] = editions.made(small)
    editions.made(small, year=2024)
    last = history.of_last_year(small, job)
    assert last
    last.path.write_text("{", "utf-8")
    assert history.of_last_year(small, job) is None


def test_a_kept_table_that_is_damaged_is_told_and_not_read(tmp_path: Path) -> None:
    table = pl.DataFrame({"year": [2025, 2026], "value": [1.5, 2.5]})
    content = io.BytesIO()
    table.write_parquet(content, compression="uncompressed")
    whole = content.getvalue()
    hash = hashlib.sha256(whole).hexdigest()[:16]
    file = tmp_path / "tables" / f"{hash}.parquet"
    file.parent.mkdir()
    file.write_bytes(whole)
    said: dict[str, Any] = {key: {} for key in ("parameters", "filings", "reference", "declarations", "corrections")}
    entry = history.Entry(
        tmp_path / "000000-plan" / "0001.json",
        "e",
        2025,
        "000000",
        "plan",
        hash,
        hash,
        version="0",
        plan="2022-2025",
        **said,
    )
    assert entry.projected().equals(table)
    other = whole.replace(struct.pack("<d", 2.5), struct.pack("<d", 9.5))
    file.write_bytes(other)
    assert pl.read_parquet(file)["value"].to_list() == [1.5, 9.5]  # without an error
    for damaged in (other, whole[:-9], b""):
        file.write_bytes(damaged)
        with pytest.raises(DataError, match="已损坏"):
            entry.projected()
    file.unlink()
    with pytest.raises(DataError, match="不见了"):
        entry.projected()
