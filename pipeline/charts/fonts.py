"""The Chinese fonts that charts and PDF are set in.

The fonts come from two packages on PyPI (all OFL), so that every machine draws the same glyphs and measures the
same widths; a Noto or Source Han font of the system is only a way out when a package is missing.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SANS = "Noto Sans SC"
SERIF = "Noto Serif SC"
BOLD = "Noto Sans CJK TC"  # its simplified forms are chosen by lang zh, region cn

SYSTEM_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "C:/Windows/Fonts")
SYSTEM_PATTERNS = ("*NotoSansCJK*", "*NotoSerifCJK*", "*NotoSansSC*", "*NotoSerifSC*", "*SourceHan*SC*")


@dataclass(frozen=True)
class FontFile:
    """One font that the report uses: its name in the template, its role, its family, where it stands, its stand-in."""

    name: str
    role: str
    family: str
    path: Path | None
    instead: str


@cache
def packaged() -> tuple[FontFile, ...]:
    """The three font files from the font packages; `path` is None where a package is missing."""
    files = (
        ("serif", "正文（宋体）", SERIF, "pylopdf_fonts_zh_cn", "NotoSerifSC-Regular.otf", "Noto Serif CJK SC"),
        ("sans", "图表（黑体）", SANS, "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf", "Noto Sans CJK SC"),
        ("bold", "标题（粗黑）", BOLD, "cvttf_NotoSansCJK_Bold", "NotoSansCJKtc-Bold.otf", "Noto Sans CJK SC"),
    )
    return tuple(
        FontFile(name, role, family, _inside(package, file), instead)
        for name, role, family, package, file, instead in files
    )


def _inside(package: str, name: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (path := Path(folder) / name).is_file():
            return path
    return None


@cache
def system() -> tuple[Path, ...]:
    """Font files of the system that hold Chinese glyphs, looked for only where the system keeps fonts."""
    folders = [Path(folder) for folder in SYSTEM_FOLDERS if Path(folder).is_dir()]
    return tuple(sorted({path for folder in folders for pattern in SYSTEM_PATTERNS for path in folder.rglob(pattern)}))


def folders() -> list[Path]:
    """The folders that typst and vl-convert search: the packages', then, if one is missing, the system's."""
    found = [font.path.parent for font in packaged() if font.path]
    if len(found) < len(packaged()):
        found += [path.parent for path in system()]
    return list(dict.fromkeys(found))


def content() -> list[str]:
    """SHA-256 of every font file that charts are drawn with: the packages', then, if one is missing, the system's."""
    files = [font.path for font in packaged() if font.path]
    return [hash_of(path) for path in (*files, *(system() if len(files) < len(packaged()) else ()))]


@cache
def hash_of(path: Path) -> str:
    """SHA-256 of a font file, as this process first saw it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def families() -> dict[str, str]:
    """The family that each name of the template (serif, sans, bold) is set in on this machine."""
    return {font.name: font.family if font.path else font.instead for font in packaged()}
