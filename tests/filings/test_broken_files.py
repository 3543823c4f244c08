"""One good filing among broken and hostile ones: it is read, each of the others is told in one sentence, nothing hangs.

What could take the process down runs in a worker of bounded memory, which is asked about one folder after the other
and started anew when it has not survived.
"""

from __future__ import annotations

import errno
import io
import json
import os
import random
import re
import select
import struct
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from pipeline.errors import DataError, UserError
from pipeline.filings.intake import take_in
from pipeline.filings.reading import clean, read_folder
from pipeline.layout import Layout
from tests.conftest import ROOT, Run

FIXTURES = Path(__file__).parent / "fixtures"
MIB = 1 << 20
PATIENCE = 120  # seconds for one folder, also where the machine is busy
PEAK_MIB = 1024

HEADERS = ["年份", "填报单位", "省份", "设施类型", "能源品种", "消耗量", "计量单位"]
ENTITIES = "单位编码,单位名称,类别\nCT,电信,基础电信企业\n"


def energy(province: str = "广东", quantity: str = "1.2") -> list[str]:
    return ["2025", "CT", province, "数据中心", "电力", quantity, "万kWh"]


def lines(*rows: list[str], separator: str = ",") -> str:
    return "".join(separator.join(row) + "\n" for row in rows)


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


GOOD = workbook({"能源消耗": [HEADERS, energy("浙江")]})


def parquet(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.write_parquet(target)
    return target.getvalue()


Content = bytes | str | list[bytes]  # a list: pieces, to be written one after the other


def write(folder: Path, files: Mapping[str, Content]) -> None:
    for name, content in files.items():
        pieces = content if isinstance(content, list) else [content.encode() if isinstance(content, str) else content]
        with (folder / name).open("wb") as file:
            file.writelines(pieces)


def one_sentence(message: str) -> None:
    """Chinese, on one line, with nothing that a terminal would obey."""
    assert re.search("[\u4e00-\u9fff]", message), message
    assert harmless(message), message
    assert "\n" not in message
    assert "Traceback" not in message


def harmless(text: str) -> bool:
    """No control or escape character, no mark that turns or hides text; line ends aside."""
    return not any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in text if one != "\n")


# --- archives that lie, written by hand --------------------------------------------------------------------

SHEET = "xl/worksheets/sheet1.xml"
BLOCK = 16 * MIB
END = b"\x03\x00"  # of a deflate stream
Members = dict[str, tuple[bytes, int, int]]  # name -> deflated content, checksum and size as the directory has them


def deflated(content: bytes) -> bytes:
    """A part of a deflate stream that ends at a byte and refers to nothing before it, so that it can be repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)


def honest(content: bytes) -> tuple[bytes, int, int]:
    return deflated(content) + END, zlib.crc32(content), len(content)


def archive(members: Members) -> bytes:
    files, directory, at = list[bytes](), list[bytes](), 0
    for name, (packed, checksum, size) in members.items():
        text = name.encode()
        head = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, checksum, len(packed), size, len(text), 0)
        directory.append(b"PK\x01\x02\x14\0" + head + struct.pack("<HHHII", 0, 0, 0, 0, at) + text)
        files.append(b"PK\x03\x04" + head + text + packed)
        at += len(files[-1])
    return b"".join([*files, *directory, ending(len(members), sum(map(len, directory)), at)])


def ending(members: int, size: int, at: int) -> bytes:
    """The end of an archive: how many members its directory has, how long it is and where it begins."""
    return b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, members, members, size, at, 0)


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        return {name: whole.read(name) for name in whole.namelist()}


PARTS = opened(GOOD)
XML_HEAD, XML_TAIL = PARTS[SHEET].split(b"</sheetData>")
XML_TAIL = b"</sheetData>" + XML_TAIL
FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'  # makes a rectangle of 17 thousand million cells
NOISE = random.Random(1).randbytes(300_000).hex().encode()  # lowers the compression ratio


def rebuilt(**changes: tuple[bytes, int, int] | bytes) -> bytes:
    """The good workbook with parts replaced: `sheet`, `workbook`, `rels`, `texts`."""
    places = {"sheet": SHEET, "rels": "xl/_rels/workbook.xml.rels", "texts": "xl/sharedStrings.xml"}
    members = {name: honest(content) for name, content in PARTS.items()}
    for name, content in changes.items():
        members[places.get(name, name)] = honest(content) if isinstance(content, bytes) else content
    return archive(members)


def with_rows(xml: bytes) -> bytes:
    return rebuilt(sheet=XML_HEAD + xml + XML_TAIL)


def flood(blocks: int, declared: int | None) -> bytes:
    """A worksheet with 16 MiB of blanks many times over; `declared`: the size that the directory gives, or the true one.

    The checksum is that of the declared beginning, so that who reads no further finds it right.
    """
    begin = XML_HEAD + b" " * 200_000
    size = len(begin) + blocks * BLOCK + len(XML_TAIL) if declared is None else declared
    packed = deflated(begin) + deflated(b" " * BLOCK) * blocks + deflated(XML_TAIL) + END
    checksum = zlib.crc32(begin[:size]) if declared else 0
    return rebuilt(sheet=(packed, checksum, size))


def longer_than_declared() -> bytes:
    """The directory's size and checksum are those of a harmless beginning; what follows is not."""
    packed = deflated(XML_HEAD) + deflated(FAR + XML_TAIL) + END
    return rebuilt(sheet=(packed, zlib.crc32(XML_HEAD), len(XML_HEAD)))


