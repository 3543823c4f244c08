"""What was published stays at its address; what is published again with other contents has an address of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from pipeline.disclosure import record
from pipeline.errors import DataError, OutputError
from pipeline.indicators.evaluate import TABLE
from pipeline.publish.site import publish
from tests.conftest import Run
from tests.publish.conftest import House
from tests.publish.test_site import digests

FIRST = ("2025-sample/", "downloads/2025-sample/")


def own(site: Path, folders: tuple[str, ...] = FIRST) -> dict[str, str]:
    return {path: digest for path, digest in digests(site).items() if path.startswith(folders)}


def listed(site: Path) -> list[tuple[str, str, int]]:
    return [(one["name"], one["of"], one["number"]) for one in json.loads((site / "editions.json").read_text("utf-8"))["editions"]]  # fmt: skip


def test_a_corrected_edition_has_an_address_of_its_own_and_the_first_says_what_it_said(house: House) -> None:
    site = house.root / "site"
    publish(house.layout, house.wanted())
    before = own(site)
    house.make("广东", value=81.0)
    done = publish(house.layout, house.wanted())
    assert (done.edition, done.corrects, done.withdrawn) == ("2025-sample-2", "2025-sample", [])
    assert own(site) == before
    assert listed(site) == [("2025-sample-2", "2025-sample", 2), ("2025-sample", "2025-sample", 1)]
    for name, value in (("2025-sample", "80.1"), ("2025-sample-2", "81.0")):
        assert value in (site / name / "440000/plan.html").read_text("utf-8")
        assert value in (site / "downloads" / name / "f-sharing-provinces.csv").read_text("utf-8")
    moving = (site / "latest/440000/plan.html").read_text("utf-8")
    assert 'href="../../2025-sample-2/440000/plan.html"' in moving
    front = (site / "index.html").read_text("utf-8")
    assert "2025 年度 · 正式稿 · 第 2 次公布" in front
    assert "第 1 次公布，已由第 2 次公布更正" in front
    assert 'href="../../index.html#editions">各年版次</a>' in (site / "2025-sample-2/440000/plan.html").read_text(
        "utf-8"
    )
    assert "（第 2 次公布）" in (site / "atom.xml").read_text("utf-8")
    with_both = digests(site)
    assert publish(house.layout, house.wanted()).changed == 0
    assert digests(site) == with_both


def test_the_same_edition_twice_is_told_and_changes_nothing(house: House, green_report: Run) -> None:
    call = ("publish", "--region", "全国,广东", "--to", "html", "--out", str(house.root / "site"))
    assert "已经公布" not in green_report(*call, root=house.root).stderr
    assert "2025-sample 已经公布，内容相同，网站没有变化" in green_report(*call, root=house.root).stderr
    house.make("广东", value=81.0)
    said = green_report(*call, root=house.root).stderr
    assert "这次公布在 2025-sample-2/，以前的原样留在 2025-sample/" in said


def test_what_was_corrected_is_not_published_again(house: House) -> None:
    publish(house.layout, house.wanted())
    house.make("广东", value=81.0)
    publish(house.layout, house.wanted())
    before = digests(house.root / "site")
    house.make("广东", value=80.1)
    with pytest.raises(DataError, match="这些报告在 2025-sample 已经公布过，后来由 2025-sample-2 更正"):
        publish(house.layout, house.wanted())
    assert digests(house.root / "site") == before


def test_a_correction_is_not_older_than_what_it_corrects(house: House) -> None:
    publish(house.layout, house.wanted())
    house.make("广东", value=81.0)
    for region in ("全国", "广东"):
        path = house.folder(region) / "provenance.json"
        path.write_text(path.read_text("utf-8").replace("2026-05-06", "2026-05-05"), "utf-8")
    with pytest.raises(DataError, match="日期为 2026-05-06，这次的报告日期更早（2026-05-05）"):
        publish(house.layout, house.wanted())


def test_an_edition_that_a_site_lists_twice_is_refused(house: House) -> None:
    publish(house.layout, house.wanted())
    path = house.root / "site/editions.json"
    said = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({"editions": said["editions"] * 2}, ensure_ascii=False), "utf-8")
    with pytest.raises(OutputError, match="把 2025-sample 列了两次，一个地址只能有一版"):
        publish(house.layout, house.wanted())


def test_filings_that_are_called_like_a_second_publication_do_not_take_its_address(house: House) -> None:
    for below in ("reports", "data/processed"):
        shutil.copytree(house.root / below / "2025-sample", house.root / below / "2025-sample-2")
    publish(house.layout, house.wanted(filings="sample-2", year=2025))
    publish(house.layout, house.wanted())
    house.make("广东", value=81.0)
    assert publish(house.layout, house.wanted()).edition == "2025-sample-3"
    assert sorted(listed(house.root / "site")) == [
        ("2025-sample", "2025-sample", 1), ("2025-sample-2", "2025-sample-2", 1), ("2025-sample-3", "2025-sample", 2),
    ]  # fmt: skip


def _values(house: House, value: float | None, flag: str | None) -> None:
    """The indicator table with one cell of 广东."""
    row = dict.fromkeys(TABLE) | {"indicator_id": "energy.heat", "region_code": "440000", "year": 2025, "unit": "GJ"}
    table = pl.DataFrame([row | {"value": value, "flag": flag}], schema=TABLE, orient="row")
    table.write_parquet(house.root / "data/processed/2025-sample/public/indicators.parquet")
    path = house.root / "data/processed/2025-sample/public/audit.json"
    house.pass_audit()
    known = record.digest(record.read(house.layout, "sample"))
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"record": known}), "utf-8")


def test_a_cell_that_became_withheld_keeps_its_number_at_the_old_address(house: House) -> None:
    _values(house, 12.5, None)
    publish(house.layout, house.wanted())
    site = house.root / "site"
    before = own(site)
    series = "data/energy.heat/440000.csv"
    assert ",12.5," in (site / "2025-sample" / series).read_text("utf-8")
    _values(house, None, "suppressed")
    assert publish(house.layout, house.wanted()).edition == "2025-sample-2"
    assert own(site) == before
    now = site / "2025-sample-2"
    assert "12.5" not in (now / series).read_text("utf-8")
    assert "〔保密〕" in (now / series).read_text("utf-8")
    for page, editions in (("data/energy.heat/index.html", "../../../"), ("440000/index.html", "../../")):
        text = (now / page).read_text("utf-8")
        assert '<td class="right" data-v="〔保密〕">不予公布</td>' in text
        assert f'<a href="{editions}index.html#editions">全部版次</a>' in text
        assert '<td class="right" data-v="12.5">12.5 GJ</td>' in (site / "2025-sample" / page).read_text("utf-8")
