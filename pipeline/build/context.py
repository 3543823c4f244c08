"""What the chapters of a report are given.

A chapter's inputs have names; `Present` knows the hash that stands behind each of them now. Those of ALWAYS count for
every chapter. The others count where the chapter declares them (`declared`): a parameter as `params.g_it`, a filed table as
`filed.energy`, a part of what `freeze` gives by its name there, and `everything` for all of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.build import edition, sources
from pipeline.build.plan import AUDIENCES, Job
from pipeline.errors import OutputError
from pipeline.given import params
from pipeline.given.params import Params
from pipeline.given.regions import NATION_CODE
from pipeline.keeping import MISSING, Hashes, Record, Records, digest
from pipeline.layout import Layout

ALWAYS = (
    "notebook",
    "code",
    "versions",
    "public",
    "reference",
    "year",
    "plan",
    "region",
    "filings",
    "audience",
    "fonts",
)
OWN = ("tables", "reads")  # where a chapter writes
EDITION_PARTS = {"filed": "filings", "rejected": "quarantine", "quality": "quality"}
PUBLIC_PARTS = ("metrics", "summary")  # tables that only the public's folder has
REPORTS = re.compile(r"\d{6}-|\.")  # folders of an edition that hold reports and what is kept for them
TITLES = {
    "notebook": "笔记本", "code": "程序", "versions": "程序库的版本", "public": "公开统计", "reference": "参考数据",
    "engine": "渲染引擎", "theme": "版式", "text": "章节文字", "fonts": "字体", "front": "封面", "parameters": "参数表", "inputs": "输入文件",
    "indicators": "指标表", "coverage": "填报覆盖率", "scenario": "情景", "edition": "填报数据", "filings": "填报文件", "year": "年份", "plan": "计划",
    "region": "地区", "audience": "读者范围", "outlook": "情景结果", "sensitivity": "敏感性", "evaluation": "企业评价", "editions": "上一版", "titles": "情景名称", "written": "各情景的参数", "files": "参数文件",
    "metrics": "行动指标", "summary": "保密处理的结果", "policy": "保密规则", "everything": "所读的数据或参数",
}  # fmt: skip
"""What changed, in Chinese, by the name of what was read."""


def freeze(layout: Layout, job: Job, files: Hashes | None = None) -> dict[str, Any]:
    """The one resolved object of a report, as JSON can carry it. What is below data/processed stands there as a path."""
    listed = json.loads(edition.inputs(layout, job).read_text("utf-8"))
    editions, read = _last_year(layout, job, files or sources.hashes(layout))
    return {
        "year": job.year,
        "plan": job.plan,
        "region": vars(job.region),
        "scenario": job.scenario,
        "filings": job.filings,
        "audience": job.audience,
        "overrides": list(job.overrides),
        "params": job.resolved.params.model_dump(mode="json"),
        "parameters": params.table(job.resolved).to_dicts(),
        "inputs": listed + read,
        "editions": editions,
        "indicators": str(edition.indicators(layout, job)),
        "coverage": str(edition.coverage_file(layout, job)),
        "scenarios": str(edition.scenarios(layout, job)),
        "sensitivity": str(edition.sensitivity(layout, job)),
        "evaluation": str(edition.evaluation(layout, job)),
        "edition": str(layout.processed / job.place()),
        "tables": str(layout.processed / job.edition / job.slug / "tables"),
    }


def _last_year(layout: Layout, job: Job, files: Hashes) -> tuple[list[str], list[dict[str, Any]]]:
    """The entries in the history of the edition of the year before and of this one, and the former as inputs; nothing
    without the former. Looked up once, until a line of theirs changes."""
    editions = (job.place(job.year - 1), job.place())
    if not (layout.processed / editions[0] / "history").is_dir():
        return [], []
    lines = [f"{one}/history/{code}-{job.scenario}" for one in editions for code in (job.region.code, NATION_CODE)]
    now = {line: files.tree(layout.processed / line) for line in lines} | {"version": version("green-report")}
    path = edition.made(layout, job) / "last" / f"{job.region.code}-{job.scenario}.json"
    records = Records(path, kept=1)
    found = records.find(lambda name: now.get(name, ""))
    if found is None:
        from pipeline.build import history

        last = history.of_last_year(layout, job)
        own = history.entry(layout, job.place(), job.region, job.scenario)
        both = [one.path.relative_to(layout.processed).as_posix() for one in (last, own) if one] if last and own else []
        found = Record(now, json.dumps([both, last.described() if last else []]))
        with suppress(OutputError):
            records.add(found)
    both, read = json.loads(found.result)
    return [str(layout.processed / one) for one in both], read


class Present:
    """name -> hash of what a chapter of `job` would read under that name now. common: see `sources.shared`."""

    def __init__(self, layout: Layout, job: Job, common: Mapping[str, str], files: Hashes) -> None:
        self.frozen = freeze(layout, job, files)
        self._layout, self._job = layout, job
        self._files = files
        self._known = dict(common)

    def of(self, notebook: Path) -> Callable[[str], str]:
        """The same for a chapter, for which `notebook` is the hash of its source."""
        source = self._files.file(notebook)
        return lambda name: source if name == "notebook" else self(name)

    def __call__(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> str:
        part, _, inner = name.partition(".")
        if part in EDITION_PARTS and inner:
            return self._files.file(Path(self.frozen["edition"]) / EDITION_PARTS[part] / f"{inner}.parquet")
        if name in PUBLIC_PARTS:
            return self._files.file(Path(self.frozen["edition"]) / f"{name}.parquet")
        if name == "policy":
            return self._files.file(self._layout.policy)
        if part == "params" and inner:
            return digest(self.frozen["params"].get(inner))
        if name == "outlook":
            return edition.of_region(self._layout, self._job).get("says", MISSING)
        if name == "titles":
            return digest(params.scenarios(self._layout))
        if name == "written":
            return edition.written(self._layout, self._job.region, self._job.overrides)
        if name == "files":
            return self._files.tree(self._layout.params)
        if name == "everything":
            return digest({key: self._value(value) for key, value in self.frozen.items() if key not in OWN})
        return self._value(self.frozen[name]) if name in self.frozen else "no such name"

    def _value(self, value: object) -> str:
        if isinstance(value, list) and value and isinstance(value[0], str):
            return digest([self._value(one) for one in value])
        if isinstance(value, str) and self._layout.processed in Path(value).parents:
            path = Path(value)
            return self._files.file(path) if path.suffix else self._folder(path)
        return digest(value)

    def _folder(self, folder: Path) -> str:
        inside = [
            path for path in sorted(folder.glob("*")) if path.name not in AUDIENCES and not REPORTS.match(path.name)
        ]
        return digest([self._files.tree(path) if path.is_dir() else self._files.file(path) for path in inside])


def told(names: Iterable[str]) -> str:
    """Names of what was read, in Chinese."""
    words = []
    for name in names:
        part, _, inner = name.partition(".")
        if part == "params" and inner:
            title = Params.model_fields[inner].title if inner in Params.model_fields else ""
            words.append(f"参数 {inner}" + (f"（{title}）" if title else ""))
        elif part in EDITION_PARTS and inner:
            words.append(f"填报表 {inner}")
        else:
            words.append(TITLES.get(part, name))
    return "、".join(dict.fromkeys(words))