def overlapping() -> bytes:
    """A thousand million bytes that the directory names forty times: 40 GiB of 1 MB."""
    packed = deflated(b" " * BLOCK) * 64 + END
    content = archive({SHEET: (packed, 0, 64 * BLOCK)})
    at = content.index(b"PK\x01\x02")
    end = content.rindex(b"PK\x05\x06")
    entry = content[at:end]
    directory = b"".join(entry.replace(b"sheet1", b"sheet%c" % (48 + n)) for n in range(40))
    return content[:at] + directory + ending(40, len(directory), at)


def shared_texts(cell: bytes, **more: bytes) -> bytes:
    """Six thousand cells with one and the same text of 600 kB: 3.6 GB."""
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    rels = PARTS["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>", b'<Relationship Type="%s" Target="sharedStrings.xml" Id="rId99"/></Relationships>' % kind
    )
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rows = b"".join(b'<row r="%d">%s</row>' % (row, cell % row) for row in range(3, 6000))
    return rebuilt(
        sheet=XML_HEAD + rows + XML_TAIL, rels=rels, texts=b'<sst xmlns="%s"><si><t>%s</t></si></sst>' % (namespace, NOISE),
        **more,
    )  # fmt: skip


def long_texts() -> bytes:
    """Eight gigabytes of text in two kilobytes, for equal texts are kept once."""
    text = pl.Series(["x" * 1_000_000], dtype=pl.Categorical)
    return parquet(pl.DataFrame({name: text.new_from_index(0, 4000) for name in HEADERS[:2]}))


def long_cell() -> bytes:
    """A quantity of 30 MiB in a third of a MiB."""
    cell = b'<row r="3"><c r="F3" t="inlineStr"><is><t>', b"</t></is></c></row>"
    body = NOISE + b"9" * 30 * MIB
    packed = deflated(XML_HEAD + cell[0]) + deflated(body) + deflated(cell[1] + XML_TAIL) + END
    whole = zlib.crc32(cell[1] + XML_TAIL, zlib.crc32(body, zlib.crc32(XML_HEAD + cell[0])))
    return rebuilt(sheet=(packed, whole, len(XML_HEAD + cell[0]) + len(body) + len(cell[1] + XML_TAIL)))


def wide(extra: Callable[[int], str]) -> str:
    return lines([*HEADERS, *map(extra, range(16_000))], energy("浙江"))


BOMBS: dict[str, tuple[str, Callable[[], Content]]] = {
    "4 GiB, declared": ("能源消耗.xlsx", lambda: flood(255, None)),
    "4 GiB, declared as 500 bytes": ("能源消耗.xlsx", lambda: flood(255, 500)),
    "4 GiB, declared as its beginning": ("能源消耗.xlsx", lambda: flood(255, len(XML_HEAD) + 200_000)),
    "a far cell after the declared end": ("能源消耗.xlsx", longer_than_declared),
    "40 GiB of overlapping members": ("能源消耗.xlsx", overlapping),
    "many members": ("能源消耗.xlsx", lambda: archive({f"xl/{n}": (END, 0, 0) for n in range(50_000)})),
    "nested archives": ("能源消耗.xlsx", lambda: archive({"a.zip": honest(archive({"b.zip": honest(flood(255, None))}))})),
    "a far cell": ("能源消耗.xlsx", lambda: with_rows(FAR)),
    "a far cell behind a tab": ("能源消耗.xlsx", lambda: with_rows(b'<row><c\tr="XFD1048576"><v>1</v></c></row>')),
    "a far cell beside a comment": (
        "能源消耗.xlsx", lambda: with_rows(b"<row><c r='XFD1048576'><v>1</v></c></row>" + b'<!-- r="A1" -->' * 9)),
    "a far row behind a tab": ("能源消耗.xlsx", lambda: with_rows(b'<row\tr="1048576">' + b"<c ><v>1</v></c>" * 3000 + b"</row>")),
    "texts used often": ("能源消耗.xlsx", lambda: shared_texts(b'<c r="A%d" t="s"><v>0</v></c>')),
    "texts used often beside a formula": (
        "能源消耗.xlsx", lambda: shared_texts(b'<c r="A%d" t="s"><f>1</f><v>0</v></c>')),
    "texts used often beside a decoy": (
        "能源消耗.xlsx", lambda: shared_texts(b'<c r="A%d" t="s"><v>0</v></c>', **{"zz/sharedStrings.xml": b"<sst><si/></sst>"})),
    "long texts of Parquet": ("能源消耗.parquet", lambda: long_texts().replace(b"ARROW:schema", b"ARROW:nought")),
    "long categories of Parquet": ("能源消耗.parquet", long_texts),
    "1 200 columns of Parquet": (
        "能源消耗.parquet", lambda: parquet(pl.DataFrame({f"c{n}": pl.Series([n]).new_from_index(0, 2000) for n in range(1200)}))),
    "40 million equal rows of Parquet": (
        "能源消耗.parquet", lambda: parquet(pl.DataFrame({name: pl.repeat(True, 40_000_000, eager=True) for name in HEADERS[:2]}))),
    "240 MiB of Parquet in two pages": (
        "能源消耗.parquet", lambda: parquet(pl.DataFrame({name: ["x" * MIB + str(n) for n in range(120)] for name in HEADERS[:2]}))),
    "one long cell": ("能源消耗.csv", lambda: [lines(HEADERS, energy("浙江")[:5])[:-1].encode(), b",", *[b"9" * MIB] * 200, b",kWh\n"]),
    "one long cell of a workbook": ("能源消耗.xlsx", long_cell),
    "one long cell of Parquet": (
        "能源消耗.parquet", lambda: parquet(pl.DataFrame([energy("浙江", "9" * 10 * MIB)], HEADERS, orient="row"))),
    "one long header": ("能源消耗.csv", lambda: [b"x" * MIB] * 200),
    "one long line of empty cells": ("能源消耗.csv", lambda: [lines(HEADERS).encode(), *[b"," * MIB] * 200]),
    "one long quoted cell": ("能源消耗.csv", lambda: [lines(HEADERS).encode(), b'"', *[b"\n" * MIB] * 9]),
}  # fmt: skip

