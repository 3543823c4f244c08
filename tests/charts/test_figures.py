"""A chart's SVG and specification: same bytes each time, ids of its own, Chinese drawn in the packaged font."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import altair as alt
import polars as pl
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont

from pipeline import keeping
from pipeline.charts import figures, fonts, subset, theme
from tests.charts import geometry


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


def test_an_axis_that_leaves_zero_out_is_marked() -> None:
    data = pl.DataFrame({"年份": [2020, 2021], "值": [50.0, 60.0]})

    def signs(low: float, high: float) -> int:
        scale = alt.Scale(domain=[low, high], nice=False)
        line = alt.Chart(data).mark_line().encode(x="年份:O", y=alt.Y("值:Q", scale=scale)).properties(height=100)
        return figures.svg(figures.specification(line), "f-a").count('stroke-width="1.2"')

    assert [signs(40, 80), signs(0, 80), signs(-10, 80), signs(-80, -10)] == [1, 0, 0, 1]


def test_names_of_a_legend_stand_side_by_side_where_they_have_room() -> None:
    def heights(names: list[str], across: str) -> set[str]:
        data = pl.DataFrame({"名": names, "值": [1.0] * len(names), "项": [across] * len(names)})
        tint = alt.Color("名:N", scale=alt.Scale(domain=names))
        bars = (
            alt.Chart(data).mark_bar().encode(x="值:Q", y=alt.Y("项:N", title=None), color=tint).properties(height=60)
        )
        drawn = geometry.read(figures.svg(figures.specification(bars), "f-a"))
        assert not list(drawn.flaws())
        return {str(round(one.box.bottom)) for one in drawn.texts if one.said in names}

    assert len(heights(["甲乙", "丙丁", "戊己"], "很长的名称占去一半的宽度")) == 1
    assert len(heights(["甲乙" * 10, "丙丁" * 10, "戊己" * 10], "很长的名称占去一半的宽度")) == 3


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


def test_a_kept_picture_is_taken_by_what_it_was_made_from(tmp_path: Path) -> None:
    spec = figures.specification(chart())
    drawn = figures.svg(spec, "f-a", tmp_path)
    (kept,) = tmp_path.glob("*.svg")
    keeping.write(kept, "kept")
    assert figures.svg(spec, "f-a", tmp_path) == "kept"
    assert figures.svg(spec, "f-b", tmp_path) == drawn.replace("f-a-", "f-b-")
    taller = spec | {"height": 121}
    assert figures.svg(taller, "f-a", tmp_path) == figures.svg(taller, "f-a")
    figures.forget(tmp_path)
    assert figures.svg(spec, "f-a", tmp_path) == drawn


def damages(whole: bytes) -> dict[str, bytes]:
    half = len(whole) // 2
    flipped = whole[:half] + bytes([whole[half] ^ 1]) + whole[half + 1 :]
    return {"flipped": flipped, "truncated": whole[:half], "emptied": b"", "altered": whole.replace(b"1", b"2")}


def test_a_damaged_picture_is_drawn_again(tmp_path: Path) -> None:
    spec = figures.specification(chart())
    drawn = figures.svg(spec, "f-a", tmp_path)
    figures.svg(spec, "f-b", tmp_path)
    kept = {"f-a-" in path.read_text("utf-8"): path for path in tmp_path.glob("*.svg")}
    whole, other = (kept[of_a].read_bytes() for of_a in (True, False))
    assert whole != other
    for damaged in damages(whole).values():
        assert damaged != whole
        kept[True].write_bytes(damaged)
        assert figures.svg(spec, "f-a", tmp_path) == drawn
        assert kept[True].read_bytes() == whole


def test_a_damaged_script_is_made_again(tmp_path: Path) -> None:
    script = figures.javascript_bundle(tmp_path)
    assert "window.vegaEmbed" in script
    assert not re.search(r"^\s*(?:import|export)\s", script, re.M)
    (kept,) = tmp_path.glob("*.js")
    whole = kept.read_bytes()
    for damaged in (whole[: len(whole) // 2], b""):
        kept.write_bytes(damaged)
        assert figures.javascript_bundle(tmp_path) == script
        assert kept.read_bytes() == whole


DRAWS = """
import sys
from pathlib import Path
from pipeline.charts import figures, fonts, subset
from tests.charts.test_figures import chart
sans = next(font for font in fonts.packaged() if font.name == "sans")
if sys.argv[2]:
    from dataclasses import replace
    wide = [replace(font, path=Path(sys.argv[2])) if font is sans else font for font in fonts.packaged()]
    fonts.packaged, fonts.folders = lambda: tuple(wide), lambda: [Path(sys.argv[2]).parent]
