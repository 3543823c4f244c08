"""The hashes of what every report reads: code, libraries, reference data, published statistics, theme and fonts."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pipeline
from pipeline.charts import fonts
from pipeline.keeping import Hashes, digest
from pipeline.layout import Layout

DATA = (".csv", ".yml")
PACKAGES = (
    "altair", "dataframely", "ipykernel", "ipython", "jinja2", "nbformat", "numpy", "papermill", "polars", "pydantic",
    "pypandoc-binary", "pyyaml", "scipy", "typst", "vl-convert-python",
)  # fmt: skip


@lru_cache(8)
def hashes(layout: Layout) -> Hashes:
    """The hashes of files as they are now, with what this process and earlier builds remember of them."""
    return Hashes(layout.processed / ".hashes.json")


def shared(layout: Layout, files: Hashes) -> dict[str, str]:
    """What chapters, tables and reports all depend on: code, versions, public, reference."""
    return {
        "code": files.tree(Path(pipeline.__file__).parent, ".py", ".yml"),
        "versions": digest(versions()),
        "public": files.tree(layout.public, *DATA),
        "reference": files.tree(layout.reference, *DATA),
    }


def rendering(layout: Layout, files: Hashes) -> dict[str, str]:
    """What rendering depends on besides: theme, fonts, the chapters' texts."""
    return {
        "text": digest([files.tree(layout.texts, ".md"), files.tree(layout.reports / "editorial", ".md", ".docx")]),
        "theme": digest([files.tree(layout.reports / "theme"), files.file(layout.reports / "_quarto.yml")]),
        "fonts": digest([files.file(font.path) if font.path else None for font in fonts.packaged()]),
    }


def filed(folder: Path, common: Mapping[str, str], files: Hashes) -> dict[str, str]:
    """What the intake of `folder` depends on; common: see `shared`."""
    return {**common, "filings": digest([folder.resolve().name, files.tree(folder)])}


@cache
def versions() -> dict[str, str]:
    """Python and the packages on which the content of files depends."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
