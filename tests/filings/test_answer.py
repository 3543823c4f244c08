"""The same counts and reasons for a machine, at the terminal and in the appendix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.filings import answer
from pipeline.filings.intake import Intake, take_in
from pipeline.layout import Layout
from tests.conftest import Run
from tests.filings.conftest import Call
from tests.filings.test_intake import energy, folder


@pytest.fixture
def filings(tmp_path: Path) -> Path:
    old = energy("2024,,CT,广东,10,kWh")
    new = energy("2024,,CT,广东,11,kWh", "2025,,CT,广东,12，5oo,kWh", "2025,,XX,广西,1,斗", "2024,,TOWER,广西,1,kWh", "2025,,TOWER,广西,1000,kWh")  # fmt: skip
    return folder(tmp_path / "filings", **{"2024__能源消耗": old, "2025__能源消耗": new, "坏.xlsx": b"PK"})


@pytest.fixture
def done(filings: Path, layout: Layout) -> Intake:
    return take_in(filings, layout)


def test_tables(done: Intake) -> None:
    assert answer.by_table(done.counts).rows() == [
        ("填报单位", 2, 2, 0, 0, 0), ("能源消耗", 6, 3, 3, 1, 1), ("合计", 8, 5, 3, 1, 1)
    ]  # fmt: skip
    assert answer.by_rule(done.findings).rows() == [
        ("应更正", "不是数字", "能源消耗", 1), ("应更正", "计量单位不存在", "能源消耗", 1),
        ("请核实", "疑似计量单位差错", "能源消耗", 1), ("请核实", "已被后来的填报更新", "能源消耗", 1),
        ("请核实", "上年报送的省份缺报", "能源消耗", 1),
    ]  # fmt: skip
    assert answer.rejections(done.quarantine).rows() == [
        ("能源消耗", "CT", "已被后来的填报更新", 1), ("能源消耗", "CT", "不是数字", 1), ("能源消耗", "XX", "计量单位不存在", 1)
    ]  # fmt: skip
    assert answer.kept_with_warnings(done.findings, done.quarantine)["rule"].to_list() == [
        "change.unit_slip",
        "province.missing",
    ]
    assert answer.revised(done.revisions).rows() == [
        (
            "能源消耗",
            "2024 年 CT 广东 办公用房 电力 自用",
            "消耗量",
            "10 kWh",
            "11 kWh",
            "2024/能源消耗.csv → 2025/能源消耗.csv",
        )
    ]
    assert answer.corrected(done.corrections).is_empty()
    assert [status for status, _ in answer.not_read(done.files)] == ["unreadable"]
    assert answer.in_short(done) == "填报 filings：读到 8 行，接受 5 行，退回 3 行，1 个文件没有读全。"


def test_check_says_it_at_the_terminal(filings: Path, green_report: Run) -> None:
    run = green_report("check", str(filings))
    assert (run.returncode, run.stderr) == (2, "")
    for text in (
        "坏.xlsx：文件已损坏",
        "12，5oo 不是数字；应为非负数，如 12500",
        "后来的填报更新了 1 个数值",
        answer.VERDICTS[2],
    ):
        assert text in run.stdout


def test_check_says_it_to_a_machine(filings: Path, call: Call) -> None:
    run = call("check", str(filings), "--format", "json")
    assert run[0] == 2
    said = json.loads(run[1])
    assert list(said) == ["tables", "files", "findings", "not_listed"]
    assert said["not_listed"] == []
    energy_counts = next(line for line in said["tables"] if line["table"] == "energy")
    assert energy_counts == {"table": "energy", "read": 6, "accepted": 3, "rejected": 3, "warned": 1}
    assert set(said["files"][0]) == {"file", "status", "message"}
    assert list(said["findings"][0]) == ["file", "sheet", "row", "column", "rule", "severity", "message"]


def test_check_ends_with_what_was_found(tmp_path: Path, call: Call) -> None:
    clean = folder(tmp_path / "clean", 能源消耗=energy("2025,,CT,广东,1,kWh"))
    assert call("check", str(clean))[0] == 0
    slip = folder(tmp_path / "slip", 能源消耗=energy("2024,,CT,广东,1,kWh", "2025,,CT,广东,1000,kWh"))
    assert call("check", str(slip))[0] == 1


def test_findings_that_are_alike_are_told_once(tmp_path: Path, call: Call) -> None:
    many = folder(tmp_path / "many", 能源消耗=energy(*(f"2025,{n % 12 + 1},CT,广东,x{n},kWh" for n in range(60))))
    said = call("check", str(many))[1]
    assert "能源消耗.csv 第 2 行「消耗量」：x0 不是数字；应为非负数，如 12500（同类共 60 处）" in said
    assert "x1" not in said


def test_too_many_kinds_are_counted_by_rule(tmp_path: Path, call: Call) -> None:
    files = {f"能源消耗{n}": energy("2025,,CT,广东,x,kWh") for n in range(45)}
    said = call("check", str(folder(tmp_path / "many", **files)))[1]
    assert "还有 5 类没有列出" in said
    assert said.count("x 不是数字") == 40


def test_many_files_that_cannot_be_read_are_counted(tmp_path: Path, call: Call) -> None:
    said = call("check", str(folder(tmp_path / "many", **{f"{n:02}.xlsx": b"PK" for n in range(43)})))[1]
    assert said.count(".xlsx：") == 40
    assert "还有 3 个没有读全的文件没有列出" in said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["/nowhere/at-all"], "没有填报文件夹"),
        ([], "缺少填报文件所在的文件夹"),
        (["data/raw", "--format", "xml"], "可用：table、json"),
        (["data/raw", "--year", "今年"], "整数"),
    ],
)
def test_a_wrong_call_is_one_sentence(call: Call, arguments: list[str], expected: str) -> None:
    run = call("check", *arguments)
    assert run[:2] == (2, "")
    assert expected in run[2]
    assert len(run[2].strip().splitlines()) == 1


def test_strict_builds_nothing_where_a_row_was_rejected(filings: Path, tmp_path: Path, call: Call) -> None:
    run = call("build", "--filings", str(filings), "--strict", "--out", str(tmp_path / "out"))
    assert run[0] == 2
    assert "退回 3 行" in run[2]
    assert not list((tmp_path / "out").rglob("*.html"))


def test_a_folder_without_a_row_is_not_called_right(layout: Layout, tmp_path: Path) -> None:
    done = take_in(folder(tmp_path, 填报单位="单位编码,单位名称,类别\n", 能源消耗=energy()), layout)
    assert done.status == 1
    assert answer.verdict(done).startswith("没有读到任何数据行；应在表头之下逐行填写")
    assert "没有问题" not in answer.verdict(done)
    broken = take_in(folder(tmp_path / "broken", 填报单位="乱", 能源消耗=b"\xff\xff"), layout)
    assert broken.status == 2
    assert answer.verdict(broken) == answer.verdict(done) + answer.VERDICTS[2]
