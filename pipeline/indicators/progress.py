"""How far are the actions? Filed measures by status, and the coded metrics of each action over the years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.filings.contracts import ACTIONS, METRICS
from pipeline.given.regions import Region
from pipeline.wording import WITHHELD, number

STATUSES = ("done", "in_progress", "not_started")
_NAMES = {code: zh for code, (zh, _) in METRICS.items()}


def _of(rows: pl.DataFrame, region: Region) -> pl.DataFrame:
    """The rows of a region; all provinces for the nation. Rows of the nation are control totals and never counted."""
    of_provinces = rows.filter(~pl.col("is_control"))
    return of_provinces if region.is_nation else of_provinces.filter(pl.col("province_code") == region.code)


def statuses(measures: pl.DataFrame, region: Region, year: int, *by: str) -> pl.DataFrame:
    """How many filed items are done, in progress and not started, by action_no (and `item`, where named in `by`).

    Columns: action_no (String), `by`, n (filed items, each of one enterprise in one province), done, in_progress,
    not_started.
    """
    rows = _of(measures, region).filter(pl.col("year") == year).with_columns(pl.col("action_no").cast(pl.String))
    counted = [(pl.col("status") == status).sum().cast(pl.Int64).alias(status) for status in STATUSES]
    return rows.group_by("action_no", *by, maintain_order=True).agg(pl.len().cast(pl.Int64).alias("n"), *counted)


def done_share(measures: pl.DataFrame, region: Region, year: int) -> float | None:
    """The share of the filed items that are completed; None where none was filed."""
    counted = statuses(measures, region, year).select(pl.col("done", "n").sum()).row(0)
    return counted[0] / counted[1] if counted[1] else None


def metrics(filed: pl.DataFrame, region: Region, years: tuple[int, int]) -> pl.DataFrame:
    """action_no, metric, unit, the first and the last year, n (rows filed of the last): the coded metrics of the actions.

    Amounts are summed. Shares have no filed weights, so that neither a sum nor a mean of them means anything: the
    median and the range of those who filed are told. years: the first and the last one shown; a metric without a
    value in a year has —.
    """
    rows = _of(filed, region).filter(pl.col("year").is_in(years))
    lines = []
    for (action, metric, unit), of_metric in rows.group_by("action_no", "metric", "unit", maintain_order=True):
        shown = {str(year): _shown(of_metric.filter(pl.col("year") == year)["value"], str(unit)) for year in years}
        last = of_metric.filter(pl.col("year") == years[1]).height
        lines.append({"action_no": str(action), "metric": _NAMES[str(metric)], "unit": str(unit)} | shown | {"n": last})
    return _as_table(lines, years)


def public_metrics(told: pl.DataFrame | None, years: tuple[int, int]) -> pl.DataFrame:
    """The table of `metrics` for the public. told: `publication.METRICS` of the nation, None for a province, of which
    nothing is told; a value that is null there is not published. Without n where the policy does not tell it."""
    rows = pl.DataFrame() if told is None else told.filter(pl.col("year").is_in(years))
    lines = []
    for (action, metric, unit), of in (
        rows.group_by("action_no", "metric", "unit", maintain_order=True) if len(rows) else ()
    ):
        values = {row["year"]: WITHHELD if row["value"] is None else row["value"] for row in of.iter_rows(named=True)}
        shown = {str(year): number(values.get(year), 1 if unit == "%" else 0) for year in years}
        last = of.filter(pl.col("year") == years[1])["n"].sum()
        lines.append({"action_no": str(action), "metric": _NAMES[str(metric)], "unit": str(unit)} | shown | {"n": last})
    table = _as_table(lines, years)
    return table.drop("n") if len(rows) and rows["n"].null_count() else table


def _as_table(lines: Sequence[Mapping[str, object]], years: tuple[int, int]) -> pl.DataFrame:
    order = {action: place for place, action in enumerate(ACTIONS)}
    names = ("action_no", "metric", "unit", *map(str, years))
    table = pl.DataFrame(lines, schema=dict.fromkeys(names, pl.String) | {"n": pl.Int64})
    return table.sort(pl.col("action_no").replace_strict(order, return_dtype=pl.Int64), maintain_order=True)


def _shown(values: pl.Series, unit: str) -> str:
    if values.is_empty():
        return "—"
    if unit != "%":
        return number(values.sum(), 0)
    low, middle, high = (number(value, 1) for value in (values.min(), values.median(), values.max()))  # type: ignore[arg-type]
    return middle if low == high else f"{middle}（{low} 至 {high}）"
