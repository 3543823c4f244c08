"""Which numbers of the sentences stand in the published tables? Those that do not are told, not refused: a sentence may
say a difference of two values, or quote somebody."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from pipeline.given.regions import NATION_CODE
from pipeline.publish.home import DOWNLOADS
from pipeline.verify import texts
from pipeline.verify.site import Found, Site

NAMED = 5
CLOSE = 1e-12  # relative: binary fractions
_said = re.compile(r"\d[\d,]*(?:\.\d+)?(?=\s*(?:%|万|亿|个百分点|percent|million|billion))|\d[\d,]*\.\d+")
_spread = re.compile(r"\d[\d,]*(?:\.\d+)?")


def check(site: Site) -> Iterator[Found]:
    """For every page of a report, how many of its quantities stand in the tables, and the first of those that do not."""
    for edition, code, scenario in site.pages():
        paths = [
            path for path in site.of_report(edition, code, scenario) if path.endswith(".html") and site.inside(path)
        ]
        known = _Values(site, edition, code) if paths else None
        for path in paths:
            if known is None:
                continue
            try:
                text = texts.plain("".join(texts.read(site.root / path).told))
            except (OSError, ValueError):
                continue  # which was said
            found = list(_said.finditer(text))
            if not found:
                continue
            beyond = [one for one in found if not known.has(one[0].replace(",", ""))]
            named = "、".join(" ".join(text[one.start() : one.end() + 5].split()) for one in beyond[:NAMED])
            others = f"，{len(beyond)} 个没有（由别的数算得，或引自他处）：{named}" if beyond else ""
            yield Found(
                f"{path} 文字中的 {len(found)} 个数，{len(found) - len(beyond)} 个见于公布的表{others}", fault=False
            )


class _Values:
    """The numbers that the tables of an edition have for a region, and for the nation in the table of all indicators."""

    def __init__(self, site: Site, edition: str, code: str) -> None:
        values, self._printed = set[float](), set[str]()
        folder = f"{DOWNLOADS}/{edition}/"
        for path in site.paths:
            name = path.removeprefix(folder)
            if name != path and name.endswith(".csv") and "/" not in name:
                for (where, _), rows in site.data(path).rows.items():
                    if where in ("", code, NATION_CODE):
                        values |= set(self._of(cell for row in rows for cell in row))
        self._values = sorted(values)

    def _of(self, cells: Iterable[str]) -> Iterator[float]:
        for cell in cells:
            try:
                value = abs(float(cell))
            except ValueError:
                self._printed |= {one.replace(",", "") for one in _spread.findall(cell)}
            else:
                if math.isfinite(value):  # what is withheld cannot be sorted
                    yield value

    def has(self, printed: str) -> bool:
        """Whether any value prints so, in whatever scale, or is written so in a text."""
        half = 0.5 * 10.0 ** -len(printed.partition(".")[2])
        for scale in map(float, texts.SCALES):
            low, high = (float(printed) - half) / scale, (float(printed) + half) / scale
            at = bisect_left(self._values, low * (1 - CLOSE))
            if at < len(self._values) and self._values[at] <= high * (1 + CLOSE):
                return True
        return printed in self._printed
