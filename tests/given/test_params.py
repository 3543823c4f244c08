from __future__ import annotations

import contextlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ParameterError, UserError
from pipeline.given.params import CONDITIONS, Origin, Params, Resolved, allowed, resolve, scenarios, table
from pipeline.given.regions import NATION, Region
from pipeline.given.regions import resolve as region
from pipeline.layout import Layout

SHIPPED = Layout.current()
GUANGDONG = region("广东", SHIPPED)
ZHEJIANG = region("浙江", SHIPPED)
DRIVERS = [
    "g_it", "pue_new", "r_dc", "pue_retrofit", "g_traffic", "e_bs", "s_room", "pue_core",
    "pue_core_retrofit", "g_other", "g_flow", "g_volume", "green_share_2030", "d_grid", "d_residual",
]  # fmt: skip


def write(root: Path, **files: str | bytes) -> Layout:
    """A project with these parameter files (`__` in a name is a folder) and the real reference."""
    (root / "data/raw").mkdir(parents=True, exist_ok=True)
    if not (root / "data/raw/reference").exists():
        (root / "data/raw/reference").symlink_to(SHIPPED.reference, target_is_directory=True)
    for name, content in {"scenarios__plan.yml": "title: 行动计划\n", **files}.items():
        path = root / "notebooks/params" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Layout(root)


def error(layout: Layout, *overrides: str, where: Region = GUANGDONG, scenario: str = "plan") -> ParameterError:
    with pytest.raises(ParameterError) as caught:
        resolve(layout, where, scenario, overrides)
    message = str(caught.value)
    assert message.endswith("。")
    assert message.count("。") == 1
    assert "\n" not in message
    return caught.value


# --- the shipped files ------------------------------------------------------------------------------------


def test_the_defaults_file_has_every_key_with_its_built_in_value(tmp_path: Path) -> None:
    layout = write(tmp_path, **{"defaults.yml": (SHIPPED.params / "defaults.yml").read_bytes()})
    resolved = resolve(layout, NATION, "plan")
    assert resolved.params == Params()
    assert {origin.file for origin in resolved.origins.values()} == {"notebooks/params/defaults.yml"}
    assert list(resolved.origins) == list(Params.model_fields)


def test_three_scenarios_are_shipped() -> None:
    assert scenarios(SHIPPED) == [("baseline", "现状延续"), ("plan", "行动计划"), ("accelerated", "强化行动")]


@pytest.mark.parametrize("scenario", ["baseline", "plan", "accelerated"])
@pytest.mark.parametrize("where", [NATION, GUANGDONG, ZHEJIANG], ids=lambda one: one.code)
def test_what_is_shipped_resolves(scenario: str, where: Region) -> None:
    resolved = resolve(SHIPPED, where, scenario)
    assert resolved.changed == (("highlight_regions", "g_it") if where == GUANGDONG else ())
    assert (resolved.scenario, resolved.region) == (scenario, where)


def test_the_baseline_follows_the_trend_and_more_ambition_saves_more() -> None:
    baseline, plan, accelerated = (resolve(SHIPPED, NATION, one).params for one in ("baseline", "plan", "accelerated"))
    trends = [key for key in DRIVERS if getattr(baseline, key) == "trend(3)"]
    assert set(DRIVERS) - set(trends) == {"r_dc", "pue_retrofit", "d_residual"}

    def modes(params: Params, key: str) -> float:
        value = getattr(params, key)
        return value[1] if isinstance(value, tuple) else value

    for key in ("g_it", "g_traffic", "g_flow", "g_volume", "pue_core", "d_grid", "d_residual"):
        assert getattr(accelerated, key) == getattr(plan, key) == getattr(baseline, key)
        assert key in CONDITIONS
    for key in ("r_dc", "e_bs", "s_room", "green_share_2030"):
        assert modes(accelerated, key) > modes(plan, key)
    for key in ("pue_new", "pue_retrofit", "pue_core_retrofit", "g_other"):
        assert modes(accelerated, key) < modes(plan, key)


