"""What an analyst shows without a name: the figure or table it becomes, and what is answered where it becomes none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import altair as alt
import polars as pl
import pytest
from IPython.core.interactiveshell import InteractiveShell

from pipeline.chapters.doors import open_for
from pipeline.chapters.shown_as_is import NotTaken, figure, first_rows, table
from pipeline.language.words import Words
from pipeline.reports.blocks import LEFT, Figure, Table

USE = pl.DataFrame(
    {
        "年份": [2023, 2024] * 3,
        "类型": ["甲", "甲", "乙", "乙", "丙", "丙"],
        "用电量": [1.1, 2.0, 3.0, 4.0, 5.0, 6.25],
        "备注": ["无"] * 6,
    }
)
BARS = alt.Chart(USE).mark_bar().encode(x="年份:O", y="用电量:Q", color="类型:N")
LINE = alt.Chart(USE).mark_line().encode(x="年份:O", y="mean(用电量):Q")


@pytest.mark.parametrize(
    ("chart", "chinese", "english"),
    [
        (BARS, "各年份、类型的用电量", "Electricity use by Year and 类型"),
        (BARS.properties(title="自己的标题"), "自己的标题", "自己的标题"),
        (BARS.properties(title=["一行，", "两行"]), "一行，两行", "一行，两行"),
        (BARS.encode(y=alt.Y("用电量:Q", title="用电")), "各年份、类型的用电", "用电 by Year and 类型"),
        (
            BARS.encode(y=alt.Y("用电量:Q", axis=alt.Axis(title="轴上的"))),
            "各年份、类型的轴上的",
            "轴上的 by Year and 类型",
        ),
        (
            LINE.encode(y=alt.Y("mean(用电量):Q")),
            "各年份的用电量的平均值",
            "Mean of Electricity use by Year",
        ),
        (alt.Chart(USE).mark_bar().encode(x="类型:N", y="count()"), "各类型的行数", "Number of rows by 类型"),
        (alt.Chart(USE).mark_bar().encode(x=alt.X("用电量:Q", bin=True), y="count()"), "各用电量的行数", "Number of rows by Electricity use"),
        (alt.Chart(USE).mark_point().encode(x="年份:Q", y="用电量:Q"), "用电量、年份", "Electricity use and Year"),
        (alt.Chart(USE).mark_arc().encode(theta="sum(用电量):Q", color="类型:N"), "各类型的用电量合计", "Total of Electricity use by 类型"),
        (BARS + BARS.mark_text().encode(text="用电量:Q"), "各年份、类型的用电量", "Electricity use by Year and 类型"),
        (BARS.encode(color=alt.value("red")).facet("类型:N"), "各年份、类型的用电量", "Electricity use by Year and 类型"),
        (alt.Chart(USE).mark_text().encode(text="备注:N"), "备注", "备注"),
        (BARS | LINE, "各年份、类型的用电量等 2 幅", "Electricity use by Year and 类型, and others: 2 charts"),
        (
            alt.Chart(USE).mark_bar().encode(x="类型:N", y=alt.Y(alt.repeat("row"), type="quantitative")).repeat(row=["年份", "用电量"]),
            "各类型的年份、用电量",
            "Year and Electricity use by 类型",
        ),
    ],
)  # fmt: skip
def test_a_chart_is_called_by_its_title_or_its_axes(chart: Any, chinese: str, english: str) -> None:
    one = figure(chart, "f-13-1")
    assert Words("zh").say(one.title) == chinese
    assert Words("en").say(one.title) == english


def test_a_chart_is_described_by_kind_rows_and_ranges_and_its_table_has_what_it_uses() -> None:
    payload = figure(BARS, "f-13-1").payload()
    assert (
        payload["alt"]
        == "柱形图：各年份、类型的用电量。数据 6 行。年份 2023 至 2024。类型有甲、乙、丙。用电量 1.10 至 6.25。"
    )
    assert payload["table"]["columns"] == ["年份", "类型", "用电量"]
    assert payload["table"]["rows"][0] == ["2023", "甲", "1.10"]
    english = figure(BARS, "f-13-1").payload(Words("en"))
    assert english["alt"] == (
        "Column chart: Electricity use by Year and 类型. Rows of data: 6. Year from 2023 to 2024. 类型: 甲, 乙 and 丙. "
        "Electricity use from 1.10 to 6.25."
    )


def test_a_column_used_in_a_formula_only_stands_in_the_table() -> None:
    chart = BARS.transform_filter("datum.备注 == '无'")
    assert figure(chart, "f-1").payload()["table"]["columns"] == ["年份", "类型", "用电量", "备注"]


def test_the_title_stands_above_the_picture_only() -> None:
    payload = figure(BARS.properties(title="自己的标题"), "f-1").payload()
    assert "title" not in payload["spec"]


def test_an_axis_of_sums_is_called_in_the_language() -> None:
    def axis(words: Words) -> str:
        return str(figure(LINE, "f-1").payload(words)["spec"]["layer"][0]["encoding"]["y"]["title"])

    assert axis(Words("zh")) == "用电量的平均值"
    assert axis(Words("en")) == "Mean of Electricity use"


@pytest.mark.parametrize(
    "colour",
    [
        alt.value("red"),
        alt.condition("datum.用电量 > 3", alt.value("red"), alt.value("grey")),
        alt.condition("datum.用电量 > 3", "类型:N", alt.value("grey")),
    ],
)
def test_a_colour_that_is_no_column_is_drawn_as_it_is(colour: Any) -> None:
    channel = figure(BARS.encode(color=colour), "f-1").payload()["spec"]["layer"][0]["encoding"]["color"]
    assert (channel["value"] if "condition" in channel else channel) in ("grey", {"value": "red"})
    assert "legend" not in channel


def test_fields_that_a_chart_repeats_in_layers_are_drawn() -> None:
    layers = alt.Chart(USE).mark_bar().encode(x=alt.X(alt.repeat("layer"), type="nominal"), y="用电量:Q")
    assert figure(layers.repeat(layer=["年份", "类型"]), "f-1").payload()["title"] == "各年份、类型的用电量"


def test_data_of_several_charts_stand_one_below_the_other() -> None:
    other = alt.Chart(pl.DataFrame({"年份": [2025], "目标": [9.5]})).mark_rule().encode(x="年份:O", y="目标:Q")
    assert figure(BARS + other, "f-1").payload()["table"]["rows"][-1] == ["2025", "—", "—", "9.5"]


@pytest.mark.parametrize(
    ("frame", "title", "rows"),
    [
        (pl.DataFrame({"省份": ["浙江"], "值": [1234.56]}), "省份、值", [["浙江", "1,234.6"]]),
        (pl.DataFrame({name: [1] for name in "abcdef"}), "a、b、c、d等 6 列", [["1"] * 6]),
        (pl.Series("值", [0.12345]), "值", [["0.1235"]]),
        (pl.DataFrame({"统计年度": [2024], "n": [20240]}), "统计年度、n", [["2024", "20,240"]]),
        (pl.DataFrame({"日": [dt.datetime(2024, 1, 2)]}), "日", [["2024-01-02"]]),
        (pl.DataFrame({"时": [dt.datetime(2024, 1, 2, 3, 4)]}), "时", [["2024-01-02 03:04"]]),
        (pl.DataFrame({"x": [None, float("nan"), 1.5]}), "x", [["—"], ["—"], ["1.5"]]),
    ],
)
def test_a_frame_is_called_by_its_columns(frame: Any, title: str, rows: list[list[str]]) -> None:
    payload = table(frame, "t-13-1").payload()
    assert (payload["title"], payload["table"]["rows"]) == (title, rows)


def test_a_frame_of_pandas_is_taken_with_its_index() -> None:
    pandas = pytest.importorskip("pandas")
    plain = pandas.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert table(plain, "t-1").payload()["table"]["rows"] == [["1", "x"], ["2", "—"]]
    named = pandas.DataFrame({"值": [1.5]}, index=pandas.Index(["浙江"], name="省份"))
    assert table(named, "t-1").payload()["table"]["rows"] == [["浙江", "1.5"]]


def test_of_a_long_frame_the_report_has_fifty_rows() -> None:
    data = pl.DataFrame({"x": range(51)})
    cut = first_rows(data, "t-13-1")
    assert cut["data"].height == 50
    assert Words("zh").say(cut["method"]) == "共 51 行，这里列前 50 行，全部在数据文件 t-13-1.csv 中"
    assert first_rows(data.head(50), "t-13-1") == {}


@pytest.mark.parametrize(
    ("of", "thing", "why"),
    [
        (table, USE.lazy(), "collect"),
        (table, USE.clear(), "表是空的"),
        (table, pl.DataFrame({"x": [[1, 2]]}), "“x”一列的每格里是列表或结构"),
        (table, pl.DataFrame({"用时": [dt.timedelta(hours=1)]}), "“用时”一列是时长"),
        (table, pl.DataFrame({f"c{n}": [1] for n in range(13)}), "表有 13 列，报告里最多 12 列"),
        (figure, alt.Chart(pl.DataFrame({"x": range(5001)})).mark_point().encode(x="x:Q"), "超过 5000 行"),
        (figure, alt.Chart("https://example.org/x.csv").mark_point().encode(x="x:Q"), "在文件或网址里"),
        (figure, alt.Chart(USE).mark_point().encode(x="用电量:Z"), "Altair 画不出这幅图"),
        (figure, alt.Chart().mark_point(), "图没有数据"),
    ],
)
def test_what_is_not_taken_is_answered_in_a_sentence(of: Callable[[Any, str], Any], thing: Any, why: str) -> None:
    with pytest.raises(NotTaken, match=why):
        of(thing, "x-1")


class Shell:
    """A shell that displays, and what is handed over there."""

    def __init__(self, *, public: bool = False) -> None:
        self.handed: list[tuple[str, int, str]] = []
        self.shell: Any = InteractiveShell()
        open_for(self.shell, "13", public, self._hand)

    def _hand(self, block: Figure | Table, data: pl.DataFrame, named_as: str) -> dict[str, Any]:
        self.handed.append((block.id, data.height, named_as))
        return {"text/plain": block.id}

    def display(self, thing: Any) -> dict[str, Any]:
        data, _ = self.shell.display_formatter.format(thing)
        return dict(data)


def test_what_a_cell_shows_is_handed_over_in_its_order() -> None:
    shell = Shell()
    assert shell.display(BARS)["text/plain"] == "f-13-1"
    assert shell.display(BARS | LINE)["text/plain"] == "f-13-2"
    assert shell.display(USE)["text/plain"] == "t-13-3"
    assert shell.handed[2] == ("t-13-3", 6, 'chapter.table(…, "t-13-3", title="…", source="…")')
    assert "collect" in shell.display(USE.lazy())[LEFT]["why"]
    assert LEFT not in shell.display(42)


def test_the_public_gets_nothing_of_a_chart_or_frame_without_a_name() -> None:
    """Nobody answers for where its data come from; what is refused leaves no value in the output that the report looks at."""
    shell = Shell(public=True)
    for thing in (BARS, USE, USE["用电量"]):
        left = shell.display(thing)
        assert left[LEFT]["refused"] is True
        assert left[LEFT]["why"].startswith("公开版不收没有名称的图表")
        assert "chapter.is_public" in left[LEFT]["why"]
        assert left["text/plain"] == ""
    assert shell.handed == []
