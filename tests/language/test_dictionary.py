"""Whether all names that data speak in Chinese are called something in English, one thing each."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.evaluation import scheme as schemes
from pipeline.filings import frame
from pipeline.filings.contracts import TABLES
from pipeline.filings.rules import RULES
from pipeline.given import params, reference, regions
from pipeline.given.params import Params
from pipeline.indicators import flags, scorecard
from pipeline.indicators.model import DIMENSIONS, load_catalogue, members
from pipeline.language import dictionary, en
from pipeline.layout import Layout

FILES = sorted((Path(dictionary.__file__).parent / "en").glob("*.yml"))
QUOTED = {"as_found", "as_printed"}  # of repairs: the Chinese text itself


def without_english(texts: Iterable[str | None]) -> list[str]:
    return sorted({text for text in texts if text and dictionary.HAN.search(en.text(text))})


def columns(rows: Any, *names: str) -> Iterator[str | None]:
    for name in names:
        yield from rows[name]


def pairs(path: Path) -> list[tuple[Any, Any]]:
    """Keys and values as they stand, also those that stand twice."""
    loader = yaml.SafeLoader(path.read_text("utf-8"))
    node = loader.get_single_node()
    assert isinstance(node, yaml.MappingNode)
    return [(loader.construct_object(key), loader.construct_object(value)) for key, value in node.value]


class TestFiles:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_keys_and_values_are_texts_and_english_has_no_han(self, path: Path) -> None:
        wrong = [pair for pair in pairs(path) if not all(isinstance(one, str) for one in pair)]
        wrong += [pair for pair in pairs(path) if dictionary.HAN.search(str(pair[1]))]
        assert not wrong

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_keys_are_chinese_and_stand_once(self, path: Path) -> None:
        counted = Counter(key for key, _ in pairs(path))
        assert [key for key, count in counted.items() if count > 1 or not dictionary.HAN.search(key)] == []

    def test_no_chinese_has_two_english(self) -> None:
        found = defaultdict(set)
        for path in FILES:
            for chinese, english in pairs(path):
                found[chinese].add(english)
        assert {chinese: sorted(said) for chinese, said in found.items() if len(said) > 1} == {}

    def test_places_have_names(self) -> None:
        assert "" not in dictionary.regions()  # every text begins with it


class TestEverythingIsCalledSomething:
    def test_the_catalogue(self, layout: Layout) -> None:
        catalogue = load_catalogue(layout)
        texts = [title for title, _ in catalogue.families.values()] + list(DIMENSIONS.values())
        for one in catalogue:
            texts += [one.title, one.unit, one.source, one.definition.text]
            texts += [one.definition.formula, one.definition.scope, one.definition.left_out]
            texts += [name for dimension in one.dimensions for name in members(dimension, one.table).values()]
        assert without_english([*texts, *flags.FLAGS.values()]) == []

    def test_the_shipped_scheme_of_evaluation(self, layout: Layout) -> None:
        scheme = schemes.load(layout, "demo-2025", load_catalogue(layout))
        parts = [
            *scheme.dimensions,
            *scheme.facts,
            *scheme.sets,
            *(one for each in scheme.sets for one in each.criteria),
        ]
        texts = [scheme.title, scheme.notice, scheme.objection, *(one.title for one in (*parts, *scheme.vetoes))]
        clauses = [one.clause for each in scheme.sets for one in each.criteria]
        assert without_english([*texts, *clauses, *(one.clause for one in scheme.vetoes)]) == []

    def test_the_catalogue_of_any_plan(self, layout: Layout) -> None:
        texts = [text.replace("2020年", "2025年") for one in load_catalogue(layout) for text in (one.title, one.unit)]
        assert without_english(texts) == []

    def test_the_plan(self, layout: Layout) -> None:
        plan = reference.load_plan(layout)

        def texts(of: Any, name: str = "") -> Iterator[str]:
            if isinstance(of, dict):
                for key, one in of.items():
                    yield from texts(one, key)
            elif isinstance(of, list | tuple):
                for one in of:
                    yield from texts(one, name)
            elif isinstance(of, str) and name not in QUOTED:
                yield of

        assert without_english(texts(plan.model_dump())) == []

    def test_what_is_said_beside_the_plan(self, layout: Layout) -> None:
        plan, published = reference.load_plan(layout), reference.published(layout)
        said = (*scorecard.statements(plan, published).values(), *scorecard.action_statements(plan, published).values())
        texts = [
            text for row in said for one in row for text in (one.indicator, one.printed, one.when, one.who, one.kind, one.remark)
        ]  # fmt: skip
        assert without_english(texts) == []

    def test_parameters_and_scenarios(self, layout: Layout) -> None:
        texts = [str(field.title) for field in Params.model_fields.values()] + list(
            map(params.unit, Params.model_fields)
        )
        assert without_english([*texts, *(title for _, title in params.scenarios(layout))]) == []

    def test_contracts(self) -> None:
        texts = [text for table in TABLES for text in (table.zh, table.about, table.filer)]
        for column in (column for table in TABLES for column in table.columns):
            texts += [column.zh, *(units[0] for units in column.units.values())]
            texts += [f"行动{code}" if column.name == "action_no" and code.isdigit() else spelt[0] for code, spelt in column.members.items()]  # fmt: skip
        texts += [*frame.TITLES.values(), *frame.UNITS.values(), *(rule.title for rule in RULES.values())]
        assert without_english(texts) == []

    def test_places(self, layout: Layout) -> None:
        texts = [text for one in regions.all_regions(layout) for text in (one.name_zh, one.short_zh, one.grid_region, one.economic_region)]  # fmt: skip
        names = ("name_zh", "short_zh", "grid_region", "economic_region", "hub_node", "cluster", "note")
        assert without_english([*texts, *columns(reference.provinces(layout), *names)]) == []

    def test_provinces_are_called_as_the_reference_calls_them(self, layout: Layout) -> None:
        called = dict(reference.provinces(layout).select("short_zh", "name_en").iter_rows())
        assert {name: en.text(name) for name in called} == called

    def test_published_series(self, layout: Layout) -> None:
        rows = reference.published(layout)
        printed = [scorecard.as_printed(*row) for row in rows.select("value_printed", "unit_printed").iter_rows()]
        named = columns(rows, "region_zh", "indicator_zh", "unit", "unit_printed", "scope_note", "reason")
        assert without_english([*named, *printed]) == []

    def test_reference(self, layout: Layout) -> None:
        texts = [
            *columns(reference.pue_standards(layout), "scope", "metric", "value", "quoted"),
            *columns(reference.policies(layout), "issuer", "fact"),
            *columns(reference.public_cases(layout), "case_name", "organisation", "province", "plan_category", "scene"),
            *columns(reference.public_cases(layout), "published_effect", "effect_unit", "effect_basis"),
            *columns(reference.energy_coefficients(layout), "carrier_zh"),
            *columns(reference.fuel_factors(layout), "carrier_zh"),
        ]
        assert without_english(texts) == []


class TestEnglish:
    @pytest.mark.parametrize(
        ("chinese", "english"),
        [
            ("广东", "Guangdong"),
            ("全国", "China"),
            ("单位信息流量综合能耗比2020年变动", "Change in comprehensive energy consumption per unit of information flow since 2020"),
            ("单位信息流量综合能耗比2025年变动", "Change in comprehensive energy consumption per unit of information flow since 2025"),
            ("2020年=100", "2020 = 100"),
            ("总体目标、行动4", "Overall targets, Action 4"),
            ("计算：用水量之和（1吨按1000升）除以IT设备耗电量之和。范围：全部填报的数据中心。",
             "Calculation: Total water use (1 tonne taken as 1000 litres) divided by the total electricity use of IT equipment. Scope: All data centres filed."),
            ("2024 年末", "End of 2024"),
            ("2020 年至 2025 年", "2020–2025"),
            ("2025 年全国用电量", "Electricity use in China, 2025"),
            ("2025 年全国：电信业务总量为链式可比价，各地区之和不等于合计。",
             "China, 2025: Business volume at chained constant prices; the sum of regions does not equal the total."),
            ("四川 1.5004", "Sichuan 1.5004"),
            ("行动计划 P10", "Action plan P10"),
            ("1,426.4（1,359 至 1,504）", "1,426.4 (1,359 to 1,504)"),
            ("+0.02 个百分点", "+0.02 percentage points"),
            ("优于目标 3.1 个百分点", "better than the target by 3.1 percentage points"),
            ("defaults.yml 第 27 行", "defaults.yml, line 27"),
            ("31 个省份中的 30 个，在用机架的 99.4%（2025 年）", "30 of 31 provinces, 99.4% of racks in use (2025)"),
            ("5G 基站（年平均）的 100.0%（2025 年）。", "100.0% of 5G base stations (yearly mean) (2025)."),
            ("目标 8", "Target 8"),
            ("483.8 万个", "4.838 million"),
            ("1,219.9 亿GB", "121.99 billion GB"),
            ("138.84 万架", "1.3884 million racks"),
            ("2.33 户/处", "2.33 tenants per site"),
            ("95%以上", "at least 95%"),
            ("超100 万个", "more than 1 million"),
            ("突破2 亿户", "more than 200 million"),
            ("5600 万吨CO2以内", "at most 56 million t CO2"),
            ("3,246 万吨CO2e", "32.46 million t CO2e"),
            ("GB 40879 数据中心", "GB 40879 数据中心"),  # no amount of data centres
            ("2022年通信业统计数据，工业和信息化部", "2022年通信业统计数据，工业和信息化部"),
            ("一个没有登记的名字", "一个没有登记的名字"),
            ("广东、一个没有登记的名字", "广东、一个没有登记的名字"),
        ],
    )  # fmt: skip
    def test_names_and_amounts(self, chinese: str, english: str) -> None:
        assert en.text(chinese) == english


def test_a_gap_that_comes_again_is_the_same() -> None:
    pattern = re.compile(dictionary._with_gaps(r"\{a\}比\{b\}，\{a\}高", ".+?"))
    assert pattern.fullmatch("甲比乙，甲高")
    assert not pattern.fullmatch("甲比乙，丙高")


def test_no_term_is_told_twice() -> None:
    keys = re.findall(r"^([a-z_0-9]+):", Path(dictionary.__file__).with_name("terms.yml").read_text("utf-8"), re.M)
    assert [one for one, n in Counter(keys).items() if n > 1] == []
