"""What the chapter on scenarios says of a target, in every case that filings and draws can bring."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.chapters import fans, foresight
from pipeline.chapters.fans import target_year
from pipeline.chapters.foresight import Foresight, probability, standing, told_of_target
from pipeline.charts import figures
from pipeline.given import params, reference
from pipeline.given.regions import NATION as WHOLE
from pipeline.given.regions import Region, resolve
from pipeline.indicators import evaluate
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.view import View
from pipeline.language.facts import pack
from pipeline.language.words import CHINESE, Words
from pipeline.layout import Layout
from pipeline.reports.blocks import FACTS, Figure, Table, frame, mime
from pipeline.reports.text import told
from pipeline.scenarios import outlook
from pipeline.scenarios.drivers import said as said_of
from pipeline.scenarios.outlook import SCHEMAS, Outlook
from pipeline.scenarios.start import FACILITIES
from tests.scenarios.conftest import NATION, PROVINCE, ROWS, indicator_table

FLOW = "energy.per_flow.change"
GOAL = "单位信息流量综合能耗比 2020 年下降20%"


def ahead(
    layout: Layout,
    filed: dict[int, float],
    projected: dict[int, float],
    chance: dict[int, float] | None = None,
    region: str = "全国",
) -> Foresight:
    """The changes of energy per flow that were filed, and those of the scenario `plan` with their probabilities."""
    place: Region = resolve(region, layout)
    rows = pl.DataFrame(
        [(FLOW, year, place.code, value) for year, value in filed.items()],
        {"indicator_id": pl.String, "year": pl.Int64, "region_code": pl.String, "value": pl.Float64},
        orient="row",
    )
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in evaluate.TABLE.items() if name not in rows.columns]
    table = rows.with_columns(empty).select(pl.col(name).cast(dtype) for name, dtype in evaluate.TABLE.items())
    t0 = max(filed, default=2025)
    view = View(table, load_catalogue(layout), place, t0, reference.provinces(layout), {})
    told = [
        ("plan", place.code, FLOW, year, value <= -0.2, (chance or {}).get(year, float(value <= -0.2)))
        for year, value in projected.items()
    ]
    frames = {name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()}
    frames["targets"] = pl.DataFrame(told, SCHEMAS["targets"], orient="row")
    frames["notes"] = pl.DataFrame([(place.code, t0, None)], SCHEMAS["notes"], orient="row")
    return Foresight(view, Outlook(**frames), {"plan": "行动计划"}, "plan")


def worded(begin: str, end: str, folder: Path, *blocks: Figure | Table, language: str = "zh", **facts: Any) -> str:
    """What the chapter's text makes of facts, between two of its lines."""
    text = (Layout.current().texts / language / "10_scenarios.md").read_text("utf-8")
    path = folder / "10_scenarios.md"
    path.write_text(text[: text.index("\n") + 1] + text[text.index(begin) : text.index(end)], "utf-8")
    always = {"own": "广东", "nation": False, "of_published": False, "scenario": "行动计划", "n_scenarios": 3}
    always |= {"start": 2025, "horizon": 2030, "draws": 64, "has_carbon": True, "has_flow": True, "projected": True}
    words, ids = Words(language), set(re.findall(r'"([ft]-scenarios[\w-]*)"', text))
    shown = [{FACTS: pack(always | facts)}, *({mime(language): one.payload(words)} for one in blocks)]
    parts = told(path, words, shown, "".join(f'"{id}"' for id in ids))
    lines = [
        one if isinstance(one, str) else "\n".join([one["title"], one.get("alt", ""), one["method"]]) for one in parts
    ]
    return re.sub(r"\\([\W_])", r"\1", "\n".join(lines))


