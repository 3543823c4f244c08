"""Whatever was filed is shown at a terminal as visible characters, in whatever encoding the console has."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import openpyxl
import pytest

from pipeline.filings.intake import Intake, take_in
from pipeline.layout import Layout
from tests.filings.conftest import Call

HOSTILE = "\x1b[31m红\x1b[0m\x9b2J\u202e倒\u2066\u200b[red]不着色[/red]:smile:\x07\r\x7f"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Filings with such texts in the names of folder, files and sheets, in headers, cells and titles."""
    folder = tmp_path_factory.mktemp("filed") / f"填报{HOSTILE}".replace("/", "")
    folder.mkdir()
    (folder / f"能源消耗{HOSTILE}.csv".replace("/", "")).write_text(
        f"年份,填报单位,省份,设施类型,能源品种,消耗量,计量单位,{HOSTILE}列\n".replace("\r", "")
        + f"2024,A{HOSTILE},广东,办公用房,电力,1,度,1\n".replace("\r", "")
        + f"2024,A,广{HOSTILE}东,办公{HOSTILE},电力,{HOSTILE},{HOSTILE},1\n".replace("\r", ""),
        "utf-8",
    )
    (folder / f"坏{HOSTILE}.xlsx".replace("/", "")).write_text("坏", "utf-8")
    book = openpyxl.Workbook()
    book.active.title = "\u202e业务量\u2066（red）"
    book.active.append(["甲\u202e", "乙", "丙"])
    book.active.append([1, 2, 3])
    book.save(folder / "业务.xlsx")
    return folder


@pytest.fixture
def checked(hostile: Path, taken_in: Intake, monkeypatch: pytest.MonkeyPatch) -> str:
    """The folder, which is not read again for each encoding."""
    monkeypatch.setattr("pipeline.filings.intake.take_in", lambda *_: taken_in)
    return str(hostile)


@pytest.fixture(scope="module")
def taken_in(hostile: Path, layout: Layout) -> Intake:
    return take_in(hostile, layout)


def invisible(text: str) -> set[str]:
    return {one for one in text if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp", "Cs")} - {"\n"}


def test_hostile_texts_are_shown_and_not_interpreted(call: Call, hostile: Path) -> None:
    status, said, errors = call("check", str(hostile))
    assert (status, errors) == (2, "")
    assert not invisible(said)
    assert "\\x1b[31m红" in said
    assert "[red]不着色[" in said
    assert ":smile:" in said


def test_hostile_texts_in_json_are_escapes_and_still_the_same(call: Call, hostile: Path) -> None:
    status, said, errors = call("check", str(hostile), "--format", "json")
    assert (status, errors) == (2, "")
    assert not invisible(said)
    told = json.loads(said)
    [message] = [one["message"] for one in told["files"] if one["file"] == "业务.xlsx"]
    assert "业务量" in message
    assert any("\x1b[31m" in name or "\\x1b[31m" in name for name in (one["file"] for one in told["files"]))


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", f"/不在{HOSTILE}"],
        ["check", ".", "--format", HOSTILE],
        ["check", ".", f"--{HOSTILE}"],
        ["template", f"/proc/{HOSTILE}/模板.xlsx"],
        ["template", "/tmp/x.xlsx", "--entity", HOSTILE],
        ["template", "/tmp/x.xlsx", "--region", HOSTILE],
        ["build", "--filings", "none", "--region", HOSTILE],
        ["build", "--filings", f"/不在{HOSTILE}"],
        ["build", "--filings", "none", "-p", f"{HOSTILE}=1"],
        ["indicators", "--filings", f"/不在{HOSTILE}"],
        ["explain", HOSTILE, "--filings", f"/不在{HOSTILE}"],
        [HOSTILE],
    ],
)
def test_hostile_arguments_make_one_visible_sentence(call: Call, arguments: list[str]) -> None:
    status, said, errors = call(*arguments)
    assert (status, said) == (2, "")
    assert not invisible(errors)
    sentences = [line for line in errors.splitlines() if not line.startswith("渲染引擎")]
    assert len(sentences) == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk", "utf-16"])
def test_a_console_of_any_encoding_gets_all_of_it(call: Call, checked: str, encoding: str) -> None:
    (status, said, errors), whole = call("check", checked, encoding=encoding), call("check", checked)[1]
    assert (status, errors) == (2, "")
    sentences = [line for line in whole.splitlines() if "：" in line]  # a table has other lines in ASCII
    assert len(sentences) > 5
    for line in sentences:
        assert line.encode(encoding, "backslashreplace").decode(encoding) in said.splitlines()


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_json_is_the_same_in_any_encoding(call: Call, checked: str, encoding: str) -> None:
    status, said, errors = call("check", checked, "--format", "json", encoding=encoding)
    assert (status, errors) == (2, "")
    assert json.loads(said) == json.loads(call("check", checked, "--format", "json")[1])


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_a_refusal_in_any_encoding_keeps_its_status(call: Call, encoding: str) -> None:
    status, said, errors = call("check", "/不在🌲", encoding=encoding)
    assert (status, said) == (2, "")
    assert "🌲" in errors.encode("ascii", "backslashreplace").decode("unicode_escape") or "\\U0001f332" in errors
