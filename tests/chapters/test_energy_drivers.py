"""The drivers of energy: by hand, from the filed rows by another way, and what is said of every outcome."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.chapters import energy_drivers as drivers
from pipeline.filings.intake import Intake, take_in
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.regions import Region, resolve
from pipeline.indicators import evaluate
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.view import View
from pipeline.language import zh
from pipeline.layout import SAMPLE, Layout

Row = tuple[str, int, str, str | None, float | None, float | None, float | None, str | None]
GD, ZJ = "440000", "330000"


def view(layout: Layout, region: Region, rows: list[Row], year: int = 2025) -> View:
    """rows: indicator, year, region_code, entity_id, value, numerator, denominator, flag."""
    names = ["indicator_id", "year", "region_code", "entity_id", "value", "numerator", "denominator", "flag"]
    named = pl.DataFrame(rows, {name: evaluate.TABLE[name] for name in names}, orient="row")
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in evaluate.TABLE.items() if name not in named.columns]
    table = named.with_columns(empty).select(list(evaluate.TABLE))
    return View(table, load_catalogue(layout), region, year, reference.provinces(layout), {"A": "甲", "T": "塔"})


def of_provinces(flows: dict[str, tuple[float, float]], energy: dict[str, tuple[float, float]]) -> list[Row]:
    """Flow and energy (tce) of provinces in 2020 and 2025, as the indicator table has them."""
    rows: list[Row] = []
    for code in flows:
        for at, year in enumerate((2020, 2025)):
            kgce, tb = 1000 * energy[code][at], flows[code][at]
            rows.append(("energy.per_flow", year, code, None, kgce / tb, kgce, tb, None))
        rows.append(("energy.per_flow.change", 2025, code, None, 0.0, None, None, None))
    return [*rows, ("energy.per_flow.change", 2025, "000000", None, 0.0, None, None, None)]


def of_enterprises(energy: dict[str, tuple[float, float]], flows: dict[str, tuple[float, float]]) -> list[Row]:
    """Energy (tce) and flow of 广东's enterprises in 2020 and 2025."""
    rows: list[Row] = [("energy.per_flow.change", 2025, GD, None, 0.0, None, None, None)]
    for id, values in (("energy.covered", energy), ("activity.flow", flows)):
        for name, pair in values.items():
            rows += [
                (id, year, GD, name, pair[at], None, None, None) for at, year in enumerate((2020, 2025)) if pair[at]
            ]
        rows += [(id, year, GD, None, sum(pair[at] for pair in values.values()), None, None, None) for at, year in enumerate((2020, 2025))]  # fmt: skip
    return rows


def by_hand(groups: list[tuple[float, float, float, float]]) -> tuple[float, float, float]:
    """Activity, structure, intensity of (flow, energy before; flow, energy after), with plain arithmetic (Ang 2005)."""
    whole = [math.fsum(one[0] for one in groups), math.fsum(one[2] for one in groups)]
    effects = [0.0, 0.0, 0.0]
    for q0, e0, q1, e1 in groups:
        mean = e0 if e0 == e1 else (e1 - e0) / (math.log(e1) - math.log(e0))
        ratios = [whole[1] / whole[0], (q1 / whole[1]) / (q0 / whole[0]), (e1 / q1) / (e0 / q0)]
        effects = [effect + mean * math.log(ratio) for effect, ratio in zip(effects, ratios, strict=True)]
    return effects[0], effects[1], effects[2]


def test_two_provinces_by_hand(layout: Layout) -> None:
    flows, energy = {GD: (100.0, 200.0), ZJ: (100.0, 100.0)}, {GD: (50.0, 90.0), ZJ: (30.0, 24.0)}
    found = drivers.parts(view(layout, resolve("全国", layout), of_provinces(flows, energy)), 2020)
    assert found
    hand = by_hand([(100.0, 50.0, 200.0, 90.0), (100.0, 30.0, 100.0, 24.0)])
    # L(50, 90) = 40 / ln 1.8 = 68.0519, L(30, 24) = 6 / ln 1.25 = 26.8885, sum 94.9404; activity x ln 1.5.
    assert hand[0] == pytest.approx(94.9404 * 0.405465, abs=1e-3)
    assert (found.activity, found.structure, found.intensity) == pytest.approx(hand, rel=1e-12)
    assert sum(hand) == pytest.approx(34.0)
    assert found.change == pytest.approx(34.0)


