"""What the chapter on enterprises says: of graded ones, of the public, and nothing where there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import nbformat
import polars as pl
import pytest

from pipeline.build.declared import reads
from pipeline.build.plan import chapters
from pipeline.chapters import evaluation
from pipeline.chapters.evaluation import Graded
from pipeline.disclosure.graded import GRADED
from pipeline.evaluation.evaluate import evaluate
from pipeline.evaluation.scheme import Scheme
from pipeline.indicators.model import load_catalogue
from pipeline.language.facts import pack
from pipeline.language.words import CHINESE, Words
from pipeline.layout import Layout
from pipeline.reports.blocks import ENGLISH, FACTS, MIME, Block, frame
from pipeline.reports.text import told
from tests.conftest import ROOT
from tests.evaluation.conftest import filed, loaded, table  # noqa: F401  (loaded is a fixture)

NOTEBOOK = ROOT / "notebooks" / "13_evaluation.ipynb"
SOURCE = "\n".join(cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code")
ALWAYS = {"now": 2025, "own": "全国", "nation": True, "any_graded": True, "told": False, "cards": [], "sets": []}
OF_SCHEME = {
    "scheme": {"title": "小方案", "notice": "示范而已。", "official": False, "held": 0.9},
    "dimensions": ["用能", "管理"],
    "limits": [{"grade": "A", "least": 80.0}, {"grade": "B", "least": 0.0}],
    "vetoes": [{"title": "造假", "cap": "B", "clause": "认定"}],
    "named": ["A"],
    "objection": "可以提出。",
    "draws": 10_000,
    "base": 2020,
    "shown": 40,
}


def says(language: str, facts: Mapping[str, Any], blocks: list[Block]) -> list[Any]:
    """The text's parts, filled with facts: texts, and what it places."""
    shown = [{MIME: one.payload(), ENGLISH: one.payload(Words("en"))} for one in blocks]
    path = ROOT / "notebooks" / "text" / language / "13_evaluation.md"
    return told(path, Words(language), [{FACTS: pack(facts)}, *shown], SOURCE)


@pytest.fixture
def graded(loaded: Callable[..., Scheme], layout: Layout) -> Graded:  # noqa: F811
    """G has 100 points and a grade, M 55 and none that holds."""
    scheme = loaded({"{id: B, least: 50}": "{id: B, least: 54}"})
    values = {("dc.pue.all", "G", 2025): 1.15, ("green.share", "G", 2025): 0.6}
    values |= {("dc.pue.all", "M", 2025): 1.3, ("green.share", "M", 2025): 0.3}
    funds = [("G", "专项资金", "done", True), ("M", "专项资金", "in_progress", True)]
    accepted = filed(dict.fromkeys("GM", "basic_telecom"), funds)
    found = evaluate(scheme, table(values), accepted, {}, 2025, 2020)
    return Graded(scheme, found, load_catalogue(layout), 2020)


def test_all_enterprises_are_told_inside(graded: Graded) -> None:
    summary = graded.summary()
    assert (summary["n"], summary["grades"], summary["pending"], summary["none"]) == (2, [{"grade": "A", "n": 1}], 1, 0)
    blocks: list[Block] = [
        graded.standing("t-evaluation-standing"), graded.intervals("f-evaluation-points"),
        graded.dimensions("t-evaluation-dimensions"), graded.lifts("t-evaluation-lifts"),
    ]  # fmt: skip
    facts = ALWAYS | OF_SCHEME | {"summary": summary}
    parts = says("zh", facts, blocks)
    text = "".join(part for part in parts if isinstance(part, str))
    assert "按《小方案》评价了 2 家企业：A 级 1 家，待定 1 家。" in text
    assert "示范而已。" in text
    assert "A 80 分以上，其余为 B。" in text
    assert [part["id"] for part in parts if isinstance(part, dict)] == [one.id for one in blocks]
    assert "2 enterprises were evaluated" in "".join(
        part for part in says("en", facts, blocks) if isinstance(part, str)
    )
    rows = frame(graded.standing("t-x")).to_dicts()
    assert (rows[0]["grade"], rows[0]["points"], rows[0]["rank"]) == ("A", "100.0", "1/2")
    assert rows[1]["grade"].startswith("待定（")
    lift = frame(graded.lifts("t-x")).to_dicts()
    mine = [row for row in lift if row["gain"] == "+20.0"]
    assert [(row["criterion"], row["now"], row["next"]) for row in mine] == [("PUE", "1.30", "1.20")]


