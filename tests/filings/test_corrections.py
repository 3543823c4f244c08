"""Corrections change what counts, never what was filed; one that no longer fits stops the intake and is named."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipeline.errors import DataError
from pipeline.filings.intake import Intake, take_in
from pipeline.layout import Layout
from tests.filings.test_intake import ENERGY, counts, energy, folder

KEY = {"年份": 2025, "填报单位": "CT", "省份": "广东", "设施类型": "办公用房", "能源品种": "电力"}
ENTRY: dict[str, Any] = {
    "table": "能源消耗", "key": KEY, "column": "消耗量", "action": "set", "value": 12500, "expect": "12，5oo",
    "reason": "已电话核实", "who": "张三", "date": dt.date(2026, 3, 1),
}  # fmt: skip


def corrected(root: Path, layout: Layout, rows: str, *entries: dict[str, Any], **files: str) -> Intake:
    text = yaml.safe_dump([ENTRY | entry for entry in entries], allow_unicode=True)
    return take_in(folder(root, 能源消耗=rows, **{"corrections.yml": text}, **files), layout)


def quantities(intake: Intake) -> list[float]:
    return intake.accepted["energy"]["quantity"].to_list()


def test_a_cell_that_could_not_be_read_is_set(layout: Layout, tmp_path: Path) -> None:
    done = corrected(tmp_path, layout, energy("2025,,CT,广东,12，5oo,kWh"), {})
    assert (done.status, quantities(done)) == (0, [12500.0])
    assert done.accepted["energy"]["flags"].to_list() == [["corrected"]]
    assert done.corrections.to_dicts() == [
        {"entry": 1, "table": "energy", "key": "2025 年 CT 广东 办公用房 电力 自用", "column": "quantity",
         "action": "set", "before": "12，5oo", "after": "12500 kWh", "reason": "已电话核实", "who": "张三",
         "date": dt.date(2026, 3, 1), "source_file": "能源消耗.csv", "source_sheet": "", "source_row": 2}
    ]  # fmt: skip


def test_a_wrong_unit_is_mended_with_its_quantity(layout: Layout, tmp_path: Path) -> None:
    done = corrected(tmp_path, layout, energy("2025,,CT,广东,5,斗"), {"expect": 5, "value": 5000})
    assert done.accepted["energy"].select("quantity", "unit").row(0) == (5000.0, "kWh")


def test_an_empty_cell_is_filled(layout: Layout, tmp_path: Path) -> None:
    done = corrected(tmp_path, layout, energy("2025,,CT,广东,—,kWh"), {"expect": "空"})
    assert (quantities(done), done.status) == ([12500.0], 0)


def test_another_wrong_cell_still_rejects_the_row(layout: Layout, tmp_path: Path) -> None:
    rows = ENERGY.replace("计量单位", "计量单位,供受关系") + "2025,,CT,广东,办公用房,电力,5,斗,借\n"
    done = corrected(tmp_path, layout, rows, {"expect": 5, "value": 5000, "key": KEY | {"供受关系": "借"}})
    assert (counts(done, "energy")[1:3], done.findings["rule"].to_list()) == ((0, 1), ["cell.code"])


def test_scale_moves_a_unit_slip_and_is_checked_again(layout: Layout, tmp_path: Path) -> None:
    rows = energy("2024,,CT,广东,10,kWh", "2025,,CT,广东,1万,kWh")
    done = corrected(tmp_path, layout, rows, {"action": "scale", "value": 0.001, "expect": 10000})
    assert (quantities(done), done.status) == ([10.0, 10.0], 0)
    assert done.corrections.select("before", "after").row(0) == ("10000 kWh", "10 kWh")


def test_drop_takes_one_of_two_conflicting_rows_out(layout: Layout, tmp_path: Path) -> None:
    rows = energy("2025,,CT,广东,10,kWh", "2025,,CT,广东,11,kWh")
    done = corrected(tmp_path, layout, rows, {"action": "drop", "expect": 11})
    assert (quantities(done), counts(done, "energy")[:3], done.status) == ([10.0], (2, 1, 1), 1)
    assert done.quarantine["energy"]["rules"].to_list() == [["correction.drop"]]
    assert done.findings["message"].to_list() == [
        "能源消耗.csv 第 3 行「消耗量」：corrections.yml 第 1 条：不采用这一行，已电话核实"
    ]


def test_flag_keeps_the_value_and_tells(layout: Layout, tmp_path: Path) -> None:
    done = corrected(tmp_path, layout, energy("2025,,CT,广东,10,kWh"), {"action": "flag", "expect": 10})
    assert (quantities(done), done.accepted["energy"]["flags"].to_list()) == ([10.0], [["correction.flag"]])
    assert (done.status, counts(done, "energy")[3]) == (1, 1)


def test_a_province_is_set_with_all_that_follows_from_it(layout: Layout, tmp_path: Path) -> None:
    """The key names the cell as filed, since it means nothing."""
    entry = {"key": KEY | {"省份": "广冬"}, "column": "省份", "value": "深圳", "expect": "广冬"}
    done = corrected(tmp_path, layout, energy("2025,,CT,广冬,10,kWh"), entry)
    assert done.accepted["energy"].select("province_code", "sub_region", "is_control").row(0) == (
        "440000",
        "深圳",
        False,
    )


def test_the_rules_apply_to_what_was_set(layout: Layout, tmp_path: Path) -> None:
    done = corrected(tmp_path, layout, energy("2025,,CT,广东,10,kWh"), {"expect": 10, "value": -1})
    assert done.quarantine["energy"]["rules"].to_list() == [["value.negative"]]
    assert done.quarantine["energy"]["quantity"].to_list() == ["10"]  # what was filed


def test_the_later_filing_is_the_one_corrected(layout: Layout, tmp_path: Path) -> None:
    old = energy("2025,,CT,广东,9,kWh")
    done = corrected(tmp_path, layout, energy("2025,,CT,广东,10,kWh"), {"expect": 10}, **{"2024__能源消耗": old})
    assert quantities(done) == [12500.0]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"expect": 11}, "expect 为 11，填报的已是 10"),
        ({"expect": "约10"}, "expect 为 约10，填报的已是 10"),
        ({"key": KEY | {"省份": "广西"}}, "没有这样的一行"),
        ({"key": KEY | {"省份": "火星"}}, "没有这样的一行"),
        ({"table": "通信机房", "key": {"机房编号": "R1", "年份": 2025}, "column": "总耗电量"}, "填报中没有这张表"),
    ],
)
def test_a_stale_correction_stops_the_intake(layout: Layout, tmp_path: Path, entry: dict[str, Any], why: str) -> None:
    with pytest.raises(
        DataError, match=r"^corrections\.yml 第 2 条（.*」）已不适用：.*请核对后修改或删去这一条。$"
    ) as error:
        corrected(tmp_path, layout, energy("2025,,CT,广东,10,kWh", "2024,,CT,广东,9,kWh"),
                  {"key": KEY | {"年份": 2024}, "expect": 9}, entry)  # fmt: skip
    assert why in error.value.message


@pytest.mark.parametrize(
    ("filed", "expect", "fits"),
    [
        ("0.00", 0, True),
        ("10.000000001", 10, True),
        ("10.000000009", 10, True),
        ("10.000000012", 10, False),
        ("10.0000001", 10, False),
        ("0.0000000001", 0, False),
    ],
)
def test_what_is_expected_is_the_filed_number_but_for_the_noise_of_binary_fractions(
    layout: Layout, tmp_path: Path, filed: str, expect: float, fits: bool
) -> None:
    """A thousandth of a millionth is noise, a hundredth of a millionth is another number."""
    rows, entry = energy(f"2025,,CT,广东,{filed},kWh"), {"action": "flag", "expect": expect}
    if fits:
        assert corrected(tmp_path, layout, rows, entry).accepted["energy"]["flags"].to_list() == [["correction.flag"]]
        return
    with pytest.raises(DataError, match=f"expect 为 {expect}，填报的已是"):
        corrected(tmp_path, layout, rows, entry)


def test_identical_rows_cannot_be_told_apart(layout: Layout, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="有 2 行相同"):
        corrected(tmp_path, layout, energy("2025,,CT,广东,10,kWh", "2025,,CT,广东,10,kWh"), {"expect": 10})


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"tabel": 1}, "没有名为 tabel 的项；是不是 table"),
        ({"action": "改"}, "action 为 改；应为 set、scale、drop、flag 之一"),
        ({"reason": ""}, "缺少 reason"),
        ({"value": None}, "缺少 value"),
        ({"action": "scale", "value": None}, "缺少 value"),
        ({"action": "flag", "who": None}, "缺少 who"),
        ({"reason": ["电话", "邮件"]}, "reason 是列表；应为一个取值"),
        ({"key": KEY | {"年份": [2024, 2025]}}, "key 是列表；应为一个取值"),
        ({"action": "scale", "value": 1e301}, "scale 的 value 为 1e+301；应为一个数"),
        ({"table": "天气"}, "没有名为“天气”的表"),
        ({"column": "天气"}, "“能源消耗”没有名为“天气”的列"),
        ({"key": "广东"}, "key 应为"),
        ({"key": {"年份": 2025}}, "key 中缺少 填报单位、省份、设施类型、能源品种"),
        ({"key": KEY | {"消耗量": 1}}, "key 中的 消耗量 不能用来指明一行"),
        ({"date": "去年"}, "date 为 去年；应如 2026-03-01"),
        ({"action": "scale", "value": "千分之一"}, "scale 的 value 为 千分之一；应为一个数"),
        ({"action": "scale", "column": "设施类型", "value": 2}, "不能用 scale"),
        ({"value": "很多", "expect": 10}, "value 为 很多；“消耗量”应为非负数"),
        ({"column": "设施类型", "value": "车库", "expect": "办公用房"}, "value 为 车库；“设施类型”应为数据中心"),
    ],
)
def test_an_entry_that_cannot_be_understood_is_named(
    layout: Layout, tmp_path: Path, entry: dict[str, Any], why: str
) -> None:
    with pytest.raises(DataError, match=r"^corrections\.yml 第 1 条：") as error:
        corrected(tmp_path, layout, energy("2025,,CT,广东,10,kWh"), entry)
    assert why in error.value.message


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("table: x", "应为列表"),
        ("- [", "无法读取"),
        ("- 1", "应为若干"),
        ("- table: x\n  date: 2026-99-01", r"corrections\.yml 第 2 行：2026-99-01 不是一个日期；"),
        ("- table: x\n\tdate: 2026-01-01", r"corrections\.yml 第 2 行无法读取；.*缩进用空格"),
    ],
)
def test_a_file_that_is_no_list(layout: Layout, tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        take_in(folder(tmp_path, **{"corrections.yml": text}), layout)


def test_an_empty_file_corrects_nothing(layout: Layout, tmp_path: Path) -> None:
    done = take_in(folder(tmp_path, **{"corrections.yml": "# 暂无\n"}), layout)
    assert done.corrections.equals(pl.DataFrame(schema=done.corrections.schema))
