"""The attack on what is published: distances by hand, and each rule and each relation that finds something alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from pipeline.disclosure import definitions
from pipeline.disclosure.attack import Row, Verdict, attack, joined, told
from pipeline.disclosure.policy import Policy
from pipeline.indicators.evaluate import CONTRIBUTIONS, TABLE
from pipeline.indicators.model import Catalogue, load_catalogue
from pipeline.layout import Layout

PLACES = pl.DataFrame(
    [("110000", "110000"), ("110000", "000000"), ("310000", "310000"), ("310000", "000000")],
    schema=["province_code", "region_code"], orient="row",
)  # fmt: skip
PARTS = dict[str, float]
ALIKE = {"A": 40.0, "B": 30.0, "C": 30.0}


class Tables:
    """Indicators of 2025 with what each group has of them; `hide` empties cells of the table for the public."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.parts: list[tuple[object, ...]] = []
        self.cells = dict[tuple[str, str | None, str | None, str], dict[str, float]]()
        self.hidden = set[tuple[str, str | None, str | None, str]]()
        self.bare = set[tuple[str, str | None, str | None, str]]()  # told without numerator and denominator

    def put(
        self, id: str, above: PARTS, below: PARTS | None = None, member: tuple[str, str] | None = None, province: str = "110000"
    ) -> None:  # fmt: skip
        dimension, name = member or (None, None)
        for side, parts in (("numerator", above), ("denominator", below or {})):
            for group, amount in parts.items():
                self.parts.append((id, dimension, name, side, 2025, province, group, amount))
            for region in (province, "000000"):
                cell = self.cells.setdefault((id, dimension, name, region), {})
                if parts:
                    cell[side] = cell.get(side, 0.0) + sum(parts.values())

    def hide(
        self, id: str, member: tuple[str, str] | None = None, regions: tuple[str, ...] = ("110000", "000000")
    ) -> None:
        self.hidden |= {(id, *(member or (None, None)), region) for region in regions}

    def attacked(
        self, policy: Policy, beyond: Sequence[Row] = (), known: pl.DataFrame | None = None
    ) -> list[tuple[object, ...]]:
        rows = [
            dict.fromkeys(TABLE)
            | dict(zip(("indicator_id", "dimension", "member", "region_code"), at, strict=True))
            | {"year": 2025, "value": sides["numerator"] / sides.get("denominator", 1.0), "unit": "1"} | sides
            for at, sides in self.cells.items()
        ]  # fmt: skip
        true = pl.DataFrame(rows, schema=TABLE, orient="row")
        out = [at in self.hidden for at in self.cells]
        parts_out = [at in self.hidden | self.bare for at in self.cells]
        empty = [
            pl.when(pl.Series(out if name == "value" else parts_out)).then(None).otherwise(name).alias(name)
            for name in ("value", "numerator", "denominator")
        ]
        parts = pl.DataFrame(self.parts, schema=CONTRIBUTIONS, orient="row")
        found = attack(
            true, true.with_columns(empty), parts, PLACES, self.catalogue, policy, frozenset(), known, beyond
        )
        return [tuple(line) for line in found.close]


@pytest.fixture
def tables(layout: Layout) -> Tables:
    return Tables(load_catalogue(layout))


RULES = Policy(exempt=())


def of(found: list[tuple[object, ...]], id: str, attacker: str | None = None) -> dict[tuple[object, object], float]:
    """(member, region) -> distance, of one attacker."""
    return {(line[2], line[3]): float(str(line[7])) for line in found if line[0] == id and line[6] == attacker}


def sides(found: list[tuple[object, ...]], id: str) -> dict[str, float]:
    """side -> the distance from somebody who files nothing, in 110000"""
    mine = [line for line in found if line[0] == id and line[3] == "110000" and line[6] is None]
    return {str(line[5]): float(str(line[7])) for line in mine}


