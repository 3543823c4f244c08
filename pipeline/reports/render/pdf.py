"""typst source to a tagged PDF/UA-1 with every font inside; both engines end here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import typst

from pipeline import wording
from pipeline.charts import fonts
from pipeline.errors import RenderError

FAILED = 3  # how the process ends that has said why
TOLD = "\n\n#text(size: 8pt)[注：填报的文字中有不能照原样排印的字符，已改用基本字形、略去或以〓代替。]\n"
_picture = re.compile(r'image\("([^"\n]+\.svg)"')
_unprintable = re.compile(r"could not be displayed|disallowed codepoint|missing codepoints")


def compile_pdf(source: Path, output: Path, root: Path) -> None:
    """Compile `source` (under `root`, with its pictures) to `output`. A warning, such as an
    unknown font, is an error here.

    What enterprises write may hold characters that no font has, such as emoji, or that a PDF/UA must not hold. They
    become NO_TYPE, or nothing where they are invisible; if that is not enough, as with a stack of combining marks, all
    texts are set in base letters. A line at the end tells so.

    In a process of its own: typst keeps what it has set, a gigabyte for a long annex, and gains nothing from it for the
    next one. Raises RenderError.
    """
    here = os.pathsep.join([str(Path(__file__).parents[3]), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-P", "-m", __name__, source, output, root],
        capture_output=True,
        env=os.environ | {"PYTHONPATH": here},
    )
    if done.returncode == FAILED:
        raise RenderError(*json.loads(done.stderr))
    if done.returncode:
        raise RenderError(
            "pdf.ended", f"PDF 排版（{source.name}）的进程中断（退出码 {done.returncode}）；请看内存和磁盘够不够。"
        )


def _compile(source: Path, output: Path, root: Path) -> None:
    try:
        pdf, warnings = _forgiving(source, root)
    except typst.TypstError as error:
        raise RenderError("pdf.failed", f"PDF 排版失败（{source.name}）：{_first_line(error)}") from error
    if warnings:
        raise RenderError("pdf.warned", f"PDF 排版有告警（{source.name}）：{_first_line(warnings[0])}")
    output.write_bytes(pdf)


def _forgiving(source: Path, root: Path) -> tuple[bytes, list[typst.TypstWarning]]:
    for change in (_printable, wording.base_letters):
        try:
            return _compiled(str(source), str(root))
        except typst.TypstError as error:
            if not _unprintable.search(str(error)):
                raise
        drawn = {source.parent / name for name in _picture.findall(source.read_text("utf-8"))}
        for path in (source, *sorted(drawn)):
            path.write_text(change(path.read_text("utf-8")), "utf-8")
        if change is _printable:
            source.write_text(source.read_text("utf-8") + TOLD, "utf-8")
    return _compiled(str(source), str(root))


def _printable(text: str) -> str:
    lost = {ord(one): wording.NO_TYPE if one.isprintable() else "" for one in set(text) if not _prints(one)}
    return text.translate(lost)


def _compiled(source: Any, root: str | None = None) -> tuple[bytes, list[typst.TypstWarning]]:
    return typst.compile_with_warnings(
        source,
        root=root,
        font_paths=[str(folder) for folder in fonts.folders()],
        ignore_system_fonts=True,
        sys_inputs=fonts.families(),
        format="pdf",
        pdf_standards="ua-1",
        timestamp=0,
    )


@cache
def _prints(one: str) -> bool:
    """Whether a PDF/UA can hold the character: some font has it, and it is allowed."""
    if one.isascii() and (one.isprintable() or one == "\n"):
        return True
    try:
        _compiled(f'#set document(title: "x")\n#set text(lang: "zh")\n#"字{one}字"\n'.encode())
    except typst.TypstError:
        return False
    return True


def _first_line(problem: object) -> str:
    return str(getattr(problem, "message", problem)).strip().splitlines()[0]


if __name__ == "__main__":
    try:
        _compile(*map(Path, sys.argv[1:]))
    except RenderError as error:
        sys.stderr.write(json.dumps([error.id, error.message]))
        sys.exit(FAILED)
