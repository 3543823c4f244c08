"""How long do many reports take, beside the way that papermill's and pandoc's documentation show? `make bench`.

A copy of the project without anything computed is built (cold), built again (nothing changed), and built with one
province's parameter changed. The plain way is what a user would write without this package's build: the `papermill`
command for every notebook of every report, then one call of pandoc per report and format, one after the other, on
another such copy. It takes long, so by default it makes a few of the reports; what all would take is computed from the
mean, and the table says so. Beside the wall clock stands the processors' time, which others on the machine do not
change much: one core needs about that long for the plain way, two cores half of it for a build by two workers.

    python tests/benchmarks/bench_fleet.py [--regions 8] [--scenarios 3] [--plain 2] [--workers 2]
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import astuple, dataclass
from pathlib import Path

import nbformat
import pypandoc
import typst
from rich.console import Console
from rich.table import Table

from pipeline.charts import fonts
from pipeline.given import params, regions
from pipeline.given.regions import Region
from pipeline.layout import SAMPLE, Layout

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
ROUNDS = 15


def copy(root: Path) -> Path:
    """A checkout with nothing computed."""
    for part in ("data/raw", "notebooks", "reports/theme"):
        shutil.copytree(ROOT / part, root / part)
    shutil.copy(ROOT / "reports" / "_quarto.yml", root / "reports")
    return root


def environment(root: Path) -> dict[str, str]:
    return os.environ | {"GREEN_REPORT_ROOT": str(root), "QUARTO_PATH": "/nowhere/quarto"}


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of the processors."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.1f}（{self.cpu:.1f}）"


class Watch:
    """Started when it is made; `took` counts what child processes did since."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), self._cpu()

    def took(self) -> Took:
        return Took(time.perf_counter() - self.wall, self._cpu() - self.cpu)

    @staticmethod
    def _cpu() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)


