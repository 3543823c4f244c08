"""Any file becomes sheets with the same cells in the same rows, or one sentence; never an exception, never a bomb."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError, shown
from pipeline.filings.reading import (
    Limits,
    Reading,
    clean,
    header_key,
    number,
    read_file,
    read_folder,
)

FIXTURES = Path(__file__).parent / "fixtures"
KNOWN = ["年份", "省份", "总耗电量", "entity_id"]
FILL = ["年份"]
HEADER = ["年份", "省份", "备注一", "备注二"]

short = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What XML and CSV can both hold; surrogates and control characters they cannot.
any_text = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff\ufeff"), max_size=12)
cell_text = (
    any_text | st.sampled_from(["=1+1", "+1", "-1", "@a", "00123", "1e5", "a\nb", '5" x', "，", "a,b;c\td", ""])
).filter(lambda text: not re.search(r"_x[0-9a-fA-F]{4}_", text))
# None is a blank row; the two first cells make every other row a row of data.
tables = st.lists(st.none() | st.tuples(cell_text, cell_text), max_size=12)


def read(content: bytes, name: str, limits: Limits | None = None) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(content)
        return read_file(Path(folder, name), Path(folder), KNOWN, FILL, limits)


def workbook(rows: list[list[object]], title: str = "能源") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(at, column, value)
            if isinstance(value, str):
                cell.data_type = "s"  # else a leading = makes a formula
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def rezipped(content: bytes, change: dict[str, bytes]) -> bytes:
    """The archive with members replaced or added, and right checksums."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in [*old.namelist(), *(one for one in change if one not in old.namelist())]:
            new.writestr(name, change.get(name) if name in change else old.read(name))
    return target.getvalue()


def expected(table: list[tuple[str, str] | None], first: int) -> list[tuple[object, ...]]:
    return [
        (first + at, f"r{at}", "广东", *(cell or None for cell in row))
        for at, row in enumerate(table)
        if row is not None
    ]


def cells(table: list[tuple[str, str] | None]) -> list[list[str]]:
    return [[] if row is None else [f"r{at}", "广东", *row] for at, row in enumerate(table)]


def only_sheet(reading: Reading) -> pl.DataFrame:
    assert reading.problems == []
    (sheet,) = reading.sheets
    assert sheet.rows.columns[: len(sheet.columns) + 1] == ["source_row", *sheet.columns]
    assert set(sheet.rows.dtypes[1:]) == {pl.String}
    return sheet.rows


def ids(reading: Reading) -> list[str]:
    for problem in reading.problems:
        assert problem.message.endswith("。"), problem.message
        assert "\n" not in problem.message
    return [problem.id for problem in reading.problems]


# ---- the same cells in the same rows


@short
@given(tables)
def test_a_workbook_is_read_as_it_was_written(table: list[tuple[str, str] | None]) -> None:
    reading = read(workbook([["某年报表"], [], HEADER, *cells(table)]), "a.xlsx")
    assert only_sheet(reading).rows() == expected(table, 4)
    assert reading.sheets[0].header_row == 3
    assert [one.row for one in reading.skipped] == [1]


