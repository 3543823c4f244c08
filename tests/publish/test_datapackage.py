"""The data behind the reports: whole, typed, described, readable by the tools of others."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import frictionless
import polars as pl
import pytest

from pipeline.errors import DataError
from pipeline.indicators.evaluate import TABLE
from pipeline.publish.site import publish
from pipeline.publish.tables import as_csv
from pipeline.publish.whole import INSIDE
from tests.publish.conftest import House


@pytest.fixture(scope="module")
def downloads(first_house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data") / "site"
    publish(first_house.layout, first_house.wanted(out=out))
    return out / "downloads" / "2025-sample"


def descriptor(downloads: Path) -> dict[str, dict]:
    package = json.loads((downloads / "datapackage.json").read_text("utf-8"))
    return {one["name"]: one for one in package["resources"]}


def test_frictionless_finds_nothing_wrong(downloads: Path) -> None:
    report = frictionless.validate(str(downloads / "datapackage.json"))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])
    assert len(report.tasks) == 2 * 6


def test_the_descriptor_is_of_data_package_2_and_says_why_a_cell_is_empty(downloads: Path) -> None:
    package = json.loads((downloads / "datapackage.json").read_text("utf-8"))
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert package["contributors"] == [{"title": "平凡", "roles": ["publisher"]}]
    read = frictionless.Package(str(downloads / "datapackage.json"))
    assert read.get_resource("t-yearly").schema.missing_values == ["", "〔保密〕"]
    assert package["resources"][0]["schema"]["missingValues"] == [
        {"value": "", "label": "没有数值"},
        {"value": "〔保密〕", "label": "为保护单个企业的数据，按保密规则不予公布"},
    ]
    assert not [one for one in package["resources"] if "profile" in one]


def test_frictionless_finds_what_was_altered(downloads: Path, tmp_path: Path) -> None:
    for path in downloads.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    altered = tmp_path / "t-yearly.csv"
    altered.write_bytes(altered.read_bytes().replace(b"1.5", b"much"))
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert not report.valid


def test_rows_of_all_reports_stand_in_one_table_with_the_report_they_are_from(downloads: Path) -> None:
    table = pl.read_parquet(downloads / "t-yearly.parquet")
    assert table.columns == ["报告地区代码", "报告地区", "情景", "年份", "本地区", "比上年", "比上年 比上年"]
    assert table["报告地区"].to_list() == ["全国"] * 2 + ["广东"] * 2
    assert table["本地区"].to_list() == [1.5, 2.0] * 2


def test_csv_opens_rightly_in_spreadsheets_and_says_the_same(downloads: Path) -> None:
    content = (downloads / "t-yearly.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 5
    assert b",'+3," in content
    csv = pl.read_csv(content, schema_overrides={"报告地区代码": pl.String})
    parquet = pl.read_parquet(downloads / "t-yearly.parquet")
    assert csv.with_columns(pl.col("比上年").str.strip_prefix("'")).equals(parquet)


def test_every_field_has_title_unit_and_source(downloads: Path) -> None:
    resources = descriptor(downloads)
    fields = {one["name"]: one for one in resources["f-sharing-provinces"]["schema"]["fields"]}
    assert fields["新建5G基站站址共享率（%）"] == {
        "name": "新建5G基站站址共享率（%）",
        "type": "number",
        "title": "新建5G基站站址共享率",
        "unit": "%",
        "source": "企业填报，本报告计算",
        "indicator": "sharing.new_5g_sites",
        "description": fields["新建5G基站站址共享率（%）"]["description"],
    }
    assert "除以当年新建5G站址总数" in fields["新建5G基站站址共享率（%）"]["description"]
    for resource in resources.values():
        for field in resource.get("schema", {}).get("fields", []):
            assert {"name", "type", "title", "unit", "source"} <= set(field)
    assert resources["f-sharing-provinces"]["title"] == "共享：共享率"
    assert {one["unit"] for one in resources["t-yearly"]["schema"]["fields"] if one["name"] == "年份"} == {"年"}


def test_a_sample_says_so_in_every_file_that_can(downloads: Path) -> None:
    package = json.loads((downloads / "datapackage.json").read_text("utf-8"))
    assert package["sample"] is True
    assert "示例数据，非真实填报" in package["title"]
    assert "示例数据，非真实填报" in (downloads / "README.txt").read_text("utf-8")
    assert pl.read_parquet_metadata(downloads / "t-yearly.parquet")["sample"] == "true"


def test_texts_that_a_spreadsheet_would_run_are_made_harmless() -> None:
    assert as_csv(pl.DataFrame({"列": ["=1+1", "-x", "平"]})).decode("utf-8-sig") == "列\r\n'=1+1\r\n'-x\r\n平\r\n"


def test_a_withheld_value_is_told_from_one_that_there_is_not() -> None:
    data = pl.DataFrame({"值": [1.5, float("nan"), -2.5, None]})
    assert as_csv(data).decode("utf-8-sig") == "值\r\n1.5\r\n〔保密〕\r\n-2.5\r\n\r\n"


def test_tables_with_withheld_values_validate(house: House) -> None:
    """As a report with withheld values has them: nan in the frame, 〔保密〕 in what the page shows."""
    for region in ("全国", "广东"):
        [path] = (house.folder(region) / "notebooks").glob("03_*.ipynb")
        path.write_text(path.read_text("utf-8").replace("2020,1.5,", "2020,〔保密〕,"), "utf-8")
        slug = house.folder(region).parent.name
        table = house.root / "data/processed/2025-sample/public" / slug / "plan/tables/t-yearly.parquet"
        data = pl.read_parquet(table)
        own = pl.col(data.columns[1])
        data.with_columns(pl.when(own == 1.5).then(float("nan")).otherwise(own).name.keep()).write_parquet(table)
    publish(house.layout, house.wanted())
    downloads = house.root / "site/downloads/2025-sample"
    assert frictionless.validate(str(downloads / "datapackage.json")).valid
    assert "2020,〔保密〕," in (downloads / "t-yearly.csv").read_text("utf-8-sig")
    assert pl.read_parquet(downloads / "t-yearly.parquet")["本地区"].is_nan().to_list() == [True, False] * 2


# --- the edition as a whole ----------------------------------------------------------------------------------


def values(**other: object) -> pl.DataFrame:
    """An indicator table for the public, of one row."""
    row = dict.fromkeys(TABLE) | {
        "indicator_id": "sharing.new_5g_sites", "year": 2025, "region_code": "000000", "value": 0.845, "unit": "1",
    }  # fmt: skip
    return pl.DataFrame([row | other], schema=TABLE)


def test_values_and_scenarios_are_published_where_the_public_folder_has_them(house: House) -> None:
    public = house.root / "data/processed/2025-sample/public"
    values().write_parquet(public / "indicators.parquet")
    (public / "scenarios").mkdir()
    (public / "scenarios" / "iamc.csv").write_text(
        "model,scenario,region,variable,unit,year,value\ngreen-report,plan,全国,Final Energy|ICT,tce/yr,2030,1.5\n",
        "utf-8",
    )
    house.pass_audit()
    publish(house.layout, house.wanted())
    downloads = house.root / "site" / "downloads" / "2025-sample"
    assert frictionless.validate(str(downloads / "datapackage.json")).valid
    table = pl.read_parquet(downloads / "indicator-values.parquet")
    assert not set(table.columns) & set(INSIDE)
    assert table["value"].to_list() == [0.845]
    assert (downloads / "scenarios-iamc.csv").read_text("utf-8-sig").splitlines()[1].endswith("tce/yr,2030,1.5")
    catalogue = pl.read_csv(downloads / "indicator-catalogue.csv")
    assert "sharing.new_5g_sites" in catalogue["indicator_id"].to_list()
    fields = {one["name"]: one for one in descriptor(downloads)["indicator-values"]["schema"]["fields"]}
    assert fields["value"]["unit"] == "见同一行的 unit"


def test_a_withheld_value_of_an_indicator_is_told_from_one_that_there_is_not(house: House) -> None:
    rows = [values(), values(year=2024, value=None, flag="suppressed"), values(year=2023, value=None, flag="not_filed")]
    pl.concat(rows).write_parquet(house.root / "data/processed/2025-sample/public/indicators.parquet")
    house.pass_audit()
    publish(house.layout, house.wanted())
    path = house.root / "site/downloads/2025-sample/indicator-values.csv"
    assert pl.read_csv(path, infer_schema=False)["value"].to_list() == ["0.845", "〔保密〕", None]


def test_scenarios_are_read_by_pyam(pyam: ModuleType, house: House) -> None:
    public = house.root / "data/processed/2025-sample/public"
    (public / "scenarios").mkdir()
    text = "model,scenario,region,variable,unit,year,value\ngreen-report,plan,World,Final Energy|ICT,tce/yr,2030,1.5\n"
    (public / "scenarios" / "iamc.csv").write_text(text, "utf-8")
    publish(house.layout, house.wanted())
    frame = pyam.IamDataFrame(str(house.root / "site/downloads/2025-sample/scenarios-iamc.csv"))
    assert frame.variable == ["Final Energy|ICT"]


@pytest.mark.parametrize(("column", "value"), [("entity_id", "CT"), ("n_groups", 2), ("largest_share", 0.9)])
def test_values_that_tell_of_contributors_stop_the_publication(house: House, column: str, value: object) -> None:
    values(**{column: value}).write_parquet(house.root / "data/processed/2025-sample/public/indicators.parquet")
    house.pass_audit()
    with pytest.raises(DataError, match=column) as caught:
        publish(house.layout, house.wanted())
    assert caught.value.id == "publish.undisclosed"
    assert not (house.root / "site").exists()


def test_values_of_an_indicator_that_is_in_no_catalogue_stop_the_publication(house: House) -> None:
    values(indicator_id="dc.gone").write_parquet(house.root / "data/processed/2025-sample/public/indicators.parquet")
    house.pass_audit()
    with pytest.raises(DataError, match=r"指标目录中没有的指标 dc\.gone；请重新生成公开版报告"):
        publish(house.layout, house.wanted())
    assert not (house.root / "site").exists()
