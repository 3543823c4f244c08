"""The whole chain on the real statistics: what a reader gets. One build serves all tests here."""

from __future__ import annotations

import itertools
import json
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import polars as pl
import pytest
from pypdf import PageObject, PdfReader

from pipeline.given import reference
from pipeline.layout import Layout
from tests.build.readers import technical
from tests.conftest import Built, Run

pytestmark = pytest.mark.slow

NATION, GUANGDONG = "000000-全国", "440000-广东"
SLUGS = [NATION, GUANGDONG]
NOT_OUR_WORDS = re.compile(r"\bNone\b|\bnan\b|\bNaN\b|\bnull\b|undefined|\[object|\{[a-z_]+\}")


HEAD, FOOT, A4 = (cm * 72 / 2.54 for cm in (2.6, 2.3, 29.7))  # pt


def lowest(page: PageObject) -> float:
    """How high the last line of text stands above the lower edge of a page, in pt; not its number."""
    found: list[float] = []

    def see(text: str, place: list[float], within: list[float], *_: object) -> None:
        if text.strip():
            found.append(within[4] * place[1] + within[5] * place[3] + place[5])

    page.extract_text(visitor_text=see)
    return min(y for y in found if y > FOOT)


class Page(HTMLParser):
    """The elements of a page with their attributes, its text outside scripts and styles, its figures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return "".join(self.words)


@pytest.fixture(scope="module", params=SLUGS)
def slug(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def source(built: Built, slug: str) -> str:
    return built.file(slug, "html").read_text("utf-8")


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


@pytest.fixture(scope="module")
def pdf(built: Built, slug: str) -> PdfReader:
    return PdfReader(built.file(slug, "pdf"))


def test_the_paths_are_printed_and_each_is_there(built: Built) -> None:
    assert len(built.paths) == 12
    assert all(path.is_file() for path in built.paths)
    assert not [path for path in built.out.rglob("*") if path.name.endswith(".part")]
    assert "embedded" in built.log


class TestPage:
    def test_captions_are_short(self, source: str) -> None:
        """28 characters of Chinese; two letters or figures are as wide as one."""
        found = [re.sub(r"<[^>]+>", "", one) for one in re.findall(r"<figcaption>.*?</span>(.*?)</figcaption>", source)]
        assert len(found) > 30
        assert [one for one in found if sum(1.0 if ord(char) > 0x2E7F else 0.5 for char in one.strip()) > 28] == []

    def test_asks_for_nothing_from_the_network(self, source: str, page: Page) -> None:
        for tag, attributes in page.elements:
            for name in ("src", "srcset", "data", "poster", "action", "background"):
                assert name not in attributes, (tag, attributes)
            if tag == "link":
                pytest.fail(f"a link element: {attributes}")
            if tag in ("iframe", "object", "embed", "base"):
                pytest.fail(tag)
        styles = "".join(re.findall(r"<style[^>]*>(.*?)</style>", source, re.S))
        assert "@import" not in styles
        assert "url(" not in styles
        assert 'type="module"' not in source

    def test_is_in_chinese_and_small(self, source: str, page: Page) -> None:
        assert page.all("html")[0]["lang"] == "zh-CN"
        assert len(source.encode()) < 3_000_000

    def test_every_picture_stands_there_without_script_and_says_what_it_shows(self, source: str, page: Page) -> None:
        specs = [script for script in page.all("script") if script.get("class") == "spec"]
        drawn = [div for div in page.all("div") if div.get("class") == "drawn"]
        charts = [one for one in page.all("svg") if one.get("class") != "spark"]
        assert len(specs) == len(drawn) == len(charts) >= 5
        for div in drawn:
            assert div["role"] == "img"
            assert len(div["aria-label"] or "") >= 20
            assert re.search(r"[\u4e00-\u9fff]", div["aria-label"] or "")
        for spec in re.findall(r'<script type="application/json" class="spec"[^>]*>(.*?)</script>', source, re.S):
            assert json.loads(spec)["width"] == "container"

    def test_every_link_inside_leads_somewhere(self, page: Page) -> None:
        ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
        assert len(ids) == len(set(ids))
        inside = [a["href"] for a in page.all("a") if (a.get("href") or "").startswith("#")]
        assert inside
        assert {(link or "")[1:] for link in inside} <= set(ids)

    def test_headings_skip_no_level(self, page: Page) -> None:
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))

    def test_every_figure_has_a_number_a_source_and_its_data(self, source: str) -> None:
        figures = re.findall(r'<figure id="[^"]+" class="figure">(.*?)</figure>', source, re.S)
        assert figures
        for figure in figures:
            assert re.search(r'<span class="number">图 [0-9A-E]+-\d+</span>', figure)
            assert "来源：" in figure
            assert "查看数据表" in figure

    def test_no_word_of_the_program_is_in_the_main_volume(self, page: Page) -> None:
        assert technical(page.text) == []

    def test_no_word_of_the_machine_reaches_the_reader(self, source: str, page: Page) -> None:
        assert not NOT_OUR_WORDS.search(page.text)
        assert str(Path.home()) not in page.text
        assert "/tmp/" not in source


class TestPdf:
    def test_is_tagged_titled_and_in_chinese(self, pdf: PdfReader) -> None:
        root = pdf.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert root["/Lang"] == "zh-CN"
        assert "绿色低碳发展年度报告" in pdf.metadata.title
        assert b"pdfuaid" in root["/Metadata"].get_data()

    @pytest.mark.parametrize("annex", [False, True])
    def test_its_pages_are_filled(self, built: Built, slug: str, annex: bool) -> None:
        """No page but a chapter's last is under 60 % full, also of the annex, whose chapters follow each other on a page."""
        pdf = PdfReader(built.file(slug, "pdf", annex))
        chapters = [entry for entry in pdf.outline if not isinstance(entry, list)]
        begun = {pdf.get_destination_page_number(one): A4 - HEAD - float(one.top or 0) for one in reversed(chapters)}
        last = {
            page - 1 for page, down in begun.items() if down < 30
        }  # the others begin below the end of the one before
        inner = [at for at in range(min(begun), len(pdf.pages) - 1) if at not in last]
        full = {at + 1: 1 - (lowest(pdf.pages[at]) - FOOT) / (A4 - HEAD - FOOT) for at in inner}
        assert {page: round(share, 2) for page, share in full.items() if share < 0.6} == {}

    def test_the_imprint_stands_under_the_contents(self, pdf: PdfReader) -> None:
        page = next(page for page in pdf.pages if "版本信息" in page.extract_text())
        assert "目录" in page.extract_text()
        assert "引用格式" in page.extract_text()

    def test_no_word_of_the_program_is_in_the_main_volume(self, pdf: PdfReader) -> None:
        assert technical("".join(page.extract_text() for page in pdf.pages).replace("\n", "")) == []

    def test_the_main_volume_is_short(self, pdf: PdfReader, slug: str) -> None:
        assert len(pdf.pages) <= (48 if slug == NATION else 36)

    def test_only_the_annex_lists_figures_and_tables(self, built: Built, pdf: PdfReader, slug: str) -> None:
        front = "".join(page.extract_text() for page in pdf.pages[:4])
        assert "目录" in front
        assert "插图目录" not in front
        annex = "".join(page.extract_text() for page in PdfReader(built.file(slug, "pdf", annex=True)).pages[:8])
        assert "附册" in annex
        assert "插图目录" in annex
        assert "表格目录" in annex

    def test_its_text_can_be_searched(self, pdf: PdfReader) -> None:
        text = "".join(page.extract_text() for page in pdf.pages).replace("\n", "")
        for words in ("目录", "摘要与评分卡", "行业发展概况", "行动计划进展", "未报送"):
            assert words in text
        assert not NOT_OUR_WORDS.search(text)
        assert "\ufffd" not in text

    def test_every_font_is_inside(self, pdf: PdfReader) -> None:
        seen = 0
        for page in pdf.pages:
            for reference_ in (page["/Resources"].get("/Font") or {}).values():
                font = reference_.get_object()
                descendant = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
                descriptor = descendant["/FontDescriptor"].get_object()
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
                assert "Noto" in descendant["/BaseFont"]
                seen += 1
        assert seen

    def test_has_bookmarks_for_every_chapter(self, built: Built, pdf: PdfReader, slug: str) -> None:
        def chapters(pdf: PdfReader) -> list[str]:
            titles = [entry.title for entry in pdf.outline if not isinstance(entry, list)]
            return [found[1] for title in titles if (found := re.match(r"(\d+(?=　)|附录 .)", title))]

        of = [
            str(number) for number in range(1, 14 if slug == NATION else 13)
        ]  # enterprises are evaluated for the nation
        assert chapters(pdf) == of
        annex = chapters(PdfReader(built.file(slug, "pdf", annex=True)))
        assert annex[-5:] == ["附录 A", "附录 B", "附录 C", "附录 D", "附录 E"]
        assert annex[:-5] == [number for number in of if number in annex]

    def test_numbers_figures_like_the_page(self, pdf: PdfReader, page: Page) -> None:
        text = "".join(page.extract_text() for page in pdf.pages).replace("\n", "").replace(" ", "")
        for number in re.findall(r"[图表] [0-9A-E]+-\d+", page.text):
            assert number.replace(" ", "") in text


