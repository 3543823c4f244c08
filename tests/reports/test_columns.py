"""How wide the columns of a table are on paper: 54 em for all, of which one em of each column is air."""

import re

from pipeline.reports.columns import fitted, in_word
from tests.conftest import ROOT

ROWS = [
    ["能源消耗", "2023 年 YI 宁夏 其他 电力 自用", "17696.4 kWh", "17696400 kWh", "误把 MWh 的数填在 kWh 的单位下，已与填报单位核实", "2026-03-05"],
    ["数据中心", "DC-BING-44-90 2025 年", "示例电信乙广东1号楼", "", "与示例电信乙填报的是同一栋楼，以产权方填报的为准", "2026-03-05"],
]  # fmt: skip
HEADS = ["表", "主键", "原值", "更正后", "理由", "日期"]


def room(widths: list[float]) -> list[float]:
    return [54 * width / sum(widths) - 1 for width in widths]


def test_a_value_beside_an_empty_cell_is_not_broken() -> None:
    """17696400 kWh is 6.70 em wide (8 figures of 0.555, a blank of 0.224, k, W and h 0.552, 0.878 and 0.607), a date 5.55."""
    found = room(fitted([8, 16, 8, 4, 20, 4], HEADS, ROWS))
    assert found[3] >= 6.69
    assert found[5] >= 5.54


def test_a_long_text_has_the_room_that_short_ones_do_not_need() -> None:
    """Five columns, of which the fourth tells in 120 characters what the others name in two to ten."""
    rows = [["新建大型数据中心", "dc.pue", "—", "计算：总耗电量之和除以设备耗电量之和。范围：全部。" * 5, "行动 5"]] * 3
    found = room(fitted([10, 11, 4, 12, 12], ["指标", "代号", "单位", "口径", "依据"], rows))
    assert found[3] > 25
    assert min(found) > 1


def test_a_table_of_values_keeps_its_points_below_each_other() -> None:
    """Nothing wraps, so nothing moves: the widths are those that were asked for."""
    rows = [["综合能耗", "1,550.2", "3.4"], ["用电量", "9.1", "12.75"]]
    assert fitted([20, 10, 10], ["指标", "2024 年", "2025 年"], rows) == [27.0, 13.5, 13.5]


def test_paper_and_page_have_the_same_tones_in_their_cells() -> None:
    theme = ROOT / "reports" / "theme"
    [line] = [
        one for one in (theme / "typst-template.typ").read_text("utf-8").splitlines() if one.startswith("#let heat")
    ]
    css = (theme / "report.css").read_text("utf-8")
    assert dict(re.findall(r'(\w+): rgb\("(#\w+)"\)', line)) == dict(
        re.findall(r"td\.(\w+) \{ background: (#\w+);", css)
    )


def test_in_word_no_word_and_no_short_value_is_parted() -> None:
    heads = ("Region", "Sharing of new sites", "Remark of some length that gives way to the others")
    rows = [heads, ("Guangdong", "× 79.0%", "x " * 40), ("Inner Mongolia", "84.5%", "")]
    region, sharing, remark = in_word([3, 1.5, 30], rows)
    assert region > 1.2 * 5.2, "Guangdong is about 5.2 em wide in our type"
    assert sharing > 1.2 * 4.0, "× 79.0% is about 4 em"
    assert remark > 35
    assert in_word([1, 1], [("甲", "乙"), ("数据中心", "1.33")]) == [27, 27], "with room for all nothing moves"


def test_a_period_in_words_is_no_value() -> None:
    heads = ["Period", "Indicator", "Value", "Note", "Published in"]
    told = "Yearly growth of daily electricity use of information transmission, software and IT services"
    rows = [
        ["January to February 2025", told, "10.3682 trillion kWh", told, told],
        ["2024", told, "more than 30%", told, told],
    ]
    period, _, value, *_ = fitted([13, 20, 13, 20, 20], heads, rows)
    assert period < 10, "in one line it takes 13.3 em"
    assert value > 10, "10.3682 trillion kWh stays on a line"
