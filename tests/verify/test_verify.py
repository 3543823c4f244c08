"""Every way of tampering that we could think of, each named in one sentence; nothing is said of what is whole."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import polars as pl
import pypdf
import pytest

from pipeline.errors import UserError
from pipeline.publish import keys
from pipeline.publish.site import publish
from pipeline.reports.blocks import Cards
from pipeline.verify import numbers
from pipeline.verify.verify import verify
from tests.conftest import Run
from tests.publish.conftest import House
from tests.verify.conftest import Copy, described

EDITION = "2025-sample"
CSV = "downloads/2025-sample/f-sharing-provinces.csv"
PAGE, PDF, RECORD = (f"{EDITION}/440000/plan.{format}" for format in ("html", "pdf", "json"))


def test_nothing_is_said_of_a_whole_site_or_a_part_of_it(site: Copy) -> None:
    for scope in ("", EDITION, f"{EDITION}/440000", PAGE, PDF, "downloads", CSV, "index.html"):
        assert site.faults(scope) == [], scope
    assert site.faults(key=False) == []
    (site.root / "CNAME").write_text("green.example.org", "utf-8")  # what a publisher puts beside the pages
    assert site.faults() == []


def test_what_was_compared_is_counted(site: Copy) -> None:
    said = [one.said for one in verify(site.house.layout, site.root, None, False, None)]
    assert any("个文件与 SHA256SUMS 相符" in one for one in said)
    # of each of two reports: 2 values of the figure, 2 years and 2 values of t-yearly
    assert any(one.startswith("核对了网页各表的 12 个数、PDF 和 Word 文件的 ") for one in said), said


# --- twenty and more ------------------------------------------------------------------------------------------


class Forger(House):
    """Who has the program, and makes the same report with another digit."""

    def _cards(self) -> Cards:
        first, *others = super()._cards().cards
        return Cards("cards", [replace(first, value="94.5%"), *others])


def test_a_digit_in_the_text_of_a_pdf(site: Copy, house: House) -> None:
    Forger(house.root).make("广东", formats=("html", "pdf"))
    site.write(PDF, (house.folder("广东") / "绿色发展报告-2025-广东-plan.pdf").read_bytes())
    site.mend()
    said = site.faults(PDF, key=False)
    assert any(one.startswith(f"{PDF} 有 ") and "94.5" in one and "与网页不同" in one for one in said), said
    assert f"{PDF} 与声明不符，而与 SHA256SUMS 相符或不在其中：SHA256SUMS 被改过" in said


def test_a_pdf_saved_by_another_program(site: Copy) -> None:
    writer = pypdf.PdfWriter(clone_from=site.root / PDF)
    content = io.BytesIO()
    writer.write(content)
    site.write(PDF, content.getvalue())
    [said] = site.faults()
    assert said.startswith(f"{PDF} 与发布的不是逐字节相同，但 ")
    assert said.endswith("个数都与网页相同：像是由别的程序另存过")


def test_pages_that_were_taken_out_of_a_pdf(site: Copy) -> None:
    writer = pypdf.PdfWriter(clone_from=site.root / PDF)
    while len(writer.pages) > 1:
        writer.remove_page(1)
    content = io.BytesIO()
    writer.write(content)
    site.write(PDF, content.getvalue())
    [said] = site.faults()
    assert said.startswith(f"{PDF} 与发布的不是逐字节相同，网页文字中的 ")
    assert said.endswith("个不在其中：缺页，或不是这一份")


def test_a_pdf_that_was_cut_off(site: Copy) -> None:
    site.write(PDF, (site.root / PDF).read_bytes()[:900])
    assert f"{PDF} 不是完整的 PDF，读不出来" in site.faults()


def test_a_row_of_a_csv(site: Copy) -> None:
    site.text(CSV, "80.1", "88.1")
    said = site.faults()
    assert f"{CSV} 被改动过：内容与 SHA256SUMS 不符" in said
    assert any("第 2 行写的是 88.1，parquet 为 80.1" in one for one in said)
    assert any(one.startswith(f"{EDITION}/000000/plan.html 有 1 处与公布的数据不同：f-sharing-provinces 第 1 行") for one in said), said  # fmt: skip


def test_a_row_of_a_csv_with_mended_hashes(site: Copy) -> None:
    site.text(CSV, "80.1", "88.1")
    site.mend()
    said = site.faults(key=False)
    assert f"{CSV} 与声明不符，而与 SHA256SUMS 相符或不在其中：SHA256SUMS 被改过" in said
    site.restate()
    site.mend()
    said = site.faults(key=False)
    assert f"{EDITION}/statement.json 的签名是旧的：签的是另一份内容，不是现在的这一份" in said
    assert "SHA256SUMS 的签名是旧的：签的是另一份内容，不是现在的这一份" in said


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_value_of_the_table_of_all_indicators_where_all_hashes_were_made_again(site: Copy, suffix: str) -> None:
    path = CSV.replace("f-sharing-provinces.csv", f"indicator-values.{suffix}")
    if suffix == "csv":
        site.text(path, ",12.5,", ",12.6,")
    else:
        data = pl.read_parquet(site.root / path)
        written = io.BytesIO()
        data.with_columns(pl.col("value").replace(12.5, 12.6)).write_parquet(written)
        site.write(path, written.getvalue())
    site.forge()
    said = site.faults(key=False)
    table = path.removesuffix(suffix)
    printed, held = ("12.6", "12.5") if suffix == "csv" else ("12.5", "12.6")
    assert f"{table}csv 有 1 处与公布的表不同：第 8 行写的是 {printed}，parquet 为 {held}" in said
    # csv: what three pages cite, and these pages written again; parquet: all formats beside it, JSON-stat of one indicator, the page
    # of choice, the list of all indicators
    assert len(said) == 7


def test_a_row_that_was_taken_out(site: Copy) -> None:
    lines = (site.root / CSV).read_bytes().splitlines(keepends=True)
    site.write(CSV, b"".join(lines[:-1]))
    assert any("有 6 行 5 列，parquet 为 7 行 5 列" in one for one in site.faults())


def test_a_parquet_file(site: Copy) -> None:
    path = CSV.replace(".csv", ".parquet")
    site.write(path, b"PAR1")
    assert f"{path} 读不出来：文件已损坏，不能作为 Parquet 读取" in site.faults()


def test_a_digit_in_a_table_of_a_page(site: Copy) -> None:
    site.text(PAGE, "<td>80.1</td>", "<td>80.7</td>")
    site.mend()
    said = site.faults(PAGE, key=False)
    assert any(one.startswith(f"{PAGE} 有 ") and "写的是 80.7，公布的数据为 80.1" in one for one in said), said


def test_what_a_page_prints_and_what_it_holds(site: Copy) -> None:
    site.text(PAGE, ">80.1<", ' data-v="80.1">80.7<')
    site.forge()
    said = site.faults(PAGE, key=False)
    assert said == [f"{PAGE} 有 1 处印的与下载的不同：f-sharing-provinces 第 1 行印的是 80.7，下载的是 80.1"]


def test_hashes_that_are_told_elsewhere(site: Copy) -> None:
    digest = hashlib.sha256((site.root / CSV).read_bytes()).hexdigest()
    package = f"downloads/{EDITION}/datapackage.json"
    for path in ("ro-crate-metadata.json", package, PAGE):
        site.text(path, digest, "0" * 64)
    site.mend()
    said = site.faults(key=False)
    for path in ("ro-crate-metadata.json", package, PAGE):
        assert any(
            one.startswith(f"{path} 有 ") and "个哈希与 SHA256SUMS 不同：" in one and CSV in one for one in said
        ), path
    for content in (b"", b"[]", b"[" * 100_000, b'{"@graph": [1], "resources": [1]}'):
        site.write("ro-crate-metadata.json", content)
        site.write(package, content)
        said = site.faults(key=False)
        assert "ro-crate-metadata.json 读不出来" in said
        assert f"{package} 读不出来" in said


def test_a_crate_with_a_path_outside_of_the_site(site: Copy, tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_text("1", "utf-8")
    for path in ("../secret.html", "/etc/passwd", "%2e%2e/secret.html", "file:///etc/passwd"):
        crate = json.loads((site.root / "ro-crate-metadata.json").read_text("utf-8"))
        crate["@graph"].append({"@id": path, "@type": "File", "sha256": "0" * 64})
        site.write("ro-crate-metadata.json", json.dumps(crate).encode())
        said = site.faults("ro-crate-metadata.json", key=False)
        assert f"ro-crate-metadata.json 列的 {unquote(path)} 指到网站文件夹以外，没有读它" in said


def test_a_digit_in_a_sentence_of_a_page(site: Copy) -> None:
    site.text(PAGE, "84.5%", "94.5%")
    site.mend()
    site.restate()
    site.mend()
    said = site.faults(f"{EDITION}/440000", key=False)
    assert any(one.startswith(f"{PDF} 有 1 个数与网页不同：第 ") and "84.5" in one for one in said), said


def test_two_files_that_changed_places(site: Copy) -> None:
    other = PAGE.replace("440000", "000000")
    one, two = ((site.root / path).read_bytes() for path in (PAGE, other))
    site.write(PAGE, two)
    site.write(other, one)
    said = site.faults()
    assert f"{PAGE} 的内容是 {other} 的：文件被调换" in said
    assert f"{other} 的内容是 {PAGE} 的：文件被调换" in said


def test_a_signature_of_before(site: Copy, house: House, tmp_path: Path) -> None:
    house.make("广东", value=77.0)
    described(house)
    publish(house.layout, house.wanted(sign=site.key, out=tmp_path / "before"))
    site.write(f"{EDITION}/statement.dsse.json", (tmp_path / "before" / EDITION / "statement.dsse.json").read_bytes())
    site.mend()
    assert f"{EDITION}/statement.json 的签名是旧的：签的是另一份内容，不是现在的这一份" in site.faults(EDITION)


def test_a_signature_by_another_key(site: Copy, tmp_path: Path) -> None:
    other, _ = keys.new(tmp_path / "keys" / "other")
    said = Copy(site.root, site.house, other).faults()
    assert said == [
        f"{EDITION}/statement.json 的签名是别的钥匙签的，不是所给的公钥",
        "SHA256SUMS 的签名是别的钥匙签的，不是所给的公钥",
    ]


def test_a_signature_that_claims_to_be_of_the_key(site: Copy) -> None:
    path = f"{EDITION}/statement.dsse.json"
    envelope = json.loads((site.root / path).read_text("utf-8"))
    envelope["signatures"][0]["sig"] = "A" * 86 + "=="
    site.write(path, json.dumps(envelope).encode())
    assert f"{EDITION}/statement.json 的签名不成立：说是所给公钥的，但被改动过" in site.faults()


def test_a_signature_that_was_taken_away(site: Copy) -> None:
    for path in ("statement.dsse.json", f"{EDITION}/statement.dsse.json"):
        (site.root / path).unlink()
    said = site.faults()
    assert f"缺少 {EDITION}/statement.dsse.json" in said
    assert f"{EDITION}/statement.json 没有签名" in said
    proved = "SHA256SUMS 没有签名：各处彼此相符，只说明没有人漏改；若有人处处改得一致，只有发布人的签名能证明"
    assert proved in said
    found = verify(site.house.layout, site.root, None, False, None)  # and is said where no key is given, too
    assert [one.fault for one in found if one.said == proved] == [False]


def test_a_statement_of_another_publication(site: Copy, house: House, tmp_path: Path) -> None:
    house.make("全国", year=2024)
    house.pass_audit(2024)
    publish(house.layout, house.wanted(year=2024, region="全国", out=tmp_path / "other"))
    site.write(f"{EDITION}/statement.json", (tmp_path / "other" / "2024-sample" / "statement.json").read_bytes())
    site.mend()
    said = site.faults(key=False)
    assert any(one.startswith(f"{EDITION}/statement.json 是另一次发布（2024-sample）的声明：") for one in said), said


def test_a_statement_that_is_none(site: Copy) -> None:
    for content in (b"", b"[]", b"{}", b'{"_type": "https://in-toto.io/Statement/v1"}', b"\xff"):
        site.write(f"{EDITION}/statement.json", content)
        assert f"{EDITION}/statement.json 不是完整的声明（in-toto Statement v1）" in site.faults()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"0.12"', '"0.21"', "参数 g_it 原为 0.12，现为 0.21"),
        ("a" * 64, "b" * 64, "字体 Noto Sans CJK SC 的内容不同"),
        ("0" * 64, "9" * 64, "输入 data/raw/public/energy.csv 的内容不同"),
        ("c" * 40, "e" * 40, f"代码 提交 原为 {'c' * 40}，现为 {'e' * 40}"),
        ('"2.1.0"', '"2.2.0"', "软件 polars 原为 2.1.0，现为 2.2.0"),
        ("d" * 64, "f" * 64, f"代码 锁文件 原为 {'d' * 40}，现为 {'f' * 40}"),
    ],
)
def test_what_a_report_says_that_it_was_made_of(site: Copy, before: str, after: str, said: str) -> None:
    site.text(RECORD, before, after)
    assert site.faults() == [f"{RECORD} 被改动过：内容与 SHA256SUMS 不符，{said}"]


def test_a_record_that_is_not_what_the_statement_says_where_all_hashes_were_made_again(site: Copy) -> None:
    site.text(RECORD, '"0.12"', '"0.21"')
    site.forge()
    assert site.faults(key=False) == [f"{RECORD} 与声明不符，参数 g_it 原为 0.12，现为 0.21"]


def test_a_path_outside_of_the_site(site: Copy, tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_text("1", "utf-8")
    sums = (site.root / "SHA256SUMS").read_bytes()
    for path in ("../secret.html", "/etc/passwd", "a\\..\\b", f"{EDITION}/440000/plan/../../../../secret.html"):
        site.write("SHA256SUMS", sums + f"{'0' * 64}  {path}\n".encode())
        assert f"SHA256SUMS 列的 {path} 指到网站文件夹以外，没有读它" in site.faults(key=False)
    site.write("SHA256SUMS", sums)
    (site.root / PAGE).unlink()
    (site.root / PAGE).symlink_to(tmp_path / "secret.html")
    assert f"SHA256SUMS 列的 {PAGE} 指到网站文件夹以外，没有读它" in site.faults()


def test_links_in_a_circle_and_pipes_are_not_read(site: Copy, tmp_path: Path) -> None:
    gone = (PAGE, PDF, CSV, CSV.replace(".csv", ".xlsx"), f"{EDITION}/statement.json", f"{EDITION}/440000/plan.docx")
    for path in gone:
        (site.root / path).unlink()
        os.mkfifo(site.root / path)
    (site.root / PAGE).unlink()
    (site.root / PAGE).symlink_to("plan.html")
    (site.root / EDITION / "440000" / "round").symlink_to(".")
    said = site.faults()
    assert [path for path in gone if f"缺少 {path}" in said] == list(gone)
    (tmp_path / "alone").mkdir()
    os.mkfifo(tmp_path / "alone" / "statement.dsse.json")
    os.mkfifo(tmp_path / "alone" / "key.pub")
    (tmp_path / "alone" / "report.pdf").write_bytes(b"1")
    for path, id in ((site.root / CSV, "verify.missing"), (tmp_path / "alone" / "report.pdf", "verify.alone")):
        with pytest.raises(UserError) as caught:
            list(verify(site.house.layout, path, None, False, None))
        assert caught.value.id == id
    with pytest.raises(UserError) as caught:
        keys.public(tmp_path / "alone" / "key.pub")
    assert caught.value.id == "key.unreadable"


def test_a_file_that_is_larger_than_any_is_not_read(site: Copy) -> None:
    for path in (PAGE, PDF, CSV, f"{EDITION}/440000/plan.json"):
        (site.root / path).unlink()
        with (site.root / path).open("wb") as made:
            made.truncate(1 << 30)  # a gigabyte of which nothing is written
    said = site.faults()
    for path in (PAGE, PDF, CSV, f"{EDITION}/440000/plan.json"):
        assert f"{path} 超过 256 MB，没有读它：发布的文件没有这样大的" in said


@pytest.mark.parametrize("content", [b"\xff", b"<![foo[", b"<p data-v=", b"<td>" * 1000])
def test_a_page_that_is_none(site: Copy, content: bytes) -> None:
    site.write(PAGE, content)
    assert f"{PAGE} 被改动过：内容与 SHA256SUMS 不符" in site.faults()


def test_a_file_that_is_missing_or_too_many(site: Copy) -> None:
    (site.root / CSV).unlink()
    (site.root / EDITION / "440000" / "plan-x.html").write_text("<p>1</p>", "utf-8")
    said = site.faults()
    assert f"缺少 {CSV}" in said
    assert f"多出 {EDITION}/440000/plan-x.html：它不是发布的文件" in said


def test_a_file_that_was_smuggled_into_the_list(site: Copy) -> None:
    path = f"{EDITION}/440000/plan-x.html"
    (site.root / path).write_text("<p>1</p>", "utf-8")
    site.write("SHA256SUMS", (site.root / "SHA256SUMS").read_bytes() + f"{'0' * 64}  {path}\n".encode())
    site.mend()
    assert f"{path} 不在 {EDITION} 的声明里：SHA256SUMS 被改过" in site.faults(key=False)


def test_values_that_contradict_each_other() -> None:
    head = "indicator_id,year,region_code,dimension,member,value,numerator,denominator,unit,coverage,flag\n"
    codes = [str(code) for code in range(110000, 420000, 10000)]
    rows = [f"x,2025,{code},,,0.5,1.0,2.0,1,,\n" for code in codes]
    whole = [head, *rows, "x,2025,000000,,,0.5,31.0,62.0,1,,\n", "y,2025,000000,,,50.0,1.0,2.0,%,,\n"]
    assert list(numbers._contradicting("".join(whole).encode())) == []
    ratio = "".join(whole).replace("110000,,,0.5,1.0,2.0", "110000,,,0.6,1.0,2.0")
    [said] = numbers._contradicting(ratio.encode())
    assert said == "x·110000·2025 的 value 0.6 不是 numerator ÷ denominator"
    total = "".join(whole).replace("0.5,31.0,62.0", "0.5,30.0,60.0")
    [said] = numbers._contradicting(total.encode())
    assert said == "x·000000·2025 的 numerator 30.0 不是各省之和 31.0"
    chained = total.replace("62.0,1,,\n", "60.0,1,,chained\n").replace("30.0,60.0,1,,", "30.0,60.0,1,,chained")
    assert list(numbers._contradicting(chained.encode())) == []


# --- a file by itself, and what cannot be verified ---------------------------------------------------------------


def test_a_file_by_itself_with_the_statement_beside_it(site: Copy, tmp_path: Path, green_report: Run) -> None:
    alone = tmp_path / "downloads" / "report.pdf"
    alone.parent.mkdir()
    shutil.copy(site.root / PDF, alone)
    run = green_report("verify", str(alone))
    assert (run.returncode, run.stdout) == (2, "")
    assert "旁边也没有完整的声明" in run.stderr
    for name in ("statement.json", "statement.dsse.json"):
        shutil.copy(site.root / EDITION / name, alone.parent)
    public = f"{site.key}.pub"
    run = green_report("verify", str(alone), "--key", public)
    assert run.returncode == 0, run.stdout
    assert f"report.pdf 就是 {EDITION} 的 {PDF}" in run.stdout
    assert "statement.json 的签名是所给公钥的" in run.stdout
    alone.write_bytes(alone.read_bytes() + b"\n")
    run = green_report("verify", str(alone), "--key", public)
    assert run.returncode == 1
    assert f"✗ report.pdf 不是 {EDITION} 的文件" in run.stdout


def test_what_cannot_be_verified_is_one_sentence(site: Copy, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for path, id in ((tmp_path / "none", "verify.missing"), (tmp_path / "pipe", "verify.missing"), (tmp_path / "empty", "verify.folder")):  # fmt: skip
        with pytest.raises(UserError) as caught:
            list(verify(site.house.layout, path, None, False, None))
        assert caught.value.id == id
    with pytest.raises(UserError) as caught:
        list(verify(site.house.layout, site.root, None, True, None))
    assert caught.value.id == "rebuild.commit"  # made up: no such commit
    for name in ("../other", "/etc", "", "a/b"):
        site.write("editions.json", json.dumps({"editions": [{"name": name, "regions": {}, "scenarios": {}}]}).encode())
        with pytest.raises(UserError) as caught:
            site.faults()
        assert caught.value.id == "verify.editions"
    site.write("SHA256SUMS", b"not a list\n")
    with pytest.raises(UserError) as caught:
        site.faults()
    assert caught.value.id == "verify.sums"
