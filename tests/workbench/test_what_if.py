"""Trying drivers: by hand, against the report's own outlook, and kept in the province's file."""

from __future__ import annotations

import datetime as dt
import json
import math
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from pipeline.build import edition
from pipeline.build.plan import Selection, jobs
from pipeline.errors import ParameterError
from pipeline.given import params, regions
from pipeline.layout import Layout
from pipeline.workbench import save, what_if
from tests.build import editions
from tests.conftest import Run

FILINGS = "data/raw/filings"
TODAY = dt.date(2026, 3, 1)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Base stations alone: 870.4 tce in 广东 and 624.6 tce in 浙江 in 2025."""
    return editions.checkout(tmp_path_factory.mktemp("house"))


@pytest.fixture
def own(tmp_path: Path) -> Layout:
    return editions.checkout(tmp_path / "house")


def last(paths: pl.DataFrame, measure: str) -> tuple[float, float]:
    [found] = paths.filter(measure=measure, year=2030).select("before", "after").iter_rows()
    return found


def test_by_hand(small: Layout) -> None:
    found = what_if("广东", "plan", "g_traffic=0.1", filings=FILINGS, layout=small, e_bs=0.12)
    traffic = 1.15  # what stands for a trend without history
    before, after = 870.4 * (traffic / 1.09) ** 5, 870.4 * (1.1 / 1.12) ** 5
    assert last(found.paths, "energy.total") == pytest.approx((before, after))
    nation = 624.6 * (traffic / 1.09) ** 5  # of 浙江, which stays as it is
    assert last(found.nation, "energy.total") == pytest.approx((before + nation, after + nation))
    steps = found.comparison.drivers.filter(measure="energy.total")
    assert math.fsum(steps["value"]) == pytest.approx(after - before)
    # LMDI-I by hand: the logarithmic mean of both totals times the logarithm of each factor's ratio
    mean = (after - before) / math.log(after / before)
    told = dict(steps.select("step", "value").iter_rows())
    assert told["traffic"] == pytest.approx(mean * 5 * math.log(1.1 / traffic))
    assert told["per_kwh"] == pytest.approx(-mean * 5 * math.log(1.12 / 1.09))
    assert found.comparison.parameters["parameter"].to_list() == ["g_traffic", "e_bs"]


def test_a_target_is_met_later(small: Layout) -> None:
    """Energy per flow goes on like traffic / efficiency / flow; -15 % and more is the target."""
    found = what_if("广东", "plan", "g_flow=0.1", "g_traffic=0.2", filings=FILINGS, layout=small, e_bs=0)
    level = found.paths.filter(measure="energy.per_flow.change", year=2025)["after"][0]
    path = [(1 + level) * (1.2 / 1.1) ** n - 1 for n in range(6)]
    first = next((2025 + n for n, change in enumerate(path) if change <= -0.2), None)
    row = found.targets.filter(indicator="energy.per_flow.change").row(0, named=True)
    assert row["met_after"] == first
    assert row["probability_after"] == (1.0 if path[-1] <= -0.2 else 0.0)  # no driver of it has a range


def test_the_numbers_before_are_those_of_the_report(small: Layout) -> None:
    found = what_if("浙江", "accelerated", "e_bs=0.1", filings=FILINGS, layout=small)
    [job] = jobs(small, Selection(2025, "浙江", "accelerated", FILINGS))
    told = edition.projected(small, job, edition.computed(small, job)).of("330000")
    report = told.paths.filter(scenario="accelerated").select("measure", "year", before="value")
    both = found.paths.join(report, on=["measure", "year"], suffix="_report", nulls_equal=True)
    assert both.height == found.paths.height == report.height
    assert both["before"].equals(both["before_report"], null_equal=True)
    of = told.targets.filter(scenario="accelerated", year=2030)
    for indicator, probability in of.select("indicator", "probability").iter_rows():
        assert found.targets.filter(indicator=indicator)["probability_before"].to_list() == [probability]


def test_of_the_nation_every_province_changes(small: Layout) -> None:
    found = what_if("全国", "plan", "g_traffic=0.1", "e_bs=0.1", filings=FILINGS, layout=small)
    assert last(found.paths, "energy.total")[1] == pytest.approx(870.4 + 624.6)
    assert found.paths.equals(found.nation)


@pytest.mark.parametrize(
    ("region", "written", "told"),
    [
        ("浙江", [], "没有给出要试的参数；应如 g_it=0.12，可试的有 g_it、"),
        ("浙江", ["g_it"], "g_it：应写成 参数=取值，如 g_it=0.1。"),
        ("浙江", ["g_it=12"], "g_it=12：g_it（数据中心IT设备用电量年增长率）的取值“12”不对"),
        ("浙江", ["publisher=甲"], "publisher（编制单位）不是情景的驱动参数，what-if 不能试"),
        ("浙江,广东", ["g_it=0.1"], "一次只试一个地区的一个情景"),
        ("浙江", ["g_it=0.1", "e_bs=0.1", "g_it=0.2"], "g_it 写了两次；一个参数一次只试一个取值"),
        ("西藏", ["g_it=0.1"], "西藏没有能源填报，情景没有起点，不能试算"),
    ],
)
def test_what_cannot_be_tried(small: Layout, region: str, written: list[str], told: str) -> None:
    with pytest.raises(ParameterError) as error:
        what_if(region, "plan", *written, filings=FILINGS, layout=small)
    assert told in str(error.value)
    assert "-p g_it" not in str(error.value), "nobody typed -p"


class TestSave:
    def saved(self, layout: Layout, *written: str, reason: str = "  依据 2026 年规划\n") -> str:
        trial = what_if("浙江", "plan", *written, filings=FILINGS, layout=layout)
        change = save.change(layout, trial, reason, TODAY)
        save.write(layout, trial, change)
        return change.path.read_text("utf-8")

    def test_a_new_file(self, own: Layout) -> None:
        text = self.saved(own, "g_traffic=0.1", "e_bs=0.08,10%,0.12")
        assert text == (
            "# yaml-language-server: $schema=../schema.json\n# 浙江省的参数。\n"
            "all:\n  g_traffic: 0.1  # 2026-03-01 依据 2026 年规划\n"
            "scenarios:\n  plan:\n    e_bs: [0.08, 10%, 0.12]  # 2026-03-01 依据 2026 年规划\n"
        )
        found = params.resolve(own, regions.resolve("浙江", own), "plan")
        assert (found.params.g_traffic, found.params.e_bs) == (0.1, (0.08, 0.1, 0.12))
        other = params.resolve(own, regions.resolve("浙江", own), "accelerated").params
        assert (other.g_traffic, other.e_bs) == (0.1, (0.1, 0.13, 0.16)), (
            "a condition holds for all, a measure for its scenario"
        )

    def test_what_stands_there_stays(self, own: Layout) -> None:
        path = own.params / "provinces" / "330000-浙江.yml"
        path.write_text(
            "# 浙江\nall:\n  g_it: [0.1, 0.2, 0.3]   # 假设值\n  top_n: 5\n\n# 末尾的话\n# scenarios:\n", "utf-8"
        )
        assert self.saved(own, "g_it=0.2", "g_flow=0.1") == (
            "# 浙江\nall:\n  g_flow: 0.1  # 2026-03-01 依据 2026 年规划\n"
            "  g_it: 0.2               # 2026-03-01 依据 2026 年规划\n  top_n: 5\n\n# 末尾的话\n# scenarios:\n"
        )

    def test_a_condition_that_a_scenario_below_has_is_written_above_it(self, own: Layout) -> None:
        """What 浙江 says of plan holds for what is based on plan, and would go before what stands under `all`."""
        (own.params / "scenarios" / "green.yml").write_text("title: 绿\nbased_on: plan\n", "utf-8")
        path = own.params / "provinces" / "330000-浙江.yml"
        path.write_text("scenarios:\n  plan:\n    g_traffic: 0.3\n", "utf-8")
        trial = what_if("浙江", "green", "g_traffic=0.1", filings=FILINGS, layout=own)
        save.write(own, trial, save.change(own, trial, "试", TODAY))
        assert params.resolve(own, regions.resolve("浙江", own), "green").params.g_traffic == 0.1
        assert params.resolve(own, regions.resolve("浙江", own), "plan").params.g_traffic == 0.3

    def test_the_diff_is_told(self, own: Layout) -> None:
        trial = what_if("浙江", "plan", "g_traffic=0.1", filings=FILINGS, layout=own)
        told = save.change(own, trial, "试", TODAY).diff(own.root)
        assert "+++ notebooks/params/provinces/330000-浙江.yml" in told
        assert "+  g_traffic: 0.1  # 2026-03-01 试" in told

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("# 只有注释\n", "# 只有注释\nall:\n  g_it: 0.1  # 2026-03-01 试\n"),
            ("all:\n  # 还没有\n", "all:\n  g_it: 0.1  # 2026-03-01 试\n  # 还没有\n"),
            ("all: {top_n: 5}\n", "all:\n  g_it: 0.1  # 2026-03-01 试\n  top_n: 5\n"),
            ("all:\r\n  top_n: 5 # 五\r\n", "all:\r\n  g_it: 0.1  # 2026-03-01 试\r\n  top_n: 5 # 五\r\n"),
            ("\ufeff---\nall:\n    top_n: 5\n", "\ufeff---\nall:\n    g_it: 0.1  # 2026-03-01 试\n    top_n: 5\n"),
            (
                'all:\n  publisher: "甲 # 乙"\n  g_it: 12%',
                'all:\n  publisher: "甲 # 乙"\n  g_it: 0.1 # 2026-03-01 试\n',
            ),
        ],
    )
    def test_whatever_a_file_looks_like_nothing_in_it_is_lost(self, own: Layout, before: str, after: str) -> None:
        path = own.params / "provinces" / "330000-浙江.yml"
        path.write_bytes(before.encode())
        trial = what_if("浙江", "plan", "g_it=0.1", filings=FILINGS, layout=own)
        save.write(own, trial, save.change(own, trial, "试", TODAY))
        assert path.read_bytes().decode() == after

    def test_a_reason_with_the_signs_of_yaml_is_a_comment(self, own: Layout) -> None:
        text = self.saved(own, "g_traffic=0.1", reason="甲 \"乙\": #丙 '丁'\n👩‍💻")
        assert "  g_traffic: 0.1  # 2026-03-01 甲 \"乙\": #丙 '丁' 👩‍💻\n" in text
        assert params.resolve(own, regions.resolve("浙江", own), "plan").params.g_traffic == 0.1

    def test_saved_twice_nothing_is_left_to_write(self, own: Layout) -> None:
        self.saved(own, "g_traffic=0.1")
        with pytest.raises(ParameterError, match=r"provinces/330000-浙江\.yml 里写的已是这样，没有可写的"):
            self.saved(own, "g_traffic=0.1")

    def test_a_file_that_is_to_be_read_only_stays(self, own: Layout) -> None:
        path = own.params / "provinces" / "330000-浙江.yml"
        path.write_text("all:\n  top_n: 5\n", "utf-8")
        path.chmod(0o664)
        self.saved(own, "g_traffic=0.1")
        assert path.stat().st_mode & 0o777 == 0o664
        path.chmod(0o444)
        with pytest.raises(ParameterError, match=r"330000-浙江\.yml 是只读的，没有写入；请先取消只读，再保存"):
            self.saved(own, "g_traffic=0.2")
        assert "g_traffic: 0.1 " in path.read_text("utf-8")

    @pytest.mark.parametrize("reason", ["", "  ", "看\x07", "\u202e反", "长" * 201])
    def test_a_reason_is_asked_for(self, small: Layout, reason: str) -> None:
        trial = what_if("浙江", "plan", "g_traffic=0.1", filings=FILINGS, layout=small)
        with pytest.raises(ParameterError, match="保存时要写明理由（命令行用 --reason）"):
            save.change(small, trial, reason, TODAY)

    def test_the_nation_has_no_file(self, small: Layout) -> None:
        trial = what_if("全国", "plan", "g_traffic=0.1", filings=FILINGS, layout=small)
        with pytest.raises(ParameterError, match=r"全国是各省之和.*scenarios/plan\.yml"):
            save.change(small, trial, "理由", TODAY)

    def test_a_file_that_somebody_changed_meanwhile(self, own: Layout) -> None:
        trial = what_if("浙江", "plan", "g_traffic=0.1", filings=FILINGS, layout=own)
        change = save.change(own, trial, "理由", TODAY)
        change.path.write_text("all:\n  g_it: 0.2\n", "utf-8")
        with pytest.raises(ParameterError, match="刚被改过，没有写入"):
            save.write(own, trial, change)
        assert change.path.read_text("utf-8") == "all:\n  g_it: 0.2\n"


def test_the_command(green_report: Run, own: Layout) -> None:
    told = green_report("what-if", "g_traffic=0.1", "--region", "浙江", "--filings", FILINGS, root=own.root)
    assert told.returncode == 0, told.stderr
    assert "浙江·plan，2030 年：改动的参数" in told.stdout
    assert "差别由哪些因素造成" in told.stdout
    machine = green_report(
        "what-if", "g_traffic=0.1", "--region", "浙江", "--filings", FILINGS, "--format", "json", root=own.root
    )
    found = json.loads(machine.stdout)
    assert found["parameters"][0]["value_b"] == "0.1"
    assert {one["indicator"] for one in found["targets"]} == {"energy.per_flow.change", "energy.per_volume.change"}
    kept = green_report("what-if", "g_traffic=0.1", "--region", "浙江", "--filings", FILINGS, "--save", root=own.root)
    assert kept.returncode == 2
    assert "--reason" in kept.stderr
    saved = green_report(
        "what-if", "g_traffic=0.1", "--region", "浙江", "--filings", FILINGS, "--save", "--reason", "试", root=own.root
    )
    assert "\n+# 浙江省的参数。\n+all:\n+  g_traffic: 0.1  # " in saved.stderr
    assert (
        "已写入 notebooks/params/provinces/330000-浙江.yml；生成报告：green-report build --region 浙江" in saved.stderr
    )
    idle = green_report("what-if", "g_traffic=0.1", "--region", "浙江", "--reason", "试", root=own.root)
    assert idle.returncode == 2
    assert "--reason 要与 --save 一起用" in idle.stderr


def test_a_trial_waits_for_no_charts() -> None:
    """Altair takes longer to load than the answer may."""
    code = "import sys, pipeline.build.plan, pipeline.build.edition, pipeline.workbench.trial; print('altair' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert run.stdout.strip() == "False"
