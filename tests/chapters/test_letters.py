"""The letter to an enterprise: from the grade to the filed row."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from pypdf import PdfReader

from pipeline.chapters import letters
from pipeline.chapters.evaluation import Graded
from pipeline.layout import Layout
from tests.chapters.test_evaluation import graded, loaded  # noqa: F401  (fixtures)

SIGNED = {"publisher": "某局", "year": 2025, "date": "2026 年 3 月 1 日", "sample": ""}
BEHIND = {"source_file": "2025/报送.xlsx", "source_sheet": "数据中心", "table": "data_centres", "year": 2025}
EVIDENCE = pl.DataFrame(
    [
        {"entity_id": "M", "of": "dc.pue.all", **BEHIND, "n": 2, "first": 5, "last": 9},
        {"entity_id": "G", "of": "dc.pue.all", **BEHIND, "n": 1, "first": 3, "last": 3},
    ]
)


def test_what_a_letter_says(graded: Graded) -> None:  # noqa: F811
    row = next(one for one in graded.rows if one["entity_id"] == "M")
    said = letters.content(graded, row, EVIDENCE, **SIGNED)
    assert (said["enterprise"], said["why"], said["points"], said["rank"]) == ("企业M", "pending", "55.0", "2/2")
    assert said["grade"].startswith("待定（")
    assert [(one["title"], one["value"], one["points"], one["counted"]) for one in said["criteria"]] == [
        ("PUE", "1.30", "60.0", "30.0"), ("绿电", "30.0%", "50.0", "15.0"), ("资金", "进行中", "50.0", "10.0"),
    ]  # fmt: skip
    pue, _, fund = said["evidence"]
    assert pue["rows"] == [
        {
            "file": "2025/报送.xlsx",
            "sheet": "数据中心",
            "table": "数据中心",
            "year": 2025,
            "n": 2,
            "first": 5,
            "last": 9,
        }
    ]  # and no row of G
    assert (fund["rows"], fund["asked"]) == ([], "行动 13：专项资金")


def test_a_letter_is_a_pdf_with_grade_rows_and_how_to_object(graded: Graded, layout: Layout, tmp_path: Path) -> None:  # noqa: F811
    target = tmp_path / "letters" / "函.pdf"
    letters.write(layout, letters.content(graded, graded.rows[0], EVIDENCE, **SIGNED), target)
    text = "".join(page.extract_text() for page in PdfReader(target).pages).replace(" ", "").replace("\n", "")
    for part in (
        "企业绿色信用评价结果告知函",
        "企业G（单位编码G",
        "2025/报送.xlsx「数据中心」第3行",
        "可以提出",
        "某局",
    ):
        assert part in text, part
