"""What does the nation's outlook tell of the provinces that it is the sum of?

The public reads the nation's outlook as it is, made of every province's own numbers, if that tells no hidden one. A total
of a year ahead is the sum of the provincial amounts of the start, each times an index. The index of a province is known to
whoever can reckon it: where all drivers behind it come out of the published table as they are. Of any other province he
guesses that it grows as the nation does, and is off by what the filings say, to either side. So in sum, what the
provinces that can be reckoned have beyond the nation's growth is at most what the others may be apart from it.

Percentiles are of draws and in no such sum; they rest on the same amounts and indices. All numbers ahead are told in DIGITS:
there are hundreds of them, and to the last bit they would tell every amount and index that they are made of. Nor is there an
outlook of all filings where one was published of filings that have been corrected since: the difference is that of a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace

import polars as pl
import polars.selectors as cs

from pipeline.disclosure.definitions import Line
from pipeline.disclosure.record import Bound
from pipeline.given.regions import NATION_CODE
from pipeline.indicators import flags
from pipeline.language.terms import chinese
from pipeline.scenarios.decomposition import OF_FACILITY, OF_STEP
from pipeline.scenarios.drivers import DRIVERS
from pipeline.scenarios.outlook import INPUTS, Outlook
from pipeline.scenarios.projection import MEASURES
from pipeline.scenarios.start import FACILITIES

WITHHELD_BASIS = chinese("basis_withheld")
SAME = 1e-12  # an index that differs by less does not
DIGITS = 6  # as many as a page prints
EXACT = 1e-6  # of a unit of the last of them; what is cut off is more than binary fractions leave
Sum = dict[tuple[Line, str], float]  # (line, province) -> factor


def _line(id: str, facility: str | None = None) -> Line:
    return id, "facility_type" if facility else None, facility, "numerator"


_BEHIND = {
    facility: tuple(driver for step in steps for driver in OF_STEP[step])
    for facility, steps in zip(FACILITIES, OF_FACILITY, strict=True)
}
_OF_ENERGY = tuple(dict.fromkeys(driver for of in _BEHIND.values() for driver in of))
_AMOUNTS: tuple[tuple[tuple[str, ...], Line, tuple[str, ...]], ...] = (
    *(
        ((f"{id}/{one}",), _line(id, one), _BEHIND[one])
        for id in ("energy.total", "energy.electricity")
        for one in FACILITIES
    ),
    (("carbon.location",), _line("carbon.location"), DRIVERS),
    (("carbon.market",), _line("carbon.market"), DRIVERS),
    (("activity.flow",), _line("activity.flow"), ("g_flow",)),
    (("activity.volume",), _line("activity.volume"), ("g_volume",)),
    (("energy.per_flow", "activity.flow"), _line("energy.covered"), (*_OF_ENERGY, "g_flow")),
    (("green.share", "energy.electricity"), _line("green.share"), (*_OF_ENERGY, "green_share_2030")),
)
"""Measures of which the product is an amount that provinces sum up to, its line, and the drivers that move it."""


def beyond(whole: Outlook, public: Outlook) -> Iterator[Sum]:
    """Sums of lines that are not above zero, as the nation's outlook tells them. whole: of all that is filed; public: of
    what is published, from which everybody can reckon drivers."""
    known = _known(whole.drivers, public.drivers)
    begins = whole.paths.filter(pl.col("year") == pl.col("year").min().over("region_code"))
    for measures, line, drivers in _AMOUNTS:
        start = _product(begins, measures)
        yield from _sums(_product(whole.paths, measures), ["scenario", "year"], start, line, known, drivers)
    start, total = _product(begins, ("energy.total",)), _line("energy.total")
    moved = whole.levels.filter(measure="energy.total")
    yield from _sums(moved, ["scenario", "driver", "level", "year"], start, total, known, _OF_ENERGY)
    for facility, steps in zip(FACILITIES, OF_FACILITY, strict=True):
        if len(own := [step for step in steps if step != "other"]):  # which two types of facilities share
            line, start = _line("energy.total", facility), _product(begins, (f"energy.total/{facility}",))
            of = whole.steps.filter(pl.col("step").is_in(own), measure="energy.total")
            yield from _sums(of, ["one", "other", "step"], start, line, known, _BEHIND[facility])


def _known(whole: pl.DataFrame, public: pl.DataFrame) -> Mapping[str, set[str]]:
    """Driver -> the regions of which it comes out of what is published as it is, in all scenarios."""
    on = ["scenario", "region_code", "driver", "low", "mode", "high"]
    same = whole.join(public.select(on).with_columns(_is=True), on=on, how="left", nulls_equal=True)
    of = same.group_by("driver", "region_code").agg(pl.col("_is").is_not_null().all())
    return {str(driver): set(part.filter("_is")["region_code"]) for (driver,), part in of.group_by("driver")}


def _product(paths: pl.DataFrame, measures: tuple[str, ...]) -> pl.DataFrame:
    """scenario, region_code, year, value: the product of the measures' paths."""
    on = ["scenario", "region_code", "year"]
    found = paths.filter(measure=measures[0]).select(*on, "value")
    for more in measures[1:]:
        other = paths.filter(measure=more).select(*on, _other="value")
        found = found.join(other, on=on, maintain_order="left").select(*on, pl.col("value") * pl.col("_other"))
    return found


