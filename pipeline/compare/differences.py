"""Which values differ between two tables of indicators, the biggest first, and how are such values printed?

Only whole regions are compared, not their enterprises or the members of a dimension.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline import wording
from pipeline.build.history import Entry
from pipeline.compare import reasons
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
    "n_rows_a": pl.Int64(), "n_rows_b": pl.Int64(), "why": pl.String(),
}  # fmt: skip
"""region_code: null where two regions are compared. difference: b - a. relative_change: of a, null where that is 0 or one
of them has no value. n_rows_a, n_rows_b: the filed rows behind each. why: of editions only."""


def wholes(table: pl.DataFrame, codes: Sequence[str], year: int | None = None) -> pl.DataFrame:
    """The rows of `evaluate.TABLE` of these regions, with all entities and members as one; of one year, or all."""
    rows = table.filter(
        pl.col("entity_id").is_null(), pl.col("dimension").is_null(), pl.col("region_code").is_in(list(codes))
    )
    return rows if year is None else rows.filter(pl.col("year") == year)


def differences(a: pl.DataFrame, b: pl.DataFrame) -> pl.DataFrame:
    """DIFFERENCES (why null) between rows of the same indicator_id, region_code and year, the biggest first.

    Biggest by the relative change, for it can be compared between indicators; what was 0 and is not comes first, what
    only one side has comes last.
    """
    on = ["indicator_id", "region_code", "year"]
    kept = [*on, "unit", "value", "n_rows"]
    both = a.select(kept).join(b.select(kept), on=on, how="inner", nulls_equal=True, suffix="_b", maintain_order="left")
    one, other = pl.col("value"), pl.col("value_b")
    apart = (other - one).abs() > NOISE * pl.max_horizontal(one.abs(), other.abs())
    both = both.filter(apart.fill_null(False) | (one.is_null() != other.is_null()))
    rows = both.with_columns(
        value_a=one, n_rows_a="n_rows", difference=other - one, relative_change=pl.when(one != 0).then((other - one) / one.abs()),
        why=pl.lit(None, pl.String),
    )  # fmt: skip
    return ranked(rows.select(pl.col(name).cast(dtype) for name, dtype in DIFFERENCES.items()))


def ranked(rows: pl.DataFrame) -> pl.DataFrame:
    size = pl.col("relative_change").abs().fill_null(float("inf"))
    return rows.sort(pl.col("difference").is_null(), -size, "indicator_id", "region_code", -pl.col("year"), maintain_order=True)  # fmt: skip


def as_table(paths: pl.DataFrame) -> pl.DataFrame:
    """Paths of one scenario (`outlook.Outlook.paths`) as `differences` wants them."""
    unit = pl.col("measure").str.split("/").list.first().replace_strict(MEASURES, return_dtype=pl.String)
    rows = pl.lit(None, pl.Int64)
    return paths.select("region_code", "year", "value", indicator_id="measure", unit=unit, n_rows=rows)


# --- two states of an edition --------------------------------------------------------------------------------------


def reprojected(before: Entry, after: Entry, place: Region, catalogue: Catalogue, year: int | None) -> pl.DataFrame:
    """DIFFERENCES of the scenario's values after the last filed year, with the reason; empty where none were kept."""
    sides = [as_table(entry.projected().filter(pl.col("year") > entry.year)) for entry in (before, after)]
    rows = differences(*(one.filter(pl.col("year") == year) if year else one for one in sides))
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
    both = differences(wholes(a, codes, year), wholes(b, codes, year))
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


def gap(one: Indicator | None, difference: float | None) -> str:
    """A difference with its sign, of shares in points; as many digits as show it."""
    if difference is None:
        return wording.MISSING
    scaled, unit = (100 * difference, " 个百分点") if one and one.as_percent else (difference, "")
    for decimals in range(one.decimals if one else 0, wording.MAX_DECIMALS + 1):
        text = wording.number(scaled, decimals, sign=True)
        if any(digit in "123456789" for digit in text):
            break
    return text + unit


def printed(one: Indicator | None, *values: float | None) -> list[str]:
    """Values as an indicator prints them, with more decimals where they would print alike."""
    say = wording.percent if one and one.as_percent else wording.number
    for decimals in range(one.decimals if one else 0, wording.MAX_DECIMALS + 1):
        told = [say(value, decimals) for value in values]
        if len(set(told)) == len(told):
            break
    return told
