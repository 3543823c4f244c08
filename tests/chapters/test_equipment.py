"""What chapters say and draw of equipment and businesses, by hand; and that the public and reports without them say nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from pipeline import wording
from pipeline.chapters import equipment
from pipeline.findings import Quantity
from pipeline.given import reference
from pipeline.given.params import Params
from pipeline.given.regions import resolve
from pipeline.indicators import evaluate
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.view import View
from pipeline.language.words import CHINESE, Words
from pipeline.layout import Layout
from tests.chapters.texts import piece
from tests.indicators.conftest import frames

RADIO = {"equipment_type": "radio_5g", "facility_type": "base_station"}
ROWS = {
    "equipment": [
        RADIO | {"commissioned_year": 2020, "quantity": 10.0, "energy_kwh": 60_000.0},
        RADIO | {"commissioned_year": 2024, "quantity": 30.0, "energy_kwh": 118_098.0},  # 3936.6 each: 6000 x 0.9^4
        RADIO | {"commissioned_year": 2025, "quantity": 10.0, "energy_kwh": 10_000.0, "vendor": "乙"},
        {"equipment_type": "olt", "facility_type": "access_room", "commissioned_year": 2013, "quantity": 15.0,
         "energy_kwh": 45_000.0, "retired": 3.0},
        {"equipment_type": "olt", "facility_type": "access_room", "commissioned_year": 2019, "quantity": 5.0,
         "energy_kwh": 15_000.0},
    ],
    "business": [{"quantity": 600_000.0, "allocation": "traffic"}, {"business": "idc", "quantity": 300_000.0}],
    "energy": [{"quantity": 750_000.0, "facility_type": "base_station"}, {"quantity": 250_000.0}],
}  # fmt: skip


def seen(layout: Layout, rows: Any, region: str = "全国") -> View:
    plan, catalogue = reference.load_plan(layout), load_catalogue(layout)
    table = evaluate.compute(frames(rows), layout, Params(), plan, 2025)
    catalogue = catalogue.of_filed(rows)  # as a chapter has it
    return View(table, catalogue, resolve(region, layout), 2025, reference.provinces(layout), {})


@pytest.fixture(scope="module")
def view(layout: Layout) -> View:
    return seen(layout, ROWS)


def values(told: dict[str, Any]) -> dict[str, float | None]:
    return {name: one.value for name, one in told.items() if isinstance(one, Quantity)}


def test_radio_units(view: View) -> None:
    told = equipment.told(view, ("radio_5g", "radio_4g"))
    assert told is not None
    assert told["names"] == ["5G基站主设备"]
    # (10 x 5 + 30 x 1 + 10 x 0) / 50 years
    assert values(told) == {"electricity": 188_098.0, "co2": pytest.approx(83.1205062), "years": pytest.approx(1.6)}
    assert told["old"] is None
    assert told["retired"] is None
    [fall] = told["falls"]
    assert (fall["first"], fall["last"], fall["less"]) == (2020, 2024, True)
    assert (fall["before"].value, fall["after"].value) == (6000.0, pytest.approx(3936.6))
    assert fall["yearly"] == pytest.approx(0.1)


def test_old_units(view: View) -> None:
    told = equipment.told(view, ("olt",))
    assert told is not None
    assert values(told) == {
        "electricity": 60_000.0, "co2": pytest.approx(26.514), "years": pytest.approx(10.5), "old": pytest.approx(0.75),
        "retired": 3.0,
    }  # fmt: skip
    assert told["falls"][0]["yearly"] == 0.0  # 3000 kWh each
    assert equipment.told(view, ("server",)) is None
    assert equipment.oldest(view) == {"name": "OLT", "share": pytest.approx(0.75)}


def test_ages(view: View) -> None:
    rows = equipment.ages(view)
    shares = {(name, least): share for name, least, share in rows.select("type", "least", "share").iter_rows()}
    assert {key: share for key, share in shares.items() if share} == {
        ("5G基站主设备", 0): pytest.approx(0.8), ("5G基站主设备", 3): pytest.approx(0.2),
        ("OLT", 6): pytest.approx(0.25), ("OLT", 12): pytest.approx(0.75),
    }  # fmt: skip
    assert rows.height == 2 * 5
    figure = equipment.heat(view, "f-x")
    assert figure is not None
    assert figure.payload()["table"]["rows"][0] == ["5G基站主设备", "0—2 年", "40", "80.0"]
    assert figure.payload(Words("en"))["table"]["rows"][9] == ["OLT", "12 years or more", "15", "75.0"]


def test_columns_and_tables(view: View) -> None:
    rows = {
        (column, name): round(share, 3)
        for column, name, share in equipment.flows(view).select("column", "name", "share").iter_rows()
    }
    assert rows == {
        ("carriers", "电力"): 1.0, ("facilities", "通信基站"): 0.75, ("facilities", "办公用房"): 0.25,
        ("businesses", "移动业务"): 0.6, ("businesses", "IDC业务"): 0.3, ("businesses", "rest"): 0.1,
    }  # fmt: skip
    figure = equipment.columns(view, "f-x")
    assert figure is not None
    assert figure.payload()["table"]["rows"][-1] == ["业务", "未按业务填报", "0.00", "10.0"]
    assert figure.payload(Words("en"))["table"]["rows"][-1][:2] == ["Business", "Not filed by business"]
    listed = equipment.listed(view, "t-x", "vendor")
    assert listed is not None
    assert [row[:3] for row in listed.payload()["table"]["rows"]] == [["甲", "60", "0.002"], ["乙", "10", "0.000"]]
    filed = frames(ROWS)["business"]
    how = equipment.allocations(filed, view)
    assert how == {"mobile": ["按流量分摊"], "idc": ["单独计量"]}
    table = equipment.by_business(view, how, "t-x")
    assert table is not None
    # 600 MWh: 73.74 tce, 0.4419 kgCO2 each kWh
    assert table.payload()["table"]["rows"][0] == ["移动业务", "0.01", "66.7", "0.01", "0.03", "按流量分摊"]
    said = equipment.businesses(view)
    assert said is not None
    assert (said["share"], said["metered"]) == (pytest.approx(0.9), pytest.approx(1 / 3))
    assert CHINESE.say(said["largest"]) == "移动业务最多，占各业务综合能耗的 66.7%，其次是IDC业务（33.3%）"


def test_columns_reach_as_far_as_businesses_that_are_more_than_all_energy(layout: Layout) -> None:
    more = seen(layout, {"energy": [{"quantity": 500.0}], "business": [{"quantity": 900.0}]})
    figure = equipment.columns(more, "f-x")
    assert figure is not None
    spec = figure.chart(CHINESE).to_dict()
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"] == [0, pytest.approx(180.0)]


def test_without_the_tables_there_is_nothing(layout: Layout) -> None:
    bare = seen(layout, {"energy": ROWS["energy"]})
    assert equipment.told(bare, tuple(equipment.EQUIPMENT)) is None
    for none in (
        equipment.businesses(bare),
        equipment.oldest(bare),
        equipment.heat(bare, "f-x"),
        equipment.columns(bare, "f-x"),
        equipment.curve(bare, ("radio_5g",), "f-x"),
        equipment.listed(bare, "t-x"),
        equipment.by_business(bare, {}, "t-x"),
    ):
        assert none is None  # fmt: skip


def test_the_public_is_told_that_they_were_filed() -> None:
    counts = pl.DataFrame({"table": ["equipment", "business"], "accepted": [4, 0]})

    def chapter(public: bool, filed: bool = True) -> Any:
        return SimpleNamespace(is_public=public, has_filings=filed, quality=lambda _: counts)

    assert equipment.withheld(chapter(True), "equipment") is wording.WITHHELD
    assert equipment.withheld(chapter(True), "business") is None
    assert equipment.withheld(chapter(False), "equipment") is None
    assert equipment.withheld(chapter(True, filed=False), "equipment") is None


ENDS = {
    "zh": ("{% if equipment %}", "能耗，不予公布。\n{% endif %}"),
    "en": ("{% if equipment %}", "are not published.\n{% endif %}"),
}


def said(layout: Layout, folder: Path, chapter: str, language: str, **facts: Any) -> str:
    """The section on equipment in a chapter's text."""
    always = {
        "now": 2025,
        "own": "全国",
        "equipment": None,
        "equipment_withheld": None,
        "businesses_withheld": None,
        "oldest": None,
    }
    return "".join(map(str, piece(layout, folder, chapter, language, ENDS[language], always | facts)))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh", "2025 年全国按设备划分的能耗能据以推断单个企业的能耗，不予公布。"),
        ("en", "Values by equipment would tell "),
    ],
)
def test_how_it_is_withheld(layout: Layout, tmp_path: Path, language: str, expected: str) -> None:
    assert expected in said(layout, tmp_path, "07_energy", language, equipment_withheld=wording.WITHHELD)
    assert not said(layout, tmp_path, "07_energy", language).strip()


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh", "耗电 18.8 万kWh，相应的二氧化碳排放（基于位置）为 83.1 tCO2；平均在网 1.6 年，没有在网超过八年的。"),
        (
            "zh",
            "5G基站主设备：2020 年入网的单台年耗电为 6,000 kWh/台，2024 年入网的为 3,937 kWh/台，入网每晚一年平均少 10.0%。",
        ),
        (
            "en",
            "They had been in service for 1.6 years on average; none had been in service for more than eight years.",
        ),
    ],
)
def test_what_a_chapter_says(layout: Layout, tmp_path: Path, view: View, language: str, expected: str) -> None:
    facts = {"now": 2025, "own": "全国", "equipment": equipment.told(view, ("radio_5g", "radio_4g"))}
    ends = ({"zh": "{{ now }} 年{{ own }}填报的", "en": "The {{ equipment.names"}[language], "{% endfor %}")
    [text] = piece(layout, tmp_path, "05_base_stations", language, ends, facts)
    assert expected in text.replace("\\", "")


