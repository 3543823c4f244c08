"""Every row that was read is accepted or rejected, once, with its reasons; later filings supersede earlier ones."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import DataError
from pipeline.filings import answer
from pipeline.filings import intake as intake_module
from pipeline.filings.contracts import SCHEMAS, SOURCE, TABLES
from pipeline.filings.intake import Intake, accepted, filing_year, save, take_in
from pipeline.filings.rules import INTAKE_RULES, RULES
from pipeline.layout import Layout

ENERGY = "年份,月份,填报单位,省份,设施类型,能源品种,消耗量,计量单位\n"
ENTITIES = "单位编码,单位名称,类别\nCT,电信,基础电信企业\nTOWER,铁塔,铁塔企业\n"


def folder(root: Path, **files: str | bytes) -> Path:
    """A filings folder: names with `__` for `/`, `.csv` added; CT and TOWER are registered."""
    for name, text in ({"填报单位": ENTITIES} | files).items():
        path = root / f"{name.replace('__', '/')}{'' if '.' in name else '.csv'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def energy(*rows: str) -> str:
    """Rows of `year,month,entity,province,quantity,unit`, of office electricity."""
    lines = []
    for row in rows:
        year, month, entity, province, quantity, unit = row.split(",")
        lines.append(f"{year},{month},{entity},{province},办公用房,电力,{quantity},{unit}\n")
    return ENERGY + "".join(lines)


def counts(intake: Intake, table: str) -> tuple[int, ...]:
    """read, accepted, rejected, warned, superseded."""
    return intake.counts.filter(pl.col("table") == table).drop("table").row(0)


def test_a_clean_folder(layout: Layout, tmp_path: Path) -> None:
    done = take_in(folder(tmp_path, 能源消耗=energy("2025,,CT,广东,1.2万,度")), layout)
    assert (done.status, done.kind, done.sample, done.report_year) == (0, "preliminary", False, 2025)
    assert counts(done, "energy") == (1, 1, 0, 0, 0)
    row = done.accepted["energy"].row(0, named=True)
    assert (row["quantity"], row["unit"], row["province_code"], row["month"]) == (12000.0, "kWh", "440000", 0)
    assert tuple(row[name] for name in SOURCE) == ("能源消耗.csv", "", 2)
    assert row["flags"] == []
    assert done.files.rows() == [
        ("填报单位.csv", "read", "读到填报单位 2 行。"),
        ("能源消耗.csv", "read", "读到能源消耗 1 行。"),
    ]
    assert set(done.accepted) == set(done.quarantine) == {table.name for table in TABLES}


def test_a_rejected_row_keeps_its_text_and_its_reasons(layout: Layout, tmp_path: Path) -> None:
    text = energy("2025,,CT,广东,12，5oo,度", "2025,,XX,广西,5,kWh", "2025,,CT,广西,5,kWh").replace(
        "计量单位", "计量单位,天气", 1
    )
    done = take_in(folder(tmp_path, 能源消耗=text.replace("kWh\n", "kWh,晴\n")), layout)
    assert (done.status, counts(done, "energy")) == (2, (3, 1, 2, 0, 0))
    rows = done.quarantine["energy"].sort("source_row").rows(named=True)
    assert [row["rules"] for row in rows] == [["cell.number"], ["entity.unknown"]]
    assert (rows[0]["quantity"], rows[0]["province_code"], rows[0]["month"]) == ("12，5oo", "广东", None)
    assert rows[1]["unread"] == [{"header": "天气", "text": "晴"}]
    said = done.findings.filter(pl.col("rule") == "cell.number")["message"].item()
    assert said == "能源消耗.csv 第 2 行「消耗量」：12，5oo 不是数字；应为非负数，如 12500"


def test_a_file_without_rows_before_one_with_rejected_rows(layout: Layout, tmp_path: Path) -> None:
    done = take_in(folder(tmp_path, 甲_能源消耗=energy(), 能源消耗=energy("2025,,CT,广东,5oo,度")), layout)
    assert counts(done, "energy") == (1, 0, 1, 0, 0)
    assert done.quarantine["energy"]["source_file"].to_list() == ["能源消耗.csv"]


def test_a_row_with_more_cells_than_the_header_is_rejected_whole(layout: Layout, tmp_path: Path) -> None:
    text = "年份,填报单位,省份,设施类型,能源品种,计量单位,消耗量\n2025,CT,广东,办公用房,电力,kWh,12,500\n2025,CT,广西,办公用房,电力,kWh,12\n"
    done = take_in(folder(tmp_path, 能源消耗=text), layout)
    assert counts(done, "energy") == (2, 1, 1, 0, 0)
    assert done.quarantine["energy"]["rules"].to_list() == [["row.more_cells"]]
    assert done.quarantine["energy"]["unread"].to_list() == [[{"header": "", "text": "500"}]]
    assert done.findings["message"].to_list() == [
        "能源消耗.csv 第 2 行：表头之外还有 500；应与表头列数相同，内容含分隔符的要放在双引号里"
    ]


def test_a_row_with_fewer_cells_is_kept_and_flagged(layout: Layout, tmp_path: Path) -> None:
    text = "年份,填报单位,省份,设施类型,能源品种,计量单位,消耗量,对方单位\n2025,CT,广东,办公用房,电力,kWh,12\n2025,CT,广西,办公用房,电力,kWh,12,\n"
    done = take_in(folder(tmp_path, 能源消耗=text), layout)
    assert (done.status, counts(done, "energy")) == (1, (2, 2, 0, 1, 0))
    assert done.accepted["energy"]["flags"].to_list() == [["row.fewer_cells"], []]


def test_a_missing_column_rejects_every_row_with_its_reason(layout: Layout, tmp_path: Path) -> None:
    text = "年份,填报单位,省份,设施类型,能源品种,计量单位\n2025,CT,广东,办公用房,电力,kWh\n"
    done = take_in(folder(tmp_path, 能源消耗=text), layout)
    assert counts(done, "energy") == (1, 0, 1, 0, 0)
    assert done.quarantine["energy"]["rules"].to_list() == [["header.missing"]]


def test_warnings_are_flags_of_accepted_rows(layout: Layout, tmp_path: Path) -> None:
    done = take_in(folder(tmp_path, 能源消耗=energy("2024,,CT,广东,10,kWh", "2025,,CT,广东,10000,kWh")), layout)
    assert (done.status, counts(done, "energy")) == (1, (2, 2, 0, 1, 0))
    assert done.accepted["energy"]["flags"].to_list() == [[], ["change.unit_slip"]]


# --- restatements ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "year"),
    [("能源.csv", None), ("2025/a.csv", 2025), ("2024年/b/a.csv", 2024), ("2024/2025/a.csv", 2025), ("12/a.csv", None)],
)
def test_filing_year(file: str, year: int | None) -> None:
    assert filing_year(file) == year


def test_a_later_filing_supersedes_and_the_difference_is_a_revision(layout: Layout, tmp_path: Path) -> None:
    old = energy("2024,,CT,广东,10,kWh", "2024,,CT,广西,20,kWh", "2024,,CT,湖北,30,kWh")
    new = energy("2024,,CT,广东,11,kWh", "2024,,CT,广西,20,kWh")
    done = take_in(folder(tmp_path, **{"2024__能源消耗": old, "2025__能源消耗": new}), layout)
    assert (done.status, counts(done, "energy")) == (1, (5, 3, 2, 0, 2))
    kept = done.accepted["energy"].sort("quantity")
    assert kept.select("quantity", "source_file").rows() == [
        (11.0, "2025/能源消耗.csv"), (20.0, "2025/能源消耗.csv"), (30.0, "2024/能源消耗.csv")
    ]  # fmt: skip
    assert done.quarantine["energy"]["rules"].to_list() == [["key.restated"]] * 2
    assert done.revisions.select(
        "table", "column", "before", "after", "before_source_row", "after_source_file"
    ).rows() == [("energy", "quantity", "10 kWh", "11 kWh", 2, "2025/能源消耗.csv")]
    assert done.findings["message"].to_list() == [  # what was filed again unchanged is no finding
        "2024/能源消耗.csv 第 2 行：2025/能源消耗.csv 第 2 行 又报了同一内容，以后报的为准；这一行不再采用"
    ]


def test_three_filings_are_two_revisions(layout: Layout, tmp_path: Path) -> None:
    files = {
        f"{year}__能源消耗": energy(f"2023,,CT,广东,{value},kWh") for year, value in ((2023, 1), (2024, 2), (2025, 3))
    }
    done = take_in(folder(tmp_path, **files), layout)
    assert done.accepted["energy"]["quantity"].to_list() == [3.0]
    assert done.revisions.select("before", "after").rows() == [("1 kWh", "2 kWh"), ("2 kWh", "3 kWh")]


def test_a_wrong_cell_of_a_superseded_row_no_longer_matters(layout: Layout, tmp_path: Path) -> None:
    files = {"2024__能源消耗": energy("2024,,CT,广东,十,kWh"), "2025__能源消耗": energy("2024,,CT,广东,10,kWh")}
    done = take_in(folder(tmp_path, **files), layout)
    assert done.findings["rule"].to_list() == ["key.restated"]
    assert (done.status, done.revisions.height, counts(done, "energy")) == (1, 0, (2, 1, 1, 0, 1))


def test_a_wrong_later_row_leaves_none(layout: Layout, tmp_path: Path) -> None:
    """The filer has taken the earlier row back; to use it all the same would be to invent a number."""
    files = {"2024__能源消耗": energy("2024,,CT,广东,10,kWh"), "2025__能源消耗": energy("2024,,CT,广东,十,kWh")}
    done = take_in(folder(tmp_path, **files), layout)
    assert counts(done, "energy") == (2, 0, 2, 0, 1)
    assert set(done.findings["rule"]) == {"key.restated", "cell.number"}


@pytest.mark.parametrize("monthly_first", [True, False])
def test_months_and_years_supersede_each_other(layout: Layout, tmp_path: Path, monthly_first: bool) -> None:
    months = energy(*(f"2024,{month},CT,广东,10,kWh" for month in range(1, 13)))
    year = energy("2024,,CT,广东,125,kWh")
    first, then = (months, year) if monthly_first else (year, months)
    done = take_in(folder(tmp_path, **{"2024__能源消耗": first, "2025__能源消耗": then}), layout)
    assert done.accepted["energy"]["quantity"].sum() == (125.0 if monthly_first else 120.0)
    assert counts(done, "energy")[2:] == ((12, 0, 12) if monthly_first else (1, 0, 1))
    assert done.revisions.is_empty()
    assert set(done.findings["rule"]) == {"key.restated"}


def test_within_one_filing_nobody_supersedes(layout: Layout, tmp_path: Path) -> None:
    rows = energy("2024,,CT,广东,10,kWh", "2024,,CT,广东,11,kWh")
    done = take_in(folder(tmp_path, **{"2025__能源消耗": rows}), layout)
    assert counts(done, "energy") == (2, 0, 2, 0, 0)
    assert set(done.findings["rule"]) == {"key.conflict"}


# --- files and folders -------------------------------------------------------------------------------------


def test_a_file_whose_table_cannot_be_told_is_named(layout: Layout, tmp_path: Path) -> None:
    done = take_in(folder(tmp_path, 上报=energy("2025,,CT,广东,1,kWh")), layout)
    assert done.status == 2
    file, status, message = done.files.row(0)
    assert (file, status) == ("上报.csv", "unreadable")
    assert message == "文件的名称看不出是哪张表，未读取；从表头看像“能源消耗”，若是，请改用这个名称。"


@pytest.mark.parametrize(
    ("above", "header", "rows"),
    [
        ("单位：万千瓦时", "电量", 0),
        ("2025年（单位：万千瓦时）", "电量", 0),
        ("单位：万千瓦时", "电量（万千瓦时）", 1),
        ("填报单位：甲公司", "电量（单位：万千瓦时）", 1),
        ("单位：甲公司", "电量", 1),
        ("单位：千瓦时", "电量", 1),  # as it is read anyway
        ("计量单位：kWh、吨", "电量", 1),
    ],
)
def test_a_unit_above_the_header_is_never_overlooked(
    layout: Layout, tmp_path: Path, above: str, header: str, rows: int
) -> None:
    text = f"{above},,,,\n年份,填报单位,省份,渠道,{header}\n2025,CT,广东,自建,1.2\n"
    done = take_in(folder(tmp_path, 绿色电力=text), layout)
    assert counts(done, "green_power")[1] == rows
    if not rows:
        assert done.files.filter(pl.col("file") == "绿色电力.csv")["message"].item() == (
            "文件第 1 行在表头之上写有“单位：万千瓦时”，不能确定指哪些列，本表未读取；"
            "请把计量单位写在各列表头的括号里，如 电量（万千瓦时）。"
        )


@pytest.mark.parametrize(
    ("name", "above", "under", "below", "where"),
    [
        ("绿色电力", "绿色电力表（万千瓦时）", "", "", "第 1 行在表头之上写有“万千瓦时”"),
        ("绿色电力", "表", "万千瓦时", "", "第 3 行在表头之下写有“万千瓦时”"),
        ("绿色电力", "表", "（万千瓦时）", "", "第 3 行在表头之下写有“万千瓦时”"),
        ("绿色电力", "表", "", "单位：万千瓦时", "第 4 行在表下写有“单位：万千瓦时”"),
        ("绿色电力（万千瓦时）", "表", "", "", "的名称里写有“万千瓦时”"),
        ("绿色电力（千瓦时）", "表（g）", "kWh", "注：按度计", ""),
    ],
)
def test_a_unit_in_any_other_place(
    layout: Layout, tmp_path: Path, name: str, above: str, under: str, below: str, where: str
) -> None:
    text = f"{above},,,,\n年份,填报单位,省份,渠道,电量\n" + (f",,,,{under}\n" if under else "")
    done = take_in(folder(tmp_path, **{name: f"{text}2025,CT,广东,自建,1.2\n{below},,,,\n"}), layout)
    message = done.files.filter(pl.col("file") == f"{name}.csv")["message"].item()
    if where:
        assert done.accepted["green_power"].is_empty()
        assert where in message
    else:
        assert done.accepted["green_power"]["kwh"].to_list() == [1.2]


def test_a_file_of_nothing_but_a_header_is_told(layout: Layout, tmp_path: Path) -> None:
    done = take_in(folder(tmp_path, 绿色电力="年份,填报单位,省份,渠道,电量\n"), layout)
    assert done.findings.select("rule", "severity").rows() == [("file.no_rows", "warning")]
    assert done.status == 1


def test_sites_without_a_year_take_that_of_the_filing(layout: Layout, tmp_path: Path) -> None:
    text = "站址编号,填报单位,省份,建成年份,是否新建,租户数,共享方式\nS1,CT,广东,2023,是,2,共建\n"
    done = take_in(folder(tmp_path, **{"2024__5G站址": text, "5G站址": text.replace("S1", "S2")}), layout)
    assert done.accepted["sites"].select("site_id", "year").sort("site_id").rows() == [("S1", 2024), ("S2", 2025)]


def test_the_report_year_is_that_of_the_latest_folder(layout: Layout, tmp_path: Path) -> None:
    rows = {"2026__能源消耗": energy("2026,,CT,广东,1,kWh", "2027,,CT,广东,1,kWh")}
    done = take_in(folder(tmp_path, **rows), layout)
    assert (done.report_year, counts(done, "energy")) == (2026, (2, 1, 1, 0, 0))
    assert take_in(tmp_path, layout, 2025).accepted["energy"].is_empty()


@pytest.mark.parametrize("text", ["kind: final\n", "final\n"])
def test_an_edition_may_be_final(layout: Layout, tmp_path: Path, text: str) -> None:
    assert take_in(folder(tmp_path, **{"EDITION.yml": text, "SAMPLE": ""}), layout).kind == "final"


@pytest.mark.parametrize("text", ["kind: 定稿\n", "kind\n", "[", "stage: final\n", b"\xff\xfe\xfa"])
def test_an_edition_that_is_none_stops_the_intake(layout: Layout, tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(DataError, match=r"EDITION\.yml.*应为一行 kind: preliminary"):
        take_in(folder(tmp_path, **{"EDITION.yml": text}), layout)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "没有写 kind"),
        ("stage: final\n", "没有写 kind"),
        ("kind: [final]\n", "写成了列表"),
        ("kind: 定稿\n", "为 定稿；"),
    ],
)
def test_what_is_wrong_with_the_edition_is_told(layout: Layout, tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        take_in(folder(tmp_path, **{"EDITION.yml": text}), layout)


def test_a_folder_without_filings_is_refused(layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("无", "utf-8")
    with pytest.raises(DataError, match="没有填报文件"):
        take_in(tmp_path, layout)
    with pytest.raises(DataError, match="没有填报文件夹"):
        take_in(tmp_path / "无", layout)
    with pytest.raises(DataError, match=r"README\.md 是一个文件；请给出存放"):
        take_in(tmp_path / "README.md", layout)


# --- what is written ---------------------------------------------------------------------------------------


def test_what_is_saved_is_what_the_rest_reads(layout: Layout, tmp_path: Path) -> None:
    done = take_in(folder(tmp_path / "in", 能源消耗=energy("2025,,CT,广东,1,kWh", "2025,,XX,广东,1,kWh")), layout)
    out = tmp_path / "out"
    (out / "filings").mkdir(parents=True)
    (out / "filings" / "alt.parquet").write_bytes(b"")  # of an earlier intake
    save(done, out)
    assert sorted(path.name for path in out.iterdir()) == ["filings", "quality", "quarantine"]
    assert {path.stem for path in (out / "filings").iterdir()} == set(done.accepted)
    for table in TABLES:
        assert accepted(out, table.name).equals(done.accepted[table.name])
        assert pl.read_parquet(out / "quarantine" / f"{table.name}.parquet").equals(done.quarantine[table.name])
        SCHEMAS[table.name].validate(done.accepted[table.name].drop("flags"))
    assert pl.read_parquet(out / "quality" / "findings.parquet").equals(done.findings)


def test_rows_that_do_not_add_up_stop_the_intake(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard itself: a quarantine that loses a row, as a later change might make it."""
    keep = intake_module._rejected
    monkeypatch.setattr(intake_module, "_rejected", lambda *arguments: keep(*arguments).head(0))
    with pytest.raises(DataError, match="读到 1 行，接受 0 行、退回 0 行，合计不符"):
        take_in(folder(tmp_path, 能源消耗=energy("2025,,XX,广东,1,kWh")), layout)


