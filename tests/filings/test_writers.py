"""The same table in the XML of many writers is read as the same rows."""

from __future__ import annotations

import errno
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

from pipeline.errors import UserError
from pipeline.filings.reading import Reading, Sheet, package, read_file
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


# --- the XML itself ----------------------------------------------------------------------------------------

ROW = '<row r="2"><c r="A2"><v>2024</v></c><c r="B2" t="inlineStr"><is><t>广东</t></is></c>'


def sheet(end: str, start: str = "", encoding: str = "utf-8") -> bytes:
    """A workbook whose worksheet begins with `start`, has the header, and then `end`."""
    content = handmade(plain([]), Habits())
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    head = parts["xl/sheets/s.xml"].decode().partition("</sheetData>")[0].partition("?>")[2]
    text = f"<?xml version='1.0' encoding='{encoding}'?>{start}{head}{end}"
    parts["xl/sheets/s.xml"] = text.encode(encoding, "surrogateescape")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as new:
        for name, part in parts.items():
            new.writestr(name, part)
    return target.getvalue()


END = "</row></sheetData></worksheet>"
NO_XML = {
    "cut behind a row": ROW + "</row>",
    "cut behind the cells": ROW + "</row></sheetData>",
    "cut in a tag": ROW + "</row></sheetData></works",
    "more behind the end": ROW + END + "x",
    "another end": ROW + END.replace("</row>", "</line>"),
    "two values": ROW + '<c r="C2"><v>1</v><v>2</v></c>' + END,
    "two places": ROW + '<c r="C2" r="D2"><v>1</v></c>' + END,
    "two cells in one place": ROW + '<c r="B2"><v>1</v></c>' + END,
    "an entity": ROW + '<c r="C2"><v>&one;</v></c>' + END,
    "an open quote": ROW + '<c r="C2><v>1</v></c>' + END,
    "no UTF-8": ROW + '<c r="C2" t="str"><v>\udcff</v></c>' + END,
    "a row that is no number": ROW.replace('"2"', '"2x"') + "<c><v>1</v></c>" + END,
    "a place beyond the sheet": ROW + '<c r="C1048577"><v>1</v></c>' + END,
}


@pytest.mark.parametrize("end", NO_XML.values(), ids=NO_XML)
def test_a_part_that_is_not_whole_or_no_xml_is_refused(end: str) -> None:
    reading = read(sheet(end))
    assert [(one.sheet, one.id) for one in reading.problems] == [("能源", "xlsx.sheet")]
    assert reading.sheets == []


def test_a_table_that_is_taken_whole_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of which some are hidden: here the header's, the one of figures and 21 more."""
    content = sheet(ROW + "</row>" + "<row hidden='1'/>" * 20 + "<row>" + END)
    monkeypatch.setattr(package, "_MOST_ROWS", 23)
    assert read(content).problems == []
    monkeypatch.setattr(package, "_MOST_ROWS", 22)
    assert [one.id for one in read(content).problems] == ["xlsx.sheet"]


def test_a_document_type_is_refused() -> None:
    reading = read(sheet(ROW + '<c r="C2"><v>&one;</v></c>' + END, '<!DOCTYPE worksheet [<!ENTITY one "1">]>'))
    assert [one.id for one in reading.problems] == ["xlsx.sheet"]
    reading = read(sheet(ROW + END, "<!-- <sheet> --><!DOCTYPE worksheet>"))
    assert [one.id for one in reading.problems] == ["xlsx.sheet"]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "UTF-8"])
def test_a_part_is_read_in_the_encoding_that_it_says(encoding: str) -> None:
    cell = '<c r="C2" s="0"><v>7</v></c><c r="D2" t="str" x="&amp;"><v>一&amp;&#x4e8c;</v></c>'
    said = only(sheet(ROW + cell + END + "\n<!-- the <end> -->\n", "<!-- <a> -->\n", encoding))
    assert said.rows.rows() == [(2, "2024", "广东", "7", "一&二")]


