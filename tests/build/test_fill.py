"""How the printed report fills its pages: figures, texts and tables of known heights through the real template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typst

from pipeline.charts import fonts
from pipeline.layout import Layout

HEAD = """
#show: doc => report(title: [报告], region: [全国], edition: [版], publisher: [者], author: "者", date: [今天], running: [报告],
  year: 2026, month: 1, day: 1, doc)
"""
FOUND = """
#context [#metadata({
  let found = (:)
  for one in query(selector(heading).or(figure).or(metadata)) {
    if one.has("label") and one.label != <found> { found.insert(str(one.label), (one.location().page(), one.location().position().y.pt())) }
  }
  found
}) <found>]
"""
CHAPTER = "#pagebreak(weak: true)\n= 章\n<c-{}>\n"
LINE = "这是一行字。"
WIDTH = 16.2 / 2.54 * 72  # pt, of the text
SMALLEST = 6.8 / WIDTH  # letters of a figure that cannot shrink


def figure(id: str, height: float, letters: float = 0.02) -> str:
    """A figure with a picture of `height` pt at full width; letters: see `figures.letters`."""
    return f'#figure-block(<{id}>, "1-1", "图题", {letters}, ("来源", ""), image("{height}.svg", alt: "图"))\n'


def text(id: str, lines: int = 1) -> str:
    return f"#metadata(none) <{id}>{LINE * 6 * lines}\n\n"


def table(id: str, rows: int) -> str:
    cells = ", ".join(f'([#metadata(none) <{id}-{row}>{row}], "乙")' for row in range(rows))
    return f'#table-block(<{id}>, "1-1", "表题", (1fr, 1fr), (left, left), ("甲", "乙"), ({cells},), ("来源", ""))\n'


@pytest.fixture
def placed(tmp_path: Path, layout: Layout) -> Any:
    """Sets the parts given; returns (page, pt from its top) by label."""

    def place(*parts: str) -> dict[str, tuple[int, float]]:
        theme = tmp_path / "theme"
        theme.mkdir(exist_ok=True)
        for path in (layout.reports / "theme").glob("*.typ"):
            (theme / path.name).write_text(path.read_text("utf-8"), "utf-8")
        for height in range(50, 700, 10):
            size = f'width="{WIDTH:.2f}" height="{height}"'
            (tmp_path / f"{height}.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg" {size}></svg>', "utf-8")
        source = tmp_path / "x.typ"
        template = (theme / "typst-template.typ").read_text("utf-8")
        source.write_text("\n".join([template, HEAD, *parts, FOUND]), "utf-8")
        found = typst.query(
            str(source),
            "<found>",
            field="value",
            one=True,
            root=str(tmp_path),
            font_paths=[str(folder) for folder in fonts.folders()],
            ignore_system_fonts=True,
            sys_inputs=fonts.families(),
        )
        return {name: (page, y) for name, (page, y) in json.loads(found).items()}

    return place


def test_a_text_goes_before_a_figure_that_does_not_fit(placed: Any) -> None:
    at = placed(CHAPTER.format(1), figure("f-a", 350), figure("f-b", 450), text("p-a"), "== 节\n<c-1-1>\n", text("p-b"))
    assert at["p-a"][0] == at["f-a"][0] == at["f-b"][0] - 1
    assert at["c-1-1"] > at["f-b"]  # a figure stays in its section


def test_a_table_goes_before_a_figure_but_no_figure_does(placed: Any) -> None:
    at = placed(CHAPTER.format(1), figure("f-a", 350), figure("f-b", 450), table("t-a", 3), figure("f-c", 60))
    assert at["t-a"][0] == at["f-a"][0]
    assert at["f-a"] < at["t-a"] < at["f-b"] < at["f-c"]


def test_the_sources_of_a_chapter_stay_at_its_end(placed: Any) -> None:
    last = "#sources-block([#metadata(none) <p-last>来源])\n" + CHAPTER.format(2)
    at = placed(CHAPTER.format(1), figure("f-a", 350), figure("f-b", 450), last)
    assert at["p-last"] > at["f-b"] > at["f-a"]
    assert at["p-last"][0] == at["f-b"][0] == at["f-a"][0] + 1
    for height in range(200, 300, 10):
        at = placed(CHAPTER.format(1), figure("f-a", 300, SMALLEST), figure("f-b", height, SMALLEST), last)
        assert at["p-last"][0] == at["f-b"][0], height  # nor are they alone on a page


@pytest.mark.parametrize(("last", "runs_on"), [(150, True), (230, True), (400, False)])
def test_a_chapter_begins_on_the_last_page_before_where_that_is_nearly_empty(
    placed: Any, last: int, runs_on: bool
) -> None:
    parts = [CHAPTER.format(1), figure("f-a", 600, SMALLEST), figure("f-b", last, SMALLEST)]
    at = placed(*parts, CHAPTER.format(2), figure("f-c", 200, SMALLEST), text("p-c"))
    assert at["f-b"][0] == at["f-a"][0] + 1
    assert at["c-2"][0] == at["f-b"][0] + (0 if runs_on else 1)
    assert at["c-2"] < at["f-c"] < at["p-c"]


def test_a_chapter_begins_a_page_where_its_figure_would_leave_the_last_one_empty(placed: Any) -> None:
    parts = [CHAPTER.format(1), figure("f-a", 600, SMALLEST), figure("f-b", 150, SMALLEST)]
    at = placed(*parts, CHAPTER.format(2), figure("f-c", 560, SMALLEST))
    assert at["c-2"][0] == at["f-c"][0] == at["f-b"][0] + 1


def test_sources_stay_with_their_figure_where_the_next_chapter_follows(placed: Any) -> None:
    last = "#sources-block([#metadata(none) <p-last>来源])\n"
    for height in range(300, 400, 10):
        parts = [CHAPTER.format(1), figure("f-a", 300, SMALLEST), figure("f-b", height, SMALLEST), last]
        at = placed(*parts, CHAPTER.format(2), figure("f-c", 100, SMALLEST))
        assert at["f-b"][0] == at["p-last"][0], height


def test_the_imprint_stands_below_the_contents_where_there_is_room(placed: Any) -> None:
    chapter = CHAPTER.format(1) + figure("f-a", 200)
    short = placed("#pagebreak(weak: true)\n= 版本信息 <c-opening-1>\n", text("p-a"), chapter)
    assert [short[one][0] for one in ("c-opening-1", "p-a", "c-1")] == [2, 2, 3]
    assert short["p-a"][1] > 0.8 * 842  # pt, at the foot
    long = placed("#pagebreak(weak: true)\n= 版本信息 <c-opening-1>\n", text("p-a", 75), chapter)
    assert [long[one][0] for one in ("c-opening-1", "p-a", "c-1")] == [3, 3, 4]


def test_figures_shrink_a_little_to_share_a_page(placed: Any) -> None:
    at = placed(CHAPTER.format(1), figure("f-a", 300), figure("f-b", 300), text("p-a"))
    assert at["f-a"][0] == at["f-b"][0]


def test_no_figure_shrinks_below_what_can_be_read(placed: Any) -> None:
    at = placed(CHAPTER.format(1), figure("f-a", 300, SMALLEST), figure("f-b", 300, SMALLEST), text("p-a"))
    assert at["f-a"][0] == at["p-a"][0] == at["f-b"][0] - 1


def test_what_fits_stands_as_it_was_written(placed: Any) -> None:
    at = placed(CHAPTER.format(1), text("p-a"), figure("f-a", 200), text("p-b"), table("t-a", 3), text("p-c"))
    assert list(at) == ["c-1", "p-a", "f-a", "p-b", "t-a", "t-a-0", "t-a-1", "t-a-2", "p-c"]
    assert len({page for page, _ in at.values()}) == 1


@pytest.mark.parametrize("rows", [6, 14, 31])
def test_no_fewer_than_three_rows_of_a_table_stand_alone(placed: Any, rows: int) -> None:
    """Tables that begin at every height of a page, in a chapter without figures, and so set by typst alone."""
    starts = [f"#v({above}pt)\n" for above in range(420, 660, 9)]
    parts = [CHAPTER.format(n) + start + table(f"t-{n}", rows) for n, start in enumerate(starts)]
    at = placed(*parts)
    for n in range(len(starts)):
        pages = [at[f"t-{n}-{row}"][0] for row in range(rows)]
        assert min(pages.count(page) for page in set(pages)) >= 3, (starts[n], pages)
        assert at[f"t-{n}"][0] == pages[0]  # the caption stands over the rows


def test_a_table_of_a_few_low_rows_stays_whole(placed: Any) -> None:
    """Even where it would save a page to break it."""
    for height in range(420, 560, 20):
        at = placed(CHAPTER.format(1), figure("f-a", height, 0.01), table("t-a", 5), figure("f-b", 540, 0.01))
        assert len({at[f"t-a-{row}"][0] for row in range(5)}) == 1