@given(
    st.lists(
        st.tuples(*(st.floats(1.0, 1e9, allow_nan=False) for _ in range(4))), min_size=1, max_size=31
    )
)  # fmt: skip
def test_the_parts_are_those_of_another_way_and_sum_to_the_change(
    groups: list[tuple[float, float, float, float]],
) -> None:
    frame = pl.DataFrame(
        [(str(at), e0, e1, q0, q1) for at, (q0, e0, q1, e1) in enumerate(groups)], drivers.GROUPS, orient="row"
    )
    found = drivers.split(frame)
    scale = max(one for group in groups for one in (group[1], group[3])) * len(groups)
    change = math.fsum(one[3] for one in groups) - math.fsum(one[1] for one in groups)
    assert math.fsum(found) == pytest.approx(change, abs=1e-9 * scale)
    if all(abs(e1 / e0 - 1) > 1e-6 for _, e0, _, e1 in groups):
        assert found == pytest.approx(by_hand(groups), rel=1e-6, abs=1e-9 * scale)


def test_coming_and_going_is_structure() -> None:
    """A has 10 per flow throughout; B with 5 comes in: activity and intensity know only what A and the total did."""
    frame = pl.DataFrame(
        [("A", 1000.0, 1000.0, 100.0, 100.0), ("B", 0.0, 500.0, 0.0, 100.0)], drivers.GROUPS, orient="row"
    )
    activity, structure, intensity = drivers.split(frame)
    assert intensity == 0.0
    assert activity == pytest.approx(1000 * math.log(2))
    assert activity + structure == pytest.approx(500.0)


@pytest.fixture(scope="module")
def intake(layout: Layout) -> Intake:
    return take_in(layout.root / SAMPLE, layout, 2025)


@pytest.fixture(scope="module")
def table(layout: Layout, intake: Intake) -> pl.DataFrame:
    ids = [drivers.RATIO, drivers.CHANGE, drivers.ENERGY, drivers.FLOW]
    plan = reference.load_plan(layout)
    return evaluate.compute(intake.accepted, layout, Params(), plan, 2025, intake.counts, only=ids)


