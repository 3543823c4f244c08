"""`green-report indicators` and `explain`, as a user calls them."""

from __future__ import annotations

import csv
import io
import json

import polars as pl
import pytest

from pipeline.commands.printing import print_csv
from tests.conftest import Run


def test_an_explanation_leads_to_file_sheet_and_row(green_report: Run) -> None:
    run = green_report("explain", "dc.pue.new_large", "--region", "东部", "--format", "json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    first = told["steps"][0]
    assert first["row"]["region_code"] == "east"
    assert first["computed"].endswith(f"= {first['row']['value']:.7f}")
    assert {"source_file", "source_sheet", "source_row"} <= told["rows"][0].keys()
    assert len({(row["source_file"], row["source_sheet"], row["source_row"]) for row in told["rows"]}) == len(told["rows"])  # fmt: skip


def test_values_as_csv_and_a_table(green_report: Run) -> None:
    run = green_report("indicators", "dc.pue.all", "sharing.social", "--by", "province", "--format", "csv")
    assert run.returncode == 0, run.stderr
    rows = list(csv.DictReader(io.StringIO(run.stdout)))
    assert {row["indicator_id"] for row in rows} == {"dc.pue.all", "sharing.social"}
    assert len(rows) == 62
    xizang = next(row for row in rows if row["region_code"] == "540000" and row["indicator_id"] == "dc.pue.all")
    assert (xizang["value"], xizang["flag"]) == ("", "not_filed")


def test_a_published_number_needs_no_filings(green_report: Run) -> None:
    run = green_report("explain", "volume_index", "--format", "json", "--filings", "/nowhere")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["rows"][-1]["数值"].endswith("217.2961")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("explain", "dc.pue.al"), "没有名为 dc.pue.al 的指标；是不是 dc.pue.all"),
        (("explain", "dc.pue.all", "--region", "华东"), "华东"),
        (("explain", "dc.pue.all", "--format", "csv"), "可用：table、json"),
        (("indicators", "--format", "xml"), "可用：table、json、csv"),
        (("explain",), "缺少"),
    ],
)
def test_what_there_is_not_is_one_sentence(green_report: Run, arguments: tuple[str, ...], said: str) -> None:
    run = green_report(*arguments)
    assert run.returncode == 2
    assert said in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_a_cell_without_a_value_is_a_dash(green_report: Run) -> None:
    run = green_report("explain", "cases.count", "--region", "广东")
    assert run.returncode == 0, run.stderr
    assert "None" not in run.stdout
    assert "—" in run.stdout


def test_a_text_in_csv_is_no_formula(capsys: pytest.CaptureFixture[str]) -> None:
    print_csv(pl.DataFrame({"entity_id": ["=1+1", "CT"], "value": [-1.0, 2.0]}))
    assert capsys.readouterr().out.splitlines() == ["entity_id,value", "'=1+1,-1.0", "CT,2.0"]