@short
@given(
    tables,
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    st.sampled_from([",", "\t", ";"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_csv_is_read_as_it_was_written(
    table: list[tuple[str, str] | None], encoding: str, separator: str, end: str, all_quoted: bool
) -> None:
    private = "[\ue000-\uf8ff\U000f0000-\U0010ffff]" if encoding == "gb18030" else "$."  # refused there
    table = [row and (re.sub(private, "", row[0]), re.sub(private, "", row[1])) for row in table]
    if end == "\r":
        table = [row and (row[0].replace("\n", ""), row[1].replace("\n", "")) for row in table]
    target = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(target, delimiter=separator, lineterminator=end, quoting=quoting).writerows([HEADER, *cells(table)])
    rows = only_sheet(read(target.getvalue().encode(encoding), "a.csv"))
    assert rows.rows() == expected(table, 2)


@short
@given(tables)
def test_parquet_is_read_as_it_was_written(table: list[tuple[str, str] | None]) -> None:
    rows = [row or ["", "", "", ""] for row in cells(table)]
    target = io.BytesIO()
    pl.DataFrame(rows, schema=dict.fromkeys(HEADER, pl.String), orient="row").write_parquet(target)
    assert only_sheet(read(target.getvalue(), "a.parquet")).rows() == expected(table, 2)


@short
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53), min_size=1, max_size=8)
)
def test_numbers_keep_their_value(values: list[float]) -> None:
    written = workbook([["年份", "省份", "总耗电量"], *([2024, "广东", 0] for _ in values)])
    xml = zipfile.ZipFile(io.BytesIO(written)).read("xl/worksheets/sheet1.xml").decode()
    for at, value in enumerate(values, 2):  # openpyxl rounds to 16 digits, Excel writes 17
        xml = re.sub(rf'(r="C{at}"[^>]*><v>)0<', rf"\g<1>{value!r}<", xml)
    texts = only_sheet(read(rezipped(written, {"xl/worksheets/sheet1.xml": xml.encode()}), "a.xlsx"))["总耗电量"]
    assert [float(text) for text in texts] == values
    target = io.BytesIO()
    pl.DataFrame({"年份": "2024", "省份": "广东", "总耗电量": [float(one) for one in values]}).write_parquet(target)
    assert [float(text) for text in only_sheet(read(target.getvalue(), "a.parquet"))["总耗电量"]] == values


def test_cells_come_as_a_person_sees_them() -> None:
    values = [12345, 12345.0, 0.5, True, dt.date(2024, 5, 1), dt.datetime(2024, 5, 1, 12, 30), "=1", "00123", " x "]
    rows = only_sheet(read(workbook([["年份", "省份", "值"], *(["2024", "广东", one] for one in values)]), "a.xlsx"))
    texts = ["12345", "12345", "0.5", "TRUE", "2024-05-01", "2024-05-01 12:30:00", "=1", "00123", " x "]
    assert rows["值"].to_list() == texts
    target = io.BytesIO()
    frame = pl.DataFrame(
        {"年份": [2024, None], "省份": ["x", ""], "日": [dt.date(2024, 5, 1), None], "值": [1e20, 3.0]}
    )
    frame.with_columns(时=pl.lit(dt.datetime(2024, 5, 1))).write_parquet(target)
    assert only_sheet(read(target.getvalue(), "a.parquet")).rows() == [
        (2, "2024", "x", "2024-05-01", "1e+20", "2024-05-01"),
        (3, None, None, None, "3", "2024-05-01"),
    ]


def test_a_workbook_by_libreoffice() -> None:
    reading = read_file(FIXTURES / "libreoffice.xlsx", FIXTURES, KNOWN, FILL)
    assert ids(reading) == []
    energy, hidden = reading.sheets
    assert (energy.sheet, energy.header_row) == ("能源&消耗 '24", 3)
    assert energy.columns == ["年份", "省份", "总耗电量(万kWh)", "投产时间"]
    assert energy.rows.rows() == [
        (4, "2024", "广东", "0.1234567890123", "43952"),
        (5, "2024", "=浙江", "2", "00123"),  # the year is merged downwards; 2 is a formula's stored result
    ]
    assert hidden.rows.rows() == [(2, "1", "海南")]
    assert [(one.sheet, one.row) for one in reading.skipped] == [(energy.sheet, 1), (energy.sheet, 7)]


def test_only_key_columns_are_filled_down() -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(workbook([["年份", "省份", "总耗电量"], [2024, "广东", 7], [None, "浙江"], [None, "海南"]]))
    )
    book["能源"].merge_cells("A2:A4")
    book["能源"].merge_cells("C2:C4")
    rows = only_sheet(read(saved(book), "a.xlsx"))
    assert rows.rows() == [(2, "2024", "广东", "7"), (3, "2024", "浙江", None), (4, "2024", "海南", None)]