def test_a_grade_is_what_the_others_leave_of_the_common_denominator(tables: Tables) -> None:
    """40 + 35 + 25 of 100 racks; with the 25 of a single group hidden, 100 - 40 - 35 tells them exactly."""
    racks = {"A": 40.0, "B": 35.0, "C": 25.0}
    for grade, parts in (
        ("grade_1", {"A": 40.0 * 25}),
        ("grade_2", {"A": 250.0, "B": 250.0, "C": 375.0}),
        ("grade_3", {"B": 625.0}),
    ):
        tables.put("dc.pue.grade_share", parts, {group: 25 * value for group, value in racks.items()}, ("grade", grade))
    tables.hide("dc.pue.grade_share", ("grade", "grade_3"))
    policy = Policy(exempt=(), units=("standard_racks",))
    assert of(tables.attacked(policy), "dc.pue.grade_share")["grade_3", "110000"] == 0.0
    tables.hide("dc.pue.grade_share", ("grade", "grade_1"))
    assert "grade_3" not in {member for member, _ in of(tables.attacked(policy), "dc.pue.grade_share")}


def test_what_one_sells_on_others_receive(tables: Tables) -> None:
    """The tower company sells 1000 on, three others received 1004: who reads 1004 is off by 0.4 %."""
    tables.put("energy.resold", {"T": 1000.0})
    tables.put("energy.received", {"A": 400.0, "B": 304.0, "C": 300.0})
    tables.hide("energy.resold")
    assert of(tables.attacked(RULES), "energy.resold") == {(None, "110000"): 0.004, (None, "000000"): 0.004}
    tables.hide("energy.received")
    assert tables.attacked(RULES) == []


def test_what_agrees_in_the_nation_tells_it_though_in_no_province(tables: Tables) -> None:
    """1000 and 4000 are sold on, 1300 and 3720 received: only the nation's 5020 is read as its 5000."""
    for province, sold, got in (
        ("110000", 1000.0, (500.0, 400.0, 400.0)),
        ("310000", 4000.0, (1320.0, 1200.0, 1200.0)),
    ):
        tables.put("energy.resold", {"T": sold}, province=province)
        tables.put("energy.received", dict(zip("ABC", got, strict=True)), province=province)
        tables.hide("energy.resold", regions=(province, "000000"))
    found = tables.attacked(RULES)
    assert {(line[3], line[6], line[7]) for line in found} == {("000000", who, 0.004) for who in (None, "A", "B", "C")}
    tables.hide("energy.received", regions=("110000", "310000", "000000"))
    assert tables.attacked(RULES) == []


def test_what_agrees_by_no_rule_tells_nothing(tables: Tables) -> None:
    """1000 and 1100 differ by more than the 5 % that the intake allows: nobody would take the one for the other."""
    tables.put("energy.resold", {"T": 1000.0})
    tables.put("energy.received", {"A": 400.0, "B": 400.0, "C": 300.0})
    tables.hide("energy.resold")
    assert tables.attacked(RULES) == []


def test_the_tower_company_is_what_the_stations_of_the_others_leave(tables: Tables) -> None:
    """Base stations use 360, of which the three operators' tables say 298: 62 for the tower company, which has 60."""
    tables.put(
        "energy.electricity", {"A": 100.0, "B": 100.0, "C": 100.0, "T": 60.0}, member=("facility_type", "base_station")
    )
    tables.put("bs.electricity", {"A": 100.0, "B": 100.0, "C": 98.0})
    tables.put("energy.electricity", {"T": 60.0}, member=("entity_kind", "tower"))
    tables.hide("energy.electricity", ("entity_kind", "tower"))
    assert of(tables.attacked(RULES), "energy.electricity")["tower", "110000"] == pytest.approx(2 / 60, abs=1e-6)
    tables.hide("bs.electricity")
    assert tables.attacked(RULES) == []


def test_equipment_cannot_use_more_than_the_centre(tables: Tables) -> None:
    """100 of 110 kWh: below it may be anything, above at most 10 % more, which is less than 20 %."""
    tables.put("dc.pue.all", {"A": 66.0, "B": 22.0, "C": 22.0}, {"A": 90.0, "B": 5.0, "C": 5.0})
    tables.put("dc.electricity", {"A": 66.0, "B": 22.0, "C": 22.0})
    tables.hide("dc.pue.all")
    found = of(tables.attacked(RULES), "dc.pue.all")
    assert found == {(None, "110000"): pytest.approx(0.1), (None, "000000"): pytest.approx(0.1)}


