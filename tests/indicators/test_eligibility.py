"""The self-check for national green data centres, of centres whose answers are plain."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.given import reference
from pipeline.given.reference import Plan
from pipeline.indicators import centres, eligibility
from pipeline.layout import Layout
from tests.indicators.test_centres import centre, filed

GWH = 1e6
GUANGDONG = {"440000": 0.30}
# 5000 racks, 3600 in use (72 %), PUE 1.25 (grade 2), 40 of 125 GWh green (32 %)
GOOD = centre("A", 2023, 5000, 100, 125, racks_in_use=3600.0, green_kwh=40 * GWH)


@pytest.fixture
def plan(layout: Layout) -> Plan:
    return reference.load_plan(layout)


def checked(layout: Layout, plan: Plan, *changes: dict[str, object], weights: dict[str, float] = GUANGDONG) -> pl.DataFrame:  # fmt: skip
    rows = filed(*(GOOD | one for one in changes))
    return eligibility.checked(centres.centres(rows, reference.pue_standards(layout), plan, 2025), weights)


def told(table: pl.DataFrame) -> list[tuple[object, ...]]:
    return table.select("racks_is", "rack_use_is", "pue_is", "grade_is", "renewable_is", "status", "lacks").rows()


def test_a_centre_that_meets_all(layout: Layout, plan: Plan) -> None:
    table = checked(layout, plan, {})
    assert told(table) == [("met", "met", "met", "met", "met", "met", [])]
    assert table.select("racks", "rack_use", "pue", "renewable", "weight").row(0) == (5000, 0.72, 1.25, 0.32, 0.30)


def test_what_is_not_filed_is_unknown(layout: Layout, plan: Plan) -> None:
    table = checked(layout, plan, {"racks_in_use": None}, {"province_code": "330000"}, {"it_kwh": 0.0},
                    {"commissioned_year": 2025, "commissioned_month": 4})  # fmt: skip
    assert told(table) == [
        ("met", "unknown", "met", "met", "met", "unknown", ["racks_in_use"]),
        ("met", "met", "met", "met", "unknown", "unknown", ["weight"]),  # of 浙江 no weight is known
        ("met", "met", "unknown", "unknown", "met", "unknown", ["power"]),
        ("met", "met", "unknown", "unknown", "met", "unknown", ["months"]),
    ]


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"standard_racks": 2990.0, "racks_in_use": 2000.0}, ["racks"]),
        ({"racks_in_use": 2999.0}, ["rack_use"]),  # 59.98 %
        ({"total_kwh": 130.1 * GWH}, ["pue", "grade"]),  # 40 of 130.1 is 30.7 %
        ({"green_kwh": 37 * GWH}, ["renewable"]),  # 29.6 %
    ],
)
def test_what_is_short_of_a_limit_is_missed(
    layout: Layout, plan: Plan, change: dict[str, object], missed: list[str]
) -> None:
    row = checked(layout, plan, change).row(0, named=True)
    assert [name for name in eligibility.CRITERIA if row[f"{name}_is"] == "missed"] == missed
    assert row["status"] == "missed"


def test_an_edge_centre_has_no_grade(layout: Layout, plan: Plan) -> None:
    edge = {"standard_racks": 100.0, "racks_in_use": 80.0}
    assert told(checked(layout, plan, edge)) == [("missed", "met", "met", "unknown", "met", "missed", ["grade"])]


def test_the_limits_belong_to_what_meets_them(layout: Layout, plan: Plan) -> None:
    """3000 racks, 1800 in use, 130 over 100, 39 of 130 green."""
    edge = {"standard_racks": 3000.0, "racks_in_use": 1800.0, "total_kwh": 130 * GWH, "green_kwh": 39 * GWH}
    assert told(checked(layout, plan, edge))[0][5] == "met"


def test_one_missed_outweighs_what_is_unknown(layout: Layout, plan: Plan) -> None:
    assert told(checked(layout, plan, {"racks_in_use": 100.0}, weights={}))[0][5:] == ("missed", ["weight"])


def test_weights_are_those_of_the_year(layout: Layout) -> None:
    standards = reference.pue_standards(layout)
    assert eligibility.weights(standards, 2025) == {}  # no table of the provinces was found
    row = {"kind": "renewable_weight", "item": "500000", "value": "34.2%", "year": "2025"}
    more = pl.concat([standards, pl.DataFrame([row, row | {"year": "2026", "value": "35.2%"}])], how="diagonal")
    assert eligibility.weights(more, 2025) == {"500000": pytest.approx(0.342)}
