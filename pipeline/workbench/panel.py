"""The workbench in a notebook: a slider a driver, and at once what comes of it. Needs ipywidgets (`make lab`)."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as w
import numpy as np

from pipeline import wording
from pipeline.errors import UserError
from pipeline.given import params, regions
from pipeline.given.params import Params
from pipeline.given.reference import Target
from pipeline.indicators.model import load_catalogue
from pipeline.layout import SAMPLE, Layout
from pipeline.scenarios import drivers
from pipeline.scenarios.drivers import DRIVERS
from pipeline.scenarios.start import Array
from pipeline.scenarios.uncertainty import first_met
from pipeline.workbench import picture, save
from pipeline.workbench import shown as told
from pipeline.workbench.bench import SHOWN, Bench
from pipeline.workbench.lab import FILINGS, REGION, SCENARIO
from pipeline.workbench.trial import Trial

STEP = 0.001
PUE_STEP = 0.01


class Panel:
    """What `open_panel` shows. `box` holds the widgets; `bench` is the region and scenario that are open."""

    def __init__(self, layout: Layout, region: str, scenario: str, filings: str) -> None:
        self.layout, self.filings = layout, filings
        names = [one.short_zh for one in regions.all_regions(layout)]
        titles = [(title, name) for name, title in params.scenarios(layout)]
        region = regions.resolve(region, layout).short_zh
        self.region = w.Dropdown(options=names, value=region, description="地区")
        self.scenario = w.Dropdown(options=titles, value=scenario, description="情景")
        self.rows, self.results, self.said = w.VBox(), w.HTML(), w.HTML()
        self.reason = w.Text(placeholder="为什么这样改（写在参数后的注释里）", layout=w.Layout(width="26em"))
        self.save, self.build = w.Button(description="保存到该省参数"), w.Button(description="生成报告")
        self.confirm = w.Button(description="确认写入", button_style="warning", layout=w.Layout(display="none"))
        self.proposed: tuple[Trial, save.Change] | None = None
        self.sliders: dict[str, w.FloatSlider] = {}
        for picker in (self.region, self.scenario):
            picker.observe(lambda _: self.open(), "value")
        self.save.on_click(lambda _: self._answer(self._propose))
        self.confirm.on_click(lambda _: self._answer(self._write))
        self.build.on_click(lambda _: self._answer(self._build))
        keeping = w.HBox([self.reason, self.save, self.confirm, self.build])
        self.rows.layout = w.Layout(height="38em", overflow="auto", width="23em", flex="0 0 auto")
        table = w.HBox([self.rows, self.results], layout=w.Layout(grid_gap="1em"))
        self.box = w.VBox([w.HBox([self.region, self.scenario]), table, keeping, self.said])
        self.open()

    def open(self) -> None:
        """Begin anew with the region and scenario that are picked."""
        self.said.value, self.rows.children, self.results.value, self.sliders = "", (), "", {}
        self.proposed, self.confirm.layout.display = None, "none"
        self._answer(self._open)

    def _open(self) -> str:
        self.bench = Bench(self.region.value, self.scenario.value, self.filings, self.layout)
        self.catalogue = load_catalogue(self.layout, plan_id=self.bench.on.plan.id)
        self.rows.children = [self._row(driver) for driver in DRIVERS]
        self.update()
        return ""

    @property
    def values(self) -> dict[str, float]:
        """The drivers that are moved."""
        return {
            name: slider.value
            for name, slider in self.sliders.items()
            if abs(slider.value - self.bench.saved(name)[1]) > slider.step / 2
        }

    def _row(self, driver: str) -> w.Widget:
        low, mode, high = self.bench.saved(driver)
        least, most = params.limits(driver)
        pue = driver.startswith("pue")
        title, readout = str(Params.model_fields[driver].title), ".2f" if pue else ".1%"
        slider = w.FloatSlider(
            value=mode, min=least, max=most, step=PUE_STEP if pue else STEP, readout_format=readout,
            tooltip=title, layout=w.Layout(width="17em"),
        )  # fmt: skip
        reset = w.Button(description="复原", layout=w.Layout(width="4em"), tooltip=f"{title}复原为保存的值")
        reset.on_click(lambda _: setattr(slider, "value", mode))
        slider.observe(lambda _: self.update(), "value")
        self.sliders[driver] = slider
        saved = f"{driver}，保存的为 {drivers.told(driver, (low, mode, high))}"
        note = w.HTML(
            f'<div style="line-height:1.35;margin-top:6px" title="来自 {escape(self.bench.origin(driver))}"><b>{escape(title)}</b> '
            f"{picture.spark(self.bench.past(driver))}<br><small>{escape(saved)}</small></div>"
        )
        return w.VBox([note, w.HBox([slider, reset])], layout=w.Layout(flex="0 0 auto"))

    def update(self) -> None:
        """Draw what the drivers make of it now."""
        values, bench = self.values, self.bench
        now, (bands, chance) = bench.paths(values), bench.band(values)
        targets = {one.indicator: one for one in bench.on.plan.targets}
        pictures = []
        for id in SHOWN:
            change = targets.get(f"{id}.change")
            goal = None
            if change is not None and np.isfinite(bench.before[f"{id}.change"][0]):
                base = bench.before[id][0] / (1 + bench.before[f"{id}.change"][0])
                goal = float(base * (1 + change.value))
            measure = self.catalogue[id].measure
            pictures.append(
                picture.path(measure, bench.filed(id), bench.years, bench.before[id], now[id], bands[id], goal)
            )
        self.results.value = (
            f'<div style="display:flex;flex-wrap:wrap">{"".join(pictures)}</div>{self._targets(now, chance)}'
        )

    def _targets(self, now: Mapping[str, Any], chance: Mapping[str, Any]) -> str:
        bench, rows = self.bench, []
        for target in bench.on.plan.targets:
            if target.indicator not in chance or np.isnan(chance[target.indicator][-1]):
                continue
            first = [self._first(target, of[target.indicator]) for of in (bench.before, now)]
            likely = wording.percent(float(chance[target.indicator][-1]), 0)
            cells = (target.title, target.value_printed, *first, likely)
            rows.append("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>")
        heads = ("目标", "要求", "保存的：何年达到", "现在：何年达到", f"{bench.years[-1]} 年达到的可能性")
        head = "".join(f"<th>{one}</th>" for one in heads)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""

    def _first(self, target: Target, path: Array) -> str:
        year = first_met(target, self.bench.years, path, self.bench.on.begun.year[self.bench.on.place])
        return f"{self.bench.years[-1]} 年前达不到" if year is None else f"{year} 年"

    # --- kept, built ---------------------------------------------------------------------------------------------

    def _answer(self, do: Callable[[], str]) -> None:
        """What is wrong is a sentence in the panel, no traceback."""
        try:
            self.said.value = do()
        except UserError as error:
            self.said.value = f'<p role="alert" style="color:#b3261e">{escape(error.message)}</p>'

    def _propose(self) -> str:
        trial = self.bench.trial(self.values)
        change = save.change(self.layout, trial, self.reason.value, dt.date.today())
        self.proposed, self.confirm.layout.display = (trial, change), ""
        warned = "".join(f"<p>提示：{escape(one)}</p>" for one in trial.warnings)
        sentences = "".join(f"<p>{escape(one)}</p>" for one in told.sentences(trial, self.layout))
        return f"{sentences}{warned}<pre>{escape(change.diff(self.layout.root))}</pre>"

    def _write(self) -> str:
        assert self.proposed is not None
        (trial, change), self.proposed = self.proposed, None
        self.confirm.layout.display = "none"
        save.write(self.layout, trial, change)
        self._open()
        return f"<p>已写入 {escape(change.path.relative_to(self.layout.root).as_posix())}。</p>"

    def _build(self) -> str:
        region, scenario = self.bench.region.short_zh, self.bench.scenario
        command = [sys.executable, "-m", "pipeline.commands.start", "build", "--region", region, "--scenario", scenario, "--filings", self.filings]  # fmt: skip
        self.build.disabled, self.said.value = True, f"<p>正在生成 {escape(region)}·{escape(scenario)} 的报告…</p>"
        try:
            done = subprocess.run(command, cwd=self.layout.root, capture_output=True, text=True, encoding="utf-8")
        finally:
            self.build.disabled = False
        files = [line.strip() for line in done.stdout.splitlines() if line.strip().endswith((".html", ".pdf"))]
        links = "".join(
            f'<li><a href="files/{escape(Path(one).as_posix())}" target="_blank">{escape(one)}</a></li>'
            for one in files
        )
        return f"<ul>{links}</ul>" if done.returncode == 0 else f"<pre>{escape(done.stderr[-2000:])}</pre>"


def open_panel(region: str = "", scenario: str = "", filings: str = "") -> Panel:
    """The panel for a region and a scenario; where they are empty, those that `green-report lab` was given, else 全国, plan and
    the sample. Raises UserError."""
    given = [
        one or os.environ.get(name, "") or otherwise
        for one, name, otherwise in (
            (region, REGION, "全国"), (scenario, SCENARIO, "plan"), (filings, FILINGS, SAMPLE)
        )
    ]  # fmt: skip
    return Panel(Layout.current(), *given)