@pytest.fixture
def said(layout: Layout, tmp_path: Path) -> Any:
    """What is said of the first target in the report's scenario."""
    target = next(one for one in reference.load_plan(layout).targets if one.indicator == FLOW)

    def of_target(*arguments: Any, language: str = "zh", region: str = "全国") -> str:
        facts = told_of_target(ahead(layout, *arguments, region=region), target)
        ends = "{% for one in targets %}\n", '{% call table("t-scenarios-targets")'
        place = {"own": region, "nation": region == "全国"}
        return worded(*ends, tmp_path, language=language, targets=[facts], **place)

    return of_target


def years(*values: float, first: int = 2025) -> dict[int, float]:
    return dict(enumerate(values, first))


FILED = {2020: 0.0, 2024: -0.16, 2025: -0.19}


def test_a_target_that_was_met_before_and_stays_so(said: Any) -> None:
    filed = {2020: 0.0, 2024: -0.1, 2025: -0.2}
    text = said(filed, years(-0.2, -0.25, -0.3, -0.35, -0.4, -0.45))
    assert text == f"全国{GOAL}的目标：2025 年的填报已经达到；行动计划情景下此后一直满足，2030 年满足的概率超过 99%。"


def test_a_target_that_was_met_and_is_lost_again(said: Any) -> None:
    filed = {2020: 0.0, 2024: -0.21, 2025: -0.22}
    text = said(filed, years(-0.22, -0.21, -0.199, -0.19, -0.18, -0.17), years(1, 0.9, 0.5, 0.3, 0.2, 0.002))
    assert (
        text == f"全国{GOAL}的目标：2024 年的填报已经达到；行动计划情景下 2027 年起不再满足，2030 年满足的概率不到 1%。"
    )


def test_a_target_that_was_lost_before_the_last_filing(said: Any) -> None:
    filed = {2020: 0.0, 2023: -0.21, 2024: -0.15, 2025: -0.18}
    again = said(filed, years(-0.18, -0.21, -0.22, -0.23, -0.24, -0.25))
    assert "2023 年的填报已经达到，2024 年又不满足；行动计划情景下 2026 年再次达到，" in again
    never = said(filed, years(-0.18, -0.17, -0.16, -0.15, -0.14, -0.13), years(0, 0, 0, 0, 0, 0.1))
    assert "；行动计划情景下到 2030 年都不再达到，2030 年满足的概率为 10%。" in never


def test_a_target_that_is_met_late(said: Any) -> None:
    text = said(FILED, years(-0.19, -0.195, -0.21, -0.22, -0.23, -0.24), years(0, 0.3, 0.7, 0.9, 0.99, 0.997))
    assert (
        text
        == f"全国{GOAL}的目标：行动计划情景下预计 2027 年达到，比目标年（2025 年）晚 2 年；2030 年满足的概率超过 99%。"
    )


def test_a_target_whose_year_lies_ahead(said: Any) -> None:
    filed = {2020: 0.0, 2022: -0.1, 2023: -0.15}
    text = said(filed, years(-0.15, -0.18, -0.21, -0.22, -0.23, -0.24, -0.25, -0.26, first=2023), years(0, 0.2, 0.65, first=2023) | {2030: 1.0})  # fmt: skip
    assert (
        text
        == f"全国{GOAL}的目标：行动计划情景下预计 2025 年达到；目标年 2025 年达到的概率为 65%，2030 年满足的概率超过 99%。"
    )


def test_a_target_that_is_met_for_a_while(said: Any) -> None:
    text = said(FILED, years(-0.19, -0.21, -0.19, -0.18, -0.17, -0.16))
    assert "预计 2026 年达到，比目标年（2025 年）晚 1 年，但 2027 年起又不满足；" in text