# What a scan may stumble over although it is small; it may be read or refused.
SLOW: dict[str, tuple[str, Callable[[], Content]]] = {
    "merges within one tag": (
        "能源消耗.xlsx", lambda: with_rows(b'<row r="3" spans="' + b"mergeCell " * 200_000 + NOISE[:100_000] + b'"></row>')),
    "references within one tag": (
        "能源消耗.xlsx",
        lambda: with_rows(b'<row r="3"><c' + b' r="J3"' * 200_000 + NOISE[:100_000] + b"><v>1</v></c><f>1</f></row>")),
    "errors within one tag": (
        "能源消耗.xlsx",
        lambda: with_rows(b'<row r="3"><c' + b' r="J3"' * 200_000 + NOISE[:100_000] + b"><v>1</v></c></row>"
                          b"""<row r="4" x=' t="e"'/>""")),
    "16 000 unknown headers": ("能源消耗.csv", lambda: wide(lambda n: f"x{n}")),
    "16 000 equal headers": ("能源消耗.csv", lambda: wide(lambda n: "备注")),
}  # fmt: skip


# --- the worker --------------------------------------------------------------------------------------------

WORKER = """
import json, re, resource, sys
from pathlib import Path
from pipeline.errors import UserError
from pipeline.filings.intake import take_in
from pipeline.layout import Layout

resource.setrlimit(resource.RLIMIT_AS, (6 << 30,) * 2)
status, peak = Path("/proc/self/status"), Path("/proc/self/clear_refs")
for line in sys.stdin:
    if peak.exists():
        peak.write_text("5")  # the peak begins anew
    try:
        intake = take_in(Path(json.loads(line)), Layout.current(), 2025)
    except UserError as error:
        answer = {"refused": error.message}
    else:
        answer = {
            "status": intake.status,
            "files": {file: [status, message] for file, status, message in intake.files.iter_rows()},
            "accepted": dict(intake.counts.select("table", "accepted").iter_rows()),
            "messages": intake.findings["message"].str.slice(0, 2000).to_list(),
        }
    if status.exists():
        answer["peak_mib"] = int(re.search(r"VmHWM:\\s*(\\d+)", status.read_text())[1]) / 1024
    else:
        answer["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(answer), flush=True)
"""


