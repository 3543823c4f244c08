"""The scenarios of the sample filings: what all reports read."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from pipeline.errors import DataError
from pipeline.given import params, reference, regions
from pipeline.given.params import Resolved
from pipeline.layout import Layout
from pipeline.scenarios import outlook
from pipeline.scenarios.exchange import VARIABLES
from pipeline.scenarios.outlook import Outlook
from pipeline.scenarios.start import FACILITIES
from tests.scenarios.conftest import ROWS, indicator_table

SUMMED = ["energy.total", "energy.electricity", "activity.flow", "carbon.location", "carbon.market"]


def names(layout: Layout) -> dict[str, str]:
    return {one.code: one.short_zh for one in regions.all_regions(layout)}


def test_the_first_year_is_the_indicator_table(sample: Outlook, sample_table: pl.DataFrame) -> None:
    filed = sample_table.filter(pl.col("entity_id").is_null(), pl.col("year") == 2025).select(
        pl.when(pl.col("dimension").is_null())
        .then("indicator_id")
        .when(pl.col("dimension") == "facility_type")
        .then(pl.format("{}/{}", "indicator_id", "member"))
        .alias("measure"),
        "region_code",
        filed="value",
    )
    first = sample.paths.filter(pl.col("year") == 2025).join(filed, on=["measure", "region_code"], how="left")
    assert first.filter(pl.col("value").is_null() & pl.col("filed").is_not_null()).is_empty()
    known = first.drop_nulls("value")
    assert known["filed"].null_count() == 0
    assert ((known["value"] - known["filed"]).abs() <= 1e-9 * known["filed"].abs()).all()
    assert set(known["measure"]) == set(sample.paths["measure"])


def test_the_nation_is_the_sum_of_its_provinces_in_every_year_and_scenario(sample: Outlook) -> None:
    summed = sample.paths.filter(pl.col("measure").is_in(SUMMED))
    key = ["scenario", "measure", "year"]
    of_provinces = summed.filter(pl.col("region_code") != "000000").group_by(key).agg(pl.col("value").sum())
    both = of_provinces.join(summed.filter(pl.col("region_code") == "000000"), on=key, suffix="_nation")
    assert both.height == 3 * len(SUMMED) * 6
    assert ((both["value"] / both["value_nation"] - 1).abs() < 1e-12).all()


def test_facility_types_sum_to_the_total(sample: Outlook) -> None:
    wide = sample.paths.filter(pl.col("measure").str.starts_with("energy.total")).pivot(
        on="measure", index=["scenario", "region_code", "year"], values="value"
    )
    total = wide.select(pl.sum_horizontal(f"energy.total/{one}" for one in FACILITIES)).to_series()
    assert ((total / wide["energy.total"] - 1).abs() < 1e-12).all()


def test_in_every_region_and_year_more_ambition_has_less(sample: Outlook) -> None:
    """Energy and emissions both ways, of the single paths and of the draws."""
    measured = sample.paths.filter(pl.col("measure").is_in(["energy.total", "carbon.location", "carbon.market"]))
    for column in ("value", "p10", "p50", "p90"):
        of = measured.pivot(on="scenario", index=["region_code", "measure", "year"], values=column).drop_nulls()
        assert of.height == (32 + 31 + 31) * 6
        assert (of["accelerated"] <= of["plan"] * (1 + 1e-9)).all(), column
        assert (of["plan"] <= of["baseline"] * (1 + 1e-9)).all(), column
    assert sample.turned.is_empty()
    last = sample.paths.filter(pl.col("region_code") == "000000", pl.col("year") == 2030)
    for measure in ("energy.total", "energy.per_flow", "energy.per_volume", "carbon.location", "carbon.market"):
        whole = dict(last.filter(pl.col("measure") == measure).select("scenario", "value").iter_rows())
        assert whole["accelerated"] < whole["plan"] < whole["baseline"], measure


def test_what_turns_the_order_around_is_named(layout: Layout, sample_table: pl.DataFrame) -> None:
    """Two scenarios that differ in nothing but the green share, 10 % in the one that should do more."""
    every = regions.all_regions(layout)
    resolved = {
        "baseline": [params.resolve(layout, one, "plan") for one in every],
        "plan": [params.resolve(layout, one, "plan", ["green_share_2030=0.1"]) for one in every],
    }
    found = outlook.compute(
        sample_table, resolved, reference.load_plan(layout), reference.grid_factors(layout), draws=8
    )
    rows = found.turned
    assert set(rows["measure"]) == {"carbon.market"}
    assert rows.height == 31  # 30 provinces with a factor, and the nation
    assert set(rows["step"]) == {"green"}
    assert rows.select("one", "other", "first_year", "last_year").unique().row(0) == ("baseline", "plan", 2026, 2030)
    assert ((rows["after"] - rows["before"]) / rows["value"]).to_list() == pytest.approx([1.0] * 31)


def test_the_percentiles_are_in_order_and_begin_at_what_was_filed(sample: Outlook) -> None:
    fanned = sample.paths.drop_nulls("p50")
    tolerance = 1e-9 * fanned["p50"].abs()
    assert ((fanned["p90"] - fanned["p50"] >= -tolerance) & (fanned["p50"] - fanned["p10"] >= -tolerance)).all()
    first = fanned.filter(pl.col("year") == 2025)
    assert ((first["p90"] - first["p10"]).abs() <= 1e-9 * first["value"].abs()).all()
    assert set(fanned["measure"]) == set(outlook.FANNED)


def test_a_probability_is_the_share_of_draws(sample: Outlook) -> None:
    assert sample.targets["probability"].drop_nulls().is_between(0, 1).all()
    filed = sample.targets.filter(pl.col("year") == 2025)
    assert (filed["probability"] == filed["met"].cast(pl.Float64)).all()  # what is filed is sure
    some = sample.targets.filter(pl.col("year") == 2030)["probability"]
    assert some.is_between(0.01, 0.99).any()


def test_the_same_seed_gives_the_same_bytes(
    layout: Layout, sample: Outlook, sample_table: pl.DataFrame, resolved: dict[str, list[Resolved]], tmp_path: Path
) -> None:
    again = outlook.compute(
        sample_table, resolved, reference.load_plan(layout), reference.grid_factors(layout), draws=256
    )
    for folder, one in (("one", sample), ("other", again)):
        outlook.write(one, tmp_path / folder, names(layout), 2020)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted([*(f"{name}.parquet" for name in outlook.SCHEMAS), "iamc.csv"])
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes(), file


def test_an_override_on_the_command_line_moves_the_nation_too(
    layout: Layout, sample: Outlook, sample_table: pl.DataFrame
) -> None:
    every = regions.all_regions(layout)
    moved = {"plan": [params.resolve(layout, one, "plan", ["g_traffic=0"]) for one in every]}
    found = outlook.compute(sample_table, moved, reference.load_plan(layout), reference.grid_factors(layout), draws=8)
    chosen = (pl.col("scenario") == "plan") & (pl.col("measure") == "energy.total") & (pl.col("year") == 2030)
    before, after = (one.paths.filter(chosen)["value"] for one in (sample, found))
    assert (after < before).all()


def test_the_nation_names_the_provinces_with_values_of_their_own(sample: Outlook) -> None:
    notes = sample.of("000000").notes["note"].to_list()
    assert notes == ["合计中内蒙古、广东、贵州的驱动因素由分析人员另行设定"]
    assert sample.of("440000").notes["note"].to_list() == [None]


def test_what_was_written_is_read(layout: Layout, sample: Outlook, tmp_path: Path) -> None:
    outlook.write(sample, tmp_path, names(layout), 2020)
    read = outlook.read(tmp_path)
    assert read.paths.equals(sample.paths)
    assert set(read.of("440000").paths["region_code"]) == {"440000"}
    (tmp_path / "levels.parquet").unlink()
    with pytest.raises(DataError, match=r"levels\.parquet"):
        outlook.read(tmp_path)


def test_a_province_with_older_filings_begins_there_and_is_told(layout: Layout) -> None:
    older = {(key[0], 2023, *key[2:]): value for key, value in ROWS.items()}
    table = indicator_table({"440000": ROWS, "330000": older, "000000": ROWS})  # type: ignore[dict-item]
    places = [regions.NATION, regions.resolve("浙江", layout), regions.resolve("广东", layout)]
    resolved = {"plan": [params.resolve(layout, one, "plan") for one in places]}
    found = outlook.compute(table, resolved, reference.load_plan(layout), reference.grid_factors(layout), draws=8)
    for code, first in (("000000", 2025), ("440000", 2025), ("330000", 2023)):
        for frame in (found.of(code).paths, found.of(code).targets):
            assert sorted(set(frame["year"])) == list(range(first, 2031))
    energy = found.paths.filter(pl.col("measure") == "energy.total")
    assert energy.filter(pl.col("region_code") == "330000", pl.col("year") == 2023)["value"].item() == pytest.approx(
        450
    )
    assert found.of("330000").notes["note"].item() == "最近一次填报为 2023 年，不计入全国的情景"
    assert found.of("000000").notes["note"].to_list()[-1] == "合计不含最近一次填报较早的浙江"


def test_without_filings_there_is_nothing(
    layout: Layout, resolved: dict[str, list[Resolved]], sample_table: pl.DataFrame
) -> None:
    found = outlook.compute(sample_table.clear(), resolved, reference.load_plan(layout), reference.grid_factors(layout))
    for name, schema in outlook.SCHEMAS.items():
        assert getattr(found, name).is_empty()
        assert getattr(found, name).schema == pl.Schema(schema)


def test_pyam_reads_the_exchange_format(pyam: ModuleType, layout: Layout, sample: Outlook, tmp_path: Path) -> None:
    outlook.write(sample, tmp_path, names(layout), 2020)
    frame = pyam.IamDataFrame(tmp_path / "iamc.csv")
    assert frame.model == ["green-report"]
    assert frame.scenario == ["accelerated", "baseline", "plan"]
    assert set(frame.variable) == {name for name, _ in VARIABLES.values()}
    assert frame.year == list(range(2025, 2031))
    parts = frame.filter(region="全国", scenario="plan", year=2030)
    facilities = [name for id, (name, _) in VARIABLES.items() if id.startswith("energy.total/")]
    total = parts.filter(variable="Final Energy|ICT").data["value"].item()
    assert parts.filter(variable=facilities).data["value"].sum() == pytest.approx(total)
