"""What a build is made from, resolved before anything runs: filings, their edition, their year."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.build.plan import NO_FILINGS, Job, Selection, jobs
from pipeline.build.provenance import inputs
from pipeline.errors import DataError, OutputError, ParameterError
from pipeline.layout import Layout
from pipeline.reports.front import SAMPLE
from tests.filings.test_intake import energy, folder


@pytest.fixture
def filings(tmp_path: Path) -> Path:
    return folder(tmp_path / "filings", 能源消耗=energy("2024,,CT,广东,1,kWh", "2024,,XX,广东,1,kWh"))


def job(layout: Layout, filings: Path | str, **wanted: object) -> Job:
    return jobs(layout, Selection(filings=str(filings), **wanted))[0]  # type: ignore[arg-type]


def test_without_filings(layout: Layout) -> None:
    made = job(layout, NO_FILINGS)
    assert (made.edition, made.intake, made.kind) == ("2025-none", None, "preliminary")
    assert "仅依据公开统计" in made.front.edition


def test_the_edition_is_the_latest_year_filed_and_the_name_of_the_folder(layout: Layout, filings: Path) -> None:
    made = job(layout, filings)
    assert made.intake is not None
    assert (made.edition, made.intake.accepted["energy"].height) == ("2024-filings", 1)
    assert "仅依据公开统计" not in made.front.edition
    assert job(layout, filings, year=2025).edition == "2025-filings"


@pytest.mark.parametrize("name", ["填 报", "a\" 'b'", "#=1😀", "(x) {{< y >}}", "长" * 80])
def test_a_renderer_never_sees_the_name_of_the_folder(layout: Layout, tmp_path: Path, name: str) -> None:
    made = job(layout, folder(tmp_path / name, 能源消耗=energy("2024,,CT,广东,1,kWh")))
    assert re.fullmatch(r"[a-z0-9-]{1,40}", made.stem)
    assert made.stem != job(layout, NO_FILINGS, year=2024).stem


def test_nothing_is_written_among_the_filings(layout: Layout, filings: Path) -> None:
    for out in (filings, filings / "2025"):
        with pytest.raises(OutputError, match="在这个文件夹里面，写到那里的会当作填报读入"):
            job(layout, filings, out=out)
    with pytest.raises(OutputError, match="请给出只放填报的文件夹"):
        job(layout, layout.root)


def test_an_output_folder_that_links_to_itself_is_refused(layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OutputError, match="绕成了圈"):
        job(layout, NO_FILINGS, out=tmp_path / "a")


def test_an_earlier_report_leaves_later_rows_aside_without_an_error(layout: Layout, filings: Path) -> None:
    made = job(layout, filings, year=2022)
    assert made.edition == "2022-filings"
    assert made.intake
    assert made.intake.counts.filter(table="energy").select("accepted", "rejected").row(0) == (1, 1)  # XX is unknown


def test_the_folder_says_whether_it_is_final_unless_someone_says_otherwise(layout: Layout, filings: Path) -> None:
    (filings / "EDITION.yml").write_text("kind: final\n", "utf-8")
    assert "正式稿" in job(layout, filings).front.edition
    assert "预审稿" in job(layout, filings, overrides=("edition_kind=preliminary",)).front.edition


def test_a_sample_is_marked(layout: Layout, filings: Path) -> None:
    assert job(layout, filings).front.sample == ""
    (filings / "SAMPLE").touch()
    assert job(layout, filings).front.sample == SAMPLE


def test_filings_can_be_made_public(layout: Layout, filings: Path) -> None:
    assert job(layout, filings, audience="public").audience == "public"


def test_for_the_public_the_filed_files_are_one_line_without_names(layout: Layout, filings: Path) -> None:
    intake = job(layout, filings).intake
    told, closed = inputs(layout, intake), inputs(layout, intake, "public")
    names = [one["path"] for one in closed]
    assert names[-1] == "填报（2 个文件）"
    assert [one for one in told if not one["path"].startswith("filings/")] == closed[:-1]
    assert not any("能源消耗" in name for name in names)


def test_a_folder_that_is_not_there_or_named_none(layout: Layout, filings: Path) -> None:
    with pytest.raises(DataError, match="找不到这个文件夹"):
        job(layout, filings / "nowhere")
    with pytest.raises(DataError, match="请给文件夹改名"):
        job(layout, filings.rename(filings.with_name("none")))


def test_a_year_before_the_plan_is_refused(layout: Layout, filings: Path) -> None:
    with pytest.raises(ParameterError, match="2020"):
        job(layout, filings, year=2019)


def test_a_file_stands_once_among_the_inputs(layout: Layout) -> None:
    paths = [one["path"] for one in inputs(layout, job(layout, layout.root / "data" / "raw" / "sample").intake)]
    assert "sample/EDITION.yml" in paths
    assert len(set(paths)) == len(paths)


def test_filed_files_stand_among_the_inputs_with_their_rows(layout: Layout, filings: Path) -> None:
    made = inputs(layout, job(layout, filings).intake)
    filed = {one["path"]: one["lines"] for one in made if one["path"].startswith("filings/")}
    assert filed == {"filings/填报单位.csv": 2, "filings/能源消耗.csv": 2}
    assert not any(str(filings.parent) in one["path"] for one in made)


@pytest.fixture
def with_sheets(layout: Layout, tmp_path: Path) -> Layout:
    """The checkout with notebooks of highlights and profile."""
    for part in ("data", "notebooks/params"):
        (tmp_path / "root" / part).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / part).symlink_to(layout.root / part)
    for name in ("00_highlights", "04_x", "12_provinces", "90_y"):
        (tmp_path / "root" / "notebooks" / f"{name}.ipynb").touch()
    return Layout(tmp_path / "root")


def test_a_report_is_made_in_two_volumes_and_each_part_has_a_file_of_its_own(with_sheets: Layout) -> None:
    def made(region: str = "广东", **wanted: object) -> list[str]:
        wanted = {"filings": NO_FILINGS, "year": 2025, "to": "html", "region": region} | wanted
        return [path.name for one in jobs(with_sheets, Selection(**wanted)) for path in one.outputs]  # type: ignore[arg-type]

    volumes = ["绿色发展报告-2025-广东-plan.html", "绿色发展报告-2025-广东-plan-附册.html"]
    sheets = ["绿色发展报告-2025-广东-plan-要点.html", "绿色发展报告-2025-广东-plan-省情.html"]
    assert made() == volumes
    assert made(part="all") == volumes + sheets
    assert made(part="profile，main") == [sheets[1], volumes[0]]
    assert made(part="all", lang="en") == [
        f"green-report-2025-Guangdong-plan{part}.html" for part in ("", "-annex", "-highlights", "-profile")
    ]
    assert made("全国,广东", part="profile") == [sheets[1]]  # the nation has none
    assert made("全国", part="all")[-1] == "绿色发展报告-2025-全国-plan-要点.html"
    assert made("全国", chapter=4) == ["绿色发展报告-2025-全国-plan-4.html"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"part": "summary"}, "--part summary：没有这种分册；可用：main、annex、highlights、profile；或 all"),
        ({"part": ","}, "--part 是空的；可用：main、annex、highlights、profile；或 all"),
        ({"part": "profile"}, "--part profile：全国没有省情一页；请用 --region 指明省份，或去掉 profile"),
        ({"part": "main", "chapter": 4}, "--part main：只生成一章（--chapter）时不分册；请去掉其中一个"),
    ],
)
def test_a_wrong_part_is_one_sentence(with_sheets: Layout, wanted: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError) as error:
        jobs(with_sheets, Selection(filings=NO_FILINGS, year=2025, **wanted))  # type: ignore[arg-type]
    assert str(error.value) == said