class Worker:
    """A process that takes in one folder after the other."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def ask(self, folder: Path) -> dict[str, Any]:
        """What `take_in` said of the folder. Fails where the process hangs or ends."""
        if self.process is None:
            self.said = tempfile.TemporaryFile("w+")  # noqa: SIM115
            self.process = subprocess.Popen(
                [sys.executable, "-c", WORKER],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said, text=True, encoding="utf-8",
                env=os.environ | {"GREEN_REPORT_ROOT": str(ROOT), "POLARS_MAX_THREADS": "2"},
            )  # fmt: skip
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(str(folder)) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        answer = self.process.stdout.readline() if ready else ""
        if answer:
            return dict(json.loads(answer))
        status = self.stop()
        self.said.seek(0)
        end = [line for line in self.said.read().splitlines() if re.search("Error|panick|memory", line)][-3:]
        pytest.fail(f"ended with status {status}: {end}" if ready else f"no answer within {PATIENCE} s")

    def stop(self) -> int | None:
        process, self.process = self.process, None
        if process is None:
            return None
        assert process.stdin
        process.stdin.close()
        try:
            return process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    one = Worker()
    yield one
    one.stop()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_one_sentence(worker: Worker, tmp_path: Path, name: str) -> None:
    file, make = BOMBS[name]
    write(tmp_path, {file: make(), "填报单位.csv": ENTITIES})
    answer = worker.ask(tmp_path)
    (tmp_path / file).unlink()  # up to 200 MB, which pytest would keep
    assert answer["status"] == 2
    assert answer["files"].keys() == {file, "填报单位.csv"}
    assert answer["accepted"]["entities"] == 1
    status, message = answer["files"][file]
    assert status in ("unreadable", "partial")
    one_sentence(message)
    assert len(message) < 500
    assert answer["peak_mib"] < PEAK_MIB


@pytest.mark.parametrize("name", SLOW)
def test_a_small_file_is_answered_soon(worker: Worker, tmp_path: Path, name: str) -> None:
    file, make = SLOW[name]
    write(tmp_path, {file: make(), "填报单位.csv": ENTITIES})
    answer = worker.ask(tmp_path)
    assert answer["accepted"]["entities"] == 1
    assert answer["files"][file][0] == "unreadable" or answer["accepted"]["energy"] == 1
    assert answer["peak_mib"] < PEAK_MIB


def test_an_embedded_archive_stays_packed(worker: Worker, tmp_path: Path) -> None:
    write(tmp_path, {"能源消耗.xlsx": rebuilt(**{"xl/embeddings/a.zip": flood(32, None)})})
    write(tmp_path, {"填报单位.csv": ENTITIES})
    answer = worker.ask(tmp_path)
    assert (answer["status"], answer["accepted"]["energy"]) == (0, 1)


# --- one good filing among broken ones ---------------------------------------------------------------------

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + random.Random(2).randbytes(3000)
LONG = "长" * 70  # 210 bytes


def with_formulas() -> bytes:
    """The first row has a formula without a stored result and an error value, the second is good."""
    wrong = [*energy("江苏")[:4], '=IF(TRUE,"电力")', "#DIV/0!", "kWh"]
    return workbook({"能源消耗": [HEADERS, wrong, energy("安徽")]})


def two_tables(below: bool) -> bytes:
    """Two tables in one sheet: one below the other, or side by side."""
    one, other = [HEADERS, energy("福建")], [HEADERS, energy("江西")]
    rows = [*one, [], *other] if below else [[*left, None, *right] for left, right in zip(one, other, strict=True)]
    return workbook({"能源消耗": rows})


# Name -> content; then what becomes of it, and a word of the sentence.
BROKEN: dict[str, tuple[Content, str, str]] = {
    "截断.xlsx": (GOOD[: len(GOOD) // 2], "unreadable", "损坏"),
    "照片.xlsx": (JPEG, "unreadable", "JPEG"),
    "照片.csv": (JPEG, "unreadable", "编码|二进制|不是文本"),
    "有密码.xlsx": ((FIXTURES / "encrypted.xlsx").read_bytes(), "unreadable", "密码"),
    "旧格式.xls": ((FIXTURES / "libreoffice.xls").read_bytes(), "unreadable", "另存为 .xlsx"),
    "旧格式.xlsx": ((FIXTURES / "libreoffice.xls").read_bytes(), "unreadable", "另存为 .xlsx"),
    "说明.docx": (archive({"word/document.xml": honest(b"<a/>")}), "unreadable", ".docx"),
    "文档.xlsx": (archive({"word/document.xml": honest(b"<a/>")}), "unreadable", "不是 xlsx"),
    "炸弹.xlsx": (flood(255, None), "unreadable", "MiB"),
    "空能源消耗.csv": (b"", "unreadable", "空"),
    "空白能源消耗.csv": (b"\n \n\n", "unreadable", "没有内容"),
    "列名错.csv": ("甲,乙,丙\n1,2,3\n", "unreadable", "表头"),
    "列名错.xlsx": (workbook({"能源消耗": [["甲", "乙", "丙"], [1, 2, 3]]}), "unreadable", "表头"),
    "没有表名.xlsx": (workbook({"Sheet1": [HEADERS, energy("山西")]}), "unreadable", "能源消耗"),
    "没有表名.csv": (lines(HEADERS, energy("山西")), "unreadable", "能源消耗"),
    "截断.parquet": (parquet(pl.DataFrame([energy("山西")], HEADERS, orient="row"))[:-40], "unreadable", "Parquet"),
    "嵌套能源消耗.parquet": (parquet(pl.DataFrame({"年份": [[2025]], "省份": "广东"})), "unreadable", "嵌套"),
    "能源消耗双字节.csv": (lines(HEADERS, energy("山西")).encode("utf-16-le"), "unreadable", "编码|二进制"),
    "能源消耗空字符.csv": (lines(HEADERS, energy("山西\0")), "unreadable", "二进制"),
    "能源消耗引号.csv": (lines(HEADERS, energy('"山西')), "unreadable", "引号"),
    "公式.xlsx": (with_formulas(), "partial", "F2"),
    "没有扩展名": (b"x", "unreadable", "扩展名"),
    "能源消耗.txt": (lines(HEADERS, energy("山西")), "unreadable", ".txt"),
    "坏\n第二行😀\x1b[31m\u202e[red].xlsx": (b"PK\x03\x04", "unreadable", "损坏"),
    f"{LONG}坏.xlsx": (b"PK\x03\x04", "unreadable", "损坏"),
}
FINE: dict[str, Content] = {
    "填报单位.csv": ENTITIES,
    "能源消耗.csv": lines(HEADERS, energy("广东")),
    "能源消耗\n第二行😀\x1b[31m\u202e :cat: [red].csv": lines(HEADERS, energy("湖南")).encode("gb18030"),
    f"能源消耗{LONG}.csv": lines(HEADERS, energy("湖北")),
    "只有表头的能源消耗.csv": lines(HEADERS),
}
ACCEPTED = {"广东": "440000", "湖南": "430000", "湖北": "420000", "安徽": "340000"}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filings")
    write(folder, FINE | {name: content for name, (content, _, _) in BROKEN.items()})
    (folder / "断链.csv").symlink_to(folder / "nothing.csv")
    (folder / "外链.csv").symlink_to("/nowhere/a.csv")
    (folder / "文件夹.xlsx").mkdir()
    return folder


@pytest.fixture(scope="module")
def said(broken: Path, green_report: Run) -> str:
    """What the check prints at a terminal that wraps nothing."""
    run = green_report("check", str(broken), "--year", "2025", COLUMNS="400")
    assert (run.returncode, run.stderr) == (2, "")
    return run.stdout


@pytest.fixture(scope="module")
def answered(broken: Path, green_report: Run) -> dict[str, Any]:
    run = green_report("check", str(broken), "--year", "2025", "--format", "json")
    assert (run.returncode, run.stderr) == (2, "")
    return dict(json.loads(run.stdout))


def escaped(name: str) -> str:
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in name)


def test_the_good_rows_are_accepted(layout: Layout, broken: Path) -> None:
    done = take_in(broken, layout, 2025)
    assert sorted(done.accepted["energy"]["province_code"]) == sorted(ACCEPTED.values())
    assert set(done.accepted["energy"]["quantity"]) == {12000.0}
    assert done.accepted["entities"]["entity_id"].to_list() == ["CT"]
    assert done.status == 2


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_file_is_one_sentence(answered: dict[str, Any], said: str, name: str) -> None:
    _, status, word = BROKEN[name]
    (entry,) = [one for one in answered["files"] if one["file"] == escaped(name)]
    assert entry["status"] == status
    one_sentence(entry["message"])
    assert entry["message"].endswith("。")
    assert re.search(word, entry["message"])
    assert len([line for line in said.splitlines() if line.startswith(f"{escaped(name)}：")]) == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("断链.csv", {"unreadable"}),  # a link to nothing has not been read elsewhere
        ("外链.csv", {"unreadable"}),
        ("文件夹.xlsx", {"unreadable", "skipped"}),
    ],
)
def test_what_is_no_file_is_told_too(answered: dict[str, Any], name: str, status: set[str]) -> None:
    (entry,) = [one for one in answered["files"] if one["file"].rstrip("/") == name]
    assert entry["status"] in status
    one_sentence(entry["message"])


def test_a_table_without_rows_is_told(answered: dict[str, Any]) -> None:
    """It may be meant: nothing to file."""
    (entry,) = [one for one in answered["files"] if one["file"] == "只有表头的能源消耗.csv"]
    assert (entry["status"], "0 行" in entry["message"]) == ("read", True)


def test_the_answer_to_a_machine_has_the_keys_of_the_design(answered: dict[str, Any]) -> None:
    assert list(answered) == ["tables", "files", "findings", "not_listed"]
    assert {tuple(one) for one in answered["tables"]} == {("table", "read", "accepted", "rejected", "warned")}
    assert {tuple(one) for one in answered["files"]} == {("file", "status", "message")}
    assert {tuple(one) for one in answered["findings"]} == {
        ("file", "sheet", "row", "column", "rule", "severity", "message")
    }
    assert {one["status"] for one in answered["files"]} <= {"read", "partial", "unreadable", "skipped"}
    tables = {one["table"]: one for one in answered["tables"]}
    assert tables["energy"]["accepted"] == len(ACCEPTED)
    assert all(one["read"] == one["accepted"] + one["rejected"] for one in tables.values())


def test_a_terminal_is_told_nothing_that_it_would_obey(said: str, broken: Path, answered: dict[str, Any]) -> None:
    assert harmless(said)
    assert all(harmless(one["message"]) and harmless(one["file"]) for one in answered["files"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_one_sentence(layout: Layout, tmp_path: Path) -> None:
    write(tmp_path, {"填报单位.csv": ENTITIES, "能源消耗.csv": lines(HEADERS, energy())})
    (tmp_path / "能源消耗.csv").chmod(0)
    done = take_in(tmp_path, layout, 2025)
    assert done.counts.row(0)[:3] == ("entities", 1, 1)
    (message,) = done.files.filter(status="unreadable")["message"]
    assert "权限" in message


@pytest.mark.parametrize("below", [True, False], ids=["one below the other", "side by side"])
def test_of_two_tables_in_one_sheet_nothing_is_lost_silently(layout: Layout, tmp_path: Path, below: bool) -> None:
    write(tmp_path, {"填报单位.csv": ENTITIES, "能源消耗.xlsx": two_tables(below)})
    done = take_in(tmp_path, layout, 2025)
    accepted = set(done.accepted["energy"]["province_code"])
    assert "350000" in accepted or not below  # side by side, two columns of one meaning are refused
    assert accepted == {"350000", "360000"} or done.status == 2


def test_a_link_whose_target_is_passed_over_is_told(layout: Layout, tmp_path: Path) -> None:
    """A link inside the folder is left out, for its target is read; a hidden one is not."""
    write(tmp_path, {"填报单位.csv": ENTITIES, ".能源消耗.csv": lines(HEADERS, energy())})
    (tmp_path / "能源消耗.csv").symlink_to(tmp_path / ".能源消耗.csv")
    done = take_in(tmp_path, layout, 2025)
    assert done.accepted["energy"].height == 1 or done.status == 2


def test_a_worksheet_may_stand_anywhere_in_the_archive(layout: Layout, tmp_path: Path) -> None:
    """The relations of a workbook say which part is a worksheet, not the part's place."""
    members = {
        name.replace("worksheets/", "tables/"): honest(content.replace(b"worksheets/sheet1", b"tables/sheet1"))
        for name, content in PARTS.items()
    }
    write(tmp_path, {"填报单位.csv": ENTITIES, "能源消耗.xlsx": archive(members)})
    assert b"tables/" in archive(members)
    assert take_in(tmp_path, layout, 2025).accepted["energy"].height == 1


