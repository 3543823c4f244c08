"""A report that is built again: the same to the byte, or where it differs and why."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.layout import Layout
from pipeline.publish import statement
from pipeline.verify import rebuild
from pipeline.verify.verify import verify
from tests.conftest import ROOT, Built, Run
from tests.verify.conftest import Copy

RECORD: dict[str, Any] = {
    "inputs": [{"path": "data/raw/public/energy.csv", "sha256": "1" * 64, "lines": 9}],
    "parameters": [{"参数": "g_it", "取值": "0.12", "来源": "defaults.yml"}],
    "code": {"version": "0.1.0", "commit": "a" * 40, "dirty": False},
    "lock": "2" * 64,
    "versions": {"polars": "2.1.0"},
    "fonts": [{"family": "Noto", "sha256": "3" * 64}],
}
PAGE = "<h2>4　绿色数据中心</h2><p>平均 PUE 为 1.28，比上年低 0.01。</p><h2>5　基站</h2><p>41.0%</p>"


def compared(folder: Path, page: str, **other: object) -> str:
    """What is said of a report whose page was PAGE when it is built again with `page` and a record that differs so."""
    for name, text in (("old", PAGE), ("new", page)):
        (folder / name).mkdir()
        (folder / name / "plan.html").write_text(text, "utf-8")
    again = copy.deepcopy(RECORD) | other
    (folder / "provenance.json").write_text(json.dumps(again), "utf-8")
    old, new = ({"plan.html": folder / name / "plan.html"} for name in ("old", "new"))
    [found] = rebuild._compared("广东", old, new, statement.manifest(RECORD), folder / "provenance.json")
    assert found.fault is (page != PAGE)
    return found.said


OTHER = PAGE.replace("1.28", "1.27")
WHERE = "广东：重新生成的 1 个文件中 1 个不同（plan.html），“4　绿色数据中心”中 1.28，重新生成的为 1.27；"


def test_the_same_bytes(tmp_path: Path) -> None:
    assert compared(tmp_path, PAGE) == "广东：重新生成的 1 个文件逐字节相同"


@pytest.mark.parametrize(
    ("other", "cause"),
    [
        ({"parameters": [{"参数": "g_it", "取值": "0.2", "来源": "x"}]}, "原因：参数 g_it 原为 0.12，现为 0.2"),
        ({"inputs": [{"path": "data/raw/public/energy.csv", "sha256": "9" * 64}]}, "原因：输入 data/raw/public/energy.csv 的内容不同"),
        ({"code": {"version": "0.1.0", "commit": "a" * 40, "dirty": True}}, "原因：代码 未提交的改动 原为 没有，现为 有"),
        ({"versions": {"polars": "2.2.0"}}, "原因：软件 polars 原为 2.1.0，现为 2.2.0"),
        ({"fonts": [{"family": "Noto", "sha256": "8" * 64}]}, "原因：字体 Noto 的内容不同"),
        ({}, "两次的清单没有不同：文件在生成以后被改动过"),
    ],
)  # fmt: skip
def test_where_it_differs_and_why(tmp_path: Path, other: dict[str, object], cause: str) -> None:
    assert compared(tmp_path, OTHER, **other) == WHERE + cause


def test_a_page_with_the_same_numbers(tmp_path: Path) -> None:
    assert "，各章的数字都相同；" in compared(tmp_path, PAGE.replace("平均", "均"))


def test_parameters_of_the_command_line_are_given_again() -> None:
    said = {
        "parameters": [
            {"参数": "g_it", "取值": "低 0.1，中 0.2，高 0.3", "来源": "命令行 -p"},
            {"参数": "g_flow", "取值": "−0.05", "来源": "命令行 -p"},
            {"参数": "top_n", "取值": "5", "来源": "defaults.yml 第 3 行"},
        ]
    }
    assert rebuild._overrides(said) == ["-p", "g_it=0.1,0.2,0.3", "-p", "g_flow=-0.05"]


def test_another_folder_of_filings_is_refused(site: Copy, tmp_path: Path) -> None:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    if not commit:
        pytest.skip("这里不是 git 仓库")
    for path in site.root.glob("2025-sample/statement.json"):
        site.write(path.relative_to(site.root).as_posix(), path.read_bytes().replace(b"c" * 40, commit.encode()))
    (tmp_path / "filings").mkdir()
    with pytest.raises(UserError) as caught:
        list(verify(Layout(ROOT), site.root / "2025-sample", None, True, tmp_path / "filings"))
    assert caught.value.id == "rebuild.filings"


# --- a report where build put it -------------------------------------------------------------------------------


def of(folder: Path) -> list[str]:
    return [one.said for one in verify(Layout(ROOT), folder, None, False, None) if one.fault]


@pytest.mark.slow
def test_a_built_report_is_whole_until_somebody_changes_it(built: Built) -> None:
    folder = built.folder("440000-广东")
    assert of(folder) == []
    pdf, other, page = (built.file("440000-广东", "pdf"), built.file("440000-广东", "pdf", annex=True), built.file("440000-广东", "html"))  # fmt: skip
    assert of(pdf) == []
    kept = {path: path.read_bytes() for path in (pdf, page)}
    try:
        pdf.write_bytes(other.read_bytes()[:-1])
        page.write_bytes(kept[page] + b"\n")
        (folder / "more.pdf").write_bytes(b"")
        said = of(folder)
        assert f"{page.name} 被改动过：内容与生成时的记录不符" in said
        assert any(one.startswith(pdf.name) for one in said)
        assert "多出 more.pdf：它不是这次生成的" in said
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
        (folder / "more.pdf").unlink()


@pytest.mark.slow
def test_a_report_comes_out_again_from_a_fresh_clone(green_report: Run, tmp_path: Path) -> None:
    status = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True)
    if status.returncode or status.stdout or shutil.which("git") is None:
        pytest.skip("只在没有改动的 git 仓库里")
    arguments = ("--filings", "none", "--region", "西藏", "--to", "html,pdf", "-p", "top_n=5")
    run = green_report("build", *arguments, "--out", str(tmp_path / "reports"))
    assert run.returncode == 0, run.stderr
    folder = Path(run.stdout.splitlines()[0]).parent
    run = green_report("verify", str(folder), "--rebuild")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "重新生成的 4 个文件逐字节相同" in run.stdout
