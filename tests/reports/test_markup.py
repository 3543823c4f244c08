"""Texts of a block are text in every language: markup in them comes out as the characters it is made of."""

from __future__ import annotations

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import altair as alt
import polars as pl
import pypandoc
import pytest
import typst
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from pipeline.charts import fonts
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports import markup, packing
from pipeline.reports.blocks import Card, Cards, Entries, Entry, Figure, Table
from pipeline.reports.columns import ADVANCES
from pipeline.reports.render.embedded import READER

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "#let x = 1; #panic()",
    "*bold* _em_ `code` $a$ [link](http://x)",
    '"引号" \\ 反斜杠 \\u{41}',
    "```{=html}\n<b>x</b>\n```",
    "::: {.note}",
    "| a | b |",
    "=SUM(A1)",
    "@fig-x {{< include x >}}",
    "#[ ] <label> @ref ~ --- ...",
    "a\u200bb\u3000c",
]
texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.data: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []

    def handle_data(self, data: str) -> None:
        self.data.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [value or "" for _, value in attrs]


def table(text: str) -> Table:
    return Table("t-x", text, pl.DataFrame({text: [text], "值": [1.5]}), source=text, method=text)


@given(texts)
def test_html_gives_the_text_back(text: str) -> None:
    parser = _Text()
    parser.feed(f'<p title="{markup.text_html(text)}">{markup.text_html(text)}</p>')
    parser.close()
    assert "".join(parser.data) == text
    assert parser.attributes == [text]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_element(text: str) -> None:
    block = table(text).payload()
    parser = _Text()
    parser.feed(markup.to_html(block, "1-1"))
    assert text in "".join(parser.data)
    assert not {"script", "img", "b"} & set(parser.tags)
    card = Cards("k-x", [Card(text, text, text, text, "○", "none", text)]).payload()
    again = _Text()
    again.feed(markup.to_html(card, ""))
    assert "".join(again.data).count(text) == 5


def catalogue(text: str) -> dict[str, object]:
    return Entries("k-x", [Entry(text, text, text, "good", [(text, text)], text)]).payload()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_a_catalogue_stays_text(text: str) -> None:
    parser = _Text()
    parser.feed(markup.to_html(catalogue(text), ""))
    assert "".join(parser.data).count(text) == 6
    assert set(parser.tags) <= {"ol", "li", "h4", "p", "dl", "dt", "dd"}
    assert markup.to_typst(catalogue(text), "").count(markup.text_typst(text)) == 6
    assert len(markup.to_markdown(catalogue(text), "").splitlines()) == 3  # an empty head, the rule, one entry


