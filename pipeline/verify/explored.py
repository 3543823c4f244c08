"""Does the page on which readers choose for themselves have the published values, all of them and no others?"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from pipeline.indicators.flags import SUPPRESSED
from pipeline.publish import explore
from pipeline.publish.home import DOWNLOADS
from pipeline.publish.whole import CATALOGUE, VALUES
from pipeline.verify.site import Found, Site, parsed, summed
from pipeline.wording import HIDDEN, scripts

KEY = ("indicator_id", "region_code", "year", "dimension", "member")
Cells = Mapping[tuple[str, ...], tuple[str, str]]
"""indicator, region, year, dimension and member -> value as text, flags."""


def check(site: Site) -> Iterator[Found]:
    """What differs, and how many values were compared, for each edition in the scope."""
    for edition in site.wanted():
        path, table = f"{edition}/{explore.DATA}", f"{DOWNLOADS}/{edition}/{VALUES}.parquet"
        asked = site.inside(path) or site.inside(table) or site.scope.startswith(f"{edition}/{explore.PAGE}.")
        if path not in site.paths or not asked or not site.file(path):
            continue
        try:
            text = site.read(path).decode()
            if not (text.startswith(explore.HEAD) and text.endswith(explore.TAIL)):
                raise ValueError(path)
            data = parsed(text[len(explore.HEAD) : -len(explore.TAIL)].encode())
            told, names = _told(data), {one["id"]: str(one["name"][0]) for one in data["indicators"]}
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
            yield Found(f"{path} 读不出来")
            continue
        try:
            published = _published(_read(site, table))
            catalogue = _read(site, f"{DOWNLOADS}/{edition}/{CATALOGUE}.parquet")
            titles = {id: scripts(title) for id, title in catalogue.select("indicator_id", "名称").iter_rows()}
        except (OSError, TypeError, pl.exceptions.PolarsError):
            continue  # of which is told where the tables are verified
        said = [
            f"{'·'.join(filter(None, key))} 写的是 {_said(told.get(key))}，公布的数据为 {_said(published.get(key))}"
            for key in dict.fromkeys((*published, *told))
            if not _same(told.get(key), published.get(key))
        ]
        said += [f"{id} 的名称写的是“{name}”" for id, name in names.items() if titles.get(id) != name]
        yield from summed(path, "处与公布的数据不同", said)
        count = sum(1 for shown, _ in told.values() if shown)
        yield Found(f"核对了 {path} 的 {count} 个数值", fault=False)


def _read(site: Site, path: str) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(site.read(path)))


def _told(data: Mapping[str, Any]) -> Cells:
    found = dict[tuple[str, ...], tuple[str, str]]()
    years, regions = data["years"], [one["code"] for one in data["regions"]]
    for id, blocks in data["cells"].items():
        for part, places, values, flagged in blocks:
            dimension, member = (one or "" for one in data["parts"][part][:2])
            flags = {at: name for name, where in flagged.items() for at in where}
            keys = [(id, regions[place], str(year), dimension, member) for place in places for year in years]
            for at, (key, value) in enumerate(zip(keys, values, strict=True)):
                hidden = value == explore.WITHHELD
                shown = HIDDEN if hidden else "" if value is None else repr(float(value))
                found[key] = (shown, SUPPRESSED if hidden else flags.get(at, ""))
    return found


def _published(table: pl.DataFrame) -> Cells:
    """The table as its Parquet file has it, nan for what is withheld."""
    found = dict[tuple[str, ...], tuple[str, str]]()
    for *key, value, flag in table.select(*KEY, "value", "flag").iter_rows():
        shown = "" if value is None else HIDDEN if math.isnan(value) else repr(float(value))
        found[tuple("" if one is None else str(one) for one in key)] = (shown, flag or "")
    return found


def _same(one: tuple[str, str] | None, other: tuple[str, str] | None) -> bool:
    """A cell that the table has not is one without a value and without a flag."""
    a, b = one or ("", ""), other or ("", "")
    try:
        return a[1] == b[1] and float(a[0]) == float(b[0])
    except ValueError:
        return a == b


def _said(cell: tuple[str, str] | None) -> str:
    value, flag = cell or ("", "")
    return (value or "空") + (f"（{flag}）" if flag not in ("", SUPPRESSED) else "")
