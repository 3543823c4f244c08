"""A chapter's text: what it prints, what it refuses, and where it says the fault is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import polars as pl
import pytest

from pipeline.errors import DataError
from pipeline.findings import Measure, Quantity
from pipeline.language.facts import pack
from pipeline.language.words import Words
from pipeline.reports.blocks import ENGLISH, FACTS, MIME, NAMED_AS, Table
from pipeline.reports.text import as_notebooks_read, paragraphs, tell, told
from pipeline.wording import WITHHELD

TABLE = Table("t-a", "题", pl.DataFrame({"列": ["值"]}), source="来源", method="口径。")
SOURCE = 'chapter.show(Table(id="t-a"))\nchapter.show(shapes.tiles(view, "x", "f-none"))'
FACTS_TOLD = {
    "year": 2025,
    "share": 0.1234,
    "power": 4_838_000.0,
    "pue": Quantity(Measure("PUE", decimals=2), 1.304),
    "hidden": WITHHELD,
    "names": ["甲", "乙"],
    "hostile": "*x* [a](b) {{ year }} <b>",
    "nothing": None,
    "marked": "甲\ue010t-a\ue011乙\ue012",
}


def parts(folder: Path, text: str, *blocks: Table, facts: dict[str, Any] | None = None) -> list[Any]:
    path = folder / "03_x.md"
    path.write_text(text, "utf-8")
    shown = [{FACTS: pack(facts or FACTS_TOLD)}, *({MIME: one.payload()} for one in blocks)]
    return told(path, Words("zh"), shown, SOURCE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ year }} 年", "2025 年"),
        ("占 {{ share | pct }}，{{ share | pct(0) }}", "占 12.3%，12%".replace(".", "\\.")),
        ("{{ power | big('个') }}", "483\\.8 万个"),
        ("{{ share | n(2) }}", "0\\.12"),
        ("PUE 为 {{ pue }}", "PUE 为 1\\.30"),
        ("{{ hidden }}", "〔保密〕"),
        ("用电量为 {{ hidden }}，合计 {{ hidden }}；印作〔保密〕", "用电量不予公布，合计不予公布；印作〔保密〕"),
        ("{{ marked }}", "甲t\\-a乙"),
        ("{{ names | names }}共 {{ names | length }} 个", "甲、乙共 2 个"),
        ("{{ hostile }}", "\\*x\\* \\[a\\]\\(b\\) \\{\\{ year \\}\\} \\<b\\>"),
        ("{% if nothing is none %}没有{% endif %}", "没有"),
        ("{% set x %}a-b {{ share | pct }}{% endset %}{{ x }}<b>{{ x }}", "a-b 12\\.3%<b>a-b 12\\.3%"),
        ("{{ 't-' ~ year }}", "t\\-2025"),
        ("::: {.keypoints}\n- 甲\n乙\n- 丙\n:::", "::: {.keypoints}\n- 甲乙\n- 丙\n:::"),
    ],
)
def test_what_is_printed(tmp_path: Path, text: str, said: str) -> None:
    assert parts(tmp_path, text) == [said]


def test_english_is_printed_once_escaped_with_its_spaces(tmp_path: Path) -> None:
    path = tmp_path / "03_x.md"
    path.write_text(
        "{{ names | names | cap }} use {{ power | big('kWh') }}\n({{ share | pct }})\n, {{ hidden }}\n\n"
        "{% call table('t-a') %}\nTitle: One\nand two\n, three\n{% endcall %}\n",
        "utf-8",
    )
    shown = [{FACTS: pack(FACTS_TOLD | {"names": ["low-carbon", "广东"]})}, {ENGLISH: TABLE.payload(Words("en"))}]
    text, block = told(path, Words("en"), shown, SOURCE)
    assert text == "Low\\-carbon and Guangdong use 4\\.838 million kWh (12\\.3%), \\[withheld\\]"
    assert block["title"] == "One and two, three"


def test_what_a_figure_finds_is_told_beside_a_shorter_caption(tmp_path: Path) -> None:
    text = "{{ finding('t-a') }}。{{ finding('f-none') }}\n{% call table('t-a') %}标题：量为 {{ hidden }}{% endcall %}"
    said, block = parts(tmp_path, text, TABLE)
    assert (said, block["title"]) == ("题。", "量不予公布")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("一行\n\n{{ pu }}", "第 3 行：没有“pu”这个名字；文字里只能用笔记本 chapter.tell 交来的名字；相近的有 pue"),
        ("一行\n{% if year %}", "第 2 行：{% if %} 没有结束；少了 {% endif %}"),
        ("一\n二\n{{ share }}", "第 3 行：数值要写明怎样印"),
        ("{{ nothing }}", "第 1 行：要印的数值是空的"),
        ("一\n{{ year + 1 }}", "第 2 行：用了算术（+）"),
        ("{{ figure('f-typo') }}", "第 1 行：笔记本里没有图表 f-typo"),
        ("\n\n{% call figure('t-a') %}题目{% endcall %}", "第 3 行：图表 t-a 的说明应以“标题：”"),
        ("{{ ''.__class__.__mro__ }}", "第 1 行：不能用 __class__"),
        ("{% include '/etc/passwd' %}", "第 1 行：模板写得不对（no loader"),
        ("一\n{{ year", "第 2 行："),
        ("{% frob %}", "第 1 行：不认得 {% frob %}；可用的有 if"),
        ("{{ pue.mesure }}", "第 1 行：没有“mesure”这一项"),
        ("{% for i in range(9) %}{% endfor %}", "第 1 行：没有“range”这个名字"),
        ("{{ names | join }}", "第 1 行：没有 join 这种印法"),
        (
            "一\n\n### 节 {.annex}",
            "第 3 行：标题末尾有 {.annex}；{.annex}（整节只在附册里）只能写在二级标题（##）的末尾",
        ),
        ("# {{ year }} {.annex}", "第 1 行：标题末尾有 {.annex}；"),
        ("## 节 {.appendix}", "第 1 行：标题末尾有 {.appendix}；"),
    ],
)
def test_a_fault_is_one_sentence_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError) as error:
        parts(tmp_path, text, TABLE)
    assert str(error.value).startswith(f"{tmp_path / '03_x.md'} {said}")
    assert "\n" not in str(error.value)


def test_blocks_stand_where_the_text_puts_them(tmp_path: Path) -> None:
    before, block, after = parts(tmp_path, "前\n\n{{ table('t-a') }}\n{{ figure('f-none') }}\n后", TABLE)
    assert (before, block["id"], block["title"], after) == ("前", "t-a", "题", "后")


def test_what_stands_in_the_annex_is_marked(tmp_path: Path) -> None:
    text = "## {{ year }} 年的节 {.annex}\n句。\n\n{{ table('t-a', annex=true) }}"
    said, block = parts(tmp_path, text, TABLE)
    assert (said, block["annex"]) == ("## 2025 年的节 {.annex}\n句。", True)
    [block] = parts(tmp_path, "{% call table('t-a', annex=true) %}标题：甲{% endcall %}", TABLE)
    assert (block["title"], block["annex"]) == ("甲", True)
    assert "annex" not in parts(tmp_path, "{{ table('t-a') }}", TABLE)[0]


def test_a_text_says_of_a_block_what_stands_in_place_of_its_own(tmp_path: Path) -> None:
    text = (
        "{% call(block) table('t-a') %}\n标题：{{ year }} 年{{ hostile }}，\n  占 {{ share | pct }}\n\n"
        "口径：{{ block.method }}另见附录。\n{% endcall %}"
    )
    [block] = parts(tmp_path, text, TABLE)
    assert block["title"] == "2025 年*x* [a](b) {{ year }} <b>，占 12.3%"
    assert (block["method"], block["source"]) == ("口径。另见附录。", "来源")


def test_lines_of_tags_are_none_and_no_tag_at_an_end_joins_paragraphs(tmp_path: Path) -> None:
    text = "一，\n{% if year %}\n  {% for n in names %}\n{{ n }}\n{% endfor %}\n{% endif %}\n{% if nothing %}无{% endif %}\n。{% if year %}末{% endif %}\n\n次{{ year\n}}\n{{ x }}"
    with pytest.raises(DataError, match=r"第 12 行"):
        parts(tmp_path, text)
    assert parts(tmp_path, text.removesuffix("\n{{ x }}")) == ["一，甲乙。末\n\n次2025"]


def test_has_asks_for_what_the_notebook_may_show(tmp_path: Path) -> None:
    said = "{% if has('t-a') %}有{% endif %}{% if not has('f-none') %}无{% endif %}"
    assert parts(tmp_path, said, TABLE) == ["有无"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("一，\n二。\n\n三", "一，二。\n\n三"),
        ("一，\n  二。\n- 三\n  - 四", "一，二。\n- 三\n  - 四"),
        ("PUE\nof a", "PUE of a"),
        ("## 节\n句\n接", "## 节\n句接"),
        ("- 一\n- 二\n\n1. 三\n2. 四", "- 一\n- 二\n\n1. 三\n2. 四"),
        ("| a |\n|---|\n| 1 |", "| a |\n|---|\n| 1 |"),
        ("::: {.note}\n\n注\n意\n\n:::", "::: {.note}\n\n注意\n\n:::"),
        ("\n\n", ""),
    ],
)
def test_lines_of_a_paragraph_are_joined(text: str, said: str) -> None:
    assert paragraphs(text) == said


def test_the_executed_notebook_reads_as_the_chapter(tmp_path: Path) -> None:
    """Its figures stand once, in the last cell, in the order of the text; what it noted for analysts is no chapter."""
    path, texts = tmp_path / "03_x.ipynb", tmp_path / "text"
    (texts / "zh").mkdir(parents=True)
    (texts / "zh" / "03_x.md").write_text("# 题\n\n{{ table('t-a') }}\n{{ year }}", "utf-8")
    output = nbformat.v4.new_output
    first = nbformat.v4.new_code_cell(SOURCE, outputs=[output("display_data", {MIME: TABLE.payload()})])
    last = nbformat.v4.new_code_cell("x", outputs=[output("display_data", {FACTS: pack({"year": 2025})})])
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Notes"), first, last]), path)
    notebook = nbformat.read(path, as_version=4)
    tell(notebook, "03_x", texts, Words("zh"))
    cells = notebook.cells
    assert [cell.cell_type for cell in cells] == ["raw", "code", "code"]
    assert cells[1].outputs == []
    shown = [one.data.get(MIME, {}).get("id") or one.data["text/markdown"] for one in cells[2].outputs]
    assert shown == ["# 题", "t-a", "2025"]


def test_a_notebook_without_a_text_stays_as_it_is(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x"), nbformat.v4.new_markdown_cell("# y")])
    before = nbformat.writes(notebook)
    tell(notebook, "03_x", tmp_path / "text", Words("zh"))
    assert nbformat.writes(notebook) == before


def test_a_text_in_another_language_only_is_refused(tmp_path: Path) -> None:
    """Else the figures would stand there without a word, some without a title."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "03_x.md").write_text("# Title", "utf-8")
    output = nbformat.v4.new_output("display_data", {FACTS: pack({"year": 2025})})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])
    with pytest.raises(DataError) as error:
        tell(notebook, "03_x", tmp_path, Words("zh"))
    assert str(error.value) == f"没有 {tmp_path / 'zh' / '03_x.md'}，这一章要说的写在其中；可用 git checkout 恢复"


