"""What is told rather than measured: application cases, standards, progress of actions and their coded metrics.

All titles, organisations and numbers are made up. Emission factors are those of the reference.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.filings.contracts import METRICS
from pipeline.filings.sample import calibration as to
from pipeline.filings.sample.calibration import PLAN_YEARS, Published, noise, noises
from pipeline.filings.sample.world import operators, provinces
from pipeline.given import reference
from pipeline.given.regions import NATION_CODE
from pipeline.layout import Layout

REPORT_YEAR, FACTOR_YEAR = PLAN_YEARS[-1], 2023

# title, province, technology, sector, activity, its unit, baseline and project per unit, unit of the two, carrier
_Case = tuple[str, str, str, str, float, str, float, float, str, str]
_INDUSTRY: tuple[_Case, ...] = (
    ("5G智能配电房运行优化", "广东", "5G、物联网", "电力", 12_000, "间配电房", 3200, 2700, "kWh", "electricity"),
    ("纺织印染能效云平台", "浙江", "工业互联网、AI", "纺织", 860, "台染缸", 182_000, 158_000, "kWh", "electricity"),
    ("印染车间数字化管控", "浙江", "5G、数字孪生", "纺织", 540, "台染缸", 179_000, 161_000, "kWh", "electricity"),
    ("钢铁高炉煤气智能平衡", "河北", "工业互联网、AI", "钢铁", 26, "座高炉", 3.1e7, 2.83e7, "kWh", "electricity"),
    ("电解铝槽温在线优化", "内蒙古", "AI、物联网", "有色金属", 1_450, "台电解槽", 9.6e6, 9.45e6, "kWh", "electricity"),
    ("水泥窑智能燃烧控制", "安徽", "AI", "建材", 64, "条生产线", 8.9e7, 8.72e7, "kg", "raw_coal"),
    ("化工园区蒸汽管网监测", "山东", "物联网、数字孪生", "石化化工", 38, "个园区", 6.2e6, 5.7e6, "m3", "natural_gas"),
    ("露天矿无人驾驶矿卡", "新疆", "5G、北斗", "采矿", 320, "辆矿卡", 410_000, 362_000, "kg", "diesel"),
    ("粮仓智能通风控温", "黑龙江", "物联网、AI", "粮食仓储", 2_700, "座粮仓", 41_000, 33_500, "kWh", "electricity"),
    ("温室大棚环境精准调控", "宁夏", "物联网", "农业", 9_400, "座大棚", 5_900, 4_800, "kWh", "electricity"),
    ("港口集装箱智能调度", "上海", "5G、北斗", "港口", 88, "台轮胎吊", 96_000, 71_000, "kg", "diesel"),
    ("煤矿通风机智能调速", "山西", "5G、工业互联网", "煤炭", 210, "台主通风机", 3.4e6, 3.0e6, "kWh", "electricity"),
)
_RESIDENTS: tuple[_Case, ...] = (
    ("云上政务少跑腿", "四川", "云计算", "公共服务", 3_600_000, "次办事", 11, 0.8, "km", "road"),
    ("视频会议替代差旅", "北京", "5G、云计算", "办公", 240_000, "场会议", 410, 24, "km", "road"),
    ("远程门诊与会诊", "云南", "5G", "医疗", 520_000, "次门诊", 96, 3, "km", "road"),
    ("车路协同绿波通行", "江苏", "5G、车联网", "交通", 1_900, "个路口", 68_000, 62_500, "kg", "gasoline"),
    ("公交智能排班", "湖北", "AI、北斗", "交通", 4_200, "辆公交", 43_000, 40_800, "kWh", "electricity"),
    ("共享单车潮汐调度", "福建", "物联网、北斗", "交通", 160_000, "辆单车", 260, 214, "km", "road"),
    ("快递最优包装方案", "广东", "AI", "物流", 8.4e7, "件快递", 0.21, 0.17, "kgCO2", "material"),
    ("零碳配送站试点", "海南", "物联网", "物流", 130, "座配送站", 21_000, 6_500, "kg", "gasoline"),
    ("家庭用能助手", "上海", "物联网、AI", "居民用能", 460_000, "户家庭", 2_650, 2_540, "kWh", "electricity"),
    ("旧手机线上回收", "天津", "互联网平台", "循环利用", 740_000, "部手机", 52, 31, "kgCO2", "material"),
    ("绿色消费积分兑换", "重庆", "互联网平台", "消费", 1_250_000, "名用户", 38, 33, "kgCO2", "material"),
    ("供热二网智能平衡", "吉林", "物联网、AI", "居民供热", 1_900, "座换热站", 820_000, 742_000, "m3", "natural_gas"),
)
_URBAN_RURAL: tuple[_Case, ...] = (
    ("城市碳感知监测网", "江西", "物联网、数字孪生", "环境监测", 1_150, "个监测点", 9_800, 7_900, "kWh", "electricity"),
    ("智慧路灯按需照明", "河南", "物联网", "市政", 310_000, "盏路灯", 690, 455, "kWh", "electricity"),
    ("公共建筑空调群控", "湖南", "AI、物联网", "建筑", 1_350, "栋建筑", 1.21e6, 1.06e6, "kWh", "electricity"),
    ("垃圾清运线路优化", "贵州", "北斗、AI", "环卫", 2_300, "辆清运车", 9_700, 8_350, "kg", "diesel"),
    ("污水厂精确曝气", "陕西", "AI、工业互联网", "水务", 420, "座污水厂", 3.9e6, 3.48e6, "kWh", "electricity"),
    ("农村分布式光伏运维", "甘肃", "物联网", "农村能源", 14_500, "座电站", 62_000, 58_400, "kWh", "electricity"),
    ("秸秆禁烧视频巡查", "辽宁", "5G、AI", "农业", 5_200, "个村", 18_500, 15_600, "kgCO2", "material"),
    ("供水管网漏损监测", "广西", "物联网", "水务", 8_600, "公里管网", 26_000, 22_800, "kWh", "electricity"),
    ("智慧园区综合能源", "青海", "数字孪生、AI", "园区", 46, "个园区", 9.8e6, 8.7e6, "kWh", "electricity"),
    ("森林防火无人巡护", "西藏", "5G、北斗", "林业", 260, "个片区", 31_000, 27_500, "kg", "diesel"),
    ("社区微型服务综合体", "安徽", "物联网", "社区", 640, "个社区", 86_000, 79_500, "kWh", "electricity"),
    ("景区客流分时引导", "浙江", "5G、AI", "文旅", 120, "个景区", 215_000, 201_000, "kg", "gasoline"),
)
# Of each category ten are selected or promoted and two are candidates. What makes a case one that is not summed:
_SPECIAL: dict[str, dict[str, object]] = {
    # the worked example of the design
    "5G智能配电房运行优化": {"attribution_share": 0.6, "rebound_share": 0.05, "ict_footprint_tco2": 310.0},
    "城市碳感知监测网": {"ict_footprint_tco2": 2460.0},  # its net effect is negative
    "远程门诊与会诊": {"period_months": 9},
    "快递最优包装方案": {"verification": "self_declared"},
    "绿色消费积分兑换": {"verification": "self_declared", "tier": 3},
    "家庭用能助手": {"tier": 3},
    "农村分布式光伏运维": {"effect": "avoided_growth"},
    "公交智能排班": {"period_year": 2024},
    "智慧园区综合能源": {"effect": "avoided_growth"},
}
_KGCO2_PER_KM = 0.19  # made up, of a mix of cars
_CANDIDATES = 2


def cases(layout: Layout) -> pl.DataFrame:
    """36 cases of the report's year: thirty selected or promoted, ten a category, and six candidates."""
    grid = reference.grid_factors(layout).filter(region_code="000000", kind="average", year=FACTOR_YEAR)
    fuels = reference.fuel_factors(layout).filter(pl.col("set") == "S1")
    factors = dict(fuels.select("carrier", "kgco2_per_unit").iter_rows())
    factors |= {"electricity": grid["factor_kgco2_per_kwh"].item(), "road": _KGCO2_PER_KM, "material": 1.0}
    words = {"electricity": "电力", "raw_coal": "原煤", "natural_gas": "天然气", "diesel": "柴油", "gasoline": "汽油"}
    codes = dict(reference.provinces(layout).select("short_zh", "code").iter_rows())
    rows = []
    for category, of in (("industry", _INDUSTRY), ("residents", _RESIDENTS), ("urban_rural", _URBAN_RURAL)):
        for no, (title, place, technology, sector, amount, unit, before, after, of_unit, carrier) in enumerate(of, 1):
            factor = factors[carrier]
            gross = amount * (before - after) * factor / 1000
            low = 8 + round(14 * noise("uncertainty", title))
            status = "candidate" if no > len(of) - _CANDIDATES else "promoted" if no % 3 == 0 else "selected"
            rows.append(
                {
                    "case_id": f"SL-{category[0].upper()}-{no:02d}", "title": f"{title}（示例）", "status": status,
                    "category": category, "organisation": f"示例{sector}单位{no:02d}", "province_code": codes[place],
                    "technology": technology, "sector": sector, "method": "参照 ITU-T L.1480",
                    "activity_amount": amount, "activity_unit": unit, "baseline_per_unit": before,
                    "project_per_unit": after, "effect_unit": of_unit, "carrier": words.get(carrier),
                    "factor_kgco2_per_unit": factor, "factor_year": FACTOR_YEAR, "factor_kind": "average",
                    "ict_footprint_tco2": round(gross * (0.02 + 0.08 * noise("footprint", title)), 1),
                    "rebound_share": round(0.02 + 0.1 * noise("rebound", title), 2),
                    "attribution_share": round(0.4 + 0.5 * noise("attribution", title), 2),
                    "uncertainty_low_pct": low, "uncertainty_high_pct": low + 4, "period_year": REPORT_YEAR,
                    "period_months": 12, "verification": "audited" if no % 4 == 0 else "third_party",
                    "tier": 1 if no % 3 == 1 else 2, "scope": "enabling", "effect": "reduction",
                    "addressable_amount": amount * (4 + no) if no % 2 else None,
                    "evidence": f"示例材料 {category[0].upper()}{no:02d}", "summary": f"虚构案例：{title}，用于演示核算与展示。",
                } | _SPECIAL.get(title, {})
            )  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


