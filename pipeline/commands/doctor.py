"""What this machine has of what a build needs, and what to do about what it has not."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer
from packaging.requirements import Requirement

from pipeline.charts import fonts
from pipeline.commands.printing import print_table
from pipeline.errors import UserError
from pipeline.layout import Layout
from pipeline.reports.render.quarto import MINIMUM, Quarto


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `needed`: whether a build fails without it."""

    what: str
    found: str
    ok: bool
    remedy: str = ""
    needed: bool = True

    @property
    def symbol(self) -> str:
        return "✓" if self.ok else "✗" if self.needed else "–"


def examine(layout: Layout) -> list[Finding]:
    """All findings, what is needed first."""
    return [
        *_python(),
        *_packages(),
        _kernel(),
        *_fonts(),
        _data(layout),
        *_front(layout),
        _reports(layout),
        _rendering(layout),
        _quarto(),
        _git(),
    ]


def _python() -> Iterator[Finding]:
    fits = sys.version_info >= (3, 11)
    remedy = "" if fits else "安装 Python 3.11 或更高，然后重新 make setup"
    yield Finding("Python", platform.python_version(), fits, remedy)


def _packages() -> Iterator[Finding]:
    required = [Requirement(line) for line in importlib.metadata.requires("green-report") or []]
    for requirement in required:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(
                requirement.name, "未安装", False, "运行 make setup（或 conda env update -f environment.yml）"
            )
            continue
        fits = requirement.specifier.contains(found, prereleases=True)
        yield Finding(requirement.name, found, fits, "" if fits else f"需要 {requirement.specifier}；运行 make setup")


def _kernel() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager

    kernels = KernelSpecManager().find_kernel_specs()
    ok = "python3" in kernels
    return Finding(
        "Jupyter 内核",
        "python3" if ok else "没有 python3",
        ok,
        "" if ok else "运行 python -m ipykernel install --sys-prefix",
    )


def _fonts() -> Iterator[Finding]:
    spare = fonts.system()
    for font in fonts.packaged():
        if font.path:
            yield Finding(f"字体：{font.role}", font.family, True)
        else:
            found = f"字体包缺失，改用系统字体 {spare[0].name}" if spare else "没有"
            yield Finding(f"字体：{font.role}", found, bool(spare), "运行 make setup 安装字体包")


def _data(layout: Layout) -> Finding:
    from pipeline.given import reference

    try:
        rows = reference.published(layout).height
        reference.load_plan(layout)
    except UserError as error:
        return Finding("公开统计与计划", "读不了", False, error.message)
    return Finding("公开统计与计划", f"{rows} 行", True)


def _front(layout: Layout) -> Iterator[Finding]:
    """What the publisher has to say of itself and of what one may do with the reports."""
    from pipeline.build.plan import UNSIGNED
    from pipeline.given import params
    from pipeline.given.regions import NATION

    try:
        known = params.resolve(layout, NATION, "plan").params
    except UserError as error:
        yield Finding("参数文件", "读不了", False, error.message)
        return
    where = "在 notebooks/params/defaults.yml 写明"
    named = known.publisher != UNSIGNED
    yield Finding(
        "编制单位", known.publisher if named else "未写明", named, "" if named else f"{where} publisher", False
    )
    yield Finding(
        "报告的许可",
        known.licence or "未声明许可",
        bool(known.licence),
        "" if known.licence else f"{where} licence，如 CC BY 4.0；报告现在不提许可",
        False,
    )


def _reports(layout: Layout) -> Finding:
    from pipeline.output import check_writable

    try:
        check_writable(layout.reports)
        check_writable(layout.processed)
    except UserError as error:
        return Finding("输出文件夹", "不能写入", False, error.message)
    return Finding("输出文件夹", "可写", True)


def _quarto() -> Finding:
    quarto = Quarto.find()
    if quarto is None:
        return Finding(
            "Quarto",
            "没有，使用内置引擎",
            False,
            "可选：安装 Quarto 1.7 以上，或 conda env create -f environment.yml",
            False,
        )
    need = ".".join(map(str, MINIMUM))
    remedy = "" if quarto.serves else f"太旧，使用内置引擎；需要 {need} 以上"
    return Finding("Quarto", f"{quarto.version}（{quarto.command}）", quarto.serves, remedy, False)


def _rendering(layout: Layout) -> Finding:
    """A page of one line, made as a report is."""
    from pipeline.reports import assemble
    from pipeline.reports.front import Front
    from pipeline.reports.render.engine import choose

    engine = choose("auto")
    what = f"试渲染：{engine.name}"
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            stage = assemble.project(layout, Path(folder) / "project")
            front = Front("试渲染", "全国", "一页", "green-report", (2025, 1, 1))
            [trial] = assemble.assemble([], front, stage, "trial", layout.charts)
            with trial.open("a", encoding="utf-8") as page:
                page.write("\n正常。\n")
            engine.render(stage, ["trial"], ["html", "pdf"])
    except (UserError, OSError) as error:
        remedy = "改用 --engine embedded，或修好 Quarto" if engine.name == "quarto" else "运行 make setup"
        return Finding(what, "没有成功", False, f"{error}；{remedy}")
    return Finding(what, f"HTML 和 PDF 成功（{engine.version}）", True)


def _git() -> Finding:
    found = shutil.which("git")
    return Finding(
        "git", found or "没有", bool(found), "" if found else "可选：没有 git 时溯源文件不记录代码版本", False
    )


def doctor() -> None:
    """检查环境：有什么、缺什么、缺了怎么办。"""
    findings = examine(Layout.current())
    rows = [(finding.symbol, finding.what, finding.found, finding.remedy) for finding in findings]
    print_table(rows, ["", "项目", "现状", "怎么办"], "环境检查")
    if any(finding.needed and not finding.ok for finding in findings):
        raise typer.Exit(1)
