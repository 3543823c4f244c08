"""Which columns do the declarations see? Accepted tables become the frames that expressions are evaluated on.

Each function takes a frame and adds what belongs to a row (a weight, a class, a month's year); none aggregates over
rows of different things. `prepare` puts them together. A prepared frame has no control rows, one row a year, the
constants of the plan as columns, `_rows` (how many filed rows stand behind it) and `_months` (how many months there
are, where fewer than twelve: then its quantities are null).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import DataError
from pipeline.filings.contracts import BY_NAME, TABLES, Table
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.reference import Plan
from pipeline.indicators import carbon, cases, exact, quality
from pipeline.layout import Layout
from pipeline.wording import NOISE

Tables = Mapping[str, pl.DataFrame]

UNDATED = frozenset({"entities", "cases", "counts"})  # known of the report's year only
STOCKS = frozenset({"stations", "monitored_stations"})  # averaged over the months; all other amounts are summed

SIZE_CLASSES = {"hyperscale": "超大型", "large": "大型", "medium_small": "中小型"}
GRADES = {"grade_1": "1 级", "grade_2": "2 级", "grade_3": "3 级", "beyond": "未达 3 级"}
MEASURED = {"pue_1": "PUE1（不间断电源输出端）", "pue_2": "PUE2（配电单元输出端）", "pue_3": "PUE3（IT设备输入端）", "unknown": "未填类别"}  # fmt: skip
"""Measurement categories of ISO/IEC 30134-2 (basic, intermediate, advanced), by where the energy of IT equipment is metered."""
SIZE_CLASS, GRADE, MEASURED_AT = (pl.Enum(list(one)) for one in (SIZE_CLASSES, GRADES, MEASURED))
CODE = pl.Categorical()
KINDS = BY_NAME["entities"].dtypes["kind"]

_CONSTANTS = dict.fromkeys(("plan_start", "plan_end", "baseline_year", "report_year"), pl.Int64())
_OF_ENTITY: dict[str, pl.DataType] = {"entity_kind": KINDS, "group_id": pl.String()}
_LOCATED: dict[str, pl.DataType] = {"location_kgco2": pl.Float64(), "grid_factor_year": pl.Int64()}
_ADDED: dict[str, dict[str, pl.DataType]] = {
    "energy": {"tce": pl.Float64(), "has_grid_factor": pl.Boolean()},
    "data_centres": {
        "size_class": SIZE_CLASS,
        "grade": GRADE,
        "grade_applies": pl.Boolean(),
        "full_year": pl.Boolean(),
        "measured_at": MEASURED_AT,
        **_LOCATED,
    },
    "green_power": {"tce": pl.Float64()},
    "equipment": {"years": pl.Int64(), "vintage": pl.String(), **_LOCATED},
    "business": {"tce": pl.Float64(), **_LOCATED},
    "cases": cases.COLUMNS,
}
_MADE: dict[str, dict[str, pl.DataType]] = {"carbon": carbon.COLUMNS, **quality.COLUMNS}


def _columns(table: Table) -> dict[str, pl.DataType]:
    hidden = {"is_control", "month", "unit"}
    filed = {name: dtype for name, dtype in table.dtypes.items() if name not in hidden}
    year = {} if "year" in filed else {"year": pl.Int64()}
    entity = _OF_ENTITY if "entity_id" in filed and table.name != "entities" else {}
    return filed | year | entity | _ADDED.get(table.name, {}) | _CONSTANTS


COLUMNS: dict[str, dict[str, pl.DataType]] = {
    **{table.name: _columns(table) for table in TABLES},
    **{name: columns | _CONSTANTS for name, columns in _MADE.items()},
}
"""What an expression may name, by table: the contract's columns, what is added here, and tables that are made."""