def test_a_ratio_told_alone_tells_one_part_by_the_other(tables: Tables) -> None:
    """600 kWh over 400 kWh of IT, both hidden: 1.5 tells neither; with the 400 in another table it tells the 600."""
    few = {"A": 360.0, "B": 240.0}, {"A": 240.0, "B": 160.0}
    tables.put("dc.pue.all", *few)
    tables.bare |= {("dc.pue.all", None, None, region) for region in ("110000", "000000")}
    policy = Policy(exempt=("dc.it_electricity",), open=("dc.it_electricity",))
    assert tables.attacked(policy) == []
    tables.put("dc.it_electricity", few[1])
    assert sides(tables.attacked(policy), "dc.pue.all") == {"numerator": 0.0, "denominator": 0.0}
    tables.bare.clear()
    tables.hide("dc.pue.all")
    assert sides(tables.attacked(policy), "dc.pue.all") == {"denominator": 0.0}


def test_who_files_himself_subtracts_his_own(tables: Tables) -> None:
    """Two provinces of 100 each, 200 together. An outsider knows only that each is between 0 and 200. B files 10 of the
    first and 90 of the other one: the first is at most 200 - 90 = 110, 20 more than 90 would be 22 %, 11 % of A's 90."""
    tables.put("energy.heat", {"A": 90.0, "B": 10.0})
    tables.put("energy.heat", {"A": 10.0, "B": 90.0}, province="310000")
    tables.hide("energy.heat", regions=("110000", "310000"))
    found = tables.attacked(Policy(exempt=("energy.heat",)))
    assert of(found, "energy.heat") == {}
    assert of(found, "energy.heat", "B") == {(None, "110000"): pytest.approx(10 / 90, abs=1e-6)}
    assert of(found, "energy.heat", "A") == {(None, "310000"): pytest.approx(10 / 90, abs=1e-6)}


def test_two_filers_put_their_rows_together_where_the_policy_says_so(tables: Tables) -> None:
    """Two provinces, 200 together, of which A and B file 90 and 99, and C the 10 and the 1 that are left. Who knows what both
    filed knows that C has 11 in the two: at most 1 more than the 10."""
    tables.put("energy.heat", {"A": 45.0, "B": 45.0, "C": 10.0})
    tables.put("energy.heat", {"A": 49.0, "B": 50.0, "C": 1.0}, province="310000")
    tables.hide("energy.heat", regions=("110000", "310000"))
    alone = tables.attacked(Policy(exempt=("energy.heat",), p=0.25))
    both = tables.attacked(Policy(exempt=("energy.heat",), p=0.25, pairs=True))
    assert alone == []
    assert of(both, "energy.heat", "A+B") == {(None, "110000"): pytest.approx(1 / 10, abs=1e-6)}


def test_the_nations_outlook_is_part_of_what_is_known(tables: Tables) -> None:
    """Two provinces of 100 each, both hidden, grow by nothing and by a fifth: 220 from 200. Who can reckon both growths has
    two equations for two numbers."""
    line = ("energy.heat", None, None, "numerator")
    tables.put("energy.heat", {"A": 90.0, "B": 5.0, "C": 5.0})
    tables.put("energy.heat", {"A": 90.0, "B": 5.0, "C": 5.0}, province="310000")
    tables.hide("energy.heat", regions=("110000", "310000"))
    policy = Policy(exempt=("energy.heat",))
    assert of(tables.attacked(policy), "energy.heat") == {}
    rows: list[Row] = [{(line, "110000"): -0.1 * sign, (line, "310000"): 0.1 * sign} for sign in (1.0, -1.0)]
    assert of(tables.attacked(policy, rows), "energy.heat") == {(None, "110000"): 0.0, (None, "310000"): 0.0}
    loose: list[Row] = [{(line, "110000"): -0.1, (line, "310000"): -0.1}]
    assert of(tables.attacked(policy, loose), "energy.heat") == {}


def test_the_water_of_data_centres_stands_in_two_tables(tables: Tables) -> None:
    """100 m3 in energy, 101 t (101,000 L over 50,000 kWh) beside the centres: who reads the one is off by 1 % of the other."""
    member = ("facility_type", "data_centre")
    tables.put("energy.water", {"A": 90.0, "B": 5.0, "C": 5.0}, member=member)
    tables.put("dc.wue", {"A": 90.0e3, "B": 5.0e3, "C": 6.0e3}, {"A": 2.0e4, "B": 1.5e4, "C": 1.5e4})
    tables.hide("energy.water", member)
    found = of(tables.attacked(Policy(exempt=("dc.wue",), p=0.0, dominance=0.89)), "energy.water")
    assert found["data_centre", "110000"] == pytest.approx(0.01, abs=1e-6)


