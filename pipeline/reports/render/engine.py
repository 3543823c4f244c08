"""What an engine is, and which one a build uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from pipeline.errors import RenderError
from pipeline.reports.render.embedded import Embedded
from pipeline.reports.render.quarto import LIMIT_S, MINIMUM, Quarto

NAMES = ("auto", "quarto", "embedded")


class Engine(Protocol):
    """Turns report.qmd files into HTML, PDF and Word.

    `render(stage, stems, formats)`: stage holds `<stem>.qmd`, the pictures under `<stem>/`, and `theme/`; afterwards
    it holds `out/<stem>.<format>` for each of `formats` (html, pdf, docx). Raises RenderError. together: how many
    reports are best rendered in one call.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def together(self) -> int: ...

    def render(self, stage: Path, stems: Sequence[str], formats: Sequence[str]) -> None: ...


def choose(name: str, limit_s: float = LIMIT_S, say: Callable[[str], object] = lambda said: None) -> Engine:
    """The engine called `name`; `auto` takes Quarto where a command of a version that serves is found, and tells `say`
    of one that does not. limit_s: for one call of Quarto."""
    if name not in NAMES:
        raise RenderError("engine.unknown", f"没有名为 {name} 的渲染引擎；可用：{'、'.join(NAMES)}")
    quarto = Quarto.find(limit_s) if name != "embedded" else None
    if quarto is not None and quarto.serves:
        return quarto
    need = ".".join(map(str, MINIMUM))
    if name == "quarto":
        if quarto is None:
            raise RenderError(
                "engine.no_quarto",
                "找不到 quarto 命令；请安装 Quarto（conda env create -f environment.yml 会带上），"
                "或用 QUARTO_PATH 指明它的位置，或改用 --engine embedded",
            )
        raise RenderError(
            "engine.old_quarto", f"Quarto {quarto.version} 太旧，需要 {need} 或更高；请升级，或改用 --engine embedded"
        )
    if quarto is not None:
        say(f"找到的 Quarto 是 {quarto.version}（{quarto.command}），需要 {need} 或更高，改用内置引擎。")
    return Embedded()
