"""The data of an edition as a whole, beside those of its figures: the catalogue of indicators, their values as the public
may see them, and the scenarios in the format of the Integrated Assessment Modeling Consortium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from pipeline.errors import DataError
from pipeline.given.reference import Plan
from pipeline.indicators.flags import SUPPRESSED
from pipeline.indicators.model import Catalogue
from pipeline.language.words import CHINESE
from pipeline.layout import Layout
from pipeline.publish.tables import Published
from pipeline.publish.taken import AUDIENCE, Edition

CHAPTER = CHINESE("site_all_indicators")
CATALOGUE, VALUES, SCENARIOS = "indicator-catalogue", "indicator-values", "scenarios-iamc"
INSIDE = ("entity_id", "n_rows", "n_entities", "n_groups", "largest_share", "others_to_largest", "months")
"""What the indicator table says of who contributes: never for the public, whose table has it empty."""
_FIELDS = {
    "indicator_id": "指标代号，见 indicator-catalogue",
    "year": "年份",
    "region_code": "行政区划代码（GB/T 2260），全国为 000000；另有四个经济区域的代号",
    "dimension": "分项的维度；空为不分项",
    "member": "分项的代号",
    "value": "数值；空为没有，〔保密〕为有而不公布",
    "numerator": "分子；空为没有或保密",
    "denominator": "分母；空为没有或保密",
    "unit": "数值的单位；1 为比值",
    "coverage": "填报的完整率",
    "flag": "提示",
}
_IAMC = ("model", "scenario", "region", "variable", "unit", "year", "value")


def published(layout: Layout, edition: Edition, catalogue: Catalogue, plan: Plan) -> Iterator[Published]:
    """The catalogue; then, where the edition's public folder has them, the values and the scenarios. Raises DataError
    where that folder holds what the public must not see, or a file that cannot be read."""
    folder = layout.processed / edition.built / AUDIENCE
    yield _catalogue(catalogue, plan)
    if (path := folder / "indicators.parquet").is_file():
        yield _values(path, catalogue)
    yield from map(_scenarios, scenarios(layout, edition))


def scenarios(layout: Layout, edition: Edition) -> list[Path]:
    """The file of the scenarios, where there is one."""
    path = layout.processed / edition.built / AUDIENCE / "scenarios" / "iamc.csv"
    return [path] if path.is_file() else []


def _catalogue(catalogue: Catalogue, plan: Plan) -> Published:
    targets = {target.indicator: target.id for target in plan.targets}
    rows = [
        {
            "indicator_id": one.id,
            "名称": one.title,
            "单位": one.unit,
            "口径": one.definition.text,
            "依据": one.source,
            "对应目标": targets.get(one.id),
        }
        for one in catalogue.indicators.values()
    ]
    data = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    return Published(
        CATALOGUE,
        CHAPTER,
        "",
        CHINESE("site_catalogue"),
        "指标目录",
        "每个指标一行。",
        "本报告的指标目录",
        data,
    )


def _values(path: Path, catalogue: Catalogue) -> Published:
    data = _read(path, pl.read_parquet)
    told = [name for name in INSIDE if name in data.columns and data[name].null_count() < data.height]
    if told:
        raise DataError(
            "publish.undisclosed", f"没有发布：{path} 里有不应公开的列 {'、'.join(told)}；请重新生成公开版报告"
        )
    if unknown := sorted(set(data["indicator_id"]) - set(catalogue.indicators)):
        raise DataError(
            "publish.tables",
            f"没有发布：{path} 里有指标目录中没有的指标 {'、'.join(unknown[:6])}；请重新生成公开版报告",
        )
    fields = {name: {"description": text} for name, text in _FIELDS.items()}
    return Published(
        VALUES,
        CHAPTER,
        "",
        CHINESE("site_values"),
        "指标数值",
        f"指标、年份、地区、分项各一行；名称和口径见 {CATALOGUE}。",
        "企业填报，本报告计算；经保密处理",
        data.select(name for name in data.columns if name in _FIELDS).with_columns(
            value=pl.when(pl.col("flag") == SUPPRESSED).then(float("nan")).otherwise("value")
        ),
        fields | {"value": {"description": _FIELDS["value"], "unit": "见同一行的 unit"}},
    )


def _scenarios(path: Path) -> Published:
    data = _read(path, pl.read_csv)
    if tuple(data.columns) != _IAMC:
        raise DataError("publish.scenarios", f"没有发布：{path} 的列应为 {'、'.join(_IAMC)}；请重新生成公开版报告")
    return Published(
        SCENARIOS,
        CHAPTER,
        "",
        CHINESE("site_scenarios"),
        "情景",
        "IAMC 长表，pyam 可直接读入。",
        "本报告的情景推算",
        data,
        {"value": {"unit": "见同一行的 unit"}},
    )


def _read(path: Path, read: Callable[[Path], pl.DataFrame]) -> pl.DataFrame:
    try:
        return read(path)
    except (OSError, pl.exceptions.PolarsError):
        raise DataError("publish.tables", f"没有发布：{path} 读不出来；请重新生成公开版报告") from None
