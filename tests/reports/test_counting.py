"""In what the columns of a table count in Chinese and in English."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Table
from pipeline.reports.counting import moved


def shown(
    data: pl.DataFrame, titles: dict[str, str], language: str, decimals: int = 1
) -> tuple[list[str], list[list[str]], str]:
    columns = {
        name: Column(term(title, year=name[1:]) if name[0] == "y" else term(title)) for name, title in titles.items()
    }
    printed = {name: decimals for name, dtype in data.schema.items() if dtype == pl.Float64}
    table = Table("t-x", "", data, decimals=printed, columns=columns, withheld=True).payload(Words(language))["table"]
    return table["columns"], table["rows"], table["csv"]


def test_two_years_of_one_unit_count_alike_in_billions() -> None:
    data = pl.DataFrame({"region": ["甲", "乙"], "y2020": [3.06, None], "y2024": [412.36, 0.5]})
    titles = {"region": "region", "y2020": "in_year_100m_gb", "y2024": "in_year_100m_gb"}
    assert shown(data, titles, "zh") == (
        ["地区", "2020 年（亿GB）", "2024 年（亿GB）"],
        [["甲", "3.1", "412.4"], ["乙", "—", "0.5"]],
        "地区,2020 年（亿GB）,2024 年（亿GB）\r\n甲,3.06,412.36\r\n乙,,0.5\r\n",
    )
    heads, rows, csv = shown(data, titles, "en")
    assert heads == ["Region", "2020 (billion GB)", "2024 (billion GB)"]
    assert [row[1:] for row in rows] == [["0.31", "41.24"], ["—", "0.05"]]
    assert csv.splitlines()[1:] == ["甲,0.306,41.236", "乙,,0.05"]


def test_small_amounts_are_counted_singly_and_withheld_ones_stay_so() -> None:
    data = pl.DataFrame({"region": ["甲", "乙"], "energy": [43.21, float("nan")]})
    heads, rows, csv = shown(data, {"region": "region", "energy": "energy_10k_tce"}, "en", 2)
    assert heads == ["Region", "Energy consumption (tce)"]
    assert [row[1] for row in rows] == ["432,100", "[withheld]"]
    assert csv.splitlines()[1:] == ["甲,432100.0", "乙,[withheld]"]


def test_a_difference_in_a_finer_unit_and_a_unit_that_follows_the_language_are_left_alone() -> None:
    data = pl.DataFrame({"resold": [130.43], "difference": [0.0]})
    titles = {"resold": "resold_100gwh", "difference": "difference_10mwh"}
    heads, rows, _ = shown(data, titles, "en", 2)
    assert heads == ["Electricity passed on (billion kWh)", "Difference (kWh)"]
    assert rows == [["13.043", "0"]]
    columns = {
        "value": Column(term("running_total"), lambda words: {"zh": "万tce", "en": "million tce"}[words.language])
    }
    table = Table("t-x", "", pl.DataFrame({"value": [10.5]}), columns=columns).payload(Words("en"))["table"]
    assert (table["columns"], table["rows"]) == (["Running total (million tce)"], [["10.5"]])


def test_numbers_as_published_keep_their_digits() -> None:
    data = pl.DataFrame({"five_g": ["337.70", "超过140", "—"]})
    assert shown(data, {"five_g": "five_g_10k"}, "zh")[1] == [["337.70"], ["超过140"], ["—"]]
    heads, rows, _ = shown(data, {"five_g": "five_g_10k"}, "en")
    assert heads == ["5G (million)"]
    assert rows[0] == ["3.3770"]
    assert rows[1] == ["more than 1.40"]


@pytest.mark.parametrize(
    ("text", "places", "then"),
    [("1,234.5", -2, "12.345"), ("−0.4", 4, "−4,000"), ("12", 0, "12"), ("—", -1, "—"), ("0.0", -2, "0.000")],
)
def test_a_point_moves_and_no_digit_is_lost(text: str, places: int, then: str) -> None:
    assert moved(text, places) == then