def test_every_key_has_a_title_a_unit_and_a_range() -> None:
    assert set(DRIVERS) < set(Params.model_fields)
    for key, field in Params.model_fields.items():
        assert field.title
        assert isinstance(field.json_schema_extra, dict)
        assert field.json_schema_extra["unit"]
        assert allowed(key)


# --- reasons ----------------------------------------------------------------------------------------------


def test_a_scenario_says_why_a_condition_differs(tmp_path: Path) -> None:
    layout = write(
        tmp_path,
        **{
            "scenarios__plan.yml": "title: 行动计划\ng_flow: 0.2\nreason:\n  g_flow: 假设新业务提前商用\n",
            "scenarios__baseline.yml": "title: 现状延续\n",
            "provinces__440000-广东.yml": "scenarios:\n  plan:\n    g_it: 0.3\n    reason:\n      g_it: 园区投产\n",
        },
    )
    assert resolve(layout, GUANGDONG, "plan").reasons == {"g_flow": "假设新业务提前商用", "g_it": "园区投产"}
    assert resolve(layout, ZHEJIANG, "plan").reasons == {"g_flow": "假设新业务提前商用"}
    assert resolve(layout, GUANGDONG, "baseline").reasons == {}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("reason:\n  r_dc: 因为", "reason: 之下应为各情景共同的条件"), ("reason: 因为", "reason: 之下应为缩进的"),
        ("reason:\n  g_flow:", "g_flow 的理由应为一行文字"), ("reason:\n  g_flow: [1, 2, 3]", "g_flow 的理由应为一行文字"),
    ],
)  # fmt: skip
def test_a_reason_that_is_none(tmp_path: Path, written: str, told: str) -> None:
    found = error(write(tmp_path, **{"scenarios__plan.yml": f"title: 行动计划\n{written}\n"}))
    assert told in str(found)
    assert "plan.yml 第 " in str(found)


# --- the merge --------------------------------------------------------------------------------------------

LAYERS = ["default", "scenario", "all", "named", "cli"]
SOME = ["g_it", "pue_new", "top_n", "natural_gas_kgce_per_m3", "r_dc"]
LAYER = st.fixed_dictionaries(
    {},
    optional={
        "g_it": st.decimals(-0.5, 1, places=3).map(float),
        "pue_new": st.decimals(1, 3, places=2).map(float),
        "top_n": st.integers(3, 31),
        "natural_gas_kgce_per_m3": st.decimals("1.10", "1.33", places=2).map(float),
        "r_dc": st.sampled_from([0.0, 0.05, 1.0, "trend(3)"]),
    },
)


@settings(max_examples=60, deadline=None)
@given(written=st.fixed_dictionaries(dict.fromkeys(LAYERS, LAYER)), other=LAYER)
def test_a_later_layer_wins_and_the_origins_follow(
    tmp_path_factory: pytest.TempPathFactory, written: dict[str, dict[str, Any]], other: dict[str, Any]
) -> None:
    def lines(values: dict[str, Any], indent: str = "") -> list[str]:
        return [f"{indent}{key}: {value}" for key, value in values.items()]

    province = ["all:", *lines(written["all"], "  "), "scenarios:", "  plan:", *lines(written["named"], "    ")]
    province += ["  baseline:", *lines(other, "    ")]
    layout = write(
        tmp_path_factory.mktemp("merge"),
        **{
            "defaults.yml": "\n".join(lines(written["default"])),
            "scenarios__plan.yml": "\n".join(["title: 行动计划", *lines(written["scenario"])]),
            "scenarios__baseline.yml": "title: 现状延续",
            "provinces__440000-广东.yml": "\n".join(province),
        },
    )
    overrides = [f"{key}={value}" for key, value in written["cli"].items()]
    resolved = resolve(layout, GUANGDONG, "plan", overrides)

    files = {
        "default": ("notebooks/params/defaults.yml", 1, "default"),
        "scenario": ("notebooks/params/scenarios/plan.yml", 2, "scenario"),
        "all": ("notebooks/params/provinces/440000-广东.yml", 2, "province"),
        "named": ("notebooks/params/provinces/440000-广东.yml", 4 + len(written["all"]), "province"),
    }
    changed = set()
    for key in SOME:
        holder = next((layer for layer in reversed(LAYERS) if key in written[layer]), None)
        value = getattr(resolved.params, key)
        origin = resolved.origins[key]
        if holder is None:
            assert value == Params.model_fields[key].default
            assert origin == Origin("内置默认值", None, "default")
            continue
        assert value == written[holder][key]
        if holder == "cli":
            assert origin == Origin("命令行 -p", None, "cli")
        else:
            file, first, layer = files[holder]
            assert origin == Origin(file, first + list(written[holder]).index(key), layer)  # type: ignore[arg-type]
        if holder in ("all", "named", "cli"):
            changed.add(key)
    assert set(resolved.changed) == changed
    assert resolve(layout, ZHEJIANG, "plan").changed == ()


