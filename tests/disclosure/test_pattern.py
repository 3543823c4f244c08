"""One pattern over linked tables: totals and parts, indicators that are the same thing, changes, earlier editions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipeline.disclosure import rules
from pipeline.disclosure.pattern import Material, check, kept, pattern
from pipeline.disclosure.policy import PublishedTotal, load_policy
from pipeline.errors import DataError
from pipeline.filings.intake import take_in
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.indicators import evaluate, inputs
from pipeline.indicators.cells import Edition
from pipeline.indicators.model import load_catalogue
from pipeline.layout import SAMPLE, Layout
from tests.disclosure.conftest import material

SAFE = {"A": 40.0, "B": 30.0, "C": 30.0, "D": 20.0}
FEW = {"A": 40.0, "B": 30.0}
PROVINCES = ("110000", "310000", "420000", "510000")


def names(hidden: pl.DataFrame, id: str = "energy.total", member: str | None = None) -> set[str]:
    """The regions in which a line is hidden."""
    of = hidden.filter(pl.col("indicator_id") == id, pl.col("member").eq_missing(pl.lit(member, pl.String)))
    return set(of["region_code"])


def test_a_hidden_province_is_not_told_by_its_region_or_the_nation(layout: Layout) -> None:
    """Two provinces of the east: with one of them the other or the east goes, and the nation's sum must stay open."""
    of = material(layout, {"energy.total": {("", code): FEW if code == "110000" else SAFE for code in PROVINCES}})
    hidden = pattern(of)
    assert check(of, hidden).is_empty()
    assert names(hidden) > {"110000"}
    assert "000000" not in names(hidden)  # the nation is the dearest
    broken = hidden.filter(pl.col("rule") != "secondary")
    assert set(check(of, broken)["region_code"]) == {"110000"}


def test_a_part_is_not_told_by_the_total_and_the_other_parts(layout: Layout) -> None:
    cells = {("", code): {g: 2 * v for g, v in SAFE.items()} for code in PROVINCES[1:]}
    cells |= {(member, code): SAFE for member in ("office", "base_station") for code in PROVINCES[1:]}
    cells |= {("", "110000"): {"A": 80.0, "B": 60.0, "C": 30.0, "D": 20.0}, ("office", "110000"): FEW}
    cells |= {("base_station", "110000"): {"A": 40.0, "B": 30.0, "C": 30.0, "D": 20.0}}
    of = material(layout, {"energy.total": cells})
    hidden = pattern(of)
    assert check(of, hidden).is_empty()
    assert "110000" in names(hidden, member="office")
    assert "110000" in names(hidden, member="base_station") | names(
        hidden
    )  # else the total less the other part tells it


def test_what_is_the_same_thing_in_another_unit_is_hidden_with_it(layout: Layout) -> None:
    """用电量 of a province in kWh and in tce: the one would tell the other, whatever the policy links."""
    tce = {("", code): FEW if code == "110000" else SAFE for code in PROVINCES}
    kwh = {key: {group: 8136.7 * value for group, value in of.items()} for key, of in tce.items()}
    of = material(layout, {"energy.total": tce, "energy.electricity": kwh})
    hidden = pattern(of)
    assert check(of, hidden).is_empty()
    assert names(hidden) == names(hidden, "energy.electricity")
    assert "110000" in names(hidden)


def test_linked_indicators_are_hidden_together(layout: Layout) -> None:
    other = {("", code): {group: value**1.1 for group, value in SAFE.items()} for code in PROVINCES}
    values = {
        "dc.electricity": {("", code): FEW if code == "110000" else SAFE for code in PROVINCES},
        "dc.it_electricity": other,
    }
    apart, linked = (
        material(layout, values),
        material(layout, values, linked=(("dc.electricity", "dc.it_electricity"),)),
    )
    assert names(pattern(apart), "dc.it_electricity") == set()
    hidden = pattern(linked)
    assert names(hidden, "dc.it_electricity") == names(hidden, "dc.electricity")


