"""A small built edition as `build` leaves it: the real assembling and rendering, made-up chapters in place of notebooks."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import altair as alt
import nbformat
import polars as pl
import pytest

from pipeline.build.plan import file_name
from pipeline.disclosure import record
from pipeline.disclosure.pattern import PATTERN
from pipeline.given.regions import resolve
from pipeline.layout import Layout
from pipeline.publish.taken import Wanted
from pipeline.reports.assemble import Front, assemble, page_parts
from pipeline.reports.blocks import MIME, Card, Cards, Figure, Table
from pipeline.reports.render.embedded import Embedded
from tests.conftest import ROOT

TITLE = "信息通信行业绿色低碳发展年度报告"
HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<style>*{display:none}</style>",
    "javascript:alert(1)",
    '=HYPERLINK("http://x","y")',
    "../../../etc/passwd",
    '\' style="color:red" onclick="alert(1)',
    "<iframe src=//evil.example></iframe>",
)


@dataclass
class House:
    """A checkout with built reports; see `make`."""

    root: Path
    texts: Sequence[str] = ("平凡",)
    sample: bool = True
    figures: Sequence[str] = ("f-sharing-provinces",)
    made: list[tuple[str, str]] = field(default_factory=list)

    @property
    def layout(self) -> Layout:
        return Layout(self.root)

    def wanted(self, **other: object) -> Wanted:
        given = {"region": "全国,广东", "to": "html", "out": self.root / "site"} | other
        return Wanted(**given)  # type: ignore[arg-type]

    def folder(self, region: str, scenario: str = "plan", year: int = 2025) -> Path:
        slug = resolve(region, self.layout).slug
        return self.root / "reports" / f"{year}-sample" / "public" / slug / scenario

    def pass_audit(self, year: int = 2025, verdict: object = True) -> None:
        path = self.root / "data" / "processed" / f"{year}-sample" / "public" / "audit.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        tables = {
            one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in path.parent.glob("indicators*.parquet")
        }
        if not (hidden := path.parent.parent / "disclosure.parquet").is_file():
            pl.DataFrame(schema=PATTERN).write_parquet(hidden)
        nothing = record.digest(record.read(self.layout, "sample"))
        path.write_text(json.dumps({"passed": verdict, "tables": tables, "record": nothing}), "utf-8")

    def make(
        self,
        region: str,
        scenario: str = "plan",
        year: int = 2025,
        formats: Sequence[str] = ("html",),
        value: float = 80.1,
    ) -> None:
        """Build a report: two chapters and an appendix, whose texts are this house's."""
        where = resolve(region, self.layout)
        folder = self.folder(region, scenario, year)
        stage = self.root / "stage"
        shutil.copytree(self.root / "reports" / "theme", stage / "theme")
        shutil.copy(self.root / "reports" / "_quarto.yml", stage)
        tables = self.root / "data" / "processed" / f"{year}-sample" / "public" / where.slug / scenario / "tables"
        front = Front(TITLE, where.name_zh, f"{year} 年度 · 预审稿", self.texts[0], (year + 1, 5, 6), "示例数据")
        chapters = [
            _notebook(
                folder,
                tables,
                "03_sharing.ipynb",
                "# 共享\n\n## 共享率",
                self._cards(),
                *self._shares(where.short_zh, value),
            ),
            _notebook(folder, tables, "90_appendix.ipynb", "# 方法与口径", *self._method(), "# 修订", self._revision()),
        ]
        page_parts(stage / "theme", self.root / "charts", stage / "theme")
        parts = ("main", "annex")
        pages = {part: file_name(year, where, scenario, "html", part=part) for part in parts}
        assemble(
            chapters, front, stage, "report", self.root / "charts", word="docx" in formats, parts=parts, pages=pages
        )
        Embedded().render(stage, ["report", "report-annex"], formats)
        for part, stem in zip(parts, ("report", "report-annex"), strict=True):
            for format in formats:
                (stage / "out" / f"{stem}.{format}").rename(
                    folder / file_name(year, where, scenario, format, part=part)
                )
        shutil.rmtree(stage)
        record = {
            "report": {
                "year": year, "region": where.code, "scenario": scenario, "edition": f"{year}-sample",
                "audience": "public", "date": f"{year + 1}-05-06", "publisher": self.texts[0], "kind": "final",
                "sample": self.sample,
            },
            "inputs": [
                {"path": "data/raw/public/energy.csv", "sha256": "0" * 64, "lines": 3},
                {"path": "sample/某企业.xlsx", "sha256": "1" * 64, "lines": 5},
            ],
            "parameters": [], "code": {}, "versions": {}, "fonts": [],
        }  # fmt: skip
        (folder / "provenance.json").write_text(json.dumps(record, ensure_ascii=False), "utf-8")
        self.made.append((region, scenario))

    def _cards(self) -> Cards:
        text = self.texts[-1]
        cards = [
            Card(
                "共享率",
                "不低于80%",
                "84.5%",
                "已达标",
                "●",
                "good",
                text,
                "#f-sharing-provinces",
                path=((2020, 1.0), (2025, 2.0)),
            ),
            Card(text, "1.3以下", "1.31", "未达标", "×", "bad"),
        ]
        return Cards("cards", cards)

    def _shares(self, own: str, value: float) -> list[Figure | Table]:
        provinces = pl.DataFrame({"省份": ["广东", "陕西", "云南"], "新建5G基站站址共享率（%）": [value, 70.0, None]})
        yearly = pl.DataFrame({"年份": [2020, 2025], own: [1.5, 2.0], "比上年": ["—", "+3"], "比上年 ": ["—", "x"]})
        listed = pl.DataFrame({"单位": list(self.texts), "接入": [True] * len(self.texts)})
        chart = alt.Chart(provinces).mark_bar().encode(x="省份:N", y=alt.Y("新建5G基站站址共享率（%）:Q"))
        drawn = [
            Figure(id, f"广东最高{self.texts[0]}", chart, provinces, "条形图：说明。", "企业填报，本报告计算")
            for id in self.figures
        ]
        return [
            *drawn,
            Table("t-yearly", "逐年", yearly, "企业填报"),
            Table("t-names", f"名称 {self.texts[0]}", listed, f"来源 {self.texts[-1]}", f"方法 {self.texts[0]}"),
        ]

    def _method(self) -> list[Table]:
        return [
            Table(
                "t-method-sharing", "共享：1 项指标", pl.DataFrame({"指标": ["共享率"], "口径": list(self.texts[:1])})
            )
        ]

    def _revision(self) -> Table:
        return Table("t-revision-text", "订正", pl.DataFrame({"原文": [self.texts[-1]], "理由": ["错字"]}))


