"""Which cells are sensitive: the examples of the Handbook on Statistical Disclosure Control, and counts."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipeline.disclosure import rules
from pipeline.disclosure.policy import Policy, PublishedTotal
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout
from tests.disclosure.conftest import PLACES, material


def rule(layout: Layout, values: list[float], id: str = "energy.total", **policy: object) -> str | None:
    """The rule that holds of one cell of 广东-like contributions, one group each."""
    of = material(layout, {id: {("", "110000"): {chr(65 + n): value for n, value in enumerate(values)}}}, **policy)
    found = rules.sensitive(of.cells, of.contributions, PLACES, of.catalogue, of.policy, of.targets)
    told = dict(found.select("region_code", "rule").iter_rows())
    return told.get("110000")


# Handbook on Statistical Disclosure Control (sdcTools/HandbookSDC), section 4.2.1, examples 1 and 2: the two largest
# contributions and the total are printed there, the rest is what they leave.
EXAMPLE_1 = [50_000, 49_000, 1_000]
EXAMPLE_2 = [52_000, 50_000, 8_000]


def test_the_second_largest_can_tell_the_largest_to_two_percent_in_example_1(layout: Layout) -> None:
    """Safe by (1,90), for 50,000 is not more than 90 % of 100,000; but 100,000 - 49,000 is 2 % too much only."""
    assert rule(layout, EXAMPLE_1, dominance=0.90, p=0.10) == "p_percent"
    assert (
        rule(layout, EXAMPLE_1, dominance=0.90, p=0.02, protection=0.2) is None
    )  # 1,000 is not less than 2 % of 50,000


def test_example_2_is_safe_by_p_percent(layout: Layout) -> None:
    """110,000 - 50,000 is 15.4 % more than 52,000: safe with p = 10, not with p = 16."""
    assert rule(layout, EXAMPLE_2, p=0.10) is None
    assert rule(layout, EXAMPLE_2, p=0.16) == "p_percent"


def test_example_4_is_dominated(layout: Layout) -> None:
    """Section 4.2.2, example 4: 330 of which 300, 20 and 10 is unsafe by (1,85)."""
    assert rule(layout, [300, 20, 10], p=0.0) == "dominance"
    assert rule(layout, [300, 20, 10], p=0.0, dominance=0.91) is None  # 300 is 90.9 % of 330


def test_fewer_than_three_groups_are_too_few_and_nothing_hides_nobody(layout: Layout) -> None:
    assert rule(layout, [50, 50]) == "groups"
    assert rule(layout, [40, 30, 30]) is None
    assert rule(layout, [50, 50, 50], min_groups=4) == "groups"


def test_branches_of_one_group_are_one_contributor(layout: Layout) -> None:
    """Section 4.2.1, holdings: contributions are by group, so two provinces of one group do not make two contributors."""
    of = material(layout, {"energy.total": {("", "110000"): {"A": 60, "B": 20}, ("", "310000"): {"A": 10, "B": 10}}})
    found = rules.sensitive(of.cells, of.contributions, PLACES, of.catalogue, of.policy, of.targets)
    assert set(found["region_code"]) == {"110000", "310000", "east", "000000"}
    assert set(found["rule"]) == {"groups"}


@pytest.mark.parametrize(("values", "expected"), [([9], "count"), ([5, 4], "count"), ([10], None), ([8, 2], None)])
def test_counts_go_by_their_size_and_not_by_shares(layout: Layout, values: list[float], expected: str | None) -> None:
    assert rule(layout, values, id="sharing.new_sites") == expected


def test_a_small_amount_is_no_small_number(layout: Layout) -> None:
    assert rule(layout, [3, 3, 3]) is None


def test_units_of_enterprises_need_groups_too(layout: Layout) -> None:
    units = ("stations",)
    assert rule(layout, [900, 80], id="bs.stations", units=units) == "groups"
    assert rule(layout, [980, 10, 10], id="bs.stations", units=units) is None  # no dominance
    assert rule(layout, [3, 3, 3], id="bs.stations", units=units) == "count"


def test_a_group_that_publishes_its_total_hides_nobody_in_the_nation(layout: Layout) -> None:
    values = {("", "110000"): {"A": 40.0, "B": 30.0, "C": 30.0}}
    known = PublishedTotal(group="C", indicator="energy.total", year=2025, value=30.0, source="年报")
    of = material(layout, {"energy.total": values}, published_totals=(known,))
    found = rules.sensitive(of.cells, of.contributions, PLACES, of.catalogue, of.policy, of.targets)
    assert dict(found.select("region_code", "rule").iter_rows()) == {"000000": "groups"}


def test_what_is_open_or_exempt_is_not_sensitive(layout: Layout) -> None:
    assert rule(layout, [5], open=("energy.*",)) is None
    of = material(layout, {"energy.total": {("", "110000"): {"A": 5.0}}}, exempt=("energy.total",))
    found = rules.sensitive(of.cells, of.contributions, PLACES, of.catalogue, of.policy, of.targets)
    assert set(found["region_code"]) == {"110000", "east"}  # only the nation is exempt


def test_every_side_is_an_amount_things_or_units(layout: Layout) -> None:
    catalogue = load_catalogue(layout)
    policy = Policy(units=("stations", "standard_racks", "racks_in_use", "monitored_stations", "liquid_cooled_racks"))

    def of(id: str, side: str = "numerator") -> str:
        return rules.measured(catalogue, catalogue[id], side, policy)

    assert of("energy.total") == of("energy.per_flow.change") == of("green.share", "denominator") == "amount"
    assert of("dc.count") == of("sharing.new_5g_sites") == of("sharing.new_5g_sites", "denominator") == "things"
    assert of("bs.energy_per_station", "denominator") == of("dc.racks") == of("dc.rack_use") == "units"
    assert of("bs.energy_per_station") == of("dc.pue.all", "denominator") == "amount"


def test_rows_of_entities_and_rows_without_a_number_are_no_cells() -> None:
    table = pl.DataFrame({
        "entity_id": [None, "A", None, None], "value": [1.0, 1.0, None, None],
        "numerator": [1.0, 1.0, None, 2.0], "denominator": [None, None, None, None],
    })  # fmt: skip
    assert rules.published(table)["numerator"].to_list() == [1.0, 2.0]


# What each group has of an amount, and the first rule that holds of it; min_groups 3, dominance 85 %, p 10 %.
AMOUNTS: list[tuple[list[float], str | None]] = [
    ([5, 5], "groups"),
    ([4, 3, 3], None),
    ([10, 9, 1], None),  # 1 is 10 % of 10, not less
    ([10, 9, 0.9], "p_percent"),
    ([9, 0.9, 10], "p_percent"),  # in whatever order
    ([85, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5], None),  # 85 is 85 % of 100, not more; 12.5 is not less than 8.5
    ([86, 2.5, 2.5, 2.5, 2.5, 2.5, 1.5], "dominance"),
]


@pytest.mark.parametrize(("parts", "expected"), AMOUNTS)
def test_each_rule_holds_beyond_its_threshold_and_not_at_it(
    layout: Layout, parts: list[float], expected: str | None
) -> None:
    assert rule(layout, parts) == expected
    policy = Policy(min_groups=3, dominance=0.85, p=0.10)
    assert rules.unsafe(np.array([*parts, 0.0]), policy) is (expected is not None)
    assert rules.unsafe(-np.array([0.0, *parts]), policy) is (
        expected is not None
    )  # of a difference, the other way round


def test_an_amount_of_nobody_is_safe() -> None:
    assert rules.unsafe(np.zeros(3), Policy()) is False