def test_the_result_is_frozen_and_survives_json() -> None:
    resolved = resolve(SHIPPED, GUANGDONG, "plan", ["report_date=2026-03-31"])
    with pytest.raises(Exception, match="frozen"):
        resolved.params.top_n = 5  # type: ignore[misc]
    assert Params.model_validate_json(resolved.params.model_dump_json()) == resolved.params


# --- how values may be written ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("g_it=0.12", "g_it", 0.12),
        (" g_it = 0.12 ", "g_it", 0.12),
        ("ｇ＿ｉｔ＝０．１２", "g_it", 0.12),
        ("g_it=12%", "g_it", 0.12),
        ("g_it=１２％", "g_it", 0.12),
        ("g_it=1e-3", "g_it", 0.001),
        ("g_it=−0.1", "g_it", -0.1),
        ("g_it=trend(3)", "g_it", "trend(3)"),
        ("g_it=Ｔrend（3）", "g_it", "trend(3)"),
        ("g_it=0.1,0.12,0.15", "g_it", (0.1, 0.12, 0.15)),
        ("g_it=[10%，12%，15%]", "g_it", (0.1, 0.12, 0.15)),
        ("g_it=(0.1, 0.1, 0.1)", "g_it", (0.1, 0.1, 0.1)),
        ("top_n=10", "top_n", 10),
        ("top_n=１２", "top_n", 12),
        ("publisher=甲＝乙=丙（所）", "publisher", "甲＝乙=丙（所）"),
        ("publisher=no", "publisher", "no"),
        ("electricity_coal_method=等价值", "electricity_coal_method", "coal_equivalent"),
        ("edition_kind=正式", "edition_kind", "final"),
        ("fuel_factor_set=s2", "fuel_factor_set", "S2"),
        ("report_date=2026-03-31", "report_date", date(2026, 3, 31)),
        ("report_date=", "report_date", None),
        ("highlight_regions=粤、浙江", "highlight_regions", ("广东", "浙江")),
        ("highlight_regions=", "highlight_regions", ()),
    ],
)
def test_values_on_the_command_line(text: str, key: str, value: object) -> None:
    resolved = resolve(SHIPPED, ZHEJIANG, "plan", [text])
    assert getattr(resolved.params, key) == value
    assert resolved.changed == (key,)


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("publisher: no", "publisher", "no"),  # false in YAML 1.1
        ("publisher: on", "publisher", "on"),
        ("publisher: 010", "publisher", "010"),
        ("g_it: 1e-3", "g_it", 0.001),  # text in YAML 1.1
        ("top_n: 010", "top_n", 10),  # 8 in YAML 1.1
        ("g_it: 12%", "g_it", 0.12),
        ("g_it: '0.12'", "g_it", 0.12),
        ("g_it: [0.1, 12%, 1.5e-1]", "g_it", (0.1, 0.12, 0.15)),
        ("g_it: (0.1, 0.12, 0.15)", "g_it", (0.1, 0.12, 0.15)),
        ("report_date: 2026-03-31", "report_date", date(2026, 3, 31)),
        ("report_date: null", "report_date", None),
        ("highlight_regions:", "highlight_regions", ()),
        ("highlight_regions: [粤, 宁波]", "highlight_regions", ("广东", "浙江")),
        ("\ufefftop_n: 12", "top_n", 12),
    ],
)
def test_values_in_files(tmp_path: Path, line: str, key: str, value: object) -> None:
    layout = write(tmp_path, **{"defaults.yml": line + "\n"})
    assert getattr(resolve(layout, ZHEJIANG, "plan").params, key) == value


