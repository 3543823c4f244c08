"""Cells of an English page are those of the data, which count in 万 and 亿 what it counts in millions and billions."""

from __future__ import annotations

from pipeline.verify.numbers import _same, _shifts

DATA = [["2019", "71.8", "0.5"], ["2020", "142.5", "0.25"], ["2021", "229", ""]]
PAGE = [["2019", "0.718", "0.5"], ["2020", "1.4250000000000003", "0.25"], ["2021", "2.29", "—"]]


def cells(rows: list[list[str]]) -> list[list[tuple[str, str]]]:
    return [[(text, text) for text in row] for row in rows]


def others(page: list[list[str]]) -> list[str]:
    shift = _shifts(cells(page), DATA)
    return [
        text
        for shown, told in zip(page, DATA, strict=True)
        for at, (text, value) in enumerate(zip(shown, told, strict=True))
        if not _same(text, value, shift.get(at, 0), as_text=False)
    ]


def test_a_column_is_told_in_another_scale_as_a_whole() -> None:
    assert _shifts(cells(PAGE), DATA) == {0: 0, 1: -2, 2: 0}
    assert others(PAGE) == []


def test_a_digit_or_a_scale_of_one_cell_is_found() -> None:
    for changed in ("0.719", "7.18", "71.8", "0.0718"):
        assert others([["2019", changed, "0.5"], *PAGE[1:]]) == [changed]
    assert others([["2018", "0.718", "0.5"], *PAGE[1:]]) == ["2018"]
