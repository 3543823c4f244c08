"""What may be filed: the twelve tables with their columns, headers, codes, units, ranges and keys, each once.

A `Column` is what an enterprise fills in; `SCHEMAS` are the canonical tables that come out, made from the same
declarations. Canonical means: codes as Enums, quantities in the first unit listed, an annual row with month 0, what
a key may lack as 0 or "" (dataframely allows no nulls in a key), `commissioned` as commissioned_year and
commissioned_month, a province as its six digits with `sub_region` (the city or 兵团 that was filed, else "") and
`is_control` (a row of the nation: compared with the sum, never summed).

Two keys have more than the design lists: a province's comes with sub_region, for 深圳 and 大连 are filed apart from
their provinces, and energy's with counterparty_id, for a tower company passes power on to several operators.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, Literal

import dataframely as dy
import polars as pl

FIRST_YEAR, LAST_YEAR = 2015, 2035
_MANY = 40  # codes that a sentence does not list
SOURCE = {"source_file": pl.String(), "source_sheet": pl.String(), "source_row": pl.Int64()}  # beside each table

Kind = Literal[
    "id", "text", "code", "integer", "year", "month", "date", "number", "share", "flag", "province", "quantity", "unit"
]
_TYPES: dict[Kind, pl.DataType] = {
    **dict.fromkeys(("id", "text", "unit", "province"), pl.String()),
    **dict.fromkeys(("integer", "year", "month"), pl.Int64()),
    **dict.fromkeys(("number", "share", "quantity"), pl.Float64()),
    "flag": pl.Boolean(),
}


@dataclass(frozen=True)
class Column:
    """One column as filed.

    headers: Chinese ones, the template's first; the English name is always one. default: for an empty cell, or
    "=name" (another column, or filing_year). low, high: inclusive, in canonical units. members: code -> Chinese
    spellings, the template's first. units: units that are one and the same, the canonical first, by the code in
    column `by` ("" where it is always the same).
    """

    name: str
    headers: tuple[str, ...]
    kind: Kind
    required: bool = True
    default: int | str | None = None
    low: float | None = None
    high: float | None = None
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by: str = ""
    nation: bool = True  # whether a province column may name the nation
    yearly: bool = False  # whether a value is compared with that of the previous year
    note: str = ""

    @property
    def zh(self) -> str:
        return self.headers[0]

    @property
    def unit(self) -> str | None:
        """The canonical unit, where it does not depend on another column."""
        return self.units[""][0] if "" in self.units else None

    @cached_property
    def dtype(self) -> pl.DataType:
        """The canonical type; a date has two columns of it."""
        if self.kind == "code":
            return pl.Enum(list(self.members))
        return pl.Int64() if self.kind == "date" else _TYPES[self.kind]

    @property
    def canonical(self) -> tuple[str, ...]:
        """The columns that it becomes."""
        if self.kind == "date":
            stem = self.name.removesuffix("_on")
            return (f"{stem}_year", f"{stem}_month")
        return (self.name, "sub_region", "is_control") if self.kind == "province" else (self.name,)

    @property
    def filled(self) -> bool:
        """Whether the canonical column has no nulls."""
        return self.required or self.default is not None

    @property
    def expected(self) -> str:
        """What would be right: `非负数，如 12500`."""
        if self.kind == "code" and len(self.members) > _MANY:
            return self.note
        if self.kind == "code":
            return "、".join(spellings[0] for spellings in self.members.values()) + " 之一"
        if self.kind in ("integer", "number", "quantity", "year"):
            noun = {"integer": "整数", "year": "四位年份"}.get(self.kind, "数")
            if self.low is not None and self.high is not None:
                return f"{self.low:g} 至 {self.high:g} 的{noun}"
            if self.low == 0:
                return "非负整数，如 12500" if self.kind == "integer" else "非负数，如 12500"
            return noun if self.low is None else f"不小于 {self.low:g} 的{noun}"
        years = f"，{self.low:g} 至 {self.high:g} 年" if self.kind == "date" else ""
        return _EXPECTED.get(self.kind, "非空文字") + years


_EXPECTED: dict[Kind, str] = {
    "month": "1 至 12，逐月填报，不填季度或累计；年度数据留空",
    "date": "YYYY 或 YYYY-MM，如 2023-05",
    "share": "0 至 1 的小数或百分数，如 60%",
    "flag": "是 或 否",
    "province": "31 个省（区、市）的名称或代码，如 广东、440000",
    "unit": "计量单位，如 万千瓦时",
}


@dataclass(frozen=True)
class Table:
    """One table: its names (the template's sheet name first), its key in canonical columns, its columns."""

    name: str
    names: tuple[str, ...]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    note: str = ""

    @property
    def zh(self) -> str:
        return self.names[0]

    def column(self, name: str) -> Column:
        """By its own name or one of its canonical columns. Raises KeyError."""
        for column in self.columns:
            if name == column.name or name in column.canonical:
                return column
        raise KeyError(f"{self.name}.{name}")

    def has(self, *names: str) -> bool:
        return set(names) <= set(self.dtypes)

    @cached_property
    def dtypes(self) -> dict[str, pl.DataType]:
        """The canonical columns and their types, without SOURCE."""
        types: dict[str, pl.DataType] = {}
        for column in self.columns:
            types |= dict.fromkeys(column.canonical, column.dtype)
        return types | ({"is_control": pl.Boolean()} if "is_control" in types else {})


# --- columns that several tables share ---------------------------------------------------------------------

_YEAR = Column(
    "year", ("年份", "年度", "报告年份", "数据年份"), "year", low=FIRST_YEAR, high=LAST_YEAR, note="四位年份"
)
_MONTH = Column("month", ("月份", "月"), "month", False, 0, 0, 12, note="1 至 12；年度数据留空")
_ENTITY = Column("entity_id", ("填报单位", "填报单位编码", "单位编码", "企业编码"), "id", note="“填报单位”表中的编码")
_PROVINCE = Column(
    "province_code",
    ("省份", "省份代码", "省（区、市）", "省区市", "省市", "所在省份", "地区", "行政区划代码"),
    "province",
    note="名称或代码；按计量表所在地填报，境外不填。“全国”行只作核对，不参与汇总",
)
_PLACE = replace(_PROVINCE, nation=False, note="名称或代码；按实物所在地填报")


def _amount(
    name: str, headers: str, *units: str, required: bool = True, yearly: bool = False, note: str = ""
) -> Column:
    return Column(
        name, tuple(headers.split()), "quantity", required, low=0, units={"": units}, yearly=yearly,
        note=note or f"非负数；计量单位 {units[0]}，用其他单位时写在表头括号里",
    )  # fmt: skip


def _text(name: str, headers: str, required: bool = True, note: str = "") -> Column:
    return Column(name, tuple(headers.split()), "text", required, note=note)


def _code(name: str, headers: str, required: bool = True, default: str | None = None, **members: str) -> Column:
    """`members`: code -> spellings parted by blanks, the first being the template's."""
    spelt = {code: tuple(spellings.split()) for code, spellings in members.items()}
    return Column(name, tuple(headers.split()), "code", required, default, members=spelt, note="从下拉列表中选择")


def _count(
    name: str, headers: str, required: bool = True, low: float = 0, yearly: bool = False, note: str = ""
) -> Column:
    return Column(name, tuple(headers.split()), "number", required, low=low, yearly=yearly, note=note or "非负数")


_IT = _amount("it_kwh", "IT设备耗电量 IT耗电量 IT设备用电量 主设备耗电量 通信设备耗电量", "kWh", yearly=True)
_TOTAL = _amount("total_kwh", "总耗电量 总用电量 耗电总量", "kWh", yearly=True)

# Energy carriers and the units they are kept in; a tonne of water is a cubic metre, as meters and bills have it.
CARRIER_UNITS: dict[str, tuple[str, ...]] = {
    "electricity": ("kWh",),
    "diesel": ("kg",),
    "gasoline": ("kg",),
    "natural_gas": ("m3",),
    "lpg": ("kg",),
    "raw_coal": ("kg",),
    "heat": ("MJ",),
    "water": ("m3", "t"),
}
METRIC_UNITS: dict[str, tuple[str, ...]] = {
    "information_flow": ("TB",),
    "mobile_traffic": ("TB",),
    "telecom_business_volume": ("万元",),
}

# Actions and safeguards as they may be written; which of them there are, the plan says.
_NUMERALS = [f"{ten}{one}" for ten in ("", "十", "二十") for one in ("", *"一二三四五六七八九")][1:]
ACTIONS: dict[str, tuple[str, ...]] = {
    **{str(n): (str(n), f"行动{n}", f"行动{zh}") for n, zh in enumerate(_NUMERALS, 1)},
    **{f"S{n}": (f"S{n}", f"保障{n}", f"保障{zh}", f"保障措施{zh}") for n, zh in enumerate(_NUMERALS[:12], 1)},
}
# Metric -> (Chinese name, units that are one and the same); to which action it belongs, the plan says.
METRICS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ports_200g_400g_share": ("200G/400G端口占比", ("%",)),
    "ports_1t_share": ("1T端口占比", ("%",)),
    "shared_ducts": ("共享管道", ("km", "公里", "沟公里", "管程公里")),
    "shared_poles": ("共享杆路", ("km", "公里", "杆程公里")),
    "shared_cables": ("共享光缆", ("km", "公里", "皮长公里")),
    "shared_rooms": ("共享机房", ("个", "间", "处")),
    "shared_indoor_systems": ("共享室内分布系统", ("个", "套", "处")),
    "equipment_retired": ("老旧设备退网", ("台", "台套", "套")),
    "pv_capacity": ("光伏装机容量", ("kW", "千瓦", "kWp")),
    "storage_capacity": ("储能容量", ("kWh",)),
    "lithium_capacity": ("锂电池容量", ("kWh",)),
    "hydrogen_capacity": ("氢能装机容量", ("kW", "千瓦")),
    "liquid_cooled_racks": ("液冷机架", ("架", "个")),
    "national_green_data_centres": ("国家绿色数据中心", ("个", "座")),
    "stations_monitored": ("开展节能监测的基站", ("个", "座", "站")),
    "access_rooms_retrofitted": ("完成改造的接入汇聚机房", ("个", "间", "处")),
    "green_procurement_share": ("绿色采购占比", ("%",)),
    "certified_suppliers": ("通过绿色认证的供应商", ("家", "个")),
    "equipment_recycled": ("回收利用设备", ("台", "台套", "套")),
    "packaging_reused": ("循环利用包装", ("件", "个", "套")),
    "cascade_batteries": ("梯次利用电池", ("kWh",)),
    "carbon_disclosure_enterprises": ("披露碳信息的企业", ("家", "个")),
    "green_fund_enterprises": ("设立绿色基金的企业", ("家", "个")),
    "annual_report_enterprises": ("发布年度报告的企业", ("家", "个")),
    "energy_metered_share": ("能耗在线计量占比", ("%",)),
    "platforms_connected": ("接入的能耗平台", ("个", "家")),
    "patents": ("绿色低碳专利", ("件", "项", "个")),
    "enterprises_assessed": ("接受评估的企业", ("家", "个")),
    "green_finance": ("绿色金融支持金额", ("万元",)),
    "people_trained": ("培训人数", ("人", "人次")),
    "publicity_events": ("宣传活动", ("次", "场", "项")),
    "cooperation_projects": ("国际合作项目", ("项", "个")),
}
_ACTION = Column(
    "action_no",
    ("行动编号", "行动序号", "行动"),
    "code",
    members=ACTIONS,
    note="计划中行动的序号，保障措施为 S1、S2 等",
)
_UNIT = Column("unit", ("计量单位", "单位"), "unit", False, note="如 万千瓦时；也可写在数值列表头的括号里")

