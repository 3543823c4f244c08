"""typst source to a tagged PDF/UA-1 with every font inside; both engines end here."""

from __future__ import annotations

from pathlib import Path

import typst

from pipeline.charts import fonts
from pipeline.errors import RenderError


def compile_pdf(source: Path, output: Path, root: Path) -> None:
    """Compile `source` (under `root`) to `output`. A warning, such as an unknown font, is an error here."""
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(source),
            root=str(root),
            font_paths=[str(folder) for folder in fonts.folders()],
            ignore_system_fonts=True,
            sys_inputs=fonts.families(),
            format="pdf",
            pdf_standards="ua-1",
            timestamp=0,
        )
    except typst.TypstError as error:
        raise RenderError("pdf.failed", f"PDF 排版失败（{source.name}）：{_first_line(error)}") from error
    if warnings:
        raise RenderError("pdf.warned", f"PDF 排版有告警（{source.name}）：{_first_line(warnings[0])}")
    output.write_bytes(pdf)


def _first_line(problem: object) -> str:
    return str(getattr(problem, "message", problem)).strip().splitlines()[0]
