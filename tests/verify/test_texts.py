"""Numbers of a PDF are found again on the page, however it sets them; a changed one is not."""

from __future__ import annotations

import pytest

from pipeline.verify.texts import Known, Page, numbers

HTML = """
<script>1.11</script><style>p{margin:2.22em}</style>
<h2>4　绿色数据中心</h2><ol><li>平均 PUE 为 1.28，优于目标 0.02</li><li>绿电 3,456.7 万kWh</li></ol>
<svg><text>85.6</text><text>80.7</text><text>86.0</text><text>3,500</text><text>4,000</text><text>4,500</text></svg>
<ul class="numbers"><li><p class="title">用电</p><p class="value">12.5 亿kWh</p></li>
<li><p class="title">碳</p><p class="value">8.1%</p></li></ul>
<figure id="t-x"><table><thead><tr><th>省份</th><th>PUE</th></tr></thead>
<tbody><tr><td>广东</td><td data-v="1.2345">1.23</td></tr></tbody></table></figure>
"""


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("平均 PUE 为\n1.28，优于目标 0.02", []),
        ("1. 平均 PUE 为 1.28", []),
        ("85.680.786.0", []),  # labels without a gap
        ("3,500 4,500", []),  # an axis with fewer ticks
        ("共 3,500 户", ["3500"]),
        ("用电 碳\n12.5 亿kWh 8.1%", []),  # cards side by side
        ("绿电 3456.7 万kWh", []),
        ("平均 PUE 为 1.26，优于目标 0.02", ["1.26"]),
        ("85.680.986.0", ["85.680.986.0"]),
        ("平均 PUE 为 0.02，优于目标 1.28", ["0.02", "1.28"]),  # both there, but not there
        ("1.11 2.22", ["1.11", "2.22"]),  # a script is not said
    ],
)
def test_a_number_is_known_by_what_stands_beside_it(text: str, strange: list[str]) -> None:
    assert [one.text for one in Known([Page(HTML)]).strange(numbers(text, "第 1 页"))] == strange


def test_a_table_of_a_page() -> None:
    table = Page(HTML).tables["t-x"]
    assert table.heads == ["省份", "PUE"]
    assert [row for row in table.rows if row] == [[("广东", "广东"), ("1.23", "1.2345")]]
    assert "1.23" not in "".join(Page(HTML).told)


def test_what_stands_on_paper_only_is_known_too() -> None:
    row = "sample/3095/（97 个文件） 69,397"
    assert [one.text for one in Known([Page(HTML)]).strange(numbers(row, "第 1 页"))] == ["3095", "97", "69397"]
    assert Known([Page(HTML)], numbers(row, "")).strange(numbers(row, "第 1 页")) == []