# --- hostile text ------------------------------------------------------------------------------------------

HOSTILE = [
    "=cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "+1+cmd|' /C calc'!A0", "-2+3", '=HYPERLINK("http://x.example")',
    "\x1b[31m红\x1b[0m", "\x1b]0;title\x07", "\x9b31m", "a\x08b", "\u202e反\u202c", "\u2066x\u2069", "\u200fx",
    "<script>alert(1)</script>", "&lt;b&gt;", "[bold red]x[/bold red]", "[/]", ":bomb:", "{0} {} %s ${x}", "x" * 40_000,
    "一\n二", "一\u2028二", "'; DROP TABLE x; --", "../../etc/passwd", "\ufffe", "😀" * 50,
]  # fmt: skip


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_hostile_text_stays_text(layout: Layout, tmp_path: Path, text: str) -> None:
    """A name is accepted as it is; a quantity is rejected and kept; a header is told."""
    entities = f"单位编码,单位名称,类别,{quoted('备' + text)}\nCT,{quoted(text)},基础电信企业,{quoted(text)}\n"
    write(tmp_path, {"填报单位.csv": entities, "能源消耗.csv": lines(HEADERS, energy(quantity=quoted(text)))})
    write(tmp_path, {"能源消耗2.csv": lines(HEADERS, [*energy("浙江", "1")[:6], quoted(text)])})
    done = take_in(tmp_path, layout, 2025)
    if text.startswith("=") or "\u2028" in text:  # a formula is no name, and this mark would end a header's line
        assert done.accepted["entities"].is_empty()
        assert done.status == 2
        for message in [*done.findings["message"], *done.files["message"].drop_nulls()]:
            one_sentence(message)
        return
    assert done.accepted["entities"]["name_zh"].to_list() == pl.select(clean(pl.lit(text))).to_series().to_list()
    assert done.quarantine["energy"]["quantity"].to_list() == [text, "1"]
    assert done.quarantine["energy"]["unit"].to_list() == ["万kWh", text]
    assert done.findings.filter(severity="error")["found"].to_list() == [text, text]
    for message in done.findings["message"]:
        one_sentence(message)
        assert len(message) < 1000