# --- the twelve tables -------------------------------------------------------------------------------------

TABLES: tuple[Table, ...] = (
    Table(
        "entities",
        ("填报单位", "填报单位名录", "单位名录", "entity"),
        ("entity_id",),
        (
            Column("entity_id", ("单位编码", "填报单位编码", "填报单位", "企业编码"), "id", note="全表唯一"),
            _text("name_zh", "单位名称 填报单位名称 企业名称"),
            _code(
                "kind",
                "类别 单位类别 企业类别",
                basic_telecom="基础电信企业 基础电信 基础电信运营企业 电信运营商",
                tower="铁塔企业 铁塔 铁塔公司",
                broadcast="广电企业 广电 广播电视",
                idc="数据中心企业 互联网数据中心 IDC企业 第三方数据中心",
                other="其他 其他企业 其它",
            ),
            Column("group_id", ("所属集团", "集团编码"), "id", False, "=entity_id", note="留空即为本单位"),
        ),
    ),
    Table(
        "energy",
        ("能源消耗", "能源消费", "能源消耗量", "能耗", "能源"),
        ("year", "month", "entity_id", "province_code", "sub_region", "facility_type", "carrier", "supply",
         "counterparty_id"),
        (
            _YEAR, _MONTH, _ENTITY, _PROVINCE,
            _code(
                "facility_type",
                "设施类型 设施 用能设施",
                data_centre="数据中心 IDC",
                base_station="通信基站 基站",
                core_room="核心机房 核心",
                access_room="接入汇聚机房 接入汇聚 接入机房 汇聚机房 接入、汇聚机房",
                office="办公用房 办公",
                other="其他 其他设施 其它",
            ),
            _code(
                "carrier",
                "能源品种 能源种类 能源类型",
                electricity="电力 电 用电",
                diesel="柴油",
                gasoline="汽油",
                natural_gas="天然气",
                lpg="液化石油气",
                raw_coal="原煤 煤炭 煤",
                heat="热力 供热 外购热力",
                water="水 新水 自来水",
            ),
            Column(
                "quantity", ("消耗量", "消费量", "用量", "能耗量"), "quantity", low=0, units=CARRIER_UNITS, by="carrier",
                yearly=True, note="非负数；计量单位填在“计量单位”列",
            ),
            _UNIT,
            _code("supply", "供受关系 供应关系", False, "own", own="自用", resold="转供 转供电", received="受供 受供电"),
            Column("counterparty_id", ("对方单位", "对方单位编码"), "id", False, "", note="转供、受供时填对方的单位编码"),
        ),
    ),
    Table(
        "activity",
        ("业务量", "业务量指标", "业务情况"),
        ("year", "month", "entity_id", "province_code", "sub_region", "metric", "price_base_year"),
        (
            _YEAR, _MONTH, _ENTITY, _PROVINCE,
            _code(
                "metric",
                "指标 指标名称",
                information_flow="信息流量",
                mobile_traffic="移动互联网接入流量 移动互联网流量 移动数据流量",
                telecom_business_volume="电信业务总量",
            ),
            Column(
                "value", ("数值", "指标值", "业务量"), "quantity", low=0, units=METRIC_UNITS, by="metric", yearly=True,
                note="非负数；流量按 TB（1 TB = 10^12 字节），电信业务总量按万元",
            ),
            _UNIT,
            Column(
                "price_base_year", ("价格基期", "价格基年", "不变价基期"), "year", False, 0,
                low=FIRST_YEAR, high=LAST_YEAR, note="只有电信业务总量填：按哪一年的价格计算；都按计划基期年的价格，或每年按当年和上年价格各填一行",
            ),
        ),
    ),
    Table(
        "sites",
        ("5G站址", "5G基站站址", "站址"),
        ("site_id", "year"),
        (
            Column("site_id", ("站址编号", "站址编码"), "id"),
            replace(_YEAR, required=False, default="=filing_year", note="留空即为填报年份"),
            _ENTITY, _PLACE,
            Column("built_year", ("建成年份", "建设年份"), "year", low=1990, high=LAST_YEAR),
            Column("new_build", ("是否新建", "是否新增5G站址"), "flag", note="是：当年首次在此站址开通 5G 基站，含利用原有设施"),
            Column("tenants", ("租户数", "租户数量", "共享单位数"), "integer", low=1, note="年末租户数"),
            _code(
                "sharing_kind",
                "共享方式 共享类型",
                none="不共享 无共享 独享 无",
                co_build="共建 共建共享",
                existing="利用存量 存量 利用存量站址",
                social="社会资源 利用社会资源",
            ),
        ),
        "由站址产权方填报（铁塔公司先于电信企业），每个物理站址一行",
    ),
    Table(
        "data_centres",
        ("数据中心", "数据中心情况", "data_centers", "data_centre", "data_center"),
        ("dc_id", "year"),
        (
            Column("dc_id", ("数据中心编号", "数据中心编码"), "id", note="一栋楼一个编号"),
            _YEAR, _ENTITY, _PLACE,
            _text("name", "数据中心名称 名称"),
            _count("standard_racks", "标准机架数 设计标准机架数 设计机架数 标准机架", note="设计规模，按每架 2.5 kW 折算"),
            Column("commissioned", ("投产时间", "投产年月", "投产日期", "投产年份"), "date", low=1990, high=LAST_YEAR,
                   note="YYYY 或 YYYY-MM"),
            _IT, _TOTAL,
            _amount("water_t", "用水量 耗水量 取水量", "t", "m3", yearly=True),
            _amount("green_kwh", "绿电用量 绿色电力用量 绿电", "kWh"),
            _count("racks_in_use", "在用机架数 在用标准机架数 已用机架数", False),
            Column("pue_category", ("PUE测量类别", "PUE类别"), "integer", False, low=1, high=3, note="计量点位置：1、2 或 3"),
            _text("hub_cluster", "枢纽集群 所属集群 国家枢纽集群", False),
            _count("liquid_cooled_racks", "液冷机架数 液冷机架", False),
        ),
        "每栋楼一行",
    ),
    Table(
        "rooms",
        ("通信机房", "机房"),
        ("room_id", "year"),
        (
            Column("room_id", ("机房编号", "机房编码"), "id"),
            _YEAR, _ENTITY, _PLACE,
            _code(
                "kind",
                "机房类型 机房类别",
                core="核心机房 核心",
                aggregation="汇聚机房 汇聚",
                access="接入机房 接入",
            ),
            Column("retrofit_year", ("改造年份", "改造完成年份"), "year", False, low=1990, high=LAST_YEAR, note="未改造的留空"),
            _IT, _TOTAL,
        ),
        "IT 设备耗电量指整流之后的主设备耗电量",
    ),
    Table(
        "base_stations",
        ("基站能效", "基站", "基站能耗", "base_station"),
        ("year", "month", "entity_id", "province_code", "sub_region", "generation"),
        (
            _YEAR, _MONTH, _ENTITY, _PROVINCE,
            Column("generation", ("制式", "网络制式"), "code", members={"4G": ("4G", "LTE"), "5G": ("5G", "NR")},
                   note="从下拉列表中选择"),
            _count("stations", "基站数 基站数量 平均在网基站数", yearly=True, note="期内在网基站平均数"),
            _amount("traffic_tb", "业务流量 流量", "TB", yearly=True),
            _amount("energy_kwh", "耗电量 基站耗电量 用电量", "kWh", yearly=True),
            _amount("equipment_kwh", "主设备耗电量 基站主设备耗电量", "kWh", required=False),
            _count("monitored_stations", "监测基站数 开展监测的基站数", False),
        ),
        "共享基站由承建方填报，含各租户的流量",
    ),
    Table(
        "green_power",
        ("绿色电力", "绿电", "绿色电力消费"),
        ("year", "entity_id", "province_code", "sub_region", "channel"),
        (
            _YEAR, _ENTITY, _PROVINCE,
            _code(
                "channel",
                "渠道 绿电渠道 获取渠道",
                self_built="自建自用 自建",
                direct="专线直供 直供 绿电直连",
                bilateral="双边交易 绿电交易",
                tariff="绿电套餐 套餐",
                gec="单独购买绿证 绿证 购买绿证",
            ),
            _amount("kwh", "电量 绿色电力电量 绿电电量", "kWh", yearly=True),
        ),
    ),
    Table(
        "cases",
        ("赋能应用场景", "应用场景", "典型应用场景", "应用案例", "case"),
        ("case_id",),
        (
            Column("case_id", ("场景编号", "案例编号"), "id"),
            _text("title", "场景名称 案例名称 名称"),
            _code("status", "状态", candidate="申报 申报中", selected="遴选 入选", promoted="推广 推广中"),
            _code(
                "category",
                "类别 场景类别",
                industry="产业绿色低碳转型 产业",
                residents="居民低碳环保生活 居民",
                urban_rural="城乡绿色智慧发展 城乡",
            ),
            _text("organisation", "实施单位 单位名称"),
            _PROVINCE,
            _text("technology", "应用技术 技术", note="如 5G、工业互联网、AI、物联网、数字孪生；多项用顿号分隔"),
            _text("sector", "服务领域 应用行业 行业"),
            _text("method", "核算方法 方法", False),
            _count("activity_amount", "活动量", False, note="有此系统的活动数量，如 12000"),
            _text("activity_unit", "活动量单位", False, "活动的名称，如 间配电房"),
            _count("baseline_per_unit", "基准单耗 基准情景单耗", False),
            _count("project_per_unit", "项目单耗 项目情景单耗", False),
            _text("effect_unit", "单耗单位", False, "如 kWh、t、km、kgCO2"),
            _text("carrier", "折算能源品种 能源品种", False, "单耗是哪种能源，如 电力"),
            _count("factor_kgco2_per_unit", "排放因子", False, note="每单耗单位的 kgCO2"),
            Column("factor_year", ("排放因子年份",), "year", False, low=2000, high=LAST_YEAR),
            _code("factor_kind", "排放因子类型", False, average="平均 平均因子", marginal="边际 边际因子"),
            Column("ict_footprint_tco2", ("ICT自身排放", "自身排放"), "quantity", False, low=0, units={"": ("tCO2",)},
                   note="全生命周期，按年分摊，tCO2"),
            Column("rebound_share", ("反弹比例", "反弹效应比例"), "share", False, low=0, high=1),
            Column("attribution_share", ("归因比例", "ICT归因比例"), "share", False, low=0, high=1),
            replace(_amount("uncertainty_low_pct", "不确定度下限", "%", required=False, note="毛效果最低比核算值低百分之几，正数；不含ICT自身排放的"),
                    high=100),
            _amount("uncertainty_high_pct", "不确定度上限", "%", required=False, note="毛效果最高比核算值高百分之几，正数；不含ICT自身排放的"),
            Column("period_year", ("核算年份",), "year", False, low=FIRST_YEAR, high=LAST_YEAR),
            Column("period_months", ("核算月数",), "integer", False, low=1, high=12),
            _code(
                "verification", "核查方式 核验方式", False,
                self_declared="自行声明 自我声明", third_party="第三方核查 第三方", audited="审计 经审计",
            ),
            Column("tier", ("方法层级", "层级"), "integer", False, low=1, high=3, note="ITU-T L.1480 的 1 至 3"),
            _code("scope", "范围", False, enabling="赋能 赋能其他行业", own_operation="自身运营 自身"),
            _code("effect", "效果类型", False, reduction="实际减少 减少 减排", avoided_growth="避免增长 避免新增"),
            _count("addressable_amount", "可推广活动量", False, note="同样的活动全国共有多少"),
            _text("evidence", "佐证材料 证明材料", False),
            _text("summary", "摘要 简介", False),
        ),
    ),
    Table(
        "standards",
        ("绿色低碳标准", "标准", "standard"),
        ("standard_id",),
        (
            Column("standard_id", ("标准编号", "标准号"), "id"),
            _text("title", "标准名称 名称"),
            _code("level", "级别 标准级别", national="国家标准 国标", industry="行业标准 行标", group="团体标准 团标"),
            _code("status", "状态", published="已发布 发布", drafting="制定中 在研 起草中"),
            Column("published_on", ("发布日期", "发布时间"), "date", False, low=1990, high=LAST_YEAR,
                   note="YYYY、YYYY-MM 或 YYYY-MM-DD；制定中的留空"),
        ),
    ),
    Table(
        "measures",
        ("行动进展", "行动进展情况", "measure"),
        ("year", "entity_id", "province_code", "sub_region", "action_no", "item"),
        (
            _YEAR, _ENTITY, _PROVINCE, _ACTION,
            _text("item", "事项 工作事项 措施"),
            _code("status", "状态 进展", done="已完成 完成", in_progress="进行中 推进中", not_started="未开始 未启动"),
            _text("evidence", "佐证材料 证明材料", False),
        ),
    ),
    Table(
        "action_metrics",
        ("行动指标", "行动指标完成情况", "action_metric"),
        ("year", "entity_id", "province_code", "sub_region", "action_no", "metric"),
        (
            _YEAR, _ENTITY, _PROVINCE, _ACTION,
            Column("metric", ("指标", "指标名称"), "code", members={code: (zh,) for code, (zh, _) in METRICS.items()},
                   note="从下拉列表中选择，须属于该行动"),
            Column("value", ("数值", "指标值"), "quantity", low=0, units={c: u for c, (_, u) in METRICS.items()},
                   by="metric", note="非负数；占比按百分数"),
            _UNIT,
        ),
    ),
)  # fmt: skip
BY_NAME = {table.name: table for table in TABLES}

