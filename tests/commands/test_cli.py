"""The command line as a user meets it: every mistake is one clear Chinese sentence and exit status 2."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.conftest import Run


def refused(run: object, *expected: str) -> str:
    """Assert that `run` ended with status 2 and one Chinese sentence that holds each of `expected`."""
    assert run.returncode == 2, run.stderr  # type: ignore[attr-defined]
    said = run.stderr.strip()  # type: ignore[attr-defined]
    assert not run.stdout  # type: ignore[attr-defined]
    assert "Traceback" not in said
    lines = [line for line in said.splitlines() if not line.startswith("渲染引擎：")]
    assert len(lines) == 1, said
    assert re.search(r"[\u4e00-\u9fff]", lines[0])
    for text in expected:
        assert text in lines[0]
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--region", "火星"], ["火星", "全国"]),
        (["--region", "台湾"], ["台湾", "31"]),
        (["--region", "广东,火星"], ["火星"]),
        (["-p", "grwoth=1"], ["grwoth"]),
        (["-p", "top_n=1000"], ["top_n", "31"]),
        (["-p", "top_n"], ["top_n", "="]),
        (["--scenario", "optimistic"], ["optimistic", "baseline", "plan", "accelerated"]),
        (["--to", "html,epub"], ["epub", "docx"]),
        (["--to", ","], ["--to"]),
        (["--engine", "latex"], ["latex", "embedded"]),
        (["--engine", "quarto"], ["quarto", "embedded"]),
        (["--audience", "secret"], ["secret", "public"]),
        (["--audience", "internal,public"], ["internal,public", "一次"]),
        (["--year", "1999"], ["1999", "2025"]),
        (["--out", ""], ["--out"]),
        (["--year", "2019"], ["2019", "2020"]),
        (["--filings", "/nowhere/at-all"], ["/nowhere/at-all", "none"]),
        (["--filings", ""], ["--filings 是空的"]),
        (["-p", "publisher=甲\udcff"], ["publisher=甲", "不是 UTF-8 的字节"]),
    ],
)
def test_wrong_option_is_one_sentence(green_report: Run, arguments: list[str], expected: list[str]) -> None:
    refused(green_report("build", "--filings", "none", *arguments), *expected)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["build", "--regoin", "广东"], ["--regoin", "--region"]),
        (["build", "--year", "去年"], ["--year", "整数"]),
        (["build", "--to"], ["--to", "缺少取值"]),
        (["build", "广东"], ["广东", "--"]),
        (["build", "--workers", "0"], ["--workers", "1"]),
        (["params", "--region", "all"], ["all", "只能填写一个"]),
        (["params", "--region", "广东，浙江"], ["广东，浙江", "只能填写一个"]),
        (["bulid"], ["bulid", "build"]),
    ],
)
def test_wrong_call_is_one_sentence_without_english(
    green_report: Run, arguments: list[str], expected: list[str]
) -> None:
    said = refused(green_report(*arguments), *expected)
    assert not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", said.replace("green-report", "").replace("build --help", ""))


def test_no_command_shows_the_help(green_report: Run) -> None:
    run = green_report()
    assert run.returncode == 0
    assert "build" in run.stdout


def test_broken_yaml_names_file_and_line(green_report: Run, house: Path) -> None:
    (house / "notebooks" / "params" / "defaults.yml").write_text("top_n: 5\n  broken: [1\n", "utf-8")
    refused(green_report("build", "--filings", "none", root=house), "defaults.yml", "行")


def test_broken_plan_names_file_and_line(green_report: Run, house: Path) -> None:
    plan = house / "data" / "raw" / "reference" / "plans" / "2022-2025.yml"
    plan.write_text(plan.read_text("utf-8") + "\n oops: [\n", "utf-8")
    refused(green_report("build", "--filings", "none", root=house), "2022-2025.yml", "行")


def test_declared_date_that_is_no_date(green_report: Run, house: Path) -> None:
    (house / "data" / "raw" / "public" / "EDITION.yml").write_text("collected_on: 昨天\n", "utf-8")
    refused(green_report("build", "--filings", "none", root=house), "EDITION.yml", "collected_on")


@pytest.mark.parametrize("folder", ["data", "data/raw/public", "data/raw/reference"])
def test_missing_data_folder_says_what_to_do(green_report: Run, house: Path, folder: str) -> None:
    shutil.rmtree(house / folder)
    refused(green_report("build", "--filings", "none", root=house), "data", "raw")


def test_missing_notebooks_are_told(green_report: Run, house: Path) -> None:
    for notebook in (house / "notebooks").glob("*.ipynb"):
        notebook.unlink()
    refused(green_report("build", "--filings", "none", root=house), "notebooks")


def test_output_folder_that_cannot_be_made(green_report: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(green_report("build", "--filings", "none", "--out", str(tmp_path / "file" / "reports")), "file", "--out")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_output_folder(green_report: Run, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        refused(green_report("build", "--filings", "none", "--out", str(tmp_path)), "不能写入", "--out")
    finally:
        tmp_path.chmod(0o700)


def test_nothing_is_started_when_the_output_cannot_be_written(green_report: Run, house: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = green_report("build", "--filings", "none", "--out", str(tmp_path / "file"), root=house)
    assert "运行" not in run.stderr
    assert not (house / "data" / "processed").exists()


def test_params_lists_value_and_origin(green_report: Run) -> None:
    run = green_report(
        "params", "--region", "广东", "--scenario", "accelerated", "-p", "top_n=7", "-p", "pue_retrofit=1.9"
    )
    assert run.returncode == 0, run.stderr
    told = re.sub(r"\s", "", run.stdout)
    assert (
        "提示：命令行-p：广东·accelerated的pue_retrofit（改造后数据中心PUE）取1.90，高于现有数据中心的平均PUE" in told
    )
    line = next(line for line in run.stdout.splitlines() if "top_n" in line)
    assert " 7 " in line
    assert "命令行" in line
    refused(green_report("params", "--region", "火星"), "火星")


def test_doctor_is_content_with_the_test_environment(green_report: Run) -> None:
    run = green_report("doctor")
    assert run.returncode == 0, run.stdout
    for what in ("Python", "polars", "Quarto", "字体", "Jupyter", "公开统计"):
        assert what in run.stdout
    assert "重新 make setup" not in run.stdout  # there is nothing to do about what is well


def test_doctor_says_what_to_do_about_missing_data(green_report: Run, house: Path) -> None:
    shutil.rmtree(house / "data" / "raw" / "public")
    run = green_report("doctor", root=house)
    assert run.returncode == 1
    assert "✗" in run.stdout
    assert "Traceback" not in run.stderr


def test_a_failing_chapter_names_the_report_and_keeps_the_notebook(green_report: Run, house: Path) -> None:
    notebook = house / "notebooks" / "02_industry.ipynb"
    text = notebook.read_text("utf-8")
    notebook.write_text(text.replace('"import polars as pl\\n"', '"import polars as pl\\n", "1 / 0\\n"', 1), "utf-8")
    assert notebook.read_text("utf-8") != text
    for other in (house / "notebooks").glob("*.ipynb"):
        if other != notebook:
            other.unlink()
    run = green_report("build", "--filings", "none", "--region", "广东", "--out", str(house / "out"), root=house)
    assert run.returncode == 1
    assert "广东" in run.stderr
    assert "ZeroDivisionError" in run.stderr
    assert "Traceback" not in run.stderr
    kept = house / "data" / "processed" / "2025-none" / "internal" / "440000-广东" / "plan" / "failed"
    assert "ZeroDivisionError" in (kept / "02_industry.ipynb").read_text("utf-8")
    assert not list((house / "out").rglob("*.html"))


def test_a_chapter_that_cannot_be_assembled_fails_alone(green_report: Run, house: Path) -> None:
    """A reference to nothing, in 广东's report only: told in a sentence, and the other report is made."""
    for notebook in (house / "notebooks").glob("*.ipynb"):
        notebook.unlink()
    cells = [
        nbformat.v4.new_markdown_cell("# 章"),
        nbformat.v4.new_code_cell(
            "year = 2025\nregion = '全国'\nscenario = 'plan'\nfilings = 'none'\naudience = 'internal'\n"
            "overrides = []\ncontext = ''",
            metadata={"tags": ["parameters"]},
        ),
        nbformat.v4.new_code_cell(
            "from pipeline.chapters.chapter import open_chapter\n"
            "chapter = open_chapter(context=context)\n"
            "chapter.say('见[](#f-nowhere)。' if region == '广东' else '正文。')"
        ),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), house / "notebooks" / "02_x.ipynb")
    out = house / "out"
    run = green_report(
        "build", "--filings", "none", "--region", "广东,全国", "--to", "html", "--out", str(out), root=house
    )
    assert run.returncode == 1
    assert "f-nowhere" in run.stderr
    assert "Traceback" not in run.stderr
    assert {path.name for path in out.rglob("*.html")} == {
        "绿色发展报告-2025-全国-plan.html", "绿色发展报告-2025-全国-plan-附册.html"
    }  # fmt: skip


@pytest.mark.parametrize("seconds", ["99999999999999999", "today"])
def test_a_date_that_is_none(green_report: Run, seconds: str) -> None:
    run = green_report("build", "--filings", "none", "--dry-run", SOURCE_DATE_EPOCH=seconds)
    refused(run, f"SOURCE_DATE_EPOCH 是 {seconds}", "1767225600")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_streams_that_are_full_or_closed() -> None:
    def said(redirected: str) -> tuple[int, str, str]:
        command = f'"{Path(sys.executable).with_name("green-report")}" --help {redirected}'
        run = subprocess.run(["sh", "-c", command], capture_output=True, text=True, encoding="utf-8")
        return run.returncode, run.stdout, run.stderr

    assert said(">/dev/full") == (2, "", "错误：没有完成：磁盘已满；请排除后重新运行，已完成的会沿用\n")
    status, out, errors = said("2>&-")
    assert (status, errors) == (0, "")
    assert "green-report" in out
    assert said(">&-") == (0, "", "")


def test_an_interruption_of_the_start_is_quiet(green_report: Run, tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt", "utf-8")  # as Ctrl-C while it is loaded
    run = green_report("build", PYTHONPATH=str(tmp_path))
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "已中断。\n")