def test_all_reasons_are_known_rules(layout: Layout, tmp_path: Path) -> None:
    files = {
        "2024__能源消耗": energy("2024,,CT,广东,1,kWh", "2024,13,CT,广东,x,y"),
        "2025__能源消耗": energy("2024,,CT,广东,2,kWh"),
    }
    done = take_in(folder(tmp_path, **files), layout)
    reasons = done.quarantine["energy"]["rules"].explode().to_list()
    assert set(reasons) == {"key.restated", "cell.month", "cell.number"} <= set(RULES)


def test_every_rule_of_whole_rows_is_tested() -> None:
    text = "".join(
        Path(__file__).with_name(name).read_text("utf-8")
        for name in ("test_intake.py", "test_corrections.py", "test_writers.py")
    )
    assert [rule for rule in INTAKE_RULES if f'"{rule}"' not in text] == []


def test_no_inner_name_of_a_ragged_file_is_shown(layout: Layout, tmp_path: Path) -> None:
    text = (
        "2025 年填报表\n\n"
        + energy("2025,,CT,广东,1,kWh")
        + "2025,,CT,广西,办公用房,电力,1\n2025,,CT,海南,办公用房,电力,1,kWh,多\n"
    )
    done = take_in(folder(tmp_path, 能源消耗=text), layout)
    assert counts(done, "energy")[:3] == (3, 1, 2)
    assert "表头之上：2025 年填报表" in done.skipped["reason"].to_list()
    shown = " ".join([*done.findings["message"], *done.files["message"], *done.skipped["reason"]])
    assert "_" not in shown


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("合计,,,,,,5,kWh", "这是“合计”行"),
        (",,,总计,,,5,", "这是“总计”行"),
        (ENERGY.strip(), "这是重复的表头"),
        ("填表人：张三,,审核人：李四,,,,,", "“填表人：张三”是表下的落款"),
    ],
)
def test_a_row_that_is_no_data_is_one_finding(layout: Layout, tmp_path: Path, line: str, said: str) -> None:
    done = take_in(folder(tmp_path, 能源消耗=energy("2025,,CT,广东,1,kWh") + line + "\n"), layout)
    assert counts(done, "energy")[:3] == (2, 1, 1)
    assert done.findings["message"].to_list() == [f"能源消耗.csv 第 3 行：{said}，不是数据；应删去这一行，只保留数据行"]
    assert done.quarantine["energy"]["rules"].to_list() == [["row.not_data"]]