def prepare(
    tables: Tables,
    layout: Layout,
    params: Params,
    plan: Plan,
    report_year: int,
    counts: pl.DataFrame | None = None,
) -> dict[str, pl.DataFrame]:
    """The frames of all tables of COLUMNS, from accepted tables by name; one that is not there counts as empty.

    counts: `Intake.counts`, for the rate of rejected rows. Raises DataError where reference data are missing.
    """
    filed = {table.name: _filed(tables, table) for table in TABLES}
    standards = reference.pue_standards(layout)
    coefficients = coal_coefficients(layout, params)
    factors = reference.grid_factors(layout)
    frames = {name: whole_years(without_controls(frame, BY_NAME[name]), BY_NAME[name]) for name, frame in filed.items()}
    for name, frame in frames.items():
        if "entity_kind" in COLUMNS[name]:
            frames[name] = with_entity(frame, filed["entities"])
    frames["energy"] = with_grid_factor(with_tce(frames["energy"], coefficients), factors)
    frames["green_power"] = with_green_tce(frames["green_power"], coefficients["electricity"])
    sized = with_size_class(with_cluster(frames["data_centres"]), standards)
    graded = with_full_year(with_grade(sized, standards))
    frames["data_centres"] = with_location(with_measured_at(graded), factors, "total_kwh")
    frames["equipment"] = with_location(with_years(frames["equipment"]), factors, "energy_kwh")
    frames["business"] = with_location(with_tce(frames["business"], coefficients), factors, "quantity")
    accounted = cases.accounted(frames["cases"], layout, params, report_year)
    frames["cases"] = accounted.with_columns(year=pl.lit(report_year, pl.Int64))
    frames["standards"] = frames["standards"].with_columns(year=pl.col("published_year"))
    frames["entities"] = frames["entities"].with_columns(year=pl.lit(report_year, pl.Int64))
    frames["carbon"] = carbon.emissions(
        frames["energy"], frames["green_power"], factors, reference.fuel_factors(layout), params.fuel_factor_set
    )
    frames = {name: coded(frame) for name, frame in frames.items()}
    frames["cells"] = quality.cells(frames)
    frames["counts"] = quality.rejections(counts, report_year)
    constants = {
        "plan_start": plan.term_start, "plan_end": plan.term_end, "baseline_year": plan.baseline_year,
        "report_year": report_year,
    }  # fmt: skip
    return {
        name: frame.with_columns(pl.lit(value, pl.Int64).alias(column) for column, value in constants.items())
        for name, frame in frames.items()
    }


def _filed(tables: Tables, table: Table) -> pl.DataFrame:
    """The canonical columns of an accepted table."""
    return tables[table.name].select(list(table.dtypes)) if table.name in tables else pl.DataFrame(schema=table.dtypes)


# --- rows --------------------------------------------------------------------------------------------------