def shown(*blocks: dict[str, Any], source: str = "x") -> nbformat.NotebookNode:
    """A cell that hands over blocks in both languages, and a fact."""
    data = [{MIME: one, ENGLISH: one | {"title": one["title"] and "Title"}} for one in blocks]
    outputs = [nbformat.v4.new_output("display_data", one) for one in (*data, {FACTS: pack({"year": 2025})})]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, outputs=outputs)])


UNTITLED = Table("t-a", "", pl.DataFrame({"甲": [1], "乙": [2]})).payload()
TITLED = Table("t-13-1", "题", pl.DataFrame({"甲": [1]})).payload() | {NAMED_AS: "chapter.table(…)"}


def test_without_a_text_what_is_shown_stands_in_its_order_under_the_name_of_the_notebook(tmp_path: Path) -> None:
    notebook = shown(UNTITLED, TITLED)
    said = tell(notebook, "13_mine", tmp_path, Words("zh"))
    assert said == [
        f"13_mine 没有文字（{tmp_path / 'zh' / '13_mine.md'}），chapter.tell 交来的没有写进报告，图表按笔记本里的次序排列"
    ]
    title, cell = notebook.cells
    assert title.source == "# mine"
    assert [output.data[MIME]["title"] for output in cell.outputs] == ["甲、乙", "题"]


