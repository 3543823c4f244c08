"""The JSON schema that editors check the parameter files with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pipeline.given import schema
from pipeline.given.params import Params
from pipeline.layout import Layout

SHIPPED = Layout.current()
FILES = sorted(path for path in SHIPPED.params.rglob("*.yml") if path != SHIPPED.policy)  # its rules are no parameters


class _Loader(yaml.SafeLoader):
    """YAML as the schema sees it: a date is text."""


_Loader.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def problems(text: str) -> list[str]:
    content: Any = yaml.load(text, _Loader)
    return [error.message for error in jsonschema.Draft7Validator(schema.editor_schema()).iter_errors(content)]


def test_the_file_is_in_step_with_the_parameters() -> None:
    assert schema.path(SHIPPED).read_text("utf-8") == schema.text(), "run: make schema"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_shipped_file_names_the_schema_and_keeps_to_it(path: Path) -> None:
    text = path.read_text("utf-8")
    first, _, named = text.partition("\n")[0].partition("$schema=")
    assert first == "# yaml-language-server: "
    assert (path.parent / named).resolve() == schema.path(SHIPPED)
    assert problems(text) == []


def test_every_parameter_is_described() -> None:
    jsonschema.Draft7Validator.check_schema(schema.editor_schema())
    described = schema.editor_schema()["definitions"]
    assert set(described) == set(Params.model_fields)
    assert described["g_it"]["title"] == "数据中心IT设备用电量年增长率"
    assert "1/年" in described["g_it"]["description"]


@pytest.mark.parametrize(
    "text", ["g_it: 12%", "g_it: [0.1, 12%, 0.15]", "g_it: trend(3)", "electricity_coal_method: 等价值", "report_date: 2026-03-31",
             "report_date:", "highlight_regions: 广东、浙江", "all:", "scenarios:\n  plan:\n    g_it: 0.1", "reason:\n  g_flow: 新业务",
             "scenarios:\n  plan:\n    reason:\n      g_it: 园区投产", ""]
)  # fmt: skip
def test_what_may_be_written_is_right(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    "text", ["reason:\n  r_dc: 不是条件", "all:\n  reason:\n    g_it: 不是某一情景的", "g_itt: 0.1", "g_it: 7", "g_it: [0.1, 0.2]", "g_it: trend(5)", "all:\n  g_itt: 0.1", "top_n: 99", "fuel_factor_set: S9"]
)  # fmt: skip
def test_a_mistake_is_seen_while_typing(text: str) -> None:
    assert problems(text)