def test_a_group_that_publishes_its_total_tells_where_it_is_alone(layout: Layout) -> None:
    """C publishes 100 for the nation; all but one province of C being known, the last is C's total less the others."""
    cells = {("", code): SAFE for code in PROVINCES[1:]} | {("", "110000"): {"C": 10.0}}
    of = material(layout, {"energy.total": cells})
    known = PublishedTotal(group="C", indicator="energy.total", year=2025, value=100.0, source="年报")
    told = replace(of, policy=of.policy.model_copy(update={"published_totals": (known,)}))
    assert check(of, pattern(of)).is_empty()
    assert check(told, pattern(told)).is_empty()


def test_a_number_that_must_be_published_and_tells_a_secret_is_refused(layout: Layout) -> None:
    cells = {("", "110000"): FEW}
    of = material(
        layout, {"energy.total": cells, "cases.net_reduction": {("", "110000"): FEW}}, exempt=("energy.total",)
    )
    with pytest.raises(DataError, match="一律公布"):
        pattern(of)


def test_the_pattern_is_the_same_again_and_what_was_hidden_before_stays_hidden(layout: Layout, tmp_path: Path) -> None:
    cells = {("", code): FEW if code == "110000" else SAFE for code in PROVINCES}
    of = material(layout, {"energy.total": cells})
    first = pattern(of)
    assert pattern(of).equals(first)
    before = first.head(1).with_columns(region_code=pl.lit("510000"))
    again = pattern(of, before)
    assert "510000" in names(again)
    assert again.filter(pl.col("region_code") == "510000")["rule"].to_list() == ["earlier"]
    path, none = tmp_path / "now.parquet", tmp_path / "none.parquet"
    made = kept(path, [of], none)
    before.write_parquet(tmp_path / "before.parquet")
    assert kept(path, [of], none).equals(made)
    assert "510000" in names(kept(path, [of], tmp_path / "before.parquet")) - names(made)


