"""A plan that follows is one more file: a report by it tells its targets, years, actions and quotas, and nothing of the one before.

The plan 2026-2030 of the fixtures, the statistics and the filings of 2026 are made up.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import polars as pl
import pytest

from pipeline.build import edition
from pipeline.build.context import freeze
from pipeline.build.plan import Job, Selection, chapters, jobs
from pipeline.errors import DataError, ParameterError
from pipeline.filings.intake import take_in
from pipeline.given import reference
from pipeline.language.words import Words
from pipeline.layout import Layout
from pipeline.reports.execute import execute
from pipeline.reports.text import tell
from tests.build.editions import checkout
from tests.conftest import ROOT

OLD, NEW = "2022-2025", "2026-2030"
FIXTURE = Path(__file__).parent / "fixtures" / f"{NEW}.yml"
STATISTICS = (  # of 2026, made up
    "N9001,2026,,全国,tbv_g,电信业务总量同比增速,8.0,%,,printed,A,虚构的统计公报,2027-01-31,,",
    "N9002,2026,,全国,mtraf,移动互联网接入流量,4000.0,亿GB,,printed,A,虚构的统计公报,2027-01-31,,",
)
KWH = {2020: 4e6, 2024: 5e6, 2025: 6e6, 2026: 6.6e6}
PLACES = ("广东", "浙江")


def filings(layout: Layout) -> None:
    """Two provinces are the whole industry. Per unit of flow, energy falls by a tenth from 2025 to 2026; a large data centre of
    2026 has a PUE of 1.20, one of 2024 has 1.40; 30 GWh of 100 are green."""
    who = {"填报单位": "A"}
    of: dict[str, Sequence[Mapping[str, Any]]] = {
        "填报单位": [{"单位编码": "A", "单位名称": "甲公司", "单位类别": "基础电信企业", "所属集团": "A"}],
        "能源消耗": [
            who | {"年份": year, "省份": place, "设施类型": "通信基站", "能源品种": "电力", "消耗量": kwh, "计量单位": "kWh"}
            for year, kwh in KWH.items() for place in PLACES
        ],
        "业务量": [
            who | {"年份": year, "省份": place, "指标": "信息流量", "数值": kwh / (1000 if year < 2026 else 900), "计量单位": "TB"}
            for year, kwh in KWH.items() for place in PLACES
        ],
        "绿色电力": [who | {"年份": 2026, "省份": place, "渠道": "双边交易", "电量": 1.98e6} for place in PLACES],
        "数据中心": [
            who | {"年份": 2026, "数据中心编号": f"D{n}", "数据中心名称": f"中心{n}", "省份": "广东", "投产时间": began, "标准机架数": 5000,
                   "在用机架数": 3000, "总耗电量": total, "IT设备耗电量": 1e7, "用水量": 100, "绿电用量": 0}
            for n, (began, total) in enumerate((("2026-01", 1.2e7), ("2024-01", 1.4e7)))
        ],
        "行动进展": [
            who | {"年份": year, "省份": "广东", "行动编号": no, "事项": item, "状态": "进行中"}
            for year, no, item in ((2025, "15", "建立健全绿色低碳标准体系"), (2026, "3", "推动基站和机房节能"), (2026, "15", "没有这个行动"))
        ],
        "行动指标": [
            who | {"年份": year, "省份": "广东", "行动编号": no, "指标": "光伏装机容量", "数值": 100, "计量单位": "kW"}
            for year, no in ((2025, "4"), (2026, "1"))
        ],
    }  # fmt: skip
    where = layout.root / "data/raw/filings"
    for table, lines in of.items():
        pl.DataFrame(lines).write_csv(where / f"{table}.csv")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A checkout with the successor's file, a year of statistics and filings more."""
    layout = checkout(tmp_path_factory.mktemp("successor"))
    shutil.copy(FIXTURE, layout.reference / "plans")
    with (layout.public / "national_series.csv").open("a", encoding="utf-8") as file:
        file.write("\n".join(STATISTICS) + "\n")
    filings(layout)
    return layout


def planned(layout: Layout, year: int | None, plan: str | None = None, **more: Any) -> Job:
    [job] = jobs(layout, Selection(year, filings="data/raw/filings", plan=plan, **more))
    return job


