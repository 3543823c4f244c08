"""What the panel shows without widgets: the numbers of `what_if`, and notebooks that are saved clean."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ParameterError
from pipeline.workbench import lab, picture, shown
from pipeline.workbench.bench import Bench
from pipeline.workbench.panel import open_panel
from tests.build import editions

FILINGS = "data/raw/filings"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench("广东", "plan", FILINGS, editions.checkout(tmp_path_factory.mktemp("house")))


def test_a_moved_driver_keeps_its_spread(bench: Bench) -> None:
    assert bench.saved("e_bs") == (0.06, 0.09, 0.12)
    assert bench.triple("e_bs", 0.11) == (0.08, 0.11, 0.14)
    assert bench.triple("green_share_2030", 0.95) == (0.85, 0.95, 1.0), "no share is above 1"
    assert bench.written({"e_bs": 0.11, "g_traffic": 0.1}) == ["e_bs=0.08,0.11,0.14", "g_traffic=0.1"]


def test_paths_and_bands_are_those_of_the_trial(bench: Bench) -> None:
    values = {"e_bs": 0.11, "g_traffic": 0.1}
    now, (bands, chance) = bench.paths(values), bench.band(values)
    assert now["energy.total"][-1] == pytest.approx(870.4 * (1.1 / 1.11) ** 5)
    # efficiency alone has a range here, and energy falls with it: P10 of the one is P90 of the other; the middle 80 % of a
    # triangle from 0.08 over 0.11 to 0.14 ends where 0.03 (1 - sqrt(0.2)) lies from the middle
    apart = 0.03 * (1 - np.sqrt(0.2))
    ends = [870.4 * (1.1 / (1.11 + side * apart)) ** 5 for side in (1, -1)]
    assert bands["energy.total"][-1] == pytest.approx(ends, rel=2e-3)
    told = bench.trial(values).targets
    for indicator, probability in told.select("indicator", "probability_after").iter_rows():
        assert (None if np.isnan(chance[indicator][-1]) else chance[indicator][-1]) == probability


def test_of_the_nation_a_driver_is_the_same_everywhere(bench: Bench) -> None:
    nation = Bench("全国", "plan", FILINGS, bench.layout)
    assert nation.paths({"g_traffic": 0.1})["energy.total"][-1] == pytest.approx(1495.0 * (1.1 / 1.09) ** 5)


def test_what_a_region_did_is_told_as_its_driver_counts(bench: Bench) -> None:
    """The published factors of 广东 are 0.4715, 0.4403 and 0.4419 kgCO2/kWh in 2021 to 2023."""
    assert bench.past("d_grid") == pytest.approx({2022: 1 - 0.4403 / 0.4715, 2023: 1 - 0.4419 / 0.4403})
    assert bench.past("r_dc") == {}
    assert bench.origin("e_bs") == ("scenario", "notebooks/params/scenarios/plan.yml 第 10 行", "")
    assert bench.origin("g_traffic")[0] == "default"


def test_the_nation_goes_with_the_region(bench: Bench) -> None:
    values = {"e_bs": 0.11, "g_traffic": 0.1}
    saved, now = bench.nation(values, "energy.total")
    assert saved == pytest.approx((870.4 + 624.6) * (1.15 / 1.09) ** 5)
    assert now == pytest.approx(870.4 * (1.1 / 1.11) ** 5 + 624.6 * (1.15 / 1.09) ** 5)
    trial = bench.trial(values).nation.filter(measure="energy.total", year=2030)
    assert (saved, now) == pytest.approx(trial.select("before", "after").row(0))


def test_a_contradiction_is_said_as_what_if_says_it(bench: Bench) -> None:
    assert bench.warnings({}) == ()
    values = {"pue_core_retrofit": 1.8}
    [sentence] = bench.warnings(values)
    assert sentence == (
        "广东·plan 的 pue_core_retrofit（改造后核心机房PUE）取 1.80，不低于改造前的 1.70，改造不会降低能耗；应低于该值。"
    )
    assert bench.trial(values).warnings == (sentence,), "nobody typed -p"


def test_a_path_is_drawn_with_what_it_says(bench: Bench) -> None:
    from pipeline.findings import Measure

    years, path = [2025, 2026], np.array([10.0, 12.0])
    svg = picture.path(Measure("用电量", "kWh", 1, "big"), {2024: 9.0}, years, path, path + 1, target=11.0)
    assert 'aria-label="用电量：2026 年 13 kWh，保存的为 12 kWh"' in svg
    assert picture.path(Measure("x"), {}, years, path * np.nan, path * np.nan) == ""
    assert picture.spark({2024: 1.0}) == ""


def test_what_is_saved_has_no_outputs() -> None:
    cell = {
        "cell_type": "code",
        "outputs": [{"a": 1}],
        "execution_count": 3,
        "metadata": {"execution": {}, "tags": ["x"]},
    }
    model = {"type": "notebook", "content": {"cells": [cell, {"cell_type": "markdown"}], "metadata": {"widgets": {}}}}
    lab.strip(model=model, path="x.ipynb", contents_manager=None)
    assert model["content"]["metadata"] == {}
    assert cell == {"cell_type": "code", "outputs": [], "execution_count": None, "metadata": {"tags": ["x"]}}
    lab.strip(model={"type": "file", "content": "text"})


def test_without_jupyterlab(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ParameterError, match=r"没有装 jupyterlab、ipywidgets；请运行 make lab"):
        lab.start(bench.layout, "浙江", "plan", FILINGS, [])


def test_a_mistake_is_a_sentence_in_the_panel(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREEN_REPORT_ROOT", str(bench.layout.root))
    panel = open_panel("广东", "plan", FILINGS)
    panel.sliders["e_bs"].value = 0.11
    panel.save.click()
    assert "保存时要写明理由" in panel.said.value
    panel.region.value = "西藏"
    assert "西藏没有能源填报" in panel.said.value
    assert panel.values == {}


def test_the_panel_says_what_a_driver_does_and_holds_it_against_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREEN_REPORT_ROOT", str(bench.layout.root))
    panel = open_panel("广东", "plan", FILINGS)
    assert "<i class=now>" not in panel.notes["e_bs"].value
    panel.sliders["e_bs"].value = 0.11
    assert "<i class=now>现在</i> 保存的来自 <i>情景</i> scenarios/plan.yml 第 10 行" in panel.notes["e_bs"].value
    # 870.4 tce (1.15 / 1.11)^5 = 1,038.9, and with 9 % 1,137.8
    assert "2030 年综合能耗为 1,038.9 tce，比保存的少 98.9 tce：基站能效减少 98.9 tce。" in panel.results.value
    assert "全国 2030 年：综合能耗由 1,954.3 tce 变为 1,855.5 tce（−98.9 tce）" in panel.results.value
    assert "2030 年综合能耗为 1,038.9 tce" in str(panel.still().data)
    panel.against.value = "scenario:accelerated"  # 13 %: 950.2
    assert "2030 年综合能耗为 1,038.9 tce，比情景“强化行动”多 88.7 tce：基站能效增加 88.7 tce。" in panel.results.value
    panel.against.value = "region:浙江"
    assert "浙江为 816.5 tce" in panel.results.value
    panel.against.value = "region:西藏"
    assert "西藏没有能源填报" in panel.said.value
    assert "保存的为 1,137.8 tce" in panel.results.value, "then it is held against what is saved"


def test_what_is_written_is_what_was_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = editions.checkout(tmp_path / "house")
    monkeypatch.setenv("GREEN_REPORT_ROOT", str(own.root))
    panel = open_panel("广东", "plan", FILINGS)
    panel.sliders["e_bs"].value = 0.11
    panel.reason.value = "试"
    panel.save.click()
    assert "+    e_bs: [0.08, 0.11, 0.14]" in panel.said.value
    panel.sliders["e_bs"].value = 0.12
    assert (panel.proposed, panel.confirm.layout.display, panel.said.value) == (None, "none", "")
    panel.save.click()
    panel.confirm.click()
    assert "已写入 notebooks/params/provinces/440000-广东.yml" in panel.said.value
    assert "e_bs: [0.09, 0.12, 0.15]  # " in (own.params / "provinces" / "440000-广东.yml").read_text("utf-8")
    assert panel.bench.saved("e_bs") == (0.09, 0.12, 0.15)


def test_a_target_without_data_is_not_told_as_missed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody filed business volume."""
    told = shown.tables(bench.trial({"e_bs": 0.11}), bench.layout)
    [rows] = [frame for title, frame in told if title == "计划目标"]
    assert rows["目标"].to_list() == ["单位信息流量综合能耗比“十三五”期末下降"]
    monkeypatch.setenv("GREEN_REPORT_ROOT", str(bench.layout.root))
    assert "单位电信业务总量综合能耗比“十三五”" not in open_panel("广东", "plan", FILINGS).results.value