def test_a_pattern_made_by_other_rules_is_not_used_again(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kept pattern without what later relations hide would be refused by the attack, which knows them."""
    of = material(layout, {"energy.total": {("", code): SAFE for code in PROVINCES}})
    path, none, code = tmp_path / "now.parquet", tmp_path / "none.parquet", tmp_path / "pattern.py"
    code.write_text("1")
    monkeypatch.setattr("pipeline.disclosure.pattern.__file__", str(code))
    kept(path, [of], none)
    indicators = dict(of.catalogue.indicators)
    indicators["dc.pue.all"] = indicators["dc.pue.all"].model_copy(update={"valid_range": (1.0, 4.0)})
    narrower = replace(of, catalogue=replace(of.catalogue, indicators=indicators))
    made = list[bool]()
    for edited, material_ in ((False, of), (True, of), (False, narrower), (False, narrower)):
        code.write_text("2") if edited else None
        before = path.stat().st_mtime_ns
        kept(path, [material_], none)
        made.append(path.stat().st_mtime_ns != before)
    assert made == [False, True, True, False]


def test_a_year_in_which_nobody_filed_is_left_as_it_is(layout: Layout) -> None:
    """Standards of earlier years are read from the filings of this one; no group stands behind them."""
    of = material(layout, {"energy.total": {("", code): SAFE for code in PROVINCES}})
    before = of.cells.head(1).with_columns(indicator_id=pl.lit("standards.count"), year=pl.lit(2023, pl.Int64))
    both = replace(of, cells=pl.concat([of.cells, before]))
    assert pattern(both).is_empty()
    assert check(both, pattern(both)).is_empty()


def test_a_change_is_hidden_with_either_of_its_years(layout: Layout) -> None:
    cells = {("", code): FEW if code == "110000" else SAFE for code in PROVINCES}
    of = material(layout, {"energy.covered": cells})
    told = of.cells.filter(pl.col("indicator_id") == "energy.covered")
    index = told.with_columns(indicator_id=pl.lit("energy.index"), value=pl.lit(100.0))
    with_change = replace(of, cells=pl.concat([of.cells, index]))
    hidden = pattern(with_change)
    assert names(hidden, "energy.index") == names(hidden, "energy.covered")
    assert set(hidden.filter(pl.col("indicator_id") == "energy.index")["rule"]) <= {"derived", "groups", "secondary"}


def test_an_exempt_change_is_told_without_the_values_of_its_hidden_years(layout: Layout) -> None:
    of = material(layout, {"energy.covered": {("", code): FEW for code in PROVINCES}}, exempt=("energy.index",))
    index = of.cells.with_columns(indicator_id=pl.lit("energy.index"), value=pl.lit(100.0))
    hidden = pattern(replace(of, cells=pl.concat([of.cells, index])))
    told = hidden.filter(pl.col("indicator_id") == "energy.index")
    assert dict(told.select("region_code", "value_only").iter_rows()) == {
        region: region == "000000" for region in (*PROVINCES, "east", "central", "west", "000000")
    }


@pytest.mark.slow
def test_the_sample_is_safe_and_most_of_it_is_told(layout: Layout) -> None:
    """All tables and years of the sample: the audit finds nothing; with any of the secondary cells of a table
    published, it does."""
    intake = take_in(layout.root / SAMPLE, layout)
    plan, catalogue = reference.load_plan(layout), load_catalogue(layout)
    table = evaluate.compute(intake.accepted, layout, Params(), plan, 2025, intake.counts)
    prepared = inputs.prepare(intake.accepted, layout, Params(), plan, 2025, intake.counts)
    contributions = evaluate.contributions(catalogue, Edition(prepared, plan.baseline_year, 2025))
    latest = pl.col("year") == 2025
    of = Material(
        rules.published(table).filter(latest), contributions.filter(latest), evaluate.places(layout), catalogue,
        load_policy(layout, catalogue), frozenset(target.indicator for target in plan.targets), plan.baseline_year,
    )  # fmt: skip
    hidden = pattern(of)
    assert check(of, hidden).is_empty()
    assert hidden.filter(~pl.col("value_only")).height < 0.22 * of.cells.height
    whole = of.cells.filter(
        pl.col("dimension").is_null() & pl.col("indicator_id").str.contains("^(energy|carbon|green|bs)")
    )
    lost = whole.join(hidden, on=rules.CELL, how="semi", nulls_equal=True)
    # Only the tower company sells on; what others receive tells it, and the operators' base stations tell what it uses.
    assert set(lost["indicator_id"]) <= {"energy.resold", "energy.received", "bs.electricity"}
    secondary = (pl.col("rule") == "secondary") & (pl.col("indicator_id") == "dc.pue.large")
    assert not check(of, hidden.filter(~secondary)).is_empty()


def test_two_hidden_provinces_of_the_same_few_groups_do_not_tell_their_sum(layout: Layout) -> None:
    """A and B file both hidden provinces alone: the nation less the others is their sum, of which B knows its own part in
    both, so that it would know what A has in them exactly. A third province or the sum itself has to go."""
    cells = {("", code): FEW if code in PROVINCES[:2] else SAFE for code in PROVINCES}
    of = material(layout, {"energy.total": cells})
    hidden = pattern(of)
    assert check(of, hidden).is_empty()
    assert names(hidden) - {"110000", "310000", "east"}
    only = hidden.filter(pl.col("region_code").is_in(["110000", "310000", "east"]))
    assert check(of, only)["indicator_id"].null_count() > 0  # a sum that is no cell is told


def test_what_a_whole_has_beyond_its_part_is_not_told_by_both(layout: Layout) -> None:
    """改建核心机房 beside 核心机房: three groups file either, but only A has rooms that were not retrofitted."""
    whole = {("", code): {"A": 90.0, "B": 40.0, "C": 40.0} for code in PROVINCES}
    part = {("", code): {"A": 40.0 if code == "110000" else 90.0, "B": 40.0, "C": 40.0} for code in PROVINCES}
    of = material(layout, {"room.pue.core": whole, "room.pue.core_retrofit": part})
    hidden = pattern(of)
    assert check(of, hidden).is_empty()
    assert "110000" in names(hidden, "room.pue.core") | names(hidden, "room.pue.core_retrofit")
    assert not check(of, hidden.clear()).is_empty()


def test_the_intake_takes_no_pue_below_1_in_whichever_indicators_the_two_amounts_stand(layout: Layout) -> None:
    """365 and 983 kWh are hidden, 1 348 of the east is not: the 255 of IT equipment in the first are at most its 365, so that
    the other one is at most 1 093, 11.2 % more than it is."""
    total: dict[tuple[str, str], dict[str, float | tuple[float, float]]] = {
        ("", "110000"): {"A": 155.0, "B": 110.0, "C": 100.0},
        ("", "310000"): {"A": 700.0, "B": 283.0},
    }
    it: dict[tuple[str, str], dict[str, float | tuple[float, float]]] = {
        ("", "110000"): {"A": 105.0, "B": 80.0, "C": 70.0},
        ("", "310000"): {"A": 500.0, "B": 200.0},
    }
    of = material(layout, {"dc.electricity": total, "dc.it_electricity": it})
    secret = pl.concat(
        [
            of.cells.filter(pl.col("indicator_id") == id, ~pl.col("region_code").is_in(told))
            for id, told in (("dc.electricity", ["east", "000000"]), ("dc.it_electricity", ["110000"]))
        ]
    ).select(*rules.CELL, rule=pl.lit("groups"), value_only=pl.lit(False))
    [near] = check(of, secret).filter(pl.col("attacker").is_null(), indicator_id="dc.electricity").iter_rows(named=True)
    assert (near["region_code"], near["above"]) == ("310000", pytest.approx(110 / 983))
    assert check(of, pattern(of)).is_empty()


@pytest.mark.parametrize("edge", [60.0, 0.0])
def test_racks_of_a_grade_are_not_told_by_older_ones_and_all(layout: Layout, edge: float) -> None:
    """13 860 racks, of which 10 800 are older than the standard: A's 3 000 of a grade are at most the other 3 060 (60 of B's
    are at the edge and have no grade), 2 % more; without the edge they are the other 3 000."""
    racks, older, graded = {}, {}, {}
    for code in PROVINCES:
        old = {"A": 4000.0, "B": 3600.0, "C": 3200.0}
        new = {"A": 3000.0} if code == "110000" else {"A": 3000.0, "B": 2500.0, "C": 2000.0}
        older[("grade", code)] = {group: (value, value) for group, value in old.items()}
        graded[("grade", code)] = {group: (value, value) for group, value in new.items()}
        at_edge = edge if code == "110000" else 60.0
        racks[("", code)] = {g: old[g] + new.get(g, 0.0) + (at_edge if g == "B" else 0.0) for g in old}
    amounts = {"dc.racks": racks, "dc.pue.grade_share": graded, "dc.pue.grade_share.stock": older}
    of = material(layout, amounts)  # type: ignore[arg-type]
    hidden = pattern(of)
    assert check(of, hidden).is_empty()
    assert "110000" in names(hidden, "dc.pue.grade_share", "grade")
    assert "110000" in names(hidden, "dc.racks") | names(hidden, "dc.pue.grade_share.stock", "grade")
    only = hidden.filter(pl.col("indicator_id") == "dc.pue.grade_share")
    told = check(of, only).filter(pl.col("attacker").is_null(), region_code="110000")
    assert told["above"].to_list() == [pytest.approx(edge / 3000, abs=1e-6)] * told.height
    assert told.height


def test_members_are_together_at_most_the_whole(layout: Layout) -> None:
    """100 in all, of which 35 are another member's and 5 nobody's: the hidden 60 are at most 65, a twelfth more."""
    amounts = {"": {"A": 50.0, "B": 45.0, "C": 5.0}, "office": {"A": 40.0, "B": 20.0}, "base_station": {"A": 10.0, "B": 20.0, "C": 5.0}}  # fmt: skip
    of = material(layout, {"energy.total": {(member, "110000"): of for member, of in amounts.items()}}, p=0.0)  # type: ignore[misc]
    only = of.cells.filter(member="office").select(*rules.CELL, rule=pl.lit("groups"), value_only=pl.lit(False))
    told = check(of, only).filter(pl.col("attacker").is_null(), member="office")
    assert told["above"].to_list() == [pytest.approx(5 / 60)]


def test_what_is_a_fifth_off_and_no_more_is_safe(layout: Layout) -> None:
    """A's 100 are hidden, and 130.3 of all are told in any case: B, who has 10.1 of it, knows that A has at most 120.2."""
    whole = {"A": 100.0, "B": 10.1, "C": 10.1, "D": 10.1}
    amounts = {"energy.covered": {("", "110000"): {"A": 100.0}}, "energy.total": {("", "110000"): whole}}
    of = material(layout, amounts, open=("energy.total",))  # type: ignore[arg-type]
    hidden = pattern(of)
    assert names(hidden, "energy.covered") == {"110000", "east", "000000"}
    assert check(of, hidden).is_empty()
    of = replace(of, policy=of.policy.model_copy(update={"protection": 0.203}))
    with pytest.raises(DataError, match="一律公布"):
        pattern(of)