def test_hostile_text_is_printed_by_typst_as_it_is(tmp_path: Path) -> None:
    lines = [f"#metadata({markup.text_typst(text)}) <m>" for text in HOSTILE]
    source = tmp_path / "x.typ"
    source.write_text("\n".join(lines) + "\n".join(f"\n#[#{markup.text_typst(text)}]" for text in HOSTILE), "utf-8")
    found = __import__("json").loads(typst.query(str(source), "<m>", field="value"))
    assert [text.replace("\u200b", "") for text in found] == [
        text.replace("\n", " ").replace("\u200b", "") for text in HOSTILE
    ]
    typst.compile(str(source), font_paths=[str(folder) for folder in fonts.folders()], ignore_system_fonts=True)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_plain_text_in_word(text: str) -> None:
    run = subprocess.run(
        [pypandoc.get_pandoc_path(), f"--from={READER}", "--to=json"],
        input=markup.text_markdown(text),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    kinds = set(re.findall(r'"t":"(\w+)"', run.stdout))
    assert kinds <= {"Para", "Plain", "Str", "Space", "SoftBreak"}, run.stdout


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_cells_stay_in_their_cell_in_word(text: str) -> None:
    block = table(text).payload()
    run = subprocess.run(
        [pypandoc.get_pandoc_path(), f"--from={READER}", "--to=json"],
        input=markup.to_markdown(block, "1-1"),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert run.stdout.count('"t":"Table"') == 1
    assert not re.search(r'"t":"(?:RawBlock|RawInline|CodeBlock|Link|Emph|Strong|Math)"', run.stdout)


def test_csv_cells_are_never_formulas() -> None:
    data = pl.DataFrame({"名称": ["=1+1", "+1", "-1", "@x", "\t=1", "文字"], "值": [-1.0, 2.0, 3.0, 4.0, 5.0, 6.0]})
    csv = Table("t-x", "表", data).payload()["table"]["csv"]
    rows = [line.split(",") for line in csv.strip().split("\r\n")[1:]]
    assert all(row[0].strip('"')[0] not in "=+-@\t" for row in rows)
    assert rows[0][1] == "-1.0"  # a number stays a number
    assert rows[5][0] == "文字"


def test_long_addresses_may_break_in_print_and_stay_whole_in_html() -> None:
    address = "https://example.org/a/very/long/path?with=query&and=more"
    assert "\u200b" in markup.text_typst(address)
    assert f'href="{address.replace("&", "&amp;")}"' in markup.to_html(table(address).payload(), "1-1")


def test_missing_values_are_dashes_and_years_have_no_separator() -> None:
    data = pl.DataFrame({"年份": [2025], "个数": [12345], "值": [None]}, schema_overrides={"值": pl.Float64})
    assert Table("t-x", "表", data).payload()["table"]["rows"] == [["2025", "12,345", "—"]]


def test_a_cell_carries_its_value_where_it_prints_another() -> None:
    data = pl.DataFrame({"省份": ["广东", "甲", "-x"], "数值": [0.123456, 2.0, None]})
    html = markup.to_html(Table("t-x", "表", data, decimals={"数值": 1}).payload(), "1-1")
    assert '<td>广东</td><td data-v="0.123456">0.1</td>' in html
    assert "<td>甲</td><td>2.0</td>" in html
    assert '<td data-v="&#x27;-x">-x</td><td data-v>—</td>' in html  # no formula in a spreadsheet; nothing is nothing
    assert '<table class="r2">' in html


def test_the_stylesheet_aligns_every_column_that_a_table_may_have(layout: Layout) -> None:
    css = (layout.reports / "theme" / "report.css").read_text("utf-8")
    assert all(f".r{n} tr > :nth-child({n})" in css for n in range(1, markup.COLUMNS + 1))
    wide = Table("t-x", "表", pl.DataFrame({f"列{n}": [1] for n in range(markup.COLUMNS + 1)}))
    with pytest.raises(ValueError, match="columns"):
        markup.to_html(wide.payload(), "1-1")


def test_a_specification_in_the_page_is_small_and_complete() -> None:
    data = pl.DataFrame({"省份": ["广东", "江苏"], "数值": [1.5, None]})
    chart = alt.Chart(data).mark_bar().encode(x="数值:Q", y="省份:N")
    block = Figure("f-x", "图", chart, data, "条形图：略。", "来源").payload()
    found = re.search(r'class="spec" data-for="f-x">(.*?)</script>', markup.to_html(block, "1-1", "<svg/>"))
    assert found
    packed = json.loads(found[1])
    assert list(packed["datasets"].values()) == [{"省份": ["广东", "江苏"], "数值": [1.5, None]}]
    assert "config" not in packed
    shared = re.search(r'id="chart-config">(.*?)</script>', packing.chart_config())
    assert shared
    assert json.loads(shared[1]) == block["spec"]["config"]


def test_a_page_holds_no_column_that_its_chart_does_not_read_and_every_text_once() -> None:
    name, short = "Energy consumption per unit of information flow", "PUE"
    rows = [{"series": one, "year": year, "kept_out": 1.0} for one in (name, short) for year in (2024, 2025)]
    spec = {"$schema": "https://…", "mark": "line", "encoding": {"x": {"field": "year"}, "color": {"field": "series"}}}
    told = json.loads(packing.packed(spec | {"datasets": {"d": rows, "none": []}}))
    assert told["datasets"]["d"] == {
        "series": {"texts": [name, short], "nth": [0, 0, 1, 1]},
        "year": [2024, 2025, 2024, 2025],
    }
    assert told["datasets"]["none"] == {}
    assert "$schema" not in told
    whole = json.loads(
        packing.packed(spec | {"mark": {"type": "line", "tooltip": {"content": "data"}}, "datasets": {"d": rows}})
    )
    assert whole["datasets"]["d"]["kept_out"] == [1.0, 1.0, 1.0, 1.0]
    alone = json.loads(packing.packed({"mark": "bar", "datasets": {"d": rows}}))
    assert len(alone["datasets"]["d"]["series"]["nth"]) == 4, "rows are counted"


LINES = [
    Card("1 共享率", "不低于80%", "下降 9.0%", "未达到", "×", "bad", "还差 2.0 个百分点", path=[(2020, 1.0), (2025, 2.0)], aim=3.0),
    Card("2 <b>", "30 个", "—", "未报送", "○", "none"),
]  # fmt: skip


def test_a_glance_is_a_table_with_the_target_through_its_lines() -> None:
    block = Cards("k-x", LINES, form="glance").payload()
    page = markup.to_html(block, "")
    assert page.startswith('<table class="glance" id="k-x"><thead><tr><th scope="col">目标</th>')
    assert '<tr class="bad"><th scope="row">1 共享率</th><td class="value">下降 9.0%</td>' in page
    assert '<line x1="0" x2="100" y1="3.0" y2="3.0"/><polyline points="3.0,21.0 97.0,12.0"/>' in page
    assert '<span aria-hidden="true">×</span> 未达到' in page
    assert "2 &lt;b&gt;" in page
    paper = markup.to_typst(block, "")
    assert "path: ((1.80pt, 12.60pt), (58.20pt, 7.20pt),), aim: 1.80pt" in paper
    assert "path: (), aim: none" in paper
    head, rule, first, second = markup.to_markdown(block, "").splitlines()
    assert head == "|目标|数值|状态|目标值|与目标的距离|"
    assert [len(dashes) for dashes in rule.strip("|").split("|")] == [34, 18, 18, 24, 26]
    assert first == "|1 共享率|下降 9\\.0%|× 未达到|不低于80%|还差 2\\.0 个百分点|"
    assert second.startswith("|2 \\<b\\>|")


def test_cards_and_entries_are_tables_in_word() -> None:
    cards = Cards("k-x", [Card("PUE", "1.3 以下", "1.25", "达到", "●", "good", "略优")]).payload()
    head, _, line = markup.to_markdown(cards, "").splitlines()
    assert head == "|目标|数值|状态|目标值|说明|"
    assert line == "|PUE|1\\.25|● 达到|1\\.3 以下|略优|"
    entries = Entries("k-y", [Entry("甲", "有保留", "3 件", "good", [("单位", "乙")], "做了")]).payload()
    *_, line = markup.to_markdown(entries, "").splitlines()
    broken = "`<w:r><w:br/></w:r>`{=openxml}"
    assert line.startswith("|**甲**" + broken)
    assert line.endswith(f"|单位：乙{broken}做了|")


def test_numbers_in_large_set_words_and_units_smaller() -> None:
    cards = [
        Card(title, "", value, "", "", "none", "说明")
        for title, value in (("综合能耗", "1,550.2 万tce"), ("强度", "下降 23.1%"))
    ]
    block = Cards("k-x", cards, form="numbers").payload()
    page = markup.to_html(block, "")
    assert '<ul class="numbers" id="k-x">' in page
    assert '<p class="value">1,550.2<small>万tce</small></p>' in page
    assert '<p class="value"><small>下降</small>23.1%</p>' in page
    assert '(title: "强度", before: "下降", value: "23.1%", after: "", detail: "说明")' in markup.to_typst(block, "")
    assert markup.to_markdown(block, "").splitlines()[0] == "|综合能耗|强度|"


def test_a_small_line_keeps_to_its_field_and_its_order() -> None:
    points = markup._spark([(2020, 5.0), (2022, 1.0), (2025, 3.0)])
    assert [x for x, _ in points] == [3, 40.6, 97]
    assert [y for _, y in points] == [3, 21, 12]  # from above: the highest value is the smallest
    assert markup._spark([(2020, 1.0), (2021, 1.0)]) == [(3, 21), (97, 21)]
    assert markup._spark([(2025, 1.0)]) == []
    card = Card("标题", "目标", "1", "已达标", "●", "good", path=[(2020, 1.0), (2025, 2.0)])
    html = markup.to_html(Cards("k-x", [card]).payload(), "")
    assert "2020—2025" in html
    assert html.count("<polyline") == 1
    assert "path: ((1.80pt, 12.60pt), (58.20pt, 1.80pt),)" in markup.to_typst(Cards("k-x", [card]).payload(), "")


def test_paper_has_the_brief_table_and_the_page_the_whole() -> None:
    data = pl.DataFrame({"文件": ["a", "b", "c"], "行数（行）": [1, 2, 3]})
    block = Table("t-x", "表", data, brief=pl.DataFrame({"文件": ["三个"], "行数（行）": [6]})).payload()
    assert "<td>b</td>" in markup.to_html(block, "1-1")
    for paper in (markup.to_typst(block, "1-1"), markup.to_markdown(block, "1-1")):
        assert "三个" in paper
        assert '"b"' not in paper
        assert "|b|" not in paper
    assert '[#"行数"#box("（行）")]' in markup.to_typst(block, "1-1")


def test_paper_has_the_first_rows_of_a_long_table_and_the_page_all() -> None:
    data = pl.DataFrame({"文件": ["a", "b", "c"], "行数（行）": [1, 2, 3]})
    block = Table("t-x", "表", data, method="说明", printed=1).payload()
    assert "<td>b</td>" in markup.to_html(block, "1-1")
    assert "其余" not in markup.to_html(block, "1-1")
    for paper in (markup.to_typst(block, "1-1"), markup.to_markdown(block, "1-1")):
        assert "其余 2 行见网页和数据文件。" in paper.replace("\u00a0", " ")
        assert '"b"' not in paper
        assert "|b|" not in paper
    whole = Table("t-x", "表", data, printed=3).payload()
    assert "其余" not in markup.to_typst(whole, "1-1")
    assert '"c"' in markup.to_typst(whole, "1-1")


def test_the_points_of_values_stand_below_each_other_on_paper() -> None:
    """A figure is 0.555 em wide, so is a minus, a dash 0.894."""
    told = ["84.5%", "1.28", "−23.1%", "30 个", "—"]
    data = pl.DataFrame({"指标": ["甲", "乙", "丙", "丁", "戊"], "2024年": told, "PUE": [1.28, 1.305, 1.3, None, 1.1]})
    paper = markup.to_typst(Table("t-x", "表", data, decimals={"PUE": 3}, widths=[20, 20, 10]).payload(), "1-1")
    for row in (
        '("甲", [#h(0.555em)#"84.5%"], "1.280", )',
        '("乙", [#h(1.110em)#"1.28"], "1.305", )',
        '("丙", [#h(0.000em)#"−23.1%"], "1.300", )',
        '("丁", [#h(0.555em)#"30\u00a0个"], "—", )',
        '("戊", [#h(0.771em)#"—"], "1.100", )',
    ):
        assert row in paper
    mixed = pl.DataFrame({"指标": ["甲", "乙", "丙"], "值": ["1.28", "1.305", "—"]})
    paper = markup.to_typst(Table("t-x", "表", mixed).payload(), "1-1")
    assert all(cell in paper for cell in ('[#"1.28"#h(0.555em)]', '[#"1.305"#h(0.000em)]', '"—"'))


def test_the_advances_are_those_of_the_type_of_tables() -> None:
    path = next(one for folder in fonts.folders() for one in folder.glob("NotoSansSC-Regular.*"))
    font = TTFont(path)
    names, widths = font.getBestCmap(), font["hmtx"]
    assert {char: widths[names[ord(char)]][0] for char in ADVANCES} == ADVANCES
    assert [widths[names[ord(char)]][0] for char in "0123456789+−至"] == [555] * 12 + [1000]


def test_a_value_has_room_for_its_unit() -> None:
    """`5.26 GB/kWh` is 5.942 em wide, `× −19.97%` 5.198."""
    data = pl.DataFrame(
        {"指标": ["甲", "乙"], "2020年": ["5.26 GB/kWh", "7.41 GB/kWh"], "变动": ["× −19.97%", "× −8.8%"]}
    )
    widths = Table("t-x", "表", data, widths=[40, 3, 2]).payload()["table"]["widths"]
    ems = [54 * width / sum(widths) - 1 for width in widths]
    assert ems[1] >= 5.93
    assert ems[2] >= 5.19


def test_no_value_is_broken_on_paper_where_texts_can_give_way() -> None:
    told = "2,302.4（2,112 至 2,454）"  # 11.78 em
    cells = {"指标": "单位电信业务总量综合能耗，按可比价格计算", "2025年": "1,550.2", "现状": told, "计划": told}
    widths = Table("t-x", "表", pl.DataFrame(cells), widths=[24, 6.5, 11, 11]).payload()["table"]["widths"]
    ems = [54 * width / sum(widths) - 1 for width in widths]
    assert ems[0] >= 11
    assert ems[1] >= 3.8
    assert min(ems[2:]) >= 11.77
    narrow = markup.to_typst(Table("t-x", "表", pl.DataFrame(cells | {"强化": told})).payload(), "1-1")
    assert '[#"2,302.4"#box("（2,112\u00a0至 2,454）")]' in narrow
    chance = pl.DataFrame({"目标": ["甲"], "年份": ["2025 年；超过 99%"]})
    assert '[#"2025\u00a0年；"#box("超过 99%")]' in markup.to_typst(Table("t-x", "表", chance).payload(), "1-1")


def test_the_page_has_the_terms_that_it_explains() -> None:
    def told(language: str) -> dict[str, tuple[list[str], str]]:
        found = re.search(r'id="glossary">(.*?)</script>', markup.explained(Words(language)))
        assert found
        return {name: (spellings, meaning) for spellings, name, meaning in json.loads(found[1])}

    chinese, english = told("zh"), told("en")
    assert len(chinese) == len(english) == 24
    assert chinese["tce、kgce"][0] == ["tce", "kgce"]
    assert chinese["5G 基站能效"] == (["5G 基站能效"], "本报告以 5G 基站单位耗电量承载的流量度量（GB/kWh）。")
    assert english["WUE (water usage effectiveness)"][0] == ["WUE"]
    assert english["Passed on, received"][0] == []  # plain words too: explained in the annex only


def test_a_quantity_stays_on_one_line() -> None:
    data = pl.DataFrame({"目标": ["1.3 以下", "提升 20% 以上", "7.41 GB/kWh"], "值": [1.0, 2.0, 3.0]})
    html = markup.to_html(Table("t-x", "表", data).payload(), "1-1")
    assert "1.3\u00a0以下" in html
    assert "7.41\u00a0GB/kWh" in html
    assert "提升 20% 以上" in html
