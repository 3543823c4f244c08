"""The data of the page of choice: each way of tampering is named, where nothing else could tell."""

from __future__ import annotations

import pytest

from tests.verify.conftest import Copy

EDITION = "2025-sample"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[0.845,0.85,", "[0.845,0.86,", "sharing.new_5g_sites·000000·2025 写的是 0.86，公布的数据为 0.85"),
        ('"c",0.9]', "0.7,0.9]", "sharing.new_5g_sites·440000·2024 写的是 0.7，公布的数据为 〔保密〕"),
        ("[null,12.5]", '[null,"c"]', "energy.heat·440000·2025 写的是 〔保密〕，公布的数据为 12.5"),
        (
            '{"not_filed":[3]',
            '{"partial":[3]',
            "sharing.new_5g_sites·east·2025 写的是 空（partial），公布的数据为 空（not_filed）",
        ),
        ('"外购热力消耗量"', '"外购热力"', "energy.heat 的名称写的是“外购热力”"),
    ],
)
def test_a_value_of_the_page_of_choice_where_all_hashes_were_made_again(
    site: Copy, before: str, after: str, said: str
) -> None:
    site.text(f"{EDITION}/explore-data.js", before, after)
    assert f"{EDITION}/explore-data.js 被改动过：内容与 SHA256SUMS 不符" in site.faults()
    site.forge()
    assert site.faults(key=False) == [f"{EDITION}/explore-data.js 有 1 处与公布的数据不同：{said}"]
    assert len(site.faults(f"{EDITION}/explore.html", key=False)) == 1
    assert site.faults("index.html", key=False) == []


def test_a_page_of_choice_that_is_no_data(site: Copy) -> None:
    for content in (
        b"alert(1)",
        b"window.greenTable = {};\n",
        b'window.greenTable = {"years":[1],"regions":[7]};\n',
        b"\xff",
    ):
        site.write(f"{EDITION}/explore-data.js", content)
        assert f"{EDITION}/explore-data.js 读不出来" in site.faults(f"{EDITION}/explore-data.js")