def test_a_repeated_header_with_other_values_refuses_the_table(layout: Layout, tmp_path: Path) -> None:
    text = energy("2025,,CT,广东,1,kWh").replace("计量单位\n", "计量单位,消耗量\n").replace("kWh\n", "kWh,2\n")
    done = take_in(folder(tmp_path, 能源消耗=text), layout)
    assert done.accepted["energy"].is_empty()
    [said] = done.files.filter(pl.col("status") == "unreadable")["message"]
    assert said.startswith("文件的表头“消耗量”和“消耗量_2”都是“消耗量”，内容却不同，不能确定用哪一列，本表未读取")


def test_a_repeated_header_is_called_as_it_stands(layout: Layout, tmp_path: Path) -> None:
    text = (
        energy("2025,,CT,广东,1,kWh")
        .replace("计量单位\n", "计量单位,消耗量,备注,备注\n")
        .replace("kWh\n", "kWh,1,甲,乙\n")
    )
    done = take_in(folder(tmp_path, 能源消耗=text), layout)
    assert done.findings["rule"].to_list() == ["header.repeated", "header.unknown", "header.unknown"]
    assert done.findings["found"].to_list() == ["消耗量_2", "备注", "备注_2"]
    assert "_" not in "".join(done.findings["message"])
    assert done.accepted["energy"]["quantity"].to_list() == [1.0]


