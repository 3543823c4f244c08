"""The projection that the page runs (reports/theme/projection.js) against the one of the reports, and with a pencil."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.chapters import explorer
from pipeline.chapters.foresight import Foresight
from pipeline.given import params, reference, regions
from pipeline.given.reference import Plan
from pipeline.indicators.model import load_catalogue
from pipeline.indicators.view import View
from pipeline.language.words import CHINESE, Words
from pipeline.layout import Layout
from pipeline.scenarios import drivers
from pipeline.scenarios.drivers import DRIVERS
from pipeline.scenarios.outlook import Outlook
from pipeline.scenarios.projection import project
from pipeline.scenarios.start import Array, Start, start
from tests.browser.conftest import browser  # noqa: F401  (without node)
from tests.conftest import ROOT
from tests.scenarios.conftest import FACILITY, NATION, PROVINCE

SCRIPT = ROOT / "reports" / "theme" / "projection.js"
MEASURES = tuple(explorer.NEEDS)
SETS, TOLERANCE, TIBET = 200, 1e-9, "540000"
TITLES = {"baseline": "现状延续", "plan": "行动计划", "accelerated": "强化行动"}
RUN = """
function run(cases) {
  return cases.map(function (one) {
    return one.moved.map(function (moved) {
      var found = greenProjection(one.data, one.scenario, moved);
      return %s.map(function (name) { return found[name]; });
    });
  });
}
""" % json.dumps(MEASURES)  # noqa: UP031
Cases = Sequence[Mapping[str, Any]]


class Runner:
    """Runs the script in node, else in Chromium."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.node = shutil.which("node")
        self.page = None if self.node else request.getfixturevalue("browser").new_page()
        if self.page is not None:
            self.page.add_script_tag(content=SCRIPT.read_text("utf-8") + RUN)

    def __call__(self, cases: Cases) -> list[Array]:
        """Of every case: sets x MEASURES x years."""
        told = json.dumps(cases)
        if self.page is not None:
            found = json.loads(self.page.evaluate("told => JSON.stringify(run(JSON.parse(told)))", told))
        else:
            end = "process.stdout.write(JSON.stringify(run(JSON.parse(require('fs').readFileSync(0, 'utf8')))));"
            source = SCRIPT.read_text("utf-8") + RUN + end
            done = subprocess.run(
                [str(self.node), "-e", source], input=told, capture_output=True, text=True, check=True
            )
            found = json.loads(done.stdout)
        return [np.array(one, dtype=float) for one in found]


@pytest.fixture(scope="module")
def run(request: pytest.FixtureRequest) -> Runner:
    return Runner(request)


def data(
    layout: Layout, table: pl.DataFrame, outlook: Outlook, code: str, plan: Plan, words: Words = CHINESE, public: bool = False
) -> dict[str, Any]:  # fmt: skip
    """What the page of a region is given, as it reads it."""
    place = regions.resolve(code, layout)
    own = outlook.of(place.code)
    view = View(
        table,
        load_catalogue(layout),
        place,
        int(own.notes["year"][0]),
        reference.provinces(layout),
        {},
        without_entities=public,
    )
    targets = [one for one in plan.targets if one.indicator in explorer.NEEDS]
    told = json.dumps(explorer.data(Foresight(view, own, TITLES, "plan"), targets, words), sort_keys=True)
    found: dict[str, Any] = json.loads(told)  # kept in a notebook, its keys are sorted
    return found


@pytest.fixture(scope="module")
def pages(layout: Layout, sample_table: pl.DataFrame, sample: Outlook) -> dict[str, dict[str, Any]]:
    codes, plan = sample.notes["region_code"].unique(maintain_order=True), reference.load_plan(layout)
    return {code: data(layout, sample_table, sample, code, plan) for code in codes}


def sets(seed: int) -> Array:
    """SETS x DRIVERS in the allowed ranges, as a slider or a number field sets them; nan where one is not moved."""
    draw = np.random.default_rng(seed)
    least, most = np.array([params.limits(driver) for driver in DRIVERS]).T
    values = np.round(least + (most - least) * draw.random((SETS, len(DRIVERS))), 4)
    values[0], values[1] = least, most
    values[2:][draw.random((SETS - 2, len(DRIVERS))) < 0.4] = np.nan
    return values


def moved(values: Array) -> list[dict[str, float]]:
    return [{name: float(one) for name, one in zip(DRIVERS, row, strict=True) if one == one} for row in values]


@pytest.mark.parametrize("scenario", TITLES)
def test_it_equals_the_projection_of_the_reports(
    run: Runner, pages: dict[str, dict[str, Any]], sample: Outlook, sample_table: pl.DataFrame, scenario: str
) -> None:
    begun = start(sample_table, [code for code in pages if code != NATION])
    assert begun is not None
    assert len(begun.codes) == 32
    by_region = {code: sets(at) for at, code in enumerate(begun.codes)}
    modes = drivers.values(sample.drivers, scenario, "mode")
    own = np.stack([by_region[code] for code in begun.codes])  # regions x sets x drivers
    same = np.broadcast_to(by_region[NATION], own.shape)
    expected = {code: _expected(begun, own, modes, code, pages[code]["years"]) for code in begun.codes[:-1]}
    expected[NATION] = _expected(begun, same, modes, NATION, pages[NATION]["years"])
    cases = [
        {"data": page, "scenario": _by_id(page["scenarios"], scenario), "moved": moved(by_region[code])}
        for code, page in pages.items()
    ]
    for code, found in zip(pages, run(cases), strict=True):
        offered = [MEASURES.index(one["id"]) for one in pages[code]["measures"]]
        assert len(offered) == (4 if code == TIBET else 6), code  # it has no published grid factor
        assert found.shape == (SETS, len(MEASURES), len(pages[code]["years"]))
        np.testing.assert_allclose(found[:, offered], expected[code][:, offered], TOLERANCE, 1e-12, err_msg=code)


