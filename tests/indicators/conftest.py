"""Small filings and the indicators made of them: `ask(rows, ids)` evaluates, `cell` picks one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from pipeline.filings.contracts import BY_NAME, SOURCE
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.reference import Plan
from pipeline.indicators import inputs
from pipeline.indicators.cells import Edition
from pipeline.indicators.evaluate import evaluate, places
from pipeline.indicators.model import Catalogue, load_catalogue
from pipeline.layout import Layout

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
Ask = Callable[..., pl.DataFrame]

NATION, GUANGDONG, ZHEJIANG, XIZANG = "000000", "440000", "330000", "540000"
_PLACE = {"province_code": GUANGDONG, "sub_region": "", "is_control": False}
# What a test does not name stands as here.
GOOD: dict[str, dict[str, Any]] = {
    "entities": {"entity_id": "A", "name_zh": "甲", "kind": "basic_telecom"},
    "energy": {"year": 2025, "month": 0, "entity_id": "A", **_PLACE, "facility_type": "office", "carrier": "electricity",
               "quantity": 1000.0, "unit": "kWh", "supply": "own", "counterparty_id": ""},
    "activity": {"year": 2025, "month": 0, "entity_id": "A", **_PLACE, "metric": "information_flow", "value": 100.0,
                 "unit": "TB", "price_base_year": 0},
    "sites": {"site_id": "S", "year": 2025, "entity_id": "A", **_PLACE, "built_year": 2025, "new_build": True,
              "tenants": 1, "sharing_kind": "none"},
    "data_centres": {"dc_id": "D", "year": 2025, "entity_id": "A", **_PLACE, "name": "一号楼", "standard_racks": 5000.0,
                     "commissioned_year": 2023, "commissioned_month": 5, "it_kwh": 100.0, "total_kwh": 125.0,
                     "water_t": 1.0, "green_kwh": 0.0},
    "rooms": {"room_id": "R", "year": 2025, "entity_id": "A", **_PLACE, "kind": "core", "it_kwh": 100.0, "total_kwh": 150.0},
    "base_stations": {"year": 2025, "month": 0, "entity_id": "A", **_PLACE, "generation": "5G", "stations": 10.0,
                      "traffic_tb": 5.0, "energy_kwh": 1000.0},
    "green_power": {"year": 2025, "entity_id": "A", **_PLACE, "channel": "bilateral", "kwh": 100.0},
    "cases": {"case_id": "C", "title": "场景", "status": "promoted", "category": "industry", "organisation": "甲", **_PLACE,
              "technology": "5G", "sector": "电力"},
    "standards": {"standard_id": "T", "title": "标准", "level": "industry", "status": "published", "published_year": 2023},
    "measures": {"year": 2025, "entity_id": "A", **_PLACE, "action_no": "1", "item": "评估", "status": "done"},
    "action_metrics": {"year": 2025, "entity_id": "A", **_PLACE, "action_no": "15", "metric": "patents", "value": 3.0, "unit": "件"},
    "equipment": {"year": 2025, "entity_id": "A", **_PLACE, "facility_type": "base_station", "equipment_type": "radio_5g",
                  "vendor": "甲", "model": "A1", "commissioned_year": 2021, "quantity": 10.0, "energy_kwh": 1000.0,
                  "place_id": ""},
    "business": {"year": 2025, "month": 0, "entity_id": "A", **_PLACE, "business": "mobile", "carrier": "electricity",
                 "quantity": 1000.0, "unit": "kWh", "allocation": "metered"},
}  # fmt: skip
ENTITIES = [
    {"entity_id": "A"}, {"entity_id": "B"}, {"entity_id": "C"},
    {"entity_id": "T", "kind": "tower"}, {"entity_id": "G", "kind": "broadcast"}, {"entity_id": "I", "kind": "idc"},
]  # fmt: skip


def frames(rows: Rows) -> dict[str, pl.DataFrame]:
    """Accepted tables. entities: three operators A, B, C, a tower company T, a broadcaster G, a data-centre company I,
    each its own group, unless given."""
    filled = {"entities": ENTITIES, **rows}
    tables = {}
    for table, changes in filled.items():
        lines = [GOOD[table] | dict(row) for row in changes]
        if table == "entities":
            lines = [{"group_id": line["entity_id"]} | line for line in lines]
        tables[table] = pl.DataFrame(lines, schema=BY_NAME[table].dtypes | SOURCE)
    return tables


@pytest.fixture(scope="session")
def catalogue(layout: Layout) -> Catalogue:
    return load_catalogue(layout)


@pytest.fixture(scope="session")
def plan(layout: Layout) -> Plan:
    return reference.load_plan(layout)


@pytest.fixture(scope="session")
def ask(layout: Layout, catalogue: Catalogue, plan: Plan) -> Ask:
    """ask(rows, *ids, by="", report_year=2025, counts=None, **params): the rows of TABLE of these indicators, by region
    and year (and by `by`). rows: as for `frames`, or accepted tables."""

    def evaluated(
        rows: Rows | Mapping[str, pl.DataFrame],
        *ids: str,
        by: str = "",
        report_year: int = 2025,
        counts: pl.DataFrame | None = None,
        **params: Any,
    ) -> pl.DataFrame:
        filed = {name: one for name, one in rows.items() if isinstance(one, pl.DataFrame)} or frames(rows)  # type: ignore[arg-type]
        prepared = inputs.prepare(filed, layout, Params(**params), plan, report_year, counts)
        edition = Edition(prepared, plan.baseline_year, report_year)
        told = ["year", "region_code", *([by] if by else [])]
        table = evaluate(catalogue.only(ids), edition, told, places(layout))
        return table.filter(pl.col("indicator_id").is_in(ids))

    return evaluated


def pick(
    table: pl.DataFrame,
    id: str,
    region: str = NATION,
    year: int = 2025,
    member: str | None = None,
    entity: str | None = None,
) -> dict[str, Any]:
    """The one row of an indicator; AssertionError unless there is exactly one."""
    found = table.filter(
        pl.col("indicator_id") == id, pl.col("region_code") == region, pl.col("year") == year,
        pl.col("member").eq_missing(pl.lit(member, pl.String)), pl.col("entity_id").eq_missing(pl.lit(entity, pl.String)),
    )  # fmt: skip
    assert found.height == 1, f"{found.height} rows of {id} {region} {year} {member} {entity}"
    return found.row(0, named=True)


@pytest.fixture(scope="session")
def cell() -> Callable[..., dict[str, Any]]:
    return pick


@pytest.fixture(scope="session")
def filed() -> Callable[[Rows], dict[str, pl.DataFrame]]:
    return frames
