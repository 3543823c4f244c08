"""`green-report template`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import shown
from pipeline.given import regions
from pipeline.layout import Layout


def template(
    out: Annotated[Path, typer.Argument(metavar="文件", help="写到哪个 .xlsx 文件", show_default=False)],
    entity: Annotated[str | None, typer.Option(help="填报单位的编码；填报单位列只列出它")] = None,
    region: Annotated[str | None, typer.Option(help="省份；省份列只列出它")] = None,
    year: Annotated[int | None, typer.Option(help="报告年份；年份列不晚于它")] = None,
    force: Annotated[bool, typer.Option("--force", help="已有同名文件时覆盖")] = False,
) -> None:
    """生成填报模板：每张表一页，有下拉选项、取值范围和填报说明。"""
    from pipeline.filings.template import write_template

    layout = Layout.current()
    where = regions.resolve(region, layout) if region else None
    write_template(out, layout, entity, where, year, force=force)
    print(shown(out))
