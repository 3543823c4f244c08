"""typst source to a tagged PDF/UA-1 with every font inside; both engines end here."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import typst

from pipeline.charts import fonts
from pipeline.errors import RenderError

NO_TYPE = "〓"  # what a printer sets for a character that he has no type of
_unprintable = re.compile(r"could not be displayed|disallowed codepoint")


def compile_pdf(source: Path, output: Path, root: Path) -> None:
    """Compile `source` (under `root`, with pictures in the folder of its stem) to `output`. A warning, such as an
    unknown font, is an error here.

    What enterprises write may hold characters that no font has, such as emoji, or that a PDF/UA must not hold. They
    become NO_TYPE, or nothing where they are invisible.
    """
    try:
        try:
            pdf, warnings = _compiled(str(source), str(root))
        except typst.TypstError as error:
            if not _unprintable.search(str(error)):
                raise
            for path in (source, *source.with_suffix("").glob("*.svg")):
                text = path.read_text("utf-8")
                lost = {ord(one): NO_TYPE if one.isprintable() else "" for one in set(text) if not _prints(one)}
                path.write_text(text.translate(lost), "utf-8")
            pdf, warnings = _compiled(str(source), str(root))
    except typst.TypstError as error:
        raise RenderError("pdf.failed", f"PDF 排版失败（{source.name}）：{_first_line(error)}") from error
    if warnings:
        raise RenderError("pdf.warned", f"PDF 排版有告警（{source.name}）：{_first_line(warnings[0])}")
    output.write_bytes(pdf)


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
