"""The charts of real reports as they are drawn: no label is cut or struck, a member has one colour, a bar begins at zero.

The pictures are read by `geometry`, which knows nothing of how the product places a label.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.charts import figures, theme
from tests.charts import geometry
from tests.conftest import run_command

FIGURE = re.compile(r'<figure id="(f-[^"]+)".*?<div class="drawn"[^>]*>(<svg .*?</svg>)</div>', re.S)
SPEC = re.compile(r'<script type="application/json" class="spec" data-for="(f-[^"]+)">(.*?)</script>', re.S)
BROKEN_BARS = {"f-energy-drivers", "f-scenarios-difference"}  # waterfalls, which say so
PHONE, MANY = 330, 5

Drawn = dict[tuple[str, str], tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Report and figure -> its picture and its specification: the nation and two provinces, both languages, and one without
    filings."""
    out, found = tmp_path_factory.mktemp("drawn"), {}
    for asked in (["--region", "全国,广东,西藏", "--lang", "zh,en"], ["--region", "西藏", "--filings", "none"]):
        run = run_command("build", *asked, "--to", "html", "--out", str(out))
        assert run.returncode == 0, run.stderr
        for path in run.stdout.splitlines():
            page = Path(path).read_text("utf-8")
            specs = {id: _spec(text) for id, text in SPEC.findall(page)}
            found |= {(Path(path).name, id): (svg, specs[id]) for id, svg in FIGURE.findall(page)}
    assert len(found) > 200
    return found


def _spec(text: str) -> dict[str, Any]:
    """A specification with its rows, which the page keeps by column."""
    spec: dict[str, Any] = json.loads(text)
    for name, columns in spec["datasets"].items():
        told = (one if isinstance(one, list) else [one["texts"][at] for at in one["nth"]] for one in columns.values())
        lines = zip(*told, strict=True)
        spec["datasets"][name] = [dict(zip(columns, line, strict=True)) for line in lines]
    return {"config": theme.green_report()["config"]} | spec


def _views(node: Any) -> Iterator[dict[str, Any]]:
    """Everything with a mark."""
    if isinstance(node, list):
        for one in node:
            yield from _views(one)
    elif isinstance(node, dict):
        if "mark" in node:
            yield node
        for name, one in node.items():
            if name not in ("datasets", "config", "encoding", "mark"):
                yield from _views(one)


def test_no_label_is_cut_or_struck(drawn: Drawn) -> None:
    flaws = [f"{where}: {flaw}" for where, (svg, _) in drawn.items() for flaw in geometry.read(svg).flaws()]
    assert not flaws, "\n".join(flaws)


def test_a_member_has_one_colour_in_all_charts(drawn: Drawn) -> None:
    tints: dict[str, set[str]] = defaultdict(set)
    for _, spec in drawn.values():
        for view in _views(spec):
            for channel in ("color", "fill", "stroke"):
                scale = view.get("encoding", {}).get(channel, {}).get("scale") or {}
                if scale.get("type") != "threshold":
                    for name, tint in zip(scale.get("domain", ()), scale.get("range", ()), strict=False):
                        tints[str(name)].add(tint)
    assert {"数据中心", "5G", "双边交易", "广东", "全国", "Data centres", "China"} <= set(tints)
    assert {name: some for name, some in tints.items() if len(some) > 1} == {}


def test_bars_begin_at_zero(drawn: Drawn) -> None:
    for (_, id), (_svg, spec) in drawn.items():
        for view in _views(spec):
            if view["mark"].get("type") != "bar" or id in BROKEN_BARS:
                continue
            for channel in ("x", "y"):
                coded = view["encoding"].get(channel, {})
                if coded.get("type") == "quantitative" and coded.get("bin") != "binned":
                    scale = coded.get("scale") or {}
                    low, high = scale.get("domain") or (0, 0)
                    assert scale.get("zero", True), id
                    assert low <= 0 <= high, id


def test_a_waterfall_that_does_not_begin_at_zero_says_so(drawn: Drawn) -> None:
    said = []
    for (_, id), (svg, spec) in drawn.items():
        if id in BROKEN_BARS:
            scales = [view["encoding"]["x"].get("scale") for view in _views(spec) if "x" in view.get("encoding", {})]
            if any(scale and scale["domain"][0] > 0 for scale in scales):
                said.append("轴未从零开始" in svg or "axis does not start at zero" in svg)
    assert len(said) > 6
    assert all(said)


def test_few_lines_stand_in_one_chart(drawn: Drawn) -> None:
    for where, (_, spec) in drawn.items():
        for view in _views(spec):
            if view["mark"].get("type") == "line":
                coded = view["encoding"].get("color", {})
                assert len((coded.get("scale") or {}).get("domain", ())) <= MANY, where


def test_tiles_and_bars_of_targets_are_read_on_a_phone(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "WIDTH", PHONE)
    wanted = [where for where in drawn if where[1] in {"f-overview-targets", "f-industry-tiles", "f-carbon-factors"}]
    assert len(wanted) > 8
    for where in wanted:
        read = geometry.read(figures.svg(drawn[where][1], "f-x"))
        assert read.width == PHONE
        assert list(read.flaws()) == [], where
        assert min(one.size for one in read.texts) >= 9, where
