"""Small tables: contributions of groups to inner cells, with all margins published."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from pipeline.disclosure.pattern import Material
from pipeline.disclosure.policy import Policy
from pipeline.disclosure.relations import Floats, System
from pipeline.disclosure.rules import published
from pipeline.indicators.evaluate import CONTRIBUTIONS, SIDES, TABLE
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout

PLACES = pl.DataFrame(
    [(code, region) for code, area in (("110000", "east"), ("310000", "east"), ("420000", "central"), ("510000", "west"))
     for region in (code, area, "000000")],
    schema=["province_code", "region_code"], orient="row",
)  # fmt: skip


def two_way(amounts: Floats) -> System:
    """rows x columns x groups -> the system of a table with both margins and the grand total. Its cells are named by
    year 0, region_code "row,column" with + for a margin."""
    rows, columns, groups = amounts.shape
    place = np.arange(rows * columns).reshape(rows, columns)
    sums = {f"{r},{c}": [place[r, c]] for r in range(rows) for c in range(columns)}
    sums |= {f"{r},+": list(place[r]) for r in range(rows)} | {f"+,{c}": list(place[:, c]) for c in range(columns)}
    sums["+,+"] = list(place.ravel())
    matrix = sparse.lil_matrix((len(sums), rows * columns))
    for at, unknowns in enumerate(sums.values()):
        matrix[at, unknowns] = 1
    cells = pl.DataFrame(
        {"indicator_id": "t", "dimension": None, "member": None, "region_code": list(sums), "year": 0},
        schema_overrides={"dimension": pl.String, "member": pl.String},
    )
    own = amounts.reshape(rows * columns, groups).astype(np.float64)
    return System(
        cells, own.sum(axis=1), own, tuple("ABCDEFGH"[:groups]), sparse.csr_matrix(matrix), sparse.eye(len(sums), format="csr"),
        {(cell, 0): cell for cell in range(len(sums))}, sparse.csr_matrix((0, rows * columns)),
    )  # fmt: skip


def cell_of(system: System, name: str) -> int:
    return system.cells["region_code"].to_list().index(name)


def material(
    layout: Layout, amounts: dict[str, dict[tuple[str, str], dict[str, float | tuple[float, float]]]], **policy: object
) -> Material:
    """indicator -> (member of facility_type or "", province) -> group -> amount, or what is divided by what, all of 2025, with
    the sums over regions; members and totals are given one by one."""
    lines = [
        (id, "facility_type" if member else None, member or None, side, 2025, province, group, amount)
        for id, of in amounts.items()
        for (member, province), by_group in of.items()
        for group, value in by_group.items()
        for side, amount in zip(SIDES, value if isinstance(value, tuple) else (value,), strict=False)
    ]
    contributions = pl.DataFrame(lines, schema=CONTRIBUTIONS, orient="row")
    what = ["indicator_id", "dimension", "member", "year"]
    sums = (
        contributions.join(PLACES, on="province_code")
        .group_by(*what, "region_code")
        .agg(
            numerator=pl.col("amount").filter(pl.col("side") == "numerator").sum(),
            denominator=pl.when((pl.col("side") == "denominator").any()).then(
                pl.col("amount").filter(pl.col("side") == "denominator").sum()
            ),
        )
    )
    table = sums.with_columns(value=pl.col("numerator") / pl.col("denominator").fill_null(1.0)).with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in TABLE.items() if name not in (*sums.columns, "value")
    )
    cells = published(table.select(list(TABLE)).sort(*what, "region_code"))
    rules = Policy(**({"exempt": ()} | policy))  # type: ignore[arg-type]
    return Material(cells, contributions, PLACES, load_catalogue(layout), rules, frozenset(), 2020)


@pytest.fixture(scope="session")
def policy() -> Policy:
    return Policy()