def test_what_a_workbook_cannot_say_is_told() -> None:
    book = openpyxl.Workbook()
    for row in (["年份", "省份", "总耗电量"], [2024, "广东", "=B1+1"], [2024, "浙江", "#DIV/0!"]):
        book.active.append(row)
    reading = read(saved(book), "a.xlsx")
    assert ids(reading) == ["xlsx.error_value", "xlsx.uncalculated"]
    assert "C3" in reading.problems[0].message
    assert "C2" in reading.problems[1].message
    assert reading.sheets[0].rows.height == 2


def test_sheets_without_a_table() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook([HEADER, ["2024", "x", "y", "z"]])))
    book.create_sheet("空").sheet_state = "hidden"
    book.create_chartsheet("图")
    book.create_sheet("填表说明")["A1"] = "请如实填写"
    book.create_sheet("其他").append(["甲", "乙", "丙"])
    reading = read(saved(book), "a.xlsx")
    assert [one.sheet for one in reading.skipped] == ["空", "图", "填表说明"]
    assert [(one.sheet, one.id) for one in reading.problems] == [("其他", "sheet.header")]
    assert "总耗电量" in reading.problems[0].message
    assert [one.sheet for one in reading.sheets] == ["能源"]


# ---- headers, notes, ragged rows


def test_headers_repeated_empty_or_with_units() -> None:
    reading = read("年　份,省份,年 份,,备注（可空）\n1,2,3,4,5\n".encode(), "a.csv")
    assert reading.sheets[0].columns == ["年 份", "省份", "年 份_2", "列D", "备注(可空)"]
    assert only_sheet(reading).rows() == [(2, "1", "2", "3", "4", "5")]


@short
@given(any_text)
def test_header_keys_ignore_width_blanks_and_brackets(text: str) -> None:
    assert header_key(f" *{text}（kWh） ") == header_key(text)


def test_notes_are_listed_and_everything_else_is_kept() -> None:
    lines = [
        "年份,省份,备注一",
        "2024,广东,注：此处是数据",
        "单位A001,,",
        " ,,",
        "注：快报数",
        ",说明：略,",
        "2025,浙江,x",
    ]
    reading = read("\n".join(lines).encode(), "a.csv")
    assert only_sheet(reading)["source_row"].to_list() == [2, 3, 7]
    assert [one.row for one in reading.skipped] == [5, 6]
    assert reading.sheets[0].columns == ["年份", "省份", "备注一"]
    assert "_ragged" not in reading.sheets[0].rows.columns  # only the note was short


def test_ragged_rows_are_kept_and_flagged() -> None:
    reading = read("年份,省份,备注\n2024,广东\n2024,浙江,x,y,,z\n2024,海南,x,,\n2024,北京,x\n".encode(), "a.csv")
    assert only_sheet(reading).rows() == [
        (2, "2024", "广东", None, "少", None),
        (3, "2024", "浙江", "x", "多", "y,,z"),
        (4, "2024", "海南", "x", None, None),
        (5, "2024", "北京", "x", None, None),
    ]
    assert reading.sheets[0].columns == ["年份", "省份", "备注"]
    rows = only_sheet(read(('年份;省份\n"a;b";1\n' + "c" + ";9" * 300).encode(), "a.csv"))
    assert rows["_extra"].to_list() == [None, ";".join("9" * 299)]


# ---- files that are no tables


