"""What the intake's own checks tie together: every pair of sums by hand, so that none is lost when an indicator changes."""

from __future__ import annotations

import polars as pl
import pytest
from scipy.optimize import linprog

from pipeline.disclosure.definitions import SIZES, Line, agreeing, bounds, near
from pipeline.given import reference
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout


def test_what_check_wants_to_agree_is_known_to_everybody(layout: Layout) -> None:
    electricity = "energy.electricity"
    found = {(pair.one[0][0], pair.one[0][2]): ([(line[0], line[2]) for line in pair.other], pair.scale, pair.by_filer) for pair in near(load_catalogue(layout))}  # fmt: skip
    assert found == {
        (electricity, "data_centre"): ([("dc.electricity", None)], 1.0, True),
        (electricity, "core_room"): ([("room.pue.all", "core")], 1.0, True),
        (electricity, "access_room"): ([("room.pue.all", "aggregation"), ("room.pue.all", "access")], 1.0, True),
        (electricity, "base_station"): ([("bs.electricity", None)], 1.0, True),
        ("energy.water", "data_centre"): ([("dc.wue", None)], 0.001, True),
        ("energy.resold", None): ([("energy.received", None)], 1.0, False),
    }


def test_sizes_of_data_centres_are_those_of_the_standards(layout: Layout) -> None:
    limits = dict(
        reference.pue_standards(layout).filter(pl.col("kind") == "size_class").select("item", "number").rows()
    )
    assert limits["hyperscale"] == SIZES["hyperscale"][0] == SIZES["large"][1]
    assert limits["medium_small"] == SIZES["large"][0] == SIZES["medium_small"][1]


IT, NEW_IT = ("dc.it_electricity", None, None, "numerator"), ("dc.pue.new_large", None, None, "denominator")
NEW = ("dc.pue.new_large", None, None, "numerator")


def least(layout: Layout, wanted: Line, known: dict[Line, float]) -> float:
    """What the line is at least, by the bounds, where the other lines are these."""
    lines = [wanted, *known]
    catalogue = load_catalogue(layout)
    rows = [*bounds(catalogue, lines), *agreeing(catalogue, lines)]
    matrix = [[row.get(line, 0.0) for line in lines] for row in rows]
    fixed = [(value, value) for value in known.values()]
    done = linprog([1.0] + [0.0] * len(known), A_ub=matrix, b_ub=[0.0] * len(rows), bounds=[(0, None), *fixed])
    return float(done.fun)


def in_hub(line: Line) -> Line:
    return line[0], "hub_cluster", "重庆", line[3]


def test_what_is_in_no_hub_is_bounded_by_all_that_is_in_none(layout: Layout) -> None:
    """Of 100 in all centres 40 are in the hub, so 60 in none; of 80 in new large ones at most 60 are there too, 20 in the hub."""
    known = {IT: 100.0, in_hub(IT): 40.0, NEW_IT: 80.0}
    assert least(layout, in_hub(NEW_IT), known) == pytest.approx(20.0)


def test_a_quotient_is_in_its_range_outside_the_hubs_too(layout: Layout) -> None:
    """A PUE is 5 at most: 30 of IT outside the hub use 150 at most, so that of 240 the hub uses 90 at least, not just its IT."""
    known = {NEW: 240.0, NEW_IT: 100.0, in_hub(NEW_IT): 70.0}
    assert least(layout, in_hub(NEW), known) == pytest.approx(90.0)


def test_two_tables_agree_within_the_tolerance_of_check(layout: Layout) -> None:
    """Water of the centres, 100 t, within 5 % of that in energy, m3: the latter is at least 100 / 1.05."""
    litres, water = ("dc.wue", None, None, "numerator"), ("energy.water", "facility_type", "data_centre", "numerator")
    assert least(layout, water, {litres: 100_000.0}) == pytest.approx(95.2381)