_SUBJECTS = (
    "数据中心", "通信基站", "核心机房", "接入机房", "光传送网设备", "无线接入网设备", "通信电源", "储能电池", "液冷机柜",
)  # fmt: skip
_ASPECTS = ("能效限定值及测试方法", "碳排放核算要求", "绿色低碳评价方法", "共建共享技术要求", "节能技术应用指南")
_LEVELS = (("industry", "SL/T"), ("group", "T/SL"), ("industry", "SL/T"), ("national", "SLB/T"), ("group", "T/SL"))


def standards() -> pl.DataFrame:
    """45 standards with made-up titles: 36 published from 2022 to 2025, nine being drafted."""
    rows = []
    for no in range(len(_SUBJECTS) * len(_ASPECTS)):
        level, prefix = _LEVELS[no % len(_LEVELS)]
        published = no < 36
        year = PLAN_YEARS[no % 4]
        rows.append(
            {
                "standard_id": f"{prefix} {9001 + no}-{year if published else 'XXXX'}", "level": level,
                "title": f"{_SUBJECTS[no % len(_SUBJECTS)]}{_ASPECTS[no % len(_ASPECTS)]}（示例）",
                "status": "published" if published else "drafting",
                "published_year": year if published else None, "published_month": 1 + no % 12 if published else None,
                "year": year if published else REPORT_YEAR,
            }
        )  # fmt: skip
    return pl.DataFrame(rows)


