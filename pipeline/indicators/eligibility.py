"""Could a data centre be recommended as a national green data centre? What the notice asks for, held against what is filed.

关于组织开展2025年度国家绿色数据中心推荐工作的通知 (工信厅联节函〔2025〕279号). What is not filed is unknown, never missed. Two of its
conditions are in no filing and not among CRITERIA: grade 2 of GB/T 44989-2024, and that a centre built since 2022 stands
in a hub.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.wording import NOISE

RACKS, USE, PUE = 3000, 0.60, 1.30
GRADES = ("grade_1", "grade_2")  # of GB 40879: grade 2 or better
CRITERIA = ("racks", "rack_use", "pue", "grade", "renewable")
STATUS = pl.Enum(["met", "unknown", "missed"])
WEIGHT = "renewable_weight"  # kind of the rows of pue_standards.csv with the weights of provinces


def weights(standards: pl.DataFrame, year: int) -> dict[str, float]:
    """Province code -> its weight of renewable electricity consumption (消纳责任权重) in the year, a ratio; as far as known.

    standards: `reference.pue_standards`; the rows of kind WEIGHT have a province's code as item and a percentage as value.
    """
    rows = standards.filter(pl.col("kind") == WEIGHT, pl.col("year") == str(year))
    share = pl.col("value").str.strip_suffix("%").cast(pl.Float64) / 100
    return dict(rows.select("item", share).iter_rows())


def checked(rows: pl.DataFrame, weight_of: Mapping[str, float]) -> pl.DataFrame:
    """The rows of `centres.centres` with, for each of CRITERIA, a value (text of a grade, else a number), `<criterion>_is` (STATUS),
    and with status (of all: one missed is missed) and lacks: what is unknown for want of what.

    lacks: racks_in_use (not filed), months (in service for less than twelve), power (no PUE), grade (an edge centre, which
    GB 40879 does not grade), weight (of the province).
    """
    use = pl.col("racks_in_use") / pl.when(pl.col("standard_racks") > 0).then("standard_racks")
    pue = pl.when("full_year").then("pue")
    share = pl.col("green_kwh") / pl.when(pl.col("total_kwh") > 0).then("total_kwh")
    weight = (
        pl.col("province_code").cast(pl.String).replace_strict(dict(weight_of), default=None, return_dtype=pl.Float64)
    )
    valued = rows.with_columns(
        racks=pl.col("standard_racks"), rack_use=use, pue=pue, grade=pl.when("full_year").then("grade"),
        renewable=share, weight=weight,
    )  # fmt: skip
    reached = {
        "racks": pl.col("racks") >= RACKS,
        "rack_use": pl.col("rack_use") >= USE * (1 - NOISE),
        "pue": pl.col("pue") <= PUE * (1 + NOISE),
        "grade": pl.col("grade").cast(pl.String).is_in(GRADES),
        "renewable": pl.col("renewable") >= pl.col("weight") * (1 - NOISE),
    }
    told = {
        f"{name}_is": pl.when(met).then(pl.lit("met")).when(met.not_()).then(pl.lit("missed")).otherwise(pl.lit("unknown")).cast(STATUS)
        for name, met in reached.items()
    }  # fmt: skip
    each = [pl.col(name).cast(pl.String) for name in told]
    wants = {
        "racks_in_use": pl.col("rack_use").is_null(),
        "months": ~pl.col("full_year"),
        "power": pl.col("full_year") & pl.col("pue").is_null(),
        "grade": pl.col("full_year") & pl.col("pue").is_not_null() & pl.col("grade").is_null(),
        "weight": pl.col("weight").is_null(),
    }
    lacks = pl.concat_list(pl.when(holds).then(pl.lit(name)) for name, holds in wants.items()).list.drop_nulls()
    return valued.with_columns(**told).with_columns(
        status=pl.when(pl.any_horizontal(one == "missed" for one in each)).then(pl.lit("missed"))
        .when(pl.any_horizontal(one == "unknown" for one in each)).then(pl.lit("unknown"))
        .otherwise(pl.lit("met")).cast(STATUS),
        lacks=lacks,
    )  # fmt: skip
