"""What everybody is told of grades, by hand."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.disclosure.graded import graded
from pipeline.disclosure.policy import Policy
from pipeline.evaluation import scheme as schemes
from pipeline.evaluation.scheme import Scheme
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout


@pytest.fixture(scope="module")
def scheme(layout: Layout) -> Scheme:
    """Grades AAA, AA, A, B, C; AAA and AA may be published."""
    return schemes.load(layout, "demo-2025", load_catalogue(layout))


def enterprises(**grades: int) -> pl.DataFrame:
    """So many of each grade, `none` without one; each a group of its own."""
    named = [(grade, no) for grade, n in grades.items() for no in range(n)]
    return pl.DataFrame(
        {
            "name": [f"{grade}-{no}" for grade, no in named],
            "group_id": [f"{grade}-{no}" for grade, no in named],
            "grade": [None if grade == "none" else grade for grade, _ in named],
        },
        schema={"name": pl.String, "group_id": pl.String, "grade": pl.String},
    )


def test_five_enterprises_are_not_told(scheme: Scheme) -> None:
    assert graded(enterprises(AA=2, none=3), scheme, Policy()).is_empty()


def test_many_are_counted_and_not_named(scheme: Scheme) -> None:
    found = graded(enterprises(AA=4, B=3, none=3), scheme, Policy())
    assert dict(found.select("grade", "n").iter_rows()) == {"AAA": 0, "AA": 4, "A": 0, "B": 3, "C": 0, None: 3}
    assert found["names"].list.len().sum() == 0


def test_a_grade_that_two_groups_have_hides_all_numbers(scheme: Scheme) -> None:
    assert graded(enterprises(AA=8, B=2, none=3), scheme, Policy()).is_empty()


def test_enterprises_of_one_group_are_one(scheme: Scheme) -> None:
    together = enterprises(AA=9, B=4).with_columns(
        group_id=pl.when(grade="B").then(pl.lit("one")).otherwise("group_id")
    )
    assert graded(together, scheme, Policy()).is_empty()


def test_names_need_the_policy_and_the_scheme(scheme: Scheme) -> None:
    found = graded(enterprises(AA=2, A=1, none=2), scheme, Policy(grades=True))
    assert found.rows() == [("AA", None, ["AA-0", "AA-1"])]
    silent = scheme.model_copy(update={"publication": schemes.Publication()})
    assert graded(enterprises(AA=2, none=3), silent, Policy(grades=True)).is_empty()


def test_no_points_are_among_what_is_told(scheme: Scheme) -> None:
    assert graded(enterprises(AA=20), scheme, Policy(grades=True)).columns == ["grade", "n", "names"]
    assert graded(enterprises(), scheme, Policy()).is_empty()
    assert graded(enterprises(AA=20), None, Policy(grades=True)).is_empty()
