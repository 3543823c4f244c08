"""Comparing regions, scenarios and editions: by hand, with the reasons, and every wrong spelling in one sentence."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.compare import comparison, differences
from pipeline.compare.comparison import Options, compare
from pipeline.errors import UserError
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout
from tests.build import editions
from tests.build.editions import ENERGY, GUANGDONG
from tests.conftest import Run

EDITION = "edition:2025-filings"
PREVIOUS = f"{EDITION}@previous"


@pytest.fixture
def small(tmp_path: Path) -> Layout:
    return editions.checkout(tmp_path / "house")


def rows(*values: tuple[str, int, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [(id, "000000", year, "1", value, 1) for id, year, value in values],
        {"indicator_id": pl.String, "region_code": pl.String, "year": pl.Int64, "unit": pl.String, "value": pl.Float64, "n_rows": pl.Int64},
        orient="row",
    )  # fmt: skip


def of(found: comparison.Comparison, id: str, year: int = 2025) -> dict[str, object]:
    return found.differences.filter(indicator_id=id, year=year).row(0, named=True)


class TestDifferences:
    def test_what_moved_furthest_comes_first_and_what_one_side_lacks_last(self) -> None:
        one = rows(
            ("a", 1, 1.0), ("b", 1, 10.0), ("c", 1, 0.0), ("d", 1, None), ("e", 1, 5.0), ("f", 1, None), ("g", 1, 2.0)
        )
        other = rows(
            ("a", 1, 1.1), ("b", 1, 5.0), ("c", 1, 3.0), ("d", 1, 4.0), ("e", 1, 5.0), ("f", 1, None), ("h", 1, 2.0)
        )
        among = rows(
            ("a", 2, 0.9), ("b", 2, 30.0), ("c", 2, 6.0)
        )  # so a lies within 0.9..1.1, b within 5..30, c within 0..6
        found = differences.differences(one, other, among)
        assert found["indicator_id"].to_list() == ["a", "c", "b", "d"]
        assert found["share_of_range"].to_list() == [pytest.approx(0.1 / 0.2), 0.5, 0.2, None]
        assert found["relative_change"].to_list() == [pytest.approx(0.1), None, -0.5, None]
        assert found["difference"].to_list() == [pytest.approx(0.1), 3.0, -5.0, None]
        first = differences.differences(one, other, among, targets=["b"])
        assert first["indicator_id"].to_list() == ["b", "a", "c", "d"]

    @given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=20))
    def test_both_ways_differ_alike(self, pairs: list[tuple[float, float]]) -> None:
        one, other = (rows(*((str(at), 2025, pair[side]) for at, pair in enumerate(pairs))) for side in (0, 1))
        there, back = differences.differences(one, other), differences.differences(other, one)
        assert there.height == back.height == sum(not math.isclose(a, b, rel_tol=1e-9) for a, b in pairs)
        turned = dict(back.select("indicator_id", "difference").iter_rows())
        assert all(turned[id] == -gap for id, gap in there.select("indicator_id", "difference").iter_rows())
        sizes = there["share_of_range"].to_list()
        assert sizes == sorted(sizes, reverse=True)

    def test_values_that_print_alike_get_more_decimals(self, layout: Layout) -> None:
        catalogue = load_catalogue(layout)
        assert differences.told(catalogue["dc.pue.all"], 1.234, 1.2341)[:2] == ("1.2340", "1.2341")
        assert differences.apart(catalogue["dc.pue.all"], 1.234, 1.2341).decimals == 4
        assert differences.told(catalogue["green.share"], 0.5, None) == ("50.0%", "—", "—")

    def test_values_are_told_as_the_report_tells_them(self, layout: Layout) -> None:
        catalogue = load_catalogue(layout)
        assert differences.told(catalogue["green.share"], 0.5, 0.4999) == ("50.00%", "49.99%", "−0.01 个百分点")
        kwh = differences.told(catalogue["energy.electricity"], 4_303_719_771.0, 3_594_051_183.0)
        assert kwh == ("43.0 亿kWh", "35.9 亿kWh", "−7.1 亿kWh")
        assert differences.told(catalogue["energy.total"], None, 54_700.0) == ("—", "5.5 万tce", "—")
        assert differences.told(None, 2.0, 3.0) == ("2.0", "3.0", "+1.0")


class TestRegions:
    def test_by_hand(self, small: Layout) -> None:
        found = compare(small, "region:广东", "region:浙江省", Options(filings="data/raw/filings"))
        assert (found.a, found.b) == ("广东", "浙江")
        total = of(found, "energy.total")
        # 6 and 4 GWh at 0.1229 kgce/kWh, and 100 000 m3 of gas at 1.33 kgce/m3 each.
        assert (total["value_a"], total["value_b"]) == pytest.approx((737.4 + 133, 491.6 + 133))
        assert total["relative_change"] == pytest.approx(624.6 / 870.4 - 1)
        assert (total["n_rows_a"], total["n_rows_b"], total["why"]) == (2, 2, None)
        ids = found.differences["indicator_id"].to_list()
        assert ids.index("energy.per_flow") < ids.index("energy.total"), "ratios can be compared, totals cannot"

    def test_a_provinces_own_parameter_is_told_and_used(self, small: Layout) -> None:
        (small.params / "provinces" / "440000-广东.yml").write_text("all:\n  natural_gas_kgce_per_m3: 1.2\n", "utf-8")
        found = compare(small, "region:广东", "region:浙江", Options(filings="data/raw/filings", year=2024))
        [told] = found.parameters.filter(parameter="natural_gas_kgce_per_m3").iter_rows(named=True)
        assert (told["value_a"], told["value_b"]) == ("1.2", "1.33")
        assert told["origin_a"].endswith("440000-广东.yml 第 2 行")
        assert of(found, "energy.total", 2024)["value_a"] == pytest.approx(5e6 * 0.1229 / 1000 + 120)


class TestScenarios:
    def test_the_drivers_sum_to_the_difference(self, small: Layout) -> None:
        found = compare(small, "scenario:accelerated", "scenario:plan", Options("广东", filings="data/raw/filings"))
        for measure in ("energy.total", "carbon.market"):
            steps = found.drivers.filter(measure=measure)
            told = of(found, measure, 2030)
            assert math.fsum(steps["value"]) == pytest.approx(told["difference"], rel=1e-9)
            assert (steps["before"][0], steps["after"][0]) == pytest.approx((told["value_a"], told["value_b"]))
        assert "e_bs" in found.parameters["parameter"].to_list()
        assert found.differences["year"].unique().to_list() == [2030]

    def test_by_hand(self, small: Layout) -> None:
        """Base stations alone: electricity and gas go on like traffic over efficiency."""
        options = Options("广东", filings="data/raw/filings", overrides=["g_traffic=0.1"])
        found = compare(small, "scenario:plan", "scenario:accelerated", options)
        told = of(found, "energy.total", 2030)
        assert told["value_a"] == pytest.approx(870.4 * (1.1 / 1.09) ** 5)
        assert told["value_b"] == pytest.approx(870.4 * (1.1 / 1.13) ** 5)
        [step] = found.drivers.filter(measure="energy.total", step="per_kwh")["value"]
        assert step == pytest.approx(told["difference"])

    def test_scenarios_with_tables_of_their_own_are_not_parted(self, small: Layout) -> None:
        text = "scenarios:\n  accelerated:\n    natural_gas_kgce_per_m3: 1.2\n"
        (small.params / "provinces" / "440000-广东.yml").write_text(text, "utf-8")
        found = compare(small, "scenario:plan", "scenario:accelerated", Options("广东", filings="data/raw/filings"))
        assert found.drivers.is_empty()
        assert found.notes == ["两个情景的折算参数不同，不分解差别的因素。"]


class TestEditions:
    def test_an_analysts_day(self, small: Layout) -> None:
        editions.made(small, "全国,广东")
        (small.params / "provinces" / "440000-广东.yml").write_text("all:\n  natural_gas_kgce_per_m3: 1.2\n", "utf-8")
        [job] = editions.made(small, GUANGDONG)
        assert job.resolved.changed == ("natural_gas_kgce_per_m3",)
        found = compare(small, PREVIOUS, EDITION, Options(GUANGDONG))
        told = of(found, "energy.total")
        assert (told["value_a"], told["value_b"]) == pytest.approx((870.4, 857.4))
        assert told["why"] == "参数“天然气折标准煤系数”由 1.33 改为 1.2"
        assert not found.differences["indicator_id"].is_in(["energy.electricity", "carbon.location"]).any()
        assert found.parameters["parameter"].to_list() == ["natural_gas_kgce_per_m3"]

    def test_new_filings_and_corrections_are_told(self, small: Layout) -> None:
        editions.made(small)
        editions.file(small, ENERGY | {GUANGDONG: ENERGY[GUANGDONG] | {2024: 5.5e6}})
        editions.made(small)
        found = compare(small, PREVIOUS, EDITION, Options())
        told = of(found, "energy.electricity", 2024)
        assert (told["value_a"], told["value_b"]) == (8.5e6, 9e6)
        assert told["why"] == "填报改动 能源消耗.csv"
        assert of(found, "energy.per_flow", 2024)["why"] == "填报改动 业务量.csv、能源消耗.csv"
        (small.root / "data" / "raw" / "filings" / "corrections.yml").write_text(
            "- table: 能源消耗\n  key: {年份: 2024, 填报单位: A, 省份: 广东, 设施类型: 通信基站, 能源品种: 电力}\n"
            "  column: 消耗量\n  action: set\n  value: 5000000\n  expect: 5500000.0\n  reason: 抄表有误\n  who: 甲\n  date: 2026-03-01\n",
            "utf-8",
        )
        editions.made(small)
        found = compare(small, PREVIOUS, EDITION, Options())
        why = str(of(found, "energy.electricity", 2024)["why"])
        assert why.startswith("新增更正：能源消耗 2024 年 ")
        assert why.endswith("（抄表有误）")
        assert compare(small, PREVIOUS, EDITION, Options("浙江")).differences.is_empty()

    def test_another_formula_is_told(self, small: Layout) -> None:
        [job] = editions.made(small)
        line = small.processed / "2025-filings" / "history" / "000000-plan" / "0001.json"
        content = json.loads(line.read_text("utf-8"))
        content["declarations"]["energy.electricity"] = "another"
        table = pl.read_parquet(small.processed / job.edition / "indicators.parquet")
        table = table.with_columns(value=pl.when(indicator_id="energy.electricity").then(pl.col("value") / 2).otherwise("value"))  # fmt: skip
        table.write_parquet(halved := io.BytesIO())
        content["indicators"] = hashlib.sha256(halved.getvalue()).hexdigest()[:16]
        (line.parent.parent / "tables" / f"{content['indicators']}.parquet").write_bytes(halved.getvalue())
        line.write_text(json.dumps(content), "utf-8")
        editions.made(small)
        found = compare(small, PREVIOUS, EDITION, Options())
        assert set(found.differences["indicator_id"]) == {"energy.electricity"}
        assert set(found.differences["why"]) == {"指标的计算口径改变"}

    def test_two_years(self, small: Layout) -> None:
        editions.made(small, year=2024)
        editions.file(small, ENERGY | {GUANGDONG: ENERGY[GUANGDONG] | {2024: 5.5e6}})
        editions.made(small)
        found = compare(small, "edition:2024-filings", EDITION, Options("all"))
        filed = found.differences.filter(pl.col("year") <= 2025)
        assert set(filed["region_code"]) == {"000000", "440000"}
        assert set(filed["year"]) == {2024}
        assert set(found.differences["year"]) == {2024, *range(2026, 2031)}, "and what is projected from another year"
        assert found.notes[0] == "只有 2025-filings 有 2025 年的数值，没有列入。"

    def test_a_driver_shows_in_what_is_projected(self, small: Layout) -> None:
        editions.made(small, GUANGDONG)
        editions.made(small, GUANGDONG, overrides=["e_bs=0.2"])
        found = compare(small, PREVIOUS, EDITION, Options(GUANGDONG))
        told = of(found, "energy.total", 2030)
        assert told["value_b"] / told["value_a"] == pytest.approx((1.09 / 1.2) ** 5)
        assert told["why"] == "参数“基站能效年提升率”由 低 0.06，中 0.09，高 0.12 改为 0.2"
        assert found.parameters["parameter"].to_list() == ["e_bs"]

    def test_the_nation_is_made_of_provinces_whose_parameters_may_have_changed(self, small: Layout) -> None:
        editions.made(small)
        (small.params / "provinces" / "440000-广东.yml").write_text("all:\n  e_bs: 0.2\n", "utf-8")
        editions.made(small)
        found = compare(small, PREVIOUS, EDITION, Options())
        assert found.parameters.is_empty()
        assert set(found.differences["why"]) == {"可能是分省参数改变（全国的情景由各省相加）"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A checkout with two editions, of which one has a state before."""
    layout = editions.checkout(tmp_path_factory.mktemp("kept") / "house")
    editions.made(layout, year=2024)
    editions.made(layout)
    editions.made(layout, overrides=["natural_gas_kgce_per_m3=1.2"])
    return layout


