"""Points by hand, and against an index whose working was published."""

from __future__ import annotations

from collections.abc import Callable
from math import log, sqrt

import numpy as np
import pytest

from pipeline.evaluation import points
from pipeline.evaluation.robustness import Draws, simulated
from pipeline.evaluation.scheme import Criterion, Scheme

NAN = float("nan")


def criterion(**how: object) -> Criterion:
    common = {"id": "x", "title": "x", "dimension": "d", "indicator": "i", "weight": 1.0, "interval": (1.0, 1.0)}
    return Criterion.model_validate(common | {"missing": "left_out", "clause": "c"} | how)


PUE = criterion(better="lower", table=[[1.2, 100], [1.4, 60], [1.5, 40]])


def test_a_table_gives_the_points_of_the_first_limit_that_is_reached() -> None:
    values = np.array([1.1, 1.2, 1.21, 1.4, 1.45, 1.5, 1.51, NAN])
    assert points.declared(PUE, values)[:-1].tolist() == [100, 100, 60, 60, 40, 40, 0]
    assert np.isnan(points.declared(PUE, values)[-1])
    share = criterion(better="higher", table=[[0.9, 100], [0.8, 50]])
    assert points.declared(share, np.array([0.95, 0.9, 0.1 + 0.8, 0.899, 0.8, 0.1])).tolist() == [
        100,
        100,
        100,
        50,
        50,
        0,
    ]


def test_what_is_hit_but_for_the_noise_of_binary_sums_is_hit() -> None:
    assert 10.8 / 9 > 1.2
    assert points.declared(PUE, np.array([10.8 / 9])).tolist() == [100]


def test_a_line_runs_between_its_bounds() -> None:
    line = criterion(better="higher", linear=[0.1, 0.5])
    assert points.declared(line, np.array([0.0, 0.1, 0.2, 0.5, 0.9])) == pytest.approx([0, 0, 25, 100, 100])
    down = criterion(better="lower", linear=[2.0, 1.0])
    assert points.declared(down, np.array([2.5, 1.75, 1.0])) == pytest.approx([0, 25, 100])


def test_an_improvement_is_on_the_own_baseline() -> None:
    now, before = np.array([7.0, 11.0, 8.0, 3.0, NAN]), np.array([10.0, 10.0, NAN, 0.0, 10.0])
    found = points.improvement(now, before, "lower")
    assert found[:2] == pytest.approx([0.3, -0.1])
    assert np.isnan(found[2:]).all()
    own = criterion(better="lower", improvement=[0.0, 0.4])
    assert points.declared(own, found[:2]) == pytest.approx([75, 0])
    assert points.improvement(np.array([12.0]), np.array([10.0]), "higher") == pytest.approx([0.2])


def test_the_other_scalings_take_their_bounds_from_the_scheme() -> None:
    # (1.2, 100), (1.4, 60), (1.5, 40): the line falls to nothing at 1.7
    found = points.scaled([PUE], np.array([[1.2], [1.45], [1.7], [1.325]]))
    assert found[0, :, 0].tolist() == [100, 40, 0, 60]
    assert found[1, :, 0] == pytest.approx([100, 50, 0, 75])
    # bounds two standard deviations from the middle (1.45): 97.72, 50, 2.28; 1.325 is one from it: 84.13
    assert found[2, :, 0] == pytest.approx([97.72, 50, 2.28, 84.13], abs=0.005)


def test_what_is_missing_has_no_points_or_is_left_out() -> None:
    out, none = (
        criterion(better="higher", linear=[0, 1]),
        criterion(better="higher", linear=[0, 1], missing="no_points"),
    )
    found = points.scaled([out, none], np.array([[NAN, NAN]]))
    assert np.isnan(found[:, 0, 0]).all()
    assert found[:, 0, 1].tolist() == [0, 0, 0]


def test_the_weight_of_what_is_left_out_is_shared() -> None:
    whole, shared = points.together(np.array([[80.0, NAN, 20.0], [NAN, NAN, NAN]]), np.array([0.3, 0.5, 0.2]))
    assert whole[0] == pytest.approx(0.6 * 80 + 0.4 * 20)  # 56
    assert shared[0] == pytest.approx([0.6, 0, 0.4])
    assert np.isnan(whole[1])


def test_a_grade_goes_by_points_as_they_are_printed() -> None:
    found = points.grades(np.array([100, 80.0, 79.96, 79.94, 50.0, 49.9, 0.0]), [80, 50, 0])
    assert found.tolist() == [0, 0, 0, 1, 1, 2, 2]


def test_the_next_step() -> None:
    assert points.next_step(PUE, 1.45, 40.0) == (1.4, 60)
    assert points.next_step(PUE, 1.6, 0.0) == (1.5, 40)
    assert points.next_step(PUE, 1.0, 100.0) is None
    assert points.next_step(criterion(better="higher", linear=[0.1, 0.5]), 0.2, 25.0) == (0.5, 100.0)


def test_the_human_development_index_of_china_2010() -> None:
    """UNDP, Human Development Report 2010, technical note 1: the index of China is worked there from a life expectancy of 73.5
    years, 7.5 mean and 11.4 expected years of schooling and an income of 7,263 dollars; goalposts for the scale, a geometric mean
    of the dimensions: 0.663."""
    bounds = {"life": (20.0, 83.2), "mean": (0.0, 13.2), "expected": (0.0, 20.6), "income": (log(163), log(108_211))}
    values = {"life": 73.5, "mean": 7.5, "expected": 11.4, "income": log(7_263)}
    line = {
        name: float(points.declared(criterion(better="higher", linear=ends), np.array([values[name]]))[0])
        for name, ends in bounds.items()
    }
    assert line["life"] == pytest.approx(84.7, abs=0.05)
    assert line["mean"] == pytest.approx(56.8, abs=0.05)
    assert line["expected"] == pytest.approx(55.3, abs=0.05)
    assert line["income"] == pytest.approx(58.4, abs=0.05)
    education = sqrt(line["mean"] * line["expected"]) / 0.951
    dimensions = np.array([[[line["life"], education, line["income"]]]] * 3)
    third = np.full((1, 3), 1 / 3, np.float32)
    once = Draws(third, np.array([0]), np.array([True]), np.array([3]))
    assert simulated(dimensions, [0, 1, 2], once)[0, 0] == pytest.approx(66.3, abs=0.05)


def test_all_scalings_of_a_fact_are_the_schemes(loaded: Callable[..., Scheme]) -> None:
    fund = loaded().sets[0].criteria[2]
    assert points.scaled([fund], np.array([[50.0]]))[:, 0, 0].tolist() == [50, 50, 50]