cache = Path(sys.argv[1]) if sys.argv[1] else None
if cache and sys.argv[3]:
    subset.make(subset.beside(cache), subset.characters(["啰"]))
sys.stdout.buffer.write(figures.svg(figures.specification(chart()), "f-a", cache).encode())
"""


def drawn_apart(cache: Path | str = "", font: Path | str = "", small: str = "") -> bytes:
    """The chart as a process of its own draws it, with another font file, and a small font."""
    command = [sys.executable, "-c", DRAWS, str(cache), str(font), small]
    return subprocess.run(command, capture_output=True, check=True).stdout


def test_with_another_font_the_picture_is_another(tmp_path: Path) -> None:
    cache, wide = tmp_path / "charts", tmp_path / "font" / "NotoSansSC-Regular.otf"
    (full,) = (font.path for font in fonts.packaged() if font.name == "sans")
    assert full
    wide.parent.mkdir()
    with TTFont(full, lazy=True) as font:
        few = Subsetter()
        few.populate(text="省份值广东江苏啰0123456789.-" + subset.MINUS)
        few.subset(font)
        characters = font.getBestCmap()
        for one in "广东江苏啰":
            width, bearing = font["hmtx"][characters[ord(one)]]
            font["hmtx"][characters[ord(one)]] = (2 * width, bearing)
        font.save(wide)
    before, fresh = drawn_apart(), drawn_apart(font=wide)
    assert before != fresh
    assert drawn_apart(cache, small="small") == before
    assert drawn_apart(cache, font=wide) == fresh  # neither the kept picture nor the kept small font is used
    assert drawn_apart(cache) == before


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


def test_a_damaged_small_font_is_made_again(tmp_path: Path) -> None:
    wanted = set("广东江苏")
    subset.make(tmp_path, wanted)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert sorted(path.name for path in files) == ["characters.txt", "current", "sans.otf"]
    for path, whole in files.items():
        for damaged in damages(whole).values():
            path.write_bytes(damaged)
            subset.chosen.cache_clear()
            assert subset.chosen(tmp_path) is None
    subset.make(tmp_path, wanted)
    assert {one: one.read_bytes() for one in files} == files
    subset.chosen.cache_clear()
    small = subset.chosen(tmp_path)
    assert small is not None
    assert small.characters == wanted


RARE = "某市" + "𠮷" * 40 + "公司"
STACK = "广" + "\u0301" * 60


def named(*names: str, **axis: object) -> figures.Spec:
    data = pl.DataFrame({"名称": names, "值": [float(at + 1) for at in range(len(names))]})
    y = alt.Y("名称:N", axis=alt.Axis(**axis))
    return figures.specification(alt.Chart(data).mark_bar().encode(x="值:Q", y=y).properties(height=60))


def test_any_filed_text_is_drawn() -> None:
    for text in (RARE, "某" + RARE, STACK, "👨\u200d👩\u200d👧" * 20, "葛\U000e0100", "constructor"):
        spec = named(text, "甲", labelLimit=200)
        assert figures.svg(spec, "f-a").startswith("<svg")
        assert figures.png(spec).startswith(b"\x89PNG")


def test_a_long_name_is_cut_beside_the_axis_only() -> None:
    for axis, cut in (({"labelLimit": 84}, "某市𠮷𠮷𠮷𠮷…"), ({}, "某市" + "𠮷" * 12 + "…")):
        spec = named(RARE, "甲", **axis)
        drawn = figures.svg(spec, "f-a")
        assert f">{cut}<" in drawn
        assert ">甲<" in drawn
        assert RARE in str(spec["datasets"])


def test_a_text_that_is_refused_is_drawn_in_base_letters_and_told(tmp_path: Path) -> None:
    spec = named("甲")
    assert figures.REDUCED not in figures.svg(spec, "f-a")
    [rows] = spec["datasets"].values()
    rows[0]["名称"] = "e\u0301\ud842广"  # half of a character, which no renderer takes
    drawn = figures.svg(spec, "f-a", tmp_path)
    assert figures.REDUCED in drawn
    assert ">e〓广<" in drawn
    assert figures.svg(spec, "f-a", tmp_path) == drawn
    assert figures.png(spec).startswith(b"\x89PNG")
