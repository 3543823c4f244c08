"""A CSV whose columns are read as codes says what it says when they are read as texts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.errors import DataError
from pipeline.filings import normalise
from pipeline.filings.contracts import BY_NAME, headers, widened
from pipeline.filings.intake import Intake, numbers, take_in
from pipeline.filings.reading import Reading, delimited, read_file
from pipeline.layout import Layout

HEADER = "年份,月份,填报单位,省份,设施类型,能源品种,消耗量,计量单位\n"
CELL = st.sampled_from(
    ["", '""', " ", "2024", "广东", '"a,b"', '"说""明"', "１２", "—", "备注：x", "E1", "电力", '"a"b']
)
ROWS = st.lists(st.lists(CELL, min_size=1, max_size=10), max_size=12)


def read(path: Path, **settings: int) -> Reading:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setattr(delimited, name, value)
        return read_file(path, path.parent, headers())


def read_numbers(path: Path) -> Reading:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_MANY_LINES", 0)
        return read_file(path, path.parent, headers(), numbers=numbers())


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(pl.Categorical).cast(pl.String))


@settings(deadline=None, max_examples=80)
@given(ROWS, st.integers(1, 12))
def test_the_same_cells(rows: list[list[str]], times: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "能源消耗.csv")
        path.write_text(HEADER + "".join(",".join(row) + "\n" for row in rows * times), "utf-8")
        plainly, coded = read(path), read(path, _MANY_LINES=0, _SAMPLE=8)
    assert (plainly.problems, plainly.skipped) == (coded.problems, coded.skipped)
    for one, other in zip(plainly.sheets, coded.sheets, strict=True):
        assert (one.header_row, one.columns, one.notes) == (other.header_row, other.columns, other.notes)
        assert_frame_equal(one.rows, plain(other.rows))


@pytest.mark.parametrize("quote", ["", '"'])
def test_columns_that_repeat_themselves_are_codes(tmp_path: Path, quote: str) -> None:
    path = tmp_path / "能源消耗.csv"
    path.write_text("年份,填报单位,消耗量\n" + "".join(f"2024,{quote}E{n % 9}{quote},{n}\n" for n in range(100)))
    rows = read(path, _MANY_LINES=0).sheets[0].rows
    assert [type(dtype) for dtype in rows.dtypes] == [pl.Int64, pl.Categorical, pl.Categorical, pl.String]
    assert_frame_equal(plain(rows), read(path).sheets[0].rows)


def test_a_column_repeats_itself_until_it_does_not(tmp_path: Path) -> None:
    path = tmp_path / "能源消耗.csv"
    path.write_text(
        "年份,省份,填报单位\n" + "2024,广东,E\n" * 50_000 + "".join(f"2024,广东,E{i}\n" for i in range(70_000))
    )
    rows = read(path, _MANY_LINES=0).sheets[0].rows
    assert rows.dtypes == [pl.Int64, pl.String, pl.String, pl.String]
    assert_frame_equal(plain(rows), read(path).sheets[0].rows)


def test_what_was_empty_before_a_column_stopped_repeating_itself_stays_empty(tmp_path: Path) -> None:
    path = tmp_path / "能源消耗.csv"
    path.write_text(
        "年份,省份,填报单位\n"
        + '2024,广东,""\n2024,广东,E\n' * 25_000
        + "".join(f"2024,广东,E{i}\n" for i in range(70_000))
    )
    rows = read(path, _MANY_LINES=0).sheets[0].rows
    assert rows["填报单位"].null_count() == 25_000
    assert_frame_equal(plain(rows), read(path).sheets[0].rows)


def test_the_same_intake_with_wrong_rows_in_two_sheets(tmp_path: Path) -> None:
    line = "2024,{},CT,{},办公用房,电力,{},万kWh\n"
    for file, wrong in (("能源消耗1.csv", "何处"), ("能源消耗2.csv", "南海")):
        many = "".join(line.format(month, province, month) for month in range(1, 13) for province in ("广东", "北京"))
        (tmp_path / file).write_text(HEADER + many + line.format(1, wrong, "x") + line.format(13, "广东", ""))
    (tmp_path / "填报单位.csv").write_text("单位编码,单位名称,类别\nCT,中国电信,其他\n")

    def intake(**settings: int) -> Intake:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setattr(delimited, name, value)
            return take_in(tmp_path, Layout.current(), 2025)

    plainly, coded = intake(), intake(_MANY_LINES=0, _SAMPLE=8)
    for part in ("accepted", "quarantine"):
        for name, frame in getattr(plainly, part).items():
            assert_frame_equal(frame, getattr(coded, part)[name])
    for part in ("counts", "files", "findings", "skipped"):
        assert_frame_equal(getattr(plainly, part), getattr(coded, part))
    assert plainly.quarantine["energy"].height


AMOUNTS = st.sampled_from([None, "", "1", "1.2亿", "85%", "-3", "x", "0.1234567890123", "1e22", "1e00005"])
UNITS = st.sampled_from([None, "", "吨", "万千瓦时", "万立方米", "km", "TWh"])
CARRIERS = st.sampled_from([None, "电力", "柴油", "水", "没有的"])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(AMOUNTS, UNITS, CARRIERS), min_size=1, max_size=30), st.sampled_from([0, 10_000]))
def test_codes_mean_what_their_texts_mean(rows: list[tuple[str | None, ...]], pairs: int) -> None:
    sheet = pl.DataFrame(rows * 3, {"消耗量": pl.String, "计量单位": pl.String, "能源品种": pl.String}, orient="row")
    sheet = sheet.with_columns(
        年份=pl.lit("2024"), 省份=pl.lit("广东"), 填报单位=pl.lit("CT"), 设施类型=pl.lit("办公用房")
    )
    coded = sheet.with_columns(
        pl.concat([pl.Series(["表头"]), sheet[name]]).cast(pl.Categorical(pl.Categories.random()))[1:].alias(name)
        for name in sheet.columns
    )
    source = {"source_file": pl.lit("a.csv"), "source_sheet": pl.lit(""), "source_row": pl.int_range(2, pl.len() + 2)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normalise, "_MANY_PAIRS", pairs)
        one, other = (
            normalise.normalise(BY_NAME["energy"], cells.with_columns(**source), Layout.current(), 2025)
            for cells in (sheet, coded)
        )
    assert_frame_equal(widened(one.frame), widened(other.frame))
    assert_frame_equal(one.findings, other.findings)
    assert one.rejected.equals(other.rejected)


# --- columns of numbers --------------------------------------------------------------------------------------

NUMBER = st.sampled_from(
    ["", "0", "-0", "007", "12", "12.50", ".5", "5.", "+3", "1e5", "1e00005", "1e400", "nan", "inf", " 8", "8 ", "x",
     "1,5", "123456789012345678", "9007199254740993", "0.1234567890123456789", "１２", "85%", "1.2亿", "—"]
)  # fmt: skip
YEAR = st.sampled_from(["2024", "2025", "02024", "2024年", "", "99999", "-1", "2024.0", "１２"])
MONTH = st.sampled_from(["1", "12", "", "01", "13", "200", "全年", "0"])
PLAIN_OR_ANY = st.one_of(st.just([]), st.lists(st.tuples(YEAR, MONTH, NUMBER), max_size=4))


@settings(deadline=None, max_examples=100)
@given(
    PLAIN_OR_ANY,
    st.integers(0, 12),
    st.sampled_from(["", "\n", ",,,,,,,\n", "备注：见上,,,,,,,\n", "2024,1,CT\n", "2024,1,CT,,,,,,,9\n"]),
    st.booleans(),
)
def test_the_same_intake_with_numbers(odd: list[tuple[str, str, str]], at: int, between: str, last_empty: bool) -> None:
    line = "{},{},CT,广东,{},电力,{},{}\n"
    last = "" if last_empty else "万kWh"
    lines = [
        line.format(2024, month, kind, month / 8, last) for kind in ("办公用房", "数据中心") for month in range(1, 13)
    ]
    lines[at:at] = [between] + [line.format(year, month, "其他", amount, last) for year, month, amount in odd]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "能源消耗.csv").write_text(HEADER + "".join(lines), "utf-8")
        (folder / "填报单位.csv").write_text("单位编码,单位名称,类别\nCT,中国电信,其他\n", "utf-8")
        plainly = take_in(folder, Layout.current(), 2025)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(delimited, "_MANY_LINES", 0)
            patch.setattr(delimited, "_SAMPLE", 8)
            numbered = take_in(folder, Layout.current(), 2025)
    for part in ("accepted", "quarantine"):
        for table, frame in getattr(plainly, part).items():
            assert_frame_equal(frame, getattr(numbered, part)[table], check_exact=True)
    for part in ("counts", "files", "skipped"):
        assert_frame_equal(getattr(plainly, part), getattr(numbered, part))
    where = ["file", "sheet", "row", "table", "column", "rule", "severity"]
    assert_frame_equal(plainly.findings.select(where), numbered.findings.select(where))


def test_numbers_are_read_as_numbers_and_filed_as_written(tmp_path: Path) -> None:
    path = tmp_path / "能源消耗.csv"
    path.write_text(
        "年份,月份,填报单位,消耗量\n" + "".join(f"02024,{n % 12 + 1:02},E{n % 5},{n}.50\n" for n in range(100))
    )
    sheet = read_numbers(path).sheets[0]
    assert sheet.rows.dtypes[:3] == [pl.Int64, pl.Int16, pl.Int8]
    assert sheet.rows.dtypes[4] == pl.Float64
    filed = sheet.filed(pl.Series([3, 90], dtype=pl.UInt32))
    assert filed.rows() == [(5, "02024", "04", "E3", "3.50"), (92, "02024", "07", "E0", "90.50")]
    assert sheet.filed(pl.Series([], dtype=pl.UInt32)).is_empty()


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "能源消耗.csv"
    path.write_text("年份,填报单位,消耗量\n" + "2024,E1,1\n" * 100)
    sheet = read_numbers(path).sheets[0]
    path.write_text("年份,填报单位,消耗量\n" + "2024,E1,2\n" * 101)
    with pytest.raises(DataError, match=r"能源消耗\.csv 在读取时被改动"):
        sheet.filed(pl.Series([0], dtype=pl.UInt32))


@pytest.mark.parametrize(
    "header",
    [
        ",年份,消耗量",
        "年份,,消耗量",
        "能源表\n年份,省份,消耗量",
        ",,\n年份,省份,消耗量",
        ",,,,\n年份,省份,消耗量",
        "\n年份,省份,消耗量",
    ],
)
def test_wherever_the_header_stands(tmp_path: Path, header: str) -> None:
    path = tmp_path / "能源消耗.csv"
    path.write_text(f"{header}\n" + "".join(f"2024,广东,{n}\n" for n in range(100)))
    one, other = read_file(path, tmp_path, headers()), read_numbers(path)
    assert not one.problems
    assert (one.problems, one.skipped) == (other.problems, other.skipped)
    for this, that in zip(one.sheets, other.sheets, strict=True):
        assert (this.header_row, this.columns) == (that.header_row, that.columns)
        every = pl.int_range(this.rows.height, dtype=pl.UInt32, eager=True)
        assert_frame_equal(this.filed(every), that.filed(every))


def test_a_column_of_numbers_may_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "能源消耗.csv"
    path.write_text("年份,月份,填报单位,消耗量\n" + "".join(f"2024,,E{n % 5},\n" for n in range(100)))
    sheet = read_numbers(path).sheets[0]
    assert sheet.rows.dtypes[1] == pl.Int16
    assert sheet.rows["消耗量"].null_count() == 100


@pytest.mark.parametrize(
    "late",
    [
        b"2024,E\xff,1",
        b'2024,"E1",1',
        b"2024,E\x001,1",
        "2024,甲,1".encode("gb18030"),
        b"2024,E1",
        b"2024,E1,1,2",
        b"2024,E1,x",
    ],
)
def test_what_is_not_plain_after_all(tmp_path: Path, late: bytes) -> None:
    path = tmp_path / "能源消耗.csv"
    path.write_bytes("年份,填报单位,消耗量\n".encode() + b"2024,E1,1\n" * 9000 + late + b"\n")
    one, other = read_file(path, tmp_path, headers()), read_numbers(path)
    assert (one.problems, one.skipped) == (other.problems, other.skipped)
    for this, that in zip(one.sheets, other.sheets, strict=True):
        assert_frame_equal(this.rows, plain(that.rows))