def from_rows(layout: Layout, intake: Intake, group: str) -> dict[tuple[str, int], tuple[float, float]]:
    """Energy (tce) and flow by group and year, from the filed rows, with a loop and the printed coefficients."""
    kgce = dict(
        reference.energy_coefficients(layout).filter("preferred").select("carrier", "kgce_per_unit").iter_rows()
    )
    kgce |= {"electricity": kgce["electricity_equivalent"], "natural_gas": 1.33, "water": 0.0}
    kinds = dict(intake.accepted["entities"].select("entity_id", pl.col("kind").cast(pl.String)).iter_rows())
    sums: dict[tuple[str, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for table, at in (("energy", 0), ("activity", 1)):
        for row in intake.accepted[table].iter_rows(named=True):
            if row["is_control"] or kinds[row["entity_id"]] not in ("basic_telecom", "tower", "broadcast"):
                continue
            if at and row["metric"] == "information_flow":
                sums[row[group], row["year"]][1] += row["value"]
            elif not at and row["supply"] in ("own", "received"):
                sums[row[group], row["year"]][0] += row["quantity"] * kgce[row["carrier"]] / 1000
    return {key: (energy, flow) for key, (energy, flow) in sums.items()}


def test_the_nation_from_the_filed_rows(layout: Layout, intake: Intake, table: pl.DataFrame) -> None:
    seen = View(table, load_catalogue(layout), resolve("全国", layout), 2025, reference.provinces(layout), {})
    found = drivers.parts(seen, 2020)
    assert found
    filed = from_rows(layout, intake, "province_code")
    groups = [
        (filed[code, 2020][1], filed[code, 2020][0], filed[code, 2025][1], filed[code, 2025][0])
        for code in found.groups["group"]
    ]
    assert len(groups) == 31
    assert (found.activity, found.structure, found.intensity) == pytest.approx(by_hand(groups), rel=1e-9)
    total = found.activity + found.structure + found.intensity + found.without_flow
    assert total == pytest.approx(found.change, rel=1e-9)
    assert found.after == pytest.approx(seen.value(drivers.ENERGY), rel=1e-9)


def test_a_province_from_the_filed_rows(layout: Layout, intake: Intake, table: pl.DataFrame) -> None:
    names = {id: id for id in intake.accepted["entities"]["entity_id"]}
    seen = View(table, load_catalogue(layout), resolve("广东", layout), 2025, reference.provinces(layout), names)
    found = drivers.parts(seen, 2020)
    assert found
    there = {name: intake.accepted[name].filter(province_code=GD) for name in ("energy", "activity")}
    filed = from_rows(layout, replace(intake, accepted=intake.accepted | there), "entity_id")
    flowing = sorted({name for (name, _), (_, flow) in filed.items() if flow})
    groups = [(filed[n, 2020][1], filed[n, 2020][0], filed[n, 2025][1], filed[n, 2025][0]) for n in flowing]
    assert (found.activity, found.intensity) == pytest.approx(by_hand(groups)[::2], rel=1e-9)
    assert found.structure == pytest.approx(by_hand(groups)[1], abs=1e-6 * found.before)
    tower = [math.fsum(energy for (_, year), (energy, flow) in filed.items() if not flow and year == when) for when in (2020, 2025)]  # fmt: skip
    assert found.without_flow == pytest.approx(tower[1] - tower[0], rel=1e-9)
    total = found.activity + found.structure + found.intensity + found.without_flow
    assert total == pytest.approx(found.change, rel=1e-9)


# --- what is said --------------------------------------------------------------------------------------------


def said(layout: Layout, region: str, rows: list[Row]) -> str:
    seen = view(layout, resolve(region, layout), rows)
    found = drivers.parts(seen, 2020)
    assert found
    title = drivers.told(found, seen, 2020)
    assert drivers.figure(found, seen, 2020, "f-x").title == title
    return zh.say(title).removeprefix(f"2020 年至 2025 年{region}")


def test_rising(layout: Layout) -> None:
    rows = of_provinces({GD: (1e6, 2e6), ZJ: (1e6, 2e6)}, {GD: (1e6, 2e6), ZJ: (1e6, 2e6)})
    assert (
        said(layout, "全国", rows)
        == "可比的综合能耗增加 200.0 万tce：信息流量拉高 200.0 万tce，分省构成、单位流量能耗没有影响"
    )


def test_falling(layout: Layout) -> None:
    rows = of_provinces({GD: (1e6, 1e6), ZJ: (1e6, 1e6)}, {GD: (1e6, 5e5), ZJ: (1e6, 5e5)})
    assert (
        said(layout, "全国", rows)
        == "可比的综合能耗减少 100.0 万tce：单位流量能耗拉低 100.0 万tce，信息流量、分省构成没有影响"
    )


def test_flat(layout: Layout) -> None:
    rows = of_provinces({GD: (1e6, 1e6), ZJ: (1e6, 1e6)}, {GD: (1e6, 1e6), ZJ: (1e6, 1e6)})
    assert said(layout, "全国", rows) == "可比的综合能耗没有变动：信息流量、分省构成、单位流量能耗没有影响"


def test_one_group_has_no_structure(layout: Layout) -> None:
    assert "构成" not in said(layout, "全国", of_provinces({GD: (1e6, 2e6)}, {GD: (1e6, 1.5e6)}))
    rows = of_enterprises({"A": (1e6, 2e6)}, {"A": (1e6, 2e6)})
    assert said(layout, "广东", rows) == "综合能耗增加 100.0 万tce：信息流量拉高 100.0 万tce，单位流量能耗没有影响"


def test_who_has_no_flow_is_a_step_of_its_own(layout: Layout) -> None:
    rows = of_enterprises({"A": (1e6, 2e6), "T": (2e5, 3e5)}, {"A": (1e6, 2e6)})
    assert said(layout, "广东", rows).endswith("无流量的单位拉高 10.0 万tce，单位流量能耗没有影响")


def test_nothing_to_compare_is_said(layout: Layout) -> None:
    nation, guangdong = resolve("全国", layout), resolve("广东", layout)
    for seen in (
        view(layout, nation, []),
        view(layout, nation, [(drivers.CHANGE, 2025, "000000", None, None, None, None, "no_baseline")]),
        view(layout, guangdong, [(drivers.CHANGE, 2025, GD, None, 0.0, None, None, None)]),
        view(layout, guangdong, of_enterprises({"A": (1.0, 2.0)}, {"A": (0.0, 2.0)})),
        view(layout, guangdong, of_enterprises({"T": (1.0, 2.0)}, {})),
    ):
        assert drivers.parts(seen, 2020) is None
        assert not drivers.why_not(seen, 2020)["closed"]
    seen = view(layout, nation, [(drivers.CHANGE, 2025, "000000", None, None, None, None, "no_baseline")])
    assert "没有基期年份的填报" in zh.say(drivers.why_not(seen, 2020)["remarks"])
    assert drivers.why_not(view(layout, nation, [], 2020), 2020)["too_early"]


def test_a_province_that_cannot_be_compared_is_left_out_and_the_coverage_told(layout: Layout) -> None:
    rows = of_provinces({GD: (100.0, 200.0), ZJ: (100.0, 100.0)}, {GD: (50.0, 90.0), ZJ: (30.0, 24.0)})
    rows = [row for row in rows if row[:3] != (drivers.CHANGE, 2025, ZJ)]
    seen = view(layout, resolve("全国", layout), rows)
    seen = View(seen.table.with_columns(coverage=pl.lit(0.5)), seen.catalogue, seen.region, 2025, seen.provinces, {})
    found = drivers.parts(seen, 2020)
    assert found
    assert found.change == pytest.approx(40.0)
    assert (found.groups.height, found.coverage) == (1, 0.5)
