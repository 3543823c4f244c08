"""Ends of axes by hand, and colours of members."""

from __future__ import annotations

import pytest

from pipeline.charts import axes, theme


@pytest.mark.parametrize(
    ("values", "ends"),
    [((76.7, 93.1), (76, 94)), ((-42.5, -15), (-45, -15)), ((1.205, 1.364), (1.2, 1.38)), ((5, 5), (2, 8)), ((0, 30), (0, 30))],
)  # fmt: skip
def test_an_axis_ends_at_its_ticks(values: tuple[float, float], ends: tuple[float, float]) -> None:
    assert axes.ends(values) == pytest.approx(ends)


def test_who_has_a_colour_keeps_it_and_others_get_one_that_is_free() -> None:
    assert theme.tints(("5G", "new", "4G")) == {"5G": theme.PRIMARY, "new": theme.BLUE, "4G": theme.STEEL}
    assert theme.tints(("4G", "5G")) == {"4G": theme.STEEL, "5G": theme.PRIMARY}