def test_hostile_text_of_a_workbook_stays_text(layout: Layout, tmp_path: Path) -> None:
    texts = [text for text in HOSTILE if not re.search("[\x00-\x08\x0b-\x1f\ufffe]", text) and len(text) < 32_000]
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "能源消耗"
    for row in [HEADERS, *(energy(quantity=text) for text in texts)]:
        sheet.append(row)
    for cells in sheet.iter_rows():
        for cell in cells:
            cell.data_type = "s"
    book.save(tmp_path / "a.xlsx")
    write(tmp_path, {"填报单位.csv": ENTITIES})
    done = take_in(tmp_path, layout, 2025)
    assert done.quarantine["energy"]["quantity"].to_list() == texts
    assert done.quarantine["energy"]["rules"].to_list() == [["cell.number"]] * len(texts)


def check(folder: Path, *options: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    """The command with a console of that encoding; what cannot be decoded becomes U+FFFD."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("green-report")), "check", str(folder), "--year", "2025", *options],
        env=os.environ | {"GREEN_REPORT_ROOT": str(ROOT), "PYTHONIOENCODING": f"{encoding}:strict", "PYTHONUTF8": "0"},
        capture_output=True, encoding=encoding, errors="replace", timeout=PATIENCE, check=False,
    )  # fmt: skip


def test_a_folder_of_an_undecodable_name_is_no_failure(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(bytes(tmp_path) + b"/\xff\x1b[31m"))
    folder.mkdir()
    write(folder, {"填报单位.csv": ENTITIES})
    run = check(folder)
    assert run.returncode in (0, 2)
    assert run.stderr == ""
    assert harmless(run.stdout)


def test_remarks_on_hostile_text_hold_no_formulas(tmp_path: Path, green_report: Run) -> None:
    folder, remarks = tmp_path / "filings", tmp_path / "remarks"
    folder.mkdir()
    write(folder, {"填报单位.csv": ENTITIES, "坏.xlsx": b"PK\x03\x04", "炸弹.xlsx": flood(255, None)})
    for n, text in enumerate(HOSTILE):
        write(folder, {f"能源消耗{n}.csv": lines(HEADERS, energy(quantity=quoted(text)))})
    run = green_report("check", str(folder), "--year", "2025", "--remarks", str(remarks))
    assert (run.returncode, run.stderr) == (2, "")
    written = list(remarks.rglob("*.xlsx"))
    assert written
    for path in written:
        for sheet in openpyxl.load_workbook(path):
            assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b", "d"}


# --- EDITION.yml and corrections.yml -----------------------------------------------------------------------

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{one}: &{one} [{','.join([f'*{before}'] * 10)}]\n" for before, one in zip("abcdefgh", "bcdefghi", strict=True)
)
DEEP = "[" * 3000 + "]" * 3000
UNREADABLE: dict[str, str | bytes] = {
    "a bomb": f"{LAUGHS}kind: *i\n",
    "a bomb in a list": "- " + LAUGHS.replace("\n", "\n  ") + "action: *i\n",
    "a list in itself": "kind: &a [*a]\n",
    "deep": DEEP,
    "deep, in a value": f"kind: {DEEP}\n",
    "no date": "kind: 2026-13-45\n",
    "no integer": "kind: !!int x\n",
    "no timestamp": "kind: !!timestamp x\n",
    "no float": "kind: !!float x\n",
    "no hexadecimal": "kind: 0x_\n",
    "a huge integer": f"kind: {'9' * 5000}\n",
    "an object of Python": "kind: !!python/object/apply:os.system [true]\n",
    "escapes": 'kind: "\\e[31mred\\u202e"\n',
    "a NUL": "kind: a\0b\n",
    "another encoding": b"kind: \xff\n",
    "UTF-16": "kind: final\n".encode("utf-16"),
    "two documents": "kind: final\n---\nkind: final\n",
    "an unknown anchor": "kind: *b\n",
    "a merge of nothing": "<<: [1]\nkind: final\n",
    "a truth": "kind: yes\n",
    "a list": "- kind: final\n",
    "a text": "早晚\n",
}
ODD_PLACES: dict[str, Callable[[Path], None]] = {
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "endless": lambda path: path.symlink_to("/dev/zero"),
    "a link to nothing": lambda path: path.symlink_to("nothing.yml"),
    "a link to itself": lambda path: path.symlink_to(path.name),
}


def refused(answer: dict[str, Any], name: str) -> str:
    assert "refused" in answer, answer
    sentence = str(answer["refused"])
    one_sentence(sentence)
    assert name in sentence
    assert sentence.endswith("。")
    assert len(sentence) < 500
    assert answer["peak_mib"] < PEAK_MIB
    return sentence


@pytest.mark.parametrize("name", ["EDITION.yml", "corrections.yml"])
@pytest.mark.parametrize("what", UNREADABLE)
def test_what_is_no_yaml_of_ours_is_one_sentence(worker: Worker, tmp_path: Path, name: str, what: str) -> None:
    write(tmp_path, {"填报单位.csv": ENTITIES, name: UNREADABLE[what]})
    refused(worker.ask(tmp_path), name)


@pytest.mark.parametrize("name", ["EDITION.yml", "corrections.yml"])
@pytest.mark.parametrize("what", ODD_PLACES)
def test_what_is_no_file_of_ours_is_one_sentence(worker: Worker, tmp_path: Path, name: str, what: str) -> None:
    write(tmp_path, {"填报单位.csv": ENTITIES})
    ODD_PLACES[what](tmp_path / name)
    refused(worker.ask(tmp_path), name)


@pytest.mark.parametrize("name", ["EDITION.yml", "corrections.yml"])
def test_the_command_refuses_with_status_2(tmp_path: Path, green_report: Run, name: str) -> None:
    write(tmp_path, {"填报单位.csv": ENTITIES, name: DEEP})
    run = green_report("check", str(tmp_path))
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("错误：")
    assert len(run.stderr.splitlines()) == 1


KEY = "{年份: 2025, 填报单位: CT, 省份: 广东, 设施类型: 数据中心, 能源品种: 电力}"
ENTRY = {
    "table": "能源消耗", "key": KEY, "column": "消耗量", "action": "set", "value": "2", "expect": "'1.2'", "reason": "核实",
    "who": "张三", "date": "2026-03-01",
}  # fmt: skip
WRONG_ENTRIES: dict[str, dict[str, str]] = {
    "a huge value": {"value": "1" + "0" * 400},
    "an infinite value": {"value": ".inf"},
    "a value that is none": {"value": ".nan"},
    "a huge factor": {"action": "scale", "value": "1" + "0" * 400},
    "a value that is a list": {"value": "[1]"},
    "an action with escapes": {"action": '"\\e[31m"'},
    "an action that is a list": {"action": "[set]"},
    "a date with escapes": {"date": '"\\e[31m\\u202e"'},
    "a table with escapes": {"table": '"\\e[31m"'},
    "a key with escapes": {"key": '{年份: "\\e[31m", 填报单位: CT, 省份: 广东, 设施类型: 数据中心, 能源品种: 电力}'},
    "a value with escapes": {"value": '"\\e[31m"'},
    "a year with a fraction": {"column": "年份", "value": "2024.5", "expect": "2025"},
    "a year that no integer holds": {"column": "年份", "value": str(2**70), "expect": "2025"},
    "an expectation that anything meets": {"expect": ".inf"},
    "an expectation that nothing is": {"expect": ".nan"},
    "a key that is a list": {"key": "[1]"},
    "one column twice in the key": {"key": KEY.replace("年份: 2025", "年份: 2025, year: 2024")},
}


LAUGHING = "[" + ", ".join(line.split(": ", 1)[1] for line in LAUGHS.splitlines()) + "]"


def entry(**changes: str) -> str:
    return "- " + "\n  ".join(f"{name}: {value}" for name, value in (ENTRY | changes).items()) + "\n"


@pytest.mark.parametrize("field", ENTRY)
def test_a_correction_with_a_bomb_is_one_sentence(worker: Worker, tmp_path: Path, field: str) -> None:
    """Ten lines that are a thousand million words when written out."""
    write(tmp_path, {"填报单位.csv": ENTITIES, "能源消耗.csv": lines(HEADERS, energy())})
    write(tmp_path, {"corrections.yml": entry(**{field: LAUGHING})})
    assert "第 1 条" in refused(worker.ask(tmp_path), "corrections.yml")


@pytest.mark.parametrize("what", WRONG_ENTRIES)
def test_a_wrong_correction_is_one_sentence(worker: Worker, tmp_path: Path, what: str) -> None:
    write(tmp_path, {"填报单位.csv": ENTITIES, "能源消耗.csv": lines(HEADERS, energy())})
    write(tmp_path, {"corrections.yml": entry(**WRONG_ENTRIES[what])})
    assert "第 1 条" in refused(worker.ask(tmp_path), "corrections.yml")


def test_a_correction_ends_in_a_value_that_can_be_kept(layout: Layout, tmp_path: Path) -> None:
    """Scaling beyond what a number holds does not make an accepted row."""
    write(tmp_path, {"填报单位.csv": ENTITIES, "能源消耗.csv": lines(HEADERS, energy())})
    write(tmp_path, {"corrections.yml": entry(action="scale", value="1.0e+308")})
    try:
        done = take_in(tmp_path, layout, 2025)
    except DataError as error:
        one_sentence(error.message)
    else:
        assert done.accepted["energy"].is_empty()
        assert done.status == 2


def test_one_cell_is_corrected_once(layout: Layout, tmp_path: Path) -> None:
    """An entry that was copied by mistake would scale twice."""
    write(tmp_path, {"填报单位.csv": ENTITIES, "能源消耗.csv": lines(HEADERS, energy())})
    write(tmp_path, {"corrections.yml": entry(action="scale", value="0.1") * 2})
    with pytest.raises(DataError, match="第 2 条"):
        take_in(tmp_path, layout, 2025)


def test_a_corrected_carrier_brings_its_unit_along(layout: Layout, tmp_path: Path) -> None:
    """Diesel is kept in kg: 12000 kWh of it are no 12000 kg."""
    write(tmp_path, {"填报单位.csv": ENTITIES, "能源消耗.csv": lines(HEADERS, energy())})
    write(tmp_path, {"corrections.yml": entry(column="能源品种", value="柴油", expect="电力")})
    try:
        done = take_in(tmp_path, layout, 2025)
    except DataError as error:
        one_sentence(error.message)
    else:
        assert done.accepted["energy"].filter(carrier="diesel").is_empty()


def test_a_reason_with_escapes_is_told_harmlessly(layout: Layout, tmp_path: Path) -> None:
    write(tmp_path, {"填报单位.csv": ENTITIES, "能源消耗.csv": lines(HEADERS, energy())})
    write(tmp_path, {"corrections.yml": entry(action="flag", reason='"\\e[31m核\\u202e实"')})
    for message in take_in(tmp_path, layout, 2025).findings["message"]:
        one_sentence(message)


def test_a_full_disk_is_no_fault_of_the_files(tmp_path: Path) -> None:
    """A limit on the size of files is what the system says of a full disk: the copy in UTF-8 has no place."""
    (tmp_path / "2025").mkdir()
    text = lines(HEADERS, *([energy()] * 2000)).encode("gb18030")
    (tmp_path / "2025/能源消耗.csv").write_bytes(text)
    script = (
        "import resource, sys; from pipeline.commands.cli import main; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)); sys.argv = ['green-report', 'check', sys.argv[1]]; main()"
    )
    env = os.environ | {"GREEN_REPORT_ROOT": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, env=env
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == (
        "错误：读取 2025/能源消耗.csv 时文件大小超过限制，已停止，没有保存任何结果；请腾出内存和临时文件夹所在的磁盘空间后重新运行。"
    )


@pytest.mark.parametrize("name", ["能源消耗.csv", "能源消耗.xlsx", "能源消耗.parquet"])
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (MemoryError(), "内存不足"),
        (OSError(errno.EIO, "Input/output error"), "磁盘读写出错"),
        (OSError(errno.ENOSPC, ""), "磁盘已满"),
    ],
)
def test_a_fault_of_the_machine_stops_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, fault: Exception, said: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    (tmp_path / name).write_bytes(b"PK\x03\x04")
    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(UserError) as stopped:
        read_folder(tmp_path, HEADERS)
    assert stopped.value.id == "machine.fault"
    assert f"读取 {name} 时{said}，已停止" in stopped.value.message
