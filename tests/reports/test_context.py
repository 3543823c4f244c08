"""What a chapter has read is told by name, however it asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.layout import Layout
from pipeline.params import Params
from pipeline.reports import edition, sources
from pipeline.reports.cache import Hashes
from pipeline.reports.chapter import Chapter, open_chapter
from pipeline.reports.context import Present, freeze, told, watched
from pipeline.reports.plan import NO_FILINGS, Selection, jobs
from tests.reports import editions


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda one: one.top_n, {"params.top_n"}),
        (lambda one: getattr(one, "g_it"), {"params.g_it"}),  # noqa: B009
        (lambda one: one.model_dump(), {"params"}),
        (lambda one: one.model_copy(update={"top_n": 5}).g_it, {"params"}),
        (lambda one: one == Params(), {"params"}),
        (lambda one: dict(one), {"params"}),
        (vars, {"params"}),
        (repr, {"params"}),
        (lambda one: isinstance(one, Params), set()),
    ],
)
def test_a_parameter_that_is_asked_for_is_told(ask: Callable[[Params], Any], expected: set[str]) -> None:
    names: set[str] = set()
    ask(watched(Params(), names.add))
    assert names == expected


@pytest.fixture
def chapter(layout: Layout, tmp_path: Path) -> tuple[Chapter, Callable[[], set[str]]]:
    job = jobs(layout, Selection(filings=NO_FILINGS))[0]
    edition.prepare(layout, [job])
    reads = tmp_path / "reads"
    context = tmp_path / "context.json"
    context.write_text(json.dumps(freeze(layout, job) | {"reads": str(reads), "tables": str(tmp_path)}))
    opened = open_chapter(context=str(context))

    def seen() -> set[str]:
        names = set(reads.read_text().split()) if reads.exists() else set()
        reads.unlink(missing_ok=True)
        return names

    assert seen() == set()
    return opened, seen


def test_what_a_chapter_is_asked_for_is_told(chapter: tuple[Chapter, Callable[[], set[str]]]) -> None:
    opened, seen = chapter
    for free in ("year", "region", "published", "plan", "provinces", "has_filings", "layout"):
        getattr(opened, free)
    opened.filed("energy")
    assert seen() == set()  # counts for every chapter; there are no filings
    assert (opened.scenario, opened.params.top_n) == ("plan", 10)
    assert seen() == {"scenario", "params.top_n"}
    assert len(opened.view.table) >= 0
    assert len(opened.parameters)
    assert len(opened.inputs)
    assert opened.edition.is_dir()
    assert seen() == {"indicators", "coverage", "params.highlight_regions", "parameters", "inputs", "edition"}
    assert opened.outlook().paths.is_empty()
    assert set(opened.titles) == {"baseline", "plan", "accelerated"}
    assert set(opened.written()) == set(opened.titles.values())
    assert opened.last is None
    assert seen() == {"outlook", "titles", "written", "editions"}


def test_every_name_has_a_hash_that_follows_its_content(layout: Layout) -> None:
    files = Hashes(Path("/nowhere/memory"))
    common = sources.shared(layout, files)
    [one] = jobs(layout, Selection(filings=NO_FILINGS))
    [other] = jobs(layout, Selection(filings=NO_FILINGS, scenario="accelerated", overrides=("top_n=5",)))
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