@pytest.mark.parametrize("content", ["", "# nothing\n", "---\n", "all:\n", "scenarios:\n  plan:\n"])
def test_empty_files_and_parts_change_nothing(tmp_path: Path, content: str) -> None:
    layout = write(tmp_path, **{"provinces__440000-广东.yml": content, "defaults.yml": ""})
    assert resolve(layout, GUANGDONG, "plan").params == Params()


def test_the_last_of_two_overrides_wins() -> None:
    assert resolve(SHIPPED, NATION, "plan", ["top_n=5", "top_n=6"]).params.top_n == 6


# --- what can be wrong ------------------------------------------------------------------------------------


def test_an_unknown_key_on_the_command_line() -> None:
    caught = error(SHIPPED, "g_trafic=1")
    assert caught.id == "params.unknown"
    assert str(caught) == (
        "-p g_trafic=1：没有名为 g_trafic 的参数；最接近的是 g_traffic（基站业务流量年增长率）；"
        "运行 green-report params 可查看全部参数。"
    )
    assert "最接近的是 g_" in str(error(SHIPPED, "grwoth=1"))
    assert "最接近的是 publisher（编制单位）" in str(error(SHIPPED, "编制单=甲"))


@pytest.mark.parametrize("file", ["defaults.yml", "scenarios__plan.yml"])
def test_an_unknown_key_in_a_file(tmp_path: Path, file: str) -> None:
    layout = write(tmp_path, **{file: "# 说明\ng_it: 0.1\npue_nwe: 1.2\n"})
    name = file.replace("__", "/")
    expected = f"notebooks/params/{name} 第 3 行：没有名为 pue_nwe 的参数；最接近的是 pue_new（"
    assert str(error(layout)).startswith(expected)


def test_a_title_belongs_to_scenarios_only(tmp_path: Path) -> None:
    assert "没有名为 title 的参数" in str(error(write(tmp_path, **{"defaults.yml": "title: 默认\n"})))


@pytest.mark.parametrize(
    ("text", "range_"),
    [
        ("g_it=5", "−0.5 到 1 之间的数、由低到高的三个数 [低, 中, 高] 或 trend(3)，单位 1/年"),
        ("g_it=fast", "−0.5 到 1 之间的数"),
        ("g_it=nan", "−0.5 到 1 之间的数"),
        ("g_it=inf", "−0.5 到 1 之间的数"),
        ("g_it=1_0", "−0.5 到 1 之间的数"),
        ("g_it=0.1,0.2", "由低到高的三个数"),
        ("g_it=0.1,0.2,7", "−0.5 到 1 之间的数"),
        ("g_it=trend(5)", "trend(3)"),
        ("g_it=", "−0.5 到 1 之间的数"),
        ("pue_new=0.9", "1 到 3 之间的数"),
        ("green_share_2030=120%", "0 到 1 之间的数"),
        ("top_n=10.5", "3 到 31 之间的整数；"),
        ("top_n=99", "3 到 31 之间的整数，单位 个"),
        ("natural_gas_kgce_per_m3=1.4", "1.1 到 1.33 之间的数，单位 kgce/m3"),
        ("electricity_coal_method=average", "equivalent 或 coal_equivalent"),
        ("fuel_factor_set=S4", "S1 或 S2 或 S3"),
        ("edition_kind=draft", "preliminary 或 final"),
        ("report_date=20260331", "日期（如 2026-03-31）或空"),
        ("report_date=2026-02-30", "日期（如 2026-03-31）或空"),
        ("publisher= ", "1 到 60 个字"),
        ("publisher=甲\n乙", "在一行内，没有不可见的字符"),
        ("publisher=甲\u202e乙", "在一行内，没有不可见的字符"),
    ],
)
def test_wrong_values_name_what_is_allowed(text: str, range_: str) -> None:
    caught = error(SHIPPED, text)
    key = text.split("=")[0]
    assert caught.id == "params.value"
    assert str(caught).startswith(f"-p {key}=")
    assert f"{key}（{Params.model_fields[key].title}）的取值“" in str(caught)
    assert range_.rstrip("；") in str(caught)


