"""A digit that was changed on the page of a province or of an indicator, or in a series, is named, also where the forger has
mended checksums and statement."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.publish.site import publish
from pipeline.verify import rebuild
from tests.publish.conftest import House
from tests.verify.conftest import Copy, described

SERIES, INDICATOR, ALL, PROVINCE = (
    f"2025-sample/{path}"
    for path in (
        "data/sharing.new_5g_sites/440000.csv",
        "data/sharing.new_5g_sites/index.html",
        "data/index.html",
        "440000/index.html",
    )
)
HEAT = "2025-sample/data/energy.heat/440000.csv"
CELL = '<td class="right" data-v="0.9">90.0%</td>'


@pytest.mark.parametrize(
    ("path", "before", "after", "said"),
    [
        (SERIES, ",0.9,", ",0.8,", "第 2 行的 value 写的是 0.8，公布的数据为 0.9"),
        (SERIES, "〔保密〕", "0.7", "第 1 行的 value 写的是 0.7，公布的数据为 〔保密〕"),
        (HEAT, "2025", "2024", "第 1 行的 year 写的是 2024，公布的数据为 2025"),
        (INDICATOR, CELL, CELL.replace("90.0%", "91.0%"), "sharing.new_5g_sites·440000 2025 年印的是 91.0%，公布的数据为 0.9"),
        (INDICATOR, CELL, CELL.replace("0.9", "0.8"), "sharing.new_5g_sites·440000 2025 年写的是 0.8，公布的数据为 0.9"),
        (INDICATOR, "不予公布</td>", "12.0%</td>", "sharing.new_5g_sites·440000 2024 年印的是 12.0%，公布的数据为 〔保密〕"),
        (ALL, "85.0%", "58.0%", "sharing.new_5g_sites·000000 2025 年印的是 58.0%，公布的数据为 0.85"),
        (PROVINCE, CELL, CELL.replace("90.0%", "99.0%"), "sharing.new_5g_sites·440000 2025 年印的是 99.0%，公布的数据为 0.9"),
        (PROVINCE, "84.5%", "13.7%", "“共享率13.7%”不在这个地区的报告里"),
    ],
)  # fmt: skip
def test_a_changed_digit_is_named(site: Copy, path: str, before: str, after: str, said: str) -> None:
    site.text(path, before, after)
    assert any(path in one and "被改动过" in one for one in site.faults())
    site.mend()
    site.restate()
    found = [one for one in site.faults(key=False) if one.startswith(f"{path} 有 1 处与公布的数据不同：")]
    assert len(found) == 1
    assert said in found[0]


def test_a_series_without_its_heads_or_rows_is_named(site: Copy) -> None:
    for content, said in ((b"", "读不出来"), (b"a,b\r\n", "列名为 a、b"), (b"\xff\xfe", "读不出来")):
        site.write(SERIES, content)
        assert any(one.startswith(SERIES) and said in one for one in site.faults())


def test_the_places_of_a_whole_site_are_counted(site: Copy) -> None:
    for path in (SERIES, INDICATOR, ALL, PROVINCE):
        assert site.faults(path) == []


def test_both_publications_of_an_edition_are_whole_and_a_digit_of_either_is_named(house: House) -> None:
    out = house.root / "site"
    publish(house.layout, house.wanted(to="html,pdf"))
    house.make("广东", formats=("html", "pdf"), value=81.0)
    described(house)
    assert publish(house.layout, house.wanted(to="html,pdf")).edition == "2025-sample-2"
    site = Copy(out, house, out)
    assert site.faults(key=False) == []
    for edition in ("2025-sample", "2025-sample-2"):
        site.text(f"{edition}/data/sharing.new_5g_sites/440000.csv", ",0.9,", ",0.8,")
        [_, said] = site.faults(f"{edition}/data", key=False)
        assert said.startswith(f"{edition}/data/sharing.new_5g_sites/440000.csv 有 1 处与公布的数据不同")


def test_a_correction_is_built_again_under_its_own_name(tmp_path: Path) -> None:
    page = tmp_path / "2025-sample/440000/plan.html"
    page.parent.mkdir(parents=True)
    page.write_text("downloads/2025-sample/x.csv", "utf-8")
    again = rebuild._renamed(tmp_path, "2025-sample-2/440000/plan.html", "2025-sample-2", "2025-sample")
    assert again == page
    assert page.read_text("utf-8") == "downloads/2025-sample-2/x.csv"
