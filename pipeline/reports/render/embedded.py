"""The engine that needs nothing but PyPI: pandoc with our templates, then typst."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pypandoc

from pipeline.errors import RenderError
from pipeline.reports.render import stage as stages
from pipeline.reports.render.pdf import compile_pdf

HARMLESS = {"CouldNotLoadTranslations", "NoTranslation"}  # words that our templates do not use
READER = "markdown-smart-tex_math_dollars-citations"


class Embedded:
    """See `engine.Engine`."""

    name = "embedded"
    together = 1  # pandoc starts at once

    @property
    def version(self) -> str:
        return f"pandoc {pypandoc.get_pandoc_version()}"

    def render(self, stage: Path, stems: Sequence[str], formats: Sequence[str]) -> None:
        stages.check(stage, stems)
        out = stage / "out"
        out.mkdir(exist_ok=True)
        for stem in stems:
            if "html" in formats:
                include = ["--include-in-header=theme/head.html", "--include-after-body=theme/tail.html"]
                self._pandoc(stage, stem, "html5", f"out/{stem}.html", "html", *include)
                stages.take_mark(out / f"{stem}.html", "html")
            if "pdf" in formats:
                self._pandoc(stage, stem, "typst", f"{stem}.typ", "typ")
                stages.take_mark(stage / f"{stem}.typ", "pdf")
                compile_pdf(stage / f"{stem}.typ", out / f"{stem}.pdf", stage)
            if "docx" in formats:
                self._pandoc(stage, stem, "docx", f"out/{stem}.docx", None, "--reference-doc=theme/reference.docx")
                stages.take_mark(out / f"{stem}.docx", "docx")

    def _pandoc(self, stage: Path, stem: str, to: str, output: str, template: str | None, *more: str) -> None:
        command = [
            pypandoc.get_pandoc_path(),
            f"{stem}.qmd",
            f"--from={READER}",
            f"--to={to}",
            f"--output={output}",
        ]
        command += ["--standalone", "--wrap=none", "--lua-filter=theme/report.lua", *more]
        command += [f"--template=theme/embedded.{template}"] if template else []
        log = stage / f"{stem}.{to}.log"
        run = subprocess.run([*command, f"--log={log}"], cwd=stage, capture_output=True)
        logged = json.loads(log.read_text("utf-8")) if log.is_file() else []
        faults = [entry for entry in logged if entry["verbosity"] != "INFO" and entry["type"] not in HARMLESS]
        if run.returncode or faults:
            said = run.stderr.decode("utf-8", "replace").strip().splitlines() or [f"退出码 {run.returncode}"]
            cause = faults[0]["pretty"] if faults and not run.returncode else " ".join(said[:2])
            raise RenderError("pandoc.failed", f"pandoc 转换 {stem} 到 {to} 失败：{cause}")
