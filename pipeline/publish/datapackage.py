"""downloads/: every published table as CSV and Parquet, and datapackage.json, which says what is in them.

The descriptor follows Frictionless Data Package (https://specs.frictionlessdata.io/data-package/). `unit`, `source`
and `indicator` of a field are properties of ours, which the specification allows.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline import wording
from pipeline.given import reference
from pipeline.indicators.model import Catalogue, load_catalogue
from pipeline.layout import Layout
from pipeline.publish import frame, tables, whole
from pipeline.publish.tables import Published
from pipeline.publish.taken import Edition
from pipeline.reports.front import SAMPLE, TITLE
from pipeline.reports.markup import text_html

DESCRIPTOR, README, INDEX = "datapackage.json", "README.txt", "index.html"
RIGHTS = (
    "报告和据企业填报计算的数据由编制单位发布；所引公开统计归各发布机构所有，使用时请注明各表所列的来源；"
    "生成本网站的程序以 Apache-2.0 许可。"
)
_unit = re.compile(r"^(?P<title>.+?)（(?P<unit>[^（）]+)）$")


def files(layout: Layout, edition: Edition, theme: frame.Theme) -> dict[str, bytes]:
    """The files of downloads/<edition>/, by name. Raises DataError, see `tables.published`."""
    plan = reference.plan_of(layout, edition.year)
    catalogue = load_catalogue(layout, plan_id=plan.id)
    made: dict[str, bytes] = {}
    resources: list[dict[str, Any]] = []
    listed = [*whole.published(layout, edition, catalogue, plan), *tables.published(layout, edition)]
    for table in listed:
        made[f"{table.id}.csv"] = tables.as_csv(table.frame)
        made[f"{table.id}.parquet"] = _parquet(table.frame, edition)
        resources.append(_resource(table, catalogue, made[f"{table.id}.csv"]))
        resources.append(_beside(table, made[f"{table.id}.parquet"]))
    made[DESCRIPTOR] = (json.dumps(_package(edition, resources), ensure_ascii=False, indent=1) + "\n").encode()
    made[README] = _readme(edition).encode()
    made[INDEX] = _index(edition, listed, theme).encode()
    return made


def _parquet(data: pl.DataFrame, edition: Edition) -> bytes:
    written = io.BytesIO()
    about = {"edition": edition.name, "title": _title(edition), "sample": str(edition.sample).lower()}
    data.write_parquet(written, metadata=about, compression_level=9)
    return written.getvalue()


def _title(edition: Edition) -> str:
    return f"{edition.year} 年{TITLE}数据" + (f"（{SAMPLE}）" if edition.sample else "")


def _package(edition: Edition, resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "profile": "data-package",
        "name": f"green-report-{edition.year}",
        "title": _title(edition),
        "version": edition.name,
        "created": f"{edition.date}T00:00:00+08:00",
        "description": _readme(edition),
        "contributors": [{"title": edition.publisher, "role": "publisher"}],
        "sample": edition.sample,
        "rights": RIGHTS,
        "resources": resources,
    }


def _resource(table: Published, catalogue: Catalogue, content: bytes) -> dict[str, Any]:
    return {
        "name": table.id,
        "type": "table",
        "profile": "tabular-data-resource",
        "path": f"{table.id}.csv",
        "title": table.heading,
        "description": table.description,
        "sources": [{"title": table.source or "见表中各行"}],
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **_weight(content),
        "schema": {
            "fields": [_field(name, dtype, table, catalogue) for name, dtype in table.frame.schema.items()],
            "missingValues": ["", wording.HIDDEN],
        },
    }


def _beside(table: Published, content: bytes) -> dict[str, Any]:
    return {
        "name": f"{table.id}-parquet",
        "type": "file",
        "path": f"{table.id}.parquet",
        "title": table.heading,
        "description": f"与 {table.id}.csv 相同的数据，列有类型",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        **_weight(content),
    }


def _weight(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}


def _field(name: str, dtype: pl.DataType, table: Published, catalogue: Catalogue) -> dict[str, Any]:
    """One column: its unit is what stands in brackets behind its name, else the catalogue's for that quantity."""
    found = _unit.match(name)
    title, unit = (found["title"], found["unit"]) if found else (name, "")
    indicator = next((one for one in catalogue.indicators.values() if one.title == title), None)
    if not unit and dtype.is_numeric():
        unit = indicator.unit if indicator else "年" if name.endswith("年份") else ""
    known = {} if indicator is None else {"indicator": indicator.id, "description": indicator.definition.text}
    said: dict[str, Any] = {"name": name, "type": _type(dtype), "title": title, "unit": unit, "source": table.source}
    return {**said, **known, **table.fields.get(name, {})}


def _type(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return "integer"
    if dtype.is_numeric():
        return "number"
    kinds: Mapping[Any, str] = {pl.Boolean: "boolean", pl.Date: "date"}
    return kinds.get(dtype.base_type(), "string")


def _readme(edition: Edition) -> str:
    sample = f"{SAMPLE}。" if edition.sample else ""
    return (
        f"{_title(edition)}。编制单位：{edition.publisher}；{frame.printed_date(edition.date)}；{edition.kind}。{sample}\n"
        "报告中每张图、每张表一份数据，各地区、各情景的行放在一起，前三列说明是哪一份报告的；另有全部指标的目录和数值。\n"
        "CSV 为 UTF-8 编码，带字节顺序标记，逗号分隔，第一行是列名；空的单元格表示没有数值，"
        f"{wording.HIDDEN}表示有数值而不公布（Parquet 中为 NaN）。"
        "以 =、+、-、@ 开头的文字前加了一个撇号，以免电子表格当作公式。Parquet 内容相同，文字照原样。\n"
        f"列的含义、单位和来源见 {DESCRIPTOR}；单位为空，表示没有单位，或单位写在同一行的其他列。\n"
        f"{RIGHTS}\n"
    )


def _index(edition: Edition, listed: list[Published], theme: frame.Theme) -> str:
    """A page that lists the tables, by chapter."""
    rows: list[str] = []
    chapter = ""
    for table in listed:
        if table.chapter != chapter:
            chapter = table.chapter
            rows.append(f'<tr><th scope="rowgroup" colspan="4">{text_html(chapter)}</th></tr>')
        links = " ".join(
            f'<a href="{table.id}.{suffix}" download>{text}<span class="hidden">（{text_html(table.id)}）</span></a>'
            for suffix, text in (("csv", "CSV"), ("parquet", "Parquet"))
        )
        rows.append(
            f"<tr><td>{text_html(table.number)}</td><td>{text_html(table.title)}</td>"
            f'<td class="right">{table.frame.height}</td><td>{links}</td></tr>'
        )
    notes = "".join(f"<p>{text_html(line)}</p>" for line in _readme(edition).splitlines())
    body = (
        f'<h2>{len(listed)} 张数据表</h2>{notes}<p><a href="{DESCRIPTOR}" download>数据字典 {DESCRIPTOR}</a>　'
        f'<a href="../../SHA256SUMS">校验和 SHA256SUMS</a></p><div class="scroll" tabindex="0" role="region" '
        f'aria-label="数据表"><table class="data"><caption>编号和标题以{edition.first.region.short_zh}报告为例</caption>'
        '<thead><tr><th scope="col">编号</th><th scope="col">标题</th><th scope="col" class="right">行数</th>'
        f'<th scope="col">下载</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )
    ways = [("首页", f"../../{frame.address(edition.name, INDEX)}")]
    return frame.page(f"数据下载（{edition.year} 年）", frame.head(edition, "数据下载", ways), body, "../../", theme)