def test_each_volume_links_the_other(built: Built, slug: str) -> None:
    main, annex = (Page(built.file(slug, "html", which).read_text("utf-8")) for which in (False, True))
    ids = [{one["id"] for _, one in page.elements if one.get("id")} for page in (main, annex)]
    for page, other, there in ((main, built.file(slug, "html", annex=True), ids[1]), (annex, built.file(slug, "html"), ids[0])):  # fmt: skip
        out = [a["href"] or "" for a in page.all("a") if not re.match("#|https?:", a.get("href") or "")]
        assert {unquote(href.partition("#")[0]) for href in out} == {other.name}
        assert {href.partition("#")[2] for href in out} - {""} <= there


def test_word_has_headings_pictures_and_tables(built: Built, slug: str) -> None:
    with zipfile.ZipFile(built.file(slug, "docx")) as archive:
        document = archive.read("word/document.xml").decode("utf-8")
        pictures = [name for name in archive.namelist() if name.startswith("word/media/")]
    assert document.count("<w:drawing>") == len(pictures) >= 5
    assert "Heading1" in document
    assert "<w:tbl>" in document
    descriptions = re.findall(r'<wp:docPr[^>]* descr="([^"]*)"', document)
    assert len(descriptions) == len(pictures)
    assert all(re.search(r"[\u4e00-\u9fff]{4}", description) for description in descriptions)