def test_targets_in_english(said: Any) -> None:
    goal = "The target of a reduction of 20% in comprehensive energy consumption per unit of information flow from 2020"
    filed = {2020: 0.0, 2024: -0.1, 2025: -0.2}
    assert said(filed, years(-0.2, -0.25, -0.3, -0.35, -0.4, -0.45), language="en") == (
        f"{goal} was already met by the filings of 2025; under “Action plan” it stays met, and the probability of meeting it "
        "in 2030 is over 99%."
    )
    late = years(-0.19, -0.21, -0.19, -0.18, -0.17, -0.16), years(0, 0.3, 0.7, 0.9, 0.99, 0.5)
    assert said(FILED, *late, language="en") == (
        f"{goal} is expected to be met in 2026 under “Action plan”, 1 year after the target year (2025), but no longer from "
        "2027; the probability of meeting it in 2030 is 50%."
    )
    filed = {2020: 0.0, 2023: -0.21, 2024: -0.15, 2025: -0.18}
    again = said(filed, years(-0.18, -0.21, -0.22, -0.23, -0.24, -0.25), language="en", region="广东")
    assert again.startswith(
        "In Guangdong, the level of the national target (for comparison only) of a reduction of 20% in "
    )
    assert (
        "by the filings of 2023, but not by those of 2024; under “Action plan” it is met again in 2026, and the"
        in again
    )
    never = said(FILED, years(*[-0.19] * 6), years(*[0.0] * 5, 0.12), language="en")
    assert never == (
        f"{goal} is still not met by 2030 under “Action plan”; allowing for the uncertainty of the drivers, the probability "
        "of meeting it in 2030 is 12%."
    )
    assert said({2025: 0.1}, {}, language="en").endswith(
        "cannot be projected: there are no filings that can be compared with 2020."
    )


def test_a_target_that_is_never_met(said: Any) -> None:
    text = said(FILED, years(*[-0.19] * 6), years(*[0.0] * 5, 0.12))
    assert (
        text == f"全国{GOAL}的目标：行动计划情景下到 2030 年仍未达到；计入驱动因素的不确定性，2030 年达到的概率为 12%。"
    )


def test_a_province_is_only_set_beside_the_target(said: Any) -> None:
    text = said(FILED, years(*[-0.19] * 6), region="广东")
    assert text.startswith(f"广东{GOAL}（全国目标，仅作对照）：")
    assert "的目标：" not in text


def test_without_a_baseline_nothing_is_said_of_the_year(said: Any) -> None:
    assert said({2025: 0.1}, {}).endswith("：没有可与 2020 年比较的填报，不能推算何时达到。")


def test_the_baseline_year_does_not_count_as_met(layout: Layout) -> None:
    target = next(one for one in reference.load_plan(layout).targets if one.indicator == FLOW)
    found = standing(ahead(layout, {2020: -0.5, 2025: -0.1}, years(-0.1, -0.3)), target, "plan")
    assert found is not None
    assert found.first == 2026
    assert CHINESE.say(target_year(found)) == "2026 年"
    assert CHINESE.say(target_year(None)) == "无法推算"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "不到 1%"), (1, "超过 99%"), (0.001, "不到 1%"), (0.999, "超过 99%"), (0.5, "50%"), (0.99, "99%")],
)
def test_a_probability_is_never_rounded_to_sure(value: float, expected: str) -> None:
    assert CHINESE.say(probability(value)) == expected


@pytest.mark.parametrize(("driver", "value", "expected"), [("pue_new", 1.25, "1.25"), ("g_it", 0.125, "12.5%")])
def test_a_driver_in_words(driver: str, value: float, expected: str) -> None:
    assert said_of(driver, value) == expected


# --- figures and tables of a made-up province ----------------------------------------------------------------


@pytest.fixture(scope="module")
def province(layout: Layout) -> Foresight:
    """广东 with one filed year, whose plan has one parameter changed on the command line."""
    place = resolve("广东", layout)
    table = indicator_table({PROVINCE: ROWS, NATION: ROWS})
    every = [WHOLE, place]
    resolved = {
        name: [params.resolve(layout, one, name, ["g_traffic=0.12"]) for one in every]
        for name, _ in params.scenarios(layout)
    }
    plan, factors = reference.load_plan(layout), reference.grid_factors(layout)
    found = outlook.compute(table, resolved, plan, factors, draws=64).of(PROVINCE)
    view = View(table, load_catalogue(layout), place, 2025, reference.provinces(layout), {})
    return Foresight(view, found, dict(params.scenarios(layout)), "plan")