def ours(root: Path, chosen: list[Region], scenarios: list[str], workers: int) -> Took:
    """One `green-report build`."""
    command = [str(BIN / "green-report"), "build", "--region", ",".join(one.short_zh for one in chosen)]
    command += ["--scenario", ",".join(scenarios), "--to", "html,pdf", "--workers", str(workers)]
    watch = Watch()
    run = subprocess.run(command, env=environment(root), cwd=root, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(run.stderr)
    return watch.took()


def plain(root: Path, region: Region, scenario: str) -> Took:
    """One report by the commands of papermill, pandoc and typst."""
    out, executed = root / "plain" / region.slug / scenario, []
    out.mkdir(parents=True)
    watch = Watch()
    for notebook in sorted((root / "notebooks").glob("*.ipynb")):
        executed.append(out / notebook.name)
        command = [str(BIN / "papermill"), str(notebook), str(executed[-1]), "--no-progress-bar", "-k", "python3"]
        command += ["-p", "region", region.short_zh, "-p", "scenario", scenario, "-p", "filings", SAMPLE]
        subprocess.run(command, env=environment(root), cwd=root, check=True, capture_output=True)
    pandoc = [
        pypandoc.get_pandoc_path(),
        *map(str, executed),
        "--file-scope",
        "--standalone",
        "--metadata=title:绿色发展报告",
    ]
    html = ["--to=html5", "--embed-resources", "--toc", f"--output={out / 'report.html'}"]
    subprocess.run([*pandoc, *html], cwd=out, check=True, capture_output=True)
    source = [
        "--to=typst",
        "--extract-media=media",
        f"--variable=mainfont:{fonts.SERIF}",
        f"--output={out / 'report.typ'}",
    ]
    subprocess.run([*pandoc, *source], cwd=out, check=True, capture_output=True)
    typst.compile(out / "report.typ", output=out / "report.pdf", font_paths=[str(one) for one in fonts.folders()])
    return watch.took()


def overhead(root: Path) -> tuple[float, float]:
    """Median seconds of a notebook of ten cells that do nothing: in the engine alone, and as a chapter of a build."""
    os.environ["GREEN_REPORT_ROOT"] = str(root)
    from papermill import execute_notebook

    from pipeline.build import edition, make, sources
    from pipeline.build.plan import Selection, jobs
    from pipeline.reports.execute import IN_PROCESS

    first = nbformat.read(next((ROOT / "notebooks").glob("01_*.ipynb")), as_version=4)
    cells = [cell for cell in first.cells if "parameters" in cell.metadata.get("tags", [])]
    empty = root / "notebooks" / "99_empty.ipynb"
    nothing = nbformat.v4.new_notebook(
        cells=cells + [nbformat.v4.new_code_cell("pass") for _ in range(10)], metadata=first.metadata
    )
    nbformat.write(nothing, empty)
    layout = Layout(root)
    job = jobs(layout, Selection())[0]
    edition.prepare(layout, [job])
    common = sources.shared(layout, sources.hashes(layout))
    engine, build = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        execute_notebook(nothing, None, engine_name=IN_PROCESS, kernel_name="python3", progress_bar=False)
        engine.append(time.perf_counter() - began)
        began = time.perf_counter()
        [made] = make.chapter(layout, [job], empty, common, False, True)
        build.append(time.perf_counter() - began)
        assert not made.problem, made.problem
    empty.unlink()
    return statistics.median(engine), statistics.median(build)


def main() -> None:
    ask = argparse.ArgumentParser()
    for option, default in (("regions", 8), ("scenarios", 3), ("plain", 2), ("workers", os.cpu_count() or 1)):
        ask.add_argument(f"--{option}", type=int, default=default)
    wanted = ask.parse_args()
    layout = Layout(ROOT)
    chosen = regions.all_regions(layout)[: wanted.regions]
    scenarios = [name for name, _ in params.scenarios(layout)][: wanted.scenarios]
    reports = [(region, scenario) for region in chosen for scenario in scenarios]
    table = Table(
        "量",
        "秒（处理器）",
        "对照",
        "秒（处理器）",
        "比（处理器）",
        "目标",
        title=f"{len(chosen)} 个地区 x {len(scenarios)} 个情景，HTML 和 PDF",
    )
    with tempfile.TemporaryDirectory() as scratch:
        root = copy(Path(scratch, "ours"))
        cold = ours(root, chosen, scenarios, wanted.workers)
        again = min((ours(root, chosen, scenarios, wanted.workers) for _ in range(3)), key=lambda took: took.wall)
        province = root / "notebooks" / "params" / "provinces" / f"{chosen[-1].slug}.yml"
        province.parent.mkdir(exist_ok=True)
        province.write_text("all:\n  g_it: 0.15\n", "utf-8")
        one = ours(root, chosen, scenarios, wanted.workers)
        engine, build = overhead(root)
        other = copy(Path(scratch, "other"))
        sample = [plain(other, *report) for report in reports[: wanted.plain]]
    whole = Took(*(statistics.mean(part) * len(reports) for part in zip(*map(astuple, sample), strict=True)))
    how = "实测" if len(sample) == len(reports) else f"由 {len(sample)} 份的平均推算"

    def share(one: Took) -> str:
        return f"{100 * one.wall / cold.wall:.1f}%（{100 * one.cpu / cold.cpu:.1f}%）"

    faster = f"{whole.wall / cold.wall:.1f}（{whole.cpu / cold.cpu:.1f}）倍"
    table.add_row("1 全部，从头", str(cold), f"逐个 papermill、pandoc（{how}）", str(whole), faster, "≥ 10 倍")
    table.add_row("2 笔记本，引擎内", f"{engine:.3f}", "", "", "", "≤ 0.05")
    table.add_row("2 笔记本，生成中", f"{build:.3f}", "", "", "", "≤ 0.15")
    table.add_row("3 没有变化", str(again), "从头", str(cold), share(again), "< 2 秒，< 5%")
    table.add_row("  改一省的参数", str(one), "从头", str(cold), share(one), "只该省")
    console = Console()
    if not console.is_terminal:
        console.width = 160
    console.print(table)


if __name__ == "__main__":
    main()
