"""The codes of a column say where each text is, whatever the column holds."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_series_equal

from pipeline.filings import distinct as module
from pipeline.filings.distinct import Coder, distinct

CELLS = st.lists(st.sampled_from([None, "", " ", "a", "b", "电力", "万千瓦时", "a long text beyond twelve bytes"]))


def texts(*cells: str | None) -> pl.Series:
    return pl.Series("c", cells, dtype=pl.String)


def coded(cells: pl.Series, *more: str) -> pl.Series:
    """As the reader of CSV has it, with categories that do not occur."""
    return pl.concat([texts(*more), cells]).cast(pl.Categorical(pl.Categories.random()))[len(more) :]


@pytest.mark.parametrize("n", [1, 7, 255, 256, 600])
def test_few_texts_are_found_and_spread(n: int) -> None:
    cells = texts(*(f"E{i % n}" for i in range(20 * n)), None)
    few = distinct(cells)
    assert few is not None
    assert_series_equal(few.spread(few.texts), cells)
    assert sorted(few.texts.drop_nulls()) == sorted({f"E{i}" for i in range(n)})


def test_many_texts_are_not() -> None:
    assert distinct(texts(*(str(i) for i in range(50_000)))) is None
    assert distinct(texts("a", "b", None)) is None


def test_texts_that_only_the_end_holds_may_become_too_many() -> None:
    repeated = ["a"] * 40_000
    assert distinct(texts(*repeated, *(str(i) for i in range(70_000)), *repeated, *repeated)) is None


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical])
def test_an_empty_column_has_none(dtype: pl.DataType) -> None:
    assert distinct(pl.Series("c", [], dtype=dtype)) is None


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical])
def test_a_column_of_nulls(dtype: pl.DataType) -> None:
    few = distinct(pl.Series("c", [None] * 9, dtype=dtype))
    assert few is not None
    assert set(few.texts) == {None}
    assert few.spread(few.texts).to_list() == [None] * 9


def test_a_text_that_the_sample_lacks_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 1000)
    cells = texts(*["a", "b"] * 30_000, "new", None, *["b"] * 9_998)
    few = distinct(cells)
    assert few is not None
    assert_series_equal(few.spread(few.texts), cells)
    assert few.texts.to_list() == ["a", "b", "new", None]


def test_codes_of_earlier_blocks_hold_when_texts_are_added() -> None:
    coder = Coder(texts(*["a"] * 20))
    before = coder.codes(texts("a", "b", "a"))
    after = coder.codes(texts("c", "b", None, *(f"x{i}" for i in range(400))))
    assert before is not None
    assert after is not None
    assert coder.texts.gather(before).to_list() == ["a", "b", "a"]
    assert coder.texts.gather(after).to_list()[:3] == ["c", "b", None]


@settings(deadline=None, max_examples=60)
@given(CELLS)
def test_any_column_of_texts_and_its_codes(values: list[str | None]) -> None:
    cells = texts(*values * 20)
    for column in (cells, coded(cells), coded(cells, "没有的", "nor this"), coded(cells, *map(str, range(20)))):
        few = distinct(column)
        if few is None:
            assert not values
            continue
        assert_series_equal(few.spread(few.texts), cells)
        assert set(few.texts) == set(values)
