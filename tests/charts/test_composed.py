"""Charts of several pictures: each has its share, and together they are as wide as any other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import pytest

from pipeline.charts import figures
from pipeline.charts.composed import is_composed

DATA = pl.DataFrame(
    {"x": ["a", "b"] * 3, "k": ["甲", "甲", "乙", "乙", "丙", "丙"], "y": [1.0, 2, 3, 4, 5, 6], "z": [1.0] * 6}
)
ONE = alt.Chart(DATA).mark_bar().encode(x="x:N", y="y:Q")
REPEATED = alt.Chart(DATA).mark_bar().encode(x="x:N", y=alt.Y(alt.repeat("repeat"), type="quantitative"))
SEVERAL: dict[str, Any] = {
    "a channel of columns": ONE.encode(column="k:N"),
    "a channel of facets": ONE.encode(facet=alt.Facet("k:N", columns=2)),
    "facets": ONE.facet("k:N"),
    "facets in rows": ONE.facet(row="k:N"),
    "side by side": ONE | ONE,
    "one below the other": ONE & ONE,
    "both": (ONE | ONE) & ONE,
    "wrapped": alt.concat(ONE, ONE, ONE, columns=2),
    "repeated": REPEATED.repeat(["y", "z"], columns=2),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_it_fits_the_page(name: str, tmp_path: Path) -> None:
    spec = figures.specification(SEVERAL[name])
    assert is_composed(spec)
    drawn = figures.svg(spec, "f-x")
    width = float(re.search(r'<svg [^>]*?width="([\d.]+)"', drawn)[1])  # type: ignore[index]
    assert 440 < width <= 660, width
    assert drawn.count("甲") == (1 if "facet" in name or "column" in name else 0)


def test_one_picture_of_layers_is_none() -> None:
    assert not is_composed((ONE + ONE.mark_text()).to_dict())
    layered = alt.Chart(DATA).mark_line().encode(x="x:N", y=alt.Y(alt.repeat("layer"), type="quantitative"))
    assert not is_composed(layered.repeat(layer=["y"]).to_dict())