def test_line_ends_and_escapes_are_those_of_the_text() -> None:
    texts = {"一\r\n二\r三": "一\n二\n三", "一&#13;&#10;二": "一\r\n二", "<![CDATA[<一>]]>二": "<一>二"}
    for text, said in texts.items():
        assert only(sheet(f'{ROW}<c r="D2" t="str"><v>{text}</v></c>{END}')).rows["备注"].to_list() == [said]
    inline = f'{ROW}<c r="D2" t="inlineStr"><is><t>一_x000D_二_x005F_x</t></is></c>{END}'
    assert only(sheet(inline)).rows["备注"].to_list() == ["一\r二_x"]


def test_a_text_and_its_runs_are_one_text() -> None:
    runs = (
        "<is><t>甲</t><r><rPr><b/></rPr><t xml:space='preserve'> 乙</t></r><r><t>丙</t></r><rPh><t>jia</t></rPh></is>"
    )
    more = f'<row r="3"><c r="D3" t="inlineStr">{runs.replace("甲", "")}</c><c r="A3"><v>2025</v></c>'
    said = only(sheet(f'{ROW}<c r="D2" t="inlineStr">{runs}</c></row>{more}{END}'))
    assert said.rows["备注"].to_list() == ["甲 乙丙", " 乙丙"]


def test_a_shared_formula_is_one_without_a_text_of_its_own() -> None:
    reading = read(sheet(ROW + '<c r="C2"><f t="shared" si="0"/></c>' + END))
    assert [one.id for one in reading.problems] == ["xlsx.uncalculated"]
    assert "C2" in reading.problems[0].message


@pytest.mark.parametrize("formula", ["<f/>", "<f></f>", "<x:f  ca='1' />", '<f ca="1">\n</f>'])
def test_an_empty_formula_is_told(formula: str) -> None:
    reading = read(sheet(ROW + f'<c r="C2">{formula}<v>0</v></c>' + END))
    assert [one.id for one in reading.problems] == ["xlsx.uncalculated"]
    assert reading.problems[0].message.startswith("工作表“")
    assert reading.sheets == []


def test_what_is_no_empty_formula() -> None:
    fine = '<c r="C2"><v>7</v></c><c r="D2" t="str"><v>&lt;f/&gt;</v></c>'
    assert only(sheet(ROW + fine + END)).rows["总耗电量"].to_list() == ["7"]


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 100])
def test_cells_without_a_place_stand_beside_those_before(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """Whatever cells are read together: rows 2, 3 (hidden), an empty one, 7 and 8."""
    monkeypatch.setattr(package, "_BATCH", batch)
    cell, text = "<c><v>{}</v></c>", '<c t="inlineStr"><is><r><t>{}</t></r><r><t>省</t></r></is></c>'
    rows = [
        f'<row r="2">{cell.format(2024)}{text.format("甲")}<c/><c r="D2" t="str"><v>x</v></c>',
        f'<row hidden="true"><c r="b3" t="str"><v>乙省</v></c>{cell.format(1.5)}',
        "<row/><row r='7' hidden='0'>" + cell.format(2025) + text.format("丙"),
        f'<row><c r="A8"><v>2026</v></c>{text.format("丁")}{cell.format(9)}',
    ]
    said = only(sheet("</row>".join(rows) + END))
    assert said.rows.rows() == [
        (2, "2024", "甲省", None, "x"), (3, None, "乙省", "1.5", None), (7, "2025", "丙省", None, None), (8, "2026", "丁省", "9", None)
    ]  # fmt: skip
    assert [text.partition("，")[0] for _, text in said.warnings] == ["第 3 行是隐藏的"]


@pytest.mark.parametrize("fault", [MemoryError(), OSError(errno.EIO, "Input/output error")])
def test_a_fault_of_the_machine_is_none_of_the_part(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def fail(*_: object) -> bytes:
        raise fault

    content = sheet(ROW + END)
    monkeypatch.setattr(zipfile.ZipExtFile, "read1", fail)
    with pytest.raises(UserError) as stopped:
        read(content)
    assert stopped.value.id == "machine.fault"
