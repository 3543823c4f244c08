"""What the box of the site answers, over a table made by hand (asked.py), and how the page prints numbers."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from pipeline.findings.measures import Quantity
from pipeline.indicators.evaluate import TABLE as COLUMNS
from pipeline.indicators.model import load_catalogue
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.publish import explore
from pipeline.wording import scripts
from tests.browser.conftest import browser  # noqa: F401  (without node)
from tests.conftest import ROOT
from tests.publish import asked

SCRIPTS = "\n".join(
    (ROOT / "reports/theme" / name).read_text("utf-8") for name in ("figures.js", "ask.js", "answer.js")
)
RUN = """
function run(given) {
  var window = {}, figures = greenFigures.read((new Function("window", given.data + "return window.greenTable;"))(window), given.english);
  var ask = greenAnswer(figures);
  return { answers: given.questions.map(function (one) { return ask(one); }),
    printed: given.values.map(function (one) { return figures.print(one[0], one[1]); }) };
}
"""
Answers = Sequence[dict[str, Any]]


class Asking:
    """Runs the scripts in node, else in Chromium."""

    def __init__(self, request: pytest.FixtureRequest, data: str) -> None:
        self.data, self.node = data, shutil.which("node")
        self.page = None if self.node else request.getfixturevalue("browser").new_page()
        if self.page is not None:
            self.page.add_script_tag(content=SCRIPTS + RUN)

    def run(
        self, questions: Sequence[str] = (), values: Sequence[tuple[str, float]] = (), english: bool = False
    ) -> Any:
        told = json.dumps({"data": self.data, "questions": questions, "values": values, "english": english})
        if self.page is not None:
            return json.loads(self.page.evaluate("told => JSON.stringify(run(JSON.parse(told)))", told))
        end = "process.stdout.write(JSON.stringify(run(JSON.parse(require('fs').readFileSync(0, 'utf8')))));"
        done = subprocess.run(
            [str(self.node), "-e", SCRIPTS + RUN + end], input=told, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    def __call__(self, questions: Sequence[str], english: bool = False) -> Answers:
        answers: Answers = self.run(questions, english=english)["answers"]
        return answers


def table(layout: Layout) -> pl.DataFrame:
    """The table of asked.py as `indicators.parquet` has it."""
    units = {one.id: one.unit for one in load_catalogue(layout)}
    cells = [
        {"indicator_id": id, "region_code": code, "year": year, "value": None if value == asked.C else value, "unit": units[id]}
        | {"flag": "suppressed" if value == asked.C else asked.FLAGS.get((id, code))}
        for (id, code), values in asked.TABLE.items()
        for year, value in zip(asked.YEARS, values, strict=True)
    ]  # fmt: skip
    for id, code, year, dimension, member, value in asked.PARTS:
        cells.append(
            {"indicator_id": id, "region_code": code, "year": year, "value": value, "unit": units[id]}
            | {"dimension": dimension, "member": member}
        )
    return pl.DataFrame([dict.fromkeys(COLUMNS) | one for one in cells], schema=COLUMNS)


@pytest.fixture(scope="module")
def asking(request: pytest.FixtureRequest, layout: Layout) -> Asking:
    edition: Any = SimpleNamespace(name="2025-sample", year=2025)
    return Asking(request, explore.data(layout, edition, load_catalogue(layout).public, table(layout)))


def test_answers_are_those_stated_by_hand(asking: Asking) -> None:
    found = asking([question for question, _ in asked.ANSWERED])
    told = [(question, one["kind"], one["text"]) for (question, _), one in zip(asked.ANSWERED, found, strict=True)]
    assert told == [(question, "answer", answer) for question, answer in asked.ANSWERED]
    assert len(asked.ANSWERED) >= 170


def test_what_cannot_be_answered_is_told_in_a_sentence(asking: Asking) -> None:
    found = asking([question for question, _ in asked.REFUSED])
    told = [(question[:40], one["kind"], one["text"]) for (question, _), one in zip(asked.REFUSED, found, strict=True)]
    assert told == [(question[:40], "refused", answer) for question, answer in asked.REFUSED]


def test_what_has_several_meanings_names_them_and_each_can_be_asked(asking: Asking) -> None:
    found = asking([question for question, _ in asked.AMBIGUOUS])
    for (question, readings), one in zip(asked.AMBIGUOUS, found, strict=True):
        assert (question, one["kind"], [each["text"] for each in one["readings"]]) == (question, "ambiguous", readings)
        assert {each["kind"] for each in asking([each["ask"] for each in one["readings"]])} == {"answer"}


def test_a_short_name_is_answered_with_what_else_it_can_mean(asking: Asking) -> None:
    [one] = asking(["广东 2024 PUE"])
    assert one["also"] == "“PUE”还可以指："
    assert [each["text"] for each in one["readings"]] == ["新建大型、超大型数据中心PUE"]
    [other] = asking([one["readings"][0]["ask"]])
    assert other["text"] == "广东 2024 年新建大型、超大型数据中心PUE：1.34。"
    assert one["about"] == "dc.pue.all"
    assert one["choice"] == {"i": ["dc.pue.all"], "r": ["440000"], "y": [2024, 2024], "v": "table"}


def test_an_english_page_answers_in_english(asking: Asking) -> None:
    found = asking([question for question, _ in asked.ENGLISH], english=True)
    assert [one["text"] for one in found] == [answer for _, answer in asked.ENGLISH]
    refused = asking([question for question, _ in asked.REFUSED], english=True)
    assert {one["kind"] for one in refused} == {"refused"}


def test_nothing_is_asked_where_nothing_stands(asking: Asking) -> None:
    assert [one["kind"] for one in asking(["", "   ", "\u3000"])] == ["empty"] * 3


def test_no_word_more_is_swallowed(asking: Asking) -> None:
    """Whatever is put somewhere into a question that is answered: an answer that stays must be the same answer."""
    draw = random.Random(24)
    strange = [
        "企业",
        "月",
        "x",
        "估",
        "😀",
        "<",
        "&",
        "不",
        "q8",
        "人均",
        "%",
        "\u0000",
        "除",
        "'",
        '"',
        "另",
        "\U00020000",
    ]
    asks = []
    for question, _ in asked.ANSWERED:
        at, sign = draw.randrange(len(question) + 1), draw.choice(strange)
        asks.append((question, question[:at] + sign + question[at:]))
    plain, found = asking([one for one, _ in asks]), asking([one for _, one in asks])
    kept = [pair for pair, one in zip(asks, found, strict=True) if one["kind"] == "answer"]
    differ = [
        (changed, other["text"])
        for (_, changed), one, other in zip(asks, plain, found, strict=True)
        if other["kind"] == "answer" and one["text"] != other["text"]
    ]
    assert differ == [], differ
    assert len(kept) < 45  # quotation marks only, and what stands alone


@pytest.mark.parametrize("language", ["zh", "en"])
def test_numbers_are_printed_as_the_reports_print_them(asking: Asking, layout: Layout, language: str) -> None:
    catalogue, draw = load_catalogue(layout).public, random.Random(7)
    ids = sorted({id for id, _ in asked.TABLE})
    values = [
        (id, sign * draw.random() * 10 ** draw.randint(-8, 14)) for id in ids for sign in (1, -1) for _ in range(60)
    ]
    values += [
        (id, value)
        for id in ids
        for value in (0.0, 0.005, 2.675, 1.005, 9999.95, 99999999.5, 9999999999.0, 1e16, 1e-7, 12.0)
    ]
    words = Words(language)
    expected = [scripts(words.say(Quantity(catalogue[id].measure, value))) for id, value in values]
    assert asking.run(values=values, english=language == "en")["printed"] == expected
    if language == "zh":
        by_hand = {
            ("energy.electricity", 9999999999.0): "100.0 亿kWh",
            ("dc.pue.all", 2.675): "2.68",
            ("dc.pue.all", 1.005): "1.01",
        }
        assert {pair: told for pair, told in zip(values, expected, strict=True) if pair in by_hand} == by_hand
