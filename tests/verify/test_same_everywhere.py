"""A digit of one format, where everything that tells hashes was made again: the other formats have another."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.verify.conftest import Copy

EDITION = "2025-sample"


def packed(content: bytes, part: str, before: bytes, after: bytes) -> bytes:
    """An Office file with another digit in one of its parts."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        assert before in old.read(part)
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(before, after, 1) if name == part else old.read(name))
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("sdmx/data.csv", b",0.845,", b",0.945,", "第 2 行写的是 0.945，parquet 为 0.845"),
        ("sdmx/data.csv", b",NaN,PURE_NUMB,Q", b",0.5,PURE_NUMB,Q", "第 4 行写的是 0.5，parquet 为 〔保密〕"),
        ("sdmx/data.csv", b",NaN,PURE_NUMB,Q", b",NaN,PURE_NUMB,M", "第 4 行写的是 空，parquet 为 〔保密〕"),
        ("sdmx/data.csv", b",440000,", b",000000,", "第 4 行写的是 000000，parquet 为 440000"),
        ("sdmx/data.csv", b",sharing_kind__social,", b",_T,", "分项 sharing_kind·social 写成了 _T"),
        ("jsonstat/energy.heat.json", b"[12.5]", b"[12.6]", "440000·_T·2025 写的是 12.6，parquet 为 12.5"),
        ("jsonstat/sharing.new_5g_sites.json", b'"c"', b'"m"', "440000·_T·2024 写的是 空，parquet 为 〔保密〕"),
        ("jsonstat/sharing.new_5g_sites.json", b'["_T","sharing_kind__social"]', b'["sharing_kind__social","_T"]', "000000·_T·2024 写的是 空，parquet 为 0.845"),
        ("indicator-values.xlsx", b"<v>12.5</v>", b"<v>12.6</v>", "工作表 indicator-values 第 13 行写的是 12.6，parquet 为 12.5"),
        ("indicator-values.xlsx", b">[c]<", b">[x]<", "工作表 indicator-values 第 9 行写的是 空，parquet 为 〔保密〕"),
        ("t-yearly.xlsx", b"<v>1.5</v>", b"<v>1.6</v>", "工作表 t-yearly 第 7 行写的是 1.6，parquet 为 1.5"),
        ("t-yearly.csv", b",1.5,", b",1.6,", "第 2 行写的是 1.6，parquet 为 1.5"),
        ("workbook.xlsx", b"<v>12.5</v>", b"<v>12.6</v>", "工作表 indicator-values 第 13 行写的是 12.6，parquet 为 12.5"),
    ],
)  # fmt: skip
def test_a_digit_of_one_format_where_all_hashes_were_made_again(
    site: Copy, name: str, before: bytes, after: bytes, said: str
) -> None:
    path = f"downloads/{EDITION}/{name}"
    content = (site.root / path).read_bytes()
    if name.endswith(".xlsx"):  # those of all tables stand behind a cover, contents and notes, and the catalogue
        content = packed(content, f"xl/worksheets/sheet{5 if name == 'workbook.xlsx' else 1}.xml", before, after)
    else:
        assert before in content
        content = content.replace(before, after, 1)
    site.write(path, content)
    site.forge()
    [found] = [one for one in site.faults("downloads", key=False) if one.startswith(path)]
    assert found.startswith(f"{path} 有 ")
    assert f"处与公布的表不同：{said}" in found


def test_a_format_that_is_none_or_unpacks_to_more_than_any(site: Copy) -> None:
    path = f"downloads/{EDITION}/t-yearly.xlsx"
    whole = (site.root / path).read_bytes()
    bomb = packed(whole, "xl/worksheets/sheet1.xml", b"<sheetData>", b"<sheetData>" + b" " * 50_000_000)
    for content, said in ((b"PK", "文件已损坏或不完整"), (bomb, "疑为压缩炸弹，未打开")):
        site.write(path, content)
        assert any(one.startswith(f"{path} 读不出来：") and said in one for one in site.faults(path)), site.faults(path)
    for name in ("sdmx/data.csv", "jsonstat/energy.heat.json"):
        path = f"downloads/{EDITION}/{name}"
        for content in (b"", b"\xff", b"{}", b"[" * 100_000, b"INDICATOR\n1\n"):
            site.write(path, content)
            assert f"{path} 读不出来：内容不完整，或不是这种格式" in site.faults(path), content[:10]


def test_a_digit_in_a_word_file_where_all_hashes_were_made_again(site: Copy) -> None:
    path = f"{EDITION}/440000/plan.docx"
    for before, after in ((b"84.5", b"94.5"), (b">1.5<", b">1.6<")):
        site.write(path, packed((site.root / path).read_bytes(), "word/document.xml", before, after))
    site.forge()
    [said] = site.faults(key=False)
    assert said.startswith(f"{path} 有 2 个数与网页不同：正文“")
    assert "94.5" in said
    assert "1.6" in said


def test_a_word_file_saved_by_another_program(site: Copy) -> None:
    path = f"{EDITION}/440000/plan.docx"
    whole = (site.root / path).read_bytes()
    site.write(path, packed(whole, "word/styles.xml", b"<w:styles", b"<w:styles "))
    [said] = site.faults()
    assert said.startswith(f"{path} 与发布的不是逐字节相同，但 ")
    bomb = packed(whole, "word/document.xml", b"<w:body>", b"<w:body>" + b" " * 50_000_000)
    for content in (b"", b"PK", whole[:-30], bomb, packed(whole, "word/document.xml", b"<w:body>", b"<w:body><x>")):
        site.write(path, content)
        assert f"{path} 不是完整的 Word 文件，读不出来" in site.faults(path)
