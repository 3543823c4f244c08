"""What a build tells while it runs."""

from __future__ import annotations

from pipeline.build.progress import Lines


def test_lines_tell_what_is_done_before_the_first_step() -> None:
    told: list[str] = []
    lines = Lines(told.append)
    lines.doing("整理填报数据")
    lines.begin(2)
    lines.doing("全国 01_overview")
    lines.done("全国 01_overview")
    assert told == ["整理填报数据…", "[1/2] 全国 01_overview"]