def without_controls(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Without the rows of the nation that repeat the sum of the provinces.

    They are known by a province in the key: in a table of things (cases) a row of the nation is a thing like others.
    """
    is_sum = "province_code" in table.key and "is_control" in frame.columns
    return frame.filter(~pl.col("is_control")) if is_sum else frame


def whole_years(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """One row a year, with _rows and _months: flows summed over the months, stocks averaged.

    With fewer than twelve months the amounts are null: the sum of eleven would be taken for a year's, and a year that
    is extrapolated from them has not been filed. An annual row (month 0) is a whole year.
    """
    if "month" not in table.key:
        return frame.with_columns(_rows=pl.lit(1, pl.Int64), _months=pl.lit(None, pl.Int64))
    annual = frame.filter(pl.col("month") == 0).with_columns(_rows=pl.lit(1, pl.Int64), _months=pl.lit(None, pl.Int64))
    key = [name for name in table.key if name != "month"]
    amounts = [name for name, dtype in table.dtypes.items() if dtype == pl.Float64]
    months = pl.col("month").n_unique().cast(pl.Int64)
    monthly = frame.filter(pl.col("month") > 0).group_by(key, maintain_order=True).agg(
        *(
            pl.when((months == 12) & (pl.col(name).null_count() == 0)).then(
                exact.total(name) / 12 if name in STOCKS else exact.total(name)
            ).alias(name)
            for name in amounts
        ),
        *(pl.col(name).first() for name in frame.columns if name not in (*key, *amounts, "month")),
        _rows=pl.len().cast(pl.Int64),
        _months=pl.when(months < 12).then(months),
    )  # fmt: skip
    return pl.concat([annual.drop("month"), monthly.select(annual.drop("month").columns)])


def with_entity(frame: pl.DataFrame, entities: pl.DataFrame) -> pl.DataFrame:
    """entity_kind and group_id of the filing entity; one that is not registered is its own group."""
    known = entities.select("entity_id", "group_id", entity_kind="kind").unique("entity_id", keep="first")
    joined = frame.join(known, on="entity_id", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("group_id", "entity_id").alias("group_id"))


def coded(frame: pl.DataFrame) -> pl.DataFrame:
    """Province and filing entity as categories: rows are grouped by them again and again, and texts make that slow."""
    of_filer = ("province_code", "entity_id") if "entity_kind" in frame.columns else ()
    return frame.with_columns(pl.col(of_filer).cast(CODE)) if of_filer else frame


# --- weights -----------------------------------------------------------------------------------------------


def coal_coefficients(layout: Layout, params: Params) -> dict[str, float]:
    """Carrier -> kgce per canonical unit; the same in all years, so that an intensity moves with energy alone.

    Electricity at equivalent value (当量值) unless the parameters ask for coal-equivalent value (等价值); natural gas
    and water by parameter, for the sources do not agree on them (water 0 by default: it must not move a headline).
    """
    fuels = ("diesel", "gasoline", "lpg", "raw_coal", "heat")
    table = reference.energy_coefficients(layout).filter("preferred").select("carrier", "kgce_per_unit")
    printed = _numbers(table, "energy_coefficients.csv", ("electricity_equivalent", *fuels))
    electricity = (
        printed["electricity_equivalent"] if params.electricity_coal_method == "equivalent"
        else params.electricity_coal_coefficient_kgce_per_kwh
    )  # fmt: skip
    return {
        "electricity": electricity,
        "natural_gas": params.natural_gas_kgce_per_m3,
        "water": params.water_kgce_per_t,
        **{carrier: printed[carrier] for carrier in fuels},
    }


def with_tce(energy: pl.DataFrame, coefficients: Mapping[str, float]) -> pl.DataFrame:
    """tce: the quantity in tonnes of standard coal (综合能耗)."""
    kgce = pl.col("carrier").cast(pl.String).replace_strict(coefficients, return_dtype=pl.Float64)
    return energy.with_columns(tce=pl.col("quantity") * kgce / 1000)


def with_green_tce(green_power: pl.DataFrame, kgce_per_kwh: float) -> pl.DataFrame:
    """tce: green electricity in standard coal, with the coefficient that all electricity has.

    Any other one would let the share in all energy exceed the share in electricity.
    """
    return green_power.with_columns(tce=pl.col("kwh") * kgce_per_kwh / 1000)


def with_grid_factor(energy: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """has_grid_factor: whether an average factor of electricity is published for the province, of any year."""
    known = factors.filter(pl.col("kind") == "average", pl.col("factor_kgco2_per_kwh").is_not_null())
    return energy.with_columns(
        has_grid_factor=pl.col("province_code").is_in(known["region_code"].drop_nulls().implode())
    )


# --- data centres ------------------------------------------------------------------------------------------


def with_cluster(centres: pl.DataFrame) -> pl.DataFrame:
    """hub_cluster by its name alone: 韶关数据中心集群 is 韶关."""
    return centres.with_columns(pl.col("hub_cluster").str.strip_suffix("集群").str.strip_suffix("数据中心"))


def _limits(standards: pl.DataFrame) -> dict[str, float]:
    """Racks and PUE that part classes and grades."""
    table = standards.filter(pl.col("kind").is_in(["grade", "size_class"])).select("item", "number")
    return _numbers(
        table, "pue_standards.csv", ("hyperscale", "medium_small", "edge", "grade_1", "grade_2", "grade_3_limit")
    )


def _numbers(table: pl.DataFrame, file: str, names: Sequence[str]) -> dict[str, float]:
    """Name -> number. Raises DataError for one that is not there."""
    found = dict(table.drop_nulls().iter_rows())
    if missing := [name for name in names if name not in found]:
        raise DataError(
            "reference.number", f"参考数据 {file} 缺少 {'、'.join(missing)} 的数值，请补上该行，或恢复原文件。"
        )
    return {name: float(found[name]) for name in names}


def with_size_class(centres: pl.DataFrame, standards: pl.DataFrame) -> pl.DataFrame:
    """size_class by design racks (工信部联通〔2013〕13号): what a centre was built for, not what it holds today.

    standards: `reference.pue_standards`. Raises DataError where it lacks a limit.
    """
    limits, racks = _limits(standards), pl.col("standard_racks")
    return centres.with_columns(
        size_class=pl.when(racks >= limits["hyperscale"]).then(pl.lit("hyperscale"))
        .when(racks >= limits["medium_small"]).then(pl.lit("large"))
        .when(racks.is_not_null()).then(pl.lit("medium_small")).cast(SIZE_CLASS)
    )  # fmt: skip


def with_grade(centres: pl.DataFrame, standards: pl.DataFrame) -> pl.DataFrame:
    """grade of GB 40879-2021 by the centre's own PUE, null for edge centres and without power of equipment; grade_applies.

    A centre has one grade, the best whose limit it keeps, so that the shares add up to one. The standard applies to new
    and rebuilt centres (its scope, clause 1) since it came into force: here to those commissioned since, for filings do
    not tell rebuilt ones; one of that year without a month counts as older. standards: `reference.pue_standards`. Raises
    DataError where it lacks a limit or the date.
    """
    limits, (year, month) = _limits(standards), _in_force(standards)
    pue = pl.when(pl.col("it_kwh") > 0).then(pl.col("total_kwh") / pl.col("it_kwh")) * (1 - NOISE)  # 10.8 / 9 is 1.2
    graded = (
        pl.when(pue <= limits["grade_1"]).then(pl.lit("grade_1"))
        .when(pue <= limits["grade_2"]).then(pl.lit("grade_2"))
        .when(pue <= limits["grade_3_limit"]).then(pl.lit("grade_3"))
        .when(pue.is_not_null()).then(pl.lit("beyond"))
    )  # fmt: skip
    began = pl.col("commissioned_year")
    in_year = (began == year) & (pl.col("commissioned_month") >= month)
    return centres.with_columns(
        grade=pl.when(pl.col("standard_racks") > limits["edge"]).then(graded).cast(GRADE),
        grade_applies=(began > year) | in_year.fill_null(False),
    )


def _in_force(standards: pl.DataFrame) -> tuple[int, int]:
    """Year and month since which the grades hold: `2022-11-01` of grade 3, the limit. Raises DataError without a date."""
    said = standards.filter(pl.col("item") == "grade_3_limit")["year"].to_list()
    found = re.match(r"(\d{4})-(\d{2})", (said or [None])[0] or "")
    if found is None:
        raise DataError(
            "reference.number", "参考数据 pue_standards.csv 的 grade_3_limit 行没有实施日期，year 应如 2022-11-01。"
        )
    return int(found[1]), int(found[2])


def with_full_year(centres: pl.DataFrame) -> pl.DataFrame:
    """full_year: whether the centre was in service in all twelve months of the year.

    One that came into service in the year counts as full only if that was in January; without a month it does not.
    """
    began, year = pl.col("commissioned_year"), pl.col("year")
    in_january = (began == year) & (pl.col("commissioned_month") == 1)
    return centres.with_columns(full_year=(began < year) | in_january.fill_null(False))


def with_measured_at(centres: pl.DataFrame) -> pl.DataFrame:
    """measured_at: the category of ISO/IEC 30134-2 that was filed (1, 2, 3), a member of MEASURED."""
    known = {1: "pue_1", 2: "pue_2", 3: "pue_3"}
    return centres.with_columns(
        measured_at=pl.col("pue_category").replace_strict(known, default="unknown", return_dtype=MEASURED_AT)
    )


def with_location(rows: pl.DataFrame, factors: pl.DataFrame, kwh: str) -> pl.DataFrame:
    """location_kgco2 and grid_factor_year: all electricity of a row (its column `kwh`) times the average factor of its province.

    Of a centre the numerator of CUE (carbon usage effectiveness, ISO/IEC 30134-8): the CO2 of a year of its energy, over the
    energy of its IT equipment. Null in a province without a published factor. factors: `reference.grid_factors`, chosen by
    year as `carbon.factors_by_year` does.
    """
    known = carbon.factors_by_year(factors, "average", "province", rows["year"])
    of_province = known.select("year", province_code="region_code", _factor="factor", grid_factor_year="of_year")
    joined = rows.join(of_province, on=["year", "province_code"], how="left", maintain_order="left")
    return joined.with_columns(location_kgco2=pl.col(kwh) * pl.col("_factor")).drop("_factor")


# --- equipment ---------------------------------------------------------------------------------------------

EQUIPMENT = {code: spelt[0] for code, spelt in BY_NAME["equipment"].column("equipment_type").members.items()}


def with_years(equipment: pl.DataFrame) -> pl.DataFrame:
    """years in service at the end of the year, and vintage: what it is and since when, as `服务器 2021`."""
    kind = pl.col("equipment_type").cast(pl.String).replace(EQUIPMENT)
    return equipment.with_columns(
        years=(pl.col("year") - pl.col("commissioned_year")).clip(lower_bound=0),
        vintage=pl.concat_str(kind, pl.col("commissioned_year").cast(pl.String), separator=" "),
    )