@pytest.mark.parametrize(
    ("name", "content", "id"),
    [
        ("a.xlsx", b"", "file.empty"),
        ("a.csv", b"\n \n", "file.empty"),
        ("a.csv", b"\xef\xbb\xbf", "file.empty"),
        ("a.xlsx", b"%PDF-1.7", "xlsx.other"),
        ("a.xlsx", b"\xff\xd8\xff\xe0", "xlsx.other"),
        ("a.xls", b"\r\n<html><table>", "xlsx.other"),
        ("a.xlsx", b"<HTML>", "xlsx.other"),
        ("a.xlsx", b"PK\x03\x04 and no more", "xlsx.broken"),
        ("a.xlsx", rezipped(b"PK\x05\x06" + bytes(18), {"word/document.xml": b"<a/>"}), "xlsx.no_workbook"),
        ("a.xlsx", workbook([]), "file.no_table"),
        ("a.csv", b"a,b\n1,2\n", "sheet.header"),
        ("a.csv", "年份,省份\n1,\0".encode(), "csv.binary"),
        ("a.csv", '年份,省份\n1,"2\n'.encode(), "csv.quotes"),
        ("a.csv", '年份,省份\n1,x"y\n2,q"r\n'.encode(), "csv.quotes"),
        ("a.csv", "年份,省份\n1,".encode() + b"\xff\xff", "csv.encoding"),
        ("a.parquet", b"PAR1 no PAR1", "parquet.broken"),
        ("a.parquet", b"PAR1 secret PARE", "parquet.encrypted"),
        ("a.txt", b"x", "file.kind"),
        ("a", b"x", "file.kind"),
        ("a.docx", b"x", "file.kind"),
    ],
)
def test_one_sentence_for_what_cannot_be_read(name: str, content: bytes, id: str) -> None:
    reading = read(content, name)
    assert ids(reading) == [id]
    assert reading.sheets == []


@pytest.mark.parametrize(
    ("name", "id"),
    [("encrypted.xlsx", "xlsx.encrypted"), ("libreoffice.xls", "xlsx.old"), ("libreoffice.fods", "file.kind")],
)
def test_one_sentence_for_files_of_other_programs(name: str, id: str) -> None:
    assert ids(read_file(FIXTURES / name, FIXTURES, KNOWN)) == [id]
    if id != "file.kind":
        assert ids(read((FIXTURES / name).read_bytes(), "renamed.xlsx")) == [id]


def test_nested_and_partitioned_parquet(tmp_path: Path) -> None:
    target = tmp_path / "year=2024" / "a.parquet"
    target.parent.mkdir()
    pl.DataFrame({"年份": [[1]], "省份": "x"}).write_parquet(target)
    assert ids(read_folder(tmp_path, KNOWN)) == ["parquet.hive"]
    assert ids(read(target.read_bytes(), "a.parquet")) == ["parquet.nested"]


