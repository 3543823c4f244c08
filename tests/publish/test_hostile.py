"""An edition whose filers write markup, formulas and paths wherever they can: all of it stays text, none leaks."""

from __future__ import annotations

import getpass
import io
import os
import re
import zipfile
from pathlib import Path

import polars as pl
import pypdf
import pytest

from pipeline.errors import DataError
from pipeline.publish.site import publish
from tests.conftest import ROOT
from tests.publish.conftest import HOSTILE, House, bare
from tests.publish.test_site import Reader, pages

ALLOWED = {
    "a", "body", "br", "caption", "circle", "clippath", "code", "col", "colgroup", "dd", "defs", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "g", "h1", "h2", "h3", "h4", "head", "header", "html", "input", "label",
    "legend", "li", "line", "link", "main", "meta", "nav", "ol", "p", "path", "polyline", "pre", "rect", "script", "section",
    "small", "span", "strong", "summary", "svg", "table", "tbody", "td", "text", "th", "thead", "title", "tr", "ul",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    house: House = bare(tmp_path_factory.mktemp("hostile") / "house", HOSTILE)
    for region in ("全国", "广东"):
        house.make(region, formats=("html", "pdf", "docx"))
    house.pass_audit()
    publish(house.layout, house.wanted(to="html,pdf,docx"))
    return house.root / "site"


def test_markup_of_filers_is_text(site: Path) -> None:
    scripts = {path.name for path in (site / "assets").iterdir()}
    for path in pages(site):
        text = path.read_text("utf-8")
        read = Reader(text)
        assert set(read.tags) <= ALLOWED, path
        assert read.refused == []
        assert not [link for link in read.links if link.lower().startswith(("javascript:", "//"))]
        sources = re.findall(r'<script src="[./]*assets/([^"]+)"', text)
        assert set(sources) <= scripts
        assert "alert(1)" in text or path.name == "404.html" or "latest" in path.parts  # it is there, as text


def test_feed_is_well_formed_with_any_publisher(site: Path) -> None:
    from xml.etree import ElementTree

    atom = ElementTree.fromstring((site / "atom.xml").read_text("utf-8"))
    assert HOSTILE[0] in [node.text for node in atom.iter("{http://www.w3.org/2005/Atom}name")]


def test_no_text_became_a_path(site: Path) -> None:
    for path in site.rglob("*"):
        assert re.fullmatch(r"[\w.-]+", path.name, re.A), path
        assert path.resolve().is_relative_to(site)


def test_no_cell_is_a_formula(site: Path) -> None:
    for path in site.rglob("*.csv"):
        table = pl.read_csv(path, infer_schema=False)
        starts = pl.concat([pl.Series(cells, dtype=pl.String) for cells in table.get_columns()]).drop_nulls()
        assert starts.filter(starts.str.contains(r"^[=@+\t\r]")).is_empty(), path


def secrets() -> list[str]:
    """What tells of this machine: folders, and long values of its environment."""
    environment = [value for name, value in os.environ.items() if len(value) > 12 and name not in ("PATH", "LS_COLORS")]
    user = [getpass.getuser()] if len(getpass.getuser()) > 4 and getpass.getuser() not in ("admin", "runner") else []
    return [
        str(ROOT),
        str(Path.home()) if len(str(Path.home())) > 6 else f"{Path.home()}/",
        "/tmp/pytest-",
        *environment,
        *user,
    ]


def contents(path: Path) -> list[bytes]:
    """A file's bytes, with what is packed in them."""
    found = [path.read_bytes()]
    if path.suffix == ".docx":
        with zipfile.ZipFile(io.BytesIO(found[0])) as packed:
            found += [packed.read(name) for name in packed.namelist()]
    if path.suffix == ".pdf":
        reader = pypdf.PdfReader(path)
        found += [str(reader.metadata).encode(), *(page.extract_text().encode() for page in reader.pages)]
        found += [reader.xmp_metadata.stream.get_data()] if reader.xmp_metadata else []
    if path.suffix == ".parquet":
        found += [str(pl.read_parquet_metadata(path)).encode(), str(pl.read_parquet(path).to_dicts()).encode()]
    return found


def test_nothing_tells_of_the_machine_that_made_it(site: Path) -> None:
    looked_for = secrets()
    kinds = set()
    for path in (path for path in site.rglob("*") if path.is_file()):
        kinds.add(path.suffix)
        for content in contents(path):
            for secret in looked_for:
                assert secret.encode() not in content, (path, secret)
    assert {".html", ".pdf", ".docx", ".csv", ".parquet", ".json"} <= kinds


def test_the_search_would_find_a_path(site: Path, tmp_path: Path) -> None:
    """Sees that the test above can fail: a Word file with a path packed inside."""
    with zipfile.ZipFile(tmp_path / "x.docx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("docProps/core.xml", f"<creator>{ROOT}</creator>")
    assert any(str(ROOT).encode() in content for content in contents(tmp_path / "x.docx"))


def test_a_missing_file_of_the_theme_is_called_by_its_name(house: House) -> None:
    for name in ("report.css", "site.js", "cite.js"):
        path = house.root / "reports" / "theme" / name
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(DataError) as caught:
            publish(house.layout, house.wanted())
        assert (caught.value.id, str(caught.value)) == (
            "publish.unread",
            f"没有发布：{path} 读不出来（没有这个文件）；请恢复这个文件，再发布",
        )
        assert not (house.root / "site").exists()
        path.write_bytes(content)
