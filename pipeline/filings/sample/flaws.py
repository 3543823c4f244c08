"""The deliberate flaws: each is put into the sheets here, with the finding that it must give, and no other.

They are small: a rejected row is one that was added, or one of a fuel in a small province, and a value that is wrong
but kept is one of water, so that what the filings are calibrated to does not move.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from pipeline.filings.rules import RULES
from pipeline.filings.sample.filers import NOBODY, Cell, Sheet

Sheets = dict[tuple[int, str, str], Sheet]
CHECKED_BY, CHECKED_ON = "示例汇总人员", "2026-03-05"


@dataclass(frozen=True)
class Planted:
    """One finding that must come out. file, sheet and row are null where the rule blames no row; column is the
    contract's name; what: in Chinese, what was done."""

    file: str | None
    sheet: str | None
    row: int | None
    table: str
    column: str | None
    rule: str
    what: str

    @property
    def severity(self) -> str:
        return RULES[self.rule].severity


def plant(found: Sheets) -> tuple[list[Planted], str]:
    """Change the sheets; the findings that must come of it, and the text of corrections.yml."""
    planted: list[Planted] = []

    def expect(sheet: Sheet, place: int | None, column: str | None, rule: str, what: str) -> None:
        row = None if place is None else sheet.row(place)
        planted.append(Planted(sheet.file, sheet.sheet, row, sheet.table.name, column, rule, what))

    # --- a province that no longer files a table; first, for the rows below move up
    one = found[2025, "JIA", "data_centres"]
    for at in reversed(one.find(province_code="西藏自治区")):
        del one.rows[at]
    planted.append(Planted(None, None, None, "data_centres", "province_code", "province.missing",
                           "西藏 2025 年没有一家填报数据中心（此前只有示例电信甲一家填报）"))  # fmt: skip

    # --- errors: the row is rejected
    one = found[2025, "JIA", "energy"]
    (at,) = one.find(province_code="宁夏回族自治区", carrier="汽油")
    one.change(at, quantity="1,2oo")
    expect(one, at, "quantity", "cell.number", "宁夏汽油消耗量写作“1,2oo”，字母 o 当作零")

    one = found[2023, "YI", "energy"]
    (at,) = one.find(province_code="海南", carrier="柴油")
    one.change(at, quantity=lambda kg: round(kg / 0.84), unit="升")
    expect(one, at, "unit", "unit.density", "海南柴油按升填报，没有密度不能换算")

    one = found[2024, "JIA", "energy"]
    (at,) = one.find(province_code="云南省", carrier="天然气")
    one.change(at, unit="标方")
    expect(one, at, "unit", "unit.unknown", "云南天然气的计量单位写作“标方”")

    one = found[2022, "YI", "sites"]
    at, *_ = one.find(province_code="广东", built_year=2022)
    one.change(at, province_code="广冬")
    expect(one, at, "province_code", "cell.province", "一处站址的省份写作“广冬”")

    one = found[2025, "JIA", "data_centres"]
    like, *_ = one.find(province_code="陕西省")
    at = one.add(like, dc_id="DC-JIA-61-90", name="示例电信甲陕西边缘机柜间", standard_racks=80, racks_in_use=60,
                 it_kwh=41.26, total_kwh=36.95, water_t=0, green_kwh=0, hub_cluster=None)  # fmt: skip
    expect(one, at, "total_kwh", "pue.below_1", "新增一间边缘机柜间，总耗电量与 IT 设备耗电量填反")

    one = found[2024, "YI", "data_centres"]
    like, *_ = one.find(province_code="山东")
    at = one.add(like, dc_id="DC-YI-37-90", name="示例电信乙山东边缘机柜间", standard_racks=60, racks_in_use=40,
                 it_kwh=310_000, total_kwh=452_000, water_t=0, green_kwh=610_000, hub_cluster=None, cooling_kwh=None,
                 reused_kwh=None)  # fmt: skip
    expect(one, at, "green_kwh", "data_centres.green_above_total", "新增一间边缘机柜间，绿电用量大于总耗电量")

    one = found[2023, "TIETA", "energy"]
    (like,) = one.find(province_code="四川", carrier="柴油")
    expect(one, one.add(like), "year", "key.identical", "四川柴油一行原样重复")

    one = found[2024, "BING", "action_metrics"]
    (like,) = one.find(province_code=520000, metric="patents")
    at = one.add(like, value=lambda count: count + 6)
    for place in (like, at):
        expect(one, place, "year", "key.conflict", "贵州绿色低碳专利报了两行，件数不同")

    one = found[2025, "TIETA", "sites"]
    like, *_ = one.find(province_code="贵州", built_year=2025)
    at = one.add(like, site_id="52-2025-9001", tenants=1, sharing_kind="共建共享")
    expect(one, at, "sharing_kind", "sites.shared_alone", "一处站址填共建共享，租户数却为 1")

    one = found[2023, "JIA", "rooms"]
    like, *_ = one.find(province_code="四川省", kind="核心机房")
    at = one.add(like, room_id="JF-JIA-51-90", retrofit_year=2032)
    expect(one, at, "retrofit_year", "rooms.retrofit_after_year", "一间核心机房的改造年份 2023 误作 2032")

    one = found[2025, "YI", "measures"]
    at = one.add(0, entity_id="DING", item="开展绿色低碳培训（示例）")
    expect(one, at, "entity_id", "entity.unknown", "一行的填报单位 DING 没有登记")

    # --- warnings: the row is kept
    one = found[2025, "YI", "energy"]
    (at,) = one.find(province_code="甘肃", carrier="新水", facility_type="办公")
    one.change(at, quantity=lambda tonnes: round(tonnes / 1000))
    expect(one, at, "quantity", "change.unit_slip", "甘肃办公用水约为上年的千分之一（把千吨的数填在吨的单位下）")

    one = found[2025, "BING", "data_centres"]
    (at,) = one.find(dc_id="DC-BING-32-01")
    more = round(one.cell(at, "water_t") * 2.7)
    one.change(at, water_t=lambda tonnes: tonnes + more)
    energy = found[2025, "BING", "energy"]
    (of_energy,) = energy.find(province_code=320000, facility_type="data_centre", carrier="water")
    energy.change(of_energy, quantity=lambda tonnes: tonnes + more)
    expect(one, at, "water_t", "change.factor_3", "一座数据中心改用蒸发冷却，用水量为上年的三倍多（属实）")

    (at,) = one.find(dc_id="DC-BING-32-02")
    one.change(at, cooling_kwh=0)
    expect(one, at, "cooling_kwh", "data_centres.cooling_zero", "一座数据中心没有单独计量冷却系统，填了 0 而不是留空")

    one = found[2025, "TIETA", "energy"]
    like, *_ = one.find(province_code="海南", supply="转供电")
    at = one.add(like, counterparty_id="GUANGDIAN", quantity=86.4)
    expect(one, at, "supply", "energy.resold_unmatched", "铁塔在海南转供广电一笔，广电没有受供记录")

    one = found[2025, "YI", "green_power"]
    (like,) = one.find(province_code="广东", channel="套餐")
    at = one.add(like, province_code="深圳", kwh=lambda kwh: round(kwh * 0.2, -2))
    expect(one, at, "province_code", "province.part_and_whole", "深圳单独填报，广东一行没有注明是否已扣除")

    one = found[2024, NOBODY, "standards"]
    at = one.add(0, standard_id="SL/T 9100-2024", title="绿色低碳术语（示例）", published_on=None)
    expect(one, at, "published_on", "standards.no_date", "一项已发布的标准没有发布日期，不计入")

    one = found[2024, "YI", "rooms"]
    one.columns.append("备注")
    for place, row in enumerate(one.rows):
        row.append("年底抄表" if place % 40 == 0 else None)
    expect(one, None, None, "header.unknown", "多出一列“备注”，不属于本表")

    # --- energy by equipment and by business
    one = found[2025, "JIA", "equipment"]
    (like,) = one.find(province_code="海南省", facility_type="接入汇聚机房", equipment_type="OLT", model="OLT-21")
    at = one.add(like, equipment_type="光猫", quantity=120, energy_kwh=0.9)
    expect(one, at, "equipment_type", "cell.code", "一行的设备类型写作“光猫”，不在可选的类型之中")
    at = one.add(like, model="OLT-26", commissioned_year=2026, quantity=1, energy_kwh=0.1)
    expect(one, at, "commissioned_year", "equipment.after_year", "一台 OLT 的入网年份 2026 晚于数据年份")

    one = found[2025, "BING", "equipment"]
    (at,) = one.find(province_code=630000, facility_type="core_room", equipment_type="router", model="LY-22")
    one.change(at, rated_kw=lambda kw: kw / 1000)
    expect(one, at, "energy_kwh", "equipment.above_rated", "青海路由器的单台额定功率把千瓦当作瓦又除以 1000")

    one = found[2025, "YI", "equipment"]
    for at in reversed(one.find(province_code="西藏", facility_type="核心", equipment_type="空调设备")):
        del one.rows[at]
    at, *_ = one.find(province_code="西藏", facility_type="核心")
    expect(one, at, "energy_kwh", "sum.equipment", "西藏核心机房的设备漏报空调，合计比能源消耗少四分之一以上")

    one = found[2025, "YI", "business"]
    for at in reversed(one.find(province_code="宁夏", business="云", carrier="电")):
        del one.rows[at]
    at, *_ = one.find(province_code="宁夏", carrier="电")
    expect(one, at, "quantity", "sum.business", "宁夏漏报云业务，各业务用电合计小于能源消耗")

    # --- filed again in a later year
    old, new = found[2023, "YI", "energy"], found[2024, "YI", "energy"]
    (at,) = old.find(province_code="河北", carrier="电", facility_type="办公")
    new.rows.append(list(old.rows[at]))
    new.change(-1, quantity=lambda kwh: round(kwh * 1.06, -2))
    expect(old, at, None, "key.restated", "河北 2023 年办公用电在 2024 年的报送中更正，以后者为准")

    now = found[2025, NOBODY, "cases"]
    before = Sheet(now.file.replace("2025", "2024"), "2024年", now.table, list(now.columns), list(now.names), [])
    (at,) = now.find(case_id="SL-U-02")
    before.rows.append(list(now.rows[at]))
    before.change(0, status="申报", period_year=2024)
    found[2024, NOBODY, "cases"] = before
    expect(before, 0, None, "key.restated", "一个应用场景 2024 年申报，2025 年入选")

    # --- known errors that the compiler corrects
    one = found[2023, "YI", "energy"]
    (at,) = one.find(province_code="宁夏", carrier="电", facility_type="其他设施")
    one.change(at, quantity=lambda kwh: kwh / 1000)
    slip = one.cell(at, "quantity")

    theirs, one = found[2025, "YI", "data_centres"], found[2025, "BING", "data_centres"]
    twice, *_ = theirs.find(province_code="广东")
    like, *_ = one.find(province_code=440000)
    values = {
        name: theirs.cell(twice, name) for name in ("name", "standard_racks", "commissioned", "racks_in_use", "water_t")
    }
    values |= {name: theirs.cell(twice, name) / 1000 for name in ("it_kwh", "total_kwh", "green_kwh")}
    at = one.add(like, dc_id="DC-BING-44-90", **values)
    expect(one, at, "name", "correction.drop", "同一栋楼由乙、丙两家填报，丙的一行按 corrections.yml 不采用")

    _control_total(found[2025, "YI", "activity"])
    return planted, _corrections(slip, values["name"])


def _control_total(sheet: Sheet) -> None:
    """A row of the nation that agrees with the provinces: to be compared, never summed."""
    flows = sheet.find(metric="信息流量")
    sheet.add(flows[0], province_code="全国", value=sum(sheet.cell(at, "value") for at in flows))


def _corrections(slip: Cell, name: str) -> str:
    who = {"who": CHECKED_BY, "date": "DATE"}
    entries = [
        {
            "table": "能源消耗", "key": {"年份": 2023, "填报单位": "YI", "省份": "宁夏", "设施类型": "其他", "能源品种": "电力"},
            "column": "消耗量", "action": "scale", "value": 1000, "expect": slip,
            "reason": "误把 MWh 的数填在 kWh 的单位下，已与填报单位核实", **who,
        },
        {
            "table": "数据中心", "key": {"数据中心编号": "DC-BING-44-90", "年份": 2025}, "column": "数据中心名称",
            "action": "drop", "expect": name, "reason": "与示例电信乙填报的是同一栋楼，以产权方填报的为准", **who,
        },
    ]  # fmt: skip
    text = yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=200).replace("DATE", CHECKED_ON)
    return "# 汇总时更正的已知差错；填报原件不改。expect 与填报不符时，检查会停下来。\n" + text
