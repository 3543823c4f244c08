"""Scenario results for other models' tools: the long format of the Integrated Assessment Modeling Consortium.

Columns model, scenario, region, variable, unit, year, value, which pyam reads as they are. The last filed year is the
first year of every path.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

MODEL = "green-report"
_FACILITIES = {
    "data_centre": "Data Centres", "base_station": "Base Stations", "core_room": "Core Rooms",
    "access_room": "Access Rooms", "office": "Offices", "other": "Other",
}  # fmt: skip
_WHOLE = {
    "energy.total": ("Final Energy|ICT", "tce/yr"),
    "energy.electricity": ("Final Energy|ICT|Electricity", "kWh/yr"),
    "energy.per_flow": ("Energy Intensity|ICT|Information Flow", "kgce/TB"),
    "energy.per_volume": ("Energy Intensity|ICT|Business Volume", "kgce/10000 CNY_{base}"),
    "carbon.location": ("Emissions|CO2|ICT|Location-based", "t CO2/yr"),
    "carbon.market": ("Emissions|CO2|ICT|Market-based", "t CO2/yr"),
    "green.share": ("Share|Green Electricity|ICT", "1"),
    "activity.flow": ("Activity|ICT|Information Flow", "TB/yr"),
    "activity.volume": ("Activity|ICT|Business Volume", "10000 CNY_{base}/yr"),
}
VARIABLES = (
    _WHOLE
    | {f"energy.total/{code}": (f"Final Energy|ICT|{name}", "tce/yr") for code, name in _FACILITIES.items()}
    | {
        f"energy.electricity/{code}": (f"Final Energy|ICT|Electricity|{name}", "kWh/yr")
        for code, name in _FACILITIES.items()
    }
)
"""measure -> variable and unit; {base} stands for the base year of prices."""


def iamc(paths: pl.DataFrame, names: Mapping[str, str], base_year: int) -> pl.DataFrame:
    """model, scenario, region, variable, unit, year, value of `Outlook.paths`; what is not known has no row.

    names: region_code -> the region's name there. base_year: of whose prices the business volume is.
    """
    known = paths.filter(pl.col("measure").is_in(list(VARIABLES)), pl.col("value").is_not_null())
    variables, units = ({id: told[at] for id, told in VARIABLES.items()} for at in range(2))
    return known.select(
        pl.lit(MODEL).alias("model"),
        "scenario",
        pl.col("region_code").replace_strict(names, return_dtype=pl.String).alias("region"),
        pl.col("measure").replace_strict(variables, return_dtype=pl.String).alias("variable"),
        pl.col("measure")
        .replace_strict(units, return_dtype=pl.String)
        .str.replace("{base}", str(base_year), literal=True)
        .alias("unit"),
        "year",
        "value",
    ).sort("scenario", "region", "variable", "year")
