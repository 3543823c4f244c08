"""The open data as tools of others read them: JSON-stat, workbooks, SDMX, the codelists of scenarios."""

from __future__ import annotations

import hashlib
import html
import io
import json
import math
import re
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import jsonschema
import jsonstat_validator
import openpyxl
import polars as pl
import pysdmx
import pysdmx.io
import pytest
import sdmx
import yaml
from openpyxl.workbook import Workbook
from pyjstat import pyjstat
from rocrate.rocrate import ROCrate

from pipeline.indicators.evaluate import TABLE
from pipeline.publish import xlsx
from pipeline.publish.site import publish
from pipeline.publish.taken import licence
from tests.publish.conftest import House, bare

SHARED, PUE, HEAT = "sharing.new_5g_sites", "dc.pue", "energy.heat"


def value(indicator: str, region: str, year: int, amount: float | None, unit: str = "1", **other: object) -> dict:
    cell = {"indicator_id": indicator, "region_code": region, "year": year, "value": amount, "unit": unit}
    return dict.fromkeys(TABLE) | cell | other


VALUES = [
    value(SHARED, "000000", 2024, 0.845),
    value(SHARED, "000000", 2025, 0.85),
    value(SHARED, "440000", 2024, None, flag="suppressed"),
    value(SHARED, "440000", 2025, 0.9),
    value(SHARED, "east", 2025, None, flag="not_filed"),
    value(SHARED, "440000", 2025, 0.25, dimension="sharing_kind", member="social"),
    value(HEAT, "440000", 2025, 12.5, "GJ"),
    value("dc.racks", "000000", 2025, 7.0, "架", dimension="hub_cluster", member="芜湖"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The nation and 广东 with values of three indicators, one of them withheld."""
    made = bare(tmp_path_factory.mktemp("formats") / "house", ("平凡", "<b>&'\""))
    for region in ("全国", "广东"):
        made.make(region)
    public = made.root / "data/processed/2025-sample/public"
    pl.DataFrame(VALUES, schema=TABLE).write_parquet(public / "indicators.parquet")
    (public / "scenarios").mkdir()
    (public / "scenarios" / "iamc.csv").write_text(
        "model,scenario,region,variable,unit,year,value\n"
        "green-report,plan,全国,Final Energy|ICT,tce/yr,2025,1.25\n"
        "green-report,plan,全国,Final Energy|ICT,tce/yr,2030,1.5\n"
        "green-report,plan,广东,Activity|ICT|Business Volume,10000 CNY_2020/yr,2030,2.5\n",
        "utf-8",
    )
    made.pass_audit()
    return made


@pytest.fixture(scope="module")
def downloads(house: House) -> Path:
    publish(house.layout, house.wanted(base_url="https://example.org/green/"))
    return house.root / "site/downloads/2025-sample"


# --- SDMX -------------------------------------------------------------------------------------------------------


def test_sdmx1_reads_structure_and_data(downloads: Path) -> None:
    message = sdmx.read_sdmx(downloads / "sdmx/structure.xml")
    structure = message.structure["ICT_GREEN"]
    assert [one.id for one in structure.dimensions.components] == [
        "FREQ",
        "INDICATOR",
        "REF_AREA",
        "PART",
        "TIME_PERIOD",
    ]
    area = message.codelist["CL_REF_AREA"]["440000"]
    assert (str(area.name.localizations["zh"]), str(area.name.localizations["en"])) == ("广东省", "Guangdong")
    assert [(note.id, note.title) for note in area.annotations] == [("ISO_3166_2", "CN-GD")]
    [data] = sdmx.read_sdmx(downloads / "sdmx/data.csv", structure=structure).data
    read = sdmx.to_pandas(data, attributes="o").reset_index()
    told = {(row.INDICATOR, row.REF_AREA, row.PART, row.TIME_PERIOD): row for row in read.itertuples()}
    assert len(told) == 8
    own = told["sharing_new_5g_sites", "440000", "sharing_kind__social", "2025"]
    assert (own.value, own.UNIT_MEASURE, own.OBS_STATUS, own.CONF_STATUS) == (0.25, "PURE_NUMB", "A", "F")
    assert told["dc_racks", "000000", "hub_cluster__Wuhu", "2025"].UNIT_MEASURE == "RACKS"
    hidden = told["sharing_new_5g_sites", "440000", "_T", "2024"]
    assert math.isnan(hidden.value)
    assert (hidden.OBS_STATUS, hidden.CONF_STATUS) == ("Q", "C")
    missing = told["sharing_new_5g_sites", "east", "_T", "2025"]
    assert (missing.OBS_STATUS, missing.CONF_STATUS) == ("M", "F")


def test_pysdmx_reads_them_and_finds_the_structure_valid(downloads: Path) -> None:
    structure = downloads / "sdmx/structure.xml"
    message = pysdmx.io.read_sdmx(structure, validate=True)
    assert [one.id for one in message.get_dataflows()] == ["ICT_GREEN"]
    [data] = pysdmx.io.get_datasets(downloads / "sdmx/data.csv", structure, validate=True)
    assert data.data["OBS_VALUE"].astype(float).sum() == pytest.approx(0.845 + 0.85 + 0.9 + 0.25 + 12.5 + 7)
    known = {one.id: {code.id for code in one.items} for one in message.get_codelists()}
    for column, codes in (("INDICATOR", "CL_INDICATOR"), ("REF_AREA", "CL_REF_AREA"), ("PART", "CL_PART"),
                          ("UNIT_MEASURE", "CL_UNIT_MEASURE"), ("OBS_STATUS", "CL_OBS_STATUS"), ("CONF_STATUS", "CL_CONF_STATUS")):  # fmt: skip
        assert set(data.data[column]) <= known[codes]


def test_a_digit_that_was_altered_in_the_structure_is_found(downloads: Path, tmp_path: Path) -> None:
    text = (downloads / "sdmx/structure.xml").read_text("utf-8")
    (tmp_path / "x.xml").write_text(text.replace('textType="Double"', 'textType="Duble"'), "utf-8")
    with pytest.raises(pysdmx.errors.Invalid):
        pysdmx.io.read_sdmx(tmp_path / "x.xml", validate=True)


# --- scenarios --------------------------------------------------------------------------------------------------


def test_every_scenario_variable_and_region_stands_in_the_codelists(pyam: ModuleType, downloads: Path) -> None:
    """The layout of nomenclature, whose own reader asks for an older click than this project has."""
    read = pyam.IamDataFrame(str(downloads / "scenarios-iamc.csv"))
    folder = downloads / "iamc/definitions"
    variables, regions, scenarios, models = (
        yaml.safe_load((folder / name).read_text("utf-8"))
        for name in ("variable/variables.yaml", "region/regions.yaml", "scenario/scenarios.yaml", "model/models.yaml")
    )
    assert {name: told["unit"] for one in variables for name, told in one.items()} == {
        "Activity|ICT|Business Volume": "10000 CNY_2020/yr", "Final Energy|ICT": "tce/yr",
    }  # fmt: skip
    assert read.variable == sorted(name for one in variables for name in one)
    assert regions[1]["省级行政区"] == [{"广东": {"name_en": "Guangdong", "gb_2260": "440000", "iso_3166": "CN-GD"}}]
    assert {name for kind in regions for listed in kind.values() for one in listed for name in one} == set(read.region)
    assert [name for one in scenarios for name in one] == read.scenario
    assert models == read.model


# --- RO-Crate ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def packed(downloads: Path) -> ROCrate:
    return ROCrate(downloads.parents[1])


def test_the_crate_lists_every_file_with_its_hash_and_none_outside(downloads: Path, packed: ROCrate) -> None:
    site = downloads.parents[1]
    files = {unquote(one.id): one for one in packed.get_by_type("File")}
    there = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert set(files) == there - {"SHA256SUMS", "ro-crate-metadata.json"}
    for name, one in files.items():
        assert one["sha256"] == hashlib.sha256((site / name).read_bytes()).hexdigest()
        assert (site / name).resolve().is_relative_to(site)
    assert files["downloads/2025-sample/t-yearly.csv"]["encodingFormat"] == "text/csv"


def test_the_crate_says_who_made_it_when_of_what_with_which_code(packed: ROCrate) -> None:
    assert packed.root_dataset["datePublished"] == "2026-05-06"
    assert str(packed.metadata["conformsTo"]) == "https://w3id.org/ro/crate/1.2"
    assert packed.root_dataset["license"]["name"].startswith("报告和据企业填报计算的数据由编制单位发布")
    [action] = packed.get_by_type("CreateAction")
    assert action["agent"]["name"] == "平凡"
    assert action["instrument"]["name"] == "green-report"
    assert [(one["name"], one["sha256"]) for one in action["prov:used"]] == [("data/raw/public/energy.csv", "0" * 64)]
    assert {one.id for one in action["result"]} == {"2025-sample/", "downloads/2025-sample/"}
    assert "某企业" not in str(packed.metadata.generate())


# --- for machines that index ------------------------------------------------------------------------------------

DATASET = {
    "type": "object",
    "required": ["@context", "@type", "name", "description", "publisher", "license", "distribution", "datePublished", "url"],
    "properties": {
        "@context": {"const": "https://schema.org"},
        "@type": {"const": "Dataset"},
        "description": {"type": "string", "minLength": 50, "maxLength": 5000},
        "datePublished": {"pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "url": {"pattern": "^https://example.org/green/"},
        "distribution": {
            "type": "array",
            "minItems": 5,
            "items": {"required": ["@type", "contentUrl", "encodingFormat"], "properties": {"@type": {"const": "DataDownload"}}},
        },
    },
}  # fmt: skip
"""What schema.org and the searches for datasets ask for."""


def linked(page: Path) -> dict:
    text = page.read_text("utf-8")
    [data] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)
    return json.loads(data)


def test_every_page_says_which_dataset_it_is_about(downloads: Path) -> None:
    site = downloads.parents[1]
    pages = [path for path in site.rglob("*.html") if path.name != "404.html" and "latest" not in path.parts]
    assert len(pages) == 14  # 8, the pages of 3 indicators and their list, that of a province, and of choice
    for page in pages:
        data = linked(page)
        jsonschema.validate(data, DATASET)
        for one in data["distribution"]:
            assert (site / one["contentUrl"].removeprefix("https://example.org/green/")).is_file()
    own = linked(site / "2025-sample/440000/plan.html")
    assert own["spatialCoverage"] == {"@type": "Place", "name": "广东省"}
    assert own["url"] == "https://example.org/green/2025-sample/440000/plan.html"


def test_without_an_address_datasets_are_linked_from_where_the_page_stands(
    house: House, downloads: Path, tmp_path: Path
) -> None:
    publish(house.layout, house.wanted(out=tmp_path / "site"))
    again = tmp_path / "site/downloads/2025-sample"
    files = [path.relative_to(again) for path in again.rglob("*") if path.is_file() and path.name != "index.html"]
    assert len(files) == 3 * 8 + 3 + 3 + 2 + 4  # tables, whole, JSON-stat, SDMX, IAMC
    assert all((again / path).read_bytes() == (downloads / path).read_bytes() for path in files)
    for page in [*(tmp_path / "site/2025-sample").rglob("*.html"), *(tmp_path / "site").glob("index.html")]:
        assert len(linked(page)["distribution"]) == 5
        assert all((page.parent / one["contentUrl"]).is_file() for one in linked(page)["distribution"])
    told = (tmp_path / "site/llms.txt").read_text("utf-8")
    assert told.startswith("# 信息通信行业绿色低碳发展年度报告\n\n> ")
    places = re.findall(r"\]\(([^)]+)\)", told)
    assert len(places) == 12
    assert all((tmp_path / "site" / place).is_file() for place in places)


def test_the_page_of_the_downloads_names_every_file(downloads: Path) -> None:
    text = (downloads / "index.html").read_text("utf-8")
    links = {link for link in re.findall('href="([^"#]+)"', text) if not link.startswith("../")}
    there = {path.relative_to(downloads).as_posix() for path in downloads.rglob("*") if path.is_file()}
    assert there - links == {"README.txt", "index.html"}


def test_the_licence_of_the_parameters_is_that_of_the_data() -> None:
    assert licence({"parameters": [{"参数": "licence", "取值": "CC BY 4.0"}]}) == "CC BY 4.0"
    assert licence({"parameters": [{"参数": "licence", "取值": "—"}]}) == licence({}) == ""


# --- JSON-stat --------------------------------------------------------------------------------------------------


def test_pyjstat_reads_the_values_of_an_indicator(downloads: Path) -> None:
    read = pyjstat.Dataset.read((downloads / f"jsonstat/{SHARED}.json").read_text("utf-8"))
    frame = read.write("dataframe")
    assert list(frame.columns) == ["指标", "地区", "分项", "年份", "value"]
    told = {(row[1], row[2], row[3]): row[4] for row in frame.itertuples(index=False)}
    assert told["全国", "合计（不分项）", "2024"] == 0.845
    assert told["广东省", "共享方式：社会资源", "2025"] == 0.25
    assert math.isnan(told["广东省", "合计（不分项）", "2024"])
    assert len(told) == 3 * 2 * 2


def test_json_stat_tells_withheld_from_missing(downloads: Path) -> None:
    one = json.loads((downloads / f"jsonstat/{SHARED}.json").read_text("utf-8"))
    assert one["size"] == [1, 3, 2, 2]
    assert one["dimension"]["region"]["category"]["index"] == ["000000", "east", "440000"]
    place = (2 * 2 + 0) * 2 + 0  # 广东, the whole, 2024
    assert (one["value"][place], one["status"][str(place)]) == (None, "c")
    assert one["status"][str((1 * 2 + 0) * 2 + 1)] == "m"  # the east, the whole, 2025
    assert one["extension"]["status"]["label"]["c"] == "为保护单个企业的数据，按保密规则不予公布"
    assert one["dimension"]["indicator"]["category"]["unit"][SHARED]["label"] == "1"


def test_json_stat_is_valid_by_its_schema(downloads: Path) -> None:
    files = sorted((downloads / "jsonstat").iterdir())
    assert [path.name for path in files] == ["dc.racks.json", "energy.heat.json", f"{SHARED}.json"]
    for path in files:
        assert jsonstat_validator.validate_jsonstat(json.loads(path.read_text("utf-8"))), path


# --- workbooks --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book(downloads: Path) -> Workbook:
    return openpyxl.load_workbook(downloads / "workbook.xlsx")


def test_a_workbook_has_cover_contents_notes_and_one_named_table_a_sheet(book: Workbook) -> None:
    """The rules that gptables follows: cover, contents, notes, one table a sheet, no merged cell, no empty cell or head."""
    assert book.sheetnames[:3] == ["封面", "目录", "说明"]
    assert book["封面"]["A1"].value == "2025 年信息通信行业绿色低碳发展年度报告数据（示例数据，非真实填报）"
    assert len(book.sheetnames) == 3 + 8
    names = [name for sheet in book for name in sheet.tables]
    assert len(names) == len(set(names)) == len(book.sheetnames) - 1
    for sheet in book:
        assert not sheet.merged_cells.ranges
        assert sheet["A1"].value
        for table in sheet.tables.values():
            head, *rows = ([cell.value for cell in row] for row in sheet[table.ref])
            assert len(set(head)) == len(head)
            assert None not in head
            assert head == [column.name for column in table.tableColumns]
            assert all(cell not in (None, "") for row in rows for cell in row), sheet.title


def test_contents_lead_to_the_sheets_and_these_back(book: Workbook) -> None:
    contents = book["目录"]
    places = {cell.value: cell.hyperlink.location for (cell,) in contents["A4:A11"]}
    assert places["t-yearly"] == "'t-yearly'!A1"
    assert all(place == f"'{name}'!A1" and name in book.sheetnames for name, place in places.items())
    assert book["t-yearly"]["A5"].hyperlink.location == "'目录'!A1"


def test_a_workbook_says_what_is_withheld_and_runs_no_formula(book: Workbook) -> None:
    sheet = book["indicator-values"]
    head, *rows = ([cell.value for cell in row] for row in sheet[sheet.tables["indicator_values"].ref])
    amounts = [row[head.index("value")] for row in rows]
    assert amounts == [0.845, 0.85, "[c]", 0.9, "[x]", 0.25, 12.5, 7]
    assert "[c]：为保护单个企业的数据，按保密规则不予公布" in [cell.value for cell in book["说明"]["A"]]
    assert book["t-names"]["D8"].value == "<b>&'\""
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"n", "s", "inlineStr"}


def test_a_workbook_of_one_table_has_it_first(downloads: Path) -> None:
    own = openpyxl.load_workbook(downloads / "t-yearly.xlsx")
    assert own.sheetnames == ["t-yearly", "说明"]
    rows = [[cell.value for cell in row] for row in own["t-yearly"][own["t-yearly"].tables["t_yearly"].ref]]
    assert rows[0] == ["报告地区代码", "报告地区", "情景", "年份", "本地区", "比上年", "比上年 比上年"]
    assert rows[2] == ["000000", "全国", "plan", 2025, 2, "+3", "x"]
    assert own["说明"]["A6"].value == "t-yearly"


def test_texts_of_a_workbook_are_texts() -> None:
    data = pl.DataFrame({"列": ["=1+1", "a\x0bb", None, " x "], "数": [1.5, float("nan"), None, -2.0], "是": [True, False, None, True]})  # fmt: skip
    made = xlsx.workbook("书", "某", "2026-05-06", [xlsx.Sheet("表", ["题"], data)])
    sheet = openpyxl.load_workbook(io.BytesIO(made))["表"]
    rows = [[cell.value for cell in row] for row in sheet["A3:C6"]]
    assert rows == [["=1+1", 1.5, "true"], ["ab", "[c]", "false"], ["[x]", "[x]", "[x]"], [" x ", -2, "true"]]
    assert sheet["A3"].data_type != "f"
    assert made == xlsx.workbook("书", "某", "2026-05-06", [xlsx.Sheet("表", ["题"], data)])


# --- citations --------------------------------------------------------------------------------------------------


def figure(downloads: Path, id: str, page: str = "2025-sample/440000/plan.html") -> str:
    text = (downloads.parents[1] / page).read_text("utf-8")
    return text[text.index(f'<figure id="{id}"') :].partition("</figure>")[0]


def test_a_figure_is_cited_by_its_address_and_the_hash_of_its_data(downloads: Path) -> None:
    digest = hashlib.sha256((downloads / "f-sharing-provinces.csv").read_bytes()).hexdigest()
    told = figure(downloads, "f-sharing-provinces")
    gb = re.sub("<[^>]+>", "", told[told.index('<details class="cite">') :]).partition("@misc")[0]
    assert gb == (
        "引用（图 3-1）平凡. 图 3-1 广东最高平凡：2025 年信息通信行业绿色低碳发展年度报告（广东省）[DS/OL]. 2025-sample. 平凡, 2026 (2026-05-06)"
        "[引用日期]. https://example.org/green/2025-sample/440000/plan.html#f-sharing-provinces. "
        f"数据文件 f-sharing-provinces.csv SHA-256 {digest}."
    )
    bibtex = html.unescape(re.sub("<[^>]+>", "", told[told.index("<pre>") :].partition("</pre>")[0]))
    assert bibtex.startswith(
        "@misc{greenreport-2025-440000-f-sharing-provinces,\n  author = {{平凡}},\n  title = {{图 3-1 "
    )
    assert (
        "  year = {2026},\n  version = {2025-sample},\n  url = {https://example.org/green/2025-sample/440000/plan.html#f-"
        in bibtex
    )
    assert f"SHA-256 {digest}" in bibtex


def test_a_figure_has_its_data_and_its_meaning(downloads: Path) -> None:
    told = figure(downloads, "f-sharing-provinces")
    assert re.findall(r'<a href="([^"]+)" download>', told) == [
        f"../../downloads/2025-sample/f-sharing-provinces.{suffix}" for suffix in ("csv", "xlsx", "parquet")
    ]
    about = told[told.index('<details class="about">') :]
    series = '<a href="../data/sharing.new_5g_sites/{}">新建5G基站站址共享率</a>'
    assert f"<dt>{series.format('index.html#440000')}</dt><dd>计算：" in about
    assert '<a href="../data/sharing.new_5g_sites/440000.csv" download="sharing.new_5g_sites-440000.csv">' in told
    assert "来源：企业填报，本报告计算" in about
    assert '<a href="../method.html#revisions">' in about


def test_a_citation_is_text_whatever_the_figure_is_called(tmp_path: Path) -> None:
    house = bare(tmp_path / "house", ("50% {of} $x_1 \\ <b>&",))
    house.make("全国")
    house.pass_audit()
    publish(house.layout, house.wanted(region="全国"))
    told = figure(house.root / "site/downloads/2025-sample", "f-sharing-provinces", "2025-sample/000000/plan.html")
    assert r"50\% \{of\} \$x\_1 \textbackslash{} &lt;b&gt;\&amp;" in told
    assert "2025-sample/000000/plan.html#f-sharing-provinces</span>" in told
