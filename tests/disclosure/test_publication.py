"""What the public's folder holds: nothing of entities and facilities, hidden cells empty, the rest as it was."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from pipeline.disclosure import publication
from pipeline.disclosure.pattern import PATTERN
from pipeline.disclosure.policy import Policy
from pipeline.disclosure.rules import CELL
from pipeline.filings.contracts import TABLES
from pipeline.indicators.evaluate import TABLE
from pipeline.indicators.model import load_catalogue
from pipeline.language.words import Words
from pipeline.layout import Layout
from tests.indicators.conftest import frames

zh = Words("zh").say
ROW = {"indicator_id": "energy.total", "year": 2025, "region_code": "440000", "value": 8.0, "numerator": 8.0, "unit": "tce",
       "n_rows": 12, "n_entities": 4, "n_groups": 3, "largest_share": 0.5, "others_to_largest": 0.3, "coverage": 0.987,
       "months": 11}  # fmt: skip


def table(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([dict.fromkeys(TABLE) | ROW | row for row in rows], schema=TABLE, orient="row")


def hidden(**cell: object) -> pl.DataFrame:
    row = {"indicator_id": "energy.total", "dimension": None, "member": None, "region_code": "440000", "year": 2025}
    return pl.DataFrame([row | {"rule": "groups", "value_only": False} | cell], schema=PATTERN, orient="row")


def test_a_hidden_cell_is_empty_and_flagged_and_its_neighbour_is_as_it_was() -> None:
    given = table({}, {"region_code": "330000"}, {"entity_id": "A"}, {"flag": "partial"})
    made = publication.public(given, hidden(region_code="330000"))
    assert made.schema == pl.Schema(TABLE)
    assert made["region_code"].to_list() == ["440000", "330000", "440000"]
    assert made["value"].to_list() == [8.0, None, 8.0]
    assert made["flag"].to_list() == [None, "suppressed", "partial"]
    assert made["numerator"].to_list() == [8.0, None, 8.0]


def test_nothing_of_an_internal_indicator_is_left(layout: Layout) -> None:
    """What is reused and what cooling takes is filed by a few, and no relation covers it."""
    catalogue = load_catalogue(layout)
    given = table(
        {"indicator_id": "dc.erf"}, {"indicator_id": "dc.cer", "entity_id": "A"}, {"indicator_id": "dc.pue.all"}
    )
    assert publication.open_rows(given, catalogue)["indicator_id"].to_list() == ["dc.pue.all"]
    kept = set(catalogue.indicators) - set(catalogue.public.indicators)
    assert {one for one in kept if not one.startswith(("equipment.", "business."))} == {"dc.erf", "dc.cer"}
    assert not [one for one in catalogue.public.indicators if one.startswith(("equipment.", "business."))]
    assert "dc.erf" not in catalogue.public.families["data_centres"][1]


def test_nobody_sees_who_stands_behind_a_value() -> None:
    made = publication.public(table({}, {"region_code": "000000"}), hidden(year=2024))
    for name in ("n_rows", "n_entities", "n_groups", "largest_share", "others_to_largest", "months"):
        assert made[name].null_count() == made.height
    assert made["coverage"].to_list() == [None, 0.98]  # whole percents, of the nation only; never rounded up to enough


def test_numbers_of_filers_are_told_where_the_policy_says_so() -> None:
    """13 of 15 filers are 86.7 %: 85 % in steps, rounded down, and without the 13 and the 15."""
    given = table(
        {
            "indicator_id": "quality.completeness",
            "value": 13 / 15,
            "numerator": 13.0,
            "denominator": 15.0,
            "n_entities": 4,
        }
    )
    shown = ("value", "numerator", "denominator", "n_entities")
    assert publication.public(given, hidden(year=2024)).select(shown).row(0) == (0.85, None, None, None)
    assert publication.public(given, hidden(year=2024), filers=True).select(shown).row(0) == (13 / 15, 13.0, 15.0, 4)
    closed = publication.public(given, hidden(indicator_id="quality.completeness"), filers=True)
    assert closed.select(shown).row(0) == (None, None, None, None)


def test_an_exempt_ratio_is_told_without_its_parts() -> None:
    given = table({"denominator": 4.0, "value": 2.0})
    [row] = publication.public(given, hidden(value_only=True)).iter_rows(named=True)
    assert (row["value"], row["numerator"], row["denominator"], row["flag"]) == (2.0, None, None, None)


def test_of_the_filings_only_what_is_meant_to_be_shown_is_left() -> None:
    accepted = frames({
        "energy": [{}], "data_centres": [{}], "rooms": [{}], "sites": [{}],
        "cases": [{"case_id": "C1"}, {"case_id": "C2", "status": "candidate"}, {"case_id": "C3", "status": "selected"}],
        "measures": [{"evidence": "文号"}, {"entity_id": "B", "status": "in_progress"}],
        "standards": [{}],
    })  # fmt: skip
    left = publication.filings(accepted)
    assert set(left) == {one.name for one in TABLES}
    assert {name for name, frame in left.items() if frame.height} == {"cases", "measures", "standards"}
    assert left["cases"]["case_id"].to_list() == ["C1", "C3"]
    assert set(left["measures"]["entity_id"]) == set(left["measures"]["evidence"]) == {""}
    assert left["measures"]["status"].to_list() == ["done", "in_progress"]
    assert not any(name.startswith("source_") for frame in left.values() for name in frame.columns)
    assert publication.shown(accepted)["cases"].height == 2
    assert publication.shown(accepted)["energy"].height == 1


def test_the_public_reads_nothing_of_optional_tables() -> None:
    accepted = frames({"energy": [{}], "equipment": [{}], "business": [{}]})
    assert not {"equipment", "business"} & set(publication.shown(accepted))
    left = publication.filings(accepted)
    assert (left["equipment"].height, left["business"].height) == (0, 0)


def metric(
    *filed: tuple[str, float], metric: str = "patents", unit: str = "件", policy: Policy | None = None
) -> float | None:
    lines = [{"entity_id": who, "value": value, "metric": metric, "unit": unit} for who, value in filed]
    told = publication.metrics(frames({"action_metrics": lines}), policy or Policy())
    return told["value"].to_list()[0]


def test_a_coded_metric_is_told_where_no_group_can_be_told_from_it() -> None:
    assert metric(("A", 40), ("B", 30), ("C", 30)) == 100
    assert metric(("A", 40), ("B", 30)) is None  # two groups
    assert metric(("A", 96), ("B", 2), ("C", 2)) is None  # one dominates
    assert metric(("A", 50), ("B", 49), ("C", 1)) is None  # B can tell A


def test_a_metric_that_another_table_tells_is_left_to_that_table() -> None:
    """Stations that are monitored stand in the table of stations, of which the cell may be hidden."""
    filed = (("A", 40.0), ("B", 30.0), ("C", 30.0))
    assert metric(*filed, metric="stations_monitored", unit="个") is None
    assert metric(*filed, metric="liquid_cooled_racks", unit="架") is None


def test_how_many_filed_a_metric_is_told_where_the_policy_says_so() -> None:
    lines = [{"entity_id": who, "value": 10.0, "metric": "patents", "unit": "件"} for who in ("A", "B", "C")]
    filed = frames({"action_metrics": lines})
    assert publication.metrics(filed, Policy())["n"].to_list() == [None]
    assert publication.metrics(filed, Policy(filers=True))["n"].to_list() == [3]


def test_the_median_of_shares_needs_enough_of_them() -> None:
    three = [("A", 40.0), ("B", 30.0), ("C", 35.0)]
    assert metric(*three, unit="%") is None
    assert metric(*three, unit="%", policy=Policy(count_threshold=3)) == 35.0


def test_the_summary_counts_every_cell_once() -> None:
    cells = table({}, {"region_code": "330000"}, {"region_code": "000000"}).select("indicator_id", "dimension", "member", "region_code", "year")  # fmt: skip
    told = publication.summary(cells, hidden())
    assert dict(told.select("rule", "n").iter_rows()) == {"published": 2, "groups": 1}
    sentence = zh(publication.told(told))
    assert sentence == "公开版：2025 年的 3 个数值中保密 1 个（33.3%）：填报的集团少于规定个数 1。"
    assert publication.as_table(told)["n"].to_list() == [2, 1]
    bare = publication.summary(cells, hidden(value_only=True))
    assert dict(bare.select("rule", "n").iter_rows()) == {"published": 2, "alone": 1}
    assert (
        zh(publication.told(bare))
        == "公开版：2025 年的 3 个数值中保密 0 个（0.0%）。1 个比率只公布数值，不列分子、分母。"
    )
    candidates = cells.with_columns(indicator_id=pl.lit("cases.filed"))
    assert publication.summary(candidates, hidden().clear()).is_empty()  # no edition of the public tells them
    nothing = publication.summary(cells, hidden().clear())
    assert zh(publication.told(nothing)) == "公开版：2025 年的 3 个数值中保密 0 个（0.0%）。"
    assert zh(publication.told(nothing.clear())) == "公开版：没有由填报计算的数值。"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_rules_are_told_without_the_shares_that_let_them_be_turned_round(layout: Layout, language: str) -> None:
    text = (layout.texts / language / "90_appendix.md").read_text("utf-8")
    told = set(re.findall(r"policy\.(\w+)", text))
    assert told == {"min_groups", "count_threshold", "pairs", "exempt", "filers"}


def test_saving_leaves_nothing_of_an_earlier_edition(tmp_path: Path) -> None:
    old = tmp_path / "filings" / "data_centres_old.parquet"
    old.parent.mkdir()
    old.write_text("x")
    counts = pl.DataFrame({"table": ["energy"], "read": [1]})
    publication.save(tmp_path, frames({"energy": [{}], "standards": [{}], "action_metrics": [{}]}), counts, Policy())
    assert not old.exists()
    assert publication.filed(tmp_path, "energy").is_empty()
    assert publication.filed(tmp_path, "standards").height == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["filings", "metrics.parquet", "quality"]


def test_what_is_told_in_any_case_after_a_correction_is_told_as_it_is_printed(layout: Layout) -> None:
    """-23.1255 % was published, of which 1 280 tce of one filer are withdrawn: -23.1319 % is told as -23.1 %; what has not
    been published with another value is told as it is."""
    change = {
        "indicator_id": "energy.per_flow.change",
        "region_code": "000000",
        "value": -0.2313188370219359,
        "unit": "1",
    }
    given = table(change, change | {"year": 2024})
    row = ("energy.per_flow.change", None, None, "000000", 2025)
    restated = pl.DataFrame([row], schema={name: PATTERN[name] for name in CELL}, orient="row")
    told = publication.coarse(given, restated, load_catalogue(layout), {})
    assert told["value"].to_list() == [-0.231, -0.2313188370219359]
    assert told.columns == given.columns


def test_a_ratio_that_is_told_alone_does_not_tell_its_parts(layout: Layout) -> None:
    """9 432 930 / 6 795 918, in units of 100 kWh, is 1 572 155 / 1 132 653, and no other quotient of numbers below 10^8 is
    1.3880288137673233: the continued fraction of all its digits tells both. Of 1.39 they are anything."""
    given = table({"indicator_id": "dc.pue.all", "value": 1.3880288137673233, "numerator": 9.0, "denominator": 6.0})
    assert Fraction(given["value"][0]).limit_denominator(10**8) == Fraction(1572155, 1132653)
    told = publication.alone(given, load_catalogue(layout), {})
    assert told.select("value", "numerator", "denominator").row(0) == (1.39, None, None)


def test_a_value_that_is_told_alone_stays_on_its_side_of_the_target(layout: Layout) -> None:
    """1.3004321 misses 1.3 and 1.2951 meets it: 1.3004 and 1.295, where 1.30 would say neither; 1.3049 is 1.305."""
    values = [1.3004321, 1.2951, 1.3049, 1.2849, 1.3]
    given = table(
        *({"indicator_id": "dc.pue.new_large", "year": 2020 + at, "value": value} for at, value in enumerate(values))
    )
    told = publication.alone(given, load_catalogue(layout), {"dc.pue.new_large": 1.3})
    assert told["value"].to_list() == [1.3004, 1.295, 1.305, 1.28, 1.3]
