"""Do the pages of indicators and provinces, and the series at their addresses, say what the published table of all indicators and
the reports say?"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator

import polars as pl

from pipeline.language.words import Words
from pipeline.publish import tables
from pipeline.publish.frame import ENDINGS, INDEX
from pipeline.publish.home import DOWNLOADS
from pipeline.publish.province import ID
from pipeline.publish.series import FOLDER, NAMES
from pipeline.publish.whole import VALUES
from pipeline.verify import numbers, texts
from pipeline.verify.site import Found, Site, summed
from pipeline.verify.texts import Known, Page, Table

KEYS = ("indicator_id", "region_code", "year", "value", "dimension")
OWN = ("series", ID)  # the tables of values
LISTS = tuple(Words(language)("site_all_indicators") for language in ENDINGS)
"""The headings under which a province's page has them."""
_page = re.compile(rf"{INDEX}(?:\.\w+)?\.html")


def check(site: Site) -> Iterator[Found]:
    compared = 0
    for edition in site.wanted():
        mine = [path for path in site.paths if path.startswith(f"{edition}/") and site.inside(path)]
        mine = [path for path in mine if _is_place(path) and site.file(path)]
        known = [_Values(site, edition, suffix) for suffix in ("csv", "parquet")] if mine else []
        known = [one for one in known if one.heads]
        for path in mine if known else ():
            try:
                count, said = known[0].check(path)
                if said:  # by a table that was itself changed nothing is judged: that is said of the table
                    count, said = min((one.check(path) for one in known), key=lambda one: len(one[1]))
            except (OSError, ValueError, csv.Error):
                yield Found(f"{path} 读不出来，或不是所公布的样子")
                continue
            compared += count
            yield from summed(path, "处与公布的数据不同", said)
    if compared:
        yield Found(f"核对了各地区、各指标的页面和历年数据的 {compared} 个数", fault=False)


def _is_place(path: str) -> bool:
    """Whether it is a series, the page of an indicator or of all, or the page of a province."""
    _, *between, name = path.split("/")
    if between[:1] == [FOLDER]:
        return name.endswith(".csv") or bool(_page.fullmatch(name))
    return len(between) == 1 and bool(_page.fullmatch(name))


def _read(site: Site, path: str) -> list[list[str]]:
    content = site.read(path)
    if path.endswith(".parquet"):
        content = tables.as_csv(pl.read_parquet(io.BytesIO(content)))
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


class _Values:
    """The table of all indicators of an edition: its rows by indicator and region, its values of the whole by year too; without
    heads where it cannot be read."""

    def __init__(self, site: Site, edition: str, suffix: str) -> None:
        self._site, self.heads = site, list[str]()
        self._rows, self._wholes = dict[tuple[str, str], list[list[str]]](), dict[tuple[str, ...], str]()
        try:
            heads, *rows = _read(site, f"{DOWNLOADS}/{edition}/{VALUES}.{suffix}")
            *keys, value, dimension = (heads.index(name) for name in KEYS)
            for row in rows:
                self._rows.setdefault((row[keys[0]], row[keys[1]]), []).append(row)
                if not row[dimension]:
                    self._wholes[tuple(row[at] for at in keys)] = row[value]
            self.heads = heads
        except (OSError, ValueError, IndexError, csv.Error, pl.exceptions.PolarsError):
            return  # that it cannot be read is said of the table

    def check(self, path: str) -> tuple[int, list[str]]:
        """How much of a series or page was compared, and what is not as in the table."""
        return self.series(path) if path.endswith(".csv") else self.page(path)

    def series(self, path: str) -> tuple[int, list[str]]:
        """How many values of a series were compared, and which are others than those of the table."""
        *_, id, name = path.split("/")
        heads, *rows = _read(self._site, path)
        if heads != [*NAMES, *self.heads]:
            return 0, [f"列名为 {'、'.join(heads)}"]
        wanted = self._rows.get((id, name.removesuffix(".csv")), [])
        if len(rows) != len(wanted):
            return 0, [f"有 {len(rows)} 行，公布的数据为 {len(wanted)} 行"]
        said = [
            f"第 {at} 行的 {head} 写的是 {one or '空'}，公布的数据为 {other or '空'}"
            for at, (row, right) in enumerate(zip(rows, wanted, strict=True), 1)
            for head, one, other in zip(self.heads, row[len(NAMES) :], right, strict=True)
            if one != other
        ]
        return len(rows), said

    def page(self, path: str) -> tuple[int, list[str]]:
        page = texts.read(self._site.root / path)
        count, said = 0, list[str]()
        for id in OWN:
            if id in page.tables:
                found = list(self._cells(path, page.tables[id]))
                count += len(found)
                said += filter(None, found)
        if path.split("/")[1] != FOLDER:
            more, strange = self._of_report(path, page)
            count, said = count + more, said + strange
        return count, said

    def _cells(self, path: str, table: Table) -> Iterator[str]:
        """Of each value what is wrong with it, "" where it is right."""
        _, folder, *between = path.split("/")[:-1]
        for row in filter(None, table.rows):
            cells = dict(zip(table.heads, row, strict=False))
            for head, (text, exact) in cells.items():
                if not re.fullmatch(r"\d{4}", head):
                    continue
                first = row[0][1]
                of = (between[0], first) if between else (first, self._region if folder == FOLDER else folder)
                value = self._wholes.get((*of, head), "")
                if not _is_same(exact, value):
                    yield f"{'·'.join(of)} {head} 年写的是 {exact or '空'}，公布的数据为 {value or '空'}"
                elif not (numbers.prints(text, exact) if _is_number(exact) else not re.search(r"\d", text)):
                    yield f"{'·'.join(of)} {head} 年印的是 {text}，公布的数据为 {value}"
                else:
                    yield ""

    @property
    def _region(self) -> str:
        """Of which region the list of all indicators has the values: the nation, or the first."""
        return min((region for _, region in self._rows), default="")

    def _of_report(self, path: str, page: Page) -> tuple[int, list[str]]:
        """How many numbers of a province's page stand on the pages of its report, and which do not."""
        folder, _, name = path.rpartition("/")
        ending = name.removeprefix(INDEX)
        reports = [one for one in self._site.paths if one.startswith(f"{folder}/") and _ending(one) == ending]
        reports = [one for one in reports if one != path and self._site.file(one)]
        if not reports:
            return 0, []
        known = Known(texts.read(self._site.root / one) for one in reports)
        told = [
            one
            for title, (_, *said) in page.chapters.items()
            if title and title not in LISTS
            for one in texts.numbers("".join(said), title)
            if not one.after.startswith("MB")  # of the files
        ]
        return len(told), [f"“{one.before}{one.text}{one.after}”不在这个地区的报告里" for one in known.strange(told)]


def _ending(path: str) -> str:
    """`.html`, `.en.html`."""
    return path.rsplit("/", 1)[-1].removeprefix(path.rsplit("/", 1)[-1].split(".", 1)[0])


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _is_same(one: str, other: str) -> bool:
    return float(one) == float(other) if _is_number(one) and _is_number(other) else one == other