def test_a_folder_is_walked_in_order(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("年份,省份\n1,2\n", encoding="utf-8")
    folder = tmp_path / "filings"
    for name in ("2025/b.CSV", "2024/a.csv", "c[1]*.csv", ".hidden/x.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("年份,省份\n2024,广东\n", encoding="utf-8")
    for name in ("~$b.xlsx", "Thumbs.db", ".DS_Store", "README.zh.md", "SAMPLE", "EDITION.yml"):
        (folder / name).touch()
    (folder / "out.csv").symlink_to(outside)
    (folder / "in.csv").symlink_to(folder / "2024" / "a.csv")
    (folder / "loop").symlink_to(folder)
    (folder / "bad\n\x1b[31m.rar").touch()
    os.mkfifo(folder / "pipe.csv")
    Path(os.fsdecode(bytes(folder) + b"/\xff.csv")).touch()
    reading = read_folder(folder, KNOWN)
    assert [sheet.file for sheet in reading.sheets] == ["c[1]*.csv", "2024/a.csv", "2025/b.CSV"]
    assert {(one.file, one.id) for one in reading.problems} == {
        ("out.csv", "file.link"),
        (r"bad\n\x1b[31m.rar", "file.kind"),
        ("pipe.csv", "file.kind"),
        (r"\udcff.csv", "file.name"),
    }
    skipped = {
        ".hidden",
        "~$b.xlsx",
        "Thumbs.db",
        ".DS_Store",
        "README.zh.md",
        "SAMPLE",
        "EDITION.yml",
        "in.csv",
        "loop",
    }
    assert {one.file for one in reading.skipped} == skipped
    with pytest.raises(DataError, match="没有填报文件夹"):
        read_folder(tmp_path / "nowhere", KNOWN)


def test_what_is_shown_can_be_printed() -> None:
    assert shown("年/a b.csv") == "年/a b.csv"
    assert shown("\x1b[2J\u202e\udcff") == r"\x1b[2J\u202e\udcff"


# ---- any bytes at all


SEEDS = {
    "a.xlsx": workbook([["标题"], HEADER, [2024, "广东", 0.1234567890123, True], ["注：x"]]),
    "b.xlsx": (FIXTURES / "libreoffice.xlsx").read_bytes(),
    "a.csv": '年份,省份,备注\n2024,广东,"x"\n2025,浙江,y\n'.encode("gb18030"),
    "a.parquet": b"",
}
_parquet = io.BytesIO()
pl.DataFrame({"年份": [2024, 2025], "省份": ["广东", "浙江"], "值": [0.5, 2.5]}).write_parquet(_parquet)
SEEDS["a.parquet"] = _parquet.getvalue()
STARTS = [
    b"",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"PAR1",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    "年份,省份\n".encode(),
]


def answers(content: bytes, name: str) -> None:
    reading = read(content, name)
    ids(reading)
    assert reading.sheets or reading.problems


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(STARTS),
    st.binary(max_size=400),
    st.sampled_from(["a.xlsx", "a.csv", "a.parquet", "a.xls", "a.zip"]),
)
def test_any_bytes_are_answered(start: bytes, rest: bytes, name: str) -> None:
    answers(start + rest, name)


@pytest.mark.parametrize("name", SEEDS)
def test_damaged_files_are_answered(name: str) -> None:
    chance = random.Random(name)
    for _ in range(60):
        content = bytearray(SEEDS[name])
        for _ in range(chance.randint(1, 6)):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        if chance.random() < 0.3:
            content = content[: chance.randrange(len(content))]
        answers(bytes(content), name)


@pytest.mark.parametrize("name", ["a.xlsx", "b.xlsx"])
def test_damaged_members_are_answered(name: str) -> None:
    chance = random.Random(name)
    names = [one for one in zipfile.ZipFile(io.BytesIO(SEEDS[name])).namelist() if one.startswith("xl/")]
    for _ in range(80):
        member = chance.choice(names)
        content = bytearray(zipfile.ZipFile(io.BytesIO(SEEDS[name])).read(member))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(content))
            content[at : at + chance.choice([0, 1, 1, 9])] = bytes(
                chance.choices(b'<>/"=r 0129AZvcst', k=chance.randint(0, 2))
            )
        answers(rezipped(SEEDS[name], {member: bytes(content)}), name)


# ---- bombs


def sheet_xml(rows: str) -> bytes:
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>年份</t></is></c><c r="B1" t="inlineStr"><is><t>省份</t></is></c></row>'
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return (
        f'<?xml version="1.0"?><worksheet xmlns="{namespace}"><sheetData>{head}{rows}</sheetData></worksheet>'.encode()
    )


def shared_xml(text: str, head: str = "") -> bytes:
    return f'<?xml version="1.0"?>{head}<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{text}</t></si></sst>'.encode()


