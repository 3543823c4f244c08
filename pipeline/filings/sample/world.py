"""What the five entities would have measured: the physical tables in canonical columns and units.

Stations, data centres and rooms come first. Energy is filed from them, within one percent, as two departments of one
company agree; green power from energy. Electricity is rounded to 100 kWh, for it is filed in 万kWh with two decimals.
"""

from __future__ import annotations

import polars as pl

from pipeline.filings.sample import calibration as to
from pipeline.filings.sample.calibration import YEARS, Published, apportion, noises, of_year

WHERE = ("year", "entity_id", "province_code")
_PAIR = ("entity_id", "province_code")
_YEAR = pl.col("year")
_SINCE_2020 = (_YEAR - YEARS[0]) / (YEARS[-1] - YEARS[0])  # 0 in 2020, 1 in 2025
_ALL_YEARS = pl.DataFrame({"year": list(YEARS)})
_KWH_PER_TWH, _TB_PER_EB = 1e9, 1e6


def tables(published: Published) -> dict[str, pl.DataFrame]:
    """The seven tables that measure something, by name, in the order of their keys."""
    places = provinces(published)
    shares = operators(places)
    mobile = traffic(published)
    stations = base_stations(published, places, shares, mobile)
    centres, rooms = data_centres(places, shares), telecom_rooms(places, shares)
    used = energy(places, shares, stations, centres, rooms)
    return {
        "energy": used,
        "activity": activity(published, places, shares, mobile),
        "sites": sites(places),
        "data_centres": centres,
        "rooms": rooms,
        "base_stations": stations,
        "green_power": green_power(places, used, centres),
    }


def _hundreds(value: pl.Expr) -> pl.Expr:
    return _whole(value / 100) * 100


def _whole(value: pl.Expr) -> pl.Expr:
    return value.round().cast(pl.Int64)


# --- provinces, shares, traffic ----------------------------------------------------------------------------


def provinces(published: Published) -> pl.DataFrame:
    """province_code, prefix, short_zh, name_zh, cluster, climate (-1 cold, 1 hot, else 0), windy, heated, coal,
    western_hub, weight (share of the mobile traffic of all published years), half (half of it evenly spread): 31 rows."""
    size = published.traffic.group_by("province_code").agg(weight=pl.col("tenths").sum())
    prefix = pl.col("prefix")
    rows = published.provinces.join(size, on="province_code").sort("province_code").with_columns(
        pl.col("weight") / pl.col("weight").sum(),
        climate=prefix.is_in(to.HOT).cast(pl.Int64) - prefix.is_in(to.COLD).cast(pl.Int64),
        windy=prefix.is_in(to.WINDY_SUNNY),
        heated=prefix.is_in(to.HEATED),
        coal=prefix.is_in(to.COLD) & prefix.is_in(to.HEATED),
        western_hub=prefix.is_in(to.WESTERN_HUBS),
    )  # fmt: skip
    return rows.with_columns(half=(pl.col("weight") + 1 / rows.height) / 2)


def operators(places: pl.DataFrame) -> pl.DataFrame:
    """province_code, entity_id, share: of each operator in each province; the three add up to 1 (93 rows)."""
    each = pl.DataFrame({"entity_id": list(to.OPERATORS), "share": list(to.OPERATORS.values())})
    rows = places.select("province_code").join(each, how="cross")
    rows = rows.with_columns(pl.col("share") * noises(rows, "operator", *_PAIR, low=0.8, high=1.2))
    return rows.with_columns(pl.col("share") / pl.col("share").sum().over("province_code"))


def traffic(published: Published) -> pl.DataFrame:
    """year, province_code, tenths: mobile traffic in tenths of a TB, as published. Until
    2025 is published, it grows as the nation did in the last months that are."""
    known, growth = published.traffic, published.traffic_growth
    if YEARS[-1] in known["year"]:
        return known
    last = known.filter(year=YEARS[-2])
    total = round(int(last["tenths"].sum()) * growth)
    speed = 1 + (growth - 1) * noises(last, "traffic growth", "province_code", low=0.6, high=1.4)
    grown = apportion(last.with_columns(_YEAR + 1), "tenths", total, pl.col("tenths") * speed)
    return pl.concat([known, grown])


# --- stations, data centres, rooms -------------------------------------------------------------------------


