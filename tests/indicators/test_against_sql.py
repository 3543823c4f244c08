"""Every indicator again, in SQL written from the design's formulas, on the sample filings and on damaged ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.filings.intake import take_in
from pipeline.given.params import Params
from pipeline.given.reference import Plan
from pipeline.indicators.evaluate import compute
from pipeline.indicators.model import Catalogue
from pipeline.layout import Layout

SQL = Path(__file__).parent / "sql"
REFERENCE = {"provinces": "provinces", "grid_factors": "grid_emission_factors", "fuel_factors": "fuel_emission_factors"}
CELL = ["indicator_id", "year", "region_code", "entity_id", "dimension", "member"]
CLOSE = 1e-9
Tables = dict[str, pl.DataFrame]


def damaged(tables: Tables) -> Tables:
    """Rows taken away where it hurts: baselines, single months, one side of a ratio, links of the chain; and companies
    that enter late, or of kinds that the sample does not have."""
    out = {
        "activity": [
            (pl.col("year") == 2020) & (pl.col("province_code") == "440000") & (pl.col("entity_id") == "JIA"),
            (pl.col("year") == 2025) & (pl.col("province_code") == "330000") & (pl.col("metric") == "information_flow"),
            (pl.col("year") == 2023) & (pl.col("province_code") == "510000") & (pl.col("price_base_year") == 2022),
            (pl.col("year") == 2024) & (pl.col("province_code") == "320000") & (pl.col("entity_id") == "YI"),
        ],
        "energy": [
            (pl.col("month") == 7) & (pl.col("province_code") == "370000"),
            (pl.col("month").is_in([1, 2])) & (pl.col("year") == 2022) & (pl.col("carrier") == "electricity"),
            (pl.col("year") == 2025) & (pl.col("province_code") == "410000") & (pl.col("entity_id") == "TIETA"),
            (pl.col("year") == 2021) & (pl.col("carrier") == "electricity") & (pl.col("province_code") == "110000"),
        ],
        "base_stations": [
            (pl.col("year") == 2020) & (pl.col("entity_id") == "BING") & (pl.col("province_code") < "400000"),
            (pl.col("year") == 2025) & (pl.col("province_code") == "610000") & (pl.col("generation") == "5G"),
        ],
        "green_power": [
            (pl.col("year") == 2024) & (pl.col("entity_id") == "TIETA") & (pl.col("province_code") == "420000"),
            (pl.col("year") == 2023) & (pl.col("province_code") == "130000"),
        ],
        "data_centres": [pl.col("province_code").is_in(["150000", "630000"]) & (pl.col("year") > 2022)],
        "sites": [(pl.col("year") == 2022) & pl.col("new_build") & (pl.col("province_code") == "650000")],
    }  # fmt: skip
    kept = {
        name: frame.filter(~pl.any_horizontal(out[name])) if name in out else frame for name, frame in tables.items()
    }
    kept["entities"] = tables["entities"].with_columns(
        kind=pl.when(pl.col("entity_id") == "BING").then(pl.lit("idc")).otherwise(pl.col("kind").cast(pl.String)).cast(
            tables["entities"].schema["kind"]),
        group_id=pl.when(pl.col("entity_id") == "TIETA").then(pl.lit("JIA")).otherwise("group_id"),
    )  # fmt: skip
    # A head office buys more certificates than it uses where it stands.
    kept["green_power"] = kept["green_power"].with_columns(
        kwh=pl.when((pl.col("province_code") == "110000") & (pl.col("channel") == "gec")).then(pl.col("kwh") * 400).otherwise("kwh")
    )  # fmt: skip
    return kept


def recomputed(layout: Layout, tables: Tables, counts: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """The table `result` of the SQL files, run in order on Parquet and CSV."""
    connection = duckdb.connect()
    for name, frame in {**tables, "counts": counts}.items():
        plain = frame.with_columns(
            pl.col(one).cast(pl.String) for one, dtype in frame.schema.items() if isinstance(dtype, pl.Enum)
        )
        path = folder / f"{name}.parquet"
        plain.drop("flags", strict=False).write_parquet(path)
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{path}')")
    for name, file in REFERENCE.items():
        types = (
            "{'code': 'VARCHAR'}" if name == "provinces" else "{'year': 'BIGINT'}" if name == "grid_factors" else "{}"
        )
        connection.execute(
            f"CREATE VIEW {name} AS FROM read_csv('{layout.reference / file}.csv', header=true, types={types})"
        )
    for path in sorted(SQL.glob("*.sql")):
        connection.execute(path.read_text(encoding="utf-8"))
    rows = connection.execute(
        f"SELECT {', '.join(CELL)}, value FROM result WHERE value IS NOT NULL AND isfinite(value)"
    ).fetchall()
    schema = dict.fromkeys(CELL, pl.String()) | {"year": pl.Int64(), "value": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True)
class Case:
    """Accepted tables with their counts, and the indicator table of them."""

    tables: Tables
    counts: pl.DataFrame
    computed: pl.DataFrame


@pytest.fixture(scope="module")
def cases(layout: Layout, catalogue: Catalogue, plan: Plan) -> dict[str, Case]:
    taken = take_in(layout.root / "data" / "raw" / "sample", layout, 2025)
    found = {}
    for name, tables in {"as filed": taken.accepted, "damaged": damaged(taken.accepted)}.items():
        table = compute(tables, layout, Params(), plan, 2025, taken.counts, catalogue)
        found[name] = Case(tables, taken.counts, table)
    return found


@pytest.mark.parametrize("name", ["as filed", "damaged"])
def test_sql_from_the_design_gives_the_same(
    layout: Layout, catalogue: Catalogue, cases: dict[str, Case], name: str, tmp_path: Path
) -> None:
    ours = cases[name].computed.filter(pl.col("value").is_not_null())
    theirs = recomputed(layout, cases[name].tables, cases[name].counts, tmp_path)
    assert theirs.select(CELL).is_duplicated().any() is False
    assert set(ours["indicator_id"]) == set(catalogue.indicators)
    assert set(theirs["indicator_id"]) == set(catalogue.indicators)
    # Ways to tell an indicator that are not declared are not compared.
    is_entity = pl.col("entity_id").is_not_null()
    offered = ours.select("indicator_id", "dimension", is_entity=is_entity).unique()
    both = ours.join(theirs, on=CELL, how="full", nulls_equal=True, coalesce=True, suffix="_sql")
    both = both.with_columns(is_entity=is_entity).join(offered, on=offered.columns, how="semi", nulls_equal=True)
    # A member of which nothing was filed is 0 here and no row there.
    nothing = (pl.col("value") == 0) & pl.col("member").is_not_null()
    sql = pl.when(nothing).then(pl.col("value_sql").fill_null(0)).otherwise("value_sql")
    apart = (pl.col("value") - sql).abs() > CLOSE * pl.max_horizontal(pl.col("value").abs(), pl.lit(1e-6))
    wrong = both.filter(apart.fill_null(True)).select(*CELL, "value", "value_sql", "flag")
    assert wrong.rows() == []
    assert both.height > 80_000


def test_the_damage_is_felt(cases: dict[str, Case]) -> None:
    """Otherwise the comparison above would say nothing of the panels."""
    # Without a factor for 西藏 the volume of JIA in the west is not covered by its emissions; that is no damage.
    of_xizang = pl.struct("indicator_id", "region_code", "entity_id") == pl.struct(
        indicator_id=pl.lit("carbon.per_volume"), region_code=pl.lit("west"), entity_id=pl.lit("JIA")
    )
    raised = {
        name: set(case.computed.filter(~of_xizang.fill_null(False))["flag"].drop_nulls().str.split(",").explode())
        for name, case in cases.items()
    }
    assert {"unmatched", "no_baseline", "coverage", "partial", "claims_moved", "no_factor", "chained"} <= raised[
        "damaged"
    ]
    assert raised["as filed"].isdisjoint({"unmatched", "coverage", "partial", "claims_moved", "out_of_range"})