def bombs() -> dict[str, bytes]:
    plain, sheet = workbook([HEADER]), "xl/worksheets/sheet1.xml"
    noise = random.Random(1).randbytes(300_000).hex()
    lol = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    laughs = f'<!DOCTYPE sst [<!ENTITY l0 "lol">{lol}]>'
    shared = '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2"><v>1</v></c></row>'
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        rels = archive.read("xl/_rels/workbook.xml.rels").decode()
        types = archive.read("[Content_Types].xml").decode()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    with_shared = {
        "xl/_rels/workbook.xml.rels": rels.replace("</Relationships>", f'<Relationship Type="{kind}" Target="sharedStrings.xml" Id="rId99"/></Relationships>').encode(),
        "[Content_Types].xml": types.encode(),
    }  # fmt: skip
    big = sheet_xml('<row r="2"><c r="A2"><v>1</v></c></row>' * 1_000_000)
    lying = {}
    for name, size in {"small": 1000, "large": 300 << 20}.items():
        content = bytearray(rezipped(plain, {sheet: big[:900_000]}))
        at = content.rfind(sheet.encode()) - 46 + 24  # the size that the directory declares
        content[at : at + 4] = size.to_bytes(4, "little")
        lying[name] = bytes(content)
    return {
        "ratio": rezipped(plain, {sheet: big}),
        "size": lying["large"],
        "lying": lying["small"],
        "members": rezipped(plain, {f"xl/{i}": b"" for i in range(2500)}),
        "far": rezipped(plain, {sheet: sheet_xml('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')}),
        "far, oddly written": rezipped(plain, {sheet: sheet_xml("<row r='1048576'><c  r = 'XFD1048576'><v>1</v></c></row>")}),
        "nameless": rezipped(plain, {sheet: sheet_xml("<row>" + "<c><v>1</v></c>" * 60_000 + '</row><row r="99999"><c><v>1</v></c></row>')}),
        "shared": rezipped(plain, with_shared | {
            "xl/sharedStrings.xml": shared_xml(noise[:400_000]),
            sheet: sheet_xml("".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(2, 9000))),
        }),
        "laughs": rezipped(plain, with_shared | {"xl/sharedStrings.xml": shared_xml("&l9;", laughs), sheet: sheet_xml(shared)}),
        "laughs in the workbook": rezipped(plain, {"xl/workbook.xml": laughs.encode() + b"<sst>&l9;</sst>"}),
        "merges": rezipped(plain, {sheet: sheet_xml("").replace(
            b"</sheetData>", b"</sheetData><mergeCells>" + b"".join(b'<mergeCell ref="A%d:A1048576"/>' % i for i in range(2, 9000)) + b"</mergeCells>")}),
    }  # fmt: skip


BOUNDED = """
import json, re, resource, sys, time
from pathlib import Path
from pipeline.filings.reading import Limits, read_file
resource.setrlimit(resource.RLIMIT_AS, (4_000_000_000,) * 2)  # addresses; what is used is asserted below
folder, answers = Path(sys.argv[1]), {}
for path in sorted(folder.iterdir()):
    began = time.monotonic()
    reading = read_file(path, folder, ["年份", "省份"], limits=Limits(cells=4_000_000))
    answers[path.stem] = [[one.id for one in reading.problems], len(reading.sheets), time.monotonic() - began]
status = Path("/proc/self/status")  # ru_maxrss begins with the peak of the process that started this one
peak = re.search(r"VmHWM:\\s*(\\d+)", status.read_text())[1] if status.exists() else 0
print(json.dumps([answers, int(peak) / 1024]))
"""