def _sums(
    amounts: pl.DataFrame, by: list[str], start: pl.DataFrame, line: Line, known: Mapping[str, set[str]], drivers: tuple[str, ...]
) -> Iterator[Sum]:  # fmt: skip
    """Of one line. amounts: `by`, region_code, value; each of `by` is told of the nation. start: region_code, value."""
    reckoned = set.intersection(*(known.get(driver, set()) for driver in drivers)) if drivers else set()
    begun = {region: value for region, value in start.select("region_code", "value").iter_rows() if value}
    provinces = amounts.filter(pl.col("region_code") != NATION_CODE).drop_nulls("value")
    for _, of in provinces.group_by(by, maintain_order=True):
        after = {region: value for region, value in of.select("region_code", "value").iter_rows() if region in begun}
        if not after:
            continue
        growth = sum(after.values()) / sum(begun[region] for region in after)
        apart = {region: value / begun[region] - growth for region, value in after.items()}
        if all(abs(far) <= SAME for region, far in apart.items() if region in reckoned):
            continue  # what nobody can reckon tells nothing, and what grows as the whole does neither
        for sign in (1.0, -1.0):
            yield {(line, at): sign * far if at in reckoned else -abs(far) for at, far in apart.items()}


def told(whole: Outlook, table: pl.DataFrame) -> bool:
    """Whether what the nation's outlook prints of its start is published: then only the sums of years ahead are left to be
    looked at. table: the public's indicator table."""
    year = whole.paths.filter(region_code=NATION_CODE)["year"].min()
    ids = {line[0] for _, line, _ in _AMOUNTS} | set(MEASURES)
    of_nation = table.filter(
        pl.col("region_code") == NATION_CODE, pl.col("year") == year, pl.col("indicator_id").is_in(sorted(ids)),
        pl.col("dimension").is_null() | (pl.col("dimension") == "facility_type"),
    )  # fmt: skip
    return of_nation.filter(pl.col("flag") == flags.SUPPRESSED).is_empty()


def corrected(before: Bound) -> bool:
    """Whether something that an outlook is made of was published with another value. before: what the publications of this
    very edition ask for; each told an outlook of its filings."""
    return not before.restated.filter(pl.col("indicator_id").is_in(INPUTS)).is_empty()


def joined(whole: Outlook, public: Outlook) -> Outlook:
    """The nation of `whole` and the provinces of `public`. Drivers of the nation that do not come out of what is published have
    no values (its provinces have their own), and warnings that rest on them are left out. It starts from what the provinces
    hide, so nothing of its start is told."""
    nation, same = whole.of(NATION_CODE), public.of(NATION_CODE)
    on = ["scenario", "region_code", "driver", "low", "mode", "high"]
    marked = nation.drivers.join(same.drivers.select(*on, _is=True), on=on, how="left", maintain_order="left")
    levels = [pl.when("_is").then(name).alias(name) for name in on[3:]]
    drivers = marked.with_columns(*levels, basis=pl.when("_is").then("basis").otherwise(pl.lit(WITHHELD_BASIS)))
    nation = replace(
        nation, drivers=drivers.select(nation.drivers.columns),
        warnings=nation.warnings.join(same.warnings, on=nation.warnings.columns, how="semi", nulls_equal=True),
        paths=_coarse(nation.paths, pl.col("year") > pl.col("year").min()),
        **{name: _coarse(getattr(nation, name)) for name in ("levels", "turned")}, steps=_added_up(_coarse(nation.steps)),
        starts=nation.starts.clear(),
    )  # fmt: skip
    provinces = public.without([NATION_CODE])
    return Outlook(*(pl.concat([getattr(one, field.name) for one in (nation, provinces)]) for field in fields(Outlook)))


def _added_up(steps: pl.DataFrame) -> pl.DataFrame:
    """The largest step of those from one number to another is what is left by the others, all as they are told."""
    by = ["one", "other", "measure"]
    left = pl.col("after") - pl.col("before") - pl.col("value").sum().over(by)
    largest = pl.col("value").abs().rank("ordinal", descending=True).over(by) == 1
    return steps.with_columns(value=pl.when(largest).then(pl.col("value") + left).otherwise("value"))


def _coarse(frame: pl.DataFrame, which: pl.Expr | None = None) -> pl.DataFrame:
    """With its numbers in DIGITS, in the rows that `which` names. They are cut off, and a last 0 or 5 behind which something is
    cut off goes one up: so what is printed in fewer digits is what it would be without (1426.4497 is 1426.44, not 1426.45)."""
    number = cs.float()
    size = number.abs()
    unit = pl.lit(10.0).pow(size.log10().floor() - (DIGITS - 1))
    units = size / unit
    whole = units.round()
    cut = units.floor() + (units.floor() % 5 == 0)
    told = number.sign() * pl.when((units - whole).abs() < EXACT).then(whole).otherwise(cut) * unit
    return frame.with_columns(
        pl.when(pl.lit(True) if which is None else which)
        .then(pl.when(number == 0).then(number).otherwise(told.round_sig_figs(DIGITS)))
        .otherwise(number)
        .name.keep()
    )
