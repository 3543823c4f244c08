"""How much of the industry is filed, by hand; and what is not judged for it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.errors import DataError
from pipeline.filings import frame
from pipeline.filings.intake import take_in
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.regions import NATION
from pipeline.indicators import coverage, evaluate
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.scorecard import NOT_FRAMED
from pipeline.indicators.view import View
from pipeline.language.words import Words
from pipeline.layout import Layout
from tests.indicators.conftest import GUANGDONG, ZHEJIANG, frames
from tests.indicators.conftest import NATION as NATION_CODE

say = Words("zh").say
HEADER = "table,measure,province_code,year,value,unit,source_title"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    (folder / "frame.csv").write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return folder


def shares(covered: pl.DataFrame) -> dict[tuple[str, str], float | None]:
    return {
        (table, measure): share for table, measure, share in covered.select("table", "measure", "share").iter_rows()
    }


def covered(layout: Layout, folder: Path, rows: dict[str, Any], needed: float = 0.95) -> pl.DataFrame:
    return coverage.coverage(frame.load(layout, folder), frames(rows), 2025, needed)


# --- coverage ----------------------------------------------------------------------------------------------


def test_provinces_and_enterprises_are_counted_with_rows_of_the_year(layout: Layout, folder: Path) -> None:
    written(
        folder,
        "energy,provinces,000000,2024,31,个,某表",
        "energy,enterprises.basic_telecom,000000,2022,3,家,某公报",
        "energy,enterprises.tower,000000,2022,1,家,某公报",
    )
    rows = {
        "energy": [
            {"entity_id": "A"},
            {"entity_id": "A", "province_code": ZHEJIANG},
            {"entity_id": "B", "year": 2024, "province_code": "110000"},  # another year
            {"entity_id": "A", "province_code": NATION_CODE, "is_control": True},  # a control total
        ]
    }
    found = shares(covered(layout, folder, rows))
    assert found == {
        ("energy", "provinces"): pytest.approx(2 / 31),
        ("energy", "enterprises.basic_telecom"): pytest.approx(1 / 3),
        ("energy", "enterprises.tower"): 0.0,
    }


def test_stations_of_a_year_are_compared_with_the_mean_of_two_year_ends(layout: Layout, folder: Path) -> None:
    written(
        folder,
        "base_stations,stations_5g,000000,2024,60,个,公报",
        "base_stations,stations_5g,000000,2025,0.014,万个,公报",  # 140
    )
    rows = {"base_stations": [{"stations": 30.0}, {"stations": 50.0, "province_code": ZHEJIANG}, {"generation": "4G"}]}
    one = covered(layout, folder, rows).row(0, named=True)
    assert (one["filed"], one["frame"], one["share"]) == (80.0, 100.0, 0.8)


def test_a_total_is_compared_in_its_own_latest_year_and_by_province(layout: Layout, folder: Path) -> None:
    written(
        folder,
        "activity,mobile_traffic,000000,2024,10,亿GB,局",
        "activity,mobile_traffic,440000,2024,40000,万GB,局",
        "activity,mobile_traffic,000000,2026,1,亿GB,局",  # after the report's year
    )
    flow = {"metric": "mobile_traffic"}
    rows = {
        "activity": [
            {**flow, "year": 2024, "value": 3e5},  # 3 of 4 in 广东
            {**flow, "year": 2024, "value": 5e5, "province_code": ZHEJIANG},
            {**flow, "year": 2025, "value": 9e9},
        ]
    }
    found = covered(layout, folder, rows)
    by_place = dict(found.select("province_code", "share").iter_rows())
    assert by_place == {NATION_CODE: pytest.approx(0.8), GUANGDONG: pytest.approx(0.75)}
    assert set(found["year"]) == {2024}


def test_of_two_numbers_in_dispute_the_larger_decides(layout: Layout, folder: Path) -> None:
    written(
        folder,
        "data_centres,racks_in_use,000000,2025,880,架,甲",
        "data_centres,racks_in_use,000000,2025,1000,架,乙",
    )
    found = covered(layout, folder, {"data_centres": [{"racks_in_use": 880.0}, {"dc_id": "E", "racks_in_use": None}]})
    assert sorted(found["share"]) == [0.88, 1.0]
    short = coverage.short(found, ("data_centres",))
    assert short is not None
    assert short["frame"] == 1000.0


@pytest.mark.parametrize(("filed", "judged"), [(95.0, True), (94.9, False)])
def test_ninety_five_percent_is_enough(layout: Layout, folder: Path, filed: float, judged: bool) -> None:
    written(folder, "data_centres,racks_in_use,000000,2025,100,架,甲")
    found = covered(layout, folder, {"data_centres": [{"racks_in_use": filed}]})
    assert (coverage.short(found, ("data_centres",)) is None) is judged


def test_tower_sites_are_only_shown_and_a_year_without_filings_has_no_share(layout: Layout, folder: Path) -> None:
    written(folder, "sites,tower_sites,000000,2025,1000,个,甲", "data_centres,racks_in_use,000000,2024,100,架,甲")
    found = covered(layout, folder, {"sites": [{"entity_id": "T"}], "data_centres": [{"racks_in_use": 1.0}]})
    assert shares(found) == {("sites", "tower_sites"): 0.001, ("data_centres", "racks_in_use"): None}
    assert coverage.short(found, ("sites", "data_centres")) is None


def test_the_public_gets_shares_of_the_nation_in_whole_percents(layout: Layout, folder: Path) -> None:
    written(
        folder,
        "activity,mobile_traffic,000000,2025,3,亿GB,局",
        "activity,mobile_traffic,440000,2025,3,亿GB,局",
        "activity,provinces,000000,2024,31,个,局",
    )
    found = coverage.public(covered(layout, folder, {"activity": [{"metric": "mobile_traffic", "value": 2e5}]}))
    rows = found.select("measure", "province_code", "filed", "share").rows()
    assert rows == [("mobile_traffic", NATION_CODE, None, 0.66), ("provinces", NATION_CODE, 1.0, pytest.approx(1 / 31))]


# --- two provinces are not the nation ------------------------------------------------------------------------


def test_filings_of_two_provinces_give_no_status_of_the_nation(layout: Layout) -> None:
    intake = take_in(layout.root / "data/raw/sample", layout)
    two = {
        name: rows.filter(pl.col("province_code").cast(pl.String).is_in([GUANGDONG, ZHEJIANG]))
        if "province_code" in rows.columns
        else rows
        for name, rows in intake.accepted.items()
    }
    plan, catalogue = reference.load_plan(layout), load_catalogue(layout)
    found = coverage.coverage(frame.load(layout), two, 2025, 0.95)
    targets = [target.indicator for target in plan.targets]
    whole = evaluate.compute(two, layout, Params(), plan, 2025, only=[*targets, "bs.energy_per_station.change"])
    table = coverage.flagged(whole, found, catalogue, 2025)
    view = View(table, catalogue, NATION, 2025, reference.provinces(layout), {}, covered=found)
    judged = view.judged(plan)
    assert [(one.status, one.symbol, one.gap, one.needed_per_year) for one in judged] == [
        (NOT_FRAMED, "◇", None, None)
    ] * 8
    assert all(one.value is not None for one in judged)
    reasons = {id: say(reason) for id, (_, reason) in view.instead(plan).items()}
    assert reasons["sharing.new_5g_sites"] == "有填报的省份 2 个，全行业 31 个，覆盖 6.5%，不足 95%"
    assert "全行业 900.0 万架" in reasons["dc.pue.new_large"]
    assert view.coverage("standards.count") == ""  # nobody files them by province
    assert say(view.coverage("sharing.new_5g_sites")) == "覆盖：31 个省份中的 2 个，没有可核对的全行业数"
    # The published traffic of both in 2024, 371.03 and 186.41 of 3375.86 亿GB, is what the sample files of them.
    traffic = found.filter(pl.col("measure") == "mobile_traffic", pl.col("province_code") == NATION_CODE)
    assert traffic["share"].item() == pytest.approx(557.44 / 3375.86, abs=1e-4)


def test_the_sample_brings_a_frame_of_its_own_and_is_judged(layout: Layout) -> None:
    folder = layout.root / "data/raw/sample"
    assert frame.path(layout, folder) == folder / "frame.csv"
    found = coverage.coverage(frame.load(layout, folder), take_in(folder, layout).accepted, 2025, 0.95)
    judged = found.filter("judged")
    assert judged["share"].min() == pytest.approx(30 / 31)  # 西藏 files no data centre
    assert found["source_title"].str.starts_with("示例数据").all()


# --- the frame of the industry -------------------------------------------------------------------------------


def test_every_row_of_the_frame_is_a_published_number(layout: Layout) -> None:
    own = pl.read_csv(layout.reference / "frame.csv", infer_schema=False)
    rows = own.join(reference.published(layout), on="row_id", how="left", suffix="_of")
    assert rows["value_printed"].null_count() == 0
    assert (rows["source_title"] == rows["source_title_of"]).all()
    counted = pl.col("measure").str.contains("provinces|enterprises")
    totals = rows.filter(~counted)
    loaded = frame.load(layout).filter(~counted)
    assert loaded["frame"].to_list() == pytest.approx(totals["value_of"].to_list())
    assert set(rows.filter(counted).select("measure", "value").rows()) == {
        ("provinces", "31"), ("enterprises.basic_telecom", "3"), ("enterprises.tower", "1"), ("enterprises.broadcast", "1")
    }  # fmt: skip
    operators = rows.filter(pl.col("measure").is_in(["enterprises.basic_telecom", "enterprises.tower"]))
    assert operators["scope_note"].str.contains("三家基础电信企业和中国铁塔").all()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("energy,enterprises.idd,000000,2024,3,家,甲", "第 2 行的 measure “enterprises.idd”不对"),
        ("rooms,mobile_traffic,000000,2024,3,亿GB,甲", "第 2 行的 table “rooms”不对，应为activity"),
        ("activity,mobile_traffic,999999,2024,3,亿GB,甲", "province_code “999999”不对"),
        ("energy,provinces,440000,2024,3,个,甲", "只按全国计数"),
        ("activity,mobile_traffic,000000,去年,3,亿GB,甲", "year “去年”不对"),
        ("activity,mobile_traffic,000000,2024,很多,亿GB,甲", "value “很多”不对，应为大于零的数"),
        ("activity,mobile_traffic,000000,2024,0,亿GB,甲", "value “0”不对"),
        ("activity,mobile_traffic,000000,2024,3,万户,甲", "unit “万户”不对"),
        ("activity,mobile_traffic,000000,2024,3,亿GB,", "source_title 是空的"),
        ("", "没有一行数据"),
        ("activity,mobile_traffic,000000,2024,3,亿GB,甲,乙,丙", "读不出来"),
    ],
)
def test_a_bad_frame_is_one_sentence(layout: Layout, folder: Path, line: str, says: str) -> None:
    written(folder, *([line] if line else []))
    with pytest.raises(DataError) as caught:
        frame.load(layout, folder)
    message = str(caught.value)
    assert says in message
    assert "frame.csv" in message
    assert message.endswith("。")
    assert not re.search(r"Error|polars|None|\n", message)


def test_a_frame_without_a_column_and_with_a_row_twice(layout: Layout, folder: Path) -> None:
    written(folder, "energy,provinces,000000,2024,31,个", header=HEADER.removesuffix(",source_title"))
    with pytest.raises(DataError, match="缺少列 source_title"):
        frame.load(layout, folder)
    written(folder, *["energy,provinces,000000,2024,31,个,甲", "energy,provinces,000000,2024,30,个,甲"])
    with pytest.raises(DataError, match="有两行说的是同一件事"):
        frame.load(layout, folder)


def test_a_bad_frame_beside_filings_stops_the_check(layout: Layout, folder: Path) -> None:
    (folder / "填报单位.csv").write_text("单位编码,单位名称,单位类别\nA,甲,基础电信企业\n", "utf-8")
    written(folder, "energy,provinces,000000,2024,没数,个,甲")
    with pytest.raises(DataError, match=r"frame\.csv 第 2 行的 value “没数”不对"):
        take_in(folder, layout)


# --- small numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "said"), [(2, "改建核心机房PUE只依据 2 间的填报"), (5, "")])
def test_a_ratio_of_few_things_says_so(layout: Layout, n: int, said: str) -> None:
    rooms = [{"room_id": f"R{i}", "retrofit_year": 2024, "total_kwh": 140.0} for i in range(n)]
    plan, catalogue = reference.load_plan(layout), load_catalogue(layout)
    table = evaluate.compute(
        frames({"rooms": rooms}), layout, Params(), plan, 2025, only=[t.indicator for t in plan.targets]
    )
    view = View(table, catalogue, NATION, 2025, reference.provinces(layout), {})
    assert view.value("room.pue.core_retrofit") == pytest.approx(1.4)
    assert say(view.remarks("room.pue.core_retrofit")) == said
    assert say(view.few("room.pue.core_retrofit")) == ("依据不足 5 间的：广东" if said else "")
    assert view.by_entity("room.pue.core_retrofit")["few"].to_list() == [bool(said)]


def test_years_that_rest_on_an_unverified_factor_are_known(layout: Layout) -> None:
    """The residual factor of 2021, which 2020 takes too, could not be verified; those of 2022 and 2023 could."""
    energy = [{"year": year} for year in range(2020, 2026)]
    plan, catalogue = reference.load_plan(layout), load_catalogue(layout)
    table = evaluate.compute(frames({"energy": energy}), layout, Params(), plan, 2025, only=["carbon.market"])
    view = View(table, catalogue, NATION, 2025, reference.provinces(layout), {})
    assert view.unverified("carbon.market") == [2020, 2021]
