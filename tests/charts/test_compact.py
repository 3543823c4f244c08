"""A compact SVG shows the same picture."""

from __future__ import annotations

import io

import altair as alt
import polars as pl
import pytest
import vl_convert as vlc
from PIL import Image, ImageChops

from pipeline.charts import compact, figures, fonts, theme

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{}</svg>'


def drawn() -> str:
    """Lines, circles, texts, a clip, a legend: what our charts are made of."""
    for folder in fonts.folders():
        vlc.register_font_directory(str(folder))
    data = pl.DataFrame(
        {"年份": [2020, 2021, 2022] * 2, "数值": [1.0, 2.5, 2.0, 3.0, 1.0, 4.0], "名称": ["甲"] * 3 + ["乙"] * 3}
    )
    base = alt.Chart(data).encode(x="年份:O", y="数值:Q", color="名称:N")
    chart = (
        base.mark_bar(clip=True, opacity=0.4) + base.mark_line(point=True) + base.mark_text(dy=-8).encode(text="数值:Q")
    )
    return str(vlc.vegalite_to_svg({**figures.specification(chart), "width": 640}))


def picture(svg: str) -> Image.Image:
    return Image.open(io.BytesIO(vlc.svg_to_png(svg, scale=1))).convert("RGB")


def test_the_picture_is_the_same_and_the_text_a_fraction() -> None:
    before = drawn()
    after = compact.compact(before)
    assert len(after.encode()) < 0.5 * len(before.encode())
    difference = ImageChops.difference(picture(before), picture(after))
    assert max(most for _, most in difference.getextrema()) < 64  # edges of circles that were arcs
    assert sum(difference.convert("L").histogram()[24:]) < 100


def test_words_for_screen_readers_go_and_the_font_is_said_once() -> None:
    after = compact.compact(drawn())
    assert "aria" not in after
    assert "role" not in after
    assert after.count(theme.FONT_STACK) == 1


def test_what_members_share_the_group_says() -> None:
    lines = '<line x1="1" stroke="red"/><line x1="2" stroke="red"/>'
    assert '<g transform="scale(2)" stroke="red"><line x1="1"/><line x1="2"/></g>' in compact.compact(
        SVG.format(f'<g transform="scale(2)">{lines}</g><rect stroke="blue"/>')
    )
    apart = compact.compact(SVG.format('<g fill="red"><rect fill="blue"/><rect/></g><rect/>'))
    assert '<g fill="red"><rect fill="blue"/><rect/></g>' in apart


def test_moves_within_moves_follow_one_another() -> None:
    nested = '<g transform="translate(1,2)"><g transform="scale(3)"><rect width="1"/></g></g>'
    assert 'transform="translate(1,2) scale(3)"' in compact.compact(SVG.format(nested + "<rect/>"))


def test_two_families_are_an_error() -> None:
    with pytest.raises(ValueError, match="family"):
        compact.compact(SVG.format('<text font-family="A">x</text><text font-family="B">y</text>'))