# --- the canonical form ------------------------------------------------------------------------------------


def _schema(table: Table) -> type[dy.Schema]:
    """Types, ranges, nulls and the primary key of the canonical table, as dataframely has them."""
    columns: dict[str, dy.Column] = {}
    for name, dtype in table.dtypes.items():
        column = table.column(name)
        month = name.endswith("_month")
        always = name in ("sub_region", "is_control") or (column.filled and not month)
        nulls: dict[str, Any] = {"nullable": not always, "primary_key": name in table.key}
        low, high = (1, 12) if month else (column.low, column.high)
        if column.default == 0 and low:  # 0 stands for "none" in a key
            low = 0
        if isinstance(dtype, pl.Enum):
            columns[name] = dy.Enum(dtype.categories, **nulls)
        elif dtype == pl.Int64:
            columns[name] = dy.Int64(min=_int(low), max=_int(high), **nulls)
        elif dtype == pl.Float64:
            columns[name] = dy.Float64(min=low, max=high, **nulls)
        elif dtype == pl.Boolean:
            columns[name] = dy.Bool(**nulls)
        else:
            columns[name] = dy.String(regex="^[0-9]{6}$" if name == "province_code" else None, **nulls)
    for name in SOURCE:
        columns[name] = dy.Int64(nullable=True) if name == "source_row" else dy.String(nullable=True)
    return type(table.name, (dy.Schema,), dict(columns))


