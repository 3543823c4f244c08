"""A scheme that a pencil can follow: two dimensions, three criteria, and a house in which it can be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
import pytest

from pipeline.evaluation import scheme as schemes
from pipeline.evaluation.scheme import Scheme
from pipeline.filings.contracts import BY_NAME
from pipeline.indicators import evaluate as indicators
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout

TEXT = """\
id: small
title: 小方案
official: false
notice: 示范
term_start: 2025
term_end: 2026
objection: 可以提出
dimensions:
  - {id: energy, title: 用能}
  - {id: house, title: 管理}
grades:
  - {id: A, least: 80}
  - {id: B, least: 50}
  - {id: C, least: 0}
facts:
  - {id: fund, title: 资金, action: "13", item: 专项资金, clause: 行动13}
vetoes:
  - {id: false, title: 造假, cap: C, clause: 认定}
  - {id: errors, title: 差错, cap: B, rejected_above: 0.1, clause: 规则}
publication: {grades: [A]}
sets:
  - id: telecom
    title: 电信
    kinds: [basic_telecom]
    criteria:
      - id: pue
        title: PUE
        dimension: energy
        indicator: dc.pue.all
        better: lower
        table: [[1.2, 100], [1.4, 60], [1.5, 40]]
        weight: 0.5
        interval: [0.5, 0.5]
        missing: left_out
        clause: 行动5
      - id: green
        title: 绿电
        dimension: energy
        indicator: green.share
        better: higher
        linear: [0.1, 0.5]
        weight: 0.3
        interval: [0.3, 0.3]
        missing: no_points
        clause: 行动4
      - id: fund
        title: 资金
        dimension: house
        fact: fund
        status: {done: 100, in_progress: 50}
        weight: 0.2
        interval: [0.2, 0.2]
        missing: no_points
        clause: 行动13
""".replace("id: false", "id: forged")


@pytest.fixture
def loaded(tmp_path: Path, layout: Layout) -> Callable[..., Scheme]:
    """The small scheme with texts replaced, read from a file."""
    catalogue = load_catalogue(layout)

    def load(replaced: Mapping[str, str] | None = None) -> Scheme:
        text = TEXT
        for old, new in (replaced or {}).items():
            assert old in text
            text = text.replace(old, new, 1)
        house = Layout(tmp_path)
        path = schemes.folder(house) / "small.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return schemes.load(house, "small", catalogue)

    return load


def table(values: Mapping[tuple[str, str, int], float]) -> pl.DataFrame:
    """The indicator table of enterprises: (indicator, enterprise, year) -> value."""
    rows = [
        dict.fromkeys(indicators.TABLE)
        | {"indicator_id": id, "entity_id": entity, "year": year, "value": value, "region_code": "000000"}
        for (id, entity, year), value in values.items()
    ]
    return pl.DataFrame(rows, schema=indicators.TABLE)


def filed(kinds: Mapping[str, str], measures: list[tuple[str, str, str, bool]]) -> dict[str, pl.DataFrame]:
    """Accepted tables: enterprise -> kind; (enterprise, item, status, whether of the nation) of action 13 in 2025."""
    entities = pl.DataFrame(
        [
            {"entity_id": id, "name_zh": f"企业{id}", "kind": kind, "group_id": id, "flags": []}
            for id, kind in kinds.items()
        ]
    ).with_columns(pl.col("kind").cast(BY_NAME["entities"].dtypes["kind"]))
    dtypes = BY_NAME["measures"].dtypes
    rows = [
        {
            "year": 2025,
            "entity_id": entity,
            "province_code": "000000" if nation else f"1{at:05d}",
            "is_control": nation,
            "action_no": "13",
            "item": item,
            "status": status,
        }
        for at, (entity, item, status, nation) in enumerate(measures)
    ]
    names = ("year", "entity_id", "province_code", "is_control", "action_no", "item", "status")
    said = pl.DataFrame(rows, schema={name: dtypes[name] for name in names})
    return {"entities": entities, "measures": said}