def told(layout: Layout, job: Job, folder: Path) -> dict[str, str]:
    """Chapter -> all that it says and shows."""
    edition.prepare(layout, [job])
    context = folder / "context.json"
    context.write_text(json.dumps(freeze(layout, job) | {"tables": str(folder / "tables")}), "utf-8")
    os.environ["GREEN_REPORT_ROOT"] = str(layout.root)
    said = {}
    try:
        for path in chapters(ROOT / "notebooks"):
            execute(path, folder / path.name, {"context": str(context)})
            notebook = nbformat.read(folder / path.name, as_version=4)
            tell(notebook, path.stem, ROOT / "notebooks" / "text", Words("zh"))
            cells = notebook.cells
            shown = [
                json.dumps(one.get("data", {}), ensure_ascii=False) for cell in cells for one in cell.get("outputs", ())
            ]
            titles = [cell.source for cell in cells if cell.cell_type == "markdown"]
            said[path.stem] = "\n".join([*titles, *shown]).replace("\\\\", "")  # of Markdown, in JSON
    finally:
        del os.environ["GREEN_REPORT_ROOT"]
    return said


@pytest.fixture(scope="module")
def report(house: Layout, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the national report of 2026 tells, after that of 2025."""
    edition.prepare(house, [planned(house, 2025)])
    return told(house, planned(house, 2026), tmp_path_factory.mktemp("report"))


def test_nothing_is_told_of_the_plan_before_but_where_editions_are_compared(report: dict[str, str]) -> None:
    whole = "\n".join(report.values())
    allowed = (
        "2025 年版按上一个计划《信息通信行业绿色低碳发展行动计划（2022-2025年）》（工信部联通信〔2022〕103号）编制"
    )
    assert allowed in report["01_overview"]
    rest = whole.replace(allowed, "")
    # A published level of another plan, the row's own title, may stand among the sources.
    found = [
        line for line in re.findall(r".{0,30}(?:2022-2025|103号|“十三五”期末|八项|十五项).{0,30}", rest)
        if "工信部等七部门" not in line and "plans/2022-2025" not in line
    ]  # fmt: skip
    assert not found
    for words in (
        "比 2020 年",
        "比2020年",
        "2020年=100",
        "2020 年 = 100",
        "以 2020 年为 100",
        "1.3以下",
        "30项以上",
        "行动 15",
        "行动15",
        "2022 年以来",
        "计划期（2022",
    ):
        assert words not in rest, words


def test_targets_years_actions_and_quotas_are_those_of_the_file(report: dict[str, str]) -> None:
    overview, actions = report["01_overview"], report["11_actions"]
    assert "行动计划（2026-2030年，虚构）》（虚构〔2026〕1号）到 2030 年期满，本报告是 2026 年的期中评估" in overview
    for target in ("下降25%", "1.25以下", "不低于50%", "40个"):
        assert target in overview
    assert "各项目标的指标值" in overview
    assert "光伏装机容量" in actions
    for words in (
        "## 用能",
        "## 设施",
        "## 赋能",
        "五、组织实施",
        "计划部署的 4 项任务中，",
        "4 项任务和 2 项保障措施在计划期各年的进展",
    ):
        assert words in actions, words
    assert "产业绿色低碳转型 25 个、城乡绿色智慧发展 15 个" in report["09_cases"]
    assert "2025 年为 100" in report["07_energy"]
    assert "推算到 2035 年" in report["10_scenarios"]
    assert "电信业务总量指数的推算（2025 年=100）" in report["90_appendix"]
    assert "计划没有为本章的指标设目标" in report["06_rooms"]


def test_values_are_those_since_the_new_baseline(house: Layout, report: dict[str, str]) -> None:
    """Energy per flow: 1000 kWh a TB in 2025, 900 in 2026; the straight path asks for 5 % in the first of five years."""
    table = edition.computed(house, planned(house, 2026), ["energy.per_flow.change", "dc.pue.new_large"])
    nation = table.filter(pl.col("entity_id").is_null(), pl.col("dimension").is_null(), region_code="000000", year=2026)
    values = dict(nation.select("indicator_id", "value").iter_rows())
    assert values["energy.per_flow.change"] == pytest.approx(-0.1)
    assert values["dc.pue.new_large"] == pytest.approx(1.2)
    assert "下降 10.0%" in report["07_energy"]
    assert "按序时进度" in report["01_overview"]
    # 100 in 2025, 108 in 2026; in 2024 100 / 1.091.
    index = reference.business_volume_index(reference.published(house), 2025)
    by_year = dict(index.select("year", "index").iter_rows())
    assert [round(by_year[year], 2) for year in (2024, 2025, 2026)] == [91.66, 100.0, 108.0]


def test_actions_are_checked_against_the_plan_of_their_year(house: Layout) -> None:
    intake = planned(house, 2026).intake
    assert intake is not None
    assert intake.accepted["measures"].select("year", "action_no").rows() == [(2025, "15"), (2026, "3")]
    [message] = intake.findings.filter(rule="action.unknown")["message"]
    assert message.endswith("行动编号 15 不在 2026 年的计划（2026-2030）之中；应为 1、2、3、4、S1、S2 之一")
    assert intake.accepted["action_metrics"].height == 2


def test_the_plan_follows_from_the_year_or_is_asked_for(house: Layout) -> None:
    assert [planned(house, year).plan for year in (2020, 2021, 2024, 2025, 2026, None)] == [OLD] * 4 + [NEW] * 2
    back, ahead = planned(house, 2026, OLD), planned(house, 2025, NEW)
    assert (back.plan, back.edition) == (OLD, "2026-filings+2022-2025")
    assert (ahead.plan, ahead.place()) == (NEW, "2025-filings+2026-2030")
    assert planned(house, 2026, NEW).edition == "2026-filings"
    with pytest.raises(ParameterError, match="公开版只按 2026 年所属的计划编制"):
        planned(house, 2026, OLD, audience="public")


def test_what_cannot_be_is_one_sentence(house: Layout, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"没有计划 2031-2035.*已有的计划：2022-2025、2026-2030"):
        planned(house, 2026, "2031-2035")
    with pytest.raises(
        ParameterError, match=r"--year 2027：data/raw/public 里没有 2027 年的公开统计，最近一年是 2026 年"
    ):
        planned(house, 2027)
    with pytest.raises(ParameterError, match="--year 2024：报告年份应在 2025（计划的基期）至 2026"):
        planned(house, 2024, NEW)
    layout = checkout(tmp_path)
    with (layout.public / "national_series.csv").open("a", encoding="utf-8") as file:
        file.write("\n".join(STATISTICS) + "\n")
    with pytest.raises(
        DataError, match="2026 年不在任何计划的计划期内；已有的计划：2022-2025（2022—2025 年，基期 2020 年）"
    ):
        planned(layout, 2026)
    assert planned(layout, 2026, OLD).plan == OLD
    text = FIXTURE.read_text("utf-8")
    (layout.reference / "plans" / f"{NEW}.yml").write_text(
        text.replace("term_start: 2026", "term_start: 2025"), "utf-8"
    )
    with pytest.raises(DataError, match="2025 年在 2022-2025、2026-2030 几个计划的计划期内，不能确定按哪一个"):
        planned(layout, 2025)


@pytest.mark.parametrize(
    ("found", "put", "says"),
    [
        ("horizon: 2035\n", "", "缺少“horizon”，请补上"),
        ("horizon: 2035", "horizon: 2029", "情景的末年 2029 早于结束年 2030"),
        ("baseline_year: 2025\nhor", "baseline_year: 2027\nhor", "基期 2027 年晚于起始年 2026"),
        ("baseline_year: 2025\n    target", "baseline_year: 2020\n    target", "目标 flow 的基期 2020 年不是计划的基期 2025 年"),
        ("safeguards_chapter: 五、组织实施\n", "", "缺少“safeguards_chapter”"),
        ('id: "2026-2030"', 'id: "2022-2025"', "“id”是“2022-2025”，应与文件名 2026-2030 相同"),
    ],
)  # fmt: skip
def test_a_plan_that_lacks_something(tmp_path: Path, found: str, put: str, says: str) -> None:
    layout = Layout(tmp_path)
    path = layout.reference / "plans" / f"{NEW}.yml"
    path.parent.mkdir(parents=True)
    text = FIXTURE.read_text("utf-8")
    assert found in text
    path.write_text(text.replace(found, put, 1), "utf-8")
    with pytest.raises(DataError, match=rf"plans/2026-2030\.yml 第 \d+ 行：{says}"):
        reference.load_plan(layout, NEW)


def test_filings_are_not_checked_by_a_plan_that_cannot_be_read(tmp_path: Path) -> None:
    """Else an action that the plan has not would be accepted in silence."""
    layout = checkout(tmp_path)
    filings(layout)
    path = layout.reference / "plans" / f"{OLD}.yml"
    path.write_text(path.read_text("utf-8").replace("baseline_year: 2020", "baseline_year: 甲", 1), "utf-8")
    with pytest.raises(DataError, match=r"plans/2022-2025\.yml 第 18 行：“baseline_year”"):
        take_in(layout.root / "data/raw/filings", layout)
