from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError, RegionError
from pipeline.given.regions import NATION, Region, aliases, all_regions, fold, resolve, resolve_many
from pipeline.layout import Layout

LAYOUT = Layout.current()
ABBREVIATIONS = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"


def test_there_are_31_provinces_and_the_nation() -> None:
    regions = all_regions(LAYOUT)
    assert len(regions) == 32
    assert regions[0] == NATION
    assert [region.code for region in regions] == sorted({region.code for region in regions})
    assert [region.short_zh for region in regions if region.is_nation] == ["全国"]


def test_a_province_knows_its_names_and_its_regions() -> None:
    assert resolve("广东", LAYOUT) == Region("440000", "广东省", "广东", "南方", "东部")
    assert resolve("广东", LAYOUT).slug == "440000-广东"
    assert resolve("内蒙古", LAYOUT).grid_region == "华北"
    assert resolve("西藏", LAYOUT).grid_region is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("440000", "440000"),
        ("44", "440000"),
        ("４４００００", "440000"),
        ("440300", "440000"),
        (" 广东省\u3000", "440000"),
        ("粤", "440000"),
        ("Guangdong", "440000"),
        ("ＧＵＡＮＧＤＯＮＧ", "440000"),
        ("gd", "440000"),
        ("440000-广东", "440000"),
        ("内蒙", "150000"),
        ("inner mongolia", "150000"),
        ("Inner-Mongolia", "150000"),
        ("Shanxi", "140000"),
        ("Shaanxi", "610000"),
        ("Xizang", "540000"),
        ("Tibet", "540000"),
        ("新疆维吾尔自治区", "650000"),
        ("新疆生产建设兵团", "650000"),
        ("兵团", "650000"),
        ("660000", "650000"),
        ("深圳", "440000"),
        ("宁波市", "330000"),
        ("青岛", "370000"),
        ("厦门", "350000"),
        ("大连", "210000"),
        ("全国", "000000"),
        ("中国", "000000"),
        ("Nation", "000000"),
        ("000000", "000000"),
        ("000000-全国", "000000"),
    ],
)
def test_spellings(text: str, code: str) -> None:
    assert resolve(text, LAYOUT).code == code


def test_every_province_has_its_abbreviation() -> None:
    assert [resolve(one, LAYOUT) for one in ABBREVIATIONS] == all_regions(LAYOUT)[1:]


@given(
    region=st.sampled_from(all_regions(LAYOUT)),
    form=st.sampled_from(["{0.code}", "{0.name_zh}", "{0.short_zh}", "{0.slug}"]),
    blanks=st.sampled_from(["", " ", "\t", "\u3000", "\u00a0"]),
)
def test_every_form_of_every_region_resolves_to_it(region: Region, form: str, blanks: str) -> None:
    assert resolve(blanks + form.format(region) + blanks, LAYOUT) == region


def test_the_alias_table_serves_lookups() -> None:
    table = aliases(LAYOUT)
    assert table[fold("广东省")] == table[fold("粤")] == table[fold(" GuangDong")] == "440000"
    assert set(table.values()) == {region.code for region in all_regions(LAYOUT)}
    assert all(fold(alias) == alias for alias in table)
    assert fold("台湾") not in table


def test_lists_keep_their_order_and_drop_duplicates() -> None:
    codes = [region.code for region in resolve_many("浙江，广东、浙江省; 粤,全国,", LAYOUT)]
    assert codes == ["330000", "440000", "000000"]
    assert resolve_many("all", LAYOUT) == resolve_many("全部", LAYOUT) == all_regions(LAYOUT)
    assert len(resolve_many("广东,all", LAYOUT)) == 32


def test_an_unknown_region_names_the_nearest_ones() -> None:
    with pytest.raises(RegionError) as caught:
        resolve("广冬省", LAYOUT)
    assert caught.value.id == "region.unknown"
    assert "“广冬省”" in str(caught.value)
    assert "广东" in str(caught.value).split("；")[1]
    assert "全国、all" in str(caught.value)


@pytest.mark.parametrize("text", ["", "  ", ",", "990000", "001234", "4403", "甲乙丙"])
def test_what_is_no_region(text: str) -> None:
    with pytest.raises(RegionError, match=r"没有名为“.+”的地区；"):
        resolve(text, LAYOUT)


@pytest.mark.parametrize("text", ["all", "全部", "广东,浙江", "广东、火星"])
def test_several_are_not_one(text: str) -> None:
    with pytest.raises(RegionError, match=f"“{text}”不是一个地区；这里只能填写一个"):
        resolve(text, LAYOUT)


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(RegionError, match="没有名为“，”的地区"):
        resolve_many(" ，", LAYOUT)
    with pytest.raises(RegionError, match="没有名为“（空）”的地区"):
        resolve_many("", LAYOUT)


@pytest.mark.parametrize("text", ["台湾", "台湾省", "710000", "香港", "Hong Kong", "810000", "澳门", "Macao", "澳"])
def test_regions_outside_the_scope_get_a_sentence_of_their_own(text: str) -> None:
    with pytest.raises(RegionError, match=r"31 个省（区、市）.*没有(台湾|香港|澳门)的数据") as caught:
        resolve(text, LAYOUT)
    assert caught.value.id == "region.outside"


def test_a_missing_reference_names_the_path_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"找不到 .*provinces\.csv；请确认 .*git checkout data/raw") as caught:
        all_regions(Layout(tmp_path))
    assert str(tmp_path) in str(caught.value)
    shutil.copytree(LAYOUT.reference, tmp_path / "data/raw/reference")
    (tmp_path / "data/raw/reference/region_aliases.csv").unlink()
    with pytest.raises(DataError, match=r"找不到 .*region_aliases\.csv"):
        resolve("广东", Layout(tmp_path))


@pytest.mark.parametrize("content", ["", "code,name_zh\n440000,广东省\n"])
def test_a_damaged_reference_is_told(tmp_path: Path, content: str) -> None:
    layout = Layout(tmp_path)
    layout.reference.mkdir(parents=True)
    (layout.reference / "provinces.csv").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"provinces\.csv 无法读取或缺少应有的列"):
        all_regions(layout)
