"""What the intake's own checks tie together: every pair of sums by hand, so that none is lost when an indicator changes."""

from __future__ import annotations

import polars as pl

from pipeline.disclosure.definitions import SIZES, near
from pipeline.given import reference
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout


def test_what_check_wants_to_agree_is_known_to_everybody(layout: Layout) -> None:
    electricity = "energy.electricity"
    found = {(pair.one[0][0], pair.one[0][2]): ([(line[0], line[2]) for line in pair.other], pair.scale, pair.by_filer) for pair in near(load_catalogue(layout))}  # fmt: skip
    assert found == {
        (electricity, "data_centre"): ([("dc.electricity", None)], 1.0, True),
        (electricity, "core_room"): ([("room.pue.all", "core")], 1.0, True),
        (electricity, "access_room"): ([("room.pue.all", "aggregation"), ("room.pue.all", "access")], 1.0, True),
        (electricity, "base_station"): ([("bs.electricity", None)], 1.0, True),
        ("energy.water", "data_centre"): ([("dc.wue", None)], 0.001, True),
        ("energy.resold", None): ([("energy.received", None)], 1.0, False),
    }


def test_sizes_of_data_centres_are_those_of_the_standards(layout: Layout) -> None:
    limits = dict(
        reference.pue_standards(layout).filter(pl.col("kind") == "size_class").select("item", "number").rows()
    )
    assert limits["hyperscale"] == SIZES["hyperscale"][0] == SIZES["large"][1]
    assert limits["medium_small"] == SIZES["large"][0] == SIZES["medium_small"][1]
