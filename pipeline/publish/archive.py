"""Which address an edition has on the site. What was published stays where it is and says what it said: an edition that is
published again with other contents is another publication, `2025-sample-2`, beside the first.

What an edition consists of are the files that `build` made; how the site dresses them (its bar, the address of the site, a
signature, a further format or language) does not make it another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.errors import DataError
from pipeline.keeping import file_digest
from pipeline.layout import Layout
from pipeline.publish import clearance, whole
from pipeline.publish.taken import Edition

Listed = Mapping[str, Any]
"""An edition as editions.json lists it."""


def contents(layout: Layout, edition: Edition) -> dict[str, str]:
    """SHA-256 of each file that `build` made, by region and name."""
    data = [*clearance.tables(layout, edition), *whole.scenarios(layout, edition)]
    found = {path.name: file_digest(path) for path in data}
    for report in edition.reports:
        for one in (report, report.english):
            for files in one.parts.values() if one is not None else ():
                found |= {f"{report.region.code}/{path.name}": file_digest(path) for path in files.values()}
    return found


def of(one: Listed) -> str:
    """What a listed edition is a publication of."""
    return str(one.get("of", one["name"]))


def earlier(built: str, editions: Sequence[Listed]) -> list[Listed]:
    """The publications of an edition, the first one first."""
    return sorted((one for one in editions if of(one) == built), key=number)


def number(one: Listed) -> int:
    return int(one.get("number", 1))


def placed(edition: Edition, made: Mapping[str, str], editions: Sequence[Listed]) -> Edition:
    """The edition under the address that it has: that of the last publication if this is the same, else one of its own.
    made: its `contents`; editions: of the site. Raises DataError for what an earlier publication has said already, or what is
    older than the one that it would correct."""
    before = earlier(edition.built, editions)
    if before and _is_same(edition, made, before[-1]):
        return replace(edition, name=before[-1]["name"], number=number(before[-1]))
    again = next((one["name"] for one in before if _is_same(edition, made, one)), None)
    if again is not None:
        raise DataError(
            "publish.again",
            f"没有发布：这些报告在 {again} 已经公布过，后来由 {before[-1]['name']} 更正；请用更正后的数据重新生成报告，再发布",
        )
    if before and edition.date < before[-1]["date"]:
        raise DataError(
            "publish.older",
            f"没有发布：{edition.built} 已公布的 {before[-1]['name']} 日期为 {before[-1]['date']}，"
            f"这次的报告日期更早（{edition.date}）；更正的一版日期不能更早，请改正参数 date，重新生成",
        )
    taken = {one["name"] for one in editions}
    at = number(before[-1]) + 1 if before else 1
    name, further = edition.built if at == 1 else f"{edition.built}-{at}", at
    while name in taken:  # by an edition of filings that are called so
        further += 1
        name = f"{edition.built}-{further}"
    return replace(edition, name=name, number=at)


def corrected(edition: Edition, editions: Sequence[Listed]) -> Listed | None:
    """Which publication one that the site has not yet corrects."""
    before = earlier(edition.built, editions)
    return before[-1] if before and edition.name not in {one["name"] for one in editions} else None


def _is_same(edition: Edition, made: Mapping[str, str], one: Listed) -> bool:
    """Whether a publication has the same reports and says the same in all files that it has."""
    reports = {region.code for region in edition.regions}, set(edition.scenarios)
    said: Mapping[str, str] = one.get("contents") or {}  # which editions of before there were publications have not
    return bool(said) and reports == ({*one["regions"]}, {*one["scenarios"]}) and said.items() <= made.items()