def test_who_filed_the_same_in_two_ways_does_not_read_the_others_from_the_other_table(layout: Layout) -> None:
    """The water of C's centre in the first province is hidden beside that of the second one, where A files 900 m3 in energy and
    400 beside its centres: 1500 and 1000 agree for nobody. But A leaves out its own and reads the 600 of the others in dc.wue,
    and with the sum of both the 72 of C."""
    alike = {"A": 100.0, "B": 100.0, "C": 100.0}
    energy = {("data_centre", code): alike for code in PROVINCES[2:]}
    energy |= {("data_centre", "110000"): {"C": 72.0}, ("data_centre", "310000"): {"A": 900.0, "B": 300.0, "C": 300.0}}
    litres = {("", code): {group: 1e3 * value for group, value in alike.items()} for code in PROVINCES[2:]}
    litres["", "310000"] = {"A": 400e3, "B": 300e3, "C": 300e3}
    of = material(layout, {"energy.water": energy, "dc.wue": litres})
    water = of.cells.filter(pl.col("indicator_id") == "energy.water", pl.col("region_code").is_in(PROVINCES[:2]))
    told = check(of, water.select(*rules.CELL, rule=pl.lit("secondary"), value_only=pl.lit(False)))
    assert told.select("region_code", "attacker", "below", "above").rows() == [("110000", "A", 0.0, 0.0)]
    assert check(of, pattern(of)).is_empty()


