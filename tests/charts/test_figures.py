"""A chart's SVG and specification: same bytes each time, ids of its own, Chinese drawn in the packaged font."""

from __future__ import annotations

import re
from pathlib import Path

import altair as alt
import polars as pl

from pipeline.charts import figures, fonts, theme


def chart() -> alt.Chart:
    data = pl.DataFrame({"省份": ["广东", "江苏", "啰"], "值": [1.5, -2.0, 3.0]})
    return alt.Chart(data).mark_bar(clip=True).encode(x="值:Q", y="省份:N").properties(height=120)


def test_equal_charts_have_equal_specifications_and_pictures() -> None:
    one, other = figures.specification(chart()), figures.specification(chart())
    assert one == other
    assert figures.svg(one, "f-a") == figures.svg(other, "f-a")


def test_parameters_numbered_by_altair_do_not_show() -> None:
    def selecting() -> alt.Chart:
        return chart().add_params(alt.selection_point())

    assert figures.specification(selecting()) == figures.specification(selecting())


def test_ids_belong_to_the_figure() -> None:
    drawn = figures.svg(figures.specification(chart()), "f-a")
    ids = re.findall(r'\bid="([^"]+)"', drawn)
    assert ids
    assert all(id.startswith("f-a-") for id in ids)
    used = re.findall(r"url\(#([^)]+)\)", drawn)
    assert set(used) <= set(ids)


def test_no_english_aria_text_is_left() -> None:
    drawn = figures.svg(figures.specification(chart()), "f-a")
    assert "aria-" not in drawn
    assert "role=" not in drawn


def test_texts_are_set_in_the_report_font() -> None:
    drawn = figures.svg(figures.specification(chart()), "f-a")
    families = set(re.findall(r'font-family="([^"]+)"', drawn))
    assert families == {theme.FONT_STACK}
    assert all(font.path for font in fonts.packaged())


def test_svg_is_kept_by_its_hash_and_taken_from_there(tmp_path: Path) -> None:
    spec = figures.specification(chart())
    drawn = figures.svg(spec, "f-a", tmp_path)
    (kept,) = tmp_path.glob("*.svg")
    assert kept.read_text("utf-8") == drawn
    kept.write_text("kept", "utf-8")
    assert figures.svg(spec, "f-a", tmp_path) == "kept"
    assert figures.svg(spec, "f-b", tmp_path) != "kept"
    taller = spec | {"height": 121}
    assert figures.svg(taller, "f-a", tmp_path) != "kept"


def test_bundle_is_one_classic_script(tmp_path: Path) -> None:
    script = figures.javascript_bundle(tmp_path)
    assert "window.vegaEmbed" in script
    assert not re.search(r"^\s*(?:import|export)\s", script, re.M)
    assert figures.javascript_bundle(tmp_path) == script


def test_png_is_a_png() -> None:
    assert figures.png(figures.specification(chart())).startswith(b"\x89PNG")
