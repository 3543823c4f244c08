"""The chapters on filings that are poor in every way that happens: their text stays true, and is never broken.

Each case is a folder of filings made of the sample's rows, read by the intake like any other; the chapters' cells run
here, without charts, and the text that they would hand to the report is looked at.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import polars as pl
import pytest

from pipeline.chapters import chapter as chapters
from pipeline.filings.intake import take_in
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports import text
from pipeline.reports.blocks import MIME, NUMBERED
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

NOTEBOOKS = [
    "01_overview",
    "03_sharing",
    "04_data_centres",
    "05_base_stations",
    "06_rooms",
    "07_energy",
    "08_carbon",
    "09_cases",
    "10_scenarios",
    "12_provinces",
]
BROKEN = re.compile(
    r"\bNone\b|\bnan\b|\binf\b|（）|，，|。。|；；|：；|：。|，。|；。|、、|，；|  ，|\{\w+\}|DataFrame|−−|\+−"
    r"|[\u3400-\u9fff][,;!?](?=[\u3400-\u9fff])|年\d+ 个省份"
)
Tables = dict[str, pl.DataFrame]
PROVINCES_OF_NINE = ["110000", "310000", "320000", "330000", "350000", "370000", "440000", "450000", "510000"]


def of_provinces(codes: list[str]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    def keep(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col("province_code").is_in(codes)) if "province_code" in frame.columns else frame

    return keep


def of_years(*years: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    def keep(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col("year").is_in(years)) if "year" in frame.columns else frame

    return keep


def all_the_same(frame: pl.DataFrame) -> pl.DataFrame:
    """Every number of a column is that of its first row, so that nothing differs and nothing changes."""
    numbers = [name for name, dtype in frame.schema.items() if dtype == pl.Float64]
    return frame.with_columns(pl.col(name).first() for name in numbers)


def _parts(frame: pl.DataFrame) -> dict[str, pl.Expr]:
    """What is filed of a centre's electricity apart does not fit another total."""
    return {name: pl.lit(None, pl.Float64) for name in ("cooling_kwh", "reused_kwh") if name in frame.columns}


def at_the_target(frame: pl.DataFrame) -> pl.DataFrame:
    """Centres at PUE 1.3, rooms at 1.5: the limits themselves."""
    if "it_kwh" not in frame.columns:
        return frame
    ratio = 1.5 if "room_id" in frame.columns else 1.3
    none = {"green_kwh": pl.lit(0.0)} if "green_kwh" in frame.columns else {}
    return frame.with_columns(it_kwh=pl.lit(1e7), total_kwh=pl.lit(ratio * 1e7), **none, **_parts(frame))


HOSTILE = "<b>*甲*</b>$x$[乙](http://x)"


def hostile(frame: pl.DataFrame) -> pl.DataFrame:
    """Every free text says what Markdown and HTML would take for theirs; names still differ."""
    free = {
        "name_zh": "entity_id", "title": "", "organisation": "", "technology": "", "sector": "province_code", "activity_unit": "",
        "summary": "", "evidence": "", "method": "", "name": "dc_id", "hub_cluster": "hub_cluster", "item": "item",
    }  # fmt: skip
    return frame.with_columns(
        pl.when(pl.col(name).is_not_null()).then(pl.concat_str(pl.lit(HOSTILE), pl.col(of) if of else pl.lit(""))).alias(name)
        for name, of in free.items() if name in frame.columns
    )  # fmt: skip


CASES: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "one province": of_provinces(["440000"]),
    "nine provinces": of_provinces(PROVINCES_OF_NINE),
    "no baseline": of_years(2024, 2025),
    "nothing of the year": of_years(2020, 2021),
    "one year": of_years(2025),
    "all the same": all_the_same,
    "at the target": at_the_target,
    "hostile": hostile,
}


@dataclass(frozen=True)
class Said:
    """What a chapter says: its paragraphs, and the titles, notes and alternative texts of its figures and tables."""

    text: str
    titles: list[str]
    notes: list[str]

    @property
    def whole(self) -> str:
        return "\n".join([self.text, *self.titles, *self.notes])


def written(accepted: Tables, folder: Path) -> None:
    """Accepted tables as a filing: a Parquet file each, with the columns that are filed."""
    for name, frame in accepted.items():
        filed = frame.drop(
            "sub_region", "is_control", "source_file", "source_sheet", "source_row", "flags", strict=False
        )
        yearly = [name for name in ("month", "price_base_year") if name in filed.columns]
        filed = filed.with_columns(pl.when(pl.col(name) != 0).then(name).alias(name) for name in yearly)
        for whole, parts in {"commissioned": "commissioned", "published_on": "published"}.items():
            if f"{parts}_month" in filed.columns:  # of equipment the year alone is filed
                year, month = pl.col(f"{parts}_year"), pl.col(f"{parts}_month").fill_null(1).cast(pl.String)
                filed = filed.with_columns(pl.format("{}-{}", year, month.str.zfill(2)).alias(whole))
                filed = filed.drop(f"{parts}_year", f"{parts}_month")
        plain = filed.with_columns(pl.col(one).cast(pl.String) for one, to in filed.schema.items() if to == pl.Enum)
        plain.write_parquet(folder / f"{name}.parquet")