def without(one: Foresight, measure: str) -> Foresight:
    paths = one.outlook.paths.filter(pl.col("measure") != measure)
    return replace(one, outlook=replace(one.outlook, paths=paths))


def test_a_fan_shows_every_scenario_and_the_range_of_the_reports_own(province: Foresight, tmp_path: Path) -> None:
    figure = fans.fan(province, "energy.total", "f-a")
    assert figure is not None
    assert figure.payload()["table"]["columns"] == [
        "年份",
        "填报",
        "现状延续",
        "行动计划",
        "强化行动",
        "行动计划 P10",
        "行动计划 P50",
        "行动计划 P90",
    ]
    data = frame(figure)
    assert data["year"].to_list() == list(range(2025, 2031))
    last = data.row(-1, named=True)
    assert last["p10"] < last["p50"] < last["p90"]
    assert last["plan"] == pytest.approx(province.at_end("energy.total", "plan"))
    facts = foresight.told(province, "energy.total", "f-scenarios-energy")
    shown = replace(figure, id="f-scenarios-energy")
    text = worded("{% macro fanned", "\n## {% if n_scen", tmp_path, shown, fans=[facts])
    assert text.startswith(
        "广东综合能耗的情景\n扇形图：广东综合能耗，2025 年至 2030 年。填报值 2025 年为 450 tce，2025 年为 450 tce；现状延续到 2030 年为 "
    )
    english = worded("{% macro fanned", "\n## {% if n_scen", tmp_path, shown, fans=[facts], language="en")
    assert english.startswith("Scenarios of comprehensive energy consumption, Guangdong\nFan chart: ")
    told = {"targets": [], "energy": None, "fans": [facts], "total": foresight.ends(province, "energy.total")}
    key = "- {{ horizon }} 年{{ own }}综合能耗", "\n{% if targets %}\n- "
    ends = "，".join(f"{title}为 {last[name]:,.1f} tce" for name, title in province.titles.items())
    assert worded(*key, tmp_path, shown, **told) == f"- 2030 年广东综合能耗，{ends}（2025 年为 450 tce）。"
    english = worded("- In {{ horizon }}, compre", key[1], tmp_path, shown, language="en", **told)
    assert english.startswith("- In 2030, comprehensive energy consumption in Guangdong comes to ")
    assert f" tce under “Continuation of trends”, {last['plan']:,.1f} tce under “Action plan” and " in english
    assert figures.svg(figure.payload()["spec"], "f-a").startswith("<svg")
    assert fans.fan(without(province, "energy.total"), "energy.total", "f-a") is None


def test_a_public_province_says_that_its_results_rest_on_published_numbers(province: Foresight, tmp_path: Path) -> None:
    """The same name never stands for what is reckoned from all filings and from published numbers."""
    public = replace(province, view=replace(province.view, without_entities=True))
    assert public.of_published
    assert not province.of_published
    facts: dict[str, Any] = {
        "of_published": True,
        "total": foresight.ends(public, "energy.total"),
        "grows_most": foresight.grows_most(public),
        "energy": foresight.moved_most(public, "energy.total"),
        "emissions": foresight.moved_most(public, "carbon.market"),
        "single": foresight.single(public),
        "target_year": 2025,
        **{name: [] for name in ("order", "turned", "fans", "unlike", "grid", "left_out", "targets")},
    }
    shown = [
        fans.side_by_side(public, "t-scenarios"),
        fans.by_facility(public, "t-scenarios-facilities"),
        fans.difference(public, "f-scenarios-difference"),
        fans.tornado(public, "f-scenarios-tornado", 5),
    ]
    for language, marked, heads in (
        ("zh", "（据公开数值推算）", "\n## 起点和假设"),
        ("en", " (from published figures)", "\n## Starting point"),
    ):
        ends = "{% if projected %}", heads
        text = worded(*ends, tmp_path, *filter(None, shown), language=language, **facts)
        assert text.count(marked) == 6
        assert worded(*ends, tmp_path, *filter(None, shown), language=language, **facts | {"of_published": False}).count(marked) == 0  # fmt: skip
    note = worded(
        "{% if of_published %}\n", "{% if contradictions %}", tmp_path, of_published=True, notes=[], fallen_back=[]
    )
    assert "公开的各省结果之和不等于全国" in note


