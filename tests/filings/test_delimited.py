"""A CSV is read as its grammar says, or refused with the place; none is read as something else."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.filings.reading import Reading, delimited, read_file

HEADERS = ["年份", "填报单位", "省份", "数据中心名称", "标准机架数", "总耗电量", "备注"]
ENGLISH = ["year", "entity_id", "province_code", "name", "total_kwh"]


def read(content: bytes | str, name: str = "数据中心.csv") -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_file(path, path.parent, [*HEADERS, *ENGLISH])


def rows(content: bytes | str) -> list[tuple[Any, ...]]:
    reading = read(content)
    assert reading.problems == []
    (sheet,) = reading.sheets
    return sheet.rows.drop("source_row").rows()


def refusal(content: bytes | str) -> str:
    reading = read(content)
    assert reading.sheets == []
    (problem,) = reading.problems
    assert problem.message.endswith("。")
    return problem.message


# --- quotes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "line", "word"),
    [
        (["2025,A,广东", '2025,"24" 机柜",浙江', '2025,"36" 机柜",海南'], 3, "位置不对"),
        (['2025,42" 机柜,广东', '2025,B,48" 机柜'], 2, "位置不对"),
        (['2025,"A" ,广东'], 2, "位置不对"),
        (['2025, "A",广东'], 2, "位置不对"),
        (['2025,"A",广东', '2025,="007",浙江'], 3, "公式"),
        (['2025,"A\\"B",广东', '2025,"C\\"D",浙江'], 2, "位置不对"),
        (['2025,"A\\"",广东', '2025,"",浙江'], 2, "反斜杠"),
        (['2025,"A', 'B",广东', '2025,"C"D,浙江'], 4, "位置不对"),
        (["2025,A,广东", '2025,B,"浙江'], 3, "没有成对"),
        (["2025,A,广东", '2025,B,"浙江', "2025,C,海南"], 4, "并成了一行"),
        (['2025,"""A"",广东', "2025,B"], 2, "没有成对"),
        (['2025,A,"广东"x'], 2, "位置不对"),
        (['2025,A,"', '2025,B,"'], 3, "并成了一行"),
        (["2025,A,甲", '2025,"19,广东', "2025,B,海南", '2025,19",浙江'], 4, "并成了一行"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_quotes_with_two_readings_are_refused_with_the_line(lines: list[str], line: int, word: str, end: str) -> None:
    said = refusal(end.join(["年份,填报单位,省份", *lines, ""]))
    assert f"第 {line} 行" in said
    assert word in said


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('"19"" 机柜"', '19" 机柜'),
        ('""""', '"'),
        ('"a,b"', "a,b"),
        ('"a\nb"', "a\nb"),
        ('""', None),
        ("C:\\机房", "C:\\机房"),
        ("'甲'", "'甲'"),
        ("19'' 机柜", "19'' 机柜"),
        ("“甲”", "“甲”"),
    ],
)
def test_quotes_with_one_reading_are_read(cell: str, text: str | None) -> None:
    assert rows(f"年份,填报单位,省份\n2025,{cell},广东\n2025,B,海南\n") == [
        ("2025", text, "广东"),
        ("2025", "B", "海南"),
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_where_the_file_is_cut_for_reading_does_not_matter(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(delimited, "MIB", 1 << 20)
    good = '年份,填报单位,省份\r\n2025,"A""B\r\n,",广东\r\n\r\n2025,"",""\r\n2025,C\r\n'
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        path.write_text(good, newline="")
        monkeypatch.setattr(delimited, "MIB", size)
        if size > 20:  # longer than any cell
            assert delimited._cells_of_records(path, ord(","), ord("\n"), 3)[0].tolist() == [3, 3, 1, 3, 2]
        path.write_text(good.replace('"",""', '"",x"'), newline="")
        with pytest.raises(delimited.DataError, match=r"第 5 行|超过上限"):
            delimited._cells_of_records(path, ord(","), ord("\n"), 3)


# --- line ends ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("inside", ["\n", "\r\n", "\r"])
def test_ends_within_quotes_end_no_record(end: str, inside: str) -> None:
    text = end.join(
        ["年份,填报单位,省份", f'2025,"一{inside}号",广东', f'2025,"二{inside}号",海南', "2025,三,浙江", ""]
    )
    assert rows(text) == [
        ("2025", f"一{inside}号", "广东"),
        ("2025", f"二{inside}号", "海南"),
        ("2025", "三", "浙江"),
    ]


def test_a_doubled_return_is_one_end() -> None:
    """As Python's csv writes it on Windows, into a file opened without newline=""."""
    assert rows("年份,省份,填报单位\r\r\n2025,广东,A\r\r\n") == [("2025", "广东", "A\r")]


@pytest.mark.parametrize("end", ["\v", "\f", "\x1c", "\x1e", "\x85", "\u2028", "\u2029"])
def test_other_characters_end_no_record(end: str) -> None:
    said = refusal(end.join(["年份,填报单位,省份", "2025,A,广东", "2025,B,海南", ""]))
    assert f"U+{ord(end):04X}" in said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("年份,填报单位,省份\n2025,A,广东\r2025,B,海南\n", 2),
        ("年份,填报单位,省份\r2025,A,广东\r2025,B,海南\n2025,C,浙江\r", 3),
        ("年份,填报单位,省份\r\n2025,A,广东\r\n2025,B\rC,海南\r\n", 3),
    ],
)
def test_ends_of_two_kinds_are_refused_with_the_line(text: str, line: int) -> None:
    assert f"第 {line} 行" in refusal(text)


