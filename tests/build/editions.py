"""A small checkout with small filings, in which editions are made without rendering anything."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.build import edition
from pipeline.build.plan import Job, Selection, jobs
from pipeline.layout import Layout
from tests.conftest import ROOT

GUANGDONG, ZHEJIANG = "广东", "浙江"
ENERGY = {  # province -> year -> kWh
    GUANGDONG: {2020: 4e6, 2024: 5e6, 2025: 6e6},
    ZHEJIANG: {2020: 3e6, 2024: 3.5e6, 2025: 4e6},
}
GAS_M3 = 1e5


def checkout(root: Path) -> Layout:
    """The reference data, the published statistics and the parameters (none of a province), and `filings` as `file` writes them."""
    for part in ("data/raw/reference", "data/raw/public", "notebooks/params"):
        shutil.copytree(
            ROOT / part, root / part, ignore=shutil.ignore_patterns("[0-9]*-*.yml") if "params" in part else None
        )
    layout = Layout(root)
    file(layout)
    return layout


def file(layout: Layout, energy: Mapping[str, Mapping[int, float]] = ENERGY, folder: str = "filings") -> Path:
    """One operator that files energy and flow of two provinces, which are the whole industry."""
    where = layout.root / "data" / "raw" / folder
    where.mkdir(parents=True, exist_ok=True)
    rows = [(year, name, kwh) for name, years in energy.items() for year, kwh in years.items()]
    of: dict[str, Sequence[Mapping[str, Any]]] = {
        "填报单位": [{"单位编码": "A", "单位名称": "甲公司", "单位类别": "基础电信企业", "所属集团": "A"}],
        "能源消耗": [
            {"年份": year, "填报单位": "A", "省份": name, "设施类型": "通信基站", "能源品种": carrier, "消耗量": amount, "计量单位": unit}
            for year, name, kwh in rows
            for carrier, amount, unit in (("电力", kwh, "kWh"), ("天然气", GAS_M3, "m3"))
        ],
        "业务量": [
            {"年份": year, "填报单位": "A", "省份": name, "指标": "信息流量", "数值": kwh / 1000, "计量单位": "TB"}
            for year, name, kwh in rows
        ],
    }  # fmt: skip
    for table, lines in of.items():
        pl.DataFrame(lines).write_csv(where / f"{table}.csv")
    (where / "frame.csv").write_text(
        "table,measure,province_code,year,value,unit,source_title\n*,provinces,000000,2024,2,个,测试用：两省即全行业\n",
        "utf-8",
    )
    return where


def made(layout: Layout, region: str = "全国", year: int = 2025, overrides: Sequence[str] = (), filings: str = "data/raw/filings") -> list[Job]:  # fmt: skip
    """What a build writes before it runs a notebook."""
    planned = jobs(layout, Selection(year, region, filings=filings, overrides=tuple(overrides)))
    edition.prepare(layout, planned)
    return planned