def test_who_filed_the_same_in_two_ways_knows_that_the_others_did_not(tables: Tables) -> None:
    """A files 900 m3 in energy and 400 beside its centres, B and C the same in both: 995 and 495 agree for nobody else, but A
    leaves out its own and reads the 95 of the others."""
    member = ("facility_type", "data_centre")
    tables.put("energy.water", {"A": 900.0, "B": 50.0, "C": 45.0}, member=member)
    tables.put("dc.wue", {"A": 400e3, "B": 50e3, "C": 45e3}, {"A": 2.0e5, "B": 1.5e5, "C": 1.5e5})
    tables.hide("energy.water", member)
    found = tables.attacked(Policy(exempt=()))
    assert of(found, "energy.water") == {}
    assert of(found, "energy.water", "A") == {("data_centre", "110000"): 0.0, ("data_centre", "000000"): 0.0}
    tables.hide("dc.wue")
    assert tables.attacked(Policy(exempt=())) == []


@pytest.mark.parametrize(
    ("parts", "more", "is_sought"),
    [
        ({"A": 86.0, "B": 7.0, "C": 7.0}, {"p": 0.0}, True),  # 86 % is more than 85 %
        ({"A": 84.0, "B": 8.0, "C": 8.0}, {"p": 0.0}, False),
        ({"A": 50.0, "B": 46.0, "C": 4.0}, {}, True),  # 4 is less than 10 % of 50
        ({"A": 50.0, "B": 44.0, "C": 6.0}, {}, False),
        ({"A": 50.0, "B": 50.0}, {"p": 0.0}, True),  # two groups of at least three
        ({"A": 50.0, "B": 50.0, "C": 50.0}, {}, False),
        ({"A": 85.0, "B": 8.0, "C": 7.0}, {"p": 0.0}, False),  # not more than 85 %
        ({"A": 50.0, "B": 45.0, "C": 5.0}, {}, False),  # not less than 10 %
        ({"A": 50.0, "B": 20.0, "C": 4.5}, {}, True),  # of the largest, not of the second
    ],
)
def test_each_rule_on_amounts_finds_its_cell_alone(
    tables: Tables, parts: PARTS, more: dict[str, float], is_sought: bool
) -> None:
    """The cell stands open: its distance is zero where a rule holds of it, and it is not looked at where none does."""
    tables.put("energy.heat", parts)
    found = of(tables.attacked(Policy(exempt=(), **more)), "energy.heat")  # type: ignore[arg-type]
    assert found == ({(None, "110000"): 0.0, (None, "000000"): 0.0} if is_sought else {})


@pytest.mark.parametrize(("racks", "is_sought"), [(9.0, True), (10.0, False)])
def test_few_racks_are_looked_for_though_of_three_groups(tables: Tables, racks: float, is_sought: bool) -> None:
    tables.put("dc.racks", {"A": 4.0, "B": 3.0, "C": racks - 7})
    assert bool(tables.attacked(Policy(exempt=(), units=("standard_racks",)))) is is_sought


@pytest.mark.parametrize(("rooms", "is_sought"), [(9.0, True), (10.0, False)])
def test_a_count_below_ten_is_looked_for(tables: Tables, rooms: float, is_sought: bool) -> None:
    tables.put("room.count", {"A": rooms})
    assert bool(tables.attacked(RULES)) is is_sought


def test_verdicts_are_joined_and_say_what_they_looked_at(tables: Tables, tmp_path: Path) -> None:
    tables.put("energy.heat", ALIKE)
    parts = pl.DataFrame(tables.parts, schema=CONTRIBUTIONS, orient="row")
    empty = pl.DataFrame(schema=TABLE)
    one = attack(empty, empty, parts.clear(), PLACES, tables.catalogue, RULES, frozenset())
    both = joined([one, one], "r")
    assert both.passed
    both.write(tmp_path / "audit.json", {"indicators.parquet": "0" * 64})
    assert '"passed": true' in (tmp_path / "audit.json").read_text("utf-8")