def test_a_wrong_value_in_a_file_names_file_and_line(tmp_path: Path) -> None:
    layout = write(tmp_path, **{"provinces__440000-广东.yml": "all:\n  top_n: 12\n  g_it: {a: 1}\n"})
    expected = "notebooks/params/provinces/440000-广东.yml 第 3 行：g_it（数据中心IT设备用电量年增长率）的取值"
    assert str(error(layout)).startswith(expected)


def test_a_limit_of_a_region_stands_with_its_source(tmp_path: Path) -> None:
    beijing = resolve(SHIPPED, region("北京", SHIPPED), "plan")
    assert (beijing.params.pue_limit, beijing.params.green_share_limit) == (1.35, None)
    assert beijing.params.pue_limit_source.startswith("《北京市存量数据中心优化工作方案（2024—2027年）》")
    assert resolve(SHIPPED, GUANGDONG, "plan").params.pue_limit is None
    layout = write(tmp_path, **{"provinces__440000-广东.yml": "all:\n  pue_limit: 1.3\n"})
    assert str(error(layout)) == (
        "notebooks/params/provinces/440000-广东.yml 第 2 行：pue_limit（本地区数据中心PUE限值）没有出处；"
        "应同时写 pue_limit_source: 文件名称（发布者，日期），没有出处的不写限值。"
    )
    other = write(tmp_path, **{"provinces__440000-广东.yml": "all:\n  green_share_limit: 85\n"})
    assert "green_share_limit（本地区数据中心绿电占比要求）的取值“85”不对，应为0 到 1 之间的数或空" in str(error(other))


@pytest.mark.parametrize("part", ["defaults.yml", "provinces__440000-广东.yml"])
def test_a_wrong_value_is_told_even_where_a_later_layer_replaces_it(tmp_path: Path, part: str) -> None:
    content = "g_it: 9\n" if part == "defaults.yml" else "scenarios:\n  baseline:\n    g_it: 9\n"
    layout = write(tmp_path, **{part: content, "scenarios__baseline.yml": ""})
    assert "的取值“9”不对" in str(error(layout, "g_it=0.1"))


def test_three_numbers_have_to_be_in_order(tmp_path: Path) -> None:
    caught = error(SHIPPED, "g_it=0.2,0.1,0.3")
    assert caught.id == "params.order"
    assert str(caught) == (
        "-p g_it=0.2,0.1,0.3：g_it（数据中心IT设备用电量年增长率）的三个数须由低到高（低 ≤ 中 ≤ 高），写的是 0.2,0.1,0.3。"
    )
    layout = write(tmp_path, **{"defaults.yml": "g_it: [0.1, 0.3, 0.2]\n"})
    assert "第 1 行" in str(error(layout))
    assert "[0.1, 0.3, 0.2]" in str(error(layout))


def test_an_unknown_region_to_highlight() -> None:
    caught = error(SHIPPED, "highlight_regions=广东,浙冮")
    assert caught.id == "params.region"
    assert "没有名为“浙冮”的地区" in str(caught)


@pytest.mark.parametrize("text", ["g_it", "", "=0.1", "g_it 0.1", " = "])
def test_an_override_without_a_key_or_a_sign(text: str) -> None:
    caught = error(SHIPPED, text)
    assert caught.id == "params.syntax"
    assert "应写成 -p 参数=取值" in str(caught)


