"""The same table in the XML of many writers is read as the same rows."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.filings.reading import Reading, Sheet, read_file
from tests.filings.conftest import Office

HEADER = ["年份", "省份", "总耗电量", "备注"]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

Cell = str | int | float | None
texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=6).map(
    lambda t: f"x{t}"
)
numbers = st.integers(-(10**14), 10**14) | st.floats(-1e9, 1e9, allow_subnormal=False)
rows = st.lists(st.tuples(st.just(2024), texts, numbers, st.none() | texts), min_size=1, max_size=5)


@dataclass(frozen=True)
class Habits:
    """How a writer writes."""

    quote: str = '"'
    gap: str = ""  # between tags
    prefix: str = ""
    refs: bool = True
    style_first: bool = False
    shared: bool = False
    rich: bool = False
    slash: str = "/"
    folder: str = "xl/"
    absolute: bool = False
    encoding: str = "utf-8"
    namespace: str = MAIN
    upper: bool = False  # the names of parts in the archive


habits = st.builds(
    Habits,
    quote=st.sampled_from("'\""),
    gap=st.sampled_from(["", "\n  ", "\r\n", " "]),
    prefix=st.sampled_from(["", "x:", "ss:"]),
    refs=st.booleans(),
    style_first=st.booleans(),
    shared=st.booleans(),
    rich=st.booleans(),
    slash=st.sampled_from(["/", "\\"]),
    folder=st.sampled_from(["xl/", "", "a/b/"]),
    absolute=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    namespace=st.sampled_from([MAIN, STRICT]),
    upper=st.booleans(),
)


def handmade(
    table: list[list[tuple[Cell, int]]], how: Habits, formats: tuple[str, ...] = (), more: str = "", book: str = ""
) -> bytes:
    """A workbook of one sheet 能源; each cell is its value and the number of its format (0: General)."""
    q, x, g, strings = how.quote, how.prefix, how.gap, list[str]()

    def tag(name: str, content: str = "", /, **attributes: object) -> str:
        pairs = [
            f"{key}={q}{escape(str(value), {q: '&#39;' if q == chr(39) else '&quot;'})}{q}"
            for key, value in attributes.items()
        ]
        return (
            f"<{' '.join([x + name, *pairs])}>{content}</{x}{name}>{g}"
            if content
            else f"<{' '.join([x + name, *pairs])}/>{g}"
        )

    def rich(text: str) -> str:
        if not how.rich:
            return tag("t", escape(text))
        aid = tag("rPh", tag("t", "yi"), sb=0, eb=1)
        return (
            g
            + tag("r", tag("rPr", tag("b")) + tag("t", escape(text[:1])))
            + tag("r", tag("t", escape(text[1:]) or ""))
            + aid
        )

    def cell(at: int, row: int, value: Cell, style: int) -> str:
        place = {"r": f"{chr(65 + at)}{row}"} if how.refs else {}
        kind, content = {}, ""
        if isinstance(value, str):
            kind = {"t": "s"} if how.shared else {"t": "inlineStr"}
            strings.append(value)
            content = tag("v", str(len(strings) - 1)) if how.shared else tag("is", rich(value))
        elif value is not None:
            content = tag("v", repr(value))
        styled = {"s": style} if style else {}
        return tag(
            "c", content and g + content, **(kind | styled | place if how.style_first else place | styled | kind)
        )

    body = g.join(
        tag("row", "".join(cell(at, row, *one) for at, one in enumerate(line)), **({"r": row} if how.refs else {}))
        for row, line in enumerate(table, 1)
    )
    name = f"xmlns:{x[:-1]}" if x else "xmlns"
    margins = tag("pageMargins", left="0.511805555555556", header="0.51180555555555596")
    sheet = tag("worksheet", tag("sheetData", g + body) + more + margins, **{name: how.namespace})
    own = "".join(tag("numFmt", formatCode=code, numFmtId=170 + at) for at, code in enumerate(formats))
    used = tag("xf", numFmtId=0) + "".join(tag("xf", xfId=0, numFmtId=170 + at) for at in range(len(formats)))
    styles = tag(
        "styleSheet",
        tag("numFmts", own or tag("x")) + tag("cellStyleXfs", tag("xf", numFmtId=9) * 3) + tag("cellXfs", used),
        **{name: how.namespace},
    )
    sst = tag("sst", "".join(tag("si", rich(one)) for one in strings) or tag("si", tag("t")), **{name: how.namespace})
    workbook = tag(
        "workbook",
        tag("sheets", tag("sheet", sheetId=1, name="能源", **{"r:id": "rId7"})) + book,
        **{name: how.namespace, "xmlns:r": OFFICE},
    )
    start = f"/{how.folder}" if how.absolute else ""

    def relations(*targets: tuple[str, str, str]) -> str:
        inner = "".join(
            f'<Relationship Target="{target}" Type="{OFFICE}/{kind}" Id="{id}"/>' for id, kind, target in targets
        )
        return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'

    parts = {
        "_rels/.rels": relations(("rId1", "officeDocument", f"{how.folder}workbook.xml")),
        f"{how.folder}workbook.xml": workbook,
        f"{how.folder}_rels/workbook.xml.rels": relations(
            ("rId7", "worksheet", f"{start}sheets/s.xml"), ("rId8", "styles", f"{start}styles.xml"),
            ("rId9", "sharedStrings", f"{start}sharedStrings.xml"),
        ),
        f"{how.folder}sheets/s.xml": sheet,
        f"{how.folder}styles.xml": styles,
        f"{how.folder}sharedStrings.xml": sst,
    }  # fmt: skip
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for part, text in parts.items():
            declared = "utf-16" if how.encoding == "utf-16" else "utf-8"
            content = f"<?xml version='1.0' encoding='{declared}'?>{g}{text}".encode(how.encoding)
            archive.writestr((part.upper() if how.upper else part).replace("/", how.slash), content)
    return target.getvalue()


def plain(table: list[tuple[Cell, ...]]) -> list[list[tuple[Cell, int]]]:
    return [[(one, 0) for one in line] for line in [HEADER, *table]]


def read(content: bytes) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.xlsx")
        path.write_bytes(content)
        return read_file(path, path.parent, HEADER)


def only(content: bytes) -> Sheet:
    reading = read(content)
    assert reading.problems == []
    return reading.sheets[0]


def values(sheet: Sheet) -> list[tuple[Cell, ...]]:
    return [(int(a), b, float(c), d) for _, a, b, c, d in sheet.rows.rows()]


def by_openpyxl(table: list[tuple[Cell, ...]]) -> bytes:
    book = openpyxl.Workbook()
    for line in [HEADER, *table]:
        book.active.append(line)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def by_xlsxwriter(table: list[tuple[Cell, ...]]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet("能源")
        for at, line in enumerate([HEADER, *table]):
            page.write_row(at, 0, line)
    return target.getvalue()


few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(rows, habits)
def test_any_habit_gives_the_same_rows(table: list[tuple[Cell, ...]], how: Habits) -> None:
    if not how.refs:  # an empty cell still has its tag
        table = [(*line[:3], line[3] or "x") for line in table]
    sheet = only(handmade(plain(table), how))
    assert values(sheet) == [tuple(line) for line in table]
    assert sheet.rows["source_row"].to_list() == list(range(2, len(table) + 2))


@few
@given(rows)
def test_libraries_give_the_same_rows(table: list[tuple[Cell, ...]]) -> None:
    for write in (by_openpyxl, by_xlsxwriter):
        got = values(only(write(table)))
        assert [line[:2] + line[3:] for line in got] == [line[:2] + line[3:] for line in table]
        assert [line[2] for line in got] == pytest.approx([line[2] for line in table], rel=1e-14)  # 16 digits


def test_libreoffice_gives_the_same_rows(tmp_path: Path, office: Office) -> None:
    table: list[tuple[Cell, ...]] = [(2024, "广东", 0.1, None), (2024, "=甲", 123456.789, "x"), (2024, "007", 0, "y")]
    (tmp_path / "a.xlsx").write_bytes(by_xlsxwriter(table))
    [written] = office("xlsx", tmp_path / "out", tmp_path / "a.xlsx")
    assert values(only(written.read_bytes())) == table


SEEN = [
    ("0.0%", 0.375, "37.5%"), ('0"万"', 12, "12万"), ('#,##0.0"MWh"', 3.5, "3.5MWh"), ("0000", 42, "0042"),
    ("yyyy/m/d", 45000, "2023-03-15"), ("h:mm", 0.25, "06:00:00"), ("0.00E+00", 120000, "1.2E+5"),
    ("#,##0.00_);[Red](#,##0.00)", -7, "-7"), ('_ * #,##0_ ;_ * "-"_ ;_ * "-"_ ;_ @_ ', 0, "0"), ("[DBNum2]General", 8, "8"),
    ('[>=10000]0.0"多";0', 8, "8"), ("[$¥-804]#,##0.00", 9, "9"), ('General"年"', 2024, "2024年"), ("@", 6, "6"),
    ("General", 123456789012345678, "1.2345678901234568E+17"),
]  # fmt: skip
OTHER = ["0!.0,", "0.00,,", '0.0,"k"', "0!.0000", "#,##0,", '"合计"', ";;;", "000-0000", '0"."0000"万"']


@pytest.mark.parametrize("how", [Habits(), Habits(quote="'", gap="\n", prefix="x:", refs=False, style_first=True)])
def test_a_number_is_read_as_it_is_seen(how: Habits) -> None:
    table: list[list[tuple[Cell, int]]] = [[(one, 0) for one in HEADER]]
    table += [[(2024, 0), ("广东", 0), (value, at), ("x", 0)] for at, (_, value, _) in enumerate(SEEN, 1)]
    sheet = only(handmade(table, how, tuple(code for code, *_ in SEEN)))
    assert sheet.rows["总耗电量"].to_list() == [said for *_, said in SEEN]


@pytest.mark.parametrize("code", OTHER)
def test_a_format_that_shows_another_number_makes_no_number(code: str) -> None:
    table: list[list[tuple[Cell, int]]] = [[(one, 0) for one in HEADER], [(2024, 0), ("广东", 0), (12345, 1), ("x", 0)]]
    said = only(handmade(table, Habits(), (code,))).rows["总耗电量"].item()
    assert said == f"12345（数字格式“{code}”显示的是另一个数）"


# --- formulas ----------------------------------------------------------------------------------------------

APP = {
    "LibreOffice/7.4.7.2$Linux_X86_64": "15.0000", "WPS 表格": "", "Microsoft Excel": "16.0300",
    "Microsoft Macintosh Excel": "16.0300",
}  # fmt: skip


def formula(cell: str, book: str = "", app: tuple[str, str] | None = None, how: Habits | None = None) -> Reading:
    table: list[list[tuple[Cell, int]]] = [[(one, 0) for one in HEADER], [(2024, 0), ("广东", 0), (77, 0), ("x", 0)]]
    content = handmade(table, how or Habits(), book=book)
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["xl/sheets/s.xml"] = parts["xl/sheets/s.xml"].replace(b'<c r="C2"><v>77</v></c>', cell.encode())
    if app:
        parts["docProps/app.xml"] = (
            f"<Properties><Application>{app[0]}</Application><AppVersion>{app[1]}</AppVersion></Properties>".encode()
        )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as new:
        for name, part in parts.items():
            new.writestr(name, part)
    return read(target.getvalue())


NOT_CALCULATED = [
    '<c r="C2"><f>D2*2</f></c>', '<c r="C2"><f>D2*2</f><v/></c>', '<c r="C2"><f>D2*2</f><v></v></c>',
    '<c r="C2"><f>D2*2</f><v>0</v></c>', "<c t='n'\n r='C2'> <f>D2*2</f> <v>0.0</v> </c>",
]  # fmt: skip


@pytest.mark.parametrize("cell", NOT_CALCULATED)
@pytest.mark.parametrize("app", [None, ("Microsoft Excel", "12.0000"), ("Microsoft Excel", "3.1"), ("SheetJS", "")])
def test_a_formula_without_a_result_is_told(cell: str, app: tuple[str, str] | None) -> None:
    reading = formula(cell, app=app)
    assert [one.id for one in reading.problems] == ["xlsx.uncalculated"]
    assert "C2" in reading.problems[0].message
    assert reading.sheets[0].rows["总耗电量"].to_list() == ["=D2*2"]


@pytest.mark.parametrize("app", APP.items())
def test_a_calculated_zero_is_a_zero(app: tuple[str, str]) -> None:
    reading = formula('<c r="C2"><f>D2*2</f><v>0</v></c>', app=app)
    assert reading.problems == []
    assert reading.sheets[0].rows["总耗电量"].to_list() == ["0"]
    asks = formula('<c r="C2"><f>D2*2</f><v>0</v></c>', '<calcPr fullCalcOnLoad="true"/>', app)
    assert [one.id for one in asks.problems] == ["xlsx.uncalculated"]


def test_who_calculates_is_told_by_the_version_of_calculation() -> None:
    zero = '<c r="C2"><f>D2*2</f><v>0</v></c>'
    assert formula(zero, '<calcPr calcId="191029"/>').problems == []  # of Excel 2019
    for of_a_library in ("124519", "0", ""):
        reading = formula(zero, f'<calcPr calcId="{of_a_library}"/>')
        assert [one.id for one in reading.problems] == ["xlsx.uncalculated"]


EXCEL_2013 = (
    '<extLst><ext uri="{140A7094-0E35-4892-8432-C4D2E57EDEB5}"'
    ' xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main">'
    '<x15:workbookPr date1904="0" chartTrackingRefBase="1"/></ext></extLst>'
)


@pytest.mark.parametrize(
    ("own", "more", "day"),
    [
        ('<workbookPr date1904="1"/>', "", "2024-05-02"),
        ('<workbookPr date1904="true"/>', EXCEL_2013, "2024-05-02"),
        ('<workbookPr date1904="0"/>', EXCEL_2013, "2020-05-01"),
        ("", EXCEL_2013, "2020-05-01"),
    ],
)
def test_the_days_of_1904_are_the_workbooks_own(own: str, more: str, day: str) -> None:
    table: list[list[tuple[Cell, int]]] = [[(one, 0) for one in HEADER], [(2024, 0), ("广东", 0), (43952, 1), ("x", 0)]]
    reading = read(handmade(table, Habits(), ("yyyy-mm-dd",), book=own + more))
    assert reading.sheets[0].rows["总耗电量"].to_list() == [day]


def test_an_empty_text_is_a_result() -> None:
    reading = formula('<c r="C2" t="str"><f>IF(D2="","",D2)</f><v></v></c>')
    assert reading.problems == []
    assert reading.sheets[0].rows["总耗电量"].to_list() == [None]


def test_a_result_that_waits_for_calculation_is_a_warning() -> None:
    reading = formula('<c r="C2"><f>D2*2</f><v>5</v></c>', '<calcPr fullCalcOnLoad="1"/>')
    assert reading.problems == []
    [(rule, said)] = reading.sheets[0].warnings
    assert (rule, reading.sheets[0].rows["总耗电量"].to_list()) == ("sheet.stale", ["5"])
    assert "C2" in said


def test_errors_are_told_whoever_wrote_them() -> None:
    for cell in ('<c r="C2" t="e"><v>#DIV/0!</v></c>', "<c\n t='e' r='C2' ><v> #REF! </v></c>"):
        reading = formula(cell)
        assert [one.id for one in reading.problems] == ["xlsx.error_value"]
        assert "C2" in reading.problems[0].message


# --- hidden, empty, far ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_data_are_read_and_told(tmp_path: Path, state: str) -> None:
    book = openpyxl.Workbook()
    page, other = book.active, book.create_sheet("旧")
    for one in (page, other):
        for line in [HEADER, (2024, "广东", 1, "x"), (2024, "浙江", 2, "y")]:
            one.append(line)
    page.row_dimensions[3].hidden = page.column_dimensions["D"].hidden = True
    page.row_dimensions[9].hidden = page.column_dimensions["F"].hidden = True  # nothing there
    other.sheet_state = state
    book.save(tmp_path / "a.xlsx")
    first, second = read_file(tmp_path / "a.xlsx", tmp_path, HEADER).sheets
    assert [rule for rule, _ in first.warnings] == ["sheet.hidden"] * 2
    assert "第 3 行" in first.warnings[0][1]
    assert "D 列" in first.warnings[1][1]
    assert [rule for rule, _ in second.warnings] == ["sheet.hidden"]
    assert (first.rows.height, second.rows.height) == (2, 2)


def test_empty_cells_with_a_format_do_not_count(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in [HEADER, (2024, "广东", 1, "x")]:
        book.active.append(line)
    for place in ("XFD1048576", "A99999", "ZZ3"):
        book.active[place].number_format = "0.0%"
    book.save(tmp_path / "a.xlsx")
    assert values(only((tmp_path / "a.xlsx").read_bytes())) == [(2024, "广东", 1.0, "x")]