def test_a_refusal_says_what_was_found_and_that_no_setting_mends_it(tables: Tables) -> None:
    line: list[object] = ["energy.resold", None, None, "000000", 2025, "numerator", "A", 0.004]
    assert told(Verdict(9, 3, 2, 4, [line, line], 0.21, 0.2), tables.catalogue) == (
        "公开版没有通过保密审核：2 处可以推断得过于准确，如 2025 年全国的指标 energy.resold（转供电量），"
        "与真值相差可小到 0.4%，应不小于 20%；选取隐去的数值时没有发现这一处，是本产品的缺陷，改 disclosure.yml 未必有用；"
        "改正以前不要公开这一版，请把这句话和 disclosure.yml 一起报告给本产品的维护者。"
    )


def test_the_pattern_knows_carbon_of_centres_as_electricity_with_a_factor(layout: Layout) -> None:
    """Else the sums of two provinces in kWh and in kg would tell each of them."""
    known = dict(definitions.combinations(load_catalogue(layout)))
    assert known["dc.cue", None, None, "numerator"] == (("dc.pue.all", None, None, "numerator"),)


ONE = {"A": 90.0}


def heat_of(region: str) -> pl.DataFrame:
    """The cell of energy.heat, as earlier publications told it."""
    schema = {
        "indicator_id": pl.String,
        "dimension": pl.String,
        "member": pl.String,
        "region_code": pl.String,
        "year": pl.Int64,
    }
    return pl.DataFrame([("energy.heat", None, None, region, 2025)], schema=schema, orient="row")


def test_what_is_open_or_was_published_before_is_not_sought(tables: Tables) -> None:
    tables.put("energy.heat", ONE)
    assert {line[3] for line in tables.attacked(RULES)} == {"110000", "000000"}
    assert tables.attacked(Policy(exempt=(), open=("energy.heat",))) == []
    assert tables.attacked(Policy(exempt=(), open=("energy.*",))) == []
    known = heat_of("110000")
    assert {line[3] for line in tables.attacked(RULES, known=known)} == {"000000"}


def test_what_earlier_publications_told_is_known_though_hidden_now(tables: Tables) -> None:
    """90 of one and 300 of several together: with the 300 told before, the nation's 390 tells the 90."""
    tables.put("energy.heat", ONE)
    tables.put("energy.heat", {"A": 100.0, "B": 100.0, "C": 100.0}, province="310000")
    tables.hide("energy.heat", regions=("110000", "310000"))
    assert of(tables.attacked(RULES), "energy.heat") == {}
    known = heat_of("310000")
    assert of(tables.attacked(RULES, known=known), "energy.heat") == {(None, "110000"): 0.0}


LOOSE = Policy(exempt=(), dominance=0.95, p=0.0)


def test_what_fewer_kinds_of_enterprises_use_is_at_most_what_all_do(tables: Tables) -> None:
    """90 of 100: at most a ninth more."""
    tables.put("energy.covered", ONE)
    tables.put("energy.total", {"A": 90.0, "B": 5.0, "C": 5.0})
    tables.hide("energy.covered")
    assert sides(tables.attacked(LOOSE), "energy.covered") == {"numerator": pytest.approx(1 / 9, abs=1e-6)}


def test_what_core_rooms_of_some_years_use_is_at_most_what_all_core_rooms_do(tables: Tables) -> None:
    """90 kWh of equipment in rooms that were retrofitted, 100 in all."""
    tables.put("room.pue.core_retrofit", {"A": 140.0}, ONE)
    tables.put("room.pue.core", {"A": 200.0, "B": 200.0, "C": 200.0}, {"A": 90.0, "B": 5.0, "C": 5.0})
    tables.hide("room.pue.core_retrofit")
    found = sides(tables.attacked(LOOSE), "room.pue.core_retrofit")
    assert found["denominator"] == pytest.approx(1 / 9, abs=1e-6)


