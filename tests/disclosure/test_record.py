"""What earlier publications ask of a later one: hidden stays hidden, restated is not told again, the rest is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from pipeline.disclosure import record
from pipeline.disclosure.pattern import pattern
from pipeline.indicators.evaluate import TABLE
from pipeline.layout import Layout
from tests.disclosure.conftest import material

SAFE = {"A": 40.0, "B": 30.0, "C": 30.0, "D": 20.0}


def table(**values: float | None) -> pl.DataFrame:
    """Regions p110000=... of energy.heat in 2025; None is hidden."""
    rows = [
        dict.fromkeys(TABLE)
        | {"indicator_id": "energy.heat", "region_code": name[1:], "year": 2025, "value": value}
        | {"numerator": value, "flag": "suppressed" if value is None else None}
        for name, value in values.items()
    ]
    return pl.DataFrame(rows, schema=TABLE, orient="row")


def bare(cells: pl.DataFrame) -> pl.DataFrame:
    return cells.with_columns(pl.lit(None, pl.Float64).alias(side) for side in ("numerator", "denominator"))


def test_what_a_publication_asks_of_the_next_one(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    first = table(p110000=10.0, p310000=None, p420000=7.0)
    record.keep(layout, "sample", 2025, record.of_table(first, "indicators"))
    now = table(p110000=10.0, p310000=5.0, p420000=8.0, p510000=2.0)
    found = record.bound(record.read(layout, "sample"), "indicators", now, now)
    asked = {name: getattr(found, name)["region_code"].to_list() for name in ("known", "hidden", "restated")}
    assert asked == {"known": ["110000"], "hidden": ["310000"], "restated": ["420000"]}


def test_the_same_publication_is_kept_once(tmp_path: Path) -> None:
    layout, told = Layout(tmp_path), record.of_table(table(p110000=10.0), "indicators")
    assert record.keep(layout, "sample", 2025, told) == tmp_path / "data/published/sample/2025-1.parquet"
    assert record.keep(layout, "sample", 2025, told) is None
    other = record.of_table(table(p110000=11.0), "indicators")
    assert record.keep(layout, "sample", 2025, other) == tmp_path / "data/published/sample/2025-2.parquet"


def test_a_damaged_record_is_brought_back_from_the_site(tmp_path: Path) -> None:
    site = Layout(tmp_path / "site")
    for value in (10.0, 11.0):
        record.keep(site, "sample", 2025, record.of_table(table(p110000=value), "indicators"))
    (site.published).rename(tmp_path / "site" / "published")
    layout = Layout(tmp_path / "here")
    assert record.bring_back(layout, tmp_path / "site") == 2
    damaged = layout.published / "sample" / "2025-2.parquet"
    damaged.write_bytes(damaged.read_bytes()[:100])
    assert record.bring_back(layout, tmp_path / "site") == 1
    assert damaged.read_bytes() == (tmp_path / "site/published/sample/2025-2.parquet").read_bytes()
    assert record.bring_back(layout, tmp_path / "site") == 0


def test_records_that_are_lost_or_damaged_take_no_other_ones_place(tmp_path: Path) -> None:
    site, here = Layout(tmp_path / "site"), Layout(tmp_path / "here")
    for value in (10.0, 11.0, 12.0):
        record.keep(site, "sample", 2025, record.of_table(table(p110000=value), "indicators"))
    site.published.rename(tmp_path / "site" / "published")
    assert record.bring_back(here, tmp_path / "site") == 3
    folder, whole = here.published / "sample", record.digest(record.read(here, "sample"))
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "2025-1.parquet").unlink()
    other = record.of_table(table(p110000=13.0), "indicators")
    assert record.keep(here, "sample", 2025, other) == folder / "2025-1.parquet"
    assert len(list(folder.iterdir())) == 3
    (folder / "2025-1.parquet").unlink()  # the first is lost, the last is damaged
    (folder / "2025-3.parquet").write_bytes(b"PAR1")
    assert record.bring_back(here, tmp_path / "site") == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == kept
    (folder / "2025-1.parquet").write_bytes(b"PAR1")  # the first is damaged
    assert record.bring_back(here, tmp_path / "site") == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == kept
    assert record.digest(record.read(here, "sample")) == whole


def test_a_withdrawn_row_is_not_told_by_the_difference_of_two_publications(layout: Layout) -> None:
    """A's row in 110000 was 60, and is 40 now: 120 and 480 beside 140 and 500 would tell the 20 exactly. The province, its
    region and the nation are not told again; what has not changed is."""
    provinces = ("110000", "310000", "420000", "510000")
    of = material(layout, {"energy.heat": {("", code): SAFE for code in provinces}})
    before = of.cells.with_columns(
        value=pl.when(pl.col("region_code").is_in(["110000", "east", "000000"]))
        .then(pl.col("value") + 20)
        .otherwise("value")
    ).with_columns(numerator="value")
    kept = record.of_table(before, "indicators").with_columns(publication=pl.lit("2025-1"))
    bound = record.bound(kept, "indicators", of.cells, bare(of.cells))
    hidden = pattern(replace(of, bound=bound))
    assert dict(hidden.select("region_code", "rule").iter_rows()) == dict.fromkeys(
        ("110000", "east", "000000"), "restated"
    )
    assert pattern(of).is_empty()


def test_a_ratio_that_was_told_without_its_parts_is_known_and_its_parts_stay_hidden(layout: Layout) -> None:
    """1.4 of 310000 was told alone, 1.6 of 420000 has become 1.4 since: the one stays as it was, the other is not told again."""
    provinces = ("110000", "310000", "420000", "510000")
    groups: dict[str, float | tuple[float, float]] = {group: (1.4 * value, value) for group, value in SAFE.items()}
    of = material(layout, {"dc.pue.all": {("", code): groups for code in provinces}})
    before = of.cells.filter(pl.col("region_code").is_in(["310000", "420000"])).with_columns(
        value=pl.when(pl.col("region_code") == "420000").then(1.6).otherwise("value"), numerator=None, denominator=None
    )
    kept = record.of_table(before, "indicators").with_columns(publication=pl.lit("2025-1"))
    bound = record.bound(kept, "indicators", of.cells, bare(of.cells))
    assert bound.values["region_code"].to_list() == ["310000"]
    assert bound.restated["region_code"].to_list() == ["420000"]
    hidden = pattern(replace(of, bound=bound))
    told = hidden.select("region_code", "rule", "value_only").rows()
    assert told == [("310000", "earlier", True), ("420000", "restated", False)]
    assert bound.fits(hidden)
    assert not bound.fits(hidden.with_columns(value_only=False))


def test_a_free_ratio_that_has_changed_is_told_without_its_parts(layout: Layout) -> None:
    """500 of the nation became 480: as what an open ratio is divided by they would tell the withdrawn 20."""
    provinces = ("110000", "310000", "420000", "510000")
    groups: dict[str, float | tuple[float, float]] = {group: (value / 2, value) for group, value in SAFE.items()}
    of = material(layout, {"dc.green_share": {("", code): groups for code in provinces}}, open=["dc.green_share"])
    nation = pl.col("region_code") == "000000"
    before = of.cells.filter(nation).with_columns(denominator=pl.col("denominator") + 20)
    kept = record.of_table(before, "indicators").with_columns(publication=pl.lit("2025-1"))
    hidden = pattern(replace(of, bound=record.bound(kept, "indicators", of.cells, bare(of.cells))))
    assert hidden.select("region_code", "rule", "value_only").rows() == [("000000", "restated", True)]
