"""The real tables and the plan, and the rule where sources disagree."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipeline.errors import DataError
from pipeline.given import reference
from pipeline.layout import Layout

LAYOUT = Layout.current()
SERIES = ["national_series", "regional_series", "provincial_series", "energy", "targets_progress", "derived"]
FACTORS = ["grid_emission_factors", "energy_coefficients", "fuel_emission_factors", "pue_standards"]
ROWS = [LAYOUT.public / f"{name}.csv" for name in [*SERIES, "cases_public"]] + [
    LAYOUT.reference / f"{name}.csv" for name in FACTORS
]
OTHERS = [LAYOUT.public / "disputes.csv", LAYOUT.reference / "provinces.csv"]
KEY = ["indicator_id", "region_zh", "year", "month"]
# Domains that only mirror, or have nothing to do with, what they print.
MIRRORS = "origin-se theclergymen zfree oborfintech lysolar yeyeya 47.119 zslijia easyfang gdcenn daydaynews"


def read(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False)


@pytest.fixture(scope="module")
def published() -> pl.DataFrame:
    return reference.published(LAYOUT)


@pytest.fixture
def copy(tmp_path: Path) -> Layout:
    for name in ("public", "reference"):
        shutil.copytree(LAYOUT.root / "data/raw" / name, tmp_path / "data/raw" / name)
    return Layout(tmp_path)


def row(row_id: str, value: str, unit: str = "亿元", **changes: str) -> dict[str, str]:
    """A row about one made-up fact; `changes` set its other columns."""
    fixed = {"year": "2030", "month": "", "region_zh": "全国", "indicator_id": "made_up", "indicator_zh": "虚构"}
    source = {
        "row_type": "printed",
        "grade": "B",
        "source_title": "某报",
        "source_date": "",
        "source_url": "",
        "read_in": "",
    }
    return {"row_id": row_id, "value": value, "unit": unit, "scope_note": ""} | fixed | source | changes


def decided(layout: Layout, *rows: dict[str, str]) -> dict[str, tuple[str, str]]:
    """row_id -> (status, reason) after the rows were added to the national table."""
    path = layout.public / "national_series.csv"
    table = read(path)
    pl.concat([table, pl.DataFrame(rows).select(table.columns)]).write_csv(path)
    found = reference.published(layout).filter(pl.col("indicator_id") == "made_up")
    return {i: (status, reason) for i, status, reason in found.select("row_id", "status", "reason").iter_rows()}


# --- what the files hold ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ROWS, ids=lambda p: p.stem)
def test_every_row_has_an_id_and_a_source(path: Path) -> None:
    table = read(path)
    assert table.columns[0] == "row_id"
    assert table.select("row_id", "row_type", "source_title").null_count().row(0) == (0, 0, 0)


def test_row_ids_are_unique_over_all_tables() -> None:
    ids = [row_id for path in ROWS for row_id in read(path)["row_id"]]
    assert len(ids) == len(set(ids)) == 649 + 31 + 123 + 18 + 22 + 35


@pytest.mark.parametrize("path", ROWS + OTHERS, ids=lambda p: p.stem)
def test_no_bad_link_and_no_machine_reference(path: Path) -> None:
    table = read(path)
    text = path.read_text(encoding="utf-8")
    assert not [name for name in MIRRORS.split() if name in text]
    assert not re.search(r"index file|\bids? \d{6,}", text)
    for column in {"source_title", "scope_note", "note", "cross_check", "reason"} & set(table.columns):
        assert not table[column].str.contains("(?i)github").any(), column
    for column in {"scope_note", "note", "cross_check", "reason"} & set(table.columns):
        assert not table[column].str.contains(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}").any(), column
    if "grade" in table.columns:
        assert set(table["grade"]) <= {"A", "B", "C"}
        assert table.filter(pl.col("grade") == "C")["source_url"].drop_nulls().is_empty()
        assert table.filter(pl.col("grade") == "A")["source_url"].null_count() == 0
    if "source_url" in table.columns:
        assert table["source_url"].drop_nulls().str.starts_with("http").all()


def test_a_unit_is_canonical_and_goes_back_to_the_print(published: pl.DataFrame) -> None:
    assert published.group_by("indicator_id").agg(n=pl.col("unit").n_unique()).filter(pl.col("n") > 1).is_empty()
    power = {unit: power for unit, (_, power) in reference._UNITS.items()}
    for value, printed, unit in published.select("value", "value_printed", "unit_printed").iter_rows():
        number = re.sub(r"[^\d.]", "", printed) if "150-200" not in printed else None
        if number is None:
            assert value is None
        else:
            assert abs(value) / 10 ** power.get(unit, 0) == pytest.approx(float(number), rel=1e-12)
            assert (value < 0) == printed.startswith("-")


# --- the rule ---------------------------------------------------------------------------------------------


def test_each_fact_is_used_once(published: pl.DataFrame) -> None:
    used = published.filter(pl.col("status") == "used")
    assert used.select(KEY).is_unique().all()
    assert used["value"].null_count() == 0
    assert set(used["row_type"]) == {"printed", "derived"}
    assert set(published["status"]) == {"used", "left_out", "disputed", "not_a_fact"}
    assert (published["reason"] == "").equals(published["status"] == "used")
    keys = published.filter(pl.col("status") == "left_out").select(KEY).unique()
    assert keys.join(used, on=KEY, how="anti", nulls_equal=True).is_empty()


@pytest.mark.parametrize(
    ("indicator", "region", "year", "value", "row_type"),
    [
        ("mtraf", "全国", 2020, 1655.68, "derived"),  # the bureau's sum, not the first release 1656
        ("rev", "全国", 2022, 15808.0, "printed"),  # not 1.58 万亿元
        ("tbv", "全国", 2022, 17498.0, "printed"),
        ("bs5g", "全国", 2023, 3377000.0, "derived"),
        ("bs5g", "全国", 2025, 4838000.0, "printed"),
        ("u5g", "全国", 2025, 1204000000.0, "printed"),
        ("ghg_total", "中国电信", 2022, 1577.0, "printed"),
        ("society_elec", "全国", 2025, 103682.0, "printed"),
        ("tertiary_elec", "全国", 2025, 19900.0, "printed"),
        ("bs5g_sh", "全国", 2025, 37.6, "printed"),
        ("elec_footprint", "全国", 2024, 0.5777, "printed"),
        ("ghg_total", "中国铁塔", 2022, 85.038499, "printed"),
        ("mtraf", "江西", 2021, 58.162367, "printed"),
    ],
)
def test_used_values(
    published: pl.DataFrame, indicator: str, region: str, year: int, value: float, row_type: str
) -> None:
    found = reference.series(published, indicator, region).filter(pl.col("year") == year)
    assert found.select("value", "row_type").rows() == [(value, row_type)]


def test_two_counts_of_racks_in_use_are_both_in_dispute(published: pl.DataFrame) -> None:
    racks = published.filter((pl.col("indicator_id") == "dc_racks") & (pl.col("year") == 2024))
    assert racks.sort("value").select("value", "status").rows() == [(8.8e6, "disputed"), (9e6, "disputed")]
    assert reference.series(published, "dc_racks", "全国")["year"].to_list() == [2023]


def test_the_tower_company_of_mid_2025_does_not_go_on_from_2024(published: pl.DataFrame) -> None:
    assert reference.series(published, "tower_tenancy", "中国铁塔", annual=False)["year"].to_list() == [
        2022,
        2023,
        2024,
    ]
    half = reference.series(published, "tower_tenancy_op", "中国铁塔", annual=False)
    assert half.select("year", "month", "value").rows() == [(2025, 6, 1.72)]


def test_the_original_is_cited_and_the_reprint_is_data(published: pl.DataFrame) -> None:
    stations = published.filter(pl.col("row_id") == "N025").row(0, named=True)
    assert stations["source_title"] == "《2024年通信业统计公报》，工业和信息化部，2025-01"
    assert stations["read_in"].startswith("转载IT之家2025-01-26")
    used = published.filter(pl.col("status") == "used")
    assert used.filter(pl.col("source_title").str.contains("转载|转引|转自|存档")).is_empty()


@pytest.mark.parametrize(
    "site", ["scribd", "book118", "股吧", "ditchcarbon", "DitchCarbon", "Yoshka", "原创力", "转载"]
)
def test_a_site_of_doubtful_standing_is_no_source(published: pl.DataFrame, site: str) -> None:
    cited = published.filter(pl.col("row_type") != "unverified", pl.col("status") != "disputed")
    tables = [
        cited,
        reference.energy_coefficients(LAYOUT),
        reference.fuel_factors(LAYOUT),
        reference.pue_standards(LAYOUT),
    ]
    cases = reference.public_cases(LAYOUT).filter(pl.col("row_type") != "unverified")
    for table in [*tables, cases]:
        for column in ("source_title", "source_url"):
            assert not table[column].drop_nulls().str.contains(site, literal=True).any(), (column, site)


def test_what_has_no_original_is_no_fact(published: pl.DataFrame) -> None:
    lost = published.filter(pl.col("row_type") == "unverified")
    assert set(lost["row_id"]) == {"E021", "E040", "E041", "E046", "E047", "E049", "E056", "E057", "T009"}
    assert set(lost["status"]) == {"not_a_fact"}


@pytest.mark.parametrize(
    ("indicator", "region"),
    [
        ("unit_tbv_energy_cum", "全国"),
        ("dc_elec", "全国数据中心"),
        ("ghg_per_flow_g2020", "中国移动"),
        ("elec", "中国移动"),
    ],
)
def test_disputed_figures_are_never_used(published: pl.DataFrame, indicator: str, region: str) -> None:
    rows = published.filter((pl.col("indicator_id") == indicator) & (pl.col("region_zh") == region))
    assert set(rows["status"]) == {"disputed"}
    assert reference.series(published, indicator, region, annual=False).is_empty()


@pytest.mark.parametrize(
    ("better", "worse", "words"),
    [
        (row("Y", "90", source_title="国家统计局某表", grade="C"), row("X", "100", grade="A"), "国家统计局"),
        (row("Y", "90"), row("X", "100", row_type="derived", grade="A"), "原文数值先于推算值"),
        (row("Y", "90", grade="C"), row("X", "超100", grade="A"), "准确值先于概数"),
        (row("Y", "90", grade="A"), row("X", "100.5", grade="B"), "来源等级"),
        (row("Y", "9012"), row("X", "0.95", "万亿元"), "有效数字"),
        (row("Y", "90", source_date="2031-02"), row("X", "95", source_date="2031-01-31"), "发布较晚"),
    ],
    ids=["bureau", "printed", "exact", "grade", "digits", "later"],
)
def test_rule_step_by_step(copy: Layout, better: dict[str, str], worse: dict[str, str], words: str) -> None:
    found = decided(copy, worse, better)
    assert found["Y"] == ("used", "")
    status, reason = found["X"]
    assert status == "left_out"
    assert reason.startswith("与采用值不一致")
    assert words in reason
    assert worse["value"] + worse["unit"] in reason
    assert better["value"] + better["unit"] in reason


@pytest.mark.parametrize(("coarse", "same"), [("1.58", True), ("1.57", False), ("1.59", False)])
def test_agreement_is_within_the_coarser_rounding(copy: Layout, coarse: str, same: bool) -> None:
    found = decided(copy, row("X", coarse, "万亿元"), row("Y", "15808"))
    assert (found["X"] == ("left_out", "与采用值一致（重复来源）")) is same


def test_the_rule_is_told_alike_everywhere() -> None:
    assert reference.DISAGREEMENT_RULE in (LAYOUT.root / "data/raw/README.md").read_text(encoding="utf-8")


def test_targets_forecasts_and_unverified_are_no_facts(copy: Layout) -> None:
    kinds = ("target", "forecast", "unverified")
    found = decided(copy, *(row(kind, "1", row_type=kind, grade="A") for kind in kinds), row("Y", "2", grade="C"))
    assert {found[kind][0] for kind in kinds} == {"not_a_fact"}
    assert found["Y"] == ("used", "")


# --- worked figures ---------------------------------------------------------------------------------------


def test_provinces_are_complete_and_add_up(published: pl.DataFrame) -> None:
    provinces = published.filter(
        (pl.col("indicator_id") == "mtraf")
        & pl.col("region_code").is_not_null()
        & (pl.col("region_code") != "000000")
        & (pl.col("status") == "used")
    )
    by_year = provinces.group_by("year").agg(pl.col("value").sum(), n=pl.col("region_code").n_unique()).sort("year")
    assert by_year["year"].to_list() == list(range(2019, 2025))
    assert by_year["n"].to_list() == [31] * 6
    nation = reference.series(published, "mtraf", "000000")
    assert nation["year"].to_list() == by_year["year"].to_list()
    assert (nation["value"] - by_year["value"]).abs().max() < 0.01  # type: ignore[operator]
    assert by_year.filter(pl.col("year") == 2020)["value"].item() == pytest.approx(1655.68, abs=0.005)


def test_business_volume_index(published: pl.DataFrame) -> None:
    index = reference.business_volume_index(published)
    assert index["year"].to_list() == list(range(2020, 2026))
    assert [round(value, 1) for value in index["index"]] == [100.0, 127.8, 155.0, 181.1, 199.2, 217.3]
    by_hand = 100 * 1.278 * 1.213 * 1.168 * 1.100 * 1.091
    assert index["index"][-1] == pytest.approx(by_hand, rel=1e-12)
    assert index["computed"].to_list() == [False] + [True] * 5


def test_index_refuses_a_gap(published: pl.DataFrame) -> None:
    gap = published.filter((pl.col("indicator_id") != "tbv_g") | (pl.col("year") != 2023))
    with pytest.raises(DataError, match="2022、2024"):
        reference.business_volume_index(gap)


def test_series_by_name_and_code(published: pl.DataFrame) -> None:
    assert reference.series(published, "mtraf", "北京").equals(reference.series(published, "mtraf", "110000"))
    within = reference.series(published, "bs5g", "全国", annual=False)
    assert within.filter(pl.col("year") == 2025)["month"].to_list() == [2, 3, 6, 7, 9, 11, None]
    assert reference.series(published, "mtraf", "火星").is_empty()


# --- reference tables -------------------------------------------------------------------------------------


def test_provinces() -> None:
    table = reference.provinces(LAYOUT)
    assert table.height == 34
    assert table["in_31"].sum() == 31
    assert table.select("row", "col").is_unique().all()
    assert table.filter(pl.col("code") == "650000").select("short_zh", "row", "col").row(0) == ("新疆", 2, 1)
    assert table.filter(~pl.col("factor_published") & pl.col("in_31"))["short_zh"].to_list() == ["西藏"]


def test_grid_factors() -> None:
    table = reference.grid_factors(LAYOUT)
    average = table.filter(pl.col("kind") == "average")
    assert average.filter(pl.col("region_code") == "000000").sort("year")["factor_kgco2_per_kwh"].to_list() == [
        0.5568,
        0.5366,
        0.5306,
    ]
    by_level = average.group_by("region_level").len()
    assert dict(by_level.iter_rows()) == {"nation": 3, "grid_region": 21, "province": 93}
    assert average.filter(pl.col("factor_kgco2_per_kwh").is_null())["region_zh"].to_list() == ["西藏"] * 3
    assert table.filter(pl.col("region_level") == "grid_region")["region_code"].null_count() == 21
    assert table.filter(pl.col("region_level") != "grid_region")["region_code"].null_count() == 0
    # The ministry said of 2023: 20 provinces fell, 10 rose.
    wide = average.filter(pl.col("region_level") == "province").pivot(
        "year", index="region_code", values="factor_kgco2_per_kwh"
    )
    change = (wide["2023"] - wide["2022"]).drop_nulls()
    assert ((change < 0).sum(), (change > 0).sum()) == (20, 10)
    low = table.filter(pl.col("confidence") == "low")
    assert low.select("year", "kind", "row_type").rows() == [(2021, "average_excl_traded_nonfossil", "unverified")]
    assert "推定" in low["note"].item()


def test_coefficients_and_fuels() -> None:
    coefficients = reference.energy_coefficients(LAYOUT)
    preferred = coefficients.filter(pl.col("preferred"))
    assert preferred["carrier"].is_unique().all()
    value = dict(preferred.select("carrier", "kgce_per_unit").iter_rows())
    assert (value["electricity_equivalent"], value["natural_gas_oilfield"], value["diesel"]) == (0.1229, 1.33, 1.4571)
    assert "fresh_water" not in value
    fuels = reference.fuel_factors(LAYOUT)
    assert dict(fuels.group_by("set").len().iter_rows()) == {"S1": 8, "S2": 10, "S3": 4}
    one = fuels.filter(pl.col("set") == "S1")
    again = one["lhv"] * one["carbon_content"] * one["oxidation_rate"] * 44 / 12 / 1e6
    assert (again - one["kgco2_per_unit"]).abs().max() < 1e-4  # type: ignore[operator]


def test_no_link_leads_to_a_site_of_doubtful_standing() -> None:
    """Posts of users, self-published columns, sites that share documents."""
    doubtful = r"modb\.pro|caifuhao|guba|163\.com/dy|ruankaoba|docin|doc88|book118|wenku|zhihu"
    links = [
        link
        for path in sorted(LAYOUT.root.glob("data/raw/*/*.csv"))
        if "source_url" in (table := read(path)).columns
        for link in table["source_url"].drop_nulls()
    ]
    assert len(links) > 200
    assert [link for link in links if re.search(doubtful, link)] == []


def test_policies_are_cited_by_their_own_names() -> None:
    table = reference.policies(LAYOUT)
    assert table.height == 14
    assert table["row_id"].is_unique().all()
    assert set(table["confidence"]) <= {"high", "medium"}
    assert table.select("item", "issuer", "fact", "source_title").null_count().row(0) == (0, 0, 0, 0)
    assert not table["source_title"].str.contains(r"转载|报道|\.com|\.org|\.cn").any()
    told = table.filter(pl.col("year") <= 2025)
    assert told["row_id"].to_list() == ["L001", "L002", "L003", "L004", "L005", "L006", "L007"]


def test_pue_standards() -> None:
    table = reference.pue_standards(LAYOUT)
    grades = table.filter(pl.col("kind") == "grade")
    assert grades["number"].to_list() == [1.2, 1.3, 1.5]
    assert table.filter(pl.col("item") == "large").select("value", "number").row(0) == ("3000<=n<10000", None)
    assert reference.public_cases(LAYOUT).height == 31


# --- the plan ---------------------------------------------------------------------------------------------


def test_plan() -> None:
    plan = reference.load_plan(LAYOUT)
    assert (plan.document_number, str(plan.issued), len(plan.issuers)) == ("工信部联通信〔2022〕103号", "2022-08-22", 7)
    assert {target.indicator: (target.comparator, target.value) for target in plan.targets} == {
        "sharing.new_5g_sites": (">=", 0.80),
        "dc.pue.new_large": ("<=", 1.3),
        "room.pue.core_retrofit": ("<=", 1.5),
        "bs.efficiency_gain_5g": (">=", 0.20),
        "energy.per_flow.change": ("<=", -0.20),
        "energy.per_volume.change": ("<=", -0.15),
        "cases.count": (">=", 30),
        "standards.count": (">=", 30),
    }
    assert [target.no for target in plan.targets] == list(range(1, 9))
    assert [action.no for action in plan.actions] == list(range(1, 16))
    tasks = [task for action in plan.actions for task in action.tasks]
    assert [len(action.tasks) for action in plan.actions] == [2, 2, 2, 2, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 3]
    assert [task.no for task in tasks] == [
        f"{action.no}.{i}" for action in plan.actions for i in range(1, len(action.tasks) + 1)
    ]
    assert {target for task in tasks for target in task.targets} == {target.id for target in plan.targets}
    assert [safeguard.id for safeguard in plan.safeguards] == [f"S{i}" for i in range(1, 7)]
    assert [(quota.id, quota.action, quota.quota) for quota in plan.case_quotas] == [
        ("industry", 10, 10),
        ("residents", 11, 10),
        ("urban_rural", 12, 10),
    ]
    assert "50" in plan.targets[-1].reference_note


def test_damaged_words_stand_only_in_the_list_of_repairs() -> None:
    damaged = ["动行动", "空凋", "高提高", "平设施", "。。", "自建拉", " and "]
    plan = reference.load_plan(LAYOUT)
    kept = plan.model_dump_json(exclude={"text_repairs"})
    assert not [words for words in damaged if words in kept]
    assert all(any(words in repair.as_found for repair in plan.text_repairs) for words in damaged)
    assert not [repair.as_printed for repair in plan.text_repairs if any(w in repair.as_printed for w in damaged)]
    assert [task.title for task in plan.actions[4].tasks][2] == "提高IT设施能效水平"


@pytest.mark.parametrize(
    ("found", "put", "id", "says"),
    [
        ("title: 新建5G基站站址共享率", 'title: "新建', "plan.syntax", "行附近"),
        (
            "    decimals: 1\n    better: higher",
            "    decimal: 1\n    better: higher",
            "plan.invalid",
            "不认识的键“decimal”",
        ),
        (
            "baseline_year: 2020\n",
            "baseline_year: 2020\ncolour: 绿\n",
            "plan.invalid",
            "第 19 行：不认识的键“colour”",
        ),
        ('comparator: ">="', 'comparator: "=>"', "plan.invalid", "'>=' 或 '<='"),
        ("value: 0.80", "value: 八成", "plan.invalid", "“value”的值“八成”不对，应为数字"),
        ("targets: [standards.count]", "targets: [standards.counts]", "plan.invalid", "standards.counts"),
        ("id: dc.pue.new_large", "id: sharing.new_5g_sites", "plan.invalid", "出现了不止一次"),
        ("quota: 10", "", "plan.invalid", "缺少“quota”"),
        ("term_end: 2025", "term_end: 2025\nterm_end: 2026", "plan.syntax", "term_end 写了两次，只能写一次"),
        ("issued: 2022-08-22", "issued: 2022-08-32", "plan.syntax", "2022-08-32 不是一个日期"),
        ("issued: 2022-08-22", "issued: 2022-08-22 25:61:00", "plan.syntax", "不是有效的取值"),
        ("baseline_year: 2020\n", "baseline_year: &base 2020\nhorizon: *base\n", "plan.syntax", "引用了别名 *base"),
    ],
    ids=[
        "syntax",
        "misspelt",
        "unknown",
        "comparator",
        "number",
        "lost target",
        "twice",
        "missing",
        "key twice",
        "day",
        "time",
        "alias",
    ],
)
def test_broken_plan(copy: Layout, found: str, put: str, id: str, says: str) -> None:
    path = copy.reference / "plans" / "2022-2025.yml"
    text = path.read_text(encoding="utf-8")
    assert found in text
    path.write_text(text.replace(found, put, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        reference.load_plan(copy)
    message = str(caught.value)
    assert caught.value.id == id
    assert "data/raw/reference/plans/2022-2025.yml" in message
    assert says in message
    assert re.search(r"第 \d+ 行", message)
    plain(message)


def test_plan_key_no_is_no_boolean(copy: Layout) -> None:
    text = (copy.reference / "plans" / "2022-2025.yml").read_text(encoding="utf-8")
    assert False in yaml.safe_load(text)["targets"][0]  # YAML 1.1 reads the key `no` as false
    assert reference.load_plan(copy).targets[0].no == 1


def test_contradiction_in_the_plan_is_told_with_its_line(copy: Layout) -> None:
    path = copy.reference / "plans" / "2022-2025.yml"
    lines = path.read_text(encoding="utf-8").replace("targets: [standards.count]", "targets: [nothing]")
    path.write_text(lines, encoding="utf-8")
    line = lines.splitlines().index("        targets: [nothing]") + 1
    with pytest.raises(DataError, match=f"第 {line} 行：任务 15.2 引用了不存在的目标 nothing"):
        reference.load_plan(copy)


@pytest.mark.parametrize("text", ["", "targets: 3", "- 1", "id:\ntitle: x"])
def test_plan_of_the_wrong_shape(copy: Layout, text: str) -> None:
    (copy.reference / "plans" / "2022-2025.yml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        reference.load_plan(copy)
    assert caught.value.id == "plan.invalid"
    plain(str(caught.value))


def test_missing_plan_names_those_there_are(copy: Layout) -> None:
    with pytest.raises(DataError, match=r"plans/2026-2030\.yml.*2022-2025"):
        reference.load_plan(copy, "2026-2030")


# --- broken tables ----------------------------------------------------------------------------------------


def plain(message: str) -> None:
    """One Chinese sentence, and nothing that a traceback or a library would say."""
    assert message.endswith("。")
    assert "\n" not in message
    assert not re.search(r"Traceback|Error|polars|pydantic|yaml\.|None", message)


READERS = {
    "provinces.csv": reference.provinces,
    "province_tile_grid.csv": reference.provinces,
    "province_pinyin.csv": reference.pinyin,
    "grid_emission_factors.csv": reference.grid_factors,
    "energy_coefficients.csv": reference.energy_coefficients,
    "fuel_emission_factors.csv": reference.fuel_factors,
    "pue_standards.csv": reference.pue_standards,
    "policies.csv": reference.policies,
    "cases_public.csv": reference.public_cases,
    "disputes.csv": reference.published,
    "derived.csv": reference.published,
}


@pytest.mark.parametrize("name", READERS)
def test_missing_file_and_column(copy: Layout, name: str) -> None:
    path = next(copy.root.glob(f"data/raw/*/{name}"))
    column = read(path).columns[-1]
    read(path).drop(column).write_csv(path)
    with pytest.raises(DataError, match=rf"{re.escape(name)} 缺少列 {column}") as caught:
        READERS[name](copy)
    plain(str(caught.value))
    path.unlink()
    with pytest.raises(DataError, match=re.escape(name)) as caught:
        READERS[name](copy)
    assert caught.value.id == "data.missing"
    plain(str(caught.value))


def test_missing_folder(copy: Layout) -> None:
    shutil.rmtree(copy.public)
    with pytest.raises(DataError, match="找不到文件夹 data/raw/public") as caught:
        reference.published(copy)
    plain(str(caught.value))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"year": "二〇二五"}, "的 year “二〇二五”不对，应为整数"),
        ({"month": "13"}, "的 month “13”不对"),
        ({"value": "很多"}, "的 value “很多”不对"),
        ({"value": ""}, "行不完整"),
        ({"unit": "万亿个"}, "的 unit “万亿个”不对"),
        ({"grade": "D"}, "的 grade “D”不对"),
        ({"row_type": "fact"}, "的 row_type “fact”不对"),
        ({"row_id": "N001"}, "行号 N001 重复"),
    ],
    ids=lambda x: next(iter(x)) if isinstance(x, dict) else "",
)
def test_bad_cell(copy: Layout, change: dict[str, str], says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        decided(copy, row("X", "1") | {k: v or None for k, v in change.items()})  # type: ignore[arg-type]
    plain(str(caught.value))


def test_dispute_about_a_row_that_is_not_there(copy: Layout) -> None:
    path = copy.public / "disputes.csv"
    path.write_text(path.read_text(encoding="utf-8") + "N999,没有这一行\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"disputes\.csv 的行号 N999"):
        reference.published(copy)


def test_encodings_of_windows(copy: Layout) -> None:
    path = copy.public / "national_series.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8-sig")
    assert reference.published(copy).equals(reference.published(LAYOUT))
    path.write_text(text, encoding="gb18030")
    with pytest.raises(DataError, match="UTF-8") as caught:
        reference.published(copy)
    plain(str(caught.value))