def test_without_a_text_the_english_report_has_the_english_figures(tmp_path: Path) -> None:
    notebook = shown(TITLED)
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell("# My chapter"))
    tell(notebook, "13_mine", tmp_path, Words("en"))
    assert [cell.source for cell in notebook.cells] == ["# My chapter", "x"]
    assert [output.data[MIME]["title"] for output in notebook.cells[1].outputs] == ["Title"]


def test_what_has_no_name_stands_at_the_end_of_a_text_that_does_not_place_it(tmp_path: Path) -> None:
    (tmp_path / "zh").mkdir()
    path = tmp_path / "zh" / "13_mine.md"
    path.write_text("# 题\n\n句。", "utf-8")
    notebook = shown(TITLED)
    assert tell(notebook, "13_mine", tmp_path, Words("zh")) == []
    order = [one.data.get(MIME, {}).get("id") or one.data["text/markdown"] for one in notebook.cells[0].outputs]
    assert order == ["# 题\n\n句。", "t-13-1"]
    path.write_text('# 题\n\n{{ table("t-13-1") }}\n\n句。', "utf-8")
    notebook = shown(TITLED, source='"t-13-1"')
    assert tell(notebook, "13_mine", tmp_path, Words("zh")) == []
    order = [one.data.get(MIME, {}).get("id") or one.data["text/markdown"] for one in notebook.cells[0].outputs]
    assert order == ["# 题", "t-13-1", "句。"]


def test_a_table_that_the_text_does_not_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "zh").mkdir()
    path = tmp_path / "zh" / "13_mine.md"
    path.write_text("# 题", "utf-8")
    said = tell(shown(UNTITLED), "13_mine", tmp_path, Words("zh"))
    assert said == [f'13_mine 的图表 t-a 没有写进 {path}，不进报告；请在那里写 {{{{ table("t-a") }}}}']
    path.write_text('# 题\n\n{% if false %}{{ table("t-a") }}{% endif %}', "utf-8")
    assert tell(shown(UNTITLED), "13_mine", tmp_path, Words("zh")) == []


def test_saying_in_the_notebook_besides_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "03_x.md"
    path.write_text("# 题", "utf-8")
    with pytest.raises(DataError, match="笔记本不能再用"):
        told(path, Words("zh"), [{"text/markdown": "句"}], "")


def test_a_preview_has_no_marks_that_notebooks_do_not_know() -> None:
    part = "## 公开表述 {.annex}\n\n::: {.note}\n\n见[](#t-x)，[乙公司]{lang=zh-CN}。\n\n:::\n\n完"
    assert as_notebooks_read(part) == "## 公开表述\n\n> \n> 见`t-x`，乙公司。\n> \n\n完"