@pytest.fixture(scope="module")
def accepted(layout: Layout) -> Tables:
    taken = take_in(layout.root / "data" / "raw" / "sample", layout, 2025).accepted
    return {name: frame.filter(pl.col("sub_region") == "") if "sub_region" in frame.columns else frame for name, frame in taken.items()}  # fmt: skip


@pytest.fixture(scope="module")
def case(
    request: pytest.FixtureRequest, accepted: Tables, layout: Layout, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    name = str(request.param)
    folder = tmp_path_factory.mktemp("filings") / name.replace(" ", "-")
    folder.mkdir()
    shutil.copy(layout.root / "data" / "raw" / "sample" / "frame.csv", folder)
    written({table: CASES[name](frame) for table, frame in accepted.items()}, folder)
    return name, folder


def said(folder: Path, region: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Said]:
    """All chapters of a report."""
    opened = chapters.open_chapter(year=2025, region=region, filings=str(folder))
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(chapters, "open_chapter", lambda **_: opened)
    monkeypatch.setattr(chapters, "display", lambda data, raw: shown.append(data))
    monkeypatch.setattr(chapters.Chapter, "preview", lambda *_: None)
    monkeypatch.setattr(chapters.figures, "svg", lambda *_: "<svg/>")
    found = {}
    for name in NOTEBOOKS:
        shown.clear()
        names: dict[str, Any] = {}
        cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
        for cell in cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, name, "exec"), names)
        path = ROOT / "notebooks" / "text" / "zh" / f"{name}.md"
        if path.is_file():
            source = "\n".join(cell.source for cell in cells)
            parts = text.told(path, Words("zh"), shown, source)
            shown[:] = [{"text/markdown": one} if isinstance(one, str) else {MIME: one} for one in parts]
        blocks = [one[MIME] for one in shown if MIME in one]
        cards = [card for one in blocks for card in (*one.get("cards", ()), *one.get("entries", ()))]
        found[name] = Said(
            "\n".join(one["text/markdown"] for one in shown if MIME not in one),
            [one["title"] for one in blocks if one["kind"] in NUMBERED],
            [one.get(key) or "" for one in blocks for key in ("method", "alt")]
            + [str({name: told for name, told in card.items() if told is not None}) for card in cards],
        )
    return found


@pytest.fixture
def told(case: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Said]]:
    return lambda region: said(case[1], region, monkeypatch)


PAIRS = [(case, region) for case in CASES for region in ("全国", "广东")] + [("nine provinces", "西藏")]


@pytest.mark.parametrize(("case", "region"), PAIRS, indirect=["case"])
def test_sentences_hold(case: tuple[str, Path], region: str, told: Callable[[str], dict[str, Said]]) -> None:
    name, _ = case
    found = told(region)
    for chapter, one in found.items():
        assert not (wrong := BROKEN.search(one.whole.replace("nation", ""))), (chapter, wrong and one.whole[max(0, wrong.start() - 80) : wrong.end() + 40])  # fmt: skip
        assert all(one.titles), chapter
        assert HOSTILE not in one.text, chapter
    everything = "\n".join(one.whole for one in found.values())
    filed = name not in ("one province", "nine provinces") or region != "西藏"
    if not filed or name == "nothing of the year":
        assert all("没有可用的填报" in found[one].text or "没有" in found[one].text for one in NOTEBOOKS[1:])
        assert "项已达标（新建5G" not in found["01_overview"].text
    if name in ("one province", "nine provinces"):
        for id in ("03_sharing", "07_energy"):
            assert "个省份中由" not in found[id].whole, "a rank among fewer than ten"
    if name in ("no baseline", "one year") and region == "全国":
        assert "比 2020 年下降" not in found["07_energy"].whole
        assert "没有基期" in everything or "不能" in found["07_energy"].text
    if name == "all the same":
        for id in ("04_data_centres", "06_rooms"):
            assert "PUE由" not in found[id].text or "基本持平" in found[id].whole
    if name == "at the target" and region == "全国":
        assert "已达标" in found["04_data_centres"].text
        assert "已达标" in found["06_rooms"].text
        assert "与目标持平" in found["04_data_centres"].text
