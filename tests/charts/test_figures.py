"""A chart's SVG and specification: same bytes each time, ids of its own, Chinese drawn in the packaged font."""

from __future__ import annotations

import re
from pathlib import Path

import altair as alt
import polars as pl

from pipeline.charts import figures, fonts, subset, theme


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


def test_characters_that_no_chart_can_hold_are_left_out() -> None:
    data = pl.DataFrame({"省份": ["广\x1b\x00\x0b东\u202e\uffff", "江\\苏"], "值": [1.5, -2.0]})
    spec = figures.specification(alt.Chart(data).mark_bar().encode(x="值:Q", y="省份:N"))
    [rows] = spec["datasets"].values()
    assert [row["省份"] for row in rows] == ["广东", "江\\苏"]
    assert "广东" in figures.svg(spec, "f-a")


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


def test_the_smallest_letters_of_a_picture_are_found() -> None:
    small = chart().mark_text(fontSize=9).encode(text="省份:N")
    drawn = figures.svg(figures.specification(chart() + small), "f-a")
    assert figures.letters(drawn) == 9 / theme.WIDTH
    assert figures.letters("<svg width='9'></svg>") == 0.0


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


def test_the_small_font_draws_the_same_picture(tmp_path: Path) -> None:
    cache = tmp_path / "charts"
    subset.make(subset.beside(cache), subset.characters(["喆"]))
    small = subset.chosen(subset.beside(cache))
    assert small is not None
    assert {"喆", subset.MINUS, "广", "%"} <= small.characters
    assert "啰" not in small.characters  # not in GB 2312
    assert small.path.stat().st_size < 3_000_000
    for rare in ("喆", "啰"):  # inside, and outside of it
        data = pl.DataFrame({"省份": ["广东江苏，（示例）1,234.5%", "Fluency kgCO2", rare], "值": [1.5, -2.0, 3e-4]})
        drawing = alt.Chart(data).mark_bar().encode(x="值:Q", y="省份:N", tooltip="省份:N")
        spec = figures.specification(drawing.properties(height=120))
        full = figures.svg(spec, "f-a")
        assert figures.svg(spec, "f-a", cache) == full
        assert subset.FAMILY not in full