def test_the_tornado_has_the_widest_first_and_no_driver_without_a_range(province: Foresight) -> None:
    figure = fans.tornado(province, "f-t", 5)
    assert figure is not None
    data = frame(figure)
    widths = (data["high"] - data["low"]).abs().to_list()
    assert widths == sorted(widths, reverse=True)
    assert data.height <= 5
    assert "基站业务流量年增长率" not in data["driver"].to_list()  # fixed on the command line


def test_the_steps_lead_from_the_first_scenario_to_the_reports_own(province: Foresight, tmp_path: Path) -> None:
    figure = fans.difference(province, "f-scenarios-difference")
    assert figure is not None
    assert [row[0] for row in figure.payload()["table"]["rows"]][:: len(figure.payload()["table"]["rows"]) - 1] == [
        "现状延续",
        "行动计划",
    ]
    facts: dict[str, Any] = {"energy": foresight.moved_most(province, "energy.total")}
    ends = "{% if energy and energy.way", "{% endif %}\n\n:::"
    title = worded(*ends, tmp_path, figure, **facts).splitlines()[0]
    assert re.search("比现状延续[多少]用 .+，影响最大的是.+（拉[高低] ", title)  # it may be more than the whole
    english = worded(*ends, tmp_path, figure, language="en", **facts).splitlines()[0]
    assert re.search("“Action plan” uses .+ tce (more|less) energy than “Continuation of trends”; the largest", english)
    assert foresight.compared(replace(province, own="baseline")) == ("现状延续", "行动计划")
    alone = replace(province, titles={"plan": "行动计划"})
    assert fans.difference(alone, "f-d") is None


def test_the_table_of_scenarios_has_the_range_beside_the_value(province: Foresight) -> None:
    table = fans.side_by_side(province, "t-s")
    assert table is not None
    assert table.payload()["table"]["columns"] == ["指标", "2025 年", "现状延续", "行动计划", "强化行动"]
    of = {row[0]: row for row in table.payload()["table"]["rows"]}
    assert of["绿色电力占比（%）"][1] == "20.0"
    assert re.fullmatch(r"50\.0（\d+\.\d 至 \d+\.\d）", of["绿色电力占比（%）"][3])
    assert of["综合能耗（tce）"][1] == "450.0"
    english = {row[0]: row for row in table.payload(Words("en"))["table"]["rows"]}
    assert re.fullmatch(r"50\.0 \(\d+\.\d to \d+\.\d\)", english["Green power share (%)"][3])


def test_what_an_analyst_changed_is_marked(province: Foresight, tmp_path: Path) -> None:
    table = fans.assumptions(province, "t-scenarios-drivers")
    of = {row[1]: row for row in table.payload()["table"]["rows"]}
    assert of["g_traffic"][2:] == ["12.0%", "12.0%", "12.0%", "● 改动：命令行 -p"]
    assert of["g_it"][-1].startswith("● 改动：provinces/440000-广东.yml 第 ")
    assert of["pue_new"][-1].startswith("scenarios/plan.yml 第 ")
    english = {row[1]: row[-1] for row in table.payload(Words("en"))["table"]["rows"]}
    assert english["g_traffic"] == "● changed: command line -p"
    assert re.match(r"● changed: provinces/440000-广东\.yml, line \d+$", english["g_it"])
    ends = '{% call table("t-scenarios-drivers") %}', '{% call table("t-scenarios-modes") %}'
    title, _, note = worded(*ends, tmp_path, table, drivers=foresight.counted(province)).splitlines()
    assert title == "行动计划情景的 15 个驱动因素"
    assert note.startswith("其中 2 个由分析人员改动过，以“● 改动”标出。")
    title, _, note = worded(*ends, tmp_path, table, drivers=foresight.counted(province), language="en").splitlines()
    assert title == "The 15 drivers of “Action plan”"
    assert note.startswith("2 were changed by analysts and are marked “● changed”. ")


