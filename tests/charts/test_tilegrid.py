"""The tile grid: all 34 divisions always, no value grey, class limits round and few."""

from __future__ import annotations

import re

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.charts import figures, theme
from pipeline.charts.tilegrid import class_limits, tile_grid
from pipeline.given import reference
from pipeline.layout import Layout


def drawn(layout: Layout, codes: list[str]) -> str:
    values = pl.DataFrame({"code": codes, "v": [float(i) for i in range(len(codes))], "t": [f"v{c}" for c in codes]})
    grid = tile_grid(
        reference.provinces(layout),
        values,
        value="v",
        label="t",
        legend="数值",
        thresholds=[1.0, 2.0],
        highlight="440000",
    )
    return figures.svg(figures.specification(grid), "f-grid")


def test_every_division_has_a_tile_and_its_name(layout: Layout) -> None:
    svg = drawn(layout, ["440000", "110000"])
    provinces = reference.provinces(layout)
    assert provinces.height == 34
    for name in provinces["short_zh"]:
        assert f">{name}<" in svg
    grey = re.search(f'<g fill="{theme.NO_DATA}">(.*?)</g>', svg)
    assert grey
    assert grey[1].count("<path") == 34  # every tile, those with a value under their colour
    assert ">v440000<" in svg


def test_no_two_divisions_share_a_place(layout: Layout) -> None:
    places = reference.provinces(layout).select("row", "col")
    assert places.n_unique() == places.height


@given(st.lists(st.floats(-1e6, 1e9), min_size=1, max_size=40))
def test_class_limits_rise_and_are_few(values: list[float]) -> None:
    limits = class_limits(pl.Series(values))
    assert 1 <= len(limits) <= 5
    assert limits == sorted(set(limits))


def test_class_limits_are_round() -> None:
    assert class_limits(pl.Series([0.1012, 0.7025])) == [0.2, 0.4, 0.6]
    assert class_limits(pl.Series([13.0, 390.0])) == [100.0, 200.0, 300.0]
