"""The workbench in a notebook: a slider a driver, and at once what comes of it. Needs ipywidgets (`make lab`)."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from urllib.parse import quote

import ipywidgets as w
import numpy as np
from IPython.display import HTML

from pipeline import wording
from pipeline.charts.theme import ACCENT, MUTED, PRIMARY
from pipeline.errors import UserError
from pipeline.given import params, regions
from pipeline.given.params import Params
from pipeline.given.reference import Target
from pipeline.indicators.model import load_catalogue
from pipeline.layout import SAMPLE, Layout
from pipeline.scenarios import decomposition, drivers
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
REST = 0.3  # seconds without an event after which a slider rests
LAYERS = {"default": "默认值", "scenario": "情景", "province": "本省"}
SAVED = "保存的"
STYLE = f"""<style>
.green-report .driver {{line-height:1.4; margin-top:4px; font-size:12px}} .green-report .driver b {{font-size:13px}}
.green-report .driver i {{font-style:normal; border:1px solid {MUTED}; border-radius:3px; padding:0 3px}}
.green-report .driver i.now {{border-color:{ACCENT}; color:{ACCENT}}}
.green-report .widget-readout {{min-width:4.2em; max-width:4.2em}}
.green-report .ruler {{position:relative; height:9px; margin:-4px calc(4.2em + 12px) 2px 8px; border-top:1px solid {MUTED}}}
.green-report .ruler span {{position:absolute; top:0; height:5px}}
.green-report .ruler .range {{background:{PRIMARY}; opacity:.35}} .green-report .ruler .mode {{width:2px; height:9px; background:{PRIMARY}}}
.green-report .ruler .dot {{width:7px; height:7px; margin-left:-3px; border-radius:50%; background:{ACCENT}}}
.green-report .outlook {{display:flex; flex-wrap:wrap}} .green-report table {{border-collapse:collapse}}
.green-report td, .green-report th {{padding:2px 8px; text-align:left; line-height:1.4; border-bottom:1px solid #d9e2ec}}
.green-report p {{margin:4px 0; line-height:1.5}} .green-report .warned {{color:{ACCENT}}}
.green-report .driver svg {{vertical-align:middle}}
</style>"""


class Panel:
    """What `open_panel` shows. `box` holds the widgets; `bench` is the region and scenario that are open, `other` what they
    are held against: themselves as saved, or another scenario or region."""

    def __init__(self, layout: Layout, region: str, scenario: str, filings: str) -> None:
        self.layout, self.filings = layout, filings
        self.names = [one.short_zh for one in regions.all_regions(layout)]
        self.titles = [(title, name) for name, title in params.scenarios(layout)]
        region = regions.resolve(region, layout).short_zh
        self.region = w.Dropdown(options=self.names, value=region, description="地区")
        self.scenario = w.Dropdown(options=self.titles, value=scenario, description="情景")
        self.against = w.Dropdown(description="对比")
        self.rows, self.results, self.said, self.built = w.VBox(), w.HTML(), w.HTML(), w.Output()
        self.reason = w.Text(
            placeholder="为什么这样改（写在参数后的注释里）", description="理由", layout=w.Layout(width="30em")
        )
        self.save, self.build = w.Button(description="保存到该省参数"), w.Button(description="生成报告")
        self.confirm = w.Button(description="确认写入", button_style="warning", layout=w.Layout(display="none"))
        self.progress = w.IntProgress(layout=w.Layout(display="none"))
        self.proposed: tuple[Trial, save.Change] | None = None
        self.sliders: dict[str, w.FloatSlider] = {}
        self.notes: dict[str, w.HTML] = {}
        self._resting: asyncio.TimerHandle | None = None
        self.region.observe(lambda _: self.open(), "value")
        self.scenario.observe(lambda _: self.open(), "value")
        self.against.observe(self._held_against, "value")
        self.save.on_click(lambda _: self._answer(self._propose))
        self.confirm.on_click(lambda _: self._answer(self._write))
        self.build.on_click(lambda _: self._answer(self._build))
        keeping = w.HBox([self.reason, self.save, self.confirm, self.build, self.progress])
        self.rows.layout = w.Layout(height="40em", overflow="auto", width="25em", flex="0 0 auto")
        table = w.HBox([self.rows, self.results], layout=w.Layout(grid_gap="1em"))
        picks = w.HBox([self.region, self.scenario, self.against])
        self.box = w.VBox([w.HTML(STYLE), picks, table, keeping, self.said, self.built])
        self.box.add_class("green-report")
        self.open()

    def open(self) -> None:
        """Begin anew with the region and scenario that are picked."""
        self.said.value, self.rows.children, self.results.value, self.sliders = "", (), "", {}
        self._answer(self._open)

    def _open(self) -> str:
        self.proposed, self.confirm.layout.display = None, "none"
        self.bench = Bench(self.region.value, self.scenario.value, self.filings, self.layout)
        self.other, self.than = self.bench, SAVED
        self.catalogue = load_catalogue(self.layout, plan_id=self.bench.on.plan.id)
        scenarios = [
            (f"情景 {title}", f"scenario:{name}") for title, name in self.titles if name != self.scenario.value
        ]
        places = [(f"地区 {name}", f"region:{name}") for name in self.names if name != self.region.value]
        self.against.unobserve(self._held_against, "value")
        self.against.options = [("保存的取值", ""), *scenarios, *places]
        self.against.index = 0
        self.against.observe(self._held_against, "value")
        self.rows.children = [self._row(driver) for driver in DRIVERS]
        self.update()
        return ""

    def _held_against(self, _: object) -> None:
        self._answer(self._compare)

    def _compare(self) -> str:
        """Hold what is tried against what is picked."""
        kind, _, name = str(self.against.value or "").partition(":")
        self.other, self.than = self.bench, SAVED
        try:
            if kind == "scenario":
                self.other = Bench(self.bench.region.code, name, self.filings, self.layout)
                self.than = f"情景“{next(title for title, one in self.titles if one == name)}”"
            elif kind == "region":
                self.other, self.than = Bench(name, self.bench.scenario, self.filings, self.layout), name
        finally:
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
            tooltip=title, layout=w.Layout(width="19em"),
        )  # fmt: skip
        reset = w.Button(description="复原", layout=w.Layout(width="4em"), tooltip=f"{title}复原为保存的值")
        reset.on_click(lambda _: setattr(slider, "value", mode))
        slider.observe(lambda _: self._moved(driver), "value")
        past = self.bench.past(driver)
        self.sliders[driver], self.notes[driver] = slider, w.HTML(self._note(driver, False))
        marks = w.HTML(
            picture.ruler(least, most, (low, mode, high), past.get(max(past, default=0))), layout=w.Layout(width="19em")
        )
        return w.VBox([self.notes[driver], w.HBox([slider, reset]), marks], layout=w.Layout(flex="0 0 auto"))

    def _note(self, driver: str, moved: bool) -> str:
        """What is known of a driver: title, unit, what is saved, from where, the range, and what the region did."""
        layer, where, basis = self.bench.origin(driver)
        title, unit = str(Params.model_fields[driver].title), params.unit(driver)
        least, most = (drivers.said(driver, one) for one in params.limits(driver))
        saved = drivers.told(driver, self.bench.saved(driver))
        past = self.bench.past(driver)
        recent = "，".join(f"{year} 年 {drivers.said(driver, past[year])}" for year in sorted(past)[-3:])
        origin = f"{'<i class=now>现在</i> 保存的来自 ' if moved else ''}<i>{LAYERS[layer]}</i> {escape(where.removeprefix(told.PARAMS))}"
        lines = [
            f"<b>{escape(title)}</b> {driver}{'' if unit == '1' else f'（{unit}）'} {picture.spark(past)}",
            f"保存的 {saved}；允许 {least} 至 {most}",
            origin + (f"：{escape(basis)}" if basis else ""),
            f"本地区 {recent}" if recent else "本地区没有历史",
        ]
        return f'<div class="driver">{"<br>".join(lines)}</div>'

    def _moved(self, driver: str) -> None:
        """A slider moves: the paths at once, the rest once it rests. Where nothing waits (a script), all at once."""
        note = self._note(driver, driver in self.values)
        if self.notes[driver].value != note:
            self.notes[driver].value = note
        if self.proposed:  # what was shown is not what would be written any more
            self.proposed, self.confirm.layout.display, self.said.value = None, "none", ""
        if self._resting:
            self._resting.cancel()
        try:
            self._resting = asyncio.get_running_loop().call_later(REST, self._answer, self._rests)
        except RuntimeError:
            return self.update()
        self.update(rests=False)

    def _rests(self) -> str:
        self.update()
        return str(self.said.value)

    def update(self, rests: bool = True) -> None:
        """Draw what the drivers make of it now. rests: with the band and all that takes tens of milliseconds."""
        values, bench, other = self.values, self.bench, self.other
        now = bench.paths(values)
        bands, chance = bench.band(values) if rests else ({}, {})
        targets = {one.indicator: one for one in bench.on.plan.targets}
        pictures = []
        for id in SHOWN:
            change = targets.get(f"{id}.change")
            goal = None
            if change is not None and np.isfinite(bench.before[f"{id}.change"][0]):
                base = bench.before[id][0] / (1 + bench.before[f"{id}.change"][0])
                goal = float(base * (1 + change.value))
            lines = (other.before[id], now[id], bands.get(id), goal, self.than)
            pictures.append(picture.path(self.catalogue[id].measure, bench.filed(id), bench.years, *lines))
        effects = "".join(f"<p>{escape(one)}</p>" for one in self._effects(values)) if rests else ""
        warned = (
            "".join(f'<p class="warned">提示：{escape(one)}</p>' for one in bench.warnings(values)) if rests else ""
        )
        table = self._targets(now, chance)
        self.results.value = f'<div class="outlook">{"".join(pictures)}</div>{table}{effects}{warned}'

    def still(self) -> HTML:
        """What is drawn now without widgets, folded: for pages and notebooks that are only read."""
        head = f"{escape(self.region.value)}·{escape(self.scenario.value)}：没有控件时在这里看结果"
        return HTML(f'{STYLE}<details class="green-report"><summary>{head}</summary>{self.results.value}</details>')

    def _effects(self, values: Mapping[str, float]) -> list[str]:
        """What the change did, by driver, and the nation with it."""
        bench, year, said = self.bench, self.bench.years[-1], []
        if self.other.region == bench.region:
            one, two = self.other.projected({}), bench.projected(values)
            for measure in ("energy.total", "carbon.market"):
                found = decomposition.between(one, two, bench.region.code, year, measure)
                said.append(told.because(found, self.catalogue[measure], year, self.than) if found else "")
        both = {one: bench.nation(values, one) for one in told.NATION} if values and not bench.region.is_nation else {}
        known = {one: pair for one, pair in both.items() if np.isfinite(pair).all()}
        return [one for one in (*said, told.nation(known, self.catalogue, year) if known else "") if one]

    def _targets(self, now: Mapping[str, Array], chance: Mapping[str, Array]) -> str:
        bench, rows = self.bench, []
        for target in bench.on.plan.targets:
            if target.indicator not in bench.chance or np.isnan(now[target.indicator][-1]):
                continue
            first = [self._first(target, of[target.indicator]) for of in (self.other.before, now)]
            likely = [_likely(of, target.indicator) for of in (self.other.chance, chance)]
            cells = (target.title, target.value_printed, *first, *likely)
            rows.append("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>")
        than, last = self.than, f"{bench.years[-1]} 年达到的可能性"
        heads = ("目标", "要求", f"{than}：何年达到", "现在：何年达到", f"{than}：{last}", f"现在：{last}")
        head = "".join(f"<th>{escape(one)}</th>" for one in heads)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""

    def _first(self, target: Target, path: Array) -> str:
        year = first_met(target, self.bench.years, path, self.bench.on.begun.year[self.bench.on.place])
        return f"{self.bench.years[-1]} 年前达不到" if year is None else f"{year} 年"

    # --- kept, built ---------------------------------------------------------------------------------------------

    def _answer(self, do: Callable[[], str]) -> None:
        """Say what `do` says, or what the user did wrong."""
        try:
            self.said.value = do()
        except UserError as error:
            self.said.value = f'<p role="alert" style="color:#b3261e">{escape(error.message)}</p>'

    def _propose(self) -> str:
        trial = self.bench.trial(self.values)
        change = save.change(self.layout, trial, self.reason.value, dt.date.today())
        self.proposed, self.confirm.layout.display = (trial, change), ""
        return f"<p>将这样改，请核对后按“确认写入”：</p><pre>{escape(change.diff(self.layout.root))}</pre>"

    def _write(self) -> str:
        assert self.proposed is not None
        (trial, change), self.proposed = self.proposed, None
        self.confirm.layout.display = "none"
        save.write(self.layout, trial, change)
        self._open()
        return f"<p>已写入 {escape(change.path.relative_to(self.layout.root).as_posix())}。</p>"

    def _build(self) -> str:
        """Build the report beside the kernel, which stays free, and tell how far it is."""
        region, scenario = self.bench.region.short_zh, self.bench.scenario
        command = [
            sys.executable, "-m", "pipeline.commands.start", "build", "--region", region, "--scenario", scenario,
            "--filings", self.filings, "--log-json",
        ]  # fmt: skip
        self.build.disabled, self.progress.value, self.progress.layout.display = True, 0, ""
        self.built.outputs = ()
        self.building = threading.Thread(target=self._follow, args=(command,), daemon=True)
        self.building.start()
        unsaved = "没有保存的改动不在其中。" if self.values else ""
        return f"<p>正在生成 {escape(region)}·{escape(scenario)} 的报告…{unsaved}</p>"

    def _follow(self, command: list[str]) -> None:
        environment = os.environ | {"GREEN_REPORT_ROOT": str(self.layout.root), "PYTHONIOENCODING": "utf-8"}
        remarks: list[str] = []
        with subprocess.Popen(
            command, cwd=self.layout.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", errors="replace",
        ) as started:  # fmt: skip
            assert started.stderr is not None
            assert started.stdout is not None
            for line in started.stderr:
                try:
                    event = json.loads(line)
                except ValueError:
                    remarks.append(line.strip())
                    continue
                self.progress.max = event.get("steps", self.progress.max)
                self.progress.value += event["event"] == "done"
                if event["event"] == "doing":
                    self.said.value = f"<p>正在生成：{escape(event['what'])}…</p>"
            files = started.stdout.read().splitlines()
        self.build.disabled, self.progress.layout.display = False, "none"
        notes = "".join(f"<p>{escape(one)}</p>" for one in remarks if one)
        self.said.value = f"<p>{'已生成：' if started.returncode == 0 else '没有全部生成：'}</p>{notes}"
        links = [(os.path.relpath(one, Path.cwd()), os.path.relpath(one, self.layout.root)) for one in files]
        listed = "".join(f'<li><a href="{quote(Path(to).as_posix())}">{escape(one)}</a></li>' for to, one in links)
        self.built.append_display_data(HTML(f"<ul>{listed}</ul>"))


def _likely(chance: Mapping[str, Array], indicator: str) -> str:
    return wording.percent(float(chance[indicator][-1]), 0) if indicator in chance else "…"


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
