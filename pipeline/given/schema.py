"""What may stand in a parameter file, as a JSON schema that editors understand.

Generated from `Params`: `make schema` (python -m pipeline.given.schema) writes notebooks/params/schema.json, which the files
name in their first line. One schema for the three kinds of files: flat keys (defaults, scenarios, which have a title too),
and `all:` and `scenarios:` (provinces). It helps while typing; what counts is `params.resolve`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.given.params import CONDITIONS, TREND, WORDS, Params, allowed, unit
from pipeline.layout import Layout
from pipeline.output import placed

PERCENT = r"^[+-]?\d+(\.\d+)?%$"


def path(layout: Layout) -> Path:
    return layout.params / "schema.json"


def editor_schema() -> dict[str, Any]:
    """The JSON schema (draft 7, the one that editors of YAML know best)."""
    declared = Params.model_json_schema()["properties"]
    keys = {name: {"$ref": f"#/definitions/{name}"} for name in declared}
    part = {"type": ["object", "null"], "properties": keys, "additionalProperties": False}
    reason = {
        "type": "object",
        "description": "某一情景的条件与其他情景不同的理由（只用于 scenarios/ 下的文件和省级文件的 scenarios:）",
        "properties": {name: {"type": "string"} for name in CONDITIONS},
        "additionalProperties": False,
    }
    of_scenario = {**part, "properties": {**keys, "reason": reason}}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "绿色发展报告的参数文件",
        "type": ["object", "null"],
        "properties": {
            **keys,
            "title": {"type": "string", "description": "情景的中文名称（只用于 scenarios/ 下的文件）"},
            "based_on": {
                "type": "string",
                "description": "以哪个情景为底：没有写的参数同该情景（只用于 scenarios/ 下的文件）",
            },
            "reason": reason,
            "all": {**part, "description": "对所有情景有效（只用于 provinces/ 下的文件）"},
            "scenarios": {
                "type": ["object", "null"],
                "additionalProperties": of_scenario,
                "description": "只对某一情景有效，优先于 all（只用于 provinces/ 下的文件）",
            },
        },
        "additionalProperties": False,
        "definitions": {name: _key(name, one) for name, one in declared.items()},
    }


def _key(name: str, declared: dict[str, Any]) -> dict[str, Any]:
    told = {"title": str(declared["title"]), "description": f"{declared['title']}；单位 {unit(name)}；{allowed(name)}"}
    return told | {"default": declared["default"]} | _shape(declared)


def _shape(declared: dict[str, Any]) -> dict[str, Any]:
    """The type of a key as people may write it: a share as 12% too, a word in Chinese, three numbers, trend(3)."""
    if "enum" in declared:
        return {"enum": [*declared["enum"], *(zh for zh, code in WORDS.items() if code in declared["enum"])]}
    if "maximum" in declared:
        return _number(declared)
    if declared.get("type") == "array":
        return {"type": ["array", "string", "null"], "items": {"type": "string"}}
    if declared.get("type") == "string":
        kind = "string" if declared["minLength"] else ["string", "null"]
        return {"type": kind, "minLength": declared["minLength"], "maxLength": declared["maxLength"]}
    one = declared["anyOf"][0]
    if one.get("format") == "date":
        return {"type": ["string", "null"], "format": "date"}
    number = _number(one)
    if declared["anyOf"][-1].get("type") == "null":
        return {"anyOf": [*number["anyOf"], {"type": "null"}]}
    three = {"type": "array", "items": number, "minItems": 3, "maxItems": 3}
    return {"anyOf": [number, three, {"const": TREND}]}


def _number(declared: dict[str, Any]) -> dict[str, Any]:
    limits = {name: declared[name] for name in ("minimum", "maximum")}
    return {"anyOf": [{"type": "number", **limits}, {"type": "string", "pattern": PERCENT}]}


def text() -> str:
    return json.dumps(editor_schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    with placed(path(Layout.current())) as beside:
        beside.write_text(text(), "utf-8")
