"""What the publisher writes: where it stands, which values it cites, and what is said of it where it is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from pipeline.build import editorial
from pipeline.build.plan import Job
from pipeline.errors import DataError
from pipeline.layout import Layout
from tests.build import editions


@pytest.fixture
def made(tmp_path: Path) -> tuple[Layout, Job]:
    layout = editions.checkout(tmp_path / "house")
    return layout, editions.made(layout, editions.GUANGDONG)[0]


def write(made: tuple[Layout, Job], name: str, text: str) -> editorial.Editorial:
    layout, job = made
    path = editorial.folder(layout, job) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return editorial.Editorial(layout, job)


def test_without_files_there_is_no_trace(made: tuple[Layout, Job]) -> None:
    chapter = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    own = editorial.Editorial(*made)
    own.around(chapter, "04")
    assert chapter.cells[0].outputs == []


def test_the_imprint_is_made_of_the_parameters(made: tuple[Layout, Job]) -> None:
    layout, job = made
    [cell] = editorial.Editorial(layout, job).opening().cells
    assert [line.replace("\\", "") for line in cell.source.splitlines() if line] == [
        "# 版本信息",
        "- **编制单位**：（编制单位待填）",
        "- **版本**：2025 年度 · 预审稿",
        "- **日期**：2026 年 11 月 22 日",
        "- **引用格式**：（编制单位待填）. 信息通信行业绿色低碳发展年度报告：2025 年度 · 预审稿（广东省）[R]. （编制单位待填）, 2026.",
    ]
    named = job.resolved.params.model_copy(update={"publisher": "甲_所", "licence": "CC BY 4.0"})
    job = replace(job, resolved=replace(job.resolved, params=named), language="en")
    [cell] = editorial.Editorial(layout, job).opening().cells
    lines = cell.source.splitlines()
    assert lines[2] == "- **Publisher**: 甲\\_所"
    assert lines[-1] == "- **Licence**: CC BY 4\\.0"


def test_the_publishers_own_imprint_stands_instead(made: tuple[Layout, Job]) -> None:
    own = write(made, "imprint.md", "# 版权页\n\n甲所编制。\n")
    assert [cell.source for cell in own.opening().cells] == ["# 版权页\n\n甲所编制。"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("先看这一句。\n", ["#", "要点", "先看这一句。", "其余。"]),
        ("# 三句话\n\n先看这一句。\n", ["#", "三句话", "先看这一句。", "其余。"]),
    ],
)
def test_the_publishers_highlights_stand_before_the_computed_ones(
    made: tuple[Layout, Job], text: str, expected: list[str]
) -> None:
    own = write(made, "highlights.md", text)
    cell = nbformat.v4.new_code_cell("1")
    cell.outputs = [nbformat.v4.new_output("display_data", data={"text/markdown": "# 要点\n\n其余。"})]
    own.around(nbformat.v4.new_notebook(cells=[cell]), "00")
    assert cell.outputs[0].data["text/markdown"].split() == expected


def test_a_final_edition_without_a_publisher_is_told_once(made: tuple[Layout, Job]) -> None:
    layout, job = made
    final = job.resolved.params.model_copy(update={"edition_kind": "final"})
    chosen = replace(job.resolved.origins["edition_kind"], layer="cli")
    resolved = replace(job.resolved, params=final, origins={**job.resolved.origins, "edition_kind": chosen})
    job = replace(job, resolved=resolved)
    assert editorial.check([job, job], layout) == [
        "正式稿还没有编制单位；请在 notebooks/params/defaults.yml 写明 publisher，或加上 -p publisher=单位名称"
    ]
    signed = replace(resolved, params=final.model_copy(update={"publisher": "甲所"}))
    assert editorial.check([replace(job, resolved=signed)], layout) == []


def test_a_foreword_cites_values_of_the_region_the_nation_and_other_years(made: tuple[Layout, Job]) -> None:
    own = write(
        made,
        "foreword.md",
        '# 前言\n\n{{ now }} 年{{ own }}用电 {{ value("energy.electricity") | big("kWh") }}，'
        '{{ value("energy.electricity", 2024) | n(0) }}、{{ value("energy.electricity", region="000000") | n(0) }}。\n',
    )
    _, cell = own.opening().cells
    assert cell.source == "# 前言\n\n2025 年广东用电 600\\.0 万kWh，5,000,000、10,000,000。"


def test_a_chapter_has_words_after_its_heading_and_at_its_end(made: tuple[Layout, Job]) -> None:
    write(made, "04-before.md", "先说一句。\n")
    own = write(made, "04-after.md", "再说一句。\n")
    cell = nbformat.v4.new_code_cell("1")
    cell.outputs = [nbformat.v4.new_output("display_data", data={"text/markdown": "# 数据中心\n\n正文。"})]
    chapter = nbformat.v4.new_notebook(cells=[cell])
    own.around(chapter, "04")
    assert [one.data["text/markdown"].split() for one in cell.outputs] == [
        ["#", "数据中心", "先说一句。", "正文。"],
        ["再说一句。"],
    ]


def test_a_number_typed_by_hand_is_told_with_its_line(made: tuple[Layout, Job]) -> None:
    write(made, "foreword.md", '# 前言\n\n2025 年 3 月，PUE 降到 1.30。\n\n1. 第 4 章\n{{ value("x", 2024) | n(2) }}\n')
    [warning] = editorial.check([made[1]], made[0])
    assert "foreword.md 第 3 行：手写的数字“1.30”不会随数据改变" in warning


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("preface.md", "前言", "preface.md：文件名不对；应为 imprint.md、foreword.md、highlights.md，或章号加"),
        ("foreword.md", '{{ value("dc.pux") | n(2) }}', "foreword.md 第 1 行：没有指标 dc.pux；可用的见"),
        ("foreword.md", 'a\n\n{{ value("energy.electricity") }}', "foreword.md 第 3 行：数值要写明怎样印"),
        ("foreword.md", '{{ value("dc.pue.new_large") }}', "foreword.md 第 1 行：要印的数值是空的"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_file_and_line(
    made: tuple[Layout, Job], name: str, text: str, said: str
) -> None:
    with pytest.raises(DataError) as wrong:
        write(made, name, text).opening()
    assert said in wrong.value.message