def test_two_tables_agree_in_the_nation_though_in_no_province(layout: Layout) -> None:
    """The tower company sells 1000 and 4000 on, the others received 1300 and 3720: a third more and 7 % less, which nobody
    takes for the same. But 5020 of the nation is 0.4 % off its 5000."""
    sold = {("", "110000"): {"T": 1000.0}, ("", "310000"): {"T": 4000.0}}
    got = {
        ("", "110000"): {"A": 500.0, "B": 400.0, "C": 400.0},
        ("", "310000"): {"A": 1320.0, "B": 1200.0, "C": 1200.0},
    }
    of = material(layout, {"energy.resold": sold, "energy.received": got})
    only = of.cells.filter(pl.col("indicator_id") == "energy.resold")
    told = check(of, only.select(*rules.CELL, rule=pl.lit("groups"), value_only=pl.lit(False)))
    nation = told.filter(pl.col("region_code") == "000000")
    assert nation.select("attacker", "below", "above").rows() == [
        (who, pytest.approx(0.004), pytest.approx(0.004)) for who in (None, "A", "B", "C")
    ]
    assert set(told["region_code"]) == {"000000"}
    hidden = pattern(of)
    assert check(of, hidden).is_empty()
    assert names(hidden, "energy.received") >= {"000000", "east"}


