"""The production engine: one call of `quarto render` for many reports in all formats, nothing executed by it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import yaml

from pipeline.errors import RenderError
from pipeline.reports.render import stage as stages
from pipeline.reports.render.pdf import compile_pdf
from pipeline.scratch import scratch

MINIMUM = (1, 7)
LIMIT_S = 600
TARGETS = {
    "html": ("html", "html"),
    "pdf": ("typst", "typ"),
    "docx": ("docx", "docx"),
}  # what to ask, what comes
OUT = "_out"
FALLBACKS = ("/var/tmp", "/tmp")  # where the temporary folder is one that Quarto does not see

_escape = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_doubtful = re.compile(r"\[?WARN(?:ING)?\b")
_labelled = re.compile(rf"{_doubtful.pattern}|\[?(?:ERROR|FATAL)\b|Error running filter")
_no_cause = re.compile(r"Stack trace|stack traceback|\s|\[\d+/\d+\]|pandoc\s*$|metadata\s*$|Output created")
HARMLESS = re.compile(
    r"Could not load translations"  # pandoc has no Chinese words for parts that our templates do not use
    r"|The term \S+ has no translation"
    r"|Deprecated:"  # what Quarto asks of its pandoc
    r"|Error encountered when rendering files"  # follows the cause
    r"|found in the document: [^ ]*:::"  # what is no text is refused before Quarto sees it
)


@dataclass(frozen=True)
class Quarto:
    """See `engine.Engine`. `command`: the quarto executable; `version`: what it says of itself; `limit_s`: how long
    one call may take."""

    command: str
    version: str
    limit_s: float = LIMIT_S
    name: str = "quarto"
    together: int = 8  # its start costs as much as two reports

    @classmethod
    def find(cls, limit_s: float = LIMIT_S) -> Quarto | None:
        """The command at QUARTO_PATH (a file or its folder), else on the PATH; None where there is none that runs."""
        named = os.environ.get("QUARTO_PATH", "")
        if named and Path(named).is_dir():
            command = shutil.which("quarto", path=named) or shutil.which("quarto", path=str(Path(named) / "bin"))
        else:
            command = shutil.which(named or "quarto")
        if not command:
            return None
        try:
            status, said = _run([command, "--version"], Path.cwd(), 60)
        except (OSError, subprocess.TimeoutExpired):
            return None
        version = re.search(r"^\d+(?:\.\d+)+", said, re.M)
        return cls(command, version[0], limit_s) if status == 0 and version else None

    @property
    def serves(self) -> bool:
        """Whether the version is at least 1.7; 99.9.9, a development build, is."""
        return tuple(int(part) for part in re.findall(r"\d+", self.version)[:2]) >= MINIMUM

    def render(self, stage: Path, stems: Sequence[str], formats: Sequence[str]) -> None:
        stages.check(stage, stems)
        out = stage / "out"
        out.mkdir(exist_ok=True)
        with _in_plain_sight() as folder:
            project = folder / "project"
            shutil.copytree(stage, project, ignore=shutil.ignore_patterns("out"))
            config = yaml.safe_load((project / "_quarto.yml").read_text("utf-8"))
            config["format"] = {target: config["format"][target] for target, _ in map(TARGETS.__getitem__, formats)}
            (project / "_quarto.yml").write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
            self._render(project, stems)
            for stem in stems:
                for format in formats:
                    self._take(project / OUT / f"{stem}.{TARGETS[format][1]}", format, stage, out)

    def _take(self, made: Path, format: str, stage: Path, out: Path) -> None:
        if not made.is_file():
            raise RenderError("quarto.nothing", f"Quarto {self.version} 没有生成 {made.name}，也没有说明原因")
        stages.take_mark(made, format)
        if format == "pdf":
            source = stage / made.name  # beside its pictures
            shutil.copyfile(made, source)
            compile_pdf(source, out / f"{made.stem}.pdf", stage)
        else:
            shutil.copyfile(made, out / made.name)

    def _render(self, project: Path, stems: Sequence[str]) -> None:
        try:
            status, said = _run([self.command, "render", ".", "--no-execute"], project, self.limit_s)
        except subprocess.TimeoutExpired as error:
            raise RenderError(
                "quarto.hangs",
                f"Quarto 渲染 {'、'.join(stems)} 超过 {self.limit_s:g} 秒还没有结束，已终止；"
                "机器确实慢时请加大 --quarto-limit，否则改用 --engine embedded",
            ) from error
        if cause := fault(said, status):
            raise RenderError("quarto.failed", f"Quarto 渲染失败（退出码 {status}）：{cause}")


def fault(said: str, status: int) -> str:
    """Why what Quarto made is no report: the first error that it told, with the file and line named there, else what it
    said before it gave up, else the first warning that is not harmless. Empty where all is well; `status`, that of its
    exit, is 0 after most faults."""
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", _escape.sub("", said)) if line.strip()]
    wrong: list[str] = []
    doubtful: list[str] = []
    other: list[str] = []
    for line, after in pairwise([*lines, ""]):
        if not _labelled.match(line):
            other += [] if _no_cause.match(line) else [line]
            continue
        whole = line if _labelled.match(after) or _no_cause.match(after) else f"{line} {after}".strip()
        if not HARMLESS.search(whole):
            (doubtful if _doubtful.match(line) else wrong).append(whole)
    if status:
        doubtful = [*other, "没有说明原因"]
    return next(iter([*wrong, *doubtful]), "")


@contextmanager
def _in_plain_sight() -> Iterator[Path]:
    """A temporary folder with no dot before a component of its path: Quarto does not see what lies in such a folder,
    and does not say so."""
    for above in (tempfile.gettempdir(), *FALLBACKS):
        where = Path(above).resolve()
        if os.access(where, os.W_OK) and not any(part.startswith(".") for part in where.parts):
            with scratch(where) as folder:
                yield folder
            return
    raise RenderError(
        "quarto.dotted",
        f"Quarto 看不见以点开头的文件夹，而临时文件夹 {tempfile.gettempdir()} 在这样的文件夹里；"
        "请把环境变量 TMPDIR 设为别处，或改用 --engine embedded",
    )


def _run(command: Sequence[str], folder: Path, limit_s: float) -> tuple[int, str]:
    """Exit status and all that the command said. Its children end with it, whatever happens here.

    Raises OSError, TimeoutExpired.
    """
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=limit_s)
    finally:
        if os.name == "nt":
            if process.poll() is None:
                subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True)
        else:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return process.returncode, said.decode("utf-8", "replace")
