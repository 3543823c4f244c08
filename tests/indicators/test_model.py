from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipeline.errors import DataError
from pipeline.given.reference import Plan
from pipeline.indicators import inputs
from pipeline.indicators.flags import FLAGS, mark, sentences, text
from pipeline.indicators.model import DIMENSIONS, FOLDER, Catalogue, load_catalogue, members, offered_by
from pipeline.layout import Layout
from tests.conftest import ROOT

RATIO: dict[str, Any] = {
    "id": "dc.pue", "title": "PUE", "kind": "ratio", "unit": "1", "better": "lower", "decimals": 2, "table": "data_centres",
    "where": "size_class IN ('large', 'hyperscale')", "numerator": "total_kwh", "denominator": "it_kwh", "source": "行动5",
    "definition": {"formula": "总耗电量除以IT设备耗电量", "scope": "全部"},
}  # fmt: skip
SUM = RATIO | {"id": "dc.kwh", "kind": "sum", "unit": "kWh"}
del SUM["denominator"]
GREEN = SUM | {"id": "green", "table": "green_power", "where": None, "numerator": "kwh"}
ACROSS = {
    key: value for key, value in RATIO.items() if key not in ("table", "where", "numerator", "denominator")
} | {"id": "share", "ratio_of": ["dc.kwh", "green"]}  # fmt: skip
CHANGE = {key: value for key, value in ACROSS.items() if key != "ratio_of"} | {
    "id": "dc.change", "kind": "change", "change_of": "dc.pue", "since": "baseline",
}  # fmt: skip


