"""A made-up indicator table of one province that a pencil can follow, and the outlook of the sample filings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl
import pytest

from pipeline.build.edition import computed
from pipeline.build.plan import Selection, jobs
from pipeline.given import params, reference, regions
from pipeline.given.params import Resolved
from pipeline.indicators import evaluate
from pipeline.layout import Layout
from pipeline.scenarios import outlook
from pipeline.scenarios.outlook import Outlook

PROVINCE, NATION = "440000", "000000"
Key = tuple[str, int] | tuple[str, int, str]
NEEDED = (
    "energy.total", "energy.covered", "energy.electricity", "energy.per_flow.change", "energy.per_volume.change",
    "carbon.location", "carbon.market", "carbon.fuels", "energy.heat", "green.share", "dc.pue.all", "dc.pue.new_large", "dc.it_electricity", "bs.traffic",
    "bs.electricity", "room.retrofit_share", "room.pue.core", "room.pue.core_retrofit",
)  # fmt: skip
# One province in 2025: tce and kWh by facility type (electricity at 0.0001 tce/kWh, so that 100 tce are 1 GWh).
FACILITY = {
    "data_centre": (100.0, 1_000_000.0), "base_station": (210.0, 2_000_000.0), "core_room": (40.0, 400_000.0),
    "access_room": (60.0, 600_000.0), "office": (30.0, 200_000.0), "other": (10.0, 100_000.0),
}  # fmt: skip
ROWS: dict[Key, float] = {
    **{("energy.total", 2025, facility): tce for facility, (tce, _) in FACILITY.items()},
    **{("energy.covered", 2025, facility): tce for facility, (tce, _) in FACILITY.items()},
    **{("energy.electricity", 2025, facility): kwh for facility, (_, kwh) in FACILITY.items()},
    ("energy.total", 2025): 450.0,
    ("energy.covered", 2025): 450.0,
    ("energy.electricity", 2025): 4_300_000.0,
    ("activity.flow", 2025): 90_000.0,
    ("activity.volume", 2025): 9_000.0,
    ("energy.per_flow", 2025): 5.0,
    ("energy.per_flow.change", 2025): -0.1,
    ("energy.per_volume", 2025): 50.0,
    ("energy.per_volume.change", 2025): -0.2,
    ("dc.pue.all", 2025): 1.5,
    ("room.retrofit_share", 2025): 0.8,
    ("green.share", 2025): 0.2,
    ("carbon.location", 2025, "scope_2"): 2000.0,
    ("carbon.location", 2025, "scope_1"): 100.0,
    ("carbon.market", 2025, "scope_2"): 1800.0,
    ("carbon.location", 2025): 2100.0,
    ("carbon.market", 2025): 1900.0,
    ("carbon.fuels", 2025): 100.0,
    ("carbon.fuels", 2025, "base_station"): 60.0,
    ("carbon.fuels", 2025, "office"): 40.0,
}

Make = Callable[..., pl.DataFrame]


def indicator_table(of_regions: Mapping[str, Mapping[Key, float]]) -> pl.DataFrame:
    """evaluate.TABLE with these values; a third part of the key is a facility type or a scope."""
    rows = [
        (key[0], key[1], region, key[2] if len(key) == 3 else None, value)
        for region, values in of_regions.items()
        for key, value in values.items()
    ]
    told = pl.DataFrame(rows, ["indicator_id", "year", "region_code", "member", "value"], orient="row")
    dimension = (
        pl.when(pl.col("member").str.starts_with("scope"))
        .then(pl.lit("scope"))
        .when(pl.col("member").is_not_null())
        .then(pl.lit("facility_type"))
    )
    told = told.with_columns(pl.col("member").cast(pl.String)).with_columns(dimension=dimension)
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in evaluate.TABLE.items() if name not in told.columns]
    return told.with_columns(empty).select(pl.col(name).cast(dtype) for name, dtype in evaluate.TABLE.items())


@pytest.fixture(scope="session")
def table() -> pl.DataFrame:
    """The indicator table of ROWS: one province that is the nation."""
    return indicator_table({PROVINCE: ROWS, NATION: ROWS})


@pytest.fixture(scope="session")
def sample_table(layout: Layout) -> pl.DataFrame:
    [job] = jobs(layout, Selection(region="全国"))
    return computed(layout, job, NEEDED)


@pytest.fixture(scope="session")
def resolved(layout: Layout) -> dict[str, list[Resolved]]:
    every = regions.all_regions(layout)
    return {name: [params.resolve(layout, one, name) for one in every] for name, _ in params.scenarios(layout)}


@pytest.fixture(scope="session")
def sample(layout: Layout, sample_table: pl.DataFrame, resolved: dict[str, list[Resolved]]) -> Outlook:
    plan, factors = reference.load_plan(layout), reference.grid_factors(layout)
    return outlook.compute(sample_table, resolved, plan, factors, draws=256)