@pytest.mark.parametrize(("edge", "far"), [(0.0, 0.0), (330.0, 0.1)])
def test_racks_of_a_grade_are_what_older_ones_leave_of_all(tables: Tables, edge: float, far: float) -> None:
    """北京 2024: 36,420 racks, of which 33,120 are older than the standard: the 3,300 with a grade are one filer's. With 330
    more in centres at the edge, which have no grade, they are at most 10 % more."""
    one = {"A": 3300.0}
    older, every = {"A": 8840.0, "B": 12140.0, "C": 12140.0}, {"A": 12140.0, "B": 12140.0, "C": 12140.0 + edge}
    tables.put("dc.racks", every)
    tables.put("dc.pue.grade_share.stock", older, older, ("grade", "grade_3"))
    tables.put("dc.pue.grade_share", one, one, ("grade", "grade_2"))
    tables.hide("dc.pue.grade_share", ("grade", "grade_2"))
    policy = Policy(exempt=(), units=("standard_racks",))
    found = sides(tables.attacked(policy), "dc.pue.grade_share")
    assert found == {"numerator": pytest.approx(far, abs=1e-6), "denominator": pytest.approx(far, abs=1e-6)}
    tables.hide("dc.racks")
    assert tables.attacked(policy) == []


def test_centres_of_a_full_year_use_at_most_what_all_of_the_hub_do(tables: Tables) -> None:
    """90 kWh of equipment of 100: at most a ninth more."""
    hub = ("hub_cluster", "张家口集群")
    tables.put("dc.pue.all", {"A": 300.0}, ONE, hub)
    tables.put("dc.it_electricity", {"A": 90.0, "B": 5.0, "C": 5.0}, member=hub)
    tables.hide("dc.pue.all", hub)
    assert sides(tables.attacked(LOOSE), "dc.pue.all") == {"denominator": pytest.approx(1 / 9, abs=1e-6)}


def test_equipment_uses_no_more_than_centres_do_in_another_indicator(tables: Tables) -> None:
    """90 kWh of equipment, one company's, in centres that use 100: at most a ninth more. And the other way round 100 of one
    company are at least the 90 of the equipment."""
    tables.put("dc.it_electricity", ONE)
    tables.put("dc.electricity", {"A": 90.0, "B": 5.0, "C": 5.0})
    tables.hide("dc.it_electricity")
    assert sides(tables.attacked(LOOSE), "dc.it_electricity") == {"numerator": pytest.approx(1 / 9, abs=1e-6)}
    tables.parts.clear()
    tables.cells.clear()
    tables.put("dc.it_electricity", {"A": 80.0, "B": 5.0, "C": 5.0})
    tables.put("dc.electricity", {"A": 100.0})
    tables.hidden.clear()
    tables.hide("dc.electricity")
    assert sides(tables.attacked(LOOSE), "dc.electricity") == {"numerator": pytest.approx(0.1, abs=1e-6)}


def test_full_and_young_centres_are_all_there_are(tables: Tables) -> None:
    """1.5 of a full year and 1.2 of the young ones, both told alone, of 1740 over 1200 kWh: 1000 and 200 kWh of equipment are
    the only ones that fit, so the 240 over 200 of A's young centre are told exactly."""
    tables.put("dc.pue.all", {"A": 600.0, "B": 450.0, "C": 450.0}, {"A": 400.0, "B": 300.0, "C": 300.0})
    tables.put("dc.pue.young", {"A": 240.0}, {"A": 200.0})
    tables.put("dc.electricity", {"A": 840.0, "B": 450.0, "C": 450.0})
    tables.put("dc.it_electricity", {"A": 600.0, "B": 300.0, "C": 300.0})
    tables.bare |= {(id, None, None, at) for id in ("dc.pue.all", "dc.pue.young") for at in ("110000", "000000")}
    assert sides(tables.attacked(RULES), "dc.pue.young") == {"numerator": 0.0, "denominator": 0.0}
    tables.hide("dc.electricity")
    assert tables.attacked(RULES) == []


def test_large_centres_have_three_thousand_racks_at_least(tables: Tables) -> None:
    """13,000 racks are in at most four centres, as a number 13 / 3: a twelfth more than the 4."""
    size = ("size_class", "large")
    tables.put("dc.count", {"A": 2.0, "B": 1.0, "C": 1.0}, member=size)
    tables.put("dc.racks", {"A": 5000.0, "B": 4000.0, "C": 4000.0}, member=size)
    tables.hide("dc.count", size)
    assert sides(tables.attacked(RULES), "dc.count") == {"numerator": pytest.approx(1 / 12, abs=1e-6)}