def base_stations(
    published: Published, places: pl.DataFrame, shares: pl.DataFrame, mobile: pl.DataFrame
) -> pl.DataFrame:
    """Per host and generation. The stations of the nation are the mean of two published year ends; the traffic of both
    generations is all mobile traffic of the province, for a host files that of its tenants."""
    five, four = published.stations("bs5g", {}), published.stations("bs4g", to.STATIONS_4G_YEAR_END)
    rows = mobile.join(places.select("province_code", "weight"), on="province_code", maintain_order="left")

    def about_1(purpose: str, by: float) -> pl.Series:
        return noises(rows, purpose, "province_code", low=1 - by, high=1 + by)

    nation_tb = of_year({year: five[year] * to.MWH_5G[year] * to.GB_PER_KWH_5G[year] for year in YEARS})
    share = nation_tb / (pl.col("tenths").sum().over("year") / 10) * about_1("5G share", 0.1)
    drift = 1 + (about_1("5G drift", 0.24) - 1) * _SINCE_2020
    rows = rows.with_columns(new=_whole(pl.col("tenths") * share.clip(upper_bound=0.85))).with_columns(
        new_kwh=pl.col("new") * 100 / (of_year(to.GB_PER_KWH_5G) * about_1("5G level", 0.1) * drift)
    )
    columns = ("year", "province_code", "generation", "stations", "tenths", "kwh")
    of_5g = apportion(rows, "stations", of_year(five), pl.col("new_kwh") / about_1("5G station", 0.1), "year")
    of_5g = of_5g.with_columns(generation=pl.lit("5G"), tenths="new", kwh="new_kwh")
    of_4g = apportion(rows, "stations", of_year(four), pl.col("weight") * about_1("4G stations", 0.12), "year")
    of_4g = of_4g.with_columns(
        generation=pl.lit("4G"),
        tenths=pl.col("tenths") - pl.col("new"),
        kwh=pl.col("stations") * of_year(to.MWH_4G) * 1000 * about_1("4G station", 0.12),
    )
    both = pl.concat([of_4g.select(columns), of_5g.select(columns)])
    each = both.join(shares, on="province_code").sort(*WHERE, "generation")
    group, meter = columns[:3], noises(each, "station meter", *_PAIR, "generation", low=0.95, high=1.05)
    watched = noises(each, "watched", *_PAIR, low=0.25, high=0.4) + 0.5 * _SINCE_2020
    each = apportion(each, "stations", pl.col("stations"), pl.col("share"), *group)
    each = apportion(each, "tenths", pl.col("tenths"), pl.col("share"), *group)
    each = apportion(each, "energy_kwh", pl.col("kwh"), pl.col("share") * meter, *group)
    return each.with_columns(_hundreds(pl.col("energy_kwh"))).select(
        *WHERE, "generation", "stations", "energy_kwh", traffic_tb=pl.col("tenths") / 10,
        equipment_kwh=_hundreds(pl.col("energy_kwh") * pl.when(generation="5G").then(0.78).otherwise(0.7)),
        monitored_stations=(pl.col("stations") * watched).floor().cast(pl.Int64),
    )  # fmt: skip


