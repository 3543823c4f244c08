"""The page of choice as files of the site: what it is made of, what a second time changes, what filers can write into it."""

from __future__ import annotations

import gzip
import json
import random
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from pipeline.given.regions import all_regions
from pipeline.indicators.evaluate import TABLE
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout
from pipeline.publish import explore
from pipeline.publish.site import publish
from tests.publish.conftest import HOSTILE, House
from tests.publish.test_ask import table
from tests.publish.test_site import Reader, _in_english, digests

DATA, PAGE = "2025-sample/explore-data.js", "2025-sample/explore.html"


def read(path: Path) -> dict[str, Any]:
    text = path.read_text("utf-8")
    told: dict[str, Any] = json.loads(text.removeprefix("window.greenTable = ").removesuffix(";\n"))
    return told


def filled(house: House, values: pl.DataFrame) -> House:
    values.write_parquet(house.root / "data/processed/2025-sample/public/indicators.parquet")
    house.pass_audit()
    return house


@pytest.fixture
def told(house: House, layout: Layout) -> House:
    return filled(house, table(layout))


def test_the_same_table_gives_the_same_bytes_and_another_changes_what_it_must(told: House, layout: Layout) -> None:
    publish(told.layout, told.wanted())
    site = told.root / "site"
    before = digests(site)
    assert publish(told.layout, told.wanted()).changed == 0
    other = table(layout).with_columns(pl.col("value").replace(1.48, 1.47))
    publish(filled(told, other).layout, told.wanted())
    after = digests(site)
    first, second = (
        {path.removeprefix(f"{name}/"): value for path, value in of.items() if path.startswith(f"{name}/")}
        for name, of in (("2025-sample", before), ("2025-sample-2", after))
    )
    assert {path: after[path] for path in before if path.startswith("2025-sample/")} == {
        f"2025-sample/{path}": one for path, one in first.items()
    }
    changed = {path for path in second if second[path] != first.get(path) and not path.endswith(".html")}
    series = {f"data/dc.pue.all/{code}.csv" for code in (140000, 440000, 610000)}  # those with 1.48
    assert changed == {"explore-data.js", "statement.json", *series}


def test_the_data_are_the_table_and_nothing_else(told: House) -> None:
    publish(told.layout, told.wanted())
    data = read(told.root / "site" / DATA)
    assert list(data) == ["edition", "year", "years", "regions", "families", "indicators", "dimensions", "parts", "flags", "cells"]  # fmt: skip
    assert data["years"] == [2023, 2024, 2025]
    codes = [one["code"] for one in data["regions"]]
    assert (len(codes), codes[:6]) == (39, ["000000", "east", "central", "west", "northeast", "110000"])
    [block] = data["cells"]["carbon.market"]
    assert block == [0, [0, codes.index("440000")], [60e6, 59e6, 58e6, 4.9e6, 4.8e6, "c"], {}]
    whole, part = data["cells"]["dc.count"]
    assert whole[2] == [500, 520, 550, 40, 40, 40, 60, 62, 65]
    assert (data["parts"][part[0]], part[1:]) == (
        ["size_class", "large", "大型", "Large"],
        [[0], [None, None, 100], {}],
    )
    assert {one["id"] for one in data["indicators"]} == set(data["cells"])


def test_pages_stand_in_every_language_and_the_latest_leads_to_them(told: House) -> None:
    own = told.folder("全国")
    shutil.copytree(own, own / "en")
    _in_english(own / "en", "China")
    publish(told.layout, told.wanted(base_url="https://example.org/green/"))
    site = told.root / "site"
    for name, language, title in (
        ("explore.html", "zh-CN", "数据浏览"),
        ("explore.en.html", "en-GB", "Explore the data"),
    ):
        text = (site / "2025-sample" / name).read_text("utf-8")
        assert f'<html lang="{language}">' in text
        assert f"<h1>{title}</h1>" in text
        assert '<dt id="about-green.share">' in text
        assert '<script src="explore-data.js"></script>' in text
        assert f'href="../2025-sample/{name}"' in (site / "latest" / name).read_text("utf-8")
        assert f"2025-sample/{name}" in (site / "SHA256SUMS").read_text("utf-8")
    assert "/2025-sample/explore.html)" in (site / "llms.txt").read_text("utf-8")
    for folder, way in (("", "2025-sample/explore.html"), ("2025-sample", "explore.html")):
        front = (site / folder / "index.html").read_text("utf-8")
        assert f'<p><a href="{way}">数据浏览</a></p>' in front
        assert "explore-data.js" not in front  # read once somebody asks
        for link in Reader(front).links:
            if ":" not in link and link[0] != "#":
                assert (site / folder / link.split("#")[0]).is_file(), link


def test_without_a_table_of_all_indicators_there_is_no_page_and_no_box(house: House) -> None:
    publish(house.layout, house.wanted())
    site = house.root / "site"
    assert not (site / PAGE).exists()
    assert not (site / DATA).exists()
    assert 'class="ask"' not in (site / "index.html").read_text("utf-8")


def test_what_filers_write_as_names_stays_text(house: House, layout: Layout) -> None:
    cell = {"indicator_id": "dc.racks", "region_code": "000000", "year": 2025, "unit": "架", "dimension": "hub_cluster"}
    rows = [dict.fromkeys(TABLE) | cell | {"member": text, "value": 1.0} for text in (*HOSTILE, "\\")]
    whole = dict.fromkeys(TABLE) | cell | {"dimension": None, "value": 10.0}
    publish(filled(house, pl.DataFrame([whole, *rows], schema=TABLE)).layout, house.wanted())
    data = read(house.root / "site" / DATA)
    assert [one[1] for one in data["parts"]] == [None, *HOSTILE, "\\"]
    page = (house.root / "site" / PAGE).read_text("utf-8")
    assert Reader(page).refused == []
    assert "alert(1)" not in re.sub(r"<script.*?</script>", "", page)


def test_a_region_without_a_name_is_a_fault_of_ours(layout: Layout) -> None:
    edition: Any = SimpleNamespace(name="2025-sample", year=2025)
    wrong = table(layout).with_columns(region_code=pl.lit("990000"))
    with pytest.raises(ValueError, match="990000"):
        explore.data(layout, edition, load_catalogue(layout).public, wrong)


def test_a_table_as_large_as_that_of_a_year_is_small_enough_for_a_phone(layout: Layout) -> None:
    """All indicators, 36 regions and six years, with values that no packing makes smaller: what a page may weigh is 400 KB."""
    catalogue = load_catalogue(layout).public
    codes = [*(one.code for one in all_regions(layout)), "east", "central", "west", "northeast"]
    draw = random.Random(1)
    rows = [
        {"indicator_id": one.id, "region_code": code, "year": year, "value": draw.random(), "unit": one.unit}
        for one in catalogue
        for code in codes
        for year in range(2020, 2026)
    ]  # fmt: skip
    edition: Any = SimpleNamespace(name="2025-sample", year=2025)
    values = pl.DataFrame([dict.fromkeys(TABLE) | one for one in rows], schema=TABLE)
    packed = gzip.compress(explore.data(layout, edition, catalogue, values).encode(), 9)
    assert len(rows) > 15_000
    assert len(packed) < 400_000