def test_a_share_is_at_most_one(tables: Tables) -> None:
    """90 of 100 kWh are green, from one company: at most a ninth more."""
    tables.put("dc.green_share", ONE, {"A": 90.0, "B": 5.0, "C": 5.0})
    tables.put("dc.electricity", {"A": 90.0, "B": 5.0, "C": 5.0})
    tables.hide("dc.green_share")
    found = sides(tables.attacked(LOOSE), "dc.green_share")
    assert found == {"numerator": pytest.approx(1 / 9, abs=1e-6)}


def test_a_part_of_a_ratio_of_two_tables_is_the_amount_itself(tables: Tables) -> None:
    """90 tce over 50 TB are 1,800 kgce/TB: the numerator is the energy in kg, whatever the unit of either."""
    tables.put("energy.per_flow", {"A": 90000.0}, {"A": 20.0, "B": 15.0, "C": 15.0})
    tables.put("energy.covered", ONE)
    tables.hide("energy.per_flow")
    policy = Policy(exempt=(), open=("energy.covered",))
    assert sides(tables.attacked(policy), "energy.per_flow") == {"numerator": 0.0}


def test_electricity_in_coal_is_electricity_with_the_factor_of_the_province(tables: Tables) -> None:
    tables.put("energy.total", {"A": 11.0}, member=("carrier", "electricity"))
    tables.put("energy.electricity", {"A": 90000.0})
    tables.hide("energy.total", ("carrier", "electricity"))
    policy = Policy(exempt=(), open=("energy.electricity",))
    assert sides(tables.attacked(policy), "energy.total") == {"numerator": 0.0}


def test_rooms_of_the_other_kind_say_nothing_of_core_rooms(tables: Tables) -> None:
    """1000 kWh of core rooms in energy, 1010 beside the rooms, and 400 of access rooms that are another facility's."""
    few, alike = {"A": 600.0, "B": 400.0}, {"A": 300.0, "B": 300.0, "C": 410.0}
    tables.put("energy.electricity", few, member=("facility_type", "core_room"))
    tables.put("room.pue.all", alike, {g: 0.5 * v for g, v in alike.items()}, member=("kind", "core"))
    tables.put(
        "room.pue.all",
        {"A": 100.0, "B": 150.0, "C": 150.0},
        {"A": 50.0, "B": 50.0, "C": 50.0},
        member=("kind", "access"),
    )
    tables.hide("energy.electricity", ("facility_type", "core_room"))
    found = sides(tables.attacked(RULES), "energy.electricity")
    assert found == {"numerator": pytest.approx(0.01, abs=1e-6)}


@pytest.mark.parametrize(("got", "is_near"), [(1050.0, True), (1051.0, False)])
def test_five_percent_agree_and_more_does_not(tables: Tables, got: float, is_near: bool) -> None:
    tables.put("energy.resold", {"T": 1000.0})
    tables.put("energy.received", {"A": 400.0, "B": 350.0, "C": got - 750})
    tables.hide("energy.resold")
    assert sides(tables.attacked(RULES), "energy.resold") == ({"numerator": pytest.approx(0.05)} if is_near else {})


def test_who_leaves_out_its_own_reads_the_others_up_to_five_percent(tables: Tables) -> None:
    """A files 900 m3 in energy and 300 beside its centres: without it 100 and 104 are left, which still agree, so that the
    others have 104 / 1.05 = 99.05 at least; not 106."""
    for others, is_near in ((104.0, True), (106.0, False)):
        tables.cells.clear()
        tables.parts.clear()
        member = ("facility_type", "data_centre")
        tables.put("energy.water", {"A": 900.0, "B": 100.0}, member=member)
        tables.put("dc.wue", {"A": 300e3, "B": others * 1e3}, {"A": 2.0e5, "B": 1.5e5, "C": 1.5e5})
        tables.hide("energy.water", member)
        found = of(tables.attacked(Policy(exempt=("dc.wue",), open=("dc.wue",))), "energy.water", "A")
        assert found == (
            {("data_centre", region): pytest.approx(0.0095238, abs=1e-6) for region in ("110000", "000000")}
            if is_near
            else {}
        )
