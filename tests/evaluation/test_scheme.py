"""The file of a scheme: what may stand in it, and what is said of what may not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import DataError, ParameterError
from pipeline.evaluation import scheme as schemes
from pipeline.evaluation.scheme import Scheme
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout
from tests.evaluation.conftest import TEXT

FILE = "评价方案 data/raw/reference/evaluation/small.yml 第 "


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("notice: 示范", "notise: 示范", "4 行：没有名为 notise 的键；最接近的是 notice。"),
        ("        weight: 0.3", "        wieght: 0.3", "42 行：没有名为 wieght 的键；最接近的是 weight。"),
        ("weight: 0.3\n        interval: [0.3, 0.3]", "weight: 0.4\n        interval: [0.3, 0.5]", "25 行：“电信”各项权重之和为 1.1，应为 1。"),
        ("indicator: dc.pue.all", "indicator: dc.pue.al", "29 行：没有指标 dc.pue.al；最接近的是 dc.pue.all。"),
        ("indicator: green.share", "indicator: standards.count", "39 行：指标 standards.count 不分到企业，不能用来评价企业。"),
        ("better: lower\n        table: [[1.2, 100], [1.4, 60], [1.5, 40]]", "better: higher\n        table: [[1.5, 100], [1.4, 60]]", "30 行：better 是 higher，与指标目录中 dc.pue.all 的 lower 相反。"),
        ("interval: [0.5, 0.5]", "interval: [0.1, 0.4]", "33 行：权重 0.5 不在区间 [0.1, 0.4] 之内。"),
        ("[1.4, 60], [1.5, 40]", "[1.5, 40], [1.4, 60]", "31 行：限值不单调：[1.4, 60] 应排在 [1.5, 40] 之后，即从最好的写起，限值由小到大，得分由高到低。"),
        ("linear: [0.1, 0.5]", "linear: [0.5, 0.1]", "41 行：linear 应为 [得 0 分的值, 得 100 分的值]，方向与 better 一致。"),
        ("linear: [0.1, 0.5]", "linear: [0.1, 0.5]\n        improvement: [0, 1]", "41 行：计分方法写了 linear、improvement，指标应恰好写 table、linear、improvement 之一。"),
        ("linear: [0.1, 0.5]", "improvement: [0.3, 0.1]", "41 行：improvement 应为 [得 0 分的改善幅度, 得 100 分的改善幅度]，如 [0, 0.3]。"),
        ("kinds: [basic_telecom]", "kinds: [basic_telcom]", "24 行：没有单位类别 basic_telcom；最接近的是 basic_telecom。"),
        ("kinds: [basic_telecom]", "kinds: [tower, tower]", "24 行：单位类别 tower 已在“电信”之中，一类只能有一套指标。"),
        ("{id: B, least: 50}", "{id: B, least: 85}", "13 行：等级 B 的下限 85 不低于 A 的 80，两个等级重叠；等级从高到低写，下限依次降低。"),
        ("{id: C, least: 0}", "{id: C, least: 10}", "14 行：最低等级 C 的下限应为 0。"),
        ("cap: C", "cap: D", "18 行：没有等级 D；最接近的是"),
        ("grades: [A]", "grades: [AA]", "20 行：没有等级 AA；最接近的是 A。"),
        ("dimension: house", "dimension: hous", "48 行：没有维度 hous；最接近的是 house。"),
        ("fact: fund", "fact: found", "49 行：没有事项 found；最接近的是 fund。"),
        ('action: "13"', 'action: "1З"', "16 行：没有行动 1З；最接近的是"),
        ("missing: left_out", "missing: 不计", "34 行：missing 的值“不计”不对，应为 no_points, left_out 或 no_grade。"),
        ("id: green", "id: pue", "36 行：编号 pue 出现了不止一次，应当唯一。"),
        ("title: 小方案", "title: 小方案\ntitle: 大方案", "3 行：title 写了两次，只能写一次。"),
        ("term_end: 2026", "term_end: 2024", "5 行：起始年 2025 晚于结束年 2024。"),
        ("official: false", "official: 也许", "3 行：official 的值“也许”不对，应为 true 或 false。"),
        ("weight: 0.2\n", "weight: 二\n", "51 行：weight 的值“二”不对，应为数字。"),
        ("id: small", "id: smal", "1 行：id 是 smal，应与文件名 small 相同。"),
        ("title: 小方案", "title: [小方案", "3 行：不是有效的 YAML，请检查缩进、括号、引号和冒号后的空格。"),
        ("title: 小方案", "title: 小\x07方案", "2 行：含有不可见的控制字符，请删除。"),
        ("title: 小方案", "title: 2025-12-05 25:61:00", "2 行：“2025-12-05 25:61:00”不是有效的取值，文字请加引号。"),
        ("title: 小方案", "title: &x 小\nobjection2: *x", "3 行：引用了别名 *x，应直接写出取值。"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_its_line(loaded: Callable[..., Scheme], old: str, new: str, told: str) -> None:
    with pytest.raises(DataError) as raised:
        loaded({old: new})
    assert raised.value.message.startswith(FILE + told), raised.value.message


def test_the_small_scheme_is_read(loaded: Callable[..., Scheme]) -> None:
    scheme = loaded()
    assert scheme.indicators == ["dc.pue.all", "green.share"]
    assert scheme.set_of("tower") is None
    [only] = scheme.sets
    # the line from (1.2, 100) on through (1.4, 60), (1.5, 40) falls by 20 points each 0.1: none at 1.7
    assert only.criteria[0].bounds == pytest.approx((1.7, 1.2))
    assert only.criteria[1].bounds == (0.1, 0.5)


def test_the_scheme_of_a_year(tmp_path: Path, layout: Layout, loaded: Callable[..., Scheme]) -> None:
    catalogue, house = load_catalogue(layout), Layout(tmp_path)
    assert schemes.scheme_of(house, 2025, catalogue) is None
    loaded()
    assert schemes.scheme_of(house, 2024, catalogue) is None
    found = schemes.scheme_of(house, 2026, catalogue)
    assert found is not None
    assert found.id == "small"
    with pytest.raises(ParameterError, match="没有评价方案 big；已有的：small"):
        schemes.scheme_of(house, 2025, catalogue, "big")
    (schemes.folder(house) / "other.yml").write_text(TEXT.replace("id: small", "id: other", 1), "utf-8")
    with pytest.raises(DataError, match="2025 年在 other、small 几个评价方案的适用期内"):
        schemes.scheme_of(house, 2025, catalogue)


def test_the_shipped_scheme_is_said_to_be_none_of_an_authority(layout: Layout) -> None:
    scheme = schemes.load(layout, "demo-2025", load_catalogue(layout))
    assert not scheme.official
    assert "非官方" in scheme.notice
    assert [sum(one.weight for one in each.criteria) for each in scheme.sets] == pytest.approx([1, 1, 1, 1])
    assert {kind for each in scheme.sets for kind in each.kinds} == {"basic_telecom", "tower", "broadcast", "idc"}