@pytest.mark.parametrize("name", ["grow", "../provinces/440000-广东", "", "行动计划"])
def test_an_unknown_scenario_names_the_known_ones(name: str) -> None:
    caught = error(SHIPPED, scenario=name)
    assert caught.id == "scenario.unknown"
    assert "baseline（现状延续）、plan（行动计划）、accelerated（强化行动）" in str(caught)


def test_an_unknown_scenario_in_a_province(tmp_path: Path) -> None:
    layout = write(tmp_path, **{"provinces__440000-广东.yml": "scenarios:\n  plann:\n    g_it: 0.1\n"})
    caught = error(layout)
    assert "440000-广东.yml 第 2 行：没有名为“plann”的情景；可用的情景有 plan（行动计划）" in str(caught)


def test_without_any_scenario(tmp_path: Path) -> None:
    (tmp_path / "notebooks/params").mkdir(parents=True)
    with pytest.raises(ParameterError, match="没有名为“plan”的情景；notebooks/params/scenarios 中没有情景文件"):
        resolve(Layout(tmp_path), NATION, "plan")


@pytest.mark.parametrize("title", ["", "[甲]", "' '"])
def test_a_title_has_to_be_text(tmp_path: Path, title: str) -> None:
    caught = error(write(tmp_path, **{"scenarios__plan.yml": f"title: {title}\n"}))
    assert str(caught) == "notebooks/params/scenarios/plan.yml 第 1 行：title 应为情景的中文名称。"


def test_a_scenario_without_a_title_is_called_by_its_name(tmp_path: Path) -> None:
    layout = write(tmp_path, **{"scenarios__slow.yml": "g_it: 0.1\n", "scenarios__baseline.yml": "title: 现状\n"})
    assert scenarios(layout) == [("baseline", "现状"), ("plan", "行动计划"), ("slow", "slow")]


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("g_it: 0.1\npue_new: [1.2, 1.3\ntop_n: 3\n", "第 3 行第"),
        ("g_it: 0.1\n  pue_new: 1.2\n", "第 2 行第 10 列"),
        ("g_it: 0.1\n\tpue_new: 1.2\n", "第 2 行第 1 列"),
        ("publisher: '甲\n", "第 2 行第 1 列"),
        ("g_it: 0.1\npublisher: 甲\x07\n", "第 2 行含有不可见的控制字符"),
        ("a: 1\n---\nb: 2\n", "第 2 行第 1 列"),
    ],
)
def test_broken_yaml_names_the_place(tmp_path: Path, content: str, where: str) -> None:
    caught = error(write(tmp_path, **{"defaults.yml": content}))
    assert caught.id == "params.yaml"
    assert str(caught).startswith("notebooks/params/defaults.yml 第 ")
    assert where in str(caught)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("g_it: &x\n  pue_new: *x\n", "第 2 行：引用了别名 *x，应直接写出取值"),
        ("a: *b\n", "第 1 行：引用了别名 *b"),
        ("g_it: " + "[" * 3000 + "\n", "第 1 行：嵌套太深"),
    ],
)
def test_a_file_without_end_is_one_sentence(tmp_path: Path, content: str, told: str) -> None:
    caught = error(write(tmp_path, **{"defaults.yml": content}))
    assert caught.id == "params.nested"
    assert f"defaults.yml {told}" in str(caught)


def test_a_long_list_is_told_by_its_beginning(tmp_path: Path) -> None:
    caught = error(write(tmp_path, **{"defaults.yml": f"g_it: [{','.join(map(str, range(20000)))}]\n"}))
    assert "的取值“[0, 1, 2, 3, 4, …]”不对" in str(caught)


@pytest.mark.parametrize("content", ["- g_it\n- top_n\n", "g_it：0.1\n", "42\n"])
def test_a_file_that_is_no_mapping(tmp_path: Path, content: str) -> None:
    caught = error(write(tmp_path, **{"defaults.yml": content}))
    assert caught.id == "params.mapping"
    assert "defaults.yml 第 1 行应为若干“参数: 取值”，冒号须为半角" in str(caught)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("all:\n  g_it: 0.1\n  top_n: 3\n  g_it: 0.2\n", (4, 2)),
        ("all:\n  g_it: 0.1\nall:\n  g_it: 0.2\n", (3, 1)),
    ],
)
def test_a_key_written_twice(tmp_path: Path, content: str, lines: tuple[int, int]) -> None:
    caught = error(write(tmp_path, **{"provinces__440000-广东.yml": content}))
    assert caught.id == "params.duplicate"
    assert f"第 {lines[0]} 行：" in str(caught)
    assert f"已在第 {lines[1]} 行写过" in str(caught)