def measures(published: Published) -> pl.DataFrame:
    """Every task of the plan in every province, from 2022 on, each by one entity that stays with it."""
    plan = reference.plan_of(published.layout, 2025)
    tasks = [(str(action.no), task.title) for action in plan.actions for task in action.tasks]
    tasks += [(safeguard.id, safeguard.title) for safeguard in plan.safeguards]
    items = pl.DataFrame(tasks, schema=["action_no", "item"], orient="row").with_row_index("no")
    rows = published.provinces.select("province_code", "short_zh").join(items, how="cross")
    entity = [
        list(to.ENTITIES)[int(one * len(to.ENTITIES))] for one in noises(rows, "task of", "province_code", "item")
    ]
    hard, keen = noises(rows, "task", "province_code", "item"), noises(rows, "keen", "province_code")
    rows = rows.with_columns(pl.Series("entity_id", entity), hard=hard, keen=keen)
    rows = rows.join(pl.DataFrame({"year": list(PLAN_YEARS)}), how="cross")
    done = (pl.col("year") - PLAN_YEARS[0] + 1) / len(PLAN_YEARS) + 0.25 * pl.col("keen") - pl.col("hard")
    status = pl.when(done > 0.35).then(pl.lit("done")).when(done > -0.15).then(pl.lit("in_progress"))
    told = rows.select(
        "year", "entity_id", "province_code", "action_no", "item", status=status.otherwise(pl.lit("not_started")),
        evidence=pl.format("{}示例材料第{}号", "short_zh", pl.col("no") + 1),
    ).sort("year", "entity_id", "province_code", "action_no", "item")  # fmt: skip
    return pl.concat([told, _institutions()])


