"""What names, units, cards and pages say is held against the published tables and the reports, also where nothing is signed and the
forger has made every hash anew: by hand, which file and what was changed, and the one sentence that says so."""

from __future__ import annotations

import subprocess

import pytest

from pipeline.verify.verify import verify
from tests.publish.conftest import House
from tests.verify.conftest import Copy

EDITION = "2025-sample"
DATA = f"downloads/{EDITION}"
OTHERWISE = "处与由公布的表和清单重新写出的不同："


@pytest.mark.parametrize(
    ("path", "before", "after", "said"),
    [
        (f"{DATA}/sdmx/structure.xml", ">外购热力消耗量<", ">外购电力消耗量<", "写的是 外购电力消耗量，应为 外购热力消耗量"),
        (f"{DATA}/sdmx/structure.xml", ">Guangdong<", ">Guangxi<", "写的是 Guangxi，应为 Guangdong"),
        (f"{DATA}/sdmx/structure.xml", ">CN-GD<", ">CN-GX<", "写的是 CN-GX，应为 CN-GD"),
        (f"{DATA}/jsonstat/energy.heat.json", '"label":"外购热力消耗量"', '"label":"外购电力消耗量"', '写的是 "label":"外购电力消耗量"，应为 "label":"外购热力消耗量"'),
        (f"{DATA}/jsonstat/energy.heat.json", '"440000":"广东省"', '"440000":"广西"', '写的是 "label":{"440000":"广西"}}}，应为 "label":{"440000":"广东省"}}}'),
        (f"{DATA}/iamc/definitions/variable/variables.yaml", "unit: GWh/yr", "unit: TWh/yr", "写的是 unit: TWh/yr，应为 unit: GWh/yr"),
        (f"{DATA}/iamc/definitions/region/regions.yaml", "iso_3166: CN", "iso_3166: US", "写的是 iso_3166: US，应为 iso_3166: CN"),
        (f"{EDITION}/440000/plan.html", '"datePublished":"2026-05-06"', '"datePublished":"2025-05-06"', '写的是 "datePublished":"2025-05-06"，应为 "datePublished":"2026-05-06"'),
        (f"{DATA}/index.html", '"isAccessibleForFree":true', '"isAccessibleForFree":false', '写的是 "isAccessibleForFree":false，应为 "isAccessibleForFree":true'),
        (f"{EDITION}/method.html", '"temporalCoverage":"2025"', '"temporalCoverage":"2024"', '写的是 "temporalCoverage":"2024"，应为 "temporalCoverage":"2025"'),
        (f"{EDITION}/explore.html", "外购热力消耗量", "外购电力消耗量", "写的是 外购电力消耗量，应为 外购热力消耗量"),
        (f"{EDITION}/explore-data.js", '"better":"higher"', '"better":"lower"', '写的是 "better":"lower"，应为 "better":"higher"'),
        (f"{EDITION}/data/energy.heat/index.html", "<h1>", "<h1>新", ""),
        (f"{DATA}/README.txt", "2026", "2027", ""),
        (f"{DATA}/datapackage.json", '"version": "2025-sample"', '"version": "2024-sample"', '写的是 "version": "2024-sample"'),
        ("index.html", "84.5%", "94.5%", ""),
        ("index.html", "已达标", "未达标", ""),
        ("index.html", "Dataset", "Thing", ""),
        ("latest/440000/plan.html", "../../2025-sample/440000/plan.html", "../../2025-sample/000000/plan.html", ""),
        ("latest/index.html", "<h2>", "<h2>旧", ""),
        ("404.html", "没有这一页", "有这一页", ""),
        ("atom.xml", "2026-05-06", "2026-05-07", ""),
        ("llms.txt", "440000/plan.html", "000000/plan.html", ""),
        ("robots.txt", "Allow: /", "Disallow: /", "写的是 Disallow: /，应为 Allow: /"),
        ("nginx-headers.conf", "nosniff", "sniff", ""),
        ("ro-crate-metadata.json", '"endTime": "2026-05-06"', '"endTime": "2026-05-07"', '写的是 "endTime": "2026-05-07"，应为 "endTime": "2026-05-06"'),
    ],
)  # fmt: skip
def test_what_is_written_otherwise_is_named(site: Copy, path: str, before: str, after: str, said: str) -> None:
    site.text(path, before, after)
    site.forge()
    [found] = site.faults(key=False)
    assert found.startswith(f"{path} 有 ")
    assert OTHERWISE in found
    assert said in found


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("84.5%", "94.5%", "“共享率 94.5% 2020—2025 ● 已达标 目标：不低于80% 平凡 怎样计算”不是报告里的"),
        ("目标：1.3以下", "目标：1.4以下", "“平凡 1.31 × 未达标 目标：1.4以下”不是报告里的"),
        ("2 项目标：1 项已达标", "2 项目标：2 项已达标", "标题“全国 2 项目标：2 项已达标，1 项未达标”与各项目标的情况不符：写的是 2、2、1"),
        ('<span class="number">80.1</span>', '<span class="number">81.1</span>', "f-sharing-provinces 的 广东 写的是 81.1，报告为 80.1"),
    ],
)  # fmt: skip
def test_a_front_page_that_says_otherwise_than_its_report_is_named(
    site: Copy, before: str, after: str, said: str
) -> None:
    for path in (f"{EDITION}/index.html", "index.html"):  # both, so that they agree
        site.text(path, before, after)
    site.forge()
    assert site.faults(key=False) == [f"{EDITION}/index.html 有 1 处与报告不同：{said}"]