def _notebook(folder: Path, tables: Path, name: str, *parts: str | Figure | Table | Cards) -> Path:
    cells = []
    tables.mkdir(parents=True, exist_ok=True)
    for part in parts:
        if isinstance(part, str):
            cells.append(nbformat.v4.new_markdown_cell(part))
            continue
        output = nbformat.v4.new_output("display_data", data={MIME: json.loads(json.dumps(part.payload()))})
        cells.append(nbformat.v4.new_code_cell("chapter.show(...)", outputs=[output]))
        if not isinstance(part, Cards):
            part.data.write_parquet(tables / f"{part.id}.parquet")
    path = folder / "notebooks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def bare(root: Path, texts: Sequence[str] = ("平凡",)) -> House:
    """A checkout without reports."""
    shutil.copytree(ROOT / "data" / "raw" / "reference", root / "data" / "raw" / "reference")
    shutil.copytree(ROOT / "notebooks" / "params", root / "notebooks" / "params")
    shutil.copytree(ROOT / "reports" / "theme", root / "reports" / "theme")
    shutil.copy(ROOT / "reports" / "_quarto.yml", root / "reports")
    return House(root, texts)


@pytest.fixture(scope="session")
def first_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Built: the nation and 广东 in 2025. Not to be changed."""
    house = bare(tmp_path_factory.mktemp("first") / "house")
    house.make("全国")
    house.make("广东")
    house.pass_audit()
    return house


@pytest.fixture
def house(first_house: House, tmp_path: Path) -> House:
    """A copy of it, free to be changed."""
    shutil.copytree(first_house.root, tmp_path / "house")
    return House(tmp_path / "house")
