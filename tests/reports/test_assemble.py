"""Numbering, references and the common subset of report.qmd."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import nbformat
import polars as pl
import pytest
import yaml

from pipeline.errors import DataError
from pipeline.reports.assemble import Front, assemble, check_subset
from pipeline.reports.blocks import MIME, Card, Cards, Table

FRONT = Front("报告 *标题*", "广东省", "2025 年度", "编制 # 单位", (2026, 11, 22), "示例数据")


def table(id: str) -> Table:
    return Table(id, f"标题 {id}", pl.DataFrame({"列": ["值"]}))


def notebook(folder: Path, name: str, *parts: str | Table | Cards) -> Path:
    cells = []
    for part in parts:
        if isinstance(part, str):
            cells.append(nbformat.v4.new_markdown_cell(part))
        else:
            output = nbformat.v4.new_output("display_data", data={MIME: part.payload(), "text/markdown": "preview"})
            cells.append(nbformat.v4.new_code_cell("chapter.show(...)", outputs=[output]))
    path = folder / name
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


PAGES = {"main": "报告.html", "annex": "报告-附册.html"}


def assembled(folder: Path, *chapters: Path, part: str = "main") -> str:
    [path] = assemble(chapters, FRONT, folder, "stem", folder / "charts", parts=[part], pages=PAGES)
    return path.read_text("utf-8")


def test_chapters_are_numbered_by_their_file_so_that_a_missing_one_shifts_nothing(tmp_path: Path) -> None:
    one = notebook(tmp_path, "02_industry.ipynb", "# 概况\n\n## 流量", table("t-a"), "## 用户", table("t-b"))
    two = notebook(tmp_path, "08_carbon.ipynb", "# 碳", table("t-c"))
    text = assembled(tmp_path, one, two)
    assert "# 2　概况 {#c-2}" in text
    assert "## 2.1　流量 {#c-2-1}" in text
    assert "## 2.2　用户 {#c-2-2}" in text
    assert "# 8　碳 {#c-8}" in text
    for number, id in (("2-1", "t-a"), ("2-2", "t-b"), ("8-1", "t-c")):
        assert f'#table-block(<{id}>, "{number}", "标题 {id}", ' in text
        assert f'<figure id="{id}" class="table"><figcaption><span class="number">表 {number}</span>' in text
        assert f"表 {number}　标题 {id}".replace("-", "\\-", 0) in text.replace("\\-", "-")


def test_appendices_are_lettered_each_with_its_own_numbering(tmp_path: Path) -> None:
    path = notebook(tmp_path, "90_appendix.ipynb", "# 方法", table("t-a"), "# 质量\n\n## 一节", table("t-b"))
    text = assembled(tmp_path, path, part="annex")
    assert "# 附录 A　方法 {#c-A}" in text
    assert "# 附录 B　质量 {#c-B}" in text
    assert "## B.1　一节 {#c-B-1}" in text
    assert '"A-1"' in text
    assert '"B-1"' in text


def test_references_are_plain_links_with_the_number(tmp_path: Path) -> None:
    path = notebook(tmp_path, "02_x.ipynb", "# 概况\n\n见[](#t-a)、[](#c-2)与[](#c-2-1)。\n\n## 节", table("t-a"))
    assert "见[表 2-1](#t-a)、[第 2 章](#c-2)与[2.1](#c-2-1)。" in assembled(tmp_path, path)


def test_references_in_a_method_are_the_number_alone(tmp_path: Path) -> None:
    told = Table(
        "t-a", "标题", pl.DataFrame({"列": ["值"]}), source="见[](#c-2)", method="同[](#t-a-longer-name-than-a-line)"
    )
    text = assembled(tmp_path, notebook(tmp_path, "02_x.ipynb", "# 概况", told, table("t-a-longer-name-than-a-line")))
    assert "<p>同表 2-2</p>" in text
    assert '"口径：同表 2-2"' in text
    assert "口径：同表 2\\-2" in text or "口径：同表 2-2" in text
    assert "来源：见第 2 章" in text
    assert not re.search("[\ue000\ue001]", text)
    lost = Table("t-b", "标题", pl.DataFrame({"列": ["值"]}), method="见[](#t-c)")
    with pytest.raises(DataError, match="t-c"):
        assembled(tmp_path, notebook(tmp_path, "03_x.ipynb", "# 概况", lost))


def test_on_paper_a_chapter_begins_a_page_but_not_after_one_without_figures(tmp_path: Path) -> None:
    full = notebook(tmp_path, "02_a.ipynb", "# 甲", table("t-a"))
    bare = notebook(tmp_path, "03_b.ipynb", "# 乙\n\n没有数据。")
    after = notebook(tmp_path, "04_c.ipynb", "# 丙", table("t-c"))
    appendix = notebook(tmp_path, "90_d.ipynb", "# 方法", table("t-d"), "# 质量", table("t-e"))
    main = ["# 2　甲", "# 3　乙", "# 4　丙"], [True, True, False]
    annex = ["# 附录 A　方法", "# 附录 B　质量"], [True, False]
    for part, (heads, right) in {"main": main, "annex": annex}.items():
        text = assembled(tmp_path, full, bare, after, appendix, part=part)
        places = [0, *(text.index(f"\n{head} ") for head in heads)]
        breaks = ["pagebreak" in text[start:end] for start, end in itertools.pairwise(places)]
        assert breaks == right


def volumes(folder: Path) -> tuple[Path, Path, Path]:
    """A chapter of both volumes, an opening, an appendix."""
    told = Table("t-b", "标题 t-b", pl.DataFrame({"列": ["值"]}), source="企业填报", method="按省分。余下很长。")
    own = Table("t-c", "标题 t-c", pl.DataFrame({"列": ["值"]}), source="企业填报", method="不要紧。")
    marked = notebook(folder, "x.ipynb", table("t-in"))
    cells = nbformat.read(marked, as_version=4).cells
    cells[0].outputs[0]["data"][MIME]["annex"] = True
    opening = notebook(folder, "00_highlights.ipynb", "# 要点\n\n## 一句话\n\n见[](#c-3)。")
    chapter = notebook(
        folder, "03_x.ipynb", "# 共享\n\n引。\n\n## 共享率\n\n见[](#t-in)、[](#t-x)、[](#c-A)。", told, own,
        "## 公开表述 {.annex}\n\n照录；见[](#t-b)、[](#c-3)。", table("t-x"), "### 三级", "## 租户\n\n正文。",
    )  # fmt: skip
    book = nbformat.read(chapter, as_version=4)
    book.cells[2:2] = cells
    nbformat.write(book, chapter)
    return opening, chapter, notebook(folder, "90_a.ipynb", "# 方法\n\n见[](#t-c)。", table("t-m"))


def test_the_main_volume_has_what_is_not_marked(tmp_path: Path) -> None:
    text = assembled(tmp_path, *volumes(tmp_path))
    heads = re.findall(r"^#+ .*", text, re.M)
    assert heads == ["# 要点 {#c-opening-1}", "## 一句话", "# 3　共享 {#c-3}", "## 3.1　共享率 {#c-3-1}", "## 3.2　租户 {#c-3-2}"]  # fmt: skip
    assert re.findall(r'<span class="number">([^<]*)', text) == ["表 3-1", "表 3-2"]
    page = "%E6%8A%A5%E5%91%8A-%E9%99%84%E5%86%8C.html"
    assert f"见[附册表 3-1]({page}#t-in){{.elsewhere}}、[附册表 3-2]({page}#t-x){{.elsewhere}}、" in text
    assert f"[附册附录 A]({page}#c-A){{.elsewhere}}。" in text
    assert f'<a href="{page}">附册：方法、来源和完整的表</a>' in text
    assert "照录" not in text


def test_the_annex_has_the_rest_under_the_headings_of_its_chapters(tmp_path: Path) -> None:
    text = assembled(tmp_path, *volumes(tmp_path), part="annex")
    heads = re.findall(r"^#+ .*", text, re.M)
    assert heads == [
        "# 3　共享 {#a-3}", "## 3.1　共享率 {#a-3-1}", "## 3.2　公开表述 {#a-3-2}", "## 3.3　正文图表的口径 {#a-3-3}",
        "# 附录 A　方法 {#c-A}",
    ]  # fmt: skip
    numbers = re.findall(r'<span class="number">([^<]*)', text)
    assert numbers == ["表 3-1", "表 3-2", "表 A-1"]
    assert "[表 3-1（正文）](%E6%8A%A5%E5%91%8A.html#t-b){.elsewhere}" in text
    assert "[第 3 章（正文）](" in text
    assert "- **表 3-1　标题 t\\-b**　按省分。余下很长。" in text
    assert "不要紧" not in text  # it stands whole under its table
    assert "正文。" not in text


def test_on_paper_a_figure_of_the_main_volume_says_what_one_line_holds_and_its_chapter_the_sources(
    tmp_path: Path,
) -> None:
    text = assembled(tmp_path, *volumes(tmp_path))
    assert '("", "口径：按省分。"))' in text
    assert '("", "口径：不要紧。"))' in text
    assert '#sources-block("本章数据来源：表 3-1、表 3-2：企业填报。")' in text
    assert text.count("<p>按省分。余下很长。</p>") == 1  # on the page it is folded under the table
    long = Table("t-a", "标题", pl.DataFrame({"列": ["值"]}), method="很" * 60 + "。短。")
    assert '("", ""))' in assembled(tmp_path, notebook(tmp_path, "04_x.ipynb", "# 题", long))


def test_a_sheet_is_one_chapter_and_a_chapter_by_itself_has_both_volumes(tmp_path: Path) -> None:
    opening, chapter, appendix = volumes(tmp_path)
    before = notebook(tmp_path, "00_opening.ipynb", "# 前言\n\n话。")
    sheet = assembled(tmp_path, before, opening, chapter, appendix, part="highlights")
    assert re.findall(r"^#+ .*", sheet, re.M) == ["# 要点 {#c-opening-1}", "## 一句话"]
    assert "[第 3 章（正文）](%E6%8A%A5%E5%91%8A.html#c-3){.elsewhere}" in sheet
    alone = assembled(tmp_path, chapter, part="chapter")
    assert re.findall(r"^# .*(?= {)", alone, re.M) == ["# 3　共享", "# 附册　3　共享"]
    assert "见[附册表 3-1](#t-in)、[附册表 3-2](#t-x)、全文。" in alone


def test_of_which_volume_a_page_is_stands_in_its_metadata(tmp_path: Path) -> None:
    meta = yaml.safe_load(assembled(tmp_path, *volumes(tmp_path), part="annex").split("---\n")[1])
    assert (meta["report"]["part"], meta["report"]["volume"]) == ("annex", "附册")
    assert meta["pagetitle"] == "报告 \\*标题\\*（广东省） 附册"
    main = yaml.safe_load(assembled(tmp_path, *volumes(tmp_path)).split("---\n")[1])["report"]
    assert (main["part"], "volume" in main) == ("main", False)


def test_a_reference_to_nothing_is_an_error(tmp_path: Path) -> None:
    path = notebook(tmp_path, "02_x.ipynb", "# 概况\n\n见[](#f-nothing)。")
    with pytest.raises(DataError, match="f-nothing"):
        assembled(tmp_path, path)


def test_an_id_given_twice_is_an_error(tmp_path: Path) -> None:
    path = notebook(tmp_path, "02_x.ipynb", "# 概况", table("t-a"), table("t-a"))
    with pytest.raises(DataError, match="t-a"):
        assembled(tmp_path, path)


def test_what_is_invisible_turns_no_text_and_ends_no_block(tmp_path: Path) -> None:
    name = "甲\u202e\u2066\x1b\x00乙\n```\n<script>"
    text = assembled(tmp_path, notebook(tmp_path, "02_a.ipynb", "# 概\u202e况", Table("t-a", name, pl.DataFrame({"列": [name]}))))  # fmt: skip
    assert not {one for one in text if not one.isprintable()} - {"\n", "\u3000"}
    assert "\n```\n<script>" not in text
    assert "甲乙&#10;```&#10;&lt;script&gt;" in text


def test_cards_have_no_number(tmp_path: Path) -> None:
    card = Card("标题", "≥ 80%", "未报送", "未报送", "○", "none")
    text = assembled(tmp_path, notebook(tmp_path, "01_x.ipynb", "# 摘要", Cards("k-a", [card]), table("t-a")))
    assert '"1-1"' in text
    assert 'id="k-a"' in text


@pytest.mark.parametrize(
    "outside",
    ["```{python}\n1\n```", "{{< include x >}}", "见 @fig-pue", "::: {.callout-note}\nx\n:::", "@tbl-a"],
)
def test_what_only_quarto_knows_is_refused(tmp_path: Path, outside: str) -> None:
    with pytest.raises(ValueError, match="common subset"):
        check_subset(f"正文\n\n{outside}\n")
    path = notebook(tmp_path, "02_x.ipynb", f"# 概况\n\n{outside}")
    with pytest.raises(ValueError, match="common subset"):
        assembled(tmp_path, path)


def test_raw_blocks_and_notes_are_inside_the_subset() -> None:
    check_subset("::: {.note}\n\n文字，a@fig-b.cn\n\n:::\n\n```{=html}\n<p>{{< x @fig-y</p>\n```\n")


def test_metadata_is_text_for_both_engines(tmp_path: Path) -> None:
    text = assembled(tmp_path, notebook(tmp_path, "02_x.ipynb", "# 概况"))
    meta = yaml.safe_load(text.split("---\n")[1])
    assert meta["lang"] == "zh-CN"
    assert meta["report"]["title"] == "报告 \\*标题\\*"
    assert meta["report"]["author"] == '`"编制 # 单位"`{=typst}'
    assert meta["report"]["sample"] == "示例数据"
    assert "title" not in meta  # it would make Quarto add a title block of its own


def test_a_sheet_counts_from_one_and_names_what_stands_in_the_volumes(tmp_path: Path) -> None:
    other = notebook(tmp_path, "04_centres.ipynb", "# 数据中心", table("t-c"))
    sheet = notebook(
        tmp_path,
        "12_provinces.ipynb",
        "# 省情\n\n见[](#t-a)、[](#t-c)、[](#t-b)。",
        table("t-a"),
        "## 全表 {.annex}",
        table("t-b"),
    )
    text = assembled(tmp_path, other, sheet, part="profile")
    assert '#table-block(<t-a>, "1", "标题 t-a", ' in text
    assert '<span class="number">表 1</span>' in text
    assert "# 省情 {#c-opening-1}" in text
    assert "见[表 1](#t-a)、[表 4-1（正文）]" in text
    assert "[附册表 12-1](" in text
    assert "t-b>" not in text  # it stands in the annex


def test_in_a_chapter_by_itself_the_annex_is_called_so(tmp_path: Path) -> None:
    chapter = notebook(
        tmp_path, "09_cases.ipynb", "# 案例\n\n见[](#t-a)、[](#t-b)。", table("t-a"), "## 全表 {.annex}", table("t-b")
    )
    text = assembled(tmp_path, chapter, part="chapter")
    assert "见[表 9-1](#t-a)、[附册表 9-1](#t-b)。" in text
    assert "# 9　案例 {#c-9}" in text
    assert "# 附册　9　案例 {#a-9}" in text
    assert re.findall(r'<span class="number">(.*?)</span>', text) == ["表 9-1", "附册表 9-1"]
    assert re.findall(r'#table-block\(<t-.>, "(.*?)"', text) == ["9-1", "附册表 9-1"]
    assert re.findall(r"^\[\]{#t-.}(.*?)　", text, re.M) == ["表 9-1", "附册表 9-1"]
    assert "附册表" not in assembled(tmp_path, chapter, part="annex")
