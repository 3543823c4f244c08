"""A chapter whose cells show charts and frames without a name, and which has no text: built as it is."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tests.build.toy import Project, notebook

CELLS = (
    'rows = pl.DataFrame({"省份": [f"第{n}" for n in range(60)], "用电量": [n / 8 for n in range(60)]})\n'
    'alt.Chart(rows).mark_bar().encode(x="省份:N", y="用电量:Q")',
    "rows",
    'print("顺便说一句")',
)


def test_what_is_shown_stands_in_the_report_and_the_analyst_is_told_once(project: Project) -> None:
    notebook(project.root / "notebooks" / "13_mine.ipynb", "我的一章", *CELLS, reads=[])
    status, said = project.run("--workers", "1")
    assert status == 0, said
    for line in (
        '13_mine 第 3 个代码单元格：这图还没有名称，标题“各省份的用电量”由程序拟定；要自己写，请用 chapter.figure(…, "f-13-1", title="…", source="…")',
        '13_mine 第 4 个代码单元格：这表还没有名称，标题“省份、用电量”由程序拟定；要自己写，请用 chapter.table(…, "t-13-2", title="…", source="…")',
        "13_mine 第 5 个代码单元格：print 的文字不进报告；要说的请写进本章的文字，或用 chapter.say",
    ):
        assert "".join(said.split()).count("".join(line.split())) == 1, said
    [page] = [path for path in project.out.rglob("*广东*.html") if "附册" not in path.name]
    text = page.read_text("utf-8")
    assert text.index('id="c-13"') < text.index('<figure id="f-13-1"') < text.index('<figure id="t-13-2"')
    assert "柱形图：各省份的用电量。数据 60 行。省份 60 种。用电量 0.000 至 7.375。" in text
    assert "共 60 行，这里列前 50 行，全部在数据文件 t-13-2.csv 中" in text
    assert "顺便说一句" not in text
    [data] = [path for path in Path(project.root).rglob("t-13-2.parquet") if "广东" in str(path)]
    assert pl.read_parquet(data).height == 60