_INSTITUTIONS = (
    ("13", "绿色低碳管理部门"), ("13", "主要负责人领导责任制"), ("13", "绿色发展专项资金"), ("13", "可持续发展年度报告"),
    ("13", "碳排放信息披露"), ("8", "绿色采购制度"), ("9", "废旧设备回收利用"), ("14", "能耗和碳排放管理平台"),
)  # fmt: skip
_IN_PLACE = {"JIA": "dddddddd", "YI": "ddpddpdd", "BING": "ddnpp-dp", "TIETA": "ddp-pddp", "GUANGDIAN": "dp--ndp-"}
"""Of each entity the status of _INSTITUTIONS: done, in progress, not started, not filed."""
_STATUS = {"d": "done", "p": "in_progress", "n": "not_started"}


def _institutions() -> pl.DataFrame:
    """What every entity files of itself as a whole in the last year: departments, funds, reports."""
    rows = [
        (
            PLAN_YEARS[-1],
            entity,
            NATION_CODE,
            action,
            item,
            _STATUS[sign],
            f"示例材料{to.ENTITIES[entity][0]}制第{no}号",
        )
        for entity, signs in _IN_PLACE.items()
        for no, ((action, item), sign) in enumerate(zip(_INSTITUTIONS, signs, strict=True), 1)
        if sign in _STATUS
    ]
    names = ["year", "entity_id", "province_code", "action_no", "item", "status", "evidence"]
    return pl.DataFrame(rows, schema=names, orient="row")


