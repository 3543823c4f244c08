"""What does the public get to read? The tables of an edition after disclosure control, and nothing else of the filings.

The public's notebooks read only the folder that `save` writes. Decided, beside the rules for the indicator table:
no row of a facility or of an enterprise, and no rejected row; of cases those that were selected or promoted, as filed, for
they are meant to be shown; of measures how many have which status, without who and without evidence; of coded metrics the
national sum or median; of the quality of filings how many rows of each table were read, accepted and rejected.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline.disclosure import rules
from pipeline.disclosure.policy import Policy
from pipeline.disclosure.rules import CELL
from pipeline.filings.contracts import OPTIONAL, SOURCE, TABLES
from pipeline.filings.rules import FILED_TWICE
from pipeline.findings import Suppressed
from pipeline.given.regions import NATION_CODE
from pipeline.indicators import flags
from pipeline.indicators.evaluate import SIDES, TABLE
from pipeline.indicators.model import Catalogue
from pipeline.language.terms import term, text

SHOWN_CASES = ("selected", "promoted")
SHOWN_TABLES = ("standards", "cases", "measures")
OF_FILERS, STEPS = ("quality.completeness",), 20
"""Shares of numbers of filers, which the public gets in steps of 5 %, rounded down, unless the policy tells the numbers."""
WITHHELD = ("cases.filed",)  # counts of all cases would tell of candidates; of those that are shown they are others
_TOLD = {"published": "公布", "alone": "公布比率的数值，不列分子、分母"}
_MORE = 4  # places beyond the printed ones, at most: even with these a ratio of electricity does not tell its parts
_COUNTS = ("n_rows", "n_entities", "n_groups", "largest_share", "others_to_largest", "months")
_BLANK = ("entity_id", "sub_region", "evidence")
METRICS: dict[str, pl.DataType] = {
    "year": pl.Int64(), "action_no": pl.String(), "metric": pl.String(), "unit": pl.String(), "value": pl.Float64(),
    "n": pl.Int64(),
}  # fmt: skip
"""Coded metrics of the actions, of the nation. value: the sum of amounts, the median of shares; null where it is hidden. n:
how many filed it; null unless the policy tells numbers of filers."""


def open_rows(table: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """The rows of an indicator table that disclosure control is about: the public gets none of an internal indicator."""
    return table.filter(pl.col("indicator_id").is_in(list(catalogue.public.indicators)))


def public(table: pl.DataFrame, pattern: pl.DataFrame, filers: bool = False) -> pl.DataFrame:
    """The indicator table (evaluate.TABLE) as the public may see it: no entities, no contributors, hidden cells empty and
    flagged `suppressed`. pattern: `pattern.PATTERN`. Of the coverage the nation's is left, in whole percents. filers:
    whether numbers of filers are told (`Policy.filers`), of what is not hidden."""
    told = table.filter(pl.col("entity_id").is_null())
    marked = told.join(
        pattern.select(*CELL, "value_only"), on=CELL, how="left", nulls_equal=True, maintain_order="left"
    )
    withheld = pl.col("indicator_id").is_in(WITHHELD)
    hidden = (pl.col("value_only").is_not_null() & ~pl.col("value_only")) | withheld
    parts = pl.col("value_only").is_not_null() | withheld
    of_nation = (pl.col("region_code") == NATION_CODE) & ~parts
    # Its parts are numbers of filers, and an exact share would tell them.
    of_filers = pl.col("indicator_id").is_in(() if filers else OF_FILERS)
    rounded = (pl.col("value") * STEPS + 1e-9).floor() / STEPS
    return marked.with_columns(
        value=pl.when(~hidden).then(pl.when(of_filers).then(rounded).otherwise("value")),
        **{side: pl.when(~parts & ~of_filers).then(side) for side in SIDES},
        **dict.fromkeys((name for name in _COUNTS if name != "n_entities"), pl.lit(None)),
        n_entities=pl.when(~parts & filers).then("n_entities"),
        coverage=pl.when(of_nation).then((pl.col("coverage") * 100 + 1e-9).floor() / 100),
        flag=pl.when(hidden).then(pl.lit(flags.SUPPRESSED)).otherwise("flag"),
    ).select(pl.col(name).cast(dtype) for name, dtype in TABLE.items())


def coarse(told: pl.DataFrame, which: pl.DataFrame, catalogue: Catalogue, limits: Mapping[str, float]) -> pl.DataFrame:
    """`public` with values of `which` (CELL) as reports print them. A ratio that is told without its parts: all digits of a
    quotient of whole numbers are these numbers. What is told in any case although it was told with another value before: to
    the last digit the difference would be that of the corrected row. limits: of indicators with a target, its value; more places
    are told where the printed ones would stand on another side of it."""
    places = {one.id: one.decimals + 2 * one.as_percent for one in catalogue}
    marked = told.join(
        which.select(CELL).with_columns(_is=True), on=CELL, how="left", nulls_equal=True, maintain_order="left"
    )
    printed = pl.col("indicator_id").replace_strict(places, default=0, return_dtype=pl.Int64)
    limit = pl.col("indicator_id").replace_strict(dict(limits), default=None, return_dtype=pl.Float64)
    scales = [10.0 ** (printed + more) for more in range(_MORE + 1)]
    each = [(pl.col("value") * scale).round() / scale for scale in scales]
    stays = [((one - limit).sign() == (pl.col("value") - limit).sign()).fill_null(True) for one in each]
    rounded = pl.coalesce(*(pl.when(fits).then(one) for fits, one in zip(stays, each, strict=True)), each[-1])
    return marked.with_columns(value=pl.when("_is").then(rounded).otherwise("value")).select(told.columns)


def alone(told: pl.DataFrame, catalogue: Catalogue, limits: Mapping[str, float]) -> pl.DataFrame:
    """`public` as if each ratio were told without its parts."""
    return coarse(told.with_columns(pl.lit(None, pl.Float64).alias(side) for side in SIDES), told, catalogue, limits)


def shown(accepted: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The accepted tables that public indicators are made of: all rows, but of cases only those that the public sees, so
    that no sum tells of a candidate. None of optional tables: what tells energy apart once more, by vendors too, would tell what
    is hidden of it, and hiding that would hide more of what reports without these tables tell."""
    found = {name: frame for name, frame in accepted.items() if name not in OPTIONAL}
    if "cases" in found:
        found["cases"] = found["cases"].filter(pl.col("status").cast(pl.String).is_in(SHOWN_CASES))
    return found


