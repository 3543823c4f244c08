"""What both engines ask alike: of the stage before they read it, and of every file that they made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.errors import RenderError
from pipeline.reports.render import word

MARKS = {"html": "<!-- report.lua: whole -->\n", "pdf": "// report.lua: whole\n"}  # as theme/report.lua writes them

_part = re.compile(r"\btheme/[\w.-]+")
_metadata = re.compile(r"\A---\n.*?^---$", re.M | re.S)
_code = re.compile(r"^(`{3,}).*?^\1`*$", re.M | re.S)
_span = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_opens = re.compile(r"\s*:{3,}\s*(?:\{[^}]*\}|[\w-]+)\s*:*\s*")
_closes = re.compile(r"\s*:{3,}\s*")


def check(stage: Path, stems: Sequence[str]) -> None:
    """Refuse what one engine would take and the other not: a part of the theme that is not there, a `:::` that opens
    or closes no div. Raises RenderError."""
    for part in _part.findall((stage / "_quarto.yml").read_text("utf-8")):
        if not (stage / part).is_file():
            raise RenderError("stage.part", f"渲染要用的 {part} 不见了；reports/theme 应是完整的，请从版本库取回")
    for stem in stems:
        for line, what in _fences((stage / f"{stem}.qmd").read_text("utf-8")):
            raise RenderError("stage.fence", f"{stem}.qmd 第 {line} 行{what}")


def _fences(text: str) -> Iterator[tuple[int, str]]:
    """The `:::` of a report.qmd that are not right: line and what is wrong."""
    for hidden in (_metadata, _code):
        text = hidden.sub(lambda found: "\n" * found[0].count("\n"), text)
    open_at: list[int] = []
    apart = True  # from a paragraph, which a div cannot begin in
    for number, line in enumerate(text.splitlines(), 1):
        line = _span.sub("", line)
        if _closes.fullmatch(line):
            if not open_at:
                yield number, "有多余的 :::，前面没有要它结束的内容块；请删去"
            else:
                open_at.pop()
            apart = True
        elif apart and _opens.fullmatch(line):
            open_at.append(number)
        elif ":::" in line:
            yield number, "的 ::: 不能开始或结束一个内容块；它应单独成行，前面空一行"
        else:
            apart = not line.strip()
    for number in open_at:
        yield number, "开始的内容块没有结束；应在其后另起一行写 :::"


def take_mark(path: Path, format: str) -> None:
    """Take out of a file what theme/report.lua puts there when it has come to its end. Raises RenderError where it is
    missing: Quarto goes on after a filter that failed."""
    if format == "docx":
        whole = word.finish(path)
    else:
        text = path.read_text("utf-8")
        whole = text.count(MARKS[format]) == 1
        path.write_text(text.replace(MARKS[format], ""), "utf-8")
    if not whole:
        raise RenderError("stage.unmarked", f"{path.name} 没有经过 theme/report.lua 的完整处理，不能用作报告")
