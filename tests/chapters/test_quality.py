"""Response rates by table, province and group, as the quality appendix prints them."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.chapters import quality
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.regions import NATION
from pipeline.indicators import evaluate
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.view import View
from pipeline.language.terms import term
from pipeline.layout import Layout
from tests.indicators.conftest import frames

ENTITIES = [
    {"entity_id": "A", "name_zh": "甲", "group_id": "A"}, {"entity_id": "B", "name_zh": "甲省公司", "group_id": "A"},
    {"entity_id": "C", "name_zh": "丙", "group_id": "C"},
]  # fmt: skip


@pytest.fixture(scope="module")
def rates(layout: Layout) -> dict[str, tuple[Any, dict[str, Any]]]:
    """A, B and C filed energy in 2024; in 2025 A did, B did in one of two provinces, C did not."""
    zhejiang = {"province_code": "330000"}
    energy = [
        *({"year": 2024, "entity_id": who} for who in "ABC"), {"year": 2024, "entity_id": "B", **zhejiang},
        {"entity_id": "A"}, {"entity_id": "B"},
    ]  # fmt: skip
    tables = frames({"entities": ENTITIES, "energy": energy})
    plan, catalogue = reference.load_plan(layout), load_catalogue(layout)
    table = evaluate.compute(tables, layout, Params(), plan, 2025, only=["quality.completeness"])
    names = dict(tables["entities"].select("entity_id", "name_zh").iter_rows())
    view = View(table, catalogue, NATION, 2025, reference.provinces(layout), names)
    return {one.id: (one.data, facts) for one, facts in quality.completeness(view, "t", tables["entities"])}


def test_the_rate_of_a_group_is_that_of_all_its_enterprises(rates: dict[str, tuple[Any, dict[str, Any]]]) -> None:
    """甲 filed 2 of 3 cells (A 广东, B 广东; not B 浙江), 丙 none of 1."""
    assert rates["t-group"][0].rows() == [("丙", 1, 0, 0.0), ("甲", 3, 2, pytest.approx(200 / 3))]
    assert rates["t-entity"][0].rows() == [("丙", 1, 0, 0.0), ("甲", 1, 1, 100.0), ("甲省公司", 2, 1, 50.0)]


def test_the_rates_of_tables_and_provinces(rates: dict[str, tuple[Any, dict[str, Any]]]) -> None:
    assert rates["t-table"][0].rows() == [("能源消耗", 4, 2, 50.0)]
    assert rates["t-province"][0].sort("name").rows() == [("广东", 3, 2, pytest.approx(200 / 3)), ("浙江", 1, 0, 0.0)]


def test_the_text_is_told_who_is_below_all(rates: dict[str, tuple[Any, dict[str, Any]]]) -> None:
    told = rates["t-group"][1]
    assert told == {
        "id": "t-group",
        "by": term("group_of_filers"),
        "short": ["丙", "甲"],
        "more": False,
        "rounded": False,
    }
