"""What the nation's outlook tells of hidden provinces, by hand."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from pipeline import wording
from pipeline.disclosure.ahead import beyond, corrected, joined, told
from pipeline.disclosure.record import Bound
from pipeline.disclosure.rules import CELL
from pipeline.indicators.evaluate import TABLE
from pipeline.scenarios.drivers import DRIVERS, said
from pipeline.scenarios.outlook import SCHEMAS, Outlook

NATION, BEIJING, SHANGHAI, HUBEI = "000000", "110000", "310000", "420000"
FLOW = ("activity.flow", None, None, "numerator")


def outlook(flow: dict[str, tuple[float, float]], growth: dict[str, float]) -> Outlook:
    """The flow of 2025 and 2030 in one scenario, and the driver g_flow of regions; all other drivers are alike."""
    frames = {name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()}
    frames["paths"] = pl.DataFrame(
        [
            {"scenario": "plan", "region_code": region, "measure": "activity.flow", "year": year, "value": value}
            for region, both in flow.items()
            for year, value in zip((2025, 2030), both, strict=True)
        ],
        schema=SCHEMAS["paths"],
    )
    rows = [
        {"scenario": "plan", "region_code": region, "driver": driver, "changed": False}
        | dict.fromkeys(("low", "mode", "high"), value if driver == "g_flow" else 0.0)
        for region, value in growth.items()
        for driver in DRIVERS
    ]
    frames["drivers"] = pl.DataFrame(rows, schema=SCHEMAS["drivers"])
    return Outlook(**frames)


GROWTH = {NATION: 0.02, BEIJING: 0.019, SHANGHAI: 0.037, HUBEI: 0.0}
FILED = {NATION: (200.0, 222.0), BEIJING: (100.0, 110.0), SHANGHAI: (60.0, 72.0), HUBEI: (40.0, 40.0)}


def test_what_can_be_reckoned_is_at_most_what_the_others_are_apart() -> None:
    """The nation grows to 1.11 times; 北京 to 1.1 and 上海 to 1.2 times, which everybody can reckon, and 湖北 not at all. So
    0.09 x 上海 - 0.01 x 北京 is at most 0.11 x 湖北, and at least that less."""
    whole = outlook(FILED, GROWTH)
    rows = list(beyond(whole, outlook(FILED, GROWTH | {HUBEI: 0.02})))
    one, other = ({region: round(factor, 9) for (line, region), factor in row.items()} for row in rows)
    assert {line for row in rows for line, _ in row} == {FLOW}
    assert one == {BEIJING: -0.01, SHANGHAI: 0.09, HUBEI: -0.11}
    assert other == {BEIJING: 0.01, SHANGHAI: -0.09, HUBEI: -0.11}
    assert sum(one[region] * FILED[region][0] for region in one) == pytest.approx(0.0)


def test_what_nobody_can_reckon_tells_nothing() -> None:
    whole = outlook(FILED, GROWTH)
    unknown = outlook(FILED, dict.fromkeys(GROWTH, 0.05))
    assert list(beyond(whole, unknown)) == []


def test_a_start_of_the_nation_that_is_not_published_closes_it() -> None:
    whole = outlook(FILED, GROWTH)
    row = dict.fromkeys(TABLE) | {"indicator_id": "activity.flow", "region_code": NATION, "year": 2025, "value": 200.0}
    shown = pl.DataFrame([row], schema=TABLE)
    hidden = pl.DataFrame([row | {"value": None, "flag": "suppressed"}], schema=TABLE)
    assert told(whole, shown)
    assert not told(whole, hidden)


def test_a_driver_of_the_nation_that_does_not_come_out_of_what_is_published_has_no_value() -> None:
    both = joined(outlook(FILED, GROWTH), outlook(FILED, GROWTH | {NATION: 0.03})).drivers.filter(driver="g_flow")
    assert dict(both.select("region_code", "mode").iter_rows()) == GROWTH | {NATION: None}
    assert said("g_flow", None) == "〔保密〕"


def test_the_nation_is_of_all_filings_and_the_provinces_of_what_is_published() -> None:
    published = {region: (start, end + 1) for region, (start, end) in FILED.items()}
    both = joined(outlook(FILED, GROWTH), outlook(published, GROWTH)).paths.filter(year=2030)
    assert dict(both.select("region_code", "value").iter_rows()) == {
        NATION: 222.0, BEIJING: 111.0, SHANGHAI: 73.0, HUBEI: 41.0,
    }  # fmt: skip


def test_the_nation_ahead_is_told_in_six_digits_and_its_start_as_the_table_has_it() -> None:
    """To the last bit the hundreds of numbers ahead would tell the amounts and growth of every province."""
    filed = FILED | {NATION: (200.123456, 222.123456), HUBEI: (40.123456, 40.123456)}
    both = joined(outlook(filed, GROWTH), outlook(filed, GROWTH)).paths
    told = {(region, year): value for region, year, value in both.select("region_code", "year", "value").iter_rows()}
    assert (told[NATION, 2025], told[NATION, 2030], told[HUBEI, 2030]) == (200.123456, 222.123, 40.123456)


@pytest.mark.parametrize(
    ("filed", "told_as", "printed"),
    [
        (1426.4497, 1426.44, "1,426.4"),  # 1426.45, and of that 1,426.5, were half a unit too much
        (1426.4501, 1426.46, "1,426.5"),
        (1426.45, 1426.45, "1,426.5"),
        (-6535.5497, -6535.54, "−6,535.5"),
        (999999.7, 999999.0, "999,999.0"),
        (0.1, 0.1, "0.1"),
        (0.0, 0.0, "0.0"),
    ],
)
def test_the_nation_ahead_prints_as_it_would_without_being_cut(filed: float, told_as: float, printed: str) -> None:
    given = FILED | {NATION: (200.0, filed)}
    both = joined(outlook(given, GROWTH), outlook(given, GROWTH)).paths.filter(region_code=NATION, year=2030)
    assert both["value"].to_list() == [told_as]
    assert wording.number(told_as, 1) == printed
    assert abs(told_as) == 999999.0 or wording.number(filed, 1) == printed


def test_steps_from_one_number_to_another_add_up_in_six_digits() -> None:
    """23,024,140.7 less 2,350,727.6 are 20,673,413.1; in six digits the steps would lead to 20,673,371.2, not to 20,673,400."""
    values = {"grid": -150_353.4, "work": -2_187_368.33, "core": -13_005.84}
    row = {"one": "baseline", "other": "plan", "region_code": NATION, "measure": "energy.total"}
    row |= {"before": 23_024_140.71, "after": 20_673_413.14}
    steps = pl.DataFrame(
        [row | {"step": step, "value": value} for step, value in values.items()], schema=SCHEMAS["steps"]
    )
    whole = replace(outlook(FILED, GROWTH), steps=steps)
    both = joined(whole, outlook(FILED, GROWTH)).steps
    assert both["after"].unique().to_list() == [20_673_400.0]
    assert dict(both.select("step", "value").iter_rows()) == {
        "grid": -150_353.0, "work": pytest.approx(-2_187_341.2, abs=1e-6), "core": -13_005.8,
    }  # fmt: skip


def test_there_is_one_outlook_of_all_filings_of_an_edition() -> None:
    """A withdrawn centre changes the growth of its province: what the two outlooks differ by told its 33.1 GWh to 0.01 %."""
    none = pl.DataFrame(schema=dict.fromkeys(CELL[:4], pl.String) | {CELL[4]: pl.Int64})

    def restated(id: str) -> Bound:
        row = pl.DataFrame([(id, None, None, "140000", 2024)], schema=none.schema, orient="row")
        return Bound(none, row, none, none)

    assert corrected(restated("dc.it_electricity"))
    assert not corrected(restated("sharing.tenancy"))
    assert not corrected(Bound(none, none, none, none))
