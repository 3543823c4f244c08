"""The committed sample filings, as the intake takes them: their calibration, their flaws, their bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import OutputError
from pipeline.filings.contracts import BY_NAME, METRICS, TABLES
from pipeline.filings.intake import Intake, take_in
from pipeline.filings.rules import PUE_HIGH
from pipeline.filings.sample import ENTITIES, YEARS, generate
from pipeline.filings.sample.calibration import apportion
from pipeline.given import reference
from pipeline.layout import Layout

SAMPLE = Layout.current().reference.parent / "sample"
FACTORS = {"electricity": "electricity_equivalent", "natural_gas": "natural_gas_oilfield"}  # names in the reference
PUE = pl.col("total_kwh").sum() / pl.col("it_kwh").sum()
OF_PLAN = (2022, 2025)


@pytest.fixture(scope="module")
def intake(layout: Layout) -> Intake:
    return take_in(SAMPLE, layout)


@pytest.fixture(scope="module")
def tables(intake: Intake) -> dict[str, pl.DataFrame]:
    """The accepted rows without those of the nation, codes as text."""
    return {
        name: (frame.filter(~pl.col("is_control")) if "is_control" in frame.columns else frame).cast(
            {pl.Enum: pl.String}
        )
        for name, frame in intake.accepted.items()
    }


@pytest.fixture(scope="module")
def published(layout: Layout) -> pl.DataFrame:
    return reference.published(layout)


@pytest.fixture(scope="module")
def energy(tables: dict[str, pl.DataFrame], layout: Layout) -> pl.DataFrame:
    """Where it is finally used, with kgce."""
    kgce = dict(
        reference.energy_coefficients(layout).filter("preferred").select("carrier", "kgce_per_unit").iter_rows()
    )
    of = {carrier: kgce.get(FACTORS.get(carrier, carrier), 0.0) for carrier in tables["energy"]["carrier"].unique()}
    assert sorted(carrier for carrier, one in of.items() if one == 0) == ["water"]
    final = tables["energy"].filter(pl.col("supply") != "resold")
    return final.with_columns(kgce=pl.col("quantity") * pl.col("carrier").replace_strict(of))


def by_year(frame: pl.DataFrame, value: pl.Expr) -> dict[int, float]:
    return dict(frame.group_by("year").agg(value.alias("_")).sort("year").iter_rows())


def by_province(frame: pl.DataFrame, value: pl.Expr, year: int = YEARS[-1]) -> dict[str, float]:
    return dict(
        frame.filter(year=year).group_by("province_code").agg(value.alias("_")).sort("province_code").iter_rows()
    )


def metric(tables: dict[str, pl.DataFrame], name: str) -> pl.DataFrame:
    return tables["activity"].filter(metric=name)


# --- the folder --------------------------------------------------------------------------------------------


def test_another_process_with_other_threads_and_hashes_writes_the_same_bytes(tmp_path: Path) -> None:
    out = tmp_path / "sample"
    env = os.environ | {"POLARS_MAX_THREADS": "1", "PYTHONHASHSEED": "1"}
    subprocess.run(
        [sys.executable, "-m", "pipeline.filings.sample", str(out)], check=True, env=env, capture_output=True
    )
    again, there = (
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (out, SAMPLE)
    )
    assert sorted(again) == sorted(there)
    differs = [name for name in again if again[name] != there[name]]
    assert not differs, "run: python -m pipeline.filings.sample"


def test_small_and_marked(intake: Intake) -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 5_000_000
    assert intake.sample
    assert intake.kind == "preliminary"
    assert intake.report_year == YEARS[-1]


def test_nothing_but_a_sample_is_replaced(tmp_path: Path, layout: Layout) -> None:
    (tmp_path / "filings.csv").write_text("真实填报")
    with pytest.raises(OutputError) as error:
        generate(tmp_path, layout)
    assert error.value.id == "output.not_sample"
    assert (tmp_path / "filings.csv").exists()


def test_files_are_of_all_kinds(intake: Intake) -> None:
    read = intake.files.filter(status="read")["file"].to_list()
    assert {Path(name).suffix for name in read} == {".xlsx", ".csv", ".parquet"}
    assert {Path(name).parts[0] for name in read} == {str(year) for year in YEARS}
    text = next(SAMPLE.glob("2025/能源消耗*.csv")).read_bytes()
    assert "消耗量" in text.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        text.decode("utf-8")


def test_one_entity_files_energy_by_month(tables: dict[str, pl.DataFrame]) -> None:
    months = tables["energy"].group_by("entity_id").agg(pl.col("month").unique().sort())
    assert {entity: months for entity, months in months.iter_rows() if months != [0]} == {"GUANGDIAN": [*range(1, 13)]}


# --- what is accepted and what is not ----------------------------------------------------------------------


def test_findings_are_the_planted_ones_and_no_others(intake: Intake) -> None:
    """The table in the README, which says file, sheet, row, table, column and rule of each."""
    lines = (SAMPLE / "README.md").read_text("utf-8").splitlines()
    first = lines.index("| 文件 | 工作表 | 行 | 表 | 列 | 规则 | 性质 | 内容 |") + 2
    listed = [line.strip("|").split("|") for line in lines[first : lines.index("", first)]]
    planted = sorted(tuple(cell.strip() for cell in cells[:7]) for cells in listed)
    found = []
    for file, sheet, row, table, column, rule, severity in intake.findings.select(
        "file", "sheet", "row", "table", "column", "rule", "severity"
    ).iter_rows():
        zh = BY_NAME[table].column(column).zh if column else ""
        kept = {"error": "错误", "warning": "提示"}[severity]
        found.append((file or "", sheet or "", str(row or ""), BY_NAME[table].zh, zh, rule, kept))
    assert sorted(found) == [(*cells[:5], cells[5].split("`")[1], cells[6]) for cells in planted]
    assert len(found) == 28
    assert intake.findings["rule"].n_unique() == 26


def test_every_row_is_accepted_or_rejected(intake: Intake) -> None:
    counts = intake.counts
    assert counts["table"].to_list() == [table.name for table in TABLES]
    assert (counts["read"] == counts["accepted"] + counts["rejected"]).all()
    assert counts["superseded"].sum() == 2
    assert counts["rejected"].sum() == 16
    assert intake.files.filter(~pl.col("status").is_in(["read", "skipped"])).is_empty()


def figure(text: str) -> float:
    return float(text.removesuffix(" kWh"))


def test_the_known_errors_are_corrected(intake: Intake) -> None:
    scale, drop = intake.corrections.iter_rows(named=True)
    assert (scale["action"], drop["action"]) == ("scale", "drop")
    assert figure(scale["after"]) == pytest.approx(1000 * figure(scale["before"]))
    assert intake.accepted["energy"].filter(pl.col("flags").list.contains("corrected"))["quantity"].to_list() == [
        figure(scale["after"])
    ]
    assert intake.accepted["data_centres"].filter(name=drop["before"], year=2025)["entity_id"].to_list() == ["YI"]


def test_restated_values_are_the_later_ones(intake: Intake) -> None:
    changes = intake.revisions.select("table", "column", "before", "after").rows()
    assert ("cases", "status", "申报", "遴选") in changes
    (before, after) = next((figure(b), figure(a)) for t, _, b, a in changes if t == "energy")
    assert after == pytest.approx(1.06 * before, rel=1e-3)


def test_everything_is_there(tables: dict[str, pl.DataFrame]) -> None:
    assert set(tables["entities"]["entity_id"]) == set(ENTITIES)
    for name in ("energy", "activity", "sites", "data_centres", "rooms", "base_stations", "green_power"):
        assert set(tables[name]["year"]) == set(YEARS), name
        assert tables[name]["province_code"].n_unique() == 31, name
    for name in ("measures", "action_metrics"):
        assert set(tables[name]["year"]) == set(range(2022, 2026)), name
        assert tables[name]["province_code"].n_unique() == 31, name
    assert set(tables["measures"]["action_no"]) == {*map(str, range(1, 16)), *(f"S{n}" for n in range(1, 7))}
    assert set(tables["action_metrics"]["metric"]) == set(METRICS)
    for name in ("energy", "green_power", "measures"):
        assert set(tables[name]["entity_id"]) == set(ENTITIES), name


def test_energy_is_told_apart_by_three_operators_in_two_years(tables: dict[str, pl.DataFrame]) -> None:
    equipment, business, energy = (tables[name] for name in ("equipment", "business", "energy"))
    for one in (equipment, business):
        assert set(one["year"]) == {2024, 2025}
        assert set(one["entity_id"]) == {"JIA", "YI", "BING"}
        assert one["province_code"].n_unique() == 31
    final = energy.filter(pl.col("supply") != "resold", pl.col("entity_id").is_in(["JIA", "YI", "BING"]), year=2025)
    power = final.filter(carrier="electricity")
    of_facilities = power.filter(pl.col("facility_type").is_in(equipment["facility_type"].unique().implode()))
    assert equipment.filter(year=2025)["energy_kwh"].sum() == pytest.approx(of_facilities["quantity"].sum(), rel=1e-3)
    assert business.filter(year=2025, carrier="electricity")["quantity"].sum() == pytest.approx(
        power["quantity"].sum(), rel=2e-3
    )
    assert equipment["equipment_type"].n_unique() == 13
    radio = equipment.filter(equipment_type="radio_5g", year=2025).filter(pl.col("commissioned_year") < 2025)
    each = dict(
        radio.group_by("commissioned_year").agg(pl.col("energy_kwh").sum() / pl.col("quantity").sum()).iter_rows()
    )
    assert [year for year, _ in sorted(each.items(), key=lambda one: -one[1])] == [2019, 2020, 2021, 2022, 2023, 2024]


def test_one_province_files_no_data_centre_in_the_last_year(tables: dict[str, pl.DataFrame]) -> None:
    years = tables["data_centres"].filter(province_code="540000")["year"]
    assert set(years) == set(YEARS[:-1])


def test_there_is_one_control_total_beside_what_enterprises_say_of_themselves(intake: Intake) -> None:
    control = pl.concat(
        frame.filter("is_control").select("entity_id", pl.lit(name).alias("table"))
        for name, frame in intake.accepted.items()
        if {"is_control", "entity_id"} <= set(frame.columns)
    )
    assert control.filter(pl.col("table") != "measures").rows() == [("YI", "activity")]
    assert control.filter(table="measures").height == 35  # seven facts of evaluation of each of five


# --- published numbers -------------------------------------------------------------------------------------


def test_mobile_traffic_is_as_published(tables: dict[str, pl.DataFrame], published: pl.DataFrame) -> None:
    filed = metric(tables, "mobile_traffic").group_by("year", "province_code").agg(filed=pl.col("value").sum().round(1))
    used = published.filter(indicator_id="mtraf", status="used").filter(pl.col("month").is_null())
    used = used.filter(pl.col("region_code") != "000000", pl.col("year") >= 2020)
    both = used.join(filed, left_on=["year", "region_code"], right_on=["year", "province_code"], how="left")
    assert both.height == 5 * 31
    assert (both["filed"] == (both["value"] * 1e5).round(1)).all()  # 亿GB to two decimals of 万GB are tenths of a TB
    nation = by_year(metric(tables, "mobile_traffic"), pl.col("value").sum())
    for year, value in reference.series(published, "mtraf", "全国").select("year", "value").iter_rows():
        if year in nation:
            assert nation[year] / 1e5 == pytest.approx(value, abs=0.01)
    assert nation[2025] / nation[2024] == pytest.approx(1.148, abs=1e-6)  # as published of January to March 2025


def test_5g_stations_are_the_mean_of_published_year_ends(
    tables: dict[str, pl.DataFrame], published: pl.DataFrame
) -> None:
    ends = dict(reference.series(published, "bs5g", "全国").select("year", "value").iter_rows())
    filed = by_year(tables["base_stations"].filter(generation="5G"), pl.col("stations").sum())
    assert filed == {year: (ends[year - 1] + ends[year]) / 2 for year in YEARS}


def test_volume_grows_as_published(tables: dict[str, pl.DataFrame], published: pl.DataFrame) -> None:
    volume = metric(tables, "telecom_business_volume").group_by("year", "price_base_year").agg(pl.col("value").sum())
    value = {(year, base): total for year, base, total in volume.iter_rows()}
    assert set(value) == {(2020, 2020)} | {(y, base) for y in YEARS[1:] for base in (y, y - 1)}
    index = {2020: 100.0}
    for year in YEARS[1:]:
        index[year] = index[year - 1] * value[year, year - 1] / value[year - 1, year - 1]
    expected = reference.business_volume_index(published)
    for year, at in expected.select("year", "index").iter_rows():
        assert index[year] == pytest.approx(at, rel=1e-7)
    assert round(index[2025], 1) == 217.3
    assert value[2021, 2020] / 1e4 == pytest.approx(17_000, abs=1)  # 亿元, as published


# --- plausible totals --------------------------------------------------------------------------------------


def test_flow_and_energy(tables: dict[str, pl.DataFrame], energy: pl.DataFrame, published: pl.DataFrame) -> None:
    flows, mtce = (
        by_year(metric(tables, "information_flow"), pl.col("value").sum()),
        by_year(energy, pl.col("kgce").sum() / 1e9),
    )
    index = dict(reference.business_volume_index(published).select("year", "index").iter_rows())
    assert 1.9 <= flows[2025] / flows[2020] <= 2.1
    assert 4 <= mtce[2020] * 1e9 / flows[2020] <= 6
    assert 14 <= mtce[2025] <= 16
    assert 1.4 <= mtce[2025] / mtce[2020] <= 1.6
    per_flow = {year: mtce[year] / flows[year] for year in YEARS}
    per_volume = {year: mtce[year] / index[year] for year in YEARS}
    assert -0.30 <= per_flow[2025] / per_flow[2020] - 1 <= -0.20
    assert -0.36 <= per_volume[2025] / per_volume[2020] - 1 <= -0.26
    assert list(per_flow.values()) == sorted(per_flow.values(), reverse=True)
    electricity = by_year(
        energy, pl.col("kgce").filter(pl.col("carrier") == "electricity").sum() / pl.col("kgce").sum()
    )
    assert all(0.9 < share < 0.95 for share in electricity.values())


def test_flow_is_more_than_mobile_traffic_everywhere(tables: dict[str, pl.DataFrame]) -> None:
    key = ["year", "entity_id", "province_code"]
    mobile = metric(tables, "mobile_traffic").select(*key, "value")
    both = metric(tables, "information_flow").select(*key, flow="value").join(mobile, on=key)
    assert both.height == mobile.height
    assert (both["flow"] > both["value"]).all()


def test_some_provinces_miss_the_target_of_energy_per_flow(
    tables: dict[str, pl.DataFrame], energy: pl.DataFrame
) -> None:
    per_flow = {}
    for year in (2020, 2025):
        used = by_province(energy, pl.col("kgce").sum(), year)
        flow = by_province(metric(tables, "information_flow"), pl.col("value").sum(), year)
        per_flow[year] = {code: used[code] / flow[code] for code in flow}
    changes = [per_flow[2025][code] / one - 1 for code, one in per_flow[2020].items()]
    missed = [change for change in changes if change > -0.20]
    assert len(changes) == 31
    assert 5 <= len(missed) <= 15
    assert max(changes) > -0.12  # far from it


def test_data_centres(tables: dict[str, pl.DataFrame]) -> None:
    centres = tables["data_centres"]
    assert 300 <= centres["dc_id"].n_unique() <= 500
    pue = by_year(centres, PUE)
    assert list(pue.values()) == sorted(pue.values(), reverse=True)
    assert 1.53 <= pue[2020] <= 1.57
    assert 1.42 <= pue[2025] <= 1.47
    new = centres.filter(pl.col("commissioned_year").is_between(*OF_PLAN), pl.col("standard_racks") >= 3000)
    assert 1.27 <= by_year(new, PUE)[2025] < 1.3
    provinces = by_province(new, PUE)
    assert 1.19 < min(provinces.values()) < max(provinces.values()) < 1.4
    assert sum(one > 1.3 for one in provinces.values()) >= 5
    assert centres["hub_cluster"].n_unique() > 8
    green = list(by_year(centres, pl.col("green_kwh").sum() / pl.col("total_kwh").sum()).values())
    assert green == sorted(green)
    assert (centres["green_kwh"] <= centres["total_kwh"]).all()
    assert (centres["racks_in_use"] <= centres["standard_racks"]).all()


def test_core_rooms(tables: dict[str, pl.DataFrame]) -> None:
    core = tables["rooms"].filter(kind="core")
    each = core["total_kwh"] / core["it_kwh"]
    assert 1.38 < each.min() < each.max() < 1.8 < PUE_HIGH  # type: ignore[operator]
    retrofit = core.filter(pl.col("retrofit_year").is_between(*OF_PLAN))
    assert 1.47 <= by_year(retrofit, PUE)[2025] <= 1.5
    provinces = by_province(retrofit, PUE)
    assert len(provinces) == 31
    assert 5 <= sum(one > 1.5 for one in provinces.values()) <= 15
    assert set(tables["rooms"]["kind"]) == {"core", "aggregation", "access"}


def test_5g_efficiency(tables: dict[str, pl.DataFrame]) -> None:
    stations = tables["base_stations"]
    each = stations["energy_kwh"] / stations["stations"] / 1000
    assert 2 < each.min() < each.max() < 60  # type: ignore[operator]
    efficiency = pl.col("traffic_tb").sum() * 1000 / pl.col("energy_kwh").sum()
    nation = by_year(stations.filter(generation="5G"), efficiency)
    assert 1.2 < nation[2025] / nation[2020] < 1.6
    first, last = (by_province(stations.filter(generation="5G"), efficiency, year) for year in (2020, 2025))
    gains = [last[code] / first[code] - 1 for code in first]
    assert 2 <= sum(gain < 0.2 for gain in gains) <= 8
    traffic = stations.group_by("year", "province_code").agg(hosted=pl.col("traffic_tb").sum().round(1))
    mobile = (
        metric(tables, "mobile_traffic").group_by("year", "province_code").agg(filed=pl.col("value").sum().round(1))
    )
    both = traffic.join(mobile, on=["year", "province_code"])
    assert both.filter(pl.col("hosted") != pl.col("filed")).is_empty()


def test_sites(tables: dict[str, pl.DataFrame]) -> None:
    new = tables["sites"].filter("new_build", pl.col("built_year") == pl.col("year"))
    shared = ((pl.col("tenants") >= 2) | (pl.col("sharing_kind") != "none")).mean()
    nation = by_year(new, shared)
    assert list(nation.values()) == sorted(nation.values())
    assert 0.82 <= nation[2025] <= 0.88
    provinces = by_province(new, shared)
    assert 0.75 <= min(provinces.values()) < max(provinces.values()) <= 0.95
    assert 3 <= sum(one < 0.8 for one in provinces.values()) <= 9
    assert new.group_by("year", "province_code").len()["len"].is_between(60, 400).all()
    assert (tables["sites"]["entity_id"] == "TIETA").mean() > 0.75
    assert set(new["sharing_kind"]) == {"none", "co_build", "existing", "social"}


def test_a_site_is_filed_in_every_year_after_it_was_built(tables: dict[str, pl.DataFrame]) -> None:
    # 22 older ones in each of 31 provinces, and 4400 more each year; one of 2022 is rejected in that year.
    assert by_year(tables["sites"], pl.len()) == {
        2020: 5082, 2021: 9482, 2022: 13_881, 2023: 18_282, 2024: 22_682, 2025: 27_082,
    }  # fmt: skip
    new = tables["sites"].filter("new_build", built_year=pl.col("year"))
    built = by_province(new.with_columns(year=2025), pl.len())
    standing = by_province(tables["sites"], pl.len())
    assert all(standing[code] == 22 + n + (code == "440000") for code, n in built.items())


def test_green_power_rises(tables: dict[str, pl.DataFrame], energy: pl.DataFrame) -> None:
    green = by_year(tables["green_power"], pl.col("kwh").sum())
    electricity = by_year(energy.filter(carrier="electricity"), pl.col("quantity").sum())
    share = [green[year] / electricity[year] for year in YEARS]
    assert share == sorted(share)
    assert share[0] < 0.04
    assert 0.15 < share[-1] < 0.3


def test_what_is_resold_is_received(tables: dict[str, pl.DataFrame]) -> None:
    """But for one row, that is planted."""
    energy = tables["energy"].filter(carrier="electricity", facility_type="base_station")
    key = ["year", "province_code"]
    sold = energy.filter(supply="resold").select(*key, "entity_id", "counterparty_id", sold="quantity")
    got = energy.filter(supply="received").select(
        *key, entity_id="counterparty_id", counterparty_id="entity_id", got="quantity"
    )
    both = sold.join(got, on=[*key, "entity_id", "counterparty_id"], how="full", coalesce=True)
    assert both.filter(pl.col("sold") == pl.col("got")).height == 31 * 3 * len(YEARS)
    assert both.filter(pl.col("sold").ne_missing(pl.col("got")))["counterparty_id"].to_list() == ["GUANGDIAN"]


# --- cases, standards --------------------------------------------------------------------------------------


def test_cases(tables: dict[str, pl.DataFrame]) -> None:
    cases = tables["cases"]
    chosen = cases.filter(pl.col("status") != "candidate")
    assert dict(chosen.group_by("category").len().iter_rows()) == dict.fromkeys(
        ("industry", "residents", "urban_rural"), 10
    )
    assert cases.height - chosen.height == 6
    net = cases.with_columns(
        gross=pl.col("activity_amount") * (pl.col("baseline_per_unit") - pl.col("project_per_unit"))
        * pl.col("factor_kgco2_per_unit") / 1000
    ).with_columns(net=pl.col("gross") * pl.col("attribution_share") - pl.col("ict_footprint_tco2"))  # fmt: skip
    assert net.filter(pl.col("net") < 0).height == 1
    worked = net.row(by_predicate=pl.col("activity_unit") == "间配电房", named=True)
    assert worked["gross"] == pytest.approx(3183.6, abs=0.05)  # the worked example of the design
    assert worked["net"] == pytest.approx(1600.2, abs=0.05)
    after_rebound = worked["gross"] * 0.6 * (1 - worked["rebound_share"]) - worked["ict_footprint_tco2"]
    assert after_rebound == pytest.approx(1504.7, abs=0.05)
    twice = cases.filter(pl.struct("province_code", "sector", "activity_unit").is_duplicated())
    assert twice.height == 2
    for left_out in (
        pl.col("period_months") < 12, pl.col("tier") == 3, pl.col("verification") == "self_declared",
        pl.col("period_year") < 2025, pl.col("effect") == "avoided_growth",
    ):  # fmt: skip
        assert 1 <= chosen.filter(left_out).height <= 3
    assert cases["technology"].n_unique() > 10
    assert cases["province_code"].n_unique() > 20


def test_standards(tables: dict[str, pl.DataFrame]) -> None:
    standards = tables["standards"]
    published = standards.filter(pl.col("status") == "published", pl.col("published_year") >= 2022)
    assert published.height == 36
    assert standards.filter(status="drafting").height == 9
    assert standards["title"].str.contains("示例", literal=True).all()


# --- the arithmetic ----------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.01, 100)), min_size=1, max_size=20), st.integers(0, 10**12))
def test_apportioned_parts_add_up(rows: list[tuple[int, float]], total: int) -> None:
    frame = pl.DataFrame(rows, schema={"group": pl.Int64, "weight": pl.Float64}, orient="row")
    parts = apportion(frame, "part", total, pl.col("weight"), "group")
    assert set(parts.group_by("group").agg(pl.col("part").sum())["part"]) == {total}
    assert (parts["part"] >= 0).all()
    assert parts.columns == ["group", "weight", "part"]