# --- encodings ---------------------------------------------------------------------------------------------

NAMES = {
    "big5": ["資料中心一號機房", "廣州數據中心", "臺灣機房"],
    "shift_jis": ["データセンター", "東京第一機房", "サーバ"],
    "euc_jp": ["東京第一機房", "データセンター", "大阪"],
    "euc_kr": ["데이터센터", "서울 기지국", "부산"],
    "cp949": ["데이터센터 일호", "서울"],
    "cp1251": ["Центр данных", "Москва"],
    "cp1252": ["Zentrum Köln", "Café Orléans"],
    "koi8_r": ["Центр данных"],
    "tis_620": ["ศูนย์ข้อมูล"],
}


@pytest.mark.parametrize("encoding", NAMES)
def test_other_encodings_are_refused_with_the_first_place(encoding: str) -> None:
    for name in NAMES[encoding]:
        head = ",".join(ENGLISH) + "\n2025,A,440000,one,1\n"
        said = refusal(head.encode() + f"2025,A,440000,{name},1\n".encode(encoding))
        byte = len("2025,A,440000,") + 1 + next(i for i, c in enumerate(name) if not c.isascii())
        assert f"第 3 行第 {byte} 字节起不是 UTF-8" in said


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_wide_characters_without_a_mark_are_refused(encoding: str) -> None:
    assert "UTF-16" in refusal("年份,填报单位,省份\n2025,A,广东\n".encode(encoding))


@pytest.mark.parametrize("at", range(1, 60, 7))
@pytest.mark.parametrize("headers", [HEADERS[:4], ENGLISH[:4]])
def test_one_bad_byte_in_utf8_is_never_gb18030(headers: list[str], at: int) -> None:
    lines = [",".join(headers), "2025,A,广东,广州数据中心", "2025,A,浙江,杭州云谷机房", "2025,A,海南,海口机房", ""]
    content = bytearray("\n".join(lines).encode())
    high = [place for place, byte in enumerate(content) if byte >= 0x80]
    del content[high[at % len(high)]]
    assert "不是 UTF-8" in refusal(bytes(content))


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "gb2312"])
@pytest.mark.parametrize("name", ["广州数据中心", "深圳云谷一号楼", "贵安新区机房（二期）", "上海联通", "Ａ座３层"])
@pytest.mark.parametrize("headers", [HEADERS[:4], ENGLISH[:4]])
def test_honest_gb_files_are_read(encoding: str, name: str, headers: list[str]) -> None:
    content = (",".join(headers) + f"\n2025,A,440000,{name}\n").encode(encoding)
    assert rows(content) == [("2025", "A", "440000", name)]


def test_rare_characters_are_read_under_a_chinese_header() -> None:
    content = "年份,填报单位,数据中心名称\n2025,A,燊鑫犇龘㵘𠮷\n".encode("gb18030")
    assert rows(content) == [("2025", "A", "燊鑫犇龘㵘𠮷")]


def test_files_that_were_joined_are_refused() -> None:
    content = "年份,填报单位,数据中心名称\n2025,A,广州机房\n".encode("gbk") + "2025,B,深圳机房\n".encode()
    said = refusal(content)
    assert "第 1 行" in said
    assert "第 3 行" in said


# --- any table ---------------------------------------------------------------------------------------------

CELL = st.one_of(
    st.sampled_from(["", "广州机房", '19" 柜', '"', '""', "a,b", "x;y", "t\tz", "一\n号", "一\r号", "一\r\n号", "'甲'", "\\",
                     'a\\"b', " ", " 前", "后 ", "1,200", "\\n", "=1", '="007"', "\u2028", "\v"]),
    st.text(st.characters(codec="gb18030", exclude_categories=["Co", "Cs"], exclude_characters="\0"), max_size=6),
)  # fmt: skip


class Dialect(csv.Dialect):
    """As drawn."""

    quotechar = '"'


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=5),
    st.sampled_from([",", "\t", ";"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC, csv.QUOTE_NONE]),
    st.sampled_from(['"', "'"]),
    st.booleans(),
    st.sampled_from([None, "\\"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
)
def test_any_table_of_any_dialect_reads_the_same_or_is_refused(
    table: list[list[str]], separator: str, end: str, quoting: int, quote: str, double: bool, escape: str | None, encoding: str
) -> None:  # fmt: skip
    dialect = type("Drawn", (Dialect,), {
        "delimiter": separator, "lineterminator": end, "quoting": quoting, "quotechar": quote, "doublequote": double,
        "escapechar": escape,
    })  # fmt: skip
    header = ["年份", "填报单位", "省份", "备注"]
    target = io.StringIO(newline="")
    try:
        csv.writer(target, dialect).writerows([header, *(["2025", *row] for row in table)])
    except csv.Error:  # cannot be written in this dialect
        return
    reading = read(target.getvalue().encode(encoding))
    plain = quote == '"' and double and escape is None
    if reading.problems:
        text = target.getvalue()
        assert not plain or '\\"' in text or ("\r" in text) + ("\n" in text) == 2
        return
    (sheet,) = reading.sheets
    told = "_ragged" in sheet.rows.columns or reading.skipped
    if plain:
        assert sheet.rows.select(header).rows() == [("2025", *(cell or None for cell in row)) for row in table]
    elif not told:  # a text may have kept its marks; it is in its row and column
        assert sheet.rows.height == len(table)
        assert sheet.columns == header
