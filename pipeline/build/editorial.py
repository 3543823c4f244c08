"""What the publisher adds to a report in words of its own: `reports/editorial/<edition>/<language>/*.md`.

The imprint, which is made of the parameters where there is no file, and the foreword stand before the first chapter, `04-before`
after the heading of chapter 4 and `04-after` at its end; `highlights` stand before the computed ones, and the heading of the
first level with which they may begin takes the place of theirs. They are texts as the chapters' are (`reports.text`), and may cite the report's values: `{{ value("dc.pue.new_large") |
n(2) }}`. Files that are not there leave no trace. `reports/editorial/reference.docx` gives Word its styles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import nbformat
import polars as pl

from pipeline.build import edition
from pipeline.build.plan import Job
from pipeline.errors import DataError
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.view import told
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports.text import Text
from pipeline.wording import join_names

IMPRINT, FOREWORD, HIGHLIGHTS = OPENING = ("imprint", "foreword", "highlights")
_NAME = re.compile(rf"(?:{'|'.join(OPENING)}|\d\d-(?:before|after))\.md")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)
_TYPED = re.compile(r"(?<![\w.])[+−-]?\d[\d,]*(?:\.\d+)?(?: ?%|(?![\w.]))")
_HARMLESS = re.compile(
    r"^\s*\d+[.)] |(?:19|20)\d\d|\d{1,2} ?月(?: ?\d{1,2} ?日)?|第 ?\d+|https?://\S+|20\d\d-\d\d-\d\d", re.M
)
"""Numbers that are no values: those of lists, years, dates, ordinals, addresses."""


def folder(layout: Layout, job: Job) -> Path:
    return layout.reports / "editorial" / job.edition / job.language


class Editorial:
    """The texts of one report."""

    def __init__(self, layout: Layout, job: Job) -> None:
        self.layout, self.job, self.folder = layout, job, folder(layout, job)
        for path in sorted(self.folder.glob("*.md")):
            if not _NAME.fullmatch(path.name):
                right = join_names([f"{name}.md" for name in OPENING])
                raise DataError(
                    "editorial.name", f"{path}：文件名不对；应为 {right}，或章号加 -before、-after，如 04-before.md"
                )

    def opening(self) -> nbformat.NotebookNode:
        """What stands before the first chapter, as a notebook."""
        imprint = self._parts(IMPRINT) or [self.job.front.imprint()]
        parts = enumerate([*imprint, *self._parts(FOREWORD)])
        cells = [nbformat.v4.new_markdown_cell(part, id=f"c{number}") for number, part in parts]
        opening: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=cells)
        return opening

    def around(self, notebook: nbformat.NotebookNode, number: str) -> None:
        """Put what belongs to the chapter `number`, such as 04, after its heading and at its end."""
        before, after = (self._parts(f"{number}-{where}") for where in ("before", "after"))
        before += self._parts(HIGHLIGHTS) if number == "00" else []
        outputs = [one for cell in notebook.cells if cell.cell_type == "code" for one in cell.outputs]
        texts = [one for one in outputs if "text/markdown" in one.get("data", {}) and len(one["data"]) == 1]
        if before and texts:
            heading, _, rest = texts[0]["data"]["text/markdown"].partition("\n")
            if before[0].startswith("# "):
                heading, _, before[0] = before[0].partition("\n")
            texts[0]["data"]["text/markdown"] = "\n\n".join([heading, *before, rest])
        if after:
            notebook.cells[-1].outputs += [
                nbformat.v4.new_output("display_data", data={"text/markdown": part}) for part in after
            ]

    def _parts(self, name: str) -> list[str]:
        path = self.folder / f"{name}.md"
        if not path.is_file():
            return []
        facts = {
            "now": self.job.year, "own": self.job.region.short_zh, "nation": self.job.region.is_nation,
            "public": self.job.audience == "public",
        }  # fmt: skip
        return [str(part) for part in Text(path, Words(self.job.language), facts, {}, "", self.value).parts()]

    @cached_property
    def _table(self) -> pl.DataFrame:
        table = pl.read_parquet(edition.indicators(self.layout, self.job), glob=False)
        return table.filter(pl.col("entity_id").is_null(), pl.col("dimension").is_null())

    def value(self, id: str, year: int | None = None, region: str | None = None) -> float | None:
        """A value of the report's region and year, or of another year; region: a code, such as 000000 for the nation. None
        where it is missing, WITHHELD where it is not published. Raises ValueError for what is no indicator."""
        load_catalogue(self.layout, plan_id=self.job.plan)[id]
        row = self._table.filter(
            indicator_id=id, year=year or self.job.year, region_code=region or self.job.region.code
        )
        return told(row.row(0, named=True) if row.height else None)


def typed(layout: Layout, job: Job) -> Iterator[str]:
    """A warning for every line with a number typed by hand, which no change of data would change."""
    for path in sorted(folder(layout, job).glob("*.md")):
        plain = _TAG.sub(lambda tag: re.sub(r"[^\n]", " ", tag[0]), path.read_text("utf-8", "replace"))
        for line, text in enumerate(_HARMLESS.sub("", plain).splitlines(), 1):
            if found := _TYPED.search(text):
                yield (
                    f"{path} 第 {line} 行：手写的数字“{found[0].strip()}”不会随数据改变；"
                    '请改为引用，如 {{ value("dc.pue.new_large") | n(2) }}'
                )


def check(jobs: list[Job], layout: Layout) -> list[str]:
    """`typed` of all reports, each once, and that a final edition has no publisher."""
    told = list(dict.fromkeys(warning for job in jobs for warning in typed(layout, job)))
    if any(job.kind == "final" and job.is_unsigned for job in jobs):
        told.append(
            "正式稿还没有编制单位；请在 notebooks/params/defaults.yml 写明 publisher，或加上 -p publisher=单位名称"
        )
    return told