# Metric -> (value of the nation, or the percentage, in 2022; in 2025). The tower company files its own of these.
_METRIC_PATHS: dict[str, tuple[float, float]] = {
    "ports_200g_400g_share": (14, 38), "ports_1t_share": (2, 11), "shared_ducts": (41_000, 52_000),
    "shared_poles": (96_000, 118_000), "shared_cables": (310_000, 405_000), "shared_rooms": (21_000, 28_000),
    "shared_indoor_systems": (36_000, 61_000), "equipment_retired": (420_000, 560_000), "pv_capacity": (180_000, 940_000),
    "storage_capacity": (260_000, 1_150_000), "lithium_capacity": (5.2e6, 1.28e7), "hydrogen_capacity": (900, 5_600),
    "liquid_cooled_racks": (9_000, 68_000), "national_green_data_centres": (95, 210), "stations_monitored": (2.6e6, 6.4e6),
    "access_rooms_retrofitted": (6_800, 15_500), "green_procurement_share": (42, 71), "certified_suppliers": (1_900, 4_300),
    "equipment_recycled": (310_000, 520_000), "packaging_reused": (2.4e6, 5.8e6), "cascade_batteries": (310_000, 690_000),
    "carbon_disclosure_enterprises": (62, 240), "green_fund_enterprises": (31, 110), "annual_report_enterprises": (93, 310),
    "energy_metered_share": (46, 83), "platforms_connected": (160, 480), "patents": (1_250, 3_400),
    "enterprises_assessed": (140, 520), "green_finance": (310_000, 1_450_000), "people_trained": (38_000, 96_000),
    "publicity_events": (620, 1_700), "cooperation_projects": (34, 96),
}  # fmt: skip
_OF_TOWER = ("2", "4", "9")


def action_metrics(published: Published, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The coded metrics from 2022 on: shares in percent, counts spread over provinces and entities, and what other tables
    hold too as these have it."""
    plan = reference.plan_of(published.layout, 2025)
    metrics = pl.DataFrame(
        [(plan.action_of(code), code, units[0], *map(float, _METRIC_PATHS[code])) for code, (_, units) in METRICS.items()],
        schema=["action_no", "metric", "unit", "first", "last"], orient="row",
    )  # fmt: skip
    places = provinces(published)
    shares = operators(places)
    tower = shares.unique("province_code", maintain_order=True).with_columns(
        entity_id=pl.lit(to.TOWER), share=pl.lit(0.4)
    )
    rows = (
        pl.concat([shares, tower])
        .join(places.select("province_code", "half"), on="province_code")
        .join(metrics, how="cross")
    )
    rows = rows.filter((pl.col("entity_id") != to.TOWER) | pl.col("action_no").is_in(_OF_TOWER))
    rows = rows.with_columns(own=noises(rows, "metric", "entity_id", "province_code", "metric", low=0.8, high=1.2))
    rows = rows.join(pl.DataFrame({"year": list(PLAN_YEARS)}), how="cross")
    passed = (pl.col("year") - PLAN_YEARS[0]) / (len(PLAN_YEARS) - 1)
    nation = pl.col("first") + (pl.col("last") - pl.col("first")) * passed
    part = pl.when(unit="%").then(1.0).otherwise(pl.col("half") * pl.col("share"))
    value = nation * part * pl.col("own")
    where = ["year", "entity_id", "province_code"]
    known = pl.concat(
        tables[table].group_by(where).agg(known=pl.col(column).sum().cast(pl.Float64)).with_columns(metric=pl.lit(metric))
        for table, column, metric in (("base_stations", "monitored_stations", "stations_monitored"),
                                      ("data_centres", "liquid_cooled_racks", "liquid_cooled_racks"))
    )  # fmt: skip
    rows = rows.join(known, on=[*where, "metric"], how="left")
    value = pl.coalesce("known", value)
    return rows.select(
        "year", "entity_id", "province_code", "action_no", "metric",
        value=pl.when(unit="%").then(value.round(1)).otherwise(value.round()), unit="unit",
    ).sort("year", "entity_id", "province_code", "action_no", "metric")  # fmt: skip


def entities() -> pl.DataFrame:
    return pl.DataFrame(
        [(code, name, kind, code) for code, (name, kind) in to.ENTITIES.items()],
        schema=["entity_id", "name_zh", "kind", "group_id"], orient="row",
    )  # fmt: skip