PUE = {"A": (60.0, 40.0), "B": (45.0, 30.0), "C": (42.0, 30.0), "D": (26.0, 20.0)}


def test_a_ratio_that_is_hidden_beside_another_is_told_without_its_parts(layout: Layout) -> None:
    """110000 has two groups. With 310000 hidden beside it, or the east, its 173 / 120 is told still: how much electricity is
    whose of the east's sum stays open. The ratio of the two groups is not told at all."""
    few = {"A": (60.0, 40.0), "B": (43.0, 30.0)}
    of = material(layout, {"dc.pue.all": {("", code): few if code == "110000" else PUE for code in PROVINCES}})
    hidden = pattern(of)
    assert check(of, hidden).is_empty()
    told = dict(hidden.select("region_code", "value_only").iter_rows())
    assert told.pop("110000") is False
    assert told
    assert all(told.values())
    assert set(hidden.filter("value_only")["rule"]) == {"secondary"}


def test_where_no_smaller_choice_is_found_ratios_are_hidden_with_their_parts(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"A": (60.0, 40.0), "B": (43.0, 30.0)}
    pue = {("", code): few if code == "110000" else PUE for code in PROVINCES}
    of = material(layout, {"dc.pue.all": pue, "room.pue.all": pue})  # type: ignore[dict-item]
    alone = pattern(of).filter("value_only")
    assert names(alone, "dc.pue.all") == names(alone, "room.pue.all") != set()
    monkeypatch.setattr("pipeline.disclosure.pattern.fewer", lambda system, wanted, hidden, *rest: hidden)
    hidden = pattern(of)
    assert check(of, hidden).is_empty()
    assert not hidden["value_only"].any()


def test_a_ratio_is_not_told_where_one_of_its_parts_is(layout: Layout) -> None:
    """The flow is published: energy per flow would tell the energy that is hidden beside that of 110000."""
    energy = {("", code): FEW if code == "110000" else SAFE for code in PROVINCES}
    flow = {("", code): SAFE for code in PROVINCES}
    both = {key: {group: (by_group.get(group, 0.0), SAFE[group]) for group in SAFE} for key, by_group in energy.items()}
    of = material(layout, {"energy.covered": energy, "activity.flow": flow, "energy.per_flow": both})
    hidden = pattern(of)
    assert check(of, hidden).is_empty()
    assert names(hidden) == set()
    assert names(hidden, "energy.covered") == names(hidden, "energy.per_flow") > {"110000"}
    assert not hidden["value_only"].any()


def test_ratios_that_the_policy_links_are_told_alone_together(layout: Layout) -> None:
    pue = {("", code): {g: PUE[g] for g in "AB"} if code == "110000" else PUE for code in PROVINCES}
    cue = {key: {group: (0.5 * above, below) for group, (above, below) in of.items()} for key, of in pue.items()}
    of = material(layout, {"dc.pue.all": pue, "dc.cue": cue}, linked=(("dc.pue.all", "dc.cue"),))
    hidden = pattern(of)
    assert check(of, hidden).is_empty()
    assert names(hidden, "dc.pue.all") == names(hidden, "dc.cue")
    alone = hidden.filter("value_only")
    assert names(alone, "dc.pue.all") == names(alone, "dc.cue")


def test_a_ratio_that_was_told_alone_stays_so_in_the_next_edition(layout: Layout) -> None:
    of = material(layout, {"dc.pue.all": {("", code): PUE for code in PROVINCES}})
    before = pattern(of)
    assert before.is_empty()
    told = of.cells.filter(pl.col("region_code") == "310000").select(
        *rules.CELL, rule=pl.lit("secondary"), value_only=True
    )
    again = pattern(of, told)
    assert again.select("region_code", "rule", "value_only").rows() == [("310000", "earlier", True)]