@pytest.mark.parametrize(
    ("a", "b", "options", "said"),
    [
        ("plan", "scenario:plan", Options(), "不认识比较对象 plan；应写作 scenario:情景、region:地区、edition:版本"),
        ("province:广东", "region:广东", Options(), "不认识比较对象 province:广东"),
        ("region:", "region:广东", Options(), "不认识比较对象 region:"),
        ("region:广东", "scenario:plan", Options(), "region:广东 与 scenario:plan 不是同一类，不能比较"),
        ("region:广东", "region:440000", Options(), "两次给出的是同一个地区（广东）"),
        ("region:广东", "region:广冬", Options(), "广东"),
        ("region:广东", "region:浙江", Options(region="全国"), "比较地区时不能再给 --region"),
        ("region:广东", "region:浙江", Options(scenario="all", filings="none"), "比较地区时只能给一个情景"),
        ("region:广东@previous", "region:浙江", Options(), "@ 之后只能是 previous，并且只用于版本"),
        ("scenario:plan", "scenario:plan", Options(), "两次给出的是同一个情景（plan）"),
        ("scenario:plan", "scenario:best", Options(), "没有情景 best；可用：baseline、plan、accelerated"),
        ("scenario:plan", "scenario:baseline", Options(scenario="plan"), "比较情景时不能再给 --scenario"),
        ("scenario:plan", "scenario:baseline", Options("广东,浙江"), "比较情景时只能给一个地区"),
        ("scenario:plan", "scenario:baseline", Options(filings="none"), "全国没有能源填报，情景没有起点"),
        ("scenario:plan", "scenario:baseline", Options(filings="data/raw/filings", year=2040), "情景没有这一年；应在 2025 至 2030 之间"),
        (EDITION, EDITION, Options(), "两次给出的是同一个版本（2025-filings）"),
        (EDITION, "edition:2023-filings", Options(), "没有版本 2023-filings；已有：2024-filings、2025-filings"),
        (EDITION, "edition:2024-filings@old", Options(), "@ 之后只能是 previous"),
        (EDITION, "edition:2024-filings@previous", Options(), "版本 2024-filings 的全国·plan还没有上一次的结果"),
        (EDITION, PREVIOUS, Options(scenario="accelerated"), "版本 2025-filings 没有全国·accelerated的结果；已有：全国·plan"),
        (EDITION, PREVIOUS, Options(filings="none"), "比较版本时不能再给 --filings"),
        (EDITION, PREVIOUS, Options(overrides=["top_n=5"]), "比较版本时不能再给 -p"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_one_sentence(kept: Layout, a: str, b: str, options: Options, said: str) -> None:
    options = options if options.filings or a.startswith("edition") else Options(options.region, options.scenario, "data/raw/filings", options.overrides, options.year)  # fmt: skip
    with pytest.raises(UserError) as refused:
        compare(kept, a, b, options)
    assert said in refused.value.message
    assert "\n" not in refused.value.message
    assert not re.search(r"。.*。", refused.value.message)


def test_without_any_edition_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    layout = editions.checkout(tmp_path / "house")
    with pytest.raises(UserError, match="还没有任何一版；用 green-report build 生成"):
        compare(layout, EDITION, PREVIOUS, Options())


class TestCommand:
    def test_table_json_and_csv_say_the_same(self, kept: Layout, green_report: Run) -> None:
        arguments = ("compare", PREVIOUS, EDITION)
        shown = green_report(*arguments, root=kept.root)
        assert shown.returncode == 0, shown.stderr
        assert "各处不同的原因：参数“天然气折标准煤系数”由 1.33 改为 1.2。" in shown.stdout
        told = json.loads(green_report(*arguments, "--format", "json", root=kept.root).stdout)
        listed = list(csv.DictReader(io.StringIO(green_report(*arguments, "--format", "csv", root=kept.root).stdout)))
        assert len(told["differences"]) == len(listed) > 3
        assert [one["indicator_id"] for one in told["differences"]] == [one["indicator_id"] for one in listed]
        assert told["parameters"][0]["parameter"] == "natural_gas_kgce_per_m3"

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("compare", "region:广东"), "缺少与甲同类的另一个"),
            (("compare", "region:广东", "scenario:plan"), "不是同一类"),
            (("compare", "region:广东", "region:浙江", "--format", "xml"), "可用：table、json、csv"),
        ],
    )
    def test_mistakes(self, kept: Layout, green_report: Run, arguments: tuple[str, ...], said: str) -> None:
        run = green_report(*arguments, root=kept.root)
        assert run.returncode == 2
        assert said in run.stderr
        assert len(run.stderr.strip().splitlines()) == 1