def test_facility_types_and_what_grows_most(province: Foresight, tmp_path: Path) -> None:
    table = fans.by_facility(province, "t-scenarios-facilities")
    data = frame(table)
    assert data["facility"].to_list() == [*FACILITIES.values(), "合计"]
    assert table.payload()["table"]["columns"][:3] == ["设施", "2025 年（tce）", "现状延续（tce）"]
    for column in data.columns[1:]:
        *parts, whole = data[column].to_list()
        assert sum(parts) == pytest.approx(whole)
    ends = "{% if grows_most %}", "{% if emissions %}"
    title = worded(*ends, tmp_path, table, grows_most=foresight.grows_most(province))
    assert title.startswith("行动计划情景下到 2030 年，数据中心的综合能耗增加 ")
    title = worded(*ends, tmp_path, table, grows_most=foresight.grows_most(province), language="en")
    assert title.startswith("Under “Action plan”, comprehensive energy consumption of data centres rises by ")


def test_what_the_history_could_not_give_is_told(province: Foresight, tmp_path: Path) -> None:
    facts: dict[str, Any] = {"fallen_back": foresight.fallen_back(province)}
    english = worded("{% for one in fallen_back %}", "{% if contradictions %}", tmp_path, language="en", **facts)
    assert english.startswith(
        "In all scenarios, there is no usable history for PUE of core equipment rooms before retrofit, annual growth of "
        "information flow and annual growth of telecom business volume (constant prices), so default values are used. "
        "In “Continuation of trends”, there is no usable history for "
    )
    assert worded("{% for one in fallen_back %}", "{% if contradictions %}", tmp_path, **facts) == (
        "各情景中改造前核心机房PUE、信息流量年增长率、电信业务总量年增长率（可比价）没有可用的历史，用默认值。"
        "“现状延续”情景中新增数据中心PUE、基站能效年提升率、核心机房年改造比例、改造后核心机房PUE、办公及其他用能年增长率、"
        "2030年绿色电力占比没有可用的历史，用默认值。"
    )


def test_the_order_of_the_scenarios_is_said(province: Foresight, tmp_path: Path) -> None:
    ends = "{% if order %}", "{% for one in turned %}"
    assert worded(*ends, tmp_path, order=foresight.in_order(province)) == (
        "推算的各年，广东的综合能耗和两种口径的碳排放，行动计划不高于现状延续，强化行动不高于行动计划。"
    )
    assert worded(*ends, tmp_path, order=foresight.in_order(province), language="en") == (
        "In every projected year, comprehensive energy consumption and both measures of carbon emissions in Guangdong are "
        "no higher under “Action plan” than under “Continuation of trends” and no higher under “Accelerated action” than "
        "under “Action plan”."
    )
    assert foresight.unlike(province) == []


def test_what_turns_the_order_around_is_said_with_its_assumption(province: Foresight, tmp_path: Path) -> None:
    row = ("baseline", "plan", PROVINCE, "carbon.market", 2027, 2030, 1000.0, 1250.0, "green", 300.0)
    turned = pl.DataFrame([row], SCHEMAS["turned"], orient="row")
    other = replace(province, outlook=replace(province.outlook, turned=turned))
    assert foresight.in_order(other) == []
    ends = "{% for one in turned %}", '{% call table("t-scenarios") %}'
    assert worded(*ends, tmp_path, turned=foresight.turned(other), language="en") == (
        "Carbon emissions (market-based) in Guangdong: “Action plan” lies above “Continuation of trends” in 2027–2030, by "
        "250 tCO2 in 2030, and the largest contribution is that of green power (adding 300 tCO2); green power share in 2030 "
        "is 50.0% in “Action plan” and 25.0% in “Continuation of trends”."
    )
    assert worded(*ends, tmp_path, turned=foresight.turned(other)) == (
        "2027—2030 年广东碳排放（基于市场），行动计划高于现状延续，2030 年高出 250 tCO2，"
        "影响最大的是绿色电力（拉高 300 tCO2）：2030年绿色电力占比行动计划取 50.0%，现状延续取 25.0%。"
    )