CASES = (
    "场景编号,场景名称,状态,类别,实施单位,省份,应用技术,服务领域,活动量,活动量单位,"
    "{0},{1},单耗单位,折算能源品种,排放因子\n"
    "C1,甲,遴选,产业,某单位,广东,5G,电力,100,间,3200,2700,{2}\n"
)


@pytest.mark.parametrize(
    ("headers", "unit", "said"),
    [
        (("基准单耗", "项目单耗"), "kWh,电力,", ""),
        (("基准单耗（kWh）", "项目单耗（千瓦时）"), "kWh,电力,", ""),
        (("基准单耗", "项目单耗"), "人公里,,0.2", ""),
        (
            ("基准单耗", "项目单耗"),
            "人公里,,",
            "没有排放因子，能源品种“”、单耗单位“人公里”也没有公布的因子可用；应填每单耗单位的 kgCO2",
        ),
        (("基准单耗", "项目单耗"), "kWh,柴油,", "能源品种“柴油”、单耗单位“kWh”"),
        (("基准单耗（MWh）", "项目单耗（kWh）"), "kWh,电力,", "“基准单耗(MWh)”与“项目单耗(kWh)”的单位不同"),
    ],
)
def test_what_a_case_saves_can_be_turned_into_co2_or_is_told(
    layout: Layout, tmp_path: Path, headers: tuple[str, str], unit: str, said: str
) -> None:
    intake = take_in(folder(tmp_path, 赋能应用场景=CASES.format(*headers, unit)), layout, 2025)
    told = [*intake.findings["message"], *intake.files["message"]]
    assert [text for text in told if text and said and said in text] or not said
    assert intake.accepted["cases"].height == (not said)


