"""A worked example: values, points, grades, pending ones, vetoes and what is missing, by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline.evaluation import told
from pipeline.evaluation.evaluate import Evaluation, evaluate
from pipeline.evaluation.scheme import Scheme
from pipeline.indicators.model import load_catalogue
from pipeline.language.words import CHINESE
from pipeline.layout import Layout
from tests.evaluation.conftest import filed, table

GOOD = {("dc.pue.all", "G", 2025): 1.15, ("green.share", "G", 2025): 0.6}  # everything at its best
MIDDLING = {("dc.pue.all", "M", 2025): 1.3, ("green.share", "M", 2025): 0.3}  # 60 of 100 by the table, 50
PUE_ONLY = {("dc.pue.all", "P", 2025): 1.2}
BARE = {("green.share", "N", 2025): 0.5}  # no PUE
KINDS = dict.fromkeys("GMPN", "basic_telecom") | {"T": "tower"}
FUNDS = [("G", "专项资金", "done", True), ("M", "专项资金", "in_progress", True)]


def graded(scheme: Scheme, values: dict[tuple[str, str, int], float], **more: Any) -> Evaluation:
    accepted = filed(KINDS, more.get("funds", FUNDS))
    return evaluate(scheme, table(values), accepted, more.get("quarantine", {}), 2025, 2020)


def rows(found: Evaluation) -> dict[str, dict[str, Any]]:
    return {row["entity_id"]: row for row in found.enterprises.to_dicts()}


def criterion(found: Evaluation, entity: str, id: str) -> dict[str, Any]:
    return found.criteria.filter(entity_id=entity, criterion=id).row(0, named=True)


def test_points_and_grades_by_hand(loaded: Callable[..., Scheme]) -> None:
    found = graded(loaded(), GOOD | MIDDLING | PUE_ONLY | BARE)
    by = rows(found)
    assert by["G"]["points"] == pytest.approx(100)
    # PUE 60 * 0.5 + green 50 * 0.3 + fund 50 * 0.2
    assert by["M"]["points"] == pytest.approx(30 + 15 + 10)
    # PUE 100 * 0.5; neither green power nor the fund filed: no points
    assert by["P"]["points"] == pytest.approx(50)
    # no PUE: left out, its weight shared; green 100 * 0.6, no fund
    assert by["N"]["points"] == pytest.approx(60)
    assert [by[one]["rank"] for one in "GNMP"] == [1, 2, 3, 4]
    assert {row["of"] for row in by.values()} == {4}
    assert [by[one]["by_points"] for one in "GMPN"] == ["A", "B", "B", "B"]
    assert by["G"]["grade"] == "A"
    assert by["G"]["why"] == "given"
    assert by["N"]["missing"] == ["pue", "fund"]
    assert by["N"]["there"] == pytest.approx(0.3)
    assert (by["N"]["why"], by["N"]["grade"]) == ("little", None)  # 30 % of the weight has values, 50 % is asked for
    assert "T" not in by  # the scheme is not for towers


def test_a_grade_that_hangs_on_a_choice_is_pending_between_two(loaded: Callable[..., Scheme], layout: Layout) -> None:
    scheme = loaded({"{id: B, least: 50}": "{id: B, least: 54}"})
    row = rows(graded(scheme, MIDDLING))["M"]
    # 55 points, one above the limit: without the fund or with other scalings it is else, so in no 90 % of the draws the same
    assert row["by_points"] == "B"
    assert row["why"] == "pending"
    assert row["held"] < 0.9
    assert sum(row["by_grade"]) == pytest.approx(1)
    assert told.between(row, scheme) in ("B/C", "A/B")
    assert CHINESE.say(told.grade(row, scheme)) == f"待定（{told.between(row, scheme)}）"


def test_a_value_without_which_there_is_no_grade(loaded: Callable[..., Scheme]) -> None:
    scheme = loaded(
        {"missing: left_out": "missing: no_grade", "objection: 可以提出": "objection: 可以提出\nleast_weight: 0"}
    )
    row = rows(graded(scheme, BARE))["N"]
    assert (row["why"], row["grade"], row["points"]) == ("missing", None, pytest.approx(60))


def test_little_is_what_the_scheme_says(loaded: Callable[..., Scheme]) -> None:
    scheme = loaded({"objection: 可以提出": "objection: 可以提出\nleast_weight: 0.3"})
    assert rows(graded(scheme, BARE))["N"]["why"] != "little"


def test_a_decision_caps_the_grade(loaded: Callable[..., Scheme]) -> None:
    decided = {"publication:": "decisions: [{entity: G, year: 2025, veto: forged, document: 一号}]\npublication:"}
    row = rows(graded(loaded(decided), GOOD))["G"]
    assert (row["by_points"], row["grade"], row["vetoes"]) == ("A", "C", ["forged"])
    assert row["held"] == pytest.approx(1)
    other_year = {"publication:": "decisions: [{entity: G, year: 2024, veto: forged, document: 一号}]\npublication:"}
    assert rows(graded(loaded(other_year), GOOD))["G"]["grade"] == "A"


def test_too_many_rejected_rows_cap_the_grade(loaded: Callable[..., Scheme]) -> None:
    # one row of progress was accepted; two rejected of it are two thirds, of another enterprise's none
    refused = pl.DataFrame({"entity_id": ["G", " G", "M"], "year": ["2025", "2025", "2024"]})
    by = rows(graded(loaded(), GOOD | MIDDLING, quarantine={"energy": refused}))
    assert (by["G"]["vetoes"], by["G"]["grade"]) == (["errors"], "B")
    assert by["M"]["vetoes"] == []


def test_a_fact_is_what_the_whole_enterprise_filed_else_its_provinces(loaded: Callable[..., Scheme]) -> None:
    provinces = [
        ("G", "专项资金", "done", False),
        ("G", "专项资金", "not_started", False),
        ("G", "别的", "done", False),
    ]
    found = graded(loaded(), GOOD, funds=provinces)
    assert criterion(found, "G", "fund")["points"] == pytest.approx(50)  # one of two
    both = graded(loaded(), GOOD, funds=[*provinces, ("G", "专项资金", "done", True)])
    assert criterion(both, "G", "fund")["points"] == pytest.approx(100)


def test_what_would_lift_an_enterprise(loaded: Callable[..., Scheme], layout: Layout) -> None:
    found = graded(loaded(), MIDDLING)
    pue, green, fund = (criterion(found, "M", id) for id in ("pue", "green", "fund"))
    assert (pue["next_value"], pue["next_points"], pue["gain"]) == (1.2, 100, pytest.approx(20))  # 40 * 0.5
    assert (green["next_value"], green["gain"]) == (0.5, pytest.approx(15))  # 50 * 0.3
    assert (fund["next_points"], fund["gain"]) == (100, pytest.approx(10))  # 50 * 0.2
    assert [one["criterion"] for one in told.lifts(found.criteria, "M", 2)] == ["pue", "green"]


def test_points_of_a_dimension(loaded: Callable[..., Scheme]) -> None:
    scheme = loaded()
    found = told.by_dimension(graded(scheme, MIDDLING).criteria, scheme.sets[0])
    points = {row[1]: row[2] for row in found.filter(entity_id="M").iter_rows()}
    assert points == {"energy": pytest.approx((60 * 0.5 + 50 * 0.3) / 0.8), "house": 50}  # 56.25


def test_a_value_is_printed_on_its_side_of_a_limit(loaded: Callable[..., Scheme], layout: Layout) -> None:
    scheme, catalogue = loaded(), load_catalogue(layout)
    pue = scheme.sets[0].criteria[0]
    row = dict.fromkeys(("done", "in_progress", "not_started", "before"))
    assert told.value(pue, row | {"value": 1.4004}, catalogue, 2020) == "1.4004"
    assert told.value(pue, row | {"value": 1.3996}, catalogue, 2020) == "1.40"
    assert CHINESE.say(told.rule(pue, catalogue, 2020)) == "≤ 1.20：100 分；≤ 1.40：60 分；≤ 1.50：40 分；其余：0 分"


def test_nobody_is_evaluated_without_filings(loaded: Callable[..., Scheme]) -> None:
    assert evaluate(loaded(), table({}), {}, {}, 2025, 2020).enterprises.is_empty()
    assert graded(loaded(), {}, funds=[]).enterprises.is_empty()
