"""The production engine: one call of `quarto render` per format for many reports, nothing executed by it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import RenderError
from pipeline.reports.render.pdf import compile_pdf

MINIMUM = (1, 7)
TARGETS = {
    "html": ("html", "html"),
    "pdf": ("typst", "typ"),
    "docx": ("docx", "docx"),
}  # what to ask, what comes
OUT = "_out"
# What Quarto only warns of, with exit status 0, and what is a broken report all the same.
FAULT = re.compile(
    r"\bERROR\b|Could not fetch resource|Unable to resolve|not found|unknown font|found in the document: :::"
)


@dataclass(frozen=True)
class Quarto:
    """See `engine.Engine`. `command`: the quarto executable; `version`: what it says of itself."""

    command: str
    version: str
    name: str = "quarto"
    together: int = 8  # its start costs as much as two reports

    @classmethod
    def find(cls) -> Quarto | None:
        """The command at QUARTO_PATH (a file or its folder), else on the PATH; None where there is none that runs."""
        named = os.environ.get("QUARTO_PATH", "")
        if named and Path(named).is_dir():
            command = shutil.which("quarto", path=named) or shutil.which("quarto", path=str(Path(named) / "bin"))
        else:
            command = shutil.which(named or "quarto")
        if not command:
            return None
        try:
            said = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.SubprocessError):
            return None
        version = said.stdout.strip().splitlines()
        return cls(command, version[-1].strip()) if said.returncode == 0 and version else None

    @property
    def serves(self) -> bool:
        """Whether the version is at least 1.7; 99.9.9, a development build, is."""
        return tuple(int(part) for part in re.findall(r"\d+", self.version)[:2]) >= MINIMUM

    def render(self, stage: Path, stems: Sequence[str], formats: Sequence[str]) -> None:
        out = stage / "out"
        out.mkdir(exist_ok=True)
        for format in formats:
            target, suffix = TARGETS[format]
            said = self._render(stage, target)
            for stem in stems:
                made = stage / OUT / f"{stem}.{suffix}"
                if not made.is_file():
                    raise RenderError("quarto.nothing", f"Quarto 没有生成 {made.name}：{said}")
                if format == "pdf":
                    source = stage / made.name
                    made.replace(source)  # beside its pictures
                    compile_pdf(source, out / f"{stem}.pdf", stage)
                else:
                    made.replace(out / made.name)

    def _render(self, stage: Path, target: str) -> str:
        run = subprocess.run(
            [self.command, "render", ".", "--to", target, "--no-execute"],
            cwd=stage,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        said = [line for line in (run.stderr + run.stdout).splitlines() if line.strip()]
        faults = [line for line in said if FAULT.search(line) and "translations" not in line]
        if run.returncode or faults:
            shown = (faults or said[-1:] or ["没有说明原因"])[0].strip()
            raise RenderError("quarto.failed", f"Quarto 渲染 {target} 失败（退出码 {run.returncode}）：{shown}")
        return said[-1].strip() if said else ""