def test_a_condition_that_differs_is_said_with_its_reason(province: Foresight, tmp_path: Path) -> None:
    drivers = province.outlook.drivers.with_columns(
        mode=pl.when((pl.col("driver") == "g_flow") & (pl.col("scenario") == "accelerated")).then(0.2).otherwise("mode"),
        reason=pl.when((pl.col("driver") == "g_flow") & (pl.col("scenario") == "accelerated")).then(pl.lit("新业务")).otherwise("reason"),
    )  # fmt: skip
    other = replace(province, outlook=replace(province.outlook, drivers=drivers))
    ends = "{% if unlike %}", "{% if grid %}"
    assert worded(*ends, tmp_path, unlike=foresight.unlike(other), language="en") == (
        "The conditions are not alike in all scenarios: annual growth of information flow is 14.0% in “Continuation of "
        "trends”, 14.0% in “Action plan” and 20.0% in “Accelerated action” (reason given for “Accelerated action”: [新业务]{lang=zh-CN}); "
        "the differences between the results include those between the conditions."
    )
    assert worded(*ends, tmp_path, unlike=foresight.unlike(other)) == (
        "各情景的条件不全相同（信息流量年增长率，现状延续 14.0%、行动计划 14.0%、强化行动 20.0%（强化行动的理由：新业务）），"
        "结果之差包含条件之差。"
    )


def test_what_contradicts_is_said_with_its_place(province: Foresight, tmp_path: Path) -> None:
    text = (
        "notebooks/params/provinces/440000-广东.yml 第 7 行：广东·plan 的 g_it（数据中心IT设备用电量年增长率）取 30.0%，"
        "超出本地区 2023—2025 年各年的增速（5.0% 至 20.0%）；应在其间，或写 trend(3)。"
    )
    row = pl.DataFrame([("plan", PROVINCE, "g_it", text, True)], SCHEMAS["warnings"], orient="row")
    facts = {
        "contradictions": foresight.contradicting(replace(province, outlook=replace(province.outlook, warnings=row)))
    }
    found = worded("{% if contradictions %}", "\n每条路径", tmp_path, **facts)
    assert found.endswith("\n- " + text.removeprefix("notebooks/params/"))
    english = worded("{% if contradictions %}", "\nEach path", tmp_path, language="en", **facts)
    assert english.endswith(
        "\n- provinces/440000-[广东]{lang=zh-CN}.yml, line 7: g_it of Guangdong (annual growth of the electricity use of data "
        "centre IT equipment), scenario plan: 30.0% lies outside the region’s yearly growth of 2023–2025 (5.0% to 20.0%); it "
        "should lie within, or be written as trend(3)."
    )


def test_what_stands_in_for_withheld_amounts_is_said(province: Foresight) -> None:
    text = "用电量的设施类型构成、综合能耗（电信、铁塔、广电）的设施类型构成按保密规则不予公布，以全国的比例和已公布的合计代替"
    notes = province.outlook.notes.with_columns(note=pl.lit(f"没有绿色电力占比，基于市场的排放从没有申领起算；{text}"))
    told = replace(province, outlook=replace(province.outlook, notes=notes)).notes
    assert [CHINESE.say(one) for one in told] == ["没有绿色电力占比，基于市场的排放从没有申领起算", text]
    assert [Words("en").say(one) for one in told] == [
        "There is no share of green power; market-based emissions start from no claims",
        "Withheld under the disclosure rules, and replaced by national shares and published totals: electricity use by "
        "facility type and comprehensive energy consumption (telecom, tower and broadcasting) by facility type",
    ]