def test_many_enterprises_are_shown_in_part_on_paper(graded: Graded) -> None:
    found = graded.found.enterprises
    many = pl.concat([found.with_columns(entity_id=pl.lit(f"E{n:02}"), name=pl.lit(f"企业{n:02}")) for n in range(30)])
    several = replace(graded, found=replace(graded.found, enterprises=many))
    points = several.intervals("f-evaluation-points")
    assert frame(points).height == 40
    blocks: list[Block] = [
        several.standing("t-evaluation-standing"),
        points,
        several.dimensions("t-evaluation-dimensions"),
    ]
    assert [len(one.payload()["brief"]["rows"]) for one in (blocks[0], blocks[2])] == [40, 40]
    assert blocks[0].payload()["left"] == "其余 20 行见网页和数据文件。"
    facts = ALWAYS | OF_SCHEME | {"summary": several.summary()}
    placed = [*blocks, graded.lifts("t-evaluation-lifts")]
    for language, told_so in (("zh", "只画各类企业中依次排列的前 40 家"), ("en", "Only the first 40")):
        said = says(language, facts, placed)
        assert told_so in str(said)
        assert ("见附册，每个数值" in str(said), "in the annex; the letter" in str(said)) == (False, False)


def test_a_card_tells_every_criterion_and_what_it_rests_on(graded: Graded) -> None:
    card = graded.card(graded.rows[0], "t-card")
    assert CHINESE.say(card.title) == "企业G：A，100.0 分"
    assert frame(card).select("criterion", "value", "points", "weight", "rests_on").rows() == [
        ("PUE", "1.15", "100.0", "50.0%", "dc.pue.all"),
        ("绿电", "60.0%", "100.0", "30.0%", "green.share"),
        ("资金", "已完成", "100.0", "20.0%", "行动 13：专项资金"),
    ]


def test_the_public_is_told_the_scheme_and_that_grades_are_withheld(graded: Graded) -> None:
    assert evaluation.public(graded.scheme, pl.DataFrame(schema=GRADED), "t-evaluation-public") is None
    [rules] = [evaluation.rules(graded.scheme, graded.catalogue, 2020, graded.scheme.sets[0], "t-evaluation-rules-1")]
    parts = says("zh", ALWAYS | OF_SCHEME | {"summary": None, "sets": ["t-evaluation-rules-1"]}, [rules])
    text = "".join(part for part in parts if isinstance(part, str))
    assert "各等级的企业数和名称按保密规则不予公布。" in text
    assert "企业G" not in str(parts)
    assert [part["id"] for part in parts if isinstance(part, dict)] == ["t-evaluation-rules-1"]
    assert frame(rules)["rule"][1] == "10.0%：0 分，50.0%：100 分，其间按直线"


def test_the_public_is_told_numbers_and_names_and_nothing_else(graded: Graded) -> None:
    grades = pl.DataFrame([("A", 12, ["甲", "乙"]), (None, 5, [])], schema=GRADED, orient="row")
    found = evaluation.public(graded.scheme, grades, "t-evaluation-public")
    assert found is not None
    assert frame(found).rows() == [("A", 12, "甲、乙"), ("待定或不评级", 5, "—")]
    named = evaluation.public(
        graded.scheme, grades.head(1).with_columns(n=pl.lit(None, pl.Int64)), "t-evaluation-public"
    )
    assert named is not None
    assert frame(named).rows() == [("A", "甲、乙")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_said_without_a_scheme(language: str) -> None:
    parts = says(language, ALWAYS | {"any_graded": False, "summary": None}, [])
    assert [part for part in parts if not isinstance(part, str) or not part.startswith("#")] == []


def test_no_other_chapter_can_read_the_evaluation() -> None:
    """So that nothing else changes with a scheme: a chapter is given only what it declares. The highlights have one line of it."""
    reading = {path.stem for path in chapters(ROOT / "notebooks") if "evaluation" in reads(path)}
    assert reading == {"00_highlights", "13_evaluation"}