@pytest.mark.parametrize(
    ("language", "expected"),
    [("zh", "为 4.4 tCO2，当年退网 10 台。"), ("en", "of 4.4 tCO2; 10 were retired in the year.")],
)
def test_of_what_is_all_retired_no_age_is_told(layout: Layout, tmp_path: Path, language: str, expected: str) -> None:
    """10,000 kWh at 0.4419 kg/kWh; none of the ten units is left."""
    gone = seen(layout, {"equipment": [RADIO | {"quantity": 0.0, "retired": 10.0, "energy_kwh": 10_000.0}]})
    told = equipment.told(gone, ("radio_5g",))
    assert told is not None
    assert (told["years"], told["old"], told["falls"]) == (None, None, [])
    for made in (
        equipment.heat(gone, "f-x"),
        equipment.listed(gone, "t-x"),
        equipment.curve(gone, ("radio_5g",), "f-x"),
    ):
        assert made is None or made.payload()["table"]["rows"]
    ends = ({"zh": "{{ now }} 年{{ own }}填报的", "en": "The {{ equipment.names"}[language], "{% endfor %}")
    facts = {"now": 2025, "own": "全国", "equipment": told}
    [text] = piece(layout, tmp_path, "05_base_stations", language, ends, facts)
    assert expected in text.replace("\\", "")
