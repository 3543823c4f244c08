"""Which values differ between two tables of indicators, the biggest first, and how are such values printed?

Only whole regions are compared, not their enterprises or the members of a dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from pipeline import wording
from pipeline.build.history import Entry
from pipeline.compare import reasons
from pipeline.findings import Measure
from pipeline.given.regions import Region
from pipeline.indicators.model import Catalogue, Indicator
from pipeline.language.terms import term
from pipeline.language.words import CHINESE, Words
from pipeline.scenarios.projection import MEASURES
from pipeline.scenarios.start import FACILITIES

NOISE = 1e-9  # relative; smaller differences are those of adding up in another order

DIFFERENCES: dict[str, pl.DataType] = {
    "indicator_id": pl.String(), "region_code": pl.String(), "year": pl.Int64(), "unit": pl.String(),
    "value_a": pl.Float64(), "value_b": pl.Float64(), "difference": pl.Float64(), "relative_change": pl.Float64(),
    "share_of_range": pl.Float64(), "n_rows_a": pl.Int64(), "n_rows_b": pl.Int64(), "why": pl.String(),
}  # fmt: skip
"""region_code: null where two regions are compared. difference: b - a. relative_change: of a, null where that is 0 or one
of them has no value. share_of_range: the difference as a share of how far the indicator's values lie apart, null where they
do not. n_rows_a, n_rows_b: the filed rows behind each. why: of editions only."""


def wholes(table: pl.DataFrame, codes: Sequence[str], year: int | None = None) -> pl.DataFrame:
    """The rows of `evaluate.TABLE` of these regions, with all entities and members as one; of one year, or all."""
    rows = table.filter(
        pl.col("entity_id").is_null(), pl.col("dimension").is_null(), pl.col("region_code").is_in(list(codes))
    )
    return rows if year is None else rows.filter(pl.col("year") == year)


def differences(
    a: pl.DataFrame, b: pl.DataFrame, among: pl.DataFrame | None = None, targets: Sequence[str] = ()
) -> pl.DataFrame:
    """DIFFERENCES (why null) between rows of the same indicator_id, region_code and year, as `ranked`.

    among: rows with indicator_id and value, by whose range a difference is measured; default: those of `a` and `b`.
    """
    on = ["indicator_id", "region_code", "year"]
    kept = [*on, "unit", "value", "n_rows"]
    rows = pl.concat(one.select("indicator_id", "value") for one in ((a, b) if among is None else (a, b, among)))
    spread = rows.group_by("indicator_id").agg(spread=pl.col("value").max() - pl.col("value").min())
    both = a.select(kept).join(b.select(kept), on=on, how="inner", nulls_equal=True, suffix="_b", maintain_order="left")
    one, other = pl.col("value"), pl.col("value_b")
    apart = (other - one).abs() > NOISE * pl.max_horizontal(one.abs(), other.abs())
    both = both.filter(apart.fill_null(False) | (one.is_null() != other.is_null()))
    found = both.join(spread, on="indicator_id", how="left", maintain_order="left").with_columns(
        value_a=one, n_rows_a="n_rows", difference=other - one, relative_change=pl.when(one != 0).then((other - one) / one.abs()),
        share_of_range=(other - one).abs() / pl.col("spread"), why=pl.lit(None, pl.String),
    )  # fmt: skip
    return ranked(found.select(pl.col(name).cast(dtype) for name, dtype in DIFFERENCES.items()), targets)


def ranked(rows: pl.DataFrame, targets: Sequence[str] = ()) -> pl.DataFrame:
    """What matters first: the indicators of the targets, then what moved furthest within the range of its own values; what
    only one side has comes last. A share of 1 % that doubles is less than a PUE that goes from the best to the worst."""
    return rows.sort(
        pl.col("difference").is_null(), ~pl.col("indicator_id").is_in(list(targets)), -pl.col("share_of_range"),
        "indicator_id", "region_code", -pl.col("year"), maintain_order=True,
    )  # fmt: skip


def as_table(paths: pl.DataFrame) -> pl.DataFrame:
    """Paths of one scenario (`outlook.Outlook.paths`) as `differences` wants them."""
    unit = pl.col("measure").str.split("/").list.first().replace_strict(MEASURES, return_dtype=pl.String)
    rows = pl.lit(None, pl.Int64)
    return paths.select("region_code", "year", "value", indicator_id="measure", unit=unit, n_rows=rows)


# --- two states of an edition --------------------------------------------------------------------------------------


def reprojected(before: Entry, after: Entry, place: Region, catalogue: Catalogue, year: int | None) -> pl.DataFrame:
    """DIFFERENCES of the scenario's values after the last filed year, with the reason; empty where none were kept."""
    old, new = (as_table(entry.projected().filter(pl.col("year") > entry.year)) for entry in (before, after))
    chosen = pl.lit(True) if year is None else pl.col("year") == year
    rows = differences(old.filter(chosen), new.filter(chosen), pl.concat([old, new]))
    ids = rows["indicator_id"].str.split("/").list.first()
    told = {
        id: CHINESE.say(reasons.of_projection(id, place.code, place.short_zh, before, after, catalogue))
        for id in ids.unique()
    }
    return rows.with_columns(why=ids.replace_strict(told, return_dtype=pl.String))