def test_sentences_show_what_was_filed_in_its_unit(layout: Layout, tmp_path: Path) -> None:
    header = "年份,填报单位,省份,设施类型,能源品种,消耗量,计量单位\n"
    (tmp_path / "能源消耗.csv").write_text(
        f"{header}2024,CT,广东,办公用房,柴油,-30,t\n2024,CT,湖南,办公用房,电力,20,万kWh\n2025,CT,湖南,办公用房,电力,90,万kWh\n",
        "utf-8",
    )
    (tmp_path / "通信机房.csv").write_text(
        "机房编号,年份,填报单位,省份,机房类型,IT设备耗电量（MWh）,总耗电量（万kWh）\nR1,2025,CT,广东,核心,300,20\n",
        "utf-8",
    )
    (tmp_path / "填报单位.csv").write_text("单位编码,单位名称,类别\nCT,中国电信,其他\n", "utf-8")
    told = "\n".join(take_in(tmp_path, layout, 2025).findings["message"])
    assert "「消耗量」：-30 t 超出范围；应为 非负数" in told
    assert "「消耗量」：90 万kWh，上年为 20 万kWh，变动超过 3 倍" in told
    assert "PUE 为 0.6667（总耗电量 20 万kWh，IT设备耗电量 300 MWh）" in told.replace("IT 设备", "IT设备")