def load(layout: Layout, folder: Path, *indicators: dict[str, Any], **top: Any) -> Catalogue:
    declared = [{key: value for key, value in one.items() if value is not None} for one in indicators]
    content = {"family": "test", "title": "试验", "indicators": declared} | top
    folder.mkdir(exist_ok=True)
    (folder / "test.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return load_catalogue(layout, folder)


# --- the catalogue that is shipped ---------------------------------------------------------------------------

# Every indicator of the design's table, as it is named there.
DESIGNED = [
    "sharing.new_5g_sites", "sharing.social", "sharing.tenancy", "dc.pue.new_large", "dc.pue.all", "dc.pue.large",
    "dc.pue.new_large.young", "dc.pue.grade_share", "dc.wue", "dc.green_share", "room.pue.core_retrofit",
    "room.pue.core", "room.retrofit_share", "bs.efficiency_5g", "bs.efficiency_gain_5g", "bs.energy_per_station",
    "energy.total", "energy.per_flow", "energy.per_flow.change", "energy.per_volume", "energy.per_volume.change",
    "energy.electricity_share", "green.share", "green.share_energy", "carbon.location", "carbon.market",
    "carbon.per_flow", "cases.count", "cases.net_reduction", "cases.enablement_ratio", "standards.count",
    "quality.rejected_rate", "quality.completeness",
]  # fmt: skip
BY = {"dc.pue.all": {"size_class", "hub_cluster"}, "dc.pue.grade_share": {"grade"}, "green.share": {"channel"},
      "energy.total": {"facility_type", "carrier"}, "cases.count": {"category"}, "quality.completeness": {"table"},
      "quality.rejected_rate": {"table"}}  # fmt: skip


def test_every_indicator_of_the_design_is_declared(catalogue: Catalogue) -> None:
    assert set(DESIGNED) <= set(catalogue.indicators)
    for id, dimensions in BY.items():
        assert dimensions <= set(offered_by(catalogue[id]))
    assert set(catalogue.families) == {
        "sharing", "data_centres", "rooms", "base_stations", "energy", "green_power", "carbon", "cases", "standards",
        "quality", "equipment", "business",
    }  # fmt: skip


def test_conditions_tell_a_part_from_a_whole(catalogue: Catalogue) -> None:
    new, large, all_ = (catalogue[f"dc.pue.{one}"].conditions for one in ("new_large", "large", "all"))
    assert new == {
        "full_year", "size_class IN ('large', 'hyperscale')", "commissioned_year BETWEEN plan_start AND plan_end"
    }  # fmt: skip
    assert new > large > all_ > catalogue["dc.electricity"].conditions == frozenset()
    assert not catalogue["dc.pue.young"].conditions > all_


def test_every_target_of_the_plan_is_measured(catalogue: Catalogue, plan: Plan) -> None:
    for target in plan.targets:
        one = catalogue[target.indicator]
        assert (one.unit, one.as_percent, one.decimals, one.better) == (
            target.unit, target.as_percent, target.decimals, target.better,
        )  # fmt: skip


def test_all_that_is_final_use_leaves_resold_energy_out(catalogue: Catalogue) -> None:
    of_energy = [
        one
        for one in catalogue
        if one.table == "energy" and not one.id.startswith(("energy.resold", "energy.received"))
    ]
    assert len(of_energy) > 5
    for one in of_energy:
        assert one.where is not None
        assert "supply IN ('own', 'received')" in one.where


def test_each_indicator_says_what_it_is(catalogue: Catalogue) -> None:
    for one in catalogue:
        said = one.definition.text
        assert said.startswith("计算：")
        assert said.endswith("。")
        assert "。。" not in said
        assert not one.definition.left_out or "不含：" in said


def test_members_of_every_dimension_have_chinese_names(catalogue: Catalogue) -> None:
    for one in catalogue:
        for dimension in offered_by(one):
            table = one.table or catalogue[one.needed[0]].table
            assert table
            dtype = inputs.COLUMNS[table][dimension]
            named = members(dimension, table)
            assert list(named) == (list(dtype.categories) if isinstance(dtype, pl.Enum) else [])
            assert all(named.values())
    assert set(catalogue.dimensions) == set(DIMENSIONS)
    assert members("grade") == {"grade_1": "1 级", "grade_2": "2 级", "grade_3": "3 级", "beyond": "未达 3 级"}
    assert members("status", "cases")["selected"] == "遴选"


# --- what is refused ---------------------------------------------------------------------------------------


def test_a_good_catalogue_loads(layout: Layout, tmp_path: Path) -> None:
    found = load(layout, tmp_path, RATIO, SUM, GREEN, ACROSS, CHANGE)
    assert [one.id for one in found] == ["dc.pue", "dc.kwh", "green", "share", "dc.change"]
    assert found.families == {"test": ("试验", ("dc.pue", "dc.kwh", "green", "share", "dc.change"))}
    assert found.has_entities("share")
    assert found.has_provinces("dc.change")


@pytest.mark.parametrize(
    ("change", "said", "right"),
    [
        ({"numerater": "x"}, "没有名为“numerater”的键", "最接近的是 numerator"),
        ({"definition": {"formula": "x", "scoop": "y"}}, "没有名为“scoop”的键", "最接近的是 scope"),
        ({"title": None}, "缺少“title”", "补上"),
        ({"kind": "mean"}, "“kind”的值“mean”不对", "'ratio'"),
        ({"decimals": "two"}, "“decimals”的值“two”不对", "整数"),
        ({"decimals": 9}, "“decimals”的值“9”不对", "不大于"),
        ({"denominator": None}, "缺少 denominator", "补上"),
        ({"kind": "change"}, "kind 是 change", "ratio"),
        ({"since": "baseline"}, "不能写 since", "删去"),
        ({"ratio_of": ["dc.kwh", "green"]}, "写了 table、ratio_of 种形式", "恰好写"),
        ({"table": "data_center"}, "没有名为“data_center”的表", "最接近的是 data_centres"),
        ({"where": "size_class = 'huge'"}, "没有名为“huge”的代码（列 size_class）", "hyperscale"),
        ({"where": "commissioned_year"}, "应为条件", "standard_racks >= 3000"),
        ({"numerator": "total_kwh AS x"}, "AS", "列名"),
        ({"numerator": "SUM(total_kwh) OVER (PARTITION BY year)"}, "窗口", ""),
        ({"numerator": "total_kwh / it_kwh"}, "比率的平均", "denominator"),
        ({"denominator": "racks"}, "没有名为“racks”的列", "可用的有"),
        ({"dimensions": ["size"]}, "没有名为“size”的维度", "size_class"),
        ({"dimensions": ["channel"]}, "表 data_centres 没有维度 channel", ""),
        ({"kinds": ["telecom"]}, "没有名为“telecom”的单位类别", "basic_telecom"),
        ({"flags": {"moved": "NOT full_year"}}, "没有名为“moved”的标记", "claims_moved"),
        ({"beside": ["S999"]}, "没有名为“S999”的对照值", "S001"),
        ({"valid_range": [5, 1]}, "valid_range", "[低, 高]"),
        ({"year": "built_year"}, "没有名为“built_year”的列", ""),
        ({"year": "name"}, "列 name 不是年份", ""),
        ({"cumulative_from": "plan_start"}, "cumulative_from 只用于", "count"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused_with_file_and_indicator(
    layout: Layout, tmp_path: Path, change: dict[str, Any], said: str, right: str
) -> None:
    with pytest.raises(DataError) as error:
        load(layout, tmp_path, RATIO | change, SUM, GREEN)
    assert error.value.id == "catalogue.invalid"
    assert error.value.message.startswith("指标目录 test.yml 的指标 dc.pue：")
    assert said in error.value.message
    assert right in error.value.message


@pytest.mark.parametrize(
    ("indicators", "said"),
    [
        ([RATIO, RATIO], "编号重复，已在 test.yml 中声明"),
        ([ACROSS, GREEN], "没有名为“dc.kwh”的指标"),
        ([ACROSS | {"ratio_of": ["dc.pue", "green"]}, RATIO, GREEN], "应为 sum 或 count，比率不能再相除"),
        ([ACROSS | {"dimensions": ["size_class"]}, SUM, GREEN], "分子 dc.kwh 没有维度 size_class"),
        ([CHANGE, RATIO | {"internal": True}], "dc.pue 只供内部使用（internal），由它算得的也应写 internal: true"),
        ([CHANGE | {"change_of": "again"}, CHANGE | {"id": "again"}, RATIO], "已经是变动"),
        ([CHANGE | {"since": None}, RATIO], "缺少 since"),
        ([SUM | {"denominator": "it_kwh"}], "sum 和 count 没有分母"),
        ([SUM | {"table": "standards", "where": None, "numerator": "year", "kinds": ["tower"]}], "没有填报单位"),
    ],
)
def test_declarations_that_do_not_fit_together(
    layout: Layout, tmp_path: Path, indicators: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        load(layout, tmp_path, *indicators)


def test_a_key_written_twice_is_not_silently_the_last(layout: Layout, tmp_path: Path) -> None:
    written = (FOLDER / "standards.yml").read_text(encoding="utf-8")
    (tmp_path / "standards.yml").write_text(written + "\n    title: 又一个\n", encoding="utf-8")
    with pytest.raises(DataError, match="键“title”写了两次") as error:
        load_catalogue(layout, tmp_path)
    assert "standards.yml" in error.value.message


def test_a_file_that_is_no_yaml_or_not_there(layout: Layout, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="没有指标声明"):
        load_catalogue(layout, tmp_path)
    (tmp_path / "bad.yml").write_text("family: [", encoding="utf-8")
    with pytest.raises(DataError, match=r"bad\.yml 第 1 行附近不是有效的 YAML"):
        load_catalogue(layout, tmp_path)
    (tmp_path / "bad.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"bad\.yml 读不出来"):
        load_catalogue(layout, tmp_path)
    (tmp_path / "bad.yml").write_text("- 1", encoding="utf-8")
    with pytest.raises(DataError, match="一组“键: 值”"):
        load_catalogue(layout, tmp_path)


def test_a_successor_plan_brings_its_own_words(house: Path) -> None:
    layout = Layout(house)
    shutil.copy(ROOT / "tests/chapters/fixtures/2026-2030.yml", layout.reference / "plans")
    now, next_ = load_catalogue(layout, plan_id="2022-2025"), load_catalogue(layout, plan_id="2026-2030")
    for catalogue, year in ((now, 2020), (next_, 2025)):
        assert catalogue["energy.per_flow.change"].title == f"单位信息流量综合能耗比{year}年变动"
        assert catalogue["energy.index"].unit == f"{year}年=100"
        assert f"基期（{year}年）值" in catalogue["energy.per_flow.change"].definition.formula
    assert [one["dc.green_share"].source for one in (now, next_)] == ["行动4、行动5", "行动2"]
    assert [one["cases.count"].source for one in (now, next_)] == ["总体目标、行动10、行动11、行动12", "行动4"]
    assert [one["standards.count"].source for one in (now, next_)] == ["行动15", "本报告"]
    assert [one["dc.cue"].source for one in (now, next_)] == ["ISO/IEC 30134-8"] * 2
    assert {one.id: one.title for one in now if now.rests_on_plan(one.id)}.keys() >= {
        "dc.pue.new_large",
        "carbon.per_volume",
    }
    assert not now.rests_on_plan("energy.per_flow")


@pytest.mark.parametrize(
    ("found", "put", "says"),
    [
        ("id: industry", "id: offices", "没有名为“offices”的案例类别"),
        ('"dc.*"', '"dcc.*"', "指标目录中没有与“dcc"),
        ("metrics: [pv_capacity,", "metrics: [pv,", "没有名为“pv”的行动指标"),
        ("no: 4\n    title: 赋能社会", "no: 44\n    title: 赋能社会", "没有名为“44”的行动编号"),
    ],
)
def test_a_plan_asks_for_what_can_be_filed(house: Path, found: str, put: str, says: str) -> None:
    layout = Layout(house)
    text = (ROOT / "tests/chapters/fixtures/2026-2030.yml").read_text("utf-8").replace("action: 4", "action: 1")
    assert found in text
    (layout.reference / "plans/2026-2030.yml").write_text(text.replace(found, put), "utf-8")
    with pytest.raises(DataError, match=says):
        load_catalogue(layout, plan_id="2026-2030")


# --- flags -------------------------------------------------------------------------------------------------


def test_flags_become_text_and_sentences() -> None:
    bits = pl.DataFrame({"a": [True, False, True], "b": [True, False, None]}).select(
        bits=mark([("partial", pl.col("a")), ("coverage", pl.col("b"))])
    )
    assert bits.select(text()).to_series().to_list() == ["coverage,partial", None, "partial"]
    assert sentences("coverage,partial") == [FLAGS["coverage"], FLAGS["partial"]]
    assert sentences(None) == []