def restated(
    a: pl.DataFrame,
    b: pl.DataFrame,
    before: Entry,
    after: Entry,
    places: Sequence[Region],
    catalogue: Catalogue,
    year: int | None = None,
    words: Words = CHINESE,
) -> pl.DataFrame:
    """DIFFERENCES, with the reasons in a language, of the values that both tables have of the same indicator, region and year; of editions
    by different plans without what rests on their years."""
    codes = [place.code for place in places]
    among = pl.concat([wholes(a, codes), wholes(b, codes)])
    both = differences(wholes(a, codes, year), wholes(b, codes, year), among)
    if before.plan != after.plan:
        both = both.filter(
            ~pl.col("indicator_id").is_in([one.id for one in catalogue if catalogue.rests_on_plan(one.id)])
        )
    names = {place.code: place.short_zh for place in places}
    keys = both.select("indicator_id", "region_code").unique(maintain_order=True)
    told = [
        words.say(
            reasons.why(id, code, names.get(code, code), before, after, catalogue)
            if id in catalogue.indicators
            else term("why_not_in_catalogue")
        )
        for id, code in keys.iter_rows()
    ]
    found = both.drop("why").join(
        keys.with_columns(why=pl.Series(told, dtype=pl.String)), on=keys.columns, how="left", maintain_order="left"
    )
    return found.select(list(DIFFERENCES))


# --- what is printed ------------------------------------------------------------------------------------------------


def title(id: str, catalogue: Catalogue) -> str:
    """The title of an indicator, of a projected one with its facility type."""
    name, _, facility = id.partition("/")
    title = catalogue[name].title if name in catalogue.indicators else ""
    return f"{title}·{FACILITIES[facility]}" if facility else title


def apart(one: Indicator | None, a: float | None, b: float | None) -> Measure:
    """How the report prints two values, in one unit; with more decimals where they would print alike."""
    finer = _finer(one, a, b)
    return next((measure for measure in finer if measure.say(a) != measure.say(b)), finer[-1])


def told(one: Indicator | None, a: float | None, b: float | None) -> tuple[str, str, str]:
    """Two values `apart`, and b - a with its sign, of shares in points."""
    own = apart(one, a, b)
    if a is None or b is None:
        return own.say(a), own.say(b), wording.MISSING
    sizes = (_size(measure, abs(b - a)) for measure in _finer(one, a, b))
    size = next((text for text in sizes if any(digit in "123456789" for digit in text)), _size(own, abs(b - a)))
    return own.say(a), own.say(b), ("+" if b > a else wording.MINUS) + size


def _finer(one: Indicator | None, a: float | None, b: float | None) -> list[Measure]:
    measure = (one.measure if one else Measure("")).among((a, b))
    return [replace(measure, decimals=n) for n in range(measure.decimals, wording.MAX_DECIMALS + 1)]


def _size(measure: Measure, difference: float) -> str:
    percent = measure.scale == "percent"
    return f"{wording.number(100 * difference, measure.decimals)} 个百分点" if percent else measure.say(difference)