def test_two_spoiled_ids_are_no_duplicates(layout: Layout, tmp_path: Path) -> None:
    header = "数据中心编号,年份,填报单位,省份,数据中心名称,标准机架数,投产时间,IT设备耗电量,总耗电量,用水量,绿电用量\n"
    row = "4.40E+17,2025,CT,广东,{},1000,2023-05,100,150,0,0\n"
    (tmp_path / "数据中心.csv").write_text(header + row.format("甲") + row.format("乙"), "utf-8")
    (tmp_path / "填报单位.csv").write_text("单位编码,单位名称,类别\nCT,中国电信,其他\n", "utf-8")
    done = take_in(tmp_path, layout, 2025)
    assert done.findings["rule"].to_list() == ["cell.id", "cell.id"]
    assert done.counts.filter(table="data_centres").select("read", "accepted", "rejected").row(0) == (2, 0, 2)


def test_of_very_many_findings_the_first_have_a_sentence_and_all_are_counted(layout: Layout, tmp_path: Path) -> None:
    """20 010 rows, each wrong in two cells, one of which has a rule's 20 000 sentences used up."""
    rows = [f"2025,,CT,{place},x{n},kWh" for n, place in enumerate(["火星"] * 20_010)]
    done = take_in(folder(tmp_path, 能源消耗=energy(*rows)), layout)
    assert counts(done, "energy") == (20_010, 0, 20_010, 0, 0)
    by_rule = done.findings.group_by("rule").agg(pl.len().alias("n"), told=pl.col("message").count())
    assert sorted(by_rule.rows()) == [("cell.number", 20_010, 20_000), ("cell.province", 20_010, 20_000)]
    assert set(done.quarantine["energy"]["rules"].list.sort().list.join(" ")) == {"cell.number cell.province"}
    data = answer.as_data(done)
    assert len(data["findings"]) == 40_000
    assert sorted(data["not_listed"], key=lambda one: one["rule"]) == [
        {"file": "能源消耗.csv", "rule": rule, "n": 10} for rule in ("cell.number", "cell.province")
    ]
    assert [text.rpartition("（")[2] for text in answer.alike(done.findings)["message"]] == ["同类共 20010 处）"] * 2


