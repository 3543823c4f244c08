"""What the intake's own checks tie together: every pair of sums by hand, so that none is lost when an indicator changes."""

from __future__ import annotations

from pipeline.disclosure.definitions import near
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