def test_bombs_cost_little_memory_and_time(tmp_path: Path) -> None:
    for name, content in bombs().items():
        (tmp_path / f"{name}.xlsx").write_bytes(content)
    (tmp_path / "wide.csv").write_bytes("年份,省份\n".encode() + b"\n" * 500_000 + b"," * 500_000)
    env = os.environ | {"POLARS_MAX_THREADS": "2"}
    run = subprocess.run(
        [sys.executable, "-c", BOUNDED, str(tmp_path)], capture_output=True, text=True, env=env, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    found, peak_mib = json.loads(run.stdout)
    assert peak_mib < 600
    assert {name: problems for name, (problems, _, _) in found.items()} == {
        "ratio": ["file.ratio"],
        "size": ["file.too_large"],
        "lying": ["xlsx.sheet"],
        "members": ["file.too_large"],
        "far": ["file.too_large"],
        "far, oddly written": ["file.too_large"],
        "nameless": ["xlsx.sheet"],
        "shared": ["file.too_large"],
        "laughs": ["xlsx.broken"],
        "laughs in the workbook": ["xlsx.broken"],
        "merges": [],
        "wide": ["file.too_large"],
    }
    assert max(seconds for _, _, seconds in found.values()) < 30  # none hangs, also where the machine is busy


def test_limits_are_told() -> None:
    content = workbook([HEADER, ["2024", "x", "y", "z"]])
    assert ids(read(content, "a.xlsx", Limits(unpacked_bytes=5000))) == ["file.too_large"]
    assert ids(read(content, "a.xlsx", Limits(sheet_cells=7))) == ["file.too_large"]
    assert ids(read(content, "a.xlsx", Limits(sheet_cells=8))) == []
    assert ids(read(b"x" * 11, "a.csv", Limits(file_bytes=10))) == ["file.too_large"]
    assert ids(read(SEEDS["a.csv"], "a.csv", Limits(cells=5))) == ["file.too_large"]


def parquet(**columns: object) -> bytes:
    target = io.BytesIO()
    pl.DataFrame(columns).write_parquet(target)
    return target.getvalue()


def test_parquet_may_have_the_cells_that_its_size_can_hold() -> None:
    """2 000 rows of two columns: 8 kB of different numbers, or as many equal ones in a few hundred bytes."""
    few = Limits(parquet_cells=100, cells_per_byte=1, columns=2)
    different = [random.Random(n).random() for n in range(2000)]
    assert only_sheet(read(parquet(年份=2024, 省份=different), "a.parquet", few)).height == 2000
    [problem] = read(parquet(年份=2024, 省份=[0.5] * 2000), "a.parquet", few).problems
    assert "文件有 2,000 行、2 列，共 4,000 格，超过上限" in problem.message


def test_parquet_is_refused_by_what_it_would_come_to() -> None:
    """Three columns, where two are allowed; 1 MB of zeros in 1 kB; a text of 100 bytes that stands 2 000 times."""
    wide = read(parquet(年份=[2024], 省份="x", 值=1), "a.parquet", Limits(columns=2))
    zeros = read(parquet(年份=[0.0] * 65_536, 省份=[0.0] * 65_536), "a.parquet", Limits(decoded_bytes=1_000_000))
    texts = read(parquet(年份=["x" * 100] * 2000, 省份="x"), "a.parquet", Limits(text_bytes=200_000))
    assert [one.problems[0].message.split("，超过")[0] for one in (wide, zeros, texts)] == [
        "文件有 3 列", "文件解压后有 1 MiB", "文件的文字共有 0 MiB"
    ]  # fmt: skip


def test_parquet_of_another_writer(tmp_path: Path) -> None:
    import duckdb

    target = tmp_path / "a.parquet"
    duckdb.sql(f"COPY (SELECT 2024 + n % 2 AS 年份, '广东' AS 省份 FROM range(3) rows(n)) TO '{target}'")
    assert only_sheet(read_file(target, tmp_path, KNOWN)).rows() == [
        (2, "2024", "广东"),
        (3, "2025", "广东"),
        (4, "2024", "广东"),
    ]


@pytest.mark.parametrize("lie", ["rows", "pages"])
def test_parquet_that_says_less_in_its_footer_than_in_its_pages(lie: str) -> None:
    """The footer is the last struct of the file; 0x16 0xd0 0x0f there is 1 000, of which 0x16 0x02 says 1."""
    content = parquet(年份=[2024] * 1000, 省份=["x"] * 1000)
    length = int.from_bytes(content[-8:-4], "little")
    footer = content[-8 - length : -8]
    assert footer.count(b"\x16\xd0\x0f") >= 2
    said = (
        footer.replace(b"\x16\xd0\x0f", b"\x16\x02")
        if lie == "rows"
        else footer.replace(b"\x16\xd0\x0f", b"\x16\x02", 1)
    )
    broken = content[: -8 - length] + said + len(said).to_bytes(4, "little") + b"PAR1"
    assert ids(read(broken, "a.parquet")) == ["parquet.broken"]


# ---- the text of a cell


def one(expression: pl.Expr, text: str | None) -> object:
    return pl.select(text=pl.lit(text, pl.String)).select(expression).item()


def cleaned(text: str | None) -> object:
    return one(clean(pl.col("text")), text)


def numbered(text: str | None) -> object:
    return one(number(pl.col("text")), text)


@pytest.mark.parametrize(
    "text", ["—", "——", "－", "－－", "/", "-", "--", "无", "N/A", "n/a", "#N/A", "NULL", " ", "　", "", "\u200b", None]
)
def test_what_says_nothing_is_null(text: str | None) -> None:
    assert cleaned(text) is None
    assert numbered(text) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (" Ａ１　", "A1"),
        ("none", "none"),
        ("无锡", "无锡"),
        ("a b", "a b"),
        ("=1+1", "=1+1"),
        ("2020/05", "2020/05"),
        ("0", "0"),
    ],
)
def test_what_says_something_is_kept(text: str, answer: str) -> None:
    assert cleaned(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1,234.5", 1234.5), ("１，２３４．５", 1234.5), ("85%", 0.85), ("８５％", 0.85), ("1.2亿", 1.2e8), ("3万", 3e4),
        ("4.35百", 435.0), ("1.1 万亿", 1.1e12), ("1.5E+3", 1500.0), ("+7", 7.0), ("−3", -3.0), ("－3", -3.0), ("负2", -2.0),
        (".5", 0.5), ("5.", 5.0), ("12‰", 0.012), ("0.1%", 0.001), ("00123", 123.0),
        ("1,5", None), ("12,34", None), ("1e999", None), ("1e5万", None), ("三", None), ("35kWh", None), ("1.2.3", None),
        ("inf", None), ("nan", None), ("٣", None), ("0x10", None), ("--5", None), ("万", None), ("%", None), ("1_000", None),
    ],
)  # fmt: skip
def test_numbers_in_text(text: str, answer: float | None) -> None:
    assert numbered(text) == answer