def test_where_too_many_rows_are_wrong_none_is_read(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three rows at once, and at most two wrong ones."""
    monkeypatch.setattr(intake_module, "_BLOCK", 3)
    monkeypatch.setattr(intake_module, "_MOST_WRONG", 2)
    rows = [f"2025,{month},CT,{'火星' if month in (2, 11) else '广东'},{month},kWh" for month in range(1, 13)]
    few = take_in(folder(tmp_path / "few", 能源消耗=energy(*rows)), layout)
    assert counts(few, "energy")[:3] == (12, 10, 2)
    assert few.accepted["energy"]["quantity"].to_list() == [1, 3, 4, 5, 6, 7, 8, 9, 10, 12]
    assert few.quarantine["energy"]["source_row"].to_list() == [3, 12]
    rows[6] = rows[6].replace("广东", "水星")
    many = take_in(folder(tmp_path / "many", 能源消耗=energy(*rows)), layout)
    assert (many.status, counts(many, "energy")) == (2, (0, 0, 0, 0, 0))
    assert many.problems.select("file", "rule").rows() == [("能源消耗.csv", "sheet.wrong")]
    said = many.problems["message"][0]
    assert said.startswith("文件要退回的超过 2 行，没有读取（第一处：")
    assert "第 3 行" in said
    assert "火星" in said


def test_a_header_is_told_once_however_many_rows_follow(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "_BLOCK", 1)
    text = (
        energy("2025,1,CT,广东,1,kWh", "2025,2,CT,广东,2,kWh")
        .replace("计量单位\n", "计量单位,心情\n")
        .replace("kWh\n", "kWh,好\n")
    )
    done = take_in(folder(tmp_path, 能源消耗=text), layout)
    assert done.findings["rule"].to_list().count("header.unknown") == 1
    assert counts(done, "energy")[:2] == (2, 2)


def test_of_too_many_wrong_rows_the_first_is_told_not_a_header(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "_MOST_WRONG", 0)
    text = energy("2025,,CT,火星,1,kWh").replace("计量单位\n", "计量单位,心情\n").replace("kWh\n", "kWh,好\n")
    done = take_in(folder(tmp_path, 能源消耗=text), layout)
    assert "（第一处：能源消耗.csv 第 2 行「省份」：没有名为“火星”的省份" in done.problems["message"][0]