def _int(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


SCHEMAS: dict[str, type[dy.Schema]] = {table.name: _schema(table) for table in TABLES}

# --- what is meant by a name or a header -------------------------------------------------------------------


def fold(text: str) -> str:
    """The form in which headers, names and codes are compared: half-width, lower case, no blanks, `_-*、:`."""
    return re.sub(r"[\s_\-*、:·\u200b-\u200d\u2060\ufeff]", "", unicodedata.normalize("NFKC", text).casefold())


def table_of(name: str) -> Table | None:
    """The table that a file or sheet name means, with what stands around it (`表2 能源消耗_2025.xlsx`); or None.

    None also where a name holds the names of two tables.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    plain = re.sub(r"(\.(xlsx|csv|parquet)|[\s_-]*审核意见)+$", "", plain.strip())  # also of a workbook with remarks
    plain = re.sub(r"[\s\-]+", "_", plain)
    found = [(spelling, table) for spelling, table in _table_names().items() if _stands_in(spelling, plain)]
    longest = [one for one in found if not any(one[0] != other and one[0] in other for other, _ in found)]
    tables = {table.name: table for _, table in longest}
    return next(iter(tables.values())) if len(tables) == 1 else None


@cache
def _table_names() -> dict[str, Table]:
    return {name.casefold(): table for table in TABLES for name in (table.name, *table.names)}


def _stands_in(spelling: str, plain: str) -> bool:
    """English names as whole words; Chinese names of one or two characters only where nothing else stands."""
    if spelling.isascii():
        return re.search(rf"(?<![a-z]){re.escape(spelling)}(?![a-z])", plain) is not None
    bare = re.sub(r"[\d\W_年度表附件]", "", plain) if not spelling[0].isdigit() else plain
    return bare == spelling or (len(spelling) > 2 and spelling in plain)


def column_of(table: Table, header: str) -> tuple[Column, str | None] | None:
    """The column that a header means, and the unit in its brackets: `总耗电量（万kWh）`; None if unknown.

    A bracket after the name of a column without units (`租户数（个）`) is a remark.
    """
    known = _headers_of(table)
    if column := known.get(fold(header)):
        return column, None
    bracket = re.fullmatch(
        r"(.*?)[(\[【](?:单位:?)?([^()\[\]【】]*)[)\]】]",
        re.sub(r"\s+", " ", unicodedata.normalize("NFKC", header)).strip(" *"),
    )
    if bracket is None or (column := known.get(fold(bracket[1]))) is None:
        return None
    has_unit = bool(column.units) or column.kind in ("share", "number", "integer")
    return column, (bracket[2].strip() or None) if has_unit else None


def columns_of(table: Table, headers: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """The columns that headers mean, by their names: the first header of each, and the unit in its brackets."""
    found: dict[str, tuple[str, str | None]] = {}
    for header in headers:
        if known := column_of(table, header):
            found.setdefault(known[0].name, (header, known[1]))
    return found


@cache
def _headers(name: str) -> dict[str, Column]:
    return {fold(text): column for column in BY_NAME[name].columns for text in (column.name, *column.headers)}


def _headers_of(table: Table) -> dict[str, Column]:
    return _headers(table.name)


def headers() -> tuple[str, ...]:
    """All header texts of all tables, English and Chinese, without unit brackets; first those of most tables."""
    columns = [column for table in TABLES for column in table.columns]
    often = Counter(column.zh for column in columns)
    columns.sort(key=lambda column: -often[column.zh])
    first, others = ((column.zh for column in columns), (text for one in columns for text in (one.name, *one.headers)))
    return tuple(dict.fromkeys([*first, *others]))
