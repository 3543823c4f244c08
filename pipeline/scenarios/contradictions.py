"""Where do parameters contradict the filings, or one another? One Chinese sentence each, for `params`, `build` and the report.

Only what somebody wrote is looked at, for a trend is the filings' own; its middle value counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pipeline.given import params
from pipeline.given.params import CONDITIONS, TREND, Params, Resolved
from pipeline.language.terms import chinese
from pipeline.scenarios.drivers import LEVELS, TRENDS, Published, Triple, did, said, told, trend
from pipeline.scenarios.start import History, Start

TABLE: dict[str, pl.DataType] = dict.fromkeys(("scenario", "region_code", "driver", "warning"), pl.String()) | {
    "changed": pl.Boolean()
}
"""changed: set by an analyst (the province's file or the command line)."""
DIFFERS = 0.05  # by how much the PUE of core rooms may differ from the filed one

Found = Iterator[tuple[str, str]]


def table(
    resolved: Mapping[str, Sequence[Resolved]], moved: pl.DataFrame, start: Start, history: History, known: Published
) -> pl.DataFrame:
    """TABLE of all scenarios and regions. resolved, start, history: see `drivers.table`, which made `moved`; known:
    `drivers.published`."""
    values = {(row[0], row[1], row[2]): row[3:] for row in moved.select("scenario", "region_code", "driver", *LEVELS).iter_rows()}  # fmt: skip
    first, rows = next(iter(resolved)), []
    for scenario, of_regions in resolved.items():
        for place, one in enumerate(of_regions):
            code = one.region.code
            own, other = ({driver: values[name, code, driver] for driver in Params.model_fields if (name, code, driver) in values} for name in (scenario, first))  # fmt: skip
            found = [*_filed(one, own, place, start, history, known), *_unlike(one, own, other, first)]
            for driver, text in found:
                title = Params.model_fields[driver].title
                named = {"region": one.region.short_zh, "scenario": scenario, "driver": driver, "title": title}
                sentence = chinese("contradiction", what=text, **named)
                rows.append((scenario, code, driver, f"{one.origins[driver]}：{sentence}。", driver in one.changed))
    return pl.DataFrame(rows, schema=TABLE, orient="row")


def _filed(
    one: Resolved, of: Mapping[str, Triple], place: int, start: Start, history: History, known: Published
) -> Found:
    """What is written against what the region filed."""
    year, pue, share = int(start.year[place]), start.pue[place], start.green_share[place]
    for driver, (_, mode, _) in of.items():
        if getattr(one.params, driver) == TREND:
            continue
        near = 0.005 if driver.startswith("pue") else 0.0005  # what prints alike contradicts nothing
        if driver in ("pue_new", "pue_retrofit") and mode > pue + near:
            key = "contradicts_new" if driver == "pue_new" else "contradicts_retrofit"
            yield driver, chinese(key, value=said(driver, mode), now=said(driver, pue), year=year)
        elif driver == "green_share_2030" and mode < share - near:
            values = {"value": said(driver, mode), "now": said(driver, share)}
            yield driver, chinese("contradicts_green", **values, year=year)
        elif driver == "pue_core_retrofit" and mode > of["pue_core"][1] - near:
            values = {"value": said(driver, mode), "now": said(driver, of["pue_core"][1])}
            yield driver, chinese("contradicts_core_retrofit", **values)
        elif driver == "pue_core":
            series = {at: value for at, value in TRENDS[driver].series(history, one.region.code).items() if at <= year}
            if series and abs(mode - series[max(series)]) > DIFFERS:
                values = {"value": said(driver, mode), "now": said(driver, series[max(series)])}
                yield (
                    driver,
                    chinese("contradicts_core", **values, year=max(series), differs=DIFFERS, trend=TREND),
                )
        elif driver in CONDITIONS and driver in TRENDS:
            yield from _growth(driver, mode, near, did(driver, one.region.code, year, history, known))
        elif params.better(driver) and driver in one.changed:
            yield from _below_trend(driver, one, mode, near, trend(driver, one.region, year, history, known))


def _growth(driver: str, mode: float, near: float, each: Mapping[int, float]) -> Found:
    """Growth beyond anything that the region did."""
    low, high = min(each.values(), default=mode), max(each.values(), default=mode)
    if not low - near <= mode <= high + near:
        span = {"first": min(each), "last": max(each), "low": said(driver, low), "high": said(driver, high)}
        yield driver, chinese("contradicts_growth", value=said(driver, mode), trend=TREND, **span)


def _below_trend(driver: str, one: Resolved, mode: float, near: float, found: tuple[Triple, str] | None) -> Found:
    """A measure that an analyst set, and that does less than goes on by itself."""
    if found is None or one.params.at_least != TREND:
        return
    (_, goes_on, _), basis = found
    less = mode - goes_on if params.better(driver) == "lower" else goes_on - mode
    if less > near:
        yield driver, chinese("contradicts_trend", value=said(driver, mode), basis=basis, now=said(driver, goes_on))


def _unlike(one: Resolved, own: Mapping[str, Triple], other: Mapping[str, Triple], first: str) -> Found:
    """A condition that is not that of the first scenario, without a reason."""
    for driver in CONDITIONS:
        if driver not in one.reasons and any(
            abs(a - b) > 1e-12 for a, b in zip(own[driver], other[driver], strict=True)
        ):
            values = {"own": told(driver, own[driver]), "value": told(driver, other[driver])}
            yield driver, chinese("contradicts_others", **values, other=first, driver=driver)