def filings(accepted: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Every table with its columns; empty but for standards, the cases that are shown, and measures without who."""
    found, of = {}, shown(accepted)
    for table in TABLES:
        frame = of[table.name] if table.name in of else pl.DataFrame(schema=table.dtypes)
        if table.name not in SHOWN_TABLES:
            frame = frame.clear()
        if table.name == "measures":  # a row of the nation is of one enterprise as a whole
            frame = frame.filter(~pl.col("is_control"))
            frame = frame.with_columns(pl.lit("").alias(name) for name in _BLANK).sort("year", "province_code", "action_no", "item", "status")  # fmt: skip
        found[table.name] = frame.drop(*SOURCE, "flags", strict=False)
    return found


def filed(folder: Path, table: str) -> pl.DataFrame:
    """A table of `filings` as `save` wrote it below the public folder."""
    return pl.read_parquet(folder / "filings" / f"{table}.parquet", glob=False)


def metrics(accepted: Mapping[str, pl.DataFrame], policy: Policy) -> pl.DataFrame:
    """METRICS: sums that no group of fewer than the policy's stands behind, dominates, or can be told from by p %; medians
    of at least the policy's number of filings. No provinces: with the nation they would tell one another. None of what the
    intake wants to agree with another table (`rules.FILED_TWICE`): it would tell that table's cells, which may be hidden."""
    filed = accepted["action_metrics"].filter(~pl.col("is_control")).with_columns(pl.col("action_no").cast(pl.String))
    groups = accepted["entities"].select("entity_id", "group_id").unique("entity_id", keep="first")
    rows = filed.join(groups, on="entity_id", how="left").with_columns(
        pl.coalesce("group_id", "entity_id").alias("group_id")
    )
    what = ["year", "action_no", "metric", "unit"]
    by_group = rows.group_by(*what, "group_id").agg(pl.col("value").sum().abs()).filter(pl.col("value") != 0)
    two = pl.col("value").top_k(2)
    judged = by_group.group_by(what).agg(groups=pl.len(), whole=pl.col("value").sum(), first=two.max(), two=two.sum())
    few = pl.col("groups").fill_null(0) < policy.min_groups
    first, whole = pl.col("first"), pl.col("whole")
    close = (first > policy.dominance * whole) | (whole - pl.col("two") < policy.p * first)
    share = pl.col("unit") == "%"
    told = rows.group_by(what).agg(
        pl.col("value").sum().alias("sum"), pl.col("value").median().alias("median"), n=pl.len()
    )
    value = (
        pl.when(share).then(pl.when(~few & (pl.col("n") >= policy.count_threshold)).then("median"))
        .otherwise(pl.when(~few & ~close).then("sum"))
    )  # fmt: skip
    twice = pl.col("metric").is_in([metric for _, _, metric in FILED_TWICE])
    both = told.join(judged, on=what, how="left").with_columns(
        value=pl.when(~twice).then(value), n=pl.when(policy.filers).then("n")
    )
    return both.select(pl.col(name).cast(dtype) for name, dtype in METRICS.items()).sort("action_no", "metric", "year")


def summary(cells: pl.DataFrame, pattern: pl.DataFrame) -> pl.DataFrame:
    """year, rule, n: how many cells a rule hides; with `published` for those that are not hidden, and `alone` for ratios of which
    only the value is told. cells: `rules.published`, of which those that no edition of the public tells (`WITHHELD`) are not
    counted."""
    cells = cells.filter(~pl.col("indicator_id").is_in(WITHHELD)).select(CELL)
    marked = cells.join(pattern.select(*CELL, "rule", "value_only"), on=CELL, how="left", nulls_equal=True)
    rule = pl.when("value_only").then(pl.lit("alone")).otherwise(pl.col("rule").fill_null("published"))
    order = {name: place for place, name in enumerate((*_TOLD, *rules.RULES))}
    both = marked.group_by("year", rule=rule).agg(n=pl.len().cast(pl.Int64))
    return both.sort("year", pl.col("rule").replace_strict(order, return_dtype=pl.Int64))


def told(of_year: pl.DataFrame) -> Suppressed:
    """How many values of a year are withheld, and why. of_year: `summary` of a year."""
    counted = dict(of_year.select("rule", "n").iter_rows())
    whole = sum(counted.values())
    hidden = whole - counted.pop("published", 0) - (alone := counted.pop("alone", 0))
    by_rule = tuple((rules.RULES[rule], n) for rule, n in counted.items())
    return Suppressed(of_year["year"][0] if of_year.height else None, whole, hidden, by_rule, alone)


def as_table(of_year: pl.DataFrame) -> pl.DataFrame:
    """rule (what it does, in Chinese), n, share (percent); of_year: `summary` of a year."""
    names = {**_TOLD, **{rule: text(term("withheld_by", rule=title), "zh") for rule, title in rules.RULES.items()}}
    share = (100 * pl.col("n") / pl.col("n").sum()).round(1)
    return of_year.select(pl.col("rule").replace(names), "n", share=share)


def save(folder: Path, accepted: Mapping[str, pl.DataFrame], counts: pl.DataFrame, policy: Policy) -> None:
    """Write `filings/`, `quality/counts.parquet` and `metrics.parquet` below the public folder; nothing of an earlier
    edition stays."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="public-", dir=folder) as spare:
        parts = {"filings": filings(accepted), "quality": {"counts": counts}}
        for part, frames in parts.items():
            (whole := Path(spare, part)).mkdir()
            for name, frame in frames.items():
                frame.write_parquet(whole / f"{name}.parquet")
            shutil.rmtree(folder / part, ignore_errors=True)
            whole.replace(folder / part)
    metrics(accepted, policy).write_parquet(folder / "metrics.parquet")
