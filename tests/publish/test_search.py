"""By which spellings a province is found."""

from __future__ import annotations

import pytest

from pipeline.given import reference
from pipeline.given.regions import all_regions
from pipeline.layout import Layout
from pipeline.publish.search import spellings


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("陕西", {"陕西"}), ("shaanxi", {"陕西"}), ("shanxi", {"山西", "陕西"}), ("sx", {"山西", "陕西"}), ("秦", {"陕西"}),
        ("neimenggu", {"内蒙古"}), ("nmg", {"内蒙古"}), ("innermongolia", {"内蒙古"}), ("hlj", {"黑龙江"}),
        ("guangdong", {"广东"}), ("gd", {"广东"}), ("深圳", {"广东"}), ("440000", {"广东"}), ("广东省", {"广东"}),
        ("xizang", {"西藏"}), ("chongqing", {"重庆"}), ("全国", {"全国"}), ("nothing", set()),
    ],
)  # fmt: skip
def test_a_spelling_finds(layout: Layout, query: str, names: set[str]) -> None:
    found, known = spellings(layout), {region.code: region.short_zh for region in all_regions(layout)}
    assert {known[code] for code, keys in found.items() if query in keys and code in known} == names


def test_all_divisions_are_spelled_as_their_english_name_says_but_three(layout: Layout) -> None:
    """The English names are pinyin without tones; 陕西 is told from 山西 by a letter, the others are no pinyin."""
    spelled = dict(reference.pinyin(layout).select("code", "pinyin").iter_rows())
    differ = {
        name
        for code, name, english in reference.provinces(layout).select("code", "short_zh", "name_en").iter_rows()
        if spelled[code].replace(" ", "") != english.lower().replace(" ", "")
    }
    assert differ == {"陕西", "内蒙古", "香港", "澳门"}
    assert len(spelled) == 34
    assert all(
        len(pinyin.split()) == len(name)
        for pinyin, name in zip(spelled.values(), reference.provinces(layout)["short_zh"], strict=True)
    )


def test_every_division_has_a_sign(layout: Layout) -> None:
    signs = reference.abbreviations(layout)
    assert len(signs) == len(set(signs.values())) == 34
    assert (signs["440000"], signs["310000"], signs["610000"]) == ("粤", "沪", "陕")


def test_what_is_a_part_of_a_province_is_known_as_such(layout: Layout) -> None:
    parts = reference.within(layout)
    assert {name: parts.get(name) for name in ("深圳", "Ningbo", "兵团", "广东", "粤")} == {
        "深圳": "440000", "Ningbo": "330000", "兵团": "650000", "广东": None, "粤": None,
    }  # fmt: skip
    assert len(parts) == 21