finite = st.floats(allow_nan=False, allow_infinity=False)


@short
@given(finite)
def test_a_printed_number_is_read_back(value: float) -> None:
    wide = str.maketrans("0123456789.-e", "０１２３４５６７８９．－ｅ")
    for text in (repr(value), f" {value!r}\t", repr(value).translate(wide), repr(value).replace("-", "−", value < 0)):
        assert numbered(text) == value


@short
@given(st.decimals(-(10**9), 10**9, places=3))
def test_separators_and_suffixes_are_exact(value: object) -> None:
    assert numbered(f"{value:,}") == float(str(value))
    for suffix, power in {"%": -2, "万": 4, "亿": 8}.items():
        assert numbered(f"{value}{suffix}") == float(f"{value}e{power}")


@short
@given(st.text(max_size=20))
def test_any_text_is_answered_and_cleaning_twice_changes_nothing(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    once = cleaned(text)
    assert once is None or cleaned(str(once)) == once
    assert numbered(text) is None or isinstance(numbered(text), float)


def test_an_example_row_under_the_header_is_skipped_and_told(tmp_path: Path) -> None:
    text = "年份,省份,总耗电量\n示例：2025,广东,100\n2025,广东,12\n2025,示例省,13\n"
    (tmp_path / "a.csv").write_text(text, "utf-8")
    reading = read_folder(tmp_path, {"年份", "省份", "总耗电量"})
    assert reading.sheets[0].rows["source_row"].to_list() == [3, 4]
    assert [(one.row, one.reason) for one in reading.skipped] == [(2, "示例行，未读取。")]
