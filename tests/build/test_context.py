"""Every input of a chapter has a name, and a hash that follows its content."""

from __future__ import annotations

from pathlib import Path

from pipeline.build import edition, sources
from pipeline.build.context import Present, told
from pipeline.build.plan import NO_FILINGS, Selection, jobs
from tests.build import editions


def test_every_name_has_a_hash_that_follows_its_content(tmp_path: Path) -> None:
    layout = editions.checkout(tmp_path / "house")
    files = sources.hashes(layout)
    common = sources.shared(layout, files)
    [one] = jobs(layout, Selection(filings=NO_FILINGS))
    [other] = jobs(layout, Selection(filings=NO_FILINGS, scenario="accelerated", overrides=("top_n=5",)))
    edition.prepare(layout, [one, other])
    here, there = (Present(layout, job, common, files) for job in (one, other))
    for name in ("scenario", "params.top_n", "params", "parameters", "everything"):
        assert here(name) != there(name), name
    for name in ("year", "region", "code", "params.publisher", "indicators"):
        assert here(name) == there(name), name


def test_what_scenarios_say_of_a_region_changes_with_its_own_parameters(tmp_path: Path) -> None:
    small = editions.checkout(tmp_path / "house")
    everywhere = f"全国,{editions.GUANGDONG},{editions.ZHEJIANG}"

    def ahead() -> list[str]:
        files = sources.hashes(small)
        common = sources.shared(small, files)
        return [Present(small, job, common, files)("outlook") for job in editions.made(small, everywhere)]

    before = ahead()
    assert len(set(before)) == 3
    (small.params / "provinces" / "330000-浙江.yml").write_text("all:\n  e_bs: 0.2\n", "utf-8")
    after = ahead()
    assert [one == other for one, other in zip(before, after, strict=True)] == [
        False,
        True,
        False,
    ]  # the nation is a sum


def test_names_are_told_in_chinese() -> None:
    assert told(["params.top_n", "filed.energy", "front"]) == "参数 top_n（图中最多列出的条目数）、填报表 energy、封面"