def data_centres(places: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Some 380 buildings and what they used in each year since they stood; all of them together DC_TWH."""
    rows = _buildings(places, shares).join(_ALL_YEARS, how="cross").filter(pl.col("commissioned_year") <= _YEAR)
    rows = rows.sort(*WHERE, "dc_id")
    racks, climate, age = pl.col("standard_racks"), pl.col("climate"), _YEAR - pl.col("commissioned_year")
    new, large, first_year = pl.col("commissioned_year").is_in(list(to.NEW_BUILDINGS)), racks >= 3000, age == 0
    months = pl.when(first_year).then(13 - pl.col("commissioned_month")).otherwise(12)
    ramp = age.replace_strict(dict(enumerate(to.NEW_LOAD)), default=None)
    load = pl.when(new).then(ramp).otherwise(of_year(to.STOCK_LOAD)) * noises(
        rows, "load", "dc_id", low=0.85, high=1.15
    )
    good = noises(rows, "PUE", "dc_id", low=-1, high=1)
    new_pue = pl.when(large).then(1.305).otherwise(1.40) + 0.04 * good + 0.04 * climate
    new_pue -= 0.012 * (pl.col("commissioned_year") - 2022) + 0.025 * pl.col("hub_cluster").is_not_null()
    old_pue = pl.when(large).then(1.55).otherwise(1.62) + 0.07 * good + 0.05 * climate
    rows = rows.with_columns(
        used=(load / 0.66).clip(upper_bound=0.97),
        it=racks * to.RACK_KW * 8760 * months / 12 * load,
        pue=pl.when(new).then(new_pue.clip(lower_bound=1.13) + 0.015 * first_year).otherwise(old_pue),
    )
    to_path = of_year(to.DC_TWH) * _KWH_PER_TWH / (pl.col("it") * pl.col("pue")).sum().over("year")
    rows = rows.with_columns(pl.col("it") * to_path).with_columns(total=pl.col("it") * pl.col("pue"))
    litres = (1.25 + 0.3 * climate) * noises(rows, "water", "dc_id", low=0.8, high=1.2) * (1 - 0.15 * _SINCE_2020)
    green = of_year(to.DC_GREEN) * noises(rows, "green", "dc_id", low=0.8, high=1.2)
    green *= pl.when("windy").then(1.3).otherwise(0.9) * pl.when(new).then(1.2).otherwise(0.95)
    liquid = noises(rows, "liquid", "dc_id", low=-0.5, high=0.3)  # of the racks; most buildings have none
    beyond, share = pl.col("total") - pl.col("it"), noises(rows, "cooling", "dc_id", low=0.66, high=0.8)
    heat = noises(rows, "reuse", "dc_id", low=-0.06, high=0.08).clip(
        lower_bound=0
    )  # of all electricity; of few buildings
    reuse = pl.when(climate < 0).then(heat).otherwise(0)
    mixed = ~large & (noises(rows, "mixed use", "dc_id") < 0.3)
    files = pl.col("entity_id").is_in(to.FILE_MORE) & (_YEAR >= to.MORE_SINCE)
    return rows.select(
        "dc_id", *WHERE, "name", "standard_racks", "commissioned_year", "commissioned_month",
        it_kwh=_hundreds(pl.col("it")),
        total_kwh=_hundreds(pl.col("total")),
        water_t=_whole(pl.col("it") * litres / 1000),
        green_kwh=_hundreds(pl.col("total") * green.clip(upper_bound=0.95)),
        racks_in_use=(racks * pl.col("used")).floor().cast(pl.Int64),
        pue_category=pl.lit(2),
        hub_cluster="hub_cluster",
        liquid_cooled_racks=pl.when(new & large & (liquid > 0)).then((racks * liquid).floor().cast(pl.Int64)),
        cooling_kwh=pl.when(files).then(_hundreds(beyond * share)),
        reused_kwh=pl.when(files).then(_hundreds(pl.col("total") * reuse)),
        pue_boundary=pl.when(files & mixed).then(pl.lit("mixed_use")).when(files).then(pl.lit("standalone")),
        pue_estimated=pl.when(files).then(mixed & (noises(rows, "estimated", "dc_id") < 0.6)),
    )  # fmt: skip


def _buildings(places: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """One row a building: where, whose, how large, since when. In 西藏 one operator only has any."""
    lonely = (pl.col("province_code") == to.XIZANG) & (pl.col("entity_id") != "JIA")
    pairs = shares.join(places, on="province_code").filter(~lonely).sort(_PAIR)
    in_hub = pl.when(pl.col("cluster").is_null()).then(0.8).otherwise(1.3)
    pairs = pairs.with_columns(pull=(pl.col("weight") * in_hub + 0.025 * pl.col("western_hub")) * pl.col("share"))
    stock = apportion(pairs, "n", to.STOCK_BUILDINGS - pairs.height, pl.col("pull"))
    stock = stock.with_columns(pl.col("n") + 1, commissioned_year=pl.lit(None, pl.Int64))
    years = pl.DataFrame({"commissioned_year": list(to.NEW_BUILDINGS), "total": list(to.NEW_BUILDINGS.values())})
    later = years.join(pairs, how="cross").sort("commissioned_year", *_PAIR)
    turn = noises(later, "new building", "commissioned_year", *_PAIR, low=0.2, high=1.8)
    later = apportion(later, "n", pl.col("total"), pl.col("pull") * turn, "commissioned_year")
    rows = pl.concat([stock, later.select(stock.columns)])
    rows = rows.with_columns(one=pl.int_ranges("n")).filter(pl.col("n") > 0).explode("one")
    rows = rows.with_columns(no=pl.int_range(1, pl.len() + 1).over(_PAIR))
    rows = rows.with_columns(dc_id=_identity("DC", "entity_id", "prefix", "no"))
    kind, size, is_stock = pl.col("kind"), pl.col("size"), pl.col("commissioned_year").is_null()
    rows = rows.with_columns(
        kind=noises(rows, "size class", "dc_id") + 0.12 * pl.col("western_hub"), size=noises(rows, "size", "dc_id")
    )
    old_racks = (
        pl.when(no=1).then(2400 + 4600 * size)
        .when(kind < 0.08).then(60 + 40 * size)
        .when(kind < 0.45).then(700 + 2200 * size)
        .when(kind < 0.93).then(3000 + 4500 * size)
        .otherwise(10_000 + 3000 * size)
    )  # fmt: skip
    new_racks = (
        pl.when(kind < 0.22).then(900 + 2000 * size)
        .when(kind < 0.75).then(3000 + 4800 * size)
        .otherwise(10_000 + 6000 * size)
    )  # fmt: skip
    rows = rows.with_columns(racks=pl.when(is_stock).then(old_racks).otherwise(new_racks))
    # A building that dwarfs what its owner has in the province would look like a slip.
    limit = 1.2 * pl.col("racks").filter(is_stock).sum().over(_PAIR)
    racks = pl.when(is_stock).then("racks").otherwise(pl.min_horizontal("racks", limit))
    built = pl.Series("built", noises(rows, "built", "dc_id", low=2008, high=2020)).floor().cast(pl.Int64)
    month = noises(rows, "month", "dc_id") * pl.when(is_stock).then(12).otherwise(6)
    return rows.select(
        *_PAIR, "dc_id", "climate", "windy",
        name=pl.format("{}{}{}号楼", pl.col("entity_id").replace_strict(_NAMES), "short_zh", "no"),
        standard_racks=_whole(racks / 10) * 10,
        commissioned_year=pl.coalesce("commissioned_year", built),
        commissioned_month=1 + month.floor().cast(pl.Int64),
        hub_cluster=pl.when(noises(rows, "in cluster", "dc_id") < 0.5).then("cluster"),
    )  # fmt: skip


_NAMES = {entity: name for entity, (name, _) in to.ENTITIES.items()}


def _identity(kind: str, *columns: str) -> pl.Expr:
    """`DC-JIA-44-03`; the last column is a number of two digits."""
    *names, number = columns
    parts = [pl.lit(kind), *names, pl.col(number).cast(pl.String).str.zfill(2)]
    return pl.concat_str(parts, separator="-")


def telecom_rooms(places: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Core rooms one by one; aggregation and access rooms by district, many in one row, for there are 10^5 of them."""
    broadcast = places.select("province_code", entity_id=pl.lit(to.BROADCAST), share=pl.lit(1.0))
    pairs = pl.concat([shares, broadcast.select(shares.columns)]).join(places, on="province_code")
    own = pl.col("entity_id") != to.BROADCAST
    count = {
        "core": pl.when(own).then(2 + (pl.col("half") * pl.col("share") * 90).floor().clip(upper_bound=4)).otherwise(1),
        "aggregation": pl.lit(1),
        "access": pl.when(own).then(2).otherwise(1),
    }
    rows = pl.concat(pairs.with_columns(kind=pl.lit(kind), n=n.cast(pl.Int64)) for kind, n in count.items())
    rows = rows.with_columns(one=pl.int_ranges("n")).explode("one").sort(*_PAIR, "kind", "one")
    rows = rows.with_columns(no=pl.int_range(1, pl.len() + 1).over(_PAIR))
    rows = rows.with_columns(room_id=_identity("JF", "entity_id", "prefix", "no"))
    chance = noises(rows, "retrofit?", "room_id")
    when = pl.Series("when", noises(rows, "retrofit", "room_id", low=2021.5, high=2026)).floor().cast(pl.Int64)
    rows = rows.with_columns(
        part=pl.col("half") * pl.col("share") * noises(rows, "room", "room_id", low=0.7, high=1.3) / pl.col("n")
        * pl.when(kind="aggregation").then(0.35).otherwise(1),
        retrofit=pl.when(chance < pl.when(kind="core").then(0.42).otherwise(0.3)).then(when),
        good=noises(rows, "room PUE", "room_id", low=-1, high=1),
        core=pl.col("kind") == "core",
        own=own,
    )  # fmt: skip
    part = pl.col("part") / pl.col("part").sum().over("core", "own", "year")
    rows = rows.join(_ALL_YEARS, how="cross").sort(*WHERE, "room_id")
    done, climate = (pl.col("retrofit") <= _YEAR).fill_null(False), 0.04 * pl.col("climate")
    core_pue = pl.when(done).then(1.485 + 0.05 * pl.col("good") + climate).otherwise(
        1.66 + 0.09 * pl.col("good") + climate - 0.006 * (_YEAR - YEARS[0]))  # fmt: skip
    other_pue = 1.68 + 0.08 * pl.col("good") + climate - pl.when(done).then(0.1).otherwise(0)
    small = pl.when("core").then(to.BROADCAST_TWH["core_room"]).otherwise(to.BROADCAST_TWH["access_room"]) / 1.65
    small *= of_year(to.BROADCAST_GROWTH)
    twh = pl.when("own").then(pl.when("core").then(of_year(to.CORE_IT_TWH)).otherwise(of_year(to.ACCESS_TWH) / 1.67))
    it = part * twh.otherwise(small) * _KWH_PER_TWH
    pue = pl.when("core").then(core_pue).otherwise(other_pue)
    return rows.select(
        "room_id", *WHERE, "kind", retrofit_year=pl.when(done).then("retrofit"), it_kwh=_hundreds(it),
        total_kwh=_hundreds(it * pue),
    )  # fmt: skip


# --- energy and green power --------------------------------------------------------------------------------


def energy(
    places: pl.DataFrame, shares: pl.DataFrame, stations: pl.DataFrame, centres: pl.DataFrame, rooms: pl.DataFrame
) -> pl.DataFrame:
    """All carriers; what the tower company resells stands in its rows and, the same, in the operators' as received.

    quantity in canonical units, whole numbers; the rows of the broadcast company are parted into months.
    """
    facility = pl.when(kind="core").then(pl.lit("core_room")).otherwise(pl.lit("access_room"))
    measured = pl.concat(
        [
            _sum(stations, pl.lit("base_station"), "energy_kwh"),
            _sum(centres, pl.lit("data_centre"), "total_kwh"),
            _sum(rooms, facility, "total_kwh"),
        ]
    ).sort(*WHERE, "facility_type")
    measured = measured.with_columns(
        kwh=_hundreds(pl.col("kwh") * noises(measured, "meter", *WHERE, "facility_type", low=0.992, high=1.008))
    )
    at_stations = measured.filter(facility_type="base_station")
    passed = noises(at_stations, "resold", "province_code", low=to.RECEIVED_SHARE[0], high=to.RECEIVED_SHARE[1])
    passed_on = at_stations.with_columns(kwh=_hundreds(pl.col("kwh") * passed))
    own = (
        pl.concat([measured, passed_on.with_columns(-pl.col("kwh"))])
        .group_by(*WHERE, "facility_type")
        .agg(pl.col("kwh").sum())
    )
    rows = [
        _line(own, "electricity", pl.col("kwh")),
        _line(passed_on, "electricity", pl.col("kwh"), "received", pl.lit(to.TOWER)),
        _line(passed_on.with_columns(entity_id=pl.lit(to.TOWER), other="entity_id"), "electricity", pl.col("kwh"),
              "resold", pl.col("other")),
    ]  # fmt: skip
    everyone = _everyone(places, shares)
    rows += [_spread(everyone, "electricity", facility, of) for facility, of in _other_electricity().items()]
    for carrier, path in to.FUELS.items():
        area = everyone
        if carrier in ("heat", "raw_coal"):
            area = everyone.filter("heated" if carrier == "heat" else "coal")
        of = {entity: {y: q * part for y, q in path.items()} for entity, part in _FUEL_SHARES[carrier].items()}
        rows.append(_spread(area, carrier, to.FUEL_FACILITY.get(carrier, "office"), of))
    cooling = _sum(centres, pl.lit("data_centre"), "water_t")
    rows.append(_line(cooling, "water", pl.col("kwh")))
    key = (*WHERE, "facility_type", "carrier", "supply", "counterparty_id")
    return _monthly(pl.concat(rows).filter(pl.col("quantity") > 0).sort(key)).sort("year", "month", *key[1:])


# Operators share by their size; heat and coal of the provinces that have them.
_FUEL_SHARES = {
    "diesel": {"operators": 0.60, to.TOWER: 0.36, to.BROADCAST: 0.04},
    "gasoline": {"operators": 0.75, to.TOWER: 0.16, to.BROADCAST: 0.09},
    "natural_gas": {"operators": 0.92, to.TOWER: 0.08},
    "heat": {"operators": 0.90, to.TOWER: 0.06, to.BROADCAST: 0.04},
    "raw_coal": {"operators": 1.0},
    "lpg": {"operators": 1.0},
    "water": {"operators": 0.9, to.TOWER: 0.04, to.BROADCAST: 0.06},
}


def _other_electricity() -> dict[str, dict[str, dict[int, float]]]:
    """Facility -> entity or operators -> year -> kWh, of what has no physical table."""
    broadcast = {name: {y: twh * to.BROADCAST_GROWTH[y] for y in YEARS} for name, twh in to.BROADCAST_TWH.items()}
    twh = {
        "office": {"operators": to.OFFICE_TWH, to.TOWER: to.TOWER_OFFICE_TWH, to.BROADCAST: broadcast["office"]},
        "other": {"operators": to.OTHER_TWH, to.BROADCAST: broadcast["other"]},
        "base_station": {to.TOWER: to.TOWER_TWH},
    }
    return {
        facility: {whose: {y: one * _KWH_PER_TWH for y, one in path.items()} for whose, path in of.items()}
        for facility, of in twh.items()
    }


def _everyone(places: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """province_code, entity_id, group (operators, or the entity), share, half, heated, coal: 155 rows."""
    others = pl.DataFrame({"entity_id": [to.TOWER, to.BROADCAST]})
    alone = places.select("province_code").join(others, how="cross").with_columns(share=pl.lit(1.0))
    rows = pl.concat([shares.with_columns(group=pl.lit("operators")), alone.select(*shares.columns, group="entity_id")])
    return rows.join(places.select("province_code", "half", "heated", "coal"), on="province_code")


def _sum(frame: pl.DataFrame, facility: pl.Expr, value: str) -> pl.DataFrame:
    return frame.group_by(*WHERE, facility_type=facility).agg(kwh=pl.col(value).sum())


def _line(
    rows: pl.DataFrame, carrier: str, quantity: pl.Expr, supply: str = "own", counterparty: pl.Expr | None = None
) -> pl.DataFrame:
    return rows.select(
        *WHERE, "facility_type", carrier=pl.lit(carrier), quantity=quantity, supply=pl.lit(supply),
        counterparty_id=pl.lit("") if counterparty is None else counterparty,
    )  # fmt: skip


def _spread(everyone: pl.DataFrame, carrier: str, facility: str, of: dict[str, dict[int, float]]) -> pl.DataFrame:
    """The national paths of groups of entities, spread over provinces and the entities of the group."""
    path = pl.DataFrame(
        [(group, year, total) for group, years in of.items() for year, total in years.items()],
        schema=["group", "year", "total"], orient="row",
    )  # fmt: skip
    rows = path.join(everyone, on="group").sort("group", *WHERE)
    weight = pl.col("half") * pl.col("share") * noises(rows, carrier + facility, *_PAIR, low=0.8, high=1.2)
    rows = apportion(rows, "kwh", pl.col("total"), weight, "group", "year").with_columns(facility_type=pl.lit(facility))
    step = {"electricity": 100, "heat": 1000, "natural_gas": 1, "water": 1}.get(carrier, 10)
    return _line(rows, carrier, _whole(pl.col("kwh") / step) * step)


def _monthly(rows: pl.DataFrame) -> pl.DataFrame:
    """Those of the broadcast company in twelve parts (more in summer and winter), the others with month 0."""
    mine = pl.col("entity_id") == to.BROADCAST
    seasons = pl.DataFrame({"month": list(range(1, 13)), "part": [98, 92, 94, 92, 96, 104, 114, 115, 102, 94, 95, 104]})
    parts = rows.filter(mine).join(seasons, how="cross").sort(*(c for c in rows.columns if c != "quantity"), "month")
    key = [c for c in rows.columns if c != "quantity"]
    parts = apportion(parts, "quantity", pl.col("quantity"), pl.col("part"), *key).drop("part")
    return pl.concat([rows.filter(~mine).with_columns(month=pl.lit(0, pl.Int64)).select(parts.columns), parts])


def green_power(places: pl.DataFrame, used: pl.DataFrame, centres: pl.DataFrame) -> pl.DataFrame:
    """By channel: what data centres file as green, and a share of all other electricity."""
    final = used.filter(pl.col("carrier") == "electricity", pl.col("supply") != "resold")
    other = final.filter(pl.col("facility_type") != "data_centre").group_by(WHERE).agg(other=pl.col("quantity").sum())
    green = centres.group_by(WHERE).agg(centres=pl.col("green_kwh").sum())
    rows = other.join(green, on=WHERE, how="left").join(places, on="province_code").sort(WHERE)
    keen = pl.when(pl.col("entity_id").is_in(list(to.OPERATORS))).then(1.0).otherwise(0.6)
    share = of_year(to.OTHER_GREEN) * pl.when("windy").then(1.5).otherwise(0.85) * keen
    share *= noises(rows, "green", *_PAIR, low=0.85, high=1.15)
    rows = rows.with_columns(total=pl.col("centres").fill_null(0) + pl.col("other") * share)
    channels = pl.DataFrame({"channel": list(to.CHANNELS), "part": list(to.CHANNELS.values())})
    rows = rows.join(channels, how="cross").filter((pl.col("channel") != "direct") | pl.col("windy"))
    few = pl.col("entity_id").is_in(list(to.OPERATORS)) | pl.col("channel").is_in(["self_built", "gec"])
    rows = rows.filter(few)
    weight = pl.col("part") * noises(rows, "channel", *_PAIR, "channel", low=0.6, high=1.4)
    rows = apportion(rows, "kwh", pl.col("total") + 300, weight, *WHERE)  # rounding must not fall below the centres
    return rows.select(*WHERE, "channel", _hundreds(pl.col("kwh"))).filter(pl.col("kwh") > 0)


# --- activity and sites ------------------------------------------------------------------------------------


def activity(published: Published, places: pl.DataFrame, shares: pl.DataFrame, mobile: pl.DataFrame) -> pl.DataFrame:
    """Flow and mobile traffic in TB (tenths for the latter), volume in 万元 at own-year and previous-year prices."""
    flow = places.join(_ALL_YEARS, how="cross").sort("year", "province_code")
    level = noises(flow, "flow", "province_code", low=0.8, high=1.2)
    drift = 1 + noises(flow, "flow drift", "province_code", low=-0.1, high=0.1) * _SINCE_2020
    flow = apportion(flow, "total", of_year(to.FLOW_EB) * _TB_PER_EB, pl.col("weight") * level * drift, "year")
    flow = flow.with_columns(metric=pl.lit("information_flow"), price_base_year=0)
    carried = mobile.with_columns(metric=pl.lit("mobile_traffic"), price_base_year=0, total="tenths")
    key = ("year", "province_code", "metric", "price_base_year")
    rows = pl.concat([one.select(*key, "total") for one in (flow, carried, volume(published, places))])
    of_broadcast = (
        pl.when(metric="information_flow").then(to.BROADCAST_FLOW)
        .when(metric="mobile_traffic").then(of_year(to.BROADCAST_MOBILE)).otherwise(to.BROADCAST_VOLUME)
    )  # fmt: skip
    small = _whole(
        pl.col("total") * of_broadcast * noises(rows, "broadcast", "province_code", "metric", low=0.7, high=1.3)
    )
    rows = rows.with_columns(small=small)
    each = rows.join(shares, on="province_code").sort(*key, "entity_id")
    part = pl.col("share") * noises(each, "activity", *_PAIR, "metric", low=0.93, high=1.07)
    each = apportion(each, "value", pl.col("total") - pl.col("small"), part, *key)
    broadcast = rows.with_columns(entity_id=pl.lit(to.BROADCAST), value="small").filter(pl.col("value") > 0)
    columns = (*WHERE, "metric", "price_base_year", "value")
    both = pl.concat([each.select(columns), broadcast.select(columns)]).sort(*columns[:-1])
    return both.with_columns(pl.when(metric="mobile_traffic").then(pl.col("value") / 10).otherwise("value"))


def volume(published: Published, places: pl.DataFrame) -> pl.DataFrame:
    """year, province_code, metric, price_base_year, total (万元): each year at its own and the previous year's prices.

    The nation's total at the previous year's prices is last year's at the same prices, times the published growth, to
    the 万元; provinces grow up to three points faster or slower.
    """
    columns = ("year", "province_code", "metric", "price_base_year", "total")
    level = noises(places, "volume", "province_code", low=0.85, high=1.15)
    now = apportion(places.with_columns(year=YEARS[0]), "total", published.volume_2020, pl.col("half") * level)
    filed = [now.with_columns(price_base_year="year")]
    for year in YEARS[1:]:
        growth = 1 + published.volume_growth[year] / 100
        speed = growth + noises(now, f"volume {year}", "province_code", low=-0.03, high=0.03)
        total = round(int(now["total"].sum()) * growth)
        before = apportion(now.with_columns(year=year), "total", total, pl.col("total") * speed)
        price = noises(now, f"price {year}", "province_code", low=0.99, high=1.01)
        now = before.with_columns(total=_whole(pl.col("total") * to.DEFLATOR[year] * price))
        filed += [before.with_columns(price_base_year=year - 1), now.with_columns(price_base_year="year")]
    rows = pl.concat(one.with_columns(metric=pl.lit("telecom_business_volume")).select(columns) for one in filed)
    return rows.cast({"year": pl.Int64})


def sites(places: pl.DataFrame) -> pl.DataFrame:
    """A sample of sites: those built in each year, filed from then on, and some older ones that are filed every year."""
    area = places.join(_ALL_YEARS, how="cross").sort("year", "province_code")
    turn = noises(area, "sites", "year", "province_code", low=0.8, high=1.2)
    rate = of_year(to.SHARING) + noises(area, "sharing", "province_code", low=-0.085, high=0.085)
    rate += noises(area, "sharing", "year", "province_code", low=-0.01, high=0.01)
    area = apportion(area.with_columns(rate=rate), "n", to.NEW_SITES, pl.col("half") * turn, "year")
    new = area.with_columns(no=pl.int_ranges(1, pl.col("n") + 1)).explode("no").with_columns(
        site_id=pl.format("{}-{}-{}", "prefix", "year", pl.col("no").cast(pl.String).str.zfill(4)), built_year="year"
    )  # fmt: skip
    new = new.with_columns(lot=noises(new, "lot", "site_id"))
    shared = pl.col("lot").rank("ordinal").over("year", "province_code") <= (pl.col("n") * pl.col("rate")).round()
    kind, more = noises(new, "sharing kind", "site_id"), noises(new, "tenants", "site_id")
    sharing = pl.when(~shared).then(pl.lit("none")).when(kind < 0.48).then(pl.lit("co_build"))
    new = new.with_columns(
        new_build=pl.lit(True),
        sharing_kind=sharing.when(kind < 0.92).then(pl.lit("existing")).otherwise(pl.lit("social")),
    )
    tenants = 1 + (more > 0.45).cast(pl.Int64) + (more > 0.93).cast(pl.Int64)
    co_build = pl.max_horizontal(tenants, pl.lit(2))
    new = new.with_columns(
        tenants=pl.when(sharing_kind="none").then(1).when(sharing_kind="co_build").then(co_build).otherwise(tenants)
    )
    new = _in_later_years(new)
    old = places.with_columns(no=pl.int_ranges(1, to.STOCK_SITES + 1)).explode("no")
    old = old.with_columns(site_id=pl.format("{}-C-{}", "prefix", pl.col("no").cast(pl.String).str.zfill(4)))
    built = pl.Series("built", noises(old, "built", "site_id", low=2012, high=2020)).floor().cast(pl.Int64)
    old = old.with_columns(built_year=built, lot=noises(old, "tenants", "site_id")).join(_ALL_YEARS, how="cross")
    second = pl.col("lot") + 0.15 * _SINCE_2020 > 0.5
    old = old.with_columns(
        new_build=pl.lit(False),
        tenants=1 + second.cast(pl.Int64) + (pl.col("lot") > 0.9),
        sharing_kind=pl.when(second).then(pl.lit("co_build")).otherwise(pl.lit("none")),
    )
    columns = ("site_id", "year", "province_code", "built_year", "new_build", "tenants", "sharing_kind")
    rows = pl.concat([new.select(columns), old.select(columns)]).sort("year", "site_id")
    owner, operator = noises(rows, "owner", "site_id"), list(to.OPERATORS)
    owners = [*operator, *[to.TOWER] * 22]  # one in 25 is of each operator
    entity = pl.Series("entity_id", [owners[int(one * len(owners))] for one in owner])
    rows = rows.with_columns(entity)
    # The first older sites are the operators', so that each of them files some in every province.
    first = pl.col("site_id").str.extract(r"-C-0*(\d+)$").cast(pl.Int64)
    mine = first.replace_strict(dict(enumerate(operator, 1)), default=None, return_dtype=pl.String)
    return rows.select("site_id", "year", mine.fill_null(pl.col("entity_id")).alias("entity_id"), *columns[2:])


def _in_later_years(new: pl.DataFrame) -> pl.DataFrame:
    """The sites of each year in that year and those after it, in which some get one tenant more."""
    new = new.with_columns(lot=noises(new, "one more tenant", "site_id")).drop("year").join(_ALL_YEARS, how="cross")
    new = new.filter(pl.col("year") >= pl.col("built_year"))
    more = pl.col("lot") < 0.02 * (pl.col("year") - pl.col("built_year"))
    kind = pl.when(more & (pl.col("sharing_kind") == "none")).then(pl.lit("co_build")).otherwise("sharing_kind")
    return new.with_columns(tenants=pl.col("tenants") + more.cast(pl.Int64), sharing_kind=kind)
