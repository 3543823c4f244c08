from __future__ import annotations

import polars as pl
import pytest

from pipeline.indicators.expressions import Refused, is_whole, parse

COLUMNS: dict[str, pl.DataType] = {
    "kind": pl.Enum(["core", "access"]),
    "channel": pl.Enum(["direct", "gec"]),
    "name": pl.String(),
    "kwh": pl.Float64(),
    "racks": pl.Int64(),
    "year": pl.Int64(),
    "new_build": pl.Boolean(),
}
ROWS = pl.DataFrame(
    {"kind": ["core", "access", None], "channel": ["gec", "gec", "direct"], "name": ["甲", "乙", None], "kwh": [1.5, None, 3.0],
     "racks": [10, 20, 30], "year": [2020, 2021, 2022], "new_build": [True, False, None]},
    schema=COLUMNS,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("kwh", [1.5, None, 3.0]),
        ("kwh * 1000", [1500.0, None, 3000.0]),
        ("racks / 2", [5.0, 10.0, 15.0]),
        ("kwh - racks", [-8.5, None, -27.0]),
        ("CAST(1.5 AS DOUBLE) * racks", [15.0, 30.0, 45.0]),
        ("1", [1.0]),
        ("kind = 'core'", [1.0, 0.0, None]),
        ("racks >= 20 OR kind <> 'core'", [0.0, 1.0, 1.0]),
        ("CASE WHEN kind = 'core' THEN kwh ELSE 0 END", [1.5, 0.0, 0.0]),
        ("CASE WHEN new_build THEN kwh END", [1.5, None, None]),
        ("COALESCE(kwh, 0)", [1.5, 0.0, 3.0]),
    ],
)
def test_numbers_are_float64_whatever_they_are_written_as(text: str, values: list[float | None]) -> None:
    found = ROWS.select(found=parse(text, COLUMNS))["found"]
    assert found.dtype == pl.Float64
    assert found.to_list() == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("kind IN ('core', 'access')", [True, True, None]),
        ("kind NOT IN ('core')", [False, True, None]),
        ("year BETWEEN 2020 AND 2021", [True, True, False]),
        ("new_build AND year = 2020", [True, False, False]),
        ("NOT new_build", [False, True, None]),
        ("name = '甲'", [True, False, None]),
        ("kind IS NOT NULL", [True, True, False]),
        ("year IN (2020, 2022)", [True, False, True]),
    ],
)
def test_conditions_are_true_false_or_null(text: str, values: list[bool | None]) -> None:
    assert ROWS.select(found=parse(text, COLUMNS, boolean=True))["found"].to_list() == values


@pytest.mark.parametrize(
    ("text", "said", "right"),
    [
        ("kwh AS energy", "AS 另起列名", ""),
        ("SUM(kwh) OVER (PARTITION BY year)", "窗口函数", ""),
        ("ROW_NUMBER() OVER (ORDER BY kwh)", "窗口函数", ""),
        ("SUM(kwh)", "汇总函数", "本来就按行求和"),
        ("COUNT(*)", "汇总函数", "kind: count"),
        ("(SELECT 1)", "子查询", ""),
        ("kwhs", "没有名为“kwhs”的列", "最接近的是 kwh"),
        ("kind = 'cor'", "没有名为“cor”的代码（列 kind）", "最接近的是 core"),
        ("'cor' = kind", "没有名为“cor”的代码", "core、access"),
        ("kind <> 'corre'", "没有名为“corre”的代码", "core"),
        ("kind IN ('core', 'acess')", "没有名为“acess”的代码", "access"),
        ("kind NOT IN ('acess')", "没有名为“acess”的代码", "access"),
        ("CASE WHEN channel = 'gecs' THEN kwh END", "没有名为“gecs”的代码（列 channel）", "gec"),
        ("CASE kind WHEN 'cores' THEN 1 ELSE 0 END", "没有名为“cores”的代码", "core"),
        ("kind = 'core' AND kind = channel", "代码列只能与文字比较", "kind = 'core'"),
        ("kind > 'core'", "只能用 =、<>、IN", ""),
        ("kind LIKE 'c%'", "不能用函数", ""),
        ("UPPER('a') = kind", "代码列只能与文字比较", ""),
        ("racks = 'ten'", "不能与文字“ten”比较", ""),
        ("kwh * 1.5", "七位的定点数", "CAST(1.5 AS DOUBLE)"),
        ("CASE WHEN kwh > 1 THEN 0.5 ELSE 0 END", "七位的定点数", "CAST"),
        ("kwh >= 1.2", "七位的定点数", "CAST"),
        ("kwh / racks", "比率的平均", "numerator 和 denominator"),
        ("kwh = NULL", "IS NULL", ""),
        ("CAST(racks AS VARCHAR)", "只能用 CAST(… AS DOUBLE)", ""),
        ("kwh +", "不是可用的 SQL 表达式", ""),
        ("foo(kwh)", "不是可用的 SQL 表达式", ""),
        ("ABS(kwh)", "不能用函数", ""),
        ("kwh % 2", "不能用函数", ""),
        ("new_build + kind", "", ""),
    ],
)  # fmt: skip
def test_what_may_not_stand_is_refused_with_what_would(text: str, said: str, right: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text, COLUMNS)
    assert said in str(refused.value)
    assert right in str(refused.value)


def test_a_condition_is_not_a_number_and_the_other_way_round() -> None:
    with pytest.raises(Refused, match="应为条件"):
        parse("kwh", COLUMNS, boolean=True)
    with pytest.raises(Refused, match="应为数或条件"):
        parse("name", COLUMNS)


def test_conditions_and_whole_numbers_are_told_from_other_numbers() -> None:
    assert all(is_whole(text, COLUMNS) for text in ("new_build", "racks >= 2 OR kind = 'core'", "racks * 2", "1"))
    assert not any(is_whole(text, COLUMNS) for text in ("kwh", "racks / 2", "CASE WHEN new_build THEN kwh ELSE 0 END"))