def test_a_province_has_two_parts_only(tmp_path: Path) -> None:
    caught = error(write(tmp_path, **{"provinces__440000-广东.yml": "g_it: 0.1\n"}))
    assert caught.id == "params.province_key"
    assert "第 1 行：省级文件的顶层只能有 all 和 scenarios，“g_it”" in str(caught)


@pytest.mark.parametrize("content", ["all: 3\n", "scenarios: [plan]\n", "scenarios:\n  plan: 3\n"])
def test_a_part_of_a_province_that_is_no_mapping(tmp_path: Path, content: str) -> None:
    assert error(write(tmp_path, **{"provinces__440000-广东.yml": content})).id == "params.mapping"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("440000-广西.yml", "应为 440000-广东.yml"),
        ("440000.yml", "应为 440000-广东.yml"),
        ("浙江.yml", "应为 330000-浙江.yml"),
        ("440000-广东省.yml", "应为 440000-广东.yml"),
        ("test.yml", "文件名须为“代码-简称.yml”"),
        ("710000-台湾.yml", "文件名须为“代码-简称.yml”"),
    ],
)
def test_a_province_file_has_the_name_of_its_region(tmp_path: Path, name: str, hint: str) -> None:
    layout = write(tmp_path, **{f"provinces__{name}": "all:\n"})
    for where in (GUANGDONG, NATION):
        caught = error(layout, where=where)
        assert caught.id == "params.province_name"
        assert name in str(caught)
        assert hint in str(caught)


@pytest.mark.parametrize("name", ["provinces__440000-广东.yaml", "scenarios__fast.YML"])
def test_a_wrong_suffix_is_told_for_the_file_would_have_no_effect(tmp_path: Path, name: str) -> None:
    caught = error(write(tmp_path, **{name: "all:\n"}))
    assert caught.id == "params.suffix"
    assert "的扩展名应为 .yml，请改名为" in str(caught)


def test_files_of_editors_are_left_alone(tmp_path: Path) -> None:
    layout = write(tmp_path, **{"provinces__.440000-x.yml": "a", "provinces__440000-广东.yml~": "b"})
    assert resolve(layout, GUANGDONG, "plan").changed == ()


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    layout = write(tmp_path, **{"defaults.yml": "top_n: 3\npublisher: 甲\n".encode("gb18030")})
    caught = error(layout)
    assert caught.id == "params.encoding"
    assert "defaults.yml 第 2 行不是 UTF-8 编码" in str(caught)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    layout = write(tmp_path)
    (layout.params / "defaults.yml").mkdir()
    caught = error(layout)
    assert caught.id == "params.unreadable"
    assert "无法读取 notebooks/params/defaults.yml；" in str(caught)


@settings(max_examples=30, deadline=None)
@given(text=st.text(max_size=30))
def test_no_text_on_the_command_line_makes_a_traceback(text: str) -> None:
    for override in (text, f"g_it={text}", f"highlight_regions={text}", f"report_date={text}", f"top_n={text}"):
        with contextlib.suppress(UserError):
            resolve(SHIPPED, NATION, "plan", [override])


# --- the table --------------------------------------------------------------------------------------------


def rows(resolved: Resolved) -> dict[str, dict[str, str]]:
    return {row["参数"]: row for row in table(resolved).iter_rows(named=True)}