def _expected(begun: Start, values: Array, modes: Mapping[str, Array], code: str, years: Sequence[int]) -> Array:
    given = {
        driver: np.where(np.isnan(values[:, :, at]), modes[driver], values[:, :, at])
        for at, driver in enumerate(DRIVERS)
    }
    measures = project(begun, given, years).measures
    at = begun.codes.index(code)
    return np.stack([measures[name][at] for name in MEASURES]).transpose(2, 0, 1)


def _by_id(some: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return next(one for one in some if one["id"] == name)


def test_one_province_with_a_pencil(run: Runner) -> None:
    """The case of test_projection, 2030: IT 1.12^5 = 1.762342; PUE (0.762342 x 1.25 + 0.7 x 1.5 + 0.3 x 1.35) / 1.762342;
    traffic 1.15^5, efficiency 1.09^5; core rooms 0.2 left of 0.4; offices 1.02^5; share 0.5 of 0.2."""
    tce, kwh = ([one[at] for one in FACILITY.values()] for at in range(2))
    start = {
        "energy": tce, "covered": tce, "electricity": kwh, "fuel_tco2": [0, 60, 0, 0, 40, 0], "flow": 90_000, "volume": 9_000,
        "pue": 1.5, "retrofitted": 0.8, "green_share": 0.2, "location_tco2": 2000, "market_tco2": 1800, "per_flow": 5,
        "per_flow_change": -0.1, "per_volume": 50, "per_volume_change": -0.2,
    }  # fmt: skip
    page = {"order": DRIVERS, "years": [2025, 2030], "start": {"t0": 2025, "share_year": 2030, "sum": False, "own": start, "parts": [start]}}  # fmt: skip
    values = {
        "g_it": 0.12, "pue_new": 1.25, "r_dc": 0.06, "pue_retrofit": 1.35, "g_traffic": 0.15, "e_bs": 0.09, "s_room": 0.08,
        "pue_core": 1.7, "pue_core_retrofit": 1.45, "g_other": 0.02, "g_flow": 0.14, "g_volume": 0.09, "green_share_2030": 0.5,
        "d_grid": 0.025, "d_residual": 0.01,
    }  # fmt: skip
    saved = {"drivers": {name: [value, value, value] for name, value in values.items()}}
    cases = [{"data": page, "scenario": saved, "moved": [{}, {"green_share_2030": 0.2, "d_residual": 0.0}]}]
    [[first, other]] = run(cases)
    told = dict(zip(MEASURES, first.tolist(), strict=True))
    assert told["energy.total"] == pytest.approx([450.0, 578.0365], abs=5e-5)
    assert told["energy.per_flow"] == pytest.approx([5.0, 3.335712], abs=5e-7)
    assert told["energy.per_flow.change"] == pytest.approx([-0.1, -0.399572], abs=5e-7)
    assert told["energy.per_volume"] == pytest.approx([50.0, 41.742674], abs=5e-7)
    assert told["energy.per_volume.change"] == pytest.approx([-0.2, -0.332117], abs=5e-7)
    assert told["carbon.location"] == pytest.approx([2100.0, 2392.6416], abs=5e-5)
    assert told["carbon.market"] == pytest.approx([1900.0, 1500.7896], abs=5e-5)
    assert told["green.share"] == pytest.approx([0.2, 0.5], abs=1e-12)
    market = dict(zip(MEASURES, other.tolist(), strict=True))["carbon.market"]
    assert market == pytest.approx([1900.0, 2441.3464], abs=5e-5)  # 1800 t as the electricity, and the fuels
    none = start | {"green_share": 0}  # a share that is filed as nothing begins there
    page = page | {"years": [2025, 2027, 2030], "start": {"t0": 2025, "share_year": 2030, "sum": False, "own": none, "parts": [none]}}  # fmt: skip
    [[first]] = run([{"data": page, "scenario": saved, "moved": [{}]}])
    assert first[MEASURES.index("green.share")] == pytest.approx([0.0, 0.2, 0.5], abs=1e-12)
    none |= {"electricity": [0] * 6, "location_tco2": 0, "market_tco2": 0, "fuel_tco2": [0, 0, 0, 0, 40, 0]}
    [[first]] = run([{"data": page, "scenario": saved, "moved": [{}]}])
    for measure in ("carbon.location", "carbon.market"):  # of fuels alone, which grow by 2 % a year
        assert first[MEASURES.index(measure)] == pytest.approx([40.0, 40 * 1.02**2, 40 * 1.02**5])


def test_it_is_small_and_holds_no_text_of_the_other_language(
    layout: Layout, sample_table: pl.DataFrame, sample: Outlook
) -> None:
    plan = reference.load_plan(layout)
    for code in (NATION, PROVINCE):
        page = data(layout, sample_table, sample, code, plan, Words("en"))
        assert len(json.dumps(page)) < 100_000
        texts = json.dumps({name: one for name, one in page.items() if name != "region"}, ensure_ascii=False)
        assert not [one for one in texts if "\u3400" <= one <= "\u9fff"]
        assert page["region"] == {NATION: {"title": "China", "file": "000000-全国.yml"}}.get(
            code, {"title": "Guangdong", "file": "440000-广东.yml"}
        )
