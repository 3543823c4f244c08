"""Which region is meant: the nation and the 31 provinces, by any spelling that people use for them.

Names and codes (GB/T 2260) are read from `data/raw/reference/provinces.csv`, further spellings from
`region_aliases.csv` beside it; no name of a province stands in the code.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from pipeline.errors import DataError, RegionError
from pipeline.layout import Layout

NATION_CODE = "000000"
ALL = frozenset({"all", "全部", "所有"})


@dataclass(frozen=True)
class Region:
    """The nation or a province. `grid_region` is None where none is named (the nation, 西藏)."""

    code: str
    name_zh: str
    short_zh: str
    grid_region: str | None
    economic_region: str | None

    @property
    def is_nation(self) -> bool:
        return self.code == NATION_CODE

    @property
    def slug(self) -> str:
        """The name of the region's folders and files: `440000-广东`."""
        return f"{self.code}-{self.short_zh}"


NATION = Region(NATION_CODE, "全国", "全国", None, None)


def all_regions(layout: Layout) -> list[Region]:
    """The nation and the 31 provinces in the order of their codes (32 regions). Raises DataError."""
    return [NATION, *(region for region, inside in _divisions(layout) if inside)]


def aliases(layout: Layout) -> dict[str, str]:
    """Alias -> six-digit code, for the 31 provinces and the nation; raises DataError.

    The aliases are in the form that `fold` gives, so look up `aliases(layout).get(fold(text))`. Two-digit
    aliases are province prefixes: any six-digit code that begins with one lies in that province.
    """
    known = {region.code for region in all_regions(layout)}
    return {alias: code for alias, code in _all_aliases(layout).items() if code in known}


def fold(text: str) -> str:
    """The form in which names are compared: half-width, lower case, without blanks, hyphens, apostrophes."""
    return re.sub(r"[\s\-_'’\u200b-\u200d\u2060\ufeff]", "", unicodedata.normalize("NFKC", text).casefold())


def resolve(text: str, layout: Layout) -> Region:
    """The one region that `text` means.

    Accepts codes (440000, 44, a prefecture's 440300), short, full, English and abbreviated names, the
    cities with their own plan (深圳 is in 广东) and 新疆生产建设兵团. Raises RegionError for anything else,
    with a sentence of its own for 台湾, 香港, 澳门; DataError when the reference is missing.
    """
    table = _all_aliases(layout)
    key = fold(text)
    code = table.get(key)
    if code is None and re.fullmatch(r"[0-9]{6}", key):
        code = table.get(key[:2])
    if code == NATION_CODE:
        return NATION
    for region, inside in _divisions(layout):
        if region.code == code and inside:
            return region
        if region.code == code:
            raise RegionError(
                "region.outside",
                f"本报告范围为 31 个省（区、市），所用统计与填报中没有{region.short_zh}的数据，"
                "请填写全国、all 或 31 个省（区、市）之一。",
            )
    if key in ALL or len(_parts(text)) > 1:
        raise RegionError("region.one", f"“{text.strip()[:20]}”不是一个地区；这里只能填写一个，如 全国、广东、440000。")
    raise RegionError("region.unknown", _unknown(text, table, layout))


def resolve_many(text: str, layout: Layout) -> list[Region]:
    """The regions of a list such as `广东,浙江` or `all` (the nation and 31), in its order, each once.

    Separators are the comma (，too), 、 and the semicolon. Raises RegionError (also when nothing is named)
    and DataError.
    """
    parts = _parts(text)
    found: dict[str, Region] = {}
    for part in parts or [text]:
        regions = all_regions(layout) if fold(part) in ALL else [resolve(part, layout)]
        found.update((region.code, region) for region in regions if region.code not in found)
    return list(found.values())


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[,，、;；]", text) if part.strip()]


def _unknown(text: str, table: dict[str, str], layout: Layout) -> str:
    short = {region.code: region.short_zh for region in all_regions(layout)}
    # 广冬 shares one of two characters with 广东, so the cutoff lies at a half.
    near = difflib.get_close_matches(fold(text), [a for a in table if table[a] in short], n=6, cutoff=0.5)
    names = list(dict.fromkeys(short[table[alias]] for alias in near))[:3]
    hint = f"最接近的是{'、'.join(names)}；" if names else ""
    shown = text.strip()[:20] or "（空）"
    return f"没有名为“{shown}”的地区；{hint}请填写全国、all，或一个省份的名称或代码（如 广东、440000）。"


@cache  # a process reads the reference once: it is part of the checkout
def _all_aliases(layout: Layout) -> dict[str, str]:
    """Like `aliases`, with 台湾, 香港, 澳门."""
    table = {fold(NATION.short_zh): NATION_CODE, NATION_CODE: NATION_CODE, fold(NATION.slug): NATION_CODE}
    columns = ["code", "short_zh", "name_zh", "name_en", "letter_code"]
    for code, short, *names in _read(layout.reference / "provinces.csv", columns).iter_rows():
        table.update((fold(name), code) for name in (code, code[:2], short, f"{code}-{short}", *names) if name)
    others = _read(layout.reference / "region_aliases.csv", ["alias", "code"])
    table.update((fold(alias), code) for alias, code in others.iter_rows())
    return table


@cache
def _divisions(layout: Layout) -> tuple[tuple[Region, bool], ...]:
    """Every division of provinces.csv by code, and whether it is one of the 31."""
    columns = ["code", "name_zh", "short_zh", "grid_region", "economic_region", "in_31"]
    rows = _read(layout.reference / "provinces.csv", columns).sort("code").iter_rows()
    # 内蒙古 lies in two grid regions (华北/东北); the first is the one it is compared with.
    return tuple(
        (Region(code, name, short, grid.split("/")[0] if grid else None, economic), inside == "yes")
        for code, name, short, grid, economic, inside in rows
    )


def _read(path: Path, columns: list[str]) -> pl.DataFrame:
    mend = "请确认 data/raw/reference 完整（可用 git checkout data/raw 恢复）。"
    try:
        return pl.read_csv(path, columns=columns, infer_schema=False, glob=False).select(columns)
    except FileNotFoundError:
        raise DataError("reference.missing", f"找不到 {path}；{mend}") from None
    except (OSError, pl.exceptions.PolarsError):
        raise DataError("reference.unreadable", f"{path} 无法读取或缺少应有的列；{mend}") from None