def test_an_asset_that_is_not_what_its_name_says(site: Copy) -> None:
    [path] = [one for one in sorted(site.root.glob("assets/*.js")) if b"greenAnswer = " in one.read_bytes()]
    name = path.relative_to(site.root).as_posix()
    site.text(name, '"高于"', '"低于"')
    site.forge()
    assert site.faults(key=False) == [f"{name} 的内容与它的名称不符：名称是内容的哈希值的前 16 位"]


def test_a_page_of_latest_that_nobody_wrote(site: Copy) -> None:
    path = "latest/440000/secret.html"
    (site.root / path).write_text("<p>1</p>", "utf-8")
    site.write("SHA256SUMS", (site.root / "SHA256SUMS").read_bytes() + f"{'0' * 64}  {path}\n".encode())
    site.forge()
    assert any(one.startswith(f"{path} 有 1 {OTHERWISE}") for one in site.faults(key=False))


def test_a_list_of_editions_that_is_another(site: Copy) -> None:
    site.text("editions.json", '"sample": true', '"sample": false')
    site.forge()
    found = site.faults(key=False)
    for path in ("atom.xml", "llms.txt", f"{DATA}/sdmx/structure.xml"):
        assert any(one.startswith(f"{path} 有 ") and OTHERWISE in one for one in found), path


def test_an_edition_of_another_program_is_not_judged_by_this_one(site: Copy, house: House) -> None:
    def git(*arguments: str) -> str:
        own = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        done = subprocess.run(["git", *own, *arguments], cwd=house.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q")
    git("add", "notebooks")
    git("commit", "-q", "-m", "x")
    commit = git("rev-parse", "HEAD")
    path = f"{DATA}/sdmx/structure.xml"
    site.text(f"{EDITION}/statement.json", "c" * 40, commit)
    site.text(path, ">Guangdong<", ">Canton<")
    site.forge()
    copy = Copy(site.root, house, site.key)
    assert [one for one in copy.faults(path, key=False) if OTHERWISE in one]  # the same program
    (house.root / "notebooks/params/defaults.yml").write_text("", "utf-8")
    assert copy.faults(path, key=False) == []
    said = [one.said for one in verify(house.layout, site.root / path, None, False, None)]
    assert f"{EDITION} 有 1 个文件不能由现在的程序重新写出：请取出提交 {commit[:12]} 的程序再核对（{path}）" in said
