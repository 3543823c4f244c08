"""What the chapter on scenarios says of a target, in every case that filings and draws can bring."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline import reference
from pipeline.indicators import evaluate
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.view import View
from pipeline.layout import Layout
from pipeline.regions import Region, resolve
from pipeline.reports import foresight
from pipeline.reports.foresight import Foresight, probability, said_of_target, standing, target_year
from pipeline.scenarios.outlook import SCHEMAS, Outlook

FLOW = "energy.per_flow.change"
GOAL = "单位信息流量综合能耗比 2020 年下降20%"


def ahead(
    layout: Layout,
    filed: dict[int, float],
    projected: dict[int, float],
    chance: dict[int, float] | None = None,
    region: str = "全国",
) -> Foresight:
    """The changes of energy per flow that were filed, and those of the scenario `plan` with their probabilities."""
    place: Region = resolve(region, layout)
    rows = pl.DataFrame(
        [(FLOW, year, place.code, value) for year, value in filed.items()],
        {"indicator_id": pl.String, "year": pl.Int64, "region_code": pl.String, "value": pl.Float64},
        orient="row",
    )
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in evaluate.TABLE.items() if name not in rows.columns]
    table = rows.with_columns(empty).select(pl.col(name).cast(dtype) for name, dtype in evaluate.TABLE.items())
    t0 = max(filed, default=2025)
    view = View(table, load_catalogue(layout), place, t0, reference.provinces(layout), {})
    told = [
        ("plan", place.code, FLOW, year, value <= -0.2, (chance or {}).get(year, float(value <= -0.2)))
        for year, value in projected.items()
    ]
    frames = {name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()}
    frames["targets"] = pl.DataFrame(told, SCHEMAS["targets"], orient="row")
    frames["notes"] = pl.DataFrame([(place.code, t0, None)], SCHEMAS["notes"], orient="row")
    return Foresight(view, Outlook(**frames), {"plan": "行动计划"}, "plan")


def said(layout: Layout, *arguments: object, **more: object) -> str:
    target = next(one for one in reference.load_plan(layout).targets if one.indicator == FLOW)
    return said_of_target(ahead(layout, *arguments, **more), target)  # type: ignore[arg-type]


def years(*values: float, first: int = 2025) -> dict[int, float]:
    return dict(enumerate(values, first))


FILED = {2020: 0.0, 2024: -0.16, 2025: -0.19}


def test_a_target_that_was_met_before_and_stays_so(layout: Layout) -> None:
    filed = {2020: 0.0, 2024: -0.1, 2025: -0.2}
    text = said(layout, filed, years(-0.2, -0.25, -0.3, -0.35, -0.4, -0.45))
    assert text == f"全国{GOAL}的目标：2025 年的填报已经达到；行动计划情景下此后一直满足，2030 年满足的概率为 100%。"


def test_a_target_that_was_met_and_is_lost_again(layout: Layout) -> None:
    filed = {2020: 0.0, 2024: -0.21, 2025: -0.22}
    text = said(layout, filed, years(-0.22, -0.21, -0.199, -0.19, -0.18, -0.17), years(1, 0.9, 0.5, 0.3, 0.2, 0.002))
    assert (
        text == f"全国{GOAL}的目标：2024 年的填报已经达到；行动计划情景下 2027 年起不再满足，2030 年满足的概率不到 1%。"
    )


def test_a_target_that_was_lost_before_the_last_filing(layout: Layout) -> None:
    filed = {2020: 0.0, 2023: -0.21, 2024: -0.15, 2025: -0.18}
    again = said(layout, filed, years(-0.18, -0.21, -0.22, -0.23, -0.24, -0.25))
    assert "2023 年的填报已经达到，2024 年又不满足；行动计划情景下 2026 年再次达到，" in again
    never = said(layout, filed, years(-0.18, -0.17, -0.16, -0.15, -0.14, -0.13), years(0, 0, 0, 0, 0, 0.1))
    assert "；行动计划情景下 2030 年前不再达到，2030 年满足的概率为 10%。" in never


def test_a_target_that_is_met_late(layout: Layout) -> None:
    text = said(layout, FILED, years(-0.19, -0.195, -0.21, -0.22, -0.23, -0.24), years(0, 0.3, 0.7, 0.9, 0.99, 0.997))
    assert (
        text
        == f"全国{GOAL}的目标：行动计划情景下预计 2027 年达到，比目标年（2025 年）晚 2 年；2030 年满足的概率超过 99%。"
    )


def test_a_target_whose_year_lies_ahead(layout: Layout) -> None:
    filed = {2020: 0.0, 2022: -0.1, 2023: -0.15}
    text = said(layout, filed, years(-0.15, -0.18, -0.21, -0.22, -0.23, -0.24, -0.25, -0.26, first=2023), years(0, 0.2, 0.65, first=2023) | {2030: 1.0})  # fmt: skip
    assert (
        text
        == f"全国{GOAL}的目标：行动计划情景下预计 2025 年达到；目标年 2025 年达到的概率为 65%，2030 年满足的概率为 100%。"
    )


def test_a_target_that_is_met_for_a_while(layout: Layout) -> None:
    text = said(layout, FILED, years(-0.19, -0.21, -0.19, -0.18, -0.17, -0.16))
    assert "预计 2026 年达到，比目标年（2025 年）晚 1 年，但 2027 年起又不满足；" in text


def test_a_target_that_is_never_met(layout: Layout) -> None:
    text = said(layout, FILED, years(*[-0.19] * 6), years(*[0.0] * 5, 0.12))
    assert (
        text == f"全国{GOAL}的目标：行动计划情景下 2030 年前不达标；计入驱动因素的不确定性，2030 年达到的概率为 12%。"
    )


def test_a_province_is_only_set_beside_the_target(layout: Layout) -> None:
    text = said(layout, FILED, years(*[-0.19] * 6), region="广东")
    assert text.startswith(f"广东{GOAL}（全国目标，仅作对照）：")
    assert "的目标：" not in text


def test_without_a_baseline_nothing_is_said_of_the_year(layout: Layout) -> None:
    assert said(layout, {2025: 0.1}, {}).endswith("：没有可与 2020 年比较的填报，不能推算何时达到。")


def test_the_baseline_year_does_not_count_as_met(layout: Layout) -> None:
    target = next(one for one in reference.load_plan(layout).targets if one.indicator == FLOW)
    found = standing(ahead(layout, {2020: -0.5, 2025: -0.1}, years(-0.1, -0.3)), target, "plan")
    assert found is not None
    assert found.first == 2026
    assert target_year(found) == "2026 年"
    assert target_year(None) == "无法推算"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0%"), (1, "100%"), (0.001, "不到 1%"), (0.999, "超过 99%"), (0.5, "50%"), (0.99, "99%")],
)
def test_a_probability_is_never_rounded_to_sure(value: float, expected: str) -> None:
    assert probability(value) == expected


@pytest.mark.parametrize(("driver", "value", "expected"), [("pue_new", 1.25, "1.25"), ("g_it", 0.125, "12.5%")])
def test_a_driver_in_words(driver: str, value: float, expected: str) -> None:
    assert foresight.said(driver, value) == expected
