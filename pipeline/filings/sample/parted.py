"""How the operators would tell their energy apart in the last two years: by equipment, and by business.

Both tables are made from the energy that the operators file, so that they add up to it but for rounding. All shares, lives and
amounts of a unit are synthetic.
"""

from __future__ import annotations

import polars as pl

from pipeline.filings.sample.calibration import OPERATORS, YEARS, apportion, noises

PARTED_YEARS = YEARS[-2:]
VENDORS = ("示例厂商子", "示例厂商丑", "示例厂商寅")
_WHERE = ("year", "entity_id", "province_code")
_FALL = 0.07  # by how much a unit uses less than one of the year before
_ENTERED = 0.55  # of a year, in that of the entry into service
_OLD = 8  # years, from which on equipment is taken out of service

# facility, type, model, share of the facility's electricity, kWh a year of a unit of 2020, kg a unit, years of entry
_KINDS = (
    ("base_station", "radio_5g", "AAU", 0.52, 5200, 45, (2019, 2020, 2021, 2022, 2023, 2024, 2025)),
    ("base_station", "radio_4g", "RRU", 0.26, 2600, 25, (2014, 2016, 2018)),
    ("base_station", "air_conditioner", "KT", 0.13, 3900, 70, (2014, 2019, 2023)),
    ("base_station", "rectifier", "DY", 0.06, 1500, 30, (2016, 2021)),
    ("base_station", "battery_lithium", "LD", 0.03, 420, 40, (2020, 2023)),
    ("data_centre", "server", "FW", 0.58, 4300, 28, (2018, 2020, 2021, 2022, 2023, 2024, 2025)),
    ("data_centre", "storage", "CC", 0.10, 6100, 60, (2021,)),
    ("data_centre", "rectifier", "DY", 0.07, 21_000, 400, (2019,)),
    ("data_centre", "air_conditioner", "KT", 0.25, 61_000, 900, (2015, 2022)),
    ("core_room", "router", "LY", 0.34, 30_000, 180, (2015, 2019, 2022, 2024)),
    ("core_room", "transmission_200g", "OT2", 0.20, 17_000, 90, (2019, 2022)),
    ("core_room", "transmission_400g", "OT4", 0.08, 24_000, 95, (2024,)),
    ("core_room", "rectifier", "DY", 0.10, 14_000, 300, (2017,)),
    ("core_room", "air_conditioner", "KT", 0.28, 42_000, 500, (2016, 2022)),
    ("access_room", "olt", "OLT", 0.62, 3400, 20, (2014, 2018, 2021, 2023)),
    ("access_room", "air_conditioner", "KT", 0.31, 5200, 70, (2015, 2021)),
    ("access_room", "battery_lead", "QS", 0.05, 900, 120, (2017,)),
    ("access_room", "battery_cascade", "TC", 0.02, 800, 90, (2022,)),
)
# facility -> business -> share of its electricity
_BUSINESSES = {
    "base_station": {"mobile": 0.95, "iot": 0.05},
    "data_centre": {"idc": 0.7, "cloud": 0.3},
    "core_room": {"mobile": 0.45, "fixed": 0.35, "iot": 0.05, "other": 0.15},
    "access_room": {"mobile": 0.2, "fixed": 0.8},
    "office": {"other": 1.0},
    "other": {"other": 1.0},
}
_ALLOCATION = {
    "mobile": "traffic", "fixed": "traffic", "idc": "metered", "cloud": "power", "iot": "traffic", "other": "revenue",
}  # fmt: skip


def _final(energy: pl.DataFrame, carrier: str) -> pl.DataFrame:
    """_WHERE, facility_type, kwh (or what the carrier is counted in) of the operators, where it is finally used."""
    rows = energy.filter(
        pl.col("year").is_in(list(PARTED_YEARS)), pl.col("entity_id").is_in(list(OPERATORS)), pl.col("supply") != "resold",
        carrier=carrier,
    )  # fmt: skip
    return rows.group_by(*_WHERE, "facility_type").agg(kwh=pl.col("quantity").sum()).sort(*_WHERE, "facility_type")


def equipment(energy: pl.DataFrame) -> pl.DataFrame:
    """What the electricity of stations, centres and rooms was used by: a row for each type and year of entry."""
    names = ("facility_type", "equipment_type", "model", "share", "usual_kwh", "usual_kg", "commissioned_year")
    kinds = pl.DataFrame(_KINDS, names, orient="row").with_columns(of_type=pl.col("commissioned_year").list.len())
    kinds = kinds.explode("commissioned_year")
    rows = _final(energy, "electricity").join(kinds, on="facility_type")
    rows = rows.filter(pl.col("commissioned_year") <= pl.col("year"))
    key = (*_WHERE, "facility_type", "equipment_type", "commissioned_year")
    rows = rows.sort(key)
    entered = pl.when(pl.col("commissioned_year") == pl.col("year")).then(_ENTERED).otherwise(1.0)
    turn = noises(rows, "equipment", *key[1:], low=0.8, high=1.2)
    rows = apportion(rows, "energy_kwh", pl.col("kwh"), pl.col("share") / pl.col("of_type") * entered * turn, *key[:4])
    good = noises(rows, "unit", *key[1:], low=0.95, high=1.05)
    each = pl.col("usual_kwh") * (1 - _FALL) ** (pl.col("commissioned_year") - 2020) * good
    units = (pl.col("energy_kwh") / (each * entered)).round().clip(lower_bound=1)
    of_vendor = pl.Series([int(one * len(VENDORS)) for one in noises(rows, "vendor", *key[1:])])
    rows = rows.with_columns(
        vendor=pl.lit(pl.Series(VENDORS)).gather(of_vendor),
        model=pl.format("{}-{}", "model", pl.col("commissioned_year") % 100),
        quantity=units.cast(pl.Int64),
        rated_kw=(each / 8760 * 1.8).round(1).clip(lower_bound=0.2),
    )
    old = pl.col("year") - pl.col("commissioned_year") > _OLD
    retired = pl.when(old).then((pl.col("quantity") * 0.12).floor().cast(pl.Int64))
    return rows.select(
        *key[:5], "vendor", "model", "commissioned_year", "quantity",
        energy_kwh=(pl.col("energy_kwh") / 100).round().cast(pl.Int64) * 100,
        rated_kw=pl.max_horizontal("rated_kw", (pl.col("energy_kwh") / pl.col("quantity") / 8760 * 1.2).ceil()),
        retired=retired, recycled_kg=retired * pl.col("usual_kg"),
    )  # fmt: skip


def business(energy: pl.DataFrame) -> pl.DataFrame:
    """Which business used the electricity and the diesel."""
    shares = pl.DataFrame(
        [(facility, name, part) for facility, of in _BUSINESSES.items() for name, part in of.items()],
        schema=["facility_type", "business", "share"], orient="row",
    )  # fmt: skip
    parts = []
    for carrier, step in (("electricity", 100), ("diesel", 10)):
        rows = _final(energy, carrier).join(shares, on="facility_type").group_by(*_WHERE, "business").agg(
            quantity=(pl.col("kwh") * pl.col("share")).sum()
        )  # fmt: skip
        whole = (pl.col("quantity") / step).round().cast(pl.Int64) * step
        parts.append(rows.with_columns(whole.alias("quantity"), carrier=pl.lit(carrier)))
    found = pl.concat(parts).filter(pl.col("quantity") > 0).sort(*_WHERE, "business", "carrier")
    allocation = pl.col("business").replace_strict(_ALLOCATION)
    return found.select(*_WHERE, "business", "carrier", "quantity", allocation=allocation)
