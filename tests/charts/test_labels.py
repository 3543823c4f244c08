"""Line-end labels keep their order and their distance."""

from __future__ import annotations

import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.charts.labels import PLACE, apart


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8), st.floats(0.001, 100))
def test_labels_are_apart_in_order_and_centred(values: list[float], gap: float) -> None:
    placed = apart(pl.DataFrame({"v": values}), "v", gap)
    at = placed[PLACE].to_list()
    assert placed["v"].to_list() == sorted(values)
    assert all(after - before >= gap * 0.99 - 1e-6 for before, after in itertools.pairwise(at))
    assert sum(at) == pytest.approx(sum(values), abs=1e-3)


def test_labels_with_room_stay_where_they_are() -> None:
    assert apart(pl.DataFrame({"v": [3.0, 1.0, 2.0]}), "v", 0.5)[PLACE].to_list() == [1.0, 2.0, 3.0]
