"""What was read is read again when a file has changed, and nobody changes it for the others."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import DataError
from pipeline.given import reference
from pipeline.indicators.model import FOLDER, load_catalogue
from pipeline.layout import Layout


def test_read_once(house: Path) -> None:
    layout = Layout(house)
    assert reference.load_plan(layout) is reference.load_plan(layout, plan_id="2022-2025")
    assert load_catalogue(layout) is load_catalogue(layout, FOLDER)
    assert reference.published(layout).equals(reference.published(layout))


def test_read_again_after_a_change(house: Path) -> None:
    layout = Layout(house)
    before, (path, *_) = reference.published(layout), sorted(layout.public.glob("national_series.csv"))
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), "utf-8")
    assert reference.published(layout).height == before.height - 1
    path.unlink()
    for _ in range(2):
        with pytest.raises(DataError):
            reference.published(layout)
    path.write_text("".join(lines), "utf-8")
    assert reference.published(layout).equals(before)


def test_a_changed_catalogue_is_read_again(house: Path, tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    shutil.copytree(FOLDER, folder)
    assert load_catalogue(Layout(house), folder).indicators
    path = min(folder.glob("*.yml"))
    path.write_text(path.read_text("utf-8") + "unknown: 1\n", "utf-8")
    with pytest.raises(DataError):
        load_catalogue(Layout(house), folder)


def test_a_frame_changed_in_place_is_the_owners_own(layout: Layout) -> None:
    mine = reference.provinces(layout)
    mine.insert_column(0, pl.lit(1).alias("mine"))
    mine[0, "code"] = "999999"
    theirs = reference.provinces(layout)
    assert "mine" not in theirs.columns
    assert "999999" not in theirs["code"]
