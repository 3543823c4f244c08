"""The worked example of the design (A, B, C) with the limits of grades and bands beside it."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.filings.contracts import BY_NAME
from pipeline.given import reference
from pipeline.given.reference import Plan
from pipeline.indicators import centres
from pipeline.language import zh
from pipeline.layout import Layout

GWH = 1e6
BEFORE, WITHIN, AFTER = "before", "within", "after"


@pytest.fixture
def plan(layout: Layout) -> Plan:
    return reference.load_plan(layout)


def filed(*rows: dict[str, object]) -> pl.DataFrame:
    schema = BY_NAME["data_centres"].dtypes
    whole = {"year": 2025, "province_code": "440000", "is_control": False, "hub_cluster": None}
    return pl.DataFrame([dict.fromkeys(schema) | whole | row for row in rows], schema=schema)


def centre(name: str, began: int, racks: float, it: float | None, total: float, **more: object) -> dict[str, object]:
    it_kwh = None if it is None else it * GWH
    return {
        "dc_id": name, "commissioned_year": began, "standard_racks": racks, "it_kwh": it_kwh, "total_kwh": total * GWH,
    } | more  # fmt: skip


A, B, C = centre("A", 2023, 5000, 100, 125), centre("B", 2024, 12000, 300, 366), centre("C", 2019, 4000, 50, 80)


def read(layout: Layout, plan: Plan, *rows: dict[str, object], year: int = 2025) -> pl.DataFrame:
    return centres.centres(filed(*rows), reference.pue_standards(layout), plan, year)


def test_boundaries(layout: Layout, plan: Plan) -> None:
    """A (125 of 100) and B (366 of 300) stand alone, D (50 of 25, estimated) shares a building, C tells nothing."""
    alone, shared = (
        {"pue_boundary": "standalone", "pue_estimated": False},
        {"pue_boundary": "mixed_use", "pue_estimated": True},
    )
    rows = read(layout, plan, A | alone, B | alone, C, centre("D", 2019, 100, 25, 50) | shared)
    found = centres.boundaries(rows)
    assert found is not None
    assert [found[name] for name in ("n", "without", "mixed", "estimated", "mpue")] == [3, 1, 1, 1, 2.0]
    assert found["mixed_share"] == found["estimated_share"] == pytest.approx(50 / 541)
    assert found["others_pue"] == pytest.approx(491 / 400)
    assert centres.boundaries(read(layout, plan, A, B, C)) is None


class TestCentres:
    def test_has_classes_and_age_of_each(self, layout: Layout, plan: Plan) -> None:
        rows = read(layout, plan, A, B, C, centre("D", 2026, 200, 0, 1))
        told = rows.select("dc_id", pl.col("size_class", "grade").cast(pl.String), "age", "pue").rows()
        assert told == [
            ("A", "large", "grade_2", WITHIN, 1.25),
            ("B", "hyperscale", "grade_2", WITHIN, 1.22),
            ("C", "large", "beyond", BEFORE, 1.6),
            ("D", "medium_small", None, AFTER, None),
        ]

    @pytest.mark.parametrize(
        ("it", "total", "grade"),
        [
            (9, 10.8, "grade_1"),  # 10.8 / 9 is 1.2000000000000002 in binary
            (4.1, 4.92, "grade_1"),
            (9, 10.8001, "grade_2"),
            (4.1, 5.33, "grade_2"),
            (4.1, 6.15, "grade_3"),
            (4.1, 6.1501, "beyond"),
        ],
    )
    def test_a_limit_of_a_grade_belongs_to_it(
        self, layout: Layout, plan: Plan, it: float, total: float, grade: str
    ) -> None:
        rows = read(layout, plan, centre("E", 2023, 500, it, total))
        assert rows["grade"].cast(pl.String).to_list() == [grade]
        assert centres.racks_within(rows, 1.2) == (grade == "grade_1")

    def test_leaves_out_other_years(self, layout: Layout, plan: Plan) -> None:
        assert read(layout, plan, A, {**A, "dc_id": "X", "year": 2024})["dc_id"].to_list() == ["A"]

    @pytest.mark.parametrize(
        ("year", "within"),
        [(2020, "2022 年投产"), (2022, "2022 年投产"), (2024, "2022—2024 年投产"), (2027, "2022—2025 年投产")],
    )
    def test_names_the_term_as_far_as_it_has_gone(self, plan: Plan, year: int, within: str) -> None:
        told = {age: zh.say(called) for age, called in centres.ages(plan, year).items()}
        assert told == {BEFORE: "2022 年以前投产", WITHIN: within, AFTER: "2025 年以后投产"}


class TestMixed:
    def test_is_the_quotient_of_sums(self, layout: Layout, plan: Plan) -> None:
        mixed = centres.mixed(read(layout, plan, A, B, C), "age")
        assert dict(mixed.select("age", "pue").iter_rows()) == {WITHIN: pytest.approx(1.2275), BEFORE: 1.6}
        assert dict(mixed.select("age", "centres").iter_rows()) == {WITHIN: 2, BEFORE: 1}

    def test_leaves_out_centres_without_both_amounts(self, layout: Layout, plan: Plan) -> None:
        mixed = centres.mixed(read(layout, plan, A, centre("D", 2023, 9000, None, 500)), "age")
        assert mixed.rows() == [(WITHIN, 1, 5000.0, 1.25)]


class TestBands:
    @pytest.mark.parametrize(
        ("total", "band"),
        [(120, (1.15, 1.2)), (120.1, (1.2, 1.25)), (130, (1.25, 1.3)), (150, (1.45, 1.5)), (150.001, (1.5, 1.55))],
    )
    def test_a_limit_belongs_to_the_band_that_ends_with_it(
        self, layout: Layout, plan: Plan, total: float, band: tuple[float, float]
    ) -> None:
        bands = centres.bands(read(layout, plan, centre("E", 2023, 500, 100, total)))
        assert bands.select("low", "high").rows() == [band]

    def test_the_last_band_is_open(self, layout: Layout, plan: Plan) -> None:
        rows = read(layout, plan, centre("E", 2010, 500, 100, 201), centre("F", 2010, 700, 100, 290))
        assert centres.bands(rows).rows() == [(BEFORE, 2.0, 2.05, 2, 1200.0)]

    def test_loses_no_rack(self, layout: Layout, plan: Plan) -> None:
        assert centres.bands(read(layout, plan, A, B, C))["racks"].sum() == 21000


class TestRacksWithin:
    def test_counts_racks_up_to_the_limit_itself(self, layout: Layout, plan: Plan) -> None:
        rows = read(layout, plan, A, B, C)
        assert centres.racks_within(rows, 1.25) == pytest.approx(17000 / 21000)
        assert centres.racks_within(rows, 1.249) == pytest.approx(12000 / 21000)

    def test_is_none_without_any(self, layout: Layout, plan: Plan) -> None:
        assert centres.racks_within(read(layout, plan, year=2024), 1.3) is None