def test_the_table_shows_every_value_and_its_origin() -> None:
    resolved = resolve(SHIPPED, GUANGDONG, "plan", ["g_other=-1%", "report_date=2026-03-31"])
    frame = table(resolved)
    assert frame.columns == ["参数", "名称", "取值", "单位", "允许范围", "来源", "是否改动"]
    assert frame["参数"].to_list() == list(Params.model_fields)
    assert frame.null_count().sum_horizontal().item() == 0
    shown = rows(resolved)
    assert shown["g_other"] == {
        "参数": "g_other",
        "名称": "办公及其他用能年增长率",
        "取值": "−0.01",
        "单位": "1/年",
        "允许范围": "−0.5 到 1 之间的数、由低到高的三个数 [低, 中, 高] 或 trend(3)",
        "来源": "命令行 -p",
        "是否改动": "是",
    }
    assert shown["pue_new"]["取值"] == "低 1.2，中 1.25，高 1.3"
    assert shown["pue_new"]["来源"].startswith("notebooks/params/scenarios/plan.yml 第 ")
    assert shown["pue_new"]["是否改动"] == "否"
    assert shown["report_date"]["取值"] == "2026-03-31"
    assert shown["highlight_regions"]["取值"] == "江苏、浙江、山东"
    assert shown["highlight_regions"]["是否改动"] == "是"
    assert shown["top_n"]["取值"] == "10"
    assert rows(resolve(SHIPPED, NATION, "baseline"))["g_it"]["取值"] == "trend(3)"
    assert rows(resolve(SHIPPED, NATION, "baseline"))["highlight_regions"]["取值"] == "—"


# --- a scenario that goes back to another ---------------------------------------------------------------------

PLAN = "title: 行动计划\npue_new: [1.20, 1.25, 1.30]\ne_bs: 0.09\ngreen_share_2030: 0.5\n"


def test_a_scenario_is_based_on_another(tmp_path: Path) -> None:
    layout = write(
        tmp_path,
        **{
            "scenarios__plan.yml": PLAN,
            "scenarios__green.yml": "title: 多用绿电\nbased_on: plan\ngreen_share_2030: 0.7\n",
            "provinces__440000-广东.yml": "scenarios:\n  plan:\n    pue_new: 1.18\n    green_share_2030: 0.6\n",
        },
    )
    found, plan = (resolve(layout, GUANGDONG, name) for name in ("green", "plan"))
    # e_bs as plan.yml says, the PUE as 广东 says of plan, but not the green share, of which green.yml speaks itself
    assert (found.params.e_bs, found.params.pue_new, found.params.green_share_2030) == (0.09, 1.18, 0.7)
    assert (plan.params.pue_new, plan.params.green_share_2030) == (1.18, 0.6)
    assert str(found.origins["green_share_2030"]) == "notebooks/params/scenarios/green.yml 第 3 行"


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("based_on: nowhere", "", "green.yml 第 1 行：based_on 应为一个情景名；没有名为“nowhere”的情景"),
        ("based_on:", "", "green.yml 第 1 行：based_on 应为一个情景名"),
        ("based_on: green", "", "绕成了圈（green → green）"),
        ("based_on: blue", "based_on: green", "blue.yml 第 1 行：based_on 绕成了圈（green → blue → green）"),
    ],
)
def test_a_scenario_based_on_what_is_none(tmp_path: Path, one: str, other: str, told: str) -> None:
    layout = write(tmp_path, **{"scenarios__green.yml": one + "\n", "scenarios__blue.yml": other + "\n"})
    assert told in str(error(layout, scenario="green"))


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = "all:\n  g_it: 12\n  pue_nwe: 1.2\n  e_bs: [0.2, 0.1, 0.3]\n"
    layout = write(tmp_path, **{"provinces__440000-广东.yml": text})
    said = str(error(layout, "r_dc=2"))
    assert said.startswith("参数有 4 处不对：（1）notebooks/params/provinces/440000-广东.yml 第 2 行：g_it")
    assert (
        "（2）notebooks/params/provinces/440000-广东.yml 第 3 行：没有名为 pue_nwe 的参数；最接近的是 pue_new" in said
    )
    assert "第 4 行：e_bs（基站能效年提升率）的三个数须由低到高" in said
    assert "（4）-p r_dc=2" in said
    assert said.count("green-report params") == 1
