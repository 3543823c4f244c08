"""Line-end labels keep their order and their distance."""

from __future__ import annotations

import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.charts.labels import PLACE, apart, beside, shortened


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8), st.floats(0.001, 100))
def test_labels_are_apart_in_order_and_centred(values: list[float], gap: float) -> None:
    placed = apart(pl.DataFrame({"v": values}), "v", gap)
    at = placed[PLACE].to_list()
    assert placed["v"].to_list() == sorted(values)
    assert all(after - before >= gap * 0.99 - 1e-6 for before, after in itertools.pairwise(at))
    assert sum(at) == pytest.approx(sum(values), abs=1e-3)


def test_labels_with_room_stay_where_they_are() -> None:
    assert apart(pl.DataFrame({"v": [3.0, 1.0, 2.0]}), "v", 0.5)[PLACE].to_list() == [1.0, 2.0, 3.0]


def test_a_long_name_is_cut_between_two_characters() -> None:
    assert shortened("某省公司", 48) == "某省公司"
    assert shortened("某省分公司", 48) == "某省分…"
    assert shortened("𠮷" * 30, 60) == "𠮷𠮷𠮷𠮷…"
    stack = "e" + "\u0301" * 9
    assert shortened(stack * 10, 12 + 3 * 6.8) == stack * 3 + "…"
    family = "👨\u200d👩\u200d👧"
    assert shortened(family * 5, 36) == family * 2 + "…"


def test_long_names_at_the_ends_of_lines_have_room() -> None:
    assert beside(["全国 84.5", "广东 78.0"], 6) == dict.fromkeys(("left", "top", "right", "bottom"), 5)
    assert (
        beside(["Annual electricity use per station 58.9"], 6)["right"] == 21
    )  # 5 and 39 letters of 6.72 px and 40 px, less half a step, a twelfth of it
    assert beside([], 3)["right"] == 5