def test_provenance_says_what_went_in_and_nothing_of_the_machine(built: Built, slug: str, layout: Layout) -> None:
    text = (built.folder(slug) / "provenance.json").read_text("utf-8")
    record = json.loads(text)
    paths = {entry["path"] for entry in record["inputs"]}
    assert "data/raw/public/national_series.csv" in paths
    assert all(len(entry["sha256"]) == 64 for entry in record["inputs"])
    assert record["report"]["region"] == slug[:6]
    assert str(layout.root) not in text
    assert str(Path.home()) not in text or str(Path.home()) == "/"
    for notebook in (built.folder(slug) / "notebooks").glob("*.ipynb"):
        assert str(layout.root) not in notebook.read_text("utf-8")


def test_a_figure_in_the_page_is_the_row_in_the_raw_file(built: Built, layout: Layout) -> None:
    """Three figures, from the page down to row and source."""
    national = pl.read_csv(layout.public / "national_series.csv", infer_schema=False)
    page = Page(built.file(NATION, "html").read_text("utf-8")).text
    stations = national.filter(
        (pl.col("indicator_id") == "bs5g") & (pl.col("year") == "2025") & pl.col("month").is_null()
    )
    assert stations["value"].to_list() == ["483.8"]
    assert "483.8" in page
    assert stations["source_title"][0] in page

    provinces = pl.read_csv(layout.public / "provincial_series.csv", infer_schema=False)
    traffic = provinces.filter((pl.col("indicator_id") == "mtraf") & (pl.col("year") == "2024"))
    total = traffic["value"].cast(pl.Float64).sum() / 1e4  # 万GB to 亿GB
    assert f"{total:,.1f}" in page

    factors = pl.read_csv(layout.reference / "grid_emission_factors.csv", infer_schema=False)
    guangdong = factors.filter((pl.col("region_zh") == "广东") & (pl.col("year") == "2023"))["factor_kgco2_per_kwh"][0]
    assert guangdong in Page(built.file(GUANGDONG, "html").read_text("utf-8")).text


def test_every_number_of_the_index_is_chained_from_printed_growth(layout: Layout) -> None:
    index = reference.business_volume_index(reference.published(layout))
    expected = 100 * 1.278 * 1.213 * 1.168 * 1.100 * 1.091
    assert index.filter(pl.col("year") == 2025)["index"][0] == pytest.approx(expected, rel=1e-12)


def test_two_builds_of_the_same_inputs_give_the_same_bytes(built: Built, green_report: Run, tmp_path: Path) -> None:
    run = green_report("build", "--region", "广东", "--to", "html,pdf", "--out", str(tmp_path))
    assert run.returncode == 0, run.stderr
    for path in map(Path, run.stdout.splitlines()):
        assert path.read_bytes() == (built.folder(GUANGDONG) / path.name).read_bytes()
    again = tmp_path / "2025-sample" / "internal" / GUANGDONG / "plan"
    for name in ["provenance.json", *(f"notebooks/{path.name}" for path in (again / "notebooks").iterdir())]:
        assert (again / name).read_bytes() == (built.folder(GUANGDONG) / name).read_bytes(), name


def test_the_time_shown_is_the_declared_one(built: Built, green_report: Run, tmp_path: Path) -> None:
    assert "2026 年 11 月 22 日" in Page(built.file(NATION, "html").read_text("utf-8")).text
    run = green_report(
        "build", "--filings", "none", "--to", "html", "--out", str(tmp_path), SOURCE_DATE_EPOCH="1767225600"
    )
    path, _ = map(Path, run.stdout.splitlines())
    assert "2026 年 1 月 1 日" in Page(path.read_text("utf-8")).text
