"""What a spreadsheet would take for a formula is a text when it is printed as CSV."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.guarded import as_text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert pl.DataFrame({"a": [text]}).select(as_text(pl.col("a"))).item() == "'" + text


@pytest.mark.parametrize("text", ["", " =1", "1-1", "甲=乙", "a@b", "'=1", "−1"])
def test_any_other_stays(text: str) -> None:
    assert pl.DataFrame({"a": [text]}).select(as_text(pl.col("a"))).item() == text
